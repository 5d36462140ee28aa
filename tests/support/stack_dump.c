/* SPDX-License-Identifier: Apache-2.0 */
/* Shows what becomes of a source: stack_dump SOURCE [FOLDER] prints JSON of all stacks and their
 * warnings, and writes the pixels of stack number I to FOLDER/I.raw as [t][c][z][y][x]. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "image/files.h"
#include "image/stack.h"
#include "json/json.h"

struct dump {
    struct oz_json_maker maker;
    struct oz_json *root, *warnings;
};

static void on_event(void *ctx, const struct oz_event *event)
{
    struct dump *dump = ctx;
    if (event->kind == OZ_EVENT_WARNING)
        oz_make_text(&dump->maker, dump->warnings, NULL, event->text);
}

static void show_channels(struct dump *dump, struct oz_json *object, const struct oz_stack *stack)
{
    if (!stack->channels) {
        oz_make_null(&dump->maker, object, "channels");
        return;
    }
    struct oz_json *channels = oz_make_array(&dump->maker, object, "channels");
    for (uint64_t i = 0; i < stack->shape[OZ_C]; i++) {
        struct oz_json *channel = oz_make_object(&dump->maker, channels, NULL);
        if (stack->channels[i].name)
            oz_make_text(&dump->maker, channel, "name", stack->channels[i].name);
        oz_make_i64(&dump->maker, channel, "color", stack->channels[i].color);
    }
}

static void show_stack(struct dump *dump, struct oz_json *stacks, const struct oz_stack *stack)
{
    struct oz_json_maker *m = &dump->maker;
    struct oz_json *object = oz_make_object(m, stacks, NULL);
    oz_make_text(m, object, "name", stack->name);
    oz_make_text(m, object, "path", stack->path);
    oz_make_text(m, object, "dtype", oz_dtype_name(stack->dtype));
    struct oz_json *shape = oz_make_array(m, object, "shape");
    for (int i = 0; i < OZ_AXES; i++)
        oz_make_u64(m, shape, NULL, stack->shape[i]);
    oz_make_u64(m, object, "samples", stack->samples);
    oz_make_bool(m, object, "has_t", stack->has_t);
    oz_make_bool(m, object, "has_c", stack->has_c);
    oz_make_bool(m, object, "rgb", stack->rgb);
    oz_make_bool(m, object, "inverted", stack->inverted);
    oz_make_bool(m, object, "direct", stack->direct);
    oz_make_u64(m, object, "block_rows", stack->block_rows);
    oz_make_u64(m, object, "block_cols", stack->block_cols);
    struct oz_json *voxel = oz_make_array(m, object, "voxel_nm");
    for (int i = 0; i < 3; i++)
        oz_make_double(m, voxel, NULL, stack->voxel_nm[i]);
    oz_make_double(m, object, "t_step", stack->t_step);
    show_channels(dump, object, stack);
}

/* Memory of this process at its highest, from the line "VmHWM: N kB"; 0 where there is none. */
static uint64_t peak_kib(void)
{
    uint64_t kib = 0;
    char line[128];
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof line, status)) {
        if (strncmp(line, "VmHWM:", 6) != 0)
            continue;
        char *number = line + 6 + strspn(line + 6, " \t");
        number[strspn(number, "0123456789")] = 0;
        if (!oz_text_to_u64(number, &kib))
            kib = 0;
    }
    if (status)
        fclose(status);
    return kib;
}

/* Page after page; each at the same time gives `samples` channels, which lie apart in the file. */
static bool write_pixels(const struct oz_stack *stack, struct oz_files *files, FILE *out,
                         struct oz_err *err)
{
    const uint64_t *shape = stack->shape;
    uint64_t plane = shape[OZ_Y] * shape[OZ_X] * oz_dtype_size(stack->dtype);
    OZ_AUTO_FREE uint8_t *pixels = oz_alloc_pixels(stack->samples * plane, err);
    if (!pixels)
        return false;
    for (uint64_t t = 0; t < shape[OZ_T]; t++)
        for (uint64_t c = 0; c < shape[OZ_C]; c += stack->samples)
            for (uint64_t z = 0; z < shape[OZ_Z]; z++) {
                if (!oz_stack_read(stack, files, t, c, z, 0, shape[OZ_Y], 0, shape[OZ_X], pixels,
                                   err))
                    return false;
                for (uint64_t s = 0; s < stack->samples; s++) {
                    uint64_t index = (t * shape[OZ_C] + c + s) * shape[OZ_Z] + z;
                    if (fseeko(out, (off_t)(index * plane), SEEK_SET) != 0 ||
                        fwrite(pixels + s * plane, plane, 1, out) != 1)
                        return oz_fail(err, OZ_EIO, "pixels cannot be written");
                }
            }
    return true;
}

static bool dump_pixels(const struct oz_stack_list *list, const char *folder, struct oz_err *err)
{
    OZ_AUTO_PTR(oz_files) files = oz_files_new(16, err);
    for (size_t i = 0; files && i < list->count; i++) {
        OZ_AUTO_FREE char *path = oz_format(err, "%s/%zu.raw", folder, i);
        FILE *out = path ? fopen(path, "wb") : NULL;
        if (!out)
            return oz_fail(err, OZ_EIO, "%s: cannot be written", folder);
        bool ok = write_pixels(&list->items[i], files, out, err);
        if (fclose(out) != 0 || !ok)
            return ok ? oz_fail(err, OZ_EIO, "%s: cannot be written", path) : false;
    }
    return files != NULL;
}

static bool run(const char *source, const char *folder, struct oz_err *err)
{
    struct dump dump = {0};
    OZ_AUTO_PTR(oz_json) root = oz_make_root_object(&dump.maker);
    dump.root = root;
    struct oz_json *stacks = oz_make_array(&dump.maker, root, "stacks");
    dump.warnings = oz_make_array(&dump.maker, root, "warnings");
    struct oz_progress progress = {.event = on_event, .ctx = &dump};
    struct oz_stack_list list;
    if (!oz_stacks_find(source, &progress, &list, err))
        return false;
    for (size_t i = 0; i < list.count; i++)
        show_stack(&dump, stacks, &list.items[i]);
    oz_make_u64(&dump.maker, root, "peak_kib", peak_kib());
    OZ_AUTO(oz_buf) text = {0};
    bool ok = (!folder || dump_pixels(&list, folder, err)) &&
              (!dump.maker.failed || oz_fail(err, OZ_ENOMEM, "no memory for the text")) &&
              oz_json_print(root, 1, &text, err);
    oz_stack_list_release(&list);
    if (ok)
        printf("%.*s\n", (int)text.size, (const char *)text.data);
    return ok;
}

int main(int argc, char **argv)
{
    struct oz_err err = {0};
    if (argc < 2 || argc > 3) {
        fprintf(stderr, "usage: stack_dump SOURCE [FOLDER]\n");
        return 2;
    }
    if (run(argv[1], argc == 3 ? argv[2] : NULL, &err))
        return 0;
    fprintf(stderr, "%s\n", err.msg);
    return 1;
}
