/* SPDX-License-Identifier: Apache-2.0 */
/* Checks how ImageJ's and tifffile's texts are understood. */
#include "image/tiff_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static char warning[OZ_LAYOUT_WARNING];

static struct oz_layout read_text(const char *text, uint64_t pages, uint32_t samples)
{
    struct oz_page page = {.width = 6, .height = 4, .samples = samples, .per_unit = {2, 4}};
    struct oz_layout layout;
    oz_layout_read(text, &page, pages, &layout, warning);
    return layout;
}

/* Sizes and page strides along t, c, z; strides of axes of length 1 do not matter. */
static void is_layout(const struct oz_layout *l, const uint64_t size[3], const uint64_t stride[3])
{
    for (int i = 0; i < 3; i++) {
        assert_int_equal(l->size[i], size[i]);
        if (size[i] > 1)
            assert_int_equal(l->stride[i], stride[i]);
    }
}
#define IS_LAYOUT(l, t, c, z, st, sc, sz)                                                          \
    is_layout(&(l), (const uint64_t[]){t, c, z}, (const uint64_t[]){st, sc, sz})

static void plain_pages_are_z(void **state)
{
    (void)state;
    static const char *const texts[] = {NULL,
                                        "",
                                        "taken at noon",
                                        "{",
                                        "{}",
                                        "{\"shape\": 5}",
                                        "{\"shape\": [7]}",
                                        "{\"shape\": [-7, 4, 6]}",
                                        "[1, 2]"};
    for (size_t i = 0; i < OZ_LENGTH(texts); i++) {
        struct oz_layout l = read_text(texts[i], 7, 1);
        IS_LAYOUT(l, 1, 1, 7, 0, 0, 1);
        assert_string_equal(warning, "");
        assert_false(l.named[OZ_T] || l.named[OZ_C] || l.voxel_nm[0] > 0);
    }
}

static void imagej_hyperstack(void **state)
{
    (void)state;
    struct oz_layout l =
        read_text("ImageJ=1.53\r\nimages=24\r\nchannels=2\r\nslices=3\r\nframes=4\r\n"
                  "hyperstack=true\r\nunit=micron\r\nspacing=-0.5\r\n"
                  "finterval=2.5\r\n",
                  24, 1);
    IS_LAYOUT(l, 4, 2, 3, 6, 1, 2);
    assert_true(l.named[OZ_T] && l.named[OZ_C]);
    assert_float_equal(l.voxel_nm[0], 500, 1e-9);
    assert_float_equal(l.voxel_nm[1], 250, 1e-9);
    assert_float_equal(l.voxel_nm[2], 500, 1e-9);
    assert_float_equal(l.t_step, 2.5, 1e-12);
    assert_string_equal(warning, "");
}

static void imagej_units_of_each_axis(void **state)
{
    (void)state;
    struct oz_layout l = read_text("ImageJ=1.54\nimages=3\nslices=3\nunit=nm\nyunit=mm\n"
                                   "zunit=micron\nspacing=2\nfinterval=5\ntunit=ms\n",
                                   3, 1);
    assert_float_equal(l.voxel_nm[0], 0.5, 1e-12);
    assert_float_equal(l.voxel_nm[1], 0.25e6, 1e-6);
    assert_float_equal(l.voxel_nm[2], 2000, 1e-9);
    assert_float_equal(l.t_step, 0.005, 1e-12);
    /* A depth that is not told is not guessed. */
    l = read_text("ImageJ=1.54\nimages=3\nslices=3\nunit=nm\n", 3, 1);
    assert_float_equal(l.voxel_nm[0], 0.5, 1e-12);
    assert_float_equal(l.voxel_nm[2], 0, 0);
}

static void imagej_without_all_counts(void **state)
{
    (void)state;
    struct oz_layout l = read_text("ImageJ=1.47b\nimages=6\n", 6, 1);
    IS_LAYOUT(l, 1, 1, 6, 0, 0, 1);
    l = read_text("ImageJ=1.47b\nimages=6\nframes=3\n", 6, 1);
    IS_LAYOUT(l, 3, 1, 2, 2, 0, 1);
    l = read_text("ImageJ=1.47b\nimages=6\nchannels=6", 6, 1);
    IS_LAYOUT(l, 1, 6, 1, 0, 1, 0);
    assert_false(l.named[OZ_T]);
    l = read_text("ImageJ=1.47b\ninfo=null", 1, 1);
    IS_LAYOUT(l, 1, 1, 1, 0, 0, 0);
    assert_string_equal(warning, "");
}

static void imagej_that_does_not_fit(void **state)
{
    (void)state;
    struct oz_layout l = read_text("ImageJ=1\nimages=10\nslices=10\nunit=nm\nspacing=3", 7, 1);
    IS_LAYOUT(l, 1, 1, 7, 0, 0, 1);
    assert_non_null(strstr(warning, "7 pages"));
    assert_float_equal(l.voxel_nm[2], 3, 1e-12);
    l = read_text("ImageJ=1\nslices=18446744073709551615\nchannels=18446744073709551615", 4, 1);
    IS_LAYOUT(l, 1, 1, 4, 0, 0, 1);
    /* One page of a stack that was taken apart keeps the text of the whole. */
    l = read_text("ImageJ=1\nimages=10\nslices=10", 1, 1);
    IS_LAYOUT(l, 1, 1, 1, 0, 0, 0);
    assert_string_equal(warning, "");
}

static void imagej_units(void **state)
{
    (void)state;
    static const struct {
        const char *unit;
        double nm;
    } units[] = {{"\\u00B5m", 1e3}, {"\xc2\xb5m", 1e3}, {"um", 1e3},  {"nm", 1}, {"mm", 1e6},
                 {"cm", 1e7},       {"inch", 25.4e6},   {"pixel", 0}, {"Mm", 0}, {"", 0}};
    for (size_t i = 0; i < OZ_LENGTH(units); i++) {
        char text[64];
        snprintf(text, sizeof text, "ImageJ=1\nunit=%s\nspacing=2\n", units[i].unit);
        struct oz_layout l = read_text(text, 3, 1);
        assert_float_equal(l.voxel_nm[0], units[i].nm / 2, 1e-6);
        assert_float_equal(l.voxel_nm[2], units[i].nm * 2, 1e-6);
    }
}

static void tifffile_axes(void **state)
{
    (void)state;
    struct oz_layout l = read_text("{\"shape\": [5, 3, 2, 4, 6], \"axes\": \"TZCYX\"}", 30, 1);
    IS_LAYOUT(l, 5, 2, 3, 6, 1, 2);
    assert_true(l.named[OZ_T] && l.named[OZ_C] && l.named[OZ_Z]);
    l = read_text("{\"axes\": \"CZTYX\", \"shape\": [2, 3, 5, 4, 6]}", 30, 1);
    IS_LAYOUT(l, 5, 2, 3, 1, 15, 5);
    l = read_text("{\"shape\": [5, 4, 6], \"axes\": \"TYX\"}", 5, 1);
    IS_LAYOUT(l, 5, 1, 1, 1, 0, 0);
    l = read_text("{\"shape\": [5, 4, 6], \"axes\": \"CYX\"}", 5, 1);
    IS_LAYOUT(l, 1, 5, 1, 0, 1, 0);
    l = read_text("{\"shape\": [5, 4, 6], \"axes\": \"IYX\"}", 5, 1);
    IS_LAYOUT(l, 1, 1, 5, 0, 0, 1);
    l = read_text("{\"shape\": [1, 5, 4, 6], \"axes\": \"TZYX\"}", 5, 1);
    IS_LAYOUT(l, 1, 1, 5, 0, 0, 1);
    assert_true(l.named[OZ_T]);
    assert_string_equal(warning, "");
}

static void tifffile_samples(void **state)
{
    (void)state;
    struct oz_layout l = read_text("{\"shape\": [5, 4, 6, 3], \"axes\": \"ZYXS\"}", 5, 3);
    IS_LAYOUT(l, 1, 1, 5, 0, 0, 1);
    l = read_text("{\"shape\": [5, 3, 4, 6], \"axes\": \"TSYX\"}", 5, 3);
    IS_LAYOUT(l, 5, 1, 1, 1, 0, 0);
    l = read_text("{\"shape\": [3, 4, 6], \"axes\": \"CYX\"}", 1, 3);
    IS_LAYOUT(l, 1, 1, 1, 0, 0, 0);
    l = read_text("{\"shape\": [5, 4, 6, 1]}", 5, 1);
    IS_LAYOUT(l, 1, 1, 5, 0, 0, 1);
    assert_string_equal(warning, "");
}

static void tifffile_shape_alone(void **state)
{
    (void)state;
    struct oz_layout l = read_text("{\"shape\": [5, 4, 6]}", 5, 1);
    IS_LAYOUT(l, 1, 1, 5, 0, 0, 1);
    l = read_text("{\"shape\": [1, 5, 1, 4, 6]}", 5, 1);
    IS_LAYOUT(l, 1, 1, 5, 0, 0, 1);
    assert_string_equal(warning, "");
    l = read_text("{\"shape\": [3, 5, 4, 6]}", 15, 1);
    IS_LAYOUT(l, 3, 1, 5, 5, 0, 1);
    assert_non_null(strstr(warning, "3 time points"));
    l = read_text("{\"shape\": [5, 2, 4, 6], \"axes\": \"QCYX\"}", 10, 1);
    IS_LAYOUT(l, 1, 2, 5, 0, 1, 2);
    assert_string_equal(warning, "");
    l = read_text("{\"shape\": [2, 3, 5, 4, 6]}", 30, 1);
    IS_LAYOUT(l, 1, 1, 30, 0, 0, 1);
    assert_non_null(strstr(warning, "2 x 3 x 5 x 4 x 6"));
}

static void tifffile_that_does_not_fit(void **state)
{
    (void)state;
    static const char *const texts[] = {"{\"shape\": [9, 4, 6], \"axes\": \"TYX\"}",
                                        "{\"shape\": [5, 6, 4], \"axes\": \"TYX\"}",
                                        "{\"shape\": [5, 4, 6], \"axes\": \"TXY\"}",
                                        "{\"shape\": [4294967296, 4294967296, 5, 4, 6]}",
                                        "{\"shape\": [5, 1, 4, 6], \"axes\": \"TTYX\"}"};
    for (size_t i = 0; i < OZ_LENGTH(texts); i++) {
        struct oz_layout l = read_text(texts[i], 5, 1);
        IS_LAYOUT(l, 1, 1, 5, 0, 0, 1);
        assert_string_not_equal(warning, "");
    }
    read_text("{\"shape\": [9, 4, 6], \"axes\": \"TYX\"}", 1, 1);
    assert_string_equal(warning, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_pages_are_z),
        cmocka_unit_test(imagej_hyperstack),
        cmocka_unit_test(imagej_units_of_each_axis),
        cmocka_unit_test(imagej_without_all_counts),
        cmocka_unit_test(imagej_that_does_not_fit),
        cmocka_unit_test(imagej_units),
        cmocka_unit_test(tifffile_axes),
        cmocka_unit_test(tifffile_samples),
        cmocka_unit_test(tifffile_shape_alone),
        cmocka_unit_test(tifffile_that_does_not_fit),
    };
    return cmocka_run_group_tests_name("tiff_text", tests, NULL, NULL);
}
