/* SPDX-License-Identifier: Apache-2.0 */
/* Making and passing on errors. */
#ifndef OZ_BASE_ERR_H
#define OZ_BASE_ERR_H

#include <stdbool.h>

#include "base/attr.h"
#include "omezarr/err.h"

/* Three-way answer of a look-up: missing is no error. */
enum oz_found { OZ_FAILED = -1, OZ_MISSING = 0, OZ_FOUND = 1 };

/* Set `err` and return false, so that failing is one line. */
bool oz_fail(struct oz_err *err, enum oz_code code, const char *format, ...) OZ_PRINTF(3, 4);

/* The same for a failed system call: the code follows from `errnum`, the words end with strerror.
 */
bool oz_fail_errno(struct oz_err *err, int errnum, const char *format, ...) OZ_PRINTF(3, 4);

/* Put what only this level knows in front of the message; returns false. */
bool oz_err_prefix(struct oz_err *err, const char *format, ...) OZ_PRINTF(2, 3);

#endif
