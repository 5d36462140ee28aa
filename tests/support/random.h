/* SPDX-License-Identifier: Apache-2.0 */
/* Seeded random numbers for tests: the same everywhere for the same seed. */
#ifndef OZ_TESTS_RANDOM_H
#define OZ_TESTS_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* Any 64 bits. */
static inline uint64_t random_bits(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* low ... high, both in. */
static inline uint64_t random_within(uint64_t *state, uint64_t low, uint64_t high)
{
    return low + random_bits(state) % (high - low + 1);
}

/* Bytes that compress a little: runs and noise. */
static inline void random_fill(uint64_t *state, void *out, size_t size)
{
    uint8_t *bytes = out;
    for (size_t i = 0; i < size;) {
        size_t run = (size_t)random_within(state, 1, 24);
        uint8_t value = (uint8_t)random_bits(state);
        for (; run > 0 && i < size; run--, i++)
            bytes[i] = value;
    }
}

#endif
