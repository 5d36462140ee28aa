/* SPDX-License-Identifier: Apache-2.0 */
/* The commands: each is one row, with a table of options and a function that runs it. */
#ifndef OZ_CLI_CMD_H
#define OZ_CLI_CMD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "cli/opt.h"

struct oz_cmd {
    const char *name;
    const char *summary;  /* in the list of commands */
    const char *about;    /* a paragraph, lines broken */
    const char *examples; /* lines */
    const struct oz_opt *opts;
    size_t values_size; /* of the struct that `opts` fill */

    /* OZ_EINVAL is an error of usage. Where the work was stopped by a signal, OZ_ECANCELLED with
     * the signal in `err->sys`. */
    bool (*run)(const void *values, struct oz_err *err);
};

extern const struct oz_cmd oz_cmd_convert;
extern const struct oz_cmd oz_cmd_compress;
extern const struct oz_cmd oz_cmd_downsample;
extern const struct oz_cmd oz_cmd_info;

#endif
