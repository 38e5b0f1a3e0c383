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

#include "base/arena.h"
#include "base/diag.h"
#include "base/error.h"
#include "base/sql_files.h"
#include "base/text.h"
#include "harness/cluster.h"
#include "harness/db.h"
#include "harness/schema.h"
#include "pg/catalog.h"
#include "policy/needs.h"
#include "policy/parse.h"
#include "policy/setup.h"
#include "policy/validate.h"
#include "policy/validate_internal.h"

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
    db_script(
        conn,
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
    catalog->schema_version = catalog->schema_newest = 0;
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
        text_printf(&text, "%s%s\n", diag->level == DIAG_WARNING ? "warning: " : "", diag->message);
        for (const char *line = diag->hint; line && *line;) {
            size_t n = strcspn(line, "\n");
            text_printf(&text, "    %.*s\n", (int)n, line);
            line += n + (line[n] == '\n');
        }
    }
    return text_steal(&text);
}

/* --- the cases ---------------------------------------------------------------------------------
 */

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

/* --- the database and the role -----------------------------------------------------------------
 */

static const char *const plain_policy =
    "calls: {\n"
    "  mode = \"enforce\";\n"
    "  data: { table = \"ctm.call\"; start = \"started_at\"; };\n"
    "  stages = ( { after = \"13 months\"; do = \"delete\"; } );\n"
    "};\n";
static const char *const plain_table =
    "create schema ctm;"
    "create table ctm.call (call_id bigint primary key, started_at timestamptz not null);"
    "create index on ctm.call (started_at);";

static void assert_report(const char *expected)
{
    char *seen = report(false);
    ck_assert_str_eq(seen, expected);
    free(seen);
}

START_TEST(test_nothing_to_report)
{
    db_script(conn, plain_table);
    grant_all();
    validate(plain_policy);
    assert_report("");
    ck_assert(policy_category_is_valid(&set->categories[0], set, &diags));
}
END_TEST

/* Odd, but right: nothing may be said about any of it. */
static const char *const odd_tables =
    "create schema ctm; create schema old; create type ctm.state as enum ('open', 'shut');"
    "create function ctm.larger(int, int) returns int language internal immutable"
    "  as 'int4larger';"
    "create function ctm.note() returns trigger language plpgsql as 'begin return old; end';"
    "create table ctm.account (account_id int primary key, closed_at timestamptz, plan text);"
    "create table ctm.call (call_id bigint primary key, account_id int not null"
    "  references ctm.account, started_at timestamptz, billed_at date, ended bigint,"
    "  state ctm.state not null, kind varchar(9) not null, n int check (ctm.larger(n, 3) > 3),"
    "  extra jsonb);"
    "create index on ctm.call using brin (started_at);"
    "create index on ctm.call (kind) include (n);"
    "create trigger entered after insert or update on ctm.call for each row"
    "  execute function ctm.note();"
    "create trigger off before delete on ctm.call for each row execute function ctm.note();"
    "alter table ctm.call disable trigger off;"
    "create trigger wanted after delete on ctm.call for each row execute function ctm.note();"
    "create rule entered as on insert to ctm.call do also select 1;"
    "create publication calls for table ctm.call;"
    "create table ctm.event (call_id bigint references ctm.call on delete cascade, at date);"
    "create index on ctm.event (call_id);"
    "create table ctm.setting (account int primary key, keep interval);"
    "create table ctm.invoice (invoice_id bigint primary key, issued_at date) partition by"
    "  hash (invoice_id);"
    "create table ctm.invoice_0 partition of ctm.invoice for values with (modulus 1,"
    "  remainder 0);"
    "create index on ctm.invoice_0 (issued_at);"
    "create table ctm.line (invoice_id bigint references ctm.invoice, n int, call_id bigint"
    "  references ctm.call, primary key (invoice_id, n));"
    "create index on ctm.line (call_id, n);"
    "create table ctm.share (line_invoice bigint, line_n int, part int, foreign key"
    "  (line_invoice, line_n) references ctm.line (invoice_id, n),"
    "  primary key (line_invoice, line_n, part));"
    "create table old.junk (id int) partition by hash (id);"
    "create table old.junk_0 partition of old.junk for values with (modulus 1, remainder 0);"
    "create table ctm.version (id int); create view ctm.calls as select * from ctm.call;";

static const char *const odd_policy =
    "calls: {\n"
    "  mode = \"enforce\"; timezone = \"Europe/Berlin\"; evidence = \"counts\";\n"
    "  data: { table = \"ctm.call\"; start = \"started_at\"; tenant = \"account_id\";\n"
    "    subject = ( { column = \"extra\"; path = [ \"caller\" ]; kind = \"phone\";\n"
    "                  as = \"e164\"; } );\n"
    "    only = ( { column = \"kind\"; in = [ \"call\", \"fax\" ]; },\n"
    "             { column = \"state\"; le = \"shut\"; } );\n"
    "    with = ( { table = \"ctm.event\"; by = \"call_id\"; } );\n"
    "    wait_for = [ \"invoices\" ];\n"
    "  };\n"
    "  keep_at_least = ( { for = \"90 days\"; because = \"law\"; start = \"billed_at\"; } );\n"
    "  keep_at_most: { for = \"9 years\"; because = \"law\";\n"
    "    start = { column = \"ended\"; unit = \"epoch_ms\"; }; };\n"
    "  keep_while = ( { only = ( { column = \"n\"; is_null = false; } ); because = \"n\"; } );\n"
    "  stages = ( { after = \"13 months\"; do = \"delete\"; } );\n"
    "  agreements: { table = \"ctm.setting\"; tenant = \"account\"; period = \"keep\";\n"
    "                min = \"30 days\"; max = \"7 years\"; };\n"
    "  accept_triggers = [ \"wanted:@\" ];\n"
    "};\n"
    "texts: {\n"
    "  mode = \"enforce\"; evidence = \"counts\";\n"
    "  data: { table = \"ctm.call\"; only = \"rest\"; tenant = \"account_id\";\n"
    "    start = { latest = ( \"started_at\", { parent = \"ctm.account\";\n"
    "              by = \"account_id\"; column = \"closed_at\"; } ); nulls = \"ignore\"; };\n"
    "    with = ( { table = \"ctm.event\"; by = \"call_id\"; } );\n"
    "    wait_for = [ \"invoices\" ];\n"
    "  };\n"
    "  stages = ( { after = \"13 months\"; do = \"delete\"; } );\n"
    "  agreements = ( { tenant = \"4711\"; after = \"7 years\"; because = \"MSA\"; } );\n"
    "  accept_triggers = [ \"wanted:@\" ];\n"
    "};\n"
    "invoices: {\n"
    "  mode = \"enforce\";\n"
    "  data: { table = \"ctm.invoice\"; start = \"issued_at\";\n"
    "    with = ( { table = \"ctm.line\"; by = \"invoice_id\";\n"
    "      with = ( { table = \"ctm.share\"; by = [ \"line_n\", \"line_invoice\" ]; } ); } );\n"
    "  };\n"
    "  stages = ( { after = \"10 years\"; do = \"delete\"; } );\n"
    "};\n"
    "phones: { mode = \"declared\"; at = \"elsewhere\";\n"
    "  stages = ( { after = \"1 year\"; do = \"delete\"; } ); };\n"
    "ungoverned = ( { table = \"old.*\"; because = \"junk\"; },\n"
    "  { table = \"ctm.version\"; because = \"no data of people\"; },\n"
    "  { table = \"ctm.setting\"; because = \"no data of people\"; },\n"
    "  { table = \"ctm.account\"; because = \"for this test\"; } );\n";

START_TEST(test_oddities_that_are_right)
{
    db_script(conn, odd_tables);
    grant_all();
    char *accepted = db_value(conn, "select encode(sha256(convert_to(pg_get_triggerdef(t.oid) ||"
                                    " prosrc, 'UTF8')), 'hex') from pg_trigger t join pg_proc p"
                                    " on p.oid = tgfoid where tgname = 'wanted'");
    struct text policy _cleanup_text_ = {0};
    for (const char *c = odd_policy; *c; c++)
        if (*c == '@')
            text_add(&policy, accepted);
        else
            text_add_char(&policy, *c);
    free(accepted);
    validate(policy.data);
    char *seen = report(true);
    ck_assert_str_eq(seen, "");
    free(seen);
    for (size_t i = 0; i < set->category_count; i++)
        ck_assert(policy_category_is_valid(&set->categories[i], set, &diags));
}
END_TEST

START_TEST(test_superuser_and_absent_role)
{
    db_script(conn, plain_table);
    set = policy_load_text("test.cfg", plain_policy, &diags);
    read_catalog(conn, NULL);
    pretend_installed();
    policy_validate(set, catalog, &diags);
    assert_report(
        "role \"postgres\" is a superuser\n"
        "    No safeguard holds for superusers. Connect the worker as a role of its own:\n"
        "    CREATE ROLE retentiond LOGIN; GRANT retention_worker TO retentiond;\n");
    ck_assert(!policy_category_is_valid(&set->categories[0], set, &diags));
    forget();
    set = policy_load_text("test.cfg", plain_policy, &diags);
    read_catalog(conn, "validate_nobody");
    pretend_installed();
    policy_validate(set, catalog, &diags);
    assert_report("role \"validate_nobody\" does not exist\n"
                  "    CREATE ROLE validate_nobody LOGIN; GRANT retention_worker TO "
                  "validate_nobody;\n");
}
END_TEST

START_TEST(test_bypassing_row_security)
{
    db_script(conn, plain_table);
    grant_all();
    db_exec(conn, "alter role " WORKER " bypassrls");
    validate(plain_policy);
    char *seen = report(true);
    ck_assert_str_eq(seen,
                     "warning: role \"" WORKER "\" bypasses row-level security, which no table "
                     "has\n    ALTER ROLE " WORKER " NOBYPASSRLS;\n");
    free(seen);
    db_exec(conn, "alter table ctm.call enable row level security");
    validate(plain_policy);
    seen = report(true);
    ck_assert_str_eq(seen, "");
    free(seen);
    db_exec(conn, "alter role " WORKER " nobypassrls");
}
END_TEST

START_TEST(test_other_encoding)
{
    PQfinish(conn);
    PGconn *admin = db_connect(cluster_shared(), "postgres", NULL);
    db_exec(admin, "drop database %s", database);
    db_exec(admin, "create database %s encoding 'LATIN1' locale 'C' template template0", database);
    PQfinish(admin);
    conn = db_connect(cluster_shared(), database, NULL);
    db_script(conn, plain_table);
    grant_all();
    validate(plain_policy);
    ck_assert_uint_eq(diags.errors, 1);
    char expected[160];
    snprintf(expected, sizeof(expected), "database \"%s\" has encoding \"LATIN1\", not \"UTF8\"",
             database);
    ck_assert_str_eq(diags.items[0].message, expected);
}
END_TEST

START_TEST(test_standby)
{
    struct cluster *cluster = cluster_new(NULL);
    PGconn *primary = db_connect(cluster, "postgres", NULL);
    make_roles(primary);
    db_script(primary, plain_table);
    PQfinish(primary);
    cluster_stop(cluster, "fast");
    char path[1024];
    snprintf(path, sizeof(path), "%s/standby.signal", cluster_directory(cluster));
    FILE *signal = fopen(path, "w");
    ck_assert_ptr_nonnull(signal);
    fclose(signal);
    cluster_start(cluster);
    PGconn *standby = db_connect(cluster, "postgres", NULL);
    read_catalog(standby, WORKER);
    pretend_installed();
    set = policy_load_text("test.cfg", plain_policy, &diags);
    policy_validate(set, catalog, &diags);
    ck_assert_uint_ge(diags.errors, 1);
    ck_assert_str_eq(diags.items[0].message, "the server is a read-only standby");
    PQfinish(standby);
    cluster_free(cluster);
}
END_TEST

/* No server older than 14 is at hand, and no two versions of this program: the facts are changed.
 */
START_TEST(test_versions)
{
    static const struct {
        int server, installed, newest;
        const char *message;
    } rows[] = {
        {130012, 3, 3, "the server is PostgreSQL 13.12, older than 14"},
        {140000, 0, 3, "database \"%s\" has no schema \"retention\""},
        {140000, -1, 3, "the version of schema \"retention\" cannot be read by this role"},
        {140000, 2, 3, "schema \"retention\" is at version 2, this program needs 3"},
        {140000, 4, 3, "schema \"retention\" is at version 4, newer than this program's 3"},
        {140000, 3, 3, NULL},
    };
    schema_migrate(cluster_shared(), database, NULL, NULL);
    db_script(conn, plain_table);
    grant_all();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        forget();
        set = policy_load_text("test.cfg", plain_policy, &diags);
        read_catalog(conn, WORKER);
        catalog->server_version = rows[i].server;
        catalog->schema_version = rows[i].installed;
        catalog->schema_newest = rows[i].newest;
        policy_validate(set, catalog, &diags);
        ck_assert_uint_eq(diags.errors, rows[i].message ? 1 : 0);
        if (!rows[i].message)
            continue;
        char expected[160];
        snprintf(expected, sizeof(expected), "%s", rows[i].message);
        if (strstr(expected, "%s"))
            snprintf(expected, sizeof(expected), "database \"%s\" has no schema \"retention\"",
                     database);
        ck_assert_str_eq(diags.items[0].message, expected);
        ck_assert_ptr_nonnull(diags.items[0].hint);
    }
}
END_TEST

/* A function of schema retention that is not this program's stops every category, whatever it was
 * that somebody changed of it; and so does one too many or too few. */
START_TEST(test_own_functions)
{
    static const struct {
        const char *sql, *message;
    } rows[] = {
        {"", NULL},
        {"CREATE OR REPLACE FUNCTION retention.renew(term bigint) RETURNS timestamptz LANGUAGE "
         "plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS 'BEGIN END'",
         "\"renew\" (changed)"},
        {"ALTER FUNCTION retention.require_term SECURITY DEFINER", "\"require_term\" (changed)"},
        {"ALTER FUNCTION retention.lead RESET lock_timeout", "\"lead\" (changed)"},
        {"ALTER FUNCTION retention.lead SET search_path = public", "\"lead\" (changed)"},
        {"ALTER FUNCTION retention.is_bound IMMUTABLE", "\"is_bound\" (changed)"},
        {"ALTER FUNCTION retention.resign OWNER TO CURRENT_USER", "\"resign\" (changed)"},
        {"ALTER FUNCTION retention.pause STRICT", "\"pause\" (changed)"},
        {"DROP FUNCTION retention.stop_now", "\"stop_now\" (missing)"},
        {"CREATE FUNCTION retention.renew(int) RETURNS int LANGUAGE sql AS 'SELECT 1'",
         "\"renew\" (unknown)"},
        {"CREATE FUNCTION retention.another() RETURNS int LANGUAGE sql AS 'SELECT 1'",
         "\"another\" (unknown)"},
    };
    schema_migrate(cluster_shared(), database, NULL, "own_");
    db_script(conn, plain_table);
    grant_all();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        forget();
        set = policy_load_text("test.cfg", plain_policy, &diags);
        db_exec(conn, "BEGIN");
        if (*rows[i].sql)
            db_script(conn, rows[i].sql);
        read_catalog(conn, WORKER);
        db_exec(conn, "ROLLBACK");
        policy_validate(set, catalog, &diags);
        ck_assert_msg(diags.errors == (rows[i].message ? 1 : 0), "%s: %zu errors, %s", rows[i].sql,
                      diags.errors, diags.count ? diags.items[0].message : "");
        if (!rows[i].message)
            continue;
        ck_assert_msg(strstr(diags.items[0].message, rows[i].message), "%s",
                      diags.items[0].message);
        ck_assert_ptr_nonnull(strstr(diags.items[0].hint, "retentionctl migrate"));
        ck_assert(!policy_category_is_valid(&set->categories[0], set, &diags));
    }
}
END_TEST

/* Parameters of the worker's statements that the server's log may hold, wherever that is set: the
 * most particular setting counts. */
START_TEST(test_server_log)
{
    static const struct {
        const char *sql, *name, *value; /* NULL: nothing to warn of */
    } rows[] = {
        {"", NULL, NULL},
        {"ALTER DATABASE @ SET log_parameter_max_length = 10", "log_parameter_max_length", "10"},
        {"ALTER ROLE " WORKER " SET log_parameter_max_length = 0", NULL, NULL},
        {"ALTER ROLE " WORKER " IN DATABASE @ SET log_parameter_max_length_on_error = -1",
         "log_parameter_max_length_on_error", "-1"},
        {"ALTER ROLE " WORKER " IN DATABASE @ RESET ALL", NULL, NULL},
        {"ALTER ROLE " WORKER " RESET ALL", "log_parameter_max_length", "10"},
    };
    db_script(conn, plain_table);
    grant_all();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *sql = rows[i].sql, *at = strchr(sql, '@');
        if (*sql)
            db_exec(conn, "%.*s%s%s", at ? (int)(at - sql) : (int)strlen(sql), sql,
                    at ? database : "", at ? at + 1 : "");
        validate(plain_policy);
        char *seen = report(true);
        if (!rows[i].name) {
            ck_assert_msg(!strstr(seen, "log_parameter"), "%zu: %s", i, seen);
        } else {
            char expected[256];
            snprintf(expected, sizeof(expected),
                     "%s is \"%s\" for role \"" WORKER "\", not 0\n    Where", rows[i].name,
                     rows[i].value);
            ck_assert_msg(strstr(seen, expected), "%zu: %s", i, seen);
        }
        free(seen);
    }
    ck_assert_uint_eq(diags.errors, 0);
}
END_TEST

/* What the server would say, for the types that are judged without asking it. */
START_TEST(test_literals)
{
    static const struct {
        const char *type, *text;
        bool fits;
    } rows[] = {
        {"smallint", "-32768", true},
        {"smallint", "32768", false},
        {"integer", "2147483647", true},
        {"integer", "2147483648", false},
        {"integer", "1.5", false},
        {"integer", "", false},
        {"integer", "twelve", false},
        {"bigint", "-9223372036854775808", true},
        {"bigint", "9223372036854775808", false},
        {"numeric", "-1.50e-3", true},
        {"numeric", ".5", true},
        {"numeric", "5.", true},
        {"numeric", "NaN", true},
        {"numeric", "-Infinity", true},
        {"numeric", ".", false},
        {"numeric", "1e", false},
        {"numeric", "1e5x", false},
        {"numeric", "1,5", false},
        {"double precision", "1e300", true},
        {"real", "abc", false},
        {"boolean", "true", true},
        {"boolean", "F", true},
        {"boolean", "of", true},
        {"boolean", "yes", true},
        {"boolean", "o", false},
        {"boolean", "2", false},
        {"boolean", "", false},
        {"uuid", "6f9619ff-8b86-d011-b42d-00c04fc964ff", true},
        {"uuid", "6F9619FF8B86D011B42D00C04FC964FF", true},
        {"uuid", "6f9619ff-8b86-d011-b42d-00c04fc964f", false},
        {"uuid", "6f9619ff-8b86-d011-b42d-00c04fc964fg", false},
        {"date", "2024-02-29", true},
        {"date", "2023-02-29", false},
        {"date", "1900-02-29", false},
        {"date", "2000-02-29", true},
        {"date", "2023-13-01", false},
        {"date", "2023-00-01", false},
        {"date", "2023-04-31", false},
        {"date", "0000-01-01", false},
        {"date", "infinity", true},
        {"date", "-infinity", true},
        {"timestamp with time zone", "2024-01-31", true},
        {"timestamp with time zone", "2024-01-31 23:59", true},
        {"timestamp with time zone", "2024-01-31T23:59:59Z", true},
        {"timestamp with time zone", "2024-01-31 23:59:59.123456+05:30", true},
        {"timestamp with time zone", "2024-01-31 23:59:59-0800", true},
        {"timestamp with time zone", "2024-01-31 23:59:59+1", false},
        {"timestamp with time zone", "2024-01-31 23:59:59+16", false},
        {"timestamp with time zone", "2024-01-31 23:59:59+05:75", false},
        {"timestamp with time zone", "2024-01-31 24:00:01", false},
        {"timestamp with time zone", "2024-01-31 23:60", false},
        {"timestamp with time zone", "2024-01-31 23:59:60", false},
        {"timestamp with time zone", "2024-01-31 23", false},
        {"timestamp with time zone", "2024-01-31 23:59:5", false},
        {"timestamp with time zone", "2024-01-31 23:59:59.", false},
        {"timestamp with time zone", "2024-01-31 23:59:59 +01", false},
        {"timestamp with time zone", "2024-01-31_23:59", false},
        {"timestamp with time zone", "infinity", true},
        {"timestamp without time zone", "2024-02-30 00:00", false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct literal literal = {LITERAL_STRING, rows[i].text};
        ck_assert_msg((literal_expected(rows[i].type, &literal) == NULL) == rows[i].fits, "%s '%s'",
                      rows[i].type, rows[i].text);
        /* what fits must be read by the server; what it reads may be refused all the same */
        if (rows[i].fits)
            free(db_value(conn, "select '%s'::%s", rows[i].text, rows[i].type));
    }
    const struct literal today = {LITERAL_STRING, "today"};
    ck_assert_ptr_nonnull(literal_expected("date", &today));
    ck_assert_ptr_null(literal_expected("text", &today));
    ck_assert_ptr_null(literal_expected("inet", &today));
    struct arena *arena _cleanup_arena_ = arena_new();
    ck_assert_str_eq(literal_printed(arena, "bigint", "+007"), "7");
    ck_assert_str_eq(literal_printed(arena, "text", "+007"), "+007");
    ck_assert_str_eq(literal_printed(arena, "uuid", "6F9619FF8B86D011B42D00C04FC964FF"),
                     "6f9619ff-8b86-d011-b42d-00c04fc964ff");
}
END_TEST

/* An error makes its own category invalid, not the others. */
START_TEST(test_valid_categories)
{
    db_script(conn, plain_table);
    db_script(conn, "create table ctm.text (text_id bigint primary key, sent_at date);"
                    "create index on ctm.text (sent_at);"
                    "create table ctm.note (note_id bigint primary key, made_at date);"
                    "create index on ctm.note (made_at);");
    grant_all();
    validate("calls: {\n"
             "  mode = \"enforce\";\n"
             "  data: { table = \"ctm.call\"; start = \"nonsense\"; };\n"
             "  stages = ( { after = \"13 months\"; do = \"delete\"; } );\n"
             "};\n"
             "texts: {\n"
             "  mode = \"enforce\";\n"
             "  data: { table = \"ctm.text\"; start = \"sent_at\"; };\n"
             "  stages = ( { after = \"13 months\"; do = \"delete\"; } );\n"
             "};\n"
             "notes: {\n"
             "  mode = \"enforce\";\n"
             "  data: { table = \"ctm.note\"; start = \"made_at\"; };\n"
             "  stages = ( { after = \"13 months\"; do = \"delete\"; } );\n"
             "};\n"
             "ungoverned = (\n"
             "  { table = \"ctm.note\"; because = \"a contradiction\"; } );\n");
    ck_assert(!policy_category_is_valid(policy_find(set, "calls"), set, &diags));
    ck_assert(policy_category_is_valid(policy_find(set, "texts"), set, &diags));
    ck_assert(!policy_category_is_valid(policy_find(set, "notes"), set, &diags));
    /* of the file as a whole, and of no file */
    const struct position whole = {"test.cfg", 0}, other = {"other.cfg", 3}, nowhere = {0};
    diag_error(&diags, other, "of another file");
    ck_assert(policy_category_is_valid(policy_find(set, "texts"), set, &diags));
    diag_error(&diags, whole, "of the file");
    ck_assert(!policy_category_is_valid(policy_find(set, "texts"), set, &diags));
    diags.count--;
    ck_assert(policy_category_is_valid(policy_find(set, "texts"), set, &diags));
    diag_error(&diags, nowhere, "of the database");
    ck_assert(!policy_category_is_valid(policy_find(set, "texts"), set, &diags));
}
END_TEST

/* What can be told apart may be deleted by two. */
START_TEST(test_disjoint_categories)
{
    static const char *const pairs[][2] = {
        {"{ column = \"kind\"; eq = \"a\"; }", "{ column = \"kind\"; in = [ \"b\", \"c\" ]; }"},
        {"{ column = \"n\"; eq = 1; }", "{ column = \"n\"; in = [ 2, 3 ]; }"},
        {"{ column = \"n\"; eq = 1; }", "{ column = \"n\"; ne = 1; nulls = \"skip\"; }"},
        {"{ column = \"n\"; in = [ 1, 2 ]; }",
         "{ column = \"n\"; not_in = [ 1, 2, 3 ]; nulls = \"match\"; }"},
        {"{ column = \"n\"; is_null = true; }", "{ column = \"n\"; is_null = false; }"},
        {"{ column = \"n\"; is_null = true; }", "{ column = \"n\"; eq = 3; nulls = \"skip\"; }"},
        {"{ column = \"b\"; eq = true; }", "{ column = \"b\"; eq = false; }"},
        {"{ column = \"e\"; eq = \"x\"; }", "{ column = \"e\"; eq = \"y\"; }"},
        {"{ column = \"u\"; eq = \"6f9619ff-8b86-d011-b42d-00c04fc964ff\"; }",
         "{ column = \"u\"; eq = \"6f9619ff-8b86-d011-b42d-00c04fc96400\"; }"},
    };
    db_script(conn, "create schema ctm; create type ctm.e as enum ('x', 'y');"
                    "create table ctm.call (call_id bigint primary key, started_at date,"
                    "  kind text not null, n int, b boolean not null, e ctm.e not null,"
                    "  u uuid not null);"
                    "create index on ctm.call (started_at);");
    grant_all();
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        for (int rest = 0; rest < 2; rest++) {
            struct text policy _cleanup_text_ = {0};
            for (int k = 0; k < 2; k++) {
                text_printf(&policy,
                            "c%d: { mode = \"enforce\"; data: { table = \"ctm.call\"; "
                            "start = \"started_at\"; only = ",
                            k);
                if (rest && k)
                    text_add(&policy, "\"rest\"; };");
                else
                    text_printf(&policy, "( %s ); };", pairs[i][k]);
                text_add(&policy, "\n stages = ( { after = \"1 year\"; do = \"delete\"; } ); };\n");
            }
            validate(policy.data);
            ck_assert_msg(diags.errors == 0, "%s: %s", policy.data,
                          diags.errors ? diags.items[0].message : "");
            for (size_t d = 0; d < diags.count; d++)
                ck_assert_ptr_null(strstr(diags.items[d].message, "both delete"));
        }
    }
}
END_TEST

/* --- setup -------------------------------------------------------------------------------------
 */

static const char *const family_tables =
    "create schema ctm; create schema \"Web site\"; create type ctm.state as enum ('open', 'shut');"
    "create table ctm.account (account_id int primary key, closed_at timestamptz);"
    "create table ctm.setting (account int not null, keep interval);"
    "create table \"Web site\".\"Visit\" (\"Id\" uuid primary key, account_id int not null"
    "  references ctm.account, \"At\" timestamptz not null);"
    "create table \"Web site\".\"user\" (visit uuid not null references \"Web site\".\"Visit\","
    "  n int, primary key (visit, n), state ctm.state not null);"
    "create table ctm.page (page_id bigint primary key, visit uuid references \"Web "
    "site\".\"Visit\","
    "  seen_at timestamptz);"
    "create table ctm.call (call_id bigint, account_id int not null references ctm.account,"
    "  started_at timestamptz not null, kind text not null, primary key (call_id, started_at))"
    "  partition by range (started_at);"
    "create table ctm.call_2023 partition of ctm.call for values from ('2023-01-01') to"
    "  ('2024-01-01');"
    "create table ctm.call_2024 partition of ctm.call for values from ('2024-01-01') to"
    "  ('2025-01-01') partition by hash (call_id);"
    "create table ctm.\"call 2024 a\" partition of ctm.call_2024 for values with"
    " (modulus 2, remainder 0);"
    "create table ctm.call_2024_b partition of ctm.call_2024 for values with"
    " (modulus 2, remainder 1);"
    "create index on ctm.call_2024_b (started_at);"
    "create table ctm.dispute (dispute_id bigint primary key, call_id bigint not null,"
    "  call_at timestamptz not null, foreign key (call_id, call_at) references ctm.call);";

static const char *const family_policy =
    "visits: {\n"
    "  mode = \"enforce\";\n"
    "  data: {\n"
    "    table = \"\\\"Web site\\\".\\\"Visit\\\"\";\n"
    "    start = { child = \"ctm.page\"; by = \"visit\"; latest = \"seen_at\"; none = \"At\"; };\n"
    "    tenant = \"account_id\";\n"
    "    only = ( { parent = \"ctm.account\"; by = \"account_id\"; column = \"closed_at\";\n"
    "               is_null = true; } );\n"
    "    with = ( { table = \"ctm.page\"; by = \"visit\"; },\n"
    "             { table = \"\\\"Web site\\\".\\\"user\\\"\"; by = \"visit\"; } );\n"
    "  };\n"
    "  stages = ( { after = \"13 months\"; do = \"delete\"; } );\n"
    "  agreements: { table = \"ctm.setting\"; tenant = \"account\"; period = \"keep\";\n"
    "                min = \"30 days\"; max = \"7 years\"; };\n"
    "};\n"
    "calls: {\n"
    "  mode = \"enforce\";\n"
    "  data: { table = \"ctm.call\"; start = \"started_at\"; };\n"
    "  keep_while = ( { child = \"ctm.dispute\"; by = [ \"call_id\", \"call_at\" ];\n"
    "                   because = \"disputed\"; } );\n"
    "  stages = ( { after = \"13 months\"; do = \"delete\"; } );\n"
    "};\n";

/* By psql, as whoever `as` is. */
static void run_script(PGconn *as, const char *script)
{
    char path[] = "/tmp/retentiond-setup.XXXXXX";
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    FILE *f = fdopen(fd, "w");
    ck_assert_ptr_nonnull(f);
    fputs("SET client_min_messages = error;\n", f);
    fputs(script, f);
    ck_assert_int_eq(fclose(f), 0);
    char *conninfo = cluster_conninfo(cluster_shared(), database, PQuser(as));
    struct text command _cleanup_text_ = {0};
    text_printf(&command, "psql -Xq -v ON_ERROR_STOP=1 -f %s '%s' >/dev/null", path, conninfo);
    ck_assert_msg(system(command.data) == 0, "psql failed on what setup printed:\n%.2000s", script);
    free(conninfo);
    unlink(path);
}

static bool reports(const char *what)
{
    for (size_t i = 0; i < diags.count; i++)
        if (strstr(diags.items[i].message, what))
            return true;
    return false;
}

static void setup_script(struct text *script, bool remove)
{
    text_clear(script);
    setup_write(script, set, catalog, "retention_", remove);
}

/* A plain owner runs what setup prints; then a worker that owns nothing lacks nothing. */
START_TEST(test_setup)
{
    db_exec(conn, "grant create on database %s to " OWNER, database);
    PGconn *owner = db_connect(cluster_shared(), database, OWNER);
    db_exec(owner, "set client_min_messages = error");
    db_script(owner, family_tables);
    validate(family_policy);
    ck_assert(reports("lacks SELECT") && reports("lacks USAGE") && reports("no index"));
    struct text script _cleanup_text_ = {0};
    setup_script(&script, false);
    run_script(owner, script.data);
    validate(family_policy);
    assert_report("");
    run_script(owner, script.data); /* what was printed may be run again */
    setup_script(&script, false);
    ck_assert_ptr_null(strstr(script.data, "CREATE INDEX"));
    run_script(owner, script.data);
    /* the leaf's own index was taken, not doubled */
    ck_assert_int_eq(db_number(conn, "select count(*) from pg_index where indrelid ="
                                     " 'ctm.call_2024_b'::regclass"),
                     2);
    PGconn *worker = db_connect(cluster_shared(), database, WORKER);
    db_exec(worker, "select * from only ctm.\"call 2024 a\" for update skip locked");
    db_exec(worker, "delete from only \"Web site\".\"Visit\"");
    ck_assert_str_eq(db_fails(worker, "delete from ctm.account"), "42501");
    ck_assert_str_eq(db_fails(worker, "update ctm.call set kind = 'b'"), "42501");
    PQfinish(worker);
    setup_script(&script, true);
    run_script(owner, script.data);
    validate(family_policy);
    ck_assert(reports("lacks SELECT") && reports("lacks USAGE"));
    PQfinish(owner);
}
END_TEST

/* CREATE INDEX CONCURRENTLY that was broken off leaves an invalid index of that name behind. */
START_TEST(test_setup_after_broken_index)
{
    db_script(conn, plain_table);
    db_script(conn, "drop index ctm.call_started_at_idx;"
                    "create index odd on ctm.call (started_at);"
                    "update pg_index set indisvalid = false where indexrelid ="
                    " 'ctm.odd'::regclass");
    grant_all();
    validate(plain_policy);
    ck_assert(reports("no index"));
    struct text script _cleanup_text_ = {0};
    setup_script(&script, false);
    run_script(conn, script.data);
    validate(plain_policy);
    assert_report("");
    ck_assert_int_eq(db_number(conn, "select count(*) from pg_index where indrelid ="
                                     " 'ctm.call'::regclass"),
                     2);
}
END_TEST

/* --- the sample --------------------------------------------------------------------------------
 */

START_TEST(test_sample_needs_only_setup)
{
    db_exec(conn, "grant create on database %s to " OWNER, database);
    PGconn *owner = db_connect(cluster_shared(), database, OWNER);
    db_exec(owner, "set client_min_messages = error");
    static const char *const files[] = {"sql/sample/tables.sql", "sql/sample/keys.sql"};
    for (size_t i = 0; i < 2; i++) {
        char *sql = file_read(source_path(files[i]));
        db_script(owner, sql);
        free(sql);
    }
    struct text script _cleanup_text_ = {0};
    for (int round = 0; round < 2; round++) {
        forget();
        read_catalog(conn, WORKER);
        pretend_installed();
        set = policy_load_directory(source_path("policies"), &diags);
        policy_validate(set, catalog, &diags);
        if (round == 0) {
            setup_script(&script, false);
            run_script(owner, script.data);
        }
    }
    diags_sort(&diags);
    if (diags.errors)
        diags_print(&diags);
    ck_assert_uint_eq(diags.errors, 0);
    PQfinish(owner);
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
    TCase *others = tcase_create("others");
    tcase_add_checked_fixture(others, setup, teardown);
    tcase_set_timeout(others, 60);
    tcase_add_test(others, test_nothing_to_report);
    tcase_add_test(others, test_oddities_that_are_right);
    tcase_add_test(others, test_literals);
    tcase_add_test(others, test_superuser_and_absent_role);
    tcase_add_test(others, test_bypassing_row_security);
    tcase_add_test(others, test_other_encoding);
    tcase_add_test(others, test_standby);
    tcase_add_test(others, test_versions);
    tcase_add_test(others, test_own_functions);
    tcase_add_test(others, test_server_log);
    tcase_add_test(others, test_valid_categories);
    tcase_add_test(others, test_disjoint_categories);
    tcase_add_test(others, test_setup);
    tcase_add_test(others, test_setup_after_broken_index);
    tcase_add_test(others, test_sample_needs_only_setup);
    suite_add_tcase(suite, others);
    return suite;
}
