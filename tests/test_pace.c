/* The pace of runs: what worker/engine/pace.c decides. What it looks at, and what people see of it:
 * test_pace_server.c. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "engine/pace.h"

#define SECOND INT64_C(1000000)
#define MB     (INT64_C(1024) * 1024)

/* A batch of one statement, which nothing is measured of. */
static int64_t spend(struct pace *pace, int64_t rows, int64_t took_us, int64_t now_us)
{
    return pace_spend(pace, &(struct pace_took){.rows = rows, .took_us = took_us}, now_us);
}

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
    ck_assert_int_eq(spend(&pace, 3000, 5000, 0), 0);
    int64_t wait = pace_wait_us(&pace, 0);
    ck_assert_int_ge(wait, 2000000);
    ck_assert_int_le(wait, 2010000);
    ck_assert_int_eq(pace_wait_us(&pace, wait), 0);
    ck_assert_int_eq(pace_batch_rows(&pace), 1000);
    pace = pace_of((struct pace_limits){.preset = "fast"});
    spend(&pace, 1000000, 5000, 0);
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

/* While others work, half of the connections do; a batch is twelve statements that take the time
 * they are meant to, and the connection rests between them, and behind the batch for what that
 * lacks. */
START_TEST(short_while_others_work)
{
    struct pace pace = pace_of((struct pace_limits){.preset = "normal"});
    struct pressure pressure = {0};
    ck_assert(pace_wants_looks(&pace));
    pace_look(&pace, &pressure, 0);
    ck_assert_int_eq(spend(&pace, 20000, 40000, 40000), 0);
    ck_assert_int_eq(pace_batch_rows(&pace), 25000);
    pressure.others = 1;
    for (int i = 1; i < 4; i++)
        pace_look(&pace, &pressure, i * SECOND);
    ck_assert(pace_is_busy(&pace));
    ck_assert_int_eq(pace_statement_rows(&pace), 500); /* half a row a microsecond, 1 ms */
    ck_assert_int_eq(pace_statements(&pace), 12);
    ck_assert_int_eq(pace_batch_rows(&pace), 6000);
    ck_assert_int_eq(pace_connections(&pace, 1), 1);
    ck_assert_int_eq(pace_connections(&pace, 2), 1);
    ck_assert_int_eq(pace_connections(&pace, 5), 2);
    ck_assert_int_eq(pace_rest_us(&pace), 4000);
    struct pace_took took = {
        .rows = 6000, .took_us = 50000, .action_us = 12000, .statements = 12, .rested_us = 30000};
    ck_assert_int_eq(pace_spend(&pace, &took, 4 * SECOND), 4 * 20000 - 30000);
    took.rested_us = 40000;
    ck_assert_int_eq(pace_spend(&pace, &took, 4 * SECOND), 0);
    took.action_us = 60000;
    pace_spend(&pace, &took, 4 * SECOND);
    ck_assert_int_eq(pace_rest_us(&pace), 7200); /* as long as statements take */
    pressure.blocked = 1;
    pace_look(&pace, &pressure, 5 * SECOND);
    ck_assert_int_eq(pace_statements(&pace), 1);
    ck_assert_int_lt(pace_batch_rows(&pace), 1000);
    pressure.blocked = 0; /* they are not to wait at once again */
    pace_look(&pace, &pressure, 5 * SECOND);
    ck_assert_int_eq(pace_statements(&pace), 1);
    for (int i = 0; i < 10; i++)
        pace_look(&pace, &pressure, 5 * SECOND);
    ck_assert_int_eq(pace_statements(&pace), 6); /* statements took more than they should */
    pressure.blocked = 1;
    pace_look(&pace, &pressure, 6 * SECOND);
    for (int i = 0; i < 5; i++)
        pace_look(&pace, &pressure, 6 * SECOND);
    ck_assert_int_eq(pace_batch_rows(&pace), 200); /* the fewest */
    pressure = (struct pressure){0};
    for (int i = 0; i < 60; i++)
        pace_look(&pace, &pressure, 7 * SECOND);
    ck_assert(!pace_is_busy(&pace));
    ck_assert_int_eq(pace_batch_rows(&pace), 25000);
    ck_assert_int_eq(pace_statements(&pace), 1);
    ck_assert_int_eq(pace_connections(&pace, 2), 2);
    ck_assert_int_eq(spend(&pace, 1250, 2500, 8 * SECOND), 0);
}
END_TEST

/* An application of many short transactions: only one look in eight meets one of them. It counts as
 * at work all the time, and no longer some seconds after its end. */
START_TEST(short_transactions_of_others)
{
    struct pace pace = pace_of((struct pace_limits){.preset = "normal"});
    struct pressure pressure = {0};
    int64_t now = 0;
    for (int i = 0; i < 400; i++, now += SECOND / 5) {
        pressure.others = i % 8 == 0;
        pace_look(&pace, &pressure, now);
        ck_assert_msg(pace_is_busy(&pace), "look %d", i);
    }
    pressure.others = 0;
    for (int i = 0; i < 60; i++, now += SECOND / 5)
        pace_look(&pace, &pressure, now);
    ck_assert(!pace_is_busy(&pace));
    pressure.others = 1; /* a visitor: for a few seconds */
    pace_look(&pace, &pressure, now);
    ck_assert(pace_is_busy(&pace));
    pressure.others = 0;
    for (int i = 0; i < 20; i++, now += SECOND / 5)
        pace_look(&pace, &pressure, now);
    ck_assert(!pace_is_busy(&pace));
}
END_TEST

/* Where even the fewest records take long, as with triggers: a batch does not take twelve times
 * that, and four times as much for the rests. */
START_TEST(slow_records)
{
    struct pace pace = pace_of((struct pace_limits){.preset = "gentle"});
    pace_look(&pace, &(struct pressure){.others = 1}, 0);
    ck_assert_int_eq(pace_statements(&pace), 12);
    const struct pace_took took = {
        .rows = 2400, .took_us = 2500000, .action_us = 2400000, .statements = 12};
    pace_spend(&pace, &took, SECOND);
    ck_assert_int_eq(pace_statements(&pace), 1);
    ck_assert_int_eq(pace_batch_rows(&pace), 200);
}
END_TEST

/* What is not to be cut, and a batch that is too small for several. */
START_TEST(one_statement)
{
    const struct pressure pressure = {.others = 1};
    struct pace pace = pace_of((struct pace_limits){.preset = "normal", .uncut = true});
    pace_look(&pace, &pressure, 0);
    ck_assert_int_eq(pace_statements(&pace), 1);
    ck_assert_int_eq(pace_batch_rows(&pace), 200);
    pace = pace_of((struct pace_limits){.preset = "normal", .batch_rows = 500});
    pace_look(&pace, &pressure, 0);
    ck_assert_int_eq(pace_statements(&pace), 2);
    ck_assert_int_eq(pace_batch_rows(&pace), 400);
    /* What is planned anew each time: fewer statements, and longer ones. */
    pace = pace_of((struct pace_limits){.preset = "normal", .planned = true});
    pace_look(&pace, &pressure, 0);
    ck_assert_int_eq(pace_statements(&pace), 4);
    spend(&pace, 20000, 40000, 40000);
    ck_assert_int_eq(pace_statement_rows(&pace), 1500);
    pace = pace_of((struct pace_limits){.preset = "fast"});
    pace_look(&pace, &pressure, 0);
    ck_assert_int_eq(pace_statements(&pace), 1);
    ck_assert_int_eq(pace_connections(&pace, 2), 2);
}
END_TEST

/* What begins and ends a batch takes as long whatever is between: were it counted, shorter batches
 * would do fewer records in a millisecond, and the next ones be shorter still. */
START_TEST(beginnings_do_not_count)
{
    struct pace pace = pace_of((struct pace_limits){.preset = "normal"});
    struct pressure pressure = {.others = 1};
    pace_look(&pace, &pressure, 0);
    int64_t rows = 2000;
    for (int i = 0; i < 50; i++) {
        const struct pace_took took = {
            .rows = rows, .took_us = 3000 + rows, .action_us = rows, .statements = 12};
        ck_assert_int_gt(pace_spend(&pace, &took, i * 10000), 3000);
        rows = pace_batch_rows(&pace);
    }
    ck_assert_int_eq(rows, 12000);
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
            spend(&pace, 500, 1000, now);
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
    ck_assert_str_eq(why.data,
                     "1 of 2 standbys are connected; those without a replication slot are seen by "
                     "members of pg_read_all_stats alone");
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
            spend(&pace, 1000, 1000, now);
        }
    }
    ck_assert_int_gt(pressure.wal_bytes, 40 * 4 * MB);
    ck_assert_int_lt(pressure.wal_bytes, 40 * 6 * MB);
}
END_TEST

/* What others write beyond the limit is waited for, but not for as long as it would take. */
START_TEST(others_write_too_much)
{
    struct pace pace = pace_of((struct pace_limits){.preset = "fast", .wal_mb_per_second = 5});
    struct pressure pressure = {0};
    int64_t now = 0;
    for (; now < 60 * SECOND; now += SECOND / 5) {
        pressure.wal_bytes += 50 * MB / 5;
        pace_look(&pace, &pressure, now);
    }
    ck_assert_int_eq(pace_wait_us(&pace, now), -1);
    for (int64_t until = now + 11 * SECOND; now < until; now += SECOND / 5)
        pace_look(&pace, &pressure, now);
    ck_assert_int_eq(pace_wait_us(&pace, now), 0);
}
END_TEST

/* How far a standby was behind is no debt of the limit of write-ahead log. */
START_TEST(standby_has_caught_up)
{
    struct pace pace = pace_of(
        (struct pace_limits){.preset = "fast", .wal_mb_per_second = 5, .standby_lag_mb = 10});
    struct pressure pressure = {.slowest = "s1", .standbys = 1};
    pace_look(&pace, &pressure, 0);
    ck_assert_int_eq(pace_wait_us(&pace, 0), 0);
    pressure.lag_bytes = 10000 * MB;
    pace_look(&pace, &pressure, SECOND);
    ck_assert_int_eq(pace_wait_us(&pace, SECOND), -1);
    ck_assert_int_eq(pace.waits, PACE_STANDBY_LAG);
    pressure.lag_bytes = 0;
    pace_look(&pace, &pressure, 2 * SECOND);
    ck_assert_int_eq(pace_wait_us(&pace, 2 * SECOND), 0);
}
END_TEST

/* What a batch was thought to write comes back when it is known what was written, whatever a record
 * is then thought to write. */
START_TEST(records_write_more)
{
    struct pace pace = pace_of((struct pace_limits){.preset = "fast", .wal_mb_per_second = 40});
    struct pressure pressure = {0};
    pace_look(&pace, &pressure, 0);
    spend(&pace, 10000, 1000, 0);
    pressure.wal_bytes = 100 * MB; /* ten times what was thought */
    pace_look(&pace, &pressure, SECOND);
    ck_assert_int_eq((int64_t)pace.wal_left / MB, 10 + 40 - 100);
}
END_TEST

/* --- dead rows --- */

#define MINUTE (60 * SECOND)

static struct pace dead_pace(const char *preset)
{
    return pace_of((struct pace_limits){.preset = preset, .dead_percent = 50, .dead_rows = 1000});
}

/* What a look finds later. */
static int64_t waits_at(struct pace *pace, int64_t now)
{
    pace_look(pace, &(struct pressure){0}, now);
    return pace_wait_us(pace, now);
}

static const struct dead_rows few = {.dead = 999, .live = 10};
static const struct dead_rows half = {.dead = 5000, .live = 5000};
static const struct dead_rows most = {.dead = 5001, .live = 4999};

/* Too many are more than both limits; a gentle run waits for a vacuum, and goes on behind it. */
START_TEST(dead_rows_are_waited_for)
{
    struct pace pace = dead_pace("gentle");
    ck_assert(!pace_dead(&pace, &few, 0));
    ck_assert_int_eq(waits_at(&pace, 0), 0);
    ck_assert(!pace_dead(&pace, &half, 0));
    ck_assert_int_eq(waits_at(&pace, 0), 0);
    ck_assert(!pace_dead(&pace, &most, SECOND));
    ck_assert_int_eq(waits_at(&pace, SECOND), -1);
    ck_assert_int_eq(pace.waits, PACE_DEAD_ROWS);
    struct text why _cleanup_text_ = {0};
    pace_describe(&pace, pace.waits, &why);
    ck_assert_str_eq(why.data, "5,001 of 10,000 rows of the table are dead; batches begin again "
                               "once it was vacuumed");
    ck_assert(!pace_dead(&pace, &half, 2 * SECOND));
    ck_assert_int_eq(waits_at(&pace, 2 * SECOND), 0);
    ck_assert_int_eq(pace.waited_us[PACE_DEAD_ROWS], SECOND);
}
END_TEST

static void expect_told(const struct pace *pace, const char *expected)
{
    struct text told _cleanup_text_ = {0};
    pace_describe_dead(pace, "public.t", &told);
    ck_assert_msg(strstr(told.data, expected) != NULL, "%s", told.data);
    ck_assert_msg(strstr(told.data, "5,001 of 10,000 rows of public.t are dead") != NULL, "%s",
                  told.data);
    ck_assert_msg(strstr(told.data, "run: VACUUM public.t") != NULL, "%s", told.data);
}

/* A normal run goes on, and says so once; a fast one does not ask; nor does one without a limit. */
START_TEST(dead_rows_are_told_of)
{
    struct pace pace = dead_pace("normal");
    ck_assert(pace_wants_dead(&pace));
    ck_assert(pace_dead(&pace, &most, 0));
    expect_told(&pace, "vacuum does not keep up");
    ck_assert_int_eq(waits_at(&pace, 0), 0);
    ck_assert(!pace_dead(&pace, &most, SECOND));
    ck_assert(!pace_dead(&pace, &few, 2 * SECOND));
    ck_assert(!pace_dead(&pace, &most, 3 * SECOND));
    pace = dead_pace("fast");
    ck_assert(!pace_wants_dead(&pace));
    pace = pace_of((struct pace_limits){.preset = "gentle", .dead_rows = 1000});
    ck_assert(!pace_wants_dead(&pace));
    ck_assert(!pace_dead(&pace, &most, 0));
    ck_assert_int_eq(waits_at(&pace, 0), 0);
}
END_TEST

/* Not for ever: not at all where autovacuum is off and nobody else is at it; ten minutes where
 * nobody comes; an hour where somebody comes, and it does not help. */
START_TEST(dead_rows_are_given_up)
{
    struct pace pace = dead_pace("gentle");
    struct dead_rows dead = most;
    dead.off = true;
    ck_assert(pace_dead(&pace, &dead, 0));
    expect_told(&pace, "autovacuum is off for it");
    ck_assert_int_eq(waits_at(&pace, 0), 0);
    ck_assert(!pace_dead(&pace, &dead, SECOND));
    ck_assert_int_eq(waits_at(&pace, SECOND), 0);

    pace = dead_pace("gentle");
    dead.vacuuming = true; /* somebody ran it */
    ck_assert(!pace_dead(&pace, &dead, 0));
    ck_assert_int_eq(waits_at(&pace, 0), -1);

    pace = dead_pace("gentle");
    for (int64_t now = MINUTE; now <= 11 * MINUTE; now += MINUTE) {
        ck_assert(!pace_dead(&pace, &most, now));
        ck_assert_int_eq(waits_at(&pace, now), -1);
    }
    ck_assert(pace_dead(&pace, &most, 12 * MINUTE));
    expect_told(&pace, "nothing vacuums it");
    ck_assert_int_eq(waits_at(&pace, 12 * MINUTE), 0);

    pace = dead_pace("gentle");
    dead = most;
    for (int64_t now = MINUTE; now <= 61 * MINUTE; now += MINUTE) {
        dead.vacuuming = now / MINUTE % 5 == 4;
        ck_assert(!pace_dead(&pace, &dead, now));
        ck_assert_int_eq(waits_at(&pace, now), -1);
    }
    ck_assert(pace_dead(&pace, &dead, 62 * MINUTE));
    expect_told(&pace, "vacuum could not clear them away");
    ck_assert_int_eq(waits_at(&pace, 62 * MINUTE), 0);
}
END_TEST

Suite *suite_pace(void)
{
    Suite *suite = suite_create("pace");
    TCase *tc = tcase_create("decisions");
    tcase_add_test(tc, rows_per_second);
    tcase_add_test(tc, the_gentler_counts);
    tcase_add_test(tc, short_while_others_work);
    tcase_add_test(tc, short_transactions_of_others);
    tcase_add_test(tc, one_statement);
    tcase_add_test(tc, slow_records);
    tcase_add_test(tc, beginnings_do_not_count);
    tcase_add_test(tc, lag_stays_below);
    tcase_add_test(tc, missing_standby);
    tcase_add_test(tc, write_ahead_log);
    tcase_add_test(tc, others_write_too_much);
    tcase_add_test(tc, standby_has_caught_up);
    tcase_add_test(tc, records_write_more);
    tcase_add_test(tc, dead_rows_are_waited_for);
    tcase_add_test(tc, dead_rows_are_told_of);
    tcase_add_test(tc, dead_rows_are_given_up);
    suite_add_tcase(suite, tc);
    return suite;
}
