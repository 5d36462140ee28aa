/* SPDX-License-Identifier: Apache-2.0 */
/* Put a finished folder in the place of another so that nobody ever sees a half. */
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/text.h"

/* Make names that were changed survive a power cut, as far as the file system can. */
static void sync_parent(const char *path)
{
    struct oz_err ignored = {0};
    OZ_AUTO_FREE char *parent = oz_path_parent(path, &ignored);
    int fd = parent == NULL ? -1 : open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    (void)fsync(fd);
    close(fd);
}

/* Write out all that the file system of `path` holds back: what is to be removed next may be the
 * only other copy. */
static void sync_contents(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    (void)syncfs(fd);
    close(fd);
}

/* ---- where the file system cannot exchange: two renames, the first undone if the second fails */

static bool swap_by_renames(const char *from, const char *to, struct oz_err *err)
{
    OZ_AUTO_FREE char *aside = oz_format(err, "%s.old", from);
    if (aside == NULL)
        return false;
    if (rename(to, aside) != 0)
        return oz_fail_errno(err, errno, "cannot move %s aside", to);
    if (rename(from, to) != 0) {
        int reason = errno;
        if (rename(aside, to) != 0)
            return oz_fail_errno(err, reason, "cannot put %s in place; the old one is now %s", to,
                                 aside);
        return oz_fail_errno(err, reason, "cannot put %s in place", to);
    }
    sync_parent(to);
    return oz_folder_remove(aside, err);
}

static bool replace_full(const char *from, const char *to, struct oz_err *err)
{
    sync_contents(from);
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_EXCHANGE) != 0) {
        if (errno != EINVAL && errno != ENOSYS && errno != ENOTSUP)
            return oz_fail_errno(err, errno, "cannot put %s in place", to);
        return swap_by_renames(from, to, err);
    }
    sync_parent(to);
    return oz_folder_remove(from, err);
}

/* ---- where `to` itself cannot be renamed, for it is a mount point: child by child */

/* Documents make a dataset visible, so they are moved last. */
static bool is_document(const char *name)
{
    return oz_text_ends_with_nocase(name, ".json");
}

static bool move_child(const char *from, const char *to, const char *name, struct oz_err *err)
{
    OZ_AUTO_FREE char *source = oz_path_join(from, name, err);
    OZ_AUTO_FREE char *target = oz_path_join(to, name, err);
    if (source == NULL || target == NULL)
        return false;
    return rename(source, target) == 0 ||
           oz_fail_errno(err, errno, "cannot put %s in place", target);
}

/* Moved children are moved to the front of `names`, so that `*moved` of them can be taken back. */
static bool move_kind(const char *from, const char *to, char **names, size_t count, bool documents,
                      size_t *moved, struct oz_err *err)
{
    for (size_t i = *moved; i < count; i++) {
        if (is_document(names[i]) != documents)
            continue;
        if (!move_child(from, to, names[i], err))
            return false;
        char *name = names[i];
        names[i] = names[*moved];
        names[(*moved)++] = name;
    }
    return true;
}

static bool replace_children(const char *from, const char *to, struct oz_err *err)
{
    char **names = NULL;
    size_t count = 0, moved = 0;
    if (!oz_folder_list(from, &names, &count, err))
        return false;
    bool ok = move_kind(from, to, names, count, false, &moved, err) &&
              move_kind(from, to, names, count, true, &moved, err);
    struct oz_err undo_err = {0};
    while (!ok && moved > 0 && move_child(to, from, names[moved - 1], &undo_err))
        moved--;
    oz_names_free(names, count);
    return ok && oz_folder_remove(from, err);
}

/* True where `to` holds nothing but, perhaps, `from`. */
static bool holds_only(const char *to, const char *from, bool *only, struct oz_err *err)
{
    char **names = NULL;
    size_t count = 0;
    OZ_AUTO_FREE char *name = oz_path_name(from, err);
    if (name == NULL || !oz_folder_list(to, &names, &count, err))
        return false;
    bool inside = false;
    bool ok = oz_path_is_below(from, to, &inside, err);
    *only = count == 0 || (count == 1 && inside && strcmp(names[0], name) == 0);
    oz_names_free(names, count);
    return ok;
}

bool oz_folder_publish(const char *from, const char *to, struct oz_err *err)
{
    if (rename(from, to) == 0) {
        sync_parent(to);
        return true;
    }
    int reason = errno;
    if (reason != ENOTEMPTY && reason != EEXIST && reason != EBUSY)
        return oz_fail_errno(err, reason, "cannot put %s in place", to);
    bool only = false;
    if (!holds_only(to, from, &only, err))
        return false;
    if (only)
        return replace_children(from, to, err);
    if (reason == EBUSY)
        return oz_fail_errno(err, reason, "cannot replace %s, which is a mount point", to);
    return replace_full(from, to, err);
}
