/* A lane: one worker connection, and the batch or the read that is under way on it.
 *
 *   CLOSED -> CONNECTING -> JOINING -> READY <-> BUSY;  lost: back to CONNECTING by itself
 *
 * A lane is READY once its backend is registered under the term (retention.join_session): a
 * successor can then terminate it. Whoever takes a READY lane makes it BUSY and gives it back. */
#ifndef ENGINE_LANE_H
#define ENGINE_LANE_H

#include <event2/event.h>
#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "engine/pace.h"
#include "engine/sweep.h"
#include "pg/conn.h"

struct batch;
struct run_use;
struct worker;

enum lane_state { LANE_CLOSED, LANE_CONNECTING, LANE_JOINING, LANE_READY, LANE_BUSY, LANE_DEAD };

struct lane {
    struct worker *worker;
    size_t number;
    enum lane_state state;
    struct pg_conn *conn;
    int64_t told_us; /* when it last said that it cannot connect; 0: not since it last could */
    int pid;         /* of the backend joined last; kept when it is lost */
    char backend_start[64];
    int idle_pid;          /* of silence.c: the backend that did nothing at the last look, */
    int64_t idle_since_us; /* and when it had been heard of last */
    struct event *timer;   /* of whoever has the lane */
    void (*timer_fn)(struct lane *lane, void *arg);
    void *timer_arg;
    struct error error;    /* why it is dead */
    struct batch *batch;   /* owned; made by the first batch on this lane */
    int64_t began_us;      /* monotonic: its last batch */
    bool reads;            /* lane_read is under way: to cancel it costs nothing */
    enum pace_share share; /* of the next lane_read: among several processes of the server */
    struct run_use *use;   /* of the run's read under way, or NULL */
    struct work again;     /* of the run: to be tried again when the timer ends */
};

struct lane *lane_new(struct worker *worker, size_t number);
void lane_open(struct lane *lane); /* no effect where it is open */
void lane_close(struct lane *lane);
void lane_free(struct lane *lane);

void lane_take(struct lane *lane);      /* READY -> BUSY */
void lane_give_back(struct lane *lane); /* BUSY -> READY, unless it was lost meanwhile */
/* One that can be taken, or NULL: connected, nobody has it, and no timer of its last owner runs. */
struct lane *lane_any_ready(struct worker *worker);

/* Calls fn after so many milliseconds, from the loop. One timer a lane. */
void lane_after(struct lane *lane, int64_t delay_ms, void (*fn)(struct lane *lane, void *arg),
                void *arg);
/* What lane_after still waits for, if anything, comes at once; from the loop, too. */
void lane_hurry(struct lane *lane);

/* Queues the pinned settings of every transaction: the first statement behind BEGIN. Months and
 * days are added in the session's time zone, so that is the category's. */
void lane_queue_pins(struct lane *lane, const char *zone, int64_t statement_timeout_ms,
                     int64_t lock_timeout_ms, pg_result_fn *fn, void *arg);

/* One read in a transaction of its own (READ ONLY, pinned settings, no statement timeout to speak
 * of) on a lane that the caller has taken. Text results. With `rows`, each row comes alone with
 * PG_OK and one tuple, and then one call with none; without, one call. fn is called exactly once
 * with the end; the lane is still the caller's then. Where lane->share is not SHARE_ALWAYS, the
 * server is told first, or asked who else is at work; it is that again behind each read. */
void lane_read(struct lane *lane, const char *zone, const char *sql, size_t count,
               const char *const *values, bool rows, pg_result_fn *fn, void *arg);
/* The same in a transaction that may write. */
void lane_write(struct lane *lane, const char *zone, const char *sql, size_t count,
                const char *const *values, pg_result_fn *fn, void *arg);

#endif
