/* Installing and upgrading schema retention: sql/, worker/cli/migrate.c. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/sql_files.h"
#include "base/text.h"
#include "cli/migrate.h"
#include "harness/cluster.h"
#include "harness/db.h"
#include "harness/schema.h"
#include "pg/role_prefix.h"

/* Runs migrate where it must fail; the error is the caller's. */
static struct error migrate_fails(PGconn *conn, const char *prefix)
{
    struct error error = {0};
    struct migrate_options options = {.prefix = prefix};
    ck_assert(!migrate_run(conn, &options, NULL, &error));
    ck_assert_ptr_nonnull(error.primary);
    ck_assert_int_eq(PQtransactionStatus(conn), PQTRANS_IDLE);
    return error;
}

static void collect(const char *line, void *arg)
{
    text_printf(arg, "%s\n", line);
}

START_TEST(from_nothing_and_again)
{
    struct cluster *cluster = cluster_shared();
    char *name = db_new(cluster, NULL);
    PGconn *conn = db_connect(cluster, name, NULL);
    struct text lines = {0};
    struct migrate_options options = {.report = collect, .arg = &lines};
    struct error error = {0};
    int applied = -1;
    ck_assert_msg(migrate_run(conn, &options, &applied, &error), "%s: %s (%s)", error.sqlstate,
                  error.primary, error.context);
    ck_assert_int_eq(db_number(conn, "SELECT max(number) FROM retention.schema_migration"),
                     migrate_newest());
    ck_assert_ptr_nonnull(strstr(text_string(&lines), "migration 0001_tables\n"));
    ck_assert_int_eq(db_number(conn, "SELECT count(*) FROM retention.schema_migration"), applied);
    ck_assert_int_eq(
        db_number(conn, "SELECT count(*) FROM retention.log_entry WHERE type = 'bind'"), 1);
    char *before = db_value(conn, "SELECT string_agg(oid::text, ' ' ORDER BY oid) FROM pg_class "
                                  "WHERE relnamespace = 'retention'::regnamespace");

    text_clear(&lines);
    ck_assert(migrate_run(conn, &options, &applied, &error));
    ck_assert_int_eq(applied, 0);
    ck_assert_ptr_nonnull(strstr(text_string(&lines), "applied before\n"));
    ck_assert_int_eq(db_number(conn, "SELECT count(*) FROM retention.log_entry"), 1);
    char *after = db_value(conn, "SELECT string_agg(oid::text, ' ' ORDER BY oid) FROM pg_class "
                                 "WHERE relnamespace = 'retention'::regnamespace");
    ck_assert_str_eq(before, after);
    free(before);
    free(after);
    text_free(&lines);
    PQfinish(conn);
    db_drop(cluster, name);
    free(name);
}
END_TEST

START_TEST(refuses_a_newer_schema)
{
    struct cluster *cluster = cluster_shared();
    char *name = schema_db_new(cluster);
    PGconn *conn = db_connect(cluster, name, NULL);
    db_exec(conn, "INSERT INTO retention.schema_migration VALUES (9001, '9001_later', 'x')");
    struct error error = migrate_fails(conn, NULL);
    ck_assert_ptr_nonnull(strstr(error.primary, "newer version (9001_later)"));
    ck_assert_ptr_nonnull(error.hint);
    error_clear(&error);
    PQfinish(conn);
    db_drop(cluster, name);
    free(name);
}
END_TEST

START_TEST(refuses_a_changed_migration)
{
    struct cluster *cluster = cluster_shared();
    char *name = schema_db_new(cluster);
    PGconn *conn = db_connect(cluster, name, NULL);
    db_exec(conn,
            "UPDATE retention.schema_migration SET sha256 = repeat('0', 64) WHERE number = 2");
    struct error error = migrate_fails(conn, NULL);
    ck_assert_ptr_nonnull(strstr(error.primary, "0002_grants was applied with another text"));
    error_clear(&error);
    PQfinish(conn);
    db_drop(cluster, name);
    free(name);
}
END_TEST

/* Without superuser: CREATEROLE, and CREATE on the database. The prefix needs quoting everywhere.
 */
START_TEST(without_superuser)
{
    static const char prefix[] = "Odd \"pre'fix\" ";
    struct cluster *cluster = cluster_shared();
    char *name = db_new(cluster, NULL);
    PGconn *admin = db_connect(cluster, name, NULL);
    db_exec(admin, "CREATE ROLE t_installer LOGIN NOSUPERUSER CREATEROLE");
    PGconn *conn = db_connect(cluster, name, "t_installer");
    struct error error = migrate_fails(conn, prefix);
    ck_assert_ptr_nonnull(strstr(error.primary, "may not create a schema in database"));
    ck_assert_ptr_nonnull(strstr(error.hint, "GRANT CREATE ON DATABASE"));
    error_clear(&error);
    ck_assert_int_eq(db_number(admin, "SELECT count(*) FROM pg_roles WHERE rolname LIKE 'Odd%%'"),
                     0);

    db_exec(admin, "GRANT CREATE ON DATABASE %s TO t_installer", name);
    for (int i = 0; i < 2; i++)
        schema_migrate(cluster, name, "t_installer", prefix);
    ck_assert_int_eq(db_number(admin,
                               "SELECT count(*) FROM pg_class c WHERE c.relnamespace = "
                               "'retention'::regnamespace AND pg_get_userbyid(c.relowner) <> "
                               "'Odd \"pre''fix\" owner'"),
                     0);

    /* the roles work under that name, the hints name them */
    db_script(admin, "CREATE ROLE t_odd LOGIN; GRANT \"Odd \"\"pre'fix\"\" worker\" TO t_odd");
    PGconn *worker = db_connect(cluster, name, "t_odd");
    PGresult *result = PQexec(worker, "SELECT retention.lead(gen_random_uuid(), 'x', '15 s')");
    ck_assert_str_eq(PQresultErrorField(result, PG_DIAG_SQLSTATE), "RT011");
    const char *hint = PQresultErrorField(result, PG_DIAG_MESSAGE_HINT);
    ck_assert_str_eq(hint, "Run: GRANT t_odd TO \"Odd \"\"pre'fix\"\" owner\";");
    db_exec(admin, "%s", hint + strlen("Run: "));
    PQclear(result);
    db_exec(worker, "SELECT retention.lead(gen_random_uuid(), 'x', '15 s')");
    int64_t pid = PQbackendPID(worker);
    PGconn *other = db_connect(cluster, name, "t_odd");
    db_exec(admin, "UPDATE retention.leader SET renewed_at = '2001-01-01'");
    ck_assert_int_eq(db_number(other, "SELECT term FROM retention.lead(gen_random_uuid(), 'x', "
                                      "'15 s') WHERE leads"),
                     2);
    ck_assert_int_eq(
        db_number(admin, "SELECT count(*) FROM pg_stat_activity WHERE pid = %lld", (long long)pid),
        0);
    PQfinish(other);
    PQfinish(worker);

    /* another prefix would make a second set of roles */
    error = migrate_fails(conn, NULL);
    ck_assert_ptr_nonnull(strstr(error.primary, "was installed with the role prefix"));
    error_clear(&error);
    PQfinish(conn);

    /* who is not a member of the owner learns what to have granted */
    db_exec(admin, "CREATE ROLE t_bystander LOGIN");
    conn = db_connect(cluster, name, "t_bystander");
    error = migrate_fails(conn, prefix);
    ck_assert_ptr_nonnull(strstr(error.primary, "role \"t_bystander\" may not act as role"));
    ck_assert_ptr_nonnull(strstr(error.hint, "TO t_bystander;"));
    error_clear(&error);
    PQfinish(conn);

    PQfinish(admin);
    db_drop(cluster, name);
    admin = db_connect(cluster, "postgres", NULL);
    db_script(
        admin,
        "DROP ROLE t_odd, t_installer, t_bystander; DO $$ DECLARE r text; BEGIN FOR r IN SELECT "
        "rolname FROM pg_roles WHERE rolname LIKE 'Odd%' LOOP EXECUTE format('DROP ROLE %I', r);"
        " END LOOP; END $$");
    PQfinish(admin);
    free(name);
}
END_TEST

/* The roles are the cluster's: a second database takes them as they are. */
START_TEST(second_database_of_a_cluster)
{
    struct cluster *cluster = cluster_shared();
    char *one = schema_db_new(cluster), *two = schema_db_new(cluster);
    PGconn *conn = db_connect(cluster, two, "t_worker");
    ck_assert_int_eq(schema_lead(conn, '1'), 1);
    PQfinish(conn);
    db_drop(cluster, one);
    db_drop(cluster, two);
    free(one);
    free(two);
}
END_TEST

/* Two install at once: one of them may have to start over, both end well, and it is there once. */
START_TEST(two_at_once)
{
    struct cluster *cluster = cluster_shared();
    char *name = db_new(cluster, NULL);
    for (int round = 0; round < 2; round++) {
        pid_t child = fork();
        ck_assert_int_ge(child, 0);
        if (child == 0) {
            PGconn *conn = db_connect(cluster, name, NULL);
            struct migrate_options options = {.prefix = "both_"};
            struct error error = {0};
            bool done = migrate_run(conn, &options, NULL, &error);
            if (!done)
                error_print("child", &error);
            PQfinish(conn);
            _exit(done ? 0 : 1);
        }
        schema_migrate(cluster, name, NULL, "both_");
        int status = -1;
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        ck_assert_int_eq(status, 0);
    }
    PGconn *conn = db_connect(cluster, name, NULL);
    ck_assert_int_eq(db_number(conn, "SELECT max(number) FROM retention.schema_migration"),
                     migrate_newest());
    ck_assert_int_eq(db_number(conn, "SELECT count(*) FROM retention.log_entry"), 1);
    PQfinish(conn);
    db_drop(cluster, name);
    free(name);
}
END_TEST

/* What an older version left behind, or somebody altered, is as the files say after migrate. */
START_TEST(functions_are_made_anew)
{
    struct cluster *cluster = cluster_shared();
    char *name = schema_db_new(cluster);
    PGconn *conn = db_connect(cluster, name, NULL);
    db_script(
        conn,
        "SET ROLE retention_owner;"
        "CREATE FUNCTION retention.left_over(int) RETURNS int LANGUAGE sql AS 'SELECT 1';"
        "CREATE FUNCTION retention.renew(int) RETURNS int LANGUAGE sql AS 'SELECT 1';"
        "RESET ROLE;"
        "GRANT EXECUTE ON FUNCTION retention.write_entry(text, uuid, text, jsonb) TO PUBLIC;"
        "GRANT EXECUTE ON FUNCTION retention.approve_policy(text, text, bigint, text, uuid[]) TO "
        "retention_worker;"
        "CREATE OR REPLACE FUNCTION retention.require_term(term bigint) RETURNS void LANGUAGE "
        "plpgsql AS 'BEGIN END'");
    schema_migrate(cluster, name, NULL, NULL);
    ck_assert_int_eq(
        db_number(conn,
                  "SELECT count(*) FROM pg_proc WHERE pronamespace = 'retention'::regnamespace "
                  "AND (proname = 'left_over' OR proargtypes = '23' OR "
                  "has_function_privilege('t_nobody', oid, "
                  "'EXECUTE') OR proname = 'approve_policy' AND "
                  "has_function_privilege('retention_worker', oid, 'EXECUTE') "
                  "OR prosrc = 'BEGIN END')"),
        0);
    PQfinish(conn);
    db_drop(cluster, name);
    free(name);
}
END_TEST

START_TEST(somebody_elses_schema_is_left_alone)
{
    struct cluster *cluster = cluster_shared();
    char *name = db_new(cluster, NULL);
    PGconn *conn = db_connect(cluster, name, NULL);
    db_exec(conn, "CREATE SCHEMA retention");
    struct error error = migrate_fails(conn, NULL);
    ck_assert_ptr_nonnull(strstr(error.primary, "does not belong to role \"retention_owner\""));
    error_clear(&error);
    db_exec(conn, "BEGIN");
    struct migrate_options options = {0};
    ck_assert(!migrate_run(conn, &options, NULL, &error));
    ck_assert_ptr_nonnull(strstr(error.primary, "in a transaction already"));
    error_clear(&error);
    PQfinish(conn);
    db_drop(cluster, name);
    free(name);
}
END_TEST

START_TEST(a_clone_is_adopted)
{
    struct cluster *cluster = cluster_shared();
    char *origin = schema_db_new(cluster);
    char *name = db_new(cluster, origin);
    PGconn *conn = db_connect(cluster, name, NULL);
    schema_migrate(cluster, name, NULL, NULL); /* does not bind it */
    ck_assert_int_eq(db_number(conn, "SELECT retention.is_bound()::int"), 0);
    struct migrate_options options = {0};
    struct error error = {0};
    bool adopted = false;
    ck_assert(migrate_adopt(conn, &options, &adopted, &error));
    ck_assert(adopted);
    ck_assert_int_eq(db_number(conn, "SELECT retention.is_bound()::int"), 1);
    ck_assert(migrate_adopt(conn, &options, &adopted, &error));
    ck_assert(!adopted);
    ck_assert_int_eq(
        db_number(conn, "SELECT count(*) FROM retention.log_entry WHERE type = 'bind'"), 2);
    PQfinish(conn);
    PGconn *worker = db_connect(cluster, name, "t_worker");
    ck_assert(!migrate_adopt(worker, &options, &adopted, &error));
    ck_assert_str_eq(error.sqlstate, "42501");
    error_clear(&error);
    PQfinish(worker);
    db_drop(cluster, name);
    db_drop(cluster, origin);
    free(name);
    free(origin);
}
END_TEST

START_TEST(prefix_is_filled_in_by_place)
{
    static const struct {
        const char *sql, *prefix, *expected;
    } cases[] = {
        {"GRANT @prefix@owner TO x", "r_", "GRANT \"r_owner\" TO x"},
        {"SELECT '@prefix@owner', \"@prefix@owner\"", "r_", "SELECT 'r_owner', \"r_owner\""},
        {"'@prefix@owner'", "a'b", "'a''bowner'"},
        {"@prefix@owner", "a\"b", "\"a\"\"bowner\""},
        {"'it''s @prefix@owner' @prefix@worker", "r_", "'it''s r_owner' \"r_worker\""},
        {"-- isn't @prefix@owner\n@prefix@worker", "r_", "-- isn't @prefix@owner\n\"r_worker\""},
        {"/* '@prefix@owner */@prefix@worker", "r_", "/* '@prefix@owner */\"r_worker\""},
        {"$f$ '@prefix@owner' @prefix@worker, $f$", "r_", "$f$ 'r_owner' \"r_worker\", $f$"},
        {"no prefix @ here", "r_", "no prefix @ here"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *sql = role_prefix_fill_in(cases[i].sql, cases[i].prefix, NULL);
        ck_assert_str_eq(sql, cases[i].expected);
        free(sql);
    }
    static const char *const wrong[] = {"",
                                        "a\nb",
                                        "a\\b",
                                        "a$b",
                                        "a@b",
                                        "\xff",
                                        "123456789012345678901234567890123456789012345678901234567",
                                        NULL};
    for (int i = 0; wrong[i]; i++) {
        struct error error = {0};
        ck_assert_ptr_null(role_prefix_fill_in("", wrong[i], &error));
        ck_assert_int_eq(error.code, ERROR_CONFIG);
        error_clear(&error);
    }
}
END_TEST

/* Numbers rise; every file is executed by something. */
START_TEST(migrations_are_numbered)
{
    size_t count;
    const char *const *names = sql_file_names(&count);
    int last = 0;
    for (size_t i = 0; i < count; i++)
        if (text_starts_with(names[i], "migrations/")) {
            const char *base = names[i] + strlen("migrations/");
            ck_assert(strspn(base, "0123456789") == 4 && base[4] == '_');
            int number = (int)strtol(base, NULL, 10);
            ck_assert_int_gt(number, last);
            last = number;
        }
    ck_assert_int_eq(last, migrate_newest());
}
END_TEST

Suite *suite_schema(void)
{
    Suite *suite = suite_create("schema");
    TCase *tc = tcase_create("migrate");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, from_nothing_and_again);
    tcase_add_test(tc, refuses_a_newer_schema);
    tcase_add_test(tc, refuses_a_changed_migration);
    tcase_add_test(tc, without_superuser);
    tcase_add_test(tc, second_database_of_a_cluster);
    tcase_add_test(tc, two_at_once);
    tcase_add_test(tc, functions_are_made_anew);
    tcase_add_test(tc, somebody_elses_schema_is_left_alone);
    tcase_add_test(tc, a_clone_is_adopted);
    tcase_add_test(tc, prefix_is_filled_in_by_place);
    tcase_add_test(tc, migrations_are_numbered);
    suite_add_tcase(suite, tc);
    return suite;
}
