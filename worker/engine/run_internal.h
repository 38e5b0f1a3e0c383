/* The inside of a run, for its own files: run.c (steps, passes, batches), run_plan.c (what is read
 * before, and the first entry), run_busy.c (tables that others lock), run_finish.c (the last entry,
 * status). */
#ifndef ENGINE_RUN_INTERNAL_H
#define ENGINE_RUN_INTERNAL_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

#include "engine/lane.h"
#include "engine/run.h"
#include "pg/conn.h"

struct error;
struct text;

/* A read of the run on a lane. When the run is abandoned its answer is for nobody. */
struct run_use {
    struct run *run;
    struct lane *lane;
    struct leaf *leaf; /* that is being looked at again, or NULL */
    bool abandoned;
};

void run_pump(struct run *run);
void run_after(struct run *run, int64_t delay_us); /* pump, or the next pass */
void run_stop_error(struct run *run, const struct error *error);
void run_over(struct run *run, enum run_status status);

/* A read: takes the lane. Its callback's arg is a run_use; at the end the callback calls
 * run_read_over, which gives the lane back. NULL: it failed, or the run is gone, and all is done
 * that has to be. */
struct run *run_read_over(void *arg, enum pg_outcome outcome, const struct error *error);
void run_read(struct run *run, struct lane *lane, const char *sql, size_t count,
              const char *const *values, bool rows, pg_result_fn *fn);
void run_read_statement(struct run *run, struct lane *lane, const struct sql_statement *statement,
                        bool rows, pg_result_fn *fn);
/* The same in a transaction that may write. */
void run_write_statement(struct run *run, struct lane *lane, const struct sql_statement *statement,
                         pg_result_fn *fn);
void run_write(struct run *run, struct lane *lane, const char *sql, size_t count,
               const char *const *values, pg_result_fn *fn);
/* plan and remaining for run->shapes. */
const struct sql_counts *run_counts(struct run *run);
/* Does the answer say that it counted without knowing of some scopes of holds? Then run_counts is
 * about all shapes from now on, and the same is to be asked again. */
bool run_counted_blindly(struct run *run, const PGresult *result, int columns);
/* The lane and the leaf of a use that is over; frees it. NULL run: abandoned. */
struct run *run_use_end(void *arg, struct leaf **ret_leaf);

/* A statement on the control connection. fn is not called when the run is gone by then; a lost
 * connection is not reported either: it ends the run by itself. */
typedef void run_control_fn(struct run *run, PGresult *result, const struct error *error);
void run_control(struct run *run, const char *sql, size_t count, const char *const *values,
                 run_control_fn *fn);
/* The same, planned once for each connection under a name. */
void run_control_often(struct run *run, const char *name, const char *sql, size_t count,
                       const char *const *values, run_control_fn *fn);
void run_quoted_table(const struct run *run, struct text *out);

void run_plan_next(struct run *run, struct lane *lane); /* the read of steps TIME to TENANTS */
void run_planned(struct run *run);                      /* start_run was accepted: sweep */

/* run_close.c: step CLOSE */
/* Nothing is left to act on: the run closes cells, if it has any, and ends. */
void run_complete(struct run *run);
void run_close_next(struct run *run, struct lane *lane);
void run_keep_groups(struct run *run, struct lane *lane); /* step GROUPS */
void run_sweep_again(struct run *run);                    /* run.c: records are due once more */

/* run_drop.c: step DROP, the last before FINISH; finishes the run at once where there is nothing to
 * drop. */
void run_drop(struct run *run);
void run_drop_next(struct run *run, struct lane *lane);
void run_drops_free(struct run_drops *drops);

/* For retentionctl status: why the run does nothing; NULL: it goes on. */
void run_tell_waits(struct run *run, const char *why);
/* The same for one that has no row of retention.run, and no entry. fn may be NULL. */
void run_record_failure(struct run *run, const char *sqlstate, const char *because,
                        run_control_fn *fn);

/* run_busy.c: relations that others keep locked as a whole */
bool run_is_locked(const struct error *error);
/* A batch waits to be tried again; for the so-manieth time. */
void run_busy_waits(struct run *run, const char *relation, int attempts);
void run_busy_over(struct run *run, struct leaf *leaf); /* a batch got the leaf's lock */
void run_busy_leaf(struct run *run, struct leaf *leaf); /* the leaf is left in this pass */
/* The run ends, as stopped. relation "": one of those that it reads. */
void run_busy_stop(struct run *run, const char *relation);
/* A read is tried again, or the run ends. */
void run_busy_read(struct run *run);
/* A read begins: while it goes on, it is looked whether others wait for it. */
void run_watch_read(struct run *run);
bool run_gave_read_up(const struct run *run, const struct error *error);
/* It was: again a little later, or the run ends. */
void run_read_given_up(struct run *run);

/* Steps FINISH and OVER. */
void run_finish(struct run *run, enum run_status status);

#endif
