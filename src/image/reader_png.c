/* SPDX-License-Identifier: Apache-2.0 */
/* PNG with libspng: row by row where it is not interlaced. */
#include "image/reader.h"

#include "base/alloc.h"
#include "base/checked.h"
#include "image/planes.h"

#include <spng.h>
#include <string.h>

#define MAX_CHUNK OZ_MIB(64)
#define MAX_SIDE INT32_MAX
#define WINDOW OZ_KIB(64)
enum { MAX_DEFLATE_RATIO = 1100 };

struct png {
    struct oz_picture base;
    struct oz_page page;
    uint64_t size; /* of the file */
    int format;    /* enum spng_format */
    int flags;     /* of decoding: transparency of a palette becomes alpha */
    uint64_t bits; /* of a stored pixel */
    bool interlaced;
    bool two_valued; /* one bit: kept as 0 and 1 */
};

/* A file as libspng reads it: forward only, in small pieces. */
struct stream {
    const struct png *png;
    const char *path;
    struct oz_files *files;
    uint64_t position;
    struct oz_err io; /* what the disk said */
    size_t held, used;
    uint8_t window[WINDOW];
};

static int read_stream(spng_ctx *ctx, void *user, void *out, size_t size)
{
    (void)ctx;
    struct stream *stream = user;
    uint8_t *to = out;
    while (size > 0) {
        if (stream->used == stream->held) {
            size_t n = (size_t)oz_min_u64(WINDOW, stream->png->size - stream->position);
            if (n == 0)
                return SPNG_IO_EOF;
            if (!oz_files_read(stream->files, stream->png, stream->path, stream->position,
                               stream->window, n, &stream->io))
                return SPNG_IO_ERROR;
            stream->position += n;
            stream->held = n;
            stream->used = 0;
        }
        size_t n = stream->held - stream->used < size ? stream->held - stream->used : size;
        memcpy(to, stream->window + stream->used, n);
        stream->used += n;
        to += n;
        size -= n;
    }
    return 0;
}

struct decoder {
    spng_ctx *ctx;
    struct stream *stream;
};

static void decoder_release(struct decoder *decoder)
{
    spng_ctx_free(decoder->ctx);
    oz_free(decoder->stream);
}

static bool fail_png(const struct decoder *decoder, int code, struct oz_err *err)
{
    if (decoder->stream->io.code != OZ_OK) {
        *err = decoder->stream->io;
        return false;
    }
    return oz_fail(err, code == SPNG_EMEM ? OZ_ENOMEM : OZ_EFORMAT, "%s",
                   code == SPNG_IO_EOF ? "truncated" : spng_strerror(code));
}

static bool start_decoder(struct decoder *decoder, const struct png *png, const char *path,
                          struct oz_files *files, struct oz_err *err)
{
    decoder->stream = oz_alloc(1, sizeof *decoder->stream, err);
    if (!decoder->stream)
        return false;
    decoder->stream->png = png;
    decoder->stream->path = path;
    decoder->stream->files = files;
    decoder->ctx = spng_ctx_new(0);
    if (!decoder->ctx)
        return oz_fail(err, OZ_ENOMEM, "out of memory for libspng");
    int code = spng_set_image_limits(decoder->ctx, MAX_SIDE, MAX_SIDE);
    if (code == 0)
        code = spng_set_chunk_limits(decoder->ctx, MAX_CHUNK, MAX_CHUNK);
    if (code == 0)
        code = spng_set_crc_action(decoder->ctx, SPNG_CRC_ERROR, SPNG_CRC_ERROR);
    if (code == 0)
        code = spng_set_png_stream(decoder->ctx, read_stream, decoder->stream);
    return code == 0 || fail_png(decoder, code, err);
}

/* Type, samples and the form libspng decodes to. Palettes are colours; greys of two and four bits
 * are spread over 0 ... 255; one bit stays 0 and 1, for such pictures are masks. */
static bool set_format(struct png *png, const struct spng_ihdr *head, bool transparent)
{
    struct oz_page *page = &png->page;
    const bool indexed = head->color_type == SPNG_COLOR_TYPE_INDEXED;
    page->dtype = head->bit_depth == 16 ? OZ_U16 : OZ_U8;
    png->format = SPNG_FMT_PNG;
    switch (head->color_type) {
    case SPNG_COLOR_TYPE_GRAYSCALE:
        page->samples = 1;
        png->two_valued = head->bit_depth == 1;
        if (head->bit_depth < 8)
            png->format = SPNG_FMT_G8;
        break;
    case SPNG_COLOR_TYPE_GRAYSCALE_ALPHA:
        page->samples = 2;
        break;
    case SPNG_COLOR_TYPE_INDEXED:
        page->samples = transparent ? 4 : 3;
        png->format = transparent ? SPNG_FMT_RGBA8 : SPNG_FMT_RGB8;
        png->flags = transparent ? SPNG_DECODE_TRNS : 0;
        break;
    case SPNG_COLOR_TYPE_TRUECOLOR:
        page->samples = 3;
        break;
    case SPNG_COLOR_TYPE_TRUECOLOR_ALPHA:
        page->samples = 4;
        break;
    default:
        return false;
    }
    page->rgb = page->samples >= 3;
    png->bits = head->bit_depth * (indexed ? 1U : page->samples);
    return true;
}

static bool read_header(struct png *png, const char *path, struct oz_err *err)
{
    OZ_AUTO(decoder) decoder = {0};
    struct spng_ihdr head;
    struct spng_trns trns;
    struct spng_phys phys;
    if (!start_decoder(&decoder, png, path, NULL, err))
        return false;
    int code = spng_get_ihdr(decoder.ctx, &head);
    if (code != 0)
        return fail_png(&decoder, code, err);
    code = spng_get_trns(decoder.ctx, &trns);
    if (code != 0 && code != SPNG_ECHUNKAVAIL)
        return fail_png(&decoder, code, err);
    if (!set_format(png, &head, code == 0))
        return oz_fail(err, OZ_EFORMAT, "colour type %u does not exist", head.color_type);
    png->interlaced = head.interlace_method != SPNG_INTERLACE_NONE;
    png->page.width = head.width;
    png->page.height = head.height;
    png->page.block_rows = head.height;
    png->page.block_cols = head.width;
    code = spng_get_phys(decoder.ctx, &phys);
    if (code != 0 && code != SPNG_ECHUNKAVAIL)
        return fail_png(&decoder, code, err);
    if (code == 0)
        oz_page_set_resolution(&png->page, phys.ppu_x, phys.ppu_y,
                               phys.unit_specifier == 1 ? OZ_METRE_NM : 0);
    return true;
}

static uint32_t load_be32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* Step from chunk to chunk: is the file whole, and how many bytes of pixels are in it? */
static bool measure_chunks(const char *path, uint64_t *size, uint64_t *pixel_bytes,
                           struct oz_err *err)
{
    OZ_AUTO(oz_input) input = {0};
    if (!oz_input_open(&input, path, err))
        return false;
    *size = input.size;
    *pixel_bytes = 0;
    for (uint64_t offset = 8;;) {
        uint8_t head[8];
        if (offset > input.size || input.size - offset < 12)
            return oz_fail(err, OZ_EFORMAT,
                           "truncated: a chunk expected at byte %llu, the file "
                           "ends at %llu",
                           (unsigned long long)offset, (unsigned long long)input.size);
        if (!oz_input_read(&input, offset, head, sizeof head, err))
            return false;
        uint64_t length = load_be32(head);
        if (length > input.size - offset - 12)
            return oz_fail(err, OZ_EFORMAT,
                           "truncated: a chunk of %llu bytes at byte %llu, the file ends at %llu",
                           (unsigned long long)length, (unsigned long long)offset,
                           (unsigned long long)input.size);
        if (memcmp(head + 4, "IEND", 4) == 0)
            return true;
        if (memcmp(head + 4, "IDAT", 4) == 0)
            *pixel_bytes += length;
        offset += length + 12;
    }
}

static bool check_ratio(const struct png *png, uint64_t pixel_bytes, struct oz_err *err)
{
    const struct oz_page *page = &png->page;
    uint64_t claimed = page->width * page->height; /* sides are below 2^31 */
    if (claimed / 8 <= pixel_bytes * MAX_DEFLATE_RATIO / png->bits)
        return true;
    return oz_fail(err, OZ_EFORMAT,
                   "the header claims %llu x %llu pixels, %llu compressed bytes cannot hold them",
                   (unsigned long long)page->width, (unsigned long long)page->height,
                   (unsigned long long)pixel_bytes);
}

/* What a read needs; rows of the page as libspng gives them. */
struct job {
    const struct png *png;
    const struct oz_part *part;
    size_t item, row_bytes;
    uint8_t *out;
};

static void take_row(const struct job *job, const uint8_t *row, uint64_t y)
{
    const struct oz_part *part = job->part;
    const size_t samples = job->png->page.samples, out_row = part->cols * job->item;
    oz_planes_put(job->item, samples, part->cols, row + part->x * samples * job->item,
                  job->out + (y - part->y) * out_row, part->rows * out_row);
    uint8_t *out = job->out + (y - part->y) * out_row;
    for (uint64_t x = 0; job->png->two_valued && x < part->cols; x++)
        out[x] &= 1;
}

static bool read_rows(const struct job *job, const struct decoder *decoder, struct oz_err *err)
{
    const uint64_t end = job->part->y + job->part->rows;
    OZ_AUTO_FREE uint8_t *row = oz_alloc_pixels(job->row_bytes, err);
    if (!row)
        return false;
    int code = spng_decode_image(decoder->ctx, NULL, 0, job->png->format,
                                 job->png->flags | SPNG_DECODE_PROGRESSIVE);
    for (uint64_t y = 0; y < end && code == 0; y++) {
        code = spng_decode_row(decoder->ctx, row, job->row_bytes);
        if (code == SPNG_EOI && y + 1 == job->png->page.height)
            code = 0;
        if (code == 0 && y >= job->part->y)
            take_row(job, row, y);
    }
    if (code == 0 && end == job->png->page.height)
        code = spng_decode_chunks(decoder->ctx); /* checksums of what follows the pixels */
    return code == 0 || fail_png(decoder, code, err);
}

static bool read_interlaced(const struct job *job, const struct decoder *decoder,
                            struct oz_err *err)
{
    const uint64_t end = job->part->y + job->part->rows;
    const size_t size = job->row_bytes * job->png->page.height;
    OZ_AUTO_FREE uint8_t *pixels = oz_alloc_pixels(size, err);
    if (!pixels)
        return false;
    int code = spng_decode_image(decoder->ctx, pixels, size, job->png->format, job->png->flags);
    if (code == 0)
        code = spng_decode_chunks(decoder->ctx);
    if (code != 0)
        return fail_png(decoder, code, err);
    for (uint64_t y = job->part->y; y < end; y++)
        take_row(job, pixels + y * job->row_bytes, y);
    return true;
}

static bool read_png(const struct oz_picture *picture, struct oz_files *files, uint64_t page,
                     uint64_t y, uint64_t rows, uint64_t x, uint64_t cols, void *out,
                     struct oz_err *err)
{
    (void)page;
    const struct png *png = (const struct png *)picture;
    const struct oz_part part = {y, rows, x, cols};
    OZ_AUTO(decoder) decoder = {0};
    size_t size, item = oz_dtype_size(png->page.dtype);
    if (!start_decoder(&decoder, png, picture->path, files, err))
        return false;
    int code = spng_decoded_image_size(decoder.ctx, png->format, &size);
    if (code != 0)
        return fail_png(&decoder, code, err);
    struct job job = {png, &part, item, png->page.width * png->page.samples * item, out};
    if (size != job.row_bytes * png->page.height)
        return oz_fail(err, OZ_EFORMAT, "changed since it was opened");
    return png->interlaced ? read_interlaced(&job, &decoder, err) : read_rows(&job, &decoder, err);
}

static bool describe_page(const struct oz_picture *picture, uint64_t page, struct oz_page *out,
                          struct oz_err *err)
{
    (void)page, (void)err;
    *out = ((const struct png *)picture)->page;
    return true;
}

static void close_png(struct oz_picture *picture)
{
    oz_free(picture);
}

static struct oz_picture *open_png(const char *path, struct oz_err *err)
{
    struct png *png = oz_alloc(1, sizeof *png, err);
    if (!png)
        return NULL;
    OZ_AUTO_PTR(oz_picture) picture = &png->base;
    picture->type = &oz_picture_png;
    picture->page = describe_page;
    picture->pages = 1;
    uint64_t pixel_bytes;
    if (!measure_chunks(path, &png->size, &pixel_bytes, err) || !read_header(png, path, err) ||
        !check_ratio(png, pixel_bytes, err))
        return NULL;
    return OZ_STEAL(picture);
}

static bool probe_png(const uint8_t *head, size_t size)
{
    return size >= 8 && memcmp(head, "\x89PNG\r\n\x1a\n", 8) == 0;
}

static const char *const suffixes[] = {"png", NULL};

const struct oz_picture_type oz_picture_png = {
    .name = "PNG",
    .suffixes = suffixes,
    .probe = probe_png,
    .open = open_png,
    .read = read_png,
    .close = close_png,
};
