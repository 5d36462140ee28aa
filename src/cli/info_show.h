/* SPDX-License-Identifier: Apache-2.0 */
/* What a dataset holds, for a person. */
#ifndef OZ_CLI_INFO_SHOW_H
#define OZ_CLI_INFO_SHOW_H

#include "base/buf.h"
#include "json/json.h"

/* Append the tree that oz_info's report describes. */
bool oz_info_show(const struct oz_json *info, struct oz_buf *out, struct oz_err *err) OZ_MUST_USE;

#endif
