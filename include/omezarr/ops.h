/* SPDX-License-Identifier: Apache-2.0 */
/* What a user asks for, one call each. */
#ifndef OMEZARR_OPS_H
#define OMEZARR_OPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "omezarr/err.h"
#include "omezarr/progress.h"

#ifdef __cplusplus
extern "C" {
#endif

enum oz_category { OZ_CATEGORY_AUTO, OZ_CATEGORY_COLOR, OZ_CATEGORY_SEGMENTATION };

/* How any of them runs. Start with `= {0}`. */
struct oz_run_opts {
    unsigned jobs;                /* threads; 0: one a processor */
    uint64_t memory;              /* bound in bytes; 0: a quarter of the machine's */
    struct oz_progress *progress; /* or NULL */
};

/*
 * Options of oz_convert. Start with OZ_CONVERT_DEFAULTS. Sizes are x, y, z. Texts are borrowed.
 */
struct oz_convert_opts {
    const char *source;     /* picture file or folder */
    const char *target;     /* folder of the dataset */
    double voxel_size[3];   /* in `unit`; {0} takes what the input says */
    const char *unit;       /* long name, "nanometer" */
    const char *layer_name; /* NULL: as the input is named */
    enum oz_category category;
    int zarr_format;  /* 3: OME-Zarr 0.5; 2: OME-Zarr 0.4 */
    const char *name; /* of the dataset; NULL: the last part of target */
    uint64_t chunk_shape[3];
    uint64_t shard_shape[3];      /* {0}: chosen */
    uint64_t chunks_per_shard[3]; /* {0}: not given */
    bool compress;
    const char *codec; /* "zstd:1", "blosc:lz4:5:shuffle", "gzip:6", "none"; NULL: chosen */
    bool downsample;
    uint32_t max_mag[3];       /* {0}: chosen */
    const char *interpolation; /* "default", "median", "mode" ... */
    const char *sampling;      /* "anisotropic", "isotropic", "constant_z" */
    bool channels_as_layers;
    uint64_t batch_size; /* slices; 0: chosen. A multiple of the chunk's depth */
    bool overwrite;
    bool verify; /* read everything back and compare before it is done */
    struct oz_run_opts run;
};
#define OZ_CONVERT_DEFAULTS                                                                        \
    {                                                                                              \
        .unit = "nanometer", .zarr_format = 3, .chunk_shape = {64, 64, 64}, .compress = true,      \
        .downsample = true, .interpolation = "default", .sampling = "anisotropic"                  \
    }

/*
 * Make a dataset of picture files, with all coarser mags, in one pass. The target appears only when
 * it is whole; on failure it is as it was before.
 *
 * Threads: one call a target at a time (OZ_EEXIST otherwise).
 * Errors:  OZ_EINVAL for option values that cannot be, else as the input or the disk has it.
 */
bool oz_convert(const struct oz_convert_opts *opts, struct oz_err *err);

/*
 * Say what oz_convert would do, and write nothing: `*json` gets a text with the layers, their mags,
 * slabs, shards, objects, memory and disk needed. The text is the caller's: oz_text_free.
 */
bool oz_convert_plan(const struct oz_convert_opts *opts, char **json, struct oz_err *err);

/* Options of oz_compress. Start with `= {0}`. */
struct oz_compress_opts {
    const char *target;
    const char *layer_name;  /* NULL: all */
    const char *const *mags; /* names; NULL: all */
    size_t mag_count;
    const char *codec; /* NULL: chosen */
    struct oz_run_opts run;
};

/* Re-encode the mags of a dataset that are not compressed, each exchanged in one step. Those that
 * are compressed are named in a note and left alone. */
bool oz_compress(const struct oz_compress_opts *opts, struct oz_err *err);

/* Options of oz_downsample. Start with OZ_DOWNSAMPLE_DEFAULTS. */
struct oz_downsample_opts {
    const char *target;
    const char *layer_name;   /* NULL: all */
    uint32_t coarsest_mag[3]; /* {0}: chosen */
    const char *sampling;
    const char *interpolation;
    struct oz_run_opts run;
};
#define OZ_DOWNSAMPLE_DEFAULTS                                                                     \
    {                                                                                              \
        .sampling = "anisotropic", .interpolation = "default"                                      \
    }

/* Add the coarser mags that are missing: to datasets of ours, of WEBKNOSSOS, and to plain OME-Zarr
 * images. Nothing to do is done. */
bool oz_downsample(const struct oz_downsample_opts *opts, struct oz_err *err);

/* What a dataset or an OME-Zarr image holds: `*json` gets the tree as a text (oz_text_free);
 * docs/info.md has its form. */
bool oz_info(const char *path, char **json, struct oz_err *err);

void oz_text_free(char *text);

#ifdef __cplusplus
}
#endif
#endif
