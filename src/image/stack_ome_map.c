/* SPDX-License-Identifier: Apache-2.0 */
/* Works out which page of which file each plane of an OME-XML image is. */
#include "image/stack_find.h"

#include <inttypes.h>
#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"

enum { MAX_NAMED = 1 << 26 }; /* planes that all runs of an image name, one after the other */

struct map {
    const struct stack_ome_set *set;
    const struct oz_omexml_image *image;
    uint64_t sizes[3]; /* pages along t, c, z */
    uint64_t total;
    uint32_t first_c_unit; /* FirstC counts this many a page channel */
    struct stack_plane *planes;
    uint64_t named; /* planes that runs have named so far */
};

/* OME-XML counts all directories of the chain, pages are without the reduced ones. */
static bool page_of(const struct oz_picture *picture, uint64_t directory, uint64_t *page)
{
    struct oz_err ignored = {0};
    struct oz_page info;
    uint64_t low = 0, high = oz_min_u64(directory, picture->pages - 1) + 1;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (!oz_picture_page(picture, middle, &info, &ignored))
            return false;
        if (info.directory < directory)
            low = middle + 1;
        else
            high = middle;
    }
    *page = low;
    return low < picture->pages && low <= UINT32_MAX &&
           oz_picture_page(picture, low, &info, &ignored) && info.directory == directory;
}

static const struct oz_picture *run_picture(const struct map *m, const struct oz_omexml_run *run,
                                            uint32_t *place)
{
    *place = run->file == OZ_OMEXML_OWN ? m->set->own : m->set->places[run->file];
    return *place == STACK_NO_PLANE ? NULL : m->set->pool->items[*place];
}

/* The directory where an image begins that names none: behind those before it. */
static uint64_t default_directory(const struct stack_ome_set *set, size_t image)
{
    uint64_t begin = 0;
    for (size_t i = 0; i < image; i++) {
        const struct oz_omexml_image *before = &set->doc->images[i];
        uint64_t samples = before->channel_count ? before->channels[0].samples : 1;
        begin +=
            before->size[OZ_T] * before->size[OZ_Z] * oz_max_u64(1, before->size[OZ_C] / samples);
    }
    return begin;
}

static bool find_sizes(struct map *m, uint64_t begin, struct oz_err *err)
{
    uint32_t place = m->set->own, samples = 1;
    uint64_t directory = begin, page;
    const struct oz_omexml_image *image = m->image;
    if (image->run_count) {
        run_picture(m, &image->runs[0], &place);
        directory = image->runs[0].ifd;
    }
    if (place == STACK_NO_PLANE)
        return oz_fail(err, OZ_EFORMAT, "%s: its OME-XML does not name the file of its planes",
                       m->set->path);
    const struct oz_picture *picture = m->set->pool->items[place];
    struct oz_page info = picture->first;
    if (page_of(picture, directory, &page) && !oz_picture_page(picture, page, &info, err))
        return false;
    samples = info.samples;
    uint64_t channels = image->size[OZ_C];
    if (channels % samples == 0)
        channels /= samples;
    else if (image->channel_count)
        channels = image->channel_count;
    m->sizes[OZ_T] = image->size[OZ_T];
    m->sizes[OZ_C] = channels;
    m->sizes[OZ_Z] = image->size[OZ_Z];
    if (!oz_mul(m->sizes[OZ_T] * m->sizes[OZ_Z], channels, &m->total) || m->total > MAX_NAMED)
        return oz_fail(err, OZ_ELIMIT, "%s: OME-XML: too many planes", m->set->path);
    /* Some writers count samples in FirstC, some pages. */
    m->first_c_unit = 1;
    for (size_t i = 0; i < image->run_count; i++)
        if (image->runs[i].first[OZ_C] >= channels)
            m->first_c_unit = samples;
    return true;
}

/* Number `n` in the order of DimensionOrder. */
static struct stack_plane *plane_at(const struct map *m, uint64_t n)
{
    uint64_t at[3];
    for (int i = 0; i < 3; i++) {
        at[m->image->order[i]] = n % m->sizes[m->image->order[i]];
        n /= m->sizes[m->image->order[i]];
    }
    return &m->planes[(at[OZ_T] * m->sizes[OZ_C] + at[OZ_C]) * m->sizes[OZ_Z] + at[OZ_Z]];
}

static bool run_begin(const struct map *m, const struct oz_omexml_run *run, uint64_t *n,
                      struct oz_err *err)
{
    uint64_t stride = 1;
    *n = 0;
    for (int i = 0; i < 3; i++) {
        int axis = m->image->order[i];
        uint64_t at = axis == OZ_C ? run->first[axis] / m->first_c_unit : run->first[axis];
        if (at >= m->sizes[axis])
            return oz_fail(err, OZ_EFORMAT,
                           "%s: OME-XML: a TiffData begins at t %" PRIu32 ", c %" PRIu32
                           ", z %" PRIu32 ", which is outside of its image",
                           m->set->path, run->first[OZ_T], run->first[OZ_C], run->first[OZ_Z]);
        *n += at * stride;
        stride *= m->sizes[axis];
    }
    return true;
}

static bool place_run(struct map *m, const struct oz_omexml_run *run, struct oz_err *err)
{
    uint32_t place;
    const struct oz_picture *picture = run_picture(m, run, &place);
    if (!picture)
        return oz_fail(err, OZ_EFORMAT, "%s: OME-XML: a TiffData names no file", m->set->path);
    uint64_t n, page;
    if (!run_begin(m, run, &n, err))
        return false;
    uint64_t count = run->count;
    if (!count)
        count = run->has_ifd ? 1 : picture->pages;
    count = oz_min_u64(count, m->total - n);
    m->named += count;
    if (m->named > MAX_NAMED)
        return oz_fail(err, OZ_ELIMIT, "%s: OME-XML names planes over and over again",
                       m->set->path);
    for (uint64_t i = 0; i < count; i++) {
        if (!page_of(picture, run->ifd + i, &page))
            return oz_fail(err, OZ_EFORMAT,
                           "%s: OME-XML names directory %" PRIu64 " of %s, which has %" PRIu64
                           " pages",
                           m->set->path, run->ifd + i, picture->path, picture->pages);
        *plane_at(m, n + i) = (struct stack_plane){place, (uint32_t)page};
    }
    return true;
}

/* Planes that nothing names lie in DimensionOrder in the own file, on pages nothing else names. */
static bool place_rest(const struct map *m, uint64_t begin, struct oz_err *err)
{
    const struct oz_picture *own =
        m->set->own == STACK_NO_PLANE ? NULL : m->set->pool->items[m->set->own];
    if (!own || (m->image->run_count && (!m->set->single || m->set->doc->image_count > 1)))
        return true;
    OZ_AUTO_FREE uint8_t *used = oz_alloc(own->pages, 1, err);
    if (!used)
        return false;
    for (uint64_t n = 0; n < m->total; n++)
        if (m->planes[n].picture != STACK_NO_PLANE)
            used[m->planes[n].page] = 1;
    uint64_t page;
    for (uint64_t n = 0; n < m->total; n++) {
        struct stack_plane *plane = plane_at(m, n);
        if (plane->picture == STACK_NO_PLANE && page_of(own, begin + n, &page) && !used[page])
            *plane = (struct stack_plane){m->set->own, (uint32_t)page};
    }
    return true;
}

bool oz_stack_ome_map(const struct stack_ome_set *set, size_t image, uint64_t sizes[3],
                      struct stack_plane **planes, uint64_t *missing, struct oz_err *err)
{
    struct map m = {.set = set, .image = &set->doc->images[image]};
    uint64_t begin = default_directory(set, image);
    if (!find_sizes(&m, begin, err))
        return false;
    OZ_AUTO_FREE struct stack_plane *all = oz_alloc(m.total, sizeof *all, err);
    if (!all)
        return false;
    memset(all, 0xff, m.total * sizeof *all);
    m.planes = all;
    for (size_t i = 0; i < m.image->run_count; i++)
        if (!place_run(&m, &m.image->runs[i], err))
            return false;
    if (!place_rest(&m, begin, err))
        return false;
    *missing = 0;
    for (uint64_t n = 0; n < m.total; n++)
        *missing += all[n].picture == STACK_NO_PLANE;
    memcpy(sizes, m.sizes, sizeof m.sizes);
    *planes = OZ_STEAL(all);
    return true;
}
