/* SPDX-License-Identifier: Apache-2.0 */
/* Copy and fill strided n-dimensional boxes of items. */
#ifndef OZ_BASE_NDCOPY_H
#define OZ_BASE_NDCOPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OZ_MAX_RANK 8 /* axes an array may have */

/*
 * Copy shape[0] x ... x shape[rank-1] items of `item_size` bytes; strides are in bytes, one an
 * axis, any sign. Axes of length 1 and runs that are contiguous on both sides are merged, so a
 * contiguous box is one memcpy. The two boxes do not overlap.
 */
void oz_nd_copy(unsigned rank, const uint64_t *shape, size_t item_size, void *dst,
                const ptrdiff_t *dst_strides, const void *src, const ptrdiff_t *src_strides);

/* Set every item of the box to the `item_size` bytes at `value`. */
void oz_nd_fill(unsigned rank, const uint64_t *shape, size_t item_size, void *dst,
                const ptrdiff_t *dst_strides, const void *value);

/* Byte strides of a C-order box. */
void oz_nd_strides(unsigned rank, const uint64_t *shape, size_t item_size, ptrdiff_t *strides);

/* True where a box with these strides is C order without gaps (axes of length 1 do not matter). */
bool oz_nd_is_contiguous(unsigned rank, const uint64_t *shape, size_t item_size,
                         const ptrdiff_t *strides);

#endif
