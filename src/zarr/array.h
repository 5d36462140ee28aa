/* SPDX-License-Identifier: Apache-2.0 */
/* Arrays: open, read boxes and chunks, write chunks into shards. */
#ifndef OZ_ZARR_ARRAY_H
#define OZ_ZARR_ARRAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "codec/codec.h"
#include "store/store.h"
#include "zarr/meta.h"

/* Immutable after open or create: any number of threads may use one at once. The store outlives it.
 */
struct oz_array;

/* Open the array at a path in the store ("" is the root). v3 is tried first, then v2. */
enum oz_found oz_array_open(struct oz_store *store, const char *path, struct oz_array **out,
                            struct oz_err *err) OZ_MUST_USE;

/* An array to be written. Nothing is stored until oz_array_write_metadata. Takes the contents of
 * `meta` and leaves it empty, also on failure. */
struct oz_array *oz_array_create(struct oz_store *store, const char *path, struct oz_meta *meta,
                                 struct oz_err *err) OZ_MUST_USE;
bool oz_array_write_metadata(const struct oz_array *array, struct oz_err *err) OZ_MUST_USE;

void oz_array_free(struct oz_array *array);
OZ_DEFINE_AUTO_PTR(oz_array, oz_array_free);

const struct oz_meta *oz_array_meta(const struct oz_array *array);
const char *oz_array_path(const struct oz_array *array);
const struct oz_chain *oz_array_chain(const struct oz_array *array); /* of one (inner) chunk */

/* The key of the object that holds chunk or shard `index` (grid coordinates of the stored objects),
 * with the array's path in front. New text. */
char *oz_array_key(const struct oz_array *array, const uint64_t *index,
                   struct oz_err *err) OZ_MUST_USE;

/*
 * Read the box from `start`, `count` items an axis, into `out`, laid out by `strides` in bytes
 * (NULL: C order). Missing chunks give the fill value. Shard indexes are read once a call and
 * object, with one suffix request, and checked (crc32c, offsets). Errors name the object.
 * Thread-safe with a scratch a thread. The box lies inside the array (OZ_EINVAL otherwise).
 */
bool oz_array_read(const struct oz_array *array, struct oz_scratch *scratch, const uint64_t *start,
                   const uint64_t *count, void *out, const ptrdiff_t *strides,
                   struct oz_err *err) OZ_MUST_USE;

/* ---- the stored form ---- */

/* Slots of a shard: chunks per axis, and how many in all (1 when not sharded). */
uint64_t oz_array_slots(const struct oz_array *array, uint64_t per_axis[OZ_MAX_RANK]);

/* The index of shard `index`: `entries` gets slots x {offset, nbytes}, both UINT64_MAX where the
 * chunk is missing. MISSING if there is no such object. An unsharded object has one entry. */
enum oz_found oz_array_read_index(const struct oz_array *array, const uint64_t *index,
                                  struct oz_buf *entries, struct oz_err *err) OZ_MUST_USE;

/*
 * A stored object (shard, or single chunk) being written chunk by chunk. `slot` counts chunks of
 * the shard in C order. Encoded chunks are placed by one thread at a time (the order of placing is
 * the order of bytes), written by any, and the index follows at the end. A shard with no chunk
 * placed leaves no object. Finish frees, also on failure.
 */
struct oz_shard_writer;
struct oz_shard_writer *oz_shard_writer_open(const struct oz_array *array, const uint64_t *index,
                                             struct oz_err *err) OZ_MUST_USE;
/* Reserve room for `count` chunks that lie one behind the other: returns where the first begins. */
uint64_t oz_shard_writer_place(struct oz_shard_writer *writer, const uint64_t *slots,
                               const uint64_t *sizes, size_t count);
bool oz_shard_writer_write(struct oz_shard_writer *writer, uint64_t offset, const void *data,
                           size_t size, struct oz_err *err) OZ_MUST_USE;
bool oz_shard_writer_finish(struct oz_shard_writer *writer, struct oz_err *err) OZ_MUST_USE;
void oz_shard_writer_abort(struct oz_shard_writer *writer);

#endif
