/* SPDX-License-Identifier: Apache-2.0 */
/* Understands one TIFF directory and refuses what cannot be, before any memory is taken for it. */
#include "image/tiff_pages.h"

#include "base/checked.h"

#include <string.h>

/* Bytes of a strip or tile that is decoded as one. */
#define MAX_BLOCK OZ_GIB(4)
#define MAX_SIDE UINT64_C(0xffffffff)
enum { MAX_SAMPLES = 65535, PIECE = 256 };

enum {
    PHOTO_MIN_IS_WHITE = 0,
    PHOTO_MIN_IS_BLACK = 1,
    PHOTO_RGB = 2,
    PHOTO_YCBCR = 6,
    PHOTO_LOG_L = 32844,
    PHOTO_LOG_LUV = 32845
};

enum { FORMAT_UINT = 1, FORMAT_INT = 2, FORMAT_FLOAT = 3, FORMAT_VOID = 4 };

/* Compressions: how many bytes one stored byte can stand for at the very most, and the only width
 * of a sample that there is (0: any). */
static const struct {
    uint32_t number, ratio, bits;
    const char *name;
} compressions[] = {
    {OZ_TIFF_RAW, 1, 0, "none"},
    {2, 1 << 20, 1, "CCITT RLE"},
    {3, 1 << 20, 1, "CCITT fax 3"},
    {4, 1 << 20, 1, "CCITT fax 4"},
    {OZ_TIFF_LZW, 4096, 0, "LZW"},
    {OZ_TIFF_JPEG, 1 << 16, 8, "JPEG"},
    {OZ_TIFF_ADOBE_DEFLATE, 1100, 0, "deflate"},
    {32766, 1 << 10, 2, "NeXT"},
    {32773, 64, 0, "PackBits"},
    {32809, 1 << 10, 4, "ThunderScan"},
    {OZ_TIFF_DEFLATE, 1100, 0, "deflate"},
    {34661, 1 << 20, 1, "JBIG"},
    {OZ_TIFF_SGILOG, 1 << 10, 0, "SGILog"},
    {OZ_TIFF_SGILOG24, 1 << 10, 0, "SGILog24"},
    {34887, 1 << 20, 0, "LERC"},
    {OZ_TIFF_LZMA, 1 << 16, 0, "LZMA"},
    {OZ_TIFF_ZSTD, 1 << 16, 0, "zstd"},
    {OZ_TIFF_WEBP, 1 << 20, 8, "WebP"},
    /* For their names in messages: libtiff does not decode these to the right pixels. */
    {6, 0, 0, "old-style JPEG"},
    {32771, 0, 0, "CCITT RLE with word alignment"}, /* libtiff 4.5 does not read what it writes */
    {32909, 0, 0, "PixarLog"},                      /* nor these: other values, no message */
    {9, 0, 0, "JBIG T.85"},
    {10, 0, 0, "JBIG T.43"},
    {33003, 0, 0, "JPEG 2000 (YCbCr)"},
    {33005, 0, 0, "JPEG 2000 (RGB)"},
    {34712, 0, 0, "JPEG 2000"},
    {34892, 0, 0, "lossy JPEG"},
    {50002, 0, 0, "JPEG XL"},
    {52546, 0, 0, "JPEG XL"},
};

static int find_compression(uint64_t number)
{
    for (size_t i = 0; i < OZ_LENGTH(compressions); i++)
        if (compressions[i].number == number)
            return (int)i;
    return -1;
}

const char *oz_tiff_compression_name(uint32_t number)
{
    int i = find_compression(number);
    return i < 0 ? NULL : compressions[i].name;
}

/* Tags as they stand, with the defaults of the specification. */
struct tags {
    uint64_t width, height, bits, compression, photometric, fill_order, samples, rows, planar, unit,
        predictor, tile_width, tile_height, format, depth;
    bool tiled;
};

/* A tag with one value a sample: all of them have to be alike. */
static bool read_per_sample(struct oz_tiff_file *file, const struct oz_directory *directory,
                            enum oz_tag tag, uint64_t samples, uint64_t missing, uint64_t *out,
                            struct oz_err *err)
{
    uint64_t values[PIECE], have = directory->tags[tag].count;
    if (!oz_tag_integer(file, directory, tag, missing, out, err))
        return false;
    for (uint64_t from = 0; from < oz_min_u64(have, samples);) {
        size_t n = (size_t)oz_min_u64(PIECE, oz_min_u64(have, samples) - from);
        if (!oz_tag_integers(file, directory, tag, from, n, values, err))
            return false;
        for (size_t i = 0; i < n; i++)
            if (values[i] != *out)
                return oz_fail(err, OZ_EUNSUPPORTED, "%s differs between samples: %llu and %llu",
                               oz_tag_name(tag), (unsigned long long)*out,
                               (unsigned long long)values[i]);
        from += n;
    }
    return true;
}

static bool read_tags(struct oz_tiff_file *file, const struct oz_directory *directory,
                      struct tags *out, struct oz_err *err)
{
    const struct {
        enum oz_tag tag;
        uint64_t missing, *value;
    } single[] = {
        {OZ_TAG_COMPRESSION, OZ_TIFF_RAW, &out->compression},
        {OZ_TAG_PHOTOMETRIC, PHOTO_MIN_IS_BLACK, &out->photometric},
        {OZ_TAG_FILL_ORDER, 1, &out->fill_order},
        {OZ_TAG_SAMPLES, 1, &out->samples},
        {OZ_TAG_ROWS_PER_STRIP, MAX_SIDE, &out->rows},
        {OZ_TAG_PLANAR, 1, &out->planar},
        {OZ_TAG_RESOLUTION_UNIT, 2, &out->unit},
        {OZ_TAG_PREDICTOR, 1, &out->predictor},
        {OZ_TAG_DEPTH, 1, &out->depth},
    };
    if (!oz_tag_integers(file, directory, OZ_TAG_WIDTH, 0, 1, &out->width, err) ||
        !oz_tag_integers(file, directory, OZ_TAG_HEIGHT, 0, 1, &out->height, err))
        return false;
    for (size_t i = 0; i < OZ_LENGTH(single); i++)
        if (!oz_tag_integer(file, directory, single[i].tag, single[i].missing, single[i].value,
                            err))
            return false;
    out->tiled = directory->tags[OZ_TAG_TILE_OFFSETS].count > 0 ||
                 directory->tags[OZ_TAG_TILE_WIDTH].count > 0;
    if (out->tiled &&
        (!oz_tag_integers(file, directory, OZ_TAG_TILE_WIDTH, 0, 1, &out->tile_width, err) ||
         !oz_tag_integers(file, directory, OZ_TAG_TILE_HEIGHT, 0, 1, &out->tile_height, err)))
        return false;
    return read_per_sample(file, directory, OZ_TAG_BITS, out->samples, 1, &out->bits, err) &&
           read_per_sample(file, directory, OZ_TAG_SAMPLE_FORMAT, out->samples, FORMAT_UINT,
                           &out->format, err);
}

static bool check_sizes(const struct tags *tags, struct oz_err *err)
{
    if (tags->width == 0 || tags->height == 0 || tags->width > MAX_SIDE || tags->height > MAX_SIDE)
        return oz_fail(err, OZ_EFORMAT, "a picture of %llu x %llu pixels cannot be",
                       (unsigned long long)tags->width, (unsigned long long)tags->height);
    if (tags->samples == 0 || tags->samples > MAX_SAMPLES)
        return oz_fail(err, OZ_EFORMAT, "%llu samples a pixel cannot be",
                       (unsigned long long)tags->samples);
    if (tags->depth != 1)
        return oz_fail(err, OZ_EUNSUPPORTED, "pages %llu slices deep are not supported",
                       (unsigned long long)tags->depth);
    if (tags->tiled && (tags->tile_width == 0 || tags->tile_height == 0 ||
                        tags->tile_width > MAX_SIDE || tags->tile_height > MAX_SIDE))
        return oz_fail(err, OZ_EFORMAT, "tiles of %llu x %llu pixels cannot be",
                       (unsigned long long)tags->tile_width, (unsigned long long)tags->tile_height);
    if (tags->rows == 0)
        return oz_fail(err, OZ_EFORMAT, "strips of 0 rows cannot be");
    if (tags->planar != 1 && tags->planar != 2)
        return oz_fail(err, OZ_EFORMAT, "PlanarConfiguration %llu does not exist",
                       (unsigned long long)tags->planar);
    return true;
}

static bool find_dtype(uint64_t format, uint64_t bits, enum oz_dtype *out)
{
    static const enum oz_dtype types[3][4] = {
        {OZ_U8, OZ_U16, OZ_U32, OZ_U64},
        {OZ_I8, OZ_I16, OZ_I32, OZ_I64},
        {OZ_F32, OZ_F32, OZ_F32, OZ_F64}, /* the narrow ones are widened */
    };
    if (format == FORMAT_VOID)
        format = FORMAT_UINT;
    if (format < FORMAT_UINT || format > FORMAT_FLOAT)
        return false;
    const enum oz_dtype *row = types[format - 1];
    if (format == FORMAT_UINT && bits >= 1 && bits <= 16) {
        *out = bits <= 8 ? row[0] : row[1];
        return true;
    }
    if (format == FORMAT_FLOAT && bits != 16 && bits != 24 && bits != 32 && bits != 64)
        return false;
    if (bits != 8 && bits != 16 && bits != 32 && bits != 64 && format != FORMAT_FLOAT)
        return false;
    *out = row[bits == 8 ? 0 : bits == 16 ? 1 : bits == 64 ? 3 : 2];
    return true;
}

static bool set_type(const struct tags *tags, struct oz_tiff_kind *kind, struct oz_err *err)
{
    static const char *const formats[] = {"undefined",       "unsigned", "signed",
                                          "floating point",  "untyped",  "complex",
                                          "complex floating"};
    if (!find_dtype(tags->format, tags->bits, &kind->page.dtype)) {
        const char *name = tags->format < OZ_LENGTH(formats) ? formats[tags->format] : "unknown";
        return oz_fail(err, OZ_EUNSUPPORTED, "%s samples of %llu bits are not supported", name,
                       (unsigned long long)tags->bits);
    }
    kind->bits = (unsigned)tags->bits;
    kind->floats = tags->format == FORMAT_FLOAT;
    return true;
}

static bool is_sgilog(const struct oz_tiff_kind *kind)
{
    return kind->compression == OZ_TIFF_SGILOG || kind->compression == OZ_TIFF_SGILOG24;
}

/* What the values mean, and what that allows. */
static bool set_meaning(const struct tags *tags, struct oz_tiff_kind *kind, struct oz_err *err)
{
    const bool log = tags->photometric == PHOTO_LOG_L || tags->photometric == PHOTO_LOG_LUV;
    kind->page.inverted = tags->photometric == PHOTO_MIN_IS_WHITE;
    kind->page.rgb = tags->photometric == PHOTO_RGB && tags->samples >= 3;
    if (log != is_sgilog(kind))
        return oz_fail(err, OZ_EUNSUPPORTED, "compression %s with colours of kind %llu",
                       oz_tiff_compression_name(kind->compression),
                       (unsigned long long)tags->photometric);
    if (log) {
        /* Decoded to luminance, or CIE X, Y, Z. */
        kind->page.dtype = OZ_F32;
        kind->bits = 32;
        kind->floats = true;
    }
    if (tags->photometric == PHOTO_YCBCR) {
        const bool jpeg = kind->compression == OZ_TIFF_JPEG && !kind->planar;
        if ((!jpeg && kind->compression != OZ_TIFF_WEBP) || tags->samples != 3)
            return oz_fail(err, OZ_EUNSUPPORTED,
                           "YCbCr colours are supported with JPEG compression only, found %s",
                           oz_tiff_compression_name(kind->compression));
        kind->ycbcr = jpeg;
        kind->page.rgb = true;
    }
    return true;
}

static bool has_predictor(uint32_t compression)
{
    return compression == OZ_TIFF_LZW || compression == OZ_TIFF_ADOBE_DEFLATE ||
           compression == OZ_TIFF_DEFLATE || compression == OZ_TIFF_LZMA ||
           compression == OZ_TIFF_ZSTD;
}

static bool check_coding(const struct tags *tags, const struct oz_tiff_kind *kind,
                         struct oz_err *err)
{
    int i = find_compression(tags->compression);
    if (i < 0)
        return oz_fail(err, OZ_EUNSUPPORTED, "unknown compression %llu",
                       (unsigned long long)tags->compression);
    if (compressions[i].ratio == 0)
        return oz_fail(err, OZ_EUNSUPPORTED, "compression %s (%llu) is not supported",
                       compressions[i].name, (unsigned long long)tags->compression);
    if (compressions[i].bits != 0 && compressions[i].bits != tags->bits)
        return oz_fail(err, OZ_EUNSUPPORTED, "compression %s with samples of %llu bits, not %u",
                       compressions[i].name, (unsigned long long)tags->bits, compressions[i].bits);
    if (!has_predictor(kind->compression) || tags->predictor == 1)
        return true;
    const bool wide = kind->bits == 16 || kind->bits == 32 || kind->bits == 64;
    if ((tags->predictor == 2 && (wide || kind->bits == 8)) ||
        (tags->predictor == 3 && kind->floats && (wide || kind->bits == 24)))
        return true;
    return oz_fail(err, OZ_EUNSUPPORTED, "predictor %llu with samples of %u bits is not supported",
                   (unsigned long long)tags->predictor, kind->bits);
}

/* Strips or tiles: their number, and the bytes of one. */
struct blocks {
    uint64_t a_plane, all, bytes, row_bytes;
    enum oz_tag offsets, counts;
};

static bool set_blocks(const struct tags *tags, struct oz_tiff_kind *kind, struct blocks *out,
                       struct oz_err *err)
{
    struct oz_page *page = &kind->page;
    const uint64_t together = kind->planar ? 1 : tags->samples;
    uint64_t row_bits, all_bits;
    page->block_cols = tags->tiled ? tags->tile_width : tags->width;
    page->block_rows = tags->tiled ? tags->tile_height : oz_min_u64(tags->rows, tags->height);
    kind->block_rows = page->block_rows;
    out->offsets = tags->tiled ? OZ_TAG_TILE_OFFSETS : OZ_TAG_STRIP_OFFSETS;
    out->counts = tags->tiled ? OZ_TAG_TILE_COUNTS : OZ_TAG_STRIP_COUNTS;
    out->a_plane =
        oz_ceil_div(page->width, page->block_cols) * oz_ceil_div(page->height, page->block_rows);
    out->row_bytes = 0;
    /* The last check is on all pixels in their native type: 8 bytes at most. */
    if (!oz_mul(page->block_cols * together, kind->bits, &row_bits) ||
        !oz_mul(oz_ceil_div(row_bits, 8), page->block_rows, &out->bytes) ||
        !oz_mul(out->a_plane, kind->planar ? tags->samples : 1, &out->all) ||
        !oz_mul(page->width * page->height, tags->samples, &all_bits) || all_bits > INT64_MAX / 8)
        return oz_fail(err, OZ_ELIMIT,
                       "%llu x %llu pixels of %llu samples are more than any file holds",
                       (unsigned long long)page->width, (unsigned long long)page->height,
                       (unsigned long long)tags->samples);
    out->row_bytes = oz_ceil_div(row_bits, 8);
    return true;
}

/* More pixels than the file and its compression could hold? */
static bool check_ratio(const struct tags *tags, const struct oz_tiff_kind *kind, uint64_t size,
                        struct oz_err *err)
{
    /* Bits of a sample as stored: is_sgilog decodes to more of them. */
    const double claimed = (double)tags->width * (double)tags->height * (double)tags->samples *
                           (double)oz_min_u64(tags->bits, kind->bits) / 8;
    if (claimed <= (double)size * compressions[find_compression(kind->compression)].ratio)
        return true;
    return oz_fail(err, OZ_EFORMAT,
                   "the header claims %llu x %llu pixels of %llu x %llu bits, a file of %llu bytes "
                   "(compression %s) cannot hold them",
                   (unsigned long long)tags->width, (unsigned long long)tags->height,
                   (unsigned long long)tags->samples, (unsigned long long)tags->bits,
                   (unsigned long long)size, oz_tiff_compression_name(kind->compression));
}

/* Bytes of a raw strip; the last one may be lower than the others. */
static uint64_t strip_bytes(const struct oz_tiff_kind *kind, const struct blocks *blocks,
                            uint64_t number)
{
    uint64_t y = number % blocks->a_plane * kind->block_rows;
    return oz_min_u64(kind->block_rows, kind->page.height - y) * blocks->row_bytes;
}

/* What is learned from the places of all blocks. */
struct places {
    bool regular; /* rows follow each other without gaps in each plane */
    uint64_t first, plane_stride;
};

struct block {
    uint64_t number, offset, count;
};

/* Inside the file, and long enough if it is raw? */
static bool check_block(uint64_t file_size, const struct oz_tiff_kind *kind,
                        const struct blocks *blocks, struct block block, struct oz_err *err)
{
    const char *name = kind->tiled ? "tile" : "strip";
    if (kind->compression == OZ_TIFF_RAW) {
        uint64_t need = kind->tiled ? blocks->bytes : strip_bytes(kind, blocks, block.number);
        if (blocks->all == 1) /* its count is often wrong, for nobody needs it */
            block.count = need;
        if (block.count > 0 && block.count < need)
            return oz_fail(err, OZ_EFORMAT, "truncated: %s %llu has %llu bytes, %llu expected",
                           name, (unsigned long long)block.number, (unsigned long long)block.count,
                           (unsigned long long)need);
        block.count = block.count > 0 ? need : 0;
    }
    if (block.count == 0)
        return oz_fail(err, OZ_EFORMAT, "%s %llu of %llu is empty", name,
                       (unsigned long long)block.number, (unsigned long long)blocks->all);
    if (block.count > file_size || block.offset > file_size - block.count)
        return oz_fail(err, OZ_EFORMAT,
                       "truncated: %s %llu has %llu bytes at byte %llu, the file ends at %llu",
                       name, (unsigned long long)block.number, (unsigned long long)block.count,
                       (unsigned long long)block.offset, (unsigned long long)file_size);
    return true;
}

static void note_place(const struct blocks *blocks, struct block block, struct places *places)
{
    uint64_t plane = block.number / blocks->a_plane, i = block.number % blocks->a_plane;
    if (block.number == 0)
        *places = (struct places){true, block.offset, 0};
    if (plane == 1 && i == 0)
        places->plane_stride = block.offset - places->first;
    if (block.offset != places->first + plane * places->plane_stride + i * blocks->bytes)
        places->regular = false;
}

static bool check_places(struct oz_tiff_file *file, const struct oz_directory *directory,
                         const struct oz_tiff_kind *kind, const struct blocks *blocks,
                         struct places *places, struct oz_err *err)
{
    uint64_t offsets[PIECE], counts[PIECE];
    /* Raw pixels need no counts, and old writers left them out. */
    const bool counted =
        directory->tags[blocks->counts].count > 0 || kind->compression != OZ_TIFF_RAW;
    for (uint64_t from = 0; from < blocks->all;) {
        size_t n = (size_t)oz_min_u64(PIECE, blocks->all - from);
        if (!oz_tag_integers(file, directory, blocks->offsets, from, n, offsets, err))
            return false;
        if (counted && !oz_tag_integers(file, directory, blocks->counts, from, n, counts, err))
            return false;
        for (size_t i = 0; i < n; i++) {
            struct block block = {from + i, offsets[i], counted ? counts[i] : blocks->bytes};
            if (!check_block(file->input.size, kind, blocks, block, err))
                return false;
            note_place(blocks, block, places);
        }
        from += n;
    }
    return true;
}

static bool can_be_direct(const struct tags *tags, const struct oz_tiff_kind *kind)
{
    return kind->compression == OZ_TIFF_RAW && tags->fill_order == 1 && oz_tiff_is_plain(kind) &&
           kind->page.block_cols == kind->page.width;
}

bool oz_tiff_is_plain(const struct oz_tiff_kind *kind)
{
    return kind->bits == 8 * oz_dtype_size(kind->page.dtype);
}

static bool set_resolution(struct oz_tiff_file *file, const struct oz_directory *directory,
                           uint64_t unit, struct oz_page *page, struct oz_err *err)
{
    double x, y;
    if (!oz_tag_fraction(file, directory, OZ_TAG_X_RESOLUTION, &x, err) ||
        !oz_tag_fraction(file, directory, OZ_TAG_Y_RESOLUTION, &y, err))
        return false;
    oz_page_set_resolution(page, x, y, unit == 2 ? OZ_INCH_NM : unit == 3 ? OZ_CM_NM : 0);
    return true;
}

bool oz_tiff_kind_read(struct oz_tiff_file *file, const struct oz_directory *directory,
                       struct oz_tiff_kind *kind, uint64_t *data, struct oz_err *err)
{
    struct tags tags = {0};
    struct blocks blocks;
    struct places places = {0};
    memset(kind, 0, sizeof *kind); /* kinds are compared bit by bit */
    *data = 0;
    if (!read_tags(file, directory, &tags, err) || !check_sizes(&tags, err))
        return false;
    kind->compression = (uint32_t)tags.compression;
    kind->planar = tags.planar == 2 && tags.samples > 1;
    kind->tiled = tags.tiled;
    kind->page.width = tags.width;
    kind->page.height = tags.height;
    kind->page.samples = (uint32_t)tags.samples;
    if (!set_type(&tags, kind, err) || !check_coding(&tags, kind, err) ||
        !set_meaning(&tags, kind, err) || !check_ratio(&tags, kind, file->input.size, err) ||
        !set_blocks(&tags, kind, &blocks, err) ||
        !check_places(file, directory, kind, &blocks, &places, err) ||
        !set_resolution(file, directory, tags.unit, &kind->page, err))
        return false;
    if (can_be_direct(&tags, kind) && places.regular) {
        kind->page.direct = true;
        kind->page.block_rows = 1;
        kind->plane_stride = places.plane_stride;
        *data = places.first;
    } else if (blocks.bytes > MAX_BLOCK) {
        return oz_fail(err, OZ_ELIMIT, "a %s of %llu bytes is over the limit of %llu",
                       kind->tiled ? "tile" : "strip", (unsigned long long)blocks.bytes,
                       (unsigned long long)MAX_BLOCK);
    }
    return true;
}
