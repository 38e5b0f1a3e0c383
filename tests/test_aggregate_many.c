/* Aggregates that do not publish how many subjects a cell has: of a cell that has k of one batch,
 * their number alone goes to retention.roll_up (worker/policy/sql_aggregate.c), and judge_cells
 * goes by it. tests/aggregate.sql keeps the books; its column "callers" is filled in here. */
#include <check.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "config.h"
#include "engine_support.h"
#include "harness/cluster.h"
#include "harness/db.h"
#include "harness/number.h"

#define DATA                                                                                       \
    "  timezone = \"America/New_York\";\n"                                                         \
    "  data: { table = \"public.call\"; start = \"at\"; tenant = \"account\";\n"                   \
    "    subject = ( { column = \"caller\"; kind = \"phone\"; as = \"e164\"; } ); };\n"            \
    "  brake: { rows = 100000000; fraction = 1.0; tenant_fraction = 1.0; };\n"
#define BY_ACCOUNT                                                                                 \
    DATA "  stages = ( { name = \"month\"; after = \"1 month\"; do = \"aggregate\";\n"             \
         "    into = \"public.call_month\";\n"                                                     \
         "    by = ( { column = \"account\"; }, { column = \"at\"; as = \"date_trunc\";\n"         \
         "        unit = \"month\"; to = \"month\"; }, { column = \"source\"; } );\n"              \
         "    measures = ( { count = \"calls\"; }, { sum = \"duration\"; to = \"seconds\"; },\n"   \
         "      { sum = \"cost\"; }, { histogram = \"duration\"; bounds = [ 30, 60, 300 ];\n"      \
         "        to = \"classes\"; } );\n"                                                        \
         "    k = 11; fold = ( \"source\" ); then = \"delete\"; } );\n"
#define BY_SOURCE(k_)                                                                              \
    DATA "  stages = ( { name = \"month\"; after = \"1 month\"; do = \"aggregate\";\n"             \
         "    into = \"public.source_month\";\n"                                                   \
         "    by = ( { column = \"at\"; as = \"date_trunc\"; to = \"month\"; },\n"                 \
         "      { column = \"source\"; } );\n"                                                     \
         "    measures = ( { count = \"calls\"; } ); k = " k_ "; } );\n"

static struct site calls_site(int count, const char *policy)
{
    char *sql _cleanup_free_ = file_read(source_path("tests/aggregate.sql"));
    struct site site = site_new_wide(cluster_shared(), sql, 2, "pace: { batch_rows = 2000; };");
    db_script(site.admin,
              "CREATE TABLE public.source_month (month date, source text, calls bigint NOT NULL,"
              " UNIQUE NULLS NOT DISTINCT (month, source));"
              "ALTER TABLE public.call_month ALTER callers SET DEFAULT 0;"
              "REVOKE ALL ON public.call_month FROM t_worker;"
              "GRANT INSERT ON public.call_month, public.source_month TO t_worker");
    db_exec(site.admin, "SELECT oracle.fill(%d, 300, 0.5)", count);
    db_exec(site.admin, "ANALYZE");
    site_policy(&site, "calls", policy);
    site_load_and_approve(&site, "calls", -1);
    return site;
}

static int64_t number(const struct site *site, const char *sql)
{
    return db_number(site->admin, "SELECT %s", sql);
}

static void expect_none(const struct site *site, const char *view)
{
    char *found _cleanup_free_ =
        db_value(site->admin, "SELECT string_agg(v::text, E'\\n') FROM oracle.%s v", view);
    ck_assert_msg(!found, "%s:\n%s", view, found);
}

/* Calls of an account in a month, the nth caller each from `first` on. */
static void calls(const struct site *site, int account, const char *source, int first, int count)
{
    db_exec(site->admin,
            "WITH made AS (INSERT INTO public.call SELECT (SELECT coalesce(max(id), 0) FROM "
            "oracle.original) + i, date_trunc('month', now()) - interval '5 months' + interval '3 "
            "days', %d, '%s', '+1410555' || %d + i, 10, 1 FROM generate_series(1, %d) i RETURNING "
            "*) INSERT INTO oracle.original SELECT * FROM made",
            account, source, 1000 + first, count);
}

/* Published rows count what they stand for, and at least k people, though nobody counted them. */
static void check_cells(const struct site *site)
{
    ck_assert_int_eq(number(site, "count(*) FROM public.call"), 0);
    db_exec(site->admin,
            "UPDATE public.call_month m SET callers = (SELECT count(DISTINCT g.caller) "
            "FROM oracle.cells c JOIN oracle.gone g ON g.account IS NOT DISTINCT FROM c.account "
            "AND g.month = c.month AND g.source IS NOT DISTINCT FROM c.source "
            "WHERE c.published AND c.place IS NOT DISTINCT FROM m.source "
            "AND c.account IS NOT DISTINCT FROM m.account AND c.month = m.month)");
    expect_none(site, "differences");
    expect_none(site, "wrong_cells");
    ck_assert_int_eq(number(site, "count(*) FROM retention.aggregate_open"), 0);
    ck_assert_int_eq(number(site, "count(*) FROM retention.aggregate_subject"), 0);
}

/* Cells of many and of few, with and without an account or a source; several batches add to each.
 */
START_TEST(every_record_is_in_its_cell)
{
    struct site site = calls_site(6000, BY_ACCOUNT);
    calls(&site, 5, "none", 0, 40);
    calls(&site, 77, "google", 0, 40);
    static const char *const tables[] = {"public.call", "oracle.original"};
    for (size_t i = 0; i < ARRAY_LENGTH(tables); i++)
        db_exec(site.admin,
                "UPDATE %s SET source = nullif(source, 'none'), account = nullif(account, 77) "
                "WHERE source = 'none' OR account = 77",
                tables[i]);
    site_once_expect(&site, NULL, 0);
    check_cells(&site);
    ck_assert_int_gt(number(&site, "count(*) FROM public.call_month WHERE source = 'google'"), 10);
    ck_assert_int_gt(number(&site, "count(*) FROM public.call_month WHERE source IS NULL"), 0);
    ck_assert_int_gt(number(&site, "count(*) FROM public.call_month WHERE account IS NULL"), 0);
    ck_assert_int_gt(number(&site, "count(*) FROM public.call_month WHERE source = '(other)'"), 5);
    ck_assert_int_gt(number(&site, "count(*) FROM retention.aggregate_family "
                                   "WHERE remainder IS NOT NULL"),
                     0);
    site_check_log(&site);
    site_free(&site);
}
END_TEST

/* Of cells that are known to have many, the one with the fewest calls is folded with what is small,
 * whatever its name. */
START_TEST(the_smallest_helps)
{
    struct site site = calls_site(0, BY_ACCOUNT);
    calls(&site, 100, "bing", 0, 60);
    calls(&site, 100, "google", 200, 30);
    calls(&site, 100, "direct", 400, 5);
    site_once_expect(&site, NULL, 0);
    check_cells(&site);
    ck_assert_int_eq(number(&site, "calls FROM public.call_month WHERE source = 'bing'"), 60);
    ck_assert_int_eq(number(&site, "calls FROM public.call_month WHERE source = '(other)'"), 35);
    site_free(&site);
}
END_TEST

/* While cells are open, nobody is known who was counted in one of many; that "same" has as many, 64
 * classes do not tell. When k is raised meanwhile, what was proved of a batch says nothing of
 * another's people: they may be the same. */
START_TEST(many_do_not_add_up)
{
    struct site site = calls_site(0, BY_SOURCE("11"));
    calls(&site, 3, "same", 900, 1);
    calls(&site, 1, "same", 100, 12);
    calls(&site, 1, "more", 0, 12);
    calls(&site, 1, "few", 0, 3);
    calls(&site, 3, "few", 900, 1);
    calls(&site, 3, "more", 900, 1);
    db_exec(site.admin, "SELECT retention.pause('tenant:3', 'test')");
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(number(&site, "count(*) FROM public.call"), 3);
    ck_assert_int_eq(
        number(&site, "count(*) FROM retention.aggregate_subject WHERE cell[2] IN "
                      "('same', 'more') AND digests = array_fill(NULL::bytea, '{11}')"),
        number(&site, "count(*) FROM retention.aggregate_open WHERE cell[2] <> 'few'"));
    ck_assert_int_eq(number(&site, "sum(cardinality(digests)) FROM retention.aggregate_subject "
                                   "WHERE cell[2] = 'few' AND digests[1] IS NOT NULL"),
                     3);
    site_policy(&site, "calls", BY_SOURCE("20"));
    site_load_and_approve(&site, "calls", -1);
    calls(&site, 1, "same", 100, 12);
    calls(&site, 1, "more", 200, 25);
    db_exec(site.admin, "SELECT retention.resume('tenant:3', 'test')");
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(number(&site, "count(*) FROM public.call"), 0);
    char *published _cleanup_free_ =
        db_value(site.admin, "SELECT string_agg(source || ' ' || calls, ', ') FROM "
                             "public.source_month");
    ck_assert_str_eq(published, "more 38");
    ck_assert_int_eq(number(&site, "sum(remainder[1]) FROM retention.aggregate_family"), 29);
    site_free(&site);
}
END_TEST

Suite *suite_aggregate_many(void)
{
    Suite *suite = suite_create("aggregate many");
    TCase *tc = tcase_create("aggregate many");
    tcase_set_timeout(tc, 240);
    tcase_add_test(tc, every_record_is_in_its_cell);
    tcase_add_test(tc, the_smallest_helps);
    tcase_add_test(tc, many_do_not_add_up);
    suite_add_tcase(suite, tc);
    return suite;
}
