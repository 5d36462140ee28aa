/* SPDX-License-Identifier: Apache-2.0 */
/* Any dataset or OME-Zarr image as one model: what info, compress and downsample work on. */
#ifndef OZ_OPS_OPEN_DATASET_H
#define OZ_OPS_OPEN_DATASET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "dataset/mag.h"
#include "dataset/properties.h"
#include "ome/ome.h"
#include "omezarr/ops.h"
#include "store/store.h"
#include "zarr/array.h"
#include "zarr/group.h"

enum oz_view_kind {
    OZ_VIEW_OURS,       /* listed in datasource-properties.json, written by omezarr */
    OZ_VIEW_WEBKNOSSOS, /* listed there, written by anything else: arrays may be padded */
    OZ_VIEW_OME,        /* a plain OME-Zarr image */
    OZ_VIEW_ARRAY       /* a single array without any metadata of an image */
};

/* One array. Where `problem` is set the array is NULL and only mag and path are good. */
struct oz_level_view {
    struct oz_mag mag;
    char *path; /* key of the array in the store */
    char *problem;
    struct oz_array *array;
    struct oz_axis_order order;
    uint64_t origin[3]; /* z, y, x: where the real voxels begin in the array ... */
    uint64_t extent[3]; /* z, y, x: ... and how many there are */
    uint64_t t_size;    /* 1 where the array has no such axis */
    uint64_t c_size;
    const struct oz_ome_level
        *ome; /* of the layer's image; NULL where it does not name the array */
};

/* Where `problem` is set the layer cannot be used, and only its name is sure to be good. */
struct oz_layer_view {
    char *name;
    char *problem;
    enum oz_view_kind kind;
    enum oz_category category;    /* OZ_CATEGORY_AUTO where nothing says it */
    char *group;                  /* key of the group that holds the levels; "" is the root */
    struct oz_node node;          /* of that group */
    struct oz_ome_image image;    /* what the group's attributes say; level_count 0 for nothing */
    struct oz_level_view *levels; /* finest first */
    size_t level_count;
    const struct oz_property_layer *properties; /* borrowed from the view; NULL for plain images */
    size_t array_of;  /* the first layer with the same arrays (channels of one): itself if none */
    int64_t channel;  /* the one that is shown of these arrays; -1 for all */
    uint64_t size[3]; /* x, y, z in mag 1 */
    enum oz_dtype dtype;
    double voxel[3]; /* x, y, z */
    char *unit;      /* or NULL */
};

/* Start with `= {0}`, end with oz_dataset_view_release. */
struct oz_dataset_view {
    struct oz_store *store;
    char *name;
    char *folder;                    /* of the store */
    bool has_properties;             /* there is a datasource-properties.json */
    struct oz_properties properties; /* its content */
    struct oz_layer_view *layers;
    size_t layer_count;
    int zarr_format; /* 2 or 3, of the root or the first layer */
};
void oz_dataset_view_release(struct oz_dataset_view *view);

/*
 * Open what is at a path: a dataset with datasource-properties.json, a layer's folder in one, an
 * OME-Zarr image, a group of images (named by `series`, numbered, or just there), or one array.
 * Labels of an image are layers too. Broken layers and arrays are marked, not hidden. OZ_ENOTFOUND
 * where there is nothing of that kind.
 */
bool oz_dataset_view_open(const char *path, struct oz_dataset_view *out,
                          struct oz_err *err) OZ_MUST_USE;

/* The layer of that name; NULL and OZ_ENOTFOUND, with the names there are, if there is none. */
struct oz_layer_view *oz_dataset_view_find(struct oz_dataset_view *view, const char *name,
                                           struct oz_err *err);

#endif
