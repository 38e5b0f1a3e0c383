/* Every fault point, killed at and failing at, and the promises afterwards: nothing early (P1),
 * nothing held (P2), each deletion with its entry and each entry with its deletion (P3), a log that
 * verifies and never forked (P4), without data of the people (P5), and the next start ends it all
 * (P12). worker/base/fault.h; what is killed more often, at more passes, is in test_kill and
 * test_log_kill; what only a stage that aggregates passes by is in test_aggregate, what only one
 * that makes keyed digests in test_engine_deidentify, what only one with a k-check in test_quasi,
 * what only a partition that is emptied as a whole in test_strategy_partition, what only one that
 * is dropped in test_strategy_drop. */
#define _GNU_SOURCE
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "config.h"
#include "harness/cluster.h"
#include "log_audit.h"
#include "log_support.h"

#ifdef ENABLE_FAULT_POINTS

/* `rare`: a run as here does not come by; the suites named in the text above do. `fails`: where
 * mode error makes the step fail; elsewhere it would do nothing. */
static const struct {
    const char *name;
    bool rare, fails;
} points[] = {
    {"approve_after", true, false}, /* these two below, in retentionctl */
    {"approve_before", true, false},
    {"batch_after_action", false, true},
    {"batch_after_begin", false, true},
    {"batch_after_commit", false, false},
    {"batch_after_lock", true, true},
    {"batch_after_part", true, true},
    {"batch_after_remove", true, true},
    {"batch_before_append", false, true},
    {"batch_before_commit", false, true},
    {"batch_begin_sent", false, false},
    {"batch_begins", false, false},
    {"batch_commit_sent", false, false},
    {"batch_lose_answer", false, true},
    {"batch_values_read", true, true},
    {"lead_after_resign", false, false},
    {"lead_after_term", false, false},
    {"lead_before_ask", false, false},
    {"lead_before_resign", false, false},
    {"log_after_anchor", false, false},
    {"log_after_bundle", true, true},
    {"log_after_checkpoint", false, true},
    {"log_after_holds", true, false},
    {"log_after_kept_checkpoint", false, true},
    {"log_after_partial_bundle", false, true},
    {"log_after_place", false, false},
    {"log_after_record", false, false},
    {"log_after_tiles", false, true},
    {"log_before_anchor", false, false},
    {"log_before_anchored", false, false},
    {"log_before_place", false, false},
    {"log_before_sign", false, true},
    {"log_before_sync", false, false},
    {"log_compared", false, false},
    {"log_file_half_written", false, false},
    {"log_file_removed", true, false},
    {"log_file_renamed", false, false},
    {"log_own_placed", true, false},
    {"run_after_close", true, false},
    {"run_after_done", false, false},
    {"run_after_plan", false, true},
    {"run_after_status", false, false},
    {"run_before_count", false, false},
    {"run_before_done", false, false},
    {"run_before_drop", true, false},
    {"run_before_pass", false, false},
    {"run_before_plan", false, false},
    {"run_before_start", false, false},
    {"run_check_canceled", false, false},
    {"run_close_lost", true, false},
    {"run_close_sent", true, false},
    {"run_drop_sent", true, false},
    {"run_keep_sent", true, false},
    {"window_is_short", true, false},
};

/* Entries that tell of an approval. */
#define APPROVALS                                                                                  \
    "SELECT count(*) FROM retention.log_entry WHERE type = 'policy' AND "                          \
    "entry LIKE E'%%\\nwhat approved\\n%%'"

enum { POINTS = sizeof(points) / sizeof(points[0]), ROWS = 6, HELD = 900001, YOUNG = 900002 };

static struct log_site matrix_site(void)
{
    struct log_site site = log_site_new(cluster_shared(), 3, "anchor = \"cat >> anchored\";");
    db_exec(site.site.admin, "INSERT INTO public.t VALUES (%d)", HELD);
    db_exec(site.site.admin, "INSERT INTO public.t VALUES (%d, now() - interval '1 hour')", YOUNG);
    db_exec(site.site.admin,
            "SELECT retention.place_hold(matter => 'M-1', reason => 'test', "
            "category => 't', record_key => ARRAY['%d'])",
            HELD);
    db_exec(site.site.admin, "CREATE TABLE public.was AS SELECT id FROM public.t WHERE false");
    return site;
}

/* A start with the fault, and one without; exits of the first that are no crash are errors told. */
static void run_case(struct log_site *site, const char *point, const char *mode, int from,
                     bool must_be_reached)
{
    char fault[96];
    snprintf(fault, sizeof(fault), "%s=%s", point, mode);
    log_site_rows(site, from, from + ROWS - 1);
    db_exec(site->site.admin,
            "INSERT INTO public.was SELECT id FROM public.t WHERE id BETWEEN %d AND %d", from,
            from + ROWS - 1);
    struct program_result result = site_once(&site->site, fault);
    if (getenv("TEST_VERBOSE"))
        fprintf(stderr, "%s: %d\n", fault, result.exit_code);
    bool died = result.exit_code == 70;
    ck_assert_msg(died || result.exit_code == 0 || result.exit_code == 1 || result.exit_code == 5,
                  "%s: exit code %d\n%s", fault, result.exit_code, result.err);
    ck_assert_msg(died || !must_be_reached, "%s was not reached", fault);
    program_result_free(&result);
    log_site_no_fork(site);
    free(log_site_once(site, NULL, 0));
    ck_assert_int_eq(db_number(site->site.admin,
                               "SELECT count(*) FROM public.t WHERE id NOT IN (%d, %d)", HELD,
                               YOUNG),
                     0);
    ck_assert_int_eq(db_number(site->site.admin, "SELECT count(*) FROM public.t"), 2);
}

static void check_promises(struct log_site *site)
{
    struct text report _cleanup_text_ = {0};
    char *kek;
    ck_assert_int_ge(asprintf(&kek, "%s/kek", site->site.directory), 0);
    log_audit(site->site.admin, kek, "public.t", 1,
              "SELECT id::text FROM public.was UNION SELECT generate_series(1, 3)::text", &report);
    log_audit_runs(site->site.admin, &report);
    ck_assert_msg(report.length == 0, "%s", text_string(&report));
    ck_assert_int_eq(db_number(site->site.admin,
                               "SELECT count(*) FROM retention.log_entry WHERE entry LIKE "
                               "'%%%d%%' OR entry LIKE '%%%d%%'",
                               HELD, YOUNG),
                     0);
    site_check_log(&site->site);
    log_site_verify(site);
    free(kek);
}

static void matrix(const char *mode, bool dies)
{
    struct log_site site = matrix_site();
    free(log_site_once(&site, NULL, 0));
    for (size_t i = 0; i < POINTS; i++)
        if (dies ? !points[i].rare : points[i].fails)
            run_case(&site, points[i].name, mode, 1000 + (int)i * 100, dies);
    check_promises(&site);
    log_site_free(&site);
}

START_TEST(exits)
{
    matrix("exit", true);
}
END_TEST

START_TEST(errors)
{
    matrix("error", false);
}
END_TEST

/* An approval that is cut short has happened whole, or not at all, and its entry with it. */
START_TEST(approvals)
{
    static const struct {
        const char *fault;
        int exit_code;
        bool approved;
    } cases[] = {
        {"approve_before=error", 1, false},
        {"approve_before=exit", 70, false},
        {"approve_after=error", 1, true},
        {"approve_after=exit", 70, true},
    };
    struct log_site site = matrix_site();
    for (int i = 0; i < (int)ARRAY_LENGTH(cases); i++) {
        char *fault, *database, *stages;
        ck_assert_int_ge(asprintf(&fault, "RETENTIOND_FAULT=%s", cases[i].fault), 0);
        database = cluster_conninfo(site.site.cluster, site.site.database, "t_approver");
        ck_assert_int_ge(
            asprintf(&stages,
                     "data: { table = \"public.t\"; start = \"at\"; };\n"
                     "stages = ( { name = \"gone\"; after = \"%d months\"; do = \"delete\"; } );\n"
                     "brake: { rows = 1000000; fraction = 1.0; };",
                     11 - i),
            0);
        site_policy(&site.site, "t", stages);
        free(log_site_once(&site, NULL, 5));
        int64_t before = db_number(site.site.admin, APPROVALS);
        const char *const argv[] = {"retentionctl", "-d", database, "policy", "approve", "t", NULL};
        const char *const env[] = {fault, NULL};
        struct program_result result = program_run_env(argv, env);
        ck_assert_msg(result.exit_code == cases[i].exit_code, "%s: exit code %d\n%s", fault,
                      result.exit_code, result.err);
        program_result_free(&result);
        ck_assert_int_eq(db_number(site.site.admin, APPROVALS) - before, cases[i].approved);
        free(log_site_once(&site, NULL, cases[i].approved ? 0 : 5));
        if (!cases[i].approved) {
            result = program_run(argv);
            ck_assert_msg(result.exit_code == 0, "%s", result.err);
            program_result_free(&result);
            free(log_site_once(&site, NULL, 0));
        }
        free(fault);
        free(database);
        free(stages);
    }
    check_promises(&site);
    log_site_free(&site);
}
END_TEST

/* Who adds a fault point adds it here. */
START_TEST(every_point_is_here)
{
    const char *const argv[] = {
        "/bin/sh", "-c", "grep -rhoE 'FAULT_POINT\\(\"[a-z_]+' \"$0\" | cut -d'\"' -f2 | sort -u",
        source_path("worker"), NULL};
    struct program_result result = program_run(argv);
    size_t count = 0;
    for (char *save = NULL, *name = strtok_r(result.out, "\n", &save); name;
         name = strtok_r(NULL, "\n", &save), count++) {
        bool known = false;
        for (size_t i = 0; i < POINTS; i++)
            known = known || strcmp(points[i].name, name) == 0;
        ck_assert_msg(known, "fault point %s is not in the matrix", name);
    }
    ck_assert_int_eq((int)count, POINTS);
    program_result_free(&result);
}
END_TEST

#endif

Suite *suite_fault_matrix(void)
{
    Suite *suite = suite_create("fault_matrix");
    TCase *tc = tcase_create("matrix");
    tcase_set_timeout(tc, 600);
#ifdef ENABLE_FAULT_POINTS
    tcase_add_test(tc, every_point_is_here);
    tcase_add_test(tc, exits);
    tcase_add_test(tc, errors);
#endif
    suite_add_tcase(suite, tc);
#ifdef ENABLE_FAULT_POINTS
    tc = tcase_create("approvals");
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, approvals);
    suite_add_tcase(suite, tc);
#endif
    return suite;
}
