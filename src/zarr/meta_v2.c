/* SPDX-License-Identifier: Apache-2.0 */
/* Array metadata of Zarr v2: `.zarray`, told in the words of v3. */
#include "zarr/meta.h"

#include <string.h>

#include "base/endian.h"
#include "codec/codec.h"
#include "zarr/meta_rules.h"

/* Shuffle modes of blosc by their number in v2. */
static const char *const shuffles[] = {"noshuffle", "shuffle", "bitshuffle"};

/* The names of a compressor in both formats and the members that mean the same. */
struct compressor {
    const char *v2, *v3;
    const char *keys[3];
};
static const struct compressor compressors[] = {
    {"zstd", "zstd", {"level", "checksum"}},
    {"gzip", "gzip", {"level"}},
    {"zlib", "numcodecs.zlib", {"level"}},
    {"blosc", "blosc", {"cname", "clevel", "blocksize"}},
};

static const struct compressor *find_compressor(const char *v2, const char *v3)
{
    for (size_t i = 0; i < OZ_LENGTH(compressors); i++)
        if ((v2 && strcmp(v2, compressors[i].v2) == 0) ||
            (v3 && strcmp(v3, compressors[i].v3) == 0))
            return &compressors[i];
    return NULL;
}

static void copy_members(struct oz_json_maker *maker, const struct compressor *compressor,
                         const struct oz_json *from, struct oz_json *to)
{
    for (size_t i = 0; i < OZ_LENGTH(compressor->keys); i++) {
        const char *key = compressor->keys[i];
        const struct oz_json *value = key ? oz_json_get(from, key) : NULL;
        bool on = true;
        /* A checksum that is off is not written: some readers do not know the member. */
        if (oz_json_to_bool(value, &on) && !on)
            continue;
        if (oz_json_type(value) != OZ_JSON_NULL)
            oz_make_value(maker, to, key, oz_json_ref(value));
    }
}

/* ---- reading ---- */

static bool read_head(const struct oz_json *zarray, struct oz_err *err)
{
    uint64_t format;
    if (oz_json_type(zarray) != OZ_JSON_OBJECT)
        return oz_fail(err, OZ_EFORMAT, "expected an object, found %s", oz_json_type_name(zarray));
    if (!oz_json_need_u64(zarray, "zarr_format", &format, err))
        return false;
    return format == 2 || oz_fail(err, OZ_EFORMAT, "zarr_format: expected 2, found %llu",
                                  (unsigned long long)format);
}

static bool read_dtype(const struct oz_json *zarray, struct oz_meta *meta, bool *big_endian,
                       struct oz_err *err)
{
    const struct oz_json *value = oz_json_get(zarray, "dtype");
    const char *text = oz_json_to_text(value);
    if (oz_json_type(value) == OZ_JSON_ARRAY)
        return oz_fail(err, OZ_EUNSUPPORTED, "dtype: structured types are not supported");
    if (!text)
        return oz_json_need_text(zarray, "dtype", &text, err);
    return oz_dtype_from_v2(text, &meta->dtype, big_endian) ||
           oz_fail(err, OZ_EUNSUPPORTED, "dtype: \"%.60s\" is not supported", text);
}

static bool read_separator(const struct oz_json *zarray, struct oz_meta *meta, struct oz_err *err)
{
    const struct oz_json *value = oz_json_get(zarray, "dimension_separator");
    const char *text = oz_json_to_text(value);
    meta->keys = OZ_KEYS_V2;
    meta->separator = '.';
    if (oz_json_type(value) == OZ_JSON_NULL)
        return true;
    if (!text || (strcmp(text, "/") != 0 && strcmp(text, ".") != 0))
        return oz_fail(err, OZ_EFORMAT, "dimension_separator: expected \"/\" or \".\", found %s",
                       text ? text : oz_json_type_name(value));
    meta->separator = text[0];
    return true;
}

static bool read_order(const struct oz_json *zarray, bool *fortran, struct oz_err *err)
{
    const struct oz_json *value = oz_json_get(zarray, "order");
    const char *text = oz_json_to_text(value);
    *fortran = text && strcmp(text, "F") == 0;
    if (*fortran || oz_json_type(value) == OZ_JSON_NULL || (text && strcmp(text, "C") == 0))
        return true;
    return oz_fail(err, OZ_EFORMAT, "order: expected \"C\" or \"F\", found %s",
                   text ? text : oz_json_type_name(value));
}

static bool check_filters(const struct oz_json *zarray, struct oz_err *err)
{
    const struct oz_json *filters = oz_json_get(zarray, "filters");
    if (oz_json_type(filters) == OZ_JSON_NULL)
        return true;
    if (oz_json_type(filters) != OZ_JSON_ARRAY)
        return oz_fail(err, OZ_EFORMAT, "filters: expected a list, found %s",
                       oz_json_type_name(filters));
    if (oz_json_length(filters) == 0)
        return true;
    const char *id = oz_json_to_text(oz_json_get(oz_json_at(filters, 0), "id"));
    return oz_fail(err, OZ_EUNSUPPORTED, "filters: \"%.60s\" is not supported", id ? id : "?");
}

static bool add_shuffle(struct oz_json_maker *maker, const struct oz_json *blosc,
                        struct oz_json *config, size_t item_size, struct oz_err *err)
{
    const struct oz_json *value = oz_json_get(blosc, "shuffle");
    int64_t mode = 1;
    if (oz_json_type(value) != OZ_JSON_NULL &&
        (!oz_json_to_i64(value, &mode) || mode < -1 || mode > 2))
        return oz_fail(err, OZ_EFORMAT, "compressor: shuffle: expected -1 to 2");
    if (mode == -1) /* chosen by the length of an item */
        mode = item_size == 1 ? 2 : 1;
    oz_make_text(maker, config, "shuffle", shuffles[mode]);
    oz_make_u64(maker, config, "typesize", item_size);
    return true;
}

static bool add_compressor(struct oz_json_maker *maker, const struct oz_json *zarray,
                           struct oz_json *list, size_t item_size, struct oz_err *err)
{
    const struct oz_json *value = oz_json_get(zarray, "compressor");
    const char *id;
    if (oz_json_type(value) == OZ_JSON_NULL)
        return true;
    if (oz_json_type(value) != OZ_JSON_OBJECT)
        return oz_fail(err, OZ_EFORMAT, "compressor: expected an object, found %s",
                       oz_json_type_name(value));
    if (!oz_json_need_text(value, "id", &id, err))
        return oz_err_prefix(err, "compressor: ");
    const struct compressor *compressor = find_compressor(id, NULL);
    if (!compressor)
        return oz_fail(err, OZ_EUNSUPPORTED, "compressor: \"%.60s\" is not supported", id);
    struct oz_json *config = oz_meta_make_codec(maker, list, compressor->v3);
    copy_members(maker, compressor, value, config);
    return strcmp(id, "blosc") != 0 || add_shuffle(maker, value, config, item_size, err);
}

static void add_transpose(struct oz_json_maker *maker, struct oz_json *list, unsigned rank)
{
    struct oz_json *config = oz_meta_make_codec(maker, list, "transpose");
    struct oz_json *order = oz_make_array(maker, config, "order");
    for (unsigned i = 0; i < rank; i++)
        oz_make_u64(maker, order, NULL, rank - 1 - i);
}

static bool make_codecs(const struct oz_json *zarray, struct oz_meta *meta, bool big_endian,
                        struct oz_err *err)
{
    bool fortran;
    if (!read_order(zarray, &fortran, err) || !check_filters(zarray, err))
        return false;
    struct oz_json_maker maker = {0};
    struct oz_json *list = oz_make_root_array(&maker);
    if (fortran && meta->rank > 1)
        add_transpose(&maker, list, meta->rank);
    struct oz_json *bytes = oz_meta_make_codec(&maker, list, "bytes");
    if (oz_dtype_swap_size(meta->dtype) > 1)
        oz_make_text(&maker, bytes, "endian", big_endian ? "big" : "little");
    bool valid = add_compressor(&maker, zarray, list, oz_dtype_size(meta->dtype), err);
    struct oz_err out_of_memory = {0};
    meta->codecs = oz_make_finish(&maker, list, valid ? err : &out_of_memory);
    return valid && meta->codecs;
}

/* What xarray and its kin write; not a rule of the format, so anything else is passed over. */
static bool read_names(const struct oz_json *zattrs, struct oz_meta *meta, struct oz_err *err)
{
    const struct oz_json *names = oz_json_get(zattrs, "_ARRAY_DIMENSIONS");
    if (oz_json_type(names) != OZ_JSON_ARRAY || oz_json_length(names) != meta->rank)
        return true;
    for (unsigned i = 0; i < meta->rank; i++)
        if (!oz_meta_set_name(meta, i, oz_json_at(names, i), err))
            return false;
    return true;
}

static bool read_fill(const struct oz_json *zarray, struct oz_meta *meta, struct oz_err *err)
{
    const struct oz_json *value = oz_json_get(zarray, "fill_value");
    meta->fill_is_null = oz_json_type(value) == OZ_JSON_NULL;
    return oz_fill_parse(meta->dtype, value, meta->fill, err);
}

bool oz_meta_parse_v2(const struct oz_json *zarray, const struct oz_json *zattrs,
                      struct oz_meta *meta, struct oz_err *err)
{
    OZ_AUTO(oz_meta) made = {.zarr_format = 2, .rank = OZ_RANK_ANY};
    bool big_endian = false;
    if (!read_head(zarray, err) ||
        !oz_meta_read_shape(zarray, "shape", &made.rank, made.shape, err) ||
        !oz_meta_read_shape(zarray, "chunks", &made.rank, made.chunk, err) ||
        !read_dtype(zarray, &made, &big_endian, err) || !read_separator(zarray, &made, err) ||
        !make_codecs(zarray, &made, big_endian, err) || !read_fill(zarray, &made, err) ||
        !read_names(zattrs, &made, err))
        return false;
    memcpy(made.shard, made.chunk, sizeof made.shard);
    if (!oz_meta_check(&made, err))
        return false;
    if (oz_json_type(zattrs) == OZ_JSON_OBJECT)
        made.attributes = oz_json_ref(zattrs);
    *meta = made;
    made = (struct oz_meta){0};
    return true;
}

/* ---- writing ---- */

/* What a v3 codec list says in v2's terms. */
struct v2_form {
    bool fortran;
    bool big_endian;
    const struct compressor *compressor;
    const struct oz_json *config; /* of the compressor */
};

static bool is_reversal(const struct oz_json *config, unsigned rank)
{
    const struct oz_json *order = oz_json_get(config, "order");
    for (unsigned i = 0; i < rank; i++) {
        uint64_t axis;
        if (!oz_json_to_u64(oz_json_at(order, i), &axis) || axis != rank - 1 - i)
            return false;
    }
    return oz_json_length(order) == rank;
}

static bool take_codec(const struct oz_json *entry, unsigned rank, struct v2_form *form,
                       struct oz_err *err)
{
    const char *name;
    const struct oz_json *config;
    if (!oz_extension_read(entry, &name, &config, err))
        return false;
    if (strcmp(name, "transpose") == 0 && !form->fortran && is_reversal(config, rank)) {
        form->fortran = true;
        return true;
    }
    if (strcmp(name, "bytes") == 0) {
        const char *endian = oz_json_to_text(oz_json_get(config, "endian"));
        form->big_endian = endian && strcmp(endian, "big") == 0;
        return true;
    }
    if (form->compressor || !(form->compressor = find_compressor(NULL, name)))
        return oz_fail(err, OZ_EUNSUPPORTED, "Zarr v2 cannot say the codec \"%.60s\" at its place",
                       name);
    form->config = config;
    return true;
}

static void print_compressor(struct oz_json_maker *maker, struct oz_json *root,
                             const struct v2_form *form)
{
    if (!form->compressor) {
        oz_make_null(maker, root, "compressor");
        return;
    }
    struct oz_json *made = oz_make_object(maker, root, "compressor");
    oz_make_text(maker, made, "id", form->compressor->v2);
    copy_members(maker, form->compressor, form->config, made);
    const char *shuffle = oz_json_to_text(oz_json_get(form->config, "shuffle"));
    for (size_t i = 0; shuffle && i < OZ_LENGTH(shuffles); i++)
        if (strcmp(shuffle, shuffles[i]) == 0)
            oz_make_u64(maker, made, "shuffle", i);
}

static void print_fill(struct oz_json_maker *maker, struct oz_json *root,
                       const struct oz_meta *meta, struct oz_err *err)
{
    if (meta->fill_is_null)
        oz_make_null(maker, root, "fill_value");
    else
        oz_make_value(maker, root, "fill_value", oz_fill_print(meta->dtype, meta->fill, err));
}

struct oz_json *oz_meta_print_v2(const struct oz_meta *meta, struct oz_err *err)
{
    struct v2_form form = {0};
    if (meta->sharded || meta->keys != OZ_KEYS_V2) {
        oz_fail(err, OZ_EUNSUPPORTED, "Zarr v2 knows no %s",
                meta->sharded ? "shards" : "chunk keys with \"c\" in front");
        return NULL;
    }
    for (size_t i = 0; i < oz_json_length(meta->codecs); i++)
        if (!take_codec(oz_json_at(meta->codecs, i), meta->rank, &form, err))
            return NULL;
    char dtype[8];
    oz_dtype_to_v2(meta->dtype, form.big_endian, dtype);
    const char separator[] = {meta->separator, '\0'};
    struct oz_json_maker maker = {0};
    struct oz_json *root = oz_make_root_object(&maker);
    oz_make_i64(&maker, root, "zarr_format", 2);
    oz_meta_print_shape(&maker, root, "shape", meta->rank, meta->shape);
    oz_meta_print_shape(&maker, root, "chunks", meta->rank, meta->chunk);
    oz_make_text(&maker, root, "dtype", dtype);
    print_compressor(&maker, root, &form);
    print_fill(&maker, root, meta, err);
    oz_make_text(&maker, root, "order", form.fortran ? "F" : "C");
    oz_make_null(&maker, root, "filters");
    oz_make_text(&maker, root, "dimension_separator", separator);
    return oz_make_finish(&maker, root, err);
}
