/* SPDX-License-Identifier: Apache-2.0 */
/* Little-endian loads and stores at any address, and byte swapping of whole arrays. */
#ifndef OZ_BASE_ENDIAN_H
#define OZ_BASE_ENDIAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline bool oz_host_is_big_endian(void)
{
    return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
}

static inline uint32_t oz_load_le32(const void *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return oz_host_is_big_endian() ? __builtin_bswap32(v) : v;
}

static inline uint64_t oz_load_le64(const void *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return oz_host_is_big_endian() ? __builtin_bswap64(v) : v;
}

static inline void oz_store_le32(void *p, uint32_t v)
{
    v = oz_host_is_big_endian() ? __builtin_bswap32(v) : v;
    memcpy(p, &v, sizeof v);
}

static inline void oz_store_le64(void *p, uint64_t v)
{
    v = oz_host_is_big_endian() ? __builtin_bswap64(v) : v;
    memcpy(p, &v, sizeof v);
}

/* Reverse the bytes of each of `count` items of `item_size` (1, 2, 4, 8) bytes, in place. */
void oz_swap_bytes(void *data, size_t count, size_t item_size);

#endif
