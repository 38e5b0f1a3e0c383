/* Stages that aggregate: worker/engine/run_close.c, worker/policy/sql_aggregate.c, and the
 * functions roll_up and close_cells. tests/aggregate.sql keeps the books: sums by account and
 * month, and which raw cells each published row counts.
 *
 * RETENTIOND_AGGREGATE_ROWS says how many rows go through the worker while it is killed (default
 * 12 000), RETENTIOND_AGGREGATE_SEED which. */
#define _GNU_SOURCE
#include <check.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "config.h"
#include "engine_support.h"
#include "harness/cluster.h"
#include "harness/db.h"
#include "harness/number.h"
#include "harness/schema.h"

#define DATA                                                                                       \
    "  timezone = \"America/New_York\";\n"                                                         \
    "  data: { table = \"public.call\"; start = \"at\"; tenant = \"account\";\n"                   \
    "    subject = ( { column = \"caller\"; kind = \"phone\"; as = \"e164\"; } ); };\n"            \
    "  brake: { rows = 100000000; fraction = 1.0; tenant_fraction = 1.0; };\n"
#define SUMS                                                                                       \
    "    measures = ( { count = \"calls\"; }, { sum = \"duration\"; to = \"seconds\"; },\n"        \
    "      { sum = \"cost\"; }, { histogram = \"duration\"; bounds = [ 30, 60, 300 ];\n"           \
    "        to = \"classes\"; }"
#define MEASURES SUMS ", { subjects = \"callers\"; } );\n"
#define STAGE_OF(after_, measures_)                                                                \
    "  stages = ( { name = \"month\"; after = \"" after_ "\"; do = \"aggregate\";\n"               \
    "    into = \"public.call_month\";\n"                                                          \
    "    by = ( { column = \"account\"; }, { column = \"at\"; as = \"date_trunc\";\n"              \
    "        unit = \"month\"; to = \"month\"; }, { column = \"source\"; } );\n" measures_         \
    "    k = 11; fold = ( \"source\" ); then = \"delete\"; } );\n"
#define STAGE(after_) STAGE_OF(after_, MEASURES)
#define POLICY        DATA STAGE("1 month")
#define POLICY_UNFOLDED                                                                            \
    DATA "  stages = ( { name = \"month\"; after = \"1 month\"; do = \"aggregate\";\n"             \
         "    into = \"public.call_month\";\n"                                                     \
         "    by = ( { column = \"account\"; }, { column = \"at\"; as = \"date_trunc\";\n"         \
         "        unit = \"month\"; to = \"month\"; }, { column = \"source\"; } );\n" MEASURES     \
         "    k = 11; then = \"delete\"; } );\n"
/* Does not publish how many callers: of a cell that has k of one batch, nobody is counted. */
#define POLICY_UNNAMED DATA STAGE_OF("1 month", SUMS " );\n")

/* `batch`: rows of a batch. */
static struct site calls_site_wide(int count, int people, const char *policy, int connections,
                                   int batch)
{
    char *sql _cleanup_free_ = file_read(source_path("tests/aggregate.sql")), pace[64];
    snprintf(pace, sizeof(pace), "pace: { batch_rows = %d; };", batch);
    struct site site = site_new_wide(cluster_shared(), sql, connections, pace);
    db_exec(site.admin, "REVOKE ALL ON public.call_month FROM t_worker");
    db_exec(site.admin, "GRANT INSERT ON public.call_month TO t_worker");
    db_exec(site.admin, "SELECT oracle.fill(%d, %d, 0.5)", count, people);
    db_exec(site.admin, "ANALYZE");
    site_policy(&site, "calls", policy);
    site_load_and_approve(&site, "calls", -1);
    return site;
}

static struct site calls_site(int count, int people, const char *policy)
{
    return calls_site_wide(count, people, policy, 2, 100);
}

static void expect_none(const struct site *site, const char *view)
{
    char *found _cleanup_free_ =
        db_value(site->admin, "SELECT string_agg(v::text, E'\\n') FROM oracle.%s v", view);
    ck_assert_msg(!found, "%s:\n%s", view, found);
}

static int64_t number(const struct site *site, const char *sql)
{
    return db_number(site->admin, "SELECT %s", sql);
}

/* Of any moment: nothing lost, nothing twice, nothing changed. */
static void check_books(const struct site *site)
{
    expect_none(site, "differences");
    expect_none(site, "changed");
    db_exec(site->admin, "SELECT oracle.look()");
}

/* Of cells that are closed: nobody can be told any more. */
static void check_closed(const struct site *site)
{
    ck_assert_int_eq(number(site, "count(*) FROM retention.aggregate_open"), 0);
    ck_assert_int_eq(number(site, "count(*) FROM retention.aggregate_subject"), 0);
    ck_assert_int_eq(number(site,
                            "count(*) FROM retention.aggregate_family WHERE inner_pad IS NOT NULL "
                            "OR closed_at IS NULL"),
                     0);
}

/* --- rolling up --- */

START_TEST(cells_are_published)
{
    struct site site = calls_site(6000, 300, POLICY);
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(number(&site, "count(*) FROM public.call"), 0);
    check_books(&site);
    check_closed(&site);
    expect_none(&site, "wrong_cells");
    /* all that is to be seen is there: cells of their own, coarser ones, and some withheld */
    ck_assert_int_gt(number(&site, "count(*) FROM public.call_month WHERE source = 'google'"), 10);
    ck_assert_int_gt(number(&site, "count(*) FROM public.call_month WHERE source IS NULL"), 0);
    ck_assert_int_gt(number(&site, "count(*) FROM public.call_month WHERE account IS NULL"), 0);
    ck_assert_int_gt(number(&site, "count(*) FROM public.call_month WHERE source = '(other)'"), 5);
    ck_assert_int_gt(number(&site, "count(*) FROM retention.aggregate_family "
                                   "WHERE remainder IS NOT NULL"),
                     0);
    site_check_log(&site);
    ck_assert_int_eq(site_digests(&site, "public.call"), 6000);
    ck_assert_int_eq(number(&site, "count(*) FROM retention.log_entry WHERE type = 'batch' AND "
                                   "entry NOT LIKE E'%\\naction aggregate\\n%'"),
                     0);
    char *told _cleanup_free_ = db_value(
        site.admin,
        "SELECT entry LIKE '%%' || format(E'\\ncategory calls\\nstage month\\n"
        "relation public.call_month\\nk 11\\npublished %%s\\nfolded %%s\\nwithheld %%s\\n',"
        " (SELECT count(*) FROM public.call_month),"
        " (SELECT coalesce(sum(n), 0) FROM (SELECT count(*) AS n FROM oracle.cells"
        "  WHERE place = '(other)' GROUP BY account, month HAVING count(*) > 1) f),"
        " (SELECT count(*) FROM oracle.cells WHERE NOT published))"
        " FROM retention.log_entry WHERE type = 'cells'");
    ck_assert_str_eq(told, "t");
    /* nothing more comes of another run */
    site_once_expect(&site, NULL, 0);
    check_books(&site);
    ck_assert_int_eq(number(&site, "count(*) FROM retention.log_entry WHERE type = 'cells'"), 1);
    site_free(&site);
}
END_TEST

/* One NaN, or infinity, would be all that is left of a cell's sum: they add nothing to it, and a
 * NaN is in no class. Their records are counted. */
START_TEST(what_is_no_number_adds_nothing)
{
    struct site site = calls_site(
        3000, 300,
        DATA "  stages = ( { name = \"month\"; after = \"1 month\"; do = \"aggregate\";\n"
             "    into = \"public.call_month\";\n"
             "    by = ( { column = \"account\"; }, { column = \"at\"; as = "
             "\"date_trunc\"; unit = \"month\"; to = \"month\"; }, { column = "
             "\"source\"; } );\n"
             "    measures = ( { count = \"calls\"; }, { sum = \"duration\"; to = "
             "\"seconds\"; }, { sum = \"cost\"; }, { histogram = \"cost\"; bounds = [ 1, "
             "2, 3 ]; to = \"classes\"; }, { subjects = \"callers\"; } );\n"
             "    k = 11; fold = ( \"source\" ); then = \"delete\"; } );\n");
    db_exec(site.admin, "UPDATE public.call SET cost = ('{NaN,Infinity,-Infinity}'::numeric[])"
                        "[1 + id %% 3] WHERE id %% 4 = 0");
    db_exec(site.admin, "CREATE TABLE oracle.wanted AS SELECT count(*) AS calls, sum(cost) FILTER "
                        "(WHERE cost > '-Infinity' AND cost < 'Infinity') AS cost, count(cost) "
                        "FILTER (WHERE cost <> 'NaN') AS classed FROM public.call");
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(number(&site, "count(*) FROM public.call"), 0);
    /* of a family's remainder: records, seconds, cost, and the classes */
    char *got _cleanup_free_ = db_value(
        site.admin,
        "SELECT (SELECT sum(calls) FROM public.call_month) + coalesce(sum(remainder[1]), 0) || ' ' "
        "|| (SELECT sum(cost) FROM public.call_month) + coalesce(sum(remainder[3]), 0) || ' ' || "
        "(SELECT sum(c) FROM public.call_month, unnest(classes) c) + coalesce(sum(remainder[4] + "
        "remainder[5] + remainder[6] + remainder[7]), 0) FROM retention.aggregate_family");
    char *wanted _cleanup_free_ =
        db_value(site.admin, "SELECT calls || ' ' || cost || ' ' || classed FROM oracle.wanted");
    ck_assert_str_eq(got, wanted);
    site_check_log(&site);
    site_free(&site);
}
END_TEST

/* A real number is classed as its shortest text says, not by the six digits that a cast would keep:
 * just below a bound is below it. */
START_TEST(a_float_is_classed_exactly)
{
    struct site site =
        site_new(cluster_shared(),
                 "CREATE TABLE call (id bigint PRIMARY KEY, at timestamptz NOT NULL, caller text, "
                 "level real, "
                 "depth double precision);"
                 "CREATE INDEX ON call (at);"
                 "CREATE TABLE call_month (month date, calls bigint NOT NULL, level bigint[] NOT "
                 "NULL, depth "
                 "bigint[] NOT NULL, UNIQUE NULLS NOT DISTINCT (month));"
                 "INSERT INTO call SELECT i, now() - interval '200 days', '+1410555' || "
                 "lpad(i::text, 4, '0'),"
                 " CASE WHEN i % 2 = 0 THEN 59.999998 ELSE 60 END, CASE WHEN i % 4 = 0 THEN "
                 "59.999999999999993 ELSE 60 END FROM generate_series(1, 40) i;",
                 NULL);
    db_exec(site.admin, "REVOKE ALL ON call_month FROM t_worker");
    db_exec(site.admin, "GRANT INSERT ON call_month TO t_worker");
    site_policy(
        &site, "calls",
        "  data: { table = \"public.call\"; start = \"at\";\n"
        "    subject = ( { column = \"caller\"; kind = \"phone\"; as = \"e164\"; } ); };\n"
        "  brake: { fraction = 1.0; };\n"
        "  stages = ( { name = \"month\"; after = \"1 month\"; do = \"aggregate\";\n"
        "    into = \"public.call_month\"; by = ( { column = \"at\"; as = \"date_trunc\"; unit = "
        "\"month\"; to = \"month\"; } );\n"
        "    measures = ( { count = \"calls\"; }, { histogram = \"level\"; bounds = [ 60 ]; }, "
        "{ histogram = \"depth\"; bounds = [ 60 ]; } );\n"
        "    k = 11; then = \"delete\"; } );\n");
    site_load_and_approve(&site, "calls", -1);
    site_once_expect(&site, NULL, 0);
    char *got _cleanup_free_ = db_value(
        site.admin, "SELECT string_agg(concat_ws(' ', calls, level, depth), ',') FROM call_month");
    ck_assert_str_eq(got, "40 {20,20} {10,30}");
    site_free(&site);
}
END_TEST

/* Whoever is not certain is nobody, so that ten with one more do not make eleven, whether their
 * number is published or not: a number that is none, an empty text, documents that name several. */
START_TEST(who_is_not_certain_does_not_count)
{
    static const struct {
        const char *subject, *value;
    } cases[] = {
        {"column = \"caller\"; as = \"e164\";",
         "CASE i WHEN 11 THEN '555-0123' ELSE '+14105550' || 100 + i END, NULL"},
        {"column = \"caller\"; as = \"lower\";",
         "CASE i WHEN 11 THEN ' ' ELSE 'P ' || i END, NULL"},
        {"column = \"caller\";", "CASE i WHEN 11 THEN '' ELSE 'p' || i END, NULL"},
        {"column = \"who\"; path = [ \"names\" ];",
         "NULL, jsonb_build_object('names', jsonb_build_array('p' || i / 5, 'p' || i % 5))"},
    };
    for (size_t i = 0; i < 2 * ARRAY_LENGTH(cases); i++) {
        struct site site = site_new(
            cluster_shared(),
            "CREATE TABLE call (id bigint PRIMARY KEY, at timestamptz NOT NULL, source text, "
            "caller text, who jsonb);"
            "CREATE INDEX ON call (at);"
            "CREATE TABLE call_month (month date, source text, calls bigint NOT NULL, callers "
            "bigint, UNIQUE NULLS NOT DISTINCT (month, source));"
            "INSERT INTO call SELECT 100 + i, now() - interval '200 days', 'certain', '+14105550' "
            "|| 100 + i, jsonb_build_object('names', i) FROM generate_series(1, 11) i;",
            NULL);
        char policy[2000];
        db_exec(site.admin, "REVOKE ALL ON call_month FROM t_worker");
        db_exec(site.admin, "GRANT INSERT ON call_month TO t_worker");
        db_exec(site.admin,
                "INSERT INTO call SELECT i, now() - interval '200 days', 'uncertain', %s FROM "
                "generate_series(1, 11) i",
                cases[i / 2].value);
        snprintf(policy, sizeof(policy),
                 "  data: { table = \"public.call\"; start = \"at\";\n"
                 "    subject = ( { %s kind = \"person\"; } ); };\n"
                 "  brake: { fraction = 1.0; };\n"
                 "  stages = ( { name = \"month\"; after = \"1 month\"; do = \"aggregate\";\n"
                 "    into = \"public.call_month\"; by = ( { column = \"at\"; as = "
                 "\"date_trunc\"; unit = \"month\"; to = \"month\"; }, { column = "
                 "\"source\"; } );\n"
                 "    measures = ( { count = \"calls\"; }%s );\n"
                 "    k = 11; then = \"delete\"; } );\n",
                 cases[i / 2].subject, i % 2 ? ", { subjects = \"callers\"; }" : "");
        site_policy(&site, "calls", policy);
        site_load_and_approve(&site, "calls", -1);
        site_once_expect(&site, NULL, 0);
        ck_assert_int_eq(number(&site, "count(*) FROM call"), 0);
        char *got _cleanup_free_ = db_value(
            site.admin,
            "SELECT string_agg(concat_ws(' ', source, calls, callers), ',') FROM call_month");
        ck_assert_msg(text_equal(got, i % 2 ? "certain 11 11" : "certain 11"), "case %zu: %s", i,
                      got ? got : "nothing");
        site_free(&site);
    }
}
END_TEST

/* What setup prints is what check asks for, and no more than adding rows. */
START_TEST(setup_makes_the_target)
{
    struct site site = calls_site(0, 1, POLICY);
    const char *const check[] = {"retentionctl", "-c", site.config, "check", NULL};
    const char *const setup[] = {"retentionctl", "-c", site.config, "setup", "--sql", NULL};
    db_exec(site.admin, "DROP TABLE public.call_month CASCADE");
    struct program_result result = program_run(check);
    ck_assert_int_eq(result.exit_code, 3);
    ck_assert_msg(strstr(result.err, "table \"public.call_month\"") != NULL, "%s", result.err);
    program_result_free(&result);
    result = program_run(setup);
    ck_assert_int_eq(result.exit_code, 0);
    db_script(site.admin, result.out);
    program_result_free(&result);
    result = program_run(check);
    ck_assert_msg(result.exit_code == 0, "%s%s", result.out, result.err);
    program_result_free(&result);
    char *may _cleanup_free_ = db_value(
        site.admin, "SELECT string_agg(p, ' ') FROM unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE}'"
                    "::text[]) p WHERE has_table_privilege('t_worker', 'public.call_month', p)");
    ck_assert_str_eq(may, "INSERT");
    db_exec(site.admin, "SELECT oracle.fill(1000, 100, 0.5)");
    site_once_expect(&site, NULL, 0);
    ck_assert_int_gt(number(&site, "count(*) FROM public.call_month"), 0);
    ck_assert_int_eq(number(&site, "sum(calls) FROM public.call_month") +
                         number(&site, "coalesce(sum(remainder[1]), 0) FROM "
                                       "retention.aggregate_family"),
                     1000);
    site_free(&site);
}
END_TEST

/* --- open cells --- */

/* By month and source alone: while a tenant is paused, every month has records to come. */
#define SOURCES(measures_, fold_)                                                                  \
    DATA "  stages = ( { name = \"month\"; after = \"1 month\"; do = \"aggregate\";\n"             \
         "    into = \"public.source_month\";\n"                                                   \
         "    by = ( { column = \"at\"; as = \"date_trunc\"; to = \"month\"; },\n"                 \
         "      { column = \"source\"; } );\n"                                                     \
         "    measures = ( { count = \"calls\"; }" measures_ " );" fold_ " } );\n"
#define TARGET                                                                                     \
    "CREATE TABLE public.source_month (month date, source text, calls bigint NOT NULL,"            \
    " seconds bigint, UNIQUE NULLS NOT DISTINCT (month, source));"                                 \
    "GRANT INSERT ON public.source_month TO t_worker"

/* The cells of all calls that have an account, by how many people called. */
#define CELLS                                                                                      \
    "SELECT FROM oracle.original WHERE account IS NOT NULL GROUP BY source, "                      \
    "date_trunc('month', at AT TIME ZONE 'America/New_York') HAVING count(DISTINCT caller) "

/* Calls, and for each cell one of the paused tenant; none without an account. */
static void fill_sources(const struct site *site, int count, const char *seed)
{
    db_exec(site->admin, "SELECT oracle.fill(%d, 300, %s)", count, seed);
    db_exec(site->admin, "DELETE FROM public.call WHERE account IS NULL");
    db_exec(site->admin,
            "INSERT INTO public.call SELECT (SELECT max(id) FROM public.call) + 100000 + "
            "row_number() OVER (), max(at), 3, source FROM public.call GROUP BY source, "
            "date_trunc('month', at AT TIME ZONE 'America/New_York')");
}

static struct site sources_site(void)
{
    struct site site = calls_site(0, 1, POLICY);
    db_script(site.admin, TARGET);
    fill_sources(&site, 3000, "0.1");
    db_exec(site.admin, "SELECT retention.pause('tenant:3', 'test')");
    site_policy(&site, "calls", SOURCES("", ""));
    site_load_and_approve(&site, "calls", -1);
    return site;
}

/* As long as a period has records to come, its cells are open: nothing is to be seen of them, and
 * nobody may look. Then they are closed with all that was added to them. */
START_TEST(open_cells_wait)
{
    struct site site = sources_site();
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(number(&site, "count(*) FROM public.source_month"), 0);
    int64_t families = number(&site, "count(*) FROM retention.aggregate_family");
    ck_assert_int_gt(families, 6);
    ck_assert_int_eq(number(&site, "count(DISTINCT inner_pad) FROM retention.aggregate_family "
                                   "WHERE inner_pad <> outer_pad AND closed_at IS NULL"),
                     families);
    ck_assert_int_gt(number(&site, "count(*) FROM retention.aggregate_subject"), families);
    static const char *const tables[] = {"aggregate_open", "aggregate_subject", "aggregate_family",
                                         "aggregate_layout"};
    static const char *const roles[] = {"t_worker", "t_auditor", "t_operator", "t_approver",
                                        "t_legal"};
    for (size_t r = 0; r < ARRAY_LENGTH(roles); r++) {
        PGconn *conn = db_connect(site.cluster, site.database, roles[r]);
        for (size_t i = 0; i < ARRAY_LENGTH(tables); i++)
            ck_assert_str_eq(db_fails(conn, "SELECT 1 FROM retention.%s", tables[i]), "42501");
        ck_assert_str_eq(db_fails(conn, "SELECT 1 FROM public.source_month"), "42501");
        PQfinish(conn);
    }
    fill_sources(&site, 2000, "0.2");
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(number(&site, "count(*) FROM public.source_month"), 0);
    db_exec(site.admin, "SELECT retention.resume('tenant:3', 'test')");
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(number(&site, "count(*) FROM public.call"), 0);
    check_closed(&site);
    /* whom both runs added is counted; cells of few are withheld */
    ck_assert_int_eq(number(&site, "count(*) FROM public.source_month"),
                     number(&site, "count(*) FROM (" CELLS ">= 11) c"));
    ck_assert_int_gt(number(&site, "count(*) FROM (" CELLS "< 11) c"), 0);
    ck_assert_int_eq(number(&site, "sum(calls) FROM public.source_month") +
                         number(&site, "coalesce(sum(remainder[1]), 0) FROM "
                                       "retention.aggregate_family"),
                     number(&site, "sum(rows) FROM retention.log_entry WHERE type = 'batch'"));
    site_free(&site);
}
END_TEST

/* A policy that counts in another way cannot add to cells that are open: it says so and takes
 * nothing, until it is put back, or the cells are given up. */
START_TEST(another_layout_is_refused)
{
    struct site site = sources_site();
    site_once_expect(&site, NULL, 0);
    int64_t left;
    int64_t counted = number(&site, "sum(measures[1]) FROM retention.aggregate_open");
    fill_sources(&site, 500, "0.3");
    left = number(&site, "count(*) FROM public.call");
    static const char *const others[] = {
        SOURCES(", { sum = \"duration\"; to = \"seconds\"; }", ""),
        SOURCES("", " fold = [ \"source\" ];"),
    };
    for (size_t i = 0; i < ARRAY_LENGTH(others); i++) {
        site_policy(&site, "calls", others[i]);
        site_load_and_approve(&site, "calls", -1);
        struct program_result result = site_once(&site, NULL);
        ck_assert_int_eq(result.exit_code, 1);
        ck_assert_msg(strstr(result.err, "abandon_cells") != NULL, "%s", result.err);
        program_result_free(&result);
        ck_assert_int_eq(number(&site, "count(*) FROM public.call"), left);
    }
    PGconn *operator= db_connect(site.cluster, site.database, "t_operator");
    ck_assert_str_eq(db_fails(site.approver, "SELECT retention.abandon_cells('calls')"), "42501");
    ck_assert_int_gt(db_number(operator, "SELECT retention.abandon_cells('calls')"), 6);
    PQfinish(operator);
    check_closed(&site);
    ck_assert_int_eq(number(&site, "sum(remainder[1]) FROM retention.aggregate_family"), counted);
    site_once_expect(&site, NULL, 0); /* the last of them, approved already */
    ck_assert_int_lt(number(&site, "count(*) FROM public.call"), left);
    ck_assert_int_eq(number(&site, "count(*) FROM retention.log_entry WHERE type = 'cells' AND "
                                   "entry LIKE E'%\\nk none\\npublished 0\\n%'"),
                     1);
    site_free(&site);
}
END_TEST

/* --- late records --- */

/* Calls of an account in a month, each of another caller. */
static void late(const struct site *site, int account, const char *source, int people)
{
    db_exec(
        site->admin,
        "WITH made AS (INSERT INTO public.call SELECT (SELECT max(id) FROM oracle.original) + i,"
        " date_trunc('month', now()) - interval '5 months' + interval '3 days', %d, '%s',"
        " '+1410%d' || 1000 + i, 10, 1"
        " FROM generate_series(1, %d) i RETURNING *)"
        " INSERT INTO oracle.original SELECT * FROM made",
        account, source, 700 + (int)strlen(source), people);
}

/* What comes behind the publication goes to the coarser cell: which is published once, when enough
 * come at a time; until then, and ever after, what came is withheld. */
START_TEST(late_records)
{
    struct site site = calls_site(100, 10, POLICY);
    /* 100: two cells, and no coarser one; 200: with a coarser one, of two that are small */
    late(&site, 100, "google", 30);
    late(&site, 100, "bing", 20);
    late(&site, 200, "google", 30);
    late(&site, 200, "bing", 6);
    late(&site, 200, "direct", 6);
    site_once_expect(&site, NULL, 0);
    check_books(&site);
    expect_none(&site, "wrong_cells");
    ck_assert_int_eq(number(&site, "count(*) FROM public.call_month WHERE account = 200 AND "
                                   "source = '(other)' AND callers = 12"),
                     1);
    ck_assert_int_eq(number(&site, "count(*) FROM public.call_month WHERE account = 100 AND "
                                   "source IN ('google', 'bing')"),
                     2);
    int64_t rows = number(&site, "count(*) FROM public.call_month");

    late(&site, 100, "google", 10);
    late(&site, 200, "bing", 30);
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(number(&site, "count(*) FROM public.call"), 0);
    check_books(&site);
    check_closed(&site);
    ck_assert_int_eq(number(&site, "count(*) FROM public.call_month"), rows);

    late(&site, 100, "bing", 11);
    late(&site, 200, "google", 40);
    site_once_expect(&site, NULL, 0);
    check_books(&site);
    check_closed(&site);
    ck_assert_int_eq(number(&site, "count(*) FROM public.call_month"), rows + 1);
    /* with what had been withheld, and so no more is */
    ck_assert_int_eq(number(&site, "calls FROM public.call_month WHERE account = 100 AND "
                                   "source = '(other)' AND callers = 11"),
                     21);
    ck_assert_int_eq(number(&site, "count(*) FROM retention.aggregate_family WHERE "
                                   "name[1] = '100' AND remainder IS NULL"),
                     1);

    late(&site, 100, "google", 50);
    site_once_expect(&site, NULL, 0);
    check_books(&site);
    check_closed(&site);
    ck_assert_int_eq(number(&site, "count(*) FROM public.call_month"), rows + 1);
    site_free(&site);
}
END_TEST

/* A cell whose row is in the target already, published under another "fold" or by somebody else,
 * stays open with its family; the others are published, and nothing that was is changed. */
START_TEST(what_is_there_stays_open)
{
    struct site site = calls_site(100, 10, POLICY);
    late(&site, 100, "google", 30);
    site_once_expect(&site, NULL, 0);
    check_books(&site);
    check_closed(&site);

    site_policy(&site, "calls", POLICY_UNFOLDED);
    site_load_and_approve(&site, "calls", -1);
    db_exec(site.admin, "INSERT INTO public.call_month SELECT 300, month, 'bing', 0, 0, 0, "
                        "'{0,0,0,0}', 0 FROM public.call_month WHERE account = 100 LIMIT 1");
    late(&site, 200, "bing", 20);
    late(&site, 100, "google", 31);
    late(&site, 201, "bing", 20);
    late(&site, 300, "bing", 12);
    late(&site, 202, "direct", 20);
    late(&site, 203, "direct", 3);
    db_exec(site.admin, "SELECT oracle.look()");
    for (int again = 0; again < 2; again++) {
        site_once_expect(&site, NULL, 0);
        ck_assert_int_eq(number(&site, "count(*) FROM public.call"), 0);
        check_books(&site);
        ck_assert_int_eq(number(&site, "count(*) FROM public.call_month WHERE account BETWEEN 200 "
                                       "AND 203 AND callers = 20"),
                         3);
        ck_assert_int_eq(number(&site, "count(*) FROM public.call_month WHERE account = 203"), 0);
        ck_assert_int_eq(number(&site, "sum(measures[1]) FROM retention.aggregate_open"), 43);
        ck_assert_int_eq(number(&site, "count(*) FROM retention.aggregate_family WHERE "
                                       "inner_pad IS NOT NULL"),
                         2);
        char *message _cleanup_free_ = db_value(
            site.admin, "SELECT message FROM retention.run ORDER BY started_at DESC LIMIT 1");
        ck_assert_str_eq(message,
                         "cells of \"public.call_month\" are there already, published under an "
                         "earlier \"fold\" or by somebody else; with their 2 families, 43 records "
                         "stay in the open cells");
    }
    /* what somebody else wrote can be taken away, what was published can not */
    db_exec(site.admin, "DELETE FROM public.call_month WHERE account = 300");
    db_exec(site.admin, "SELECT oracle.look()");
    struct program_result result = site_once(&site, NULL);
    ck_assert_int_eq(result.exit_code, 0);
    ck_assert_msg(strstr(result.err, "a cell of \"public.call_month\" is there already, published "
                                     "under an earlier \"fold\" or by somebody else; with its "
                                     "family, 31 records stay in the open cells") != NULL,
                  "%s", result.err);
    program_result_free(&result);
    check_books(&site);
    ck_assert_int_eq(number(&site, "calls FROM public.call_month WHERE account = 300"), 12);
    ck_assert_int_eq(number(&site, "sum(measures[1]) FROM retention.aggregate_open"), 31);
    site_check_log(&site);
    site_free(&site);
}
END_TEST

/* Held records are not counted, and keep no cell open; released, they are late ones. */
START_TEST(held_records_are_not_counted)
{
    struct site site = calls_site(3000, 300, POLICY);
    PGconn *legal = db_connect(site.cluster, site.database, "t_legal");
    char *hold _cleanup_free_ = db_value(
        legal, "SELECT retention.place_hold('M', 'r', category => 'calls', tenant => '1')");
    site_once_expect(&site, NULL, 0);
    int64_t held = number(&site, "count(*) FROM oracle.original WHERE account = 1");
    ck_assert_int_gt(held, 100);
    ck_assert_int_eq(number(&site, "count(*) FROM public.call"), held);
    check_books(&site);
    check_closed(&site);
    expect_none(&site, "wrong_cells");
    /* the worker put the rules of its main file in force */
    db_exec(site.admin, "UPDATE retention.hold_rules SET dual_control = false, grace = '0'");
    db_exec(legal, "SELECT retention.release_hold('%s', 'over')", hold);
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(number(&site, "count(*) FROM public.call"), 0);
    check_books(&site);
    check_closed(&site);
    PQfinish(legal);
    site_free(&site);
}
END_TEST

/* --- what can be derived --- */

/* Gauss: is `target` a combination of the rows? They are changed. */
static bool is_combination(double *rows, size_t count, size_t width, double *target)
{
    size_t rank = 0;
    for (size_t column = 0; column < width && rank < count; column++) {
        size_t pivot = rank;
        while (pivot < count && rows[pivot * width + column] > -1e-9 &&
               rows[pivot * width + column] < 1e-9)
            pivot++;
        if (pivot == count)
            continue;
        for (size_t i = 0; i < width; i++) {
            double kept = rows[rank * width + i];
            rows[rank * width + i] = rows[pivot * width + i];
            rows[pivot * width + i] = kept;
        }
        for (size_t r = 0; r <= count; r++) {
            double *row = r < count ? rows + r * width : target;
            if (r == rank)
                continue;
            double factor = row[column] / rows[rank * width + column];
            for (size_t i = column; i < width; i++)
                row[i] -= factor * rows[rank * width + i];
        }
        rank++;
    }
    for (size_t i = 0; i < width; i++)
        if (target[i] > 1e-9 || target[i] < -1e-9)
            return false;
    return true;
}

enum { MOST_CELLS = 8 };

/* One family: which cells are small, and which published row counts each ("": none). Everybody may
 * know the published rows, and, from bills, the whole. For every set of cells with fewer than k
 * people in all: its number of calls must not follow. */
static void solve_family(const struct site *site, const char *where, const PGresult *cells,
                         int from, int to)
{
    size_t width = (size_t)(to - from);
    ck_assert_uint_le(width, MOST_CELLS);
    for (unsigned set = 1; set < 1u << width; set++) {
        double rows[(MOST_CELLS + 1) * MOST_CELLS] = {0}, target[MOST_CELLS] = {0};
        size_t count = 0;
        char ids[200] = "";
        for (size_t i = 0; i < width; i++) {
            if (!(set & 1u << i))
                continue;
            target[i] = 1;
            snprintf(ids + strlen(ids), sizeof(ids) - strlen(ids), "%s%s", *ids ? "," : "",
                     PQgetvalue(cells, from + (int)i, 1));
        }
        bool published = false;
        for (size_t i = 0; i < width; i++) { /* the row of each place, once */
            const char *place = PQgetvalue(cells, from + (int)i, 2);
            bool first = *place != '\0';
            for (size_t k = 0; k < i; k++)
                first &= strcmp(PQgetvalue(cells, from + (int)k, 2), place) != 0;
            if (!first)
                continue;
            published = true;
            for (size_t k = i; k < width; k++)
                rows[count * width + k] =
                    strcmp(PQgetvalue(cells, from + (int)k, 2), place) == 0 ? 1 : 0;
            count++;
        }
        if (!published)
            return; /* nothing is known of it but the whole, which we do not publish */
        for (size_t k = 0; k < width; k++)
            rows[count * width + k] = 1;
        count++;
        if (!is_combination(rows, count, width, target))
            continue;
        ck_assert_msg(db_number(site->admin,
                                "SELECT count(DISTINCT caller) FROM oracle.numbered WHERE id = ANY "
                                "('{%s}')",
                                ids) >= 11,
                      "cells %s of %s can be told by subtraction", ids, where);
    }
}

START_TEST(nothing_small_can_be_derived)
{
    struct site site = calls_site(6000, 60, POLICY);
    site_once_expect(&site, NULL, 0);
    check_books(&site);
    expect_none(&site, "wrong_cells");
    db_script(site.admin,
              "CREATE TABLE oracle.cell AS SELECT row_number() OVER () AS id, account || '' AS a, "
              "account, month, source, CASE WHEN published THEN coalesce('=' || place, '=') "
              "ELSE '' END AS place, callers FROM oracle.cells;"
              "CREATE TABLE oracle.numbered AS SELECT c.id, g.caller FROM oracle.cell c JOIN "
              "oracle.gone g ON g.account IS NOT DISTINCT FROM c.account AND g.month = c.month "
              "AND g.source IS NOT DISTINCT FROM c.source");
    PGresult *cells =
        PQexec(site.admin, "SELECT coalesce(account, -1) || ' ' || month, id, place FROM "
                           "oracle.cell ORDER BY 1, 2");
    ck_assert_int_eq(PQresultStatus(cells), PGRES_TUPLES_OK);
    int families = 0;
    for (int from = 0, to; from < PQntuples(cells); from = to, families++) {
        for (to = from; to < PQntuples(cells) &&
                        strcmp(PQgetvalue(cells, from, 0), PQgetvalue(cells, to, 0)) == 0;)
            to++;
        solve_family(&site, PQgetvalue(cells, from, 0), cells, from, to);
    }
    PQclear(cells);
    ck_assert_int_gt(families, 40);
    /* the rule was needed: cells that count enough went into coarser ones, to protect others */
    ck_assert_int_gt(number(&site, "count(*) FROM oracle.cell WHERE callers >= 11 AND "
                                   "place = '=(other)' AND source <> '(other)'"),
                     0);
    site_free(&site);
}
END_TEST

/* --- crashes --- */

/* The worker is killed, again and again, with four connections at work, and late rows come between:
 * each time the books are right, and in the end everything has gone through exactly once. */
START_TEST(kill_the_worker)
{
    int rows = (int)number_from_environment("RETENTIOND_AGGREGATE_ROWS", 12000);
    int seed = (int)number_from_environment("RETENTIOND_AGGREGATE_SEED", 1);
    static const char *const faults[] = {"batch_commit_sent=exit:", "run_close_sent=exit:",
                                         "run_after_close=exit:", "batch_before_append=exit:"};
    struct site site =
        calls_site_wide(rows, rows / 20, _i ? POLICY_UNNAMED : POLICY, 4, 100 + rows / 500);
    unsigned chance = (unsigned)seed;
    for (int round = 0; number(&site, "count(*) FROM public.call") > 0; round++) {
        ck_assert_int_lt(round, 60 + rows / 200);
        if (round % 4 == 3) {
            char fault[64];
            snprintf(fault, sizeof(fault), "%s%d", faults[round / 4 % 4],
                     round / 4 % 4 % 3 == 0 ? rand_r(&chance) % 40 : 0);
            struct program_result result = site_once(&site, fault);
            program_result_free(&result);
        } else {
            pid_t pid = site_start(&site, "--once", NULL);
            int64_t before = number(&site, "coalesce(max(id), 0) FROM retention.log_entry");
            int64_t most = before + rand_r(&chance) % 60;
            while (kill(pid, 0) == 0 && number(&site, "count(*) FROM public.call") > 0 &&
                   number(&site, "coalesce(max(id), 0) FROM retention.log_entry") <= most)
                poll(NULL, 0, 2);
            kill(pid, SIGKILL);
            program_wait(pid);
        }
        if (round % 5 == 4)
            check_books(&site);
        if (round == 2)
            db_exec(site.admin, "SELECT oracle.fill(%d, %d, 0.7)", rows / 20, rows / 20);
    }
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(number(&site, "count(*) FROM public.call"), 0);
    check_books(&site);
    check_closed(&site);
    site_check_log(&site);
    ck_assert_int_eq(site_logged(&site, "public.call"),
                     number(&site, "count(*) FROM oracle.original"));
    ck_assert_int_eq(number(&site, "count(*) FROM public.call_month WHERE callers < 11"), 0);
    site_free(&site);
}
END_TEST

#ifdef ENABLE_FAULT_POINTS

/* Killed where cells are closed: they are closed once, and published once. */
START_TEST(killed_while_closing)
{
    static const char *const faults[] = {"run_close_sent=exit", "run_after_close=exit"};
    for (int i = 0; i < 2; i++) {
        struct site site = calls_site(1000, 100, POLICY);
        site_once_expect(&site, faults[i], 70);
        ck_assert_int_eq(number(&site, "count(*) FROM public.call"), 0);
        site_once_expect(&site, NULL, 0);
        check_books(&site);
        check_closed(&site);
        ck_assert_int_eq(number(&site, "count(*) FROM retention.log_entry WHERE type = 'cells'"),
                         1);
        site_check_log(&site);
        site_free(&site);
    }
}
END_TEST

#endif

Suite *suite_aggregate(void)
{
    Suite *suite = suite_create("aggregate");
    TCase *tc = tcase_create("aggregate");
    tcase_set_timeout(tc, 240);
    tcase_add_test(tc, cells_are_published);
    tcase_add_test(tc, what_is_no_number_adds_nothing);
    tcase_add_test(tc, a_float_is_classed_exactly);
    tcase_add_test(tc, who_is_not_certain_does_not_count);
    tcase_add_test(tc, setup_makes_the_target);
    tcase_add_test(tc, open_cells_wait);
    tcase_add_test(tc, another_layout_is_refused);
    tcase_add_test(tc, late_records);
    tcase_add_test(tc, what_is_there_stays_open);
    tcase_add_test(tc, held_records_are_not_counted);
    tcase_add_test(tc, nothing_small_can_be_derived);
    suite_add_tcase(suite, tc);
    tc = tcase_create("aggregate kill");
    tcase_set_timeout(tc,
                      120 + (int)number_from_environment("RETENTIOND_AGGREGATE_ROWS", 12000) / 200);
    tcase_add_loop_test(tc, kill_the_worker, 0, 2);
#ifdef ENABLE_FAULT_POINTS
    tcase_add_test(tc, killed_while_closing);
#endif
    suite_add_tcase(suite, tc);
    return suite;
}
