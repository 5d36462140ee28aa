/* SPDX-License-Identifier: Apache-2.0 */
/* A TIFF as a table of pages: what each holds, how it is stored, where it lies. */
#ifndef OZ_IMAGE_TIFF_PAGES_H
#define OZ_IMAGE_TIFF_PAGES_H

#include "image/reader.h"
#include "image/tiff_file.h"

/* Compression numbers that are treated in their own way; tiff_pages.c has all of them. */
enum {
    OZ_TIFF_RAW = 1,
    OZ_TIFF_LZW = 5,
    OZ_TIFF_JPEG = 7,
    OZ_TIFF_ADOBE_DEFLATE = 8,
    OZ_TIFF_DEFLATE = 32946,
    OZ_TIFF_SGILOG = 34676,
    OZ_TIFF_SGILOG24 = 34677,
    OZ_TIFF_LZMA = 34925,
    OZ_TIFF_ZSTD = 50000,
    OZ_TIFF_WEBP = 50001
};

/* What pages have in common; nearly always one in a file. */
struct oz_tiff_kind {
    struct oz_page page; /* all but `directory` */
    uint32_t compression;
    unsigned bits; /* of a sample as decoded; see oz_tiff_is_plain */
    bool floats;   /* samples are floating point */
    bool planar;   /* samples lie in planes and not pixel by pixel */
    bool tiled;
    bool ycbcr;            /* JPEG that has to be turned into RGB */
    uint64_t block_rows;   /* of a strip or tile as stored; as `page` has them unless direct */
    uint64_t plane_stride; /* direct and planar: bytes from one plane to the next */
};

struct oz_tiff_entry {
    uint64_t directory; /* offset */
    uint64_t data;      /* offset of the first byte of pixels if direct */
    uint32_t number;    /* in the chain */
    uint32_t kind;
};

struct oz_tiff {
    struct oz_picture base;
    uint64_t size; /* of the file */
    bool big_endian;
    struct oz_tiff_kind *kinds;
    size_t kind_count, kind_room;
    struct oz_tiff_entry *entries;
    size_t entry_count, entry_room;
    uint64_t frame_bytes; /* > 0: all pages follow each other behind the data of entry 0 */
};

/* Walk over the directories of a file. `tiff` starts zeroed; release it also on failure. */
bool oz_tiff_pages_read(struct oz_tiff *tiff, const char *path, struct oz_err *err) OZ_MUST_USE;
void oz_tiff_pages_release(struct oz_tiff *tiff);

/* Fill a kind from one directory; *data as in struct oz_tiff_entry. */
bool oz_tiff_kind_read(struct oz_tiff_file *file, const struct oz_directory *directory,
                       struct oz_tiff_kind *kind, uint64_t *data, struct oz_err *err) OZ_MUST_USE;

/* Name of a compression that is known, else NULL. */
const char *oz_tiff_compression_name(uint32_t compression);

/* A file of one directory whose text says that more pages follow its pixels: ImageJ does so beyond
 * 4 GB, tifffile where it is asked to truncate. Sets base.pages and frame_bytes. */
bool oz_tiff_frames_find(struct oz_tiff *tiff, bool alone, struct oz_err *err) OZ_MUST_USE;

/* Kind and data offset of a page. */
const struct oz_tiff_kind *oz_tiff_kind_of(const struct oz_tiff *tiff, uint64_t page);
uint64_t oz_tiff_data_of(const struct oz_tiff *tiff, uint64_t page);

/* Stored samples are those of the page's dtype, no widening needed. */
bool oz_tiff_is_plain(const struct oz_tiff_kind *kind);

/* Read a part of a direct page. */
bool oz_tiff_direct_read(const struct oz_tiff *tiff, struct oz_files *files, uint64_t page,
                         const struct oz_part *part, void *out, struct oz_err *err) OZ_MUST_USE;

#endif
