#define _GNU_SOURCE
#include "engine_support.h"

#include <check.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "harness/cluster.h"
#include "harness/schema.h"

struct site site_new_wide(struct cluster *cluster, const char *sql, int connections,
                          const char *settings)
{
    struct site site = {.cluster = cluster};
    site.database = schema_db_new(cluster);
    site.admin = db_connect(cluster, site.database, NULL);
    site.approver = db_connect(cluster, site.database, "t_approver");
    db_script(site.admin, sql);
    db_script(site.admin,
              "GRANT USAGE ON SCHEMA public TO t_worker;"
              "GRANT SELECT, DELETE, UPDATE ON ALL TABLES IN SCHEMA public TO t_worker");
    if (getenv("TEST_VERBOSE")) {
        db_script(site.admin, "ALTER ROLE t_worker SET log_statement = 'all'");
        fprintf(stderr, "server log: %s\n", cluster_log_file(cluster));
    }
    site.directory = temporary_directory();
    ck_assert_int_ge(asprintf(&site.policies, "%s/policies", site.directory), 0);
    ck_assert_int_eq(mkdir(site.policies, 0700), 0);
    free(file_write(site.directory, "kek",
                    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"));
    char *conninfo = cluster_conninfo(cluster, site.database, "t_worker");
    char *text;
    ck_assert_int_ge(
        asprintf(&text,
                 "database: { conninfo = \"%s\"; connections = %d; };\npolicies = \"policies\";\n"
                 "log: { epoch_kek = \"kek\"; };\n%s\n",
                 conninfo, connections, settings ? settings : ""),
        0);
    site.config = file_write(site.directory, "retentiond.cfg", text);
    free(text);
    free(conninfo);
    return site;
}

struct site site_new(struct cluster *cluster, const char *sql, const char *settings)
{
    return site_new_wide(cluster, sql, 2, settings);
}

struct site site_new_single(struct cluster *cluster, const char *sql, const char *settings)
{
    return site_new_wide(cluster, sql, 1, settings);
}

void site_be_patient(const struct site *site)
{
    static const char group[] = "database: {";
    char *config _cleanup_free_ = file_read(site->config), *patient _cleanup_free_ = NULL;
    char *rest = strstr(config, group);
    ck_assert_ptr_nonnull(rest);
    rest += strlen(group);
    ck_assert_int_ge(
        asprintf(&patient, "%.*s lock_timeout = \"10 s\";%s", (int)(rest - config), config, rest),
        0);
    free(file_write(site->directory, "retentiond.cfg", patient));
}

void site_leave_one_connection(struct site *site)
{
    PQfinish(site->approver);
    site->approver = NULL;
    db_wait_until(site->admin, "SELECT count(*) = 1 FROM pg_stat_activity WHERE datname = "
                               "current_database()");
    db_exec(site->admin, "ALTER DATABASE %s CONNECTION LIMIT 2", site->database);
}

void site_free(struct site *site)
{
    PQfinish(site->admin);
    PQfinish(site->approver);
    db_drop(site->cluster, site->database);
    free(site->database);
    free(site->directory);
    free(site->config);
    free(site->policies);
    *site = (struct site){0};
}

void site_policy(struct site *site, const char *name, const char *body)
{
    char *file, *text;
    ck_assert_int_ge(asprintf(&file, "%s.cfg", name), 0);
    ck_assert_int_ge(
        asprintf(&text,
                 "%s: {\n  title = \"Test\"; role = \"controller\"; basis = \"test\";\n"
                 "  mode = \"enforce\";\n%s\n};\n",
                 name, body),
        0);
    free(file_write(site->policies, file, text));
    free(file);
    free(text);
}

void site_approve(struct site *site, const char *category, int64_t expect_due)
{
    char due[32] = "NULL";
    if (expect_due >= 0)
        snprintf(due, sizeof(due), "%lld", (long long)expect_due);
    db_exec(site->approver,
            "SELECT retention.approve_policy(name, loaded_sha256, %s) FROM retention.category "
            "WHERE name = '%s'",
            due, category);
}

void site_load_and_approve(struct site *site, const char *category, int64_t expect_due)
{
    site_once_expect(site, NULL, 5);
    site_approve(site, category, expect_due);
}

struct program_result site_once(const struct site *site, const char *fault)
{
    char *variable;
    ck_assert_int_ge(asprintf(&variable, "RETENTIOND_FAULT=%s", fault ? fault : ""), 0);
    const char *const argv[] = {"retentiond", "-c", site->config, "--once", NULL};
    const char *const env[] = {variable, NULL};
    struct program_result result = program_run_env(argv, env);
    free(variable);
    return result;
}

void site_once_expect(const struct site *site, const char *fault, int exit_code)
{
    struct program_result result = site_once(site, fault);
    ck_assert_msg(result.exit_code == exit_code, "exit code %d instead of %d:\n%s",
                  result.exit_code, exit_code, result.err);
    if (getenv("TEST_VERBOSE"))
        fputs(result.err, stderr);
    program_result_free(&result);
}

static char *stderr_path(const struct site *site)
{
    char *path;
    ck_assert_int_ge(asprintf(&path, "%s/stderr", site->directory), 0);
    return path;
}

pid_t site_start(const struct site *site, const char *mode, const char *fault)
{
    char *variable, *path = stderr_path(site);
    ck_assert_int_ge(asprintf(&variable, "RETENTIOND_FAULT=%s", fault ? fault : ""), 0);
    const char *const argv[] = {"retentiond", "-c", site->config, mode, NULL};
    const char *const env[] = {variable, NULL};
    close(open(path, O_WRONLY | O_CREAT, 0600)); /* there to be read from now on */
    pid_t pid = program_start(argv, env, path);
    free(variable);
    free(path);
    return pid;
}

pid_t site_start_at_run(const struct site *site)
{
    int status;
    pid_t pid = site_start(site, "--once", "run_after_plan=stop");
    ck_assert_int_eq(waitpid(pid, &status, WUNTRACED), pid);
    ck_assert(WIFSTOPPED(status));
    return pid;
}

char *site_stderr(const struct site *site)
{
    char *path = stderr_path(site);
    char *text = file_read(path);
    free(path);
    return text;
}

int64_t site_logged(const struct site *site, const char *relation)
{
    return db_number(site->admin,
                     "SELECT coalesce(sum(rows), 0) FROM retention.log_entry "
                     "WHERE type = 'batch' AND relation = '%s'",
                     relation);
}

int64_t site_digests(const struct site *site, const char *relation)
{
    return db_number(site->admin,
                     "SELECT count(DISTINCT substr(r.refs, i * 32 + 1, 32)) "
                     "FROM retention.log_entry e JOIN retention.log_records r USING (run, seq), "
                     "generate_series(0, octet_length(r.refs) / 32 - 1) i "
                     "WHERE e.type = 'batch' AND e.relation = '%s'",
                     relation);
}

void site_check_log(const struct site *site)
{
    ck_assert_int_eq(db_number(site->admin, "SELECT count(*) FROM retention.log_entry e JOIN "
                                            "retention.log_records r USING (run, seq) "
                                            "WHERE octet_length(r.refs) <> 32 * e.rows"),
                     0);
    ck_assert_int_eq(db_number(site->admin,
                               "SELECT count(*) FROM retention.run r WHERE finished_at IS NOT NULL "
                               "AND batches || ' ' || rows IS DISTINCT FROM (SELECT count(*) || "
                               "' ' || coalesce(sum(e.rows), 0) FROM retention.log_entry e "
                               "WHERE e.run = r.run)"),
                     0);
    /* Numbers are dense. Where the server crashed below a later one, the next leader said so. */
    ck_assert_int_eq(
        db_number(site->admin,
                  "SELECT count(*) FROM (SELECT run, max(seq) + 1 AS n, count(*) AS c "
                  "FROM retention.log_entry WHERE run IS NOT NULL GROUP BY run) x "
                  "JOIN retention.run r USING (run) WHERE n <> c + "
                  "(SELECT count(*) FROM retention.log_entry a WHERE a.type = 'anomaly' "
                  "AND a.run_ref = x.run AND a.entry LIKE E'%%\\ncode gap\\n%%' "
                  "AND r.status = 'lost')"),
        0);
}

void site_request(const struct site *site)
{
    PGconn *operator= db_connect(site->cluster, site->database, "t_operator");
    db_exec(operator, "SELECT retention.request_run(ARRAY['events'])");
    PQfinish(operator);
}

void site_wait_empty(const struct site *site)
{
    db_wait_until(site->admin, "SELECT NOT EXISTS (SELECT FROM event)");
    db_wait_until(site->admin,
                  "SELECT NOT EXISTS (SELECT FROM retention.run WHERE status = 'running')");
}

void site_wait_said(const struct site *site, const char *what)
{
    for (int i = 0;; i++) {
        char *said _cleanup_free_ = site_stderr(site);
        if (strstr(said, what))
            return;
        ck_assert_msg(i < 1200, "never said \"%s\":\n%s", what, said);
        poll(NULL, 0, 100); /* between two looks at a condition, not instead of one */
    }
}
