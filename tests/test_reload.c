/* Reloading, being told to stop, and the next worker. worker/engine/reload.c, stop.c, leadership.c.
 */
#define _GNU_SOURCE
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "config.h"
#include "engine_support.h"
#include "harness/cluster.h"
#include "harness/db.h"

#define POLICY(start_, after_)                                                                     \
    "  data: { table = \"public.event\"; start = \"" start_ "\"; };\n"                             \
    "  stages = ( { after = \"" after_ "\"; do = \"delete\"; } );\n"                               \
    "  brake: { fraction = 1.0; };\n"

static struct site reload_site_on(struct cluster *cluster, int connections, const char *settings)
{
    struct site site = site_new_wide(
        cluster,
        "CREATE TABLE event (id bigint PRIMARY KEY, at timestamptz NOT NULL, note text);"
        "CREATE INDEX ON event (at);"
        "INSERT INTO event SELECT i, now() - interval '40 days', repeat('x', 200) "
        "FROM generate_series(1, 1000) i;",
        connections, settings ? settings : "pace: { batch_rows = 100; };");
    site_policy(&site, "events", POLICY("at", "30 days"));
    return site;
}

static struct site reload_site_wide(int connections, const char *settings)
{
    return reload_site_on(cluster_shared(), connections, settings);
}

static struct site reload_site(const char *settings)
{
    return reload_site_wide(2, settings);
}

static void more_rows(const struct site *site)
{
    db_exec(site->admin,
            "INSERT INTO event SELECT coalesce((SELECT max(id) FROM event), 100000) + i, "
            "now() - interval '40 days', 'x' FROM generate_series(1, 10) i");
}

/* Until a text with this is loaded. */
static void wait_for_text(const struct site *site, const char *what)
{
    db_wait_until(site->admin,
                  "SELECT EXISTS (SELECT FROM retention.category c JOIN retention.policy_text t "
                  "ON t.category = c.name AND t.sha256 = c.loaded_sha256 "
                  "WHERE t.text LIKE '%%%s%%')",
                  what);
}

static void end(const struct site *site, pid_t pid)
{
    kill(pid, SIGTERM);
    ck_assert_int_eq(program_wait(pid), 0);
    ck_assert_int_eq(
        db_number(site->admin, "SELECT count(*) FROM retention.leader WHERE worker IS NULL"), 1);
}

/* Errors that only the database shows, and errors of the main file: each refuses the whole, is kept
 * for `status`, and the worker goes on with what it had. A good one clears that. */
START_TEST(broken_files_are_refused)
{
    struct site site = reload_site(NULL);
    site_load_and_approve(&site, "events", -1);
    pid_t pid = site_start(&site, NULL, NULL);
    site_wait_empty(&site);
    site_policy(&site, "events", POLICY("no_such", "30 days"));
    kill(pid, SIGHUP);
    db_wait_until(site.admin, "SELECT reload_refused LIKE '%%events.cfg:%%no_such%%' "
                              "FROM retention.leader");
    more_rows(&site);
    site_request(&site);
    site_wait_empty(&site);

    site_policy(&site, "events", POLICY("at", "30 days"));
    char *good _cleanup_free_ = file_read(site.config), *bad;
    ck_assert_int_ge(asprintf(&bad, "%sholds: { grace = \"11 years\"; };\n", good), 0);
    free(file_write(site.directory, "retentiond.cfg", bad));
    kill(pid, SIGHUP);
    db_wait_until(site.admin, "SELECT reload_refused LIKE '%%\"holds.grace\" must be between%%' "
                              "FROM retention.leader");
    free(bad);
    ck_assert_int_ge(asprintf(&bad, "%sworker: { lease = \"7 s\"; };\n", good), 0);
    free(file_write(site.directory, "retentiond.cfg", bad));
    kill(pid, SIGHUP);
    db_wait_until(site.admin, "SELECT reload_refused IS NULL AND needs_restart = 'worker.lease' "
                              "FROM retention.leader");
    free(bad);
    more_rows(&site);
    site_request(&site);
    site_wait_empty(&site);
    end(&site, pid);
    site_check_log(&site);
    site_free(&site);
}
END_TEST

/* A category that was invalid for a key that nobody knows is valid as soon as the key is gone,
 * although its normalised text is what it was. */
START_TEST(a_mended_file_is_taken)
{
    struct site site = reload_site(NULL);
    site_load_and_approve(&site, "events", -1);
    site_policy(&site, "events", POLICY("at", "30 days") "  tittle = \"Events\";\n");
    pid_t pid = site_start(&site, NULL, NULL);
    db_wait_until(site.admin, "SELECT EXISTS (SELECT FROM retention.category WHERE "
                              "invalid_because LIKE '%%tittle%%')");
    site_policy(&site, "events", POLICY("at", "30 days"));
    kill(pid, SIGHUP);
    site_wait_said(&site, "configuration and policies were reloaded");
    site_request(&site);
    db_wait_until(site.admin,
                  "SELECT bool_and(finished_at IS NOT NULL) FROM retention.run_request");
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), 0);
    end(&site, pid);
    site_free(&site);
}
END_TEST

/* The same where it waits for a database that is away. */
START_TEST(a_refusal_without_a_database)
{
    struct cluster *cluster = cluster_new(NULL);
    struct site site = reload_site_on(cluster, 1, NULL);
    site_load_and_approve(&site, "events", -1);
    pid_t pid = site_start(&site, NULL, NULL);
    site_wait_empty(&site);
    more_rows(&site);
    cluster_stop(cluster, "fast");
    site_wait_said(&site, "could not connect to database");
    site_policy(&site, "events", POLICY("at", "400 days"));
    kill(pid, SIGHUP);
    site_wait_said(&site, "configuration and policies were reloaded");
    site_policy(&site, "events", POLICY("at", "500 days") "  tittle = \"Events\";\n");
    kill(pid, SIGHUP);
    site_wait_said(&site, "the reload is refused");
    cluster_start(cluster);
    PQreset(site.admin);
    wait_for_text(&site, "400 days");
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), 10);
    end(&site, pid);
    site_free(&site);
    cluster_free(cluster);
}
END_TEST

/* The first policy that names a time zone: it is read with the zones that the server knows. */
START_TEST(the_first_time_zone)
{
    struct site site = reload_site(NULL);
    site_load_and_approve(&site, "events", -1);
    pid_t pid = site_start(&site, NULL, NULL);
    site_wait_empty(&site);
    site_policy(&site, "events", POLICY("at", "30 days") "  timezone = \"America/New_York\";\n");
    kill(pid, SIGHUP);
    wait_for_text(&site, "New_York");
    char *said _cleanup_free_ = site_stderr(&site);
    ck_assert_msg(!strstr(said, "is not known to the server"), "%s", said);
    end(&site, pid);
    site_free(&site);
}
END_TEST

static void set_window(const struct site *site, const char *from, const char *to)
{
    char *window _cleanup_free_ =
        db_value(site->admin,
                 "SELECT to_char(now() AT TIME ZONE 'UTC' + interval '%s', 'HH24:MI') || '-' || "
                 "to_char(now() AT TIME ZONE 'UTC' + interval '%s', 'HH24:MI')",
                 from, to);
    char *text _cleanup_free_ = file_read(site->config);
    char *place = strstr(text, "window = \"");
    ck_assert_ptr_nonnull(place);
    memcpy(place + strlen("window = \""), window, strlen(window));
    free(file_write(site->directory, "retentiond.cfg", text));
}

/* The main file's window ends earlier, and then begins elsewhere. */
START_TEST(another_window)
{
    struct site site = reload_site("pace: { window = \"00:00-00:01\"; };");
    set_window(&site, "-2 hours", "2 hours");
    site_load_and_approve(&site, "events", -1);
    pid_t pid = site_start(&site, NULL, NULL);
    site_wait_empty(&site);
    set_window(&site, "-2 hours", "-1 hour");
    more_rows(&site);
    kill(pid, SIGHUP);
    site_wait_said(&site, "outside its window");
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), 10);
    set_window(&site, "-3 hours", "2 hours");
    kill(pid, SIGHUP);
    site_wait_empty(&site);
    end(&site, pid);
    site_check_log(&site);
    site_free(&site);
}
END_TEST

#ifdef ENABLE_FAULT_POINTS

/* In the middle of a run the period becomes longer: the batches under way are finished, the run is
 * closed, and nothing more goes under the old text. */
START_TEST(counts_from_the_next_batch)
{
    struct site site = reload_site("pace: { batch_rows = 100; rows_per_second = 100; };");
    site_load_and_approve(&site, "events", -1);
    pid_t pid = site_start(&site, NULL, "batch_after_action=stop:3");
    int status;
    ck_assert_int_eq(waitpid(pid, &status, WUNTRACED), pid);
    site_policy(&site, "events", POLICY("at", "60 days"));
    kill(pid, SIGHUP);
    kill(pid, SIGCONT);
    db_wait_until(site.admin,
                  "SELECT EXISTS (SELECT FROM retention.category_status s "
                  "JOIN retention.category c ON c.name = s.category "
                  "JOIN retention.policy_text t ON t.category = c.name AND "
                  "t.sha256 = c.loaded_sha256 WHERE t.text LIKE '%%60 days%%' AND s.measured_at > "
                  "(SELECT max(finished_at) FROM retention.run))");
    int64_t left = db_number(site.admin, "SELECT count(*) FROM event");
    ck_assert_int_gt(left, 0);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM retention.run "
                                           "WHERE status = 'stopped'"),
                     1);
    site_request(&site);
    db_wait_until(site.admin,
                  "SELECT bool_and(finished_at IS NOT NULL) FROM retention.run_request");
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), left);
    ck_assert_int_eq(site_digests(&site, "public.event"), 1000 - left);
    end(&site, pid);
    site_check_log(&site);
    site_free(&site);
}
END_TEST

/* A longer period was accepted, and waits for a batch under way, when files come that are refused:
 * it is used all the same. */
START_TEST(a_refusal_takes_nothing_back)
{
    struct site site = reload_site_wide(1, NULL);
    site_load_and_approve(&site, "events", -1);
    site_be_patient(&site);
    pid_t pid = site_start(&site, NULL, "batch_begins=stop:3");
    int status;
    ck_assert_int_eq(waitpid(pid, &status, WUNTRACED), pid);
    PGconn *other = db_connect(site.cluster, site.database, NULL);
    db_exec(other, "BEGIN");
    db_exec(other, "LOCK TABLE event IN SHARE MODE");
    site_policy(&site, "events", POLICY("at", "400 days"));
    kill(pid, SIGHUP);
    kill(pid, SIGCONT);
    site_wait_said(&site, "configuration and policies were reloaded");
    site_policy(&site, "events", POLICY("at", "500 days") "  tittle = \"Events\";\n");
    kill(pid, SIGHUP);
    db_exec(other, "COMMIT");
    PQfinish(other);
    site_wait_said(&site, "the reload is refused");
    wait_for_text(&site, "400 days");
    int64_t left = db_number(site.admin, "SELECT count(*) FROM event");
    ck_assert_int_gt(left, 0);
    site_request(&site);
    db_wait_until(site.admin,
                  "SELECT bool_and(finished_at IS NOT NULL) FROM retention.run_request");
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), left);
    end(&site, pid);
    site_check_log(&site);
    site_free(&site);
}
END_TEST

/* Files that say what they said stop no run. */
START_TEST(nothing_new_disturbs_no_run)
{
    struct site site = reload_site(NULL);
    site_load_and_approve(&site, "events", -1);
    pid_t pid = site_start(&site, NULL, "batch_after_action=stop:3");
    int status;
    ck_assert_int_eq(waitpid(pid, &status, WUNTRACED), pid);
    kill(pid, SIGHUP);
    kill(pid, SIGCONT);
    site_wait_said(&site, "nothing that is read on reload has changed");
    site_wait_empty(&site);
    ck_assert_int_eq(
        db_number(site.admin, "SELECT count(*) FROM retention.run WHERE status <> 'done'"), 0);
    end(&site, pid);
    site_free(&site);
}
END_TEST

#endif

/* What only reads is cancelled at once, however long the batches may take: here a plan waits for a
 * table. */
START_TEST(stop_cancels_reads)
{
    struct site site = reload_site("worker: { stop_within = \"10 min\"; };");
    site_load_and_approve(&site, "events", -1);
    PGconn *other = db_connect(site.cluster, site.database, NULL);
    db_exec(other, "BEGIN");
    site_be_patient(&site);
    pid_t pid = site_start(&site, NULL, NULL);
    site_wait_empty(&site);
    more_rows(&site);
    db_exec(other, "LOCK TABLE event");
    site_request(&site);
    db_wait_until(site.admin, "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = "
                              "current_database() AND usename = 't_worker' AND "
                              "wait_event_type = 'Lock' AND pid IN (SELECT pid FROM "
                              "retention.worker_session WHERE kind = 'batch'))");
    end(&site, pid);
    char *said _cleanup_free_ = site_stderr(&site);
    ck_assert_msg(strstr(said, "1 statements that only read are cancelled"), "%s", said);
    ck_assert_int_eq(db_number(other, "SELECT count(*) FROM event"), 10);
    PQfinish(other);
    site_free(&site);
}
END_TEST

#ifdef ENABLE_FAULT_POINTS
/* A batch that waits and waits is cancelled after worker.stop_within, and the leadership is given
 * up in order. */
START_TEST(stop_cancels)
{
    struct site site = reload_site_wide(1, "worker: { stop_within = \"1 s\"; };"
                                           "pace: { batch_rows = 100; };");
    site_load_and_approve(&site, "events", -1);
    site_be_patient(&site);
    pid_t pid = site_start(&site, NULL, "batch_begins=stop:3");
    int status;
    ck_assert_int_eq(waitpid(pid, &status, WUNTRACED), pid);
    int64_t left = db_number(site.admin, "SELECT count(*) FROM event");
    PGconn *other = db_connect(site.cluster, site.database, NULL);
    db_exec(other, "BEGIN");
    db_exec(other, "LOCK TABLE event");
    kill(pid, SIGTERM);
    kill(pid, SIGCONT);
    ck_assert_int_eq(program_wait(pid), 0);
    ck_assert_int_eq(
        db_number(site.admin, "SELECT count(*) FROM retention.leader WHERE worker IS NULL"), 1);
    char *said _cleanup_free_ = site_stderr(&site);
    ck_assert_msg(strstr(said, "statements are not over: they are cancelled"), "%s", said);
    ck_assert_int_eq(db_number(other, "SELECT count(*) FROM event"), left);
    PQfinish(other);
    site_free(&site);
}
END_TEST
#endif

/* Waits until another leads, and prints how long that took: for people, nothing depends on it. */
static void wait_for_term(const struct site *site, int64_t term, int64_t since_us, const char *what)
{
    db_wait_until(site->admin, "SELECT term = %lld AND worker IS NOT NULL FROM retention.leader",
                  (long long)term);
    printf("the next worker leads %lld ms after %s\n",
           (long long)(clock_monotonic_us() - since_us) / 1000, what);
    fflush(stdout);
}

/* With a lease of five minutes, which nobody waits for: the leader is killed, and the other leads;
 * that one is told to stop, and a third leads. */
START_TEST(the_next_worker_leads)
{
    struct site site = reload_site("worker: { lease = \"5 min\"; };");
    site_load_and_approve(&site, "events", -1);
    pid_t first = site_start(&site, NULL, NULL);
    site_wait_empty(&site);
    pid_t second = site_start(&site, NULL, NULL);
    site_wait_said(&site, "standing by: worker");
    int64_t term = db_number(site.admin, "SELECT term FROM retention.leader");
    int64_t began = clock_monotonic_us();
    kill(first, SIGKILL);
    program_wait(first);
    wait_for_term(&site, term + 1, began, "kill -9");
    pid_t third = site_start(&site, NULL, NULL);
    db_wait_until(site.admin, "SELECT count(*) = 2 FROM pg_stat_activity WHERE datname = "
                              "current_database() AND usename = 't_worker' AND query LIKE "
                              "'%%retention%%'");
    began = clock_monotonic_us();
    kill(second, SIGTERM);
    ck_assert_int_eq(program_wait(second), 0);
    wait_for_term(&site, term + 2, began, "SIGTERM");
    end(&site, third);
    site_free(&site);
}
END_TEST

#ifdef ENABLE_FAULT_POINTS
/* Told to stop before the answer came: leadership that it got by then is given back. */
START_TEST(stopped_while_it_asks_to_lead)
{
    struct site site = reload_site("worker: { lease = \"5 min\"; };");
    for (int i = 0; i < 5; i++) {
        pid_t pid = site_start(&site, NULL, "lead_before_ask=stop");
        int status;
        ck_assert_int_eq(waitpid(pid, &status, WUNTRACED), pid);
        ck_assert(WIFSTOPPED(status));
        kill(pid, SIGTERM);
        kill(pid, SIGCONT);
        ck_assert_int_eq(program_wait(pid), 0);
        db_wait_until(site.admin, "SELECT count(*) = 0 FROM pg_stat_activity WHERE usename = "
                                  "'t_worker' AND datname = current_database()");
        ck_assert_int_eq(
            db_number(site.admin, "SELECT count(*) FROM retention.leader WHERE worker IS NULL"), 1);
    }
    site_free(&site);
}
END_TEST
#endif

Suite *suite_reload(void)
{
    Suite *suite = suite_create("reload");
    TCase *tc = tcase_create("reload");
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, broken_files_are_refused);
    tcase_add_test(tc, a_mended_file_is_taken);
    tcase_add_test(tc, the_first_time_zone);
    tcase_add_test(tc, a_refusal_without_a_database);
    tcase_add_test(tc, another_window);
#ifdef ENABLE_FAULT_POINTS
    tcase_add_test(tc, counts_from_the_next_batch);
    tcase_add_test(tc, a_refusal_takes_nothing_back);
    tcase_add_test(tc, nothing_new_disturbs_no_run);
    tcase_add_test(tc, stopped_while_it_asks_to_lead);
    tcase_add_test(tc, stop_cancels);
#endif
    tcase_add_test(tc, stop_cancels_reads);
    tcase_add_test(tc, the_next_worker_leads);
    suite_add_tcase(suite, tc);
    return suite;
}
