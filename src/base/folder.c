/* SPDX-License-Identifier: Apache-2.0 */
/* Folders: make, list, measure, remove. */
#include "base/path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/text.h"

static void close_folder(DIR **folder)
{
    if (*folder != NULL)
        closedir(*folder);
}
#define AUTO_FOLDER __attribute__((cleanup(close_folder))) DIR *

/* The next name, "." and ".." left out; NULL at the end. */
static const char *next_name(DIR *folder)
{
    struct dirent *entry;
    while ((entry = readdir(folder)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            return entry->d_name;
    return NULL;
}

bool oz_path_is_vacant(const char *path, bool *vacant, struct oz_err *err)
{
    AUTO_FOLDER folder = opendir(path);
    if (folder == NULL && errno != ENOENT && errno != ENOTDIR)
        return oz_fail_errno(err, errno, "cannot look into %s", path);
    enum oz_path_kind kind = OZ_PATH_FOLDER;
    if (folder == NULL && !oz_path_kind(path, &kind, err))
        return false;
    *vacant = folder != NULL ? next_name(folder) == NULL : kind == OZ_PATH_MISSING;
    return true;
}

static bool make_one(const char *path, struct oz_err *err)
{
    if (mkdir(path, 0777) == 0)
        return true;
    int reason = errno;
    struct stat info;
    if (stat(path, &info) == 0) {
        if (S_ISDIR(info.st_mode))
            return true;
        return oz_fail(err, OZ_EEXIST, "cannot make the folder %s: a file of that name is there",
                       path);
    }
    return oz_fail_errno(err, reason, "cannot make the folder %s", path);
}

bool oz_folder_make(const char *path, struct oz_err *err)
{
    if (mkdir(path, 0777) == 0)
        return true;
    if (errno != ENOENT)
        return make_one(path, err);
    OZ_AUTO_FREE char *part = oz_strdup(path, err);
    if (part == NULL)
        return false;
    for (char *c = part; *c != '\0'; c++) {
        if (*c != '/' || c == part || c[-1] == '/')
            continue;
        *c = '\0';
        if (!make_one(part, err))
            return false;
        *c = '/';
    }
    return make_one(part, err);
}

bool oz_folder_is_mount(const char *path, bool *mount, struct oz_err *err)
{
    struct statx info;
    if (statx(AT_FDCWD, path, 0, STATX_TYPE, &info) != 0)
        return oz_fail_errno(err, errno, "cannot look at %s", path);
    *mount = (info.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
    if ((info.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) != 0)
        return true;
    /* An older kernel does not tell, but most mounts are other devices than what is above them. */
    OZ_AUTO_FREE char *above = oz_path_join(path, "..", err);
    struct stat inner, outer;
    if (above == NULL)
        return false;
    if (stat(path, &inner) != 0 || stat(above, &outer) != 0)
        return oz_fail_errno(err, errno, "cannot look at %s", path);
    *mount = inner.st_dev != outer.st_dev;
    return true;
}

/* ---- remove ---- */

static bool remove_entry(int parent, const char *name, const char *path, struct oz_err *err);

/* One walk through the open folder; entries that appear or are skipped meanwhile need another. */
static bool empty_folder(DIR *folder, const char *path, bool *removed, struct oz_err *err)
{
    *removed = false;
    rewinddir(folder);
    const char *name;
    while ((name = next_name(folder)) != NULL) {
        OZ_AUTO_FREE char *child = oz_path_join(path, name, err);
        if (child == NULL || !remove_entry(dirfd(folder), name, child, err))
            return false;
        *removed = true;
    }
    return true;
}

static bool remove_folder(int parent, const char *name, const char *path, struct oz_err *err)
{
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return oz_fail_errno(err, errno, "cannot remove %s", path);
    AUTO_FOLDER folder = fdopendir(fd);
    if (folder == NULL) {
        close(fd);
        return oz_fail_errno(err, errno, "cannot remove %s", path);
    }
    bool removed = true;
    while (removed) {
        if (!empty_folder(folder, path, &removed, err))
            return false;
        if (unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
            return true;
        if (errno != ENOTEMPTY && errno != EEXIST)
            return oz_fail_errno(err, errno, "cannot remove %s", path);
    }
    return oz_fail_errno(err, ENOTEMPTY, "cannot remove %s", path);
}

static bool remove_entry(int parent, const char *name, const char *path, struct oz_err *err)
{
    if (unlinkat(parent, name, 0) == 0 || errno == ENOENT)
        return true;
    if (errno != EISDIR && errno != EPERM)
        return oz_fail_errno(err, errno, "cannot remove %s", path);
    return remove_folder(parent, name, path, err);
}

bool oz_folder_remove(const char *path, struct oz_err *err)
{
    return remove_entry(AT_FDCWD, path, path, err);
}

/* ---- list ---- */

static int compare_names(const void *a, const void *b)
{
    return oz_text_natural_compare(*(char *const *)a, *(char *const *)b);
}

void oz_names_free(char **names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        oz_free(names[i]);
    oz_free(names);
}

static bool collect_names(DIR *folder, const char *path, char ***names, size_t *count,
                          struct oz_err *err)
{
    size_t room = 0;
    const char *name;
    while (errno = 0, (name = next_name(folder)) != NULL) {
        if (*count == room) {
            room = room == 0 ? 64 : 2 * room;
            char **more = oz_realloc(*names, room, sizeof *more, err);
            if (more == NULL)
                return false;
            *names = more;
        }
        char *copy = oz_strdup(name, err);
        if (copy == NULL)
            return false;
        (*names)[(*count)++] = copy;
    }
    return errno == 0 || oz_fail_errno(err, errno, "cannot list %s", path);
}

bool oz_folder_list(const char *path, char ***names, size_t *count, struct oz_err *err)
{
    AUTO_FOLDER folder = opendir(path);
    if (folder == NULL)
        return oz_fail_errno(err, errno, "cannot list %s", path);
    char **list = NULL;
    size_t n = 0;
    if (!collect_names(folder, path, &list, &n, err)) {
        oz_names_free(list, n);
        return false;
    }
    if (n > 1)
        qsort(list, n, sizeof *list, compare_names);
    *names = list;
    *count = n;
    return true;
}

/* ---- measure ---- */

static bool add_usage(int parent, const char *name, const char *path, uint64_t *bytes,
                      uint64_t *files, struct oz_err *err)
{
    struct stat info;
    if (fstatat(parent, name, &info, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT || oz_fail_errno(err, errno, "cannot look at %s", path);
    if (!S_ISDIR(info.st_mode)) {
        *bytes += (uint64_t)info.st_size;
        *files += 1;
        return true;
    }
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    AUTO_FOLDER folder = fd < 0 ? NULL : fdopendir(fd);
    if (folder == NULL) {
        int reason = errno;
        if (fd >= 0)
            close(fd);
        return reason == ENOENT || oz_fail_errno(err, reason, "cannot list %s", path);
    }
    const char *child;
    while ((child = next_name(folder)) != NULL) {
        OZ_AUTO_FREE char *child_path = oz_path_join(path, child, err);
        if (child_path == NULL || !add_usage(dirfd(folder), child, child_path, bytes, files, err))
            return false;
    }
    return true;
}

bool oz_folder_usage(const char *path, uint64_t *bytes, uint64_t *files, struct oz_err *err)
{
    *bytes = 0;
    *files = 0;
    OZ_AUTO_FREE char *real = oz_path_real(path, err);
    return real != NULL && add_usage(AT_FDCWD, real, path, bytes, files, err);
}
