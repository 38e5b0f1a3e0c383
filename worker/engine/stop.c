/* Being told to stop.
 *
 *   told -> nothing new is handed out, reads are cancelled, batches finish -> the run is closed,
 *           the log signed, the leadership given up -> over
 *   after worker.stop_within: what the worker connections still do is cancelled, by the control
 *           connection: it is rolled back, and the way above goes on
 *   GIVE_UP_MS later: over, as after kill -9, which is safe too; but the next worker waits for the
 *           lease, should the server not notice that this one is gone */
#include "engine/stop.h"

#include <stdio.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/text.h"
#include "engine/lane.h"
#include "engine/state.h"

enum { GIVE_UP_MS = 10000 };

static void arm(struct worker *worker, int64_t ms)
{
    const struct timeval delay = {ms / 1000, (ms % 1000) * 1000};
    evtimer_add(worker->stop.timer, &delay);
}

static int cancel_lanes(struct worker *worker, bool reads_only)
{
    struct text pids _cleanup_text_ = {0};
    int count = 0;
    for (size_t i = 0; i < worker->lane_count; i++) {
        int pid = pg_conn_backend_pid(worker->lanes[i]->conn);
        if (pid == 0 || pg_conn_pending(worker->lanes[i]->conn) == 0 ||
            (reads_only && !worker->lanes[i]->reads))
            continue;
        text_printf(&pids, "%s%d", count++ ? "," : "{", pid);
    }
    if (count == 0)
        return 0;
    text_add_char(&pids, '}');
    const char *values[] = {pids.data};
    pg_conn_query(worker->control,
                  "SELECT pg_catalog.pg_cancel_backend(pid) FROM pg_catalog.unnest($1::int[]) pid",
                  1, values, false, NULL, NULL);
    pg_conn_sync(worker->control);
    return count;
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct worker *worker = arg;
    (void)fd;
    (void)what;
    if (worker->phase == PHASE_OVER)
        return;
    if (worker->stop.cancelled || pg_conn_state(worker->control) != PG_CONN_READY) {
        struct error error _cleanup_error_ = {0};
        error_set(&error, ERROR_FAILED, "could not end in order within worker.stop_within");
        error_detail(&error, "What was not committed is rolled back; the next worker goes on.");
        worker_fail(worker, &error);
        return;
    }
    worker->stop.cancelled = true;
    int count = cancel_lanes(worker, false);
    if (count > 0)
        log_about(LOG_LEVEL_WARNING, &(struct log_about){.event = LOG_EVENT_STOP_CANCELS},
                  "told to stop, and %d statements are not over: they are cancelled", count);
    arm(worker, GIVE_UP_MS);
}

void stop_begin(struct worker *worker)
{
    if (!worker->stop.timer)
        worker->stop.timer = evtimer_new(worker->base, on_timer, worker);
    arm(worker, worker->limits.stop_within_ms);
    int count = pg_conn_state(worker->control) == PG_CONN_READY ? cancel_lanes(worker, true) : 0;
    if (count > 0)
        log_about(LOG_LEVEL_INFO, &(struct log_about){.event = LOG_EVENT_STOPPING},
                  "%d statements that only read are cancelled", count);
}

void stop_free(struct worker *worker)
{
    if (worker->stop.timer)
        event_free(worker->stop.timer);
}
