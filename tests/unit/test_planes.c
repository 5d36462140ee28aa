/* SPDX-License-Identifier: Apache-2.0 */
/* Taking pixels apart and widening them, against plain models. */
#include "image/planes.h"

#include "../support/scratch_folder.h"

#include <math.h>

#include "../support/random.h"

static void test_put(void **state)
{
    (void)state;
    static uint8_t src[7 * 8 * 40], dst[7 * 8 * 64];
    uint64_t random = 1;
    for (size_t item = 1; item <= 8; item *= 2) {
        for (size_t samples = 1; samples <= 7; samples++) {
            size_t pixels = random_within(&random, 1, 40), stride = 64 * item;
            random_fill(&random, src, sizeof src);
            memset(dst, 0xaa, sizeof dst);
            oz_planes_put(item, samples, pixels, src, dst, stride);
            for (size_t s = 0; s < samples; s++) {
                for (size_t i = 0; i < pixels; i++)
                    assert_memory_equal(dst + s * stride + i * item, src + (i * samples + s) * item,
                                        item);
                for (size_t k = pixels * item; k < stride; k++)
                    assert_int_equal(dst[s * stride + k], 0xaa);
            }
        }
    }
}

static void test_bits(void **state)
{
    (void)state;
    uint64_t random = 2;
    for (unsigned bits = 1; bits <= 15; bits++) {
        if (bits == 8)
            continue;
        uint8_t packed[128] = {0};
        uint16_t values[50], wide[50];
        uint8_t narrow[50];
        for (unsigned i = 0; i < 50; i++) {
            values[i] = (uint16_t)(random_bits(&random) & ((1U << bits) - 1));
            for (unsigned b = 0; b < bits; b++) {
                unsigned at = i * bits + b;
                unsigned bit = values[i] >> (bits - 1 - b) & 1U;
                packed[at / 8] = (uint8_t)(packed[at / 8] | bit << (7 - at % 8));
            }
        }
        oz_bits_widen(bits, 50, packed, bits < 8 ? (void *)narrow : wide);
        for (unsigned i = 0; i < 50; i++)
            assert_int_equal(bits < 8 ? narrow[i] : wide[i], values[i]);
    }
}

static void test_floats(void **state)
{
    (void)state;
    /* Bit patterns and the numbers that the formats' definitions give them. */
    static const struct {
        uint16_t bits;
        double value;
    } halves[] = {{0x0000, 0},         {0x3c00, 1},        {0xc000, -2},
                  {0x7bff, 65504},     {0x0001, 0x1p-24},  {0x83ff, -0x1.ff8p-15},
                  {0x0400, 0x1p-14},   {0x7c00, INFINITY}, {0xfc00, -INFINITY},
                  {0x3555, 0x1.554p-2}};
    for (size_t i = 0; i < sizeof halves / sizeof *halves; i++) {
        float out;
        oz_floats_widen(16, 1, (const uint8_t *)&halves[i].bits, &out);
        assert_true((double)out == halves[i].value);
    }
    static const struct {
        uint32_t bits;
        double value;
    } triples[] = {{0x000000, 0},        {0x3f0000, 1},        {0xc00000, -2},
                   {0x000001, 0x1p-78},  {0x010000, 0x1p-62},  {0x7effff, 0x1.ffffp63},
                   {0x7f0000, INFINITY}, {0xff0000, -INFINITY}};
    for (size_t i = 0; i < sizeof triples / sizeof *triples; i++) {
        uint8_t bytes[4];
        float out;
        memcpy(bytes, &triples[i].bits, 4);
        if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)
            memmove(bytes, bytes + 1, 3);
        oz_floats_widen(24, 1, bytes, &out);
        assert_true((double)out == triples[i].value);
    }
    const uint16_t nan_bits = 0x7e00, minus_zero = 0x8000;
    float out;
    oz_floats_widen(16, 1, (const uint8_t *)&nan_bits, &out);
    assert_true(isnan(out));
    oz_floats_widen(16, 1, (const uint8_t *)&minus_zero, &out);
    assert_true(out == 0 && signbit(out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_put),
        cmocka_unit_test(test_bits),
        cmocka_unit_test(test_floats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
