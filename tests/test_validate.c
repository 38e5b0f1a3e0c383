/* policy_validate against real databases.
 *
 * Each case of tests/policies-bad-db/ is three files: NNN-name.sql makes a fresh database,
 * NNN-name.cfg is the policy file, NNN-name.expect all that must be reported, a line each as
 * "LINE: message", sorted, hints indented below. Before the facts are read the worker's role gets
 * every privilege it may need, unless the .sql says "-- no grants". Warnings without a place in a
 * file (coverage) are compared only where it says "-- coverage".
 *
 * RETENTIOND_WRITE_EXPECT=1 writes the .expect files; read them before they are committed. */
#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/sql_files.h"
#include "base/text.h"
#include "harness/cluster.h"
#include "harness/db.h"
#include "pg/catalog.h"
#include "policy/needs.h"
#include "policy/parse.h"
#include "policy/setup.h"
#include "policy/validate.h"

#define WORKER "validate_worker"
#define OWNER  "validate_owner"

static char *database;
static PGconn *conn;
static struct diags diags;
static struct policy_set *set;
static struct catalog *catalog;

static void make_roles(PGconn *as)
{
    db_script(as, "do $$ begin"
                  " if to_regrole('" WORKER "') is null then create role " WORKER " login; end if;"
                  " if to_regrole('" OWNER "') is null then create role " OWNER " login; end if;"
                  " if to_regrole('validate_group') is null then"
                  "  create role validate_group; grant validate_group to " WORKER "; end if;"
                  " alter role " WORKER " nobypassrls nosuperuser; end $$");
}

static void setup(void)
{
    database = db_new(cluster_shared(), NULL);
    conn = db_connect(cluster_shared(), database, NULL);
    db_exec(conn, "set client_min_messages = error");
    make_roles(conn);
}

static void forget(void)
{
    diags_free(&diags);
    policy_set_free(set);
    catalog_free(catalog);
    set = NULL;
    catalog = NULL;
}

static void teardown(void)
{
    forget();
    PQfinish(conn);
    db_drop(cluster_shared(), database);
    free(database);
}

static void grant_all(void)
{
    db_script(conn,
              "do $$ declare n text; begin for n in select quote_ident(nspname) from pg_namespace"
              " where nspname not like 'pg\\_%' and nspname <> 'information_schema' loop"
              " execute 'grant usage on schema ' || n || ' to " WORKER "';"
              " execute 'grant select, update, delete on all tables in schema ' || n || ' to " WORKER
              "'; end loop; end $$");
}

static void read_catalog(PGconn *as, const char *role)
{
    const char *values[] = {role};
    PGresult *result =
        PQexecParams(as, sql_file("catalog/facts.sql"), 1, NULL, values, NULL, NULL, 0);
    ck_assert_msg(PQresultStatus(result) == PGRES_TUPLES_OK, "%s", PQerrorMessage(as));
    struct error error _cleanup_error_ = {0};
    catalog = catalog_parse(PQgetvalue(result, 0, 0), &error);
    ck_assert_msg(catalog != NULL, "%s", error.primary);
    PQclear(result);
}

/* The schema of this program's own is another test's. */
static void pretend_installed(void)
{
    catalog->schema_version = catalog->schema_newest;
}

static void validate(const char *policy)
{
    forget();
    read_catalog(conn, WORKER);
    pretend_installed();
    set = policy_load_text("test.cfg", policy, &diags);
    ck_assert_ptr_nonnull(set);
    policy_validate(set, catalog, &diags);
    diags_sort(&diags);
}

static char *report(bool everywhere)
{
    struct text text = {0};
    for (size_t i = 0; i < diags.count; i++) {
        const struct diag *diag = &diags.items[i];
        if (!diag->at.file && diag->level == DIAG_WARNING && !everywhere)
            continue;
        if (diag->at.file)
            text_printf(&text, "%d: ", diag->at.line);
        text_printf(&text, "%s%s\n", diag->level == DIAG_WARNING ? "warning: " : "",
                    diag->message);
        for (const char *line = diag->hint; line && *line;) {
            size_t n = strcspn(line, "\n");
            text_printf(&text, "    %.*s\n", (int)n, line);
            line += n + (line[n] == '\n');
        }
    }
    return text_steal(&text);
}

/* --- the cases --------------------------------------------------------------------------------- */

enum { MOST_CASES = 200 };
static char *cases[MOST_CASES];
static int case_count;

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void find_cases(void)
{
    DIR *directory = opendir(source_path("tests/policies-bad-db"));
    if (!directory) { /* no test runs yet: nothing to fail but everything */
        perror("tests/policies-bad-db");
        exit(EXIT_FAILURE);
    }
    for (struct dirent *entry; (entry = readdir(directory)) && case_count < MOST_CASES;) {
        size_t n = strlen(entry->d_name);
        if (n > 4 && strcmp(entry->d_name + n - 4, ".sql") == 0)
            cases[case_count++] = strndup(entry->d_name, n - 4);
    }
    closedir(directory);
    qsort(cases, (size_t)case_count, sizeof(*cases), compare_names);
}

static char *case_file(const char *name, const char *suffix)
{
    char path[256];
    snprintf(path, sizeof(path), "tests/policies-bad-db/%s.%s", name, suffix);
    return strdup(source_path(path));
}

static char *case_read(const char *name, const char *suffix)
{
    char *path = case_file(name, suffix);
    char *text = file_read(path);
    free(path);
    return text;
}

START_TEST(test_case)
{
    const char *name = cases[_i];
    char *sql = case_read(name, "sql");
    char *policy = case_read(name, "cfg");
    db_script(conn, sql);
    if (!strstr(sql, "-- no grants"))
        grant_all();
    validate(policy);
    char *seen = report(strstr(sql, "-- coverage") != NULL);
    char *path = case_file(name, "expect");
    if (getenv("RETENTIOND_WRITE_EXPECT")) {
        FILE *file = fopen(path, "w");
        ck_assert_ptr_nonnull(file);
        fputs(seen, file);
        fclose(file);
    }
    char *expected = file_read(path);
    ck_assert_msg(strcmp(seen, expected) == 0, "%s: expected\n%s\nbut was\n%s", name, expected,
                  seen);
    free(path);
    free(expected);
    free(seen);
    free(sql);
    free(policy);
}
END_TEST

Suite *suite_validate(void)
{
    Suite *suite = suite_create("validate");
    find_cases();
    TCase *each = tcase_create("cases");
    tcase_add_checked_fixture(each, setup, teardown);
    tcase_set_timeout(each, 60);
    tcase_add_loop_test(each, test_case, 0, case_count);
    suite_add_tcase(suite, each);
    return suite;
}
