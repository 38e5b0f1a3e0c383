/* Step DROP, of a run of a policy with drop_empty: partitions that are empty, and whose bounds say
 * that all they could hold would be due, are dropped by the function that the table's owner made
 * (policy/drop.c), one a transaction.
 *
 * It comes when the run has acted on all it could, emptied partitions included, and changes nothing
 * of how it ends: no record goes with an empty partition, so there is no entry in the log. Where a
 * lock cannot be had within lock_timeout, where the function is not there or says no, the partition
 * stays, and the next run asks again. One whose COMMIT was lost is asked for again: then it is
 * dropped, or is no partition any more.
 *
 * A partition that is gone changes no fingerprint, unless it had a trigger of its own, as a guard's
 * for TRUNCATE: then the next batch of another category of the table makes the worker check its
 * policies again, as for any other change of the schema. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/sql_files.h"
#include "engine/loader.h"
#include "engine/run_internal.h"
#include "engine/state.h"
#include "engine/strategy.h"
#include "pg/sqlstate.h"
#include "policy/drop.h"
#include "policy/quote.h"

struct run_drops {
    struct arena *arena;
    const struct drop_plan *plan;
    bool asked, planned, listed; /* for the function; for those not past; for the partitions */
    struct string_list open;     /* that are not wholly past, "schema.name" */
    const char **oids, **names;
    size_t count, next;
    size_t dropped;
    const char *first; /* that was dropped */
};

void run_drops_free(struct run_drops *drops)
{
    if (!drops)
        return;
    arena_free(drops->arena);
    free(drops);
}

void run_drop(struct run *run)
{
    struct arena *arena = arena_new();
    const struct drop_plan *plan =
        run->sql->stage->action == ACTION_DELETE
            ? drop_build(arena, run->category, run->worker->policies->catalog)
            : NULL;
    if (!plan) {
        arena_free(arena);
        run_finish(run, RUN_DONE);
        return;
    }
    run_drops_free(run->drops);
    run->drops = xcalloc(1, sizeof(*run->drops));
    *run->drops = (struct run_drops){.arena = arena, .plan = plan};
    run->step = RUN_STEP_DROP;
    run_pump(run);
}

static void end(struct run *run)
{
    const struct run_drops *drops = run->drops;
    if (drops->dropped == 1 && !run->message[0])
        snprintf(run->message, sizeof(run->message), "empty partition %s was dropped",
                 drops->first);
    else if (drops->dropped > 1 && !run->message[0])
        snprintf(run->message, sizeof(run->message),
                 "%zu empty partitions were dropped, %s and others", drops->dropped, drops->first);
    run_finish(run, RUN_DONE);
}

static void on_function(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                        const struct error *error, void *arg)
{
    struct run *run = run_read_over(arg, outcome, error);
    (void)conn;
    if (!run)
        return;
    struct run_drops *drops = run->drops;
    drops->asked = true;
    const char *problem = PQntuples(result) != 1      ? "has no table any more"
                          : PQgetisnull(result, 0, 0) ? NULL
                                                      : PQgetvalue(result, 0, 0);
    if (!problem) {
        run_pump(run);
        return;
    }
    log_warning("category \"%s\": empty partitions are not dropped: function %s %s; run what "
                "\"retentionctl setup --sql\" prints",
                run->category->name, drops->plan->function, problem);
    end(run);
}

/* Where this says too little, the function is asked in vain. */
static void on_planned(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                       const struct error *error, void *arg)
{
    struct run *run = run_read_over(arg, outcome, error);
    (void)conn;
    if (!run)
        return;
    run->drops->planned = true;
    if (PQntuples(result) == 1)
        run->drops->open = strategy_relations(run->drops->arena, PQgetvalue(result, 0, 0));
    run_pump(run);
}

static bool is_open(const struct run_drops *drops, const char *name)
{
    for (size_t i = 0; i < drops->open.count; i++)
        if (strcmp(drops->open.items[i], name) == 0)
            return true;
    return false;
}

static void on_listed(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                      const struct error *error, void *arg)
{
    struct run *run = run_read_over(arg, outcome, error);
    (void)conn;
    if (!run)
        return;
    struct run_drops *drops = run->drops;
    drops->listed = true;
    size_t rows = (size_t)PQntuples(result);
    drops->oids = arena_alloc(drops->arena, (rows + 1) * sizeof(*drops->oids));
    drops->names = arena_alloc(drops->arena, (rows + 1) * sizeof(*drops->names));
    for (int row = 0; row < (int)rows; row++) {
        if (is_open(drops, PQgetvalue(result, row, 2)))
            continue;
        drops->oids[drops->count] = arena_strdup(drops->arena, PQgetvalue(result, row, 0));
        drops->names[drops->count++] = arena_strdup(drops->arena, PQgetvalue(result, row, 1));
    }
    run_pump(run);
}

/* Before anything else: a run that is being stopped tells of it, too. */
static void tell(struct run *run, const PGresult *result)
{
    struct run_drops *drops = run->drops;
    const char *name = drops->names[drops->next];
    if (PQntuples(result) != 1)
        return;
    if (PQgetisnull(result, 0, 0)) {
        drops->first = drops->dropped++ ? drops->first : name;
        log_info("category \"%s\": partition %s was empty, and is dropped", run->category->name,
                 name);
    } else {
        log_debug("category \"%s\": partition %s is not dropped: %s", run->category->name, name,
                  PQgetvalue(result, 0, 0));
    }
}

static void on_dropped(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                       const struct error *error, void *arg)
{
    (void)conn;
    /* What only concerns this partition is no failure of the run. */
    bool refused = outcome == PG_ERROR && strcmp(error->sqlstate, SQLSTATE_STALE_TERM) != 0;
    const struct run_use *use = arg;
    if (outcome == PG_OK && !use->abandoned)
        tell(use->run, result);
    struct run *run = run_read_over(arg, refused ? PG_OK : outcome, error);
    if (!run)
        return;
    struct run_drops *drops = run->drops;
    const char *name = drops->names[drops->next++];
    if (refused) {
        log_failure(LOG_LEVEL_WARNING, error);
        log_warning("category \"%s\": empty partitions are not dropped now: %s refused",
                    run->category->name, name);
        end(run);
        return;
    }
    run_pump(run);
}

void run_drop_next(struct run *run, struct lane *lane)
{
    struct run_drops *drops = run->drops;
    const struct drop_plan *plan = drops->plan;
    const char *table = quote_table(drops->arena, plan->table);
    if (!drops->asked) {
        const char *values[] = {plan->schema, plan->name, plan->body, table, NULL, plan->settings};
        run_read(run, lane, sql_file("engine/drop_function.sql"), ARRAY_LENGTH(values), values,
                 false, on_function);
    } else if (!drops->planned) {
        const char *values[] = {run->time};
        run_read(run, lane, plan->open, 1, values, false, on_planned);
    } else if (!drops->listed) {
        const char *values[] = {table};
        run_read(run, lane, sql_file("engine/drop_leaves.sql"), 1, values, false, on_listed);
    } else if (drops->next < drops->count) {
        char wait[24], term[24];
        snprintf(wait, sizeof(wait), "%lld", (long long)run->worker->limits.lock_timeout_ms);
        snprintf(term, sizeof(term), "%lld", (long long)run->worker->leadership.term);
        const char *values[] = {
            drops->oids[drops->next], wait, run->time, term, run->id, run->category->name,
            run->category->sha256};
        (void)FAULT_POINT("run_before_drop");
        run_write(run, lane, plan->call, ARRAY_LENGTH(values), values, on_dropped);
        (void)FAULT_POINT("run_drop_sent");
    } else {
        end(run);
    }
}
