/* SPDX-License-Identifier: Apache-2.0 */
/* Strict numbers in text (no locale, the whole string), natural order, sizes for people. */
#ifndef OZ_BASE_TEXT_H
#define OZ_BASE_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Whole string, decimal, no sign, no blanks. False on anything else or on overflow; no message. */
bool oz_text_to_u64(const char *text, uint64_t *out) OZ_MUST_USE;
bool oz_text_to_i64(const char *text, int64_t *out) OZ_MUST_USE;

/* Whole string, '.' as point whatever the locale; "nan" and "inf" are refused. */
bool oz_text_to_double(const char *text, double *out) OZ_MUST_USE;

/* "500M", "2G", "1.5GiB", "1000000": powers of 1024; bytes. */
bool oz_text_to_bytes(const char *text, uint64_t *out) OZ_MUST_USE;

/* Shortest text that reads back as the same double, with at least one decimal ("1.0", "11.24"). */
void oz_text_from_double(double value, char out[32]);

/* "17.3 MB", decimal units, for people. */
void oz_text_from_bytes(uint64_t bytes, char out[32]);

/* strcmp in natural order: runs of digits compare as numbers ("2" < "10"), of any length. */
int oz_text_natural_compare(const char *a, const char *b);

/* ASCII only. */
bool oz_text_equal_nocase(const char *a, const char *b);
bool oz_text_ends_with_nocase(const char *text, const char *suffix);

#endif
