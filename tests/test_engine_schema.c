/* The schema changes while a run is under way: worker/engine/. The worker is stopped at a fault
 * point between two batches, the other session changes something, the worker goes on. */
#define _GNU_SOURCE
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "config.h"
#include "engine_support.h"
#include "harness/cluster.h"
#include "harness/db.h"

#ifdef ENABLE_FAULT_POINTS

#define POLICY                                                                                     \
    "  data: { table = \"public.event\"; start = \"at\"; };\n"                                     \
    "  stages = ( { after = \"30 days\"; do = \"delete\"; } );\n"                                  \
    "  brake: { fraction = 1.0; };\n"

#define POLICY_MORE                                                                                \
    "  data: { table = \"public.more\"; start = \"at\"; };\n"                                      \
    "  stages = ( { after = \"30 days\"; do = \"delete\"; } );\n"

static struct site plain_site(void)
{
    struct site site = site_new_single(
        cluster_shared(),
        "CREATE TABLE event (id bigint PRIMARY KEY, at timestamptz NOT NULL, note text);"
        "CREATE INDEX ON event (at);"
        "INSERT INTO event SELECT i, now() - interval '40 days', repeat('x', 200) "
        "FROM generate_series(1, 1000) i;",
        "pace: { batch_rows = 100; };");
    site_policy(&site, "events", POLICY);
    site_load_and_approve(&site, "events", -1);
    return site;
}

static struct site partitioned_site(void)
{
    struct site site = site_new_single(
        cluster_shared(),
        "CREATE TABLE event (id bigint, at timestamptz NOT NULL, note text, PRIMARY KEY (id, at)) "
        "PARTITION BY RANGE (at);"
        "CREATE TABLE event_1 PARTITION OF event FOR VALUES FROM ('2020-01-01') TO ('2020-02-01');"
        "CREATE TABLE event_2 PARTITION OF event FOR VALUES FROM ('2020-02-01') TO ('2020-03-01');"
        "CREATE TABLE event_3 (LIKE event INCLUDING ALL);"
        "CREATE INDEX ON event (at);"
        "INSERT INTO event SELECT i, '2020-01-15', repeat('x', 200) FROM generate_series(1, 500) i;"
        "INSERT INTO event SELECT i, '2020-02-15', repeat('x', 200) FROM generate_series(501, "
        "1000) "
        "i;"
        "INSERT INTO event_3 SELECT i, '2020-03-15', repeat('x', 200) FROM generate_series(1001, "
        "1500) i;",
        "pace: { batch_rows = 100; };");
    site_policy(&site, "events", POLICY);
    site_load_and_approve(&site, "events", 1500);
    return site;
}

/* Starts a run and returns when it stands at the point. */
static pid_t stopped_at(const struct site *site, const char *fault)
{
    pid_t pid = site_start(site, "--once", fault);
    int status;
    ck_assert_int_eq(waitpid(pid, &status, WUNTRACED), pid);
    ck_assert(WIFSTOPPED(status));
    return pid;
}

static int go_on(pid_t pid)
{
    ck_assert_int_eq(kill(pid, SIGCONT), 0);
    return program_wait(pid);
}

static void check(const struct site *site, int64_t before)
{
    int64_t gone = before - db_number(site->admin, "SELECT count(*) FROM event");
    ck_assert_int_eq(site_logged(site, "public.event"), gone);
    ck_assert_int_eq(site_digests(site, "public.event"), gone);
    site_check_log(site);
}

/* A new column is no harm: the run stops, the policy is checked anew, and the rest goes. */
START_TEST(column_added)
{
    struct site site = plain_site();
    pid_t pid = stopped_at(&site, "batch_begins=stop:2");
    db_exec(site.admin, "ALTER TABLE event ADD COLUMN more int");
    go_on(pid);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), 0);
    ck_assert_int_eq(
        db_number(site.admin, "SELECT count(*) FROM retention.run WHERE status = 'failed'"), 1);
    check(&site, 1000);
    site_free(&site);
}
END_TEST

/* A key that would cascade into a table that no policy names: not one row goes after it. */
START_TEST(cascade_added)
{
    struct site site = plain_site();
    db_exec(site.admin, "CREATE TABLE precious (event_id bigint)");
    db_exec(site.admin, "INSERT INTO precious SELECT id FROM event");
    pid_t pid = stopped_at(&site, "batch_begins=stop:2");
    int64_t left = db_number(site.admin, "SELECT count(*) FROM event");
    db_exec(site.admin, "DELETE FROM precious WHERE event_id NOT IN (SELECT id FROM event)");
    db_exec(site.admin, "ALTER TABLE precious ADD FOREIGN KEY (event_id) REFERENCES event "
                        "ON DELETE CASCADE");
    ck_assert_int_eq(go_on(pid), 1);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), left);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM precious"), left);
    check(&site, 1000);
    site_once_expect(&site, NULL, 3);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM precious"), left);
    site_free(&site);
}
END_TEST

/* What is called "at" afterwards is another thing than what was approved: by it every row is due,
 * also number 500, which is not. */
static const char *const meanings[] = {
    ("BEGIN; ALTER TABLE event RENAME at TO x; ALTER TABLE event RENAME other TO at;"
     "ALTER TABLE event RENAME x TO other; COMMIT"),
    "ALTER TABLE event DROP COLUMN at, ADD COLUMN at timestamptz NOT NULL DEFAULT '2020-01-01'",
    "ALTER TABLE event ALTER COLUMN at TYPE timestamptz USING other",
};

static struct site site_with_500(void)
{
    struct site site = plain_site();
    db_exec(site.admin,
            "ALTER TABLE event ADD COLUMN other timestamptz NOT NULL DEFAULT '2020-01-01'");
    db_exec(site.admin, "UPDATE event SET at = now() WHERE id = 500");
    return site;
}

/* Nothing goes by the new meaning until somebody has approved it; then everything does. */
static void suspended_until_approved(struct site *site)
{
    int64_t left = db_number(site->admin, "SELECT count(*) FROM event");
    ck_assert_int_eq(db_number(site->admin, "SELECT count(*) FROM event WHERE id = 500"), 1);
    ck_assert_int_eq(db_number(site->admin,
                               "SELECT count(*) FROM retention.category WHERE state = 'suspended' "
                               "AND changed_columns = '{public.event.at}'"),
                     1);
    site_once_expect(site, NULL, 5);
    ck_assert_int_eq(db_number(site->admin, "SELECT count(*) FROM event"), left);
    site_approve(site, "events", -1);
    site_once_expect(site, NULL, 0);
    ck_assert_int_eq(db_number(site->admin, "SELECT count(*) FROM event"), 0);
    check(site, 1000);
}

START_TEST(meaning_changed_during_a_run)
{
    struct site site = site_with_500();
    pid_t pid = stopped_at(&site, "batch_begins=stop:2");
    int64_t left = db_number(site.admin, "SELECT count(*) FROM event");
    ck_assert_int_gt(left, 1);
    db_script(site.admin, meanings[_i]);
    ck_assert_int_eq(go_on(pid), 1); /* a batch failed: its schema had changed */
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), left);
    suspended_until_approved(&site);
    site_free(&site);
}
END_TEST

START_TEST(meaning_changed_between_runs)
{
    struct site site = site_with_500();
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), 1);
    db_script(site.admin, meanings[_i]);
    site_once_expect(&site, NULL, 5);
    suspended_until_approved(&site);
    site_free(&site);
}
END_TEST

/* The text is loaded, the columns swap, then comes the approval: of what nobody has looked at. */
START_TEST(meaning_changed_before_approval)
{
    struct site site = plain_site();
    db_script(site.admin, "CREATE TABLE more (id int PRIMARY KEY, at timestamptz NOT NULL, other "
                          "timestamptz NOT NULL); CREATE INDEX ON more (at);"
                          "GRANT SELECT, DELETE, UPDATE ON more TO t_worker");
    site_policy(&site, "more", POLICY_MORE);
    site_once_expect(&site, NULL, 5);
    db_script(site.admin, "ALTER TABLE more RENAME at TO x; ALTER TABLE more RENAME other TO at;"
                          "ALTER TABLE more RENAME x TO other");
    ck_assert_str_eq(db_fails(site.approver,
                              "SELECT retention.approve_policy('more', (SELECT loaded_sha256 FROM "
                              "retention.category WHERE name = 'more'), NULL)"),
                     "RT011");
    site_free(&site);
}
END_TEST

/* VACUUM FULL moves every row to another place: the leaf starts over, and nothing is left. */
START_TEST(table_rewritten)
{
    struct site site = plain_site();
    pid_t pid = stopped_at(&site, "batch_begins=stop:4");
    db_exec(site.admin, "VACUUM FULL event");
    ck_assert_int_eq(go_on(pid), 0);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), 0);
    check(&site, 1000);
    site_free(&site);
}
END_TEST

/* Rows move behind the sweep: updated ones go to the end, or into the room that earlier batches and
 * VACUUM made. Passes are repeated until an independent count finds nothing. */
START_TEST(rows_move)
{
    struct site site = plain_site();
    pid_t pid = stopped_at(&site, "batch_begins=stop:4");
    db_exec(site.admin, "VACUUM event");
    db_exec(site.admin, "UPDATE event SET note = note || 'y'");
    ck_assert_int_eq(go_on(pid), 0);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), 0);
    check(&site, 1000);
    site_free(&site);
}
END_TEST

/* A leaf that is attached during the run is swept; one that is detached is left alone. */
START_TEST(leaf_attached)
{
    struct site site = partitioned_site();
    pid_t pid = stopped_at(&site, "batch_begins=stop:2");
    db_exec(site.admin, "ALTER TABLE event ATTACH PARTITION event_3 FOR VALUES FROM "
                        "('2020-03-01') TO ('2020-04-01')");
    ck_assert_int_eq(go_on(pid), 0);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), 0);
    check(&site, 1500);
    site_free(&site);
}
END_TEST

START_TEST(leaf_detached)
{
    struct site site = partitioned_site();
    pid_t pid = stopped_at(&site, "batch_begins=stop:1");
    db_exec(site.admin, "ALTER TABLE event DETACH PARTITION event_2");
    ck_assert_int_eq(go_on(pid), 0);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), 0);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event_2"), 500);
    ck_assert_int_eq(site_digests(&site, "public.event"), 500);
    site_check_log(&site);
    site_free(&site);
}
END_TEST

/* The same, and dropped at once: there is nothing to lock any more. */
START_TEST(leaf_dropped)
{
    struct site site = partitioned_site();
    pid_t pid = stopped_at(&site, "batch_begins=stop:1");
    db_exec(site.admin, "DROP TABLE event_2");
    ck_assert_int_eq(go_on(pid), 0);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), 0);
    ck_assert_int_eq(site_digests(&site, "public.event"), 500);
    site_check_log(&site);
    site_free(&site);
}
END_TEST

/* A hold that is placed while a batch stands before its action keeps everything that is left. */
START_TEST(hold_placed)
{
    struct site site = plain_site();
    pid_t pid = stopped_at(&site, "batch_begins=stop:2");
    int64_t left = db_number(site.admin, "SELECT count(*) FROM event");
    db_exec(site.admin, "SELECT retention.place_hold('2026-1', 'x', category => 'events')");
    ck_assert_int_eq(go_on(pid), 0);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), left);
    check(&site, 1000);
    site_free(&site);
}
END_TEST

/* The approval is gone in the middle of a run: the next batch is refused. */
START_TEST(approval_withdrawn)
{
    struct site site = plain_site();
    pid_t pid = stopped_at(&site, "batch_begins=stop:2");
    int64_t left = db_number(site.admin, "SELECT count(*) FROM event");
    db_exec(site.admin, "UPDATE retention.category SET state = 'suspended'");
    ck_assert_int_eq(go_on(pid), 5);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), left);
    check(&site, 1000);
    site_free(&site);
}
END_TEST

/* The application changes the start of a row while the worker's DELETE waits for it: judged anew,
 * the row is not due any more, and stays (P1). Late children of a parent that is locked do not
 * appear. */
START_TEST(start_changed_under_the_action)
{
    struct site site = plain_site();
    PGconn *application = db_connect(site.cluster, site.database, NULL);
    db_exec(application, "BEGIN");
    db_exec(application, "UPDATE event SET at = now() WHERE id = 500");
    pid_t pid = site_start(&site, "--once", NULL);
    db_wait_until(site.admin, "SELECT count(*) = 1 FROM event");
    db_exec(application, "COMMIT");
    ck_assert_int_eq(program_wait(pid), 0);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event WHERE id = 500"), 1);
    check(&site, 1000);
    PQfinish(application);
    site_free(&site);
}
END_TEST

/* The worker's DELETE waits for a row that the application has changed and not committed; then it
 * is committed. Whatever column of the row it was that decides, the row is judged anew, as it is
 * now. */
static const struct change {
    const char *only, *settings, *sql;
} changes[] = {
    {"", "", "UPDATE event SET at = now() WHERE id = 500"},
    {"", "", "UPDATE event SET at = NULL WHERE id = 500"},
    {"only = ( { column = \"kind\"; eq = \"call\"; } );", "",
     "UPDATE event SET kind = 'other' WHERE id = 500"},
    {"tenant = \"account\";",
     "agreements = ( { tenant = \"7\"; after = \"5 years\"; because = \"test\"; } );",
     "UPDATE event SET account = 7 WHERE id = 500"},
    {"tenant = \"account\";", "", "UPDATE event SET account = 8 WHERE id = 500"}, /* is paused */
    {"",
     "keep_while = ( { only = ( { column = \"starred\"; eq = true; } ); because = \"test\"; } );",
     "UPDATE event SET starred = true WHERE id = 500"},
    {"", "keep_at_least = ( { for = \"1 year\"; start = \"billed\"; because = \"test\"; } );",
     "UPDATE event SET billed = now() WHERE id = 500"},
};

START_TEST(changed_while_the_batch_waits)
{
    const struct change *change = &changes[_i];
    char *policy;
    struct site site = site_new_single(
        cluster_shared(),
        "CREATE TABLE event (id bigint PRIMARY KEY, at timestamptz, kind text NOT NULL, account "
        "int "
        "NOT NULL, starred boolean NOT NULL, billed timestamptz NOT NULL);"
        "CREATE INDEX ON event (at);"
        "INSERT INTO event SELECT i, now() - interval '40 days', 'call', 1, false, now() - "
        "interval "
        "'3 years' FROM generate_series(1, 1000) i;"
        "INSERT INTO retention.pause (scope, name, reason, paused_by) VALUES ('tenant', '8', 'x', "
        "'x')",
        "pace: { batch_rows = 100; };");
    /* nobody gives up before the application has committed */
    char *settings = file_read(site.config);
    char *database = strstr(settings, "connections = 1;");
    ck_assert_ptr_nonnull(database);
    char *text;
    ck_assert_int_ge(asprintf(&text,
                              "%.*slock_timeout = \"10 s\"; statement_timeout = \"60 s\"; %s",
                              (int)(database - settings), settings, database),
                     0);
    free(file_write(site.directory, "retentiond.cfg", text));
    ck_assert_int_ge(
        asprintf(&policy,
                 "  data: { table = \"public.event\"; start = \"at\"; %s };\n  %s\n"
                 "  stages = ( { name = \"gone\"; after = \"30 days\"; do = \"delete\"; "
                 "} );\n"
                 "  brake: { fraction = 1.0; tenant_fraction = 1.0; };\n",
                 change->only, change->settings),
        0);
    site_policy(&site, "events", policy);
    site_load_and_approve(&site, "events", -1);
    PGconn *application = db_connect(site.cluster, site.database, NULL);
    db_exec(application, "BEGIN");
    db_exec(application, "%s", change->sql);
    pid_t pid = site_start(&site, "--once", NULL);
    db_wait_until(site.admin,
                  "SELECT count(*) = 1 FROM pg_stat_activity WHERE usename = 't_worker' "
                  "AND wait_event_type = 'Lock' AND query LIKE '%%DELETE FROM ONLY%%'");
    db_exec(application, "COMMIT");
    ck_assert_int_eq(program_wait(pid), 0);
    char *left = db_value(site.admin, "SELECT string_agg(id::text, ' ') FROM event");
    ck_assert_str_eq(left ? left : "none", "500");
    check(&site, 1000);
    free(left);
    free(policy);
    free(settings);
    free(text);
    PQfinish(application);
    site_free(&site);
}
END_TEST

#endif

Suite *suite_engine_schema(void)
{
    Suite *suite = suite_create("engine_schema");
#ifdef ENABLE_FAULT_POINTS
    TCase *tc = tcase_create("changes");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, column_added);
    tcase_add_test(tc, cascade_added);
    tcase_add_test(tc, table_rewritten);
    tcase_add_test(tc, rows_move);
    tcase_add_test(tc, leaf_attached);
    tcase_add_test(tc, leaf_detached);
    tcase_add_test(tc, leaf_dropped);
    tcase_add_test(tc, hold_placed);
    tcase_add_test(tc, approval_withdrawn);
    tcase_add_test(tc, start_changed_under_the_action);
    tcase_add_loop_test(tc, changed_while_the_batch_waits, 0,
                        (int)(sizeof(changes) / sizeof(changes[0])));
    suite_add_tcase(suite, tc);
    tc = tcase_create("meanings");
    tcase_set_timeout(tc, 300);
    tcase_add_loop_test(tc, meaning_changed_during_a_run, 0,
                        (int)(sizeof(meanings) / sizeof(*meanings)));
    tcase_add_loop_test(tc, meaning_changed_between_runs, 0,
                        (int)(sizeof(meanings) / sizeof(*meanings)));
    tcase_add_test(tc, meaning_changed_before_approval);
    suite_add_tcase(suite, tc);
#endif
    return suite;
}
