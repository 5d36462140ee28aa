/* SPDX-License-Identifier: Apache-2.0 */
/* TIFF: raw pages are read directly, all others strip by strip or tile by tile with libtiff. */
#include "image/reader.h"

#include "base/alloc.h"
#include "base/checked.h"
#include "image/planes.h"
#include "image/tiff_pages.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <tiffio.h>

/* libtiff asks for little beyond strips and tiles, and those are bounded when the file is opened.
 */
#define MAX_LIBTIFF_BLOCK (OZ_GIB(4) + OZ_MIB(64))

/* A file as libtiff sees it, and what it had to say. One a call: libtiff's handles are not for
 * several threads. */
struct stream {
    const struct oz_tiff *tiff;
    struct oz_files *files;
    uint64_t position;
    bool decoding; /* warnings count: they mean that pixels were made up */
    bool failed;
    char message[400]; /* the first one */
    struct oz_err io;  /* what the disk said, which tells more */
};

static tmsize_t read_stream(thandle_t handle, void *out, tmsize_t size)
{
    struct stream *stream = handle;
    uint64_t left = stream->tiff->size - oz_min_u64(stream->position, stream->tiff->size);
    size_t n = (size_t)oz_min_u64(left, size > 0 ? (uint64_t)size : 0);
    struct oz_err *io = &stream->io, spare = {0};
    if (n > 0 && !oz_files_read(stream->files, stream->tiff, stream->tiff->base.path,
                                stream->position, out, n, io->code == OZ_OK ? io : &spare))
        return -1;
    stream->position += n;
    return (tmsize_t)n;
}

static tmsize_t write_stream(thandle_t handle, void *data, tmsize_t size)
{
    (void)handle, (void)data, (void)size;
    return -1;
}

static toff_t seek_stream(thandle_t handle, toff_t offset, int whence)
{
    struct stream *stream = handle;
    if (whence == SEEK_CUR)
        offset += stream->position;
    else if (whence == SEEK_END)
        offset += stream->tiff->size;
    stream->position = offset;
    return offset;
}

static int close_stream(thandle_t handle)
{
    (void)handle;
    return 0;
}

static toff_t stream_size(thandle_t handle)
{
    return ((struct stream *)handle)->tiff->size;
}

static void note_message(struct stream *stream, const char *format, va_list args)
{
    if (stream->failed)
        return;
    stream->failed = true;
    vsnprintf(stream->message, sizeof stream->message, format, args);
    for (char *c = stream->message; *c != '\0'; c++)
        if ((unsigned char)*c < ' ')
            *c = ' '; /* ours are one line */
}

static int take_error(TIFF *handle, void *user, const char *module, const char *format,
                      va_list args)
{
    (void)handle, (void)module;
    note_message(user, format, args);
    return 1;
}

static int take_warning(TIFF *handle, void *user, const char *module, const char *format,
                        va_list args)
{
    (void)handle, (void)module;
    struct stream *stream = user;
    /* Some writers make the last JPEG strip as high as the others: nothing is missing then. */
    if (stream->decoding && !strstr(format, "exceeds expected"))
        note_message(stream, format, args);
    return 1;
}

static bool fail_stream(const struct stream *stream, struct oz_err *err)
{
    if (stream->io.code != OZ_OK) {
        *err = stream->io;
        return false;
    }
    return oz_fail(err, OZ_EFORMAT, "corrupt: %s",
                   stream->failed ? stream->message : "its pixels cannot be decoded");
}

static void close_handle(TIFF **handle)
{
    if (*handle)
        TIFFClose(*handle);
}

/* A handle at the directory of a page; NULL on failure. */
static TIFF *open_handle(struct stream *stream, const struct oz_tiff_kind *kind, uint64_t directory,
                         struct oz_err *err)
{
    TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
    if (!options) {
        oz_fail(err, OZ_ENOMEM, "out of memory for libtiff");
        return NULL;
    }
    TIFFOpenOptionsSetErrorHandlerExtR(options, take_error, stream);
    TIFFOpenOptionsSetWarningHandlerExtR(options, take_warning, stream);
    TIFFOpenOptionsSetMaxSingleMemAlloc(options, (tmsize_t)MAX_LIBTIFF_BLOCK);
    /* Header only, no mapping, no cutting up of strips, places of strips only as needed. */
    TIFF *handle =
        TIFFClientOpenExt(stream->tiff->base.path, "rhmcO", stream, read_stream, write_stream,
                          seek_stream, close_stream, stream_size, NULL, NULL, options);
    TIFFOpenOptionsFree(options);
    bool ok = handle && TIFFSetSubDirectory(handle, directory);
    if (ok && kind->ycbcr)
        ok = TIFFSetField(handle, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
    if (ok && (kind->compression == OZ_TIFF_SGILOG || kind->compression == OZ_TIFF_SGILOG24))
        ok = TIFFSetField(handle, TIFFTAG_SGILOGDATAFMT, SGILOGDATAFMT_FLOAT);
    if (ok)
        return handle;
    fail_stream(stream, err);
    close_handle(&handle);
    return NULL;
}

/* One read: constant, but for the buffers. */
struct job {
    const struct oz_tiff_kind *kind;
    const struct oz_part *part;
    TIFF *handle;
    struct stream *stream;
    size_t item;         /* bytes of a sample of the result */
    size_t together;     /* samples that lie together: 1 if planar */
    uint64_t line_bytes; /* of a row of a decoded strip or tile */
    uint8_t *block;      /* a decoded strip or tile */
    uint8_t *line;       /* a widened row of it, NULL where samples are plain */
    uint8_t *out;
};

/* Does decoding stop after the rows that are needed, or are the others checked or needed too? */
static bool stops_anywhere(uint32_t compression)
{
    switch (compression) {
    case OZ_TIFF_RAW:
    case OZ_TIFF_LZW:
    case OZ_TIFF_ADOBE_DEFLATE:
    case OZ_TIFF_DEFLATE:
    case OZ_TIFF_ZSTD:
    case OZ_TIFF_LZMA:
        return true;
    default:
        return false;
    }
}

static bool decode(const struct job *job, uint32_t number, uint64_t rows, void *out,
                   struct oz_err *err)
{
    const tmsize_t size = (tmsize_t)(rows * job->line_bytes);
    job->stream->decoding = true;
    tmsize_t got = job->kind->tiled ? TIFFReadEncodedTile(job->handle, number, out, size)
                                    : TIFFReadEncodedStrip(job->handle, number, out, size);
    job->stream->decoding = false;
    if (got == size && !job->stream->failed)
        return true;
    fail_stream(job->stream, err);
    return oz_err_prefix(err, "%s %u: ", job->kind->tiled ? "tile" : "strip", number);
}

/* Copy what is wanted from the decoded block at `by`, `bx`, of the plane that goes to `out`. */
static void copy_block(const struct job *job, uint64_t by, uint64_t bx, uint8_t *out)
{
    const struct oz_part *part = job->part;
    const struct oz_page *page = &job->kind->page;
    const uint64_t y0 = oz_max_u64(by, part->y);
    const uint64_t y1 = oz_min_u64(by + job->kind->block_rows, part->y + part->rows);
    const uint64_t x0 = oz_max_u64(bx, part->x);
    const uint64_t x1 = oz_min_u64(bx + page->block_cols, part->x + part->cols);
    const uint64_t row = part->cols * job->item, plane = part->rows * row;
    for (uint64_t y = y0; y < y1; y++) {
        const uint8_t *line = job->block + (y - by) * job->line_bytes;
        if (job->line) {
            size_t count = page->block_cols * job->together;
            if (job->kind->floats)
                oz_floats_widen(job->kind->bits, count, line, (float *)(void *)job->line);
            else
                oz_bits_widen(job->kind->bits, count, line, job->line);
            line = job->line;
        }
        oz_planes_put(job->item, job->together, x1 - x0,
                      line + (x0 - bx) * job->together * job->item,
                      out + (y - part->y) * row + (x0 - part->x) * job->item, plane);
    }
}

/* Rows of the block at `by` that have to be decoded. */
static uint64_t rows_needed(const struct job *job, uint64_t by)
{
    const struct oz_tiff_kind *kind = job->kind;
    if (kind->tiled)
        return kind->block_rows;
    uint64_t rows = oz_min_u64(kind->block_rows, kind->page.height - by);
    if (stops_anywhere(kind->compression))
        rows = oz_min_u64(rows, job->part->y + job->part->rows - by);
    return rows;
}

static bool read_block(const struct job *job, uint64_t sample, uint64_t by, uint64_t bx,
                       struct oz_err *err)
{
    const struct oz_part *part = job->part;
    const struct oz_page *page = &job->kind->page;
    const uint64_t across = oz_ceil_div(page->width, page->block_cols);
    const uint64_t down = oz_ceil_div(page->height, job->kind->block_rows);
    const uint64_t number =
        (sample * down + by / job->kind->block_rows) * across + bx / page->block_cols;
    const uint64_t rows = rows_needed(job, by);
    uint8_t *out = job->out + sample * part->rows * part->cols * job->item;
    if (number > UINT32_MAX)
        return oz_fail(err, OZ_ELIMIT, "more strips or tiles than libtiff can count");

    /* Wanted as it is decoded: no copy. */
    const bool whole = part->cols == page->width && page->block_cols == page->width;
    if (whole && !job->line && job->together == 1 && by >= part->y &&
        by + rows <= part->y + part->rows)
        return decode(job, (uint32_t)number, rows, out + (by - part->y) * part->cols * job->item,
                      err);
    if (!decode(job, (uint32_t)number, rows, job->block, err))
        return false;
    copy_block(job, by, bx, out);
    return true;
}

static bool read_blocks(const struct job *job, struct oz_err *err)
{
    const struct oz_part *part = job->part;
    const uint64_t rows = job->kind->block_rows, cols = job->kind->page.block_cols;
    const uint64_t planes = job->kind->planar ? job->kind->page.samples : 1;
    for (uint64_t sample = 0; sample < planes; sample++)
        for (uint64_t by = part->y / rows * rows; by < part->y + part->rows; by += rows)
            for (uint64_t bx = part->x / cols * cols; bx < part->x + part->cols; bx += cols)
                if (!read_block(job, sample, by, bx, err))
                    return false;
    return true;
}

/* libtiff decodes blocks of its own idea of their size; it has to be the one that was checked. */
static bool check_size(const struct job *job, struct oz_err *err)
{
    const uint64_t size =
        (uint64_t)(job->kind->tiled ? TIFFTileSize64(job->handle) : TIFFStripSize64(job->handle));
    const uint64_t expected = job->kind->block_rows * job->line_bytes;
    if (size == expected)
        return true;
    return oz_fail(err, OZ_EFORMAT, "%s of %llu bytes expected, libtiff makes it %llu",
                   job->kind->tiled ? "a tile" : "a strip", (unsigned long long)expected,
                   (unsigned long long)size);
}

static bool read_coded(const struct oz_tiff *tiff, struct oz_files *files, uint64_t page,
                       const struct oz_part *part, void *out, struct oz_err *err)
{
    const struct oz_tiff_kind *kind = oz_tiff_kind_of(tiff, page);
    struct stream stream = {.tiff = tiff, .files = files};
    __attribute__((cleanup(close_handle))) TIFF *handle =
        open_handle(&stream, kind, tiff->entries[page].directory, err);
    OZ_AUTO_FREE uint8_t *block = NULL;
    OZ_AUTO_FREE uint8_t *line = NULL;
    struct job job = {
        .kind = kind,
        .part = part,
        .handle = handle,
        .stream = &stream,
        .item = oz_dtype_size(kind->page.dtype),
        .together = kind->planar ? 1 : kind->page.samples,
        .out = out,
    };
    const uint64_t count = kind->page.block_cols * job.together;
    job.line_bytes = oz_ceil_div(count * kind->bits, 8);
    if (!handle || !check_size(&job, err))
        return false;
    block = oz_alloc_pixels(kind->block_rows * job.line_bytes, err);
    if (!block)
        return false;
    if (!oz_tiff_is_plain(kind)) {
        line = oz_alloc_pixels(count * job.item, err);
        if (!line)
            return false;
    }
    job.block = block;
    job.line = line;
    return read_blocks(&job, err);
}

static bool read_page(const struct oz_picture *picture, struct oz_files *files, uint64_t page,
                      uint64_t y, uint64_t rows, uint64_t x, uint64_t cols, void *out,
                      struct oz_err *err)
{
    const struct oz_tiff *tiff = (const struct oz_tiff *)picture;
    const struct oz_part part = {y, rows, x, cols};
    if (oz_tiff_kind_of(tiff, page)->page.direct)
        return oz_tiff_direct_read(tiff, files, page, &part, out, err);
    return read_coded(tiff, files, page, &part, out, err);
}

static bool describe_page(const struct oz_picture *picture, uint64_t page, struct oz_page *out,
                          struct oz_err *err)
{
    (void)err;
    const struct oz_tiff *tiff = (const struct oz_tiff *)picture;
    *out = oz_tiff_kind_of(tiff, page)->page;
    out->directory = tiff->frame_bytes > 0 ? page : tiff->entries[page].number;
    return true;
}

static void close_tiff(struct oz_picture *picture)
{
    oz_tiff_pages_release((struct oz_tiff *)picture);
    oz_free(picture);
}

static bool check_codecs(const struct oz_tiff *tiff, struct oz_err *err)
{
    for (size_t i = 0; i < tiff->kind_count; i++) {
        uint32_t compression = tiff->kinds[i].compression;
        if (!TIFFIsCODECConfigured((uint16_t)compression))
            return oz_fail(err, OZ_EUNSUPPORTED, "compression %s (%u) is not built into libtiff",
                           oz_tiff_compression_name(compression), compression);
    }
    return true;
}

static struct oz_picture *open_tiff(const char *path, struct oz_err *err)
{
    struct oz_tiff *tiff = oz_alloc(1, sizeof *tiff, err);
    if (!tiff)
        return NULL;
    OZ_AUTO_PTR(oz_picture) picture = &tiff->base;
    picture->type = &oz_picture_tiff;
    picture->page = describe_page;
    if (!oz_tiff_pages_read(tiff, path, err) || !check_codecs(tiff, err))
        return NULL;
    return OZ_STEAL(picture);
}

static bool probe_tiff(const uint8_t *head, size_t size)
{
    static const uint8_t magics[][4] = {
        {'I', 'I', 42, 0}, {'M', 'M', 0, 42}, {'I', 'I', 43, 0}, {'M', 'M', 0, 43}};
    for (size_t i = 0; i < OZ_LENGTH(magics); i++)
        if (size >= 4 && memcmp(head, magics[i], 4) == 0)
            return true;
    return false;
}

static const char *const suffixes[] = {"tif", "tiff", "btf", "tf8", NULL};

const struct oz_picture_type oz_picture_tiff = {
    .name = "TIFF",
    .suffixes = suffixes,
    .probe = probe_tiff,
    .open = open_tiff,
    .read = read_page,
    .close = close_tiff,
};
