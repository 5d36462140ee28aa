/* SPDX-License-Identifier: Apache-2.0 */
/* Writing a stored object chunk by chunk: bytes as they come, the index at the end. */
#include "zarr/array.h"

#include <assert.h>

#include "base/alloc.h"
#include "zarr/array_impl.h"

struct oz_shard_writer {
    const struct oz_array *array;
    struct oz_writer *store_writer;
    struct oz_slot *slots; /* NULL when not sharded */
    uint64_t placed;       /* chunks */
};

void oz_shard_writer_abort(struct oz_shard_writer *writer)
{
    if (!writer)
        return;
    oz_writer_abort(writer->store_writer);
    oz_free(writer->slots);
    oz_free(writer);
}

OZ_DEFINE_AUTO_PTR(oz_shard_writer, oz_shard_writer_abort);

static bool start_index(struct oz_shard_writer *writer, struct oz_err *err)
{
    const struct oz_array *array = writer->array;
    if (!array->meta.sharded)
        return true;
    writer->slots = oz_alloc(array->slots, sizeof *writer->slots, err);
    if (!writer->slots)
        return false;
    for (uint64_t i = 0; i < array->slots; i++)
        writer->slots[i] = OZ_SLOT_MISSING;
    if (array->meta.index_at_start)
        oz_writer_place(writer->store_writer, array->index_bytes);
    return true;
}

struct oz_shard_writer *oz_shard_writer_open(const struct oz_array *array, const uint64_t *index,
                                             struct oz_err *err)
{
    OZ_AUTO_FREE char *key = oz_array_key(array, index, err);
    OZ_AUTO_PTR(oz_shard_writer) writer = key ? oz_alloc(1, sizeof *writer, err) : NULL;
    if (!writer)
        return NULL;
    writer->array = array;
    writer->store_writer = oz_store_begin(array->store, key, err);
    if (!writer->store_writer || !start_index(writer, err))
        return NULL;
    return OZ_STEAL(writer);
}

uint64_t oz_shard_writer_place(struct oz_shard_writer *writer, const uint64_t *slots,
                               const uint64_t *sizes, size_t count)
{
    uint64_t total = 0;
    for (size_t i = 0; i < count; i++)
        total += sizes[i];
    uint64_t first = oz_writer_place(writer->store_writer, total), at = first;
    assert(writer->slots || writer->placed + count <= 1);
    for (size_t i = 0; i < count; i++) {
        assert(slots[i] < writer->array->slots && sizes[i] > 0);
        if (writer->slots) {
            assert(oz_slot_is_missing(writer->slots[slots[i]]));
            writer->slots[slots[i]] = (struct oz_slot){at, sizes[i]};
        }
        at += sizes[i];
    }
    writer->placed += count;
    return first;
}

bool oz_shard_writer_write(struct oz_shard_writer *writer, uint64_t offset, const void *data,
                           size_t size, struct oz_err *err)
{
    return oz_writer_write(writer->store_writer, offset, data, size, err);
}

static bool write_index(struct oz_shard_writer *writer, struct oz_err *err)
{
    const struct oz_array *array = writer->array;
    OZ_AUTO(oz_buf) stored = {0};
    OZ_AUTO_PTR(oz_scratch) scratch = oz_scratch_new(err);
    if (!scratch || !oz_shard_index_build(array, scratch, writer->slots, &stored, err))
        return false;
    assert(stored.size == array->index_bytes);
    uint64_t offset =
        array->meta.index_at_start ? 0 : oz_writer_place(writer->store_writer, stored.size);
    return oz_writer_write(writer->store_writer, offset, stored.data, stored.size, err);
}

bool oz_shard_writer_finish(struct oz_shard_writer *writer, struct oz_err *err)
{
    OZ_AUTO_PTR(oz_shard_writer) scoped = writer;
    if (scoped->placed == 0) /* nothing but fill: no object, and none of before */
        return oz_store_erase(scoped->array->store, scoped->store_writer->key, err);
    if (scoped->slots && !write_index(scoped, err))
        return false;
    return oz_writer_commit(OZ_STEAL(scoped->store_writer), err);
}
