/* SPDX-License-Identifier: Apache-2.0 */
/* What the text of a TIFF says about its pages: ImageJ's lines and tifffile's JSON. */
#ifndef OZ_IMAGE_TIFF_TEXT_H
#define OZ_IMAGE_TIFF_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "image/picture.h"
#include "image/stack.h"

/* How the pages of one file lie along t, c and z: indexed by OZ_T, OZ_C, OZ_Z. */
struct oz_layout {
    uint64_t size[3];   /* pages along the axis; their product is at most the file's pages */
    uint64_t base;      /* page of t = c = z = 0 */
    uint64_t stride[3]; /* pages from one index to the next */
    bool named[3];      /* the text names this axis */
    double voxel_nm[3]; /* x, y, z; 0 where unknown */
    double t_step;      /* seconds, 0 where unknown */
};

enum { OZ_LAYOUT_WARNING = 256 };

/* All pages along z, nothing known. */
void oz_layout_plain(struct oz_layout *out, uint64_t pages);

/*
 * Read a description; NULL or anything unknown is a plain layout. `page` is the file's first. A
 * text that does not fit the pages gives a plain layout and a sentence in `warning`, which is empty
 * otherwise. Never fails: it is only text.
 */
void oz_layout_read(const char *description, const struct oz_page *page, uint64_t pages,
                    struct oz_layout *out, char warning[OZ_LAYOUT_WARNING]);

/* Nanometres in one unit of length, seconds in one unit of time, as OME-XML and ImageJ spell them;
 * 0 where the text is no such unit. */
double oz_length_unit_nm(const char *unit);
double oz_time_unit_seconds(const char *unit);

#endif
