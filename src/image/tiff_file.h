/* SPDX-License-Identifier: Apache-2.0 */
/* The bare structure of a TIFF or BigTIFF: directories and the values of their tags. */
#ifndef OZ_IMAGE_TIFF_FILE_H
#define OZ_IMAGE_TIFF_FILE_H

#include "image/files.h"

/* The tags that are looked at; all others are passed over. */
enum oz_tag {
    OZ_TAG_NEW_SUBFILE_TYPE,
    OZ_TAG_SUBFILE_TYPE,
    OZ_TAG_WIDTH,
    OZ_TAG_HEIGHT,
    OZ_TAG_BITS,
    OZ_TAG_COMPRESSION,
    OZ_TAG_PHOTOMETRIC,
    OZ_TAG_FILL_ORDER,
    OZ_TAG_DESCRIPTION,
    OZ_TAG_STRIP_OFFSETS,
    OZ_TAG_SAMPLES,
    OZ_TAG_ROWS_PER_STRIP,
    OZ_TAG_STRIP_COUNTS,
    OZ_TAG_X_RESOLUTION,
    OZ_TAG_Y_RESOLUTION,
    OZ_TAG_PLANAR,
    OZ_TAG_RESOLUTION_UNIT,
    OZ_TAG_SOFTWARE,
    OZ_TAG_PREDICTOR,
    OZ_TAG_TILE_WIDTH,
    OZ_TAG_TILE_HEIGHT,
    OZ_TAG_TILE_OFFSETS,
    OZ_TAG_TILE_COUNTS,
    OZ_TAG_SAMPLE_FORMAT,
    OZ_TAG_DEPTH,
    OZ_TAGS /* their number */
};

/* Where the values of a tag are. Absent: count 0. */
struct oz_tag_values {
    uint16_t type; /* as stored */
    uint64_t count;
    uint64_t offset; /* in the file, also where they are within the directory */
};

struct oz_directory {
    uint64_t offset;
    uint64_t next; /* offset of the one that follows, or 0 */
    uint64_t size; /* bytes, values elsewhere not counted */
    struct oz_tag_values tags[OZ_TAGS];
};

enum { OZ_TIFF_WINDOW = 8192 };

struct oz_tiff_file {
    struct oz_input input;
    bool big_endian, big; /* byte order; BigTIFF */
    uint64_t first;       /* offset of the first directory */
    uint64_t start;       /* of what the window holds */
    size_t held;
    uint8_t window[OZ_TIFF_WINDOW];
};

/* Start with `= {0}`. Reads the header. */
bool oz_tiff_file_open(struct oz_tiff_file *file, const char *path, struct oz_err *err) OZ_MUST_USE;
void oz_tiff_file_release(struct oz_tiff_file *file);

bool oz_tiff_directory_read(struct oz_tiff_file *file, uint64_t offset, struct oz_directory *out,
                            struct oz_err *err) OZ_MUST_USE;

/* `count` unsigned integers from number `from` on; fewer stored is an error. */
bool oz_tag_integers(struct oz_tiff_file *file, const struct oz_directory *directory,
                     enum oz_tag tag, uint64_t from, size_t count, uint64_t *out,
                     struct oz_err *err) OZ_MUST_USE;

/* The first value, or `missing` where the tag is absent. */
bool oz_tag_integer(struct oz_tiff_file *file, const struct oz_directory *directory,
                    enum oz_tag tag, uint64_t missing, uint64_t *out,
                    struct oz_err *err) OZ_MUST_USE;

/* A fraction as a number; 0 where the tag is absent, of another type, or x / 0. */
bool oz_tag_fraction(struct oz_tiff_file *file, const struct oz_directory *directory,
                     enum oz_tag tag, double *out, struct oz_err *err) OZ_MUST_USE;

/* Text up to its first NUL in a new block; *out = NULL where the tag is absent or no text. */
bool oz_tag_text(struct oz_tiff_file *file, const struct oz_directory *directory, enum oz_tag tag,
                 char **out, struct oz_err *err) OZ_MUST_USE;

const char *oz_tag_name(enum oz_tag tag); /* "StripOffsets" */

#endif
