/* SPDX-License-Identifier: Apache-2.0 */
/* Groups and arrays as nodes, in both formats and where both are there. */
#include "zarr/group.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../support/small_array.h"
#include "base/alloc.h"

static void check_node(struct oz_store *store, const char *path, enum oz_node_kind kind, int format,
                       size_t attributes)
{
    struct oz_err err = {0};
    OZ_AUTO(oz_node) node = {0};
    if (oz_node_read(store, path, &node, &err) != OZ_FOUND)
        fail_msg("%s: %s", path, err.msg);
    assert_int_equal(node.kind, kind);
    assert_int_equal(node.zarr_format, format);
    assert_int_equal(oz_json_length(node.attributes), attributes);
}

static void put_text(struct oz_store *store, const char *key, const char *text)
{
    struct oz_err err = {0};
    assert_true(oz_store_put(store, key, text, strlen(text), &err));
}

static void groups(void **state)
{
    (void)state;
    struct oz_err err = {0};
    OZ_AUTO(oz_node) node = {0};
    OZ_AUTO_PTR(oz_store) store = need_store();
    OZ_AUTO_PTR(oz_json) attributes = need_json("{\"ome\":{},\"a\":1}");
    assert_int_equal(oz_node_read(store, "", &node, &err), OZ_MISSING);
    assert_true(oz_group_write(store, "", 3, attributes, &err));
    check_node(store, "", OZ_NODE_GROUP, 3, 2);
    assert_true(oz_group_write(store, "two", 2, attributes, &err));
    check_node(store, "two", OZ_NODE_GROUP, 2, 2);
    assert_true(oz_group_write(store, "bare", 2, NULL, &err));
    check_node(store, "bare", OZ_NODE_GROUP, 2, 0);
    put_text(store, "text/.zgroup", "{\"zarr_format\":\"2\",\"more\":1}");
    check_node(store, "text", OZ_NODE_GROUP, 2, 0);
    put_text(store, "implied/.zattrs", "{\"a\":1}");
    check_node(store, "implied", OZ_NODE_GROUP, 2, 1);
    /* an empty zarr.json beside what is really there */
    assert_true(oz_group_write(store, "two", 3, NULL, &err));
    check_node(store, "two", OZ_NODE_GROUP, 2, 2);
    assert_true(oz_group_write(store, "bare", 3, NULL, &err));
    check_node(store, "bare", OZ_NODE_GROUP, 3, 0);
    assert_true(oz_group_write(store, "two", 3, attributes, &err));
    check_node(store, "two", OZ_NODE_GROUP, 3, 2);
}

static void broken_groups(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"zarr.json", "{"},
        {"zarr.json", "[]"},
        {"zarr.json", "{\"zarr_format\":3}"},
        {"zarr.json", "{\"zarr_format\":2,\"node_type\":\"group\"}"},
        {"zarr.json", "{\"zarr_format\":3,\"node_type\":\"tree\"}"},
        {"zarr.json", "{\"zarr_format\":3,\"node_type\":\"group\",\"attributes\":[]}"},
        {".zgroup", "{\"zarr_format\":1}"},
        {".zgroup", "{\"zarr_format\":\"3\"}"},
        {".zgroup", "nonsense"},
        {".zattrs", "[1]"},
    };
    for (size_t i = 0; i < OZ_LENGTH(cases); i++) {
        struct oz_err err = {0};
        OZ_AUTO(oz_node) node = {0};
        OZ_AUTO_PTR(oz_store) store = need_store();
        OZ_AUTO_FREE char *key = oz_format(&err, "g/%s", cases[i][0]);
        put_text(store, key, cases[i][1]);
        assert_int_equal(oz_node_read(store, "g", &node, &err), OZ_FAILED);
        assert_int_equal(err.code, OZ_EFORMAT);
        assert_non_null(strstr(err.msg, key));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(groups),
        cmocka_unit_test(broken_groups),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
