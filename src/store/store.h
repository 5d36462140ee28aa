/* SPDX-License-Identifier: Apache-2.0 */
/* Keys to bytes. A store holds objects under '/'-separated keys; where they lie is its business. */
#ifndef OZ_STORE_STORE_H
#define OZ_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct oz_store;  /* any number of threads may use one at once */
struct oz_writer; /* one object being written */

/* `length` bytes from `offset`; with `suffix` the last `length` bytes and `offset` is 0. */
struct oz_range {
    uint64_t offset;
    uint64_t length;
    bool suffix;
};
#define OZ_RANGE_ALL ((struct oz_range){0, UINT64_MAX, false})

/* One backend. Key checks and joining of ranges are above it, in store.c. */
struct oz_store_type {
    const char *scheme; /* "file", "memory" */
    uint32_t gap;       /* bytes worth reading to save a request */
    enum oz_found (*get)(struct oz_store *store, const char *key, struct oz_range range,
                         struct oz_buf *out, struct oz_err *err);
    enum oz_found (*size)(struct oz_store *store, const char *key, uint64_t *size,
                          struct oz_err *err);
    bool (*list)(struct oz_store *store, const char *prefix,
                 bool (*entry)(void *ctx, const char *name, bool is_prefix, uint64_t size),
                 void *ctx, struct oz_err *err);
    bool (*erase)(struct oz_store *store, const char *key, struct oz_err *err);
    struct oz_writer *(*begin)(struct oz_store *store, const char *key, struct oz_err *err);
    bool (*write)(struct oz_writer *writer, uint64_t offset, const void *data, size_t size,
                  struct oz_err *err);
    bool (*commit)(struct oz_writer *writer, uint64_t size, struct oz_err *err);
    void (*abort)(struct oz_writer *writer);
    void (*close)(struct oz_store *store);
};

/* Both structs are the head of what a backend allocates. */
struct oz_store {
    const struct oz_store_type *type;
    char *name; /* for messages: the path or URL */
};
struct oz_writer {
    struct oz_store *store;
    char *key;
    uint64_t placed; /* bytes given out by oz_writer_place */
};

/* Open the store at a folder path or file:// URL. It need not exist. Other schemes are refused by
 * name (OZ_EUNSUPPORTED). */
struct oz_store *oz_store_open(const char *url, struct oz_err *err) OZ_MUST_USE;

/* An empty store in memory: the reference for all others. */
struct oz_store *oz_store_open_memory(struct oz_err *err) OZ_MUST_USE;

void oz_store_close(struct oz_store *store);
OZ_DEFINE_AUTO_PTR(oz_store, oz_store_close);

/*
 * Replace the contents of `out` by the object or the part of it. A range that begins past the end
 * or an object shorter than offset + length is OZ_EFORMAT; a suffix longer than the object gives
 * all of it. A key that names a folder is missing.
 */
enum oz_found oz_store_get(struct oz_store *store, const char *key, struct oz_range range,
                           struct oz_buf *out, struct oz_err *err) OZ_MUST_USE;

/* A small document: over `limit` bytes it is OZ_ELIMIT. */
enum oz_found oz_store_get_document(struct oz_store *store, const char *key, uint64_t limit,
                                    struct oz_buf *out, struct oz_err *err) OZ_MUST_USE;

enum oz_found oz_store_size(struct oz_store *store, const char *key, uint64_t *size,
                            struct oz_err *err) OZ_MUST_USE;

/*
 * Several ranges (no suffixes) of one object at once: sorted, near ones joined, then spread again.
 * `outs[i]` gets the bytes of `ranges[i]`.
 */
enum oz_found oz_store_get_many(struct oz_store *store, const char *key,
                                const struct oz_range *ranges, size_t count, struct oz_buf *outs,
                                struct oz_err *err) OZ_MUST_USE;

/*
 * The direct children of a prefix ("" is the root), in no order: objects with their sizes and
 * prefixes. Temporary files and junk (.DS_Store, ._*, Thumbs.db) are not shown. `entry` returns
 * false to stop. A missing prefix has no children.
 */
bool oz_store_list(struct oz_store *store, const char *prefix,
                   bool (*entry)(void *ctx, const char *name, bool is_prefix, uint64_t size),
                   void *ctx, struct oz_err *err) OZ_MUST_USE;

/* Remove one object; missing is fine. */
bool oz_store_erase(struct oz_store *store, const char *key, struct oz_err *err) OZ_MUST_USE;

/* Write a whole object; readers see the old one or the new one, never a part. */
bool oz_store_put(struct oz_store *store, const char *key, const void *data, size_t size,
                  struct oz_err *err) OZ_MUST_USE;

/*
 * Write an object as its bytes arrive. Place reserves the next `size` bytes and returns their
 * offset (one thread at a time); write fills reserved bytes (any threads, any order); commit makes
 * the object visible under its key in one step and frees the writer, also on failure; abort leaves
 * nothing behind. Nothing is visible before commit.
 */
struct oz_writer *oz_store_begin(struct oz_store *store, const char *key,
                                 struct oz_err *err) OZ_MUST_USE;
uint64_t oz_writer_place(struct oz_writer *writer, size_t size);
bool oz_writer_write(struct oz_writer *writer, uint64_t offset, const void *data, size_t size,
                     struct oz_err *err) OZ_MUST_USE;
bool oz_writer_commit(struct oz_writer *writer, struct oz_err *err) OZ_MUST_USE;
void oz_writer_abort(struct oz_writer *writer); /* NULL is fine */

#endif
