/* SPDX-License-Identifier: Apache-2.0 */
/* Looks at every page of a stack once: its shape, type and what all of them have in common. */
#include "image/stack_find.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"

/* ---- pictures and pages that belong to stacks ---- */

struct stack_pool *oz_stack_pool_new(size_t count, struct oz_err *err)
{
    struct stack_pool *pool = oz_alloc(1, sizeof *pool, err);
    if (!pool)
        return NULL;
    pool->owners = 1;
    pool->count = count;
    pool->items = oz_alloc(count, sizeof(struct oz_picture *), err);
    if (pool->items)
        return pool;
    oz_free(pool);
    return NULL;
}

void oz_stack_pool_drop(struct stack_pool *pool)
{
    if (!pool || --pool->owners)
        return;
    for (size_t i = 0; i < pool->count; i++)
        if (pool->items[i])
            oz_picture_close(pool->items[i]);
    oz_free(pool->items);
    oz_free(pool);
}

struct oz_stack_pages *oz_stack_pages_new(struct stack_pool *pool, struct oz_err *err)
{
    struct oz_stack_pages *pages = oz_alloc(1, sizeof *pages, err);
    if (pages) {
        pages->pool = pool;
        pool->owners++;
    }
    return pages;
}

void oz_stack_pages_free(struct oz_stack_pages *pages)
{
    if (!pages)
        return;
    oz_stack_pool_drop(pages->pool);
    oz_free(pages->planes);
    oz_free(pages);
}

void oz_stack_channels_free(struct oz_stack_channel *channels, size_t count)
{
    for (size_t i = 0; channels && i < count; i++)
        oz_free(channels[i].name);
    oz_free(channels);
}

const struct oz_picture *oz_stack_plane_find(const struct oz_stack_pages *pages,
                                             const uint64_t sizes[3], const uint64_t at[3],
                                             uint64_t *page)
{
    if (!pages->planes) {
        *page = pages->base;
        for (int i = 0; i < 3; i++)
            *page += at[i] * pages->stride[i];
        return pages->pool->items[0];
    }
    uint64_t index = (at[OZ_T] * sizes[OZ_C] + at[OZ_C]) * sizes[OZ_Z] + at[OZ_Z];
    const struct stack_plane *plane = &pages->planes[index];
    *page = plane->page;
    return plane->picture == STACK_NO_PLANE ? NULL : pages->pool->items[plane->picture];
}

/* ---- the survey ---- */

struct survey {
    struct oz_stack *stack;
    const struct oz_picture *first; /* of the first plane that is there */
    uint64_t first_page;
    struct oz_page like;   /* what that page is */
    const char *not_alike; /* path of the first one that differs in brightness */
    uint64_t planes;
    uint64_t min_height, min_width;
};

static void describe(const struct oz_picture *picture, uint64_t page, const struct oz_page *info,
                     char *out, size_t size)
{
    char which[32] = "";
    if (picture->pages > 1)
        snprintf(which, sizeof which, " (page %" PRIu64 ")", page);
    snprintf(out, size, "%.300s%s is %s with %" PRIu32 " channel%s", picture->path, which,
             oz_dtype_name(info->dtype), info->samples, info->samples == 1 ? "" : "s");
}

static bool fail_mixed(const struct survey *s, const struct oz_picture *picture, uint64_t page,
                       const struct oz_page *info, struct oz_err *err)
{
    char a[420], b[420];
    describe(s->first, s->first_page, &s->like, a, sizeof a);
    describe(picture, page, info, b, sizeof b);
    return oz_fail(err, OZ_EFORMAT, "%s, but %s: slices of one layer must be alike", a, b);
}

static bool add_page(struct survey *s, const struct oz_picture *picture, uint64_t page,
                     struct oz_err *err)
{
    struct oz_stack *stack = s->stack;
    struct oz_page info = picture->first;
    if (page && !oz_picture_page(picture, page, &info, err))
        return false;
    if (!s->first) {
        s->first = picture;
        s->first_page = page;
        s->like = info;
        s->min_height = info.height;
        s->min_width = info.width;
        stack->direct = true;
        stack->rgb = info.rgb;
    }
    if (info.dtype != s->like.dtype || info.samples != s->like.samples)
        return fail_mixed(s, picture, page, &info, err);
    if (info.inverted != s->like.inverted && !s->not_alike)
        s->not_alike = picture->path;
    stack->direct = stack->direct && info.direct;
    stack->rgb = stack->rgb && info.rgb;
    stack->block_rows = oz_max_u64(stack->block_rows, info.block_rows);
    stack->block_cols = oz_max_u64(stack->block_cols, info.block_cols);
    stack->shape[OZ_Y] = oz_max_u64(stack->shape[OZ_Y], info.height);
    stack->shape[OZ_X] = oz_max_u64(stack->shape[OZ_X], info.width);
    s->min_height = oz_min_u64(s->min_height, info.height);
    s->min_width = oz_min_u64(s->min_width, info.width);
    s->planes++;
    return true;
}

/* Call add_page for every plane that is there, in the order of the stack. */
static bool visit_planes(struct survey *s, const struct oz_stack_pages *pages,
                         const uint64_t sizes[3], struct oz_err *err)
{
    uint64_t at[3], page;
    for (at[OZ_T] = 0; at[OZ_T] < sizes[OZ_T]; at[OZ_T]++)
        for (at[OZ_C] = 0; at[OZ_C] < sizes[OZ_C]; at[OZ_C]++)
            for (at[OZ_Z] = 0; at[OZ_Z] < sizes[OZ_Z]; at[OZ_Z]++) {
                const struct oz_picture *picture = oz_stack_plane_find(pages, sizes, at, &page);
                if (picture && !add_page(s, picture, page, err))
                    return false;
            }
    return true;
}

/* How many planes are smaller than the largest, and which is the first of them. */
static uint64_t count_smaller(const struct oz_stack *stack, const uint64_t sizes[3],
                              const struct oz_picture **first)
{
    uint64_t at[3], page, count = 0;
    struct oz_err ignored = {0};
    for (at[OZ_T] = 0; at[OZ_T] < sizes[OZ_T]; at[OZ_T]++)
        for (at[OZ_C] = 0; at[OZ_C] < sizes[OZ_C]; at[OZ_C]++)
            for (at[OZ_Z] = 0; at[OZ_Z] < sizes[OZ_Z]; at[OZ_Z]++) {
                const struct oz_picture *picture =
                    oz_stack_plane_find(stack->pages, sizes, at, &page);
                struct oz_page info;
                if (!picture || !oz_picture_page(picture, page, &info, &ignored))
                    continue;
                if (info.height < stack->shape[OZ_Y] || info.width < stack->shape[OZ_X]) {
                    *first = count++ ? *first : picture;
                }
            }
    return count;
}

static void warn(const struct survey *s, const uint64_t sizes[3], struct oz_progress *progress)
{
    const struct oz_stack *stack = s->stack;
    if (stack->pages->uneven) {
        const struct oz_picture *first = NULL;
        uint64_t count = count_smaller(stack, sizes, &first);
        oz_progress_say(progress, OZ_EVENT_WARNING,
                        "%s: %" PRIu64 " of %" PRIu64 " slices are smaller than %" PRIu64
                        " x %" PRIu64 " and are padded with zeros (the first: %s)",
                        stack->path, count, s->planes, stack->shape[OZ_X], stack->shape[OZ_Y],
                        first ? first->path : "");
    }
    if (s->not_alike)
        oz_progress_say(progress, OZ_EVENT_WARNING,
                        "%s: bright is small in one of %s and %s, large in the other; values are "
                        "kept",
                        stack->path, s->first->path, s->not_alike);
}

bool oz_stack_survey(struct oz_stack *stack, struct oz_stack_pages *pages, const uint64_t sizes[3],
                     struct oz_progress *progress, struct oz_err *err)
{
    stack->pages = pages;
    struct survey s = {.stack = stack};
    if (!visit_planes(&s, pages, sizes, err))
        return false;
    if (!s.first)
        return oz_fail(err, OZ_EFORMAT, "%s: none of its planes is in a file", stack->path);
    stack->dtype = s.like.dtype;
    stack->samples = s.like.samples;
    stack->inverted = s.like.inverted;
    stack->shape[OZ_T] = sizes[OZ_T];
    stack->shape[OZ_Z] = sizes[OZ_Z];
    if (!oz_mul(sizes[OZ_C], s.like.samples, &stack->shape[OZ_C]))
        return oz_fail(err, OZ_ELIMIT, "%s: too many channels", stack->path);
    for (int i = 0; i < 2; i++)
        if (!(stack->voxel_nm[i] > 0))
            stack->voxel_nm[i] = s.like.pixel_nm[i];
    pages->uneven = s.min_height < stack->shape[OZ_Y] || s.min_width < stack->shape[OZ_X];
    warn(&s, sizes, progress);
    return true;
}
