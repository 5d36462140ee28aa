/* SPDX-License-Identifier: Apache-2.0 */
/* A store around another one that counts what is asked of it. */
#include "store_counting.h"

#include "base/alloc.h"

struct counting_store {
    struct oz_store head;
    struct oz_store *inner;
    struct oz_store_type type; /* its own, for the gap */
    struct store_counts counts;
};

struct counting_writer {
    struct oz_writer head;
    struct oz_writer *inner;
};

static void add(uint64_t *count, uint64_t n)
{
    __atomic_add_fetch(count, n, __ATOMIC_RELAXED);
}

static struct counting_store *counting(struct oz_store *store)
{
    return (struct counting_store *)store;
}

static enum oz_found get(struct oz_store *store, const char *key, struct oz_range range,
                         struct oz_buf *out, struct oz_err *err)
{
    add(&counting(store)->counts.gets, 1);
    enum oz_found found = oz_store_get(counting(store)->inner, key, range, out, err);
    if (found == OZ_FOUND)
        add(&counting(store)->counts.bytes_read, out->size);
    return found;
}

static enum oz_found size_of(struct oz_store *store, const char *key, uint64_t *size,
                             struct oz_err *err)
{
    add(&counting(store)->counts.sizes, 1);
    return oz_store_size(counting(store)->inner, key, size, err);
}

static bool list(struct oz_store *store, const char *prefix,
                 bool (*entry)(void *ctx, const char *name, bool is_prefix, uint64_t size),
                 void *ctx, struct oz_err *err)
{
    add(&counting(store)->counts.lists, 1);
    return oz_store_list(counting(store)->inner, prefix, entry, ctx, err);
}

static bool erase(struct oz_store *store, const char *key, struct oz_err *err)
{
    add(&counting(store)->counts.erases, 1);
    return oz_store_erase(counting(store)->inner, key, err);
}

static struct oz_writer *begin(struct oz_store *store, const char *key, struct oz_err *err)
{
    add(&counting(store)->counts.begins, 1);
    struct counting_writer *writer = oz_alloc(1, sizeof *writer, err);
    if (writer == NULL)
        return NULL;
    writer->inner = oz_store_begin(counting(store)->inner, key, err);
    if (writer->inner == NULL) {
        oz_free(writer);
        return NULL;
    }
    return &writer->head;
}

static bool write(struct oz_writer *head, uint64_t offset, const void *data, size_t size,
                  struct oz_err *err)
{
    add(&counting(head->store)->counts.writes, 1);
    add(&counting(head->store)->counts.bytes_written, size);
    return oz_writer_write(((struct counting_writer *)head)->inner, offset, data, size, err);
}

static bool commit(struct oz_writer *head, uint64_t size, struct oz_err *err)
{
    struct counting_writer *writer = (struct counting_writer *)head;
    add(&counting(head->store)->counts.commits, 1);
    oz_writer_place(writer->inner, (size_t)size);
    bool ok = oz_writer_commit(writer->inner, err);
    oz_free(writer);
    return ok;
}

static void abandon(struct oz_writer *head)
{
    struct counting_writer *writer = (struct counting_writer *)head;
    add(&counting(head->store)->counts.aborts, 1);
    oz_writer_abort(writer->inner);
    oz_free(writer);
}

static void close_store(struct oz_store *store)
{
    oz_free(store);
}

struct oz_store *store_counting_open(struct oz_store *inner, uint32_t gap)
{
    struct oz_err err = {0};
    struct counting_store *store = oz_alloc(1, sizeof *store, &err);
    if (store == NULL)
        return NULL;
    store->type = (struct oz_store_type){.scheme = inner->type->scheme,
                                         .gap = gap,
                                         .get = get,
                                         .size = size_of,
                                         .list = list,
                                         .erase = erase,
                                         .begin = begin,
                                         .write = write,
                                         .commit = commit,
                                         .abort = abandon,
                                         .close = close_store};
    store->inner = inner;
    store->head.type = &store->type;
    store->head.name = oz_strdup(inner->name, &err);
    if (store->head.name == NULL) {
        oz_free(store);
        return NULL;
    }
    return &store->head;
}

struct store_counts store_counts_of(const struct oz_store *store)
{
    return ((const struct counting_store *)store)->counts;
}
