/* SPDX-License-Identifier: Apache-2.0 */
/* Many ranges of one object with few requests: sort them, join near ones, spread the bytes. */
#include "store/store.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "base/path.h"

/* A range, and which of the caller's it is. */
struct piece {
    uint64_t offset, end;
    size_t index;
};

static int by_offset(const void *a, const void *b)
{
    const struct piece *p = a, *q = b;
    return (p->offset > q->offset) - (p->offset < q->offset);
}

static bool take_pieces(const struct oz_range *ranges, size_t count, struct piece *pieces,
                        struct oz_err *err)
{
    for (size_t i = 0; i < count; i++) {
        pieces[i] = (struct piece){.offset = ranges[i].offset, .index = i};
        if (ranges[i].suffix || !oz_add(ranges[i].offset, ranges[i].length, &pieces[i].end))
            return oz_fail(err, OZ_EFORMAT, "a range of %llu bytes from byte %llu cannot be",
                           (unsigned long long)ranges[i].length,
                           (unsigned long long)ranges[i].offset);
    }
    qsort(pieces, count, sizeof *pieces, by_offset);
    return true;
}

/* How many pieces from the first on are near enough for one request, and where that ends. */
static size_t join(const struct piece *pieces, size_t count, uint64_t gap, uint64_t *end)
{
    size_t n = 1;
    *end = pieces[0].end;
    while (n < count && (pieces[n].offset <= *end || pieces[n].offset - *end <= gap)) {
        *end = oz_max_u64(*end, pieces[n].end);
        n++;
    }
    return n;
}

static bool spread(const struct piece *pieces, size_t count, const struct oz_buf *joined,
                   struct oz_buf *outs, struct oz_err *err)
{
    for (size_t i = 0; i < count; i++) {
        struct oz_buf *out = &outs[pieces[i].index];
        oz_buf_clear(out);
        if (!oz_buf_append(out, joined->data + (pieces[i].offset - pieces[0].offset),
                           (size_t)(pieces[i].end - pieces[i].offset), err))
            return false;
    }
    return true;
}

static enum oz_found get_joined(struct oz_store *store, const char *key, const struct piece *pieces,
                                size_t count, uint64_t end, struct oz_buf *outs, struct oz_err *err)
{
    const struct oz_range range = {.offset = pieces[0].offset, .length = end - pieces[0].offset};
    if (count == 1)
        return oz_store_get(store, key, range, &outs[pieces[0].index], err);
    OZ_AUTO(oz_buf) joined = {0};
    enum oz_found found = oz_store_get(store, key, range, &joined, err);
    if (found == OZ_FOUND && !spread(pieces, count, &joined, outs, err))
        return OZ_FAILED;
    return found;
}

enum oz_found oz_store_get_many(struct oz_store *store, const char *key,
                                const struct oz_range *ranges, size_t count, struct oz_buf *outs,
                                struct oz_err *err)
{
    uint64_t size = 0;
    if (count == 0)
        return oz_store_size(store, key, &size, err);
    OZ_AUTO_FREE struct piece *pieces = oz_alloc(count, sizeof *pieces, err);
    if (pieces == NULL || !oz_key_check(key, err))
        return OZ_FAILED;
    if (!take_pieces(ranges, count, pieces, err)) {
        oz_err_prefix(err, "%s/%s: ", store->name, key);
        return OZ_FAILED;
    }
    for (size_t i = 0; i < count;) {
        uint64_t end = 0;
        size_t n = join(pieces + i, count - i, store->type->gap, &end);
        enum oz_found found = get_joined(store, key, pieces + i, n, end, outs, err);
        if (found != OZ_FOUND)
            return found;
        i += n;
    }
    return OZ_FOUND;
}
