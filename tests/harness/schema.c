#define _GNU_SOURCE
#include "harness/schema.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "cli/migrate.h"
#include "harness/cluster.h"
#include "harness/db.h"

void schema_migrate(struct cluster *cluster, const char *database, const char *user,
                    const char *prefix)
{
    PGconn *conn = db_connect(cluster, database, user);
    struct error error = {0};
    struct migrate_options options = {.prefix = prefix};
    ck_assert_msg(migrate_run(conn, &options, NULL, &error), "%s: %s\n%s\n%s", error.sqlstate,
                  error.primary, error.detail ? error.detail : "",
                  error.context ? error.context : "");
    PQfinish(conn);
}

/* In the shared cluster one database is migrated, by whoever comes first; the others are copies. */
static char *migrated(struct cluster *cluster)
{
    static const char template[] = "migrated";
    if (cluster != cluster_shared()) {
        char *name = db_new(cluster, NULL);
        schema_migrate(cluster, name, NULL, NULL);
        return name;
    }
    PGconn *conn = db_connect(cluster, "postgres", NULL);
    db_exec(conn, "SELECT pg_advisory_lock(hashtext('%s'))", template);
    if (db_number(conn, "SELECT count(*) FROM pg_database WHERE datname = '%s'", template) == 0) {
        db_exec(conn, "DROP DATABASE IF EXISTS migrating");
        db_exec(conn, "CREATE DATABASE migrating");
        schema_migrate(cluster, "migrating", NULL, NULL);
        db_exec(conn, "ALTER DATABASE migrating RENAME TO %s", template);
    }
    PQfinish(conn);
    char *name = db_new(cluster, template);
    conn = db_connect(cluster, name, NULL);
    db_exec(conn, "UPDATE retention.install SET database_oid = d.oid FROM pg_database d "
                  "WHERE d.datname = current_database()");
    PQfinish(conn);
    return name;
}

char *schema_db_new(struct cluster *cluster)
{
    char *name = migrated(cluster);
    PGconn *conn = db_connect(cluster, name, NULL);
    db_script(
        conn,
        "DO $$\n"
        "DECLARE kind text;\n"
        "BEGIN\n"
        "  FOREACH kind IN ARRAY '{nobody,worker,legal,operator,approver,auditor}'::text[] LOOP\n"
        "    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 't_' || kind) THEN\n"
        "      EXECUTE format('CREATE ROLE %I LOGIN', 't_' || kind);\n"
        "      IF kind <> 'nobody' THEN\n"
        "        EXECUTE format('GRANT %I TO %I', 'retention_' || kind, 't_' || kind);\n"
        "      END IF;\n"
        "    END IF;\n"
        "  END LOOP;\n"
        "  GRANT t_worker TO retention_owner;\n"
        "END $$");
    PQfinish(conn);
    return name;
}

int64_t schema_lead(PGconn *worker, char digit)
{
    return db_number(worker,
                     "SELECT term FROM retention.lead('00000000-0000-4000-8000-00000000000%c', "
                     "'here', '15 s') WHERE leads",
                     digit);
}

char *schema_policy(PGconn *worker, PGconn *approver, int64_t term, const char *category,
                    const char *relation, const char *text)
{
    char *sha256 = db_value(worker, "SELECT encode(sha256(convert_to('%s', 'UTF8')), 'hex')", text);
    char *state =
        db_value(worker,
                 "SELECT retention.load_policy(%lld, '%s', '%s', (SELECT approved_sha256 FROM "
                 "retention.category WHERE name = '%s'), '%s', 'enforce', '%s', ARRAY['%s'], "
                 "retention.fingerprint(ARRAY['%s']), true, 'Title')",
                 (long long)term, category, sha256, category, text, relation, relation, relation);
    if (approver) {
        ck_assert_str_eq(state, "suspended");
        db_exec(approver, "SELECT retention.approve_policy('%s', '%s', NULL)", category, sha256);
    }
    free(state);
    return sha256;
}

char *schema_run(PGconn *worker, int64_t term, const char *category)
{
    char *run = db_value(worker, "SELECT gen_random_uuid()");
    db_exec(worker,
            "SELECT retention.start_run(%lld, '%s', name, approved_sha256, 'gone', relation, "
            "'delete', '1 year', 10, 1, 9, clock_timestamp()) FROM retention.category "
            "WHERE name = '%s'",
            (long long)term, run, category);
    return run;
}

char *schema_begin_batch(const char *run, int64_t term, const char *category, const char *leaf)
{
    char *sql = NULL;
    ck_assert_int_ge(asprintf(&sql,
                              "SELECT * FROM retention.begin_batch('%s', %lld, '%s', '%s', "
                              "clock_timestamp())",
                              run, (long long)term, category, leaf),
                     0);
    return sql;
}
