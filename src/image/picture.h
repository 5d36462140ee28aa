/* SPDX-License-Identifier: Apache-2.0 */
/* One picture file as pages of pixels. One reader a format behind a small table. */
#ifndef OZ_IMAGE_PICTURE_H
#define OZ_IMAGE_PICTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "zarr/dtype.h"

/* What one page (TIFF directory, PNG, JPEG) holds. */
struct oz_page {
    uint64_t width, height;
    uint32_t samples;    /* per pixel: 1, 3 for RGB, 4 for RGBA ... */
    enum oz_dtype dtype; /* of a sample; 1-bit and 4-bit ones are widened to OZ_U8, values kept */
    bool rgb;            /* the first three samples are red, green, blue */
    bool inverted;       /* small values are bright (MinIsWhite) */
    bool reduced;        /* a thumbnail or a coarser copy of another page: not a slice */
    bool direct;         /* any rows can be read at the cost of copying them (raw, contiguous) */
    uint64_t block_rows, block_cols; /* what is decoded as one: strip, tile, or the whole page; one
                                        row where direct */
    double
        pixel_nm[2]; /* x, y from resolution tags; 0 where not given in a unit of length, or where
                        it is a usual resolution of screens and printers (72, 96, 300 dpi ...) */
    double per_unit[2]; /* x, y: pixels a unit, whatever the unit (ImageJ names it in its text); 0
                           where there is no such tag */
    uint64_t directory; /* number in the file's chain of directories, reduced ones counted: what
                           OME-XML calls IFD. The page's own number where there is no chain */
};

/* An opened file. Immutable, any number of threads may read at once; it keeps no file open, only
 * the table of its pages. */
struct oz_picture;
struct oz_files; /* a bounded set of open descriptors for direct reads: files.h */

/* A format. Probe looks at the first bytes of the file. Read: see oz_picture_read. */
struct oz_picture_type {
    const char *name;            /* "TIFF" */
    const char *const *suffixes; /* lower case, without dot, NULL at the end */
    bool (*probe)(const uint8_t *head, size_t size);
    struct oz_picture *(*open)(const char *path, struct oz_err *err);
    bool (*read)(const struct oz_picture *picture, struct oz_files *files, uint64_t page,
                 uint64_t y, uint64_t rows, uint64_t x, uint64_t cols, void *out,
                 struct oz_err *err);
    void (*close)(struct oz_picture *picture);
};

/* The head of what each reader allocates. */
struct oz_picture {
    const struct oz_picture_type *type;
    char *path;
    uint64_t pages;       /* those that are slices: reduced ones are left out, virtual frames
                             of a truncated ImageJ or tifffile series are in */
    struct oz_page first; /* of page 0 */
    char *description;    /* text of the first directory (OME-XML, ImageJ, tifffile), or NULL */
    char *software;       /* or NULL */
    bool (*page)(const struct oz_picture *picture, uint64_t page, struct oz_page *out,
                 struct oz_err *err);
};

/* All formats, in the order they are tried; NULL at the end. */
extern const struct oz_picture_type *const oz_picture_types[];

/* True where the name has a suffix of some format. */
bool oz_picture_has_suffix(const char *name);

/*
 * Open by content, not by suffix. Messages name the file. An empty file, one that is no picture, a
 * truncated one, a header whose sizes cannot be (more pixels than the file and its compression
 * could hold, overflow), or a compression that is not built in fails here and not later.
 */
struct oz_picture *oz_picture_open(const char *path, struct oz_err *err) OZ_MUST_USE;
void oz_picture_close(struct oz_picture *picture);
OZ_DEFINE_AUTO_PTR(oz_picture, oz_picture_close);

bool oz_picture_page(const struct oz_picture *picture, uint64_t page, struct oz_page *out,
                     struct oz_err *err) OZ_MUST_USE;

/*
 * Read rows y ... y+rows-1, columns x ... x+cols-1 of a page into `out`: native byte order,
 * [samples][rows][cols]. Decodes only the strips or tiles that are touched. Short or corrupt data
 * is OZ_EFORMAT, never zeros.
 */
bool oz_picture_read(const struct oz_picture *picture, struct oz_files *files, uint64_t page,
                     uint64_t y, uint64_t rows, uint64_t x, uint64_t cols, void *out,
                     struct oz_err *err) OZ_MUST_USE;

#endif
