/* A run: one enforcement of one stage of one category.
 *
 *   TIME -> SHAPES -> PLAN -> UNCLAIMED -> TENANTS -> START -> LIST -> SWEEP -> COUNT -> FINISH
 *                                                               ^               |  \       ^   |
 *                                         something is left     +--- PAUSE <----+   CLOSE -+   OVER
 *                                                                               +-- DROP --+
 *
 * The run's time is one instant of the server, taken first; all that follows is judged by it. The
 * numbers of the plan are read before anything is written; then the `plan` entry, and only behind
 * it batches. A pass sweeps every leaf; what remains is then counted by a statement of its own, and
 * passes are repeated until that finds nothing, or nothing but records that were set aside. When a
 * pass acted on nothing although something remains, the next one is careful (record by record), so
 * that what refuses or swallows deletions is named; then what others have locked is waited for a
 * few times, ever longer, and left for the next run.
 *
 * One function, pump, looks at the step and at the lanes that are free, and gives them work. It is
 * called whenever either changes. Nothing is handed out once the run is `stopping`; it ends when
 * all that is out has come back. */
#include "engine/run.h"

#include <assert.h>
#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/sql_files.h"
#include "base/text.h"
#include "engine/epochs.h"
#include "engine/lane.h"
#include "engine/loader.h"
#include "engine/pressure.h"
#include "engine/run_internal.h"
#include "engine/state.h"
#include "engine/strategy.h"
#include "pg/sqlstate.h"

enum {
    MOST_QUIET_PASSES = 4,
    MOST_IDLE_PASSES = 3,
    QUIET_MS = 250,
    TELL_EVERY_US = 1000000,
    SHORTEST_REST_US = 500,
};

static void begin_pass(struct run *run);
static void sweep_is_over(struct run *run);

/* --- beginning and end --- */

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct run *run = arg;
    if (run->step == RUN_STEP_OVER)
        run_free_parked(run->worker);
    else if (run->step == RUN_STEP_PAUSE)
        begin_pass(run);
    else
        run_pump(run);
}

void run_after(struct run *run, int64_t delay_us)
{
    const struct timeval delay = {delay_us / 1000000, delay_us % 1000000};
    evtimer_add(run->timer, &delay);
}

static void make_id(struct run *run)
{
    uint8_t bytes[16];
    random_bytes(bytes, sizeof(bytes));
    bytes[6] = (uint8_t)((bytes[6] & 0x0f) | 0x40); /* a random uuid, version 4 */
    bytes[8] = (uint8_t)((bytes[8] & 0x3f) | 0x80);
    hex_encode(run->id, bytes, sizeof(bytes));
}

bool run_plans_once(const struct run *run)
{
    return !run->sql->stage->aggregate && run->category->accept_trigger_count == 0;
}

/* The slower of two rates counts, and the gentler of two presets. */
static void start_pace(struct run *run, int64_t now_us)
{
    const struct limits *limits = &run->worker->limits;
    int64_t rate = limits->rows_per_second, own = run->category->pace_rows_per_second;
    const struct pace_limits pace = {
        .preset = pace_gentler(limits->pace_preset, run->category->pace_preset),
        .rows_per_second = own > 0 && (rate == 0 || own < rate) ? own : rate,
        .batch_rows = limits->batch_rows,
        .uncut = run->sql->stage->aggregate != NULL,
        .planned = !run_plans_once(run),
        .standby_lag_mb = limits->standby_lag_mb,
        .wal_mb_per_second = limits->wal_mb_per_second,
        .standbys = limits->standbys,
        .dead_percent = limits->dead_percent,
        .dead_rows = limits->dead_rows,
    };
    pace_init(&run->pace, &pace, now_us);
    sweep_init(&run->sweep, pace_batch_rows(&run->pace), !policy_stage_removes(run->sql->stage));
}

void run_start(struct worker *worker, struct category_state *state, size_t stage, run_done_fn *done,
               void *arg)
{
    assert(!worker->run);
    struct run *run = xcalloc(1, sizeof(*run));
    worker->run = run;
    *run = (struct run){
        .worker = worker,
        .state = state,
        .category = state->category,
        .stage = stage,
        .sql = state->stages[stage],
        .done = done,
        .arg = arg,
        .acts = state->standing == RUN_RUNNING,
        .stop_status = RUN_RUNNING,
        .family_hint = 1000,
        .remained = -1,
    };
    make_id(run);
    int64_t now = clock_monotonic_us();
    run->report = (struct run_report){
        .category = state->name,
        .stage = state->category->stages[stage].name,
        .relation = state->relation,
        .action = policy_action_name(state->category->stages[stage].action),
        .status = RUN_RUNNING,
        .remaining = -1,
        .started_us = now,
    };
    run->timer = evtimer_new(worker->base, on_timer, run);
    start_pace(run, now);
    run->step = RUN_STEP_TIME;
    run_pump(run);
}

static void free_digesters(struct run *run)
{
    for (size_t i = 0; run->digesters && i < run->sql->relation_count; i++)
        digester_free(run->digesters[i]);
    free(run->digesters);
    run->digesters = NULL;
}

static void run_free(struct run *run)
{
    free_digesters(run);
    run_drops_free(run->drops);
    arena_free(run->counts_arena);
    for (size_t i = 0; i < PLAN_COLUMNS; i++)
        free(run->plan[i]);
    sweep_free(&run->sweep);
    brake_free(&run->brake);
    seq_free(&run->seq);
    digest_set_free(&run->blocked);
    pressure_end(run);
    event_free(run->timer);
    if (run->read_timer)
        event_free(run->read_timer);
    free(run);
}

void run_free_parked(struct worker *worker)
{
    for (struct run *run; (run = worker->parked_runs);) {
        worker->parked_runs = run->parked;
        run_free(run);
    }
}

/* The run leaves the worker, which then hears of it. Whoever called may still hold the run: it is
 * parked, and freed from the loop. */
void run_over(struct run *run, enum run_status status)
{
    struct worker *worker = run->worker;
    assert(worker->run == run && run->out == 0);
    run->step = RUN_STEP_OVER;
    worker->run = NULL;
    (void)pace_wait_us(&run->pace, clock_monotonic_us()); /* the last wait is over, too */
    for (int i = 0; i < PACE_CAUSES; i++)
        worker->waited_us[i] += run->pace.waited_us[i];
    run->report.status = status;
    run->report.sqlstate = run->stop_sqlstate;
    run->report.message = run->message[0] ? run->message : NULL;
    run->report.elapsed_us = clock_monotonic_us() - run->report.started_us;
    run->parked = worker->parked_runs;
    worker->parked_runs = run;
    event_active(run->timer, EV_TIMEOUT, 0);
    run->done(worker, &run->report, run->arg);
    free_digesters(run); /* their number is the statements', which may go with the next load */
}

void run_stop(struct run *run, enum run_status status, const char *message)
{
    if (run->stopping || run->step >= RUN_STEP_FINISH)
        return; /* the first reason counts */
    run->stopping = true;
    run->stop_status = status;
    if (message)
        snprintf(run->message, sizeof(run->message), "%s", message);
    evtimer_del(run->timer);
    for (size_t i = 0; i < run->worker->lane_count; i++)
        lane_hurry(run->worker->lanes[i]); /* they rest behind a batch, and none comes any more */
    run_pump(run);
}

bool run_may_take_turns(const struct run *run)
{
    return (run->step == RUN_STEP_SWEEP || run->step == RUN_STEP_PAUSE) &&
           run->sql->stage->quasi.count == 0;
}

void run_stop_error(struct run *run, const struct error *error)
{
    static const struct {
        const char *sqlstate;
        enum run_status status;
    } reasons[] = {
        {SQLSTATE_PAUSED, RUN_PAUSED},
        {SQLSTATE_NOT_APPROVED, RUN_STOPPED},
        {SQLSTATE_BRAKE, RUN_BRAKE},
    };
    enum run_status status = RUN_FAILED;
    for (size_t i = 0; i < ARRAY_LENGTH(reasons); i++)
        if (strcmp(error->sqlstate, reasons[i].sqlstate) == 0)
            status = reasons[i].status;
    if (run->stopping)
        return;
    memcpy(run->stop_sqlstate, error->sqlstate, sizeof(run->stop_sqlstate));
    struct text message _cleanup_text_ = {0};
    text_add(&message, error->primary ? error->primary : "unknown error");
    if (error->sqlstate[0])
        text_printf(&message, " (SQLSTATE %s)", error->sqlstate);
    if (status == RUN_FAILED)
        log_failure(LOG_LEVEL_ERROR, error);
    run_stop(run, status, message.data);
}

void run_abandon(struct run *run)
{
    struct worker *worker = run->worker;
    run->stopping = true;
    for (size_t i = 0; i < worker->lane_count; i++) {
        batch_abandon(worker->lanes[i]->batch);
        if (worker->lanes[i]->use)
            worker->lanes[i]->use->abandoned = true;
    }
    run->out = 0;
    if (!run->message[0])
        snprintf(run->message, sizeof(run->message), "the connection or the leadership was lost");
    run_over(run, RUN_LOST);
}

/* --- passes --- */

static void on_leaves(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                      const struct error *error, void *arg)
{
    (void)conn;
    struct run *run = run_read_over(arg, outcome, error);
    if (!run)
        return;
    int64_t due = run->report.pass > 1 ? run->report.remaining : run->report.to_act;
    /* What is counted has no turns: more batches would add to each cell. */
    bool turns = !run->careful && !run->sql->stage->aggregate;
    sweep_expect(&run->sweep, turns ? due : 0, run->report.table_rows);
    if (!sweep_begin(&run->sweep, result, run->report.table_rows)) {
        run_stop(run, RUN_FAILED, "unexpected answer of the server: leaves");
        return;
    }
    run->step = RUN_STEP_SWEEP;
    if (pace_wants_looks(&run->pace))
        pressure_begin(run);
    run_pump(run);
}

static void begin_pass(struct run *run)
{
    if (run->report.pass++ == 0)
        run->report.acts_us = clock_monotonic_us();
    run->pass_rows = run->pass_met = 0;
    run->report.locked = 0;
    run->busy[0] = '\0';
    run->step = RUN_STEP_LIST;
    (void)FAULT_POINT("run_before_pass");
    run_pump(run);
}

/* Passes of a stage that changes records act on some, again and again, and as many remain: a
 * trigger that fires behind the change restores what was. */
static bool comes_back(struct run *run)
{
    bool as_many = run->remained >= 0 && run->report.remaining > 0 && run->pass_rows > 0 &&
                   run->report.remaining >= run->remained;
    run->remained = run->report.remaining;
    run->idle_passes = as_many ? run->idle_passes + 1 : 0;
    return run->idle_passes >= MOST_IDLE_PASSES &&
           !policy_stage_removes(&run->category->stages[run->stage]);
}

static void on_remaining(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                         const struct error *error, void *arg)
{
    (void)conn;
    struct run *run = run_read_over(arg, outcome, error);
    if (!run)
        return;
    if (run_counted_blindly(run, result, 1)) {
        run_pump(run);
        return;
    }
    /* A record that was set aside may have gone, or been held, meanwhile: only those that the pass
     * met are among what remains. */
    int64_t aside = (int64_t)run->blocked.count;
    if (aside > run->pass_met)
        aside = run->pass_met;
    run->report.remaining = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
    run->report.locked = run->report.remaining > aside ? run->report.remaining - aside : 0;
    bool nothing_more = run->report.remaining <= aside;
    if (comes_back(run)) {
        snprintf(run->message, sizeof(run->message),
                 "%lld records are due again behind each pass: something puts back what the stage "
                 "changes; look at the triggers of the table",
                 (long long)run->report.locked);
        run_finish(run, RUN_FAILED);
    } else if (run->pass_rows > 0 && run->report.remaining > 0 && !nothing_more) {
        run->quiet_passes = 0;
        begin_pass(run);
    } else if (!nothing_more && run->busy[0] && !run->denied) {
        run_busy_stop(run, run->busy);
    } else if (nothing_more || run->denied || run->quiet_passes >= MOST_QUIET_PASSES) {
        if (!nothing_more && !run->denied)
            snprintf(
                run->message, sizeof(run->message),
                "%lld records are locked by others or kept by triggers; left for the next run; "
                "pg_stat_activity shows open transactions",
                (long long)run->report.locked);
        if (run->denied)
            run_finish(run, RUN_FAILED);
        else
            run_complete(run);
    } else {
        run->careful = true;
        int64_t delay_ms = (int64_t)QUIET_MS << run->quiet_passes++;
        run->step = RUN_STEP_PAUSE;
        run_after(run, delay_ms * 1000);
    }
}

static void sweep_is_over(struct run *run)
{
    assert(run->out == 0);
    if (run->stopping) {
        run_finish(run, run->stop_status);
        return;
    }
    run->step = RUN_STEP_COUNT;
    run_pump(run);
}

static void check_is_locked(struct run *run, struct leaf *leaf)
{
    sweep_check_failed(leaf);
    if (!run_has_patience(run, &leaf->busy_us))
        run_busy_leaf(run, leaf);
}

static void on_checked(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                       const struct error *error, void *arg)
{
    struct leaf *leaf;
    struct run *run = run_use_end(arg, &leaf);
    (void)conn;
    if (!run)
        return;
    if (outcome == PG_OK) {
        sweep_checked(&run->sweep, leaf, result);
    } else if (outcome == PG_LOST) {
        sweep_check_failed(leaf);
    } else if (run_is_locked(error)) {
        check_is_locked(run, leaf);
    } else if (!run->stopping && run_gave_read_up(run, error)) {
        sweep_check_failed(leaf);
        run_read_given_up(run);
        return;
    } else {
        run_stop_error(run, error);
    }
    run_pump(run);
}

static void check_leaf(struct run *run, struct lane *lane, struct leaf *leaf)
{
    char oid[16];
    snprintf(oid, sizeof(oid), "%u", leaf->oid);
    const char *values[] = {oid};
    const bool canceled = FAULT_POINT("run_check_canceled"); /* as if others had waited for it */
    run_read(run, lane,
             canceled ? "SELECT pg_catalog.pg_cancel_backend(pg_catalog.pg_backend_pid()) "
                        "WHERE $1::pg_catalog.oid IS NOT NULL"
                      : sweep_check_sql(),
             1, values, false, on_checked);
    run->read_canceled |= canceled;
    lane->use->leaf = leaf;
}

static void build_leaf(struct run *run, struct leaf *leaf)
{
    const struct policies *policies = run->worker->policies;
    if (!leaf->arena)
        leaf->arena = arena_new();
    if (!leaf->sql || leaf->shapes != run->shapes) { /* batches under way may use the old ones */
        leaf->shapes = run->shapes;
        leaf->sql = sql_build_leaf(leaf->arena, policies->set, run->category, run->stage,
                                   policies->catalog, leaf->name, run->shapes, run->time);
    }
}

static void go_by_rows(struct run *run, struct leaf *leaf, const char *because)
{
    log_debug("category \"%s\": partition %s goes row by row: %s", run->category->name,
              leaf->quoted, because);
    sweep_by_rows(&run->sweep, leaf);
}

/* Then the batch asks, behind its lock. */
static bool may_be_proven(const struct leaf *leaf)
{
    return leaf->sql->whole_proof.text[0] && !leaf->unproven;
}

static void on_opened(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                      const struct error *error, void *arg)
{
    struct leaf *leaf;
    struct run *run = run_use_end(arg, &leaf);
    (void)conn;
    if (!run)
        return;
    if (outcome == PG_ERROR && (leaf->way == LEAF_WHOLE_FACTS || leaf->way == LEAF_WHOLE_STAYS)) {
        go_by_rows(run, leaf, error->primary);
    } else if (outcome != PG_OK) {
        /* A leaf that is gone, or may not be read: the batches find out, and say so. */
        sweep_decided(leaf, outcome == PG_LOST ? leaf->way : LEAF_BY_BLOCKS);
        if (outcome != PG_LOST)
            log_failure(LOG_LEVEL_DEBUG, error);
    } else if (leaf->way == LEAF_WHOLE_FACTS || leaf->way == LEAF_WHOLE_STAYS) {
        const char *because =
            leaf->way == LEAF_WHOLE_FACTS ? strategy_not_whole(result) : strategy_stays(result);
        bool asked = leaf->way == LEAF_WHOLE_STAYS || may_be_proven(leaf);
        if (because)
            go_by_rows(run, leaf, because);
        else
            sweep_decided(leaf, asked ? LEAF_WHOLE : LEAF_WHOLE_STAYS);
    } else if (leaf->way == LEAF_ENDS) {
        sweep_ends(&run->sweep, leaf, result);
    } else if (leaf->way == LEAF_BOUNDS) {
        sweep_bounded(&run->sweep, leaf, result);
    } else {
        bool by_index = PQntuples(result) == 1 && strategy_is_index(PQgetvalue(result, 0, 0));
        enum leaf_way by = sweep_may_be_in_order(&run->sweep) ? LEAF_ENDS : LEAF_BOUNDS;
        sweep_decided(leaf, by_index ? by : LEAF_BY_BLOCKS);
    }
    run_pump(run);
}

/* As a whole only before anything refused to go: what then is left is for the careful. */
static bool may_be_whole(const struct run *run, const struct leaf *leaf)
{
    return !leaf->sql->by_rows && !leaf->by_rows && leaf->end > 0 && run->report.pass == 1 &&
           !run->careful;
}

/* How does the leaf go? False: by blocks, nobody needs to be asked. */
static bool open_leaf(struct run *run, struct lane *lane, struct leaf *leaf)
{
    build_leaf(run, leaf);
    enum strategy strategy = run->category->strategy;
    if (leaf->way == LEAF_UNKNOWN && may_be_whole(run, leaf))
        leaf->way = LEAF_WHOLE_FACTS;
    if (leaf->way == LEAF_WHOLE_FACTS) {
        const char *values[] = {leaf->quoted, NULL};
        run_read(run, lane, strategy_whole_sql(), 2, values, false, on_opened);
        lane->use->leaf = leaf;
        return true;
    }
    if (leaf->way == LEAF_WHOLE_STAYS) {
        run_read_statement(run, lane, &leaf->sql->whole_stays, false, on_opened);
        lane->use->leaf = leaf;
        return true;
    }
    bool possible = leaf->sql->choose.text[0] && strategy != STRATEGY_SWEEP && !run->careful;
    if (possible && strategy == STRATEGY_INDEX)
        leaf->way = LEAF_BOUNDS;
    if (!possible) {
        sweep_decided(leaf, LEAF_BY_BLOCKS);
        return false;
    }
    const struct sql_statement *asked = leaf->way == LEAF_ENDS     ? &leaf->sql->ends
                                        : leaf->way == LEAF_BOUNDS ? &leaf->sql->bounds
                                                                   : &leaf->sql->choose;
    run->bounds_from = sweep_bounds_from(leaf);
    run_read_statement(run, lane, asked, false, on_opened);
    run->bounds_from = NULL;
    lane->use->leaf = leaf;
    return true;
}

static void start_batch(struct run *run, struct lane *lane, struct work *work)
{
    build_leaf(run, work->leaf);
    if (work->whole && work->leaf->sql->by_rows) { /* with the holds that came since */
        sweep_by_rows(&run->sweep, work->leaf);
        return;
    }
    if (run->careful)
        work->careful = work->bisect = true;
    run->pace.batch_rows = run->worker->limits.batch_rows;
    lane->began_us = clock_monotonic_us();
    lane_take(lane);
    run->out++;
    run->working++;
    (void)FAULT_POINT("batch_begins");
    batch_start(lane, run, work);
}

static void pump_sweep(struct run *run)
{
    struct worker *worker = run->worker;
    struct lane *lane;
    enum sweep_next next = SWEEP_WAIT;
    while (!run->stopping && (lane = lane_any_ready(worker))) {
        if (pace_wants_looks(&run->pace) && !run->looked)
            return;
        int64_t wait_us = pace_wait_us(&run->pace, clock_monotonic_us());
        if (wait_us > 0)
            run_after(run, wait_us);
        if (wait_us != 0)
            return;
        if (run->working >= pace_connections(&run->pace, (int64_t)worker->lane_count))
            return;
        struct work work;
        struct leaf *leaf;
        next = sweep_take(&run->sweep, &work, &leaf);
        if (next == SWEEP_WORK)
            start_batch(run, lane, &work);
        else if (next == SWEEP_CHECK)
            check_leaf(run, lane, leaf);
        else if (next == SWEEP_OPEN)
            (void)open_leaf(run, lane, leaf);
        else
            break;
    }
    if (run->out == 0 && (run->stopping || next == SWEEP_OVER))
        sweep_is_over(run);
}

/* --- batches --- */

static void tell_progress(struct run *run)
{
    struct worker *worker = run->worker;
    run->report.elapsed_us = clock_monotonic_us() - run->report.started_us;
    if (worker->options.events.run_progress)
        worker->options.events.run_progress(&run->report, worker->options.arg);
    worker_changed(worker);
    int64_t now = clock_monotonic_us();
    if (now - run->told_us < TELL_EVERY_US || worker->leadership.term == 0)
        return;
    run->told_us = now;
    char term[24], rows[24], batches[24], pass[16];
    snprintf(term, sizeof(term), "%lld", (long long)worker->leadership.term);
    snprintf(rows, sizeof(rows), "%lld", (long long)run->report.rows);
    snprintf(batches, sizeof(batches), "%lld", (long long)run->report.batches);
    snprintf(pass, sizeof(pass), "%d", run->report.pass);
    const char *values[] = {term, run->id, rows, batches, pass};
    pg_conn_query(worker->control,
                  "SELECT retention.progress_run($1::bigint, $2::uuid, $3::bigint, $4::bigint, "
                  "$5::int)",
                  ARRAY_LENGTH(values), values, false, NULL, NULL);
    pg_conn_sync(worker->control);
}

/* A batch that is to be tried again keeps its lane for the delay. */
static void on_again(struct lane *lane, void *arg)
{
    struct run *run = arg;
    run->out--;
    sweep_return(&run->sweep, &lane->again);
    lane_give_back(lane);
    run_pump(run);
}

static void on_rested(struct lane *lane, void *arg)
{
    struct run *run = arg;
    run->out--;
    run->working--;
    lane_give_back(lane);
    run_pump(run);
}

/* How long the lane should rest. */
static int64_t acted(struct run *run, const struct lane *lane, const struct work *work,
                     const struct batch_result *result)
{
    run->report.rows += result->rows;
    run->report.dependant_rows += result->dependant_rows;
    run->report.batches += result->entries;
    run->report.blocked += result->blocked;
    run->pass_rows += result->rows + result->dependant_rows + result->blocked;
    int64_t now = clock_monotonic_us();
    const struct pace_took took = {
        .rows = work->whole ? 0 : result->rows + result->dependant_rows,
        .took_us = now - lane->began_us,
        .action_us = result->action_us,
        .statements = result->statements,
        .rested_us = result->rested_us,
    };
    int64_t rest_us = pace_spend(&run->pace, &took, now);
    tell_progress(run);
    if (run->blocked.count >= RUN_TOLD_BLOCKED && !run->told_blocked) {
        run->told_blocked = true;
        log_warning("category \"%s\": %zu records are set aside; more of them are not told one by "
                    "one: \"retentionctl status\" counts them",
                    run->category->name, run->blocked.count);
    }
    if (run->blocked.count > RUN_MOST_BLOCKED && !run->stopping) {
        run->report.refused = true;
        run_stop(run, RUN_FAILED, "too many records refuse to be acted on");
    }
    return rest_us;
}

void run_batch_done(struct run *run, struct lane *lane, const struct work *work,
                    const struct batch_result *result)
{
    run->report.locked += result->left;
    if (result->busy)
        run_busy_waits(run, result->busy, result->rest.attempts);
    else if (result->end == BATCH_ACTED || result->end == BATCH_NOTHING)
        run_busy_over(run, work->leaf);
    if (result->end == BATCH_ACTED || result->end == BATCH_NOTHING)
        run->pass_met += result->met + result->blocked;
    if (result->split)
        sweep_add(&run->sweep, &result->other_half);
    if (result->end == BATCH_AGAIN && result->delay_ms > 0 && !run->stopping) {
        lane->again = result->rest;
        run->working--;
        lane_after(lane, result->delay_ms, on_again, run);
        run_pump(run);
        return;
    }
    int64_t rest_us = result->end == BATCH_ACTED ? acted(run, lane, work, result) : 0;
    if (rest_us >= SHORTEST_REST_US && !run->stopping) {
        lane_after(lane, (rest_us + 500) / 1000, on_rested, run); /* out until then */
    } else {
        run->out--;
        run->working--;
        lane_give_back(lane);
    }
    if (result->end == BATCH_LEAF_DENIED && !run->denied) {
        /* A leaf made without the grants: the others go on, and the run says so at its end. */
        run->denied = true;
        snprintf(run->message, sizeof(run->message),
                 "no privilege to delete from leaf \"%s\"; \"retentionctl setup --sql\" prints the "
                 "grants",
                 work->leaf->quoted);
    }
    bool not_whole = result->end == BATCH_BY_ROWS || (result->end == BATCH_LOST && work->whole);
    if (result->end == BATCH_UNPROVEN) {
        sweep_unproven(&run->sweep, work->leaf);
    } else if (not_whole) {
        sweep_by_rows(&run->sweep, work->leaf);
    } else if (result->end == BATCH_ACTED && work->whole) {
        sweep_emptied(&run->sweep, work->leaf);
    } else if (result->end == BATCH_LEAF_BUSY) {
        run_busy_leaf(run, work->leaf);
        sweep_finished(&run->sweep, work, 0);
    } else if (result->end == BATCH_LEAF_GONE || result->end == BATCH_LEAF_DENIED) {
        sweep_leaf_gone(&run->sweep, work->leaf);
        sweep_finished(&run->sweep, work, 0);
    } else if (result->more) {
        sweep_return(&run->sweep, &result->rest);
    } else {
        sweep_finished(&run->sweep, work, result->rows);
    }
    if (result->end == BATCH_BRAKE && !run->stopping) {
        run->trip = result->trip;
        char message[160];
        snprintf(message, sizeof(message),
                 "brake: %" PRId64 " records pass the limit \"%s\" of %" PRId64, result->trip.due,
                 result->trip.limit_name, result->trip.limit);
        run_stop(run, RUN_BRAKE, message);
    } else if (result->end == BATCH_BUSY) {
        run_busy_stop(run, result->busy);
    } else if (result->end == BATCH_STOP) {
        if (strcmp(result->error.sqlstate, SQLSTATE_STALE_TERM) == 0) {
            worker_lost(run->worker, &result->error);
            return;
        }
        run->report.refused = result->refused && !run->stopping;
        run_stop_error(run, &result->error);
    }
    run_pump(run);
}

/* --- the pump --- */

void run_pump(struct run *run)
{
    struct worker *worker = run->worker;
    if (worker->run != run)
        return;
    if (run->step == RUN_STEP_SWEEP) {
        pump_sweep(run);
        return;
    }
    if (run->stopping && run->step < RUN_STEP_FINISH && run->step != RUN_STEP_START) {
        if (run->out > 0)
            return; /* a read is under way: its end comes here again */
        run_finish(run, run->stop_status);
        return;
    }
    bool reads = run->step < RUN_STEP_START || run->step == RUN_STEP_GROUPS ||
                 run->step == RUN_STEP_LIST || run->step == RUN_STEP_COUNT ||
                 run->step == RUN_STEP_CLOSE || run->step == RUN_STEP_DROP;
    struct lane *lane;
    if (!reads || run->out > 0 || !(lane = lane_any_ready(worker)))
        return;
    if (run->step == RUN_STEP_LIST) {
        struct text name _cleanup_text_ = {0};
        run_quoted_table(run, &name);
        const char *values[] = {name.data};
        run_read(run, lane, sweep_leaves_sql(), 1, values, false, on_leaves);
    } else if (run->step == RUN_STEP_COUNT) {
        (void)FAULT_POINT("run_before_count");
        run_read_statement(run, lane, &run_counts(run)->remaining, false, on_remaining);
    } else if (run->step == RUN_STEP_CLOSE) {
        run_close_next(run, lane);
    } else if (run->step == RUN_STEP_DROP) {
        run_drop_next(run, lane);
    } else if (run->step == RUN_STEP_GROUPS) {
        run_keep_groups(run, lane);
    } else {
        run_plan_next(run, lane);
    }
}

void run_planned(struct run *run)
{
    if (run->sql->keep.text[0] && run->report.pass == 0) {
        run->step = RUN_STEP_GROUPS;
        run_pump(run);
        return;
    }
    begin_pass(run);
}

void run_sweep_again(struct run *run)
{
    run->quiet_passes = 0;
    begin_pass(run);
}

/* --- connections --- */

void run_tell_waits(struct run *run, const char *why)
{
    char term[24];
    snprintf(term, sizeof(term), "%" PRId64, run->worker->leadership.term);
    const char *values[] = {term, run->id, why};
    run_control(run, "SELECT retention.run_waits($1::bigint, $2::uuid, $3::text)",
                ARRAY_LENGTH(values), values, NULL);
}

void run_lane_missing(struct worker *worker, const struct error *error)
{
    struct run *run = worker->run;
    if (!run || run->lacks_lane || run->step >= RUN_STEP_FINISH)
        return;
    for (size_t i = 0; i < worker->lane_count; i++)
        if (worker->lanes[i]->state == LANE_READY || worker->lanes[i]->state == LANE_BUSY)
            return;
    struct text why _cleanup_text_ = {0};
    text_printf(&why, "no worker connection: %s; tried again until there is one",
                error->primary ? error->primary : "unknown");
    run->lacks_lane = true;
    if (run->started)
        run_tell_waits(run, why.data);
    else
        run_record_failure(run, error->sqlstate, why.data, NULL);
}

void run_lane_ready(struct worker *worker)
{
    struct run *run = worker->run;
    if (!run)
        return;
    if (run->lacks_lane && run->started)
        run_tell_waits(run, NULL);
    run->lacks_lane = false;
    run_pump(run);
}

void run_lane_dead(struct worker *worker)
{
    if (!worker->run)
        return;
    for (size_t i = 0; i < worker->lane_count; i++)
        if (worker->lanes[i]->state != LANE_DEAD)
            return;
    for (size_t i = 0; i < worker->lane_count; i++)
        if (worker->lanes[i]->error.primary) {
            run_stop_error(worker->run, &worker->lanes[i]->error);
            return;
        }
}
