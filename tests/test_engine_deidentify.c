/* Stages that de-identify, run by the worker: policy/sql_transform.c, and what batches do with
 * them. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "engine_support.h"
#include "harness/cluster.h"
#include "harness/db.h"
#include "harness/schema.h"

#define CALLS                                                                                      \
    "CREATE TABLE call (id bigint PRIMARY KEY, at timestamptz, account int, caller text, "         \
    "name text, ip inet, token text UNIQUE, done_at timestamptz);"                                 \
    "CREATE INDEX ON call (at);"
#define ROWS(days_, from_, to_)                                                                    \
    "INSERT INTO call SELECT i, now() - interval '" days_ " days 1 minute', i % 10, "              \
    "'+1410555' || lpad(i::text, 4, '0'), 'Jane ' || i, '203.0.113.77', 'tok-' || i, NULL "        \
    "FROM generate_series(" from_ ", " to_ ") i;"
#define DATA                                                                                       \
    "  data: { table = \"public.call\"; start = \"at\"; tenant = \"account\";\n"                   \
    "    subject = ( { column = \"caller\"; kind = \"phone\"; as = \"e164\"; } ); };\n"            \
    "  brake: { fraction = 1.0; tenant_fraction = 1.0; };\n"
#define NUMBER                                                                                     \
    "{ name = \"number\"; after = \"90 days\"; do = \"deidentify\"; columns = (\n"                 \
    "    { name = \"caller\"; as = \"phone_truncate\"; keep = \"npa\"; },\n"                       \
    "    { name = \"name\"; as = \"nullify\"; },\n"                                                \
    "    { name = \"ip\"; as = \"ip_truncate\"; } ); }"
#define GONE "{ name = \"gone\"; after = \"13 months\"; do = \"delete\"; }"

static int64_t count(const struct site *site, const char *where)
{
    return db_number(site->admin, "SELECT count(*) FROM call WHERE %s", where);
}

/* A record passes each stage once: young ones are left alone, those past the first period are
 * changed, those past the second are deleted without having been changed before. The second run
 * finds nothing to do. */
START_TEST(passes_each_stage_once)
{
    struct site site = site_new(
        cluster_shared(),
        CALLS ROWS("10", "1", "100") ROWS("100", "101", "300") ROWS("500", "301", "600"), NULL);
    site_policy(&site, "calls", DATA "  stages = ( " NUMBER ", " GONE " );\n");
    site_load_and_approve(&site, "calls", -1);
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(count(&site, "true"), 300);
    ck_assert_int_eq(count(&site, "id <= 100 AND caller LIKE '+1410555%' AND name IS NOT NULL"),
                     100);
    ck_assert_int_eq(count(&site, "id > 100 AND caller = '+1410' AND name IS NULL AND ip = "
                                  "'203.0.113.0'"),
                     200);
    ck_assert_int_eq(db_number(site.admin, "SELECT sum(rows) FROM retention.log_entry WHERE entry "
                                           "LIKE '%%\naction deidentify\n%%' AND type = 'batch'"),
                     200);
    ck_assert_int_eq(db_number(site.admin, "SELECT sum(rows) FROM retention.log_entry WHERE entry "
                                           "LIKE '%%\naction delete\n%%' AND type = 'batch'"),
                     300);
    ck_assert_int_eq(site_digests(&site, "public.call"), 500);
    site_check_log(&site);
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(site_logged(&site, "public.call"), 500);
    ck_assert_int_eq(db_number(site.admin, "SELECT overdue FROM retention.compliance"), 0);
    site_check_log(&site);
    site_free(&site);
}
END_TEST

static void expect_explained(const struct site *site, const char *id, const char *words)
{
    const char *const argv[] = {"retentionctl", "-c", site->config, "explain", "calls", id, NULL};
    struct program_result result = program_run(argv);
    ck_assert_int_eq(result.exit_code, 0);
    for (char *p = result.out; *p; p++)
        *p = *p == '\n' ? ' ' : *p;
    ck_assert_msg(strstr(result.out, words) != NULL, "not \"%s\" in: %s", words, result.out);
    program_result_free(&result);
}

/* Of a record that went through several stages, explain tells the last one; and of one that
 * somebody else deleted, never that we did. */
START_TEST(the_last_stage_is_explained)
{
    struct site site = site_new(cluster_shared(), CALLS ROWS("100", "1", "20"), NULL);
    site_policy(&site, "calls", DATA "  stages = ( " NUMBER ", " GONE " );\n");
    site_load_and_approve(&site, "calls", -1);
    site_once_expect(&site, NULL, 0);
    expect_explained(&site, "3", "It has passed stage \"number\": it is de-identified");
    db_exec(site.admin, "DELETE FROM call WHERE id = 4");
    db_exec(site.admin, "UPDATE call SET at = at - interval '400 days'");
    site_once_expect(&site, NULL, 0);
    expect_explained(&site, "3", "It was deleted at ");
    expect_explained(&site, "3", "The run enforced stage \"gone\"");
    expect_explained(&site, "4", "No log entry says that it was deleted");
    expect_explained(&site, "4", "The run enforced stage \"number\"");
    site_free(&site);
}
END_TEST

/* A hold placed between the stages stops the later ones for exactly its records; released, they go
 * on. */
START_TEST(a_held_record_is_not_changed)
{
    struct site site = site_new(cluster_shared(), CALLS ROWS("100", "1", "200"), NULL);
    site_policy(&site, "calls", DATA "  stages = ( " NUMBER ", " GONE " );\n");
    site_load_and_approve(&site, "calls", -1);
    db_exec(site.admin,
            "SELECT retention.place_hold('M-1', 'test', subject => 'phone:+14105550007')");
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(count(&site, "name IS NOT NULL"), 1);
    ck_assert_int_eq(count(&site, "id = 7 AND caller = '+14105550007' AND name = 'Jane 7'"), 1);
    ck_assert_int_eq(db_number(site.admin, "SELECT held FROM retention.compliance"), 1);
    ck_assert_int_eq(site_digests(&site, "public.call"), 199);
    site_check_log(&site);
    /* between the stages: the numbers are gone, the hold names a tenant */
    db_exec(site.admin, "SELECT retention.place_hold('M-2', 'test', category => 'calls', tenant => "
                        "'3')");
    db_exec(site.admin, "UPDATE call SET at = at - interval '400 days'");
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(count(&site, "account = 3 AND caller = '+1410' AND name IS NULL"), 20);
    ck_assert_int_eq(count(&site, "id = 7 AND caller = '+14105550007' AND name = 'Jane 7'"), 1);
    ck_assert_int_eq(count(&site, "true"), 21);
    /* the worker put the rules of its main file in force */
    db_exec(site.admin, "UPDATE retention.hold_rules SET dual_control = false, grace = '0'");
    db_exec(site.admin, "SELECT retention.release_hold(hold, 'over') FROM retention.hold");
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(count(&site, "true"), 0);
    site_check_log(&site);
    site_free(&site);
}
END_TEST

/* A trigger that puts the old value back is found out: the record is set aside, the others go on.
 */
START_TEST(a_trigger_that_restores_is_found_out)
{
    struct site site = site_new(
        cluster_shared(),
        CALLS ROWS(
            "100", "1",
            "50") "CREATE FUNCTION back() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF new.id = "
                  "7 THEN "
                  "new.name := old.name; END IF; RETURN new; END $$;"
                  "CREATE TRIGGER back BEFORE UPDATE ON call FOR EACH ROW EXECUTE FUNCTION back();",
        NULL);
    db_exec(site.admin, "SET search_path = ''");
    char *sha256 = db_value(site.admin,
                            "SELECT encode(sha256(convert_to(pg_get_triggerdef(t.oid) || p.prosrc, "
                            "'UTF8')), 'hex') FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid "
                            "WHERE t.tgname = 'back'");
    db_exec(site.admin, "RESET search_path");
    char body[2048];
    snprintf(body, sizeof(body),
             DATA "  stages = ( " NUMBER " );\n  accept_triggers = [ \"back:%s\" ];\n", sha256);
    free(sha256);
    site_policy(&site, "calls", body);
    site_load_and_approve(&site, "calls", -1);
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(count(&site, "name IS NULL AND caller = '+1410'"), 49);
    ck_assert_int_eq(count(&site, "id = 7 AND caller = '+14105550007' AND name = 'Jane 7'"), 1);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM retention.blocked_record WHERE "
                                           "sqlstate = 'RT014'"),
                     1);
    ck_assert_int_eq(site_digests(&site, "public.call"), 49);
    site_check_log(&site);
    site_free(&site);
}
END_TEST

/* What cannot be seen in the values is seen in the mark; each token is another. */
START_TEST(a_mark_says_that_it_is_done)
{
    struct site site = site_new(cluster_shared(), CALLS ROWS("100", "1", "300"), NULL);
    site_policy(&site, "calls",
                DATA "  stages = ( { after = \"90 days\"; do = \"deidentify\"; mark = "
                     "\"done_at\"; columns = (\n"
                     "    { name = \"token\"; as = \"random_token\"; },\n"
                     "    { name = \"caller\"; as = \"nullify\"; } ); } );\n");
    site_load_and_approve(&site, "calls", -1);
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(count(&site,
                           "token ~ '^[0-9a-f]{16}$' AND caller IS NULL AND done_at = (SELECT "
                           "max(run_time) FROM retention.run)"),
                     300);
    char *before = db_value(site.admin, "SELECT md5(string_agg(token, ',' ORDER BY id)) FROM call");
    site_once_expect(&site, NULL, 0);
    char *after = db_value(site.admin, "SELECT md5(string_agg(token, ',' ORDER BY id)) FROM call");
    ck_assert_str_eq(before, after);
    ck_assert_int_eq(site_logged(&site, "public.call"), 300);
    /* the application writes a name into a record that was done: it is due again */
    db_exec(site.admin, "UPDATE call SET caller = '+14105550001' WHERE id = 1");
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(count(&site, "caller IS NOT NULL"), 0);
    ck_assert_int_eq(site_logged(&site, "public.call"), 301);
    free(before);
    free(after);
    site_check_log(&site);
    site_free(&site);
}
END_TEST

Suite *suite_engine_deidentify(void)
{
    Suite *suite = suite_create("engine deidentify");
    TCase *tests = tcase_create("deidentify");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, passes_each_stage_once);
    tcase_add_test(tests, the_last_stage_is_explained);
    tcase_add_test(tests, a_held_record_is_not_changed);
    tcase_add_test(tests, a_trigger_that_restores_is_found_out);
    tcase_add_test(tests, a_mark_says_that_it_is_done);
    suite_add_tcase(suite, tests);
    return suite;
}
