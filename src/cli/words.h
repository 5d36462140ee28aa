/* SPDX-License-Identifier: Apache-2.0 */
/* Values of JSON reports in words for a person. A value that is not there gives an empty text. */
#ifndef OZ_CLI_WORDS_H
#define OZ_CLI_WORDS_H

#include "base/buf.h"
#include "json/json.h"

/* Append the numbers of an array, "64 x 64 x 64". */
bool oz_words_shape(const struct oz_json *numbers, struct oz_buf *out,
                    struct oz_err *err) OZ_MUST_USE;

/* Append the members x, y, z of an object: "2048 x 2048 x 512". */
bool oz_words_size(const struct oz_json *size, struct oz_buf *out, struct oz_err *err) OZ_MUST_USE;

/* Append lengths x, y, z of an object in a unit that suits the longest: "45.3 x 45.3 x 12 µm". */
bool oz_words_lengths(const struct oz_json *lengths, const char *unit, struct oz_buf *out,
                      struct oz_err *err) OZ_MUST_USE;

/* The short form of a unit of length ("nanometer" -> "nm"), or the unit itself. */
const char *oz_words_unit(const char *unit);

/* A member as text: a string as it is, numbers in their shortest form. */
void oz_words_member(const struct oz_json *object, const char *key, char *out, size_t room);

/* A member that counts bytes: "17.3 MB". */
void oz_words_bytes(const struct oz_json *object, const char *key, char out[32]);

/* A member that is a ratio: "1.75". */
void oz_words_ratio(const struct oz_json *object, const char *key, char out[32]);

#endif
