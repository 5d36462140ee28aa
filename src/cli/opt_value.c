/* SPDX-License-Identifier: Apache-2.0 */
/* Checks the value of one option and puts it into its field. */
#include "cli/opt.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

enum { PART = 64 };

/* Cut `text` at the separators into at most three parts without blanks around them; returns how
 * many there are, 0 where there are more or one is empty or too long. */
static unsigned split(const char *text, char separator, char parts[3][PART])
{
    for (unsigned n = 0; n < 3; n++) {
        const char *end = strchr(text, separator);
        size_t length = end ? (size_t)(end - text) : strlen(text);
        while (length && *text == ' ') {
            text++;
            length--;
        }
        while (length && text[length - 1] == ' ')
            length--;
        if (length == 0 || length >= PART)
            return 0;
        memcpy(parts[n], text, length);
        parts[n][length] = '\0';
        if (!end)
            return n + 1;
        text = end + 1;
    }
    return 0;
}

static bool set_vec3(const char *text, uint64_t out[3], struct oz_err *err)
{
    char parts[3][PART];
    unsigned count = split(text, ',', parts);
    uint64_t numbers[3] = {0};
    for (unsigned i = 0; count != 2 && i < count; i++) {
        if (!oz_text_to_u64(parts[i], &numbers[i]))
            numbers[i] = 0;
    }
    if (count == 1)
        numbers[1] = numbers[2] = numbers[0];
    if (numbers[0] == 0 || numbers[1] == 0 || numbers[2] == 0)
        return oz_fail(err, OZ_EINVAL,
                       "'%s' is not one whole number from 1 up, or three: 64 or "
                       "64,64,32 (x,y,z)",
                       text);
    memcpy(out, numbers, sizeof numbers);
    return true;
}

static bool set_voxel(const char *text, double out[3], struct oz_err *err)
{
    char parts[3][PART];
    double numbers[3];
    bool good = split(text, ',', parts) == 3;
    for (unsigned i = 0; good && i < 3; i++)
        good = oz_text_to_double(parts[i], &numbers[i]) && numbers[i] > 0;
    if (!good)
        return oz_fail(err, OZ_EINVAL,
                       "'%s' is not three numbers greater than 0: 11.24,11.24,25 "
                       "(x,y,z)",
                       text);
    memcpy(out, numbers, sizeof numbers);
    return true;
}

static bool set_mag(const char *text, uint32_t out[3], struct oz_err *err)
{
    char parts[3][PART];
    unsigned count = split(text, '-', parts);
    bool good = count == 1 || count == 3;
    uint64_t numbers[3] = {0};
    for (unsigned i = 0; good && i < count; i++)
        good = oz_text_to_u64(parts[i], &numbers[i]) && numbers[i] > 0 &&
               numbers[i] <= UINT32_C(1) << 31 && (numbers[i] & (numbers[i] - 1)) == 0;
    if (!good)
        return oz_fail(err, OZ_EINVAL, "'%s' is not a mag: 2 or 2-2-1, each number a power of two",
                       text);
    for (unsigned i = 0; i < 3; i++)
        out[i] = (uint32_t)numbers[count == 1 ? 0 : i];
    return true;
}

static bool add_mag(const char *text, struct oz_opt_mags *mags, struct oz_err *err)
{
    uint32_t mag[3];
    if (!set_mag(text, mag, err))
        return false;
    if (mags->count == OZ_OPT_MAX_MAGS)
        return oz_fail(err, OZ_EINVAL, "more than %d mags", OZ_OPT_MAX_MAGS);
    char *name = mags->text[mags->count++];
    if (mag[0] == mag[1] && mag[1] == mag[2])
        snprintf(name, OZ_OPT_MAG_TEXT, "%u", mag[0]);
    else
        snprintf(name, OZ_OPT_MAG_TEXT, "%u-%u-%u", mag[0], mag[1], mag[2]);
    return true;
}

static const char *find_choice(const char *const *choices, const char *text)
{
    for (; choices && *choices; choices++) {
        if (oz_text_equal_nocase(*choices, text))
            return *choices;
    }
    return NULL;
}

static bool set_choice(const struct oz_opt *opt, const char *text, const char **out,
                       struct oz_err *err)
{
    const char *choice = find_choice(opt->choices, text);
    if (choice) {
        *out = choice;
        return true;
    }
    if (find_choice(opt->refused, text))
        return oz_fail(err, OZ_EINVAL, "%s %s", text, opt->refusal);
    OZ_AUTO(oz_buf) list = {0};
    for (const char *const *c = opt->choices; *c; c++) {
        if (!oz_buf_printf(&list, err, "%s%s", list.size ? ", " : "", *c))
            return false;
    }
    return oz_fail(err, OZ_EINVAL, "'%s' is none of %.*s", text, (int)list.size, (char *)list.data);
}

static bool set_text(const struct oz_opt *opt, const char *text, const char **out,
                     struct oz_err *err)
{
    if (opt->choices)
        return set_choice(opt, text, out, err);
    if (!*text)
        return oz_fail(err, OZ_EINVAL, "the value is empty");
    *out = text;
    return true;
}

static bool set_path(const char *text, const char **out, struct oz_err *err)
{
    size_t scheme =
        strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");
    if (scheme && strncmp(text + scheme, "://", 3) == 0)
        return oz_fail(err, OZ_EINVAL,
                       "'%s' is a URL; only paths on this machine can be used so "
                       "far",
                       text);
    if (!*text)
        return oz_fail(err, OZ_EINVAL, "the path is empty");
    *out = text;
    return true;
}

bool oz_opt_set(const struct oz_opt *opt, const char *text, void *values, struct oz_err *err)
{
    void *field = (char *)values + opt->field;
    switch (opt->kind) {
    case OZ_OPT_FLAG:
    case OZ_OPT_SWITCH:
        *(bool *)field = strcmp(text, "on") == 0;
        return true;
    case OZ_OPT_ARG:
        return set_path(text, field, err);
    case OZ_OPT_TEXT:
        return set_text(opt, text, field, err);
    case OZ_OPT_COUNT: {
        uint64_t number;
        if (!oz_text_to_u64(text, &number) || number == 0)
            return oz_fail(err, OZ_EINVAL, "'%s' is not a whole number from 1 up", text);
        *(uint64_t *)field = number;
        return true;
    }
    case OZ_OPT_BYTES: {
        uint64_t bytes;
        if (!oz_text_to_bytes(text, &bytes) || bytes == 0)
            return oz_fail(err, OZ_EINVAL, "'%s' is not a size: 500M, 2G", text);
        *(uint64_t *)field = bytes;
        return true;
    }
    case OZ_OPT_VEC3:
        return set_vec3(text, field, err);
    case OZ_OPT_VOXEL:
        return set_voxel(text, field, err);
    case OZ_OPT_MAG:
        return set_mag(text, field, err);
    case OZ_OPT_MAGS:
        return add_mag(text, field, err);
    case OZ_OPT_REFUSED:
        break;
    }
    return oz_fail(err, OZ_EINVAL, "%s", opt->refusal);
}
