/* A pooler between worker and server: refused with a reason, before anything is done, whatever its
 * mode. A real PgBouncer, where it is installed; else the suite is skipped, and says so, but not
 * where RETENTIOND_NEEDS_MACHINE is set. worker/pg/conn.c, worker/cli/session.c */
#define _GNU_SOURCE
#include <check.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "harness/cluster.h"
#include "harness/db.h"
#include "up_support.h"

static const char program[] = "/usr/sbin/pgbouncer";

static pid_t start(const struct site *site, const char *directory, const char *mode)
{
    char *server _cleanup_free_ = cluster_conninfo(site->cluster, site->database, "t_worker");
    char *text _cleanup_free_ = NULL, *users _cleanup_free_ = NULL, *log _cleanup_free_ = NULL;
    const struct passwd *postgres = getpwnam("postgres");
    users = file_write(directory, "users", "\"t_worker\" \"\"\n\"postgres\" \"\"\n");
    ck_assert_int_ge(asprintf(&text,
                              "[databases]\napp = %s\n[pgbouncer]\nlisten_port = 6432\n"
                              "unix_socket_dir = %s\nauth_type = trust\nauth_file = %s\n"
                              "pool_mode = %s\n",
                              server, directory, users, mode),
                     0);
    char *ini _cleanup_free_ = file_write(directory, "pgbouncer.ini", text);
    ck_assert_int_ge(asprintf(&log, "%s/pgbouncer.log", directory), 0);
    if (geteuid() == 0) { /* it refuses to run as root */
        ck_assert_ptr_nonnull(postgres);
        ck_assert_int_eq(chown(directory, postgres->pw_uid, postgres->pw_gid), 0);
        ck_assert_int_eq(chown(ini, postgres->pw_uid, postgres->pw_gid), 0);
        ck_assert_int_eq(chown(users, postgres->pw_uid, postgres->pw_gid), 0);
        const char *const argv[] = {"/usr/bin/setpriv",
                                    "--reuid=postgres",
                                    "--regid=postgres",
                                    "--init-groups",
                                    program,
                                    ini,
                                    NULL};
        return program_start(argv, NULL, log);
    }
    const char *const argv[] = {program, ini, NULL};
    return program_start(argv, NULL, log);
}

static char *pooled(const char *directory, const char *user)
{
    char *text;
    ck_assert_int_ge(asprintf(&text, "host=%s port=6432 dbname=app user=%s", directory, user), 0);
    return text;
}

static PGconn *connect_when_there(const char *conninfo)
{
    for (int i = 0;; i++) {
        PGconn *conn = PQconnectdb(conninfo);
        if (PQstatus(conn) == CONNECTION_OK)
            return conn;
        ck_assert_msg(i < 300, "%s", PQerrorMessage(conn));
        PQfinish(conn);
        usleep(100000); /* between two looks at a condition */
    }
}

START_TEST(is_refused)
{
    static const char *const modes[] = {"transaction", "session"};
    static const char why[] = "the connection goes through a pooler, such as PgBouncer";
    struct site site = up_site(cluster_shared(), NULL);
    char *directory _cleanup_free_ = temporary_directory();
    pid_t pid = start(&site, directory, modes[_i]);
    char *conninfo _cleanup_free_ = pooled(directory, "t_worker");
    int64_t term = db_number(site.admin, "SELECT term FROM retention.leader");
    up_conninfo(&site, conninfo, NULL, NULL);
    PGconn *through = connect_when_there(conninfo);

    up_check_says(&site, 3, why);
    up_check_says(&site, 3, "Let database.conninfo name the server itself");
    pid_t worker = site_start(&site, NULL, NULL);
    ck_assert_int_eq(program_wait(worker), 3);
    site_wait_said(&site, why);
    site_once_expect(&site, NULL, 3);
    const char *const argv[] = {"retentionctl", "-d", conninfo, "status", NULL};
    struct program_result result = program_run(argv);
    ck_assert_int_eq(result.exit_code, 3);
    ck_assert_ptr_nonnull(strstr(result.err, why));
    program_result_free(&result);

    /* the backend that all of them shared is as it was, and nobody led */
    ck_assert_int_eq(db_number(through, "SELECT count(*) FROM pg_listening_channels()"), 0);
    ck_assert_int_eq(db_number(through,
                               "SELECT (current_setting('search_path') <> '')::int + "
                               "(SELECT count(*) FROM pg_prepared_statements WHERE NOT from_sql)"),
                     1);
    ck_assert_int_eq(db_number(site.admin, "SELECT term FROM retention.leader"), term);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), 1000);
    PQfinish(through);
    kill(pid, SIGTERM);
    program_wait(pid);
    site_free(&site);
}
END_TEST

START_TEST(skipped)
{
    puts("*** SKIPPED: no pooler is refused here: pgbouncer is not installed");
    ck_assert_msg(!getenv("RETENTIOND_NEEDS_MACHINE"), "pgbouncer is needed");
}
END_TEST

Suite *suite_pooler(void)
{
    Suite *suite = suite_create("pooler");
    TCase *tc = tcase_create("pooler");
    tcase_set_timeout(tc, 60);
    if (access(program, X_OK) == 0)
        tcase_add_loop_test(tc, is_refused, 0, 2);
    else
        tcase_add_test(tc, skipped);
    suite_add_tcase(suite, tc);
    return suite;
}
