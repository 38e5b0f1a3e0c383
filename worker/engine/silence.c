/* Worker connections that went dead without anybody's saying so: a firewall forgot them, a proxy
 * between holds them open. TCP may notice, after a minute or never.
 *
 * How long a statement takes says nothing: a batch may take minutes, a count an hour. But the
 * server knows whether it works: where a lane waits for an answer, and has heard nothing for a
 * lease, its backend is looked at over the control connection. One that is gone, waits for a next
 * statement, or for somebody to take its answer, is not the one that lets us wait. Found so in two
 * looks in a row, with nothing heard between (the answer may have been under way), the lane is
 * given up. It connects again, and batch_lost.c finds out what became of its batch. */
#include "engine/silence.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/sql_files.h"
#include "base/text.h"
#include "engine/lane.h"
#include "engine/state.h"

static bool is_silent(const struct worker *worker, const struct lane *lane)
{
    return pg_conn_state(lane->conn) == PG_CONN_READY && pg_conn_pending(lane->conn) > 0 &&
           clock_monotonic_us() - pg_conn_heard_us(lane->conn) > worker->limits.lease_ms * 1000;
}

static void give_up(struct lane *lane)
{
    static const char why[] = "nothing comes through a worker connection: it is given up";
    log_about(LOG_LEVEL_WARNING, &(struct log_about){.event = LOG_EVENT_CONNECTION}, "%s", why);
    pg_conn_give_up(lane->conn, why);
}

/* One pid a row: backends that do nothing. */
static void on_idle(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                    const struct error *error, void *arg)
{
    struct worker *worker = arg;
    (void)conn;
    (void)error;
    if (outcome != PG_OK || worker->phase == PHASE_OVER)
        return;
    for (int row = 0; row < PQntuples(result); row++) {
        int pid = text_number(PQgetvalue(result, row, 0), 0);
        for (size_t i = 0; i < worker->lane_count; i++) {
            struct lane *lane = worker->lanes[i];
            if (pg_conn_backend_pid(lane->conn) != pid || !is_silent(worker, lane))
                continue;
            int64_t heard_us = pg_conn_heard_us(lane->conn);
            bool again = lane->idle_pid == pid && lane->idle_since_us == heard_us;
            lane->idle_pid = pid;
            lane->idle_since_us = heard_us;
            if (again)
                give_up(lane);
        }
    }
}

void silence_look(struct worker *worker)
{
    struct text pids _cleanup_text_ = {0};
    for (size_t i = 0; i < worker->lane_count; i++)
        if (is_silent(worker, worker->lanes[i]))
            text_printf(&pids, "%s%d", pids.length ? "," : "{",
                        pg_conn_backend_pid(worker->lanes[i]->conn));
    if (pids.length == 0)
        return;
    text_add_char(&pids, '}');
    const char *values[] = {pids.data};
    pg_conn_query(worker->control, sql_file("engine/idle_backends.sql"), 1, values, false, on_idle,
                  worker);
    pg_conn_sync(worker->control);
}
