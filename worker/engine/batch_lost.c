/* A batch whose connection was lost: what became of it?
 *
 * Its backend may still be at work, so first it is ended and waited for, through the control
 * connection. Where COMMIT had been sent, (run, seq) then tells whether it arrived: deletion and
 * entry are one transaction. Nothing is replayed on a guess. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "engine/batch_internal.h"

enum { RESOLVE_EVERY_MS = 200 };

static void resolve(struct batch *batch);

static void on_resolve_timer(struct lane *lane, void *arg)
{
    struct batch *batch = arg;
    (void)lane;
    batch->resolve_waits = false;
    resolve(batch);
}

static void resolve_later(struct batch *batch)
{
    batch->resolve_waits = true;
    lane_after(batch->lane, RESOLVE_EVERY_MS, on_resolve_timer, batch);
}

static void resolved(struct batch *batch, bool committed)
{
    log_info("batch of category \"%s\": its connection was lost, and it was %s",
             batch->run->category->name, committed ? "committed" : "rolled back");
    batch->result.end = committed ? BATCH_ACTED : BATCH_LOST;
    if (!committed) {
        batch->result.more = true;
        batch->result.rest = batch->work;
        batch->result.rest.attempts++;
        if (batch->work.attempts > BATCH_MOST_ATTEMPTS) {
            batch->result.end = BATCH_STOP;
            error_set(&batch->result.error, ERROR_FAILED,
                      "the connection was lost in the same batch again and again");
        }
    }
    batch_finish(batch, committed);
}

static void on_exists(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                      const struct error *error, void *arg)
{
    struct batch *batch = arg;
    (void)conn;
    (void)error;
    if (batch->abandoned) {
        batch_finish(batch, false);
    } else if (outcome == PG_OK) {
        resolved(batch, PQgetvalue(result, 0, 0)[0] == 't');
    } else {
        resolve_later(batch); /* the control connection's loss ends everything by itself */
    }
}

static void on_gone(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                    const struct error *error, void *arg)
{
    struct batch *batch = arg;
    (void)error;
    if (batch->abandoned) {
        batch_finish(batch, false);
        return;
    }
    if (outcome != PG_OK || PQgetvalue(result, 0, 0)[0] != 't') {
        resolve_later(batch);
        return;
    }
    if (!batch->commit_sent || batch->seq_count == 0) {
        resolved(batch, false);
        return;
    }
    char seq[24];
    snprintf(seq, sizeof(seq), "%lld", (long long)batch->seq);
    const char *values[] = {batch->run->id, seq};
    pg_conn_query(conn, "SELECT retention.batch_exists($1::uuid, $2::bigint)", 2, values, false,
                  on_exists, batch);
    pg_conn_sync(conn);
}

static void resolve(struct batch *batch)
{
    if (batch->abandoned) {
        batch_finish(batch, false);
        return;
    }
    char pid[16];
    snprintf(pid, sizeof(pid), "%d", batch->lost_pid);
    const char *values[] = {pid, batch->lost_backend_start};
    pg_conn_query(batch->run->worker->control,
                  "SELECT retention.session_is_gone($1::int, $2::timestamptz, true)", 2, values,
                  false, on_gone, batch);
    pg_conn_sync(batch->run->worker->control);
}

void batch_lost(struct batch *batch)
{
    batch->state = BATCH_STATE_RESOLVING;
    resolve(batch);
}
