/* Whole runs of the worker: worker/engine/run.c, batch.c, sweep.c, with real tables. */
#define _GNU_SOURCE
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "config.h"
#include "engine_support.h"
#include "harness/cluster.h"
#include "harness/db.h"
#include "harness/schema.h"
#include "pg/catalog.h"
#include "sql_support.h"

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

/* Many small batches on four connections; the numbers of the entries stay dense. */
START_TEST(shares_the_work)
{
    struct site site =
        site_new(cluster_shared(),
                 EVENTS "INSERT INTO event SELECT i, now() - interval '40 days', i % 10, "
                        "repeat('x', 200) FROM generate_series(1, 12000) i;",
                 "pace: { batch_rows = 100; };");
    site_policy(&site, "events", EVENTS_POLICY);
    site_load_and_approve(&site, "events", -1);
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), 0);
    ck_assert_int_eq(site_digests(&site, "public.event"), 12000);
    ck_assert_int_gt(db_number(site.admin, "SELECT batches FROM retention.run"), 20);
    site_check_log(&site);
    site_free(&site);
}
END_TEST

#define FAMILY                                                                                     \
    "CREATE TABLE parent (id int PRIMARY KEY, at timestamptz NOT NULL);"                           \
    "CREATE TABLE child (id int PRIMARY KEY, parent_id int NOT NULL REFERENCES parent%s);"         \
    "CREATE INDEX ON child (parent_id);"                                                           \
    "CREATE TABLE grandchild (id int PRIMARY KEY, child_id int NOT NULL REFERENCES child%s);"      \
    "CREATE INDEX ON grandchild (child_id);"
#define FAMILY_POLICY                                                                              \
    "  data: { table = \"public.parent\"; start = \"at\";\n"                                       \
    "    with = ( { table = \"public.child\"; by = [ \"parent_id\" ];\n"                           \
    "      with = ( { table = \"public.grandchild\"; by = [ \"child_id\" ]; } ); } ); };\n"        \
    "  stages = ( { after = \"30 days\"; do = \"delete\"; } );\n"                                  \
    "  brake: { fraction = 1.0; tenant_fraction = 1.0; };\n"

/* Children and grandchildren go before their parents, each with entries and digests of its own;
 * what hangs on records that stay, stays. */
START_TEST(families_go_together)
{
    static const char *const actions[] = {"", " ON DELETE CASCADE"};
    for (int variant = 0; variant < 2; variant++) {
        char sql[4096];
        snprintf(sql, sizeof(sql),
                 FAMILY
                 "INSERT INTO parent SELECT i, now() - (i || ' days 1 minute')::interval FROM "
                 "generate_series(1, 60) i;"
                 "INSERT INTO child SELECT i, i %% 60 + 1 FROM generate_series(1, 600) i;"
                 "INSERT INTO grandchild SELECT i, i %% 600 + 1 FROM generate_series(1, 1800) i;",
                 actions[variant], actions[variant]);
        struct site site = site_new(cluster_shared(), sql, "pace: { family_rows = 100; };");
        site_policy(&site, "families", FAMILY_POLICY);
        site_load_and_approve(&site, "families", -1);
        site_once_expect(&site, NULL, 0);
        ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM parent"), 29);
        ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM child"), 290);
        ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM grandchild"), 870);
        ck_assert_int_eq(site_digests(&site, "public.parent"), 31);
        ck_assert_int_eq(site_digests(&site, "public.child"), 310);
        ck_assert_int_eq(site_digests(&site, "public.grandchild"), 930);
        site_check_log(&site);
        site_free(&site);
    }
}
END_TEST

/* A parent with more children than a batch may hold: they go in batches of their own. */
START_TEST(very_large_families)
{
    struct site site = site_new(
        cluster_shared(),
        "CREATE TABLE parent (id int PRIMARY KEY, at timestamptz NOT NULL);"
        "CREATE TABLE child (id int PRIMARY KEY, parent_id int NOT NULL REFERENCES parent);"
        "CREATE INDEX ON child (parent_id);"
        "INSERT INTO parent SELECT i, now() - interval '40 days' FROM generate_series(1, 5) i;"
        "INSERT INTO child SELECT i, CASE WHEN i <= 750 THEN 3 ELSE i % 5 + 1 END "
        "FROM generate_series(1, 800) i;",
        "pace: { family_rows = 100; };");
    site_policy(&site, "families",
                "  data: { table = \"public.parent\"; start = \"at\";\n"
                "    with = ( { table = \"public.child\"; by = [ \"parent_id\" ]; } ); };\n"
                "  stages = ( { after = \"30 days\"; do = \"delete\"; } );\n"
                "  brake: { fraction = 1.0; tenant_fraction = 1.0; };\n");
    site_load_and_approve(&site, "families", -1);
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM parent"), 0);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM child"), 0);
    ck_assert_int_eq(site_digests(&site, "public.child"), 800);
    ck_assert_int_eq(site_digests(&site, "public.parent"), 5);
    ck_assert_int_le(db_number(site.admin, "SELECT max(rows) FROM retention.log_entry"), 101);
    site_check_log(&site);
    site_free(&site);
}
END_TEST

/* The same with a further level: 300 children with three children each, and one with 500. */
START_TEST(very_large_families_of_families)
{
    static const char *const actions[] = {"", " ON DELETE CASCADE"};
    for (int variant = 0; variant < 2; variant++) {
        char sql[4096];
        snprintf(sql, sizeof(sql),
                 FAMILY "INSERT INTO parent VALUES (1, now() - interval '40 days'), "
                        "(2, now() - interval '40 days'), (3, now());"
                        "INSERT INTO child SELECT i, CASE WHEN i <= 300 THEN 1 ELSE i %% 2 + 2 END "
                        "FROM generate_series(1, 320) i;"
                        "INSERT INTO grandchild SELECT i, (i - 1) %% 300 + 1 FROM "
                        "generate_series(1, 900) i;"
                        "INSERT INTO grandchild SELECT i, 77 FROM generate_series(901, 1400) i;"
                        "INSERT INTO grandchild SELECT i, 301 + i %% 20 FROM "
                        "generate_series(1401, 1500) i;",
                 actions[variant], actions[variant]);
        struct site site = site_new(cluster_shared(), sql, "pace: { family_rows = 100; };");
        site_policy(&site, "families", FAMILY_POLICY);
        site_load_and_approve(&site, "families", -1);
        site_once_expect(&site, NULL, 0);
        ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM parent"), 1);
        ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM child"), 10);
        ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM grandchild"), 50);
        ck_assert_int_eq(site_digests(&site, "public.child"), 310);
        ck_assert_int_eq(site_digests(&site, "public.grandchild"), 1450);
        ck_assert_int_le(db_number(site.admin, "SELECT max(sum) FROM (SELECT sum(rows) FROM "
                                               "retention.log_entry WHERE type = 'batch' "
                                               "GROUP BY substring(entry from 'xid .*')) x"),
                         101);
        site_check_log(&site);
        site_free(&site);
    }
}
END_TEST

/* Another session has locked three rows: the others go at once, these are left and told of; when
 * they are free the next run takes them. */
START_TEST(leaves_locked_rows)
{
    struct site site =
        site_new(cluster_shared(),
                 EVENTS "INSERT INTO event SELECT i, now() - interval '40 days', i % 10, 'x' "
                        "FROM generate_series(1, 3000) i;",
                 NULL);
    site_policy(&site, "events", EVENTS_POLICY);
    site_load_and_approve(&site, "events", -1);
    PGconn *other = db_connect(site.cluster, site.database, NULL);
    db_exec(other, "BEGIN");
    db_exec(other, "SELECT FROM event WHERE id IN (7, 1500, 2999) FOR UPDATE");
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), 3);
    ck_assert_int_eq(site_digests(&site, "public.event"), 2997);
    ck_assert_int_eq(db_number(site.admin, "SELECT remaining FROM retention.run"), 3);
    db_exec(other, "ROLLBACK");
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), 0);
    ck_assert_int_eq(site_digests(&site, "public.event"), 3000);
    site_check_log(&site);
    PQfinish(other);
    site_free(&site);
}
END_TEST

/* A trigger that refuses to let some rows go; its definition is accepted by hash. */
#define STICKY(table)                                                                              \
    "CREATE TABLE sticky (id bigint PRIMARY KEY);"                                                 \
    "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "                       \
    "IF EXISTS (SELECT FROM public.sticky s WHERE s.id = OLD.id) THEN "                            \
    "RAISE EXCEPTION 'not this one: %', OLD.id USING ERRCODE = '23514', CONSTRAINT = 'sticky'; "   \
    "END IF; RETURN NULL; END $$;"                                                                 \
    "CREATE TRIGGER refuse AFTER DELETE ON " table " FOR EACH ROW EXECUTE FUNCTION refuse();"

static void sticky_policy(struct site *site, const char *name, const char *body)
{
    struct catalog *catalog = sql_support_catalog(site->admin);
    char text[4096], hash[65] = "";
    for (size_t t = 0; t < catalog->table_count; t++)
        for (size_t i = 0; i < catalog->tables[t].trigger_count; i++)
            if (strcmp(catalog->tables[t].triggers[i].name, "refuse") == 0)
                snprintf(hash, sizeof(hash), "%s", catalog->tables[t].triggers[i].sha256);
    snprintf(text, sizeof(text), "%s  accept_triggers = [ \"refuse:%s\" ];\n", body, hash);
    site_policy(site, name, text);
    catalog_free(catalog);
}

/* Rows that a trigger refuses to let go are set aside by digest, with SQLSTATE and constraint, and
 * everything else goes. No message tells a value. When the cause is gone, they go. */
static void explains(const struct site *site, const char *config, const char *key,
                     const char *expected)
{
    struct program_result r = program_run(
        (const char *const[]){"retentionctl", "-c", config, "explain", "events", key, NULL});
    char *line _cleanup_free_ = strdup(r.out); /* wrapped */
    for (char *p = line; *p; p++)
        *p = *p == '\n' ? ' ' : *p;
    ck_assert_msg(r.exit_code == 0 && strstr(line, expected), "%s: exit code %d: %s%s",
                  site->database, r.exit_code, r.out, r.err);
    program_result_free(&r);
}

START_TEST(sets_poison_rows_aside)
{
    struct site site =
        site_new(cluster_shared(),
                 EVENTS STICKY("event") "INSERT INTO event SELECT i, now() - interval '40 days', "
                                        "i % 10, 'x' FROM generate_series(1, 3000) i;"
                                        "INSERT INTO sticky VALUES (5), (1700), (1701);",
                 NULL);
    sticky_policy(&site, "events", EVENTS_POLICY);
    site_load_and_approve(&site, "events", -1);
    struct program_result result = site_once(&site, NULL);
    ck_assert_msg(result.exit_code == 0, "%s", result.err);
    ck_assert_ptr_null(strstr(result.err, "not this one"));
    program_result_free(&result);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), 3);
    ck_assert_int_eq(site_digests(&site, "public.event"), 2997);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM retention.blocked_record WHERE "
                                           "sqlstate = '23514' AND constraint_name = 'sticky'"),
                     3);
    ck_assert_int_eq(db_number(site.admin, "SELECT blocked FROM retention.category_status"), 3);
    /* who asks about one of them is not told that it goes next */
    explains(&site, site.config, "1700", "but the database refused to let it go");
    explains(&site, site.config, "1700", ", SQLSTATE 23514, constraint \"sticky\".");
    db_exec(site.admin, "INSERT INTO event VALUES (9000, now() - interval '40 days')");
    explains(&site, site.config, "9000", "the next run deletes it. ");
    char *settings _cleanup_free_ = file_read(site.config);
    *strstr(settings, "log:") = '\0'; /* who has no key file cannot tell them apart */
    char *without _cleanup_free_ = file_write(site.directory, "without.cfg", settings);
    explains(&site, without, "1700", "Unless it is one of 3 of this category that the database");
    db_exec(site.admin, "DELETE FROM event WHERE id = 9000");
    db_exec(site.admin, "DELETE FROM sticky WHERE id <> 5");
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), 1);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM retention.blocked_record"), 1);
    site_check_log(&site);
    site_free(&site);
}
END_TEST

#define TWO_STAGES(only)                                                                           \
    "  data: { table = \"public.event\"; start = \"at\"; " only "};\n"                             \
    "  stages = ( { name = \"blank\"; after = \"30 days\"; do = \"deidentify\"; columns = ( "      \
    "{ name = \"account\"; as = \"nullify\"; } ); },\n"                                            \
    "    { name = \"gone\"; after = \"60 days\"; do = \"delete\"; } );\n"                          \
    "  brake: { fraction = 1.0; tenant_fraction = 1.0; };\n"

/* More records refuse than are told one by one, and all of them stand before the others; what does
 * not refuse goes, and the other stage has its turn. */
START_TEST(many_that_refuse_stop_nothing)
{
    struct site site = site_new(
        cluster_shared(),
        EVENTS STICKY("event") "INSERT INTO event SELECT i, now() - interval '70 days', 1, "
                               "'x' FROM generate_series(1, 1700) i;"
                               "INSERT INTO event SELECT i, now() - interval '40 days', 1, "
                               "'x' FROM generate_series(2001, 2100) i;"
                               "INSERT INTO sticky SELECT generate_series(1, 1200);",
        NULL);
    sticky_policy(&site, "events", TWO_STAGES(""));
    site_load_and_approve(&site, "events", -1);
    struct program_result result = site_once(&site, NULL);
    ck_assert_msg(result.exit_code == 0, "%.2000s", result.err);
    ck_assert_ptr_nonnull(strstr(result.err, "records are set aside; more of them are not told"));
    program_result_free(&result);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event WHERE id <= 1700"), 1200);
    ck_assert_int_eq(
        db_number(site.admin, "SELECT count(*) FROM event WHERE id > 2000 AND account IS NULL"),
        100);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM retention.blocked_record"), 1200);
    site_check_log(&site);
    site_free(&site);
}
END_TEST

#ifdef ENABLE_FAULT_POINTS

/* What a stage looks at raises an error for one of its records, so that it cannot even be locked:
 * the stage fails. The other one is done all the same, and does not hide that. */
START_TEST(a_failed_stage_does_not_stop_others)
{
    struct site site = site_new(
        cluster_shared(),
        EVENTS "ALTER TABLE event ALTER note TYPE jsonb USING note::jsonb;INSERT INTO event SELECT "
               "i, now() - interval '70 days', 1, '{\"at\": \"2000-01-01\"}' FROM "
               "generate_series(1, 5) i;"
               "INSERT INTO event SELECT i, now() - interval '40 days', 1, '{\"at\": "
               "\"2000-01-01\"}' FROM "
               "generate_series(11, 15) i;",
        NULL);
    site_policy(&site, "events",
                TWO_STAGES("only = ( { column = \"note\"; path = [ \"at\" ]; older_than = \"1 "
                           "day\"; nulls = \"skip\"; } ); "));
    site_load_and_approve(&site, "events", -1);
    int status;
    pid_t pid = site_start_at_run(&site);
    db_script(site.admin,
              "CREATE OR REPLACE FUNCTION retention.try_timestamptz(value text) RETURNS "
              "timestamptz LANGUAGE plpgsql STABLE STRICT AS $$ BEGIN "
              "IF pg_catalog.current_query() ~ 'DELETE|SKIP LOCKED' THEN "
              "RAISE EXCEPTION 'no' USING ERRCODE = '22007'; "
              "END IF; RETURN pg_catalog.now() - '1 year'::interval; END $$");
    do { /* the other stage's run begins there, too */
        kill(pid, SIGCONT);
        ck_assert_int_eq(waitpid(pid, &status, WUNTRACED), pid);
    } while (WIFSTOPPED(status));
    char *said _cleanup_free_ = site_stderr(&site);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 1, "%s", said);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), 10);
    ck_assert_int_eq(
        db_number(site.admin, "SELECT count(*) FROM event WHERE account IS NULL AND id > 10"), 5);
    ck_assert_int_eq(db_number(site.admin,
                               "SELECT count(*) FROM retention.compliance WHERE failing AND cause "
                               "LIKE 'last run failed: %%(SQLSTATE 22007)'"),
                     1);
    site_check_log(&site);
    site_free(&site);
}
END_TEST

/* The window ends when the run of a stage is about to end by itself: no other stage begins in it.
 */
START_TEST(no_stage_begins_behind_a_window)
{
    struct site site =
        site_new(cluster_shared(),
                 EVENTS "INSERT INTO event SELECT i, now() - interval '70 days', 1, 'x' FROM "
                        "generate_series(1, 5) i;"
                        "INSERT INTO event SELECT i, now() - interval '40 days', 1, 'x' FROM "
                        "generate_series(11, 15) i;",
                 NULL);
    site_policy(&site, "events", TWO_STAGES("") "  window = \"00:00-23:59\";\n");
    site_load_and_approve(&site, "events", -1);
    int status;
    pid_t pid = site_start(&site, "--once", "window_is_short=error,run_before_done=stop");
    ck_assert_int_eq(waitpid(pid, &status, WUNTRACED), pid);
    ck_assert(WIFSTOPPED(status));
    char *over _cleanup_free_ = db_value(site.admin, "SELECT clock_timestamp() + interval '1.5 s'");
    db_wait_until(site.admin, "SELECT clock_timestamp() > '%s'", over);
    kill(pid, SIGCONT);
    ck_assert_int_eq(program_wait(pid), 0);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM retention.run"), 1);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event WHERE account IS NULL"), 0);
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event WHERE account IS NULL"), 5);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), 5);
    site_check_log(&site);
    site_free(&site);
}
END_TEST

/* One record was set aside, another is locked; before the second pass the first is not due any
 * more. What remains is the locked one: the run waits for it a little, and says so. */
START_TEST(locked_is_not_set_aside)
{
    struct site site =
        site_new(cluster_shared(),
                 EVENTS STICKY("event") "INSERT INTO event SELECT i, now() - interval '40 days', "
                                        "i % 10, 'x' FROM generate_series(1, 3000) i;"
                                        "INSERT INTO sticky VALUES (5);",
                 NULL);
    sticky_policy(&site, "events", EVENTS_POLICY);
    site_load_and_approve(&site, "events", -1);
    PGconn *other = db_connect(site.cluster, site.database, NULL);
    db_exec(other, "BEGIN");
    db_exec(other, "SELECT FROM event WHERE id = 2000 FOR UPDATE");
    pid_t pid = site_start(&site, "--once", "run_before_pass=stop:1");
    int status;
    ck_assert_int_eq(waitpid(pid, &status, WUNTRACED), pid);
    ck_assert_int_eq(db_number(site.admin, "SELECT sum(id) FROM event"), 2005);
    db_exec(site.admin, "UPDATE event SET at = now() WHERE id = 5");
    kill(pid, SIGCONT);
    ck_assert_int_eq(program_wait(pid), 0);
    char *message = db_value(site.admin, "SELECT message FROM retention.run");
    ck_assert_msg(message && strstr(message, "1 records are locked by others"), "%s", message);
    free(message);
    db_exec(other, "ROLLBACK");
    PQfinish(other);
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(db_number(site.admin, "SELECT sum(id) FROM event"), 5);
    site_check_log(&site);
    site_free(&site);
}
END_TEST

#endif

/* A grandchild that cannot go keeps its whole family, and no other. */
START_TEST(poison_in_a_family)
{
    char sql[4096];
    snprintf(sql, sizeof(sql),
             FAMILY "INSERT INTO parent SELECT i, now() - interval '40 days' FROM "
                    "generate_series(1, 50) i;"
                    "INSERT INTO child SELECT i, i %% 50 + 1 FROM generate_series(1, 200) i;"
                    "INSERT INTO grandchild SELECT i, i FROM generate_series(1, 200) i;",
             "", "");
    struct site site = site_new(cluster_shared(), sql, NULL);
    db_script(site.admin, STICKY("grandchild") "INSERT INTO sticky VALUES (20), (133);"
                                               "GRANT SELECT ON sticky TO t_worker");
    sticky_policy(&site, "families", FAMILY_POLICY);
    site_load_and_approve(&site, "families", -1);
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM parent"), 2);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM child"), 8);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM grandchild"), 8);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM retention.blocked_record"), 2);
    ck_assert_int_eq(site_digests(&site, "public.grandchild"), 192);
    site_check_log(&site);
    site_free(&site);
}
END_TEST

/* A record with a very large family behind one that cannot go: what went of the records before it
 * in the same batch is not taken for its own. */
START_TEST(poison_before_a_very_large_family)
{
    char sql[4096];
    snprintf(sql, sizeof(sql),
             FAMILY "INSERT INTO parent SELECT i, now() - interval '40 days' FROM "
                    "generate_series(1, 8) i;"
                    "INSERT INTO child SELECT i, least(i, 8) FROM generate_series(1, 307) i;"
                    "INSERT INTO grandchild SELECT i, i FROM generate_series(1, 307) i;",
             "", "");
    struct site site = site_new_single(cluster_shared(), sql, "pace: { family_rows = 100; };");
    db_script(site.admin, STICKY("grandchild") "INSERT INTO sticky VALUES (1);"
                                               "GRANT SELECT ON sticky TO t_worker");
    sticky_policy(&site, "families", FAMILY_POLICY);
    site_load_and_approve(&site, "families", -1);
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(db_number(site.admin, "SELECT sum(id) FROM parent"), 1);
    ck_assert_int_eq(db_number(site.admin, "SELECT sum(id) FROM child"), 1);
    ck_assert_int_eq(db_number(site.admin, "SELECT sum(id) FROM grandchild"), 1);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM retention.blocked_record"), 1);
    ck_assert_int_eq(site_digests(&site, "public.grandchild"), 306);
    site_check_log(&site);
    site_free(&site);
}
END_TEST

#define BRAKED                                                                                     \
    "  data: { table = \"public.event\"; start = \"at\"; tenant = \"account\"; };\n"               \
    "  stages = ( { after = \"30 days\"; do = \"delete\"; } );\n"

/* More than a quarter of the table: nothing goes, an entry tells, and the run waits for a person.
 * An approval with --expect-due is the allowance for the backlog. */
START_TEST(brakes_on_the_plan)
{
    struct site site =
        site_new(cluster_shared(),
                 EVENTS "INSERT INTO event SELECT i, now() - interval '40 days', i, 'x' "
                        "FROM generate_series(1, 2000) i;"
                        "INSERT INTO event SELECT i, now(), i, 'x' "
                        "FROM generate_series(2001, 4000) i;",
                 NULL);
    site_policy(&site, "events", BRAKED);
    site_load_and_approve(&site, "events", -1);
    site_once_expect(&site, NULL, 5);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), 4000);
    ck_assert_int_eq(
        db_number(site.admin, "SELECT count(*) FROM retention.log_entry WHERE type = 'brake'"), 1);
    char *status = db_value(site.admin, "SELECT status FROM retention.run");
    ck_assert_str_eq(status, "brake");
    free(status);
    site_once_expect(&site, NULL, 5); /* still engaged: no second run begins */
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM retention.run"), 1);
    PGconn *operator= db_connect(site.cluster, site.database, "t_operator");
    db_exec(operator, "SELECT retention.release_brake('events')");
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), 2000);
    site_check_log(&site);
    PQfinish(operator);
    site_free(&site);
}
END_TEST

/* What was approved is the backlog, and goes with it: one record that is set aside does not leave
 * the brake open for whatever falls due later. */
START_TEST(an_allowance_passes_once)
{
    struct site site = site_new(
        cluster_shared(),
        EVENTS STICKY("event") "INSERT INTO event SELECT i, now() - interval '40 days', i, "
                               "'x' FROM generate_series(1, 2000) i;"
                               "INSERT INTO event SELECT i, now(), i, 'x' "
                               "FROM generate_series(2001, 4000) i;"
                               "INSERT INTO sticky VALUES (5);",
        NULL);
    sticky_policy(&site, "events", BRAKED);
    site_load_and_approve(&site, "events", 2000);
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), 2001);
    ck_assert_int_eq(db_number(site.admin, "SELECT remaining FROM retention.run"), 1);
    db_exec(site.admin, "UPDATE event SET at = now() - interval '40 days' WHERE id > 2500");
    site_once_expect(&site, NULL, 5);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), 2001);
    site_check_log(&site);
    site_free(&site);
}
END_TEST

#ifdef ENABLE_FAULT_POINTS

/* The whole backlog is one stage's. The other one, which has nothing to act on and is done first,
 * takes nothing of what was approved from it. */
START_TEST(an_allowance_is_each_stages)
{
    struct site site =
        site_new(cluster_shared(),
                 EVENTS "ALTER TABLE event ADD done timestamptz;"
                        "INSERT INTO event SELECT i, now() - interval '40 days', i, 'x' "
                        "FROM generate_series(1, 2000) i;",
                 NULL);
    db_exec(site.admin, "GRANT UPDATE ON event TO t_worker");
    site_policy(&site, "events",
                "  data: { table = \"public.event\"; start = \"at\"; };\n"
                "  stages = ( { name = \"strip\"; after = \"30 days\"; do = \"deidentify\";\n"
                "      mark = \"done\"; columns = ( { name = \"note\"; as = \"nullify\"; } ); },\n"
                "    { name = \"gone\"; after = \"60 days\"; do = \"delete\"; } );\n");
    site_load_and_approve(&site, "events", 2000);
    site_once_expect(&site, "run_after_plan=error:1",
                     1); /* stage "strip", before its first batch */
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM retention.run WHERE stage = "
                                           "'gone' AND status = 'done' AND to_act = 0"),
                     1);
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event WHERE note IS NULL"), 2000);
    site_check_log(&site);
    site_free(&site);
}
END_TEST

#endif

/* One tenant loses all of its rows while the table as a whole loses few: found as the run goes, and
 * the batch that passed the limit is rolled back. */
START_TEST(brakes_for_a_tenant)
{
    struct site site = site_new(cluster_shared(),
                                EVENTS "INSERT INTO event SELECT i, now() - interval '40 days', 7, "
                                       "repeat('x', 300) FROM generate_series(1, 3000) i;"
                                       "INSERT INTO event SELECT i, now(), 8, 'x' "
                                       "FROM generate_series(3001, 20000) i;",
                                "pace: { batch_rows = 500; };");
    site_policy(&site, "events", BRAKED);
    site_load_and_approve(&site, "events", -1);
    site_once_expect(&site, NULL, 5);
    int64_t left = db_number(site.admin, "SELECT count(*) FROM event WHERE account = 7");
    ck_assert_int_ge(left, 1500);
    ck_assert_int_lt(left, 3000);
    ck_assert_int_eq(site_digests(&site, "public.event"), 3000 - left);
    ck_assert_int_eq(
        db_number(site.admin, "SELECT count(*) FROM retention.log_entry WHERE type = 'brake'"), 1);
    site_check_log(&site);
    site_free(&site);
}
END_TEST

/* A paused tenant's records stay, in whatever form somebody wrote it that its column's type reads;
 * and text is compared as it is. */
START_TEST(pauses_a_tenant_as_it_was_written)
{
    struct site site =
        site_new(cluster_shared(),
                 "CREATE TABLE visit (id bigint PRIMARY KEY, at timestamptz, account uuid);"
                 "CREATE TABLE bill (id bigint PRIMARY KEY, at timestamptz, account numeric(9, 2));"
                 "CREATE TABLE note (id bigint PRIMARY KEY, at timestamptz, "
                 "account text COLLATE \"C\");"
                 "INSERT INTO visit SELECT i, now() - interval '40 days', "
                 "('0a000000-0000-4000-8000-00000000000' || i % 2)::uuid "
                 "FROM generate_series(1, 10) i;"
                 "INSERT INTO bill SELECT i, now() - interval '40 days', 4711 + i % 2 "
                 "FROM generate_series(1, 10) i;"
                 "INSERT INTO note SELECT i, now() - interval '40 days', 'Smith ' || i % 2 "
                 "FROM generate_series(1, 10) i;",
                 NULL);
    static const char *const tables[] = {"visit", "bill", "note"};
    for (size_t i = 0; i < 3; i++) {
        char body[512];
        snprintf(body, sizeof(body),
                 "  data: { table = \"public.%s\"; start = \"at\"; tenant = \"account\"; };\n"
                 "  stages = ( { after = \"30 days\"; do = \"delete\"; } );\n"
                 "  brake: { fraction = 1.0; tenant_fraction = 1.0; };\n",
                 tables[i]);
        site_policy(&site, tables[i], body);
    }
    site_load_and_approve(&site, "visit", -1);
    site_approve(&site, "bill", -1);
    site_approve(&site, "note", -1);
    PGconn *operator= db_connect(site.cluster, site.database, "t_operator");
    db_exec(operator, "SELECT retention.pause('tenant:0A000000-0000-4000-8000-000000000001', 'x')");
    db_exec(operator, "SELECT retention.pause('tenant:04711.0', 'x')");
    db_exec(operator, "SELECT retention.pause('tenant:Smith 1', 'x')");
    site_once_expect(&site, NULL, 0);
    for (size_t i = 0; i < 3; i++)
        ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM %s", tables[i]), 5);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM note WHERE account = 'Smith 1'"),
                     5);
    /* in text, that is another one */
    ck_assert_str_eq(
        db_fails(operator,
                 "SELECT retention.resume('tenant:0a000000-0000-4000-8000-000000000001', 'x')"),
        "RT010");
    db_exec(operator,
            "SELECT retention.resume('tenant:0A000000-0000-4000-8000-000000000001', 'x')");
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM visit"), 0);
    site_check_log(&site);
    PQfinish(operator);
    site_free(&site);
}
END_TEST

/* evidence = "counts": no key, no digests, no key-encryption key used. */
START_TEST(counts_only)
{
    struct site site = site_new(cluster_shared(),
                                "CREATE TABLE hit (at timestamptz NOT NULL, page text);"
                                "INSERT INTO hit SELECT now() - (i || ' days')::interval, 'p' "
                                "FROM generate_series(1, 100) i;",
                                NULL);
    site_policy(&site, "hits",
                "  data: { table = \"public.hit\"; key = []; start = \"at\"; };\n"
                "  evidence = \"counts\";\n"
                "  stages = ( { after = \"30 days 1 hour\"; do = \"delete\"; } );\n"
                "  brake: { fraction = 1.0; };\n");
    site_load_and_approve(&site, "hits", -1);
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM hit"), 30);
    ck_assert_int_eq(site_logged(&site, "public.hit"), 70);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM retention.log_records"), 0);
    site_check_log(&site);
    site_free(&site);
}
END_TEST

/* What may not run is skipped, measured and told; what may, runs. A file that goes turns its
 * category red. */
START_TEST(skips_and_goes_on)
{
    struct site site =
        site_new(cluster_shared(),
                 EVENTS "CREATE TABLE other (id int PRIMARY KEY, at timestamptz NOT NULL);"
                        "CREATE TABLE third (id int PRIMARY KEY, at timestamptz NOT NULL);"
                        "INSERT INTO event SELECT i, now() - interval '40 days', 7, 'x' "
                        "FROM generate_series(1, 10) i;"
                        "INSERT INTO other SELECT id, at FROM event;"
                        "INSERT INTO third SELECT id, at FROM event;",
                 NULL);
    site_policy(&site, "events", EVENTS_POLICY);
    site_load_and_approve(&site, "events", -1);
    site_policy(&site, "others",
                "  data: { table = \"public.other\"; start = \"at\"; };\n"
                "  stages = ( { after = \"30 days\"; do = \"delete\"; } );\n");
    site_policy(&site, "broken",
                "  data: { table = \"public.third\"; start = \"no_such\"; };\n"
                "  stages = ( { after = \"30 days\"; do = \"delete\"; } );\n");
    site_once_expect(&site, NULL, 3);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), 0);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM other"), 10);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM third"), 10);
    ck_assert_int_eq(db_number(site.admin, "SELECT to_act FROM retention.category_status "
                                           "WHERE category = 'others'"),
                     10);
    char *file;
    ck_assert_int_ge(asprintf(&file, "%s/others.cfg", site.policies), 0);
    ck_assert_int_eq(unlink(file), 0);
    free(file);
    struct program_result result = site_once(&site, NULL);
    ck_assert_ptr_nonnull(strstr(result.err, "category \"others\": red"));
    program_result_free(&result);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM retention.category "
                                           "WHERE name = 'others' AND state = 'red'"),
                     1);
    site_free(&site);
}
END_TEST

/* A leaf that the worker was not granted: the others go, and the run fails with the leaf's name. */
START_TEST(leaf_without_grant)
{
    struct site site = site_new(
        cluster_shared(),
        "CREATE TABLE event (id bigint, at timestamptz NOT NULL, PRIMARY KEY (id, at)) "
        "PARTITION BY RANGE (at);"
        "CREATE TABLE event_1 PARTITION OF event FOR VALUES FROM ('2020-01-01') TO ('2020-02-01');"
        "CREATE TABLE event_2 PARTITION OF event FOR VALUES FROM ('2020-02-01') TO ('2020-03-01');"
        "INSERT INTO event SELECT i, '2020-01-15' FROM generate_series(1, 10) i;"
        "INSERT INTO event SELECT i, '2020-02-15' FROM generate_series(11, 20) i;",
        NULL);
    site_policy(&site, "events", EVENTS_POLICY);
    site_load_and_approve(&site, "events", -1);
    db_exec(site.admin, "CREATE TABLE event_0 PARTITION OF event FOR VALUES FROM ('2019-01-01') TO "
                        "('2020-01-01')");
    db_exec(site.admin, "INSERT INTO event VALUES (21, '2019-05-05')");
    struct program_result result = site_once(&site, NULL);
    if (result.exit_code == 1) { /* else the check before the run found it */
        ck_assert_ptr_nonnull(strstr(result.err, "public.event_0"));
        ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), 1);
    } else {
        ck_assert_int_eq(result.exit_code, 3);
    }
    program_result_free(&result);
    site_free(&site);
}
END_TEST

/* Not more than so many records a second. */
START_TEST(keeps_the_pace)
{
    struct site site = site_new(
        cluster_shared(),
        EVENTS "INSERT INTO event SELECT i, now() - interval '40 days', 7, repeat('x', 200) "
               "FROM generate_series(1, 1500) i;",
        "pace: { rows_per_second = 500; };");
    site_policy(&site, "events", EVENTS_POLICY);
    site_load_and_approve(&site, "events", -1);
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), 0);
    ck_assert_int_ge(db_number(site.admin, "SELECT (extract(epoch FROM finished_at - "
                                           "started_at) * 1000)::bigint FROM retention.run"),
                     800);
    site_check_log(&site);
    site_free(&site);
}
END_TEST

/* Outside of its window, or of the main file's, a category does not run, and that is no failure. */
START_TEST(keeps_to_the_window)
{
    PGconn *conn = db_connect(cluster_shared(), "postgres", NULL);
    char *window _cleanup_free_ =
        db_value(conn, "SELECT to_char(h, 'HH24:MI') || '-' || to_char(h + interval '1 hour', "
                       "'HH24:MI') FROM (SELECT now() AT TIME ZONE 'UTC' + interval '2 hours' "
                       "AS h) x");
    PQfinish(conn);
    char body[1024], pace[80];
    snprintf(pace, sizeof(pace), "pace: { window = \"%s\"; };", window);
    snprintf(body, sizeof(body), EVENTS_POLICY "  window = \"%s\";\n", window);
    struct site site =
        site_new(cluster_shared(),
                 EVENTS "INSERT INTO event SELECT i, now() - interval '40 days', 7, 'x' "
                        "FROM generate_series(1, 10) i;",
                 _i ? pace : NULL);
    site_policy(&site, "events", _i ? EVENTS_POLICY : body);
    site_load_and_approve(&site, "events", -1);
    struct program_result result = site_once(&site, NULL);
    ck_assert_int_eq(result.exit_code, 0);
    ck_assert_ptr_nonnull(strstr(result.err, "outside its window"));
    program_result_free(&result);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), 10);
    site_free(&site);
}
END_TEST

static struct site hundred_events(void)
{
    struct site site = site_new(
        cluster_shared(),
        "CREATE TABLE event (id int PRIMARY KEY, at timestamptz NOT NULL); CREATE INDEX ON event "
        "(at); INSERT INTO event SELECT i, now() - interval '40 days' FROM generate_series(1, 100) "
        "i;",
        NULL);
    site_policy(&site, "events",
                "  data: { table = \"public.event\"; start = \"at\"; };\n"
                "  stages = ( { after = \"30 days\"; do = \"delete\"; } );\n"
                "  brake: { fraction = 1.0; };\n");
    site_load_and_approve(&site, "events", -1);
    return site;
}

/* The plan of a run cannot be read: that category fails, and the next has its turn. (The run ended
 * inside of the callback that went on to use it.) */
START_TEST(a_plan_that_fails)
{
    struct site site = hundred_events();
    db_exec(site.admin, "REVOKE SELECT ON retention.held_scope FROM retention_worker");
    const char *const argv[] = {"retentiond", "-c", site.config, "--once", NULL};
    const char *const env[] = {"MALLOC_PERTURB_=165",
                               NULL}; /* what was freed is no good any more */
    for (int i = 0; i < 2; i++) {
        struct program_result r = program_run_env(argv, env);
        ck_assert_msg(r.exit_code == 1, "exit code %d: %s", r.exit_code, r.err);
        ck_assert_msg(strstr(r.err, "category \"events\": failed: "), "%s", r.err);
        program_result_free(&r);
        site_policy(&site, "others",
                    "  data: { table = \"public.event\"; start = \"at\"; only = \"rest\"; };\n"
                    "  stages = ( { after = \"30 days\"; do = \"delete\"; } );\n");
    }
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), 100);
    /* No entry tells of it: the status does, in our words, until one ends well. */
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM retention.run"), 0);
    char *told _cleanup_free_ =
        db_value(site.admin, "SELECT failing || '|' || cause || '|' || failed_sqlstate FROM "
                             "retention.compliance WHERE category = 'events'");
    ck_assert_str_eq(told, "true|last run failed: insufficient privilege (SQLSTATE 42501)|42501");
    db_exec(site.admin, "GRANT SELECT ON retention.held_scope TO retention_worker");
    site_once_expect(&site, NULL, 3); /* for the second policy is not valid */
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), 0);
    ck_assert_int_eq(db_number(site.admin,
                               "SELECT count(*) FROM retention.compliance WHERE failing "
                               "OR failed_at IS NOT NULL"),
                     0);
    site_free(&site);
}
END_TEST

/* A function of the schema that was replaced by an empty one behind the check: no record goes
 * without its entry, and the run does not end as one that went well. */
START_TEST(an_append_that_writes_nothing)
{
    struct site site = hundred_events();
    pid_t pid = site_start_at_run(&site);
    db_exec(site.admin,
            "CREATE OR REPLACE FUNCTION retention.append_batch(run uuid, seq bigint, term bigint, "
            "category text, relation text, rows bigint, entry text, refs bytea) RETURNS void "
            "LANGUAGE plpgsql AS 'BEGIN END'");
    kill(pid, SIGCONT);
    ck_assert_int_eq(program_wait(pid), 1);
    char *said = site_stderr(&site);
    ck_assert_msg(strstr(said, "did not write the entry"), "%s", said);
    free(said);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), 100);
    ck_assert_int_eq(
        db_number(site.admin, "SELECT count(*) FROM retention.run WHERE status = 'failed'"), 1);
    site_free(&site);
}
END_TEST

/* A function that is not the one that the worker brings: it does not run, and says which; neither
 * does one that runs already, from its next round on. After migrate it goes on by itself. */
START_TEST(a_replaced_function_stops_it)
{
    struct site site = hundred_events();
    static const char replace[] =
        "CREATE OR REPLACE FUNCTION retention.fingerprint(governed text[]) RETURNS text "
        "LANGUAGE plpgsql AS $$ BEGIN RETURN 'the same'; END $$";
    db_exec(site.admin, replace);
    struct program_result r = site_once(&site, NULL);
    ck_assert_msg(r.exit_code == 3, "exit code %d: %s", r.exit_code, r.err);
    ck_assert_msg(strstr(r.err, "1 function of schema \"retention\" is not as this program brings "
                                "it: \"fingerprint\" (changed)"),
                  "%s", r.err);
    ck_assert_ptr_nonnull(strstr(r.err, "retentionctl migrate"));
    program_result_free(&r);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), 100);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM retention.run"), 0);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM retention.compliance WHERE "
                                           "cause LIKE 'policy invalid:%%fingerprint%%'"),
                     1);

    schema_migrate(site.cluster, site.database, NULL, NULL);
    pid_t pid = site_start(&site, NULL, NULL);
    db_wait_until(site.admin, "SELECT NOT EXISTS (SELECT FROM event)");
    db_wait_until(site.admin, "SELECT NOT EXISTS (SELECT FROM retention.run WHERE status = "
                              "'running')");
    db_exec(site.admin, replace);
    db_exec(site.admin, "INSERT INTO event VALUES (101, now() - interval '40 days')");
    db_exec(site.admin, "SELECT retention.request_run(NULL)");
    db_wait_until(site.admin, "SELECT finished_at IS NOT NULL FROM retention.run_request");
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), 1);
    char *said = site_stderr(&site);
    ck_assert_msg(strstr(said, "\"fingerprint\" (changed)"), "%s", said);
    free(said);
    schema_migrate(site.cluster, site.database, NULL, NULL);
    db_wait_until(site.admin, "SELECT NOT EXISTS (SELECT FROM event)");
    kill(pid, SIGTERM);
    ck_assert_int_eq(program_wait(pid), 0);
    site_free(&site);
}
END_TEST

Suite *suite_engine_run(void)
{
    Suite *suite = suite_create("engine_run");
    TCase *tc = tcase_create("run");
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, deletes_what_is_due);
    tcase_add_test(tc, shares_the_work);
    tcase_add_test(tc, families_go_together);
    tcase_add_test(tc, very_large_families);
    tcase_add_test(tc, very_large_families_of_families);
    tcase_add_test(tc, leaves_locked_rows);
    tcase_add_test(tc, sets_poison_rows_aside);
    tcase_add_test(tc, many_that_refuse_stop_nothing);
#ifdef ENABLE_FAULT_POINTS
    tcase_add_test(tc, locked_is_not_set_aside);
    tcase_add_test(tc, a_failed_stage_does_not_stop_others);
    tcase_add_test(tc, no_stage_begins_behind_a_window);
#endif
    tcase_add_test(tc, poison_in_a_family);
    tcase_add_test(tc, poison_before_a_very_large_family);
    tcase_add_test(tc, brakes_on_the_plan);
    tcase_add_test(tc, an_allowance_passes_once);
#ifdef ENABLE_FAULT_POINTS
    tcase_add_test(tc, an_allowance_is_each_stages);
#endif
    tcase_add_test(tc, brakes_for_a_tenant);
    tcase_add_test(tc, pauses_a_tenant_as_it_was_written);
    tcase_add_test(tc, counts_only);
    tcase_add_test(tc, skips_and_goes_on);
    tcase_add_test(tc, leaf_without_grant);
    tcase_add_test(tc, keeps_the_pace);
    tcase_add_loop_test(tc, keeps_to_the_window, 0, 2);
    tcase_add_test(tc, a_plan_that_fails);
    tcase_add_test(tc, an_append_that_writes_nothing);
    tcase_add_test(tc, a_replaced_function_stops_it);
    suite_add_tcase(suite, tc);
    return suite;
}
