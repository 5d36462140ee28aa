/* SPDX-License-Identifier: Apache-2.0 */
/* Magnifications: by how much a level is coarser than mag 1 along x, y, z, and which ones to make.
 */
#ifndef OZ_DATASET_MAG_H
#define OZ_DATASET_MAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct oz_mag {
    uint32_t x, y, z;
};
enum { OZ_MAG_TEXT = 40 };

uint32_t oz_mag_max(struct oz_mag mag);
bool oz_mag_equal(struct oz_mag a, struct oz_mag b);

/* "1", "2", "2-2-1": isotropic ones are one number. */
void oz_mag_name(struct oz_mag mag, char out[OZ_MAG_TEXT]);

/* "2", "2-2-1", also "1-1-1"; every part a power of two. False otherwise, no message. */
bool oz_mag_parse(const char *text, struct oz_mag *out) OZ_MUST_USE;

enum oz_sampling { OZ_ANISOTROPIC, OZ_ISOTROPIC, OZ_CONSTANT_Z };
bool oz_sampling_from_name(const char *name, enum oz_sampling *out) OZ_MUST_USE;

struct oz_mag_request {
    struct oz_mag from;     /* the coarsest that exists */
    struct oz_mag coarsest; /* as asked for; {0} for the default rule */
    enum oz_sampling sampling;
    double voxel[3];             /* x, y, z in one unit */
    uint64_t size[3];            /* x, y, z of mag 1 */
    const struct oz_mag *others; /* mags of the dataset's other layers, to line up with */
    size_t other_count;
};

/*
 * The mags to make, finest first, each to be computed from the one before (the first from `from`):
 * WEBKNOSSOS's scheme to the letter, docs/downsample.md. `*mags` is the caller's (oz_free); none is
 * fine. OZ_EINVAL where `coarsest` cannot be reached or is finer than `from`.
 */
bool oz_mags_plan(const struct oz_mag_request *request, struct oz_mag **mags, size_t *count,
                  struct oz_err *err) OZ_MUST_USE;

#endif
