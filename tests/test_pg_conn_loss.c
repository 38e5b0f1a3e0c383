/* The asynchronous connection against real servers: how it is lost, refused, closed and freed. */
#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "harness/cluster.h"
#include "harness/db.h"
#include "pg_session.h"

/* A backend that is terminated leaves it open what became of the statement under way; the next
 * connection works, and statements are prepared anew. */
START_TEST(termination_loses_requests_and_the_connection_comes_back)
{
    struct pg_session session = pg_session_new();
    pg_session_start(&session);
    PGconn *admin = db_connect(cluster_shared(), "postgres", NULL);
    struct pg_answer done = {0}, sleeping = {0}, waiting = {0}, after = {0};
    pg_conn_execute(session.conn, "s", "SELECT 'kept'", 0, NULL, NULL, NULL, false,
                    pg_session_answered, &done);
    pg_session_ask(&session, "SELECT pg_sleep(60)", &sleeping);
    pg_session_ask(&session, "SELECT 2", &waiting);
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
    pg_conn_execute(session.conn, "s", "SELECT 'kept'", 0, NULL, NULL, NULL, false,
                    pg_session_answered, &after); /* waits for the next connection */
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
    pg_session_close(&session);
}
END_TEST

START_TEST(a_killed_backend_is_a_lost_connection)
{
    struct cluster *cluster = cluster_new("restart_after_crash = on");
    struct pg_session session = pg_session_new();
    char *conninfo = cluster_conninfo(cluster, "postgres", NULL);
    pg_session_open(&session, conninfo, 5000);
    wait_until(&session, session.ready == 1);
    struct pg_answer sleeping = {0};
    pg_session_ask(&session, "SELECT pg_sleep(60)", &sleeping);
    pg_conn_sync(session.conn);
    ck_assert_int_eq(kill(pg_conn_backend_pid(session.conn), SIGKILL), 0);
    wait_until(&session, sleeping.count == 1);
    ck_assert_int_eq(sleeping.outcome, PG_LOST);
    ck_assert_str_eq(session.error.primary, "connection to the server was lost");
    wait_until(&session, session.ready == 2);
    pg_session_close(&session);
    cluster_free(cluster);
    free(conninfo);
}
END_TEST

START_TEST(the_connection_survives_a_restart_of_the_server)
{
    struct cluster *cluster = cluster_new(NULL);
    struct pg_session session = pg_session_new();
    char *conninfo = cluster_conninfo(cluster, "postgres", NULL);
    pg_session_open(&session, conninfo, 5000);
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
    struct pg_answer answer = {0};
    pg_session_ask(&session, "SELECT 'back'", &answer);
    pg_conn_sync(session.conn);
    wait_until(&session, answer.count == 1);
    ck_assert_str_eq(answer.value, "back");
    pg_session_close(&session);
    cluster_free(cluster);
    free(conninfo);
}
END_TEST

/* One attempt that must fail; the session is closed. */
static void refused(const char *conninfo, int timeout_ms, bool retried, enum error_code code,
                    const char *sqlstate, const char *words)
{
    struct pg_session session = pg_session_new();
    struct pg_answer queued = {0};
    pg_session_open(&session, conninfo, timeout_ms);
    pg_session_ask(&session, "SELECT 1", &queued);
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
        struct pg_answer late = {0};
        pg_session_ask(&session, "SELECT 1", &late);
        pg_conn_sync(session.conn);
        ck_assert_int_eq(late.count, 0);
        wait_until(&session, late.count == 1);
        ck_assert_int_eq(late.outcome, PG_LOST);
    }
    pg_session_close(&session);
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
    refused(base, 5000, false, ERROR_FAILED, "", "the server wants a password, and none is known");

    text_clear(&conninfo); /* the right one does */
    text_printf(&conninfo, "%s password=s3cret", base);
    struct pg_session session = pg_session_new();
    pg_session_open(&session, conninfo.data, 5000);
    wait_until(&session, session.ready == 1);
    pg_session_close(&session);
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
    struct pg_session session = pg_session_new();
    int64_t start = clock_monotonic_us();
    pg_session_open(&session, conninfo, 300);
    wait_until(&session, session.broken == 1);
    int64_t took_ms = (clock_monotonic_us() - start) / 1000;
    ck_assert_int_ge(took_ms, 250);
    ck_assert_int_lt(took_ms, 5000);
    ck_assert_ptr_nonnull(strstr(session.error.primary, "no answer within 300 ms"));
    ck_assert_int_ge(session.will_retry_ms, 0);
    pg_session_close(&session);
    close(fd);
    refused(conninfo, 5000, true, ERROR_FAILED, "", "Connection refused");
    refused("host=/nonexistent dbname=x user=y", 5000, true, ERROR_FAILED, "",
            "No such file or directory");
}
END_TEST

/* The pauses double up to the most there is, each up to a quarter shorter by chance: workers that
 * lost one server do not come back in one moment. */
START_TEST(pauses_grow_and_differ)
{
    int64_t told[8];
    bool differ = false;
    struct pg_session session = pg_session_new();
    pg_session_open(&session, "host=/nonexistent dbname=x user=y", 5000);
    for (int i = 0; i < 8; i++) {
        int64_t whole = i < 2 ? 100 << i : 400; /* pg_session's most */
        wait_until(&session, session.broken == i + 1);
        told[i] = session.will_retry_ms;
        ck_assert_int_le(told[i], whole);
        ck_assert_int_ge(told[i], whole * 3 / 4);
        differ = differ || (i > 2 && told[i] != told[i - 1]);
    }
    ck_assert(differ);
    pg_session_close(&session);
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
    struct pg_session session = pg_session_new();
    pg_session_start(&session);
    struct pg_answer sleeping = {0}, unsent = {0}, late = {0}, after = {0};
    pg_session_ask(&session, "SELECT pg_sleep(60)", &sleeping);
    pg_conn_sync(session.conn);
    pg_session_ask(&session, "SELECT 1", &unsent);
    pg_conn_close(session.conn);
    ck_assert_int_eq(sleeping.outcome, PG_LOST);
    ck_assert_int_eq(unsent.outcome, PG_LOST);
    ck_assert_int_eq(sleeping.count + unsent.count, 2);
    ck_assert_uint_eq(pg_conn_pending(session.conn), 0);
    ck_assert_int_eq(pg_conn_state(session.conn), PG_CONN_CLOSED);
    ck_assert_int_eq(session.broken, 0);
    pg_session_ask(&session, "SELECT 1", &late); /* closed: lost, but not within the call */
    pg_conn_sync(session.conn);
    ck_assert_int_eq(late.count, 0);
    wait_until(&session, late.count == 1);
    ck_assert_int_eq(late.outcome, PG_LOST);
    pg_conn_close(session.conn); /* twice does no harm */
    pg_conn_open(session.conn);
    pg_conn_open(session.conn);
    wait_until(&session, session.ready == 2);
    pg_session_ask(&session, "SELECT 'after'", &after);
    pg_conn_sync(session.conn);
    wait_until(&session, after.count == 1);
    ck_assert_str_eq(after.value, "after");
    pg_session_close(&session);
}
END_TEST

/* In every callback the connection may be closed or freed; what is open then completes, once. */
START_TEST(callbacks_may_free_the_connection)
{
    static const char *const statements[] = {"SELECT 1", "SELECT 1/0",
                                             "SELECT pg_terminate_backend(pg_backend_pid())"};
    for (int i = 0; i < 3; i++)
        for (int how = 0; how < 2; how++) {
            struct pg_session session = pg_session_new();
            pg_session_start(&session);
            struct pg_answer first = {.free_it = how == 0, .close_it = how == 1};
            struct pg_answer second = {0}, third = {0};
            pg_session_ask(&session, statements[i], &first);
            pg_session_ask(&session, "SELECT 2", &second);
            pg_conn_sync(session.conn);
            pg_session_ask(&session, "SELECT 3", &third); /* not sent */
            wait_until(&session, first.count == 1);
            ck_assert_int_eq(second.count, 1); /* when free returned, all was completed */
            ck_assert_int_eq(third.count, 1);
            ck_assert_int_eq(second.outcome, PG_LOST);
            ck_assert_int_eq(session.broken, 0);
            pg_session_close(&session);
        }
    struct pg_session session = pg_session_new(); /* amid single rows */
    pg_session_start(&session);
    struct pg_answer rows = {.free_it = true};
    pg_session_ask(&session, "SELECT generate_series(1, 1000)", &rows);
    pg_conn_single_rows(session.conn);
    pg_conn_sync(session.conn);
    rows.free_it = true;
    wait_until(&session, rows.count == 1);
    ck_assert_int_eq(rows.rows, 1);
    ck_assert_int_eq(rows.outcome, PG_LOST);
    pg_session_close(&session);
}
END_TEST

START_TEST(events_may_free_the_connection)
{
    char *conninfo = cluster_conninfo(cluster_shared(), "postgres", NULL);
    struct pg_session session = pg_session_new();
    session.free_when_ready = true;
    pg_session_open(&session, conninfo, 5000);
    struct pg_answer answer = {0};
    pg_session_ask(&session, "SELECT 1", &answer);
    pg_conn_sync(session.conn);
    wait_until(&session, session.ready == 1);
    ck_assert_int_eq(answer.outcome, PG_LOST);
    ck_assert_int_eq(answer.count, 1);
    pg_session_close(&session);

    session = pg_session_new();
    session.close_when_ready = true;
    pg_session_open(&session, conninfo, 5000);
    wait_until(&session, session.ready == 1);
    ck_assert_int_eq(pg_conn_state(session.conn), PG_CONN_CLOSED);
    pg_session_close(&session);

    session = pg_session_new();
    session.free_when_broken = true;
    pg_session_open(&session, "host=/nonexistent", 5000);
    wait_until(&session, session.broken == 1);
    pg_session_close(&session);

    session = pg_session_new(); /* freed before the loop saw it, and amid an attempt */
    pg_session_open(&session, conninfo, 5000);
    pg_session_close(&session);
    session = pg_session_new();
    pg_session_open(&session, conninfo, 5000);
    event_base_loop(session.base, EVLOOP_ONCE);
    pg_session_close(&session);
    free(conninfo);
}
END_TEST

START_TEST(an_illegal_use_ends_the_process)
{
    struct pg_session session = pg_session_new();
    pg_session_start(&session);
    struct pg_answer answer = {0};
    pg_session_ask(&session, "SELECT 1", &answer);
    pg_conn_sync(session.conn);
    wait_until(&session, answer.count == 1);
    (void)!freopen("/dev/null", "w", stderr);
    pg_conn_single_rows(session.conn); /* too late */
}
END_TEST

/* Why a lost COMMIT must be looked up: here it waits for a standby that does not exist, its backend
 * is terminated, and the transaction is committed all the same. */
START_TEST(a_lost_commit_may_have_committed)
{
    struct cluster *cluster =
        cluster_new("synchronous_commit = on\nsynchronous_standby_names = 'absent'");
    struct pg_session session = pg_session_new();
    char *conninfo = cluster_conninfo(cluster, "postgres", NULL);
    PGconn *admin = db_connect(cluster, "postgres", NULL);
    db_exec(admin, "SET synchronous_commit = local");
    db_exec(admin, "CREATE TABLE t (a int)");
    pg_session_open(&session, conninfo, 5000);
    wait_until(&session, session.ready == 1);
    int pid = pg_conn_backend_pid(session.conn);
    struct pg_answer begin = {0}, insert = {0}, commit = {0};
    pg_session_ask(&session, "BEGIN", &begin);
    pg_session_ask(&session, "INSERT INTO t VALUES (1)", &insert);
    pg_session_ask(&session, "COMMIT", &commit);
    pg_conn_sync(session.conn);
    wait_until(&session, db_number(admin,
                                   "SELECT count(*) FROM pg_stat_activity WHERE pid = %d AND "
                                   "wait_event = 'SyncRep'",
                                   pid) == 1);
    db_exec(admin, "SELECT pg_terminate_backend(%d)", pid);
    wait_until(&session, commit.count == 1);
    ck_assert_int_eq(commit.outcome, PG_LOST);
    ck_assert_str_eq(commit.sqlstate, "");
    db_wait_until(admin, "SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = %d)", pid);
    ck_assert_int_eq(db_number(admin, "SELECT count(*) FROM t"), 1);
    PQfinish(admin);
    pg_session_close(&session);
    cluster_free(cluster);
    free(conninfo);
}
END_TEST

/* Backends are terminated at any moment while groups are under way and callbacks ask for more: each
 * request completes once, a group's outcomes are in order, and what was said to be inserted is. */
START_TEST(each_request_completes_once_whatever_happens)
{
    enum { ROUNDS = 40, GROUPS = 30 };
    struct pg_session session = pg_session_new();
    pg_session_start(&session);
    PGconn *admin = db_connect(cluster_shared(), "postgres", NULL);
    db_exec(admin, "CREATE TABLE IF NOT EXISTS conn_once (round int, n int)");
    db_exec(admin, "TRUNCATE conn_once");
    for (int round = 0; round < ROUNDS; round++) {
        static struct pg_answer answers[GROUPS][3];
        memset(answers, 0, sizeof(answers));
        wait_until(&session, pg_conn_state(session.conn) == PG_CONN_READY);
        int broken = session.broken, expected = 0;
        for (int g = 0; g < GROUPS; g++) {
            char sql[128];
            snprintf(sql, sizeof(sql), "INSERT INTO conn_once VALUES (%d, %d)", round, g);
            pg_session_ask(&session, "BEGIN", &answers[g][0]);
            pg_conn_execute(session.conn, sql, sql, 0, NULL, NULL, NULL, false, pg_session_answered,
                            &answers[g][1]);
            answers[g][1].session = &session;
            answers[g][1].ask_again = g == 3;
            pg_session_ask(&session, "COMMIT", &answers[g][2]);
            pg_conn_sync(session.conn);
            if (g == round % GROUPS) {
                for (int i = 0; i < round % 4; i++)
                    event_base_loop(session.base, EVLOOP_NONBLOCK);
                db_exec(admin, "SELECT pg_terminate_backend(%d)",
                        pg_conn_backend_pid(session.conn));
            }
        }
        wait_until(&session, session.broken > broken && pg_conn_pending(session.conn) == 0);
        int committed = 0, unknown = 0;
        for (int g = 0; g < GROUPS; g++) {
            for (int i = 0; i < 3; i++)
                ck_assert_int_eq(answers[g][i].count, 1 + (g == 3 && i == 1));
            ck_assert(answers[g][2].outcome == PG_OK || answers[g][2].outcome == PG_LOST);
            committed += answers[g][2].outcome == PG_OK;
            unknown += answers[g][2].outcome == PG_LOST;
            if (g > 0 && answers[g][2].outcome == PG_OK)
                ck_assert_int_eq(answers[g - 1][2].outcome, PG_OK);
        }
        expected = (int)db_number(admin, "SELECT count(*) FROM conn_once WHERE round = %d", round);
        ck_assert_int_ge(expected, committed);
        ck_assert_int_le(expected, committed + unknown);
    }
    db_exec(admin, "DROP TABLE conn_once");
    PQfinish(admin);
    pg_session_close(&session);
}
END_TEST

Suite *suite_pg_conn_loss(void)
{
    Suite *suite = suite_create("pg_conn_loss");
    TCase *tc = tcase_create("conn");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, termination_loses_requests_and_the_connection_comes_back);
    tcase_add_test(tc, a_lost_commit_may_have_committed);
    tcase_add_test(tc, each_request_completes_once_whatever_happens);
    tcase_add_test(tc, a_killed_backend_is_a_lost_connection);
    tcase_add_test(tc, the_connection_survives_a_restart_of_the_server);
    tcase_add_test(tc, refusals_of_the_server_are_clear);
    tcase_add_test(tc, unreachable_servers_are_clear);
    tcase_add_test(tc, pauses_grow_and_differ);
    tcase_add_test(tc, connection_strings_that_are_none_are_not_retried);
    tcase_add_test(tc, closing_completes_everything_and_opening_starts_anew);
    tcase_add_test(tc, callbacks_may_free_the_connection);
    tcase_add_test(tc, events_may_free_the_connection);
    tcase_add_test_raise_signal(tc, an_illegal_use_ends_the_process, SIGABRT);
    suite_add_tcase(suite, tc);
    return suite;
}
