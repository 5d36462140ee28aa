/* SPDX-License-Identifier: Apache-2.0 */
/* A folder that is built beside its target and takes its place in one step. */
#ifndef OZ_OPS_PARTIAL_H
#define OZ_OPS_PARTIAL_H

#include "base/attr.h"
#include "base/err.h"

struct oz_partial;

/*
 * Make an empty hidden folder beside `target`, on the same file system, and lock it. What an
 * interrupted run left there is removed first; if another process is at it, OZ_EEXIST.
 */
struct oz_partial *oz_partial_begin(const char *target, struct oz_err *err) OZ_MUST_USE;
const char *oz_partial_path(const struct oz_partial *partial);

/* Put it in the place of the target (whose old contents are removed after that) and free it. On
 * failure it is removed and the target is as it was. */
bool oz_partial_publish(struct oz_partial *partial, struct oz_err *err) OZ_MUST_USE;

/* Remove it and free it; NULL is fine. */
void oz_partial_drop(struct oz_partial *partial);
OZ_DEFINE_AUTO_PTR(oz_partial, oz_partial_drop);

/* Remove what an interrupted run left beside `target`, unless another process is at it. */
bool oz_partial_clean(const char *target, struct oz_err *err) OZ_MUST_USE;

#endif
