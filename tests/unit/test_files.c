/* SPDX-License-Identifier: Apache-2.0 */
/* The bounded set of open files: contents, limits, reuse of keys, threads. */
#include "image/files.h"

#include "../support/scratch_folder.h"

#include "base/alloc.h"
#include "base/run.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

enum { FILES = 12, LENGTH = 100 };

/* File i holds bytes i, i + 1, i + 2 ... */
static void make_files(const char *folder, char paths[FILES][1024])
{
    for (int i = 0; i < FILES; i++) {
        char name[16];
        snprintf(name, sizeof name, "f%d", i);
        snprintf(paths[i], sizeof paths[i], "%s", in_folder(folder, name));
        FILE *file = fopen(paths[i], "wb");
        assert_non_null(file);
        for (int k = 0; k < LENGTH; k++)
            fputc(i + k, file);
        fclose(file);
    }
}

static int count_descriptors(void)
{
    int count = 0;
    for (int fd = 0; fd < 1024; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

static void assert_reads(struct oz_files *files, const void *key, const char *path, int first)
{
    struct oz_err err = {0};
    uint8_t bytes[10];
    assert_true(oz_files_read(files, key, path, 40, bytes, sizeof bytes, &err));
    for (int k = 0; k < 10; k++)
        assert_int_equal(bytes[k], first + 40 + k);
}

static void test_capacity(void **state)
{
    static char paths[FILES][1024];
    struct oz_err err = {0};
    make_files(*state, paths);
    int before = count_descriptors();
    for (size_t capacity = 1; capacity < FILES + 2; capacity++) {
        OZ_AUTO_PTR(oz_files) files = oz_files_new(capacity, &err);
        assert_non_null(files);
        for (int round = 0; round < 3; round++)
            for (int i = 0; i < FILES; i++)
                assert_reads(files, paths[i], paths[i], i);
        int open = capacity < FILES ? (int)capacity : FILES;
        assert_int_equal(count_descriptors(), before + open);
    }
    assert_int_equal(count_descriptors(), before);
    assert_reads(NULL, NULL, paths[3], 3);
    assert_int_equal(count_descriptors(), before);
}

static void test_unused_longest_goes_first(void **state)
{
    static char paths[FILES][1024];
    struct oz_err err = {0};
    make_files(*state, paths);
    OZ_AUTO_PTR(oz_files) files = oz_files_new(2, &err);
    assert_reads(files, &paths[0], paths[0], 0);
    assert_reads(files, &paths[1], paths[1], 1);
    assert_reads(files, &paths[0], paths[0], 0);
    assert_reads(files, &paths[2], paths[2], 2); /* closes 1 */
    assert_int_equal(unlink(paths[0]), 0);
    assert_int_equal(unlink(paths[1]), 0);
    assert_reads(files, &paths[0], paths[0], 0); /* still open */
    uint8_t byte;
    assert_false(oz_files_read(files, &paths[1], paths[1], 0, &byte, 1, &err));
    assert_int_equal(err.code, OZ_ENOTFOUND);
}

/* A picture may be freed and another one may come to lie at its address. */
static void test_key_used_again(void **state)
{
    static char paths[FILES][1024];
    struct oz_err err = {0};
    make_files(*state, paths);
    OZ_AUTO_PTR(oz_files) files = oz_files_new(4, &err);
    assert_reads(files, state, paths[5], 5);
    assert_reads(files, state, paths[6], 6);
    assert_reads(files, state, paths[5], 5);
}

static void test_failures(void **state)
{
    static char paths[FILES][1024];
    struct oz_err err = {0};
    uint8_t bytes[LENGTH + 1];
    make_files(*state, paths);
    OZ_AUTO_PTR(oz_files) files = oz_files_new(2, &err);
    assert_true(oz_files_read(files, state, paths[0], 0, bytes, LENGTH, &err));
    assert_true(oz_files_read(files, state, paths[0], LENGTH, bytes, 0, &err));
    assert_false(oz_files_read(files, state, paths[0], 1, bytes, LENGTH, &err));
    assert_int_equal(err.code, OZ_EFORMAT);
    assert_non_null(strstr(err.msg, "truncated"));
    assert_false(oz_files_read(files, state, paths[0], UINT64_MAX - 4, bytes, 10, &err));
    assert_int_equal(err.code, OZ_EFORMAT);
    assert_null(oz_files_new(0, &err));
    assert_null(oz_files_new(1 << 20, &err));

    OZ_AUTO(oz_input) input = {0};
    assert_false(oz_input_open(&input, *state, &err));
    assert_non_null(strstr(err.msg, "folder"));
    assert_false(oz_input_open(&input, "/dev/null", &err));
    assert_true(oz_input_open(&input, paths[0], &err));
    assert_int_equal(input.size, LENGTH);
}

/* No descriptor left in the process: one of the set is given up for the new one. */
static void test_out_of_descriptors(void **state)
{
    static char paths[FILES][1024];
    struct oz_err err = {0};
    struct rlimit old, tight;
    make_files(*state, paths);
    OZ_AUTO_PTR(oz_files) files = oz_files_new(FILES, &err);
    assert_reads(files, paths[0], paths[0], 0);
    assert_reads(files, paths[1], paths[1], 1);
    getrlimit(RLIMIT_NOFILE, &old);
    int next = dup(0);
    close(next);
    tight = old;
    tight.rlim_cur = (rlim_t)next;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
    for (int i = 0; i < FILES; i++)
        assert_reads(files, paths[i], paths[i], i);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
}

struct crowd {
    struct oz_files *files;
    char (*paths)[1024];
};

static bool read_one(const void *shared, uint64_t number, struct oz_err *err)
{
    const struct crowd *crowd = shared;
    const uint64_t i = number * 7 % FILES, at = number % (LENGTH - 8);
    uint8_t bytes[8];
    if (!oz_files_read(crowd->files, crowd->paths[i], crowd->paths[i], at, bytes, 8, err))
        return false;
    for (uint64_t k = 0; k < 8; k++)
        if (bytes[k] != (uint8_t)(i + at + k))
            return oz_fail(err, OZ_EFORMAT, "file %d holds something else", (int)i);
    return true;
}

static void test_threads(void **state)
{
    static char paths[FILES][1024];
    struct oz_err err = {0};
    make_files(*state, paths);
    for (size_t capacity = 1; capacity <= 4; capacity++) {
        OZ_AUTO_PTR(oz_files) files = oz_files_new(capacity, &err);
        struct crowd crowd = {files, paths};
        assert_true(oz_run_each(3000, 8, read_one, &crowd, NULL, &err));
    }
}

static void test_out_of_memory(void **state)
{
    static char paths[FILES][1024];
    make_files(*state, paths);
    bool done = false;
    for (unsigned long n = 1; !done; n++) {
        struct oz_err err = {0};
        uint8_t byte;
        oz_alloc_fail_at(n);
        OZ_AUTO_PTR(oz_files) files = oz_files_new(2, &err);
        done = files && oz_files_read(files, paths, paths[1], 0, &byte, 1, &err);
        oz_alloc_fail_at(0);
        assert_int_equal(err.code, done ? OZ_OK : OZ_ENOMEM);
        assert_true(n < 20);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_capacity, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(test_unused_longest_goes_first, scratch_setup,
                                        scratch_teardown),
        cmocka_unit_test_setup_teardown(test_key_used_again, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(test_failures, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(test_out_of_descriptors, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(test_threads, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(test_out_of_memory, scratch_setup, scratch_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
