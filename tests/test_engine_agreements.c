/* Agreements that tenants change themselves: never early, and the plan's numbers are the run's. */
#define _GNU_SOURCE
#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine_support.h"
#include "harness/cluster.h"
#include "harness/db.h"

#define TABLES                                                                                     \
    "CREATE TABLE event (id int PRIMARY KEY, at timestamptz NOT NULL, account int NOT NULL);"      \
    "CREATE INDEX ON event (at);"                                                                  \
    "CREATE TABLE ag (tenant int PRIMARY KEY, keep interval);"                                     \
    "INSERT INTO event SELECT i, now() - i * interval '1 day' - interval '1 minute', i % 2 + 1 "   \
    "FROM generate_series(1, 60) i;"
#define POLICY                   POLICY_SETTLING("14 days")
#define POLICY_SETTLING(settle_) PLAIN TABLE_OF_AGREEMENTS(settle_)
#define PLAIN                                                                                      \
    "  data: { table = \"public.event\"; start = \"at\"; tenant = \"account\"; };\n"               \
    "  stages = ( { name = \"gone\"; after = \"30 days\"; do = \"delete\"; } );\n"                 \
    "  brake: { fraction = 1.0; tenant_fraction = 1.0; };\n"
#define TABLE_OF_AGREEMENTS(settle_)                                                               \
    "  agreements: { table = \"public.ag\"; tenant = \"tenant\"; period = \"keep\";\n"             \
    "    stage = \"gone\"; min = \"1 day\"; max = \"7 years\"; settle = \"" settle_ "\"; };\n"

static int64_t planned(const struct site *site)
{
    const char *const argv[] = {"retentionctl", "-c", site->config, "--json", "plan", NULL};
    struct program_result r = program_run(argv);
    ck_assert_msg(r.exit_code == 0, "%s%s", r.out, r.err);
    json_t *document = json_loads(r.out, 0, NULL);
    json_t *row = json_array_get(json_object_get(document, "categories"), 0);
    int64_t n = json_integer_value(json_object_get(row, "to_act"));
    json_decref(document);
    program_result_free(&r);
    return n;
}

static int64_t left(const struct site *site)
{
    return db_number(site->admin, "SELECT count(*) FROM event");
}

/* A table in which nobody had a period was read all the same: what comes later settles. */
START_TEST(nothing_agreed_is_known)
{
    struct site site =
        site_new(cluster_shared(), TABLES "INSERT INTO ag VALUES (1, NULL), (2, NULL);", NULL);
    site_policy(&site, "events", POLICY);
    site_load_and_approve(&site, "events", -1);
    site_once_expect(&site, NULL, 0);
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(left(&site), 29);
    db_exec(site.admin, "UPDATE ag SET keep = '10 days' WHERE tenant = 1");
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(left(&site), 29);
    db_exec(site.admin, "UPDATE retention.agreement_state SET pending_since = pending_since - "
                        "interval '15 days'");
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(left(&site), 19);
    site_free(&site);
}
END_TEST

/* What is shortened between the approval and the first run settles too. */
START_TEST(changed_before_the_first_run)
{
    struct site site =
        site_new(cluster_shared(), TABLES "INSERT INTO ag VALUES (1, '40 days'), (2, NULL);", NULL);
    site_policy(&site, "events", POLICY);
    site_load_and_approve(&site, "events", -1);
    db_exec(site.admin, "UPDATE ag SET keep = '10 days'");
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event WHERE account = 1"), 19);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event WHERE account = 2"), 15);
    site_free(&site);
}
END_TEST

static void policy_load(const struct site *site)
{
    const char *const argv[] = {"retentionctl", "-c", site->config, "policy", "load", NULL};
    struct program_result r = program_run(argv);
    ck_assert_msg(r.exit_code == 0, "%s%s", r.out, r.err);
    program_result_free(&r);
}

/* The author of a file lets a shorter value settle at once, which nobody approves, has it loaded,
 * and puts back what was there: what the approved text says of settling holds all the time. By the
 * worker (first), and by "policy load". */
START_TEST(unapproved_text_settles_nothing)
{
    bool by_worker = _i == 0;
    struct site site = site_new(
        cluster_shared(), TABLES "INSERT INTO ag VALUES (1, '50 days'), (2, '50 days');", NULL);
    site_policy(&site, "events", POLICY);
    site_load_and_approve(&site, "events", -1);
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(left(&site), 49);
    db_exec(site.admin, "UPDATE ag SET keep = '30 days' WHERE tenant = 1");
    site_policy(&site, "events", POLICY_SETTLING("0 days"));
    for (int i = 0; i < 3; i++) {
        if (by_worker)
            site_once_expect(&site, NULL, 5);
        else
            policy_load(&site);
        ck_assert_int_eq(db_number(site.admin,
                                   "SELECT count(*) FROM retention.category WHERE state = "
                                   "'suspended' AND loaded_sha256 <> approved_sha256"),
                         1);
    }
    site_policy(&site, "events", POLICY);
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(left(&site), 49);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM retention.agreement_state WHERE "
                                           "settled = '50 days'"),
                     2);
    db_exec(site.admin, "UPDATE retention.agreement_state SET pending_since = pending_since - "
                        "interval '15 days'");
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(left(&site), 39);

    /* approved: then it counts */
    db_exec(site.admin, "UPDATE ag SET keep = '30 days' WHERE tenant = 2");
    site_policy(&site, "events", POLICY_SETTLING("0 days"));
    site_load_and_approve(&site, "events", -1);
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(left(&site), 39);
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(left(&site), 29);
    site_free(&site);
}
END_TEST

/* A text that could not be loaded settles nothing either, whatever it says: here
 * a trigger stands for what the database refuses (as what a hold relies on). The approved one stays
 * active. */
START_TEST(a_refused_text_settles_nothing)
{
    struct site site = site_new(
        cluster_shared(), TABLES "INSERT INTO ag VALUES (1, '50 days'), (2, '50 days');", NULL);
    site_policy(&site, "events", POLICY);
    site_load_and_approve(&site, "events", -1);
    site_once_expect(&site, NULL, 0);
    db_exec(site.admin, "UPDATE ag SET keep = '30 days' WHERE tenant = 1");
    db_exec(site.admin, "CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS "
                        "$$ BEGIN IF NEW.text LIKE '%%\"0 days\"%%' THEN RAISE 'refused'; END IF; "
                        "RETURN NEW; END $$; CREATE TRIGGER refuse BEFORE INSERT ON "
                        "retention.policy_text FOR EACH ROW EXECUTE FUNCTION public.refuse()");
    site_policy(&site, "events", POLICY_SETTLING("0 days"));
    for (int i = 0; i < 3; i++)
        program_result_free(&(struct program_result[]){site_once(&site, NULL)}[0]);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM retention.category WHERE state = "
                                           "'active' AND loaded_sha256 = approved_sha256"),
                     1);
    site_policy(&site, "events", POLICY);
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(left(&site), 49);
    site_free(&site);
}
END_TEST

/* A table of agreements that an approved policy gets: what it holds when the text is loaded last
 * before its approval is approved with it, what changes after that settles; what an earlier text
 * made of another table counts for nothing. */
START_TEST(approved_with_what_the_table_holds)
{
    struct site site = site_new(
        cluster_shared(), TABLES "INSERT INTO ag VALUES (1, '5 days'), (2, '50 days');", NULL);
    site_policy(&site, "events", PLAIN);
    site_load_and_approve(&site, "events", -1);
    site_policy(&site, "events", POLICY);
    site_once_expect(&site, NULL, 5);
    db_exec(site.admin, "UPDATE ag SET keep = '50 days' WHERE tenant = 1");
    site_load_and_approve(&site, "events", -1);
    db_exec(site.admin, "UPDATE ag SET keep = '5 days' WHERE tenant = 1");
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(left(&site), 49);
    site_free(&site);
}
END_TEST

/* Numbers of another scale are the same tenant: in the table, in what was settled of it, and in a
 * list. */
START_TEST(tenants_are_values)
{
    struct site site = site_new(cluster_shared(),
                                TABLES "ALTER TABLE event ALTER account TYPE numeric(12,2);"
                                       "ALTER TABLE ag ALTER tenant TYPE numeric(12,4);"
                                       "INSERT INTO ag VALUES (1, '50 days'), (2, '50 days');",
                                NULL);
    if (_i) {
        site_policy(&site, "events",
                    PLAIN
                    "  agreements = ( { tenant = \"1\"; after = \"50 days\"; because = \"x\"; "
                    "},\n { tenant = \"2\"; after = \"50 days\"; because = \"x\"; } );\n");
        site_load_and_approve(&site, "events", -1);
    } else {
        site_policy(&site, "events", POLICY);
        site_load_and_approve(&site, "events", -1);
        db_exec(site.admin, "UPDATE ag SET keep = '5 days'");
    }
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(left(&site), 49);
    const char *const argv[] = {"retentionctl", "-c",     site.config, "--json",
                                "explain",      "events", "42",        NULL};
    struct program_result r = program_run(argv);
    ck_assert_msg(r.exit_code == 0 && strstr(r.out, "50 days"), "%s%s", r.out, r.err);
    program_result_free(&r);
    site_free(&site);
}
END_TEST

/* A tenant with several rows, the longest of which goes: one that is too short to be believed, and
 * so counted as max; one without a period, for which the stage's own counted. What counts then, and
 * is shorter, settles. */
START_TEST(the_longest_row_goes)
{
    static const char *const rows[] = {"(1, '1 hour'), (1, '10 days')",
                                       "(1, NULL), (1, '10 days'), (1, '2 days')"};
    struct site site =
        site_new(cluster_shared(), TABLES "ALTER TABLE ag DROP CONSTRAINT ag_pkey", NULL);
    db_exec(site.admin, "INSERT INTO ag VALUES %s", rows[_i]);
    site_policy(&site, "events", POLICY);
    site_load_and_approve(&site, "events", -1);
    site_once_expect(&site, NULL, 0);
    int64_t before = left(&site);
    ck_assert_int_eq(before, _i ? 29 : 45);
    db_exec(site.admin, "DELETE FROM ag WHERE keep IS NULL OR keep < '1 day'");
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(left(&site), before);
    db_exec(site.admin, "UPDATE retention.agreement_state SET pending_since = pending_since - "
                        "interval '15 days'");
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(left(&site), 15 + 4);
    site_free(&site);
}
END_TEST

/* The plan before the policy is loaded, the one before its approval, and the run agree. */
START_TEST(the_plan_is_what_goes)
{
    struct site site = site_new(
        cluster_shared(), TABLES "INSERT INTO ag VALUES (1, '10 days'), (2, '50 days');", NULL);
    site_policy(&site, "events", POLICY);
    int64_t before = planned(&site);
    site_once_expect(&site, NULL, 5);
    int64_t loaded = planned(&site);
    site_approve(&site, "events", loaded);
    site_once_expect(&site, NULL, 0);
    int64_t gone = 60 - left(&site);
    ck_assert_int_eq(gone, 25 + 6);
    ck_assert_int_eq(loaded, gone);
    ck_assert_int_eq(before, gone);
    site_free(&site);
}
END_TEST

/* A policy that does not fit its table any more shows in status, which fails, until it does. */
START_TEST(an_invalid_policy_shows)
{
    struct site site = site_new(cluster_shared(), TABLES, NULL);
    site_policy(&site, "events", POLICY);
    site_load_and_approve(&site, "events", -1);
    site_once_expect(&site, NULL, 0);
    const char *const argv[] = {"retentionctl", "-c", site.config, "status", "--check", NULL};
    struct program_result r = program_run(argv);
    ck_assert_msg(r.exit_code == 0, "%s%s", r.out, r.err);
    program_result_free(&r);
    db_exec(site.admin, "ALTER TABLE event RENAME at TO happened");
    program_result_free(&(struct program_result[]){site_once(&site, NULL)}[0]);
    r = program_run(argv);
    ck_assert_msg(r.exit_code == 4 && strstr(r.out, "policy invalid: "), "exit %d: %s%s",
                  r.exit_code, r.out, r.err);
    program_result_free(&r);
    db_exec(site.admin, "ALTER TABLE event RENAME happened TO at");
    site_once_expect(&site, NULL, 0);
    r = program_run(argv);
    ck_assert_msg(r.exit_code == 0, "%s%s", r.out, r.err);
    program_result_free(&r);
    site_free(&site);
}
END_TEST

Suite *suite_engine_agreements(void)
{
    Suite *suite = suite_create("engine_agreements");
    TCase *tests = tcase_create("agreements");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, nothing_agreed_is_known);
    tcase_add_test(tests, changed_before_the_first_run);
    tcase_add_loop_test(tests, unapproved_text_settles_nothing, 0, 2);
    tcase_add_test(tests, a_refused_text_settles_nothing);
    tcase_add_test(tests, approved_with_what_the_table_holds);
    tcase_add_loop_test(tests, tenants_are_values, 0, 2);
    tcase_add_loop_test(tests, the_longest_row_goes, 0, 2);
    tcase_add_test(tests, the_plan_is_what_goes);
    tcase_add_test(tests, an_invalid_policy_shows);
    suite_add_tcase(suite, tests);
    return suite;
}
