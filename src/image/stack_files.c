/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the picture files of a source: one file, or all below a folder in natural order. */
#include "image/stack_find.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/path.h"
#include "base/text.h"

enum { MAX_FOLDERS_DEEP = 64, MAX_FILES = 1 << 24 };

/* The folders from the source down to where the walk is, so that a link in a circle is seen. */
struct chain {
    const struct chain *up;
    dev_t device;
    ino_t inode;
    int depth;
};

static bool add_file(struct stack_finder *f, const char *name, struct oz_err *err)
{
    if (f->file_count == MAX_FILES)
        return oz_fail(err, OZ_ELIMIT, "%s: more than %d picture files", f->source, MAX_FILES);
    if (f->file_count == f->file_room) {
        size_t room = f->file_room ? f->file_room * 2 : 64;
        struct stack_file *files = oz_realloc(f->files, room, sizeof *files, err);
        if (!files)
            return false;
        f->files = files;
        f->file_room = room;
    }
    struct stack_file *file = &f->files[f->file_count];
    *file = (struct stack_file){0};
    file->path = f->is_folder ? oz_path_join(f->source, name, err) : oz_strdup(name, err);
    if (!file->path)
        return false;
    f->file_count++;
    file->name = file->path + strlen(file->path) - strlen(name);
    return true;
}

static bool walk(struct stack_finder *f, const char *folder, const struct chain *up,
                 struct oz_err *err);

/* A name in a folder: walked into, added, or left out. Links to nothing fail if they look like a
 * picture, since a slice would be missing. */
static bool visit(struct stack_finder *f, const char *folder, const char *entry,
                  const struct chain *here, struct oz_err *err)
{
    if (entry[0] == '.')
        return true;
    OZ_AUTO_FREE char *name = oz_path_join(folder, entry, err);
    OZ_AUTO_FREE char *path = name ? oz_path_join(f->source, name, err) : NULL;
    enum oz_path_kind kind;
    if (!path || !oz_path_kind(path, &kind, err))
        return false;
    if (kind == OZ_PATH_FOLDER)
        return walk(f, name, here, err);
    if (!oz_picture_has_suffix(entry))
        return true;
    if (kind == OZ_PATH_MISSING)
        return oz_fail(err, OZ_ENOTFOUND, "%s: a link to a file that is not there", path);
    return kind != OZ_PATH_FILE || add_file(f, name, err);
}

static bool walk(struct stack_finder *f, const char *folder, const struct chain *up,
                 struct oz_err *err)
{
    OZ_AUTO_FREE char *path = oz_path_join(f->source, folder, err);
    if (!path)
        return false;
    struct stat st;
    if (stat(path, &st) != 0)
        return oz_fail(err, OZ_EIO, "%s: cannot be looked at", path);
    struct chain here = {up, st.st_dev, st.st_ino, up ? up->depth + 1 : 0};
    for (const struct chain *c = up; c; c = c->up)
        if (c->device == st.st_dev && c->inode == st.st_ino) {
            oz_progress_say(f->progress, OZ_EVENT_WARNING,
                            "%s: links back to a folder it lies in, left out", path);
            return true;
        }
    if (here.depth > MAX_FOLDERS_DEEP)
        return oz_fail(err, OZ_ELIMIT, "%s: folders nested deeper than %d", path, MAX_FOLDERS_DEEP);
    char **names;
    size_t count;
    if (!oz_folder_list(path, &names, &count, err))
        return false;
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++)
        ok = visit(f, folder, names[i], &here, err);
    oz_names_free(names, count);
    return ok;
}

static int compare_files(const void *a, const void *b)
{
    const char *left = ((const struct stack_file *)a)->name;
    const char *right = ((const struct stack_file *)b)->name;
    int order = oz_text_natural_compare(left, right);
    return order ? order : strcmp(left, right);
}

static bool fail_empty(const struct stack_finder *f, struct oz_err *err)
{
    OZ_AUTO(oz_buf) list = {0};
    for (size_t i = 0; oz_picture_types[i]; i++)
        for (const char *const *s = oz_picture_types[i]->suffixes; *s; s++)
            if (!oz_buf_printf(&list, err, "%s.%s", list.size ? " " : "", *s))
                return false;
    return oz_fail(err, OZ_ENOTFOUND, "%s: holds no picture; known suffixes: %.*s", f->source,
                   (int)list.size, (const char *)list.data);
}

bool oz_stack_files_find(struct stack_finder *f, struct oz_err *err)
{
    enum oz_path_kind kind;
    if (!oz_path_kind(f->source, &kind, err))
        return false;
    f->is_folder = kind == OZ_PATH_FOLDER;
    if (kind == OZ_PATH_MISSING)
        return oz_fail(err, OZ_ENOTFOUND, "%s: no such file or folder", f->source);
    if (kind == OZ_PATH_OTHER)
        return oz_fail(err, OZ_EINVAL, "%s: neither a file nor a folder", f->source);
    if (kind == OZ_PATH_FILE) {
        if (!add_file(f, f->source, err))
            return false;
        const char *slash = strrchr(f->files[0].path, '/');
        f->files[0].name = slash ? slash + 1 : f->files[0].path;
        return true;
    }
    if (!walk(f, "", NULL, err))
        return false;
    if (!f->file_count)
        return fail_empty(f, err);
    qsort(f->files, f->file_count, sizeof *f->files, compare_files);
    return true;
}

void oz_stack_files_release(struct stack_finder *f)
{
    for (size_t i = 0; i < f->file_count; i++) {
        struct stack_file *file = &f->files[i];
        oz_picture_close(file->picture);
        oz_stack_channels_free(file->channels, file->channel_count);
        oz_free(file->path);
    }
    oz_free(f->files);
    f->files = NULL;
    f->file_count = f->file_room = 0;
}

/* `files` is sorted by name, and a path differs from its name by what comes before. */
struct stack_file *oz_stack_file_by_path(const struct stack_finder *f, const char *path)
{
    size_t before = (size_t)(f->files[0].name - f->files[0].path);
    if (strncmp(path, f->files[0].path, before) != 0)
        return NULL;
    struct stack_file key = {.name = path + before};
    return bsearch(&key, f->files, f->file_count, sizeof key, compare_files);
}
