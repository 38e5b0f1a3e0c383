/* What the server does to the worker's connections, and that it heals by itself: its limits, its
 * timeouts. Networks are in network, poolers in pooler, disks in disk_full, clocks in clocks, TLS
 * in tls, restarts of the server in engine_daemon and kill, failovers and clones in log_restore and
 * log_recovery, a password that changes in systemd. */
#define _GNU_SOURCE
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "harness/cluster.h"
#include "harness/db.h"
#include "up_support.h"

static void cause_is(const struct site *site, const char *pattern)
{
    db_wait_until(site->admin, "SELECT coalesce(cause, '') LIKE '%s' FROM retention.compliance",
                  pattern);
}

/* No connection is left for batches: it says so, waits, and goes on when there is one. */
START_TEST(out_of_connections)
{
    struct site site = up_site(cluster_shared(), NULL);
    site_leave_one_connection(&site);
    pid_t pid = site_start(&site, NULL, NULL);
    db_wait_until(site.admin, "SELECT worker IS NOT NULL FROM retention.leader");
    site_wait_said(&site, "too many connections for database");
    cause_is(&site, "last run failed: no worker connection: %too many connections%");
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), 1000);
    db_exec(site.admin, "ALTER DATABASE %s CONNECTION LIMIT -1", site.database);
    site_wait_empty(&site);
    cause_is(&site, "");
    up_end(&site, pid, 1000);
}
END_TEST

/* The same in the middle of a run. */
START_TEST(connections_run_out)
{
    struct site site = up_site(cluster_shared(), NULL);
    PGconn *other = db_connect(site.cluster, site.database, NULL);
    db_exec(other, "BEGIN; LOCK TABLE event IN SHARE MODE");
    site_be_patient(&site);
    PQfinish(site.approver);
    site.approver = NULL;
    pid_t pid = site_start(&site, NULL, NULL);
    /* Both are there: one that was still on its way would not be cut, and get in. */
    db_wait_until(site.admin, "SELECT count(*) = 2 FROM retention.worker_session "
                              "WHERE kind = 'batch'");
    cause_is(&site, "running");
    db_exec(site.admin, "ALTER DATABASE %s CONNECTION LIMIT 3", site.database);
    db_exec(site.admin, "SELECT pg_terminate_backend(pid) FROM retention.worker_session "
                        "WHERE kind = 'batch'");
    cause_is(&site, "running: waits, no worker connection: %too many connections%");
    db_exec(site.admin, "ALTER DATABASE %s CONNECTION LIMIT -1", site.database);
    cause_is(&site, "running");
    db_exec(other, "COMMIT");
    PQfinish(other);
    site_wait_empty(&site);
    cause_is(&site, "");
    up_end(&site, pid, 1000);
}
END_TEST

/* The server ends sessions that are idle, but not the worker's. */
START_TEST(idle_sessions_are_ended)
{
    struct site site = up_site(cluster_shared(), NULL);
    db_exec(site.admin, "ALTER DATABASE %s SET idle_session_timeout = '300ms'", site.database);
    pid_t pid = site_start(&site, NULL, NULL);
    site_wait_empty(&site);
    int64_t term = db_number(site.admin, "SELECT term FROM retention.leader");
    db_exec(site.admin, "SELECT pg_sleep(1)"); /* longer than the server lets others be idle */
    up_ask_for_run(&site);
    site_wait_empty(&site);
    ck_assert_int_eq(db_number(site.admin, "SELECT term FROM retention.leader"), term);
    up_end(&site, pid, 1010);
}
END_TEST

/* The one server that it knows is a standby: it waits until that one is promoted, as the manual
 * says. */
START_TEST(it_reaches_a_standby)
{
    struct cluster *primary = cluster_new(NULL);
    struct site site = up_site(primary, NULL);
    struct cluster *standby = cluster_standby(primary, "s");
    PQfinish(site.admin);
    PQfinish(site.approver);
    cluster_stop(primary, "fast");
    char *conninfo _cleanup_free_ = cluster_conninfo(standby, site.database, "t_worker");
    up_conninfo(&site, conninfo, NULL, NULL);
    pid_t pid = site_start(&site, NULL, NULL);
    site_wait_said(&site, "read-only transaction");
    /* what the unit runs before each start does not keep it from waiting */
    up_check_says(&site, 0, "the server is a standby: the worker waits until it is promoted");
    cluster_promote(standby);
    site.cluster = standby;
    site.admin = db_connect(standby, site.database, NULL);
    site.approver = db_connect(standby, site.database, "t_approver");
    site_wait_empty(&site);
    up_ask_for_run(&site); /* it hears what it is told */
    site_wait_empty(&site);
    up_end(&site, pid, 1010);
    cluster_free(standby);
    cluster_free(primary);
}
END_TEST

Suite *suite_staying_up(void)
{
    Suite *suite = suite_create("staying_up");
    TCase *tc = tcase_create("staying up");
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, out_of_connections);
    tcase_add_test(tc, connections_run_out);
    tcase_add_test(tc, idle_sessions_are_ended);
    tcase_add_test(tc, it_reaches_a_standby);
    suite_add_tcase(suite, tc);
    return suite;
}
