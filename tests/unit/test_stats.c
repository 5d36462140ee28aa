/* SPDX-License-Identifier: Apache-2.0 */
/* Extents of pixels against a plain scan, and the test for pixels that are all alike. */
#include "image/stats.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../support/random.h"

enum { MOST = 700 };

/* The same scan, value by value, over the pixels in two parts. */
#define DEFINE_CHECK(name, type, dtype, field)                                                     \
    static void name(const void *pixels, size_t count)                                             \
    {                                                                                              \
        struct oz_extent extent = {0};                                                             \
        const type *p = pixels;                                                                    \
        bool any = false;                                                                          \
        type min = 0, max = 0;                                                                     \
        for (size_t i = 0; i < count; i++) {                                                       \
            if (p[i] != p[i])                                                                      \
                continue;                                                                          \
            min = !any || p[i] < min ? p[i] : min;                                                 \
            max = !any || p[i] > max ? p[i] : max;                                                 \
            any = true;                                                                            \
        }                                                                                          \
        oz_extent_add(&extent, dtype, pixels, count / 3);                                          \
        oz_extent_add(&extent, dtype, p + count / 3, count - count / 3);                           \
        assert_true(extent.any == any);                                                            \
        if (!any)                                                                                  \
            return;                                                                                \
        assert_true(extent.min.field == min && extent.max.field == max);                           \
        assert_true(oz_extent_min(&extent, dtype) == (double)min);                                 \
        assert_true(oz_extent_max(&extent, dtype) == (double)max);                                 \
    }

DEFINE_CHECK(check_u8, uint8_t, OZ_U8, u)
DEFINE_CHECK(check_u16, uint16_t, OZ_U16, u)
DEFINE_CHECK(check_u32, uint32_t, OZ_U32, u)
DEFINE_CHECK(check_u64, uint64_t, OZ_U64, u)
DEFINE_CHECK(check_i8, int8_t, OZ_I8, i)
DEFINE_CHECK(check_i16, int16_t, OZ_I16, i)
DEFINE_CHECK(check_i32, int32_t, OZ_I32, i)
DEFINE_CHECK(check_i64, int64_t, OZ_I64, i)

/* random bits are NaN now and then */
DEFINE_CHECK(check_f32, float, OZ_F32, f)
DEFINE_CHECK(check_f64, double, OZ_F64, f)

static void test_random(void **state)
{
    static void (*const checks[])(const void *,
                                  size_t) = {check_u8,  check_u16, check_u32, check_u64, check_i8,
                                             check_i16, check_i32, check_i64, check_f32, check_f64};
    static uint64_t pixels[MOST];
    uint64_t seed = 5;
    (void)state;
    for (size_t count = 0; count < MOST; count += 1 + count / 5) {
        for (size_t i = 0; i < MOST; i++)
            pixels[i] = random_bits(&seed);
        for (size_t c = 0; c < sizeof checks / sizeof checks[0]; c++)
            checks[c](pixels, count);
    }
}

static void test_nan(void **state)
{
    static const float none[] = {NAN, NAN, NAN}, some[] = {NAN, -2, NAN, 7, NAN};
    static const double ends[] = {INFINITY, (double)NAN}, zeros[] = {0.0, -0.0};
    struct oz_extent extent = {0};
    (void)state;
    oz_extent_add(&extent, OZ_F32, none, 3);
    assert_false(extent.any);
    oz_extent_add(&extent, OZ_F32, some, 5);
    assert_true(extent.any && extent.min.f == -2 && extent.max.f == 7);
    extent = (struct oz_extent){0};
    oz_extent_add(&extent, OZ_F64, ends, 2);
    assert_true(extent.any && isinf(extent.min.f) && isinf(extent.max.f));
    extent = (struct oz_extent){0};
    oz_extent_add(&extent, OZ_F64, zeros, 2);
    assert_true(extent.any && extent.min.f == 0 && extent.max.f == 0);
}

static void test_merge(void **state)
{
    static const int64_t left[] = {INT64_MIN, 3}, right[] = {4, INT64_MAX};
    struct oz_extent a = {0}, b = {0}, all = {0};
    (void)state;
    oz_extent_merge(&all, OZ_I64, &a);
    assert_false(all.any);
    oz_extent_add(&a, OZ_I64, left, 2);
    oz_extent_add(&b, OZ_I64, right, 2);
    oz_extent_merge(&all, OZ_I64, &b);
    assert_true(all.any && all.min.i == 4 && all.max.i == INT64_MAX);
    oz_extent_merge(&all, OZ_I64, &a);
    assert_true(all.min.i == INT64_MIN && all.max.i == INT64_MAX);
}

static void test_all_alike(void **state)
{
    uint8_t pixels[300];
    static const uint8_t value[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    (void)state;
    for (size_t item = 1; item <= 8; item *= 2) {
        for (size_t i = 0; i < sizeof pixels; i++)
            pixels[i] = value[i % item];
        const size_t count = sizeof pixels / item;
        assert_true(oz_pixels_all(pixels, count, item, value));
        assert_true(oz_pixels_all(pixels, 1, item, value));
        assert_true(oz_pixels_all(pixels, 0, item, value));
        for (size_t i = 0; i < count * item; i += 7) {
            pixels[i] ^= 16;
            assert_false(oz_pixels_all(pixels, count, item, value));
            pixels[i] ^= 16;
        }
    }
    pixels[0] = 9;
    assert_false(oz_pixels_all(pixels, 1, 1, value));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_nan),
        cmocka_unit_test(test_merge),
        cmocka_unit_test(test_all_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
