/* Does a category keep up with what falls due? retention.intake, from runs as a worker leaves them,
 * and what retentionctl status says of it. sql/views/intake.sql, worker/cli/status.c. */
#define _GNU_SOURCE
#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "engine_support.h"
#include "harness/cluster.h"
#include "harness/db.h"

static char *database, *conninfo;
static PGconn *conn;

static void setup(void)
{
    database = db_new(cluster_shared(), NULL);
    conninfo = cluster_conninfo(cluster_shared(), database, NULL);
    conn = db_connect(cluster_shared(), database, NULL);
    const char *const argv[] = {"retentionctl", "-d", conninfo, "migrate", NULL};
    struct program_result result = program_run(argv);
    ck_assert_msg(result.exit_code == 0, "%s", result.err);
    program_result_free(&result);
}

static void teardown(void)
{
    PQfinish(conn);
    db_drop(cluster_shared(), database);
    free(database);
    free(conninfo);
}

/* An enforced category, counted just now; window: "from, to, zone" as SQL, or NULL. */
static void category(const char *name, const char *window)
{
    for (int old = 0; old < 2; old++)
        db_exec(conn,
                "INSERT INTO retention.policy_text (sha256, category, text, loaded_by) "
                "VALUES (md5('%s%d') || md5(''), '%s', 'x', 'a')",
                name, old, name);
    db_exec(conn,
            "INSERT INTO retention.category (name, state, mode, relation, loaded_sha256, "
            "loaded_by, loaded_at, approved_sha256) VALUES ('%s', 'active', 'enforce', 'public.t', "
            "md5('%s0') || md5(''), 'a', now(), md5('%s0') || md5(''))",
            name, name, name);
    db_exec(conn,
            "INSERT INTO retention.category_status (category, measured_at, due, to_act, "
            "window_from, window_to, window_zone) VALUES ('%s', now(), 0, 0, %s)",
            name, window ? window : "NULL, NULL, NULL");
}

/* A run that began so many hours ago and took so many seconds. */
struct done {
    double hours, seconds;
    long long to_act, rows, records, remaining; /* remaining -1: it was stopped */
};

static void run(const char *name, const char *stage, int old, const struct done *d)
{
    db_exec(conn,
            "INSERT INTO retention.run (run, category, stage, sha256, relation, action, term, "
            "run_time, started_at, finished_at, status, due, held, to_act, rows, records, "
            "remaining) SELECT gen_random_uuid(), '%s', '%s', md5('%s%d') || md5(''), 'public.t', "
            "'delete', 1, b, b, b + interval '%f s', CASE WHEN %lld < 0 THEN 'stopped' ELSE 'done' "
            "END, %lld, 0, %lld, %lld, %lld, nullif(%lld, -1) "
            "FROM (SELECT now() - interval '%f h' AS b) x",
            name, stage, name, old, d->seconds, d->remaining, d->to_act, d->to_act, d->rows,
            d->records, d->remaining, d->hours);
}

/* Six nights: so many fell due before each but the first, and so many went, in so many seconds. */
static void nights(const char *name, long long backlog, long long arrives, long long goes,
                   double seconds)
{
    for (int night = 0; night < 6; night++) {
        backlog += night ? arrives : 0;
        long long gone = goes < backlog ? goes : backlog;
        run(name, "gone", 0,
            &(struct done){.hours = 130 - 24 * night,
                           .seconds = seconds,
                           .to_act = backlog,
                           .rows = gone,
                           .records = gone,
                           .remaining = -1});
        backlog -= gone;
    }
}

static void ck_intake(const char *name, const char *columns, const char *expected)
{
    char *is _cleanup_free_ =
        db_value(conn, "SELECT concat_ws(' ', %s) FROM retention.intake WHERE category = '%s'",
                 columns, name);
    ck_assert_msg(strcmp(is, expected) == 0, "%s: %s are %s, not %s", name, columns, is, expected);
}

#define ALL                                                                                        \
    "coalesce(intake, '?'), coalesce(arrival_per_day::text, '?'), "                                \
    "coalesce(records_per_second::text, '?'), backlog, coalesce(work_seconds::text, '?'), "        \
    "window_seconds, coalesce(shared_seconds::text, '?'), coalesce(catch_up_seconds::text, '?')"

/* What is counted: records that fell due between runs, under the policy in effect. */
START_TEST(arrival_and_rate)
{
    /* 1000 a day, gone in ten seconds */
    category("keeps", "60, 120, 'UTC'");
    nights("keeps", 1000, 1000, 1000, 10);
    ck_intake("keeps", ALL, "fits 1000 100 0 10 3600 10 0");
    /* what was due at first is no intake; over midnight; 7800 are left: 78 s of work, for
     * which the window has 4 h less 10 s a day */
    category("catches_up", "1320, 120, 'UTC'");
    nights("catches_up", 10000, 1000, 1200, 12);
    ck_intake("catches_up", ALL, "fits 1000 100 7800 10 14400 10 469");
    /* where remaining was counted, what the application deleted did not fall due once more; neither
     * are dependants records */
    category("counted", "180, 240, 'UTC'");
    for (int i = 0; i < 3; i++)
        run("counted", "gone", 0,
            &(struct done){.hours = 60 - 24 * i,
                           .seconds = 50,
                           .to_act = 1000,
                           .rows = 5000,
                           .records = 500,
                           .remaining = 0});
    ck_intake("counted", ALL, "fits 1000 10 0 100 3600 100 0");
    /* two stages add up */
    category("staged", "300, 360, 'UTC'");
    nights("staged", 100, 100, 100, 10);
    for (int i = 0; i < 2; i++)
        run("staged", "number", 0,
            &(struct done){.hours = 60 - 24 * i,
                           .seconds = 20,
                           .to_act = 200,
                           .rows = 200,
                           .records = 200,
                           .remaining = 0});
    ck_intake("staged", ALL, "fits 300 10 0 30 3600 30 0");
    /* another text made more due at once: that is a backlog, and a day has not passed since */
    category("changed", "420, 480, 'UTC'");
    run("changed", "gone", 1, &(struct done){60, 10, 1000, 1000, 1000, 0});
    run("changed", "gone", 0, &(struct done){36, 10, 90000, 1000, 1000, -1});
    run("changed", "gone", 0, &(struct done){24, 10, 89000, 1000, 1000, -1});
    ck_intake("changed", ALL, "? ? 100 88000 ? 3600 ? 21120");
    /* of no use: too old, or nobody knows how many of its rows were records */
    category("unknown", "540, 600, 'UTC'");
    run("unknown", "gone", 0, &(struct done){200, 10, 1000, 1000, 1000, 0});
    db_exec(conn,
            "INSERT INTO retention.run (run, category, stage, sha256, relation, action, term, "
            "run_time, finished_at, status, due, held, to_act, rows) SELECT "
            "gen_random_uuid(), 'unknown', 'gone', md5('unknown0') || md5(''), 'public.t', "
            "'delete', 1, now(), now(), 'done', 9, 0, 9, 9");
    ck_assert_int_eq(
        db_number(conn, "SELECT count(*) FROM retention.intake WHERE category = 'unknown'"), 0);
    /* blocked records are no backlog that time would help */
    db_exec(conn, "INSERT INTO retention.blocked_record (category, relation, digest, epoch, "
                  "sqlstate) SELECT 'catches_up', 'public.t', decode(md5(i::text), 'hex'), 1, "
                  "'23503' FROM generate_series(1, 100) i");
    ck_intake("catches_up", "backlog", "7700");
}
END_TEST

/* A run that is under way counts as far as it is. */
START_TEST(under_way)
{
    category("goes_on", NULL);
    run("goes_on", "gone", 0, &(struct done){25, 100, 1000, 1000, 1000, 0});
    db_exec(conn,
            "INSERT INTO retention.run (run, category, stage, sha256, relation, action, term, "
            "run_time, due, held, to_act, rows) SELECT gen_random_uuid(), 'goes_on', 'gone', "
            "md5('goes_on0') || md5(''), 'public.t', 'delete', 1, now() - interval '1 h', "
            "5000, 0, 5000, 2000");
    ck_intake("goes_on", "arrival_per_day, backlog", "5000 3000");
}
END_TEST

static json_t *row(const json_t *document, const char *name)
{
    size_t i;
    json_t *at;
    json_array_foreach(json_object_get(document, "categories"), i, at)
    {
        if (strcmp(json_string_value(json_object_get(at, "category")), name) == 0)
            return at;
    }
    ck_abort_msg("no category %s", name);
}

static struct program_result status(const char *option, const char *name)
{
    const char *const argv[] = {"retentionctl", "-d", conninfo, "status", option, name, NULL};
    struct program_result result = program_run(argv);
    for (char *p = result.out; *p; p++)
        if (*p == '\n')
            *p = ' ';
    return result;
}

static void ck_status(const char *name, int code, const char *says)
{
    struct program_result result = status("--check", name);
    ck_assert_msg(result.exit_code == code, "%s: %d\n%s%s", name, result.exit_code, result.out,
                  result.err);
    char *flat _cleanup_free_ = strdup(result.out), *to = flat;
    for (const char *p = result.out; *p; p++) /* lines are broken, and continued further right */
        if (*p != ' ' || (to > flat && to[-1] != ' '))
            *to++ = *p;
    *to = '\0';
    if (says)
        ck_assert_msg(strstr(flat, says), "\"%s\" is not in: %s", says, flat);
    else
        ck_assert_msg(!strstr(flat, "behind") && !strstr(flat, "left"), "%s", flat);
    if (code)
        ck_assert_msg(strstr(result.err, "1 category falls behind"), "%s", result.err);
    program_result_free(&result);
}

/* A window too short for what falls due is told before anything is overdue, and so is one that soon
 * will be; with others in the same window, it is their window too. */
START_TEST(falls_behind)
{
    db_exec(conn, "UPDATE retention.leader SET term = 1, worker = gen_random_uuid(), "
                  "renewed_at = now(), lease = '1 hour'");
    category("behind", "60, 120, 'UTC'");
    nights("behind", 500000, 500000, 360000, 3600);
    ck_intake("behind", ALL, "behind 500000 100 840000 5000 3600 5000 ?");
    category("tight", "1320, 120, 'UTC'");
    nights("tight", 1200000, 1200000, 1200000, 12000);
    ck_intake("tight", ALL, "tight 1200000 100 0 12000 14400 12000 0");
    category("keeps", "180, 240, 'UTC'");
    nights("keeps", 1000, 1000, 1000, 10);
    category("takes_long", "300, 360, 'UTC'");
    nights("takes_long", 10000000, 1000, 1000, 10);
    ck_intake("takes_long", ALL, "fits 1000 100 9999000 10 3600 10 2406445");
    /* each alone would fit; and one that needs little has its turns all the same */
    static const char *const shares[] = {"share_a", "share_b"};
    for (size_t i = 0; i < ARRAY_LENGTH(shares); i++) {
        category(shares[i], "420, 480, 'UTC'");
        nights(shares[i], 200000, 200000, 200000, 2000);
    }
    category("share_little", "420, 480, 'UTC'");
    nights("share_little", 500, 500, 500, 5);
    ck_intake("share_a", ALL, "behind 200000 100 0 2000 3600 4005 0");
    ck_intake("share_little", ALL, "fits 500 100 0 5 3600 4005 0");
    ck_status("keeps", 0, NULL);
    ck_status("share_little", 0, NULL);
    ck_status("behind", 4,
              "at 100 a second they take 1 h 23 min, and the window 01:00-02:00 UTC gives 1 h 00 "
              "min; 840,000 are left, and they become more. Widen the window");
    ck_status("tight", 0, "it may fall behind soon: 1,200,000 records fall due a day (since ");
    ck_status("share_b", 4,
              "they take 33 min 20 s, those of all categories of this time 1 h 06 min");
    ck_status("takes_long", 0,
              "9,999,000 records are left; at 100 a second they are gone in about 27 d 20 h");
    /* without a window all of them share the day */
    category("always", NULL);
    nights("always", 8000000, 8000000, 8000000, 80000);
    ck_status("always", 4, ", and a day has 24 h. Raise its pace");
    struct program_result result = status("--json", "behind");
    json_t *document = json_loads(result.out, JSON_REJECT_DUPLICATES, NULL);
    ck_assert_ptr_nonnull(document);
    const json_t *is = row(document, "behind");
    static const struct {
        const char *name;
        json_int_t value;
    } numbers[] = {
        {"arrival_per_day", 500000}, {"records_per_second", 100}, {"backlog", 840000},
        {"work_seconds", 5000},      {"window_seconds", 3600},    {"shared_seconds", 5000},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(numbers); i++)
        ck_assert_msg(json_integer_value(json_object_get(is, numbers[i].name)) == numbers[i].value,
                      "%s: %s", numbers[i].name, result.out);
    ck_assert_str_eq(json_string_value(json_object_get(is, "intake")), "behind");
    ck_assert_str_eq(json_string_value(json_object_get(is, "window")), "01:00-02:00 UTC");
    ck_assert(json_is_null(json_object_get(is, "catch_up_seconds")));
    ck_assert(json_is_string(json_object_get(is, "intake_since")));
    json_decref(document);
    program_result_free(&result);
}
END_TEST

/* What a worker leaves: records without their dependants, and the window. */
START_TEST(as_a_worker_leaves_it)
{
    struct site site = site_new(
        cluster_shared(),
        "CREATE TABLE chat (id int PRIMARY KEY, at timestamptz NOT NULL);"
        "CREATE TABLE message (id int PRIMARY KEY, chat_id int NOT NULL REFERENCES chat);"
        "CREATE INDEX ON message (chat_id);"
        "INSERT INTO chat SELECT i, now() - interval '40 days' FROM generate_series(1, 5) i;"
        "INSERT INTO message SELECT i, 1 + i % 5 FROM generate_series(1, 20) i;",
        NULL);
    char *window _cleanup_free_ =
        db_value(site.admin, "SELECT to_char(h - interval '2 hours', 'HH24:MI') || '-' || "
                             "to_char(h + interval '2 hours', 'HH24:MI') FROM (SELECT now() AT "
                             "TIME ZONE 'Asia/Tokyo' AS h) x");
    char body[1024];
    snprintf(body, sizeof(body),
             "  timezone = \"Asia/Tokyo\"; window = \"%s\";\n"
             "  data: { table = \"public.chat\"; start = \"at\";\n"
             "    with = ( { table = \"public.message\"; by = [ \"chat_id\" ]; } ); };\n"
             "  stages = ( { after = \"30 days\"; do = \"delete\"; } );\n"
             "  brake: { fraction = 1.0; };\n",
             window);
    site_policy(&site, "chats", body);
    site_load_and_approve(&site, "chats", -1);
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM chat"), 0);
    char *is _cleanup_free_ =
        db_value(site.admin, "SELECT concat_ws(' ', r.rows, r.records, i.backlog, "
                             "i.window_seconds, i.\"window\") FROM retention.run r JOIN "
                             "retention.intake i USING (category)");
    char expected[80];
    snprintf(expected, sizeof(expected), "25 5 0 14400 %s Asia/Tokyo", window);
    ck_assert_str_eq(is, expected);
    site_free(&site);
}
END_TEST

Suite *suite_intake(void);
Suite *suite_intake(void)
{
    Suite *suite = suite_create("intake");
    TCase *tc = tcase_create("view");
    tcase_set_timeout(tc, 90);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, arrival_and_rate);
    tcase_add_test(tc, under_way);
    tcase_add_test(tc, falls_behind);
    suite_add_tcase(suite, tc);
    TCase *worker = tcase_create("worker");
    tcase_set_timeout(worker, 90);
    tcase_add_test(worker, as_a_worker_leaves_it);
    suite_add_tcase(suite, worker);
    return suite;
}
