/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plan of a pyramid: how the levels are cut into nodes and in which order these are made, so
 * that everything fits the memory bound. Pure data, computed before anything is read.
 *
 * A node is a block of voxels, of the same size on every level: one chunk deep and high (or as many
 * chunks as the shrink factors need to divide evenly), and many chunks wide. The nodes of a level
 * that shrink into one node of the next are its children; so the nodes of all levels form a forest.
 * A unit is a subtree of one or two levels that one worker makes on its own. Units are made in tree
 * order down to stages (nodes of `stage_level`), and slab by slab within a stage.
 */
#ifndef OZ_OPS_PLAN_H
#define OZ_OPS_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { OZ_MAX_LEVELS = 32 };

struct oz_plan_level {
    uint64_t size[3];   /* voxels: z, y, x */
    uint32_t factor[3]; /* from the level before; 1 on level 0 */
    uint64_t nodes[3];  /* grid of nodes */
    uint64_t live;      /* nodes kept at once (levels above the units') */
    size_t node_bytes;
};

/* What is known before planning. */
struct oz_plan_request {
    unsigned level_count;
    uint64_t size[OZ_MAX_LEVELS][3];
    uint32_t factor[OZ_MAX_LEVELS][3];
    uint64_t chunk[3]; /* of all levels */
    size_t item_size;
    uint32_t group; /* channels in a node */
    bool staged;    /* pages are decoded ahead of use */
    bool by_box;    /* a node is read at once, not plane by plane */
    uint64_t outer; /* time points x channel groups */
    uint64_t depth; /* slices that a unit may span; 0: any number */
    unsigned workers;
    uint64_t memory;
};

struct oz_plan {
    unsigned level_count;
    struct oz_plan_level level[OZ_MAX_LEVELS];
    uint64_t chunk[3];
    uint64_t tile[3]; /* the smallest box whose chunks and shrink blocks both come out even */
    uint64_t node[3]; /* voxels of a node; a multiple of tile */
    uint32_t group;
    size_t item_size;
    uint64_t outer;
    unsigned workers;
    unsigned unit_level;  /* a unit is a node of this level with all below it: 0 or 1 */
    unsigned stage_level; /* >= unit_level */
    bool staged;
    uint64_t stage[3]; /* voxels of level 0 that are decoded ahead: z, y, x */
    size_t row_bytes;  /* what a worker reads at once */
    uint64_t units;    /* in all */
    unsigned outputs;  /* units whose encoded chunks may wait to be written */
    uint64_t memory;   /* bytes needed at most */
};

/* Plan within `request->memory`, with fewer workers if there is no other way. How the levels are
 * cut depends on shapes and memory, not on the number of workers. OZ_ENOMEM with the least that is
 * needed where it cannot be done. */
bool oz_plan_make(const struct oz_plan_request *request, struct oz_plan *plan,
                  struct oz_err *err) OZ_MUST_USE;

/* Children of node `index` of level `from` on the finer level `to`: a box in the grid of `to`. */
void oz_plan_descend(const struct oz_plan *plan, unsigned from, unsigned to,
                     const uint64_t index[3], uint64_t start[3], uint64_t end[3]);

/* The real voxels of a node: where it begins on its level, and how many there are. */
void oz_plan_node_box(const struct oz_plan *plan, unsigned level, const uint64_t index[3],
                      uint64_t start[3], uint64_t count[3]);

/* The same in voxels of level 0: what has to be read for the node. */
void oz_plan_footprint(const struct oz_plan *plan, unsigned level, const uint64_t index[3],
                       uint64_t start[3], uint64_t count[3]);

/* Walks over all units in order. Start with oz_walk_begin. */
struct oz_walk {
    const struct oz_plan *plan;
    uint64_t outer;
    uint64_t path[OZ_MAX_LEVELS][3]; /* current node of each level from stage_level up */
    uint64_t start[3], end[3];       /* units of the stage: a box in the unit level's grid */
    uint64_t slab;                   /* current z in it */
    uint64_t at[3];                  /* the next unit */
    bool over;
};
void oz_walk_begin(struct oz_walk *walk, const struct oz_plan *plan);

/* Is another unit left in the current slab of the current stage? `*outer` and `index` name it. */
bool oz_walk_unit(struct oz_walk *walk, uint64_t *outer, uint64_t index[3]);

/* Go to the next slab of units. False when all is done. */
bool oz_walk_next_slab(struct oz_walk *walk);

#endif
