/* SPDX-License-Identifier: Apache-2.0 */
/* Chunks to bytes and back: a chain of codecs, opened once for a chunk shape. */
#ifndef OZ_CODEC_CODEC_H
#define OZ_CODEC_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/ndcopy.h"
#include "json/json.h"

/* What enters the chain. Knows no data types: only how long an item is and what to swap in it. */
struct oz_chunk_spec {
    unsigned rank;
    uint64_t shape[OZ_MAX_RANK];
    size_t item_size; /* bytes of an item: 1 to 16 */
    size_t swap_size; /* bytes that change order together: item_size, or half for complex */
};

struct oz_chain;   /* immutable after open, shared by threads */
struct oz_scratch; /* contexts and buffers of one worker */

/*
 * Open the chain that a Zarr v3 `codecs` list describes (without sharding_indexed, which is not a
 * codec here): any number of transpose, one bytes (or "endian"), then any of zstd, gzip, blosc,
 * crc32c, and v2's zlib. Every check of the shape happens here. An unknown name or a configuration
 * that cannot be is OZ_EUNSUPPORTED / OZ_EFORMAT by name. See Zarr v3 core, "Codecs".
 */
struct oz_chain *oz_chain_open(const struct oz_json *codecs, const struct oz_chunk_spec *spec,
                               struct oz_err *err) OZ_MUST_USE;
void oz_chain_free(struct oz_chain *chain);
OZ_DEFINE_AUTO_PTR(oz_chain, oz_chain_free);

/* The byte strides of a chunk in memory for which coding copies least: the stored layout. */
void oz_chain_strides(const struct oz_chain *chain, ptrdiff_t strides[OZ_MAX_RANK]);

/* Bytes of a decoded chunk, and the most that an encoded one can take. */
size_t oz_chain_chunk_bytes(const struct oz_chain *chain);
size_t oz_chain_bound(const struct oz_chain *chain);

/* True where a codec that compresses (gzip, zlib, zstd, blosc) is in it. */
bool oz_chain_compresses(const struct oz_chain *chain);

/* Size of the encoded form where it is fixed (no compressing codec), as a shard index needs. */
bool oz_chain_fixed_size(const struct oz_chain *chain, size_t *size);

/*
 * Append the encoded form of the chunk to `out`. `strides` (bytes, one an axis of the spec's shape)
 * say how the chunk lies in memory; NULL is C order. No copy is made where the layout that the
 * chain wants is the one that is there.
 */
bool oz_chain_encode(const struct oz_chain *chain, struct oz_scratch *scratch, const void *chunk,
                     const ptrdiff_t *strides, struct oz_buf *out, struct oz_err *err) OZ_MUST_USE;

/* Decode into `chunk`, laid out by `strides`. Sizes that do not agree are OZ_EFORMAT. */
bool oz_chain_decode(const struct oz_chain *chain, struct oz_scratch *scratch,
                     struct oz_span encoded, void *chunk, const ptrdiff_t *strides,
                     struct oz_err *err) OZ_MUST_USE;

struct oz_scratch *oz_scratch_new(struct oz_err *err) OZ_MUST_USE;
void oz_scratch_free(struct oz_scratch *scratch);
OZ_DEFINE_AUTO_PTR(oz_scratch, oz_scratch_free);

/*
 * A buffer of the worker that coding never touches, for the floor above: kept from call to call, so
 * that its pages are there already. `number` is below OZ_SCRATCH_BUFS.
 */
#define OZ_SCRATCH_BUFS 2
struct oz_buf *oz_scratch_buf(struct oz_scratch *scratch, unsigned number);

/*
 * The name and configuration of an extension value of Zarr v3: "name" or {"name": "...",
 * "configuration": {...}}. `*config` is NULL where there is none. Both are borrowed.
 */
bool oz_extension_read(const struct oz_json *value, const char **name,
                       const struct oz_json **config, struct oz_err *err) OZ_MUST_USE;

/*
 * The codec list a user's text asks for, as v3 JSON: "zstd:3", "gzip:6", "none",
 * "blosc:lz4:5:shuffle" (cname, level and shuffle may be left out; noshuffle, shuffle, bitshuffle).
 * Starts with bytes (little endian). OZ_EINVAL, with the accepted forms, for anything else.
 */
struct oz_json *oz_codecs_from_text(const char *text, size_t item_size,
                                    struct oz_err *err) OZ_MUST_USE;

/* The list in short words for people: "zstd 1", "blosc lz4 5 shuffle", "none". */
bool oz_codecs_describe(const struct oz_json *codecs, struct oz_buf *out,
                        struct oz_err *err) OZ_MUST_USE;

#endif
