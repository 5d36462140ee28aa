/* SPDX-License-Identifier: Apache-2.0 */
/* Turns finished layers into OME-Zarr metadata and datasource-properties.json. */
#include "ops/dataset_metadata.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "ome/ome.h"
#include "omezarr/version.h"
#include "zarr/group.h"

/* What viewers give channels that name no color of their own. */
static uint32_t default_color(const struct oz_layer_job *job, uint64_t channel)
{
    static const uint32_t rgb[] = {0xFF0000, 0x00FF00, 0x0000FF, 0xFFFFFF};
    static const uint32_t many[] = {0x00FF00, 0xFF00FF, 0x00FFFF, 0xFFFF00, 0xFF0000, 0x0000FF};
    if (job->stack->rgb)
        return rgb[channel % job->stack->samples % OZ_LENGTH(rgb)];
    return job->stack->shape[OZ_C] == 1 ? 0xFFFFFF : many[channel % OZ_LENGTH(many)];
}

/* Which channel of the stack is channel `c` of the array. */
static uint64_t stack_channel(const struct oz_layer_job *job, uint64_t c)
{
    return job->channel < 0 ? c : (uint64_t)job->channel;
}

static int64_t given_color(const struct oz_layer_job *job, uint64_t c)
{
    uint64_t channel = stack_channel(job, c);
    int64_t given = job->stack->channels ? job->stack->channels[channel].color : -1;
    bool several = job->stack->shape[OZ_C] > 1;
    return given >= 0 || !several ? given : default_color(job, channel);
}

static char *channel_label(const struct oz_layer_job *job, uint64_t c, struct oz_err *err)
{
    static const char *const rgb[] = {"red", "green", "blue", "alpha"};
    uint64_t channel = stack_channel(job, c);
    if (job->stack->channels && job->stack->channels[channel].name)
        return oz_strdup(job->stack->channels[channel].name, err);
    if (job->stack->rgb && job->stack->samples <= OZ_LENGTH(rgb))
        return oz_strdup(rgb[channel % job->stack->samples], err);
    if (job->stack->shape[OZ_C] == 1)
        return oz_strdup(job->name, err);
    return oz_format(err, "channel %llu", (unsigned long long)channel);
}

/* ---- OME ---- */

static bool fill_axes(const struct oz_layer_job *job, const char *unit, struct oz_ome_image *image,
                      struct oz_err *err)
{
    const struct oz_axis_order *order = &job->order;
    const int axis[OZ_AXES] = {order->t, order->c, order->z, order->y, order->x};
    static const char *const types[OZ_AXES] = {"time", "channel", "space", "space", "space"};
    image->rank = job->rank;
    for (int a = 0; a < OZ_AXES; a++) {
        if (axis[a] < 0)
            continue;
        struct oz_ome_axis *to = &image->axes[axis[a]];
        const char *of = a >= OZ_Z ? unit : a == OZ_T && job->stack->t_step > 0 ? "second" : NULL;
        to->name = oz_strndup(&"tczyx"[a], 1, err);
        to->type = to->name ? oz_strdup(types[a], err) : NULL;
        to->unit = of && to->type ? oz_strdup(of, err) : NULL;
        if (!to->type || (of && !to->unit))
            return false;
    }
    return true;
}

/* Voxels are centred: the first voxel of a coarser level lies (mag - 1) / 2 voxels further in. */
static bool fill_levels(const struct oz_layer_job *job, struct oz_ome_image *image,
                        struct oz_err *err)
{
    const struct oz_axis_order *order = &job->order;
    const int axis[3] = {order->x, order->y, order->z};
    image->levels = oz_alloc(job->level_count, sizeof *image->levels, err);
    if (!image->levels)
        return false;
    for (unsigned l = 0; l < job->level_count; l++, image->level_count++) {
        struct oz_ome_level *level = &image->levels[l];
        const uint32_t mag[3] = {job->mags[l].x, job->mags[l].y, job->mags[l].z};
        char name[OZ_MAG_TEXT];
        oz_mag_name(job->mags[l], name);
        level->path = oz_strdup(name, err);
        if (!level->path)
            return false;
        for (unsigned i = 0; i < job->rank; i++)
            level->scale[i] = 1;
        if (order->t >= 0 && job->stack->t_step > 0)
            level->scale[order->t] = job->stack->t_step;
        for (int a = 0; a < 3; a++) {
            level->scale[axis[a]] = job->voxel[a] * mag[a];
            level->translation[axis[a]] = job->voxel[a] * (mag[a] - 1) / 2;
        }
    }
    return true;
}

static bool fill_channels(const struct oz_layer_job *job, struct oz_ome_image *image,
                          struct oz_err *err)
{
    uint64_t count = job->source.shape[OZ_C];
    if (job->segmentation)
        return true; /* ids are not intensities */
    image->channels = oz_alloc(count, sizeof *image->channels, err);
    if (!image->channels)
        return false;
    for (uint64_t c = 0; c < count; c++, image->channel_count++) {
        struct oz_ome_channel *channel = &image->channels[c];
        const struct oz_channel_stats *stats = &job->stats[c];
        int64_t color = given_color(job, c);
        channel->label = channel_label(job, c, err);
        if (!channel->label)
            return false;
        channel->color = color >= 0 ? (uint32_t)color : default_color(job, stack_channel(job, c));
        channel->active = !(job->stack->rgb && c % job->stack->samples == 3);
        channel->inverted = job->stack->inverted;
        channel->min = oz_extent_min(&stats->extent, job->source.dtype);
        channel->max = oz_extent_max(&stats->extent, job->source.dtype);
        channel->start = stats->low;
        channel->end = stats->high;
    }
    return true;
}

static struct oz_json *method_json(const struct oz_layer_job *job, struct oz_err *err)
{
    struct oz_json_maker maker = {0};
    struct oz_json *object = oz_make_root_object(&maker);
    oz_make_text(&maker, object, "description",
                 "Each level is made of the one before, block by block; blocks cut by the border "
                 "use the voxels that are there.");
    oz_make_text(&maker, object, "method", oz_shrink_name(job->shrink));
    oz_make_text(&maker, object, "software", "omezarr");
    oz_make_text(&maker, object, "version", OZ_VERSION);
    return oz_make_finish(&maker, object, err);
}

static bool write_image(struct oz_store *store, const struct oz_settings *settings,
                        const struct oz_layer_job *job, struct oz_err *err)
{
    int format = settings->opts->zarr_format;
    OZ_AUTO(oz_ome_image) image = {0};
    snprintf(image.version, sizeof image.version, "%s", format == 3 ? "0.5" : "0.4");
    image.name = oz_strdup(job->name, err);
    image.type = image.name ? oz_strdup(oz_shrink_name(job->shrink), err) : NULL;
    image.metadata = image.type ? method_json(job, err) : NULL;
    image.default_z = job->source.shape[OZ_Z] / 2; /* where there is most to see */
    if (!image.metadata || !fill_axes(job, settings->opts->unit, &image, err) ||
        !fill_levels(job, &image, err) || !fill_channels(job, &image, err))
        return false;
    OZ_AUTO_PTR(oz_json) attributes = oz_ome_image_write(&image, err);
    return attributes && oz_group_write(store, job->name, format, attributes, err);
}

static bool write_root(struct oz_store *store, const struct oz_settings *settings,
                       const struct oz_layer_jobs *jobs, struct oz_err *err)
{
    int format = settings->opts->zarr_format;
    const char *version = format == 3 ? "0.5" : "0.4";
    OZ_AUTO_FREE const char **paths = oz_alloc(jobs->count, sizeof *paths, err);
    if (!paths)
        return false;
    for (size_t i = 0; i < jobs->count; i++)
        paths[i] = jobs->items[i].name;
    OZ_AUTO_PTR(oz_json) series = oz_ome_series_write(version, paths, jobs->count, err);
    OZ_AUTO_PTR(oz_json) root = series ? oz_ome_root_write(version, err) : NULL;
    return root && oz_group_write(store, "OME", format, series, err) &&
           oz_group_write(store, "", format, root, err);
}

/* ---- datasource-properties.json ---- */

static bool fill_property_mags(const struct oz_layer_job *job, int64_t channel,
                               struct oz_property_layer *layer, struct oz_err *err)
{
    layer->mags = oz_alloc(job->level_count, sizeof *layer->mags, err);
    if (!layer->mags)
        return false;
    for (unsigned l = 0; l < job->level_count; l++, layer->mag_count++) {
        char mag[OZ_MAG_TEXT];
        oz_mag_name(job->mags[l], mag);
        layer->mags[l] =
            (struct oz_property_mag){.mag = job->mags[l], .order = job->order, .channel = channel};
        layer->mags[l].path = oz_format(err, "./%s/%s", job->name, mag);
        if (!layer->mags[l].path)
            return false;
    }
    return true;
}

static void fill_property_view(const struct oz_layer_job *job, uint64_t c,
                               struct oz_property_layer *layer)
{
    enum oz_dtype dtype = job->source.dtype;
    uint64_t last = job->joined ? c + job->source.group : c + 1;
    struct oz_channel_stats sum = job->stats[c];
    for (uint64_t i = c + 1; i < last; i++) {
        oz_extent_merge(&sum.extent, dtype, &job->stats[i].extent);
        sum.low = job->stats[i].low < sum.low ? job->stats[i].low : sum.low;
        sum.high = job->stats[i].high > sum.high ? job->stats[i].high : sum.high;
    }
    layer->color = -1;
    if (job->segmentation) {
        layer->has_largest_id = sum.extent.any;
        bool negative = dtype >= OZ_I8 && sum.extent.max.i < 0;
        layer->largest_id = negative ? 0 : sum.extent.max.u;
        return;
    }
    layer->has_window = layer->has_range = sum.extent.any;
    layer->min = oz_extent_min(&sum.extent, dtype);
    layer->max = oz_extent_max(&sum.extent, dtype);
    layer->start = sum.low;
    layer->end = sum.high;
    layer->inverted = job->stack->inverted;
    if (!job->joined)
        layer->color = given_color(job, c);
}

static bool fill_property_layer(const struct oz_settings *settings, const struct oz_layer_job *job,
                                int64_t channel, struct oz_property_layer *layer,
                                struct oz_err *err)
{
    const uint64_t *shape = job->source.shape;
    const char *format = settings->opts->zarr_format == 3 ? "zarr3" : "zarr";
    layer->name = channel < 0 ? oz_strdup(job->name, err)
                              : oz_format(err, "%s__channel%lld", job->name, (long long)channel);
    layer->data_format = layer->name ? oz_strdup(format, err) : NULL;
    if (!layer->data_format)
        return false;
    layer->segmentation = job->segmentation;
    for (int a = 0; a < 3; a++)
        layer->size[a] = shape[OZ_X - a];
    layer->t_size = job->order.t >= 0 ? shape[OZ_T] : 0;
    layer->dtype = job->source.dtype;
    layer->channels = job->joined ? job->source.group : 1;
    fill_property_view(job, channel < 0 ? 0 : (uint64_t)channel, layer);
    return fill_property_mags(job, channel, layer, err);
}

/* A layer for WEBKNOSSOS: one an array, or one a channel of it. */
static uint64_t property_layers(const struct oz_layer_job *job)
{
    return job->joined ? 1 : job->source.shape[OZ_C];
}

static bool write_properties(struct oz_store *store, const struct oz_settings *settings,
                             const struct oz_layer_jobs *jobs, const char *name, struct oz_err *err)
{
    OZ_AUTO(oz_properties) properties = {0};
    size_t room = 0;
    for (size_t i = 0; i < jobs->count; i++)
        room += property_layers(&jobs->items[i]);
    properties.name = oz_strdup(name, err);
    properties.unit = properties.name ? oz_strdup(settings->opts->unit, err) : NULL;
    properties.layers = properties.unit ? oz_alloc(room, sizeof *properties.layers, err) : NULL;
    if (!properties.layers)
        return false;
    memcpy(properties.voxel, jobs->voxel, sizeof properties.voxel);
    for (size_t i = 0; i < jobs->count; i++) {
        const struct oz_layer_job *job = &jobs->items[i];
        uint64_t n = property_layers(job);
        for (uint64_t c = 0; c < n; c++) {
            struct oz_property_layer *layer = &properties.layers[properties.layer_count++];
            if (!fill_property_layer(settings, job, n > 1 ? (int64_t)c : -1, layer, err))
                return false;
        }
    }
    return oz_properties_write(store, &properties, err);
}

bool oz_describe_dataset(struct oz_store *store, const struct oz_settings *settings,
                         const struct oz_layer_jobs *jobs, const char *name, struct oz_err *err)
{
    for (size_t i = 0; i < jobs->count; i++) {
        const struct oz_layer_job *job = &jobs->items[i];
        for (unsigned l = 0; l < job->level_count; l++) {
            if (!oz_array_write_metadata(job->arrays[l], err))
                return false;
        }
        if (!write_image(store, settings, job, err))
            return false;
    }
    return write_root(store, settings, jobs, err) &&
           write_properties(store, settings, jobs, name, err);
}
