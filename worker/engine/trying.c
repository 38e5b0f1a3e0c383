#include "engine/trying.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/sql_files.h"
#include "base/text.h"
#include "engine/state.h"
#include "policy/model.h"
#include "policy/trial.h"

struct trying {
    struct worker *worker;
    struct arena *arena;
    struct trials *trials;
    trying_done_fn *done;
    void *arg;
    struct trial_answer answer; /* of the one under way; in the arena */
};

static void next(struct trying *trying);

/* The first statement that fails is what was refused; those behind it are not executed. Names alone
 * are kept of it: the control connection's words are for our own functions. */
static void on_step(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                    const struct error *error, void *arg)
{
    struct trying *trying = arg;
    (void)result;
    if (outcome != PG_ERROR || trying->answer.sqlstate)
        return;
    trying->answer = (struct trial_answer){
        .sqlstate = arena_strdup(trying->arena, error->sqlstate),
        .constraint =
            arena_strdup(trying->arena, pg_conn_refused_field(conn, PG_DIAG_CONSTRAINT_NAME)),
        .column = arena_strdup(trying->arena, pg_conn_refused_field(conn, PG_DIAG_COLUMN_NAME)),
    };
}

static void on_tried(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                     const struct error *error, void *arg)
{
    struct trying *trying = arg;
    on_step(conn, outcome, result, error, arg);
    if (outcome == PG_OK)
        trying->answer.unchanged = arena_strdup(trying->arena, PQgetvalue(result, 0, 1));
}

static void end(struct trying *trying, bool done, const struct error *error)
{
    struct trying over = *trying;
    free(trying);
    over.done(over.worker, done, error, over.arg);
}

static void on_rolled_back(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                           const struct error *error, void *arg)
{
    struct trying *trying = arg;
    (void)conn;
    (void)result;
    if (outcome != PG_OK) {
        end(trying, false, error);
        return;
    }
    trials_answer(trying->trials, &trying->answer);
    next(trying);
}

static void next(struct trying *trying)
{
    struct pg_conn *conn = trying->worker->control;
    const struct category *category;
    const struct sql_statement *statement = trials_next(trying->trials, &category);
    if (!statement) {
        end(trying, true, NULL);
        return;
    }
    char statement_ms[24], lock_ms[24];
    snprintf(statement_ms, sizeof(statement_ms), "%d", TRIAL_STATEMENT_TIMEOUT_MS);
    snprintf(lock_ms, sizeof(lock_ms), "%d", TRIAL_LOCK_TIMEOUT_MS);
    const char *pins[] = {statement_ms, lock_ms, category->timezone};
    const char **values =
        arena_alloc(trying->arena, (statement->param_count + 1) * sizeof(*values));
    for (size_t i = 0; i < statement->param_count; i++) {
        const struct sql_param *param = &statement->params[i];
        values[i] = param->kind == PARAM_RUN_TIME ? "now"
                    : param->kind == PARAM_NONCE  ? "a made-up value"
                                                  : param->value;
    }
    trying->answer = (struct trial_answer){0};
    pg_conn_query(conn, "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE", 0, NULL, false, on_step,
                  trying);
    pg_conn_query(conn, sql_file("engine/pin.sql"), ARRAY_LENGTH(pins), pins, false, on_step,
                  trying);
    pg_conn_query(conn, statement->text, statement->param_count, values, false, on_tried, trying);
    pg_conn_sync(conn);
    pg_conn_query(conn, "ROLLBACK", 0, NULL, false, on_rolled_back, trying);
    pg_conn_sync(conn);
}

void trying_begin(struct worker *worker, struct arena *arena, struct trials *trials,
                  trying_done_fn *done, void *arg)
{
    struct trying *trying = xcalloc(1, sizeof(*trying));
    *trying = (struct trying){
        .worker = worker, .arena = arena, .trials = trials, .done = done, .arg = arg};
    next(trying);
}
