/* SPDX-License-Identifier: Apache-2.0 */
/* The zstd codec: the only user of libzstd. Contexts are kept by the worker. */
#include "codec/codec_type.h"

#include <zstd.h>
#include <zstd_errors.h>

#include "base/alloc.h"

#define LEVEL_MIN (-131072)
#define LEVEL_MAX 22

struct oz_zstd_contexts {
    ZSTD_CCtx *encoder; /* NULL until first used */
    ZSTD_DCtx *decoder; /* NULL until first used */
};

void oz_zstd_contexts_free(struct oz_zstd_contexts *contexts)
{
    if (!contexts)
        return;
    ZSTD_freeCCtx(contexts->encoder);
    ZSTD_freeDCtx(contexts->decoder);
    oz_free(contexts);
}

static struct oz_zstd_contexts *contexts_of(struct oz_scratch *scratch, struct oz_err *err)
{
    if (!scratch->zstd)
        scratch->zstd = oz_alloc(1, sizeof *scratch->zstd, err);
    return scratch->zstd;
}

static bool open_zstd(const struct oz_json *config, size_t item_size, struct oz_codec *codec,
                      struct oz_err *err)
{
    (void)item_size;
    int64_t level = 0; /* libzstd's own default */
    if (!oz_codec_integer(config, "level", LEVEL_MIN, LEVEL_MAX, &level, err))
        return false;
    codec->level = (int)level;
    codec->checksum = false;
    const struct oz_json *checksum = oz_json_get(config, "checksum");
    if (oz_json_type(checksum) != OZ_JSON_NULL && !oz_json_to_bool(checksum, &codec->checksum))
        return oz_fail(err, OZ_EFORMAT, "checksum: expected true or false, found %s",
                       oz_json_type_name(checksum));
    return true;
}

static bool bound_zstd(size_t size, size_t *out)
{
    *out = ZSTD_compressBound(size);
    return !ZSTD_isError(*out);
}

static bool fail_zstd(size_t code, struct oz_err *err)
{
    enum oz_code kind =
        ZSTD_getErrorCode(code) == ZSTD_error_memory_allocation ? OZ_ENOMEM : OZ_EFORMAT;
    return oz_fail(err, kind, "%s", ZSTD_getErrorName(code));
}

static ZSTD_CCtx *encoder_for(const struct oz_codec *codec, struct oz_scratch *scratch,
                              struct oz_err *err)
{
    struct oz_zstd_contexts *contexts = contexts_of(scratch, err);
    if (!contexts)
        return NULL;
    if (!contexts->encoder)
        contexts->encoder = ZSTD_createCCtx();
    if (!contexts->encoder) {
        oz_fail(err, OZ_ENOMEM, "no memory for an encoder");
        return NULL;
    }
    ZSTD_CCtx *encoder = contexts->encoder;
    size_t code = ZSTD_CCtx_reset(encoder, ZSTD_reset_session_and_parameters);
    if (!ZSTD_isError(code))
        code = ZSTD_CCtx_setParameter(encoder, ZSTD_c_compressionLevel, codec->level);
    if (!ZSTD_isError(code))
        code = ZSTD_CCtx_setParameter(encoder, ZSTD_c_checksumFlag, codec->checksum);
    if (ZSTD_isError(code)) {
        fail_zstd(code, err);
        return NULL;
    }
    return encoder;
}

static bool encode_zstd(const struct oz_codec *codec, struct oz_scratch *scratch, struct oz_span in,
                        struct oz_buf *out, struct oz_err *err)
{
    ZSTD_CCtx *encoder = encoder_for(codec, scratch, err);
    size_t room = ZSTD_compressBound(in.size);
    if (!encoder || !oz_buf_reserve(out, room, err))
        return false;
    size_t size = ZSTD_compress2(encoder, out->data + out->size, room, in.data, in.size);
    if (ZSTD_isError(size))
        return fail_zstd(size, err);
    out->size += size;
    return true;
}

static bool decode_zstd(struct oz_scratch *scratch, struct oz_span in, void *out, size_t room,
                        size_t *size, struct oz_err *err)
{
    struct oz_zstd_contexts *contexts = contexts_of(scratch, err);
    if (!contexts)
        return false;
    if (!contexts->decoder)
        contexts->decoder = ZSTD_createDCtx();
    if (!contexts->decoder)
        return oz_fail(err, OZ_ENOMEM, "no memory for a decoder");
    unsigned long long told = ZSTD_getFrameContentSize(in.data, in.size);
    if (told == ZSTD_CONTENTSIZE_ERROR)
        return oz_fail(err, OZ_EFORMAT, "the data do not begin with a frame");
    if (told != ZSTD_CONTENTSIZE_UNKNOWN && told > room)
        return oz_codec_misfit(err, "frame holds", told, room);
    /* All frames one behind the other; `room` bounds those that do not tell their size. */
    *size = ZSTD_decompressDCtx(contexts->decoder, out, room, in.data, in.size);
    if (ZSTD_isError(*size))
        return fail_zstd(*size, err);
    return true;
}

const struct oz_codec_type oz_codec_zstd = {
    .name = "zstd",
    .alias = "numcodecs.zstd",
    .compresses = true,
    .open = open_zstd,
    .bound = bound_zstd,
    .encode = encode_zstd,
    .decode = decode_zstd,
};
