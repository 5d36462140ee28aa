/* SPDX-License-Identifier: Apache-2.0 */
/* The codec chain against a naive model of the stored bytes, and against broken input. */
#include "codec/codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../support/random.h"
#include "base/alloc.h"

static struct oz_chain *open_chain(const char *codecs, const struct oz_chunk_spec *spec,
                                   struct oz_err *err)
{
    OZ_AUTO_PTR(oz_json) list = oz_json_parse(codecs, strlen(codecs), err);
    assert_non_null(list);
    return oz_chain_open(list, spec, err);
}

static struct oz_chain *need_chain(const char *codecs, const struct oz_chunk_spec *spec)
{
    struct oz_err err = {0};
    struct oz_chain *chain = open_chain(codecs, spec, &err);
    if (!chain)
        fail_msg("%s: %s", codecs, err.msg);
    return chain;
}

static struct oz_scratch *need_scratch(void)
{
    struct oz_err err = {0};
    struct oz_scratch *scratch = oz_scratch_new(&err);
    assert_non_null(scratch);
    return scratch;
}

#define LITTLE "{\"name\":\"bytes\",\"configuration\":{\"endian\":\"little\"}}"
#define BIG "{\"name\":\"endian\",\"configuration\":{\"endian\":\"big\"}}"
#define BLOSC(cname, shuffle)                                                                      \
    "{\"name\":\"blosc\",\"configuration\":{\"cname\":\"" cname                                    \
    "\",\"clevel\":5,\"shuffle\":\"" shuffle "\",\"typesize\":2,\"blocksize\":0}}"
#define ZSTD "{\"name\":\"zstd\",\"configuration\":{\"level\":1,\"checksum\":true}}"
#define GZIP "{\"name\":\"gzip\",\"configuration\":{\"level\":6}}"

static const char *const byte_codecs[] = {
    "",
    ",\"crc32c\"",
    "," ZSTD,
    ",{\"name\":\"zstd\",\"configuration\":{\"level\":-5}}",
    "," GZIP,
    ",{\"name\":\"gzip\",\"configuration\":{\"level\":0}}",
    ",{\"name\":\"gzip\",\"configuration\":{\"level\":9}}",
    ",{\"name\":\"numcodecs.zlib\",\"configuration\":{\"level\":1}}",
    "," BLOSC("lz4", "shuffle"),
    "," BLOSC("zstd", "bitshuffle"),
    "," BLOSC("blosclz", "noshuffle"),
    "," BLOSC("zlib", "shuffle"),
    "," BLOSC("lz4hc", "noshuffle"),
    "," ZSTD ",\"crc32c\"",
    ",\"crc32c\"," ZSTD,
    ",\"crc32c\",\"crc32c\"",
    "," GZIP "," ZSTD ",\"crc32c\"," BLOSC("lz4", "noshuffle"),
};

/* ---- one random case ---- */

struct chunk {
    struct oz_chunk_spec spec;
    unsigned order[OZ_MAX_RANK]; /* of all transposes */
    bool big_endian;
    ptrdiff_t strides[OZ_MAX_RANK];
    size_t span;   /* bytes of memory that the strided chunk lies in */
    size_t origin; /* of its first item in there */
    size_t bytes;
};

static void choose_spec(uint64_t *seed, struct chunk *chunk)
{
    static const uint8_t sizes[][2] = {{1, 1}, {2, 2}, {4, 4}, {8, 8}, {8, 4}, {16, 8}};
    const uint8_t *size = sizes[random_within(seed, 0, OZ_LENGTH(sizes) - 1)];
    chunk->spec = (struct oz_chunk_spec){
        .rank = (unsigned)random_within(seed, 0, 4), .item_size = size[0], .swap_size = size[1]};
    chunk->bytes = size[0];
    for (unsigned i = 0; i < chunk->spec.rank; i++) {
        chunk->spec.shape[i] = random_within(seed, 1, 7);
        chunk->bytes *= chunk->spec.shape[i];
    }
    chunk->big_endian = random_within(seed, 0, 1);
}

/* Axes lie in memory in any order, with gaps, some backwards. */
static void choose_strides(uint64_t *seed, struct chunk *chunk)
{
    unsigned rank = chunk->spec.rank, axes[OZ_MAX_RANK] = {0};
    size_t span = chunk->spec.item_size;
    bool plain = random_within(seed, 0, 2) == 0;
    for (unsigned i = 0; i < rank; i++)
        axes[i] = i;
    for (unsigned i = rank; i > 1 && !plain; i--) {
        unsigned k = (unsigned)random_within(seed, 0, i - 1), kept = axes[i - 1];
        axes[i - 1] = axes[k];
        axes[k] = kept;
    }
    chunk->origin = 0;
    for (unsigned i = rank; i-- > 0;) {
        unsigned axis = axes[i];
        size_t gap = plain ? 0 : (size_t)random_within(seed, 0, 1) * 16;
        size_t length = chunk->spec.shape[axis], stride = span + gap;
        bool backwards = !plain && random_within(seed, 0, 3) == 0;
        chunk->strides[axis] = backwards ? -(ptrdiff_t)stride : (ptrdiff_t)stride;
        chunk->origin += backwards ? stride * (length - 1) : 0;
        span = stride * length;
    }
    chunk->span = span;
}

static void choose_order(uint64_t *seed, struct chunk *chunk, char *text, size_t room)
{
    unsigned rank = chunk->spec.rank, total[OZ_MAX_RANK];
    size_t used = 0;
    for (unsigned i = 0; i < rank; i++)
        chunk->order[i] = i;
    text[0] = '\0';
    for (uint64_t n = rank > 0 ? random_within(seed, 0, 2) : 0; n > 0; n--) {
        unsigned order[OZ_MAX_RANK];
        for (unsigned i = 0; i < rank; i++)
            order[i] = i;
        for (unsigned i = rank; i > 1; i--) {
            unsigned k = (unsigned)random_within(seed, 0, i - 1), kept = order[i - 1];
            order[i - 1] = order[k];
            order[k] = kept;
        }
        struct oz_buf buf = {0};
        struct oz_err err = {0};
        assert_true(oz_buf_printf(&buf, &err, "{\"name\":\"transpose\",\"configuration\":{"));
        assert_true(oz_buf_printf(&buf, &err, "\"order\":["));
        for (unsigned i = 0; i < rank; i++)
            assert_true(oz_buf_printf(&buf, &err, "%s%u", i > 0 ? "," : "", order[i]));
        assert_true(oz_buf_printf(&buf, &err, "]}},"));
        assert_true(used + buf.size < room);
        memcpy(text + used, buf.data, buf.size);
        used += buf.size;
        text[used] = '\0';
        oz_buf_release(&buf);
        for (unsigned i = 0; i < rank; i++)
            total[i] = chunk->order[order[i]];
        memcpy(chunk->order, total, rank * sizeof *total);
    }
}

/* The stored bytes by definition: item by item, byte by byte. */
static void model_stored(const struct chunk *chunk, const uint8_t *memory, uint8_t *stored)
{
    unsigned rank = chunk->spec.rank;
    size_t item = chunk->spec.item_size, swap = chunk->spec.swap_size;
    for (size_t n = 0; n * item < chunk->bytes; n++) {
        size_t rest = n;
        const uint8_t *from = memory + chunk->origin;
        for (unsigned i = rank; i-- > 0;) {
            size_t length = chunk->spec.shape[chunk->order[i]];
            from += (ptrdiff_t)(rest % length) * chunk->strides[chunk->order[i]];
            rest /= length;
        }
        for (size_t b = 0; b < item; b++) {
            size_t unit = b / swap, within = b % swap;
            stored[n * item + b] =
                from[unit * swap + (chunk->big_endian ? swap - 1 - within : within)];
        }
    }
}

static void check_case(uint64_t seed, const char *tail, struct oz_scratch *scratch)
{
    struct chunk chunk = {0};
    char orders[512], codecs[1536];
    struct oz_err err = {0};
    choose_spec(&seed, &chunk);
    choose_strides(&seed, &chunk);
    choose_order(&seed, &chunk, orders, sizeof orders);
    snprintf(codecs, sizeof codecs, "[%s%s%s]", orders, chunk.big_endian ? BIG : LITTLE, tail);
    OZ_AUTO_PTR(oz_chain) chain = need_chain(codecs, &chunk.spec);
    OZ_AUTO_PTR(oz_chain) bare = need_chain("[" LITTLE "]", &chunk.spec);
    assert_int_equal(oz_chain_chunk_bytes(chain), chunk.bytes);

    OZ_AUTO_FREE uint8_t *memory = oz_alloc(chunk.span, 1, &err);
    OZ_AUTO_FREE uint8_t *back = oz_alloc(chunk.span, 1, &err);
    OZ_AUTO_FREE uint8_t *stored = oz_alloc(chunk.bytes, 1, &err);
    OZ_AUTO_FREE uint8_t *packed = oz_alloc(chunk.bytes, 1, &err);
    OZ_AUTO(oz_buf) encoded = {0};
    assert_true(memory && back && stored && packed);
    random_fill(&seed, memory, chunk.span);
    memcpy(back, memory, chunk.span);
    model_stored(&chunk, memory, stored);

    /* Appends behind what is there, within the bound. */
    assert_true(oz_buf_append(&encoded, "abc", 3, &err));
    if (!oz_chain_encode(chain, scratch, memory + chunk.origin, chunk.strides, &encoded, &err))
        fail_msg("%s: %s", codecs, err.msg);
    assert_memory_equal(encoded.data, "abc", 3);
    struct oz_span body = {encoded.data + 3, encoded.size - 3};
    assert_true(body.size <= oz_chain_bound(chain));
    if (tail[0] == '\0')
        assert_memory_equal(body.data, stored, chunk.bytes);

    /* Back into the same layout: the gaps stay, the items come back. */
    uint8_t wiped[16] = {0};
    oz_nd_fill(chunk.spec.rank, chunk.spec.shape, chunk.spec.item_size, back + chunk.origin,
               chunk.strides, wiped);
    if (!oz_chain_decode(chain, scratch, body, back + chunk.origin, chunk.strides, &err))
        fail_msg("%s: %s", codecs, err.msg);
    assert_memory_equal(back, memory, chunk.span);

    /* Into the layout that the chain likes: the stored bytes but for their order in an item. */
    ptrdiff_t liked[OZ_MAX_RANK] = {0};
    oz_chain_strides(chain, liked);
    assert_true(oz_chain_decode(chain, scratch, body, packed, liked, &err));
    chunk.big_endian = false;
    model_stored(&chunk, memory, stored);
    assert_memory_equal(packed, stored, chunk.bytes);
}

static void all_codecs_shapes_and_orders(void **state)
{
    (void)state;
    OZ_AUTO_PTR(oz_scratch) scratch = need_scratch();
    for (size_t c = 0; c < OZ_LENGTH(byte_codecs); c++)
        for (uint64_t n = 0; n < 60; n++)
            check_case(c * 1000 + n, byte_codecs[c], scratch);
}

/* ---- sizes that do not agree, damage ---- */

static const struct oz_chunk_spec line = {.rank = 1, .shape = {64}, .item_size = 2, .swap_size = 2};

static void wrong_sizes_are_refused(void **state)
{
    (void)state;
    OZ_AUTO_PTR(oz_scratch) scratch = need_scratch();
    uint64_t seed = 7;
    uint8_t data[256], back[128];
    random_fill(&seed, data, sizeof data);
    for (size_t c = 0; c < OZ_LENGTH(byte_codecs); c++) {
        char codecs[1024];
        struct oz_err err = {0};
        snprintf(codecs, sizeof codecs, "[" LITTLE "%s]", byte_codecs[c]);
        OZ_AUTO_PTR(oz_chain) chain = need_chain(codecs, &line);
        for (uint64_t length = 1; length <= 128; length++) {
            struct oz_chunk_spec other = line;
            other.shape[0] = length;
            OZ_AUTO_PTR(oz_chain) writer = need_chain(codecs, &other);
            OZ_AUTO(oz_buf) encoded = {0};
            assert_true(oz_chain_encode(writer, scratch, data, NULL, &encoded, &err));
            bool read = oz_chain_decode(chain, scratch, oz_buf_view(&encoded), back, NULL, &err);
            assert_int_equal(read, length == 64);
            if (!read)
                assert_int_equal(err.code, OZ_EFORMAT);
        }
    }
}

static void damage_never_crashes(void **state)
{
    (void)state;
    OZ_AUTO_PTR(oz_scratch) scratch = need_scratch();
    uint64_t seed = 11;
    uint8_t data[128];
    random_fill(&seed, data, sizeof data);
    for (size_t c = 0; c < OZ_LENGTH(byte_codecs); c++) {
        char codecs[1024];
        struct oz_err err = {0};
        snprintf(codecs, sizeof codecs, "[" LITTLE "%s]", byte_codecs[c]);
        OZ_AUTO_PTR(oz_chain) chain = need_chain(codecs, &line);
        OZ_AUTO(oz_buf) encoded = {0};
        assert_true(oz_chain_encode(chain, scratch, data, NULL, &encoded, &err));
        bool sealed = strstr(codecs, "crc32c\"]") || strstr(codecs, "checksum");
        for (size_t n = 0; n < 8 * encoded.size + 1500; n++) {
            /* An own block of the exact size, so that reading past its end is seen. */
            size_t size = n < encoded.size || n >= 8 * encoded.size
                              ? encoded.size
                              : (size_t)random_within(&seed, 0, encoded.size);
            OZ_AUTO_FREE uint8_t *copy = oz_alloc(encoded.size, 1, &err);
            OZ_AUTO_FREE uint8_t *back = oz_alloc(sizeof data, 1, &err);
            memcpy(copy, encoded.data, encoded.size);
            for (uint64_t k = random_within(&seed, 1, 3); k > 0; k--)
                copy[random_within(&seed, 0, encoded.size - 1)] ^=
                    (uint8_t)(1u << random_within(&seed, 0, 7));
            struct oz_span span = {copy, size};
            bool read = oz_chain_decode(chain, scratch, span, back, NULL, &err);
            if (read && sealed && memcmp(copy, encoded.data, size) != 0)
                assert_memory_equal(back, data, sizeof data);
        }
    }
}

static void messages_name_codec_and_sizes(void **state)
{
    (void)state;
    OZ_AUTO_PTR(oz_scratch) scratch = need_scratch();
    struct oz_chunk_spec small = {.rank = 1, .shape = {1000}, .item_size = 1, .swap_size = 1};
    struct oz_chunk_spec large = {.rank = 1, .shape = {5000}, .item_size = 1, .swap_size = 1};
    static const char *const lists[] = {"[\"bytes\",\"zstd\"]", "[\"bytes\",\"gzip\"]",
                                        "[\"bytes\"," BLOSC("lz4", "shuffle") "]", "[\"bytes\"]"};
    static const char *const words[] = {"zstd: frame holds 5.0 kB, chunk is 1.0 kB",
                                        "gzip: ", "blosc: frame holds 5.0 kB, chunk is 1.0 kB",
                                        "found 5.0 kB, chunk is 1.0 kB"};
    uint8_t data[5000] = {0};
    for (size_t i = 0; i < OZ_LENGTH(lists); i++) {
        struct oz_err err = {0};
        OZ_AUTO_PTR(oz_chain) writer = need_chain(lists[i], &large);
        OZ_AUTO_PTR(oz_chain) reader = need_chain(lists[i], &small);
        OZ_AUTO(oz_buf) encoded = {0};
        assert_true(oz_chain_encode(writer, scratch, data, NULL, &encoded, &err));
        assert_false(oz_chain_decode(reader, scratch, oz_buf_view(&encoded), data, NULL, &err));
        if (!strstr(err.msg, words[i]))
            fail_msg("%s is not in: %s", words[i], err.msg);
    }
}

/* Streams as other programs write them. */
static void foreign_streams(void **state)
{
    (void)state;
    OZ_AUTO_PTR(oz_scratch) scratch = need_scratch();
    struct oz_chunk_spec ten = {.rank = 1, .shape = {10}, .item_size = 1, .swap_size = 1};
    struct oz_chunk_spec five = {.rank = 1, .shape = {5}, .item_size = 1, .swap_size = 1};
    static const char *const lists[] = {"[\"bytes\",\"zstd\"]", "[\"bytes\",\"gzip\"]"};
    for (size_t i = 0; i < OZ_LENGTH(lists); i++) { /* two frames, one behind the other */
        struct oz_err err = {0};
        char back[10];
        OZ_AUTO_PTR(oz_chain) writer = need_chain(lists[i], &five);
        OZ_AUTO_PTR(oz_chain) reader = need_chain(lists[i], &ten);
        OZ_AUTO(oz_buf) encoded = {0};
        assert_true(oz_chain_encode(writer, scratch, "hello", NULL, &encoded, &err));
        assert_true(oz_chain_encode(writer, scratch, "world", NULL, &encoded, &err));
        assert_true(oz_chain_decode(reader, scratch, oz_buf_view(&encoded), back, NULL, &err));
        assert_memory_equal(back, "helloworld", 10);
    }
    /* A zstd frame without content size: magic, descriptor 0, window 1 KB, one raw last block. */
    static const uint8_t frame[] = {0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x00, 0x29,
                                    0x00, 0x00, 'h',  'e',  'l',  'l',  'o'};
    struct oz_err err = {0};
    char back[10];
    OZ_AUTO_PTR(oz_chain) reader = need_chain(lists[0], &five);
    OZ_AUTO_PTR(oz_chain) longer = need_chain(lists[0], &ten);
    assert_true(
        oz_chain_decode(reader, scratch, (struct oz_span){frame, sizeof frame}, back, NULL, &err));
    assert_memory_equal(back, "hello", 5);
    assert_false(
        oz_chain_decode(longer, scratch, (struct oz_span){frame, sizeof frame}, back, NULL, &err));
}

/* The known value of "123456789", at the end, little endian. */
static void crc32c_is_the_standard_one(void **state)
{
    (void)state;
    OZ_AUTO_PTR(oz_scratch) scratch = need_scratch();
    struct oz_err err = {0};
    struct oz_chunk_spec nine = {.rank = 1, .shape = {9}, .item_size = 1, .swap_size = 1};
    OZ_AUTO_PTR(oz_chain) chain = need_chain("[\"bytes\",\"crc32c\"]", &nine);
    OZ_AUTO(oz_buf) encoded = {0};
    size_t size;
    assert_true(oz_chain_fixed_size(chain, &size));
    assert_int_equal(size, 13);
    assert_false(oz_chain_compresses(chain));
    assert_true(oz_chain_encode(chain, scratch, "123456789", NULL, &encoded, &err));
    assert_int_equal(encoded.size, 13);
    assert_memory_equal(encoded.data, "123456789\x83\x92\x06\xe3", 13);
}

/* ---- lists that cannot be ---- */

static void bad_lists_are_refused_by_name(void **state)
{
    (void)state;
    static const struct {
        const char *codecs, *word;
        enum oz_code code;
    } cases[] = {
        {"[]", "codecs", OZ_EFORMAT},
        {"{}", "codecs", OZ_EFORMAT},
        {"[\"zstd\"]", "bytes", OZ_EFORMAT},
        {"[7]", "expected a name", OZ_EFORMAT},
        {"[{\"configuration\":{}}]", "name", OZ_EFORMAT},
        {"[{\"name\":\"bytes\",\"configuration\":3}]", "configuration", OZ_EFORMAT},
        {"[\"bytes\"]", "endian", OZ_EFORMAT},
        {"[{\"name\":\"bytes\",\"configuration\":{\"endian\":\"middle\"}}]", "middle", OZ_EFORMAT},
        {"[" LITTLE "," BIG "]", "before", OZ_EFORMAT},
        {"[" LITTLE ",{\"name\":\"transpose\",\"configuration\":{\"order\":[0,1]}}]", "before",
         OZ_EFORMAT},
        {"[" LITTLE ",\"zfp\"]", "\"zfp\"", OZ_EUNSUPPORTED},
        {"[" LITTLE ",\"sharding_indexed\"]", "sharding_indexed", OZ_EUNSUPPORTED},
        {"[{\"name\":\"transpose\",\"configuration\":{\"order\":[0,0]}}," LITTLE "]", "transpose",
         OZ_EFORMAT},
        {"[{\"name\":\"transpose\",\"configuration\":{\"order\":[0,2]}}," LITTLE "]", "transpose",
         OZ_EFORMAT},
        {"[{\"name\":\"transpose\",\"configuration\":{\"order\":[0]}}," LITTLE "]", "transpose",
         OZ_EFORMAT},
        {"[{\"name\":\"transpose\",\"configuration\":{\"order\":[0,-1]}}," LITTLE "]", "transpose",
         OZ_EFORMAT},
        {"[" LITTLE ",{\"name\":\"zstd\",\"configuration\":{\"level\":23}}]", "level", OZ_EFORMAT},
        {"[" LITTLE ",{\"name\":\"zstd\",\"configuration\":{\"level\":\"x\"}}]", "level",
         OZ_EFORMAT},
        {"[" LITTLE ",{\"name\":\"zstd\",\"configuration\":{\"checksum\":1}}]", "checksum",
         OZ_EFORMAT},
        {"[" LITTLE ",{\"name\":\"gzip\",\"configuration\":{\"level\":10}}]", "level", OZ_EFORMAT},
        {"[" LITTLE ",{\"name\":\"blosc\",\"configuration\":{\"cname\":\"lz5\"}}]", "lz5",
         OZ_EUNSUPPORTED},
        {"[" LITTLE ",\"blosc\"]", "cname", OZ_EFORMAT},
        {"[" LITTLE ",{\"name\":\"blosc\",\"configuration\":{\"cname\":\"lz4\",\"clevel\":10}}]",
         "clevel", OZ_EFORMAT},
        {"[" LITTLE
         ",{\"name\":\"blosc\",\"configuration\":{\"cname\":\"lz4\",\"shuffle\":\"fast\"}}]",
         "fast", OZ_EFORMAT},
    };
    struct oz_chunk_spec spec = {.rank = 2, .shape = {3, 4}, .item_size = 2, .swap_size = 2};
    for (size_t i = 0; i < OZ_LENGTH(cases); i++) {
        struct oz_err err = {0};
        if (open_chain(cases[i].codecs, &spec, &err))
            fail_msg("%s was taken", cases[i].codecs);
        if (err.code != cases[i].code || !strstr(err.msg, cases[i].word))
            fail_msg("%s: code %d, %s", cases[i].codecs, err.code, err.msg);
    }
}

static void chunks_too_large_for_blosc(void **state)
{
    (void)state;
    struct oz_err err = {0};
    struct oz_chunk_spec spec = {
        .rank = 1, .shape = {UINT64_C(1) << 31}, .item_size = 1, .swap_size = 1};
    assert_null(open_chain("[\"bytes\"," BLOSC("lz4", "shuffle") "]", &spec, &err));
    assert_int_equal(err.code, OZ_EUNSUPPORTED);
    OZ_AUTO_PTR(oz_chain) zstd = need_chain("[\"bytes\",\"zstd\"]", &spec);
    assert_true(oz_chain_bound(zstd) > UINT64_C(1) << 31);
}

/* ---- words of people ---- */

static void codecs_from_words_and_back(void **state)
{
    (void)state;
    static const struct {
        const char *text, *words;
        size_t item_size;
    } good[] = {
        {"none", "none", 2},
        {"zstd", "zstd 3", 1},
        {"zstd:1", "zstd 1", 1},
        {"zstd:22", "zstd 22", 1},
        {"zstd:-7", "zstd -7", 1},
        {"gzip", "gzip 6", 1},
        {"gzip:0", "gzip 0", 1},
        {"gzip:9", "gzip 9", 4},
        {"blosc", "blosc lz4 5 shuffle", 4},
        {"blosc", "blosc lz4 5 noshuffle", 1},
        {"blosc:zstd", "blosc zstd 5 shuffle", 2},
        {"blosc:zstd:0", "blosc zstd 0 shuffle", 2},
        {"blosc:lz4hc:9:bitshuffle", "blosc lz4hc 9 bitshuffle", 2},
        {"blosc:lz4:5:noshuffle", "blosc lz4 5 noshuffle", 2},
    };
    static const char *const bad[] = {"",
                                      "zstd:",
                                      "zstd:23",
                                      "zstd:0",
                                      "zstd:1:2",
                                      "gzip:10",
                                      "gzip:-1",
                                      "gzip:x",
                                      "none:1",
                                      "blosc:lz5",
                                      "blosc:lz4:10",
                                      "blosc:lz4:5:x",
                                      "lzma",
                                      "zstd:1.5",
                                      "blosc:lz4:5:shuffle:1",
                                      "ZSTD:1",
                                      ":",
                                      "a:b:c:d:e:f:g"};
    for (size_t i = 0; i < OZ_LENGTH(good); i++) {
        struct oz_err err = {0};
        OZ_AUTO_PTR(oz_json) codecs = oz_codecs_from_text(good[i].text, good[i].item_size, &err);
        OZ_AUTO(oz_buf) words = {0};
        assert_non_null(codecs);
        assert_true(oz_codecs_describe(codecs, &words, &err));
        assert_int_equal(words.size, strlen(good[i].words));
        assert_memory_equal(words.data, good[i].words, words.size);
        struct oz_chunk_spec spec = {.rank = 1,
                                     .shape = {5},
                                     .item_size = good[i].item_size,
                                     .swap_size = good[i].item_size};
        OZ_AUTO_PTR(oz_chain) chain = oz_chain_open(codecs, &spec, &err);
        assert_non_null(chain);
        assert_int_equal(oz_chain_compresses(chain), i > 0);
    }
    for (size_t i = 0; i < OZ_LENGTH(bad); i++) {
        struct oz_err err = {0};
        assert_null(oz_codecs_from_text(bad[i], 2, &err));
        assert_int_equal(err.code, OZ_EINVAL);
    }
}

/* ---- memory runs out ---- */

static bool round_trip(struct oz_err *err)
{
    struct oz_chunk_spec spec = {.rank = 2, .shape = {16, 16}, .item_size = 2, .swap_size = 2};
    uint8_t data[512] = {1, 2, 3}, back[512];
    OZ_AUTO_PTR(oz_json) codecs = oz_codecs_from_text("zstd:1", 2, err);
    OZ_AUTO_PTR(oz_chain) chain = codecs ? oz_chain_open(codecs, &spec, err) : NULL;
    OZ_AUTO_PTR(oz_scratch) scratch = chain ? oz_scratch_new(err) : NULL;
    OZ_AUTO(oz_buf) encoded = {0};
    ptrdiff_t strides[] = {2, 32};
    return scratch && oz_chain_encode(chain, scratch, data, strides, &encoded, err) &&
           oz_chain_decode(chain, scratch, oz_buf_view(&encoded), back, strides, err) &&
           memcmp(data, back, sizeof data) == 0;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    unsigned long n = 0;
    for (bool done = false; !done && n < 1000;) {
        struct oz_err err = {0};
        oz_alloc_fail_at(++n);
        done = round_trip(&err);
        oz_alloc_fail_at(0);
        if (!done)
            assert_int_equal(err.code, OZ_ENOMEM);
    }
    assert_in_range(n, 5, 999);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_codecs_shapes_and_orders),
        cmocka_unit_test(wrong_sizes_are_refused),
        cmocka_unit_test(damage_never_crashes),
        cmocka_unit_test(messages_name_codec_and_sizes),
        cmocka_unit_test(foreign_streams),
        cmocka_unit_test(crc32c_is_the_standard_one),
        cmocka_unit_test(bad_lists_are_refused_by_name),
        cmocka_unit_test(chunks_too_large_for_blosc),
        cmocka_unit_test(codecs_from_words_and_back),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
