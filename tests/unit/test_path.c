/* SPDX-License-Identifier: Apache-2.0 */
/* Keys and paths as text, and where they lead. */
#include "base/path.h"

#include "../support/scratch_folder.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"

static void test_keys(void **state)
{
    (void)state;
    static const char *const good[] = {"",           "a",      "a/b",     "c/0/0/1", "zarr.json",
                                       ".zattrs",    "..a",    "a..",     "...",     "a b",
                                       "\xC3\xA4/x", "a%2F..", "a:b*?\"", ".a/.b"};
    static const char *const bad[] = {"/",   "/a",    "a/",   "a//b", ".",      "..",   "./a",
                                      "a/.", "a/./b", "../a", "a/..", "a/../b", "a\\b", "a/b/"};
    struct oz_err err = {0};
    for (size_t i = 0; i < OZ_LENGTH(good); i++)
        assert_true(oz_key_check(good[i], &err));
    for (size_t i = 0; i < OZ_LENGTH(bad); i++) {
        err = (struct oz_err){0};
        assert_false(oz_key_check(bad[i], &err));
        assert_int_equal(err.code, OZ_EFORMAT);
        assert_non_null(strstr(err.msg, bad[i]));
    }
}

typedef char *(*text_function)(const char *path, struct oz_err *err);

static void check_text(text_function function, const char *path, const char *expected)
{
    struct oz_err err = {0};
    OZ_AUTO_FREE char *found = function(path, &err);
    assert_non_null(found);
    assert_string_equal(found, expected);
}

static void check_join(const char *a, const char *b, const char *expected)
{
    struct oz_err err = {0};
    OZ_AUTO_FREE char *joined = oz_path_join(a, b, &err);
    assert_string_equal(joined, expected);
}

static void test_join(void **state)
{
    (void)state;
    check_join("a", "b", "a/b");
    check_join("", "b", "b");
    check_join("a", "", "a");
    check_join("", "", "");
    check_join("/", "b", "/b");
    check_join("a/", "b/c", "a/b/c");
}

static void test_parent(void **state)
{
    (void)state;
    check_text(oz_path_parent, "a/b", "a");
    check_text(oz_path_parent, "a/b/", "a");
    check_text(oz_path_parent, "a", ".");
    check_text(oz_path_parent, "/a", "/");
    check_text(oz_path_parent, "/", "/");
    check_text(oz_path_parent, "a//b", "a");
    check_text(oz_path_parent, "", ".");
}

static void test_name(void **state)
{
    const char *folder = *state;
    check_text(oz_path_name, "a/b.zarr", "b.zarr");
    check_text(oz_path_name, "b.zarr///", "b.zarr");
    check_text(oz_path_name, "/x", "x");
    check_text(oz_path_name, "/", "/");
    struct oz_err err = {0};
    assert_true(oz_folder_make(in_folder(folder, "here/deeper"), &err));
    check_text(oz_path_name, in_folder(folder, "here/."), "here");
    check_text(oz_path_name, in_folder(folder, "here/deeper/.."), "here");
}

static void check_real(const char *folder, const char *path, const char *expected)
{
    struct oz_err err = {0};
    OZ_AUTO_FREE char *base = oz_path_real(folder, &err);
    OZ_AUTO_FREE char *real = oz_path_real(in_folder(folder, path), &err);
    OZ_AUTO_FREE char *full = oz_path_join(base, expected, &err);
    assert_non_null(real);
    assert_string_equal(real, full);
}

static void test_real(void **state)
{
    const char *folder = *state;
    struct oz_err err = {0};
    assert_true(oz_folder_make(in_folder(folder, "real/sub"), &err));
    assert_int_equal(symlink("real", in_folder(folder, "link")), 0);
    assert_int_equal(symlink("nowhere/deep", in_folder(folder, "dangling")), 0);
    assert_int_equal(symlink("circle", in_folder(folder, "circle")), 0);
    check_real(folder, "link/sub", "real/sub");
    check_real(folder, "link/new/deeper", "real/new/deeper");
    check_real(folder, "new/../other", "other");
    check_real(folder, "link/./x/", "real/x");
    check_real(folder, "dangling/x", "nowhere/deep/x");
    check_real(folder, "", "");
    assert_null(oz_path_real(in_folder(folder, "circle/x"), &err));
    assert_int_equal(err.sys, ELOOP);
}

static bool is_below(const char *path, const char *folder)
{
    struct oz_err err = {0};
    bool below = false;
    assert_true(oz_path_is_below(path, folder, &below, &err));
    return below;
}

static void test_is_below(void **state)
{
    const char *folder = *state;
    struct oz_err err = {0};
    assert_true(oz_folder_make(in_folder(folder, "in"), &err));
    assert_int_equal(symlink("in", in_folder(folder, "alias")), 0);
    assert_true(is_below(in_folder(folder, "in"), in_folder(folder, "in")));
    assert_true(is_below(in_folder(folder, "in/out.zarr"), in_folder(folder, "in")));
    assert_true(is_below(in_folder(folder, "alias/x"), in_folder(folder, "in")));
    assert_true(is_below(in_folder(folder, "in/x"), in_folder(folder, "alias/")));
    assert_false(is_below(in_folder(folder, "in.zarr"), in_folder(folder, "in")));
    assert_false(is_below(in_folder(folder, "in/../x"), in_folder(folder, "in")));
    assert_false(is_below(folder, in_folder(folder, "in")));
    assert_true(is_below(folder, "/"));
}

static void test_kind(void **state)
{
    const char *folder = *state;
    struct oz_err err = {0};
    enum oz_path_kind kind = OZ_PATH_OTHER;
    write_text_file(in_folder(folder, "file"), "x");
    assert_int_equal(mkfifo(in_folder(folder, "pipe"), 0600), 0);
    assert_true(oz_path_kind(in_folder(folder, "file"), &kind, &err) && kind == OZ_PATH_FILE);
    assert_true(oz_path_kind(folder, &kind, &err) && kind == OZ_PATH_FOLDER);
    assert_true(oz_path_kind(in_folder(folder, "no"), &kind, &err) && kind == OZ_PATH_MISSING);
    assert_true(oz_path_kind(in_folder(folder, "file/no"), &kind, &err) && kind == OZ_PATH_MISSING);
    assert_true(oz_path_kind(in_folder(folder, "pipe"), &kind, &err) && kind == OZ_PATH_OTHER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_join),
        cmocka_unit_test(test_parent),
        cmocka_unit_test_setup_teardown(test_name, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(test_real, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(test_is_below, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(test_kind, scratch_setup, scratch_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
