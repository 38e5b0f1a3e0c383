/* Turns: a backlog of one category does not keep the others waiting. worker/engine/schedule.c.
 *
 * Category "a_big" comes first, has half a minute of work and a turn of one second. What the tests
 * look at is the order of things: whether it still has records when the others' are gone. */
#define _GNU_SOURCE
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "engine_support.h"
#include "harness/cluster.h"
#include "harness/db.h"

#define POLICY(table_, more_)                                                                      \
    "  data: { table = \"public." table_ "\"; start = \"at\"; };\n"                                \
    "  stages = ( { after = \"30 days\"; do = \"delete\"; } );\n"                                  \
    "  brake: { fraction = 1.0; };\n" more_

static struct site turns_site(const char *settings)
{
    struct site site = site_new(
        cluster_shared(),
        "CREATE TABLE big (id bigint PRIMARY KEY, at timestamptz NOT NULL);"
        "CREATE INDEX ON big (at);"
        "CREATE TABLE small (id bigint PRIMARY KEY, at timestamptz NOT NULL);"
        "CREATE INDEX ON small (at);"
        "INSERT INTO big SELECT i, now() - interval '40 days' FROM generate_series(1, 3000) i;",
        settings);
    site_policy(&site, "a_big", POLICY("big", "  pace: { rows_per_second = 100; };\n"));
    site_policy(&site, "b_small", POLICY("small", ""));
    site_load_and_approve(&site, "a_big", -1);
    site_approve(&site, "b_small", -1);
    return site;
}

static void some_fall_due(const struct site *site)
{
    db_exec(site->admin, "INSERT INTO small SELECT i, now() - interval '40 days' "
                         "FROM generate_series(1, 10) i");
}

static void end(struct site *site, pid_t pid)
{
    kill(pid, SIGTERM);
    ck_assert_int_eq(program_wait(pid), 0);
    site_check_log(site);
    site_free(site);
}

/* Both are due when the worker starts. */
START_TEST(backlog_lets_others_pass)
{
    struct site site = turns_site("worker: { turn = \"1 s\"; };");
    some_fall_due(&site);
    pid_t pid = site_start(&site, NULL, NULL);
    db_wait_until(site.admin, "SELECT NOT EXISTS (SELECT FROM small)");
    ck_assert_int_gt(db_number(site.admin, "SELECT count(*) FROM big"), 0);
    /* that was no failure, and it goes on */
    char *said _cleanup_free_ = db_value(
        site.admin, "SELECT concat_ws(': ', status, message) FROM retention.run WHERE category = "
                    "'a_big' AND finished_at IS NOT NULL ORDER BY started_at LIMIT 1");
    ck_assert_str_eq(said, "stopped: its turn is over, and others are due; it goes on after them");
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM retention.compliance "
                                           "WHERE failing"),
                     0);
    db_wait_until(site.admin, "SELECT count(*) > 1 FROM retention.run WHERE category = 'a_big'");
    end(&site, pid);
}
END_TEST

/* Nobody knew that anything would fall due: the worker looks as often as its file says, however
 * busy it is, and finds it. */
START_TEST(others_are_counted_meanwhile)
{
    struct site site = turns_site("worker: { turn = \"1 s\"; wake_most = \"2 s\"; };");
    pid_t pid = site_start(&site, NULL, NULL);
    db_wait_until(site.admin, "SELECT EXISTS (SELECT FROM retention.run WHERE category = "
                              "'b_small' AND status = 'done')");
    some_fall_due(&site);
    db_wait_until(site.admin, "SELECT NOT EXISTS (SELECT FROM small)");
    ck_assert_int_gt(db_number(site.admin, "SELECT count(*) FROM big"), 0);
    end(&site, pid);
}
END_TEST

/* Alone, it is not interrupted. */
START_TEST(alone_it_goes_on)
{
    struct site site = turns_site("worker: { turn = \"1 s\"; };");
    db_exec(site.admin, "DELETE FROM big WHERE id > 10");
    pid_t pid = site_start(&site, NULL, NULL);
    db_wait_until(site.admin, "SELECT count(DISTINCT category) FILTER (WHERE status = 'done') = 2 "
                              "FROM retention.run");
    db_exec(site.admin, "INSERT INTO big SELECT i, now() - interval '40 days' "
                        "FROM generate_series(10001, 10500) i");
    PGconn *operator= db_connect(site.cluster, site.database, "t_operator");
    db_exec(operator, "SELECT retention.request_run(ARRAY['a_big'])");
    db_wait_until(site.admin, "SELECT finished_at IS NOT NULL FROM retention.run_request");
    ck_assert_int_eq(db_number(site.admin, "SELECT rows FROM retention.run r JOIN "
                                           "retention.run_request q ON q.runs = ARRAY[r.run]"),
                     500);
    PQfinish(operator);
    end(&site, pid);
}
END_TEST

/* What a person asked for takes turns, too; the request is done when the backlog is, and whoever
 * follows it hears of no failure. */
START_TEST(a_request_stays_open)
{
    struct site site = turns_site("worker: { turn = \"1 s\"; wake_most = \"1 s\"; };");
    db_exec(site.admin, "DELETE FROM big WHERE id > 2000");
    pid_t pid = site_start(&site, NULL, NULL);
    db_wait_until(site.admin, "SELECT EXISTS (SELECT FROM retention.run)");
    char *conninfo = cluster_conninfo(site.cluster, site.database, "t_operator");
    const char *const argv[] = {"retentionctl", "-d", conninfo, "run", "a_big", NULL};
    struct program_result result = program_run(argv);
    ck_assert_msg(result.exit_code == 0, "%s%s", result.out, result.err);
    ck_assert_msg(strstr(result.out, "continued") != NULL, "%s", result.out);
    program_result_free(&result);
    free(conninfo);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM big"), 0);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM retention.run_request "
                                           "WHERE finished_at IS NULL OR cardinality(runs) < 2"),
                     0);
    end(&site, pid);
}
END_TEST

/* Who asks for one category while another runs waits for more than half a minute, is told so, and
 * gets what was asked for. */
START_TEST(a_request_waits_for_a_run)
{
    struct site site = turns_site("worker: { turn = \"38 s\"; };");
    db_exec(site.admin, "INSERT INTO big SELECT i, now() - interval '40 days' "
                        "FROM generate_series(3001, 5000) i");
    pid_t pid = site_start(&site, NULL, NULL);
    db_wait_until(site.admin, "SELECT EXISTS (SELECT FROM retention.run WHERE category = 'a_big')");
    some_fall_due(&site);
    char *conninfo = cluster_conninfo(site.cluster, site.database, "t_operator");
    const char *const argv[] = {"retentionctl", "-d", conninfo, "run", "b_small", NULL};
    struct program_result result = program_run(argv);
    ck_assert_msg(result.exit_code == 0, "%s%s", result.out, result.err);
    ck_assert_msg(strstr(result.out, "The worker runs category \"a_big\"") != NULL, "%s",
                  result.out);
    program_result_free(&result);
    free(conninfo);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM small"), 0);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM retention.run_request WHERE "
                                           "taken_at > requested_at + interval '30 s'"),
                     1);
    end(&site, pid);
}
END_TEST

Suite *suite_engine_turns(void);
Suite *suite_engine_turns(void)
{
    Suite *suite = suite_create("engine_turns");
    TCase *tc = tcase_create("turns");
    tcase_set_timeout(tc, 180);
    tcase_add_test(tc, backlog_lets_others_pass);
    tcase_add_test(tc, others_are_counted_meanwhile);
    tcase_add_test(tc, alone_it_goes_on);
    tcase_add_test(tc, a_request_stays_open);
    tcase_add_test(tc, a_request_waits_for_a_run);
    suite_add_tcase(suite, tc);
    return suite;
}
