/* Strategies: whichever is taken, the same records go, and the log says the same. What differs is
 * seen by the sizes of batches: slices hold as many records each, blocks do not. */
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "config.h"
#include "engine_support.h"
#include "harness/cluster.h"
#include "harness/db.h"

static const char *const strategies[] = {"auto", "index", "sweep"};

/* 20 000 records of which the oldest 1000 are due, long ones, in an order of their own; 30 of them
 * held. Slices are of 3, batches of 33 of them. */
/* `code`: of the first run, which loads the policy. */
static struct site site_of(const char *strategy, const char *start_type, const char *more, int code)
{
    struct text sql _cleanup_text_ = {0}, policy _cleanup_text_ = {0};
    text_printf(
        &sql,
        "CREATE TABLE event (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), n int NOT NULL, "
        "at %s NOT NULL, note text NOT NULL);"
        "INSERT INTO event (n, at, note) SELECT i, CASE WHEN i <= 1000 THEN now() - "
        "interval '90 days' + i * interval '1 minute' ELSE now() END, repeat('x', 500) "
        "FROM generate_series(1, 20000) i;%s"
        "CREATE INDEX ON event (at);",
        start_type, more);
    struct site site =
        site_new(cluster_shared(), text_string(&sql), "pace: { batch_rows = 100; };");
    db_exec(site.admin, "VACUUM ANALYZE event");
    text_printf(
        &policy,
        "strategy = \"%s\"; data: { table = \"public.event\"; start = \"at\"; }; stages = ( "
        "{ after = \"30 days\"; do = \"delete\"; } );",
        strategy);
    site_policy(&site, "events", text_string(&policy));
    site_once_expect(&site, NULL, code);
    site_approve(&site, "events", -1);
    return site;
}

static int64_t batches_of(const struct site *site, int rows)
{
    return db_number(site->admin,
                     "SELECT count(*) FROM retention.log_entry WHERE type = 'batch' AND rows = %d",
                     rows);
}

START_TEST(all_take_the_same)
{
    struct site site = site_of(strategies[_i], "timestamptz", "", 5);
    db_exec(site.admin, "INSERT INTO event (n, at, note) VALUES (0, '-infinity', ''), "
                        "(0, '1960-01-01', ''), (0, now() - interval '30 days 1 minute', '')");
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event WHERE n BETWEEN 1 AND 1000"),
                     0);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), 19002);
    ck_assert_int_eq(site_logged(&site, "public.event"), 1001);
    ck_assert_int_eq(site_digests(&site, "public.event"), 1001);
    site_check_log(&site);
    /* of the first batch, two have not begun */
    if (strcmp(strategies[_i], "sweep") == 0)
        ck_assert_int_lt(batches_of(&site, 99), 5);
    else
        ck_assert_int_eq(batches_of(&site, 99), 9);
    site_free(&site);
}
END_TEST

/* Records in the order of their starting points go by the blocks that they stand in, whatever the
 * slices; and one that stands elsewhere goes as well. */
START_TEST(what_stands_together_goes_by_its_blocks)
{
    struct site site = site_of("auto", "timestamptz", "", 5);
    db_exec(site.admin,
            "UPDATE event SET at = now() - interval '89 days 20 hours' WHERE n = 15000");
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event WHERE n <= 1000"), 0);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), 18999);
    ck_assert_int_eq(site_logged(&site, "public.event"), 1001);
    ck_assert_int_eq(site_digests(&site, "public.event"), 1001);
    site_check_log(&site);
    ck_assert_int_ge(batches_of(&site, 98), 5); /* of 14 a block */
    ck_assert_int_eq(batches_of(&site, 99), 0);
    site_free(&site);
}
END_TEST

START_TEST(other_types_of_moments)
{
    static const char *const types[] = {"timestamp", "date"};
    struct site site = site_of("index", types[_i], "", 5);
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), 19000);
    ck_assert_int_eq(site_logged(&site, "public.event"), 1000);
    site_check_log(&site);
    site_free(&site);
}
END_TEST

/* A trigger that refuses to let one record go, accepted as the error about it says. */
static const char refuses[] =
    "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.n = 700 THEN "
    "RAISE "
    "'no' USING ERRCODE = '23503'; END IF; RETURN NULL; END $$;"
    "CREATE TRIGGER refuse AFTER DELETE ON event FOR EACH ROW EXECUTE FUNCTION refuse();";

/* A slice in which a record is locked, and one in which a record refuses, are gone through record
 * by record: all the others go. */
START_TEST(what_is_locked_or_refuses_is_left)
{
    struct site site = site_of("index", "timestamptz", refuses, 3);
    struct program_result result = site_once(&site, NULL);
    const char *hash = strstr(result.err, "refuse:");
    ck_assert_msg(hash != NULL, "%s", result.err);
    struct text policy _cleanup_text_ = {0};
    text_printf(&policy,
                "accept_triggers = [ \"%.71s\" ]; strategy = \"index\"; data: { table = "
                "\"public.event\"; start = \"at\"; }; stages = ( { after = \"30 days\"; do = "
                "\"delete\"; } );",
                hash);
    program_result_free(&result);
    site_policy(&site, "events", text_string(&policy));
    site_load_and_approve(&site, "events", -1);
    PGconn *other = db_connect(site.cluster, site.database, NULL);
    db_exec(other, "BEGIN");
    db_exec(other, "UPDATE event SET note = 'mine' WHERE n = 300");
    site_once_expect(&site, NULL, 0);
    char *left = db_value(site.admin, "SELECT string_agg(n::text, ',' ORDER BY n) FROM event WHERE "
                                      "n <= 1000");
    ck_assert_str_eq(left, "300,700");
    free(left);
    ck_assert_int_eq(site_logged(&site, "public.event"), 998);
    db_exec(other, "COMMIT");
    PQfinish(other);
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(site_logged(&site, "public.event"), 999);
    site_check_log(&site);
    site_free(&site);
}
END_TEST

/* Where more records begin at one moment than a batch may take, slices cannot part them. */
START_TEST(many_at_one_moment_go_by_blocks)
{
    struct site site =
        site_of("index", "timestamptz", "UPDATE event SET at = '2020-02-02' WHERE n <= 900;", 5);
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), 19000);
    ck_assert_int_le(
        db_number(site.admin, "SELECT max(rows) FROM retention.log_entry WHERE type = 'batch'"),
        250);
    site_check_log(&site);
    site_free(&site);
}
END_TEST

/* The same where it is found out late: bounds are asked for 4096 at a time, and the many are behind
 * those. The slices before them are done; the whole table is gone through for the rest. */
START_TEST(many_at_a_late_moment_go_by_blocks)
{
    struct site site =
        site_of("index", "timestamptz",
                "UPDATE event SET at = now() - interval '40 days' WHERE n <= 900;"
                "INSERT INTO event (n, at, note) SELECT i, now() - interval '120 "
                "days' + i * interval '1 second', repeat('x', 500) FROM generate_series(20001, "
                "33000) i;",
                5);
    site_policy(&site, "events",
                "strategy = \"index\"; data: { table = \"public.event\"; start = \"at\"; }; stages "
                "= ( { after = \"30 days\"; do = \"delete\"; } ); brake: { fraction = 1.0; };");
    site_load_and_approve(&site, "events", -1);
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), 19000);
    ck_assert_int_eq(site_digests(&site, "public.event"), 14000);
    ck_assert_int_ge(batches_of(&site, 99), 4096 / 33);
    ck_assert_int_le(
        db_number(site.admin, "SELECT max(rows) FROM retention.log_entry WHERE type = 'batch'"),
        250);
    site_check_log(&site);
    site_free(&site);
}
END_TEST

#ifdef ENABLE_FAULT_POINTS

/* The run found no scope of a hold, and counts by statements that ask for none. What a hold
 * placed before they run keeps they would count among what goes: it counts again, and the log tells
 * the right numbers. */
START_TEST(a_hold_placed_before_a_count)
{
    static const char *const points[] = {"run_before_plan=stop", "run_before_count=stop"};
    struct site site = site_of("auto", "timestamptz", "", 5);
    pid_t pid = site_start(&site, "--once", points[_i]);
    int status;
    ck_assert_int_eq(waitpid(pid, &status, WUNTRACED), pid);
    ck_assert(WIFSTOPPED(status));
    const char *until = "now() - interval '80 days'";
    if (_i == 0)
        until = "(SELECT at FROM event WHERE n = 100)";
    else
        db_exec(site.admin,
                "INSERT INTO event (n, at, note) VALUES (1, now() - interval '90 days', "
                "''), (2, now() - interval '31 days', '')");
    free(db_value(
        site.admin,
        "SELECT retention.place_hold('M', 'suit filed', category => 'events', starts_to => "
        "%s)",
        until));
    ck_assert_int_eq(kill(pid, SIGCONT), 0);
    ck_assert_int_eq(program_wait(pid), 0);
    if (_i == 0)
        ck_assert_int_eq(db_number(site.admin, "SELECT 1000 * held + to_act FROM retention.run"),
                         99901);
    ck_assert_int_eq(db_number(site.admin, "SELECT remaining FROM retention.run"), 0);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event WHERE at < now() - interval "
                                           "'30 days'"),
                     _i == 0 ? 99 : 1);
    site_check_log(&site);
    site_free(&site);
}
END_TEST

#endif

/* And says so before. */
START_TEST(plan_names_the_index)
{
    struct site site = site_of("auto", "timestamptz", "", 5);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM retention.log_entry WHERE type = "
                                           "'batch'"),
                     0);
    const char *const argv[] = {"retentionctl", "-c", site.config, "plan", NULL};
    struct program_result result = program_run_env(argv, NULL);
    ck_assert_msg(strstr(result.out, "index \"event_at_idx\"") != NULL, "%s%s", result.out,
                  result.err);
    program_result_free(&result);
    site_free(&site);
}
END_TEST

Suite *suite_strategy(void)
{
    Suite *suite = suite_create("strategy");
    TCase *tcase = tcase_create("strategies");
    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, all_take_the_same, 0, 3);
    tcase_add_test(tcase, what_stands_together_goes_by_its_blocks);
    tcase_add_loop_test(tcase, other_types_of_moments, 0, 2);
    tcase_add_test(tcase, what_is_locked_or_refuses_is_left);
    tcase_add_test(tcase, many_at_one_moment_go_by_blocks);
    tcase_add_test(tcase, many_at_a_late_moment_go_by_blocks);
    tcase_add_test(tcase, plan_names_the_index);
#ifdef ENABLE_FAULT_POINTS
    tcase_add_loop_test(tcase, a_hold_placed_before_a_count, 0, 2);
#endif
    suite_add_tcase(suite, tcase);
    return suite;
}
