/* SPDX-License-Identifier: Apache-2.0 */
/* The program: finds the command, reads its options, runs it, and tells how that went. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "cli/cmd.h"
#include "cli/say.h"
#include "cli/suggest.h"
#include "omezarr/version.h"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_SIGNAL = 128 };

static const struct oz_cmd *const commands[] = {&oz_cmd_convert, &oz_cmd_compress,
                                                &oz_cmd_downsample, &oz_cmd_info};

static const char exit_codes[] =
    "\nExit codes:\n"
    "  0 done, 1 failed, 2 wrong usage or an option value that cannot be,\n"
    "  130 after Ctrl-C (128 + the signal's number)\n";

static const struct oz_cmd *find_command(const char *name)
{
    for (size_t i = 0; i < OZ_LENGTH(commands); i++) {
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    }
    return NULL;
}

/* "omezarr convert: message", and where to look in case of wrong usage. Returns the exit code. */
static int tell_error(const char *command, const struct oz_err *err)
{
    char prefix[64];
    snprintf(prefix, sizeof prefix, "omezarr%s%s: ", command ? " " : "", command ? command : "");
    oz_say_line(stderr, prefix, err->msg);
    if (err->code == OZ_ECANCELLED)
        return EXIT_SIGNAL + err->sys;
    if (err->code != OZ_EINVAL)
        return EXIT_FAILED;
    fprintf(stderr, "Try 'omezarr%s%s --help'.\n", command ? " " : "", command ? command : "");
    return EXIT_USAGE;
}

static bool print_usage_line(const struct oz_cmd *cmd, struct oz_buf *out, struct oz_err *err)
{
    if (!oz_buf_printf(out, err, "Usage: omezarr %s [OPTIONS]", cmd->name))
        return false;
    for (const struct oz_opt *opt = cmd->opts; opt->name; opt++) {
        if (opt->kind == OZ_OPT_ARG && !oz_buf_printf(out, err, " %s", opt->name))
            return false;
    }
    return true;
}

static bool help_command(const struct oz_cmd *cmd, struct oz_err *err)
{
    OZ_AUTO(oz_buf) text = {0};
    return print_usage_line(cmd, &text, err) && oz_buf_printf(&text, err, "\n\n%s", cmd->about) &&
           oz_opts_explain(cmd->opts, &text, err) &&
           oz_buf_printf(&text, err, "\n  %-28s%s", "--help", "Show this and end.\n") &&
           oz_buf_printf(&text, err, "\nExamples:\n%s%s", cmd->examples, exit_codes) &&
           oz_say_all(stdout, &text, err);
}

static bool help_program(struct oz_err *err)
{
    OZ_AUTO(oz_buf) text = {0};
    if (!oz_buf_printf(&text, err,
                       "omezarr %s: image stacks to sharded OME-Zarr with their whole pyramid\n\n"
                       "Usage: omezarr COMMAND [OPTIONS] ARGUMENTS\n\nCommands:\n",
                       OZ_VERSION))
        return false;
    for (size_t i = 0; i < OZ_LENGTH(commands); i++) {
        if (!oz_buf_printf(&text, err, "  %-13s%s\n", commands[i]->name, commands[i]->summary))
            return false;
    }
    return oz_buf_printf(&text, err,
                         "\nOptions:\n  --version    Show the version and end.\n"
                         "  --help       Show this and end.\n\n"
                         "'omezarr COMMAND --help' shows a command's options, defaults and "
                         "examples.\n") &&
           oz_say_all(stdout, &text, err);
}

static bool unknown_command(const char *word, struct oz_err *err)
{
    struct oz_suggest suggest;
    oz_suggest_begin(&suggest, word, strlen(word));
    for (size_t i = 0; i < OZ_LENGTH(commands); i++)
        oz_suggest_try(&suggest, commands[i]->name);
    oz_suggest_try(&suggest, "--version");
    oz_suggest_try(&suggest, "--help");
    const char *what = word[0] == '-' ? "option" : "command";
    if (suggest.best)
        return oz_fail(err, OZ_EINVAL, "unknown %s '%s'; did you mean %s?", what, word,
                       suggest.best);
    return oz_fail(err, OZ_EINVAL, "unknown %s '%s'", what, word);
}

static bool run_command(const struct oz_cmd *cmd, int argc, char **argv, struct oz_err *err)
{
    OZ_AUTO_FREE void *values = oz_alloc(1, cmd->values_size, err);
    if (!values)
        return false;
    switch (oz_opts_read(cmd->opts, argc, argv, values, err)) {
    case OZ_OPT_HELP:
        return help_command(cmd, err);
    case OZ_OPT_RUN:
        return cmd->run(values, err);
    case OZ_OPT_FAILED:
        break;
    }
    return false;
}

/* What stands in for a command: --help, --version, help [COMMAND]. */
static bool run_builtin(int argc, char **argv, bool *found, struct oz_err *err)
{
    const char *word = argc > 1 ? argv[1] : "--help";
    bool help = strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
    *found = true;
    if (strcmp(word, "--version") == 0) {
        OZ_AUTO(oz_buf) text = {0};
        return oz_buf_printf(&text, err, "%s\n", OZ_VERSION) && oz_say_all(stdout, &text, err);
    }
    if (help || (strcmp(word, "help") == 0 && argc == 2))
        return help_program(err);
    if (strcmp(word, "help") == 0) {
        const struct oz_cmd *cmd = find_command(argv[2]);
        return cmd ? help_command(cmd, err) : unknown_command(argv[2], err);
    }
    *found = false;
    return true;
}

int main(int argc, char **argv)
{
    struct oz_err err = {0};
    bool found;
    if (!run_builtin(argc, argv, &found, &err))
        return tell_error(NULL, &err);
    if (found)
        return EXIT_DONE;
    const struct oz_cmd *cmd = find_command(argv[1]);
    if (!cmd) {
        unknown_command(argv[1], &err);
        return tell_error(NULL, &err);
    }
    return run_command(cmd, argc - 2, argv + 2, &err) ? EXIT_DONE : tell_error(cmd->name, &err);
}
