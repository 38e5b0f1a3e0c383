/* Spans: what is read, how it is printed, what is refused, and which is certainly shorter. That
 * PostgreSQL reads the same is asked of PostgreSQL. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/span.h"
#include "base/text.h"
#include "harness/cluster.h"
#include "harness/db.h"

static const struct {
    const char *text, *normal;
} good[] = {
    {"13 months", "1 year 1 mon"},
    {"13months", "1 year 1 mon"},
    {"0 days", "0 days"},
    {"00:00:00", "0 days"},
    {"1 year 2 mons 3 days 04:00:00", "1 year 2 mons 3 days 04:00:00"},
    {"  2 weeks\t1 day ", "15 days"},
    {"90 DAYS", "90 days"},
    {"1 day", "1 day"},
    {"36 hours", "36:00:00"},
    {"90 min 5.25 s", "01:30:05.25"},
    {"1500 ms", "00:00:01.5"},
    {"7 us", "00:00:00.000007"},
    {"04:30", "04:30:00"},
    {"100:00:00.000001", "100:00:00.000001"},
    {"1 y 2 mon 3 w 4 d 5 h", "1 year 2 mons 25 days 05:00:00"},
    {"P1Y2M", "1 year 2 mons"},
    {"P13M", "1 year 1 mon"},
    {"PT13M", "00:13:00"},
    {"P2W", "14 days"},
    {"P1Y2M3DT4H5M6.789S", "1 year 2 mons 3 days 04:05:06.789"},
    {"P0D", "0 days"},
    {"1000 years", "1000 years"},
};

START_TEST(spans_are_read_and_printed)
{
    struct arena *arena _cleanup_arena_ = arena_new();
    for (size_t i = 0; i < ARRAY_LENGTH(good); i++) {
        struct span span, again;
        const char *reason, *hint;
        ck_assert_msg(span_parse(arena, good[i].text, &span, &reason, &hint), "%s: %s",
                      good[i].text, reason);
        ck_assert_str_eq(span_text(arena, span), good[i].normal);
        ck_assert(span_parse(arena, good[i].normal, &again, &reason, &hint));
        ck_assert(span_equal(span, again));
    }
}
END_TEST

START_TEST(postgresql_reads_the_same)
{
    char *database _cleanup_free_ = db_new(cluster_shared(), NULL);
    PGconn *conn = db_connect(cluster_shared(), database, NULL);
    for (size_t i = 0; i < ARRAY_LENGTH(good); i++) {
        char *same _cleanup_free_ =
            db_value(conn,
                     "SELECT extract(epoch FROM a) = extract(epoch FROM b) AND a::text = b::text"
                     " AND (a::text = '%s' OR a = '0')"
                     " FROM (SELECT '%s'::interval, '%s'::interval) AS t (a, b)",
                     good[i].normal, good[i].text, good[i].normal);
        ck_assert_msg(strcmp(same, "t") == 0, "%s", good[i].text);
    }
    PQfinish(conn);
    db_drop(cluster_shared(), database);
}
END_TEST

START_TEST(what_is_no_span_is_refused)
{
    static const struct {
        const char *text, *reason;
    } bad[] = {
        {"", "is empty"},
        {" \t", "is empty"},
        {"-1 day", "is negative"},
        {"1 month -1 day", "is negative"},
        {"1 day -04:00:00", "is negative"},
        {"P-1D", "is negative"},
        {"1 day ago", "is negative"},
        {"+1 day", "has a sign"},
        {"13 moths", "has an unknown unit \"moths\""},
        {"3 m", "has the ambiguous unit \"m\""},
        {"3 centuries", "has an unknown unit \"centuries\""},
        {"90", "has no unit after 90"},
        {"1 day 5", "has no unit after 5"},
        {"1-2", "is negative"},
        {"1.5 months", "has a fraction of something other than seconds"},
        {"P1.5M", "has a fraction of something other than seconds"},
        {"1.1234567 s", "has a fraction that cannot be read"},
        {"1. s", "has a fraction that cannot be read"},
        {"1e9 years", "has a number with an exponent"},
        {"1001 years", "is longer than 1000 years"},
        {"999 years 13 months", "is longer than 1000 years"},
        {"500 years 200000 days", "is longer than 1000 years"},
        {"366251 days", "is longer than 1000 years"},
        {"9223372036854775807 weeks", "is longer than 1000 years"},
        {"99999999999999999999999 us", "is longer than 1000 years"},
        {"1 month 2 mons", "names the unit \"mons\" twice"},
        {"1 hour 02:00", "names the unit \"hours\" twice"},
        {"1 day 25:61", "has a time that cannot be read"},
        {"1:2:3", "has a time that cannot be read"},
        {"P", "is not a duration of ISO 8601"},
        {"PT", "is not a duration of ISO 8601"},
        {"P1DT", "is not a duration of ISO 8601"},
        {"P1M2Y", "is not a duration of ISO 8601"},
        {"P1H", "is not a duration of ISO 8601"},
        {"p13m", "is not a duration of ISO 8601"},
        {"13 months;", "has \";\" where a number should stand"},
        {"one year", "has \"one\" where a number should stand"},
    };
    struct arena *arena _cleanup_arena_ = arena_new();
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        struct span span;
        const char *reason, *hint;
        ck_assert_msg(!span_parse(arena, bad[i].text, &span, &reason, &hint), "%s", bad[i].text);
        ck_assert_str_eq(reason, bad[i].reason);
    }
}
END_TEST

static bool shorter(const char *a, const char *b)
{
    struct arena *arena _cleanup_arena_ = arena_new();
    const char *reason, *hint;
    struct span x, y;
    ck_assert(span_parse(arena, a, &x, &reason, &hint) && span_parse(arena, b, &y, &reason, &hint));
    return span_is_certainly_shorter(x, y);
}

START_TEST(a_span_is_shorter_only_for_certain)
{
    ck_assert(shorter("13 months", "15 months"));
    ck_assert(!shorter("15 months", "13 months"));
    ck_assert(!shorter("1 month", "1 month"));
    ck_assert(!shorter("1 month", "30 days"));
    ck_assert(!shorter("30 days", "1 month"));
    ck_assert(shorter("27 days", "1 month"));
    ck_assert(shorter("1 month", "32 days"));
    ck_assert(!shorter("31 days", "1 month"));
    ck_assert(!shorter("1 year", "366 days"));
    ck_assert(shorter("1 year", "367 days"));
    ck_assert(!shorter("1 day", "24 hours"));
    ck_assert(!shorter("24 hours", "1 day"));
    ck_assert(shorter("22 hours", "1 day"));
    ck_assert(shorter("1 month 5 days", "1 month 6 days"));
    ck_assert(!shorter("1 month 40 days", "2 months 10 days"));
}
END_TEST

Suite *suite_base_span(void)
{
    Suite *suite = suite_create("base_span");
    TCase *tests = tcase_create("span");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, spans_are_read_and_printed);
    tcase_add_test(tests, postgresql_reads_the_same);
    tcase_add_test(tests, what_is_no_span_is_refused);
    tcase_add_test(tests, a_span_is_shorter_only_for_certain);
    suite_add_tcase(suite, tests);
    return suite;
}
