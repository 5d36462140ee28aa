/* SPDX-License-Identifier: Apache-2.0 */
/* Finds out what is at a path and opens it as one model: dataset, layer, image or group of images.
 */
#include "ops/open_dataset.h"

#include <string.h>

#include "base/alloc.h"
#include "base/path.h"
#include "base/text.h"
#include "ops/open_layer.h"

void oz_dataset_view_release(struct oz_dataset_view *view)
{
    for (size_t i = 0; i < view->layer_count; i++) {
        oz_layer_view_release(&view->layers[i]);
    }
    oz_free(view->layers);
    oz_free(view->name);
    oz_free(view->folder);
    oz_properties_release(&view->properties);
    if (view->store != NULL) {
        oz_store_close(view->store);
    }
    *view = (struct oz_dataset_view){0};
}

/* Take a finished layer in and leave `layer` empty. */
static bool add_layer(struct oz_dataset_view *view, struct oz_layer_view *layer, struct oz_err *err)
{
    size_t count = view->layer_count + 1;
    struct oz_layer_view *layers = oz_realloc(view->layers, count, sizeof *layers, err);
    if (layers == NULL) {
        return false;
    }
    view->layers = layers;
    view->layers[view->layer_count] = *layer;
    view->layers[view->layer_count].array_of = view->layer_count;
    view->layer_count = count;
    *layer = (struct oz_layer_view){0};
    return true;
}

/* ---- datasets with properties ---- */

/* True where the layer is in this folder of the dataset. */
static bool lies_in(const struct oz_property_layer *layer, const char *folder)
{
    size_t n = strlen(folder);
    for (size_t i = 0; i < layer->mag_count; i++) {
        const char *path = layer->mags[i].path;
        path += path[0] == '.' && path[1] == '/' ? 2 : 0;
        if (strncmp(path, folder, n) == 0 && path[n] == '/') {
            return true;
        }
    }
    return strcmp(layer->name, folder) == 0;
}

/* Layers that show channels of one array: their finest mags have the same path. */
static void mark_shared_arrays(struct oz_dataset_view *view)
{
    for (size_t i = 1; i < view->layer_count; i++) {
        struct oz_layer_view *layer = &view->layers[i];
        for (size_t k = 0; k < i && layer->array_of == i; k++) {
            const struct oz_layer_view *other = &view->layers[k];
            const char *a = layer->level_count > 0 ? layer->levels[0].path : NULL;
            const char *b = other->level_count > 0 ? other->levels[0].path : NULL;
            if (a != NULL && b != NULL && strcmp(a, b) == 0) {
                layer->array_of = k;
            }
        }
    }
}

/* The layers that the properties list; with `only` those of that folder. */
static bool add_property_layers(struct oz_dataset_view *view, const char *only, struct oz_err *err)
{
    for (size_t i = 0; i < view->properties.layer_count; i++) {
        const struct oz_property_layer *properties = &view->properties.layers[i];
        if (only != NULL && !lies_in(properties, only)) {
            continue;
        }
        OZ_AUTO(oz_layer_view) layer = {0};
        if (!oz_layer_from_properties(view, properties, &layer, err) ||
            !add_layer(view, &layer, err)) {
            return oz_err_prefix(err, "layer %s: ", properties->name);
        }
    }
    mark_shared_arrays(view);
    return true;
}

/* ---- OME-Zarr images ---- */

static enum oz_found add_image(struct oz_dataset_view *view, const char *group, const char *name,
                               enum oz_category category, struct oz_err *err)
{
    OZ_AUTO(oz_layer_view) layer = {0};
    enum oz_found found = oz_layer_from_image(view, group, name, &layer, err);
    if (found != OZ_FOUND) {
        return found;
    }
    if (layer.category == OZ_CATEGORY_AUTO) {
        layer.category = category;
    }
    return add_layer(view, &layer, err) ? OZ_FOUND : OZ_FAILED;
}

/* The label images that the group `labels` beside the levels names. */
static bool add_labels(struct oz_dataset_view *view, const char *image, struct oz_err *err)
{
    OZ_AUTO_FREE char *group = oz_path_join(image, "labels", err);
    OZ_AUTO(oz_node) node = {0};
    struct oz_err unused = {0};
    char **names = NULL;
    size_t count = 0;
    if (group == NULL) {
        return false;
    }
    if (oz_node_read(view->store, group, &node, &unused) != OZ_FOUND ||
        oz_ome_labels_read(node.attributes, &names, &count, &unused) != OZ_FOUND) {
        return true;
    }
    bool done = true;
    for (size_t i = 0; done && i < count; i++) {
        OZ_AUTO_FREE char *path = oz_path_join(group, names[i], err);
        done =
            path != NULL && add_image(view, path, path, OZ_CATEGORY_SEGMENTATION, err) != OZ_FAILED;
    }
    oz_names_free(names, count);
    return done;
}

static enum oz_found add_image_with_labels(struct oz_dataset_view *view, const char *group,
                                           const char *name, struct oz_err *err)
{
    enum oz_found found = add_image(view, group, name, OZ_CATEGORY_AUTO, err);
    if (found == OZ_FOUND && !add_labels(view, group, err)) {
        return OZ_FAILED;
    }
    return found;
}

/* The images that OME/ lists. MISSING where it lists none. */
static enum oz_found add_series(struct oz_dataset_view *view, struct oz_err *err)
{
    OZ_AUTO(oz_node) node = {0};
    struct oz_err unused = {0};
    char **names = NULL;
    size_t count = 0;
    if (oz_node_read(view->store, "OME", &node, &unused) != OZ_FOUND ||
        oz_ome_series_read(node.attributes, &names, &count, &unused) != OZ_FOUND) {
        return OZ_MISSING;
    }
    bool done = true;
    for (size_t i = 0; done && i < count; i++) {
        done = add_image_with_labels(view, names[i], names[i], err) != OZ_FAILED;
    }
    oz_names_free(names, count);
    return done ? OZ_FOUND : OZ_FAILED;
}

/* Groups "0", "1" ... up to the first that is no image. */
static bool add_numbered(struct oz_dataset_view *view, struct oz_err *err)
{
    enum oz_found found = OZ_FOUND;
    for (size_t i = 0; found == OZ_FOUND; i++) {
        OZ_AUTO_FREE char *name = oz_format(err, "%zu", i);
        if (name == NULL) {
            return false;
        }
        found = add_image_with_labels(view, name, name, err);
    }
    return found != OZ_FAILED;
}

struct children {
    char **names;
    size_t count;
    struct oz_err *err;
    bool failed;
};

static bool take_child(void *ctx, const char *name, bool is_prefix, uint64_t size)
{
    struct children *children = ctx;
    (void)size;
    if (!is_prefix) {
        return true;
    }
    char **names = oz_realloc(children->names, children->count + 1, sizeof *names, children->err);
    if (names != NULL) {
        children->names = names;
        names[children->count] = oz_strdup(name, children->err);
        children->count += names[children->count] != NULL;
    }
    children->failed = names == NULL || names[children->count - 1] == NULL;
    return !children->failed;
}

static void sort_names(char **names, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        char *name = names[i];
        size_t at = i;
        while (at > 0 && oz_text_natural_compare(name, names[at - 1]) < 0) {
            names[at] = names[at - 1];
            at--;
        }
        names[at] = name;
    }
}

/* Every child group that is an image. */
static bool add_children(struct oz_dataset_view *view, struct oz_err *err)
{
    struct children children = {.err = err};
    bool done = oz_store_list(view->store, "", take_child, &children, err) && !children.failed;
    sort_names(children.names, children.count);
    for (size_t i = 0; done && i < children.count; i++) {
        done = add_image_with_labels(view, children.names[i], children.names[i], err) != OZ_FAILED;
    }
    oz_names_free(children.names, children.count);
    return done;
}

static bool add_images(struct oz_dataset_view *view, struct oz_err *err)
{
    OZ_AUTO(oz_node) root = {0};
    if (oz_node_read(view->store, "", &root, err) == OZ_FAILED) {
        return false;
    }
    const char *own = oz_json_to_text(
        oz_json_get(oz_json_at(oz_ome_member(root.attributes, "multiscales"), 0), "name"));
    const char *name = own != NULL && own[0] != '\0' ? own : view->name;
    enum oz_found found = add_image_with_labels(view, "", name, err);
    if (found != OZ_MISSING) {
        return found == OZ_FOUND;
    }
    if (oz_ome_member(root.attributes, "plate") != NULL) {
        return oz_fail(err, OZ_EUNSUPPORTED,
                       "it is a plate; open one of its images, as PLATE/A/1/0");
    }
    if (root.kind == OZ_NODE_ARRAY) {
        OZ_AUTO(oz_layer_view) layer = {0};
        return oz_layer_from_array(view, view->name, &layer, err) && add_layer(view, &layer, err);
    }
    found = add_series(view, err);
    if (found == OZ_MISSING) {
        bool numbered = oz_ome_member(root.attributes, "bioformats2raw.layout") != NULL;
        found =
            (numbered ? add_numbered(view, err) : add_children(view, err)) ? OZ_FOUND : OZ_FAILED;
    }
    return found == OZ_FOUND;
}

/* ---- what is at the path ---- */

/* The folder meant: of a metadata file that was named, the one it is in. */
static char *folder_of(const char *path, struct oz_err *err)
{
    static const char *const files[] = {"zarr.json", ".zattrs", ".zgroup", OZ_PROPERTIES_KEY};
    path += strncmp(path, "file://", 7) == 0 ? 7 : 0;
    if (strstr(path, "://") != NULL) {
        oz_fail(err, OZ_EUNSUPPORTED, "only folders of this machine can be opened");
        return NULL;
    }
    OZ_AUTO_FREE char *real = oz_path_real(path, err);
    OZ_AUTO_FREE char *name = real == NULL ? NULL : oz_path_name(real, err);
    enum oz_path_kind kind = OZ_PATH_MISSING;
    if (name == NULL || !oz_path_kind(real, &kind, err)) {
        return NULL;
    }
    for (size_t i = 0; kind == OZ_PATH_FILE && i < OZ_LENGTH(files); i++) {
        if (strcmp(name, files[i]) == 0) {
            return oz_path_parent(real, err);
        }
    }
    if (kind == OZ_PATH_MISSING) {
        oz_fail(err, OZ_ENOTFOUND, "it does not exist");
        return NULL;
    }
    if (kind != OZ_PATH_FOLDER) {
        oz_fail(err, OZ_EFORMAT,
                "it is a file, expected the folder of a dataset or OME-Zarr image");
        return NULL;
    }
    return OZ_STEAL(real);
}

static bool has_properties(const char *folder, bool *has, struct oz_err *err)
{
    OZ_AUTO_FREE char *path = oz_path_join(folder, OZ_PROPERTIES_KEY, err);
    enum oz_path_kind kind = OZ_PATH_MISSING;
    if (path == NULL || !oz_path_kind(path, &kind, err)) {
        return false;
    }
    *has = kind == OZ_PATH_FILE;
    return true;
}

/* Open the dataset in `folder`, or of it the layers in its folder `only`. */
static bool open_properties(struct oz_dataset_view *view, const char *folder, const char *only,
                            struct oz_err *err)
{
    view->store = oz_store_open(folder, err);
    view->folder = oz_strdup(folder, err);
    view->name = oz_path_name(folder, err);
    if (view->store == NULL || view->folder == NULL || view->name == NULL) {
        return false;
    }
    if (oz_properties_read(view->store, &view->properties, err) != OZ_FOUND) {
        return false;
    }
    view->has_properties = true;
    if (view->properties.name[0] != '\0') {
        oz_free(view->name);
        view->name = oz_strdup(view->properties.name, err);
        if (view->name == NULL) {
            return false;
        }
    }
    return add_property_layers(view, only, err);
}

static bool open_images(struct oz_dataset_view *view, const char *folder, struct oz_err *err)
{
    view->store = oz_store_open(folder, err);
    view->folder = oz_strdup(folder, err);
    view->name = oz_path_name(folder, err);
    if (view->store == NULL || view->folder == NULL || view->name == NULL ||
        !add_images(view, err)) {
        return false;
    }
    if (view->layer_count == 0) {
        return oz_fail(err, OZ_ENOTFOUND,
                       "it is neither a dataset (no " OZ_PROPERTIES_KEY
                       ") nor an OME-Zarr image (no multiscales)");
    }
    return true;
}

static void set_format(struct oz_dataset_view *view)
{
    for (size_t i = 0; i < view->layer_count && view->zarr_format == 0; i++) {
        const struct oz_layer_view *layer = &view->layers[i];
        for (size_t k = 0; k < layer->level_count && view->zarr_format == 0; k++) {
            const struct oz_array *array = layer->levels[k].array;
            view->zarr_format = array == NULL ? 0 : oz_array_meta(array)->zarr_format;
        }
    }
}

static bool open_view(struct oz_dataset_view *view, const char *path, struct oz_err *err)
{
    OZ_AUTO_FREE char *folder = folder_of(path, err);
    bool has = false;
    if (folder == NULL || !has_properties(folder, &has, err)) {
        return false;
    }
    if (has) {
        return open_properties(view, folder, NULL, err);
    }
    OZ_AUTO_FREE char *parent = oz_path_parent(folder, err);
    OZ_AUTO_FREE char *name = oz_path_name(folder, err);
    if (parent == NULL || name == NULL || !has_properties(parent, &has, err)) {
        return false;
    }
    if (has) {
        if (!open_properties(view, parent, name, err)) {
            return false;
        }
        if (view->layer_count > 0) {
            return true;
        }
        oz_dataset_view_release(view);
    }
    return open_images(view, folder, err);
}

bool oz_dataset_view_open(const char *path, struct oz_dataset_view *out, struct oz_err *err)
{
    OZ_AUTO(oz_dataset_view) view = {0};
    if (!open_view(&view, path, err)) {
        return oz_err_prefix(err, "%s: ", path);
    }
    set_format(&view);
    *out = view;
    view = (struct oz_dataset_view){0};
    return true;
}

struct oz_layer_view *oz_dataset_view_find(struct oz_dataset_view *view, const char *name,
                                           struct oz_err *err)
{
    OZ_AUTO(oz_buf) names = {0};
    for (size_t i = 0; i < view->layer_count; i++) {
        if (strcmp(view->layers[i].name, name) == 0) {
            return &view->layers[i];
        }
        if (!oz_buf_printf(&names, err, "%s%s", i == 0 ? "" : ", ", view->layers[i].name)) {
            return NULL;
        }
    }
    oz_fail(err, OZ_ENOTFOUND, "there is no layer '%.100s'; layers: %.*s", name,
            (int)(names.size < 400 ? names.size : 400), (const char *)names.data);
    return NULL;
}
