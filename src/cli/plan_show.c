/* SPDX-License-Identifier: Apache-2.0 */
/* Shows the plan of a conversion to a person: layers, mags, objects, memory and disk. */
#include "cli/plan_show.h"

#include "cli/words.h"
#include "cli/table.h"

static bool shape_cell(struct oz_table *table, const struct oz_json *mag, const char *key,
                       struct oz_err *err)
{
    OZ_AUTO(oz_buf) text = {0};
    return oz_words_shape(oz_json_get(mag, key), &text, err) && oz_buf_append(&text, "", 1, err) &&
           oz_table_cell(table, (const char *)text.data, err);
}

static bool text_cell(struct oz_table *table, const struct oz_json *mag, const char *key,
                      struct oz_err *err)
{
    char text[64];
    oz_words_member(mag, key, text, sizeof text);
    return oz_table_cell(table, text, err);
}

static bool bytes_cell(struct oz_table *table, const struct oz_json *mag, const char *key,
                       struct oz_err *err)
{
    char text[32];
    oz_words_bytes(mag, key, text);
    return oz_table_cell(table, text, err);
}

static bool show_mags(const struct oz_json *mags, struct oz_buf *out, struct oz_err *err)
{
    static const char *const heads[] = {"mag", "shape", "chunk", "shard", "objects", "pixels"};
    OZ_AUTO(oz_table) table = {.columns = "lrrrrr"};
    for (size_t i = 0; i < OZ_LENGTH(heads); i++) {
        if (!oz_table_cell(&table, heads[i], err))
            return false;
    }
    for (size_t i = 0; i < oz_json_length(mags); i++) {
        const struct oz_json *mag = oz_json_at(mags, i);
        if (!(text_cell(&table, mag, "mag", err) && shape_cell(&table, mag, "shape", err) &&
              shape_cell(&table, mag, "chunk", err) && shape_cell(&table, mag, "shard", err) &&
              text_cell(&table, mag, "objects", err) && bytes_cell(&table, mag, "bytes", err)))
            return false;
    }
    return oz_table_print(&table, 2, out, err);
}

static bool show_layer(const struct oz_json *layer, struct oz_buf *out, struct oz_err *err)
{
    char name[256], dtype[32], units[32], buffers[32], stage[32];
    uint64_t staged = 0;
    const struct oz_json *shape = oz_json_get(layer, "shape");
    oz_words_member(layer, "name", name, sizeof name);
    oz_words_member(layer, "dtype", dtype, sizeof dtype);
    oz_words_member(layer, "units", units, sizeof units);
    oz_words_bytes(layer, "buffers_bytes", buffers);
    oz_words_bytes(layer, "stage_bytes", stage);
    if (!oz_buf_printf(out, err, "\n%s  %s, ", name, dtype) || !oz_words_size(shape, out, err) ||
        !oz_buf_printf(out, err, " voxels (x y z)"))
        return false;
    static const char *const outer[] = {"c", "t"};
    static const char *const words[] = {"channels", "time points"};
    for (size_t i = 0; i < OZ_LENGTH(outer); i++) {
        uint64_t count;
        if (oz_json_to_u64(oz_json_get(shape, outer[i]), &count) && count > 1 &&
            !oz_buf_printf(out, err, ", %llu %s", (unsigned long long)count, words[i]))
            return false;
    }
    if (!oz_buf_printf(out, err, "\n") || !show_mags(oz_json_get(layer, "mags"), out, err) ||
        !oz_buf_printf(out, err, "  %s steps, %s of buffers", units, buffers))
        return false;
    bool known = oz_json_to_u64(oz_json_get(layer, "stage_bytes"), &staged);
    return oz_buf_printf(out, err, known && staged ? ", %s of pages decoded ahead\n" : "\n", stage);
}

bool oz_plan_show(const struct oz_json *plan, struct oz_buf *out, struct oz_err *err)
{
    char target[1024], memory[32], disk[32];
    oz_words_member(plan, "target", target, sizeof target);
    oz_words_bytes(plan, "memory", memory);
    oz_words_bytes(plan, "disk_bytes", disk);
    if (!oz_buf_printf(out, err, "Plan for %s; nothing was written.\n", target))
        return false;
    const struct oz_json *layers = oz_json_get(plan, "layers");
    for (size_t i = 0; i < oz_json_length(layers); i++) {
        if (!show_layer(oz_json_at(layers, i), out, err))
            return false;
    }
    return oz_buf_printf(out, err,
                         "\nMemory at most %s; disk at most %s, less as far as it "
                         "compresses.\n",
                         memory, disk);
}
