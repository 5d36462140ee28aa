/* SPDX-License-Identifier: Apache-2.0 */
/* Cuts a box into blocks and hands them to the kernels of its pixel type. */
#include "image/shrink.h"

#include <assert.h>

#include "base/attr.h"
#include "base/checked.h"
#include "base/text.h"
#include "image/shrink_kernels.h"

static const char *const names[] = {
    [OZ_SHRINK_MEDIAN] = "median",     [OZ_SHRINK_MODE] = "mode",
    [OZ_SHRINK_MEAN] = "mean",         [OZ_SHRINK_MIN] = "min",
    [OZ_SHRINK_MAX] = "max",           [OZ_SHRINK_NEAREST] = "nearest",
    [OZ_SHRINK_BILINEAR] = "bilinear", [OZ_SHRINK_BICUBIC] = "bicubic",
};

static const struct oz_shrink_kernels *const kernels[] = {
    [OZ_U8] = &oz_shrink_u8,   [OZ_U16] = &oz_shrink_u16, [OZ_U32] = &oz_shrink_u32,
    [OZ_U64] = &oz_shrink_u64, [OZ_I8] = &oz_shrink_i8,   [OZ_I16] = &oz_shrink_i16,
    [OZ_I32] = &oz_shrink_i32, [OZ_I64] = &oz_shrink_i64, [OZ_F32] = &oz_shrink_f32,
    [OZ_F64] = &oz_shrink_f64,
};

bool oz_shrink_from_name(const char *name, enum oz_shrink *out)
{
    for (size_t i = 0; i < OZ_LENGTH(names); i++) {
        if (oz_text_equal_nocase(name, names[i])) {
            *out = (enum oz_shrink)i;
            return true;
        }
    }
    return false;
}

const char *oz_shrink_name(enum oz_shrink kind)
{
    return names[kind];
}

bool oz_shrink_is_local(enum oz_shrink kind)
{
    return kind != OZ_SHRINK_BICUBIC;
}

/* ---- factors of 1 and 2: at most eight boxes of equal blocks ---- */

/* Blocks along one axis, from `from`, that all hold `length` voxels. */
struct run {
    uint64_t from, count;
    unsigned length;
};

/* The whole blocks of an axis, then the one cut short by the end if there is one. */
static struct run axis_run(uint64_t size, unsigned factor, bool tail)
{
    const uint64_t whole = size / factor;
    return tail ? (struct run){whole, size % factor != 0, (unsigned)(size % factor)}
                : (struct run){0, whole, factor};
}

static void shrink_part(const struct oz_shrink_kernels *kernel, const struct oz_shrink_job *job,
                        const struct run run[3], size_t item)
{
    const ptrdiff_t z_stride = job->src_strides[0], y_stride = job->src_strides[1];
    const unsigned high = run[0].length, tall = run[1].length;
    struct oz_shrink_part part = {
        .rows = high * tall,
        .cols = run[2].length,
        .src = job->src + (ptrdiff_t)(run[0].from * job->factor[0]) * z_stride +
               (ptrdiff_t)(run[1].from * job->factor[1]) * y_stride +
               run[2].from * job->factor[2] * item,
        .src_steps = {(ptrdiff_t)job->factor[0] * z_stride, (ptrdiff_t)job->factor[1] * y_stride},
        .next = {tall == 2 ? y_stride : z_stride, z_stride},
        .dst = job->dst + (ptrdiff_t)run[0].from * job->dst_strides[0] +
               (ptrdiff_t)run[1].from * job->dst_strides[1] + run[2].from * item,
        .dst_steps = {job->dst_strides[0], job->dst_strides[1]},
        .count = {run[0].count, run[1].count, run[2].count},
    };
    kernel->part(job->kind, &part);
}

static void shrink_parts(const struct oz_shrink_kernels *kernel, const struct oz_shrink_job *job,
                         size_t item)
{
    for (unsigned corner = 0; corner < 8; corner++) {
        struct run run[3];
        for (unsigned a = 0; a < 3; a++)
            run[a] = axis_run(job->size[a], job->factor[a], corner >> a & 1);
        if (run[0].count != 0 && run[1].count != 0 && run[2].count != 0)
            shrink_part(kernel, job, run, item);
    }
}

/* ---- any factor: row of blocks by row of blocks ---- */

/* Keep the one or two middle voxels along each axis: interpolating linearly at the centre of a
 * block is their mean. */
static void keep_middle(struct oz_shrink_blocks *blocks, size_t item)
{
    uint64_t skip[3];
    for (unsigned a = 0; a < 3; a++) {
        skip[a] = (blocks->size[a] - 1) / 2;
        blocks->size[a] = blocks->size[a] % 2 != 0 ? 1 : 2;
    }
    blocks->src += (ptrdiff_t)skip[0] * blocks->strides[0] +
                   (ptrdiff_t)skip[1] * blocks->strides[1] + skip[2] * item;
}

static void shrink_run(const struct oz_shrink_kernels *kernel, enum oz_shrink kind,
                       const struct oz_shrink_blocks *first, uint64_t count, uint8_t *dst,
                       size_t item)
{
    struct oz_shrink_blocks blocks = *first;
    if (kind == OZ_SHRINK_BILINEAR) {
        keep_middle(&blocks, item);
        kind = OZ_SHRINK_MEAN;
    }
    kernel->blocks(kind, &blocks, count, dst);
}

static void shrink_row(const struct oz_shrink_kernels *kernel, const struct oz_shrink_job *job,
                       uint64_t z, uint64_t y, size_t item)
{
    const uint64_t at_z = z * job->factor[0], at_y = y * job->factor[1];
    struct oz_shrink_blocks blocks = {
        .src = job->src + (ptrdiff_t)at_z * job->src_strides[0] +
               (ptrdiff_t)at_y * job->src_strides[1],
        .strides = {job->src_strides[0], job->src_strides[1]},
        .size = {oz_min_u64(job->factor[0], job->size[0] - at_z),
                 oz_min_u64(job->factor[1], job->size[1] - at_y), job->factor[2]},
        .step = job->factor[2],
    };
    uint8_t *dst =
        job->dst + (ptrdiff_t)z * job->dst_strides[0] + (ptrdiff_t)y * job->dst_strides[1];
    const struct run whole = axis_run(job->size[2], job->factor[2], false);
    const struct run cut = axis_run(job->size[2], job->factor[2], true);
    if (whole.count > 0)
        shrink_run(kernel, job->kind, &blocks, whole.count, dst, item);
    blocks.src += cut.from * job->factor[2] * item;
    blocks.size[2] = cut.length;
    if (cut.count > 0)
        shrink_run(kernel, job->kind, &blocks, cut.count, dst + cut.from * item, item);
}

static void shrink_blocks(const struct oz_shrink_kernels *kernel, const struct oz_shrink_job *job,
                          size_t item)
{
    const uint64_t nz = oz_ceil_div(job->size[0], job->factor[0]);
    const uint64_t ny = oz_ceil_div(job->size[1], job->factor[1]);
    for (uint64_t z = 0; z < nz; z++)
        for (uint64_t y = 0; y < ny; y++)
            shrink_row(kernel, job, z, y, item);
}

void oz_shrink_box(enum oz_shrink kind, enum oz_dtype dtype, const uint32_t factor[3],
                   const uint64_t size[3], const void *src, const ptrdiff_t src_strides[2],
                   void *dst, const ptrdiff_t dst_strides[2])
{
    assert((size_t)dtype < OZ_LENGTH(kernels));
    assert(factor[0] > 0 && factor[1] > 0 && factor[2] > 0);
    const struct oz_shrink_kernels *kernel = kernels[dtype];
    const size_t item = oz_dtype_size(dtype);
    struct oz_shrink_job job = {.kind = kind,
                                .factor = {factor[0], factor[1], factor[2]},
                                .size = {size[0], size[1], size[2]},
                                .src = src,
                                .src_strides = {src_strides[0], src_strides[1]},
                                .dst = dst,
                                .dst_strides = {dst_strides[0], dst_strides[1]}};
    if (kind == OZ_SHRINK_BICUBIC) {
        kernel->cubic(&job);
    } else if (factor[0] <= 2 && factor[1] <= 2 && factor[2] <= 2) {
        if (kind == OZ_SHRINK_BILINEAR) /* the same thing where no block is longer than 2 */
            job.kind = OZ_SHRINK_MEAN;
        shrink_parts(kernel, &job, item);
    } else {
        shrink_blocks(kernel, &job, item);
    }
}
