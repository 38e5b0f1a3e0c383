#include "harness/schema.h"

#include <check.h>
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

char *schema_db_new(struct cluster *cluster)
{
    char *name = db_new(cluster, NULL);
    schema_migrate(cluster, name, NULL, NULL);
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
