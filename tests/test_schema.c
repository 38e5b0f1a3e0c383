/* Installing and upgrading schema retention: sql/, worker/cli/migrate.c. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/sql_files.h"
#include "base/text.h"
#include "cli/migrate.h"
#include "harness/cluster.h"
#include "harness/db.h"
#include "harness/schema.h"

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
    ck_assert_int_eq(applied, migrate_newest());
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

Suite *suite_schema(void)
{
    Suite *suite = suite_create("schema");
    TCase *tc = tcase_create("migrate");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, from_nothing_and_again);
    tcase_add_test(tc, refuses_a_newer_schema);
    tcase_add_test(tc, refuses_a_changed_migration);
    suite_add_tcase(suite, tc);
    return suite;
}
