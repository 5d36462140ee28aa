/* SPDX-License-Identifier: Apache-2.0 */
/* Turns values of JSON reports into words for a person. */
#include "cli/words.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "ome/ome.h"

static const char *const axes[3] = {"x", "y", "z"};

bool oz_words_shape(const struct oz_json *numbers, struct oz_buf *out, struct oz_err *err)
{
    for (size_t i = 0; i < oz_json_length(numbers); i++) {
        uint64_t n = 0;
        if (oz_json_to_u64(oz_json_at(numbers, i), &n) &&
            !oz_buf_printf(out, err, "%s%" PRIu64, i ? " x " : "", n))
            return false;
    }
    return true;
}

bool oz_words_size(const struct oz_json *size, struct oz_buf *out, struct oz_err *err)
{
    for (size_t i = 0; i < 3; i++) {
        uint64_t n = 0;
        if (oz_json_to_u64(oz_json_get(size, axes[i]), &n) &&
            !oz_buf_printf(out, err, "%s%" PRIu64, i ? " x " : "", n))
            return false;
    }
    return true;
}

/* Three significant digits, without zeros at the end, never with an exponent for sizes of life. */
static void short_number(double value, char out[32])
{
    if (value >= 100 && value < 1e15)
        snprintf(out, 32, "%.0f", value);
    else
        snprintf(out, 32, "%.3g", value);
}

static const struct {
    const char *name;
    double nanometers;
} units[] = {{"km", 1e12}, {"m", 1e9}, {"mm", 1e6}, {"µm", 1e3}, {"nm", 1}, {"pm", 1e-3}};

const char *oz_words_unit(const char *unit)
{
    double nanometers = oz_unit_nanometers(unit);
    for (size_t i = 0; i < OZ_LENGTH(units); i++) {
        if (fabs(nanometers / units[i].nanometers - 1) < 1e-9)
            return units[i].name;
    }
    return unit;
}

/* The unit that shows `longest` with few digits; `*scale` turns a length in `unit` into it. */
static const char *choose_unit(double longest, const char *unit, double *scale)
{
    double nanometers = unit ? oz_unit_nanometers(unit) : 0;
    *scale = 1;
    if (!(nanometers > 0))
        return unit ? unit : "";
    for (size_t i = 0; i < OZ_LENGTH(units); i++) {
        *scale = nanometers / units[i].nanometers;
        if (longest * *scale >= 1)
            return units[i].name;
    }
    return units[OZ_LENGTH(units) - 1].name;
}

bool oz_words_lengths(const struct oz_json *lengths, const char *unit, struct oz_buf *out,
                      struct oz_err *err)
{
    double values[3] = {0}, longest = 0, scale;
    bool known[3];
    for (size_t i = 0; i < 3; i++) {
        known[i] = oz_json_to_double(oz_json_get(lengths, axes[i]), &values[i]);
        longest = known[i] ? fmax(longest, values[i]) : longest;
    }
    const char *name = choose_unit(longest, unit, &scale);
    bool any = false;
    for (size_t i = 0; i < 3; i++) {
        char number[32];
        short_number(values[i] * scale, number);
        if (known[i] && !oz_buf_printf(out, err, "%s%s", any ? " x " : "", number))
            return false;
        any |= known[i];
    }
    return !any || oz_buf_printf(out, err, "%s%s", *name ? " " : "", name);
}

void oz_words_member(const struct oz_json *object, const char *key, char *out, size_t room)
{
    const struct oz_json *member = oz_json_get(object, key);
    const char *text = oz_json_to_text(member);
    uint64_t whole;
    double number;
    out[0] = '\0';
    if (text) {
        snprintf(out, room, "%s", text);
    } else if (oz_json_to_u64(member, &whole)) {
        snprintf(out, room, "%" PRIu64, whole);
    } else if (oz_json_to_double(member, &number)) {
        char digits[32];
        oz_text_from_double(number, digits);
        snprintf(out, room, "%s", digits);
    }
}

void oz_words_bytes(const struct oz_json *object, const char *key, char out[32])
{
    uint64_t bytes;
    out[0] = '\0';
    if (oz_json_to_u64(oz_json_get(object, key), &bytes))
        oz_text_from_bytes(bytes, out);
}

void oz_words_ratio(const struct oz_json *object, const char *key, char out[32])
{
    double ratio;
    out[0] = '\0';
    if (oz_json_to_double(oz_json_get(object, key), &ratio))
        snprintf(out, 32, "%.2f", ratio);
}
