/* SPDX-License-Identifier: Apache-2.0 */
/* Moves voxels between plain rows and chunk order, and shrinks them from one level to the next. */
#include "ops/block.h"

#include <string.h>

#include "base/checked.h"

struct oz_block oz_block_make(const struct oz_plan *plan, enum oz_dtype dtype, unsigned level,
                              const uint64_t index[3], uint8_t *data)
{
    struct oz_block block = {.data = data, .plan = plan, .dtype = dtype};
    uint64_t start[3];
    oz_plan_node_box(plan, level, index, start, block.count);
    uint64_t width = oz_min_u64(oz_ceil_div(plan->level[level].size[2], plan->chunk[2]),
                                plan->node[2] / plan->chunk[2]);
    block.chunks[0] = plan->node[0] / plan->chunk[0];
    block.chunks[1] = plan->node[1] / plan->chunk[1];
    block.chunks[2] = width;
    return block;
}

size_t oz_block_chunk_bytes(const struct oz_block *block)
{
    const uint64_t *chunk = block->plan->chunk;
    return chunk[0] * chunk[1] * chunk[2] * block->plan->item_size;
}

uint8_t *oz_block_chunk(const struct oz_block *block, const uint64_t chunk[3], uint32_t channel)
{
    uint64_t i = (chunk[0] * block->chunks[1] + chunk[1]) * block->chunks[2] + chunk[2];
    return block->data + (i * block->plan->group + channel) * oz_block_chunk_bytes(block);
}

void oz_block_real_chunks(const struct oz_block *block, uint64_t chunks[3])
{
    for (int a = 0; a < 3; a++)
        chunks[a] = oz_ceil_div(block->count[a], block->plan->chunk[a]);
}

/* A box of voxels inside of one chunk. */
struct part {
    uint64_t chunk[3];  /* which one */
    uint64_t start[3];  /* first voxel, counted in the block */
    uint64_t inside[3]; /* the same, counted in the chunk */
    uint64_t count[3];
};

/* The next part of the box [at, at + size) of a block, x fastest; start with `*part = {0}` and
 * `first` true. */
static bool next_part(const struct oz_block *block, const uint64_t at[3], const uint64_t size[3],
                      struct part *part, bool first)
{
    const uint64_t *chunk = block->plan->chunk;
    if (first) {
        for (int a = 0; a < 3; a++)
            part->chunk[a] = at[a] / chunk[a];
    } else {
        int a = 2;
        while (a >= 0 && (part->chunk[a] + 1) * chunk[a] >= at[a] + size[a]) {
            part->chunk[a] = at[a] / chunk[a];
            a--;
        }
        if (a < 0)
            return false;
        part->chunk[a]++;
    }
    for (int a = 0; a < 3; a++) {
        uint64_t begin = part->chunk[a] * chunk[a];
        part->start[a] = oz_max_u64(begin, at[a]);
        part->inside[a] = part->start[a] - begin;
        part->count[a] = oz_min_u64(begin + chunk[a], at[a] + size[a]) - part->start[a];
    }
    return true;
}

static uint8_t *part_data(const struct oz_block *block, const struct part *part, uint32_t channel)
{
    const uint64_t *chunk = block->plan->chunk;
    uint64_t i = (part->inside[0] * chunk[1] + part->inside[1]) * chunk[2] + part->inside[2];
    return oz_block_chunk(block, part->chunk, channel) + i * block->plan->item_size;
}

/* Rows of a constant length are copied by a few vector moves; that is most of the time here. */
static void copy_rows(uint8_t *restrict to, size_t to_pitch, const uint8_t *restrict from,
                      ptrdiff_t from_pitch, uint64_t rows, size_t bytes)
{
#define COPY_ROWS(n)                                                                               \
    for (uint64_t i = 0; i < rows; i++)                                                            \
    memcpy(to + i * to_pitch, from + (ptrdiff_t)i * from_pitch, n)
    switch (bytes) {
    case 32:
        COPY_ROWS(32);
        break;
    case 64:
        COPY_ROWS(64);
        break;
    case 128:
        COPY_ROWS(128);
        break;
    default:
        COPY_ROWS(bytes);
    }
#undef COPY_ROWS
}

static const uint8_t *voxel_at(const struct oz_voxels *from, const uint64_t at[3], uint32_t channel,
                               size_t item)
{
    return from->data + (ptrdiff_t)at[0] * from->z + (ptrdiff_t)channel * from->channel +
           (ptrdiff_t)at[1] * from->y + at[2] * item;
}

void oz_block_put(const struct oz_block *block, uint64_t z, uint64_t planes,
                  const struct oz_voxels *from)
{
    const struct oz_plan *plan = block->plan;
    size_t item = plan->item_size, pitch = plan->chunk[2] * item;
    const uint64_t size[3] = {1, block->count[1], block->count[2]};
    for (uint64_t p = 0; p < planes; p++) {
        const uint64_t at[3] = {z + p, 0, 0};
        struct part part = {0};
        for (bool first = true; next_part(block, at, size, &part, first); first = false) {
            const uint64_t source[3] = {p, part.start[1], part.start[2]};
            for (uint32_t c = 0; c < plan->group; c++)
                copy_rows(part_data(block, &part, c), pitch, voxel_at(from, source, c, item),
                          from->y, part.count[1], part.count[2] * item);
        }
    }
}

static void fill_items(uint8_t *to, const void *fill, uint64_t count, size_t item)
{
    for (uint64_t i = 0; i < count; i++)
        memcpy(to + i * item, fill, item);
}

/* Only the last chunks along an axis can be cut by the end of the level. */
static void pad_chunk(const struct oz_block *block, const struct part *part, uint32_t channel,
                      const void *fill)
{
    const uint64_t *chunk = block->plan->chunk, *count = part->count;
    size_t item = block->plan->item_size;
    uint8_t *data = oz_block_chunk(block, part->chunk, channel);
    for (uint64_t z = 0; z < count[0]; z++) {
        uint8_t *plane = data + z * chunk[1] * chunk[2] * item;
        for (uint64_t y = 0; y < count[1] && count[2] < chunk[2]; y++)
            fill_items(plane + (y * chunk[2] + count[2]) * item, fill, chunk[2] - count[2], item);
        fill_items(plane + count[1] * chunk[2] * item, fill, (chunk[1] - count[1]) * chunk[2],
                   item);
    }
    uint64_t plane = chunk[1] * chunk[2];
    fill_items(data + count[0] * plane * item, fill, (chunk[0] - count[0]) * plane, item);
}

void oz_block_pad(const struct oz_block *block, const void *fill)
{
    const uint64_t *chunk = block->plan->chunk;
    const uint64_t zero[3] = {0};
    struct part part = {0};
    for (bool first = true; next_part(block, zero, block->count, &part, first); first = false) {
        if (part.count[0] == chunk[0] && part.count[1] == chunk[1] && part.count[2] == chunk[2])
            continue;
        for (uint32_t c = 0; c < block->plan->group; c++)
            pad_chunk(block, &part, c, fill);
    }
}

void oz_block_shrink_voxels(const struct oz_block *to, const uint64_t at[3], enum oz_shrink kind,
                            const uint32_t factor[3], const uint64_t size[3],
                            const struct oz_voxels *from)
{
    const struct oz_plan *plan = to->plan;
    size_t item = plan->item_size;
    const ptrdiff_t from_strides[2] = {from->z, from->y};
    const ptrdiff_t to_strides[2] = {(ptrdiff_t)(plan->chunk[1] * plan->chunk[2] * item),
                                     (ptrdiff_t)(plan->chunk[2] * item)};
    uint64_t out[3];
    for (int a = 0; a < 3; a++)
        out[a] = oz_ceil_div(size[a], factor[a]);
    struct part part = {0};
    for (bool first = true; next_part(to, at, out, &part, first); first = false) {
        uint64_t begin[3], count[3];
        for (int a = 0; a < 3; a++) {
            begin[a] = (part.start[a] - at[a]) * factor[a];
            count[a] = oz_min_u64(part.count[a] * factor[a], size[a] - begin[a]);
        }
        for (uint32_t c = 0; c < plan->group; c++)
            oz_shrink_box(kind, to->dtype, factor, count, voxel_at(from, begin, c, item),
                          from_strides, part_data(to, &part, c), to_strides);
    }
}

/* Copy a box of a block to plain rows, one channel after the other. */
static void take_tile(const struct oz_block *from, const uint64_t at[3], const uint64_t size[3],
                      uint32_t channel, uint8_t *tile)
{
    size_t item = from->plan->item_size, pitch = from->plan->chunk[2] * item;
    struct part part = {0};
    for (bool first = true; next_part(from, at, size, &part, first); first = false) {
        const uint8_t *source = part_data(from, &part, channel);
        for (uint64_t z = 0; z < part.count[0]; z++) {
            uint64_t row = (part.start[0] - at[0] + z) * size[1] + part.start[1] - at[1];
            uint8_t *to = tile + (row * size[2] + part.start[2] - at[2]) * item;
            copy_rows(to, size[2] * item, source + z * from->plan->chunk[1] * pitch,
                      (ptrdiff_t)pitch, part.count[1], part.count[2] * item);
        }
    }
}

/* One tile of a block: straight from its chunk where it is one chunk, else through plain rows. */
static void shrink_tile(const struct oz_block *to, const uint64_t at[3], enum oz_shrink kind,
                        const uint32_t factor[3], const struct oz_block *from,
                        const uint64_t start[3], uint8_t *tile)
{
    const struct oz_plan *plan = from->plan;
    size_t item = plan->item_size;
    uint64_t size[3], target[3], chunk[3];
    bool is_chunk = true;
    for (int a = 0; a < 3; a++) {
        size[a] = oz_min_u64(plan->tile[a], from->count[a] - start[a]);
        target[a] = at[a] + start[a] / factor[a];
        chunk[a] = start[a] / plan->chunk[a];
        is_chunk = is_chunk && plan->tile[a] == plan->chunk[a];
    }
    if (is_chunk) {
        const struct oz_voxels voxels = {
            oz_block_chunk(from, chunk, 0), (ptrdiff_t)(plan->chunk[1] * plan->chunk[2] * item),
            (ptrdiff_t)oz_block_chunk_bytes(from), (ptrdiff_t)(plan->chunk[2] * item)};
        oz_block_shrink_voxels(to, target, kind, factor, size, &voxels);
        return;
    }
    ptrdiff_t channel = (ptrdiff_t)(plan->tile[0] * plan->tile[1] * plan->tile[2] * item);
    for (uint32_t c = 0; c < plan->group; c++)
        take_tile(from, start, size, c, tile + channel * c);
    const struct oz_voxels voxels = {tile, (ptrdiff_t)(size[1] * size[2] * item), channel,
                                     (ptrdiff_t)(size[2] * item)};
    oz_block_shrink_voxels(to, target, kind, factor, size, &voxels);
}

void oz_block_shrink(const struct oz_block *to, const uint64_t at[3], enum oz_shrink kind,
                     const uint32_t factor[3], const struct oz_block *from, uint8_t *tile)
{
    const uint64_t *step = from->plan->tile;
    for (uint64_t z = 0; z < from->count[0]; z += step[0]) {
        for (uint64_t y = 0; y < from->count[1]; y += step[1]) {
            for (uint64_t x = 0; x < from->count[2]; x += step[2]) {
                const uint64_t start[3] = {z, y, x};
                shrink_tile(to, at, kind, factor, from, start, tile);
            }
        }
    }
}

static bool rows_equal(const struct oz_block *block, const struct part *part, uint32_t channel,
                       const struct oz_voxels *other)
{
    size_t item = block->plan->item_size;
    const uint64_t *chunk = block->plan->chunk;
    const uint8_t *data = part_data(block, part, channel);
    for (uint64_t z = 0; z < part->count[0]; z++) {
        for (uint64_t y = 0; y < part->count[1]; y++) {
            const uint64_t at[3] = {part->start[0] + z, part->start[1] + y, part->start[2]};
            if (memcmp(data + (z * chunk[1] + y) * chunk[2] * item,
                       voxel_at(other, at, channel, item), part->count[2] * item) != 0)
                return false;
        }
    }
    return true;
}

bool oz_block_equals(const struct oz_block *block, const struct oz_voxels *other)
{
    const uint64_t zero[3] = {0};
    struct part part = {0};
    for (bool first = true; next_part(block, zero, block->count, &part, first); first = false) {
        for (uint32_t c = 0; c < block->plan->group; c++) {
            if (!rows_equal(block, &part, c, other))
                return false;
        }
    }
    return true;
}
