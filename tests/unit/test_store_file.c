/* SPDX-License-Identifier: Apache-2.0 */
/* What only the file store has: URLs, links, permissions, a full disk, what lies in the way. */
#include "store/store.h"

#include "../support/scratch_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"

static struct oz_store *open_store(const char *url)
{
    struct oz_err err = {0};
    struct oz_store *store = oz_store_open(url, &err);
    if (store == NULL)
        fail_msg("%s: %s", url, err.msg);
    return store;
}

static unsigned count_entries(const char *folder)
{
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    unsigned count = 0;
    while (readdir(dir) != NULL)
        count++;
    closedir(dir);
    return count - 2;
}

static void test_paths_and_urls(void **state)
{
    const char *folder = *state;
    struct oz_err err = {0};
    char url[1200];
    OZ_AUTO_PTR(oz_store) plain = open_store(in_folder(folder, "a b%41//"));
    assert_true(oz_store_put(plain, "x", "1", 1, &err));
    assert_text_file(in_folder(folder, "a b%41/x"), "1");
    snprintf(url, sizeof url, "file://%s/a%%20b%%2541", folder);
    OZ_AUTO_PTR(oz_store) by_url = open_store(url);
    assert_string_equal(by_url->name, plain->name);
    snprintf(url, sizeof url, "file://localhost%s/a%%20b%%2541", folder);
    OZ_AUTO_PTR(oz_store) by_host = open_store(url);
    assert_string_equal(by_host->name, plain->name);
}

static void assert_url_refused(const char *url, enum oz_code code)
{
    struct oz_err err = {0};
    assert_null(oz_store_open(url, &err));
    assert_int_equal(err.code, code);
}

static void test_urls_that_cannot_be(void **state)
{
    (void)state;
    assert_url_refused("s3://bucket/key", OZ_EUNSUPPORTED);
    assert_url_refused("https://example.org/x.zarr", OZ_EUNSUPPORTED);
    assert_url_refused("gs://x", OZ_EUNSUPPORTED);
    assert_url_refused("file://host/x", OZ_EINVAL);
    assert_url_refused("file:///x%2", OZ_EINVAL);
    assert_url_refused("file:///x%zz", OZ_EINVAL);
    assert_url_refused("file:///x%00y", OZ_EINVAL);
    assert_url_refused("", OZ_EINVAL);
}

static void test_opening_makes_nothing(void **state)
{
    const char *folder = *state;
    struct oz_err err = {0};
    OZ_AUTO_PTR(oz_store) store = open_store(in_folder(folder, "deep/new.zarr"));
    uint64_t size = 0;
    assert_int_equal(oz_store_size(store, "x", &size, &err), OZ_MISSING);
    assert_int_equal(count_entries(folder), 0);
    assert_true(oz_store_put(store, "c/0", "1", 1, &err));
    assert_text_file(in_folder(folder, "deep/new.zarr/c/0"), "1");
    assert_int_equal(count_entries(in_folder(folder, "deep/new.zarr/c")), 1);
}

static void test_links_are_followed(void **state)
{
    const char *folder = *state;
    struct oz_err err = {0};
    OZ_AUTO_PTR(oz_store) store = open_store(folder);
    assert_true(oz_store_put(store, "real/x", "abc", 3, &err));
    assert_int_equal(symlink("real", in_folder(folder, "alias")), 0);
    assert_int_equal(symlink("nowhere", in_folder(folder, "dangling")), 0);
    OZ_AUTO(oz_buf) out = {0};
    assert_int_equal(oz_store_get(store, "alias/x", OZ_RANGE_ALL, &out, &err), OZ_FOUND);
    assert_int_equal(out.size, 3);
    assert_int_equal(oz_store_get(store, "dangling", OZ_RANGE_ALL, &out, &err), OZ_MISSING);
}

/* A pipe must not make us wait, nor be read as an object. */
static void test_pipe_is_no_object(void **state)
{
    const char *folder = *state;
    struct oz_err err = {0};
    OZ_AUTO_PTR(oz_store) store = open_store(folder);
    assert_int_equal(mkfifo(in_folder(folder, "pipe"), 0600), 0);
    OZ_AUTO(oz_buf) out = {0};
    uint64_t size = 0;
    assert_int_equal(oz_store_get(store, "pipe", OZ_RANGE_ALL, &out, &err), OZ_FAILED);
    assert_int_equal(err.code, OZ_EFORMAT);
    assert_int_equal(oz_store_size(store, "pipe", &size, &err), OZ_FAILED);
}

static void test_something_in_the_way(void **state)
{
    const char *folder = *state;
    struct oz_err err = {0};
    OZ_AUTO_PTR(oz_store) store = open_store(folder);
    assert_true(oz_store_put(store, "file", "x", 1, &err));
    assert_true(oz_store_put(store, "folder/x", "x", 1, &err));
    assert_false(oz_store_put(store, "file/x", "y", 1, &err));
    assert_int_equal(err.code, OZ_EEXIST);
    assert_non_null(strstr(err.msg, in_folder(folder, "file")));
    err = (struct oz_err){0};
    assert_false(oz_store_put(store, "folder", "y", 1, &err));
    assert_int_equal(err.code, OZ_EEXIST);
    assert_int_equal(count_entries(folder), 2);
    assert_text_file(in_folder(folder, "file"), "x");
}

/* Root may do everything, so it becomes somebody else for the moment. */
static void test_no_permission(void **state)
{
    const char *folder = *state;
    struct oz_err err = {0};
    const uid_t user = geteuid();
    assert_int_equal(chmod(folder, 0711), 0);
    OZ_AUTO_PTR(oz_store) store = open_store(folder);
    assert_true(oz_store_put(store, "locked/x", "x", 1, &err));
    assert_int_equal(chmod(in_folder(folder, "locked"), 0511), 0);
    assert_int_equal(chmod(in_folder(folder, "locked/x"), 0), 0);
    assert_int_equal(seteuid(user == 0 ? 65534 : user), 0);
    OZ_AUTO(oz_buf) out = {0};
    struct oz_err read_err = {0};
    bool written = oz_store_put(store, "locked/y", "y", 1, &err);
    enum oz_found found = oz_store_get(store, "locked/x", OZ_RANGE_ALL, &out, &read_err);
    assert_int_equal(seteuid(user), 0);
    assert_int_equal(chmod(in_folder(folder, "locked"), 0700), 0);
    assert_false(written);
    assert_int_equal(err.code, OZ_EDENIED);
    assert_non_null(strstr(err.msg, in_folder(folder, "locked/y")));
    assert_int_equal(found, OZ_FAILED);
    assert_int_equal(read_err.code, OZ_EDENIED);
}

/* The limit on the size of files stands for a disk that is full in the middle of an object. */
static void test_failing_write_leaves_nothing(void **state)
{
    const char *folder = *state;
    struct oz_err err = {0};
    OZ_AUTO_PTR(oz_store) store = open_store(folder);
    assert_true(oz_store_put(store, "x", "old", 3, &err));
    static uint8_t bytes[100000];
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    struct rlimit small = {50000, before.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    bool ok = oz_store_put(store, "x", bytes, sizeof bytes, &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_false(ok);
    assert_int_equal(err.code, OZ_EIO);
    assert_non_null(strstr(err.msg, in_folder(folder, "x")));
    assert_int_equal(count_entries(folder), 1);
    assert_text_file(in_folder(folder, "x"), "old");
}

/* /dev/full answers every write as a full disk does. */
static void test_full_disk_is_told_as_such(void **state)
{
    const char *folder = *state;
    struct oz_err err = {0};
    OZ_AUTO_PTR(oz_store) store = open_store(folder);
    struct oz_writer *writer = oz_store_begin(store, "x", &err);
    assert_non_null(writer);
    int full = open("/dev/full", O_WRONLY);
    if (full < 0) {
        oz_writer_abort(writer);
        skip();
    }
    /* The newest descriptor before `full` is the writer's. */
    assert_int_equal(dup2(full, full - 1), full - 1);
    close(full);
    assert_false(oz_writer_write(writer, oz_writer_place(writer, 4), "1234", 4, &err));
    assert_int_equal(err.code, OZ_ENOSPC);
    oz_writer_abort(writer);
    assert_int_equal(count_entries(folder), 0);
}

/* The parent of an object may be removed by others between its making and its use. */
static void test_vanished_parent_fails_cleanly(void **state)
{
    const char *folder = *state;
    struct oz_err err = {0};
    OZ_AUTO_PTR(oz_store) store = open_store(in_folder(folder, "s"));
    struct oz_writer *writer = oz_store_begin(store, "c/0", &err);
    assert_non_null(writer);
    assert_true(oz_folder_remove(in_folder(folder, "s"), &err));
    assert_true(oz_writer_write(writer, oz_writer_place(writer, 1), "x", 1, &err));
    assert_false(oz_writer_commit(writer, &err));
    assert_int_equal(err.code, OZ_ENOTFOUND);
}

#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(test_paths_and_urls),
        cmocka_unit_test(test_urls_that_cannot_be),
        WITH_FOLDER(test_opening_makes_nothing),
        WITH_FOLDER(test_links_are_followed),
        WITH_FOLDER(test_pipe_is_no_object),
        WITH_FOLDER(test_something_in_the_way),
        WITH_FOLDER(test_no_permission),
        WITH_FOLDER(test_failing_write_leaves_nothing),
        WITH_FOLDER(test_full_disk_is_told_as_such),
        WITH_FOLDER(test_vanished_parent_fails_cleanly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
