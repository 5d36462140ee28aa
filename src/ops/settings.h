/* SPDX-License-Identifier: Apache-2.0 */
/* Options of a conversion, checked and in the units that the work uses. */
#ifndef OZ_OPS_SETTINGS_H
#define OZ_OPS_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "dataset/mag.h"
#include "image/shrink.h"
#include "omezarr/ops.h"

struct oz_settings {
    const struct oz_convert_opts *opts;
    uint64_t chunk[3]; /* z, y, x */
    uint64_t shard[3]; /* z, y, x; 0 where it is chosen */
    bool shrink_given; /* else by category */
    enum oz_shrink shrink;
    enum oz_sampling sampling;
    double unit_nm; /* nanometres in a unit of opts->voxel_size */
    unsigned jobs;
    uint64_t memory;
};

/* Everything that can be told from the options alone; OZ_EINVAL with a sentence where one cannot
 * be. Hints (odd chunk shapes) go to the run's progress. */
bool oz_settings_check(const struct oz_convert_opts *opts, struct oz_settings *settings,
                       struct oz_err *err) OZ_MUST_USE;

/* The kernel of a name: "default" is median for color, mode for segmentation. */
bool oz_interpolation_from_name(const char *name, bool *given, enum oz_shrink *shrink,
                                struct oz_err *err) OZ_MUST_USE;

/* 0 -> one a processor; 0 -> a quarter of the machine's memory. */
unsigned oz_jobs_or_default(unsigned jobs);
uint64_t oz_memory_or_default(uint64_t memory);

#endif
