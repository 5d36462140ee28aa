/* SPDX-License-Identifier: Apache-2.0 */
/* For tests: what has to work, and a small array whose items are easy to see through. Include after
 * cmocka.h. */
#ifndef OZ_TESTS_SMALL_ARRAY_H
#define OZ_TESTS_SMALL_ARRAY_H

#include <string.h>

#include "zarr/array.h"

static inline struct oz_json *need_json(const char *text)
{
    struct oz_err err = {0};
    struct oz_json *value = oz_json_parse(text, strlen(text), &err);
    if (!value)
        fail_msg("%s: %s", text, err.msg);
    return value;
}

static inline struct oz_store *need_store(void)
{
    struct oz_err err = {0};
    struct oz_store *store = oz_store_open_memory(&err);
    assert_non_null(store);
    return store;
}

static inline struct oz_scratch *need_scratch(void)
{
    struct oz_err err = {0};
    struct oz_scratch *scratch = oz_scratch_new(&err);
    assert_non_null(scratch);
    return scratch;
}

static inline struct oz_array *need_array(struct oz_store *store, const char *path,
                                          struct oz_meta *meta)
{
    struct oz_err err = {0};
    struct oz_array *array = oz_array_create(store, path, meta, &err);
    if (!array)
        fail_msg("%s", err.msg);
    return array;
}

#define LITTLE "{\"name\":\"bytes\",\"configuration\":{\"endian\":\"little\"}}"
#define BIG "{\"name\":\"bytes\",\"configuration\":{\"endian\":\"big\"}}"

/* A meta of sizes that are easy to see through: 5 x 7 items in shards of 4 x 6, chunks of 2 x 3. */
static inline struct oz_meta small_meta(const char *codecs, bool sharded)
{
    struct oz_err err = {0};
    return (struct oz_meta){.zarr_format = 3,
                            .rank = 2,
                            .shape = {5, 7},
                            .chunk = {2, 3},
                            .shard = {sharded ? 4 : 2, sharded ? 6 : 3},
                            .sharded = sharded,
                            .dtype = OZ_U16,
                            .fill = {9},
                            .separator = '/',
                            .codecs = need_json(codecs),
                            .index_codecs = sharded ? oz_meta_index_codecs(&err) : NULL};
}

/* The items of the small array count up. */
static inline uint16_t small_item(uint64_t y, uint64_t x)
{
    return (uint16_t)(100 * y + x);
}

/* The six items of the chunk at (y, x); past the array's end they go on. */
static inline void cut_small(uint64_t y, uint64_t x, uint16_t chunk[6])
{
    for (unsigned i = 0; i < 6; i++)
        chunk[i] = small_item(y + i / 3, x + i % 3);
}

static inline void write_small_object(const struct oz_array *array, const uint64_t *index)
{
    struct oz_err err = {0};
    const struct oz_meta *meta = oz_array_meta(array);
    OZ_AUTO_PTR(oz_scratch) scratch = need_scratch();
    uint64_t per_axis[OZ_MAX_RANK], count = oz_array_slots(array, per_axis);
    struct oz_shard_writer *writer = oz_shard_writer_open(array, index, &err);
    assert_non_null(writer);
    for (uint64_t slot = 0; slot < count; slot++) {
        uint16_t chunk[6];
        uint64_t y = index[0] * meta->shard[0] + slot / per_axis[1] * 2;
        uint64_t x = index[1] * meta->shard[1] + slot % per_axis[1] * 3;
        OZ_AUTO(oz_buf) encoded = {0};
        if (y >= meta->shape[0] || x >= meta->shape[1])
            continue;
        cut_small(y, x, chunk);
        assert_true(oz_chain_encode(oz_array_chain(array), scratch, chunk, NULL, &encoded, &err));
        uint64_t size = encoded.size, offset = oz_shard_writer_place(writer, &slot, &size, 1);
        assert_true(oz_shard_writer_write(writer, offset, encoded.data, encoded.size, &err));
    }
    if (!oz_shard_writer_finish(writer, &err))
        fail_msg("%s", err.msg);
}

static inline void write_small(const struct oz_array *array)
{
    const struct oz_meta *meta = oz_array_meta(array);
    for (uint64_t y = 0; y * meta->shard[0] < meta->shape[0]; y++)
        for (uint64_t x = 0; x * meta->shard[1] < meta->shape[1]; x++)
            write_small_object(array, (const uint64_t[]){y, x});
}

static inline bool read_small(const struct oz_array *array, uint16_t out[35], struct oz_err *err)
{
    OZ_AUTO_PTR(oz_scratch) scratch = need_scratch();
    const uint64_t start[2] = {0}, count[2] = {5, 7};
    return oz_array_read(array, scratch, start, count, out, NULL, err);
}

#endif
