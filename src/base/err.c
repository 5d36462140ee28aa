/* SPDX-License-Identifier: Apache-2.0 */
/* Making and passing on errors: one code to decide on, one message for a person. */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* Room for a message while it is made: the arguments may point into the old one. */
struct draft {
    char text[sizeof((struct oz_err *)0)->msg];
    size_t length; /* that was wanted; what did not fit is cut */
};

static void OZ_PRINTF(2, 0) add(struct draft *draft, const char *format, va_list args)
{
    if (draft->length >= sizeof draft->text)
        return;
    int n =
        vsnprintf(draft->text + draft->length, sizeof draft->text - draft->length, format, args);
    draft->length += n > 0 ? (size_t)n : 0;
}

static void OZ_PRINTF(2, 3) add_words(struct draft *draft, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add(draft, format, args);
    va_end(args);
}

/*
 * Names of files and keys end up in messages and messages on terminals, so control characters
 * (escape sequences) are masked. A message that does not fit says so by its dots.
 */
static void set_message(struct oz_err *err, struct draft *draft)
{
    for (char *c = draft->text; *c != '\0'; c++)
        if (((unsigned char)*c < 0x20 && *c != '\n') || *c == 0x7f)
            *c = '?';
    if (draft->length >= sizeof draft->text)
        memcpy(draft->text + sizeof draft->text - 4, "...", 4);
    memcpy(err->msg, draft->text, sizeof err->msg);
}

bool oz_fail(struct oz_err *err, enum oz_code code, const char *format, ...)
{
    struct draft draft = {0};
    va_list args;
    va_start(args, format);
    add(&draft, format, args);
    va_end(args);

    err->code = code;
    err->sys = 0;
    set_message(err, &draft);
    return false;
}

static enum oz_code code_of_errno(int errnum)
{
    switch (errnum) {
    case ENOSPC:
    case EDQUOT:
        return OZ_ENOSPC;
    case EACCES:
    case EPERM:
    case EROFS:
        return OZ_EDENIED;
    case ENOENT:
    case ENOTDIR:
        return OZ_ENOTFOUND;
    case EEXIST:
    case ENOTEMPTY:
    case EISDIR:
        return OZ_EEXIST;
    case ENOMEM:
        return OZ_ENOMEM;
    case ENAMETOOLONG:
        return OZ_EINVAL;
    default:
        return OZ_EIO;
    }
}

bool oz_fail_errno(struct oz_err *err, int errnum, const char *format, ...)
{
    struct draft draft = {0};
    va_list args;
    va_start(args, format);
    add(&draft, format, args);
    va_end(args);

    char words[128];
    const char *reason = strerror_r(errnum, words, sizeof words);
    add_words(&draft, ": %s", reason);

    err->code = code_of_errno(errnum);
    err->sys = errnum;
    set_message(err, &draft);
    return false;
}

bool oz_err_prefix(struct oz_err *err, const char *format, ...)
{
    struct draft draft = {0};
    va_list args;
    va_start(args, format);
    add(&draft, format, args);
    va_end(args);

    add_words(&draft, "%s", err->msg);
    set_message(err, &draft);
    return false;
}
