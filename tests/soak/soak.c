/* ./dev soak: two workers, an application, people who place and release holds, and everything that
 * goes wrong, for RETENTIOND_SOAK_MINUTES (20); then every promise is held against the
 * application's own books (soak.sql).
 *
 * Concepts. Writers and holders are processes of their own, which come back when the server does.
 * The main process does the damage, one deed after the other: kill -9 and SIGTERM of the worker
 * that leads, SIGSTOP, immediate stops of the server, connections that are cut or go dead (all of
 * the workers' go through a proxy), reloads of good and broken policies. Between two deeds it looks
 * at what is gone: nothing may be that was not due yet. A hold is checked right before it is
 * released. A worker that ends without being told to is a violation as well.
 *
 * In the end the application stops, one worker runs undisturbed, and: what is due and free is gone,
 * what a hold covers is there, the log tells of what is gone by key, and it verifies. How long it
 * took until another worker led is printed, not judged.
 *
 * RETENTIOND_SOAK_SEED repeats the deeds (not their every race). */
#define _GNU_SOURCE
#include <check.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "engine_support.h"
#include "harness/cluster.h"
#include "harness/db.h"
#include "harness/number.h"
#include "harness/proxy.h"
#include "ledger/note.h"
#include "log_audit.h"
#include "soak/people.h"

enum { WRITERS = 3, HOLDERS = 2, WORKERS = 2, FAILOVER_MOST_MS = 60000, MOST_TIMES = 256 };

static struct cluster *cluster;
static struct site site;
static struct proxy *proxy;
static struct chance chance;
static pid_t people[WRITERS + HOLDERS];
static pid_t workers[WORKERS];
static int64_t began_us;

static const struct {
    const char *name, *data;
} policies[] = {
    {"visits", "table = \"shop.visit\";"},
    {"calls",
     "table = \"shop.call\"; with = ( { table = \"shop.transcript\"; by = [ \"call\" ]; } );"},
    {"messages", "table = \"shop.message\";"},
};

static const struct {
    const char *relation, *gone;
} relations[] = {
    {"shop.visit", "SELECT key::text FROM soak.taken WHERE category = 'visits'"},
    {"shop.call", "SELECT key::text FROM soak.taken WHERE category = 'calls'"},
    {"shop.message", "SELECT key::text FROM soak.taken WHERE category = 'messages'"},
};

_printf_(1, 2) static void say(const char *format, ...)
{
    va_list args;
    printf("%7.1f s  ", (double)(clock_monotonic_us() - began_us) / 1e6);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
    fflush(stdout);
}

_printf_(1, 2) static void violation(const char *format, ...)
{
    char what[512];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof(what), format, args);
    va_end(args);
    say("VIOLATION: %s", what);
    const char *values[] = {what};
    PQclear(PQexecParams(site.admin, "INSERT INTO soak.violation (what) VALUES ($1)", 1, NULL,
                         values, NULL, NULL, 0));
}

/* --- the place --- */

static void write_policy(size_t i, const char *more)
{
    char *body _cleanup_free_ = NULL;
    ck_assert_int_gt(
        asprintf(&body,
                 "  data: { %s start = \"at\"; tenant = \"tenant\";\n"
                 "    subject = ( { column = \"phone\"; kind = \"phone\"; as = \"e164\"; } ); };\n"
                 "  stages = ( { after = \"30 days\"; do = \"delete\"; } );\n"
                 "  brake: { rows = 100000000; fraction = 1.0; tenant_fraction = 1.0; };\n%s",
                 policies[i].data, more),
        0);
    site_policy(&site, policies[i].name, body);
}

static void write_config(void)
{
    char *conninfo _cleanup_free_ = proxy_conninfo(proxy, site.database, "t_worker");
    char *text _cleanup_free_ = NULL;
    ck_assert_int_gt(
        asprintf(&text,
                 "database: { conninfo = \"%s\"; connections = 2; };\npolicies = \"policies\";\n"
                 "log: { epoch_kek = \"kek\"; signing_key = \"seed\"; origin = \"soak.example/t\"; "
                 "directory = \"log\"; };\n"
                 "holds: { dual_control = false; grace = \"0 days\"; };\n"
                 "pace: { batch_rows = 100; family_rows = 100; };\n",
                 conninfo),
        0);
    free(file_write(site.directory, "retentiond.cfg", text));
}

static void make_keys(void)
{
    uint8_t seed[32] = {0};
    struct text key _cleanup_text_ = {0};
    free(file_write(site.directory, "seed",
                    "0000000000000000000000000000000000000000000000000000000000000000\n"));
    struct note_signer *signer = note_signer_new("soak.example/t", seed, NULL);
    note_verifier_format(&key, note_signer_verifier(signer));
    text_add(&key, "\n");
    free(file_write(site.directory, "auditor.vkey", key.data));
    note_signer_free(signer);
}

static void make_place(void)
{
    cluster = cluster_new("fsync = on\nsynchronous_commit = on\nfull_page_writes = on\n"
                          "autovacuum = on\nautovacuum_naptime = 5s\nmax_connections = 100");
    char *sql _cleanup_free_ = file_read(source_path("tests/soak/soak.sql"));
    site = site_new(cluster, sql, NULL);
    proxy = proxy_new(cluster);
    db_script(site.admin, "UPDATE retention.hold_rules SET dual_control = false, grace = '0'");
    db_script(site.admin,
              "SELECT soak.insert(c, 4000, 1) FROM unnest('{visits,calls,messages}'::text[]) c");
    make_keys();
    write_config();
    for (size_t i = 0; i < ARRAY_LENGTH(policies); i++)
        write_policy(i, "");
    site_once_expect(&site, NULL, 5);
    for (size_t i = 0; i < ARRAY_LENGTH(policies); i++)
        site_approve(&site, policies[i].name, -1);
}

/* --- workers --- */

static void start_worker(size_t i)
{
    char *path _cleanup_free_ = NULL;
    ck_assert_int_gt(asprintf(&path, "%s/worker-%zu", site.directory, i), 0);
    const char *const argv[] = {"retentiond", "-c", site.config, NULL};
    workers[i] = program_start(argv, NULL, path);
}

static void worker_ended(size_t i, int status)
{
    char *path _cleanup_free_ = NULL;
    ck_assert_int_gt(asprintf(&path, "%s/worker-%zu", site.directory, i), 0);
    char *said _cleanup_free_ = file_read(path);
    size_t length = strlen(said);
    violation("worker %zu ended by itself, with status %x; its last words:\n%s", i,
              (unsigned)status, length > 400 ? said + length - 400 : said);
    start_worker(i);
}

static void look_after_workers(void)
{
    int status;
    for (size_t i = 0; i < WORKERS; i++)
        if (waitpid(workers[i], &status, WNOHANG) == workers[i])
            worker_ended(i, status);
}

/* The one that leads, by the process that the database knows; SIZE_MAX: none. */
static size_t leading(void)
{
    /* both are asked through one proxy, so that the address tells nothing: their words do */
    for (size_t i = 0; i < WORKERS; i++) {
        char *path _cleanup_free_ = NULL;
        ck_assert_int_gt(asprintf(&path, "%s/worker-%zu", site.directory, i), 0);
        char *said _cleanup_free_ = file_read(path), *last = NULL, wanted[48];
        for (char *p = said; (p = strstr(p, "leading, term ")); p++)
            last = p;
        snprintf(wanted, sizeof(wanted), "leading, term %lld\n",
                 (long long)db_number(site.admin, "SELECT term FROM retention.leader"));
        if (last && text_starts_with(last, wanted))
            return i;
    }
    return SIZE_MAX;
}

static int64_t term(void)
{
    return db_number(site.admin, "SELECT term FROM retention.leader WHERE worker IS NOT NULL "
                                 "UNION ALL SELECT 0 ORDER BY 1 DESC LIMIT 1");
}

struct times {
    const char *what;
    int64_t ms[MOST_TIMES];
    size_t count;
};
static struct times after_kill = {.what = "kill -9"}, after_term = {.what = "SIGTERM"};

static void keep_time(struct times *times, int64_t before, int64_t since_us)
{
    while (term() <= before && clock_monotonic_us() - since_us < (int64_t)FAILOVER_MOST_MS * 1000)
        poll(NULL, 0, 10);
    int64_t ms = (clock_monotonic_us() - since_us) / 1000;
    if (ms >= FAILOVER_MOST_MS)
        violation("nobody leads %d s after %s", FAILOVER_MOST_MS / 1000, times->what);
    say("the other one leads %lld ms after %s", (long long)ms, times->what);
    if (times->count < MOST_TIMES)
        times->ms[times->count++] = ms;
}

static int compare_ms(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static void print_times(struct times *times)
{
    if (!times->count)
        return;
    qsort(times->ms, times->count, sizeof(*times->ms), compare_ms);
    printf("failover after %-8s %3zu times: median %.2f s, worst %.2f s\n", times->what,
           times->count, (double)times->ms[times->count / 2] / 1e3,
           (double)times->ms[times->count - 1] / 1e3);
}

/* --- deeds --- */

/* A leader is ended; the other one has to take over, and the first comes back as standby. */
static void end_leader(int signal, struct times *times)
{
    size_t i = leading();
    int64_t before = term();
    if (i == SIZE_MAX || !before)
        return;
    int64_t now = clock_monotonic_us();
    kill(workers[i], signal);
    keep_time(times, before, now);
    int code = program_wait(workers[i]);
    if (signal == SIGTERM && code != 0)
        violation("SIGTERM: worker %zu ended with code %d", i, code);
    start_worker(i);
}

static void kill_leader(void)
{
    end_leader(SIGKILL, &after_kill);
}

static void stop_leader(void)
{
    end_leader(SIGTERM, &after_term);
}

static void freeze_leader(void)
{
    size_t i = leading();
    int64_t ms = 500 + chance_below(&chance, 15000);
    if (i == SIZE_MAX)
        return;
    say("worker %zu is stopped for %lld ms", i, (long long)ms);
    kill(workers[i], SIGSTOP);
    poll(NULL, 0, (int)ms);
    kill(workers[i], SIGCONT);
}

static void stop_server(void)
{
    say("the server is stopped at once");
    PQfinish(site.admin);
    PQfinish(site.approver);
    cluster_stop(cluster, "immediate");
    poll(NULL, 0, (int)chance_below(&chance, 3000));
    cluster_start(cluster);
    site.admin = db_connect(cluster, site.database, NULL);
    site.approver = db_connect(cluster, site.database, "t_approver");
}

static void cut(void)
{
    say("all connections of the workers are cut");
    proxy_cut(proxy);
}

static void go_dead(void)
{
    say("all connections of the workers are dead");
    proxy_hold(proxy);
    poll(NULL, 0, (int)(500 + chance_below(&chance, 8000)));
    proxy_cut(proxy);
}

static void reload(void)
{
    size_t i = chance_below(&chance, ARRAY_LENGTH(policies));
    uint32_t how = chance_below(&chance, 3);
    char more[128];
    snprintf(more, sizeof(more), "  pace: { rows_per_second = %u; };\n",
             500 + chance_below(&chance, 5000));
    say("%s policy, and a reload", how == 0   ? "a broken"
                                   : how == 1 ? "another pace in a"
                                              : "a longer, then again the shorter");
    write_policy(i, how == 0 ? "  no_such_key = 1;\n" : more);
    for (size_t w = 0; w < WORKERS; w++)
        kill(workers[w], SIGHUP);
    poll(NULL, 0, (int)chance_below(&chance, 1500));
    if (how == 0) {
        write_policy(i, "");
        for (size_t w = 0; w < WORKERS; w++)
            kill(workers[w], SIGHUP);
    }
}

static void approve(void)
{
    db_exec(site.approver, "SELECT retention.approve_policy(name, loaded_sha256, NULL) FROM "
                           "retention.category WHERE state = 'suspended'");
}

/* What the operator and the people do meanwhile is done between deeds, too. */
static void look(void)
{
    db_exec(site.admin, "SELECT retention.request_run(NULL) WHERE NOT EXISTS (SELECT FROM "
                        "retention.run_request WHERE taken_at IS NULL)");
    approve();
    (void)db_number(site.admin, "SELECT soak.check_early()");
    look_after_workers();
}

static const struct {
    const char *what;
    void (*deed)(void);
    uint32_t weight;
} deeds[] = {
    {"kill -9", kill_leader, 4},
    {"SIGTERM", stop_leader, 4},
    {"SIGSTOP", freeze_leader, 1},
    {"server stop", stop_server, 2},
    {"cut", cut, 3},
    {"dead network", go_dead, 1},
    {"reload", reload, 3},
};

static unsigned done[ARRAY_LENGTH(deeds)];

static void do_something(void)
{
    uint32_t sum = 0, pick;
    for (size_t i = 0; i < ARRAY_LENGTH(deeds); i++)
        sum += deeds[i].weight;
    pick = chance_below(&chance, sum);
    for (size_t i = 0; i < ARRAY_LENGTH(deeds); i++) {
        if (pick < deeds[i].weight) {
            deeds[i].deed();
            done[i]++;
            return;
        }
        pick -= deeds[i].weight;
    }
}

/* --- the end --- */

static void stop_everybody(void)
{
    for (size_t i = 0; i < ARRAY_LENGTH(people); i++) {
        kill(people[i], SIGKILL);
        waitpid(people[i], NULL, 0);
    }
    look();
    for (size_t i = 0; i < WORKERS; i++) {
        kill(workers[i], SIGTERM);
        int code = program_wait(workers[i]);
        if (code != 0 && code != 128 + SIGTERM) /* one that had just begun */
            violation("in the end worker %zu ended with code %d", i, code);
    }
    db_wait_until(site.admin, "SELECT count(*) = 0 FROM pg_stat_activity WHERE datname = "
                              "current_database() AND pid <> pg_backend_pid() AND usename IN "
                              "('t_legal', 't_worker') AND state <> 'idle'");
}

static void last_run(void)
{
    say("the last run, undisturbed");
    for (size_t i = 0; i < ARRAY_LENGTH(policies); i++)
        write_policy(i, "");
    db_exec(site.admin, "INSERT INTO soak.last_run VALUES (clock_timestamp() - interval '1 s')");
    struct program_result r = site_once(&site, NULL);
    if (r.exit_code == 5) { /* a pace that was widened, or a text that nobody approved */
        approve();
        program_result_free(&r);
        r = site_once(&site, NULL);
    }
    if (r.exit_code != 0)
        violation("the last run ended with code %d: %s", r.exit_code, r.err);
    program_result_free(&r);
}

static void check_log(void)
{
    struct text report _cleanup_text_ = {0};
    char *kek _cleanup_free_ = NULL, *log _cleanup_free_ = NULL, *vkey _cleanup_free_ = NULL;
    char *admin _cleanup_free_ = cluster_conninfo(cluster, site.database, NULL);
    ck_assert_int_gt(asprintf(&kek, "%s/kek", site.directory), 0);
    ck_assert_int_gt(asprintf(&log, "%s/log", site.directory), 0);
    ck_assert_int_gt(asprintf(&vkey, "%s/auditor.vkey", site.directory), 0);
    for (size_t i = 0; i < ARRAY_LENGTH(relations); i++) {
        int64_t rows =
            log_audit(site.admin, kek, relations[i].relation, 1, relations[i].gone, &report);
        say("%s: the log tells of %lld records", relations[i].relation, (long long)rows);
    }
    log_audit_runs(site.admin, &report);
    if (report.length)
        violation("%s", report.data);
    const char *const alone[] = {"retentionctl", "log", "verify", log, "--vkey", vkey, NULL};
    const char *const beside[] = {"retentionctl", "-c",     site.config, "-d", admin,
                                  "log",          "verify", "--vkey",    vkey, NULL};
    const char *const *const ways[] = {alone, beside};
    for (size_t i = 0; i < ARRAY_LENGTH(ways); i++) {
        struct program_result r = program_run(ways[i]);
        if (r.exit_code != 0)
            violation("log verify: code %d: %s%s", r.exit_code, r.out, r.err);
        program_result_free(&r);
    }
}

static void check_everything(void)
{
    say("holding it against the books");
    PQclear(PQexec(site.admin, "SELECT soak.check_early()"));
    db_exec(site.admin, "SELECT soak.check_hold(h.hold) FROM (SELECT hold FROM soak.hold WHERE "
                        "state = 'placed' OFFSET 0) h");
    db_exec(site.admin, "UPDATE soak.hold SET state = 'placed' WHERE state = 'over' AND hold IN "
                        "(SELECT hold FROM retention.hold WHERE held_until > clock_timestamp())");
    int64_t left = db_number(site.admin, "SELECT count(*) FROM soak.left_over");
    if (left)
        violation("%lld records are due and free, and still there", (long long)left);
    int64_t orphans =
        db_number(site.admin, "SELECT count(*) FROM shop.transcript t WHERE NOT EXISTS "
                              "(SELECT FROM shop.call c WHERE c.id = t.call)");
    if (orphans)
        violation("%lld transcripts are left without their calls", (long long)orphans);
    if (db_number(site.admin, "SELECT count(*) FROM retention.run WHERE status = 'running'"))
        violation("a run has no end");
    check_log();
}

static void print_sums(void)
{
    char *sums _cleanup_free_ = db_value(
        site.admin,
        "SELECT format('%%s changes in the journal, %%s records taken, %%s holds placed, %%s "
        "released, %%s runs (%%s lost, %%s failed), %%s batches', (SELECT count(*) FROM "
        "soak.journal), (SELECT count(*) FROM soak.taken), (SELECT count(*) FROM soak.hold WHERE "
        "state <> 'wanted'), (SELECT count(*) FROM retention.hold WHERE released_at IS NOT NULL), "
        "(SELECT count(*) FROM retention.run), (SELECT count(*) FROM retention.run WHERE status = "
        "'lost'), (SELECT count(*) FROM retention.run WHERE status = 'failed'), (SELECT count(*) "
        "FROM retention.log_entry WHERE type = 'batch'))");
    printf("\n%s\n", sums);
    for (size_t i = 0; i < ARRAY_LENGTH(deeds); i++)
        printf("%s: %u%s", deeds[i].what, done[i], i + 1 < ARRAY_LENGTH(deeds) ? ", " : "\n");
    print_times(&after_kill);
    print_times(&after_term);
}

START_TEST(soak)
{
    int64_t minutes = number_from_environment("RETENTIOND_SOAK_MINUTES", 20);
    uint64_t seed = (uint64_t)number_from_environment("RETENTIOND_SOAK_SEED", (long)time(NULL));
    chance.state = seed;
    began_us = clock_monotonic_us();
    printf("soak: %lld minutes, RETENTIOND_SOAK_SEED=%llu\n", (long long)minutes,
           (unsigned long long)seed);
    make_place();
    began_us = clock_monotonic_us();
    char *admin _cleanup_free_ = cluster_conninfo(cluster, site.database, NULL);
    char *legal _cleanup_free_ = cluster_conninfo(cluster, site.database, "t_legal");
    for (size_t i = 0; i < WRITERS; i++)
        people[i] = people_start_writer(admin, seed + i);
    for (size_t i = 0; i < HOLDERS; i++)
        people[WRITERS + i] = people_start_holder(admin, legal, seed + 100 + i);
    for (size_t i = 0; i < WORKERS; i++)
        start_worker(i);
    db_wait_until(site.admin, "SELECT worker IS NOT NULL FROM retention.leader");
    say("begun");
    for (int64_t end = began_us + minutes * 60000000; clock_monotonic_us() < end;) {
        poll(NULL, 0, (int)(1000 + chance_below(&chance, 6000)));
        look();
        do_something();
    }
    stop_everybody();
    last_run();
    check_everything();
    print_sums();
    int64_t violations = db_number(site.admin, "SELECT count(*) FROM soak.violation");
    PGresult *r =
        PQexec(site.admin, "SELECT left(what, 1000) FROM soak.violation ORDER BY at LIMIT 20");
    for (int i = 0; i < PQntuples(r); i++)
        printf("VIOLATION: %s\n", PQgetvalue(r, i, 0));
    PQclear(r);
    fflush(stdout);
    ck_assert_msg(violations == 0, "%lld violations", (long long)violations);
    ck_assert_msg(db_number(site.admin, "SELECT (SELECT count(*) FROM soak.hold WHERE state <> "
                                        "'wanted') * (SELECT count(*) FROM soak.taken) * (SELECT "
                                        "count(*) FROM retention.hold WHERE released_at IS NOT "
                                        "NULL)") > 0,
                  "nothing was taken, or placed, or released: this was no soak");
    printf("no violation\n");
    site_free(&site);
    proxy_free(proxy);
    cluster_free(cluster);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("soak");
    TCase *tcase = tcase_create("soak");
    tcase_set_timeout(tcase, 0);
    tcase_add_test(tcase, soak);
    suite_add_tcase(suite, tcase);
    cluster_shared_setup();
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    cluster_shared_teardown();
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
