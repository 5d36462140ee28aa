/* SPDX-License-Identifier: Apache-2.0 */
/* Groups and metadata documents of Zarr v2 and v3. */
#include "zarr/group.h"

#include <string.h>

#include "base/alloc.h"
#include "base/path.h"
#include "zarr/limits.h"
#include "zarr/meta_rules.h"

void oz_node_release(struct oz_node *node)
{
    oz_json_free(node->attributes);
    *node = (struct oz_node){0};
}

enum oz_found oz_document_read(struct oz_store *store, const char *key, struct oz_json **out,
                               struct oz_err *err)
{
    OZ_AUTO(oz_buf) text = {0};
    enum oz_found found = oz_store_get_document(store, key, OZ_LIMIT_DOCUMENT, &text, err);
    if (found != OZ_FOUND)
        return found;
    struct oz_json *document = oz_json_parse(text.data, text.size, err);
    if (!document) {
        oz_err_prefix(err, "%s: ", key);
        return OZ_FAILED;
    }
    *out = document;
    return OZ_FOUND;
}

bool oz_document_write(struct oz_store *store, const char *key, const struct oz_json *document,
                       struct oz_err *err)
{
    OZ_AUTO(oz_buf) text = {0};
    return oz_json_print(document, 2, &text, err) && oz_buf_append(&text, "\n", 1, err) &&
           oz_store_put(store, key, text.data, text.size, err);
}

enum oz_found oz_node_read_document(struct oz_store *store, const char *path, const char *name,
                                    struct oz_json **out, struct oz_err *err)
{
    OZ_AUTO_FREE char *key = oz_path_join(path, name, err);
    return key ? oz_document_read(store, key, out, err) : OZ_FAILED;
}

bool oz_node_write_document(struct oz_store *store, const char *path, const char *name,
                            const struct oz_json *document, struct oz_err *err)
{
    OZ_AUTO_FREE char *key = oz_path_join(path, name, err);
    return key && oz_document_write(store, key, document, err);
}

static bool take_attributes(const struct oz_json *value, struct oz_node *node, struct oz_err *err)
{
    if (oz_json_type(value) == OZ_JSON_NULL)
        return true;
    if (oz_json_type(value) != OZ_JSON_OBJECT)
        return oz_fail(err, OZ_EFORMAT, "attributes: expected an object, found %s",
                       oz_json_type_name(value));
    node->attributes = oz_json_ref(value);
    return true;
}

static bool parse_v3(const struct oz_json *document, struct oz_node *node, struct oz_err *err)
{
    const char *type;
    if (!oz_meta_read_node_type(document, &type, err))
        return false;
    if (strcmp(type, "array") == 0)
        node->kind = OZ_NODE_ARRAY;
    else if (strcmp(type, "group") == 0)
        node->kind = OZ_NODE_GROUP;
    else
        return oz_fail(err, OZ_EFORMAT,
                       "node_type: expected \"array\" or \"group\", found \"%.40s\"", type);
    node->zarr_format = 3;
    return take_attributes(oz_json_get(document, "attributes"), node, err);
}

static enum oz_found read_v3(struct oz_store *store, const char *path, struct oz_node *node,
                             struct oz_err *err)
{
    OZ_AUTO_PTR(oz_json) document = NULL;
    enum oz_found found = oz_node_read_document(store, path, "zarr.json", &document, err);
    if (found != OZ_FOUND)
        return found;
    if (parse_v3(document, node, err))
        return OZ_FOUND;
    oz_err_prefix(err, "%s%szarr.json: ", path, path[0] ? "/" : "");
    return OZ_FAILED;
}

/* Some writers put the number in quotes. */
static bool check_format_v2(const struct oz_json *document, struct oz_err *err)
{
    const struct oz_json *value = oz_json_get(document, "zarr_format");
    const char *text = oz_json_to_text(value);
    uint64_t format = 0;
    if (text ? strcmp(text, "2") == 0 : oz_json_to_u64(value, &format) && format == 2)
        return true;
    return oz_fail(err, OZ_EFORMAT, "zarr_format: expected 2");
}

static enum oz_found read_v2(struct oz_store *store, const char *path, struct oz_node *node,
                             struct oz_err *err)
{
    OZ_AUTO_PTR(oz_json) array = NULL;
    OZ_AUTO_PTR(oz_json) group = NULL;
    OZ_AUTO_PTR(oz_json) attributes = NULL;
    enum oz_found is_array = oz_node_read_document(store, path, ".zarray", &array, err);
    enum oz_found is_group = is_array == OZ_MISSING
                                 ? oz_node_read_document(store, path, ".zgroup", &group, err)
                                 : OZ_MISSING;
    if (is_array == OZ_FAILED || is_group == OZ_FAILED)
        return OZ_FAILED;
    enum oz_found has_attributes = oz_node_read_document(store, path, ".zattrs", &attributes, err);
    if (has_attributes == OZ_FAILED)
        return OZ_FAILED;
    if (is_array == OZ_MISSING && is_group == OZ_MISSING && has_attributes == OZ_MISSING)
        return OZ_MISSING;
    node->kind = is_array == OZ_FOUND ? OZ_NODE_ARRAY : OZ_NODE_GROUP;
    node->zarr_format = 2;
    bool valid = is_group == OZ_MISSING || check_format_v2(group, err);
    if (valid && take_attributes(attributes, node, err))
        return OZ_FOUND;
    oz_err_prefix(err, "%s%s%s: ", path, path[0] ? "/" : "", valid ? ".zattrs" : ".zgroup");
    return OZ_FAILED;
}

static bool has_content(const struct oz_node *node)
{
    return node->kind == OZ_NODE_ARRAY || oz_json_length(node->attributes) > 0;
}

enum oz_found oz_node_read(struct oz_store *store, const char *path, struct oz_node *out,
                           struct oz_err *err)
{
    OZ_AUTO(oz_node) newer = {0};
    OZ_AUTO(oz_node) older = {0};
    enum oz_found found = read_v3(store, path, &newer, err);
    if (found == OZ_FAILED)
        return OZ_FAILED;
    if (!has_content(&newer)) {
        /* A writer may have left a bare zarr.json beside what is really there. */
        enum oz_found other = read_v2(store, path, &older, err);
        if (other == OZ_FAILED)
            return OZ_FAILED;
        if (found == OZ_MISSING && other == OZ_MISSING)
            return OZ_MISSING;
    }
    struct oz_node *chosen = found == OZ_MISSING || has_content(&older) ? &older : &newer;
    *out = *chosen;
    *chosen = (struct oz_node){0};
    return OZ_FOUND;
}

bool oz_group_write(struct oz_store *store, const char *path, int zarr_format,
                    const struct oz_json *attributes, struct oz_err *err)
{
    struct oz_json_maker maker = {0};
    struct oz_json *root = oz_make_root_object(&maker);
    oz_make_i64(&maker, root, "zarr_format", zarr_format);
    if (zarr_format == 3) {
        oz_make_text(&maker, root, "node_type", "group");
        if (attributes)
            oz_make_value(&maker, root, "attributes", oz_json_ref(attributes));
    }
    OZ_AUTO_PTR(oz_json) document = oz_make_finish(&maker, root, err);
    if (!document)
        return false;
    if (zarr_format == 3)
        return oz_node_write_document(store, path, "zarr.json", document, err);
    if (oz_json_length(attributes) > 0 &&
        !oz_node_write_document(store, path, ".zattrs", attributes, err))
        return false;
    return oz_node_write_document(store, path, ".zgroup", document, err);
}
