/* SPDX-License-Identifier: Apache-2.0 */
/* Sums up what a conversion made: layers, mags, bytes, time. */
#include "cli/summary.h"

#include "base/checked.h"
#include "base/text.h"
#include "cli/words.h"

static bool show_layer(const struct oz_json *layer, struct oz_buf *out, struct oz_err *err)
{
    char name[256], dtype[32];
    oz_words_member(layer, "name", name, sizeof name);
    oz_words_member(layer, "dtype", dtype, sizeof dtype);
    if (!oz_buf_printf(out, err, "  %s: %s, ", name, dtype) ||
        !oz_words_size(oz_json_get(layer, "size"), out, err) ||
        !oz_buf_printf(out, err, " voxels, mags"))
        return false;
    const struct oz_json *mags = oz_json_get(layer, "mags");
    for (size_t i = 0; i < oz_json_length(mags); i++) {
        char mag[64];
        oz_words_member(oz_json_at(mags, i), "mag", mag, sizeof mag);
        if (!oz_buf_printf(out, err, "%s %s", i ? "," : "", mag))
            return false;
    }
    return oz_buf_printf(out, err, "\n");
}

/* Bytes of the finest mag of each array: what was read. */
static uint64_t input_bytes(const struct oz_json *layers)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < oz_json_length(layers); i++) {
        const struct oz_json *layer = oz_json_at(layers, i);
        const struct oz_json *finest = oz_json_at(oz_json_get(layer, "mags"), 0);
        uint64_t bytes;
        if (!oz_json_get(layer, "array_of") &&
            oz_json_to_u64(oz_json_get(finest, "bytes"), &bytes) && !oz_add(sum, bytes, &sum))
            return 0;
    }
    return sum;
}

bool oz_summary_show(const struct oz_summary *summary, struct oz_buf *out, struct oz_err *err)
{
    char bytes[32], stored[32], ratio[32], input[32], rate[32];
    const struct oz_json *layers = oz_json_get(summary->info, "layers");
    oz_words_bytes(summary->info, "bytes", bytes);
    oz_words_bytes(summary->info, "stored_bytes", stored);
    oz_words_ratio(summary->info, "ratio", ratio);
    uint64_t read = input_bytes(layers);
    double seconds = summary->seconds > 0.001 ? summary->seconds : 0.001;
    oz_text_from_bytes(read, input);
    oz_text_from_bytes((uint64_t)((double)read / seconds), rate);
    if (!oz_buf_printf(out, err, "%s is done: %s in %.1f s, %s/s\n", summary->target, input,
                       summary->seconds, rate))
        return false;
    for (size_t i = 0; i < oz_json_length(layers); i++) {
        if (!show_layer(oz_json_at(layers, i), out, err))
            return false;
    }
    return !*bytes || oz_buf_printf(out, err, "  all mags: %s, on disk %s (ratio %s)\n", bytes,
                                    stored, *ratio ? ratio : "-");
}

static void copy_member(struct oz_json_maker *maker, struct oz_json *root,
                        const struct oz_json *info, const char *key)
{
    const struct oz_json *member = oz_json_get(info, key);
    if (member)
        oz_make_value(maker, root, key, oz_json_ref(member));
}

bool oz_summary_print(const struct oz_summary *summary, struct oz_buf *out, struct oz_err *err)
{
    struct oz_json_maker maker = {0};
    struct oz_json *root = oz_make_root_object(&maker);
    oz_make_text(&maker, root, "target", summary->target);
    oz_make_double(&maker, root, "seconds", (double)(int64_t)(summary->seconds * 1e3) / 1e3);
    struct oz_json *list = oz_make_array(&maker, root, "layers");
    const struct oz_json *layers = oz_json_get(summary->info, "layers");
    for (size_t i = 0; i < oz_json_length(layers); i++) {
        const struct oz_json *layer = oz_json_at(layers, i);
        struct oz_json *entry = oz_make_object(&maker, list, NULL);
        copy_member(&maker, entry, layer, "name");
        struct oz_json *names = oz_make_array(&maker, entry, "mags");
        const struct oz_json *mags = oz_json_get(layer, "mags");
        for (size_t m = 0; m < oz_json_length(mags); m++)
            oz_make_value(&maker, names, NULL,
                          oz_json_ref(oz_json_get(oz_json_at(mags, m), "mag")));
    }
    copy_member(&maker, root, summary->info, "bytes");
    copy_member(&maker, root, summary->info, "stored_bytes");
    copy_member(&maker, root, summary->info, "ratio");
    OZ_AUTO_PTR(oz_json) document = oz_make_finish(&maker, root, err);
    return document && oz_json_print(document, 2, out, err) && oz_buf_append(out, "\n", 1, err);
}
