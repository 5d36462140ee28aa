/* SPDX-License-Identifier: Apache-2.0 */
/* Opens picture files by their first bytes and hands every call on to the reader of the format. */
#include "image/picture.h"

#include "base/alloc.h"
#include "base/text.h"
#include "image/reader.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum { HEAD = 16 };

const struct oz_picture_type *const oz_picture_types[] = {
    &oz_picture_tiff,
    &oz_picture_png,
    &oz_picture_jpeg,
    NULL,
};

bool oz_picture_has_suffix(const char *name)
{
    const char *dot = strrchr(name, '.');
    if (!dot || strchr(dot, '/'))
        return false;
    for (const struct oz_picture_type *const *type = oz_picture_types; *type; type++)
        for (const char *const *suffix = (*type)->suffixes; *suffix; suffix++)
            if (oz_text_equal_nocase(dot + 1, *suffix))
                return true;
    return false;
}

static const struct oz_picture_type *find_type(const char *path, struct oz_err *err)
{
    OZ_AUTO(oz_input) input = {0};
    uint8_t head[HEAD] = {0};
    if (!oz_input_open(&input, path, err))
        return NULL;
    if (input.size == 0) {
        oz_fail(err, OZ_EFORMAT, "is empty");
        return NULL;
    }
    size_t size = input.size < HEAD ? (size_t)input.size : HEAD;
    if (!oz_input_read(&input, 0, head, size, err))
        return NULL;
    for (const struct oz_picture_type *const *type = oz_picture_types; *type; type++)
        if ((*type)->probe(head, size))
            return *type;
    oz_fail(err, OZ_EFORMAT, "is not a picture that can be read (TIFF, PNG, JPEG)");
    return NULL;
}

struct oz_picture *oz_picture_open(const char *path, struct oz_err *err)
{
    const struct oz_picture_type *type = find_type(path, err);
    OZ_AUTO_PTR(oz_picture) picture = type ? type->open(path, err) : NULL;
    if (!picture) {
        if (type)
            oz_err_prefix(err, "%s: ", type->name);
        oz_err_prefix(err, "%s: ", path);
        return NULL;
    }
    picture->path = oz_strdup(path, err);
    if (!picture->path || !oz_picture_page(picture, 0, &picture->first, err))
        return NULL;
    return OZ_STEAL(picture);
}

void oz_picture_close(struct oz_picture *picture)
{
    if (!picture)
        return;
    oz_free(picture->path);
    oz_free(picture->description);
    oz_free(picture->software);
    picture->type->close(picture);
}

bool oz_picture_page(const struct oz_picture *picture, uint64_t page, struct oz_page *out,
                     struct oz_err *err)
{
    if (page >= picture->pages)
        return oz_fail(err, OZ_EINVAL, "%s: page %llu of %llu", picture->path,
                       (unsigned long long)page, (unsigned long long)picture->pages);
    return picture->page(picture, page, out, err);
}

bool oz_picture_read(const struct oz_picture *picture, struct oz_files *files, uint64_t page,
                     uint64_t y, uint64_t rows, uint64_t x, uint64_t cols, void *out,
                     struct oz_err *err)
{
    struct oz_page info;
    if (!oz_picture_page(picture, page, &info, err))
        return false;
    assert(y <= info.height && rows <= info.height - y);
    assert(x <= info.width && cols <= info.width - x);
    if (rows == 0 || cols == 0)
        return true;
    if (picture->type->read(picture, files, page, y, rows, x, cols, out, err))
        return true;
    if (picture->pages > 1)
        oz_err_prefix(err, "page %llu: ", (unsigned long long)page);
    return oz_err_prefix(err, "%s: ", picture->path);
}

/*
 * Resolutions that programs write when they know nothing: they speak of paper and screens, and as a
 * voxel size they would be wrong without anybody noticing.
 */
static bool is_usual_dpi(double dpi)
{
    static const double usual[] = {1, 72, 75, 96, 100, 150, 200, 300, 400, 600, 1200};
    for (size_t i = 0; i < OZ_LENGTH(usual); i++)
        if (fabs(dpi - usual[i]) < usual[i] * 1e-3)
            return true;
    return false;
}

void oz_page_set_resolution(struct oz_page *page, double x, double y, double unit_nm)
{
    const double given[2] = {x, y};
    for (int i = 0; i < 2; i++) {
        page->per_unit[i] = isfinite(given[i]) && given[i] > 0 ? given[i] : 0;
        page->pixel_nm[i] = 0;
        if (page->per_unit[i] > 0 && unit_nm > 0)
            page->pixel_nm[i] = unit_nm / page->per_unit[i];
        if (!isfinite(page->pixel_nm[i]))
            page->pixel_nm[i] = 0;
    }
    for (int i = 0; i < 2; i++)
        if (page->pixel_nm[i] > 0 && is_usual_dpi(OZ_INCH_NM / page->pixel_nm[i]))
            page->pixel_nm[0] = page->pixel_nm[1] = 0;
}
