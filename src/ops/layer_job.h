/* SPDX-License-Identifier: Apache-2.0 */
/* One array with all its levels, from the stack it is made of to the pyramid that makes it. */
#ifndef OZ_OPS_LAYER_JOB_H
#define OZ_OPS_LAYER_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "dataset/mag.h"
#include "image/stack.h"
#include "ops/pyramid.h"
#include "ops/settings.h"
#include "store/store.h"

/* Start with `= {0}`, end with oz_layer_job_release. */
struct oz_layer_job {
    char *name;
    const struct oz_stack *stack; /* borrowed */
    int64_t channel;              /* the only one of the stack's that is taken, or -1 */
    bool segmentation;
    bool joined; /* red, green, blue in one chunk: one uint24 layer */
    enum oz_shrink shrink;
    double voxel[3]; /* x, y, z in the dataset's unit */
    struct oz_source source;
    unsigned level_count;
    struct oz_mag mags[OZ_MAX_LEVELS]; /* [0] is mag 1 */
    struct oz_array *arrays[OZ_MAX_LEVELS];
    struct oz_axis_order order;
    unsigned rank;
    struct oz_pyramid pyramid;
    struct oz_plan plan;
    struct oz_channel_stats *stats; /* one a channel of the source */
};
void oz_layer_job_release(struct oz_layer_job *job);

struct oz_layer_jobs {
    struct oz_layer_job *items;
    size_t count;
    double voxel[3]; /* of the dataset */
};
void oz_layer_jobs_release(struct oz_layer_jobs *jobs);

/* Decide layers, names, categories, voxel size, mags and shapes for all stacks. Nothing is written:
 * arrays exist in memory only. `store` may be NULL for a plan. */
bool oz_layer_jobs_make(const struct oz_settings *settings, const struct oz_stack_list *stacks,
                        struct oz_files *files, struct oz_store *store, struct oz_layer_jobs *jobs,
                        struct oz_err *err) OZ_MUST_USE;

/* Shard shape (z, y, x) of a level: 128 MB to 1 GB uncompressed where the level has that much. */
void oz_choose_shard(const uint64_t size[3], const uint64_t chunk[3], size_t voxel_bytes,
                     uint64_t shard[3]);

/* The codec that suits the pixels where the user names none. */
const char *oz_choose_codec(enum oz_dtype dtype, bool segmentation);

#endif
