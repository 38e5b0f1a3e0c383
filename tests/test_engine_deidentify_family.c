/* Stages that de-identify, run by the worker on records with all that hangs on them; and how they
 * are tried on such before. */
#include <check.h>
#include <string.h>

#include "base/cleanup.h"
#include "engine_support.h"
#include "harness/cluster.h"
#include "harness/db.h"

#define FAMILY                                                                                     \
    "CREATE TABLE call (id bigint PRIMARY KEY, at timestamptz, account int, caller text);"         \
    "CREATE TABLE recording (id bigint PRIMARY KEY, call_id bigint REFERENCES call);"              \
    "CREATE TABLE transcript (id bigint PRIMARY KEY, recording_id bigint REFERENCES recording, "   \
    "  at timestamptz, phone text, body text);"                                                    \
    "CREATE TABLE note (id bigint PRIMARY KEY, call_id bigint REFERENCES call, body text);"        \
    "CREATE INDEX ON call (at); CREATE INDEX ON recording (call_id);"                              \
    "CREATE INDEX ON transcript (recording_id); CREATE INDEX ON note (call_id);"                   \
    "INSERT INTO call SELECT i, now() - CASE WHEN i <= 20 THEN interval '10 days' ELSE "           \
    "  interval '100 days 1 minute' END, i % 10, '+1410555' || lpad(i::text, 4, '0') FROM "        \
    "  generate_series(1, 120) i;"                                                                 \
    "INSERT INTO recording SELECT i, i FROM generate_series(1, 120) i WHERE i % 3 = 0;"            \
    "INSERT INTO transcript SELECT 10 * r.id + k, r.id, now(), '+1202555' || "                     \
    "  lpad(r.id::text, 4, '0'), 'Jane ' || k FROM recording r, generate_series(1, 3) k;"          \
    "INSERT INTO note SELECT 10 * c.id + k, c.id, 'said ' || k FROM call c, "                      \
    "  generate_series(1, 2) k WHERE c.id % 2 = 0;" /* a record with all that hangs on it is       \
                                                       whole, or done, or too young */             \
    "CREATE VIEW family AS SELECT c.id, c.at < now() - interval '90 days' AS due,"                 \
    "  c.caller IS NULL AS done, EXISTS (SELECT FROM note n WHERE n.call_id = c.id AND n.body IS " \
    "  NOT NULL) OR EXISTS (SELECT FROM recording r JOIN transcript t ON t.recording_id = r.id "   \
    "  WHERE r.call_id = c.id AND (t.body IS NOT NULL OR t.phone <> '+1202')) AS raw,"             \
    "  EXISTS (SELECT FROM note n WHERE n.call_id = c.id AND n.body IS NULL) OR EXISTS (SELECT "   \
    "  FROM recording r JOIN transcript t ON t.recording_id = r.id WHERE r.call_id = c.id AND "    \
    "  (t.body IS NULL OR t.phone = '+1202')) AS less FROM call c;"
#define TRANSCRIPTS                                                                                \
    "{ table = \"public.transcript\"; by = [ \"recording_id\" ]; columns = (\n"                    \
    "        { name = \"phone\"; as = \"phone_truncate\"; keep = \"npa\"; },\n"                    \
    "        { name = \"body\"; as = \"nullify\"; } ); }"
#define FAMILY_POLICY                                                                              \
    "  data: { table = \"public.call\"; start = \"at\"; tenant = \"account\";\n"                   \
    "    subject = ( { column = \"caller\"; kind = \"phone\"; as = \"e164\"; } );\n"               \
    "    with = ( { table = \"public.recording\"; by = [ \"call_id\" ]; with = ( " TRANSCRIPTS     \
    " ); },\n"                                                                                     \
    "      { table = \"public.note\"; by = [ \"call_id\" ]; columns = (\n"                         \
    "        { name = \"body\"; as = \"nullify\"; } ); } ); };\n"                                  \
    "  brake: { fraction = 1.0; tenant_fraction = 1.0; };\n"                                       \
    "  stages = ( { name = \"number\"; after = \"90 days\"; do = \"deidentify\"; columns = (\n"    \
    "    { name = \"caller\"; as = \"nullify\"; } ); } );\n"

static struct site new_family_site(const char *more)
{
    struct site site =
        site_new(cluster_shared(), FAMILY, "pace: { batch_rows = 100; family_rows = 100; };");
    if (more)
        db_script(site.admin, more);
    site_policy(&site, "calls", FAMILY_POLICY);
    return site;
}

static struct site family_site(const char *more)
{
    struct site site = new_family_site(more);
    site_load_and_approve(&site, "calls", -1);
    return site;
}

/* Nobody is half done; the young are whole. */
static void check_family(const struct site *site)
{
    char *torn _cleanup_free_ = db_value(
        site->admin,
        "SELECT string_agg(f::text, E'\n') FROM family f WHERE CASE WHEN done THEN raw OR NOT due "
        "ELSE less END");
    ck_assert_msg(!torn, "torn apart:\n%s", torn);
}

static int64_t whole(const struct site *site)
{
    return db_number(site->admin, "SELECT count(*) FROM family WHERE due AND NOT done");
}

/* What hangs on a record is changed with it, level by level, with a log entry for each relation;
 * what is added later is done later. */
START_TEST(dependants_are_changed_with_their_record)
{
    struct site site = family_site(NULL);
    site_once_expect(&site, NULL, 0);
    check_family(&site);
    ck_assert_int_eq(whole(&site), 0);
    ck_assert_int_eq(site_digests(&site, "public.call"), 100);
    ck_assert_int_eq(site_digests(&site, "public.transcript"), 34 * 3);
    ck_assert_int_eq(site_digests(&site, "public.note"), 100);
    ck_assert_int_eq(site_digests(&site, "public.recording"), 0);
    ck_assert_int_eq(db_number(site.admin,
                               "SELECT count(*) FROM retention.log_entry WHERE type = "
                               "'batch' AND entry NOT LIKE E'%%\\naction deidentify\n%%'"),
                     0);
    /* of the record and of its dependants */
    ck_assert_int_eq(db_number(site.admin,
                               "SELECT count(*) FROM retention.log_entry WHERE type = 'transform' "
                               "AND entry LIKE E'%%\\ncolumns 4\nclasses erasing,generalising\n'"),
                     1);
    site_check_log(&site);
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(site_logged(&site, "public.call"), 100);
    db_exec(site.admin, "INSERT INTO note VALUES (9000, 50, 'late')");
    db_exec(site.admin, "UPDATE transcript SET body = 'again' WHERE recording_id = 60");
    site_once_expect(&site, NULL, 0);
    check_family(&site);
    ck_assert_int_eq(site_logged(&site, "public.note"), 101);
    ck_assert_int_eq(site_logged(&site, "public.transcript"), 34 * 3 + 3);
    ck_assert_int_eq(site_logged(&site, "public.call"), 102);
    site_check_log(&site);
    site_free(&site);
}
END_TEST

/* A dependant that refuses, that somebody has locked, or that a held record of another category is
 * found by keeps its record whole, and all that hangs on it. */
START_TEST(a_dependant_keeps_its_record_whole)
{
    struct site site = new_family_site(
        /* behind those that the policy is tried on */
        "WITH moved AS (DELETE FROM note WHERE id = 501 RETURNING *) INSERT INTO note SELECT * "
        "FROM "
        "moved;"
        "ALTER TABLE note ADD CONSTRAINT said CHECK (id <> 501 OR body IS NOT NULL);"
        "CREATE TABLE word (id bigint PRIMARY KEY, transcript_id bigint, at timestamptz);"
        "INSERT INTO word VALUES (1, 902, now());"
        "GRANT SELECT, DELETE, UPDATE ON word TO t_worker");
    site_policy(&site, "words",
                "  data: { table = \"public.word\"; start = \"at\"; subject = ( { parent = "
                "\"public.transcript\"; by = \"transcript_id\"; column = \"phone\"; kind = "
                "\"phone\"; as = \"e164\"; } ); };\n"
                "  stages = ( { after = \"10 years\"; do = \"delete\"; } );\n");
    site_once_expect(&site, NULL, 5);
    site_approve(&site, "words", -1);
    site_approve(&site, "calls", -1);
    db_exec(site.admin, "SELECT retention.place_hold('M', 'r', category => 'words', subject "
                        "=> 'phone:+12025550090')");
    PGconn *other = db_connect(site.cluster, site.database, NULL);
    db_exec(other, "BEGIN");
    db_exec(other, "SELECT 1 FROM transcript WHERE id = 601 FOR UPDATE");
    struct program_result result = site_once(&site, NULL);
    program_result_free(&result);
    check_family(&site);
    char *kept _cleanup_free_ = db_value(
        site.admin, "SELECT string_agg(id::text, ' ' ORDER BY id) FROM family WHERE due AND NOT "
                    "done");
    ck_assert_str_eq(kept, "50 60 90");
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM transcript WHERE recording_id IN "
                                           "(60, 90) AND body LIKE 'Jane _' AND phone LIKE "
                                           "'+1202555%%'"),
                     6);
    ck_assert_int_eq(db_number(site.admin, "SELECT held FROM retention.compliance WHERE category = "
                                           "'calls'"),
                     1);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM retention.blocked_record WHERE "
                                           "category = 'calls'"),
                     1);
    db_exec(other, "ROLLBACK");
    PQfinish(other);
    site_check_log(&site);
    /* the worker put the rules of its main file in force */
    db_exec(site.admin, "UPDATE retention.hold_rules SET dual_control = false, grace = '0'");
    db_exec(site.admin, "SELECT retention.release_hold(hold, 'over') FROM retention.hold");
    db_exec(site.admin, "ALTER TABLE note DROP CONSTRAINT said");
    result = site_once(&site, NULL);
    program_result_free(&result);
    check_family(&site);
    ck_assert_int_eq(whole(&site), 0);
    site_check_log(&site);
    site_free(&site);
}
END_TEST

/* More than a batch may hold hangs on one record: it is done in several, the record last. */
START_TEST(a_very_large_family_is_changed)
{
    struct site site = family_site(
        "INSERT INTO note SELECT 10000 + i, 40, 'x' FROM generate_series(1, 450) i;"
        "INSERT INTO recording SELECT 10000 + i, 44 FROM generate_series(1, 150) i;"
        "INSERT INTO transcript SELECT 100000 + 10 * i + k, 10000 + i, now(), '+12025550000', 'y' "
        "FROM generate_series(1, 150) i, generate_series(1, 3) k");
    site_once_expect(&site, NULL, 0);
    check_family(&site);
    ck_assert_int_eq(whole(&site), 0);
    ck_assert_int_eq(site_digests(&site, "public.note"), 100 + 450);
    ck_assert_int_eq(site_digests(&site, "public.transcript"), 34 * 3 + 450);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM retention.blocked_record"), 0);
    site_check_log(&site);
    site_free(&site);
}
END_TEST

/* --- tried before it is run --- */

/* What only rows can tell is tried on some of them, of dependants too, and rolled back; wherever
 * policies are taken in, with the same words. */
START_TEST(it_is_tried_on_rows)
{
    static const char *const said[] = {
        "stage \"number\" cannot change records of \"public.call\": check violation, constraint "
        "\"known\" of column \"caller\"",
        "stage \"number\" cannot change records of \"public.transcript\": check violation, "
        "constraint \"long\" of column \"phone\"",
    };
    struct site site = family_site("CREATE DOMAIN wide AS text");
    db_exec(site.admin, "ALTER TABLE call ADD CONSTRAINT known CHECK (caller IS NOT NULL) NOT "
                        "VALID");
    db_exec(site.admin, "ALTER TABLE transcript ADD CONSTRAINT long CHECK (length(phone) > 8) NOT "
                        "VALID");
    const char *const takers[][6] = {
        {"retentionctl", "-c", site.config, "check"},
        {"retentionctl", "-c", site.config, "policy", "load"},
        {"retentiond", "-c", site.config, "--check"},
        {"retentiond", "-c", site.config, "--once"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(takers); i++) {
        struct program_result result = program_run(takers[i]);
        /* before a start, --check refuses nothing: the others are to run */
        bool warns = strcmp(takers[i][3], "--check") == 0;
        ck_assert_msg(result.exit_code == (warns ? 0 : 3), "%s %s: %d\n%s%s", takers[i][0],
                      takers[i][3], result.exit_code, result.out, result.err);
        for (size_t k = 0; k < ARRAY_LENGTH(said); k++)
            ck_assert_msg(strstr(result.err, said[k]) != NULL, "%s %s:\n%s", takers[i][0],
                          takers[i][3], result.err);
        ck_assert_ptr_null(strstr(result.err, "\"public.note\""));
        ck_assert_ptr_null(strstr(result.err, "1202"));
        program_result_free(&result);
        ck_assert_int_eq(whole(&site), 100);
    }
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM retention.run"), 0);
    db_exec(site.admin, "ALTER TABLE call DROP CONSTRAINT known");
    db_exec(site.admin, "ALTER TABLE transcript DROP CONSTRAINT long");

    /* what others have locked is not waited for: that is told, and nothing is refused */
    PGconn *other = db_connect(site.cluster, site.database, NULL);
    db_exec(other, "BEGIN");
    db_exec(other, "SELECT FROM transcript FOR UPDATE");
    struct program_result result;
    for (size_t i = 0; i < 3; i++) {
        result = program_run(takers[i]);
        ck_assert_msg(result.exit_code == 0, "%s", result.err);
        /* "policy load" leaves warnings to "check", and to the worker that tries it again */
        ck_assert_msg(i == 1 || strstr(result.err,
                                       "stage \"number\" was not tried on records of "
                                       "\"public.transcript\": others have them locked") != NULL,
                      "%s: %s%s", takers[i][3], result.out, result.err);
        program_result_free(&result);
    }
    PQfinish(other);
    result = program_run(takers[0]);
    ck_assert_msg(result.exit_code == 0, "%s", result.err);
    program_result_free(&result);
    ck_assert_int_eq(whole(&site), 100);

    /* a domain's error names no column; the one is found by trying each */
    db_exec(site.admin, "DROP VIEW family CASCADE");
    db_exec(site.admin, "ALTER DOMAIN wide ADD CHECK (length(VALUE) > 8)");
    db_exec(site.admin, "ALTER TABLE transcript ALTER phone TYPE wide");
    result = program_run(takers[0]);
    ck_assert_int_eq(result.exit_code, 3);
    ck_assert_msg(strstr(result.err, "records of \"public.transcript\": check violation of column "
                                     "\"phone\"\n") != NULL,
                  "%s", result.err);
    program_result_free(&result);
    site_free(&site);
}
END_TEST

Suite *suite_engine_deidentify_family(void)
{
    Suite *suite = suite_create("engine deidentify family");
    TCase *tests = tcase_create("deidentify");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, dependants_are_changed_with_their_record);
    tcase_add_test(tests, a_dependant_keeps_its_record_whole);
    tcase_add_test(tests, a_very_large_family_is_changed);
    tcase_add_test(tests, it_is_tried_on_rows);
    suite_add_tcase(suite, tests);
    return suite;
}
