/* SPDX-License-Identifier: Apache-2.0 */
/* Checks reading from a stack, names and gaps, on pictures that exist only here. */
#include "image/stack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "image/stack_find.h"

/* ---- a picture whose samples tell where they are from ---- */

static uint16_t sample_at(const struct oz_picture *picture, uint64_t page, uint64_t s, uint64_t y,
                          uint64_t x)
{
    return (uint16_t)(1 + picture->first.width * 10000 + page * 1000 + s * 100 + y * 10 + x);
}

static bool fake_page(const struct oz_picture *picture, uint64_t page, struct oz_page *out,
                      struct oz_err *err)
{
    (void)err;
    *out = picture->first;
    out->directory = page;
    return true;
}

static bool fake_read(const struct oz_picture *picture, struct oz_files *files, uint64_t page,
                      uint64_t y, uint64_t rows, uint64_t x, uint64_t cols, void *out,
                      struct oz_err *err)
{
    (void)files, (void)err;
    uint16_t *to = out;
    assert_true(y + rows <= picture->first.height && x + cols <= picture->first.width);
    for (uint64_t s = 0; s < picture->first.samples; s++)
        for (uint64_t r = 0; r < rows; r++)
            for (uint64_t c = 0; c < cols; c++)
                *to++ = sample_at(picture, page, s, y + r, x + c);
    return true;
}

static void fake_close(struct oz_picture *picture)
{
    oz_free(picture);
}

static const struct oz_picture_type fake_type = {
    .name = "fake", .read = fake_read, .close = fake_close};

static struct oz_picture *fake_new(uint64_t width, uint64_t height, uint32_t samples)
{
    struct oz_err err = {0};
    struct oz_picture *picture = oz_alloc(1, sizeof *picture, &err);
    assert_non_null(picture);
    *picture = (struct oz_picture){.type = &fake_type, .pages = 8, .page = fake_page};
    picture->path = oz_format(&err, "%ju.fake", (uintmax_t)width);
    picture->first = (struct oz_page){.width = width,
                                      .height = height,
                                      .samples = samples,
                                      .dtype = OZ_U16,
                                      .direct = true,
                                      .block_rows = 1,
                                      .block_cols = width};
    return picture;
}

/* ---- what the progress heard ---- */

struct heard {
    char text[512];
    int count;
};

static void hear(void *ctx, const struct oz_event *event)
{
    struct heard *heard = ctx;
    assert_int_equal(event->kind, OZ_EVENT_WARNING);
    snprintf(heard->text, sizeof heard->text, "%s", event->text);
    heard->count++;
}

static void release_list(struct oz_stack *stack)
{
    struct oz_stack_list list = {oz_alloc(1, sizeof *stack, &(struct oz_err){0}), 1};
    list.items[0] = *stack;
    oz_stack_list_release(&list);
}

static void small_slices_are_padded(void **state)
{
    (void)state;
    struct oz_err err = {0};
    struct heard heard = {0};
    struct oz_progress progress = {.event = hear, .ctx = &heard};
    static const uint64_t width[] = {5, 3, 4}, height[] = {2, 4, 4};
    struct stack_pool *pool = oz_stack_pool_new(3, &err);
    for (int i = 0; i < 3; i++)
        pool->items[i] = fake_new(width[i], height[i], 2);
    struct oz_stack_pages *pages = oz_stack_pages_new(pool, &err);
    oz_stack_pool_drop(pool);
    pages->planes = oz_alloc(4, sizeof *pages->planes, &err);
    for (uint32_t i = 0; i < 4; i++)
        pages->planes[i] = (struct stack_plane){i == 3 ? STACK_NO_PLANE : i, i};
    struct oz_stack stack = {.path = oz_strdup("here", &err)};
    assert_true(oz_stack_survey(&stack, pages, (const uint64_t[]){1, 1, 4}, &progress, &err));
    assert_int_equal(stack.shape[OZ_C], 2);
    assert_int_equal(stack.shape[OZ_Z], 4);
    assert_int_equal(stack.shape[OZ_Y], 4);
    assert_int_equal(stack.shape[OZ_X], 5);
    assert_true(stack.direct);
    assert_int_equal(heard.count, 1);
    assert_non_null(strstr(heard.text, "3 of 3 slices are smaller than 5 x 4"));

    /* Every rectangle of every slice, against the rule. */
    for (uint64_t z = 0; z < 4; z++)
        for (uint64_t y = 0; y < 4; y++)
            for (uint64_t x = 0; x < 5; x++)
                for (uint64_t rows = 1; y + rows <= 4; rows++)
                    for (uint64_t cols = 1; x + cols <= 5; cols++) {
                        uint16_t out[2 * 4 * 5];
                        memset(out, 0xee, sizeof out);
                        assert_true(
                            oz_stack_read(&stack, NULL, 0, 0, z, y, rows, x, cols, out, &err));
                        const uint16_t *p = out;
                        for (uint64_t s = 0; s < 2; s++)
                            for (uint64_t r = y; r < y + rows; r++)
                                for (uint64_t c = x; c < x + cols; c++)
                                    assert_int_equal(
                                        *p++,
                                        z < 3 && r < height[z] && c < width[z]
                                            ? sample_at(stack.pages->pool->items[z], z, s, r, c)
                                            : 0);
                    }
    release_list(&stack);
}

static void planes_at_even_steps(void **state)
{
    (void)state;
    struct oz_err err = {0};
    struct stack_pool *pool = oz_stack_pool_new(1, &err);
    pool->items[0] = fake_new(3, 2, 1);
    struct oz_stack_pages *pages = oz_stack_pages_new(pool, &err);
    oz_stack_pool_drop(pool);
    pages->base = 1;
    pages->stride[OZ_T] = 1;
    pages->stride[OZ_Z] = 2;
    struct oz_stack stack = {.path = oz_strdup("here", &err)};
    assert_true(oz_stack_survey(&stack, pages, (const uint64_t[]){2, 1, 3}, NULL, &err));
    for (uint64_t t = 0; t < 2; t++)
        for (uint64_t z = 0; z < 3; z++) {
            uint16_t out;
            assert_true(oz_stack_read(&stack, NULL, t, 0, z, 1, 1, 2, 1, &out, &err));
            assert_int_equal(out, sample_at(stack.pages->pool->items[0], 1 + t + 2 * z, 0, 1, 2));
        }
    release_list(&stack);
}

static void types_that_differ_are_named(void **state)
{
    (void)state;
    struct oz_err err = {0};
    struct stack_pool *pool = oz_stack_pool_new(2, &err);
    pool->items[0] = fake_new(3, 2, 1);
    pool->items[1] = fake_new(4, 2, 3);
    struct oz_stack_pages *pages = oz_stack_pages_new(pool, &err);
    oz_stack_pool_drop(pool);
    pages->planes = oz_alloc(2, sizeof *pages->planes, &err);
    pages->planes[1].picture = 1;
    struct oz_stack stack = {.path = oz_strdup("here", &err)};
    assert_false(oz_stack_survey(&stack, pages, (const uint64_t[]){1, 1, 2}, NULL, &err));
    assert_int_equal(err.code, OZ_EFORMAT);
    assert_non_null(strstr(err.msg, "3.fake (page 0) is uint16 with 1 channel, but 4.fake (page 0) "
                                    "is uint16 with 3 channels"));
    release_list(&stack);
}

/* ---- gaps ---- */

static void check_gap(const char *const *names, size_t count, const char *expected)
{
    struct heard heard = {0};
    struct oz_progress progress = {.event = hear, .ctx = &heard};
    oz_stack_gap_warn(names, count, "em", &progress);
    assert_int_equal(heard.count, expected != NULL);
    if (expected && !strstr(heard.text, expected))
        fail_msg("\"%s\" is not in \"%s\"", expected, heard.text);
}
#define GAP(expected, ...)                                                                         \
    check_gap((const char *const[]){__VA_ARGS__},                                                  \
              sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *), expected)

static void gaps_are_seen(void **state)
{
    (void)state;
    GAP(NULL, "1.tif", "2.tif", "3.tif");
    GAP("between 1.tif and 3.tif; 4 slices are missing", "1.tif", "3.tif", "7.tif", "8.tif",
        "9.tif");
    GAP("between z2_ch1.tif and z4_ch1.tif; 1 slice is missing", "z1_ch1.tif", "z2_ch1.tif",
        "z4_ch1.tif", "z5_ch1.tif");
    GAP(NULL, "z0000_8bit.png", "z0010_8bit.png", "z0020_8bit.png");
    GAP("1 slice is missing", "z0000_8bit.png", "z0010_8bit.png", "z0030_8bit.png");
    GAP(NULL, "a.tif", "b.tif");
    GAP(NULL, "a.tif", "b7.tif");
    GAP(NULL, "9.tif");
    GAP(NULL, "r0_c0.tif", "r0_c1.tif", "r1_c0.tif", "r1_c5.tif");
    GAP(NULL, "99999999999999999999991.tif", "99999999999999999999999.tif");
    GAP("between 09.tif and 11.tif", "08.tif", "09.tif", "11.tif");
}

/* ---- names ---- */

static void check_names(const char *const names[][3], size_t count, const char *const *expected)
{
    struct oz_err err = {0};
    struct stack_layer layers[8] = {0};
    struct stack_finder finder = {.layers = layers, .layer_count = count};
    for (size_t i = 0; i < count; i++) {
        layers[i].short_name = oz_strdup(names[i][0], &err);
        layers[i].long_name = oz_strdup(names[i][1], &err);
        layers[i].suffix = names[i][2] ? oz_strdup(names[i][2], &err) : NULL;
    }
    assert_true(oz_stack_names(&finder, &err));
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(layers[i].stack.name, expected[i]);
        oz_free(layers[i].stack.name);
        oz_free(layers[i].long_name);
        oz_free(layers[i].suffix);
    }
}

static void names_are_clean_and_unique(void **state)
{
    (void)state;
    const char *const clean[][3] = {{"em", "em", NULL},
                                    {"a b/c(1).tif", "a b/c(1).tif", NULL},
                                    {"..x", "..x", NULL},
                                    {"\xc3\xa4", "\xc3\xa4", NULL},
                                    {"m.tif", "m.tif", "Series 2"}};
    check_names(clean, 5, (const char *const[]){"em", "abc1.tif", "x", "image", "m.tif_Series2"});
    const char *const equal[][3] = {{"raw", "a/raw", NULL},
                                    {"raw", "b/raw", NULL},
                                    {"other", "a/other", NULL},
                                    {"b_raw", "b_raw", NULL},
                                    {"raw", "c/raw", "1"}};
    check_names(equal, 5, (const char *const[]){"a_raw", "b_raw", "other", "b_raw_2", "raw_1"});
    const char *const numbers[][3] = {
        {"x", "x", NULL}, {"x", "x", NULL}, {"x_2", "x_2", NULL}, {"x", "x", NULL}};
    check_names(numbers, 4, (const char *const[]){"x", "x_2", "x_2_2", "x_3"});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_slices_are_padded),     cmocka_unit_test(planes_at_even_steps),
        cmocka_unit_test(types_that_differ_are_named), cmocka_unit_test(gaps_are_seen),
        cmocka_unit_test(names_are_clean_and_unique),
    };
    return cmocka_run_group_tests_name("stack", tests, NULL, NULL);
}
