/* SPDX-License-Identifier: Apache-2.0 */
/* Shrink kernels of floating-point pixels. */
#include "image/shrink_kernels.h"

#include <math.h>
#include <string.h>

#include "base/checked.h"
#include "image/simd.h"

#define BEFORE(a, b) ((a) < (b))
#define UNORDERED(a, b) __builtin_isunordered(a, b)
#define MIDDLE(a, b) ((PIXEL)((double)(a)*0.5 + (double)(b)*0.5)) /* does not overflow */
#define MEAN(sum, shift) ((PIXEL)((sum) / (1 << (shift))))
#define MEAN_OF(total, n) ((PIXEL)((total) / (n)))
#define FROM_DOUBLE(value) ((PIXEL)(value))
#define NAN_BITS TO_BITS((PIXEL)NAN)
#define NAN_KEY(key) ((key) == (BITS)-1)

/* All NaN are one label and one key, the last; so are both zeros. The keys of positive numbers are
 * ordered like their bits, those of negative ones the other way round. */

static OZ_INLINE uint32_t to_bits_32(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static OZ_INLINE float from_bits_32(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static OZ_INLINE uint32_t to_label_32(float value)
{
    return value != value ? to_bits_32(NAN) : to_bits_32(value + 0.0f);
}

static OZ_INLINE uint32_t to_key_32(float value)
{
    const uint32_t top = UINT32_C(1) << 31, bits = to_bits_32(value + 0.0f);
    const uint32_t key = bits ^ ((uint32_t) - (bits >> 31) | top);
    return value != value ? UINT32_MAX : key;
}

static OZ_INLINE float from_key_32(uint32_t key)
{
    const uint32_t top = UINT32_C(1) << 31;
    return from_bits_32(key ^ (((key >> 31) - 1) | top));
}

static OZ_INLINE uint64_t to_bits_64(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static OZ_INLINE double from_bits_64(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static OZ_INLINE uint64_t to_label_64(double value)
{
    return value != value ? to_bits_64((double)NAN) : to_bits_64(value + 0.0);
}

static OZ_INLINE uint64_t to_key_64(double value)
{
    const uint64_t top = UINT64_C(1) << 63, bits = to_bits_64(value + 0.0);
    const uint64_t key = bits ^ ((uint64_t) - (bits >> 63) | top);
    return value != value ? UINT64_MAX : key;
}

static OZ_INLINE double from_key_64(uint64_t key)
{
    const uint64_t top = UINT64_C(1) << 63;
    return from_bits_64(key ^ (((key >> 63) - 1) | top));
}

#define PIXEL float
#define BITS uint32_t
#define SUM double
#define TOTAL double
#define COUNT uint32_t
#define NAME(f) f##_f32
#define TO_BITS(a) to_bits_32(a)
#define FROM_BITS(bits) from_bits_32(bits)
#define TO_LABEL(a) to_label_32(a)
#define TO_KEY(a) to_key_32(a)
#define FROM_KEY(key) from_key_32(key)
#include "image/shrink_kernels.inc.h"
#undef TO_BITS
#undef FROM_BITS
#undef TO_LABEL
#undef TO_KEY
#undef FROM_KEY

#define PIXEL double
#define BITS uint64_t
#define SUM double
#define TOTAL double
#define COUNT uint64_t
#define NAME(f) f##_f64
#define TO_BITS(a) to_bits_64(a)
#define FROM_BITS(bits) from_bits_64(bits)
#define TO_LABEL(a) to_label_64(a)
#define TO_KEY(a) to_key_64(a)
#define FROM_KEY(key) from_key_64(key)
#include "image/shrink_kernels.inc.h"
