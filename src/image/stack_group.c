/* SPDX-License-Identifier: Apache-2.0 */
/* Decides which files make a layer together, and puts them together. */
#include "image/stack_find.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/path.h"

static bool is_volume(const struct stack_file *file)
{
    return file->layout.size[OZ_T] * file->layout.size[OZ_Z] > 1;
}

/* Length of the folder in a relative name, without the slash. */
static size_t parent_length(const char *name)
{
    const char *slash = strrchr(name, '/');
    return slash ? (size_t)(slash - name) : 0;
}

/* ---- one file, one layer ---- */

bool oz_stack_layer_name_by_file(const struct stack_finder *f, struct stack_layer *layer,
                                 struct oz_err *err)
{
    const char *name = f->files[layer->file].name;
    layer->short_name = oz_strdup(name, err);
    layer->long_name = layer->short_name ? oz_strdup(name, err) : NULL;
    return layer->long_name != NULL;
}

/* What the texts of the file told. */
static void take_facts(struct oz_stack *stack, struct stack_file *file)
{
    const struct oz_layout *layout = &file->layout;
    memcpy(stack->voxel_nm, layout->voxel_nm, sizeof stack->voxel_nm);
    stack->t_step = layout->t_step;
    stack->has_t = layout->named[OZ_T];
    stack->has_c = layout->named[OZ_C];
}

/* Only after the survey, when the number of channels is known. */
static void take_channels(struct oz_stack *stack, struct stack_file *file)
{
    if (file->channels && file->channel_count == stack->shape[OZ_C])
        stack->channels = OZ_STEAL(file->channels);
    stack->has_c = stack->has_c || stack->channels;
}

static bool add_volume(struct stack_finder *f, struct stack_file *file, struct oz_err *err)
{
    struct stack_layer *layer = oz_stack_layer_add(f, (size_t)(file - f->files), err);
    if (!layer || !oz_stack_layer_name_by_file(f, layer, err))
        return false;
    struct oz_stack *stack = &layer->stack;
    if (!(stack->path = oz_strdup(file->path, err)))
        return false;
    take_facts(stack, file);
    struct stack_pool *pool = oz_stack_pool_new(1, err);
    if (!pool)
        return false;
    pool->items[0] = OZ_STEAL(file->picture);
    struct oz_stack_pages *pages = oz_stack_pages_new(pool, err);
    oz_stack_pool_drop(pool);
    if (!pages)
        return false;
    pages->base = file->layout.base;
    memcpy(pages->stride, file->layout.stride, sizeof pages->stride);
    if (!oz_stack_survey(stack, pages, file->layout.size, f->progress, err))
        return false;
    take_channels(stack, file);
    return true;
}

/* ---- the files of a folder, one layer ---- */

static bool name_by_folder(const struct stack_finder *f, struct stack_layer *layer,
                           const char *first, struct oz_err *err)
{
    size_t length = parent_length(first);
    if (length) {
        layer->long_name = oz_strndup(first, length, err);
        layer->short_name = layer->long_name ? oz_path_name(layer->long_name, err) : NULL;
    } else {
        OZ_AUTO_FREE char *folder =
            f->is_folder ? oz_strdup(f->source, err) : oz_path_parent(f->source, err);
        layer->short_name = folder ? oz_path_name(folder, err) : NULL;
        layer->long_name = layer->short_name ? oz_strdup(layer->short_name, err) : NULL;
    }
    return layer->short_name && layer->long_name;
}

static char *slices_path(const struct stack_finder *f, const char *first, struct oz_err *err)
{
    if (!f->is_folder)
        return oz_strdup(f->source, err);
    OZ_AUTO_FREE char *parent = oz_strndup(first, parent_length(first), err);
    return parent ? oz_path_join(f->source, parent, err) : NULL;
}

static bool check_channels(struct stack_file *const *files, size_t count, struct oz_err *err)
{
    for (size_t i = 1; i < count; i++) {
        uint64_t a = files[0]->layout.size[OZ_C], b = files[i]->layout.size[OZ_C];
        if (a != b)
            return oz_fail(err, OZ_EFORMAT,
                           "%s has %" PRIu64 " channel%s, but %s has %" PRIu64
                           ": slices of one layer must be alike",
                           files[0]->path, a, a == 1 ? "" : "s", files[i]->path, b);
    }
    return true;
}

/* Slice i is file i; its channels are the file's pages. */
static bool make_planes(struct oz_stack_pages *pages, struct stack_file *const *files, size_t count,
                        struct oz_err *err)
{
    uint64_t channels = files[0]->layout.size[OZ_C];
    pages->planes = oz_alloc(channels * count, sizeof *pages->planes, err);
    if (!pages->planes)
        return false;
    for (uint64_t c = 0; c < channels; c++)
        for (size_t z = 0; z < count; z++) {
            const struct oz_layout *layout = &files[z]->layout;
            uint64_t page = layout->base + c * layout->stride[OZ_C];
            pages->planes[c * count + z] = (struct stack_plane){(uint32_t)z, (uint32_t)page};
        }
    return true;
}

static bool warn_of_gaps(const struct stack_finder *f, const struct oz_stack *stack,
                         struct stack_file *const *files, size_t count, struct oz_err *err)
{
    OZ_AUTO_FREE const char **names = oz_alloc(count, sizeof *names, err);
    if (!names)
        return false;
    for (size_t i = 0; i < count; i++) {
        const char *slash = strrchr(files[i]->name, '/');
        names[i] = slash ? slash + 1 : files[i]->name;
    }
    oz_stack_gap_warn(names, count, stack->path, f->progress);
    return true;
}

static bool add_slices(struct stack_finder *f, struct stack_file *const *files, size_t count,
                       struct oz_err *err)
{
    struct stack_layer *layer = oz_stack_layer_add(f, (size_t)(files[0] - f->files), err);
    if (!layer || !name_by_folder(f, layer, files[0]->name, err))
        return false;
    struct oz_stack *stack = &layer->stack;
    stack->path = slices_path(f, files[0]->name, err);
    if (!stack->path || !check_channels(files, count, err))
        return false;
    take_facts(stack, files[0]);
    struct stack_pool *pool = oz_stack_pool_new(count, err);
    if (!pool)
        return false;
    for (size_t i = 0; i < count; i++)
        pool->items[i] = OZ_STEAL(files[i]->picture);
    struct oz_stack_pages *pages = oz_stack_pages_new(pool, err);
    oz_stack_pool_drop(pool);
    if (!pages)
        return false;
    if (!make_planes(pages, files, count, err)) {
        oz_stack_pages_free(pages);
        return false;
    }
    const uint64_t sizes[3] = {1, files[0]->layout.size[OZ_C], count};
    if (!oz_stack_survey(stack, pages, sizes, f->progress, err))
        return false;
    take_channels(stack, files[0]);
    return warn_of_gaps(f, stack, files, count, err);
}

/* ---- which is which ---- */

static int compare_parents(const void *a, const void *b)
{
    const struct stack_file *left = *(struct stack_file *const *)a;
    const struct stack_file *right = *(struct stack_file *const *)b;
    size_t left_length = parent_length(left->name), right_length = parent_length(right->name);
    if (left_length != right_length)
        return left_length < right_length ? -1 : 1;
    int order = memcmp(left->name, right->name, left_length);
    return order ? order : (left > right) - (left < right);
}

static bool add_folders(struct stack_finder *f, struct stack_file **slices, size_t count,
                        struct oz_err *err)
{
    qsort(slices, count, sizeof *slices, compare_parents);
    for (size_t begin = 0, end; begin < count; begin = end) {
        size_t length = parent_length(slices[begin]->name);
        for (end = begin + 1; end < count; end++)
            if (parent_length(slices[end]->name) != length ||
                memcmp(slices[end]->name, slices[begin]->name, length) != 0)
                break;
        if (!add_slices(f, slices + begin, end - begin, err))
            return false;
    }
    return true;
}

/* The first file decides; where others are of the other kind, the user is told. */
static void warn_of_mix(const struct stack_finder *f, const struct stack_file *odd, size_t count)
{
    if (!odd)
        return;
    if (f->first_is_volume)
        oz_progress_say(f->progress, OZ_EVENT_WARNING,
                        "%s: the first file is a volume, so each file is a layer of its own, also "
                        "%zu single slice%s (the first: %s)",
                        f->source, count, count == 1 ? "" : "s", odd->name);
    else
        oz_progress_say(f->progress, OZ_EVENT_WARNING,
                        "%s: the first file is a slice, but %zu hold%s more than one and become%s "
                        "layers of their own (the first: %s)",
                        f->source, count, count == 1 ? "s" : "", count == 1 ? "s" : "", odd->name);
}

bool oz_stack_group(struct stack_finder *f, struct oz_err *err)
{
    OZ_AUTO_FREE struct stack_file **slices = oz_alloc(f->file_count, sizeof *slices, err);
    if (!slices)
        return false;
    const struct stack_file *odd = NULL;
    size_t slice_count = 0, odd_count = 0;
    for (size_t i = 0; i < f->file_count; i++) {
        struct stack_file *file = &f->files[i];
        if (file->taken)
            continue;
        if (is_volume(file) != f->first_is_volume && !odd_count++)
            odd = file;
        if (f->first_is_volume || is_volume(file)) {
            if (!add_volume(f, file, err))
                return false;
        } else {
            slices[slice_count++] = file;
        }
    }
    warn_of_mix(f, odd, odd_count);
    return add_folders(f, slices, slice_count, err);
}
