/* The asynchronous connection against real servers. The helper `session` is one connection in a
 * loop of its own; `wait_until` runs the loop until a condition holds, at most 20 s. */
#include <arpa/inet.h>
#include <check.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "harness/cluster.h"
#include "harness/db.h"
#include "pg/conn.h"
#include "pg/sqlstate.h"

struct session {
    struct event_base *base;
    struct pg_conn *conn;
    int ready, broken, notified;
    int64_t will_retry_ms;
    struct error error; /* of the last broken */
    char channel[64], payload[64];
    bool free_when_ready, free_when_broken, close_when_ready;
};

struct answer {
    struct session *session;
    int count; /* final completions */
    int rows;
    enum pg_outcome outcome;
    char value[256];
    char primary[512], sqlstate[6]; /* of the error */
    bool free_it, close_it, ask_again;
};

static void on_ready(struct pg_conn *conn, void *arg)
{
    struct session *session = arg;
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
    struct session *session = arg;
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
    struct session *session = arg;
    (void)conn;
    session->notified++;
    snprintf(session->channel, sizeof(session->channel), "%s", channel);
    snprintf(session->payload, sizeof(session->payload), "%s", payload);
}

static struct session session_new(void)
{
    struct session session = {.base = event_base_new()};
    return session;
}

static void session_open(struct session *session, const char *conninfo, int connect_timeout_ms)
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

static void session_close(struct session *session)
{
    pg_conn_free(session->conn);
    event_base_free(session->base);
    error_clear(&session->error);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what, (void)arg;
}

#define wait_until(session, condition)                                                             \
    do {                                                                                           \
        int64_t limit_ = clock_monotonic_us() + 20000000;                                          \
        struct timeval tick_ = {.tv_usec = 20000};                                                 \
        while (!(condition)) {                                                                     \
            ck_assert_msg(clock_monotonic_us() < limit_, "waited too long for %s", #condition);    \
            event_base_once((session)->base, -1, EV_TIMEOUT, on_tick, NULL, &tick_);               \
            event_base_loop((session)->base, EVLOOP_ONCE);                                         \
        }                                                                                          \
    } while (0)

static void on_answer(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                      const struct error *error, void *arg)
{
    struct answer *answer = arg;
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
        pg_conn_query(conn, "SELECT 'again'", 0, NULL, false, on_answer, answer);
        pg_conn_sync(conn);
    }
    if (answer->close_it)
        pg_conn_close(conn);
    if (answer->free_it) {
        answer->session->conn = NULL;
        pg_conn_free(conn);
    }
}

static void ask(struct session *session, const char *sql, struct answer *answer)
{
    answer->session = session;
    pg_conn_query(session->conn, sql, 0, NULL, false, on_answer, answer);
}

/* A connection to the shared cluster, ready. */
static void session_start(struct session *session)
{
    char *conninfo = cluster_conninfo(cluster_shared(), "postgres", NULL);
    session_open(session, conninfo, 5000);
    free(conninfo);
    wait_until(session, session->ready == 1);
    ck_assert_int_eq(pg_conn_state(session->conn), PG_CONN_READY);
    ck_assert_int_gt(pg_conn_backend_pid(session->conn), 0);
}

START_TEST(a_query_is_answered)
{
    struct session session = session_new();
    session_start(&session);
    struct answer one = {0}, two = {0}, three = {0}, none = {0};
    ask(&session, "SELECT current_setting('application_name')", &one);
    const char *values[] = {"+1 202 555 0143", NULL};
    pg_conn_query(session.conn, "SELECT $1::text || coalesce($2::text, '!')", 2, values, false,
                  on_answer, &two);
    const char *binary[] = {"\0\1\2\377"};
    int lengths[] = {4}, formats[] = {1};
    pg_conn_query_binary(session.conn, "SELECT encode($1::bytea, 'hex')", 1, binary, lengths,
                         formats, false, on_answer, &three);
    ask(&session, "SELECT 1 WHERE false", &none);
    pg_conn_query(session.conn, "SELECT 1", 0, NULL, false, NULL, NULL); /* nobody asks */
    ck_assert_uint_eq(pg_conn_pending(session.conn), 5);
    pg_conn_sync(session.conn);
    ck_assert_int_eq(one.count, 0); /* never within the call */
    wait_until(&session, pg_conn_pending(session.conn) == 0);
    ck_assert_str_eq(one.value, "test_pg_conn");
    ck_assert_str_eq(two.value, "+1 202 555 0143!");
    ck_assert_str_eq(three.value, "000102ff");
    ck_assert_int_eq(none.rows, 0);
    ck_assert_int_eq(one.count + two.count + three.count + none.count, 4);
    session_close(&session);
}
END_TEST

START_TEST(what_is_queued_before_the_connection_is_sent_when_it_is_there)
{
    struct session session = session_new();
    char *conninfo = cluster_conninfo(cluster_shared(), "postgres", NULL);
    session_open(&session, conninfo, 5000);
    struct answer answer = {.ask_again = true};
    ask(&session, "SELECT 'first'", &answer);
    pg_conn_sync(session.conn);
    wait_until(&session, answer.count == 2);
    ck_assert_str_eq(answer.value, "again");
    free(conninfo);
    session_close(&session);
}
END_TEST

START_TEST(an_error_aborts_its_group_and_no_other)
{
    struct session session = session_new();
    session_start(&session);
    struct answer a = {0}, bad = {0}, b = {0}, c = {0};
    ask(&session, "CREATE TEMP TABLE t (phone text PRIMARY KEY CHECK (phone <> 'x'))", &a);
    pg_conn_sync(session.conn);
    ask(&session, "INSERT INTO t VALUES ('+12025550143'), ('+12025550143')", &bad);
    ask(&session, "INSERT INTO t VALUES ('y')", &b);
    pg_conn_sync(session.conn);
    ask(&session, "SELECT count(*) FROM t", &c);
    pg_conn_sync(session.conn);
    wait_until(&session, c.count == 1);
    ck_assert_int_eq(a.outcome, PG_OK);
    ck_assert_int_eq(bad.outcome, PG_ERROR);
    ck_assert_str_eq(bad.sqlstate, "23505");
    ck_assert_ptr_nonnull(strstr(bad.primary, "unique violation, constraint \"t_pkey\""));
    ck_assert_ptr_null(strstr(bad.primary, "2025550143"));
    ck_assert_int_eq(b.outcome, PG_ABORTED);
    ck_assert_str_eq(c.value, "0");
    session_close(&session);
}
END_TEST

START_TEST(errors_hold_no_value)
{
    struct session session = session_new();
    session_start(&session);
    static const struct {
        const char *sql, *sqlstate, *words;
    } cases[] = {
        {"SELECT '+1 202 555 0143'::int", "22P02", "invalid text representation"},
        {"DO $$BEGIN RAISE '0143' USING detail = '0143', hint = '0143'; END$$", "P0001",
         "exception raised by a function or trigger"},
        {"DO $$BEGIN RAISE '0143' USING errcode = 'RT002'; END$$", "RT002", "paused"},
        {"SELECT * FROM absent_0143", "42P01", "undefined table"},
        {"SELECT 1/0", "22012", "division by zero"},
        {"COPY (SELECT 1) TO '/absent_0143/x'", "58P01", "system error of the server"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct answer answer = {0};
        ask(&session, cases[i].sql, &answer);
        pg_conn_sync(session.conn);
        wait_until(&session, answer.count == 1);
        ck_assert_int_eq(answer.outcome, PG_ERROR);
        ck_assert_str_eq(answer.sqlstate, cases[i].sqlstate);
        ck_assert_str_eq(answer.primary, cases[i].words);
    }
    session_close(&session);
}
END_TEST

START_TEST(notifications_arrive)
{
    struct session session = session_new(), other = session_new();
    session_start(&session);
    session_start(&other);
    struct answer listen = {0}, notify = {0};
    ask(&session, "LISTEN retention", &listen);
    pg_conn_sync(session.conn);
    wait_until(&session, listen.count == 1);
    ask(&other, "NOTIFY retention, 'run'", &notify);
    pg_conn_sync(other.conn);
    wait_until(&other, notify.count == 1);
    wait_until(&session, session.notified == 1);
    ck_assert_str_eq(session.channel, "retention");
    ck_assert_str_eq(session.payload, "run");
    session_close(&other);
    session_close(&session);
}
END_TEST

/* A statement stays prepared, also after the group of its first use failed, before or after it, and
 * when the same statement is used in groups that are under way at once. */
START_TEST(statements_are_prepared_once)
{
    struct session session = session_new();
    session_start(&session);
    struct answer a = {0}, b = {0}, c = {0}, bad = {0}, bad_prepare = {0}, again = {0}, count = {0};
    const char *values[] = {"7"};
#define EXECUTE(answer)                                                                            \
    pg_conn_execute(session.conn, "plus", "SELECT $1::int + 1", 1, values, NULL, NULL, false,      \
                    on_answer, answer)
    ask(&session, "SELECT 1/0", &bad);
    EXECUTE(&a); /* its Parse is aborted */
    pg_conn_sync(session.conn);
    EXECUTE(&b);
    EXECUTE(&c);
    pg_conn_sync(session.conn);
    pg_conn_execute(session.conn, "wrong", "SELECT absent", 0, NULL, NULL, NULL, false, on_answer,
                    &bad_prepare);
    pg_conn_sync(session.conn);
    wait_until(&session, bad_prepare.count == 1);
    ck_assert_int_eq(bad.outcome, PG_ERROR);
    ck_assert_int_eq(a.outcome, PG_ABORTED);
    ck_assert_str_eq(b.value, "8");
    ck_assert_str_eq(c.value, "8");
    ck_assert_int_eq(bad_prepare.outcome, PG_ERROR); /* the reason, not "aborted" */
    ck_assert_str_eq(bad_prepare.sqlstate, "42703");
    for (int i = 0; i < 10; i++)
        EXECUTE(&again);
    ask(&session, "SELECT count(*) FROM pg_prepared_statements", &count);
    pg_conn_sync(session.conn);
    wait_until(&session, count.count == 1);
    ck_assert_int_eq(again.count, 10);
    ck_assert_str_eq(count.value, "1");
    /* Another text under the name. */
    pg_conn_execute(session.conn, "plus", "SELECT $1::int + 2", 1, values, NULL, NULL, false,
                    on_answer, &again);
    pg_conn_sync(session.conn);
    wait_until(&session, again.count == 11);
    ck_assert_str_eq(again.value, "9");
    session_close(&session);
}
END_TEST

START_TEST(large_results_and_large_parameters_pass)
{
    struct session session = session_new();
    session_start(&session);
    enum { SIZE = 20000000 };
    struct answer rows = {0}, echo = {0}, more = {0};
    ask(&session, "SELECT repeat('x', 100) FROM generate_series(1, 200000)", &rows);
    char *value = malloc(SIZE);
    memset(value, 7, SIZE);
    const char *values[] = {value};
    int lengths[] = {SIZE}, formats[] = {1};
    /* Both sides have much to write at once: neither may stop reading. */
    for (int i = 0; i < 3; i++) {
        pg_conn_query_binary(session.conn, "SELECT length($1::bytea)", 1, values, lengths, formats,
                             false, on_answer, &echo);
        ask(&session, "SELECT repeat('x', 100) FROM generate_series(1, 200000)", &more);
    }
    pg_conn_sync(session.conn);
    free(value);
    wait_until(&session, pg_conn_pending(session.conn) == 0);
    ck_assert_int_eq(rows.rows, 200000);
    ck_assert_int_eq(more.rows, 600000);
    ck_assert_str_eq(echo.value, "20000000");
    session_close(&session);
}
END_TEST

START_TEST(rows_come_one_at_a_time)
{
    struct session session = session_new();
    session_start(&session);
    struct answer before = {0}, single = {0}, other = {0}, failing = {0}, last = {0};
    ask(&session, "SELECT 1 FROM generate_series(1, 10)", &before);
    ask(&session, "SELECT g FROM generate_series(1, 100000) g", &single);
    pg_conn_single_rows(session.conn);
    ask(&session, "SELECT 1 FROM generate_series(1, 10)", &other);
    ask(&session, "SELECT 10/(50 - g) FROM generate_series(1, 100) g", &failing);
    pg_conn_single_rows(session.conn);
    pg_conn_sync(session.conn);
    ask(&session, "SELECT g FROM generate_series(1, 5) g", &last);
    pg_conn_single_rows(session.conn);
    pg_conn_sync(session.conn);
    wait_until(&session, pg_conn_pending(session.conn) == 0);
    ck_assert_int_eq(before.rows, 10);
    ck_assert_int_eq(before.count, 1);
    ck_assert_int_eq(single.rows, 100000);
    ck_assert_int_eq(single.count, 1);
    ck_assert_str_eq(single.value, "100000");
    ck_assert_int_eq(other.count, 1);
    ck_assert_int_eq(failing.rows, 49);
    ck_assert_int_eq(failing.outcome, PG_ERROR);
    ck_assert_int_eq(last.rows, 5);
    session_close(&session);
}
END_TEST

START_TEST(a_flush_answers_without_ending_the_group)
{
    struct session session = session_new();
    session_start(&session);
    struct answer first = {0}, bad = {0}, last = {0};
    ask(&session, "SELECT 1", &first);
    pg_conn_flush(session.conn);
    wait_until(&session, first.count == 1);
    ask(&session, "SELECT 1/0", &bad);
    pg_conn_flush(session.conn);
    wait_until(&session, bad.count == 1);
    ask(&session, "SELECT 2", &last); /* the group failed already */
    pg_conn_sync(session.conn);
    wait_until(&session, last.count == 1);
    ck_assert_int_eq(last.outcome, PG_ABORTED);
    session_close(&session);
}
END_TEST

START_TEST(a_thousand_requests_complete_in_order)
{
    struct session session = session_new();
    session_start(&session);
    static struct answer answers[1000];
    for (int i = 0; i < 1000; i++) {
        char number[16];
        snprintf(number, sizeof(number), "%d", i);
        const char *values[] = {number};
        if (i % 10 == 3)
            ask(&session, "SELECT 1/0", &answers[i]);
        else
            pg_conn_execute(session.conn, i % 2 ? "a" : "b",
                            i % 2 ? "SELECT $1::int" : "SELECT $1::int + 0", 1, values, NULL, NULL,
                            false, on_answer, &answers[i]);
        if (i % 5 == 4)
            pg_conn_sync(session.conn);
    }
    wait_until(&session, pg_conn_pending(session.conn) == 0);
    for (int i = 0; i < 1000; i++) {
        char number[16];
        snprintf(number, sizeof(number), "%d", i);
        ck_assert_int_eq(answers[i].count, 1);
        ck_assert_int_eq(answers[i].outcome, i % 10 == 3   ? PG_ERROR
                                             : i % 10 == 4 ? PG_ABORTED
                                                           : PG_OK);
        if (answers[i].outcome == PG_OK)
            ck_assert_str_eq(answers[i].value, number);
    }
    session_close(&session);
}
END_TEST

/* A backend that is terminated leaves it open what became of the statement under way; the next
 * connection works, and statements are prepared anew. */
START_TEST(termination_loses_requests_and_the_connection_comes_back)
{
    struct session session = session_new();
    session_start(&session);
    PGconn *admin = db_connect(cluster_shared(), "postgres", NULL);
    struct answer done = {0}, sleeping = {0}, waiting = {0}, after = {0};
    pg_conn_execute(session.conn, "s", "SELECT 'kept'", 0, NULL, NULL, NULL, false, on_answer,
                    &done);
    ask(&session, "SELECT pg_sleep(60)", &sleeping);
    ask(&session, "SELECT 2", &waiting);
    pg_conn_sync(session.conn);
    int pid = pg_conn_backend_pid(session.conn);
    wait_until(&session, db_number(admin,
                                   "SELECT count(*) FROM pg_stat_activity WHERE pid = %d AND "
                                   "wait_event = 'PgSleep'",
                                   pid) == 1);
    db_exec(admin, "SELECT pg_terminate_backend(%d)", pid);
    wait_until(&session, session.broken == 1);
    ck_assert_int_eq(sleeping.outcome, PG_LOST);
    ck_assert_str_eq(sleeping.sqlstate, "");
    ck_assert_int_eq(waiting.outcome, PG_LOST);
    ck_assert_int_eq(sleeping.count + waiting.count, 2);
    ck_assert_str_eq(session.error.sqlstate, "57P01");
    ck_assert_str_eq(session.error.primary, "connection to the server was lost: terminated by an "
                                            "administrator's command");
    ck_assert_int_gt(session.will_retry_ms, 0);
    ck_assert_int_le(session.will_retry_ms, 100);
    pg_conn_execute(session.conn, "s", "SELECT 'kept'", 0, NULL, NULL, NULL, false, on_answer,
                    &after); /* waits for the next connection */
    pg_conn_sync(session.conn);
    wait_until(&session, after.count == 1);
    ck_assert_int_eq(session.ready, 2);
    ck_assert_str_eq(after.value, "kept");
    ck_assert_int_ne(pg_conn_backend_pid(session.conn), pid);

    /* Idle: the farewell arrives without a request. */
    db_exec(admin, "SELECT pg_terminate_backend(%d)", pg_conn_backend_pid(session.conn));
    wait_until(&session, session.broken == 2);
    ck_assert_str_eq(session.error.sqlstate, "57P01");
    wait_until(&session, session.ready == 3);
    PQfinish(admin);
    session_close(&session);
}
END_TEST

START_TEST(a_killed_backend_is_a_lost_connection)
{
    struct cluster *cluster = cluster_new("restart_after_crash = on");
    struct session session = session_new();
    char *conninfo = cluster_conninfo(cluster, "postgres", NULL);
    session_open(&session, conninfo, 5000);
    wait_until(&session, session.ready == 1);
    struct answer sleeping = {0};
    ask(&session, "SELECT pg_sleep(60)", &sleeping);
    pg_conn_sync(session.conn);
    ck_assert_int_eq(kill(pg_conn_backend_pid(session.conn), SIGKILL), 0);
    wait_until(&session, sleeping.count == 1);
    ck_assert_int_eq(sleeping.outcome, PG_LOST);
    ck_assert_str_eq(session.error.primary, "connection to the server was lost");
    wait_until(&session, session.ready == 2);
    session_close(&session);
    cluster_free(cluster);
    free(conninfo);
}
END_TEST

START_TEST(the_connection_survives_a_restart_of_the_server)
{
    struct cluster *cluster = cluster_new(NULL);
    struct session session = session_new();
    char *conninfo = cluster_conninfo(cluster, "postgres", NULL);
    session_open(&session, conninfo, 5000);
    wait_until(&session, session.ready == 1);
    cluster_stop(cluster, "fast");
    int64_t longest = 0;
    while (session.broken < 6) { /* the pause grows, within its limit */
        int before = session.broken;
        wait_until(&session, session.broken > before);
        ck_assert_int_ge(session.will_retry_ms, 75);
        ck_assert_int_le(session.will_retry_ms, 400);
        if (session.will_retry_ms > longest)
            longest = session.will_retry_ms;
    }
    ck_assert_int_ge(longest, 300);
    ck_assert_ptr_nonnull(strstr(session.error.primary, "could not connect to database "
                                                        "\"postgres\" at \"/"));
    ck_assert_ptr_nonnull(strstr(session.error.primary, "No such file or directory"));
    cluster_start(cluster);
    wait_until(&session, session.ready == 2);
    struct answer answer = {0};
    ask(&session, "SELECT 'back'", &answer);
    pg_conn_sync(session.conn);
    wait_until(&session, answer.count == 1);
    ck_assert_str_eq(answer.value, "back");
    session_close(&session);
    cluster_free(cluster);
    free(conninfo);
}
END_TEST

/* One attempt that must fail; the session is closed. */
static void refused(const char *conninfo, int timeout_ms, bool retried, enum error_code code,
                    const char *sqlstate, const char *words)
{
    struct session session = session_new();
    struct answer queued = {0};
    session_open(&session, conninfo, timeout_ms);
    ask(&session, "SELECT 1", &queued);
    pg_conn_sync(session.conn);
    wait_until(&session, session.broken == 1);
    ck_assert_int_eq(session.ready, 0);
    ck_assert_int_eq(queued.count, 1);
    ck_assert_int_eq(queued.outcome, PG_LOST);
    ck_assert_msg((session.will_retry_ms >= 0) == retried, "retried: %s", session.error.primary);
    ck_assert_int_eq(session.error.code, code);
    ck_assert_str_eq(session.error.sqlstate, sqlstate);
    ck_assert_msg(strstr(session.error.primary, words) != NULL, "%s", session.error.primary);
    ck_assert_ptr_null(strchr(session.error.primary, '\n'));
    ck_assert_ptr_nonnull(session.error.hint);
    ck_assert_ptr_null(strstr(session.error.primary, "s3cret"));
    ck_assert_ptr_null(strstr(session.error.hint, "s3cret"));
    if (!retried) { /* requests do not wait for what will not come */
        struct answer late = {0};
        ask(&session, "SELECT 1", &late);
        pg_conn_sync(session.conn);
        ck_assert_int_eq(late.count, 0);
        wait_until(&session, late.count == 1);
        ck_assert_int_eq(late.outcome, PG_LOST);
    }
    session_close(&session);
}

START_TEST(refusals_of_the_server_are_clear)
{
    struct cluster *cluster = cluster_new("password_encryption = 'scram-sha-256'");
    PGconn *admin = db_connect(cluster, "postgres", NULL);
    db_exec(admin, "CREATE ROLE bob LOGIN PASSWORD 's3cret'");
    db_exec(admin, "CREATE ROLE nologin");
    db_exec(admin, "CREATE DATABASE shut CONNECTION LIMIT 0");
    db_exec(admin, "CREATE DATABASE barred");
    db_exec(admin, "REVOKE CONNECT ON DATABASE barred FROM PUBLIC");
    db_exec(admin, "CREATE ROLE guest LOGIN");
    char *hba = file_write(cluster_directory(cluster), "pg_hba.conf",
                           "local all bob scram-sha-256\nlocal all guest trust\n"
                           "local all nologin trust\nlocal all postgres trust\n");
    ck_assert_int_eq(chmod(hba, 0644), 0);
    db_exec(admin, "SELECT pg_reload_conf()");
    char *base = cluster_conninfo(cluster, "postgres", "bob");
    struct text conninfo = {0};
    unsetenv("PGPASSWORD");
    setenv("PGPASSFILE", "/nonexistent", 1);
    db_wait_until(admin, "SELECT count(*) = 4 FROM pg_hba_file_rules");
    usleep(200000); /* the postmaster reads the file on its own; the view does not tell */

    text_printf(&conninfo, "%s password=s3cret2", base);
    refused(conninfo.data, 5000, false, ERROR_FAILED, "28P01",
            "as \"bob\": password authentication failed for user \"bob\"");
    refused(base, 5000, false, ERROR_FAILED, "", "no password supplied");

    text_clear(&conninfo); /* the right one does */
    text_printf(&conninfo, "%s password=s3cret", base);
    struct session session = session_new();
    session_open(&session, conninfo.data, 5000);
    wait_until(&session, session.ready == 1);
    session_close(&session);
    free(base);

    base = cluster_conninfo(cluster, "absent", "guest");
    refused(base, 5000, false, ERROR_FAILED, "3D000", "database \"absent\" does not exist");
    free(base);
    base = cluster_conninfo(cluster, "barred", "guest");
    refused(base, 5000, false, ERROR_FAILED, "42501", "permission denied for database \"barred\"");
    free(base);
    base = cluster_conninfo(cluster, "shut", "guest");
    refused(base, 5000, true, ERROR_FAILED, "53300", "too many connections for database \"shut\"");
    free(base);
    base = cluster_conninfo(cluster, "postgres", "nologin");
    refused(base, 5000, false, ERROR_FAILED, "28000", "is not permitted to log in");
    free(base);
    base = cluster_conninfo(cluster, "postgres", "stranger");
    refused(base, 5000, false, ERROR_FAILED, "28000", "no pg_hba.conf entry");
    text_clear(&conninfo);
    free(base);
    base = cluster_conninfo(cluster, "postgres", NULL);
    text_printf(&conninfo, "%s options='-c no_such_setting=1'", base);
    refused(conninfo.data, 5000, false, ERROR_CONFIG, "42704", "no_such_setting");
    free(base);
    text_free(&conninfo);
    free(hba);
    PQfinish(admin);
    cluster_free(cluster);
}
END_TEST

/* A listening socket whose queue is never read: connected, and then silence. */
static int silent_listener(int *ret_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001)};
    socklen_t length = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, length), 0);
    ck_assert_int_eq(listen(fd, 5), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    *ret_port = ntohs(address.sin_port);
    return fd;
}

START_TEST(unreachable_servers_are_clear)
{
    int port;
    int fd = silent_listener(&port);
    char conninfo[160];
    snprintf(conninfo, sizeof(conninfo), "host=127.0.0.1 port=%d dbname=x user=y password=s3cret",
             port);
    struct session session = session_new();
    int64_t start = clock_monotonic_us();
    session_open(&session, conninfo, 300);
    wait_until(&session, session.broken == 1);
    int64_t took_ms = (clock_monotonic_us() - start) / 1000;
    ck_assert_int_ge(took_ms, 250);
    ck_assert_int_lt(took_ms, 5000);
    ck_assert_ptr_nonnull(strstr(session.error.primary, "no answer within 300 ms"));
    ck_assert_int_ge(session.will_retry_ms, 0);
    session_close(&session);
    close(fd);
    refused(conninfo, 5000, true, ERROR_FAILED, "", "Connection refused");
    refused("host=/nonexistent dbname=x user=y", 5000, true, ERROR_FAILED, "",
            "No such file or directory");
}
END_TEST

START_TEST(connection_strings_that_are_none_are_not_retried)
{
    refused("host=/tmp password=my s3cret", 5000, false, ERROR_CONFIG, "",
            "the connection string is not valid");
    refused("host=/tmp s3cret=1", 5000, false, ERROR_CONFIG, "",
            "the connection string is not valid");
    refused("host=/tmp port=x user=y dbname=z", 5000, false, ERROR_CONFIG, "", "invalid ");
    refused("host=/tmp sslmode=s user=y dbname=z", 5000, false, ERROR_CONFIG, "", "invalid ");
}
END_TEST

START_TEST(closing_completes_everything_and_opening_starts_anew)
{
    struct session session = session_new();
    session_start(&session);
    struct answer sleeping = {0}, unsent = {0}, late = {0}, after = {0};
    ask(&session, "SELECT pg_sleep(60)", &sleeping);
    pg_conn_sync(session.conn);
    ask(&session, "SELECT 1", &unsent);
    pg_conn_close(session.conn);
    ck_assert_int_eq(sleeping.outcome, PG_LOST);
    ck_assert_int_eq(unsent.outcome, PG_LOST);
    ck_assert_int_eq(sleeping.count + unsent.count, 2);
    ck_assert_uint_eq(pg_conn_pending(session.conn), 0);
    ck_assert_int_eq(pg_conn_state(session.conn), PG_CONN_CLOSED);
    ck_assert_int_eq(session.broken, 0);
    ask(&session, "SELECT 1", &late); /* closed: lost, but not within the call */
    pg_conn_sync(session.conn);
    ck_assert_int_eq(late.count, 0);
    wait_until(&session, late.count == 1);
    ck_assert_int_eq(late.outcome, PG_LOST);
    pg_conn_close(session.conn); /* twice does no harm */
    pg_conn_open(session.conn);
    pg_conn_open(session.conn);
    wait_until(&session, session.ready == 2);
    ask(&session, "SELECT 'after'", &after);
    pg_conn_sync(session.conn);
    wait_until(&session, after.count == 1);
    ck_assert_str_eq(after.value, "after");
    session_close(&session);
}
END_TEST

/* In every callback the connection may be closed or freed; what is open then completes, once. */
START_TEST(callbacks_may_free_the_connection)
{
    static const char *const statements[] = {"SELECT 1", "SELECT 1/0",
                                             "SELECT pg_terminate_backend(pg_backend_pid())"};
    for (int i = 0; i < 3; i++)
        for (int how = 0; how < 2; how++) {
            struct session session = session_new();
            session_start(&session);
            struct answer first = {.free_it = how == 0, .close_it = how == 1};
            struct answer second = {0}, third = {0};
            ask(&session, statements[i], &first);
            ask(&session, "SELECT 2", &second);
            pg_conn_sync(session.conn);
            ask(&session, "SELECT 3", &third); /* not sent */
            wait_until(&session, first.count == 1);
            ck_assert_int_eq(second.count, 1); /* when free returned, all was completed */
            ck_assert_int_eq(third.count, 1);
            ck_assert_int_eq(second.outcome, PG_LOST);
            ck_assert_int_eq(session.broken, 0);
            session_close(&session);
        }
    struct session session = session_new(); /* amid single rows */
    session_start(&session);
    struct answer rows = {.free_it = true};
    ask(&session, "SELECT generate_series(1, 1000)", &rows);
    pg_conn_single_rows(session.conn);
    pg_conn_sync(session.conn);
    rows.free_it = true;
    wait_until(&session, rows.count == 1);
    ck_assert_int_eq(rows.rows, 1);
    ck_assert_int_eq(rows.outcome, PG_LOST);
    session_close(&session);
}
END_TEST

START_TEST(events_may_free_the_connection)
{
    char *conninfo = cluster_conninfo(cluster_shared(), "postgres", NULL);
    struct session session = session_new();
    session.free_when_ready = true;
    session_open(&session, conninfo, 5000);
    struct answer answer = {0};
    ask(&session, "SELECT 1", &answer);
    pg_conn_sync(session.conn);
    wait_until(&session, session.ready == 1);
    ck_assert_int_eq(answer.outcome, PG_LOST);
    ck_assert_int_eq(answer.count, 1);
    session_close(&session);

    session = session_new();
    session.close_when_ready = true;
    session_open(&session, conninfo, 5000);
    wait_until(&session, session.ready == 1);
    ck_assert_int_eq(pg_conn_state(session.conn), PG_CONN_CLOSED);
    session_close(&session);

    session = session_new();
    session.free_when_broken = true;
    session_open(&session, "host=/nonexistent", 5000);
    wait_until(&session, session.broken == 1);
    session_close(&session);

    session = session_new(); /* freed before the loop saw it, and amid an attempt */
    session_open(&session, conninfo, 5000);
    session_close(&session);
    session = session_new();
    session_open(&session, conninfo, 5000);
    event_base_loop(session.base, EVLOOP_ONCE);
    session_close(&session);
    free(conninfo);
}
END_TEST

START_TEST(an_illegal_use_ends_the_process)
{
    struct session session = session_new();
    session_start(&session);
    struct answer answer = {0};
    ask(&session, "SELECT 1", &answer);
    pg_conn_sync(session.conn);
    wait_until(&session, answer.count == 1);
    (void)!freopen("/dev/null", "w", stderr);
    pg_conn_single_rows(session.conn); /* too late */
}
END_TEST

START_TEST(sqlstates_have_a_meaning)
{
    static const struct {
        const char *sqlstate;
        enum retry_class class;
    } cases[] = {
        {"40001", RETRY_AGAIN},     {"40P01", RETRY_AGAIN},     {"55P03", RETRY_LOCKED},
        {"08006", RETRY_RECONNECT}, {"57P01", RETRY_RECONNECT}, {"57P02", RETRY_RECONNECT},
        {"57P03", RETRY_RECONNECT}, {"25P03", RETRY_RECONNECT}, {"", RETRY_RECONNECT},
        {NULL, RETRY_RECONNECT},    {"23503", RETRY_ROW},       {"23P01", RETRY_ROW},
        {"P0001", RETRY_ROW},       {"22P02", RETRY_ROW},       {"55000", RETRY_ROW},
        {"ZZ123", RETRY_ROW},       {"57014", RETRY_CANCELED},  {"RT001", RETRY_RUN_STOP},
        {"RT011", RETRY_RUN_STOP},  {"28P01", RETRY_FATAL},     {"42501", RETRY_FATAL},
        {"53100", RETRY_FATAL},     {"XX000", RETRY_FATAL},     {"0A000", RETRY_FATAL},
        {"25006", RETRY_FATAL},     {"0LP01", RETRY_FATAL},     {"?", RETRY_FATAL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ck_assert_msg(sqlstate_retry_class(cases[i].sqlstate) == cases[i].class, "%s",
                      cases[i].sqlstate);
        ck_assert_ptr_nonnull(sqlstate_condition(cases[i].sqlstate));
    }
    ck_assert_str_eq(sqlstate_condition("23505"), "unique violation");
    ck_assert_str_eq(sqlstate_condition("23999"), "integrity constraint violation");
    ck_assert_ptr_nonnull(sqlstate_hint("42501"));
    ck_assert_ptr_null(sqlstate_hint("23505"));
}
END_TEST

Suite *suite_pg_conn(void)
{
    Suite *suite = suite_create("pg_conn");
    TCase *tc = tcase_create("conn");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, sqlstates_have_a_meaning);
    tcase_add_test(tc, a_query_is_answered);
    tcase_add_test(tc, what_is_queued_before_the_connection_is_sent_when_it_is_there);
    tcase_add_test(tc, an_error_aborts_its_group_and_no_other);
    tcase_add_test(tc, errors_hold_no_value);
    tcase_add_test(tc, notifications_arrive);
    tcase_add_test(tc, statements_are_prepared_once);
    tcase_add_test(tc, large_results_and_large_parameters_pass);
    tcase_add_test(tc, rows_come_one_at_a_time);
    tcase_add_test(tc, a_flush_answers_without_ending_the_group);
    tcase_add_test(tc, a_thousand_requests_complete_in_order);
    tcase_add_test(tc, termination_loses_requests_and_the_connection_comes_back);
    tcase_add_test(tc, a_killed_backend_is_a_lost_connection);
    tcase_add_test(tc, the_connection_survives_a_restart_of_the_server);
    tcase_add_test(tc, refusals_of_the_server_are_clear);
    tcase_add_test(tc, unreachable_servers_are_clear);
    tcase_add_test(tc, connection_strings_that_are_none_are_not_retried);
    tcase_add_test(tc, closing_completes_everything_and_opening_starts_anew);
    tcase_add_test(tc, callbacks_may_free_the_connection);
    tcase_add_test(tc, events_may_free_the_connection);
    tcase_add_test_raise_signal(tc, an_illegal_use_ends_the_process, SIGABRT);
    suite_add_tcase(suite, tc);
    return suite;
}
