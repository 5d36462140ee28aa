/* SPDX-License-Identifier: Apache-2.0 */
/* Shrink kernels of floating-point pixels. */
#include "image/shrink_kernels.h"

#include <math.h>
#include <string.h>

#include "base/checked.h"
#include "image/simd.h"

#define EQUAL(a, b) (((a) == (b)) | (IS_NAN(a) & IS_NAN(b)))
#define BEFORE(a, b) ((a) < (b))
#define IS_NAN(a) ((a) != (a))
#define NAN_PIXEL ((PIXEL)NAN)
#define MIDDLE(a, b) ((PIXEL)(((double)(a) + (double)(b)) / 2))
#define MEAN(sum, shift) ((PIXEL)((sum) / (1 << (shift))))
#define MEAN_OF(total, n) ((PIXEL)((total) / (n)))
#define FROM_DOUBLE(value) ((PIXEL)(value))

/* Positive numbers are ordered like their bits, negative ones the other way round. */
static OZ_INLINE uint32_t key_32(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits ^ (bits >> 31 != 0 ? UINT32_MAX : UINT32_C(1) << 31);
}

static OZ_INLINE float value_32(uint32_t key)
{
    float value;
    const uint32_t bits = key ^ (key >> 31 != 0 ? UINT32_C(1) << 31 : UINT32_MAX);
    memcpy(&value, &bits, sizeof value);
    return value;
}

static OZ_INLINE uint64_t key_64(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits ^ (bits >> 63 != 0 ? UINT64_MAX : UINT64_C(1) << 63);
}

static OZ_INLINE double value_64(uint64_t key)
{
    double value;
    const uint64_t bits = key ^ (key >> 63 != 0 ? UINT64_C(1) << 63 : UINT64_MAX);
    memcpy(&value, &bits, sizeof value);
    return value;
}

#define PIXEL float
#define BITS uint32_t
#define SUM double
#define TOTAL double
#define NAME(f) f##_f32
#define TO_KEY(a) key_32(a)
#define FROM_KEY(key) value_32(key)
#include "image/shrink_kernels.inc.h"
#undef TO_KEY
#undef FROM_KEY

#define PIXEL double
#define BITS uint64_t
#define SUM double
#define TOTAL double
#define NAME(f) f##_f64
#define TO_KEY(a) key_64(a)
#define FROM_KEY(key) value_64(key)
#include "image/shrink_kernels.inc.h"
