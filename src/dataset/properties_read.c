/* SPDX-License-Identifier: Apache-2.0 */
/* Reads datasource-properties.json in all its spellings; a layer that cannot be read is marked. */
#include "dataset/properties.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "base/ndcopy.h"
#include "base/path.h"
#include "base/text.h"
#include "zarr/group.h"

/* Voxels along an axis: far above any real dataset, far below what overflows. */
static const uint64_t coordinate_limit = UINT64_C(1) << 48;

static bool read_coordinate(const struct oz_json *value, const char *key, uint64_t *out,
                            struct oz_err *err)
{
    if (!oz_json_to_u64(value, out) || *out > coordinate_limit) {
        return oz_fail(err, OZ_EFORMAT, "boundingBox: %s: expected whole numbers from 0 to 2^48",
                       key);
    }
    return true;
}

static bool read_box(const struct oz_json *value, struct oz_property_layer *layer,
                     struct oz_err *err)
{
    static const char *const sizes[3] = {"width", "height", "depth"};
    const struct oz_json *box = NULL;
    const struct oz_json *corner = NULL;
    if (!oz_json_need(value, "boundingBox", OZ_JSON_OBJECT, &box, err)) {
        return false;
    }
    if (!oz_json_need(box, "topLeft", OZ_JSON_ARRAY, &corner, err)) {
        return oz_err_prefix(err, "boundingBox: ");
    }
    for (size_t i = 0; i < 3; i++) {
        if (!read_coordinate(oz_json_at(corner, i), "topLeft", &layer->top_left[i], err) ||
            !read_coordinate(oz_json_get(box, sizes[i]), sizes[i], &layer->size[i], err)) {
            return false;
        }
    }
    return true;
}

/* elementClass counts the bits of all channels: "uint24" is three of uint8. */
static bool read_class(const struct oz_json *value, struct oz_property_layer *layer,
                       struct oz_err *err)
{
    static const char *const kinds[] = {"uint", "int", "float"};
    const char *text = NULL;
    if (!oz_json_need_text(value, "elementClass", &text, err)) {
        return false;
    }
    const struct oz_json *channels = oz_json_get(value, "numChannels");
    layer->channels = strcmp(text, "uint24") == 0 ? 3 : 1;
    if (channels != NULL && (!oz_json_to_u64(channels, &layer->channels) || layer->channels == 0)) {
        return oz_fail(err, OZ_EFORMAT, "numChannels: expected a positive number");
    }
    if (strcmp(text, "float") == 0 || strcmp(text, "double") == 0) {
        layer->dtype = text[0] == 'f' ? OZ_F32 : OZ_F64;
        return true;
    }
    for (size_t i = 0; i < OZ_LENGTH(kinds); i++) {
        size_t n = strlen(kinds[i]);
        uint64_t bits = 0;
        if (strncmp(text, kinds[i], n) != 0 || !oz_text_to_u64(text + n, &bits)) {
            continue;
        }
        if (layer->channels == 1 && bits == 24) {
            layer->channels = 3;
        }
        OZ_AUTO_FREE char *name =
            oz_format(err, "%s%llu", kinds[i], (unsigned long long)(bits / layer->channels));
        if (name == NULL) {
            return false;
        }
        if (bits % layer->channels == 0 && oz_dtype_from_name(name, &layer->dtype)) {
            return true;
        }
    }
    return oz_fail(err, OZ_EFORMAT, "elementClass: '%.40s' with %llu channels is no known type",
                   text, (unsigned long long)layer->channels);
}

static bool read_mag(const struct oz_json *value, struct oz_mag *mag, struct oz_err *err)
{
    const struct oz_json *size = oz_json_get(value, "mag");
    if (size == NULL) {
        size = oz_json_get(value, "resolution");
    }
    uint64_t parts[3] = {0};
    for (size_t i = 0; i < 3; i++) {
        const struct oz_json *part =
            oz_json_type(size) == OZ_JSON_ARRAY ? oz_json_at(size, i) : size;
        if (!oz_json_to_u64(part, &parts[i]) || parts[i] == 0 || parts[i] > UINT32_MAX) {
            return oz_fail(err, OZ_EFORMAT, "mag: expected a number or three of them, from 1 on");
        }
    }
    *mag = (struct oz_mag){(uint32_t)parts[0], (uint32_t)parts[1], (uint32_t)parts[2]};
    return true;
}

static bool read_axis_index(const struct oz_json *object, const char *name, int *out,
                            struct oz_err *err)
{
    const struct oz_json *value = oz_json_get(object, name);
    uint64_t index = 0;
    *out = -1;
    if (value == NULL) {
        return true;
    }
    if (!oz_json_to_u64(value, &index) || index >= OZ_MAX_RANK) {
        return oz_fail(err, OZ_EFORMAT, "axis %s: expected an index below %d", name, OZ_MAX_RANK);
    }
    *out = (int)index;
    return true;
}

static bool read_order(const struct oz_json *value, int t_index, struct oz_axis_order *order,
                       struct oz_err *err)
{
    *order = (struct oz_axis_order){.t = t_index, .c = 0, .x = 1, .y = 2, .z = 3};
    const struct oz_json *axes = oz_json_get(value, "axisOrder");
    if (oz_json_type(axes) != OZ_JSON_OBJECT) {
        return true;
    }
    if (!read_axis_index(axes, "c", &order->c, err) ||
        !read_axis_index(axes, "x", &order->x, err) ||
        !read_axis_index(axes, "y", &order->y, err) ||
        !read_axis_index(axes, "z", &order->z, err)) {
        return oz_err_prefix(err, "axisOrder: ");
    }
    unsigned seen = 0;
    const int indices[] = {order->t, order->c, order->z, order->y, order->x};
    for (size_t i = 0; i < OZ_LENGTH(indices); i++) {
        unsigned bit = indices[i] < 0 ? 0 : 1u << indices[i];
        if ((seen & bit) != 0) {
            return oz_fail(err, OZ_EFORMAT, "axisOrder: two axes have the index %d", indices[i]);
        }
        seen |= bit;
    }
    if (order->x < 0 || order->y < 0) {
        return oz_fail(err, OZ_EFORMAT, "axisOrder: x and y are needed");
    }
    return true;
}

static bool stop_at_first(void *ctx, const char *name, bool is_prefix, uint64_t size)
{
    (void)name;
    (void)is_prefix;
    (void)size;
    *(bool *)ctx = true;
    return false;
}

/* Old documents name no paths: the folder is LAYER/2-2-1 or LAYER/2, else LAYER/2-2-2. */
static char *find_path(struct oz_store *store, const char *layer, struct oz_mag mag,
                       struct oz_err *err)
{
    char name[OZ_MAG_TEXT];
    oz_mag_name(mag, name);
    OZ_AUTO_FREE char *shorter = oz_format(err, "%s/%s", layer, name);
    OZ_AUTO_FREE char *longer = oz_format(err, "%s/%u-%u-%u", layer, mag.x, mag.y, mag.z);
    bool has_shorter = false;
    bool has_longer = false;
    if (shorter == NULL || longer == NULL || !oz_key_check(shorter, err) ||
        !oz_store_list(store, shorter, stop_at_first, &has_shorter, err) ||
        !oz_store_list(store, longer, stop_at_first, &has_longer, err)) {
        return NULL;
    }
    return oz_format(err, "./%s", has_longer && !has_shorter ? longer : shorter);
}

static bool read_mags(struct oz_store *store, const struct oz_json *value, int t_index,
                      struct oz_property_layer *layer, struct oz_err *err)
{
    const struct oz_json *mags = oz_json_get(value, "mags");
    if (oz_json_type(mags) != OZ_JSON_ARRAY &&
        !oz_json_need(value, "wkwResolutions", OZ_JSON_ARRAY, &mags, err)) {
        return oz_fail(err, OZ_EFORMAT, "mags: expected an array, found none");
    }
    size_t count = oz_json_length(mags);
    layer->mags = oz_alloc(count, sizeof *layer->mags, err);
    if (layer->mags == NULL) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        struct oz_property_mag *mag = &layer->mags[i];
        const struct oz_json *entry = oz_json_at(mags, i);
        layer->mag_count = i + 1;
        mag->channel = -1;
        const struct oz_json *channel = oz_json_get(entry, "channelIndex");
        if (oz_json_type(channel) != OZ_JSON_NULL &&
            (!oz_json_to_i64(channel, &mag->channel) || mag->channel < 0)) {
            return oz_fail(err, OZ_EFORMAT, "mags[%zu]: channelIndex: expected a number", i);
        }
        if (!read_mag(entry, &mag->mag, err) || !read_order(entry, t_index, &mag->order, err)) {
            return oz_err_prefix(err, "mags[%zu]: ", i);
        }
        const char *path = oz_json_to_text(oz_json_get(entry, "path"));
        mag->path =
            path != NULL ? oz_strdup(path, err) : find_path(store, layer->name, mag->mag, err);
        if (mag->path == NULL) {
            return oz_err_prefix(err, "mags[%zu]: ", i);
        }
    }
    return true;
}

/* One axis besides c, x, y, z is taken for time, whatever its name. */
static bool read_additional_axes(const struct oz_json *value, struct oz_property_layer *layer,
                                 int *t_index, struct oz_err *err)
{
    const struct oz_json *axes = oz_json_get(value, "additionalAxes");
    *t_index = -1;
    if (oz_json_length(axes) == 0) {
        return true;
    }
    if (oz_json_type(axes) != OZ_JSON_ARRAY || oz_json_length(axes) > 1) {
        return oz_fail(err, OZ_EUNSUPPORTED, "additionalAxes: more than one cannot be handled");
    }
    const struct oz_json *axis = oz_json_at(axes, 0);
    const struct oz_json *bounds = oz_json_get(axis, "bounds");
    uint64_t from = 0;
    uint64_t to = 0;
    if (!oz_json_to_u64(oz_json_at(bounds, 0), &from) ||
        !oz_json_to_u64(oz_json_at(bounds, 1), &to) || to <= from || to > coordinate_limit) {
        return oz_fail(err, OZ_EFORMAT, "additionalAxes: bounds: expected two rising numbers");
    }
    layer->t_size = to;
    if (!read_axis_index(axis, "index", t_index, err)) {
        return oz_err_prefix(err, "additionalAxes: ");
    }
    if (*t_index < 0) {
        return oz_fail(err, OZ_EFORMAT, "additionalAxes: index: expected a number, found none");
    }
    return true;
}

static void read_view(const struct oz_json *view, struct oz_property_layer *layer)
{
    const struct oz_json *range = oz_json_get(view, "intensityRange");
    const struct oz_json *color = oz_json_get(view, "color");
    layer->has_window = oz_json_to_double(oz_json_get(view, "min"), &layer->min) &&
                        oz_json_to_double(oz_json_get(view, "max"), &layer->max);
    layer->has_range = oz_json_to_double(oz_json_at(range, 0), &layer->start) &&
                       oz_json_to_double(oz_json_at(range, 1), &layer->end);
    if (!oz_json_to_bool(oz_json_get(view, "isInverted"), &layer->inverted)) {
        layer->inverted = false;
    }
    double parts[3] = {0};
    layer->color = -1;
    if (oz_json_to_double(oz_json_at(color, 0), &parts[0]) &&
        oz_json_to_double(oz_json_at(color, 1), &parts[1]) &&
        oz_json_to_double(oz_json_at(color, 2), &parts[2])) {
        layer->color = 0;
        for (int i = 0; i < 3; i++) {
            double part = parts[i] >= 0 && parts[i] <= 255 ? parts[i] : 255;
            layer->color = layer->color << 8 | (int64_t)part;
        }
    }
}

static void read_largest_id(const struct oz_json *value, struct oz_property_layer *layer)
{
    const struct oz_json *id = oz_json_get(value, "largestSegmentId");
    const char *digits = oz_json_to_text(oz_json_get(id, "value"));
    layer->has_largest_id = digits != NULL ? oz_text_to_u64(digits, &layer->largest_id)
                                           : oz_json_to_u64(id, &layer->largest_id);
}

static bool read_layer(struct oz_store *store, const struct oz_json *value,
                       struct oz_property_layer *layer, struct oz_err *err)
{
    const char *category = NULL;
    const char *format = NULL;
    int t_index = -1;
    if (!oz_json_need_text(value, "category", &category, err) ||
        !oz_json_need_text(value, "dataFormat", &format, err)) {
        return false;
    }
    layer->segmentation = strcmp(category, "segmentation") == 0;
    layer->data_format = oz_strdup(format, err);
    if (layer->data_format == NULL || !read_box(value, layer, err) ||
        !read_class(value, layer, err) || !read_additional_axes(value, layer, &t_index, err) ||
        !read_mags(store, value, t_index, layer, err)) {
        return false;
    }
    read_view(oz_json_get(value, "defaultViewConfiguration"), layer);
    read_largest_id(value, layer);
    return true;
}

/* A plain list is in nanometers. */
static bool read_scale(const struct oz_json *document, struct oz_properties *properties,
                       struct oz_err *err)
{
    const struct oz_json *scale = oz_json_get(document, "scale");
    const struct oz_json *factor =
        oz_json_type(scale) == OZ_JSON_ARRAY ? scale : oz_json_get(scale, "factor");
    const char *unit = oz_json_to_text(oz_json_get(scale, "unit"));
    for (size_t i = 0; i < 3; i++) {
        double *voxel = &properties->voxel[i];
        if (!oz_json_to_double(oz_json_at(factor, i), voxel) || !isfinite(*voxel) || *voxel <= 0) {
            return oz_fail(err, OZ_EFORMAT, "scale: expected three positive numbers");
        }
    }
    properties->unit = oz_strdup(unit != NULL ? unit : "nanometer", err);
    return properties->unit != NULL;
}

static bool read_layers(struct oz_store *store, const struct oz_json *document,
                        struct oz_properties *properties, struct oz_err *err)
{
    const struct oz_json *layers = NULL;
    if (!oz_json_need(document, "dataLayers", OZ_JSON_ARRAY, &layers, err)) {
        return false;
    }
    size_t count = oz_json_length(layers);
    properties->layers = oz_alloc(count, sizeof *properties->layers, err);
    if (properties->layers == NULL) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        struct oz_property_layer *layer = &properties->layers[i];
        const char *name = NULL;
        properties->layer_count = i + 1;
        layer->color = -1;
        if (!oz_json_need_text(oz_json_at(layers, i), "name", &name, err)) {
            return oz_err_prefix(err, "dataLayers[%zu]: ", i);
        }
        layer->name = oz_strdup(name, err);
        if (layer->name == NULL) {
            return false;
        }
        struct oz_err problem = {0};
        if (read_layer(store, oz_json_at(layers, i), layer, &problem)) {
            continue;
        }
        if (problem.code != OZ_EFORMAT && problem.code != OZ_EUNSUPPORTED) {
            *err = problem;
            return oz_err_prefix(err, "layer %s: ", name);
        }
        layer->problem = oz_strdup(problem.msg, err);
        if (layer->problem == NULL) {
            return false;
        }
    }
    return true;
}

static bool read_document(struct oz_store *store, struct oz_properties *properties,
                          struct oz_err *err)
{
    const struct oz_json *document = properties->document;
    const struct oz_json *version = oz_json_get(document, "version");
    const char *name = oz_json_to_text(oz_json_get(oz_json_get(document, "id"), "name"));
    int64_t number = 1;
    if (oz_json_type(document) != OZ_JSON_OBJECT) {
        return oz_fail(err, OZ_EFORMAT, "expected an object, found %s",
                       oz_json_type_name(document));
    }
    if (version != NULL && (!oz_json_to_i64(version, &number) || number != 1)) {
        return oz_fail(err, OZ_EUNSUPPORTED, "version: only version 1 is known");
    }
    properties->name = oz_strdup(name != NULL ? name : "", err);
    return properties->name != NULL && read_scale(document, properties, err) &&
           read_layers(store, document, properties, err);
}

enum oz_found oz_properties_read(struct oz_store *store, struct oz_properties *out,
                                 struct oz_err *err)
{
    OZ_AUTO(oz_properties) properties = {0};
    enum oz_found found = oz_document_read(store, OZ_PROPERTIES_KEY, &properties.document, err);
    if (found != OZ_FOUND) {
        return found;
    }
    if (!read_document(store, &properties, err)) {
        oz_err_prefix(err, "%s: ", OZ_PROPERTIES_KEY);
        return OZ_FAILED;
    }
    *out = properties;
    properties = (struct oz_properties){0};
    return OZ_FOUND;
}
