/* SPDX-License-Identifier: Apache-2.0 */
/* Tells what a conversion will make and need, without doing it. */
#include "ops/convert_plan.h"

#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "json/json.h"

static void make_sizes(struct oz_json_maker *m, struct oz_json *parent, const char *key,
                       const uint64_t *values, size_t count)
{
    struct oz_json *list = oz_make_array(m, parent, key);
    for (size_t i = 0; i < count; i++)
        oz_make_u64(m, list, NULL, values[i]);
}

static uint64_t product(const uint64_t *values, size_t count)
{
    uint64_t n = 1;
    for (size_t i = 0; i < count; i++)
        n *= values[i];
    return n;
}

static uint64_t count_objects(const struct oz_meta *meta)
{
    uint64_t n = 1;
    for (unsigned i = 0; i < meta->rank; i++)
        n *= oz_ceil_div(meta->shape[i], meta->shard[i]);
    return n;
}

static uint64_t make_mag(struct oz_json_maker *m, struct oz_json *mags,
                         const struct oz_layer_job *job, unsigned level)
{
    const struct oz_meta *meta = oz_array_meta(job->arrays[level]);
    struct oz_json *object = oz_make_object(m, mags, NULL);
    uint64_t bytes = product(meta->shape, meta->rank) * oz_dtype_size(meta->dtype);
    char name[OZ_MAG_TEXT];
    oz_mag_name(job->mags[level], name);
    oz_make_text(m, object, "mag", name);
    make_sizes(m, object, "shape", meta->shape, meta->rank);
    make_sizes(m, object, "chunk", meta->chunk, meta->rank);
    make_sizes(m, object, "shard", meta->shard, meta->rank);
    oz_make_u64(m, object, "objects", count_objects(meta));
    oz_make_u64(m, object, "bytes", bytes);
    return bytes;
}

static uint64_t make_layer(struct oz_json_maker *m, struct oz_json *layers,
                           const struct oz_layer_job *job)
{
    static const char *const axes[OZ_AXES] = {"t", "c", "z", "y", "x"};
    const struct oz_plan *plan = &job->plan;
    struct oz_json *object = oz_make_object(m, layers, NULL);
    uint64_t bytes = 0;
    uint64_t stage = plan->staged ? product(plan->stage, 3) * plan->group * plan->item_size : 0;
    oz_make_text(m, object, "name", job->name);
    oz_make_text(m, object, "category", job->segmentation ? "segmentation" : "color");
    oz_make_text(m, object, "dtype", oz_dtype_name(job->source.dtype));
    struct oz_json *shape = oz_make_object(m, object, "shape");
    for (int a = 0; a < OZ_AXES; a++)
        oz_make_u64(m, shape, axes[a], job->source.shape[a]);
    oz_make_u64(m, object, "units", plan->units);
    oz_make_u64(m, object, "workers", plan->workers);
    make_sizes(m, object, "node", plan->node, 3);
    oz_make_u64(m, object, "buffers_bytes", plan->memory);
    oz_make_u64(m, object, "stage_bytes", stage);
    struct oz_json *mags = oz_make_array(m, object, "mags");
    for (unsigned l = 0; l < job->level_count; l++)
        bytes += make_mag(m, mags, job, l);
    return bytes;
}

bool oz_layer_jobs_print(const struct oz_settings *settings, const struct oz_layer_jobs *jobs,
                         char **json, struct oz_err *err)
{
    struct oz_json_maker m = {0};
    struct oz_json *root = oz_make_root_object(&m);
    uint64_t disk = 0, memory = 0;
    oz_make_text(&m, root, "target", settings->opts->target);
    oz_make_u64(&m, root, "memory_bound", settings->memory);
    struct oz_json *layers = oz_make_array(&m, root, "layers");
    for (size_t i = 0; i < jobs->count; i++) {
        disk += make_layer(&m, layers, &jobs->items[i]);
        memory = oz_max_u64(memory, jobs->items[i].plan.memory);
    }
    oz_make_u64(&m, root, "memory", memory);
    oz_make_u64(&m, root, "disk_bytes", disk);
    OZ_AUTO_PTR(oz_json) document = oz_make_finish(&m, root, err);
    OZ_AUTO(oz_buf) text = {0};
    if (!document || !oz_json_print(document, 2, &text, err))
        return false;
    *json = oz_strndup((const char *)text.data, text.size, err);
    return *json != NULL;
}
