/* The k-check of stages that de-identify: sql/functions/count_groups.sql says what holds, here it
 * is asked of random records, of records that do not come in time, and of a worker that is killed.
 * A copy of the records as they were says who shares what with whom. */
#define _GNU_SOURCE
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "config.h"
#include "engine_support.h"
#include "harness/cluster.h"
#include "harness/db.h"
#include "harness/number.h"
#include "harness/schema.h"

#define VISITS                                                                                     \
    "CREATE TABLE visit (id bigint PRIMARY KEY, at timestamptz NOT NULL, account int, "            \
    "person text, zip text, day date, source text, done_at timestamptz);"                          \
    "CREATE INDEX ON visit (at);"                                                                  \
    "CREATE TABLE was (LIKE visit);"                                                               \
    "CREATE FUNCTION fill(count int, people int, seed float8) RETURNS void LANGUAGE plpgsql AS "   \
    "$$ DECLARE first bigint; BEGIN PERFORM setseed(seed);"                                        \
    "SELECT coalesce(max(id), 0) INTO first FROM was;"                                             \
    "WITH made AS (INSERT INTO visit SELECT first + i, now() - interval '100 days' - random() * "  \
    "  interval '10 days', (random() * 5)::int,"                                                   \
    "  CASE WHEN random() < 0.9 THEN 'p' || (random() ^ 2 * people)::int END,"                     \
    "  CASE WHEN random() < 0.9 THEN lpad((random() ^ 4 * 90000)::int::text, 5, '0') END,"         \
    "  CASE WHEN random() < 0.8 THEN date '2026-01-01' + (random() ^ 2 * 500)::int END,"           \
    "  (ARRAY['a', 'b', NULL])[1 + (random() * 2.99)::int % 3], NULL"                              \
    "  FROM generate_series(1, count) i RETURNING *) INSERT INTO was SELECT * FROM made; END $$;"  \
    "CREATE VIEW shared AS SELECT v.id, v.done_at, v.zip, v.day, v.source, w.person"               \
    "  FROM visit v JOIN was w USING (id) WHERE v.done_at IS NOT NULL;"                            \
    "CREATE VIEW small AS SELECT zip, day, source, count(*) AS rows, count(DISTINCT person) AS "   \
    "  people FROM shared WHERE zip IS NOT NULL OR day IS NOT NULL OR source IS NOT NULL"          \
    "  GROUP BY zip, day, source HAVING count(DISTINCT person) < 5;" /* what a run that nothing    \
                                                                        disturbs makes of records  \
                                                                        that were not done before  \
                                                                      */                           \
    "CREATE VIEW wanted AS SELECT w.id, CASE WHEN g.people >= 5 THEN left(w.zip, 3) END AS zip,"   \
    "  CASE WHEN g.people >= 5 THEN date_trunc('quarter', w.day)::date END AS day,"                \
    "  CASE WHEN g.people >= 5 THEN w.source END AS source"                                        \
    "  FROM was w JOIN (SELECT left(zip, 3) AS zip, date_trunc('quarter', day)::date AS day, "     \
    "    source, count(DISTINCT person) AS people FROM was GROUP BY 1, 2, 3) g"                    \
    "  ON g.zip IS NOT DISTINCT FROM left(w.zip, 3) AND g.day IS NOT DISTINCT FROM "               \
    "    date_trunc('quarter', w.day)::date AND g.source IS NOT DISTINCT FROM w.source;"
#define POLICY           POLICY_OF("")
#define POLICY_OF(more_) POLICY_WITH("column = \"person\";", "", more_)
#define POLICY_WITH(subject_, columns_, more_)                                                     \
    "  data: { table = \"public.visit\"; start = \"at\"; tenant = \"account\";\n"                  \
    "    subject = ( { " subject_ " kind = \"person\"; } ); };\n"                                  \
    "  brake: { rows = 100000000; fraction = 1.0; tenant_fraction = 1.0; };\n"                     \
    "  stages = ( { name = \"less\"; after = \"90 days\"; do = \"deidentify\";\n"                  \
    "    mark = \"done_at\"; columns = ( " columns_ "{ name = \"person\"; as = \"nullify\"; },\n"  \
    "      { name = \"zip\"; as = \"zip_prefix\"; },\n"                                            \
    "      { name = \"day\"; as = \"date_trunc\"; unit = \"quarter\"; } );\n"                      \
    "    quasi = [ \"zip\", \"day\", \"source\" ]; k = 5; }" more_ " );\n"

static struct site visits_site(const char *settings, const char *fill)
{
    struct site site = site_new(cluster_shared(), VISITS, settings);
    if (fill)
        db_script(site.admin, fill);
    db_exec(site.admin, "ANALYZE");
    site_policy(&site, "visits", POLICY);
    site_load_and_approve(&site, "visits", -1);
    return site;
}

static int64_t number(const struct site *site, const char *sql)
{
    return db_number(site->admin, "SELECT %s", sql);
}

/* Of every moment between runs. */
static void check_groups(const struct site *site)
{
    char *found _cleanup_free_ =
        db_value(site->admin, "SELECT string_agg(s::text, E'\\n') FROM small s");
    ck_assert_msg(!found, "groups of fewer than 5:\n%s", found);
    ck_assert_int_eq(number(site, "count(*) FROM visit WHERE done_at IS NOT NULL AND person IS NOT "
                                  "NULL"),
                     0);
    ck_assert_int_eq(number(site, "count(*) FROM retention.group_open"), 0);
    ck_assert_int_eq(number(site, "count(*) FROM retention.group_cohort"), 0);
}

/* Groups are counted over all batches of a run: exactly those that are too small lose their
 * quasi-identifiers, and the log tells how many. What a later run brings is counted by itself, and
 * groups of all runs together are large enough. */
START_TEST(groups_over_batches)
{
    int seed = (int)number_from_environment("RETENTIOND_QUASI_SEED", 1);
    char fill[80];
    snprintf(fill, sizeof(fill), "SELECT fill(3000, 200, %d / 1000.0)", seed);
    struct site site = visits_site("pace: { batch_rows = 100; };", fill);
    const char *const argv[] = {"retentionctl", "-c", site.config, "plan", NULL};
    struct program_result plan = program_run(argv);
    ck_assert_msg(plan.exit_code == 0, "%s", plan.err);
    site_once_expect(&site, NULL, 0);
    check_groups(&site);
    ck_assert_int_eq(number(&site, "count(*) FROM visit WHERE done_at IS NOT NULL"), 3000);
    char *wrong _cleanup_free_ = db_value(
        site.admin, "SELECT string_agg(v::text || ' ' || w::text, E'\\n') FROM visit v JOIN wanted "
                    "w USING (id) WHERE (v.zip, v.day, v.source) IS DISTINCT FROM (w.zip, w.day, "
                    "w.source)");
    ck_assert_msg(!wrong, "%s", wrong);
    /* the data is such that there are groups of both kinds, and some are spread over batches */
    ck_assert_int_gt(number(&site, "count(*) FROM retention.kept_group"), 20);
    ck_assert_int_gt(number(&site, "count(*) FROM retention.log_entry WHERE type = 'batch'"), 20);
    char *entry _cleanup_free_ = db_value(
        site.admin,
        "SELECT entry LIKE '%%' || format(E'\\ncategory visits\\nstage less\\nk 5\\nkept %%s\\n"
        "small %%s\\nnullified %%s\\n', (SELECT count(*) FROM retention.kept_group), "
        "count(DISTINCT "
        "(left(w.zip, 3), date_trunc('quarter', w.day), w.source)), count(*)) FROM was w JOIN "
        "wanted n USING (id), (SELECT entry FROM retention.log_entry WHERE type = 'groups') e "
        "WHERE n.zip IS NULL AND n.day IS NULL AND n.source IS NULL AND (w.zip IS NOT NULL OR "
        "w.day IS NOT NULL OR w.source IS NOT NULL) GROUP BY entry");
    ck_assert_str_eq(entry, "t");
    char *said _cleanup_free_ = db_value(
        site.admin, "SELECT format('%%s count fewer than 5 subjects; their %%s records lose zip, "
                    "day, source too', substring(entry, 'small (\\d+)'), substring(entry, "
                    "'nullified (\\d+)')) FROM retention.log_entry WHERE type = 'groups'");
    for (char *p = plan.out; *p; p++)
        *p = *p == '\n' ? ' ' : *p;
    ck_assert_msg(strstr(plan.out, said) != NULL, "not \"%s\" in:\n%s", said, plan.out);
    program_result_free(&plan);
    site_check_log(&site);
    ck_assert_int_eq(site_digests(&site, "public.visit"), 3000);
    /* once more: nothing */
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(site_logged(&site, "public.visit"), 3000);
    for (int i = 2; i < 4; i++) {
        db_exec(site.admin, "SELECT fill(400, 50, 0.%d)", i);
        site_once_expect(&site, NULL, 0);
        check_groups(&site);
    }
    ck_assert_int_eq(site_logged(&site, "public.visit"), 3800);
    site_check_log(&site);
    site_free(&site);
}
END_TEST

#define FIVE                                                                                       \
    "WITH made AS (INSERT INTO visit SELECT i, now() - interval '100 days', 1, 'p' || i, '21201'," \
    " '2026-02-03', 'a', NULL FROM generate_series(1, 5) i RETURNING *) INSERT INTO was SELECT * " \
    "FROM made"

/* A group that is large enough when the run begins, and too small when it ends, since one of its
 * records was not to be had: the others lose what they share in the same run, and that one when it
 * comes, alone. */
START_TEST(one_is_not_to_be_had)
{
    struct site site = visits_site(NULL, FIVE);
    PGconn *other = db_connect(site.cluster, site.database, NULL);
    db_exec(other, "BEGIN");
    db_exec(other, "SELECT 1 FROM visit WHERE id = 3 FOR UPDATE");
    struct program_result result = site_once(&site, NULL);
    program_result_free(&result);
    check_groups(&site);
    ck_assert_int_eq(number(&site, "count(*) FROM visit WHERE done_at IS NOT NULL AND zip IS NULL "
                                   "AND day IS NULL AND source IS NULL"),
                     4);
    ck_assert_int_eq(number(&site, "count(*) FROM visit WHERE id = 3 AND zip = '21201'"), 1);
    ck_assert_int_eq(number(&site, "count(*) FROM retention.kept_group"), 0);
    site_check_log(&site);
    db_exec(other, "COMMIT");
    PQfinish(other);
    site_once_expect(&site, NULL, 0);
    check_groups(&site);
    ck_assert_int_eq(number(&site, "count(*) FROM visit WHERE done_at IS NOT NULL AND zip IS NULL"),
                     5);
    site_free(&site);
}
END_TEST

/* Records that the same run deletes first make no group: plan foretells what the run finds. */
START_TEST(plan_leaves_out_what_goes_first)
{
    struct site site = site_new(cluster_shared(), VISITS, NULL);
    db_script(site.admin, "SELECT fill(3000, 200, 0.3)");
    site_policy(&site, "visits",
                POLICY_OF(", { name = \"gone\"; after = \"105 days\"; do = \"delete\"; }"));
    site_load_and_approve(&site, "visits", -1);
    const char *const argv[] = {"retentionctl", "-c", site.config, "plan", NULL};
    struct program_result plan = program_run(argv);
    ck_assert_msg(plan.exit_code == 0, "%s", plan.err);
    site_once_expect(&site, NULL, 0);
    check_groups(&site);
    ck_assert_int_gt(number(&site, "3000 - count(*) FROM visit"), 1000);
    char *said _cleanup_free_ = db_value(
        site.admin, "SELECT format('%%s count fewer than 5 subjects; their %%s records lose zip, "
                    "day, source too', substring(entry, 'small (\\d+)'), substring(entry, "
                    "'nullified (\\d+)')) FROM retention.log_entry WHERE type = 'groups'");
    for (char *p = plan.out; *p; p++)
        *p = *p == '\n' ? ' ' : *p;
    ck_assert_msg(strstr(plan.out, said) != NULL, "not \"%s\" in:\n%s", said, plan.out);
    program_result_free(&plan);
    site_free(&site);
}
END_TEST

/* A held record stays as it is, and does not count for the others. */
START_TEST(held_records_do_not_count)
{
    struct site site = visits_site(NULL, FIVE);
    db_exec(site.admin, "SELECT retention.place_hold('M', 'r', subject => 'person:p3')");
    site_once_expect(&site, NULL, 0);
    check_groups(&site);
    ck_assert_int_eq(number(&site, "count(*) FROM visit WHERE done_at IS NOT NULL AND zip IS NULL"),
                     4);
    ck_assert_int_eq(number(&site, "count(*) FROM visit WHERE person = 'p3' AND zip = '21201' AND "
                                   "done_at IS NULL"),
                     1);
    site_free(&site);
}
END_TEST

/* Five that come together keep what they share; what somebody writes into one of them later goes
 * again, and a later run's lone record does not join them. */
START_TEST(five_keep_what_they_share)
{
    struct site site = visits_site(NULL, FIVE);
    site_once_expect(&site, NULL, 0);
    check_groups(&site);
    ck_assert_int_eq(number(&site, "count(*) FROM visit WHERE zip = '212' AND day = '2026-01-01' "
                                   "AND source = 'a'"),
                     5);
    char *mark _cleanup_free_ = db_value(site.admin, "SELECT max(done_at)::text FROM visit");
    db_exec(site.admin, "UPDATE visit SET zip = '99501' WHERE id = 2");
    db_exec(site.admin, "UPDATE visit SET person = 'p4' WHERE id = 4");
    db_exec(site.admin,
            "WITH made AS (INSERT INTO visit VALUES (6, now() - interval '100 days', 1, "
            "'p6', '21202', '2026-02-04', 'a', NULL) RETURNING *) INSERT INTO was "
            "SELECT * FROM made");
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(number(&site, "count(*) FROM visit WHERE zip = '212'"), 4);
    ck_assert_int_eq(number(&site, "count(*) FROM visit WHERE id IN (2, 6) AND zip IS NULL AND day "
                                   "IS NULL AND source IS NULL"),
                     2);
    ck_assert_int_eq(number(&site, "count(*) FROM visit WHERE person IS NOT NULL"), 0);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM visit WHERE done_at = '%s'", mark),
                     5);
    site_check_log(&site);
    site_free(&site);
}
END_TEST

/* The time of a run tells its records from those of other runs: two never have the same, however
 * soon the second begins; and where a clock that was set back would give it, the groups of the
 * first are left alone. */
START_TEST(no_two_runs_of_one_time)
{
    struct site site = visits_site(NULL, FIVE);
    for (int i = 1; i < 4; i++) {
        db_exec(site.admin, "UPDATE visit SET zip = '99501' WHERE id = %d", i);
        db_exec(site.admin,
                "INSERT INTO visit SELECT i, now() - interval '100 days', 1, 'p' || i, "
                "'21201', '2026-02-03', 'a', NULL FROM generate_series(%d, %d) i",
                10 * i, 10 * i + 5);
        site_once_expect(&site, NULL, 0);
    }
    ck_assert_int_eq(number(&site, "count(DISTINCT run_time) FROM retention.run"), 3);
    ck_assert_int_eq(number(&site, "count(DISTINCT cohort) FROM retention.kept_group"), 3);

    PGconn *worker = db_connect(site.cluster, site.database, "t_worker");
    int64_t term = schema_lead(worker, '9');
    char *run _cleanup_free_ = db_value(
        site.admin,
        "UPDATE retention.run SET status = 'running', finished_at = NULL, term = %lld WHERE run = "
        "(SELECT run FROM retention.run ORDER BY run_time LIMIT 1) RETURNING run",
        (long long)term);
    const char *state =
        db_fails(worker,
                 "SELECT retention.keep_groups(%lld, '%s', 'visits', 'less', (SELECT min(cohort) "
                 "FROM retention.kept_group), 5, ARRAY[]::bytea[])",
                 (long long)term, run);
    ck_assert_str_eq(state, "RT011");
    ck_assert_msg(strstr(PQerrorMessage(worker), "an earlier run of stage") != NULL, "%s",
                  PQerrorMessage(worker));
    PQfinish(worker);
    site_free(&site);
}
END_TEST

/* Whoever is not certain is nobody, so that four with one more do not make five: a number that is
 * none, an empty text, and documents that name several. Where five are certain they do. */
START_TEST(who_is_not_certain_does_not_count)
{
#define DOCUMENT                                                                                   \
    POLICY_WITH("column = \"who\"; path = [ \"name\" ];",                                          \
                "{ name = \"who\"; as = \"nullify\"; }, ", "")
    static const struct {
        const char *policy, *column, *uncertain, *certain;
    } cases[] = {
        {POLICY_WITH("column = \"person\"; as = \"e164\";", "", ""), "person",
         "CASE i WHEN 1 THEN '555-0123' ELSE '+141055501' || 10 + i END", "'+141055501' || 10 + i"},
        {POLICY_WITH("column = \"person\"; as = \"lower\";", "", ""), "person",
         "CASE i WHEN 1 THEN ' ' ELSE 'P ' || i END", "'P ' || i"},
        {POLICY, "person", "CASE i WHEN 1 THEN '' ELSE 'p' || i END", "'p' || i"},
        {DOCUMENT, "who",
         "jsonb_build_object('name', CASE WHEN i < 3 THEN jsonb_build_array('p' || i) WHEN i < 5 "
         "THEN jsonb_build_array('p1', 'p' || i) ELSE to_jsonb('p5'::text) END)",
         "jsonb_build_object('name', 'p' || i)"},
        {DOCUMENT, "who",
         "jsonb_build_object('name', (ARRAY['[]', '{}', '\"\"', 'true', '\"p\"']::jsonb[])[i])",
         "jsonb_build_object('name', i)"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct site site = site_new(cluster_shared(), VISITS, NULL);
        db_exec(site.admin, "ALTER TABLE visit ADD who jsonb");
        site_policy(&site, "visits", cases[i].policy);
        site_load_and_approve(&site, "visits", -1);
        for (int certain = 0; certain < 2; certain++) {
            db_exec(site.admin,
                    "INSERT INTO visit (id, at, account, zip, day, source, %s) SELECT %d + i, "
                    "now() - interval '100 days', 1, '21201', '2026-02-03', 'a', %s FROM "
                    "generate_series(1, 5) i",
                    cases[i].column, 10 * certain, certain ? cases[i].certain : cases[i].uncertain);
            site_once_expect(&site, NULL, 0);
            ck_assert_int_eq(number(&site, "count(*) FROM visit WHERE done_at IS NULL"), 0);
            ck_assert_msg(number(&site, "count(*) FROM visit WHERE zip IS NOT NULL OR day IS NOT "
                                        "NULL OR source IS NOT NULL") == 5 * certain,
                          "case %zu, certain %d", i, certain);
        }
        site_free(&site);
    }
}
END_TEST

#ifdef ENABLE_FAULT_POINTS

/* Killed between batches, and where groups are settled: the next run settles them. */
START_TEST(killed_between_batches)
{
    static const char *const faults[] = {"batch_commit_sent=exit:7", "run_keep_sent=exit",
                                         "run_close_sent=exit", "run_after_close=exit"};
    for (size_t i = 0; i < ARRAY_LENGTH(faults); i++) {
        char fill[80];
        snprintf(fill, sizeof(fill), "SELECT fill(1500, 100, 0.%zu)", i + 1);
        struct site site = visits_site("pace: { batch_rows = 100; };", fill);
        site_once_expect(&site, faults[i], 70);
        site_once_expect(&site, NULL, 0);
        check_groups(&site);
        ck_assert_int_eq(number(&site, "count(*) FROM visit WHERE done_at IS NULL"), 0);
        site_check_log(&site);
        site_free(&site);
    }
}
END_TEST

/* Groups that came to be too small are settled, and the answer is lost: their records come again in
 * the same run. */
START_TEST(lost_answer_of_settling)
{
    struct site site = visits_site("pace: { batch_rows = 100; };", "SELECT fill(1500, 100, 0.3)");
    pid_t pid = site_start(&site, "--once", "batch_begins=stop,run_close_lost=error");
    int status;
    ck_assert_int_eq(waitpid(pid, &status, WUNTRACED), pid);
    ck_assert_int_gt(number(&site, "count(*) FROM retention.kept_group"), 0);
    db_script(
        site.admin,
        "DELETE FROM visit v USING (SELECT left(zip, 3) AS zip, date_trunc('quarter', day) AS "
        "day, source, min(person) AS one FROM was GROUP BY 1, 2, 3 HAVING count(DISTINCT "
        "person) BETWEEN 5 AND 9) g WHERE left(v.zip, 3) IS NOT DISTINCT FROM g.zip AND "
        "date_trunc('quarter', v.day) IS NOT DISTINCT FROM g.day AND v.source IS NOT DISTINCT "
        "FROM g.source AND v.person <> g.one");
    kill(pid, SIGCONT);
    ck_assert_int_eq(program_wait(pid), 0);
    ck_assert_int_eq(number(&site, "count(*) FROM retention.run"), 1);
    check_groups(&site);
    ck_assert_int_eq(number(&site, "count(*) FROM visit WHERE done_at IS NULL"), 0);
    site_check_log(&site);
    site_free(&site);
}
END_TEST

#endif

Suite *suite_quasi(void)
{
    Suite *suite = suite_create("quasi");
    TCase *tests = tcase_create("quasi");
    tcase_set_timeout(tests, 240);
    tcase_add_test(tests, groups_over_batches);
    tcase_add_test(tests, one_is_not_to_be_had);
    tcase_add_test(tests, plan_leaves_out_what_goes_first);
    tcase_add_test(tests, held_records_do_not_count);
    tcase_add_test(tests, five_keep_what_they_share);
    tcase_add_test(tests, no_two_runs_of_one_time);
    tcase_add_test(tests, who_is_not_certain_does_not_count);
#ifdef ENABLE_FAULT_POINTS
    tcase_add_test(tests, killed_between_batches);
    tcase_add_test(tests, lost_answer_of_settling);
#endif
    suite_add_tcase(suite, tests);
    return suite;
}
