/* SPDX-License-Identifier: Apache-2.0 */
/* Codec lists as people write and read them: "zstd:3", "blosc lz4 5 shuffle". */
#include "codec/codec.h"

#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "codec/codec_type.h"

#define ACCEPTED                                                                                   \
    "none, zstd:LEVEL (-131072 to 22), gzip:LEVEL (0 to 9), "                                      \
    "blosc:COMPRESSOR:LEVEL:SHUFFLE (0 to 9; noshuffle, shuffle, bitshuffle)"
#define MAX_WORDS 4

/* The parts between colons, in one block of memory that `text` is. */
static size_t split(char *text, char *words[MAX_WORDS + 1])
{
    size_t count = 0;
    while (text && count <= MAX_WORDS)
        words[count++] = strsep(&text, ":");
    return count;
}

static bool read_level(const char *word, int64_t low, int64_t high, int64_t *level)
{
    return !word || (oz_text_to_i64(word, level) && *level >= low && *level <= high);
}

static struct oz_json *add_codec(struct oz_json_maker *maker, struct oz_json *list,
                                 const char *name)
{
    struct oz_json *codec = oz_make_object(maker, list, NULL);
    oz_make_text(maker, codec, "name", name);
    return oz_make_object(maker, codec, "configuration");
}

/* zstd and gzip: one word, the level. */
static bool add_leveled(struct oz_json_maker *maker, struct oz_json *list, char **words,
                        size_t count)
{
    bool zstd = strcmp(words[0], "zstd") == 0;
    int64_t level = zstd ? 3 : 6;
    if (count > 2 ||
        !read_level(count > 1 ? words[1] : NULL, zstd ? -131072 : 0, zstd ? 22 : 9, &level) ||
        (zstd && level == 0)) /* 0 means "the default" to libzstd, not "stored" */
        return false;
    struct oz_json *config = add_codec(maker, list, words[0]);
    oz_make_i64(maker, config, "level", level);
    if (zstd)
        oz_make_bool(maker, config, "checksum", false);
    return true;
}

static bool add_blosc(struct oz_json_maker *maker, struct oz_json *list, char **words, size_t count,
                      size_t item_size)
{
    const char *cname = count > 1 ? words[1] : "lz4";
    const char *shuffle = count > 3 ? words[3] : item_size > 1 ? "shuffle" : "noshuffle";
    int64_t level = 5;
    int mode;
    if (count > 4 || !oz_blosc_compressor(cname) || !oz_blosc_shuffle(shuffle, &mode) ||
        !read_level(count > 2 ? words[2] : NULL, 0, 9, &level))
        return false;
    struct oz_json *config = add_codec(maker, list, "blosc");
    oz_make_text(maker, config, "cname", cname);
    oz_make_i64(maker, config, "clevel", level);
    oz_make_text(maker, config, "shuffle", shuffle);
    oz_make_u64(maker, config, "typesize", item_size);
    oz_make_u64(maker, config, "blocksize", 0);
    return true;
}

struct oz_json *oz_codecs_from_text(const char *text, size_t item_size, struct oz_err *err)
{
    OZ_AUTO_FREE char *copy = oz_strdup(text, err);
    if (!copy)
        return NULL;
    char *words[MAX_WORDS + 1];
    size_t count = split(copy, words);
    struct oz_json_maker maker = {0};
    struct oz_json *list = oz_make_root_array(&maker);
    struct oz_json *config = add_codec(&maker, list, "bytes");
    if (item_size > 1)
        oz_make_text(&maker, config, "endian", "little");
    bool known = true;
    if (strcmp(words[0], "zstd") == 0 || strcmp(words[0], "gzip") == 0)
        known = add_leveled(&maker, list, words, count);
    else if (strcmp(words[0], "blosc") == 0)
        known = add_blosc(&maker, list, words, count, item_size);
    else
        known = count == 1 && strcmp(words[0], "none") == 0;
    OZ_AUTO_PTR(oz_json) made = oz_make_finish(&maker, list, err);
    if (made && !known) {
        oz_fail(err, OZ_EINVAL, "unknown codec \"%.60s\"; known are " ACCEPTED, text);
        return NULL;
    }
    return OZ_STEAL(made);
}

static bool describe_value(const struct oz_json *config, const char *key, struct oz_buf *out,
                           struct oz_err *err)
{
    const struct oz_json *value = oz_json_get(config, key);
    const char *text = oz_json_to_text(value);
    int64_t number;
    if (text)
        return oz_buf_printf(out, err, " %.40s", text);
    return !oz_json_to_i64(value, &number) || oz_buf_printf(out, err, " %lld", (long long)number);
}

static bool describe_codec(const char *name, const struct oz_json *config, struct oz_buf *out,
                           struct oz_err *err)
{
    static const char *const keys[] = {"cname", "level", "clevel", "shuffle"};
    static const char prefix[] = "numcodecs.";
    if (strncmp(name, prefix, strlen(prefix)) == 0)
        name += strlen(prefix);
    if (!oz_buf_printf(out, err, "%.60s", name))
        return false;
    for (size_t i = 0; i < OZ_LENGTH(keys); i++)
        if (!describe_value(config, keys[i], out, err))
            return false;
    return true;
}

/* How the bytes are laid out is no business of the words for people, nor is a checksum. */
static bool is_silent(const char *name)
{
    static const char *const silent[] = {"transpose", "bytes", "endian", "crc32c",
                                         "numcodecs.crc32c"};
    for (size_t i = 0; i < OZ_LENGTH(silent); i++)
        if (strcmp(name, silent[i]) == 0)
            return true;
    return false;
}

bool oz_codecs_describe(const struct oz_json *codecs, struct oz_buf *out, struct oz_err *err)
{
    size_t from = out->size;
    for (size_t i = 0; i < oz_json_length(codecs); i++) {
        const char *name;
        const struct oz_json *config;
        if (!oz_extension_read(oz_json_at(codecs, i), &name, &config, err))
            return false;
        if (is_silent(name))
            continue;
        if (out->size > from && !oz_buf_printf(out, err, " + "))
            return false;
        if (!describe_codec(name, config, out, err))
            return false;
    }
    return out->size > from || oz_buf_printf(out, err, "none");
}
