/* SPDX-License-Identifier: Apache-2.0 */
/* The crc32c codec: a checksum of four bytes, little endian, behind the bytes. */
#include "codec/codec_type.h"

#include "base/checked.h"
#include "base/crc32c.h"
#include "base/endian.h"

#define SUM_BYTES 4u

static bool open_crc32c(const struct oz_json *config, size_t item_size, struct oz_codec *codec,
                        struct oz_err *err)
{
    (void)config;
    (void)item_size;
    (void)codec;
    (void)err;
    return true;
}

static bool bound_crc32c(size_t size, size_t *out)
{
    return oz_add(size, SUM_BYTES, out);
}

static bool seal_crc32c(struct oz_buf *out, size_t from, struct oz_err *err)
{
    uint8_t sum[SUM_BYTES];
    oz_store_le32(sum, oz_crc32c(out->data + from, out->size - from));
    return oz_buf_append(out, sum, sizeof sum, err);
}

static bool unseal_crc32c(struct oz_span *encoded, struct oz_err *err)
{
    if (encoded->size < SUM_BYTES)
        return oz_fail(err, OZ_EFORMAT, "%zu bytes are too few to hold a checksum", encoded->size);
    encoded->size -= SUM_BYTES;
    uint32_t stored = oz_load_le32(encoded->data + encoded->size);
    uint32_t found = oz_crc32c(encoded->data, encoded->size);
    if (stored != found)
        return oz_fail(err, OZ_EFORMAT,
                       "the checksum is %08x, stored is %08x: the data are damaged", found, stored);
    return true;
}

const struct oz_codec_type oz_codec_crc32c = {
    .name = "crc32c",
    .alias = "numcodecs.crc32c",
    .open = open_crc32c,
    .bound = bound_crc32c,
    .seal = seal_crc32c,
    .unseal = unseal_crc32c,
};
