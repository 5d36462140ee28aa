/* SPDX-License-Identifier: Apache-2.0 */
/* Copies of arrays' metadata that groups may hold, which go stale when an array changes. */
#ifndef OZ_OPS_CONSOLIDATED_H
#define OZ_OPS_CONSOLIDATED_H

#include "base/err.h"
#include "base/progress.h"
#include "store/store.h"

/* Remove them from all groups above `path` (the key of an array or group), so that readers look at
 * the array itself. A note names each group. */
bool oz_consolidated_drop(struct oz_store *store, const char *path, struct oz_progress *progress,
                          struct oz_err *err) OZ_MUST_USE;

#endif
