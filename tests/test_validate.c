/* policy_validate against real databases: the server, the role, odd things that are right. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "harness/cluster.h"
#include "harness/db.h"
#include "harness/schema.h"
#include "policy/parse.h"
#include "policy/validate.h"
#include "policy/validate_internal.h"
#include "validate_support.h"

START_TEST(test_nothing_to_report)
{
    db_script(site.conn, validate_plain_table);
    validate_grant_all();
    validate_policy_text(validate_plain_policy);
    validate_expect("");
    ck_assert(policy_category_is_valid(&site.set->categories[0], site.set, &site.diags));
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
    db_script(site.conn, odd_tables);
    validate_grant_all();
    char *accepted =
        db_value(site.conn, "select encode(sha256(convert_to(pg_get_triggerdef(t.oid) ||"
                            " prosrc, 'UTF8')), 'hex') from pg_trigger t join pg_proc p"
                            " on p.oid = tgfoid where tgname = 'wanted'");
    struct text policy _cleanup_text_ = {0};
    for (const char *c = odd_policy; *c; c++)
        if (*c == '@')
            text_add(&policy, accepted);
        else
            text_add_char(&policy, *c);
    free(accepted);
    validate_policy_text(policy.data);
    char *seen = validate_report(true);
    ck_assert_str_eq(seen, "");
    free(seen);
    for (size_t i = 0; i < site.set->category_count; i++)
        ck_assert(policy_category_is_valid(&site.set->categories[i], site.set, &site.diags));
}
END_TEST

START_TEST(test_superuser_and_absent_role)
{
    db_script(site.conn, validate_plain_table);
    site.set = policy_load_text("test.cfg", validate_plain_policy, &site.diags);
    validate_read_catalog(site.conn, NULL);
    validate_pretend_installed();
    policy_validate(site.set, site.catalog, &site.diags);
    validate_expect(
        "role \"postgres\" is a superuser\n"
        "    No safeguard holds for superusers. Connect the worker as a role of its own:\n"
        "    CREATE ROLE retentiond LOGIN; GRANT retention_worker TO retentiond;\n");
    ck_assert(!policy_category_is_valid(&site.set->categories[0], site.set, &site.diags));
    validate_forget();
    site.set = policy_load_text("test.cfg", validate_plain_policy, &site.diags);
    validate_read_catalog(site.conn, "validate_nobody");
    validate_pretend_installed();
    policy_validate(site.set, site.catalog, &site.diags);
    validate_expect("role \"validate_nobody\" does not exist\n"
                    "    CREATE ROLE validate_nobody LOGIN; GRANT retention_worker TO "
                    "validate_nobody;\n");
}
END_TEST

START_TEST(test_bypassing_row_security)
{
    db_script(site.conn, validate_plain_table);
    validate_grant_all();
    db_exec(site.conn, "alter role " WORKER " bypassrls");
    validate_policy_text(validate_plain_policy);
    char *seen = validate_report(true);
    ck_assert_str_eq(seen,
                     "warning: role \"" WORKER "\" bypasses row-level security, which no table "
                     "has\n    ALTER ROLE " WORKER " NOBYPASSRLS;\n");
    free(seen);
    db_exec(site.conn, "alter table ctm.call enable row level security");
    validate_policy_text(validate_plain_policy);
    seen = validate_report(true);
    ck_assert_str_eq(seen, "");
    free(seen);
    db_exec(site.conn, "alter role " WORKER " nobypassrls");
}
END_TEST

START_TEST(test_other_encoding)
{
    PQfinish(site.conn);
    PGconn *admin = db_connect(cluster_shared(), "postgres", NULL);
    db_exec(admin, "drop database %s", site.database);
    db_exec(admin, "create database %s encoding 'LATIN1' locale 'C' template template0",
            site.database);
    PQfinish(admin);
    site.conn = db_connect(cluster_shared(), site.database, NULL);
    db_script(site.conn, validate_plain_table);
    validate_grant_all();
    validate_policy_text(validate_plain_policy);
    ck_assert_uint_eq(site.diags.errors, 1);
    char expected[160];
    snprintf(expected, sizeof(expected), "database \"%s\" has encoding \"LATIN1\", not \"UTF8\"",
             site.database);
    ck_assert_str_eq(site.diags.items[0].message, expected);
}
END_TEST

START_TEST(test_standby)
{
    struct cluster *cluster = cluster_new(NULL);
    PGconn *primary = db_connect(cluster, "postgres", NULL);
    validate_roles(primary);
    db_script(primary, validate_plain_table);
    PQfinish(primary);
    cluster_stop(cluster, "fast");
    char path[1024];
    snprintf(path, sizeof(path), "%s/standby.signal", cluster_directory(cluster));
    FILE *signal = fopen(path, "w");
    ck_assert_ptr_nonnull(signal);
    fclose(signal);
    cluster_start(cluster);
    PGconn *standby = db_connect(cluster, "postgres", NULL);
    validate_read_catalog(standby, WORKER);
    validate_pretend_installed();
    site.set = policy_load_text("test.cfg", validate_plain_policy, &site.diags);
    policy_validate(site.set, site.catalog, &site.diags);
    ck_assert_str_eq(site.diags.items[0].message,
                     "the server is a standby: the worker waits until it is promoted");
    ck_assert_int_eq(site.diags.items[0].level, DIAG_WARNING);
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
    schema_migrate(cluster_shared(), site.database, NULL, NULL);
    db_exec(site.conn, "GRANT " WORKER " TO retention_owner");
    db_script(site.conn, validate_plain_table);
    validate_grant_all();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        validate_forget();
        site.set = policy_load_text("test.cfg", validate_plain_policy, &site.diags);
        validate_read_catalog(site.conn, WORKER);
        site.catalog->server_version = rows[i].server;
        site.catalog->schema_version = rows[i].installed;
        site.catalog->schema_newest = rows[i].newest;
        policy_validate(site.set, site.catalog, &site.diags);
        ck_assert_uint_eq(site.diags.errors, rows[i].message ? 1 : 0);
        if (!rows[i].message)
            continue;
        char expected[160];
        snprintf(expected, sizeof(expected), "%s", rows[i].message);
        if (strstr(expected, "%s"))
            snprintf(expected, sizeof(expected), "database \"%s\" has no schema \"retention\"",
                     site.database);
        ck_assert_str_eq(site.diags.items[0].message, expected);
        ck_assert_ptr_nonnull(site.diags.items[0].hint);
    }
}
END_TEST

/* Nobody may lead whose sessions the next leader could not end: said before a run finds out. */
START_TEST(test_cannot_be_ended)
{
    schema_migrate(cluster_shared(), site.database, NULL, "end_");
    db_script(site.conn, validate_plain_table);
    validate_grant_all();
    db_exec(site.conn, "GRANT end_worker TO " WORKER);
    for (int granted = 0; granted < 2; granted++) {
        if (granted)
            db_exec(site.conn, "GRANT " WORKER " TO end_owner");
        validate_forget();
        site.set = policy_load_text("test.cfg", validate_plain_policy, &site.diags);
        validate_read_catalog(site.conn, WORKER);
        policy_validate(site.set, site.catalog, &site.diags);
        validate_expect(granted ? ""
                                : "role \"" WORKER "\" cannot lead: the next leader could not "
                                  "end its sessions\n    GRANT " WORKER " TO end_owner;\n");
    }
    db_exec(site.conn, "REVOKE end_worker FROM " WORKER);
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
    schema_migrate(cluster_shared(), site.database, NULL, "own_");
    db_exec(site.conn, "GRANT " WORKER " TO own_owner");
    db_script(site.conn, validate_plain_table);
    validate_grant_all();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        validate_forget();
        site.set = policy_load_text("test.cfg", validate_plain_policy, &site.diags);
        db_exec(site.conn, "BEGIN");
        if (*rows[i].sql)
            db_script(site.conn, rows[i].sql);
        validate_read_catalog(site.conn, WORKER);
        db_exec(site.conn, "ROLLBACK");
        policy_validate(site.set, site.catalog, &site.diags);
        ck_assert_msg(site.diags.errors == (rows[i].message ? 1 : 0), "%s: %zu errors, %s",
                      rows[i].sql, site.diags.errors,
                      site.diags.count ? site.diags.items[0].message : "");
        if (!rows[i].message)
            continue;
        ck_assert_msg(strstr(site.diags.items[0].message, rows[i].message), "%s",
                      site.diags.items[0].message);
        ck_assert_ptr_nonnull(strstr(site.diags.items[0].hint, "retentionctl migrate"));
        ck_assert(!policy_category_is_valid(&site.set->categories[0], site.set, &site.diags));
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
    db_script(site.conn, validate_plain_table);
    validate_grant_all();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *sql = rows[i].sql, *at = strchr(sql, '@');
        if (*sql)
            db_exec(site.conn, "%.*s%s%s", at ? (int)(at - sql) : (int)strlen(sql), sql,
                    at ? site.database : "", at ? at + 1 : "");
        validate_policy_text(validate_plain_policy);
        char *seen = validate_report(true);
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
    ck_assert_uint_eq(site.diags.errors, 0);
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
            free(db_value(site.conn, "select '%s'::%s", rows[i].text, rows[i].type));
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
    db_script(site.conn, validate_plain_table);
    db_script(site.conn, "create table ctm.text (text_id bigint primary key, sent_at date);"
                         "create index on ctm.text (sent_at);"
                         "create table ctm.note (note_id bigint primary key, made_at date);"
                         "create index on ctm.note (made_at);");
    validate_grant_all();
    validate_policy_text("calls: {\n"
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
    ck_assert(!policy_category_is_valid(policy_find(site.set, "calls"), site.set, &site.diags));
    ck_assert(policy_category_is_valid(policy_find(site.set, "texts"), site.set, &site.diags));
    ck_assert(!policy_category_is_valid(policy_find(site.set, "notes"), site.set, &site.diags));
    /* of the file as a whole, and of no file */
    const struct position whole = {"test.cfg", 0}, other = {"other.cfg", 3}, nowhere = {0};
    diag_error(&site.diags, other, "of another file");
    ck_assert(policy_category_is_valid(policy_find(site.set, "texts"), site.set, &site.diags));
    diag_error(&site.diags, whole, "of the file");
    ck_assert(!policy_category_is_valid(policy_find(site.set, "texts"), site.set, &site.diags));
    site.diags.count--;
    ck_assert(policy_category_is_valid(policy_find(site.set, "texts"), site.set, &site.diags));
    diag_error(&site.diags, nowhere, "of the database");
    ck_assert(!policy_category_is_valid(policy_find(site.set, "texts"), site.set, &site.diags));
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
    db_script(site.conn, "create schema ctm; create type ctm.e as enum ('x', 'y');"
                         "create table ctm.call (call_id bigint primary key, started_at date,"
                         "  kind text not null, n int, b boolean not null, e ctm.e not null,"
                         "  u uuid not null);"
                         "create index on ctm.call (started_at);");
    validate_grant_all();
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
            validate_policy_text(policy.data);
            ck_assert_msg(site.diags.errors == 0, "%s: %s", policy.data,
                          site.diags.errors ? site.diags.items[0].message : "");
            for (size_t d = 0; d < site.diags.count; d++)
                ck_assert_ptr_null(strstr(site.diags.items[d].message, "both delete"));
        }
    }
}
END_TEST

Suite *suite_validate(void)
{
    Suite *suite = suite_create("validate");
    TCase *tcase = tcase_create("validate");
    tcase_add_checked_fixture(tcase, validate_setup, validate_teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, test_nothing_to_report);
    tcase_add_test(tcase, test_oddities_that_are_right);
    tcase_add_test(tcase, test_superuser_and_absent_role);
    tcase_add_test(tcase, test_bypassing_row_security);
    tcase_add_test(tcase, test_other_encoding);
    tcase_add_test(tcase, test_standby);
    tcase_add_test(tcase, test_versions);
    tcase_add_test(tcase, test_cannot_be_ended);
    tcase_add_test(tcase, test_own_functions);
    tcase_add_test(tcase, test_server_log);
    tcase_add_test(tcase, test_literals);
    tcase_add_test(tcase, test_valid_categories);
    tcase_add_test(tcase, test_disjoint_categories);
    suite_add_tcase(suite, tcase);
    return suite;
}
