/* Databases that go back while the worker runs: a base backup, a point in time, a failover, a dump
 * in another place. The daemon meets each at its next connection, and does nothing until somebody
 * has decided; then it goes on by itself. */
#define _GNU_SOURCE
#include <check.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "harness/cluster.h"
#include "harness/db.h"
#include "log_support.h"

static struct log_site site;
static struct cluster *cluster, *other;
static pid_t daemon_pid;
static char *archive;

static void teardown(void)
{
    if (daemon_pid > 0) {
        kill(daemon_pid, SIGKILL);
        program_wait(daemon_pid);
    }
    daemon_pid = 0;
    log_site_free(&site);
    cluster_free(other);
    cluster_free(cluster);
    cluster = other = NULL;
    free(archive);
    archive = NULL;
}

static void says(char *text, const char *what)
{
    ck_assert_msg(strstr(text, what) != NULL, "\"%s\" is not in:\n%s", what, text);
    free(text);
}

static void shell(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void shell(const char *format, ...)
{
    char *command _cleanup_free_ = NULL;
    va_list args;
    va_start(args, format);
    ck_assert_int_ge(vasprintf(&command, format, args), 0);
    va_end(args);
    ck_assert_msg(system(command) == 0, "%s", command);
}

static int64_t rows(void)
{
    return db_number(site.site.admin, "SELECT count(*) FROM public.t");
}

static void start_daemon(void)
{
    daemon_pid = site_start(&site.site, NULL, NULL);
}

static void end_daemon(void)
{
    pid_t pid = daemon_pid;
    daemon_pid = 0;
    kill(pid, SIGTERM);
    int code = program_wait(pid);
    char *told _cleanup_free_ = site_stderr(&site.site);
    ck_assert_msg(code == 0, "exit code %d:\n%s", code, told);
}

/* The daemon has deleted what is there, and all that it wrote is signed. */
static void wait_until_done(void)
{
    db_wait_until(site.site.admin, "SELECT count(*) = 0 FROM public.t");
    db_wait_until(site.site.admin,
                  "SELECT NOT EXISTS (SELECT FROM retention.log_pending) AND NOT EXISTS (SELECT "
                  "FROM retention.run WHERE finished_at IS NULL) AND (SELECT max(index) + 1 FROM "
                  "retention.log_leaf) = (SELECT max(size) FROM retention.log_checkpoint)");
    log_site_no_fork(&site);
}

static void more_rows(int from, int to)
{
    PGconn *operator= db_connect(site.site.cluster, site.site.database, "t_operator");
    log_site_rows(&site, from, to);
    db_exec(operator, "SELECT retention.request_run(NULL)");
    PQfinish(operator);
}

/* The daemon found it: nothing was deleted, nothing signed, and `status` says what to do. A run
 * that a person asks for is refused as well. */
static void check_noticed(const char *state, int64_t size, int64_t there, const char *what)
{
    db_wait_until(site.site.admin, "SELECT state = '%s' FROM retention.log_state", state);
    ck_assert_int_eq(rows(), there);
    ck_assert_int_eq(log_site_size(&site), size);
    log_site_no_fork(&site);
    says(log_site_ctl(&site, 0, WORDS("status")), what);
    says(log_site_ctl(&site, 4, WORDS("status", "--check")), "no run starts");
    ck_assert_int_eq(db_number(site.site.admin, "SELECT count(*) FROM retention.run WHERE "
                                                "finished_at IS NULL"),
                     0);
    ck_assert_int_eq(
        db_number(site.site.admin,
                  "SELECT coalesce(missing, 0) - (%lld - (SELECT count(*) FROM "
                  "retention.log_leaf)) FROM retention.log_state WHERE state IN ('restored', "
                  "'failed over') UNION ALL SELECT 0",
                  (long long)size),
        0);
}

static void recover(int64_t undone)
{
    char sentence[64];
    snprintf(sentence, sizeof(sentence), "%lld batches were undone", (long long)undone);
    says(log_site_ctl(&site, 0, WORDS("log", "recover")), sentence);
}

/* A dump makes all tables anew: what was approved of the old ones is not approved of these. */
static void approve_again(int64_t there)
{
    db_wait_until(site.site.admin, "SELECT state = 'suspended' AND changed_columns IS NOT NULL "
                                   "FROM retention.category WHERE name = 't'");
    ck_assert_int_eq(rows(), there);
    site_approve(&site.site, "t", 1000000);
}

/* After `log recover` the daemon deletes again what came back, and the log verifies. */
static void check_recovered(int64_t undone)
{
    wait_until_done();
    end_daemon();
    log_site_verify(&site);
    ck_assert_int_eq(db_number(site.site.admin,
                               "SELECT count(*) FROM retention.log_entry WHERE type = 'restored' "
                               "AND entry LIKE '%%undone %lld%%'",
                               (long long)undone),
                     1);
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

/* Made while the worker deletes and signs. */
START_TEST(a_base_backup_is_restored)
{
    cluster = cluster_new(NULL);
    site = log_site_new(cluster, 100, "checkpoint_every = \"1 s\";");
    start_daemon();
    wait_until_done();
    log_site_rows(&site, 1000, 1099);
    cluster_base_backup(cluster, "base");
    more_rows(2000, 2009);
    wait_until_done();
    int64_t size = log_site_size(&site);
    stop(cluster, "fast");
    cluster_restore(cluster, "base");
    start(cluster);
    check_noticed("restored", size, 100, "it was restored from a backup (still timeline 1)");
    recover(1);
    check_recovered(1);
}
END_TEST

/* From a base backup and archived WAL, up to a point between two batches of work. */
START_TEST(a_point_in_time_is_recovered)
{
    char settings[700];
    ck_assert_int_ge(asprintf(&archive, "/tmp/retentiond-archive-%d", (int)getpid()), 0);
    shell("rm -rf %s", archive);
    snprintf(settings, sizeof(settings),
             "archive_mode = on\narchive_command = 'mkdir -p %s && cp %%p %s/%%f'\n"
             "restore_command = 'cp %s/%%f %%p'",
             archive, archive, archive);
    cluster = cluster_new(settings);
    site = log_site_new(cluster, 100, "checkpoint_every = \"1 s\";");
    cluster_base_backup(cluster, "base");
    start_daemon();
    wait_until_done();
    log_site_rows(&site, 1000, 1099);
    db_exec(site.site.admin, "SELECT pg_create_restore_point('between')");
    more_rows(2000, 2009);
    wait_until_done();
    int64_t size = log_site_size(&site);
    char *wal _cleanup_free_ = db_value(site.site.admin, "SELECT pg_walfile_name(pg_switch_wal())");
    db_wait_until(site.site.admin, "SELECT last_archived_wal >= '%s' FROM pg_stat_archiver", wal);
    stop(cluster, "fast");
    cluster_restore(cluster, "base");
    cluster_configure(cluster, "recovery_target_name = 'between'\n"
                               "recovery_target_action = 'promote'");
    cluster_touch(cluster, "recovery.signal");
    start(cluster);
    db_wait_until(site.site.admin, "SELECT NOT pg_is_in_recovery()");
    check_noticed(
        "failed over", size, 100,
        "a failover or a recovery to a point in time lost them (timeline 2, before it 1)");
    recover(1);
    check_recovered(1);
    shell("rm -rf %s", archive);
}
END_TEST

/* The worker knows both servers, and follows to the standby, which lacks the last commits. */
START_TEST(the_worker_follows_a_failover)
{
    cluster = cluster_new(NULL);
    site = log_site_new(cluster, 100, NULL);
    other = cluster_standby(cluster, "s");
    log_site_hosts(&site, cluster, other, "checkpoint_every = \"1 s\";");
    start_daemon();
    wait_until_done();
    log_site_rows(&site, 1000, 1099);
    char *lsn _cleanup_free_ = db_value(site.site.admin, "SELECT pg_current_wal_insert_lsn()");
    db_wait_until(site.site.admin, "SELECT flush_lsn >= '%s' FROM pg_stat_replication", lsn);
    cluster_stop(other, "fast");
    more_rows(2000, 2009);
    wait_until_done();
    int64_t size = log_site_size(&site);
    stop(cluster, "immediate");
    cluster_start(other);
    cluster_promote(other);
    log_site_reconnect(&site, other);
    check_noticed("failed over", size, 100, "lost them (timeline 2, before it 1)");
    recover(1);
    check_recovered(1);
}
END_TEST

static void dump(const struct cluster *from, const char *to)
{
    char *conninfo _cleanup_free_ = cluster_conninfo(from, site.site.database, NULL);
    shell("pg_dump -Fc -f %s '%s'", to, conninfo);
}

static void load(const struct cluster *into, const char *file)
{
    char *conninfo _cleanup_free_ = cluster_conninfo(into, "postgres", NULL);
    shell("pg_restore -C -d '%s' %s", conninfo, file);
}

/* The cluster is gone; a dump is loaded into another one. It is a clone until it is adopted, and
 * behind its log after that. */
START_TEST(a_dump_takes_the_place_of_a_lost_cluster)
{
    char *file _cleanup_free_ = NULL;
    cluster = cluster_new(NULL);
    site = log_site_new(cluster, 100, "checkpoint_every = \"1 s\";");
    ck_assert_int_ge(asprintf(&file, "%s/dump", site.site.directory), 0);
    start_daemon();
    wait_until_done();
    log_site_rows(&site, 1000, 1099);
    dump(cluster, file);
    more_rows(2000, 2009);
    wait_until_done();
    int64_t size = log_site_size(&site);
    end_daemon();
    other = cluster_new_system(NULL);
    char *from _cleanup_free_ = cluster_conninfo(cluster, "postgres", NULL);
    char *to _cleanup_free_ = cluster_conninfo(other, "postgres", NULL);
    shell("pg_dumpall -r -d '%s' | grep -v 'ROLE postgres' | psql -qX '%s' >/dev/null 2>&1", from,
          to);
    stop(cluster, "fast");
    load(other, file);
    log_site_reconnect(&site, other);
    log_site_config(&site, other, NULL, NULL, "checkpoint_every = \"1 s\";");
    says(log_site_once(&site, NULL, 6), "retentionctl adopt");
    start_daemon();
    check_noticed("unbound", size, 100, "retentionctl adopt");
    says(log_site_ctl(&site, 3, WORDS("log", "recover")), "retentionctl adopt");
    ck_assert_int_eq(rows(), 100);
    free(log_site_ctl(&site, 0, WORDS("adopt")));
    check_noticed("failed over", size, 100, "it is a copy in another cluster");
    recover(1);
    approve_again(100);
    check_recovered(1);
}
END_TEST

/* The same in the cluster that it came from: no other system, but another database. (A worker whose
 * database is gone ends; the service manager starts it again.) */
START_TEST(a_dump_is_restored_in_place)
{
    char *file _cleanup_free_ = NULL;
    cluster = cluster_new(NULL);
    site = log_site_new(cluster, 100, "checkpoint_every = \"1 s\";");
    ck_assert_int_ge(asprintf(&file, "%s/dump", site.site.directory), 0);
    start_daemon();
    wait_until_done();
    log_site_rows(&site, 1000, 1099);
    dump(cluster, file);
    more_rows(2000, 2009);
    wait_until_done();
    int64_t size = log_site_size(&site);
    end_daemon();
    PQfinish(site.site.admin);
    PQfinish(site.site.approver);
    PGconn *postgres = db_connect(cluster, "postgres", NULL);
    db_exec(postgres, "DROP DATABASE %s WITH (FORCE)", site.site.database);
    PQfinish(postgres);
    load(cluster, file);
    site.site.admin = db_connect(cluster, site.site.database, NULL);
    site.site.approver = db_connect(cluster, site.site.database, "t_approver");
    start_daemon();
    check_noticed("unbound", size, 100, "retentionctl adopt");
    free(log_site_ctl(&site, 0, WORDS("adopt")));
    check_noticed("restored", size, 100, "it was restored from a backup (still timeline 1)");
    recover(1);
    approve_again(100);
    check_recovered(1);
}
END_TEST

/* A clone, adopted, with a copy of the configuration: the log is the first database's as long as
 * its worker runs, and a directory of its own tells the clone nothing. */
START_TEST(a_clone_beside_its_origin_signs_nothing)
{
    char *file _cleanup_free_ = NULL;
    cluster = cluster_new(NULL);
    site = log_site_new(cluster, 100, "checkpoint_every = \"1 s\";");
    ck_assert_int_ge(asprintf(&file, "%s/dump", site.site.directory), 0);
    free(log_site_once(&site, NULL, 0));
    dump(cluster, file);
    other = cluster_new_system(NULL);
    char *from _cleanup_free_ = cluster_conninfo(cluster, "postgres", NULL);
    char *to _cleanup_free_ = cluster_conninfo(other, "postgres", NULL);
    shell("pg_dumpall -r -d '%s' | grep -v 'ROLE postgres' | psql -qX '%s' >/dev/null 2>&1", from,
          to);
    load(other, file);
    start_daemon(); /* of the first */
    db_wait_until(site.site.admin, "SELECT worker IS NOT NULL FROM retention.leader");
    more_rows(1000, 1009);
    wait_until_done();
    log_site_reconnect(&site, other);
    log_site_config(&site, other, NULL, NULL, "checkpoint_every = \"1 s\";");
    free(log_site_ctl(&site, 0, WORDS("adopt")));
    log_site_rows(&site, 3000, 3009);
    int64_t size = log_site_size(&site);
    /* one that stays meets the lock a second time, and does not pass it by */
    char *errors _cleanup_free_ = NULL;
    ck_assert_int_ge(asprintf(&errors, "%s/clone.stderr", site.site.directory), 0);
    const char *const argv[] = {"retentiond", "-c", site.site.config, NULL};
    pid_t clone = program_start(argv, NULL, errors);
    db_wait_until(site.site.admin,
                  "SELECT message LIKE '%%in use by a worker of another server or database' FROM "
                  "retention.log_state");
    kill(clone, SIGTERM);
    program_wait(clone);
    ck_assert_int_eq(rows(), 10);
    ck_assert_int_eq(log_site_size(&site), size);
    /* nor does a directory of its own help */
    log_site_config(&site, other, "second", NULL, NULL);
    says(log_site_once(&site, NULL, 6), "the last signed checkpoint is not known here");
    ck_assert_int_eq(rows(), 10);
    ck_assert_int_eq(log_site_size(&site), 0);
    log_site_reconnect(&site, cluster);
    log_site_config(&site, NULL, NULL, NULL, NULL);
    more_rows(2000, 2009);
    wait_until_done();
    end_daemon();
    log_site_verify(&site);
}
END_TEST

/* A second host with an old copy of the directory, beside a database that was restored to what that
 * copy knows and more: it must not sign again what the first signed since. */
START_TEST(an_idle_directory_proves_nothing)
{
    cluster = cluster_new(NULL);
    site = log_site_new(cluster, 100, NULL);
    free(log_site_once(&site, NULL, 0));
    shell("cp -a %s %s/second", site.log, site.site.directory);
    log_site_rows(&site, 1000, 1009);
    free(log_site_once(&site, NULL, 0));
    log_site_rows(&site, 2000, 2009);
    stop(cluster, "fast");
    cluster_backup(cluster, "backup");
    start(cluster);
    free(log_site_once(&site, NULL, 0));
    log_site_no_fork(&site);
    stop(cluster, "fast");
    cluster_restore(cluster, "backup");
    start(cluster);
    log_site_config(&site, NULL, "second", NULL, NULL);
    int64_t size = log_site_size(&site);
    says(log_site_once(&site, NULL, 6), "the last signed checkpoint is not known here");
    ck_assert_int_eq(rows(), 10);
    ck_assert_int_eq(log_site_size(&site), size);
    log_site_no_fork(&site);
    /* nor does recovering from it make it the newest */
    says(log_site_ctl(&site, 6, WORDS("log", "recover")), "this directory is an old copy");
    says(log_site_once(&site, NULL, 6), "the last signed checkpoint is not known here");
    /* with a copy of what the first has it may, once the entries are back */
    shell("rm -rf %s && cp -a %s/log %s", site.log, site.site.directory, site.log);
    says(log_site_once(&site, NULL, 6), "it was restored from a backup");
    free(log_site_ctl(&site, 0, WORDS("log", "recover")));
    free(log_site_once(&site, NULL, 0));
    ck_assert_int_eq(rows(), 0);
    log_site_verify(&site);
    log_site_no_fork(&site);
}
END_TEST

/* Who has no key does not notice a restore; so it does not act where one had it. */
START_TEST(a_signed_log_needs_its_key)
{
    site = log_site_new(cluster_shared(), 10, NULL);
    free(log_site_once(&site, NULL, 0));
    log_site_rows(&site, 100, 109);
    char *text _cleanup_free_ = file_read(site.site.config);
    char *at = strstr(text, "signing_key = \"seed\";");
    ck_assert_ptr_nonnull(at);
    memset(at, ' ', strlen("signing_key = \"seed\";"));
    free(file_write(site.site.directory, "retentiond.cfg", text));
    says(log_site_once(&site, NULL, 3), "no signing key is set");
    ck_assert_int_eq(rows(), 10);
    says(log_site_ctl(&site, 0, WORDS("status")), "Set log.signing_key");
    log_site_config(&site, NULL, NULL, NULL, NULL);
    free(log_site_once(&site, NULL, 0));
    ck_assert_int_eq(rows(), 0);
}
END_TEST

/* A case of its own for each, so that one can be run alone (CK_RUN_CASE). */
static void add(Suite *suite, const TTest *test)
{
    TCase *tcase = tcase_create(test->name);
    tcase_add_checked_fixture(tcase, NULL, teardown);
    tcase_set_timeout(tcase, 180);
    tcase_add_test(tcase, test);
    suite_add_tcase(suite, tcase);
}

Suite *suite_log_restore(void)
{
    Suite *suite = suite_create("log_restore");
    add(suite, a_base_backup_is_restored);
    add(suite, a_point_in_time_is_recovered);
    add(suite, the_worker_follows_a_failover);
    add(suite, a_dump_takes_the_place_of_a_lost_cluster);
    add(suite, a_dump_is_restored_in_place);
    add(suite, a_clone_beside_its_origin_signs_nothing);
    add(suite, an_idle_directory_proves_nothing);
    add(suite, a_signed_log_needs_its_key);
    return suite;
}
