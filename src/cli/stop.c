/* SPDX-License-Identifier: Apache-2.0 */
/* Turns Ctrl-C into a request to stop: a thread waits for the signals, so no handler is needed. */
#include "cli/stop.h"

#include <stddef.h>

#include "base/attr.h"
#include "base/progress.h"

static void *watch(void *context)
{
    struct oz_stop *stop = context;
    int number;
    if (sigwait(&stop->signals, &number) != 0)
        return NULL;
    stop->signal = number;
    oz_progress_stop(stop->progress);
    if (sigwait(&stop->signals, &number) != 0)
        return NULL;
    signal(number, SIG_DFL);
    pthread_sigmask(SIG_UNBLOCK, &stop->signals, NULL);
    raise(number);
    return NULL;
}

void oz_stop_begin(struct oz_stop *stop, struct oz_progress *progress)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    *stop = (struct oz_stop){.progress = progress};
    sigemptyset(&stop->signals);
    for (size_t i = 0; i < OZ_LENGTH(numbers); i++) {
        struct sigaction action;
        if (sigaction(numbers[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
            sigaddset(&stop->signals, numbers[i]);
    }
    pthread_sigmask(SIG_BLOCK, &stop->signals, &stop->before);
    stop->running = pthread_create(&stop->watcher, NULL, watch, stop) == 0;
    if (!stop->running)
        pthread_sigmask(SIG_SETMASK, &stop->before, NULL);
}

int oz_stop_end(struct oz_stop *stop)
{
    if (stop->running) {
        pthread_cancel(stop->watcher);
        pthread_join(stop->watcher, NULL);
        pthread_sigmask(SIG_SETMASK, &stop->before, NULL);
        stop->running = false;
    }
    return stop->signal;
}
