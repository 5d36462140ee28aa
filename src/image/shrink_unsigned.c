/* SPDX-License-Identifier: Apache-2.0 */
/* Shrink kernels of unsigned pixels. */
#include "image/shrink_kernels.h"

#include <math.h>
#include <string.h>

#include "base/checked.h"
#include "image/simd.h"

__extension__ typedef unsigned __int128 wide;

#define BEFORE(a, b) ((a) < (b))
#define UNORDERED(a, b) ((void)(a), (void)(b), 0)
#define NAN_BITS 0
#define NAN_KEY(key) ((void)(key), 0)
#define TO_BITS(a) ((BITS)(a))
#define FROM_BITS(bits) ((PIXEL)(bits))
#define TO_LABEL(a) TO_BITS(a)
#define MIDDLE(a, b) ((PIXEL)(((a) & (b)) + (PIXEL)(((a) ^ (b)) >> 1)))
#define MEAN(sum, shift) ((PIXEL)(((sum) + ((SUM)1 << (shift) >> 1)) >> (shift)))
#define MEAN_OF(total, n) ((PIXEL)(((total) + (n) / 2) / (n)))
#define TO_KEY(a) (a)
#define FROM_KEY(key) (key)
#define LAST ((PIXEL)-1)
#define FROM_DOUBLE(value)                                                                         \
    ((value) >= (double)LAST ? LAST : (value) <= 0 ? (PIXEL)0 : (PIXEL)((value) + 0.5))

#define PIXEL uint8_t
#define BITS uint8_t
#define SUM uint16_t
#define TOTAL uint64_t
#define COUNT uint16_t
#define NAME(f) f##_u8
#include "image/shrink_kernels.inc.h"

#define PIXEL uint16_t
#define BITS uint16_t
#define SUM uint32_t
#define TOTAL uint64_t
#define COUNT uint16_t
#define NAME(f) f##_u16
#include "image/shrink_kernels.inc.h"

#define PIXEL uint32_t
#define BITS uint32_t
#define SUM uint64_t
#define TOTAL uint64_t
#define COUNT uint32_t
#define NAME(f) f##_u32
#include "image/shrink_kernels.inc.h"

#define PIXEL uint64_t
#define BITS uint64_t
#define SUM wide
#define TOTAL wide
#define COUNT uint64_t
#define NAME(f) f##_u64
#include "image/shrink_kernels.inc.h"
