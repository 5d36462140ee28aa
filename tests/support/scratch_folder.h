/* SPDX-License-Identifier: Apache-2.0 */
/* A folder of its own for a test, and small files in it. */
#ifndef TESTS_SUPPORT_SCRATCH_FOLDER_H
#define TESTS_SUPPORT_SCRATCH_FOLDER_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/path.h"

/* cmocka setup and teardown: `*state` is the path of the folder. */
static inline int scratch_setup(void **state)
{
    const char *base = getenv("TMPDIR");
    char *path = NULL;
    if (asprintf(&path, "%s/omezarr-test-XXXXXX", base != NULL ? base : "/tmp") < 0)
        return -1;
    *state = path;
    return mkdtemp(path) == NULL ? -1 : 0;
}

static inline int scratch_teardown(void **state)
{
    struct oz_err err = {0};
    bool ok = oz_folder_remove(*state, &err);
    free(*state);
    return ok ? 0 : -1;
}

/* A path in the folder; good until the eighth call after this one. */
static inline const char *in_folder(const char *folder, const char *name)
{
    static char paths[8][1024];
    static unsigned next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static inline void write_text_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

static inline void assert_text_file(const char *path, const char *text)
{
    char found[1024] = {0};
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t n = fread(found, 1, sizeof found - 1, file);
    fclose(file);
    assert_int_equal(n, strlen(text));
    assert_string_equal(found, text);
}

#endif
