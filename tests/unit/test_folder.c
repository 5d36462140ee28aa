/* SPDX-License-Identifier: Apache-2.0 */
/* Folders: make, list, measure, remove, publish; on success and where it cannot be. */
#include "base/path.h"

#include "../support/scratch_folder.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"

static bool exists(const char *path)
{
    struct stat info;
    return lstat(path, &info) == 0;
}

static void make_folder(const char *path)
{
    struct oz_err err = {0};
    assert_true(oz_folder_make(path, &err));
}

static void test_make(void **state)
{
    const char *folder = *state;
    struct oz_err err = {0};
    make_folder(in_folder(folder, "a//b/c/"));
    make_folder(in_folder(folder, "a/b/c"));
    assert_true(exists(in_folder(folder, "a/b/c")));
    write_text_file(in_folder(folder, "file"), "x");
    assert_false(oz_folder_make(in_folder(folder, "file"), &err));
    assert_int_equal(err.code, OZ_EEXIST);
    assert_false(oz_folder_make(in_folder(folder, "file/sub/sub"), &err));
    assert_false(oz_folder_make("", &err));
}

static void test_vacant(void **state)
{
    const char *folder = *state;
    struct oz_err err = {0};
    bool vacant = false;
    assert_true(oz_path_is_vacant(folder, &vacant, &err) && vacant);
    assert_true(oz_path_is_vacant(in_folder(folder, "no"), &vacant, &err) && vacant);
    write_text_file(in_folder(folder, ".hidden"), "x");
    assert_true(oz_path_is_vacant(folder, &vacant, &err) && !vacant);
    assert_true(oz_path_is_vacant(in_folder(folder, ".hidden"), &vacant, &err) && !vacant);
}

static void test_list(void **state)
{
    const char *folder = *state;
    static const char *const sorted[] = {".x", "img1.tif", "img2.tif", "img10.tif", "z"};
    static const size_t order[] = {3, 0, 4, 2, 1};
    for (size_t i = 0; i < OZ_LENGTH(order); i++)
        write_text_file(in_folder(folder, sorted[order[i]]), "x");
    struct oz_err err = {0};
    char **names = NULL;
    size_t count = 0;
    assert_true(oz_folder_list(folder, &names, &count, &err));
    assert_int_equal(count, 5);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(names[i], sorted[i]);
    oz_names_free(names, count);
    assert_false(oz_folder_list(in_folder(folder, "no"), &names, &count, &err));
    assert_int_equal(err.code, OZ_ENOTFOUND);
}

static void test_list_many(void **state)
{
    const char *folder = *state;
    for (int i = 0; i < 300; i++) {
        char name[32];
        snprintf(name, sizeof name, "%d", 299 - i);
        write_text_file(in_folder(folder, name), "");
    }
    struct oz_err err = {0};
    char **names = NULL;
    size_t count = 0;
    assert_true(oz_folder_list(folder, &names, &count, &err));
    assert_int_equal(count, 300);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(strtoul(names[i], NULL, 10), i);
    oz_names_free(names, count);
    /* No memory at any point: nothing leaks, the failure is told. */
    for (unsigned long n = 1; n < 20; n++) {
        oz_alloc_fail_at(n);
        assert_false(oz_folder_list(folder, &names, &count, &err));
        assert_int_equal(err.code, OZ_ENOMEM);
    }
    oz_alloc_fail_at(0);
}

static void test_remove_does_not_follow_links(void **state)
{
    const char *folder = *state;
    struct oz_err err = {0};
    make_folder(in_folder(folder, "kept"));
    write_text_file(in_folder(folder, "kept/file"), "x");
    make_folder(in_folder(folder, "gone/a/b"));
    write_text_file(in_folder(folder, "gone/a/b/file"), "x");
    assert_int_equal(symlink("../kept", in_folder(folder, "gone/link")), 0);
    assert_int_equal(symlink("nowhere", in_folder(folder, "gone/dangling")), 0);
    assert_true(oz_folder_remove(in_folder(folder, "gone"), &err));
    assert_false(exists(in_folder(folder, "gone")));
    assert_true(exists(in_folder(folder, "kept/file")));
    assert_true(oz_folder_remove(in_folder(folder, "gone"), &err));
    assert_int_equal(symlink("kept", in_folder(folder, "link")), 0);
    assert_true(oz_folder_remove(in_folder(folder, "link"), &err));
    assert_true(exists(in_folder(folder, "kept/file")));
}

static void test_usage(void **state)
{
    const char *folder = *state;
    struct oz_err err = {0};
    make_folder(in_folder(folder, "a/b"));
    write_text_file(in_folder(folder, "one"), "12345");
    write_text_file(in_folder(folder, "a/b/two"), "123");
    uint64_t bytes = 0, files = 0;
    assert_true(oz_folder_usage(folder, &bytes, &files, &err));
    assert_int_equal(bytes, 8);
    assert_int_equal(files, 2);
}

/* A finished dataset "new" and its content to tell it by. */
static void make_dataset(const char *folder, const char *name, const char *text)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s/em", folder, name);
    make_folder(path);
    snprintf(path, sizeof path, "%s/%s/zarr.json", folder, name);
    write_text_file(path, text);
}

static void test_publish_to_nothing(void **state)
{
    const char *folder = *state;
    struct oz_err err = {0};
    make_dataset(folder, "new", "new");
    assert_true(oz_folder_publish(in_folder(folder, "new"), in_folder(folder, "to"), &err));
    assert_text_file(in_folder(folder, "to/zarr.json"), "new");
    assert_false(exists(in_folder(folder, "new")));
}

static void test_publish_to_empty(void **state)
{
    const char *folder = *state;
    struct oz_err err = {0};
    make_dataset(folder, "new", "new");
    make_folder(in_folder(folder, "to"));
    assert_true(oz_folder_publish(in_folder(folder, "new"), in_folder(folder, "to"), &err));
    assert_text_file(in_folder(folder, "to/zarr.json"), "new");
}

static void test_publish_over_old(void **state)
{
    const char *folder = *state;
    struct oz_err err = {0};
    make_dataset(folder, "new", "new");
    make_dataset(folder, "to", "old");
    write_text_file(in_folder(folder, "to/extra"), "x");
    assert_true(oz_folder_publish(in_folder(folder, "new"), in_folder(folder, "to"), &err));
    assert_text_file(in_folder(folder, "to/zarr.json"), "new");
    assert_false(exists(in_folder(folder, "to/extra")));
    assert_false(exists(in_folder(folder, "new")));
}

/* Built inside the folder it is for, as it must be where that is a mount point. */
static void test_publish_from_inside(void **state)
{
    const char *folder = *state;
    struct oz_err err = {0};
    make_dataset(folder, "to/.new.tmp", "new");
    assert_true(oz_folder_publish(in_folder(folder, "to/.new.tmp"), in_folder(folder, "to"), &err));
    assert_text_file(in_folder(folder, "to/zarr.json"), "new");
    assert_true(exists(in_folder(folder, "to/em")));
    assert_false(exists(in_folder(folder, "to/.new.tmp")));
}

static void test_publish_from_inside_over_old(void **state)
{
    const char *folder = *state;
    struct oz_err err = {0};
    make_dataset(folder, "to", "old");
    write_text_file(in_folder(folder, "to/extra"), "x");
    make_dataset(folder, "to/.new.tmp", "new");
    assert_true(oz_folder_publish(in_folder(folder, "to/.new.tmp"), in_folder(folder, "to"), &err));
    assert_text_file(in_folder(folder, "to/zarr.json"), "new");
    assert_true(exists(in_folder(folder, "to/em")));
    assert_false(exists(in_folder(folder, "to/extra")));
    char **names = NULL;
    size_t count = 0;
    assert_true(oz_folder_list(in_folder(folder, "to"), &names, &count, &err));
    assert_int_equal(count, 2);
    oz_names_free(names, count);
}

/* A file system of our own, where the system lets us have one. */
static bool mount_at(const char *path)
{
    return unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("tmpfs", path, "tmpfs", 0, NULL) == 0;
}

static void test_publish_into_mount_point(void **state)
{
    const char *folder = *state;
    struct oz_err err = {0};
    bool mount = true;
    make_folder(in_folder(folder, "to"));
    assert_true(oz_folder_is_mount(in_folder(folder, "to"), &mount, &err));
    assert_false(mount);
    if (!mount_at(in_folder(folder, "to")))
        skip();
    assert_true(oz_folder_is_mount(in_folder(folder, "to"), &mount, &err));
    make_dataset(folder, "beside", "beside");
    bool beside = oz_folder_publish(in_folder(folder, "beside"), in_folder(folder, "to"), &err);
    bool ok[2];
    for (int round = 0; round < 2; round++) {
        make_dataset(folder, "to/.new.tmp", round == 0 ? "first" : "second");
        ok[round] =
            oz_folder_publish(in_folder(folder, "to/.new.tmp"), in_folder(folder, "to"), &err);
    }
    assert_text_file(in_folder(folder, "to/zarr.json"), "second");
    assert_int_equal(umount(in_folder(folder, "to")), 0);
    assert_true(mount);
    assert_false(beside);
    assert_text_file(in_folder(folder, "beside/zarr.json"), "beside");
    assert_true(ok[0] && ok[1]);
}

static void test_publish_failures_change_nothing(void **state)
{
    const char *folder = *state;
    struct oz_err err = {0};
    make_dataset(folder, "to", "old");
    assert_false(oz_folder_publish(in_folder(folder, "no"), in_folder(folder, "to"), &err));
    assert_int_equal(err.code, OZ_ENOTFOUND);
    make_dataset(folder, "new", "new");
    write_text_file(in_folder(folder, "file"), "x");
    assert_false(oz_folder_publish(in_folder(folder, "new"), in_folder(folder, "file"), &err));
    assert_text_file(in_folder(folder, "to/zarr.json"), "old");
    assert_text_file(in_folder(folder, "new/zarr.json"), "new");
    assert_text_file(in_folder(folder, "file"), "x");
}

#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(test_make),
        WITH_FOLDER(test_vacant),
        WITH_FOLDER(test_list),
        WITH_FOLDER(test_list_many),
        WITH_FOLDER(test_remove_does_not_follow_links),
        WITH_FOLDER(test_usage),
        WITH_FOLDER(test_publish_to_nothing),
        WITH_FOLDER(test_publish_to_empty),
        WITH_FOLDER(test_publish_over_old),
        WITH_FOLDER(test_publish_from_inside),
        WITH_FOLDER(test_publish_from_inside_over_old),
        WITH_FOLDER(test_publish_into_mount_point),
        WITH_FOLDER(test_publish_failures_change_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
