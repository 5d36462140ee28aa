/* SPDX-License-Identifier: Apache-2.0 */
/* Names of mags, and which ones are planned: the tables of WEBKNOSSOS's scheme. */
#include "dataset/mag.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/attr.h"

static struct oz_mag mag(const char *text)
{
    struct oz_mag out = {0};
    if (text[0] != '\0' && !oz_mag_parse(text, &out))
        fail_msg("%s is no mag", text);
    return out;
}

static void test_names(void **state)
{
    static const char *const texts[] = {"1", "2", "2-2-1", "16-16-4", "1-1-8", "2147483648"};
    static const char *const wrong[] = {
        "",       "0",  "3",      "2-2",        "2-2-1-1",
        "2-2-3",  "-2", "2-",     "2--1",       " 2",
        "2-2-1 ", "x",  "2-2-1-", "4294967296", "99999999999999999999",
        "0-1-1"};
    char name[OZ_MAG_TEXT];
    struct oz_mag out;
    (void)state;
    for (size_t i = 0; i < OZ_LENGTH(texts); i++) {
        oz_mag_name(mag(texts[i]), name);
        assert_string_equal(name, texts[i]);
    }
    oz_mag_name(mag("4-4-4"), name);
    assert_string_equal(name, "4");
    oz_mag_name((struct oz_mag){2147483648, 2147483648, 1}, name);
    assert_string_equal(name, "2147483648-2147483648-1");
    for (size_t i = 0; i < OZ_LENGTH(wrong); i++)
        assert_false(oz_mag_parse(wrong[i], &out));
    assert_int_equal(oz_mag_max(mag("2-8-4")), 8);
    assert_true(oz_mag_equal(mag("4-4-4"), mag("4")));
    assert_false(oz_mag_equal(mag("4-4-2"), mag("4")));
}

static void test_sampling_names(void **state)
{
    enum oz_sampling sampling;
    (void)state;
    assert_true(oz_sampling_from_name("anisotropic", &sampling) && sampling == OZ_ANISOTROPIC);
    assert_true(oz_sampling_from_name("isotropic", &sampling) && sampling == OZ_ISOTROPIC);
    assert_true(oz_sampling_from_name("constant_z", &sampling) && sampling == OZ_CONSTANT_Z);
    assert_false(oz_sampling_from_name("constant-z", &sampling));
}

/* ---- plans ---- */

struct plan {
    const char *from, *coarsest; /* "" for the default */
    enum oz_sampling sampling;
    double voxel[3];
    uint64_t size[3];
    const char *others[3];
    const char *mags; /* separated by blanks, or NULL where it cannot be */
};

/* A size for which the default rule has this as its coarsest mag. */
#define TO_4                                                                                       \
    {                                                                                              \
        256, 256, 256                                                                              \
    }
#define TO_16                                                                                      \
    {                                                                                              \
        1600, 800, 99                                                                              \
    }
#define TO_64                                                                                      \
    {                                                                                              \
        4096, 100, 100                                                                             \
    }

static bool run_plan(const struct plan *plan, char out[200], struct oz_err *err)
{
    struct oz_mag others[3];
    struct oz_mag_request request = {.from = mag(plan->from),
                                     .coarsest = mag(plan->coarsest),
                                     .sampling = plan->sampling,
                                     .voxel = {plan->voxel[0], plan->voxel[1], plan->voxel[2]},
                                     .size = {plan->size[0], plan->size[1], plan->size[2]},
                                     .others = others};
    while (request.other_count < 3 && plan->others[request.other_count] != NULL) {
        others[request.other_count] = mag(plan->others[request.other_count]);
        request.other_count++;
    }
    OZ_AUTO_FREE struct oz_mag *mags = NULL;
    size_t count = 0;
    if (!oz_mags_plan(&request, &mags, &count, err))
        return false;
    out[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        char name[OZ_MAG_TEXT];
        oz_mag_name(mags[i], name);
        snprintf(out + strlen(out), 200 - strlen(out), "%s%s", i > 0 ? " " : "", name);
    }
    return true;
}

static void check_plans(const struct plan *plans, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct oz_err err = {0};
        char out[200];
        if (!run_plan(&plans[i], out, &err)) {
            if (plans[i].mags != NULL)
                fail_msg("plan %d: %s", (int)i, err.msg);
            assert_int_equal(err.code, OZ_EINVAL);
            assert_true(strlen(err.msg) > 20);
        } else if (plans[i].mags == NULL) {
            fail_msg("plan %d gave %s", (int)i, out);
        } else {
            assert_string_equal(out, plans[i].mags);
        }
    }
}

static void test_anisotropic(void **state)
{
    static const struct plan plans[] = {
        {"1", "16", OZ_ANISOTROPIC, {10.5, 10.5, 24}, TO_64, {0}, "2-2-1 4-4-2 8-8-4 16-16-8"},
        {"1", "", OZ_ANISOTROPIC, {10.5, 10.5, 24}, TO_16, {0}, "2-2-1 4-4-2 8-8-4 16-16-8"},
        {"1", "16", OZ_ANISOTROPIC, {10.5, 10.5, 35}, TO_64, {0}, "2-2-1 4-4-1 8-8-2 16-16-4"},
        {"1", "16-16-2", OZ_ANISOTROPIC, {1, 1, 4}, TO_64, {0}, "2-2-1 4-4-1 8-8-2 16-16-2"},
        {"1", "", OZ_ANISOTROPIC, {85, 85, 346}, {10, 10, 10}, {0}, "2-2-1 4-4-1"},
        {"1", "", OZ_ANISOTROPIC, {11.24, 11.24, 25}, {265, 265, 257}, {0}, "2-2-1 4-4-2"},
        {"1", "", OZ_ANISOTROPIC, {1, 1, 1}, TO_4, {0}, "2 4"},
        /* 4-4-4 has the maximum of 4-4-2: passed through */
        {"4-4-2", "16", OZ_ANISOTROPIC, {1, 1, 1}, TO_64, {0}, "8 16"},
        /* x alone is shortest until the edges are as equal as they get */
        {"1", "8", OZ_ANISOTROPIC, {1, 2, 4}, TO_64, {0}, "2-1-1 4-2-1 8-4-2"},
        /* the finest axis is at its end */
        {"1", "4-1-1", OZ_ANISOTROPIC, {4, 1, 4}, TO_64, {0}, NULL},
        {"1", "4", OZ_ANISOTROPIC, {0, 1, 1}, TO_64, {0}, NULL},
        {"1", "4", OZ_ANISOTROPIC, {-1, 1, 1}, TO_64, {0}, NULL},
        {"1", "4", OZ_ANISOTROPIC, {(double)NAN, 1, 1}, TO_64, {0}, NULL},
    };
    (void)state;
    check_plans(plans, OZ_LENGTH(plans));
}

static void test_other_modes(void **state)
{
    static const struct plan plans[] = {
        {"2-2-1", "8-8-4", OZ_ISOTROPIC, {1, 1, 1}, TO_64, {0}, "4-4-2 8-8-4"},
        {"1", "8", OZ_ISOTROPIC, {1, 1, 9}, TO_64, {0}, "2 4 8"},
        {"1", "8-8-2", OZ_ISOTROPIC, {1, 1, 1}, TO_64, {0}, "2 4-4-2 8-8-2"},
        {"1", "8", OZ_CONSTANT_Z, {1, 1, 1}, TO_64, {0}, "2-2-1 4-4-1 8-8-1"},
        {"2-2-2", "8", OZ_CONSTANT_Z, {1, 1, 1}, TO_64, {0}, "4-4-2 8-8-2"},
        /* a single plane stays one */
        {"1", "", OZ_ANISOTROPIC, {1, 1, 1}, {1024, 1024, 1}, {0}, "2-2-1 4-4-1 8-8-1 16-16-1"},
        {"1", "4", OZ_ISOTROPIC, {1, 1, 1}, {1024, 1024, 1}, {0}, "2-2-1 4-4-1"},
        /* two that end with the same maximum */
        {"2-2-1", "4-4-16", OZ_ISOTROPIC, {1, 1, 1}, TO_64, {0}, NULL},
    };
    (void)state;
    check_plans(plans, OZ_LENGTH(plans));
}

static void test_limits(void **state)
{
    static const struct plan plans[] = {
        /* nothing left to do is fine by default */
        {"4", "", OZ_ISOTROPIC, {1, 1, 1}, TO_4, {0}, ""},
        {"8-8-4", "", OZ_ANISOTROPIC, {1, 1, 1}, TO_4, {0}, ""},
        {"4", "4", OZ_ISOTROPIC, {1, 1, 1}, TO_4, {0}, ""},
        /* but not asked for */
        {"8", "4", OZ_ISOTROPIC, {1, 1, 1}, TO_4, {0}, NULL},
        {"4-4-4", "8-8-2", OZ_ANISOTROPIC, {1, 1, 1}, TO_4, {0}, NULL},
        /* the default: 100 voxels along the longer of x and y, 4 at least */
        {"1", "", OZ_ISOTROPIC, {1, 1, 1}, {1, 1, 5000}, {0}, "2 4"},
        {"1", "", OZ_ISOTROPIC, {1, 1, 1}, {400, 1, 9}, {0}, "2 4"},
        {"1", "", OZ_ISOTROPIC, {1, 1, 1}, {401, 1, 9}, {0}, "2 4 8"},
        {"1", "", OZ_ISOTROPIC, {1, 1, 1}, {1, 4096, 9}, {0}, "2 4 8 16 32 64"},
        {"1", "", OZ_ISOTROPIC, {1, 1, 1}, {65536, 1, 9}, {0}, "2 4 8 16 32 64 128 256 512 1024"},
        {"1073741824", "2147483648", OZ_ISOTROPIC, {1, 1, 1}, TO_4, {0}, "2147483648"},
    };
    (void)state;
    check_plans(plans, OZ_LENGTH(plans));
}

static void test_alignment(void **state)
{
    static const struct plan plans[] = {
        {"1", "8", OZ_ANISOTROPIC, {1, 1, 1}, TO_64, {"1", "2-2-1", "4-4-1"}, "2-2-1 4-4-1 8"},
        {"1", "8", OZ_ISOTROPIC, {1, 1, 1}, TO_64, {"2-2-1"}, "2-2-1 4-4-2 8-8-4"},
        {"1", "4", OZ_CONSTANT_Z, {1, 1, 1}, TO_64, {"2"}, NULL},
        {"1", "4", OZ_ISOTROPIC, {1, 1, 1}, TO_64, {"2-2-1", "2-2-1", "16"}, "2-2-1 4-4-2"},
        /* which of the two? */
        {"1", "4", OZ_ISOTROPIC, {1, 1, 1}, TO_64, {"2-2-1", "2"}, NULL},
        /* the other layer is finer along z than what we have */
        {"2", "4", OZ_ISOTROPIC, {1, 1, 1}, TO_64, {"4-4-1"}, NULL},
    };
    (void)state;
    check_plans(plans, OZ_LENGTH(plans));
}

/* Mags of foreign metadata need not be powers of two; a plan ends all the same. */
static void test_odd_mags(void **state)
{
    static const struct oz_mag wanted[] = {{10, 12, 12}, {20, 24, 24}, {40, 48, 48}};
    struct oz_mag_request request = {.from = {10, 6, 6},
                                     .coarsest = {48, 48, 48},
                                     .sampling = OZ_ANISOTROPIC,
                                     .voxel = {1, 1, 1},
                                     .size = {100, 100, 100}};
    struct oz_err err = {0};
    OZ_AUTO_FREE struct oz_mag *mags = NULL;
    size_t count = 0;
    (void)state;
    assert_true(oz_mags_plan(&request, &mags, &count, &err));
    assert_int_equal(count, OZ_LENGTH(wanted));
    for (size_t i = 0; i < count; i++)
        assert_true(oz_mag_equal(mags[i], wanted[i]));
    request.from = (struct oz_mag){0, 0, 0};
    assert_false(oz_mags_plan(&request, &mags, &count, &err));
    assert_int_equal(err.code, OZ_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),       cmocka_unit_test(test_sampling_names),
        cmocka_unit_test(test_anisotropic), cmocka_unit_test(test_other_modes),
        cmocka_unit_test(test_limits),      cmocka_unit_test(test_alignment),
        cmocka_unit_test(test_odd_mags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
