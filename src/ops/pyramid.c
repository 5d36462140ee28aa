/* SPDX-License-Identifier: Apache-2.0 */
/* The engine's front: plans a pyramid, runs it, and sums up its statistics. */
#include "ops/pyramid.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "base/run.h"
#include "ops/pyramid_parts.h"

enum { SAMPLES_WANTED = 1 << 18 }; /* values a channel that the quantiles are taken of */

static uint64_t outer_count(const struct oz_source *source)
{
    return source->shape[OZ_T] * (source->shape[OZ_C] / source->group);
}

bool oz_pyramid_plan(const struct oz_pyramid *pyramid, const uint64_t chunk[3],
                     struct oz_plan *plan, struct oz_err *err)
{
    const struct oz_source *source = pyramid->source;
    struct oz_plan_request request = {
        .level_count = pyramid->level_count,
        .chunk = {chunk[0], chunk[1], chunk[2]},
        .item_size = oz_dtype_size(source->dtype),
        .group = source->group,
        .staged = source->access == OZ_BY_PAGE,
        .by_box = source->access == OZ_BY_BOX,
        .outer = outer_count(source),
        .depth = pyramid->depth,
        .workers = pyramid->jobs,
        .memory = pyramid->memory,
    };
    for (unsigned l = 0; l < pyramid->level_count; l++) {
        memcpy(request.size[l], pyramid->level[l].size, sizeof request.size[l]);
        memcpy(request.factor[l], pyramid->level[l].factor, sizeof request.factor[l]);
    }
    return oz_plan_make(&request, plan, err);
}

/* Sample every n-th voxel of the coarsest level along each axis, so that there are enough. */
static void choose_samples(struct oz_pyramid_shared *shared)
{
    const uint64_t *size = shared->plan->level[shared->plan->level_count - 1].size;
    uint64_t times = shared->pyramid->source->shape[OZ_T];
    shared->sample_level = shared->plan->level_count - 1;
    shared->sample_step = 1;
    for (;; shared->sample_step++) {
        double n = (double)times;
        for (int a = 0; a < 3; a++)
            n *= (double)oz_ceil_div(size[a], shared->sample_step);
        if (n <= SAMPLES_WANTED || shared->sample_step >= 1 << 20)
            return;
    }
}

static bool reserve_samples(const struct oz_pyramid_shared *shared, struct oz_buf *samples,
                            uint64_t channels, struct oz_err *err)
{
    const uint64_t *size = shared->plan->level[shared->sample_level].size;
    uint64_t n = shared->pyramid->source->shape[OZ_T];
    for (int a = 0; a < 3; a++)
        n *= oz_ceil_div(size[a], shared->sample_step);
    for (uint64_t c = 0; c < channels; c++) {
        if (!oz_buf_reserve(&samples[c], n * sizeof(double), err))
            return false;
    }
    return true;
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The values below which 0.1 % and 99.9 % of the samples lie. */
static void take_quantiles(struct oz_channel_stats *stats, struct oz_buf *samples,
                           enum oz_dtype dtype)
{
    double *values = (void *)samples->data;
    size_t count = samples->size / sizeof *values, kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (values[i] == values[i]) /* no NaN */
            values[kept++] = values[i];
    }
    stats->low = oz_extent_min(&stats->extent, dtype);
    stats->high = oz_extent_max(&stats->extent, dtype);
    if (kept == 0)
        return;
    qsort(values, kept, sizeof *values, compare_doubles);
    stats->low = values[(size_t)((double)(kept - 1) * 0.001)];
    stats->high = values[kept - 1 - (size_t)((double)(kept - 1) * 0.001)];
}

static void measure(const void *opaque, uint64_t *done, uint64_t *total, uint64_t *bytes)
{
    const struct oz_pyramid_state *state = opaque;
    *done = state->units_done;
    *total = state->shared->plan->units;
    *bytes = state->bytes_done;
}

static void free_nodes(struct oz_node *node)
{
    while (node) {
        struct oz_node *next = node->next;
        oz_free(node->data);
        oz_free(node);
        node = next;
    }
}

static void free_shards(struct oz_open_shard *shard)
{
    while (shard) {
        struct oz_open_shard *next = shard->next;
        oz_shard_writer_abort(shard->writer);
        oz_free(shard);
        shard = next;
    }
}

static void free_outputs(struct oz_output *output)
{
    while (output) {
        struct oz_output *next = output->next_made;
        oz_output_free(output);
        output = next;
    }
}

static void release_state(struct oz_pyramid_state *state)
{
    for (unsigned l = 0; l < OZ_MAX_LEVELS; l++) {
        free_nodes(state->live[l]);
        free_nodes(state->idle[l]);
        free_shards(state->shards[l]);
    }
    free_shards(state->finished);
    free_shards(state->closing);
    free_outputs(state->made_outputs);
    oz_free(state->stage);
}

static bool run(struct oz_pyramid_shared *shared, struct oz_channel_stats *stats,
                struct oz_buf *samples, struct oz_err *err)
{
    struct oz_pyramid_state state = {.shared = shared, .stats = stats, .samples = samples};
    oz_pyramid_begin(&state);
    const struct oz_loop loop = {.next = oz_pyramid_next,
                                 .work = oz_pyramid_work,
                                 .done = oz_pyramid_done,
                                 .state = &state,
                                 .shared = shared,
                                 .unit_size = sizeof(struct oz_unit),
                                 .scratch_new = oz_pyramid_scratch_new,
                                 .scratch_free = oz_pyramid_scratch_free,
                                 .progress = shared->pyramid->progress,
                                 .measure = measure};
    bool ok = oz_run(&loop, shared->plan->workers, err);
    release_state(&state);
    return ok;
}

bool oz_pyramid_run(const struct oz_pyramid *pyramid, const struct oz_plan *plan,
                    struct oz_channel_stats *stats, struct oz_err *err)
{
    const struct oz_source *source = pyramid->source;
    uint64_t channels = source->shape[OZ_C];
    struct oz_pyramid_shared shared = {
        .pyramid = pyramid, .plan = plan, .channel_groups = channels / source->group};
    for (unsigned l = 0; l < pyramid->level_count; l++) {
        if (pyramid->level[l].array)
            shared.meta[l] = oz_array_meta(pyramid->level[l].array);
    }
    choose_samples(&shared);
    OZ_AUTO_FREE struct oz_buf *samples = oz_alloc(channels, sizeof *samples, err);
    if (!samples)
        return false;
    bool ok = !stats || reserve_samples(&shared, samples, channels, err);
    ok = ok && run(&shared, stats, samples, err);
    for (uint64_t c = 0; c < channels; c++) {
        if (ok && stats)
            take_quantiles(&stats[c], &samples[c], source->dtype);
        oz_buf_release(&samples[c]);
    }
    return ok;
}
