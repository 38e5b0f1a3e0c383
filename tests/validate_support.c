/* See validate_support.h. */
#include "validate_support.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/sql_files.h"
#include "base/text.h"
#include "harness/cluster.h"
#include "harness/db.h"
#include "policy/parse.h"
#include "policy/validate.h"

struct validate_site site;

void validate_roles(PGconn *as)
{
    db_script(as, "do $$ begin"
                  " if to_regrole('" WORKER "') is null then create role " WORKER " login; end if;"
                  " if to_regrole('" OWNER "') is null then create role " OWNER " login; end if;"
                  " if to_regrole('retention_reader') is null then create role retention_reader;"
                  " end if;"
                  " if to_regrole('validate_group') is null then"
                  "  create role validate_group; grant validate_group to " WORKER "; end if;"
                  " alter role " WORKER " nobypassrls nosuperuser; end $$");
}

void validate_setup(void)
{
    site.database = db_new(cluster_shared(), NULL);
    site.conn = db_connect(cluster_shared(), site.database, NULL);
    db_exec(site.conn, "set client_min_messages = error");
    validate_roles(site.conn);
}

void validate_forget(void)
{
    diags_free(&site.diags);
    policy_set_free(site.set);
    catalog_free(site.catalog);
    site.set = NULL;
    site.catalog = NULL;
}

void validate_teardown(void)
{
    validate_forget();
    PQfinish(site.conn);
    db_drop(cluster_shared(), site.database);
    free(site.database);
}

void validate_grant_all(void)
{
    db_script(
        site.conn,
        "do $$ declare n text; begin for n in select quote_ident(nspname) from pg_namespace"
        " where nspname not like 'pg\\_%' and nspname <> 'information_schema' loop"
        " execute 'grant usage on schema ' || n || ' to " WORKER "';"
        " execute 'grant select, update, delete on all tables in schema ' || n || ' to " WORKER
        "'; end loop; end $$");
}

void validate_read_catalog(PGconn *as, const char *role)
{
    const char *values[] = {role, "t"};
    PGresult *result =
        PQexecParams(as, sql_file("catalog/facts.sql"), 2, NULL, values, NULL, NULL, 0);
    ck_assert_msg(PQresultStatus(result) == PGRES_TUPLES_OK, "%s", PQerrorMessage(as));
    struct error error _cleanup_error_ = {0};
    site.catalog = catalog_parse(PQgetvalue(result, 0, 0), &error);
    ck_assert_msg(site.catalog != NULL, "%s", error.primary);
    PQclear(result);
}

/* The schema of this program's own is another test's. */
void validate_pretend_installed(void)
{
    site.catalog->schema_version = site.catalog->schema_newest = 0;
}

void validate_policy_text(const char *policy)
{
    validate_forget();
    validate_read_catalog(site.conn, WORKER);
    validate_pretend_installed();
    site.set = policy_load_text("test.cfg", policy, &site.diags);
    ck_assert_ptr_nonnull(site.set);
    policy_validate(site.set, site.catalog, &site.diags);
    diags_sort(&site.diags);
}

char *validate_report(bool everywhere)
{
    struct text text = {0};
    for (size_t i = 0; i < site.diags.count; i++) {
        const struct diag *diag = &site.diags.items[i];
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

const char *const validate_plain_policy =
    "calls: {\n"
    "  mode = \"enforce\";\n"
    "  data: { table = \"ctm.call\"; start = \"started_at\"; };\n"
    "  stages = ( { after = \"13 months\"; do = \"delete\"; } );\n"
    "};\n";
const char *const validate_plain_table =
    "create schema ctm;"
    "create table ctm.call (call_id bigint primary key, started_at timestamptz not null);"
    "create index on ctm.call (started_at);";

void validate_expect(const char *expected)
{
    char *seen = validate_report(false);
    ck_assert_str_eq(seen, expected);
    free(seen);
}
