/* SPDX-License-Identifier: Apache-2.0 */
/* Prints lines for a person, without what a terminal would act on. */
#include "cli/say.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

/* Control characters: ASCII's, and those that UTF-8 writes as C2 80 ... C2 9F. */
static bool is_control(const unsigned char *p)
{
    return *p < 0x20 || *p == 0x7f || (p[0] == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f);
}

void oz_say_line(FILE *out, const char *prefix, const char *text)
{
    /* In one piece, so that lines of several processes on one terminal do not mix. */
    char line[2048];
    size_t length = 0;
    for (const char *p = prefix; *p && length < sizeof line / 2; p++)
        line[length++] = *p;
    for (const unsigned char *p = (const unsigned char *)text; *p && length < sizeof line - 2;
         p++) {
        bool control = is_control(p);
        line[length++] = control ? '?' : (char)*p;
        p += control && *p == 0xc2;
    }
    line[length++] = '\n';
    fwrite(line, 1, length, out);
    fflush(out);
}

bool oz_say_all(FILE *out, const struct oz_buf *text, struct oz_err *err)
{
    if (fwrite(text->data, 1, text->size, out) == text->size && fflush(out) == 0)
        return true;
    return oz_fail_errno(err, errno, "the output cannot be written");
}
