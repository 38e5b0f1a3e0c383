/* What `setup --sql` prints: when the owner has run it, nothing is missing. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "harness/cluster.h"
#include "harness/db.h"
#include "policy/parse.h"
#include "policy/setup.h"
#include "policy/validate.h"
#include "validate_support.h"

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
    "  mode = \"enforce\"; strategy = \"partition\";\n"
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
    char *conninfo = cluster_conninfo(cluster_shared(), site.database, PQuser(as));
    struct text command _cleanup_text_ = {0};
    text_printf(&command, "psql -Xq -v ON_ERROR_STOP=1 -f %s '%s' >/dev/null", path, conninfo);
    ck_assert_msg(system(command.data) == 0, "psql failed on what setup printed:\n%.2000s", script);
    free(conninfo);
    unlink(path);
}

static bool reports(const char *what)
{
    for (size_t i = 0; i < site.diags.count; i++)
        if (strstr(site.diags.items[i].message, what))
            return true;
    return false;
}

static void setup_script(struct text *script, bool remove)
{
    text_clear(script);
    setup_write(script, site.set, site.catalog, "retention_", remove);
}

/* A plain owner runs what setup prints; then a worker that owns nothing lacks nothing. */
START_TEST(test_setup)
{
    db_exec(site.conn, "grant create on database %s to " OWNER, site.database);
    PGconn *owner = db_connect(cluster_shared(), site.database, OWNER);
    db_exec(owner, "set client_min_messages = error");
    db_script(owner, family_tables);
    validate_policy_text(family_policy);
    ck_assert(reports("lacks SELECT") && reports("lacks USAGE") && reports("no index"));
    struct text script _cleanup_text_ = {0};
    setup_script(&script, false);
    run_script(owner, script.data);
    validate_policy_text(family_policy);
    validate_expect("");
    run_script(owner, script.data); /* what was printed may be run again */
    setup_script(&script, false);
    ck_assert_ptr_null(strstr(script.data, "CREATE INDEX"));
    run_script(owner, script.data);
    /* the leaf's own index was taken, not doubled */
    ck_assert_int_eq(db_number(site.conn, "select count(*) from pg_index where indrelid ="
                                          " 'ctm.call_2024_b'::regclass"),
                     2);
    PGconn *worker = db_connect(cluster_shared(), site.database, WORKER);
    db_exec(worker, "select * from only ctm.\"call 2024 a\" for update skip locked");
    db_exec(worker, "delete from only \"Web site\".\"Visit\"");
    ck_assert_str_eq(db_fails(worker, "truncate ctm.call"), "42501");
    ck_assert_str_eq(db_fails(worker, "truncate only \"Web site\".\"Visit\""), "42501");
    ck_assert_int_eq(db_number(worker, "select count(*) from pg_class c, aclexplode(c.relacl) a "
                                       "where a.privilege_type = 'TRUNCATE' and a.grantee = "
                                       "'" WORKER "'::regrole"),
                     3);
    ck_assert_str_eq(db_fails(worker, "delete from ctm.account"), "42501");
    ck_assert_str_eq(db_fails(worker, "update ctm.call set kind = 'b'"), "42501");
    PQfinish(worker);
    setup_script(&script, true);
    run_script(owner, script.data);
    validate_policy_text(family_policy);
    ck_assert(reports("lacks SELECT") && reports("lacks USAGE"));
    ck_assert_int_eq(db_number(site.conn, "select count(*) from pg_class c, aclexplode(c.relacl) a "
                                          "where a.privilege_type = 'TRUNCATE' and a.grantee = "
                                          "'" WORKER "'::regrole"),
                     0);
    PQfinish(owner);
}
END_TEST

/* Every privilege that setup gives is needed: without any one of them the check fails, and names
 * the relation, the privilege, and the GRANT that brings it back. */
START_TEST(test_one_grant_less)
{
    static const char privileges[] =
        "SELECT format('%I.%I', n.nspname, c.relname), a.privilege_type, '', quote_ident(c.relname)"
        "  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(c.relacl) a"
        " WHERE a.grantee = '" WORKER "'::regrole AND n.nspname <> 'retention'"
        " UNION ALL SELECT format('%I.%I', n.nspname, c.relname), a.privilege_type,"
        "   format(' (%I)', t.attname), quote_ident(c.relname)"
        "  FROM pg_attribute t JOIN pg_class c ON c.oid = t.attrelid"
        "  JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(t.attacl) a"
        " WHERE a.grantee = '" WORKER "'::regrole AND n.nspname <> 'retention'"
        " UNION ALL SELECT format('SCHEMA %I', n.nspname), a.privilege_type, '',"
        "   quote_ident(n.nspname)"
        "  FROM pg_namespace n, aclexplode(n.nspacl) a"
        " WHERE a.grantee = '" WORKER "'::regrole AND n.nspname <> 'retention'";
    db_exec(site.conn, "grant create on database %s to " OWNER, site.database);
    PGconn *owner = db_connect(cluster_shared(), site.database, OWNER);
    db_exec(owner, "set client_min_messages = error");
    db_script(owner, family_tables);
    validate_policy_text(family_policy);
    struct text script _cleanup_text_ = {0};
    setup_script(&script, false);
    run_script(owner, script.data);
    PGresult *given = PQexec(site.conn, privileges);
    ck_assert_int_eq(PQresultStatus(given), PGRES_TUPLES_OK);
    ck_assert_int_ge(PQntuples(given), 12);
    for (int i = 0; i < PQntuples(given); i++) {
        const char *what = PQgetvalue(given, i, 0), *privilege = PQgetvalue(given, i, 1);
        const char *column = PQgetvalue(given, i, 2);
        db_exec(owner, "REVOKE %s%s ON %s FROM " WORKER, privilege, column, what);
        validate_policy_text(family_policy);
        char lacks[64];
        snprintf(lacks, sizeof(lacks), "lacks %s", privilege);
        bool named = false;
        /* without it, partitions go row by row */
        enum diag_level wanted = strcmp(privilege, "TRUNCATE") == 0 ? DIAG_WARNING : DIAG_ERROR;
        for (size_t d = 0; d < site.diags.count; d++) {
            const struct diag *diag = &site.diags.items[d];
            named = named ||
                    (diag->level == wanted && strstr(diag->message, lacks) && diag->hint &&
                     strstr(diag->hint, "GRANT") && strstr(diag->hint, PQgetvalue(given, i, 3)));
        }
        ck_assert_msg(named, "without %s%s on %s: %zu errors, \"%s\"", privilege, column, what,
                      site.diags.errors,
                      site.diags.count ? site.diags.items[0].message : "nothing");
        db_exec(owner, "GRANT %s%s ON %s TO " WORKER, privilege, column, what);
    }
    PQclear(given);
    validate_policy_text(family_policy);
    validate_expect("");
    PQfinish(owner);
}
END_TEST

/* CREATE INDEX CONCURRENTLY that was broken off leaves an invalid index of that name behind. */
START_TEST(test_setup_after_broken_index)
{
    db_script(site.conn, validate_plain_table);
    db_script(site.conn, "drop index ctm.call_started_at_idx;"
                         "create index odd on ctm.call (started_at);"
                         "update pg_index set indisvalid = false where indexrelid ="
                         " 'ctm.odd'::regclass");
    validate_grant_all();
    validate_policy_text(validate_plain_policy);
    ck_assert(reports("no index"));
    struct text script _cleanup_text_ = {0};
    setup_script(&script, false);
    run_script(site.conn, script.data);
    validate_policy_text(validate_plain_policy);
    validate_expect("");
    ck_assert_int_eq(db_number(site.conn, "select count(*) from pg_index where indrelid ="
                                          " 'ctm.call'::regclass"),
                     2);
}
END_TEST

START_TEST(test_sample_needs_only_setup)
{
    db_exec(site.conn, "grant create on database %s to " OWNER, site.database);
    PGconn *owner = db_connect(cluster_shared(), site.database, OWNER);
    db_exec(owner, "set client_min_messages = error");
    static const char *const files[] = {"sql/sample/tables.sql", "sql/sample/keys.sql"};
    for (size_t i = 0; i < 2; i++) {
        char *sql = file_read(source_path(files[i]));
        db_script(owner, sql);
        free(sql);
    }
    struct text script _cleanup_text_ = {0};
    for (int round = 0; round < 2; round++) {
        validate_forget();
        validate_read_catalog(site.conn, WORKER);
        validate_pretend_installed();
        site.set = policy_load_directory(source_path("policies"), &site.diags);
        policy_validate(site.set, site.catalog, &site.diags);
        if (round == 0) {
            setup_script(&script, false);
            run_script(owner, script.data);
        }
    }
    diags_sort(&site.diags);
    if (site.diags.errors)
        diags_print(&site.diags);
    ck_assert_uint_eq(site.diags.errors, 0);
    PQfinish(owner);
}
END_TEST

Suite *suite_setup_script(void)
{
    Suite *suite = suite_create("setup_script");
    TCase *tcase = tcase_create("setup_script");
    tcase_add_checked_fixture(tcase, validate_setup, validate_teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, test_setup);
    tcase_add_test(tcase, test_one_grant_less);
    tcase_add_test(tcase, test_setup_after_broken_index);
    tcase_add_test(tcase, test_sample_needs_only_setup);
    suite_add_tcase(suite, tcase);
    return suite;
}
