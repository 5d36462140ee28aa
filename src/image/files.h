/* SPDX-License-Identifier: Apache-2.0 */
/* Reading files at an offset: one for a moment, or many through a bounded, shared set. */
#ifndef OZ_IMAGE_FILES_H
#define OZ_IMAGE_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* A regular file that is open in one scope: `OZ_AUTO(oz_input) in = {0};`. */
struct oz_input {
    bool open;
    int fd;
    uint64_t size; /* when it was opened */
};

/* A folder, a pipe or a device is refused. Messages do not name the path. */
bool oz_input_open(struct oz_input *input, const char *path, struct oz_err *err) OZ_MUST_USE;
void oz_input_release(struct oz_input *input);

/* Exactly `size` bytes; OZ_EFORMAT where the file ends before. */
bool oz_input_read(const struct oz_input *input, uint64_t offset, void *out, size_t size,
                   struct oz_err *err) OZ_MUST_USE;

struct oz_files; /* thread-safe */

/* At most `capacity` files stay open; the one unused longest is closed first. */
struct oz_files *oz_files_new(size_t capacity, struct oz_err *err) OZ_MUST_USE;
void oz_files_free(struct oz_files *files);
OZ_DEFINE_AUTO_PTR(oz_files, oz_files_free);

/* pread of exactly `size` bytes. `key` makes finding the path fast: use the address of the
 * picture; one that comes to stand for another path is noticed. A short file is OZ_EFORMAT.
 * Without `files` (NULL) the file is opened for this call only. */
bool oz_files_read(struct oz_files *files, const void *key, const char *path, uint64_t offset,
                   void *out, size_t size, struct oz_err *err) OZ_MUST_USE;

#endif
