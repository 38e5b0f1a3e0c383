/* Networks that are cut, and networks that are dead: that the worker notices, and goes on by
 * itself. worker/engine/leadership.c, silence.c, worker/pg/. Between worker and server stands a
 * proxy. */
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
#include "harness/cluster.h"
#include "harness/db.h"
#include "harness/proxy.h"
#include "up_support.h"

static int64_t term(const struct site *site)
{
    return db_number(site->admin, "SELECT term FROM retention.leader");
}

#ifdef ENABLE_FAULT_POINTS

/* Stopped in the middle of its third batch. */
static pid_t start_in_a_batch(const struct site *site)
{
    int status;
    pid_t pid = site_start(site, NULL, "batch_after_action=stop:3");
    ck_assert_int_eq(waitpid(pid, &status, WUNTRACED), pid);
    ck_assert(WIFSTOPPED(status));
    return pid;
}

/* Every connection is cut in the middle of a batch. */
START_TEST(it_is_cut)
{
    struct site site = up_site(cluster_shared(), NULL);
    struct proxy *proxy = up_between(&site, NULL);
    pid_t pid = start_in_a_batch(&site);
    proxy_cut(proxy);
    kill(pid, SIGCONT);
    site_wait_empty(&site);
    ck_assert_int_eq(
        db_number(site.admin, "SELECT count(*) FROM retention.run WHERE status = 'lost'"), 1);
    up_end(&site, pid, 1000);
    proxy_free(proxy);
}
END_TEST

/* The worker connections are dead, amid a batch, the control connection is not: the server says
 * that it waits for us. They are given up and made again, the batch is looked up, and the run goes
 * on under the same term. */
START_TEST(worker_connections_are_dead)
{
    struct site site = up_site(cluster_shared(), NULL);
    struct proxy *proxy = up_between(&site, NULL);
    pid_t pid = start_in_a_batch(&site);
    int64_t before = term(&site);
    proxy_hold_others(proxy);
    kill(pid, SIGCONT);
    site_wait_said(&site, "nothing comes through a worker connection: it is given up");
    site_wait_said(&site, "its connection was lost, and it was rolled back");
    site_wait_empty(&site);
    ck_assert_int_eq(term(&site), before);
    ck_assert_int_eq(
        db_number(site.admin, "SELECT count(*) FROM retention.run WHERE status = 'lost'"), 0);
    up_end(&site, pid, 1000);
    proxy_free(proxy);
}
END_TEST

/* The control connection is dead while it is asked what became of a batch whose connection was
 * lost: a worker that runs once gives up and ends, and frees what that answer is waited for with.
 * What is freed is overwritten, so that using it would show. */
START_TEST(it_ends_while_a_batch_is_looked_up)
{
    struct site site = up_site(cluster_shared(), NULL);
    struct proxy *proxy = up_between(&site, NULL);
    int status;
    ck_assert_int_eq(setenv("MALLOC_PERTURB_", "90", 1), 0);
    pid_t pid = site_start(&site, "--once", "batch_after_action=stop:3");
    ck_assert_int_eq(waitpid(pid, &status, WUNTRACED), pid);
    ck_assert(WIFSTOPPED(status));
    proxy_hold_oldest(proxy);
    db_exec(site.admin, "SELECT pg_terminate_backend(pid) FROM retention.worker_session "
                        "WHERE kind = 'batch'");
    kill(pid, SIGCONT);
    ck_assert_int_eq(program_wait(pid), 1);
    site_wait_said(&site, "the server does not answer");
    /* numbers of batches may be missing until somebody leads next and says so */
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event") +
                         site_logged(&site, "public.event"),
                     1000);
    site_free(&site);
    proxy_free(proxy);
}
END_TEST

#endif

/* A statement that the server is at work on, here waiting for a lock, is no dead connection,
 * however long it takes. */
START_TEST(a_long_statement_is_waited_for)
{
    struct site site = up_site(cluster_shared(), NULL);
    PGconn *other = db_connect(site.cluster, site.database, NULL);
    struct proxy *proxy = up_between(&site, NULL);
    site_be_patient(&site);
    db_exec(other, "BEGIN; LOCK TABLE event IN ACCESS EXCLUSIVE MODE");
    pid_t pid = site_start(&site, NULL, NULL);
    /* three renewals of the lease beyond that: as many looks */
    db_wait_until(site.admin, "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE usename = "
                              "'t_worker' AND wait_event_type = 'Lock' AND query_start < "
                              "(SELECT renewed_at - interval '4 s' FROM retention.leader))");
    db_exec(other, "COMMIT");
    PQfinish(other);
    site_wait_empty(&site);
    char *said _cleanup_free_ = site_stderr(&site);
    ck_assert_ptr_null(strstr(said, "given up"));
    up_end(&site, pid, 1000);
    proxy_free(proxy);
}
END_TEST

/* The connections are there, but nothing comes through any more, and nobody says so: the renewal of
 * the lease stays without an answer, the worker gives the connection up, and leads again. */
START_TEST(it_is_dead)
{
    struct site site = up_site(cluster_shared(), NULL);
    struct proxy *proxy = up_between(&site, NULL);
    pid_t pid = site_start(&site, NULL, NULL);
    site_wait_empty(&site);
    int64_t before = term(&site);
    proxy_hold(proxy);
    site_wait_said(&site, "the server does not answer");
    db_wait_until(site.admin, "SELECT term > %lld AND worker IS NOT NULL FROM retention.leader",
                  (long long)before);
    up_ask_for_run(&site);
    site_wait_empty(&site);
    up_end(&site, pid, 1010);
    proxy_free(proxy);
}
END_TEST

/* The same while the catalog is read, when the lease cannot be renewed on that connection. */
START_TEST(it_is_dead_while_the_catalog_is_read)
{
    struct site site = up_site(cluster_shared(), NULL);
    PGconn *other = db_connect(site.cluster, site.database, NULL);
    struct proxy *proxy = up_between(&site, "statement_timeout = \"1 s\";");
    db_exec(other, "BEGIN; LOCK TABLE retention.category IN ACCESS EXCLUSIVE MODE");
    pid_t pid = site_start(&site, NULL, NULL);
    db_wait_until(site.admin, "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE usename = "
                              "'t_worker' AND wait_event_type = 'Lock')");
    proxy_hold_oldest(proxy);
    db_exec(other, "COMMIT");
    PQfinish(other);
    site_wait_said(&site, "the server does not answer");
    site_wait_empty(&site);
    up_end(&site, pid, 1000);
    proxy_free(proxy);
}
END_TEST

Suite *suite_network(void)
{
    Suite *suite = suite_create("network");
    TCase *tc = tcase_create("network");
    tcase_set_timeout(tc, 120);
#ifdef ENABLE_FAULT_POINTS
    tcase_add_test(tc, it_is_cut);
    tcase_add_test(tc, worker_connections_are_dead);
    tcase_add_test(tc, it_ends_while_a_batch_is_looked_up);
#endif
    tcase_add_test(tc, a_long_statement_is_waited_for);
    tcase_add_test(tc, it_is_dead);
    tcase_add_test(tc, it_is_dead_while_the_catalog_is_read);
    suite_add_tcase(suite, tc);
    return suite;
}
