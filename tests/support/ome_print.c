/* SPDX-License-Identifier: Apache-2.0 */
/* Writes OME-Zarr documents for many models, for the schemas to judge: ome_print FOLDER makes
 * FOLDER/VERSION-KIND-NAME.json with the attributes of a group. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "ome/ome.h"

static const char *folder;

static bool save(const char *version, const char *kind, const char *name, struct oz_json *document,
                 struct oz_err *err)
{
    OZ_AUTO_PTR(oz_json) owned = document;
    OZ_AUTO_FREE char *path = oz_format(err, "%s/%s-%s-%s.json", folder, version, kind, name);
    OZ_AUTO(oz_buf) text = {0};
    if (owned == NULL || path == NULL || !oz_json_print(owned, 2, &text, err)) {
        return false;
    }
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(text.data, 1, text.size, file) != text.size || fclose(file) != 0) {
        return oz_fail(err, OZ_EIO, "%s: cannot be written", path);
    }
    return true;
}

/* One of the models: `axes` like "tczyx", so many levels and channels. */
struct sample {
    const char *axes;
    unsigned levels;
    unsigned channels;
    const char *unit;
    const char *time_unit;
};

static const char *type_of(char axis)
{
    return axis == 't' ? "time" : axis == 'c' ? "channel" : "space";
}

static bool fill_image(const struct sample *sample, const char *version, struct oz_ome_image *image,
                       struct oz_err *err)
{
    image->name = oz_strdup("em", err);
    image->type = oz_strdup("median", err);
    static const char metadata[] = "{\"method\": \"median\", \"software\": \"omezarr\"}";
    image->metadata = oz_json_parse(metadata, sizeof metadata - 1, err);
    image->rank = (unsigned)strlen(sample->axes);
    image->default_z = 12;
    snprintf(image->version, sizeof image->version, "%s", version);
    for (unsigned i = 0; i < image->rank; i++) {
        char axis = sample->axes[i];
        const char *unit = axis == 't' ? sample->time_unit : axis == 'c' ? NULL : sample->unit;
        image->axes[i].name = oz_strndup(&axis, 1, err);
        image->axes[i].type = oz_strdup(type_of(axis), err);
        image->axes[i].unit = unit == NULL ? NULL : oz_strdup(unit, err);
    }
    image->levels = oz_alloc(sample->levels, sizeof *image->levels, err);
    image->level_count = sample->levels;
    for (unsigned n = 0; n < sample->levels; n++) {
        unsigned factor = 1u << n;
        image->levels[n].path = oz_format(err, "%u", factor);
        for (unsigned i = 0; i < image->rank; i++) {
            bool space = strcmp(type_of(sample->axes[i]), "space") == 0;
            image->levels[n].scale[i] = space ? 11.24 * factor : 1.0;
            image->levels[n].translation[i] = space ? 11.24 * (factor - 1) / 2 : 0.0;
        }
    }
    image->channels = oz_alloc(sample->channels, sizeof *image->channels, err);
    image->channel_count = sample->channels;
    for (unsigned i = 0; i < sample->channels; i++) {
        image->channels[i] = (struct oz_ome_channel){
            .label = i == 1 ? NULL : oz_format(err, "channel %u", i),
            .color = sample->channels == 1 ? 0xFFFFFF : 0xFF0000u >> (8 * (i % 3)),
            .inverted = i == 2,
            .active = true,
            .min = -3.5,
            .max = 255,
            .start = 2,
            .end = 250.25,
        };
    }
    return err->code == OZ_OK;
}

static bool print_images(const char *version, struct oz_err *err)
{
    static const struct sample samples[] = {
        {"zyx", 1, 1, "nanometer", NULL},   {"zyx", 5, 0, "nanometer", NULL},
        {"czyx", 3, 3, "micrometer", NULL}, {"tzyx", 2, 1, "angstrom", "second"},
        {"tczyx", 4, 7, "nm", NULL},        {"tczyx", 2, 2, NULL, "millisecond"},
        {"yx", 1, 1, "inch", NULL},
    };
    for (size_t i = 0; i < OZ_LENGTH(samples); i++) {
        OZ_AUTO(oz_ome_image) image = {0};
        OZ_AUTO_FREE char *name = oz_format(err, "%zu-%s", i, samples[i].axes);
        if (name == NULL || !fill_image(&samples[i], version, &image, err)) {
            return false;
        }
        struct oz_json *written = oz_ome_image_write(&image, err);
        if (!save(version, "image", name, written, err)) {
            return false;
        }
        /* The same model once more into what stands: a reader that has read it adds a level. */
        OZ_AUTO_PTR(oz_json) first = oz_ome_image_write(&image, err);
        OZ_AUTO(oz_ome_image) again = {0};
        if (first == NULL || oz_ome_image_read(first, &again, err) != OZ_FOUND) {
            return false;
        }
        OZ_AUTO_FREE char *updated = oz_format(err, "%zu-%s-updated", i, samples[i].axes);
        if (updated == NULL ||
            !save(version, "image", updated, oz_ome_image_update(first, &again, err), err)) {
            return false;
        }
    }
    return true;
}

static bool print_all(struct oz_err *err)
{
    static const char *const versions[] = {"0.4", "0.5"};
    static const char *const paths[] = {"em", "labels_of_em"};
    for (size_t i = 0; i < OZ_LENGTH(versions); i++) {
        if (!print_images(versions[i], err) ||
            !save(versions[i], "bf2raw", "root", oz_ome_root_write(versions[i], err), err) ||
            !save(versions[i], "ome", "series", oz_ome_series_write(versions[i], paths, 2, err),
                  err)) {
            return false;
        }
    }
    return true;
}

int main(int argc, char **argv)
{
    struct oz_err err = {0};
    if (argc != 2) {
        fprintf(stderr, "usage: ome_print FOLDER\n");
        return 2;
    }
    folder = argv[1];
    if (!print_all(&err)) {
        fprintf(stderr, "ome_print: %s\n", err.msg);
        return 1;
    }
    return 0;
}
