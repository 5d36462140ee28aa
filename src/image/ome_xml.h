/* SPDX-License-Identifier: Apache-2.0 */
/* The part of OME-XML that says which pages of which files are which planes. */
#ifndef OZ_IMAGE_OME_XML_H
#define OZ_IMAGE_OME_XML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define OZ_OMEXML_OWN UINT32_MAX /* a TiffData that names no file: the one the text is in */

/* A run of planes: `count` directories from `ifd` on. */
struct oz_omexml_run {
    uint32_t ifd;
    uint32_t first[3]; /* t, c, z */
    uint32_t count;    /* 0: not given */
    uint32_t file;     /* index in `files`, or OZ_OMEXML_OWN */
    bool has_ifd;
    bool own_uuid; /* its UUID is that of the document */
};

struct oz_omexml_channel {
    char *name;       /* or NULL */
    int64_t color;    /* 0xRRGGBB, or -1 */
    uint32_t samples; /* per pixel; 1 where not given */
};

struct oz_omexml_image {
    char *name;         /* or NULL */
    uint64_t size[3];   /* t, c, z; c counts samples too */
    uint8_t order[3];   /* indexes of t, c, z, the one that runs fastest first */
    double voxel_nm[3]; /* x, y, z; 0 where unknown */
    double t_step;      /* seconds; 0 where unknown */
    struct oz_omexml_channel *channels;
    size_t channel_count;
    struct oz_omexml_run *runs;
    size_t run_count;
};

struct oz_omexml {
    char *uuid;          /* of the file the text is in, or NULL */
    char *metadata_file; /* this is only a pointer to the text in that file; or NULL */
    struct oz_omexml_image *images;
    size_t image_count;
    char **files; /* names without folder, each once */
    size_t file_count;
};

/* True where the text of a TIFF is meant as OME-XML. */
bool oz_omexml_is(const char *text);

/*
 * Parse hostile text: size, depth, planes, images and runs are capped, a document type with
 * declarations is refused, nothing outside the text is looked at. Fails with OZ_EFORMAT or
 * OZ_ELIMIT; the message begins with "OME-XML: line N".
 */
bool oz_omexml_parse(const char *text, size_t size, struct oz_omexml *out,
                     struct oz_err *err) OZ_MUST_USE;
void oz_omexml_release(struct oz_omexml *doc);

#endif
