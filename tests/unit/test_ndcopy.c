/* SPDX-License-Identifier: Apache-2.0 */
/* Box copies against a loop over all items; checksums and byte order against known values. */
#include "base/ndcopy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc32c.h"
#include "base/endian.h"

struct random {
    uint64_t bits;
};

static uint64_t draw(struct random *random, uint64_t below)
{
    random->bits ^= random->bits << 13;
    random->bits ^= random->bits >> 7;
    random->bits ^= random->bits << 17;
    return random->bits % below;
}

/* A box that lies somewhere in memory of `size` bytes, with permuted, padded, perhaps negative
 * strides. */
struct layout {
    ptrdiff_t strides[OZ_MAX_RANK];
    size_t start, size;
};

static struct layout random_layout(struct random *random, unsigned rank, const uint64_t *shape,
                                   size_t item_size)
{
    struct layout layout = {0};
    unsigned order[OZ_MAX_RANK] = {0};
    for (unsigned i = 0; i < rank; i++) {
        unsigned at = (unsigned)draw(random, i + 1);
        order[i] = order[at];
        order[at] = i;
    }
    size_t stride = item_size;
    bool c_order = draw(random, 2) == 0, padded = draw(random, 2) == 0;
    for (unsigned k = 0; k < rank; k++) {
        unsigned axis = c_order ? rank - 1 - k : order[k];
        bool negative = padded && draw(random, 3) == 0;
        layout.strides[axis] = negative ? -(ptrdiff_t)stride : (ptrdiff_t)stride;
        if (negative)
            layout.start += (shape[axis] - 1) * stride;
        stride *= shape[axis] + (padded ? draw(random, 3) : 0);
    }
    layout.size = stride;
    return layout;
}

static size_t item_offset(const struct layout *layout, unsigned rank, const uint64_t *index)
{
    ptrdiff_t offset = (ptrdiff_t)layout->start;
    for (unsigned i = 0; i < rank; i++)
        offset += (ptrdiff_t)index[i] * layout->strides[i];
    return (size_t)offset;
}

static bool next_index(unsigned rank, const uint64_t *shape, uint64_t *index)
{
    for (unsigned i = rank; i-- > 0;) {
        if (++index[i] < shape[i])
            return true;
        index[i] = 0;
    }
    return false;
}

static uint8_t *random_bytes(struct random *random, size_t size)
{
    uint8_t *bytes = malloc(size);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)draw(random, 256);
    return bytes;
}

/* One random box copied, and filled, by us and item by item. */
static void check_box(struct random *random, bool fill)
{
    static const size_t sizes[] = {1, 2, 3, 4, 8, 16};
    unsigned rank = (unsigned)draw(random, 6);
    size_t item_size = sizes[draw(random, 6)];
    uint64_t shape[OZ_MAX_RANK];
    for (unsigned i = 0; i < rank; i++)
        shape[i] = 1 + draw(random, 6);
    struct layout to = random_layout(random, rank, shape, item_size);
    struct layout from = random_layout(random, rank, shape, item_size);
    uint8_t *src = random_bytes(random, from.size);
    uint8_t *dst = random_bytes(random, to.size);
    uint8_t *expected = malloc(to.size);
    memcpy(expected, dst, to.size);

    uint64_t index[OZ_MAX_RANK] = {0};
    do
        memcpy(expected + item_offset(&to, rank, index),
               fill ? src : src + item_offset(&from, rank, index), item_size);
    while (next_index(rank, shape, index));
    if (fill)
        oz_nd_fill(rank, shape, item_size, dst + to.start, to.strides, src);
    else
        oz_nd_copy(rank, shape, item_size, dst + to.start, to.strides, src + from.start,
                   from.strides);
    assert_memory_equal(dst, expected, to.size);
    free(src);
    free(dst);
    free(expected);
}

static void test_copy_equals_naive(void **state)
{
    (void)state;
    struct random random = {88172645463325252ULL};
    for (int i = 0; i < 4000; i++)
        check_box(&random, false);
}

/* Planes larger than a tile, of sizes that no tile divides, axes swapped. */
static void test_transposed_equals_naive(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 2, 3, 4, 8, 16, 128, 129};
    struct random random = {77};
    for (size_t s = 0; s < 8; s++) {
        const size_t n = sizes[s];
        const uint64_t shape[3] = {67, 3, 131};
        ptrdiff_t c_order[3];
        oz_nd_strides(3, shape, n, c_order);
        const ptrdiff_t f_order[3] = {(ptrdiff_t)n, (ptrdiff_t)(67 * n), (ptrdiff_t)(67 * 3 * n)};
        const size_t total = 67 * 3 * 131 * n;
        uint8_t *src = random_bytes(&random, total);
        uint8_t *dst = calloc(total, 1);
        oz_nd_copy(3, shape, n, dst, c_order, src, f_order);
        for (size_t z = 0; z < 67; z++)
            for (size_t y = 0; y < 3; y++)
                for (size_t x = 0; x < 131; x++)
                    assert_memory_equal(dst + ((z * 3 + y) * 131 + x) * n,
                                        src + (z + 67 * (y + 3 * x)) * n, n);
        free(src);
        free(dst);
    }
}

static void test_fill_equals_naive(void **state)
{
    (void)state;
    struct random random = {1234567890123ULL};
    for (int i = 0; i < 2000; i++)
        check_box(&random, true);
}

static void test_empty_box_touches_nothing(void **state)
{
    (void)state;
    uint64_t shape[3] = {4, 0, 4};
    ptrdiff_t strides[3] = {16, 4, 1};
    oz_nd_copy(3, shape, 1, NULL, strides, NULL, strides);
    oz_nd_fill(3, shape, 1, NULL, strides, "x");
}

static void test_strides(void **state)
{
    (void)state;
    uint64_t shape[3] = {2, 3, 5};
    ptrdiff_t strides[3];
    oz_nd_strides(3, shape, 4, strides);
    assert_int_equal(strides[0], 60);
    assert_int_equal(strides[1], 20);
    assert_int_equal(strides[2], 4);
    assert_true(oz_nd_is_contiguous(3, shape, 4, strides));
    strides[0] = 64;
    assert_false(oz_nd_is_contiguous(3, shape, 4, strides));
    shape[0] = 1;
    assert_true(oz_nd_is_contiguous(3, shape, 4, strides));
    assert_true(oz_nd_is_contiguous(0, NULL, 4, NULL));
}

static uint32_t naive_crc32c(const uint8_t *data, size_t size)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < size; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? UINT32_C(0x82F63B78) : 0);
    }
    return ~crc;
}

/* The vectors of RFC 3720, B.4, and the common check value. */
static void test_crc32c_vectors(void **state)
{
    (void)state;
    uint8_t bytes[32] = {0};
    assert_int_equal(oz_crc32c("123456789", 9), 0xE3069283);
    assert_int_equal(oz_crc32c("", 0), 0);
    assert_int_equal(oz_crc32c(bytes, 32), 0x8A9136AA);
    memset(bytes, 0xFF, 32);
    assert_int_equal(oz_crc32c(bytes, 32), 0x62A8AB43);
    for (uint8_t i = 0; i < 32; i++)
        bytes[i] = i;
    assert_int_equal(oz_crc32c(bytes, 32), 0x46DD794E);
}

static void test_crc32c_of_all_lengths(void **state)
{
    (void)state;
    struct random random = {42};
    uint8_t *bytes = random_bytes(&random, 5000);
    for (size_t size = 0; size < 700; size++)
        assert_int_equal(oz_crc32c(bytes + size % 7, size), naive_crc32c(bytes + size % 7, size));
    assert_int_equal(oz_crc32c(bytes, 5000), naive_crc32c(bytes, 5000));
    free(bytes);
}

static void test_little_endian(void **state)
{
    (void)state;
    uint8_t bytes[9] = {0xAA, 1, 2, 3, 4, 5, 6, 7, 8};
    assert_int_equal(oz_load_le32(bytes + 1), 0x04030201);
    assert_true(oz_load_le64(bytes + 1) == UINT64_C(0x0807060504030201));
    oz_store_le32(bytes + 1, 0x0A0B0C0D);
    assert_memory_equal(bytes, "\xAA\x0D\x0C\x0B\x0A\x05", 6);
    oz_store_le64(bytes + 1, UINT64_C(0x1122334455667788));
    assert_memory_equal(bytes, "\xAA\x88\x77\x66\x55\x44\x33\x22\x11", 9);
}

static void test_swap_bytes(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 2, 4, 8};
    for (size_t s = 0; s < 4; s++) {
        uint8_t bytes[8 * 37 + 1], expected[8 * 37 + 1];
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = expected[i] = (uint8_t)i;
        for (size_t i = 0; i < 37; i++)
            for (size_t b = 0; b < sizes[s]; b++)
                expected[1 + i * sizes[s] + b] = bytes[1 + i * sizes[s] + sizes[s] - 1 - b];
        oz_swap_bytes(bytes + 1, 37, sizes[s]);
        assert_memory_equal(bytes, expected, sizeof bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_copy_equals_naive),
        cmocka_unit_test(test_transposed_equals_naive),
        cmocka_unit_test(test_fill_equals_naive),
        cmocka_unit_test(test_empty_box_touches_nothing),
        cmocka_unit_test(test_strides),
        cmocka_unit_test(test_crc32c_vectors),
        cmocka_unit_test(test_crc32c_of_all_lengths),
        cmocka_unit_test(test_little_endian),
        cmocka_unit_test(test_swap_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
