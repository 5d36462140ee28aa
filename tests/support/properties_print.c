/* SPDX-License-Identifier: Apache-2.0 */
/* Writes a datasource-properties.json for the WEBKNOSSOS package to open:
 *     properties_print FOLDER FORMAT DTYPE AXES SHAPE CHANNELS CATEGORY LARGEST_ID
 * FORMAT is zarr3 or zarr, AXES like tczyx, SHAPE one number an axis (2,3,8,16,32), CHANNELS
 * "layers" (one a channel) or "together" (one layer); the mags are 1 and 2-2-1 of layer em.
 * LARGEST_ID "none" leaves it out. `properties_print FOLDER add` reads the document instead, adds
 * mag 4-4-2 to its first layer and saves it. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "dataset/properties.h"

static int index_of(const char *axes, char axis)
{
    const char *found = strchr(axes, axis);
    return found == NULL ? -1 : (int)(found - axes);
}

static uint64_t size_of(const uint64_t *shape, int index)
{
    return index < 0 ? 1 : shape[index];
}

static bool parse_shape(char *text, uint64_t shape[8], struct oz_err *err)
{
    char *rest = text;
    for (int i = 0; rest != NULL && i < 8; i++) {
        char *comma = strchr(rest, ',');
        if (comma != NULL) {
            *comma = '\0';
        }
        if (!oz_text_to_u64(rest, &shape[i])) {
            return oz_fail(err, OZ_EINVAL, "shape: %s is no number", rest);
        }
        rest = comma == NULL ? NULL : comma + 1;
    }
    return true;
}

static bool fill_layer(char **argv, const uint64_t *shape, int64_t channel,
                       struct oz_property_layer *layer, struct oz_err *err)
{
    static const struct oz_mag mags[] = {{1, 1, 1}, {2, 2, 1}};
    const char *axes = argv[4];
    struct oz_axis_order order = {index_of(axes, 't'), index_of(axes, 'c'), index_of(axes, 'z'),
                                  index_of(axes, 'y'), index_of(axes, 'x')};
    layer->name =
        channel < 0 ? oz_strdup("em", err) : oz_format(err, "em__channel%lld", (long long)channel);
    layer->data_format = oz_strdup(argv[2], err);
    layer->segmentation = strcmp(argv[7], "segmentation") == 0;
    layer->size[0] = size_of(shape, order.x);
    layer->size[1] = size_of(shape, order.y);
    layer->size[2] = size_of(shape, order.z);
    layer->t_size = order.t < 0 ? 0 : shape[order.t];
    layer->channels = channel < 0 ? size_of(shape, order.c) : 1;
    layer->has_window = true;
    layer->min = -1.5;
    layer->max = 255;
    layer->has_range = true;
    layer->start = 2;
    layer->end = 250;
    layer->color = channel < 0 ? -1 : 0xFF8000;
    layer->inverted = channel == 1;
    layer->has_largest_id = strcmp(argv[8], "none") != 0;
    if (layer->has_largest_id && !oz_text_to_u64(argv[8], &layer->largest_id)) {
        return oz_fail(err, OZ_EINVAL, "largest id: %s is no number", argv[8]);
    }
    if (!oz_dtype_from_name(argv[3], &layer->dtype)) {
        return oz_fail(err, OZ_EINVAL, "no data type %s", argv[3]);
    }
    layer->mags = oz_alloc(OZ_LENGTH(mags), sizeof *layer->mags, err);
    for (size_t i = 0; layer->mags != NULL && i < OZ_LENGTH(mags); i++) {
        layer->mags[i] = (struct oz_property_mag){
            .mag = mags[i],
            .path = oz_strdup(i == 0 ? "./em/1" : "./em/2-2-1", err),
            .order = order,
            .channel = channel,
        };
        layer->mag_count++;
    }
    return err->code == OZ_OK;
}

static bool write_new(struct oz_store *store, char **argv, struct oz_err *err)
{
    uint64_t shape[8] = {0};
    OZ_AUTO(oz_properties) properties = {.voxel = {11.24, 11.24, 25.0}};
    if (!parse_shape(argv[5], shape, err)) {
        return false;
    }
    bool split = strcmp(argv[6], "layers") == 0 && strchr(argv[4], 'c') != NULL;
    size_t count = split ? size_of(shape, index_of(argv[4], 'c')) : 1;
    properties.name = oz_strdup("printed", err);
    properties.unit = oz_strdup("nanometer", err);
    properties.layers = oz_alloc(count, sizeof *properties.layers, err);
    for (size_t i = 0; properties.layers != NULL && i < count; i++) {
        properties.layer_count = i + 1;
        if (!fill_layer(argv, shape, split ? (int64_t)i : -1, &properties.layers[i], err)) {
            return false;
        }
    }
    return err->code == OZ_OK && oz_properties_write(store, &properties, err);
}

static bool add_one(struct oz_store *store, struct oz_err *err)
{
    OZ_AUTO(oz_properties) properties = {0};
    if (oz_properties_read(store, &properties, err) != OZ_FOUND) {
        return oz_err_prefix(err, "read: ");
    }
    struct oz_property_mag mag = {.mag = {4, 4, 2}, .channel = -1};
    OZ_AUTO_FREE char *path = oz_format(err, "./%s/4-4-2", properties.layers[0].name);
    mag.path = path;
    mag.order = properties.layers[0].mags[0].order;
    return path != NULL &&
           oz_properties_add_mag(&properties, properties.layers[0].name, &mag, err) &&
           oz_properties_save(store, &properties, err);
}

int main(int argc, char **argv)
{
    struct oz_err err = {0};
    bool add = argc == 3 && strcmp(argv[2], "add") == 0;
    if (!add && argc != 9) {
        fprintf(stderr, "usage: properties_print FOLDER FORMAT DTYPE AXES SHAPE CHANNELS CATEGORY "
                        "LARGEST_ID, or FOLDER add\n");
        return 2;
    }
    OZ_AUTO_PTR(oz_store) store = oz_store_open(argv[1], &err);
    if (store == NULL || !(add ? add_one(store, &err) : write_new(store, argv, &err))) {
        fprintf(stderr, "properties_print: %s\n", err.msg);
        return 1;
    }
    return 0;
}
