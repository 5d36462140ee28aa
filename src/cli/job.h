/* SPDX-License-Identifier: Apache-2.0 */
/* The options of every command that works for a while, and what they start and end. */
#ifndef OZ_CLI_JOB_H
#define OZ_CLI_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/opt.h"
#include "cli/progress_show.h"
#include "cli/stop.h"
#include "omezarr/ops.h"

struct oz_job_values {
    uint64_t jobs;
    const char *strategy;
    const char *resources;
    uint64_t memory;
    const char *progress;
    bool quiet;
};

extern const char *const oz_job_strategies[];
extern const char *const oz_job_clusters[];
extern const char *const oz_job_progress_modes[];

#define OZ_JOB_FIELD(type, name) offsetof(type, job) + offsetof(struct oz_job_values, name)

/* The rows of the table, for a struct of values with a `struct oz_job_values job`. */
#define OZ_JOB_OPTS(type)                                                                          \
    {.name = "jobs",                                                                               \
     .group = "How it runs",                                                                       \
     .kind = OZ_OPT_COUNT,                                                                         \
     .field = OZ_JOB_FIELD(type, jobs),                                                            \
     .value = "N",                                                                                 \
     .text = "Threads that work at once.",                                                         \
     .otherwise = "one a processor"},                                                              \
        {.name = "memory",                                                                         \
         .kind = OZ_OPT_BYTES,                                                                     \
         .field = OZ_JOB_FIELD(type, memory),                                                      \
         .value = "SIZE",                                                                          \
         .text = "Hard bound of the memory used, like 500M or 2G (powers of 1024).",               \
         .otherwise = "a quarter of the machine's"},                                               \
        {.name = "distribution-strategy",                                                          \
         .kind = OZ_OPT_TEXT,                                                                      \
         .field = OZ_JOB_FIELD(type, strategy),                                                    \
         .value = "NAME",                                                                          \
         .text = "How the work is spread. Cluster strategies are refused so far.",                 \
         .standard = "multiprocessing",                                                            \
         .choices = oz_job_strategies,                                                             \
         .refused = oz_job_clusters,                                                               \
         .refusal = "needs a cluster, which cannot be used yet; use multiprocessing or "           \
                    "sequential"},                                                                 \
        {.name = "job-resources",                                                                  \
         .kind = OZ_OPT_TEXT,                                                                      \
         .field = OZ_JOB_FIELD(type, resources),                                                   \
         .value = "KEY=VALUE,...",                                                                 \
         .text = "Resources of cluster jobs; refused as long as there are none."},                 \
        {.name = "progress",                                                                       \
         .kind = OZ_OPT_TEXT,                                                                      \
         .field = OZ_JOB_FIELD(type, progress),                                                    \
         .value = "MODE",                                                                          \
         .text = "How progress is shown on stderr: auto is a bar on a terminal and nothing "       \
                 "elsewhere; plain is a line now and then; json is an object a line.",             \
         .standard = "auto",                                                                       \
         .choices = oz_job_progress_modes},                                                        \
    {                                                                                              \
        .name = "quiet", .kind = OZ_OPT_SWITCH, .field = OZ_JOB_FIELD(type, quiet),                \
        .text = "Only warnings and errors: no bar, no notes, no summary."                          \
    }

/* Work under way. Start with `= {0}`. */
struct oz_job {
    struct oz_show show;
    struct oz_stop stop;
};

/* Check the rules between the options, start to show progress and to listen for Ctrl-C, and fill
 * `run`. Ends with oz_job_end, which passes `done` on and makes the error of a stopped job name
 * the signal. Not moved in between. */
bool oz_job_begin(struct oz_job *job, const struct oz_job_values *values, struct oz_run_opts *run,
                  struct oz_err *err) OZ_MUST_USE;
bool oz_job_end(struct oz_job *job, bool done, struct oz_err *err) OZ_MUST_USE;

#endif
