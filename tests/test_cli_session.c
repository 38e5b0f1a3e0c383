/* Connecting, as the person who gets the message sees it: one line, what to do, the exit code. */
#define _GNU_SOURCE
#include <check.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "harness/cluster.h"
#include "harness/db.h"

static const char *const no_environment[] = {
    "PGHOST=", "PGDATABASE=", "PGHOSTADDR=", "PGPASSWORD=", "PGPASSFILE=/nonexistent", NULL};

static struct program_result ask(const char *conninfo, const char *const *env)
{
    const char *const argv[] = {
        "retentionctl", "-c", "/nonexistent/retentiond.cfg", "-d", conninfo, "log", "list", NULL};
    return program_run_env(argv, env ? env : no_environment);
}

/* Exactly one line of message (and perhaps a hint), the words in it, nothing on standard output. */
static void expect(struct program_result r, int exit_code, const char *words, const char *never)
{
    ck_assert_msg(strncmp(r.err, "retentionctl: ", 14) == 0, "%s", r.err);
    const char *second = strchr(r.err, '\n') + 1;
    ck_assert_msg(!*second || strncmp(second, "HINT:  ", 7) == 0 ||
                      strncmp(second, "DETAIL:  ", 9) == 0,
                  "more than one line: %s", r.err);
    ck_assert_msg(strstr(r.err, words) && strstr(r.err, words) < second, "\"%s\" is not in: %s",
                  words, r.err);
    if (never)
        ck_assert_ptr_null(strstr(r.err, never));
    ck_assert_int_eq(r.exit_code, exit_code);
    ck_assert_str_eq(r.out, "");
    program_result_free(&r);
}

START_TEST(no_database_is_named)
{
    const char *const argv[] = {"retentionctl", "-c", "/nonexistent.cfg", "log", "list", NULL};
    struct program_result r = program_run_env(argv, no_environment);
    ck_assert_int_eq(r.exit_code, 3);
    ck_assert_ptr_nonnull(strstr(r.err, "/nonexistent.cfg"));
    program_result_free(&r);
}
END_TEST

START_TEST(bad_connection_strings)
{
    expect(ask("hots=x", NULL), 2, "connection string is not valid", NULL);
    expect(ask("password=se cret", NULL), 2, "connection string is not valid", "cret");
    expect(ask("postgresql://u:secret@[::1", NULL), 2, "connection string is not valid", "secret");
}
END_TEST

START_TEST(unreachable_servers)
{
    expect(ask("host=/nonexistent dbname=x", NULL), 1,
           "could not reach the server of socket \"/nonexistent/.s.PGSQL.5432\": No such file",
           NULL);
    expect(ask("host=127.0.0.1 port=1 dbname=x password=secret", NULL), 1,
           "could not reach the server at \"127.0.0.1\", port 1: Connection refused", "secret");
    expect(ask("host=127.0.0.1 port=1 dbname=x", NULL), 1, "could not reach the server", "No host");
}
END_TEST

/* Somebody who was told a database and a role, and no host: libpq takes a socket of this machine.
 */
START_TEST(no_host_is_named)
{
    static const char hint[] =
        "\nHINT:  No host is named, so this machine was asked. If the database "
        "is on another one, name that in -d: \"host=db.example dbname=app "
        "user=me\". If it is here: Is it running, and is the port right?";
    const char *const argv[] = {
        "retentionctl", "-c", "/nonexistent.cfg", "-d", "port=1 dbname=app user=me", "log",
        "list",         NULL};
    struct program_result r = program_run_env(argv, no_environment);
    ck_assert_int_eq(r.exit_code, 1);
    ck_assert_ptr_nonnull(strstr(r.err, "could not reach the server of socket \""));
    ck_assert_msg(strstr(r.err, hint), "%s", r.err);
    program_result_free(&r);
}
END_TEST

/* A server that accepts and says nothing: the timeout is our own. */
START_TEST(silent_server)
{
    char *directory _cleanup_free_ = temporary_directory();
    char *script _cleanup_free_ = NULL;
    ck_assert_int_gt(asprintf(&script,
                              "import socket,time\n"
                              "s=socket.socket(socket.AF_UNIX)\n"
                              "s.bind('%s/.s.PGSQL.5432')\n"
                              "s.listen(5)\n"
                              "open('%s/ready','w')\n"
                              "time.sleep(60)\n",
                              directory, directory),
                     0);
    const char *const argv[] = {"/usr/bin/python3", "-c", script, NULL};
    pid_t pid = program_start(argv, NULL, NULL);
    char *ready _cleanup_free_ = NULL, *conninfo _cleanup_free_ = NULL;
    ck_assert_int_gt(asprintf(&ready, "%s/ready", directory), 0);
    ck_assert_int_gt(asprintf(&conninfo, "host=%s connect_timeout=1", directory), 0);
    for (int i = 0; i < 500 && access(ready, F_OK) != 0; i++)
        usleep(10000);
    expect(ask(conninfo, NULL), 1, "did not answer in time", NULL);
    kill(pid, SIGKILL);
    program_wait(pid);
}
END_TEST

START_TEST(absent_database_and_role)
{
    char *absent _cleanup_free_ = cluster_conninfo(cluster_shared(), "no_such_database", NULL);
    expect(ask(absent, NULL), 1, "there is no database \"no_such_database\"", NULL);
    char *stranger _cleanup_free_ = cluster_conninfo(cluster_shared(), "postgres", "stranger");
    expect(ask(stranger, NULL), 1, "does not let role \"stranger\" into database \"postgres\"",
           NULL);
}
END_TEST

static void write_policy(const char *directory)
{
    char *path _cleanup_free_ = NULL;
    ck_assert_int_gt(asprintf(&path, "%s/policies", directory), 0);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    free(file_write(path, "c.cfg",
                    "c: {\n  mode = \"observe\"; role = \"controller\"; basis = \"x\"; title = "
                    "\"x\";\n  data: { table = \"public.t\"; start = \"at\"; };\n"
                    "  stages = ( { after = \"13 months\"; do = \"delete\"; } );\n};\n"));
}

START_TEST(passwords)
{
    struct cluster *cluster = cluster_new(NULL);
    PGconn *conn = db_connect(cluster, "postgres", NULL);
    db_exec(conn, "CREATE ROLE anna LOGIN PASSWORD 'right'");
    PQfinish(conn);
    cluster_stop(cluster, "fast");
    char *hba _cleanup_free_ = NULL;
    ck_assert_int_gt(asprintf(&hba, "%s/pg_hba.conf", cluster_directory(cluster)), 0);
    FILE *file = fopen(hba, "w");
    ck_assert_ptr_nonnull(file);
    fputs("local all anna scram-sha-256\nlocal all all trust\n", file);
    fclose(file);
    cluster_start(cluster);
    char *anna _cleanup_free_ = cluster_conninfo(cluster, "postgres", "anna");
    expect(ask(anna, NULL), 1, "wants a password for role \"anna\", and none is known", NULL);
    const char *const wrong[] = {"PGPASSWORD=wrong", NULL};
    expect(ask(anna, wrong), 1, "does not accept the password of role \"anna\"", "wrong\"");
    /* the worker's own words, once with a password file and once without a password */
    char *directory _cleanup_free_ = temporary_directory();
    char *passfile _cleanup_free_ = file_write(directory, "pgpass", "*:*:*:*:wrong\n");
    char *text _cleanup_free_ = NULL, *text_without _cleanup_free_ = NULL;
    write_policy(directory);
    ck_assert_int_gt(asprintf(&text,
                              "database: { conninfo = \"%s passfile=%s\"; };\n"
                              "policies = \"policies\";\n",
                              anna, passfile),
                     0);
    ck_assert_int_gt(asprintf(&text_without,
                              "database: { conninfo = \"%s\"; };\npolicies = \"policies\";\n",
                              anna),
                     0);
    char *config _cleanup_free_ = file_write(directory, "a.cfg", text);
    char *without _cleanup_free_ = file_write(directory, "b.cfg", text_without);
    const char *const no_password[] = {"PGPASSFILE=/nonexistent", NULL};
    const char *const worker[] = {"retentiond", "-c", config, "--once", NULL};
    struct program_result r = program_run_env(worker, no_password);
    ck_assert_int_eq(r.exit_code, 1);
    ck_assert_msg(strstr(r.err, "password authentication failed for user \"anna\"; the "
                                "password came from the password file"),
                  "%s", r.err);
    ck_assert_ptr_nonnull(strstr(r.err, "hint: The password stands in the file"));
    program_result_free(&r);
    const char *const nameless[] = {"retentiond", "-c", without, "--once", NULL};
    r = program_run_env(nameless, no_password);
    ck_assert_int_eq(r.exit_code, 1);
    ck_assert_msg(strstr(r.err, "the server wants a password, and none is known"), "%s", r.err);
    program_result_free(&r);
    const char *const right[] = {"PGPASSWORD=right", NULL};
    expect(ask(anna, right), 3, "schema \"retention\" is not installed in database \"postgres\"",
           NULL);
    cluster_free(cluster);
}
END_TEST

START_TEST(environment_counts_where_nothing_is_given)
{
    char *name _cleanup_free_ = db_new(cluster_shared(), NULL);
    char *database _cleanup_free_ = NULL, *host _cleanup_free_ = NULL;
    char *conninfo _cleanup_free_ = cluster_conninfo(cluster_shared(), name, NULL);
    ck_assert_int_gt(asprintf(&database, "PGDATABASE=%s", name), 0);
    ck_assert_int_gt(asprintf(&host, "PGHOST=%.*s", (int)strcspn(conninfo + 5, " "), conninfo + 5),
                     0);
    const char *const env[] = {database, host, "PGUSER=postgres", "PGPORT=5432", NULL};
    const char *const argv[] = {"retentionctl", "-c", "/nonexistent.cfg", "log", "list", NULL};
    struct program_result r = program_run_env(argv, env);
    ck_assert_msg(strstr(r.err, name), "%s", r.err);
    ck_assert_int_eq(r.exit_code, 3);
    program_result_free(&r);
    /* a main file that was asked for counts more */
    char file[] = "/tmp/retentiond-session.XXXXXX";
    int fd = mkstemp(file);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_gt(dprintf(fd, "database: { conninfo = \"host=/nonexistent-by-file\"; };\n"), 0);
    close(fd);
    const char *const asked[] = {"retentionctl", "-c", file, "log", "list", NULL};
    r = program_run_env(asked, env);
    unlink(file);
    ck_assert_msg(strstr(r.err, "/nonexistent-by-file"), "%s", r.err);
    ck_assert_int_eq(r.exit_code, 1);
    program_result_free(&r);
    db_drop(cluster_shared(), name);
}
END_TEST

Suite *suite_cli_session(void)
{
    Suite *suite = suite_create("cli_session");
    TCase *tests = tcase_create("session");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, no_database_is_named);
    tcase_add_test(tests, bad_connection_strings);
    tcase_add_test(tests, unreachable_servers);
    tcase_add_test(tests, no_host_is_named);
    tcase_add_test(tests, silent_server);
    tcase_add_test(tests, absent_database_and_role);
    tcase_add_test(tests, passwords);
    tcase_add_test(tests, environment_counts_where_nothing_is_given);
    suite_add_tcase(suite, tests);
    return suite;
}
