/* SPDX-License-Identifier: Apache-2.0 */
/* The command convert: picture files become a dataset. */
#include <string.h>

#include "base/text.h"
#include "cli/cmd.h"
#include "cli/job.h"
#include "cli/plan_show.h"
#include "cli/say.h"
#include "cli/scaling.h"
#include "cli/summary.h"
#include "omezarr/ops.h"

struct convert_values {
    struct oz_convert_opts opts;
    const char *category;
    const char *data_format;
    bool plan;
    bool json;
    struct oz_job_values job;
};

#define FIELD(name) offsetof(struct convert_values, opts.name)
#define OWN_FIELD(name) offsetof(struct convert_values, name)
#define UPLOAD "uploading to a WEBKNOSSOS server is not there yet; convert to a folder"

static const char *const categories[] = {"color", "segmentation", NULL};
static const char *const formats[] = {"zarr3", "zarr", NULL};
static const char *const other_formats[] = {"wkw", "n5", "neuroglancerPrecomputed", NULL};
static const char *const units[] = {
    "yoctometer", "zeptometer", "attometer", "femtometer", "picometer",  "nanometer",  "micrometer",
    "millimeter", "centimeter", "decimeter", "meter",      "hectometer", "kilometer",  "megameter",
    "gigameter",  "terameter",  "petameter", "exameter",   "zettameter", "yottameter", "angstrom",
    "inch",       "foot",       "yard",      "mile",       "parsec",     NULL};

static const struct oz_opt convert_opts[] = {
    {.name = "SOURCE",
     .kind = OZ_OPT_ARG,
     .field = FIELD(source),
     .text = "TIFF, OME-TIFF, PNG or JPEG file, or a folder of numbered ones.",
     .group = "Arguments"},
    {.name = "TARGET",
     .kind = OZ_OPT_ARG,
     .field = FIELD(target),
     .text = "Folder of the dataset to make; it must be missing or empty."},

    {.name = "voxel-size",
     .kind = OZ_OPT_VOXEL,
     .field = FIELD(voxel_size),
     .value = "X,Y,Z",
     .text = "Size of one voxel, like 11.24,11.24,25.",
     .otherwise = "what the input says",
     .group = "The data"},
    {.name = "unit",
     .kind = OZ_OPT_TEXT,
     .field = FIELD(unit),
     .value = "NAME",
     .text = "Unit of --voxel-size.",
     .standard = "nanometer",
     .choices = units},
    {.name = "layer-name",
     .kind = OZ_OPT_TEXT,
     .field = FIELD(layer_name),
     .value = "NAME",
     .text = "Name of the layer; of several layers the beginning of each name.",
     .otherwise = "as the input is named"},
    {.name = "category",
     .kind = OZ_OPT_TEXT,
     .field = OWN_FIELD(category),
     .value = "NAME",
     .text = "What the voxels are.",
     .otherwise = "segmentation if the path says so, else color",
     .choices = categories},
    {.name = "channels-as-layers",
     .kind = OZ_OPT_FLAG,
     .field = FIELD(channels_as_layers),
     .text = "Store each channel as an array of its own."},
    {.name = "name",
     .kind = OZ_OPT_TEXT,
     .field = FIELD(name),
     .value = "NAME",
     .text = "Name of the dataset.",
     .otherwise = "the last part of TARGET"},

    {.name = "data-format",
     .kind = OZ_OPT_TEXT,
     .field = OWN_FIELD(data_format),
     .value = "FORMAT",
     .text =
         "zarr3 is OME-Zarr 0.5 on sharded Zarr v3, zarr is OME-Zarr 0.4 on Zarr v2. wkw, n5 and "
         "neuroglancerPrecomputed are refused so far.",
     .standard = "zarr3",
     .environment = "WK_DEFAULT_DATA_FORMAT",
     .choices = formats,
     .refused = other_formats,
     .refusal = "cannot be written yet; use zarr3 or zarr",
     .group = "How it is stored"},
    {.name = "chunk-shape",
     .kind = OZ_OPT_VEC3,
     .field = FIELD(chunk_shape),
     .value = "X,Y,Z",
     .text = "Voxels of a chunk in all mags; one number counts for all axes.",
     .standard = "64,64,64"},
    {.name = "shard-shape",
     .kind = OZ_OPT_VEC3,
     .field = FIELD(shard_shape),
     .value = "X,Y,Z",
     .text = "Voxels of a shard in all mags, a multiple of the chunk.",
     .otherwise = "128 MB to 1 GB a shard, as memory allows"},
    {.name = "chunks-per-shard",
     .kind = OZ_OPT_VEC3,
     .field = FIELD(chunks_per_shard),
     .value = "X,Y,Z",
     .text = "The same as chunks a shard. Old; use --shard-shape."},
    {.name = "compress",
     .kind = OZ_OPT_FLAG,
     .field = FIELD(compress),
     .text = "Compress the chunks.",
     .standard = "on"},
    {.name = "codec",
     .kind = OZ_OPT_TEXT,
     .field = FIELD(codec),
     .value = "CODEC",
     .text = "zstd:LEVEL, blosc:CNAME:LEVEL:SHUFFLE, gzip:LEVEL or none.",
     .otherwise = "zstd:1, of 16 bits and more with byte shuffle"},

    {.name = "downsample",
     .kind = OZ_OPT_FLAG,
     .field = FIELD(downsample),
     .text = "Make the coarser mags too.",
     .standard = "on",
     .group = "Coarser mags"},
    {.name = "max-mag",
     .kind = OZ_OPT_MAG,
     .field = FIELD(max_mag),
     .value = "MAG",
     .text = "The coarsest mag, like 16 or 16-16-4.",
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

    {.name = "overwrite-existing",
     .kind = OZ_OPT_FLAG,
     .field = FIELD(overwrite),
     .text = "Replace what is at TARGET. The old dataset is deleted when the new one is whole.",
     .group = "Safety"},
    {.name = "verify",
     .kind = OZ_OPT_FLAG,
     .field = FIELD(verify),
     .text = "Read everything back and compare before it counts as done."},
    {.name = "plan",
     .kind = OZ_OPT_SWITCH,
     .field = OWN_FIELD(plan),
     .text = "Print what would be done (slabs, shards, objects, memory, disk) and write nothing."},

    OZ_JOB_OPTS(struct convert_values),
    {.name = "batch-size",
     .kind = OZ_OPT_COUNT,
     .field = FIELD(batch_size),
     .value = "N",
     .text = "Slices worked on at once, a multiple of the chunk's depth.",
     .otherwise = "as memory allows"},
    {.name = "json",
     .kind = OZ_OPT_SWITCH,
     .field = OWN_FIELD(json),
     .text = "Print the summary or the plan as JSON."},

    {.name = "upload",
     .kind = OZ_OPT_REFUSED,
     .text = "Upload the result.",
     .refusal = UPLOAD,
     .group = "For WEBKNOSSOS servers, refused so far"},
    {.name = "webknossos-url",
     .kind = OZ_OPT_REFUSED,
     .value = "URL",
     .text = "Address of the server.",
     .refusal = UPLOAD},
    {.name = "token",
     .kind = OZ_OPT_REFUSED,
     .value = "TOKEN",
     .text = "Token of the server.",
     .refusal = UPLOAD},
    {.name = "folder",
     .kind = OZ_OPT_REFUSED,
     .value = "PATH",
     .text = "Folder on the server.",
     .refusal = UPLOAD},
    {.name = "transfer-mode",
     .kind = OZ_OPT_REFUSED,
     .value = "MODE",
     .text = "How data gets to the server.",
     .refusal = UPLOAD},
    {0}};

static void free_text(char **text)
{
    oz_text_free(*text);
}

static bool check_values(const struct convert_values *values, struct oz_err *err)
{
    const struct oz_convert_opts *opts = &values->opts;
    if (opts->shard_shape[0] && opts->chunks_per_shard[0])
        return oz_fail(err, OZ_EINVAL, "--shard-shape and --chunks-per-shard cannot be given both");
    if (!opts->compress && opts->codec && !oz_text_equal_nocase(opts->codec, "none"))
        return oz_fail(err, OZ_EINVAL, "--no-compress and --codec %s cannot be given both",
                       opts->codec);
    return true;
}

static bool print_plan(const struct convert_values *values, const struct oz_convert_opts *opts,
                       struct oz_err *err)
{
    __attribute__((cleanup(free_text))) char *text = NULL;
    if (!oz_convert_plan(opts, &text, err))
        return false;
    OZ_AUTO_PTR(oz_json) plan = oz_json_parse(text, strlen(text), err);
    OZ_AUTO(oz_buf) out = {0};
    if (!plan)
        return false;
    bool made = values->json
                    ? oz_json_print(plan, 2, &out, err) && oz_buf_append(&out, "\n", 1, err)
                    : oz_plan_show(plan, &out, err);
    return made && oz_say_all(stdout, &out, err);
}

static bool print_summary(const struct convert_values *values, double seconds, struct oz_err *err)
{
    if (values->job.quiet && !values->json)
        return true;
    __attribute__((cleanup(free_text))) char *text = NULL;
    if (!oz_info(values->opts.target, &text, err))
        return oz_err_prefix(err, "the dataset was written, but reading it back fails: ");
    OZ_AUTO_PTR(oz_json) info = oz_json_parse(text, strlen(text), err);
    OZ_AUTO(oz_buf) out = {0};
    if (!info)
        return false;
    struct oz_summary summary = {values->opts.target, info, seconds};
    bool made =
        values->json ? oz_summary_print(&summary, &out, err) : oz_summary_show(&summary, &out, err);
    return made && oz_say_all(stdout, &out, err);
}

static bool run_convert(const void *context, struct oz_err *err)
{
    const struct convert_values *values = context;
    struct oz_convert_opts opts = values->opts;
    if (!check_values(values, err))
        return false;
    opts.zarr_format = strcmp(values->data_format, "zarr3") == 0 ? 3 : 2;
    opts.category = !values->category                        ? OZ_CATEGORY_AUTO
                    : strcmp(values->category, "color") == 0 ? OZ_CATEGORY_COLOR
                                                             : OZ_CATEGORY_SEGMENTATION;
    struct oz_job job = {0};
    double begun = oz_show_now();
    if (!oz_job_begin(&job, &values->job, &opts.run, err))
        return false;
    bool done = values->plan ? print_plan(values, &opts, err) : oz_convert(&opts, err);
    if (!oz_job_end(&job, done, err))
        return false;
    return values->plan || print_summary(values, oz_show_now() - begun, err);
}

const struct oz_cmd oz_cmd_convert = {
    .name = "convert",
    .summary = "Make a dataset of picture files, with its whole pyramid.",
    .about =
        "Turn an image stack into an OME-Zarr dataset with all coarser mags, in one pass over the\n"
        "input. SOURCE is one file or a folder of numbered files (slice index = z). TARGET\n"
        "appears when it is whole; if anything fails it is as it was before.\n",
    .examples =
        "  omezarr convert --layer-name em --voxel-size 11.24,11.24,25 --chunk-shape 64,64,64 \\\n"
        "      --jobs 4 input.tif output.zarr\n"
        "  omezarr convert --plan --memory 2G --voxel-size 4,4,40 slices/ output.zarr\n"
        "  omezarr convert --data-format zarr --category segmentation --verify labels.tif "
        "out.zarr\n"
        "  omezarr compress --jobs 4 output.zarr\n"
        "  omezarr downsample --jobs 4 output.zarr\n"
        "  omezarr info output.zarr\n",
    .opts = convert_opts,
    .values_size = sizeof(struct convert_values),
    .run = run_convert,
};
