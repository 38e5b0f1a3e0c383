/* One asynchronous connection to PostgreSQL: one state machine over libpq's pipeline mode.
 *
 *   IDLE -> CONNECTING -> READY -> BROKEN -> (backoff) -> CONNECTING ...      any -> CLOSED
 *
 * Requests are queued and sent in order; each completes exactly once: with a result, with the
 * server's error, or with ERROR_FAILED and no SQLSTATE when the connection was lost. A sync point
 * ends a group: after an error the rest of the group completes as aborted. Callbacks may queue more
 * requests, close or free the connection (a freed one is parked until the callback is over).
 *
 * Callbacks come from the event loop, and from pg_conn_close and pg_conn_free; never from within
 * a function that queues. Requests may be queued in any state: before the connection is READY they
 * wait for it; a failed attempt completes them as lost; when nothing will connect (CLOSED, or
 * BROKEN without retry) they are lost at the loop's next turn.
 *
 * Statements that change something belong between BEGIN and COMMIT: without them a group's implicit
 * transaction commits at the sync point, after its statements completed. COMMIT of a failed
 * transaction is PG_OK with the command tag "ROLLBACK": look at PQcmdStatus.
 *
 * No text of PostgreSQL's errors passes here, for it may hold a row's value: see conn_error.c.
 *
 * Names of hosts are resolved by libpq, which blocks the loop meanwhile, at each attempt to
 * connect: use a socket directory, an address, or hostaddr beside host where that matters. Ending a
 * connection does not end a statement under way in the server: cancel or terminate it from another
 * connection. */
#ifndef PG_CONN_H
#define PG_CONN_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event_base;
struct error;
struct pg_conn;

enum pg_conn_state {
    PG_CONN_IDLE,
    PG_CONN_CONNECTING,
    PG_CONN_READY,
    PG_CONN_BROKEN,
    PG_CONN_CLOSED
};

/* How a request ended. */
enum pg_outcome {
    PG_OK,      /* result holds rows or a command tag */
    PG_ERROR,   /* the server refused it: error->sqlstate */
    PG_ABORTED, /* an earlier request of its group failed; it was not executed */
    PG_LOST,    /* the connection broke; whether it was executed is unknown (also where the server
                   said so with FATAL: it does after a COMMIT that is done, too) */
};

/* result is owned by the connection and gone after the callback, NULL unless PG_OK; error is set
 * unless PG_OK. */
typedef void pg_result_fn(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                          const struct error *error, void *arg);

struct pg_conn_events {
    /* Each may be NULL. */
    void (*ready)(struct pg_conn *conn, void *arg);
    /* Lost or refused; every open request was completed before. will_retry_ms: < 0 if it will not
     * (wrong password, absent database: retrying does not help until somebody acts). The error has
     * the SQLSTATE of the server's farewell or refusal, ERROR_CONFIG where the connection string is
     * wrong. Not called for pg_conn_close. */
    void (*broken)(struct pg_conn *conn, const struct error *error, int64_t will_retry_ms,
                   void *arg);
    void (*notified)(struct pg_conn *conn, const char *channel, const char *payload, void *arg);
};

struct pg_conn_options {
    const char *conninfo; /* libpq's; application_name is appended by the connection */
    const char *application_name;
    int connect_timeout_ms; /* own timer; libpq's does not apply; 0: 10 s */
    int backoff_most_ms;    /* doubling with jitter from 100 ms; 0: 30 s */
    /* Messages and hints of this class of SQLSTATEs ("RT") are told as the server gives them:
     * schema retention's functions raise them, and no row's value is in them. Only for connections
     * on which nobody else's functions or triggers run; NULL: none. */
    const char *own_class;
};

/* options and events are copied; the connection is IDLE until pg_conn_open. */
struct pg_conn *pg_conn_new(struct event_base *base, const struct pg_conn_options *options,
                            const struct pg_conn_events *events, void *arg);
/* Connects; while it is BROKEN at once, without waiting for the backoff. Nothing where it is open.
 */
void pg_conn_open(struct pg_conn *conn);
/* Ends the connection; open requests complete as PG_LOST. No retry until pg_conn_open. */
void pg_conn_close(struct pg_conn *conn);
/* Closes and frees; every open request has completed when it returns. Accepts NULL; allowed inside
 * the connection's own callbacks. */
void pg_conn_free(struct pg_conn *conn);

enum pg_conn_state pg_conn_state(const struct pg_conn *conn);
int pg_conn_backend_pid(const struct pg_conn *conn); /* 0 unless READY */
/* When something was last heard of the server: the monotonic clock, microseconds. 0 unless READY.
 */
int64_t pg_conn_heard_us(const struct pg_conn *conn);
#define ASK_BACKEND_PID "SELECT pg_catalog.pg_backend_pid()"
/* Before any statement that has an operator: those of a schema that the database's or the role's
 * own search_path puts first would run with the rights of whoever connects. What we ask of catalogs
 * runs for milliseconds; compiling it would take longer. */
#define PIN_SESSION                                                                                \
    "SELECT pg_catalog.set_config('search_path', '', false), "                                     \
    "pg_catalog.set_config('standard_conforming_strings', 'on', false), "                          \
    "pg_catalog.set_config('jit', 'off', false)"
/* Whether the backend that answered ASK_BACKEND_PID is the one that the connection was promised;
 * else the error of a pooler between, where settings, locks and the session are not the caller's
 * own. */
bool pg_conn_is_direct(const struct pg_conn *conn, const PGresult *backend_pid,
                       struct error *error);
/* Somebody found out that a READY connection is dead: it is BROKEN for this reason, and connects
 * again. From the loop only. */
void pg_conn_give_up(struct pg_conn *conn, const char *why);
/* In the callback of a statement that failed (PG_ERROR): a field of the server's report that names
 * something of the catalog (PG_DIAG_CONSTRAINT_NAME, PG_DIAG_COLUMN_NAME); NULL: it has none. */
const char *pg_conn_refused_field(const struct pg_conn *conn, int field);
/* For escaping and parameter status only; NULL while there is none. */
PGconn *pg_conn_libpq(struct pg_conn *conn);

/* Queues one statement (extended protocol). values are text and copied; NULL is SQL NULL.
 * binary_result asks for binary columns. fn may be NULL. */
void pg_conn_query(struct pg_conn *conn, const char *sql, size_t count, const char *const *values,
                   bool binary_result, pg_result_fn *fn, void *arg);
/* The same with binary parameters: lengths[i] and formats[i] (0 text, 1 binary). */
void pg_conn_query_binary(struct pg_conn *conn, const char *sql, size_t count,
                          const char *const *values, const int *lengths, const int *formats,
                          bool binary_result, pg_result_fn *fn, void *arg);
/* Prepares once per connection and executes; `name` identifies the text (another text under the
 * name replaces it). Where the preparation fails, the request completes with its error. */
void pg_conn_execute(struct pg_conn *conn, const char *name, const char *sql, size_t count,
                     const char *const *values, const int *lengths, const int *formats,
                     bool binary_result, pg_result_fn *fn, void *arg);
/* Ends a group and flushes. */
void pg_conn_sync(struct pg_conn *conn);
/* Asks the server to send what it has so far without ending the group. */
void pg_conn_flush(struct pg_conn *conn);
/* Rows one at a time for the request queued last, right after it was queued: fn is called with each
 * (PG_OK, PQresultStatus PGRES_SINGLE_TUPLE, ntuples 1) and once at the end (PG_OK with ntuples 0,
 * or another outcome). */
void pg_conn_single_rows(struct pg_conn *conn);
/* Requests queued or under way, sync points not counted. */
size_t pg_conn_pending(const struct pg_conn *conn);

#endif
