/* SPDX-License-Identifier: Apache-2.0 */
/* Array metadata whatever the format: life, copies, and the rules that hold for both. */
#include "zarr/meta.h"

#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "zarr/limits.h"
#include "zarr/meta_rules.h"

void oz_meta_release(struct oz_meta *meta)
{
    for (unsigned i = 0; i < OZ_MAX_RANK; i++)
        oz_free(meta->names[i]);
    oz_json_free(meta->codecs);
    oz_json_free(meta->index_codecs);
    oz_json_free(meta->attributes);
    *meta = (struct oz_meta){0};
}

static bool copy_json(const struct oz_json *from, struct oz_json **to, struct oz_err *err)
{
    if (!from)
        return true;
    *to = oz_json_copy(from, err);
    return *to != NULL;
}

bool oz_meta_copy(const struct oz_meta *from, struct oz_meta *to, struct oz_err *err)
{
    OZ_AUTO(oz_meta) made = *from;
    memset(made.names, 0, sizeof made.names);
    made.codecs = made.index_codecs = made.attributes = NULL;
    for (unsigned i = 0; i < from->rank; i++) {
        if (from->names[i] && !(made.names[i] = oz_strdup(from->names[i], err)))
            return false;
    }
    if (!copy_json(from->codecs, &made.codecs, err) ||
        !copy_json(from->index_codecs, &made.index_codecs, err) ||
        !copy_json(from->attributes, &made.attributes, err))
        return false;
    *to = made;
    made = (struct oz_meta){0};
    return true;
}

static bool check_axis(const struct oz_meta *meta, unsigned axis, struct oz_err *err)
{
    uint64_t chunk = meta->chunk[axis], shard = meta->shard[axis];
    if (chunk == 0 || shard == 0)
        return oz_fail(err, OZ_EFORMAT, "axis %u: a chunk cannot be 0 long", axis);
    if (shard % chunk != 0 || (!meta->sharded && shard != chunk))
        return oz_fail(err, OZ_EFORMAT,
                       "axis %u: the shard's %llu is not a multiple of the chunk's %llu", axis,
                       (unsigned long long)shard, (unsigned long long)chunk);
    if (meta->shape[axis] > OZ_META_EXTENT_MAX || shard > OZ_META_EXTENT_MAX)
        return oz_fail(err, OZ_ELIMIT, "axis %u: a length over 2^62", axis);
    return true;
}

/* So that whoever multiplies the lengths of an array need not check again. */
static bool check_total(const struct oz_meta *meta, struct oz_err *err)
{
    uint64_t bytes = oz_dtype_size(meta->dtype);
    for (unsigned i = 0; i < meta->rank; i++)
        if (meta->shape[i] == 0)
            return true;
    for (unsigned i = 0; i < meta->rank; i++)
        if (!oz_mul(bytes, meta->shape[i], &bytes) || bytes > INT64_MAX)
            return oz_fail(err, OZ_ELIMIT, "the array would take more than 2^63 bytes");
    return true;
}

bool oz_meta_check(const struct oz_meta *meta, struct oz_err *err)
{
    if (meta->rank > OZ_MAX_RANK)
        return oz_fail(err, OZ_EUNSUPPORTED, "%u axes, at most %d can be had", meta->rank,
                       OZ_MAX_RANK);
    uint64_t chunk_bytes = oz_dtype_size(meta->dtype), slots = 1;
    bool fits = true;
    for (unsigned i = 0; i < meta->rank; i++) {
        if (!check_axis(meta, i, err))
            return false;
        fits = fits && oz_mul(chunk_bytes, meta->chunk[i], &chunk_bytes) &&
               oz_mul(slots, meta->shard[i] / meta->chunk[i], &slots);
    }
    if (!fits || chunk_bytes > OZ_LIMIT_CHUNK)
        return oz_fail(err, OZ_ELIMIT, "a chunk would take more than %llu bytes",
                       (unsigned long long)OZ_LIMIT_CHUNK);
    if (slots > OZ_LIMIT_SHARD_CHUNKS)
        return oz_fail(err, OZ_ELIMIT, "a shard of %llu chunks, at most %llu can be had",
                       (unsigned long long)slots, (unsigned long long)OZ_LIMIT_SHARD_CHUNKS);
    return check_total(meta, err);
}

bool oz_meta_read_shape(const struct oz_json *object, const char *key, unsigned *rank,
                        uint64_t out[OZ_MAX_RANK], struct oz_err *err)
{
    const struct oz_json *list;
    if (!oz_json_need(object, key, OZ_JSON_ARRAY, &list, err))
        return false;
    size_t length = oz_json_length(list);
    if (length > OZ_MAX_RANK)
        return oz_fail(err, OZ_EUNSUPPORTED, "%s: %zu axes, at most %d can be had", key, length,
                       OZ_MAX_RANK);
    if (*rank != OZ_RANK_ANY && length != *rank)
        return oz_fail(err, OZ_EFORMAT, "%s: expected %u numbers, found %zu", key, *rank, length);
    *rank = (unsigned)length;
    for (unsigned i = 0; i < *rank; i++)
        if (!oz_json_to_u64(oz_json_at(list, i), &out[i]))
            return oz_fail(err, OZ_EFORMAT, "%s[%u]: expected a whole number, found %s", key, i,
                           oz_json_type_name(oz_json_at(list, i)));
    return true;
}

void oz_meta_print_shape(struct oz_json_maker *maker, struct oz_json *parent, const char *key,
                         unsigned rank, const uint64_t *shape)
{
    struct oz_json *list = oz_make_array(maker, parent, key);
    for (unsigned i = 0; i < rank; i++)
        oz_make_u64(maker, list, NULL, shape[i]);
}

bool oz_meta_set_name(struct oz_meta *meta, unsigned axis, const struct oz_json *value,
                      struct oz_err *err)
{
    const char *text = oz_json_to_text(value);
    if (!text)
        return true;
    meta->names[axis] = oz_strdup(text, err);
    return meta->names[axis] != NULL;
}

struct oz_json *oz_meta_make_codec(struct oz_json_maker *maker, struct oz_json *list,
                                   const char *name)
{
    struct oz_json *codec = oz_make_object(maker, list, NULL);
    oz_make_text(maker, codec, "name", name);
    return oz_make_object(maker, codec, "configuration");
}
