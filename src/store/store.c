/* SPDX-License-Identifier: Apache-2.0 */
/* What all stores have in common: which one an URL means, checks of keys, hidden names, writing. */
#include "store/store.h"

#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "base/path.h"
#include "base/text.h"
#include "store/backend.h"

/* ---- open ---- */

/* Length of "scheme" where the URL begins with "scheme://", else 0: then it is a path. */
static size_t scheme_length(const char *url)
{
    size_t n = strspn(url, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+.-");
    return strncmp(url + n, "://", 3) == 0 ? n : 0;
}

static int hex_value(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c == '\0' ? NULL : strchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c);
    return at == NULL ? -1 : (int)(at - digits);
}

/* Replace %XX in place; false where one is not right. */
static bool decode_percent(char *text)
{
    char *out = text;
    for (; *text != '\0'; text++) {
        char c = *text;
        if (c == '%') {
            int high = hex_value(text[1]);
            int low = high < 0 ? -1 : hex_value(text[2]);
            if (low < 0 || (high == 0 && low == 0))
                return false;
            c = (char)(high << 4 | low);
            text += 2;
        }
        *out++ = c;
    }
    *out = '\0';
    return true;
}

static struct oz_store *open_file_url(const char *url, struct oz_err *err)
{
    const char *path = url + strlen("file://");
    if (strncmp(path, "localhost/", 10) == 0)
        path += 9;
    OZ_AUTO_FREE char *decoded = oz_strdup(path, err);
    if (decoded == NULL)
        return NULL;
    if (*path != '/' || !decode_percent(decoded)) {
        oz_fail(err, OZ_EINVAL, "%s is no URL of a local file: expected file:///path", url);
        return NULL;
    }
    return oz_store_file_open(decoded, err);
}

struct oz_store *oz_store_open(const char *url, struct oz_err *err)
{
    size_t n = scheme_length(url);
    if (n == 0)
        return oz_store_file_open(url, err);
    if (n == 4 && strncmp(url, "file", 4) == 0)
        return open_file_url(url, err);
    oz_fail(err, OZ_EUNSUPPORTED, "%s: stores at %.*s:// are not supported, only local folders",
            url, (int)n, url);
    return NULL;
}

void oz_store_close(struct oz_store *store)
{
    if (store == NULL)
        return;
    char *name = store->name;
    store->type->close(store);
    oz_free(name);
}

/* ---- read ---- */

bool oz_range_resolve(struct oz_range range, uint64_t size, uint64_t *offset, uint64_t *length,
                      struct oz_err *err)
{
    if (range.suffix) {
        *length = oz_min_u64(range.length, size);
        *offset = size - *length;
        return true;
    }
    if (range.offset <= size && range.length == UINT64_MAX)
        range.length = size - range.offset;
    if (range.offset > size || range.length > size - range.offset)
        return oz_fail(err, OZ_EFORMAT,
                       "expected at least %llu bytes from byte %llu on, found %llu in all",
                       (unsigned long long)range.length, (unsigned long long)range.offset,
                       (unsigned long long)size);
    *offset = range.offset;
    *length = range.length;
    return true;
}

enum oz_found oz_store_get(struct oz_store *store, const char *key, struct oz_range range,
                           struct oz_buf *out, struct oz_err *err)
{
    oz_buf_clear(out);
    if (!oz_key_check(key, err))
        return OZ_FAILED;
    return store->type->get(store, key, range, out, err);
}

enum oz_found oz_store_size(struct oz_store *store, const char *key, uint64_t *size,
                            struct oz_err *err)
{
    if (!oz_key_check(key, err))
        return OZ_FAILED;
    return store->type->size(store, key, size, err);
}

enum oz_found oz_store_get_document(struct oz_store *store, const char *key, uint64_t limit,
                                    struct oz_buf *out, struct oz_err *err)
{
    uint64_t size = 0;
    oz_buf_clear(out);
    enum oz_found found = oz_store_size(store, key, &size, err);
    if (found != OZ_FOUND)
        return found;
    if (size > limit) {
        oz_fail(err, OZ_ELIMIT, "%s/%s: a document of %llu bytes is over the limit of %llu",
                store->name, key, (unsigned long long)size, (unsigned long long)limit);
        return OZ_FAILED;
    }
    return store->type->get(store, key, OZ_RANGE_ALL, out, err);
}

/* ---- list, erase ---- */

static bool is_hidden(const char *name)
{
    return strcmp(name, ".DS_Store") == 0 || oz_text_equal_nocase(name, "Thumbs.db") ||
           strncmp(name, "._", 2) == 0 ||
           (strncmp(name, ".oz-", 4) == 0 && oz_text_ends_with_nocase(name, ".tmp"));
}

struct listing {
    bool (*entry)(void *ctx, const char *name, bool is_prefix, uint64_t size);
    void *ctx;
};

static bool pass_entry(void *ctx, const char *name, bool is_prefix, uint64_t size)
{
    const struct listing *listing = ctx;
    return is_hidden(name) || listing->entry(listing->ctx, name, is_prefix, size);
}

bool oz_store_list(struct oz_store *store, const char *prefix,
                   bool (*entry)(void *ctx, const char *name, bool is_prefix, uint64_t size),
                   void *ctx, struct oz_err *err)
{
    struct listing listing = {entry, ctx};
    return oz_key_check(prefix, err) && store->type->list(store, prefix, pass_entry, &listing, err);
}

/* The root is a prefix, never an object. */
static bool check_object_key(const struct oz_store *store, const char *key, struct oz_err *err)
{
    if (*key == '\0')
        return oz_fail(err, OZ_EINVAL, "%s: the root of a store cannot be written", store->name);
    return oz_key_check(key, err);
}

bool oz_store_erase(struct oz_store *store, const char *key, struct oz_err *err)
{
    return check_object_key(store, key, err) && store->type->erase(store, key, err);
}

/* ---- write ---- */

struct oz_writer *oz_store_begin(struct oz_store *store, const char *key, struct oz_err *err)
{
    if (!check_object_key(store, key, err))
        return NULL;
    OZ_AUTO_FREE char *copy = oz_strdup(key, err);
    struct oz_writer *writer = copy == NULL ? NULL : store->type->begin(store, key, err);
    if (writer == NULL)
        return NULL;
    writer->store = store;
    writer->key = OZ_STEAL(copy);
    writer->placed = 0;
    return writer;
}

uint64_t oz_writer_place(struct oz_writer *writer, size_t size)
{
    uint64_t offset = writer->placed;
    writer->placed += size;
    return offset;
}

bool oz_writer_write(struct oz_writer *writer, uint64_t offset, const void *data, size_t size,
                     struct oz_err *err)
{
    return size == 0 || writer->store->type->write(writer, offset, data, size, err);
}

bool oz_writer_commit(struct oz_writer *writer, struct oz_err *err)
{
    char *key = writer->key;
    bool ok = writer->store->type->commit(writer, writer->placed, err);
    oz_free(key);
    return ok;
}

void oz_writer_abort(struct oz_writer *writer)
{
    if (writer == NULL)
        return;
    char *key = writer->key;
    writer->store->type->abort(writer);
    oz_free(key);
}

bool oz_store_put(struct oz_store *store, const char *key, const void *data, size_t size,
                  struct oz_err *err)
{
    struct oz_writer *writer = oz_store_begin(store, key, err);
    if (writer == NULL)
        return false;
    if (oz_writer_write(writer, oz_writer_place(writer, size), data, size, err))
        return oz_writer_commit(writer, err);
    oz_writer_abort(writer);
    return false;
}
