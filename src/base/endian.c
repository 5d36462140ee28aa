/* SPDX-License-Identifier: Apache-2.0 */
/* Byte swapping of whole arrays, in loops the compiler turns into vector code. */
#include "base/endian.h"

#include <assert.h>

static void swap_16(uint8_t *p, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint16_t v;
        memcpy(&v, p + 2 * i, sizeof v);
        v = __builtin_bswap16(v);
        memcpy(p + 2 * i, &v, sizeof v);
    }
}

static void swap_32(uint8_t *p, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t v;
        memcpy(&v, p + 4 * i, sizeof v);
        v = __builtin_bswap32(v);
        memcpy(p + 4 * i, &v, sizeof v);
    }
}

static void swap_64(uint8_t *p, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t v;
        memcpy(&v, p + 8 * i, sizeof v);
        v = __builtin_bswap64(v);
        memcpy(p + 8 * i, &v, sizeof v);
    }
}

void oz_swap_bytes(void *data, size_t count, size_t item_size)
{
    assert(item_size == 1 || item_size == 2 || item_size == 4 || item_size == 8);
    if (item_size == 2)
        swap_16(data, count);
    else if (item_size == 4)
        swap_32(data, count);
    else if (item_size == 8)
        swap_64(data, count);
}
