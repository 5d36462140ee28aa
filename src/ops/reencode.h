/* SPDX-License-Identifier: Apache-2.0 */
/* Writing the chunks of an array again with other codecs, chunks and shards staying what they are.
 */
#ifndef OZ_OPS_REENCODE_H
#define OZ_OPS_REENCODE_H

#include "omezarr/ops.h"
#include "store/store.h"
#include "zarr/array.h"

/*
 * Read every stored object of `from`, which lies in `store`, and write it to `to`, an array of the
 * same shapes. Chunks that are not there stay away. The bytes do not depend on the number of
 * threads. The metadata of `to` is not written. Errors name the object of `from`.
 */
bool oz_reencode(struct oz_store *store, const struct oz_array *from, const struct oz_array *to,
                 const struct oz_run_opts *run, struct oz_err *err) OZ_MUST_USE;

#endif
