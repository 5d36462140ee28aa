/* SPDX-License-Identifier: Apache-2.0 */
/* Filling one layer of a dataset view: from properties, or from an OME-Zarr image. */
#ifndef OZ_OPS_OPEN_LAYER_H
#define OZ_OPS_OPEN_LAYER_H

#include "ops/open_dataset.h"

void oz_layer_view_release(struct oz_layer_view *layer);

/* From one entry of `view->properties`. False only for lack of memory; all else is a `problem`. */
bool oz_layer_from_properties(const struct oz_dataset_view *view,
                              const struct oz_property_layer *properties,
                              struct oz_layer_view *layer, struct oz_err *err) OZ_MUST_USE;

/* From the multiscale image in a group; MISSING where the group has none. */
enum oz_found oz_layer_from_image(const struct oz_dataset_view *view, const char *group,
                                  const char *name, struct oz_layer_view *layer,
                                  struct oz_err *err) OZ_MUST_USE;

/* From the array that is the store's root, its axes by their names, else the last of t,c,z,y,x. */
bool oz_layer_from_array(const struct oz_dataset_view *view, const char *name,
                         struct oz_layer_view *layer, struct oz_err *err) OZ_MUST_USE;

#endif
