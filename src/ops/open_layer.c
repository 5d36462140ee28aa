/* SPDX-License-Identifier: Apache-2.0 */
/* Makes a layer of a dataset view: opens its arrays and works out axes, true extents and mags. */
#include "ops/open_layer.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "base/path.h"
#include "base/text.h"

void oz_layer_view_release(struct oz_layer_view *layer)
{
    for (size_t i = 0; i < layer->level_count; i++) {
        oz_free(layer->levels[i].path);
        oz_free(layer->levels[i].problem);
        oz_array_free(layer->levels[i].array);
    }
    oz_free(layer->levels);
    oz_free(layer->name);
    oz_free(layer->problem);
    oz_free(layer->group);
    oz_free(layer->unit);
    oz_node_release(&layer->node);
    oz_ome_image_release(&layer->image);
    *layer = (struct oz_layer_view){0};
}

/* Keep what went wrong as a text and go on; only lack of memory ends the opening. */
static bool note_problem(char **problem, const struct oz_err *what, struct oz_err *err)
{
    if (what->code == OZ_ENOMEM) {
        *err = *what;
        return false;
    }
    oz_free(*problem);
    *problem = oz_strdup(what->msg, err);
    return *problem != NULL;
}

static uint64_t axis_size(const struct oz_meta *meta, int index)
{
    return index < 0 ? 1 : meta->shape[index];
}

/* Every axis of the array that is longer than 1 has a meaning, and none is out of bounds. */
static bool check_order(const struct oz_axis_order *order, const struct oz_meta *meta,
                        struct oz_err *err)
{
    const int indices[] = {order->t, order->c, order->z, order->y, order->x};
    unsigned known = 0;
    for (size_t i = 0; i < OZ_LENGTH(indices); i++) {
        if (indices[i] >= (int)meta->rank) {
            return oz_fail(err, OZ_EFORMAT, "the array has %u axes, axis %d is named", meta->rank,
                           indices[i]);
        }
        known |= indices[i] < 0 ? 0 : 1u << indices[i];
    }
    for (unsigned i = 0; i < meta->rank; i++) {
        if ((known >> i & 1) == 0 && meta->shape[i] != 1) {
            return oz_fail(err, OZ_EFORMAT, "nothing says what axis %u of the array is", i);
        }
    }
    if (order->x < 0 || order->y < 0) {
        return oz_fail(err, OZ_EFORMAT, "the array has no axes x and y");
    }
    return true;
}

/* Open the array at the level's path. */
static bool open_array(struct oz_store *store, struct oz_level_view *level, struct oz_err *err)
{
    enum oz_found found = oz_array_open(store, level->path, &level->array, err);
    if (found == OZ_MISSING) {
        return oz_fail(err, OZ_ENOTFOUND, "%s: there is no array", level->path);
    }
    return found == OZ_FOUND || oz_err_prefix(err, "%s: ", level->path);
}

static void drop_array(struct oz_level_view *level)
{
    oz_array_free(level->array);
    level->array = NULL;
}

/* What of the array is real: from `low` to `high` (z, y, x), as far as the array reaches. */
static bool set_extent(struct oz_level_view *level, const uint64_t low[3], const uint64_t high[3],
                       struct oz_err *err)
{
    const struct oz_meta *meta = oz_array_meta(level->array);
    const int indices[3] = {level->order.z, level->order.y, level->order.x};
    if (!check_order(&level->order, meta, err)) {
        return oz_err_prefix(err, "%s: ", level->path);
    }
    for (int i = 0; i < 3; i++) {
        uint64_t end = oz_min_u64(high[i], axis_size(meta, indices[i]));
        level->origin[i] = oz_min_u64(low[i], end);
        level->extent[i] = end - level->origin[i];
        if (level->extent[i] == 0) {
            return oz_fail(err, OZ_EFORMAT, "%s: it has no voxels along %c", level->path, "zyx"[i]);
        }
    }
    level->t_size = axis_size(meta, level->order.t);
    level->c_size = axis_size(meta, level->order.c);
    return true;
}

/* ---- from datasource-properties.json ---- */

/* "./em/1" -> "em/1". Arrays outside of the dataset are not followed. */
static char *path_to_key(const char *path, struct oz_err *err)
{
    while (path[0] == '.' && path[1] == '/') {
        path += 2;
    }
    size_t n = strlen(path);
    while (n > 0 && path[n - 1] == '/') {
        n--;
    }
    OZ_AUTO_FREE char *key = oz_strndup(path, n, err);
    if (key == NULL) {
        return NULL;
    }
    struct oz_err unused = {0};
    if (n == 0 || !oz_key_check(key, &unused)) {
        oz_fail(err, OZ_EUNSUPPORTED, "path '%.200s': it does not lie in the dataset", path);
        return NULL;
    }
    return OZ_STEAL(key);
}

/* An order of 3-D arrays without axisOrder is x, y, z. */
static struct oz_axis_order property_order(const struct oz_property_mag *mag, unsigned rank)
{
    const struct oz_axis_order *order = &mag->order;
    bool by_default = order->c == 0 && order->x == 1 && order->y == 2 && order->z == 3;
    if (rank == 3 && by_default) {
        return (struct oz_axis_order){.t = -1, .c = -1, .x = 0, .y = 1, .z = 2};
    }
    return *order;
}

static bool fill_property_level(struct oz_store *store, const struct oz_property_layer *properties,
                                const struct oz_property_mag *mag, struct oz_level_view *level,
                                struct oz_err *err)
{
    level->path = path_to_key(mag->path, err);
    if (level->path == NULL || !open_array(store, level, err)) {
        return false;
    }
    const struct oz_meta *meta = oz_array_meta(level->array);
    const uint64_t factors[3] = {mag->mag.z, mag->mag.y, mag->mag.x};
    uint64_t low[3];
    uint64_t high[3];
    for (int i = 0; i < 3; i++) {
        uint64_t from = properties->top_left[2 - i];
        low[i] = from / factors[i];
        high[i] = oz_ceil_div(from + properties->size[2 - i], factors[i]);
    }
    level->order = property_order(mag, meta->rank);
    if (!set_extent(level, low, high, err)) {
        return false;
    }
    if (mag->channel >= 0 && (uint64_t)mag->channel >= level->c_size) {
        return oz_fail(err, OZ_EFORMAT, "%s: channelIndex is %lld, the array has %llu channels",
                       level->path, (long long)mag->channel, (unsigned long long)level->c_size);
    }
    if (properties->t_size > 0) {
        level->t_size = oz_min_u64(level->t_size, properties->t_size);
    }
    return true;
}

static bool is_finer(const struct oz_level_view *a, const struct oz_level_view *b)
{
    uint32_t size_a = oz_mag_max(a->mag);
    uint32_t size_b = oz_mag_max(b->mag);
    if (size_a != size_b) {
        return size_a < size_b;
    }
    return (uint64_t)a->mag.x + a->mag.y + a->mag.z < (uint64_t)b->mag.x + b->mag.y + b->mag.z;
}

/* Stable, and there are few. */
static void sort_levels(struct oz_layer_view *layer,
                        bool (*before)(const struct oz_level_view *, const struct oz_level_view *))
{
    for (size_t i = 1; i < layer->level_count; i++) {
        struct oz_level_view level = layer->levels[i];
        size_t at = i;
        while (at > 0 && before(&level, &layer->levels[at - 1])) {
            layer->levels[at] = layer->levels[at - 1];
            at--;
        }
        layer->levels[at] = level;
    }
}

static bool make_levels(struct oz_layer_view *layer, size_t count, struct oz_err *err)
{
    layer->levels = oz_alloc(count, sizeof *layer->levels, err);
    layer->level_count = layer->levels == NULL ? 0 : count;
    return layer->levels != NULL;
}

/* The group above the arrays, and what its attributes say. A group that cannot be read is no
 * reason not to show the arrays: the properties have all that is needed. */
static bool read_group(struct oz_store *store, struct oz_layer_view *layer, struct oz_err *err)
{
    const char *path = NULL;
    for (size_t i = 0; i < layer->level_count && path == NULL; i++) {
        path = layer->levels[i].path;
    }
    const char *slash = path == NULL ? NULL : strrchr(path, '/');
    layer->group =
        slash == NULL ? oz_strdup("", err) : oz_strndup(path, (size_t)(slash - path), err);
    if (layer->group == NULL) {
        return false;
    }
    struct oz_err problem = {0};
    if (oz_node_read(store, layer->group, &layer->node, &problem) == OZ_FAILED ||
        oz_ome_image_read(layer->node.attributes, &layer->image, &problem) == OZ_FAILED) {
        oz_ome_image_release(&layer->image);
    }
    if (problem.code == OZ_ENOMEM) {
        *err = problem;
        return false;
    }
    return true;
}

/* Point each level to the entry of the image that names it, unless the image has other axes than
 * the array (WEBKNOSSOS writes c,x,y,z for all). */
static bool join_image(struct oz_layer_view *layer, struct oz_err *err)
{
    for (size_t n = 0; n < layer->image.level_count; n++) {
        OZ_AUTO_FREE char *path = oz_path_join(layer->group, layer->image.levels[n].path, err);
        if (path == NULL) {
            return false;
        }
        for (size_t i = 0; i < layer->level_count; i++) {
            struct oz_level_view *level = &layer->levels[i];
            bool fits =
                level->array == NULL || oz_array_meta(level->array)->rank == layer->image.rank;
            if (fits && level->path != NULL && strcmp(level->path, path) == 0) {
                level->ome = &layer->image.levels[n];
            }
        }
    }
    return true;
}

static bool is_ours(const struct oz_ome_image *image)
{
    const char *software = oz_json_to_text(oz_json_get(image->metadata, "software"));
    return software != NULL && strcmp(software, "omezarr") == 0;
}

/* The layer's type and channel follow from its finest array that opens. */
static void set_dtype(struct oz_layer_view *layer)
{
    for (size_t i = 0; i < layer->level_count; i++) {
        if (layer->levels[i].array != NULL) {
            layer->dtype = oz_array_meta(layer->levels[i].array)->dtype;
            return;
        }
    }
}

bool oz_layer_from_properties(const struct oz_dataset_view *view,
                              const struct oz_property_layer *properties,
                              struct oz_layer_view *layer, struct oz_err *err)
{
    struct oz_err problem = {0};
    layer->properties = properties;
    layer->kind = OZ_VIEW_WEBKNOSSOS;
    layer->category = properties->segmentation ? OZ_CATEGORY_SEGMENTATION : OZ_CATEGORY_COLOR;
    layer->dtype = properties->dtype;
    layer->channel = properties->mag_count > 0 ? properties->mags[0].channel : -1;
    layer->name = oz_strdup(properties->name, err);
    layer->unit = oz_strdup(view->properties.unit, err);
    if (layer->name == NULL || layer->unit == NULL) {
        return false;
    }
    memcpy(layer->voxel, view->properties.voxel, sizeof layer->voxel);
    memcpy(layer->size, properties->size, sizeof layer->size);
    if (properties->problem != NULL) {
        layer->problem = oz_strdup(properties->problem, err);
        return layer->problem != NULL;
    }
    if (strcmp(properties->data_format, "zarr") != 0 &&
        strcmp(properties->data_format, "zarr3") != 0) {
        oz_fail(&problem, OZ_EUNSUPPORTED, "the data format %.40s cannot be read",
                properties->data_format);
        return note_problem(&layer->problem, &problem, err);
    }
    if (!make_levels(layer, properties->mag_count, err)) {
        return false;
    }
    for (size_t i = 0; i < properties->mag_count; i++) {
        struct oz_level_view *level = &layer->levels[i];
        level->mag = properties->mags[i].mag;
        problem = (struct oz_err){0};
        if (!fill_property_level(view->store, properties, &properties->mags[i], level, &problem)) {
            drop_array(level);
            if (!note_problem(&level->problem, &problem, err)) {
                return false;
            }
        }
    }
    sort_levels(layer, is_finer);
    set_dtype(layer);
    if (!read_group(view->store, layer, err) || !join_image(layer, err)) {
        return false;
    }
    layer->kind = is_ours(&layer->image) ? OZ_VIEW_OURS : OZ_VIEW_WEBKNOSSOS;
    return true;
}

/* ---- from an OME-Zarr image ---- */

/* Where an axis of the image belongs; NULL where all places it could have are taken. */
static int *place_of_axis(const struct oz_ome_axis *axis, struct oz_axis_order *order)
{
    const char *type = axis->type == NULL ? "" : axis->type;
    if (strcmp(type, "space") == 0) {
        int *named = oz_text_equal_nocase(axis->name, "x")   ? &order->x
                     : oz_text_equal_nocase(axis->name, "y") ? &order->y
                     : oz_text_equal_nocase(axis->name, "z") ? &order->z
                                                             : NULL;
        if (named != NULL) {
            return *named < 0 ? named : NULL;
        }
        /* Called from the last axis to the first: x is the fastest one. */
        return order->x < 0   ? &order->x
               : order->y < 0 ? &order->y
               : order->z < 0 ? &order->z
                              : NULL;
    }
    if (strcmp(type, "time") == 0) {
        return order->t < 0 ? &order->t : NULL;
    }
    if (order->c < 0) {
        return &order->c;
    }
    return strcmp(type, "channel") != 0 && order->t < 0 ? &order->t : NULL;
}

/* Axes by type and name, whatever their order. An axis without a place stays unnamed, which only
 * matters where it is longer than 1. */
static struct oz_axis_order image_order(const struct oz_ome_image *image, unsigned rank)
{
    struct oz_axis_order order = {-1, -1, -1, -1, -1};
    unsigned skip = image->axes_assumed && rank < image->rank ? image->rank - rank : 0;
    for (unsigned i = image->rank; i > skip; i--) {
        int *place = place_of_axis(&image->axes[i - 1], &order);
        if (place != NULL) {
            *place = (int)(i - 1 - skip);
        }
    }
    return order;
}

static bool fill_image_level(struct oz_store *store, const struct oz_ome_image *image,
                             struct oz_level_view *level, struct oz_err *err)
{
    static const uint64_t none[3] = {0, 0, 0};
    static const uint64_t all[3] = {UINT64_MAX, UINT64_MAX, UINT64_MAX};
    if (!open_array(store, level, err)) {
        return false;
    }
    const struct oz_meta *meta = oz_array_meta(level->array);
    bool assumed = image->axes_assumed && meta->rank < image->rank;
    if (meta->rank != image->rank && !assumed) {
        return oz_fail(err, OZ_EFORMAT, "%s: the array has %u axes, the image names %u",
                       level->path, meta->rank, image->rank);
    }
    level->order = image_order(image, meta->rank);
    return set_extent(level, none, all, err);
}

static bool is_larger(const struct oz_level_view *a, const struct oz_level_view *b)
{
    if (a->array == NULL || b->array == NULL) {
        return false;
    }
    double size_a = (double)a->extent[0] * (double)a->extent[1] * (double)a->extent[2];
    double size_b = (double)b->extent[0] * (double)b->extent[1] * (double)b->extent[2];
    return size_a > size_b;
}

/* Index of the image's axis that lies at z, y or x of the array (0, 1, 2); -1 for none. */
static int image_axis(const struct oz_ome_image *image, const struct oz_axis_order *order, int zyx,
                      unsigned rank)
{
    int index = zyx == 0 ? order->z : zyx == 1 ? order->y : order->x;
    return index < 0 ? -1 : index + (int)(image->rank - rank);
}

/*
 * The factor between two levels from their scales, or their sizes where no scale is known. Writers
 * round sizes up or down and then give the ratio of the sizes as scale (29.44 for 32), so a power
 * of two is taken where it explains the sizes, else the nearest integer.
 */
static uint32_t factor_between(double ratio, uint64_t fine, uint64_t coarse)
{
    if (!(ratio >= 1.0) || ratio > 1e9) {
        return 1;
    }
    double power = exp2(round(log2(ratio)));
    uint64_t step = (uint64_t)power;
    bool explains = coarse > 0 && (fine / step == coarse || oz_ceil_div(fine, step) == coarse);
    if (explains || fabs(ratio / power - 1.0) < 0.02) {
        return (uint32_t)step;
    }
    return (uint32_t)llround(ratio);
}

static void set_mag(const struct oz_ome_image *image, const struct oz_level_view *finest,
                    struct oz_level_view *level)
{
    uint32_t factors[3] = {1, 1, 1};
    const struct oz_level_view *known = level->array != NULL ? level : finest;
    if (known->array == NULL) {
        level->mag = (struct oz_mag){1, 1, 1};
        return;
    }
    unsigned rank = oz_array_meta(known->array)->rank;
    for (int i = 0; i < 3; i++) {
        int axis = image_axis(image, &known->order, i, rank);
        if (axis < 0) {
            continue;
        }
        double ratio = fabs(level->ome->scale[axis] / finest->ome->scale[axis]);
        if (level->ome->scale_unknown || finest->ome->scale_unknown) {
            ratio =
                level->extent[i] == 0 ? 1.0 : (double)finest->extent[i] / (double)level->extent[i];
        }
        factors[i] = factor_between(ratio, finest->extent[i], level->extent[i]);
    }
    level->mag = (struct oz_mag){factors[2], factors[1], factors[0]};
}

/* Voxel size in the unit of x; other units of length are converted. */
static bool set_voxel(struct oz_layer_view *layer, struct oz_err *err)
{
    const struct oz_level_view *finest = &layer->levels[0];
    const struct oz_ome_image *image = &layer->image;
    unsigned rank = finest->array == NULL ? image->rank : oz_array_meta(finest->array)->rank;
    struct oz_axis_order order = image_order(image, rank);
    int x = image_axis(image, &order, 2, rank);
    const char *unit = x < 0 ? NULL : image->axes[x].unit;
    for (int i = 0; i < 3; i++) {
        int axis = image_axis(image, &order, 2 - i, rank);
        layer->voxel[i] = axis < 0 ? 1.0 : fabs(finest->ome->scale[axis]);
        double own = axis < 0 ? 0.0 : oz_unit_nanometers(image->axes[axis].unit);
        double wanted = oz_unit_nanometers(unit);
        if (own > 0 && wanted > 0 && own != wanted) {
            layer->voxel[i] *= own / wanted;
        }
    }
    if (unit != NULL) {
        const char *name = oz_unit_ome_name(unit);
        layer->unit = oz_strdup(name != NULL ? name : unit, err);
        return layer->unit != NULL;
    }
    return true;
}

static bool fill_image_layer(struct oz_store *store, struct oz_layer_view *layer,
                             struct oz_err *err)
{
    struct oz_ome_image *image = &layer->image;
    if (!make_levels(layer, image->level_count, err)) {
        return false;
    }
    for (size_t i = 0; i < image->level_count; i++) {
        struct oz_level_view *level = &layer->levels[i];
        struct oz_err problem = {0};
        level->ome = &image->levels[i];
        level->path = oz_path_join(layer->group, image->levels[i].path, err);
        if (level->path == NULL) {
            return false;
        }
        if (!fill_image_level(store, image, level, &problem)) {
            drop_array(level);
            if (!note_problem(&level->problem, &problem, err)) {
                return false;
            }
        }
    }
    sort_levels(layer, is_larger);
    const struct oz_level_view *finest = &layer->levels[0];
    for (size_t i = 0; i < layer->level_count; i++) {
        set_mag(image, finest, &layer->levels[i]);
    }
    for (int i = 0; i < 3; i++) {
        layer->size[i] = finest->extent[2 - i];
    }
    set_dtype(layer);
    return set_voxel(layer, err);
}

enum oz_found oz_layer_from_image(const struct oz_dataset_view *view, const char *group,
                                  const char *name, struct oz_layer_view *layer, struct oz_err *err)
{
    struct oz_err problem = {0};
    layer->kind = OZ_VIEW_OME;
    layer->channel = -1;
    layer->group = oz_strdup(group, err);
    layer->name = oz_strdup(name, err);
    if (layer->group == NULL || layer->name == NULL) {
        return OZ_FAILED;
    }
    enum oz_found found = oz_node_read(view->store, group, &layer->node, &problem);
    if (found == OZ_FOUND) {
        found = oz_ome_image_read(layer->node.attributes, &layer->image, &problem);
    }
    if (found == OZ_MISSING) {
        return OZ_MISSING;
    }
    if (oz_ome_member(layer->node.attributes, "image-label") != NULL) {
        layer->category = OZ_CATEGORY_SEGMENTATION;
    }
    bool done = found == OZ_FAILED ? note_problem(&layer->problem, &problem, err)
                                   : fill_image_layer(view->store, layer, err);
    return done ? OZ_FOUND : OZ_FAILED;
}

/* ---- from an array alone ---- */

/* An order by the dimension names; false where x and y are not among them. */
static bool order_by_names(const struct oz_meta *meta, struct oz_axis_order *order)
{
    *order = (struct oz_axis_order){-1, -1, -1, -1, -1};
    const struct {
        const char *name;
        int *place;
    } axes[] = {{"t", &order->t}, {"c", &order->c}, {"channel", &order->c},
                {"z", &order->z}, {"y", &order->y}, {"x", &order->x}};

    for (unsigned i = 0; i < meta->rank; i++) {
        for (size_t k = 0; meta->names[i] != NULL && k < OZ_LENGTH(axes); k++) {
            if (oz_text_equal_nocase(meta->names[i], axes[k].name)) {
                *axes[k].place = (int)i;
            }
        }
    }
    return order->x >= 0 && order->y >= 0;
}

bool oz_layer_from_array(const struct oz_dataset_view *view, const char *name,
                         struct oz_layer_view *layer, struct oz_err *err)
{
    static const uint64_t none[3] = {0, 0, 0};
    static const uint64_t all[3] = {UINT64_MAX, UINT64_MAX, UINT64_MAX};
    struct oz_err problem = {0};
    layer->kind = OZ_VIEW_ARRAY;
    layer->channel = -1;
    layer->group = oz_strdup("", err);
    layer->name = oz_strdup(name, err);
    if (layer->group == NULL || layer->name == NULL || !make_levels(layer, 1, err)) {
        return false;
    }
    struct oz_level_view *level = &layer->levels[0];
    level->mag = (struct oz_mag){1, 1, 1};
    level->path = oz_strdup("", err);
    if (level->path == NULL) {
        return false;
    }
    bool done = open_array(view->store, level, &problem);
    if (done) {
        const struct oz_meta *meta = oz_array_meta(level->array);
        int rank = (int)meta->rank;
        if (!order_by_names(meta, &level->order)) {
            level->order = (struct oz_axis_order){
                .t = rank > 4 ? rank - 5 : -1,
                .c = rank > 3 ? rank - 4 : -1,
                .z = rank > 2 ? rank - 3 : -1,
                .y = rank > 1 ? rank - 2 : -1,
                .x = rank > 0 ? rank - 1 : -1,
            };
        }
        done = set_extent(level, none, all, &problem);
    }
    if (!done) {
        drop_array(level);
        return note_problem(&level->problem, &problem, err);
    }
    for (int i = 0; i < 3; i++) {
        layer->voxel[i] = 1.0;
        layer->size[i] = level->extent[2 - i];
    }
    set_dtype(layer);
    return true;
}
