#include "pg_session.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness/cluster.h"

static void on_ready(struct pg_conn *conn, void *arg)
{
    struct pg_session *session = arg;
    session->ready++;
    if (session->close_when_ready)
        pg_conn_close(conn);
    if (session->free_when_ready) {
        pg_conn_free(conn);
        session->conn = NULL;
    }
}

static void on_broken(struct pg_conn *conn, const struct error *error, int64_t will_retry_ms,
                      void *arg)
{
    struct pg_session *session = arg;
    session->broken++;
    session->will_retry_ms = will_retry_ms;
    error_set(&session->error, error->code, "%s", error->primary);
    error_set_sqlstate(&session->error, error->sqlstate);
    if (error->hint)
        error_hint(&session->error, "%s", error->hint);
    if (session->free_when_broken) {
        pg_conn_free(conn);
        session->conn = NULL;
    }
}

static void on_notified(struct pg_conn *conn, const char *channel, const char *payload, void *arg)
{
    struct pg_session *session = arg;
    (void)conn;
    session->notified++;
    snprintf(session->channel, sizeof(session->channel), "%s", channel);
    snprintf(session->payload, sizeof(session->payload), "%s", payload);
}

struct pg_session pg_session_new(void)
{
    struct pg_session session = {.base = event_base_new()};
    return session;
}

void pg_session_open(struct pg_session *session, const char *conninfo, int connect_timeout_ms)
{
    struct pg_conn_options options = {.conninfo = conninfo,
                                      .application_name = "test_pg_conn",
                                      .connect_timeout_ms = connect_timeout_ms,
                                      .backoff_most_ms = 400};
    struct pg_conn_events events = {on_ready, on_broken, on_notified};
    session->conn = pg_conn_new(session->base, &options, &events, session);
    ck_assert_int_eq(pg_conn_state(session->conn), PG_CONN_IDLE);
    pg_conn_open(session->conn);
}

void pg_session_close(struct pg_session *session)
{
    pg_conn_free(session->conn);
    event_base_free(session->base);
    error_clear(&session->error);
}

void pg_session_tick(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what, (void)arg;
}

void pg_session_answered(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                         const struct error *error, void *arg)
{
    struct pg_answer *answer = arg;
    answer->outcome = outcome;
    ck_assert((outcome == PG_OK) == (error == NULL));
    ck_assert((outcome == PG_OK) == (result != NULL));
    if (outcome == PG_OK && PQresultStatus(result) == PGRES_SINGLE_TUPLE) {
        ck_assert_int_eq(PQntuples(result), 1);
        answer->rows++;
    } else {
        answer->count++;
        answer->rows += result ? PQntuples(result) : 0;
    }
    if (result && PQntuples(result) > 0 && !PQgetisnull(result, 0, 0))
        snprintf(answer->value, sizeof(answer->value), "%s", PQgetvalue(result, 0, 0));
    if (error) {
        snprintf(answer->primary, sizeof(answer->primary), "%s", error->primary);
        snprintf(answer->sqlstate, sizeof(answer->sqlstate), "%s", error->sqlstate);
    }
    if (answer->ask_again) {
        answer->ask_again = false;
        pg_conn_query(conn, "SELECT 'again'", 0, NULL, false, pg_session_answered, answer);
        pg_conn_sync(conn);
    }
    if (answer->close_it)
        pg_conn_close(conn);
    if (answer->free_it) {
        answer->session->conn = NULL;
        pg_conn_free(conn);
    }
}

void pg_session_ask(struct pg_session *session, const char *sql, struct pg_answer *answer)
{
    answer->session = session;
    pg_conn_query(session->conn, sql, 0, NULL, false, pg_session_answered, answer);
}

/* A connection to the shared cluster, ready. */
void pg_session_start(struct pg_session *session)
{
    char *conninfo = cluster_conninfo(cluster_shared(), "postgres", NULL);
    pg_session_open(session, conninfo, 5000);
    free(conninfo);
    wait_until(session, session->ready == 1);
    ck_assert_int_eq(pg_conn_state(session->conn), PG_CONN_READY);
    ck_assert_int_gt(pg_conn_backend_pid(session->conn), 0);
}
