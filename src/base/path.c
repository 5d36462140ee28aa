/* SPDX-License-Identifier: Apache-2.0 */
/* Keys and paths as text, and where a path really leads. */
#include "base/path.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"

#define MAX_LINKS 40 /* as many as the kernel follows */

static bool is_dots(const char *part, size_t length)
{
    return (length == 1 && part[0] == '.') || (length == 2 && part[0] == '.' && part[1] == '.');
}

bool oz_key_check(const char *key, struct oz_err *err)
{
    if (*key == '\0')
        return true;
    if (strchr(key, '\\') != NULL)
        return oz_fail(err, OZ_EFORMAT, "\"%s\" is no key: it holds a backslash", key);
    for (const char *part = key;; part++) {
        size_t length = strcspn(part, "/");
        if (length == 0)
            return oz_fail(err, OZ_EFORMAT, "\"%s\" is no key: a part of it is empty", key);
        if (is_dots(part, length))
            return oz_fail(err, OZ_EFORMAT, "\"%s\" is no key: it holds \".\" or \"..\"", key);
        part += length;
        if (*part == '\0')
            return true;
    }
}

char *oz_path_join(const char *folder, const char *name, struct oz_err *err)
{
    if (*folder == '\0' || *name == '\0')
        return oz_strdup(*folder == '\0' ? name : folder, err);
    bool has_slash = folder[strlen(folder) - 1] == '/';
    return oz_format(err, "%s%s%s", folder, has_slash ? "" : "/", name);
}

/* Length without trailing slashes; the root keeps its one. */
static size_t trimmed_length(const char *path)
{
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/')
        length--;
    return length;
}

/* Where the last part of the first `length` bytes begins. */
static size_t last_part(const char *path, size_t length)
{
    while (length > 0 && path[length - 1] != '/')
        length--;
    return length;
}

char *oz_path_name(const char *path, struct oz_err *err)
{
    size_t length = trimmed_length(path);
    size_t start = last_part(path, length);
    if (length > start && !is_dots(path + start, length - start))
        return oz_strndup(path + start, length - start, err);

    OZ_AUTO_FREE char *real = oz_path_real(path, err);
    if (real == NULL)
        return NULL;
    return oz_strdup(real[1] == '\0' ? real : real + last_part(real, strlen(real)), err);
}

char *oz_path_parent(const char *path, struct oz_err *err)
{
    size_t length = last_part(path, trimmed_length(path));
    while (length > 1 && path[length - 1] == '/')
        length--;
    return length == 0 ? oz_strdup(".", err) : oz_strndup(path, length, err);
}

/* Add a part of a path that need not exist to a real one. Takes `base`. */
static char *add_part(char *base, const char *part, struct oz_err *err)
{
    OZ_AUTO_FREE char *owned = base;
    if (*part == '\0' || strcmp(part, ".") == 0)
        return OZ_STEAL(owned);
    return strcmp(part, "..") == 0 ? oz_path_parent(owned, err) : oz_path_join(owned, part, err);
}

/* The target of a link that leads nowhere, seen from here; NULL without an error where `path` is
 * no link. */
static char *read_link(const char *path, struct oz_err *err)
{
    char target[PATH_MAX];
    ssize_t n = readlink(path, target, sizeof target - 1);
    if (n < 0)
        return NULL;
    target[n] = '\0';
    if (target[0] == '/')
        return oz_strdup(target, err);
    OZ_AUTO_FREE char *parent = oz_path_parent(path, err);
    return parent == NULL ? NULL : oz_path_join(parent, target, err);
}

/* `links` is what may still be followed by hand. */
static char *resolve(const char *path, unsigned links, struct oz_err *err)
{
    char *real = realpath(path, NULL);
    if (real != NULL)
        return real;
    if (errno != ENOENT) {
        oz_fail_errno(err, errno, "cannot tell where %s leads", path);
        return NULL;
    }
    struct oz_err link_err = {0};
    OZ_AUTO_FREE char *target = read_link(path, &link_err);
    if (target != NULL && links > 0)
        return resolve(target, links - 1, err);
    if (target != NULL || link_err.code != OZ_OK) {
        oz_fail_errno(err, ELOOP, "cannot tell where %s leads", path);
        return NULL;
    }
    size_t length = trimmed_length(path);
    size_t start = last_part(path, length);
    OZ_AUTO_FREE char *part = oz_strndup(path + start, length - start, err);
    OZ_AUTO_FREE char *parent = oz_path_parent(path, err);
    char *base = part == NULL || parent == NULL ? NULL : resolve(parent, links, err);
    return base == NULL ? NULL : add_part(base, part, err);
}

char *oz_path_real(const char *path, struct oz_err *err)
{
    return resolve(*path == '\0' ? "." : path, MAX_LINKS, err);
}

bool oz_path_is_below(const char *path, const char *folder, bool *below, struct oz_err *err)
{
    OZ_AUTO_FREE char *inner = oz_path_real(path, err);
    OZ_AUTO_FREE char *outer = inner == NULL ? NULL : oz_path_real(folder, err);
    if (outer == NULL)
        return false;
    size_t n = strcmp(outer, "/") == 0 ? 0 : strlen(outer);
    *below = strncmp(inner, outer, n) == 0 && (inner[n] == '/' || inner[n] == '\0');
    return true;
}

bool oz_path_kind(const char *path, enum oz_path_kind *kind, struct oz_err *err)
{
    struct stat info;
    if (stat(path, &info) != 0) {
        if (errno != ENOENT && errno != ENOTDIR)
            return oz_fail_errno(err, errno, "cannot look at %s", path);
        *kind = OZ_PATH_MISSING;
        return true;
    }
    *kind = S_ISREG(info.st_mode)   ? OZ_PATH_FILE
            : S_ISDIR(info.st_mode) ? OZ_PATH_FOLDER
                                    : OZ_PATH_OTHER;
    return true;
}
