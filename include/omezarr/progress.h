/* SPDX-License-Identifier: Apache-2.0 */
/* How long work tells its caller where it is, and how the caller stops it. */
#ifndef OMEZARR_PROGRESS_H
#define OMEZARR_PROGRESS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum oz_event_kind {
    OZ_EVENT_BEGIN,   /* a phase begins: `text` names it, `total` steps */
    OZ_EVENT_ADVANCE, /* `done` of `total` */
    OZ_EVENT_END,     /* the phase is over */
    OZ_EVENT_NOTE,    /* `text`: something the user may want to know */
    OZ_EVENT_WARNING  /* `text`: one line, something that may not be as the user thinks */
};

struct oz_event {
    enum oz_event_kind kind;
    const char *text; /* NULL where there is none */
    uint64_t done;
    uint64_t total;
    uint64_t bytes; /* bytes of pixels handled so far, 0 where that is not what is counted */
};

/*
 * `event` is called by one thread at a time, never under a lock of ours, and may be NULL.
 * oz_progress_stop may be called by any thread and by a signal handler; the work ends soon after
 * with OZ_ECANCELLED.
 */
struct oz_progress {
    void (*event)(void *ctx, const struct oz_event *event);
    void *ctx;
    int stop; /* use oz_progress_stop */
};

void oz_progress_stop(struct oz_progress *progress);

#ifdef __cplusplus
}
#endif
#endif
