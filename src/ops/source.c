/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the input of a pyramid from a stack of pictures or from a stored array. */
#include "ops/source.h"

#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"

static bool read_stack(const struct oz_source *source, struct oz_scratch *scratch,
                       const struct oz_region *region, void *out, struct oz_err *err)
{
    (void)scratch;
    const uint64_t *start = region->start, *count = region->count;
    size_t plane = source->group * count[1] * count[2] * oz_dtype_size(source->dtype);
    for (uint64_t z = 0; z < count[0]; z++) {
        if (!oz_stack_read(source->stack, source->files, region->t, region->c, start[0] + z,
                           start[1], count[1], start[2], count[2], (uint8_t *)out + z * plane, err))
            return false;
    }
    return true;
}

/* Pages that hold several samples are read whole, and the one that is wanted is kept. */
static bool read_one_sample(const struct oz_source *source, struct oz_scratch *scratch,
                            const struct oz_region *region, void *out, struct oz_err *err)
{
    (void)scratch;
    const struct oz_stack *stack = source->stack;
    const uint64_t *start = region->start, *count = region->count;
    size_t plane = count[1] * count[2] * oz_dtype_size(source->dtype);
    uint64_t sample = source->first_channel % stack->samples;
    OZ_AUTO_FREE uint8_t *page = oz_alloc_pixels(plane * stack->samples, err);
    if (!page)
        return false;
    for (uint64_t z = 0; z < count[0]; z++) {
        if (!oz_stack_read(stack, source->files, region->t, source->first_channel - sample,
                           start[0] + z, start[1], count[1], start[2], count[2], page, err))
            return false;
        memcpy((uint8_t *)out + z * plane, page + sample * plane, plane);
    }
    return true;
}

void oz_source_from_stack(struct oz_source *source, const struct oz_stack *stack,
                          struct oz_files *files, int64_t channel)
{
    *source = (struct oz_source){
        .dtype = stack->dtype,
        .group = channel < 0 ? stack->samples : 1,
        .access = stack->direct ? OZ_BY_ROWS : OZ_BY_PAGE,
        .block = {stack->block_rows, stack->block_cols},
        .read = channel < 0 ? read_stack : read_one_sample,
        .stack = stack,
        .files = files,
        .first_channel = channel < 0 ? 0 : (uint64_t)channel,
    };
    memcpy(source->shape, stack->shape, sizeof source->shape);
    if (channel >= 0)
        source->shape[OZ_C] = 1;
}

static bool read_array(const struct oz_source *source, struct oz_scratch *scratch,
                       const struct oz_region *region, void *out, struct oz_err *err)
{
    uint64_t start[OZ_MAX_RANK] = {0}, count[OZ_MAX_RANK];
    ptrdiff_t strides[OZ_MAX_RANK] = {0};
    const struct oz_axis_order *order = &source->order;
    const int axis[OZ_AXES] = {order->t, order->c, order->z, order->y, order->x};
    ptrdiff_t item = (ptrdiff_t)oz_dtype_size(source->dtype);
    ptrdiff_t row = item * (ptrdiff_t)region->count[2];
    ptrdiff_t plane = row * (ptrdiff_t)region->count[1];
    const uint64_t from[OZ_AXES] = {region->t, region->c, source->origin[0] + region->start[0],
                                    source->origin[1] + region->start[1],
                                    source->origin[2] + region->start[2]};
    const uint64_t length[OZ_AXES] = {1, source->group, region->count[0], region->count[1],
                                      region->count[2]};
    const ptrdiff_t stride[OZ_AXES] = {0, plane, plane * (ptrdiff_t)source->group, row, item};

    for (unsigned i = 0; i < OZ_MAX_RANK; i++)
        count[i] = 1;
    for (int a = 0; a < OZ_AXES; a++) {
        if (axis[a] < 0)
            continue;
        start[axis[a]] = from[a];
        count[axis[a]] = length[a];
        strides[axis[a]] = stride[a];
    }
    return oz_array_read(source->array, scratch, start, count, out, strides, err);
}

void oz_source_from_array(struct oz_source *source, const struct oz_array *array,
                          struct oz_axis_order order, const uint64_t origin[3],
                          const uint64_t extent[3])
{
    const struct oz_meta *meta = oz_array_meta(array);
    *source = (struct oz_source){
        .dtype = meta->dtype,
        .shape = {order.t < 0 ? 1 : meta->shape[order.t], order.c < 0 ? 1 : meta->shape[order.c],
                  extent[0], extent[1], extent[2]},
        .group = order.c < 0 ? 1 : (uint32_t)meta->chunk[order.c],
        .access = OZ_BY_BOX,
        .block = {1, 1},
        .read = read_array,
        .array = array,
        .order = order,
    };
    memcpy(source->origin, origin, sizeof source->origin);
    /* Channels that share a chunk are read together, where they divide evenly. */
    if (source->shape[OZ_C] % source->group != 0)
        source->group = (uint32_t)source->shape[OZ_C];
}
