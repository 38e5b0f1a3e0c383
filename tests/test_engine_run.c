/* Whole runs of the worker: worker/engine/run.c, batch.c, sweep.c, with real tables. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "engine_support.h"
#include "harness/cluster.h"
#include "harness/db.h"

#define EVENTS                                                                                     \
    "CREATE TABLE event (id bigint PRIMARY KEY, at timestamptz, account int, note text);"          \
    "CREATE INDEX ON event (at);"
#define EVENTS_POLICY                                                                              \
    "  data: { table = \"public.event\"; start = \"at\"; };\n"                                     \
    "  stages = ( { after = \"30 days\"; do = \"delete\"; } );\n"                                  \
    "  brake: { fraction = 1.0; tenant_fraction = 1.0; };\n"

/* The simplest category: what is due goes, with an entry and a digest each; the rest stays. A
 * second run does nothing. */
START_TEST(deletes_what_is_due)
{
    struct site site =
        site_new(cluster_shared(),
                 EVENTS "INSERT INTO event SELECT i, now() - (i || ' hours 1 minute')"
                        "::interval, i % 10, 'x' FROM generate_series(1, 2000) i;"
                        "INSERT INTO event VALUES (3001, NULL, 1, 'not started');",
                 NULL);
    site_policy(&site, "events", EVENTS_POLICY);
    site_load_and_approve(&site, "events", -1);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), 2001);
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), 720);
    ck_assert_int_eq(
        db_number(site.admin, "SELECT count(*) FROM event WHERE at <= now() - interval '30 days'"),
        0);
    ck_assert_int_eq(site_logged(&site, "public.event"), 1281);
    ck_assert_int_eq(site_digests(&site, "public.event"), 1281);
    site_check_log(&site);
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(site_logged(&site, "public.event"), 1281);
    site_check_log(&site);
    site_free(&site);
}
END_TEST

Suite *suite_engine_run(void)
{
    Suite *suite = suite_create("engine_run");
    TCase *tc = tcase_create("run");
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, deletes_what_is_due);
    suite_add_tcase(suite, tc);
    return suite;
}
