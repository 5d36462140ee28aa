/* SPDX-License-Identifier: Apache-2.0 */
/* Makes stacks of numbered TIFF slices: tissue with its labels for demo and tests, or EM-like noise
 * that hardly compresses for the bench. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <tiffio.h>

static const char usage[] =
    "Usage: make_stack [--compression none|lzw|deflate] [--predictor] [--seed N]\n"
    "                  tissue|noise X Y Z FOLDER [LABELS-FOLDER]\n"
    "Writes Z slices of X x Y voxels. tissue: u8 cells with dark membranes, and in LABELS-FOLDER\n"
    "u16 slices with the cells' numbers (0 in membranes). noise: u8, smooth shades and noise.\n";

struct request {
    bool tissue;
    uint32_t x, y, z;
    const char *folder, *labels;
    uint16_t compression;
    bool predictor;
    uint64_t seed;
};

/* A well mixed number for a place (splitmix64's finaliser). */
static uint64_t mix(uint64_t v)
{
    v += 0x9e3779b97f4a7c15u;
    v = (v ^ (v >> 30)) * 0xbf58476d1ce4e5b9u;
    v = (v ^ (v >> 27)) * 0x94d049bb133111ebu;
    return v ^ (v >> 31);
}

static float unit_float(uint64_t v)
{
    return (float)(v >> 40) * (1.0f / 16777216.0f);
}

/* ---- tissue: cells are the places nearest to jittered seeds ---- */

enum { CELL_XY = 56, CELL_Z = 28, SEEDS = 27 };

struct cell_seed {
    float x, y, z;
    uint16_t label;
    uint8_t shade;
};

/* The 27 seeds around a block of the grid; a voxel's two nearest ones are among them. */
static void seeds_around(const struct request *request, int64_t bx, int64_t by, int64_t bz,
                         struct cell_seed out[SEEDS])
{
    int n = 0;
    for (int64_t dz = -1; dz <= 1; dz++)
        for (int64_t dy = -1; dy <= 1; dy++)
            for (int64_t dx = -1; dx <= 1; dx++, n++) {
                const int64_t gx = bx + dx, gy = by + dy, gz = bz + dz;
                const uint64_t key =
                    mix(request->seed ^ mix((uint64_t)(gx + 1) | (uint64_t)(gy + 1) << 20 |
                                            (uint64_t)(gz + 1) << 40));
                out[n].x = ((float)gx + unit_float(mix(key ^ 1))) * CELL_XY;
                out[n].y = ((float)gy + unit_float(mix(key ^ 2))) * CELL_XY;
                out[n].z = ((float)gz + unit_float(mix(key ^ 3))) * CELL_Z;
                out[n].label = (uint16_t)(1 + key % 65535);
                out[n].shade = (uint8_t)(130 + (key >> 32) % 60);
            }
}

static void tissue_voxel(const struct cell_seed *seeds, float x, float y, float z, uint64_t noise,
                         uint8_t *gray, uint16_t *label)
{
    float best = 1e30f, second = 1e30f;
    int nearest = 0;
    for (int i = 0; i < SEEDS; i++) {
        const float dx = seeds[i].x - x, dy = seeds[i].y - y, dz = 2.0f * (seeds[i].z - z);
        const float d = dx * dx + dy * dy + dz * dz;
        if (d < best) {
            second = best;
            best = d;
            nearest = i;
        } else if (d < second) {
            second = d;
        }
    }
    const bool membrane = sqrtf(second) - sqrtf(best) < 3.0f;
    const int grain = (int)(noise & 15) + (int)(noise >> 4 & 15) - 15;
    *gray = (uint8_t)((membrane ? 50 : seeds[nearest].shade) + grain);
    *label = membrane ? 0 : seeds[nearest].label;
}

static void tissue_slice(const struct request *request, uint32_t z, uint8_t *gray, uint16_t *label)
{
    struct cell_seed seeds[SEEDS];
    for (uint32_t y = 0; y < request->y; y++)
        for (uint32_t x = 0; x < request->x; x++) {
            if (x % CELL_XY == 0)
                seeds_around(request, x / CELL_XY, y / CELL_XY, z / CELL_Z, seeds);
            const size_t at = (size_t)y * request->x + x;
            const uint64_t noise = mix(request->seed + (uint64_t)z * request->x * request->y + at);
            tissue_voxel(seeds, (float)x, (float)y, (float)z, noise, gray + at, label + at);
        }
}

/* ---- noise: a normal distribution around slowly changing shades ---- */

enum { LATTICE = 128 };

static float lattice_shade(uint64_t seed, uint64_t x, uint64_t y, uint64_t z)
{
    return unit_float(mix(seed ^ mix(x | y << 20 | z << 40)));
}

static float smooth_shade(uint64_t seed, uint32_t x, uint32_t y, uint32_t z)
{
    const uint64_t gx = x / LATTICE, gy = y / LATTICE, gz = z / LATTICE;
    const float fx = (float)(x % LATTICE) / LATTICE, fy = (float)(y % LATTICE) / LATTICE;
    const float fz = (float)(z % LATTICE) / LATTICE;
    float sum = 0;
    for (uint64_t i = 0; i < 8; i++) {
        const float wx = i & 1 ? fx : 1 - fx, wy = i & 2 ? fy : 1 - fy, wz = i & 4 ? fz : 1 - fz;
        sum += wx * wy * wz * lattice_shade(seed, gx + (i & 1), gy + (i >> 1 & 1), gz + (i >> 2));
    }
    return sum;
}

/* Noise values at 256 equally likely steps of a normal distribution with deviation 24. */
static void noise_table(int16_t table[256])
{
    double at = -6, area = 0;
    for (int i = 0; i < 256; i++) {
        for (; area < (i + 0.5) / 256 && at < 6; at += 0.0005)
            area += 0.0005 * exp(-at * at / 2) / sqrt(2 * 3.14159265358979);
        table[i] = (int16_t)lround(24 * at);
    }
}

static uint8_t clamp_u8(int value)
{
    return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

static void noise_slice(const struct request *request, uint32_t z, uint8_t *gray)
{
    int16_t table[256];
    noise_table(table);
    uint64_t state = mix(request->seed ^ ((uint64_t)z << 32));
    for (uint32_t y = 0; y < request->y; y++) {
        uint8_t *row = gray + (size_t)y * request->x;
        for (uint32_t x = 0; x < request->x; x++) {
            static const uint32_t step = 8; /* one smooth shade and one random number for these */
            if (x % step == 0)
                state = mix(state);
            const float shade = smooth_shade(request->seed, x - x % step, y, z);
            const uint32_t end = x + step < request->x ? x + step : request->x;
            for (uint32_t i = x; i < end; i++)
                row[i] = clamp_u8((int)(70 + 120 * shade) + table[state >> (8 * (i - x)) & 255]);
            x = end - 1;
        }
    }
}

/* ---- files ---- */

static bool write_slice(const struct request *request, const char *folder, uint32_t z,
                        const void *pixels, uint16_t bits)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/slice_%05" PRIu32 ".tif", folder, z);
    TIFF *tiff = TIFFOpen(path, "w");
    if (tiff == NULL)
        return false;
    const size_t row = (size_t)request->x * bits / 8;
    const uint32_t rows = (uint32_t)(262144 / row > 0 ? 262144 / row : 1);
    TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, request->x);
    TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, request->y);
    TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, bits);
    TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, 1);
    TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
    TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
    TIFFSetField(tiff, TIFFTAG_COMPRESSION, request->compression);
    if (request->predictor)
        TIFFSetField(tiff, TIFFTAG_PREDICTOR, PREDICTOR_HORIZONTAL);
    TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, rows);
    bool good = true;
    for (uint32_t y = 0; good && y < request->y; y += rows) {
        const uint32_t count = y + rows < request->y ? rows : request->y - y;
        good = TIFFWriteEncodedStrip(tiff, y / rows, (uint8_t *)pixels + y * row,
                                     (tmsize_t)(count * row)) >= 0;
    }
    good = TIFFFlush(tiff) != 0 && good;
    TIFFClose(tiff);
    return good;
}

static bool make_slices(const struct request *request)
{
    const size_t area = (size_t)request->x * request->y;
    uint8_t *gray = malloc(area);
    uint16_t *label = malloc(area * sizeof *label);
    bool good = gray != NULL && label != NULL;
    for (uint32_t z = 0; good && z < request->z; z++) {
        if (request->tissue)
            tissue_slice(request, z, gray, label);
        else
            noise_slice(request, z, gray);
        good = write_slice(request, request->folder, z, gray, 8);
        if (good && request->tissue && request->labels != NULL)
            good = write_slice(request, request->labels, z, label, 16);
    }
    free(gray);
    free(label);
    return good;
}

/* ---- arguments ---- */

static bool parse_number(const char *text, uint64_t least, uint64_t most, uint64_t *out)
{
    char *end;
    errno = 0;
    *out = strtoull(text, &end, 10);
    return errno == 0 && *text != '\0' && *end == '\0' && *out >= least && *out <= most;
}

static bool parse_option(char **argv, int argc, int *at, struct request *request)
{
    const char *name = argv[*at], *value = *at + 1 < argc ? argv[*at + 1] : "";
    if (strcmp(name, "--predictor") == 0) {
        request->predictor = true;
        return true;
    }
    ++*at;
    if (strcmp(name, "--seed") == 0)
        return parse_number(value, 0, UINT64_MAX, &request->seed);
    if (strcmp(name, "--compression") != 0)
        return false;
    request->compression = strcmp(value, "lzw") == 0       ? COMPRESSION_LZW
                           : strcmp(value, "deflate") == 0 ? COMPRESSION_ADOBE_DEFLATE
                                                           : COMPRESSION_NONE;
    return request->compression != COMPRESSION_NONE || strcmp(value, "none") == 0;
}

static bool parse(int argc, char **argv, struct request *request)
{
    int at = 1;
    for (; at < argc && argv[at][0] == '-'; at++)
        if (!parse_option(argv, argc, &at, request))
            return false;
    uint64_t size[3];
    if (argc - at != 5 && argc - at != 6)
        return false;
    request->tissue = strcmp(argv[at], "tissue") == 0;
    if (!request->tissue && strcmp(argv[at], "noise") != 0)
        return false;
    for (int i = 0; i < 3; i++)
        if (!parse_number(argv[at + 1 + i], 1, 1000000, &size[i]))
            return false;
    request->x = (uint32_t)size[0];
    request->y = (uint32_t)size[1];
    request->z = (uint32_t)size[2];
    request->folder = argv[at + 4];
    request->labels = argv[at + 5];
    return true;
}

static bool make_folder(const char *path)
{
    return path == NULL || mkdir(path, 0777) == 0 || errno == EEXIST;
}

int main(int argc, char **argv)
{
    struct request request = {.compression = COMPRESSION_NONE, .seed = 1};
    if (!parse(argc, argv, &request)) {
        fputs(usage, stderr);
        return 2;
    }
    if (!make_folder(request.folder) || !make_folder(request.labels) || !make_slices(&request)) {
        fprintf(stderr, "make_stack: cannot write to %s: %s\n", request.folder, strerror(errno));
        return 1;
    }
    return 0;
}
