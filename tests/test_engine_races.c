/* What a verdict rests on is locked before the verdict: rows of other tables that decide about a
 * record do not change between the judging and the COMMIT of its batch, and what others have locked
 * is left. worker/engine/batch.c, sql_leaf.lock_reads. */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "engine_support.h"
#include "harness/cluster.h"
#include "harness/db.h"

/* try_timestamptz of the value "1999-12-31" waits, in judge_tids alone, until the test lets go of
 * an advisory lock: the statement's snapshot is taken by then, and what it reads is locked. */
#define WAITING_FUNCTION                                                                           \
    "CREATE OR REPLACE FUNCTION retention.try_timestamptz(value text) RETURNS timestamptz "        \
    "LANGUAGE plpgsql STABLE STRICT AS $$ BEGIN "                                                  \
    "IF value = '1999-12-31' AND pg_catalog.current_query() LIKE 'SELECT count(*) AS rows, "       \
    "array_agg(l.tid%' THEN "                                                                      \
    "  WHILE NOT pg_catalog.pg_try_advisory_lock(77) LOOP PERFORM pg_catalog.pg_sleep(0.01); END " \
    "LOOP; PERFORM pg_catalog.pg_advisory_unlock(77); "                                            \
    "END IF; RETURN pg_catalog.now() - '1 year'::interval; END $$"

#define ONLY_WAITING "only = ( { column = \"j\"; path = [ \"at\" ]; older_than = \"1 day\"; } );"

/* Records 1 to 6, all due; the sixth is the one that waits. */
#define RECORDS                                                                                    \
    "CREATE TABLE rec (id int PRIMARY KEY, at timestamptz NOT NULL, other int NOT NULL%s, j "      \
    "jsonb "                                                                                       \
    "NOT NULL);"                                                                                   \
    "CREATE INDEX ON rec (other);"                                                                 \
    "INSERT INTO rec SELECT i, now() - interval '40 days', i, jsonb_build_object('at', CASE i "    \
    "WHEN 6 THEN '1999-12-31' ELSE '2000-01-01' END) FROM generate_series(1, 6) i;"

#define FAMILY                                                                                     \
    "CREATE TABLE message (id int PRIMARY KEY, rec_id int NOT NULL REFERENCES rec, seen "          \
    "timestamptz, open boolean NOT NULL DEFAULT false);"                                           \
    "CREATE INDEX ON message (rec_id);"                                                            \
    "INSERT INTO message SELECT i, i, now() - interval '40 days' FROM generate_series(1, 6) i;"

#define STAGES                                                                                     \
    "  stages = ( { after = \"30 days\"; do = \"delete\"; } );\n"                                  \
    "  brake: { fraction = 1.0; tenant_fraction = 1.0; };\n"

/* Each `change` makes record 1 stay. */
static const struct race {
    const char *before, *reference, *after, *policy, *change;
} races[] = {
    {
        /* a parent's column */
        "CREATE TABLE person (id int PRIMARY KEY, left_at timestamptz);"
        "INSERT INTO person SELECT i, now() - interval '40 days' FROM generate_series(1, 6) i;",
        " REFERENCES person",
        "",
        "  data: { table = \"public.rec\"; start = { parent = \"public.person\"; by = [ \"other\" "
        "]; "
        "column = \"left_at\"; };\n    " ONLY_WAITING " };\n" STAGES,
        "UPDATE person SET left_at = now() WHERE id = 1",
    },
    {
        /* an agreement */
        "CREATE TABLE ag (tenant int PRIMARY KEY, keep interval);"
        "INSERT INTO ag SELECT i, interval '30 days' FROM generate_series(1, 6) i;",
        "",
        "",
        "  data: { table = \"public.rec\"; start = \"at\"; tenant = \"other\";\n    " ONLY_WAITING
        " };\n"
        "  agreements: { table = \"public.ag\"; tenant = \"tenant\"; period = \"keep\"; min = \"5 "
        "days\"; max = \"9 years\"; settle = \"14 days\"; };\n" STAGES,
        "UPDATE ag SET keep = interval '5 years' WHERE tenant = 1",
    },
    {
        /* a child that keeps its record, and goes with it */
        "",
        "",
        FAMILY,
        "  data: { table = \"public.rec\"; start = \"at\";\n    " ONLY_WAITING "\n"
        "    with = ( { table = \"public.message\"; by = [ \"rec_id\" ]; } ); };\n"
        "  keep_while = ( { child = \"public.message\"; by = \"rec_id\"; because = \"open\";\n"
        "    only = ( { column = \"open\"; eq = true; } ); } );\n" STAGES,
        "UPDATE message SET open = true WHERE id = 1",
    },
    {
        /* a child that starts the period, and goes with its record */
        "",
        "",
        FAMILY,
        "  data: { table = \"public.rec\"; start = { child = \"public.message\"; by = \"rec_id\"; "
        "latest = \"seen\"; };\n    " ONLY_WAITING "\n"
        "    with = ( { table = \"public.message\"; by = [ \"rec_id\" ]; } ); };\n" STAGES,
        "UPDATE message SET seen = now() WHERE id = 1",
    },
};

static struct site race_site(const struct race *race)
{
    struct text sql _cleanup_text_ = {0};
    text_add(&sql, race->before);
    text_printf(&sql, RECORDS, race->reference);
    text_add(&sql, race->after);
    struct site site = site_new(cluster_shared(), text_string(&sql), NULL);
    site_policy(&site, "recs", race->policy);
    site_load_and_approve(&site, "recs", -1);
    return site;
}

static void expect_left(const struct site *site, const char *expected)
{
    char *left = db_value(site->admin, "SELECT coalesce(string_agg(id::text, ' ' ORDER BY id), "
                                       "'none') FROM rec");
    ck_assert_str_eq(left, expected);
    free(left);
}

/* While the batch judges, the application wants to change what the verdict rests on: it cannot, so
 * nobody has seen the change committed when the record goes. */
START_TEST(what_was_judged_cannot_change)
{
    struct site site = race_site(&races[_i]);
    PGconn *application = db_connect(site.cluster, site.database, NULL);
    db_exec(application, "SELECT pg_advisory_lock(77)");
    pid_t pid = site_start_at_run(&site);
    db_script(site.admin, WAITING_FUNCTION);
    kill(pid, SIGCONT);
    db_wait_until(site.admin,
                  "SELECT count(*) = 1 FROM pg_stat_activity WHERE state = 'active' AND "
                  "query LIKE 'SELECT count(*) AS rows, array_agg(l.tid%%' AND usename = "
                  "'t_worker' AND wait_event = 'PgSleep'");
    db_exec(application, "SET lock_timeout = '300ms'");
    PGresult *result = PQexec(application, races[_i].change);
    char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    ck_assert_msg(state && strcmp(state, "55P03") == 0, "the change was committed: %s",
                  PQcmdStatus(result));
    PQclear(result);
    db_exec(application, "SELECT pg_advisory_unlock(77)");
    ck_assert_int_eq(program_wait(pid), 0);
    expect_left(&site, "none");
    site_check_log(&site);
    PQfinish(application);
    site_free(&site);
}
END_TEST

/* A change under way when the batch begins: nobody waits for it, its record is left, the others go;
 * when it is committed the record stays for good. */
START_TEST(what_is_changing_is_left)
{
    struct site site = race_site(&races[_i]);
    PGconn *application = db_connect(site.cluster, site.database, NULL);
    db_exec(application, "BEGIN");
    db_exec(application, "%s", races[_i].change);
    site_once_expect(&site, NULL, 0);
    expect_left(&site, "1");
    db_exec(application, "COMMIT");
    site_once_expect(&site, NULL, 0);
    expect_left(&site, "1");
    site_check_log(&site);
    PQfinish(application);
    site_free(&site);
}
END_TEST

Suite *suite_engine_races(void)
{
    Suite *suite = suite_create("engine races");
    TCase *tcase = tcase_create("races");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, what_was_judged_cannot_change, 0, (int)ARRAY_LENGTH(races));
    tcase_add_loop_test(tcase, what_is_changing_is_left, 0, (int)ARRAY_LENGTH(races));
    suite_add_tcase(suite, tcase);
    return suite;
}
