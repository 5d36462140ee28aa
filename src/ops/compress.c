/* SPDX-License-Identifier: Apache-2.0 */
/* Compresses the mags of a dataset that are not compressed, each exchanged in one step. */
#include <string.h>

#include "base/alloc.h"
#include "base/path.h"
#include "base/progress.h"
#include "ops/compression.h"
#include "ops/consolidated.h"
#include "ops/layer_job.h"
#include "ops/open_dataset.h"
#include "ops/partial.h"
#include "ops/reencode.h"

static const struct oz_level_view *find_level(const struct oz_layer_view *layer, struct oz_mag mag)
{
    for (size_t i = 0; i < layer->level_count; i++) {
        if (oz_mag_equal(layer->levels[i].mag, mag))
            return &layer->levels[i];
    }
    return NULL;
}

static bool unknown_mag(const struct oz_layer_view *layer, const char *mag, struct oz_err *err)
{
    OZ_AUTO(oz_buf) names = {0};
    for (size_t i = 0; i < layer->level_count; i++) {
        char name[OZ_MAG_TEXT];
        oz_mag_name(layer->levels[i].mag, name);
        if (!oz_buf_printf(&names, err, "%s%s", i ? ", " : "", name))
            return false;
    }
    return oz_fail(err, OZ_ENOTFOUND, "layer %s has no mag %s; mags: %.*s", layer->name, mag,
                   (int)names.size, (const char *)names.data);
}

static bool is_wanted(const struct oz_compress_opts *opts, struct oz_mag mag)
{
    for (size_t i = 0; i < opts->mag_count; i++) {
        struct oz_mag wanted;
        if (oz_mag_parse(opts->mags[i], &wanted) && oz_mag_equal(wanted, mag))
            return true;
    }
    return opts->mags == NULL;
}

/* All that can be told before anything is changed. */
static bool check_layer(const struct oz_compress_opts *opts, const struct oz_layer_view *layer,
                        struct oz_err *err)
{
    if (layer->problem)
        return oz_fail(err, OZ_EFORMAT, "layer %s: %s", layer->name, layer->problem);
    for (size_t i = 0; opts->mags && i < opts->mag_count; i++) {
        struct oz_mag mag;
        if (!oz_mag_parse(opts->mags[i], &mag))
            return oz_fail(err, OZ_EINVAL, "'%s' is not a mag", opts->mags[i]);
        if (!find_level(layer, mag))
            return unknown_mag(layer, opts->mags[i], err);
    }
    for (size_t i = 0; i < layer->level_count; i++) {
        const struct oz_level_view *level = &layer->levels[i];
        if (is_wanted(opts, level->mag) && level->problem)
            return oz_fail(err, OZ_EFORMAT, "layer %s: %s: %s", layer->name, level->path,
                           level->problem);
    }
    return true;
}

/* The array in a new form, in a folder of its own. */
static bool write_compressed(const struct oz_compress_opts *opts,
                             const struct oz_dataset_view *view, const struct oz_level_view *level,
                             const char *codec, const char *folder, struct oz_err *err)
{
    OZ_AUTO(oz_meta) meta = {0};
    OZ_AUTO_PTR(oz_store) store = oz_store_open(folder, err);
    if (!store || !oz_meta_copy(oz_array_meta(level->array), &meta, err) ||
        !oz_meta_add_compression(&meta, codec, err))
        return false;
    OZ_AUTO_PTR(oz_array) array = oz_array_create(store, "", &meta, err);
    return array && oz_reencode(view->store, level->array, array, &opts->run, err) &&
           oz_array_write_metadata(array, err);
}

static bool compress_level(const struct oz_compress_opts *opts, const struct oz_dataset_view *view,
                           const struct oz_layer_view *layer, const struct oz_level_view *level,
                           struct oz_err *err)
{
    struct oz_progress *progress = opts->run.progress;
    const char *codec = opts->codec;
    if (!codec)
        codec = oz_choose_codec(oz_array_meta(level->array)->dtype,
                                layer->category == OZ_CATEGORY_SEGMENTATION);
    OZ_AUTO_FREE char *folder = oz_path_join(view->folder, level->path, err);
    OZ_AUTO_FREE char *text = oz_format(err, "Compressing %s", level->path);
    OZ_AUTO_PTR(oz_partial) partial = folder && text ? oz_partial_begin(folder, err) : NULL;
    if (!partial)
        return false;
    oz_progress_begin(progress, text, 0);
    bool done = write_compressed(opts, view, level, codec, oz_partial_path(partial), err);
    oz_progress_end(progress);
    return done && oz_consolidated_drop(view->store, level->path, progress, err) &&
           oz_partial_publish(OZ_STEAL(partial), err);
}

static bool skip_level(const struct oz_compress_opts *opts, const struct oz_dataset_view *view,
                       const struct oz_level_view *level, struct oz_err *err)
{
    OZ_AUTO(oz_buf) codec = {0};
    OZ_AUTO_FREE char *folder = oz_path_join(view->folder, level->path, err);
    if (!folder || !oz_codecs_describe(oz_array_meta(level->array)->codecs, &codec, err))
        return false;
    oz_progress_say(opts->run.progress, OZ_EVENT_NOTE, "%s is compressed already (%.*s), skipped",
                    level->path, (int)codec.size, (const char *)codec.data);
    return oz_partial_clean(folder, err);
}

static bool compress_layer(const struct oz_compress_opts *opts, const struct oz_dataset_view *view,
                           const struct oz_layer_view *layer, struct oz_err *err)
{
    for (size_t i = 0; i < layer->level_count; i++) {
        const struct oz_level_view *level = &layer->levels[i];
        if (!is_wanted(opts, level->mag))
            continue;
        bool done = oz_chain_compresses(oz_array_chain(level->array))
                        ? skip_level(opts, view, level, err)
                        : compress_level(opts, view, layer, level, err);
        if (!done)
            return false;
    }
    return true;
}

/* A codec that cannot be is told even where there is nothing to compress. */
static bool check_codec(const char *text, struct oz_err *err)
{
    OZ_AUTO_PTR(oz_json) codecs = text ? oz_codecs_from_text(text, 1, err) : NULL;
    if (!text || oz_json_length(codecs) > 1)
        return true;
    return codecs ? oz_fail(err, OZ_EINVAL, "the codec \"%s\" does not compress", text) : false;
}

bool oz_compress(const struct oz_compress_opts *opts, struct oz_err *err)
{
    OZ_AUTO(oz_dataset_view) view = {0};
    if (!check_codec(opts->codec, err) || !oz_dataset_view_open(opts->target, &view, err))
        return false;
    const struct oz_layer_view *only = NULL;
    if (opts->layer_name) {
        only = oz_dataset_view_find(&view, opts->layer_name, err);
        if (!only)
            return false;
    }
    for (size_t i = 0; i < view.layer_count; i++) {
        if ((!only || only == &view.layers[i]) && !check_layer(opts, &view.layers[i], err))
            return false;
    }
    for (size_t i = 0; i < view.layer_count; i++) {
        const struct oz_layer_view *layer = &view.layers[i];
        /* The channels of an array are layers that share it: once is enough. */
        bool wanted = only ? only == layer : layer->array_of == i;
        if (wanted && !compress_layer(opts, &view, layer, err))
            return false;
    }
    return true;
}
