/* SPDX-License-Identifier: Apache-2.0 */
/* Walks over the directories of a TIFF once and keeps 24 bytes for each page. */
#include "image/tiff_pages.h"

#include "base/alloc.h"
#include "base/checked.h"

#include <string.h>

enum { RECENT_KINDS = 8, REDUCED = 1, MASK = 4, OLD_REDUCED = 2 };

/* Thumbnails, coarser copies and masks are no slices. */
static bool is_slice(struct oz_tiff_file *file, const struct oz_directory *directory, bool *slice,
                     struct oz_err *err)
{
    uint64_t type, old;
    if (!oz_tag_integer(file, directory, OZ_TAG_NEW_SUBFILE_TYPE, 0, &type, err) ||
        !oz_tag_integer(file, directory, OZ_TAG_SUBFILE_TYPE, 0, &old, err))
        return false;
    *slice = (type & (REDUCED | MASK)) == 0 && old != OLD_REDUCED;
    return true;
}

/* Room for one more item: the same block or a larger one, NULL on failure. */
static void *grown(void *items, size_t *room, size_t count, size_t size, struct oz_err *err)
{
    if (count < *room)
        return items;
    size_t more = count > 0 ? 2 * count : 1;
    void *larger = oz_realloc(items, more, size, err);
    if (larger)
        *room = more;
    return larger;
}

/* Number of the kind; a file in which every page is of another kind is no reason to be slow. */
static bool intern_kind(struct oz_tiff *tiff, const struct oz_tiff_kind *kind, uint32_t *index,
                        struct oz_err *err)
{
    size_t count = tiff->kind_count;
    for (size_t i = count; i > 0 && i + RECENT_KINDS > count; i--) {
        if (memcmp(&tiff->kinds[i - 1], kind, sizeof *kind) == 0) {
            *index = (uint32_t)(i - 1);
            return true;
        }
    }
    void *kinds = grown(tiff->kinds, &tiff->kind_room, count, sizeof *kind, err);
    if (!kinds)
        return false;
    tiff->kinds = kinds;
    memcpy(&tiff->kinds[count], kind, sizeof *kind);
    *index = (uint32_t)count;
    tiff->kind_count++;
    return true;
}

static bool add_page(struct oz_tiff *tiff, struct oz_tiff_file *file,
                     const struct oz_directory *directory, uint32_t number, struct oz_err *err)
{
    struct oz_tiff_entry entry = {.directory = directory->offset, .number = number};
    struct oz_tiff_kind kind;
    bool slice;
    if (!is_slice(file, directory, &slice, err))
        return false;
    if (!slice)
        return true;
    if (!oz_tiff_kind_read(file, directory, &kind, &entry.data, err) ||
        !intern_kind(tiff, &kind, &entry.kind, err))
        return false;
    void *entries = grown(tiff->entries, &tiff->entry_room, tiff->entry_count, sizeof entry, err);
    if (!entries)
        return false;
    tiff->entries = entries;
    tiff->entries[tiff->entry_count++] = entry;
    return true;
}

static bool read_texts(struct oz_tiff *tiff, struct oz_tiff_file *file,
                       const struct oz_directory *directory, struct oz_err *err)
{
    return oz_tag_text(file, directory, OZ_TAG_DESCRIPTION, &tiff->base.description, err) &&
           oz_tag_text(file, directory, OZ_TAG_SOFTWARE, &tiff->base.software, err);
}

/*
 * Follow the chain. A loop is found in two ways: a mark that is moved further and further ahead is
 * met again, or the directories together are longer than the file.
 */
static bool walk(struct oz_tiff *tiff, struct oz_tiff_file *file, uint32_t *count,
                 struct oz_err *err)
{
    uint64_t offset = file->first, mark = 0, bytes = 0;
    uint32_t number = 0, next_mark = 1;
    for (; offset != 0; number++) {
        struct oz_directory directory;
        if (offset == mark || number == UINT32_MAX)
            return oz_fail(err, OZ_EFORMAT, "the chain of directories is a loop");
        if (number == next_mark) {
            mark = offset;
            next_mark = number <= UINT32_MAX / 2 ? 2 * number : UINT32_MAX;
        }
        if (!oz_tiff_directory_read(file, offset, &directory, err) ||
            (number == 0 && !read_texts(tiff, file, &directory, err)) ||
            !add_page(tiff, file, &directory, number, err))
            return oz_err_prefix(err, "directory %u: ", number);
        bytes += directory.size;
        if (bytes > file->input.size)
            return oz_fail(err, OZ_EFORMAT, "the chain of directories is a loop");
        offset = directory.next;
    }
    *count = number;
    return true;
}

bool oz_tiff_pages_read(struct oz_tiff *tiff, const char *path, struct oz_err *err)
{
    OZ_AUTO(oz_tiff_file) file = {0};
    uint32_t count = 0;
    if (!oz_tiff_file_open(&file, path, err) || !walk(tiff, &file, &count, err))
        return false;
    tiff->size = file.input.size;
    tiff->big_endian = file.big_endian;
    tiff->base.pages = tiff->entry_count;
    if (tiff->entry_count == 0)
        return oz_fail(err, OZ_EFORMAT,
                       "none of %u directories is a full picture (thumbnails and masks only)",
                       count);
    return oz_tiff_frames_find(tiff, count == 1, err);
}

void oz_tiff_pages_release(struct oz_tiff *tiff)
{
    oz_free(tiff->kinds);
    oz_free(tiff->entries);
    tiff->kinds = NULL;
    tiff->entries = NULL;
    tiff->kind_count = tiff->entry_count = 0;
}

const struct oz_tiff_kind *oz_tiff_kind_of(const struct oz_tiff *tiff, uint64_t page)
{
    return &tiff->kinds[tiff->entries[tiff->frame_bytes > 0 ? 0 : page].kind];
}

uint64_t oz_tiff_data_of(const struct oz_tiff *tiff, uint64_t page)
{
    if (tiff->frame_bytes > 0)
        return tiff->entries[0].data + page * tiff->frame_bytes;
    return tiff->entries[page].data;
}
