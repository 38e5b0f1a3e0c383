#define _GNU_SOURCE
#include "up_support.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "harness/cluster.h"
#include "harness/proxy.h"

#define SETTINGS "pace: { batch_rows = 100; };\n"
#define LEASE    "worker: { lease = \"2 s\"; };\n"

/* The settings of group worker, where a test has its own. */
static char *lines_of(const char *settings)
{
    char *lines;
    bool own = settings && strstr(settings, "worker:");
    ck_assert_int_ge(asprintf(&lines, SETTINGS "%s%s", own ? "" : LEASE, settings ? settings : ""),
                     0);
    return lines;
}

struct site up_site(struct cluster *cluster, const char *settings)
{
    char *lines _cleanup_free_ = lines_of(settings);
    struct site site =
        site_new(cluster,
                 "CREATE TABLE event (id bigint PRIMARY KEY, at timestamptz NOT NULL);"
                 "CREATE INDEX ON event (at);"
                 "INSERT INTO event SELECT i, now() - interval '40 days' "
                 "FROM generate_series(1, 1000) i;",
                 lines);
    site_policy(&site, "events",
                "  data: { table = \"public.event\"; start = \"at\"; };\n"
                "  stages = ( { after = \"30 days\"; do = \"delete\"; } );\n"
                "  brake: { fraction = 1.0; };\n");
    site_load_and_approve(&site, "events", -1);
    return site;
}

void up_conninfo(const struct site *site, const char *conninfo, const char *database,
                 const char *settings)
{
    char *lines _cleanup_free_ = lines_of(settings), *text _cleanup_free_ = NULL;
    ck_assert_int_ge(asprintf(&text,
                              "database: { conninfo = \"%s\"; %s };\n"
                              "policies = \"policies\";\nlog: { epoch_kek = \"kek\"; };\n%s\n",
                              conninfo, database ? database : "", lines),
                     0);
    free(file_write(site->directory, "retentiond.cfg", text));
}

struct proxy *up_between(const struct site *site, const char *database)
{
    struct proxy *proxy = proxy_new(site->cluster);
    char *conninfo _cleanup_free_ = proxy_conninfo(proxy, site->database, "t_worker");
    up_conninfo(site, conninfo, database, NULL);
    return proxy;
}

void up_ask_for_run(const struct site *site)
{
    db_exec(site->admin, "INSERT INTO event SELECT i, now() - interval '40 days' "
                         "FROM generate_series(100001, 100010) i");
    site_request(site);
}

void up_end(struct site *site, pid_t pid, int64_t rows)
{
    kill(pid, SIGTERM);
    ck_assert_int_eq(program_wait(pid), 0);
    ck_assert_int_eq(site_digests(site, "public.event"), rows);
    site_check_log(site);
    site_free(site);
}

static void must_say(struct program_result *result, int exit_code, const char *what)
{
    ck_assert_msg(result->exit_code == exit_code &&
                      (strstr(result->out, what) || strstr(result->err, what)),
                  "exit code %d (not %d), or \"%s\" is not in:\n%s%s", result->exit_code, exit_code,
                  what, result->out, result->err);
    program_result_free(result);
}

void up_status_says(const struct site *site, const char *what)
{
    char *conninfo _cleanup_free_ = cluster_conninfo(site->cluster, site->database, NULL);
    const char *const argv[] = {"retentionctl", "-d", conninfo, "status", NULL};
    struct program_result result = program_run(argv);
    must_say(&result, 0, what);
}

void up_check_says(const struct site *site, int exit_code, const char *what)
{
    const char *const argv[] = {"retentiond", "-c", site->config, "--check", NULL};
    struct program_result result = program_run(argv);
    must_say(&result, exit_code, what);
}
