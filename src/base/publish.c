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

/* Names in a folder, `moved` of which are elsewhere by now. */
struct names {
    char **list;
    size_t count, moved;
};

static void names_release(struct names *names)
{
    oz_names_free(names->list, names->count);
}

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

/* Documents make a dataset visible: the old ones go first, the new ones come last. */
static bool is_document(const char *name)
{
    return oz_text_ends_with_nocase(name, ".json") || strncmp(name, ".z", 2) == 0;
}

static bool move_child(const char *from, const char *to, const char *name, struct oz_err *err)
{
    OZ_AUTO_FREE char *source = oz_path_join(from, name, err);
    OZ_AUTO_FREE char *target = oz_path_join(to, name, err);
    if (source == NULL || target == NULL)
        return false;
    return rename(source, target) == 0 ||
           oz_fail_errno(err, errno, "cannot move %s to %s", source, target);
}

/* Moved names are put first in the list, so that `*moved` of them can be taken back. */
static bool move_kind(const char *from, const char *to, struct names *names, bool documents,
                      struct oz_err *err)
{
    for (size_t i = names->moved; i < names->count; i++) {
        char *name = names->list[i];
        if (is_document(name) != documents)
            continue;
        if (!move_child(from, to, name, err))
            return false;
        names->list[i] = names->list[names->moved];
        names->list[names->moved++] = name;
    }
    return true;
}

/* All of them or none. */
static bool move_children(const char *from, const char *to, struct names *names,
                          bool documents_first, struct oz_err *err)
{
    if (move_kind(from, to, names, documents_first, err) &&
        move_kind(from, to, names, !documents_first, err))
        return true;
    struct oz_err ignored = {0};
    while (names->moved > 0 && move_child(to, from, names->list[names->moved - 1], &ignored))
        names->moved--;
    return false;
}

static void drop_name(struct names *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->list[i], name) == 0) {
            oz_free(names->list[i]);
            names->list[i] = names->list[--names->count];
            return;
        }
}

/* `aside` is an empty folder; `from` may lie in `to`. */
static bool swap_children(const char *from, const char *to, const char *aside, struct oz_err *err)
{
    OZ_AUTO(names) old = {0};
    OZ_AUTO(names) new = {0};
    if (!oz_folder_list(to, &old.list, &old.count, err) ||
        !oz_folder_list(from, &new.list, &new.count, err))
        return false;
    OZ_AUTO_FREE char *from_name = oz_path_name(from, err);
    OZ_AUTO_FREE char *aside_name = oz_path_name(aside, err);
    if (from_name == NULL || aside_name == NULL)
        return false;
    bool inside = false;
    if (!oz_path_is_below(from, to, &inside, err))
        return false;
    if (inside) {
        drop_name(&old, from_name);
        drop_name(&old, aside_name);
    }
    if (!move_children(to, aside, &old, true, err))
        return false;
    if (move_children(from, to, &new, false, err))
        return true;
    struct oz_err ignored = {0};
    old.moved = 0;
    if (!move_children(aside, to, &old, false, &ignored))
        oz_err_prefix(err, "the old contents are in %s now: ", aside);
    return false;
}

static bool replace_children(const char *from, const char *to, struct oz_err *err)
{
    OZ_AUTO_FREE char *aside = oz_format(err, "%s.old", from);
    if (aside == NULL || !oz_folder_make(aside, err))
        return false;
    sync_contents(from);
    if (!swap_children(from, to, aside, err)) {
        (void)rmdir(aside); /* which fails where it holds what could not be moved back */
        return false;
    }
    return oz_folder_remove(aside, err) && oz_folder_remove(from, err);
}

bool oz_folder_publish(const char *from, const char *to, struct oz_err *err)
{
    bool inside = false;
    if (!oz_path_is_below(from, to, &inside, err))
        return false;
    if (inside)
        return replace_children(from, to, err);
    if (rename(from, to) == 0) {
        sync_parent(to);
        return true;
    }
    int reason = errno;
    if (reason == ENOTEMPTY || reason == EEXIST)
        return replace_full(from, to, err);
    return oz_fail_errno(err, reason, "cannot put %s in place", to);
}
