/* SPDX-License-Identifier: Apache-2.0 */
/* Opening whatever lies at a path: datasets, layers, images, groups of images, arrays, and broken
 * ones. Only metadata is written; the arrays have no chunks. */
#include "ops/open_dataset.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/path.h"

struct place {
    char folder[64];
    struct oz_store *store;
};

static int set_up(void **state)
{
    struct oz_err err = {0};
    struct place *place = oz_alloc(1, sizeof *place, &err);
    snprintf(place->folder, sizeof place->folder, "/tmp/omezarr-open-XXXXXX");
    if (mkdtemp(place->folder) == NULL) {
        return -1;
    }
    place->store = oz_store_open(place->folder, &err);
    *state = place;
    return place->store == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
    struct oz_err err = {0};
    struct place *place = *state;
    oz_store_close(place->store);
    bool removed = oz_folder_remove(place->folder, &err);
    oz_free(place);
    return removed ? 0 : -1;
}

/* Write a document; the JSON of the tests has ' where JSON has ". */
static void put(struct place *place, const char *key, const char *text)
{
    struct oz_err err = {0};
    OZ_AUTO_FREE char *copy = oz_strdup(text, &err);
    for (char *c = copy; *c != '\0'; c++) {
        *c = *c == '\'' ? '"' : *c;
    }
    if (!oz_store_put(place->store, key, copy, strlen(copy), &err)) {
        fail_msg("%s", err.msg);
    }
}

static void put_v3(struct place *place, const char *folder, const char *shape, const char *chunk)
{
    struct oz_err err = {0};
    OZ_AUTO_FREE char *key = oz_format(&err, "%s/zarr.json", folder);
    OZ_AUTO_FREE char *text =
        oz_format(&err,
                  "{'zarr_format':3,'node_type':'array','shape':%s,'data_type':'uint16',"
                  "'chunk_grid':{'name':'regular','configuration':{'chunk_shape':%s}},"
                  "'chunk_key_encoding':{'name':'default','configuration':{'separator':'/'}},"
                  "'fill_value':0,'codecs':[{'name':'bytes','configuration':{'endian':'little'}}],"
                  "'attributes':{}}",
                  shape, chunk);
    put(place, key, text);
}

static void put_v2(struct place *place, const char *folder, const char *shape, const char *chunk)
{
    struct oz_err err = {0};
    OZ_AUTO_FREE char *key = oz_format(&err, "%s/.zarray", folder);
    OZ_AUTO_FREE char *text = oz_format(
        &err,
        "{'zarr_format':2,'shape':%s,'chunks':%s,'dtype':'<u2','fill_value':0,'order':'C',"
        "'compressor':null,'filters':null,'dimension_separator':'/'}",
        shape, chunk);
    put(place, key, text);
}

static void put_group(struct place *place, const char *folder, const char *attributes)
{
    struct oz_err err = {0};
    OZ_AUTO_FREE char *key = oz_path_join(folder, "zarr.json", &err);
    OZ_AUTO_FREE char *text =
        oz_format(&err, "{'zarr_format':3,'node_type':'group','attributes':%s}", attributes);
    put(place, key, text);
}

static void open_at(struct place *place, const char *name, struct oz_dataset_view *view)
{
    struct oz_err err = {0};
    OZ_AUTO_FREE char *path = oz_path_join(place->folder, name, &err);
    if (!oz_dataset_view_open(path, view, &err)) {
        fail_msg("%s", err.msg);
    }
}

static void assert_not_open(struct place *place, const char *name, enum oz_code code,
                            const char *word)
{
    struct oz_err err = {0};
    struct oz_dataset_view view = {0};
    OZ_AUTO_FREE char *path = oz_path_join(place->folder, name, &err);
    assert_false(oz_dataset_view_open(path, &view, &err));
    if (err.code != code || strstr(err.msg, word) == NULL) {
        fail_msg("code %d: %s", err.code, err.msg);
    }
}

static void assert_mag(const struct oz_level_view *level, uint32_t x, uint32_t y, uint32_t z)
{
    if (level->mag.x != x || level->mag.y != y || level->mag.z != z) {
        fail_msg("%s: mag %u-%u-%u, expected %u-%u-%u", level->path, level->mag.x, level->mag.y,
                 level->mag.z, x, y, z);
    }
}

static void assert_zyx(const uint64_t got[3], uint64_t z, uint64_t y, uint64_t x)
{
    assert_int_equal(got[0], z);
    assert_int_equal(got[1], y);
    assert_int_equal(got[2], x);
}

#define PROPERTIES "datasource-properties.json"
#define HEAD                                                                                       \
    "'version':1,'id':{'name':'ds','team':''},'scale':{'factor':[4,4,40],'unit':'nanometer'}"

/* A dataset as WEBKNOSSOS writes it: c,x,y,z, padded shapes, a box that does not begin at 0, mags
 * in any order. */
static void test_webknossos(void **state)
{
    struct place *place = *state;
    put(place, PROPERTIES,
        "{" HEAD ",'dataLayers':[{'name':'em','category':'color','dataFormat':'zarr3',"
        "'elementClass':'uint16','numChannels':1,"
        "'boundingBox':{'topLeft':[5,6,7],'width':100,'height':50,'depth':9},"
        "'mags':[{'mag':[2,2,1],'path':'./em/2-2-1'},{'mag':[1,1,1],'path':'./em/1'},"
        "{'mag':[4,4,2],'path':'./em/4-4-2'}]}]}");
    put_group(place, "", "{}");
    put_group(place, "em", "{}");
    put_v3(place, "em/1", "[1,256,256,256]", "[1,32,32,32]");
    put_v3(place, "em/2-2-1", "[1,256,256,256]", "[1,32,32,32]");
    OZ_AUTO(oz_dataset_view) view = {0};
    open_at(place, "", &view);
    assert_true(view.has_properties);
    assert_string_equal(view.name, "ds");
    assert_int_equal(view.zarr_format, 3);
    assert_int_equal(view.layer_count, 1);
    const struct oz_layer_view *layer = &view.layers[0];
    assert_int_equal(layer->kind, OZ_VIEW_WEBKNOSSOS);
    assert_int_equal(layer->category, OZ_CATEGORY_COLOR);
    assert_string_equal(layer->group, "em");
    assert_int_equal(layer->dtype, OZ_U16);
    assert_int_equal(layer->size[0], 100);
    assert_true(layer->voxel[2] == 40.0);
    assert_int_equal(layer->level_count, 3);
    assert_mag(&layer->levels[0], 1, 1, 1);
    assert_mag(&layer->levels[1], 2, 2, 1);
    assert_mag(&layer->levels[2], 4, 4, 2);
    assert_zyx(layer->levels[0].origin, 7, 6, 5);
    assert_zyx(layer->levels[0].extent, 9, 50, 100);
    assert_zyx(layer->levels[1].origin, 7, 3, 2);
    assert_zyx(layer->levels[1].extent, 9, 25, 51); /* 5..105 in steps of 2: 2..53 */
    assert_int_equal(layer->levels[0].order.x, 1);
    assert_int_equal(layer->levels[0].order.t, -1);
    assert_int_equal(layer->levels[0].c_size, 1);
    assert_null(layer->levels[2].array);
    assert_non_null(strstr(layer->levels[2].problem, "em/4-4-2"));

    OZ_AUTO(oz_dataset_view) inside = {0};
    open_at(place, "em/", &inside);
    assert_true(inside.has_properties);
    assert_int_equal(inside.layer_count, 1);
    assert_zyx(inside.layers[0].levels[0].extent, 9, 50, 100);

    OZ_AUTO(oz_dataset_view) by_file = {0};
    open_at(place, PROPERTIES, &by_file);
    assert_int_equal(by_file.layer_count, 1);
}

#define AXES3                                                                                      \
    "'axes':[{'name':'z','type':'space','unit':'nanometer'},"                                      \
    "{'name':'y','type':'space','unit':'nanometer'},"                                              \
    "{'name':'x','type':'space','unit':'nanometer'}]"
#define LEVEL(path, z, y, x)                                                                       \
    "{'path':'" path "','coordinateTransformations':[{'type':'scale','scale':[" #z "," #y "," #x   \
    "]}]}"

/* A dataset of ours: one array with channels shown as layers, and time. */
static void test_ours(void **state)
{
    struct place *place = *state;
    put(place, PROPERTIES,
        "{" HEAD ",'dataLayers':["
        "{'name':'a__channel0','category':'color','dataFormat':'zarr3','elementClass':'uint16',"
        "'numChannels':1,'boundingBox':{'topLeft':[0,0,0],'width':30,'height':20,'depth':10},"
        "'additionalAxes':[{'name':'t','bounds':[0,4],'index':0}],"
        "'mags':[{'mag':[1,1,1],'path':'./a/1','channelIndex':0,"
        "'axisOrder':{'c':1,'z':2,'y':3,'x':4}}]},"
        "{'name':'a__channel1','category':'color','dataFormat':'zarr3','elementClass':'uint16',"
        "'numChannels':1,'boundingBox':{'topLeft':[0,0,0],'width':30,'height':20,'depth':10},"
        "'additionalAxes':[{'name':'t','bounds':[0,4],'index':0}],"
        "'mags':[{'mag':[1,1,1],'path':'./a/1','channelIndex':1,"
        "'axisOrder':{'c':1,'z':2,'y':3,'x':4}}]},"
        "{'name':'seg','category':'segmentation','dataFormat':'zarr3','elementClass':'uint16',"
        "'numChannels':1,'boundingBox':{'topLeft':[0,0,0],'width':30,'height':20,'depth':10},"
        "'mags':[{'mag':[1,1,1],'path':'./seg/1','channelIndex':9,"
        "'axisOrder':{'c':1,'z':2,'y':3,'x':4}}]},"
        "{'name':'far','category':'color','dataFormat':'zarr3','elementClass':'uint16',"
        "'boundingBox':{'topLeft':[0,0,0],'width':30,'height':20,'depth':10},"
        "'mags':[{'mag':[1,1,1],'path':'s3://host/bucket/key'},{'mag':[2,2,2],'path':'../x/2'}]}"
        "]}");
    put_group(
        place, "a",
        "{'ome':{'version':'0.5','multiscales':[{'metadata':{'software':'omezarr'},"
        "'axes':[{'name':'t','type':'time'},{'name':'c','type':'channel'},"
        "{'name':'z','type':'space'},{'name':'y','type':'space'},{'name':'x','type':'space'}],"
        "'datasets':[{'path':'1','coordinateTransformations':[{'type':'scale',"
        "'scale':[1,1,40,4,4]}]}]}]}}");
    put_v3(place, "a/1", "[4,2,10,20,30]", "[1,1,8,8,8]");
    put_v3(place, "seg/1", "[1,2,10,20,30]", "[1,1,8,8,8]");
    OZ_AUTO(oz_dataset_view) view = {0};
    open_at(place, "", &view);
    assert_int_equal(view.layer_count, 4);
    assert_int_equal(view.layers[0].kind, OZ_VIEW_OURS);
    assert_int_equal(view.layers[0].array_of, 0);
    assert_int_equal(view.layers[1].array_of, 0);
    assert_int_equal(view.layers[2].array_of, 2);
    assert_int_equal(view.layers[1].channel, 1);
    const struct oz_level_view *level = &view.layers[1].levels[0];
    assert_int_equal(level->t_size, 4);
    assert_int_equal(level->c_size, 2);
    assert_zyx(level->extent, 10, 20, 30);
    assert_ptr_equal(level->ome, &view.layers[1].image.levels[0]);
    assert_non_null(strstr(view.layers[2].levels[0].problem, "channelIndex"));
    assert_non_null(strstr(view.layers[3].levels[0].problem, "s3://host"));
    assert_non_null(strstr(view.layers[3].levels[1].problem, "../x"));

    struct oz_err err = {0};
    assert_ptr_equal(oz_dataset_view_find(&view, "seg", &err), &view.layers[2]);
    assert_null(oz_dataset_view_find(&view, "nothing", &err));
    assert_int_equal(err.code, OZ_ENOTFOUND);
    assert_non_null(strstr(err.msg, "a__channel0, a__channel1, seg"));

    OZ_AUTO(oz_dataset_view) inside = {0};
    open_at(place, "a", &inside);
    assert_int_equal(inside.layer_count, 2);
}

/* Scales that were made from rounded sizes, levels out of order, units that differ. */
static void test_image(void **state)
{
    struct place *place = *state;
    put_group(
        place, "",
        "{'ome':{'version':'0.5','multiscales':[{'name':'img','axes':["
        "{'name':'z','type':'space','unit':'micrometer'},"
        "{'name':'y','type':'space','unit':'nanometer'},"
        "{'name':'x','type':'space','unit':'nm'}],'datasets':[" LEVEL(
            "5", 0.04, 117.77,
            117.77) "," LEVEL("0", 0.04, 4,
                              4) "," LEVEL("1", 0.04, 7.97,
                                           7.97) "," LEVEL("3", 0.12, 12,
                                                           12) ","
                                                               "{'path':'gone','"
                                                               "coordinateTransformations':[{'type'"
                                                               ":'scale','scale':[0.04,64,64]}]}"
                                                               "]}]}}");
    put_v3(place, "0", "[30,265,265]", "[8,8,8]");
    put_v3(place, "1", "[30,133,133]", "[8,8,8]");
    put_v3(place, "3", "[10,89,89]", "[8,8,8]");
    put_v3(place, "5", "[30,9,9]", "[8,8,8]");
    OZ_AUTO(oz_dataset_view) view = {0};
    open_at(place, "", &view);
    assert_false(view.has_properties);
    assert_int_equal(view.layer_count, 1);
    const struct oz_layer_view *layer = &view.layers[0];
    assert_string_equal(layer->name, "img");
    assert_string_equal(layer->group, "");
    assert_int_equal(layer->kind, OZ_VIEW_OME);
    assert_int_equal(layer->category, OZ_CATEGORY_AUTO);
    assert_string_equal(layer->unit, "nanometer");
    assert_true(fabs(layer->voxel[0] - 4) < 1e-12 && fabs(layer->voxel[2] - 40) < 1e-12);
    assert_string_equal(layer->levels[0].path, "0");
    assert_mag(&layer->levels[0], 1, 1, 1);
    assert_mag(&layer->levels[1], 2, 2, 1);
    assert_mag(&layer->levels[2], 3, 3, 3);
    assert_mag(&layer->levels[3], 32, 32, 1);
    assert_string_equal(layer->levels[4].path, "gone");
    assert_mag(&layer->levels[4], 16, 16, 1);
    assert_non_null(layer->levels[4].problem);
}

/* Old versions: no axes and no scales; the array has fewer axes than t,c,z,y,x. Axes by name. */
static void test_old_image(void **state)
{
    struct place *place = *state;
    put(place, "old/.zgroup", "{'zarr_format':2}");
    put(place, "old/.zattrs",
        "{'multiscales':[{'version':'0.1','datasets':[{'path':'a'},"
        "{'path':'b'}]}]}");
    put_v2(place, "old/a", "[3,9,10,12]", "[1,4,4,4]");
    put_v2(place, "old/b", "[3,5,5,6]", "[1,4,4,4]");
    put(place, "odd/.zgroup", "{'zarr_format':2}");
    put(place, "odd/.zattrs",
        "{'multiscales':[{'version':'0.4','axes':[{'name':'c','type':'channel'},"
        "{'name':'x','type':'space'},{'name':'y','type':'space'},{'name':'z','type':'space'}],"
        "'datasets':[{'path':'0'}]}]}");
    put_v2(place, "odd/0", "[2,30,20,10]", "[1,4,4,4]");
    put(place, "unnamed/.zgroup", "{'zarr_format':2}");
    put(place, "unnamed/.zattrs",
        "{'multiscales':[{'axes':[{'name':'dim_0','type':'space'},"
        "{'name':'dim_1','type':'space'},{'name':'q','type':'lifetime'}],"
        "'datasets':[{'path':'0'}]}]}");
    put_v2(place, "unnamed/0", "[20,30,7]", "[4,4,4]");

    OZ_AUTO(oz_dataset_view) old = {0};
    open_at(place, "old", &old);
    const struct oz_level_view *levels = old.layers[0].levels;
    assert_int_equal(levels[0].order.t, -1);
    assert_int_equal(levels[0].order.c, 0);
    assert_int_equal(levels[0].order.x, 3);
    assert_int_equal(levels[0].c_size, 3);
    assert_mag(&levels[1], 2, 2, 2);
    assert_int_equal(old.zarr_format, 2);

    OZ_AUTO(oz_dataset_view) odd = {0};
    open_at(place, "odd/.zattrs", &odd);
    assert_int_equal(odd.layers[0].levels[0].order.x, 1);
    assert_int_equal(odd.layers[0].levels[0].order.z, 3);
    assert_zyx(odd.layers[0].levels[0].extent, 10, 20, 30);

    OZ_AUTO(oz_dataset_view) unnamed = {0};
    open_at(place, "unnamed", &unnamed);
    assert_zyx(unnamed.layers[0].levels[0].extent, 1, 20, 30);
    assert_int_equal(unnamed.layers[0].levels[0].c_size, 7);
    assert_true(unnamed.layers[0].unit == NULL);

    OZ_AUTO(oz_dataset_view) all = {0}; /* no metadata above: the children that are images */
    open_at(place, "", &all);
    assert_int_equal(all.layer_count, 3);
    assert_string_equal(all.layers[0].name, "odd");
    assert_string_equal(all.layers[1].group, "old");
}

#define IMAGE                                                                                      \
    "{'ome':{'version':'0.5','multiscales':[{" AXES3 ",'datasets':[" LEVEL("0", 1, 1, 1) "]}]}}"

static void put_image(struct place *place, const char *group)
{
    struct oz_err err = {0};
    OZ_AUTO_FREE char *array = oz_format(&err, "%s/0", group);
    put_group(place, group, IMAGE);
    put_v3(place, array, "[4,5,6]", "[4,4,4]");
}

static void test_groups_of_images(void **state)
{
    struct place *place = *state;
    put_group(place, "series", "{'ome':{'version':'0.5','bioformats2raw.layout':3}}");
    put_group(place, "series/OME", "{'ome':{'version':'0.5','series':['b','a','missing']}}");
    put_image(place, "series/a");
    put_image(place, "series/b");
    put_image(place, "series/c");
    put_image(place, "series/b/labels/cells");
    put_group(place, "series/b/labels", "{'ome':{'labels':['cells','gone']}}");
    put_group(place, "numbers", "{'bioformats2raw.layout':'3'}");
    put_image(place, "numbers/0");
    put_image(place, "numbers/1");
    put_image(place, "numbers/3");

    OZ_AUTO(oz_dataset_view) series = {0};
    open_at(place, "series", &series);
    assert_int_equal(series.layer_count, 3);
    assert_string_equal(series.layers[0].name, "b");
    assert_string_equal(series.layers[1].name, "b/labels/cells");
    assert_int_equal(series.layers[1].category, OZ_CATEGORY_SEGMENTATION);
    assert_string_equal(series.layers[2].name, "a");
    assert_string_equal(series.layers[2].levels[0].path, "a/0");

    OZ_AUTO(oz_dataset_view) numbers = {0};
    open_at(place, "numbers", &numbers);
    assert_int_equal(numbers.layer_count, 2);
}

static void test_array_alone(void **state)
{
    struct place *place = *state;
    put_v3(place, "plain", "[4,5,6]", "[4,4,4]");
    put_v2(place, "old", "[2,3,4,5,6]", "[1,1,4,4,4]");
    put(place, "old/.zattrs", "{'_ARRAY_DIMENSIONS':['x','y','z','c','t']}");
    OZ_AUTO(oz_dataset_view) plain = {0};
    open_at(place, "plain", &plain);
    assert_int_equal(plain.layers[0].kind, OZ_VIEW_ARRAY);
    assert_zyx(plain.layers[0].levels[0].extent, 4, 5, 6);
    OZ_AUTO(oz_dataset_view) old = {0};
    open_at(place, "old", &old);
    assert_zyx(old.layers[0].levels[0].extent, 4, 3, 2);
    assert_int_equal(old.layers[0].levels[0].t_size, 6);
}

static void test_nothing_there(void **state)
{
    struct place *place = *state;
    assert_not_open(place, "missing", OZ_ENOTFOUND, "does not exist");
    assert_not_open(place, "", OZ_ENOTFOUND, "neither a dataset");
    put(place, "file.txt", "x");
    assert_not_open(place, "file.txt", OZ_EFORMAT, "it is a file");
    put_group(place, "plate", "{'ome':{'version':'0.5','plate':{}}}");
    assert_not_open(place, "plate", OZ_EUNSUPPORTED, "plate");
    put(place, "bad/" PROPERTIES, "{");
    assert_not_open(place, "bad", OZ_EFORMAT, PROPERTIES);
    struct oz_err err = {0};
    struct oz_dataset_view view = {0};
    assert_false(oz_dataset_view_open("s3://bucket/x", &view, &err));
    assert_int_equal(err.code, OZ_EUNSUPPORTED);
}

/* What is broken is told beside what is not. */
static void test_broken(void **state)
{
    struct place *place = *state;
    put_group(place, "bad", "{'ome':{'multiscales':[{'axes':7,'datasets':7}]}}");
    put_image(place, "good");
    put_image(place, "rank");
    put_v3(place, "rank/0", "[5,6]", "[4,4]");
    put_image(place, "zero");
    put_v3(place, "zero/0", "[0,5,6]", "[4,4,4]");
    put_image(place, "torn");
    put(place, "torn/0/zarr.json", "{'zarr_format':3,");
    OZ_AUTO(oz_dataset_view) view = {0};
    open_at(place, "", &view);
    assert_int_equal(view.layer_count, 5);
    assert_string_equal(view.layers[0].name, "bad");
    assert_non_null(strstr(view.layers[0].problem, "datasets"));
    assert_non_null(view.layers[1].levels[0].array);
    assert_non_null(strstr(view.layers[2].levels[0].problem, "2 axes"));
    assert_non_null(strstr(view.layers[3].levels[0].problem, "torn/0"));
    assert_non_null(strstr(view.layers[4].levels[0].problem, "no voxels along z"));

    char *text = NULL;
    struct oz_err err = {0};
    assert_true(oz_info(place->folder, &text, &err));
    OZ_AUTO_PTR(oz_json) info = oz_json_parse(text, strlen(text), &err);
    oz_text_free(text);
    const struct oz_json *layers = oz_json_get(info, "layers");
    assert_int_equal(oz_json_length(layers), 5);
    assert_non_null(oz_json_to_text(oz_json_get(oz_json_at(layers, 0), "error")));
    const struct oz_json *mags = oz_json_get(oz_json_at(layers, 3), "mags");
    assert_non_null(oz_json_to_text(oz_json_get(oz_json_at(mags, 0), "error")));
}

/* Sizes, bytes and totals of the report; layers of one array count once. */
static void test_info(void **state)
{
    struct place *place = *state;
    put(place, PROPERTIES,
        "{" HEAD ",'dataLayers':["
        "{'name':'c0','category':'color','dataFormat':'zarr3','elementClass':'uint16',"
        "'boundingBox':{'topLeft':[0,0,0],'width':6,'height':5,'depth':4},"
        "'defaultViewConfiguration':{'min':1,'max':9,'color':[255,0,0]},"
        "'mags':[{'mag':1,'path':'./a/1','channelIndex':0,'axisOrder':{'c':0,'z':1,'y':2,'x':3}}]},"
        "{'name':'c1','category':'color','dataFormat':'zarr3','elementClass':'uint16',"
        "'boundingBox':{'topLeft':[0,0,0],'width':6,'height':5,'depth':4},"
        "'mags':[{'mag':1,'path':'./a/1','channelIndex':1,'axisOrder':{'c':0,'z':1,'y':2,'x':3}}]}"
        "]}");
    put_v3(place, "a/1", "[2,8,8,8]", "[1,4,4,4]");
    put(place, "a/1/c/0/0/0/0", "0123456789");
    put(place, "a/1/c/1/0/0/0", "01234");
    char *text = NULL;
    struct oz_err err = {0};
    assert_true(oz_info(place->folder, &text, &err));
    OZ_AUTO_PTR(oz_json) info = oz_json_parse(text, strlen(text), &err);
    oz_text_free(text);
    uint64_t number = 0;
    assert_true(oz_json_to_u64(oz_json_get(info, "bytes"), &number));
    assert_int_equal(number, 2 * 4 * 5 * 6 * 2);
    assert_true(oz_json_to_u64(oz_json_get(info, "stored_bytes"), &number));
    assert_int_equal(number, 15);
    assert_string_equal(oz_json_to_text(oz_json_get(info, "kind")), "webknossos");
    const struct oz_json *first = oz_json_at(oz_json_get(info, "layers"), 0);
    const struct oz_json *second = oz_json_at(oz_json_get(info, "layers"), 1);
    const struct oz_json *channel = oz_json_at(oz_json_get(first, "channels"), 0);
    assert_string_equal(oz_json_to_text(oz_json_get(channel, "color")), "FF0000");
    assert_string_equal(oz_json_to_text(oz_json_get(second, "array_of")), "c0");
    assert_true(oz_json_to_u64(oz_json_get(second, "channel"), &number));
    assert_int_equal(number, 1);
    double physical = 0;
    assert_true(oz_json_to_double(oz_json_get(oz_json_get(first, "physical"), "z"), &physical));
    assert_true(physical == 160.0);
    const struct oz_json *mag = oz_json_at(oz_json_get(first, "mags"), 0);
    assert_string_equal(oz_json_to_text(oz_json_get(mag, "mag")), "1");
    assert_true(oz_json_to_u64(oz_json_get(mag, "objects"), &number));
    assert_int_equal(number, 2);
}

static void test_out_of_memory(void **state)
{
    struct place *place = *state;
    put_image(place, "a");
    put_image(place, "b");
    bool done = false;
    for (unsigned long n = 1; !done; n++) {
        struct oz_err err = {0};
        char *text = NULL;
        oz_alloc_fail_at(n);
        done = oz_info(place->folder, &text, &err);
        oz_alloc_fail_at(0);
        if (!done && err.code != OZ_ENOMEM) {
            fail_msg("allocation %lu: %d %s", n, err.code, err.msg);
        }
        oz_text_free(text);
        assert_true(n < 5000);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_webknossos),
        TEST(test_ours),
        TEST(test_image),
        TEST(test_old_image),
        TEST(test_groups_of_images),
        TEST(test_array_alone),
        TEST(test_nothing_there),
        TEST(test_broken),
        TEST(test_info),
        TEST(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
