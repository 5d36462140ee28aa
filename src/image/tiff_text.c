/* SPDX-License-Identifier: Apache-2.0 */
/* Reads ImageJ's and tifffile's descriptions, which tell what the pages of a TIFF are. */
#include "image/tiff_text.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/checked.h"
#include "base/text.h"
#include "json/json.h"

enum { MAX_AXES = 16, MAX_VALUE = 64 };

/* ---- units ---- */

struct unit {
    const char *name;
    double factor;
    bool any_case; /* words are; abbreviations are not: "mm" and "Mm" */
};

/* The last rows spell the micro sign as UTF-8 (both code points), Latin-1 and ImageJ's escape. */
static const struct unit length_units[] = {
    {"nm", 1, false},
    {"nanometer", 1, true},
    {"nanometers", 1, true},
    {"nanometre", 1, true},
    {"um", 1e3, false},
    {"micron", 1e3, true},
    {"microns", 1e3, true},
    {"micrometer", 1e3, true},
    {"micrometers", 1e3, true},
    {"micrometre", 1e3, true},
    {"mm", 1e6, false},
    {"millimeter", 1e6, true},
    {"millimeters", 1e6, true},
    {"cm", 1e7, false},
    {"centimeter", 1e7, true},
    {"dm", 1e8, false},
    {"m", 1e9, false},
    {"meter", 1e9, true},
    {"km", 1e12, false},
    {"pm", 1e-3, false},
    {"picometer", 1e-3, true},
    {"fm", 1e-6, false},
    {"angstrom", 0.1, true},
    {"\xc3\x85", 0.1, false},
    {"\xe2\x84\xab", 0.1, false},
    {"\\u00C5", 0.1, true},
    {"in", 25.4e6, false},
    {"inch", 25.4e6, true},
    {"inches", 25.4e6, true},
    {"ft", 304.8e6, false},
    {"yd", 914.4e6, false},
    {"\xc2\xb5m", 1e3, false},
    {"\xce\xbcm", 1e3, false},
    {"\xb5m", 1e3, false},
    {"\\u00B5m", 1e3, true},
    {"\\u03BCm", 1e3, true},
};

static const struct unit time_units[] = {
    {"s", 1, false},
    {"sec", 1, true},
    {"second", 1, true},
    {"seconds", 1, true},
    {"ms", 1e-3, false},
    {"msec", 1e-3, true},
    {"us", 1e-6, false},
    {"ns", 1e-9, false},
    {"ps", 1e-12, false},
    {"min", 60, false},
    {"minute", 60, true},
    {"h", 3600, false},
    {"hour", 3600, true},
    {"d", 86400, false},
    {"day", 86400, true},
    {"\xc2\xb5s", 1e-6, false},
    {"\xce\xbcs", 1e-6, false},
    {"\\u00B5s", 1e-6, true},
};

static double find_unit(const struct unit *units, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (units[i].any_case ? oz_text_equal_nocase(units[i].name, name)
                              : strcmp(units[i].name, name) == 0)
            return units[i].factor;
    return 0;
}

double oz_length_unit_nm(const char *unit)
{
    return find_unit(length_units, OZ_LENGTH(length_units), unit);
}

double oz_time_unit_seconds(const char *unit)
{
    return find_unit(time_units, OZ_LENGTH(time_units), unit);
}

/* ---- layouts ---- */

void oz_layout_plain(struct oz_layout *out, uint64_t pages)
{
    *out = (struct oz_layout){
        .size = {1, 1, pages},
        .stride = {pages, pages, 1},
    };
}

/* ---- ImageJ: lines of key=value ---- */

/* Copy the value of `key` (a whole line's) without its carriage return. */
static bool line_value(const char *text, const char *key, char out[MAX_VALUE])
{
    size_t key_size = strlen(key);
    for (const char *line = text; line && *line;) {
        const char *end = strchr(line, '\n');
        size_t size = end ? (size_t)(end - line) : strlen(line);
        if (size > key_size && line[key_size] == '=' && strncmp(line, key, key_size) == 0) {
            size_t length = size - key_size - 1;
            while (length && isspace((unsigned char)line[key_size + length]))
                length--;
            if (length >= MAX_VALUE)
                return false;
            memcpy(out, line + key_size + 1, length);
            out[length] = 0;
            return true;
        }
        line = end ? end + 1 : NULL;
    }
    return false;
}

static uint64_t line_count(const char *text, const char *key)
{
    char value[MAX_VALUE];
    uint64_t number;
    return line_value(text, key, value) && oz_text_to_u64(value, &number) ? number : 0;
}

/* A length or time: its size without sign, 0 where it is missing or makes no sense. */
static double line_amount(const char *text, const char *key)
{
    char value[MAX_VALUE];
    double number;
    return line_value(text, key, value) && oz_text_to_double(value, &number) ? fabs(number) : 0;
}

/* The unit of an axis, which has a line of its own where it is not that of x. */
static double axis_unit_nm(const char *text, const char *key, double fallback)
{
    char unit[MAX_VALUE];
    return line_value(text, key, unit) ? oz_length_unit_nm(unit) : fallback;
}

/* A missing `spacing` is one unit to ImageJ, which is also what it says of a depth nobody measured:
 * unknown here. */
static void read_imagej_sizes(const char *text, const struct oz_page *page, struct oz_layout *out)
{
    double x_nm = axis_unit_nm(text, "unit", 0);
    const double nm[2] = {x_nm, axis_unit_nm(text, "yunit", x_nm)};
    for (int i = 0; i < 2; i++)
        if (page->per_unit[i] > 0 && isfinite(nm[i] / page->per_unit[i]))
            out->voxel_nm[i] = nm[i] / page->per_unit[i];
    double depth = axis_unit_nm(text, "zunit", x_nm) * line_amount(text, "spacing");
    out->voxel_nm[2] = isfinite(depth) ? depth : 0;
    char time_unit[MAX_VALUE];
    double seconds = line_value(text, "tunit", time_unit) ? oz_time_unit_seconds(time_unit) : 1;
    double step = line_amount(text, "finterval") * seconds;
    out->t_step = isfinite(step) ? step : 0;
}

static void read_imagej(const char *text, const struct oz_page *page, uint64_t pages,
                        struct oz_layout *out, char warning[OZ_LAYOUT_WARNING])
{
    uint64_t t = line_count(text, "frames");
    uint64_t c = line_count(text, "channels");
    uint64_t z = line_count(text, "slices");
    bool named_t = t > 0, named_c = c > 0;
    t = t ? t : 1;
    c = c ? c : 1;
    uint64_t others, total;
    bool fits = oz_mul(t, c, &others);
    if (fits && !z)
        z = pages % others ? 1 : pages / others;
    fits = fits && oz_mul(others, z, &total) && total == pages;
    read_imagej_sizes(text, page, out);
    if (fits) {
        out->size[OZ_T] = t;
        out->size[OZ_C] = c;
        out->size[OZ_Z] = z;
        out->stride[OZ_C] = 1;
        out->stride[OZ_Z] = c;
        out->stride[OZ_T] = c * z;
        out->named[OZ_T] = named_t;
        out->named[OZ_C] = named_c;
    } else if (pages > 1) {
        snprintf(
            warning, OZ_LAYOUT_WARNING,
            "the ImageJ text speaks of %ju channels, %ju slices and %ju frames, the file holds "
            "%ju pages: read as slices along z",
            (uintmax_t)c, (uintmax_t)z, (uintmax_t)t, (uintmax_t)pages);
    }
}

/* ---- tifffile: {"shape": [...], "axes": "..."} ---- */

struct shaped {
    uint64_t size[MAX_AXES];
    char letter[MAX_AXES]; /* upper case; '?' where there is no name */
    size_t rank;
};

static bool parse_shaped(const char *text, struct shaped *out)
{
    struct oz_err ignored = {0};
    OZ_AUTO_PTR(oz_json) json = oz_json_parse(text, strlen(text), &ignored);
    const struct oz_json *shape = json ? oz_json_get(json, "shape") : NULL;
    if (oz_json_type(shape) != OZ_JSON_ARRAY)
        return false;
    out->rank = oz_json_length(shape);
    if (out->rank < 2 || out->rank > MAX_AXES)
        return false;
    const char *axes = oz_json_to_text(oz_json_get(json, "axes"));
    if (axes && strlen(axes) != out->rank)
        axes = NULL;
    for (size_t i = 0; i < out->rank; i++) {
        if (!oz_json_to_u64(oz_json_at(shape, i), &out->size[i]) || !out->size[i])
            return false;
        out->letter[i] = axes ? (char)toupper((unsigned char)axes[i]) : '?';
    }
    return true;
}

/* True where the axes from `first` on are height and width, and fit what is named. */
static bool is_plane(const struct shaped *s, size_t first, const struct oz_page *page)
{
    return s->size[first] == page->height && s->size[first + 1] == page->width &&
           (s->letter[first] == 'Y' || s->letter[first] == '?') &&
           (s->letter[first + 1] == 'X' || s->letter[first + 1] == '?');
}

static bool fills_pages(const struct shaped *s, size_t lead, uint64_t pages)
{
    uint64_t product = 1;
    for (size_t i = 0; i < lead; i++)
        if (!oz_mul(product, s->size[i], &product))
            return false;
    return product == pages;
}

/* Split off the axes that one page holds: (y, x), (y, x, samples) or (samples, y, x). */
static bool split_page(const struct shaped *s, const struct oz_page *page, uint64_t pages,
                       size_t *lead)
{
    size_t n = s->rank;
    if (page->samples == 1 && is_plane(s, n - 2, page) && fills_pages(s, n - 2, pages)) {
        *lead = n - 2;
        return true;
    }
    if (n < 3 || !fills_pages(s, n - 3, pages))
        return false;
    *lead = n - 3;
    return (is_plane(s, n - 3, page) && s->size[n - 1] == page->samples) ||
           (is_plane(s, n - 2, page) && s->size[n - 3] == page->samples);
}

static int named_axis(char letter)
{
    switch (letter) {
    case 'T':
        return OZ_T;
    case 'C':
    case 'S':
        return OZ_C;
    case 'Z':
        return OZ_Z;
    default:
        return -1;
    }
}

/*
 * Give each leading axis its place. One without a name is z; of two the outer is t and the inner
 * z; what else there may be is nothing that t, c and z could hold.
 */
static bool place_axes(const struct shaped *s, size_t lead, struct oz_layout *out, bool *guessed)
{
    bool taken[3] = {false};
    size_t unnamed[MAX_AXES], unnamed_count = 0;
    uint64_t stride = 1;
    for (size_t i = lead; i-- > 0; stride *= s->size[i]) {
        int axis = named_axis(s->letter[i]);
        if (axis >= 0) {
            if (taken[axis])
                return false;
            taken[axis] = true;
            out->named[axis] = true;
            out->size[axis] = s->size[i];
            out->stride[axis] = stride;
        } else if (s->size[i] > 1) {
            unnamed[unnamed_count++] = i;
        }
    }
    static const int places[] = {OZ_Z, OZ_T}; /* innermost first */
    size_t next = 0;
    for (size_t k = 0; k < unnamed_count; k++, next++) {
        while (next < OZ_LENGTH(places) && taken[places[next]])
            next++;
        if (next == OZ_LENGTH(places))
            return false;
        int axis = places[next];
        *guessed = *guessed || axis == OZ_T;
        out->size[axis] = s->size[unnamed[k]];
        out->stride[axis] = 1;
        for (size_t i = unnamed[k] + 1; i < lead; i++)
            out->stride[axis] *= s->size[i];
    }
    return true;
}

static void print_shape(const struct shaped *s, char out[96])
{
    size_t used = 0;
    out[0] = 0;
    for (size_t i = 0; i < s->rank && used < 70; i++)
        used +=
            (size_t)snprintf(out + used, 96 - used, "%s%ju", i ? " x " : "", (uintmax_t)s->size[i]);
}

static void read_shaped(const struct shaped *s, const struct oz_page *page, uint64_t pages,
                        struct oz_layout *out, char warning[OZ_LAYOUT_WARNING])
{
    char shape[96];
    print_shape(s, shape);
    size_t lead;
    if (!split_page(s, page, pages, &lead)) {
        if (pages == 1)
            return;
        snprintf(warning, OZ_LAYOUT_WARNING,
                 "the text speaks of a shape of %s, which its %ju pages of %ju x %ju are not: read "
                 "as slices along z",
                 shape, (uintmax_t)pages, (uintmax_t)page->width, (uintmax_t)page->height);
        return;
    }
    struct oz_layout layout = {.size = {1, 1, 1}, .stride = {pages, pages, pages}, .voxel_nm = {0}};
    bool guessed = false;
    if (!place_axes(s, lead, &layout, &guessed))
        snprintf(warning, OZ_LAYOUT_WARNING,
                 "the axes of its shape of %s cannot all be t, c and z: read as %ju slices along z",
                 shape, (uintmax_t)pages);
    else {
        *out = layout;
        if (guessed)
            snprintf(warning, OZ_LAYOUT_WARNING,
                     "not all axes of its shape of %s are named: the outer one is read as t, %ju "
                     "time points",
                     shape, (uintmax_t)layout.size[OZ_T]);
    }
}

void oz_layout_read(const char *description, const struct oz_page *page, uint64_t pages,
                    struct oz_layout *out, char warning[OZ_LAYOUT_WARNING])
{
    warning[0] = 0;
    oz_layout_plain(out, pages);
    if (!description)
        return;
    struct shaped shaped;
    if (strncmp(description, "ImageJ=", 7) == 0)
        read_imagej(description, page, pages, out, warning);
    else if (description[0] == '{' && parse_shaped(description, &shaped))
        read_shaped(&shaped, page, pages, out, warning);
}
