/* SPDX-License-Identifier: Apache-2.0 */
/* The voxels of a node in the order in which they are stored: chunk after chunk. */
#ifndef OZ_OPS_BLOCK_H
#define OZ_OPS_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image/shrink.h"
#include "ops/plan.h"
#include "zarr/dtype.h"

/*
 * Memory is [chunk z][chunk y][chunk x][channel][z][y][x], whole chunks also where the level ends
 * inside of one. A value: copy it freely; `data` is borrowed.
 */
struct oz_block {
    uint8_t *data;
    const struct oz_plan *plan;
    enum oz_dtype dtype;
    uint64_t count[3];  /* real voxels: z, y, x */
    uint64_t chunks[3]; /* chunks in memory along each axis */
};

/* Plain voxels: rows along x, the other strides in bytes. */
struct oz_voxels {
    const uint8_t *data;
    ptrdiff_t z, channel, y;
};

/* The block of a node of a level, in memory of the level's node_bytes. */
struct oz_block oz_block_make(const struct oz_plan *plan, enum oz_dtype dtype, unsigned level,
                              const uint64_t index[3], uint8_t *data);

/* Where chunk (kz, ky, kx) of a channel begins. */
uint8_t *oz_block_chunk(const struct oz_block *block, const uint64_t chunk[3], uint32_t channel);
size_t oz_block_chunk_bytes(const struct oz_block *block); /* of one channel */

/* Chunks along each axis that hold a real voxel. */
void oz_block_real_chunks(const struct oz_block *block, uint64_t chunks[3]);

/* Put planes z ... z + planes - 1 (all rows, all columns) in. */
void oz_block_put(const struct oz_block *block, uint64_t z, uint64_t planes,
                  const struct oz_voxels *from);

/* Set what lies in a chunk but not in the level to the item at `fill`. */
void oz_block_pad(const struct oz_block *block, const void *fill);

/* Shrink size[z,y,x] plain voxels into `to`, the first result at voxel at[z,y,x] of it. */
void oz_block_shrink_voxels(const struct oz_block *to, const uint64_t at[3], enum oz_shrink kind,
                            const uint32_t factor[3], const uint64_t size[3],
                            const struct oz_voxels *from);

/* Shrink a whole block. `tile` is room for one tile, used where chunks do not divide evenly. */
void oz_block_shrink(const struct oz_block *to, const uint64_t at[3], enum oz_shrink kind,
                     const uint32_t factor[3], const struct oz_block *from, uint8_t *tile);

/* True where the block's real voxels equal these plain ones. */
bool oz_block_equals(const struct oz_block *block, const struct oz_voxels *other);

#endif
