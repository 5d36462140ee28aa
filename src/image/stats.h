/* SPDX-License-Identifier: Apache-2.0 */
/* Smallest and largest values, and whether pixels are all alike. */
#ifndef OZ_IMAGE_STATS_H
#define OZ_IMAGE_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "zarr/dtype.h"

/* Native values, so that 64-bit ones stay exact. Start with `= {0}`. NaN is not counted. */
struct oz_extent {
    bool any;
    union oz_pixel {
        uint64_t u;
        int64_t i;
        double f;
    } min, max; /* u for unsigned types, i for signed, f for floats */
};

void oz_extent_add(struct oz_extent *extent, enum oz_dtype dtype, const void *pixels, size_t count);
void oz_extent_merge(struct oz_extent *extent, enum oz_dtype dtype, const struct oz_extent *other);
double oz_extent_min(const struct oz_extent *extent, enum oz_dtype dtype);
double oz_extent_max(const struct oz_extent *extent, enum oz_dtype dtype);

/* True where every one of `count` items equals the item at `value` bit by bit. Early exit. */
bool oz_pixels_all(const void *pixels, size_t count, size_t item_size, const void *value);

#endif
