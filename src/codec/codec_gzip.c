/* SPDX-License-Identifier: Apache-2.0 */
/* The gzip codec and Zarr v2's zlib: the only user of libdeflate, whose levels 0 to 9 give what the
 * standard's do. */
#include "codec/codec_type.h"

#include <libdeflate.h>

#include "base/alloc.h"
#include "base/checked.h"

#define LEVEL_MAX 9
#define LEVEL_DEFAULT 6

struct oz_deflate_contexts {
    struct libdeflate_compressor *encoder; /* NULL until first used */
    int level;                             /* of the encoder */
    struct libdeflate_decompressor *decoder;
};

void oz_deflate_contexts_free(struct oz_deflate_contexts *contexts)
{
    if (!contexts)
        return;
    if (contexts->encoder)
        libdeflate_free_compressor(contexts->encoder);
    if (contexts->decoder)
        libdeflate_free_decompressor(contexts->decoder);
    oz_free(contexts);
}

static struct oz_deflate_contexts *contexts_of(struct oz_scratch *scratch, struct oz_err *err)
{
    if (!scratch->deflate)
        scratch->deflate = oz_alloc(1, sizeof *scratch->deflate, err);
    return scratch->deflate;
}

static struct libdeflate_compressor *encoder_for(const struct oz_codec *codec,
                                                 struct oz_scratch *scratch, struct oz_err *err)
{
    struct oz_deflate_contexts *contexts = contexts_of(scratch, err);
    if (!contexts)
        return NULL;
    if (contexts->encoder && contexts->level != codec->level) {
        libdeflate_free_compressor(contexts->encoder);
        contexts->encoder = NULL;
    }
    if (!contexts->encoder)
        contexts->encoder = libdeflate_alloc_compressor(codec->level);
    if (!contexts->encoder)
        oz_fail(err, OZ_ENOMEM, "no memory for an encoder");
    contexts->level = codec->level;
    return contexts->encoder;
}

static struct libdeflate_decompressor *decoder_of(struct oz_scratch *scratch, struct oz_err *err)
{
    struct oz_deflate_contexts *contexts = contexts_of(scratch, err);
    if (!contexts)
        return NULL;
    if (!contexts->decoder)
        contexts->decoder = libdeflate_alloc_decompressor();
    if (!contexts->decoder)
        oz_fail(err, OZ_ENOMEM, "no memory for a decoder");
    return contexts->decoder;
}

static bool open_deflate(const struct oz_json *config, size_t item_size, struct oz_codec *codec,
                         struct oz_err *err)
{
    (void)item_size;
    int64_t level = LEVEL_DEFAULT;
    if (!oz_codec_integer(config, "level", -1, LEVEL_MAX, &level, err))
        return false;
    codec->level = level < 0 ? LEVEL_DEFAULT : (int)level; /* -1 is zlib's word for its default */
    return true;
}

/* Both wrappers fit: gzip adds 18 bytes, zlib 6; the rest is for blocks stored as they are. */
static bool bound_deflate(size_t size, size_t *out)
{
    return size < SIZE_MAX / 2 && oz_add(libdeflate_gzip_compress_bound(NULL, size), 0, out);
}

static bool take_encoded(size_t size, struct oz_buf *out, struct oz_err *err)
{
    if (size == 0)
        return oz_fail(err, OZ_EFORMAT, "the encoder did not fit its bound");
    out->size += size;
    return true;
}

static bool encode_gzip(const struct oz_codec *codec, struct oz_scratch *scratch, struct oz_span in,
                        struct oz_buf *out, struct oz_err *err)
{
    struct libdeflate_compressor *encoder = encoder_for(codec, scratch, err);
    size_t room = libdeflate_gzip_compress_bound(NULL, in.size);
    if (!encoder || !oz_buf_reserve(out, room, err))
        return false;
    uint8_t *end = out->data + out->size;
    return take_encoded(libdeflate_gzip_compress(encoder, in.data, in.size, end, room), out, err);
}

static bool encode_zlib(const struct oz_codec *codec, struct oz_scratch *scratch, struct oz_span in,
                        struct oz_buf *out, struct oz_err *err)
{
    struct libdeflate_compressor *encoder = encoder_for(codec, scratch, err);
    size_t room = libdeflate_zlib_compress_bound(NULL, in.size);
    if (!encoder || !oz_buf_reserve(out, room, err))
        return false;
    uint8_t *end = out->data + out->size;
    return take_encoded(libdeflate_zlib_compress(encoder, in.data, in.size, end, room), out, err);
}

static bool check_result(enum libdeflate_result result, size_t room, struct oz_err *err)
{
    if (result == LIBDEFLATE_SUCCESS)
        return true;
    if (result == LIBDEFLATE_INSUFFICIENT_SPACE)
        return oz_fail(err, OZ_EFORMAT, "the stream holds more than the chunk's %zu bytes", room);
    return oz_fail(err, OZ_EFORMAT, "the stream is damaged or cut off");
}

/* A gzip file may be several members, one behind the other. */
static bool decode_gzip(struct oz_scratch *scratch, struct oz_span in, void *out, size_t room,
                        size_t *size, struct oz_err *err)
{
    struct libdeflate_decompressor *decoder = decoder_of(scratch, err);
    if (!decoder)
        return false;
    *size = 0;
    do {
        size_t taken = 0, made = 0;
        enum libdeflate_result result = libdeflate_gzip_decompress_ex(
            decoder, in.data, in.size, (uint8_t *)out + *size, room - *size, &taken, &made);
        if (!check_result(result, room, err))
            return false;
        in.data += taken;
        in.size -= taken;
        *size += made;
    } while (in.size > 0);
    return true;
}

static bool decode_zlib(struct oz_scratch *scratch, struct oz_span in, void *out, size_t room,
                        size_t *size, struct oz_err *err)
{
    struct libdeflate_decompressor *decoder = decoder_of(scratch, err);
    return decoder &&
           check_result(libdeflate_zlib_decompress(decoder, in.data, in.size, out, room, size),
                        room, err);
}

const struct oz_codec_type oz_codec_gzip = {
    .name = "gzip",
    .alias = "numcodecs.gzip",
    .compresses = true,
    .open = open_deflate,
    .bound = bound_deflate,
    .encode = encode_gzip,
    .decode = decode_gzip,
};

const struct oz_codec_type oz_codec_zlib = {
    .name = "zlib",
    .alias = "numcodecs.zlib",
    .compresses = true,
    .open = open_deflate,
    .bound = bound_deflate,
    .encode = encode_zlib,
    .decode = decode_zlib,
};
