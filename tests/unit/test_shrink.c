/* SPDX-License-Identifier: Apache-2.0 */
/* Shrink kernels against tables worked out by hand, and against a naive model on random boxes. */
#include "image/shrink.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "base/checked.h"
#include "../support/random.h"

__extension__ typedef __int128 wide;

/* A pixel of any type: whole numbers in `i`, floating-point ones in `f`. */
struct value {
    wide i;
    double f;
};

static bool is_float(enum oz_dtype dtype)
{
    return dtype == OZ_F32 || dtype == OZ_F64;
}

static bool is_signed(enum oz_dtype dtype)
{
    return dtype >= OZ_I8 && dtype <= OZ_I64;
}

static struct value load(enum oz_dtype dtype, const uint8_t *at)
{
    float f32;
    double f64;
    uint64_t bits = 0;
    const size_t item = oz_dtype_size(dtype);
    if (dtype == OZ_F32) {
        memcpy(&f32, at, item);
        return (struct value){0, (double)f32};
    }
    if (dtype == OZ_F64) {
        memcpy(&f64, at, item);
        return (struct value){0, f64};
    }
    memcpy(&bits, at, item);
    wide number = bits;
    if (is_signed(dtype) && bits >> (item * 8 - 1) != 0)
        number -= (wide)1 << (item * 8);
    return (struct value){number, 0};
}

/* ---- the model ---- */

struct box {
    enum oz_dtype dtype;
    uint64_t size[3];
    ptrdiff_t strides[2];
    uint8_t *data;
};

static struct value at(const struct box *box, uint64_t z, uint64_t y, uint64_t x)
{
    return load(box->dtype, box->data + (ptrdiff_t)z * box->strides[0] +
                                (ptrdiff_t)y * box->strides[1] + x * oz_dtype_size(box->dtype));
}

static bool is_same(enum oz_dtype dtype, struct value a, struct value b)
{
    if (is_float(dtype))
        return a.f == b.f || (isnan(a.f) && isnan(b.f));
    return a.i == b.i;
}

static int compare(const void *left, const void *right)
{
    const struct value *a = left, *b = right;
    if (a->i != b->i)
        return a->i < b->i ? -1 : 1;
    return (a->f > b->f) - (a->f < b->f);
}

static bool any_nan(const struct value *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (isnan(v[i].f))
            return true;
    return false;
}

static wide round_half_up(wide sum, wide n)
{
    const wide a = 2 * sum + n, b = 2 * n;
    return a >= 0 ? a / b : -((-a + b - 1) / b);
}

static struct value model_median(enum oz_dtype dtype, struct value *v, size_t n)
{
    if (any_nan(v, n))
        return (struct value){0, (double)NAN};
    qsort(v, n, sizeof *v, compare);
    const struct value a = v[(n - 1) / 2], b = v[n / 2];
    if (is_float(dtype))
        return (struct value){0, n % 2 != 0 ? a.f : (a.f + b.f) / 2};
    return (struct value){(a.i + b.i) / 2, 0};
}

static struct value model_mode(enum oz_dtype dtype, const struct value *v, size_t n)
{
    size_t best = 0, best_count = 0;
    for (size_t i = 0; i < n; i++) {
        size_t count = 0;
        for (size_t j = 0; j < n; j++)
            count += is_same(dtype, v[i], v[j]);
        if (count > best_count) {
            best = i;
            best_count = count;
        }
    }
    return v[best];
}

static struct value model_mean(enum oz_dtype dtype, const struct value *v, size_t n)
{
    wide sum = 0;
    long double real = 0;
    for (size_t i = 0; i < n; i++) {
        sum += v[i].i;
        real += (long double)v[i].f;
    }
    if (is_float(dtype))
        return (struct value){0, (double)(real / (long double)n)};
    return (struct value){round_half_up(sum, (wide)n), 0};
}

static struct value model_extreme(struct value *v, size_t n, bool largest)
{
    if (any_nan(v, n))
        return (struct value){0, (double)NAN};
    qsort(v, n, sizeof *v, compare);
    return v[largest ? n - 1 : 0];
}

/* The eight voxels around the centre of a block, each as often as it counts. */
static struct value model_bilinear(const struct box *box, const uint64_t begin[3],
                                   const uint64_t length[3])
{
    struct value v[8];
    for (unsigned corner = 0; corner < 8; corner++) {
        uint64_t p[3];
        for (unsigned a = 0; a < 3; a++)
            p[a] = begin[a] + (length[a] - 1 + (corner >> a & 1)) / 2;
        v[corner] = at(box, p[0], p[1], p[2]);
    }
    return model_mean(box->dtype, v, 8);
}

/* Catmull-Rom's kernel: a = -1/2. */
static double kernel(double t)
{
    t = fabs(t);
    if (t >= 2)
        return 0;
    return t < 1 ? (1.5 * t - 2.5) * t * t + 1 : ((-0.5 * t + 2.5) * t - 4) * t + 2;
}

static struct value model_bicubic(const struct box *box, const uint64_t begin[3],
                                  const uint64_t length[3])
{
    long double sum = 0;
    for (int k = 0; k < 64; k++) {
        const int step[3] = {k / 16 - 1, k / 4 % 4 - 1, k % 4 - 1};
        uint64_t p[3];
        double weight = 1;
        for (unsigned a = 0; a < 3; a++) {
            const double centre = (double)begin[a] + (double)(length[a] - 1) / 2;
            const double voxel = floor(centre) + step[a];
            weight *= kernel(centre - voxel);
            p[a] = (uint64_t)fmin(fmax(voxel, 0), (double)box->size[a] - 1);
        }
        const struct value v = at(box, p[0], p[1], p[2]);
        if (weight != 0)
            sum +=
                (long double)weight * (is_float(box->dtype) ? (long double)v.f : (long double)v.i);
    }
    if (is_float(box->dtype))
        return (struct value){0, (double)sum};
    const unsigned bits = (unsigned)oz_dtype_size(box->dtype) * 8;
    const wide low = is_signed(box->dtype) ? -((wide)1 << (bits - 1)) : 0;
    const wide high = low + ((wide)1 << bits) - 1;
    const wide rounded = (wide)floorl(sum + 0.5L);
    return (struct value){rounded < low ? low : rounded > high ? high : rounded, 0};
}

static struct value model(enum oz_shrink kind, const struct box *box, const uint32_t factor[3],
                          const uint64_t out[3])
{
    static struct value v[4096];
    uint64_t begin[3], length[3];
    size_t n = 0;
    for (unsigned a = 0; a < 3; a++) {
        begin[a] = out[a] * factor[a];
        length[a] = oz_min_u64(factor[a], box->size[a] - begin[a]);
    }
    for (uint64_t z = 0; z < length[0]; z++)
        for (uint64_t x = 0; x < length[2]; x++)
            for (uint64_t y = 0; y < length[1]; y++) /* ties go to the first with y fastest */
                v[n++] = at(box, begin[0] + z, begin[1] + y, begin[2] + x);
    switch (kind) {
    case OZ_SHRINK_MEDIAN:
        return model_median(box->dtype, v, n);
    case OZ_SHRINK_MODE:
        return model_mode(box->dtype, v, n);
    case OZ_SHRINK_MEAN:
        return model_mean(box->dtype, v, n);
    case OZ_SHRINK_MIN:
    case OZ_SHRINK_MAX:
        return model_extreme(v, n, kind == OZ_SHRINK_MAX);
    case OZ_SHRINK_BILINEAR:
        return model_bilinear(box, begin, length);
    case OZ_SHRINK_BICUBIC:
        return model_bicubic(box, begin, length);
    default:
        return v[0];
    }
}

/* ---- random boxes ---- */

/* Floats may differ where sums are rounded in another order, or halves of tiny numbers. */
static bool is_close(enum oz_dtype dtype, struct value a, struct value b)
{
    if (is_same(dtype, a, b))
        return true;
    const double allowed = dtype == OZ_F32 ? 1e-6 : 1e-12;
    return is_float(dtype) && fabs(a.f - b.f) <= allowed * fmax(1000, fabs(b.f));
}

/* How the values of a box are chosen. */
enum style { FEW_LABELS, SMALL, ANY_BITS, WITH_NAN, STYLES };

static void put(uint8_t *to, enum oz_dtype dtype, enum style style, uint64_t *seed)
{
    const uint64_t bits = random_bits(seed);
    int64_t number = (int64_t)(bits % (style == FEW_LABELS ? 3 : 200));
    if (is_signed(dtype) || is_float(dtype))
        number -= style == FEW_LABELS ? 1 : 100;
    double f64 = (double)number * (style == FEW_LABELS ? 1 : 0.37);
    if (style == WITH_NAN && bits >> 56 < 12)
        f64 = (double)(bits >> 56 < 8 ? NAN : bits >> 56 < 10 ? INFINITY : -INFINITY);
    const float f32 = (float)f64;
    if (dtype == OZ_F32)
        memcpy(to, &f32, sizeof f32);
    else if (dtype == OZ_F64)
        memcpy(to, &f64, sizeof f64);
    else
        memcpy(to, style == ANY_BITS ? (const void *)&bits : (const void *)&number,
               oz_dtype_size(dtype));
}

/* A box with gaps between rows and planes. */
static struct box make_box(enum oz_dtype dtype, const uint64_t size[3], uint64_t *seed)
{
    struct oz_err err = {0};
    const uint64_t item = oz_dtype_size(dtype);
    struct box box = {.dtype = dtype, .size = {size[0], size[1], size[2]}};
    box.strides[1] = (ptrdiff_t)((size[2] + random_within(seed, 0, 3)) * item);
    box.strides[0] =
        (ptrdiff_t)((uint64_t)box.strides[1] * size[1] + random_within(seed, 0, 3) * item);
    box.data = oz_alloc((size_t)box.strides[0], size[0], &err);
    assert_non_null(box.data);
    memset(box.data, 0xa5, (size_t)box.strides[0] * size[0]);
    return box;
}

static void check_gaps(const struct box *box)
{
    const uint64_t row = box->size[2] * oz_dtype_size(box->dtype);
    for (uint64_t z = 0; z < box->size[0]; z++) {
        for (uint64_t i = 0; i < (uint64_t)box->strides[0]; i++) {
            const uint64_t y = i / (uint64_t)box->strides[1];
            if (y < box->size[1] && i % (uint64_t)box->strides[1] < row)
                continue;
            if (box->data[(uint64_t)box->strides[0] * z + i] != 0xa5)
                fail_msg("byte %d of plane %d was overwritten", (int)i, (int)z);
        }
    }
}

static void check_box(enum oz_shrink kind, enum oz_dtype dtype, const uint32_t factor[3],
                      const uint64_t size[3], enum style style, uint64_t *seed)
{
    uint64_t small[3];
    for (unsigned a = 0; a < 3; a++)
        small[a] = oz_ceil_div(size[a], factor[a]);
    struct box in = make_box(dtype, size, seed), out = make_box(dtype, small, seed);
    for (uint64_t i = 0; i < size[0] * size[1] * size[2]; i++)
        put(in.data + (ptrdiff_t)(i / size[2] / size[1]) * in.strides[0] +
                (ptrdiff_t)(i / size[2] % size[1]) * in.strides[1] +
                i % size[2] * oz_dtype_size(dtype),
            dtype, style, seed);
    oz_shrink_box(kind, dtype, factor, size, in.data, in.strides, out.data, out.strides);
    for (uint64_t i = 0; i < small[0] * small[1] * small[2]; i++) {
        const uint64_t p[3] = {i / small[2] / small[1], i / small[2] % small[1], i % small[2]};
        const struct value is = at(&out, p[0], p[1], p[2]);
        const struct value should = model(kind, &in, factor, p);
        if (!is_close(dtype, is, should))
            fail_msg("%s of %s by %u,%u,%u, box %d,%d,%d, style %d, at %d,%d,%d: %lld or %g, not "
                     "%lld or %g",
                     oz_shrink_name(kind), oz_dtype_name(dtype), factor[0], factor[1], factor[2],
                     (int)size[0], (int)size[1], (int)size[2], (int)style, (int)p[0], (int)p[1],
                     (int)p[2], (long long)is.i, is.f, (long long)should.i, should.f);
    }
    check_gaps(&out);
    oz_free(in.data);
    oz_free(out.data);
}

static void check_factor(enum oz_shrink kind, const uint32_t factor[3], uint64_t *seed)
{
    const uint64_t volume = (uint64_t)factor[0] * factor[1] * factor[2];
    for (int dtype = OZ_U8; dtype <= OZ_F64; dtype++) {
        for (int style = 0; style < STYLES; style++) {
            /* doubles do not hold all 64-bit numbers, which cubic interpolation is made of */
            if (kind == OZ_SHRINK_BICUBIC && style == ANY_BITS &&
                oz_dtype_size((enum oz_dtype)dtype) == 8)
                continue;
            uint64_t size[3];
            for (unsigned a = 0; a < 3; a++)
                size[a] = random_within(seed, 1, a == 2 ? 70 : volume > 100 ? 20 : 9);
            check_box(kind, (enum oz_dtype)dtype, factor, size, (enum style)style, seed);
        }
    }
}

static void test_random(void **state)
{
    static const uint32_t factors[][3] = {
        {1, 2, 2}, {2, 2, 2}, {2, 1, 1},  {1, 1, 2},   {1, 2, 1},   {2, 2, 1}, {2, 1, 2},
        {1, 1, 1}, {3, 3, 3}, {4, 4, 4},  {1, 4, 4},   {4, 2, 2},   {3, 1, 2}, {1, 1, 5},
        {8, 8, 8}, {6, 9, 7}, {9, 10, 8}, {16, 16, 4}, {1, 1, 600}, {40, 1, 1}};
    uint64_t seed = 11;
    (void)state;
    for (int kind = OZ_SHRINK_MEDIAN; kind <= OZ_SHRINK_BICUBIC; kind++)
        for (size_t f = 0; f < OZ_LENGTH(factors); f++)
            for (int round = 0; round < 3; round++)
                check_factor((enum oz_shrink)kind, factors[f], &seed);
}

/* ---- tables ---- */

static void test_columns(void **state)
{
    static const uint8_t columns[3][6] = {
        {1, 3, 4, 2, 2, 7}, {5, 2, 2, 1, 4, 1}, {3, 3, 2, 2, 1, 1}};
    static const uint8_t mode[] = {1, 3, 2, 2, 2, 1}, median[] = {3, 3, 2, 2, 2, 1};
    static const uint32_t factor[3] = {3, 1, 1};
    static const uint64_t size[3] = {3, 1, 6};
    static const ptrdiff_t strides[2] = {6, 6};
    uint8_t out[6];
    (void)state;
    oz_shrink_box(OZ_SHRINK_MODE, OZ_U8, factor, size, columns, strides, out, strides);
    assert_memory_equal(out, mode, sizeof mode);
    oz_shrink_box(OZ_SHRINK_MEDIAN, OZ_U8, factor, size, columns, strides, out, strides);
    assert_memory_equal(out, median, sizeof median);
}

/* One block of n voxels along x, and of 2x2x2 if n is 8. */
static void shrink_one(enum oz_shrink kind, enum oz_dtype dtype, const void *in, uint32_t n,
                       void *out)
{
    const ptrdiff_t item = (ptrdiff_t)oz_dtype_size(dtype);
    const ptrdiff_t strides[2] = {4 * item, 2 * item}, row[2] = {n * item, n * item};
    oz_shrink_box(kind, dtype, n == 8 ? (const uint32_t[]){2, 2, 2} : (const uint32_t[]){1, 1, n},
                  n == 8 ? (const uint64_t[]){2, 2, 2} : (const uint64_t[]){1, 1, n}, in,
                  n == 8 ? strides : row, out, row);
}

static void test_halves(void **state)
{
    static const struct {
        int8_t in[2], median, mean;
    } table[] = {{{0, 1}, 0, 1},
                 {{-1, 0}, 0, 0},
                 {{-3, 0}, -1, -1},
                 {{-3, -2}, -2, -2},
                 {{-128, -127}, -127, -127},
                 {{-128, 127}, 0, 0},
                 {{127, 126}, 126, 127}};
    (void)state;
    for (size_t i = 0; i < OZ_LENGTH(table); i++) {
        int8_t out;
        shrink_one(OZ_SHRINK_MEDIAN, OZ_I8, table[i].in, 2, &out);
        assert_int_equal(out, table[i].median);
        shrink_one(OZ_SHRINK_MEAN, OZ_I8, table[i].in, 2, &out);
        assert_int_equal(out, table[i].mean);
    }
}

static void test_widest(void **state)
{
    static const uint64_t top[2] = {UINT64_MAX, UINT64_MAX - 1};
    static const int64_t ends[2] = {INT64_MIN, INT64_MAX}, low[2] = {INT64_MIN, INT64_MIN + 1};
    static const double huge[2] = {1e308, 1.5e308};
    uint64_t u;
    int64_t i;
    double d;
    (void)state;
    shrink_one(OZ_SHRINK_MEDIAN, OZ_U64, top, 2, &u);
    assert_true(u == UINT64_MAX - 1);
    shrink_one(OZ_SHRINK_MEAN, OZ_U64, top, 2, &u);
    assert_true(u == UINT64_MAX);
    shrink_one(OZ_SHRINK_MEDIAN, OZ_I64, ends, 2, &i);
    assert_true(i == 0);
    shrink_one(OZ_SHRINK_MEDIAN, OZ_I64, low, 2, &i);
    assert_true(i == INT64_MIN + 1);
    shrink_one(OZ_SHRINK_MEDIAN, OZ_F64, huge, 2, &d);
    assert_true(d == 1.25e308);
}

/* Eight voxels with x fastest; of equally frequent ones that is taken which comes first with y
 * fastest, then x. */
static void test_ties(void **state)
{
    static const struct {
        uint32_t in[8], mode;
    } table[] = {{{1, 2, 3, 4, 5, 6, 7, 8}, 1}, {{1, 2, 3, 4, 4, 3, 2, 1}, 1},
                 {{9, 2, 3, 4, 4, 3, 2, 8}, 3}, {{5, 5, 5, 5, 6, 6, 6, 6}, 5},
                 {{6, 5, 5, 5, 6, 6, 5, 6}, 6}, {{1, 2, 3, 4, 5, 6, 7, 7}, 7},
                 {{0, 1, 1, 0, 2, 2, 2, 0}, 0}};
    (void)state;
    for (size_t i = 0; i < OZ_LENGTH(table); i++) {
        uint32_t out;
        shrink_one(OZ_SHRINK_MODE, OZ_U32, table[i].in, 8, &out);
        assert_int_equal(out, table[i].mode);
    }
}

static void test_cubic_edge(void **state)
{
    /* (-a + 9b + 9c - d) / 16, the first and last voxel repeated; the seventh stands alone */
    static const uint8_t in[7] = {0, 160, 0, 0, 255, 255, 16};
    static const uint8_t out[4] = {90, 0, 255, 16};
    uint8_t is[4];
    (void)state;
    oz_shrink_box(OZ_SHRINK_BICUBIC, OZ_U8, (const uint32_t[]){1, 1, 2},
                  (const uint64_t[]){1, 1, 7}, in, (const ptrdiff_t[]){7, 7}, is,
                  (const ptrdiff_t[]){4, 4});
    assert_memory_equal(is, out, sizeof out);
}

static void test_names(void **state)
{
    enum oz_shrink kind;
    (void)state;
    for (int i = OZ_SHRINK_MEDIAN; i <= OZ_SHRINK_BICUBIC; i++) {
        assert_true(oz_shrink_from_name(oz_shrink_name((enum oz_shrink)i), &kind));
        assert_int_equal(kind, i);
        assert_true(oz_shrink_is_local(kind) == (kind != OZ_SHRINK_BICUBIC));
    }
    assert_true(oz_shrink_from_name("Median", &kind));
    assert_int_equal(kind, OZ_SHRINK_MEDIAN);
    assert_false(oz_shrink_from_name("medians", &kind));
    assert_false(oz_shrink_from_name("", &kind));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random), cmocka_unit_test(test_columns),
        cmocka_unit_test(test_halves), cmocka_unit_test(test_widest),
        cmocka_unit_test(test_ties),   cmocka_unit_test(test_cubic_edge),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
