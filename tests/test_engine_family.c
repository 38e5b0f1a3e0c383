/* Families while the application writes: what may happen between the moment at which a parent was
 * judged and the one at which it was locked. worker/engine/batch.c, sql_leaf.judge_tids. */
#define _GNU_SOURCE
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "engine_support.h"
#include "harness/cluster.h"
#include "harness/db.h"
#include "pg/catalog.h"
#include "sql_support.h"

/* try_timestamptz of the value "1999-12-31" waits, in lock_rows alone, until the test lets go of an
 * advisory lock: the condition is evaluated for all records before the first of them is locked. */
#define WAITING_FUNCTION                                                                           \
    "CREATE OR REPLACE FUNCTION retention.try_timestamptz(value text) RETURNS timestamptz "        \
    "LANGUAGE plpgsql STABLE STRICT AS $$ BEGIN "                                                  \
    "IF value = '1999-12-31' AND pg_catalog.current_query() LIKE '%SKIP LOCKED%' THEN "            \
    "  WHILE NOT pg_catalog.pg_try_advisory_lock(77) LOOP PERFORM pg_catalog.pg_sleep(0.01); END " \
    "LOOP; PERFORM pg_catalog.pg_advisory_unlock(77); "                                            \
    "END IF; RETURN pg_catalog.now() - '1 year'::interval; END $$"

#define FAMILY                                                                                     \
    "CREATE TABLE chat (id int PRIMARY KEY, at timestamptz NOT NULL, j jsonb NOT NULL);"           \
    "CREATE TABLE message (id int PRIMARY KEY, chat_id int NOT NULL REFERENCES chat, seen "        \
    "timestamptz, flagged boolean NOT NULL DEFAULT false);"                                        \
    "CREATE INDEX ON message (chat_id);"                                                           \
    "INSERT INTO chat SELECT i, now() - interval '40 days', '{\"at\": \"2000-01-01\"}' FROM "      \
    "generate_series(1, 5) i;"                                                                     \
    "INSERT INTO chat VALUES (6, now() - interval '40 days', '{\"at\": \"1999-12-31\"}');"         \
    "INSERT INTO message SELECT i, i, now() - interval '40 days' FROM generate_series(1, 6) i;"

#define POLICY                                                                                     \
    "  data: { table = \"public.chat\";\n"                                                         \
    "    start = { child = \"public.message\"; by = \"chat_id\"; latest = \"seen\"; none = "       \
    "\"at\"; "                                                                                     \
    "};\n"                                                                                         \
    "    only = ( { column = \"j\"; path = [ \"at\" ]; older_than = \"1 day\"; } );\n"             \
    "    with = ( { table = \"public.message\"; by = [ \"chat_id\" ]; } ); };\n"                   \
    "  keep_while = ( { child = \"public.message\"; by = \"chat_id\"; because = \"flagged\";\n"    \
    "    only = ( { column = \"flagged\"; eq = true; } ); } );\n"                                  \
    "  stages = ( { after = \"30 days\"; do = \"delete\"; } );\n"                                  \
    "  brake: { fraction = 1.0; };\n"

/* The race: lock_rows takes its snapshot and finds chats 1 to 6 due; while it still looks at the
 * sixth, the application commits a new message into chat 1 and a flagged one into chat 2. Neither
 * changes the chats' rows, so locking them notices nothing, and a DELETE of dependants would take
 * the messages too. Judged again when they are locked, both chats stay, with all their messages. */
START_TEST(late_children_are_seen)
{
    struct site site = site_new(cluster_shared(), FAMILY, NULL);
    site_policy(&site, "chats", POLICY);
    site_load_and_approve(&site, "chats", -1);
    PGconn *application = db_connect(site.cluster, site.database, NULL);
    db_exec(application, "SELECT pg_advisory_lock(77)");
    pid_t pid = site_start_at_run(&site);
    db_script(site.admin, WAITING_FUNCTION);
    kill(pid, SIGCONT);
    db_wait_until(site.admin,
                  "SELECT count(*) = 1 FROM pg_stat_activity WHERE state = 'active' AND "
                  "query LIKE 'WITH locked AS%%' AND usename = 't_worker' AND "
                  "wait_event = 'PgSleep'");
    db_exec(application, "INSERT INTO message VALUES (101, 1, now())");
    db_exec(application, "INSERT INTO message VALUES (102, 2, now() - interval '40 days', true)");
    db_exec(application, "SELECT pg_advisory_unlock(77)");
    ck_assert_int_eq(program_wait(pid), 0);
    char *left = db_value(site.admin, "SELECT string_agg(id::text, ' ' ORDER BY id) FROM chat");
    ck_assert_str_eq(left, "1 2");
    free(left);
    left = db_value(site.admin, "SELECT string_agg(id::text, ' ' ORDER BY id) FROM message");
    ck_assert_str_eq(left, "1 2 101 102");
    free(left);
    ck_assert_int_eq(site_digests(&site, "public.chat"), 4);
    ck_assert_int_eq(site_digests(&site, "public.message"), 4);
    site_check_log(&site);
    PQfinish(application);
    site_free(&site);
}
END_TEST

/* --- statements that take too long --- */

#define TIMEOUT "pace: { batch_rows = 100; };"

/* Workers that start from now on give a statement a second. */
static void hasty(const struct site *site)
{
    static const char group[] = "database: {";
    char *config _cleanup_free_ = file_read(site->config), *hasty _cleanup_free_ = NULL;
    char *rest = strstr(config, group) + strlen(group);
    ck_assert_int_ge(
        asprintf(&hasty, "%.*s statement_timeout = \"1 s\";%s", (int)(rest - config), config, rest),
        0);
    free(file_write(site->directory, "retentiond.cfg", hasty));
}

static struct site slow_site(const char *sleep)
{
    struct site site = site_new(
        cluster_shared(),
        "CREATE TABLE call (id int PRIMARY KEY, at timestamptz NOT NULL);"
        "CREATE TABLE note (id int PRIMARY KEY, call_id int NOT NULL REFERENCES call);"
        "CREATE INDEX ON note (call_id);"
        "INSERT INTO call SELECT i, now() - interval '40 days' FROM generate_series(1, 300) i;"
        "INSERT INTO note SELECT i, i FROM generate_series(1, 300) i;",
        TIMEOUT);
    db_exec(site.admin,
            "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN %s RETURN NULL; "
            "END $$",
            sleep);
    db_exec(site.admin, "CREATE TRIGGER slow AFTER DELETE ON call FOR EACH ROW EXECUTE FUNCTION "
                        "slow()");
    hasty(&site);
    struct catalog *catalog = sql_support_catalog(site.admin);
    char policy[1024];
    for (size_t i = 0; i < catalog->table_count; i++)
        if (catalog->tables[i].trigger_count > 0)
            snprintf(policy, sizeof(policy),
                     "  data: { table = \"public.call\"; start = \"at\";\n"
                     "    with = ( { table = \"public.note\"; by = [ \"call_id\" ]; } ); };\n"
                     "  stages = ( { after = \"30 days\"; do = \"delete\"; } );\n"
                     "  brake: { fraction = 1.0; };\n  accept_triggers = [ \"slow:%s\" ];\n",
                     catalog->tables[i].triggers[0].sha256);
    catalog_free(catalog);
    site_policy(&site, "calls", policy);
    site_load_and_approve(&site, "calls", -1);
    return site;
}

/* A hundred records take twice as long as a statement may: half as many of them are tried, and half
 * of these, until it fits. */
START_TEST(batches_fit_the_timeout)
{
    struct site site = slow_site("PERFORM pg_catalog.pg_sleep(0.02);");
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM call"), 0);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM note"), 0);
    ck_assert_int_eq(site_digests(&site, "public.call"), 300);
    site_check_log(&site);
    site_free(&site);
}
END_TEST

/* One record alone takes longer: it is set aside, and the others go. */
START_TEST(one_that_never_fits_is_set_aside)
{
    struct site site = slow_site("IF old.id = 50 THEN PERFORM pg_catalog.pg_sleep(60); END IF;");
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(db_number(site.admin, "SELECT sum(id) FROM call"), 50);
    ck_assert_int_eq(db_number(site.admin, "SELECT sum(call_id) FROM note"), 50);
    ck_assert_int_eq(site_digests(&site, "public.call"), 299);
    ck_assert_int_eq(
        db_number(site.admin,
                  "SELECT count(*) FROM retention.blocked_record WHERE sqlstate = '57014'"),
        1);
    site_check_log(&site);
    site_free(&site);
}
END_TEST

/* Judging one takes longer: nothing is known of it, it is left; those behind it in its range go. */
START_TEST(one_that_cannot_be_judged_is_left)
{
    struct site site =
        site_new(cluster_shared(),
                 FAMILY "UPDATE chat SET j = CASE id WHEN 2 THEN '{\"at\": \"1999-12-31\"}' ELSE "
                        "'{\"at\": \"2000-01-01\"}' END::jsonb;",
                 TIMEOUT);
    hasty(&site);
    site_policy(&site, "chats", POLICY);
    site_load_and_approve(&site, "chats", -1);
    pid_t pid = site_start_at_run(&site);
    db_script(site.admin,
              "CREATE OR REPLACE FUNCTION retention.try_timestamptz(value text) RETURNS "
              "timestamptz LANGUAGE plpgsql STABLE STRICT AS $$ BEGIN "
              "IF value = '1999-12-31' AND pg_catalog.current_query() LIKE '%tids%ctid = ANY%' "
              "AND pg_catalog.current_query() NOT LIKE '%DELETE%' THEN "
              "PERFORM pg_catalog.pg_sleep(60); "
              "END IF; RETURN pg_catalog.now() - '1 year'::interval; END $$");
    kill(pid, SIGCONT);
    int code = program_wait(pid);
    char *said _cleanup_free_ = site_stderr(&site);
    ck_assert_msg(code == 0, "%s", said);
    char *left _cleanup_free_ =
        db_value(site.admin, "SELECT string_agg(id::text, ' ' ORDER BY id) FROM chat");
    ck_assert_str_eq(left, "2");
    ck_assert_ptr_nonnull(strstr(said, "left for the next run"));
    site_check_log(&site);
    site_free(&site);
}
END_TEST

Suite *suite_engine_family(void)
{
    Suite *suite = suite_create("engine family");
    TCase *tcase = tcase_create("races");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, late_children_are_seen);
    suite_add_tcase(suite, tcase);
    tcase = tcase_create("timeouts");
    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, batches_fit_the_timeout);
    tcase_add_test(tcase, one_that_never_fits_is_set_aside);
    tcase_add_test(tcase, one_that_cannot_be_judged_is_left);
    suite_add_tcase(suite, tcase);
    return suite;
}
