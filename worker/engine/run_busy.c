/* Relations that others keep locked as a whole: for a change of the table, a copy of it, an index.
 *
 * Nobody is to wait for long behind our own request, so each try waits for lock_timeout; the tries
 * come farther apart, and the run says what it waits for. When its patience is over, a partition is
 * left and the others go on. Where nothing goes without the lock, or something is left in the end,
 * the run ends as stopped: that is no failure, and the next one takes up what is left.
 *
 * After one relation was left the others have less time: an application that locks all partitions
 * of a table is not waited for once for each.
 *
 * And the other way round: batches are short, but a read, as that of the plan, takes as long as its
 * table is large. Who wants the table for himself meanwhile waits for it, and everybody else behind
 * him. A read that is waited for so is given up, and tried again behind the one who waited. */
#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/sql_files.h"
#include "base/text.h"
#include "engine/run_internal.h"
#include "engine/state.h"
#include "pg/sqlstate.h"

enum {
    PATIENCE_US = 10000000,
    LESS_PATIENCE_US = 1000000,
    READ_AGAIN_US = 250000,
    READ_LOOK_US = 500000,
    MOST_YIELDS = 5,
    TELL_ATTEMPTS = 3, /* sooner it is not worth telling */
};

bool run_has_patience(struct run *run, int64_t *since_us)
{
    int64_t now = clock_monotonic_us();
    if (!*since_us)
        *since_us = now;
    return !run->stopping && now - *since_us < (run->impatient ? LESS_PATIENCE_US : PATIENCE_US);
}

bool run_is_locked(const struct error *error)
{
    return error && sqlstate_retry_class(error->sqlstate) == RETRY_LOCKED;
}

/* relation "": a statement did not get a lock, of the table or of whatever else it reads. */
static void describe(const struct run *run, const char *relation, struct text *out)
{
    if (!relation[0]) {
        text_printf(out,
                    "others keep \"%s\", or a table that its policy reads, locked; SELECT pid, "
                    "relation::regclass, mode FROM pg_locks WHERE mode ~ 'Exclusive' shows who",
                    run->report.relation);
        return;
    }
    text_printf(out,
                "others keep %s locked; SELECT pid, mode, granted FROM pg_locks WHERE relation = "
                "'%s'::regclass shows who",
                relation, relation);
}

static void stop(struct run *run, const struct text *why)
{
    if (run->stopping)
        return;
    run->yielded = true;
    snprintf(run->stop_sqlstate, sizeof(run->stop_sqlstate), "55P03");
    run_stop(run, RUN_STOPPED, why->data);
}

void run_busy_waits(struct run *run, const char *relation, int attempts)
{
    if (attempts < TELL_ATTEMPTS || run->told_busy || run->told_cause != PACE_FREE)
        return;
    run->told_busy = true;
    struct text why _cleanup_text_ = {0};
    describe(run, relation, &why);
    snprintf(run->waits_for, sizeof(run->waits_for), "%s", why.data);
    log_info("category \"%s\" waits: %s", run->category->name, why.data);
    run_tell_waits(run, why.data);
    worker_changed(run->worker);
}

void run_busy_over(struct run *run, struct leaf *leaf)
{
    leaf->busy_us = 0;
    if (!run->told_busy)
        return;
    run->told_busy = false;
    if (run->told_cause != PACE_FREE)
        return;
    run->waits_for[0] = '\0';
    run_tell_waits(run, NULL);
    worker_changed(run->worker);
}

void run_busy_leaf(struct run *run, struct leaf *leaf)
{
    if (!run->stopping)
        log_info("category \"%s\": %s is left: others keep it locked", run->category->name,
                 leaf->quoted);
    run->impatient = true;
    if (!run->busy[0])
        snprintf(run->busy, sizeof(run->busy), "%s", leaf->quoted);
    sweep_leaf_gone(&run->sweep, leaf);
}

void run_busy_stop(struct run *run, const char *relation)
{
    struct text why _cleanup_text_ = {0};
    describe(run, relation, &why);
    text_add(&why, "; it goes on with the next run");
    stop(run, &why);
}

void run_busy_read(struct run *run)
{
    if (run_has_patience(run, &run->read_busy_us))
        run_after(run, READ_AGAIN_US);
    else
        run_busy_stop(run, run->busy);
}

/* --- reads that others wait for --- */

static void look_again(struct run *run)
{
    const struct timeval delay = {0, READ_LOOK_US};
    evtimer_add(run->read_timer, &delay);
}

static void on_yielded(struct run *run, PGresult *result, const struct error *error)
{
    run->read_looking = false;
    if (error || PQntuples(result) == 0)
        return;
    run->read_canceled = true;
    log_info("category \"%s\": a read is given up, since others wait to lock a table that it reads",
             run->category->name);
}

static void on_read_timer(evutil_socket_t fd, short what, void *arg)
{
    struct run *run = arg;
    struct worker *worker = run->worker;
    struct text pids _cleanup_text_ = {0};
    (void)fd;
    (void)what;
    if (worker->run != run)
        return;
    for (size_t i = 0; i < worker->lane_count; i++)
        if (worker->lanes[i]->reads && worker->lanes[i]->pid)
            text_printf(&pids, "%s%d", pids.length ? "," : "{", worker->lanes[i]->pid);
    if (pids.length == 0)
        return; /* the next read asks again */
    look_again(run);
    if (run->read_looking)
        return;
    run->read_looking = true;
    text_add_char(&pids, '}');
    const char *values[] = {pids.data};
    run_control_often(run, "retention_yield_reads", sql_file("engine/yield_reads.sql"),
                      ARRAY_LENGTH(values), values, on_yielded);
}

void run_watch_read(struct run *run)
{
    run->read_canceled = false;
    if (!run->read_timer)
        run->read_timer = evtimer_new(run->worker->base, on_read_timer, run);
    if (!evtimer_pending(run->read_timer, NULL))
        look_again(run);
}

/* The read's end may come before the answer of the look that canceled it. */
bool run_gave_read_up(const struct run *run, const struct error *error)
{
    return error && strcmp(error->sqlstate, "57014") == 0 &&
           (run->read_canceled || run->read_looking);
}

void run_read_given_up(struct run *run)
{
    struct text why _cleanup_text_ = {0};
    run->read_busy_us = 0; /* it had its locks */
    if (++run->read_yields <= MOST_YIELDS) {
        run_after(run, READ_AGAIN_US);
        return;
    }
    text_printf(&why,
                "%d times others waited to lock \"%s\", or a table that its policy reads, while it "
                "was read; it goes on with the next run",
                run->read_yields, run->report.relation);
    stop(run, &why);
}
