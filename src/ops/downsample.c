/* SPDX-License-Identifier: Apache-2.0 */
/* Adds the coarser mags that a dataset or an image lacks, made from its coarsest one. */
#include <ctype.h>
#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "base/path.h"
#include "base/progress.h"
#include "base/text.h"
#include "codec/codec.h"
#include "ops/compression.h"
#include "ops/consolidated.h"
#include "ops/layer_job.h"
#include "ops/open_dataset.h"
#include "ops/partial.h"
#include "ops/pyramid.h"
#include "ops/settings.h"

/* One layer that gets new levels. */
struct task {
    const struct oz_downsample_opts *opts;
    struct oz_dataset_view *view;
    const struct oz_layer_view *layer;
    const struct oz_level_view *from;  /* the coarsest level */
    struct oz_mag mags[OZ_MAX_LEVELS]; /* [0] is from's */
    char *names[OZ_MAX_LEVELS];        /* of the levels' folders */
    unsigned count;                    /* levels, from's included */
    struct oz_source source;
    struct oz_pyramid pyramid;
    struct oz_plan plan;
    struct oz_array *arrays[OZ_MAX_LEVELS];
};

static void task_release(struct task *task)
{
    for (unsigned l = 0; l < OZ_MAX_LEVELS; l++) {
        oz_array_free(task->arrays[l]);
        oz_free(task->names[l]);
    }
}

/* ---- which mags ---- */

static const struct oz_level_view *coarsest(const struct oz_layer_view *layer)
{
    const struct oz_level_view *found = NULL;
    for (size_t i = 0; i < layer->level_count; i++) {
        const struct oz_level_view *level = &layer->levels[i];
        if (level->array && (!found || oz_mag_max(level->mag) >= oz_mag_max(found->mag)))
            found = level;
    }
    return found;
}

static bool collect_mags(const struct oz_dataset_view *view, struct oz_mag **mags, size_t *count,
                         struct oz_err *err)
{
    size_t room = 0;
    for (size_t i = 0; i < view->layer_count; i++)
        room += view->layers[i].level_count;
    *mags = oz_alloc(room, sizeof **mags, err);
    if (!*mags)
        return false;
    for (size_t i = 0; i < view->layer_count; i++) {
        for (size_t l = 0; l < view->layers[i].level_count; l++)
            (*mags)[(*count)++] = view->layers[i].levels[l].mag;
    }
    return true;
}

static bool choose_mags(struct task *task, struct oz_err *err)
{
    const struct oz_layer_view *layer = task->layer;
    const uint32_t *asked = task->opts->coarsest_mag;
    double unit = layer->unit ? oz_unit_nanometers(layer->unit) : 0;
    struct oz_mag_request request = {.from = task->from->mag,
                                     .coarsest = {asked[0], asked[1], asked[2]},
                                     .size = {layer->size[0], layer->size[1], layer->size[2]}};
    for (int i = 0; i < 3; i++)
        request.voxel[i] = layer->voxel[i] * (unit > 0 ? unit : 1);
    if (!oz_sampling_from_name(task->opts->sampling, &request.sampling))
        return oz_fail(err, OZ_EINVAL,
                       "sampling mode '%s' is unknown: use anisotropic, isotropic or constant_z",
                       task->opts->sampling);
    OZ_AUTO_FREE struct oz_mag *others = NULL;
    OZ_AUTO_FREE struct oz_mag *mags = NULL;
    size_t count = 0;
    if (!collect_mags(task->view, &others, &request.other_count, err))
        return false;
    request.others = others;
    if (!oz_mags_plan(&request, &mags, &count, err))
        return false;
    if (count + 1 > OZ_MAX_LEVELS)
        return oz_fail(err, OZ_EINVAL, "more than %d mags", OZ_MAX_LEVELS - 1);
    task->mags[0] = task->from->mag;
    memcpy(task->mags + 1, mags, count * sizeof *mags);
    task->count = (unsigned)count + 1;
    return true;
}

/* ---- how the new levels are named ---- */

/* Behind "0" comes "1", behind "s2" "s3"; in datasets of WEBKNOSSOS's kind a level is its mag. */
static char *level_name(const struct task *task, unsigned level, struct oz_err *err)
{
    char mag[OZ_MAG_TEXT];
    oz_mag_name(task->mags[level], mag);
    if (task->layer->properties)
        return oz_strdup(mag, err);
    OZ_AUTO_FREE char *last = oz_path_name(task->from->path, err);
    if (!last)
        return NULL;
    size_t digits = strlen(last);
    while (digits > 0 && isdigit((unsigned char)last[digits - 1]))
        digits--;
    uint64_t number;
    if (!last[digits] || !oz_text_to_u64(last + digits, &number))
        return oz_strdup(mag, err);
    return oz_format(err, "%.*s%llu", (int)digits, last, (unsigned long long)number + level);
}

/* The key of the folder that holds the levels. */
static char *levels_folder(const struct task *task, struct oz_err *err)
{
    const char *slash = strrchr(task->from->path, '/');
    return slash ? oz_strndup(task->from->path, (size_t)(slash - task->from->path), err)
                 : oz_strdup("", err);
}

/* ---- the new arrays ---- */

/* As the level it is made from: axes, chunks, shards, codecs; but one time point a chunk, and
 * compressed in any case. */
static bool fill_meta(const struct task *task, unsigned level, struct oz_meta *meta,
                      struct oz_err *err)
{
    const struct oz_axis_order *order = &task->from->order;
    const int axis[3] = {order->z, order->y, order->x};
    if (!oz_meta_copy(oz_array_meta(task->from->array), meta, err))
        return false;
    for (int a = 0; a < 3; a++) {
        if (axis[a] >= 0)
            meta->shape[axis[a]] = task->pyramid.level[level].size[a];
    }
    if (order->t >= 0)
        meta->chunk[order->t] = meta->shard[order->t] = 1;
    if (order->c >= 0)
        meta->chunk[order->c] = meta->shard[order->c] = task->source.group;
    if (oz_chain_compresses(oz_array_chain(task->from->array)))
        return true;
    bool segmentation = task->layer->category == OZ_CATEGORY_SEGMENTATION;
    return oz_meta_add_compression(meta, oz_choose_codec(meta->dtype, segmentation), err);
}

static void set_levels(struct task *task)
{
    for (unsigned l = 0; l < task->count; l++) {
        const struct oz_mag *mag = &task->mags[l], *finer = &task->mags[l > 0 ? l - 1 : 0];
        const uint32_t factor[3] = {mag->z / finer->z, mag->y / finer->y, mag->x / finer->x};
        for (int a = 0; a < 3; a++) {
            uint64_t before =
                l > 0 ? task->pyramid.level[l - 1].size[a] : task->source.shape[OZ_Z + a];
            task->pyramid.level[l].factor[a] = factor[a];
            task->pyramid.level[l].size[a] = oz_ceil_div(before, factor[a]);
        }
    }
    task->pyramid.level_count = task->count;
}

static bool make_arrays(struct task *task, struct oz_store *store, struct oz_err *err)
{
    for (unsigned l = 1; l < task->count; l++) {
        OZ_AUTO(oz_meta) meta = {0};
        if (!fill_meta(task, l, &meta, err))
            return false;
        task->arrays[l] = oz_array_create(store, task->names[l], &meta, err);
        if (!task->arrays[l])
            return false;
        task->pyramid.level[l].array = task->arrays[l];
    }
    return true;
}

static bool set_kernel(struct task *task, struct oz_err *err)
{
    bool given;
    if (!oz_interpolation_from_name(task->opts->interpolation, &given, &task->pyramid.shrink, err))
        return false;
    if (!given && task->layer->category == OZ_CATEGORY_SEGMENTATION)
        task->pyramid.shrink = OZ_SHRINK_MODE;
    return true;
}

/* Blocks are counted from the array's first voxel, so that levels line up wherever the layer's own
 * box begins. */
static void set_source(struct task *task)
{
    const uint64_t zero[3] = {0};
    uint64_t extent[3];
    for (int a = 0; a < 3; a++)
        extent[a] = task->from->origin[a] + task->from->extent[a];
    oz_source_from_array(&task->source, task->from->array, task->from->order, zero, extent);
    task->pyramid.source = &task->source;
    task->pyramid.order = task->from->order;
}

static bool make_levels(struct task *task, const char *folder, struct oz_err *err)
{
    const struct oz_run_opts *run = &task->opts->run;
    const struct oz_meta *meta = oz_array_meta(task->from->array);
    const struct oz_axis_order *order = &task->from->order;
    const int axis[3] = {order->z, order->y, order->x};
    uint64_t chunk[3];
    char from[OZ_MAG_TEXT], to[OZ_MAG_TEXT];
    OZ_AUTO_PTR(oz_store) store = oz_store_open(folder, err);
    if (!store || !make_arrays(task, store, err))
        return false;
    for (int a = 0; a < 3; a++)
        chunk[a] = axis[a] < 0 ? 1 : meta->chunk[axis[a]];
    if (!oz_pyramid_plan(&task->pyramid, chunk, &task->plan, err))
        return false;
    oz_mag_name(task->mags[0], from);
    oz_mag_name(task->mags[task->count - 1], to);
    OZ_AUTO_FREE char *text =
        oz_format(err, "Downsampling layer %s from Mag %s to Mag %s", task->layer->name, from, to);
    if (!text)
        return false;
    oz_progress_begin(run->progress, text, task->plan.units);
    bool ok = oz_pyramid_run(&task->pyramid, &task->plan, NULL, err);
    oz_progress_end(run->progress);
    for (unsigned l = 1; ok && l < task->count; l++)
        ok = oz_array_write_metadata(task->arrays[l], err);
    return ok;
}

/* ---- what the dataset says of them ---- */

static bool add_ome_level(const struct task *task, unsigned level, struct oz_ome_image *image,
                          const struct oz_ome_level *base, struct oz_err *err)
{
    const struct oz_axis_order *order = &task->from->order;
    const int axis[3] = {order->z, order->y, order->x};
    const struct oz_mag *mag = &task->mags[level], *first = &task->mags[0];
    const double factor[3] = {(double)mag->z / first->z, (double)mag->y / first->y,
                              (double)mag->x / first->x};
    struct oz_ome_level *levels =
        oz_realloc(image->levels, image->level_count + 1, sizeof *levels, err);
    if (!levels)
        return false;
    image->levels = levels;
    struct oz_ome_level *to = &levels[image->level_count];
    *to = *base;
    size_t prefix = strlen(base->path);
    while (prefix > 0 && base->path[prefix - 1] != '/')
        prefix--;
    to->path = oz_format(err, "%.*s%s", (int)prefix, base->path, task->names[level]);
    if (!to->path)
        return false;
    for (int a = 0; a < 3; a++) {
        if (axis[a] < 0)
            continue;
        to->scale[axis[a]] = base->scale[axis[a]] * factor[a];
        to->translation[axis[a]] =
            base->translation[axis[a]] + base->scale[axis[a]] * (factor[a] - 1) / 2;
    }
    image->level_count++;
    return true;
}

static bool update_image(const struct task *task, struct oz_err *err)
{
    if (!task->from->ome)
        return true;
    OZ_AUTO(oz_node) node = {0};
    OZ_AUTO(oz_ome_image) image = {0};
    struct oz_store *store = task->view->store;
    if (oz_node_read(store, task->layer->group, &node, err) == OZ_FAILED)
        return false;
    if (oz_ome_image_read(node.attributes, &image, err) != OZ_FOUND)
        return err->code == OZ_OK;
    struct oz_ome_level base = *task->from->ome; /* its path stays the view's */
    for (unsigned l = 1; l < task->count; l++) {
        if (!add_ome_level(task, l, &image, &base, err))
            return false;
    }
    OZ_AUTO_PTR(oz_json) attributes = oz_ome_image_update(node.attributes, &image, err);
    return attributes &&
           oz_group_write(store, task->layer->group, node.zarr_format, attributes, err);
}

/* Every layer that shows these arrays lists the new mags. */
static bool update_properties(const struct task *task, const char *folder, struct oz_err *err)
{
    struct oz_dataset_view *view = task->view;
    if (!task->layer->properties)
        return true;
    size_t self = (size_t)(task->layer - view->layers);
    for (size_t i = 0; i < view->layer_count; i++) {
        if (view->layers[i].array_of != self)
            continue;
        for (unsigned l = 1; l < task->count; l++) {
            OZ_AUTO_FREE char *path =
                oz_format(err, "./%s%s%s", folder, *folder ? "/" : "", task->names[l]);
            const struct oz_property_mag mag = {.mag = task->mags[l],
                                                .path = path,
                                                .order = task->from->order,
                                                .channel = view->layers[i].channel};
            if (!path || !oz_properties_add_mag(&view->properties, view->layers[i].name, &mag, err))
                return false;
        }
    }
    return oz_properties_save(view->store, &view->properties, err);
}

/* ---- one layer ---- */

static bool name_levels(struct task *task, const char *folder, struct oz_err *err)
{
    for (unsigned l = 1; l < task->count; l++) {
        task->names[l] = level_name(task, l, err);
        OZ_AUTO_FREE char *path = task->names[l] ? oz_path_join(folder, task->names[l], err) : NULL;
        bool vacant = false;
        if (!path || !oz_path_is_vacant(path, &vacant, err))
            return false;
        if (!vacant)
            return oz_fail(err, OZ_EEXIST,
                           "%s exists, but the metadata does not list it: move it away first",
                           path);
    }
    return true;
}

/* The levels are built in a hidden folder beside the others and moved to their places when they are
 * whole; what names them is written after that. */
static bool add_levels(struct task *task, struct oz_err *err)
{
    OZ_AUTO_FREE char *key = levels_folder(task, err);
    OZ_AUTO_FREE char *folder = key ? oz_path_join(task->view->folder, key, err) : NULL;
    OZ_AUTO_FREE char *anchor = folder ? oz_path_join(folder, "downsample", err) : NULL;
    if (!anchor || !name_levels(task, folder, err))
        return false;
    OZ_AUTO_PTR(oz_partial) partial = oz_partial_begin(anchor, err);
    if (!partial || !make_levels(task, oz_partial_path(partial), err))
        return false;
    if (!oz_consolidated_drop(task->view->store, task->from->path, task->opts->run.progress, err))
        return false;
    for (unsigned l = 1; l < task->count; l++) {
        OZ_AUTO_FREE char *from = oz_path_join(oz_partial_path(partial), task->names[l], err);
        OZ_AUTO_FREE char *to = from ? oz_path_join(folder, task->names[l], err) : NULL;
        if (!to || !oz_folder_publish(from, to, err))
            return false;
    }
    return update_image(task, err) && update_properties(task, key, err);
}

static bool downsample_layer(struct task *task, struct oz_err *err)
{
    struct oz_progress *progress = task->opts->run.progress;
    const struct oz_layer_view *layer = task->layer;
    if (layer->problem)
        return oz_fail(err, OZ_EFORMAT, "%s", layer->problem);
    task->from = coarsest(layer);
    for (size_t i = 0; i < layer->level_count; i++)
        if (layer->levels[i].problem)
            return oz_fail(err, OZ_EFORMAT, "%s: %s", layer->levels[i].path,
                           layer->levels[i].problem);
    if (!task->from || layer->kind == OZ_VIEW_ARRAY)
        return oz_fail(err, OZ_EUNSUPPORTED, "there is no level that coarser ones can be made of");
    if (!oz_dtype_is_pixel(oz_array_meta(task->from->array)->dtype))
        return oz_fail(err, OZ_EUNSUPPORTED, "%s values cannot be downsampled",
                       oz_dtype_name(oz_array_meta(task->from->array)->dtype));
    if (!choose_mags(task, err))
        return false;
    if (task->count == 1) {
        oz_progress_say(progress, OZ_EVENT_NOTE, "layer %s has all its mags already", layer->name);
        return true;
    }
    task->pyramid.jobs = oz_jobs_or_default(task->opts->run.jobs);
    task->pyramid.memory = oz_memory_or_default(task->opts->run.memory);
    task->pyramid.progress = progress;
    if (!set_kernel(task, err))
        return false;
    set_source(task);
    set_levels(task);
    return add_levels(task, err);
}

static bool run_task(const struct oz_downsample_opts *opts, struct oz_dataset_view *view,
                     const struct oz_layer_view *layer, struct oz_err *err)
{
    struct task task = {.opts = opts, .view = view, .layer = layer};
    bool ok = downsample_layer(&task, err);
    task_release(&task);
    return ok || oz_err_prefix(err, "layer %s: ", layer->name);
}

bool oz_downsample(const struct oz_downsample_opts *opts, struct oz_err *err)
{
    OZ_AUTO(oz_dataset_view) view = {0};
    if (!oz_dataset_view_open(opts->target, &view, err))
        return false;
    const struct oz_layer_view *only = NULL;
    if (opts->layer_name) {
        only = oz_dataset_view_find(&view, opts->layer_name, err);
        if (!only)
            return false;
    }
    for (size_t i = 0; i < view.layer_count; i++) {
        const struct oz_layer_view *layer = &view.layers[i];
        bool wanted = only ? layer->array_of == only->array_of : true;
        if (wanted && layer->array_of == i && !run_task(opts, &view, layer, err))
            return false;
    }
    return true;
}
