/* A managed server: nobody is a superuser, so there are no event triggers, and the worker sees of
 * standbys only their slots. What is then missing is reported, and everything else works. And an
 * upgrade of the schema waits for nobody's lock on a governed table. */
#define _GNU_SOURCE
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "harness/cluster.h"
#include "harness/db.h"

static void must(const char *const *argv, int code, const char *what)
{
    struct program_result result = program_run(argv);
    ck_assert_msg(result.exit_code == code &&
                      (strstr(result.out, what) || strstr(result.err, what)),
                  "exit code %d, not %d, or no \"%s\" in:\n%s%s", result.exit_code, code, what,
                  result.out, result.err);
    program_result_free(&result);
}

/* Steps 1 to 6 of README, by roles of which none is a superuser. The cluster's administrator only
 * makes the roles and the database, as a managed server's console does. */
START_TEST(without_superuser)
{
    struct cluster *cluster = cluster_shared();
    char *database _cleanup_free_ = db_new(cluster, NULL);
    PGconn *console = db_connect(cluster, database, NULL);
    db_script(console, "CREATE ROLE m_installer LOGIN CREATEROLE; CREATE ROLE m_worker LOGIN;"
                       "CREATE ROLE m_anna LOGIN; CREATE ROLE m_app LOGIN;"
                       "CREATE SCHEMA shop AUTHORIZATION m_app");
    db_exec(console, "GRANT CREATE ON DATABASE %s TO m_installer", database);
    PQfinish(console);

    char *installer _cleanup_free_ = cluster_conninfo(cluster, database, "m_installer");
    char *worker _cleanup_free_ = cluster_conninfo(cluster, database, "m_worker");
    char *anna _cleanup_free_ = cluster_conninfo(cluster, database, "m_anna");
    char *owner _cleanup_free_ = cluster_conninfo(cluster, database, "m_app");
    PGconn *app = db_connect(cluster, database, "m_app");
    db_script(app, "CREATE TABLE shop.event (id bigint PRIMARY KEY, at timestamptz NOT NULL);"
                   "CREATE INDEX ON shop.event (at); INSERT INTO shop.event SELECT i, now() - "
                   "interval '40 days' FROM generate_series(1, 100) i");
    must((const char *const[]){"retentionctl", "-d", installer, "migrate", NULL}, 0, "");
    PGconn *granter = db_connect(cluster, database, "m_installer");
    db_script(granter, "GRANT retention_worker TO m_worker; GRANT m_worker TO retention_owner;"
                       "GRANT retention_approver, retention_operator TO m_anna;"
                       "GRANT retention_reader TO m_app");

    char *directory _cleanup_free_ = temporary_directory();
    char *text _cleanup_free_ = NULL, *command _cleanup_free_ = NULL;
    ck_assert_int_ge(asprintf(&text,
                              "database: { conninfo = \"%s\"; connections = 1; };\n"
                              "policies = \".\";\nlog: { epoch_kek = \"kek\"; origin = \"m/t\"; "
                              "directory = \"log\"; signing_key = \"seed\"; sign_after = "
                              "\"replicated\"; };\n",
                              worker),
                     0);
    static const char key[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";
    free(file_write(directory, "kek", key));
    free(file_write(directory, "seed", key));
    char *config _cleanup_free_ = file_write(directory, "main.conf", text);
    free(file_write(directory, "events.cfg",
                    "events: {\n  title = \"T\"; role = \"controller\"; basis = \"b\";\n"
                    "  mode = \"enforce\"; guard = \"refuse\";\n"
                    "  data: { table = \"shop.event\"; start = \"at\"; };\n"
                    "  stages = ( { after = \"30 days\"; do = \"delete\"; } );\n"
                    "  brake: { fraction = 1.0; };\n};\n"));
    ck_assert_int_ge(asprintf(&command,
                              "'%s' -c %s setup --sql > %s/setup.sql && psql -Xq -v "
                              "ON_ERROR_STOP=1 -d '%s' -f %s/setup.sql >/dev/null 2>&1",
                              build_path("retentionctl"), config, directory, owner, directory),
                     0);
    ck_assert_int_eq(system(command), 0);
    db_exec(granter, "REVOKE retention_reader FROM m_app");

    /* reported, not fatal */
    must((const char *const[]){"retentionctl", "-c", config, "check", NULL}, 0,
         "the guard has no event triggers");
    must((const char *const[]){"retentionctl", "-c", config, "check", NULL}, 0,
         "cannot see how far standbys are");

    must((const char *const[]){"retentionctl", "-c", config, "policy", "load", NULL}, 0, "");
    must((const char *const[]){"retentionctl", "-d", anna, "policy", "approve", "events",
                               "--expect-due", "100", NULL},
         0, "");
    /* no standby is seen, so nothing may be signed, and nothing is begun */
    pid_t pid = program_start((const char *const[]){"retentiond", "-c", config, NULL}, NULL, NULL);
    PGconn *reader = db_connect(cluster, database, "m_installer");
    db_exec(reader, "SET ROLE retention_owner");
    db_wait_until(reader, "SELECT EXISTS (SELECT FROM retention.log_leaf)");
    ck_assert_int_eq(db_number(app, "SELECT count(*) FROM shop.event"), 100);
    kill(pid, SIGKILL);
    program_wait(pid);

    char *at = strstr(text, "sign_after");
    free(file_write(directory, "main.conf", (memcpy(at, "} ;//", 5), text)));
    must((const char *const[]){"retentiond", "-c", config, "--once", NULL}, 0, "100 records");
    ck_assert_int_eq(db_number(app, "SELECT count(*) FROM shop.event"), 0);
    must((const char *const[]){"retentionctl", "-d", anna, "status", NULL}, 0, "events");
    must((const char *const[]){"retentionctl", "-d", installer, "migrate", NULL}, 0, "");

    /* an upgrade beside an application that has a governed table locked: no wait */
    db_exec(app, "BEGIN; LOCK TABLE shop.event IN ACCESS EXCLUSIVE MODE");
    char *hasty _cleanup_free_ = NULL;
    ck_assert_int_ge(asprintf(&hasty, "%s options='-c lock_timeout=5s'", installer), 0);
    must((const char *const[]){"retentionctl", "-d", hasty, "migrate", NULL}, 0, "");
    db_exec(app, "COMMIT");

    PQfinish(app);
    PQfinish(granter);
    PQfinish(reader);
}
END_TEST

Suite *suite_managed(void)
{
    Suite *suite = suite_create("managed");
    TCase *tc = tcase_create("managed");
    tcase_set_timeout(tc, 90);
    tcase_add_test(tc, without_superuser);
    suite_add_tcase(suite, tc);
    return suite;
}
