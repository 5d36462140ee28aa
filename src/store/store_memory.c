/* SPDX-License-Identifier: Apache-2.0 */
/* Objects in memory: the reference that says how every store behaves, and the store of tests. */
#include "store/store.h"

#include <pthread.h>
#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "store/backend.h"

struct object {
    char *key;
    struct oz_buf bytes;
};

struct memory_store {
    struct oz_store head;
    pthread_mutex_t lock;   /* guards all below, and the bytes of every writer */
    struct object *objects; /* sorted by key */
    size_t count, room;
};

struct memory_writer {
    struct oz_writer head;
    struct oz_buf bytes;
};

/* Lock held. Where the key is, or would be. */
static size_t place_of(const struct memory_store *store, const char *key, bool *found)
{
    size_t low = 0, high = store->count;
    *found = false;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(store->objects[middle].key, key);
        if (order == 0) {
            *found = true;
            return middle;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Lock held. */
static const struct object *find(const struct memory_store *store, const char *key)
{
    bool found = false;
    size_t at = place_of(store, key, &found);
    return found ? &store->objects[at] : NULL;
}

static bool copy_range(const struct object *object, struct oz_range range, struct oz_buf *out,
                       struct oz_err *err)
{
    uint64_t offset = 0, length = 0;
    if (!oz_range_resolve(range, object->bytes.size, &offset, &length, err))
        return oz_err_prefix(err, "%s: ", object->key);
    return oz_buf_append(out, object->bytes.data + offset, (size_t)length, err);
}

static enum oz_found memory_get(struct oz_store *head, const char *key, struct oz_range range,
                                struct oz_buf *out, struct oz_err *err)
{
    struct memory_store *store = (struct memory_store *)head;
    enum oz_found found = OZ_MISSING;
    pthread_mutex_lock(&store->lock);
    const struct object *object = find(store, key);
    if (object != NULL)
        found = copy_range(object, range, out, err) ? OZ_FOUND : OZ_FAILED;
    pthread_mutex_unlock(&store->lock);
    return found;
}

static enum oz_found memory_size(struct oz_store *head, const char *key, uint64_t *size,
                                 struct oz_err *err)
{
    (void)err;
    struct memory_store *store = (struct memory_store *)head;
    pthread_mutex_lock(&store->lock);
    const struct object *object = find(store, key);
    if (object != NULL)
        *size = object->bytes.size;
    pthread_mutex_unlock(&store->lock);
    return object != NULL ? OZ_FOUND : OZ_MISSING;
}

/* ---- list, erase ---- */

struct child {
    bool is_prefix;
    uint64_t size;
    char *name;
};

static void free_children(struct child *children, size_t count)
{
    for (size_t i = 0; i < count; i++)
        oz_free(children[i].name);
    oz_free(children);
}

/* Lock held. `children` has room for all objects. */
static bool collect(const struct memory_store *store, const char *prefix, struct child *children,
                    size_t *count, struct oz_err *err)
{
    size_t skip = strlen(prefix);
    for (size_t i = 0; i < store->count; i++) {
        const char *rest = store->objects[i].key;
        if (strncmp(rest, prefix, skip) != 0 || (skip > 0 && rest[skip] != '/'))
            continue;
        rest += skip + (skip > 0);
        size_t length = strcspn(rest, "/");
        bool is_prefix = rest[length] == '/';
        /* Keys below one prefix lie together. */
        const struct child *last = *count > 0 ? &children[*count - 1] : NULL;
        if (is_prefix && last != NULL && last->is_prefix && strlen(last->name) == length &&
            strncmp(last->name, rest, length) == 0)
            continue;
        char *name = oz_strndup(rest, length, err);
        if (name == NULL)
            return false;
        children[(*count)++] = (struct child){is_prefix, store->objects[i].bytes.size, name};
    }
    return true;
}

static bool memory_list(struct oz_store *head, const char *prefix,
                        bool (*entry)(void *ctx, const char *name, bool is_prefix, uint64_t size),
                        void *ctx, struct oz_err *err)
{
    struct memory_store *store = (struct memory_store *)head;
    size_t count = 0;
    pthread_mutex_lock(&store->lock);
    struct child *children = oz_alloc(store->count, sizeof *children, err);
    bool ok = children != NULL && collect(store, prefix, children, &count, err);
    pthread_mutex_unlock(&store->lock);
    /* Without the lock, for the caller may use the store from there. */
    for (size_t i = 0; ok && i < count; i++)
        if (!entry(ctx, children[i].name, children[i].is_prefix,
                   children[i].is_prefix ? 0 : children[i].size))
            break;
    free_children(children, count);
    return ok;
}

static bool memory_erase(struct oz_store *head, const char *key, struct oz_err *err)
{
    (void)err;
    struct memory_store *store = (struct memory_store *)head;
    bool found = false;
    pthread_mutex_lock(&store->lock);
    size_t at = place_of(store, key, &found);
    if (found) {
        struct object *object = &store->objects[at];
        oz_free(object->key);
        oz_buf_release(&object->bytes);
        store->count--;
        memmove(object, object + 1, (store->count - at) * sizeof *object);
    }
    pthread_mutex_unlock(&store->lock);
    return true;
}

/* ---- write ---- */

static struct oz_writer *memory_begin(struct oz_store *store, const char *key, struct oz_err *err)
{
    (void)store;
    (void)key;
    struct memory_writer *writer = oz_alloc(1, sizeof *writer, err);
    return writer == NULL ? NULL : &writer->head;
}

/* Lock held. Make the bytes at least `size` long; new ones are zero, as in a file with holes. */
static bool grow(struct oz_buf *bytes, uint64_t size, struct oz_err *err)
{
    size_t old = bytes->size;
    if (size <= old)
        return true;
    if (!oz_buf_reserve(bytes, (size_t)(size - old), err))
        return false;
    memset(bytes->data + old, 0, (size_t)(size - old));
    bytes->size = (size_t)size;
    return true;
}

static bool memory_write(struct oz_writer *head, uint64_t offset, const void *data, size_t size,
                         struct oz_err *err)
{
    struct memory_writer *writer = (struct memory_writer *)head;
    struct memory_store *store = (struct memory_store *)head->store;
    uint64_t end = 0;
    if (!oz_add(offset, size, &end))
        return oz_fail(err, OZ_ENOMEM, "out of memory: %s ends beyond it", head->key);
    pthread_mutex_lock(&store->lock);
    bool ok = grow(&writer->bytes, end, err);
    if (ok)
        memcpy(writer->bytes.data + offset, data, size);
    pthread_mutex_unlock(&store->lock);
    return ok;
}

static void memory_abort(struct oz_writer *head)
{
    struct memory_writer *writer = (struct memory_writer *)head;
    oz_buf_release(&writer->bytes);
    oz_free(writer);
}

/* Lock held. Take over the bytes under the key. */
static bool insert(struct memory_store *store, const char *key, struct oz_buf *bytes,
                   struct oz_err *err)
{
    bool found = false;
    size_t at = place_of(store, key, &found);
    if (!found) {
        if (store->count == store->room) {
            size_t room = store->room == 0 ? 16 : 2 * store->room;
            struct object *more = oz_realloc(store->objects, room, sizeof *more, err);
            if (more == NULL)
                return false;
            store->objects = more;
            store->room = room;
        }
        char *copy = oz_strdup(key, err);
        if (copy == NULL)
            return false;
        struct object *object = &store->objects[at];
        memmove(object + 1, object, (store->count - at) * sizeof *object);
        *object = (struct object){.key = copy};
        store->count++;
    }
    struct oz_buf old = store->objects[at].bytes;
    store->objects[at].bytes = *bytes;
    *bytes = old;
    return true;
}

static bool memory_commit(struct oz_writer *head, uint64_t size, struct oz_err *err)
{
    struct memory_writer *writer = (struct memory_writer *)head;
    struct memory_store *store = (struct memory_store *)head->store;
    bool ok = writer->bytes.size == size ||
              oz_fail(err, OZ_EIO, "cannot write %s: %llu bytes were to be written, %zu are there",
                      head->key, (unsigned long long)size, writer->bytes.size);
    pthread_mutex_lock(&store->lock);
    ok = ok && oz_buf_reserve(&writer->bytes, 0, err) &&
         insert(store, head->key, &writer->bytes, err);
    pthread_mutex_unlock(&store->lock);
    memory_abort(head);
    return ok;
}

static void memory_close(struct oz_store *head)
{
    struct memory_store *store = (struct memory_store *)head;
    for (size_t i = 0; i < store->count; i++) {
        oz_free(store->objects[i].key);
        oz_buf_release(&store->objects[i].bytes);
    }
    oz_free(store->objects);
    pthread_mutex_destroy(&store->lock);
    oz_free(store);
}

static const struct oz_store_type memory_type = {.scheme = "memory",
                                                 .gap = 0,
                                                 .get = memory_get,
                                                 .size = memory_size,
                                                 .list = memory_list,
                                                 .erase = memory_erase,
                                                 .begin = memory_begin,
                                                 .write = memory_write,
                                                 .commit = memory_commit,
                                                 .abort = memory_abort,
                                                 .close = memory_close};

struct oz_store *oz_store_open_memory(struct oz_err *err)
{
    struct memory_store *store = oz_alloc(1, sizeof *store, err);
    if (store == NULL)
        return NULL;
    store->head.type = &memory_type;
    store->head.name = oz_strdup("memory", err);
    if (store->head.name == NULL) {
        oz_free(store);
        return NULL;
    }
    pthread_mutex_init(&store->lock, NULL);
    return &store->head;
}
