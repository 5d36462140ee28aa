/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of stack.h: the files of a source on their way to layers. */
#ifndef OZ_IMAGE_STACK_FIND_H
#define OZ_IMAGE_STACK_FIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image/ome_xml.h"
#include "image/picture.h"
#include "image/stack.h"
#include "image/tiff_text.h"

/* Pictures that stay open together; the images of one set of files share them. */
struct stack_pool {
    size_t owners;
    struct oz_picture **items;
    size_t count;
};

#define STACK_NO_PLANE UINT32_MAX

/* Where a plane lies; `picture` is STACK_NO_PLANE where no file holds it. */
struct stack_plane {
    uint32_t picture, page;
};

struct oz_stack_pages {
    struct stack_pool *pool;
    struct stack_plane *planes; /* [t][page channel][z]; NULL: all in picture 0, as below */
    uint64_t base, stride[3];
    bool uneven; /* pages differ in size */
};

/* One picture file that was found. */
struct stack_file {
    char *path;
    const char *name;           /* relative to the source; points into `path` */
    struct oz_picture *picture; /* NULL once a layer has it */
    struct oz_layout layout;
    struct oz_stack_channel *channels; /* of pages along c, or NULL */
    size_t channel_count;
    bool taken; /* a set of files has it */
};

/* A layer on its way: where it comes in order and what it may be called. */
struct stack_layer {
    struct oz_stack stack;
    size_t file;      /* the first one's number */
    size_t image;     /* number within a file that holds several */
    char *short_name; /* as it is called where no other layer wants the name */
    char *long_name;  /* else */
    char *suffix;     /* behind either, or NULL */
};

struct stack_finder {
    const char *source;
    bool is_folder;
    struct oz_progress *progress;
    struct stack_file *files; /* natural order of `name` */
    size_t file_count, file_room;
    struct stack_layer *layers;
    size_t layer_count, layer_room;
    bool first_is_volume; /* more than one slice in the first file */
};

/* stack_files.c: fill in `files`. */
bool oz_stack_files_find(struct stack_finder *finder, struct oz_err *err) OZ_MUST_USE;
void oz_stack_files_release(struct stack_finder *finder);
/* The file with this path, or NULL. */
struct stack_file *oz_stack_file_by_path(const struct stack_finder *finder, const char *path);

/* stack_load.c: open them and read their texts; sets of files become layers here. */
bool oz_stack_load(struct stack_finder *finder, struct oz_err *err) OZ_MUST_USE;

/* stack_ome.c: layers from the OME-XML of file number `index`, which is more than one regular
 * image in one file. `simple`: it is no more than that, and the file's layout says it all. */
bool oz_stack_ome_read(struct stack_finder *finder, size_t index, const char *text, bool *simple,
                       struct oz_err *err) OZ_MUST_USE;

/* stack_ome_map.c: which page each plane of an image is. */
struct stack_ome_set {
    const struct oz_omexml *doc;
    const char *path; /* of the file that speaks, for messages */
    struct stack_pool *pool;
    uint32_t own;           /* number in the pool of the file that holds the text */
    const uint32_t *places; /* number in the pool of each of doc->files */
    bool single;            /* all is in one file */
};
/* `planes` gets [t][page channel][z]; `sizes` those axes; `missing` counts planes without page. */
bool oz_stack_ome_map(const struct stack_ome_set *set, size_t image, uint64_t sizes[3],
                      struct stack_plane **planes, uint64_t *missing,
                      struct oz_err *err) OZ_MUST_USE;

/* stack_group.c: the files that are left become layers. */
bool oz_stack_group(struct stack_finder *finder, struct oz_err *err) OZ_MUST_USE;

/* stack_survey.c: shape, type and the rest from the pages; warns of uneven ones. Takes over `pages`
 * at once. `sizes` are pages along t, c, z. */
bool oz_stack_survey(struct oz_stack *stack, struct oz_stack_pages *pages, const uint64_t sizes[3],
                     struct oz_progress *progress, struct oz_err *err) OZ_MUST_USE;
/* The picture and page of a plane; NULL where no file holds it. */
const struct oz_picture *oz_stack_plane_find(const struct oz_stack_pages *pages,
                                             const uint64_t sizes[3], const uint64_t at[3],
                                             uint64_t *page);
struct oz_stack_pages *oz_stack_pages_new(struct stack_pool *pool, struct oz_err *err) OZ_MUST_USE;
struct stack_pool *oz_stack_pool_new(size_t count, struct oz_err *err) OZ_MUST_USE;
void oz_stack_pool_drop(struct stack_pool *pool);
void oz_stack_pages_free(struct oz_stack_pages *pages);
void oz_stack_channels_free(struct oz_stack_channel *channels, size_t count);

/* stack_gap.c: warn where the numbers in the names leave some out. `names` are in order. */
void oz_stack_gap_warn(const char *const *names, size_t count, const char *layer,
                       struct oz_progress *progress);

/* stack_name.c: give each layer its clean and unique name. */
bool oz_stack_names(struct stack_finder *finder, struct oz_err *err) OZ_MUST_USE;

/* A new layer behind the others. */
struct stack_layer *oz_stack_layer_add(struct stack_finder *finder, size_t file,
                                       struct oz_err *err) OZ_MUST_USE;
/* A layer that is named by its file. */
bool oz_stack_layer_name_by_file(const struct stack_finder *finder, struct stack_layer *layer,
                                 struct oz_err *err) OZ_MUST_USE;

#endif
