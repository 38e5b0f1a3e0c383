/* Full disks: below the log directory, below a tablespace of the server, below its WAL. Each is a
 * small tmpfs in a mount namespace of the test's own, which takes root; elsewhere the suite is
 * skipped, and says so, but not where RETENTIOND_NEEDS_MACHINE is set. */
#define _GNU_SOURCE
#include <check.h>
#include <fcntl.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "config.h"
#include "harness/cluster.h"
#include "harness/db.h"
#include "log_support.h"
#include "up_support.h"

static bool namespace_is_possible(void)
{
    int status;
    pid_t pid = fork();
    if (pid == 0)
        _exit(unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
                      mount("tmpfs", "/mnt", "tmpfs", 0, "size=64k") == 0
                  ? 0
                  : 1);
    return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

/* What this process starts from now on sees what is mounted here, and nobody else does. */
static void own_namespace(void)
{
    ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
    ck_assert_int_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
}

/* A disk of so many megabytes at a directory that is there. */
static void small_disk(const char *directory, int megabytes)
{
    char size[32];
    const struct passwd *postgres = getpwnam("postgres");
    snprintf(size, sizeof(size), "size=%dm", megabytes);
    ck_assert_int_eq(mount("tmpfs", directory, "tmpfs", 0, size), 0);
    ck_assert_int_eq(chown(directory, postgres->pw_uid, postgres->pw_gid), 0);
    ck_assert_int_eq(chmod(directory, 0700), 0);
}

static char *ballast_of(const char *directory)
{
    char *path;
    ck_assert_int_ge(asprintf(&path, "%s/ballast", directory), 0);
    return path;
}

/* Until not a byte more fits. */
static void fill(const char *directory)
{
    static const char zeros[4096];
    char *path _cleanup_free_ = ballast_of(directory);
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    ck_assert_int_ge(fd, 0);
    while (write(fd, zeros, sizeof(zeros)) > 0)
        ;
    close(fd);
}

static void make_room(const char *directory)
{
    char *path _cleanup_free_ = ballast_of(directory);
    ck_assert_int_eq(unlink(path), 0);
}

static void more(struct log_site *site, int from, int to)
{
    PGconn *operator= db_connect(site->site.cluster, site->site.database, "t_operator");
    log_site_rows(site, from, to);
    db_exec(operator, "SELECT retention.request_run(NULL)");
    PQfinish(operator);
}

/* The log's directory. What was deleted has its entry in the database; signing waits, and no other
 * run starts; status and its exit code say so; once there is room, it goes on by itself. */
START_TEST(of_the_log)
{
    own_namespace();
    struct log_site site = log_site_new(cluster_shared(), 10, "checkpoint_every = \"1 s\";");
    pid_t pid = site_start(&site.site, NULL, NULL);
    PGconn *admin = site.site.admin;
    db_wait_until(admin, "SELECT state = 'ok' FROM retention.log_state");
    db_wait_until(admin, "SELECT NOT EXISTS (SELECT FROM public.t)");
    kill(pid, SIGTERM);
    ck_assert_int_eq(program_wait(pid), 0);

    char *moved _cleanup_free_ = NULL, *command _cleanup_free_ = NULL;
    ck_assert_int_ge(asprintf(&moved, "%s.moved", site.log), 0);
    ck_assert_int_eq(rename(site.log, moved), 0);
    ck_assert_int_eq(mkdir(site.log, 0700), 0);
    ck_assert_int_eq(mount("tmpfs", site.log, "tmpfs", 0, "size=4m,mode=700"), 0);
    ck_assert_int_ge(asprintf(&command, "cp -a %s/. %s", moved, site.log), 0);
    ck_assert_int_eq(system(command), 0);

    pid = site_start(&site.site, NULL, NULL);
    db_wait_until(admin, "SELECT worker IS NOT NULL FROM retention.leader");
    db_wait_until(admin, "SELECT state = 'ok' FROM retention.log_state");
    db_wait_until(admin, "SELECT NOT EXISTS (SELECT FROM public.t)");
    fill(site.log);
    int64_t size = log_site_size(&site);
    more(&site, 1000, 1099);
    db_wait_until(admin, "SELECT state = 'failing' FROM retention.log_state");
    site_wait_said(&site.site, "No space left on device");
    free(log_site_ctl(&site, 4, WORDS("status", "--check")));
    char *said _cleanup_free_ = log_site_ctl(&site, 0, WORDS("status"));
    ck_assert_msg(strstr(said, "The log is not signed, and no run starts: ") &&
                      strstr(said, "No space left on device"),
                  "%s", said);
    /* nothing was deleted without its entry */
    ck_assert_int_eq(site_digests(&site.site, "public.t") +
                         db_number(admin, "SELECT count(*) FROM public.t"),
                     110);
    ck_assert_int_eq(log_site_size(&site), size);

    make_room(site.log);
    db_wait_until(admin, "SELECT state = 'ok' FROM retention.log_state");
    db_wait_until(admin, "SELECT NOT EXISTS (SELECT FROM public.t)");
    kill(pid, SIGTERM);
    ck_assert_int_eq(program_wait(pid), 0);
    ck_assert_int_eq(site_digests(&site.site, "public.t"), 110);
    log_site_verify(&site);
    log_site_free(&site);
}
END_TEST

/* A tablespace of the server, in which the log's entries are kept: a batch that cannot write its
 * entry is rolled back, the run fails and says why, and a later one does it. */
START_TEST(of_a_tablespace)
{
    own_namespace();
    struct cluster *cluster = cluster_new(NULL);
    struct site site = up_site(cluster, "worker: { lease = \"2 s\"; wake_most = \"1 s\"; };\n");
    char *directory _cleanup_free_ = temporary_directory();
    small_disk(directory, 6);
    db_exec(site.admin, "CREATE TABLESPACE small LOCATION '%s'", directory);
    db_exec(site.admin, "ALTER TABLE retention.log_records SET TABLESPACE small");
    fill(directory);
    pid_t pid = site_start(&site, NULL, NULL);
    db_wait_until(site.admin, "SELECT EXISTS (SELECT FROM retention.run WHERE status = 'failed')");
    site_wait_said(&site, "disk full");
    up_status_says(&site, "disk full");
    int64_t left = db_number(site.admin, "SELECT count(*) FROM event");
    ck_assert_int_gt(left, 0);
    ck_assert_int_eq(site_digests(&site, "public.event"), 1000 - left);
    make_room(directory);
    site_wait_empty(&site);
    up_end(&site, pid, 1000);
    cluster_free(cluster);
}
END_TEST

#ifdef ENABLE_FAULT_POINTS

/* The disk of the WAL, full amid a batch: the server itself ends (PANIC), and starts again when
 * there is room. Nothing that was committed is lost, nothing else happened. */
START_TEST(of_the_wal)
{
    own_namespace();
    struct cluster *cluster = cluster_new("fsync = on\nsynchronous_commit = on\n"
                                          "min_wal_size = 32MB\nmax_wal_size = 32MB");
    struct site site = up_site(cluster, NULL);
    char *wal _cleanup_free_ = NULL, *moved _cleanup_free_ = NULL, *command _cleanup_free_ = NULL;
    db_exec(site.admin, "CHECKPOINT");
    cluster_stop(cluster, "fast");
    ck_assert_int_ge(asprintf(&wal, "%s/pg_wal", cluster_directory(cluster)), 0);
    ck_assert_int_ge(asprintf(&moved, "%s.moved", wal), 0);
    ck_assert_int_eq(rename(wal, moved), 0);
    ck_assert_int_eq(mkdir(wal, 0700), 0);
    small_disk(wal, 100);
    ck_assert_int_ge(asprintf(&command, "cp -a %s/. %s", moved, wal), 0);
    ck_assert_int_eq(system(command), 0);
    cluster_start(cluster);
    PQfinish(site.admin);
    PQfinish(site.approver);
    site.admin = db_connect(cluster, site.database, NULL);
    site.approver = db_connect(cluster, site.database, "t_approver");
    int status;
    pid_t pid = site_start(&site, NULL, "batch_after_action=stop:3");
    ck_assert_int_eq(waitpid(pid, &status, WUNTRACED), pid);
    fill(wal);
    while (PQstatus(site.admin) == CONNECTION_OK)
        PQclear(PQexec(site.admin, "CREATE TABLE IF NOT EXISTS junk (t text); INSERT INTO junk "
                                   "SELECT repeat('x', 1000) FROM generate_series(1, 10000)"));
    kill(pid, SIGCONT);
    site_wait_said(&site, "connection to the server was lost");
    make_room(wal);
    PQfinish(site.admin);
    PQfinish(site.approver);
    cluster_stop(cluster, "immediate"); /* it may have given up by now */
    cluster_start(cluster);
    site.admin = db_connect(cluster, site.database, NULL);
    site.approver = db_connect(cluster, site.database, "t_approver");
    site_wait_empty(&site);
    up_end(&site, pid, 1000);
    cluster_free(cluster);
}
END_TEST

#endif

START_TEST(skipped)
{
    puts("*** SKIPPED: no disk can be filled here: not root, or mounts are not allowed");
    ck_assert_msg(!getenv("RETENTIOND_NEEDS_MACHINE"), "the tests of full disks are needed");
}
END_TEST

Suite *suite_disk_full(void)
{
    Suite *suite = suite_create("disk_full");
    TCase *tc = tcase_create("disk full");
    tcase_set_timeout(tc, 120);
    suite_add_tcase(suite, tc);
    if (geteuid() != 0 || !namespace_is_possible()) {
        tcase_add_test(tc, skipped);
        return suite;
    }
    tcase_add_test(tc, of_the_log);
    tcase_add_test(tc, of_a_tablespace);
#ifdef ENABLE_FAULT_POINTS
    tcase_add_test(tc, of_the_wal);
#endif
    return suite;
}
