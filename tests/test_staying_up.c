/* What goes wrong around the worker, and that it heals by itself: the network, the server's limits.
 * worker/engine/leadership.c, lane.c, worker/pg/. Restarts of the server are in engine_daemon and
 * kill, failovers in log_restore, a password that changes in systemd. */
#define _GNU_SOURCE
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "config.h"
#include "engine_support.h"
#include "harness/cluster.h"
#include "harness/db.h"
#include "harness/proxy.h"

#define SETTINGS "pace: { batch_rows = 100; }; worker: { lease = \"2 s\"; };"

static struct site up_site(void)
{
    struct site site =
        site_new(cluster_shared(),
                 "CREATE TABLE event (id bigint PRIMARY KEY, at timestamptz NOT NULL);"
                 "CREATE INDEX ON event (at);"
                 "INSERT INTO event SELECT i, now() - interval '40 days' "
                 "FROM generate_series(1, 1000) i;",
                 SETTINGS);
    site_policy(&site, "events",
                "  data: { table = \"public.event\"; start = \"at\"; };\n"
                "  stages = ( { after = \"30 days\"; do = \"delete\"; } );\n"
                "  brake: { fraction = 1.0; };\n");
    site_load_and_approve(&site, "events", -1);
    return site;
}

/* From now on the worker reaches the server through a proxy. */
static struct proxy *between(const struct site *site)
{
    struct proxy *proxy = proxy_new(site->cluster);
    char *conninfo _cleanup_free_ = proxy_conninfo(proxy, site->database, "t_worker");
    char *text _cleanup_free_ = NULL;
    ck_assert_int_ge(asprintf(&text,
                              "database: { conninfo = \"%s\"; };\npolicies = \"policies\";\n"
                              "log: { epoch_kek = \"kek\"; };\n" SETTINGS "\n",
                              conninfo),
                     0);
    free(file_write(site->directory, "retentiond.cfg", text));
    return proxy;
}

static void ask_for_run(const struct site *site)
{
    db_exec(site->admin, "INSERT INTO event SELECT i, now() - interval '40 days' "
                         "FROM generate_series(100001, 100010) i");
    site_request(site);
}

/* Ends in order, and everything went once. */
static void end(struct site *site, pid_t pid, int64_t rows)
{
    kill(pid, SIGTERM);
    ck_assert_int_eq(program_wait(pid), 0);
    ck_assert_int_eq(site_digests(site, "public.event"), rows);
    site_check_log(site);
    site_free(site);
}

#ifdef ENABLE_FAULT_POINTS

/* Every connection is cut in the middle of a batch. */
START_TEST(the_network_is_cut)
{
    struct site site = up_site();
    struct proxy *proxy = between(&site);
    pid_t pid = site_start(&site, NULL, "batch_after_action=stop:3");
    int status;
    ck_assert_int_eq(waitpid(pid, &status, WUNTRACED), pid);
    proxy_cut(proxy);
    kill(pid, SIGCONT);
    site_wait_empty(&site);
    ck_assert_int_eq(
        db_number(site.admin, "SELECT count(*) FROM retention.run WHERE status = 'lost'"), 1);
    end(&site, pid, 1000);
    proxy_free(proxy);
}
END_TEST

#endif

/* The connections are there, but nothing comes through any more, and nobody says so: the renewal of
 * the lease stays without an answer, the worker gives the connection up, and leads again. */
START_TEST(the_network_is_dead)
{
    struct site site = up_site();
    struct proxy *proxy = between(&site);
    pid_t pid = site_start(&site, NULL, NULL);
    site_wait_empty(&site);
    int64_t term = db_number(site.admin, "SELECT term FROM retention.leader");
    proxy_hold(proxy);
    site_wait_said(&site, "the server does not answer");
    db_wait_until(site.admin, "SELECT term > %lld AND worker IS NOT NULL FROM retention.leader",
                  (long long)term);
    ask_for_run(&site);
    site_wait_empty(&site);
    end(&site, pid, 1010);
    proxy_free(proxy);
}
END_TEST

/* No connection is left for batches: it says so, waits, and goes on when there is one. */
START_TEST(out_of_connections)
{
    struct site site = up_site();
    PQfinish(site.approver);
    site.approver = NULL;
    db_wait_until(site.admin, "SELECT count(*) = 1 FROM pg_stat_activity WHERE datname = "
                              "current_database()");
    /* the test's own, and one of the worker's */
    db_exec(site.admin, "ALTER DATABASE %s CONNECTION LIMIT 2", site.database);
    pid_t pid = site_start(&site, NULL, NULL);
    db_wait_until(site.admin, "SELECT worker IS NOT NULL FROM retention.leader");
    site_wait_said(&site, "too many connections for database");
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), 1000);
    db_exec(site.admin, "ALTER DATABASE %s CONNECTION LIMIT -1", site.database);
    site_wait_empty(&site);
    end(&site, pid, 1000);
}
END_TEST

/* The server ends sessions that are idle, but not the worker's. */
START_TEST(idle_sessions_are_ended)
{
    struct site site = up_site();
    db_exec(site.admin, "ALTER DATABASE %s SET idle_session_timeout = '300ms'", site.database);
    pid_t pid = site_start(&site, NULL, NULL);
    site_wait_empty(&site);
    int64_t term = db_number(site.admin, "SELECT term FROM retention.leader");
    db_exec(site.admin, "SELECT pg_sleep(1)"); /* longer than the server lets others be idle */
    ask_for_run(&site);
    site_wait_empty(&site);
    ck_assert_int_eq(db_number(site.admin, "SELECT term FROM retention.leader"), term);
    end(&site, pid, 1010);
}
END_TEST

Suite *suite_staying_up(void)
{
    Suite *suite = suite_create("staying_up");
    TCase *tc = tcase_create("staying up");
    tcase_set_timeout(tc, 120);
#ifdef ENABLE_FAULT_POINTS
    tcase_add_test(tc, the_network_is_cut);
#endif
    tcase_add_test(tc, the_network_is_dead);
    tcase_add_test(tc, out_of_connections);
    tcase_add_test(tc, idle_sessions_are_ended);
    suite_add_tcase(suite, tc);
    return suite;
}
