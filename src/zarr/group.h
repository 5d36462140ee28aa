/* SPDX-License-Identifier: Apache-2.0 */
/* Groups and their attributes, Zarr v2 and v3 alike. */
#ifndef OZ_ZARR_GROUP_H
#define OZ_ZARR_GROUP_H

#include <stdbool.h>

#include "base/err.h"
#include "json/json.h"
#include "store/store.h"

enum oz_node_kind { OZ_NODE_NONE, OZ_NODE_GROUP, OZ_NODE_ARRAY };

/* Start with `= {0}`, end with oz_node_release. */
struct oz_node {
    enum oz_node_kind kind;
    int zarr_format;
    struct oz_json *attributes; /* an object; NULL where there are none */
};
void oz_node_release(struct oz_node *node);

/* What is at a path: zarr.json first, then .zgroup / .zarray (.zattrs alone counts as a group).
 * Where both formats are there the one with attributes or array content wins. */
enum oz_found oz_node_read(struct oz_store *store, const char *path, struct oz_node *out,
                           struct oz_err *err) OZ_MUST_USE;

/* Write a group: zarr.json, or .zgroup and (with attributes) .zattrs. Attributes may be NULL. */
bool oz_group_write(struct oz_store *store, const char *path, int zarr_format,
                    const struct oz_json *attributes, struct oz_err *err) OZ_MUST_USE;

/* Write a JSON document under a key, indented by two, newline at the end. */
bool oz_document_write(struct oz_store *store, const char *key, const struct oz_json *document,
                       struct oz_err *err) OZ_MUST_USE;
enum oz_found oz_document_read(struct oz_store *store, const char *key, struct oz_json **out,
                               struct oz_err *err) OZ_MUST_USE;

/* The same for the document `name` of the node at `path`. */
bool oz_node_write_document(struct oz_store *store, const char *path, const char *name,
                            const struct oz_json *document, struct oz_err *err) OZ_MUST_USE;
enum oz_found oz_node_read_document(struct oz_store *store, const char *path, const char *name,
                                    struct oz_json **out, struct oz_err *err) OZ_MUST_USE;

#endif
