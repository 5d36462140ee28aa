/* SPDX-License-Identifier: Apache-2.0 */
/* Decides what the engine's workers do next. Runs under the lock: it counts and points. */
#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "ops/pyramid_parts.h"

static const struct oz_plan *plan_of(const struct oz_pyramid_state *state)
{
    return state->shared->plan;
}

/* ---- outputs ---- */

void oz_output_free(struct oz_output *output)
{
    if (!output)
        return;
    oz_buf_release(&output->bytes);
    oz_buf_release(&output->pieces);
    oz_buf_release(&output->nodes);
    oz_buf_release(&output->stretches);
    oz_buf_release(&output->shards);
    oz_buf_release(&output->samples);
    oz_free(output->extents);
    oz_free(output);
}

static struct oz_output *take_output(struct oz_pyramid_state *state, unsigned lane, uint64_t rank,
                                     uint64_t outer, struct oz_err *err)
{
    struct oz_output *output = state->idle_outputs;
    if (output) {
        state->idle_outputs = output->next;
    } else {
        output = oz_alloc(1, sizeof *output, err);
        if (!output)
            return NULL;
        output->extents = oz_alloc(plan_of(state)->group, sizeof *output->extents, err);
        if (!output->extents) {
            oz_free(output);
            return NULL;
        }
        output->next_made = state->made_outputs;
        state->made_outputs = output;
    }
    output->next = NULL;
    output->lane = lane;
    output->rank = rank;
    output->outer = outer;
    memset(output->extents, 0, plan_of(state)->group * sizeof *output->extents);
    return output;
}

static void give_output(struct oz_pyramid_state *state, struct oz_output *output)
{
    if (output->lane == plan_of(state)->unit_level)
        state->tree_outputs--;
    oz_buf_clear(&output->bytes);
    oz_buf_clear(&output->pieces);
    oz_buf_clear(&output->nodes);
    oz_buf_clear(&output->stretches);
    oz_buf_clear(&output->shards);
    oz_buf_clear(&output->samples);
    output->next = state->idle_outputs;
    state->idle_outputs = output;
}

/* An output is encoded: it waits, in order of rank, until all before it have their places. */
static void queue_output(struct oz_pyramid_state *state, struct oz_output *output)
{
    struct oz_output **link = &state->waiting[output->lane];
    while (*link && (*link)->rank < output->rank)
        link = &(*link)->next;
    output->next = *link;
    *link = output;
}

/* ---- nodes ---- */

static struct oz_node *find_node(struct oz_pyramid_state *state, unsigned level, uint64_t outer,
                                 const uint64_t index[3])
{
    struct oz_node *node = state->live[level];
    for (; node; node = node->next) {
        if (node->outer == outer && memcmp(node->index, index, sizeof node->index) == 0)
            return node;
    }
    return NULL;
}

static void parent_index(const struct oz_plan *plan, unsigned level, const uint64_t index[3],
                         uint64_t parent[3])
{
    for (int a = 0; a < 3; a++)
        parent[a] = index[a] / plan->level[level + 1].factor[a];
}

static struct oz_node *new_node(struct oz_pyramid_state *state, unsigned level, struct oz_err *err)
{
    struct oz_node *node = state->idle[level];
    if (node) {
        state->idle[level] = node->next;
        return node;
    }
    node = oz_alloc(1, sizeof *node, err);
    if (!node)
        return NULL;
    node->data = oz_alloc_pixels(plan_of(state)->level[level].node_bytes, err);
    if (!node->data) {
        oz_free(node);
        return NULL;
    }
    state->made[level]++;
    return node;
}

/* Is there memory for every ancestor of the unit that does not exist yet? */
static bool has_room(struct oz_pyramid_state *state, uint64_t outer, const uint64_t index[3])
{
    const struct oz_plan *plan = plan_of(state);
    uint64_t at[3];
    memcpy(at, index, sizeof at);
    for (unsigned l = plan->unit_level + 1; l < plan->level_count; l++) {
        uint64_t up[3];
        parent_index(plan, l - 1, at, up);
        memcpy(at, up, sizeof at);
        if (find_node(state, l, outer, at))
            return true;
        if (!state->idle[l] && state->made[l] >= plan->level[l].live)
            return false;
    }
    return true;
}

/* The parent of a node of `level`, made with all its ancestors where it does not exist yet. */
static bool need_parent(struct oz_pyramid_state *state, unsigned level, uint64_t outer,
                        const uint64_t index[3], struct oz_node **out, struct oz_err *err)
{
    const struct oz_plan *plan = plan_of(state);
    struct oz_node **link = out;
    uint64_t at[3];
    memcpy(at, index, sizeof at);
    *out = NULL;
    for (unsigned l = level + 1; l < plan->level_count; l++) {
        uint64_t up[3], start[3], end[3];
        parent_index(plan, l - 1, at, up);
        memcpy(at, up, sizeof at);
        struct oz_node *node = find_node(state, l, outer, at);
        if (node) {
            *link = node;
            return true;
        }
        node = new_node(state, l, err);
        if (!node)
            return false;
        *node = (struct oz_node){
            .next = state->live[l], .level = l, .outer = outer, .data = node->data};
        memcpy(node->index, at, sizeof at);
        oz_plan_descend(plan, l, l - 1, at, start, end);
        node->to_hand = node->to_come =
            (end[0] - start[0]) * (end[1] - start[1]) * (end[2] - start[2]);
        state->live[l] = node;
        *link = node;
        link = &node->parent;
    }
    return true;
}

/* All units below a child of `node` are handed out. The order in which nodes reach zero here is
 * the order of their outputs: it follows from the walk alone. */
static void count_handed(struct oz_pyramid_state *state, struct oz_node *node)
{
    while (node && --node->to_hand == 0) {
        node->rank = state->ranks[node->level]++;
        node->ranked = true;
        node = node->parent;
    }
}

static void drop_node(struct oz_pyramid_state *state, struct oz_node *node)
{
    struct oz_node **link = &state->live[node->level];
    while (*link != node)
        link = &(*link)->next;
    *link = node->next;
    node->next = state->idle[node->level];
    state->idle[node->level] = node;
}

/* ---- handing out ---- */

static bool hand_finish(struct oz_pyramid_state *state, struct oz_unit *unit)
{
    if (!state->finished)
        return false;
    unit->kind = OZ_UNIT_FINISH;
    unit->shard = state->finished;
    state->finished = unit->shard->next;
    unit->shard->next = state->closing;
    state->closing = unit->shard;
    return true;
}

static enum oz_next hand_write(struct oz_pyramid_state *state, struct oz_unit *unit,
                               struct oz_err *err)
{
    for (unsigned l = 0; l < plan_of(state)->level_count; l++) {
        struct oz_output *output = state->waiting[l];
        if (!output || output->rank != state->turn[l])
            continue;
        if (!oz_pyramid_place(state, output, err))
            return OZ_NEXT_FAIL;
        state->turn[l]++;
        state->waiting[l] = output->next;
        unit->kind = OZ_UNIT_WRITE;
        unit->output = output;
        return OZ_NEXT_UNIT;
    }
    return OZ_NEXT_WAIT;
}

/* A whole node, in the order of its level, so that few outputs ever wait for their turn. */
static enum oz_next hand_node(struct oz_pyramid_state *state, struct oz_unit *unit,
                              struct oz_err *err)
{
    const struct oz_plan *plan = plan_of(state);
    for (unsigned l = plan->level_count; l-- > plan->unit_level + 1;) {
        struct oz_node *node = state->live[l];
        while (node && !(node->to_come == 0 && node->ranked && node->rank == state->ready_rank[l]))
            node = node->next;
        if (!node)
            continue;
        unit->kind = OZ_UNIT_NODE;
        unit->outer = node->outer;
        unit->node = node;
        unit->parent = node->parent;
        unit->output = take_output(state, l, node->rank, node->outer, err);
        state->ready_rank[l]++;
        return unit->output ? OZ_NEXT_UNIT : OZ_NEXT_FAIL;
    }
    return OZ_NEXT_WAIT;
}

static enum oz_next hand_tree(struct oz_pyramid_state *state, struct oz_unit *unit,
                              struct oz_err *err)
{
    const struct oz_plan *plan = plan_of(state);
    if (!state->units_left || state->pages_to_come > 0 || state->tree_outputs >= plan->outputs)
        return OZ_NEXT_WAIT;
    struct oz_walk ahead = state->walk;
    if (!oz_walk_unit(&ahead, &unit->outer, unit->index)) {
        state->units_left = false;
        return OZ_NEXT_WAIT;
    }
    if (!has_room(state, unit->outer, unit->index))
        return OZ_NEXT_WAIT;
    state->walk = ahead;
    unit->kind = OZ_UNIT_TREE;
    if (!need_parent(state, plan->unit_level, unit->outer, unit->index, &unit->parent, err))
        return OZ_NEXT_FAIL;
    unit->output =
        take_output(state, plan->unit_level, state->ranks[plan->unit_level]++, unit->outer, err);
    if (!unit->output)
        return OZ_NEXT_FAIL;
    state->tree_outputs++;
    count_handed(state, unit->parent);
    unit->stage_data = state->stage;
    memcpy(unit->stage_start, state->stage_start, sizeof unit->stage_start);
    memcpy(unit->stage_count, state->stage_count, sizeof unit->stage_count);
    state->stage_units_out++;
    return OZ_NEXT_UNIT;
}

/* ---- slabs and their pages ---- */

/* The voxels of level 0 that the current slab of the current stage covers. */
static void set_stage_box(struct oz_pyramid_state *state)
{
    const struct oz_plan *plan = plan_of(state);
    const struct oz_walk *walk = &state->walk;
    const uint64_t first[3] = {walk->slab, walk->start[1], walk->start[2]};
    const uint64_t last[3] = {walk->slab, walk->end[1] - 1, walk->end[2] - 1};
    uint64_t start[3], count[3];
    oz_plan_footprint(plan, plan->unit_level, first, state->stage_start, count);
    oz_plan_footprint(plan, plan->unit_level, last, start, count);
    for (int a = 0; a < 3; a++)
        state->stage_count[a] = start[a] + count[a] - state->stage_start[a];
}

static void enter_slab(struct oz_pyramid_state *state)
{
    state->units_left = true;
    if (!plan_of(state)->staged)
        return;
    set_stage_box(state);
    state->pages_to_hand = state->pages_to_come = state->stage_count[0];
}

void oz_pyramid_begin(struct oz_pyramid_state *state)
{
    oz_walk_begin(&state->walk, plan_of(state));
    state->more = true;
    enter_slab(state);
}

static enum oz_next hand_page(struct oz_pyramid_state *state, struct oz_unit *unit,
                              struct oz_err *err)
{
    const struct oz_plan *plan = plan_of(state);
    if (state->pages_to_hand == 0)
        return OZ_NEXT_WAIT;
    if (!state->stage) {
        size_t bytes =
            plan->stage[0] * plan->stage[1] * plan->stage[2] * plan->group * plan->item_size;
        state->stage = oz_alloc_pixels(bytes, err);
        if (!state->stage)
            return OZ_NEXT_FAIL;
    }
    uint64_t page = state->stage_count[0] - state->pages_to_hand--;
    uint64_t groups = state->shared->channel_groups;
    unit->kind = OZ_UNIT_STAGE;
    unit->page = (struct oz_region){
        .t = state->walk.outer / groups,
        .c = state->walk.outer % groups * plan->group,
        .start = {state->stage_start[0] + page, state->stage_start[1], state->stage_start[2]},
        .count = {1, state->stage_count[1], state->stage_count[2]}};
    unit->page_data = state->stage + page * state->stage_count[1] * state->stage_count[2] *
                                         plan->group * plan->item_size;
    return OZ_NEXT_UNIT;
}

/* Everything of the slab is handed out: go on to the next. A stage is used again only when all
 * units that read from it are done. */
static bool advance(struct oz_pyramid_state *state)
{
    if (state->units_left || !state->more)
        return false;
    if (plan_of(state)->staged && state->stage_units_out > 0)
        return false;
    state->more = oz_walk_next_slab(&state->walk);
    if (state->more)
        enter_slab(state);
    return state->more;
}

enum oz_next oz_pyramid_next(void *opaque, void *out, struct oz_err *err)
{
    struct oz_pyramid_state *state = opaque;
    struct oz_unit *unit = out;
    *unit = (struct oz_unit){0};
    enum oz_next (*const steps[])(struct oz_pyramid_state *, struct oz_unit *,
                                  struct oz_err *) = {hand_write, hand_node, hand_page, hand_tree};
    enum oz_next next = hand_finish(state, unit) ? OZ_NEXT_UNIT : OZ_NEXT_WAIT;
    do {
        for (size_t i = 0; i < OZ_LENGTH(steps) && next == OZ_NEXT_WAIT; i++)
            next = steps[i](state, unit, err);
    } while (next == OZ_NEXT_WAIT && advance(state));
    if (next == OZ_NEXT_UNIT)
        state->running++;
    else if (next == OZ_NEXT_WAIT && !state->more && state->running == 0)
        next = OZ_NEXT_DONE;
    return next;
}

/* ---- counting what is done ---- */

static void collect_stats(struct oz_pyramid_state *state, const struct oz_output *output)
{
    const struct oz_plan *plan = plan_of(state);
    if (!state->stats)
        return;
    uint64_t c = output->outer % state->shared->channel_groups * plan->group;
    const double *samples = (const void *)output->samples.data;
    size_t per_channel = output->samples.size / sizeof *samples / plan->group;
    for (uint32_t i = 0; i < plan->group; i++) {
        oz_extent_merge(&state->stats[c + i].extent, state->shared->pyramid->source->dtype,
                        &output->extents[i]);
        /* Room for all samples was made before the run. */
        struct oz_buf *to = &state->samples[c + i];
        size_t bytes = per_channel * sizeof *samples;
        if (to->size + bytes <= to->room && bytes > 0) {
            memcpy(to->data + to->size, samples + i * per_channel, bytes);
            to->size += bytes;
        }
    }
}

static void count_come(struct oz_pyramid_state *state, const struct oz_unit *unit)
{
    collect_stats(state, unit->output);
    if (unit->parent)
        unit->parent->to_come--;
    queue_output(state, unit->output);
}

static void count_unit(struct oz_pyramid_state *state, const struct oz_unit *unit)
{
    const struct oz_plan *plan = plan_of(state);
    uint64_t start[3], count[3];
    oz_plan_footprint(plan, plan->unit_level, unit->index, start, count);
    state->units_done++;
    state->bytes_done += count[0] * count[1] * count[2] * plan->group * plan->item_size;
    state->stage_units_out--;
}

static void drop_shard(struct oz_pyramid_state *state, struct oz_open_shard *shard)
{
    struct oz_open_shard **link = &state->closing;
    while (*link != shard)
        link = &(*link)->next;
    *link = shard->next;
    oz_free(shard);
}

void oz_pyramid_done(void *opaque, void *done)
{
    struct oz_pyramid_state *state = opaque;
    const struct oz_unit *unit = done;
    state->running--;
    switch (unit->kind) {
    case OZ_UNIT_STAGE:
        state->pages_to_come--;
        break;
    case OZ_UNIT_TREE:
        count_come(state, unit);
        count_unit(state, unit);
        break;
    case OZ_UNIT_NODE:
        count_come(state, unit);
        drop_node(state, unit->node);
        break;
    case OZ_UNIT_WRITE:
        oz_pyramid_written(state, unit->output);
        give_output(state, unit->output);
        break;
    case OZ_UNIT_FINISH:
        drop_shard(state, unit->shard);
        break;
    }
}
