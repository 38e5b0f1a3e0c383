/* ./dev valgrind: a day of events in minutes, and no leak.
 *
 * A daemon lives through RETENTIOND_DAY_EVENTS events (1440, one a minute of a day): runs that
 * delete, notices, reloads good and broken, holds placed and released, questions over HTTP,
 * sessions that are ended, connections that are cut, restarts of the server. Once as it is, where
 * its resident memory must not grow after the first quarter (which is what leaks look like that are
 * freed at the end); then under valgrind, which ends with an error where memory is lost for good or
 * was used when it should not. */
#define _GNU_SOURCE
#include <check.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "harness/cluster.h"
#include "harness/db.h"
#include "harness/number.h"
#include "harness/proxy.h"
#include "log_support.h"

enum { GROWS_MOST_KIB = 1024, PATIENCE_S = 300, VALGRIND_FOUND = 99 };

static struct cluster *cluster;
static struct log_site day;
static struct proxy *proxy;
static char *socket_path;
static PGconn *legal;
static int64_t next_row = 1000;
static pid_t daemon_pid;

static void write_config(void)
{
    char *conninfo _cleanup_free_ = proxy_conninfo(proxy, day.site.database, "t_worker");
    char *text _cleanup_free_ = NULL;
    ck_assert_int_gt(asprintf(&text,
                              "database: { conninfo = \"%s\"; };\npolicies = \"policies\";\n"
                              "log: { epoch_kek = \"kek\"; signing_key = \"seed\"; origin = "
                              "\"log.example/t\"; directory = \"log\"; };\n"
                              "holds: { dual_control = false; grace = \"0 days\"; };\n"
                              "worker: { lease = \"60 s\"; };\nhttp: { listen = \"unix:%s\"; };\n",
                              conninfo, socket_path),
                     0);
    free(file_write(day.site.directory, "retentiond.cfg", text));
}

static void connect_all(void)
{
    log_site_reconnect(&day, cluster);
    PQfinish(legal);
    legal = db_connect(cluster, day.site.database, "t_legal");
}

static void begin(void)
{
    cluster = cluster_new(NULL);
    day = log_site_new(cluster, 100, NULL);
    proxy = proxy_new(cluster);
    ck_assert_int_gt(asprintf(&socket_path, "%s/http", day.site.directory), 0);
    write_config();
    db_script(day.site.admin, "UPDATE retention.hold_rules SET dual_control = false, grace = '0';"
                              "GRANT SELECT ON t TO t_legal");
    legal = db_connect(cluster, day.site.database, "t_legal");
    next_row = 1000;
}

static void end(void)
{
    PQfinish(legal);
    legal = NULL;
    log_site_free(&day);
    proxy_free(proxy);
    cluster_free(cluster);
    free(socket_path);
}

/* --- events --- */

static void a_run(int i)
{
    (void)i;
    log_site_rows(&day, (int)next_row, (int)next_row + 20);
    next_row += 21;
    char *request _cleanup_free_ = db_value(day.site.admin, "SELECT retention.request_run(NULL)");
    int64_t began = clock_monotonic_us();
    while (db_number(day.site.admin,
                     "SELECT count(*) FROM retention.run_request WHERE request = '%s' AND "
                     "finished_at IS NULL",
                     request)) {
        ck_assert_msg(clock_monotonic_us() - began < (int64_t)PATIENCE_S * 1000000,
                      "a run does not end");
        poll(NULL, 0, 5);
    }
}

static void a_notice(int i)
{
    static const char *const payloads[] = {"policy", "release", "resume", "bind", "nonsense"};
    db_exec(day.site.admin, "SELECT pg_notify('retention', '%s')", payloads[i % 5]);
}

static void write_policy(const char *more)
{
    char *body _cleanup_free_ = NULL;
    ck_assert_int_gt(
        asprintf(&body,
                 "data: { table = \"public.t\"; start = \"at\"; };\n"
                 "stages = ( { name = \"gone\"; after = \"1 year\"; do = \"delete\"; } "
                 ");\nbrake: { rows = 1000000; fraction = 1.0; };\n%s",
                 more),
        0);
    site_policy(&day.site, "t", body);
}

static void a_reload(int i)
{
    char more[64];
    snprintf(more, sizeof(more), "pace: { rows_per_second = %d; };\n", 10000 + i);
    write_policy(more);
    kill(daemon_pid, SIGHUP);
}

static void a_broken_reload(int i)
{
    write_policy(i % 2 ? "no_such_key = 1;\n" : "window = ;\n");
    kill(daemon_pid, SIGHUP);
    poll(NULL, 0, 50);
    write_policy("");
    kill(daemon_pid, SIGHUP);
}

static void a_hold(int i)
{
    (void)i;
    char *hold _cleanup_free_ =
        db_value(legal,
                 "SELECT retention.place_hold('m', 'r', category => 't', record_key => "
                 "ARRAY['%lld'])",
                 (long long)next_row);
    log_site_rows(&day, (int)next_row, (int)next_row);
    next_row++;
    a_run(0);
    db_exec(legal, "SELECT retention.release_hold('%s', 'r')", hold);
}

static void a_question(int i)
{
    static const char *const requests[] = {"GET /metrics HTTP/1.1\r\n\r\n",
                                           "GET /readyz HTTP/1.1\r\n\r\n",
                                           "POST /nowhere HTTP/1.1\r\n\r\n", "\r\n\r\nrubbish"};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char buffer[4096];
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    snprintf(address.sun_path, sizeof(address.sun_path), "%.100s", socket_path);
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0) {
        const char *request = requests[i / 7 % 4];
        ck_assert_int_gt(send(fd, request, strlen(request), MSG_NOSIGNAL), 0);
        shutdown(fd, SHUT_WR);
        while (read(fd, buffer, sizeof(buffer)) > 0)
            ;
    }
    close(fd);
}

static void an_ended_session(int i)
{
    db_exec(
        day.site.admin,
        "SELECT pg_terminate_backend(pid) FROM retention.worker_session WHERE kind = '%s' ORDER "
        "BY pid LIMIT 1",
        i % 2 ? "control" : "batch");
}

static void a_cut(int i)
{
    (void)i;
    proxy_cut(proxy);
}

static void a_restart(int i)
{
    (void)i;
    cluster_stop(cluster, "immediate");
    cluster_start(cluster);
    connect_all();
}

/* Of 48 events in a row, each happens so often. */
static const struct {
    void (*event)(int i);
    int of_48;
} events[] = {
    {a_run, 14},     {a_notice, 9},         {a_reload, 9}, {a_broken_reload, 2}, {a_hold, 3},
    {a_question, 7}, {an_ended_session, 2}, {a_cut, 1},    {a_restart, 1},
};

static void happen(int i)
{
    int at = i * 29 % 48; /* 29 and 48 have no common divisor: each once, well mixed */
    for (size_t e = 0; e < ARRAY_LENGTH(events); at -= events[e++].of_48)
        if (at < events[e].of_48) {
            events[e].event(i);
            return;
        }
}

static long resident_kib(void)
{
    char path[64], line[256];
    long kib = -1;
    snprintf(path, sizeof(path), "/proc/%d/status", (int)daemon_pid);
    FILE *f = fopen(path, "r");
    ck_assert_msg(f != NULL, "the daemon is gone");
    while (fgets(line, sizeof(line), f))
        if (sscanf(line, "VmRSS: %ld kB", &kib) == 1)
            break;
    fclose(f);
    return kib;
}

/* Resident memory after a quarter and at the end. */
static void live(long *ret_early, long *ret_late)
{
    int count = (int)number_from_environment("RETENTIOND_DAY_EVENTS", 1440);
    ck_assert_int_ge(count, 48);
    db_wait_until(day.site.admin, "SELECT worker IS NOT NULL FROM retention.leader");
    for (int i = 0; i < count; i++) {
        happen(i);
        if (i == count / 4) {
            a_run(i);
            *ret_early = resident_kib();
        }
        if (i % (count / 8) == 0) {
            printf("  event %d of %d: %ld KiB\n", i, count, resident_kib());
            fflush(stdout);
        }
    }
    a_run(0);
    *ret_late = resident_kib();
    log_site_verify(&day);
}

START_TEST(memory_stays)
{
    long early = 0, late = 0;
    begin();
    daemon_pid = site_start(&day.site, NULL, NULL);
    live(&early, &late);
    kill(daemon_pid, SIGTERM);
    ck_assert_int_eq(program_wait(daemon_pid), 0);
    printf("resident: %ld KiB after a quarter of the day, %ld KiB at its end\n", early, late);
    ck_assert_msg(late - early <= GROWS_MOST_KIB, "it grew by %ld KiB", late - early);
    end();
}
END_TEST

START_TEST(nothing_leaks)
{
    long early = 0, late = 0;
    begin();
    char *log _cleanup_free_ = NULL, *option _cleanup_free_ = NULL, *said _cleanup_free_ = NULL;
    char *suppressions _cleanup_free_ = NULL, *code _cleanup_free_ = NULL;
    ck_assert_int_gt(asprintf(&log, "%s/valgrind", day.site.directory), 0);
    ck_assert_int_gt(asprintf(&option, "--log-file=%s", log), 0);
    ck_assert_int_gt(asprintf(&said, "%s/stderr", day.site.directory), 0);
    ck_assert_int_gt(asprintf(&code, "--error-exitcode=%d", VALGRIND_FOUND), 0);
    const char *const argv[] = {"/usr/bin/valgrind",
                                "--leak-check=full",
                                "--errors-for-leak-kinds=definite",
                                "--show-leak-kinds=definite",
                                code,
                                "--num-callers=30",
                                option,
                                build_path("retentiond"),
                                "-c",
                                day.site.config,
                                NULL};
    daemon_pid = program_start(argv, NULL, said);
    live(&early, &late);
    kill(daemon_pid, SIGTERM);
    int ended = program_wait(daemon_pid);
    char *found _cleanup_free_ = file_read(log);
    const char *summary = strstr(found, "LEAK SUMMARY");
    printf("%s\n", summary ? summary : found);
    ck_assert_msg(ended == 0, "valgrind ended with %d:\n%.8000s", ended, found);
    end();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("day");
    TCase *tcase = tcase_create("day");
    tcase_set_timeout(tcase, 0);
    tcase_add_test(tcase, memory_stays);
    tcase_add_test(tcase, nothing_leaks);
    suite_add_tcase(suite, tcase);
    cluster_shared_setup();
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    cluster_shared_teardown();
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
