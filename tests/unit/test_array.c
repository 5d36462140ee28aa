/* SPDX-License-Identifier: Apache-2.0 */
/* Arrays: keys, boxes read against a model item by item, requests, opening. */
#include "zarr/array.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../support/random.h"
#include "../support/small_array.h"
#include "base/alloc.h"
#include "base/checked.h"
#include "zarr/group.h"

/* ---- keys ---- */

static void keys(void **state)
{
    (void)state;
    static const struct {
        unsigned rank;
        enum oz_key_encoding keys;
        char separator;
        const char *path, *key;
    } cases[] = {
        {3, OZ_KEYS_DEFAULT, '/', "em/1", "em/1/c/1/23/45"},
        {3, OZ_KEYS_DEFAULT, '.', "em/1", "em/1/c.1.23.45"},
        {3, OZ_KEYS_V2, '.', "", "1.23.45"},
        {3, OZ_KEYS_V2, '/', "a", "a/1/23/45"},
        {1, OZ_KEYS_V2, '/', "a/", "a/1"},
        {0, OZ_KEYS_DEFAULT, '/', "a", "a/c"},
        {0, OZ_KEYS_V2, '.', "a", "a/0"},
    };
    const uint64_t index[] = {1, 23, 45};
    OZ_AUTO_PTR(oz_store) store = need_store();
    for (size_t i = 0; i < OZ_LENGTH(cases); i++) {
        struct oz_err err = {0};
        struct oz_meta meta = {.zarr_format = 3,
                               .rank = cases[i].rank,
                               .shape = {100, 100, 100},
                               .chunk = {1, 1, 1},
                               .shard = {1, 1, 1},
                               .keys = cases[i].keys,
                               .separator = cases[i].separator,
                               .codecs = need_json("[\"bytes\"]")};
        OZ_AUTO_PTR(oz_array) array = need_array(store, cases[i].path, &meta);
        OZ_AUTO_FREE char *key = oz_array_key(array, index, &err);
        assert_non_null(key);
        assert_string_equal(key, cases[i].key);
        assert_null(meta.codecs); /* taken */
    }
}

/* ---- random arrays against a model ---- */

struct model {
    struct oz_meta meta; /* sizes and type only */
    uint8_t *items;      /* the array in C order, native */
    size_t item_size;
};

static size_t item_at(const struct model *model, const uint64_t *index)
{
    size_t at = 0;
    for (unsigned i = 0; i < model->meta.rank; i++)
        at = at * model->meta.shape[i] + index[i];
    return at * model->item_size;
}

static bool count_up(unsigned rank, uint64_t *index, const uint64_t *end)
{
    for (unsigned i = rank; i-- > 0;) {
        if (++index[i] < end[i])
            return true;
        index[i] = 0;
    }
    return false;
}

static struct oz_json *random_codecs(uint64_t *seed, unsigned rank)
{
    static const char *const tails[] = {
        "", ",\"crc32c\"", ",{\"name\":\"zstd\",\"configuration\":{\"level\":1}}",
        ",{\"name\":\"gzip\",\"configuration\":{\"level\":1}},\"crc32c\"",
        ",{\"name\":\"blosc\",\"configuration\":{\"cname\":\"lz4\",\"clevel\":1}}"};
    OZ_AUTO(oz_buf) text = {0};
    struct oz_err err = {0};
    assert_true(oz_buf_printf(&text, &err, "["));
    if (rank > 0 && random_within(seed, 0, 1)) {
        uint64_t turn = random_within(seed, 0, rank);
        assert_true(oz_buf_printf(&text, &err, "{\"name\":\"transpose\",\"configuration\":{"));
        assert_true(oz_buf_printf(&text, &err, "\"order\":["));
        for (unsigned i = 0; i < rank; i++) /* turned round, or reversed */
            assert_true(oz_buf_printf(&text, &err, "%s%u", i > 0 ? "," : "",
                                      turn < rank ? (unsigned)((i + turn) % rank) : rank - 1 - i));
        assert_true(oz_buf_printf(&text, &err, "]}},"));
    }
    assert_true(oz_buf_printf(&text, &err, "%s%s]", random_within(seed, 0, 1) ? LITTLE : BIG,
                              tails[random_within(seed, 0, OZ_LENGTH(tails) - 1)]));
    assert_true(oz_buf_append(&text, "", 1, &err));
    return need_json((const char *)text.data);
}

static struct oz_meta random_meta(uint64_t *seed)
{
    struct oz_err err = {0};
    struct oz_meta meta = {.zarr_format = 3,
                           .rank = (unsigned)random_within(seed, 0, 4),
                           .sharded = random_within(seed, 0, 1),
                           .index_at_start = random_within(seed, 0, 1),
                           .dtype = (enum oz_dtype)random_within(seed, 0, OZ_DTYPES - 1),
                           .keys = (enum oz_key_encoding)random_within(seed, 0, 1),
                           .separator = random_within(seed, 0, 1) ? '/' : '.'};
    for (unsigned i = 0; i < meta.rank; i++) {
        meta.shape[i] = random_within(seed, 0, 13) == 0 ? 0 : random_within(seed, 1, 11);
        meta.chunk[i] = random_within(seed, 1, 5);
        meta.shard[i] = meta.chunk[i] * (meta.sharded ? random_within(seed, 1, 3) : 1);
    }
    random_fill(seed, meta.fill, oz_dtype_size(meta.dtype));
    if (meta.dtype == OZ_BOOL)
        meta.fill[0] &= 1;
    meta.codecs = random_codecs(seed, meta.rank);
    if (meta.sharded)
        meta.index_codecs =
            random_within(seed, 0, 3) == 0 ? need_json("[" BIG "]") : oz_meta_index_codecs(&err);
    return meta;
}

/* The chunk that begins at `origin` in C order; what lies outside of the array is `outside`. */
static bool cut_chunk(const struct model *model, const uint64_t *origin, uint8_t outside,
                      uint8_t *chunk)
{
    const struct oz_meta *meta = &model->meta;
    uint64_t within[OZ_MAX_RANK] = {0};
    bool any = false;
    size_t n = 0;
    do {
        uint64_t index[OZ_MAX_RANK] = {0};
        bool inside = true;
        for (unsigned i = 0; i < meta->rank; i++) {
            index[i] = origin[i] + within[i];
            inside = inside && index[i] < meta->shape[i];
        }
        if (inside)
            memcpy(chunk + n, model->items + item_at(model, index), model->item_size);
        else
            memset(chunk + n, outside, model->item_size);
        any = any || inside;
        n += model->item_size;
    } while (count_up(meta->rank, within, meta->chunk));
    return any;
}

/* Set the items of a chunk to the fill value: what the model holds where no chunk is written. */
static void wipe_chunk(struct model *model, const uint64_t *origin)
{
    const struct oz_meta *meta = &model->meta;
    uint64_t within[OZ_MAX_RANK] = {0};
    do {
        uint64_t index[OZ_MAX_RANK] = {0};
        bool inside = true;
        for (unsigned i = 0; i < meta->rank; i++) {
            index[i] = origin[i] + within[i];
            inside = inside && index[i] < meta->shape[i];
        }
        if (inside)
            memcpy(model->items + item_at(model, index), meta->fill, model->item_size);
    } while (count_up(meta->rank, within, meta->chunk));
}

/* Encode the chunks of one object in random order, some left out, two placed at a time. */
static void write_object(uint64_t *seed, const struct oz_array *array, struct model *model,
                         const uint64_t *index, struct oz_scratch *scratch)
{
    const struct oz_meta *meta = &model->meta;
    struct oz_err err = {0};
    uint64_t per_axis[OZ_MAX_RANK], slots[2] = {0}, sizes[2] = {0};
    uint64_t count = oz_array_slots(array, per_axis), stride = count;
    OZ_AUTO_FREE uint8_t *chunk = oz_alloc(oz_chain_chunk_bytes(oz_array_chain(array)), 1, &err);
    OZ_AUTO(oz_buf) encoded = {0};
    size_t waiting = 0;
    struct oz_shard_writer *writer = oz_shard_writer_open(array, index, &err);
    assert_true(writer && chunk);
    while (stride > 1 && count % stride == 0)
        stride--;
    for (uint64_t n = 0; n < count; n++) {
        uint64_t slot = n * stride % count, rest = slot, origin[OZ_MAX_RANK];
        for (unsigned i = meta->rank; i-- > 0;) {
            origin[i] = index[i] * meta->shard[i] + rest % per_axis[i] * meta->chunk[i];
            rest /= per_axis[i];
        }
        if (!cut_chunk(model, origin, (uint8_t)random_bits(seed), chunk))
            continue;
        if (random_within(seed, 0, 4) == 0) {
            wipe_chunk(model, origin);
            continue;
        }
        size_t before = encoded.size;
        assert_true(oz_chain_encode(oz_array_chain(array), scratch, chunk, NULL, &encoded, &err));
        slots[waiting] = slot;
        sizes[waiting++] = encoded.size - before;
        if (waiting == 2 || random_within(seed, 0, 1)) {
            uint64_t offset = oz_shard_writer_place(writer, slots, sizes, waiting);
            assert_true(oz_shard_writer_write(writer, offset, encoded.data, encoded.size, &err));
            oz_buf_clear(&encoded);
            waiting = 0;
        }
    }
    if (waiting > 0) {
        uint64_t offset = oz_shard_writer_place(writer, slots, sizes, waiting);
        assert_true(oz_shard_writer_write(writer, offset, encoded.data, encoded.size, &err));
    }
    if (!oz_shard_writer_finish(writer, &err))
        fail_msg("%s", err.msg);
}

/* A box of the array, item by item, in a layout of random order with gaps. */
static void check_box(uint64_t *seed, const struct oz_array *array, const struct model *model,
                      struct oz_scratch *scratch)
{
    const struct oz_meta *meta = &model->meta;
    struct oz_err err = {0};
    uint64_t start[OZ_MAX_RANK], count[OZ_MAX_RANK], at[OZ_MAX_RANK] = {0};
    ptrdiff_t strides[OZ_MAX_RANK] = {0};
    bool whole = random_within(seed, 0, 3) == 0, plain = random_within(seed, 0, 1), empty = false;
    size_t span = model->item_size;
    unsigned turn = (unsigned)random_within(seed, 0, 7);
    for (unsigned i = 0; i < meta->rank; i++) {
        start[i] = whole ? 0 : random_within(seed, 0, meta->shape[i]);
        count[i] = whole ? meta->shape[i] : random_within(seed, 0, meta->shape[i] - start[i]);
        empty = empty || count[i] == 0;
    }
    for (unsigned n = meta->rank; n-- > 0;) {
        unsigned axis = plain ? n : (n + turn) % meta->rank;
        strides[axis] = (ptrdiff_t)(span + (plain ? 0 : 3));
        span = (size_t)strides[axis] * (count[axis] > 0 ? count[axis] : 1);
    }
    OZ_AUTO_FREE uint8_t *out = oz_alloc(span, 1, &err);
    memset(out, 0xa5, span);
    if (!oz_array_read(array, scratch, start, count, out, plain ? NULL : strides, &err))
        fail_msg("%s", err.msg);
    if (empty)
        return;
    size_t touched = 0;
    do {
        uint64_t index[OZ_MAX_RANK] = {0};
        ptrdiff_t offset = 0;
        for (unsigned i = 0; i < meta->rank; i++) {
            index[i] = start[i] + at[i];
            offset += (ptrdiff_t)at[i] * strides[i];
        }
        assert_memory_equal(out + offset, model->items + item_at(model, index), model->item_size);
        memset(out + offset, 0xa5, model->item_size);
        touched++;
    } while (count_up(meta->rank, at, count));
    assert_true(touched > 0);
    for (size_t i = 0; i < span; i++) /* nothing else was written */
        assert_int_equal(out[i], 0xa5);
}

static void random_array(uint64_t seed, struct oz_scratch *scratch)
{
    struct oz_err err = {0};
    OZ_AUTO_PTR(oz_store) store = need_store();
    struct oz_meta meta = random_meta(&seed);
    struct model model = {.meta = meta, .item_size = oz_dtype_size(meta.dtype)};
    OZ_AUTO_PTR(oz_array) array = need_array(store, "em/1", &meta);
    uint64_t objects[OZ_MAX_RANK], index[OZ_MAX_RANK] = {0}, items = 1;
    for (unsigned i = 0; i < model.meta.rank; i++) {
        items *= model.meta.shape[i];
        objects[i] = oz_ceil_div(model.meta.shape[i], model.meta.shard[i]);
    }
    OZ_AUTO_FREE uint8_t *data = oz_alloc(items, model.item_size, &err);
    model.items = data;
    random_fill(&seed, data, items * model.item_size);
    do {
        if (items > 0)
            write_object(&seed, array, &model, index, scratch);
    } while (items > 0 && count_up(model.meta.rank, index, objects));
    assert_true(oz_array_write_metadata(array, &err));
    OZ_AUTO_PTR(oz_array) opened = NULL;
    if (oz_array_open(store, "em/1", &opened, &err) != OZ_FOUND)
        fail_msg("%s", err.msg);
    for (int n = 0; n < 6; n++)
        check_box(&seed, opened, &model, scratch);
}

static void boxes_equal_the_model(void **state)
{
    (void)state;
    OZ_AUTO_PTR(oz_scratch) scratch = need_scratch();
    for (uint64_t seed = 1; seed <= 2000; seed++)
        random_array(seed, scratch);
}

/* ---- boxes that cannot be ---- */

static void boxes_outside_are_refused(void **state)
{
    (void)state;
    OZ_AUTO_PTR(oz_store) store = need_store();
    OZ_AUTO_PTR(oz_scratch) scratch = need_scratch();
    struct oz_meta meta = small_meta("[" LITTLE "]", true);
    OZ_AUTO_PTR(oz_array) array = need_array(store, "", &meta);
    static const uint64_t boxes[][2][2] = {{{0, 0}, {6, 7}},
                                           {{5, 0}, {1, 7}},
                                           {{6, 0}, {0, 7}},
                                           {{1, 1}, {UINT64_MAX, 1}},
                                           {{UINT64_MAX, 0}, {1, 1}}};
    uint16_t items[64];
    for (size_t i = 0; i < OZ_LENGTH(boxes); i++) {
        struct oz_err err = {0};
        assert_false(oz_array_read(array, scratch, boxes[i][0], boxes[i][1], items, NULL, &err));
        assert_int_equal(err.code, OZ_EINVAL);
    }
}

/* ---- how often the store is asked ---- */

struct counting {
    struct oz_store head;
    struct oz_store_type type;
    struct oz_store *inner;
    unsigned gets, sizes;
};

static enum oz_found count_get(struct oz_store *store, const char *key, struct oz_range range,
                               struct oz_buf *out, struct oz_err *err)
{
    struct counting *counting = (struct counting *)store;
    counting->gets++;
    return oz_store_get(counting->inner, key, range, out, err);
}

static enum oz_found count_size(struct oz_store *store, const char *key, uint64_t *size,
                                struct oz_err *err)
{
    struct counting *counting = (struct counting *)store;
    counting->sizes++;
    return oz_store_size(counting->inner, key, size, err);
}

static void requests_are_few(void **state)
{
    (void)state;
    struct oz_err err = {0};
    uint16_t items[35];
    OZ_AUTO_PTR(oz_store) inner = need_store();
    struct oz_meta meta = small_meta("[" LITTLE ",\"zstd\"]", true);
    OZ_AUTO_PTR(oz_array) array = need_array(inner, "a", &meta);
    write_small(array);
    assert_true(oz_array_write_metadata(array, &err));
    struct counting counting = {.inner = inner};
    counting.type = (struct oz_store_type){
        .scheme = "counting", .gap = 1000, .get = count_get, .size = count_size};
    counting.head = (struct oz_store){.type = &counting.type, .name = (char *)"counting"};
    OZ_AUTO_PTR(oz_array) opened = NULL;
    assert_int_equal(oz_array_open(&counting.head, "a", &opened, &err), OZ_FOUND);
    assert_int_equal(counting.gets, 1);
    counting.gets = counting.sizes = 0;
    assert_true(read_small(opened, items, &err));
    assert_int_equal(counting.gets, 2 * 4); /* four shards: an index and its joined chunks each */
    assert_int_equal(counting.sizes, 0);
}

/* ---- opening ---- */

static void nothing_there_is_missing(void **state)
{
    (void)state;
    struct oz_err err = {0};
    struct oz_array *array = NULL;
    OZ_AUTO_PTR(oz_store) store = need_store();
    assert_int_equal(oz_array_open(store, "a", &array, &err), OZ_MISSING);
    assert_true(oz_group_write(store, "a", 3, NULL, &err));
    assert_int_equal(oz_array_open(store, "a", &array, &err), OZ_MISSING);
    assert_true(oz_store_put(store, "b/zarr.json", "{\"zarr_format\":3", 16, &err));
    assert_int_equal(oz_array_open(store, "b", &array, &err), OZ_FAILED);
    assert_non_null(strstr(err.msg, "b/zarr.json"));
    static const char document[] =
        "{\"zarr_format\":3,\"node_type\":\"array\",\"shape\":[1],\"data_type\":\"uint8\","
        "\"chunk_grid\":{\"name\":\"regular\",\"configuration\":{\"chunk_shape\":[1]}},"
        "\"chunk_key_encoding\":\"default\",\"fill_value\":0,\"codecs\":[\"bytes\",\"lerc\"]}";
    struct oz_err unknown = {0};
    assert_true(oz_store_put(store, "c/zarr.json", document, strlen(document), &err));
    assert_int_equal(oz_array_open(store, "c", &array, &unknown), OZ_FAILED);
    assert_int_equal(unknown.code, OZ_EUNSUPPORTED);
    assert_non_null(strstr(unknown.msg, "lerc"));
    assert_null(array);
}

static void bad_index_codecs_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *codecs, *word;
    } cases[] = {
        {"[" LITTLE ",\"zstd\"]", "compressed"},
        {"[{\"name\":\"transpose\",\"configuration\":{\"order\":[1,0]}}," LITTLE "]", "transpose"},
        {"[]", "index_codecs"},
        {"[\"bytes\"]", "endian"}};
    OZ_AUTO_PTR(oz_store) store = need_store();
    for (size_t i = 0; i < OZ_LENGTH(cases); i++) {
        struct oz_err err = {0};
        struct oz_meta meta = small_meta("[" LITTLE "]", true);
        oz_json_free(meta.index_codecs);
        meta.index_codecs = need_json(cases[i].codecs);
        assert_null(oz_array_create(store, "em", &meta, &err));
        if (!strstr(err.msg, cases[i].word) || !strstr(err.msg, "em: "))
            fail_msg("%s: %s", cases[i].codecs, err.msg);
        assert_null(meta.codecs); /* taken all the same */
    }
}

/* v2 metadata in the store, with attributes and names beside. */
static void v2_arrays_come_back(void **state)
{
    (void)state;
    struct oz_err err = {0};
    uint16_t items[35];
    OZ_AUTO_PTR(oz_store) store = need_store();
    struct oz_meta meta =
        small_meta("[{\"name\":\"transpose\",\"configuration\":{\"order\":[1,0]}"
                   "}," BIG ",{\"name\":\"zstd\",\"configuration\":{\"level\":1}}]",
                   false);
    meta.zarr_format = 2;
    meta.keys = OZ_KEYS_V2;
    meta.names[0] = oz_strdup("y", &err);
    meta.names[1] = oz_strdup("x", &err);
    meta.attributes = need_json("{\"a\":1}");
    OZ_AUTO_PTR(oz_array) array = need_array(store, "a", &meta);
    write_small(array);
    assert_true(oz_array_write_metadata(array, &err));
    OZ_AUTO_PTR(oz_array) opened = NULL;
    assert_int_equal(oz_array_open(store, "a", &opened, &err), OZ_FOUND);
    const struct oz_meta *found = oz_array_meta(opened);
    assert_int_equal(found->zarr_format, 2);
    assert_string_equal(found->names[1], "x");
    assert_int_equal(oz_json_length(found->attributes), 2);
    assert_true(read_small(opened, items, &err));
    struct oz_node node = {0};
    assert_int_equal(oz_node_read(store, "a", &node, &err), OZ_FOUND);
    assert_int_equal(node.kind, OZ_NODE_ARRAY);
    oz_node_release(&node);
}

/* ---- memory runs out ---- */

static bool write_open_read(struct oz_store *store, struct oz_err *err)
{
    OZ_AUTO(oz_meta) meta = small_meta("[" LITTLE ",\"zstd\"]", true);
    OZ_AUTO_PTR(oz_array)
    array = meta.index_codecs ? oz_array_create(store, "a", &meta, err) : NULL;
    OZ_AUTO_PTR(oz_array) opened = NULL;
    OZ_AUTO_PTR(oz_scratch) scratch = array ? oz_scratch_new(err) : NULL;
    OZ_AUTO(oz_buf) encoded = {0};
    const uint64_t index[2] = {0}, slot = 1, start[2] = {0}, count[2] = {5, 7};
    const uint16_t chunk[6] = {1, 2, 3, 4, 5, 6};
    uint16_t items[35];
    if (!scratch || !oz_chain_encode(oz_array_chain(array), scratch, chunk, NULL, &encoded, err))
        return false;
    struct oz_shard_writer *writer = oz_shard_writer_open(array, index, err);
    if (!writer)
        return false;
    uint64_t size = encoded.size, offset = oz_shard_writer_place(writer, &slot, &size, 1);
    if (!oz_shard_writer_write(writer, offset, encoded.data, encoded.size, err)) {
        oz_shard_writer_abort(writer);
        return false;
    }
    return oz_shard_writer_finish(writer, err) && oz_array_write_metadata(array, err) &&
           oz_array_open(store, "a", &opened, err) == OZ_FOUND &&
           oz_array_read(opened, scratch, start, count, items, NULL, err) && items[3] == 1;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    unsigned long n = 0;
    bool done = false;
    while (!done && n < 1000) {
        struct oz_err err = {0};
        OZ_AUTO_PTR(oz_store) store = need_store();
        oz_alloc_fail_at(++n);
        done = write_open_read(store, &err);
        oz_alloc_fail_at(0);
        if (!done && err.code != OZ_ENOMEM)
            fail_msg("allocation %lu: code %d, %s", n, err.code, err.msg);
    }
    assert_true(done);
    assert_true(n > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys),
        cmocka_unit_test(boxes_equal_the_model),
        cmocka_unit_test(boxes_outside_are_refused),
        cmocka_unit_test(requests_are_few),
        cmocka_unit_test(nothing_there_is_missing),
        cmocka_unit_test(bad_index_codecs_are_refused),
        cmocka_unit_test(v2_arrays_come_back),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
