/* SPDX-License-Identifier: Apache-2.0 */
/* The sticky builder: a failed step is remembered, later steps do nothing, one check at the end. */
#include "json/json.h"

static struct oz_json *remember(struct oz_json_maker *maker, struct oz_json *value)
{
    if (value == NULL)
        maker->failed = true;
    return value;
}

/* Takes `value`. */
static bool put(struct oz_json_maker *maker, struct oz_json *parent, const char *key,
                struct oz_json *value)
{
    bool ok = key == NULL ? oz_json_push(parent, value) : oz_json_set(parent, key, value);
    if (!ok)
        maker->failed = true;
    return ok;
}

struct oz_json *oz_make_root_object(struct oz_json_maker *maker)
{
    return remember(maker, oz_json_object());
}

struct oz_json *oz_make_root_array(struct oz_json_maker *maker)
{
    return remember(maker, oz_json_array());
}

struct oz_json *oz_make_object(struct oz_json_maker *maker, struct oz_json *parent, const char *key)
{
    struct oz_json *object = oz_json_object();
    return put(maker, parent, key, object) ? object : NULL;
}

struct oz_json *oz_make_array(struct oz_json_maker *maker, struct oz_json *parent, const char *key)
{
    struct oz_json *array = oz_json_array();
    return put(maker, parent, key, array) ? array : NULL;
}

void oz_make_text(struct oz_json_maker *maker, struct oz_json *parent, const char *key,
                  const char *value)
{
    put(maker, parent, key, oz_json_text(value));
}

void oz_make_i64(struct oz_json_maker *maker, struct oz_json *parent, const char *key,
                 int64_t value)
{
    put(maker, parent, key, oz_json_i64(value));
}

void oz_make_u64(struct oz_json_maker *maker, struct oz_json *parent, const char *key,
                 uint64_t value)
{
    put(maker, parent, key, oz_json_u64(value));
}

void oz_make_double(struct oz_json_maker *maker, struct oz_json *parent, const char *key,
                    double value)
{
    put(maker, parent, key, oz_json_double(value));
}

void oz_make_bool(struct oz_json_maker *maker, struct oz_json *parent, const char *key, bool value)
{
    put(maker, parent, key, oz_json_bool(value));
}

void oz_make_null(struct oz_json_maker *maker, struct oz_json *parent, const char *key)
{
    put(maker, parent, key, oz_json_null());
}

void oz_make_value(struct oz_json_maker *maker, struct oz_json *parent, const char *key,
                   struct oz_json *value)
{
    put(maker, parent, key, value);
}

struct oz_json *oz_make_finish(struct oz_json_maker *maker, struct oz_json *root,
                               struct oz_err *err)
{
    if (!maker->failed)
        return root;
    oz_json_free(root);
    oz_fail(err, OZ_ENOMEM, "out of memory: no room for a JSON document");
    return NULL;
}
