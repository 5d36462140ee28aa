/* SPDX-License-Identifier: Apache-2.0 */
/* Stored objects: the index of a shard, damage of every kind, shards without chunks. */
#include "zarr/array_impl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../support/random.h"
#include "../support/small_array.h"
#include "base/alloc.h"
#include "base/endian.h"

static void each_byte_of_an_index_counts(void **state)
{
    (void)state;
    for (int at_start = 0; at_start < 2; at_start++) {
        struct oz_err err = {0};
        uint16_t items[35];
        OZ_AUTO_PTR(oz_store) store = need_store();
        struct oz_meta meta = small_meta("[" LITTLE "]", true);
        meta.index_at_start = at_start;
        OZ_AUTO_PTR(oz_array) array = need_array(store, "a", &meta);
        write_small(array);
        assert_true(read_small(array, items, &err));
        OZ_AUTO(oz_buf) object = {0};
        assert_int_equal(oz_store_get(store, "a/c/0/0", OZ_RANGE_ALL, &object, &err), OZ_FOUND);
        size_t index_bytes = 4 * 16 + 4, from = at_start ? 0 : object.size - index_bytes;
        for (size_t i = from; i < from + index_bytes; i++) {
            struct oz_err found = {0};
            object.data[i] ^= 0x10;
            assert_true(oz_store_put(store, "a/c/0/0", object.data, object.size, &err));
            assert_false(read_small(array, items, &found));
            assert_int_equal(found.code, OZ_EFORMAT);
            assert_non_null(strstr(found.msg, "a: c/0/0: shard index: crc32c: "));
            object.data[i] ^= 0x10;
        }
        for (size_t size = 0; size < object.size; size++) { /* cut off anywhere */
            struct oz_err found = {0};
            assert_true(oz_store_put(store, "a/c/0/0", object.data, size, &err));
            bool done = read_small(array, items, &found);
            assert_false(done);
            assert_int_equal(found.code, OZ_EFORMAT);
        }
    }
}

static void index_entries_are_checked(void **state)
{
    (void)state;
    struct oz_err err = {0};
    OZ_AUTO_PTR(oz_store) store = need_store();
    OZ_AUTO_PTR(oz_scratch) scratch = need_scratch();
    struct oz_meta meta = small_meta("[" LITTLE "]", true);
    OZ_AUTO_PTR(oz_array) array = need_array(store, "a", &meta);
    const struct oz_slot missing = OZ_SLOT_MISSING;
    static const struct oz_slot bad[] = {{0, 101},
                                         {90, 12},
                                         {101, 12},
                                         {UINT64_MAX, 12},
                                         {0, 0},
                                         {0, UINT64_MAX},
                                         {UINT64_MAX, 0},
                                         {UINT64_MAX - 3, 12},
                                         {0, UINT64_C(1) << 40}};
    for (size_t i = 0; i <= OZ_LENGTH(bad); i++) {
        struct oz_err found = {0};
        struct oz_slot entries[4] = {missing, {0, 12}, {88, 12}, missing}, back[4];
        OZ_AUTO(oz_buf) stored = {0};
        if (i < OZ_LENGTH(bad))
            entries[3] = bad[i];
        assert_true(oz_shard_index_build(array, scratch, entries, &stored, &err));
        assert_int_equal(stored.size, 68);
        assert_int_equal(oz_load_le64(stored.data + 16), 0);
        assert_int_equal(oz_load_le64(stored.data + 24), 12);
        bool done = oz_shard_index_parse(array, scratch, oz_buf_view(&stored), 168, back, &found);
        assert_int_equal(done, i == OZ_LENGTH(bad));
        if (done)
            assert_memory_equal(back, entries, sizeof back);
        else
            assert_non_null(strstr(found.msg, "shard index: chunk 3: "));
    }
}

static void damage_never_crashes(void **state)
{
    (void)state;
    static const char *const codecs[] = {"[" LITTLE "]", "[" BIG ",\"zstd\"]",
                                         "[" LITTLE ",\"gzip\",\"crc32c\"]",
                                         "[" LITTLE ",{\"name\":\"blosc\",\"configuration\":{"
                                         "\"cname\":\"lz4\",\"shuffle\":\"shuffle\"}}]"};
    uint64_t seed = 99;
    for (unsigned k = 0; k < 2 * OZ_LENGTH(codecs); k++) {
        struct oz_err err = {0};
        OZ_AUTO_PTR(oz_store) store = need_store();
        struct oz_meta meta = small_meta(codecs[k / 2], k % 2 == 0);
        oz_json_free(meta.index_codecs); /* without a checksum, so that anything gets through */
        meta.index_codecs = k % 2 == 0 ? need_json("[" LITTLE "]") : NULL;
        OZ_AUTO_PTR(oz_array) array = need_array(store, "a", &meta);
        write_small(array);
        OZ_AUTO(oz_buf) object = {0};
        assert_int_equal(oz_store_get(store, "a/c/0/0", OZ_RANGE_ALL, &object, &err), OZ_FOUND);
        for (int n = 0; n < 2000; n++) {
            struct oz_err found = {0};
            uint16_t items[35];
            OZ_AUTO(oz_buf) copy = {0};
            size_t size = random_within(&seed, 0, 3) == 0
                              ? (size_t)random_within(&seed, 0, object.size)
                              : object.size;
            assert_true(oz_buf_append(&copy, object.data, object.size, &err));
            for (uint64_t b = random_within(&seed, 1, 4); b > 0; b--)
                copy.data[random_within(&seed, 0, copy.size - 1)] = (uint8_t)random_bits(&seed);
            assert_true(oz_store_put(store, "a/c/0/0", copy.data, size, &err));
            bool done = read_small(array, items, &found);
            assert_int_equal(done, found.code == OZ_OK);
        }
    }
}

static void messages_name_array_object_and_codec(void **state)
{
    (void)state;
    struct oz_err err = {0};
    uint16_t items[35];
    OZ_AUTO_PTR(oz_store) store = need_store();
    struct oz_meta meta = small_meta("[" LITTLE ",\"zstd\"]", false);
    OZ_AUTO_PTR(oz_array) array = need_array(store, "em/2-2-1", &meta);
    write_small(array);
    assert_true(read_small(array, items, &err));
    static const struct {
        const char *bytes;
        size_t size;
        const char *words;
    } cases[] = {
        {"", 0, "em/2-2-1: c/1/1: 0 bytes cannot be a chunk of 12"},
        {"junk", 4, "em/2-2-1: c/1/1: zstd: "},
        /* a frame that says it holds 2 MiB */
        {"\x28\xb5\x2f\xfd\xa0\x00\x00\x20\x00\x01\x00\x00", 12,
         "em/2-2-1: c/1/1: zstd: frame holds 2.1 MB, chunk is 12 "},
    };
    for (size_t i = 0; i < OZ_LENGTH(cases); i++) {
        struct oz_err found = {0};
        assert_true(oz_store_put(store, "em/2-2-1/c/1/1", cases[i].bytes, cases[i].size, &err));
        assert_false(read_small(array, items, &found));
        assert_int_equal(found.code, OZ_EFORMAT);
        if (!strstr(found.msg, cases[i].words))
            fail_msg("%s is not in: %s", cases[i].words, found.msg);
    }
    OZ_AUTO_FREE uint8_t *large = oz_alloc(200000, 1, &err);
    assert_true(oz_store_put(store, "em/2-2-1/c/1/1", large, 200000, &err));
    assert_false(read_small(array, items, &err));
    assert_non_null(strstr(err.msg, "200000 bytes cannot be a chunk"));
}

static void a_shard_without_chunks_is_no_object(void **state)
{
    (void)state;
    struct oz_err err = {0};
    const uint64_t index[2] = {0, 0};
    uint64_t size, per_axis[OZ_MAX_RANK];
    uint16_t items[35];
    OZ_AUTO_PTR(oz_store) store = need_store();
    OZ_AUTO(oz_buf) entries = {0};
    struct oz_meta meta = small_meta("[" LITTLE "]", true);
    OZ_AUTO_PTR(oz_array) array = need_array(store, "", &meta);
    assert_int_equal(oz_array_slots(array, per_axis), 4);
    assert_int_equal(per_axis[1], 2);
    assert_int_equal(oz_array_read_index(array, index, &entries, &err), OZ_MISSING);
    write_small(array);
    assert_int_equal(oz_array_read_index(array, index, &entries, &err), OZ_FOUND);
    assert_int_equal(entries.size, 4 * 16);
    struct oz_shard_writer *writer = oz_shard_writer_open(array, index, &err);
    oz_shard_writer_abort(writer); /* the old one stays */
    assert_int_equal(oz_store_size(store, "c/0/0", &size, &err), OZ_FOUND);
    writer = oz_shard_writer_open(array, index, &err);
    assert_true(oz_shard_writer_finish(writer, &err));
    assert_int_equal(oz_store_size(store, "c/0/0", &size, &err), OZ_MISSING);
    assert_true(read_small(array, items, &err));
    assert_int_equal(items[0], 9); /* fill */
    assert_int_equal(items[6], small_item(0, 6));
    oz_shard_writer_abort(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_byte_of_an_index_counts),
        cmocka_unit_test(index_entries_are_checked),
        cmocka_unit_test(damage_never_crashes),
        cmocka_unit_test(messages_name_array_object_and_codec),
        cmocka_unit_test(a_shard_without_chunks_is_no_object),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
