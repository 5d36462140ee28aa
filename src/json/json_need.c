/* SPDX-License-Identifier: Apache-2.0 */
/* Members that have to be there: what is wrong is said with the key, what was expected and found.
 */
#include "json/json.h"

static const char *name_of(enum oz_json_type type)
{
    switch (type) {
    case OZ_JSON_NULL:
        return "null";
    case OZ_JSON_BOOL:
        return "true or false";
    case OZ_JSON_INT:
        return "an integer";
    case OZ_JSON_DOUBLE:
        return "a number";
    case OZ_JSON_STRING:
        return "a string";
    case OZ_JSON_ARRAY:
        return "an array";
    case OZ_JSON_OBJECT:
        return "an object";
    }
    return "nothing";
}

const char *oz_json_type_name(const struct oz_json *value)
{
    return value == NULL ? "nothing" : name_of(oz_json_type(value));
}

static bool refuse(const struct oz_json *found, const char *key, const char *expected,
                   struct oz_err *err)
{
    return oz_fail(err, OZ_EFORMAT, "%s: expected %s, found %s", key, expected,
                   oz_json_type_name(found));
}

bool oz_json_need(const struct oz_json *object, const char *key, enum oz_json_type type,
                  const struct oz_json **out, struct oz_err *err)
{
    const struct oz_json *found = oz_json_get(object, key);
    enum oz_json_type found_type = oz_json_type(found);
    /* An integer is a number too. */
    bool fits = found_type == type || (type == OZ_JSON_DOUBLE && found_type == OZ_JSON_INT);
    if (found == NULL || !fits)
        return refuse(found, key, name_of(type), err);
    *out = found;
    return true;
}

bool oz_json_need_u64(const struct oz_json *object, const char *key, uint64_t *out,
                      struct oz_err *err)
{
    const struct oz_json *found = oz_json_get(object, key);
    if (oz_json_to_u64(found, out))
        return true;
    bool is_number = oz_json_type(found) == OZ_JSON_INT || oz_json_type(found) == OZ_JSON_DOUBLE;
    if (is_number)
        return oz_fail(err, OZ_EFORMAT, "%s: expected an integer from 0 to 2^64 - 1", key);
    return refuse(found, key, "an integer", err);
}

bool oz_json_need_text(const struct oz_json *object, const char *key, const char **out,
                       struct oz_err *err)
{
    const struct oz_json *found = oz_json_get(object, key);
    *out = oz_json_to_text(found);
    if (*out != NULL)
        return true;
    if (oz_json_type(found) == OZ_JSON_STRING)
        return oz_fail(err, OZ_EFORMAT, "%s: the string holds a NUL character", key);
    return refuse(found, key, "a string", err);
}
