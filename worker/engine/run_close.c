/* Step CLOSE, of a run of a stage that aggregates: cells whose period is over, and of which no
 * record is left to come, are closed, and what can be published is. A run that finds nothing to act
 * on comes here too: the one before it may have ended before.
 *
 * Where the target has a cell's row already, published under an earlier "fold" or by somebody else,
 * it refuses all that comes with it. So fewer families are closed at a time, until it is one that
 * is refused: that one is passed by, stays open as it is, and the others are published. The next
 * run tries it again.
 *
 * It comes when the run has acted on everything it could, so nothing is added to a cell meanwhile;
 * and if it were, it would be a late record: retention.close_cells says why nothing is lost or
 * counted twice. Each call is one transaction with its log entry, over some families of cells. One
 * whose COMMIT was lost is asked again: what it closed is closed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fault.h"
#include "base/log.h"
#include "engine/run_internal.h"

enum { FAMILIES_MOST = 1000 };

void run_complete(struct run *run)
{
    if (!run->sql->close.text || !run->sql->close.text[0]) {
        run_drop(run);
        return;
    }
    run->step = RUN_STEP_CLOSE;
    run->close_most = FAMILIES_MOST;
    run->close_passed = 0;
    run_pump(run);
}

/* Of a stage with a k-check: groups that too few came to, since records were held or locked, are
 * nullified by another pass. Then this is asked again, and says how many were. */
static void settled(struct run *run, const PGresult *result)
{
    int64_t again = strtoll(PQgetvalue(result, 0, 3), NULL, 10);
    /* Groups may have been settled whose answer was lost: what became due again is to be seen. */
    bool unseen = run->close_asked > 1;
    run->close_asked = 0;
    run->nullified += strtoll(PQgetvalue(result, 0, 4), NULL, 10);
    (void)FAULT_POINT("run_after_close");
    if (again > 0 || unseen) {
        run_sweep_again(run);
        return;
    }
    if (run->nullified > 0) {
        log_info("run of category \"%s\": %lld records lost their quasi-identifiers, which fewer "
                 "than %lld persons shared",
                 run->category->name, (long long)run->nullified, (long long)run->sql->stage->k);
        if (!run->message[0])
            snprintf(run->message, sizeof(run->message),
                     "%lld records lost their quasi-identifiers, which fewer than %lld persons "
                     "shared",
                     (long long)run->nullified, (long long)run->sql->stage->k);
    }
    run_finish(run, RUN_DONE);
}

static void on_kept(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                    const struct error *error, void *arg)
{
    (void)conn;
    (void)result;
    struct run *run = run_read_over(arg, outcome, error);
    if (run)
        run_sweep_again(run);
}

void run_keep_groups(struct run *run, struct lane *lane)
{
    run_write_statement(run, lane, &run->sql->keep, on_kept);
    (void)FAULT_POINT("run_keep_sent");
}

/* The target has a row of one of the cells. */
static void pass_by(struct run *run)
{
    if (run->close_most > 1)
        run->close_most /= 2;
    else
        run->close_passed++;
    run_pump(run);
}

static void tell_passed(struct run *run, int64_t families, int64_t records)
{
    struct table_name target = run->sql->stage->aggregate->into;
    char message[sizeof(run->message)];
    if (families == 1)
        snprintf(message, sizeof(message),
                 "a cell of \"%s.%s\" is there already, published under an earlier \"fold\" or by "
                 "somebody else; with its family, %lld records stay in the open cells",
                 target.schema, target.name, (long long)records);
    else
        snprintf(message, sizeof(message),
                 "cells of \"%s.%s\" are there already, published under an earlier \"fold\" or by "
                 "somebody else; with their %lld families, %lld records stay in the open cells",
                 target.schema, target.name, (long long)families, (long long)records);
    log_warning("run of category \"%s\": %s", run->category->name, message);
    if (!run->message[0])
        snprintf(run->message, sizeof(run->message), "%s", message);
}

static void on_closed(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                      const struct error *error, void *arg)
{
    (void)conn;
    bool is_there = outcome == PG_ERROR && strcmp(error->sqlstate, "23505") == 0;
    if (outcome == PG_OK && FAULT_POINT("run_close_lost"))
        outcome = PG_LOST; /* as if COMMIT's answer had not come */
    struct run *run = run_read_over(arg, is_there ? PG_OK : outcome, error);
    if (!run)
        return;
    bool settles = run->sql->stage->quasi.count > 0;
    if (is_there && !settles) {
        pass_by(run);
        return;
    }
    if (is_there) {
        run_stop_error(run, error);
        run_pump(run);
        return;
    }
    if (PQntuples(result) != 1 || PQnfields(result) != (settles ? 5 : 4)) {
        run_stop(run, RUN_FAILED, "unexpected answer of the server: closed cells");
        return;
    }
    if (settles) {
        settled(run, result);
        return;
    }
    int64_t families = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
    int64_t passed = strtoll(PQgetvalue(result, 0, 1), NULL, 10);
    int64_t published = strtoll(PQgetvalue(result, 0, 3), NULL, 10);
    if (published > 0)
        log_info("run of category \"%s\": %lld cells were published", run->category->name,
                 (long long)published);
    (void)FAULT_POINT("run_after_close");
    if (families >= run->close_most) {
        run->close_most *= 2;
        if (run->close_most > FAMILIES_MOST)
            run->close_most = FAMILIES_MOST;
        run_pump(run);
        return;
    }
    if (passed > 0)
        tell_passed(run, passed, strtoll(PQgetvalue(result, 0, 2), NULL, 10));
    run_finish(run, RUN_DONE);
}

void run_close_next(struct run *run, struct lane *lane)
{
    run->close_asked++;
    run_write_statement(run, lane, &run->sql->close, on_closed);
    (void)FAULT_POINT("run_close_sent");
}
