/* SPDX-License-Identifier: Apache-2.0 */
/* Opens the files of a source in parallel and reads what their texts say about the pages. */
#include "image/stack_find.h"

#include <string.h>

#include "base/alloc.h"
#include "base/run.h"

/* Files opened at once: their texts are in memory together. */
enum { BATCH = 512 };

struct batch {
    struct stack_file *files;
};

static bool open_one(const void *shared, uint64_t i, struct oz_err *err)
{
    const struct batch *batch = shared;
    struct stack_file *file = &batch->files[i];
    if (file->taken)
        return true;
    file->picture = oz_picture_open(file->path, err);
    return file->picture != NULL;
}

/* The text is large in some sets, and there are as many copies as files. */
static void forget_text(struct oz_picture *picture)
{
    oz_free(picture->description);
    oz_free(picture->software);
    picture->description = NULL;
    picture->software = NULL;
}

static bool read_text(struct stack_finder *f, size_t index, struct oz_err *err)
{
    struct stack_file *file = &f->files[index];
    struct oz_picture *picture = file->picture;
    const char *text = picture->description;
    if (text && oz_omexml_is(text)) {
        OZ_AUTO_FREE char *own = OZ_STEAL(picture->description);
        bool simple;
        if (!oz_stack_ome_read(f, index, own, &simple, err))
            return false;
    } else {
        char warning[OZ_LAYOUT_WARNING];
        oz_layout_read(text, &picture->first, picture->pages, &file->layout, warning);
        if (warning[0])
            oz_progress_say(f->progress, OZ_EVENT_WARNING, "%s: %s", file->path, warning);
    }
    if (file->picture)
        forget_text(file->picture);
    return true;
}

/* The first file alone, since it may hold the text of a set that all others belong to. */
bool oz_stack_load(struct stack_finder *f, struct oz_err *err)
{
    for (size_t begin = 0, count = 1; begin < f->file_count; begin += count, count = BATCH) {
        if (count > f->file_count - begin)
            count = f->file_count - begin;
        if (oz_progress_stopped(f->progress))
            return oz_fail(err, OZ_ECANCELLED, "stopped on request");
        struct batch batch = {f->files + begin};
        if (!oz_run_each(count, oz_processors(), open_one, &batch, NULL, err))
            return false;
        for (size_t i = begin; i < begin + count; i++)
            if (!f->files[i].taken && !read_text(f, i, err))
                return false;
        if (begin == 0) {
            const uint64_t *size = f->files[0].layout.size;
            f->first_is_volume = f->files[0].taken || size[OZ_T] * size[OZ_Z] > 1;
        }
    }
    return true;
}
