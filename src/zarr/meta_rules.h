/* SPDX-License-Identifier: Apache-2.0 */
/* What reading and writing metadata of both formats share. */
#ifndef OZ_ZARR_META_RULES_H
#define OZ_ZARR_META_RULES_H

#include "zarr/meta.h"

#define OZ_META_EXTENT_MAX (UINT64_C(1) << 62) /* so that the end of a chunk never overflows */
#define OZ_RANK_ANY (~0u)

/* The rules of sizes: no chunk of 0, chunk divides shard, limits. */
bool oz_meta_check(const struct oz_meta *meta, struct oz_err *err) OZ_MUST_USE;

/* The `node_type` of a v3 document, which has to say that it is one. */
bool oz_meta_read_node_type(const struct oz_json *document, const char **type,
                            struct oz_err *err) OZ_MUST_USE;

/* A list of whole numbers; `*rank` says how many, or OZ_RANK_ANY and gets it. */
bool oz_meta_read_shape(const struct oz_json *object, const char *key, unsigned *rank,
                        uint64_t out[OZ_MAX_RANK], struct oz_err *err) OZ_MUST_USE;
void oz_meta_print_shape(struct oz_json_maker *maker, struct oz_json *parent, const char *key,
                         unsigned rank, const uint64_t *shape);

/* Name an axis by a JSON string; anything else leaves it without. */
bool oz_meta_set_name(struct oz_meta *meta, unsigned axis, const struct oz_json *value,
                      struct oz_err *err) OZ_MUST_USE;

/* Append {"name": name, "configuration": {}} and return the configuration, to be filled. */
struct oz_json *oz_meta_make_codec(struct oz_json_maker *maker, struct oz_json *list,
                                   const char *name);

#endif
