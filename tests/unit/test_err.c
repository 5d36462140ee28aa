/* SPDX-License-Identifier: Apache-2.0 */
/* Errors, memory and buffers: messages, limits, and what is left after a failure. */
#include "base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>

#include "base/alloc.h"
#include "base/buf.h"

static void test_fail_sets_code_and_words(void **state)
{
    (void)state;
    struct oz_err err = {0};
    assert_false(oz_fail(&err, OZ_EFORMAT, "chunk %d of %s", 7, "em"));
    assert_int_equal(err.code, OZ_EFORMAT);
    assert_int_equal(err.sys, 0);
    assert_string_equal(err.msg, "chunk 7 of em");
}

static void test_prefix_goes_in_front(void **state)
{
    (void)state;
    struct oz_err err = {0};
    oz_fail(&err, OZ_EIO, "torn");
    assert_false(oz_err_prefix(&err, "%s: ", "c/0/1"));
    oz_err_prefix(&err, "em/1: ");
    assert_string_equal(err.msg, "em/1: c/0/1: torn");
    assert_int_equal(err.code, OZ_EIO);
}

static void test_own_message_may_be_an_argument(void **state)
{
    (void)state;
    struct oz_err err = {0};
    oz_fail(&err, OZ_EIO, "torn");
    oz_fail(&err, OZ_EFORMAT, "[%s]", err.msg);
    assert_string_equal(err.msg, "[torn]");
}

static void test_codes_of_system_errors(void **state)
{
    (void)state;
    static const struct {
        int number;
        enum oz_code code;
    } cases[] = {{ENOSPC, OZ_ENOSPC}, {EDQUOT, OZ_ENOSPC},    {EACCES, OZ_EDENIED},
                 {EPERM, OZ_EDENIED}, {EROFS, OZ_EDENIED},    {ENOENT, OZ_ENOTFOUND},
                 {EEXIST, OZ_EEXIST}, {ENOTEMPTY, OZ_EEXIST}, {ENOMEM, OZ_ENOMEM},
                 {EIO, OZ_EIO},       {EMFILE, OZ_EIO}};
    for (size_t i = 0; i < OZ_LENGTH(cases); i++) {
        struct oz_err err = {0};
        assert_false(oz_fail_errno(&err, cases[i].number, "cannot"));
        assert_int_equal(err.code, cases[i].code);
        assert_int_equal(err.sys, cases[i].number);
    }
    struct oz_err err = {0};
    oz_fail_errno(&err, ENOSPC, "cannot write %s", "a");
    assert_string_equal(err.msg, "cannot write a: No space left on device");
}

static void test_long_message_is_cut_with_dots(void **state)
{
    (void)state;
    char text[3000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    struct oz_err err = {0};
    oz_fail(&err, OZ_EIO, "%s", text);
    assert_int_equal(strlen(err.msg), sizeof err.msg - 1);
    assert_string_equal(err.msg + sizeof err.msg - 5, "x...");
    oz_err_prefix(&err, "name: ");
    assert_int_equal(strlen(err.msg), sizeof err.msg - 1);
    assert_memory_equal(err.msg, "name: xx", 8);
    assert_string_equal(err.msg + sizeof err.msg - 5, "x...");
}

static void test_control_characters_are_masked(void **state)
{
    (void)state;
    struct oz_err err = {0};
    oz_fail(&err, OZ_EIO, "%s", "a\033[31mb\tc\nd\x7f");
    assert_string_equal(err.msg, "a?[31mb?c\nd?");
}

static void test_alloc_is_zeroed_and_never_null_for_nothing(void **state)
{
    (void)state;
    struct oz_err err = {0};
    OZ_AUTO_FREE uint8_t *block = oz_alloc(100, 3, &err);
    assert_non_null(block);
    for (size_t i = 0; i < 300; i++)
        assert_int_equal(block[i], 0);
    OZ_AUTO_FREE void *nothing = oz_alloc(0, 8, &err);
    assert_non_null(nothing);
    oz_free(NULL);
}

static void test_sizes_that_cannot_be(void **state)
{
    (void)state;
    struct oz_err err = {0};
    assert_null(oz_alloc(SIZE_MAX / 2, 3, &err));
    assert_int_equal(err.code, OZ_ENOMEM);
    err = (struct oz_err){0};
    assert_null(oz_alloc(SIZE_MAX, 1, &err));
    assert_int_equal(err.code, OZ_ENOMEM);
    err = (struct oz_err){0};
    assert_null(oz_alloc_pixels(SIZE_MAX, &err));
    assert_int_equal(err.code, OZ_ENOMEM);
    OZ_AUTO_FREE char *kept = oz_strdup("kept", &err);
    assert_null(oz_realloc(kept, SIZE_MAX, 2, &err));
    assert_string_equal(kept, "kept");
}

static void test_pixels_are_aligned(void **state)
{
    (void)state;
    struct oz_err err = {0};
    for (size_t size = 0; size < 300; size += 37) {
        OZ_AUTO_FREE void *pixels = oz_alloc_pixels(size, &err);
        assert_non_null(pixels);
        assert_int_equal((uintptr_t)pixels % 64, 0);
        memset(pixels, 1, size);
    }
}

static void test_copies_of_text(void **state)
{
    (void)state;
    struct oz_err err = {0};
    OZ_AUTO_FREE char *whole = oz_strdup("abc", &err);
    OZ_AUTO_FREE char *part = oz_strndup("abcdef", 4, &err);
    OZ_AUTO_FREE char *shorter = oz_strndup("ab", 40, &err);
    OZ_AUTO_FREE char *made = oz_format(&err, "%s/%05d", "x", 42);
    assert_string_equal(whole, "abc");
    assert_string_equal(part, "abcd");
    assert_string_equal(shorter, "ab");
    assert_string_equal(made, "x/00042");
}

static void test_nth_allocation_fails_once(void **state)
{
    (void)state;
    struct oz_err err = {0};
    oz_alloc_fail_at(2);
    OZ_AUTO_FREE void *first = oz_alloc(1, 1, &err);
    assert_non_null(first);
    assert_null(oz_strdup("x", &err));
    assert_int_equal(err.code, OZ_ENOMEM);
    OZ_AUTO_FREE void *third = oz_alloc(1, 1, &err);
    assert_non_null(third);
}

static void test_buf_grows_and_keeps_its_bytes(void **state)
{
    (void)state;
    struct oz_err err = {0};
    OZ_AUTO(oz_buf) buf = {0};
    for (unsigned i = 0; i < 1000; i++)
        assert_true(oz_buf_append(&buf, &i, sizeof i, &err));
    assert_int_equal(buf.size, 1000 * sizeof(unsigned));
    for (unsigned i = 0; i < 1000; i++)
        assert_memory_equal(buf.data + i * sizeof i, &i, sizeof i);
    const uint8_t *before = buf.data;
    oz_buf_clear(&buf);
    assert_int_equal(buf.size, 0);
    assert_true(oz_buf_resize(&buf, 4000, &err));
    assert_ptr_equal(buf.data, before);
    assert_true(oz_buf_resize(&buf, 0, &err));
    assert_true(oz_buf_append(&buf, NULL, 0, &err));
    assert_int_equal(oz_buf_view(&buf).size, 0);
}

static void test_buf_prints(void **state)
{
    (void)state;
    struct oz_err err = {0};
    OZ_AUTO(oz_buf) buf = {0};
    assert_true(oz_buf_printf(&buf, &err, "%d-", 1));
    assert_true(oz_buf_printf(&buf, &err, "%0200d", 2));
    assert_int_equal(buf.size, 202);
    assert_memory_equal(buf.data, "1-0000", 6);
    assert_int_equal(buf.data[201], '2');
}

static void test_buf_survives_a_failure(void **state)
{
    (void)state;
    struct oz_err err = {0};
    OZ_AUTO(oz_buf) buf = {0};
    assert_true(oz_buf_append(&buf, "abc", 3, &err));
    assert_false(oz_buf_reserve(&buf, SIZE_MAX, &err));
    assert_int_equal(err.code, OZ_ENOMEM);
    assert_false(oz_buf_resize(&buf, SIZE_MAX, &err));
    oz_alloc_fail_at(1);
    assert_false(oz_buf_reserve(&buf, 1000, &err));
    assert_int_equal(buf.size, 3);
    assert_memory_equal(buf.data, "abc", 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fail_sets_code_and_words),
        cmocka_unit_test(test_prefix_goes_in_front),
        cmocka_unit_test(test_own_message_may_be_an_argument),
        cmocka_unit_test(test_codes_of_system_errors),
        cmocka_unit_test(test_long_message_is_cut_with_dots),
        cmocka_unit_test(test_control_characters_are_masked),
        cmocka_unit_test(test_alloc_is_zeroed_and_never_null_for_nothing),
        cmocka_unit_test(test_sizes_that_cannot_be),
        cmocka_unit_test(test_pixels_are_aligned),
        cmocka_unit_test(test_copies_of_text),
        cmocka_unit_test(test_nth_allocation_fails_once),
        cmocka_unit_test(test_buf_grows_and_keeps_its_bytes),
        cmocka_unit_test(test_buf_prints),
        cmocka_unit_test(test_buf_survives_a_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
