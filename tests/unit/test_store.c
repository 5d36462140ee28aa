/* SPDX-License-Identifier: Apache-2.0 */
/* One list of checks that every store has to pass; a new store is done when it does. */
#include "store/store.h"

#include "../support/scratch_folder.h"

#include <pthread.h>

#include "../support/store_counting.h"
#include "../support/store_faulty.h"
#include "base/alloc.h"
#include "base/run.h"

static void put(struct oz_store *store, const char *key, const char *text)
{
    struct oz_err err = {0};
    if (!oz_store_put(store, key, text, strlen(text), &err))
        fail_msg("%s: %s", key, err.msg);
}

static void assert_object(struct oz_store *store, const char *key, struct oz_range range,
                          const char *expected)
{
    struct oz_err err = {0};
    OZ_AUTO(oz_buf) out = {0};
    assert_true(oz_buf_append(&out, "old bytes", 9, &err));
    enum oz_found found = oz_store_get(store, key, range, &out, &err);
    if (found == OZ_FAILED)
        fail_msg("%s: %s", key, err.msg);
    assert_int_equal(found, OZ_FOUND);
    assert_int_equal(out.size, strlen(expected));
    assert_memory_equal(out.data, expected, out.size);
}

static void assert_missing(struct oz_store *store, const char *key)
{
    struct oz_err err = {0};
    OZ_AUTO(oz_buf) out = {0};
    uint64_t size = 0;
    const struct oz_range ranges[2] = {{0, 1, false}, {5, 1, false}};
    struct oz_buf outs[2] = {{0}, {0}};
    assert_int_equal(oz_store_get(store, key, OZ_RANGE_ALL, &out, &err), OZ_MISSING);
    assert_int_equal(oz_store_get(store, key, (struct oz_range){0, 4, true}, &out, &err),
                     OZ_MISSING);
    assert_int_equal(oz_store_size(store, key, &size, &err), OZ_MISSING);
    assert_int_equal(oz_store_get_document(store, key, 100, &out, &err), OZ_MISSING);
    assert_int_equal(oz_store_get_many(store, key, ranges, 2, outs, &err), OZ_MISSING);
    assert_int_equal(oz_store_get_many(store, key, ranges, 0, outs, &err), OZ_MISSING);
    assert_int_equal(err.code, OZ_OK);
    oz_buf_release(&outs[0]);
    oz_buf_release(&outs[1]);
}

static void check_missing(struct oz_store *store)
{
    assert_missing(store, "a");
    assert_missing(store, "a/b/c");
    put(store, "a/b/c", "x");
    assert_missing(store, "a");
    assert_missing(store, "a/b");
    assert_missing(store, "a/b/c/d");
    assert_missing(store, "a/b/cc");
    assert_missing(store, "");
}

static void check_ranges(struct oz_store *store)
{
    put(store, "c/0/0", "0123456789");
    assert_object(store, "c/0/0", OZ_RANGE_ALL, "0123456789");
    assert_object(store, "c/0/0", (struct oz_range){2, 3, false}, "234");
    assert_object(store, "c/0/0", (struct oz_range){7, 3, false}, "789");
    assert_object(store, "c/0/0", (struct oz_range){7, UINT64_MAX, false}, "789");
    assert_object(store, "c/0/0", (struct oz_range){0, 0, false}, "");
    assert_object(store, "c/0/0", (struct oz_range){10, 0, false}, "");
    assert_object(store, "c/0/0", (struct oz_range){0, 4, true}, "6789");
    assert_object(store, "c/0/0", (struct oz_range){0, 10, true}, "0123456789");
    assert_object(store, "c/0/0", (struct oz_range){0, 11, true}, "0123456789");
    assert_object(store, "c/0/0", (struct oz_range){0, UINT64_MAX, true}, "0123456789");
    assert_object(store, "c/0/0", (struct oz_range){0, 0, true}, "");
    static const struct oz_range outside[] = {{0, 11, false},
                                              {8, 3, false},
                                              {11, 0, false},
                                              {11, UINT64_MAX, false},
                                              {10, 1, false},
                                              {UINT64_MAX, UINT64_MAX - 1, false},
                                              {5, UINT64_MAX - 2, false}};
    for (size_t i = 0; i < OZ_LENGTH(outside); i++) {
        struct oz_err err = {0};
        OZ_AUTO(oz_buf) out = {0};
        assert_int_equal(oz_store_get(store, "c/0/0", outside[i], &out, &err), OZ_FAILED);
        assert_int_equal(err.code, OZ_EFORMAT);
        assert_non_null(strstr(err.msg, "c/0/0"));
    }
}

static void check_many(struct oz_store *store)
{
    put(store, "x", "0123456789abcdef");
    static const struct oz_range ranges[] = {{10, 3, false}, {0, 2, false},  {1, 4, false},
                                             {16, 0, false}, {10, 3, false}, {15, 1, false}};
    static const char *const expected[] = {"abc", "01", "1234", "", "abc", "f"};
    struct oz_buf outs[6] = {{0}};
    struct oz_err err = {0};
    for (int round = 0; round < 2; round++) {
        assert_int_equal(oz_store_get_many(store, "x", ranges, 6, outs, &err), OZ_FOUND);
        for (size_t i = 0; i < 6; i++) {
            assert_int_equal(outs[i].size, strlen(expected[i]));
            assert_memory_equal(outs[i].data, expected[i], outs[i].size);
        }
    }
    static const struct oz_range bad[][2] = {{{0, 1, false}, {16, 1, false}},
                                             {{0, 1, false}, {0, 1, true}},
                                             {{0, 1, false}, {2, UINT64_MAX, false}}};
    for (size_t i = 0; i < OZ_LENGTH(bad); i++) {
        err = (struct oz_err){0};
        assert_int_equal(oz_store_get_many(store, "x", bad[i], 2, outs, &err), OZ_FAILED);
        assert_int_equal(err.code, OZ_EFORMAT);
    }
    assert_int_equal(oz_store_get_many(store, "x", ranges, 0, outs, &err), OZ_FOUND);
    for (size_t i = 0; i < 6; i++)
        oz_buf_release(&outs[i]);
}

static void check_documents(struct oz_store *store)
{
    put(store, "zarr.json", "{}");
    put(store, "empty", "");
    struct oz_err err = {0};
    OZ_AUTO(oz_buf) out = {0};
    uint64_t size = 9;
    assert_int_equal(oz_store_get_document(store, "zarr.json", 2, &out, &err), OZ_FOUND);
    assert_int_equal(out.size, 2);
    assert_int_equal(oz_store_get_document(store, "zarr.json", 1, &out, &err), OZ_FAILED);
    assert_int_equal(err.code, OZ_ELIMIT);
    assert_non_null(strstr(err.msg, "zarr.json"));
    assert_object(store, "empty", OZ_RANGE_ALL, "");
    assert_object(store, "empty", (struct oz_range){0, 5, true}, "");
    assert_int_equal(oz_store_size(store, "empty", &size, &err), OZ_FOUND);
    assert_int_equal(size, 0);
    assert_int_equal(oz_store_size(store, "zarr.json", &size, &err), OZ_FOUND);
    assert_int_equal(size, 2);
}

/* ---- list ---- */

struct listed {
    char text[1024]; /* entries, sorted by the caller's expectation: "name=size " or "name/ " */
    unsigned count, stop_at;
};

static bool take_entry(void *ctx, const char *name, bool is_prefix, uint64_t size)
{
    struct listed *listed = ctx;
    size_t used = strlen(listed->text);
    if (is_prefix)
        snprintf(listed->text + used, sizeof listed->text - used, "[%s/]", name);
    else
        snprintf(listed->text + used, sizeof listed->text - used, "[%s=%u]", name, (unsigned)size);
    return ++listed->count != listed->stop_at;
}

static void assert_listed(struct oz_store *store, const char *prefix, const char *const *entries,
                          unsigned count)
{
    struct oz_err err = {0};
    struct listed listed = {0};
    assert_true(oz_store_list(store, prefix, take_entry, &listed, &err));
    assert_int_equal(listed.count, count);
    for (unsigned i = 0; i < count; i++)
        assert_non_null(strstr(listed.text, entries[i]));
}

static void check_list(struct oz_store *store)
{
    assert_listed(store, "", NULL, 0);
    put(store, "zarr.json", "{}");
    put(store, "em/zarr.json", "{ }");
    put(store, "em/1/c/0/0", "1");
    put(store, "em/1/c/0/1", "22");
    put(store, "em/1/c/1/0", "333");
    put(store, "em-2/zarr.json", "{}");
    put(store, "em.x", "");
    static const char *const root[] = {"[zarr.json=2]", "[em/]", "[em-2/]", "[em.x=0]"};
    static const char *const em[] = {"[zarr.json=3]", "[1/]"};
    static const char *const c[] = {"[0/]", "[1/]"};
    static const char *const c0[] = {"[0=1]", "[1=2]"};
    assert_listed(store, "", root, 4);
    assert_listed(store, "em", em, 2);
    assert_listed(store, "em/1/c", c, 2);
    assert_listed(store, "em/1/c/0", c0, 2);
    assert_listed(store, "e", NULL, 0);
    assert_listed(store, "em/2", NULL, 0);
    assert_listed(store, "zarr.json", NULL, 0);

    struct oz_err err = {0};
    struct listed listed = {.stop_at = 2};
    assert_true(oz_store_list(store, "", take_entry, &listed, &err));
    assert_int_equal(listed.count, 2);
}

static void check_junk_is_hidden(struct oz_store *store)
{
    put(store, "a/.DS_Store", "x");
    put(store, "a/._zarr.json", "x");
    put(store, "a/Thumbs.db", "x");
    put(store, "a/.oz-0123.tmp", "x");
    put(store, "a/.zattrs", "x");
    static const char *const shown[] = {"[.zattrs=1]"};
    assert_listed(store, "a", shown, 1);
}

static void check_erase(struct oz_store *store)
{
    struct oz_err err = {0};
    put(store, "a/b", "x");
    put(store, "a/c", "y");
    assert_true(oz_store_erase(store, "a/b", &err));
    assert_true(oz_store_erase(store, "a/b", &err));
    assert_true(oz_store_erase(store, "never/there", &err));
    assert_true(oz_store_erase(store, "a", &err));
    assert_missing(store, "a/b");
    assert_object(store, "a/c", OZ_RANGE_ALL, "y");
    assert_false(oz_store_erase(store, "", &err));
}

static void check_keys(struct oz_store *store)
{
    static const char *const odd[] = {"a b/c d",  "\xC3\xA4\xE2\x82\xAC/\xF0\x9F\x98\x80",
                                      "%2F..%00", "*?\"<>|:",
                                      "..a/a..",  "-rf",
                                      "$HOME;'`", "new\nline",
                                      "#x"};
    for (size_t i = 0; i < OZ_LENGTH(odd); i++)
        put(store, odd[i], odd[i]);
    for (size_t i = 0; i < OZ_LENGTH(odd); i++)
        assert_object(store, odd[i], OZ_RANGE_ALL, odd[i]);

    static const char *const bad[] = {"..",   "../x", "a/../../x", "/etc/passwd",
                                      "a//b", "a/",   ".",         "a\\b"};
    for (size_t i = 0; i < OZ_LENGTH(bad); i++) {
        struct oz_err err = {0};
        struct listed listed = {0};
        OZ_AUTO(oz_buf) out = {0};
        uint64_t size = 0;
        assert_int_equal(oz_store_get(store, bad[i], OZ_RANGE_ALL, &out, &err), OZ_FAILED);
        assert_int_equal(oz_store_size(store, bad[i], &size, &err), OZ_FAILED);
        assert_false(oz_store_put(store, bad[i], "x", 1, &err));
        assert_false(oz_store_erase(store, bad[i], &err));
        assert_false(oz_store_list(store, bad[i], take_entry, &listed, &err));
        assert_int_equal(err.code, OZ_EFORMAT);
    }
    struct oz_err err = {0};
    assert_false(oz_store_put(store, "", "x", 1, &err));
    assert_int_equal(err.code, OZ_EINVAL);
}

/* ---- write ---- */

static void check_writer(struct oz_store *store)
{
    struct oz_err err = {0};
    struct oz_writer *writer = oz_store_begin(store, "em/c/0", &err);
    assert_non_null(writer);
    uint64_t first = oz_writer_place(writer, 3), second = oz_writer_place(writer, 4);
    assert_int_equal(first, 0);
    assert_int_equal(second, 3);
    assert_true(oz_writer_write(writer, second, "3456", 4, &err));
    assert_true(oz_writer_write(writer, second, NULL, 0, &err));
    assert_missing(store, "em/c/0");
    assert_true(oz_writer_write(writer, first, "012", 3, &err));
    assert_listed(store, "em/c", NULL, 0);
    assert_true(oz_writer_commit(writer, &err));
    assert_object(store, "em/c/0", OZ_RANGE_ALL, "0123456");
}

static void check_abort(struct oz_store *store)
{
    struct oz_err err = {0};
    put(store, "a/old", "old");
    struct oz_writer *fresh = oz_store_begin(store, "a/fresh", &err);
    struct oz_writer *over = oz_store_begin(store, "a/old", &err);
    assert_non_null(fresh);
    assert_non_null(over);
    assert_true(oz_writer_write(fresh, oz_writer_place(fresh, 3), "new", 3, &err));
    assert_true(oz_writer_write(over, oz_writer_place(over, 3), "new", 3, &err));
    oz_writer_abort(fresh);
    oz_writer_abort(over);
    oz_writer_abort(NULL);
    assert_missing(store, "a/fresh");
    assert_object(store, "a/old", OZ_RANGE_ALL, "old");
    static const char *const entries[] = {"[old=3]"};
    assert_listed(store, "a", entries, 1);
}

static void check_unfilled_place_is_refused(struct oz_store *store)
{
    struct oz_err err = {0};
    struct oz_writer *writer = oz_store_begin(store, "a/short", &err);
    assert_non_null(writer);
    assert_true(oz_writer_write(writer, oz_writer_place(writer, 2), "01", 2, &err));
    oz_writer_place(writer, 5);
    assert_false(oz_writer_commit(writer, &err));
    assert_int_equal(err.code, OZ_EIO);
    assert_missing(store, "a/short");
    assert_listed(store, "a", NULL, 0);
}

/* Pieces of one object, written by several threads in any order. */
#define PIECES 200
#define PIECE_SIZE 1000

struct piece_work {
    struct oz_writer *writer;
    uint64_t offsets[PIECES];
};

static bool write_piece(const void *shared, uint64_t i, struct oz_err *err)
{
    const struct piece_work *work = shared;
    uint8_t bytes[PIECE_SIZE];
    uint64_t at = PIECES - 1 - i;
    memset(bytes, (int)(at % 251), sizeof bytes);
    return oz_writer_write(work->writer, work->offsets[at], bytes, sizeof bytes, err);
}

static void check_threads_write_one_object(struct oz_store *store)
{
    struct oz_err err = {0};
    struct piece_work work = {.writer = oz_store_begin(store, "big", &err)};
    assert_non_null(work.writer);
    for (size_t i = 0; i < PIECES; i++)
        work.offsets[i] = oz_writer_place(work.writer, PIECE_SIZE);
    assert_true(oz_run_each(PIECES, 4, write_piece, &work, NULL, &err));
    assert_true(oz_writer_commit(work.writer, &err));
    OZ_AUTO(oz_buf) out = {0};
    assert_int_equal(oz_store_get(store, "big", OZ_RANGE_ALL, &out, &err), OZ_FOUND);
    assert_int_equal(out.size, PIECES * PIECE_SIZE);
    for (size_t i = 0; i < out.size; i++)
        assert_int_equal(out.data[i], i / PIECE_SIZE % 251);
}

/* While some threads replace an object, others always see a whole one. */
static bool replace_or_read(const void *shared, uint64_t i, struct oz_err *err)
{
    struct oz_store *store = *(struct oz_store *const *)shared;
    static const char *const texts[] = {"aaaaaaaa", "bbbbbbbbbbbbbbbb", ""};
    if (i % 3 == 0)
        return oz_store_put(store, "x/shared", texts[i / 3 % 3], strlen(texts[i / 3 % 3]), err);
    OZ_AUTO(oz_buf) out = {0};
    if (oz_store_get(store, "x/shared", OZ_RANGE_ALL, &out, err) != OZ_FOUND)
        return oz_fail(err, OZ_EIO, "not found: %s", err->msg);
    for (size_t k = 0; k < 3; k++)
        if (out.size == strlen(texts[k]) && memcmp(out.data, texts[k], out.size) == 0)
            return true;
    return oz_fail(err, OZ_EIO, "a torn object of %zu bytes", out.size);
}

static void check_replacing_is_atomic(struct oz_store *store)
{
    struct oz_err err = {0};
    put(store, "x/shared", "aaaaaaaa");
    if (!oz_run_each(600, 4, replace_or_read, &store, NULL, &err))
        fail_msg("%s", err.msg);
    static const char *const entries[] = {"[shared="};
    assert_listed(store, "x", entries, 1);
}

static bool put_own(const void *shared, uint64_t i, struct oz_err *err)
{
    struct oz_store *store = *(struct oz_store *const *)shared;
    char key[64];
    snprintf(key, sizeof key, "c/%u/%u/%u", (unsigned)i % 3, (unsigned)i % 7, (unsigned)i);
    return oz_store_put(store, key, key, strlen(key), err);
}

static void check_threads_write_many_objects(struct oz_store *store)
{
    struct oz_err err = {0};
    assert_true(oz_run_each(300, 4, put_own, &store, NULL, &err));
    for (unsigned i = 0; i < 300; i++) {
        char key[64];
        snprintf(key, sizeof key, "c/%u/%u/%u", i % 3, i % 7, i);
        assert_object(store, key, OZ_RANGE_ALL, key);
    }
}

/* ---- the list, over every store ---- */

static void (*const checks[])(struct oz_store *store) = {
    check_missing,
    check_ranges,
    check_many,
    check_documents,
    check_list,
    check_junk_is_hidden,
    check_erase,
    check_keys,
    check_writer,
    check_abort,
    check_unfilled_place_is_refused,
    check_threads_write_one_object,
    check_replacing_is_atomic,
    check_threads_write_many_objects,
};

static void run_checks(struct oz_store *(*open)(const char *folder), const char *folder)
{
    for (size_t i = 0; i < OZ_LENGTH(checks); i++) {
        char name[32];
        snprintf(name, sizeof name, "check-%zu", i);
        OZ_AUTO_PTR(oz_store) store = open(in_folder(folder, name));
        assert_non_null(store);
        checks[i](store);
    }
}

static struct oz_store *open_file(const char *folder)
{
    struct oz_err err = {0};
    return oz_store_open(folder, &err);
}

static struct oz_store *open_memory(const char *folder)
{
    (void)folder;
    struct oz_err err = {0};
    return oz_store_open_memory(&err);
}

static void test_file_store(void **state)
{
    run_checks(open_file, *state);
}

static void test_memory_store(void **state)
{
    run_checks(open_memory, *state);
}

/* The stores of the tests are held to the same. */
static void test_wrapped_stores(void **state)
{
    (void)state;
    for (size_t i = 0; i < OZ_LENGTH(checks); i++) {
        struct oz_err err = {0};
        OZ_AUTO_PTR(oz_store) inner = oz_store_open_memory(&err);
        OZ_AUTO_PTR(oz_store) counting = store_counting_open(inner, 100);
        OZ_AUTO_PTR(oz_store) faulty = store_faulty_open(counting);
        checks[i](faulty);
    }
}

/* ---- how many requests ---- */

static void test_near_ranges_are_one_request(void **state)
{
    (void)state;
    struct oz_err err = {0};
    OZ_AUTO_PTR(oz_store) inner = oz_store_open_memory(&err);
    OZ_AUTO_PTR(oz_store) store = store_counting_open(inner, 4);
    put(store, "x", "0123456789abcdefghijklmnopqrstuvwxyz");
    static const struct oz_range ranges[] = {
        {30, 2, false}, {0, 3, false}, {7, 2, false}, {14, 1, false}, {34, 2, false}};
    struct oz_buf outs[5] = {{0}};
    assert_int_equal(oz_store_get_many(store, "x", ranges, 5, outs, &err), OZ_FOUND);
    /* 0-9 with a gap of 4, 14 alone for its gap is 5, 30-36 with a gap of 2. */
    assert_int_equal(store_counts_of(store).gets, 3);
    assert_int_equal(store_counts_of(store).bytes_read, 9 + 1 + 6);
    assert_memory_equal(outs[0].data, "uv", 2);
    assert_memory_equal(outs[1].data, "012", 3);
    assert_memory_equal(outs[2].data, "78", 2);
    assert_memory_equal(outs[3].data, "e", 1);
    assert_memory_equal(outs[4].data, "yz", 2);
    for (size_t i = 0; i < 5; i++)
        oz_buf_release(&outs[i]);
}

/* ---- failures ---- */

static void test_every_failing_call_is_told(void **state)
{
    (void)state;
    struct oz_err err = {0};
    OZ_AUTO_PTR(oz_store) inner = oz_store_open_memory(&err);
    OZ_AUTO_PTR(oz_store) store = store_faulty_open(inner);
    for (uint64_t n = 1;; n++) {
        err = (struct oz_err){0};
        store_faulty_fail_at(store, n, OZ_ENOSPC);
        bool ok = oz_store_put(store, "a", "12", 2, &err);
        assert_int_equal(ok, !store_faulty_has_failed(store));
        assert_int_equal(err.code, ok ? OZ_OK : OZ_ENOSPC);
        if (ok) {
            assert_int_equal(n, 4); /* begin, write and commit have failed before */
            break;
        }
        assert_missing(inner, "a");
    }
}

static void test_no_memory(void **state)
{
    const char *folder = *state;
    struct oz_err err = {0};
    for (int kind = 0; kind < 2; kind++) {
        OZ_AUTO_PTR(oz_store) store = kind == 0 ? open_memory(folder) : open_file(folder);
        bool ok = false;
        for (unsigned long n = 1; !ok; n++) {
            OZ_AUTO(oz_buf) out = {0};
            struct listed listed = {0};
            oz_alloc_fail_at(n);
            err = (struct oz_err){0};
            ok = oz_store_put(store, "a/b", "0123456789", 10, &err) &&
                 oz_store_get(store, "a/b", OZ_RANGE_ALL, &out, &err) == OZ_FOUND &&
                 oz_store_list(store, "a", take_entry, &listed, &err) &&
                 oz_store_erase(store, "a/b", &err);
            assert_int_equal(err.code, ok ? OZ_OK : OZ_ENOMEM);
            assert_true(n < 100);
        }
        oz_alloc_fail_at(0);
        assert_missing(store, "a/b");
    }
}

#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(test_file_store),
        WITH_FOLDER(test_memory_store),
        cmocka_unit_test(test_wrapped_stores),
        cmocka_unit_test(test_near_ranges_are_one_request),
        cmocka_unit_test(test_every_failing_call_is_told),
        WITH_FOLDER(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
