/* SPDX-License-Identifier: Apache-2.0 */
/* A bounded, shared set of open files, so that a stack of any length needs few descriptors. */
#ifndef OZ_IMAGE_FILES_H
#define OZ_IMAGE_FILES_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct oz_files; /* thread-safe */

/* At most `capacity` files stay open; the one unused longest is closed first. */
struct oz_files *oz_files_new(size_t capacity, struct oz_err *err) OZ_MUST_USE;
void oz_files_free(struct oz_files *files);
OZ_DEFINE_AUTO_PTR(oz_files, oz_files_free);

/* pread of exactly `size` bytes. `key` identifies the path (its address is not kept): use the
 * address of the picture. A short file is OZ_EFORMAT. */
bool oz_files_read(struct oz_files *files, const void *key, const char *path, uint64_t offset,
                   void *out, size_t size, struct oz_err *err) OZ_MUST_USE;

#endif
