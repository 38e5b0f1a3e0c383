/* The worker: what it does next, and what becomes of it.
 *
 *   CONNECTING -> STANDBY -> LOADING -> RUNNING -> SLEEPING -> LOADING ...
 *                                          |           |
 *                                          +-> CLOSING +-> OVER
 *
 * worker_enter is the only place that changes the phase. The control connection carries leadership,
 * LISTEN, policies, and each run's first and last entries; lanes carry reads and batches. When the
 * control connection or the leadership is lost, everything under way is dropped (no batch can
 * commit any more: its term is over, or will be) and a daemon begins at CONNECTING. */
#include "engine/worker.h"

#include <assert.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/sql_files.h"
#include "base/text.h"
#include "config/settings.h"
#include "engine/epochs.h"
#include "engine/figures.h"
#include "engine/lane.h"
#include "engine/leadership.h"
#include "engine/loader.h"
#include "engine/reload.h"
#include "engine/run.h"
#include "engine/schedule.h"
#include "engine/sequencer.h"
#include "engine/state.h"
#include "engine/stop.h"
#include "ledger/digest.h"
#include "pg/function_list.h"
#include "pg/sqlstate.h"

enum { CONNECT_TIMEOUT_MS = 10000, BACKOFF_MOST_MS = 30000 };

const char *run_done_word(const char *action)
{
    return text_equal(action, "deidentify")  ? "de-identified"
           : text_equal(action, "aggregate") ? "aggregated"
                                             : "deleted";
}

const char *run_status_word(enum run_status status)
{
    static const char *const words[] = {
        [RUN_RUNNING] = "running",
        [RUN_DONE] = "done",
        [RUN_STOPPED] = "stopped",
        [RUN_PAUSED] = "paused",
        [RUN_BRAKE] = "brake",
        [RUN_FAILED] = "failed",
        [RUN_LOST] = "lost",
        [RUN_OBSERVED] = "observed",
        [RUN_SUSPENDED] = "suspended",
        [RUN_INVALID] = "invalid",
        [RUN_RED] = "red",
        [RUN_OUTSIDE_WINDOW] = "outside its window",
        [RUN_TURN_OVER] = "stopped",
    };
    return words[status];
}

/* --- what it comes to --- */

static int severity(int code)
{
    static const int order[] = {[0] = 0, [1] = 9, [2] = 8, [3] = 7, [4] = 1, [5] = 2, [6] = 6};
    return code >= 0 && code < (int)ARRAY_LENGTH(order) ? order[code] : 9;
}

void worker_note_exit(struct worker *worker, int code)
{
    if (severity(code) > severity(worker->exit_code))
        worker->exit_code = code;
}

void worker_report(struct worker *worker, const struct run_report *report)
{
    static const int codes[] = {
        [RUN_STOPPED] = 5,        [RUN_PAUSED] = 5,    [RUN_BRAKE] = 5,   [RUN_FAILED] = 1,
        [RUN_LOST] = 1,           [RUN_SUSPENDED] = 5, [RUN_INVALID] = 3, [RUN_RED] = 5,
        [RUN_OUTSIDE_WINDOW] = 0, [RUN_TURN_OVER] = 5,
    };
    /* a daemon outlives its runs: that one was paused last week does not make its end a failure */
    if (worker->options.mode != WORKER_DAEMON)
        worker_note_exit(worker, codes[report->status]);
    figures_note(worker, report);
    worker_changed(worker);
    if (worker->options.events.run_finished)
        worker->options.events.run_finished(report, worker->options.arg);
    if (worker->options.quiet)
        return;
    enum log_level level =
        report->status == RUN_FAILED || report->status == RUN_LOST ? LOG_LEVEL_ERROR
        : report->status == RUN_DONE || report->status == RUN_OBSERVED ||
                report->status == RUN_OUTSIDE_WINDOW || report->status == RUN_TURN_OVER
            ? LOG_LEVEL_INFO
            : LOG_LEVEL_WARNING;
    char rows[32], dependants[32], remaining[32];
    struct text line _cleanup_text_ = {0};
    text_printf(&line, "category \"%s\": %s", report->category, run_status_word(report->status));
    if (report->run)
        text_printf(&line, ", %s records %s, with %s dependants",
                    text_thousands(rows, report->rows), run_done_word(report->action),
                    text_thousands(dependants, report->dependant_rows));
    if (report->remaining > 0)
        text_printf(&line, ", %s remain", text_thousands(remaining, report->remaining));
    if (report->message)
        text_printf(&line, ": %s", report->message);
    const struct log_about about = {
        .event = level == LOG_LEVEL_ERROR  ? LOG_EVENT_RUN_FAILED
                 : level == LOG_LEVEL_INFO ? LOG_EVENT_RUN_ENDED
                                           : LOG_EVENT_RUN_STOPPED,
        .category = report->category,
        .run = report->run,
        .sqlstate = report->sqlstate,
    };
    log_about(level, &about, "%s", line.data);
}

void worker_fail(struct worker *worker, const struct error *error)
{
    if (worker->phase == PHASE_OVER)
        return;
    error_clear(&worker->error);
    error_set(&worker->error, error->code ? error->code : ERROR_FAILED, "%s", error->primary);
    error_set_sqlstate(&worker->error, error->sqlstate);
    if (error->detail)
        error_detail(&worker->error, "%s", error->detail);
    if (error->hint)
        error_hint(&worker->error, "%s", error->hint);
    worker_note_exit(worker, error_exit_code(&worker->error));
    worker_enter(worker, PHASE_OVER);
}

/* --- loading --- */

void worker_add_diag(struct text *line, const struct diag *diag)
{
    if (diag->at.file && diag->at.line > 0)
        text_printf(line, "%s:%d: ", diag->at.file, diag->at.line);
    else if (diag->at.file)
        text_printf(line, "%s: ", diag->at.file);
    text_add(line, diag->message);
    if (diag->hint)
        text_printf(line, "; hint: %s", diag->hint);
}

/* What is wrong is told once, and again when it is something else. */
static bool was_told(struct worker *worker)
{
    const struct diags *diags = &worker->policies->diags;
    struct text all = {0};
    for (size_t i = 0; i < diags->count; i++) {
        worker_add_diag(&all, &diags->items[i]);
        text_add_char(&all, '\n');
    }
    bool told = worker->policies_told && strcmp(worker->policies_told, text_string(&all)) == 0;
    free(worker->policies_told);
    worker->policies_told = text_steal(&all);
    return told;
}

static void print_diags(struct worker *worker)
{
    const struct diags *diags = &worker->policies->diags;
    if (was_told(worker))
        return;
    if (worker->options.events.policies) {
        worker->options.events.policies(diags, worker->options.arg);
        return;
    }
    for (size_t i = 0; i < diags->count; i++) {
        struct text line _cleanup_text_ = {0};
        worker_add_diag(&line, &diags->items[i]);
        log_about(diags->items[i].level == DIAG_ERROR ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING,
                  &(struct log_about){.event = LOG_EVENT_POLICY}, "%s", line.data);
    }
}

static void begin_load(struct worker *worker);

static void on_keys(struct worker *worker, bool done, const struct error *error)
{
    if (worker->phase != PHASE_LOADING || pg_conn_state(worker->control) != PG_CONN_READY)
        return; /* lost meanwhile */
    if (!done)
        worker_fail(worker, error);
    else if (schedule_must_load_again(worker))
        begin_load(worker);
    else
        worker_enter(worker, PHASE_RUNNING);
}

static void record_accepted(struct worker *worker)
{
    char term[24];
    snprintf(term, sizeof(term), "%lld", (long long)worker->leadership.term);
    const char *values[] = {term, worker->policies->accepted_words};
    if (worker->leadership.term == 0 || pg_conn_state(worker->control) != PG_CONN_READY ||
        worker->options.mode == WORKER_CHECK)
        return;
    pg_conn_query(worker->control, "SELECT retention.record_accepted($1::bigint, $2)", 2, values,
                  false, NULL, NULL);
    pg_conn_sync(worker->control);
}

static void record_config(struct worker *worker);
static void propose_hold_rules(struct worker *worker);

static void on_policies(struct worker *worker, bool done, const struct error *error)
{
    sequencer_resume(worker);
    if (worker->reload_taken && worker->leadership.term > 0 &&
        pg_conn_state(worker->control) == PG_CONN_READY) {
        record_config(worker);
        propose_hold_rules(worker);
        reload_record(worker);
    }
    worker->reload_taken = false;
    record_accepted(worker);
    reload_go_on(worker);
    if (worker->phase != PHASE_LOADING || pg_conn_state(worker->control) != PG_CONN_READY)
        return;
    if (!done) {
        worker_fail(worker, error);
        return;
    }
    figures_drop_retired(worker);
    print_diags(worker);
    if (worker->policies->invalid && worker->options.mode != WORKER_DAEMON)
        worker_note_exit(worker, 3);
    if (worker->options.mode == WORKER_CHECK)
        worker_enter(worker, PHASE_OVER);
    else if (worker->stopping)
        worker_enter(worker, PHASE_CLOSING);
    else
        epochs_load(worker, on_keys);
}

static void load(struct worker *worker)
{
    if (worker->phase == PHASE_LOADING)
        loader_load(worker, worker->options.mode == WORKER_CHECK, on_policies);
}

static void begin_load(struct worker *worker)
{
    schedule_begin_load(worker);
    sequencer_yield(worker, load);
}

static void on_closed_runs(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                           const struct error *error, void *arg)
{
    struct worker *worker = arg;
    (void)conn;
    if (outcome == PG_LOST || worker->phase != PHASE_STANDBY)
        return;
    if (outcome != PG_OK) {
        worker_fail(worker, error);
        return;
    }
    if (PQntuples(result) > 0)
        log_info("closed %d runs that an earlier worker left open", PQntuples(result));
    worker_enter(worker, PHASE_LOADING);
}

/* The settings whose weakening an auditor must see, by the hash of their text. */
static void record_config(struct worker *worker)
{
    const struct settings *settings = worker->options.settings;
    struct text text _cleanup_text_ = {0};
    uint8_t hash[DIGEST_SIZE];
    char hex[2 * DIGEST_SIZE + 1], term[24];
    text_printf(&text, "log.epoch %s\nlog.evidence_key %s\nholds.dual_control %s\nholds.grace %s\n",
                settings->log.epoch_text, settings->log.epoch_kek ? "file" : "none",
                settings->holds.dual_control ? "true" : "false", settings->holds.grace_text);
    text_printf(
        &text,
        "log.signing_key %s\nlog.sign_after %s\nlog.standbys %lld\nlog.anchor_max_age %lld\n",
        settings->log.signing_key ? "file" : "none", settings->log.sign_after,
        (long long)settings->log.standbys, (long long)settings->log.anchor_max_age_ms);
    if (worker->policies->accepted)
        text_printf(&text, "accept_functions %s\n", worker->policies->accepted->sha256);
    digest_sha256(text.data, text.length, hash);
    hex_encode(hex, hash, DIGEST_SIZE);
    snprintf(term, sizeof(term), "%lld", (long long)worker->leadership.term);
    const char *values[] = {term, hex};
    pg_conn_query(worker->control, "SELECT retention.record_config($1::bigint, $2::text)", 2,
                  values, false, NULL, NULL);
    pg_conn_sync(worker->control);
}

/* The rules of holds are the database's: stricter ones than are in effect count at once, weaker
 * ones wait for approval. */
static void propose_hold_rules(struct worker *worker)
{
    const struct settings *settings = worker->options.settings;
    char term[24];
    snprintf(term, sizeof(term), "%lld", (long long)worker->leadership.term);
    const char *values[] = {term, settings->holds.dual_control ? "true" : "false",
                            settings->holds.grace_text};
    pg_conn_query(worker->control, sql_file("engine/propose_hold_rules.sql"), 3, values, false,
                  NULL, NULL);
    pg_conn_sync(worker->control);
}

/* Nothing is appended before the log was compared with its directory. A daemon waits until it can
 * go on. */
static void on_log(struct worker *worker, bool ready, const struct error *error)
{
    if (worker->phase != PHASE_STANDBY || worker->leadership.term == 0)
        return;
    if (!ready) {
        if (worker->options.mode != WORKER_DAEMON || worker->stopping)
            worker_fail(worker, error);
        return;
    }
    record_config(worker);
    propose_hold_rules(worker);
    reload_record(worker);
    char term[24];
    snprintf(term, sizeof(term), "%lld", (long long)worker->leadership.term);
    const char *values[] = {term};
    pg_conn_query(worker->control, sql_file("engine/close_lost_runs.sql"), 1, values, false,
                  on_closed_runs, worker);
    pg_conn_sync(worker->control);
}

void worker_leads(struct worker *worker)
{
    figures_lead(worker);
    if (worker->options.events.leading)
        worker->options.events.leading(worker->leadership.term, worker->options.arg);
    sequencer_start(worker, on_log);
}

static void on_log_signed(struct worker *worker, bool ready, const struct error *error)
{
    if (worker->phase != PHASE_CLOSING)
        return;
    if (!ready)
        worker_note_exit(worker, error_exit_code(error));
    leadership_resign(worker);
}

/* --- phases --- */

void worker_enter(struct worker *worker, enum worker_phase phase)
{
    static const bool allowed[PHASE_OVER + 1][PHASE_OVER + 1] = {
        [PHASE_CONNECTING] = {[PHASE_STANDBY] = true, [PHASE_LOADING] = true, [PHASE_OVER] = true},
        [PHASE_STANDBY] = {[PHASE_CONNECTING] = true,
                           [PHASE_LOADING] = true,
                           [PHASE_CLOSING] = true,
                           [PHASE_OVER] = true},
        [PHASE_LOADING] = {[PHASE_CONNECTING] = true,
                           [PHASE_RUNNING] = true,
                           [PHASE_CLOSING] = true,
                           [PHASE_OVER] = true},
        [PHASE_RUNNING] = {[PHASE_CONNECTING] = true,
                           [PHASE_SLEEPING] = true,
                           [PHASE_CLOSING] = true,
                           [PHASE_OVER] = true},
        [PHASE_SLEEPING] = {[PHASE_CONNECTING] = true,
                            [PHASE_LOADING] = true,
                            [PHASE_CLOSING] = true,
                            [PHASE_OVER] = true},
        [PHASE_CLOSING] = {[PHASE_CONNECTING] = true, [PHASE_OVER] = true},
    };
    if (worker->phase == PHASE_OVER)
        return;
    assert(allowed[worker->phase][phase]);
    worker->phase = phase;
    worker_changed(worker);
    switch (phase) {
    case PHASE_CONNECTING:
    case PHASE_SLEEPING:
        break;
    case PHASE_STANDBY:
        leadership_begin(worker);
        break;
    case PHASE_LOADING:
        begin_load(worker);
        break;
    case PHASE_RUNNING:
        schedule_begin_round(worker);
        break;
    case PHASE_CLOSING:
        sequencer_finish(worker, on_log_signed);
        break;
    case PHASE_OVER:
        event_base_loopbreak(worker->base);
        break;
    }
}

void worker_lost(struct worker *worker, const struct error *error)
{
    if (worker->phase == PHASE_OVER || worker->phase == PHASE_CONNECTING)
        return;
    log_failure_as(LOG_LEVEL_WARNING, LOG_EVENT_CONNECTION, error);
    sequencer_forget(worker);
    leadership_forget(worker);
    if (worker->run)
        run_abandon(worker->run);
    schedule_forget(worker);
    for (size_t i = 0; i < worker->lane_count; i++)
        lane_close(worker->lanes[i]);
    if (worker->options.mode != WORKER_DAEMON) {
        worker_fail(worker, error);
        return;
    }
    if (worker->stopping) { /* nothing is in flight any more; the next leader closes the run */
        worker_enter(worker, PHASE_OVER);
        return;
    }
    worker_enter(worker, PHASE_CONNECTING);
    if (pg_conn_state(worker->control) == PG_CONN_READY) { /* another leads: begin anew */
        pg_conn_close(worker->control);
        pg_conn_open(worker->control);
    }
}

/* --- the control connection --- */

/* Of a worker that only checks: one that leads asks the same, with a timer (leadership.c). */
static void on_backend(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                       const struct error *error, void *arg)
{
    struct worker *worker = arg;
    struct error own _cleanup_error_ = {0};
    if (outcome == PG_LOST || worker->phase != PHASE_CONNECTING)
        return;
    if (outcome != PG_OK) {
        worker_fail(worker, error);
    } else if (!pg_conn_is_direct(conn, result, &own)) {
        worker_fail(worker, &own);
    } else {
        pg_conn_query(conn, PIN_SESSION, 0, NULL, false, NULL, NULL);
        pg_conn_sync(conn);
        worker_enter(worker, PHASE_LOADING);
    }
}

static void on_control_ready(struct pg_conn *conn, void *arg)
{
    struct worker *worker = arg;
    worker->connect_told_us = 0;
    free(worker->trouble);
    worker->trouble = NULL;
    if (worker->options.mode != WORKER_CHECK) {
        worker_enter(worker, PHASE_STANDBY);
        return;
    }
    pg_conn_query(conn, ASK_BACKEND_PID, 0, NULL, false, on_backend, worker);
    pg_conn_sync(conn);
}

static void on_control_broken(struct pg_conn *conn, const struct error *error,
                              int64_t will_retry_ms, void *arg)
{
    struct worker *worker = arg;
    (void)conn;
    if (worker->phase == PHASE_OVER)
        return;
    bool connecting = worker->phase == PHASE_CONNECTING;
    if (!connecting)
        worker_lost(worker, error);
    if (worker->phase == PHASE_OVER)
        return;
    if (worker->options.mode != WORKER_DAEMON || will_retry_ms < 0) {
        worker_fail(worker, error);
        return;
    }
    bool same = text_equal(worker->trouble, error->primary);
    free(worker->trouble);
    worker->trouble = xstrdup(error->primary ? error->primary : "unknown");
    worker_changed(worker);
    reload_go_on(worker);
    int64_t now = clock_monotonic_us();
    if (!connecting ||
        (same && worker->connect_told_us && now - worker->connect_told_us < CONNECT_TELL_AGAIN_US))
        return;
    log_failure_as(LOG_LEVEL_WARNING, LOG_EVENT_CONNECTION, error);
    worker->connect_told_us = now;
}

static void on_notified(struct pg_conn *conn, const char *channel, const char *payload, void *arg)
{
    struct worker *worker = arg;
    (void)conn;
    if (strcmp(channel, "retention") != 0)
        return;
    if (strcmp(payload, "leader") == 0) {
        leadership_notified(worker);
    } else if (strcmp(payload, "log") == 0 || strcmp(payload, "bind") == 0 ||
               strcmp(payload, "hold") == 0) {
        sequencer_kick(worker);
        schedule_notified(worker, payload);
    } else {
        sequencer_expect(worker); /* most of what is told is an entry too */
        schedule_notified(worker, payload);
    }
}

/* --- beginning and end --- */

static void take_settings(struct worker *worker)
{
    const struct settings *settings = worker->options.settings;
    worker->limits = (struct limits){
        .conninfo = settings->database.conninfo ? settings->database.conninfo : "",
        .connections = (size_t)settings->database.connections,
        .statement_timeout_ms = settings->database.statement_timeout_ms,
        .lock_timeout_ms = settings->database.lock_timeout_ms,
        .batch_rows = settings->pace.batch_rows,
        .family_rows = settings->pace.family_rows,
        .rows_per_second = settings->pace.rows_per_second,
        .pace_preset = settings->pace.preset,
        .window = settings->pace.window,
        .standby_lag_mb = settings->pace.standby_lag_mb,
        .wal_mb_per_second = settings->pace.wal_mb_per_second,
        .standbys = settings->pace.standbys,
        .dead_percent = settings->pace.dead_percent,
        .dead_rows = settings->pace.dead_rows,
        .lease_ms = settings->worker.lease_ms,
        .max_skew_ms = settings->worker.max_skew_ms,
        .wake_most_ms = settings->worker.wake_most_ms,
        .turn_ms = settings->worker.turn_ms,
        .stop_within_ms = settings->worker.stop_within_ms,
        .policy_directory = settings->policies,
        .kek_file = settings->log.epoch_kek,
        .hmac_file = settings->deidentify.hmac_key,
        .epoch = settings->log.epoch_text,
    };
}

void worker_use_settings(struct worker *worker, const struct settings *settings)
{
    worker->options.settings = settings;
    take_settings(worker);
    worker->reload_taken = true;
}

struct event_base *worker_loop(struct worker *worker)
{
    return worker->base;
}

struct worker *worker_new(const struct worker_options *options)
{
    struct worker *worker = xcalloc(1, sizeof(*worker));
    worker->options = *options;
    take_settings(worker);
    worker->base = event_base_new();
    if (!worker->base) {
        fputs("fatal: no event loop\n", stderr);
        abort();
    }
    uint8_t id[16];
    random_bytes(id, sizeof(id));
    hex_encode(worker->uuid, id, sizeof(id));
    if (gethostname(worker->host, sizeof(worker->host) - 1) != 0)
        snprintf(worker->host, sizeof(worker->host), "unknown");
    worker->policies = xcalloc(1, sizeof(*worker->policies));
    worker->epochs = xcalloc(1, sizeof(*worker->epochs));
    worker->schedule = schedule_new(worker);
    worker->sequencer = sequencer_new(worker);
    worker->reload = reload_new();
    const struct pg_conn_options conn_options = {
        .conninfo = worker->limits.conninfo,
        .application_name = options->program,
        .connect_timeout_ms = CONNECT_TIMEOUT_MS,
        .backoff_most_ms = BACKOFF_MOST_MS,
        .own_class = "RT", /* no rows of governed tables are touched here */
    };
    const struct pg_conn_events events = {
        .ready = on_control_ready, .broken = on_control_broken, .notified = on_notified};
    worker->control = pg_conn_new(worker->base, &conn_options, &events, worker);
    worker->lane_count = options->mode == WORKER_CHECK ? 0 : worker->limits.connections;
    worker->lanes = xcalloc(worker->lane_count + 1, sizeof(*worker->lanes));
    for (size_t i = 0; i < worker->lane_count; i++)
        worker->lanes[i] = lane_new(worker, i + 1);
    return worker;
}

static bool knows_named(struct worker *worker, struct error *error)
{
    const struct policy_set *set = worker->policies->set;
    for (size_t i = 0; i < worker->options.category_count; i++) {
        const char *name = worker->options.categories[i];
        if (policy_find(set, name))
            continue;
        error_set(error, ERROR_USAGE, "there is no category \"%s\"", name);
        const char **names = xcalloc(set->category_count + 1, sizeof(*names));
        for (size_t c = 0; c < set->category_count; c++)
            names[c] = set->categories[c].name;
        const char *nearest = text_nearest(name, names, set->category_count);
        if (nearest)
            error_hint(error, "Did you mean \"%s\"?", nearest);
        free(names);
        return false;
    }
    return true;
}

int worker_run(struct worker *worker, struct error *error)
{
    if (!loader_read(worker, error) || !knows_named(worker, error) ||
        !epochs_read_kek(worker, error) || !epochs_read_hmac_key(worker, error) ||
        !sequencer_read_key(worker, error))
        return error_exit_code(error);
    worker_changed(worker);
    pg_conn_open(worker->control);
    event_base_dispatch(worker->base);
    if (worker->error.primary)
        error_move(error, &worker->error);
    return worker->exit_code;
}

void worker_stop(struct worker *worker)
{
    if (worker->stopping)
        return;
    worker->stopping = true;
    if (worker->options.events.stopping)
        worker->options.events.stopping(worker->options.arg);
    worker_changed(worker);
    stop_begin(worker);
    if (worker->run)
        run_stop(worker->run, RUN_STOPPED, "the worker was told to stop");
    else if (worker->phase == PHASE_STANDBY && worker->leadership.asking &&
             worker->leadership.term == 0)
        return; /* the answer may be that it leads: leadership.c gives that back */
    else if (worker->phase == PHASE_SLEEPING || worker->phase == PHASE_STANDBY)
        worker_enter(worker, worker->leadership.term > 0 ? PHASE_CLOSING : PHASE_OVER);
    else if (worker->phase == PHASE_CONNECTING)
        worker_enter(worker, PHASE_OVER);
    /* LOADING, and RUNNING between two runs, see it by themselves. */
}

static void on_signal(evutil_socket_t number, short what, void *arg)
{
    struct worker *worker = arg;
    (void)what;
    if (worker->signals_seen++ > 0)
        _exit(128 + (int)number);
    log_about(LOG_LEVEL_INFO, &(struct log_about){.event = LOG_EVENT_STOPPING},
              "told to stop by signal %d; finishing what is in flight", (int)number);
    worker_stop(worker);
}

static void on_hangup(evutil_socket_t number, short what, void *arg)
{
    struct worker *worker = arg;
    (void)number;
    (void)what;
    if (worker->options.mode == WORKER_DAEMON)
        reload_ask(worker);
    else
        log_warning("told to reload, which a worker that runs once does not");
}

void worker_heed_signals(struct worker *worker)
{
    static const int signals[] = {SIGTERM, SIGINT};
    signal(SIGPIPE, SIG_IGN); /* who asks over HTTP may be gone before the answer */
    worker->hangup_event = evsignal_new(worker->base, SIGHUP, on_hangup, worker);
    event_add(worker->hangup_event, NULL);
    for (size_t i = 0; i < ARRAY_LENGTH(signals); i++) {
        worker->signal_events[i] = evsignal_new(worker->base, signals[i], on_signal, worker);
        event_add(worker->signal_events[i], NULL);
    }
}

void worker_free(struct worker *worker)
{
    if (!worker)
        return;
    worker->phase = PHASE_OVER;
    worker->options.events = (struct worker_events){0};
    if (worker->run)
        run_abandon(worker->run);
    run_free_parked(worker);
    pg_conn_close(worker->control); /* batches that are looked up hear of it */
    for (size_t i = 0; i < worker->lane_count; i++)
        lane_free(worker->lanes[i]);
    free(worker->lanes);
    pg_conn_free(worker->control);
    sequencer_free(worker->sequencer);
    schedule_free(worker->schedule);
    loader_free(worker->policies);
    reload_free(worker->reload);
    stop_free(worker);
    figures_free(worker);
    free(worker->trouble);
    free(worker->leadership.held_by);
    epochs_free(worker->epochs);
    if (worker->leadership.timer)
        event_free(worker->leadership.timer);
    for (size_t i = 0; i < ARRAY_LENGTH(worker->signal_events); i++)
        if (worker->signal_events[i])
            event_free(worker->signal_events[i]);
    if (worker->hangup_event)
        event_free(worker->hangup_event);
    event_base_free(worker->base);
    error_clear(&worker->error);
    free(worker->policies_told);
    free(worker);
}
