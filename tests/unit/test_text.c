/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers in text both ways, natural order, sizes for people. */
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void test_u64(void **state)
{
    (void)state;
    uint64_t v = 5;
    assert_true(oz_text_to_u64("0", &v) && v == 0);
    assert_true(oz_text_to_u64("007", &v) && v == 7);
    assert_true(oz_text_to_u64("18446744073709551615", &v) && v == UINT64_MAX);
    v = 5;
    static const char *const bad[] = {
        "",  "-1", "+1", " 1", "1 ", "1.0", "0x10", "18446744073709551616", "99999999999999999999",
        "a", "1a"};
    for (size_t i = 0; i < OZ_LENGTH(bad); i++)
        assert_false(oz_text_to_u64(bad[i], &v));
    assert_int_equal(v, 5);
}

static void test_i64(void **state)
{
    (void)state;
    int64_t v = 0;
    assert_true(oz_text_to_i64("-9223372036854775808", &v) && v == INT64_MIN);
    assert_true(oz_text_to_i64("9223372036854775807", &v) && v == INT64_MAX);
    assert_true(oz_text_to_i64("-0", &v) && v == 0);
    assert_true(oz_text_to_i64("-42", &v) && v == -42);
    static const char *const bad[] = {
        "", "-", "--1", "+1", "9223372036854775808", "-9223372036854775809", "- 1"};
    for (size_t i = 0; i < OZ_LENGTH(bad); i++)
        assert_false(oz_text_to_i64(bad[i], &v));
}

static void test_double(void **state)
{
    (void)state;
    double v = 0;
    assert_true(oz_text_to_double("11.24", &v) && v == 11.24);
    assert_true(oz_text_to_double("-1e-3", &v) && v == -0.001);
    assert_true(oz_text_to_double("25", &v) && v == 25);
    assert_true(oz_text_to_double("1e-400", &v) && v == 0);
    static const char *const bad[] = {"",    "nan", "inf",   "-inf", "0x1p3", " 1", "1 ",
                                      "1,5", "1e",  "1e400", ".",    "1.2.3", "--1"};
    for (size_t i = 0; i < OZ_LENGTH(bad); i++)
        assert_false(oz_text_to_double(bad[i], &v));
}

static void test_bytes_in(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t bytes;
    } cases[] = {{"1000000", 1000000},
                 {"0", 0},
                 {"2G", UINT64_C(2) << 30},
                 {"500M", UINT64_C(500) << 20},
                 {"1.5GiB", UINT64_C(3) << 29},
                 {"64k", 65536},
                 {"1KB", 1024},
                 {"12b", 12},
                 {"0.5T", UINT64_C(1) << 39},
                 {"15E", UINT64_C(15) << 60}};
    uint64_t v = 0;
    for (size_t i = 0; i < OZ_LENGTH(cases); i++) {
        assert_true(oz_text_to_bytes(cases[i].text, &v));
        assert_int_equal(v, cases[i].bytes);
    }
    static const char *const bad[] = {"",
                                      "G",
                                      "-1G",
                                      "1X",
                                      "1 G",
                                      "1GBx",
                                      "16E",
                                      ".5G",
                                      "1.",
                                      "1.G",
                                      "1iB",
                                      "1e3",
                                      "nan",
                                      "1.5.5G",
                                      "1GG",
                                      "0x1G",
                                      "1G ",
                                      "+1",
                                      "99999999999999999999"};
    for (size_t i = 0; i < OZ_LENGTH(bad); i++)
        assert_false(oz_text_to_bytes(bad[i], &v));
}

static void assert_printed(double value, const char *text)
{
    char out[32];
    oz_text_from_double(value, out);
    assert_string_equal(out, text);
}

static void test_double_out(void **state)
{
    (void)state;
    assert_printed(0, "0.0");
    assert_printed(-0.0, "-0.0");
    assert_printed(1, "1.0");
    assert_printed(11.24, "11.24");
    assert_printed(0.1, "0.1");
    assert_printed(0.1 + 0.2, "0.30000000000000004");
    assert_printed(100, "100.0");
    assert_printed(-1234.5, "-1234.5");
    assert_printed(0.0001, "0.0001");
    assert_printed(0.00011, "0.00011");
    assert_printed(0.00001, "1e-05");
    assert_printed(1e15, "1000000000000000.0");
    assert_printed(9007199254740993.0, "9007199254740992.0");
    assert_printed(1e16, "1e+16");
    assert_printed(-1.5e300, "-1.5e+300");
    assert_printed(5e-324, "5e-324");
    assert_printed(DBL_MAX, "1.7976931348623157e+308");
    assert_printed(2.5, "2.5");
    assert_printed(NAN, "NaN");
    assert_printed(INFINITY, "Infinity");
    assert_printed(-INFINITY, "-Infinity");
}

static void test_double_reads_back(void **state)
{
    (void)state;
    uint64_t bits = 88172645463325252ULL;
    for (int i = 0; i < 20000; i++) {
        bits ^= bits << 13;
        bits ^= bits >> 7;
        bits ^= bits << 17;
        double value = 0, again = 0;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value))
            continue;
        char out[32];
        oz_text_from_double(value, out);
        assert_true(oz_text_to_double(out, &again));
        assert_memory_equal(&value, &again, sizeof value);
        assert_non_null(strpbrk(out, ".e"));
    }
}

/* With a locale whose decimal point is a comma, where the system has one. */
static void test_locale_does_not_matter(void **state)
{
    (void)state;
    static const char *const names[] = {"de_DE.UTF-8", "de_DE", "fr_FR.UTF-8", "de_DE.utf8"};
    const char *set = NULL;
    for (size_t i = 0; i < OZ_LENGTH(names) && set == NULL; i++)
        set = setlocale(LC_ALL, names[i]);
    double v = 0;
    assert_true(oz_text_to_double("1.5", &v) && v == 1.5);
    assert_false(oz_text_to_double("1,5", &v));
    assert_printed(1.5, "1.5");
    setlocale(LC_ALL, "C");
    if (set == NULL)
        skip();
}

static void test_bytes_out(void **state)
{
    (void)state;
    static const struct {
        uint64_t bytes;
        const char *text;
    } cases[] = {{0, "0 B"},
                 {999, "999 B"},
                 {1000, "1.0 kB"},
                 {1049, "1.0 kB"},
                 {1050, "1.1 kB"},
                 {17300000, "17.3 MB"},
                 {999949, "999.9 kB"},
                 {999950, "1.0 MB"},
                 {999999, "1.0 MB"},
                 {1000000000, "1.0 GB"},
                 {UINT64_C(2500000000000), "2.5 TB"},
                 {UINT64_MAX, "18.4 EB"}};
    for (size_t i = 0; i < OZ_LENGTH(cases); i++) {
        char out[32];
        oz_text_from_bytes(cases[i].bytes, out);
        assert_string_equal(out, cases[i].text);
    }
}

static void test_natural_order(void **state)
{
    (void)state;
    /* Each before the next. */
    static const char *const sorted[] = {
        "",
        "01",
        "1",
        "2",
        "10",
        "a",
        "a1b2",
        "a1b10",
        "a2",
        "a10",
        "a10b",
        "a11",
        "a99999999999999999999999",
        "a100000000000000000000000",
        "ab",
        "b",
    };
    for (size_t i = 0; i < OZ_LENGTH(sorted); i++)
        for (size_t j = 0; j < OZ_LENGTH(sorted); j++) {
            int order = oz_text_natural_compare(sorted[i], sorted[j]);
            if (i == j)
                assert_int_equal(order, 0);
            else
                assert_true(i < j ? order < 0 : order > 0);
        }
    assert_true(oz_text_natural_compare("img9.tif", "img10.tif") < 0);
    assert_true(oz_text_natural_compare("x007y", "x7z") < 0);
    assert_true(oz_text_natural_compare("z\xC3\xA4", "za") > 0);
}

static void test_case(void **state)
{
    (void)state;
    assert_true(oz_text_equal_nocase("TiFf", "tiff"));
    assert_false(oz_text_equal_nocase("tif", "tiff"));
    assert_false(oz_text_equal_nocase("[", "{"));
    assert_true(oz_text_ends_with_nocase("A.TIF", ".tif"));
    assert_false(oz_text_ends_with_nocase("tif", ".tif"));
    assert_true(oz_text_ends_with_nocase("x", ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_u64),
        cmocka_unit_test(test_i64),
        cmocka_unit_test(test_double),
        cmocka_unit_test(test_bytes_in),
        cmocka_unit_test(test_double_out),
        cmocka_unit_test(test_double_reads_back),
        cmocka_unit_test(test_locale_does_not_matter),
        cmocka_unit_test(test_bytes_out),
        cmocka_unit_test(test_natural_order),
        cmocka_unit_test(test_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
