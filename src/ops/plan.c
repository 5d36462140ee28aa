/* SPDX-License-Identifier: Apache-2.0 */
/* Cuts the levels of a pyramid into nodes so that making them fits the memory bound. */
#include "ops/plan.h"

#include <string.h>

#include "base/checked.h"
#include "base/text.h"

/* Contexts of codecs, stacks of threads, page tables: what a process needs besides buffers. */
#define BASE_BYTES OZ_MIB(24)
#define WORKER_BYTES OZ_MIB(3)

/* The cut decides in which order chunks lie in their shards. So it is made for a certain number of
 * workers, whatever their number is, and what is written does not depend on that. */
enum { NOMINAL_WORKERS = 16, FEW_WORKERS = 2 };

/* More than this is not faster where pages can be read in parts, so two workers keep below it. */
#define COMFORTABLE_BYTES OZ_MIB(256)

/* Chunks that a tile must have along an axis so that every shrink factor divides it. */
static uint64_t tile_chunks(const struct oz_plan_request *request, int axis)
{
    uint64_t n = 1;
    for (bool again = true; again;) {
        again = false;
        for (unsigned l = 1; l < request->level_count; l++) {
            if (n * request->chunk[axis] % request->factor[l][axis] != 0) {
                n++;
                again = true;
                break;
            }
        }
    }
    return n;
}

static uint64_t round_up(uint64_t value, uint64_t step)
{
    return oz_ceil_div(value, step) * step;
}

static void set_nodes(const struct oz_plan_request *request, struct oz_plan *plan, uint64_t width)
{
    plan->node[0] = plan->tile[0];
    plan->node[1] = plan->tile[1];
    plan->node[2] = width;
    for (unsigned l = 0; l < plan->level_count; l++) {
        struct oz_plan_level *level = &plan->level[l];
        for (int a = 0; a < 3; a++) {
            level->size[a] = request->size[l][a];
            level->factor[a] = request->factor[l][a];
            level->nodes[a] = oz_ceil_div(level->size[a], plan->node[a]);
        }
        uint64_t x = oz_min_u64(width, round_up(level->size[2], plan->chunk[2]));
        level->node_bytes = plan->node[0] * plan->node[1] * x * plan->group * plan->item_size;
    }
}

/* Product of the factors from level `fine` to level `coarse`. */
static uint64_t factor_between(const struct oz_plan *plan, unsigned fine, unsigned coarse, int axis)
{
    uint64_t f = 1;
    for (unsigned l = fine + 1; l <= coarse; l++)
        f *= plan->level[l].factor[axis];
    return f;
}

/* How many nodes of a level wait for children at once: within a stage all that a slab touches,
 * above it the ancestors of the stage; and some more, so that workers need not wait. */
static uint64_t live_nodes(const struct oz_plan *plan, unsigned l)
{
    uint64_t n = 1;
    if (l <= plan->stage_level) {
        for (int a = 1; a < 3; a++)
            n *= oz_min_u64(factor_between(plan, l, plan->stage_level, a), plan->level[l].nodes[a]);
    }
    return n + plan->workers;
}

static void set_stage(struct oz_plan *plan)
{
    const struct oz_plan_level *level = &plan->level[0];
    for (int a = 0; a < 3; a++) {
        unsigned top = a == 0 ? plan->unit_level : plan->stage_level;
        uint64_t voxels = plan->node[a] * factor_between(plan, 0, top, a);
        plan->stage[a] = oz_min_u64(voxels, level->size[a]);
    }
}

static uint64_t unit_count(const struct oz_plan *plan)
{
    const uint64_t *nodes = plan->level[plan->unit_level].nodes;
    return plan->outer * nodes[0] * nodes[1] * nodes[2];
}

/* Fill in everything that follows from node width, unit level and stage level. */
static void set_memory(const struct oz_plan_request *request, struct oz_plan *plan)
{
    const struct oz_plan_level *level = plan->level;
    size_t unit = level[0].node_bytes;
    size_t own = level[0].node_bytes; /* buffers of a worker: one node a level of the unit */
    if (plan->unit_level == 1) {
        for (int a = 0; a < 3; a++)
            unit *= oz_min_u64(level[1].factor[a], level[0].nodes[a]);
        unit += level[1].node_bytes;
        own += level[1].node_bytes;
    }
    uint64_t planes = request->by_box ? plan->node[0] : 1;
    if (!request->by_box && plan->level_count > 1)
        planes = level[1].factor[0];
    uint64_t columns = oz_min_u64(plan->node[2], level[0].size[2]);
    plan->row_bytes =
        plan->staged ? 0 : planes * plan->node[1] * columns * plan->group * plan->item_size;
    plan->units = unit_count(plan);
    plan->outputs = plan->workers + 1;
    set_stage(plan);

    uint64_t tile = plan->tile[0] * plan->tile[1] * plan->tile[2] * plan->group * plan->item_size;
    uint64_t total = BASE_BYTES + plan->workers * (own + plan->row_bytes + tile + WORKER_BYTES);
    total += plan->outputs * (uint64_t)unit;
    if (plan->staged)
        total += plan->stage[0] * plan->stage[1] * plan->stage[2] * plan->group * plan->item_size;
    for (unsigned l = plan->unit_level + 1; l < plan->level_count; l++) {
        plan->level[l].live = live_nodes(plan, l);
        total += plan->level[l].live * level[l].node_bytes;
    }
    plan->memory = total;
}

/* Try node widths from the whole row down, and for each the largest stage. */
static bool find_fit(const struct oz_plan_request *request, struct oz_plan *plan)
{
    uint64_t least = UINT64_MAX;
    uint64_t whole = round_up(request->size[0][2], plan->tile[2]);
    unsigned top = plan->level_count - 1;
    for (uint64_t width = whole;; width = round_up(width / 2, plan->tile[2])) {
        set_nodes(request, plan, width);
        for (unsigned stage = top + 1; stage-- > plan->unit_level;) {
            plan->stage_level = stage;
            set_memory(request, plan);
            if (plan->memory <= request->memory)
                return true;
            least = oz_min_u64(least, plan->memory);
        }
        if (width <= plan->tile[2])
            break;
    }
    plan->memory = least;
    return false;
}

/* A unit that makes two levels needs no slab for the second one. Where pages are decoded ahead and
 * the second level is coarser in z too, it would need twice as many of them. */
static unsigned choose_unit_level(const struct oz_plan_request *request, uint64_t depth)
{
    if (request->level_count < 2)
        return 0;
    uint64_t deeper = request->factor[1][0];
    if (deeper > 1 && (request->staged || (request->depth && depth * deeper > request->depth)))
        return 0;
    return 1;
}

/* As many workers as were asked for, or as many as there is memory for: never fewer than the cut
 * was made for. */
static void fit_workers(const struct oz_plan_request *request, struct oz_plan *plan)
{
    unsigned made_for = plan->workers < request->workers ? plan->workers : request->workers;
    for (plan->workers = request->workers; plan->workers > made_for; plan->workers--) {
        set_memory(request, plan);
        if (plan->memory <= request->memory)
            return;
    }
    set_memory(request, plan);
}

bool oz_plan_make(const struct oz_plan_request *request, struct oz_plan *plan, struct oz_err *err)
{
    *plan = (struct oz_plan){.level_count = request->level_count,
                             .group = request->group,
                             .item_size = request->item_size,
                             .outer = request->outer,
                             .staged = request->staged,
                             .workers = request->workers};
    for (int a = 0; a < 3; a++) {
        plan->chunk[a] = request->chunk[a];
        plan->tile[a] = request->chunk[a] * tile_chunks(request, a);
    }
    plan->unit_level = choose_unit_level(request, plan->tile[0]);
    struct oz_plan_request comfortable = *request;
    comfortable.memory = oz_min_u64(request->memory, COMFORTABLE_BYTES);
    plan->workers = FEW_WORKERS;
    if (!request->staged && find_fit(&comfortable, plan)) {
        fit_workers(request, plan);
        return true;
    }
    for (plan->workers = NOMINAL_WORKERS; plan->workers > 0; plan->workers /= 2) {
        if (find_fit(request, plan)) {
            fit_workers(request, plan);
            return true;
        }
    }
    char need[32], have[32];
    oz_text_from_bytes(plan->memory, need);
    oz_text_from_bytes(request->memory, have);
    return oz_fail(err, OZ_ENOMEM,
                   "this needs %s of memory at least, and the bound is %s: raise "
                   "--memory or choose smaller chunks",
                   need, have);
}

void oz_plan_descend(const struct oz_plan *plan, unsigned from, unsigned to,
                     const uint64_t index[3], uint64_t start[3], uint64_t end[3])
{
    for (int a = 0; a < 3; a++) {
        uint64_t f = factor_between(plan, to, from, a);
        start[a] = index[a] * f;
        end[a] = oz_min_u64(start[a] + f, plan->level[to].nodes[a]);
    }
}

void oz_plan_node_box(const struct oz_plan *plan, unsigned level, const uint64_t index[3],
                      uint64_t start[3], uint64_t count[3])
{
    for (int a = 0; a < 3; a++) {
        start[a] = index[a] * plan->node[a];
        count[a] = oz_min_u64(plan->node[a], plan->level[level].size[a] - start[a]);
    }
}

void oz_plan_footprint(const struct oz_plan *plan, unsigned level, const uint64_t index[3],
                       uint64_t start[3], uint64_t count[3])
{
    for (int a = 0; a < 3; a++) {
        uint64_t edge = plan->node[a] * factor_between(plan, 0, level, a);
        start[a] = index[a] * edge;
        count[a] = oz_min_u64(edge, plan->level[0].size[a] - start[a]);
    }
}

/* ---- the walk ---- */

static void enter_stage(struct oz_walk *walk)
{
    const struct oz_plan *plan = walk->plan;
    oz_plan_descend(plan, plan->stage_level, plan->unit_level, walk->path[plan->stage_level],
                    walk->start, walk->end);
    memcpy(walk->at, walk->start, sizeof walk->at);
    walk->slab = walk->start[0];
}

/* Step `at` through the box, x fastest. False at its end. */
static bool step(uint64_t at[3], const uint64_t start[3], const uint64_t end[3])
{
    for (int a = 2; a >= 0; a--) {
        if (++at[a] < end[a])
            return true;
        at[a] = start[a];
    }
    return false;
}

/* From level `l` down, put every node of the path on the first child of the one above. */
static void enter_path(struct oz_walk *walk, unsigned l)
{
    uint64_t end[3];
    for (; l > walk->plan->stage_level; l--)
        oz_plan_descend(walk->plan, l, l - 1, walk->path[l], walk->path[l - 1], end);
    enter_stage(walk);
}

void oz_walk_begin(struct oz_walk *walk, const struct oz_plan *plan)
{
    *walk = (struct oz_walk){.plan = plan};
    enter_path(walk, plan->level_count - 1);
}

bool oz_walk_unit(struct oz_walk *walk, uint64_t *outer, uint64_t index[3])
{
    if (walk->over || walk->at[0] != walk->slab)
        return false;
    *outer = walk->outer;
    memcpy(index, walk->at, sizeof walk->at);
    if (!step(walk->at, walk->start, walk->end))
        walk->at[0] = walk->end[0]; /* past the last slab */
    return true;
}

static bool next_stage(struct oz_walk *walk)
{
    const struct oz_plan *plan = walk->plan;
    unsigned top = plan->level_count - 1;
    for (unsigned l = plan->stage_level; l < top; l++) {
        uint64_t start[3], end[3];
        oz_plan_descend(plan, l + 1, l, walk->path[l + 1], start, end);
        if (step(walk->path[l], start, end)) {
            enter_path(walk, l);
            return true;
        }
    }
    const uint64_t zero[3] = {0};
    if (!step(walk->path[top], zero, plan->level[top].nodes) && ++walk->outer >= plan->outer)
        return false;
    enter_path(walk, top);
    return true;
}

bool oz_walk_next_slab(struct oz_walk *walk)
{
    if (walk->over)
        return false;
    if (walk->at[0] < walk->end[0]) {
        walk->slab = walk->at[0];
        return true;
    }
    walk->over = !next_stage(walk);
    return !walk->over;
}
