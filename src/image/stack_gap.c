/* SPDX-License-Identifier: Apache-2.0 */
/* Sees where the numbers in the names of slices leave some out. */
#include "image/stack_find.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "base/text.h"

enum { MAX_DIGITS = 18, NOT_FOUND = -1 };

/* The run of digits number `wanted` from the end; its value, where it fits. */
static const char *digits_from_end(const char *name, int wanted, uint64_t *value)
{
    const char *p = name + strlen(name);
    for (int run = 0;; run++) {
        while (p > name && !isdigit((unsigned char)p[-1]))
            p--;
        if (p == name)
            return NULL;
        const char *end = p;
        while (p > name && isdigit((unsigned char)p[-1]))
            p--;
        if (run < wanted)
            continue;
        char text[MAX_DIGITS + 1];
        size_t length = (size_t)(end - p);
        if (length > MAX_DIGITS)
            return NULL;
        memcpy(text, p, length);
        text[length] = 0;
        return oz_text_to_u64(text, value) ? p : NULL;
    }
}

/* Number from the end of the last run whose value is not the same in all names. */
static int varying_run(const char *const *names, size_t count)
{
    for (int run = 0;; run++) {
        uint64_t first, value;
        if (!digits_from_end(names[0], run, &first))
            return NOT_FOUND;
        for (size_t i = 1; i < count; i++) {
            if (!digits_from_end(names[i], run, &value))
                return NOT_FOUND;
            if (value != first)
                return run;
        }
    }
}

/* The step between numbers where there is no gap: the smallest. 0 where they do not rise. */
static uint64_t smallest_step(const char *const *names, size_t count, int run)
{
    uint64_t before = 0, value = 0, step = UINT64_MAX;
    for (size_t i = 0; i < count; i++, before = value) {
        if (!digits_from_end(names[i], run, &value) || (i && value <= before))
            return 0;
        if (i && value - before < step)
            step = value - before;
    }
    return step;
}

void oz_stack_gap_warn(const char *const *names, size_t count, const char *layer,
                       struct oz_progress *progress)
{
    int run = count > 1 ? varying_run(names, count) : NOT_FOUND;
    uint64_t step = run == NOT_FOUND ? 0 : smallest_step(names, count, run);
    if (!step)
        return;
    uint64_t before = 0, value = 0, missing = 0;
    size_t first = 0;
    for (size_t i = 0; i < count; i++, before = value) {
        if (!digits_from_end(names[i], run, &value) || !i || (value - before) / step < 2)
            continue;
        if (!missing)
            first = i;
        missing += (value - before) / step - 1;
    }
    if (missing)
        oz_progress_say(progress, OZ_EVENT_WARNING,
                        "%s: the numbering has a gap between %s and %s; %" PRIu64
                        " slice%s missing in all, the others are put together without room for "
                        "them",
                        layer, names[first - 1], names[first], missing,
                        missing == 1 ? " is" : "s are");
}
