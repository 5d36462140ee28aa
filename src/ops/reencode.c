/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the chunks of an array again with other codecs: a shard a worker, a chunk at a time. */
#include "ops/reencode.h"

#include <inttypes.h>
#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "base/run.h"

#define CODEC_CONTEXTS OZ_MIB(8) /* what the codecs of a worker keep for themselves, at most */

/* An entry of oz_array_read_index. */
struct slot {
    uint64_t offset, size;
};

struct shared {
    struct oz_store *store;
    const struct oz_array *from, *to;
    uint64_t objects[OZ_MAX_RANK]; /* grid of stored objects */
    uint64_t slots;
    ptrdiff_t strides[OZ_MAX_RANK]; /* of a chunk in memory: as it is stored */
    struct oz_progress *progress;
};

struct unit {
    uint64_t number; /* of the object, in C order */
    uint64_t bytes;  /* of the chunks that were in it */
};

struct state {
    uint64_t next, done, total, bytes;
};

struct worker {
    struct oz_scratch *scratch;
    struct oz_buf index, encoded, again;
    void *chunk;
};

static void worker_free(void *context)
{
    struct worker *worker = context;
    oz_scratch_free(worker->scratch);
    oz_buf_release(&worker->index);
    oz_buf_release(&worker->encoded);
    oz_buf_release(&worker->again);
    oz_free(worker->chunk);
    oz_free(worker);
}

static void *worker_new(const void *context, struct oz_err *err)
{
    const struct shared *shared = context;
    struct worker *worker = oz_alloc(1, sizeof *worker, err);
    if (!worker)
        return NULL;
    worker->scratch = oz_scratch_new(err);
    worker->chunk = oz_alloc_pixels(oz_chain_chunk_bytes(oz_array_chain(shared->from)), err);
    if (worker->scratch && worker->chunk)
        return worker;
    worker_free(worker);
    return NULL;
}

static enum oz_next next_unit(void *context, void *unit, struct oz_err *err)
{
    (void)err;
    struct state *state = context;
    if (state->next == state->total)
        return OZ_NEXT_DONE;
    *(struct unit *)unit = (struct unit){.number = state->next++};
    return OZ_NEXT_UNIT;
}

static void count_unit(void *context, void *unit)
{
    struct state *state = context;
    state->done++;
    state->bytes += ((const struct unit *)unit)->bytes;
}

static void measure(const void *context, uint64_t *done, uint64_t *total, uint64_t *bytes)
{
    const struct state *state = context;
    *done = state->done;
    *total = state->total;
    *bytes = state->bytes;
}

static bool encode_again(const struct shared *shared, struct worker *worker, const char *key,
                         struct slot slot, struct oz_err *err)
{
    struct oz_range range = {slot.offset, slot.size, false};
    enum oz_found found = oz_store_get(shared->store, key, range, &worker->encoded, err);
    if (found == OZ_MISSING)
        return oz_fail(err, OZ_ENOTFOUND, "was removed meanwhile");
    oz_buf_clear(&worker->again);
    return found == OZ_FOUND &&
           oz_chain_decode(oz_array_chain(shared->from), worker->scratch,
                           oz_buf_view(&worker->encoded), worker->chunk, shared->strides, err) &&
           oz_chain_encode(oz_array_chain(shared->to), worker->scratch, worker->chunk,
                           shared->strides, &worker->again, err);
}

static bool copy_chunk(const struct shared *shared, struct worker *worker, const char *key,
                       uint64_t number, struct oz_shard_writer *writer, struct oz_err *err)
{
    struct slot slot;
    memcpy(&slot, worker->index.data + number * sizeof slot, sizeof slot);
    if (!encode_again(shared, worker, key, slot, err)) {
        if (shared->slots > 1)
            oz_err_prefix(err, "chunk %" PRIu64 ": ", number);
        return false;
    }
    const uint64_t size = worker->again.size;
    uint64_t offset = oz_shard_writer_place(writer, &number, &size, 1);
    return oz_shard_writer_write(writer, offset, worker->again.data, size, err);
}

static bool copy_chunks(const struct shared *shared, struct unit *unit, struct worker *worker,
                        const char *key, struct oz_shard_writer *writer, struct oz_err *err)
{
    const uint64_t chunk_bytes = oz_chain_chunk_bytes(oz_array_chain(shared->from));
    for (uint64_t i = 0; i < shared->slots; i++) {
        struct slot slot;
        memcpy(&slot, worker->index.data + i * sizeof slot, sizeof slot);
        if (slot.offset == UINT64_MAX && slot.size == UINT64_MAX)
            continue;
        if (oz_progress_stopped(shared->progress))
            return oz_fail(err, OZ_ECANCELLED, "stopped");
        if (!copy_chunk(shared, worker, key, i, writer, err))
            return false;
        unit->bytes += chunk_bytes;
    }
    return true;
}

static void find_object(const struct shared *shared, uint64_t number, uint64_t index[OZ_MAX_RANK])
{
    for (unsigned axis = oz_array_meta(shared->from)->rank; axis-- > 0;) {
        index[axis] = number % shared->objects[axis];
        number /= shared->objects[axis];
    }
}

static bool copy_object(const void *context, void *unit_context, void *scratch, struct oz_err *err)
{
    const struct shared *shared = context;
    struct unit *unit = unit_context;
    struct worker *worker = scratch;
    uint64_t index[OZ_MAX_RANK] = {0};
    find_object(shared, unit->number, index);
    enum oz_found found = oz_array_read_index(shared->from, index, &worker->index, err);
    if (found != OZ_FOUND)
        return found == OZ_MISSING;
    OZ_AUTO_FREE char *key = oz_array_key(shared->from, index, err);
    struct oz_shard_writer *writer = key ? oz_shard_writer_open(shared->to, index, err) : NULL;
    if (!writer)
        return false;
    if (copy_chunks(shared, unit, worker, key, writer, err))
        return oz_shard_writer_finish(writer, err);
    oz_shard_writer_abort(writer);
    return oz_err_prefix(err, "%s: ", key);
}

/* As many workers as the memory bound allows. */
static bool count_workers(const struct shared *shared, const struct oz_run_opts *run,
                          unsigned *workers, struct oz_err *err)
{
    const uint64_t chunk = oz_chain_chunk_bytes(oz_array_chain(shared->from));
    const uint64_t bound = oz_chain_bound(oz_array_chain(shared->to));
    const uint64_t memory = run->memory ? run->memory : oz_machine_memory() / 4;
    /* The chunk as it was stored, decoded, and encoded again, and once in between; an index as it
     * is read, as it is written, and as it is stored. */
    const uint64_t each = 2 * chunk + 2 * bound + 4 * 16 * shared->slots + CODEC_CONTEXTS;
    uint64_t wanted = run->jobs ? run->jobs : oz_processors();
    if (each > memory)
        return oz_fail(err, OZ_ENOMEM,
                       "%" PRIu64 " MB of memory are needed for a chunk, %" PRIu64
                       " MB are allowed",
                       each / 1000000 + 1, memory / 1000000);
    *workers = (unsigned)oz_min_u64(wanted, memory / each);
    return true;
}

bool oz_reencode(struct oz_store *store, const struct oz_array *from, const struct oz_array *to,
                 const struct oz_run_opts *run, struct oz_err *err)
{
    const struct oz_meta *meta = oz_array_meta(from);
    struct shared shared = {.store = store, .from = from, .to = to, .progress = run->progress};
    struct state state = {.total = 1};
    uint64_t per_axis[OZ_MAX_RANK];
    unsigned workers = 1;
    for (unsigned axis = 0; axis < meta->rank; axis++) {
        shared.objects[axis] = oz_ceil_div(meta->shape[axis], meta->shard[axis]);
        if (!oz_mul(state.total, shared.objects[axis], &state.total))
            return oz_fail(err, OZ_ELIMIT, "more objects than can be counted");
    }
    shared.slots = oz_array_slots(from, per_axis);
    oz_chain_strides(oz_array_chain(from), shared.strides);
    if (!count_workers(&shared, run, &workers, err))
        return false;
    const struct oz_loop loop = {.next = next_unit,
                                 .work = copy_object,
                                 .done = count_unit,
                                 .state = &state,
                                 .shared = &shared,
                                 .unit_size = sizeof(struct unit),
                                 .scratch_new = worker_new,
                                 .scratch_free = worker_free,
                                 .progress = run->progress,
                                 .measure = measure};
    return oz_run(&loop, workers, err);
}
