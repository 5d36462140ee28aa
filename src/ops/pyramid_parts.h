/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the engine that its files share; nobody else includes this. */
#ifndef OZ_OPS_PYRAMID_PARTS_H
#define OZ_OPS_PYRAMID_PARTS_H

#include "base/buf.h"
#include "base/run.h"
#include "ops/block.h"
#include "ops/pyramid.h"

/* A node above the units' level that waits for its children. */
struct oz_node {
    struct oz_node *next;   /* in the list of its level */
    struct oz_node *parent; /* NULL on the coarsest level */
    unsigned level;
    uint64_t outer, index[3];
    uint64_t to_hand; /* children whose units are not all handed out */
    uint64_t to_come; /* children that are not shrunk into it yet */
    uint64_t rank;    /* its place in the order of its level, known when to_hand is 0 */
    bool ranked;
    uint8_t *data;
};

/* One encoded chunk. */
struct oz_piece {
    unsigned level;
    uint64_t shard[3], slot; /* which shard (z, y, x), which chunk of it */
    uint64_t c;              /* shard along c */
    size_t size;
};

/* A shard that takes chunks. */
struct oz_open_shard {
    struct oz_open_shard *next;
    unsigned level;
    uint64_t outer, c, index[3];
    uint64_t to_come;               /* nodes that still may bring chunks */
    struct oz_shard_writer *writer; /* NULL until the first chunk */
};

/* Neighbouring chunks of an output that go to one shard in one write. */
struct oz_stretch {
    struct oz_open_shard *shard;
    uint64_t to; /* offset in the shard */
    size_t from; /* offset in the output's bytes */
    size_t size;
};

struct oz_node_ref {
    unsigned level;
    uint64_t index[3];
};

/* Everything a unit leaves behind: encoded chunks in the order in which they will be stored. */
struct oz_output {
    struct oz_output *next;
    struct oz_output *next_made; /* all that were ever made */
    unsigned lane;               /* level whose order it keeps */
    uint64_t rank;               /* its place in that order */
    uint64_t outer;
    struct oz_buf bytes;
    struct oz_buf pieces;      /* struct oz_piece */
    struct oz_buf nodes;       /* struct oz_node_ref: finished nodes of sharded levels */
    struct oz_buf stretches;   /* struct oz_stretch, made when the output gets its place */
    struct oz_buf shards;      /* struct oz_open_shard *: one entry a node and shard it touches */
    struct oz_buf samples;     /* double: all of the first channel, then the next */
    struct oz_extent *extents; /* one a channel of the group */
};

enum oz_unit_kind { OZ_UNIT_STAGE, OZ_UNIT_TREE, OZ_UNIT_NODE, OZ_UNIT_WRITE, OZ_UNIT_FINISH };

/* Handed to a worker: all pointers that its work touches. */
struct oz_unit {
    enum oz_unit_kind kind;
    uint64_t outer, index[3];                /* TREE: node of the unit level */
    struct oz_node *node;                    /* NODE */
    struct oz_node *parent;                  /* node that the result is shrunk into, or NULL */
    struct oz_output *output;                /* TREE, NODE, WRITE */
    struct oz_open_shard *shard;             /* FINISH */
    struct oz_region page;                   /* STAGE: what to read */
    uint8_t *page_data;                      /* STAGE: where to */
    const uint8_t *stage_data;               /* TREE in a staged plan: the stage ... */
    uint64_t stage_start[3], stage_count[3]; /* ... and which voxels it holds */
};

/* Constant while the engine runs: what workers may see. */
struct oz_pyramid_shared {
    const struct oz_pyramid *pyramid;
    const struct oz_plan *plan;
    const struct oz_meta *meta[OZ_MAX_LEVELS]; /* NULL for a level that is not written */
    uint64_t channel_groups;                   /* per time point */
    unsigned sample_level;
    uint64_t sample_step; /* every n-th voxel along z, y, x is a sample */
};

/* Counting state: everything below the run's lock. */
struct oz_pyramid_state {
    const struct oz_pyramid_shared *shared;
    struct oz_walk walk;
    bool more;       /* slabs are left after the current one */
    bool units_left; /* the current slab may have units */

    uint8_t *stage; /* staged plans: decoded pages of the current slab */
    uint64_t stage_start[3], stage_count[3];
    uint64_t pages_to_hand, pages_to_come, stage_units_out;

    struct oz_node *live[OZ_MAX_LEVELS];
    struct oz_node *idle[OZ_MAX_LEVELS];      /* with their memory, to be used again */
    uint64_t made[OZ_MAX_LEVELS];             /* nodes with memory */
    uint64_t ranks[OZ_MAX_LEVELS];            /* next rank to give */
    uint64_t ready_rank[OZ_MAX_LEVELS];       /* next node to hand out */
    uint64_t turn[OZ_MAX_LEVELS];             /* next output to place */
    struct oz_output *waiting[OZ_MAX_LEVELS]; /* outputs before their turn, by rank */
    struct oz_output *idle_outputs;
    struct oz_output *made_outputs;
    unsigned tree_outputs; /* units' outputs in use */
    struct oz_open_shard *shards[OZ_MAX_LEVELS];
    struct oz_open_shard *finished; /* no more chunks will come */
    struct oz_open_shard *closing;  /* handed to a worker that finishes them */

    uint64_t units_done;
    uint64_t bytes_done;
    uint64_t running;
    struct oz_channel_stats *stats; /* or NULL */
    struct oz_buf *samples;         /* one a channel, or NULL */
};

/* pyramid_next.c */
void oz_pyramid_begin(struct oz_pyramid_state *state); /* `shared` is set */
enum oz_next oz_pyramid_next(void *state, void *unit, struct oz_err *err);
void oz_pyramid_done(void *state, void *unit);

/* pyramid_work.c */
bool oz_pyramid_work(const void *shared, void *unit, void *scratch, struct oz_err *err);
void *oz_pyramid_scratch_new(const void *shared, struct oz_err *err);
void oz_pyramid_scratch_free(void *scratch);

/* pyramid_shards.c: give the output's chunks their places (under the lock; opens shards). */
bool oz_pyramid_place(struct oz_pyramid_state *state, struct oz_output *output,
                      struct oz_err *err) OZ_MUST_USE;
/* The output is written: shards that wait for nothing more move to `finished`. */
void oz_pyramid_written(struct oz_pyramid_state *state, struct oz_output *output);
/* Chunk `chunk` (z, y, x) of channel group `c`: the shard it lies in, and its slot there. */
void oz_pyramid_locate(const struct oz_pyramid_shared *shared, unsigned level,
                       const uint64_t chunk[3], uint64_t c, struct oz_piece *piece);
/* Coordinates along the array's own axes. */
void oz_pyramid_array_index(const struct oz_pyramid *pyramid, uint64_t t, uint64_t c,
                            const uint64_t zyx[3], uint64_t index[OZ_MAX_RANK]);

void oz_output_free(struct oz_output *output);

#endif
