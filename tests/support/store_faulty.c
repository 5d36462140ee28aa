/* SPDX-License-Identifier: Apache-2.0 */
/* A store around another one whose n-th call fails. */
#include "store_faulty.h"

#include "base/alloc.h"

struct faulty_store {
    struct oz_store head;
    struct oz_store *inner;
    uint64_t countdown; /* calls until one fails */
    enum oz_code code;
    int failed;
};

struct faulty_writer {
    struct oz_writer head;
    struct oz_writer *inner;
};

static struct faulty_store *faulty(struct oz_store *store)
{
    return (struct faulty_store *)store;
}

static bool must_fail(struct oz_store *store, const char *key, struct oz_err *err)
{
    struct faulty_store *f = faulty(store);
    if (__atomic_load_n(&f->countdown, __ATOMIC_RELAXED) == 0 ||
        __atomic_sub_fetch(&f->countdown, 1, __ATOMIC_RELAXED) != 0)
        return false;
    __atomic_store_n(&f->failed, 1, __ATOMIC_RELAXED);
    oz_fail(err, f->code, "%s/%s: made to fail", store->name, key);
    return true;
}

static enum oz_found get(struct oz_store *store, const char *key, struct oz_range range,
                         struct oz_buf *out, struct oz_err *err)
{
    if (must_fail(store, key, err))
        return OZ_FAILED;
    return oz_store_get(faulty(store)->inner, key, range, out, err);
}

static enum oz_found size_of(struct oz_store *store, const char *key, uint64_t *size,
                             struct oz_err *err)
{
    if (must_fail(store, key, err))
        return OZ_FAILED;
    return oz_store_size(faulty(store)->inner, key, size, err);
}

static bool list(struct oz_store *store, const char *prefix,
                 bool (*entry)(void *ctx, const char *name, bool is_prefix, uint64_t size),
                 void *ctx, struct oz_err *err)
{
    return !must_fail(store, prefix, err) &&
           oz_store_list(faulty(store)->inner, prefix, entry, ctx, err);
}

static bool erase(struct oz_store *store, const char *key, struct oz_err *err)
{
    return !must_fail(store, key, err) && oz_store_erase(faulty(store)->inner, key, err);
}

static struct oz_writer *begin(struct oz_store *store, const char *key, struct oz_err *err)
{
    if (must_fail(store, key, err))
        return NULL;
    struct faulty_writer *writer = oz_alloc(1, sizeof *writer, err);
    if (writer == NULL)
        return NULL;
    writer->inner = oz_store_begin(faulty(store)->inner, key, err);
    if (writer->inner == NULL) {
        oz_free(writer);
        return NULL;
    }
    return &writer->head;
}

static bool write(struct oz_writer *head, uint64_t offset, const void *data, size_t size,
                  struct oz_err *err)
{
    struct faulty_writer *writer = (struct faulty_writer *)head;
    return !must_fail(head->store, head->key, err) &&
           oz_writer_write(writer->inner, offset, data, size, err);
}

static void abandon(struct oz_writer *head)
{
    oz_writer_abort(((struct faulty_writer *)head)->inner);
    oz_free(head);
}

static bool commit(struct oz_writer *head, uint64_t size, struct oz_err *err)
{
    struct faulty_writer *writer = (struct faulty_writer *)head;
    if (must_fail(head->store, head->key, err)) {
        abandon(head);
        return false;
    }
    oz_writer_place(writer->inner, (size_t)size);
    bool ok = oz_writer_commit(writer->inner, err);
    oz_free(writer);
    return ok;
}

static void close_store(struct oz_store *store)
{
    oz_free(store);
}

static const struct oz_store_type faulty_type = {.scheme = "faulty",
                                                 .get = get,
                                                 .size = size_of,
                                                 .list = list,
                                                 .erase = erase,
                                                 .begin = begin,
                                                 .write = write,
                                                 .commit = commit,
                                                 .abort = abandon,
                                                 .close = close_store};

struct oz_store *store_faulty_open(struct oz_store *inner)
{
    struct oz_err err = {0};
    struct faulty_store *store = oz_alloc(1, sizeof *store, &err);
    if (store == NULL)
        return NULL;
    store->inner = inner;
    store->head.type = &faulty_type;
    store->head.name = oz_strdup(inner->name, &err);
    if (store->head.name == NULL) {
        oz_free(store);
        return NULL;
    }
    return &store->head;
}

void store_faulty_fail_at(struct oz_store *store, uint64_t n, enum oz_code code)
{
    faulty(store)->code = code;
    faulty(store)->failed = 0;
    __atomic_store_n(&faulty(store)->countdown, n, __ATOMIC_RELAXED);
}

bool store_faulty_has_failed(const struct oz_store *store)
{
    const struct faulty_store *f = (const struct faulty_store *)store;
    return __atomic_load_n(&f->failed, __ATOMIC_RELAXED) != 0;
}
