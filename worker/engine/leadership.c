/* Leadership: one worker acts, under a term; the others wait.
 *
 * retention.lead decides, under leader_gate; here is only when to ask. The leader renews its lease
 * every two thirds of it: six statements a minute with the default of 15 s. A standby asks every
 * three seconds, for a leader that was killed leaves no word, and at once when the leader resigns.
 * Nothing here makes acting safe: every batch proves its term under the gate, and a successor ends
 * our backends before it raises the term. */
#include "engine/leadership.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/text.h"
#include "engine/silence.h"
#include "engine/state.h"
#include "pg/sqlstate.h"

/* retention.lead may wait for backends and locks, 10 s each: LEAD_MS is well beyond. */
enum { READING_MS = 50, ASK_MS = 3000, PATIENT_LEASES = 3, LEAD_MS = 60000 };

static void on_timer(evutil_socket_t fd, short what, void *arg);

static void arm(struct worker *worker, int64_t delay_ms)
{
    if (!worker->leadership.timer)
        worker->leadership.timer = evtimer_new(worker->base, on_timer, worker);
    const struct timeval delay = {delay_ms / 1000, (delay_ms % 1000) * 1000};
    evtimer_add(worker->leadership.timer, &delay);
}

static int64_t beat_ms(const struct worker *worker)
{
    return worker->limits.lease_ms * 2 / 3;
}

/* A connection may be dead without anybody's saying so. The lease is over by now. */
static void give_up(struct worker *worker)
{
    struct error error _cleanup_error_ = {0};
    error_set(&error, ERROR_FAILED, "the server does not answer: the connection is given up");
    error_hint(&error, "The network may drop packets, or the server may be overloaded.");
    worker_lost(worker, &error);
}

static void on_renewed(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                       const struct error *error, void *arg)
{
    struct worker *worker = arg;
    (void)conn;
    (void)result;
    worker->leadership.asking = false;
    if (outcome == PG_LOST || worker->leadership.term == 0)
        return;
    if (outcome != PG_OK && strcmp(error->sqlstate, SQLSTATE_STALE_TERM) == 0) {
        worker_lost(worker, error);
        return;
    }
    if (outcome != PG_OK)
        log_failure(LOG_LEVEL_WARNING, error);
    silence_look(worker);
    arm(worker, beat_ms(worker));
}

static void renew(struct worker *worker)
{
    char term[24];
    snprintf(term, sizeof(term), "%lld", (long long)worker->leadership.term);
    const char *values[] = {term};
    worker->leadership.asking = true;
    pg_conn_query(worker->control, "SELECT retention.renew($1::bigint)", 1, values, false,
                  on_renewed, worker);
    pg_conn_sync(worker->control);
    arm(worker, worker->limits.lease_ms * PATIENT_LEASES);
}

/* A server that recovers, or a standby, takes no leader: in a while it may be promoted, or another
 * of the hosts that the connection string names is. A session of before then would not hear us
 * LISTEN. */
static void wait_for_primary(struct worker *worker, const struct error *error)
{
    worker->leadership.deaf = true;
    if (!worker->leadership.read_only)
        log_failure_as(LOG_LEVEL_WARNING, LOG_EVENT_CONNECTION, error);
    worker->leadership.read_only = true;
    free(worker->trouble);
    worker->trouble = xstrdup(error->primary);
    worker_changed(worker);
    arm(worker, ASK_MS);
}

static void connect_anew(struct worker *worker)
{
    leadership_forget(worker);
    worker_enter(worker, PHASE_CONNECTING);
    pg_conn_close(worker->control);
    pg_conn_open(worker->control);
}

/* While the catalog is read nothing else may be asked on the connection: longer than a statement
 * may take, and an answer be late, nobody waits. */
static bool is_silent(const struct worker *worker)
{
    int64_t patience_ms =
        worker->limits.statement_timeout_ms + worker->limits.lease_ms * PATIENT_LEASES;
    return clock_monotonic_us() - pg_conn_heard_us(worker->control) > patience_ms * 1000;
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct worker *worker = arg;
    (void)fd;
    (void)what;
    if (pg_conn_state(worker->control) != PG_CONN_READY)
        return;
    if (worker->leadership.deaf)
        connect_anew(worker);
    else if (worker->leadership.asking)
        give_up(worker);
    else if (worker->reading && is_silent(worker))
        give_up(worker);
    else if (worker->reading)
        arm(worker, READING_MS); /* renew writes: not inside the loader's transaction */
    else if (worker->leadership.term > 0)
        renew(worker);
    else if (worker->phase == PHASE_STANDBY)
        leadership_ask(worker);
}

static void stand_by(struct worker *worker, const char *held_by)
{
    if (worker->options.lead_or_leave) {
        if (worker->options.events.not_leading)
            worker->options.events.not_leading(held_by, worker->options.arg);
        worker_note_exit(worker, 5);
        worker_enter(worker, PHASE_OVER);
        return;
    }
    if (!text_equal(held_by, worker->leadership.held_by)) {
        free(worker->leadership.held_by);
        worker->leadership.held_by = xstrdup(held_by);
        worker_changed(worker);
    }
    int64_t now = clock_monotonic_us();
    if (!worker->leadership.told)
        worker->leadership.standby_us = now;
    /* one lease is what a leader that is gone without a word may need to be succeeded */
    if (worker->options.mode == WORKER_ONCE &&
        now - worker->leadership.standby_us >= worker->limits.lease_ms * 1000) {
        struct error error _cleanup_error_ = {0};
        error_set(&error, ERROR_STOPPED, "%s leads; nothing was run", held_by);
        error_hint(&error, "\"retentionctl run\" asks the worker that leads.");
        worker_fail(worker, &error);
        return;
    }
    if (!worker->leadership.told)
        log_about(LOG_LEVEL_INFO, &(struct log_about){.event = LOG_EVENT_STANDING_BY},
                  "standing by: %s leads", held_by);
    worker->leadership.told = true;
    int64_t ask_ms = beat_ms(worker);
    arm(worker, ask_ms < ASK_MS ? ask_ms : ASK_MS);
}

enum { LEAD_LEADS, LEAD_TERM, LEAD_HELD_BY };

/* Told to stop while it asked: what it was given is given back. */
static void decline(struct worker *worker, enum pg_outcome outcome, PGresult *result)
{
    bool leads = outcome == PG_OK && PQgetvalue(result, 0, LEAD_LEADS)[0] == 't';
    if (leads)
        worker->leadership.term = strtoll(PQgetvalue(result, 0, LEAD_TERM), NULL, 10);
    worker_enter(worker, leads ? PHASE_CLOSING : PHASE_OVER);
}

static void on_answer(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                      const struct error *error, void *arg)
{
    struct worker *worker = arg;
    (void)conn;
    worker->leadership.asking = false;
    if (outcome == PG_LOST || worker->phase != PHASE_STANDBY)
        return;
    if (worker->stopping) {
        decline(worker, outcome, result);
        return;
    }
    if (outcome == PG_OK && worker->leadership.deaf) { /* promoted between LISTEN and this */
        connect_anew(worker);
        return;
    }
    if (outcome != PG_OK) {
        enum retry_class class = sqlstate_retry_class(error->sqlstate);
        if (strcmp(error->sqlstate, "25006") == 0 && worker->options.mode == WORKER_DAEMON) {
            wait_for_primary(worker, error);
            return;
        }
        if (strcmp(error->sqlstate, "3F000") == 0 || strcmp(error->sqlstate, "42883") == 0) {
            struct error own _cleanup_error_ = {0};
            error_set(&own, ERROR_CONFIG,
                      "schema \"retention\" is not installed in this database, or "
                      "is older than this program");
            error_hint(&own, "Run \"retentionctl migrate\".");
            worker_fail(worker, &own);
            return;
        }
        if (class == RETRY_FATAL || class == RETRY_RUN_STOP) {
            worker_fail(worker, error);
            return;
        }
        log_failure(LOG_LEVEL_WARNING, error);
        arm(worker, beat_ms(worker));
        return;
    }
    if (PQgetvalue(result, 0, LEAD_LEADS)[0] != 't') {
        stand_by(worker, PQgetvalue(result, 0, LEAD_HELD_BY));
        return;
    }
    worker->leadership.term = strtoll(PQgetvalue(result, 0, LEAD_TERM), NULL, 10);
    worker->leadership.told = worker->leadership.read_only = false;
    free(worker->leadership.held_by);
    worker->leadership.held_by = NULL;
    log_about(LOG_LEVEL_INFO, &(struct log_about){.event = LOG_EVENT_LEADING}, "leading, term %lld",
              (long long)worker->leadership.term);
    (void)FAULT_POINT("lead_after_term");
    arm(worker, beat_ms(worker));
    worker_leads(worker);
}

void leadership_ask(struct worker *worker)
{
    char lease[32], skew[32];
    snprintf(lease, sizeof(lease), "%lld ms", (long long)worker->limits.lease_ms);
    snprintf(skew, sizeof(skew), "%lld ms", (long long)worker->limits.max_skew_ms);
    const char *values[] = {worker->uuid, worker->host, lease, skew};
    worker->leadership.asking = true;
    (void)FAULT_POINT("lead_before_ask");
    pg_conn_query(worker->control,
                  "SELECT leads, term, held_by FROM retention.lead($1::uuid, $2::text, "
                  "$3::interval, $4::interval)",
                  4, values, false, on_answer, worker);
    pg_conn_sync(worker->control);
    arm(worker, LEAD_MS);
}

/* Without it a standby would be told of nothing, and a leader of no request. */
static void on_listening(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                         const struct error *error, void *arg)
{
    struct worker *worker = arg;
    (void)conn, (void)result, (void)error;
    if (outcome != PG_OK && outcome != PG_LOST)
        worker->leadership.deaf = true;
}

static void on_backend(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                       const struct error *error, void *arg)
{
    struct worker *worker = arg;
    struct error own _cleanup_error_ = {0};
    worker->leadership.asking = false;
    if (outcome == PG_LOST || worker->phase != PHASE_STANDBY)
        return;
    if (worker->stopping) {
        worker_enter(worker, PHASE_OVER);
    } else if (outcome != PG_OK) {
        worker_fail(worker, error);
    } else if (!pg_conn_is_direct(conn, result, &own)) {
        worker_fail(worker, &own);
    } else {
        pg_conn_query(conn, PIN_SESSION, 0, NULL, false, NULL, NULL);
        pg_conn_query(conn, "SET idle_session_timeout = 0", 0, NULL, false, NULL, NULL);
        pg_conn_query(conn, "LISTEN retention", 0, NULL, false, on_listening, worker);
        pg_conn_sync(conn);
        leadership_ask(worker);
    }
}

void leadership_begin(struct worker *worker)
{
    worker->leadership.asking = true;
    pg_conn_query(worker->control, ASK_BACKEND_PID, 0, NULL, false, on_backend, worker);
    pg_conn_sync(worker->control);
    arm(worker, LEAD_MS);
}

static void on_resigned(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                        const struct error *error, void *arg)
{
    struct worker *worker = arg;
    (void)conn;
    (void)outcome;
    (void)result;
    (void)error;
    (void)FAULT_POINT("lead_after_resign");
    if (worker->phase == PHASE_CLOSING)
        worker_enter(worker, PHASE_OVER);
}

void leadership_resign(struct worker *worker)
{
    char term[24];
    snprintf(term, sizeof(term), "%lld", (long long)worker->leadership.term);
    const char *values[] = {term};
    leadership_forget(worker);
    (void)FAULT_POINT("lead_before_resign");
    pg_conn_query(worker->control, "SELECT retention.resign($1::bigint)", 1, values, false,
                  on_resigned, worker);
    pg_conn_sync(worker->control);
}

void leadership_forget(struct worker *worker)
{
    worker->leadership.term = 0;
    worker->leadership.asking = worker->leadership.deaf = false;
    if (worker->leadership.timer)
        evtimer_del(worker->leadership.timer);
}

void leadership_notified(struct worker *worker)
{
    /* anybody may notify, also while whoever leads already looks at its log */
    if (worker->phase == PHASE_STANDBY && !worker->leadership.asking &&
        worker->leadership.term == 0)
        leadership_ask(worker);
}
