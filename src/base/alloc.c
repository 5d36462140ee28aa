/* SPDX-License-Identifier: Apache-2.0 */
/* The only caller of malloc: checked sizes, failures with words, a hook that lets tests fail. */
#include "base/alloc.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"

#define PIXEL_ALIGNMENT 64

/* Allocations until one fails, 0 for never. For tests only, hence the one global of the project. */
static unsigned long fail_countdown;

void oz_alloc_fail_at(unsigned long n)
{
    __atomic_store_n(&fail_countdown, n, __ATOMIC_RELAXED);
}

static bool must_fail(void)
{
    if (__atomic_load_n(&fail_countdown, __ATOMIC_RELAXED) == 0)
        return false;
    return __atomic_sub_fetch(&fail_countdown, 1, __ATOMIC_RELAXED) == 0;
}

static void *refuse(uint64_t size, struct oz_err *err)
{
    oz_fail(err, OZ_ENOMEM, "out of memory: no room for %llu bytes", (unsigned long long)size);
    return NULL;
}

/* The product, at least 1; false where no memory can be that large. */
static bool total_size(size_t count, size_t size, size_t *total)
{
    uint64_t product = 0;
    if (!oz_mul(count, size, &product) || product > PTRDIFF_MAX)
        return false;
    *total = product == 0 ? 1 : (size_t)product;
    return true;
}

void *oz_alloc(size_t count, size_t size, struct oz_err *err)
{
    size_t total = 0;
    if (!total_size(count, size, &total))
        return refuse(UINT64_MAX, err);
    void *block = must_fail() ? NULL : calloc(total, 1);
    return block != NULL ? block : refuse(total, err);
}

void *oz_realloc(void *block, size_t count, size_t size, struct oz_err *err)
{
    size_t total = 0;
    if (!total_size(count, size, &total))
        return refuse(UINT64_MAX, err);
    void *bigger = must_fail() ? NULL : realloc(block, total);
    return bigger != NULL ? bigger : refuse(total, err);
}

void *oz_alloc_pixels(size_t size, struct oz_err *err)
{
    if (size > PTRDIFF_MAX - PIXEL_ALIGNMENT)
        return refuse(size, err);
    size_t rounded = (size / PIXEL_ALIGNMENT + 1) * PIXEL_ALIGNMENT;
    void *block = must_fail() ? NULL : aligned_alloc(PIXEL_ALIGNMENT, rounded);
    return block != NULL ? block : refuse(size, err);
}

char *oz_strndup(const char *text, size_t n, struct oz_err *err)
{
    size_t length = strnlen(text, n);
    char *copy = oz_alloc(length + 1, 1, err);
    if (copy != NULL)
        memcpy(copy, text, length);
    return copy;
}

char *oz_strdup(const char *text, struct oz_err *err)
{
    return oz_strndup(text, strlen(text), err);
}

char *oz_format(struct oz_err *err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0) {
        oz_fail(err, OZ_EINVAL, "text could not be formatted");
        return NULL;
    }
    size_t room = (size_t)length + 1;
    char *text = oz_alloc(room, 1, err);
    if (text == NULL)
        return NULL;
    va_start(args, format);
    vsnprintf(text, room, format, args);
    va_end(args);
    return text;
}

void oz_free(void *block)
{
    free(block);
}
