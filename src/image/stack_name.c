/* SPDX-License-Identifier: Apache-2.0 */
/* Names for layers: clean, and each once. */
#include "image/stack_find.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static bool is_allowed(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           (c && strchr("_$@.-", c));
}

/* Keep the characters a layer's name may have; it does not begin with a dot. */
static void clean(char *name, char slash)
{
    char *to = name;
    for (const char *from = name; *from; from++) {
        char c = *from == '/' && slash ? slash : *from;
        if (is_allowed(c) && (c != '.' || to > name))
            *to++ = c;
    }
    *to = 0;
}

static bool clean_layer(struct stack_layer *layer, struct oz_err *err)
{
    clean(layer->short_name, 0);
    clean(layer->long_name, '_');
    char **names[] = {&layer->short_name, &layer->long_name};
    for (size_t i = 0; i < OZ_LENGTH(names); i++) {
        const char *base = **names[i] ? *names[i] : "image";
        if (layer->suffix)
            clean(layer->suffix, 0);
        char *whole =
            layer->suffix ? oz_format(err, "%s_%s", base, layer->suffix) : oz_strdup(base, err);
        if (!whole)
            return false;
        oz_free(*names[i]);
        *names[i] = whole;
    }
    return true;
}

static int compare_names(const void *a, const void *b)
{
    const struct stack_layer *left = *(struct stack_layer *const *)a;
    const struct stack_layer *right = *(struct stack_layer *const *)b;
    int order = strcmp(left->short_name, right->short_name);
    return order ? order : (left > right) - (left < right);
}

/* Call `same` for each run of layers whose short names are equal. */
static bool each_run(struct stack_layer **sorted, size_t count,
                     bool (*same)(struct stack_layer **run, size_t count, struct oz_err *err),
                     struct oz_err *err)
{
    qsort(sorted, count, sizeof(struct stack_layer *), compare_names);
    for (size_t begin = 0, end; begin < count; begin = end) {
        for (end = begin + 1; end < count; end++)
            if (strcmp(sorted[end]->short_name, sorted[begin]->short_name) != 0)
                break;
        if (end - begin > 1 && !same(sorted + begin, end - begin, err))
            return false;
    }
    return true;
}

static bool use_long_names(struct stack_layer **run, size_t count, struct oz_err *err)
{
    for (size_t i = 0; i < count; i++) {
        char *name = oz_strdup(run[i]->long_name, err);
        if (!name)
            return false;
        oz_free(run[i]->short_name);
        run[i]->short_name = name;
    }
    return true;
}

/* The first keeps the name, the others get a number. */
static bool use_numbers(struct stack_layer **run, size_t count, struct oz_err *err)
{
    for (size_t i = 1; i < count; i++) {
        char *name = oz_format(err, "%s_%zu", run[i]->short_name, i + 1);
        if (!name)
            return false;
        oz_free(run[i]->short_name);
        run[i]->short_name = name;
    }
    return true;
}

static bool all_differ(struct stack_layer **sorted, size_t count)
{
    qsort(sorted, count, sizeof(struct stack_layer *), compare_names);
    for (size_t i = 1; i < count; i++)
        if (strcmp(sorted[i]->short_name, sorted[i - 1]->short_name) == 0)
            return false;
    return true;
}

bool oz_stack_names(struct stack_finder *f, struct oz_err *err)
{
    size_t count = f->layer_count;
    OZ_AUTO_FREE struct stack_layer **sorted = oz_alloc(count, sizeof *sorted, err);
    if (!sorted)
        return false;
    for (size_t i = 0; i < count; i++) {
        sorted[i] = &f->layers[i];
        if (!clean_layer(&f->layers[i], err))
            return false;
    }
    if (!each_run(sorted, count, use_long_names, err))
        return false;
    /* A number may make a name that another layer has; names only grow, so this ends. */
    while (!all_differ(sorted, count))
        if (!each_run(sorted, count, use_numbers, err))
            return false;
    for (size_t i = 0; i < count; i++)
        f->layers[i].stack.name = OZ_STEAL(f->layers[i].short_name);
    return true;
}
