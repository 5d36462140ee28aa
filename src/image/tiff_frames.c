/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the pages that have no directory: one directory stands for all, the text tells how many. */
#include "image/tiff_pages.h"

#include "base/alloc.h"
#include "base/checked.h"
#include "base/text.h"
#include "json/json.h"

#include <string.h>

enum { PADDING = 16 };

/* How many pages the text speaks of; 0 where it does not. */
struct claim {
    uint64_t pages;
    bool truncated; /* it says that they have no directories */
};

/* The value of a line "key=value" that is a number. */
static uint64_t line_value(const char *text, const char *key, uint64_t missing)
{
    const size_t length = strlen(key);
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, key, length) != 0 || line[length] != '=')
            continue;
        char digits[24] = {0};
        size_t n = strspn(line + length + 1, "0123456789");
        uint64_t value;
        if (n < sizeof digits)
            memcpy(digits, line + length + 1, n);
        if (oz_text_to_u64(digits, &value))
            return value;
    }
    return missing;
}

/* ImageJ: "images" is not reliable where there are axes. */
static bool imagej_claim(const char *text, const struct oz_page *page, struct claim *out)
{
    uint64_t images = line_value(text, "images", 1), channels = line_value(text, "channels", 1);
    uint64_t stack;
    if (channels == page->samples)
        channels = 1; /* the samples of a pixel are meant */
    if (!oz_mul(channels, line_value(text, "slices", 1), &stack) ||
        !oz_mul(stack, line_value(text, "frames", 1), &stack))
        return false;
    out->pages = stack > 1 ? stack : images;
    return true;
}

/* Pages from all pixels of a shape; false where that is no whole number. */
static bool shape_claim(uint64_t pixels, const struct oz_page *page, struct claim *out)
{
    uint64_t each = page->width * page->height * page->samples;
    out->pages = pixels / each;
    return pixels % each == 0;
}

/* tifffile, old: "shape=(64, 128, 64)". */
static bool old_shape_claim(const char *text, const struct oz_page *page, struct claim *out)
{
    uint64_t pixels = 1;
    const char *at = text + strlen("shape=(");
    while (*at != ')' && *at != '\0') {
        char digits[24] = {0};
        size_t n = strspn(at, "0123456789");
        uint64_t length;
        if (n < sizeof digits)
            memcpy(digits, at, n);
        if (!oz_text_to_u64(digits, &length) || !oz_mul(pixels, length, &pixels))
            return false;
        at += n;
        at += strspn(at, ", ");
    }
    return *at == ')' && shape_claim(pixels, page, out);
}

/* tifffile: {"shape": [64, 128, 64], "truncated": true}. */
static bool json_claim(const char *text, const struct oz_page *page, struct claim *out)
{
    struct oz_err ignored = {0};
    OZ_AUTO_PTR(oz_json) root = oz_json_parse(text, strlen(text), &ignored);
    const struct oz_json *shape = oz_json_get(root, "shape");
    uint64_t pixels = 1, length;
    if (!root || oz_json_length(shape) == 0)
        return false;
    for (size_t i = 0; i < oz_json_length(shape); i++)
        if (!oz_json_to_u64(oz_json_at(shape, i), &length) || !oz_mul(pixels, length, &pixels))
            return false;
    if (!oz_json_to_bool(oz_json_get(root, "truncated"), &out->truncated))
        out->truncated = false;
    return shape_claim(pixels, page, out);
}

static void read_claim(const char *text, const struct oz_page *page, struct claim *out)
{
    bool ok = false;
    if (strncmp(text, "ImageJ=", 7) == 0)
        ok = imagej_claim(text, page, out);
    else if (strncmp(text, "shape=(", 7) == 0)
        ok = old_shape_claim(text, page, out);
    else if (text[0] == '{')
        ok = json_claim(text, page, out);
    if (!ok)
        *out = (struct claim){0};
}

/* Bytes of all planes of a direct page, if they follow each other. */
static bool page_bytes(const struct oz_tiff_kind *kind, uint64_t *out)
{
    uint64_t plane = kind->page.width * kind->page.height * oz_dtype_size(kind->page.dtype);
    *out = plane * kind->page.samples;
    return kind->page.direct && (!kind->planar || kind->plane_stride == plane);
}

/*
 * Is it a text that some program kept although it wrote one page only? Then nothing is behind that
 * page; those who write many pages with one directory put the directory in front.
 */
static bool is_stale(const struct oz_tiff *tiff, uint64_t bytes)
{
    const struct oz_tiff_entry *first = &tiff->entries[0];
    return first->directory > first->data || tiff->size - first->data - bytes < PADDING;
}

bool oz_tiff_frames_find(struct oz_tiff *tiff, bool alone, struct oz_err *err)
{
    const struct oz_tiff_entry *first = &tiff->entries[0];
    const struct oz_tiff_kind *kind = &tiff->kinds[first->kind];
    struct claim claim = {0};
    uint64_t bytes, all;
    if (!tiff->base.description || first->number != 0)
        return true;
    read_claim(tiff->base.description, &kind->page, &claim);
    if (claim.pages <= 1)
        return true;
    if (claim.truncated && (!alone || !page_bytes(kind, &bytes)))
        return oz_fail(err, OZ_EUNSUPPORTED,
                       "the first directory stands for %llu pages, which is supported only if it "
                       "is the only one and not compressed",
                       (unsigned long long)claim.pages);
    if (!alone || !page_bytes(kind, &bytes))
        return true;
    if (!oz_mul(bytes, claim.pages, &all) || all > tiff->size || first->data > tiff->size - all) {
        if (!claim.truncated && is_stale(tiff, bytes))
            return true;
        return oz_fail(err, OZ_EFORMAT,
                       "truncated: %llu pages of %llu bytes expected at byte %llu, the file ends "
                       "at %llu",
                       (unsigned long long)claim.pages, (unsigned long long)bytes,
                       (unsigned long long)first->data, (unsigned long long)tiff->size);
    }
    tiff->base.pages = claim.pages;
    tiff->frame_bytes = bytes;
    return true;
}
