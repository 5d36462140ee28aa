/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernels of each pixel type offer to shrink.c: one table a type. */
#ifndef OZ_IMAGE_SHRINK_KERNELS_H
#define OZ_IMAGE_SHRINK_KERNELS_H

#include "image/shrink.h"

enum {
    OZ_SHRINK_VECTOR = 32,      /* bytes of the longest vector in use */
    OZ_SHRINK_LANE_BLOCK = 512, /* voxels of the largest block that is handled beside others */
    OZ_SHRINK_FEW = 128,        /* fit into the smallest type of pixels when counted */
    OZ_SHRINK_SPAN = 512        /* voxels of a row that are interpolated at once */
};

/* The arguments of oz_shrink_box. */
struct oz_shrink_job {
    enum oz_shrink kind;
    uint32_t factor[3];
    uint64_t size[3];
    const uint8_t *src;
    ptrdiff_t src_strides[2];
    uint8_t *dst;
    ptrdiff_t dst_strides[2];
};

/*
 * A box of blocks that are all alike: `rows` (1, 2 or 4) rows of `cols` (1 or 2) voxels. Each block
 * has its rows at 0, next[0], next[1] and next[0] + next[1] bytes from its first one, in the order
 * y, z.
 */
struct oz_shrink_part {
    unsigned rows, cols;
    const uint8_t *src;
    ptrdiff_t src_steps[2]; /* bytes from block to block along z and y */
    ptrdiff_t next[2];
    uint8_t *dst;
    ptrdiff_t dst_steps[2];
    uint64_t count[3]; /* blocks along z, y, x */
};

/* Blocks of any size, side by side along x. */
struct oz_shrink_blocks {
    const uint8_t *src; /* of the first one */
    ptrdiff_t strides[2];
    uint64_t size[3]; /* z, y, x */
    uint64_t step;    /* voxels from block to block */
};

static inline size_t oz_shrink_voxels(const struct oz_shrink_blocks *blocks)
{
    return blocks->size[0] * blocks->size[1] * blocks->size[2];
}

/* Kinds here: median, mode, mean, min, max, nearest. */
struct oz_shrink_kernels {
    void (*part)(enum oz_shrink kind, const struct oz_shrink_part *part);
    void (*blocks)(enum oz_shrink kind, const struct oz_shrink_blocks *blocks, uint64_t count,
                   void *out);
    void (*cubic)(const struct oz_shrink_job *job);
};

extern const struct oz_shrink_kernels oz_shrink_u8, oz_shrink_u16, oz_shrink_u32, oz_shrink_u64,
    oz_shrink_i8, oz_shrink_i16, oz_shrink_i32, oz_shrink_i64, oz_shrink_f32, oz_shrink_f64;

/* The voxels along one axis that a cubic interpolation at a block's centre needs. */
struct oz_shrink_taps {
    unsigned count; /* 1 where the centre is a voxel, else 4 */
    uint64_t at[4];
    double weight[4];
};

/* Catmull-Rom at the centre of block `index` of an axis; the box's edge voxels are repeated. */
static inline struct oz_shrink_taps oz_shrink_taps(uint64_t index, uint64_t factor, uint64_t size)
{
    const uint64_t first = index * factor;
    const uint64_t length = factor < size - first ? factor : size - first;
    const uint64_t middle = first + (length - 1) / 2;
    if (length % 2 != 0)
        return (struct oz_shrink_taps){1, {middle}, {1}};
    return (struct oz_shrink_taps){
        4,
        {middle - (middle > 0), middle, middle + 1, middle + 1 + (middle + 2 < size)},
        {-1. / 16, 9. / 16, 9. / 16, -1. / 16}};
}

#endif
