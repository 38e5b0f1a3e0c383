/* The connection's states.
 *
 * Concepts. conn_become is the only function that changes the state, and it knows which changes are
 * legal. Two lists hold the requests: those not sent yet and those that await their answer. One
 * timer serves the state: the limit of an attempt, or the pause before the next.
 *
 * Callbacks may do anything to the connection, so every function that can call one is between
 * conn_enter and conn_leave; a connection freed meanwhile is parked, and goes with the outermost
 * conn_leave. After each callback the caller looks at the state again before it touches libpq.
 * Callbacks come from the loop, from pg_conn_close and from pg_conn_free only: what else a public
 * function finds to do (a failed send, the first step of connecting) is left to the `soon` event.
 */
#include "pg/conn_internal.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/text.h"

enum {
    DEFAULT_CONNECT_TIMEOUT_MS = 10000,
    DEFAULT_BACKOFF_MOST_MS = 30000,
};

static const char *const state_names[] = {
    [PG_CONN_IDLE] = "idle",     [PG_CONN_CONNECTING] = "connecting", [PG_CONN_READY] = "ready",
    [PG_CONN_BROKEN] = "broken", [PG_CONN_CLOSED] = "closed",
};

#define TO(state) (1u << (state))
static const unsigned legal[] = {
    [PG_CONN_IDLE] = TO(PG_CONN_CONNECTING) | TO(PG_CONN_CLOSED),
    [PG_CONN_CONNECTING] = TO(PG_CONN_READY) | TO(PG_CONN_BROKEN) | TO(PG_CONN_CLOSED),
    [PG_CONN_READY] = TO(PG_CONN_BROKEN) | TO(PG_CONN_CLOSED),
    [PG_CONN_BROKEN] = TO(PG_CONN_CONNECTING) | TO(PG_CONN_CLOSED),
    [PG_CONN_CLOSED] = TO(PG_CONN_CONNECTING),
};

void conn_become(struct pg_conn *conn, enum pg_conn_state state)
{
    if (!(legal[conn->state] & TO(state))) { /* not assert: a release build must not go on either */
        fprintf(stderr, "fatal: a connection cannot go from %s to %s\n", state_names[conn->state],
                state_names[state]);
        abort();
    }
    conn->state = state;
}

void conn_do_soon(struct pg_conn *conn)
{
    event_active(conn->soon, EV_TIMEOUT, 0);
}

void conn_timer_set(struct pg_conn *conn, int64_t ms)
{
    struct timeval wait = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
    event_add(conn->timer, &wait);
}

/* Ends libpq's connection and all that belongs to it. Safe at any time, twice too. */
static void conn_disconnect(struct pg_conn *conn)
{
    event_del(conn->timer);
    if (conn->socket_event)
        event_free(conn->socket_event); /* before libpq closes the descriptor under it */
    if (conn->write_event)
        event_free(conn->write_event);
    conn->socket_event = conn->write_event = NULL;
    if (conn->libpq)
        PQfinish(conn->libpq);
    conn->libpq = NULL;
    conn->want_send = conn->send_failed = false;
    conn_forget_statements(conn);
}

static void conn_destroy(struct pg_conn *conn)
{
    conn_disconnect(conn);
    event_free(conn->timer);
    event_free(conn->soon);
    free(conn->conninfo);
    free(conn->application_name);
    free(conn);
}

void conn_enter(struct pg_conn *conn)
{
    conn->depth++;
}

void conn_leave(struct pg_conn *conn)
{
    if (conn->depth == 1 && !conn->freed && conn->state == PG_CONN_READY && conn->want_send &&
        !conn->send_failed) {
        conn->send_failed = !conn_send(conn);
        /* Where libpq could not write it has read: the socket may not become readable again. */
        conn_do_soon(conn);
    }
    if (--conn->depth == 0 && conn->freed)
        conn_destroy(conn);
}

void conn_break(struct pg_conn *conn, const struct error *error, bool retry)
{
    if (conn->useful)
        conn->attempts = 0;
    conn->useful = false;
    conn_become(conn, PG_CONN_BROKEN);
    conn_disconnect(conn);
    conn->retrying = retry;
    conn_lose_requests(conn, error->primary);
    if (conn->freed || conn->state == PG_CONN_CLOSED)
        return;
    int64_t wait_ms = -1;
    if (conn->state == PG_CONN_CONNECTING) { /* a callback opened it */
        wait_ms = 0;
    } else if (retry) {
        wait_ms = conn_backoff_ms(conn->attempts++, conn->backoff_most_ms);
        conn_timer_set(conn, wait_ms);
    }
    if (conn->events.broken)
        conn->events.broken(conn, error, wait_ms, conn->arg);
}

void conn_take_input(struct pg_conn *conn, bool alive)
{
    alive = conn_results(conn) && alive; /* also after a failed read: answers came before it */
    while (conn->state == PG_CONN_READY) {
        PGnotify *notify = PQnotifies(conn->libpq);
        if (!notify)
            break;
        if (conn->events.notified)
            conn->events.notified(conn, notify->relname, notify->extra, conn->arg);
        PQfreemem(notify);
    }
    if (conn->state == PG_CONN_READY && !alive) {
        struct error error _cleanup_error_ = {0};
        conn_lost_error(conn, &error);
        conn_break(conn, &error, true);
    }
}

/* Nobody will send what is queued now, until somebody opens the connection. */
static bool conn_is_hopeless(const struct pg_conn *conn)
{
    return conn->state == PG_CONN_CLOSED || (conn->state == PG_CONN_BROKEN && !conn->retrying);
}

static void on_soon(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    struct pg_conn *conn = arg;
    conn_enter(conn);
    if (conn->state == PG_CONN_CONNECTING && !conn->libpq) {
        conn_connect_start(conn);
    } else if (conn->state == PG_CONN_READY) {
        /* After a failed send the server's reason, and answers before it, may be in the socket. */
        if (conn->send_failed)
            PQconsumeInput(conn->libpq);
        conn_take_input(conn, !conn->send_failed);
    } else if (conn_is_hopeless(conn)) {
        conn_lose_requests(conn, conn->state == PG_CONN_CLOSED ? "connection is closed"
                                                               : "there is no connection");
    }
    conn_leave(conn);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    struct pg_conn *conn = arg;
    conn_enter(conn);
    if (conn->state == PG_CONN_CONNECTING) {
        conn_connect_timed_out(conn);
    } else if (conn->state == PG_CONN_BROKEN) {
        conn_become(conn, PG_CONN_CONNECTING);
        conn_connect_start(conn);
    }
    conn_leave(conn);
}

struct pg_conn *pg_conn_new(struct event_base *base, const struct pg_conn_options *options,
                            const struct pg_conn_events *events, void *arg)
{
    struct pg_conn *conn = xcalloc(1, sizeof(*conn));
    conn->base = base;
    conn->events = *events;
    conn->arg = arg;
    conn->conninfo = xstrdup(options->conninfo ? options->conninfo : "");
    conn->application_name = xstrdup(options->application_name ? options->application_name : "");
    conn->connect_timeout_ms =
        options->connect_timeout_ms > 0 ? options->connect_timeout_ms : DEFAULT_CONNECT_TIMEOUT_MS;
    snprintf(conn->own_class, sizeof(conn->own_class), "%s",
             options->own_class ? options->own_class : "");
    conn->backoff_most_ms =
        options->backoff_most_ms > 0 ? options->backoff_most_ms : DEFAULT_BACKOFF_MOST_MS;
    conn->state = PG_CONN_IDLE;
    TAILQ_INIT(&conn->unsent);
    TAILQ_INIT(&conn->sent);
    TAILQ_INIT(&conn->lost);
    LIST_INIT(&conn->statements);
    conn->timer = evtimer_new(base, on_timer, conn);
    conn->soon = evtimer_new(base, on_soon, conn);
    if (!conn->timer || !conn->soon) {
        fputs("fatal: out of memory\n", stderr);
        abort();
    }
    return conn;
}

void pg_conn_open(struct pg_conn *conn)
{
    if (conn->freed || conn->state == PG_CONN_CONNECTING || conn->state == PG_CONN_READY)
        return;
    event_del(conn->timer);
    conn_become(conn, PG_CONN_CONNECTING);
    conn_do_soon(conn);
}

/* Ends the connection for good, or until pg_conn_open. */
static void conn_shut(struct pg_conn *conn)
{
    if (conn->state != PG_CONN_CLOSED)
        conn_become(conn, PG_CONN_CLOSED);
    conn_disconnect(conn);
    conn->attempts = 0;
    conn->useful = false;
    conn_lose_requests(conn, "connection was closed");
}

void pg_conn_close(struct pg_conn *conn)
{
    conn_enter(conn);
    conn_shut(conn);
    conn_leave(conn);
}

void pg_conn_free(struct pg_conn *conn)
{
    if (!conn || conn->freed)
        return;
    conn_enter(conn);
    conn->freed = true;
    do
        conn_shut(conn);
    while (!TAILQ_EMPTY(&conn->unsent)); /* queued by those callbacks: they complete too */
    conn_leave(conn);
}

enum pg_conn_state pg_conn_state(const struct pg_conn *conn)
{
    return conn->state;
}

int pg_conn_backend_pid(const struct pg_conn *conn)
{
    return conn->state == PG_CONN_READY ? PQbackendPID(conn->libpq) : 0;
}

int64_t pg_conn_heard_us(const struct pg_conn *conn)
{
    return conn->state == PG_CONN_READY ? conn->heard_us : 0;
}

/* PgBouncer and its like make up what they tell a client of its backend, for they give it another
 * one when it suits them; their answer of the server itself is true. */
bool pg_conn_is_direct(const struct pg_conn *conn, const PGresult *backend_pid, struct error *error)
{
    int pid = PQntuples(backend_pid) == 1 ? (int)text_number(PQgetvalue(backend_pid, 0, 0), 0) : 0;
    if (pid != 0 && pid == pg_conn_backend_pid(conn))
        return true;
    error_set(error, ERROR_CONFIG, "the connection goes through a pooler, such as PgBouncer");
    error_hint(error,
               "Let database.conninfo name the server itself: settings, locks and the session "
               "must be the worker's own, and its sessions must end when it says so.");
    return false;
}

void pg_conn_give_up(struct pg_conn *conn, const char *why)
{
    struct error error _cleanup_error_ = {0};
    if (conn->state != PG_CONN_READY)
        return;
    conn_enter(conn);
    error_set(&error, ERROR_FAILED, "%s", why);
    conn_break(conn, &error, true);
    conn_leave(conn);
}

PGconn *pg_conn_libpq(struct pg_conn *conn)
{
    return conn->libpq;
}

size_t pg_conn_pending(const struct pg_conn *conn)
{
    return conn->pending;
}
