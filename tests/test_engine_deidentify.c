/* Stages that de-identify, run by the worker: policy/sql_transform.c, and what batches do with
 * them. */
#define _GNU_SOURCE
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "config.h"
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

/* Of the trigger "back", as accept_triggers has it. */
static char *hash_of_back(const struct site *site)
{
    db_exec(site->admin, "SET search_path = ''");
    char *hash = db_value(site->admin,
                          "SELECT encode(sha256(convert_to(pg_get_triggerdef(t.oid) || p.prosrc, "
                          "'UTF8')), 'hex') FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid "
                          "WHERE t.tgname = 'back'");
    db_exec(site->admin, "RESET search_path");
    return hash;
}

/* A category that deletes nothing needs no privilege but on the columns that it changes. */
START_TEST(columns_are_privilege_enough)
{
    struct site site =
        site_new(cluster_shared(),
                 CALLS ROWS("100", "1",
                            "300") "CREATE TABLE note (id int PRIMARY KEY, call bigint NOT NULL "
                                   "REFERENCES call, body text); CREATE INDEX ON note (call); "
                                   "INSERT INTO note SELECT i, i, 'b' FROM generate_series(1, 9) "
                                   "i;",
                 NULL);
    db_exec(site.admin, "REVOKE ALL ON call, note FROM t_worker");
    db_exec(site.admin, "GRANT SELECT, UPDATE (id, caller, name, ip) ON call TO t_worker");
    db_exec(site.admin, "GRANT SELECT, UPDATE (id, body) ON note TO t_worker");
    site_policy(&site, "calls",
                "  data: { table = \"public.call\"; start = \"at\"; tenant = \"account\";\n"
                "    subject = ( { column = \"caller\"; kind = \"phone\"; as = \"e164\"; } );\n"
                "    with = ( { table = \"public.note\"; by = [ \"call\" ];\n"
                "      columns = ( { name = \"body\"; as = \"nullify\"; } ); } ); };\n"
                "  brake: { fraction = 1.0; tenant_fraction = 1.0; };\n"
                "  stages = ( " NUMBER " );\n");
    site_load_and_approve(&site, "calls", -1);
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(count(&site, "caller = '+1410' AND name IS NULL"), 300);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM note WHERE body IS NOT NULL"), 0);
    site_check_log(&site);
    site_free(&site);
}
END_TEST

/* A trigger that the policy accepts puts back what was changed, behind the change: the run says so
 * and ends, and what it reports is no negative number. */
START_TEST(what_is_put_back_ends_the_run)
{
    struct site site = site_new(
        cluster_shared(),
        CALLS ROWS(
            "100", "1",
            "5") "CREATE FUNCTION back() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF "
                 "pg_trigger_depth() < 2 THEN UPDATE public.call SET name = OLD.name WHERE id = "
                 "OLD.id; END "
                 "IF; RETURN NULL; END $$;"
                 "CREATE TRIGGER back AFTER UPDATE ON call FOR EACH ROW EXECUTE FUNCTION back();",
        NULL);
    char *hash _cleanup_free_ = hash_of_back(&site);
    char *policy _cleanup_free_ = NULL;
    ck_assert_int_gt(asprintf(&policy,
                              DATA "  accept_triggers = [ \"back:%s\" ];\n"
                                   "  stages = ( { name = \"name\"; after = \"90 days\"; do = "
                                   "\"deidentify\"; columns = ( { name = \"name\"; as = "
                                   "\"nullify\"; } ); } );\n",
                              hash),
                     0);
    site_policy(&site, "calls", policy);
    site_load_and_approve(&site, "calls", -1);
    struct program_result result = site_once(&site, NULL);
    ck_assert_msg(result.exit_code == 1 && strstr(result.err, "due again behind each pass"),
                  "%d\n%s", result.exit_code, result.err);
    ck_assert_ptr_null(strstr(result.err, "is no number"));
    program_result_free(&result);
    ck_assert_int_le(site_logged(&site, "public.call"), 25);
    site_free(&site);
}
END_TEST

/* What comes behind the end that a pass began with, where the records that it changed stand too, is
 * found by what remains, in the same run. */
START_TEST(what_comes_behind_a_pass_is_found)
{
    struct site site = site_new(
        cluster_shared(),
        CALLS ROWS(
            "100", "1",
            "900") "CREATE FUNCTION back() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT "
                   "INTO "
                   "public.call SELECT 1000 + i, OLD.at, 1, '+1410555' || 1000 + i, 'Jane' FROM "
                   "generate_series(1, 500) i; RETURN NULL; END $$;"
                   "CREATE TRIGGER back AFTER UPDATE ON call FOR EACH ROW WHEN (OLD.id = 900) "
                   "EXECUTE FUNCTION back();",
        NULL);
    db_exec(site.admin, "GRANT INSERT ON call TO t_worker");
    char *hash _cleanup_free_ = hash_of_back(&site);
    char *policy _cleanup_free_ = NULL;
    ck_assert_int_gt(asprintf(&policy,
                              DATA "  accept_triggers = [ \"back:%s\" ];\n"
                                   "  stages = ( " NUMBER " );\n",
                              hash),
                     0);
    site_policy(&site, "calls", policy);
    site_load_and_approve(&site, "calls", -1);
    struct program_result result = site_once(&site, NULL);
    ck_assert_msg(result.exit_code == 0 &&
                      strstr(result.err, "1,400 records de-identified, with 0 dependants\n"),
                  "%d\n%s", result.exit_code, result.err);
    program_result_free(&result);
    ck_assert_int_eq(count(&site, "caller = '+1410' AND name IS NULL"), 1400);
    ck_assert_int_eq(site_digests(&site, "public.call"), 1400);
    site_check_log(&site);
    site_free(&site);
}
END_TEST

/* Records that are changed have turns: most of them find room in their own pages, where others have
 * been, and the table does not grow to twice its size. */
START_TEST(a_full_table_hardly_grows)
{
    struct site site = site_new_single(cluster_shared(), CALLS ROWS("100", "1", "8000"),
                                       "pace: { batch_rows = 500; };");
    int64_t before = db_number(site.admin, "SELECT pg_relation_size('call')");
    site_policy(&site, "calls", DATA "  stages = ( " NUMBER " );\n");
    site_load_and_approve(&site, "calls", -1);
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(count(&site, "caller = '+1410' AND name IS NULL"), 8000);
    ck_assert_int_eq(site_digests(&site, "public.call"), 8000);
    ck_assert_int_le(db_number(site.admin, "SELECT pg_relation_size('call')"), before * 3 / 2);
    site_check_log(&site);
    site_free(&site);
}
END_TEST

/* On one line, one space between words. */
static char *explained(const struct site *site, const char *id)
{
    const char *const argv[] = {"retentionctl", "-c", site->config, "explain", "calls", id, NULL};
    struct program_result result = program_run(argv);
    ck_assert_msg(result.exit_code == 0, "%s", result.err);
    char *text = xstrdup(result.out), *end = text;
    for (const char *p = result.out; *p; p++)
        if (strchr(" \n", *p) == NULL || strchr(" \n", p[1]) == NULL)
            *end++ = *p == '\n' ? ' ' : *p;
    *end = '\0';
    program_result_free(&result);
    return text;
}

static void expect_explained(const struct site *site, const char *id, const char *words)
{
    char *text _cleanup_free_ = explained(site, id);
    ck_assert_msg(strstr(text, words) != NULL, "not \"%s\" in: %s", words, text);
}

/* One list of the stages; a hold keeps the record from each of them, and only the last one lets it
 * go afterwards. */
START_TEST(each_stage_is_explained)
{
    struct site site =
        site_new(cluster_shared(), CALLS ROWS("100", "1", "20") ROWS("500", "21", "40"), NULL);
    site_policy(&site, "calls", DATA "  stages = ( " NUMBER ", " GONE " );\n");
    site_load_and_approve(&site, "calls", -1);
    expect_explained(&site, "3", "\"number\" due. It has been due since");
    expect_explained(&site, "3", "Nothing keeps it: the next run de-identifies it.");
    expect_explained(&site, "30", "stage \"gone\" takes it in the same run, and first");
    db_exec(site.admin,
            "SELECT retention.place_hold('M', 'r', category => 'calls', tenant => '3')");
    expect_explained(&site, "3", "\"number\" held. It has been due since");
    expect_explained(&site, "3", "it is de-identified when");
    expect_explained(&site, "3", "\"gone\" to come. Its period is not over");
    expect_explained(&site, "33", "\"gone\" held. It has been due since");
    char *text _cleanup_free_ = explained(&site, "3");
    const char *once = strstr(text, "is still there");
    ck_assert_ptr_nonnull(once);
    ck_assert_msg(!strstr(once + 1, "is still there"), "%s", text);
    ck_assert_msg(strstr(text, "goes when") && strstr(text, "goes when") > strstr(text, "\"gone\""),
                  "%s", text);
    site_free(&site);
}
END_TEST

/* Of a record that went through several stages, explain tells the last one; and of one that
 * somebody else deleted, never that we did. */
START_TEST(the_last_stage_is_explained)
{
    struct site site = site_new(cluster_shared(), CALLS ROWS("100", "1", "20"), NULL);
    site_policy(&site, "calls", DATA "  stages = ( " NUMBER ", " GONE " );\n");
    site_load_and_approve(&site, "calls", -1);
    site_once_expect(&site, NULL, 0);
    expect_explained(&site, "3",
                     "is still there. Its stages: \"number\" passed: it is "
                     "de-identified");
    expect_explained(&site, "3", "\"gone\" to come. Its period is not over");
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
            "80") "CREATE FUNCTION back() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF new.id = "
                  "77 THEN "
                  "new.name := old.name; END IF; RETURN new; END $$;"
                  "CREATE TRIGGER back BEFORE UPDATE ON call FOR EACH ROW EXECUTE FUNCTION back();",
        NULL);
    char *sha256 = hash_of_back(&site);
    char body[2048];
    snprintf(body, sizeof(body),
             DATA "  stages = ( " NUMBER " );\n  accept_triggers = [ \"back:%s\" ];\n", sha256);
    free(sha256);
    site_policy(&site, "calls", body);
    site_load_and_approve(&site, "calls", -1);
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(count(&site, "name IS NULL AND caller = '+1410'"), 79);
    ck_assert_int_eq(count(&site, "id = 77 AND caller = '+14105550077' AND name = 'Jane 77'"), 1);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM retention.blocked_record WHERE "
                                           "sqlstate = 'RT014'"),
                     1);
    ck_assert_int_eq(site_digests(&site, "public.call"), 79);
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

/* One record that cannot be changed, or not even be asked whether it was, does not keep the others:
 * documents that are no jsonb or too deep, and a number whose bucket the column does not take,
 * become NULL; what the column's domain refuses is set aside. Nothing marks what is done: every
 * record is asked. */
START_TEST(one_odd_record_stops_nothing)
{
    struct site site = site_new(
        cluster_shared(),
        "CREATE DOMAIN code AS text NOT NULL;"
        "CREATE TABLE call (id bigint PRIMARY KEY, at timestamptz, account int, caller text, "
        "note json, body jsonb, price numeric(3,0), area code);"
        "CREATE INDEX ON call (at);"
        "INSERT INTO call SELECT i, now() - interval '100 days', i % 10, '+1410555' || "
        "lpad(i::text, 4, '0'), '{\"who\": \"Jane\", \"plan\": 1}', '{\"who\": \"Jane\", "
        "\"plan\": [{\"a\": 1}]}', 123, '21201' FROM generate_series(1, 100) i;"
        "UPDATE call SET note = '{\"who\": \"a\\u0000b\"}' WHERE id = 61;"
        "UPDATE call SET note = '{\"who\": \"\\ud800\"}' WHERE id = 62;"
        "UPDATE call SET note = '{\"who\": 1e1000000}' WHERE id = 63;"
        "UPDATE call SET body = ('{\"plan\": ' || repeat('[', 3000) || '\"Jane\"' || "
        "repeat(']', 3000) || '}')::jsonb WHERE id = 64;"
        "UPDATE call SET price = -995 WHERE id = 65;"
        "UPDATE call SET area = 'Jane?' WHERE id = 66;"
        /* the other columns are done: what is odd is what is asked */
        "UPDATE call SET note = '{\"plan\": 1}' WHERE id IN (64, 65, 66);"
        "UPDATE call SET body = '{\"plan\": [{\"a\": 1}]}' WHERE id IN (65, 66);"
        "UPDATE call SET price = 120 WHERE id = 66;",
        NULL);
    site_policy(&site, "calls",
                DATA "  stages = ( { after = \"90 days\"; do = \"deidentify\"; columns = (\n"
                     "    { name = \"note\"; as = \"json_keep\"; paths = [ \"plan\" ]; },\n"
                     "    { name = \"body\"; as = \"json_keep\"; paths = [ \"plan.a\" ]; },\n"
                     "    { name = \"price\"; as = \"bucket\"; width = 10; },\n"
                     "    { name = \"area\"; as = \"zip_prefix\"; } ); } );\n");
    site_load_and_approve(&site, "calls", -1);
    const char *const plan[] = {"retentionctl", "-c", site.config, "plan", NULL};
    struct program_result result = program_run(plan);
    ck_assert_msg(result.exit_code == 0, "%s", result.err);
    program_result_free(&result);
    for (int i = 0; i < 2; i++) {
        site_once_expect(&site, NULL, 0);
        ck_assert_int_eq(count(&site, "area = '212'"), 99);
        ck_assert_int_eq(site_logged(&site, "public.call"), 99);
    }
    ck_assert_int_eq(count(&site, "note::text = '{\"plan\": 1}' AND body = '{\"plan\": [{\"a\": "
                                  "1}]}' AND price = 120 AND area = '212'"),
                     94);
    ck_assert_int_eq(count(&site, "id IN (61, 62, 63) AND note IS NULL AND price = 120"), 3);
    ck_assert_int_eq(count(&site, "id = 64 AND length(body::text) < 250 AND body::text LIKE "
                                  "'%%[null]%%' AND body::text NOT LIKE '%%Jane%%'"),
                     1);
    ck_assert_int_eq(count(&site, "id = 65 AND price IS NULL"), 1);
    ck_assert_int_eq(count(&site, "id = 66 AND area = 'Jane?'"), 1);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM retention.blocked_record WHERE "
                                           "sqlstate = '23502'"),
                     1);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM retention.blocked_record"), 1);
    site_check_log(&site);
    site_free(&site);
}
END_TEST

/* --- keyed digests --- */

#define HMAC_KEY "6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b01"
#define HASHED                                                                                     \
    DATA "  stages = ( { name = \"less\"; after = \"90 days\"; do = \"deidentify\"; mark = "       \
         "\"done_at\"; columns = (\n"                                                              \
         "    { name = \"caller\"; as = \"hmac\"; domain = \"calls\"; },\n"                        \
         "    { name = \"name\"; as = \"hmac\"; domain = \"names\"; },\n"                          \
         "    { name = \"ip\"; as = \"nullify\"; } ); } );\n"
/* Written down as the manual has it, by another implementation of HMAC. */
#define DIGESTS                                                                                    \
    "CREATE FUNCTION digest(domain text, value text) RETURNS text LANGUAGE sql AS $$"              \
    "SELECT v || left(encode(retention.hmac_sha256(k, E'check\\n' || v), 'hex'), 8) FROM (SELECT " \
    "k, left(encode(retention.hmac_sha256(k, E'value\\n' || value), 'hex'), 32) AS v FROM "        \
    "(SELECT "                                                                                     \
    "retention.hmac_sha256(decode('" HMAC_KEY                                                      \
    "', 'hex'), E'retention-hmac/v1\\n' || domain) AS k "                                          \
    "OFFSET 0) x OFFSET 0) y $$;"                                                                  \
    "UPDATE call SET caller = '+14105550001' WHERE id % 3 = 0;"                                    \
    "UPDATE call SET caller = NULL WHERE id % 7 = 0;"                                              \
    "UPDATE call SET name = (ARRAY['Zo\303\253 \"x\"', 'a,b{c}\\d', '', 'NULL', '  ', E'tab\\t'])" \
    "  [1 + id % 6] WHERE id % 5 = 0;"                                                             \
    "CREATE TABLE was AS SELECT * FROM call;"

static struct site hashed_site(mode_t mode)
{
    struct site site = site_new(cluster_shared(), CALLS ROWS("100", "1", "250") DIGESTS,
                                "deidentify: { hmac_key = \"hmac\"; };\n"
                                "pace: { batch_rows = 100; };");
    char *file _cleanup_free_ = file_write(site.directory, "hmac", HMAC_KEY "\n");
    ck_assert_int_eq(chmod(file, mode), 0);
    site_policy(&site, "calls", HASHED);
    return site;
}

/* Digests are made by the worker, are the same for the same value, and made once; neither key nor
 * values get into what the worker or the server says. */
START_TEST(keyed_digests_are_made_by_the_worker)
{
    struct site site = hashed_site(0600);
    site_load_and_approve(&site, "calls", -1);
    db_exec(site.admin,
            "SELECT retention.place_hold('M-1', 'test', subject => 'phone:+14105550011')");
    struct program_result result = site_once(&site, NULL);
    ck_assert_msg(result.exit_code == 0, "%s", result.err);
    ck_assert_ptr_null(strstr(result.err, "555"));
    ck_assert_ptr_null(strstr(result.err, "Jane"));
    ck_assert_ptr_null(strstr(result.err, "6b6b"));
    program_result_free(&result);
    char *server _cleanup_free_ = file_read(cluster_log_file(site.cluster));
    ck_assert_ptr_null(strstr(server, "6b6b6b6b"));
    char *wrong _cleanup_free_ = db_value(
        site.admin,
        "SELECT string_agg(c::text, E'\\n') FROM call c JOIN was w USING (id) WHERE CASE WHEN id = "
        "11 THEN (c.caller, c.name, c.ip, c.done_at) IS DISTINCT FROM (w.caller, w.name, w.ip, "
        "NULL)"
        " ELSE (c.caller, c.name, c.ip, c.done_at IS NULL) IS DISTINCT FROM (digest('calls', "
        "w.caller), digest('names', w.name), NULL, false) END");
    ck_assert_msg(!wrong, "%s", wrong);
    ck_assert_int_eq(count(&site, "caller = (SELECT caller FROM call WHERE id = 3)"), 73);
    ck_assert_int_eq(site_digests(&site, "public.call"), 249);
    site_check_log(&site);
    /* done again for another column: a digest of a digest is itself, a new value's is new */
    db_exec(site.admin, "UPDATE retention.hold_rules SET dual_control = false, grace = '0'");
    db_exec(site.admin, "SELECT retention.release_hold(hold, 'over') FROM retention.hold");
    db_exec(site.admin, "UPDATE call SET ip = '203.0.113.9' WHERE id < 50");
    db_exec(site.admin, "UPDATE call SET name = 'Jane 20' WHERE id = 21");
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(count(&site, "ip IS NOT NULL"), 0);
    ck_assert_int_eq(db_number(site.admin,
                               "SELECT count(*) FROM call c JOIN was w USING (id) WHERE "
                               "id <> 21 AND (c.caller, c.name) IS DISTINCT "
                               "FROM (digest('calls', w.caller), digest('names', "
                               "w.name))"),
                     0);
    ck_assert_int_eq(count(&site, "id = 21 AND name = digest('names', 'Jane 20')"), 1);
    ck_assert_int_eq(
        db_number(site.admin, "SELECT count(*) FROM retention.log_entry WHERE type = 'transform' "
                              "AND entry LIKE E'%%\\ncolumns 3\\nclasses erasing,pseudonymous\\n'"),
        2);
    site_check_log(&site);
    site_free(&site);
}
END_TEST

#ifdef ENABLE_FAULT_POINTS

/* Between reading the values and writing their digests: the worker ends, or the step fails. Nothing
 * was changed then, and the next run does it all. */
START_TEST(it_ends_between_reading_and_writing)
{
    struct site site = hashed_site(0600);
    site_load_and_approve(&site, "calls", -1);
    struct program_result result =
        site_once(&site, _i ? "batch_values_read=error" : "batch_values_read=exit");
    ck_assert_msg(result.exit_code == (_i ? 1 : 70), "%d\n%s", result.exit_code, result.err);
    program_result_free(&result);
    if (!_i)
        ck_assert_int_eq(count(&site, "done_at IS NOT NULL"), 0);
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(count(&site, "done_at IS NULL"), 0);
    ck_assert_int_eq(db_number(site.admin,
                               "SELECT count(*) FROM call c JOIN was w USING (id) WHERE (c.caller, "
                               "c.name) IS DISTINCT FROM (digest('calls', w.caller), "
                               "digest('names', w.name))"),
                     0);
    ck_assert_int_eq(site_digests(&site, "public.call"), 250);
    site_check_log(&site);
    site_free(&site);
}
END_TEST

#endif

/* A key that others can read is refused; without one, nothing is done, and check says where it is
 * wanted. */
START_TEST(the_key_of_digests_is_looked_at)
{
    struct site site = hashed_site(0644);
    struct program_result result = site_once(&site, NULL);
    ck_assert_int_ne(result.exit_code, 0);
    ck_assert_msg(strstr(result.err, "key of keyed digests") != NULL, "%s", result.err);
    program_result_free(&result);
    const char *const check[] = {"retentionctl", "-c", site.config, "check", NULL};
    result = program_run(check);
    ck_assert_int_eq(result.exit_code, 3);
    ck_assert_msg(strstr(result.err, "key of keyed digests") != NULL, "%s", result.err);
    program_result_free(&result);

    char *text _cleanup_free_ = file_read(site.config);
    memset(strstr(text, "deidentify:"), '#', 1);
    free(file_write(site.directory, "retentiond.cfg", text));
    site_load_and_approve(&site, "calls", -1);
    result = site_once(&site, NULL);
    ck_assert_int_eq(result.exit_code, 1);
    ck_assert_msg(strstr(result.err, "deidentify.hmac_key") != NULL, "%s", result.err);
    program_result_free(&result);
    ck_assert_int_eq(count(&site, "done_at IS NOT NULL OR ip IS NULL"), 0);
    result = program_run(check);
    ck_assert_int_eq(result.exit_code, 3);
    ck_assert_msg(strstr(result.err, "calls.cfg:8: \"hmac\" of column \"caller\" needs a key") !=
                      NULL,
                  "%s", result.err);
    program_result_free(&result);
    site_free(&site);
}
END_TEST

Suite *suite_engine_deidentify(void)
{
    Suite *suite = suite_create("engine deidentify");
    TCase *tests = tcase_create("deidentify");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, passes_each_stage_once);
    tcase_add_test(tests, columns_are_privilege_enough);
    tcase_add_test(tests, what_is_put_back_ends_the_run);
    tcase_add_test(tests, what_comes_behind_a_pass_is_found);
    tcase_add_test(tests, a_full_table_hardly_grows);
    tcase_add_test(tests, the_last_stage_is_explained);
    tcase_add_test(tests, each_stage_is_explained);
    tcase_add_test(tests, a_held_record_is_not_changed);
    tcase_add_test(tests, a_trigger_that_restores_is_found_out);
    tcase_add_test(tests, a_mark_says_that_it_is_done);
    tcase_add_test(tests, one_odd_record_stops_nothing);
    tcase_add_test(tests, keyed_digests_are_made_by_the_worker);
#ifdef ENABLE_FAULT_POINTS
    tcase_add_loop_test(tests, it_ends_between_reading_and_writing, 0, 2);
#endif
    tcase_add_test(tests, the_key_of_digests_is_looked_at);
    suite_add_tcase(suite, tests);
    return suite;
}
