/* SPDX-License-Identifier: Apache-2.0 */
/* What the readers of picture formats share; used by them and picture.c only. */
#ifndef OZ_IMAGE_READER_H
#define OZ_IMAGE_READER_H

#include "image/files.h"
#include "image/picture.h"

extern const struct oz_picture_type oz_picture_tiff;
extern const struct oz_picture_type oz_picture_png;
extern const struct oz_picture_type oz_picture_jpeg;

/* Part of a page: rows y ... y+rows-1, columns x ... x+cols-1, all inside the page. */
struct oz_part {
    uint64_t y, rows, x, cols;
};

/*
 * Set pixel_nm and per_unit of a page from pixels a unit along x and y; unit_nm is 0 where the unit
 * is not one of length. Values that cannot be are taken for missing.
 */
void oz_page_set_resolution(struct oz_page *page, double x, double y, double unit_nm);

#define OZ_INCH_NM 25.4e6
#define OZ_CM_NM 1e7
#define OZ_METRE_NM 1e9

#endif
