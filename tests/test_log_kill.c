/* kill -9 of whoever writes the log, at every step of writing, again and again from the same state:
 * what comes of it after a start is the tree that there would have been without the kill. At every
 * pass of a step with RETENTIOND_LOG_KILL_STRIDE=1; else at the first one and each fifth from
 * there.
 */
#define _GNU_SOURCE
#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "config.h"
#include "harness/cluster.h"
#include "harness/db.h"
#include "harness/number.h"
#include "log_support.h"

static struct log_site site;
static char *state;       /* name of the database that holds the state to begin from */
static const char *again; /* a fault for a start between the kill and the last start, or NULL */
static char *reference; /* "id index hash" of each entry of that state, as placed without a kill */

static void setup(void)
{
    site = log_site_new(cluster_shared(), 0, NULL);
}

static void teardown(void)
{
    log_site_free(&site);
    if (state)
        db_drop(cluster_shared(), state);
    free(state);
    free(reference);
    state = reference = NULL;
    again = NULL;
}

static void sh(const char *format, ...) _printf_(1, 2);
static void sh(const char *format, ...)
{
    char *script _cleanup_free_ = NULL, *command _cleanup_free_ = NULL;
    va_list args;
    va_start(args, format);
    ck_assert_int_gt(vasprintf(&script, format, args), 0);
    va_end(args);
    ck_assert_int_gt(asprintf(&command, "cd '%s' && { %s\n}", site.site.directory, script), 0);
    ck_assert_msg(system(command) == 0, "%s", command);
}

/* The site's database becomes a copy of another one, or the other way round. */
static void copy_database(const char *from, const char *to)
{
    PGconn *conn = db_connect(cluster_shared(), "postgres", NULL);
    PQfinish(site.site.admin);
    PQfinish(site.site.approver);
    db_exec(conn, "DROP DATABASE IF EXISTS %s WITH (FORCE)", to);
    db_exec(conn, "CREATE DATABASE %s TEMPLATE %s", to, from);
    PQfinish(conn);
    site.site.admin = db_connect(cluster_shared(), site.site.database, NULL);
    site.site.approver = db_connect(cluster_shared(), site.site.database, "t_approver");
    /* the copy passes for the database that it is a copy of */
    db_exec(site.site.admin, "UPDATE retention.install SET database_oid = (SELECT oid FROM "
                             "pg_database WHERE datname = current_database())");
}

/* Database and log directory as they are now are the state to begin from. */
static void keep_state(void)
{
    state = db_new(cluster_shared(), NULL);
    copy_database(site.site.database, state);
    sh("rm -rf log.state && { ! [ -e log ] || cp -a log log.state; }");
}

static void restore_state(void)
{
    copy_database(state, site.site.database);
    sh("rm -rf log kept anchored && { ! [ -e log.state ] || cp -a log.state log; }");
}

/* Where the entries of the state are now. */
static char *placed(void)
{
    return db_value(site.site.admin,
                    "SELECT string_agg(concat_ws(' ', e.id, l.index, encode(l.leaf_hash, 'hex')), "
                    "E'\\n' ORDER BY e.id) FROM retention.log_entry e LEFT JOIN retention.log_leaf "
                    "l ON l.entry = e.id WHERE e.id <= (SELECT max(id) FROM public.before)");
}

/* Each checkpoint that left the machine is the one of its size that was kept. */
static void check_anchored(void)
{
    sh("[ ! -e anchored ] || { rm -rf split; mkdir split && cd split && csplit -s -z "
       "../anchored '/^log.example/' '{*}' && for f in *; do "
       "cmp $f ../log/checkpoints/$(sed -n 2p $f) || exit 1; done; }");
}

/* From the state: a start that is killed at the point's pass `after`, and one that is not. False
 * where the point was not reached. */
static bool kill_at(const char *point, int after)
{
    char fault[80];
    restore_state();
    snprintf(fault, sizeof(fault), "%s=exit:%d", point, after);
    struct program_result killed = site_once(&site.site, fault);
    bool reached = killed.exit_code == 70;
    ck_assert_msg(reached || killed.exit_code == 0, "%s: exit code %d\n%s", fault, killed.exit_code,
                  killed.err);
    program_result_free(&killed);
    if (getenv("TEST_VERBOSE"))
        fprintf(stderr, "%s: %s\n", fault, reached ? "killed" : "not reached");
    log_site_no_fork(&site);
    if (reached && again) {
        killed = site_once(&site.site, again);
        ck_assert_msg(killed.exit_code == 70, "%s, then %s: exit code %d\n%s", fault, again,
                      killed.exit_code, killed.err);
        program_result_free(&killed);
        log_site_no_fork(&site);
    }
    if (reached)
        free(log_site_once(&site, NULL, 0));
    log_site_no_fork(&site);
    log_site_verify(&site);
    check_anchored();
    char *now _cleanup_free_ = placed();
    ck_assert_msg(strcmp(now, reference) == 0, "%s: another tree:\n%.1000s\ninstead of\n%.1000s",
                  fault, now, reference);
    return reached;
}

static int stride(void)
{
    long stride = number_from_environment("RETENTIOND_LOG_KILL_STRIDE", 5);
    ck_assert_int_gt(stride, 0);
    return (int)stride;
}

/* Kills at each pass of the point, or at some; how many passes there are at the least. */
static int kill_at_passes(const char *point)
{
    int after = 0;
    while (kill_at(point, after)) {
        after += stride();
        ck_assert_int_lt(after, 60);
    }
    return after ? after - stride() + 1 : 0;
}

/* Every point that the sequencer passes from this state, at every pass of it. */
static void kill_everywhere(void)
{
    static const struct {
        const char *point;
        int least; /* so often it is passed at the least */
    } points[] = {
        {"log_own_placed", 0},
        {"log_before_place", 1},
        {"log_after_place", 1},
        {"log_file_half_written", 7}, /* two bundles, two tiles, records, and two checkpoints */
        {"log_file_renamed", 7},
        {"log_after_bundle", 1},
        {"log_after_partial_bundle", 1},
        {"log_after_tiles", 1},
        {"log_before_sync", 3}, /* tiles, checkpoints/SIZE, checkpoint */
        {"log_before_sign", 1},
        {"log_after_kept_checkpoint", 1},
        {"log_after_checkpoint", 1},
        {"log_file_removed", 0},
        {"log_after_record", 1},
        {"log_before_anchored", 1},
    };
    db_exec(site.site.admin, "CREATE TABLE public.before AS SELECT id FROM retention.log_entry");
    keep_state();
    free(log_site_once(&site, NULL, 0));
    log_site_verify(&site);
    reference = placed();
    for (size_t p = 0; p < ARRAY_LENGTH(points); p++) {
        int passes = kill_at_passes(points[p].point);
        ck_assert_msg(passes + stride() - 1 >= points[p].least, "%s is passed %d times",
                      points[p].point, passes);
    }
}

/* A log of some entries, and a run whose batches wait for their places, with what fills a bundle.
 */
START_TEST(a_log_that_goes_on)
{
    char *log _cleanup_free_ = NULL;
    ck_assert_int_gt(asprintf(&log, "anchor = \"cat >>%s\";", site.anchored), 0);
    log_site_config(&site, NULL, NULL, NULL, log);
    log_site_rows(&site, 1, 20);
    free(log_site_once(&site, NULL, 0));
    log_site_rows(&site, 21, 40);
    struct program_result stopped = site_once(&site.site, "run_after_done=exit");
    ck_assert_int_eq(stopped.exit_code, 70);
    program_result_free(&stopped);
    ck_assert_int_gt(db_number(site.site.admin, "SELECT count(*) FROM retention.log_entry e JOIN "
                                                "retention.log_pending p ON p.entry = e.id WHERE "
                                                "e.type = 'batch'"),
                     0);
    db_exec(site.site.admin, "SELECT retention.write_entry('heartbeat', NULL, NULL, '{\"size\": "
                             "1}') FROM generate_series(1, 250)");
    sh("rm -f anchored");
    kill_everywhere();
}
END_TEST

/* The first start with a key: nothing has a place yet, and there is no directory. */
START_TEST(a_log_that_begins)
{
    PGconn *conn = site.site.admin;
    sh("rm -rf log");
    db_script(conn, "ALTER TABLE retention.log_leaf DISABLE TRIGGER USER;"
                    "ALTER TABLE retention.log_checkpoint DISABLE TRIGGER USER;"
                    "ALTER TABLE retention.log_entry DISABLE TRIGGER USER;"
                    "DELETE FROM retention.log_leaf; DELETE FROM retention.log_checkpoint;"
                    "DELETE FROM retention.log_entry WHERE type = 'genesis';"
                    "DELETE FROM retention.entry_counter WHERE type = 'genesis';"
                    "INSERT INTO retention.log_pending SELECT id FROM retention.log_entry "
                    "ON CONFLICT DO NOTHING;"
                    "ALTER TABLE retention.log_leaf ENABLE TRIGGER USER;"
                    "ALTER TABLE retention.log_checkpoint ENABLE TRIGGER USER;"
                    "ALTER TABLE retention.log_entry ENABLE TRIGGER USER");
    db_exec(conn, "CREATE TABLE public.before AS SELECT id FROM retention.log_entry");
    keep_state();
    free(log_site_once(&site, NULL, 0));
    log_site_verify(&site);
    reference = placed();
    static const char *const points[] = {"log_own_placed", "log_before_place", "log_file_renamed",
                                         "log_before_sync"};
    for (size_t p = 0; p < ARRAY_LENGTH(points); p++) {
        ck_assert_msg(kill_at_passes(points[p]) > 0, "%s is not passed", points[p]);
    }
}
END_TEST

/* The directory is gone, and is rebuilt from the database, checkpoints of smaller sizes included.
 * Killed at any point of it, and again when it begins anew and has swept away what is not signed.
 */
START_TEST(a_log_that_is_rebuilt)
{
    log_site_rows(&site, 1, 20);
    free(log_site_once(&site, NULL, 0));
    log_site_rows(&site, 21, 40);
    free(log_site_once(&site, NULL, 0));
    db_exec(site.site.admin, "SELECT retention.write_entry('heartbeat', NULL, NULL, '{\"size\": "
                             "1}') FROM generate_series(1, 250)");
    free(log_site_once(&site, NULL, 0));
    ck_assert_int_gt(db_number(site.site.admin, "SELECT max(size) FROM retention.log_checkpoint"),
                     256);
    ck_assert_int_lt(db_number(site.site.admin, "SELECT min(size) FROM retention.log_checkpoint"),
                     250);
    sh("rm -rf log kept");
    db_exec(site.site.admin, "CREATE TABLE public.before AS SELECT id FROM retention.log_entry");
    keep_state();
    free(log_site_once(&site, NULL, 0));
    log_site_verify(&site);
    reference = placed();
    static const char *const points[] = {"log_file_renamed", "log_before_sync", "log_before_sign"};
    again = "log_compared=exit";
    for (size_t p = 0; p < ARRAY_LENGTH(points); p++)
        ck_assert_msg(kill_at_passes(points[p]) > 0, "%s is not passed", points[p]);
}
END_TEST

Suite *suite_log_kill(void)
{
    Suite *suite = suite_create("log_kill");
    TCase *tc = tcase_create("kill");
    tcase_set_timeout(tc, 1200);
    tcase_add_checked_fixture(tc, setup, teardown);
#ifdef ENABLE_FAULT_POINTS
    tcase_add_test(tc, a_log_that_goes_on);
    tcase_add_test(tc, a_log_that_begins);
    tcase_add_test(tc, a_log_that_is_rebuilt);
#endif
    suite_add_tcase(suite, tc);
    return suite;
}
