/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the directories of TIFF files by itself: cheap, exact about what is broken, any number. */
#include "image/tiff_file.h"

#include "base/alloc.h"
#include "base/checked.h"
#include "base/endian.h"

#include <string.h>

#define MAX_TEXT OZ_MIB(256)
enum { MAX_ENTRIES = 65535, PIECE = 1024 };

static const struct {
    uint16_t number;
    const char *name;
} known[OZ_TAGS] = {
    [OZ_TAG_NEW_SUBFILE_TYPE] = {254, "NewSubfileType"},
    [OZ_TAG_SUBFILE_TYPE] = {255, "SubfileType"},
    [OZ_TAG_WIDTH] = {256, "ImageWidth"},
    [OZ_TAG_HEIGHT] = {257, "ImageLength"},
    [OZ_TAG_BITS] = {258, "BitsPerSample"},
    [OZ_TAG_COMPRESSION] = {259, "Compression"},
    [OZ_TAG_PHOTOMETRIC] = {262, "PhotometricInterpretation"},
    [OZ_TAG_FILL_ORDER] = {266, "FillOrder"},
    [OZ_TAG_DESCRIPTION] = {270, "ImageDescription"},
    [OZ_TAG_STRIP_OFFSETS] = {273, "StripOffsets"},
    [OZ_TAG_SAMPLES] = {277, "SamplesPerPixel"},
    [OZ_TAG_ROWS_PER_STRIP] = {278, "RowsPerStrip"},
    [OZ_TAG_STRIP_COUNTS] = {279, "StripByteCounts"},
    [OZ_TAG_X_RESOLUTION] = {282, "XResolution"},
    [OZ_TAG_Y_RESOLUTION] = {283, "YResolution"},
    [OZ_TAG_PLANAR] = {284, "PlanarConfiguration"},
    [OZ_TAG_RESOLUTION_UNIT] = {296, "ResolutionUnit"},
    [OZ_TAG_SOFTWARE] = {305, "Software"},
    [OZ_TAG_PREDICTOR] = {317, "Predictor"},
    [OZ_TAG_TILE_WIDTH] = {322, "TileWidth"},
    [OZ_TAG_TILE_HEIGHT] = {323, "TileLength"},
    [OZ_TAG_TILE_OFFSETS] = {324, "TileOffsets"},
    [OZ_TAG_TILE_COUNTS] = {325, "TileByteCounts"},
    [OZ_TAG_SAMPLE_FORMAT] = {339, "SampleFormat"},
    [OZ_TAG_DEPTH] = {32997, "ImageDepth"},
};

enum {
    TYPE_BYTE = 1,
    TYPE_ASCII = 2,
    TYPE_SHORT = 3,
    TYPE_LONG = 4,
    TYPE_RATIONAL = 5,
    TYPE_FLOAT = 11,
    TYPE_DOUBLE = 12,
    TYPE_IFD = 13,
    TYPE_LONG8 = 16,
    TYPE_IFD8 = 18
};

/* Bytes of one value; 0 for a type that does not exist. */
static unsigned type_size(unsigned type)
{
    static const uint8_t sizes[] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8};
    return type < OZ_LENGTH(sizes) ? sizes[type] : 0;
}

const char *oz_tag_name(enum oz_tag tag)
{
    return known[tag].name;
}

static uint64_t load(const struct oz_tiff_file *file, const uint8_t *at, unsigned size)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < size; i++)
        value = value << 8 | at[file->big_endian ? i : size - 1 - i];
    return value;
}

/* `size` (at most half a window) bytes of the file, good until the next call. */
static const uint8_t *fetch(struct oz_tiff_file *file, uint64_t offset, size_t size,
                            struct oz_err *err)
{
    if (size > file->input.size || offset > file->input.size - size) {
        oz_fail(err, OZ_EFORMAT,
                "truncated: %zu bytes expected at byte %llu, the file ends at %llu", size,
                (unsigned long long)offset, (unsigned long long)file->input.size);
        return NULL;
    }
    if (offset < file->start || offset + size > file->start + file->held) {
        /* From a round offset on, for values often lie a little before their directory. */
        uint64_t start = offset / (OZ_TIFF_WINDOW / 2) * (OZ_TIFF_WINDOW / 2);
        size_t held = (size_t)oz_min_u64(OZ_TIFF_WINDOW, file->input.size - start);
        file->held = 0;
        if (!oz_input_read(&file->input, start, file->window, held, err))
            return NULL;
        file->start = start;
        file->held = held;
    }
    return file->window + (offset - file->start);
}

bool oz_tiff_file_open(struct oz_tiff_file *file, const char *path, struct oz_err *err)
{
    oz_tiff_file_release(file);
    if (!oz_input_open(&file->input, path, err))
        return false;
    const uint8_t *head = fetch(file, 0, 8, err);
    if (!head)
        return false;
    file->big_endian = head[0] == 'M';
    file->big = load(file, head + 2, 2) == 43;
    if (!file->big) {
        file->first = load(file, head + 4, 4);
    } else {
        if (load(file, head + 4, 2) != 8)
            return oz_fail(err, OZ_EFORMAT, "BigTIFF header: offsets of 8 bytes expected");
        head = fetch(file, 8, 8, err);
        if (!head)
            return false;
        file->first = load(file, head, 8);
    }
    if (file->first == 0)
        return oz_fail(err, OZ_EFORMAT, "the header names no directory");
    return true;
}

void oz_tiff_file_release(struct oz_tiff_file *file)
{
    oz_input_release(&file->input);
    file->held = 0;
}

static int find_tag(uint64_t number)
{
    for (int i = 0; i < OZ_TAGS; i++)
        if (known[i].number == number)
            return i;
    return -1;
}

/* One entry of a directory, at `at`, which is byte `offset` of the file. */
static bool read_entry(struct oz_tiff_file *file, const uint8_t *at, uint64_t offset,
                       struct oz_directory *out, struct oz_err *err)
{
    const unsigned word = file->big ? 8 : 4;
    int tag = find_tag(load(file, at, 2));
    if (tag < 0 || out->tags[tag].count > 0)
        return true;
    struct oz_tag_values *values = &out->tags[tag];
    uint64_t size;
    values->type = (uint16_t)load(file, at + 2, 2);
    values->count = load(file, at + 4, word);
    if (!oz_mul(values->count, type_size(values->type), &size))
        return oz_fail(err, OZ_EFORMAT, "%s: %llu values cannot be", known[tag].name,
                       (unsigned long long)values->count);
    values->offset = size <= word ? offset + 4 + word : load(file, at + 4 + word, word);
    if (size > file->input.size || values->offset > file->input.size - size)
        return oz_fail(err, OZ_EFORMAT,
                       "truncated: %s has %llu bytes at byte %llu, the file ends at %llu",
                       known[tag].name, (unsigned long long)size,
                       (unsigned long long)values->offset, (unsigned long long)file->input.size);
    return true;
}

bool oz_tiff_directory_read(struct oz_tiff_file *file, uint64_t offset, struct oz_directory *out,
                            struct oz_err *err)
{
    const unsigned word = file->big ? 8 : 4, head = file->big ? 8 : 2, entry = 4 + 2 * word;
    memset(out, 0, sizeof *out);
    out->offset = offset;
    const uint8_t *at = fetch(file, offset, head, err);
    if (!at)
        return false;
    uint64_t count = load(file, at, head);
    if (count == 0 || count > MAX_ENTRIES)
        return oz_fail(err, OZ_EFORMAT, "the directory at byte %llu has %llu entries",
                       (unsigned long long)offset, (unsigned long long)count);
    out->size = head + count * entry + word;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t where = offset + head + i * entry;
        at = fetch(file, where, entry, err);
        if (!at || !read_entry(file, at, where, out, err))
            return false;
    }
    at = fetch(file, offset + head + count * entry, word, err);
    if (!at)
        return false;
    out->next = load(file, at, word);
    return true;
}

static bool is_unsigned(unsigned type)
{
    return type == TYPE_BYTE || type == TYPE_SHORT || type == TYPE_LONG || type == TYPE_LONG8 ||
           type == TYPE_IFD || type == TYPE_IFD8;
}

bool oz_tag_integers(struct oz_tiff_file *file, const struct oz_directory *directory,
                     enum oz_tag tag, uint64_t from, size_t count, uint64_t *out,
                     struct oz_err *err)
{
    const struct oz_tag_values *values = &directory->tags[tag];
    if (values->count < count || from > values->count - count)
        return oz_fail(err, OZ_EFORMAT, "%s: %llu values expected, found %llu", known[tag].name,
                       (unsigned long long)(from + count), (unsigned long long)values->count);
    if (!is_unsigned(values->type))
        return oz_fail(err, OZ_EFORMAT, "%s: values of type %u, unsigned integers expected",
                       known[tag].name, values->type);
    const unsigned size = type_size(values->type);
    while (count > 0) {
        size_t n = count < PIECE / size ? count : PIECE / size;
        const uint8_t *at = fetch(file, values->offset + from * size, n * size, err);
        if (!at)
            return false;
        for (size_t i = 0; i < n; i++)
            out[i] = load(file, at + i * size, size);
        out += n;
        from += n;
        count -= n;
    }
    return true;
}

bool oz_tag_integer(struct oz_tiff_file *file, const struct oz_directory *directory,
                    enum oz_tag tag, uint64_t missing, uint64_t *out, struct oz_err *err)
{
    *out = missing;
    return directory->tags[tag].count == 0 || oz_tag_integers(file, directory, tag, 0, 1, out, err);
}

bool oz_tag_fraction(struct oz_tiff_file *file, const struct oz_directory *directory,
                     enum oz_tag tag, double *out, struct oz_err *err)
{
    const struct oz_tag_values *values = &directory->tags[tag];
    *out = 0;
    if (values->count == 0)
        return true;
    const uint8_t *at = fetch(file, values->offset, type_size(values->type), err);
    if (!at)
        return false;
    if (values->type == TYPE_RATIONAL) {
        uint64_t above = load(file, at, 4), below = load(file, at + 4, 4);
        *out = below > 0 ? (double)above / (double)below : 0;
    } else if (values->type == TYPE_FLOAT) {
        uint32_t bits = (uint32_t)load(file, at, 4);
        float value;
        memcpy(&value, &bits, sizeof value);
        *out = (double)value;
    } else if (values->type == TYPE_DOUBLE) {
        uint64_t bits = load(file, at, 8);
        memcpy(out, &bits, sizeof *out);
    }
    return true;
}

bool oz_tag_text(struct oz_tiff_file *file, const struct oz_directory *directory, enum oz_tag tag,
                 char **out, struct oz_err *err)
{
    const struct oz_tag_values *values = &directory->tags[tag];
    *out = NULL;
    if (values->count == 0 || (values->type != TYPE_ASCII && values->type != TYPE_BYTE))
        return true;
    if (values->count > MAX_TEXT)
        return oz_fail(err, OZ_ELIMIT, "%s: %llu bytes of text are over the limit of %llu",
                       known[tag].name, (unsigned long long)values->count,
                       (unsigned long long)MAX_TEXT);
    OZ_AUTO_FREE char *text = oz_alloc((size_t)values->count + 1, 1, err);
    if (!text || !oz_input_read(&file->input, values->offset, text, (size_t)values->count, err))
        return false;
    *out = OZ_STEAL(text);
    return true;
}
