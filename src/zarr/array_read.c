/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a box: object by object, the chunks of one in batches of bounded size. */
#include "zarr/array.h"

#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "zarr/array_impl.h"

#define BATCH_BYTES OZ_MIB(64) /* encoded, at a time; a single chunk may be larger */
#define BATCH_CHUNKS 512

/* Buffers of the scratch. */
enum { DECODED, STORED };

/* What is read, and where it goes. */
struct request {
    const struct oz_array *array;
    struct oz_scratch *scratch;
    unsigned rank;
    size_t item_size;
    uint64_t low[OZ_MAX_RANK], high[OZ_MAX_RANK]; /* of the box, in items of the array */
    uint8_t *out;
    ptrdiff_t strides[OZ_MAX_RANK];
};

/* A box inside the requested one. */
struct part {
    uint64_t low[OZ_MAX_RANK];
    uint64_t shape[OZ_MAX_RANK];
};

/* Chunks of one object that are fetched together. */
struct batch {
    size_t count;
    uint64_t bytes;
    struct oz_range ranges[BATCH_CHUNKS];
    struct oz_buf stored[BATCH_CHUNKS];
    uint64_t slots[BATCH_CHUNKS];
};

static void empty_batch(struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++)
        oz_buf_release(&batch->stored[i]);
    batch->count = 0;
    batch->bytes = 0;
}

static void free_batch(struct batch *batch)
{
    if (batch)
        empty_batch(batch);
    oz_free(batch);
}

OZ_DEFINE_AUTO_PTR(batch, free_batch);

/* Count `index` on within low..high, the last axis first; false when it is through. */
static bool step(unsigned rank, uint64_t *index, const uint64_t *low, const uint64_t *high)
{
    for (unsigned i = rank; i-- > 0;) {
        if (++index[i] < high[i])
            return true;
        index[i] = low[i];
    }
    return false;
}

/* What the box and the block of `size` at `origin` share. */
static struct part clip(const struct request *request, const uint64_t *origin, const uint64_t *size)
{
    struct part part = {0};
    for (unsigned i = 0; i < request->rank; i++) {
        part.low[i] = oz_max_u64(request->low[i], origin[i]);
        part.shape[i] = oz_min_u64(request->high[i], origin[i] + size[i]) - part.low[i];
    }
    return part;
}

static uint8_t *target_of(const struct request *request, const uint64_t *low)
{
    ptrdiff_t offset = 0;
    for (unsigned i = 0; i < request->rank; i++)
        offset += (ptrdiff_t)(low[i] - request->low[i]) * request->strides[i];
    return request->out + offset;
}

static void fill(const struct request *request, const struct part *part)
{
    oz_nd_fill(request->rank, part->shape, request->item_size, target_of(request, part->low),
               request->strides, request->array->meta.fill);
}

/* Straight into place where all of the chunk is asked for, else by way of the scratch. */
static bool decode(const struct request *request, const uint64_t *origin, struct oz_span stored,
                   struct oz_err *err)
{
    const struct oz_array *array = request->array;
    struct part part = clip(request, origin, array->meta.chunk);
    uint8_t *target = target_of(request, part.low);
    if (memcmp(part.shape, array->meta.chunk, request->rank * sizeof(uint64_t)) == 0)
        return oz_chain_decode(array->chain, request->scratch, stored, target, request->strides,
                               err);
    struct oz_buf *decoded = oz_scratch_buf(request->scratch, DECODED);
    ptrdiff_t strides[OZ_MAX_RANK], offset = 0;
    oz_chain_strides(array->chain, strides);
    if (!oz_buf_resize(decoded, oz_chain_chunk_bytes(array->chain), err) ||
        !oz_chain_decode(array->chain, request->scratch, stored, decoded->data, strides, err))
        return false;
    for (unsigned i = 0; i < request->rank; i++)
        offset += (ptrdiff_t)(part.low[i] - origin[i]) * strides[i];
    oz_nd_copy(request->rank, part.shape, request->item_size, target, request->strides,
               decoded->data + offset, strides);
    return true;
}

/* ---- one object that is one chunk ---- */

/* The object's size is looked at first: it is the one thing that nobody has checked. */
static enum oz_found fetch_single(const struct oz_array *array, const char *key,
                                  struct oz_buf *stored, struct oz_err *err)
{
    uint64_t size = 0;
    enum oz_found found = oz_store_size(array->store, key, &size, err);
    if (found != OZ_FOUND)
        return found;
    if (size > 0 && size <= array->chunk_max)
        return oz_store_get(array->store, key, OZ_RANGE_ALL, stored, err);
    oz_fail(err, OZ_EFORMAT, "%llu bytes cannot be a chunk of %zu", (unsigned long long)size,
            oz_chain_chunk_bytes(array->chain));
    oz_array_name_object(array, key, err);
    return OZ_FAILED;
}

static bool read_single(const struct request *request, const char *key, const uint64_t *origin,
                        struct oz_err *err)
{
    const struct oz_array *array = request->array;
    struct oz_buf *stored = oz_scratch_buf(request->scratch, STORED);
    enum oz_found found = fetch_single(array, key, stored, err);
    if (found == OZ_FAILED)
        return false;
    if (found == OZ_MISSING) {
        struct part part = clip(request, origin, array->meta.chunk);
        fill(request, &part);
        return true;
    }
    return decode(request, origin, oz_buf_view(stored), err) ||
           oz_array_name_object(array, key, err);
}

/* ---- one shard ---- */

struct shard {
    const struct request *request;
    const char *key;
    const uint64_t *origin;
    struct batch *batch;
};

/* Slots count in C order. */
static void locate(const struct shard *shard, uint64_t slot, uint64_t *origin)
{
    const struct oz_array *array = shard->request->array;
    for (unsigned i = shard->request->rank; i-- > 0;) {
        uint64_t along = slot % array->slots_per_axis[i];
        slot /= array->slots_per_axis[i];
        origin[i] = shard->origin[i] + along * array->meta.chunk[i];
    }
}

static bool decode_batch(const struct shard *shard, struct oz_err *err)
{
    const struct batch *batch = shard->batch;
    for (size_t i = 0; i < batch->count; i++) {
        uint64_t origin[OZ_MAX_RANK];
        locate(shard, batch->slots[i], origin);
        if (decode(shard->request, origin, oz_buf_view(&batch->stored[i]), err))
            continue;
        oz_err_prefix(err, "chunk %llu: ", (unsigned long long)batch->slots[i]);
        return oz_array_name_object(shard->request->array, shard->key, err);
    }
    return true;
}

static bool flush(const struct shard *shard, struct oz_err *err)
{
    struct oz_store *store = shard->request->array->store;
    struct batch *batch = shard->batch;
    if (batch->count == 0)
        return true;
    enum oz_found found =
        oz_store_get_many(store, shard->key, batch->ranges, batch->count, batch->stored, err);
    if (found == OZ_MISSING)
        oz_fail(err, OZ_EIO, "%s: the object went away while it was read", shard->key);
    bool done = found == OZ_FOUND && decode_batch(shard, err);
    empty_batch(batch);
    return done;
}

static bool take_slot(const struct shard *shard, uint64_t slot, struct oz_slot entry,
                      struct oz_err *err)
{
    struct batch *batch = shard->batch;
    if (oz_slot_is_missing(entry)) {
        uint64_t origin[OZ_MAX_RANK];
        locate(shard, slot, origin);
        struct part part = clip(shard->request, origin, shard->request->array->meta.chunk);
        fill(shard->request, &part);
        return true;
    }
    if ((batch->count == BATCH_CHUNKS || batch->bytes + entry.size > BATCH_BYTES) &&
        !flush(shard, err))
        return false;
    batch->ranges[batch->count] = (struct oz_range){entry.offset, entry.size, false};
    batch->slots[batch->count++] = slot;
    batch->bytes += entry.size;
    return true;
}

/* All chunks of the shard that the box touches. */
static bool read_slots(const struct shard *shard, const struct oz_slot *entries, struct oz_err *err)
{
    const struct request *request = shard->request;
    const struct oz_array *array = request->array;
    struct part part = clip(request, shard->origin, array->meta.shard);
    uint64_t low[OZ_MAX_RANK], high[OZ_MAX_RANK], at[OZ_MAX_RANK];
    for (unsigned i = 0; i < request->rank; i++) {
        uint64_t inside = part.low[i] - shard->origin[i], chunk = array->meta.chunk[i];
        at[i] = low[i] = inside / chunk;
        high[i] = oz_ceil_div(inside + part.shape[i], chunk);
    }
    do {
        uint64_t slot = 0;
        for (unsigned i = 0; i < request->rank; i++)
            slot = slot * array->slots_per_axis[i] + at[i];
        if (!take_slot(shard, slot, entries[slot], err))
            return false;
    } while (step(request->rank, at, low, high));
    return flush(shard, err);
}

static bool read_shard(const struct request *request, const char *key, const uint64_t *origin,
                       struct oz_err *err)
{
    const struct oz_array *array = request->array;
    struct oz_buf *entries = oz_scratch_buf(request->scratch, STORED);
    enum oz_found found =
        oz_shard_index_load(array, request->scratch, key, UINT64_MAX, entries, err);
    if (found == OZ_FAILED)
        return false;
    if (found == OZ_MISSING) {
        struct part part = clip(request, origin, array->meta.shard);
        fill(request, &part);
        return true;
    }
    OZ_AUTO_PTR(batch) batch = oz_alloc(1, sizeof *batch, err);
    struct shard shard = {request, key, origin, batch};
    return batch && read_slots(&shard, (const struct oz_slot *)entries->data, err);
}

static bool read_object(const struct request *request, const uint64_t *index, struct oz_err *err)
{
    const struct oz_array *array = request->array;
    uint64_t origin[OZ_MAX_RANK];
    for (unsigned i = 0; i < request->rank; i++)
        origin[i] = index[i] * array->meta.shard[i];
    OZ_AUTO_FREE char *key = oz_array_key(array, index, err);
    if (!key)
        return false;
    return array->meta.sharded ? read_shard(request, key, origin, err)
                               : read_single(request, key, origin, err);
}

static bool read_objects(const struct request *request, struct oz_err *err)
{
    uint64_t first[OZ_MAX_RANK], end[OZ_MAX_RANK], at[OZ_MAX_RANK];
    for (unsigned i = 0; i < request->rank; i++) {
        uint64_t shard = request->array->meta.shard[i];
        at[i] = first[i] = request->low[i] / shard;
        end[i] = oz_ceil_div(request->high[i], shard);
    }
    do {
        if (!read_object(request, at, err))
            return false;
    } while (step(request->rank, at, first, end));
    return true;
}

bool oz_array_read(const struct oz_array *array, struct oz_scratch *scratch, const uint64_t *start,
                   const uint64_t *count, void *out, const ptrdiff_t *strides, struct oz_err *err)
{
    const struct oz_meta *meta = &array->meta;
    struct request request = {.array = array,
                              .scratch = scratch,
                              .rank = meta->rank,
                              .item_size = oz_dtype_size(meta->dtype),
                              .out = out};
    bool empty = false;
    for (unsigned i = 0; i < meta->rank; i++) {
        if (start[i] > meta->shape[i] || count[i] > meta->shape[i] - start[i])
            return oz_fail(err, OZ_EINVAL,
                           "%s: axis %u: %llu items from %llu on, the array has %llu", array->path,
                           i, (unsigned long long)count[i], (unsigned long long)start[i],
                           (unsigned long long)meta->shape[i]);
        request.low[i] = start[i];
        request.high[i] = start[i] + count[i];
        empty = empty || count[i] == 0;
    }
    if (strides)
        memcpy(request.strides, strides, meta->rank * sizeof *strides);
    else
        oz_nd_strides(meta->rank, count, request.item_size, request.strides);
    return empty || read_objects(&request, err);
}
