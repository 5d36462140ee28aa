/* SPDX-License-Identifier: Apache-2.0 */
/* Shows the tree of a dataset to a person: layers, channels, mags, sizes with units. */
#include "cli/info_show.h"

#include <inttypes.h>
#include <string.h>

#include "cli/words.h"
#include "cli/table.h"

/* "512 x 512 x 100 voxels (x y z) = 5.75 x 5.75 x 2.5 µm, 3 channels, 7 time points" */
static bool show_extent(const struct oz_json *layer, struct oz_buf *out, struct oz_err *err)
{
    const struct oz_json *size = oz_json_get(layer, "size");
    const struct oz_json *physical = oz_json_get(layer, "physical");
    const char *unit = oz_json_to_text(oz_json_get(physical, "unit"));
    if (oz_json_length(size) == 0)
        return true;
    if (!oz_buf_printf(out, err, "  size      ") || !oz_words_size(size, out, err) ||
        !oz_buf_printf(out, err, " voxels (x y z)"))
        return false;
    OZ_AUTO(oz_buf) lengths = {0};
    if (!oz_words_lengths(physical, unit, &lengths, err) ||
        (lengths.size &&
         !oz_buf_printf(out, err, " = %.*s", (int)lengths.size, (const char *)lengths.data)))
        return false;
    static const char *const outer[] = {"c", "t"};
    static const char *const one[] = {"channel", "time point"};
    for (size_t i = 0; i < OZ_LENGTH(outer); i++) {
        uint64_t count;
        if (oz_json_to_u64(oz_json_get(size, outer[i]), &count) &&
            !oz_buf_printf(out, err, ", %" PRIu64 " %s%s", count, one[i], count == 1 ? "" : "s"))
            return false;
    }
    return oz_buf_printf(out, err, "\n");
}

/* "  channel   red ff0000, window 0 to 255 of 0 to 255" */
static bool show_channel(const struct oz_json *channel, struct oz_buf *out, struct oz_err *err)
{
    const struct oz_json *window = oz_json_get(channel, "window");
    char label[128], color[32], ends[4][32];
    static const char *const keys[4] = {"start", "end", "min", "max"};
    oz_words_member(channel, "label", label, sizeof label);
    oz_words_member(channel, "color", color, sizeof color);
    for (size_t i = 0; i < 4; i++)
        oz_words_member(window, keys[i], ends[i], sizeof ends[i]);
    if (!oz_buf_printf(out, err, "  channel   %s%s%s", label, *label && *color ? ", " : "", color))
        return false;
    if (*ends[0] && *ends[1] && !oz_buf_printf(out, err, ", window %s to %s", ends[0], ends[1]))
        return false;
    if (*ends[2] && *ends[3] && !oz_buf_printf(out, err, " of %s to %s", ends[2], ends[3]))
        return false;
    return oz_buf_printf(out, err, "\n");
}

static bool cell(struct oz_table *table, const struct oz_json *mag, const char *key,
                 struct oz_err *err)
{
    char text[256];
    const struct oz_json *member = oz_json_get(mag, key);
    if (oz_json_type(member) == OZ_JSON_ARRAY) {
        OZ_AUTO(oz_buf) shape = {0};
        return oz_words_shape(member, &shape, err) && oz_buf_append(&shape, "", 1, err) &&
               oz_table_cell(table, (const char *)shape.data, err);
    }
    if (strcmp(key, "stored_bytes") == 0)
        oz_words_bytes(mag, key, text);
    else if (strcmp(key, "ratio") == 0)
        oz_words_ratio(mag, key, text);
    else
        oz_words_member(mag, key, text, sizeof text);
    return oz_table_cell(table, text, err);
}

static bool show_mags(const struct oz_json *mags, const char *shape_head, struct oz_buf *out,
                      struct oz_err *err)
{
    static const char *const keys[] = {"mag",   "shape",   "chunk",        "shard",
                                       "codec", "objects", "stored_bytes", "ratio"};
    const char *const heads[] = {"mag",   shape_head, "chunk",   "shard",
                                 "codec", "objects",  "on disk", "ratio"};
    OZ_AUTO(oz_table) table = {.columns = "lrrrlrrr"};
    for (size_t i = 0; i < OZ_LENGTH(heads); i++) {
        if (!oz_table_cell(&table, heads[i], err))
            return false;
    }
    for (size_t m = 0; m < oz_json_length(mags); m++) {
        for (size_t i = 0; i < OZ_LENGTH(keys); i++) {
            if (!cell(&table, oz_json_at(mags, m), keys[i], err))
                return false;
        }
    }
    if (!oz_table_print(&table, 2, out, err))
        return false;
    for (size_t m = 0; m < oz_json_length(mags); m++) {
        char name[64], error[1024];
        oz_words_member(oz_json_at(mags, m), "mag", name, sizeof name);
        oz_words_member(oz_json_at(mags, m), "error", error, sizeof error);
        if (*error && !oz_buf_printf(out, err, "  mag %s cannot be read: %s\n", name, error))
            return false;
    }
    return true;
}

/* The axes as one word list: "t c z y x". */
static bool list_axes(const struct oz_json *axes, struct oz_buf *out, struct oz_err *err)
{
    for (size_t i = 0; i < oz_json_length(axes); i++) {
        const struct oz_json *axis = oz_json_at(axes, i);
        const char *name = oz_json_to_text(axis);
        if (!name)
            name = oz_json_to_text(oz_json_get(axis, "name"));
        if (name && !oz_buf_printf(out, err, "%s%s", i ? " " : "", name))
            return false;
    }
    return true;
}

/* The arrays of a layer, or of which layer they are a channel. */
static bool show_arrays(const struct oz_json *layer, const char *shape_head, struct oz_buf *out,
                        struct oz_err *err)
{
    char other[256], channel[32], largest[32];
    oz_words_member(layer, "array_of", other, sizeof other);
    oz_words_member(layer, "channel", channel, sizeof channel);
    oz_words_member(layer, "largest_segment_id", largest, sizeof largest);
    if (*largest && !oz_buf_printf(out, err, "  segments  up to %s\n", largest))
        return false;
    if (*other)
        return oz_buf_printf(out, err, "  stored    in the arrays of %s, channel %s\n", other,
                             channel);
    if (*channel && !oz_buf_printf(out, err, "  stored    as channel %s of the arrays\n", channel))
        return false;
    return show_mags(oz_json_get(layer, "mags"), shape_head, out, err);
}

static bool show_layer(const struct oz_json *layer, struct oz_buf *out, struct oz_err *err)
{
    char name[256], category[32], dtype[32], error[512];
    OZ_AUTO(oz_buf) axes = {0};
    OZ_AUTO(oz_buf) head = {0};
    oz_words_member(layer, "name", name, sizeof name);
    oz_words_member(layer, "category", category, sizeof category);
    oz_words_member(layer, "dtype", dtype, sizeof dtype);
    oz_words_member(layer, "error", error, sizeof error);
    if (!list_axes(oz_json_get(layer, "axes"), &axes, err) || !oz_buf_append(&axes, "", 1, err) ||
        !oz_buf_printf(&head, err, *axes.data ? "shape (%s)" : "shape%s",
                       (const char *)axes.data) ||
        !oz_buf_append(&head, "", 1, err))
        return false;
    if (!oz_buf_printf(out, err, "\n%s%s%s%s%s\n", *name ? name : "(no name)",
                       *category ? "  " : "", category, *dtype ? (*category ? ", " : "  ") : "",
                       dtype))
        return false;
    if (*error)
        return oz_buf_printf(out, err, "  cannot be read: %s\n", error);
    if (!show_extent(layer, out, err))
        return false;
    const struct oz_json *channels = oz_json_get(layer, "channels");
    for (size_t i = 0; i < oz_json_length(channels); i++) {
        if (!show_channel(oz_json_at(channels, i), out, err))
            return false;
    }
    return show_arrays(layer, (const char *)head.data, out, err);
}

/* "dataset of omezarr (OME-Zarr 0.5, Zarr v3)" */
static bool show_kind(const struct oz_json *info, struct oz_buf *out, struct oz_err *err)
{
    static const char *const kinds[][2] = {{"omezarr", "dataset of omezarr"},
                                           {"webknossos", "dataset of WEBKNOSSOS"},
                                           {"ome-zarr", "OME-Zarr image"},
                                           {"array", "Zarr array"}};
    char kind[64], version[32], format[32];
    oz_words_member(info, "kind", kind, sizeof kind);
    oz_words_member(info, "ome_version", version, sizeof version);
    oz_words_member(info, "zarr_format", format, sizeof format);
    const char *words = kind;
    for (size_t i = 0; i < OZ_LENGTH(kinds); i++)
        words = strcmp(kind, kinds[i][0]) == 0 ? kinds[i][1] : words;
    if (!oz_buf_printf(out, err, "%s", words))
        return false;
    if (!*version && !*format)
        return true;
    return oz_buf_printf(out, err, " (%s%s%s%s%s)", *version ? "OME-Zarr " : "", version,
                         *version && *format ? ", " : "", *format ? "Zarr v" : "", format);
}

static bool show_head(const struct oz_json *info, struct oz_buf *out, struct oz_err *err)
{
    char path[1024];
    oz_words_member(info, "path", path, sizeof path);
    if (!oz_buf_printf(out, err, "%s: ", path) || !show_kind(info, out, err))
        return false;
    const struct oz_json *voxel = oz_json_get(info, "voxel_size");
    const char *unit = oz_json_to_text(oz_json_get(info, "unit"));
    for (size_t i = 0; i < oz_json_length(voxel); i++) {
        double length;
        if (oz_json_type(voxel) == OZ_JSON_ARRAY &&
            oz_json_to_double(oz_json_at(voxel, i), &length) &&
            !oz_buf_printf(out, err, "%s%g", i ? " x " : ", voxel ", length))
            return false;
    }
    if (oz_json_length(voxel) && unit && !oz_buf_printf(out, err, " %s", oz_words_unit(unit)))
        return false;
    return oz_buf_printf(out, err, "\n");
}

bool oz_info_show(const struct oz_json *info, struct oz_buf *out, struct oz_err *err)
{
    char stored[32], bytes[32], ratio[32];
    if (!show_head(info, out, err))
        return false;
    const struct oz_json *layers = oz_json_get(info, "layers");
    for (size_t i = 0; i < oz_json_length(layers); i++) {
        if (!show_layer(oz_json_at(layers, i), out, err))
            return false;
    }
    oz_words_bytes(info, "stored_bytes", stored);
    oz_words_bytes(info, "bytes", bytes);
    oz_words_ratio(info, "ratio", ratio);
    if (!*stored || !*bytes)
        return true;
    return oz_buf_printf(out, err, "\n%s on disk for %s of pixels", stored, bytes) &&
           oz_buf_printf(out, err, *ratio ? ", ratio %s\n" : "%s\n", ratio);
}
