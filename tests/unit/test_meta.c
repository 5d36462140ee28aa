/* SPDX-License-Identifier: Apache-2.0 */
/* Array metadata of both formats: what is read, what is refused, what comes out again. */
#include "zarr/meta.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"

static struct oz_json *need_json(const char *text)
{
    struct oz_err err = {0};
    struct oz_json *value = oz_json_parse(text, strlen(text), &err);
    if (!value)
        fail_msg("%s: %s", text, err.msg);
    return value;
}

/* A document with some members replaced or added; with a null patch value the member goes. */
static struct oz_json *patched(const char *base, const char *patch)
{
    struct oz_err err = {0};
    OZ_AUTO_PTR(oz_json) parsed = need_json(base);
    OZ_AUTO_PTR(oz_json) changes = need_json(patch);
    struct oz_json *document = oz_json_copy(parsed, &err);
    for (struct oz_json_walk walk = {0}; oz_json_next(changes, &walk);)
        assert_true(oz_json_set(document, walk.key, oz_json_ref(walk.value)));
    return document;
}

static const char v3[] =
    "{\"zarr_format\":3,\"node_type\":\"array\",\"shape\":[10,20,30],\"data_type\":\"uint16\","
    "\"chunk_grid\":{\"name\":\"regular\",\"configuration\":{\"chunk_shape\":[4,5,6]}},"
    "\"chunk_key_encoding\":{\"name\":\"default\",\"configuration\":{\"separator\":\"/\"}},"
    "\"fill_value\":7,\"codecs\":[{\"name\":\"bytes\",\"configuration\":{\"endian\":\"little\"}}]}";

static const char v2[] = "{\"zarr_format\":2,\"shape\":[10,20],\"chunks\":[4,50],\"dtype\":\"<u2\","
                         "\"compressor\":null,\"fill_value\":0,\"order\":\"C\",\"filters\":null}";

#define SHARDED(inner, more)                                                                       \
    "{\"codecs\":[{\"name\":\"sharding_indexed\",\"configuration\":{\"chunk_shape\":" inner        \
    ",\"codecs\":[{\"name\":\"bytes\",\"configuration\":{\"endian\":\"little\"}},\"crc32c\"]" more \
    "}}]}"
#define INDEX                                                                                      \
    ",\"index_codecs\":[{\"name\":\"bytes\",\"configuration\":{\"endian\":\"little\"}},"           \
    "{\"name\":\"crc32c\"}]"

static void parse(int format, const char *patch, struct oz_meta *meta)
{
    struct oz_err err = {0};
    OZ_AUTO_PTR(oz_json) document = patched(format == 3 ? v3 : v2, patch);
    bool done = format == 3 ? oz_meta_parse_v3(document, meta, &err)
                            : oz_meta_parse_v2(document, NULL, meta, &err);
    if (!done)
        fail_msg("%s: %s", patch, err.msg);
}

static char *codecs_text(const struct oz_json *codecs)
{
    struct oz_err err = {0};
    OZ_AUTO(oz_buf) text = {0};
    assert_true(oz_json_print(codecs, 0, &text, &err));
    return oz_strndup((const char *)text.data, text.size, &err);
}

static void check_codecs(const struct oz_json *codecs, const char *expected)
{
    OZ_AUTO_FREE char *text = codecs_text(codecs);
    assert_string_equal(text, expected);
}

/* ---- v3 ---- */

static void v3_plain(void **state)
{
    (void)state;
    OZ_AUTO(oz_meta) meta = {0};
    parse(3, "{\"attributes\":{\"a\":1},\"dimension_names\":[\"z\",null,\"x\"]}", &meta);
    assert_int_equal(meta.zarr_format, 3);
    assert_int_equal(meta.rank, 3);
    assert_int_equal(meta.shape[0], 10);
    assert_int_equal(meta.shape[2], 30);
    assert_int_equal(meta.chunk[1], 5);
    assert_int_equal(meta.shard[1], 5);
    assert_false(meta.sharded);
    assert_int_equal(meta.dtype, OZ_U16);
    uint16_t seven = 7;
    assert_memory_equal(meta.fill, &seven, 2);
    assert_int_equal(meta.keys, OZ_KEYS_DEFAULT);
    assert_int_equal(meta.separator, '/');
    assert_string_equal(meta.names[0], "z");
    assert_null(meta.names[1]);
    assert_string_equal(meta.names[2], "x");
    assert_int_equal(oz_json_length(meta.attributes), 1);
    assert_null(meta.index_codecs);
}

static void v3_sharded(void **state)
{
    (void)state;
    OZ_AUTO(oz_meta) meta = {0};
    OZ_AUTO(oz_meta) old = {0};
    parse(3, SHARDED("[2,5,3]", INDEX ",\"index_location\":\"start\""), &meta);
    assert_true(meta.sharded);
    assert_true(meta.index_at_start);
    assert_int_equal(meta.chunk[0], 2);
    assert_int_equal(meta.shard[0], 4);
    assert_int_equal(oz_json_length(meta.codecs), 2);
    assert_int_equal(oz_json_length(meta.index_codecs), 2);
    parse(3, SHARDED("[4,5,6]", ""), &old); /* before index_codecs and index_location were */
    assert_true(old.sharded);
    assert_false(old.index_at_start);
    check_codecs(old.index_codecs,
                 "[{\"name\":\"bytes\",\"configuration\":{\"endian\":\"little\"}}]");
}

static void v3_forms_that_are_fine(void **state)
{
    (void)state;
    static const struct {
        const char *patch;
        enum oz_key_encoding keys;
        char separator;
    } cases[] = {
        {"{}", OZ_KEYS_DEFAULT, '/'},
        {"{\"chunk_key_encoding\":\"default\"}", OZ_KEYS_DEFAULT, '/'},
        {"{\"chunk_key_encoding\":{\"name\":\"default\"}}", OZ_KEYS_DEFAULT, '/'},
        {"{\"chunk_key_encoding\":\"v2\"}", OZ_KEYS_V2, '.'},
        {"{\"chunk_key_encoding\":{\"name\":\"v2\",\"configuration\":{\"separator\":\"/\"}}}",
         OZ_KEYS_V2, '/'},
        {"{\"chunk_key_encoding\":{\"name\":\"default\",\"configuration\":{\"separator\":\".\"}}}",
         OZ_KEYS_DEFAULT, '.'},
        {"{\"data_type\":{\"name\":\"uint16\"}}", OZ_KEYS_DEFAULT, '/'},
        {"{\"storage_transformers\":[]}", OZ_KEYS_DEFAULT, '/'},
        {"{\"consolidated_metadata\":null,\"attributes\":null}", OZ_KEYS_DEFAULT, '/'},
        {"{\"news\":{\"must_understand\":false}}", OZ_KEYS_DEFAULT, '/'},
        {"{\"fill_value\":null}", OZ_KEYS_DEFAULT, '/'},
        {"{\"shape\":[0,20,30]}", OZ_KEYS_DEFAULT, '/'},
        {"{\"codecs\":[\"bytes\",\"gzip\"]}", OZ_KEYS_DEFAULT, '/'},
        {"{\"shape\":[10.0,20,30]}", OZ_KEYS_DEFAULT, '/'},
    };
    for (size_t i = 0; i < OZ_LENGTH(cases); i++) {
        OZ_AUTO(oz_meta) meta = {0};
        parse(3, cases[i].patch, &meta);
        assert_int_equal(meta.keys, cases[i].keys);
        assert_int_equal(meta.separator, cases[i].separator);
    }
}

static void no_axes(void **state)
{
    (void)state;
    OZ_AUTO(oz_meta) meta = {0};
    parse(3,
          "{\"shape\":[],\"chunk_grid\":{\"name\":\"regular\",\"configuration\":{\"chunk_shape\":"
          "[]}}}",
          &meta);
    assert_int_equal(meta.rank, 0);
}

struct refusal {
    const char *patch, *word;
    enum oz_code code;
};

static void refused(int format, const struct refusal *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct oz_err err = {0};
        OZ_AUTO(oz_meta) meta = {0};
        OZ_AUTO_PTR(oz_json) document = patched(format == 3 ? v3 : v2, cases[i].patch);
        bool done = format == 3 ? oz_meta_parse_v3(document, &meta, &err)
                                : oz_meta_parse_v2(document, NULL, &meta, &err);
        if (done)
            fail_msg("%s was taken", cases[i].patch);
        if (err.code != cases[i].code || !strstr(err.msg, cases[i].word))
            fail_msg("%s: code %d, %s", cases[i].patch, err.code, err.msg);
        assert_null(meta.codecs);
    }
}

#define GRID(shape)                                                                                \
    "\"chunk_grid\":{\"name\":\"regular\",\"configuration\":{\"chunk_shape\":" shape "}}"

static void v3_refusals(void **state)
{
    (void)state;
    static const struct refusal cases[] = {
        {"{\"zarr_format\":2}", "zarr_format", OZ_EFORMAT},
        {"{\"zarr_format\":\"3\"}", "zarr_format", OZ_EFORMAT},
        {"{\"node_type\":\"group\"}", "node_type", OZ_EFORMAT},
        {"{\"news\":{\"must_understand\":true}}", "news", OZ_EUNSUPPORTED},
        {"{\"news\":{}}", "news", OZ_EUNSUPPORTED},
        {"{\"news\":1}", "news", OZ_EUNSUPPORTED},
        {"{\"storage_transformers\":[{\"name\":\"x\"}]}", "storage_transformers", OZ_EUNSUPPORTED},
        {"{\"shape\":\"10\"}", "shape", OZ_EFORMAT},
        {"{\"shape\":[10,20,-30]}", "shape[2]", OZ_EFORMAT},
        {"{\"shape\":[10,20,1.5]}", "shape[2]", OZ_EFORMAT},
        {"{\"shape\":[10,20]}", "chunk_shape", OZ_EFORMAT},
        {"{\"shape\":[1,1,1,1,1,1,1,1,1]}", "9 axes", OZ_EUNSUPPORTED},
        {"{\"data_type\":\"r8\"}", "r8", OZ_EUNSUPPORTED},
        {"{\"data_type\":{\"name\":\"string\"}}", "string", OZ_EUNSUPPORTED},
        {"{\"data_type\":8}", "data_type", OZ_EFORMAT},
        {"{" GRID("[4,5]") "}", "chunk_shape", OZ_EFORMAT},
        {"{" GRID("[4,5,0]") "}", "axis 2", OZ_EFORMAT},
        {"{\"chunk_grid\":{\"name\":\"rectilinear\"}}", "rectilinear", OZ_EUNSUPPORTED},
        {"{\"chunk_grid\":\"regular\"}", "chunk_shape", OZ_EFORMAT},
        {"{\"chunk_key_encoding\":\"fancy\"}", "fancy", OZ_EUNSUPPORTED},
        {"{\"chunk_key_encoding\":{\"name\":\"v2\",\"configuration\":{\"separator\":\"-\"}}}",
         "separator", OZ_EFORMAT},
        {"{\"fill_value\":-1}", "fill_value", OZ_EFORMAT},
        {"{\"fill_value\":65536}", "fill_value", OZ_EFORMAT},
        {"{\"codecs\":7}", "codecs", OZ_EFORMAT},
        {"{\"dimension_names\":[\"x\"]}", "dimension_names", OZ_EFORMAT},
        {"{\"dimension_names\":[\"x\",1,\"z\"]}", "dimension_names[1]", OZ_EFORMAT},
        {"{\"attributes\":[]}", "attributes", OZ_EFORMAT},
        {SHARDED("[4,5,4]", INDEX), "axis 2", OZ_EFORMAT},
        {SHARDED("[4,5]", INDEX), "chunk_shape", OZ_EFORMAT},
        {SHARDED("[4,0,6]", INDEX), "axis 1", OZ_EFORMAT},
        {SHARDED("[2,5,3]", INDEX ",\"index_location\":\"middle\""), "index_location", OZ_EFORMAT},
        {"{\"codecs\":[\"sharding_indexed\"]}", "chunk_shape", OZ_EFORMAT},
        {"{\"codecs\":[{\"name\":\"transpose\",\"configuration\":{\"order\":[2,1,0]}},"
         "{\"name\":\"sharding_indexed\"}]}",
         "sharding_indexed", OZ_EUNSUPPORTED},
        {"{\"codecs\":[{\"name\":\"sharding_indexed\",\"configuration\":{\"chunk_shape\":[2,5,3],"
         "\"codecs\":[{\"name\":\"sharding_indexed\"}]}}]}",
         "shards inside of shards", OZ_EUNSUPPORTED},
        /* sizes that would take too much */
        {"{" GRID("[4611686018427387904,4,4]") "}", "chunk", OZ_ELIMIT},
        {"{" GRID("[4096,4096,4096]") "}", "chunk", OZ_ELIMIT},
        {"{\"shape\":[18446744073709551615,1,1]}", "2^62", OZ_ELIMIT},
        {"{\"shape\":[4611686018427387904,4611686018427387904,1]}", "2^63", OZ_ELIMIT},
        {"{" GRID("[4096,4096,4096]") ",\"codecs\":[{\"name\":\"sharding_indexed\","
                                      "\"configuration\":{\"chunk_shape\":[1,1,1],\"codecs\":["
                                      "\"bytes\"]}}]}",
         "chunks", OZ_ELIMIT},
    };
    refused(3, cases, OZ_LENGTH(cases));
}

/* ---- v2 ---- */

static void v2_codecs(void **state)
{
    (void)state;
#define V3_LITTLE "{\"name\":\"bytes\",\"configuration\":{\"endian\":\"little\"}}"
    static const struct {
        const char *patch, *codecs;
    } cases[] = {
        {"{}", "[" V3_LITTLE "]"},
        {"{\"filters\":[]}", "[" V3_LITTLE "]"},
        {"{\"dtype\":\">u2\"}", "[{\"name\":\"bytes\",\"configuration\":{\"endian\":\"big\"}}]"},
        {"{\"dtype\":\">u1\"}", "[{\"name\":\"bytes\",\"configuration\":{}}]"},
        {"{\"order\":\"F\"}",
         "[{\"name\":\"transpose\",\"configuration\":{\"order\":[1,0]}}," V3_LITTLE "]"},
        {"{\"compressor\":{\"id\":\"zstd\",\"level\":5}}",
         "[" V3_LITTLE ",{\"name\":\"zstd\",\"configuration\":{\"level\":5}}]"},
        {"{\"compressor\":{\"id\":\"zstd\",\"level\":0,\"checksum\":true}}",
         "[" V3_LITTLE ",{\"name\":\"zstd\",\"configuration\":{\"level\":0,\"checksum\":true}}]"},
        {"{\"compressor\":{\"id\":\"gzip\",\"level\":1}}",
         "[" V3_LITTLE ",{\"name\":\"gzip\",\"configuration\":{\"level\":1}}]"},
        {"{\"compressor\":{\"id\":\"zlib\",\"level\":9}}",
         "[" V3_LITTLE ",{\"name\":\"numcodecs.zlib\",\"configuration\":{\"level\":9}}]"},
        {"{\"compressor\":{\"id\":\"blosc\",\"cname\":\"lz4\",\"clevel\":5,\"shuffle\":1,"
         "\"blocksize\":0}}",
         "[" V3_LITTLE ",{\"name\":\"blosc\",\"configuration\":{\"cname\":\"lz4\",\"clevel\":5,"
         "\"blocksize\":0,\"shuffle\":\"shuffle\",\"typesize\":2}}]"},
        {"{\"compressor\":{\"id\":\"blosc\",\"cname\":\"zstd\",\"clevel\":1,\"shuffle\":-1},"
         "\"dtype\":\"|u1\"}",
         "[{\"name\":\"bytes\",\"configuration\":{}},{\"name\":\"blosc\",\"configuration\":{"
         "\"cname\":\"zstd\",\"clevel\":1,\"shuffle\":\"bitshuffle\",\"typesize\":1}}]"},
    };
    for (size_t i = 0; i < OZ_LENGTH(cases); i++) {
        OZ_AUTO(oz_meta) meta = {0};
        parse(2, cases[i].patch, &meta);
        check_codecs(meta.codecs, cases[i].codecs);
        assert_int_equal(meta.zarr_format, 2);
        assert_int_equal(meta.keys, OZ_KEYS_V2);
        assert_int_equal(meta.separator, '.');
        assert_int_equal(meta.chunk[1], 50); /* may be longer than the array */
        assert_int_equal(meta.shard[1], 50);
    }
}

static void v2_attributes_and_names(void **state)
{
    (void)state;
    struct oz_err err = {0};
    OZ_AUTO(oz_meta) meta = {0};
    OZ_AUTO(oz_meta) odd = {0};
    OZ_AUTO_PTR(oz_json)
    zarray = patched(v2, "{\"dimension_separator\":\"/\",\"fill_value\":null}");
    OZ_AUTO_PTR(oz_json) zattrs = need_json("{\"_ARRAY_DIMENSIONS\":[\"y\",\"x\"],\"a\":1}");
    OZ_AUTO_PTR(oz_json) other = need_json("{\"_ARRAY_DIMENSIONS\":[\"y\"]}");
    assert_true(oz_meta_parse_v2(zarray, zattrs, &meta, &err));
    assert_string_equal(meta.names[0], "y");
    assert_string_equal(meta.names[1], "x");
    assert_int_equal(oz_json_length(meta.attributes), 2);
    assert_int_equal(meta.separator, '/');
    assert_true(meta.fill_is_null);
    assert_true(oz_meta_parse_v2(zarray, other, &odd, &err));
    assert_null(odd.names[0]);
}

static void v2_refusals(void **state)
{
    (void)state;
    static const struct refusal cases[] = {
        {"{\"zarr_format\":3}", "zarr_format", OZ_EFORMAT},
        {"{\"shape\":5}", "shape", OZ_EFORMAT},
        {"{\"chunks\":[4]}", "chunks", OZ_EFORMAT},
        {"{\"chunks\":[4,0]}", "axis 1", OZ_EFORMAT},
        {"{\"chunks\":[4,true]}", "chunks[1]", OZ_EFORMAT},
        {"{\"dtype\":\"<U4\"}", "<U4", OZ_EUNSUPPORTED},
        {"{\"dtype\":\"|O\"}", "|O", OZ_EUNSUPPORTED},
        {"{\"dtype\":[[\"a\",\"<u2\"]]}", "structured", OZ_EUNSUPPORTED},
        {"{\"dtype\":7}", "dtype", OZ_EFORMAT},
        {"{\"compressor\":{\"id\":\"lzma\"}}", "lzma", OZ_EUNSUPPORTED},
        {"{\"compressor\":{\"level\":3}}", "compressor", OZ_EFORMAT},
        {"{\"compressor\":\"zstd\"}", "compressor", OZ_EFORMAT},
        {"{\"compressor\":{\"id\":\"blosc\",\"cname\":\"lz4\",\"shuffle\":3}}", "shuffle",
         OZ_EFORMAT},
        {"{\"filters\":[{\"id\":\"delta\"}]}", "delta", OZ_EUNSUPPORTED},
        {"{\"filters\":7}", "filters", OZ_EFORMAT},
        {"{\"order\":\"A\"}", "order", OZ_EFORMAT},
        {"{\"dimension_separator\":\"_\"}", "dimension_separator", OZ_EFORMAT},
        {"{\"fill_value\":\"x\"}", "fill_value", OZ_EFORMAT},
        {"{\"chunks\":[4294967296,4294967296]}", "chunk", OZ_ELIMIT},
    };
    refused(2, cases, OZ_LENGTH(cases));
}

/* ---- out again ---- */

static void check_equal(const struct oz_meta *a, const struct oz_meta *b)
{
    assert_int_equal(a->zarr_format, b->zarr_format);
    assert_int_equal(a->rank, b->rank);
    assert_memory_equal(a->shape, b->shape, a->rank * sizeof(uint64_t));
    assert_memory_equal(a->chunk, b->chunk, a->rank * sizeof(uint64_t));
    assert_memory_equal(a->shard, b->shard, a->rank * sizeof(uint64_t));
    assert_int_equal(a->sharded, b->sharded);
    assert_int_equal(a->index_at_start, b->index_at_start);
    assert_int_equal(a->dtype, b->dtype);
    assert_memory_equal(a->fill, b->fill, sizeof a->fill);
    assert_int_equal(a->keys, b->keys);
    assert_int_equal(a->separator, b->separator);
    for (unsigned i = 0; i < a->rank; i++) {
        assert_int_equal(a->names[i] != NULL, b->names[i] != NULL);
        if (a->names[i])
            assert_string_equal(a->names[i], b->names[i]);
    }
    assert_true(oz_json_equal(a->codecs, b->codecs));
    assert_true(oz_json_equal(a->index_codecs, b->index_codecs));
    assert_true(oz_json_equal(a->attributes, b->attributes));
}

static void round_trips(void **state)
{
    (void)state;
    static const struct {
        int format;
        const char *patch;
    } cases[] = {
        {3, "{}"},
        {3, "{\"attributes\":{\"ome\":{\"version\":\"0.5\"}},\"dimension_names\":[\"z\",null,"
            "\"x\"]}"},
        {3, "{\"chunk_key_encoding\":\"v2\",\"data_type\":\"float32\",\"fill_value\":\"NaN\"}"},
        {3, "{\"shape\":[0,1,4611686018427387904]}"},
        {3, SHARDED("[2,5,3]", INDEX)},
        {3, SHARDED("[4,1,1]", ",\"index_location\":\"start\"")},
        {2, "{}"},
        {2, "{\"order\":\"F\",\"dtype\":\">f4\",\"dimension_separator\":\"/\"}"},
        {2, "{\"compressor\":{\"id\":\"blosc\",\"cname\":\"lz4\",\"clevel\":5,\"shuffle\":2,"
            "\"blocksize\":0}}"},
        {2, "{\"compressor\":{\"id\":\"zlib\",\"level\":1},\"fill_value\":null}"},
    };
    for (size_t i = 0; i < OZ_LENGTH(cases); i++) {
        struct oz_err err = {0};
        OZ_AUTO(oz_meta) meta = {0};
        OZ_AUTO(oz_meta) copy = {0};
        OZ_AUTO(oz_meta) again = {0};
        parse(cases[i].format, cases[i].patch, &meta);
        assert_true(oz_meta_copy(&meta, &copy, &err));
        check_equal(&meta, &copy);
        bool v3_form = cases[i].format == 3;
        OZ_AUTO_PTR(oz_json)
        printed = v3_form ? oz_meta_print_v3(&copy, &err) : oz_meta_print_v2(&copy, &err);
        assert_non_null(printed);
        assert_true(v3_form ? oz_meta_parse_v3(printed, &again, &err)
                            : oz_meta_parse_v2(printed, NULL, &again, &err));
        check_equal(&meta, &again);
    }
}

/* v2 in the exact form that other readers know. */
static void v2_document(void **state)
{
    (void)state;
    struct oz_err err = {0};
    OZ_AUTO(oz_meta) meta = {0};
    parse(2,
          "{\"order\":\"F\",\"dtype\":\">u2\",\"compressor\":{\"id\":\"blosc\",\"cname\":\"zstd\","
          "\"clevel\":3,\"shuffle\":1,\"blocksize\":0}}",
          &meta);
    OZ_AUTO_PTR(oz_json) printed = oz_meta_print_v2(&meta, &err);
    OZ_AUTO_PTR(oz_json)
    expected =
        need_json("{\"zarr_format\":2,\"shape\":[10,20],\"chunks\":[4,50],\"dtype\":\">u2\","
                  "\"compressor\":{\"id\":\"blosc\",\"cname\":\"zstd\",\"clevel\":3,\"shuffle\":1,"
                  "\"blocksize\":0},\"fill_value\":0,\"order\":\"F\",\"filters\":null,"
                  "\"dimension_separator\":\".\"}");
    assert_true(oz_json_equal(printed, expected));
}

static void v2_cannot_say(void **state)
{
    (void)state;
    static const char *const patches[] = {
        SHARDED("[2,5,3]", INDEX),
        "{\"chunk_key_encoding\":\"default\"}",
        "{\"chunk_key_encoding\":\"v2\",\"codecs\":[\"bytes\",\"crc32c\"]}",
        "{\"chunk_key_encoding\":\"v2\",\"codecs\":[\"bytes\",\"zstd\",\"gzip\"]}",
        "{\"chunk_key_encoding\":\"v2\",\"codecs\":[{\"name\":\"transpose\",\"configuration\":{"
        "\"order\":[1,0,2]}},\"bytes\"]}",
    };
    for (size_t i = 0; i < OZ_LENGTH(patches); i++) {
        struct oz_err err = {0};
        OZ_AUTO(oz_meta) meta = {0};
        parse(3, patches[i], &meta);
        assert_null(oz_meta_print_v2(&meta, &err));
        assert_int_equal(err.code, OZ_EUNSUPPORTED);
    }
}

/* ---- hostile documents, little memory ---- */

/* Each member of a good document replaced by each kind of value: refused or taken, never worse. */
static void any_value_anywhere(void **state)
{
    (void)state;
    static const char *const values[] = {"null",
                                         "true",
                                         "-1",
                                         "1.5",
                                         "1e300",
                                         "\"\"",
                                         "[]",
                                         "{}",
                                         "[[]]",
                                         "[null,null,null]",
                                         "[18446744073709551615,1,1]",
                                         "{\"name\":[]}",
                                         "{\"name\":\"\",\"configuration\":[]}",
                                         "[\"\"]"};
    for (int format = 2; format <= 3; format++) {
        OZ_AUTO_PTR(oz_json) base = need_json(format == 3 ? v3 : v2);
        for (struct oz_json_walk walk = {0}; oz_json_next(base, &walk);) {
            for (size_t i = 0; i < OZ_LENGTH(values); i++) {
                struct oz_err err = {0};
                char patch[256];
                OZ_AUTO(oz_meta) meta = {0};
                snprintf(patch, sizeof patch, "{\"%s\":%s}", walk.key, values[i]);
                OZ_AUTO_PTR(oz_json) document = patched(format == 3 ? v3 : v2, patch);
                bool done = format == 3 ? oz_meta_parse_v3(document, &meta, &err)
                                        : oz_meta_parse_v2(document, document, &meta, &err);
                assert_int_equal(done, err.code == OZ_OK);
            }
        }
    }
    struct oz_err err = {0};
    OZ_AUTO(oz_meta) meta = {0};
    OZ_AUTO_PTR(oz_json) list = need_json("[1]");
    assert_false(oz_meta_parse_v3(list, &meta, &err));
    assert_false(oz_meta_parse_v2(list, NULL, &meta, &err));
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    OZ_AUTO_PTR(oz_json) document = patched(v3, SHARDED("[2,5,3]", ""));
    assert_true(oz_json_set(document, "dimension_names", need_json("[\"z\",\"y\",\"x\"]")));
    unsigned long n = 0;
    for (bool done = false; !done && n < 1000;) {
        struct oz_err err = {0};
        OZ_AUTO(oz_meta) meta = {0};
        OZ_AUTO(oz_meta) copy = {0};
        oz_alloc_fail_at(++n);
        done = oz_meta_parse_v3(document, &meta, &err) && oz_meta_copy(&meta, &copy, &err);
        oz_alloc_fail_at(0);
        if (!done)
            assert_int_equal(err.code, OZ_ENOMEM);
    }
    assert_in_range(n, 4, 999);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(v3_plain),
        cmocka_unit_test(v3_sharded),
        cmocka_unit_test(v3_forms_that_are_fine),
        cmocka_unit_test(no_axes),
        cmocka_unit_test(v3_refusals),
        cmocka_unit_test(v2_codecs),
        cmocka_unit_test(v2_attributes_and_names),
        cmocka_unit_test(v2_refusals),
        cmocka_unit_test(round_trips),
        cmocka_unit_test(v2_document),
        cmocka_unit_test(v2_cannot_say),
        cmocka_unit_test(any_value_anywhere),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
