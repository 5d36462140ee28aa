/* SPDX-License-Identifier: Apache-2.0 */
/* Shrink kernels of signed pixels. */
#include "image/shrink_kernels.h"

#include <math.h>
#include <string.h>

#include "base/checked.h"
#include "image/simd.h"

__extension__ typedef __int128 wide;

#define BEFORE(a, b) ((a) < (b))
#define UNORDERED(a, b) ((void)(a), (void)(b), 0)
#define NAN_BITS 0
#define NAN_KEY(key) ((void)(key), 0)
#define TO_BITS(a) ((BITS)(a))
#define FROM_BITS(bits) ((PIXEL)(bits))
#define TO_LABEL(a) TO_BITS(a)
/* Half the sum without overflow, rounded down; then one more where that was below zero and odd. */
#define HALF(a, b) ((PIXEL)(((a) & (b)) + (PIXEL)(((a) ^ (b)) >> 1)))
#define MIDDLE(a, b) ((PIXEL)(HALF(a, b) + (HALF(a, b) < 0 ? (PIXEL)(((a) ^ (b)) & 1) : (PIXEL)0)))
/* A right shift rounds down; a division would round toward zero. */
#define MEAN(sum, shift) ((PIXEL)(((sum) + ((SUM)1 << (shift) >> 1)) >> (shift)))
#define MEAN_OF(total, n) ((PIXEL)divide_down((wide)(total)*2 + (wide)(n), (wide)(n)*2))
#define TOP ((BITS)((BITS)-1 - (BITS)-1 / 2))
#define TO_KEY(a) ((BITS)((BITS)(a) ^ TOP))
#define FROM_KEY(key) ((PIXEL)(BITS)((key) ^ TOP))
#define LAST FROM_KEY((BITS)-1)
#define FIRST FROM_KEY(0)
#define FROM_DOUBLE(value)                                                                         \
    ((value) >= (double)LAST    ? LAST                                                             \
     : (value) <= (double)FIRST ? FIRST                                                            \
                                : (PIXEL)floor((value) + 0.5))

static wide divide_down(wide a, wide b)
{
    return a / b - (a % b < 0);
}

#define PIXEL int8_t
#define BITS uint8_t
#define SUM int16_t
#define TOTAL int64_t
#define COUNT uint16_t
#define NAME(f) f##_i8
#include "image/shrink_kernels.inc.h"

#define PIXEL int16_t
#define BITS uint16_t
#define SUM int32_t
#define TOTAL int64_t
#define COUNT uint16_t
#define NAME(f) f##_i16
#include "image/shrink_kernels.inc.h"

#define PIXEL int32_t
#define BITS uint32_t
#define SUM int64_t
#define TOTAL int64_t
#define COUNT uint32_t
#define NAME(f) f##_i32
#include "image/shrink_kernels.inc.h"

#define PIXEL int64_t
#define BITS uint64_t
#define SUM wide
#define TOTAL wide
#define COUNT uint64_t
#define NAME(f) f##_i64
#include "image/shrink_kernels.inc.h"
