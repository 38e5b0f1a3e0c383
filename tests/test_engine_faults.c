/* The worker killed, stopped, cut off: worker/engine/ with real processes and servers. What must
 * hold whatever happens: rows gone = rows in the log = digests in the log, and a restart finishes
 * the job. */
#define _GNU_SOURCE
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "config.h"
#include "engine_support.h"
#include "harness/cluster.h"
#include "harness/db.h"

#ifdef ENABLE_FAULT_POINTS

enum { ROWS = 2000 };

static struct site events_site(void)
{
    struct site site =
        site_new(cluster_shared(),
                 "CREATE TABLE event (id bigint PRIMARY KEY, at timestamptz, note text);"
                 "CREATE INDEX ON event (at);"
                 "INSERT INTO event SELECT i, now() - interval '40 days', repeat('x', 200) "
                 "FROM generate_series(1, 2000) i;",
                 "pace: { batch_rows = 100; }; worker: { lease = \"2 s\"; };");
    site_policy(&site, "events",
                "  data: { table = \"public.event\"; start = \"at\"; };\n"
                "  stages = ( { after = \"30 days\"; do = \"delete\"; } );\n"
                "  brake: { fraction = 1.0; };\n");
    site_load_and_approve(&site, "events", -1);
    return site;
}

/* One statement, one snapshot: a COMMIT that was on its way may still arrive. */
static void check_gone_is_logged(const struct site *site)
{
    char *difference = db_value(
        site->admin,
        "SELECT CASE WHEN gone <> logged OR logged <> digests THEN format('%%s gone, %%s logged, "
        "%%s digests', gone, logged, digests) END FROM (SELECT %d - (SELECT count(*) FROM event) "
        "AS gone, (SELECT coalesce(sum(rows), 0) FROM retention.log_entry WHERE type = 'batch') AS "
        "logged, (SELECT count(DISTINCT substr(refs, i * 32 + 1, 32)) FROM retention.log_records, "
        "generate_series(0, octet_length(refs) / 32 - 1) i) AS digests) x",
        ROWS);
    ck_assert_msg(!difference, "%s", difference);
    free(difference);
}

static void finish_the_job(const struct site *site)
{
    site_once_expect(site, NULL, 0);
    ck_assert_int_eq(db_number(site->admin, "SELECT count(*) FROM event"), 0);
    check_gone_is_logged(site);
    site_check_log(site);
}

static const char *const points[] = {
    "batch_begins",        "batch_begin_sent",    "batch_after_begin", "batch_after_action",
    "batch_before_append", "batch_before_commit", "batch_commit_sent", "batch_after_commit",
    "run_after_plan",      "run_before_done",     "run_after_done",    "lead_after_term",
};

/* Killed at each point, in the first batch and later ones; the next worker finishes. */
START_TEST(killed_anywhere)
{
    struct site site = events_site();
    bool batch = strncmp(points[_i], "batch", 5) == 0;
    char fault[64];
    snprintf(fault, sizeof(fault), "%s=exit:%d", points[_i], batch ? 3 : 0);
    site_once_expect(&site, fault, 70);
    check_gone_is_logged(&site);
    finish_the_job(&site);
    ck_assert_int_eq(
        db_number(site.admin, "SELECT count(*) FROM retention.run WHERE status = 'running'"), 0);
    site_free(&site);
}
END_TEST

/* The first worker is stopped (SIGSTOP) at each point, with its transaction open or its COMMIT on
 * the way; the second takes over when the lease is over, and is not blocked for longer. When the
 * first is continued it cannot commit anything, and no row is logged twice. */
START_TEST(stopped_anywhere)
{
    struct site site = events_site();
    bool batch = strncmp(points[_i], "batch", 5) == 0;
    char fault[64];
    snprintf(fault, sizeof(fault), "%s=stop:%d", points[_i], batch ? 3 : 0);
    pid_t first = site_start(&site, "--once", fault);
    int status;
    ck_assert_int_eq(waitpid(first, &status, WUNTRACED), first);
    ck_assert(WIFSTOPPED(status));
    time_t began = time(NULL);
    finish_the_job(&site);
    ck_assert_int_le(time(NULL) - began, 10);
    ck_assert_int_eq(kill(first, SIGCONT), 0);
    ck_assert_int_eq(program_wait(first), 1);
    check_gone_is_logged(&site);
    site_check_log(&site);
    site_free(&site);
}
END_TEST

/* The two points that only families pass: records locked and judged; the records gone, and their
 * dependants before them. Stopped there, the worker holds locks on all of them. */
START_TEST(stopped_in_a_family)
{
    static const char *const family_points[] = {"batch_after_lock", "batch_after_remove"};
    struct site site =
        site_new(cluster_shared(),
                 "CREATE TABLE event (id bigint PRIMARY KEY, at timestamptz);"
                 "CREATE INDEX ON event (at);"
                 "CREATE TABLE part (id bigint PRIMARY KEY, event_id bigint NOT NULL REFERENCES "
                 "event);"
                 "CREATE INDEX ON part (event_id);"
                 "INSERT INTO event SELECT i, now() - interval '40 days' FROM "
                 "generate_series(1, 2000) i;"
                 "INSERT INTO part SELECT i, i FROM generate_series(1, 2000) i;",
                 "pace: { batch_rows = 100; family_rows = 100; }; worker: { lease = \"2 s\"; };");
    site_policy(&site, "events",
                "  data: { table = \"public.event\"; start = \"at\";\n"
                "    with = ( { table = \"public.part\"; by = [ \"event_id\" ]; } ); };\n"
                "  stages = ( { after = \"30 days\"; do = \"delete\"; } );\n"
                "  brake: { fraction = 1.0; };\n");
    site_load_and_approve(&site, "events", -1);
    char fault[64];
    snprintf(fault, sizeof(fault), "%s=stop:3", family_points[_i]);
    pid_t first = site_start(&site, "--once", fault);
    int status;
    ck_assert_int_eq(waitpid(first, &status, WUNTRACED), first);
    ck_assert(WIFSTOPPED(status));
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(db_number(site.admin, "SELECT (SELECT count(*) FROM event) + (SELECT count(*) "
                                           "FROM part)"),
                     0);
    ck_assert_int_eq(kill(first, SIGCONT), 0);
    ck_assert_int_eq(program_wait(first), 1);
    ck_assert_int_eq(site_digests(&site, "public.event"), 2000);
    ck_assert_int_eq(site_digests(&site, "public.part"), 2000);
    ck_assert_int_eq(site_logged(&site, "public.event"), 2000);
    ck_assert_int_eq(site_logged(&site, "public.part"), 2000);
    site_check_log(&site);
    site_free(&site);
}
END_TEST

/* COMMIT arrives, its answer is lost: the batch is looked up by its number, not replayed. */
START_TEST(lost_answer_to_commit)
{
    struct site site = events_site();
    struct program_result result = site_once(&site, "batch_lose_answer=error:2");
    ck_assert_msg(result.exit_code == 0, "%s", result.err);
    ck_assert_ptr_nonnull(strstr(result.err, "connection was lost, and it was committed"));
    program_result_free(&result);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), 0);
    check_gone_is_logged(&site);
    site_check_log(&site);
    site_free(&site);
}
END_TEST

/* The backend of an open batch is terminated: the batch is rolled back, its range comes again. */
START_TEST(terminated_backend)
{
    struct site site = events_site();
    pid_t pid = site_start(&site, "--once", "batch_after_action=stop:2");
    int status;
    ck_assert_int_eq(waitpid(pid, &status, WUNTRACED), pid);
    /* again and again: one of them may be about to join */
    db_wait_until(site.admin, "SELECT count(pg_terminate_backend(pid)) = 0 FROM pg_stat_activity a "
                              "JOIN retention.worker_session s USING (pid) WHERE s.kind = 'batch'");
    kill(pid, SIGCONT);
    ck_assert_int_eq(program_wait(pid), 0);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), 0);
    check_gone_is_logged(&site);
    site_check_log(&site);
    site_free(&site);
}
END_TEST

/* The control connection goes in the middle of a run: the run is lost, nothing else. */
START_TEST(terminated_control)
{
    struct site site = events_site();
    pid_t pid = site_start(&site, "--once", "batch_after_action=stop:2");
    int status;
    ck_assert_int_eq(waitpid(pid, &status, WUNTRACED), pid);
    db_exec(site.admin, "SELECT pg_terminate_backend(pid) FROM retention.worker_session "
                        "WHERE kind = 'control'");
    kill(pid, SIGCONT);
    ck_assert_int_eq(program_wait(pid), 1);
    check_gone_is_logged(&site);
    finish_the_job(&site);
    site_free(&site);
}
END_TEST

/* A pause in the middle of a run: the batch in flight ends, the next is refused, the run says so.
 */
START_TEST(paused_in_a_run)
{
    struct site site = events_site();
    pid_t pid = site_start(&site, "--once", "batch_after_action=stop:2");
    int status;
    ck_assert_int_eq(waitpid(pid, &status, WUNTRACED), pid);
    PGconn *operator= db_connect(site.cluster, site.database, "t_operator");
    db_exec(operator, "SELECT retention.pause('category:events', 'test', NULL)");
    kill(pid, SIGCONT);
    ck_assert_int_eq(program_wait(pid), 5);
    ck_assert_int_gt(db_number(site.admin, "SELECT count(*) FROM event"), 0);
    ck_assert_int_eq(
        db_number(site.admin, "SELECT count(*) FROM retention.run WHERE status = 'paused'"), 1);
    check_gone_is_logged(&site);
    site_check_log(&site);
    site_once_expect(&site, NULL, 5);
    db_exec(operator, "SELECT retention.resume('category:events', 'test')");
    finish_the_job(&site);
    PQfinish(operator);
    site_free(&site);
}
END_TEST

/* The emergency stop ends what is in flight. */
START_TEST(emergency_stop)
{
    struct site site = events_site();
    pid_t pid = site_start(&site, "--once", "batch_after_action=stop:2");
    int status;
    ck_assert_int_eq(waitpid(pid, &status, WUNTRACED), pid);
    PGconn *operator= db_connect(site.cluster, site.database, "t_operator");
    db_exec(operator, "SELECT retention.stop_now('test')");
    int64_t left = db_number(site.admin, "SELECT count(*) FROM event");
    kill(pid, SIGCONT);
    ck_assert_int_eq(program_wait(pid), 5);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), left);
    check_gone_is_logged(&site);
    site_check_log(&site);
    PQfinish(operator);
    site_free(&site);
}
END_TEST

/* SIGTERM: the batches in flight finish, the run is closed, leadership is given up. */
START_TEST(told_to_stop)
{
    struct site site = events_site();
    pid_t pid = site_start(&site, "--once", "batch_after_action=stop:2");
    int status;
    ck_assert_int_eq(waitpid(pid, &status, WUNTRACED), pid);
    kill(pid, SIGTERM);
    kill(pid, SIGCONT);
    ck_assert_int_eq(program_wait(pid), 5);
    ck_assert_int_gt(db_number(site.admin, "SELECT count(*) FROM event"), 0);
    ck_assert_int_eq(
        db_number(site.admin, "SELECT count(*) FROM retention.run WHERE status = 'stopped'"), 1);
    ck_assert_int_eq(
        db_number(site.admin, "SELECT count(*) FROM retention.leader WHERE worker IS NOT NULL"), 0);
    check_gone_is_logged(&site);
    site_check_log(&site);
    finish_the_job(&site);
    site_free(&site);
}
END_TEST

#define DELETE_DUE(table_)                                                                         \
    "  data: { table = \"public." table_ "\"; start = \"at\"; };\n"                                \
    "  stages = ( { after = \"30 days\"; do = \"delete\"; } );\n"                                  \
    "  brake: { fraction = 1.0; };\n"

/* Who of the workers waits for a lock. */
#define WAITING                                                                                    \
    "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND usename = "           \
    "'t_worker' AND wait_event_type = 'Lock'"

/* Category "early" before "events", ten due rows each, and one worker connection. `more`: of the
 * policy of "events". */
static struct site two_categories(const char *more)
{
    struct site site = site_new_single(cluster_shared(),
                                       "CREATE TABLE event (id bigint PRIMARY KEY, at timestamptz);"
                                       "CREATE INDEX ON event (at);"
                                       "CREATE TABLE early (id bigint PRIMARY KEY, at timestamptz);"
                                       "CREATE INDEX ON early (at);"
                                       "INSERT INTO event SELECT i, now() - interval '40 days' "
                                       "FROM generate_series(1, 10) i;"
                                       "INSERT INTO early SELECT * FROM event;",
                                       NULL);
    char *body;
    ck_assert_int_ge(asprintf(&body, DELETE_DUE("event") "%s", more), 0);
    site_policy(&site, "early", DELETE_DUE("early"));
    site_policy(&site, "events", body);
    free(body);
    site_load_and_approve(&site, "early", -1);
    site_approve(&site, "events", -1);
    return site;
}

static pid_t start_stopped(const struct site *site, const char *fault)
{
    int status;
    pid_t pid = site_start(site, "--once", fault);
    ck_assert_int_eq(waitpid(pid, &status, WUNTRACED), pid);
    ck_assert(WIFSTOPPED(status));
    return pid;
}

/* The server refuses the only worker connection when it joins: that run fails, and the next one has
 * a connection again. */
START_TEST(refused_when_it_joins)
{
    struct site site = two_categories("");
    site_be_patient(&site);
    pid_t pid = start_stopped(&site, "lead_after_term=stop");
    PGconn *other = db_connect(site.cluster, site.database, NULL);
    db_exec(other, "BEGIN");
    db_exec(other, "LOCK TABLE retention.worker_session IN SHARE MODE");
    kill(pid, SIGCONT);
    db_wait_until(site.admin, "SELECT EXISTS (" WAITING ")");
    int64_t lane = db_number(site.admin, WAITING);
    db_exec(site.admin, "SELECT pg_cancel_backend(%lld)", (long long)lane);
    db_wait_until(site.admin, "SELECT %lld NOT IN (" WAITING ")", (long long)lane);
    db_exec(other, "COMMIT");
    PQfinish(other);
    ck_assert_int_eq(program_wait(pid), 1);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM early"), 10);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), 0);
    site_check_log(&site);
    site_free(&site);
}
END_TEST

/* Told to stop while its run is on the way into the log, which is then refused. */
START_TEST(refused_while_it_stops)
{
    struct site site = events_site();
    site_be_patient(&site);
    pid_t pid = start_stopped(&site, "run_before_start=stop");
    PGconn *other = db_connect(site.cluster, site.database, NULL);
    db_exec(other, "BEGIN");
    db_exec(other, "LOCK TABLE retention.category IN ACCESS EXCLUSIVE MODE");
    db_exec(other, "UPDATE retention.category SET brake_engaged_at = now()");
    kill(pid, SIGTERM);
    kill(pid, SIGCONT);
    site_wait_said(&site, "told to stop");
    db_wait_until(site.admin, "SELECT EXISTS (" WAITING ")");
    db_exec(other, "COMMIT");
    PQfinish(other);
    ck_assert_int_eq(program_wait(pid), 5);
    ck_assert_int_eq(
        db_number(site.admin, "SELECT count(*) FROM retention.leader WHERE worker IS NOT NULL"), 0);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM retention.run"), 0);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), ROWS);
    site_free(&site);
}
END_TEST

/* Told to stop between two runs, while the server is asked for the window of the second: that one
 * does not begin. */
START_TEST(told_to_stop_between_runs)
{
    struct site site = two_categories("  window = \"00:00-23:59\";\n");
    pid_t pid = start_stopped(&site, "run_after_status=stop");
    kill(pid, SIGTERM);
    kill(pid, SIGCONT);
    int code = program_wait(pid); /* 5: the answer came first, and the run that began was stopped */
    ck_assert_msg(code == 0 || code == 5, "exit code %d", code);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM early"), 0);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), 10);
    ck_assert_int_eq(
        db_number(site.admin, "SELECT count(*) FROM retention.run WHERE category = 'events'"), 0);
    ck_assert_int_eq(
        db_number(site.admin, "SELECT count(*) FROM retention.leader WHERE worker IS NOT NULL"), 0);
    site_check_log(&site);
    site_free(&site);
}
END_TEST

#endif

Suite *suite_engine_faults(void)
{
    Suite *suite = suite_create("engine_faults");
#ifdef ENABLE_FAULT_POINTS
    int count = (int)(sizeof(points) / sizeof(points[0]));
    TCase *killed = tcase_create("killed");
    tcase_set_timeout(killed, 60);
    tcase_add_loop_test(killed, killed_anywhere, 0, count);
    suite_add_tcase(suite, killed);
    TCase *stopped = tcase_create("stopped");
    tcase_set_timeout(stopped, 60);
    tcase_add_loop_test(stopped, stopped_anywhere, 0, count);
    tcase_add_loop_test(stopped, stopped_in_a_family, 0, 2);
    suite_add_tcase(suite, stopped);
    TCase *cut = tcase_create("cut_off");
    tcase_set_timeout(cut, 60);
    tcase_add_test(cut, lost_answer_to_commit);
    tcase_add_test(cut, terminated_backend);
    tcase_add_test(cut, terminated_control);
    tcase_add_test(cut, paused_in_a_run);
    tcase_add_test(cut, emergency_stop);
    tcase_add_test(cut, told_to_stop);
    tcase_add_test(cut, refused_when_it_joins);
    tcase_add_test(cut, refused_while_it_stops);
    tcase_add_test(cut, told_to_stop_between_runs);
    suite_add_tcase(suite, cut);
#endif
    return suite;
}
