/* SPDX-License-Identifier: Apache-2.0 */
/* OME-Zarr metadata: what readers meet in the wild, what we write, what an update keeps. */
#include "ome/ome.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"

/* The JSON of the tests has ' where JSON has ". */
static struct oz_json *parse(const char *text)
{
    struct oz_err err = {0};
    char *copy = oz_strdup(text, &err);
    assert_non_null(copy);
    for (char *c = copy; *c != '\0'; c++) {
        *c = *c == '\'' ? '"' : *c;
    }
    struct oz_json *value = oz_json_parse(copy, strlen(copy), &err);
    if (value == NULL) {
        fail_msg("%s in %s", err.msg, copy);
    }
    oz_free(copy);
    return value;
}

static void read_image(const char *text, struct oz_ome_image *image)
{
    struct oz_err err = {0};
    OZ_AUTO_PTR(oz_json) attributes = parse(text);
    if (oz_ome_image_read(attributes, image, &err) != OZ_FOUND) {
        fail_msg("%s: %s", text, err.msg);
    }
}

static void assert_refused(const char *text, enum oz_code code, const char *word)
{
    struct oz_err err = {0};
    struct oz_ome_image image = {0};
    OZ_AUTO_PTR(oz_json) attributes = parse(text);
    assert_int_equal(oz_ome_image_read(attributes, &image, &err), OZ_FAILED);
    assert_int_equal(err.code, code);
    if (strstr(err.msg, word) == NULL) {
        fail_msg("'%s' is not in '%s'", word, err.msg);
    }
    assert_null(image.levels);
}

static bool near(double a, double b)
{
    return fabs(a - b) <= 1e-12 * fmax(1.0, fabs(b));
}

#define ZYX                                                                                        \
    "'axes':[{'name':'z','type':'space','unit':'micrometer'},"                                     \
    "{'name':'y','type':'space','unit':'micrometer'},"                                             \
    "{'name':'x','type':'space','unit':'micrometer'}]"
#define DATASETS(transforms)                                                                       \
    "'datasets':[{'path':'0','coordinateTransformations':[" transforms "]}]"

static void test_versions(void **state)
{
    (void)state;
    const struct {
        const char *text;
        const char *version;
    } cases[] = {
        {"{'multiscales':[{'version':'0.4'," ZYX "," DATASETS("") "}]}", "0.4"},
        {"{'multiscales':[{'version':0.4," ZYX "," DATASETS("") "}]}", "0.4"},
        {"{'multiscales':[{" ZYX "," DATASETS("") "}]}", "0.4"},
        {"{'multiscales':[{'version':'abc123'," ZYX "," DATASETS("") "}]}", "0.4"},
        {"{'multiscales':[{'version':'0.3','axes':['z','y','x']," DATASETS("") "}]}", "0.3"},
        {"{'ome':{'version':'0.5','multiscales':[{" ZYX "," DATASETS("") "}]}}", "0.5"},
        {"{'ome':{'multiscales':[{'version':'0.4'," ZYX "," DATASETS("") "}]}}", "0.5"},
        {"{'ome':{},'multiscales':[{" ZYX "," DATASETS("") "}]}", "0.4"},
    };
    for (size_t i = 0; i < OZ_LENGTH(cases); i++) {
        OZ_AUTO(oz_ome_image) image = {0};
        read_image(cases[i].text, &image);
        assert_string_equal(image.version, cases[i].version);
        assert_int_equal(image.rank, 3);
        assert_string_equal(image.axes[0].type, "space");
    }
}

static void test_missing(void **state)
{
    (void)state;
    static const char *const texts[] = {"{}", "{'ome':{'version':'0.5'}}", "{'multiscales':[]}",
                                        "{'multiscales':null}", "[]"};
    for (size_t i = 0; i < OZ_LENGTH(texts); i++) {
        struct oz_err err = {0};
        struct oz_ome_image image = {0};
        OZ_AUTO_PTR(oz_json) attributes = parse(texts[i]);
        assert_int_equal(oz_ome_image_read(attributes, &image, &err), OZ_MISSING);
    }
    struct oz_err err = {0};
    struct oz_ome_image image = {0};
    assert_int_equal(oz_ome_image_read(NULL, &image, &err), OZ_MISSING);
}

static void test_axes(void **state)
{
    (void)state;
    OZ_AUTO(oz_ome_image) old = {0};
    read_image("{'multiscales':[{'datasets':[{'path':'0'},{'path':'1'}]}]}", &old);
    assert_true(old.axes_assumed);
    assert_int_equal(old.rank, 5);
    assert_string_equal(old.axes[0].name, "t");
    assert_string_equal(old.axes[0].type, "time");
    assert_string_equal(old.axes[1].type, "channel");
    assert_string_equal(old.axes[4].name, "x");
    assert_int_equal(old.level_count, 2);
    assert_true(old.levels[1].scale_unknown);
    assert_true(near(old.levels[1].scale[4], 1.0));

    OZ_AUTO(oz_ome_image) odd = {0};
    read_image("{'multiscales':[{'axes':[{'name':'T','type':null},{'name':'C'},"
               "{'name':'q','type':'lifetime'},{'name':'Y','unit':' '},"
               "{'name':'X','units':'um'}]," DATASETS("") "}]}",
               &odd);
    assert_string_equal(odd.axes[0].name, "T");
    assert_string_equal(odd.axes[0].type, "time");
    assert_string_equal(odd.axes[1].type, "channel");
    assert_string_equal(odd.axes[2].type, "lifetime");
    assert_null(odd.axes[3].unit);
    assert_string_equal(odd.axes[4].type, "space");
    assert_string_equal(odd.axes[4].unit, "um");
}

/* The legal and the three illegal orders of scale and translation, each applied as it stands. */
static void test_transforms(void **state)
{
    (void)state;
    const struct {
        const char *dataset, *multiscale;
        double scale[3], translation[3];
    } cases[] = {
        {"{'type':'scale','scale':[4,2,1]},{'type':'translation','translation':[10,20,30]}",
         "",
         {4, 2, 1},
         {10, 20, 30}},
        {"{'type':'translation','translation':[10,20,30]},{'type':'scale','scale':[4,2,1]}",
         "",
         {4, 2, 1},
         {40, 40, 30}},
        {"{'type':'scale','scale':[4,2,1]},{'type':'scale','scale':[1,2,3]}", "", {4, 4, 3}, {0}},
        {"{'type':'translation','translation':[1,2,3]}", "", {1, 1, 1}, {1, 2, 3}},
        {"{'type':'identity'}", "{'type':'identity'}", {1, 1, 1}, {0}},
        {"{'type':'scale','scale':[4,2,1]},{'type':'translation','translation':[1,1,1]}",
         "{'type':'scale','scale':[0.5,10,2]},{'type':'translation','translation':[100,0,0]}",
         {2, 20, 2},
         {100.5, 10, 2}},
        {"{'type':'scale','scale':[2,3]},{'type':'translation','translation':[7]}",
         "",
         {1, 2, 3},
         {0, 0, 7}},
        {"{'type':'scale','scale':[9,9,4,2,1]}", "", {4, 2, 1}, {0}},
        {"{'type':'scale','scale':[0,NaN,-2]}", "", {1, 1, -2}, {0}},
    };
    for (size_t n = 0; n < OZ_LENGTH(cases); n++) {
        OZ_AUTO(oz_ome_image) image = {0};
        struct oz_err err = {0};
        OZ_AUTO_FREE char *text =
            oz_format(&err,
                      "{'multiscales':[{" ZYX ",'coordinateTransformations':[%s],"
                      "'datasets':[{'path':'0','coordinateTransformations':[%s]}]}]}",
                      cases[n].multiscale, cases[n].dataset);
        read_image(text, &image);
        for (int i = 0; i < 3; i++) {
            if (!near(image.levels[0].scale[i], cases[n].scale[i]) ||
                !near(image.levels[0].translation[i], cases[n].translation[i])) {
                fail_msg("case %zu axis %d: scale %g translation %g", n, i,
                         image.levels[0].scale[i], image.levels[0].translation[i]);
            }
        }
    }
}

static void test_paths(void **state)
{
    (void)state;
    OZ_AUTO(oz_ome_image) image = {0};
    read_image("{'multiscales':[{" ZYX ",'datasets':[{'path':'./scale0/image/'},{'path':'a b'}]}]}",
               &image);
    assert_string_equal(image.levels[0].path, "scale0/image");
    assert_string_equal(image.levels[1].path, "a b");
    assert_refused("{'multiscales':[{" ZYX ",'datasets':[{'path':'../0'}]}]}", OZ_EFORMAT, "..");
    assert_refused("{'multiscales':[{" ZYX ",'datasets':[{'path':'/etc'}]}]}", OZ_EFORMAT,
                   "datasets[0]");
}

static void test_omero(void **state)
{
    (void)state;
    OZ_AUTO(oz_ome_image) image = {0};
    read_image("{'ome':{'multiscales':[{" ZYX
               "," DATASETS("") "}],"
                                "'omero':{'rdefs':{'defaultT':3,'defaultZ':9},'channels':["
                                "{'label':'DAPI','color':'0000fF','inverted':true,'active':false,"
                                "'window':{'min':-1,'max':300.5,'start':10,'end':20}},"
                                "{'color':'#00ff80','window':{'start':5,'end':6}},"
                                "{'color':16711935,'window':{'min':5,'max':7}},"
                                "{},{'color':'red','label':7}]}}}",
               &image);
    assert_int_equal(image.channel_count, 5);
    const struct oz_ome_channel *c = image.channels;
    assert_string_equal(c[0].label, "DAPI");
    assert_int_equal(c[0].color, 0x0000FF);
    assert_true(c[0].inverted && !c[0].active && !c[0].window_unknown);
    assert_true(near(c[0].min, -1) && near(c[0].max, 300.5) && near(c[0].start, 10));
    assert_int_equal(c[1].color, 0x00FF80);
    assert_true(near(c[1].min, 5) && near(c[1].max, 6) && c[1].active);
    assert_int_equal(c[2].color, 0xFF00FF);
    assert_true(near(c[2].start, 5) && near(c[2].end, 7));
    assert_true(c[3].window_unknown && c[3].label == NULL);
    assert_true(c[4].label == NULL);
    assert_int_equal(image.default_t, 3);
    assert_int_equal(image.default_z, 9);

    OZ_AUTO(oz_ome_image) bare = {0};
    read_image("{'multiscales':[{" ZYX "," DATASETS("") "}],'omero':{'channels':[{}]}}", &bare);
    assert_int_equal(bare.channels[0].color, 0xFFFFFF);
}

static void test_refused(void **state)
{
    (void)state;
    assert_refused("{'multiscales':7}", OZ_EFORMAT, "expected an array");
    assert_refused("{'multiscales':[3]}", OZ_EFORMAT, "expected an object");
    assert_refused("{'multiscales':[{" ZYX "}]}", OZ_EFORMAT, "datasets");
    assert_refused("{'multiscales':[{" ZYX ",'datasets':[]}]}", OZ_EFORMAT, "datasets");
    assert_refused("{'multiscales':[{" ZYX ",'datasets':[{}]}]}", OZ_EFORMAT, "path");
    assert_refused("{'multiscales':[{'axes':[1]," DATASETS("") "}]}", OZ_EFORMAT, "axes[0]");
    assert_refused("{'multiscales':[{'axes':['a','b','c','d','e','f']," DATASETS("") "}]}",
                   OZ_EFORMAT, "at most 5");
    assert_refused("{'multiscales':[{" ZYX
                   "," DATASETS("{'type':'scale','scale':['a','b','c']}") "}]}",
                   OZ_EFORMAT, "expected numbers");
    assert_refused("{'multiscales':[{" ZYX "," DATASETS("{'type':'affine'}") "}]}", OZ_EUNSUPPORTED,
                   "affine");
    assert_refused("{'multiscales':[{" ZYX "," DATASETS("{'type':'scale','path':'s'}") "}]}",
                   OZ_EUNSUPPORTED, "array");
    assert_refused(
        "{'ome':{'version':'0.6','multiscales':[{'coordinateSystems':[]," DATASETS("") "}]}}",
        OZ_EUNSUPPORTED, "0.6");
}

/* An update keeps what it does not know, at every depth, and writes where the old data is. */
static void test_update(void **state)
{
    (void)state;
    struct oz_err err = {0};
    OZ_AUTO(oz_ome_image) image = {0};
    const char *before =
        "{'other':1,'multiscales':[{'version':'0.4','extra':'kept','name':'n'," ZYX ","
        "'coordinateTransformations':[{'type':'scale','scale':[2,2,2]}],"
        "'datasets':[{'path':'0','more':[1],"
        "'coordinateTransformations':[{'type':'scale','scale':[4,1,1]}]}]},{'second':true}],"
        "'omero':{'id':7,'rdefs':{'model':'color','projection':'normal'},'channels':["
        "{'color':'FFFFFF','lut':'fire','coefficient':2}]}}";
    OZ_AUTO_PTR(oz_json) attributes = parse(before);
    read_image(before, &image);
    struct oz_ome_level *levels = oz_realloc(image.levels, 2, sizeof *levels, &err);
    assert_non_null(levels);
    image.levels = levels;
    image.levels[1] = (struct oz_ome_level){.scale = {8, 4, 4}, .translation = {0, 1, 1}};
    image.levels[1].path = oz_strdup("2-2-1", &err);
    image.level_count = 2;

    OZ_AUTO_PTR(oz_json) after = oz_ome_image_update(attributes, &image, &err);
    OZ_AUTO_PTR(oz_json)
    wanted = parse(
        "{'other':1,'multiscales':[{'version':'0.4','extra':'kept','name':'n'," ZYX ","
        "'datasets':[{'path':'0','more':[1],'coordinateTransformations':["
        "{'type':'scale','scale':[8.0,2.0,2.0]},{'type':'translation','translation':[0.0,0.0,0.0]}"
        "]},{'path':'2-2-1','coordinateTransformations':["
        "{'type':'scale','scale':[8.0,4.0,4.0]},{'type':'translation','translation':[0.0,1.0,1.0]}"
        "]}]},{'second':true}],"
        "'omero':{'id':7,'name':'n','version':'0.4','rdefs':{'model':'color',"
        "'projection':'normal'},'channels':[{'color':'FFFFFF','lut':'fire','coefficient':2,"
        "'active':true,'inverted':false,'family':'linear'}]}}");
    assert_true(oz_json_equal(after, wanted));

    OZ_AUTO_PTR(oz_json)
    v5 = parse("{'a':1,'ome':{'version':'0.5','labels':['x'],"
               "'multiscales':[{" ZYX "," DATASETS("") "}]}}");
    OZ_AUTO_PTR(oz_json) updated = oz_ome_image_update(v5, &image, &err);
    assert_non_null(updated);
    assert_null(oz_json_get(updated, "multiscales"));
    assert_int_equal(oz_json_length(oz_json_get(oz_json_get(updated, "ome"), "labels")), 1);
    assert_non_null(oz_json_get(updated, "a"));
}

static void test_not_finite(void **state)
{
    (void)state;
    struct oz_err err = {0};
    OZ_AUTO(oz_ome_image) image = {0};
    OZ_AUTO(oz_buf) text = {0};
    read_image("{'multiscales':[{" ZYX "," DATASETS("") "}],'omero':{'channels':[{}]}}", &image);
    image.channels[0].window_unknown = false;
    image.channels[0].max = (double)INFINITY;
    image.channels[0].min = (double)NAN;
    OZ_AUTO_PTR(oz_json) written = oz_ome_image_write(&image, &err);
    assert_true(oz_json_print(written, 0, &text, &err) && oz_buf_append(&text, "", 1, &err));
    assert_null(strstr((const char *)text.data, "NaN"));
    assert_null(strstr((const char *)text.data, "Infinity"));
}

static void test_series(void **state)
{
    (void)state;
    struct oz_err err = {0};
    char **paths = NULL;
    size_t count = 0;
    OZ_AUTO_PTR(oz_json) new = parse("{'ome':{'series':['em','./a/0/']}}");
    assert_int_equal(oz_ome_series_read(new, &paths, &count, &err), OZ_FOUND);
    assert_int_equal(count, 2);
    assert_string_equal(paths[1], "a/0");
    oz_free(paths[0]);
    oz_free(paths[1]);
    oz_free(paths);
    OZ_AUTO_PTR(oz_json) none = parse("{'series':[]}");
    assert_int_equal(oz_ome_series_read(none, &paths, &count, &err), OZ_MISSING);
    OZ_AUTO_PTR(oz_json) bad = parse("{'series':['a','../b']}");
    assert_int_equal(oz_ome_series_read(bad, &paths, &count, &err), OZ_FAILED);
    OZ_AUTO_PTR(oz_json) labels = parse("{'labels':['nuclei']}");
    assert_int_equal(oz_ome_labels_read(labels, &paths, &count, &err), OZ_FOUND);
    assert_string_equal(paths[0], "nuclei");
    oz_free(paths[0]);
    oz_free(paths);
}

static void test_units(void **state)
{
    (void)state;
    const struct {
        const char *text, *name;
        double nanometers;
    } cases[] = {
        {"nanometer", "nanometer", 1},
        {"nm", "nanometer", 1},
        {"nanometers", "nanometer", 1},
        {"Nanometre", "nanometer", 1},
        {"\xC2\xB5m", "micrometer", 1e3},
        {"\xCE\xBCm", "micrometer", 1e3},
        {"um", "micrometer", 1e3},
        {"micron", "micrometer", 1e3},
        {"mm", "millimeter", 1e6},
        {"Mm", "megameter", 1e15},
        {"\xC3\x85", "angstrom", 0.1},
        {"in", "inch", 25.4e6},
        {"micrometres", "micrometer", 1e3},
        {"s", "second", 0},
        {"ms", "millisecond", 0},
        {"pixel", NULL, 0},
        {"", NULL, 0},
        {"NM", NULL, 0},
    };
    for (size_t i = 0; i < OZ_LENGTH(cases); i++) {
        const char *name = oz_unit_ome_name(cases[i].text);
        if (cases[i].name == NULL) {
            assert_null(name);
        } else {
            assert_non_null(name);
            assert_string_equal(name, cases[i].name);
        }
        assert_true(near(oz_unit_nanometers(cases[i].text), cases[i].nanometers));
    }
    assert_null(oz_unit_ome_name(NULL));
}

/* Every allocation of a read and of an update fails once: an error, no leak, no half result. */
static void test_out_of_memory(void **state)
{
    (void)state;
    const char *text =
        "{'multiscales':[{'name':'n','type':'median'," ZYX
        "," DATASETS("{'type':'scale','scale':[4,2,1]}") "}],'omero':{'channels':[{'label':'a'}]}}";
    OZ_AUTO_PTR(oz_json) attributes = parse(text);
    enum oz_found found = OZ_FAILED;
    for (unsigned long n = 1; found != OZ_FOUND; n++) {
        struct oz_err err = {0};
        OZ_AUTO(oz_ome_image) image = {0};
        oz_alloc_fail_at(n);
        found = oz_ome_image_read(attributes, &image, &err);
        oz_alloc_fail_at(0);
        assert_true(found == OZ_FOUND || err.code == OZ_ENOMEM);
        assert_true(n < 100);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_versions),   cmocka_unit_test(test_missing),
        cmocka_unit_test(test_axes),       cmocka_unit_test(test_transforms),
        cmocka_unit_test(test_paths),      cmocka_unit_test(test_omero),
        cmocka_unit_test(test_refused),    cmocka_unit_test(test_update),
        cmocka_unit_test(test_not_finite), cmocka_unit_test(test_series),
        cmocka_unit_test(test_units),      cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
