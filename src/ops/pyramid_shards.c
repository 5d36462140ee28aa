/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps the shards that the engine has open, and gives encoded chunks their places in them. */
#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "ops/pyramid_parts.h"

void oz_pyramid_array_index(const struct oz_pyramid *pyramid, uint64_t t, uint64_t c,
                            const uint64_t zyx[3], uint64_t index[OZ_MAX_RANK])
{
    const struct oz_axis_order *order = &pyramid->order;
    const int axis[OZ_AXES] = {order->t, order->c, order->z, order->y, order->x};
    const uint64_t value[OZ_AXES] = {t, c, zyx[0], zyx[1], zyx[2]};
    for (int a = 0; a < OZ_AXES; a++) {
        if (axis[a] >= 0)
            index[axis[a]] = value[a];
    }
}

/* Chunks of a shard along z, y, x; 1 where the array has no such axis. */
static void shard_chunks(const struct oz_pyramid_shared *shared, unsigned level, uint64_t n[3])
{
    const struct oz_axis_order *order = &shared->pyramid->order;
    const struct oz_meta *meta = shared->meta[level];
    const int axis[3] = {order->z, order->y, order->x};
    for (int a = 0; a < 3; a++)
        n[a] = axis[a] < 0 ? 1 : meta->shard[axis[a]] / meta->chunk[axis[a]];
}

void oz_pyramid_locate(const struct oz_pyramid_shared *shared, unsigned level,
                       const uint64_t chunk[3], uint64_t c, struct oz_piece *piece)
{
    const struct oz_meta *meta = shared->meta[level];
    uint64_t n[3], inside[3], slot[OZ_MAX_RANK] = {0};
    shard_chunks(shared, level, n);
    for (int a = 0; a < 3; a++) {
        piece->shard[a] = chunk[a] / n[a];
        inside[a] = chunk[a] % n[a];
    }
    int c_axis = shared->pyramid->order.c;
    uint64_t c_chunks = c_axis < 0 ? 1 : meta->shard[c_axis] / meta->chunk[c_axis];
    piece->c = c / c_chunks;
    oz_pyramid_array_index(shared->pyramid, 0, c % c_chunks, inside, slot);
    piece->slot = 0;
    for (unsigned i = 0; i < meta->rank; i++)
        piece->slot = piece->slot * (meta->shard[i] / meta->chunk[i]) + slot[i];
    piece->level = level;
}

/* Nodes of the level that overlap a shard: each of them will bring chunks, or say it has none. */
static uint64_t nodes_in_shard(const struct oz_pyramid_shared *shared, unsigned level,
                               const uint64_t shard[3])
{
    const struct oz_plan *plan = shared->plan;
    uint64_t n[3], count = 1;
    shard_chunks(shared, level, n);
    for (int a = 0; a < 3; a++) {
        uint64_t begin = shard[a] * n[a] * plan->chunk[a];
        uint64_t end = oz_min_u64(begin + n[a] * plan->chunk[a], plan->level[level].size[a]);
        count *= (end - 1) / plan->node[a] - begin / plan->node[a] + 1;
    }
    return count;
}

static struct oz_open_shard *find_shard(struct oz_pyramid_state *state, unsigned level,
                                        uint64_t outer, uint64_t c, const uint64_t index[3],
                                        struct oz_err *err)
{
    struct oz_open_shard *shard = state->shards[level];
    for (; shard; shard = shard->next) {
        if (shard->outer == outer && shard->c == c &&
            memcmp(shard->index, index, sizeof shard->index) == 0)
            return shard;
    }
    shard = oz_alloc(1, sizeof *shard, err);
    if (!shard)
        return NULL;
    *shard = (struct oz_open_shard){
        .next = state->shards[level], .level = level, .outer = outer, .c = c};
    memcpy(shard->index, index, sizeof shard->index);
    shard->to_come = nodes_in_shard(state->shared, level, index);
    state->shards[level] = shard;
    return shard;
}

static bool open_writer(const struct oz_pyramid_shared *shared, struct oz_open_shard *shard,
                        struct oz_err *err)
{
    if (shard->writer)
        return true;
    uint64_t index[OZ_MAX_RANK] = {0};
    oz_pyramid_array_index(shared->pyramid, shard->outer / shared->channel_groups, shard->c,
                           shard->index, index);
    shard->writer = oz_shard_writer_open(shared->pyramid->level[shard->level].array, index, err);
    return shard->writer != NULL;
}

/* Chunk groups along c that a node of channel group `outer` fills: from, count. */
static void node_channels(const struct oz_pyramid_shared *shared, unsigned level, uint64_t outer,
                          uint64_t *from, uint64_t *count)
{
    int axis = shared->pyramid->order.c;
    uint64_t group = shared->plan->group, chunk = axis < 0 ? 1 : shared->meta[level]->chunk[axis];
    *count = axis < 0 ? 1 : group / chunk;
    *from = axis < 0 ? 0 : outer % shared->channel_groups * *count;
}

/* Note every shard that a finished node overlaps, so that its end is noticed. */
static bool note_node(struct oz_pyramid_state *state, struct oz_output *output,
                      const struct oz_node_ref *node, struct oz_err *err)
{
    const struct oz_pyramid_shared *shared = state->shared;
    const struct oz_plan *plan = shared->plan;
    uint64_t n[3], low[3], high[3], start[3], count[3], from, channels;
    shard_chunks(shared, node->level, n);
    oz_plan_node_box(plan, node->level, node->index, start, count);
    for (int a = 0; a < 3; a++) {
        low[a] = start[a] / (n[a] * plan->chunk[a]);
        high[a] = (start[a] + count[a] - 1) / (n[a] * plan->chunk[a]);
    }
    node_channels(shared, node->level, output->outer, &from, &channels);
    for (uint64_t c = from; c < from + channels; c++) {
        uint64_t at[3];
        for (at[0] = low[0]; at[0] <= high[0]; at[0]++) {
            for (at[1] = low[1]; at[1] <= high[1]; at[1]++) {
                for (at[2] = low[2]; at[2] <= high[2]; at[2]++) {
                    struct oz_open_shard *shard =
                        find_shard(state, node->level, output->outer, c, at, err);
                    if (!shard || !oz_buf_append(&output->shards, &shard, sizeof shard, err))
                        return false;
                }
            }
        }
    }
    return true;
}

/* Give the pieces from `first` on that go to one shard their common place. */
static bool place_stretch(struct oz_pyramid_state *state, struct oz_output *output,
                          const struct oz_piece *pieces, size_t count, size_t from,
                          struct oz_err *err)
{
    struct oz_open_shard *shard =
        find_shard(state, pieces->level, output->outer, pieces->c, pieces->shard, err);
    if (!shard || !open_writer(state->shared, shard, err))
        return false;
    struct oz_stretch stretch = {.shard = shard, .from = from};
    for (size_t i = 0; i < count; i++) {
        uint64_t slot = pieces[i].slot, size = pieces[i].size;
        uint64_t to = oz_shard_writer_place(shard->writer, &slot, &size, 1);
        if (i == 0)
            stretch.to = to;
        stretch.size += pieces[i].size;
    }
    return oz_buf_append(&output->stretches, &stretch, sizeof stretch, err);
}

static bool same_shard(const struct oz_piece *a, const struct oz_piece *b)
{
    return a->level == b->level && a->c == b->c && memcmp(a->shard, b->shard, sizeof a->shard) == 0;
}

bool oz_pyramid_place(struct oz_pyramid_state *state, struct oz_output *output, struct oz_err *err)
{
    const struct oz_piece *pieces = (const void *)output->pieces.data;
    size_t count = output->pieces.size / sizeof *pieces, from = 0;
    for (size_t i = 0; i < count;) {
        size_t n = 1, bytes = pieces[i].size;
        while (i + n < count && same_shard(&pieces[i], &pieces[i + n]))
            bytes += pieces[i + n++].size;
        if (!place_stretch(state, output, pieces + i, n, from, err))
            return false;
        from += bytes;
        i += n;
    }
    const struct oz_node_ref *nodes = (const void *)output->nodes.data;
    for (size_t i = 0; i < output->nodes.size / sizeof *nodes; i++) {
        if (!note_node(state, output, &nodes[i], err))
            return false;
    }
    return true;
}

void oz_pyramid_written(struct oz_pyramid_state *state, struct oz_output *output)
{
    struct oz_open_shard *const *shards = (const void *)output->shards.data;
    for (size_t i = 0; i < output->shards.size / sizeof *shards; i++) {
        struct oz_open_shard *shard = shards[i];
        if (--shard->to_come > 0)
            continue;
        struct oz_open_shard **link = &state->shards[shard->level];
        while (*link != shard)
            link = &(*link)->next;
        *link = shard->next;
        shard->next = state->finished;
        state->finished = shard;
    }
}
