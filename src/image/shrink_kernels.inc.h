/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernels of one pixel type; this is the only place where the algorithms are. The file that
 * includes it defines for all its types
 *   BEFORE(a, b)         a < b; false where either is NaN
 *   UNORDERED(a, b)      whether either is NaN
 *   MIDDLE(a, b)         (a + b) / 2, truncated toward zero
 *   MEAN(sum, shift)     sum / 2^shift, rounded
 *   MEAN_OF(total, n)    total / n, rounded
 *   FROM_DOUBLE(value)   rounded and clamped to the range of PIXEL
 * and for each type
 *   PIXEL, BITS          the type, and the unsigned one of the same size
 *   SUM, TOTAL           types that hold the sum of 8 pixels, and of any number of them
 *   COUNT                the smallest type that counts to OZ_SHRINK_LANE_BLOCK, at least PIXEL's
 * size TO_BITS, FROM_BITS   a pixel as it lies in memory, and back TO_LABEL(a)          BITS that
 * are the same for pixels that are equal as labels TO_KEY, FROM_KEY     BITS that are ordered like
 * the pixels, and back NAN_KEY(key)         whether it is NaN's NAN_BITS             a NaN; any
 * number for integers NAME(f)              f with the type's suffix.
 *
 * Loops over pixels choose by masks and arithmetic: a branch, or a choice that a compiler takes for
 * one, would keep them from becoming vector code.
 */

/* ---- 2, 4 or 8 voxels to one, without branches, so that loops over them become vector code ----
 */

static OZ_INLINE PIXEL NAME(first)(const PIXEL *v)
{
    return v[0];
}

/* Two values that are in order afterwards. */
static OZ_INLINE void NAME(order)(PIXEL *low, PIXEL *high)
{
    const PIXEL a = *low, b = *high;
    *low = BEFORE(a, b) ? a : b;
    *high = BEFORE(b, a) ? a : b;
}

static OZ_INLINE PIXEL NAME(lower)(PIXEL a, PIXEL b)
{
    return BEFORE(a, b) ? a : b;
}

static OZ_INLINE PIXEL NAME(upper)(PIXEL a, PIXEL b)
{
    return BEFORE(b, a) ? a : b;
}

/* All ones where the condition holds. */
static OZ_INLINE BITS NAME(mask)(bool condition)
{
    return (BITS) - (BITS)condition;
}

/* `then` where the mask is set, else `otherwise`. */
static OZ_INLINE BITS NAME(choose)(BITS mask, BITS then, BITS otherwise)
{
    return (BITS)((then & mask) | (otherwise & (BITS)~mask));
}

/* `value`, or NaN if any of the `n` (2, 4, 8) voxels is. */
static OZ_INLINE PIXEL NAME(or_nan)(PIXEL value, const PIXEL *v, int n)
{
    BITS mask = NAME(mask)(UNORDERED(v[0], v[1]));
    if (n > 2)
        mask |= NAME(mask)(UNORDERED(v[2], v[3]));
    if (n > 4)
        mask |= NAME(mask)(UNORDERED(v[4], v[5])) | NAME(mask)(UNORDERED(v[6], v[7]));
    return FROM_BITS(NAME(choose)(mask, NAN_BITS, TO_BITS(value)));
}

static OZ_INLINE PIXEL NAME(median_2)(const PIXEL *v)
{
    return MIDDLE(v[0], v[1]);
}

static OZ_INLINE PIXEL NAME(median_4)(const PIXEL *v)
{
    PIXEL a = v[0], b = v[1], c = v[2], d = v[3];
    NAME(order)(&a, &b);
    NAME(order)(&c, &d);
    return NAME(or_nan)(MIDDLE(NAME(upper)(a, c), NAME(lower)(b, d)), v, 4);
}

static OZ_INLINE void NAME(sort_4)(PIXEL *a, PIXEL *b, PIXEL *c, PIXEL *d)
{
    NAME(order)(a, b);
    NAME(order)(c, d);
    NAME(order)(a, c);
    NAME(order)(b, d);
    NAME(order)(b, c);
}

/* Of two sorted fours a and b, the fourth of all is the largest min(a[i], b[3 - i]), and the fifth
 * the smallest max(a[i], b[3 - i]). */
static OZ_INLINE PIXEL NAME(median_8)(const PIXEL *v)
{
    PIXEL a = v[0], b = v[2], c = v[4], d = v[6];
    PIXEL e = v[1], f = v[3], g = v[5], h = v[7];
    NAME(sort_4)(&a, &b, &c, &d);
    NAME(sort_4)(&e, &f, &g, &h);
    NAME(order)(&a, &h);
    NAME(order)(&b, &g);
    NAME(order)(&c, &f);
    NAME(order)(&d, &e);
    const PIXEL fourth = NAME(upper)(NAME(upper)(a, b), NAME(upper)(c, d));
    const PIXEL fifth = NAME(lower)(NAME(lower)(h, g), NAME(lower)(f, e));
    return NAME(or_nan)(MIDDLE(fourth, fifth), v, 8);
}

/* The first one wins unless it stands alone and others agree. */
static OZ_INLINE PIXEL NAME(mode_4)(const PIXEL *v)
{
    const BITS a = TO_LABEL(v[0]), b = TO_LABEL(v[1]), c = TO_LABEL(v[2]), d = TO_LABEL(v[3]);
    const BITS late = NAME(choose)(NAME(mask)(c == d), c, a);
    const BITS other = NAME(choose)(NAME(mask)((b == c) | (b == d)), b, late);
    return FROM_BITS(NAME(choose)(NAME(mask)((a == b) | (a == c) | (a == d)), a, other));
}

/* Take `label` where it is seen more often than what was best so far. */
static OZ_INLINE void NAME(elect)(BITS label, BITS count, BITS *best, BITS *best_count)
{
    *best = NAME(choose)(NAME(mask)(count > *best_count), label, *best);
    *best_count = count > *best_count ? count : *best_count;
}

/* Each voxel counts those like it that follow, so the first of its kind has them all. Here the
 * order matters, and y runs fastest, then x. */
static OZ_INLINE PIXEL NAME(mode_8)(const PIXEL *v)
{
    const BITS a = TO_LABEL(v[0]), b = TO_LABEL(v[2]), c = TO_LABEL(v[1]), d = TO_LABEL(v[3]);
    const BITS e = TO_LABEL(v[4]), f = TO_LABEL(v[6]), g = TO_LABEL(v[5]), h = TO_LABEL(v[7]);
    BITS best = a;
    BITS count = (BITS)((a == b) + (a == c) + (a == d) + (a == e) + (a == f) + (a == g) + (a == h));
    NAME(elect)
    (b, (BITS)((b == c) + (b == d) + (b == e) + (b == f) + (b == g) + (b == h)), &best, &count);
    NAME(elect)(c, (BITS)((c == d) + (c == e) + (c == f) + (c == g) + (c == h)), &best, &count);
    NAME(elect)(d, (BITS)((d == e) + (d == f) + (d == g) + (d == h)), &best, &count);
    NAME(elect)(e, (BITS)((e == f) + (e == g) + (e == h)), &best, &count);
    NAME(elect)(f, (BITS)((f == g) + (f == h)), &best, &count);
    NAME(elect)(g, (BITS)(g == h), &best, &count);
    return FROM_BITS(best);
}

static OZ_INLINE PIXEL NAME(mean_2)(const PIXEL *v)
{
    return MEAN((SUM)v[0] + (SUM)v[1], 1);
}

static OZ_INLINE PIXEL NAME(mean_4)(const PIXEL *v)
{
    return MEAN(((SUM)v[0] + (SUM)v[1]) + ((SUM)v[2] + (SUM)v[3]), 2);
}

static OZ_INLINE PIXEL NAME(mean_8)(const PIXEL *v)
{
    return MEAN((((SUM)v[0] + (SUM)v[1]) + ((SUM)v[2] + (SUM)v[3])) +
                    (((SUM)v[4] + (SUM)v[5]) + ((SUM)v[6] + (SUM)v[7])),
                3);
}

static OZ_INLINE PIXEL NAME(least_4)(const PIXEL *v)
{
    return NAME(lower)(NAME(lower)(v[0], v[1]), NAME(lower)(v[2], v[3]));
}

static OZ_INLINE PIXEL NAME(min_2)(const PIXEL *v)
{
    return NAME(or_nan)(NAME(lower)(v[0], v[1]), v, 2);
}

static OZ_INLINE PIXEL NAME(min_4)(const PIXEL *v)
{
    return NAME(or_nan)(NAME(least_4)(v), v, 4);
}

static OZ_INLINE PIXEL NAME(min_8)(const PIXEL *v)
{
    return NAME(or_nan)(NAME(lower)(NAME(least_4)(v), NAME(least_4)(v + 4)), v, 8);
}

static OZ_INLINE PIXEL NAME(most_4)(const PIXEL *v)
{
    return NAME(upper)(NAME(upper)(v[0], v[1]), NAME(upper)(v[2], v[3]));
}

static OZ_INLINE PIXEL NAME(max_2)(const PIXEL *v)
{
    return NAME(or_nan)(NAME(upper)(v[0], v[1]), v, 2);
}

static OZ_INLINE PIXEL NAME(max_4)(const PIXEL *v)
{
    return NAME(or_nan)(NAME(most_4)(v), v, 4);
}

static OZ_INLINE PIXEL NAME(max_8)(const PIXEL *v)
{
    return NAME(or_nan)(NAME(upper)(NAME(most_4)(v), NAME(most_4)(v + 4)), v, 8);
}

/* ---- boxes of such blocks ---- */

typedef PIXEL NAME(reduce)(const PIXEL *v);

static OZ_INLINE void NAME(rows_1x2)(PIXEL *restrict o, const PIXEL *p, size_t n,
                                     NAME(reduce) * of2)
{
    for (size_t i = 0; i < n; i++) {
        const PIXEL v[] = {p[2 * i], p[2 * i + 1]};
        o[i] = of2(v);
    }
}

static OZ_INLINE void NAME(rows_2x1)(PIXEL *restrict o, const PIXEL *p, const PIXEL *q, size_t n,
                                     NAME(reduce) * of2)
{
    for (size_t i = 0; i < n; i++) {
        const PIXEL v[] = {p[i], q[i]};
        o[i] = of2(v);
    }
}

static OZ_INLINE void NAME(rows_2x2)(PIXEL *restrict o, const PIXEL *p, const PIXEL *q, size_t n,
                                     NAME(reduce) * of4)
{
    for (size_t i = 0; i < n; i++) {
        const PIXEL v[] = {p[2 * i], p[2 * i + 1], q[2 * i], q[2 * i + 1]};
        o[i] = of4(v);
    }
}

static OZ_INLINE void NAME(rows_4x1)(PIXEL *restrict o, const PIXEL *const row[4], size_t n,
                                     NAME(reduce) * of4)
{
    const PIXEL *p = row[0], *q = row[1], *r = row[2], *s = row[3];
    for (size_t i = 0; i < n; i++) {
        const PIXEL v[] = {p[i], q[i], r[i], s[i]};
        o[i] = of4(v);
    }
}

static OZ_INLINE void NAME(rows_4x2)(PIXEL *restrict o, const PIXEL *const row[4], size_t n,
                                     NAME(reduce) * of8)
{
    const PIXEL *p = row[0], *q = row[1], *r = row[2], *s = row[3];
    for (size_t i = 0; i < n; i++) {
        const PIXEL v[] = {p[2 * i], p[2 * i + 1], q[2 * i], q[2 * i + 1],
                           r[2 * i], r[2 * i + 1], s[2 * i], s[2 * i + 1]};
        o[i] = of8(v);
    }
}

static OZ_INLINE void NAME(part_row)(const struct oz_shrink_part *part, uint64_t z, uint64_t y,
                                     NAME(reduce) * of2, NAME(reduce) * of4, NAME(reduce) * of8)
{
    const uint8_t *src =
        part->src + (ptrdiff_t)z * part->src_steps[0] + (ptrdiff_t)y * part->src_steps[1];
    const PIXEL *const row[4] = {(const void *)src, (const void *)(src + part->next[0]),
                                 (const void *)(src + part->next[1]),
                                 (const void *)(src + part->next[0] + part->next[1])};
    PIXEL *o =
        (void *)(part->dst + (ptrdiff_t)z * part->dst_steps[0] + (ptrdiff_t)y * part->dst_steps[1]);
    const size_t n = part->count[2];
    if (part->rows == 4 && part->cols == 2)
        NAME(rows_4x2)(o, row, n, of8);
    else if (part->rows == 4)
        NAME(rows_4x1)(o, row, n, of4);
    else if (part->rows == 2 && part->cols == 2)
        NAME(rows_2x2)(o, row[0], row[1], n, of4);
    else if (part->rows == 2)
        NAME(rows_2x1)(o, row[0], row[1], n, of2);
    else if (part->cols == 2)
        NAME(rows_1x2)(o, row[0], n, of2);
    else
        memcpy(o, row[0], n * sizeof *o);
}

static OZ_INLINE void NAME(part_rows)(const struct oz_shrink_part *part, NAME(reduce) * of2,
                                      NAME(reduce) * of4, NAME(reduce) * of8)
{
    for (uint64_t z = 0; z < part->count[0]; z++)
        for (uint64_t y = 0; y < part->count[1]; y++)
            NAME(part_row)(part, z, y, of2, of4, of8);
}

OZ_CLONES static void NAME(median)(const struct oz_shrink_part *part)
{
    NAME(part_rows)(part, NAME(median_2), NAME(median_4), NAME(median_8));
}

OZ_CLONES static void NAME(mode)(const struct oz_shrink_part *part)
{
    NAME(part_rows)(part, NAME(first), NAME(mode_4), NAME(mode_8));
}

OZ_CLONES static void NAME(mean)(const struct oz_shrink_part *part)
{
    NAME(part_rows)(part, NAME(mean_2), NAME(mean_4), NAME(mean_8));
}

OZ_CLONES static void NAME(min)(const struct oz_shrink_part *part)
{
    NAME(part_rows)(part, NAME(min_2), NAME(min_4), NAME(min_8));
}

OZ_CLONES static void NAME(max)(const struct oz_shrink_part *part)
{
    NAME(part_rows)(part, NAME(max_2), NAME(max_4), NAME(max_8));
}

static void NAME(nearest)(const struct oz_shrink_part *part)
{
    NAME(part_rows)(part, NAME(first), NAME(first), NAME(first));
}

static void NAME(shrink_part)(enum oz_shrink kind, const struct oz_shrink_part *part)
{
    static void (*const table[])(const struct oz_shrink_part *) = {
        [OZ_SHRINK_MEDIAN] = NAME(median), [OZ_SHRINK_MODE] = NAME(mode),
        [OZ_SHRINK_MEAN] = NAME(mean),     [OZ_SHRINK_MIN] = NAME(min),
        [OZ_SHRINK_MAX] = NAME(max),       [OZ_SHRINK_NEAREST] = NAME(nearest),
    };
    table[kind](part);
}

#include "image/shrink_blocks.inc.h"

const struct oz_shrink_kernels NAME(oz_shrink) = {NAME(shrink_part), NAME(shrink_blocks),
                                                  NAME(shrink_cubic)};

#undef PIXEL
#undef BITS
#undef SUM
#undef TOTAL
#undef COUNT
#undef NAME
