/* /metrics, /healthz, /readyz of a running worker, and what they refuse. worker/service/http.c,
 * metrics.c, words.c. */
#define _GNU_SOURCE
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "engine_support.h"
#include "harness/cluster.h"
#include "harness/db.h"

static char socket_path[256];

static struct site http_site_with(const char *policy, const char *more)
{
    char settings[512];
    char *directory = temporary_directory();
    snprintf(socket_path, sizeof(socket_path), "%s/http", directory);
    snprintf(settings, sizeof(settings),
             "http: { listen = \"unix:%s\"; }; worker: { lease = \"2 s\"; %s };", socket_path,
             more);
    free(directory);
    struct site site = site_new(cluster_shared(),
                                "CREATE TABLE event (id bigint PRIMARY KEY, at timestamptz NOT "
                                "NULL, note text, marked timestamptz); CREATE INDEX ON event (at);"
                                "INSERT INTO event SELECT i, now() - interval '40 days' "
                                "FROM generate_series(1, 7) i",
                                settings);
    site_policy(&site, "events", policy);
    return site;
}

#define POLICY                                                                                     \
    "  data: { table = \"public.event\"; start = \"at\"; };\n"                                     \
    "  stages = ( { after = \"30 days\"; do = \"delete\"; } );\n"                                  \
    "  brake: { fraction = 1.0; };\n"

static struct site http_site(void)
{
    return http_site_with(POLICY, "");
}

static int dial(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    snprintf(address.sun_path, sizeof(address.sun_path), "%.100s", socket_path);
    for (int i = 0; i < 300; i++) {
        if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
            return fd;
        usleep(100000); /* the worker is starting */
    }
    ck_abort_msg("could not connect to %s: %s", socket_path, strerror(errno));
}

/* All that comes until the other side closes; "" where it answers nothing. */
static char *read_all(int fd)
{
    struct text text = {0};
    char buffer[4096];
    ssize_t n;
    while ((n = read(fd, buffer, sizeof(buffer))) > 0)
        text_add_n(&text, buffer, (size_t)n);
    close(fd);
    return text_steal(&text);
}

static char *ask(const char *request)
{
    int fd = dial();
    ck_assert_int_eq(write(fd, request, strlen(request)), (ssize_t)strlen(request));
    return read_all(fd);
}

static void wait_for(const char *path, const char *what)
{
    char request[128];
    snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path);
    for (int i = 0;; i++) {
        char *answer _cleanup_free_ = ask(request);
        if (strstr(answer, what))
            return;
        ck_assert_msg(i < 600, "%s never has \"%s\": %s", path, what, answer);
        usleep(100000);
    }
}

static char *metrics(void)
{
    return ask("GET /metrics HTTP/1.1\r\n\r\n");
}

static void wait_for_none(const char *what)
{
    for (int i = 0;; i++) {
        char *answer _cleanup_free_ = metrics(), *found = strstr(answer, what);
        if (!found)
            return;
        ck_assert_msg(i < 600, "/metrics always has \"%s\": %.200s", what, found);
        usleep(100000);
    }
}

static void check_rules(void)
{
    const char *const argv[] = {"/usr/bin/promtool", "check", "rules",
                                source_path("systemd/alerts.yml"), NULL};
    struct program_result result = program_run(argv);
    ck_assert_msg(result.exit_code == 0, "%s%s", result.out, result.err);
    program_result_free(&result);
}

static void check_by_promtool(const char *metrics)
{
    if (access("/usr/bin/promtool", X_OK) != 0) {
        puts("*** SKIPPED: promtool is not installed (Debian: prometheus)");
        ck_assert(!getenv("RETENTIOND_NEEDS_MACHINE"));
        return;
    }
    char *directory = temporary_directory();
    char *file = file_write(directory, "metrics", metrics);
    char *command;
    ck_assert_int_ge(asprintf(&command, "/usr/bin/promtool check metrics < %s", file), 0);
    const char *const argv[] = {"/bin/sh", "-c", command, NULL};
    struct program_result result = program_run(argv);
    ck_assert_msg(result.exit_code == 0, "%s%s", result.out, result.err);
    program_result_free(&result);
    check_rules();
    free(command);
    free(file);
    free(directory);
}

/* Every metric that the alert rules or the dashboard name is there. */
static void check_names(const char *file, const char *metrics)
{
    char *text _cleanup_free_ = file_read(source_path(file)), name[128], line[256];
    size_t found = 0;
    for (const char *p = text; (p = strstr(p, "retentiond_"));) {
        size_t n = strspn(p, "abcdefghijklmnopqrstuvwxyz_");
        snprintf(name, sizeof(name), "%.*s", (int)n, p);
        snprintf(line, sizeof(line), "# TYPE %s ", name);
        ck_assert_msg(strstr(metrics, line), "%s names %s, which is no metric", file, name);
        found++;
        p += n;
    }
    ck_assert_int_gt((int)found, 5);
}

START_TEST(tells_what_was_done)
{
    struct site site = http_site();
    pid_t pid = site_start(&site, NULL, NULL);
    wait_for("/metrics", "retentiond_category_info{category=\"events\",status=\"suspended\"} 1");
    wait_for("/readyz", "200 OK");
    site_approve(&site, "events", -1);
    wait_for("/metrics", "retentiond_deleted_records_total{category=\"events\"} 7\n");
    wait_for("/metrics", "retentiond_window_seconds{category=\"events\"} 86400\n");
    char *answer _cleanup_free_ = ask("GET /metrics HTTP/1.1\r\n\r\n");
    ck_assert_ptr_null(strstr(answer, "retentiond_falls_behind{")); /* nobody knows yet */
    static const char *const lines[] = {
        "retentiond_catch_up_seconds{category=\"events\"} 0\n",
        "retentiond_leader 1\n",
        "retentiond_ready 1\n",
        "retentiond_due_records{category=\"events\"} 0\n",
        "retentiond_held_records{category=\"events\"} 0\n",
        "retentiond_waiting_records{category=\"events\",cause=\"free\"} 0\n",
        "retentiond_overdue_seconds{category=\"events\"} 0\n",
        "retentiond_run_failures_total{category=\"events\"} 0\n",
        "retentiond_reload_failures_total 0\n",
    };
    for (size_t i = 0; i < ARRAY_LENGTH(lines); i++)
        ck_assert_msg(strstr(answer, lines[i]), "no %s in %s", lines[i], answer);
    char *body = strstr(answer, "\r\n\r\n");
    ck_assert_ptr_nonnull(body);
    check_by_promtool(body + 4);
    check_names("systemd/alerts.yml", body);
    check_names("systemd/dashboard.json", body);
    wait_for("/healthz", "leading (term 1), sleeping until ");
    kill(pid, SIGTERM);
    ck_assert_int_eq(program_wait(pid), 0);
    ck_assert_int_ne(access(socket_path, F_OK), 0);
    site_free(&site);
}
END_TEST

/* A run that fails before it has a plan shows, until one ends well. */
START_TEST(tells_of_a_failure)
{
    static const char failed[] = "retentiond_failed_timestamp_seconds{category=\"events\"}";
    struct site site = http_site();
    db_exec(site.admin, "REVOKE SELECT ON retention.held_scope FROM retention_worker");
    pid_t pid = site_start(&site, NULL, NULL);
    wait_for("/metrics", failed);
    wait_for("/readyz", "; the last run of category \"events\" failed\n");
    db_exec(site.admin, "GRANT SELECT ON retention.held_scope TO retention_worker");
    site_approve(&site, "events", -1);
    wait_for("/metrics", "retentiond_deleted_records_total{category=\"events\"} 7\n");
    char *answer _cleanup_free_ = ask("GET /metrics HTTP/1.1\r\n\r\n");
    ck_assert_ptr_null(strstr(answer, failed));
    char *health _cleanup_free_ = ask("GET /healthz HTTP/1.1\r\n\r\n");
    ck_assert_ptr_null(strstr(health, "failed"));
    kill(pid, SIGTERM);
    ck_assert_int_eq(program_wait(pid), 0);
    site_free(&site);
}
END_TEST

/* No connection is left for batches: the run waits, and says for what. */
START_TEST(tells_that_no_connection_is_left)
{
    struct site site = http_site();
    site_load_and_approve(&site, "events", -1);
    site_leave_one_connection(&site);
    pid_t pid = site_start(&site, NULL, NULL);
    wait_for("/healthz", "; waits: could not connect to");
    db_exec(site.admin, "ALTER DATABASE %s CONNECTION LIMIT -1", site.database);
    wait_for("/metrics", "retentiond_deleted_records_total{category=\"events\"} 7\n");
    wait_for("/healthz", "sleeping until ");
    kill(pid, SIGTERM);
    ck_assert_int_eq(program_wait(pid), 0);
    site_free(&site);
}
END_TEST

/* Without its server it is alive, and not ready. */
START_TEST(is_not_ready_without_its_server)
{
    struct cluster *cluster = cluster_new(NULL);
    struct site site = http_site();
    char *conninfo = cluster_conninfo(cluster, "postgres", "t_worker"), *text;
    ck_assert_int_ge(asprintf(&text,
                              "database: { conninfo = \"%s\"; };\npolicies = \"policies\";\n"
                              "log: { epoch_kek = \"kek\"; };\nhttp: { listen = \"unix:%s\"; };\n",
                              conninfo, socket_path),
                     0);
    free(file_write(site.directory, "retentiond.cfg", text));
    cluster_stop(cluster, "immediate");
    pid_t pid = site_start(&site, NULL, NULL);
    wait_for("/readyz", "503 Service Unavailable");
    wait_for("/readyz", "not connected: could not connect to");
    wait_for("/healthz", "200 OK");
    kill(pid, SIGTERM);
    ck_assert_int_eq(program_wait(pid), 0);
    free(text);
    free(conninfo);
    site_free(&site);
    cluster_free(cluster);
}
END_TEST

/* Another worker takes the lead: what this one found is old, and only its own sums stay. */
START_TEST(tells_what_it_found_while_it_leads)
{
    static const char *const lines[] = {
        "retentiond_due_records{",     "retentiond_waiting_records{",
        "retentiond_overdue_seconds{", "retentiond_counted_timestamp_seconds{",
        "retentiond_window_seconds{",  "retentiond_success_timestamp_seconds{",
        "retentiond_category_info{",
    };
    struct site site = http_site();
    site_load_and_approve(&site, "events", -1);
    pid_t first = site_start(&site, NULL, NULL);
    wait_for("/metrics", "retentiond_deleted_records_total{category=\"events\"} 7\n");
    wait_for("/metrics", "retentiond_window_seconds{");
    char *leading _cleanup_free_ = metrics();
    for (size_t i = 0; i < ARRAY_LENGTH(lines); i++)
        ck_assert_msg(strstr(leading, lines[i]), "no %s while it leads", lines[i]);
    char *config _cleanup_free_ = file_read(site.config);
    char *http = strstr(config, "http: {");
    ck_assert_ptr_nonnull(http);
    memset(http, ' ', (size_t)(strstr(http, "};") + 2 - http)); /* the second one has no socket */
    free(file_write(site.directory, "retentiond.cfg", config));
    int64_t term = db_number(site.admin, "SELECT term FROM retention.leader");
    pid_t second = site_start(&site, NULL, NULL);
    db_wait_until(site.admin, "SELECT count(*) > 1 FROM pg_stat_activity WHERE datname = "
                              "current_database() AND usename = 't_worker' AND state = 'idle' "
                              "AND application_name = 'retentiond'");
    kill(first, SIGSTOP);
    db_wait_until(site.admin, "SELECT term > %lld AND worker IS NOT NULL FROM retention.leader",
                  (long long)term);
    kill(first, SIGCONT);
    wait_for("/healthz", "standing by");
    char *standing_by _cleanup_free_ = metrics();
    for (size_t i = 0; i < ARRAY_LENGTH(lines); i++)
        ck_assert_msg(!strstr(standing_by, lines[i]), "%s while it stands by", lines[i]);
    ck_assert_ptr_nonnull(
        strstr(standing_by, "retentiond_deleted_records_total{category=\"events\"} 7\n"));
    /* it leads again: it knows nothing of what happened meanwhile but what it finds now */
    kill(second, SIGKILL);
    program_wait(second);
    wait_for("/metrics", "retentiond_due_records{category=\"events\"} 0\n");
    kill(first, SIGTERM);
    ck_assert_int_eq(program_wait(first), 0);
    site_free(&site);
}
END_TEST

/* Nobody is to be woken for a category that there is no more. */
START_TEST(tells_nothing_of_what_is_retired)
{
    struct site site = http_site();
    db_exec(site.admin, "REVOKE SELECT ON retention.held_scope FROM retention_worker");
    char *file;
    ck_assert_int_ge(asprintf(&file, "%s/events.cfg", site.policies), 0);
    free(file_write(site.policies, "others.cfg",
                    "others: { mode = \"declared\"; at = \"elsewhere\"; role = \"controller\";\n"
                    "  title = \"Test\"; basis = \"test\"; };\n"));
    pid_t pid = site_start(&site, NULL, NULL);
    wait_for("/metrics", "retentiond_failed_timestamp_seconds{category=\"events\"}");
    wait_for("/healthz", "; the last run of category \"events\" failed\n");
    ck_assert_int_eq(unlink(file), 0);
    kill(pid, SIGHUP);
    wait_for("/metrics", "retentiond_category_info{category=\"events\",status=\"red\"} 1\n");
    db_exec(site.approver, "SELECT retention.retire_policy('events', 'nobody needs it')");
    wait_for_none("{category=\"events\"");
    char *health _cleanup_free_ = ask("GET /healthz HTTP/1.1\r\n\r\n");
    ck_assert_msg(!strstr(health, "failed"), "%s", health);
    kill(pid, SIGTERM);
    ck_assert_int_eq(program_wait(pid), 0);
    free(file);
    site_free(&site);
}
END_TEST

/* The first of two stages leaves a record that is locked, and the last one has nothing to do: it is
 * waited for all the same, and told once. */
START_TEST(stages_add_up)
{
    struct site site = http_site_with(
        "  data: { table = \"public.event\"; start = \"at\"; };\n"
        "  stages = ( { name = \"mark\"; after = \"20 days\"; do = \"deidentify\";\n"
        "               mark = \"marked\";\n"
        "               columns = ( { name = \"note\"; as = \"nullify\"; } ); },\n"
        "             { name = \"gone\"; after = \"30 days\"; do = \"delete\"; } );\n"
        "  brake: { fraction = 1.0; };\n",
        "");
    site_load_and_approve(&site, "events", -1);
    db_exec(site.admin, "UPDATE event SET marked = now() WHERE id = 1");
    PGconn *application = db_connect(site.cluster, site.database, NULL);
    db_exec(application, "BEGIN");
    db_exec(application, "SELECT FROM event WHERE id = 1 FOR UPDATE");
    pid_t pid = site_start(&site, NULL, NULL);
    wait_for("/healthz", ", for category \"events\"\n");
    char *answer _cleanup_free_ = metrics();
    static const char *const lines[] = {
        "retentiond_deleted_records_total{category=\"events\"} 6\n",
        "retentiond_waiting_records{category=\"events\",cause=\"locked\"} 1\n",
        "retentiond_waiting_records{category=\"events\",cause=\"free\"} 0\n",
    };
    for (size_t i = 0; i < ARRAY_LENGTH(lines); i++)
        ck_assert_msg(strstr(answer, lines[i]), "no %s in %.2000s", lines[i],
                      strstr(answer, "retentiond_due"));
    PQfinish(application);
    kill(pid, SIGTERM);
    ck_assert_int_eq(program_wait(pid), 0);
    site_free(&site);
}
END_TEST

/* The window ends while there is much to do, and its next one begins a minute later: the rest
 * behind so long a run would be longer than that, but is not. */
START_TEST(a_rest_costs_no_window)
{
    struct site site = http_site_with("", "wake_most = \"1 day\";");
    db_exec(site.admin, "INSERT INTO event SELECT i, now() - interval '40 days' "
                        "FROM generate_series(8, 500) i");
    char *ends = db_value(site.admin, "SELECT date_trunc('minute', clock_timestamp() "
                                      "AT TIME ZONE 'UTC' + interval '80 s')"),
         *window = db_value(site.admin,
                            "SELECT to_char(e + interval '1 min', 'HH24:MI') || to_char(e, "
                            "'-HH24:MI') FROM (VALUES (timestamp '%s')) v (e)",
                            ends),
         *sleeping = db_value(site.admin,
                              "SELECT to_char(timestamp '%s' + interval '1 min', "
                              "'\"sleeping until \"YYYY-MM-DD\"T\"HH24:MI:00\"Z\"')",
                              ends),
         *policy;
    ck_assert_int_ge(
        asprintf(&policy, POLICY "  window = \"%s\"; pace: { rows_per_second = 1; };\n", window),
        0);
    site_policy(&site, "events", policy);
    site_load_and_approve(&site, "events", -1);
    pid_t pid = site_start(&site, NULL, NULL);
    wait_for("/healthz", "of 500 records deleted");
    for (int i = 0; i < 1200 && db_number(site.admin, "SELECT count(*) FROM retention.run "
                                                      "WHERE message = 'its window ended'") == 0;
         i++)
        usleep(100000);
    wait_for("/healthz", sleeping);
    kill(pid, SIGTERM);
    ck_assert_int_eq(program_wait(pid), 0);
    free(ends);
    free(window);
    free(sleeping);
    free(policy);
    site_free(&site);
}
END_TEST

/* Who asks may be gone before the answer comes: that ends nothing. */
START_TEST(asked_by_who_does_not_wait)
{
    static const char request[] = "GET /metrics HTTP/1.1\r\n\r\n";
    struct site site = http_site();
    pid_t pid = site_start(&site, NULL, NULL);
    wait_for("/healthz", "200 OK");
    for (int i = 0; i < 20; i++) {
        int fd = dial();
        ck_assert_int_eq(write(fd, request, strlen(request)), (ssize_t)strlen(request));
        close(fd);
        wait_for("/healthz", "200 OK");
    }
    kill(pid, SIGTERM);
    ck_assert_int_eq(program_wait(pid), 0);
    site_free(&site);
}
END_TEST

static int descriptors(pid_t pid)
{
    char path[64];
    int count = 0;
    snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
    DIR *directory = opendir(path);
    ck_assert_ptr_nonnull(directory);
    while (readdir(directory))
        count++;
    closedir(directory);
    return count;
}

/* What is no request of ours gets an error and an end; many that say nothing keep nobody out. */
START_TEST(abuse)
{
    static const struct {
        const char *request, *status;
    } bad[] = {
        {"POST /metrics HTTP/1.1\r\n\r\n", "405 "},
        {"GET / HTTP/1.1\r\n\r\n", "404 "},
        {"GET /metrics/../healthz HTTP/1.1\r\n\r\n", "404 "},
        {"GET http://x/metrics HTTP/1.1\r\n\r\n", "400 "},
        {"GET /metrics\r\n\r\n", "400 "},
        {"GET /metrics HTTP/9.1\r\n\r\n", "400 "},
        {"\r\n\r\n", "400 "},
        {"\n\n", "400 "},
        {"\x16\x03\x01\x02\r\n\r\n", "400 "},
        {"GET /healthz?x=%00 HTTP/1.0\n\n", "200 "},
    };
    struct site site = http_site();
    pid_t pid = site_start(&site, NULL, NULL);
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        char *answer _cleanup_free_ = ask(bad[i].request);
        ck_assert_msg(strncmp(answer, "HTTP/1.1 ", 9) == 0 &&
                          strncmp(answer + 9, bad[i].status, 4) == 0,
                      "%s got %s", bad[i].request, answer);
    }
    char long_head[8192] = "GET /metrics HTTP/1.1\r\nX: ";
    memset(long_head + strlen(long_head), 'x', sizeof(long_head) - strlen(long_head) - 1);
    int fd = dial();
    ck_assert_int_eq(send(fd, long_head, 4096, MSG_NOSIGNAL), 4096);
    char *answer _cleanup_free_ = read_all(fd);
    ck_assert_ptr_nonnull(strstr(answer, "431 "));

    char *head _cleanup_free_ = ask("HEAD /metrics HTTP/1.1\r\n\r\n");
    ck_assert_ptr_nonnull(strstr(head, "200 OK"));
    ck_assert_str_eq(strstr(head, "\r\n\r\n"), "\r\n\r\n");

    /* only so many are taken in at a time: the others wait outside */
    enum { SILENT = 50 };
    int silent[SILENT];
    for (int i = 0; i < SILENT; i++) {
        silent[i] = dial();
        ck_assert_int_eq(send(silent[i], "GET /", 5, MSG_NOSIGNAL), 5);
    }
    ck_assert_int_lt(descriptors(pid), SILENT);
    for (int i = 1; i < SILENT; i++)
        close(silent[i]);
    char *late _cleanup_free_ = ask("GET /healthz HTTP/1.1\r\n\r\n");
    ck_assert_ptr_nonnull(strstr(late, "200 OK"));
    char *nothing _cleanup_free_ = read_all(silent[0]); /* its time is over */
    ck_assert_str_eq(nothing, "");
    kill(pid, SIGTERM);
    ck_assert_int_eq(program_wait(pid), 0);
    site_free(&site);
}
END_TEST

Suite *suite_service_http(void)
{
    Suite *suite = suite_create("service_http");
    TCase *tc = tcase_create("http");
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, tells_what_was_done);
    tcase_add_test(tc, tells_of_a_failure);
    tcase_add_test(tc, tells_that_no_connection_is_left);
    tcase_add_test(tc, tells_what_it_found_while_it_leads);
    tcase_add_test(tc, tells_nothing_of_what_is_retired);
    tcase_add_test(tc, stages_add_up);
    tcase_add_test(tc, is_not_ready_without_its_server);
    tcase_add_test(tc, asked_by_who_does_not_wait);
    tcase_add_test(tc, abuse);
    suite_add_tcase(suite, tc);
    TCase *window = tcase_create("window"); /* waits for its end */
    tcase_set_timeout(window, 240);
    tcase_add_test(window, a_rest_costs_no_window);
    suite_add_tcase(suite, window);
    return suite;
}
