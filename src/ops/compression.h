/* SPDX-License-Identifier: Apache-2.0 */
/* Turning the metadata of an array that is not compressed into that of one that is. */
#ifndef OZ_OPS_COMPRESSION_H
#define OZ_OPS_COMPRESSION_H

#include "base/err.h"
#include "zarr/meta.h"

/* Put the codecs that `text` asks for ("zstd:1") behind those that the chunks have. OZ_EINVAL where
 * they do not compress. */
bool oz_meta_add_compression(struct oz_meta *meta, const char *text,
                             struct oz_err *err) OZ_MUST_USE;

#endif
