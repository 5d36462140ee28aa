/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the known word that a mistyped one is nearest to, by edit distance. */
#include "cli/suggest.h"

#include <string.h>

enum { LONGEST = 40 };

static size_t min3(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;
    return least < c ? least : c;
}

/* Letters to insert, remove or replace to get from one word to the other; `b` is short. */
static size_t edit_distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t row[LONGEST + 1];
    for (size_t j = 0; j <= b_length; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            size_t above = row[j];
            row[j] = min3(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
            diagonal = above;
        }
    }
    return row[b_length];
}

void oz_suggest_begin(struct oz_suggest *suggest, const char *word, size_t length)
{
    *suggest = (struct oz_suggest){.word = word, .length = length};
    /* As many mistakes as make sense in a word of that length. */
    suggest->distance = length > LONGEST ? 0 : 1 + length / 3;
}

void oz_suggest_try(struct oz_suggest *suggest, const char *known)
{
    size_t length = strlen(known);
    if (suggest->length > LONGEST || length > LONGEST || suggest->length == 0)
        return;
    size_t distance = edit_distance(suggest->word, suggest->length, known, length);
    if (suggest->length >= 3 && strncmp(known, suggest->word, suggest->length) == 0)
        distance = 1; /* the rest was left out */
    if (distance < suggest->distance || (!suggest->best && distance == suggest->distance)) {
        suggest->best = known;
        suggest->distance = distance;
    }
}
