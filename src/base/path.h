/* SPDX-License-Identifier: Apache-2.0 */
/* Store keys and file paths: join, check, and the few folder operations that make writing safe. */
#ifndef OZ_BASE_PATH_H
#define OZ_BASE_PATH_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * Check a key: parts joined by '/', none empty, ".", "..", or with a NUL or backslash; the empty
 * key is the root. OZ_EFORMAT with the key in the message otherwise.
 */
bool oz_key_check(const char *key, struct oz_err *err) OZ_MUST_USE;

/* "a" + "b" -> "a/b"; an empty side gives the other one. New text. */
char *oz_path_join(const char *folder, const char *name, struct oz_err *err) OZ_MUST_USE;

/* Last part of the path without trailing slashes; "." and ".." are resolved first. New text. */
char *oz_path_name(const char *path, struct oz_err *err) OZ_MUST_USE;

/* The folder a path lies in ("." where there is none). New text. */
char *oz_path_parent(const char *path, struct oz_err *err) OZ_MUST_USE;

/* Absolute path, links resolved; the last parts need not exist. New text. */
char *oz_path_real(const char *path, struct oz_err *err) OZ_MUST_USE;

/* True where `path` (need not exist) is `folder` or lies below it. */
bool oz_path_is_below(const char *path, const char *folder, bool *below,
                      struct oz_err *err) OZ_MUST_USE;

enum oz_path_kind { OZ_PATH_MISSING, OZ_PATH_FILE, OZ_PATH_FOLDER, OZ_PATH_OTHER };

/* What is there (links followed). False only where that cannot be told. */
bool oz_path_kind(const char *path, enum oz_path_kind *kind, struct oz_err *err) OZ_MUST_USE;

/* Missing or an empty folder -> true. */
bool oz_path_is_vacant(const char *path, bool *vacant, struct oz_err *err) OZ_MUST_USE;

/* mkdir -p. */
bool oz_folder_make(const char *path, struct oz_err *err) OZ_MUST_USE;

/* rm -r, never following links; missing is fine. */
bool oz_folder_remove(const char *path, struct oz_err *err) OZ_MUST_USE;

/* Names in a folder, natural order, without "." and "..". Free each and the list. */
bool oz_folder_list(const char *path, char ***names, size_t *count, struct oz_err *err) OZ_MUST_USE;
void oz_names_free(char **names, size_t count);

/* True where the folder is a mount point (of whatever kind), which cannot be renamed. */
bool oz_folder_is_mount(const char *path, bool *mount, struct oz_err *err) OZ_MUST_USE;

/*
 * Put the finished folder `from` in the place of `to` in one step: a plain rename where `to` is
 * missing or an empty folder, an exchange where it is not, after which the old one is removed.
 * Both on one file system. Where `to` is a mount point, `from` has to lie in it: then its children
 * are moved one by one, documents last, after the old ones. On failure both stay as they were.
 */
bool oz_folder_publish(const char *from, const char *to, struct oz_err *err) OZ_MUST_USE;

/* Bytes of all files below a folder, and how many there are. */
bool oz_folder_usage(const char *path, uint64_t *bytes, uint64_t *files,
                     struct oz_err *err) OZ_MUST_USE;

#endif
