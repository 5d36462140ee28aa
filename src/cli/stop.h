/* SPDX-License-Identifier: Apache-2.0 */
/* Ctrl-C and its kin: the first asks the work to stop, the second kills at once. */
#ifndef OZ_CLI_STOP_H
#define OZ_CLI_STOP_H

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>

#include "omezarr/progress.h"

/* Start with `= {0}`. */
struct oz_stop {
    struct oz_progress *progress;
    pthread_t watcher;
    sigset_t signals, before;
    bool running;
    int signal; /* the one that came; the watcher's until oz_stop_end */
};

/* From now on SIGINT, SIGTERM and SIGHUP stop `progress`. Call before threads are made, so that
 * they leave these signals to the watcher. Those that were ignored stay ignored. */
void oz_stop_begin(struct oz_stop *stop, struct oz_progress *progress);

/* Back to how it was; returns the signal that came, 0 if none did. */
int oz_stop_end(struct oz_stop *stop);

#endif
