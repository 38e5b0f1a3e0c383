/* The worker's memory does not grow with the rows it deletes (P11): peak resident memory of whole
 * runs, as the kernel measures it.
 *
 * RETENTIOND_MEMORY_ROWS is the smaller of two numbers of rows, the larger is ten times that: 50
 * 000 and 500 000 by default, 500 000 and 5 000 000 where the promise is to be seen in full.
 * Batches grow with the time they take, on a busy machine to their greatest size only in the larger
 * run: here that size is small enough for both to reach it at once. */
#define _GNU_SOURCE
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "engine_support.h"
#include "harness/cluster.h"
#include "harness/db.h"
#include "harness/number.h"

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif

enum { MOST_KIB = 32 * 1024 };

static long small_rows(void)
{
    return number_from_environment("RETENTIOND_MEMORY_ROWS", 50000);
}

/* Peak resident memory of `retentiond --once`, in KiB. */
static long run_peak(const struct site *site)
{
    struct rusage usage;
    int status;
    pid_t pid = site_start(site, "--once", NULL);
    ck_assert_int_eq(wait4(pid, &status, 0, &usage), pid);
    char *said = site_stderr(site);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %d:\n%s", status, said);
    free(said);
    return usage.ru_maxrss;
}

static long peak_of_rows(long rows)
{
    struct site site = site_new(cluster_shared(),
                                "CREATE TABLE event (id bigint PRIMARY KEY, tenant int NOT NULL,"
                                "  at timestamptz NOT NULL, note text);"
                                "CREATE INDEX ON event (at);",
                                "pace: { batch_rows = 1000; };");
    db_exec(site.admin,
            "INSERT INTO event SELECT i, i %% 997, now() - interval '40 days', 'note ' || i"
            " FROM generate_series(1, %ld) i; ANALYZE event",
            rows);
    site_policy(&site, "events",
                "  data: { table = \"public.event\"; start = \"at\"; tenant = \"tenant\"; };\n"
                "  stages = ( { after = \"30 days\"; do = \"delete\"; } );\n"
                "  brake: { rows = 1000000000; fraction = 1.0; tenant_fraction = 1.0; };\n");
    site_load_and_approve(&site, "events", rows);
    long peak = run_peak(&site);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), 0);
    ck_assert_int_eq(site_logged(&site, "public.event"), rows);
    site_free(&site);
    return peak;
}

START_TEST(memory_does_not_grow_with_the_rows)
{
    long rows = small_rows(), small = peak_of_rows(rows), large = peak_of_rows(rows * 10);
    if (getenv("TEST_VERBOSE"))
        fprintf(stderr, "%ld rows: %ld KiB; %ld rows: %ld KiB\n", rows, small, rows * 10, large);
    ck_assert_msg(large <= MOST_KIB, "%ld rows took %ld KiB", rows * 10, large);
    ck_assert_msg(labs(large - small) * 20 <= small, "%ld rows took %ld KiB, ten times as many %ld",
                  rows, small, large);
}
END_TEST

/* Each record begins at a moment of its own, and three of them are a slice. */
static long peak_of_slices(long rows)
{
    struct site site =
        site_new(cluster_shared(),
                 "CREATE TABLE event (id bigint PRIMARY KEY, at timestamptz NOT NULL);"
                 "CREATE INDEX ON event (at);",
                 "pace: { batch_rows = 100; };");
    db_exec(site.admin,
            "INSERT INTO event SELECT i, now() - interval '40 days' - i * interval '1 ms' FROM "
            "generate_series(1, %ld) i ORDER BY i * 7919 %% 1000003; ANALYZE event",
            rows);
    site_policy(&site, "events",
                "  data: { table = \"public.event\"; start = \"at\"; };\n"
                "  strategy = \"index\";\n"
                "  stages = ( { after = \"30 days\"; do = \"delete\"; } );\n"
                "  brake: { rows = 1000000000; fraction = 1.0; };\n");
    site_load_and_approve(&site, "events", rows);
    long peak = run_peak(&site);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), 0);
    ck_assert_int_eq(site_logged(&site, "public.event"), rows);
    site_check_log(&site);
    site_free(&site);
    return peak;
}

START_TEST(nor_with_the_slices_of_an_index)
{
    long rows = small_rows(), small = peak_of_slices(rows), large = peak_of_slices(rows * 5);
    if (getenv("TEST_VERBOSE"))
        fprintf(stderr, "%ld rows: %ld KiB; %ld rows: %ld KiB\n", rows, small, rows * 5, large);
    ck_assert_msg(labs(large - small) * 20 <= small,
                  "%ld rows took %ld KiB, five times as many %ld", rows, small, large);
}
END_TEST

/* One record with so many dependants that they go in batches of their own. */
START_TEST(nor_with_the_dependants_of_one_record)
{
    long children = small_rows() * 4 < 1000000 ? small_rows() * 4 : 1000000;
    struct site site = site_new(
        cluster_shared(),
        "CREATE TABLE call (call_id bigint PRIMARY KEY, at timestamptz NOT NULL);"
        "CREATE TABLE word (word_id bigint PRIMARY KEY, call_id bigint NOT NULL"
        "  REFERENCES call);"
        "CREATE INDEX ON word (call_id);"
        "INSERT INTO call SELECT i, now() - interval '40 days' FROM generate_series(1, 10) i",
        NULL);
    db_exec(site.admin,
            "INSERT INTO word SELECT i, CASE WHEN i %% 1000 = 0 THEN 1 + i %% 9 ELSE 5 END"
            " FROM generate_series(1, %ld) i; ANALYZE word",
            children);
    site_policy(&site, "calls",
                "  data: { table = \"public.call\"; start = \"at\";\n"
                "    with = ( { table = \"public.word\"; by = [ \"call_id\" ]; } ); };\n"
                "  stages = ( { after = \"30 days\"; do = \"delete\"; } );\n"
                "  brake: { rows = 1000000000; fraction = 1.0; };\n");
    site_load_and_approve(&site, "calls", -1);
    long peak = run_peak(&site);
    if (getenv("TEST_VERBOSE"))
        fprintf(stderr, "%ld children: %ld KiB\n", children, peak);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM word"), 0);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM call"), 0);
    ck_assert_int_eq(site_logged(&site, "public.word"), children);
    ck_assert_msg(peak <= MOST_KIB, "%ld dependants took %ld KiB", children, peak);
    site_free(&site);
}
END_TEST

Suite *suite_memory(void)
{
    Suite *suite = suite_create("memory");
    TCase *tc = tcase_create("peak");
    tcase_set_timeout(tc, (double)(120 + small_rows() / 250));
#ifndef SANITIZED /* whose shadow is memory too */
    tcase_add_test(tc, memory_does_not_grow_with_the_rows);
    tcase_add_test(tc, nor_with_the_slices_of_an_index);
    tcase_add_test(tc, nor_with_the_dependants_of_one_record);
#else
    (void)memory_does_not_grow_with_the_rows;
    (void)nor_with_the_slices_of_an_index;
    (void)nor_with_the_dependants_of_one_record;
#endif
    suite_add_tcase(suite, tc);
    return suite;
}
