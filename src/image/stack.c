/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the stacks of a source and reads rectangles of their planes. */
#include "image/stack.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "image/stack_find.h"

/* ---- finding ---- */

static void release_stack(struct oz_stack *stack)
{
    oz_free(stack->name);
    oz_free(stack->path);
    oz_stack_channels_free(stack->channels, stack->channels ? stack->shape[OZ_C] : 0);
    oz_stack_pages_free(stack->pages);
}

void oz_stack_list_release(struct oz_stack_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        release_stack(&list->items[i]);
    oz_free(list->items);
    *list = (struct oz_stack_list){0};
}

static void release_finder(struct stack_finder *f)
{
    for (size_t i = 0; i < f->layer_count; i++) {
        struct stack_layer *layer = &f->layers[i];
        release_stack(&layer->stack);
        oz_free(layer->short_name);
        oz_free(layer->long_name);
        oz_free(layer->suffix);
    }
    oz_free(f->layers);
    oz_stack_files_release(f);
}

struct stack_layer *oz_stack_layer_add(struct stack_finder *f, size_t file, struct oz_err *err)
{
    if (f->layer_count == f->layer_room) {
        size_t room = f->layer_room ? f->layer_room * 2 : 8;
        struct stack_layer *layers = oz_realloc(f->layers, room, sizeof *layers, err);
        if (!layers)
            return NULL;
        f->layers = layers;
        f->layer_room = room;
    }
    struct stack_layer *layer = &f->layers[f->layer_count++];
    *layer = (struct stack_layer){.file = file};
    return layer;
}

static int compare_layers(const void *a, const void *b)
{
    const struct stack_layer *left = a, *right = b;
    if (left->file != right->file)
        return left->file < right->file ? -1 : 1;
    return (left->image > right->image) - (left->image < right->image);
}

static bool find(struct stack_finder *f, struct oz_stack_list *out, struct oz_err *err)
{
    if (!oz_stack_files_find(f, err) || !oz_stack_load(f, err) || !oz_stack_group(f, err))
        return false;
    qsort(f->layers, f->layer_count, sizeof *f->layers, compare_layers);
    if (!oz_stack_names(f, err))
        return false;
    out->items = oz_alloc(f->layer_count, sizeof *out->items, err);
    if (!out->items)
        return false;
    out->count = f->layer_count;
    for (size_t i = 0; i < f->layer_count; i++) {
        out->items[i] = f->layers[i].stack;
        f->layers[i].stack = (struct oz_stack){0};
    }
    return true;
}

bool oz_stacks_find(const char *source, struct oz_progress *progress, struct oz_stack_list *out,
                    struct oz_err *err)
{
    *out = (struct oz_stack_list){0};
    struct stack_finder finder = {.source = source, .progress = progress};
    bool ok = find(&finder, out, err);
    release_finder(&finder);
    return ok;
}

/* ---- reading ---- */

/*
 * Spread [samples][have_rows][have_cols] at the start of `out` to [samples][rows][cols], zeros
 * where there is nothing. From the end, as no item moves to a lower address.
 */
static void spread(uint8_t *out, uint32_t samples, size_t have_rows, size_t have_row, size_t rows,
                   size_t row)
{
    for (uint32_t s = samples; s-- > 0;)
        for (size_t r = rows; r-- > 0;) {
            uint8_t *to = out + (s * rows + r) * row;
            size_t filled = 0;
            if (r < have_rows) {
                memmove(to, out + (s * have_rows + r) * have_row, have_row);
                filled = have_row;
            }
            memset(to + filled, 0, row - filled);
        }
}

static uint64_t overlap(uint64_t begin, uint64_t count, uint64_t end)
{
    return begin >= end ? 0 : oz_min_u64(count, end - begin);
}

bool oz_stack_read(const struct oz_stack *stack, struct oz_files *files, uint64_t t, uint64_t c,
                   uint64_t z, uint64_t y, uint64_t rows, uint64_t x, uint64_t cols, void *out,
                   struct oz_err *err)
{
    assert(t < stack->shape[OZ_T] && c < stack->shape[OZ_C] && z < stack->shape[OZ_Z]);
    assert(c % stack->samples == 0);
    const uint64_t sizes[3] = {stack->shape[OZ_T], stack->shape[OZ_C] / stack->samples,
                               stack->shape[OZ_Z]};
    const uint64_t at[3] = {t, c / stack->samples, z};
    size_t item = oz_dtype_size(stack->dtype);
    uint64_t page;
    const struct oz_picture *picture = oz_stack_plane_find(stack->pages, sizes, at, &page);
    if (!picture) {
        memset(out, 0, stack->samples * rows * cols * item);
        return true;
    }
    uint64_t have_rows = rows, have_cols = cols;
    if (stack->pages->uneven) {
        struct oz_page info;
        if (!oz_picture_page(picture, page, &info, err))
            return false;
        have_rows = overlap(y, rows, info.height);
        have_cols = overlap(x, cols, info.width);
    }
    if (!have_rows || !have_cols)
        have_rows = have_cols = 0;
    else if (!oz_picture_read(picture, files, page, y, have_rows, x, have_cols, out, err))
        return false;
    if (have_rows < rows || have_cols < cols)
        spread(out, stack->samples, have_rows, have_cols * item, rows, cols * item);
    return true;
}
