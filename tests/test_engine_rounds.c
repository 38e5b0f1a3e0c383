/* Rounds: what each day's figures say, and when a category's turn comes. worker/engine/schedule.c,
 * sql/engine/daily.sql, next_due.sql. */
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
#include "pg/catalog.h"
#include "sql_support.h"

#define POLICY                                                                                     \
    "  data: { table = \"public.event\"; start = \"at\"; };\n"                                     \
    "  stages = ( { after = \"30 days\"; do = \"delete\"; } );\n"                                  \
    "  brake: { fraction = 1.0; };\n"

static struct site rounds_site(int rows, const char *settings)
{
    char sql[512];
    snprintf(sql, sizeof(sql),
             "CREATE TABLE event (id bigint PRIMARY KEY, at timestamptz NOT NULL, note text,"
             " marked timestamptz); CREATE INDEX ON event (at);"
             "INSERT INTO event SELECT i, now() - interval '40 days', 'x' "
             "FROM generate_series(1, %d) i;",
             rows);
    struct site site = site_new_single(cluster_shared(), sql, settings);
    site_policy(&site, "events", POLICY);
    return site;
}

static int64_t days_in_log(const struct site *site)
{
    return db_number(site->admin, "SELECT count(*) FROM retention.log_entry "
                                  "WHERE type = 'compliance' AND category = 'events'");
}

/* --- the day's figures --- */

/* What was counted happened two days ago, and so did the entry that told of it. */
static void two_days_pass(const struct site *site)
{
    db_script(site->admin,
              "ALTER TABLE retention.log_entry DISABLE TRIGGER ALL;"
              "UPDATE retention.category_status SET measured_at = measured_at - interval '2 days';"
              "UPDATE retention.compliance_day SET day = day - 2;"
              "UPDATE retention.log_entry SET entry = regexp_replace(entry, 'day [-0-9]+', 'day ' "
              "|| ((now() AT TIME ZONE 'UTC')::date - 2)) WHERE type = 'compliance';"
              "ALTER TABLE retention.log_entry ENABLE TRIGGER ALL");
}

static void check_report(const struct site *site, const char *row)
{
    char *conninfo = cluster_conninfo(site->cluster, site->database, "t_auditor");
    char *from = db_value(site->admin, "SELECT (now() AT TIME ZONE 'UTC')::date - 10");
    char *to = db_value(site->admin, "SELECT (now() AT TIME ZONE 'UTC')::date");
    const char *const argv[] = {"retentionctl", "-d", conninfo, "--json", "report", "compliance",
                                "--from",       from, "--to",   to,       NULL};
    struct program_result result = program_run(argv);
    ck_assert_msg(result.exit_code == 0 && strstr(result.out, row), "%d: no %s in %s%s",
                  result.exit_code, row, result.out, result.err);
    program_result_free(&result);
    free(conninfo);
    free(from);
    free(to);
}

/* Nobody counts a category whose policy is not valid: its old figures are none of today. The day is
 * missing, once it is over; and has its figures when somebody counted on it after all. */
START_TEST(uncounted_days_are_missing)
{
    struct site site = rounds_site(5, NULL);
    site_load_and_approve(&site, "events", -1);
    ck_assert_int_eq(days_in_log(&site), 1);
    two_days_pass(&site);
    site_policy(&site, "events", POLICY "  no_such_key = 1;\n");
    site_once_expect(&site, NULL, 3);
    ck_assert_int_eq(days_in_log(&site), 1);
    check_report(&site, "\"missing\": 1"); /* yesterday; today is not over */
    site_policy(&site, "events", POLICY);
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(days_in_log(&site), 2);
    check_report(&site, "\"days\": 2");
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(days_in_log(&site), 2);
    site_free(&site);
}
END_TEST

/* --- when a category's turn comes --- */

/* Nobody says that a pause is over; the worker knows, and does not sleep for its hour. */
START_TEST(the_end_of_a_pause_wakes)
{
    struct site site = rounds_site(5, NULL);
    site_load_and_approve(&site, "events", -1);
    db_exec(site.admin, "DELETE FROM retention.category_status");
    PGconn *operator= db_connect(site.cluster, site.database, "t_operator");
    db_exec(operator, "SELECT retention.pause('all', 'test', clock_timestamp() + interval '12 s')");
    pid_t pid = site_start(&site, NULL, NULL);
    db_wait_until(site.admin, "SELECT EXISTS (SELECT FROM retention.category_status)");
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event, retention.pause p "
                                           "WHERE p.until > clock_timestamp()"),
                     5);
    db_wait_until(site.admin, "SELECT NOT EXISTS (SELECT FROM event)");
    kill(pid, SIGTERM);
    ck_assert_int_eq(program_wait(pid), 0);
    PQfinish(operator);
    site_free(&site);
}
END_TEST

/* --- being told to stop --- */

/* A gentle worker rests behind a batch for as long as that took. The first took fifteen seconds,
 * and a worker that waited for the end of the rest would be given up after eleven. */
START_TEST(a_rest_ends_when_told_to_stop)
{
    struct site site = rounds_site(300, "pace: { preset = \"gentle\"; batch_rows = 100; }; "
                                        "worker: { stop_within = \"1 s\"; };");
    db_script(site.admin,
              "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
              "IF old.id = 1 THEN PERFORM pg_sleep(15); END IF; RETURN NULL; END $$;"
              "CREATE TRIGGER slow AFTER DELETE ON event FOR EACH ROW EXECUTE FUNCTION slow()");
    struct catalog *catalog = sql_support_catalog(site.admin);
    char policy[1024];
    snprintf(policy, sizeof(policy), POLICY "  accept_triggers = [ \"slow:%s\" ];\n",
             catalog->tables[0].triggers[0].sha256);
    catalog_free(catalog);
    site_policy(&site, "events", policy);
    site_load_and_approve(&site, "events", -1);
    pid_t pid = site_start(&site, NULL, NULL);
    db_wait_until(site.admin,
                  "SELECT EXISTS (SELECT FROM retention.log_entry WHERE type = 'batch') "
                  "AND NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = "
                  "current_database() AND usename = 't_worker' AND state <> 'idle')");
    ck_assert_int_lt(site_logged(&site, "public.event"), 300);
    kill(pid, SIGTERM);
    ck_assert_int_eq(program_wait(pid), 0);
    ck_assert_int_gt(db_number(site.admin, "SELECT count(*) FROM event"), 0);
    site_check_log(&site);
    site_free(&site);
}
END_TEST

Suite *suite_engine_rounds(void);
Suite *suite_engine_rounds(void)
{
    Suite *suite = suite_create("engine_rounds");
    TCase *tc = tcase_create("days");
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, uncounted_days_are_missing);
    suite_add_tcase(suite, tc);
    tc = tcase_create("turns");
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, the_end_of_a_pause_wakes);
    tcase_add_test(tc, a_rest_ends_when_told_to_stop);
    suite_add_tcase(suite, tc);
    return suite;
}
