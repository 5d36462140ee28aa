/* SPDX-License-Identifier: Apache-2.0 */
/* Checks what a user asked a conversion to do, before anything is opened. */
#include "ops/settings.h"

#include <math.h>
#include <string.h>

#include "base/checked.h"
#include "base/progress.h"
#include "base/run.h"
#include "base/text.h"
#include "dataset/properties.h"
#include "ome/ome.h"
#include "zarr/limits.h"

unsigned oz_jobs_or_default(unsigned jobs)
{
    return jobs > 0 ? jobs : oz_processors();
}

uint64_t oz_memory_or_default(uint64_t memory)
{
    return memory > 0 ? memory : oz_machine_memory() / 4;
}

bool oz_interpolation_from_name(const char *name, bool *given, enum oz_shrink *shrink,
                                struct oz_err *err)
{
    *given = name && !oz_text_equal_nocase(name, "default");
    *shrink = OZ_SHRINK_MEDIAN;
    if (!*given || oz_shrink_from_name(name, shrink))
        return true;
    return oz_fail(err, OZ_EINVAL,
                   "interpolation mode '%s' is unknown: use default, median, mode, mean, min, max, "
                   "nearest, bilinear or bicubic",
                   name);
}

static bool check_voxel(const struct oz_convert_opts *opts, struct oz_settings *settings,
                        struct oz_err *err)
{
    settings->unit_nm = oz_unit_nanometers(opts->unit);
    if (settings->unit_nm <= 0)
        return oz_fail(err, OZ_EINVAL, "'%s' is no unit of length: use nanometer, micrometer ...",
                       opts->unit);
    const double *v = opts->voxel_size;
    if (v[0] == 0 && v[1] == 0 && v[2] == 0)
        return true;
    for (int i = 0; i < 3; i++) {
        if (!isfinite(v[i]) || v[i] <= 0)
            return oz_fail(err, OZ_EINVAL,
                           "voxel size %g,%g,%g: each part must be a number above 0", v[0], v[1],
                           v[2]);
    }
    return true;
}

static bool is_power_of_two(uint64_t n)
{
    return (n & (n - 1)) == 0;
}

static bool check_chunk(const struct oz_convert_opts *opts, struct oz_settings *settings,
                        struct oz_err *err)
{
    const uint64_t *c = opts->chunk_shape;
    uint64_t voxels;
    bool odd = false, hint = false;
    for (int i = 0; i < 3; i++) {
        if (c[i] == 0)
            return oz_fail(err, OZ_EINVAL, "chunk shape: each part must be at least 1");
        settings->chunk[2 - i] = c[i];
        odd = odd || !is_power_of_two(c[i]);
        hint = hint || c[i] < 32 || c[i] > 128;
    }
    if (!oz_mul(c[0], c[1], &voxels) || !oz_mul(voxels, c[2], &voxels) ||
        voxels > OZ_LIMIT_CHUNK / 16)
        return oz_fail(err, OZ_EINVAL, "chunk shape %llu,%llu,%llu is too large",
                       (unsigned long long)c[0], (unsigned long long)c[1],
                       (unsigned long long)c[2]);
    if (odd)
        oz_progress_say(opts->run.progress, OZ_EVENT_WARNING,
                        "chunk shape %llu,%llu,%llu: WEBKNOSSOS wants powers of two",
                        (unsigned long long)c[0], (unsigned long long)c[1],
                        (unsigned long long)c[2]);
    else if (hint)
        oz_progress_say(opts->run.progress, OZ_EVENT_WARNING,
                        "chunk edges from 32 to 128 suit viewers best; this one is %llu,%llu,%llu",
                        (unsigned long long)c[0], (unsigned long long)c[1],
                        (unsigned long long)c[2]);
    return true;
}

static bool is_given(const uint64_t shape[3])
{
    return shape[0] || shape[1] || shape[2];
}

static bool check_shard(const struct oz_convert_opts *opts, struct oz_settings *settings,
                        struct oz_err *err)
{
    const uint64_t *s = opts->shard_shape, *n = opts->chunks_per_shard, *c = opts->chunk_shape;
    if (is_given(s) && is_given(n))
        return oz_fail(err, OZ_EINVAL, "give --shard-shape or --chunks-per-shard, not both");
    if (!is_given(s) && !is_given(n))
        return true;
    uint64_t total = 1;
    for (int i = 0; i < 3; i++) {
        uint64_t edge = s[i];
        if (!is_given(s) && !oz_mul(n[i], c[i], &edge))
            return oz_fail(err, OZ_EINVAL, "chunks per shard: the shard would be too large");
        if (edge == 0 || edge % c[i] != 0)
            return oz_fail(err, OZ_EINVAL,
                           "shard shape: %llu is not a multiple of the chunk's %llu along %c",
                           (unsigned long long)edge, (unsigned long long)c[i], "xyz"[i]);
        if (opts->zarr_format == 2 && edge != c[i])
            return oz_fail(err, OZ_EINVAL,
                           "Zarr v2 has no shards: with --data-format zarr leave "
                           "the shard shape out");
        if (!oz_mul(total, edge / c[i], &total) || total > OZ_LIMIT_SHARD_CHUNKS)
            return oz_fail(err, OZ_EINVAL, "shard shape: more than %llu chunks in a shard",
                           (unsigned long long)OZ_LIMIT_SHARD_CHUNKS);
        settings->shard[2 - i] = edge;
    }
    return true;
}

static bool check_words(const struct oz_convert_opts *opts, struct oz_settings *settings,
                        struct oz_err *err)
{
    if (opts->zarr_format != 2 && opts->zarr_format != 3)
        return oz_fail(err, OZ_EINVAL, "Zarr format %d: 2 or 3", opts->zarr_format);
    if (!oz_sampling_from_name(opts->sampling, &settings->sampling))
        return oz_fail(err, OZ_EINVAL,
                       "sampling mode '%s' is unknown: use anisotropic, isotropic or constant_z",
                       opts->sampling);
    if (opts->layer_name && !oz_layer_name_is_valid(opts->layer_name))
        return oz_fail(err, OZ_EINVAL,
                       "layer name '%s': use letters, digits, _ - . $ @, not starting with a dot; "
                       "'labels' and 'OME' are reserved",
                       opts->layer_name);
    if (opts->batch_size % opts->chunk_shape[2] != 0)
        return oz_fail(
            err, OZ_EINVAL, "batch size %llu is not a multiple of the chunk's depth %llu",
            (unsigned long long)opts->batch_size, (unsigned long long)opts->chunk_shape[2]);
    if (!opts->compress && opts->codec && strcmp(opts->codec, "none") != 0)
        return oz_fail(err, OZ_EINVAL, "--no-compress and a codec exclude each other");
    return oz_interpolation_from_name(opts->interpolation, &settings->shrink_given,
                                      &settings->shrink, err);
}

bool oz_settings_check(const struct oz_convert_opts *opts, struct oz_settings *settings,
                       struct oz_err *err)
{
    *settings = (struct oz_settings){.opts = opts,
                                     .jobs = oz_jobs_or_default(opts->run.jobs),
                                     .memory = oz_memory_or_default(opts->run.memory)};
    return check_voxel(opts, settings, err) && check_chunk(opts, settings, err) &&
           check_shard(opts, settings, err) && check_words(opts, settings, err);
}
