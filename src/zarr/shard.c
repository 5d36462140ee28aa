/* SPDX-License-Identifier: Apache-2.0 */
/* The index of a shard: where each chunk lies in the stored object. */
#include "zarr/array_impl.h"

#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"

static bool check_entry(const struct oz_array *array, uint64_t slot, struct oz_slot entry,
                        uint64_t object_size, struct oz_err *err)
{
    uint64_t end;
    if (oz_slot_is_missing(entry))
        return true;
    if (entry.size == 0 || entry.size > array->chunk_max)
        return oz_fail(err, OZ_EFORMAT, "shard index: chunk %llu: %llu bytes cannot be a chunk",
                       (unsigned long long)slot, (unsigned long long)entry.size);
    /* Chunks lie beside the index: one that reaches into it tells of an object that was cut. */
    uint64_t first = array->meta.index_at_start ? array->index_bytes : 0;
    uint64_t last = array->meta.index_at_start ? object_size : object_size - array->index_bytes;
    if (!oz_add(entry.offset, entry.size, &end) || end > last || entry.offset < first)
        return oz_fail(err, OZ_EFORMAT,
                       "shard index: chunk %llu: %llu bytes at %llu lie outside of the object",
                       (unsigned long long)slot, (unsigned long long)entry.size,
                       (unsigned long long)entry.offset);
    return true;
}

bool oz_shard_index_parse(const struct oz_array *array, struct oz_scratch *scratch,
                          struct oz_span stored, uint64_t object_size, struct oz_slot *entries,
                          struct oz_err *err)
{
    if (stored.size != array->index_bytes || object_size < array->index_bytes)
        return oz_fail(err, OZ_EFORMAT,
                       "shard index: the object ends after %zu bytes, the index alone takes %zu",
                       stored.size, array->index_bytes);
    if (!oz_chain_decode(array->index_chain, scratch, stored, entries, NULL, err))
        return oz_err_prefix(err, "shard index: ");
    for (uint64_t i = 0; i < array->slots; i++)
        if (!check_entry(array, i, entries[i], object_size, err))
            return false;
    return true;
}

bool oz_shard_index_build(const struct oz_array *array, struct oz_scratch *scratch,
                          const struct oz_slot *entries, struct oz_buf *out, struct oz_err *err)
{
    return oz_chain_encode(array->index_chain, scratch, entries, NULL, out, err);
}

enum oz_found oz_shard_index_load(const struct oz_array *array, struct oz_scratch *scratch,
                                  const char *key, uint64_t object_size, struct oz_buf *entries,
                                  struct oz_err *err)
{
    OZ_AUTO(oz_buf) stored = {0};
    struct oz_range range = {0, array->index_bytes, !array->meta.index_at_start};
    enum oz_found found = oz_store_get(array->store, key, range, &stored, err);
    if (found != OZ_FOUND)
        return found;
    if (!oz_buf_resize(entries, array->slots * sizeof(struct oz_slot), err))
        return OZ_FAILED;
    if (oz_shard_index_parse(array, scratch, oz_buf_view(&stored), object_size,
                             (struct oz_slot *)entries->data, err))
        return OZ_FOUND;
    oz_array_name_object(array, key, err);
    return OZ_FAILED;
}

enum oz_found oz_array_read_index(const struct oz_array *array, const uint64_t *index,
                                  struct oz_buf *entries, struct oz_err *err)
{
    uint64_t size = 0;
    OZ_AUTO_FREE char *key = oz_array_key(array, index, err);
    if (!key)
        return OZ_FAILED;
    enum oz_found found = oz_store_size(array->store, key, &size, err);
    if (found != OZ_FOUND)
        return found;
    if (!array->meta.sharded) {
        struct oz_slot whole = {0, size};
        oz_buf_clear(entries);
        return oz_buf_append(entries, &whole, sizeof whole, err) ? OZ_FOUND : OZ_FAILED;
    }
    OZ_AUTO_PTR(oz_scratch) scratch = oz_scratch_new(err);
    if (!scratch)
        return OZ_FAILED;
    return oz_shard_index_load(array, scratch, key, size, entries, err);
}
