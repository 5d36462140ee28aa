/* SPDX-License-Identifier: Apache-2.0 */
/* The command downsample: adds the coarser mags that a dataset lacks. */
#include "cli/cmd.h"
#include "cli/job.h"
#include "cli/scaling.h"
#include "omezarr/ops.h"

struct downsample_values {
    struct oz_downsample_opts opts;
    struct oz_job_values job;
};

#define FIELD(name) offsetof(struct downsample_values, opts.name)
#define REMOTE "WEBKNOSSOS servers cannot be used yet; give the path of a dataset"

static const struct oz_opt downsample_opts[] = {
    {.name = "TARGET",
     .kind = OZ_OPT_ARG,
     .field = FIELD(target),
     .text = "Dataset or OME-Zarr image; mags are added in place.",
     .group = "Arguments"},
    {.name = "layer-name",
     .kind = OZ_OPT_TEXT,
     .field = FIELD(layer_name),
     .value = "NAME",
     .text = "Layer to downsample.",
     .otherwise = "all",
     .group = "What to make"},
    {.name = "coarsest-mag",
     .kind = OZ_OPT_MAG,
     .field = FIELD(coarsest_mag),
     .value = "MAG",
     .text = "Where to stop, like 16 or 16-16-4.",
     .otherwise = "when width and height are at most 100 voxels"},
    {.name = "sampling-mode",
     .kind = OZ_OPT_TEXT,
     .field = FIELD(sampling),
     .value = "MODE",
     .text = OZ_SAMPLING_TEXT,
     .standard = "anisotropic",
     .choices = oz_sampling_modes},
    {.name = "interpolation-mode",
     .kind = OZ_OPT_TEXT,
     .field = FIELD(interpolation),
     .value = "MODE",
     .text = OZ_INTERPOLATION_TEXT,
     .standard = "default",
     .choices = oz_interpolation_modes},
    OZ_JOB_OPTS(struct downsample_values),
    {.name = "token",
     .kind = OZ_OPT_REFUSED,
     .value = "TOKEN",
     .text = "Token of a WEBKNOSSOS server.",
     .refusal = REMOTE,
     .group = "For WEBKNOSSOS servers, refused so far"},
    {.name = "transfer-mode",
     .kind = OZ_OPT_REFUSED,
     .value = "MODE",
     .text = "How results get to the server.",
     .refusal = REMOTE},
    {.name = "access-mode",
     .kind = OZ_OPT_REFUSED,
     .value = "MODE",
     .text = "How data is read from the server.",
     .refusal = REMOTE},
    {0}};

static bool run_downsample(const void *context, struct oz_err *err)
{
    const struct downsample_values *values = context;
    struct oz_downsample_opts opts = values->opts;
    struct oz_job job = {0};
    return oz_job_begin(&job, &values->job, &opts.run, err) &&
           oz_job_end(&job, oz_downsample(&opts, err), err);
}

const struct oz_cmd oz_cmd_downsample = {
    .name = "downsample",
    .summary = "Add the coarser mags that a dataset lacks.",
    .about =
        "Make the coarser mags that are missing, each from the one before: in datasets of omezarr\n"
        "and of WEBKNOSSOS and in plain OME-Zarr images. A dataset that has them all is left as\n"
        "it is.\n",
    .examples = "  omezarr downsample --jobs 4 output.zarr\n"
                "  omezarr downsample --layer-name em --coarsest-mag 16-16-4 output.zarr\n",
    .opts = downsample_opts,
    .values_size = sizeof(struct downsample_values),
    .run = run_downsample,
};
