/* SPDX-License-Identifier: Apache-2.0 */
/* The chain: a chunk's strided memory to stored bytes and back, with as few copies as there can be.
 */
#include "codec/codec.h"

#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "base/endian.h"
#include "codec/chain.h"

static void order_by(const struct oz_chain *chain, const ptrdiff_t *strides, ptrdiff_t *stored)
{
    ptrdiff_t natural[OZ_MAX_RANK];
    if (!strides) {
        oz_nd_strides(chain->spec.rank, chain->spec.shape, chain->spec.item_size, natural);
        strides = natural;
    }
    for (unsigned i = 0; i < chain->spec.rank; i++)
        stored[i] = strides[chain->order[i]];
}

static bool is_stored_layout(const struct oz_chain *chain, const ptrdiff_t *stored)
{
    return oz_nd_is_contiguous(chain->spec.rank, chain->stored_shape, chain->spec.item_size,
                               stored);
}

static void swap(const struct oz_chain *chain, void *bytes)
{
    if (chain->swap)
        oz_swap_bytes(bytes, chain->room[0] / chain->spec.swap_size, chain->spec.swap_size);
}

/* The chunk as the byte codecs want it: the caller's memory where that is it already. */
static bool gather(const struct oz_chain *chain, struct oz_scratch *scratch, const void *chunk,
                   const ptrdiff_t *strides, struct oz_span *bytes, struct oz_err *err)
{
    ptrdiff_t from[OZ_MAX_RANK], to[OZ_MAX_RANK];
    order_by(chain, strides, from);
    *bytes = (struct oz_span){chunk, chain->room[0]};
    if (!chain->swap && is_stored_layout(chain, from))
        return true;
    if (!oz_buf_resize(&scratch->gathered, chain->room[0], err))
        return false;
    oz_nd_strides(chain->spec.rank, chain->stored_shape, chain->spec.item_size, to);
    oz_nd_copy(chain->spec.rank, chain->stored_shape, chain->spec.item_size, scratch->gathered.data,
               to, chunk, from);
    swap(chain, scratch->gathered.data);
    *bytes = oz_buf_view(&scratch->gathered);
    return true;
}

/* One codec's work from `in` to the end of `out`. Sealing needs the bytes in `out` first. */
static bool encode_one(const struct oz_codec *codec, struct oz_scratch *scratch, struct oz_span in,
                       struct oz_buf *out, struct oz_err *err)
{
    size_t from = out->size;
    bool done = codec->type->encode ? codec->type->encode(codec, scratch, in, out, err)
                                    : oz_buf_append(out, in.data, in.size, err) &&
                                          codec->type->seal(out, from, err);
    return done || oz_err_prefix(err, "%s: ", codec->type->name);
}

bool oz_chain_encode(const struct oz_chain *chain, struct oz_scratch *scratch, const void *chunk,
                     const ptrdiff_t *strides, struct oz_buf *out, struct oz_err *err)
{
    struct oz_span bytes;
    if (!gather(chain, scratch, chunk, strides, &bytes, err))
        return false;
    size_t from = out->size;
    size_t last = chain->count; /* the last codec that needs a buffer; seals follow in place */
    while (last > 0 && chain->codecs[last - 1].type->seal)
        last--;
    for (size_t i = 0; i + 1 < last; i++) {
        struct oz_buf *stage = &scratch->stages[i % 2];
        oz_buf_clear(stage);
        if (!encode_one(&chain->codecs[i], scratch, bytes, stage, err))
            return false;
        bytes = oz_buf_view(stage);
    }
    bool done = last > 0 ? encode_one(&chain->codecs[last - 1], scratch, bytes, out, err)
                         : oz_buf_append(out, bytes.data, bytes.size, err);
    for (size_t i = last; done && i < chain->count; i++)
        done = chain->codecs[i].type->seal(out, from, err);
    if (!done)
        out->size = from;
    return done;
}

/* The decoded bytes into the caller's layout. */
static bool scatter(const struct oz_chain *chain, struct oz_scratch *scratch, struct oz_span bytes,
                    void *chunk, const ptrdiff_t *to, struct oz_err *err)
{
    if (is_stored_layout(chain, to)) {
        memcpy(chunk, bytes.data, bytes.size);
        swap(chain, chunk);
        return true;
    }
    if (chain->swap && bytes.data != scratch->gathered.data) {
        oz_buf_clear(&scratch->gathered);
        if (!oz_buf_append(&scratch->gathered, bytes.data, bytes.size, err))
            return false;
    }
    if (chain->swap) {
        swap(chain, scratch->gathered.data);
        bytes = oz_buf_view(&scratch->gathered);
    }
    ptrdiff_t from[OZ_MAX_RANK];
    oz_nd_strides(chain->spec.rank, chain->stored_shape, chain->spec.item_size, from);
    oz_nd_copy(chain->spec.rank, chain->stored_shape, chain->spec.item_size, chunk, to, bytes.data,
               from);
    return true;
}

/* Undo codec `i`; into `target` if there is one, else into the buffer that the input is not in. */
static bool decode_one(const struct oz_chain *chain, size_t i, struct oz_scratch *scratch,
                       struct oz_span *bytes, void *target, struct oz_err *err)
{
    const struct oz_codec_type *type = chain->codecs[i].type;
    if (type->unseal)
        return type->unseal(bytes, err) || oz_err_prefix(err, "%s: ", type->name);
    struct oz_buf *stage = &scratch->stages[bytes->data == scratch->stages[0].data];
    stage = i == 0 ? &scratch->gathered : stage;
    if (!target) {
        if (!oz_buf_resize(stage, chain->room[i], err))
            return false;
        target = stage->data;
    }
    size_t size = 0;
    if (!type->decode(scratch, *bytes, target, chain->room[i], &size, err))
        return oz_err_prefix(err, "%s: ", type->name);
    if (i == 0 && size != chain->room[0]) {
        oz_codec_misfit(err, "frame holds", size, chain->room[0]);
        return oz_err_prefix(err, "%s: ", type->name);
    }
    *bytes = (struct oz_span){target, size};
    return true;
}

bool oz_chain_decode(const struct oz_chain *chain, struct oz_scratch *scratch,
                     struct oz_span encoded, void *chunk, const ptrdiff_t *strides,
                     struct oz_err *err)
{
    ptrdiff_t to[OZ_MAX_RANK];
    order_by(chain, strides, to);
    bool in_place = is_stored_layout(chain, to);
    for (size_t i = chain->count; i-- > 0;) {
        void *target = in_place && i == 0 ? chunk : NULL;
        if (!decode_one(chain, i, scratch, &encoded, target, err))
            return false;
    }
    if (encoded.size != chain->room[0])
        return oz_codec_misfit(err, "bytes: found", encoded.size, chain->room[0]);
    if (encoded.data != chunk)
        return scatter(chain, scratch, encoded, chunk, to, err);
    swap(chain, chunk);
    return true;
}

void oz_chain_strides(const struct oz_chain *chain, ptrdiff_t strides[OZ_MAX_RANK])
{
    ptrdiff_t stored[OZ_MAX_RANK];
    oz_nd_strides(chain->spec.rank, chain->stored_shape, chain->spec.item_size, stored);
    for (unsigned i = 0; i < chain->spec.rank; i++)
        strides[chain->order[i]] = stored[i];
}

size_t oz_chain_chunk_bytes(const struct oz_chain *chain)
{
    return chain->room[0];
}

size_t oz_chain_bound(const struct oz_chain *chain)
{
    return chain->room[chain->count];
}

bool oz_chain_compresses(const struct oz_chain *chain)
{
    for (size_t i = 0; i < chain->count; i++)
        if (chain->codecs[i].type->compresses)
            return true;
    return false;
}

bool oz_chain_fixed_size(const struct oz_chain *chain, size_t *size)
{
    if (oz_chain_compresses(chain))
        return false;
    *size = oz_chain_bound(chain);
    return true;
}

void oz_chain_free(struct oz_chain *chain)
{
    oz_free(chain);
}
