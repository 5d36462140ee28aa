/* SPDX-License-Identifier: Apache-2.0 */
/* What an array's metadata says, the same for Zarr v2 and v3. */
#ifndef OZ_ZARR_META_H
#define OZ_ZARR_META_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/ndcopy.h"
#include "json/json.h"
#include "zarr/dtype.h"

enum oz_key_encoding { OZ_KEYS_DEFAULT, OZ_KEYS_V2 }; /* "c/0/1" or "0.1" */

/* Start with `= {0}`, end with oz_meta_release. */
struct oz_meta {
    int zarr_format; /* 2 or 3 */
    unsigned rank;
    uint64_t shape[OZ_MAX_RANK];
    uint64_t chunk[OZ_MAX_RANK]; /* what is encoded as one: the inner chunk of a shard */
    uint64_t shard[OZ_MAX_RANK]; /* what is stored as one object: == chunk when not sharded */
    bool sharded;
    bool index_at_start;
    enum oz_dtype dtype;
    uint8_t fill[16];  /* native bytes of one item */
    bool fill_is_null; /* v2: null was written (reads as 0) */
    enum oz_key_encoding keys;
    char separator;               /* '/' or '.' */
    char *names[OZ_MAX_RANK];     /* dimension names, NULL where not given */
    struct oz_json *codecs;       /* v3 list of one chunk: order F and dtype's byte order of v2 are
                                     in it as transpose and bytes */
    struct oz_json *index_codecs; /* NULL when not sharded */
    struct oz_json *attributes;   /* an object, or NULL for none */
};
void oz_meta_release(struct oz_meta *meta);

/* Read a v3 `zarr.json` of an array / a v2 `.zarray` (attributes are not in it). Every rule that a
 * reader needs is checked: sizes, rank, must_understand, chunk divides shard, limits. Zarr v3 core
 * "Array metadata", v2 "Metadata". `_ARRAY_DIMENSIONS` gives the names of v2 arrays. */
bool oz_meta_parse_v3(const struct oz_json *document, struct oz_meta *meta,
                      struct oz_err *err) OZ_MUST_USE;
bool oz_meta_parse_v2(const struct oz_json *zarray, const struct oz_json *zattrs,
                      struct oz_meta *meta, struct oz_err *err) OZ_MUST_USE;

/* The document for zarr.json / .zarray. v2 refuses (OZ_EUNSUPPORTED) what it cannot say. */
struct oz_json *oz_meta_print_v3(const struct oz_meta *meta, struct oz_err *err) OZ_MUST_USE;
struct oz_json *oz_meta_print_v2(const struct oz_meta *meta, struct oz_err *err) OZ_MUST_USE;

/* The default index codecs: bytes little, crc32c. */
struct oz_json *oz_meta_index_codecs(struct oz_err *err) OZ_MUST_USE;

/* A deep copy into an empty meta. */
bool oz_meta_copy(const struct oz_meta *from, struct oz_meta *to, struct oz_err *err) OZ_MUST_USE;

#endif
