/* SPDX-License-Identifier: Apache-2.0 */
/* Objects as files below a folder; a new one is written beside its place and renamed into it. */
#include "store/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/path.h"
#include "store/backend.h"

/* Opening and closing a file costs as much as reading this many bytes. */
#define GAP 16384
#define MAX_IO ((size_t)1 << 30) /* bytes a system call is asked for */
#define TRIES 8                  /* where another process takes away what we just made */

/* Only `write` may be called by several threads, and it changes nothing here. */
struct file_writer {
    struct oz_writer head;
    int fd;
    char *path;
    char *temporary;
};

/* The name of the store is its folder, and all it knows. */
static char *path_of(const struct oz_store *store, const char *key, struct oz_err *err)
{
    return oz_path_join(store->name, key, err);
}

/* What a failed look-up means: nothing is there, or it cannot be known. */
static enum oz_found missing_or_failed(int errnum, const char *path, struct oz_err *err)
{
    if (errnum == ENOENT || errnum == ENOTDIR)
        return OZ_MISSING;
    oz_fail_errno(err, errnum, "cannot read %s", path);
    return OZ_FAILED;
}

static enum oz_found size_of(const struct stat *info, const char *path, uint64_t *size,
                             struct oz_err *err)
{
    if (S_ISDIR(info->st_mode))
        return OZ_MISSING;
    if (!S_ISREG(info->st_mode)) {
        oz_fail(err, OZ_EFORMAT, "cannot read %s: it is neither a file nor a folder", path);
        return OZ_FAILED;
    }
    *size = (uint64_t)info->st_size;
    return OZ_FOUND;
}

static enum oz_found file_size(struct oz_store *store, const char *key, uint64_t *size,
                               struct oz_err *err)
{
    OZ_AUTO_FREE char *path = path_of(store, key, err);
    struct stat info;
    if (path == NULL)
        return OZ_FAILED;
    if (stat(path, &info) != 0)
        return missing_or_failed(errno, path, err);
    return size_of(&info, path, size, err);
}

static bool read_at(int fd, uint8_t *data, size_t size, uint64_t offset, const char *path,
                    struct oz_err *err)
{
    while (size > 0) {
        ssize_t n = pread(fd, data, size < MAX_IO ? size : MAX_IO, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return oz_fail_errno(err, errno, "cannot read %s", path);
        if (n == 0)
            return oz_fail(err, OZ_EIO, "cannot read %s: it became shorter meanwhile", path);
        data += n;
        offset += (uint64_t)n;
        size -= (size_t)n;
    }
    return true;
}

static enum oz_found read_range(int fd, const char *path, struct oz_range range, struct oz_buf *out,
                                struct oz_err *err)
{
    struct stat info;
    uint64_t size = 0, offset = 0, length = 0;
    if (fstat(fd, &info) != 0)
        return missing_or_failed(errno, path, err);
    enum oz_found found = size_of(&info, path, &size, err);
    if (found != OZ_FOUND)
        return found;
    if (!oz_range_resolve(range, size, &offset, &length, err) ||
        !oz_buf_resize(out, (size_t)length, err)) {
        oz_err_prefix(err, "%s: ", path);
        return OZ_FAILED;
    }
    return read_at(fd, out->data, (size_t)length, offset, path, err) ? OZ_FOUND : OZ_FAILED;
}

static enum oz_found file_get(struct oz_store *store, const char *key, struct oz_range range,
                              struct oz_buf *out, struct oz_err *err)
{
    OZ_AUTO_FREE char *path = path_of(store, key, err);
    if (path == NULL)
        return OZ_FAILED;
    /* A pipe of that name must not make us wait for its other end. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return missing_or_failed(errno, path, err);
    enum oz_found found = read_range(fd, path, range, out, err);
    close(fd);
    return found;
}

/* ---- list, erase ---- */

static bool file_list(struct oz_store *store, const char *prefix,
                      bool (*entry)(void *ctx, const char *name, bool is_prefix, uint64_t size),
                      void *ctx, struct oz_err *err)
{
    OZ_AUTO_FREE char *path = path_of(store, prefix, err);
    if (path == NULL)
        return false;
    DIR *folder = opendir(path);
    if (folder == NULL)
        return missing_or_failed(errno, path, err) == OZ_MISSING;
    struct dirent *child;
    bool more = true;
    while (more && (child = readdir(folder)) != NULL) {
        struct stat info;
        if (strcmp(child->d_name, ".") == 0 || strcmp(child->d_name, "..") == 0 ||
            fstatat(dirfd(folder), child->d_name, &info, 0) != 0)
            continue;
        if (S_ISDIR(info.st_mode))
            more = entry(ctx, child->d_name, true, 0);
        else if (S_ISREG(info.st_mode))
            more = entry(ctx, child->d_name, false, (uint64_t)info.st_size);
    }
    closedir(folder);
    return true;
}

static bool file_erase(struct oz_store *store, const char *key, struct oz_err *err)
{
    OZ_AUTO_FREE char *path = path_of(store, key, err);
    if (path == NULL)
        return false;
    if (unlink(path) == 0 || errno == ENOENT || errno == ENOTDIR || errno == EISDIR)
        return true;
    return oz_fail_errno(err, errno, "cannot remove %s", path);
}

/* ---- write ---- */

/* A hidden name beside the object, so that the rename stays within one file system. */
static char *temporary_name(const char *path, struct oz_err *err)
{
    uint64_t random = 0;
    if (getrandom(&random, sizeof random, 0) != sizeof random) {
        oz_fail_errno(err, errno, "cannot make up a name for a temporary file");
        return NULL;
    }
    int folder = (int)(strrchr(path, '/') - path);
    return oz_format(err, "%.*s/.oz-%016llx.tmp", folder, path, (unsigned long long)random);
}

static bool refuse_write(int errnum, const char *path, struct oz_err *err)
{
    if (errnum == ENOTDIR)
        return oz_fail(err, OZ_EEXIST, "cannot write %s: a part of the path is a file", path);
    return oz_fail_errno(err, errnum, "cannot write %s", path);
}

static bool make_parent(const char *path, struct oz_err *err)
{
    OZ_AUTO_FREE char *parent = oz_path_parent(path, err);
    return parent != NULL && oz_folder_make(parent, err);
}

/* Folders are made only when the file cannot be: most objects have neighbours. */
static bool open_temporary(struct file_writer *writer, struct oz_err *err)
{
    for (int i = 0; i < TRIES; i++) {
        oz_free(writer->temporary);
        writer->temporary = temporary_name(writer->path, err);
        if (writer->temporary == NULL)
            return false;
        writer->fd = open(writer->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (writer->fd >= 0)
            return true;
        if (errno != ENOENT && errno != EEXIST)
            return refuse_write(errno, writer->path, err);
        if (errno == ENOENT && !make_parent(writer->path, err))
            return false;
    }
    return refuse_write(ENOENT, writer->path, err);
}

static void free_writer(struct file_writer *writer)
{
    oz_free(writer->path);
    oz_free(writer->temporary);
    oz_free(writer);
}

static struct oz_writer *file_begin(struct oz_store *store, const char *key, struct oz_err *err)
{
    struct file_writer *writer = oz_alloc(1, sizeof *writer, err);
    if (writer == NULL)
        return NULL;
    writer->path = path_of(store, key, err);
    if (writer->path == NULL || !open_temporary(writer, err)) {
        free_writer(writer);
        return NULL;
    }
    return &writer->head;
}

static bool file_write(struct oz_writer *head, uint64_t offset, const void *data, size_t size,
                       struct oz_err *err)
{
    const struct file_writer *writer = (struct file_writer *)head;
    const uint8_t *p = data;
    while (size > 0) {
        ssize_t n = pwrite(writer->fd, p, size < MAX_IO ? size : MAX_IO, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return refuse_write(n < 0 ? errno : EIO, writer->path, err);
        p += n;
        offset += (uint64_t)n;
        size -= (size_t)n;
    }
    return true;
}

/* Quotas and network file systems tell of a full disk only now. */
static bool finish_file(struct file_writer *writer, uint64_t size, struct oz_err *err)
{
    struct stat info = {0};
    int failed = fstat(writer->fd, &info) != 0 ? errno : 0;
    if (close(writer->fd) != 0 && failed == 0)
        failed = errno;
    if (failed != 0)
        return refuse_write(failed, writer->path, err);
    if ((uint64_t)info.st_size != size)
        return oz_fail(err, OZ_EIO,
                       "cannot write %s: %llu bytes were to be written, %llu are there",
                       writer->path, (unsigned long long)size, (unsigned long long)info.st_size);
    return true;
}

/*
 * No fsync: a dataset is built in a temporary folder and put in place when it is complete, and
 * waiting for the disk at each of its thousands of files would take most of the time.
 */
static bool file_commit(struct oz_writer *head, uint64_t size, struct oz_err *err)
{
    struct file_writer *writer = (struct file_writer *)head;
    bool ok = finish_file(writer, size, err);
    if (ok && rename(writer->temporary, writer->path) != 0)
        ok = refuse_write(errno, writer->path, err);
    if (!ok)
        unlink(writer->temporary);
    free_writer(writer);
    return ok;
}

static void file_abort(struct oz_writer *head)
{
    struct file_writer *writer = (struct file_writer *)head;
    close(writer->fd);
    unlink(writer->temporary);
    free_writer(writer);
}

static void file_close(struct oz_store *store)
{
    oz_free(store);
}

static const struct oz_store_type file_type = {.scheme = "file",
                                               .gap = GAP,
                                               .get = file_get,
                                               .size = file_size,
                                               .list = file_list,
                                               .erase = file_erase,
                                               .begin = file_begin,
                                               .write = file_write,
                                               .commit = file_commit,
                                               .abort = file_abort,
                                               .close = file_close};

struct oz_store *oz_store_file_open(const char *path, struct oz_err *err)
{
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/')
        length--;
    if (length == 0) {
        oz_fail(err, OZ_EINVAL, "the path of a store is empty");
        return NULL;
    }
    struct oz_store *store = oz_alloc(1, sizeof *store, err);
    if (store == NULL)
        return NULL;
    store->type = &file_type;
    store->name = oz_strndup(path, length, err);
    if (store->name == NULL) {
        oz_free(store);
        return NULL;
    }
    return store;
}
