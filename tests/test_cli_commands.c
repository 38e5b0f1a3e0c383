/* Commands against the schema, with the real program and the real server. */
#define _GNU_SOURCE
#include <check.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "harness/cluster.h"
#include "harness/db.h"

static char *database, *conninfo;

static void setup(void)
{
    database = db_new(cluster_shared(), NULL);
    conninfo = cluster_conninfo(cluster_shared(), database, NULL);
}

static void teardown(void)
{
    db_drop(cluster_shared(), database);
    free(database);
    free(conninfo);
}

static struct program_result run_as(const char *user, const char *const *words)
{
    char *as _cleanup_free_ = cluster_conninfo(cluster_shared(), database, user);
    const char *argv[24] = {"retentionctl", "-d", as};
    size_t n = 3;
    while (*words)
        argv[n++] = *words++;
    argv[n] = NULL;
    return program_run(argv);
}

/* Standard output of a command that must end with this code; the caller frees it. */
static char *expect(int exit_code, const char *const *words)
{
    struct program_result r = run_as(NULL, words);
    ck_assert_msg(r.exit_code == exit_code, "%s %s: exit %d\n%s%s", words[0],
                  words[1] ? words[1] : "", r.exit_code, r.out, r.err);
    free(r.err);
    return r.out;
}
#define OUT(code, ...) expect(code, (const char *const[]){__VA_ARGS__, NULL})

/* The document of a command with --json. */
static json_t *expect_json(int exit_code, const char *const *words)
{
    char *out _cleanup_free_ = expect(exit_code, words);
    json_error_t why;
    json_t *document = json_loads(out, JSON_REJECT_DUPLICATES, &why);
    ck_assert_msg(document, "%s %s: %s\n%s", words[0], words[1], why.text, out);
    ck_assert(json_is_object(document));
    return document;
}
#define JSON(code, ...) expect_json(code, (const char *const[]){__VA_ARGS__, "--json", NULL})

static void fails(int exit_code, const char *message, const char *const *words)
{
    struct program_result r = run_as(NULL, words);
    ck_assert_msg(strstr(r.err, message), "\"%s\" is not in: %s", message, r.err);
    ck_assert_int_eq(r.exit_code, exit_code);
    program_result_free(&r);
}
#define FAILS(code, message, ...) fails(code, message, (const char *const[]){__VA_ARGS__, NULL})

static void migrate(void)
{
    free(OUT(0, "migrate"));
}

START_TEST(migrate_works_from_nothing_and_again)
{
    char *first _cleanup_free_ = OUT(0, "migrate");
    ck_assert_ptr_nonnull(strstr(first, "Schema \"retention\" in database"));
    json_t *again = JSON(0, "migrate");
    ck_assert_int_eq(json_integer_value(json_object_get(again, "applied")), 0);
    json_decref(again);
    char *adopted _cleanup_free_ = OUT(0, "adopt");
    ck_assert_ptr_nonnull(strstr(adopted, "bound already"));
}
END_TEST

START_TEST(schema_absent_older_newer_forbidden)
{
    FAILS(3, "schema \"retention\" is not installed", "status");
    FAILS(3, "Run \"retentionctl migrate\"", "log", "list");
    migrate();
    PGconn *conn = db_connect(cluster_shared(), database, NULL);
    db_exec(conn, "INSERT INTO retention.schema_migration (number, name, sha256) "
                  "VALUES (9999, 'later', 'x')");
    FAILS(3, "is version 9999, and this program's is ", "status");
    FAILS(3, "Install the newer retentiond", "status");
    db_exec(conn, "DELETE FROM retention.schema_migration WHERE number = 9999 OR number = "
                  "(SELECT max(number) FROM retention.schema_migration WHERE number < 9999)");
    FAILS(3, "Run \"retentionctl migrate\"", "status");
    db_exec(conn, "CREATE ROLE cli_stranger LOGIN");
    struct program_result r = run_as("cli_stranger", (const char *const[]){"status", NULL});
    ck_assert_ptr_nonnull(strstr(r.err, "role \"cli_stranger\" may not use schema \"retention\""));
    ck_assert_int_eq(r.exit_code, 1);
    program_result_free(&r);
    db_exec(conn, "DROP ROLE cli_stranger");
    PQfinish(conn);
}
END_TEST

START_TEST(missing_privileges_name_the_roles)
{
    migrate();
    PGconn *conn = db_connect(cluster_shared(), database, NULL);
    db_exec(conn, "CREATE ROLE cli_only_approves LOGIN IN ROLE retention_approver");
    static const char *const words[][4] = {{"log", "list"}, {"pause", "--reason", "x"}};
    for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
        struct program_result r = run_as("cli_only_approves", words[i]);
        ck_assert_msg(
            strstr(r.err, "role \"cli_only_approves\" may not do this: permission denied"), "%s",
            r.err);
        const char *hint = strstr(r.err, "HINT:");
        ck_assert_msg(hint && strstr(hint, "retention_operator"), "%s", r.err);
        ck_assert_int_eq(r.exit_code, 1);
        program_result_free(&r);
    }
    db_exec(conn, "DROP ROLE cli_only_approves");
    PQfinish(conn);
}
END_TEST

START_TEST(pause_resume_stop)
{
    migrate();
    char *paused _cleanup_free_ = OUT(0, "pause", "--reason", "storage moves");
    ck_assert_ptr_nonnull(strstr(paused, "Everything is paused."));
    FAILS(1, "no category has a tenant", "pause", "--reason", "asked", "--tenant", "4711");
    char *resumed _cleanup_free_ = OUT(0, "resume", "--reason", "back");
    ck_assert_str_eq(resumed, "Everything is resumed.\n");
    FAILS(1, "everything is not paused", "resume", "--reason", "again");
    char *stopped _cleanup_free_ = OUT(0, "stop", "--now", "--reason", "wrong");
    ck_assert_ptr_nonnull(strstr(stopped, "stopped and paused"));
    FAILS(2, "--until wants a time", "pause", "--reason", "x", "--until", "soonish");
    FAILS(2, "exclude each other", "pause", "--reason", "x", "--tenant", "a", "--category", "b");
    FAILS(1, "there is no category \"b\"", "pause", "--reason", "x", "--category", "b");
    PGconn *conn = db_connect(cluster_shared(), database, NULL);
    ck_assert_int_eq(
        db_number(conn, "SELECT count(*) FROM retention.pause WHERE resumed_at IS NULL"), 1);
    PQfinish(conn);
}
END_TEST

START_TEST(log_list_and_show)
{
    migrate();
    free(OUT(0, "pause", "--reason", "x"));
    char *all _cleanup_free_ = OUT(0, "log", "list");
    ck_assert_ptr_nonnull(strstr(all, "paused all by postgres"));
    ck_assert_ptr_nonnull(strstr(all, "  bind  "));
    json_t *some = JSON(0, "log", "list", "--type", "pause", "--since", "2020-01-01");
    json_t *entries = json_object_get(some, "entries");
    ck_assert_uint_eq(json_array_size(entries), 1);
    json_int_t id = json_integer_value(json_object_get(json_array_get(entries, 0), "id"));
    json_decref(some);
    char number[32];
    snprintf(number, sizeof(number), "%lld", (long long)id);
    char *text _cleanup_free_ = OUT(0, "log", "show", number);
    ck_assert(strncmp(text, "retention-log-entry/v1\ntype pause\n", 34) == 0);
    PGconn *conn = db_connect(cluster_shared(), database, NULL);
    char *stored _cleanup_free_ =
        db_value(conn, "SELECT entry FROM retention.log_entry WHERE id = %s", number);
    ck_assert_str_eq(text, stored);
    PQfinish(conn);
    json_t *shown = JSON(0, "log", "show", number, "--refs");
    json_t *fields = json_object_get(json_object_get(shown, "entry"), "fields");
    ck_assert_str_eq(json_string_value(json_object_get(fields, "what")), "paused");
    json_decref(shown);

    char *last _cleanup_free_ = OUT(0, "log", "list", "-n", "1", "--run", "0");
    ck_assert_str_eq(last, "No entries.\n");
    FAILS(1, "there is no log entry with the id 999999", "log", "show", "999999");
    FAILS(2, "ID is a number", "log", "show", "x");
    FAILS(2, "HINT:  Perhaps \"batch\"", "log", "list", "--type", "bach");
    FAILS(2, "there is no type of entries \"quetzalcoatl\"\nHINT:  There are ", "log", "list",
          "--type", "quetzalcoatl");
    FAILS(2, "no category \"nosuch\" is loaded", "log", "list", "--category", "nosuch");
    FAILS(2, "--limit wants a number", "log", "list", "--limit", "-1");
    FAILS(2, "--run wants a run's UUID", "log", "list", "--run", "xyz");
    FAILS(2, "--since and --until want a time", "log", "list", "--since", "xyz");
}
END_TEST

/* Figures come from the texts of the entries; a day that is over and has none is missing. */
START_TEST(report_compliance_from_the_log)
{
    migrate();
    char *none _cleanup_free_ =
        OUT(0, "report", "compliance", "--from", "2026-01-01", "--to", "2026-01-31");
    ck_assert_str_eq(none, "The log holds no daily figures.\n");
    PGconn *conn = db_connect(cluster_shared(), database, NULL);
    for (int day = 1; day <= 5; day++)
        if (day != 3)
            db_exec(conn,
                    "SELECT retention.write_entry('compliance', NULL, 'calls', "
                    "jsonb_build_object('category', 'calls', 'day', '2026-01-0%d', 'due', 12345, "
                    "'held', 1, 'kept', 2, 'blocked', 0, 'notstarted', 3, 'unclaimed', 0, "
                    "'overdue', %d, 'oldest', NULL))",
                    day, day == 5 ? 7 : 0);
    PQfinish(conn);
    char *text _cleanup_free_ =
        OUT(0, "report", "compliance", "--from", "2026-01-01", "--to", "2026-01-05");
    ck_assert_ptr_nonnull(strstr(text, "12,345"));
    json_t *report = JSON(0, "report", "compliance", "--from", "2026-01-01", "--to", "2026-01-05");
    json_t *category = json_array_get(json_object_get(report, "categories"), 0);
    ck_assert_int_eq(json_integer_value(json_object_get(category, "days")), 4);
    ck_assert_int_eq(json_integer_value(json_object_get(category, "missing")), 1);
    ck_assert_int_eq(json_integer_value(json_object_get(category, "days_overdue")), 1);
    ck_assert_int_eq(json_integer_value(json_object_get(category, "most_overdue")), 7);
    ck_assert_uint_eq(json_array_size(json_object_get(report, "days")), 4);
    json_decref(report);
    FAILS(2, "--from and --to want days", "report", "compliance", "--from", "x", "--to", "y");
    FAILS(2, "needs --to DATE", "report", "compliance", "--from", "2026-01-01");
}
END_TEST

START_TEST(config_defaults_are_a_main_file)
{
    char *text _cleanup_free_ = OUT(0, "config", "--defaults");
    ck_assert_ptr_nonnull(strstr(text, "connections = 2;"));
    json_t *document = JSON(0, "config", "--defaults");
    json_t *settings = json_object_get(document, "settings");
    ck_assert_uint_gt(json_array_size(settings), 10);
    ck_assert(json_is_string(json_object_get(json_array_get(settings, 0), "help")));
    json_decref(document);
}
END_TEST

/* What each category's row says is overdue, and why: from figures put there as a worker would. */
START_TEST(status_and_its_check)
{
    migrate();
    char *none _cleanup_free_ = OUT(0, "status", "--check");
    ck_assert_ptr_nonnull(strstr(none, "No category is loaded."));
    PGconn *conn = db_connect(cluster_shared(), database, NULL);
    static const char *const names[] = {"clean", "late", "stale", "unseen", "watched"};
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        db_exec(conn,
                "INSERT INTO retention.policy_text (sha256, category, text, loaded_by) "
                "VALUES (repeat('%zu', 64), '%s', 'x', 'a')",
                i, names[i]);
        db_exec(conn,
                "INSERT INTO retention.category (name, state, mode, loaded_sha256, loaded_by, "
                "loaded_at, approved_sha256) VALUES ('%s', 'active', '%s', repeat('%zu', 64), 'a', "
                "now(), repeat('%zu', 64))",
                names[i], strcmp(names[i], "watched") == 0 ? "observe" : "enforce", i, i);
    }
    db_exec(conn, "INSERT INTO retention.category_status (category, measured_at, due, to_act, "
                  "oldest, next_due) VALUES "
                  "('clean', now(), 0, 0, NULL, now() + interval '1 day'), "
                  "('late', now(), 7, 7, now() - interval '3 days', NULL), "
                  "('stale', now() - interval '9 days', 0, 0, NULL, now() - interval '3 days'), "
                  "('watched', now(), 7, 7, now() - interval '3 days', NULL)");
    json_t *document = JSON(4, "status", "--check");
    json_t *rows = json_object_get(document, "categories");
    static const bool overdue[] = {false, true, true, true, false};
    static const char *const causes[] = {NULL, "no worker", "no worker", "never counted",
                                         "observe only"};
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        json_t *row = json_array_get(rows, i);
        ck_assert_str_eq(json_string_value(json_object_get(row, "category")), names[i]);
        ck_assert_msg(json_is_true(json_object_get(row, "overdue")) == overdue[i], "%s", names[i]);
        const char *cause = json_string_value(json_object_get(row, "cause"));
        ck_assert_msg(causes[i] ? cause && !strcmp(cause, causes[i]) : !cause, "%s: %s", names[i],
                      cause);
    }
    json_t *error = json_object_get(document, "error");
    ck_assert_str_eq(json_string_value(json_object_get(error, "message")),
                     "3 categories are overdue");
    json_decref(document);
    char *table _cleanup_free_ = OUT(0, "status");
    ck_assert_ptr_nonnull(strstr(table, "No worker leads."));
    ck_assert_ptr_nonnull(strstr(table, "is retentiond running?"));
    ck_assert_ptr_null(strchr(table, '\033'));
    free(OUT(0, "status", "--check", "clean"));

    db_exec(conn, "UPDATE retention.category SET brake_engaged_at = now(), brake_due = 1234567, "
                  "brake_limit = 1000000 WHERE name = 'late'");
    db_exec(conn, "UPDATE retention.category SET state = 'suspended' WHERE name = 'stale'");
    db_exec(conn, "UPDATE retention.category SET state = 'red' WHERE name = 'unseen'");
    free(OUT(0, "pause", "--reason", "storage moves", "--category", "clean"));
    char *advice _cleanup_free_ = OUT(0, "status");
    static const char *const hints[] = {"retentionctl run --release-brake late",
                                        "1,234,567 records",
                                        "retentionctl policy approve stale",
                                        "retentionctl policy retire unseen",
                                        "(storage moves)",
                                        "retentionctl resume --category clean"};
    for (size_t i = 0; i < ARRAY_LENGTH(hints); i++) {
        char *flat _cleanup_free_ = strdup(advice);
        for (char *p = flat; *p; p++)
            *p = *p == '\n' ? ' ' : *p;
        ck_assert_msg(strstr(flat, hints[i]), "\"%s\" is not in:\n%s", hints[i], advice);
    }
    PQfinish(conn);
    FAILS(2, "no category \"cleam\" is loaded", "status", "cleam");
    FAILS(2, "Perhaps \"clean\"", "status", "cleam");
    json_decref(JSON(2, "status", "--watch"));
}
END_TEST

/* A worker leads and no run comes as far as counting: that is overdue, though nothing is known to
 * fall due. Not where nothing would be done: observed, suspended, paused. */
START_TEST(status_of_what_nobody_counts)
{
    migrate();
    PGconn *conn = db_connect(cluster_shared(), database, NULL);
    static const struct {
        const char *name, *state, *mode, *measured;
        bool overdue;
    } rows[] = {
        {"counted", "active", "enforce", "1 hour", false},
        {"forgotten", "active", "enforce", "9 days", true},
        {"paused", "active", "enforce", "9 days", false},
        {"suspended", "suspended", "enforce", "9 days", false},
        {"watched", "active", "observe", "9 days", false},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        db_exec(conn,
                "INSERT INTO retention.policy_text (sha256, category, text, loaded_by) "
                "VALUES (repeat('%zu', 64), '%s', 'x', 'a')",
                i, rows[i].name);
        db_exec(conn,
                "INSERT INTO retention.category (name, state, mode, loaded_sha256, loaded_by, "
                "loaded_at, approved_sha256) VALUES ('%s', '%s', '%s', repeat('%zu', 64), 'a', "
                "now(), repeat('%zu', 64))",
                rows[i].name, rows[i].state, rows[i].mode, i, i);
        db_exec(conn,
                "INSERT INTO retention.category_status (category, measured_at, due, to_act) "
                "VALUES ('%s', now() - interval '%s', 0, 0)",
                rows[i].name, rows[i].measured);
    }
    free(OUT(0, "pause", "--reason", "storage moves", "--category", "paused"));
    db_exec(conn, "UPDATE retention.leader SET term = 1, worker = gen_random_uuid(), "
                  "renewed_at = now(), lease = '1 hour'");
    json_t *document = JSON(4, "status", "--check");
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        json_t *row = json_array_get(json_object_get(document, "categories"), i);
        ck_assert_str_eq(json_string_value(json_object_get(row, "category")), rows[i].name);
        ck_assert_msg(json_is_true(json_object_get(row, "overdue")) == rows[i].overdue, "%s",
                      rows[i].name);
        const char *cause = json_string_value(json_object_get(row, "cause"));
        bool says = cause && strncmp(cause, "not counted since 20", 20) == 0;
        ck_assert_msg(says == rows[i].overdue, "%s: %s", rows[i].name, cause);
    }
    ck_assert_str_eq(
        json_string_value(json_object_get(json_object_get(document, "error"), "message")),
        "1 category is overdue");
    json_decref(document);
    char *table _cleanup_free_ = OUT(0, "status");
    ck_assert_ptr_nonnull(strstr(table, "a worker leads, but no run of it"));
    free(OUT(0, "status", "--check", "counted", "paused", "suspended", "watched"));
    PQfinish(conn);
}
END_TEST

static void wait_for_frames(const char *file, size_t wanted)
{
    size_t shown = 0;
    for (int i = 0; i < 3000 && shown < wanted; i++) {
        usleep(10000);
        char *text _cleanup_free_ = access(file, R_OK) == 0 ? file_read(file) : NULL;
        shown = 0;
        for (const char *p = text; p && (p = strstr(p, "No worker leads.")); p++)
            shown++;
    }
    ck_assert_uint_ge(shown, wanted);
}

/* Shown again until interrupted, through the loss of its connection; ends well then. */
START_TEST(status_watch)
{
    migrate();
    char *file _cleanup_free_ = NULL, *directory _cleanup_free_ = temporary_directory();
    char *script _cleanup_free_ = NULL;
    ck_assert_int_gt(asprintf(&file, "%s/out", directory), 0);
    ck_assert_int_gt(asprintf(&script, "exec '%s' -d '%s' status --watch >'%s'",
                              build_path("retentionctl"), conninfo, file),
                     0);
    const char *const argv[] = {"/bin/sh", "-c", script, NULL};
    pid_t pid = program_start(argv, NULL, NULL);
    wait_for_frames(file, 2);
    PGconn *conn = PQconnectdb(conninfo); /* as a restart of the server would */
    db_exec(conn, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = "
                  "'retentionctl' AND datname = current_database()");
    PQfinish(conn);
    wait_for_frames(file, 4);
    kill(pid, SIGINT);
    ck_assert_int_eq(program_wait(pid), 0);
    char *text _cleanup_free_ = file_read(file);
    ck_assert_ptr_null(strchr(text, '\033'));
    ck_assert_ptr_nonnull(strstr(text, "No answer, tried again: "));
}
END_TEST

Suite *suite_cli_commands(void)
{
    Suite *suite = suite_create("cli_commands");
    TCase *tests = tcase_create("commands");
    tcase_set_timeout(tests, 120);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, migrate_works_from_nothing_and_again);
    tcase_add_test(tests, schema_absent_older_newer_forbidden);
    tcase_add_test(tests, missing_privileges_name_the_roles);
    tcase_add_test(tests, pause_resume_stop);
    tcase_add_test(tests, log_list_and_show);
    tcase_add_test(tests, report_compliance_from_the_log);
    tcase_add_test(tests, config_defaults_are_a_main_file);
    tcase_add_test(tests, status_and_its_check);
    tcase_add_test(tests, status_of_what_nobody_counts);
    tcase_add_test(tests, status_watch);
    suite_add_tcase(suite, tests);
    return suite;
}
