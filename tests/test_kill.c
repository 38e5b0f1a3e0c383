/* The worker is killed, the server is killed, connections are cut, at random moments, while an
 * application writes: whatever happens, the rows that are gone are those that the log tells of, by
 * key, and whoever is started next finishes the job.
 *
 * A moment is a number of batches seen in the log, and then some microseconds, so that it falls
 * anywhere between two of them; or a fault point passed a number of times. Both come from a seeded
 * generator: RETENTIOND_KILL_SEED repeats a run (not its every race), RETENTIOND_KILL_ROUNDS makes
 * it longer (9 kills of the worker by default, for 4 of the server; 50 in .ci/run). The server
 * writes its WAL as it does in earnest: fsync, full pages and synchronous commits are on. */
#define _GNU_SOURCE
#include <check.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "application.h"
#include "base/clock.h"
#include "base/fault.h"
#include "harness/cluster.h"
#include "harness/db.h"
#include "harness/number.h"

/* A round has about BATCHES entries for the worker to write. */
enum { PATIENCE_S = 60, EVENTS = 600, BATCHES = 28 };

static const char settings[] = "pace: { batch_rows = 100; family_rows = 100; };\n"
                               "worker: { lease = \"2 s\"; };";

static struct cluster *cluster;
static struct site site;
static pid_t application[2];
static struct chance chance;
static uint64_t seed;
static int rounds;

static int from_environment(const char *name, int otherwise)
{
    return (int)number_from_environment(name, otherwise);
}

static void setup(void)
{
    rounds = from_environment("RETENTIOND_KILL_ROUNDS", 9);
    seed = (uint64_t)from_environment("RETENTIOND_KILL_SEED", 1);
    cluster = cluster_new("fsync = on\nsynchronous_commit = on\nfull_page_writes = on\n"
                          "autovacuum = on\nautovacuum_naptime = 1s");
    site = application_site(cluster, settings);
    /* "retentionctl run" of the worker's role leads, or asks who leads. */
    db_exec(site.admin, "GRANT retention_operator TO t_worker");
}

static void teardown(void)
{
    site_free(&site);
    cluster_free(cluster);
}

static void begin(uint64_t kind)
{
    chance.state = seed * 1000 + kind;
    for (size_t i = 0; i < ARRAY_LENGTH(application); i++)
        application[i] = application_start(&site, seed * 1000 + kind * 10 + i + 1);
}

/* --- the worker under test --- */

struct subject {
    pid_t pid;
    int exit_code; /* -1: it lives */
};

static struct subject start(const char *const *argv, const char *fault)
{
    char *variable _cleanup_free_ = NULL, *path _cleanup_free_ = NULL;
    ck_assert_int_gt(asprintf(&variable, "RETENTIOND_FAULT=%s", fault ? fault : ""), 0);
    ck_assert_int_gt(asprintf(&path, "%s/stderr", site.directory), 0);
    const char *const env[] = {variable, NULL};
    return (struct subject){program_start(argv, env, path), -1};
}

/* The three ways to run it. */
static struct subject start_any(const char *fault)
{
    const char *const once[] = {"retentiond", "-c", site.config, "--once", NULL};
    const char *const daemon[] = {"retentiond", "-c", site.config, NULL};
    const char *const ctl[] = {"retentionctl", "-c", site.config, "run", NULL};
    const char *const *const ways[] = {once, daemon, ctl};
    /* At a fault point it ends by itself or has to come to its end. */
    return start(fault ? once : ways[chance_below(&chance, ARRAY_LENGTH(ways))], fault);
}

static struct subject start_daemon(void)
{
    return start((const char *const[]){"retentiond", "-c", site.config, NULL}, NULL);
}

static bool lives(struct subject *subject)
{
    int status;
    if (subject->exit_code < 0 && waitpid(subject->pid, &status, WNOHANG) == subject->pid)
        subject->exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    return subject->exit_code < 0;
}

static void say_it_all(const char *what, int round)
{
    char *said _cleanup_free_ = site_stderr(&site);
    size_t length = strlen(said);
    fprintf(stderr, "%s in round %d with seed %llu; the worker's last words:\n%s\n", what, round,
            (unsigned long long)seed, length > 4000 ? said + length - 4000 : said);
}

static void end_it(struct subject *subject, int signal)
{
    if (!lives(subject))
        return;
    kill(subject->pid, signal);
    subject->exit_code = program_wait(subject->pid);
}

static void expect_end(struct subject *daemon)
{
    end_it(daemon, SIGTERM);
    if (daemon->exit_code != 0)
        say_it_all("the daemon failed", rounds);
    ck_assert_int_eq(daemon->exit_code, 0);
}

/* --- moments --- */

/* Near enough, and no scan. */
static int64_t entries_logged(void)
{
    return db_number(site.admin, "SELECT coalesce(max(id), 0) FROM retention.log_entry");
}

static int64_t runs_done(void)
{
    return db_number(site.admin, "SELECT count(*) FROM retention.run WHERE status = 'done'");
}

/* So many more batches, or the end of the process, or of its work. */
static void wait_for_batches(struct subject *subject, uint32_t batches)
{
    int64_t logged = entries_logged(), done = runs_done();
    time_t limit = time(NULL) + PATIENCE_S;
    while (lives(subject) && entries_logged() < logged + batches && runs_done() < done + 3) {
        if (time(NULL) > limit)
            say_it_all("it does nothing", -1);
        ck_assert_int_le(time(NULL), limit);
        poll(NULL, 0, 1); /* between two looks; the worker needs the processor too */
    }
}

static void spin(uint32_t microseconds)
{
    for (int64_t until = clock_monotonic_us() + microseconds; clock_monotonic_us() < until;)
        ;
}

static void wait_for_moment(struct subject *subject)
{
    wait_for_batches(subject, chance_below(&chance, BATCHES));
    spin(chance_below(&chance, 6000));
}

static void check_numbers(int round)
{
    if (round % 4)
        return;
    struct text report _cleanup_text_ = {0};
    application_compare_numbers(site.admin, &report);
    if (report.length)
        say_it_all(report.data, round);
    ck_assert_msg(!report.length, "round %d, seed %llu:\n%s", round, (unsigned long long)seed,
                  report.data);
}

/* The application ends; a worker that nobody disturbs finishes; everything is compared by key. */
static void finish(void)
{
    struct text report _cleanup_text_ = {0};
    for (size_t i = 0; i < ARRAY_LENGTH(application); i++)
        application_stop(application[i]);
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(application_due(site.admin), 0);
    ck_assert_int_eq(
        db_number(site.admin, "SELECT count(*) FROM retention.run WHERE status = 'running'"), 0);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM retention.blocked_record"), 0);
    application_compare_numbers(site.admin, &report);
    application_compare_keys(&site, &report);
    if (report.length)
        say_it_all("differences", rounds);
    ck_assert_msg(!report.length, "seed %llu:\n%s", (unsigned long long)seed, report.data);
    if (getenv("TEST_VERBOSE"))
        fprintf(stderr, "%lld entries, %lld runs, %lld lost\n", (long long)entries_logged(),
                (long long)db_number(site.admin, "SELECT count(*) FROM retention.run"),
                (long long)db_number(site.admin,
                                     "SELECT count(*) FROM retention.run WHERE status = 'lost'"));
}

/* --- the tests --- */

START_TEST(kill_the_worker)
{
    static const char *const points[] = {
        "batch_after_begin",   "batch_after_action", "batch_after_lock",  "batch_after_remove",
        "batch_before_append", "batch_commit_sent",  "batch_after_commit"};
    int reached = 0;
    begin(1);
    for (int round = 0; round < rounds; round++) {
        application_fill(site.admin, EVENTS);
        char fault[64] = "";
        if (round % 3 == 2)
            snprintf(fault, sizeof(fault), "%s=exit:%u",
                     points[chance_below(&chance, ARRAY_LENGTH(points))],
                     chance_below(&chance, BATCHES));
        struct subject subject = start_any(*fault ? fault : NULL);
        if (*fault) {
            subject.exit_code = program_wait(subject.pid);
            reached += subject.exit_code == 70;
        } else {
            wait_for_moment(&subject);
            end_it(&subject, SIGKILL);
        }
        check_numbers(round);
    }
#ifdef ENABLE_FAULT_POINTS
    ck_assert_int_ge(reached, rounds / 6);
#else
    (void)reached;
#endif
    finish();
}
END_TEST

/* The daemon lives through it, and goes on by itself when the server is back. */
START_TEST(stop_the_server)
{
    begin(2);
    struct subject daemon = start_daemon();
    for (int round = 0; round < (rounds * 2 + 4) / 5; round++) {
        application_fill(site.admin, EVENTS);
        db_exec(site.admin, "SELECT retention.request_run(NULL)");
        wait_for_moment(&daemon);
        if (!lives(&daemon))
            say_it_all("the daemon ended", round);
        ck_assert_int_eq(daemon.exit_code, -1);
        PQfinish(site.admin);
        PQfinish(site.approver);
        cluster_stop(cluster, "immediate");
        if (chance_below(&chance, 4) == 0) {
            end_it(&daemon, SIGKILL);
            daemon = start_daemon();
        }
        cluster_start(cluster);
        site.admin = db_connect(cluster, site.database, NULL);
        site.approver = db_connect(cluster, site.database, "t_approver");
        check_numbers(round);
        wait_for_batches(&daemon, 1);
    }
    expect_end(&daemon);
    finish();
}
END_TEST

/* Worker connections go one by one: what became of a COMMIT is looked up, nothing is done twice. */
START_TEST(cut_connections)
{
    begin(3);
    struct subject daemon = start_daemon();
    for (int round = 0; round < rounds; round++) {
        application_fill(site.admin, EVENTS / 2);
        db_exec(site.admin, "SELECT retention.request_run(NULL)");
        wait_for_batches(&daemon, chance_below(&chance, BATCHES / 2));
        spin(chance_below(&chance, 6000));
        db_exec(site.admin,
                "SELECT pg_terminate_backend(pid) FROM retention.worker_session"
                " WHERE kind = '%s' ORDER BY pid LIMIT 1",
                chance_below(&chance, 6) == 0 ? "control" : "batch");
        check_numbers(round);
        if (!lives(&daemon))
            say_it_all("the daemon ended", round);
        ck_assert_int_eq(daemon.exit_code, -1);
    }
    expect_end(&daemon);
    finish();
}
END_TEST

/* The daemon reads policies and catalog in one read-only transaction on its control connection.
 * That may take longer than its lease leaves; renewing it writes, so it must not fall in between.
 * (It did, and the daemon ended with "read-only transaction".) */
START_TEST(the_lease_is_renewed_behind_a_long_load)
{
    PGconn *other = db_connect(cluster, site.database, NULL);
    application_fill(site.admin, 100);
    db_exec(other, "BEGIN; LOCK TABLE retention.category IN ACCESS EXCLUSIVE MODE");
    struct subject daemon = start_daemon();
    db_wait_until(site.admin,
                  "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE usename = 't_worker'"
                  " AND wait_event_type = 'Lock')");
    db_wait_until(site.admin, "SELECT renewed_at + lease * 0.9 < clock_timestamp()"
                              " FROM retention.leader");
    db_exec(other, "COMMIT");
    PQfinish(other);
    db_wait_until(site.admin, "SELECT sum(count) = 0 FROM app.due");
    db_wait_until(site.admin, "SELECT count(*) = 3 FROM retention.run WHERE status = 'done'");
    expect_end(&daemon);
}
END_TEST

/* Told to stop, the daemon waits for its batch; if its connection goes meanwhile, it has nothing
 * left to wait for, and that is no failure. */
START_TEST(cut_while_it_stops)
{
    PGconn *other = db_connect(cluster, site.database, NULL);
    application_fill(site.admin, 100);
    db_exec(other, "BEGIN; LOCK TABLE public.event IN SHARE MODE");
    site_be_patient(&site);
    struct subject daemon = start_daemon();
    db_wait_until(site.admin,
                  "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE usename = 't_worker'"
                  " AND wait_event_type = 'Lock')");
    kill(daemon.pid, SIGTERM);
    for (bool told = false; !told;) {
        char *said _cleanup_free_ = site_stderr(&site);
        told = strstr(said, "told to stop") != NULL;
        poll(NULL, 0, 5);
    }
    ck_assert(lives(&daemon));
    db_exec(site.admin, "SELECT pg_terminate_backend(pid) FROM retention.worker_session"
                        " WHERE kind = 'control'");
    ck_assert_int_eq(program_wait(daemon.pid), 0);
    db_exec(other, "COMMIT");
    PQfinish(other);
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(application_due(site.admin), 0);
}
END_TEST

/* A person asked a worker that is killed then: "retentionctl run" finds itself alone, leads, and
 * finishes what it asked for. */
START_TEST(the_worker_that_was_asked_is_killed)
{
    PGconn *other = db_connect(cluster, site.database, NULL);
    application_fill(site.admin, 1000);
    db_exec(other, "BEGIN; LOCK TABLE public.message IN SHARE MODE"); /* the run waits for it */
    struct subject daemon = start_daemon();
    db_wait_until(site.admin, "SELECT count(*) = 1 FROM retention.run WHERE status = 'running'"
                              " AND category = 'messages'");
    struct subject person =
        start((const char *const[]){"retentionctl", "-c", site.config, "run", NULL}, NULL);
    db_wait_until(site.admin, "SELECT count(*) = 1 FROM retention.run_request");
    end_it(&daemon, SIGKILL);
    db_exec(other, "COMMIT");
    PQfinish(other);
    ck_assert_int_eq(program_wait(person.pid), 0);
    ck_assert_int_eq(application_due(site.admin), 0);
}
END_TEST

Suite *suite_kill(void)
{
    Suite *suite = suite_create("kill");
    TCase *tc = tcase_create("kill");
    tcase_set_timeout(tc, 60 + 30 * from_environment("RETENTIOND_KILL_ROUNDS", 9));
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, kill_the_worker);
    tcase_add_test(tc, stop_the_server);
    tcase_add_test(tc, cut_connections);
    tcase_add_test(tc, the_lease_is_renewed_behind_a_long_load);
    tcase_add_test(tc, cut_while_it_stops);
    tcase_add_test(tc, the_worker_that_was_asked_is_killed);
    suite_add_tcase(suite, tc);
    return suite;
}
