/* SPDX-License-Identifier: Apache-2.0 */
/* datasource-properties.json: the dataset as WEBKNOSSOS sees it. */
#ifndef OZ_DATASET_PROPERTIES_H
#define OZ_DATASET_PROPERTIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "dataset/mag.h"
#include "json/json.h"
#include "store/store.h"
#include "zarr/dtype.h"

/* Where each axis is in the array; -1 for an axis that it does not have. */
struct oz_axis_order {
    int t, c, z, y, x;
};

struct oz_property_mag {
    struct oz_mag mag;
    char *path; /* "./em/2-2-1" */
    struct oz_axis_order order;
    int64_t channel; /* channelIndex, -1 for none */
};

struct oz_property_layer {
    char *name;
    bool segmentation;
    char *data_format;    /* "zarr3", "zarr", ... */
    uint64_t top_left[3]; /* x, y, z */
    uint64_t size[3];     /* x, y, z in mag 1 */
    uint64_t t_size;      /* additionalAxes "t"; 0 for none */
    enum oz_dtype dtype;  /* of a channel */
    uint64_t channels;    /* numChannels */
    struct oz_property_mag *mags;
    size_t mag_count;
    bool has_window;
    double min, max;   /* of the data */
    double start, end; /* intensityRange */
    bool has_range;
    bool inverted;
    int64_t color; /* 0xRRGGBB, -1 for none */
    bool has_largest_id;
    uint64_t largest_id; /* largestSegmentId */
    char *problem;       /* what cannot be read in it; NULL: nothing. The name is good even so */
};

/* Start with `= {0}`, end with oz_properties_release. */
struct oz_properties {
    char *name;
    double voxel[3]; /* x, y, z in `unit` */
    char *unit;      /* "nanometer" */
    struct oz_property_layer *layers;
    size_t layer_count;
    struct oz_json *document; /* what was read, so that everything unknown to us is kept */
};
void oz_properties_release(struct oz_properties *properties);

#define OZ_PROPERTIES_KEY "datasource-properties.json"

/* Read it from the root of the store, old spellings included (wkwResolutions, plain scale,
 * integer resolutions, missing paths). MISSING if there is none. */
enum oz_found oz_properties_read(struct oz_store *store, struct oz_properties *out,
                                 struct oz_err *err) OZ_MUST_USE;

/* Make the document anew and write it. Each layer's channels are 1, or 3 of uint8 (uint24); a layer
 * that shows one channel of an array with a c axis has a channelIndex in its mags. */
bool oz_properties_write(struct oz_store *store, const struct oz_properties *properties,
                         struct oz_err *err) OZ_MUST_USE;

/* Add a mag to a layer that was read, in the model and in `properties->document`, where everything
 * else stays as it is. A mag of the same size is replaced. OZ_ENOTFOUND without such a layer. */
bool oz_properties_add_mag(struct oz_properties *properties, const char *layer,
                           const struct oz_property_mag *mag, struct oz_err *err) OZ_MUST_USE;

/* Write the document that was read, as it is now. */
bool oz_properties_save(struct oz_store *store, const struct oz_properties *properties,
                        struct oz_err *err) OZ_MUST_USE;

/* uint24 for 3 x uint8, "float", "double" ... ; false where WEBKNOSSOS has no such class. Types
 * that its own converter would not write (double, int64 in color layers) have one and open. */
bool oz_element_class(enum oz_dtype dtype, uint64_t channels, char out[16]) OZ_MUST_USE;

/* A layer name made of allowed characters: others removed, leading dots too; NULL and OZ_EINVAL if
 * nothing is left or the name is reserved ("labels", "OME"). */
char *oz_layer_name_clean(const char *text, struct oz_err *err) OZ_MUST_USE;
/* True where the name may be used as it is. */
bool oz_layer_name_is_valid(const char *text);

#endif
