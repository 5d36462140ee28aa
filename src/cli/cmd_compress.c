/* SPDX-License-Identifier: Apache-2.0 */
/* The command compress: re-encodes the mags of a dataset that are not compressed. */
#include "cli/cmd.h"
#include "cli/job.h"
#include "omezarr/ops.h"

struct compress_values {
    struct oz_compress_opts opts;
    struct oz_opt_mags mags;
    struct oz_job_values job;
};

#define FIELD(name) offsetof(struct compress_values, opts.name)

static const struct oz_opt compress_opts[] = {
    {.name = "TARGET",
     .kind = OZ_OPT_ARG,
     .field = FIELD(target),
     .text = "Dataset or OME-Zarr image; it is changed in place.",
     .group = "Arguments"},
    {.name = "layer-name",
     .kind = OZ_OPT_TEXT,
     .field = FIELD(layer_name),
     .value = "NAME",
     .text = "Layer to compress.",
     .otherwise = "all",
     .group = "What to compress"},
    {.name = "mag",
     .kind = OZ_OPT_MAGS,
     .field = offsetof(struct compress_values, mags),
     .value = "MAG",
     .text = "Mag to compress, like 1 or 2-2-1; may be given several times.",
     .otherwise = "all"},
    {.name = "codec",
     .kind = OZ_OPT_TEXT,
     .field = FIELD(codec),
     .value = "CODEC",
     .text = "zstd:LEVEL, blosc:CNAME:LEVEL:SHUFFLE or gzip:LEVEL.",
     .otherwise = "zstd:1, of 16 bits and more with byte shuffle"},
    OZ_JOB_OPTS(struct compress_values),
    {0}};

static bool run_compress(const void *context, struct oz_err *err)
{
    const struct compress_values *values = context;
    struct oz_compress_opts opts = values->opts;
    const char *mags[OZ_OPT_MAX_MAGS];
    for (size_t i = 0; i < values->mags.count; i++)
        mags[i] = values->mags.text[i];
    opts.mags = values->mags.count ? mags : NULL;
    opts.mag_count = values->mags.count;
    struct oz_job job = {0};
    return oz_job_begin(&job, &values->job, &opts.run, err) &&
           oz_job_end(&job, oz_compress(&opts, err), err);
}

const struct oz_cmd oz_cmd_compress = {
    .name = "compress",
    .summary = "Compress the mags of a dataset that are not compressed, in place.",
    .about =
        "Re-encode the mags of a dataset that are not compressed. Chunks, shards and voxels stay\n"
        "as they are. Each mag is exchanged in one step when its new form is whole, so a run that\n"
        "is interrupted leaves every mag as it was or done. Mags that are compressed already are\n"
        "named and left alone.\n",
    .examples =
        "  omezarr compress --jobs 4 output.zarr\n"
        "  omezarr compress --layer-name em --mag 1 --mag 2-2-1 --codec zstd:5 output.zarr\n",
    .opts = compress_opts,
    .values_size = sizeof(struct compress_values),
    .run = run_compress,
};
