#define _GNU_SOURCE
#include "hold_support.h"

#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/cluster.h"
#include "harness/db.h"
#include "harness/schema.h"

struct hold_site hold_site_new(struct cluster *cluster)
{
    struct hold_site site = {.cluster = cluster, .database = schema_db_new(cluster)};
    site.admin = db_connect(cluster, site.database, NULL);
    db_script(site.admin,
              "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 't_legal2') THEN "
              "CREATE ROLE t_legal2 LOGIN; GRANT retention_legal TO t_legal2; END IF; END $$");
    db_exec(site.admin, "UPDATE retention.hold_rules SET dual_control = false, grace = '0'");
    site.worker = db_connect(cluster, site.database, "t_worker");
    site.approver = db_connect(cluster, site.database, "t_approver");
    site.legal = db_connect(cluster, site.database, "t_legal");
    site.second = db_connect(cluster, site.database, "t_legal2");
    return site;
}

void hold_site_free(struct hold_site *site)
{
    PQfinish(site->admin);
    PQfinish(site->worker);
    PQfinish(site->approver);
    PQfinish(site->legal);
    PQfinish(site->second);
    db_drop(site->cluster, site->database);
    free(site->database);
}

void hold_site_load(struct hold_site *site, const char *category, const char *mode,
                    const char *text, const char *facts, bool approve)
{
    char *literal = facts ? PQescapeLiteral(site->worker, facts, strlen(facts)) : NULL, *relation;
    ck_assert_int_ge(strcmp(mode, "declared") == 0 ? asprintf(&relation, "NULL")
                                                   : asprintf(&relation, "'public.%s'", category),
                     0);
    db_exec(site->worker,
            "SELECT retention.load_policy(NULL, '%s', encode(sha256('%s'), 'hex'), (SELECT "
            "approved_sha256 FROM retention.category WHERE name = '%s'), '%s', '%s', %s, '{}', "
            "NULL, true, 'Title', %s::jsonb)",
            category, text, category, text, mode, relation, literal ? literal : "NULL");
    PQfreemem(literal);
    free(relation);
    if (approve)
        db_exec(site->approver,
                "SELECT retention.approve_policy('%s', encode(sha256('%s'), 'hex'), NULL)",
                category, text);
}

void hold_site_categories(struct hold_site *site)
{
    hold_site_load(site, "calls", "enforce", "one", FACTS_CALLS, true);
    hold_site_load(site, "users", "enforce", "one", FACTS_USERS, true);
    hold_site_load(site, "bare", "observe", "one", FACTS_BARE, true);
    hold_site_load(site, "outside", "declared", "one", "{\"declared\": \"Twilio\"}", true);
}

char *hold_refused(PGconn *conn, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *sql = NULL;
    ck_assert_int_ge(vasprintf(&sql, format, args), 0);
    va_end(args);
    PGresult *result = PQexec(conn, sql);
    ck_assert_msg(PQresultStatus(result) == PGRES_FATAL_ERROR, "did not fail: %.2000s", sql);
    const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
    char *text = NULL;
    ck_assert_int_ge(asprintf(&text, "%s: %s%s%s", PQresultErrorField(result, PG_DIAG_SQLSTATE),
                              PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY),
                              detail ? "\n" : "", detail ? detail : ""),
                     0);
    PQclear(result);
    free(sql);
    return text;
}

char *hold_scopes(PGconn *conn, const char *category)
{
    return db_value(
        conn,
        "SELECT coalesce(string_agg(line, E'\\n' ORDER BY line COLLATE \"C\"), '') FROM (SELECT "
        "concat_ws(' ', shape, coalesce(tenant, '-'), coalesce(form, '-'), coalesce(value, '-'), "
        "coalesce(key::text, '-'), format('[%%s, %%s)', starts_from::date, starts_to::date), "
        "CASE WHEN with_subjects THEN 'with subjects' END, CASE WHEN held_until < 'infinity' THEN "
        "'ends' END) AS line FROM retention.held_scope WHERE category = '%s' AND held_until > "
        "now() AND value IS DISTINCT FROM '?') x",
        category);
}
