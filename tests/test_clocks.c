/* Clocks that step, the worker's and the server's: nothing is deleted until they agree again,
 * status says why, and then it goes on by itself. The machine's own clock is left alone: the
 * worker's is wrong by what a file says (base/fault.h), the server's is behind where the last entry
 * is ahead. */
#define _GNU_SOURCE
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "config.h"
#include "harness/cluster.h"
#include "harness/db.h"
#include "up_support.h"

#define SOON "worker: { lease = \"2 s\"; wake_most = \"1 s\"; };\n"

#ifdef ENABLE_FAULT_POINTS

/* By an hour, ahead and behind: a server whose clock steps looks the same from here. */
START_TEST(the_workers_steps)
{
    static const char why[] = "the clocks of server and worker differ, or the server's jumped";
    static const char *const steps[] = {"3600", "-3600"};
    struct site site = up_site(cluster_shared(), SOON);
    char *file _cleanup_free_ = file_write(site.directory, "clock", "0");
    setenv("RETENTIOND_FAULT_CLOCK", file, 1);
    pid_t pid = site_start(&site, NULL, NULL);
    site_wait_empty(&site);
    free(file_write(site.directory, "clock", steps[_i]));
    up_ask_for_run(&site);
    db_wait_until(site.admin, "SELECT EXISTS (SELECT FROM retention.run WHERE status = 'failed')");
    site_wait_said(&site, why);
    up_status_says(&site, why);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), 10);
    free(file_write(site.directory, "clock", "0"));
    site_wait_empty(&site);
    up_end(&site, pid, 1010);
}
END_TEST

#endif

/* The server's was ahead when the last entry was written, and has been set right. */
START_TEST(the_servers_was_ahead)
{
    struct site site = up_site(cluster_shared(), SOON);
    db_exec(site.admin, "INSERT INTO retention.log_entry (type, seq, entry, at) VALUES "
                        "('heartbeat', 0, 'x', clock_timestamp() + interval '1 hour')");
    pid_t pid = site_start(&site, NULL, NULL);
    db_wait_until(site.admin, "SELECT worker IS NOT NULL FROM retention.leader");
    site_wait_said(&site, "the server's clock is behind the last log entry");
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), 1000);
    /* an hour later, as far as that entry is concerned */
    db_exec(
        site.admin,
        "ALTER TABLE retention.log_entry DISABLE TRIGGER USER; UPDATE retention.log_entry SET at "
        "= clock_timestamp() WHERE at > clock_timestamp()");
    site_wait_empty(&site);
    up_end(&site, pid, 1000);
}
END_TEST

/* What a batch waits for after its begin is no difference between the clocks. */
START_TEST(waiting_is_no_difference)
{
    struct site site =
        up_site(cluster_shared(),
                "worker: { lease = \"30 s\"; wake_most = \"1 s\"; max_skew = \"1 s\"; };\n");
    site_be_patient(&site);
    PGconn *other = db_connect(site.cluster, site.database, NULL);
    db_exec(other, "BEGIN; LOCK TABLE event IN SHARE MODE");
    pid_t pid = site_start(&site, NULL, NULL);
    db_wait_until(site.admin, "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE usename = "
                              "'t_worker' AND datname = current_database() AND wait_event_type = "
                              "'Lock' AND clock_timestamp() - query_start > interval '2 s')");
    db_exec(other, "COMMIT");
    PQfinish(other);
    site_wait_empty(&site);
    ck_assert_int_eq(
        db_number(site.admin, "SELECT count(*) FROM retention.run WHERE status = 'failed'"), 0);
    up_end(&site, pid, 1000);
}
END_TEST

Suite *suite_clocks(void)
{
    Suite *suite = suite_create("clocks");
    TCase *tc = tcase_create("clocks");
    tcase_set_timeout(tc, 90);
#ifdef ENABLE_FAULT_POINTS
    tcase_add_loop_test(tc, the_workers_steps, 0, 2);
#endif
    tcase_add_test(tc, the_servers_was_ahead);
    tcase_add_test(tc, waiting_is_no_difference);
    suite_add_tcase(suite, tc);
    return suite;
}
