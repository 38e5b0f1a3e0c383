/* The pace of runs: worker/engine/pace.c, what it decides; and with a real server, what it looks at
 * and what people see of it. */
#define _GNU_SOURCE
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "engine/pace.h"
#include "engine_support.h"
#include "harness/cluster.h"
#include "harness/db.h"

/* --- decisions --- */

#define SECOND INT64_C(1000000)
#define MB     (INT64_C(1024) * 1024)

static struct pace pace_of(struct pace_limits limits)
{
    struct pace pace;
    if (!limits.batch_rows)
        limits.batch_rows = 25000;
    pace_init(&pace, &limits, 0);
    return pace;
}

START_TEST(rows_per_second)
{
    struct pace pace = pace_of((struct pace_limits){.preset = "fast", .rows_per_second = 1000});
    ck_assert(!pace_wants_looks(&pace));
    ck_assert_int_eq(pace_wait_us(&pace, 0), 0);
    ck_assert_int_eq(pace_spend(&pace, 3000, 5000, 0), 0);
    int64_t wait = pace_wait_us(&pace, 0);
    ck_assert_int_ge(wait, 2000000);
    ck_assert_int_le(wait, 2010000);
    ck_assert_int_eq(pace_wait_us(&pace, wait), 0);
    ck_assert_int_eq(pace_batch_rows(&pace), 1000);
    pace = pace_of((struct pace_limits){.preset = "fast"});
    pace_spend(&pace, 1000000, 5000, 0);
    ck_assert_int_eq(pace_wait_us(&pace, 0), 0);
    ck_assert_int_eq(pace_batch_rows(&pace), 25000);
}
END_TEST

START_TEST(the_gentler_counts)
{
    ck_assert_str_eq(pace_gentler("fast", "normal"), "normal");
    ck_assert_str_eq(pace_gentler("gentle", "normal"), "gentle");
    ck_assert_str_eq(pace_gentler("normal", NULL), "normal");
}
END_TEST

/* While others work, batches take the time they are meant to, and connections rest as long again.
 */
START_TEST(short_while_others_work)
{
    struct pace pace = pace_of((struct pace_limits){.preset = "normal"});
    struct pressure pressure = {0};
    ck_assert(pace_wants_looks(&pace));
    pace_look(&pace, &pressure, 0);
    ck_assert_int_eq(pace_spend(&pace, 20000, 40000, 40000), 0);
    ck_assert_int_eq(pace_batch_rows(&pace), 25000);
    pressure.others = 1;
    for (int i = 1; i < 4; i++)
        pace_look(&pace, &pressure, i * SECOND);
    ck_assert(pace_is_busy(&pace));
    ck_assert_int_eq(pace_batch_rows(&pace), 1250); /* half a row a microsecond, 2.5 ms */
    ck_assert_int_eq(pace_spend(&pace, 1250, 2500, 4 * SECOND), 2500);
    pressure.blocked = 1;
    pace_look(&pace, &pressure, 5 * SECOND);
    ck_assert_int_eq(pace_batch_rows(&pace), 625);
    for (int i = 0; i < 5; i++)
        pace_look(&pace, &pressure, 6 * SECOND);
    ck_assert_int_eq(pace_batch_rows(&pace), 500); /* not shorter than 1 ms */
    pressure = (struct pressure){0};
    for (int i = 0; i < 20; i++)
        pace_look(&pace, &pressure, 7 * SECOND);
    ck_assert(!pace_is_busy(&pace));
    ck_assert_int_eq(pace_batch_rows(&pace), 25000);
    ck_assert_int_eq(pace_spend(&pace, 1250, 2500, 8 * SECOND), 0);
}
END_TEST

/* Whatever is written between two looks, the standby does not come to lie behind the limit. */
START_TEST(lag_stays_below)
{
    struct pace pace = pace_of((struct pace_limits){.preset = "normal", .standby_lag_mb = 10});
    struct pressure pressure = {.slowest = "s1", .standbys = 1};
    int64_t replayed = 0, rows = 0, most = 0, batches = 0, now = 0;
    for (int look = 0; look < 500; look++, now += SECOND / 5) {
        pressure.lag_bytes = pressure.wal_bytes - replayed;
        pace_look(&pace, &pressure, now);
        for (int i = 0; i < 1000 && pace_wait_us(&pace, now) == 0; i++) {
            pressure.wal_bytes += 500 * 100; /* of a row: more than what is usual */
            rows += 500;
            batches++;
            pace_spend(&pace, 500, 1000, now);
        }
        if (pressure.wal_bytes - replayed > most)
            most = pressure.wal_bytes - replayed;
        replayed += MB / 10; /* slowly */
        if (replayed > pressure.wal_bytes)
            replayed = pressure.wal_bytes;
    }
    ck_assert_int_gt(most, 4 * MB);
    ck_assert_int_lt(most, 10 * MB);
    ck_assert_int_gt(rows, 400000); /* all the same it goes on */
    struct text why _cleanup_text_ = {0};
    pressure.lag_bytes = 30 * MB;
    pace_look(&pace, &pressure, now);
    ck_assert_int_eq(pace_wait_us(&pace, now), -1);
    pace_describe(&pace, pace.waits, &why);
    ck_assert_str_eq(why.data,
                     "standby or slot \"s1\" is 30 MB behind; batches begin at half of the 10 "
                     "that pace allows");
}
END_TEST

START_TEST(missing_standby)
{
    struct pace pace = pace_of((struct pace_limits){.preset = "fast", .standbys = 2});
    struct pressure pressure = {.standbys = 1};
    pace_look(&pace, &pressure, 0);
    ck_assert_int_eq(pace_wait_us(&pace, 0), -1);
    struct text why _cleanup_text_ = {0};
    pace_describe(&pace, pace.waits, &why);
    ck_assert_str_eq(why.data, "1 of 2 standbys are connected");
    pressure.standbys = 2;
    pace_look(&pace, &pressure, SECOND);
    ck_assert_int_eq(pace_wait_us(&pace, SECOND), 0);
    ck_assert_int_eq(pace.waited_us[PACE_STANDBY_MISSING], SECOND);
}
END_TEST

/* Over many seconds the log grows by what is allowed, whoever writes it. */
START_TEST(write_ahead_log)
{
    struct pace pace = pace_of((struct pace_limits){.preset = "fast", .wal_mb_per_second = 5});
    struct pressure pressure = {0};
    int64_t now = 0;
    for (; now < 40 * SECOND; now += SECOND / 5) {
        pressure.wal_bytes += MB / 5; /* of the application */
        pace_look(&pace, &pressure, now);
        for (int i = 0; i < 1000 && pace_wait_us(&pace, now) == 0; i++) {
            pressure.wal_bytes += 1000 * 150;
            pace_spend(&pace, 1000, 1000, now);
        }
    }
    ck_assert_int_gt(pressure.wal_bytes, 40 * 4 * MB);
    ck_assert_int_lt(pressure.wal_bytes, 40 * 6 * MB);
}
END_TEST

/* --- a server --- */

#define ROWS                                                                                       \
    "CREATE TABLE public.record (id int PRIMARY KEY, at timestamptz NOT NULL);"                    \
    "INSERT INTO public.record SELECT i, now() - interval '60 days' FROM generate_series(1, "      \
    "30000) i; ANALYZE public.record"
#define POLICY                                                                                     \
    "  data: { table = \"public.record\"; start = \"at\"; };\n"                                    \
    "  stages = ( { after = \"30 days\"; do = \"delete\"; } );\n"                                  \
    "  brake: { rows = 1000000; fraction = 1.0; tenant_fraction = 1.0; };\n"

static int64_t batches(const struct site *site)
{
    return db_number(site->admin, "SELECT count(*) FROM retention.log_entry WHERE type = 'batch'");
}

/* A transaction of the application that is open: batches are short; without it, long ones. On a
 * server of its own: other tests have transactions. */
START_TEST(transactions_of_others)
{
    struct cluster *cluster = cluster_new(NULL);
    for (int others = 0; others < 2; others++) {
        struct site site = site_new_single(cluster, ROWS, "pace: { batch_rows = 30000; };");
        site_policy(&site, "records", POLICY);
        site_load_and_approve(&site, "records", -1);
        PGconn *conn = db_connect(site.cluster, site.database, NULL);
        if (others) {
            db_exec(conn, "BEGIN");
            db_exec(conn, "SELECT count(*) FROM pg_catalog.pg_class");
        }
        site_once_expect(&site, NULL, 0);
        PQfinish(conn);
        ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM public.record"), 0);
        if (others)
            ck_assert_int_gt(batches(&site), 5);
        else
            ck_assert_int_le(batches(&site), 3);
        site_check_log(&site);
        site_free(&site);
    }
    cluster_free(cluster);
}
END_TEST

/* A standby that should be there and is not: the run waits, status says for what, and it goes on
 * once there is one. */
START_TEST(standby_comes_back)
{
    struct cluster *cluster = cluster_new_system("wal_level = replica\nmax_wal_senders = 4");
    struct site site = site_new(cluster, ROWS, "pace: { standbys = 1; };");
    site_policy(&site, "records", POLICY);
    site_load_and_approve(&site, "records", -1);
    pid_t pid = site_start(&site, "--once", NULL);
    db_wait_until(site.admin, "SELECT cause = 'running: waits, 0 of 1 standbys are connected' FROM "
                              "retention.compliance");
    ck_assert_int_eq(batches(&site), 0);
    struct cluster *standby = cluster_standby(cluster, "s1");
    ck_assert_int_eq(program_wait(pid), 0);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM public.record"), 0);
    ck_assert_int_eq(
        db_number(site.admin, "SELECT count(*) FROM retention.run WHERE waits_for IS NOT NULL"), 0);
    site_free(&site);
    cluster_free(standby);
    cluster_free(cluster);
}
END_TEST

/* A standby that does not replay: the run waits before its limit, and ends when it replays. */
START_TEST(standby_stands_still)
{
    struct cluster *cluster = cluster_new_system("wal_level = replica\nmax_wal_senders = 4");
    struct site site = site_new(cluster, ROWS, "pace: { standby_lag_mb = 1; batch_rows = 500; };");
    db_exec(site.admin, "GRANT pg_read_all_stats TO t_worker");
    site_policy(&site, "records", POLICY);
    site_load_and_approve(&site, "records", -1);
    struct cluster *standby = cluster_standby(cluster, "s1");
    PGconn *replica = db_connect(standby, "postgres", NULL);
    db_exec(replica, "SELECT pg_wal_replay_pause()");
    pid_t pid = site_start(&site, "--once", NULL);
    db_wait_until(
        site.admin,
        "SELECT cause LIKE 'running: waits, standby or slot %% "
        "behind; batches begin at half of the 1 that pace allows' FROM retention.compliance");
    ck_assert_int_gt(db_number(site.admin, "SELECT count(*) FROM public.record"), 0);
    ck_assert_int_lt(db_number(site.admin,
                               "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)::bigint "
                               "FROM pg_stat_replication"),
                     MB);
    db_exec(replica, "SELECT pg_wal_replay_resume()");
    PQfinish(replica);
    ck_assert_int_eq(program_wait(pid), 0);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM public.record"), 0);
    site_check_log(&site);
    site_free(&site);
    cluster_free(standby);
    cluster_free(cluster);
}
END_TEST

/* A connection that is cut while it rests comes back before the rest is over. It gets no work until
 * then: or the run would wait for ever for the end of a rest that another one took the place of. */
START_TEST(cut_while_it_rests)
{
    struct cluster *cluster = cluster_new(NULL);
    struct site site =
        site_new_single(cluster, ROWS, "pace: { preset = \"gentle\"; batch_rows = 5000; };");
    char *config _cleanup_free_ = file_read(site.config), *patient _cleanup_free_ = NULL;
    char *end = strstr(config, "};"); /* of the group "database" */
    ck_assert_int_gt(
        asprintf(&patient, "%.*slock_timeout = \"10 s\"; %s", (int)(end - config), config, end), 0);
    free(file_write(site.directory, "retentiond.cfg", patient));
    site_policy(&site, "records", POLICY);
    site_load_and_approve(&site, "records", -1);
    PGconn *other = db_connect(site.cluster, site.database, NULL);
    db_exec(other, "BEGIN; LOCK TABLE public.record IN SHARE MODE");
    pid_t pid = site_start(&site, "--once", NULL);
    /* the batch takes so long, and then rests as long */
    db_wait_until(site.admin, "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE usename = "
                              "'t_worker' AND wait_event_type = 'Lock' AND clock_timestamp() - "
                              "query_start > interval '1500 ms')");
    db_exec(other, "COMMIT");
    PQfinish(other);
    while (batches(&site) == 0)
        ;
    db_exec(site.admin, "SELECT pg_terminate_backend(pid) FROM retention.worker_session "
                        "WHERE kind = 'batch'");
    db_wait_until(site.admin, "SELECT count(*) = 0 FROM public.record");
    db_wait_until(site.admin, "SELECT bool_and(status = 'done') FROM retention.run");
    ck_assert_int_eq(program_wait(pid), 0);
    site_check_log(&site);
    site_free(&site);
    cluster_free(cluster);
}
END_TEST

Suite *suite_pace(void)
{
    Suite *suite = suite_create("pace");
    TCase *tc = tcase_create("decisions");
    tcase_add_test(tc, rows_per_second);
    tcase_add_test(tc, the_gentler_counts);
    tcase_add_test(tc, short_while_others_work);
    tcase_add_test(tc, lag_stays_below);
    tcase_add_test(tc, missing_standby);
    tcase_add_test(tc, write_ahead_log);
    suite_add_tcase(suite, tc);
    tc = tcase_create("server");
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, transactions_of_others);
    tcase_add_test(tc, standby_comes_back);
    tcase_add_test(tc, standby_stands_still);
    tcase_add_test(tc, cut_while_it_rests);
    suite_add_tcase(suite, tc);
    return suite;
}
