/* SPDX-License-Identifier: Apache-2.0 */
/* Data types by both formats' names, and fill values in all their spellings. */
#include "zarr/dtype.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "zarr/half.h"

static const struct {
    enum oz_dtype dtype;
    const char *name, *little, *big;
    size_t size, swap_size;
    bool integer, pixel;
} rows[] = {
    {OZ_U8, "uint8", "|u1", "|u1", 1, 1, true, true},
    {OZ_U16, "uint16", "<u2", ">u2", 2, 2, true, true},
    {OZ_U32, "uint32", "<u4", ">u4", 4, 4, true, true},
    {OZ_U64, "uint64", "<u8", ">u8", 8, 8, true, true},
    {OZ_I8, "int8", "|i1", "|i1", 1, 1, true, true},
    {OZ_I16, "int16", "<i2", ">i2", 2, 2, true, true},
    {OZ_I32, "int32", "<i4", ">i4", 4, 4, true, true},
    {OZ_I64, "int64", "<i8", ">i8", 8, 8, true, true},
    {OZ_F32, "float32", "<f4", ">f4", 4, 4, false, true},
    {OZ_F64, "float64", "<f8", ">f8", 8, 8, false, true},
    {OZ_BOOL, "bool", "|b1", "|b1", 1, 1, false, false},
    {OZ_F16, "float16", "<f2", ">f2", 2, 2, false, false},
    {OZ_C64, "complex64", "<c8", ">c8", 8, 4, false, false},
    {OZ_C128, "complex128", "<c16", ">c16", 16, 8, false, false},
};

static void each_row(void **state)
{
    (void)state;
    assert_int_equal(OZ_LENGTH(rows), OZ_DTYPES);
    for (size_t i = 0; i < OZ_LENGTH(rows); i++) {
        enum oz_dtype dtype, found = OZ_DTYPES;
        bool big = true;
        char text[8];
        dtype = rows[i].dtype;
        assert_string_equal(oz_dtype_name(dtype), rows[i].name);
        assert_int_equal(oz_dtype_size(dtype), rows[i].size);
        assert_int_equal(oz_dtype_swap_size(dtype), rows[i].swap_size);
        assert_int_equal(oz_dtype_is_integer(dtype), rows[i].integer);
        assert_int_equal(oz_dtype_is_pixel(dtype), rows[i].pixel);
        assert_true(oz_dtype_from_name(rows[i].name, &found));
        assert_int_equal(found, dtype);
        oz_dtype_to_v2(dtype, false, text);
        assert_string_equal(text, rows[i].little);
        assert_true(oz_dtype_from_v2(text, &found, &big));
        assert_int_equal(found, dtype);
        assert_false(big);
        oz_dtype_to_v2(dtype, true, text);
        assert_string_equal(text, rows[i].big);
        assert_true(oz_dtype_from_v2(text, &found, &big));
        assert_int_equal(found, dtype);
        assert_int_equal(big, rows[i].swap_size > 1);
    }
}

static void unknown_names(void **state)
{
    (void)state;
    static const char *const names[] = {"", "uint", "uint128", "Uint8", "string", "uint8 ", "r8"};
    static const char *const texts[] = {"",    "<",   "<u",  "u1",   "<u3",   "<u16",
                                        "|u2", "=u2", "<S4", "|O",   "<M8",   "<u22",
                                        "<c2", "<f1", "<u0", "|b01", "<c016", "<u-1"};
    enum oz_dtype dtype;
    bool big;
    for (size_t i = 0; i < OZ_LENGTH(names); i++)
        assert_false(oz_dtype_from_name(names[i], &dtype));
    for (size_t i = 0; i < OZ_LENGTH(texts); i++)
        assert_false(oz_dtype_from_v2(texts[i], &dtype, &big));
    /* One byte has no order: met with each sign. */
    assert_true(oz_dtype_from_v2(">u1", &dtype, &big));
    assert_false(big);
    assert_true(oz_dtype_from_v2("<b1", &dtype, &big));
}

/* ---- fill values ---- */

/* Bytes as a little-endian machine has them, in hex; how the value is printed. */
static const struct {
    enum oz_dtype dtype;
    const char *json, *bytes, *printed;
} fills[] = {
    {OZ_U8, "0", "00", "0"},
    {OZ_U8, "255", "ff", "255"},
    {OZ_U8, "null", "00", "0"},
    {OZ_U8, "7.0", "07", "7"},
    {OZ_U8, "\"7\"", "07", "7"},
    {OZ_U16, "65535", "ffff", "65535"},
    {OZ_U32, "4294967295", "ffffffff", "4294967295"},
    {OZ_U64, "18446744073709551615", "ffffffffffffffff", "18446744073709551615"},
    {OZ_U64, "9007199254740993", "0100000000002000", "9007199254740993"},
    {OZ_I8, "-128", "80", "-128"},
    {OZ_I8, "127", "7f", "127"},
    {OZ_I16, "-32768", "0080", "-32768"},
    {OZ_I32, "-1", "ffffffff", "-1"},
    {OZ_I64, "-9223372036854775808", "0000000000000080", "-9223372036854775808"},
    {OZ_I64, "9223372036854775807", "ffffffffffffff7f", "9223372036854775807"},
    {OZ_F32, "0", "00000000", "0.0"},
    {OZ_F32, "-0.0", "00000080", "-0.0"},
    {OZ_F32, "1.5", "0000c03f", "1.5"},
    {OZ_F32, "\"NaN\"", "0000c07f", "\"NaN\""},
    {OZ_F32, "NaN", "0000c07f", "\"NaN\""},
    {OZ_F32, "\"Infinity\"", "0000807f", "\"Infinity\""},
    {OZ_F32, "-Infinity", "000080ff", "\"-Infinity\""},
    {OZ_F32, "\"0x7fc00001\"", "0100c07f", "\"0x7fc00001\""},
    {OZ_F32, "\"0xFFC00000\"", "0000c0ff", "\"0xffc00000\""},
    {OZ_F32, "\"0x3fc00000\"", "0000c03f", "1.5"},
    {OZ_F64, "0.1", "9a9999999999b93f", "0.1"},
    {OZ_F64, "\"NaN\"", "000000000000f87f", "\"NaN\""},
    {OZ_F64, "\"-Infinity\"", "000000000000f0ff", "\"-Infinity\""},
    {OZ_F64, "1e300", "9c7500883ce4377e", "1e+300"},
    {OZ_F16, "1", "003c", "1.0"},
    {OZ_F16, "65504", "ff7b", "65504.0"},
    {OZ_F16, "\"NaN\"", "007e", "\"NaN\""},
    {OZ_F16, "\"0x7e01\"", "017e", "\"0x7e01\""},
    {OZ_F16, "0", "0000", "0.0"},
    {OZ_F16, "5.960464477539063e-08", "0100", "5.9604644775390625e-08"},
    {OZ_BOOL, "true", "01", "true"},
    {OZ_BOOL, "false", "00", "false"},
    {OZ_BOOL, "1", "01", "true"},
    {OZ_BOOL, "0", "00", "false"},
    {OZ_C64, "[1.5, \"NaN\"]", "0000c03f0000c07f", "[1.5,\"NaN\"]"},
    {OZ_C64, "2", "0000004000000000", "[2.0,0.0]"},
    {OZ_C128, "[0.0, \"-Infinity\"]", "0000000000000000000000000000f0ff", "[0.0,\"-Infinity\"]"},
};

static struct oz_json *need_json(const char *text)
{
    struct oz_err err = {0};
    struct oz_json *value = oz_json_parse(text, strlen(text), &err);
    if (!value)
        fail_msg("%s: %s", text, err.msg);
    return value;
}

static void fill_values_in_all_forms(void **state)
{
    (void)state;
    for (size_t i = 0; i < OZ_LENGTH(fills); i++) {
        struct oz_err err = {0};
        uint8_t item[16], again[16];
        char hex[33] = "";
        size_t size = oz_dtype_size(fills[i].dtype);
        OZ_AUTO_PTR(oz_json) value = need_json(fills[i].json);
        if (!oz_fill_parse(fills[i].dtype, value, item, &err))
            fail_msg("%s: %s", fills[i].json, err.msg);
        for (size_t b = 0; b < size; b++)
            snprintf(hex + 2 * b, 3, "%02x", item[b]);
        assert_string_equal(hex, fills[i].bytes);
        OZ_AUTO_PTR(oz_json) printed = oz_fill_print(fills[i].dtype, item, &err);
        OZ_AUTO(oz_buf) text = {0};
        assert_true(printed && oz_json_print(printed, 0, &text, &err));
        assert_true(oz_buf_append(&text, "", 1, &err));
        assert_string_equal((const char *)text.data, fills[i].printed);
        assert_true(oz_fill_parse(fills[i].dtype, printed, again, &err));
        assert_memory_equal(item, again, size);
    }
}

static void fill_values_that_do_not_fit(void **state)
{
    (void)state;
    static const struct {
        enum oz_dtype dtype;
        const char *json;
    } bad[] = {
        {OZ_U8, "256"},
        {OZ_U8, "-1"},
        {OZ_U8, "1.5"},
        {OZ_U8, "\"NaN\""},
        {OZ_U8, "true"},
        {OZ_U8, "[0]"},
        {OZ_U8, "{}"},
        {OZ_U64, "-1"},
        {OZ_I8, "128"},
        {OZ_I8, "-129"},
        {OZ_I64, "9223372036854775808"},
        {OZ_U32, "1e300"},
        {OZ_F32, "\"nan\""},
        {OZ_F32, "1e39"},
        {OZ_F32, "\"0x\""},
        {OZ_F32, "\"0x7fc000000\""},
        {OZ_F32, "\"0xg\""},
        {OZ_F32, "true"},
        {OZ_F16, "65520"},
        {OZ_BOOL, "2"},
        {OZ_BOOL, "\"true\""},
        {OZ_C64, "[1]"},
        {OZ_C64, "[1,2,3]"},
        {OZ_C64, "[1,true]"},
        {OZ_U8, "\"0x10\""},
    };
    for (size_t i = 0; i < OZ_LENGTH(bad); i++) {
        struct oz_err err = {0};
        uint8_t item[16];
        OZ_AUTO_PTR(oz_json) value = need_json(bad[i].json);
        if (oz_fill_parse(bad[i].dtype, value, item, &err))
            fail_msg("%s was taken as %s", bad[i].json, oz_dtype_name(bad[i].dtype));
        assert_int_equal(err.code, OZ_EFORMAT);
        assert_non_null(strstr(err.msg, oz_dtype_name(bad[i].dtype)));
    }
}

/* The compiler's half floats say the same as ours, where it has them. */
static void halves(void **state)
{
    (void)state;
    for (unsigned bits = 0; bits < 0x10000; bits++) {
        double value = oz_half_to_double((uint16_t)bits);
        bool nan = (bits & 0x7c00) == 0x7c00 && (bits & 0x3ff);
        assert_int_equal(isnan(value) != 0, nan);
        if (!nan)
            assert_int_equal(oz_half_from_double(value), bits);
    }
    assert_int_equal(oz_half_from_double(1.0 + 1.0 / 2048), 0x3c00); /* ties go to even */
    assert_int_equal(oz_half_from_double(1.0 + 3.0 / 2048), 0x3c02);
    assert_int_equal(oz_half_from_double(65519.99), 0x7bff);
    assert_int_equal(oz_half_from_double(65520), 0x7c00);
    assert_int_equal(oz_half_from_double(-1e300), 0xfc00);
    assert_int_equal(oz_half_from_double(ldexp(1, -25)), 0); /* half of the smallest */
    assert_int_equal(oz_half_from_double(ldexp(1.001, -25)), 1);
    assert_int_equal(oz_half_from_double(5e-324), 0);
    assert_int_equal(oz_half_from_double(ldexp(2047, -25)), 0x400); /* up into the normal ones */
}

static void items_as_doubles(void **state)
{
    (void)state;
    uint64_t u64 = UINT64_MAX;
    int8_t i8 = -3;
    float f32[] = {1.25f, 9};
    uint16_t half = 0xc000;
    assert_true(oz_dtype_to_double(OZ_U64, &u64) == 18446744073709551616.0);
    assert_true(oz_dtype_to_double(OZ_I8, &i8) == -3);
    assert_true(oz_dtype_to_double(OZ_F32, f32) == 1.25);
    assert_true(oz_dtype_to_double(OZ_C64, f32) == 1.25);
    assert_true(oz_dtype_to_double(OZ_F16, &half) == -2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row),
        cmocka_unit_test(unknown_names),
        cmocka_unit_test(fill_values_in_all_forms),
        cmocka_unit_test(fill_values_that_do_not_fit),
        cmocka_unit_test(halves),
        cmocka_unit_test(items_as_doubles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
