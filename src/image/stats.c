/* SPDX-License-Identifier: Apache-2.0 */
/* Smallest and largest values of pixels, and whether all are alike. */
#include "image/stats.h"

#include <math.h>
#include <string.h>

#include "image/simd.h"

enum { OZ_STATS_LANES = 128 }; /* bytes looked at side by side */

#define FIELD u

#define PIXEL uint8_t
#define NAME(f) f##_u8
#define LOW UINT8_MAX
#define HIGH 0
#include "image/stats_kernels.inc.h"

#define PIXEL uint16_t
#define NAME(f) f##_u16
#define LOW UINT16_MAX
#define HIGH 0
#include "image/stats_kernels.inc.h"

#define PIXEL uint32_t
#define NAME(f) f##_u32
#define LOW UINT32_MAX
#define HIGH 0
#include "image/stats_kernels.inc.h"

#define PIXEL uint64_t
#define NAME(f) f##_u64
#define LOW UINT64_MAX
#define HIGH 0
#include "image/stats_kernels.inc.h"

#undef FIELD
#define FIELD i

#define PIXEL int8_t
#define NAME(f) f##_i8
#define LOW INT8_MAX
#define HIGH INT8_MIN
#include "image/stats_kernels.inc.h"

#define PIXEL int16_t
#define NAME(f) f##_i16
#define LOW INT16_MAX
#define HIGH INT16_MIN
#include "image/stats_kernels.inc.h"

#define PIXEL int32_t
#define NAME(f) f##_i32
#define LOW INT32_MAX
#define HIGH INT32_MIN
#include "image/stats_kernels.inc.h"

#define PIXEL int64_t
#define NAME(f) f##_i64
#define LOW INT64_MAX
#define HIGH INT64_MIN
#include "image/stats_kernels.inc.h"

#undef FIELD
#define FIELD f

#define PIXEL float
#define NAME(f) f##_f32
#define LOW INFINITY
#define HIGH -INFINITY
#include "image/stats_kernels.inc.h"

#define PIXEL double
#define NAME(f) f##_f64
#define LOW ((double)INFINITY)
#define HIGH (-(double)INFINITY)
#include "image/stats_kernels.inc.h"

void oz_extent_add(struct oz_extent *extent, enum oz_dtype dtype, const void *pixels, size_t count)
{
    static struct oz_extent (*const extents[])(const void *, size_t) = {
        [OZ_U8] = extent_u8,   [OZ_U16] = extent_u16, [OZ_U32] = extent_u32, [OZ_U64] = extent_u64,
        [OZ_I8] = extent_i8,   [OZ_I16] = extent_i16, [OZ_I32] = extent_i32, [OZ_I64] = extent_i64,
        [OZ_F32] = extent_f32, [OZ_F64] = extent_f64,
    };
    const struct oz_extent more = extents[dtype](pixels, count);
    oz_extent_merge(extent, dtype, &more);
}

static bool is_unsigned(enum oz_dtype dtype)
{
    return dtype == OZ_U8 || dtype == OZ_U16 || dtype == OZ_U32 || dtype == OZ_U64;
}

static bool is_float(enum oz_dtype dtype)
{
    return dtype == OZ_F32 || dtype == OZ_F64;
}

static bool is_less(enum oz_dtype dtype, union oz_pixel a, union oz_pixel b)
{
    if (is_float(dtype))
        return a.f < b.f;
    return is_unsigned(dtype) ? a.u < b.u : a.i < b.i;
}

void oz_extent_merge(struct oz_extent *extent, enum oz_dtype dtype, const struct oz_extent *other)
{
    if (!other->any)
        return;
    if (!extent->any || is_less(dtype, other->min, extent->min))
        extent->min = other->min;
    if (!extent->any || is_less(dtype, extent->max, other->max))
        extent->max = other->max;
    extent->any = true;
}

static double to_double(enum oz_dtype dtype, union oz_pixel value)
{
    if (is_float(dtype))
        return value.f;
    return is_unsigned(dtype) ? (double)value.u : (double)value.i;
}

double oz_extent_min(const struct oz_extent *extent, enum oz_dtype dtype)
{
    return to_double(dtype, extent->min);
}

double oz_extent_max(const struct oz_extent *extent, enum oz_dtype dtype)
{
    return to_double(dtype, extent->max);
}

bool oz_pixels_all(const void *pixels, size_t count, size_t item_size, const void *value)
{
    if (count == 0)
        return true;
    /* All alike: the first is the value, and each equals the one before it. */
    const uint8_t *bytes = pixels;
    return memcmp(bytes, value, item_size) == 0 &&
           memcmp(bytes, bytes + item_size, (count - 1) * item_size) == 0;
}
