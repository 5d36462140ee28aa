/* SPDX-License-Identifier: Apache-2.0 */
/* Takes interleaved pixels apart and widens samples of odd widths. */
#include "image/planes.h"

#include "base/endian.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* With `samples` known to the compiler the loop is vectorised. */
#define DEFINE_TAKE(bits)                                                                          \
    static inline void take_##bits(size_t samples, size_t pixels, const uint##bits##_t *src,       \
                                   uint##bits##_t *restrict dst)                                   \
    {                                                                                              \
        for (size_t i = 0; i < pixels; i++)                                                        \
            dst[i] = src[i * samples];                                                             \
    }                                                                                              \
    static void put_##bits(size_t samples, size_t pixels, const uint##bits##_t *src, uint8_t *dst, \
                           size_t plane_stride)                                                    \
    {                                                                                              \
        for (size_t s = 0; s < samples; s++, dst += plane_stride) {                                \
            if (samples == 2)                                                                      \
                take_##bits(2, pixels, src + s, (uint##bits##_t *)dst);                            \
            else if (samples == 3)                                                                 \
                take_##bits(3, pixels, src + s, (uint##bits##_t *)dst);                            \
            else if (samples == 4)                                                                 \
                take_##bits(4, pixels, src + s, (uint##bits##_t *)dst);                            \
            else                                                                                   \
                take_##bits(samples, pixels, src + s, (uint##bits##_t *)dst);                      \
        }                                                                                          \
    }

DEFINE_TAKE(8)
DEFINE_TAKE(16)
DEFINE_TAKE(32)
DEFINE_TAKE(64)

void oz_planes_put(size_t item_size, size_t samples, size_t pixels, const void *src, void *dst,
                   size_t plane_stride)
{
    if (samples == 1)
        memcpy(dst, src, pixels * item_size);
    else if (item_size == 1)
        put_8(samples, pixels, src, dst, plane_stride);
    else if (item_size == 2)
        put_16(samples, pixels, src, dst, plane_stride);
    else if (item_size == 4)
        put_32(samples, pixels, src, dst, plane_stride);
    else
        put_64(samples, pixels, src, dst, plane_stride);
}

void oz_bits_widen(unsigned bits, size_t count, const uint8_t *src, void *dst)
{
    assert(bits >= 1 && bits <= 15 && bits != 8);
    uint32_t held = 0; /* the lowest `have` bits are waiting */
    unsigned have = 0;
    const uint32_t mask = (1U << bits) - 1;
    for (size_t i = 0; i < count; i++) {
        while (have < bits) {
            held = held << 8 | *src++;
            have += 8;
        }
        have -= bits;
        uint32_t value = held >> have & mask;
        if (bits < 8)
            ((uint8_t *)dst)[i] = (uint8_t)value;
        else
            ((uint16_t *)dst)[i] = (uint16_t)value;
    }
}

/* A float with `fraction` bits behind the point and `exponent` bits in front of it. */
static float widen_float(uint32_t value, unsigned exponent, unsigned fraction)
{
    const uint32_t largest = (1U << exponent) - 1, bias = largest >> 1;
    uint32_t e = value >> fraction & largest, f = value & ((1U << fraction) - 1), bits;
    float out;
    if (e == largest) {
        bits = 0x7f800000U | f << (23 - fraction);
        memcpy(&out, &bits, sizeof out);
    } else if (e == 0) {
        out = ldexpf((float)f, 1 - (int)bias - (int)fraction);
    } else {
        bits = (e + 127 - bias) << 23 | f << (23 - fraction);
        memcpy(&out, &bits, sizeof out);
    }
    return value >> (exponent + fraction) & 1 ? -out : out;
}

void oz_floats_widen(unsigned bits, size_t count, const uint8_t *src, float *dst)
{
    assert(bits == 16 || bits == 24);
    for (size_t i = 0; i < count; i++) {
        if (bits == 16) {
            uint16_t value;
            memcpy(&value, src + 2 * i, sizeof value);
            dst[i] = widen_float(value, 5, 10);
        } else {
            const uint8_t *b = src + 3 * i;
            uint32_t value = oz_host_is_big_endian()
                                 ? (uint32_t)b[0] << 16 | (uint32_t)b[1] << 8 | b[2]
                                 : (uint32_t)b[2] << 16 | (uint32_t)b[1] << 8 | b[0];
            dst[i] = widen_float(value, 7, 16);
        }
    }
}
