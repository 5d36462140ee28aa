/* SPDX-License-Identifier: Apache-2.0 */
/* Shows how far the work is: one line on a terminal, or lines of text or JSON. */
#ifndef OZ_CLI_PROGRESS_SHOW_H
#define OZ_CLI_PROGRESS_SHOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "omezarr/progress.h"

enum oz_show_mode { OZ_SHOW_NONE, OZ_SHOW_LINE, OZ_SHOW_PLAIN, OZ_SHOW_JSON };

/* Where the current phase is. */
struct oz_phase {
    char name[96];
    uint64_t done, total, bytes;
    double begun; /* seconds of a clock that never jumps */
};

/* Start with oz_show_begin; give `&show.progress` to the work. */
struct oz_show {
    struct oz_progress progress;
    FILE *out;
    enum oz_show_mode mode;
    bool quiet;  /* no notes */
    bool inside; /* a phase */
    struct oz_phase phase;
    double shown;     /* when a line was shown last */
    size_t on_screen; /* columns of the terminal's line that are used */
};

/* `mode`: auto (a line if `out` is a terminal, else none), plain, json, none. */
void oz_show_begin(struct oz_show *show, const char *mode, bool quiet, FILE *out);
void oz_show_end(struct oz_show *show);

/* The line for a terminal `width` columns wide, at time `now`. */
void oz_show_line(const struct oz_phase *phase, double now, unsigned width, char *out, size_t room);

/* Seconds of a clock that never jumps. */
double oz_show_now(void);

/* "0:12", "1:02:03". */
void oz_show_duration(double seconds, char out[24]);

#endif
