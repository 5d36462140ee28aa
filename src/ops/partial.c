/* SPDX-License-Identifier: Apache-2.0 */
/* Builds a folder beside its target, so that a target is there whole or not at all. */
#include "ops/partial.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/path.h"

struct oz_partial {
    char *path;
    char *target;
    int lock; /* the folder itself, open and locked */
};

static void free_partial(struct oz_partial *partial)
{
    if (partial->lock >= 0)
        close(partial->lock);
    oz_free(partial->path);
    oz_free(partial->target);
    oz_free(partial);
}

void oz_partial_drop(struct oz_partial *partial)
{
    if (!partial)
        return;
    /* Whatever cannot be removed is removed by the next run. */
    struct oz_err ignored = {0};
    if (!oz_folder_remove(partial->path, &ignored))
        ignored.code = OZ_OK;
    free_partial(partial);
}

/* Lock the folder, so that two runs never share it. The lock goes away with the process. */
static bool lock_folder(struct oz_partial *partial, struct oz_err *err)
{
    partial->lock = open(partial->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (partial->lock < 0)
        return oz_fail_errno(err, errno, "cannot open %s", partial->path);
    if (flock(partial->lock, LOCK_EX | LOCK_NB) == 0)
        return true;
    if (errno == EWOULDBLOCK)
        return oz_fail(err, OZ_EEXIST, "%s is being written by another process", partial->target);
    return oz_fail_errno(err, errno, "cannot lock %s", partial->path);
}

/* Remove what an earlier run left, unless that run goes on. */
static bool remove_stale(struct oz_partial *partial, struct oz_err *err)
{
    enum oz_path_kind kind;
    if (!oz_path_kind(partial->path, &kind, err))
        return false;
    if (kind == OZ_PATH_MISSING)
        return true;
    if (kind == OZ_PATH_FOLDER && !lock_folder(partial, err))
        return false;
    if (!oz_folder_remove(partial->path, err))
        return false;
    if (partial->lock >= 0)
        close(partial->lock);
    partial->lock = -1;
    return true;
}

/* Beside the target; in it where it is a mount point, for beside it is another file system. */
static char *folder_for(const char *target, struct oz_err *err)
{
    enum oz_path_kind kind;
    bool mount = false;
    if (!oz_path_kind(target, &kind, err) ||
        (kind == OZ_PATH_FOLDER && !oz_folder_is_mount(target, &mount, err)))
        return NULL;
    return mount ? oz_strdup(target, err) : oz_path_parent(target, err);
}

/* Where the hidden folder is to be; nothing is made yet. */
static struct oz_partial *name_partial(const char *target, struct oz_err *err)
{
    OZ_AUTO_FREE char *real = oz_path_real(target, err);
    OZ_AUTO_FREE char *parent = real ? folder_for(real, err) : NULL;
    OZ_AUTO_FREE char *name = parent ? oz_path_name(real, err) : NULL;
    OZ_AUTO_FREE char *hidden = name ? oz_format(err, ".%s.partial", name) : NULL;
    struct oz_partial *partial = hidden ? oz_alloc(1, sizeof *partial, err) : NULL;
    if (!partial)
        return NULL;
    partial->lock = -1;
    partial->target = OZ_STEAL(real);
    partial->path = oz_path_join(parent, hidden, err);
    if (partial->path)
        return partial;
    free_partial(partial);
    return NULL;
}

struct oz_partial *oz_partial_begin(const char *target, struct oz_err *err)
{
    struct oz_partial *partial = name_partial(target, err);
    if (!partial)
        return NULL;
    if (remove_stale(partial, err) && oz_folder_make(partial->path, err) &&
        lock_folder(partial, err))
        return partial;
    free_partial(partial);
    return NULL;
}

bool oz_partial_clean(const char *target, struct oz_err *err)
{
    struct oz_partial *partial = name_partial(target, err);
    if (!partial)
        return false;
    struct oz_err problem = {0};
    bool clean = remove_stale(partial, &problem) || problem.code == OZ_EEXIST;
    free_partial(partial);
    if (!clean)
        *err = problem;
    return clean;
}

const char *oz_partial_path(const struct oz_partial *partial)
{
    return partial->path;
}

bool oz_partial_publish(struct oz_partial *partial, struct oz_err *err)
{
    if (!oz_folder_publish(partial->path, partial->target, err)) {
        oz_partial_drop(partial);
        return false;
    }
    free_partial(partial);
    return true;
}
