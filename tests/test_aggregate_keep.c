/* Stages that aggregate and keep the records, de-identified: then = "deidentify".
 * tests/aggregate.sql keeps the books; here a record is gone for them when its mark is set. */
#include <check.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "engine_support.h"
#include "harness/cluster.h"
#include "harness/db.h"
#include "harness/schema.h"

#define MARKED                                                                                     \
    "ALTER TABLE public.call ADD counted_at timestamptz;"                                          \
    "ALTER TABLE oracle.original ADD counted_at timestamptz;"                                      \
    "CREATE OR REPLACE VIEW oracle.gone AS SELECT o.id, o.at, o.account, o.source, o.caller, "     \
    "o.duration, o.cost, date_trunc('month', o.at AT TIME ZONE 'America/New_York')::date AS "      \
    "month "                                                                                       \
    "FROM oracle.original o WHERE NOT EXISTS (SELECT FROM public.call c WHERE c.id = o.id AND "    \
    "c.counted_at IS NULL)"
/* Months are counted in the policy's time zone: where its clocks changed meanwhile, an hour's
 * records are due at another time than by the session's. */
#define OLD                                                                                        \
    "((at AT TIME ZONE 'America/New_York') + interval '6 months') AT TIME ZONE "                   \
    "'America/New_York' <= now()"
#define POLICY(more_) STAGES("", more_)
#define STAGES(before_, more_)                                                                     \
    "  timezone = \"America/New_York\";\n"                                                         \
    "  data: { table = \"public.call\"; start = \"at\"; tenant = \"account\";\n"                   \
    "    subject = ( { column = \"caller\"; kind = \"phone\"; as = \"e164\"; } ); };\n"            \
    "  brake: { rows = 100000000; fraction = 1.0; tenant_fraction = 1.0; };\n"                     \
    "  stages = ( " before_ "{ name = \"month\"; after = \"1 month\"; do = \"aggregate\";\n"       \
    "    into = \"public.call_month\";\n"                                                          \
    "    by = ( { column = \"account\"; }, { column = \"at\"; as = \"date_trunc\";\n"              \
    "        unit = \"month\"; to = \"month\"; }, { column = \"source\"; } );\n"                   \
    "    measures = ( { count = \"calls\"; }, { sum = \"duration\"; to = \"seconds\"; },\n"        \
    "      { sum = \"cost\"; }, { histogram = \"duration\"; bounds = [ 30, 60, 300 ];\n"           \
    "        to = \"classes\"; }, { subjects = \"callers\"; } );\n"                                \
    "    fold = ( \"source\" ); then = \"deidentify\"; mark = \"counted_at\";\n"                   \
    "    columns = ( { name = \"caller\"; as = \"phone_truncate\"; keep = \"npa\"; },\n"           \
    "      { name = \"source\"; as = \"nullify\"; }, { name = \"cost\"; as = \"nullify\"; },\n"    \
    "      { name = \"duration\"; as = \"bucket\"; width = 60; } ); }" more_ " );\n"

static struct site site_of(const char *policy, const char *more)
{
    char *sql _cleanup_free_ = file_read(source_path("tests/aggregate.sql"));
    struct site site = site_new(cluster_shared(), sql, "pace: { batch_rows = 100; };");
    db_script(site.admin, MARKED);
    if (more)
        db_script(site.admin, more);
    db_exec(site.admin, "REVOKE ALL ON public.call_month FROM t_worker");
    db_exec(site.admin, "GRANT INSERT ON public.call_month TO t_worker");
    db_exec(site.admin, "SELECT oracle.fill(3000, 300, 0.5)");
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

/* Values that the stage changes, in records that it has passed. */
#define RAW                                                                                        \
    "count(*) FROM public.call WHERE counted_at IS NOT NULL AND (caller NOT IN ('+1410') OR "      \
    "source IS NOT NULL OR cost IS NOT NULL OR duration % 60 <> 0)"

/* Records are counted as they were, and stay as they should be; once each. */
START_TEST(counted_once_and_kept)
{
    struct site site = site_of(POLICY(""), NULL);
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(number(&site, "count(*) FROM public.call WHERE counted_at IS NOT NULL"), 3000);
    ck_assert_int_eq(number(&site, RAW), 0);
    expect_none(&site, "differences");
    expect_none(&site, "wrong_cells");
    ck_assert_int_gt(number(&site, "count(*) FROM public.call_month WHERE callers >= 11"), 20);
    ck_assert_int_eq(number(&site, "count(*) FROM retention.aggregate_open"), 0);
    ck_assert_int_eq(number(&site, "count(*) FROM retention.aggregate_subject"), 0);
    ck_assert_int_eq(site_digests(&site, "public.call"), 3000);
    ck_assert_int_eq(number(&site, "count(*) FROM retention.log_entry WHERE type = 'batch' AND "
                                   "entry NOT LIKE E'%\\naction aggregate\\n%'"),
                     0);
    /* beside the plan stands what is done to them, and of which classes */
    ck_assert_int_eq(number(&site, "count(*) FROM retention.log_entry WHERE type = 'transform' AND "
                                   "entry LIKE E'%\\nstage month\\ncolumns 4\\n"
                                   "classes erasing,generalising\\n'"),
                     1);
    /* whatever is written into them later: who was counted is not counted again */
    db_exec(site.admin, "UPDATE public.call SET caller = '+14105550001', cost = 7 WHERE id < 50");
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(site_digests(&site, "public.call"), 3000);
    expect_none(&site, "differences");
    site_check_log(&site);
    const char *const argv[] = {"retentionctl", "-c", site.config, "explain", "calls", "3", NULL};
    struct program_result result = program_run(argv);
    ck_assert_msg(strstr(result.out, "It has passed stage \"month\"") != NULL, "%s%s", result.out,
                  result.err);
    program_result_free(&result);
    site_free(&site);
}
END_TEST

/* What a later stage takes away was counted before, in the same round; of what is held, nothing is,
 * and nothing goes. */
START_TEST(counted_before_it_goes)
{
    struct site site =
        site_of(POLICY(", { name = \"gone\"; after = \"6 months\"; do = \"delete\"; }"), NULL);
    db_exec(site.admin,
            "SELECT retention.place_hold('M', 'r', category => 'calls', tenant => '1')");
    int64_t held = number(&site, "count(*) FROM oracle.original WHERE account = 1");
    int64_t old = number(&site, "count(*) FROM oracle.original WHERE (" OLD
                                " AND account IS DISTINCT FROM 1)");
    ck_assert_int_gt(held, 100);
    ck_assert_int_gt(old, 500);
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(number(&site, "count(*) FROM public.call"), 3000 - old);
    ck_assert_int_eq(number(&site, "count(*) FROM public.call WHERE counted_at IS NULL"), held);
    ck_assert_int_eq(number(&site, "count(*) FROM public.call WHERE account = 1 AND counted_at IS "
                                   "NULL"),
                     held);
    expect_none(&site, "differences");
    ck_assert_int_eq(site_logged(&site, "public.call"), 3000 - held + old);
    site_check_log(&site);
    site_free(&site);
}
END_TEST

/* Before the counting stage one that changes a column of its own, behind it one that deletes. */
#define NOTED                                                                                      \
    "ALTER TABLE public.call ADD note text, ADD noted_at timestamptz;"                             \
    "ALTER TABLE oracle.original ADD note text, ADD noted_at timestamptz;"
#define STRIP                                                                                      \
    "{ name = \"strip\"; after = \"2 weeks\"; do = \"deidentify\"; mark = \"noted_at\"; "          \
    "columns = ( { name = \"note\"; as = \"constant\"; value = \"\"; } ); }, "
#define GONE ", { name = \"gone\"; after = \"6 months\"; do = \"delete\"; }"

static json_t *planned(const struct site *site)
{
    const char *const argv[] = {"retentionctl", "-c",     site->config, "plan",
                                "calls",        "--json", NULL};
    struct program_result result = program_run(argv);
    ck_assert_msg(result.exit_code == 0, "%s%s", result.out, result.err);
    json_t *plan = json_loads(result.out, 0, NULL);
    ck_assert_ptr_nonnull(plan);
    program_result_free(&result);
    return plan;
}

/* One number of one stage; "": the sum over the stages. */
static json_int_t figure(const json_t *plan, const char *stage, const char *name)
{
    json_int_t sum = 0;
    const json_t *row;
    size_t i;
    json_array_foreach(json_object_get(plan, "categories"), i, row)
    {
        if (!*stage || !strcmp(json_string_value(json_object_get(row, "stage")), stage))
            sum += json_integer_value(json_object_get(row, name));
    }
    return sum;
}

static void expect_plan_text(const struct site *site, const char *words, bool there)
{
    const char *const argv[] = {"retentionctl", "-c", site->config, "plan", "calls", NULL};
    struct program_result result = program_run(argv);
    ck_assert_int_eq(result.exit_code, 0);
    for (char *p = result.out; *p; p++)
        *p = *p == '\n' ? ' ' : *p;
    ck_assert_msg((strstr(result.out, words) != NULL) == there, "%s\"%s\" in: %s",
                  there ? "no " : "", words, result.out);
    program_result_free(&result);
}

static int64_t done(const struct site *site, const char *stage)
{
    return db_number(site->admin,
                     "SELECT coalesce(sum(e.rows), 0) FROM retention.run r JOIN "
                     "retention.log_entry e ON e.run = r.run AND e.relation = r.relation "
                     "WHERE r.stage = '%s'",
                     stage);
}

/* What the counting stage counts and the same run deletes is foretold as deleted, and no pause is
 * told that there is not; a held record is one record, whatever the stages that it is due for. */
START_TEST(plan_foretells_what_is_counted_and_goes)
{
    static const char *const stages[] = {"strip", "month", "gone"};
    struct site site = site_of(STAGES(STRIP, GONE), NOTED);
    json_t *plan;
    db_exec(site.admin, "SELECT retention.pause('tenant:2', 'r')");
    plan = planned(&site);
    ck_assert_int_eq(figure(plan, "month", "tenant_paused"),
                     number(&site, "count(*) FROM oracle.original WHERE account = 2"));
    json_decref(plan);
    expect_plan_text(&site, "due, and their tenant is paused", true);
    db_exec(site.admin, "SELECT retention.resume('tenant:2', 'r')");
    db_exec(site.admin,
            "SELECT retention.place_hold('M', 'r', category => 'calls', tenant => '1')");
    int64_t held = number(&site, "count(*) FROM oracle.original WHERE account = 1");
    int64_t old = number(&site, "count(*) FROM oracle.original WHERE (" OLD
                                " AND account IS DISTINCT FROM 1)");
    plan = planned(&site);
    ck_assert_int_eq(figure(plan, "gone", "to_act"), old);
    ck_assert_int_eq(figure(plan, "gone", "counted_first"), old);
    ck_assert_int_eq(figure(plan, "", "waiting"), 0);
    ck_assert_int_eq(figure(plan, "", "held"), held);
    struct text line _cleanup_text_ = {0};
    char buffer[32];
    text_printf(&line,
                "calls, stage \"gone\": %s are counted by stage \"month\" first; the same "
                "run then deletes them",
                text_thousands(buffer, old));
    expect_plan_text(&site, line.data, true);
    expect_plan_text(&site, "paused", false);
    expect_plan_text(&site, "other categories keep", false);
    expect_plan_text(&site, "it makes \"\"", true);
    int64_t one =
        number(&site, "min(id) FROM oracle.original WHERE at < now() - interval '7 months' "
                      "AND account = 3");
    struct text id _cleanup_text_ = {0};
    text_printf(&id, "%lld", (long long)one);
    const char *const argv[] = {"retentionctl", "-c",    site.config, "explain",
                                "calls",        id.data, NULL};
    struct program_result result = program_run(argv);
    for (char *p = result.out; *p; p++)
        *p = *p == '\n' ? ' ' : *p;
    ck_assert_msg(strstr(result.out, "Stage \"month\" counts it first;") != NULL, "%s%s",
                  result.out, result.err);
    program_result_free(&result);
    site_once_expect(&site, NULL, 0);
    for (size_t i = 0; i < 3; i++)
        ck_assert_msg(figure(plan, stages[i], "to_act") == done(&site, stages[i]),
                      "stage %s: %lld foretold, %lld done", stages[i],
                      (long long)figure(plan, stages[i], "to_act"),
                      (long long)done(&site, stages[i]));
    ck_assert_int_eq(db_number(site.admin, "SELECT held FROM retention.compliance"), held);
    json_decref(plan);
    site_free(&site);
}
END_TEST

/* A pause and a minimum period of the counting stage alone: the later stage waits for it. */
START_TEST(plan_tells_what_is_not_counted)
{
    struct site site =
        site_of("  keep_at_least = ( { for = \"20 years\"; stage = \"month\"; because = \"law\"; } "
                ");\n" POLICY(", { name = \"gone\"; after = \"2 months\"; do = \"delete\"; }"),
                NULL);
    json_t *plan = planned(&site);
    ck_assert_int_eq(figure(plan, "gone", "to_act"), 0);
    ck_assert_int_eq(figure(plan, "gone", "waiting"), 3000);
    ck_assert_int_eq(figure(plan, "gone", "uncounted"), 3000);
    json_decref(plan);
    expect_plan_text(&site, "3,000 due, and kept until stage \"month\" has counted them", true);
    expect_plan_text(&site, "paused", false);
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(number(&site, "count(*) FROM public.call"), 3000);
    site_free(&site);
}
END_TEST

/* Where the counting did not get through, the later stage leaves the records: one that refuses to
 * be changed is set aside, neither counted nor deleted. */
START_TEST(what_is_not_counted_stays)
{
    struct site site =
        site_of(POLICY(", { name = \"gone\"; after = \"2 months\"; do = \"delete\"; }"),
                "ALTER TABLE public.call ADD CHECK (id <> 1007 OR counted_at IS NULL) NOT VALID");
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(number(&site, "count(*) FROM public.call"), 1);
    ck_assert_int_eq(number(&site, "id FROM public.call WHERE caller <> '+1410'"), 1007);
    expect_none(&site, "differences");
    ck_assert_int_eq(number(&site, "count(*) FROM retention.blocked_record"), 1);
    site_check_log(&site);
    const char *const argv[] = {"retentionctl", "-c",   site.config, "explain",
                                "calls",        "1007", NULL};
    struct program_result result = program_run(argv);
    ck_assert_msg(strstr(result.out, "An earlier stage is still to") != NULL, "%s%s", result.out,
                  result.err);
    program_result_free(&result);
    site_free(&site);
}
END_TEST

/* Killed at any moment: each record is counted and changed, or neither. */
START_TEST(kill_the_worker)
{
    struct site site = site_of(POLICY(""), NULL);
    for (int round = 0; number(&site, "count(*) FROM public.call WHERE counted_at IS NULL") > 0;
         round++) {
        ck_assert_int_lt(round, 60);
        pid_t pid = site_start(&site, "--once", NULL);
        int64_t most =
            number(&site, "coalesce(max(id), 0) FROM retention.log_entry") + 3 + round % 7;
        while (kill(pid, 0) == 0 &&
               number(&site, "count(*) FROM public.call WHERE counted_at IS NULL") > 0 &&
               number(&site, "coalesce(max(id), 0) FROM retention.log_entry") <= most)
            poll(NULL, 0, 2);
        kill(pid, SIGKILL);
        program_wait(pid);
        expect_none(&site, "differences");
        ck_assert_int_eq(number(&site, RAW), 0);
    }
    site_once_expect(&site, NULL, 0);
    expect_none(&site, "differences");
    ck_assert_int_eq(site_digests(&site, "public.call"), 3000);
    ck_assert_int_eq(number(&site, "count(*) FROM public.call_month WHERE callers < 11"), 0);
    site_check_log(&site);
    site_free(&site);
}
END_TEST

Suite *suite_aggregate_keep(void)
{
    Suite *suite = suite_create("aggregate keep");
    TCase *tc = tcase_create("aggregate keep");
    tcase_set_timeout(tc, 240);
    tcase_add_test(tc, counted_once_and_kept);
    tcase_add_test(tc, counted_before_it_goes);
    tcase_add_test(tc, what_is_not_counted_stays);
    tcase_add_test(tc, kill_the_worker);
    suite_add_tcase(suite, tc);
    TCase *plan = tcase_create("plan");
    tcase_set_timeout(plan, 240);
    tcase_add_test(plan, plan_foretells_what_is_counted_and_goes);
    tcase_add_test(plan, plan_tells_what_is_not_counted);
    suite_add_tcase(suite, plan);
    return suite;
}
