/* SPDX-License-Identifier: Apache-2.0 */
/* Arithmetic that says when it overflows, and a few helpers on unsigned sizes. */
#ifndef OZ_BASE_CHECKED_H
#define OZ_BASE_CHECKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

#define OZ_KIB(n) ((uint64_t)(n) << 10)
#define OZ_MIB(n) ((uint64_t)(n) << 20)
#define OZ_GIB(n) ((uint64_t)(n) << 30)

/* `*out = a * b`; false where that does not fit. */
OZ_MUST_USE static inline bool oz_mul(uint64_t a, uint64_t b, uint64_t *out)
{
    return !__builtin_mul_overflow(a, b, out);
}

/* `*out = a + b`; false where that does not fit. */
OZ_MUST_USE static inline bool oz_add(uint64_t a, uint64_t b, uint64_t *out)
{
    return !__builtin_add_overflow(a, b, out);
}

static inline uint64_t oz_min_u64(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static inline uint64_t oz_max_u64(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* a / b rounded up; b > 0. */
static inline uint64_t oz_ceil_div(uint64_t a, uint64_t b)
{
    return a / b + (a % b != 0);
}

#endif
