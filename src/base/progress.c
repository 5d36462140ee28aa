/* SPDX-License-Identifier: Apache-2.0 */
/* Sending events to the caller, if there is one who listens. */
#include "base/progress.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

static void send(struct oz_progress *progress, const struct oz_event *event)
{
    if (progress != NULL && progress->event != NULL)
        progress->event(progress->ctx, event);
}

void oz_progress_begin(struct oz_progress *progress, const char *text, uint64_t total)
{
    send(progress, &(struct oz_event){.kind = OZ_EVENT_BEGIN, .text = text, .total = total});
}

void oz_progress_advance(struct oz_progress *progress, uint64_t done, uint64_t total,
                         uint64_t bytes)
{
    send(progress, &(struct oz_event){
                       .kind = OZ_EVENT_ADVANCE, .done = done, .total = total, .bytes = bytes});
}

void oz_progress_end(struct oz_progress *progress)
{
    send(progress, &(struct oz_event){.kind = OZ_EVENT_END});
}

void oz_progress_say(struct oz_progress *progress, enum oz_event_kind kind, const char *format, ...)
{
    if (progress == NULL || progress->event == NULL)
        return;
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    send(progress, &(struct oz_event){.kind = kind, .text = text});
}

/* Also called by signal handlers. */
void oz_progress_stop(struct oz_progress *progress)
{
    if (progress != NULL)
        __atomic_store_n(&progress->stop, 1, __ATOMIC_RELAXED);
}

bool oz_progress_stopped(struct oz_progress *progress)
{
    return progress != NULL && __atomic_load_n(&progress->stop, __ATOMIC_RELAXED) != 0;
}
