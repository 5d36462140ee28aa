/* SPDX-License-Identifier: Apache-2.0 */
/* What an opened chain is inside. */
#ifndef OZ_CODEC_CHAIN_H
#define OZ_CODEC_CHAIN_H

#include "codec/codec_type.h"

#define OZ_CHAIN_CODECS 8 /* byte codecs that a chain may have */

struct oz_chain {
    struct oz_chunk_spec spec;
    unsigned order[OZ_MAX_RANK]; /* axis i of the stored form is axis order[i] of the chunk */
    uint64_t stored_shape[OZ_MAX_RANK];
    bool swap; /* the stored byte order is not the machine's */
    size_t count;
    struct oz_codec codecs[OZ_CHAIN_CODECS];
    size_t room[OZ_CHAIN_CODECS + 1]; /* the most bytes that enter codec i; [0] is exact */
};

#endif
