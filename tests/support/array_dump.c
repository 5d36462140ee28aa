/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the raw items of an array, or of a box of it, to standard output in C order and the
 * machine's byte order, for other implementations to judge; with --info what its metadata says. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "base/text.h"
#include "zarr/array.h"

#define USAGE "usage: array_dump STORE PATH [--info | START COUNT]   (numbers joined by commas)\n"

/* "1,2,3" -> exactly `rank` numbers. */
static bool read_numbers(const char *text, unsigned rank, uint64_t *out, struct oz_err *err)
{
    OZ_AUTO_FREE char *copy = oz_strdup(text, err);
    if (!copy)
        return false;
    char *rest = copy;
    for (unsigned i = 0; i < rank; i++) {
        const char *word = strsep(&rest, ",");
        if (!word || !oz_text_to_u64(word, &out[i]))
            return oz_fail(err, OZ_EINVAL, "%s: expected %u numbers", text, rank);
    }
    return !rest || rank == 0 || oz_fail(err, OZ_EINVAL, "%s: too many numbers", text);
}

static bool put_out(struct oz_span bytes, struct oz_err *err)
{
    bool done = fwrite(bytes.data, 1, bytes.size, stdout) == bytes.size && fflush(stdout) == 0;
    return done || oz_fail(err, OZ_EIO, "standard output");
}

static bool dump(const struct oz_array *array, const uint64_t *start, const uint64_t *count,
                 struct oz_err *err)
{
    const struct oz_meta *meta = oz_array_meta(array);
    OZ_AUTO_PTR(oz_scratch) scratch = oz_scratch_new(err);
    OZ_AUTO(oz_buf) items = {0};
    uint64_t bytes = oz_dtype_size(meta->dtype);
    for (unsigned i = 0; i < meta->rank; i++)
        if (!oz_mul(bytes, count[i], &bytes))
            return oz_fail(err, OZ_EINVAL, "the box is too large");
    return scratch && oz_buf_resize(&items, bytes, err) &&
           oz_array_read(array, scratch, start, count, items.data, NULL, err) &&
           put_out(oz_buf_view(&items), err);
}

static void make_list(struct oz_json_maker *maker, struct oz_json *parent, const char *key,
                      unsigned rank, const uint64_t *values)
{
    struct oz_json *list = oz_make_array(maker, parent, key);
    for (unsigned i = 0; i < rank; i++)
        oz_make_u64(maker, list, NULL, values[i]);
}

static bool print_info(const struct oz_meta *meta, struct oz_err *err)
{
    struct oz_json_maker maker = {0};
    OZ_AUTO(oz_buf) words = {0};
    OZ_AUTO(oz_buf) text = {0};
    if (!oz_codecs_describe(meta->codecs, &words, err) || !oz_buf_append(&words, "", 1, err))
        return false;
    struct oz_json *root = oz_make_root_object(&maker);
    oz_make_i64(&maker, root, "zarr_format", meta->zarr_format);
    oz_make_text(&maker, root, "dtype", oz_dtype_name(meta->dtype));
    make_list(&maker, root, "shape", meta->rank, meta->shape);
    make_list(&maker, root, "chunk", meta->rank, meta->chunk);
    make_list(&maker, root, "shard", meta->rank, meta->shard);
    oz_make_bool(&maker, root, "sharded", meta->sharded);
    oz_make_text(&maker, root, "codec", (const char *)words.data);
    if (meta->attributes)
        oz_make_value(&maker, root, "attributes", oz_json_ref(meta->attributes));
    struct oz_json *names = oz_make_array(&maker, root, "names");
    for (unsigned i = 0; i < meta->rank; i++) {
        if (meta->names[i])
            oz_make_text(&maker, names, NULL, meta->names[i]);
        else
            oz_make_null(&maker, names, NULL);
    }
    OZ_AUTO_PTR(oz_json) made = oz_make_finish(&maker, root, err);
    return made && oz_json_print(made, 0, &text, err) && oz_buf_append(&text, "\n", 1, err) &&
           put_out(oz_buf_view(&text), err);
}

static bool run(int argc, char **argv, struct oz_err *err)
{
    OZ_AUTO_PTR(oz_store) store = oz_store_open(argv[1], err);
    OZ_AUTO_PTR(oz_array) array = NULL;
    uint64_t start[OZ_MAX_RANK] = {0}, count[OZ_MAX_RANK];
    enum oz_found found = store ? oz_array_open(store, argv[2], &array, err) : OZ_FAILED;
    if (found == OZ_MISSING)
        return oz_fail(err, OZ_ENOTFOUND, "%s/%s: no array", argv[1], argv[2]);
    if (found == OZ_FAILED)
        return false;
    const struct oz_meta *meta = oz_array_meta(array);
    if (argc == 4)
        return print_info(meta, err);
    memcpy(count, meta->shape, sizeof count);
    if (argc == 5 && (!read_numbers(argv[3], meta->rank, start, err) ||
                      !read_numbers(argv[4], meta->rank, count, err)))
        return false;
    return dump(array, start, count, err);
}

int main(int argc, char **argv)
{
    struct oz_err err = {0};
    if (argc < 3 || argc > 5 || (argc == 4 && strcmp(argv[3], "--info") != 0)) {
        fputs(USAGE, stderr);
        return 2;
    }
    if (run(argc, argv, &err))
        return 0;
    fprintf(stderr, "array_dump: %s\n", err.msg);
    return 1;
}
