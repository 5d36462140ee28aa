/* SPDX-License-Identifier: Apache-2.0 */
/* The blosc codec: the only user of libblosc (Blosc 1), and only of its calls without global state.
 */
#include "codec/codec_type.h"

#include <blosc.h>
#include <string.h>

#include "base/checked.h"

#define LEVEL_MAX 9
#define LEVEL_DEFAULT 5
#define SHUFFLE_AUTO (-1)

/* Names are in the metadata; shuffle modes have these numbers in Zarr v2. */
static const char *const compressors[] = {BLOSC_BLOSCLZ_COMPNAME, BLOSC_LZ4_COMPNAME,
                                          BLOSC_LZ4HC_COMPNAME,   BLOSC_SNAPPY_COMPNAME,
                                          BLOSC_ZLIB_COMPNAME,    BLOSC_ZSTD_COMPNAME};
static const char *const shuffles[] = {"noshuffle", "shuffle", "bitshuffle"};

static const char *find_name(const char *const *names, size_t count, const char *name,
                             int *position)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], name) == 0) {
            *position = (int)i;
            return names[i];
        }
    }
    return NULL;
}

bool oz_blosc_compressor(const char *name)
{
    int position;
    return find_name(compressors, OZ_LENGTH(compressors), name, &position) != NULL;
}

bool oz_blosc_shuffle(const char *name, int *mode)
{
    return find_name(shuffles, OZ_LENGTH(shuffles), name, mode) != NULL;
}

static bool read_shuffle(const struct oz_json *config, size_t item_size, int *shuffle,
                         struct oz_err *err)
{
    const struct oz_json *value = oz_json_get(config, "shuffle");
    const char *name = oz_json_to_text(value);
    int64_t mode = BLOSC_SHUFFLE;
    if (name) {
        if (!oz_blosc_shuffle(name, shuffle))
            return oz_fail(err, OZ_EFORMAT, "unknown shuffle \"%.40s\"", name);
        return true;
    }
    if (!oz_codec_integer(config, "shuffle", SHUFFLE_AUTO, BLOSC_BITSHUFFLE, &mode, err))
        return false;
    if (mode == SHUFFLE_AUTO)
        mode = item_size == 1 ? BLOSC_BITSHUFFLE : BLOSC_SHUFFLE;
    *shuffle = (int)mode;
    return true;
}

static bool open_blosc(const struct oz_json *config, size_t item_size, struct oz_codec *codec,
                       struct oz_err *err)
{
    int position;
    const char *cname = oz_json_to_text(oz_json_get(config, "cname"));
    if (!cname)
        return oz_fail(err, OZ_EFORMAT, "cname: expected the name of a compressor, found %s",
                       oz_json_type_name(oz_json_get(config, "cname")));
    codec->cname = find_name(compressors, OZ_LENGTH(compressors), cname, &position);
    if (!codec->cname)
        return oz_fail(err, OZ_EUNSUPPORTED, "unknown compressor \"%.40s\"", cname);
    int64_t level = LEVEL_DEFAULT, type_size = (int64_t)item_size, block_size = 0;
    if (!oz_codec_integer(config, "clevel", 0, LEVEL_MAX, &level, err) ||
        !oz_codec_integer(config, "typesize", 1, INT32_MAX, &type_size, err) ||
        !oz_codec_integer(config, "blocksize", 0, BLOSC_MAX_BLOCKSIZE, &block_size, err) ||
        !read_shuffle(config, item_size, &codec->shuffle, err))
        return false;
    codec->level = (int)level;
    codec->type_size = (size_t)type_size;
    codec->block_size = (size_t)block_size;
    return true;
}

static bool bound_blosc(size_t size, size_t *out)
{
    *out = size + BLOSC_MAX_OVERHEAD;
    return size <= BLOSC_MAX_BUFFERSIZE;
}

static bool encode_blosc(const struct oz_codec *codec, struct oz_scratch *scratch,
                         struct oz_span in, struct oz_buf *out, struct oz_err *err)
{
    (void)scratch;
    size_t room = in.size + BLOSC_MAX_OVERHEAD;
    if (in.size > BLOSC_MAX_BUFFERSIZE)
        return oz_fail(err, OZ_EUNSUPPORTED, "a chunk of %zu bytes is over its 2 GB", in.size);
    if (!oz_buf_reserve(out, room, err))
        return false;
    int size = blosc_compress_ctx(codec->level, codec->shuffle, codec->type_size, in.size, in.data,
                                  out->data + out->size, room, codec->cname, codec->block_size, 1);
    if (size <= 0)
        return oz_fail(err, OZ_EUNSUPPORTED, "this build of libblosc cannot compress with %s",
                       codec->cname);
    out->size += (size_t)size;
    return true;
}

static bool decode_blosc(struct oz_scratch *scratch, struct oz_span in, void *out, size_t room,
                         size_t *size, struct oz_err *err)
{
    (void)scratch;
    if (in.size < BLOSC_MIN_HEADER_LENGTH || blosc_cbuffer_validate(in.data, in.size, size) != 0)
        return oz_fail(err, OZ_EFORMAT, "the header does not fit the %zu bytes that are there",
                       in.size);
    if (*size > room)
        return oz_codec_misfit(err, "frame holds", *size, room);
    int made = blosc_decompress_ctx(in.data, out, room, 1);
    if (made < 0 || (size_t)made != *size) {
        const char *library = blosc_cbuffer_complib(in.data);
        return oz_fail(err, OZ_EFORMAT,
                       "the data are damaged, or packed with a library (%s) that is "
                       "not in this build",
                       library ? library : "unknown");
    }
    return true;
}

const struct oz_codec_type oz_codec_blosc = {
    .name = "blosc",
    .alias = "numcodecs.blosc",
    .compresses = true,
    .open = open_blosc,
    .bound = bound_blosc,
    .encode = encode_blosc,
    .decode = decode_blosc,
};
