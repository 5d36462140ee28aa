/* SPDX-License-Identifier: Apache-2.0 */
/* The command info: what a dataset or an OME-Zarr image holds. */
#include <string.h>

#include "base/attr.h"
#include "cli/cmd.h"
#include "cli/info_show.h"
#include "cli/say.h"
#include "json/json.h"
#include "omezarr/ops.h"

struct info_values {
    const char *path;
    bool json;
};

static const struct oz_opt info_opts[] = {{.name = "PATH",
                                           .kind = OZ_OPT_ARG,
                                           .field = offsetof(struct info_values, path),
                                           .text = "Dataset, OME-Zarr image or single array.",
                                           .group = "Arguments"},
                                          {.name = "json",
                                           .kind = OZ_OPT_SWITCH,
                                           .field = offsetof(struct info_values, json),
                                           .text = "Print one JSON object, for programs.",
                                           .group = "Options"},
                                          {0}};

static void free_text(char **text)
{
    oz_text_free(*text);
}

static bool run_info(const void *context, struct oz_err *err)
{
    const struct info_values *values = context;
    __attribute__((cleanup(free_text))) char *text = NULL;
    if (!oz_info(values->path, &text, err))
        return false;
    OZ_AUTO_PTR(oz_json) info = oz_json_parse(text, strlen(text), err);
    OZ_AUTO(oz_buf) out = {0};
    if (!info)
        return false;
    bool made = values->json
                    ? oz_json_print(info, 2, &out, err) && oz_buf_append(&out, "\n", 1, err)
                    : oz_info_show(info, &out, err);
    return made && oz_say_all(stdout, &out, err);
}

const struct oz_cmd oz_cmd_info = {
    .name = "info",
    .summary = "Show what a dataset or OME-Zarr image holds.",
    .about =
        "Print the layers of a WEBKNOSSOS dataset or an OME-Zarr 0.4 or 0.5 image: axes, sizes\n"
        "with units, data type, chunks, shards, codec, mags, bytes on disk and the ratio that\n"
        "compression reached.\n",
    .examples = "  omezarr info output.zarr\n"
                "  omezarr info --json output.zarr/em\n",
    .opts = info_opts,
    .values_size = sizeof(struct info_values),
    .run = run_info,
};
