/* SPDX-License-Identifier: Apache-2.0 */
/* Conversion between double and half-precision floats. */
#include "zarr/half.h"

#include <math.h>

#define MANTISSA_BITS 10
#define EXPONENT_MAX 15
#define EXPONENT_MIN (-14)
#define INFINITE 0x7c00u
#define QUIET_NAN 0x7e00u

uint16_t oz_half_from_double(double value)
{
    uint16_t sign = signbit(value) ? 0x8000u : 0;
    if (isnan(value))
        return QUIET_NAN;
    double size = fabs(value);
    int exponent = EXPONENT_MIN;
    if (isinf(size))
        return sign | INFINITE;
    if (size > 0)
        exponent = ilogb(size);
    if (exponent < EXPONENT_MIN)
        exponent = EXPONENT_MIN; /* subnormal: the spacing stays */
    /* In units of the last place; nearbyint rounds half to even. 2048 carries into the exponent. */
    double units = nearbyint(ldexp(size, MANTISSA_BITS - exponent));
    unsigned bits = (unsigned)(exponent - EXPONENT_MIN) << MANTISSA_BITS;
    if (exponent > EXPONENT_MAX)
        return sign | INFINITE;
    bits += (unsigned)units;
    return sign | (uint16_t)(bits >= INFINITE ? INFINITE : bits);
}

double oz_half_to_double(uint16_t bits)
{
    unsigned exponent = bits >> MANTISSA_BITS & 31;
    double mantissa = bits & 0x3ff;
    double size;
    if (exponent == 31)
        size = mantissa != 0 ? (double)NAN : (double)INFINITY;
    else if (exponent == 0)
        size = ldexp(mantissa, EXPONENT_MIN - MANTISSA_BITS);
    else
        size = ldexp(mantissa + 1024, (int)exponent - 15 - MANTISSA_BITS);
    return bits & 0x8000u ? -size : size;
}
