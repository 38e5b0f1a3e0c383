/* When which category runs.
 *
 *   round: REQUESTS -> for each category: WINDOW -> its stages, one run each -> FIGURES -> sleep
 *
 * A worker that runs once makes one round over all categories (or those named). A daemon's first
 * round takes all; then it sleeps until the first category's next record falls due, a NOTIFY comes,
 * or wake_most is over, and the next round takes those whose time has come. It does not poll: what
 * falls due next was found by the run's own plan.
 *
 * Rows that fall due every second must not mean a run every second: a category rests for ten times
 * as long as its last run took, and at least REST_MS. Every wake_most, all are measured anew,
 * however busy the time was: the application may have changed what a plan said of the future. And
 * when a day (UTC) begins: its figures, which the log has, are those of a count of that day.
 *
 * A backlog of one category does not keep the others waiting. Where any is due, or asked for, a run
 * of a daemon ends when its turn is over (TURN_OVER, with the limit of worker.turn), and the round
 * goes on; the next round begins at once, and takes it again with all whose time has come by then.
 * A turn is long against the counting that each run begins with. What a person asked for is not
 * done before its last turn: the request stays open.
 *
 * Categories that others wait for go first. */
#include "engine/schedule.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/sql_files.h"
#include "base/text.h"
#include "engine/binary.h"
#include "engine/figures.h"
#include "engine/intake.h"
#include "engine/lane.h"
#include "engine/loader.h"
#include "engine/reload.h"
#include "engine/requests.h"
#include "engine/run.h"
#include "engine/sequencer.h"
#include "engine/state.h"
#include "pg/sqlstate.h"

enum {
    REST_MS = 60000,
    FAILED_REST_MS = 300000,
    UNSIGNED_REST_MS = 15000,
    REST_FACTOR = 10,
    TURN_FACTOR = 10,
    TURN_LOOK_MS = 1000,
    INTAKE_EVERY_US = 600000000,
    MOST_LOADS = 5
};

static const int64_t DAY_US = INT64_C(86400) * 1000000;

struct schedule {
    struct worker *worker;
    struct event *timer;        /* the end of the sleep */
    struct event *window_timer; /* the end of the running category's window */
    struct event *turn_timer;   /* the end of the run's turn, if others are due */
    bool woken;                 /* something changed: another round, over all */
    bool requested;             /* take_requests again */
    bool all;                   /* the round takes every category */
    bool all_next;              /* the next one does, if nothing happens before */
    int64_t all_at_us;          /* monotonic: the next one from then on does, whatever happens */
    int64_t intake_at_us;       /* monotonic: then the next round ends with asking for it */
    int loads;                  /* since the last round */
    bool in_round;
    int64_t began_day; /* when the round began; what it counts before midnight is yesterday's */
    size_t next;       /* position in order */
    size_t *order;
    size_t order_count;
    size_t turn; /* policy_stage_of_turn says which stage that is */
    struct category_state *state;
    bool window_over;     /* of the running category: no further stage begins */
    char *failed_because; /* a stage failed, and others went on: why; owned */
    char failed_sqlstate[6];
    struct requests requests;
    bool schema_changed; /* a run met RT004: check the policies anew, and once more */
    bool only_again;     /* the round takes those alone */
    int64_t wakes_us;    /* wall clock: the end of the sleep */
    char wakes_for[128]; /* the category that it ends for, or "" */
};

static void next_category(struct worker *worker);
static void on_run_done(struct worker *worker, const struct run_report *report, void *arg);
static bool others_wait(const struct worker *worker);

/* UTC */
static int64_t today(void)
{
    return clock_wall_us() / DAY_US;
}

/* --- timers --- */

static void on_wake(evutil_socket_t fd, short what, void *arg)
{
    struct worker *worker = arg;
    (void)fd;
    (void)what;
    if (worker->phase != PHASE_SLEEPING)
        return;
    worker->schedule->all = worker->schedule->all || worker->schedule->all_next;
    worker_enter(worker, PHASE_LOADING);
}

static void on_window_end(evutil_socket_t fd, short what, void *arg)
{
    struct worker *worker = arg;
    (void)fd;
    (void)what;
    worker->schedule->window_over = true; /* also where the run is about to end by itself */
    if (worker->run)
        run_stop(worker->run, RUN_STOPPED, "its window ended");
}

static void arm(struct event *timer, int64_t ms)
{
    const struct timeval delay = {ms / 1000, (ms % 1000) * 1000};
    evtimer_add(timer, &delay);
}

/* Looked at again and again once it is over: others may fall due. */
static void on_turn_end(evutil_socket_t fd, short what, void *arg)
{
    struct worker *worker = arg;
    const struct run *run = worker->run;
    (void)fd;
    (void)what;
    if (!run)
        return;
    int64_t turn_us = worker->limits.turn_ms * 1000, now = clock_monotonic_us();
    int64_t counting_us =
        (run->report.acts_us ? run->report.acts_us : now) - run->report.started_us;
    if (turn_us < counting_us * TURN_FACTOR)
        turn_us = counting_us * TURN_FACTOR;
    int64_t left_us = run->report.started_us + counting_us + turn_us - now;
    if (left_us <= 0 && run_may_take_turns(run) && others_wait(worker))
        run_stop(worker->run, RUN_TURN_OVER,
                 "its turn is over, and others are due; it goes on after them");
    else
        arm(worker->schedule->turn_timer, left_us > 0 ? left_us / 1000 + 1 : TURN_LOOK_MS);
}

struct schedule *schedule_new(struct worker *worker)
{
    struct schedule *schedule = xcalloc(1, sizeof(*schedule));
    schedule->worker = worker;
    schedule->timer = evtimer_new(worker->base, on_wake, worker);
    schedule->window_timer = evtimer_new(worker->base, on_window_end, worker);
    schedule->turn_timer = evtimer_new(worker->base, on_turn_end, worker);
    schedule->all = true;
    return schedule;
}

void schedule_forget(struct worker *worker)
{
    struct schedule *schedule = worker->schedule;
    evtimer_del(schedule->timer);
    evtimer_del(schedule->window_timer);
    evtimer_del(schedule->turn_timer);
    requests_forget(&schedule->requests);
    schedule->in_round = false;
    schedule->all = true;
}

void schedule_free(struct schedule *schedule)
{
    if (!schedule)
        return;
    requests_forget(&schedule->requests);
    event_free(schedule->timer);
    event_free(schedule->window_timer);
    event_free(schedule->turn_timer);
    free(schedule->order);
    free(schedule->failed_because);
    free(schedule);
}

void schedule_notified(struct worker *worker, const char *payload)
{
    static const char *const changes[] = {"release", "policy", "bind", "resume"};
    struct schedule *schedule = worker->schedule;
    bool request = strcmp(payload, "run") == 0;
    bool change = false;
    for (size_t i = 0; i < ARRAY_LENGTH(changes); i++)
        change = change || strcmp(payload, changes[i]) == 0;
    if (!request && !change)
        return;
    schedule->woken = schedule->woken || change;
    schedule->requested = schedule->requested || request;
    if (worker->phase == PHASE_SLEEPING)
        worker_enter(worker, PHASE_LOADING);
}

void schedule_look(const struct worker *worker, struct worker_view *view)
{
    const struct schedule *schedule = worker->schedule;
    view->wakes_us = schedule->wakes_us;
    view->wakes_for = schedule->wakes_for[0] ? schedule->wakes_for : NULL;
}

/* --- order --- */

static bool is_placed(const struct schedule *schedule, const struct policies *policies,
                      const char *name)
{
    for (size_t i = 0; i < schedule->order_count; i++)
        if (strcmp(policies->states[schedule->order[i]].name, name) == 0)
            return true;
    return !loader_find((struct policies *)(uintptr_t)policies, name);
}

static bool may_follow(const struct schedule *schedule, const struct policies *policies, size_t i)
{
    const struct category *category = policies->states[i].category;
    for (size_t w = 0; category && w < category->wait_for.count; w++)
        if (!is_placed(schedule, policies, category->wait_for.items[w]))
            return false;
    return true;
}

static void make_order(struct schedule *schedule, const struct policies *policies)
{
    free(schedule->order);
    schedule->order = xcalloc(policies->state_count + 1, sizeof(*schedule->order));
    schedule->order_count = 0;
    bool *placed = xcalloc(policies->state_count + 1, sizeof(*placed));
    while (schedule->order_count < policies->state_count) {
        size_t before = schedule->order_count;
        for (size_t pass = 0; pass < 2 && schedule->order_count == before; pass++)
            for (size_t i = 0; i < policies->state_count; i++) {
                if (placed[i] || (pass == 0 && !may_follow(schedule, policies, i)))
                    continue;
                placed[i] = true;
                schedule->order[schedule->order_count++] = i;
                if (pass == 1)
                    break; /* a circle of wait_for: begin anywhere */
            }
    }
    free(placed);
}

/* --- the end of a round --- */

static void on_figures(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                       const struct error *error, void *arg)
{
    struct worker *worker = arg;
    (void)conn;
    (void)result;
    if (outcome == PG_ERROR && worker->leadership.term > 0)
        log_failure(LOG_LEVEL_WARNING, error);
}

/* When a category runs next; INT64_MAX: when something is notified. */
static int64_t wake_at(const struct category_state *state)
{
    bool may_run = state->category && state->category->mode != MODE_DECLARED &&
                   state->standing != RUN_INVALID && state->standing != RUN_RED;
    if (!may_run)
        return INT64_MAX;
    int64_t at = state->try_again ? state->rest_until_us : state->next_due_us;
    if (at < state->rest_until_us)
        at = state->rest_until_us;
    return at < state->pause_over_us ? at : state->pause_over_us;
}

enum {
    NEXT_CATEGORY,
    NEXT_DUE,
    NEXT_DAY_ENDS,
    NEXT_PAUSE_ENDED,
    NEXT_PAUSE_ENDS,
    NEXT_WINDOW_ENDS,
    NEXT_WINDOW_BEGINS
};

/* Milliseconds from now; INT64_MAX: NULL. */
static int64_t moment_us(const PGresult *result, int row, int column, int64_t now_us)
{
    if (PQgetisnull(result, row, column))
        return INT64_MAX;
    return now_us + strtoll(PQgetvalue(result, row, column), NULL, 10) * 1000;
}

/* Nobody is notified when a pause is over. One that ended since the category was looked at last may
 * have kept it then. */
static void note_pause(struct category_state *state, const PGresult *result, int row, int64_t now)
{
    int64_t ended_us = moment_us(result, row, NEXT_PAUSE_ENDED, now);
    state->pause_over_us = ended_us != INT64_MAX && ended_us > state->looked_us
                               ? ended_us
                               : moment_us(result, row, NEXT_PAUSE_ENDS, now);
}

/* A rest is not to cost a window: it is over when the next one begins; and what is to be tried
 * again is so in this one, if the shortest rest leaves time for it. */
static void cut_rest(struct category_state *state, const PGresult *result, int row, int64_t now)
{
    int64_t ends_us = moment_us(result, row, NEXT_WINDOW_ENDS, now);
    int64_t begins_us = moment_us(result, row, NEXT_WINDOW_BEGINS, now);
    if (state->try_again && ends_us != INT64_MAX && state->rest_until_us >= ends_us &&
        state->least_rest_until_us < ends_us)
        state->rest_until_us = state->least_rest_until_us;
    if (state->rest_until_us > begins_us)
        state->rest_until_us = begins_us;
}

/* By the server's clock: figures of the day before its midnight would be yesterday's. */
static void note_day_end(struct schedule *schedule, const PGresult *result)
{
    if (PQntuples(result) == 0)
        return;
    int64_t at_us = moment_us(result, 0, NEXT_DAY_ENDS, clock_monotonic_us());
    if (at_us < schedule->all_at_us)
        schedule->all_at_us = at_us;
}

/* When something happens to each category, as the database has it now. */
static void on_next_due(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                        const struct error *error, void *arg)
{
    struct worker *worker = arg;
    struct schedule *schedule = worker->schedule;
    (void)conn;
    if (outcome == PG_LOST || worker->phase != PHASE_RUNNING)
        return;
    if (outcome != PG_OK) {
        log_failure(LOG_LEVEL_WARNING, error);
    }
    int64_t now = clock_wall_us();
    for (size_t i = 0; i < worker->policies->state_count; i++)
        worker->policies->states[i].next_due_us = worker->policies->states[i].pause_over_us =
            INT64_MAX;
    for (int row = 0; outcome == PG_OK && row < PQntuples(result); row++) {
        struct category_state *state =
            loader_find(worker->policies, PQgetvalue(result, row, NEXT_CATEGORY));
        if (!state)
            continue;
        state->next_due_us = moment_us(result, row, NEXT_DUE, now);
        note_pause(state, result, row, now);
        cut_rest(state, result, row, now);
    }
    if (outcome == PG_OK)
        note_day_end(schedule, result);
    schedule->in_round = false;
    bool once_more = schedule->schema_changed && !worker->stopping;
    if ((worker->options.mode != WORKER_DAEMON && !once_more) || worker->stopping) {
        worker_enter(worker, PHASE_CLOSING);
        return;
    }
    schedule->only_again = once_more && worker->options.mode == WORKER_ONCE;
    worker_enter(worker, PHASE_SLEEPING);
    if (schedule->woken || schedule->requested || schedule->schema_changed) {
        worker_enter(worker, PHASE_LOADING);
        return;
    }
    int64_t wait_ms = (schedule->all_at_us - clock_monotonic_us()) / 1000 + 1;
    if (wait_ms < 0)
        wait_ms = 0;
    schedule->all_next = true;
    schedule->wakes_for[0] = '\0';
    for (size_t i = 0; i < worker->policies->state_count; i++) {
        int64_t at = wake_at(&worker->policies->states[i]);
        if (at == INT64_MAX || (at - now) / 1000 >= wait_ms)
            continue;
        wait_ms = at > now ? (at - now) / 1000 + 1 : 0;
        schedule->all_next = false;
        snprintf(schedule->wakes_for, sizeof(schedule->wakes_for), "%s",
                 worker->policies->states[i].name);
    }
    schedule->wakes_us = now + wait_ms * 1000;
    worker_changed(worker);
    log_debug("sleeping for %lld ms", (long long)wait_ms);
    arm(schedule->timer, wait_ms);
}

static void ask_next_due(struct worker *worker)
{
    enum { NAMES, TENANTS, ZONES, FROM, TO, ARRAYS };
    const struct policies *policies = worker->policies;
    struct text arrays[ARRAYS] = {{0}};
    const char *values[ARRAYS];
    for (int a = 0; a < ARRAYS; a++)
        text_add_char(&arrays[a], '{');
    for (size_t i = 0; i < policies->state_count; i++) {
        const struct category_state *state = &policies->states[i];
        const struct window *window = state->category ? schedule_window(worker, state) : NULL;
        for (int a = 0; i > 0 && a < ARRAYS; a++)
            text_add_char(&arrays[a], ',');
        array_literal_add(&arrays[NAMES], state->name, strlen(state->name));
        text_add_char(&arrays[TENANTS], state->category && state->category->has_tenant ? 't' : 'f');
        if (state->valid && window &&
            window->given) { /* so its zone is one that the server knows */
            const char *zone = state->category->timezone;
            array_literal_add(&arrays[ZONES], zone, strlen(zone));
            text_printf(&arrays[FROM], "%d", window->from_minute);
            text_printf(&arrays[TO], "%d", window->to_minute);
        } else {
            for (int a = ZONES; a < ARRAYS; a++)
                text_add(&arrays[a], "NULL");
        }
    }
    for (int a = 0; a < ARRAYS; a++) {
        text_add_char(&arrays[a], '}');
        values[a] = arrays[a].data;
    }
    pg_conn_query(worker->control, sql_file("engine/next_due.sql"), ARRAYS, values, false,
                  on_next_due, worker);
    pg_conn_sync(worker->control);
    for (int a = 0; a < ARRAYS; a++)
        text_free(&arrays[a]);
}

static void end_round(struct worker *worker)
{
    struct schedule *schedule = worker->schedule;
    evtimer_del(schedule->window_timer);
    evtimer_del(schedule->turn_timer);
    for (size_t i = 0; i < worker->lane_count; i++)
        lane_close(worker->lanes[i]);
    requests_finish(&schedule->requests, worker);
    char term[24];
    snprintf(term, sizeof(term), "%lld", (long long)worker->leadership.term);
    const char *values[] = {term};
    pg_conn_query(worker->control, sql_file("engine/daily.sql"), 1, values, false, on_figures,
                  worker);
    pg_conn_sync(worker->control);
    if (worker->options.mode == WORKER_DAEMON && clock_monotonic_us() >= schedule->intake_at_us) {
        schedule->intake_at_us = clock_monotonic_us() + INTAKE_EVERY_US;
        intake_ask(worker);
    }
    ask_next_due(worker);
}

/* --- one category --- */

static void rest_for(struct category_state *state, int64_t ms)
{
    state->rest_until_us = clock_wall_us() + ms * 1000;
}

/* A stage is over. What any stage of the round left is tried again, and the longest rest counts. */
static void note_next(struct worker *worker, struct category_state *state,
                      const struct run_report *report)
{
    bool first = worker->schedule->turn + 1 == state->category->stage_count;
    int64_t before_us = first ? 0 : state->rest_until_us;
    int64_t least = report->status == RUN_FAILED ? FAILED_REST_MS : REST_MS;
    int64_t rest = report->elapsed_us / 1000 * REST_FACTOR;
    if (rest < least)
        rest = least;
    if (rest > worker->limits.wake_most_ms)
        rest = worker->limits.wake_most_ms;
    state->turn_over = state->turn_over || report->status == RUN_TURN_OVER;
    state->try_again = (state->try_again && !first) || state->turn_over ||
                       report->status == RUN_FAILED || report->status == RUN_STOPPED ||
                       (report->status == RUN_DONE && report->remaining > report->blocked);
    rest_for(state, rest);
    int64_t least_us = clock_wall_us() + least * 1000;
    if (first || state->least_rest_until_us < least_us)
        state->least_rest_until_us = least_us;
    if (state->rest_until_us < before_us)
        state->rest_until_us = before_us;
    if (state->turn_over)
        rest_for(state, 0);
    state->next_due_us = state->found.next_due_us; /* until the round ends and all are asked for */
}

/* Each stage has a turn of its own. A run would wait without an end for connections that were lost
 * before it: they are opened. */
static void start_stage(struct worker *worker, struct category_state *state)
{
    struct schedule *schedule = worker->schedule;
    for (size_t i = 0; i < worker->lane_count; i++)
        lane_open(worker->lanes[i]);
    if (worker->options.mode == WORKER_DAEMON)
        arm(schedule->turn_timer, worker->limits.turn_ms);
    run_start(worker, state, policy_stage_of_turn(state->category, schedule->turn), on_run_done,
              NULL);
}

/* For retentionctl status. */
static void tell_failure(struct worker *worker, const struct category_state *state,
                         const char *sqlstate, const char *message)
{
    char term[24];
    snprintf(term, sizeof(term), "%lld", (long long)worker->leadership.term);
    const char *values[] = {term, state->name, sqlstate, message};
    pg_conn_query(worker->control, sql_file("engine/record_failure.sql"), ARRAY_LENGTH(values),
                  values, false, on_figures, worker);
    pg_conn_sync(worker->control);
}

static void forget_failed_stage(struct schedule *schedule)
{
    free(schedule->failed_because);
    schedule->failed_because = NULL;
}

/* What one stage may not do to records that refuse says nothing of another's, unless that one may
 * act on those only which this one has counted. */
static bool may_go_on_after(struct worker *worker, const struct category_state *state,
                            const struct run_report *report)
{
    struct error why _cleanup_error_ = {0};
    const struct category *category = state->category;
    size_t stage = policy_stage_of_turn(category, worker->schedule->turn);
    return report->status == RUN_FAILED && report->refused && worker->schedule->turn > 0 &&
           policy_counting_stage(category) != &category->stages[stage] &&
           sequencer_may_run(worker, &why);
}

static void note_failed_stage(struct schedule *schedule, const struct run_report *report)
{
    schedule->state->stage_failed = true;
    if (schedule->failed_because)
        return;
    schedule->failed_because = xstrdup(report->message ? report->message : "unknown");
    snprintf(schedule->failed_sqlstate, sizeof(schedule->failed_sqlstate), "%s",
             report->sqlstate ? report->sqlstate : "");
}

/* The run that is told of last is one of a stage that came after it. */
static void tell_failed_stage(struct worker *worker)
{
    struct schedule *schedule = worker->schedule;
    if (!schedule->failed_because)
        return;
    tell_failure(worker, schedule->state, schedule->failed_sqlstate, schedule->failed_because);
    figures_note_failed(worker, schedule->state->name);
    worker_changed(worker);
    forget_failed_stage(schedule);
}

static void on_run_done(struct worker *worker, const struct run_report *report, void *arg)
{
    struct schedule *schedule = worker->schedule;
    struct category_state *state = schedule->state;
    (void)arg;
    evtimer_del(schedule->turn_timer);
    if (report->run && state->requested)
        requests_note_run(&schedule->requests, state->name, report->run);
    note_next(worker, state, report);
    worker_report(worker, report);
    if (report->status == RUN_LOST)
        return; /* worker_lost goes on */
    sequencer_kick(worker);
    if (worker->stopping) {
        tell_failed_stage(worker);
        end_round(worker);
        return;
    }
    if (text_equal(report->sqlstate, SQLSTATE_FINGERPRINT) && !state->again) {
        state->again = true;
        schedule->schema_changed = true;
    } else {
        state->again = false;
    }
    bool ended_well = report->status == RUN_DONE || report->status == RUN_OBSERVED ||
                      report->status == RUN_SUSPENDED || report->status == RUN_TURN_OVER ||
                      report->status == state->standing;
    bool goes_on = may_go_on_after(worker, state, report);
    bool more = (ended_well || goes_on) && !reload_is_pending(worker) && schedule->turn > 0;
    if (more && !schedule->window_over) {
        schedule->turn--;
        if (goes_on)
            note_failed_stage(schedule, report);
        start_stage(worker, state);
        return;
    }
    if (more) { /* in its next window */
        state->try_again = true;
        rest_for(state, 0);
    }
    tell_failed_stage(worker);
    evtimer_del(schedule->window_timer);
    next_category(worker);
}

static void report_skipped(struct worker *worker, struct category_state *state,
                           enum run_status status, const char *message)
{
    struct run_report report = {
        .category = state->name,
        .relation = state->relation,
        .status = status,
        .message = message,
        .table_rows = -1, /* nobody looked */
        .due = -1,
        .held = -1,
        .kept = -1,
        .waiting = -1,
        .to_act = -1,
        .remaining = -1,
    };
    worker_report(worker, &report);
}

static void start_stages(struct worker *worker, struct category_state *state)
{
    struct schedule *schedule = worker->schedule;
    schedule->turn = state->category->stage_count - 1;
    schedule->state = state;
    state->stage_failed = false;
    schedule->window_over = false;
    forget_failed_stage(schedule);
    sequencer_expect(worker);
    start_stage(worker, state);
}

/* (inside, seconds until the window ends, or until it begins) */
static void on_window(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                      const struct error *error, void *arg)
{
    struct worker *worker = arg;
    struct schedule *schedule = worker->schedule;
    struct category_state *state = schedule->state;
    (void)conn;
    if (outcome == PG_LOST || worker->phase != PHASE_RUNNING || !schedule->in_round)
        return;
    if (worker->stopping || reload_is_pending(worker)) { /* there was no run to stop */
        next_category(worker);
        return;
    }
    if (outcome != PG_OK) {
        log_failure(LOG_LEVEL_ERROR, error);
        tell_failure(worker, state, error->sqlstate, "its window could not be read");
        report_skipped(worker, state, RUN_FAILED, "its window could not be read");
        rest_for(state, FAILED_REST_MS);
        state->try_again = true;
        next_category(worker);
        return;
    }
    int64_t seconds = strtoll(PQgetvalue(result, 0, 1), NULL, 10);
    if (PQgetvalue(result, 0, 0)[0] != 't') {
        rest_for(state, (seconds + 1) * 1000);
        state->try_again = true;
        report_skipped(worker, state, RUN_OUTSIDE_WINDOW, NULL);
        next_category(worker);
        return;
    }
    arm(schedule->window_timer, FAULT_POINT("window_is_short") ? 1000 : seconds * 1000);
    start_stages(worker, state);
}

const struct window *schedule_window(const struct worker *worker,
                                     const struct category_state *state)
{
    return state->category->window.given ? &state->category->window : &worker->limits.window;
}

static void ask_window(struct worker *worker, struct category_state *state)
{
    const struct window *window = schedule_window(worker, state);
    const struct category *category = state->category;
    char from[16], to[16];
    worker->schedule->state = state;
    snprintf(from, sizeof(from), "%d", window->from_minute);
    snprintf(to, sizeof(to), "%d", window->to_minute);
    const char *values[] = {category->timezone, from, to};
    pg_conn_query(worker->control, sql_file("engine/window.sql"), 3, values, false, on_window,
                  worker);
    pg_conn_sync(worker->control);
}

static bool is_named(const struct worker *worker, const struct category_state *state)
{
    if (worker->options.category_count == 0)
        return true;
    for (size_t i = 0; i < worker->options.category_count; i++)
        if (strcmp(worker->options.categories[i], state->name) == 0)
            return true;
    return false;
}

static bool is_wanted(const struct worker *worker, const struct category_state *state)
{
    if (state->category && state->category->mode == MODE_DECLARED)
        return false;
    if (worker->options.mode == WORKER_ONCE)
        return is_named(worker, state) && (!worker->schedule->only_again || state->again);
    return worker->schedule->all || state->requested || state->again ||
           wake_at(state) <= clock_wall_us();
}

/* Is any but the one that runs due, now or later in this round, or has anything been asked for? */
static bool others_wait(const struct worker *worker)
{
    const struct schedule *schedule = worker->schedule;
    if (schedule->woken || schedule->requested || clock_monotonic_us() >= schedule->all_at_us)
        return true;
    for (size_t i = 0; i < schedule->order_count; i++) {
        const struct category_state *state = &worker->policies->states[schedule->order[i]];
        int64_t at = wake_at(state);
        bool to_come = i >= schedule->next && is_wanted(worker, state);
        if (state != schedule->state && at != INT64_MAX && (to_come || at <= clock_wall_us()))
            return true;
    }
    return false;
}

static void next_category(struct worker *worker)
{
    struct schedule *schedule = worker->schedule;
    while (schedule->next < schedule->order_count && !worker->stopping &&
           !reload_is_pending(worker)) {
        struct category_state *state = &worker->policies->states[schedule->order[schedule->next++]];
        if (!is_wanted(worker, state))
            continue;
        state->looked_us = clock_wall_us();
        if (state->pause_over_us <= state->looked_us)
            state->pause_over_us = INT64_MAX;
        state->turn_over = false;
        if (state->standing == RUN_INVALID || state->standing == RUN_RED) {
            report_skipped(worker, state, state->standing,
                           state->standing == RUN_RED ? "its policy file is gone"
                           : state->category
                               ? "its policy is not valid"
                               : "it is in no file that could be read, and one was refused");
            continue;
        }
        struct error why _cleanup_error_ = {0};
        if (!sequencer_may_run(worker, &why)) {
            rest_for(state, UNSIGNED_REST_MS);
            report_skipped(worker, state, RUN_STOPPED, why.primary);
            continue;
        }
        bool windowed = schedule_window(worker, state)->given && !worker->options.ignore_windows &&
                        !state->requested && state->standing == RUN_RUNNING;
        if (windowed)
            ask_window(worker, state);
        else
            start_stages(worker, state);
        return;
    }
    if (schedule->all) {
        int64_t wait_us = today() == schedule->began_day ? worker->limits.wake_most_ms * 1000 : 0;
        schedule->all_at_us = clock_monotonic_us() + wait_us;
        schedule->intake_at_us = 0;
    }
    schedule->all = false;
    end_round(worker);
}

/* --- the beginning of a round --- */

static void on_requests(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                        const struct error *error, void *arg)
{
    struct worker *worker = arg;
    struct schedule *schedule = worker->schedule;
    (void)conn;
    if (outcome == PG_LOST || worker->phase != PHASE_RUNNING)
        return;
    if (outcome != PG_OK)
        log_failure(LOG_LEVEL_WARNING, error);
    requests_take(&schedule->requests, outcome == PG_OK ? result : NULL, worker->policies);
    next_category(worker);
}

void schedule_begin_load(struct worker *worker)
{
    struct schedule *schedule = worker->schedule;
    schedule->all = schedule->all || schedule->woken || clock_monotonic_us() >= schedule->all_at_us;
    schedule->woken = schedule->requested = schedule->schema_changed = false;
    schedule->loads++;
}

bool schedule_must_load_again(struct worker *worker)
{
    const struct schedule *schedule = worker->schedule;
    return worker->options.mode == WORKER_DAEMON && !worker->stopping &&
           (schedule->woken || schedule->requested) && schedule->loads < MOST_LOADS;
}

void schedule_begin_round(struct worker *worker)
{
    struct schedule *schedule = worker->schedule;
    evtimer_del(schedule->timer);
    schedule->in_round = true;
    schedule->began_day = today();
    schedule->loads = 0;
    schedule->next = 0;
    make_order(schedule, worker->policies);
    if (worker->options.mode == WORKER_ONCE) {
        next_category(worker);
        return;
    }
    char term[24];
    snprintf(term, sizeof(term), "%lld", (long long)worker->leadership.term);
    const char *values[] = {term};
    pg_conn_query(worker->control, sql_file("engine/take_requests.sql"), 1, values, false,
                  on_requests, worker);
    pg_conn_sync(worker->control);
}
