/* Conditions that read other rows, or values that may be unreadable: which records the worker
 * really deletes by them. */
#define _GNU_SOURCE
#include <check.h>
#include <stdlib.h>

#include "engine_support.h"
#include "harness/cluster.h"
#include "harness/db.h"

#define SHORT                                                                                      \
    "  stages = ( { after = \"30 days\"; do = \"delete\"; } );\n"                                  \
    "  brake: { fraction = 1.0; tenant_fraction = 1.0; };\n"
#define LONG "  stages = ( { after = \"90 years\"; do = \"delete\"; } );\n"

static void ck_left(const struct site *site, const char *expected)
{
    site_once_expect(site, NULL, 0);
    char *left = db_value(site->admin, "SELECT coalesce(string_agg(id::text, ' ' ORDER BY id), '') "
                                       "FROM call");
    ck_assert_str_eq(left, expected);
    free(left);
    site_check_log(site);
}

#define CALLS                                                                                      \
    "CREATE TABLE call (id int PRIMARY KEY, at timestamptz NOT NULL DEFAULT '2015-01-01', meta "   \
    "jsonb);"                                                                                      \
    "CREATE TABLE event (id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY, call int NOT NULL "      \
    "REFERENCES call ON DELETE CASCADE, data jsonb);"                                              \
    "CREATE INDEX ON event (call);"
#define DATA                                                                                       \
    "  data: { table = \"public.call\"; start = \"at\"; with = ( { table = \"public.event\"; by "  \
    "= \"call\"; } ); "

/* As text, 999999999 is later than any second of these decades, and "9" more than "10". */
START_TEST(the_latest_of_children_is_picked_as_what_it_is)
{
    struct site site = site_new(
        cluster_shared(),
        CALLS "INSERT INTO call (id) SELECT generate_series(1, 9);"
              "INSERT INTO event (call, data) SELECT 1, jsonb_build_object('at', e) FROM "
              "unnest(ARRAY[999999999, extract(epoch FROM now())::int - 86400]) e;"
              "INSERT INTO event (call, data) VALUES (2, '{\"at\": 999999999}'), "
              "(2, '{\"at\": 1000000000}'),"
              "(3, '{\"at\": 1000000000}'), (3, '{\"at\": \"n/a\"}'), (4, '{\"at\": null}'),"
              "(6, '{\"n\": 9}'), (6, '{\"n\": 10}'), (7, '{\"n\": 9}'), (7, '{\"n\": \"n/a\"}'),"
              "(8, '{\"n\": 9}'), (8, '{\"n\": 8}');",
        NULL);
    site_policy(&site, "calls",
                DATA
                "};\n"
                "  keep_while = ( { only = ( { child = \"public.event\"; by = \"call\"; "
                "latest = \"data\"; path = [ \"at\" ]; unit = \"epoch_s\"; younger_than = \"1 "
                "year\"; } ); because = \"x\"; },\n"
                "    { only = ( { child = \"public.event\"; by = \"call\"; latest = \"data\"; "
                "path = [ \"n\" ]; ge = 10; nulls = \"skip\"; } ); because = \"y\"; } );\n" SHORT);
    site_load_and_approve(&site, "calls", -1);
    ck_left(&site, "1 3 6 7");
    site_free(&site);
}
END_TEST

/* The same where such a condition chooses what is deleted: what is not known is not. */
START_TEST(what_children_cannot_tell_is_not_deleted)
{
    struct site site = site_new(
        cluster_shared(),
        CALLS "INSERT INTO call (id) SELECT generate_series(1, 5);"
              "INSERT INTO event (call, data) VALUES (1, '{\"n\": 9}'), (1, '{\"n\": 10}'),"
              "(2, '{\"n\": 8}'), (2, '{\"n\": 9}'), (3, '{\"n\": 10}'), (3, '{\"n\": \"n/a\"}'),"
              "(4, '{}');",
        NULL);
    site_policy(&site, "calls",
                DATA "only = ( { child = \"public.event\"; by = \"call\"; latest = \"data\"; path "
                     "= [ \"n\" ]; ge = 10; nulls = \"match\"; } ); };\n" SHORT);
    site_load_and_approve(&site, "calls", -1);
    ck_left(&site, "2 3");
    site_free(&site);
}
END_TEST

/* What cannot be read might say that the record is to be kept. */
START_TEST(what_cannot_be_read_keeps_the_record)
{
    static const char *const left[] = {"2 3 5 6", "1 2 3 5 6"};
    const char *nulls = _i ? "match" : "skip";
    struct site site = site_new(
        cluster_shared(),
        "CREATE TABLE call (id int PRIMARY KEY, at timestamptz NOT NULL DEFAULT "
        "'2015-01-01', meta jsonb);"
        "INSERT INTO call (id, meta) SELECT i, '{\"until\": \"2016-01-01\", \"score\": 1, \"end\": "
        "0}'::jsonb || m::jsonb FROM (VALUES (2, '{\"until\": \"n/a\"}'), (3, '{\"score\": "
        "\"n/a\"}'),"
        "(4, '{}'), (5, '{\"end\": 253402300800}'), (6, '{\"until\": \"2999-01-01\"}')) v(i, m);"
        "INSERT INTO call (id) VALUES (1);",
        NULL);
    char *policy;
    ck_assert_int_ge(
        asprintf(&policy,
                 "  data: { table = \"public.call\"; start = \"at\"; };\n"
                 "  keep_while = ( { only = ( { column = \"meta\"; path = [ \"until\" ]; "
                 "younger_than = \"0 days\"; nulls = \"%s\"; } ); because = \"x\"; },\n"
                 "    { only = ( { column = \"meta\"; path = [ \"score\" ]; ge = 5; nulls = "
                 "\"%s\"; } ); because = \"y\"; },\n"
                 "    { only = ( { column = \"meta\"; path = [ \"end\" ]; unit = \"epoch_s\"; "
                 "younger_than = \"0 days\"; nulls = \"%s\"; } ); because = \"z\"; } );\n" SHORT,
                 nulls, nulls, nulls),
        0);
    site_policy(&site, "calls", policy);
    free(policy);
    site_load_and_approve(&site, "calls", -1);
    ck_left(&site, left[_i]);
    site_free(&site);
}
END_TEST

static void ck_rest(const char *sql, const char *others, const char *left)
{
    struct site site = site_new(cluster_shared(), sql, NULL);
    site_policy(&site, "chosen", others);
    site_policy(&site, "others",
                "  data: { table = \"public.call\"; start = \"at\"; only = \"rest\"; };\n" SHORT);
    site_load_and_approve(&site, "others", -1);
    site_approve(&site, "chosen", -1);
    ck_left(&site, left);
    site_free(&site);
}

/* The children of the one category's records hold its key; the rest has another one, of one column
 * or of two. */
START_TEST(the_rest_asks_for_others_by_their_key)
{
    static const char *const keys[] = {"id", "id, part"};
    char *sql;
    ck_assert_int_ge(
        asprintf(&sql,
                 "CREATE TABLE call (id int, part int NOT NULL DEFAULT 0, ext text NOT NULL "
                 "UNIQUE, at timestamptz NOT NULL DEFAULT '2015-01-01', PRIMARY KEY (%s));"
                 "CREATE TABLE event (id int PRIMARY KEY, ext text, at timestamptz);"
                 "CREATE INDEX ON event (ext);"
                 "INSERT INTO call (id, ext) SELECT i, 'x' || i FROM generate_series(1, 3) i;"
                 "INSERT INTO event VALUES (1, 'x1', now()), (2, 'x2', '2016-01-01');",
                 keys[_i]),
        0);
    ck_rest(sql,
            "  data: { table = \"public.call\"; start = \"at\"; key = [ \"ext\" ]; only = ( { "
            "child = \"public.event\"; by = \"ext\"; latest = \"at\"; younger_than = \"2 years\"; "
            "} ); };\n" LONG,
            "1");
    free(sql);
}
END_TEST

/* A day begins in Pago Pago when it is half over in UTC, where the rest is at home. */
START_TEST(the_rest_asks_for_others_in_their_time_zone)
{
    ck_rest("CREATE TABLE call (id int PRIMARY KEY, at timestamptz NOT NULL, note text);"
            "INSERT INTO call VALUES (1, '2019-12-31 20:00Z'), (2, '2020-01-01 05:00Z'), "
            "(3, '2020-01-01 11:00Z'), (4, '2020-01-01 20:00Z');",
            "  timezone = \"Pacific/Pago_Pago\";\n"
            "  data: { table = \"public.call\"; start = \"at\"; only = ( { column = \"at\"; lt = "
            "\"2020-01-01\"; } ); };\n" LONG,
            "1 2");
}
END_TEST

Suite *suite_engine_conditions(void)
{
    Suite *suite = suite_create("engine_conditions");
    TCase *tests = tcase_create("conditions");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, the_latest_of_children_is_picked_as_what_it_is);
    tcase_add_test(tests, what_children_cannot_tell_is_not_deleted);
    tcase_add_loop_test(tests, what_cannot_be_read_keeps_the_record, 0, 2);
    tcase_add_loop_test(tests, the_rest_asks_for_others_by_their_key, 0, 2);
    tcase_add_test(tests, the_rest_asks_for_others_in_their_time_zone);
    suite_add_tcase(suite, tests);
    return suite;
}
