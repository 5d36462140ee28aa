/* SPDX-License-Identifier: Apache-2.0 */
/* The engine against a naive pyramid: any shape, chunk, factor, access and number of workers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "ops/pyramid.h"

struct shape {
    uint64_t size[OZ_AXES];       /* t, c, z, y, x */
    uint64_t chunk[3], shards[3]; /* voxels; chunks in a shard */
    uint32_t factor[3][3];
    unsigned levels;
    uint32_t group;
    bool joined;
    enum oz_access access;
    int zarr_format;
};

/* ---- the input: a formula, so that every voxel can be told ---- */

static uint8_t voxel(const uint64_t at[OZ_AXES])
{
    uint64_t h = 1469598103934665603u;
    for (int a = 0; a < OZ_AXES; a++)
        h = (h ^ at[a]) * 1099511628211u;
    h ^= h >> 29;
    return at[OZ_Y] / 40 % 3 == 1 ? 0 : (uint8_t)(h >> 3); /* some chunks are empty */
}

static bool read_formula(const struct oz_source *source, struct oz_scratch *scratch,
                         const struct oz_region *region, void *out, struct oz_err *err)
{
    (void)scratch, (void)err;
    uint8_t *to = out;
    for (uint64_t z = 0; z < region->count[0]; z++)
        for (uint64_t c = 0; c < source->group; c++)
            for (uint64_t y = 0; y < region->count[1]; y++)
                for (uint64_t x = 0; x < region->count[2]; x++) {
                    const uint64_t at[OZ_AXES] = {region->t, region->c + c, region->start[0] + z,
                                                  region->start[1] + y, region->start[2] + x};
                    *to++ = voxel(at);
                }
    return true;
}

/* ---- the naive pyramid ---- */

static int compare_bytes(const void *a, const void *b)
{
    return *(const uint8_t *)a - *(const uint8_t *)b;
}

static uint8_t naive_median(const uint8_t *from, const uint64_t size[3], const uint64_t at[3],
                            const uint32_t factor[3])
{
    uint8_t block[64];
    size_t n = 0;
    for (uint64_t z = at[0] * factor[0]; z < oz_min_u64((at[0] + 1) * factor[0], size[0]); z++)
        for (uint64_t y = at[1] * factor[1]; y < oz_min_u64((at[1] + 1) * factor[1], size[1]); y++)
            for (uint64_t x = at[2] * factor[2]; x < oz_min_u64((at[2] + 1) * factor[2], size[2]);
                 x++)
                block[n++] = from[(z * size[1] + y) * size[2] + x];
    qsort(block, n, 1, compare_bytes);
    return n % 2 ? block[n / 2] : (uint8_t)((block[n / 2 - 1] + block[n / 2]) / 2);
}

static uint8_t *naive_level(const uint8_t *from, const uint64_t size[3], const uint32_t factor[3],
                            uint64_t out[3])
{
    for (int a = 0; a < 3; a++)
        out[a] = oz_ceil_div(size[a], factor[a]);
    uint8_t *to = test_malloc(out[0] * out[1] * out[2]);
    uint64_t at[3], i = 0;
    for (at[0] = 0; at[0] < out[0]; at[0]++)
        for (at[1] = 0; at[1] < out[1]; at[1]++)
            for (at[2] = 0; at[2] < out[2]; at[2]++)
                to[i++] = naive_median(from, size, at, factor);
    return to;
}

/* ---- making a pyramid in memory ---- */

struct made {
    struct oz_store *store;
    struct oz_array *arrays[OZ_MAX_LEVELS];
    struct oz_source source;
    struct oz_pyramid pyramid;
    struct oz_plan plan;
    struct oz_channel_stats stats[8];
};

static struct oz_array *make_array(struct made *made, const struct shape *shape, unsigned level)
{
    struct oz_err err = {0};
    OZ_AUTO(oz_meta) meta = {0};
    char path[16];
    const uint64_t *size = made->pyramid.level[level].size;
    snprintf(path, sizeof path, "l%u", level);
    meta.zarr_format = shape->zarr_format;
    meta.rank = 5;
    meta.dtype = OZ_U8;
    meta.keys = shape->zarr_format == 2 ? OZ_KEYS_V2 : OZ_KEYS_DEFAULT;
    meta.separator = '/';
    meta.sharded = shape->zarr_format == 3;
    meta.shape[0] = shape->size[OZ_T];
    meta.shape[1] = shape->size[OZ_C];
    meta.chunk[0] = meta.shard[0] = 1;
    meta.chunk[1] = meta.shard[1] = shape->joined ? shape->group : 1;
    for (int a = 0; a < 3; a++) {
        meta.shape[2 + a] = size[a];
        meta.chunk[2 + a] = shape->chunk[a];
        meta.shard[2 + a] = shape->chunk[a] * (meta.sharded ? shape->shards[a] : 1);
    }
    meta.codecs = oz_codecs_from_text("zstd:1", 1, &err);
    meta.index_codecs = meta.sharded ? oz_meta_index_codecs(&err) : NULL;
    struct oz_array *array = oz_array_create(made->store, path, &meta, &err);
    assert_string_equal(err.msg, "");
    assert_non_null(array);
    return array;
}

static void make(struct made *made, const struct shape *shape, unsigned jobs, uint64_t memory)
{
    struct oz_err err = {0};
    memset(made, 0, sizeof *made);
    made->store = oz_store_open_memory(&err);
    made->source = (struct oz_source){
        .dtype = OZ_U8, .group = shape->group, .access = shape->access, .read = read_formula};
    memcpy(made->source.shape, shape->size, sizeof shape->size);
    struct oz_pyramid *p = &made->pyramid;
    *p = (struct oz_pyramid){.source = &made->source,
                             .level_count = shape->levels,
                             .order = {0, 1, 2, 3, 4},
                             .shrink = OZ_SHRINK_MEDIAN,
                             .jobs = jobs,
                             .memory = memory};
    for (unsigned l = 0; l < shape->levels; l++) {
        for (int a = 0; a < 3; a++) {
            p->level[l].factor[a] = l > 0 ? shape->factor[l - 1][a] : 1;
            p->level[l].size[a] = l > 0
                                      ? oz_ceil_div(p->level[l - 1].size[a], p->level[l].factor[a])
                                      : shape->size[OZ_Z + a];
        }
        made->arrays[l] = make_array(made, shape, l);
        p->level[l].array = made->arrays[l];
    }
    assert_true(oz_pyramid_plan(p, shape->chunk, &made->plan, &err));
    bool ok = oz_pyramid_run(p, &made->plan, made->stats, &err);
    assert_string_equal(err.msg, "");
    assert_true(ok);
    p->verify = true;
    assert_true(oz_pyramid_run(p, &made->plan, NULL, &err));
}

static void release(struct made *made)
{
    for (unsigned l = 0; l < OZ_MAX_LEVELS; l++)
        oz_array_free(made->arrays[l]);
    oz_store_close(made->store);
}

/* ---- checks ---- */

static void check_level(struct made *made, unsigned level, uint64_t t, uint64_t c,
                        const uint8_t *expected, const uint64_t size[3])
{
    struct oz_err err = {0};
    OZ_AUTO_PTR(oz_scratch) scratch = oz_scratch_new(&err);
    const uint64_t start[5] = {t, c, 0, 0, 0}, count[5] = {1, 1, size[0], size[1], size[2]};
    size_t bytes = size[0] * size[1] * size[2];
    uint8_t *got = test_malloc(bytes);
    bool ok = oz_array_read(made->arrays[level], scratch, start, count, got, NULL, &err);
    assert_string_equal(err.msg, "");
    assert_true(ok);
    assert_memory_equal(got, expected, bytes);
    test_free(got);
}

static void check_volume(struct made *made, const struct shape *shape, uint64_t t, uint64_t c)
{
    uint64_t size[3] = {shape->size[OZ_Z], shape->size[OZ_Y], shape->size[OZ_X]};
    uint8_t *level = test_malloc(size[0] * size[1] * size[2]);
    const struct oz_region region = {.t = t, .c = c, .count = {size[0], size[1], size[2]}};
    const struct oz_source one = {.group = 1};
    struct oz_err err = {0};
    assert_true(read_formula(&one, NULL, &region, level, &err));
    uint8_t min = 255, max = 0;
    for (size_t i = 0; i < size[0] * size[1] * size[2]; i++) {
        min = level[i] < min ? level[i] : min;
        max = level[i] > max ? level[i] : max;
    }
    assert_true(made->stats[c].extent.min.u <= min);
    assert_true(made->stats[c].extent.max.u >= max);
    for (unsigned l = 0; l < shape->levels; l++) {
        check_level(made, l, t, c, level, size);
        if (l + 1 == shape->levels)
            break;
        uint64_t next[3];
        uint8_t *coarser = naive_level(level, size, shape->factor[l], next);
        test_free(level);
        level = coarser;
        memcpy(size, next, sizeof size);
    }
    test_free(level);
}

/* Sums up all objects of a store: name and bytes. */
struct sum {
    struct oz_store *store;
    uint64_t hash;
    uint64_t objects;
    char prefix[128];
};

static bool add_entry(void *ctx, const char *name, bool is_prefix, uint64_t size)
{
    struct sum *sum = ctx;
    char key[256];
    snprintf(key, sizeof key, "%s%s%s", sum->prefix, *sum->prefix ? "/" : "", name);
    struct oz_err err = {0};
    if (is_prefix) {
        struct sum inner = {.store = sum->store};
        snprintf(inner.prefix, sizeof inner.prefix, "%.127s", key);
        assert_true(oz_store_list(sum->store, key, add_entry, &inner, &err));
        sum->hash += inner.hash;
        sum->objects += inner.objects;
        return true;
    }
    OZ_AUTO(oz_buf) bytes = {0};
    assert_int_equal(oz_store_get(sum->store, key, OZ_RANGE_ALL, &bytes, &err), OZ_FOUND);
    assert_int_equal(bytes.size, size);
    uint64_t h = 7;
    for (const char *p = key; *p; p++)
        h = (h ^ (uint8_t)*p) * 1099511628211u;
    for (size_t i = 0; i < bytes.size; i++)
        h = (h ^ bytes.data[i]) * 1099511628211u;
    sum->hash += h; /* the order of listing does not matter */
    sum->objects++;
    return true;
}

static struct sum sum_store(struct oz_store *store)
{
    struct sum sum = {.store = store};
    struct oz_err err = {0};
    assert_true(oz_store_list(store, "", add_entry, &sum, &err));
    return sum;
}

static void check_shape(const struct shape *shape)
{
    struct made made;
    make(&made, shape, 1, OZ_GIB(1));
    for (uint64_t t = 0; t < shape->size[OZ_T]; t++)
        for (uint64_t c = 0; c < shape->size[OZ_C]; c++)
            check_volume(&made, shape, t, c);
    struct sum first = sum_store(made.store);
    assert_true(first.objects > 0);
    release(&made);

    /* The same bytes whatever the workers; the same voxels whatever the memory. */
    make(&made, shape, 2, OZ_MIB(36));
    check_volume(&made, shape, shape->size[OZ_T] - 1, shape->size[OZ_C] - 1);
    release(&made);
    static const unsigned jobs[] = {2, 3, 8, 40};
    for (size_t i = 0; i < OZ_LENGTH(jobs); i++) {
        make(&made, shape, jobs[i], OZ_GIB(1));
        struct sum again = sum_store(made.store);
        assert_int_equal(again.hash, first.hash);
        assert_int_equal(again.objects, first.objects);
        release(&made);
    }
}

static uint32_t random_state = 1;

static uint32_t pick(uint32_t n)
{
    random_state = random_state * 1664525u + 1013904223u;
    return (random_state >> 8) % n;
}

static struct shape random_shape(void)
{
    static const uint64_t edges[] = {1, 4, 5, 6, 8, 16};
    struct shape s = {.levels = 1 + pick(4), .group = 1};
    s.size[OZ_T] = 1 + pick(2);
    s.size[OZ_C] = 1;
    s.access = (enum oz_access)pick(3);
    s.zarr_format = pick(4) ? 3 : 2;
    if (pick(3) == 0) {
        s.group = 1 + pick(3);
        s.size[OZ_C] = s.group * (1 + pick(2));
        s.joined = pick(2);
    }
    for (int a = 0; a < 3; a++) {
        s.chunk[a] = edges[pick(OZ_LENGTH(edges))];
        s.shards[a] = 1 + pick(3);
        s.size[OZ_Z + a] = 1 + pick(a == 0 ? 40 : 90);
        for (unsigned l = 0; l < 3; l++)
            s.factor[l][a] = pick(4) == 0 ? 1 : pick(6) == 0 ? 4 : 2;
    }
    return s;
}

static void test_random_shapes(void **state)
{
    (void)state;
    for (int i = 0; i < 60; i++) {
        random_state = (uint32_t)i * 7919u + 13;
        const struct shape s = random_shape();
        check_shape(&s);
    }
}

static void test_usual_shape(void **state)
{
    (void)state;
    const struct shape s = {.size = {1, 1, 70, 200, 333},
                            .chunk = {32, 32, 32},
                            .shards = {1, 8, 16},
                            .factor = {{1, 2, 2}, {2, 2, 2}, {2, 2, 2}},
                            .levels = 4,
                            .group = 1,
                            .access = OZ_BY_ROWS,
                            .zarr_format = 3};
    check_shape(&s);
}

static void test_memory_bound_is_told(void **state)
{
    (void)state;
    struct oz_plan plan;
    struct oz_err err = {0};
    struct oz_plan_request request = {.level_count = 1,
                                      .size = {{64, 64, 64}},
                                      .factor = {{1, 1, 1}},
                                      .chunk = {64, 64, 64},
                                      .item_size = 8,
                                      .group = 1,
                                      .outer = 1,
                                      .workers = 4,
                                      .memory = 1000};
    assert_false(oz_plan_make(&request, &plan, &err));
    assert_int_equal(err.code, OZ_ENOMEM);
    request.memory = OZ_GIB(1);
    assert_true(oz_plan_make(&request, &plan, &err));
    assert_int_equal(plan.workers, 4);
}

/* A section far larger than the bound is cut, and what is kept stays below it. */
static void test_huge_sections_are_cut(void **state)
{
    (void)state;
    struct oz_plan plan;
    struct oz_err err = {0};
    struct oz_plan_request request = {.level_count = 8,
                                      .chunk = {64, 64, 64},
                                      .item_size = 1,
                                      .group = 1,
                                      .outer = 1,
                                      .workers = 2,
                                      .memory = OZ_MIB(500)};
    uint64_t size[3] = {5000, 300000, 330000};
    for (unsigned l = 0; l < 8; l++) {
        for (int a = 0; a < 3; a++) {
            request.factor[l][a] = l == 0 ? 1 : 2;
            request.size[l][a] = size[a];
            size[a] = oz_ceil_div(size[a], 2);
        }
    }
    assert_true(oz_plan_make(&request, &plan, &err));
    assert_true(plan.memory <= request.memory);
    /* Every unit comes once. */
    uint64_t units = 0, outer, index[3];
    struct oz_walk walk;
    oz_walk_begin(&walk, &plan);
    do {
        while (oz_walk_unit(&walk, &outer, index))
            units++;
    } while (oz_walk_next_slab(&walk));
    assert_int_equal(units, plan.units);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_usual_shape),
        cmocka_unit_test(test_random_shapes),
        cmocka_unit_test(test_memory_bound_is_told),
        cmocka_unit_test(test_huge_sections_are_cut),
    };
    return cmocka_run_group_tests_name("pyramid", tests, NULL, NULL);
}
