/* SPDX-License-Identifier: Apache-2.0 */
/* Workers that ask for units until there is none: one mutex, one condition, first error wins. */
#include "base/run.h"

#include <pthread.h>
#include <time.h>

#include "base/alloc.h"

#define REPORT_EVERY_NS 50000000 /* often enough for an eye, seldom enough to cost nothing */

/* What the workers share; all fields but `loop` are guarded by `lock`. */
struct crew {
    const struct oz_loop *loop;
    pthread_mutex_t lock;
    pthread_cond_t changed; /* a unit was finished, or the end has come */
    unsigned running;       /* units that are being worked on */
    bool over;              /* no unit is handed out any more */
    bool failed;
    struct oz_err err; /* the first error */
    bool reporting;    /* one worker is telling the progress */
    int64_t reported_at;
};

struct worker {
    struct crew *crew;
    void *unit;
    void *scratch;
};

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Lock held. */
static void end_with(struct crew *crew, const struct oz_err *err)
{
    if (!crew->failed) {
        crew->failed = true;
        crew->err = *err;
    }
    crew->over = true;
    pthread_cond_broadcast(&crew->changed);
}

/* Lock held. False where the worker is to go home. */
static bool take_unit(struct crew *crew, void *unit)
{
    const struct oz_loop *loop = crew->loop;
    while (!crew->over) {
        struct oz_err err = {0};
        if (oz_progress_stopped(loop->progress)) {
            oz_fail(&err, OZ_ECANCELLED, "stopped on request");
            end_with(crew, &err);
            return false;
        }
        switch (loop->next(loop->state, unit, &err)) {
        case OZ_NEXT_UNIT:
            crew->running++;
            return true;
        case OZ_NEXT_WAIT:
            if (crew->running > 0) {
                pthread_cond_wait(&crew->changed, &crew->lock);
                break;
            }
            oz_fail(&err, OZ_EINVAL, "the work waits for a unit that nobody makes");
            end_with(crew, &err);
            return false;
        case OZ_NEXT_DONE:
            crew->over = true;
            pthread_cond_broadcast(&crew->changed);
            return false;
        case OZ_NEXT_FAIL:
            end_with(crew, &err);
            return false;
        }
    }
    return false;
}

/* Lock held on entry and on return, free while the caller is told. */
static void report(struct crew *crew)
{
    const struct oz_loop *loop = crew->loop;
    if (loop->progress == NULL || loop->measure == NULL || crew->reporting)
        return;
    int64_t now = now_ns();
    if (now - crew->reported_at < REPORT_EVERY_NS)
        return;
    uint64_t done = 0, total = 0, bytes = 0;
    loop->measure(loop->state, &done, &total, &bytes);
    crew->reported_at = now;
    crew->reporting = true;
    pthread_mutex_unlock(&crew->lock);
    oz_progress_advance(loop->progress, done, total, bytes);
    pthread_mutex_lock(&crew->lock);
    crew->reporting = false;
}

static void work_units(struct worker *worker)
{
    struct crew *crew = worker->crew;
    const struct oz_loop *loop = crew->loop;
    pthread_mutex_lock(&crew->lock);
    while (take_unit(crew, worker->unit)) {
        pthread_mutex_unlock(&crew->lock);
        struct oz_err err = {0};
        bool ok = loop->work(loop->shared, worker->unit, worker->scratch, &err);
        pthread_mutex_lock(&crew->lock);
        crew->running--;
        if (ok && loop->done != NULL)
            loop->done(loop->state, worker->unit);
        if (!ok)
            end_with(crew, &err);
        pthread_cond_broadcast(&crew->changed);
        report(crew);
    }
    pthread_mutex_unlock(&crew->lock);
}

/* Scratch is made by the thread that uses it, so that its memory is near. */
static void *attend(void *argument)
{
    struct worker *worker = argument;
    const struct oz_loop *loop = worker->crew->loop;
    struct oz_err err = {0};
    bool ok = true;
    if (loop->scratch_new != NULL) {
        worker->scratch = loop->scratch_new(loop->shared, &err);
        ok = worker->scratch != NULL;
    }
    if (ok) {
        work_units(worker);
    } else {
        pthread_mutex_lock(&worker->crew->lock);
        end_with(worker->crew, &err);
        pthread_mutex_unlock(&worker->crew->lock);
    }
    if (loop->scratch_free != NULL && worker->scratch != NULL)
        loop->scratch_free(worker->scratch);
    return NULL;
}

/* The caller is worker 0. Threads that cannot be had are done without. */
static void run_workers(struct worker *workers, pthread_t *threads, unsigned count)
{
    unsigned started = 1;
    while (started < count &&
           pthread_create(&threads[started], NULL, attend, &workers[started]) == 0)
        started++;
    attend(&workers[0]);
    for (unsigned i = 1; i < started; i++)
        pthread_join(threads[i], NULL);
}

static bool run_crew(struct crew *crew, unsigned count, struct oz_err *err)
{
    OZ_AUTO_FREE struct worker *workers = oz_alloc(count, sizeof *workers, err);
    OZ_AUTO_FREE pthread_t *threads = oz_alloc(count, sizeof *threads, err);
    /* Units lie on cache lines of their own. */
    size_t stride = (crew->loop->unit_size / 64 + 1) * 64;
    OZ_AUTO_FREE char *units = oz_alloc(count, stride, err);
    if (workers == NULL || threads == NULL || units == NULL)
        return false;
    for (unsigned i = 0; i < count; i++)
        workers[i] = (struct worker){.crew = crew, .unit = units + i * stride};
    run_workers(workers, threads, count);
    if (crew->failed)
        *err = crew->err;
    return !crew->failed;
}

bool oz_run(const struct oz_loop *loop, unsigned workers, struct oz_err *err)
{
    struct crew crew = {.loop = loop, .reported_at = now_ns()};
    pthread_mutex_init(&crew.lock, NULL);
    pthread_cond_init(&crew.changed, NULL);
    bool ok = run_crew(&crew, workers == 0 ? 1 : workers, err);
    pthread_cond_destroy(&crew.changed);
    pthread_mutex_destroy(&crew.lock);

    if (ok && loop->progress != NULL && loop->measure != NULL) {
        uint64_t done = 0, total = 0, bytes = 0;
        loop->measure(loop->state, &done, &total, &bytes);
        oz_progress_advance(loop->progress, done, total, bytes);
    }
    return ok;
}

/* ---- the simple case ---- */

struct each_state {
    uint64_t given, finished, count;
};

struct each_shared {
    bool (*work)(const void *shared, uint64_t i, struct oz_err *err);
    const void *shared;
};

static enum oz_next each_next(void *state, void *unit, struct oz_err *err)
{
    (void)err;
    struct each_state *each = state;
    if (each->given == each->count)
        return OZ_NEXT_DONE;
    *(uint64_t *)unit = each->given++;
    return OZ_NEXT_UNIT;
}

static bool each_work(const void *shared, void *unit, void *scratch, struct oz_err *err)
{
    (void)scratch;
    const struct each_shared *each = shared;
    return each->work(each->shared, *(const uint64_t *)unit, err);
}

static void each_done(void *state, void *unit)
{
    (void)unit;
    ((struct each_state *)state)->finished++;
}

static void each_measure(const void *state, uint64_t *done, uint64_t *total, uint64_t *bytes)
{
    const struct each_state *each = state;
    *done = each->finished;
    *total = each->count;
    *bytes = 0;
}

bool oz_run_each(uint64_t count, unsigned workers,
                 bool (*work)(const void *shared, uint64_t i, struct oz_err *err),
                 const void *shared, struct oz_progress *progress, struct oz_err *err)
{
    struct each_state state = {.count = count};
    const struct each_shared each = {work, shared};
    const struct oz_loop loop = {.next = each_next,
                                 .work = each_work,
                                 .done = each_done,
                                 .state = &state,
                                 .shared = &each,
                                 .unit_size = sizeof(uint64_t),
                                 .progress = progress,
                                 .measure = each_measure};
    return oz_run(&loop, (unsigned)(count < workers ? count : workers), err);
}
