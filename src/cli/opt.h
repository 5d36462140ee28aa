/* SPDX-License-Identifier: Apache-2.0 */
/* Options and arguments of a command: one table says how they are read, checked and explained. */
#ifndef OZ_CLI_OPT_H
#define OZ_CLI_OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/* What follows an option, and the type of the field that gets it. */
enum oz_opt_kind {
    OZ_OPT_ARG,    /* no option but the next argument, a local path: const char * */
    OZ_OPT_FLAG,   /* --name and --no-name: bool */
    OZ_OPT_SWITCH, /* --name alone: bool */
    OZ_OPT_TEXT,   /* const char *; where the row has choices, one of them as the row spells it */
    OZ_OPT_COUNT,  /* a whole number from 1 up: uint64_t */
    OZ_OPT_BYTES,  /* "2G": uint64_t */
    OZ_OPT_VEC3,   /* one whole number from 1 up, or three: uint64_t[3] */
    OZ_OPT_VOXEL,  /* three numbers greater than 0: double[3] */
    OZ_OPT_MAG,    /* "2" or "2-2-1": uint32_t[3] */
    OZ_OPT_MAGS,   /* the same, may be repeated: struct oz_opt_mags */
    OZ_OPT_REFUSED /* known but not there yet; `refusal` says so */
};

enum { OZ_OPT_MAX_MAGS = 64, OZ_OPT_MAG_TEXT = 40 };
struct oz_opt_mags {
    size_t count;
    char text[OZ_OPT_MAX_MAGS][OZ_OPT_MAG_TEXT]; /* in their shortest form: "2-2-1", "4" */
};

/* One row. A table ends with a row without a name. */
struct oz_opt {
    const char *name; /* without dashes; of an OZ_OPT_ARG the word for it, "SOURCE" */
    enum oz_opt_kind kind;
    size_t field;               /* offset in the struct of values */
    const char *value;          /* what help calls the value; an OZ_OPT_REFUSED without is a flag */
    const char *text;           /* what help says */
    const char *standard;       /* the default, read like a value of the option ("on" for flags) */
    const char *otherwise;      /* in words, where there is no default value */
    const char *environment;    /* a variable that gives the default */
    const char *const *choices; /* NULL-terminated */
    const char *const *refused; /* choices that are known, but not there yet */
    const char *refusal;        /* the sentence they get */
    const char *group;          /* help begins a new group with this heading */
};

enum oz_opt_result { OZ_OPT_FAILED = -1, OZ_OPT_RUN, OZ_OPT_HELP };

/*
 * Set the defaults and read the arguments into `values`, a zeroed struct. Options may stand before
 * and after the arguments, "--" ends them, the last of several wins. Texts are borrowed from argv
 * and the environment. HELP: --help was among them, nothing else was checked.
 */
enum oz_opt_result oz_opts_read(const struct oz_opt *opts, int argc, char **argv, void *values,
                                struct oz_err *err) OZ_MUST_USE;

/* Check one value and put it into its field; the message does not name the option. */
bool oz_opt_set(const struct oz_opt *opt, const char *text, void *values,
                struct oz_err *err) OZ_MUST_USE;

/* The arguments and options with their defaults, in groups, as help shows them. */
bool oz_opts_explain(const struct oz_opt *opts, struct oz_buf *out, struct oz_err *err) OZ_MUST_USE;

#endif
