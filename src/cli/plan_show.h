/* SPDX-License-Identifier: Apache-2.0 */
/* The plan of a conversion for a person. */
#ifndef OZ_CLI_PLAN_SHOW_H
#define OZ_CLI_PLAN_SHOW_H

#include "base/buf.h"
#include "json/json.h"

/* Append what oz_convert_plan's report says. */
bool oz_plan_show(const struct oz_json *plan, struct oz_buf *out, struct oz_err *err) OZ_MUST_USE;

#endif
