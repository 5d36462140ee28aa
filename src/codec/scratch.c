/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a worker's scratch. */
#include "codec/scratch.h"

#include <assert.h>

#include "base/alloc.h"

struct oz_scratch *oz_scratch_new(struct oz_err *err)
{
    return oz_alloc(1, sizeof(struct oz_scratch), err);
}

void oz_scratch_free(struct oz_scratch *scratch)
{
    if (!scratch)
        return;
    oz_zstd_contexts_free(scratch->zstd);
    oz_deflate_contexts_free(scratch->deflate);
    oz_buf_release(&scratch->gathered);
    for (unsigned i = 0; i < OZ_LENGTH(scratch->stages); i++)
        oz_buf_release(&scratch->stages[i]);
    for (unsigned i = 0; i < OZ_LENGTH(scratch->lent); i++)
        oz_buf_release(&scratch->lent[i]);
    oz_free(scratch);
}

struct oz_buf *oz_scratch_buf(struct oz_scratch *scratch, unsigned number)
{
    assert(number < OZ_SCRATCH_BUFS);
    return &scratch->lent[number];
}
