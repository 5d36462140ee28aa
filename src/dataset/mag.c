/* SPDX-License-Identifier: Apache-2.0 */
/* Names of magnifications, and the scheme by which coarser ones follow from finer ones. */
#include "dataset/mag.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "base/text.h"

enum {
    MAX_DIGITS = 10,  /* of a part of a mag's name */
    MAX_PLANNED = 32, /* each has a larger maximum than the one before, and is a power of two */
    DEFAULT_MIN = 4,
    DEFAULT_SIZE = 100 /* voxels along x or y that the coarsest mag has at most */
};

uint32_t oz_mag_max(struct oz_mag mag)
{
    const uint32_t xy = mag.x > mag.y ? mag.x : mag.y;
    return xy > mag.z ? xy : mag.z;
}

bool oz_mag_equal(struct oz_mag a, struct oz_mag b)
{
    return a.x == b.x && a.y == b.y && a.z == b.z;
}

void oz_mag_name(struct oz_mag mag, char out[OZ_MAG_TEXT])
{
    if (mag.x == mag.y && mag.y == mag.z)
        snprintf(out, OZ_MAG_TEXT, "%" PRIu32, mag.x);
    else
        snprintf(out, OZ_MAG_TEXT, "%" PRIu32 "-%" PRIu32 "-%" PRIu32, mag.x, mag.y, mag.z);
}

/* A power of two up to `end`, which lies in the same text. */
static bool parse_part(const char *text, const char *end, uint32_t *out)
{
    char digits[MAX_DIGITS + 1] = {0};
    if (end - text > MAX_DIGITS)
        return false;
    memcpy(digits, text, (size_t)(end - text));
    uint64_t value = 0;
    if (!oz_text_to_u64(digits, &value) || value == 0 || (value & (value - 1)) != 0 ||
        value > UINT32_MAX)
        return false;
    *out = (uint32_t)value;
    return true;
}

bool oz_mag_parse(const char *text, struct oz_mag *out)
{
    uint32_t parts[3] = {0};
    size_t count = 0;
    const char *end = text + strlen(text);
    for (const char *at = text;; count++) {
        const char *dash = strchr(at, '-');
        if (count == 3 || !parse_part(at, dash != NULL ? dash : end, &parts[count]))
            return false;
        if (dash == NULL)
            break;
        at = dash + 1;
    }
    if (count == 0)
        *out = (struct oz_mag){parts[0], parts[0], parts[0]};
    else if (count == 2)
        *out = (struct oz_mag){parts[0], parts[1], parts[2]};
    return count == 0 || count == 2;
}

bool oz_sampling_from_name(const char *name, enum oz_sampling *out)
{
    static const char *const names[] = {[OZ_ANISOTROPIC] = "anisotropic",
                                        [OZ_ISOTROPIC] = "isotropic",
                                        [OZ_CONSTANT_Z] = "constant_z"};
    for (size_t i = 0; i < OZ_LENGTH(names); i++) {
        if (oz_text_equal_nocase(name, names[i])) {
            *out = (enum oz_sampling)i;
            return true;
        }
    }
    return false;
}

/* ---- the scheme ---- */

static uint32_t smaller(uint64_t a, uint32_t b)
{
    return a < b ? (uint32_t)a : b;
}

/* Each part times its factor, but not beyond `coarsest`. */
static struct oz_mag multiply(struct oz_mag mag, const unsigned factor[3], struct oz_mag coarsest)
{
    return (struct oz_mag){smaller((uint64_t)mag.x * factor[0], coarsest.x),
                           smaller((uint64_t)mag.y * factor[1], coarsest.y),
                           smaller((uint64_t)mag.z * factor[2], coarsest.z)};
}

/* How far voxels of these edges are from cubes. */
static double elongation(const double size[3])
{
    return fmax(fmax(size[0], size[1]), size[2]) / fmin(fmin(size[0], size[1]), size[2]);
}

/*
 * Either all parts are doubled or only those along the voxel's shortest edges, whichever brings the
 * voxel closer to a cube; the latter if both do alike. Edges are compared exactly.
 */
static bool anisotropic_factor(struct oz_mag mag, const double voxel[3], unsigned factor[3])
{
    const double size[3] = {mag.x * voxel[0], mag.y * voxel[1], mag.z * voxel[2]};
    const double shortest = fmin(fmin(size[0], size[1]), size[2]);
    double all[3], some[3];
    for (int a = 0; a < 3; a++) {
        factor[a] = size[a] == shortest ? 2 : 1;
        all[a] = size[a] * 2;
        some[a] = size[a] * factor[a];
    }
    const bool take_all = elongation(all) < elongation(some);
    if (take_all)
        factor[0] = factor[1] = factor[2] = 2;
    return take_all;
}

static bool all_at_most(struct oz_mag a, struct oz_mag b)
{
    return a.x <= b.x && a.y <= b.y && a.z <= b.z;
}

/* The mag with this maximum that other layers have, if any; they must agree on it. */
static enum oz_found find_aligned(const struct oz_mag_request *request, uint64_t max,
                                  struct oz_mag *out, struct oz_err *err)
{
    enum oz_found found = OZ_MISSING;
    for (size_t i = 0; i < request->other_count; i++) {
        const struct oz_mag other = request->others[i];
        if (oz_mag_max(other) != max)
            continue;
        if (found == OZ_FOUND && !oz_mag_equal(other, *out)) {
            char a[OZ_MAG_TEXT], b[OZ_MAG_TEXT];
            oz_mag_name(*out, a);
            oz_mag_name(other, b);
            oz_fail(err, OZ_EINVAL,
                    "other layers have mag %s and mag %s, so it is open which to make", a, b);
            return OZ_FAILED;
        }
        *out = other;
        found = OZ_FOUND;
    }
    return found;
}

/* A plan in the making. */
struct scheme {
    const struct oz_mag_request *request;
    enum oz_sampling sampling;
    struct oz_mag coarsest;
    struct oz_mag current;
    struct oz_mag mags[MAX_PLANNED];
    size_t count;
};

static bool fail_unreachable(const struct scheme *scheme, struct oz_err *err)
{
    const double *voxel = scheme->request->voxel;
    char from[OZ_MAG_TEXT], to[OZ_MAG_TEXT];
    oz_mag_name(scheme->current, from);
    oz_mag_name(scheme->coarsest, to);
    return oz_fail(err, OZ_EINVAL,
                   "coarsest mag %s cannot be reached from mag %s with voxels of %g x %g x %g; "
                   "try another sampling mode",
                   to, from, voxel[0], voxel[1], voxel[2]);
}

/* Go on to `next`, which is one to make unless it is only passed through. */
static bool advance(struct scheme *scheme, struct oz_mag next, bool make, struct oz_err *err)
{
    char before[OZ_MAG_TEXT], after[OZ_MAG_TEXT];
    oz_mag_name(scheme->count > 0 ? scheme->mags[scheme->count - 1] : scheme->current, before);
    oz_mag_name(next, after);
    if (!all_at_most(scheme->current, next))
        return oz_fail(err, OZ_EINVAL,
                       "mag %s would follow mag %s, but is finer along some axis; "
                       "try another coarsest mag",
                       after, before);
    scheme->current = next;
    if (!make)
        return true;
    if (scheme->count > 0 && oz_mag_max(scheme->mags[scheme->count - 1]) == oz_mag_max(next))
        return oz_fail(err, OZ_EINVAL,
                       "mags %s and %s would have the same largest number, which readers cannot "
                       "tell apart; try another sampling mode",
                       before, after);
    if (scheme->count == MAX_PLANNED) /* only where existing mags are no powers of two */
        return oz_fail(err, OZ_EINVAL, "mag %s would be the %d-th to make, which is too many",
                       after, MAX_PLANNED + 1);
    scheme->mags[scheme->count++] = next;
    return true;
}

static bool step(struct scheme *scheme, struct oz_err *err)
{
    const struct oz_mag current = scheme->current;
    struct oz_mag next;
    switch (find_aligned(scheme->request, (uint64_t)oz_mag_max(current) * 2, &next, err)) {
    case OZ_FAILED:
        return false;
    case OZ_FOUND:
        return advance(scheme, next, true, err);
    default:
        break;
    }
    unsigned factor[3] = {2, 2, 2};
    const bool all = scheme->sampling != OZ_ANISOTROPIC ||
                     anisotropic_factor(current, scheme->request->voxel, factor);
    next = multiply(current, factor, scheme->coarsest);
    if (oz_mag_equal(next, current))
        return fail_unreachable(scheme, err);
    /* Where the largest number stays, readers could not tell the two apart: pass on. */
    return advance(scheme, next, all || oz_mag_max(next) != oz_mag_max(current), err);
}

/* So coarse that x and y have about a hundred voxels. */
static struct oz_mag default_coarsest(const uint64_t size[3])
{
    const uint64_t wide = oz_max_u64(size[0], size[1]);
    uint32_t mag = DEFAULT_MIN;
    while (mag <= UINT32_MAX / 2 && (uint64_t)mag * DEFAULT_SIZE < wide)
        mag *= 2;
    return (struct oz_mag){mag, mag, mag};
}

/* Where to stop, and how to get there. */
static bool prepare(struct scheme *scheme, struct oz_err *err)
{
    const struct oz_mag_request *request = scheme->request;
    const bool by_default = request->coarsest.x == 0;
    scheme->current = request->from;
    scheme->coarsest = by_default ? default_coarsest(request->size) : request->coarsest;
    /* Averaging a single plane with nothing would darken it. */
    scheme->sampling = request->size[2] == 1 ? OZ_CONSTANT_Z : request->sampling;
    if (scheme->sampling == OZ_CONSTANT_Z)
        scheme->coarsest.z = request->from.z;
    for (int a = 0; a < 3; a++) {
        if (scheme->sampling == OZ_ANISOTROPIC &&
            !(isfinite(request->voxel[a]) && request->voxel[a] > 0))
            return oz_fail(err, OZ_EINVAL, "voxel size %g is not a positive number",
                           request->voxel[a]);
    }
    if (!by_default && !all_at_most(request->from, scheme->coarsest)) {
        char from[OZ_MAG_TEXT], to[OZ_MAG_TEXT];
        oz_mag_name(request->from, from);
        oz_mag_name(scheme->coarsest, to);
        return oz_fail(err, OZ_EINVAL, "coarsest mag %s is finer than mag %s, which exists", to,
                       from);
    }
    return true;
}

bool oz_mags_plan(const struct oz_mag_request *request, struct oz_mag **mags, size_t *count,
                  struct oz_err *err)
{
    struct scheme scheme = {.request = request};
    if (!prepare(&scheme, err))
        return false;
    while (oz_mag_max(scheme.current) < oz_mag_max(scheme.coarsest)) {
        if (!step(&scheme, err))
            return false;
    }
    struct oz_mag *list = oz_alloc(scheme.count, sizeof *list, err);
    if (list == NULL)
        return false;
    memcpy(list, scheme.mags, scheme.count * sizeof *list);
    *mags = list;
    *count = scheme.count;
    return true;
}
