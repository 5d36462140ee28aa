/* SPDX-License-Identifier: Apache-2.0 */
/* A conversion's plan as JSON. */
#ifndef OZ_OPS_CONVERT_PLAN_H
#define OZ_OPS_CONVERT_PLAN_H

#include "base/err.h"
#include "ops/layer_job.h"
#include "ops/settings.h"

/* New text in `*json`; its keys: docs/convert.md, "The plan". */
bool oz_layer_jobs_print(const struct oz_settings *settings, const struct oz_layer_jobs *jobs,
                         char **json, struct oz_err *err) OZ_MUST_USE;

#endif
