/* SPDX-License-Identifier: Apache-2.0 */
/* Picture files put together: what becomes one layer, with axes t, c, z, y, x. */
#ifndef OZ_IMAGE_STACK_H
#define OZ_IMAGE_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/progress.h"
#include "image/files.h"
#include "zarr/dtype.h"

enum { OZ_T, OZ_C, OZ_Z, OZ_Y, OZ_X, OZ_AXES }; /* order of axes everywhere */

struct oz_stack_channel {
    char *name;    /* or NULL */
    int64_t color; /* 0xRRGGBB, or -1 where none was given */
};

/* Immutable once found; any number of threads may read at once. */
struct oz_stack {
    char *name; /* of the layer, docs/input.md tells how; already cleaned */
    char *path; /* the file or folder it comes from, for messages and categories */
    enum oz_dtype dtype;
    uint64_t shape[OZ_AXES]; /* t, c, z, y, x; 1 where there is no such axis */
    uint32_t samples;        /* channels that one page holds, read together; shape[OZ_C] is a
                                multiple of it: channel = page channel * samples + sample */
    bool has_t, has_c;       /* the axis was named by the input, even if its length is 1 */
    bool rgb;                /* samples are red, green, blue (, alpha) */
    bool inverted;           /* MinIsWhite */
    bool direct;             /* all pages: see struct oz_page */
    uint64_t block_rows, block_cols;   /* largest over the pages */
    double voxel_nm[3];                /* x, y, z; 0 where unknown */
    double t_step;                     /* seconds between time points, 0 where unknown */
    struct oz_stack_channel *channels; /* shape[OZ_C] of them, or NULL */
    struct oz_stack_pages *pages;      /* private */
};

struct oz_stack_list {
    struct oz_stack *items;
    size_t count;
};

/*
 * Find what a file or folder holds: one stack a layer. Rules, names and order: docs/input.md.
 * Warnings (gaps in numbering, slices padded to the largest) go to `progress`. Slices whose type or
 * channel count differ, no picture at all, or any broken file fail with its name.
 */
bool oz_stacks_find(const char *source, struct oz_progress *progress, struct oz_stack_list *out,
                    struct oz_err *err) OZ_MUST_USE;
void oz_stack_list_release(struct oz_stack_list *list);

/*
 * Read a rectangle of the page that holds channels c ... c + samples - 1 (c a multiple of
 * `samples`) at time t, depth z, into `out`: [samples][rows][cols]. Where a slice is smaller than
 * the stack, zeros.
 */
bool oz_stack_read(const struct oz_stack *stack, struct oz_files *files, uint64_t t, uint64_t c,
                   uint64_t z, uint64_t y, uint64_t rows, uint64_t x, uint64_t cols, void *out,
                   struct oz_err *err) OZ_MUST_USE;

#endif
