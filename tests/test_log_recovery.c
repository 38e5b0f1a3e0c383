/* Databases that went back under a log that did not: restored, recovered to a point in time, failed
 * over, loaded elsewhere. Each is noticed before anything is deleted or signed. */
#define _GNU_SOURCE
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "harness/cluster.h"
#include "harness/db.h"
#include "log_support.h"

static struct log_site site;
static struct cluster *cluster, *other;

static void teardown(void)
{
    log_site_free(&site);
    cluster_free(other);
    cluster_free(cluster);
    cluster = other = NULL;
}

static void says(char *text, const char *what)
{
    ck_assert_msg(strstr(text, what) != NULL, "\"%s\" is not in:\n%s", what, text);
    free(text);
}

static int64_t rows(void)
{
    return db_number(site.site.admin, "SELECT count(*) FROM public.t");
}

/* The database is behind: the worker halts in every way it is started, and `status` says why. */
static void check_halted(int64_t size, int64_t there, const char *what)
{
    says(log_site_once(&site, NULL, 6), what);
    ck_assert_int_eq(rows(), there);
    ck_assert_int_eq(log_site_size(&site), size);
    log_site_no_fork(&site);
    char *status = log_site_ctl(&site, 0, WORDS("status")), *number;
    ck_assert_int_ge(asprintf(&number, "lacks the last %lld entries of the log",
                              (long long)(size - db_number(site.site.admin, "SELECT count(*) FROM "
                                                                            "retention.log_leaf"))),
                     0);
    ck_assert_msg(strstr(status, number) && strstr(status, "no run starts"), "%s", status);
    says(status, "Run: retentionctl log recover");
    free(number);
    says(log_site_ctl(&site, 4, WORDS("status", "--check")), "no run starts");
}

/* After it the log verifies, and what is there again goes again. */
static void check_recovered(int64_t undone)
{
    char sentence[64];
    snprintf(sentence, sizeof(sentence), "%lld batches were undone", (long long)undone);
    says(log_site_ctl(&site, 0, WORDS("log", "recover")), sentence);
    says(log_site_ctl(&site, 0, WORDS("log", "recover")), "nothing was missing");
    free(log_site_once(&site, NULL, 0));
    ck_assert_int_eq(rows(), 0);
    log_site_no_fork(&site);
    log_site_verify(&site);
    ck_assert_int_eq(db_number(site.site.admin,
                               "SELECT count(*) FROM retention.log_entry WHERE "
                               "type = 'restored' AND entry LIKE '%%undone %lld%%'",
                               (long long)undone),
                     1);
    log_site_rows(&site, 90000, 90010);
    free(log_site_once(&site, NULL, 0));
    ck_assert_int_eq(rows(), 0);
    log_site_verify(&site);
    log_site_no_fork(&site);
}

static void stop(struct cluster *which, const char *mode)
{
    PQfinish(site.site.admin);
    PQfinish(site.site.approver);
    site.site.admin = site.site.approver = NULL;
    cluster_stop(which, mode);
}

static void start(struct cluster *which)
{
    cluster_start(which);
    log_site_reconnect(&site, which);
}

START_TEST(a_backup_of_files_is_restored)
{
    cluster = cluster_new(NULL);
    site = log_site_new(cluster, 100, NULL);
    free(log_site_once(&site, NULL, 0));
    log_site_rows(&site, 1000, 1099); /* the backup has them */
    stop(cluster, "fast");
    cluster_backup(cluster, "backup");
    start(cluster);
    free(log_site_once(&site, NULL, 0));
    log_site_rows(&site, 2000, 2010);
    free(log_site_once(&site, NULL, 0));
    log_site_no_fork(&site);
    int64_t size = log_site_size(&site);
    stop(cluster, "fast");
    cluster_restore(cluster, "backup");
    start(cluster);
    check_halted(size, 100, "it was restored from a backup (still timeline 1)");
    check_recovered(2);
    /* what ends a run is of its category again */
    ck_assert_int_eq(db_number(site.site.admin, "SELECT count(*) FROM retention.log_entry WHERE "
                                                "type = 'done' AND category IS DISTINCT FROM 't'"),
                     0);
}
END_TEST

/* A run that was cut off, of a category that is newer than the backup: nobody could end it as a run
 * of the database's, and so the recovery does. */
START_TEST(a_run_of_a_newer_category_is_ended)
{
    cluster = cluster_new(NULL);
    site = log_site_new(cluster, 100, "checkpoint_every = \"1 s\";");
    free(log_site_once(&site, NULL, 0));
    db_exec(site.site.admin, "CREATE TABLE public.u AS SELECT id, now() - interval '2 years' AS at "
                             "FROM generate_series(1, 10) id; ALTER TABLE public.u ADD PRIMARY KEY "
                             "(id), ALTER at SET NOT NULL; CREATE INDEX ON public.u (at); GRANT "
                             "SELECT, DELETE, UPDATE ON public.u TO t_worker");
    stop(cluster, "fast");
    cluster_backup(cluster, "backup");
    start(cluster);
    site_policy(&site.site, "u",
                "data: { table = \"public.u\"; start = \"at\"; };\n"
                "stages = ( { name = \"gone\"; after = \"1 year\"; do = \"delete\"; } );\n"
                "brake: { rows = 1000000; fraction = 1.0; };");
    site_load_and_approve(&site.site, "u", 1000000);
    /* somebody keeps the table locked, so that the run stands in the directory and has no end */
    PGconn *locks = db_connect(cluster, site.site.database, "postgres");
    db_exec(locks, "BEGIN; LOCK TABLE public.u IN SHARE MODE");
    pid_t daemon = site_start(&site.site, NULL, NULL);
    db_wait_until(site.site.admin,
                  "SELECT EXISTS (SELECT FROM retention.log_entry e JOIN retention.log_leaf l ON "
                  "l.entry = e.id WHERE e.type = 'plan' AND e.category = 'u' AND l.index < (SELECT "
                  "max(size) FROM retention.log_checkpoint))");
    kill(daemon, SIGKILL);
    program_wait(daemon);
    char *status = db_value(site.site.admin, "SELECT string_agg(concat_ws(' ', status, message), "
                                             "',') FROM retention.run WHERE category = 'u'");
    ck_assert_str_eq(status, "running");
    free(status);
    PQfinish(locks);
    stop(cluster, "fast");
    cluster_restore(cluster, "backup");
    start(cluster);
    free(log_site_ctl(&site, 0, WORDS("log", "recover")));
    ck_assert_int_eq(db_number(site.site.admin,
                               "SELECT count(*) FROM retention.log_entry WHERE type = 'done' AND "
                               "category = 'u' AND entry LIKE '%%status lost%%'"),
                     1);
    free(log_site_ctl(&site, 0, WORDS("log", "recover")));
    log_site_rows(&site, 1000, 1010);
    free(log_site_once(&site, NULL, 5)); /* plans another run; "u" is not approved */
    log_site_verify(&site);
    log_site_no_fork(&site);
    ck_assert_int_eq(db_number(site.site.admin, "SELECT count(*) FROM retention.log_entry WHERE "
                                                "type = 'done' AND category = 'u'"),
                     1);
}
END_TEST

/* With entries in the backup that got their places after it, entries of people written while the
 * worker was halted, a day's figures and an epoch that the backup does not know. */
START_TEST(what_the_backup_had_unplaced_is_found)
{
    cluster = cluster_new(NULL);
    site = log_site_new(cluster, 100, NULL);
    free(log_site_once(&site, NULL, 0));
    PGconn *operator= db_connect(cluster, site.site.database, "t_operator");
    db_exec(operator, "SELECT retention.pause('category:t', 'x', NULL)");
    db_exec(operator, "SELECT retention.resume('category:t', 'x')");
    PQfinish(operator);
    log_site_rows(&site, 1000, 1099);
    stop(cluster, "fast");
    cluster_backup(cluster, "backup");
    start(cluster);
    db_exec(site.site.admin, "UPDATE retention.epoch_key SET created_at = created_at - interval "
                             "'32 days'");
    free(log_site_once(&site, NULL, 0));
    int64_t size = log_site_size(&site);
    stop(cluster, "fast");
    cluster_restore(cluster, "backup");
    start(cluster);
    check_halted(size, 100, "it was restored from a backup (still timeline 1)");
    operator= db_connect(cluster, site.site.database, "t_operator");
    db_exec(operator, "SELECT retention.pause('category:t', 'x', NULL)");
    db_exec(operator, "SELECT retention.resume('category:t', 'x')");
    PQfinish(operator);
    check_recovered(1);
    ck_assert_int_eq(db_number(site.site.admin, "SELECT count(*) FROM retention.epoch_key WHERE "
                                                "epoch = 2 AND wrapped IS NULL"),
                     1);
    ck_assert_int_eq(db_number(site.site.admin, "SELECT count(*) FROM retention.log_entry WHERE "
                                                "type = 'pause'"),
                     4);
}
END_TEST

/* What was written again, after this id and up to this place, bears the time that stands in it, and
 * not that of the recovery. */
static void check_times(int64_t id, int64_t size)
{
    ck_assert_int_gt(db_number(site.site.admin,
                               "SELECT count(*) FROM retention.log_leaf l JOIN retention.log_entry "
                               "e ON e.id = l.entry WHERE e.id > %lld AND l.index < %lld",
                               (long long)id, (long long)size),
                     0);
    ck_assert_int_eq(
        db_number(site.site.admin,
                  "SELECT count(*) FROM retention.log_leaf l JOIN retention.log_entry e ON e.id = "
                  "l.entry WHERE e.id > %lld AND l.index < %lld AND e.at <> "
                  "substring(e.entry, '\ntime ([0-9TZ:-]+)\n')::timestamptz",
                  (long long)id, (long long)size),
        0);
}

/* A daemon meets the restored database at its next connection, and goes on by itself once the
 * entries are back. */
START_TEST(a_daemon_notices_and_goes_on)
{
    cluster = cluster_new(NULL);
    site = log_site_new(cluster, 100, NULL);
    stop(cluster, "fast");
    cluster_backup(cluster, "backup");
    start(cluster);
    pid_t daemon = site_start(&site.site, NULL, NULL);
    db_wait_until(site.site.admin, "SELECT count(*) = 0 FROM public.t");
    db_wait_until(site.site.admin, "SELECT (SELECT max(index) + 1 FROM retention.log_leaf) = "
                                   "(SELECT max(size) FROM retention.log_checkpoint) AND NOT "
                                   "EXISTS (SELECT FROM retention.log_pending)");
    int64_t size = log_site_size(&site);
    stop(cluster, "fast");
    cluster_restore(cluster, "backup");
    start(cluster);
    db_wait_until(site.site.admin, "SELECT state = 'restored' AND missing > 0 FROM "
                                   "retention.log_state");
    ck_assert_int_eq(rows(), 100);
    ck_assert_int_eq(log_site_size(&site), size);
    char *said _cleanup_free_ = log_site_ctl(&site, 6, WORDS("run"));
    ck_assert_msg(strstr(said, "no run starts: the database lacks the last ") &&
                      strstr(said, "Run: retentionctl log recover"),
                  "%s", said);
    int64_t before = db_number(site.site.admin, "SELECT max(id) FROM retention.log_entry");
    free(log_site_ctl(&site, 0, WORDS("log", "recover")));
    check_times(before, size);
    db_wait_until(site.site.admin, "SELECT count(*) = 0 FROM public.t");
    kill(daemon, SIGTERM);
    ck_assert_int_eq(program_wait(daemon), 0);
    log_site_verify(&site);
    log_site_no_fork(&site);
}
END_TEST

/* Pauses that the backup does not know are in force again, and what was resumed is; policy texts
 * and checkpoints come back, so that the directory could be rebuilt. */
START_TEST(what_people_did_is_remembered)
{
    cluster = cluster_new(NULL);
    site = log_site_new(cluster, 100, NULL);
    free(log_site_once(&site, NULL, 0));
    log_site_rows(&site, 1000, 1099);
    PGconn *operator= db_connect(cluster, site.site.database, "t_operator");
    db_exec(operator, "SELECT retention.pause('category:t', 'before', NULL)");
    PQfinish(operator);
    stop(cluster, "fast");
    cluster_backup(cluster, "backup");
    start(cluster);
    operator= db_connect(cluster, site.site.database, "t_operator");
    db_exec(operator, "SELECT retention.resume('category:t', 'x')");
    db_exec(operator, "SELECT retention.pause('category:t', 'after', NULL)");
    db_exec(site.site.admin, "UPDATE retention.category SET hold_facts = hold_facts || "
                             "'{\"tenant\": {\"type\": \"integer\"}}'"); /* just now */
    db_exec(operator, "SELECT retention.pause('tenant:4711', 'after', NULL)");
    db_exec(site.site.admin, "UPDATE retention.category SET hold_facts = hold_facts - 'tenant'");
    db_exec(operator, "SELECT retention.pause('all', 'for a moment', NULL)");
    db_exec(operator, "SELECT retention.resume('all', 'x')");
    PQfinish(operator);
    free(log_site_once(&site, NULL, 5));
    log_site_no_fork(&site);
    site_policy(&site.site, "t",
                "data: { table = \"public.t\"; start = \"at\"; };\n"
                "stages = ( { name = \"gone\"; after = \"18 months\"; do = \"delete\"; } );\n"
                "brake: { rows = 1000000; fraction = 1.0; };");
    free(log_site_once(&site, NULL, 5));
    log_site_no_fork(&site);
    int64_t size = log_site_size(&site);
    int64_t texts = db_number(site.site.admin, "SELECT count(*) FROM retention.policy_text");
    int64_t checkpoints = db_number(site.site.admin, "SELECT count(*) FROM "
                                                     "retention.log_checkpoint");
    stop(cluster, "fast");
    cluster_restore(cluster, "backup");
    start(cluster);
    ck_assert_int_eq(db_number(site.site.admin, "SELECT count(*) FROM retention.policy_text"),
                     texts - 1);
    check_halted(size, 100, "it was restored from a backup (still timeline 1)");
    says(log_site_ctl(&site, 0, WORDS("log", "recover")), "0 batches were undone");
    ck_assert_int_eq(db_number(site.site.admin, "SELECT count(*) FROM retention.policy_text"),
                     texts);
    ck_assert_int_eq(db_number(site.site.admin, "SELECT count(*) FROM retention.log_checkpoint"),
                     checkpoints);
    ck_assert_int_eq(db_number(site.site.admin,
                               "SELECT count(*) FROM retention.pause WHERE resumed_at IS NULL AND "
                               "scope = 'category' AND name = 't' AND paused_by = 't_operator'"),
                     1);
    /* a tenant's pause, of which the log does not say whose, stops everything */
    ck_assert_int_eq(db_number(site.site.admin,
                               "SELECT count(*) FROM retention.pause WHERE resumed_at IS NULL AND "
                               "scope = 'all' AND reason LIKE 'a tenant was paused%%'"),
                     1);
    ck_assert_int_eq(
        db_number(site.site.admin, "SELECT count(*) FROM retention.pause WHERE resumed_at IS NULL"),
        2);
    free(log_site_once(&site, NULL, 5));
    ck_assert_int_eq(rows(), 100);
    operator= db_connect(cluster, site.site.database, "t_operator");
    db_exec(operator, "SELECT retention.resume('category:t', 'x')");
    db_exec(operator, "SELECT retention.resume('all', 'x')");
    PQfinish(operator);
    free(log_site_once(&site, NULL, 0));
    ck_assert_int_eq(rows(), 0);
    log_site_verify(&site);
    log_site_no_fork(&site);
    char *command;
    ck_assert_int_ge(asprintf(&command, "rm -rf %s", site.log), 0);
    ck_assert_int_eq(system(command), 0);
    free(command);
    free(log_site_once(&site, NULL, 0));
    log_site_verify(&site);
    ck_assert_int_ge(asprintf(&command,
                              "cd %s/kept; for f in *; do cmp -s $f %s/checkpoints/$f || exit 1; "
                              "done",
                              site.site.directory, site.log),
                     0);
    ck_assert_msg(system(command) == 0, "checkpoints were not put back");
    free(command);
}
END_TEST

START_TEST(a_point_in_time_is_recovered)
{
    char settings[700];
    char *archive = NULL;
    ck_assert_int_ge(asprintf(&archive, "/tmp/retentiond-archive-%d", (int)getpid()), 0);
    snprintf(settings, sizeof(settings),
             "archive_mode = on\narchive_command = 'mkdir -p %s && cp %%p %s/%%f'\n"
             "restore_command = 'cp %s/%%f %%p'",
             archive, archive, archive);
    cluster = cluster_new(settings);
    site = log_site_new(cluster, 100, NULL);
    stop(cluster, "fast");
    cluster_backup(cluster, "base");
    start(cluster);
    db_exec(site.site.admin, "SELECT pg_create_restore_point('before')");
    free(log_site_once(&site, NULL, 0));
    db_exec(site.site.admin, "SELECT pg_switch_wal()");
    db_wait_until(site.site.admin,
                  "SELECT last_archived_wal >= pg_walfile_name(pg_current_wal_lsn()"
                  " - 20000000) AND archived_count > 0 FROM pg_stat_archiver");
    int64_t size = log_site_size(&site);
    stop(cluster, "fast");
    cluster_restore(cluster, "base");
    cluster_configure(cluster, "recovery_target_name = 'before'\n"
                               "recovery_target_action = 'promote'");
    cluster_touch(cluster, "recovery.signal");
    start(cluster);
    db_wait_until(site.site.admin, "SELECT NOT pg_is_in_recovery()");
    check_halted(size, 100, "lost them (timeline 2, before it 1)");
    check_recovered(1);
    char *command;
    ck_assert_int_ge(asprintf(&command, "rm -rf %s", archive), 0);
    ck_assert_int_eq(system(command), 0);
    free(command);
    free(archive);
}
END_TEST

/* The standby had not got the last commits when the primary died. */
START_TEST(an_asynchronous_standby_takes_over)
{
    cluster = cluster_new(NULL);
    site = log_site_new(cluster, 100, NULL);
    other = cluster_standby(cluster, "s");
    cluster_stop(other, "fast");
    free(log_site_once(&site, NULL, 0));
    int64_t size = log_site_size(&site);
    stop(cluster, "immediate");
    cluster_start(other);
    cluster_promote(other);
    log_site_reconnect(&site, other);
    log_site_config(&site, other, NULL, NULL, NULL);
    check_halted(size, 100, "lost them (timeline 2, before it 1)");
    check_recovered(1);
}
END_TEST

/* Only what the standby has on disk is signed: after the failover nothing is missing. */
START_TEST(signing_waits_for_the_standby)
{
    cluster = cluster_new(NULL);
    site = log_site_new(cluster, 100, NULL);
    int64_t size = log_site_size(&site);
    other = cluster_standby(cluster, "s");
    cluster_stop(other, "fast");
    log_site_config(&site, NULL, NULL, NULL, "sign_after = \"replicated\"; standbys = 2;");
    pid_t daemon = site_start(&site.site, NULL, NULL);
    db_wait_until(site.site.admin, "SELECT max(index) + 1 > %lld FROM retention.log_leaf",
                  (long long)size);
    ck_assert_int_eq(log_site_size(&site), size);
    ck_assert_int_eq(rows(), 100); /* what cannot be signed is not begun */
    cluster_start(other);
    db_wait_until(site.site.admin,
                  "SELECT bool_and(restart_lsn >= pg_current_wal_flush_lsn()) FROM "
                  "pg_replication_slots");
    /* the worker looked, and told; a second standby is expected */
    char *told = NULL;
    while (!told || !strstr(told, "1 of at least 2 are known")) {
        free(told);
        told = site_stderr(&site.site);
        ck_assert_int_eq(rows(), 100);
        db_exec(site.site.admin, "SELECT pg_sleep(0.1)");
    }
    free(told);
    ck_assert_int_eq(log_site_size(&site), size);
    ck_assert_int_eq(rows(), 100);
    kill(daemon, SIGTERM);
    program_wait(daemon);
    log_site_config(&site, NULL, NULL, NULL, "sign_after = \"replicated\";");
    daemon = site_start(&site.site, NULL, NULL);
    db_wait_until(site.site.admin, "SELECT count(*) = 0 FROM public.t");
    kill(daemon, SIGTERM);
    ck_assert_int_eq(program_wait(daemon), 0);
    log_site_verify(&site);
    int64_t signed_size = log_site_size(&site);
    stop(cluster, "immediate");
    cluster_promote(other);
    log_site_reconnect(&site, other);
    log_site_config(&site, other, NULL, NULL, NULL);
    free(log_site_once(&site, NULL, 0));
    ck_assert_int_ge(log_site_size(&site), signed_size);
    log_site_verify(&site);
    log_site_no_fork(&site);
}
END_TEST

/* A dump loaded into another cluster is a clone: nothing before `adopt`. */
START_TEST(a_dump_in_another_cluster_is_a_clone)
{
    char *command;
    site = log_site_new(cluster_shared(), 100, NULL);
    other = cluster_new_system(NULL);
    char *from = cluster_conninfo(cluster_shared(), site.site.database, NULL);
    char *to = cluster_conninfo(other, "postgres", NULL);
    ck_assert_int_ge(asprintf(&command,
                              "set -e; pg_dumpall -r -d '%s' | grep -v 'ROLE postgres' | "
                              "psql -qX '%s' >/dev/null 2>&1; pg_dump -C -d '%s' | "
                              "psql -qX '%s' >/dev/null",
                              from, to, from, to),
                     0);
    ck_assert_int_eq(system(command), 0);
    free(command);
    free(from);
    free(to);
    int64_t size = log_site_size(&site);
    struct log_site origin = site;
    site.site.admin = db_connect(other, site.site.database, NULL);
    site.site.config = NULL;
    site.log = NULL;
    log_site_config(&site, other, NULL, NULL, NULL);
    struct program_result refused = site_once(&site.site, NULL);
    ck_assert_int_ne(refused.exit_code, 0);
    ck_assert_ptr_nonnull(strstr(refused.err, "adopt"));
    program_result_free(&refused);
    ck_assert_int_eq(rows(), 100);
    ck_assert_int_eq(log_site_size(&site), size);
    free(log_site_ctl(&site, 0, WORDS("adopt")));
    /* its tables are others, though they bear the same names: somebody says that they are meant */
    says(log_site_once(&site, NULL, 5), "waits for approval again");
    ck_assert_int_eq(rows(), 100);
    PGconn *approver = db_connect(other, site.site.database, "t_approver");
    db_exec(approver, "SELECT retention.approve_policy(name, loaded_sha256, 1000000)"
                      " FROM retention.category");
    PQfinish(approver);
    free(log_site_once(&site, NULL, 0));
    ck_assert_int_eq(rows(), 0);
    log_site_verify(&site);
    log_site_no_fork(&site);
    PQfinish(site.site.admin);
    free(site.site.config);
    free(site.log);
    site.site.admin = origin.site.admin;
    site.site.config = origin.site.config;
    site.log = origin.log;
}
END_TEST

/* A second host has no directory, or an old copy: it may sign what the last anchored checkpoint
 * shows it, and never another tree of a size that the first signed. */
START_TEST(a_second_host_shows_a_checkpoint)
{
    char *anchor;
    cluster = cluster_new(NULL);
    site = log_site_new(cluster, 100, NULL);
    ck_assert_int_ge(asprintf(&anchor, "anchor = \"cat > %s\";", site.anchored), 0);
    log_site_config(&site, NULL, NULL, NULL, anchor);
    free(log_site_once(&site, NULL, 0));
    log_site_no_fork(&site);
    int64_t size = log_site_size(&site);
    log_site_rows(&site, 1000, 1010);
    log_site_config(&site, NULL, "second", NULL, anchor);
    says(log_site_once(&site, NULL, 6), "the last signed checkpoint is not known here");
    ck_assert_int_eq(rows(), 11);
    ck_assert_int_eq(log_site_size(&site), 0);
    says(log_site_ctl(&site, 0, WORDS("log", "recover", "--checkpoint", site.anchored)),
         "may go on");
    free(log_site_once(&site, NULL, 0));
    ck_assert_int_eq(rows(), 0);
    ck_assert_int_gt(log_site_size(&site), size);
    log_site_verify(&site);
    log_site_no_fork(&site); /* the first host's checkpoints are the same ones */
    /* the first comes back, and does not know what the second signed meanwhile */
    log_site_config(&site, NULL, NULL, NULL, anchor);
    log_site_rows(&site, 2000, 2010);
    says(log_site_once(&site, NULL, 6), "the last signed checkpoint is not known here");
    ck_assert_int_eq(rows(), 11);
    /* its own last one is not the last */
    char *own;
    ck_assert_int_ge(asprintf(&own, "%s/checkpoint", site.log), 0);
    says(log_site_ctl(&site, 6, WORDS("log", "recover", "--checkpoint", own)),
         "and the database knows one of size");
    free(own);
    says(log_site_once(&site, NULL, 6), "the last signed checkpoint is not known here");
    free(log_site_ctl(&site, 0, WORDS("log", "recover", "--checkpoint", site.anchored)));
    free(log_site_once(&site, NULL, 0));
    log_site_verify(&site);
    log_site_no_fork(&site);
    free(anchor);
}
END_TEST

/* The same after a failover that lost what the checkpoint signs: refused. */
START_TEST(a_checkpoint_that_the_database_lacks_is_refused)
{
    char *anchor;
    cluster = cluster_new(NULL);
    site = log_site_new(cluster, 100, NULL);
    other = cluster_standby(cluster, "s");
    cluster_stop(other, "fast");
    ck_assert_int_ge(asprintf(&anchor, "anchor = \"cat > %s\";", site.anchored), 0);
    log_site_config(&site, NULL, NULL, NULL, anchor);
    free(log_site_once(&site, NULL, 0));
    stop(cluster, "immediate");
    cluster_start(other);
    cluster_promote(other);
    log_site_reconnect(&site, other);
    log_site_config(&site, other, "second", NULL, anchor);
    says(log_site_once(&site, NULL, 6), "the last signed checkpoint is not known here");
    says(log_site_ctl(&site, 6, WORDS("log", "recover", "--checkpoint", site.anchored)),
         "entries that this checkpoint signs");
    says(log_site_once(&site, NULL, 6), "the last signed checkpoint is not known here");
    ck_assert_int_eq(rows(), 100);
    free(anchor);
}
END_TEST

/* The database went on, signed into another directory; then the old directory is put back. */
START_TEST(another_history_is_noticed)
{
    cluster = cluster_new(NULL);
    site = log_site_new(cluster, 100, NULL);
    stop(cluster, "fast");
    cluster_backup(cluster, "backup");
    start(cluster);
    free(log_site_once(&site, NULL, 0));
    int64_t size = log_site_size(&site);
    stop(cluster, "fast");
    cluster_restore(cluster, "backup");
    start(cluster);
    db_exec(site.site.admin, "UPDATE retention.log_state SET holder_host = NULL"); /* by force */
    log_site_config(&site, NULL, "second", NULL, NULL);
    free(log_site_once(&site, NULL, 0));
    log_site_rows(&site, 1000, 1010);
    free(log_site_once(&site, NULL, 0));
    log_site_config(&site, NULL, NULL, NULL, NULL);
    log_site_rows(&site, 2000, 2010);
    says(log_site_once(&site, NULL, 6), "another one than the directory's");
    ck_assert_int_eq(rows(), 11);
    ck_assert_int_eq(log_site_size(&site), size);
}
END_TEST

Suite *suite_log_recovery(void)
{
    Suite *suite = suite_create("log_recovery");
    TCase *tcase = tcase_create("recovery");
    tcase_add_checked_fixture(tcase, NULL, teardown);
    tcase_set_timeout(tcase, 240);
    tcase_add_test(tcase, a_backup_of_files_is_restored);
    tcase_add_test(tcase, what_the_backup_had_unplaced_is_found);
    tcase_add_test(tcase, a_daemon_notices_and_goes_on);
    tcase_add_test(tcase, what_people_did_is_remembered);
    tcase_add_test(tcase, a_point_in_time_is_recovered);
    tcase_add_test(tcase, an_asynchronous_standby_takes_over);
    tcase_add_test(tcase, signing_waits_for_the_standby);
    tcase_add_test(tcase, a_dump_in_another_cluster_is_a_clone);
    tcase_add_test(tcase, a_second_host_shows_a_checkpoint);
    tcase_add_test(tcase, a_checkpoint_that_the_database_lacks_is_refused);
    tcase_add_test(tcase, another_history_is_noticed);
    suite_add_tcase(suite, tcase);
    TCase *runs = tcase_create("runs");
    tcase_add_checked_fixture(runs, NULL, teardown);
    tcase_set_timeout(runs, 240);
    tcase_add_test(runs, a_run_of_a_newer_category_is_ended);
    suite_add_tcase(suite, runs);
    return suite;
}
