/* SPDX-License-Identifier: Apache-2.0 */
/* The one way to run work in parallel: workers ask for units, so nothing ever queues up. */
#ifndef OZ_BASE_RUN_H
#define OZ_BASE_RUN_H

#include <stddef.h>

#include "base/err.h"
#include "base/progress.h"

enum oz_next {
    OZ_NEXT_FAIL = -1,
    OZ_NEXT_DONE, /* no unit is left and none will come */
    OZ_NEXT_WAIT, /* none now; one that runs will make one (waiting while nothing runs is a bug) */
    OZ_NEXT_UNIT
};

/*
 * `next` and `done` run under one lock and only count and point; `work` runs in parallel without
 * it and sees nothing but `shared` (constant) and its unit: every pointer it touches is in there.
 */
struct oz_loop {
    enum oz_next (*next)(void *state, void *unit, struct oz_err *err);
    bool (*work)(const void *shared, void *unit, void *scratch, struct oz_err *err);
    void (*done)(void *state, void *unit);
    void *state;
    const void *shared;
    size_t unit_size;

    /* One scratch a worker, for codec contexts and buffers; both may be NULL. */
    void *(*scratch_new)(const void *shared, struct oz_err *err);
    void (*scratch_free)(void *scratch);

    /* Called now and then after units, by one worker at a time and without the lock; may be NULL.
     * `measure` tells how far the work is and runs under the lock. */
    struct oz_progress *progress;
    void (*measure)(const void *state, uint64_t *done, uint64_t *total, uint64_t *bytes);
};

/*
 * Run the loop on `workers` threads (1: on the caller's own) until `next` says done. The first
 * error wins; units that run are finished, no new ones begin. A stop asked for through `progress`
 * ends the run with OZ_ECANCELLED.
 */
bool oz_run(const struct oz_loop *loop, unsigned workers, struct oz_err *err) OZ_MUST_USE;

/*
 * The simple case: call `work(shared, i)` for i = 0 ... count-1 in any order, in parallel.
 */
bool oz_run_each(uint64_t count, unsigned workers,
                 bool (*work)(const void *shared, uint64_t i, struct oz_err *err),
                 const void *shared, struct oz_progress *progress, struct oz_err *err) OZ_MUST_USE;

/* Number of processors this process may use, at least 1. */
unsigned oz_processors(void);

/* Bytes of memory of the machine, or of the control group if that is less. */
uint64_t oz_machine_memory(void);

#endif
