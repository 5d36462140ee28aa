/* SPDX-License-Identifier: Apache-2.0 */
/* The only caller of malloc: every size is checked, every failure says how much was wanted. */
#ifndef OZ_BASE_ALLOC_H
#define OZ_BASE_ALLOC_H

#include <stddef.h>

#include "base/err.h"

/* count * size bytes, zeroed; NULL and an error if there is no room. Never NULL for 0 bytes. */
void *oz_alloc(size_t count, size_t size, struct oz_err *err) OZ_MUST_USE;

/* Grow or shrink; on failure NULL and the old block stays as it was. New bytes are not zeroed. */
void *oz_realloc(void *block, size_t count, size_t size, struct oz_err *err) OZ_MUST_USE;

/* `size` bytes on a 64-byte boundary, not zeroed: pixel buffers. Free with oz_free. */
void *oz_alloc_pixels(size_t size, struct oz_err *err) OZ_MUST_USE;

/* A copy of the text, or of its first n bytes plus a NUL. */
char *oz_strdup(const char *text, struct oz_err *err) OZ_MUST_USE;
char *oz_strndup(const char *text, size_t n, struct oz_err *err) OZ_MUST_USE;

/* Text made by printf rules, in a new block. */
char *oz_format(struct oz_err *err, const char *format, ...) OZ_PRINTF(2, 3) OZ_MUST_USE;

void oz_free(void *block);

/* `OZ_AUTO_FREE char *name = NULL;` frees the block at the end of the scope. */
static inline void oz_free_scoped(void *pointer_to_block)
{
    oz_free(*(void **)pointer_to_block);
}
#define OZ_AUTO_FREE __attribute__((cleanup(oz_free_scoped)))

/* For tests: from now on the n-th allocation fails once (0: none does). */
void oz_alloc_fail_at(unsigned long n);

#endif
