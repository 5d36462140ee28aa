/* SPDX-License-Identifier: Apache-2.0 */
/* JSON in and out: what is accepted and refused, exact numbers, texts, building, copies. */
#include "json/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static struct oz_json *parse(const char *text)
{
    struct oz_err err = {0};
    /* A block of just this size: reading past its end shows. */
    size_t size = strlen(text);
    char *exact = malloc(size == 0 ? 1 : size);
    memcpy(exact, text, size);
    struct oz_json *value = oz_json_parse(exact, size, &err);
    free(exact);
    if (value == NULL)
        fail_msg("%s: %s", text, err.msg);
    return value;
}

static void assert_refused(const char *text, enum oz_code code)
{
    struct oz_err err = {0};
    size_t size = strlen(text);
    char *exact = malloc(size == 0 ? 1 : size);
    memcpy(exact, text, size);
    assert_null(oz_json_parse(exact, size, &err));
    free(exact);
    assert_int_equal(err.code, code);
    assert_non_null(strstr(err.msg, "JSON"));
}

static void assert_prints(const char *text, int indent, const char *expected)
{
    struct oz_err err = {0};
    OZ_AUTO_PTR(oz_json) value = parse(text);
    OZ_AUTO(oz_buf) out = {0};
    assert_true(oz_json_print(value, indent, &out, &err));
    assert_true(oz_buf_append(&out, "", 1, &err));
    assert_string_equal((char *)out.data, expected);
}

static void test_same_in_and_out(void **state)
{
    (void)state;
    static const char *const texts[] = {"null",
                                        "true",
                                        "false",
                                        "0",
                                        "-1",
                                        "12",
                                        "1.0",
                                        "11.24",
                                        "1e-07",
                                        "\"\"",
                                        "\"a\"",
                                        "[]",
                                        "{}",
                                        "[1,2,3]",
                                        "{\"b\":1,\"a\":[{\"c\":null}]}",
                                        "[NaN,Infinity,-Infinity]",
                                        "9223372036854775807",
                                        "9223372036854775808",
                                        "18446744073709551615",
                                        "-9223372036854775808",
                                        "\"a/b \xC3\xA4 \xF0\x9F\x98\x80\"",
                                        "\"\\\"\\\\\\n\\t\\u0001\"",
                                        "\"\\u0000x\"",
                                        "0.30000000000000004",
                                        "[[],[[]],{\"\":\"\"}]"};
    for (size_t i = 0; i < OZ_LENGTH(texts); i++)
        assert_prints(texts[i], 0, texts[i]);
}

static void test_accepted(void **state)
{
    (void)state;
    assert_prints("\xEF\xBB\xBF {\"a\" : 1 }\r\n\t ", 0, "{\"a\":1}");
    assert_prints("{\"a\":1,\"b\":2,\"a\":3}", 0, "{\"a\":3,\"b\":2}");
    assert_prints("\"\\u00e9\\ud83d\\ude00\\/\"", 0, "\"\xC3\xA9\xF0\x9F\x98\x80/\"");
    assert_prints("1E3", 0, "1000.0");
    assert_prints("-0.0", 0, "-0.0");
    assert_prints("12 ", 0, "12");
}

static void test_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        " ",
                                        "\xEF\xBB\xBF",
                                        "{",
                                        "[1",
                                        "\"a",
                                        "{\"a\"",
                                        "{\"a\":",
                                        "[1,]",
                                        "{\"a\":1,}",
                                        "{a:1}",
                                        "'a'",
                                        "01",
                                        "[01]",
                                        ".5",
                                        "+1",
                                        "-",
                                        "1e",
                                        "[1 2]",
                                        "{\"a\" 1}",
                                        "{} x",
                                        "1 1",
                                        "tru",
                                        "nul",
                                        "truefalse",
                                        "TRUE",
                                        "nan",
                                        "Nan",
                                        "INFINITY",
                                        "/*c*/1",
                                        "// c\n1",
                                        "\"\xFF\"",
                                        "\"\\x\"",
                                        "\"\\u12\"",
                                        "18446744073709551616",
                                        "-9223372036854775809",
                                        "[1,99999999999999999999999999999]",
                                        "undefined",
                                        "[1,,2]",
                                        "{\"a\":1 \"b\":2}",
                                        "]",
                                        "}"};
    for (size_t i = 0; i < OZ_LENGTH(texts); i++)
        assert_refused(texts[i], OZ_EFORMAT);
    /* A NUL inside is no end. */
    struct oz_err err = {0};
    assert_null(oz_json_parse("{}\0{}", 5, &err));
    assert_null(oz_json_parse("[1,\0 2]", 7, &err));
    assert_null(oz_json_parse("1\0", 2, &err));
}

static void test_error_tells_the_place(void **state)
{
    (void)state;
    struct oz_err err = {0};
    assert_null(oz_json_parse("{\"a\": x}", 8, &err));
    assert_non_null(strstr(err.msg, "byte 6"));
    err = (struct oz_err){0};
    assert_null(oz_json_parse("{} x", 4, &err));
    assert_non_null(strstr(err.msg, "byte 3"));
}

static void test_depth(void **state)
{
    (void)state;
    char text[200001];
    for (int depth = 60; depth <= 70; depth++) {
        memset(text, '[', (size_t)depth);
        memset(text + depth, ']', (size_t)depth);
        text[2 * depth] = '\0';
        if (depth <= 64)
            oz_json_free(parse(text));
        else
            assert_refused(text, OZ_EFORMAT);
    }
    memset(text, '[', 200000);
    text[200000] = '\0';
    assert_refused(text, OZ_EFORMAT);
}

static void test_integers(void **state)
{
    (void)state;
    OZ_AUTO_PTR(oz_json)
    list = parse("[0,-1,9223372036854775807,9223372036854775808,"
                 "18446744073709551615,-9223372036854775808,3.0,3.5,-2.0,"
                 "1e30,\"1\",NaN,1.8446744073709552e19]");
    static const struct {
        bool is_i64, is_u64;
        int64_t i;
        uint64_t u;
    } expected[] = {{true, true, 0, 0},
                    {true, false, -1, 0},
                    {true, true, INT64_MAX, INT64_MAX},
                    {false, true, 0, UINT64_C(1) << 63},
                    {false, true, 0, UINT64_MAX},
                    {true, false, INT64_MIN, 0},
                    {true, true, 3, 3},
                    {false, false, 0, 0},
                    {true, false, -2, 0},
                    {false, false, 0, 0},
                    {false, false, 0, 0},
                    {false, false, 0, 0},
                    {false, false, 0, 0}};
    assert_int_equal(oz_json_length(list), OZ_LENGTH(expected));
    for (size_t k = 0; k < OZ_LENGTH(expected); k++) {
        int64_t i = 0;
        uint64_t u = 0;
        assert_int_equal(oz_json_to_i64(oz_json_at(list, k), &i), expected[k].is_i64);
        assert_int_equal(oz_json_to_u64(oz_json_at(list, k), &u), expected[k].is_u64);
        assert_true(!expected[k].is_i64 || i == expected[k].i);
        assert_true(!expected[k].is_u64 || u == expected[k].u);
    }
    assert_null(oz_json_at(list, OZ_LENGTH(expected)));
}

static void test_other_values(void **state)
{
    (void)state;
    OZ_AUTO_PTR(oz_json)
    o = parse("{\"n\":null,\"t\":true,\"d\":1.5,\"i\":2,\"s\":\"x\","
              "\"z\":\"a\\u0000b\",\"a\":[1],\"o\":{}}");
    bool truth = false;
    double number = 0;
    assert_true(oz_json_to_bool(oz_json_get(o, "t"), &truth) && truth);
    assert_false(oz_json_to_bool(oz_json_get(o, "i"), &truth));
    assert_true(oz_json_to_double(oz_json_get(o, "d"), &number) && number == 1.5);
    assert_true(oz_json_to_double(oz_json_get(o, "i"), &number) && number == 2);
    assert_false(oz_json_to_double(oz_json_get(o, "s"), &number));
    assert_string_equal(oz_json_to_text(oz_json_get(o, "s")), "x");
    assert_null(oz_json_to_text(oz_json_get(o, "z")));
    assert_null(oz_json_to_text(oz_json_get(o, "i")));
    /* Missing and null are told apart. */
    assert_null(oz_json_get(o, "missing"));
    assert_non_null(oz_json_get(o, "n"));
    assert_int_equal(oz_json_type(oz_json_get(o, "n")), OZ_JSON_NULL);
    assert_int_equal(oz_json_type(NULL), OZ_JSON_NULL);
    assert_null(oz_json_get(oz_json_get(o, "a"), "x"));
    assert_null(oz_json_get(NULL, "x"));
    assert_null(oz_json_at(o, 0));
    assert_int_equal(oz_json_length(o), 8);
    assert_int_equal(oz_json_length(oz_json_get(o, "a")), 1);
    assert_int_equal(oz_json_length(oz_json_get(o, "s")), 0);
    assert_int_equal(oz_json_type(oz_json_get(o, "d")), OZ_JSON_DOUBLE);
    assert_int_equal(oz_json_type(oz_json_get(o, "o")), OZ_JSON_OBJECT);
}

static void test_walk(void **state)
{
    (void)state;
    OZ_AUTO_PTR(oz_json) o = parse("{\"b\":1,\"a\":null,\"c\":[]}");
    static const char *const keys[] = {"b", "a", "c"};
    size_t i = 0;
    for (struct oz_json_walk walk = {0}; oz_json_next(o, &walk); i++) {
        assert_string_equal(walk.key, keys[i]);
        assert_ptr_equal(walk.value, oz_json_get(o, keys[i]));
    }
    assert_int_equal(i, 3);
    struct oz_json_walk walk = {0};
    assert_false(oz_json_next(NULL, &walk));
}

static void test_needed_members(void **state)
{
    (void)state;
    OZ_AUTO_PTR(oz_json) o = parse("{\"shape\":\"x\",\"n\":-1,\"u\":7,\"s\":\"t\",\"i\":1}");
    struct oz_err err = {0};
    const struct oz_json *found = NULL;
    uint64_t u = 0;
    const char *text = NULL;
    assert_false(oz_json_need(o, "shape", OZ_JSON_ARRAY, &found, &err));
    assert_int_equal(err.code, OZ_EFORMAT);
    assert_string_equal(err.msg, "shape: expected an array, found a string");
    assert_false(oz_json_need(o, "axes", OZ_JSON_ARRAY, &found, &err));
    assert_string_equal(err.msg, "axes: expected an array, found nothing");
    assert_true(oz_json_need(o, "i", OZ_JSON_DOUBLE, &found, &err));
    assert_true(oz_json_need_u64(o, "u", &u, &err) && u == 7);
    assert_false(oz_json_need_u64(o, "n", &u, &err));
    assert_false(oz_json_need_u64(o, "s", &u, &err));
    assert_string_equal(err.msg, "s: expected an integer, found a string");
    assert_true(oz_json_need_text(o, "s", &text, &err));
    assert_string_equal(text, "t");
    assert_false(oz_json_need_text(o, "u", &text, &err));
    assert_string_equal(err.msg, "u: expected a string, found an integer");
}

static void test_pretty(void **state)
{
    (void)state;
    assert_prints("{\"a\":[1,2],\"b\":{\"c\":[[1.5],[]]},\"d\":[],\"e\":{}}", 2,
                  "{\n"
                  "  \"a\": [1, 2],\n"
                  "  \"b\": {\n"
                  "    \"c\": [\n"
                  "      [1.5],\n"
                  "      []\n"
                  "    ]\n"
                  "  },\n"
                  "  \"d\": [],\n"
                  "  \"e\": {}\n"
                  "}");
}

static void test_text_that_is_not_utf8(void **state)
{
    (void)state;
    struct oz_err err = {0};
    static const struct {
        const char *text, *printed;
    } cases[] = {{"a\xFFz", "\"a\xEF\xBF\xBDz\""},
                 {"\xC3", "\"\xEF\xBF\xBD\""},
                 {"\xC0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\""},
                 {"\xED\xA0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
                 {"\xF4\x8F\xBF\xBF", "\"\xF4\x8F\xBF\xBF\""},
                 {"\xE2\x82\xAC", "\"\xE2\x82\xAC\""}};
    for (size_t i = 0; i < OZ_LENGTH(cases); i++) {
        OZ_AUTO_PTR(oz_json) value = oz_json_text(cases[i].text);
        OZ_AUTO(oz_buf) out = {0};
        assert_true(oz_json_print(value, 0, &out, &err));
        assert_int_equal(out.size, strlen(cases[i].printed));
        assert_memory_equal(out.data, cases[i].printed, out.size);
    }
}

static void test_build(void **state)
{
    (void)state;
    struct oz_err err = {0};
    OZ_AUTO_PTR(oz_json) o = oz_json_object();
    assert_true(oz_json_set(o, "z", oz_json_i64(-3)));
    assert_true(oz_json_set(o, "a", oz_json_u64(UINT64_MAX)));
    assert_true(oz_json_set(o, "z", oz_json_double(11.24)));
    assert_true(oz_json_set(o, "n", oz_json_null()));
    struct oz_json *list = oz_json_array();
    assert_true(oz_json_set(o, "l", list));
    assert_true(oz_json_push(list, oz_json_bool(true)));
    assert_true(oz_json_push(list, oz_json_null()));
    assert_true(oz_json_push(list, oz_json_text("x")));
    oz_json_remove(o, "missing");
    OZ_AUTO_PTR(oz_json)
    expected = parse("{\"z\":11.24,\"a\":18446744073709551615,\"n\":null,\"l\":[true,null,\"x\"]}");
    assert_true(oz_json_equal(o, expected));

    /* What cannot be taken is freed. */
    assert_false(oz_json_set(o, "x", NULL));
    assert_false(oz_json_set(list, "x", oz_json_object()));
    assert_false(oz_json_push(o, oz_json_object()));
    assert_false(oz_json_set(NULL, "x", oz_json_text("t")));

    OZ_AUTO_PTR(oz_json) copy = oz_json_copy(o, &err);
    assert_true(oz_json_equal(o, copy));
    oz_json_remove(copy, "n");
    assert_false(oz_json_equal(o, copy));
    assert_int_equal(oz_json_length(o), 4);
    OZ_AUTO_PTR(oz_json) null_copy = oz_json_copy(oz_json_get(o, "n"), &err);
    assert_int_equal(oz_json_type(null_copy), OZ_JSON_NULL);
    assert_non_null(null_copy);
    OZ_AUTO_PTR(oz_json) again = oz_json_ref(oz_json_get(o, "l"));
    assert_ptr_equal(again, list);
    oz_json_free(NULL);
}

static void test_equal(void **state)
{
    (void)state;
    OZ_AUTO_PTR(oz_json) a = parse("{\"a\":[1,2],\"b\":null}");
    OZ_AUTO_PTR(oz_json) same = parse("{\"b\":null,\"a\":[1,2]}");
    OZ_AUTO_PTR(oz_json) other = parse("{\"b\":null,\"a\":[2,1]}");
    assert_true(oz_json_equal(a, same));
    assert_false(oz_json_equal(a, other));
    assert_true(oz_json_equal(NULL, NULL));
    assert_false(oz_json_equal(NULL, oz_json_get(a, "b")));
    assert_true(oz_json_equal(oz_json_get(a, "b"), oz_json_get(same, "b")));
}

static void test_maker(void **state)
{
    (void)state;
    struct oz_err err = {0};
    struct oz_json_maker maker = {0};
    struct oz_json *root = oz_make_root_object(&maker);
    oz_make_text(&maker, root, "name", "em");
    struct oz_json *axes = oz_make_array(&maker, root, "axes");
    struct oz_json *axis = oz_make_object(&maker, axes, NULL);
    oz_make_i64(&maker, axis, "i", -1);
    oz_make_u64(&maker, axes, NULL, 2);
    oz_make_double(&maker, root, "d", 0.5);
    oz_make_bool(&maker, root, "b", false);
    oz_make_null(&maker, root, "n");
    oz_make_value(&maker, root, "v", oz_json_text("x"));
    OZ_AUTO_PTR(oz_json) made = oz_make_finish(&maker, root, &err);
    OZ_AUTO_PTR(oz_json)
    expected = parse("{\"name\":\"em\",\"axes\":[{\"i\":-1},2],\"d\":0.5,"
                     "\"b\":false,\"n\":null,\"v\":\"x\"}");
    assert_true(oz_json_equal(made, expected));

    /* One failed step fails the whole. */
    struct oz_json_maker failing = {0};
    struct oz_json *lost = oz_make_root_array(&failing);
    oz_make_value(&failing, lost, NULL, NULL);
    struct oz_json *below = oz_make_object(&failing, lost, "key in an array");
    assert_null(below);
    oz_make_text(&failing, below, "x", "y");
    assert_null(oz_make_finish(&failing, lost, &err));
    assert_int_equal(err.code, OZ_ENOMEM);
}

static void test_no_memory_to_print(void **state)
{
    (void)state;
    OZ_AUTO_PTR(oz_json) value = parse("{\"a\":[1,2.5,\"text\",null,true,{}]}");
    struct oz_err err = {0};
    OZ_AUTO(oz_buf) out = {0};
    oz_alloc_fail_at(1);
    assert_false(oz_json_print(value, 2, &out, &err));
    assert_int_equal(err.code, OZ_ENOMEM);
}

/* Texts with bytes changed, cut or doubled: parsed or refused, and what is parsed survives its own
 * printing. */
static void test_damaged_texts(void **state)
{
    (void)state;
    static const char seed[] = "{\"a\":[1,-2.5e3,\"x\\u00e9\\n\",null,true,NaN],\"b\":{\"c\":{}},"
                               "\"d\":18446744073709551615,\"e\":\"\xC3\xA4\"}";
    uint64_t bits = 88172645463325252ULL;
    for (int round = 0; round < 20000; round++) {
        char *text = malloc(sizeof seed - 1);
        size_t size = sizeof seed - 1;
        memcpy(text, seed, size);
        for (int k = 0; k < 1 + round % 3; k++) {
            bits ^= bits << 13;
            bits ^= bits >> 7;
            bits ^= bits << 17;
            text[bits % size] = "\"\\{}[],:0-9e.\xFF n\0u"[bits / 1000 % 19];
        }
        size -= round % 5 == 0 ? bits / 7 % size : 0;
        struct oz_err err = {0};
        char *exact = malloc(size + (size == 0));
        memcpy(exact, text, size);
        OZ_AUTO_PTR(oz_json) value = oz_json_parse(exact, size, &err);
        OZ_AUTO(oz_buf) out = {0};
        if (value != NULL) {
            assert_true(oz_json_print(value, 0, &out, &err));
            OZ_AUTO_PTR(oz_json) again = oz_json_parse(out.data, out.size, &err);
            OZ_AUTO(oz_buf) second = {0};
            assert_non_null(again);
            assert_true(oz_json_print(again, 0, &second, &err));
            assert_int_equal(out.size, second.size);
            assert_memory_equal(out.data, second.data, out.size);
        } else {
            assert_int_equal(err.code, OZ_EFORMAT);
        }
        free(exact);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_in_and_out),
        cmocka_unit_test(test_accepted),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_error_tells_the_place),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_other_values),
        cmocka_unit_test(test_walk),
        cmocka_unit_test(test_needed_members),
        cmocka_unit_test(test_pretty),
        cmocka_unit_test(test_text_that_is_not_utf8),
        cmocka_unit_test(test_build),
        cmocka_unit_test(test_equal),
        cmocka_unit_test(test_maker),
        cmocka_unit_test(test_no_memory_to_print),
        cmocka_unit_test(test_damaged_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
