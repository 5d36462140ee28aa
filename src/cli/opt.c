/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the arguments of a command by its table of options. */
#include "cli/opt.h"

#include <stdlib.h>
#include <string.h>

#include "cli/suggest.h"

/* An option as it was found in the arguments. */
struct found {
    const struct oz_opt *opt;
    bool negated;      /* --no-name */
    const char *value; /* behind '=', or NULL */
};

static bool takes_value(const struct oz_opt *opt)
{
    switch (opt->kind) {
    case OZ_OPT_FLAG:
    case OZ_OPT_SWITCH:
        return false;
    case OZ_OPT_REFUSED:
        return opt->value != NULL;
    default:
        return true;
    }
}

static bool can_be_negated(const struct oz_opt *opt)
{
    return opt->kind == OZ_OPT_FLAG || (opt->kind == OZ_OPT_REFUSED && opt->value == NULL);
}

static bool unknown_option(const struct oz_opt *opts, const char *word, size_t length,
                           struct oz_err *err)
{
    struct oz_suggest suggest;
    oz_suggest_begin(&suggest, word, length);
    oz_suggest_try(&suggest, "help");
    for (; opts->name; opts++) {
        if (opts->kind != OZ_OPT_ARG)
            oz_suggest_try(&suggest, opts->name);
    }
    if (suggest.best)
        return oz_fail(err, OZ_EINVAL, "unknown option --%.*s; did you mean --%s?", (int)length,
                       word, suggest.best);
    return oz_fail(err, OZ_EINVAL, "unknown option --%.*s", (int)length, word);
}

static bool find_option(const struct oz_opt *opts, const char *argument, struct found *found,
                        struct oz_err *err)
{
    const char *word = argument + 2;
    const char *equals = strchr(word, '=');
    size_t length = equals ? (size_t)(equals - word) : strlen(word);
    found->value = equals ? equals + 1 : NULL;
    for (const struct oz_opt *opt = opts; opt->name; opt++) {
        if (opt->kind == OZ_OPT_ARG)
            continue;
        size_t n = strlen(opt->name);
        found->opt = opt;
        found->negated = can_be_negated(opt) && length == n + 3 && strncmp(word, "no-", 3) == 0 &&
                         strncmp(word + 3, opt->name, n) == 0;
        if (found->negated || (length == n && strncmp(word, opt->name, n) == 0))
            return true;
    }
    return unknown_option(opts, word, length, err);
}

/* A flag, or an option whose value is in `found`. */
static bool apply(const struct found *found, void *values, struct oz_err *err)
{
    const struct oz_opt *opt = found->opt;
    if (found->negated && opt->kind == OZ_OPT_REFUSED)
        return true;
    if (!takes_value(opt) && found->value)
        return oz_fail(err, OZ_EINVAL, "--%s%s takes no value", found->negated ? "no-" : "",
                       opt->name);
    const char *text = takes_value(opt) ? found->value : found->negated ? "off" : "on";
    return oz_opt_set(opt, text, values, err) || oz_err_prefix(err, "--%s: ", opt->name);
}

/* Whether the option stands among the arguments: then the environment does not matter. */
static bool is_given(const struct oz_opt *opt, int argc, char **argv)
{
    size_t length = strlen(opt->name);
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strncmp(argv[i], "--", 2) == 0 && strncmp(argv[i] + 2, opt->name, length) == 0 &&
            (argv[i][length + 2] == '\0' || argv[i][length + 2] == '='))
            return true;
    }
    return false;
}

static bool apply_defaults(const struct oz_opt *opts, int argc, char **argv, void *values,
                           struct oz_err *err)
{
    for (const struct oz_opt *opt = opts; opt->name; opt++) {
        if (opt->standard && !oz_opt_set(opt, opt->standard, values, err))
            return oz_err_prefix(err, "--%s: default: ", opt->name);
        const char *text = opt->environment ? getenv(opt->environment) : NULL;
        if (text && *text && !is_given(opt, argc, argv) && !oz_opt_set(opt, text, values, err))
            return oz_err_prefix(err, "the environment variable %s: ", opt->environment);
    }
    return true;
}

static bool next_argument(const struct oz_opt **arg, const char *text, void *values,
                          struct oz_err *err)
{
    while ((*arg)->name && (*arg)->kind != OZ_OPT_ARG)
        (*arg)++;
    if (!(*arg)->name)
        return oz_fail(err, OZ_EINVAL, "'%s' is one argument too many", text);
    const struct oz_opt *opt = (*arg)++;
    return oz_opt_set(opt, text, values, err) || oz_err_prefix(err, "%s: ", opt->name);
}

static bool check_arguments_left(const struct oz_opt *arg, struct oz_err *err)
{
    for (; arg->name; arg++) {
        if (arg->kind == OZ_OPT_ARG)
            return oz_fail(err, OZ_EINVAL, "%s is missing", arg->name);
    }
    return true;
}

static bool asks_for_help(int argc, char **argv)
{
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    }
    return false;
}

/* The option at argv[*i] and its value, which may be the next argument. */
static bool read_option(const struct oz_opt *opts, int argc, char **argv, int *i, void *values,
                        struct oz_err *err)
{
    struct found found = {0};
    if (argv[*i][1] != '-')
        return oz_fail(err, OZ_EINVAL, "unknown option %s; options begin with two dashes",
                       argv[*i]);
    if (!find_option(opts, argv[*i], &found, err))
        return false;
    if (takes_value(found.opt) && !found.value) {
        const char *name = found.opt->name;
        if (*i + 1 >= argc)
            return oz_fail(err, OZ_EINVAL, "--%s needs a value: %s", name, found.opt->value);
        if (strncmp(argv[*i + 1], "--", 2) == 0)
            return oz_fail(err, OZ_EINVAL,
                           "--%s needs a value: %s (one that begins with dashes is "
                           "written --%s=VALUE)",
                           name, found.opt->value, name);
        found.value = argv[++*i];
    }
    return apply(&found, values, err);
}

enum oz_opt_result oz_opts_read(const struct oz_opt *opts, int argc, char **argv, void *values,
                                struct oz_err *err)
{
    if (asks_for_help(argc, argv))
        return OZ_OPT_HELP;
    if (!apply_defaults(opts, argc, argv, values, err))
        return OZ_OPT_FAILED;
    const struct oz_opt *arg = opts;
    bool options_over = false;
    for (int i = 0; i < argc; i++) {
        bool is_option = !options_over && argv[i][0] == '-' && argv[i][1] != '\0';
        if (is_option && strcmp(argv[i], "--") == 0)
            options_over = true;
        else if (!(is_option ? read_option(opts, argc, argv, &i, values, err)
                             : next_argument(&arg, argv[i], values, err)))
            return OZ_OPT_FAILED;
    }
    return check_arguments_left(arg, err) ? OZ_OPT_RUN : OZ_OPT_FAILED;
}
