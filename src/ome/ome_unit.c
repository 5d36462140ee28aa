/* SPDX-License-Identifier: Apache-2.0 */
/* Units of length and time: the names OME-Zarr wants, and the ways people write them. */
#include "ome/ome.h"

#include <string.h>

#include "base/text.h"

struct unit {
    const char *name;   /* as OME-Zarr and WEBKNOSSOS spell it */
    const char *symbol; /* case counts: "mm" and "Mm" differ */
    double nanometers;  /* 0: a unit of time */
};

static const struct unit units[] = {
    {"nanometer", "nm", 1.0},
    {"micrometer", "\xC2\xB5m", 1e3}, /* micro sign */
    {"millimeter", "mm", 1e6},
    {"centimeter", "cm", 1e7},
    {"decimeter", "dm", 1e8},
    {"meter", "m", 1e9},
    {"hectometer", "hm", 1e11},
    {"kilometer", "km", 1e12},
    {"megameter", "Mm", 1e15},
    {"gigameter", "Gm", 1e18},
    {"terameter", "Tm", 1e21},
    {"petameter", "Pm", 1e24},
    {"exameter", "Em", 1e27},
    {"zettameter", "Zm", 1e30},
    {"yottameter", "Ym", 1e33},
    {"picometer", "pm", 1e-3},
    {"femtometer", "fm", 1e-6},
    {"attometer", "am", 1e-9},
    {"zeptometer", "zm", 1e-12},
    {"yoctometer", "ym", 1e-15},
    {"angstrom", "\xC3\x85", 0.1},
    {"inch", "in", 2.54e7},
    {"foot", "ft", 3.048e8},
    {"yard", "yd", 9.144e8},
    {"mile", "mi", 1.609344e12},
    {"parsec", "pc", 3.085677581e25},
    {"second", "s", 0},
    {"millisecond", "ms", 0},
    {"microsecond", "\xC2\xB5s", 0},
    {"nanosecond", "ns", 0},
    {"minute", "min", 0},
    {"hour", "h", 0},
    {"day", "d", 0},
};

struct alias {
    const char *text;
    const char *name;
};

static const struct alias aliases[] = {
    {"um", "micrometer"},
    {"\xCE\xBCm", "micrometer"}, /* the Greek letter */
    {"micron", "micrometer"},
    {"microns", "micrometer"},
    {"\xE2\x84\xAB", "angstrom"}, /* the angstrom sign */
    {"A", "angstrom"},
    {"angstroem", "angstrom"},
    {"inches", "inch"},
    {"feet", "foot"},
    {"us", "microsecond"},
    {"\xCE\xBCs", "microsecond"},
    {"sec", "second"},
    {"hr", "hour"},
};

/* The name, or it with British spelling or an s behind it. */
static bool is_spelling_of(const char *text, const char *name)
{
    char plain[32];
    size_t n = strlen(text);
    if (n == 0 || n >= sizeof plain) {
        return false;
    }
    memcpy(plain, text, n + 1);
    if (n > 1 && (plain[n - 1] == 's' || plain[n - 1] == 'S')) {
        plain[--n] = '\0';
    }
    if (oz_text_ends_with_nocase(plain, "metre")) {
        plain[n - 2] = 'e';
        plain[n - 1] = 'r';
    }
    return oz_text_equal_nocase(plain, name);
}

static const struct unit *find_unit(const char *text)
{
    for (size_t i = 0; i < OZ_LENGTH(aliases); i++) {
        if (strcmp(text, aliases[i].text) == 0) {
            text = aliases[i].name;
            break;
        }
    }
    for (size_t i = 0; i < OZ_LENGTH(units); i++) {
        if (strcmp(text, units[i].symbol) == 0 || is_spelling_of(text, units[i].name)) {
            return &units[i];
        }
    }
    return NULL;
}

double oz_unit_nanometers(const char *unit)
{
    const struct unit *found = unit == NULL ? NULL : find_unit(unit);
    return found == NULL ? 0.0 : found->nanometers;
}

const char *oz_unit_ome_name(const char *unit)
{
    const struct unit *found = unit == NULL ? NULL : find_unit(unit);
    return found == NULL ? NULL : found->name;
}
