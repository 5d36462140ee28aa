/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the model as OME-Zarr 0.4 (keys at top level) or 0.5 (below "ome"), new or into what is
 * there. */
#include "ome/ome.h"

#include <math.h>
#include <string.h>

#include "omezarr/version.h"

/* What is there as an object that may be changed, or an empty one. */
static struct oz_json *copy_or_new(struct oz_json_maker *maker, const struct oz_json *old,
                                   struct oz_err *err)
{
    struct oz_json *object =
        oz_json_type(old) == OZ_JSON_OBJECT ? oz_json_copy(old, err) : oz_json_object();
    maker->failed = maker->failed || object == NULL;
    return object;
}

static void make_optional_text(struct oz_json_maker *maker, struct oz_json *object, const char *key,
                               const char *value)
{
    if (value != NULL) {
        oz_make_text(maker, object, key, value);
    }
}

static void make_axes(struct oz_json_maker *maker, struct oz_json *multiscale,
                      const struct oz_ome_image *image)
{
    struct oz_json *axes = oz_make_array(maker, multiscale, "axes");
    for (unsigned i = 0; i < image->rank; i++) {
        const struct oz_ome_axis *axis = &image->axes[i];
        struct oz_json *entry = oz_make_object(maker, axes, NULL);
        const char *unit = oz_unit_ome_name(axis->unit);
        oz_make_text(maker, entry, "name", axis->name);
        make_optional_text(maker, entry, "type", axis->type);
        make_optional_text(maker, entry, "unit", unit != NULL ? unit : axis->unit);
    }
}

static void make_transform(struct oz_json_maker *maker, struct oz_json *list, const char *type,
                           const double *values, unsigned rank)
{
    struct oz_json *transform = oz_make_object(maker, list, NULL);
    oz_make_text(maker, transform, "type", type);
    struct oz_json *vector = oz_make_array(maker, transform, type);
    for (unsigned i = 0; i < rank; i++) {
        oz_make_double(maker, vector, NULL, values[i]);
    }
}

static const struct oz_json *find_dataset(const struct oz_json *datasets, const char *path)
{
    for (size_t i = 0; i < oz_json_length(datasets); i++) {
        const char *text = oz_json_to_text(oz_json_get(oz_json_at(datasets, i), "path"));
        if (text != NULL && strcmp(text, path) == 0) {
            return oz_json_at(datasets, i);
        }
    }
    return NULL;
}

static void make_datasets(struct oz_json_maker *maker, struct oz_json *multiscale,
                          const struct oz_json *old, const struct oz_ome_image *image,
                          struct oz_err *err)
{
    struct oz_json *datasets = oz_make_array(maker, multiscale, "datasets");
    for (size_t n = 0; n < image->level_count; n++) {
        const struct oz_ome_level *level = &image->levels[n];
        struct oz_json *dataset = copy_or_new(maker, find_dataset(old, level->path), err);
        oz_make_text(maker, dataset, "path", level->path);
        struct oz_json *list = oz_make_array(maker, dataset, "coordinateTransformations");
        make_transform(maker, list, "scale", level->scale, image->rank);
        make_transform(maker, list, "translation", level->translation, image->rank);
        oz_make_value(maker, datasets, NULL, dataset);
    }
}

static void make_metadata(struct oz_json_maker *maker, struct oz_json *multiscale,
                          const struct oz_ome_image *image)
{
    if (image->metadata != NULL) {
        oz_make_value(maker, multiscale, "metadata", oz_json_ref(image->metadata));
        return;
    }
    if (image->type == NULL || oz_json_get(multiscale, "metadata") != NULL) {
        return;
    }
    struct oz_json *metadata = oz_make_object(maker, multiscale, "metadata");
    oz_make_text(maker, metadata, "method", image->type);
    oz_make_text(maker, metadata, "software", "omezarr");
    oz_make_text(maker, metadata, "version", OZ_VERSION);
}

/* The first multiscale, made of `old` (or nothing); what was behind it stays. */
static void make_multiscales(struct oz_json_maker *maker, struct oz_json *home,
                             const struct oz_json *old, const struct oz_ome_image *image,
                             bool below_ome, struct oz_err *err)
{
    struct oz_json *list = oz_json_array();
    struct oz_json *first = copy_or_new(maker, oz_json_at(old, 0), err);
    if (below_ome) {
        oz_json_remove(first, "version");
    } else {
        oz_make_text(maker, first, "version", "0.4");
    }
    make_optional_text(maker, first, "name", image->name);
    make_optional_text(maker, first, "type", image->type);
    make_metadata(maker, first, image);
    make_axes(maker, first, image);
    make_datasets(maker, first, oz_json_get(oz_json_at(old, 0), "datasets"), image, err);
    oz_json_remove(first, "coordinateTransformations"); /* they are in the levels' own */
    oz_make_value(maker, list, NULL, first);
    for (size_t i = 1; i < oz_json_length(old); i++) {
        oz_make_value(maker, list, NULL, oz_json_ref(oz_json_at(old, i)));
    }
    oz_make_value(maker, home, "multiscales", list);
}

static void make_finite(struct oz_json_maker *maker, struct oz_json *object, const char *key,
                        double value)
{
    oz_make_double(maker, object, key, isfinite(value) ? value : 0.0);
}

static void make_channel(struct oz_json_maker *maker, struct oz_json *channel,
                         const struct oz_ome_channel *model)
{
    static const char digits[] = "0123456789ABCDEF";
    char color[7] = "";
    for (int i = 0; i < 6; i++) {
        color[i] = digits[model->color >> (20 - 4 * i) & 15];
    }
    make_optional_text(maker, channel, "label", model->label);
    oz_make_text(maker, channel, "color", color);
    if (!model->window_unknown) {
        struct oz_json *window = oz_make_object(maker, channel, "window");
        make_finite(maker, window, "min", model->min);
        make_finite(maker, window, "max", model->max);
        make_finite(maker, window, "start", model->start);
        make_finite(maker, window, "end", model->end);
    }
    oz_make_bool(maker, channel, "active", model->active);
    oz_make_bool(maker, channel, "inverted", model->inverted);
    if (oz_json_get(channel, "coefficient") == NULL) {
        oz_make_i64(maker, channel, "coefficient", 1);
    }
    if (oz_json_get(channel, "family") == NULL) {
        oz_make_text(maker, channel, "family", "linear");
    }
}

static void make_omero(struct oz_json_maker *maker, struct oz_json *home, const struct oz_json *old,
                       const struct oz_ome_image *image, bool below_ome, struct oz_err *err)
{
    if (image->channel_count == 0) {
        return;
    }
    struct oz_json *omero = copy_or_new(maker, old, err);
    make_optional_text(maker, omero, "name", image->name);
    if (!below_ome) {
        oz_make_text(maker, omero, "version", "0.4");
    }
    struct oz_json *channels = oz_json_array();
    bool grey = image->channel_count == 1 && image->channels[0].color == 0xFFFFFF;
    for (size_t i = 0; i < image->channel_count; i++) {
        const struct oz_json *before = oz_json_at(oz_json_get(old, "channels"), i);
        struct oz_json *channel = copy_or_new(maker, before, err);
        make_channel(maker, channel, &image->channels[i]);
        oz_make_value(maker, channels, NULL, channel);
    }
    oz_make_value(maker, omero, "channels", channels);
    if (oz_json_get(omero, "rdefs") == NULL) {
        struct oz_json *shown = oz_make_object(maker, omero, "rdefs");
        oz_make_text(maker, shown, "model", grey ? "greyscale" : "color");
        oz_make_u64(maker, shown, "defaultT", image->default_t);
        oz_make_u64(maker, shown, "defaultZ", image->default_z);
    }
    oz_make_value(maker, home, "omero", omero);
}

struct oz_json *oz_ome_image_update(const struct oz_json *attributes,
                                    const struct oz_ome_image *image, struct oz_err *err)
{
    struct oz_json_maker maker = {0};
    struct oz_json *root = copy_or_new(&maker, attributes, err);
    const struct oz_json *ome = oz_json_get(attributes, "ome");
    bool below_ome = strcmp(image->version, "0.5") == 0;
    if (oz_json_get(ome, "multiscales") != NULL) {
        below_ome = true;
    } else if (oz_json_get(attributes, "multiscales") != NULL) {
        below_ome = false;
    }
    struct oz_json *home = root;
    if (below_ome) {
        home = copy_or_new(&maker, ome, err);
        oz_make_text(&maker, home, "version", "0.5");
    }
    const struct oz_json *old = below_ome ? ome : attributes;
    make_multiscales(&maker, home, oz_json_get(old, "multiscales"), image, below_ome, err);
    make_omero(&maker, home, oz_json_get(old, "omero"), image, below_ome, err);
    if (below_ome) {
        oz_make_value(&maker, root, "ome", home);
    }
    return oz_make_finish(&maker, root, err);
}

struct oz_json *oz_ome_image_write(const struct oz_ome_image *image, struct oz_err *err)
{
    return oz_ome_image_update(NULL, image, err);
}

/* The object that holds OME keys in a new document. */
static struct oz_json *make_home(struct oz_json_maker *maker, struct oz_json *root,
                                 const char *version)
{
    if (strcmp(version, "0.5") != 0) {
        return root;
    }
    struct oz_json *ome = oz_make_object(maker, root, "ome");
    oz_make_text(maker, ome, "version", version);
    return ome;
}

struct oz_json *oz_ome_root_write(const char *version, struct oz_err *err)
{
    struct oz_json_maker maker = {0};
    struct oz_json *root = oz_make_root_object(&maker);
    oz_make_i64(&maker, make_home(&maker, root, version), "bioformats2raw.layout", 3);
    return oz_make_finish(&maker, root, err);
}

struct oz_json *oz_ome_series_write(const char *version, const char *const *paths, size_t count,
                                    struct oz_err *err)
{
    struct oz_json_maker maker = {0};
    struct oz_json *root = oz_make_root_object(&maker);
    struct oz_json *series = oz_make_array(&maker, make_home(&maker, root, version), "series");
    for (size_t i = 0; i < count; i++) {
        oz_make_text(&maker, series, NULL, paths[i]);
    }
    return oz_make_finish(&maker, root, err);
}
