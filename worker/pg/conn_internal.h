/* The connection's inside, shared by conn.c (states), conn_connect.c (reaching the server) and
 * conn_pipeline.c (requests and results). Nobody else includes this. */
#ifndef PG_CONN_INTERNAL_H
#define PG_CONN_INTERNAL_H

#include <sys/queue.h>

#include "base/error.h"
#include "pg/conn.h"

struct event;
struct text;

enum request_kind {
    REQUEST_QUERY,
    REQUEST_EXECUTE,
    REQUEST_PREPARE, /* made by the connection before a REQUEST_EXECUTE; nobody's callback */
    REQUEST_FORGET,  /* likewise: what no name means any more takes the server's memory */
    REQUEST_SYNC,
    REQUEST_FLUSH, /* the server does not answer it */
};

/* A statement by its caller's name. The server knows it as "s<serial>": each Parse gets a serial of
 * its own, since one that awaits its answer may turn out aborted with its group. */
struct statement {
    LIST_ENTRY(statement) link;
    char *name;
    char *sql;
    uint64_t serial;
    uint64_t group; /* in which the Parse was sent; others wait for `prepared` */
    bool prepared;  /* the server has confirmed this serial */
    bool sent;      /* a Parse of this serial is under way or was confirmed */
};

struct request {
    TAILQ_ENTRY(request) link;
    enum request_kind kind;
    bool single_rows;
    bool single_rows_on;
    bool binary_result;
    int count;
    const char *name; /* of REQUEST_EXECUTE */
    const char *sql;
    char **values;
    int *lengths;
    int *formats;
    void *payload; /* holds what the pointers above point to; freed once sent */
    struct statement *statement;
    uint64_t serial;
    struct error prepare_error; /* of REQUEST_EXECUTE: why its Parse was refused */
    pg_result_fn *fn;
    void *arg;
};

TAILQ_HEAD(request_list, request);

struct pg_conn {
    struct event_base *base;
    struct pg_conn_events events;
    void *arg;
    char *conninfo;
    char *application_name;
    int connect_timeout_ms;
    int backoff_most_ms;
    char own_class[3];

    enum pg_conn_state state;
    PGconn *libpq;
    struct event *socket_event; /* connecting: one shot; ready: reads, persistent */
    struct event *write_event;  /* ready: pending while PQflush returns 1 */
    struct event *timer;        /* connecting: the time limit; broken: the backoff */
    struct event *soon;         /* work that a public function leaves to the loop */

    struct request_list unsent;
    struct request_list sent;
    struct request_list lost; /* being completed as lost */
    size_t pending;           /* requests with a caller in both lists */
    LIST_HEAD(, statement) statements;
    uint64_t *stale; /* serials that the server still has, and no name means any more */
    size_t stale_count;
    uint64_t last_serial;
    uint64_t group;
    bool want_send;
    bool send_failed;

    int64_t heard_us;        /* monotonic: when something arrived last */
    unsigned attempts;       /* since the last connection that was of use */
    bool useful;             /* this connection completed a request */
    char last_fatal[6];      /* SQLSTATE of the server's farewell */
    const PGresult *refused; /* while its callback is told, else NULL */
    unsigned depth;          /* functions of the connection on the stack that may call back */
    bool retrying;           /* broken: the timer will connect again */
    bool freed;              /* parked until depth is 0 */
};

/* conn.c */
void conn_enter(struct pg_conn *conn);
void conn_leave(struct pg_conn *conn); /* sends what is wanted; may free the connection */
void conn_become(struct pg_conn *conn, enum pg_conn_state state);
/* Ends the attempt or the connection: completes all requests, tells, and arms the backoff. */
void conn_break(struct pg_conn *conn, const struct error *error, bool retry);
void conn_do_soon(struct pg_conn *conn);
/* Results and notices from what has been read; breaks the connection unless it is alive. */
void conn_take_input(struct pg_conn *conn, bool alive);
void conn_timer_set(struct pg_conn *conn, int64_t ms);

/* conn_connect.c */
void conn_connect_start(struct pg_conn *conn);
void conn_connect_timed_out(struct pg_conn *conn);
/* Makes the error of a connection that was lost, from the server's farewell where there was one. */
void conn_lost_error(const struct pg_conn *conn, struct error *error);
/* Milliseconds before the next attempt: doubling, with jitter. */
int64_t conn_backoff_ms(unsigned attempts, int most_ms);

/* conn_pipeline.c */
/* Sends what is queued as far as the socket takes it. False: the connection is lost. */
bool conn_send(struct pg_conn *conn);
/* Completes requests from what has been read. False: the connection is lost. */
bool conn_results(struct pg_conn *conn);
/* Completes every request as lost. */
void conn_lose_requests(struct pg_conn *conn, const char *why);
void conn_forget_statements(struct pg_conn *conn);

/* conn_error.c */
/* Makes an error of a result without its message. */
void conn_result_error(const PGresult *result, struct error *error);
/* The server's own message and hint instead: of functions that are known to tell no values. */
void conn_result_own_words(const PGresult *result, struct error *error);
/* False where libpq could not read the connection string; its own message may quote a password. */
bool conn_conninfo_is_valid(const char *conninfo, struct error *error);
/* Makes the error of a failed attempt. Returns whether another attempt is worth it. */
bool conn_connect_error(PGconn *libpq, struct error *error);
/* Where the connection leads, for messages: database "x" at host "y" port z as user "u". */
void conn_describe(PGconn *libpq, struct text *out);

#endif
