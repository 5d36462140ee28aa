/* SPDX-License-Identifier: Apache-2.0 */
/* What the engine's workers do: read, put into chunk order, shrink, encode, write. */
#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "ops/pyramid_parts.h"

/* A worker's own memory. */
struct worker {
    struct oz_scratch *codec;
    uint8_t *own[2]; /* nodes of level 0 and, where units have two levels, level 1 */
    uint8_t *row;    /* what is read at once */
    uint8_t *tile;
    struct oz_buf encoded; /* a chunk that is an object of its own */
    struct oz_buf stored;  /* verify: voxels that were read back */
};

void oz_pyramid_scratch_free(void *scratch)
{
    struct worker *worker = scratch;
    if (!worker)
        return;
    oz_scratch_free(worker->codec);
    oz_free(worker->own[0]);
    oz_free(worker->own[1]);
    oz_free(worker->row);
    oz_free(worker->tile);
    oz_buf_release(&worker->encoded);
    oz_buf_release(&worker->stored);
    oz_free(worker);
}

static bool fill_worker(struct worker *worker, const struct oz_plan *plan, struct oz_err *err)
{
    worker->codec = oz_scratch_new(err);
    if (!worker->codec)
        return false;
    for (unsigned l = 0; l <= plan->unit_level; l++) {
        worker->own[l] = oz_alloc_pixels(plan->level[l].node_bytes, err);
        if (!worker->own[l])
            return false;
    }
    if (plan->row_bytes > 0) {
        worker->row = oz_alloc_pixels(plan->row_bytes, err);
        if (!worker->row)
            return false;
    }
    const uint64_t *tile = plan->tile;
    worker->tile =
        oz_alloc_pixels(tile[0] * tile[1] * tile[2] * plan->group * plan->item_size, err);
    return worker->tile != NULL;
}

void *oz_pyramid_scratch_new(const void *shared, struct oz_err *err)
{
    const struct oz_plan *plan = ((const struct oz_pyramid_shared *)shared)->plan;
    struct worker *worker = oz_alloc(1, sizeof *worker, err);
    if (!worker)
        return NULL;
    if (!fill_worker(worker, plan, err)) {
        oz_pyramid_scratch_free(worker);
        return NULL;
    }
    return worker;
}

/* What one call of work carries around. */
struct job {
    const struct oz_pyramid_shared *shared;
    const struct oz_pyramid *pyramid;
    const struct oz_plan *plan;
    struct worker *worker;
    struct oz_unit *unit;
};

/* ---- chunks out ---- */

/* Bytes between neighbours along the array's axes, within one chunk of the block. */
static void chunk_strides(const struct job *job, const struct oz_block *block,
                          ptrdiff_t strides[OZ_MAX_RANK])
{
    const struct oz_plan *plan = job->plan;
    ptrdiff_t item = (ptrdiff_t)plan->item_size;
    ptrdiff_t y = (ptrdiff_t)plan->chunk[2] * item;
    const struct oz_axis_order *order = &job->pyramid->order;
    const int axis[OZ_AXES] = {order->t, order->c, order->z, order->y, order->x};
    const ptrdiff_t stride[OZ_AXES] = {0, (ptrdiff_t)oz_block_chunk_bytes(block),
                                       (ptrdiff_t)plan->chunk[1] * y, y, item};
    for (int a = 0; a < OZ_AXES; a++) {
        if (axis[a] >= 0)
            strides[axis[a]] = stride[a];
    }
}

/* A chunk that is an object of its own is written at once: nothing depends on its place. */
static bool store_chunk(struct job *job, unsigned level, const uint64_t at[3], uint64_t c,
                        struct oz_err *err)
{
    uint64_t index[OZ_MAX_RANK] = {0};
    const uint64_t slot = 0, size = job->worker->encoded.size;
    oz_pyramid_array_index(job->pyramid, job->unit->outer / job->shared->channel_groups, c, at,
                           index);
    struct oz_shard_writer *writer =
        oz_shard_writer_open(job->pyramid->level[level].array, index, err);
    if (!writer)
        return false;
    uint64_t to = oz_shard_writer_place(writer, &slot, &size, 1);
    if (!oz_shard_writer_write(writer, to, job->worker->encoded.data, size, err)) {
        oz_shard_writer_abort(writer);
        return false;
    }
    return oz_shard_writer_finish(writer, err);
}

/* Encode one chunk: behind the others of the output, or to its own object. */
static bool emit_chunk(struct job *job, unsigned level, const uint8_t *data,
                       const ptrdiff_t *strides, const uint64_t at[3], uint64_t c,
                       struct oz_err *err)
{
    const struct oz_chain *chain = oz_array_chain(job->pyramid->level[level].array);
    if (!job->shared->meta[level]->sharded) {
        struct oz_buf *encoded = &job->worker->encoded;
        oz_buf_clear(encoded);
        return oz_chain_encode(chain, job->worker->codec, data, strides, encoded, err) &&
               store_chunk(job, level, at, c, err);
    }
    struct oz_output *output = job->unit->output;
    struct oz_piece piece = {0};
    size_t before = output->bytes.size;
    if (!oz_chain_encode(chain, job->worker->codec, data, strides, &output->bytes, err))
        return false;
    oz_pyramid_locate(job->shared, level, at, c, &piece);
    piece.size = output->bytes.size - before;
    return oz_buf_append(&output->pieces, &piece, sizeof piece, err);
}

/* All chunks of a finished node that hold anything but the fill value. */
static bool emit_chunks(struct job *job, unsigned level, const uint64_t index[3],
                        const struct oz_block *block, struct oz_err *err)
{
    const struct oz_plan *plan = job->plan;
    const struct oz_meta *meta = job->shared->meta[level];
    int c_axis = job->pyramid->order.c;
    uint64_t joined = c_axis < 0 ? 1 : meta->chunk[c_axis];
    uint64_t c = job->unit->outer % job->shared->channel_groups * plan->group / joined;
    size_t voxels = plan->chunk[0] * plan->chunk[1] * plan->chunk[2] * joined;
    ptrdiff_t strides[OZ_MAX_RANK] = {0};
    uint64_t real[3], k[3];
    chunk_strides(job, block, strides);
    oz_block_real_chunks(block, real);
    for (uint32_t channel = 0; channel < plan->group; channel += (uint32_t)joined, c++) {
        for (k[0] = 0; k[0] < real[0]; k[0]++) {
            for (k[1] = 0; k[1] < real[1]; k[1]++) {
                for (k[2] = 0; k[2] < real[2]; k[2]++) {
                    const uint8_t *data = oz_block_chunk(block, k, channel);
                    uint64_t at[3];
                    if (oz_pixels_all(data, voxels, plan->item_size, meta->fill))
                        continue;
                    for (int a = 0; a < 3; a++)
                        at[a] = index[a] * (plan->node[a] / plan->chunk[a]) + k[a];
                    if (!emit_chunk(job, level, data, strides, at, c, err))
                        return false;
                }
            }
        }
    }
    return true;
}

/* Read a node back and compare. */
static bool verify_node(struct job *job, unsigned level, const uint64_t index[3],
                        const struct oz_block *block, struct oz_err *err)
{
    const struct oz_plan *plan = job->plan;
    const struct oz_array *array = job->pyramid->level[level].array;
    struct oz_region region = {.t = job->unit->outer / job->shared->channel_groups,
                               .c = job->unit->outer % job->shared->channel_groups * plan->group};
    struct oz_source stored;
    const uint64_t zero[3] = {0};
    oz_source_from_array(&stored, array, job->pyramid->order, zero, plan->level[level].size);
    stored.group = plan->group;
    oz_plan_node_box(plan, level, index, region.start, region.count);

    size_t row = region.count[2] * plan->item_size, channel = row * region.count[1];
    size_t plane = channel * plan->group;
    struct oz_buf *buf = &job->worker->stored;
    if (!oz_buf_resize(buf, plane * region.count[0], err) ||
        !stored.read(&stored, job->worker->codec, &region, buf->data, err))
        return false;
    const struct oz_voxels voxels = {buf->data, (ptrdiff_t)plane, (ptrdiff_t)channel,
                                     (ptrdiff_t)row};
    if (!oz_block_equals(block, &voxels))
        return oz_fail(err, OZ_EIO,
                       "%s: what was read back differs from what was written, near "
                       "voxel x %llu, y %llu, z %llu",
                       oz_array_path(array), (unsigned long long)region.start[2],
                       (unsigned long long)region.start[1], (unsigned long long)region.start[0]);
    return true;
}

/* ---- statistics ---- */

static bool take_row_samples(struct job *job, const uint8_t *row, uint64_t first, uint64_t count,
                             struct oz_err *err)
{
    size_t item = job->plan->item_size;
    for (uint64_t x = first; x < count; x += job->shared->sample_step) {
        double value = oz_dtype_to_double(job->pyramid->source->dtype, row + x * item);
        if (!oz_buf_append(&job->unit->output->samples, &value, sizeof value, err))
            return false;
    }
    return true;
}

/* First multiple of `step` that is not below `start`, counted from `start`. */
static uint64_t first_sample(uint64_t start, uint64_t step)
{
    return oz_ceil_div(start, step) * step - start;
}

/* Every n-th voxel of a node of the sample level, whatever the nodes are. */
static bool take_samples(struct job *job, const uint64_t index[3], const struct oz_block *block,
                         struct oz_err *err)
{
    const struct oz_plan *plan = job->plan;
    uint64_t start[3], count[3], step = job->shared->sample_step;
    oz_plan_node_box(plan, job->shared->sample_level, index, start, count);
    for (uint32_t c = 0; c < plan->group; c++) {
        for (uint64_t z = first_sample(start[0], step); z < count[0]; z += step) {
            for (uint64_t y = first_sample(start[1], step); y < count[1]; y += step) {
                for (uint64_t x = 0; x < count[2]; x += plan->chunk[2]) {
                    const uint64_t chunk[3] = {z / plan->chunk[0], y / plan->chunk[1],
                                               x / plan->chunk[2]};
                    uint64_t inside = z % plan->chunk[0] * plan->chunk[1] + y % plan->chunk[1];
                    const uint8_t *row =
                        oz_block_chunk(block, chunk, c) + inside * plan->chunk[2] * plan->item_size;
                    uint64_t width = oz_min_u64(plan->chunk[2], count[2] - x);
                    if (!take_row_samples(job, row, first_sample(start[2] + x, step), width, err))
                        return false;
                }
            }
        }
    }
    return true;
}

/* ---- nodes ---- */

/* A node has all its voxels: they go out. */
static bool finish_node(struct job *job, unsigned level, const uint64_t index[3],
                        const struct oz_block *block, struct oz_err *err)
{
    const struct oz_meta *meta = job->shared->meta[level];
    if (level == job->shared->sample_level && !take_samples(job, index, block, err))
        return false;
    if (!meta)
        return true;
    if (job->pyramid->verify)
        return verify_node(job, level, index, block, err);
    oz_block_pad(block, meta->fill);
    if (!emit_chunks(job, level, index, block, err))
        return false;
    struct oz_node_ref ref = {.level = level, .index = {index[0], index[1], index[2]}};
    return !meta->sharded || oz_buf_append(&job->unit->output->nodes, &ref, sizeof ref, err);
}

/* Where the voxels of a child begin in its parent. */
static void place_in_parent(const struct oz_plan *plan, unsigned level, const uint64_t index[3],
                            uint64_t at[3])
{
    for (int a = 0; a < 3; a++) {
        uint64_t factor = plan->level[level + 1].factor[a];
        at[a] = index[a] % factor * (plan->node[a] / factor);
    }
}

/* Planes z ... of the node: from the stage, or read now. */
static bool get_planes(struct job *job, const uint64_t start[3], const uint64_t count[3],
                       struct oz_voxels *voxels, struct oz_err *err)
{
    const struct oz_plan *plan = job->plan;
    const struct oz_unit *unit = job->unit;
    size_t item = plan->item_size;
    if (plan->staged) {
        voxels->y = (ptrdiff_t)(unit->stage_count[2] * item);
        voxels->channel = voxels->y * (ptrdiff_t)unit->stage_count[1];
        voxels->z = voxels->channel * (ptrdiff_t)plan->group;
        voxels->data = unit->stage_data + (ptrdiff_t)(start[0] - unit->stage_start[0]) * voxels->z +
                       (ptrdiff_t)(start[1] - unit->stage_start[1]) * voxels->y +
                       (start[2] - unit->stage_start[2]) * item;
        return true;
    }
    uint64_t groups = job->shared->channel_groups;
    const struct oz_source *source = job->pyramid->source;
    const struct oz_region region = {.t = unit->outer / groups,
                                     .c = unit->outer % groups * plan->group,
                                     .start = {start[0], start[1], start[2]},
                                     .count = {count[0], count[1], count[2]}};
    voxels->data = job->worker->row;
    voxels->y = (ptrdiff_t)(count[2] * item);
    voxels->channel = voxels->y * (ptrdiff_t)count[1];
    voxels->z = voxels->channel * (ptrdiff_t)plan->group;
    return source->read(source, job->worker->codec, &region, job->worker->row, err);
}

static void measure_planes(struct job *job, const struct oz_voxels *voxels, const uint64_t count[3])
{
    enum oz_dtype dtype = job->pyramid->source->dtype;
    for (uint64_t z = 0; z < count[0]; z++) {
        for (uint32_t c = 0; c < job->plan->group; c++) {
            const uint8_t *data =
                voxels->data + (ptrdiff_t)z * voxels->z + (ptrdiff_t)c * voxels->channel;
            struct oz_extent *extent = &job->unit->output->extents[c];
            if (voxels->y == (ptrdiff_t)(count[2] * job->plan->item_size)) {
                oz_extent_add(extent, dtype, data, count[1] * count[2]);
                continue;
            }
            for (uint64_t y = 0; y < count[1]; y++)
                oz_extent_add(extent, dtype, data + (ptrdiff_t)y * voxels->y, count[2]);
        }
    }
}

/* Level 0: a few planes at a time go to their chunks and, while they are hot, to the parent. */
static bool make_leaf(struct job *job, const uint64_t index[3], const struct oz_block *parent,
                      struct oz_err *err)
{
    const struct oz_plan *plan = job->plan;
    const struct oz_pyramid *pyramid = job->pyramid;
    const struct oz_block block =
        oz_block_make(plan, pyramid->source->dtype, 0, index, job->worker->own[0]);
    const uint32_t *factor = plan->level[1].factor;
    bool direct = parent && oz_shrink_is_local(pyramid->shrink);
    bool keep = job->shared->meta[0] || job->shared->sample_level == 0 || (parent && !direct);
    uint64_t start[3], count[3], at[3] = {0};
    oz_plan_node_box(plan, 0, index, start, count);
    if (parent)
        place_in_parent(plan, 0, index, at);

    uint64_t step = parent ? factor[0] : 1;
    if (pyramid->source->access == OZ_BY_BOX)
        step = count[0];
    for (uint64_t z = 0; z < count[0]; z += step) {
        const uint64_t from[3] = {start[0] + z, start[1], start[2]};
        const uint64_t size[3] = {oz_min_u64(step, count[0] - z), count[1], count[2]};
        struct oz_voxels voxels;
        if (!get_planes(job, from, size, &voxels, err))
            return false;
        measure_planes(job, &voxels, size);
        if (keep)
            oz_block_put(&block, z, size[0], &voxels);
        if (direct) {
            const uint64_t to[3] = {at[0] + z / factor[0], at[1], at[2]};
            oz_block_shrink_voxels(parent, to, pyramid->shrink, factor, size, &voxels);
        }
    }
    if (parent && !direct)
        oz_block_shrink(parent, at, pyramid->shrink, factor, &block, job->worker->tile);
    return !keep || finish_node(job, 0, index, &block, err);
}

/* A node of level 1 or coarser: out, and into its parent. */
static bool make_node(struct job *job, unsigned level, const uint64_t index[3],
                      const struct oz_block *block, struct oz_err *err)
{
    const struct oz_plan *plan = job->plan;
    enum oz_dtype dtype = job->pyramid->source->dtype;
    if (job->unit->parent) {
        const struct oz_block parent = oz_block_make(
            plan, dtype, level + 1, job->unit->parent->index, job->unit->parent->data);
        uint64_t at[3];
        place_in_parent(plan, level, index, at);
        oz_block_shrink(&parent, at, job->pyramid->shrink, plan->level[level + 1].factor, block,
                        job->worker->tile);
    }
    return finish_node(job, level, index, block, err);
}

/* A unit: all nodes of level 0 below one of level 1, and that one; or one of level 0. */
static bool make_tree(struct job *job, struct oz_err *err)
{
    const struct oz_plan *plan = job->plan;
    const struct oz_unit *unit = job->unit;
    enum oz_dtype dtype = job->pyramid->source->dtype;
    if (plan->unit_level == 0) {
        if (!unit->parent)
            return make_leaf(job, unit->index, NULL, err);
        const struct oz_block parent =
            oz_block_make(plan, dtype, 1, unit->parent->index, unit->parent->data);
        return make_leaf(job, unit->index, &parent, err);
    }
    const struct oz_block block = oz_block_make(plan, dtype, 1, unit->index, job->worker->own[1]);
    uint64_t start[3], end[3], at[3];
    oz_plan_descend(plan, 1, 0, unit->index, start, end);
    for (at[0] = start[0]; at[0] < end[0]; at[0]++) {
        for (at[1] = start[1]; at[1] < end[1]; at[1]++) {
            for (at[2] = start[2]; at[2] < end[2]; at[2]++) {
                if (!make_leaf(job, at, &block, err))
                    return false;
            }
        }
    }
    return make_node(job, 1, unit->index, &block, err);
}

static bool write_output(const struct oz_output *output, struct oz_err *err)
{
    const struct oz_stretch *stretches = (const void *)output->stretches.data;
    for (size_t i = 0; i < output->stretches.size / sizeof *stretches; i++) {
        const struct oz_stretch *s = &stretches[i];
        if (!oz_shard_writer_write(s->shard->writer, s->to, output->bytes.data + s->from, s->size,
                                   err))
            return false;
    }
    return true;
}

static bool finish_shard(struct oz_open_shard *shard, struct oz_err *err)
{
    if (!shard->writer)
        return true;
    struct oz_shard_writer *writer = OZ_STEAL(shard->writer);
    return oz_shard_writer_finish(writer, err);
}

bool oz_pyramid_work(const void *opaque, void *out, void *scratch, struct oz_err *err)
{
    const struct oz_pyramid_shared *shared = opaque;
    struct oz_unit *unit = out;
    struct job job = {shared, shared->pyramid, shared->plan, scratch, unit};
    switch (unit->kind) {
    case OZ_UNIT_STAGE:
        return shared->pyramid->source->read(shared->pyramid->source, job.worker->codec,
                                             &unit->page, unit->page_data, err);
    case OZ_UNIT_TREE:
        return make_tree(&job, err);
    case OZ_UNIT_NODE: {
        const struct oz_block block =
            oz_block_make(shared->plan, shared->pyramid->source->dtype, unit->node->level,
                          unit->node->index, unit->node->data);
        return make_node(&job, unit->node->level, unit->node->index, &block, err);
    }
    case OZ_UNIT_WRITE:
        return write_output(unit->output, err);
    case OZ_UNIT_FINISH:
        return finish_shard(unit->shard, err);
    }
    return true;
}
