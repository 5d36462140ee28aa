/* SPDX-License-Identifier: Apache-2.0 */
/* Times each shrink kernel and the extent scan alone, on data that stay in the processor's cache.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "image/shrink.h"
#include "image/stats.h"

enum { ROWS = 16, BOX_BYTES = 128 * 1024 };

/* Of this process, so that others do not count. */
static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Smooth ramps with noise for pictures, patches of equal values for labels. */
static void fill(uint8_t *bytes, enum oz_dtype dtype, bool labels)
{
    const size_t item = oz_dtype_size(dtype);
    uint32_t noise = 1;
    for (size_t i = 0; i < BOX_BYTES / item; i++) {
        noise = noise * 1664525 + 1013904223;
        const uint32_t value = labels ? 7 + (uint32_t)(i / 5 % 13) : noise >> 9;
        const float real = (float)value;
        const double precise = value;
        if (dtype == OZ_F32)
            memcpy(bytes + i * item, &real, item);
        else if (dtype == OZ_F64)
            memcpy(bytes + i * item, &precise, item);
        else
            memcpy(bytes + i * item, &value, item < sizeof value ? item : sizeof value);
    }
}

/* Milliseconds a GB of input, the best of several runs. */
static double time_shrink(enum oz_shrink kind, enum oz_dtype dtype, const uint32_t factor[3],
                          const uint8_t *src, uint8_t *dst)
{
    const size_t item = oz_dtype_size(dtype);
    const uint64_t width = BOX_BYTES / (4 * ROWS * item);
    const uint64_t size[3] = {4, ROWS, width};
    const ptrdiff_t src_strides[2] = {(ptrdiff_t)(ROWS * width * item), (ptrdiff_t)(width * item)};
    double best = 1e9;
    for (int run = 0; run < 7; run++) {
        const double begun = seconds();
        int rounds = 0;
        do {
            for (int i = 0; i < 8; i++, rounds++)
                oz_shrink_box(kind, dtype, factor, size, src, src_strides, dst, src_strides);
        } while (seconds() - begun < 0.01);
        const double took = (seconds() - begun) / rounds / BOX_BYTES * 1e12;
        best = took < best ? took : best;
    }
    return best;
}

static double time_extent(enum oz_dtype dtype, const uint8_t *src)
{
    double best = 1e9;
    for (int run = 0; run < 7; run++) {
        struct oz_extent extent = {0};
        const double begun = seconds();
        int rounds = 0;
        do {
            for (int i = 0; i < 8; i++, rounds++)
                oz_extent_add(&extent, dtype, src, BOX_BYTES / oz_dtype_size(dtype));
        } while (seconds() - begun < 0.01);
        const double took = (seconds() - begun) / rounds / BOX_BYTES * 1e12;
        best = took < best ? took : best;
    }
    return best;
}

static void print_factor(const uint32_t factor[3], const uint8_t *picture, const uint8_t *labels,
                         enum oz_dtype dtype, uint8_t *dst)
{
    printf("%-8s %" PRIu32 "x%" PRIu32 "x%" PRIu32, oz_dtype_name(dtype), factor[0], factor[1],
           factor[2]);
    for (int kind = OZ_SHRINK_MEDIAN; kind <= OZ_SHRINK_BICUBIC; kind++)
        printf(" %8.0f", time_shrink((enum oz_shrink)kind, dtype, factor, picture, dst));
    printf(" %8.0f\n", time_shrink(OZ_SHRINK_MODE, dtype, factor, labels, dst));
}

int main(void)
{
    static const uint32_t factors[][3] = {{1, 2, 2}, {2, 2, 2}, {1, 1, 2}, {2, 1, 1},
                                          {2, 2, 1}, {3, 3, 3}, {4, 4, 4}, {1, 4, 4}};
    struct oz_err err = {0};
    OZ_AUTO_FREE uint8_t *picture = oz_alloc_pixels(BOX_BYTES, &err);
    OZ_AUTO_FREE uint8_t *labels = oz_alloc_pixels(BOX_BYTES, &err);
    OZ_AUTO_FREE uint8_t *dst = oz_alloc_pixels(BOX_BYTES, &err);
    if (picture == NULL || labels == NULL || dst == NULL) {
        fprintf(stderr, "%s\n", err.msg);
        return 1;
    }
    printf("ms per GB of input, in cache (mode*: of labels)\ntype     factor");
    for (int kind = OZ_SHRINK_MEDIAN; kind <= OZ_SHRINK_BICUBIC; kind++)
        printf(" %8s", oz_shrink_name((enum oz_shrink)kind));
    printf(" %8s\n", "mode*");
    for (int dtype = OZ_U8; dtype <= OZ_F64; dtype++) {
        fill(picture, (enum oz_dtype)dtype, false);
        fill(labels, (enum oz_dtype)dtype, true);
        for (size_t i = 0; i < OZ_LENGTH(factors); i++)
            print_factor(factors[i], picture, labels, (enum oz_dtype)dtype, dst);
        printf("%-8s extent %7.0f\n", oz_dtype_name((enum oz_dtype)dtype),
               time_extent((enum oz_dtype)dtype, picture));
    }
    return 0;
}
