/* SPDX-License-Identifier: Apache-2.0 */
/* What a conversion made, in a few lines. */
#ifndef OZ_CLI_SUMMARY_H
#define OZ_CLI_SUMMARY_H

#include "base/buf.h"
#include "json/json.h"

struct oz_summary {
    const char *target;
    const struct oz_json *info; /* what oz_info says of it */
    double seconds;
};

/* Append it in words / as a JSON object. */
bool oz_summary_show(const struct oz_summary *summary, struct oz_buf *out,
                     struct oz_err *err) OZ_MUST_USE;
bool oz_summary_print(const struct oz_summary *summary, struct oz_buf *out,
                      struct oz_err *err) OZ_MUST_USE;

#endif
