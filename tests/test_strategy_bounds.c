/* Strategy `partition` with evidence = "counts": partitions whose bounds say that all of their
 * records are due are emptied without being read. What keeps a record keeps it here too: whatever
 * else than its starting point decides about it, a hold first of all. */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "config.h"
#include "engine_support.h"
#include "harness/cluster.h"
#include "harness/db.h"

/* Leaves: done, of the January two years ago, is wholly due, and its bounds say so; open, without a
 * lower bound, is wholly due too, but that its rows must tell; rest is due up to n = 250. */
static const char tables[] =
    "CREATE TABLE event (n int NOT NULL, at %s NOT NULL, who text, PRIMARY KEY (n, at)) PARTITION "
    "BY RANGE (at);"
    "CREATE TABLE was (leaf text, file oid);"
    "DO $$ DECLARE first date := date_trunc('year', now()) - interval '2 years'; BEGIN "
    "EXECUTE format('CREATE TABLE done PARTITION OF event FOR VALUES FROM (%%L) TO (%%L)', first, "
    "first + 30);"
    "EXECUTE format('CREATE TABLE open PARTITION OF event FOR VALUES FROM (MINVALUE) TO (%%L)', "
    "first);"
    "CREATE TABLE rest PARTITION OF event DEFAULT;"
    "INSERT INTO event SELECT i, first + i %% 20 + 1, 'p' || i %% 7 FROM generate_series(1, 100) i;"
    "INSERT INTO event SELECT i, first - 40 + i %% 20, 'p' || i %% 7 FROM generate_series(101, "
    "200) "
    "i;"
    "INSERT INTO event SELECT i, now() - CASE WHEN i <= 250 THEN interval '60 days' ELSE interval "
    "'1 day' END, 'p' || i %% 7 FROM generate_series(201, 300) i; END $$;"
    "INSERT INTO was SELECT c.relname, pg_relation_filenode(c.oid) FROM pg_class c WHERE "
    "c.relispartition AND c.relkind = 'r';"
    "GRANT TRUNCATE ON done, open, rest TO t_worker;";

enum { DUE = 250, ALL = 300 };

static struct site site_of(const char *type, const char *more, const char *start, const char *stage,
                           const char *rest)
{
    struct text sql _cleanup_text_ = {0}, policy _cleanup_text_ = {0};
    text_printf(&sql, tables, type);
    text_add(&sql, more);
    struct site site = site_new(cluster_shared(), text_string(&sql), "");
    db_exec(site.admin, "VACUUM ANALYZE event");
    text_printf(&policy,
                "strategy = \"partition\"; evidence = \"counts\"; data: { table = "
                "\"public.event\"; start = %s; }; stages = ( { %s do = \"delete\"; } ); brake: { "
                "fraction = 1.0; }; %s",
                start, stage, rest);
    site_policy(&site, "events", text_string(&policy));
    site_load_and_approve(&site, "events", -1);
    return site;
}

#define AT    "\"at\""
#define MONTH "after = \"30 days\";"

/* The leaves that have another file than at first. */
static void check_emptied(const struct site *site, const char *expected)
{
    char *names = db_value(
        site->admin, "SELECT coalesce(string_agg(w.leaf, ',' ORDER BY w.leaf), '') FROM was w "
                     "WHERE w.file <> pg_relation_filenode(w.leaf::regclass)");
    ck_assert_str_eq(names, expected);
    free(names);
}

static void check_left(const struct site *site, int left)
{
    ck_assert_int_eq(db_number(site->admin, "SELECT count(*) FROM event"), left);
    ck_assert_int_eq(site_logged(site, "public.event"), ALL - left);
    site_check_log(site);
}

/* A partition that is read is read in parts: the fault is met where one is. */
static const char reading[] = "batch_after_part=error";

START_TEST(goes_unread)
{
    static const char *const types[] = {"timestamptz", "timestamp", "date"};
    static const char *const zones[] = {"timezone = \"Pacific/Kiritimati\";",
                                        "timezone = \"Etc/GMT+12\";"};
    struct site site = site_of(types[_i / 2], "DELETE FROM open;", AT, MONTH, zones[_i % 2]);
    site_once_expect(&site, reading, 0);
    check_emptied(&site, "done");
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), ALL - DUE);
    ck_assert_int_eq(site_logged(&site, "public.event"), DUE - 100);
    site_check_log(&site);
    site_free(&site);
}
END_TEST

/* A partition that went as a whole is as much work as one row: the run does not wait for as many
 * seconds as it had rows. */
START_TEST(is_no_rows_for_the_pace)
{
    struct site site = site_of("timestamptz",
                               "DELETE FROM open; DELETE FROM rest; INSERT INTO done SELECT n + "
                               "1000 * i, at, who FROM done, generate_series(1, 9) i;",
                               AT, MONTH, "pace: { rows_per_second = 1; };");
    site_once_expect(&site, NULL, 0);
    check_emptied(&site, "done");
    ck_assert_int_eq(site_logged(&site, "public.event"), 1000);
    site_free(&site);
}
END_TEST

START_TEST(others_are_read)
{
    struct site site = site_of("timestamptz", "", AT, MONTH, "");
    struct program_result result = site_once(&site, reading);
    ck_assert_int_ne(result.exit_code, 0);
    program_result_free(&result);
    site_once_expect(&site, NULL, 0);
    check_emptied(&site, "done,open");
    check_left(&site, ALL - DUE);
    site_free(&site);
}
END_TEST

/* A partition whose upper bound is a few days from the cutoff, on either side of it. */
START_TEST(near_the_cutoff)
{
    static const char *const types[] = {"timestamptz", "timestamp", "date"};
    static const char *const upper[] = {"25 days", "29 days"};
    struct text more _cleanup_text_ = {0};
    text_printf(&more,
                "DO $$ BEGIN EXECUTE format('CREATE TABLE near PARTITION OF event FOR VALUES FROM "
                "(%%L) TO (%%L)', (now() - interval '40 days')::%s, (now() - interval '%s')::%s); "
                "END $$; GRANT TRUNCATE ON near TO t_worker;"
                "INSERT INTO event SELECT i, now() - interval '35 days' FROM generate_series(301, "
                "310) i;"
                "INSERT INTO event SELECT i, now() - interval '%s 12 hours' FROM "
                "generate_series(311, 320) i;",
                types[_i / 2], upper[_i % 2], types[_i / 2], _i % 2 ? "29 days" : "27 days");
    struct site site = site_of(types[_i / 2], text_string(&more), AT, MONTH, "");
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event WHERE n > 310"), 10);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), ALL - DUE + 10);
    ck_assert_int_eq(site_logged(&site, "public.event"), DUE + 10);
    site_check_log(&site);
    site_free(&site);
}
END_TEST

/* What keeps records of `done`: they stay, and the others go. */
static const struct {
    const char *name, *start, *stage, *rest, *hold;
    int left;
} reasons[] = {
    {"a record is held", AT, MONTH, "",
     "category => 'events', record_key => ARRAY['50', (SELECT at AT TIME ZONE 'UTC' || '+00' FROM "
     "event WHERE n = 50)]",
     ALL - DUE + 1},
    {"all are held", AT, MONTH, "", "category => 'events'", ALL},
    {"a range is held", AT, MONTH, "",
     "starts_from => (SELECT at FROM event WHERE n = 50), starts_to => (SELECT at + interval '1 "
     "second' FROM event WHERE n = 50)",
     ALL - DUE + 5},
    {"others are not the category's", AT "; only = ( { column = \"who\"; eq = \"p1\"; } )", MONTH,
     "", NULL, ALL - 36},
    {"the stage takes some", AT, MONTH " only = ( { column = \"who\"; eq = \"p1\"; } );", "", NULL,
     ALL - 36},
    {"a floor", AT, MONTH,
     "keep_at_least = ( { for = \"5 years\"; start = \"seen\"; because = \"law\"; } );", NULL, 1},
    {"not started", "{ column = \"at\"; not_before = \"YEAR-01-12\"; }", MONTH, "", NULL,
     ALL - 100},
    {"rounded up", "{ column = \"at\"; round_up = \"year\"; }", "after = \"2 years\";", "", NULL,
     ALL - 100},
    {"two starting points", "{ latest = [ \"at\", \"seen\" ]; }", MONTH, "", NULL, 1},
};

enum { HOLDS = 3 }; /* the first ones */

static void stays(int i, bool late)
{
    bool seen = strstr(reasons[i].start, "seen") || strstr(reasons[i].rest, "seen");
    time_t now = time(NULL);
    struct text start _cleanup_text_ = {0};
    const char *year = strstr(reasons[i].start, "YEAR");
    if (year)
        text_printf(&start, "%.*s%d%s", (int)(year - reasons[i].start), reasons[i].start,
                    gmtime(&now)->tm_year + 1898, year + 4);
    else
        text_add(&start, reasons[i].start);
    struct site site =
        site_of("timestamptz",
                seen ? "ALTER TABLE event ADD seen timestamptz DEFAULT '2000-01-01' NOT NULL;"
                       "UPDATE event SET seen = now() WHERE n = 50;"
                       "DELETE FROM event WHERE n > 250;"
                     : "",
                text_string(&start), reasons[i].stage, reasons[i].rest);
    pid_t pid = late ? site_start(&site, "--once", "batch_begins=stop") : 0;
    int status;
    if (late) {
        ck_assert_int_eq(waitpid(pid, &status, WUNTRACED), pid);
        ck_assert(WIFSTOPPED(status));
    }
    if (reasons[i].hold)
        free(db_value(site.admin, "SELECT retention.place_hold('M', 'suit', %s)", reasons[i].hold));
    if (late) {
        ck_assert_int_eq(kill(pid, SIGCONT), 0);
        ck_assert_int_eq(program_wait(pid), 0);
    } else {
        site_once_expect(&site, NULL, 0);
    }
    int left = reasons[i].left;
    ck_assert_msg(db_number(site.admin, "SELECT count(*) FROM event") == left, "%s",
                  reasons[i].name);
    ck_assert_int_eq(site_logged(&site, "public.event"), (seen ? 250 : ALL) - left);
    site_check_log(&site);
    site_free(&site);
}

START_TEST(what_keeps_keeps)
{
    stays(_i, false);
}
END_TEST

#ifdef ENABLE_FAULT_POINTS

/* The hold comes when the run is about to lock the partition. */
START_TEST(a_late_hold_keeps)
{
    stays(_i, true);
}
END_TEST

#endif

static TCase *add_case(Suite *suite, const char *name)
{
    TCase *tcase = tcase_create(name);
    tcase_set_timeout(tcase, 120);
    suite_add_tcase(suite, tcase);
    return tcase;
}

Suite *suite_strategy_bounds(void)
{
    Suite *suite = suite_create("strategy_bounds");
    TCase *tcase = add_case(suite, "unread");
    tcase_add_loop_test(tcase, goes_unread, 0, 6);
    tcase_add_test(tcase, is_no_rows_for_the_pace);
    tcase_add_test(tcase, others_are_read);
    tcase = add_case(suite, "near");
    tcase_add_loop_test(tcase, near_the_cutoff, 0, 6);
    tcase = add_case(suite, "kept");
    tcase_add_loop_test(tcase, what_keeps_keeps, 0, ARRAY_LENGTH(reasons));
#ifdef ENABLE_FAULT_POINTS
    tcase = add_case(suite, "late");
    tcase_add_loop_test(tcase, a_late_hold_keeps, 0, HOLDS);
#endif
    return suite;
}
