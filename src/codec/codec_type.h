/* SPDX-License-Identifier: Apache-2.0 */
/* What a bytes-to-bytes codec is to the chain: one table of functions a library. */
#ifndef OZ_CODEC_CODEC_TYPE_H
#define OZ_CODEC_CODEC_TYPE_H

#include "base/buf.h"
#include "codec/codec.h"
#include "codec/scratch.h"

struct oz_codec_type;

/* A configured codec: a plain value, so that a chain is one block of memory. */
struct oz_codec {
    const struct oz_codec_type *type;
    int level;
    bool checksum;     /* zstd */
    const char *cname; /* blosc; a constant */
    int shuffle;       /* blosc: 0 none, 1 bytes, 2 bits */
    size_t type_size;  /* blosc */
    size_t block_size; /* blosc; 0: chosen by it */
};

/*
 * Either encode and decode, or seal and unseal for a codec that only adds bytes behind what is
 * there and so needs no second buffer. `config` is NULL where none is given. Messages leave out the
 * codec's name: the chain puts it in front.
 */
struct oz_codec_type {
    const char *name;
    const char *alias; /* a second name in metadata, or NULL */
    bool compresses;
    bool (*open)(const struct oz_json *config, size_t item_size, struct oz_codec *codec,
                 struct oz_err *err);
    /* The most bytes that `size` bytes become; false where the codec cannot take so many. */
    bool (*bound)(size_t size, size_t *out);
    /* Append to `out`. */
    bool (*encode)(const struct oz_codec *codec, struct oz_scratch *scratch, struct oz_span in,
                   struct oz_buf *out, struct oz_err *err);
    /* Write at most `room` bytes at `out` and say how many: never more, whatever `in` holds. */
    bool (*decode)(struct oz_scratch *scratch, struct oz_span in, void *out, size_t room,
                   size_t *size, struct oz_err *err);
    /* Add what belongs behind the bytes from `from` on. */
    bool (*seal)(struct oz_buf *out, size_t from, struct oz_err *err);
    /* Check it and take it off the view. */
    bool (*unseal)(struct oz_span *encoded, struct oz_err *err);
};

extern const struct oz_codec_type oz_codec_zstd;
extern const struct oz_codec_type oz_codec_gzip;
extern const struct oz_codec_type oz_codec_zlib;
extern const struct oz_codec_type oz_codec_blosc;
extern const struct oz_codec_type oz_codec_crc32c;

/* The integer member `key` of a configuration within low..high; `value` where it is missing. */
bool oz_codec_integer(const struct oz_json *config, const char *key, int64_t low, int64_t high,
                      int64_t *value, struct oz_err *err) OZ_MUST_USE;

/* "holds 8.1 MB, chunk is 2.0 MB" and the like: both sizes for people. Returns false. */
bool oz_codec_misfit(struct oz_err *err, const char *what, uint64_t found, uint64_t room);

/* What a user's text may name: a compressor in Blosc; a shuffle and its number. No message. */
bool oz_blosc_compressor(const char *name) OZ_MUST_USE;
bool oz_blosc_shuffle(const char *name, int *mode) OZ_MUST_USE;

#endif
