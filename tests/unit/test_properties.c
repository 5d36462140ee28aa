/* SPDX-License-Identifier: Apache-2.0 */
/* datasource-properties.json: old and new spellings, what we write, what adding a mag leaves alone.
 */
#include "dataset/properties.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/path.h"
#include "zarr/group.h"

/* The JSON of the tests has ' where JSON has ". */
static void put(struct oz_store *store, const char *key, const char *text)
{
    struct oz_err err = {0};
    OZ_AUTO_FREE char *copy = oz_strdup(text, &err);
    assert_non_null(copy);
    for (char *c = copy; *c != '\0'; c++) {
        *c = *c == '\'' ? '"' : *c;
    }
    if (!oz_store_put(store, key, copy, strlen(copy), &err)) {
        fail_msg("%s", err.msg);
    }
}

static struct oz_store *store_with(const char *text)
{
    struct oz_err err = {0};
    struct oz_store *store = oz_store_open_memory(&err);
    assert_non_null(store);
    put(store, OZ_PROPERTIES_KEY, text);
    return store;
}

static void read_from(struct oz_store *store, struct oz_properties *properties)
{
    struct oz_err err = {0};
    if (oz_properties_read(store, properties, &err) != OZ_FOUND) {
        fail_msg("%s", err.msg);
    }
}

#define BOX "'boundingBox':{'topLeft':[1,2,3],'width':40,'height':50,'depth':60}"
#define HEAD "'id':{'name':'d','team':''},'scale':{'factor':[1.5,2.0,3.0],'unit':'micrometer'}"
#define EM "'name':'em','category':'color','dataFormat':'zarr3',"
#define LAYER(more) "{" HEAD ",'dataLayers':[{" EM BOX "," more "}]}"

static void test_old_spelling(void **state)
{
    (void)state;
    OZ_AUTO_PTR(oz_store)
    store = store_with(
        "{'id':{'name':'ROI','team':'T'},'scale':[11.25,11.25,28],'dataLayers':[{'name':'color',"
        "'category':'color','dataFormat':'wkw','elementClass':'uint24'," BOX
        ",'wkwResolutions':[{'resolution':1,'cubeLength':1024},"
        "{'resolution':[2,2,1],'cubeLength':512},{'resolution':[4,4,4]},{'resolution':8}]}]}");
    put(store, "color/2-2-1/header.wkw", "x");
    put(store, "color/4-4-4/header.wkw", "x");
    OZ_AUTO(oz_properties) p = {0};
    read_from(store, &p);
    assert_string_equal(p.name, "ROI");
    assert_string_equal(p.unit, "nanometer");
    assert_true(p.voxel[2] == 28.0);
    assert_int_equal(p.layer_count, 1);
    const struct oz_property_layer *layer = &p.layers[0];
    assert_null(layer->problem);
    assert_int_equal(layer->dtype, OZ_U8);
    assert_int_equal(layer->channels, 3);
    assert_int_equal(layer->top_left[1], 2);
    assert_int_equal(layer->size[2], 60);
    assert_int_equal(layer->mag_count, 4);
    assert_string_equal(layer->mags[0].path, "./color/1");
    assert_string_equal(layer->mags[1].path, "./color/2-2-1");
    assert_string_equal(layer->mags[2].path, "./color/4-4-4");
    assert_string_equal(layer->mags[3].path, "./color/8");
    assert_int_equal(layer->mags[1].mag.z, 1);
    assert_int_equal(layer->mags[0].order.c, 0);
    assert_int_equal(layer->mags[0].order.x, 1);
    assert_int_equal(layer->mags[0].order.z, 3);
    assert_int_equal(layer->mags[0].order.t, -1);
    assert_int_equal(layer->mags[0].channel, -1);
}

static void test_axes_and_view(void **state)
{
    (void)state;
    OZ_AUTO_PTR(oz_store)
    store = store_with(LAYER(
        "'elementClass':'uint16','numChannels':1,"
        "'additionalAxes':[{'name':'t','bounds':[0,7],'index':0}],"
        "'mags':[{'mag':[1,1,1],'path':'./em/1','channelIndex':2,"
        "'axisOrder':{'c':1,'z':2,'y':3,'x':4}}],'largestSegmentId':null,"
        "'defaultViewConfiguration':{'min':-1,'max':4.5,'intensityRange':[0,3],'isInverted':true,"
        "'color':[255,128,0]}"));
    OZ_AUTO(oz_properties) p = {0};
    read_from(store, &p);
    const struct oz_property_layer *layer = &p.layers[0];
    assert_null(layer->problem);
    assert_int_equal(layer->t_size, 7);
    assert_int_equal(layer->mags[0].order.t, 0);
    assert_int_equal(layer->mags[0].order.c, 1);
    assert_int_equal(layer->mags[0].order.x, 4);
    assert_int_equal(layer->mags[0].channel, 2);
    assert_true(layer->has_window && layer->has_range && layer->inverted);
    assert_true(layer->min == -1.0 && layer->max == 4.5 && layer->end == 3.0);
    assert_int_equal(layer->color, 0xFF8000);
    assert_false(layer->has_largest_id);
    assert_string_equal(p.unit, "micrometer");
}

static void test_element_classes(void **state)
{
    (void)state;
    const struct {
        const char *text;
        uint64_t channels;
        enum oz_dtype dtype;
    } cases[] = {
        {"uint8", 1, OZ_U8},    {"uint24", 3, OZ_U8},  {"uint48", 3, OZ_U16}, {"int64", 1, OZ_I64},
        {"float", 1, OZ_F32},   {"double", 1, OZ_F64}, {"uint64", 1, OZ_U64}, {"uint64", 2, OZ_U32},
        {"float96", 3, OZ_F32}, {"int8", 1, OZ_I8},
    };
    for (size_t i = 0; i < OZ_LENGTH(cases); i++) {
        struct oz_err err = {0};
        OZ_AUTO_FREE char *text =
            oz_format(&err,
                      "{" HEAD ",'dataLayers':[{" EM BOX ",'elementClass':'%s','numChannels':%d,"
                      "'mags':[]}]}",
                      cases[i].text, (int)cases[i].channels);
        OZ_AUTO_PTR(oz_store) store = store_with(text);
        OZ_AUTO(oz_properties) p = {0};
        read_from(store, &p);
        assert_null(p.layers[0].problem);
        assert_int_equal(p.layers[0].dtype, cases[i].dtype);
        assert_int_equal(p.layers[0].channels, cases[i].channels);
    }
    char out[16];
    assert_true(oz_element_class(OZ_U8, 3, out));
    assert_string_equal(out, "uint24");
    assert_true(oz_element_class(OZ_F64, 1, out));
    assert_string_equal(out, "double");
    assert_true(oz_element_class(OZ_I64, 1, out));
    assert_string_equal(out, "int64");
    assert_false(oz_element_class(OZ_U16, 3, out));
    assert_false(oz_element_class(OZ_BOOL, 1, out));
    assert_false(oz_element_class(OZ_F16, 1, out));
}

/* One layer that cannot be read does not hide the others. */
static void test_broken_layers(void **state)
{
    (void)state;
    const struct {
        const char *layer, *word;
    } cases[] = {
        {"'elementClass':'uint8'", "mags"},
        {"'elementClass':'uint7','mags':[]", "elementClass"},
        {"'elementClass':'uint8','numChannels':0,'mags':[]", "numChannels"},
        {"'elementClass':'uint8','mags':[{'mag':0}]", "mags[0]"},
        {"'elementClass':'uint8','mags':[{'mag':[1,2]}]", "mag"},
        {"'elementClass':'uint8','mags':[{'mag':1,'channelIndex':-1,'path':'a'}]", "channelIndex"},
        {"'elementClass':'uint8','mags':[{'mag':1,'axisOrder':{'x':0,'y':0},'path':'a'}]",
         "two axes"},
        {"'elementClass':'uint8','mags':[{'mag':1,'axisOrder':{'x':900,'y':0},'path':'a'}]",
         "axisOrder"},
        {"'elementClass':'uint8','mags':[{'mag':1,'axisOrder':{'x':0},'path':'a'}]", "x and y"},
        {"'elementClass':'uint8','mags':[],'additionalAxes':[{},{}]", "additionalAxes"},
        {"'elementClass':'uint8','mags':[],'additionalAxes':[{'bounds':[3,1]}]", "bounds"},
        {"'elementClass':'uint8','mags':[],'boundingBox':{'topLeft':[-1,0,0],'width':1,"
         "'height':1,'depth':1}",
         "topLeft"},
        {"'elementClass':'uint8','mags':[],'boundingBox':{'topLeft':[0,0,0],"
         "'width':18446744073709551615,'height':1,'depth':1}",
         "width"},
    };
    for (size_t i = 0; i < OZ_LENGTH(cases); i++) {
        struct oz_err err = {0};
        OZ_AUTO_FREE char *text =
            oz_format(&err,
                      "{" HEAD ",'dataLayers':[{" EM BOX ",%s},"
                      "{'name':'good','category':'color','dataFormat':'zarr'," BOX
                      ",'elementClass':'uint8','mags':[{'mag':1}]}]}",
                      cases[i].layer);
        OZ_AUTO_PTR(oz_store) store = store_with(text);
        OZ_AUTO(oz_properties) p = {0};
        read_from(store, &p);
        assert_int_equal(p.layer_count, 2);
        assert_non_null(p.layers[0].problem);
        if (strstr(p.layers[0].problem, cases[i].word) == NULL) {
            fail_msg("'%s' is not in '%s'", cases[i].word, p.layers[0].problem);
        }
        assert_string_equal(p.layers[0].name, "em");
        assert_null(p.layers[1].problem);
        struct oz_property_mag mag = {.mag = {2, 2, 2}, .path = "./em/2", .channel = -1};
        assert_false(oz_properties_add_mag(&p, "em", &mag, &err));
    }
}

static void test_refused_documents(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "[]",
        "{'version':2," HEAD ",'dataLayers':[]}",
        "{'scale':[1,1],'dataLayers':[]}",
        "{'scale':[1,1,0],'dataLayers':[]}",
        "{'scale':[1,1,NaN],'dataLayers':[]}",
        "{" HEAD "}",
        "{" HEAD ",'dataLayers':[{}]}",
        "{" HEAD ",'dataLayers':7}",
        "{",
    };
    for (size_t i = 0; i < OZ_LENGTH(texts); i++) {
        struct oz_err err = {0};
        OZ_AUTO(oz_properties) p = {0};
        OZ_AUTO_PTR(oz_store) store = store_with(texts[i]);
        assert_int_equal(oz_properties_read(store, &p, &err), OZ_FAILED);
        if (strstr(err.msg, OZ_PROPERTIES_KEY) == NULL) {
            fail_msg("the file is not named in '%s'", err.msg);
        }
    }
    struct oz_err err = {0};
    OZ_AUTO_PTR(oz_store) empty = oz_store_open_memory(&err);
    OZ_AUTO(oz_properties) p = {0};
    assert_int_equal(oz_properties_read(empty, &p, &err), OZ_MISSING);
}

static void test_add_mag(void **state)
{
    (void)state;
    struct oz_err err = {0};
    const char *text = LAYER("'elementClass':'uint8','x':[1,{'y':18446744073709551615}],"
                             "'mags':[{'mag':[1,1,1],'path':'./em/1','k':1},"
                             "{'mag':[4,4,4],'path':'./em/4'}]");
    OZ_AUTO_PTR(oz_store) store = store_with(text);
    OZ_AUTO(oz_properties) p = {0};
    read_from(store, &p);
    struct oz_property_mag two = {.mag = {2, 2, 1}, .path = "./em/2-2-1", .channel = -1};
    two.order = (struct oz_axis_order){-1, 0, 3, 2, 1};
    struct oz_property_mag four = {.mag = {4, 4, 4}, .path = "./em/new", .channel = -1};
    assert_true(oz_properties_add_mag(&p, "em", &two, &err));
    assert_true(oz_properties_add_mag(&p, "em", &four, &err));
    assert_false(oz_properties_add_mag(&p, "nothing", &two, &err));
    assert_int_equal(err.code, OZ_ENOTFOUND);
    assert_true(oz_properties_save(store, &p, &err));
    assert_int_equal(p.layers[0].mag_count, 3);

    OZ_AUTO(oz_properties) again = {0};
    OZ_AUTO_PTR(oz_store)
    wanted_store = store_with(
        LAYER("'elementClass':'uint8','x':[1,{'y':18446744073709551615}],"
              "'mags':[{'mag':[1,1,1],'path':'./em/1','k':1},{'mag':[4,4,4],'path':'./em/new'},"
              "{'mag':[2,2,1],'path':'./em/2-2-1'}]"));
    OZ_AUTO(oz_properties) wanted = {0};
    read_from(store, &again);
    read_from(wanted_store, &wanted);
    assert_true(oz_json_equal(again.document, wanted.document));
    assert_string_equal(again.layers[0].mags[1].path, "./em/new");
}

/* A new document, member by member. */
static void test_write(void **state)
{
    (void)state;
    struct oz_err err = {0};
    OZ_AUTO_PTR(oz_store) store = oz_store_open_memory(&err);
    struct oz_property_mag em = {.mag = {1, 1, 1}, .path = "./em/1", .channel = 1};
    em.order = (struct oz_axis_order){.t = 0, .c = 1, .z = 2, .y = 3, .x = 4};
    struct oz_property_mag seg[2] = {{.mag = {1, 1, 1}, .path = "./seg/1", .channel = -1},
                                     {.mag = {2, 2, 1}, .path = "./seg/2-2-1", .channel = -1}};
    seg[0].order = seg[1].order = (struct oz_axis_order){.t = -1, .c = -1, .z = 0, .y = 1, .x = 2};
    struct oz_property_layer layers[2] = {{.name = "em",
                                           .data_format = "zarr3",
                                           .size = {30, 20, 10},
                                           .t_size = 7,
                                           .dtype = OZ_F64,
                                           .channels = 1,
                                           .mags = &em,
                                           .mag_count = 1,
                                           .has_window = true,
                                           .min = -1,
                                           .max = 2.5,
                                           .has_range = true,
                                           .start = 0,
                                           .end = 2,
                                           .inverted = true,
                                           .color = 0xFF8001},
                                          {.name = "seg",
                                           .segmentation = true,
                                           .data_format = "zarr",
                                           .top_left = {1, 2, 3},
                                           .size = {4, 5, 6},
                                           .dtype = OZ_U64,
                                           .channels = 1,
                                           .mags = seg,
                                           .mag_count = 2,
                                           .color = -1,
                                           .has_largest_id = true,
                                           .largest_id = UINT64_MAX}};
    struct oz_properties p = {.name = "d", .voxel = {11.24, 11.24, 25}, .unit = "nanometer"};
    p.layers = layers;
    p.layer_count = 2;
    assert_true(oz_properties_write(store, &p, &err));

    OZ_AUTO_PTR(oz_json) written = NULL;
    OZ_AUTO_PTR(oz_json) wanted = NULL;
    put(store, "wanted",
        "{'id':{'name':'d','team':''},'scale':{'factor':[11.24,11.24,25.0],'unit':'nanometer'},"
        "'dataLayers':[{'name':'em','category':'color',"
        "'boundingBox':{'topLeft':[0,0,0],'width':30,'height':20,'depth':10},"
        "'dataFormat':'zarr3','mags':[{'mag':[1,1,1],'path':'./em/1',"
        "'axisOrder':{'c':1,'z':2,'y':3,'x':4},'channelIndex':1}],"
        "'defaultViewConfiguration':{'color':[255,128,1],'intensityRange':[0.0,2.0],'min':-1.0,"
        "'max':2.5,'isInverted':true},"
        "'additionalAxes':[{'name':'t','bounds':[0,7],'index':0}],'numChannels':1,"
        "'elementClass':'double'},"
        "{'name':'seg','category':'segmentation',"
        "'boundingBox':{'topLeft':[1,2,3],'width':4,'height':5,'depth':6},'dataFormat':'zarr',"
        "'mags':[{'mag':[1,1,1],'path':'./seg/1','axisOrder':{'z':0,'y':1,'x':2}},"
        "{'mag':[2,2,1],'path':'./seg/2-2-1','axisOrder':{'z':0,'y':1,'x':2}}],"
        "'largestSegmentId':{'customJsonEncoding':'bigint','value':'18446744073709551615'},"
        "'numChannels':1,'elementClass':'uint64'}],'version':1}");
    assert_int_equal(oz_document_read(store, OZ_PROPERTIES_KEY, &written, &err), OZ_FOUND);
    assert_int_equal(oz_document_read(store, "wanted", &wanted, &err), OZ_FOUND);
    assert_true(oz_json_equal(written, wanted));

    OZ_AUTO(oz_properties) again = {0};
    read_from(store, &again);
    assert_int_equal(again.layers[0].t_size, 7);
    assert_int_equal(again.layers[0].color, 0xFF8001);
    assert_int_equal(again.layers[0].mags[0].channel, 1);
    assert_true(again.layers[1].has_largest_id);
    assert_int_equal(again.layers[1].largest_id, UINT64_MAX);
    assert_int_equal(again.layers[1].mags[1].order.c, -1);
}

static void test_write_refuses(void **state)
{
    (void)state;
    struct oz_err err = {0};
    OZ_AUTO_PTR(oz_store) store = oz_store_open_memory(&err);
    struct oz_property_layer layer = {
        .name = "em", .data_format = "zarr3", .dtype = OZ_U16, .channels = 3, .color = -1};
    struct oz_properties p = {.name = "d", .voxel = {1, 1, 1}, .unit = "nanometer"};
    p.layers = &layer;
    p.layer_count = 1;
    assert_false(oz_properties_write(store, &p, &err));
    assert_int_equal(err.code, OZ_EUNSUPPORTED);
    assert_non_null(strstr(err.msg, "em"));
}

/* Reading and adding a mag survive every failing allocation. */
static void test_out_of_memory(void **state)
{
    (void)state;
    OZ_AUTO_PTR(oz_store)
    store =
        store_with(LAYER("'elementClass':'uint8','mags':[{'mag':1},{'mag':2,'path':'./em/2'}]"));
    struct oz_property_mag four = {.mag = {4, 4, 4}, .path = "./em/4", .channel = -1};
    bool done = false;
    for (unsigned long n = 1; !done; n++) {
        struct oz_err err = {0};
        OZ_AUTO(oz_properties) p = {0};
        oz_alloc_fail_at(n);
        done = oz_properties_read(store, &p, &err) == OZ_FOUND &&
               oz_properties_add_mag(&p, "em", &four, &err);
        oz_alloc_fail_at(0);
        if (!done && err.code != OZ_ENOMEM) {
            fail_msg("allocation %lu: %s", n, err.msg);
        }
        assert_true(n < 500);
    }
}

/* Documents of real datasets, where they are at hand. */
static void test_real_documents(void **state)
{
    (void)state;
    static const char *const names[] = {
        "complex_property_ds", "old_wkw_dataset",      "simple_n5_dataset",   "simple_ng_dataset",
        "simple_wkw_dataset",  "simple_zarr3_dataset", "simple_zarr_dataset", "4D/4D_series_zarr3"};
    const char *data = getenv("OMEZARR_TEST_DATA");
    if (data == NULL) {
        skip();
    }
    for (size_t i = 0; i < OZ_LENGTH(names); i++) {
        struct oz_err err = {0};
        OZ_AUTO(oz_properties) p = {0};
        OZ_AUTO_FREE char *folder =
            oz_format(&err, "%s/data/webknossos-libs-testdata/%s", data, names[i]);
        enum oz_path_kind kind = OZ_PATH_MISSING;
        if (!oz_path_kind(folder, &kind, &err) || kind != OZ_PATH_FOLDER) {
            continue;
        }
        OZ_AUTO_PTR(oz_store) store = oz_store_open(folder, &err);
        read_from(store, &p);
        for (size_t k = 0; k < p.layer_count; k++) {
            assert_null(p.layers[k].problem);
            assert_true(p.layers[k].mag_count > 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_old_spelling),
        cmocka_unit_test(test_axes_and_view),
        cmocka_unit_test(test_element_classes),
        cmocka_unit_test(test_broken_layers),
        cmocka_unit_test(test_refused_documents),
        cmocka_unit_test(test_add_mag),
        cmocka_unit_test(test_write),
        cmocka_unit_test(test_write_refuses),
        cmocka_unit_test(test_out_of_memory),
        cmocka_unit_test(test_real_documents),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
