/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the work of a command: its threads, memory bound, progress and Ctrl-C. */
#include "cli/job.h"

#include <string.h>

enum { MOST_JOBS = 4096 };

const char *const oz_job_strategies[] = {"multiprocessing", "sequential", NULL};
const char *const oz_job_clusters[] = {"slurm", "slurm+batching", "kubernetes", NULL};
const char *const oz_job_progress_modes[] = {"auto", "plain", "json", "none", NULL};

static bool check_rules(const struct oz_job_values *values, struct oz_err *err)
{
    bool sequential = strcmp(values->strategy, "sequential") == 0;
    if (values->resources)
        return oz_fail(err, OZ_EINVAL, "--job-resources: not supported for %s execution",
                       values->strategy);
    if (sequential && values->jobs)
        return oz_fail(err, OZ_EINVAL, "--jobs: not supported for sequential execution");
    if (values->jobs > MOST_JOBS)
        return oz_fail(err, OZ_EINVAL, "--jobs: more than %d threads", MOST_JOBS);
    return true;
}

bool oz_job_begin(struct oz_job *job, const struct oz_job_values *values, struct oz_run_opts *run,
                  struct oz_err *err)
{
    if (!check_rules(values, err))
        return false;
    oz_show_begin(&job->show, values->progress, values->quiet, stderr);
    oz_stop_begin(&job->stop, &job->show.progress);
    bool sequential = strcmp(values->strategy, "sequential") == 0;
    *run = (struct oz_run_opts){.jobs = sequential ? 1 : (unsigned)values->jobs,
                                .memory = values->memory,
                                .progress = &job->show.progress};
    return true;
}

bool oz_job_end(struct oz_job *job, bool done, struct oz_err *err)
{
    int signal = oz_stop_end(&job->stop);
    oz_show_end(&job->show);
    if (!done && err->code == OZ_ECANCELLED) {
        oz_fail(err, OZ_ECANCELLED, "interrupted");
        err->sys = signal;
    }
    return done;
}
