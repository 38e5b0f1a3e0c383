/* `plan` on the sample database changes nothing, and `run` then does what it said. */
#define _GNU_SOURCE
#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli_fixture.h"

static struct cli_fixture sample;
static PGconn *conn;

/* The sample as of the last full hour, with schema retention, roles, grants and the sample
 * policies. It has quiet hours after it was made: nothing falls due while the test goes on. */
static void setup(void)
{
    sample.database = db_new(cluster_shared(), NULL);
    sample.directory = temporary_directory();
    conn = db_connect(cluster_shared(), sample.database, NULL);
    char *conninfo _cleanup_free_ = cluster_conninfo(cluster_shared(), sample.database, NULL);
    struct program_result result =
        program_run((const char *[]){"/bin/sh", source_path("sql/sample/load.sh"), "--rows",
                                     "40000", "--seed", "5", "--quiet", conninfo, NULL});
    ck_assert_msg(result.exit_code == 0, "load.sh: %s%s", result.out, result.err);
    program_result_free(&result);

    char *worker _cleanup_free_ = cluster_conninfo(cluster_shared(), sample.database, CLI_WORKER);
    struct text main_file _cleanup_text_ = {0};
    text_printf(&main_file,
                "database: { conninfo = \"%s\"; };\npolicies = \"%s\";\n"
                "log: { origin = \"example.com/retention\"; epoch_kek = \"epoch.kek\"; };\n",
                worker, source_path("policies"));
    sample.config = file_write(sample.directory, "retentiond.cfg", main_file.data);
    free(file_write(sample.directory, "epoch.kek",
                    "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f\n"));
    free(cli_out(&sample, "postgres", 0, WORDS("migrate")));
    db_script(conn, "DO $$\n"
                    "DECLARE kind text;\n"
                    "BEGIN\n"
                    "  FOREACH kind IN ARRAY '{worker,approver}'::text[] LOOP\n"
                    "    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'cli_' || kind) THEN\n"
                    "      EXECUTE format('CREATE ROLE %I LOGIN', 'cli_' || kind);\n"
                    "    END IF;\n"
                    "    EXECUTE format('GRANT %I TO %I', 'retention_' || kind, 'cli_' || kind);\n"
                    "  END LOOP;\n"
                    "  GRANT cli_worker TO retention_owner;\n"
                    "END $$");
    cli_fixture_grant(&sample);
}

static void teardown(void)
{
    PQfinish(conn);
    db_drop(cluster_shared(), sample.database);
    free(sample.database);
    free(sample.directory);
    free(sample.config);
}

/* Rows and a sum over them of every table of every schema, schema retention's too, and every
 * sequence: a line each. */
static char *checksums(void)
{
    PGresult *tables = PQexec(
        conn, "SELECT format('%I.%I', n.nspname, c.relname),"
              " n.nspname = 'retention' FROM pg_class c JOIN pg_namespace n"
              " ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'S') AND n.nspname !~ '^pg_'"
              " AND n.nspname <> 'information_schema' ORDER BY 1");
    ck_assert_int_eq(PQresultStatus(tables), PGRES_TUPLES_OK);
    struct text all = {0};
    int retention = 0;
    for (int i = 0; i < PQntuples(tables); i++) {
        const char *table = PQgetvalue(tables, i, 0);
        char *value _cleanup_free_ = db_value(
            conn,
            "SELECT count(*) || ' ' || coalesce(sum(hashtextextended(to_jsonb(t)::text, 0)), 0)"
            " FROM (SELECT * FROM %s) t",
            table);
        text_printf(&all, "%s %s\n", value, table);
        retention += PQgetvalue(tables, i, 1)[0] == 't';
    }
    ck_assert_int_gt(retention, 15);
    ck_assert_int_gt(PQntuples(tables) - retention, 100);
    PQclear(tables);
    return text_steal(&all);
}

/* The number of transactions that wrote something, in the whole server. */
static int64_t next_transaction(void)
{
    return db_number(conn, "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint");
}

static void load_and_approve(void)
{
    free(cli_out(&sample, NULL, 0, WORDS("policy", "load")));
    json_t *plan = cli_json(&sample, NULL, 0, WORDS("plan")), *row;
    PGresult *waiting =
        PQexec(conn, "SELECT name FROM retention.category WHERE state = 'suspended'");
    ck_assert_int_gt(PQntuples(waiting), 30);
    for (int i = 0; i < PQntuples(waiting); i++) {
        const char *name = PQgetvalue(waiting, i, 0);
        json_int_t to_act = 0;
        size_t r;
        json_array_foreach(json_object_get(plan, "categories"), r, row)
        {
            if (strcmp(json_string_value(json_object_get(row, "category")), name) == 0)
                to_act += json_integer_value(json_object_get(row, "to_act"));
        }
        char expected[32];
        snprintf(expected, sizeof(expected), "%lld", (long long)to_act);
        free(cli_out(&sample, CLI_APPROVER, 0,
                     WORDS("policy", "approve", name, "--expect-due", expected)));
    }
    PQclear(waiting);
    json_decref(plan);
}

static void expect_same(const char *before, const char *what)
{
    char *after _cleanup_free_ = checksums();
    if (strcmp(before, after) == 0)
        return;
    for (const char *b = before, *a = after; *b && *a;
         b = strchr(b, '\n') + 1, a = strchr(a, '\n') + 1)
        if (strncmp(a, b, strcspn(b, "\n") + 1) != 0)
            ck_abort_msg("%s changed %.*s to %.*s", what, (int)strcspn(b, "\n"), b,
                         (int)strcspn(a, "\n"), a);
    ck_abort_msg("%s changed the list of tables", what);
}

/* Rows of all tables but schema retention's, the trail of payment methods and aggregates'. */
static int64_t application_rows(const char *sums)
{
    int64_t rows = 0;
    for (const char *line = sums; *line; line = strchr(line, '\n') + 1) {
        const char *table = strchr(strchr(line, ' ') + 1, ' ') + 1;
        if (!text_starts_with(table, "retention.") &&
            !text_starts_with(table, "billing.payment_method_log\n") &&
            !text_starts_with(table, "ctm.call_month\n") &&
            !text_starts_with(table, "risk.login_day\n") &&
            !text_starts_with(table, "web.visit_week\n"))
            rows += strtoll(line, NULL, 10);
    }
    return rows;
}

START_TEST(plan_changes_nothing_and_tells_what_run_does)
{
    load_and_approve();
    char *before _cleanup_free_ = checksums();
    int64_t transaction = next_transaction();
    json_t *plan = cli_json(&sample, NULL, 0, WORDS("plan")), *row;
    free(cli_out(&sample, NULL, 0, WORDS("plan", "recordings", "call_logs")));
    /* and for who may read none of the tables */
    free(cli_out(&sample, CLI_APPROVER, 0, WORDS("plan", "recordings", "call_logs")));
    char *recording _cleanup_free_ =
        db_value(conn, "SELECT recording_id FROM ctm.call_recording ORDER BY 1 LIMIT 1");
    free(cli_out(&sample, CLI_APPROVER, 0, WORDS("explain", "recordings", recording)));
    free(cli_out(&sample, NULL, 0, WORDS("plan", "call_logs", "--json", "--sql")));
    ck_assert_int_eq(next_transaction(), transaction);
    expect_same(before, "plan");

    struct program_result run = cli_run(&sample, NULL, WORDS("run"));
    ck_assert_msg(run.exit_code == 0, "exit code %d: %s%s", run.exit_code, run.out, run.err);
    program_result_free(&run);
    struct text report _cleanup_text_ = {0};
    json_int_t planned = 0;
    size_t i, acting = 0;
    json_array_foreach(json_object_get(plan, "categories"), i, row)
    {
        const char *category = json_string_value(json_object_get(row, "category"));
        const char *stage = json_string_value(json_object_get(row, "stage"));
        json_int_t to_act = json_integer_value(json_object_get(row, "to_act"));
        if (json_is_true(json_object_get(row, "observe_only")))
            to_act = 0;
        int64_t gone =
            db_number(conn,
                      "SELECT coalesce(sum(e.rows), 0) FROM retention.run r"
                      " JOIN retention.log_entry e ON e.run = r.run AND e.relation = r.relation"
                      " WHERE r.category = '%s' AND r.stage = '%s'",
                      category, stage);
        planned += to_act;
        acting += to_act > 0;
        if (gone != to_act)
            text_printf(&report,
                        "%s, stage %s: %lld planned (%lld due, %lld kept, %lld waiting),"
                        " %lld done\n",
                        category, stage, (long long)to_act,
                        (long long)json_integer_value(json_object_get(row, "due")),
                        (long long)json_integer_value(json_object_get(row, "kept_while")) +
                            (long long)json_integer_value(json_object_get(row, "kept_floor")),
                        (long long)json_integer_value(json_object_get(row, "waiting")),
                        (long long)gone);
    }
    ck_assert_msg(!report.length, "%s", report.data);
    ck_assert_uint_gt(acting, 20);
    ck_assert_int_gt(planned, 1000);
    json_decref(plan);

    /* And the log has every row that is missing now, dependants too. Only the trail that a trigger
     * of the application keeps of deleted payment methods grew, and what calls were summed up in.
     */
    char *after _cleanup_free_ = checksums();
    ck_assert_int_eq(application_rows(before) - application_rows(after),
                     db_number(conn,
                               "SELECT sum(rows) FROM retention.log_entry WHERE type = 'batch' AND"
                               " entry NOT LIKE E'%%\\naction deidentify\\n%%'"));
}
END_TEST

Suite *suite_plan(void)
{
    Suite *suite = suite_create("plan");
    TCase *tc = tcase_create("sample");
    tcase_set_timeout(tc, 600);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, plan_changes_nothing_and_tells_what_run_does);
    suite_add_tcase(suite, tc);
    return suite;
}
