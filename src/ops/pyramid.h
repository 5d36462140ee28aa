/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine: one pass over a source makes every level at once. Voxels are read once, put into
 * chunk order while they are hot, encoded, appended to their shard, and shrunk into the next
 * level's node, which goes the same way when it is whole. Nothing that was written is read back.
 *
 * The bytes of every array depend on the voxels, the shapes and the memory bound only: encoded
 * chunks take their places in an order that the plan fixes, whatever the number of workers.
 */
#ifndef OZ_OPS_PYRAMID_H
#define OZ_OPS_PYRAMID_H

#include <stdbool.h>
#include <stdint.h>

#include "base/progress.h"
#include "dataset/properties.h"
#include "image/shrink.h"
#include "image/stats.h"
#include "ops/plan.h"
#include "ops/source.h"
#include "zarr/array.h"

struct oz_pyramid_level {
    const struct oz_array *array; /* NULL: the level is read but not written (level 0 only) */
    uint64_t size[3];             /* voxels z, y, x */
    uint32_t factor[3];           /* from the level before */
};

/* What to make. All arrays have the same chunk shape, data type and axes. */
struct oz_pyramid {
    const struct oz_source *source;
    struct oz_pyramid_level level[OZ_MAX_LEVELS];
    unsigned level_count;
    struct oz_axis_order order; /* of the arrays */
    enum oz_shrink shrink;
    unsigned jobs;
    uint64_t memory;
    uint64_t depth; /* slices worked on at once at most; 0: as the plan likes */
    struct oz_progress *progress;
    bool verify; /* write nothing: compare what is stored with what would be written */
};

/* Statistics of one channel: extent over all voxels of level 0, and quantiles of the coarsest
 * level. */
struct oz_channel_stats {
    struct oz_extent extent;
    double low, high; /* 0.1 % and 99.9 % of the values */
};

/* Plan it. `chunk` and the sizes come from the spec's first written array or its levels. */
bool oz_pyramid_plan(const struct oz_pyramid *pyramid, const uint64_t chunk[3],
                     struct oz_plan *plan, struct oz_err *err) OZ_MUST_USE;

/* Run it. `stats` has room for all channels of the source, or is NULL. Array metadata is not
 * written. After a failure the arrays' objects are incomplete. */
bool oz_pyramid_run(const struct oz_pyramid *pyramid, const struct oz_plan *plan,
                    struct oz_channel_stats *stats, struct oz_err *err) OZ_MUST_USE;

#endif
