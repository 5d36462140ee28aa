/* SPDX-License-Identifier: Apache-2.0 */
/* Which names a layer may have, and how to make one of any text. */
#include "dataset/properties.h"

#include <ctype.h>
#include <string.h>

#include "base/alloc.h"

enum { NAME_LIMIT = 200 }; /* leaves room for suffixes in a file name of 255 bytes */

static bool is_allowed(char c)
{
    return isalnum((unsigned char)c) || (c != '\0' && strchr("_$@-.", c) != NULL);
}

/* Names of what lies beside or in place of a layer's folder. */
static bool is_reserved(const char *name)
{
    static const char *const reserved[] = {"labels", "OME", "zarr.json", OZ_PROPERTIES_KEY};
    for (size_t i = 0; i < OZ_LENGTH(reserved); i++) {
        if (strcmp(name, reserved[i]) == 0) {
            return true;
        }
    }
    return false;
}

bool oz_layer_name_is_valid(const char *text)
{
    size_t n = strlen(text);
    for (size_t i = 0; i < n; i++) {
        if (!is_allowed(text[i])) {
            return false;
        }
    }
    return n > 0 && n <= NAME_LIMIT && text[0] != '.' && !is_reserved(text);
}

char *oz_layer_name_clean(const char *text, struct oz_err *err)
{
    OZ_AUTO_FREE char *name = oz_alloc(strlen(text) + 1, 1, err);
    if (name == NULL) {
        return NULL;
    }
    size_t n = 0;
    for (const char *c = text; *c != '\0'; c++) {
        if (is_allowed(*c) && (n > 0 || *c != '.')) {
            name[n++] = *c;
        }
    }
    if (n == 0) {
        oz_fail(err, OZ_EINVAL,
                "layer name '%.100s': none of its characters is allowed; use letters, digits and "
                "_ $ @ - .",
                text);
        return NULL;
    }
    if (n > NAME_LIMIT) {
        oz_fail(err, OZ_EINVAL, "layer name '%.40s...': %zu characters, at most %d are allowed",
                name, n, NAME_LIMIT);
        return NULL;
    }
    if (is_reserved(name)) {
        oz_fail(err, OZ_EINVAL, "layer name '%s': this name is reserved", name);
        return NULL;
    }
    return OZ_STEAL(name);
}
