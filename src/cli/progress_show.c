/* SPDX-License-Identifier: Apache-2.0 */
/* Shows the events of running work: a moving line on a terminal, or lines of text or JSON. */
#include "cli/progress_show.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/checked.h"
#include "base/text.h"
#include "cli/say.h"
#include "json/json.h"

/* Seconds between two showings. Events may come a thousand times a second. */
#define LINE_SECONDS 0.1
#define JSON_SECONDS 0.5
#define PLAIN_SECONDS 5.0

/* Before that a guess of what is left is worth nothing. */
#define GUESS_SECONDS 1.0

double oz_show_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void oz_show_duration(double seconds, char out[24])
{
    uint64_t s = seconds > 0 ? (uint64_t)(seconds + 0.5) : 0;
    uint64_t hours = oz_min_u64(s / 3600, 99999);
    unsigned minutes = (unsigned)(s / 60 % 60), rest = (unsigned)(s % 60);
    if (hours)
        snprintf(out, 24, "%u:%02u:%02u", (unsigned)hours, minutes, rest);
    else
        snprintf(out, 24, "%u:%02u", minutes, rest);
}

static double fraction(const struct oz_phase *phase)
{
    if (phase->total == 0)
        return 0;
    return phase->done >= phase->total ? 1 : (double)phase->done / (double)phase->total;
}

/* "512 MB/s  0:12  0:16 left", the parts that are known. */
static void describe_speed(const struct oz_phase *phase, double now, char out[96])
{
    double elapsed = now - phase->begun, part = fraction(phase);
    char time[24], rate[48] = "", left[40] = "";
    oz_show_duration(elapsed, time);
    if (phase->bytes && elapsed > 0.05) {
        char bytes[32];
        oz_text_from_bytes((uint64_t)((double)phase->bytes / elapsed), bytes);
        snprintf(rate, sizeof rate, "%s/s  ", bytes);
    }
    if (part > 0 && part < 1 && elapsed >= GUESS_SECONDS) {
        char rest[24];
        oz_show_duration(elapsed / part - elapsed, rest);
        snprintf(left, sizeof left, "  %s left", rest);
    }
    snprintf(out, 96, "%s%s%s", rate, time, left);
}

void oz_show_line(const struct oz_phase *phase, double now, unsigned width, char *out, size_t room)
{
    enum { WIDEST_BAR = 30, NARROWEST_BAR = 8 };
    char speed[96], bar[WIDEST_BAR + 8] = "";
    describe_speed(phase, now, speed);
    size_t others = strlen(phase->name) + strlen("  100 %  ") + strlen(speed);
    if (phase->total && width >= others + NARROWEST_BAR + 4) {
        size_t columns = oz_min_u64(width - others - 4, WIDEST_BAR);
        size_t full = (size_t)(fraction(phase) * (double)columns);
        memset(bar, '.', columns + 2);
        memset(bar, '#', full + 1);
        bar[0] = '[';
        bar[columns + 1] = ']';
        memcpy(bar + columns + 2, "  ", 3);
    }
    char line[512], percent[16] = "";
    if (phase->total)
        snprintf(percent, sizeof percent, "%3u %%  ", (unsigned)(100 * fraction(phase)));
    snprintf(line, sizeof line, "%s  %s%s%s", phase->name, bar, percent, speed);
    snprintf(out, room, "%.*s", (int)width, line);
}

static unsigned terminal_width(FILE *out)
{
    struct winsize size;
    if (ioctl(fileno(out), TIOCGWINSZ, &size) != 0 || size.ws_col < 20)
        return 79;
    return size.ws_col - 1u;
}

static void clear_line(struct oz_show *show)
{
    if (show->on_screen)
        fprintf(show->out, "\r%*s\r", (int)show->on_screen, "");
    show->on_screen = 0;
    fflush(show->out);
}

static void show_terminal_line(struct oz_show *show, double now)
{
    char line[512];
    oz_show_line(&show->phase, now, terminal_width(show->out), line, sizeof line);
    size_t length = strlen(line);
    int rest = length < show->on_screen ? (int)(show->on_screen - length) : 0;
    fprintf(show->out, "\r%s%*s", line, rest, "");
    show->on_screen = length + (size_t)rest;
    fflush(show->out);
}

static void show_plain(struct oz_show *show, const char *state, double now)
{
    char text[256], speed[96];
    describe_speed(&show->phase, now, speed);
    snprintf(text, sizeof text, "%s: %s%3u %%  %s", show->phase.name, state,
             (unsigned)(100 * fraction(&show->phase)), speed);
    oz_say_line(show->out, "", text);
}

/* One event as a line. Without memory for it the line is left out: the work goes on. */
static void show_json(struct oz_show *show, const char *kind, const char *text, double now)
{
    struct oz_err err = {0};
    struct oz_json_maker maker = {0};
    struct oz_json *root = oz_make_root_object(&maker);
    oz_make_text(&maker, root, "event", kind);
    if (text) {
        oz_make_text(&maker, root, "text", text);
    } else {
        const struct oz_phase *phase = &show->phase;
        oz_make_text(&maker, root, "phase", phase->name);
        oz_make_u64(&maker, root, "done", phase->done);
        oz_make_u64(&maker, root, "total", phase->total);
        oz_make_u64(&maker, root, "bytes", phase->bytes);
        oz_make_double(&maker, root, "seconds",
                       (double)(int64_t)(1e3 * (now - phase->begun)) / 1e3);
    }
    OZ_AUTO_PTR(oz_json) event = oz_make_finish(&maker, root, &err);
    OZ_AUTO(oz_buf) line = {0};
    if (event && oz_json_print(event, 0, &line, &err) && oz_buf_append(&line, "\n", 1, &err) &&
        !oz_say_all(show->out, &line, &err))
        clearerr(show->out);
}

static void show_phase(struct oz_show *show, const char *kind, const char *state, double now)
{
    show->shown = now;
    switch (show->mode) {
    case OZ_SHOW_LINE:
        show_terminal_line(show, now);
        break;
    case OZ_SHOW_PLAIN:
        show_plain(show, state, now);
        break;
    case OZ_SHOW_JSON:
        show_json(show, kind, NULL, now);
        break;
    case OZ_SHOW_NONE:
        break;
    }
}

static double interval(enum oz_show_mode mode)
{
    return mode == OZ_SHOW_LINE   ? LINE_SECONDS
           : mode == OZ_SHOW_JSON ? JSON_SECONDS
                                  : PLAIN_SECONDS;
}

static void tell(struct oz_show *show, const char *kind, const char *text)
{
    char prefix[16];
    if (show->mode == OZ_SHOW_JSON) {
        show_json(show, kind, text, 0);
        return;
    }
    clear_line(show);
    snprintf(prefix, sizeof prefix, "%s: ", kind);
    oz_say_line(show->out, prefix, text);
    if (show->mode == OZ_SHOW_LINE && show->inside)
        show_terminal_line(show, oz_show_now());
}

static void begin_phase(struct oz_show *show, const struct oz_event *event, double now)
{
    show->phase = (struct oz_phase){.total = event->total, .begun = now};
    const char *text = event->text ? event->text : "working";
    size_t length = 0;
    for (; text[length] && length + 1 < sizeof show->phase.name; length++) {
        unsigned char byte = (unsigned char)text[length];
        show->phase.name[length] = byte < 0x20 || byte == 0x7f ? '?' : text[length];
    }
    show->inside = true;
    show_phase(show, "begin", "begins, ", now);
}

static void end_phase(struct oz_show *show, double now)
{
    if (!show->inside)
        return;
    show_phase(show, "end", "ends, ", now);
    clear_line(show);
    show->inside = false;
}

static void on_event(void *context, const struct oz_event *event)
{
    struct oz_show *show = context;
    double now = oz_show_now();
    switch (event->kind) {
    case OZ_EVENT_BEGIN:
        begin_phase(show, event, now);
        break;
    case OZ_EVENT_ADVANCE:
        show->phase.done = event->done;
        show->phase.total = event->total;
        show->phase.bytes = event->bytes;
        if (show->inside && now - show->shown >= interval(show->mode))
            show_phase(show, "advance", "", now);
        break;
    case OZ_EVENT_END:
        end_phase(show, now);
        break;
    case OZ_EVENT_NOTE:
        if (!show->quiet)
            tell(show, "note", event->text);
        break;
    case OZ_EVENT_WARNING:
        tell(show, "warning", event->text);
        break;
    }
}

void oz_show_begin(struct oz_show *show, const char *mode, bool quiet, FILE *out)
{
    *show = (struct oz_show){.progress = {.event = on_event, .ctx = show}, .out = out};
    show->quiet = quiet;
    bool automatic = strcmp(mode, "auto") == 0;
    const char *terminal = getenv("TERM") ? getenv("TERM") : "";
    if (strcmp(mode, "json") == 0)
        show->mode = OZ_SHOW_JSON;
    else if (strcmp(mode, "plain") == 0)
        show->mode = OZ_SHOW_PLAIN;
    else if (automatic && !quiet && isatty(fileno(out)) && !oz_text_equal_nocase(terminal, "dumb"))
        show->mode = OZ_SHOW_LINE;
}

void oz_show_end(struct oz_show *show)
{
    clear_line(show);
    show->inside = false;
}
