/* SPDX-License-Identifier: Apache-2.0 */
/* Pictures that only libtiff writes, threads, failing allocations; tests/interop has the rest. */
#include "image/picture.h"

#include "../support/scratch_folder.h"

#include <math.h>
#include <tiffio.h>
#include <unistd.h>

#include "../support/random.h"
#include "base/alloc.h"
#include "base/run.h"
#include "image/files.h"

enum { WIDTH = 96, HEIGHT = 50, ROWS = 16 };

struct settings {
    int compression, bits, samples, photometric, format;
    int tag, value; /* one more, of the codec; 0: none */
};

/* Rows of bytes as libtiff takes them; `row_bytes` each. */
static void write_tiff(const char *path, const struct settings *set, const void *pixels,
                       size_t row_bytes)
{
    /* That encoder knows nothing but one strip. */
    const uint32_t strip = set->compression == COMPRESSION_JBIG ? HEIGHT : ROWS;
    TIFF *tif = TIFFOpen(path, "w");
    assert_non_null(tif);
    TIFFSetField(tif, TIFFTAG_IMAGEWIDTH, WIDTH);
    TIFFSetField(tif, TIFFTAG_IMAGELENGTH, HEIGHT);
    TIFFSetField(tif, TIFFTAG_BITSPERSAMPLE, set->bits);
    TIFFSetField(tif, TIFFTAG_SAMPLESPERPIXEL, set->samples);
    TIFFSetField(tif, TIFFTAG_PHOTOMETRIC, set->photometric);
    TIFFSetField(tif, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
    TIFFSetField(tif, TIFFTAG_ROWSPERSTRIP, strip);
    TIFFSetField(tif, TIFFTAG_COMPRESSION, set->compression);
    if (set->format)
        TIFFSetField(tif, TIFFTAG_SAMPLEFORMAT, set->format);
    if (set->tag)
        TIFFSetField(tif, (uint32_t)set->tag, set->value);
    for (uint32_t y = 0; y < HEIGHT; y += strip) {
        tmsize_t size = (tmsize_t)((HEIGHT - y < strip ? HEIGHT - y : strip) * row_bytes);
        uint8_t *rows = (uint8_t *)pixels + y * row_bytes;
        assert_int_equal(TIFFWriteEncodedStrip(tif, y / strip, rows, size), size);
    }
    TIFFClose(tif);
}

/* Page 0 as a whole; a block that the caller frees. */
static void *read_picture(const char *path, struct oz_page *page)
{
    struct oz_err err = {0};
    OZ_AUTO_PTR(oz_picture) picture = oz_picture_open(path, &err);
    if (!picture)
        fail_msg("%s", err.msg);
    *page = picture->first;
    size_t size = page->width * page->height * page->samples * oz_dtype_size(page->dtype);
    void *out = oz_alloc_pixels(size, &err);
    if (!oz_picture_read(picture, NULL, 0, 0, page->height, 0, page->width, out, &err))
        fail_msg("%s", err.msg);
    return out;
}

/* Black and white: runs, as those codecs like them. */
static void make_bilevel(uint8_t pixels[HEIGHT][WIDTH / 8])
{
    uint64_t random = 7;
    for (int y = 0; y < HEIGHT; y++) {
        memset(pixels[y], 0, WIDTH / 8);
        for (int x = 0, white = y & 1; x < WIDTH; white = !white)
            for (int n = (int)random_within(&random, 1, 20); n > 0 && x < WIDTH; n--, x++)
                pixels[y][x / 8] = (uint8_t)(pixels[y][x / 8] | white << (7 - x % 8));
    }
}

static void test_bilevel_codecs(void **state)
{
    static const struct settings all[] = {
        {.compression = COMPRESSION_NONE},
        {.compression = COMPRESSION_CCITTRLE},
        {.compression = COMPRESSION_CCITTFAX3},
        {.compression = COMPRESSION_CCITTFAX3,
         .tag = TIFFTAG_GROUP3OPTIONS,
         .value = GROUP3OPT_2DENCODING | GROUP3OPT_FILLBITS},
        {.compression = COMPRESSION_CCITTFAX4},
        {.compression = COMPRESSION_PACKBITS},
        {.compression = COMPRESSION_JBIG},
        {.compression = COMPRESSION_CCITTFAX4,
         .tag = TIFFTAG_FILLORDER,
         .value = FILLORDER_LSB2MSB},
    };
    static uint8_t pixels[HEIGHT][WIDTH / 8];
    const char *path = in_folder(*state, "bilevel.tif");
    make_bilevel(pixels);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct settings set = all[i];
        struct oz_page page;
        if (!TIFFIsCODECConfigured((uint16_t)set.compression))
            continue;
        set.bits = set.samples = 1;
        set.photometric = PHOTOMETRIC_MINISWHITE;
        write_tiff(path, &set, pixels, WIDTH / 8);
        OZ_AUTO_FREE uint8_t *out = read_picture(path, &page);
        assert_int_equal(page.dtype, OZ_U8);
        assert_true(page.inverted && !page.rgb && !page.direct);
        assert_int_equal(page.block_rows, set.compression == COMPRESSION_JBIG ? HEIGHT : ROWS);
        for (int y = 0; y < HEIGHT; y++)
            for (int x = 0; x < WIDTH; x++)
                assert_int_equal(out[y * WIDTH + x], pixels[y][x / 8] >> (7 - x % 8) & 1);
    }
}

/* Logarithmic luminance: close to what was written. */
static void test_log_luminance(void **state)
{
    static float pixels[HEIGHT][WIDTH * 3];
    const char *path = in_folder(*state, "log.tif");
    for (int color = 0; color <= 1; color++) {
        const int samples = color ? 3 : 1;
        for (int i = 0; i < HEIGHT * WIDTH * samples; i++)
            ((float *)pixels)[i] = 0.3F + (float)(i / samples % 97) * 0.01F;
        struct settings set = {.compression = COMPRESSION_SGILOG,
                               .bits = 32,
                               .samples = samples,
                               .photometric = color ? PHOTOMETRIC_LOGLUV : PHOTOMETRIC_LOGL,
                               .format = SAMPLEFORMAT_IEEEFP,
                               .tag = TIFFTAG_SGILOGDATAFMT,
                               .value = SGILOGDATAFMT_FLOAT};
        struct oz_page page;
        write_tiff(path, &set, pixels, (size_t)(WIDTH * samples) * sizeof(float));
        OZ_AUTO_FREE float *out = read_picture(path, &page);
        assert_int_equal(page.dtype, OZ_F32);
        assert_int_equal(page.samples, samples);
        for (int i = 0; i < HEIGHT * WIDTH; i++)
            for (int s = 0; s < samples; s++) {
                float expected = ((float *)pixels)[i * samples + s];
                assert_true(fabsf(out[s * HEIGHT * WIDTH + i] - expected) < 0.02F);
            }
    }
}

static void write_grey(const char *path, int compression)
{
    static uint16_t pixels[HEIGHT][WIDTH];
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
            pixels[y][x] = (uint16_t)(y * 1000 + x);
    struct settings set = {.compression = compression,
                           .bits = 16,
                           .samples = 1,
                           .photometric = PHOTOMETRIC_MINISBLACK};
    write_tiff(path, &set, pixels, sizeof pixels[0]);
}

struct crowd {
    const struct oz_picture *picture;
    struct oz_files *files;
};

static bool read_part(const void *shared, uint64_t number, struct oz_err *err)
{
    const struct crowd *crowd = shared;
    uint64_t random = number, y = random_within(&random, 0, HEIGHT - 1);
    uint64_t x = random_within(&random, 0, WIDTH - 1);
    uint64_t rows = random_within(&random, 1, HEIGHT - y),
             cols = random_within(&random, 1, WIDTH - x);
    uint16_t out[HEIGHT * WIDTH];
    if (!oz_picture_read(crowd->picture, crowd->files, 0, y, rows, x, cols, out, err))
        return false;
    for (uint64_t i = 0; i < rows * cols; i++)
        if (out[i] != (y + i / cols) * 1000 + x + i % cols)
            return oz_fail(err, OZ_EFORMAT, "part %d differs", (int)number);
    return true;
}

static void test_threads(void **state)
{
    static const int compressions[] = {COMPRESSION_NONE, COMPRESSION_LZW,
                                       COMPRESSION_ADOBE_DEFLATE};
    const char *path = in_folder(*state, "threads.tif");
    for (size_t i = 0; i < sizeof compressions / sizeof *compressions; i++) {
        struct oz_err err = {0};
        write_grey(path, compressions[i]);
        OZ_AUTO_PTR(oz_files) files = oz_files_new(2, &err);
        OZ_AUTO_PTR(oz_picture) picture = oz_picture_open(path, &err);
        assert_non_null(picture);
        assert_int_equal(picture->first.direct, compressions[i] == COMPRESSION_NONE);
        struct crowd crowd = {picture, files};
        assert_true(oz_run_each(200, 4, read_part, &crowd, NULL, &err));
    }
}

static void test_out_of_memory(void **state)
{
    const char *path = in_folder(*state, "memory.tif");
    write_grey(path, COMPRESSION_LZW);
    bool done = false;
    for (unsigned long n = 1; !done; n++) {
        struct oz_err err = {0};
        oz_alloc_fail_at(n);
        OZ_AUTO_PTR(oz_files) files = oz_files_new(2, &err);
        OZ_AUTO_PTR(oz_picture) picture = files ? oz_picture_open(path, &err) : NULL;
        struct crowd crowd = {picture, files};
        done = picture && read_part(&crowd, 3, &err);
        oz_alloc_fail_at(0);
        assert_int_equal(err.code, done ? OZ_OK : OZ_ENOMEM);
        assert_true(n < 100);
    }
}

static void test_names(void **state)
{
    (void)state;
    assert_true(oz_picture_has_suffix("a.tif"));
    assert_true(oz_picture_has_suffix("a/b.ome.TIFF"));
    assert_true(oz_picture_has_suffix("x.y.Png"));
    assert_true(oz_picture_has_suffix("x.jpeg"));
    assert_false(oz_picture_has_suffix("tif"));
    assert_false(oz_picture_has_suffix("a.tif/b"));
    assert_false(oz_picture_has_suffix("a.tif.bak"));
    assert_false(oz_picture_has_suffix("a."));
}

/* Taken away or cut off after it was opened: a message, no zeros. */
static void test_changed_later(void **state)
{
    const char *path = in_folder(*state, "changed.tif");
    static const int compressions[] = {COMPRESSION_NONE, COMPRESSION_LZW};
    uint16_t out[HEIGHT * WIDTH];
    for (size_t i = 0; i < 2; i++) {
        struct oz_err err = {0};
        write_grey(path, compressions[i]);
        OZ_AUTO_PTR(oz_picture) picture = oz_picture_open(path, &err);
        assert_non_null(picture);
        FILE *file = fopen(path, "r+b");
        assert_int_equal(ftruncate(fileno(file), 200), 0);
        fclose(file);
        assert_false(oz_picture_read(picture, NULL, 0, 0, HEIGHT, 0, WIDTH, out, &err));
        assert_int_equal(err.code, OZ_EFORMAT);
        assert_non_null(strstr(err.msg, path));
        assert_non_null(strstr(err.msg, "truncated"));
        assert_int_equal(remove(path), 0);
        assert_false(oz_picture_read(picture, NULL, 0, 0, HEIGHT, 0, WIDTH, out, &err));
        assert_int_equal(err.code, OZ_ENOTFOUND);
        assert_false(oz_picture_page(picture, 1, &(struct oz_page){0}, &err));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_bilevel_codecs, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(test_log_luminance, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(test_threads, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(test_out_of_memory, scratch_setup, scratch_teardown),
        cmocka_unit_test(test_names),
        cmocka_unit_test_setup_teardown(test_changed_later, scratch_setup, scratch_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
