/* SPDX-License-Identifier: Apache-2.0 */
/* Strict numbers in text without regard to the locale, natural order, sizes for people. */
#include "base/text.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* The digits at `text` as a number; what follows them is left to the caller. NULL on overflow or
 * where there is no digit. */
static const char *scan_u64(const char *text, uint64_t *out)
{
    if (!is_digit(*text))
        return NULL;
    uint64_t value = 0;
    for (; is_digit(*text); text++)
        if (!oz_mul(value, 10, &value) || !oz_add(value, (uint64_t)(*text - '0'), &value))
            return NULL;
    *out = value;
    return text;
}

bool oz_text_to_u64(const char *text, uint64_t *out)
{
    uint64_t value = 0;
    const char *end = scan_u64(text, &value);
    if (end == NULL || *end != '\0')
        return false;
    *out = value;
    return true;
}

bool oz_text_to_i64(const char *text, int64_t *out)
{
    bool negative = *text == '-';
    uint64_t value = 0;
    if (!oz_text_to_u64(text + negative, &value) || value > (uint64_t)INT64_MAX + negative)
        return false;
    *out = negative ? (int64_t)(0 - value) : (int64_t)value;
    return true;
}

/* The "C" locale of libc is a constant: getting it neither allocates nor fails. */
static locale_t c_locale(void)
{
    return newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

bool oz_text_to_double(const char *text, double *out)
{
    /* strtod also takes blanks, hexadecimal numbers, "nan" and "inf". */
    if (*text == '\0' || text[strspn(text, "0123456789+-.eE")] != '\0')
        return false;
    char *end = NULL;
    double value = strtod_l(text, &end, c_locale());
    if (end == text || *end != '\0' || !isfinite(value))
        return false;
    *out = value;
    return true;
}

/* Bits to shift by for "", "K", "MB", "GiB" ...; false for anything else. */
static bool unit_shift(const char *unit, unsigned *shift)
{
    static const char letters[] = "kmgtpe";
    const char *letter = *unit == '\0' ? NULL : strchr(letters, lower(*unit));
    *shift = 0;
    if (letter != NULL) {
        *shift = 10 * (unsigned)(letter - letters + 1);
        unit++;
    }
    return *unit == '\0' || oz_text_equal_nocase(unit, "b") ||
           (letter != NULL && oz_text_equal_nocase(unit, "ib"));
}

bool oz_text_to_bytes(const char *text, uint64_t *out)
{
    uint64_t whole = 0;
    double fraction = 0, place = 0.1;
    const char *p = scan_u64(text, &whole);
    if (p == NULL)
        return false;
    if (*p == '.') {
        if (!is_digit(*++p))
            return false;
        for (; is_digit(*p); p++, place /= 10)
            fraction += (*p - '0') * place;
    }
    unsigned shift = 0;
    uint64_t bytes = 0;
    if (!unit_shift(p, &shift) || !oz_mul(whole, UINT64_C(1) << shift, &bytes) ||
        !oz_add(bytes, (uint64_t)(fraction * (double)(UINT64_C(1) << shift) + 0.5), &bytes))
        return false;
    *out = bytes;
    return true;
}

/* The fewest digits after the first that read back as `value`, as "d.ddde+xx". */
static void print_shortest(double value, char out[32])
{
    locale_t old = uselocale(c_locale());
    for (int digits = 0; digits <= 16; digits++) {
        snprintf(out, 32, "%.*e", digits, value);
        if (strtod_l(out, NULL, c_locale()) == value)
            break;
    }
    uselocale(old);
}

/* Lay digits out without an exponent: "0.00011", "1200.0", "11.24". */
static void print_plain(const char *digits, int count, int exponent, char *out)
{
    char *p = out;
    if (exponent < 0) {
        p += sprintf(p, "0.");
        for (int i = -1; i > exponent; i--)
            *p++ = '0';
    }
    for (int i = 0; i < count || i <= exponent; i++) {
        *p++ = i < count ? digits[i] : '0';
        if (i == exponent)
            *p++ = '.';
    }
    if (p[-1] == '.')
        *p++ = '0';
    *p = '\0';
}

void oz_text_from_double(double value, char out[32])
{
    if (!isfinite(value)) {
        strcpy(out, isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");
        return;
    }
    char shortest[32];
    print_shortest(value, shortest);

    /* Take the parts from "-d.ddde-xx". */
    const char *p = shortest;
    if (*p == '-')
        *out++ = *p++;
    char digits[32];
    int count = 0;
    for (; *p != 'e'; p++)
        if (is_digit(*p))
            digits[count++] = *p;
    int64_t exponent = 0;
    p += p[1] == '+' ? 2 : 1;
    if (!oz_text_to_i64(p, &exponent))
        exponent = 0;

    /* Very large and very small numbers keep their exponent, as is common in JSON writers. */
    if (exponent < -4 || exponent > 15)
        strcpy(out, shortest[0] == '-' ? shortest + 1 : shortest);
    else
        print_plain(digits, count, (int)exponent, out);
}

void oz_text_from_bytes(uint64_t bytes, char out[32])
{
    static const char *const units[] = {"kB", "MB", "GB", "TB", "PB", "EB"};
    if (bytes < 1000) {
        snprintf(out, 32, "%u B", (unsigned)bytes);
        return;
    }
    /* Tenths of the unit, rounded, and one unit up where that makes a thousand. */
    uint64_t unit = 1000;
    size_t i = 0;
    while (i + 1 < OZ_LENGTH(units) &&
           bytes / unit * 1000 + bytes % unit / (unit / 1000) >= 999950) {
        unit *= 1000;
        i++;
    }
    uint64_t tenth = unit / 10;
    uint64_t tenths = bytes / tenth + (bytes % tenth >= tenth / 2);
    snprintf(out, 32, "%u.%u %s", (unsigned)(tenths / 10), (unsigned)(tenths % 10), units[i]);
}

/* Compare the runs of digits at `*a` and `*b` by value and move past them. */
static int compare_digits(const char **a, const char **b)
{
    while (**a == '0')
        ++*a;
    while (**b == '0')
        ++*b;
    size_t na = strspn(*a, "0123456789"), nb = strspn(*b, "0123456789");
    int order = na != nb ? (na < nb ? -1 : 1) : strncmp(*a, *b, na);
    *a += na;
    *b += nb;
    return order;
}

int oz_text_natural_compare(const char *a, const char *b)
{
    const char *p = a, *q = b;
    while (*p != '\0' && *q != '\0') {
        if (is_digit(*p) && is_digit(*q)) {
            int order = compare_digits(&p, &q);
            if (order != 0)
                return order;
        } else if (*p != *q) {
            break;
        } else {
            p++;
            q++;
        }
    }
    int order = (int)(unsigned char)*p - (int)(unsigned char)*q;
    return order != 0 ? order : strcmp(a, b); /* "1" and "01" still have an order */
}

bool oz_text_equal_nocase(const char *a, const char *b)
{
    for (; lower(*a) == lower(*b); a++, b++)
        if (*a == '\0')
            return true;
    return false;
}

bool oz_text_ends_with_nocase(const char *text, const char *suffix)
{
    size_t n = strlen(text), m = strlen(suffix);
    return m <= n && oz_text_equal_nocase(text + n - m, suffix);
}
