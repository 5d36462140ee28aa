/* SPDX-License-Identifier: Apache-2.0 */
/* The kernels that make a coarser level: blocks of voxels to one voxel. */
#ifndef OZ_IMAGE_SHRINK_H
#define OZ_IMAGE_SHRINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "zarr/dtype.h"

enum oz_shrink {
    OZ_SHRINK_MEDIAN, /* mean of the two middle values, truncated toward zero; NaN if any is */
    OZ_SHRINK_MODE,   /* most frequent; ties: seen first with y fastest, then x, then z */
    OZ_SHRINK_MEAN,   /* rounded to nearest, halves up (integers) */
    OZ_SHRINK_MIN,
    OZ_SHRINK_MAX,
    OZ_SHRINK_NEAREST,  /* the block's first voxel */
    OZ_SHRINK_BILINEAR, /* linear interpolation at the block's centre */
    OZ_SHRINK_BICUBIC   /* Catmull-Rom at the block's centre, edge voxels repeated */
};

/* "median" ... in any case; false if unknown. */
bool oz_shrink_from_name(const char *name, enum oz_shrink *out) OZ_MUST_USE;
const char *oz_shrink_name(enum oz_shrink kind);

/* True where an output voxel depends on its own block only (all but bicubic). */
bool oz_shrink_is_local(enum oz_shrink kind);

/*
 * Shrink a box of size[z,y,x] voxels by factor[z,y,x] into one of ceil(size / factor). Rows are
 * contiguous along x; strides are bytes between z planes and between y rows. Blocks cut by the end
 * of the box use the voxels that are there. `dtype` is a pixel type (OZ_U8 ... OZ_F64). Any factor
 * >= 1; 1x2x2 and 2x2x2 run at memory speed for median, mean, min, max and (integers) mode. Source
 * and target do not overlap. Thread-safe.
 */
void oz_shrink_box(enum oz_shrink kind, enum oz_dtype dtype, const uint32_t factor[3],
                   const uint64_t size[3], const void *src, const ptrdiff_t src_strides[2],
                   void *dst, const ptrdiff_t dst_strides[2]);

#endif
