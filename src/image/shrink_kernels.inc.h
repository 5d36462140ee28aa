/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernels of one pixel type; this is the only place where the algorithms are. The file that
 * includes it defines for all its types
 *   EQUAL(a, b)          equal as labels
 *   BEFORE(a, b)         a < b; false where either is NaN
 *   IS_NAN(a), NAN_PIXEL true for NaN, and a NaN; 0 for integers
 *   MIDDLE(a, b)         (a + b) / 2, truncated toward zero
 *   MEAN(sum, shift)     sum / 2^shift, rounded
 *   MEAN_OF(total, n)    total / n, rounded
 *   TO_KEY(a)            a as BITS that are ordered as pixels are (not NaN)
 *   FROM_KEY(key)        and back
 *   FROM_DOUBLE(value)   rounded and clamped to the range of PIXEL
 * and for each type
 *   PIXEL, BITS          the type, and the unsigned one of the same size
 *   SUM, TOTAL           types that hold the sum of 8 pixels, and of any number of them
 *   NAME(f)              f with the type's suffix.
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

/* Of four. */
static OZ_INLINE int NAME(any_nan)(const PIXEL *v)
{
    return IS_NAN(v[0]) | IS_NAN(v[1]) | IS_NAN(v[2]) | IS_NAN(v[3]);
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
    const PIXEL middle = MIDDLE(NAME(upper)(a, c), NAME(lower)(b, d));
    return NAME(any_nan)(v) ? NAN_PIXEL : middle;
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
    const PIXEL middle = MIDDLE(fourth, fifth);
    return (NAME(any_nan)(v) | NAME(any_nan)(v + 4)) ? NAN_PIXEL : middle;
}

/* The first one wins unless it stands alone and others agree. */
static OZ_INLINE PIXEL NAME(mode_4)(const PIXEL *v)
{
    const PIXEL late = EQUAL(v[2], v[3]) ? v[2] : v[0];
    const PIXEL other = (EQUAL(v[1], v[2]) | EQUAL(v[1], v[3])) ? v[1] : late;
    return (EQUAL(v[0], v[1]) | EQUAL(v[0], v[2]) | EQUAL(v[0], v[3])) ? v[0] : other;
}

/* Take `v` where it is seen more often than what was best so far. */
static OZ_INLINE void NAME(elect)(PIXEL v, BITS count, PIXEL *best, BITS *best_count)
{
    *best = count > *best_count ? v : *best;
    *best_count = count > *best_count ? count : *best_count;
}

/* Each voxel counts those like it that follow, so the first of its kind has them all. Here the order
 * matters, and y runs fastest. */
static OZ_INLINE PIXEL NAME(mode_8)(const PIXEL *box)
{
    const PIXEL v[] = {box[0], box[2], box[1], box[3], box[4], box[6], box[5], box[7]};
#define SAME(i, j) (EQUAL(v[i], v[j]) ? (BITS)1 : (BITS)0)
    const BITS count_6 = SAME(6, 7);
    const BITS count_5 = (BITS)(SAME(5, 6) + SAME(5, 7));
    const BITS count_4 = (BITS)(SAME(4, 5) + SAME(4, 6) + SAME(4, 7));
    const BITS count_3 = (BITS)(SAME(3, 4) + SAME(3, 5) + SAME(3, 6) + SAME(3, 7));
    const BITS count_2 = (BITS)(SAME(2, 3) + SAME(2, 4) + SAME(2, 5) + SAME(2, 6) + SAME(2, 7));
    const BITS count_1 =
        (BITS)(SAME(1, 2) + SAME(1, 3) + SAME(1, 4) + SAME(1, 5) + SAME(1, 6) + SAME(1, 7));
    BITS count = (BITS)(SAME(0, 1) + SAME(0, 2) + SAME(0, 3) + SAME(0, 4) + SAME(0, 5) +
                        SAME(0, 6) + SAME(0, 7));
#undef SAME
    PIXEL best = v[0];
    NAME(elect)(v[1], count_1, &best, &count);
    NAME(elect)(v[2], count_2, &best, &count);
    NAME(elect)(v[3], count_3, &best, &count);
    NAME(elect)(v[4], count_4, &best, &count);
    NAME(elect)(v[5], count_5, &best, &count);
    NAME(elect)(v[6], count_6, &best, &count);
    return best;
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

/* NaN if either is. */
static OZ_INLINE PIXEL NAME(least)(PIXEL a, PIXEL b)
{
    return (BEFORE(a, b) | IS_NAN(a)) ? a : b;
}

static OZ_INLINE PIXEL NAME(min_2)(const PIXEL *v)
{
    return NAME(least)(v[0], v[1]);
}

static OZ_INLINE PIXEL NAME(min_4)(const PIXEL *v)
{
    return NAME(least)(NAME(min_2)(v), NAME(min_2)(v + 2));
}

static OZ_INLINE PIXEL NAME(min_8)(const PIXEL *v)
{
    return NAME(least)(NAME(min_4)(v), NAME(min_4)(v + 4));
}

static OZ_INLINE PIXEL NAME(most)(PIXEL a, PIXEL b)
{
    return (BEFORE(b, a) | IS_NAN(a)) ? a : b;
}

static OZ_INLINE PIXEL NAME(max_2)(const PIXEL *v)
{
    return NAME(most)(v[0], v[1]);
}

static OZ_INLINE PIXEL NAME(max_4)(const PIXEL *v)
{
    return NAME(most)(NAME(max_2)(v), NAME(max_2)(v + 2));
}

static OZ_INLINE PIXEL NAME(max_8)(const PIXEL *v)
{
    return NAME(most)(NAME(max_4)(v), NAME(max_4)(v + 4));
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

/* ---- a block of any size ---- */

static OZ_INLINE const PIXEL *NAME(row)(const struct oz_shrink_block *block, uint64_t z, uint64_t y)
{
    return (const void *)(block->src + (ptrdiff_t)z * block->strides[0] +
                          (ptrdiff_t)y * block->strides[1]);
}

/* The block as one row, filled up with `pad` to whole vectors: in `buffer` if it is small enough,
 * else the block as it is. */
static OZ_INLINE struct oz_shrink_block NAME(gather)(const struct oz_shrink_block *block, size_t n,
                                                     PIXEL *buffer, PIXEL pad)
{
    if (n > OZ_SHRINK_GATHER)
        return *block;
    const size_t vector = OZ_SHRINK_VECTOR / sizeof(PIXEL);
    size_t at = 0;
    for (uint64_t z = 0; z < block->size[0]; z++) {
        for (uint64_t y = 0; y < block->size[1]; y++) {
            const PIXEL *row = NAME(row)(block, z, y);
            for (uint64_t x = 0; x < block->size[2]; x++)
                buffer[at++] = row[x];
        }
    }
    while (at % vector != 0)
        buffer[at++] = pad;
    return (struct oz_shrink_block){(const uint8_t *)buffer, {0, 0}, {1, 1, at}};
}

/* How many pixels come before `key`. Counts of a few are kept in BITS, for full vectors. */
static OZ_INLINE size_t NAME(count_below)(const struct oz_shrink_block *block, BITS key)
{
    size_t count = 0;
    for (uint64_t z = 0; z < block->size[0]; z++) {
        for (uint64_t y = 0; y < block->size[1]; y++) {
            const PIXEL *row = NAME(row)(block, z, y);
            for (size_t left = block->size[2]; left > 0;) {
                const size_t n = left < OZ_SHRINK_FEW ? left : OZ_SHRINK_FEW;
                BITS few = 0;
                for (size_t i = 0; i < n; i++)
                    few = (BITS)(few + (TO_KEY(row[i]) < key ? (BITS)1 : (BITS)0));
                count += few;
                row += n;
                left -= n;
            }
        }
    }
    return count;
}

static OZ_INLINE size_t NAME(count_equal)(const struct oz_shrink_block *block, PIXEL value)
{
    size_t count = 0;
    for (uint64_t z = 0; z < block->size[0]; z++) {
        for (uint64_t y = 0; y < block->size[1]; y++) {
            const PIXEL *row = NAME(row)(block, z, y);
            for (size_t left = block->size[2]; left > 0;) {
                const size_t n = left < OZ_SHRINK_FEW ? left : OZ_SHRINK_FEW;
                BITS few = 0;
                for (size_t i = 0; i < n; i++)
                    few = (BITS)(few + (EQUAL(row[i], value) ? (BITS)1 : (BITS)0));
                count += few;
                row += n;
                left -= n;
            }
        }
    }
    return count;
}

/* The smallest key above `key`; there is one. */
static OZ_INLINE BITS NAME(next_key)(const struct oz_shrink_block *block, BITS key)
{
    BITS next = (BITS)-1;
    for (uint64_t z = 0; z < block->size[0]; z++) {
        for (uint64_t y = 0; y < block->size[1]; y++) {
            const PIXEL *row = NAME(row)(block, z, y);
            for (uint64_t x = 0; x < block->size[2]; x++) {
                const BITS k = TO_KEY(row[x]);
                next = k > key && k < next ? k : next;
            }
        }
    }
    return next;
}

static OZ_INLINE bool NAME(has_nan)(const struct oz_shrink_block *block)
{
    bool found = false;
    for (uint64_t z = 0; z < block->size[0]; z++) {
        for (uint64_t y = 0; y < block->size[1]; y++) {
            const PIXEL *row = NAME(row)(block, z, y);
            for (uint64_t x = 0; x < block->size[2]; x++)
                found |= IS_NAN(row[x]) != 0;
        }
    }
    return found;
}

/* The bits of the lower middle value are found from the top: a bit is set where no more pixels
 * than belong there come before the number that it makes. No sorting, no branch on pixels. */
OZ_CLONES static PIXEL NAME(block_median)(const struct oz_shrink_block *block)
{
    if (NAME(has_nan)(block))
        return NAN_PIXEL;
    const BITS last = (BITS)-1;
    const size_t n = block->size[0] * block->size[1] * block->size[2];
    PIXEL buffer[OZ_SHRINK_GATHER];
    const struct oz_shrink_block all = NAME(gather)(block, n, buffer, FROM_KEY(last));
    BITS key = 0;
    for (BITS bit = (BITS)(last - last / 2); bit != 0; bit >>= 1) {
        const BITS guess = key | bit;
        if (NAME(count_below)(&all, guess) <= (n - 1) / 2)
            key = guess;
    }
    if (n % 2 != 0 || key == last || NAME(count_below)(&all, (BITS)(key + 1)) > n / 2)
        return FROM_KEY(key);
    return MIDDLE(FROM_KEY(key), FROM_KEY(NAME(next_key)(&all, key)));
}

OZ_CLONES static PIXEL NAME(block_mode)(const struct oz_shrink_block *block)
{
    const size_t n = block->size[0] * block->size[1] * block->size[2];
    PIXEL buffer[OZ_SHRINK_GATHER];
    const PIXEL pad = NAME(row)(block, 0, 0)[0];
    const struct oz_shrink_block all = NAME(gather)(block, n, buffer, pad);
    PIXEL best = pad, last = pad;
    size_t left = n;
    size_t best_count = NAME(count_equal)(&all, pad) - (n > OZ_SHRINK_GATHER ? 0 : all.size[2] - n);
    for (uint64_t z = 0; z < block->size[0]; z++) {
        for (uint64_t x = 0; x < block->size[2]; x++) {
            for (uint64_t y = 0; y < block->size[1] && left > best_count; y++, left--) {
                const PIXEL next = NAME(row)(block, z, y)[x];
                if (EQUAL(next, best) || EQUAL(next, last) || EQUAL(next, pad))
                    continue;
                last = next;
                const size_t count = NAME(count_equal)(&all, last);
                best = count > best_count ? last : best;
                best_count = count > best_count ? count : best_count;
            }
        }
    }
    return best;
}

static PIXEL NAME(block_mean)(const struct oz_shrink_block *block)
{
    TOTAL total = 0;
    for (uint64_t z = 0; z < block->size[0]; z++) {
        for (uint64_t y = 0; y < block->size[1]; y++) {
            const PIXEL *row = NAME(row)(block, z, y);
            for (uint64_t x = 0; x < block->size[2]; x++)
                total += (TOTAL)row[x];
        }
    }
    return MEAN_OF(total, (TOTAL)(block->size[0] * block->size[1] * block->size[2]));
}

static OZ_INLINE PIXEL NAME(block_fold)(const struct oz_shrink_block *block,
                                        PIXEL (*choose)(PIXEL a, PIXEL b))
{
    PIXEL best = NAME(row)(block, 0, 0)[0];
    for (uint64_t z = 0; z < block->size[0]; z++) {
        for (uint64_t y = 0; y < block->size[1]; y++) {
            const PIXEL *row = NAME(row)(block, z, y);
            for (uint64_t x = 0; x < block->size[2]; x++)
                best = choose(best, row[x]);
        }
    }
    return best;
}

static void NAME(shrink_block)(enum oz_shrink kind, const struct oz_shrink_block *block, void *out)
{
    PIXEL *o = out;
    switch (kind) {
    case OZ_SHRINK_MEDIAN:
        *o = NAME(block_median)(block);
        break;
    case OZ_SHRINK_MODE:
        *o = NAME(block_mode)(block);
        break;
    case OZ_SHRINK_MEAN:
        *o = NAME(block_mean)(block);
        break;
    case OZ_SHRINK_MIN:
        *o = NAME(block_fold)(block, NAME(least));
        break;
    case OZ_SHRINK_MAX:
        *o = NAME(block_fold)(block, NAME(most));
        break;
    default:
        *o = NAME(row)(block, 0, 0)[0];
    }
}

/* ---- cubic interpolation, one axis after the other ---- */

OZ_CLONES static void NAME(add_row)(double *restrict sums, const PIXEL *restrict row, size_t n,
                                    double weight)
{
    for (size_t i = 0; i < n; i++)
        sums[i] += weight * (double)row[i];
}

/* Blocks first ... first + count - 1 of a row of blocks; z and y tell where the row is. */
static void NAME(cubic_span)(const struct oz_shrink_job *job, const struct oz_shrink_taps *z,
                             const struct oz_shrink_taps *y, uint64_t first, uint64_t count,
                             PIXEL *o)
{
    const uint64_t end = first + count - 1;
    const struct oz_shrink_taps left = oz_shrink_taps(first, job->factor[2], job->size[2]);
    const struct oz_shrink_taps right = oz_shrink_taps(end, job->factor[2], job->size[2]);
    const uint64_t from = left.at[0];
    const size_t n = right.at[right.count - 1] + 1 - from;
    double sums[OZ_SHRINK_SPAN] = {0};
    for (unsigned i = 0; i < z->count; i++) {
        for (unsigned j = 0; j < y->count; j++) {
            const uint8_t *src = job->src + (ptrdiff_t)z->at[i] * job->src_strides[0] +
                                 (ptrdiff_t)y->at[j] * job->src_strides[1];
            NAME(add_row)
            (sums, (const PIXEL *)(const void *)src + from, n, z->weight[i] * y->weight[j]);
        }
    }
    for (uint64_t i = 0; i < count; i++) {
        const struct oz_shrink_taps x = oz_shrink_taps(first + i, job->factor[2], job->size[2]);
        double value = 0;
        for (unsigned k = 0; k < x.count; k++)
            value += x.weight[k] * sums[x.at[k] - from];
        o[i] = FROM_DOUBLE(value);
    }
}

static void NAME(shrink_cubic)(const struct oz_shrink_job *job)
{
    const uint32_t *factor = job->factor;
    const uint64_t nz = oz_ceil_div(job->size[0], factor[0]);
    const uint64_t ny = oz_ceil_div(job->size[1], factor[1]);
    const uint64_t nx = oz_ceil_div(job->size[2], factor[2]);
    const uint64_t span = oz_max_u64(1, (OZ_SHRINK_SPAN - 4) / factor[2]);
    for (uint64_t row = 0; row < nz * ny; row++) {
        const struct oz_shrink_taps z = oz_shrink_taps(row / ny, factor[0], job->size[0]);
        const struct oz_shrink_taps y = oz_shrink_taps(row % ny, factor[1], job->size[1]);
        PIXEL *o = (void *)(job->dst + (ptrdiff_t)(row / ny) * job->dst_strides[0] +
                            (ptrdiff_t)(row % ny) * job->dst_strides[1]);
        for (uint64_t x = 0; x < nx; x += span)
            NAME(cubic_span)(job, &z, &y, x, oz_min_u64(span, nx - x), o + x);
    }
}

const struct oz_shrink_kernels NAME(oz_shrink) = {NAME(shrink_part), NAME(shrink_block),
                                                  NAME(shrink_cubic)};

#undef PIXEL
#undef BITS
#undef SUM
#undef TOTAL
#undef NAME
