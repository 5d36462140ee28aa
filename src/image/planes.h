/* SPDX-License-Identifier: Apache-2.0 */
/* Turning stored pixels into planes of native samples. */
#ifndef OZ_IMAGE_PLANES_H
#define OZ_IMAGE_PLANES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Take pixels apart: sample s of pixel i goes to dst + s * plane_stride (bytes) + i * item_size.
 * `item_size` is 1, 2, 4 or 8. The two do not overlap; `src` is aligned to the item size.
 */
void oz_planes_put(size_t item_size, size_t samples, size_t pixels, const void *src, void *dst,
                   size_t plane_stride);

/*
 * Samples of odd widths to the next native type: 1 ... 7 bits to uint8_t, 9 ... 15 to uint16_t, in
 * a row that starts on a byte, most significant bit first.
 */
void oz_bits_widen(unsigned bits, size_t count, const uint8_t *src, void *dst);

/* Floats of 16 or 24 bits in native byte order to float. Exact. */
void oz_floats_widen(unsigned bits, size_t count, const uint8_t *src, float *dst);

#endif
