/* SPDX-License-Identifier: Apache-2.0 */
/* Arrays: opened or made, known by their metadata, and where each chunk is kept. */
#include "zarr/array.h"

#include <inttypes.h>
#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "base/path.h"
#include "zarr/array_impl.h"
#include "zarr/group.h"
#include "zarr/limits.h"
#include "zarr/meta_rules.h"

void oz_array_free(struct oz_array *array)
{
    if (!array)
        return;
    oz_free(array->path);
    oz_meta_release(&array->meta);
    oz_chain_free(array->chain);
    oz_chain_free(array->index_chain);
    oz_free(array);
}

/* The index is a list of pairs: with transposes in its codecs it could be anything. */
static bool open_index_chain(struct oz_array *array, struct oz_err *err)
{
    struct oz_chunk_spec spec = {
        .rank = 2, .shape = {array->slots, 2}, .item_size = 8, .swap_size = 8};
    const struct oz_json *codecs = array->meta.index_codecs;
    for (size_t i = 0; i < oz_json_length(codecs); i++) {
        const char *name;
        const struct oz_json *config;
        if (!oz_extension_read(oz_json_at(codecs, i), &name, &config, err))
            return oz_err_prefix(err, "index_codecs: ");
        if (strcmp(name, "transpose") == 0)
            return oz_fail(err, OZ_EUNSUPPORTED, "index_codecs: transpose is not supported");
    }
    array->index_chain = oz_chain_open(codecs, &spec, err);
    if (!array->index_chain)
        return oz_err_prefix(err, "index_codecs: ");
    return oz_chain_fixed_size(array->index_chain, &array->index_bytes) ||
           oz_fail(err, OZ_EFORMAT, "index_codecs: an index cannot be compressed");
}

static bool prepare(struct oz_array *array, struct oz_err *err)
{
    const struct oz_meta *meta = &array->meta;
    if (!oz_meta_check(meta, err))
        return false;
    struct oz_chunk_spec spec = {.rank = meta->rank,
                                 .item_size = oz_dtype_size(meta->dtype),
                                 .swap_size = oz_dtype_swap_size(meta->dtype)};
    memcpy(spec.shape, meta->chunk, sizeof spec.shape);
    array->slots = 1;
    for (unsigned i = 0; i < meta->rank; i++) {
        array->slots_per_axis[i] = meta->shard[i] / meta->chunk[i];
        array->slots *= array->slots_per_axis[i];
    }
    array->chain = oz_chain_open(meta->codecs, &spec, err);
    if (!array->chain)
        return false;
    /* Other encoders may waste more than ours, but not this much. */
    array->chunk_max = 2 * (uint64_t)oz_chain_bound(array->chain) + OZ_KIB(64);
    return !meta->sharded || open_index_chain(array, err);
}

static struct oz_array *make_array(struct oz_store *store, const char *path, struct oz_meta *meta,
                                   struct oz_err *err)
{
    OZ_AUTO_PTR(oz_array) array = oz_alloc(1, sizeof *array, err);
    if (!array) {
        oz_meta_release(meta);
        return NULL;
    }
    array->meta = *meta;
    *meta = (struct oz_meta){0};
    array->store = store;
    size_t length = strlen(path);
    while (length > 0 && path[length - 1] == '/')
        length--;
    array->path = oz_strndup(path, length, err);
    if (!array->path)
        return NULL;
    if (!prepare(array, err)) {
        if (path[0])
            oz_err_prefix(err, "%s: ", path);
        return NULL;
    }
    return OZ_STEAL(array);
}

static bool is_group(const struct oz_json *document)
{
    const char *type = oz_json_to_text(oz_json_get(document, "node_type"));
    return type && strcmp(type, "group") == 0;
}

static enum oz_found read_meta_v3(struct oz_store *store, const char *path, struct oz_meta *meta,
                                  struct oz_err *err)
{
    OZ_AUTO_PTR(oz_json) document = NULL;
    enum oz_found found = oz_node_read_document(store, path, "zarr.json", &document, err);
    if (found != OZ_FOUND)
        return found;
    if (is_group(document))
        return OZ_MISSING;
    if (oz_meta_parse_v3(document, meta, err))
        return OZ_FOUND;
    oz_err_prefix(err, "%s%szarr.json: ", path, path[0] ? "/" : "");
    return OZ_FAILED;
}

static enum oz_found read_meta_v2(struct oz_store *store, const char *path, struct oz_meta *meta,
                                  struct oz_err *err)
{
    OZ_AUTO_PTR(oz_json) zarray = NULL;
    OZ_AUTO_PTR(oz_json) zattrs = NULL;
    enum oz_found found = oz_node_read_document(store, path, ".zarray", &zarray, err);
    if (found != OZ_FOUND)
        return found;
    if (oz_node_read_document(store, path, ".zattrs", &zattrs, err) == OZ_FAILED)
        return OZ_FAILED;
    if (oz_meta_parse_v2(zarray, zattrs, meta, err))
        return OZ_FOUND;
    oz_err_prefix(err, "%s%s.zarray: ", path, path[0] ? "/" : "");
    return OZ_FAILED;
}

enum oz_found oz_array_open(struct oz_store *store, const char *path, struct oz_array **out,
                            struct oz_err *err)
{
    struct oz_meta meta = {0};
    enum oz_found found = read_meta_v3(store, path, &meta, err);
    if (found == OZ_MISSING)
        found = read_meta_v2(store, path, &meta, err);
    if (found != OZ_FOUND)
        return found;
    struct oz_array *array = make_array(store, path, &meta, err);
    if (!array)
        return OZ_FAILED;
    *out = array;
    return OZ_FOUND;
}

struct oz_array *oz_array_create(struct oz_store *store, const char *path, struct oz_meta *meta,
                                 struct oz_err *err)
{
    return make_array(store, path, meta, err);
}

/* The attributes of a v2 array, with the names of its axes where all have one. */
static struct oz_json *make_zattrs(const struct oz_meta *meta, struct oz_err *err)
{
    OZ_AUTO_PTR(oz_json) made = NULL;
    if (meta->attributes) {
        made = oz_json_copy(meta->attributes, err);
    } else {
        made = oz_json_object();
        if (!made)
            oz_fail(err, OZ_ENOMEM, "out of memory for attributes");
    }
    bool named = meta->rank > 0 && !oz_json_get(meta->attributes, "_ARRAY_DIMENSIONS");
    for (unsigned i = 0; i < meta->rank; i++)
        named = named && meta->names[i];
    if (!made || !named)
        return OZ_STEAL(made);
    struct oz_json_maker maker = {0};
    struct oz_json *names = oz_make_array(&maker, made, "_ARRAY_DIMENSIONS");
    for (unsigned i = 0; i < meta->rank; i++)
        oz_make_text(&maker, names, NULL, meta->names[i]);
    return oz_make_finish(&maker, OZ_STEAL(made), err);
}

static bool write_beside(const struct oz_array *array, const char *name,
                         const struct oz_json *document, struct oz_err *err)
{
    return document && oz_node_write_document(array->store, array->path, name, document, err);
}

bool oz_array_write_metadata(const struct oz_array *array, struct oz_err *err)
{
    OZ_AUTO_PTR(oz_json) document = NULL;
    OZ_AUTO_PTR(oz_json) zattrs = NULL;
    if (array->meta.zarr_format == 3) {
        document = oz_meta_print_v3(&array->meta, err);
        return write_beside(array, "zarr.json", document, err);
    }
    document = oz_meta_print_v2(&array->meta, err);
    zattrs = document ? make_zattrs(&array->meta, err) : NULL;
    if (!zattrs || (oz_json_length(zattrs) > 0 && !write_beside(array, ".zattrs", zattrs, err)))
        return false;
    return write_beside(array, ".zarray", document, err);
}

const struct oz_meta *oz_array_meta(const struct oz_array *array)
{
    return &array->meta;
}

const char *oz_array_path(const struct oz_array *array)
{
    return array->path;
}

const struct oz_chain *oz_array_chain(const struct oz_array *array)
{
    return array->chain;
}

uint64_t oz_array_slots(const struct oz_array *array, uint64_t per_axis[OZ_MAX_RANK])
{
    memcpy(per_axis, array->slots_per_axis, sizeof array->slots_per_axis);
    return array->slots;
}

/* The key of a stored object below the array's path: "c/0/1". New text. */
static char *print_chunk_key(const struct oz_array *array, const uint64_t *index,
                             struct oz_err *err)
{
    OZ_AUTO(oz_buf) key = {0};
    bool prefixed = array->meta.keys == OZ_KEYS_DEFAULT;
    const char *first = prefixed ? "c" : array->meta.rank == 0 ? "0" : "";
    if (!oz_buf_printf(&key, err, "%s", first))
        return NULL;
    for (unsigned i = 0; i < array->meta.rank; i++) {
        const char separator[] = {prefixed || i > 0 ? array->meta.separator : '\0', '\0'};
        if (!oz_buf_printf(&key, err, "%s%" PRIu64, separator, index[i]))
            return NULL;
    }
    return oz_strndup((const char *)key.data, key.size, err);
}

char *oz_array_key(const struct oz_array *array, const uint64_t *index, struct oz_err *err)
{
    OZ_AUTO_FREE char *name = print_chunk_key(array, index, err);
    return name ? oz_path_join(array->path, name, err) : NULL;
}

bool oz_array_name_object(const struct oz_array *array, const char *key, struct oz_err *err)
{
    size_t length = strlen(array->path);
    const char *rest = length > 0 ? key + length + 1 : key;
    return oz_err_prefix(err, "%s%s%s: ", array->path, length > 0 ? ": " : "", rest);
}
