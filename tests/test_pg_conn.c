/* The asynchronous connection against a real server: requests and their results. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/cluster.h"
#include "pg/sqlstate.h"
#include "pg_session.h"

START_TEST(a_query_is_answered)
{
    struct pg_session session = pg_session_new();
    pg_session_start(&session);
    struct pg_answer one = {0}, two = {0}, three = {0}, none = {0};
    pg_session_ask(&session, "SELECT current_setting('application_name')", &one);
    const char *values[] = {"+1 202 555 0143", NULL};
    pg_conn_query(session.conn, "SELECT $1::text || coalesce($2::text, '!')", 2, values, false,
                  pg_session_answered, &two);
    const char *binary[] = {"\0\1\2\377"};
    int lengths[] = {4}, formats[] = {1};
    pg_conn_query_binary(session.conn, "SELECT encode($1::bytea, 'hex')", 1, binary, lengths,
                         formats, false, pg_session_answered, &three);
    pg_session_ask(&session, "SELECT 1 WHERE false", &none);
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
    pg_session_close(&session);
}
END_TEST

START_TEST(what_is_queued_before_the_connection_is_sent_when_it_is_there)
{
    struct pg_session session = pg_session_new();
    char *conninfo = cluster_conninfo(cluster_shared(), "postgres", NULL);
    pg_session_open(&session, conninfo, 5000);
    struct pg_answer answer = {.ask_again = true};
    pg_session_ask(&session, "SELECT 'first'", &answer);
    pg_conn_sync(session.conn);
    wait_until(&session, answer.count == 2);
    ck_assert_str_eq(answer.value, "again");
    free(conninfo);
    pg_session_close(&session);
}
END_TEST

START_TEST(an_error_aborts_its_group_and_no_other)
{
    struct pg_session session = pg_session_new();
    pg_session_start(&session);
    struct pg_answer a = {0}, bad = {0}, b = {0}, c = {0};
    pg_session_ask(&session, "CREATE TEMP TABLE t (phone text PRIMARY KEY CHECK (phone <> 'x'))",
                   &a);
    pg_conn_sync(session.conn);
    pg_session_ask(&session, "INSERT INTO t VALUES ('+12025550143'), ('+12025550143')", &bad);
    pg_session_ask(&session, "INSERT INTO t VALUES ('y')", &b);
    pg_conn_sync(session.conn);
    pg_session_ask(&session, "SELECT count(*) FROM t", &c);
    pg_conn_sync(session.conn);
    wait_until(&session, c.count == 1);
    ck_assert_int_eq(a.outcome, PG_OK);
    ck_assert_int_eq(bad.outcome, PG_ERROR);
    ck_assert_str_eq(bad.sqlstate, "23505");
    ck_assert_ptr_nonnull(strstr(bad.primary, "unique violation, constraint \"t_pkey\""));
    ck_assert_ptr_null(strstr(bad.primary, "2025550143"));
    ck_assert_int_eq(b.outcome, PG_ABORTED);
    ck_assert_str_eq(c.value, "0");
    pg_session_close(&session);
}
END_TEST

START_TEST(errors_hold_no_value)
{
    struct pg_session session = pg_session_new();
    pg_session_start(&session);
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
        struct pg_answer answer = {0};
        pg_session_ask(&session, cases[i].sql, &answer);
        pg_conn_sync(session.conn);
        wait_until(&session, answer.count == 1);
        ck_assert_int_eq(answer.outcome, PG_ERROR);
        ck_assert_str_eq(answer.sqlstate, cases[i].sqlstate);
        ck_assert_str_eq(answer.primary, cases[i].words);
    }
    pg_session_close(&session);
}
END_TEST

START_TEST(notifications_arrive)
{
    struct pg_session session = pg_session_new(), other = pg_session_new();
    pg_session_start(&session);
    pg_session_start(&other);
    struct pg_answer listen = {0}, notify = {0};
    pg_session_ask(&session, "LISTEN retention", &listen);
    pg_conn_sync(session.conn);
    wait_until(&session, listen.count == 1);
    pg_session_ask(&other, "NOTIFY retention, 'run'", &notify);
    pg_conn_sync(other.conn);
    wait_until(&other, notify.count == 1);
    wait_until(&session, session.notified == 1);
    ck_assert_str_eq(session.channel, "retention");
    ck_assert_str_eq(session.payload, "run");
    pg_session_close(&other);
    pg_session_close(&session);
}
END_TEST

/* A statement stays prepared, also after the group of its first use failed, before or after it, and
 * when the same statement is used in groups that are under way at once. */
START_TEST(statements_are_prepared_once)
{
    struct pg_session session = pg_session_new();
    pg_session_start(&session);
    struct pg_answer a = {0}, b = {0}, c = {0}, bad = {0}, bad_prepare = {0}, again = {0},
                     count = {0};
    const char *values[] = {"7"};
#define EXECUTE(answer)                                                                            \
    pg_conn_execute(session.conn, "plus", "SELECT $1::int + 1", 1, values, NULL, NULL, false,      \
                    pg_session_answered, answer)
    pg_session_ask(&session, "SELECT 1/0", &bad);
    EXECUTE(&a); /* its Parse is aborted */
    pg_conn_sync(session.conn);
    EXECUTE(&b);
    EXECUTE(&c);
    pg_conn_sync(session.conn);
    pg_conn_execute(session.conn, "wrong", "SELECT absent", 0, NULL, NULL, NULL, false,
                    pg_session_answered, &bad_prepare);
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
    pg_session_ask(&session, "SELECT count(*) FROM pg_prepared_statements", &count);
    pg_conn_sync(session.conn);
    wait_until(&session, count.count == 1);
    ck_assert_int_eq(again.count, 10);
    ck_assert_str_eq(count.value, "1");
    /* Another text under the name. */
    pg_conn_execute(session.conn, "plus", "SELECT $1::int + 2", 1, values, NULL, NULL, false,
                    pg_session_answered, &again);
    pg_conn_sync(session.conn);
    wait_until(&session, again.count == 11);
    ck_assert_str_eq(again.value, "9");
    pg_session_close(&session);
}
END_TEST

static void ask_plus(struct pg_session *session, const char *sql, struct pg_answer *answer)
{
    const char *values[] = {"7"};
    pg_conn_execute(session->conn, "plus", sql, 1, values, NULL, NULL, false, pg_session_answered,
                    answer);
}

/* A statement whose name got another text does not stay with the server, whatever became of the
 * group that it was to be dropped in. */
START_TEST(texts_that_changed_are_dropped)
{
    struct pg_session session = pg_session_new();
    pg_session_start(&session);
    struct pg_answer plus = {0}, bad = {0}, count = {0};
    const char *const texts[] = {"SELECT $1::int + 1", "SELECT $1::int + 2", "SELECT $1::int + 3"};
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
        ask_plus(&session, texts[i], &plus);
        pg_conn_sync(session.conn);
        wait_until(&session, plus.count == (int)i + 1);
    }
    pg_session_ask(&session, "SELECT 1/0", &bad);
    ask_plus(&session, texts[0], &plus);
    pg_conn_sync(session.conn);
    wait_until(&session, plus.count == 4);
    ck_assert_int_eq(plus.outcome, PG_ABORTED);
    /* Several Parses of one name under way: all but the last are of no use once answered. */
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
        ask_plus(&session, texts[i], &plus);
    pg_conn_sync(session.conn);
    wait_until(&session, plus.count == 7);
    ck_assert_str_eq(plus.value, "10");
    ask_plus(&session, texts[1], &plus);
    pg_session_ask(&session, "SELECT string_agg(statement, '; ') FROM pg_prepared_statements",
                   &count);
    pg_conn_sync(session.conn);
    wait_until(&session, count.count == 1);
    ck_assert_str_eq(plus.value, "9");
    ck_assert_str_eq(count.value, texts[1]);
    pg_session_close(&session);
}
END_TEST

/* Somebody's DEALLOCATE ALL, as of a trigger: what was to be dropped is not there. The statement
 * that comes after is told why it was not executed, once. */
START_TEST(what_others_dropped_is_told_once)
{
    struct pg_session session = pg_session_new();
    pg_session_start(&session);
    struct pg_answer plus = {0}, all = {0};
    ask_plus(&session, "SELECT $1::int + 1", &plus);
    pg_session_ask(&session, "DEALLOCATE ALL", &all);
    pg_conn_sync(session.conn);
    wait_until(&session, all.count == 1);
    ck_assert_int_eq(all.outcome, PG_OK);
    ask_plus(&session, "SELECT $1::int + 2", &plus);
    pg_conn_sync(session.conn);
    wait_until(&session, plus.count == 2);
    ck_assert_int_eq(plus.outcome, PG_ERROR);
    ck_assert_str_eq(plus.sqlstate, "26000");
    ask_plus(&session, "SELECT $1::int + 2", &plus);
    pg_conn_sync(session.conn);
    wait_until(&session, plus.count == 3);
    ck_assert_int_eq(plus.outcome, PG_OK);
    ck_assert_str_eq(plus.value, "9");
    pg_session_close(&session);
}
END_TEST

START_TEST(large_results_and_large_parameters_pass)
{
    struct pg_session session = pg_session_new();
    pg_session_start(&session);
    enum { SIZE = 20000000 };
    struct pg_answer rows = {0}, echo = {0}, more = {0};
    pg_session_ask(&session, "SELECT repeat('x', 100) FROM generate_series(1, 200000)", &rows);
    char *value = malloc(SIZE);
    memset(value, 7, SIZE);
    const char *values[] = {value};
    int lengths[] = {SIZE}, formats[] = {1};
    /* Both sides have much to write at once: neither may stop reading. */
    for (int i = 0; i < 3; i++) {
        pg_conn_query_binary(session.conn, "SELECT length($1::bytea)", 1, values, lengths, formats,
                             false, pg_session_answered, &echo);
        pg_session_ask(&session, "SELECT repeat('x', 100) FROM generate_series(1, 200000)", &more);
    }
    pg_conn_sync(session.conn);
    free(value);
    wait_until(&session, pg_conn_pending(session.conn) == 0);
    ck_assert_int_eq(rows.rows, 200000);
    ck_assert_int_eq(more.rows, 600000);
    ck_assert_str_eq(echo.value, "20000000");
    pg_session_close(&session);
}
END_TEST

START_TEST(rows_come_one_at_a_time)
{
    struct pg_session session = pg_session_new();
    pg_session_start(&session);
    struct pg_answer before = {0}, single = {0}, other = {0}, failing = {0}, last = {0};
    pg_session_ask(&session, "SELECT 1 FROM generate_series(1, 10)", &before);
    pg_session_ask(&session, "SELECT g FROM generate_series(1, 100000) g", &single);
    pg_conn_single_rows(session.conn);
    pg_session_ask(&session, "SELECT 1 FROM generate_series(1, 10)", &other);
    pg_session_ask(&session, "SELECT 10/(50 - g) FROM generate_series(1, 100) g", &failing);
    pg_conn_single_rows(session.conn);
    pg_conn_sync(session.conn);
    pg_session_ask(&session, "SELECT g FROM generate_series(1, 5) g", &last);
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
    pg_session_close(&session);
}
END_TEST

START_TEST(a_flush_answers_without_ending_the_group)
{
    struct pg_session session = pg_session_new();
    pg_session_start(&session);
    struct pg_answer first = {0}, bad = {0}, last = {0};
    pg_session_ask(&session, "SELECT 1", &first);
    pg_conn_flush(session.conn);
    wait_until(&session, first.count == 1);
    pg_session_ask(&session, "SELECT 1/0", &bad);
    pg_conn_flush(session.conn);
    wait_until(&session, bad.count == 1);
    pg_session_ask(&session, "SELECT 2", &last); /* the group failed already */
    pg_conn_sync(session.conn);
    wait_until(&session, last.count == 1);
    ck_assert_int_eq(last.outcome, PG_ABORTED);
    pg_session_close(&session);
}
END_TEST

START_TEST(a_thousand_requests_complete_in_order)
{
    struct pg_session session = pg_session_new();
    pg_session_start(&session);
    static struct pg_answer answers[1000];
    for (int i = 0; i < 1000; i++) {
        char number[16];
        snprintf(number, sizeof(number), "%d", i);
        const char *values[] = {number};
        if (i % 10 == 3)
            pg_session_ask(&session, "SELECT 1/0", &answers[i]);
        else
            pg_conn_execute(session.conn, i % 2 ? "a" : "b",
                            i % 2 ? "SELECT $1::int" : "SELECT $1::int + 0", 1, values, NULL, NULL,
                            false, pg_session_answered, &answers[i]);
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
    pg_session_close(&session);
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
    tcase_add_test(tc, a_query_is_answered);
    tcase_add_test(tc, what_is_queued_before_the_connection_is_sent_when_it_is_there);
    tcase_add_test(tc, an_error_aborts_its_group_and_no_other);
    tcase_add_test(tc, errors_hold_no_value);
    tcase_add_test(tc, notifications_arrive);
    tcase_add_test(tc, statements_are_prepared_once);
    tcase_add_test(tc, texts_that_changed_are_dropped);
    tcase_add_test(tc, what_others_dropped_is_told_once);
    tcase_add_test(tc, large_results_and_large_parameters_pass);
    tcase_add_test(tc, rows_come_one_at_a_time);
    tcase_add_test(tc, a_flush_answers_without_ending_the_group);
    tcase_add_test(tc, a_thousand_requests_complete_in_order);
    tcase_add_test(tc, sqlstates_have_a_meaning);
    suite_add_tcase(suite, tc);
    return suite;
}
