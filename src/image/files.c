/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps the files read last open, in a hash table whose slots also form a list by last use. */
#include "image/files.h"

#include "base/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_CAPACITY = 65536 };
#define NONE UINT32_MAX

struct slot {
    const void *key;
    char *path;
    int fd;
    uint32_t users;          /* reads that run; not closed while there are any */
    uint32_t next;           /* in its hash chain, or in the list of empty slots */
    uint32_t older, younger; /* by last use */
};

struct oz_files {
    pthread_mutex_t lock; /* guards all below */
    uint32_t capacity;
    uint32_t mask;   /* of the hash table */
    uint32_t *heads; /* hash chains */
    uint32_t empty;  /* list of empty slots */
    uint32_t oldest, youngest;
    struct slot *slots;
};

static bool open_file(const char *path, int *fd, struct oz_err *err)
{
    /* Not to wait where the path is a pipe without a writer. */
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (*fd < 0)
        return oz_fail_errno(err, errno, "cannot be opened");
    return true;
}

static bool read_exactly(int fd, uint64_t offset, void *out, size_t size, struct oz_err *err)
{
    uint8_t *at = out;
    uint64_t end;
    if (__builtin_add_overflow(offset, (uint64_t)size, &end) || end > INT64_MAX)
        return oz_fail(err, OZ_EFORMAT, "byte %llu is beyond any file", (unsigned long long)offset);
    while (size > 0) {
        ssize_t n = pread(fd, at, size, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return oz_fail_errno(err, errno, "reading at byte %llu", (unsigned long long)offset);
        if (n == 0)
            return oz_fail(err, OZ_EFORMAT, "truncated: %zu more bytes expected at byte %llu", size,
                           (unsigned long long)offset);
        at += n;
        offset += (uint64_t)n;
        size -= (size_t)n;
    }
    return true;
}

bool oz_input_open(struct oz_input *input, const char *path, struct oz_err *err)
{
    struct stat st;
    oz_input_release(input);
    if (!open_file(path, &input->fd, err))
        return false;
    input->open = true;
    if (fstat(input->fd, &st) != 0)
        return oz_fail_errno(err, errno, "cannot be examined");
    if (!S_ISREG(st.st_mode))
        return oz_fail(err, OZ_EINVAL, "is %s, not a file",
                       S_ISDIR(st.st_mode) ? "a folder" : "a device or pipe");
    input->size = (uint64_t)st.st_size;
    return true;
}

void oz_input_release(struct oz_input *input)
{
    if (input->open)
        close(input->fd);
    *input = (struct oz_input){0};
}

bool oz_input_read(const struct oz_input *input, uint64_t offset, void *out, size_t size,
                   struct oz_err *err)
{
    return read_exactly(input->fd, offset, out, size, err);
}

struct oz_files *oz_files_new(size_t capacity, struct oz_err *err)
{
    if (capacity < 1 || capacity > MAX_CAPACITY) {
        oz_fail(err, OZ_EINVAL, "open files: %zu is not between 1 and %d", capacity, MAX_CAPACITY);
        return NULL;
    }
    uint32_t heads = 1;
    while (heads < 2 * capacity)
        heads *= 2;
    struct oz_files *files = oz_alloc(1, sizeof *files, err);
    if (!files)
        return NULL;
    pthread_mutex_init(&files->lock, NULL);
    files->mask = heads - 1;
    files->oldest = files->youngest = NONE;
    files->heads = oz_alloc(heads, sizeof *files->heads, err);
    files->slots = files->heads ? oz_alloc(capacity, sizeof *files->slots, err) : NULL;
    if (!files->slots) {
        oz_files_free(files);
        return NULL;
    }
    files->capacity = (uint32_t)capacity;
    memset(files->heads, 0xff, heads * sizeof *files->heads);
    for (uint32_t i = 0; i < files->capacity; i++)
        files->slots[i] = (struct slot){.fd = -1, .next = i + 1 < capacity ? i + 1 : NONE};
    return files;
}

void oz_files_free(struct oz_files *files)
{
    if (!files)
        return;
    for (uint32_t i = 0; i < files->capacity; i++) {
        if (files->slots[i].fd >= 0)
            close(files->slots[i].fd);
        oz_free(files->slots[i].path);
    }
    oz_free(files->slots);
    oz_free(files->heads);
    pthread_mutex_destroy(&files->lock);
    oz_free(files);
}

static uint32_t *chain_of(struct oz_files *files, const void *key)
{
    uint64_t h = ((uint64_t)(uintptr_t)key >> 4) * 0x9e3779b97f4a7c15U;
    return &files->heads[(uint32_t)(h >> 32) & files->mask];
}

static void take_off_list(struct oz_files *files, uint32_t i)
{
    struct slot *slot = &files->slots[i];
    if (slot->older == NONE)
        files->oldest = slot->younger;
    else
        files->slots[slot->older].younger = slot->younger;
    if (slot->younger == NONE)
        files->youngest = slot->older;
    else
        files->slots[slot->younger].older = slot->older;
}

static void make_youngest(struct oz_files *files, uint32_t i)
{
    struct slot *slot = &files->slots[i];
    slot->older = files->youngest;
    slot->younger = NONE;
    if (files->youngest == NONE)
        files->oldest = i;
    else
        files->slots[files->youngest].younger = i;
    files->youngest = i;
}

/* Under the lock: the slot that holds the file, now the youngest and used once more. */
static uint32_t take_slot(struct oz_files *files, const void *key, const char *path)
{
    for (uint32_t i = *chain_of(files, key); i != NONE; i = files->slots[i].next) {
        struct slot *slot = &files->slots[i];
        if (slot->key != key || strcmp(slot->path, path) != 0)
            continue;
        take_off_list(files, i);
        make_youngest(files, i);
        slot->users++;
        return i;
    }
    return NONE;
}

/* Under the lock: close the oldest file that nobody reads. False where there is none. */
static bool close_oldest(struct oz_files *files)
{
    uint32_t i = files->oldest;
    while (i != NONE && files->slots[i].users > 0)
        i = files->slots[i].younger;
    if (i == NONE)
        return false;
    struct slot *slot = &files->slots[i];
    uint32_t *link = chain_of(files, slot->key);
    while (*link != i)
        link = &files->slots[*link].next;
    *link = slot->next;
    take_off_list(files, i);
    close(slot->fd);
    oz_free(slot->path);
    *slot = (struct slot){.fd = -1, .next = files->empty};
    files->empty = i;
    return true;
}

/* Under the lock: put an open file into a slot, used once. NONE where all are in use. */
static uint32_t fill_slot(struct oz_files *files, const void *key, char *path, int fd)
{
    if (files->empty == NONE && !close_oldest(files))
        return NONE;
    uint32_t i = files->empty;
    uint32_t *head = chain_of(files, key);
    files->empty = files->slots[i].next;
    files->slots[i] = (struct slot){key, path, fd, 1, *head, NONE, NONE};
    *head = i;
    make_youngest(files, i);
    return i;
}

/* Open a file; where the process has no descriptor left, close one of ours and try again. */
static bool open_for(struct oz_files *files, const char *path, int *fd, struct oz_err *err)
{
    struct oz_err first = {0};
    while (!open_file(path, fd, &first)) {
        bool room = false;
        if (first.sys == EMFILE || first.sys == ENFILE) {
            pthread_mutex_lock(&files->lock);
            room = close_oldest(files);
            pthread_mutex_unlock(&files->lock);
        }
        if (!room) {
            *err = first;
            return false;
        }
    }
    return true;
}

/* Descriptor of the file, and the slot that holds it (NONE: the caller closes it). */
static bool take_file(struct oz_files *files, const void *key, const char *path, uint32_t *index,
                      int *fd, struct oz_err *err)
{
    pthread_mutex_lock(&files->lock);
    uint32_t i = take_slot(files, key, path);
    *fd = i == NONE ? -1 : files->slots[i].fd;
    pthread_mutex_unlock(&files->lock);
    *index = i;
    if (i != NONE)
        return true;

    OZ_AUTO_FREE char *copy = oz_strdup(path, err);
    if (!copy || !open_for(files, path, fd, err))
        return false;
    pthread_mutex_lock(&files->lock);
    i = take_slot(files, key, path); /* another thread may have been first */
    int spare = -1;
    if (i != NONE) {
        spare = *fd;
        *fd = files->slots[i].fd;
    } else {
        i = fill_slot(files, key, copy, *fd);
        if (i != NONE)
            copy = NULL;
    }
    pthread_mutex_unlock(&files->lock);
    if (spare >= 0)
        close(spare);
    *index = i;
    return true;
}

bool oz_files_read(struct oz_files *files, const void *key, const char *path, uint64_t offset,
                   void *out, size_t size, struct oz_err *err)
{
    if (!files) {
        OZ_AUTO(oz_input) input = {0};
        return oz_input_open(&input, path, err) && oz_input_read(&input, offset, out, size, err);
    }
    uint32_t i;
    int fd;
    if (!take_file(files, key, path, &i, &fd, err))
        return false;
    bool ok = read_exactly(fd, offset, out, size, err);
    if (i == NONE) {
        close(fd);
    } else {
        pthread_mutex_lock(&files->lock);
        files->slots[i].users--;
        pthread_mutex_unlock(&files->lock);
    }
    return ok;
}
