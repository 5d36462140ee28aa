/* SPDX-License-Identifier: Apache-2.0 */
/* Reads OME-Zarr multiscales 0.1 to 0.5 into the model, as they are found in the wild. */
#include "ome/ome.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/path.h"
#include "base/text.h"

const struct oz_json *oz_ome_member(const struct oz_json *attributes, const char *key)
{
    const struct oz_json *below = oz_json_get(oz_json_get(attributes, "ome"), key);
    return below != NULL ? below : oz_json_get(attributes, key);
}

/* A copy of a text member; NULL without an error where it is missing, blank or no text. */
static bool copy_text(const struct oz_json *object, const char *key, char **out, struct oz_err *err)
{
    const char *text = oz_json_to_text(oz_json_get(object, key));
    if (text == NULL || text[strspn(text, " \t")] == '\0') {
        return true;
    }
    *out = oz_strdup(text, err);
    return *out != NULL;
}

/* Texts that are no version of ours (misspelt, missing) are judged by where the metadata lies. */
static void read_version(const struct oz_json *value, bool below_ome, char out[8])
{
    static const char *const known[] = {"0.1", "0.2", "0.3", "0.4", "0.5"};
    char number[32] = "";
    const char *text = oz_json_to_text(value);
    double plain = 0;
    if (text == NULL && oz_json_to_double(value, &plain) && isfinite(plain)) {
        oz_text_from_double(plain, number);
        text = number;
    }
    const char *found = below_ome ? "0.5" : "0.4";
    for (size_t i = 0; text != NULL && !below_ome && i < OZ_LENGTH(known); i++) {
        if (strcmp(text, known[i]) == 0) {
            found = known[i];
        }
    }
    memcpy(out, found, strlen(found) + 1);
}

static const char *type_of_name(const char *name)
{
    if (oz_text_equal_nocase(name, "t")) {
        return "time";
    }
    if (oz_text_equal_nocase(name, "c")) {
        return "channel";
    }
    bool space = oz_text_equal_nocase(name, "x") || oz_text_equal_nocase(name, "y") ||
                 oz_text_equal_nocase(name, "z");
    return space ? "space" : NULL;
}

static bool read_axis(const struct oz_json *value, struct oz_ome_axis *axis, struct oz_err *err)
{
    const char *name = oz_json_to_text(value); /* 0.3: the name alone */
    if (name == NULL && !oz_json_need_text(value, "name", &name, err)) {
        return false;
    }
    axis->name = oz_strdup(name, err);
    if (axis->name == NULL || !copy_text(value, "type", &axis->type, err) ||
        !copy_text(value, "unit", &axis->unit, err)) {
        return false;
    }
    if (axis->unit == NULL && !copy_text(value, "units", &axis->unit, err)) {
        return false;
    }
    const char *type = axis->type == NULL ? type_of_name(name) : NULL;
    if (type != NULL) {
        axis->type = oz_strdup(type, err);
        return axis->type != NULL;
    }
    return true;
}

static bool read_axes(const struct oz_json *multiscale, struct oz_ome_image *image,
                      struct oz_err *err)
{
    static const char *const implied[OZ_OME_MAX_AXES] = {"t", "c", "z", "y", "x"};
    const struct oz_json *axes = oz_json_get(multiscale, "axes");
    size_t count = oz_json_length(axes);
    if (oz_json_type(axes) != OZ_JSON_ARRAY || count == 0) {
        if (oz_json_get(multiscale, "coordinateSystems") != NULL) {
            return oz_fail(err, OZ_EUNSUPPORTED,
                           "coordinateSystems: OME-Zarr 0.6 metadata cannot be read yet");
        }
        image->axes_assumed = true;
        image->rank = OZ_OME_MAX_AXES;
        for (unsigned i = 0; i < OZ_OME_MAX_AXES; i++) {
            image->axes[i].name = oz_strdup(implied[i], err);
            image->axes[i].type = oz_strdup(type_of_name(implied[i]), err);
            if (image->axes[i].name == NULL || image->axes[i].type == NULL) {
                return false;
            }
        }
        return true;
    }
    if (count > OZ_OME_MAX_AXES) {
        return oz_fail(err, OZ_EFORMAT, "axes: expected at most %d, found %zu", OZ_OME_MAX_AXES,
                       count);
    }
    image->rank = (unsigned)count;
    for (unsigned i = 0; i < image->rank; i++) {
        if (!read_axis(oz_json_at(axes, i), &image->axes[i], err)) {
            return oz_err_prefix(err, "axes[%u]: ", i);
        }
    }
    return true;
}

/* A scale or translation. One that is too short lacks its first entries, which become `filler`. */
static bool read_vector(const struct oz_json *transform, const char *key, double filler,
                        const struct oz_ome_image *image, double out[OZ_OME_MAX_AXES],
                        struct oz_err *err)
{
    const struct oz_json *values = oz_json_get(transform, key);
    if (values == NULL && oz_json_get(transform, "path") != NULL) {
        return oz_fail(err, OZ_EUNSUPPORTED, "%s: values kept in an array cannot be read", key);
    }
    if (!oz_json_need(transform, key, OZ_JSON_ARRAY, &values, err)) {
        return false;
    }
    size_t count = oz_json_length(values);
    for (unsigned i = 0; i < image->rank; i++) {
        out[i] = filler;
        size_t from_end = image->rank - i;
        if (from_end > count) {
            continue;
        }
        double number = 0;
        if (!oz_json_to_double(oz_json_at(values, count - from_end), &number)) {
            return oz_fail(err, OZ_EFORMAT, "%s: expected numbers, found %s", key,
                           oz_json_type_name(oz_json_at(values, count - from_end)));
        }
        out[i] = isfinite(number) ? number : filler;
    }
    return true;
}

/* Apply a coordinateTransformations list in its order, behind what the level has so far. */
static bool apply_transforms(const struct oz_json *list, const struct oz_ome_image *image,
                             struct oz_ome_level *level, struct oz_err *err)
{
    for (size_t n = 0; n < oz_json_length(list); n++) {
        const struct oz_json *transform = oz_json_at(list, n);
        const char *type = oz_json_to_text(oz_json_get(transform, "type"));
        double vector[OZ_OME_MAX_AXES];
        if (type == NULL || strcmp(type, "identity") == 0) {
            continue;
        }
        if (strcmp(type, "scale") == 0) {
            if (!read_vector(transform, "scale", 1.0, image, vector, err)) {
                return oz_err_prefix(err, "coordinateTransformations[%zu]: ", n);
            }
            level->scale_unknown = false;
            for (unsigned i = 0; i < image->rank; i++) {
                double factor = vector[i] == 0.0 ? 1.0 : vector[i];
                level->scale[i] *= factor;
                level->translation[i] *= factor;
            }
        } else if (strcmp(type, "translation") == 0) {
            if (!read_vector(transform, "translation", 0.0, image, vector, err)) {
                return oz_err_prefix(err, "coordinateTransformations[%zu]: ", n);
            }
            for (unsigned i = 0; i < image->rank; i++) {
                level->translation[i] += vector[i];
            }
        } else {
            return oz_fail(err, OZ_EUNSUPPORTED,
                           "coordinateTransformations[%zu]: type %s cannot be read", n, type);
        }
    }
    return true;
}

/* A path below the group: "./" in front and "/" behind are dropped, leaving the group is refused.
 */
static char *read_path(const char *text, struct oz_err *err)
{
    while (text[0] == '.' && text[1] == '/') {
        text += 2;
    }
    size_t n = strlen(text);
    while (n > 0 && text[n - 1] == '/') {
        n--;
    }
    OZ_AUTO_FREE char *path = oz_strndup(text, n, err);
    if (path == NULL || !oz_key_check(path, err)) {
        return NULL;
    }
    return OZ_STEAL(path);
}

static bool read_levels(const struct oz_json *multiscale, struct oz_ome_image *image,
                        struct oz_err *err)
{
    const struct oz_json *datasets = NULL;
    if (!oz_json_need(multiscale, "datasets", OZ_JSON_ARRAY, &datasets, err)) {
        return false;
    }
    size_t count = oz_json_length(datasets);
    if (count == 0) {
        return oz_fail(err, OZ_EFORMAT, "datasets: expected at least one, found none");
    }
    image->levels = oz_alloc(count, sizeof *image->levels, err);
    if (image->levels == NULL) {
        return false;
    }
    image->level_count = count;
    for (size_t n = 0; n < count; n++) {
        struct oz_ome_level *level = &image->levels[n];
        const struct oz_json *dataset = oz_json_at(datasets, n);
        const char *path = NULL;
        if (!oz_json_need_text(dataset, "path", &path, err)) {
            return oz_err_prefix(err, "datasets[%zu]: ", n);
        }
        level->path = read_path(path, err);
        level->scale_unknown = true;
        for (unsigned i = 0; i < OZ_OME_MAX_AXES; i++) {
            level->scale[i] = 1.0;
        }
        if (level->path == NULL ||
            !apply_transforms(oz_json_get(dataset, "coordinateTransformations"), image, level,
                              err)) {
            return oz_err_prefix(err, "datasets[%zu]: ", n);
        }
        bool unknown = level->scale_unknown; /* a scale for all levels tells nothing of one */
        if (!apply_transforms(oz_json_get(multiscale, "coordinateTransformations"), image, level,
                              err)) {
            return false;
        }
        level->scale_unknown = unknown;
    }
    return true;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* "FF0000", "#ff0000", or a number. */
static bool read_color(const struct oz_json *value, uint32_t *out)
{
    const char *text = oz_json_to_text(value);
    uint64_t number = 0;
    if (text == NULL) {
        if (!oz_json_to_u64(value, &number)) {
            return false;
        }
        *out = (uint32_t)(number & 0xFFFFFF);
        return true;
    }
    text += text[0] == '#';
    for (int i = 0; i < 6; i++) {
        int digit = hex_digit(text[i]);
        if (digit < 0) {
            return false;
        }
        number = number << 4 | (unsigned)digit;
    }
    *out = (uint32_t)number;
    return true;
}

static void read_window(const struct oz_json *window, struct oz_ome_channel *channel)
{
    bool range = oz_json_to_double(oz_json_get(window, "min"), &channel->min) &&
                 oz_json_to_double(oz_json_get(window, "max"), &channel->max);
    bool shown = oz_json_to_double(oz_json_get(window, "start"), &channel->start) &&
                 oz_json_to_double(oz_json_get(window, "end"), &channel->end);
    if (!range) {
        channel->min = shown ? channel->start : 0.0;
        channel->max = shown ? channel->end : 0.0;
    }
    if (!shown) {
        channel->start = channel->min;
        channel->end = channel->max;
    }
    channel->window_unknown = !range && !shown;
}

static bool read_channels(const struct oz_json *omero, struct oz_ome_image *image,
                          struct oz_err *err)
{
    static const uint32_t colors[] = {0xFF0000, 0x00FF00, 0x0000FF, 0xFF00FF, 0x00FFFF, 0xFFFF00};
    const struct oz_json *channels = oz_json_get(omero, "channels");
    size_t count = oz_json_type(channels) == OZ_JSON_ARRAY ? oz_json_length(channels) : 0;
    if (count == 0) {
        return true;
    }
    image->channels = oz_alloc(count, sizeof *image->channels, err);
    if (image->channels == NULL) {
        return false;
    }
    image->channel_count = count;
    for (size_t n = 0; n < count; n++) {
        struct oz_ome_channel *channel = &image->channels[n];
        const struct oz_json *value = oz_json_at(channels, n);
        if (!copy_text(value, "label", &channel->label, err)) {
            return false;
        }
        if (!read_color(oz_json_get(value, "color"), &channel->color)) {
            channel->color = count == 1 ? 0xFFFFFF : colors[n % OZ_LENGTH(colors)];
        }
        if (!oz_json_to_bool(oz_json_get(value, "active"), &channel->active)) {
            channel->active = true;
        }
        if (!oz_json_to_bool(oz_json_get(value, "inverted"), &channel->inverted)) {
            channel->inverted = false;
        }
        read_window(oz_json_get(value, "window"), channel);
    }
    return true;
}

static bool read_image(const struct oz_json *attributes, const struct oz_json *multiscale,
                       struct oz_ome_image *image, struct oz_err *err)
{
    if (oz_json_type(multiscale) != OZ_JSON_OBJECT) {
        return oz_fail(err, OZ_EFORMAT, "expected an object, found %s",
                       oz_json_type_name(multiscale));
    }
    const struct oz_json *ome = oz_json_get(attributes, "ome");
    bool below_ome = oz_json_get(ome, "multiscales") != NULL;
    const struct oz_json *version = oz_json_get(multiscale, "version");
    read_version(version, below_ome, image->version);
    if (!copy_text(multiscale, "name", &image->name, err) ||
        !copy_text(multiscale, "type", &image->type, err) || !read_axes(multiscale, image, err) ||
        !read_levels(multiscale, image, err)) {
        return false;
    }
    const struct oz_json *metadata = oz_json_get(multiscale, "metadata");
    image->metadata = metadata == NULL ? NULL : oz_json_ref(metadata);

    const struct oz_json *omero = oz_ome_member(attributes, "omero");
    const struct oz_json *shown = oz_json_get(omero, "rdefs");
    if (!oz_json_to_u64(oz_json_get(shown, "defaultT"), &image->default_t)) {
        image->default_t = 0;
    }
    if (!oz_json_to_u64(oz_json_get(shown, "defaultZ"), &image->default_z)) {
        image->default_z = 0;
    }
    return read_channels(omero, image, err);
}

enum oz_found oz_ome_image_read(const struct oz_json *attributes, struct oz_ome_image *out,
                                struct oz_err *err)
{
    const struct oz_json *multiscales = oz_ome_member(attributes, "multiscales");
    if (oz_json_type(multiscales) == OZ_JSON_NULL) {
        return OZ_MISSING;
    }
    if (oz_json_type(multiscales) != OZ_JSON_ARRAY) {
        oz_fail(err, OZ_EFORMAT, "multiscales: expected an array, found %s",
                oz_json_type_name(multiscales));
        return OZ_FAILED;
    }
    if (oz_json_length(multiscales) == 0) {
        return OZ_MISSING;
    }
    OZ_AUTO(oz_ome_image) image = {0};
    if (!read_image(attributes, oz_json_at(multiscales, 0), &image, err)) {
        oz_err_prefix(err, "multiscales[0]: ");
        return OZ_FAILED;
    }
    *out = image;
    image = (struct oz_ome_image){0};
    return OZ_FOUND;
}

static enum oz_found read_paths(const struct oz_json *attributes, const char *key, char ***paths,
                                size_t *count, struct oz_err *err)
{
    const struct oz_json *list = oz_ome_member(attributes, key);
    size_t length = oz_json_length(list);
    if (oz_json_type(list) != OZ_JSON_ARRAY || length == 0) {
        return OZ_MISSING;
    }
    char **names = oz_alloc(length, sizeof *names, err);
    bool done = names != NULL;
    for (size_t i = 0; done && i < length; i++) {
        const char *text = oz_json_to_text(oz_json_at(list, i));
        if (text == NULL) {
            done = oz_fail(err, OZ_EFORMAT, "%s[%zu]: expected a path, found %s", key, i,
                           oz_json_type_name(oz_json_at(list, i)));
        } else {
            names[i] = read_path(text, err);
            done = names[i] != NULL || oz_err_prefix(err, "%s[%zu]: ", key, i);
        }
    }
    if (!done) {
        for (size_t i = 0; names != NULL && i < length; i++) {
            oz_free(names[i]);
        }
        oz_free(names);
        return OZ_FAILED;
    }
    *paths = names;
    *count = length;
    return OZ_FOUND;
}

enum oz_found oz_ome_series_read(const struct oz_json *attributes, char ***paths, size_t *count,
                                 struct oz_err *err)
{
    return read_paths(attributes, "series", paths, count, err);
}

enum oz_found oz_ome_labels_read(const struct oz_json *attributes, char ***paths, size_t *count,
                                 struct oz_err *err)
{
    return read_paths(attributes, "labels", paths, count, err);
}
