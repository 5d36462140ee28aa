/* SPDX-License-Identifier: Apache-2.0 */
/* What an open array is inside, and the shard index. Only for zarr/. */
#ifndef OZ_ZARR_ARRAY_IMPL_H
#define OZ_ZARR_ARRAY_IMPL_H

#include "zarr/array.h"

struct oz_array {
    struct oz_store *store;
    char *path;
    struct oz_meta meta;
    struct oz_chain *chain;
    struct oz_chain *index_chain; /* NULL when not sharded */
    size_t index_bytes;           /* of the stored index; 0 when not sharded */
    uint64_t slots;               /* chunks in a stored object */
    uint64_t slots_per_axis[OZ_MAX_RANK];
    uint64_t chunk_max; /* a stored chunk over this size cannot be one */
};

/* Where a chunk lies in its object. */
struct oz_slot {
    uint64_t offset;
    uint64_t size;
};
#define OZ_SLOT_MISSING ((struct oz_slot){UINT64_MAX, UINT64_MAX})

static inline bool oz_slot_is_missing(struct oz_slot slot)
{
    return slot.offset == UINT64_MAX && slot.size == UINT64_MAX;
}

/* Put the array's path and the rest of the object's key in front of an error: "em/1: c/0/3/1: ".
 * For what the stored bytes are to blame for; errors of the store name the object themselves. */
bool oz_array_name_object(const struct oz_array *array, const char *key, struct oz_err *err);

/* The index as stored to `array->slots` entries and back. Parsing checks the checksum and each
 * entry: sizes that a chunk can have, within `object_size` bytes (UINT64_MAX: not known). */
bool oz_shard_index_parse(const struct oz_array *array, struct oz_scratch *scratch,
                          struct oz_span stored, uint64_t object_size, struct oz_slot *entries,
                          struct oz_err *err) OZ_MUST_USE;
bool oz_shard_index_build(const struct oz_array *array, struct oz_scratch *scratch,
                          const struct oz_slot *entries, struct oz_buf *out,
                          struct oz_err *err) OZ_MUST_USE;

/* The index of the object under `key`, in one request; `entries` gets `array->slots` of them.
 * Errors name the object. */
enum oz_found oz_shard_index_load(const struct oz_array *array, struct oz_scratch *scratch,
                                  const char *key, uint64_t object_size, struct oz_buf *entries,
                                  struct oz_err *err) OZ_MUST_USE;

#endif
