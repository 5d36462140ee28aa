/* SPDX-License-Identifier: Apache-2.0 */
/* What a pyramid is made of: voxels that can be read box by box. */
#ifndef OZ_OPS_SOURCE_H
#define OZ_OPS_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "codec/codec.h"
#include "dataset/properties.h"
#include "image/stack.h"
#include "zarr/array.h"

/* How the input likes to be read. */
enum oz_access {
    OZ_BY_ROWS, /* any rows of any page at the cost of copying them */
    OZ_BY_PAGE, /* a page, or blocks of it, must be decoded as a whole: once, ahead of use */
    OZ_BY_BOX   /* chunks: whole boxes at once */
};

/* A box at one time point; `c` is the first of the channels that are read together. */
struct oz_region {
    uint64_t t, c;
    uint64_t start[3], count[3]; /* z, y, x */
};

/* Constant while it is used; any number of threads may read, each with its own scratch. */
struct oz_source {
    enum oz_dtype dtype;
    uint64_t shape[OZ_AXES];
    uint32_t group; /* channels read together; divides shape[OZ_C] */
    enum oz_access access;
    uint64_t block[2]; /* y, x of what is decoded as one */

    /* Voxels in the order [z][group][y][x], native bytes. */
    bool (*read)(const struct oz_source *source, struct oz_scratch *scratch,
                 const struct oz_region *region, void *out, struct oz_err *err);

    const struct oz_stack *stack;
    struct oz_files *files;
    uint64_t first_channel; /* of the stack: more than 0 where one channel is taken out */

    const struct oz_array *array;
    struct oz_axis_order order;
    uint64_t origin[3]; /* where the voxels begin in the array: z, y, x */
};

/* The whole stack; `channel` >= 0 takes that one out of it. Both arguments are borrowed. */
void oz_source_from_stack(struct oz_source *source, const struct oz_stack *stack,
                          struct oz_files *files, int64_t channel);

/* An array whose axes lie as `order` says; `extent` (z, y, x) is what of it is real, from
 * `origin` on. */
void oz_source_from_array(struct oz_source *source, const struct oz_array *array,
                          struct oz_axis_order order, const uint64_t origin[3],
                          const uint64_t extent[3]);

#endif
