/* SPDX-License-Identifier: Apache-2.0 */
/* A store around another one that counts what is asked of it. */
#ifndef TESTS_SUPPORT_STORE_COUNTING_H
#define TESTS_SUPPORT_STORE_COUNTING_H

#include "store/store.h"

/* Calls so far; `bytes_read` and `bytes_written` are what went through. */
struct store_counts {
    uint64_t gets, sizes, lists, erases, begins, writes, commits, aborts;
    uint64_t bytes_read, bytes_written;
};

/*
 * `inner` is borrowed and has to outlive the store; `gap` is what ranges are joined by (see
 * store.h). NULL only when out of memory.
 */
struct oz_store *store_counting_open(struct oz_store *inner, uint32_t gap);

struct store_counts store_counts_of(const struct oz_store *store);

#endif
