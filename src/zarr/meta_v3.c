/* SPDX-License-Identifier: Apache-2.0 */
/* Array metadata of Zarr v3: `zarr.json`. */
#include "zarr/meta.h"

#include <string.h>

#include "codec/codec.h"
#include "zarr/meta_rules.h"

#define SHARDING "sharding_indexed"

/* ---- reading ---- */

/* A member nobody knows stops us, unless it says that it may be passed over. */
static bool check_members(const struct oz_json *document, struct oz_err *err)
{
    static const char *const known[] = {"zarr_format",
                                        "node_type",
                                        "shape",
                                        "data_type",
                                        "chunk_grid",
                                        "codecs",
                                        "fill_value",
                                        "chunk_key_encoding",
                                        "attributes",
                                        "dimension_names",
                                        "storage_transformers",
                                        "consolidated_metadata"};
    for (struct oz_json_walk walk = {0}; oz_json_next(document, &walk);) {
        bool needed = true, found = false;
        for (size_t k = 0; k < OZ_LENGTH(known); k++)
            found = found || strcmp(walk.key, known[k]) == 0;
        const struct oz_json *flag = oz_json_get(walk.value, "must_understand");
        if (!found && (!oz_json_to_bool(flag, &needed) || needed))
            return oz_fail(err, OZ_EUNSUPPORTED, "unknown member \"%.60s\" in the metadata",
                           walk.key);
    }
    return true;
}

bool oz_meta_read_node_type(const struct oz_json *document, const char **type, struct oz_err *err)
{
    uint64_t format;
    if (oz_json_type(document) != OZ_JSON_OBJECT)
        return oz_fail(err, OZ_EFORMAT, "expected an object, found %s",
                       oz_json_type_name(document));
    if (!oz_json_need_u64(document, "zarr_format", &format, err) ||
        !oz_json_need_text(document, "node_type", type, err))
        return false;
    if (format != 3)
        return oz_fail(err, OZ_EFORMAT, "zarr_format: expected 3, found %llu",
                       (unsigned long long)format);
    return true;
}

static bool read_head(const struct oz_json *document, struct oz_err *err)
{
    const char *type;
    if (!oz_meta_read_node_type(document, &type, err))
        return false;
    if (strcmp(type, "array") != 0)
        return oz_fail(err, OZ_EFORMAT, "node_type: expected \"array\", found \"%.40s\"", type);
    if (oz_json_length(oz_json_get(document, "storage_transformers")) > 0)
        return oz_fail(err, OZ_EUNSUPPORTED, "storage_transformers are not supported");
    return check_members(document, err);
}

static bool read_extension(const struct oz_json *document, const char *key, const char **name,
                           const struct oz_json **config, struct oz_err *err)
{
    const struct oz_json *value = oz_json_get(document, key);
    return oz_extension_read(value, name, config, err) || oz_err_prefix(err, "%s: ", key);
}

static bool read_dtype(const struct oz_json *document, struct oz_meta *meta, struct oz_err *err)
{
    const char *name;
    const struct oz_json *config;
    if (!read_extension(document, "data_type", &name, &config, err))
        return false;
    return oz_dtype_from_name(name, &meta->dtype) ||
           oz_fail(err, OZ_EUNSUPPORTED, "data_type: \"%.60s\" is not supported", name);
}

static bool read_grid(const struct oz_json *document, struct oz_meta *meta, struct oz_err *err)
{
    const char *name;
    const struct oz_json *config;
    if (!read_extension(document, "chunk_grid", &name, &config, err))
        return false;
    if (strcmp(name, "regular") != 0)
        return oz_fail(err, OZ_EUNSUPPORTED, "chunk_grid: \"%.60s\" is not supported", name);
    return oz_meta_read_shape(config, "chunk_shape", &meta->rank, meta->shard, err) ||
           oz_err_prefix(err, "chunk_grid: ");
}

static bool read_keys(const struct oz_json *document, struct oz_meta *meta, struct oz_err *err)
{
    const char *name;
    const struct oz_json *config;
    if (!read_extension(document, "chunk_key_encoding", &name, &config, err))
        return false;
    bool v2 = strcmp(name, "v2") == 0;
    if (!v2 && strcmp(name, "default") != 0)
        return oz_fail(err, OZ_EUNSUPPORTED, "chunk_key_encoding: \"%.60s\" is not supported",
                       name);
    meta->keys = v2 ? OZ_KEYS_V2 : OZ_KEYS_DEFAULT;
    meta->separator = v2 ? '.' : '/';
    const struct oz_json *value = oz_json_get(config, "separator");
    const char *separator = oz_json_to_text(value);
    if (oz_json_type(value) == OZ_JSON_NULL)
        return true;
    if (!separator || (strcmp(separator, "/") != 0 && strcmp(separator, ".") != 0))
        return oz_fail(err, OZ_EFORMAT,
                       "chunk_key_encoding: separator: expected \"/\" or \".\", found %s%.20s",
                       separator ? "" : oz_json_type_name(value), separator ? separator : "");
    meta->separator = separator[0];
    return true;
}

/* Refuse by name what would hide in a codec list: our chains know no sharding. */
static bool check_inner(const struct oz_json *codecs, struct oz_err *err)
{
    for (size_t i = 0; i < oz_json_length(codecs); i++) {
        const char *name;
        const struct oz_json *config;
        if (!oz_extension_read(oz_json_at(codecs, i), &name, &config, err))
            return false;
        if (strcmp(name, SHARDING) == 0)
            return oz_fail(err, OZ_EUNSUPPORTED,
                           SHARDING ": shards inside of shards are not supported");
    }
    return true;
}

static bool read_index_codecs(const struct oz_json *config, struct oz_meta *meta,
                              struct oz_err *err)
{
    const struct oz_json *codecs = oz_json_get(config, "index_codecs");
    struct oz_json_maker maker = {0};
    if (oz_json_type(codecs) != OZ_JSON_NULL) {
        meta->index_codecs = oz_json_ref(codecs);
        return true;
    }
    /* Before the member existed the index was plain numbers without a checksum. */
    struct oz_json *list = oz_make_root_array(&maker);
    oz_make_text(&maker, oz_meta_make_codec(&maker, list, "bytes"), "endian", "little");
    meta->index_codecs = oz_make_finish(&maker, list, err);
    return meta->index_codecs != NULL;
}

static bool read_sharding(const struct oz_json *config, struct oz_meta *meta, struct oz_err *err)
{
    const struct oz_json *codecs;
    const struct oz_json *location = oz_json_get(config, "index_location");
    const char *where = oz_json_to_text(location);
    if (!oz_meta_read_shape(config, "chunk_shape", &meta->rank, meta->chunk, err) ||
        !oz_json_need(config, "codecs", OZ_JSON_ARRAY, &codecs, err) || !check_inner(codecs, err) ||
        !read_index_codecs(config, meta, err))
        return false;
    meta->sharded = true;
    meta->codecs = oz_json_ref(codecs);
    meta->index_at_start = where && strcmp(where, "start") == 0;
    if (oz_json_type(location) != OZ_JSON_NULL && !meta->index_at_start &&
        (!where || strcmp(where, "end") != 0))
        return oz_fail(err, OZ_EFORMAT, "index_location: expected \"start\" or \"end\"");
    return true;
}

static bool read_codecs(const struct oz_json *document, struct oz_meta *meta, struct oz_err *err)
{
    const struct oz_json *codecs;
    if (!oz_json_need(document, "codecs", OZ_JSON_ARRAY, &codecs, err))
        return false;
    size_t length = oz_json_length(codecs);
    for (size_t i = 0; i < length; i++) {
        const char *name;
        const struct oz_json *config;
        if (!oz_extension_read(oz_json_at(codecs, i), &name, &config, err))
            return oz_err_prefix(err, "codecs: ");
        if (strcmp(name, SHARDING) != 0)
            continue;
        if (length > 1)
            return oz_fail(err, OZ_EUNSUPPORTED,
                           "codecs: " SHARDING " together with other codecs is not supported");
        return read_sharding(config, meta, err) || oz_err_prefix(err, "codecs: " SHARDING ": ");
    }
    meta->codecs = oz_json_ref(codecs);
    memcpy(meta->chunk, meta->shard, sizeof meta->chunk);
    return true;
}

static bool read_names(const struct oz_json *document, struct oz_meta *meta, struct oz_err *err)
{
    const struct oz_json *names = oz_json_get(document, "dimension_names");
    if (oz_json_type(names) == OZ_JSON_NULL)
        return true;
    if (oz_json_type(names) != OZ_JSON_ARRAY || oz_json_length(names) != meta->rank)
        return oz_fail(err, OZ_EFORMAT, "dimension_names: expected a list of %u names", meta->rank);
    for (unsigned i = 0; i < meta->rank; i++) {
        const struct oz_json *name = oz_json_at(names, i);
        if (oz_json_type(name) != OZ_JSON_STRING && oz_json_type(name) != OZ_JSON_NULL)
            return oz_fail(err, OZ_EFORMAT,
                           "dimension_names[%u]: expected a name or null, found %s", i,
                           oz_json_type_name(name));
        if (!oz_meta_set_name(meta, i, name, err))
            return false;
    }
    return true;
}

static bool read_fill(const struct oz_json *document, struct oz_meta *meta, struct oz_err *err)
{
    const struct oz_json *value = oz_json_get(document, "fill_value");
    meta->fill_is_null = oz_json_type(value) == OZ_JSON_NULL;
    return oz_fill_parse(meta->dtype, value, meta->fill, err);
}

static bool read_attributes(const struct oz_json *document, struct oz_meta *meta,
                            struct oz_err *err)
{
    const struct oz_json *value = oz_json_get(document, "attributes");
    if (oz_json_type(value) == OZ_JSON_NULL)
        return true;
    if (oz_json_type(value) != OZ_JSON_OBJECT)
        return oz_fail(err, OZ_EFORMAT, "attributes: expected an object, found %s",
                       oz_json_type_name(value));
    meta->attributes = oz_json_ref(value);
    return true;
}

bool oz_meta_parse_v3(const struct oz_json *document, struct oz_meta *meta, struct oz_err *err)
{
    OZ_AUTO(oz_meta) made = {.zarr_format = 3, .rank = OZ_RANK_ANY};
    if (!read_head(document, err) ||
        !oz_meta_read_shape(document, "shape", &made.rank, made.shape, err) ||
        !read_dtype(document, &made, err) || !read_grid(document, &made, err) ||
        !read_keys(document, &made, err) || !read_codecs(document, &made, err) ||
        !read_fill(document, &made, err) || !read_names(document, &made, err) ||
        !read_attributes(document, &made, err) || !oz_meta_check(&made, err))
        return false;
    *meta = made;
    made = (struct oz_meta){0};
    return true;
}

/* ---- writing ---- */

static void print_grid(struct oz_json_maker *maker, struct oz_json *root,
                       const struct oz_meta *meta)
{
    struct oz_json *grid = oz_make_object(maker, root, "chunk_grid");
    oz_make_text(maker, grid, "name", "regular");
    oz_meta_print_shape(maker, oz_make_object(maker, grid, "configuration"), "chunk_shape",
                        meta->rank, meta->shard);
}

static void print_keys(struct oz_json_maker *maker, struct oz_json *root,
                       const struct oz_meta *meta)
{
    const char separator[] = {meta->separator, '\0'};
    struct oz_json *keys = oz_make_object(maker, root, "chunk_key_encoding");
    oz_make_text(maker, keys, "name", meta->keys == OZ_KEYS_V2 ? "v2" : "default");
    oz_make_text(maker, oz_make_object(maker, keys, "configuration"), "separator", separator);
}

static void print_codecs(struct oz_json_maker *maker, struct oz_json *root,
                         const struct oz_meta *meta)
{
    if (!meta->sharded) {
        oz_make_value(maker, root, "codecs", oz_json_ref(meta->codecs));
        return;
    }
    struct oz_json *list = oz_make_array(maker, root, "codecs");
    struct oz_json *config = oz_meta_make_codec(maker, list, SHARDING);
    oz_meta_print_shape(maker, config, "chunk_shape", meta->rank, meta->chunk);
    oz_make_value(maker, config, "codecs", oz_json_ref(meta->codecs));
    oz_make_value(maker, config, "index_codecs", oz_json_ref(meta->index_codecs));
    oz_make_text(maker, config, "index_location", meta->index_at_start ? "start" : "end");
}

static void print_names(struct oz_json_maker *maker, struct oz_json *root,
                        const struct oz_meta *meta)
{
    bool any = false;
    for (unsigned i = 0; i < meta->rank; i++)
        any = any || meta->names[i];
    if (!any)
        return;
    struct oz_json *names = oz_make_array(maker, root, "dimension_names");
    for (unsigned i = 0; i < meta->rank; i++) {
        if (meta->names[i])
            oz_make_text(maker, names, NULL, meta->names[i]);
        else
            oz_make_null(maker, names, NULL);
    }
}

struct oz_json *oz_meta_print_v3(const struct oz_meta *meta, struct oz_err *err)
{
    struct oz_json_maker maker = {0};
    struct oz_json *root = oz_make_root_object(&maker);
    oz_make_i64(&maker, root, "zarr_format", 3);
    oz_make_text(&maker, root, "node_type", "array");
    oz_meta_print_shape(&maker, root, "shape", meta->rank, meta->shape);
    oz_make_text(&maker, root, "data_type", oz_dtype_name(meta->dtype));
    print_grid(&maker, root, meta);
    print_keys(&maker, root, meta);
    oz_make_value(&maker, root, "fill_value", oz_fill_print(meta->dtype, meta->fill, err));
    print_codecs(&maker, root, meta);
    print_names(&maker, root, meta);
    if (meta->attributes)
        oz_make_value(&maker, root, "attributes", oz_json_ref(meta->attributes));
    return oz_make_finish(&maker, root, err);
}

struct oz_json *oz_meta_index_codecs(struct oz_err *err)
{
    struct oz_json_maker maker = {0};
    struct oz_json *list = oz_make_root_array(&maker);
    oz_make_text(&maker, oz_meta_make_codec(&maker, list, "bytes"), "endian", "little");
    struct oz_json *sum = oz_make_object(&maker, list, NULL);
    oz_make_text(&maker, sum, "name", "crc32c");
    return oz_make_finish(&maker, list, err);
}
