/* SPDX-License-Identifier: Apache-2.0 */
/* JSON in and out. json-c does the work and is seen nowhere else. */
#ifndef OZ_JSON_JSON_H
#define OZ_JSON_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct oz_json; /* any JSON value; getters borrow, builders take */

enum oz_json_type {
    OZ_JSON_NULL,
    OZ_JSON_BOOL,
    OZ_JSON_INT, /* no fraction, no exponent; kept exactly within int64 and uint64 */
    OZ_JSON_DOUBLE,
    OZ_JSON_STRING,
    OZ_JSON_ARRAY,
    OZ_JSON_OBJECT
};

/*
 * Parse one document. A byte order mark is skipped, the bare literals NaN, Infinity and -Infinity
 * are accepted, depth is capped at 64, size by the caller. Duplicate keys: the last one wins.
 * Errors: OZ_EFORMAT with the byte position. The result is the caller's: oz_json_free.
 */
struct oz_json *oz_json_parse(const void *text, size_t size, struct oz_err *err) OZ_MUST_USE;

/* Drop one reference (NULL is fine); take one more. */
void oz_json_free(struct oz_json *value);
struct oz_json *oz_json_ref(const struct oz_json *value);
OZ_DEFINE_AUTO_PTR(oz_json, oz_json_free);

/* Append the value as text: `indent` spaces a level, 0 for one line. Key order is kept; doubles in
 * their shortest form that reads back the same (1.0, 11.24). */
bool oz_json_print(const struct oz_json *value, int indent, struct oz_buf *out,
                   struct oz_err *err) OZ_MUST_USE;

/* ---- reading; all borrow ---- */

enum oz_json_type oz_json_type(const struct oz_json *value); /* NULL pointer: OZ_JSON_NULL */
const char *oz_json_type_name(const struct oz_json *value);  /* "an object", "a number" ... */

/* Members: NULL where the key is missing or `object` is no object. Elements: NULL past the end. */
const struct oz_json *oz_json_get(const struct oz_json *object, const char *key);
const struct oz_json *oz_json_at(const struct oz_json *array, size_t index);
size_t oz_json_length(const struct oz_json *array_or_object); /* 0 for other types */

/* Walk an object in its order:
 *     for (struct oz_json_walk w = {0}; oz_json_next(object, &w);) use(w.key, w.value); */
struct oz_json_walk {
    const char *key;
    const struct oz_json *value;
    const void *place;
};
bool oz_json_next(const struct oz_json *object, struct oz_json_walk *walk);

/* Plain values. False where the type or the range does not fit; integers accept 3.0. No message. */
bool oz_json_to_bool(const struct oz_json *value, bool *out) OZ_MUST_USE;
bool oz_json_to_i64(const struct oz_json *value, int64_t *out) OZ_MUST_USE;
bool oz_json_to_u64(const struct oz_json *value, uint64_t *out) OZ_MUST_USE;
bool oz_json_to_double(const struct oz_json *value, double *out) OZ_MUST_USE;
const char *oz_json_to_text(const struct oz_json *value); /* NULL if no string, or one with a NUL */

/* Members that have to be there and of that type; the message names the key, what was found and
 * what was expected: "shape: expected an array, found a string". */
bool oz_json_need(const struct oz_json *object, const char *key, enum oz_json_type type,
                  const struct oz_json **out, struct oz_err *err) OZ_MUST_USE;
bool oz_json_need_u64(const struct oz_json *object, const char *key, uint64_t *out,
                      struct oz_err *err) OZ_MUST_USE;
bool oz_json_need_text(const struct oz_json *object, const char *key, const char **out,
                       struct oz_err *err) OZ_MUST_USE;

bool oz_json_equal(const struct oz_json *a, const struct oz_json *b);

/* ---- building ---- */
/* Constructors return NULL only when out of memory. */

struct oz_json *oz_json_object(void);
struct oz_json *oz_json_array(void);
struct oz_json *oz_json_null(void);
struct oz_json *oz_json_bool(bool value);
struct oz_json *oz_json_i64(int64_t value);
struct oz_json *oz_json_u64(uint64_t value);
struct oz_json *oz_json_double(double value); /* NaN and infinities as those bare words: avoid */
struct oz_json *oz_json_text(const char *value);

/* Add or replace a member / append an element. `value` is taken, also on failure; a NULL value
 * (from a failed constructor) fails. Key order is order of adding. Use oz_json_null for null. */
bool oz_json_set(struct oz_json *object, const char *key, struct oz_json *value) OZ_MUST_USE;
bool oz_json_push(struct oz_json *array, struct oz_json *value) OZ_MUST_USE;
void oz_json_remove(struct oz_json *object, const char *key);

/* A deep copy that may be changed. */
struct oz_json *oz_json_copy(const struct oz_json *value, struct oz_err *err) OZ_MUST_USE;

/*
 * A sticky builder for documents with many members, so that only one check is needed at the end:
 *     struct oz_json_maker m = {0};
 *     struct oz_json *o = oz_make_root_object(&m);
 *     oz_make_text(&m, o, "name", "em");
 *     return oz_make_finish(&m, o, err);
 * With key NULL the parent is an array.
 */
struct oz_json_maker {
    bool failed;
};
struct oz_json *oz_make_root_object(struct oz_json_maker *maker);
struct oz_json *oz_make_root_array(struct oz_json_maker *maker);
struct oz_json *oz_make_object(struct oz_json_maker *maker, struct oz_json *parent,
                               const char *key);
struct oz_json *oz_make_array(struct oz_json_maker *maker, struct oz_json *parent, const char *key);
void oz_make_text(struct oz_json_maker *maker, struct oz_json *parent, const char *key,
                  const char *value);
void oz_make_i64(struct oz_json_maker *maker, struct oz_json *parent, const char *key,
                 int64_t value);
void oz_make_u64(struct oz_json_maker *maker, struct oz_json *parent, const char *key,
                 uint64_t value);
void oz_make_double(struct oz_json_maker *maker, struct oz_json *parent, const char *key,
                    double value);
void oz_make_bool(struct oz_json_maker *maker, struct oz_json *parent, const char *key, bool value);
void oz_make_null(struct oz_json_maker *maker, struct oz_json *parent, const char *key);
/* Puts a ready value in (taken). */
void oz_make_value(struct oz_json_maker *maker, struct oz_json *parent, const char *key,
                   struct oz_json *value);
/* The root, or NULL and OZ_ENOMEM (root freed) if any step failed. */
struct oz_json *oz_make_finish(struct oz_json_maker *maker, struct oz_json *root,
                               struct oz_err *err) OZ_MUST_USE;

#endif
