/* SPDX-License-Identifier: Apache-2.0 */
/* A store around another one whose n-th call fails, as a full or broken disk would make it. */
#ifndef TESTS_SUPPORT_STORE_FAULTY_H
#define TESTS_SUPPORT_STORE_FAULTY_H

#include "store/store.h"

/* `inner` is borrowed and has to outlive the store. NULL only when out of memory. */
struct oz_store *store_faulty_open(struct oz_store *inner);

/* The n-th call from now on (reads, lists, begins, writes, commits) fails with `code`; 0: none
 * does. A failed commit leaves nothing behind, as is promised. */
void store_faulty_fail_at(struct oz_store *store, uint64_t n, enum oz_code code);

/* Whether the failure has happened. */
bool store_faulty_has_failed(const struct oz_store *store);

#endif
