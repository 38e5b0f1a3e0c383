/* Reaching the server: the attempt, its time limit, the pause before the next one, and the events
 * of a connection that is ready.
 *
 * libpq may close its socket and open another between two calls of PQconnectPoll (several
 * addresses, TLS refused and tried again without), and the new one often has the old one's number.
 * So the event of an attempt is one shot: it is no longer registered when PQconnectPoll is called,
 * and is made anew from PQsocket afterwards.
 *
 * Name resolution. PQconnectStart calls getaddrinfo, which blocks the loop as long as the resolver
 * takes; libpq offers nothing else. A socket directory, an address in `host` or `hostaddr`, or a
 * name in /etc/hosts avoids it. It happens at each attempt, so a moved name is followed. */
#include "pg/conn_internal.h"

#include <event2/event.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "pg/sqlstate.h"

enum { BACKOFF_FIRST_MS = 100 };

int64_t conn_backoff_ms(unsigned attempts, int most_ms)
{
    int64_t wait = BACKOFF_FIRST_MS;
    for (unsigned i = 0; i < attempts && wait < most_ms; i++)
        wait *= 2;
    if (wait > most_ms)
        wait = most_ms;
    /* Up to a quarter less, so that many workers do not come back in one moment. */
    uint32_t dice;
    random_bytes(&dice, sizeof(dice));
    return wait - (int64_t)(dice % (uint64_t)(wait / 4 + 1));
}

/* Notices may carry a row's values: none is shown. But the server's farewell to an idle connection
 * arrives as one, and its SQLSTATE says why. */
static void on_notice(void *arg, const PGresult *result)
{
    struct pg_conn *conn = arg;
    const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    if (severity && sqlstate && (!strcmp(severity, "FATAL") || !strcmp(severity, "PANIC")))
        snprintf(conn->last_fatal, sizeof(conn->last_fatal), "%s", sqlstate);
}

void conn_lost_error(const struct pg_conn *conn, struct error *error)
{
    if (conn->last_fatal[0]) {
        error_set(error, ERROR_FAILED, "connection to the server was lost: %s",
                  sqlstate_condition(conn->last_fatal));
        error_set_sqlstate(error, conn->last_fatal);
    } else {
        error_set(error, ERROR_FAILED, "connection to the server was lost");
    }
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    struct pg_conn *conn = arg;
    conn_enter(conn);
    conn->want_send = true;
    conn_leave(conn);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    struct pg_conn *conn = arg;
    conn_enter(conn);
    conn->heard_us = clock_monotonic_us();
    conn_take_input(conn, PQconsumeInput(conn->libpq) == 1);
    conn_leave(conn);
}

static void connect_failed(struct pg_conn *conn)
{
    struct error error _cleanup_error_ = {0};
    bool retry = conn_connect_error(conn->libpq, &error);
    conn_break(conn, &error, retry);
}

void conn_connect_timed_out(struct pg_conn *conn)
{
    struct text place _cleanup_text_ = {0};
    struct error error _cleanup_error_ = {0};
    conn_describe(conn->libpq, &place);
    error_set(&error, ERROR_FAILED, "could not connect to %s: no answer within %d ms", place.data,
              conn->connect_timeout_ms);
    error_hint(&error, "A firewall may drop the packets, or the server may be overloaded.");
    conn_break(conn, &error, true);
}

static void connect_done(struct pg_conn *conn)
{
    PGconn *libpq = conn->libpq;
    event_del(conn->timer);
    struct error error _cleanup_error_ = {0};
    if (PQsetnonblocking(libpq, 1) != 0 || PQenterPipelineMode(libpq) != 1) {
        error_set(&error, ERROR_FAILED, "could not enter pipeline mode");
        conn_break(conn, &error, true);
        return;
    }
    conn->socket_event =
        event_new(conn->base, PQsocket(libpq), EV_READ | EV_PERSIST, on_readable, conn);
    conn->write_event = event_new(conn->base, PQsocket(libpq), EV_WRITE, on_writable, conn);
    if (!conn->socket_event || !conn->write_event || event_add(conn->socket_event, NULL) != 0) {
        error_set(&error, ERROR_FAILED, "could not watch the connection's socket");
        conn_break(conn, &error, true);
        return;
    }
    conn_become(conn, PG_CONN_READY);
    conn->heard_us = clock_monotonic_us();
    conn->want_send = true; /* what was queued before */
    if (conn->events.ready)
        conn->events.ready(conn, conn->arg);
}

static void on_connecting(evutil_socket_t fd, short what, void *arg);

/* Waits for the socket that libpq has now. */
static void connect_wait(struct pg_conn *conn, short what)
{
    if (conn->socket_event)
        event_free(conn->socket_event);
    conn->socket_event = event_new(conn->base, PQsocket(conn->libpq), what, on_connecting, conn);
    if (!conn->socket_event || event_add(conn->socket_event, NULL) != 0) {
        struct error error _cleanup_error_ = {0};
        error_set(&error, ERROR_FAILED, "could not watch the connection's socket");
        conn_break(conn, &error, true);
    }
}

static void on_connecting(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    struct pg_conn *conn = arg;
    conn_enter(conn);
    event_free(conn->socket_event);
    conn->socket_event = NULL;
    switch (PQconnectPoll(conn->libpq)) {
    case PGRES_POLLING_READING:
        connect_wait(conn, EV_READ);
        break;
    case PGRES_POLLING_WRITING:
        connect_wait(conn, EV_WRITE);
        break;
    case PGRES_POLLING_OK:
        connect_done(conn);
        break;
    default:
        connect_failed(conn);
        break;
    }
    conn_leave(conn);
}

void conn_connect_start(struct pg_conn *conn)
{
    struct error error _cleanup_error_ = {0};
    conn->last_fatal[0] = '\0';
    if (!conn_conninfo_is_valid(conn->conninfo, &error)) {
        conn_break(conn, &error, false);
        return;
    }
    /* Before "dbname" stands what the connection string may change, after it what it may not: keys
     * are compared as text, so the encoding must not depend on PGCLIENTENCODING. */
    const char *const names[] = {
        "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout",
        "dbname",          "client_encoding",     "application_name", NULL};
    const char *const values[] = {
        "30", "10", "3", "30000", conn->conninfo, "UTF8", conn->application_name, NULL};
    conn->libpq = PQconnectStartParams(names, values, 1);
    if (!conn->libpq) {
        error_set(&error, ERROR_FAILED, "could not connect: out of memory");
        conn_break(conn, &error, true);
        return;
    }
    PQsetNoticeReceiver(conn->libpq, on_notice, conn);
    PQsetErrorVerbosity(conn->libpq, PQERRORS_VERBOSE); /* its message then tells the SQLSTATE */
    if (PQstatus(conn->libpq) == CONNECTION_BAD) {
        connect_failed(conn);
        return;
    }
    conn_timer_set(conn, conn->connect_timeout_ms);
    connect_wait(conn, EV_WRITE);
}
