/* SPDX-License-Identifier: Apache-2.0 */
/* The life of the OME-Zarr model: giving back what an image holds. */
#include "ome/ome.h"

#include "base/alloc.h"

void oz_ome_image_release(struct oz_ome_image *image)
{
    oz_free(image->name);
    oz_free(image->type);
    oz_json_free(image->metadata);
    for (unsigned i = 0; i < OZ_OME_MAX_AXES; i++) {
        oz_free(image->axes[i].name);
        oz_free(image->axes[i].type);
        oz_free(image->axes[i].unit);
    }
    for (size_t i = 0; i < image->level_count; i++) {
        oz_free(image->levels[i].path);
    }
    oz_free(image->levels);
    for (size_t i = 0; i < image->channel_count; i++) {
        oz_free(image->channels[i].label);
    }
    oz_free(image->channels);
    *image = (struct oz_ome_image){0};
}
