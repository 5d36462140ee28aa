/* SPDX-License-Identifier: Apache-2.0 */
/* Reads raw TIFF pages whose rows follow each other: into place where possible, else in pieces. */
#include "image/tiff_pages.h"

#include "base/alloc.h"
#include "base/checked.h"
#include "base/endian.h"
#include "image/planes.h"

#include <string.h>

/* Pieces that stay in the cache; and from what share of a row on it is read as a whole, which costs
 * less than a call a row. */
#define PIECE_BYTES OZ_KIB(256)
enum { WHOLE_ROW_SHARE = 4 };

/* Rows of one stored plane, all samples of a pixel together. */
struct plane {
    const struct oz_tiff *tiff;
    struct oz_files *files;
    uint64_t offset; /* of its first row */
    size_t item, samples;
    uint64_t row_bytes;
    bool swap;
};

static bool read_bytes(const struct plane *plane, uint64_t offset, void *out, size_t size,
                       struct oz_err *err)
{
    if (!oz_files_read(plane->files, plane->tiff, plane->tiff->base.path, offset, out, size, err))
        return false;
    if (plane->swap)
        oz_swap_bytes(out, size / plane->item, plane->item);
    return true;
}

/* Rows in pieces through a buffer, from where the wanted columns are taken. */
static bool read_pieces(const struct plane *plane, const struct oz_part *part, uint8_t *out,
                        struct oz_err *err)
{
    const size_t pixel = plane->item * plane->samples, row = part->cols * plane->item;
    const bool whole =
        part->cols >= plane->row_bytes / pixel / WHOLE_ROW_SHARE || plane->row_bytes <= OZ_KIB(8);
    const uint64_t start = whole ? 0 : part->x * pixel;
    const uint64_t width = whole ? plane->row_bytes : part->cols * pixel;
    const uint64_t rows = whole ? oz_max_u64(1, PIECE_BYTES / width) : 1;
    OZ_AUTO_FREE uint8_t *buffer = oz_alloc_pixels(oz_min_u64(rows, part->rows) * width, err);
    if (!buffer)
        return false;
    const uint8_t *wanted = buffer + (part->x * pixel - start);
    for (uint64_t done = 0; done < part->rows;) {
        uint64_t n = oz_min_u64(rows, part->rows - done);
        uint64_t offset = plane->offset + (part->y + done) * plane->row_bytes + start;
        if (!read_bytes(plane, offset, buffer, n * width, err))
            return false;
        for (uint64_t i = 0; i < n; i++)
            oz_planes_put(plane->item, plane->samples, part->cols, wanted + i * width,
                          out + (done + i) * row, part->rows * row);
        done += n;
    }
    return true;
}

static bool read_plane(const struct plane *plane, const struct oz_part *part, uint8_t *out,
                       struct oz_err *err)
{
    const uint64_t want = part->cols * plane->item;
    if (plane->samples > 1)
        return read_pieces(plane, part, out, err);
    if (want == plane->row_bytes)
        return read_bytes(plane, plane->offset + part->y * plane->row_bytes, out,
                          part->rows * plane->row_bytes, err);
    if (want >= plane->row_bytes / WHOLE_ROW_SHARE || want < OZ_KIB(1))
        return read_pieces(plane, part, out, err);
    for (uint64_t i = 0; i < part->rows; i++) {
        uint64_t at = plane->offset + (part->y + i) * plane->row_bytes + part->x * plane->item;
        if (!read_bytes(plane, at, out + i * want, want, err))
            return false;
    }
    return true;
}

bool oz_tiff_direct_read(const struct oz_tiff *tiff, struct oz_files *files, uint64_t page,
                         const struct oz_part *part, void *out, struct oz_err *err)
{
    const struct oz_tiff_kind *kind = oz_tiff_kind_of(tiff, page);
    const size_t item = oz_dtype_size(kind->page.dtype);
    const uint64_t planes = kind->planar ? kind->page.samples : 1;
    struct plane plane = {
        .tiff = tiff,
        .files = files,
        .offset = oz_tiff_data_of(tiff, page),
        .item = item,
        .samples = kind->planar ? 1 : kind->page.samples,
        .swap = item > 1 && tiff->big_endian != oz_host_is_big_endian(),
    };
    plane.row_bytes = kind->page.width * plane.samples * item;
    for (uint64_t i = 0; i < planes; i++) {
        if (!read_plane(&plane, part, (uint8_t *)out + i * part->rows * part->cols * item, err))
            return false;
        plane.offset += kind->plane_stride;
    }
    return true;
}
