/* SPDX-License-Identifier: Apache-2.0 */
/* Strided copy and fill of boxes: axes are put in writing order, merged, then walked. */
#include "base/ndcopy.h"

#include <assert.h>
#include <string.h>

#include "base/checked.h"

#define TILE_BYTES 8192
#define TILE_ITEM 128 /* larger items are worth a memcpy of their own */

struct axis {
    uint64_t length;
    ptrdiff_t dst, src; /* strides in bytes */
};

/* A box with as few axes as it takes, slowest first in the order of writing. */
struct walk {
    struct axis axes[OZ_MAX_RANK];
    unsigned rank;
};

static size_t magnitude(ptrdiff_t stride)
{
    return stride < 0 ? (size_t)0 - (size_t)stride : (size_t)stride;
}

/* Insert by falling stride of the target, so that the last axis writes neighbours. */
static void insert_axis(struct walk *walk, struct axis axis)
{
    unsigned at = walk->rank++;
    while (at > 0 && magnitude(walk->axes[at - 1].dst) < magnitude(axis.dst)) {
        walk->axes[at] = walk->axes[at - 1];
        at--;
    }
    walk->axes[at] = axis;
}

static bool can_merge(const struct axis *outer, const struct axis *inner)
{
    return outer->dst == (ptrdiff_t)inner->length * inner->dst &&
           outer->src == (ptrdiff_t)inner->length * inner->src;
}

/* False where the box is empty. */
static bool simplify(struct walk *walk, unsigned rank, const uint64_t *shape,
                     const ptrdiff_t *dst_strides, const ptrdiff_t *src_strides)
{
    assert(rank <= OZ_MAX_RANK);
    walk->rank = 0;
    for (unsigned i = 0; i < rank; i++) {
        if (shape[i] == 0)
            return false;
        ptrdiff_t src = src_strides == NULL ? 0 : src_strides[i];
        if (shape[i] > 1)
            insert_axis(walk, (struct axis){shape[i], dst_strides[i], src});
    }
    unsigned kept = 0;
    for (unsigned i = 1; i < walk->rank; i++) {
        struct axis *outer = &walk->axes[kept];
        if (can_merge(outer, &walk->axes[i]))
            *outer = (struct axis){outer->length * walk->axes[i].length, walk->axes[i].dst,
                                   walk->axes[i].src};
        else
            walk->axes[++kept] = walk->axes[i];
    }
    walk->rank = walk->rank == 0 ? 0 : kept + 1;
    return true;
}

/* The last axis, or a single item where there is none. */
static struct axis take_inner(struct walk *walk, size_t item_size)
{
    if (walk->rank == 0)
        return (struct axis){1, (ptrdiff_t)item_size, (ptrdiff_t)item_size};
    return walk->axes[--walk->rank];
}

/* Step to the next row; false after the last. */
static bool step(const struct walk *walk, uint64_t *index, uint8_t **dst, const uint8_t **src)
{
    for (unsigned i = walk->rank; i-- > 0;) {
        const struct axis *axis = &walk->axes[i];
        if (++index[i] < axis->length) {
            *dst += axis->dst;
            *src += axis->src;
            return true;
        }
        index[i] = 0;
        *dst -= (ptrdiff_t)(axis->length - 1) * axis->dst;
        *src -= (ptrdiff_t)(axis->length - 1) * axis->src;
    }
    return false;
}

/* `size` is a constant in each call below, so that the copy of one item becomes one move. */
static inline void copy_items(uint8_t *dst, const uint8_t *src, struct axis axis, size_t size)
{
    for (uint64_t i = 0; i < axis.length; i++) {
        memcpy(dst, src, size);
        dst += axis.dst;
        src += axis.src;
    }
}

static void copy_row(uint8_t *dst, const uint8_t *src, struct axis axis, size_t item_size)
{
    if (axis.dst == (ptrdiff_t)item_size && axis.src == (ptrdiff_t)item_size)
        memcpy(dst, src, (size_t)axis.length * item_size);
    else if (item_size == 1)
        copy_items(dst, src, axis, 1);
    else if (item_size == 2)
        copy_items(dst, src, axis, 2);
    else if (item_size == 4)
        copy_items(dst, src, axis, 4);
    else if (item_size == 8)
        copy_items(dst, src, axis, 8);
    else
        copy_items(dst, src, axis, item_size);
}

/*
 * A transposed plane, tile by tile. The rows of a tile lie far apart, often by a power of two, and
 * would push each other out of the cache while they are walked across; so each is read in one go
 * into a small packed tile, and the axes are swapped on the way out of it.
 */
static void copy_tile(uint8_t *dst, const uint8_t *src, struct axis outer, struct axis inner,
                      size_t item_size)
{
    uint8_t tile[TILE_BYTES];
    const ptrdiff_t size = (ptrdiff_t)item_size;
    const ptrdiff_t pitch = (ptrdiff_t)outer.length * size;
    const struct axis read = {outer.length, size, outer.src};
    const struct axis write = {inner.length, inner.dst, pitch};
    for (ptrdiff_t i = 0; i < (ptrdiff_t)inner.length; i++)
        copy_row(tile + i * pitch, src + i * inner.src, read, item_size);
    for (ptrdiff_t j = 0; j < (ptrdiff_t)outer.length; j++)
        copy_row(dst + j * outer.dst, tile + j * size, write, item_size);
}

static void copy_plane(uint8_t *dst, const uint8_t *src, struct axis outer, struct axis inner,
                       size_t item_size)
{
    const uint64_t edge = item_size <= 2 ? 64 : item_size <= 8 ? 32 : 8;
    for (uint64_t j = 0; j < outer.length; j += edge)
        for (uint64_t i = 0; i < inner.length; i += edge) {
            struct axis columns = outer, rows = inner;
            columns.length = oz_min_u64(outer.length - j, edge);
            rows.length = oz_min_u64(inner.length - i, edge);
            copy_tile(dst + (ptrdiff_t)i * inner.dst + (ptrdiff_t)j * outer.dst,
                      src + (ptrdiff_t)i * inner.src + (ptrdiff_t)j * outer.src, columns, rows,
                      item_size);
        }
}

/* Take out the axis along which the source lies in memory, if that is not the last one. */
static bool take_source_axis(struct walk *walk, struct axis *taken)
{
    unsigned best = walk->rank - 1;
    for (unsigned i = 0; i + 1 < walk->rank; i++)
        if (magnitude(walk->axes[i].src) < magnitude(walk->axes[best].src))
            best = i;
    if (walk->rank < 2 || best == walk->rank - 1)
        return false;
    *taken = walk->axes[best];
    walk->rank--;
    for (unsigned i = best; i < walk->rank; i++)
        walk->axes[i] = walk->axes[i + 1];
    return true;
}

void oz_nd_copy(unsigned rank, const uint64_t *shape, size_t item_size, void *dst,
                const ptrdiff_t *dst_strides, const void *src, const ptrdiff_t *src_strides)
{
    struct walk walk;
    if (!simplify(&walk, rank, shape, dst_strides, src_strides))
        return;
    struct axis outer = {1, 0, 0};
    const bool transposed = item_size <= TILE_ITEM && take_source_axis(&walk, &outer);
    const struct axis inner = take_inner(&walk, item_size);
    uint64_t index[OZ_MAX_RANK] = {0};
    uint8_t *to = dst;
    const uint8_t *from = src;
    do {
        if (transposed)
            copy_plane(to, from, outer, inner, item_size);
        else
            copy_row(to, from, inner, item_size);
    } while (step(&walk, index, &to, &from));
}

static bool is_one_byte(const uint8_t *value, size_t item_size)
{
    for (size_t i = 1; i < item_size; i++)
        if (value[i] != value[0])
            return false;
    return true;
}

/* Neighbouring items: the filled part is copied behind itself, twice as long each time. */
static void fill_run(uint8_t *dst, size_t size, const uint8_t *value, size_t item_size)
{
    if (is_one_byte(value, item_size)) {
        memset(dst, value[0], size);
        return;
    }
    memcpy(dst, value, item_size);
    for (size_t filled = item_size; filled < size;) {
        size_t piece = filled < size - filled ? filled : size - filled;
        memcpy(dst + filled, dst, piece);
        filled += piece;
    }
}

void oz_nd_fill(unsigned rank, const uint64_t *shape, size_t item_size, void *dst,
                const ptrdiff_t *dst_strides, const void *value)
{
    struct walk walk;
    if (!simplify(&walk, rank, shape, dst_strides, NULL))
        return;
    const struct axis inner = take_inner(&walk, item_size);
    const struct axis repeated = {inner.length, inner.dst, 0};
    uint64_t index[OZ_MAX_RANK] = {0};
    uint8_t *to = dst;
    const uint8_t *from = value;
    do {
        if (inner.dst == (ptrdiff_t)item_size)
            fill_run(to, (size_t)inner.length * item_size, value, item_size);
        else
            copy_row(to, value, repeated, item_size);
    } while (step(&walk, index, &to, &from));
}

void oz_nd_strides(unsigned rank, const uint64_t *shape, size_t item_size, ptrdiff_t *strides)
{
    ptrdiff_t stride = (ptrdiff_t)item_size;
    for (unsigned i = rank; i-- > 0;) {
        strides[i] = stride;
        stride *= (ptrdiff_t)shape[i];
    }
}

bool oz_nd_is_contiguous(unsigned rank, const uint64_t *shape, size_t item_size,
                         const ptrdiff_t *strides)
{
    ptrdiff_t expected = (ptrdiff_t)item_size;
    for (unsigned i = rank; i-- > 0;) {
        if (shape[i] == 0)
            return true;
        if (shape[i] > 1 && strides[i] != expected)
            return false;
        expected *= (ptrdiff_t)shape[i];
    }
    return true;
}
