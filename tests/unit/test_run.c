/* SPDX-License-Identifier: Apache-2.0 */
/* The parallel loop: every unit once, waiting, errors, stopping, progress, failing scratch. */
#include "base/run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/checked.h"

#define UNITS 500

static void nap(long microseconds)
{
    struct timespec t = {0, microseconds * 1000};
    nanosleep(&t, NULL);
}

/* ---- every unit exactly once ---- */

static bool count_one(const void *shared, uint64_t i, struct oz_err *err)
{
    (void)err;
    unsigned *counts = *(unsigned *const *)shared;
    counts[i]++; /* no two threads have the same i */
    return true;
}

static void test_each_unit_once(void **state)
{
    (void)state;
    static const unsigned workers[] = {0, 1, 2, 3, 8};
    for (size_t w = 0; w < OZ_LENGTH(workers); w++) {
        unsigned counts[UNITS] = {0}, *shared = counts;
        struct oz_err err = {0};
        assert_true(oz_run_each(UNITS, workers[w], count_one, &shared, NULL, &err));
        for (size_t i = 0; i < UNITS; i++)
            assert_int_equal(counts[i], 1);
    }
    struct oz_err err = {0};
    assert_true(oz_run_each(0, 4, count_one, NULL, NULL, &err));
}

static bool fail_at_100(const void *shared, uint64_t i, struct oz_err *err)
{
    uint64_t *begun = *(uint64_t *const *)shared;
    __atomic_add_fetch(begun, 1, __ATOMIC_RELAXED);
    return i != 100 || oz_fail(err, OZ_EIO, "unit %d is torn", (int)i);
}

static void test_first_error_ends_the_run(void **state)
{
    (void)state;
    for (unsigned workers = 1; workers <= 4; workers++) {
        uint64_t begun = 0, *shared = &begun;
        struct oz_err err = {0};
        assert_false(oz_run_each(1000000, workers, fail_at_100, &shared, NULL, &err));
        assert_int_equal(err.code, OZ_EIO);
        assert_string_equal(err.msg, "unit 100 is torn");
        assert_true(begun < 1000000);
    }
}

/* ---- a pipeline: units of the second stage exist once two of the first are done ---- */

struct pipeline {
    unsigned first_given, first_done, second_given, second_done;
    unsigned running, most_running;
    unsigned fail_next_at;
};

struct stage_unit {
    unsigned stage, number;
};

struct pipeline_shared {
    pthread_t *caller;
    bool *elsewhere;
};

static enum oz_next pipeline_next(void *state, void *unit, struct oz_err *err)
{
    struct pipeline *p = state;
    struct stage_unit *u = unit;
    if (p->fail_next_at != 0 && p->first_given == p->fail_next_at) {
        oz_fail(err, OZ_EFORMAT, "page %u is torn", p->first_given);
        return OZ_NEXT_FAIL;
    }
    if (p->second_given < p->first_done / 2)
        *u = (struct stage_unit){2, p->second_given++};
    else if (p->first_given < UNITS && p->first_given < 2 * p->second_done + 4)
        *u = (struct stage_unit){1, p->first_given++};
    else if (p->second_given < UNITS / 2)
        return OZ_NEXT_WAIT;
    else
        return OZ_NEXT_DONE;
    p->running++;
    p->most_running = p->running > p->most_running ? p->running : p->most_running;
    return OZ_NEXT_UNIT;
}

static bool pipeline_work(const void *shared, void *unit, void *scratch, struct oz_err *err)
{
    (void)err;
    const struct pipeline_shared *s = shared;
    if (s != NULL && !pthread_equal(pthread_self(), *s->caller))
        *s->elsewhere = true;
    if (scratch != NULL)
        ++*(unsigned *)scratch;
    nap(((struct stage_unit *)unit)->number % 7 == 0 ? 200 : 0);
    return true;
}

static void pipeline_done(void *state, void *unit)
{
    struct pipeline *p = state;
    p->running--;
    if (((struct stage_unit *)unit)->stage == 1)
        p->first_done++;
    else
        p->second_done++;
}

static void test_waiting_units(void **state)
{
    (void)state;
    for (unsigned workers = 1; workers <= 5; workers += 2) {
        struct pipeline p = {0};
        struct oz_err err = {0};
        const struct oz_loop loop = {.next = pipeline_next,
                                     .work = pipeline_work,
                                     .done = pipeline_done,
                                     .state = &p,
                                     .unit_size = sizeof(struct stage_unit)};
        assert_true(oz_run(&loop, workers, &err));
        assert_int_equal(p.first_done, UNITS);
        assert_int_equal(p.second_done, UNITS / 2);
        assert_int_equal(p.running, 0);
        assert_in_range(p.most_running, 1, workers);
    }
}

static void test_one_worker_is_the_caller(void **state)
{
    (void)state;
    pthread_t caller = pthread_self();
    bool elsewhere = false;
    const struct pipeline_shared shared = {&caller, &elsewhere};
    struct pipeline p = {0};
    struct oz_err err = {0};
    const struct oz_loop loop = {.next = pipeline_next,
                                 .work = pipeline_work,
                                 .done = pipeline_done,
                                 .state = &p,
                                 .shared = &shared,
                                 .unit_size = sizeof(struct stage_unit)};
    assert_true(oz_run(&loop, 1, &err));
    assert_false(elsewhere);
}

static void test_next_may_fail(void **state)
{
    (void)state;
    for (unsigned workers = 1; workers <= 4; workers++) {
        struct pipeline p = {.fail_next_at = 50};
        struct oz_err err = {0};
        const struct oz_loop loop = {.next = pipeline_next,
                                     .work = pipeline_work,
                                     .done = pipeline_done,
                                     .state = &p,
                                     .unit_size = sizeof(struct stage_unit)};
        assert_false(oz_run(&loop, workers, &err));
        assert_string_equal(err.msg, "page 50 is torn");
        assert_int_equal(p.running, 0); /* what ran was finished */
    }
}

static enum oz_next wait_for_nothing(void *state, void *unit, struct oz_err *err)
{
    (void)state;
    (void)unit;
    (void)err;
    return OZ_NEXT_WAIT;
}

static void test_waiting_for_nothing_is_told(void **state)
{
    (void)state;
    struct oz_err err = {0};
    const struct oz_loop loop = {.next = wait_for_nothing, .work = pipeline_work, .unit_size = 8};
    assert_false(oz_run(&loop, 3, &err));
    assert_int_equal(err.code, OZ_EINVAL);
}

/* ---- scratch ---- */

struct scratch_count {
    unsigned made, freed, fail_at;
};
static struct scratch_count scratches;

static void *make_scratch(const void *shared, struct oz_err *err)
{
    (void)shared;
    unsigned n = __atomic_add_fetch(&scratches.made, 1, __ATOMIC_RELAXED);
    if (n == scratches.fail_at) {
        oz_fail(err, OZ_ENOMEM, "no scratch");
        return NULL;
    }
    return oz_alloc(1, sizeof(unsigned), err);
}

static void free_scratch(void *scratch)
{
    __atomic_add_fetch(&scratches.freed, 1, __ATOMIC_RELAXED);
    oz_free(scratch);
}

static void test_scratch(void **state)
{
    (void)state;
    for (unsigned fail_at = 0; fail_at <= 3; fail_at++) {
        scratches = (struct scratch_count){.fail_at = fail_at};
        struct pipeline p = {0};
        struct oz_err err = {0};
        const struct oz_loop loop = {.next = pipeline_next,
                                     .work = pipeline_work,
                                     .done = pipeline_done,
                                     .state = &p,
                                     .unit_size = sizeof(struct stage_unit),
                                     .scratch_new = make_scratch,
                                     .scratch_free = free_scratch};
        assert_int_equal(oz_run(&loop, 3, &err), fail_at == 0);
        assert_int_equal(scratches.made, 3);
        assert_int_equal(scratches.freed, fail_at == 0 ? 3 : 2);
        assert_int_equal(err.code, fail_at == 0 ? OZ_OK : OZ_ENOMEM);
    }
}

/* ---- progress and stopping ---- */

struct listener {
    struct oz_progress progress;
    int inside;
    bool overlapped;
    unsigned events;
    uint64_t last_done, last_total;
    unsigned stop_after;
};

static void listen(void *ctx, const struct oz_event *event)
{
    struct listener *l = ctx;
    if (__atomic_add_fetch(&l->inside, 1, __ATOMIC_SEQ_CST) != 1)
        l->overlapped = true;
    if (event->kind == OZ_EVENT_ADVANCE) {
        if (event->done < l->last_done)
            l->overlapped = true;
        l->last_done = event->done;
        l->last_total = event->total;
        if (++l->events == l->stop_after)
            oz_progress_stop(&l->progress);
    }
    __atomic_sub_fetch(&l->inside, 1, __ATOMIC_SEQ_CST);
}

static bool nap_a_little(const void *shared, uint64_t i, struct oz_err *err)
{
    (void)shared;
    (void)i;
    (void)err;
    nap(1000);
    return true;
}

static void test_progress(void **state)
{
    (void)state;
    struct listener l = {.progress = {.event = listen, .ctx = &l}};
    struct oz_err err = {0};
    assert_true(oz_run_each(400, 3, nap_a_little, NULL, &l.progress, &err));
    assert_false(l.overlapped);
    assert_true(l.events >= 2);
    assert_int_equal(l.last_done, 400);
    assert_int_equal(l.last_total, 400);
}

static void test_stop(void **state)
{
    (void)state;
    for (unsigned workers = 1; workers <= 3; workers++) {
        struct listener l = {.progress = {.event = listen, .ctx = &l}, .stop_after = 1};
        struct oz_err err = {0};
        assert_false(oz_run_each(1000000, workers, nap_a_little, NULL, &l.progress, &err));
        assert_int_equal(err.code, OZ_ECANCELLED);
        assert_true(l.last_done < 1000000);
    }
    struct oz_progress stopped = {0};
    struct oz_err err = {0};
    oz_progress_stop(&stopped);
    assert_false(oz_run_each(10, 2, nap_a_little, NULL, &stopped, &err));
    assert_int_equal(err.code, OZ_ECANCELLED);
}

static void remember_event(void *ctx, const struct oz_event *event)
{
    struct oz_event *last = ctx;
    *last = *event;
    last->text = event->text == NULL ? NULL : strcmp(event->text, "x 7") == 0 ? "same" : "other";
}

static void test_events(void **state)
{
    (void)state;
    struct oz_event last = {0};
    struct oz_progress progress = {.event = remember_event, .ctx = &last};
    oz_progress_begin(&progress, "x 7", 12);
    assert_int_equal(last.kind, OZ_EVENT_BEGIN);
    assert_int_equal(last.total, 12);
    assert_string_equal(last.text, "same");
    oz_progress_advance(&progress, 3, 12, 99);
    assert_int_equal(last.kind, OZ_EVENT_ADVANCE);
    assert_int_equal(last.done, 3);
    assert_int_equal(last.bytes, 99);
    assert_null(last.text);
    oz_progress_say(&progress, OZ_EVENT_WARNING, "x %d", 7);
    assert_int_equal(last.kind, OZ_EVENT_WARNING);
    assert_string_equal(last.text, "same");
    oz_progress_end(&progress);
    assert_int_equal(last.kind, OZ_EVENT_END);
    assert_false(oz_progress_stopped(&progress));
    /* Nobody listens. */
    oz_progress_begin(NULL, "x", 1);
    oz_progress_advance(NULL, 1, 1, 1);
    oz_progress_say(NULL, OZ_EVENT_NOTE, "x");
    oz_progress_end(NULL);
    oz_progress_stop(NULL);
    assert_false(oz_progress_stopped(NULL));
}

/* ---- out of memory, and the machine ---- */

static void test_no_memory(void **state)
{
    (void)state;
    for (unsigned long n = 1; n <= 3; n++) {
        unsigned counts[UNITS] = {0}, *shared = counts;
        struct oz_err err = {0};
        oz_alloc_fail_at(n);
        assert_false(oz_run_each(UNITS, 2, count_one, &shared, NULL, &err));
        assert_int_equal(err.code, OZ_ENOMEM);
    }
    oz_alloc_fail_at(0);
}

static void test_machine(void **state)
{
    (void)state;
    unsigned all = oz_processors();
    assert_true(all >= 1);
    cpu_set_t before, one;
    assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
    CPU_ZERO(&one);
    for (int i = 0; i < CPU_SETSIZE; i++)
        if (CPU_ISSET(i, &before)) {
            CPU_SET(i, &one);
            break;
        }
    assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
    assert_int_equal(oz_processors(), 1);
    assert_int_equal(sched_setaffinity(0, sizeof before, &before), 0);
    assert_true(oz_machine_memory() >= OZ_MIB(16));
    assert_true(oz_machine_memory() < UINT64_C(1) << 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_unit_once), cmocka_unit_test(test_first_error_ends_the_run),
        cmocka_unit_test(test_waiting_units),  cmocka_unit_test(test_one_worker_is_the_caller),
        cmocka_unit_test(test_next_may_fail),  cmocka_unit_test(test_waiting_for_nothing_is_told),
        cmocka_unit_test(test_scratch),        cmocka_unit_test(test_progress),
        cmocka_unit_test(test_stop),           cmocka_unit_test(test_events),
        cmocka_unit_test(test_no_memory),      cmocka_unit_test(test_machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
