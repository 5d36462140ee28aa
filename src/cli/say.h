/* SPDX-License-Identifier: Apache-2.0 */
/* Lines for a person, safe to show on a terminal whatever file names and metadata hold. */
#ifndef OZ_CLI_SAY_H
#define OZ_CLI_SAY_H

#include <stdio.h>

#include "base/buf.h"
#include "base/err.h"

/* "PREFIX TEXT" and a line end; what a terminal would act on is shown as '?'. */
void oz_say_line(FILE *out, const char *prefix, const char *text);

/* Write it all and flush; OZ_EIO where the output cannot take it. */
bool oz_say_all(FILE *out, const struct oz_buf *text, struct oz_err *err) OZ_MUST_USE;

#endif
