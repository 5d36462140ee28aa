/* SPDX-License-Identifier: Apache-2.0 */
/* What backends share: their openers and the meaning of a range. */
#ifndef OZ_STORE_BACKEND_H
#define OZ_STORE_BACKEND_H

#include "store/store.h"

/* The store at a folder; it need not exist. */
struct oz_store *oz_store_file_open(const char *path, struct oz_err *err) OZ_MUST_USE;

/* Turn a range into offset and length within an object of `size` bytes; OZ_EFORMAT where it does
 * not lie inside. */
bool oz_range_resolve(struct oz_range range, uint64_t size, uint64_t *offset, uint64_t *length,
                      struct oz_err *err) OZ_MUST_USE;

#endif
