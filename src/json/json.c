/* SPDX-License-Identifier: Apache-2.0 */
/* JSON values: parse, read, build, compare. The one file that knows json-c. */
#include "json/json.h"

#include <limits.h>
#include <math.h>
#include <string.h>

#include <json-c/json.h>

#include "json/json_value.h"

#define MAX_DEPTH 64

/*
 * A value is a json-c object, known to everyone else by the name of struct oz_json. json-c has no
 * object for null, only the NULL pointer, which here means "missing": this address stands for it.
 */
static const char null_value;

static struct oz_json *null_json(void)
{
    return (struct oz_json *)&null_value;
}

static json_object *unwrap(const struct oz_json *value)
{
    return value == null_json() ? NULL : (json_object *)value;
}

/* For a value that is there. */
static struct oz_json *wrap(json_object *object)
{
    return object == NULL ? null_json() : (struct oz_json *)object;
}

/* ---- parse ---- */

static const char *skip_string(const char *p, const char *end)
{
    for (p++; p < end && *p != '"'; p++)
        if (*p == '\\')
            p++;
    return p < end ? p + 1 : end;
}

/* True where the `size` characters of a number are an integer beyond int64 and uint64. */
static bool is_too_large(const char *number, size_t size)
{
    bool negative = *number == '-';
    const char *digits = number + negative;
    size_t count = size - negative;
    const char *limit = negative ? "9223372036854775808" : "18446744073709551615";
    for (size_t i = 0; i < count; i++)
        if (digits[i] < '0' || digits[i] > '9')
            return false;
    if (count < strlen(limit))
        return false;
    return count > strlen(limit) || memcmp(digits, limit, count) > 0;
}

/* json-c replaces integers that do not fit by the nearest that does; here they are an error. */
static bool check_integers(const char *text, size_t size, struct oz_err *err)
{
    const char *end = text + size;
    for (const char *p = text; p < end;) {
        const char *start = p;
        if (*p == '"') {
            p = skip_string(p, end);
            continue;
        }
        while (p < end && *p != '\0' && strchr("0123456789+-.eE", *p) != NULL)
            p++;
        if (p - start >= 19 && is_too_large(start, (size_t)(p - start)))
            return oz_fail(err, OZ_EFORMAT, "JSON: the integer at byte %zu is too large",
                           (size_t)(start - text));
        p += p == start;
    }
    return true;
}

/* Only blanks may follow the document. */
static bool check_rest(const char *text, size_t size, size_t end, struct oz_err *err)
{
    for (; end < size; end++)
        if (strchr(" \t\r\n", text[end]) == NULL || text[end] == '\0')
            return oz_fail(err, OZ_EFORMAT, "JSON: text after the end of the document at byte %zu",
                           end);
    return true;
}

static struct oz_json *parse_with(json_tokener *parser, const char *text, size_t size,
                                  struct oz_err *err)
{
    json_tokener_set_flags(parser, JSON_TOKENER_STRICT | JSON_TOKENER_ALLOW_TRAILING_CHARS |
                                       JSON_TOKENER_VALIDATE_UTF8);
    json_object *object = json_tokener_parse_ex(parser, text, (int)size);
    enum json_tokener_error status = json_tokener_get_error(parser);
    /* A bare number at the end of the text might go on; a NUL says that it does not. */
    if (status == json_tokener_continue) {
        object = json_tokener_parse_ex(parser, "", 1);
        status = json_tokener_get_error(parser);
        if (status == json_tokener_continue || status == json_tokener_error_parse_eof) {
            oz_fail(err, OZ_EFORMAT, "JSON: the document ends too early, at byte %zu", size);
            return NULL;
        }
        if (status == json_tokener_success)
            return wrap(object);
    }
    size_t end = json_tokener_get_parse_end(parser);
    if (status != json_tokener_success) {
        oz_fail(err, OZ_EFORMAT, "JSON: %s at byte %zu", json_tokener_error_desc(status), end);
        return NULL;
    }
    if (!check_rest(text, size, end, err)) {
        json_object_put(object);
        return NULL;
    }
    return wrap(object);
}

struct oz_json *oz_json_parse(const void *text, size_t size, struct oz_err *err)
{
    const char *start = text;
    if (size >= 3 && memcmp(start, "\xEF\xBB\xBF", 3) == 0) {
        start += 3;
        size -= 3;
    }
    if (size >= INT_MAX) {
        oz_fail(err, OZ_ELIMIT, "JSON: a document of %zu bytes is too large", size);
        return NULL;
    }
    if (!check_integers(start, size, err))
        return NULL;
    json_tokener *parser = json_tokener_new_ex(MAX_DEPTH);
    if (parser == NULL) {
        oz_fail(err, OZ_ENOMEM, "out of memory: no room for JSON");
        return NULL;
    }
    struct oz_json *value = parse_with(parser, start, size, err);
    json_tokener_free(parser);
    return value;
}

void oz_json_free(struct oz_json *value)
{
    if (value != NULL)
        json_object_put(unwrap(value));
}

struct oz_json *oz_json_ref(const struct oz_json *value)
{
    if (value != NULL)
        json_object_get(unwrap(value));
    return (struct oz_json *)value;
}

/* ---- read ---- */

enum oz_json_type oz_json_type(const struct oz_json *value)
{
    switch (json_object_get_type(unwrap(value))) {
    case json_type_boolean:
        return OZ_JSON_BOOL;
    case json_type_int:
        return OZ_JSON_INT;
    case json_type_double:
        return OZ_JSON_DOUBLE;
    case json_type_string:
        return OZ_JSON_STRING;
    case json_type_array:
        return OZ_JSON_ARRAY;
    case json_type_object:
        return OZ_JSON_OBJECT;
    default:
        return OZ_JSON_NULL;
    }
}

const struct oz_json *oz_json_get(const struct oz_json *object, const char *key)
{
    json_object *member = NULL;
    if (oz_json_type(object) != OZ_JSON_OBJECT ||
        !json_object_object_get_ex(unwrap(object), key, &member))
        return NULL;
    return wrap(member);
}

const struct oz_json *oz_json_at(const struct oz_json *array, size_t index)
{
    if (oz_json_type(array) != OZ_JSON_ARRAY || index >= json_object_array_length(unwrap(array)))
        return NULL;
    return wrap(json_object_array_get_idx(unwrap(array), index));
}

size_t oz_json_length(const struct oz_json *value)
{
    if (oz_json_type(value) == OZ_JSON_ARRAY)
        return json_object_array_length(unwrap(value));
    if (oz_json_type(value) == OZ_JSON_OBJECT)
        return (size_t)json_object_object_length(unwrap(value));
    return 0;
}

bool oz_json_next(const struct oz_json *object, struct oz_json_walk *walk)
{
    if (oz_json_type(object) != OZ_JSON_OBJECT)
        return false;
    const struct lh_entry *entry = walk->place;
    entry = entry == NULL ? json_object_get_object(unwrap(object))->head : entry->next;
    if (entry == NULL)
        return false;
    walk->place = entry;
    walk->key = lh_entry_k(entry);
    walk->value = wrap((json_object *)lh_entry_v(entry));
    return true;
}

bool oz_json_to_bool(const struct oz_json *value, bool *out)
{
    if (oz_json_type(value) != OZ_JSON_BOOL)
        return false;
    *out = json_object_get_boolean(unwrap(value)) != 0;
    return true;
}

bool oz_json_to_i64(const struct oz_json *value, int64_t *out)
{
    enum oz_json_type type = oz_json_type(value);
    if (type == OZ_JSON_INT) {
        /* Both getters stop at their ends: a number above INT64_MAX shows in the unsigned one. */
        *out = json_object_get_int64(unwrap(value));
        return *out < INT64_MAX || json_object_get_uint64(unwrap(value)) == (uint64_t)INT64_MAX;
    }
    double number = type == OZ_JSON_DOUBLE ? json_object_get_double(unwrap(value)) : NAN;
    if (!(number >= -0x1p63 && number < 0x1p63) || number != floor(number))
        return false;
    *out = (int64_t)number;
    return true;
}

bool oz_json_to_u64(const struct oz_json *value, uint64_t *out)
{
    enum oz_json_type type = oz_json_type(value);
    if (type == OZ_JSON_INT) {
        *out = json_object_get_uint64(unwrap(value));
        return json_object_get_int64(unwrap(value)) >= 0;
    }
    double number = type == OZ_JSON_DOUBLE ? json_object_get_double(unwrap(value)) : NAN;
    if (!(number >= 0 && number < 0x1p64) || number != floor(number))
        return false;
    *out = (uint64_t)number;
    return true;
}

bool oz_json_to_double(const struct oz_json *value, double *out)
{
    enum oz_json_type type = oz_json_type(value);
    if (type != OZ_JSON_INT && type != OZ_JSON_DOUBLE)
        return false;
    *out = json_object_get_double(unwrap(value));
    return true;
}

const char *oz_json_bytes(const struct oz_json *value, size_t *size)
{
    if (oz_json_type(value) != OZ_JSON_STRING)
        return NULL;
    *size = (size_t)json_object_get_string_len(unwrap(value));
    return json_object_get_string(unwrap(value));
}

const char *oz_json_to_text(const struct oz_json *value)
{
    size_t size = 0;
    const char *text = oz_json_bytes(value, &size);
    return text != NULL && strlen(text) == size ? text : NULL;
}

bool oz_json_equal(const struct oz_json *a, const struct oz_json *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    return json_object_equal(unwrap(a), unwrap(b)) != 0;
}

/* ---- build ---- */

struct oz_json *oz_json_object(void)
{
    return (struct oz_json *)json_object_new_object();
}

struct oz_json *oz_json_array(void)
{
    return (struct oz_json *)json_object_new_array();
}

struct oz_json *oz_json_null(void)
{
    return null_json();
}

struct oz_json *oz_json_bool(bool value)
{
    return (struct oz_json *)json_object_new_boolean(value);
}

struct oz_json *oz_json_i64(int64_t value)
{
    return (struct oz_json *)json_object_new_int64(value);
}

struct oz_json *oz_json_u64(uint64_t value)
{
    /* As the parser does it, so that equal numbers are equal values. */
    return value <= (uint64_t)INT64_MAX ? oz_json_i64((int64_t)value)
                                        : (struct oz_json *)json_object_new_uint64(value);
}

struct oz_json *oz_json_double(double value)
{
    return (struct oz_json *)json_object_new_double(value);
}

struct oz_json *oz_json_text(const char *value)
{
    return (struct oz_json *)json_object_new_string(value);
}

bool oz_json_set(struct oz_json *object, const char *key, struct oz_json *value)
{
    if (value == NULL)
        return false;
    if (oz_json_type(object) == OZ_JSON_OBJECT &&
        json_object_object_add(unwrap(object), key, unwrap(value)) == 0)
        return true;
    oz_json_free(value);
    return false;
}

bool oz_json_push(struct oz_json *array, struct oz_json *value)
{
    if (value == NULL)
        return false;
    if (oz_json_type(array) == OZ_JSON_ARRAY &&
        json_object_array_add(unwrap(array), unwrap(value)) == 0)
        return true;
    oz_json_free(value);
    return false;
}

void oz_json_remove(struct oz_json *object, const char *key)
{
    if (oz_json_type(object) == OZ_JSON_OBJECT)
        json_object_object_del(unwrap(object), key);
}

struct oz_json *oz_json_copy(const struct oz_json *value, struct oz_err *err)
{
    json_object *copy = NULL;
    if (value == NULL || value == null_json())
        return null_json();
    if (json_object_deep_copy(unwrap(value), &copy, NULL) != 0) {
        oz_fail(err, OZ_ENOMEM, "out of memory: no room for a copy of JSON");
        return NULL;
    }
    return wrap(copy);
}
