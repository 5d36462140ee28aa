/* SPDX-License-Identifier: Apache-2.0 */
/* Picture files to a dataset with all its mags, in one pass. */
#include <string.h>

#include "base/alloc.h"
#include "base/path.h"
#include "base/progress.h"
#include "image/files.h"
#include "ops/convert_plan.h"
#include "ops/dataset_metadata.h"
#include "ops/layer_job.h"
#include "ops/partial.h"
#include "ops/settings.h"

enum { OPEN_FILES = 192 }; /* picture files kept open: a slab of slices, and some more */

/* The target is vacant or may be replaced, and neither lies in the other. */
static bool check_target(const struct oz_convert_opts *opts, struct oz_err *err)
{
    bool inside = false, vacant = false;
    enum oz_path_kind kind;
    if (!oz_path_kind(opts->source, &kind, err))
        return false;
    if (kind == OZ_PATH_MISSING)
        return oz_fail(err, OZ_ENOTFOUND, "%s: there is no such file or folder", opts->source);
    if (!oz_path_is_below(opts->target, opts->source, &inside, err))
        return false;
    if (inside)
        return oz_fail(err, OZ_EEXIST, "the target %s lies inside of the source %s", opts->target,
                       opts->source);
    if (!oz_path_is_below(opts->source, opts->target, &inside, err))
        return false;
    if (inside)
        return oz_fail(err, OZ_EEXIST, "the source %s lies inside of the target %s", opts->source,
                       opts->target);
    if (!oz_path_is_vacant(opts->target, &vacant, err))
        return false;
    if (vacant || opts->overwrite)
        return true;
    return oz_fail(err, OZ_EEXIST,
                   "%s exists and is not empty: choose another target, or replace it with "
                   "--overwrite-existing",
                   opts->target);
}

static bool run_layer(const struct oz_layer_job *job, bool verify, struct oz_err *err)
{
    struct oz_progress *progress = job->pyramid.progress;
    OZ_AUTO_FREE char *text =
        oz_format(err, verify ? "Verifying layer %s" : "Creating layer %s from images", job->name);
    if (!text)
        return false;
    struct oz_pyramid pyramid = job->pyramid;
    pyramid.verify = verify;
    oz_progress_begin(progress, text, job->plan.units);
    bool ok = oz_pyramid_run(&pyramid, &job->plan, verify ? NULL : job->stats, err);
    oz_progress_end(progress);
    return ok || oz_err_prefix(err, "layer %s: ", job->name);
}

static bool write_dataset(const struct oz_settings *settings, struct oz_store *store,
                          const struct oz_layer_jobs *jobs, struct oz_err *err)
{
    const struct oz_convert_opts *opts = settings->opts;
    for (size_t i = 0; i < jobs->count; i++) {
        if (!run_layer(&jobs->items[i], false, err))
            return false;
    }
    for (size_t i = 0; i < jobs->count && opts->verify; i++) {
        if (!run_layer(&jobs->items[i], true, err))
            return false;
    }
    OZ_AUTO_FREE char *last = oz_path_name(opts->target, err);
    if (!last)
        return false;
    return oz_describe_dataset(store, settings, jobs, opts->name ? opts->name : last, err);
}

/* What a conversion and its plan begin with. */
static bool survey(const struct oz_convert_opts *opts, struct oz_settings *settings,
                   struct oz_stack_list *stacks, struct oz_err *err)
{
    return oz_settings_check(opts, settings, err) && check_target(opts, err) &&
           oz_stacks_find(opts->source, opts->run.progress, stacks, err);
}

bool oz_convert(const struct oz_convert_opts *opts, struct oz_err *err)
{
    struct oz_settings settings;
    OZ_AUTO(oz_stack_list) stacks = {0};
    if (!survey(opts, &settings, &stacks, err))
        return false;
    OZ_AUTO_PTR(oz_files) files = oz_files_new(OPEN_FILES, err);
    OZ_AUTO_PTR(oz_partial) partial = files ? oz_partial_begin(opts->target, err) : NULL;
    if (!partial)
        return false;
    OZ_AUTO_PTR(oz_store) store = oz_store_open(oz_partial_path(partial), err);
    OZ_AUTO(oz_layer_jobs) jobs = {0};
    if (!store || !oz_layer_jobs_make(&settings, &stacks, files, store, &jobs, err) ||
        !write_dataset(&settings, store, &jobs, err))
        return false;
    return oz_partial_publish(OZ_STEAL(partial), err);
}

bool oz_convert_plan(const struct oz_convert_opts *opts, char **json, struct oz_err *err)
{
    struct oz_settings settings;
    OZ_AUTO(oz_stack_list) stacks = {0};
    if (!survey(opts, &settings, &stacks, err))
        return false;
    OZ_AUTO(oz_layer_jobs) jobs = {0};
    OZ_AUTO_PTR(oz_files) files = oz_files_new(1, err);
    if (!files || !oz_layer_jobs_make(&settings, &stacks, files, NULL, &jobs, err))
        return false;
    return oz_layer_jobs_print(&settings, &jobs, json, err);
}
