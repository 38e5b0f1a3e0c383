/* Records that time alone takes from one category to another: what a hold covers stays, whichever
 * of them has it. */
#define _GNU_SOURCE
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "engine_support.h"
#include "harness/cluster.h"
#include "harness/db.h"

#define ASKED                                                                                      \
    "CREATE TABLE asked (id int PRIMARY KEY, account int NOT NULL, at timestamptz NOT NULL);"      \
    "INSERT INTO asked SELECT i, i, now() - interval '1 year' + interval '3 s' FROM "              \
    "generate_series(1, 4) i;"
#define SHORT                                                                                      \
    "  stages = ( { after = \"30 days\"; do = \"delete\"; } );\n"                                  \
    "  brake: { fraction = 1.0; tenant_fraction = 1.0; };\n"
#define LONG "  stages = ( { after = \"2 years\"; do = \"delete\"; } );\n"
#define DATA "  data: { table = \"public.asked\"; start = \"at\"; tenant = \"account\"; "

/* The time of a run is a whole second, rounded down. */
#define MOVED "SELECT max(at) < date_trunc('second', now()) - interval '1 year' FROM asked"

/* A hold of the one category, or if that is refused, of both in the order in which it is not. The
 * program may say no to a hold; what it says yes to, it keeps. */
static void place(const struct site *site, const char *tenant, const char *one, const char *other)
{
    static const char sql[] = "SELECT retention.place_hold('M', 'suit filed', category => '%s', "
                              "tenant => '%s')";
    const char *const order[] = {one, other, one};
    for (size_t i = 0; i < 3; i++) {
        char *text;
        ck_assert_int_ge(asprintf(&text, sql, order[i], tenant), 0);
        PGresult *result = PQexec(site->admin, text);
        const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
        free(text);
        ck_assert(!state || (i == 0 && strcmp(state, "RT024") == 0));
        PQclear(result);
        if (!state && i == 0)
            return;
    }
}

/* Two categories share the table; `tenant` of the first is held, then time moves all records to the
 * second, which deletes them. What is left is what is held. */
static void ck_kept(const char *first, const char *second, const char *tenant)
{
    struct site site = site_new(cluster_shared(), ASKED, NULL);
    site_policy(&site, "fresh", first);
    site_policy(&site, "stale", second);
    site_load_and_approve(&site, "fresh", -1);
    site_approve(&site, "stale", -1);
    place(&site, tenant, "fresh", "stale");
    db_wait_until(site.admin, MOVED);
    site_once_expect(&site, NULL, 0);
    char *left = db_value(site.admin, "SELECT string_agg(id::text, ' ' ORDER BY id) FROM asked");
    ck_assert_ptr_nonnull(left);
    ck_assert_str_eq(left, tenant);
    free(left);
    site_check_log(&site);
    site_free(&site);
}

/* In the year after it was asked the first category has the record; then the rest, where it is due.
 */
START_TEST(younger_than)
{
    ck_kept(DATA "only = ( { column = \"at\"; younger_than = \"1 year\"; } ); };\n" LONG,
            DATA "only = \"rest\"; };\n" SHORT, "1");
}
END_TEST

/* The other way round: the rest has it, until it is old enough for the other one. */
START_TEST(older_than)
{
    ck_kept(DATA "only = \"rest\"; };\n" LONG,
            DATA "only = ( { column = \"at\"; older_than = \"1 year\"; } ); };\n" SHORT, "2");
}
END_TEST

Suite *suite_engine_by_time(void)
{
    Suite *suite = suite_create("engine_by_time");
    TCase *tests = tcase_create("by_time");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, younger_than);
    tcase_add_test(tests, older_than);
    suite_add_tcase(suite, tests);
    return suite;
}
