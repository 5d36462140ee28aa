/* SPDX-License-Identifier: Apache-2.0 */
/* Opening a chain: from the codec list in metadata to something that is known to fit the chunk. */
#include "codec/codec.h"

#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "base/endian.h"
#include "base/text.h"
#include "codec/chain.h"

static const struct oz_codec_type *const types[] = {
    &oz_codec_zstd, &oz_codec_gzip, &oz_codec_zlib, &oz_codec_blosc, &oz_codec_crc32c,
};

bool oz_codec_integer(const struct oz_json *config, const char *key, int64_t low, int64_t high,
                      int64_t *value, struct oz_err *err)
{
    const struct oz_json *member = oz_json_get(config, key);
    if (oz_json_type(member) == OZ_JSON_NULL)
        return true;
    if (!oz_json_to_i64(member, value))
        return oz_fail(err, OZ_EFORMAT, "%s: expected an integer, found %s", key,
                       oz_json_type_name(member));
    if (*value < low || *value > high)
        return oz_fail(err, OZ_EFORMAT, "%s: %lld is not within %lld to %lld", key,
                       (long long)*value, (long long)low, (long long)high);
    return true;
}

bool oz_codec_misfit(struct oz_err *err, const char *what, uint64_t found, uint64_t room)
{
    char a[32], b[32];
    oz_text_from_bytes(found, a);
    oz_text_from_bytes(room, b);
    if (strcmp(a, b) != 0)
        return oz_fail(err, OZ_EFORMAT, "%s %s, chunk is %s", what, a, b);
    return oz_fail(err, OZ_EFORMAT, "%s %llu bytes, chunk is %llu", what, (unsigned long long)found,
                   (unsigned long long)room);
}

bool oz_extension_read(const struct oz_json *value, const char **name,
                       const struct oz_json **config, struct oz_err *err)
{
    *config = NULL;
    *name = oz_json_to_text(value);
    if (*name)
        return true;
    if (oz_json_type(value) != OZ_JSON_OBJECT)
        return oz_fail(err, OZ_EFORMAT, "expected a name or an object, found %s",
                       oz_json_type_name(value));
    if (!oz_json_need_text(value, "name", name, err))
        return false;
    const struct oz_json *found = oz_json_get(value, "configuration");
    if (oz_json_type(found) == OZ_JSON_OBJECT)
        *config = found;
    else if (oz_json_type(found) != OZ_JSON_NULL)
        return oz_fail(err, OZ_EFORMAT, "%.60s: configuration: expected an object, found %s", *name,
                       oz_json_type_name(found));
    return true;
}

/* "C" and "F" stand in data of 2022 and 2023, before the list became the only form. */
static bool read_order(const struct oz_json *config, unsigned rank, unsigned *order,
                       struct oz_err *err)
{
    const struct oz_json *value = oz_json_get(config, "order");
    const char *word = oz_json_to_text(value);
    if (word && strlen(word) == 1 && strchr("CF", word[0])) {
        for (unsigned i = 0; i < rank; i++)
            order[i] = word[0] == 'C' ? i : rank - 1 - i;
        return true;
    }
    if (oz_json_type(value) != OZ_JSON_ARRAY || oz_json_length(value) != rank)
        return oz_fail(err, OZ_EFORMAT, "order: expected %u axes", rank);
    unsigned seen = 0;
    for (unsigned i = 0; i < rank; i++) {
        uint64_t axis;
        if (!oz_json_to_u64(oz_json_at(value, i), &axis) || axis >= rank || seen >> axis & 1)
            return oz_fail(err, OZ_EFORMAT, "order: not each axis below %u once", rank);
        seen |= 1u << axis;
        order[i] = (unsigned)axis;
    }
    return true;
}

/* Transposes one behind the other are one transpose. */
static bool add_transpose(struct oz_chain *chain, const struct oz_json *config, struct oz_err *err)
{
    unsigned order[OZ_MAX_RANK], before[OZ_MAX_RANK];
    if (!read_order(config, chain->spec.rank, order, err))
        return oz_err_prefix(err, "transpose: ");
    memcpy(before, chain->order, sizeof before);
    for (unsigned i = 0; i < chain->spec.rank; i++) {
        chain->order[i] = before[order[i]];
        chain->stored_shape[i] = chain->spec.shape[chain->order[i]];
    }
    return true;
}

static bool set_byte_order(struct oz_chain *chain, const struct oz_json *config, struct oz_err *err)
{
    const char *endian = oz_json_to_text(oz_json_get(config, "endian"));
    if (chain->spec.swap_size == 1)
        return true;
    if (!endian)
        return oz_fail(err, OZ_EFORMAT,
                       "bytes: endian: expected \"little\" or \"big\", found none");
    bool big = strcmp(endian, "big") == 0;
    if (!big && strcmp(endian, "little") != 0)
        return oz_fail(err, OZ_EFORMAT,
                       "bytes: endian: expected \"little\" or \"big\", found \"%.40s\"", endian);
    chain->swap = big != oz_host_is_big_endian();
    return true;
}

static bool add_byte_codec(struct oz_chain *chain, const char *name, const struct oz_json *config,
                           struct oz_err *err)
{
    const struct oz_codec_type *type = NULL;
    for (size_t i = 0; i < OZ_LENGTH(types); i++)
        if (strcmp(types[i]->name, name) == 0 || strcmp(types[i]->alias, name) == 0)
            type = types[i];
    if (!type)
        return oz_fail(err, OZ_EUNSUPPORTED, "unknown codec \"%.60s\"", name);
    if (chain->count == OZ_CHAIN_CODECS)
        return oz_fail(err, OZ_EUNSUPPORTED, "more than %d byte codecs in one chain",
                       OZ_CHAIN_CODECS);
    struct oz_codec *codec = &chain->codecs[chain->count];
    codec->type = type;
    if (!type->open(config, chain->spec.item_size, codec, err))
        return oz_err_prefix(err, "%s: ", name);
    size_t size = chain->room[chain->count];
    if (!type->bound(size, &chain->room[++chain->count]))
        return oz_fail(err, OZ_EUNSUPPORTED, "%s: cannot take a chunk of %zu bytes", name, size);
    return true;
}

/* In the order that the format asks for: transposes, then bytes, then byte codecs. */
static bool add_codec(struct oz_chain *chain, const struct oz_json *entry, bool *has_bytes,
                      struct oz_err *err)
{
    const char *name;
    const struct oz_json *config;
    if (!oz_extension_read(entry, &name, &config, err))
        return false;
    bool is_bytes = strcmp(name, "bytes") == 0 || strcmp(name, "endian") == 0;
    bool is_transpose = strcmp(name, "transpose") == 0;
    if (*has_bytes && (is_bytes || is_transpose))
        return oz_fail(err, OZ_EFORMAT, "%s has to come before the codecs of bytes", name);
    if (is_transpose)
        return add_transpose(chain, config, err);
    if (is_bytes) {
        *has_bytes = true;
        return set_byte_order(chain, config, err);
    }
    if (!add_byte_codec(chain, name, config, err))
        return false;
    return *has_bytes || oz_fail(err, OZ_EFORMAT, "%s stands where bytes has to come first", name);
}

static bool start_chain(struct oz_chain *chain, const struct oz_chunk_spec *spec,
                        struct oz_err *err)
{
    chain->spec = *spec;
    uint64_t bytes = spec->item_size;
    for (unsigned i = 0; i < spec->rank; i++) {
        chain->order[i] = i;
        chain->stored_shape[i] = spec->shape[i];
        if (spec->shape[i] == 0 || !oz_mul(bytes, spec->shape[i], &bytes))
            return oz_fail(err, OZ_EFORMAT, "a chunk of this shape cannot be");
    }
    if (bytes > PTRDIFF_MAX)
        return oz_fail(err, OZ_ELIMIT, "a chunk of %llu bytes is too large",
                       (unsigned long long)bytes);
    chain->room[0] = bytes;
    return true;
}

struct oz_chain *oz_chain_open(const struct oz_json *codecs, const struct oz_chunk_spec *spec,
                               struct oz_err *err)
{
    OZ_AUTO_PTR(oz_chain) chain = oz_alloc(1, sizeof *chain, err);
    if (!chain || !start_chain(chain, spec, err))
        return NULL;
    if (oz_json_type(codecs) != OZ_JSON_ARRAY || oz_json_length(codecs) == 0) {
        oz_fail(err, OZ_EFORMAT, "codecs: expected a list of codecs, found %s",
                oz_json_length(codecs) == 0 ? "none" : oz_json_type_name(codecs));
        return NULL;
    }
    bool has_bytes = false;
    for (size_t i = 0; i < oz_json_length(codecs); i++) {
        if (!add_codec(chain, oz_json_at(codecs, i), &has_bytes, err)) {
            oz_err_prefix(err, "codecs: ");
            return NULL;
        }
    }
    if (!has_bytes) {
        oz_fail(err, OZ_EFORMAT, "codecs: bytes is missing");
        return NULL;
    }
    return OZ_STEAL(chain);
}
