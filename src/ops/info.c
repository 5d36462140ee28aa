/* SPDX-License-Identifier: Apache-2.0 */
/* Says what a dataset or an OME-Zarr image holds, as one JSON document (docs/info.md). */
#include "omezarr/ops.h"

#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "base/path.h"
#include "codec/codec.h"
#include "ops/open_dataset.h"

enum { FOLDER_DEPTH = 16 }; /* keys of chunks are at most an axis a folder deep */

struct usage {
    uint64_t bytes;
    uint64_t objects; /* chunks or shards, metadata apart */
};

struct totals {
    uint64_t stored;
    uint64_t bytes;
};

/* ---- what is stored below a key ---- */

struct listing {
    struct usage *usage;
    char **folders;
    size_t count;
    struct oz_err *err;
    bool failed;
};

static bool is_metadata(const char *name)
{
    static const char *const names[] = {"zarr.json", ".zarray", ".zattrs", ".zgroup", ".zmetadata"};
    for (size_t i = 0; i < OZ_LENGTH(names); i++) {
        if (strcmp(name, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool take_entry(void *ctx, const char *name, bool is_prefix, uint64_t size)
{
    struct listing *listing = ctx;
    if (!is_prefix) {
        if (!is_metadata(name)) {
            listing->usage->bytes += size;
            listing->usage->objects++;
        }
        return true;
    }
    char **folders =
        oz_realloc(listing->folders, listing->count + 1, sizeof *folders, listing->err);
    if (folders != NULL) {
        listing->folders = folders;
        folders[listing->count] = oz_strdup(name, listing->err);
        listing->count += folders[listing->count] != NULL;
    }
    listing->failed = folders == NULL || folders[listing->count - 1] == NULL;
    return !listing->failed;
}

static bool measure(struct oz_store *store, const char *prefix, int depth, struct usage *usage,
                    struct oz_err *err)
{
    struct listing listing = {.usage = usage, .err = err};
    bool done = oz_store_list(store, prefix, take_entry, &listing, err) && !listing.failed;
    for (size_t i = 0; done && depth > 0 && i < listing.count; i++) {
        OZ_AUTO_FREE char *folder = oz_path_join(prefix, listing.folders[i], err);
        done = folder != NULL && measure(store, folder, depth - 1, usage, err);
    }
    oz_names_free(listing.folders, listing.count);
    return done;
}

/* ---- parts of the document ---- */

static void make_sizes(struct oz_json_maker *maker, struct oz_json *parent, const char *key,
                       const uint64_t *values, unsigned count)
{
    struct oz_json *list = oz_make_array(maker, parent, key);
    for (unsigned i = 0; i < count; i++) {
        oz_make_u64(maker, list, NULL, values[i]);
    }
}

static void make_text_or_null(struct oz_json_maker *maker, struct oz_json *parent, const char *key,
                              const char *value)
{
    if (value == NULL) {
        oz_make_null(maker, parent, key);
    } else {
        oz_make_text(maker, parent, key, value);
    }
}

static void make_ratio(struct oz_json_maker *maker, struct oz_json *parent, uint64_t bytes,
                       uint64_t stored)
{
    oz_make_u64(maker, parent, "stored_bytes", stored);
    oz_make_u64(maker, parent, "bytes", bytes);
    if (stored == 0) {
        oz_make_null(maker, parent, "ratio");
    } else {
        oz_make_double(maker, parent, "ratio", (double)bytes / (double)stored);
    }
}

static void make_channel(struct oz_json_maker *maker, struct oz_json *list,
                         const struct oz_ome_channel *channel)
{
    static const char digits[] = "0123456789ABCDEF";
    char color[7] = "";
    for (int i = 0; i < 6; i++) {
        color[i] = digits[channel->color >> (20 - 4 * i) & 15];
    }
    struct oz_json *entry = oz_make_object(maker, list, NULL);
    make_text_or_null(maker, entry, "label", channel->label);
    oz_make_text(maker, entry, "color", color);
    oz_make_bool(maker, entry, "inverted", channel->inverted);
    if (channel->window_unknown) {
        oz_make_null(maker, entry, "window");
        return;
    }
    struct oz_json *window = oz_make_object(maker, entry, "window");
    oz_make_double(maker, window, "min", channel->min);
    oz_make_double(maker, window, "max", channel->max);
    oz_make_double(maker, window, "start", channel->start);
    oz_make_double(maker, window, "end", channel->end);
}

/* How the layer is shown: by omero, else by the view configuration of the properties. */
static void make_channels(struct oz_json_maker *maker, struct oz_json *parent,
                          const struct oz_layer_view *layer)
{
    struct oz_json *list = oz_make_array(maker, parent, "channels");
    const struct oz_property_layer *properties = layer->properties;
    for (size_t i = 0; i < layer->image.channel_count; i++) {
        if (layer->channel < 0 || (size_t)layer->channel == i) {
            make_channel(maker, list, &layer->image.channels[i]);
        }
    }
    if (layer->image.channel_count > 0 || properties == NULL || !properties->has_window) {
        return;
    }
    bool range = properties->has_range;
    struct oz_ome_channel channel = {
        .color = properties->color < 0 ? 0xFFFFFF : (uint32_t)properties->color,
        .inverted = properties->inverted,
        .min = properties->min,
        .max = properties->max,
        .start = range ? properties->start : properties->min,
        .end = range ? properties->end : properties->max,
    };
    make_channel(maker, list, &channel);
}

/* The names of the array's axes in its order. */
static void make_axes(struct oz_json_maker *maker, struct oz_json *parent,
                      const struct oz_level_view *level)
{
    const struct oz_axis_order *order = &level->order;
    const struct {
        const char *name;
        int index;
    } axes[] = {
        {"t", order->t}, {"c", order->c}, {"z", order->z}, {"y", order->y}, {"x", order->x}};

    struct oz_json *list = oz_make_array(maker, parent, "axes");
    unsigned rank = oz_array_meta(level->array)->rank;
    for (unsigned at = 0; at < rank; at++) {
        const char *name = NULL;
        for (size_t i = 0; i < OZ_LENGTH(axes); i++) {
            name = axes[i].index == (int)at ? axes[i].name : name;
        }
        if (name == NULL) {
            oz_make_null(maker, list, NULL);
        } else {
            oz_make_text(maker, list, NULL, name);
        }
    }
}

/* Bytes of the real voxels, all channels and times; as many as can be said on overflow. */
static uint64_t level_bytes(const struct oz_level_view *level)
{
    uint64_t bytes = oz_dtype_size(oz_array_meta(level->array)->dtype);
    const uint64_t counts[] = {level->extent[0], level->extent[1], level->extent[2], level->t_size,
                               level->c_size};
    for (size_t i = 0; i < OZ_LENGTH(counts); i++) {
        if (!oz_mul(bytes, counts[i], &bytes)) {
            return UINT64_MAX;
        }
    }
    return bytes;
}

/* ---- mags and layers ---- */

static bool fill_mag(struct oz_json_maker *maker, struct oz_json *entry, struct oz_store *store,
                     const struct oz_level_view *level, struct totals *totals, struct oz_err *err)
{
    const struct oz_meta *meta = oz_array_meta(level->array);
    OZ_AUTO(oz_buf) codec = {0};
    struct usage usage = {0};
    if (!oz_codecs_describe(meta->codecs, &codec, err) || !oz_buf_append(&codec, "", 1, err) ||
        !measure(store, level->path, FOLDER_DEPTH, &usage, err)) {
        return false;
    }
    const uint64_t size[3] = {level->extent[2], level->extent[1], level->extent[0]};
    uint64_t bytes = level_bytes(level);
    make_sizes(maker, entry, "size", size, 3);
    make_sizes(maker, entry, "shape", meta->shape, meta->rank);
    make_sizes(maker, entry, "chunk", meta->chunk, meta->rank);
    if (meta->sharded) {
        make_sizes(maker, entry, "shard", meta->shard, meta->rank);
    } else {
        oz_make_null(maker, entry, "shard");
    }
    oz_make_text(maker, entry, "codec", (const char *)codec.data);
    oz_make_u64(maker, entry, "objects", usage.objects);
    make_ratio(maker, entry, bytes, usage.bytes);
    totals->stored += usage.bytes;
    totals->bytes = totals->bytes + bytes < bytes ? UINT64_MAX : totals->bytes + bytes;
    return true;
}

static bool make_mag(struct oz_json_maker *maker, struct oz_json *mags, struct oz_store *store,
                     const struct oz_level_view *level, struct totals *totals, struct oz_err *err)
{
    char name[OZ_MAG_TEXT];
    struct oz_json *entry = oz_make_object(maker, mags, NULL);
    oz_mag_name(level->mag, name);
    oz_make_text(maker, entry, "mag", name);
    make_text_or_null(maker, entry, "path", level->path);
    if (level->problem != NULL) {
        oz_make_text(maker, entry, "error", level->problem);
        return true;
    }
    struct oz_err problem = {0};
    if (fill_mag(maker, entry, store, level, totals, &problem)) {
        return true;
    }
    if (problem.code == OZ_ENOMEM) {
        *err = problem;
        return false;
    }
    oz_make_text(maker, entry, "error", problem.msg);
    return true;
}

static const struct oz_level_view *finest_that_opens(const struct oz_layer_view *layer)
{
    for (size_t i = 0; i < layer->level_count; i++) {
        if (layer->levels[i].array != NULL) {
            return &layer->levels[i];
        }
    }
    return NULL;
}

static void make_extent(struct oz_json_maker *maker, struct oz_json *entry,
                        const struct oz_layer_view *layer)
{
    static const char *const names[3] = {"x", "y", "z"};
    const struct oz_level_view *finest = finest_that_opens(layer);
    struct oz_json *size = oz_make_object(maker, entry, "size");
    struct oz_json *physical = oz_make_object(maker, entry, "physical");
    struct oz_json *voxel = oz_make_array(maker, entry, "voxel_size");
    for (int i = 0; i < 3; i++) {
        oz_make_u64(maker, size, names[i], layer->size[i]);
        oz_make_double(maker, physical, names[i], (double)layer->size[i] * layer->voxel[i]);
        oz_make_double(maker, voxel, NULL, layer->voxel[i]);
    }
    make_text_or_null(maker, physical, "unit", layer->unit);
    if (finest != NULL && finest->order.c >= 0) {
        oz_make_u64(maker, size, "c", layer->channel >= 0 ? 1 : finest->c_size);
    }
    if (finest != NULL && finest->order.t >= 0) {
        oz_make_u64(maker, size, "t", finest->t_size);
    }
    oz_make_text(maker, entry, "dtype", oz_dtype_name(layer->dtype));
    if (finest != NULL) {
        make_axes(maker, entry, finest);
    }
}

static const char *category_name(enum oz_category category)
{
    return category == OZ_CATEGORY_SEGMENTATION ? "segmentation"
           : category == OZ_CATEGORY_COLOR      ? "color"
                                                : NULL;
}

static bool make_layer(struct oz_json_maker *maker, struct oz_json *layers,
                       const struct oz_dataset_view *view, size_t index, struct totals *totals,
                       struct oz_err *err)
{
    const struct oz_layer_view *layer = &view->layers[index];
    struct oz_json *entry = oz_make_object(maker, layers, NULL);
    oz_make_text(maker, entry, "name", layer->name);
    make_text_or_null(maker, entry, "category", category_name(layer->category));
    if (layer->problem != NULL) {
        oz_make_text(maker, entry, "error", layer->problem);
        oz_make_array(maker, entry, "mags");
        return true;
    }
    make_extent(maker, entry, layer);
    if (layer->properties != NULL && layer->properties->has_largest_id) {
        oz_make_u64(maker, entry, "largest_segment_id", layer->properties->largest_id);
    }
    make_channels(maker, entry, layer);
    if (layer->channel >= 0) {
        oz_make_i64(maker, entry, "channel", layer->channel);
    }
    struct totals unused = {0};
    if (layer->array_of != index) { /* counted with the first layer that shows these arrays */
        oz_make_text(maker, entry, "array_of", view->layers[layer->array_of].name);
        totals = &unused;
    }
    struct oz_json *mags = oz_make_array(maker, entry, "mags");
    for (size_t i = 0; i < layer->level_count; i++) {
        if (!make_mag(maker, mags, view->store, &layer->levels[i], totals, err)) {
            return false;
        }
    }
    return true;
}

static const char *kind_name(const struct oz_dataset_view *view)
{
    if (!view->has_properties) {
        bool array = view->layer_count == 1 && view->layers[0].kind == OZ_VIEW_ARRAY;
        return array ? "array" : "ome-zarr";
    }
    for (size_t i = 0; i < view->layer_count; i++) {
        if (view->layers[i].kind == OZ_VIEW_OURS) {
            return "omezarr";
        }
    }
    return "webknossos";
}

/* The first layer that can be used stands for the whole where there are no properties. */
static void make_head(struct oz_json_maker *maker, struct oz_json *root,
                      const struct oz_dataset_view *view)
{
    const struct oz_layer_view *first = NULL;
    const char *version = NULL;
    for (size_t i = 0; i < view->layer_count; i++) {
        const struct oz_layer_view *layer = &view->layers[i];
        first = first == NULL && layer->problem == NULL ? layer : first;
        version = version == NULL && layer->image.level_count > 0 ? layer->image.version : version;
    }
    const double *voxel = view->has_properties ? view->properties.voxel
                          : first != NULL      ? first->voxel
                                               : NULL;
    const char *unit = view->has_properties ? view->properties.unit
                       : first != NULL      ? first->unit
                                            : NULL;
    oz_make_text(maker, root, "path", view->folder);
    oz_make_text(maker, root, "kind", kind_name(view));
    oz_make_text(maker, root, "name", view->name);
    make_text_or_null(maker, root, "ome_version", version);
    if (view->zarr_format == 0) {
        oz_make_null(maker, root, "zarr_format");
    } else {
        oz_make_i64(maker, root, "zarr_format", view->zarr_format);
    }
    struct oz_json *list = oz_make_array(maker, root, "voxel_size");
    for (int i = 0; voxel != NULL && i < 3; i++) {
        oz_make_double(maker, list, NULL, voxel[i]);
    }
    make_text_or_null(maker, root, "unit", unit);
}

static struct oz_json *make_document(const struct oz_dataset_view *view, struct oz_err *err)
{
    struct oz_json_maker maker = {0};
    struct totals totals = {0};
    OZ_AUTO_PTR(oz_json) root = oz_make_root_object(&maker);
    make_head(&maker, root, view);
    struct oz_json *layers = oz_make_array(&maker, root, "layers");
    for (size_t i = 0; i < view->layer_count; i++) {
        if (!make_layer(&maker, layers, view, i, &totals, err)) {
            return NULL;
        }
    }
    make_ratio(&maker, root, totals.bytes, totals.stored);
    return oz_make_finish(&maker, OZ_STEAL(root), err);
}

bool oz_info(const char *path, char **json, struct oz_err *err)
{
    OZ_AUTO(oz_dataset_view) view = {0};
    OZ_AUTO(oz_buf) text = {0};
    if (!oz_dataset_view_open(path, &view, err)) {
        return false;
    }
    OZ_AUTO_PTR(oz_json) document = make_document(&view, err);
    if (document == NULL || !oz_json_print(document, 2, &text, err)) {
        return false;
    }
    *json = oz_strndup((const char *)text.data, text.size, err);
    return *json != NULL;
}

void oz_text_free(char *text)
{
    oz_free(text);
}
