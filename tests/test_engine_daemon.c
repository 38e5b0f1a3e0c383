/* The worker as a daemon: leadership, requests, the server's restart. worker/engine/leadership.c,
 * schedule.c, worker.c. */
#define _GNU_SOURCE
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "config.h"
#include "engine_support.h"
#include "harness/cluster.h"
#include "harness/db.h"

#define POLICY                                                                                     \
    "  data: { table = \"public.event\"; start = \"at\"; };\n"                                     \
    "  stages = ( { after = \"30 days\"; do = \"delete\"; } );\n"                                  \
    "  brake: { fraction = 1.0; };\n"

static struct site daemon_site(struct cluster *cluster)
{
    struct site site =
        site_new(cluster,
                 "CREATE TABLE event (id bigint PRIMARY KEY, at timestamptz NOT NULL, note text);"
                 "CREATE INDEX ON event (at);"
                 "INSERT INTO event SELECT i, now() - interval '40 days', repeat('x', 200) "
                 "FROM generate_series(1, 1000) i;",
                 "pace: { batch_rows = 100; }; worker: { lease = \"2 s\"; };");
    site_policy(&site, "events", POLICY);
    return site;
}

static void more_rows(const struct site *site)
{
    db_exec(site->admin,
            "INSERT INTO event SELECT coalesce((SELECT max(id) FROM event), 100000) + i, "
            "now() - interval '40 days', 'x' FROM generate_series(1, 10) i");
}

/* An approval wakes the sleeping worker; so does a request, whose runs it then names. SIGTERM ends
 * an idle one at once, and it gives the leadership up. */
START_TEST(sleeps_until_asked)
{
    struct site site = daemon_site(cluster_shared());
    pid_t pid = site_start(&site, NULL, NULL);
    db_wait_until(site.admin, "SELECT EXISTS (SELECT FROM retention.category_status)");
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), 1000);
    site_approve(&site, "events", -1);
    site_wait_empty(&site);
    more_rows(&site);
    PGconn *operator= db_connect(site.cluster, site.database, "t_operator");
    db_exec(operator, "SELECT retention.request_run(ARRAY['events'])");
    site_wait_empty(&site);
    db_wait_until(site.admin, "SELECT finished_at IS NOT NULL AND cardinality(runs) = 1 "
                              "FROM retention.run_request");
    kill(pid, SIGTERM);
    ck_assert_int_eq(program_wait(pid), 0);
    ck_assert_int_eq(
        db_number(site.admin, "SELECT count(*) FROM retention.leader WHERE worker IS NULL"), 1);
    ck_assert_int_eq(site_digests(&site, "public.event"), 1010);
    site_check_log(&site);
    PQfinish(operator);
    site_free(&site);
}
END_TEST

/* Two daemons: one acts, the other waits; when the first is killed the second takes over. */
START_TEST(second_takes_over)
{
    struct site site = daemon_site(cluster_shared());
    site_load_and_approve(&site, "events", -1);
    pid_t first = site_start(&site, NULL, NULL);
    site_wait_empty(&site);
    pid_t second = site_start(&site, NULL, NULL);
    db_wait_until(site.admin, "SELECT count(*) = 2 FROM pg_stat_activity WHERE datname = "
                              "current_database() AND usename = 't_worker'");
    int64_t term = db_number(site.admin, "SELECT term FROM retention.leader");
    more_rows(&site);
    kill(first, SIGKILL);
    program_wait(first);
    site_wait_empty(&site);
    ck_assert_int_eq(db_number(site.admin, "SELECT term FROM retention.leader"), term + 1);
    ck_assert_int_eq(site_digests(&site, "public.event"), 1010);
    kill(second, SIGTERM);
    ck_assert_int_eq(program_wait(second), 0);
    site_check_log(&site);
    site_free(&site);
}
END_TEST

/* A leader that resigns is followed at once: the standby hears of it. */
START_TEST(resignation_is_heard)
{
    struct site site = daemon_site(cluster_shared());
    site_load_and_approve(&site, "events", -1);
    pid_t first = site_start(&site, NULL, NULL);
    site_wait_empty(&site);
    pid_t second = site_start(&site, NULL, NULL);
    db_wait_until(site.admin, "SELECT count(*) = 2 FROM pg_stat_activity WHERE datname = "
                              "current_database() AND usename = 't_worker'");
    more_rows(&site);
    kill(first, SIGTERM);
    ck_assert_int_eq(program_wait(first), 0);
    site_wait_empty(&site);
    kill(second, SIGTERM);
    ck_assert_int_eq(program_wait(second), 0);
    site_free(&site);
}
END_TEST

#ifdef ENABLE_FAULT_POINTS

/* The server crashes in the middle of a batch and comes back: the daemon leads again under a new
 * term, closes the lost run, and finishes. What had been committed is there with its entries. */
START_TEST(server_crashes)
{
    struct cluster *cluster = cluster_new(NULL);
    struct site site = daemon_site(cluster);
    site_load_and_approve(&site, "events", -1);
    pid_t pid = site_start(&site, NULL, "batch_after_action=stop:3");
    int status;
    ck_assert_int_eq(waitpid(pid, &status, WUNTRACED), pid);
    cluster_stop(cluster, "immediate");
    kill(pid, SIGCONT);
    cluster_start(cluster);
    PQfinish(site.admin);
    site.admin = db_connect(cluster, site.database, NULL);
    site_wait_empty(&site);
    kill(pid, SIGTERM);
    ck_assert_int_eq(program_wait(pid), 0);
    ck_assert_int_eq(
        db_number(site.admin, "SELECT count(*) FROM retention.run WHERE status = 'lost'"), 1);
    ck_assert_int_eq(site_digests(&site, "public.event"), 1000);
    site_check_log(&site);
    site_free(&site);
    cluster_free(cluster);
}
END_TEST

/* The control connection of a daemon goes in the middle of a run: it comes back and goes on. */
START_TEST(control_lost)
{
    struct site site = daemon_site(cluster_shared());
    site_load_and_approve(&site, "events", -1);
    pid_t pid = site_start(&site, NULL, "batch_after_action=stop:3");
    int status;
    ck_assert_int_eq(waitpid(pid, &status, WUNTRACED), pid);
    db_exec(site.admin, "SELECT pg_terminate_backend(pid) FROM retention.worker_session "
                        "WHERE kind = 'control'");
    kill(pid, SIGCONT);
    site_wait_empty(&site);
    kill(pid, SIGTERM);
    ck_assert_int_eq(program_wait(pid), 0);
    ck_assert_int_eq(site_digests(&site, "public.event"), 1000);
    site_check_log(&site);
    site_free(&site);
}
END_TEST

#endif

Suite *suite_engine_daemon(void)
{
    Suite *suite = suite_create("engine_daemon");
    TCase *tc = tcase_create("daemon");
    tcase_set_timeout(tc, 90);
    tcase_add_test(tc, sleeps_until_asked);
    tcase_add_test(tc, second_takes_over);
    tcase_add_test(tc, resignation_is_heard);
#ifdef ENABLE_FAULT_POINTS
    tcase_add_test(tc, server_crashes);
    tcase_add_test(tc, control_lost);
#endif
    suite_add_tcase(suite, tc);
    return suite;
}
