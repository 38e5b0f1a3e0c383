/* What a run reads before it acts, and how it reads: the time, the plan's numbers, unclaimed rows,
 * tenants; then start_run, which writes the entry `plan`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/sql_files.h"
#include "base/text.h"
#include "engine/epochs.h"
#include "engine/loader.h"
#include "engine/pressure.h"
#include "engine/run_internal.h"
#include "engine/state.h"
#include "policy/transform.h"

enum { MOST_READ_ATTEMPTS = 5 };

/* --- reads and control statements --- */

struct run *run_use_end(void *arg, struct leaf **ret_leaf)
{
    struct run_use *use = arg;
    struct run *run = use->abandoned ? NULL : use->run;
    if (ret_leaf)
        *ret_leaf = use->leaf;
    use->lane->use = NULL;
    if (run) {
        run->out--;
        lane_give_back(use->lane);
    }
    free(use);
    return run;
}

struct run *run_read_over(void *arg, enum pg_outcome outcome, const struct error *error)
{
    struct run *run = run_use_end(arg, NULL);
    if (!run)
        return NULL;
    if (outcome == PG_OK && !run->stopping) {
        run->read_attempts = 0;
        run->read_busy_us = 0;
        return run;
    }
    if (outcome == PG_ERROR && !run->stopping && run_is_locked(error)) {
        run_busy_read(run);
        return NULL;
    }
    if (outcome == PG_ERROR && !run->stopping && run_gave_read_up(run, error)) {
        run_read_given_up(run);
        return NULL;
    }
    if (outcome == PG_LOST && run->read_attempts++ < MOST_READ_ATTEMPTS) {
        run_pump(run); /* again, on the next free lane */
        return NULL;
    }
    if (outcome != PG_OK)
        run_stop_error(run, error);
    run_pump(run);
    return NULL;
}

static struct run_use *use_lane(struct run *run, struct lane *lane)
{
    struct run_use *use = xcalloc(1, sizeof(*use));
    *use = (struct run_use){.run = run, .lane = lane};
    lane->use = use;
    lane_take(lane);
    run->out++;
    return use;
}

void run_read(struct run *run, struct lane *lane, const char *sql, size_t count,
              const char *const *values, bool rows, pg_result_fn *fn)
{
    struct run_use *use = use_lane(run, lane);
    run_watch_read(run);
    lane_read(lane, run->category->timezone, sql, count, values, rows, fn, use);
}

enum { BOUND_SIZE = 96 };

/* The parameters' values; to be freed. `term` is of BOUND_SIZE bytes and must live as long. */
static const char **bound_values(const struct run *run, const struct sql_statement *statement,
                                 char *term)
{
    char *limit = term + 24, *most = term + 48, *passed = term + 72;
    snprintf(limit, 24, "%lld", (long long)run->sweep.slice_rows);
    snprintf(most, 24, "%lld", (long long)run->close_most);
    snprintf(passed, 24, "%lld", (long long)run->close_passed);
    const char **values = xcalloc(statement->param_count + 1, sizeof(*values));
    snprintf(term, 24, "%lld", (long long)run->worker->leadership.term);
    for (size_t i = 0; i < statement->param_count; i++) {
        const struct sql_param *param = &statement->params[i];
        values[i] = param->kind == PARAM_RUN_TIME     ? run->time
                    : param->kind == PARAM_RUN        ? run->id
                    : param->kind == PARAM_TERM       ? term
                    : param->kind == PARAM_LIMIT      ? limit
                    : param->kind == PARAM_MOST       ? most
                    : param->kind == PARAM_PASSED     ? passed
                    : param->kind == PARAM_FROM_START ? run->bounds_from
                                                      : param->value;
    }
    return values;
}

void run_read_statement(struct run *run, struct lane *lane, const struct sql_statement *statement,
                        bool rows, pg_result_fn *fn)
{
    char term[BOUND_SIZE];
    const char **values = bound_values(run, statement, term);
    lane->share = run->pace.preset.share;
    run_read(run, lane, statement->text, statement->param_count, values, rows, fn);
    free(values);
}

void run_write(struct run *run, struct lane *lane, const char *sql, size_t count,
               const char *const *values, pg_result_fn *fn)
{
    struct run_use *use = use_lane(run, lane);
    lane_write(lane, run->category->timezone, sql, count, values, fn, use);
}

void run_write_statement(struct run *run, struct lane *lane, const struct sql_statement *statement,
                         pg_result_fn *fn)
{
    char term[BOUND_SIZE];
    const char **values = bound_values(run, statement, term);
    run_write(run, lane, statement->text, statement->param_count, values, fn);
    free(values);
}

const struct sql_counts *run_counts(struct run *run)
{
    if (run->counts && run->counts->shapes == run->shapes)
        return run->counts;
    arena_free(run->counts_arena);
    run->counts_arena = arena_new();
    const struct policies *policies = run->worker->policies;
    run->counts = sql_build_counts(run->counts_arena, policies->set, run->category, run->stage,
                                   policies->catalog, run->shapes);
    return run->counts;
}

bool run_counted_blindly(struct run *run, const PGresult *result, int columns)
{
    if (PQntuples(result) != 1 || PQnfields(result) <= columns ||
        strcmp(PQgetvalue(result, 0, columns), "f") == 0)
        return false;
    run->shapes = SQL_ALL_SHAPES | SQL_READERS;
    return true;
}

struct control_use {
    struct worker *worker;
    struct run *run;
    run_control_fn *fn;
};

static void on_control(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                       const struct error *error, void *arg)
{
    struct control_use *use = arg;
    (void)conn;
    if (use->worker->run == use->run && outcome != PG_LOST && use->fn)
        use->fn(use->run, result, outcome == PG_OK ? NULL : error);
    free(use);
}

void run_control(struct run *run, const char *sql, size_t count, const char *const *values,
                 run_control_fn *fn)
{
    struct control_use *use = xcalloc(1, sizeof(*use));
    *use = (struct control_use){run->worker, run, fn};
    pg_conn_query(run->worker->control, sql, count, values, false, on_control, use);
    pg_conn_sync(run->worker->control);
}

void run_control_often(struct run *run, const char *name, const char *sql, size_t count,
                       const char *const *values, run_control_fn *fn)
{
    struct control_use *use = xcalloc(1, sizeof(*use));
    *use = (struct control_use){run->worker, run, fn};
    pg_conn_execute(run->worker->control, name, sql, count, values, NULL, NULL, false, on_control,
                    use);
    pg_conn_sync(run->worker->control);
}

static void add_quoted(struct text *out, const char *identifier)
{
    text_add_char(out, '"');
    for (const char *p = identifier; *p; p++) {
        if (*p == '"')
            text_add_char(out, '"');
        text_add_char(out, *p);
    }
    text_add_char(out, '"');
}

void run_quoted_table(const struct run *run, struct text *out)
{
    add_quoted(out, run->category->table.schema);
    text_add_char(out, '.');
    add_quoted(out, run->category->table.name);
}

/* --- the plan --- */

static int64_t plan_number(const struct run *run, enum plan_column column)
{
    return run->plan[column] ? strtoll(run->plan[column], NULL, 10) : 0;
}

static void on_started(struct run *run, PGresult *result, const struct error *error)
{
    if (error) {
        run->step = RUN_STEP_LIST; /* nothing to finish: run_finish sees that it never started */
        run_stop_error(run, error);
        run_pump(run); /* told to stop meanwhile, it waited for this */
        return;
    }
    run->started = true;
    run->brake.allowance = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
    run->report.run = run->id;
    if (run->worker->options.events.run_started)
        run->worker->options.events.run_started(&run->report, run->worker->options.arg);
    if (FAULT_POINT("run_after_plan")) {
        run->step = RUN_STEP_LIST;
        run_stop(run, RUN_FAILED, "fault point");
        return;
    }
    run->step = RUN_STEP_LIST;
    if (!run->stopping && run->report.to_act > 0 &&
        !brake_allows(&run->brake, run->report.to_act, &run->trip)) {
        snprintf(run->message, sizeof(run->message),
                 "brake: %lld records pass the limit \"%s\" of %lld", (long long)run->trip.due,
                 run->trip.limit_name, (long long)run->trip.limit);
        run_stop(run, RUN_BRAKE, NULL);
        return;
    }
    if (run->report.to_act == 0) {
        run->report.remaining = 0;
        run_complete(run);
        return;
    }
    if (run->stopping)
        run_pump(run);
    else
        run_planned(run);
}

static bool make_digesters(struct run *run)
{
    const struct worker *worker = run->worker;
    if (run->category->evidence != EVIDENCE_RECORDS)
        return true;
    if (worker->epochs->epoch == 0) {
        run_stop(run, RUN_FAILED,
                 "no key-encryption key is set (log.epoch_kek), and evidence is \"records\"");
        return false;
    }
    run->epoch = worker->epochs->epoch;
    run->digesters = xcalloc(run->sql->relation_count, sizeof(struct digester *));
    for (size_t i = 0; i < run->sql->relation_count; i++)
        run->digesters[i] = digester_new(worker->epochs->key, run->sql->relations[i].relation,
                                         run->sql->relations[i].key.count);
    return true;
}

static bool has_hmac_key(struct run *run)
{
    const struct stage *stage = run->sql->stage;
    for (size_t i = 0; i < stage->column_count; i++)
        if (stage->columns[i].as->keyed && !run->worker->epochs->has_hmac_key) {
            run_stop(run, RUN_FAILED,
                     "no key is set (deidentify.hmac_key), and the stage makes keyed digests");
            return false;
        }
    return true;
}

static void start(struct run *run)
{
    struct worker *worker = run->worker;
    if (!run->acts) {
        static const char *const reasons[] = {
            [RUN_OBSERVED] = "mode \"observe\": nothing is acted on",
            [RUN_SUSPENDED] = "it awaits approval",
            [RUN_PAUSED] = "it is paused",
            [RUN_BRAKE] = "its brake is engaged and must be released",
        };
        run->step = RUN_STEP_LIST;
        snprintf(run->message, sizeof(run->message), "%s", reasons[run->state->standing]);
        run_finish(run, run->state->standing);
        return;
    }
    if (!make_digesters(run) || !has_hmac_key(run))
        return;
    const struct stage *stage = &run->category->stages[run->stage];
    bool changes = !policy_stage_removes(stage);
    char term[24], columns[24];
    snprintf(term, sizeof(term), "%lld", (long long)worker->leadership.term);
    struct transform_list list = transform_all(run->worker->policies->arena, run->category, stage);
    snprintf(columns, sizeof(columns), "%zu", list.count);
    const char *values[] = {term,
                            run->id,
                            run->category->name,
                            run->category->sha256,
                            run->report.stage,
                            run->report.relation,
                            run->report.action,
                            stage->after.text,
                            run->plan[PLAN_DUE],
                            run->plan[PLAN_HELD],
                            run->plan[PLAN_TO_ACT],
                            run->time,
                            NULL,
                            changes ? columns : NULL,
                            changes ? transform_classes(run->worker->policies->arena, &list)
                                    : NULL};
    run->step = RUN_STEP_START;
    (void)FAULT_POINT("run_before_start");
    run_control(run, sql_file("engine/start_run.sql"), ARRAY_LENGTH(values), values, on_started);
}

static void on_tenant(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                      const struct error *error, void *arg)
{
    struct run_use *use = arg;
    (void)conn;
    if (outcome == PG_OK && PQntuples(result) > 0) {
        if (!use->abandoned && !PQgetisnull(result, 0, 0))
            brake_add_tenant(&use->run->brake, PQgetvalue(result, 0, 0),
                             (size_t)PQgetlength(result, 0, 0),
                             strtoll(PQgetvalue(result, 0, 1), NULL, 10));
        return;
    }
    struct run *run = run_read_over(arg, outcome, error);
    if (run)
        start(run);
}

static void set_brake(struct run *run)
{
    const struct brake *brake = &run->category->brake;
    brake_free(&run->brake);
    run->brake = (struct brake_gauge){
        .most_rows = brake->rows,
        .fraction = brake->fraction,
        .tenant_fraction = brake->tenant_fraction,
        .min_rows = brake->min_rows,
        .table_rows = plan_number(run, PLAN_CLAIMED),
    };
    random_bytes(&run->brake.seed, sizeof(run->brake.seed));
}

static void planned(struct run *run)
{
    run->report.table_rows = plan_number(run, PLAN_ROWS);
    run->report.due = plan_number(run, PLAN_DUE);
    run->report.held = plan_number(run, PLAN_HELD);
    run->report.kept = plan_number(run, PLAN_KEPT_WHILE) + plan_number(run, PLAN_KEPT_FLOOR);
    run->report.waiting = plan_number(run, PLAN_WAITING);
    run->report.to_act = plan_number(run, PLAN_TO_ACT);
    set_brake(run);
}

static void on_unclaimed(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                         const struct error *error, void *arg)
{
    struct run *run = run_read_over(arg, outcome, error);
    (void)conn;
    if (!run)
        return;
    run->unclaimed = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
    bool tenants = run->acts && run->report.to_act > 0 && run->brake.tenant_fraction < 1.0 &&
                   run->sql->tenants.text && run->sql->tenants.text[0];
    if (tenants) {
        run->step = RUN_STEP_TENANTS;
        run_pump(run);
    } else {
        start(run);
    }
}

static void on_plan(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                    const struct error *error, void *arg)
{
    struct run *run = run_read_over(arg, outcome, error);
    (void)conn;
    if (!run)
        return;
    if (run_counted_blindly(run, result, PLAN_COLUMNS)) {
        run_pump(run);
        return;
    }
    if (PQntuples(result) != 1 || PQnfields(result) < PLAN_COLUMNS) {
        run_stop(run, RUN_FAILED, "unexpected answer of the server: plan");
        return;
    }
    for (int i = 0; i < PLAN_COLUMNS; i++) {
        free(run->plan[i]);
        run->plan[i] = PQgetisnull(result, 0, i) ? NULL : xstrdup(PQgetvalue(result, 0, i));
    }
    planned(run);
    run->step = RUN_STEP_UNCLAIMED;
    run_pump(run);
}

static void on_time(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                    const struct error *error, void *arg)
{
    struct run *run = run_read_over(arg, outcome, error);
    (void)conn;
    if (!run)
        return;
    snprintf(run->time, sizeof(run->time), "%s", PQgetvalue(result, 0, 0));
    run->step = RUN_STEP_SHAPES;
    run_pump(run);
}

static void on_shapes(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                      const struct error *error, void *arg)
{
    struct run *run = run_read_over(arg, outcome, error);
    (void)conn;
    if (!run)
        return;
    run->shapes = (unsigned)strtoul(PQgetvalue(result, 0, 0), NULL, 10);
    run->step = RUN_STEP_PLAN;
    run_pump(run);
}

void run_plan_next(struct run *run, struct lane *lane)
{
    const char *category[] = {run->category->name};
    const char *alone[] = {run->category->name, run->sql->stage->name};
    switch (run->step) {
    case RUN_STEP_TIME:
        if (run->sql->stage->quasi.count)
            run_read(run, lane, sql_file("engine/run_time_alone.sql"), 2, alone, false, on_time);
        else
            run_read(run, lane, sql_file("engine/run_time.sql"), 0, NULL, false, on_time);
        break;
    case RUN_STEP_SHAPES:
        run_read(run, lane, sql_file("engine/hold_shapes.sql"), 1, category, false, on_shapes);
        break;
    case RUN_STEP_PLAN:
        (void)FAULT_POINT("run_before_plan");
        if (run->acts && pace_wants_looks(&run->pace))
            pressure_watch(run);
        run_read_statement(run, lane, &run_counts(run)->plan, false, on_plan);
        break;
    case RUN_STEP_UNCLAIMED:
        run_read_statement(run, lane, &run->sql->unclaimed, false, on_unclaimed);
        break;
    case RUN_STEP_TENANTS:
        set_brake(run); /* a read that is repeated counts nobody twice */
        run_read_statement(run, lane, &run->sql->tenants, true, on_tenant);
        break;
    default:
        abort();
    }
}
