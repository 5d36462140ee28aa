/* SPDX-License-Identifier: Apache-2.0 */
/* OME-Zarr metadata as a model: what multiscales, omero and the image list say. */
#ifndef OZ_OME_OME_H
#define OZ_OME_OME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "json/json.h"

enum { OZ_OME_MAX_AXES = 5 };

struct oz_ome_axis {
    char *name; /* "t", "c", "z", "y", "x" */
    char *type; /* "time", "channel", "space"; NULL where not given */
    char *unit; /* "nanometer"; NULL where not given */
};

struct oz_ome_level {
    char *path; /* relative to the group */
    double scale[OZ_OME_MAX_AXES];
    double translation[OZ_OME_MAX_AXES]; /* zeros where not given */
    bool scale_unknown;                  /* no scale was given: 0.1-0.3 */
};

struct oz_ome_channel {
    char *label;    /* or NULL */
    uint32_t color; /* 0xRRGGBB */
    bool inverted;
    bool active;
    double min, max, start, end; /* the window */
    bool window_unknown;         /* there is none */
};

/* One multiscale image. Start with `= {0}`, end with oz_ome_image_release. */
struct oz_ome_image {
    char version[8];          /* "0.4", "0.5" */
    char *name;               /* or NULL */
    char *type;               /* downscaling method, or NULL */
    struct oz_json *metadata; /* or NULL */
    unsigned rank;
    struct oz_ome_axis axes[OZ_OME_MAX_AXES];
    struct oz_ome_level *levels;
    size_t level_count;
    struct oz_ome_channel *channels; /* omero; NULL where there is none */
    size_t channel_count;
    bool axes_assumed;  /* none were given: t,c,z,y,x, of which the array has the last ones */
    uint64_t default_t; /* what a viewer shows first */
    uint64_t default_z;
};
void oz_ome_image_release(struct oz_ome_image *image);

/* Read the first multiscale of a group's attributes: 0.4 (top level) and 0.5 (below "ome"), 0.1-0.3
 * as far as axes and paths go. MISSING where the group has no multiscales. Tolerant of what is met
 * in the wild: axes without type, unknown units, missing or short transformations, omero without
 * window or color. Scale and translation of both places are combined. */
enum oz_found oz_ome_image_read(const struct oz_json *attributes, struct oz_ome_image *out,
                                struct oz_err *err) OZ_MUST_USE;

/* The attributes of the image's group: for "0.5" an object {"ome": {...}}, for "0.4" the keys at
 * top level. Passes the official strict schema. Sections 1.1 and 1.2 of the specification. */
struct oz_json *oz_ome_image_write(const struct oz_ome_image *image,
                                   struct oz_err *err) OZ_MUST_USE;

/* Replace what we write in existing attributes and keep every other key, also inside of
 * multiscales, datasets, omero and channels. It is written where it was found: below "ome" or at
 * top level. A name, type, metadata or channels that the model does not have stay too. `attributes`
 * may be NULL.
 */
struct oz_json *oz_ome_image_update(const struct oz_json *attributes,
                                    const struct oz_ome_image *image,
                                    struct oz_err *err) OZ_MUST_USE;

/* Attributes of a root group that holds several images (bioformats2raw.layout 3), and of its OME
 * group, which lists them in `series`. */
struct oz_json *oz_ome_root_write(const char *version, struct oz_err *err) OZ_MUST_USE;
struct oz_json *oz_ome_series_write(const char *version, const char *const *paths, size_t count,
                                    struct oz_err *err) OZ_MUST_USE;

/* The images a root group names: `series` of an OME group's attributes. MISSING if it has none.
 * Paths are checked keys. Free each and the list with oz_free. */
enum oz_found oz_ome_series_read(const struct oz_json *attributes, char ***paths, size_t *count,
                                 struct oz_err *err) OZ_MUST_USE;

/* The label images that a `labels` group lists, likewise. */
enum oz_found oz_ome_labels_read(const struct oz_json *attributes, char ***paths, size_t *count,
                                 struct oz_err *err) OZ_MUST_USE;

/* A member of the attributes: below "ome" (0.5), else at top level. NULL if there is none. */
const struct oz_json *oz_ome_member(const struct oz_json *attributes, const char *key);

/* Nanometres in one unit, 0 if it is no unit of length; the OME name of a unit ("nm", "µm",
 * "micron" ... -> "nanometer", "micrometer"), NULL if unknown. */
double oz_unit_nanometers(const char *unit);
const char *oz_unit_ome_name(const char *unit);

#endif
