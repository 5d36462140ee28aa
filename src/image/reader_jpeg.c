/* SPDX-License-Identifier: Apache-2.0 */
/* JPEG with libjpeg-turbo: grey or RGB, decoded as its defaults do, which other programs use too.
 */
#include "image/reader.h"

#include "base/alloc.h"
#include "base/checked.h"
#include "image/planes.h"

#include <string.h>
#include <turbojpeg.h>

#define TAIL OZ_KIB(4)
#define PIECE OZ_KIB(64)
#define MAX_FILE OZ_GIB(4)
/* Pixels that one byte can stand for at the very most. */
enum { MAX_RATIO = 1 << 16, HEAD = 20 };

struct jpeg {
    struct oz_picture base;
    struct oz_page page;
    uint64_t size; /* of the file */
};

struct decoder {
    tjhandle handle;
    uint8_t *data; /* the file */
};

static void decoder_release(struct decoder *decoder)
{
    if (decoder->handle)
        tjDestroy(decoder->handle);
    oz_free(decoder->data);
}

static bool start_decoder(struct decoder *decoder, uint64_t size, struct oz_err *err)
{
    decoder_release(decoder);
    *decoder = (struct decoder){.data = oz_alloc_pixels(size, err)};
    if (!decoder->data)
        return false;
    decoder->handle = tjInitDecompress();
    return decoder->handle || oz_fail(err, OZ_ENOMEM, "out of memory for libjpeg-turbo");
}

static bool fail_jpeg(const struct decoder *decoder, struct oz_err *err)
{
    return oz_fail(err, OZ_EFORMAT, "corrupt: %s", tjGetErrorStr2(decoder->handle));
}

/* Bytes FF D9 end the picture and are nowhere within compressed data, so one look at the end of the
 * file tells that it is whole. Where other data follows them all of it is searched. */
static bool has_end(const struct oz_input *input, uint64_t from, bool *found, struct oz_err *err)
{
    uint8_t data[PIECE];
    *found = false;
    while (!*found && from + 2 <= input->size) {
        size_t n = (size_t)oz_min_u64(PIECE, input->size - from);
        if (!oz_input_read(input, from, data, n, err))
            return false;
        *found = memmem(data, n, "\xff\xd9", 2) != NULL;
        from += n == PIECE ? n - 1 : n; /* the two bytes may lie on both sides of a cut */
    }
    return true;
}

static bool check_whole(const struct oz_input *input, struct oz_err *err)
{
    bool found;
    uint64_t tail = input->size > TAIL ? input->size - TAIL : 0;
    if (!has_end(input, tail, &found, err) || (!found && !has_end(input, 0, &found, err)))
        return false;
    return found || oz_fail(err, OZ_EFORMAT, "truncated: no end of the picture in %llu bytes",
                            (unsigned long long)input->size);
}

/* Density from a JFIF header, where there is one. */
static void set_density(struct oz_page *page, const uint8_t head[HEAD])
{
    static const double units[] = {0, OZ_INCH_NM, OZ_CM_NM};
    if (memcmp(head + 2, "\xff\xe0", 2) != 0 || memcmp(head + 6, "JFIF", 5) != 0 ||
        head[13] >= OZ_LENGTH(units))
        return;
    oz_page_set_resolution(page, head[14] << 8 | head[15], head[16] << 8 | head[17],
                           units[head[13]]);
}

/* From the first `size` bytes of the file. */
static bool set_page(struct jpeg *jpeg, const struct decoder *decoder, uint64_t size,
                     struct oz_err *err)
{
    int width, height, sampling, space;
    struct oz_page *page = &jpeg->page;
    if (tjDecompressHeader3(decoder->handle, decoder->data, size, &width, &height, &sampling,
                            &space) != 0)
        return fail_jpeg(decoder, err);
    if (space == TJCS_CMYK || space == TJCS_YCCK)
        return oz_fail(err, OZ_EUNSUPPORTED, "CMYK colours are not supported");
    if (width <= 0 || height <= 0 || (uint64_t)width * (uint64_t)height / MAX_RATIO > jpeg->size)
        return oz_fail(err, OZ_EFORMAT,
                       "the header claims %d x %d pixels, %llu bytes cannot hold them", width,
                       height, (unsigned long long)jpeg->size);
    page->width = page->block_cols = (uint64_t)width;
    page->height = page->block_rows = (uint64_t)height;
    page->samples = space == TJCS_GRAY ? 1 : 3;
    page->dtype = OZ_U8;
    page->rgb = page->samples == 3;
    return true;
}

static bool decode(const struct jpeg *jpeg, const struct decoder *decoder, uint8_t *out,
                   struct oz_err *err)
{
    const struct oz_page *page = &jpeg->page;
    const int format = page->samples == 1 ? TJPF_GRAY : TJPF_RGB;
    /* A warning means that pixels were made up. */
    if (tjDecompress2(decoder->handle, decoder->data, jpeg->size, out, (int)page->width, 0,
                      (int)page->height, format, TJFLAG_ACCURATEDCT | TJFLAG_STOPONWARNING) != 0)
        return fail_jpeg(decoder, err);
    return true;
}

static bool read_jpeg(const struct oz_picture *picture, struct oz_files *files, uint64_t number,
                      uint64_t y, uint64_t rows, uint64_t x, uint64_t cols, void *out,
                      struct oz_err *err)
{
    (void)number;
    const struct jpeg *jpeg = (const struct jpeg *)picture;
    const struct oz_page *page = &jpeg->page;
    OZ_AUTO(decoder) decoder = {0};
    if (!start_decoder(&decoder, jpeg->size, err) ||
        !oz_files_read(files, jpeg, picture->path, 0, decoder.data, jpeg->size, err))
        return false;
    if (page->samples == 1 && rows == page->height && cols == page->width)
        return decode(jpeg, &decoder, out, err);

    const size_t row = page->width * page->samples;
    OZ_AUTO_FREE uint8_t *pixels = oz_alloc_pixels(row * page->height, err);
    if (!pixels || !decode(jpeg, &decoder, pixels, err))
        return false;
    for (uint64_t i = 0; i < rows; i++)
        oz_planes_put(1, page->samples, cols, pixels + (y + i) * row + x * page->samples,
                      (uint8_t *)out + i * cols, rows * cols);
    return true;
}

static bool describe_page(const struct oz_picture *picture, uint64_t page, struct oz_page *out,
                          struct oz_err *err)
{
    (void)page, (void)err;
    *out = ((const struct jpeg *)picture)->page;
    return true;
}

static void close_jpeg(struct oz_picture *picture)
{
    oz_free(picture);
}

static bool read_header(struct jpeg *jpeg, const struct oz_input *input, uint64_t size,
                        struct oz_err *err)
{
    OZ_AUTO(decoder) decoder = {0};
    if (!start_decoder(&decoder, size, err) || !oz_input_read(input, 0, decoder.data, size, err) ||
        !set_page(jpeg, &decoder, size, err))
        return false;
    if (size >= HEAD)
        set_density(&jpeg->page, decoder.data);
    return true;
}

static bool read_file(struct jpeg *jpeg, const char *path, struct oz_err *err)
{
    OZ_AUTO(oz_input) input = {0};
    struct oz_err first = {0};
    if (!oz_input_open(&input, path, err))
        return false;
    if (input.size > MAX_FILE)
        return oz_fail(err, OZ_ELIMIT, "%llu bytes are over the limit of %llu",
                       (unsigned long long)input.size, (unsigned long long)MAX_FILE);
    if (!check_whole(&input, err))
        return false;
    jpeg->size = input.size;
    /* Nearly always the header is at the very start; colour profiles may push it back. */
    return read_header(jpeg, &input, oz_min_u64(PIECE, input.size), &first) ||
           read_header(jpeg, &input, input.size, err);
}

static struct oz_picture *open_jpeg(const char *path, struct oz_err *err)
{
    struct jpeg *jpeg = oz_alloc(1, sizeof *jpeg, err);
    if (!jpeg)
        return NULL;
    OZ_AUTO_PTR(oz_picture) picture = &jpeg->base;
    picture->type = &oz_picture_jpeg;
    picture->page = describe_page;
    picture->pages = 1;
    return read_file(jpeg, path, err) ? OZ_STEAL(picture) : NULL;
}

static bool probe_jpeg(const uint8_t *head, size_t size)
{
    return size >= 3 && memcmp(head, "\xff\xd8\xff", 3) == 0;
}

static const char *const suffixes[] = {"jpg", "jpeg", "jpe", NULL};

const struct oz_picture_type oz_picture_jpeg = {
    .name = "JPEG",
    .suffixes = suffixes,
    .probe = probe_jpeg,
    .open = open_jpeg,
    .read = read_jpeg,
    .close = close_jpeg,
};
