/* SPDX-License-Identifier: Apache-2.0 */
/* Makes layers of OME-TIFF: several images in a file, planes over several files, companion text. */
#include "image/stack_find.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/checked.h"
#include "base/path.h"
#include "base/run.h"

enum { MAX_COMPANION = 128 << 20, MISSING_SHOWN = 3 };

/* One document and the files it speaks of. */
struct ome {
    struct stack_finder *finder;
    size_t index;     /* of the file that led here */
    const char *path; /* of the file that holds the text */
    const struct oz_omexml *doc;
    struct stack_ome_set set;
    uint32_t *places;
    char **paths; /* of the pool's pictures, as far as they are still to be opened */
};

static void ome_release(struct ome *ome)
{
    size_t count = ome->set.pool ? ome->set.pool->count : 0;
    for (size_t i = 0; ome->paths && i < count; i++)
        oz_free(ome->paths[i]);
    oz_free(ome->paths);
    oz_free(ome->places);
    oz_stack_pool_drop(ome->set.pool);
}

/* ---- the files of a set ---- */

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* True where a text that speaks of one file only means the one it is in, whatever that is called
 * by now: renamed files and copies keep their text. */
static bool means_itself(const struct ome *ome)
{
    if (ome->doc->file_count != 1 || ome->set.own == STACK_NO_PLANE)
        return false;
    bool own = !ome->doc->uuid;
    for (size_t i = 0; i < ome->doc->image_count; i++)
        for (size_t k = 0; k < ome->doc->images[i].run_count; k++)
            own = own || ome->doc->images[i].runs[k].own_uuid;
    return own;
}

static bool fail_missing(const struct ome *ome, const char *const *names, size_t count,
                         struct oz_err *err)
{
    char list[600];
    size_t used = 0;
    for (size_t i = 0; i < count && i < MISSING_SHOWN; i++)
        used +=
            (size_t)snprintf(list + used, sizeof list - used, "%s%.150s", i ? ", " : "", names[i]);
    snprintf(list + used, sizeof list - used, "%s", count > MISSING_SHOWN ? " ..." : "");
    return oz_fail(err, OZ_ENOTFOUND, "%s: %zu of the %zu files of its set are missing: %s",
                   ome->path, count, ome->doc->file_count, list);
}

/* Give each file of the document its place in the pool, and note the paths to open. */
static bool find_files(struct ome *ome, struct oz_err *err)
{
    const struct oz_omexml *doc = ome->doc;
    const char *missing[MISSING_SHOWN];
    int folder = (int)(base_name(ome->path) - ome->path);
    bool itself = means_itself(ome);
    uint32_t next = ome->set.own == STACK_NO_PLANE ? 0 : 1;
    size_t missing_count = 0;
    ome->set.single = true;
    for (size_t i = 0; i < doc->file_count; i++) {
        if (ome->set.own != STACK_NO_PLANE &&
            (itself || strcmp(doc->files[i], base_name(ome->path)) == 0)) {
            ome->places[i] = ome->set.own;
            continue;
        }
        OZ_AUTO_FREE char *path = oz_format(err, "%.*s%s", folder, ome->path, doc->files[i]);
        enum oz_path_kind kind;
        if (!path || !oz_path_kind(path, &kind, err))
            return false;
        if (kind != OZ_PATH_FILE) {
            if (missing_count < MISSING_SHOWN)
                missing[missing_count] = doc->files[i];
            missing_count++;
            continue;
        }
        ome->set.single = false;
        ome->places[i] = next;
        ome->paths[next++] = OZ_STEAL(path);
    }
    ome->set.pool->count = next;
    return !missing_count || fail_missing(ome, missing, missing_count, err);
}

static bool open_one(const void *shared, uint64_t i, struct oz_err *err)
{
    const struct ome *ome = shared;
    if (!ome->paths[i])
        return true;
    struct oz_picture *picture = oz_picture_open(ome->paths[i], err);
    if (!picture)
        return false;
    /* Each file may hold a copy of the text of all. */
    oz_free(picture->description);
    picture->description = NULL;
    ome->set.pool->items[i] = picture;
    return true;
}

static bool open_files(struct ome *ome, struct oz_err *err)
{
    struct stack_finder *f = ome->finder;
    if (!oz_run_each(ome->set.pool->count, oz_processors(), open_one, ome, NULL, err))
        return oz_err_prefix(err, "%s: of its set: ", ome->path);
    for (size_t i = 0; i < ome->set.pool->count; i++) {
        struct stack_file *file = ome->paths[i] ? oz_stack_file_by_path(f, ome->paths[i]) : NULL;
        if (file)
            file->taken = true;
    }
    return true;
}

/* ---- layers ---- */

/* One entry a channel of the array; NULL where the document says nothing of them. */
static bool make_channels(const struct oz_omexml_image *image, uint64_t pages, uint64_t samples,
                          struct oz_stack_channel **out, struct oz_err *err)
{
    uint64_t count = pages * samples;
    bool told = false;
    for (size_t i = 0; i < image->channel_count; i++)
        told = told || image->channels[i].name || image->channels[i].color >= 0;
    *out = NULL;
    if (!told || (image->channel_count != count && image->channel_count != pages))
        return true;
    struct oz_stack_channel *channels = oz_alloc(count, sizeof *channels, err);
    if (!channels)
        return false;
    bool one_each = image->channel_count == count;
    for (uint64_t i = 0; i < count; i++) {
        channels[i].color = -1;
        const struct oz_omexml_channel *from = one_each ? &image->channels[i] : NULL;
        if (from)
            channels[i].color = from->color;
        if (from && from->name && !(channels[i].name = oz_strdup(from->name, err))) {
            oz_stack_channels_free(channels, count);
            return false;
        }
    }
    *out = channels;
    return true;
}

/* True where the planes lie in picture 0 at even steps. */
static bool is_regular(const struct stack_plane *planes, const uint64_t size[3], uint64_t *base,
                       uint64_t stride[3])
{
    uint64_t step[3] = {size[OZ_C] * size[OZ_Z], size[OZ_Z], 1};
    *base = planes[0].page;
    for (int i = 0; i < 3; i++)
        stride[i] = size[i] > 1 ? (uint64_t)planes[step[i]].page - *base : 0;
    for (uint64_t n = 0; n < size[OZ_T] * size[OZ_C] * size[OZ_Z]; n++) {
        uint64_t page = *base + n / step[OZ_T] * stride[OZ_T] +
                        n / step[OZ_C] % size[OZ_C] * stride[OZ_C] + n % size[OZ_Z] * stride[OZ_Z];
        if (planes[n].picture != 0 || planes[n].page != page)
            return false;
    }
    return true;
}

static bool set_suffix(const struct ome *ome, size_t number, struct stack_layer *layer,
                       struct oz_err *err)
{
    if (number == 0)
        return true;
    const char *name = ome->doc->images[number].name;
    for (size_t i = 0; name && i < number; i++)
        if (ome->doc->images[i].name && strcmp(ome->doc->images[i].name, name) == 0)
            name = NULL;
    layer->suffix = name && *name ? oz_strdup(name, err) : oz_format(err, "%zu", number + 1);
    return layer->suffix != NULL;
}

static bool add_layer(struct ome *ome, size_t number, const uint64_t sizes[3],
                      struct stack_plane *planes, struct oz_err *err)
{
    OZ_AUTO_FREE struct stack_plane *owned = planes;
    struct stack_finder *f = ome->finder;
    const struct oz_omexml_image *image = &ome->doc->images[number];
    struct stack_layer *layer = oz_stack_layer_add(f, ome->index, err);
    if (!layer)
        return false;
    layer->image = number;
    struct oz_stack *stack = &layer->stack;
    if (!oz_stack_layer_name_by_file(f, layer, err) || !set_suffix(ome, number, layer, err) ||
        !(stack->path = oz_strdup(f->files[ome->index].path, err)))
        return false;
    memcpy(stack->voxel_nm, image->voxel_nm, sizeof stack->voxel_nm);
    stack->t_step = image->t_step;
    stack->has_t = sizes[OZ_T] > 1;
    struct oz_stack_pages *pages = oz_stack_pages_new(ome->set.pool, err);
    if (!pages)
        return false;
    if (!is_regular(owned, sizes, &pages->base, pages->stride))
        pages->planes = OZ_STEAL(owned);
    if (!oz_stack_survey(stack, pages, sizes, f->progress, err))
        return false;
    if (!make_channels(image, sizes[OZ_C], stack->samples, &stack->channels, err))
        return false;
    stack->has_c = stack->shape[OZ_C] > 1 || stack->channels;
    return true;
}

/* A file that is one image at even steps needs no map, and may be a slice among others. */
static bool is_simple(struct ome *ome, const uint64_t sizes[3], const struct stack_plane *planes,
                      bool *simple, struct oz_err *err)
{
    struct stack_file *file = &ome->finder->files[ome->index];
    const struct oz_omexml_image *image = &ome->doc->images[0];
    struct oz_layout layout = {.t_step = image->t_step};
    memcpy(layout.size, sizes, sizeof layout.size);
    memcpy(layout.voxel_nm, image->voxel_nm, sizeof layout.voxel_nm);
    *simple = ome->doc->image_count == 1 && ome->set.single && ome->set.own == 0 &&
              strcmp(ome->path, file->path) == 0 &&
              is_regular(planes, sizes, &layout.base, layout.stride);
    if (!*simple)
        return true;
    for (int i = 0; i < 3; i++)
        layout.named[i] = sizes[i] > 1;
    file->layout = layout;
    file->picture = OZ_STEAL(ome->set.pool->items[0]);
    file->channel_count = sizes[OZ_C] * file->picture->first.samples;
    return make_channels(image, sizes[OZ_C], file->picture->first.samples, &file->channels, err);
}

static void warn_of_missing(const struct ome *ome, uint64_t missing, uint64_t total)
{
    if (missing && missing < total)
        oz_progress_say(ome->finder->progress, OZ_EVENT_WARNING,
                        "%s: OME-XML names no page for %" PRIu64 " of %" PRIu64
                        " planes: they are filled with zeros",
                        ome->path, missing, total);
}

static void warn_of_empty(const struct ome *ome, size_t added)
{
    size_t count = ome->doc->image_count;
    if (added < count)
        oz_progress_say(ome->finder->progress, OZ_EVENT_WARNING,
                        "%s: %zu of the %zu images of its OME-XML have no page in any file and are "
                        "left out",
                        ome->path, count - added, count);
}

/* Pages of the only file that are planes of no image: not used, but said. */
static void warn_of_unused(const struct ome *ome, const struct oz_picture *own, uint64_t used)
{
    if (own && used < own->pages)
        oz_progress_say(ome->finder->progress, OZ_EVENT_WARNING,
                        "%s: %" PRIu64 " of its %" PRIu64
                        " pages are in no image of its OME-XML and are left out",
                        ome->path, own->pages - used, own->pages);
}

static bool add_images(struct ome *ome, bool *simple, struct oz_err *err)
{
    const struct oz_picture *own = ome->set.single ? ome->set.pool->items[0] : NULL;
    uint64_t used = 0;
    size_t added = 0;
    *simple = false;
    for (size_t i = 0; i < ome->doc->image_count && !*simple; i++) {
        uint64_t sizes[3], missing;
        struct stack_plane *planes;
        if (!oz_stack_ome_map(&ome->set, i, sizes, &planes, &missing, err))
            return false;
        OZ_AUTO_FREE struct stack_plane *owned = planes;
        uint64_t total = sizes[OZ_T] * sizes[OZ_C] * sizes[OZ_Z];
        warn_of_missing(ome, missing, total);
        used += total - missing;
        if (missing == total)
            continue;
        if (i == 0 && !is_simple(ome, sizes, owned, simple, err))
            return false;
        if (!*simple && !add_layer(ome, i, sizes, OZ_STEAL(owned), err))
            return false;
        added++;
    }
    if (!added)
        return oz_fail(err, OZ_EFORMAT, "%s: none of its planes is in a file", ome->path);
    warn_of_empty(ome, added);
    warn_of_unused(ome, own, used);
    return true;
}

/* `own` is the picture that holds the text (taken), or NULL for a companion. */
static bool use_document(struct stack_finder *f, size_t index, const char *path,
                         const struct oz_omexml *doc, struct oz_picture *own, bool *simple,
                         struct oz_err *err)
{
    OZ_AUTO_PTR(oz_picture) picture = own;
    OZ_AUTO(ome) ome = {.finder = f, .index = index, .path = path, .doc = doc};
    size_t room = doc->file_count + 1;
    ome.set = (struct stack_ome_set){.doc = doc, .path = path, .own = own ? 0 : STACK_NO_PLANE};
    ome.set.pool = oz_stack_pool_new(room, err);
    if (!ome.set.pool)
        return false;
    ome.set.pool->items[0] = OZ_STEAL(picture);
    ome.places = oz_alloc(room, sizeof *ome.places, err);
    ome.paths = oz_alloc(room, sizeof *ome.paths, err);
    ome.set.places = ome.places;
    if (!ome.places || !ome.paths || !find_files(&ome, err) || !open_files(&ome, err) ||
        !add_images(&ome, simple, err))
        return false;
    struct stack_file *speaker = oz_stack_file_by_path(f, path);
    if (speaker)
        speaker->taken = !*simple;
    return true;
}

/* ---- text that lies in another file ---- */

static bool read_whole(const char *path, char **text, size_t *size, struct oz_err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return oz_fail_errno(err, errno, "%s: cannot be opened", path);
    OZ_AUTO(oz_buf) buf = {0};
    ssize_t got = 1;
    bool ok = true;
    while (ok && got > 0 && buf.size < MAX_COMPANION) {
        ok = oz_buf_reserve(&buf, 1 << 16, err);
        got = ok ? read(fd, buf.data + buf.size, 1 << 16) : 0;
        if (got < 0)
            ok = oz_fail_errno(err, errno, "%s: cannot be read", path);
        buf.size += got > 0 ? (size_t)got : 0;
    }
    close(fd);
    if (!ok)
        return false;
    *text = oz_strndup((const char *)buf.data, buf.size, err);
    *size = buf.size;
    return *text != NULL;
}

static bool parse_at(const char *path, const char *text, size_t size, struct oz_omexml *doc,
                     struct oz_err *err)
{
    return oz_omexml_parse(text, size, doc, err) || oz_err_prefix(err, "%s: ", path);
}

/* The metadata file is bare XML, or the TIFF of the set that has the whole text. */
static bool follow(struct stack_finder *f, size_t index, const char *name, struct oz_err *err)
{
    const char *from = f->files[index].path;
    size_t folder = (size_t)(base_name(from) - from);
    OZ_AUTO_FREE char *path = oz_format(err, "%.*s%s", (int)folder, from, name);
    enum oz_path_kind kind;
    if (!path || !oz_path_kind(path, &kind, err))
        return false;
    if (kind != OZ_PATH_FILE || strcmp(path, from) == 0)
        return oz_fail(err, OZ_ENOTFOUND, "%s: the file with its OME-XML is missing: %s", from,
                       path);
    OZ_AUTO(oz_omexml) doc = {0};
    OZ_AUTO_PTR(oz_picture) picture = NULL;
    size_t length = strlen(name);
    if (length > 4 && strcmp(name + length - 4, ".ome") != 0 &&
        strcmp(name + length - 4, ".xml") != 0) {
        picture = oz_picture_open(path, err);
        if (!picture)
            return false;
        const char *text = picture->description ? picture->description : "";
        if (!parse_at(path, text, strlen(text), &doc, err))
            return false;
    } else {
        OZ_AUTO_FREE char *text = NULL;
        size_t size = 0;
        if (!read_whole(path, &text, &size, err) || !parse_at(path, text, size, &doc, err))
            return false;
    }
    if (!doc.image_count)
        return oz_fail(err, OZ_EFORMAT, "%s: %s has no image in its OME-XML", from, path);
    bool simple;
    if (!use_document(f, index, path, &doc, OZ_STEAL(picture), &simple, err))
        return false;
    return f->files[index].taken ||
           oz_fail(err, OZ_EFORMAT, "%s: the OME-XML in %s does not name this file", from, path);
}

bool oz_stack_ome_read(struct stack_finder *f, size_t index, const char *text, bool *simple,
                       struct oz_err *err)
{
    struct stack_file *file = &f->files[index];
    OZ_AUTO(oz_omexml) doc = {0};
    *simple = false;
    if (!parse_at(file->path, text, strlen(text), &doc, err))
        return false;
    if (doc.metadata_file && !doc.image_count)
        return follow(f, index, doc.metadata_file, err);
    return use_document(f, index, file->path, &doc, OZ_STEAL(file->picture), simple, err);
}
