/* SPDX-License-Identifier: Apache-2.0 */
/* The nearest known word to a mistyped one. */
#ifndef OZ_CLI_SUGGEST_H
#define OZ_CLI_SUGGEST_H

#include <stddef.h>

/* After oz_suggest_try with every known word `best` is the nearest, NULL if none is near. */
struct oz_suggest {
    const char *word;
    size_t length;
    const char *best;
    size_t distance;
};
void oz_suggest_begin(struct oz_suggest *suggest, const char *word, size_t length);
void oz_suggest_try(struct oz_suggest *suggest, const char *known);

#endif
