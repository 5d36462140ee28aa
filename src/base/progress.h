/* SPDX-License-Identifier: Apache-2.0 */
/* Telling the caller how far the work is. All functions accept a NULL progress. */
#ifndef OZ_BASE_PROGRESS_H
#define OZ_BASE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "omezarr/progress.h"

void oz_progress_begin(struct oz_progress *progress, const char *text, uint64_t total);
void oz_progress_advance(struct oz_progress *progress, uint64_t done, uint64_t total,
                         uint64_t bytes);
void oz_progress_end(struct oz_progress *progress);
void oz_progress_say(struct oz_progress *progress, enum oz_event_kind kind, const char *format, ...)
    OZ_PRINTF(3, 4);
bool oz_progress_stopped(struct oz_progress *progress);

#endif
