/* SPDX-License-Identifier: Apache-2.0 */
/* Decides what each stack becomes: layers, names, voxel size, mags, array shapes. */
#include "ops/layer_job.h"

#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "base/path.h"
#include "base/progress.h"
#include "base/text.h"
#include "zarr/limits.h"

void oz_layer_job_release(struct oz_layer_job *job)
{
    for (unsigned l = 0; l < OZ_MAX_LEVELS; l++)
        oz_array_free(job->arrays[l]);
    oz_free(job->name);
    oz_free(job->stats);
    *job = (struct oz_layer_job){0};
}

void oz_layer_jobs_release(struct oz_layer_jobs *jobs)
{
    for (size_t i = 0; i < jobs->count; i++)
        oz_layer_job_release(&jobs->items[i]);
    oz_free(jobs->items);
    *jobs = (struct oz_layer_jobs){0};
}

/* ---- names and categories ---- */

static bool contains_nocase(const char *text, const char *word)
{
    size_t n = strlen(word);
    for (; *text; text++) {
        size_t i = 0;
        while (i < n && (text[i] | 0x20) == word[i])
            i++;
        if (i == n)
            return true;
    }
    return false;
}

/* The words of the path count from the source's own name on: where it lies says nothing. */
static bool is_segmentation(const struct oz_settings *settings, const struct oz_stack *stack,
                            bool *out, struct oz_err *err)
{
    enum oz_category category = settings->opts->category;
    *out = category == OZ_CATEGORY_SEGMENTATION;
    if (category != OZ_CATEGORY_AUTO)
        return true;
    OZ_AUTO_FREE char *source = oz_path_name(settings->opts->source, err);
    if (!source)
        return false;
    size_t above = strlen(settings->opts->source);
    bool below = strncmp(stack->path, settings->opts->source, above) == 0;
    const char *const texts[] = {source, stack->name, below ? stack->path + above : ""};
    for (size_t i = 0; i < OZ_LENGTH(texts); i++) {
        *out = *out || contains_nocase(texts[i], "segmentation") ||
               contains_nocase(texts[i], "labels");
    }
    return true;
}

static char *base_name(const struct oz_settings *settings, const struct oz_stack *stack,
                       size_t stacks, struct oz_err *err)
{
    const char *given = settings->opts->layer_name;
    if (given && stacks == 1)
        return oz_strdup(given, err);
    OZ_AUTO_FREE char *name =
        given ? oz_format(err, "%s_%s", given, stack->name) : oz_strdup(stack->name, err);
    if (!name)
        return NULL;
    char *clean = oz_layer_name_clean(name, err);
    if (!clean)
        oz_err_prefix(err, "%s: cannot name the layer: give --layer-name: ", stack->path);
    return clean;
}

/* ---- voxel size ---- */

static bool find_voxel(const struct oz_settings *settings, const struct oz_stack_list *stacks,
                       double voxel[3], struct oz_err *err)
{
    memcpy(voxel, settings->opts->voxel_size, 3 * sizeof *voxel);
    if (voxel[0] > 0)
        return true;
    const struct oz_stack *stack = &stacks->items[0];
    bool flat = stack->shape[OZ_Z] == 1;
    for (int i = 0; i < 3; i++)
        voxel[i] = stack->voxel_nm[i] / settings->unit_nm;
    if (flat && !(voxel[2] > 0))
        voxel[2] = voxel[0];
    for (int i = 0; i < 3; i++) {
        if (!(voxel[i] > 0))
            return oz_fail(err, OZ_EINVAL,
                           "%s does not say how large its voxels are%s: give --voxel-size x,y,z",
                           stack->path, i == 2 && voxel[0] > 0 ? " along z" : "");
    }
    oz_progress_say(settings->opts->run.progress, OZ_EVENT_NOTE,
                    "voxel size %g,%g,%g %s, as the input says", voxel[0], voxel[1], voxel[2],
                    settings->opts->unit);
    return true;
}

/* ---- mags ---- */

static bool append_mags(struct oz_layer_job *job, const struct oz_mag *mags, size_t count,
                        struct oz_err *err)
{
    if (count + 1 > OZ_MAX_LEVELS)
        return oz_fail(err, OZ_EINVAL, "%s: more than %d mags", job->name, OZ_MAX_LEVELS - 1);
    memcpy(job->mags + 1, mags, count * sizeof *mags);
    job->level_count = (unsigned)count + 1;
    return true;
}

/* Mags line up with those of the layers before, as they would be if they existed already. */
static bool plan_mags(const struct oz_settings *settings, const struct oz_layer_jobs *jobs,
                      struct oz_layer_job *job, struct oz_err *err)
{
    const struct oz_convert_opts *opts = settings->opts;
    const uint64_t *shape = job->source.shape;
    struct oz_mag_request request = {
        .from = {1, 1, 1},
        .coarsest = {opts->max_mag[0], opts->max_mag[1], opts->max_mag[2]},
        .sampling = settings->sampling,
        .size = {shape[OZ_X], shape[OZ_Y], shape[OZ_Z]},
    };
    job->mags[0] = request.from;
    job->level_count = 1;
    if (!opts->downsample)
        return true;
    for (int i = 0; i < 3; i++)
        request.voxel[i] = job->voxel[i] * settings->unit_nm;
    OZ_AUTO_FREE struct oz_mag *others = oz_alloc(jobs->count * OZ_MAX_LEVELS, sizeof *others, err);
    if (!others)
        return false;
    for (size_t i = 0; i < jobs->count; i++) {
        const struct oz_layer_job *other = &jobs->items[i];
        memcpy(others + request.other_count, other->mags, other->level_count * sizeof *others);
        request.other_count += other->level_count;
    }
    request.others = others;
    OZ_AUTO_FREE struct oz_mag *mags = NULL;
    size_t count = 0;
    return oz_mags_plan(&request, &mags, &count, err) && append_mags(job, mags, count, err);
}

/* ---- arrays ---- */

static void set_axes(struct oz_layer_job *job)
{
    const uint64_t *shape = job->source.shape;
    int next = 0;
    job->order.t = shape[OZ_T] > 1 ? next++ : -1;
    job->order.c = shape[OZ_C] > 1 ? next++ : -1;
    job->order.z = next++;
    job->order.y = next++;
    job->order.x = next++;
    job->rank = (unsigned)next;
}

static bool name_axes(const struct oz_layer_job *job, struct oz_meta *meta, struct oz_err *err)
{
    const struct oz_axis_order *order = &job->order;
    const int axis[OZ_AXES] = {order->t, order->c, order->z, order->y, order->x};
    for (int a = 0; a < OZ_AXES; a++) {
        if (axis[a] < 0)
            continue;
        meta->names[axis[a]] = oz_strndup(&"tczyx"[a], 1, err);
        if (!meta->names[axis[a]])
            return false;
    }
    return true;
}

/* Chunks are clipped to 1 along axes of length 1, so that flat images hold flat chunks. */
static void clip_chunk(const struct oz_settings *settings, const uint64_t *shape, uint64_t chunk[3])
{
    for (int a = 0; a < 3; a++)
        chunk[a] = shape[OZ_Z + a] == 1 ? 1 : settings->chunk[a];
}

static void set_shapes(const struct oz_settings *settings, const struct oz_layer_job *job,
                       const uint64_t size[3], struct oz_meta *meta)
{
    const struct oz_axis_order *order = &job->order;
    const int axis[3] = {order->z, order->y, order->x};
    uint64_t chunk[3], shard[3];
    clip_chunk(settings, job->source.shape, chunk);
    size_t voxel = oz_dtype_size(job->source.dtype) * (job->joined ? job->source.group : 1);
    oz_choose_shard(size, chunk, voxel, shard);
    for (int a = 0; a < 3; a++) {
        if (settings->opts->zarr_format == 2)
            shard[a] = chunk[a];
        else if (settings->shard[a] > 0)
            shard[a] = chunk[a] == 1 && settings->chunk[a] != 1 ? 1 : settings->shard[a];
        meta->shape[axis[a]] = size[a];
        meta->chunk[axis[a]] = chunk[a];
        meta->shard[axis[a]] = shard[a];
    }
    if (order->t >= 0) {
        meta->shape[order->t] = job->source.shape[OZ_T];
        meta->chunk[order->t] = meta->shard[order->t] = 1;
    }
    if (order->c >= 0) {
        meta->shape[order->c] = job->source.shape[OZ_C];
        meta->chunk[order->c] = meta->shard[order->c] = job->joined ? job->source.group : 1;
    }
}

static const char *codec_text(const struct oz_settings *settings, const struct oz_layer_job *job)
{
    if (!settings->opts->compress)
        return "none";
    return settings->opts->codec ? settings->opts->codec
                                 : oz_choose_codec(job->source.dtype, job->segmentation);
}

static bool fill_meta(const struct oz_settings *settings, const struct oz_layer_job *job,
                      const uint64_t size[3], struct oz_meta *meta, struct oz_err *err)
{
    meta->zarr_format = settings->opts->zarr_format;
    meta->rank = job->rank;
    meta->dtype = job->source.dtype;
    meta->keys = meta->zarr_format == 2 ? OZ_KEYS_V2 : OZ_KEYS_DEFAULT;
    meta->separator = '/';
    meta->sharded = meta->zarr_format == 3;
    set_shapes(settings, job, size, meta);
    meta->codecs = oz_codecs_from_text(codec_text(settings, job), oz_dtype_size(meta->dtype), err);
    if (!meta->codecs || !name_axes(job, meta, err))
        return false;
    if (!meta->sharded)
        return true;
    meta->index_codecs = oz_meta_index_codecs(err);
    return meta->index_codecs != NULL;
}

static bool make_array(const struct oz_settings *settings, struct oz_layer_job *job, unsigned level,
                       struct oz_store *store, struct oz_err *err)
{
    char mag[OZ_MAG_TEXT];
    oz_mag_name(job->mags[level], mag);
    OZ_AUTO_FREE char *path = oz_format(err, "%s/%s", job->name, mag);
    OZ_AUTO(oz_meta) meta = {0};
    if (!path || !fill_meta(settings, job, job->pyramid.level[level].size, &meta, err))
        return false;
    job->arrays[level] = oz_array_create(store, path, &meta, err);
    job->pyramid.level[level].array = job->arrays[level];
    return job->arrays[level] != NULL;
}

static void set_levels(struct oz_layer_job *job)
{
    const uint64_t *shape = job->source.shape;
    for (unsigned l = 0; l < job->level_count; l++) {
        const uint32_t mag[3] = {job->mags[l].z, job->mags[l].y, job->mags[l].x};
        const struct oz_mag *finer = &job->mags[l > 0 ? l - 1 : 0];
        const uint32_t before[3] = {finer->z, finer->y, finer->x};
        for (int a = 0; a < 3; a++) {
            job->pyramid.level[l].size[a] = oz_ceil_div(shape[OZ_Z + a], mag[a]);
            job->pyramid.level[l].factor[a] = mag[a] / before[a];
        }
    }
}

/* What is left of the bound beside the table of pages, which is in memory already. */
static uint64_t memory_left(const struct oz_settings *settings, const struct oz_stack *stack)
{
    enum { PAGE_BYTES = 800 }; /* a file of one page; pages of larger files take less */
    const uint64_t *shape = stack->shape;
    uint64_t pages = shape[OZ_T] * (shape[OZ_C] / stack->samples) * shape[OZ_Z];
    return settings->memory - oz_min_u64(pages * PAGE_BYTES, settings->memory / 2);
}

static bool set_pyramid(const struct oz_settings *settings, struct oz_layer_job *job,
                        struct oz_store *store, struct oz_err *err)
{
    uint64_t chunk[3];
    set_axes(job);
    set_levels(job);
    for (unsigned l = 0; l < job->level_count; l++) {
        if (!make_array(settings, job, l, store, err))
            return false;
    }
    job->pyramid.source = &job->source;
    job->pyramid.level_count = job->level_count;
    job->pyramid.order = job->order;
    job->pyramid.shrink = job->shrink;
    job->pyramid.jobs = settings->jobs;
    job->pyramid.memory = memory_left(settings, job->stack);
    job->pyramid.depth = settings->opts->batch_size;
    job->pyramid.progress = settings->opts->run.progress;
    clip_chunk(settings, job->source.shape, chunk);
    job->stats = oz_alloc(job->source.shape[OZ_C], sizeof *job->stats, err);
    return job->stats && oz_pyramid_plan(&job->pyramid, chunk, &job->plan, err);
}

/* ---- layers ---- */

static bool check_stack(const struct oz_stack *stack, bool segmentation, struct oz_err *err)
{
    if (segmentation && !oz_dtype_is_integer(stack->dtype))
        return oz_fail(err, OZ_EINVAL, "%s: %s values cannot be a segmentation: whole numbers can",
                       stack->path, oz_dtype_name(stack->dtype));
    return true;
}

static bool fill_job(const struct oz_settings *settings, const struct oz_layer_jobs *jobs,
                     const struct oz_stack_list *stacks, struct oz_files *files,
                     struct oz_layer_job *job, struct oz_err *err)
{
    const struct oz_stack *stack = job->stack;
    OZ_AUTO_FREE char *base = base_name(settings, stack, stacks->count, err);
    if (!base || !is_segmentation(settings, stack, &job->segmentation, err) ||
        !check_stack(stack, job->segmentation, err))
        return false;
    job->name = job->channel < 0 ? oz_strdup(base, err)
                                 : oz_format(err, "%s__channel%lld", base, (long long)job->channel);
    if (!job->name)
        return false;
    memcpy(job->voxel, jobs->voxel, sizeof job->voxel);
    oz_source_from_stack(&job->source, stack, files, job->channel);
    job->joined = job->channel < 0 && stack->rgb && stack->samples == 3 &&
                  stack->shape[OZ_C] == 3 && stack->dtype == OZ_U8 && !job->segmentation;
    job->shrink = settings->shrink_given ? settings->shrink
                  : job->segmentation    ? OZ_SHRINK_MODE
                                         : OZ_SHRINK_MEDIAN;
    return plan_mags(settings, jobs, job, err);
}

static bool names_differ(const struct oz_layer_jobs *jobs, struct oz_err *err)
{
    for (size_t i = 0; i < jobs->count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (strcmp(jobs->items[i].name, jobs->items[j].name) == 0)
                return oz_fail(err, OZ_EFORMAT, "%s and %s would both become layer %s",
                               jobs->items[j].stack->path, jobs->items[i].stack->path,
                               jobs->items[i].name);
        }
    }
    return true;
}

static uint64_t layers_of(const struct oz_settings *settings, const struct oz_stack *stack)
{
    return settings->opts->channels_as_layers ? stack->shape[OZ_C] : 1;
}

bool oz_layer_jobs_make(const struct oz_settings *settings, const struct oz_stack_list *stacks,
                        struct oz_files *files, struct oz_store *store, struct oz_layer_jobs *jobs,
                        struct oz_err *err)
{
    size_t room = 0;
    for (size_t i = 0; i < stacks->count; i++)
        room += layers_of(settings, &stacks->items[i]);
    jobs->items = oz_alloc(room, sizeof *jobs->items, err);
    if (!jobs->items || !find_voxel(settings, stacks, jobs->voxel, err))
        return false;
    for (size_t i = 0; i < stacks->count; i++) {
        const struct oz_stack *stack = &stacks->items[i];
        uint64_t n = layers_of(settings, stack);
        for (uint64_t c = 0; c < n; c++) {
            struct oz_layer_job *job = &jobs->items[jobs->count];
            job->stack = stack;
            job->channel = n > 1 ? (int64_t)c : -1;
            bool ok = fill_job(settings, jobs, stacks, files, job, err) &&
                      set_pyramid(settings, job, store, err);
            jobs->count++;
            if (!ok)
                return false;
        }
    }
    return names_differ(jobs, err);
}
