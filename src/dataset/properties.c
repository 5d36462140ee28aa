/* SPDX-License-Identifier: Apache-2.0 */
/* Writes datasource-properties.json: a new one from the model, or one more mag into what is there.
 */
#include "dataset/properties.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/ndcopy.h"

enum { INDENT = 4 };

/* Above this JavaScript's numbers are not exact, and WEBKNOSSOS wraps the digits in an object. */
static const uint64_t largest_plain_id = (UINT64_C(1) << 53) - 1;

void oz_properties_release(struct oz_properties *properties)
{
    for (size_t n = 0; n < properties->layer_count; n++) {
        struct oz_property_layer *layer = &properties->layers[n];
        for (size_t i = 0; i < layer->mag_count; i++) {
            oz_free(layer->mags[i].path);
        }
        oz_free(layer->mags);
        oz_free(layer->name);
        oz_free(layer->data_format);
        oz_free(layer->problem);
    }
    oz_free(properties->layers);
    oz_free(properties->name);
    oz_free(properties->unit);
    oz_json_free(properties->document);
    *properties = (struct oz_properties){0};
}

bool oz_element_class(enum oz_dtype dtype, uint64_t channels, char out[16])
{
    const char *name = NULL;
    if (channels == 3 && dtype == OZ_U8) {
        name = "uint24";
    } else if (channels == 1 && dtype == OZ_F32) {
        name = "float";
    } else if (channels == 1 && dtype == OZ_F64) {
        name = "double";
    } else if (channels == 1 && oz_dtype_is_pixel(dtype)) {
        name = oz_dtype_name(dtype);
    }
    if (name == NULL) {
        return false;
    }
    memcpy(out, name, strlen(name) + 1);
    return true;
}

static void make_numbers(struct oz_json_maker *maker, struct oz_json *parent, const char *key,
                         const uint64_t values[3])
{
    struct oz_json *list = oz_make_array(maker, parent, key);
    for (int i = 0; i < 3; i++) {
        oz_make_u64(maker, list, NULL, values[i]);
    }
}

/* Members in the order of the array's axes; t is among the layer's additionalAxes instead. */
static void make_axis_order(struct oz_json_maker *maker, struct oz_json *parent,
                            const struct oz_axis_order *order)
{
    const struct {
        const char *name;
        int index;
    } axes[] = {{"c", order->c}, {"z", order->z}, {"y", order->y}, {"x", order->x}};

    struct oz_json *object = oz_make_object(maker, parent, "axisOrder");
    for (int index = 0; index < OZ_MAX_RANK; index++) {
        for (size_t i = 0; i < OZ_LENGTH(axes); i++) {
            if (axes[i].index == index) {
                oz_make_i64(maker, object, axes[i].name, index);
            }
        }
    }
}

static void make_mag(struct oz_json_maker *maker, struct oz_json *mags,
                     const struct oz_property_mag *mag, bool with_order)
{
    struct oz_json *object = oz_make_object(maker, mags, NULL);
    make_numbers(maker, object, "mag", (uint64_t[]){mag->mag.x, mag->mag.y, mag->mag.z});
    oz_make_text(maker, object, "path", mag->path);
    if (with_order) {
        make_axis_order(maker, object, &mag->order);
    }
    if (mag->channel >= 0) {
        oz_make_i64(maker, object, "channelIndex", mag->channel);
    }
}

static void make_view(struct oz_json_maker *maker, struct oz_json *parent,
                      const struct oz_property_layer *layer)
{
    bool window = layer->has_window && isfinite(layer->min) && isfinite(layer->max);
    bool range = layer->has_range && isfinite(layer->start) && isfinite(layer->end);
    if (!window && !range && !layer->inverted && layer->color < 0) {
        return;
    }
    struct oz_json *view = oz_make_object(maker, parent, "defaultViewConfiguration");
    if (layer->color >= 0) {
        make_numbers(maker, view, "color",
                     (uint64_t[]){(uint64_t)layer->color >> 16 & 255,
                                  (uint64_t)layer->color >> 8 & 255, layer->color & 255});
    }
    if (range) {
        struct oz_json *list = oz_make_array(maker, view, "intensityRange");
        oz_make_double(maker, list, NULL, layer->start);
        oz_make_double(maker, list, NULL, layer->end);
    }
    if (window) {
        oz_make_double(maker, view, "min", layer->min);
        oz_make_double(maker, view, "max", layer->max);
    }
    if (layer->inverted) {
        oz_make_bool(maker, view, "isInverted", true);
    }
}

static void make_largest_id(struct oz_json_maker *maker, struct oz_json *parent, uint64_t id,
                            struct oz_err *err)
{
    if (id <= largest_plain_id) {
        oz_make_u64(maker, parent, "largestSegmentId", id);
        return;
    }
    OZ_AUTO_FREE char *digits = oz_format(err, "%llu", (unsigned long long)id);
    struct oz_json *envelope = oz_make_object(maker, parent, "largestSegmentId");
    oz_make_text(maker, envelope, "customJsonEncoding", "bigint");
    oz_make_text(maker, envelope, "value", digits == NULL ? "" : digits);
    maker->failed = maker->failed || digits == NULL;
}

static void make_layer(struct oz_json_maker *maker, struct oz_json *layers,
                       const struct oz_property_layer *layer, const char *element_class,
                       struct oz_err *err)
{
    struct oz_json *object = oz_make_object(maker, layers, NULL);
    oz_make_text(maker, object, "name", layer->name);
    oz_make_text(maker, object, "category", layer->segmentation ? "segmentation" : "color");
    struct oz_json *box = oz_make_object(maker, object, "boundingBox");
    make_numbers(maker, box, "topLeft", layer->top_left);
    oz_make_u64(maker, box, "width", layer->size[0]);
    oz_make_u64(maker, box, "height", layer->size[1]);
    oz_make_u64(maker, box, "depth", layer->size[2]);
    oz_make_text(maker, object, "dataFormat", layer->data_format);
    struct oz_json *mags = oz_make_array(maker, object, "mags");
    for (size_t i = 0; i < layer->mag_count; i++) {
        make_mag(maker, mags, &layer->mags[i], true);
    }
    make_view(maker, object, layer);
    if (layer->t_size > 0 && layer->mag_count > 0 && layer->mags[0].order.t >= 0) {
        struct oz_json *list = oz_make_array(maker, object, "additionalAxes");
        struct oz_json *axis = oz_make_object(maker, list, NULL);
        oz_make_text(maker, axis, "name", "t");
        struct oz_json *bounds = oz_make_array(maker, axis, "bounds");
        oz_make_u64(maker, bounds, NULL, 0);
        oz_make_u64(maker, bounds, NULL, layer->t_size);
        oz_make_i64(maker, axis, "index", layer->mags[0].order.t);
    }
    if (layer->segmentation && layer->has_largest_id) {
        make_largest_id(maker, object, layer->largest_id, err);
    }
    oz_make_u64(maker, object, "numChannels", layer->channels);
    oz_make_text(maker, object, "elementClass", element_class);
}

static bool write_document(struct oz_store *store, const struct oz_json *document,
                           struct oz_err *err)
{
    OZ_AUTO(oz_buf) text = {0};
    return oz_json_print(document, INDENT, &text, err) && oz_buf_append(&text, "\n", 1, err) &&
           oz_store_put(store, OZ_PROPERTIES_KEY, text.data, text.size, err);
}

bool oz_properties_write(struct oz_store *store, const struct oz_properties *properties,
                         struct oz_err *err)
{
    struct oz_json_maker maker = {0};
    OZ_AUTO_PTR(oz_json) root = oz_make_root_object(&maker);
    struct oz_json *id = oz_make_object(&maker, root, "id");
    oz_make_text(&maker, id, "name", properties->name);
    oz_make_text(&maker, id, "team", "");
    struct oz_json *scale = oz_make_object(&maker, root, "scale");
    struct oz_json *factor = oz_make_array(&maker, scale, "factor");
    for (int i = 0; i < 3; i++) {
        oz_make_double(&maker, factor, NULL, properties->voxel[i]);
    }
    oz_make_text(&maker, scale, "unit", properties->unit);
    struct oz_json *layers = oz_make_array(&maker, root, "dataLayers");
    for (size_t i = 0; i < properties->layer_count; i++) {
        const struct oz_property_layer *layer = &properties->layers[i];
        char element_class[16];
        if (!oz_element_class(layer->dtype, layer->channels, element_class)) {
            return oz_fail(err, OZ_EUNSUPPORTED,
                           "%s: layer %s: WEBKNOSSOS cannot show %llu channels of %s as one layer",
                           OZ_PROPERTIES_KEY, layer->name, (unsigned long long)layer->channels,
                           oz_dtype_name(layer->dtype));
        }
        make_layer(&maker, layers, layer, element_class, err);
    }
    oz_make_i64(&maker, root, "version", 1);
    root = oz_make_finish(&maker, OZ_STEAL(root), err);
    return root != NULL && write_document(store, root, err);
}

bool oz_properties_save(struct oz_store *store, const struct oz_properties *properties,
                        struct oz_err *err)
{
    return write_document(store, properties->document, err);
}

/* The place of a mag among the layer's, or the end of the list. */
static size_t find_mag(const struct oz_property_layer *layer, struct oz_mag mag)
{
    size_t i = 0;
    while (i < layer->mag_count && !oz_mag_equal(layer->mags[i].mag, mag)) {
        i++;
    }
    return i;
}

static bool add_to_model(struct oz_property_layer *layer, size_t at,
                         const struct oz_property_mag *mag, struct oz_err *err)
{
    OZ_AUTO_FREE char *path = oz_strdup(mag->path, err);
    if (path == NULL) {
        return false;
    }
    if (at == layer->mag_count) {
        struct oz_property_mag *mags = oz_realloc(layer->mags, at + 1, sizeof *mags, err);
        if (mags == NULL) {
            return false;
        }
        layer->mags = mags;
        layer->mags[at].path = NULL;
        layer->mag_count++;
    }
    oz_free(layer->mags[at].path);
    layer->mags[at] = *mag;
    layer->mags[at].path = OZ_STEAL(path);
    return true;
}

/* The list of mags with one more or one exchanged, and the old ones as they were. */
static struct oz_json *extend_mags(const struct oz_json *old, size_t at,
                                   const struct oz_property_mag *mag, struct oz_err *err)
{
    struct oz_json_maker maker = {0};
    struct oz_json *list = oz_make_root_array(&maker);
    /* Where the first has no axisOrder the order is the default one, and all have to agree. */
    const struct oz_json *first = oz_json_at(old, 0);
    bool with_order = first == NULL || oz_json_get(first, "axisOrder") != NULL;
    for (size_t i = 0; i < oz_json_length(old); i++) {
        if (i == at) {
            make_mag(&maker, list, mag, with_order);
        } else {
            oz_make_value(&maker, list, NULL, oz_json_ref(oz_json_at(old, i)));
        }
    }
    if (at >= oz_json_length(old)) {
        make_mag(&maker, list, mag, with_order);
    }
    return oz_make_finish(&maker, list, err);
}

/* A copy of the document in which layer number `index` has the new list of mags. */
static struct oz_json *with_mags(const struct oz_json *document, size_t index, size_t at,
                                 const struct oz_property_mag *mag, struct oz_err *err)
{
    struct oz_json_maker maker = {0};
    struct oz_json *root = oz_json_copy(document, err);
    if (root == NULL) {
        return NULL;
    }
    const struct oz_json *old = oz_json_get(document, "dataLayers");
    struct oz_json *layers = oz_make_array(&maker, root, "dataLayers");
    for (size_t i = 0; i < oz_json_length(old); i++) {
        struct oz_json *layer = oz_json_copy(oz_json_at(old, i), err);
        if (i == index && layer != NULL) {
            const char *key = oz_json_get(layer, "mags") != NULL ? "mags" : "wkwResolutions";
            struct oz_json *mags = extend_mags(oz_json_get(layer, key), at, mag, err);
            oz_make_value(&maker, layer, oz_json_get(layer, key) != NULL ? key : "mags", mags);
        }
        oz_make_value(&maker, layers, NULL, layer);
    }
    return oz_make_finish(&maker, root, err);
}

bool oz_properties_add_mag(struct oz_properties *properties, const char *layer,
                           const struct oz_property_mag *mag, struct oz_err *err)
{
    size_t index = 0;
    while (index < properties->layer_count && strcmp(properties->layers[index].name, layer) != 0) {
        index++;
    }
    if (index == properties->layer_count) {
        return oz_fail(err, OZ_ENOTFOUND, "%s: there is no layer %s", OZ_PROPERTIES_KEY, layer);
    }
    struct oz_property_layer *model = &properties->layers[index];
    if (model->problem != NULL) {
        return oz_fail(err, OZ_EFORMAT, "%s: layer %s: %s", OZ_PROPERTIES_KEY, layer,
                       model->problem);
    }
    size_t at = find_mag(model, mag->mag);
    OZ_AUTO_PTR(oz_json) document = with_mags(properties->document, index, at, mag, err);
    if (document == NULL || !add_to_model(model, at, mag, err)) {
        return false;
    }
    oz_json_free(properties->document);
    properties->document = OZ_STEAL(document);
    return true;
}
