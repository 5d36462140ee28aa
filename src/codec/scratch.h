/* SPDX-License-Identifier: Apache-2.0 */
/* What a worker keeps between chunks: contexts of the libraries and buffers. Only codec/ looks in.
 */
#ifndef OZ_CODEC_SCRATCH_H
#define OZ_CODEC_SCRATCH_H

#include "base/buf.h"
#include "codec/codec.h"

struct oz_zstd_contexts;
struct oz_deflate_contexts;

struct oz_scratch {
    struct oz_zstd_contexts *zstd;       /* NULL until first used */
    struct oz_deflate_contexts *deflate; /* NULL until first used */
    struct oz_buf gathered;              /* the chunk in stored order */
    struct oz_buf stages[2];             /* between two byte codecs, in turn */
    struct oz_buf lent[OZ_SCRATCH_BUFS];
};

/* NULL is fine. */
void oz_zstd_contexts_free(struct oz_zstd_contexts *contexts);
void oz_deflate_contexts_free(struct oz_deflate_contexts *contexts);

#endif
