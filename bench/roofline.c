/* SPDX-License-Identifier: Apache-2.0 */
/* Times each step of a conversion alone on one core: what the sum over the cores cannot beat. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "codec/codec.h"
#include "image/shrink.h"

/* A band is 64 rows of a slice, as the conversion reads it; chunks are 64^3 bytes. */
enum { EDGE = 64, CHUNK = EDGE * EDGE * EDGE, BLOCK = 4 << 20, MOST_SLICES = 512 };

struct bench {
    int slices[MOST_SLICES];
    size_t slice_count;
    off_t offset; /* of the pixels in each file */
    size_t width, height, band;
    const char *scratch_file;
    uint8_t *piece;  /* one band of one slice */
    uint8_t *chunks; /* a band of EDGE slices, in chunk order */
    struct oz_buf encoded;
};

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static void read_band(const struct bench *bench, size_t slice, size_t y)
{
    const off_t at = bench->offset + (off_t)(y * bench->width);
    if (pread(bench->slices[slice], bench->piece, bench->band, at) != (ssize_t)bench->band)
        fail("roofline: read");
}

/* Seconds a byte of input: every band of every slice into one buffer that stays hot. */
static double time_read(const struct bench *bench)
{
    const double begun = seconds();
    for (size_t y = 0; y < bench->height; y += EDGE)
        for (size_t slice = 0; slice < bench->slice_count; slice++)
            read_band(bench, slice, y);
    return (seconds() - begun) / (double)(bench->slice_count * bench->width * bench->height);
}

static void scatter_piece(const struct bench *bench, size_t z)
{
    for (size_t y = 0; y < EDGE; y++) {
        const uint8_t *row = bench->piece + y * bench->width;
        uint8_t *out = bench->chunks + (z * EDGE + y) * EDGE;
        for (size_t x = 0; x < bench->width; x += EDGE, out += CHUNK)
            memcpy(out, row + x, EDGE);
    }
}

static double time_scatter(const struct bench *bench, size_t rounds)
{
    const double begun = seconds();
    for (size_t i = 0; i < rounds; i++)
        for (size_t z = 0; z < EDGE; z++)
            scatter_piece(bench, z);
    return (seconds() - begun) / (double)(rounds * EDGE * bench->band);
}

static double time_shrink(const struct bench *bench, uint32_t depth, size_t rounds)
{
    const uint32_t factor[3] = {depth, 2, 2};
    const uint64_t size[3] = {depth, EDGE / depth, bench->width};
    const ptrdiff_t from[2] = {(ptrdiff_t)(bench->band / depth), (ptrdiff_t)bench->width};
    const ptrdiff_t to[2] = {0, (ptrdiff_t)(bench->width / 2)};
    const double begun = seconds();
    for (size_t i = 0; i < rounds; i++)
        oz_shrink_box(OZ_SHRINK_MEDIAN, OZ_U8, factor, size, bench->piece, from, bench->chunks, to);
    return (seconds() - begun) / (double)(rounds * bench->band);
}

/* Leaves the encoded chunks in bench->encoded for the writing step. */
static double time_encode(struct bench *bench, double *ratio)
{
    struct oz_err err = {0};
    const struct oz_chunk_spec spec = {3, {EDGE, EDGE, EDGE}, 1, 1};
    OZ_AUTO_PTR(oz_json) codecs = oz_codecs_from_text("zstd:1", 1, &err);
    OZ_AUTO_PTR(oz_chain) chain = codecs != NULL ? oz_chain_open(codecs, &spec, &err) : NULL;
    OZ_AUTO_PTR(oz_scratch) scratch = oz_scratch_new(&err);
    double spent = 0;
    size_t bytes = 0, encoded = 0;
    bool good = chain != NULL && scratch != NULL;
    for (size_t y = 0; good && y < bench->height / 4; y += EDGE) {
        for (size_t z = 0; z < EDGE; z++) {
            read_band(bench, z % bench->slice_count, y);
            scatter_piece(bench, z);
        }
        oz_buf_clear(&bench->encoded);
        const double begun = seconds();
        for (size_t i = 0; good && i < bench->width / EDGE; i++)
            good = oz_chain_encode(chain, scratch, bench->chunks + i * CHUNK, NULL, &bench->encoded,
                                   &err);
        spent += seconds() - begun;
        bytes += bench->width / EDGE * CHUNK;
        encoded += bench->encoded.size;
    }
    if (!good) {
        fprintf(stderr, "roofline: %s\n", err.msg);
        exit(1);
    }
    *ratio = (double)bytes / (double)encoded;
    return spent / (double)bytes;
}

/* Seconds a byte of output, into a new file in large blocks. */
static double time_write(const struct bench *bench, size_t total)
{
    const size_t block = bench->encoded.size < BLOCK ? bench->encoded.size : BLOCK;
    const int file = open(bench->scratch_file, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    size_t written = 0;
    if (file < 0)
        fail(bench->scratch_file);
    const double begun = seconds();
    for (; written < total; written += block)
        if (pwrite(file, bench->encoded.data, block, (off_t)written) != (ssize_t)block)
            fail(bench->scratch_file);
    const double spent = seconds() - begun;
    close(file);
    unlink(bench->scratch_file);
    return spent / (double)written;
}

static void open_slices(struct bench *bench, char **paths, size_t count)
{
    bench->slice_count = count < MOST_SLICES ? count : MOST_SLICES;
    for (size_t i = 0; i < bench->slice_count; i++)
        if ((bench->slices[i] = open(paths[i], O_RDONLY)) < 0)
            fail(paths[i]);
    struct oz_err err = {0};
    bench->band = bench->width * EDGE;
    bench->piece = oz_alloc_pixels(bench->band, &err);
    bench->chunks = oz_alloc_pixels(bench->band * EDGE, &err);
    if (bench->piece == NULL || bench->chunks == NULL)
        fail("roofline: memory");
    memset(bench->chunks, 1, bench->band * EDGE);
}

int main(int argc, char **argv)
{
    struct bench bench = {0};
    if (argc < 6) {
        fputs("Usage: roofline WIDTH HEIGHT OFFSET SCRATCH-FILE SLICE...\n"
              "WIDTH and HEIGHT are multiples of 64. Prints seconds a GB for each step.\n",
              stderr);
        return 2;
    }
    bench.width = strtoull(argv[1], NULL, 10);
    bench.height = strtoull(argv[2], NULL, 10);
    bench.offset = (off_t)strtoull(argv[3], NULL, 10);
    bench.scratch_file = argv[4];
    open_slices(&bench, argv + 5, (size_t)argc - 5);
    double ratio = 1;
    time_read(&bench);
    const double read = time_read(&bench) * 1e9, scatter = time_scatter(&bench, 20) * 1e9;
    read_band(&bench, 0, 0);
    const double flat = time_shrink(&bench, 1, 2000) * 1e9;
    const double deep = time_shrink(&bench, 2, 2000) * 1e9;
    const double encode = time_encode(&bench, &ratio) * 1e9;
    time_write(&bench, (size_t)512 << 20);
    const double write = time_write(&bench, (size_t)512 << 20) * 1e9;
    printf("{\"read\": %.4f, \"scatter\": %.4f, \"shrink_1x2x2\": %.4f, \"shrink_2x2x2\": %.4f, "
           "\"encode\": %.4f, \"write\": %.4f, \"ratio\": %.4f}\n",
           read, scatter, flat, deep, encode, write, ratio);
    oz_buf_release(&bench.encoded);
    oz_free(bench.piece);
    oz_free(bench.chunks);
    return 0;
}
