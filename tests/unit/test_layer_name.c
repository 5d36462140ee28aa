/* SPDX-License-Identifier: Apache-2.0 */
/* Layer names: what is allowed, what is removed, what is refused. */
#include "dataset/properties.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"

static void test_clean(void **state)
{
    (void)state;
    const struct {
        const char *text, *name;
    } cases[] = {
        {"em", "em"},
        {"tiff stack (1)", "tiffstack1"},
        {"..hidden.tif", "hidden.tif"},
        {"a/b\\c", "abc"},
        {"/.x", "x"},
        {"\xC3\xA4_$@-.", "_$@-."},
        {"4D-series.ome.tif", "4D-series.ome.tif"},
        {"Labels", "Labels"},
    };
    for (size_t i = 0; i < OZ_LENGTH(cases); i++) {
        struct oz_err err = {0};
        OZ_AUTO_FREE char *name = oz_layer_name_clean(cases[i].text, &err);
        assert_non_null(name);
        assert_string_equal(name, cases[i].name);
        assert_true(oz_layer_name_is_valid(name));
    }
}

static void test_refused(void **state)
{
    (void)state;
    char longest[202];
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    const char *const texts[] = {"",     "...",     "\xC3\xA4 /", "labels",
                                 "OME",  "l abels", "zarr.json",  "datasource-properties.json",
                                 longest};
    for (size_t i = 0; i < OZ_LENGTH(texts); i++) {
        struct oz_err err = {0};
        assert_null(oz_layer_name_clean(texts[i], &err));
        assert_int_equal(err.code, OZ_EINVAL);
        assert_false(oz_layer_name_is_valid(texts[i]));
    }
    assert_false(oz_layer_name_is_valid("a b"));
    assert_false(oz_layer_name_is_valid(".a"));
    assert_true(oz_layer_name_is_valid(longest + 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_clean),
                                       cmocka_unit_test(test_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
