#include "engine/lane.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/sql_files.h"
#include "base/text.h"
#include "engine/batch.h"
#include "engine/run.h"
#include "engine/state.h"
#include "pg/sqlstate.h"

enum { CONNECT_TIMEOUT_MS = 10000, BACKOFF_MOST_MS = 10000, READ_TIMEOUT_MS = 3600000 };

static void set_state(struct lane *lane, enum lane_state state)
{
    static const bool allowed[6][6] = {
        [LANE_CLOSED] = {[LANE_CONNECTING] = true},
        [LANE_CONNECTING] = {[LANE_CLOSED] = true, [LANE_JOINING] = true, [LANE_DEAD] = true},
        [LANE_JOINING] = {[LANE_CLOSED] = true,
                          [LANE_CONNECTING] = true,
                          [LANE_READY] = true,
                          [LANE_DEAD] = true},
        [LANE_READY] = {[LANE_CLOSED] = true,
                        [LANE_CONNECTING] = true,
                        [LANE_BUSY] = true,
                        [LANE_DEAD] = true},
        [LANE_BUSY] = {[LANE_CLOSED] = true,
                       [LANE_CONNECTING] = true,
                       [LANE_READY] = true,
                       [LANE_DEAD] = true},
        [LANE_DEAD] = {[LANE_CLOSED] = true, [LANE_CONNECTING] = true},
    };
    assert(state == lane->state || allowed[lane->state][state]);
    lane->state = state;
}

static void on_joined(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                      const struct error *error, void *arg)
{
    struct lane *lane = arg;
    if (outcome == PG_LOST || lane->state != LANE_JOINING)
        return; /* on_broken comes, or came */
    if (outcome != PG_OK) {
        if (strcmp(error->sqlstate, SQLSTATE_STALE_TERM) == 0) {
            worker_lost(lane->worker, error);
            return;
        }
        set_state(lane, LANE_DEAD);
        error_clear(&lane->error);
        error_set(&lane->error, ERROR_FAILED, "%s", error->primary);
        error_set_sqlstate(&lane->error, error->sqlstate);
        pg_conn_close(conn); /* or lane_open finds it ready, and nobody joins */
        run_lane_dead(lane->worker);
        return;
    }
    lane->pid = text_number(PQgetvalue(result, 0, 0), 0);
    snprintf(lane->backend_start, sizeof(lane->backend_start), "%s", PQgetvalue(result, 0, 1));
    set_state(lane, LANE_READY);
    error_clear(&lane->error);
    run_lane_ready(lane->worker);
}

static void on_ready(struct pg_conn *conn, void *arg)
{
    struct lane *lane = arg;
    set_state(lane, LANE_JOINING);
    char term[24];
    snprintf(term, sizeof(term), "%lld", (long long)lane->worker->leadership.term);
    const char *values[] = {term};
    lane->told_us = 0;
    pg_conn_query(conn, PIN_SESSION, 0, NULL, false, NULL, NULL);
    pg_conn_query(conn, "SET idle_session_timeout = 0", 0, NULL, false, NULL, NULL);
    pg_conn_query(conn, sql_file("engine/join.sql"), 1, values, false, on_joined, lane);
    pg_conn_sync(conn);
}

static void on_broken(struct pg_conn *conn, const struct error *error, int64_t will_retry_ms,
                      void *arg)
{
    struct lane *lane = arg;
    (void)conn;
    if (lane->state == LANE_CLOSED)
        return;
    if (will_retry_ms < 0) {
        set_state(lane, LANE_DEAD);
        error_clear(&lane->error);
        error_set(&lane->error, ERROR_FAILED, "%s", error->primary);
        error_set_sqlstate(&lane->error, error->sqlstate);
        run_lane_dead(lane->worker);
    } else {
        int64_t now = clock_monotonic_us();
        bool same = text_equal(lane->error.primary, error->primary);
        if (lane->state == LANE_CONNECTING &&
            (!same || !lane->told_us || now - lane->told_us >= CONNECT_TELL_AGAIN_US)) {
            log_failure_as(LOG_LEVEL_WARNING, LOG_EVENT_CONNECTION, error);
            lane->told_us = now;
        }
        error_clear(&lane->error);
        error_set(&lane->error, ERROR_FAILED, "%s", error->primary ? error->primary : "unknown");
        if (lane->state == LANE_CONNECTING)
            run_lane_missing(lane->worker, error);
        worker_changed(lane->worker);
        log_debug("worker connection %zu broke, again in %lld ms", lane->number,
                  (long long)will_retry_ms);
        set_state(lane, LANE_CONNECTING);
    }
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct lane *lane = arg;
    (void)fd;
    (void)what;
    lane->timer_fn(lane, lane->timer_arg);
}

struct lane *lane_new(struct worker *worker, size_t number)
{
    struct lane *lane = xcalloc(1, sizeof(*lane));
    lane->worker = worker;
    lane->number = number;
    const struct pg_conn_options options = {
        .conninfo = worker->limits.conninfo,
        .application_name = worker->options.program,
        .connect_timeout_ms = CONNECT_TIMEOUT_MS,
        .backoff_most_ms = BACKOFF_MOST_MS,
    };
    const struct pg_conn_events events = {.ready = on_ready, .broken = on_broken};
    lane->conn = pg_conn_new(worker->base, &options, &events, lane);
    lane->timer = evtimer_new(worker->base, on_timer, lane);
    return lane;
}

void lane_open(struct lane *lane)
{
    if (lane->state != LANE_CLOSED && lane->state != LANE_DEAD)
        return;
    set_state(lane, LANE_CONNECTING);
    pg_conn_open(lane->conn);
}

void lane_close(struct lane *lane)
{
    evtimer_del(lane->timer);
    if (lane->state == LANE_CLOSED)
        return;
    set_state(lane, LANE_CLOSED);
    pg_conn_close(lane->conn);
}

void lane_free(struct lane *lane)
{
    if (!lane)
        return;
    lane_close(lane);
    pg_conn_free(lane->conn);
    batch_free(lane->batch);
    event_free(lane->timer);
    error_clear(&lane->error);
    free(lane);
}

void lane_take(struct lane *lane)
{
    assert(lane->state == LANE_READY);
    set_state(lane, LANE_BUSY);
    lane->reads = false;
}

void lane_give_back(struct lane *lane)
{
    lane->reads = false;
    if (lane->state == LANE_BUSY)
        set_state(lane, LANE_READY);
}

/* A lane that broke is ready again before whoever had it is done: a batch's end is looked up, a
 * rest goes on, a batch waits to be tried again. And whoever hears that it broke hears that before
 * on_broken. */
static bool is_free(const struct lane *lane)
{
    return lane->state == LANE_READY && pg_conn_state(lane->conn) == PG_CONN_READY &&
           !batch_is_busy(lane->batch) && !evtimer_pending(lane->timer, NULL);
}

struct lane *lane_any_ready(struct worker *worker)
{
    for (size_t i = 0; i < worker->lane_count; i++)
        if (is_free(worker->lanes[i]))
            return worker->lanes[i];
    return NULL;
}

void lane_after(struct lane *lane, int64_t delay_ms, void (*fn)(struct lane *lane, void *arg),
                void *arg)
{
    lane->timer_fn = fn;
    lane->timer_arg = arg;
    const struct timeval delay = {delay_ms / 1000, (delay_ms % 1000) * 1000};
    evtimer_add(lane->timer, &delay);
}

void lane_hurry(struct lane *lane)
{
    if (evtimer_pending(lane->timer, NULL))
        lane_after(lane, 0, lane->timer_fn, lane->timer_arg);
}

void lane_queue_pins(struct lane *lane, const char *zone, int64_t statement_timeout_ms,
                     int64_t lock_timeout_ms, pg_result_fn *fn, void *arg)
{
    char statement[24], lock[24];
    snprintf(statement, sizeof(statement), "%lld", (long long)statement_timeout_ms);
    snprintf(lock, sizeof(lock), "%lld", (long long)lock_timeout_ms);
    const char *values[] = {statement, lock, zone};
    pg_conn_execute(lane->conn, "retention_pin", sql_file("engine/pin.sql"), 3, values, NULL, NULL,
                    false, fn, arg);
}

/* A read is four requests: BEGIN, pins, the statement, COMMIT. The caller hears of the first
 * failure, or of the statement's result; always at the last request's end, when the lane is free
 * for more. Single rows are passed on as they come. */
struct lane_read {
    pg_result_fn *fn;
    void *arg;
    enum pg_outcome outcome;
    struct error error;
    PGresult *result;
    bool rows;
};

static void note_failure(struct lane_read *read, enum pg_outcome outcome, const struct error *error)
{
    if (read->outcome != PG_OK && read->outcome != PG_ABORTED)
        return;
    read->outcome = outcome;
    error_clear(&read->error);
    error_set(&read->error, ERROR_FAILED, "%s",
              error && error->primary ? error->primary : "could not read");
    if (error)
        error_set_sqlstate(&read->error, error->sqlstate);
}

static void on_read_step(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                         const struct error *error, void *arg)
{
    (void)conn;
    (void)result;
    if (outcome != PG_OK)
        note_failure(arg, outcome, error);
}

static void on_read_rows(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                         const struct error *error, void *arg)
{
    struct lane_read *read = arg;
    if (outcome != PG_OK)
        note_failure(read, outcome, error);
    else if (!read->rows)
        read->result = PQcopyResult(result, PG_COPYRES_ATTRS | PG_COPYRES_TUPLES);
    else if (PQntuples(result) > 0)
        read->fn(conn, PG_OK, result, NULL, read->arg);
}

static void on_read_end(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                        const struct error *error, void *arg)
{
    struct lane_read *read = arg;
    (void)result;
    if (outcome != PG_OK)
        note_failure(read, outcome, error);
    if (read->outcome != PG_OK && read->outcome != PG_LOST) {
        pg_conn_query(conn, "ROLLBACK", 0, NULL, false, NULL, NULL);
        pg_conn_sync(conn);
    }
    PGresult *end = read->result ? read->result : PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
    read->fn(conn, read->outcome, end, read->outcome == PG_OK ? NULL : &read->error, read->arg);
    PQclear(end);
    error_clear(&read->error);
    free(read);
}

static void queue_share(struct lane *lane, struct lane_read *read)
{
    if (lane->share == SHARE_ALWAYS)
        return;
    const char *values[] = {lane->share == SHARE_NEVER ? "true" : "false"};
    pg_conn_query(lane->conn, sql_file("engine/share.sql"), ARRAY_LENGTH(values), values, false,
                  on_read_step, read);
    lane->share = SHARE_ALWAYS;
}

static void read_or_write(struct lane *lane, const char *begin, const char *zone,
                          int64_t lock_timeout_ms, const char *sql, size_t count,
                          const char *const *values, struct lane_read *read)
{
    pg_conn_query(lane->conn, begin, 0, NULL, false, on_read_step, read);
    lane_queue_pins(lane, zone, READ_TIMEOUT_MS, lock_timeout_ms, on_read_step, read);
    queue_share(lane, read);
    pg_conn_query(lane->conn, sql, count, values, false, on_read_rows, read);
    if (read->rows)
        pg_conn_single_rows(lane->conn);
    pg_conn_query(lane->conn, "COMMIT", 0, NULL, false, on_read_end, read);
    pg_conn_sync(lane->conn);
}

void lane_read(struct lane *lane, const char *zone, const char *sql, size_t count,
               const char *const *values, bool rows, pg_result_fn *fn, void *arg)
{
    struct lane_read *read = xcalloc(1, sizeof(*read));
    *read = (struct lane_read){.fn = fn, .arg = arg, .outcome = PG_OK, .rows = rows};
    lane->reads = true;
    read_or_write(lane, "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY", zone,
                  lane->worker->limits.lock_timeout_ms, sql, count, values, read);
}

void lane_write(struct lane *lane, const char *zone, const char *sql, size_t count,
                const char *const *values, pg_result_fn *fn, void *arg)
{
    struct lane_read *read = xcalloc(1, sizeof(*read));
    *read = (struct lane_read){.fn = fn, .arg = arg, .outcome = PG_OK};
    read_or_write(lane, "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE", zone,
                  lane->worker->limits.statement_timeout_ms, sql, count, values, read);
}
