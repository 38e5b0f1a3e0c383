/* One asynchronous connection in a loop of its own, for tests of it and of what uses it. */
#ifndef PG_SESSION_H
#define PG_SESSION_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "pg/conn.h"

struct pg_session {
    struct event_base *base;
    struct pg_conn *conn;
    int ready, broken, notified;
    int64_t will_retry_ms;
    struct error error; /* of the last broken */
    char channel[64], payload[64];
    bool free_when_ready, free_when_broken, close_when_ready;
};

struct pg_answer {
    struct pg_session *session;
    int count; /* final completions */
    int rows;
    enum pg_outcome outcome;
    char value[256];
    char primary[512], sqlstate[6]; /* of the error */
    bool free_it, close_it, ask_again;
};

struct pg_session pg_session_new(void);
void pg_session_open(struct pg_session *session, const char *conninfo, int connect_timeout_ms);
/* Opens it to the shared cluster and waits until it is ready. */
void pg_session_start(struct pg_session *session);
void pg_session_close(struct pg_session *session);

/* Queues a statement; its completion fills answer. */
void pg_session_ask(struct pg_session *session, const char *sql, struct pg_answer *answer);
/* The callback behind pg_session_ask; arg is a struct pg_answer. */
void pg_session_answered(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                         const struct error *error, void *arg);

void pg_session_tick(evutil_socket_t fd, short what, void *arg);
/* Runs the loop until the condition holds, at most 20 s. */
#define wait_until(session, condition)                                                             \
    do {                                                                                           \
        int64_t limit_ = clock_monotonic_us() + 20000000;                                          \
        struct timeval tick_ = {.tv_usec = 20000};                                                 \
        while (!(condition)) {                                                                     \
            ck_assert_msg(                                                                         \
                clock_monotonic_us() < limit_,                                                     \
                "waited too long for %s; the connection is in state %d, last broken with: %s",     \
                #condition, (session)->conn ? (int)pg_conn_state((session)->conn) : -1,            \
                (session)->error.primary ? (session)->error.primary : "none");                     \
            event_base_once((session)->base, -1, EV_TIMEOUT, pg_session_tick, NULL, &tick_);       \
            event_base_loop((session)->base, EVLOOP_ONCE);                                         \
        }                                                                                          \
    } while (0)

#endif
