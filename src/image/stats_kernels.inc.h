/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Smallest and largest value of one pixel type, for stats.c, which defines PIXEL, NAME(f), and the
 * first values LOW and HIGH that any pixel replaces. NaN replaces nothing.
 */
#define LANES (OZ_STATS_LANES / sizeof(PIXEL))

/* Several running values side by side, so that the loop becomes vector code for floats as well. */
OZ_CLONES static void NAME(scan)(const PIXEL *pixels, size_t count, PIXEL *min, PIXEL *max)
{
    PIXEL low[LANES], high[LANES];
    for (size_t j = 0; j < LANES; j++) {
        low[j] = LOW;
        high[j] = HIGH;
    }
    size_t i = 0;
    for (; count - i >= LANES; i += LANES) {
        for (size_t j = 0; j < LANES; j++) {
            const PIXEL v = pixels[i + j];
            low[j] = v < low[j] ? v : low[j];
            high[j] = v > high[j] ? v : high[j];
        }
    }
    for (; i < count; i++) {
        low[0] = pixels[i] < low[0] ? pixels[i] : low[0];
        high[0] = pixels[i] > high[0] ? pixels[i] : high[0];
    }
    for (size_t j = 1; j < LANES; j++) {
        low[0] = low[j] < low[0] ? low[j] : low[0];
        high[0] = high[j] > high[0] ? high[j] : high[0];
    }
    *min = low[0];
    *max = high[0];
}

/* The extent of these pixels alone; none where all are NaN. */
static struct oz_extent NAME(extent)(const void *pixels, size_t count)
{
    PIXEL min, max;
    NAME(scan)(pixels, count, &min, &max);
    struct oz_extent extent = {0};
    if (count == 0 || min > max)
        return extent;
    extent.any = true;
    extent.min.FIELD = min;
    extent.max.FIELD = max;
    return extent;
}

#undef LANES
#undef PIXEL
#undef NAME
#undef LOW
#undef HIGH
