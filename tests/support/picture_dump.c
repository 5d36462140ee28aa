/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads picture files as the library does, for others to compare:
 *     picture_dump FOLDER|- FILE...
 * One line a file on stdout, with tabs:
 *     ok PAGES DTYPE SAMPLES HEIGHT WIDTH direct|coded rgb|plain inverted|upright NM_X NM_Y
 *     error CODE MESSAGE
 * and the pixels of all pages, one after the other, [samples][rows][cols] each, in FOLDER/N.raw,
 * where N counts the files from 0 (of long files the first pages and the last). Every page is also
 * read in parts, which have to be the same.
 */
#include "base/alloc.h"
#include "image/picture.h"
#include "image/files.h"

#include "random.h"

#include <stdio.h>
#include <string.h>

enum { PARTS = 6, OPEN_FILES = 2, FIRST_PAGES = 64, LAST_PAGES = 8 };
/* A broken file may claim much; nobody wants to see it. */
#define MAX_PAGE (UINT64_C(256) << 20)

/* Read a part and compare it with the page that was read as a whole. */
static bool check_part(const struct oz_picture *picture, struct oz_files *files, uint64_t number,
                       const struct oz_page *page, const uint8_t *whole, uint64_t *random,
                       struct oz_err *err)
{
    const size_t item = oz_dtype_size(page->dtype);
    uint64_t y = random_within(random, 0, page->height - 1);
    uint64_t x = random_within(random, 0, page->width - 1);
    uint64_t rows = random_within(random, 1, page->height - y);
    uint64_t cols = random_within(random, 1, page->width - x);
    if (random_bits(random) % 3 == 0) {
        x = 0;
        cols = page->width;
    }
    OZ_AUTO_FREE uint8_t *part = oz_alloc_pixels(rows * cols * page->samples * item, err);
    if (!part || !oz_picture_read(picture, files, number, y, rows, x, cols, part, err))
        return false;
    const uint8_t *row = part;
    for (uint64_t s = 0; s < page->samples; s++) {
        for (uint64_t i = 0; i < rows; i++, row += cols * item) {
            uint64_t at = (s * page->height + y + i) * page->width + x;
            if (memcmp(row, whole + at * item, cols * item) != 0)
                return oz_fail(err, OZ_EINVAL, "DIFFERS: page %llu, sample %llu, row %llu",
                               (unsigned long long)number, (unsigned long long)s,
                               (unsigned long long)(y + i));
        }
    }
    return true;
}

static bool dump_page(const struct oz_picture *picture, struct oz_files *files, uint64_t number,
                      FILE *to, struct oz_err *err)
{
    struct oz_page page;
    uint64_t random = number;
    if (!oz_picture_page(picture, number, &page, err))
        return false;
    uint64_t pixels = page.width * page.height * page.samples;
    size_t item = oz_dtype_size(page.dtype);
    if (pixels > MAX_PAGE / item)
        return true;
    OZ_AUTO_FREE uint8_t *whole = oz_alloc_pixels(pixels * item, err);
    if (!whole ||
        !oz_picture_read(picture, files, number, 0, page.height, 0, page.width, whole, err))
        return false;
    for (int i = 0; i < PARTS; i++)
        if (!check_part(picture, files, number, &page, whole, &random, err))
            return false;
    return !to || fwrite(whole, item, pixels, to) == pixels || oz_fail(err, OZ_EIO, "not written");
}

static bool dump_file(const char *path, FILE *to, struct oz_err *err)
{
    OZ_AUTO_PTR(oz_files) files = oz_files_new(OPEN_FILES, err);
    OZ_AUTO_PTR(oz_picture) picture = files ? oz_picture_open(path, err) : NULL;
    if (!picture)
        return false;
    for (uint64_t i = 0; i < picture->pages; i++) {
        if (i >= FIRST_PAGES && i + LAST_PAGES < picture->pages)
            continue;
        if (!dump_page(picture, files, i, to, err))
            return false;
    }
    const struct oz_page *page = &picture->first;
    printf("ok\t%llu\t%s\t%u\t%llu\t%llu\t%s\t%s\t%s\t%.6g\t%.6g\n",
           (unsigned long long)picture->pages, oz_dtype_name(page->dtype), page->samples,
           (unsigned long long)page->height, (unsigned long long)page->width,
           page->direct ? "direct" : "coded", page->rgb ? "rgb" : "plain",
           page->inverted ? "inverted" : "upright", page->pixel_nm[0], page->pixel_nm[1]);
    return true;
}

int main(int argc, char **argv)
{
    for (int i = 2; i < argc; i++) {
        struct oz_err err = {0};
        FILE *to = NULL;
        if (strcmp(argv[1], "-") != 0) {
            OZ_AUTO_FREE char *raw = oz_format(&err, "%s/%d.raw", argv[1], i - 2);
            to = raw ? fopen(raw, "wb") : NULL;
            if (!to)
                return 2;
        }
        if (!dump_file(argv[i], to, &err))
            printf("error\t%d\t%s\n", err.code, err.msg);
        fflush(stdout);
        if (to && fclose(to) != 0)
            return 2;
    }
    return argc < 3 ? 2 : 0;
}
