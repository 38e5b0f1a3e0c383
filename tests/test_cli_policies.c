/* Commands that read policy files: check, setup, plan, explain, policy. */
#define _GNU_SOURCE
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "cli_fixture.h"

static struct cli_fixture f;

static void setup(void)
{
    f = cli_fixture_new();
}

static void teardown(void)
{
    cli_fixture_free(&f);
}

#define OUT(code, ...)            cli_out(&f, NULL, code, WORDS(__VA_ARGS__))
#define JSON(code, ...)           cli_json(&f, NULL, code, WORDS(__VA_ARGS__))
#define FAILS(code, message, ...) cli_fails(&f, NULL, code, message, WORDS(__VA_ARGS__))

static void contains(const char *text, const char *part)
{
    ck_assert_msg(strstr(text, part), "\"%s\" is not in:\n%s", part, text);
}

/* The same with line breaks taken as spaces. */
static void says(const char *text, const char *part)
{
    char *flat _cleanup_free_ = strdup(text);
    for (char *p = flat; *p; p++)
        *p = *p == '\n' ? ' ' : *p;
    contains(flat, part);
}

START_TEST(check_setup_check)
{
    struct program_result r = cli_run(&f, NULL, WORDS("check"));
    ck_assert_int_eq(r.exit_code, 3);
    contains(r.err, "recordings.cfg:");
    contains(r.err, "lacks SELECT, DELETE");
    contains(r.err, "hint: GRANT ");
    program_result_free(&r);
    cli_fixture_grant(&f);
    char *good _cleanup_free_ = OUT(0, "check");
    contains(good, "as role \"cli_worker\"");
    contains(good, "2 categories checked: 0 errors");
    json_t *document = JSON(0, "check");
    ck_assert_int_eq(json_integer_value(json_object_get(document, "errors")), 0);
    json_decref(document);
    json_t *script = JSON(0, "setup", "--sql", "--remove");
    contains(json_string_value(json_object_get(script, "script")), "REVOKE");
    json_decref(script);
}
END_TEST

/* A copy of the database holds the schema too, but is not the one that it was bound to. */
START_TEST(clone_must_be_adopted)
{
    cli_fixture_grant(&f);
    struct cli_fixture clone = f;
    clone.database = db_new(cluster_shared(), f.database);
    cli_fails(&clone, CLI_WORKER, 3, "is a copy of the one it was installed in", WORDS("check"));
    cli_fails(&clone, CLI_WORKER, 3, "retentionctl adopt", WORDS("check"));
    char *adopted _cleanup_free_ = cli_out(&clone, "postgres", 0, WORDS("adopt"));
    contains(adopted, "is adopted: workers may act in it.");
    free(cli_out(&clone, CLI_WORKER, 0, WORDS("check")));
    db_drop(cluster_shared(), clone.database);
    free(clone.database);
}
END_TEST

START_TEST(check_offline_needs_no_server)
{
    char *text _cleanup_free_ = OUT(0, "check", "--offline");
    ck_assert_str_eq(text, "2 categories checked without a database: 0 errors and 1 warning.\n");
    cli_fixture_policy(&f, "recordings.cfg",
                       "calls: {\n  mode = \"observe\";\n  data: { table = \"ctm.call\"; };\n"
                       "  stagse = ( { after = \"13 months\"; do = \"delete\"; } );\n};\n");
    struct program_result r = cli_run(&f, NULL, WORDS("check", "--offline"));
    ck_assert_int_eq(r.exit_code, 3);
    contains(r.err, "recordings.cfg:4: ");
    contains(r.err, "\"stagse\"");
    contains(r.err, "\"stages\"");
    contains(r.err, "retentionctl: ");
    program_result_free(&r);
    json_t *document = JSON(3, "check", "--offline");
    json_t *diagnostics = json_object_get(document, "diagnostics");
    bool found = false;
    size_t d;
    const json_t *diagnostic;
    json_array_foreach(diagnostics, d, diagnostic) found |=
        json_integer_value(json_object_get(diagnostic, "line")) == 4;
    ck_assert(found);
    ck_assert_int_eq(
        json_integer_value(json_object_get(json_object_get(document, "error"), "exit")), 3);
    json_decref(document);
}
END_TEST

/* One clear message each, and the right code. */
START_TEST(bad_files)
{
    cli_fixture_policy(&f, "recordings.cfg",
                       "calls: {\n  mode = \"observe\";\n"
                       "  data: { table = \"ctm.call_recroding\"; start = \"recorded_at\"; };\n"
                       "  stages = ( { after = \"13 months\"; do = \"delete\"; } );\n};\n");
    struct program_result r = cli_run(&f, NULL, WORDS("check"));
    ck_assert_int_eq(r.exit_code, 3);
    contains(r.err, "recordings.cfg:3: ");
    contains(r.err, "ctm.call_recroding");
    program_result_free(&r);
    FAILS(3, "recordings.cfg:3: ", "plan");

    cli_fixture_policy(&f, "recordings.cfg", "calls: {\n  mode = \n};\n");
    FAILS(3, "recordings.cfg:3: ", "check", "--offline");
    const char *const nothing[] = {"retentionctl", "-c", "/nonexistent.cfg", "check", NULL};
    r = program_run(nothing);
    ck_assert_int_eq(r.exit_code, 3);
    contains(r.err, "there is no main file \"/nonexistent.cfg\"");
    program_result_free(&r);
    free(file_write(f.directory, "retentiond.cfg", "policies = \"nowhere\";\n"));
    FAILS(3, "could not read the policies in ", "check", "--offline");
    free(file_write(f.directory, "retentiond.cfg", "polices = \"policies\";\n"));
    FAILS(3, "retentiond.cfg:1: ", "check", "--offline");
    FAILS(3, "main file ", "plan");
    ck_assert_int_eq(chmod(f.config, 0666), 0);
    FAILS(3, "retentiond.cfg", "check", "--offline");
}
END_TEST

START_TEST(plan_counts_and_changes_nothing)
{
    cli_fixture_grant(&f);
    PGconn *conn = cli_fixture_connect(&f);
    static const char state[] =
        "SELECT md5((SELECT string_agg(x::text, '|' ORDER BY x) FROM ctm.call_recording x) || "
        "(SELECT count(*) FROM retention.log_entry) || (SELECT count(*) FROM retention.category))";
    char *before _cleanup_free_ = db_value(conn, "%s", state);
    char *text _cleanup_free_ = OUT(0, "plan");
    contains(text, "call_recordings  gone ");
    says(text, "1 due and kept while something else lasts (notice I.H)");
    json_t *document = JSON(0, "plan", "call_recordings");
    json_t *rows = json_object_get(document, "categories"), *row = json_array_get(rows, 0);
    ck_assert_uint_eq(json_array_size(rows), 1);
    static const struct {
        const char *name;
        json_int_t value;
    } numbers[] = {{"rows", 6},   {"claimed", 6},    {"not_started", 1}, {"due", 3},
                   {"held", 0},   {"kept_while", 1}, {"kept_floor", 0},  {"waiting", 0},
                   {"to_act", 2}, {"unclaimed", 0}};
    for (size_t i = 0; i < ARRAY_LENGTH(numbers); i++)
        ck_assert_msg(json_integer_value(json_object_get(row, numbers[i].name)) == numbers[i].value,
                      "%s", numbers[i].name);
    ck_assert(json_is_false(json_object_get(row, "observe_only")));
    const char *oldest = json_string_value(json_object_get(row, "oldest"));
    ck_assert_uint_eq(strlen(oldest), strlen("2026-07-24T12:00:02Z"));
    json_decref(document);

    char *sql _cleanup_free_ = OUT(0, "plan", "--sql");
    contains(sql, "DELETE FROM");
    contains(sql, "-- $1: ");
    contains(sql, "delete from dependant ctm.call_transcript");
    json_t *statements = JSON(0, "plan", "--sql");
    ck_assert_uint_ge(json_array_size(json_object_get(statements, "statements")), 4);
    json_decref(statements);
    char *after _cleanup_free_ = db_value(conn, "%s", state);
    ck_assert_str_eq(before, after);
    PQfinish(conn);
    FAILS(2, "Perhaps \"call_recordings\"", "plan", "call_recording");
}
END_TEST

/* A role without rights on the tables gets one message that names them. */
START_TEST(plan_without_privileges)
{
    cli_fixture_grant(&f);
    cli_fails(&f, CLI_OPERATOR, 1, "is not loaded as it stands here", WORDS("plan"));
}
END_TEST

START_TEST(explain_tells_each_verdict)
{
    cli_fixture_grant(&f);
    static const struct {
        const char *key, *verdict, *words;
    } cases[] = {
        {"1001", "not_due", "Its period is not over: it falls due at "},
        {"1002", "to_act",
         "Nothing keeps it: the next run deletes it. The category is not being "
         "enforced now: it was never loaded."},
        {"1003", "kept_while",
         "It is kept as long as a condition of the policy holds: notice I.H."},
        {"1004", "not_due", "7 years for tenant 4711 (MSA 2024-11, section 9)"},
        {"1005", "not_started", "Its period has not begun: its starting point is not known."},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        char *text _cleanup_free_ = OUT(0, "explain", "call_recordings", cases[i].key);
        contains(text, cases[i].key);
        contains(text, "(Audio recordings of calls) is still there.");
        contains(text, "times are those of America/New_York");
        says(text, cases[i].words);
        json_t *document = JSON(0, "explain", "call_recordings", cases[i].key);
        ck_assert_str_eq(json_string_value(json_object_get(document, "found")), "table");
        json_t *stage = json_array_get(json_object_get(document, "stages"), 0);
        ck_assert_str_eq(json_string_value(json_object_get(stage, "verdict")), cases[i].verdict);
        json_decref(document);
    }
    FAILS(1, "is not in its table, and no log entry says that it was deleted", "explain",
          "call_recordings", "77");
    FAILS(2, "The key of category \"call_recordings\": recording_id (bigint)", "explain",
          "call_recordings", "abc");
    FAILS(2, "has 1 column (recording_id), and 2 values were given", "explain", "call_recordings",
          "1", "2");
    FAILS(2, "held outside of this database: carrier", "explain", "sms_at_carrier", "1");
    FAILS(2, "there is no policy for category \"nosuch\"", "explain", "nosuch", "1");

    char *key _cleanup_free_ = NULL;
    ck_assert_int_gt(asprintf(&key, "%s/epoch.kek", f.directory), 0);
    ck_assert_int_eq(chmod(key, 0644), 0);
    FAILS(1, "the log cannot be searched", "explain", "call_recordings", "77");

    /* the key as the service has it */
    char *credential _cleanup_free_ = NULL, *config _cleanup_free_ = file_read(f.config);
    char *kek = strstr(config, "epoch_kek = \"epoch.kek\";");
    ck_assert_ptr_nonnull(kek);
    memset(kek, ' ', strlen("epoch_kek = \"epoch.kek\";"));
    free(file_write(f.directory, "retentiond.cfg", config));
    FAILS(1, "LoadCredential=log-epoch-kek:", "explain", "call_recordings", "77");
    FAILS(3, "LoadCredential=log-epoch-kek:", "check", "--offline");
    ck_assert_int_gt(asprintf(&credential, "%s/log-epoch-kek", f.directory), 0);
    ck_assert_int_eq(chmod(key, 0600), 0);
    ck_assert_int_eq(rename(key, credential), 0);
    setenv("CREDENTIALS_DIRECTORY", f.directory, 1);
    FAILS(1, "no log entry says that it was deleted", "explain", "call_recordings", "77");
    free(OUT(0, "check", "--offline"));
    unsetenv("CREDENTIALS_DIRECTORY");
}
END_TEST

START_TEST(policy_list_and_show)
{
    char *list _cleanup_free_ = OUT(0, "policy", "list");
    contains(list, "call_recordings");
    contains(list, "not loaded");
    json_t *document = JSON(0, "policy", "list");
    ck_assert_uint_eq(json_array_size(json_object_get(document, "policies")), 2);
    json_decref(document);
    char *text _cleanup_free_ = OUT(0, "policy", "show", "call_recordings", "--file");
    contains(text, "call_recording");
    json_t *shown = JSON(0, "policy", "show", "call_recordings", "--file");
    json_t *policy = json_object_get(shown, "policy");
    ck_assert_str_eq(json_string_value(json_object_get(policy, "text")), text);
    ck_assert_uint_eq(strlen(json_string_value(json_object_get(policy, "sha256"))), 64);
    json_decref(shown);
    FAILS(2, "no category \"call_recordings\" is loaded", "policy", "show", "call_recordings");
    FAILS(2, "exclude each other", "policy", "show", "x", "--file", "--loaded");
    cli_fails(&f, CLI_APPROVER, 2, "no category \"call_recordings\" is loaded",
              WORDS("policy", "retire", "call_recordings", "--because", "x"));
}
END_TEST

Suite *suite_cli_policies(void)
{
    Suite *suite = suite_create("cli_policies");
    TCase *tests = tcase_create("policies");
    tcase_set_timeout(tests, 120);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, check_setup_check);
    tcase_add_test(tests, clone_must_be_adopted);
    tcase_add_test(tests, check_offline_needs_no_server);
    tcase_add_test(tests, bad_files);
    tcase_add_test(tests, plan_counts_and_changes_nothing);
    tcase_add_test(tests, plan_without_privileges);
    tcase_add_test(tests, explain_tells_each_verdict);
    tcase_add_test(tests, policy_list_and_show);
    suite_add_tcase(suite, tests);
    return suite;
}
