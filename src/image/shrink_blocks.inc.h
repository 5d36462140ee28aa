/* SPDX-License-Identifier: Apache-2.0 */
/* The part of shrink_kernels.inc.h that is for blocks of any size, and for cubic interpolation. */

static OZ_INLINE const PIXEL *NAME(row)(const struct oz_shrink_blocks *blocks, uint64_t z,
                                        uint64_t y)
{
    return (const void *)(blocks->src + (ptrdiff_t)z * blocks->strides[0] +
                          (ptrdiff_t)y * blocks->strides[1]);
}

/* ---- median and mode of many blocks side by side: one lane of a vector a block ---- */

#define LANES (OZ_SHRINK_VECTOR / sizeof(PIXEL))

/* Voxel k of lane i goes to to[k * LANES + i], y fastest, then x, as ties of the mode want it;
 * lanes without a block stay 0. */
static OZ_INLINE void NAME(spread)(const struct oz_shrink_blocks *blocks, size_t count, bool labels,
                                   BITS *to)
{
    const uint64_t width = blocks->size[2], height = blocks->size[1];
    if (count < LANES)
        memset(to, 0, oz_shrink_voxels(blocks) * LANES * sizeof *to);
    for (uint64_t z = 0; z < blocks->size[0]; z++) {
        for (uint64_t y = 0; y < height; y++) {
            const PIXEL *row = NAME(row)(blocks, z, y);
            BITS *column = to + y * LANES;
            for (size_t i = 0; i < count; i++) {
                for (uint64_t x = 0; x < width; x++)
                    column[x * height * LANES + i] = labels ? TO_LABEL(row[x]) : TO_KEY(row[x]);
                row += blocks->step;
            }
        }
        to += width * height * LANES;
    }
}

/* How many keys of each lane are below the lane's `limit`. Counts of a few are kept in BITS, so
 * that the loop works on full vectors. */
static OZ_INLINE void NAME(count_below)(const BITS *keys, size_t n, const BITS *limit, COUNT *count)
{
    for (size_t i = 0; i < LANES; i++)
        count[i] = 0;
    for (size_t from = 0; from < n; from += OZ_SHRINK_FEW) {
        const size_t end = n - from < OZ_SHRINK_FEW ? n : from + OZ_SHRINK_FEW;
        BITS few[LANES] = {0};
        for (size_t k = from; k < end; k++) {
            for (size_t i = 0; i < LANES; i++)
                few[i] = (BITS)(few[i] + (keys[k * LANES + i] < limit[i]));
        }
        for (size_t i = 0; i < LANES; i++)
            count[i] = (COUNT)(count[i] + few[i]);
    }
}

/* The middle values of each lane. The bits of the lower one are found from the top: one is set
 * where no more keys than belong there lie below the number that it makes. */
static OZ_INLINE void NAME(find_middle)(const BITS *keys, size_t n, BITS *low, BITS *high)
{
    BITS guess[LANES];
    COUNT count[LANES];
    for (size_t i = 0; i < LANES; i++)
        low[i] = 0;
    for (BITS bit = (BITS)((BITS)1 << (sizeof(BITS) * 8 - 1)); bit != 0; bit >>= 1) {
        for (size_t i = 0; i < LANES; i++)
            guess[i] = low[i] | bit;
        NAME(count_below)(keys, n, guess, count);
        for (size_t i = 0; i < LANES; i++)
            low[i] = count[i] <= (n - 1) / 2 ? guess[i] : low[i];
    }
    /* The upper one: the same if enough keys are not above it, else the next larger. */
    for (size_t i = 0; i < LANES; i++) {
        guess[i] = (BITS)(low[i] + 1);
        high[i] = (BITS)-1;
    }
    NAME(count_below)(keys, n, guess, count);
    for (size_t k = 0; k < n; k++) {
        for (size_t i = 0; i < LANES; i++) {
            const BITS key = keys[k * LANES + i];
            const BITS above = NAME(choose)(NAME(mask)(key > low[i]), key, (BITS)-1);
            high[i] = above < high[i] ? above : high[i];
        }
    }
    for (size_t i = 0; i < LANES; i++)
        high[i] = n % 2 != 0 || guess[i] == 0 || count[i] > n / 2 ? low[i] : high[i];
}

OZ_CLONES static void NAME(lanes_median)(const struct oz_shrink_blocks *blocks, size_t count,
                                         PIXEL *o)
{
    const size_t n = oz_shrink_voxels(blocks);
    BITS keys[OZ_SHRINK_LANE_BLOCK * LANES];
    BITS low[LANES], high[LANES], nan[LANES] = {0};
    NAME(spread)(blocks, count, false, keys);
    NAME(find_middle)(keys, n, low, high);
    for (size_t k = 0; k < n; k++) {
        for (size_t i = 0; i < LANES; i++)
            nan[i] |= NAN_KEY(keys[k * LANES + i]);
    }
    for (size_t i = 0; i < count; i++)
        o[i] = nan[i] ? FROM_BITS(NAN_BITS) : MIDDLE(FROM_KEY(low[i]), FROM_KEY(high[i]));
}

/* How many labels of each lane, from the k-th on, equal the k-th. */
static OZ_INLINE void NAME(count_alike)(const BITS *labels, size_t k, size_t n, COUNT *count)
{
    for (size_t i = 0; i < LANES; i++)
        count[i] = 0;
    for (size_t from = k; from < n; from += OZ_SHRINK_FEW) {
        const size_t end = n - from < OZ_SHRINK_FEW ? n : from + OZ_SHRINK_FEW;
        BITS few[LANES] = {0};
        for (size_t j = from; j < end; j++) {
            for (size_t i = 0; i < LANES; i++)
                few[i] = (BITS)(few[i] + (labels[j * LANES + i] == labels[k * LANES + i]));
        }
        for (size_t i = 0; i < LANES; i++)
            count[i] = (COUNT)(count[i] + few[i]);
    }
}

OZ_CLONES static void NAME(lanes_mode)(const struct oz_shrink_blocks *blocks, size_t count,
                                       PIXEL *o)
{
    const size_t n = oz_shrink_voxels(blocks);
    BITS labels[OZ_SHRINK_LANE_BLOCK * LANES], best[LANES] = {0};
    COUNT best_count[LANES] = {0}, alike[LANES];
    NAME(spread)(blocks, count, true, labels);
    size_t least = 0; /* the smallest of best_count */
    for (size_t k = 0; n - k > least; k++) {
        NAME(count_alike)(labels, k, n, alike);
        least = n;
        for (size_t i = 0; i < LANES; i++) {
            const bool more = alike[i] > best_count[i];
            best[i] = more ? labels[k * LANES + i] : best[i];
            best_count[i] = more ? alike[i] : best_count[i];
            least = best_count[i] < least ? best_count[i] : least;
        }
    }
    for (size_t i = 0; i < count; i++)
        o[i] = FROM_BITS(best[i]);
}

/* ---- one block, in place ---- */

static size_t NAME(count_keys)(const struct oz_shrink_blocks *block, BITS limit)
{
    size_t count = 0;
    for (uint64_t z = 0; z < block->size[0]; z++) {
        for (uint64_t y = 0; y < block->size[1]; y++) {
            const PIXEL *row = NAME(row)(block, z, y);
            for (uint64_t x = 0; x < block->size[2]; x++)
                count += TO_KEY(row[x]) < limit;
        }
    }
    return count;
}

/* The smallest key that is at least `least` (there is one), and whether any is NaN's. */
static BITS NAME(next_key)(const struct oz_shrink_blocks *block, BITS least, bool *nan)
{
    BITS next = (BITS)-1;
    for (uint64_t z = 0; z < block->size[0]; z++) {
        for (uint64_t y = 0; y < block->size[1]; y++) {
            const PIXEL *row = NAME(row)(block, z, y);
            for (uint64_t x = 0; x < block->size[2]; x++) {
                const BITS key = TO_KEY(row[x]);
                *nan = *nan || NAN_KEY(key);
                next = key >= least && key < next ? key : next;
            }
        }
    }
    return next;
}

/* As find_middle does it. */
static PIXEL NAME(block_median)(const struct oz_shrink_blocks *block)
{
    const size_t n = oz_shrink_voxels(block);
    BITS low = 0;
    for (BITS bit = (BITS)((BITS)1 << (sizeof(BITS) * 8 - 1)); bit != 0; bit >>= 1) {
        const BITS guess = low | bit;
        low = NAME(count_keys)(block, guess) <= (n - 1) / 2 ? guess : low;
    }
    bool nan = false;
    const BITS above = (BITS)(low + 1);
    const BITS next = NAME(next_key)(block, above, &nan);
    if (nan)
        return FROM_BITS(NAN_BITS);
    const bool alone = n % 2 != 0 || above == 0 || NAME(count_keys)(block, above) > n / 2;
    return MIDDLE(FROM_KEY(low), FROM_KEY(alone ? low : next));
}

static size_t NAME(count_labels)(const struct oz_shrink_blocks *block, BITS label)
{
    size_t count = 0;
    for (uint64_t z = 0; z < block->size[0]; z++) {
        for (uint64_t y = 0; y < block->size[1]; y++) {
            const PIXEL *row = NAME(row)(block, z, y);
            for (uint64_t x = 0; x < block->size[2]; x++)
                count += TO_LABEL(row[x]) == label;
        }
    }
    return count;
}

/* Ends as soon as the voxels that are left could not outvote the best. */
static PIXEL NAME(block_mode)(const struct oz_shrink_blocks *block)
{
    BITS best = TO_LABEL(NAME(row)(block, 0, 0)[0]), last = best;
    size_t best_count = NAME(count_labels)(block, best), left = oz_shrink_voxels(block);
    for (uint64_t z = 0; z < block->size[0]; z++) {
        for (uint64_t x = 0; x < block->size[2]; x++) {
            for (uint64_t y = 0; y < block->size[1] && left > best_count; y++, left--) {
                const BITS label = TO_LABEL(NAME(row)(block, z, y)[x]);
                if (label == best || label == last)
                    continue;
                const size_t count = NAME(count_labels)(block, label);
                last = label;
                best = count > best_count ? label : best;
                best_count = count > best_count ? count : best_count;
            }
        }
    }
    return FROM_BITS(best);
}

static PIXEL NAME(block_mean)(const struct oz_shrink_blocks *block)
{
    TOTAL total = 0;
    for (uint64_t z = 0; z < block->size[0]; z++) {
        for (uint64_t y = 0; y < block->size[1]; y++) {
            const PIXEL *row = NAME(row)(block, z, y);
            for (uint64_t x = 0; x < block->size[2]; x++)
                total += (TOTAL)row[x];
        }
    }
    return MEAN_OF(total, (TOTAL)oz_shrink_voxels(block));
}

static OZ_INLINE PIXEL NAME(block_fold)(const struct oz_shrink_blocks *block,
                                        PIXEL (*pick)(PIXEL a, PIXEL b))
{
    PIXEL best = NAME(row)(block, 0, 0)[0];
    BITS nan = 0;
    for (uint64_t z = 0; z < block->size[0]; z++) {
        for (uint64_t y = 0; y < block->size[1]; y++) {
            const PIXEL *row = NAME(row)(block, z, y);
            for (uint64_t x = 0; x < block->size[2]; x++) {
                best = pick(best, row[x]);
                nan |= NAME(mask)(UNORDERED(row[x], row[x]));
            }
        }
    }
    return FROM_BITS(NAME(choose)(nan, NAN_BITS, TO_BITS(best)));
}

static PIXEL NAME(block_min)(const struct oz_shrink_blocks *block)
{
    return NAME(block_fold)(block, NAME(lower));
}

static PIXEL NAME(block_max)(const struct oz_shrink_blocks *block)
{
    return NAME(block_fold)(block, NAME(upper));
}

static PIXEL NAME(block_nearest)(const struct oz_shrink_blocks *block)
{
    return NAME(row)(block, 0, 0)[0];
}

static void NAME(shrink_blocks)(enum oz_shrink kind, const struct oz_shrink_blocks *blocks,
                                uint64_t count, void *out)
{
    static PIXEL (*const one[])(const struct oz_shrink_blocks *) = {
        [OZ_SHRINK_MEDIAN] = NAME(block_median), [OZ_SHRINK_MODE] = NAME(block_mode),
        [OZ_SHRINK_MEAN] = NAME(block_mean),     [OZ_SHRINK_MIN] = NAME(block_min),
        [OZ_SHRINK_MAX] = NAME(block_max),       [OZ_SHRINK_NEAREST] = NAME(block_nearest),
    };
    const bool ranked = kind == OZ_SHRINK_MEDIAN || kind == OZ_SHRINK_MODE;
    const bool lanes = ranked && oz_shrink_voxels(blocks) <= OZ_SHRINK_LANE_BLOCK;
    struct oz_shrink_blocks at = *blocks;
    PIXEL *o = out;
    for (uint64_t i = 0; i < count;) {
        const size_t n = lanes ? (size_t)oz_min_u64(LANES, count - i) : 1;
        if (lanes && kind == OZ_SHRINK_MEDIAN)
            NAME(lanes_median)(&at, n, o + i);
        else if (lanes)
            NAME(lanes_mode)(&at, n, o + i);
        else
            o[i] = one[kind](&at);
        at.src += n * blocks->step * sizeof(PIXEL);
        i += n;
    }
}

#undef LANES

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
    const uint64_t factor = job->factor[2], size = job->size[2];
    const struct oz_shrink_taps right = oz_shrink_taps(first + count - 1, factor, size);
    const uint64_t from = oz_shrink_taps(first, factor, size).at[0];
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
        const struct oz_shrink_taps x = oz_shrink_taps(first + i, factor, size);
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
