/* Holds placed while applications write to guarded tables, and the guard in the worker's rounds. */
#define _GNU_SOURCE
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "guard_support.h"
#include "harness/cluster.h"
#include "harness/db.h"
#include "hold_support.h"
#include "sql_support.h"

static struct guard_site site;
static PGconn *app, *legal;

static void setup(void)
{
    site = guard_site_new(cluster_shared(), "refuse");
    app = guard_site_connect(&site, "g_app");
    legal = guard_site_connect(&site, "t_legal");
}

static void teardown(void)
{
    PQfinish(app);
    PQfinish(legal);
    guard_site_free(&site);
}

static void hold_recording_5(void)
{
    guard_hold(site.admin, "recordings", "subject => 'phone:+14105550005'", '5');
}

/* A transaction takes its snapshot; the hold is placed; the transaction deletes what is held. In
 * READ COMMITTED the guard sees the hold. The others cannot see it, and fail for that (40001), so
 * that they are repeated; begun anew, they see it. */
START_TEST(began_before_the_hold)
{
    static const struct {
        const char *level, *expect;
    } cases[] = {
        {"READ COMMITTED", "RT012"}, {"REPEATABLE READ", "40001"}, {"SERIALIZABLE", "40001"}};
    PGconn *conns[3];
    for (int i = 0; i < 3; i++) {
        conns[i] = guard_site_connect(&site, "g_app");
        db_exec(conns[i], "BEGIN ISOLATION LEVEL %s", cases[i].level);
        ck_assert_int_eq(db_number(conns[i], "SELECT count(*) FROM ctm.recording"), 100);
    }
    hold_recording_5();
    for (int i = 0; i < 3; i++) {
        ck_assert_msg(strcmp(db_fails(conns[i], "DELETE FROM ctm.recording WHERE recording_id = 5"),
                             cases[i].expect) == 0,
                      "%s", cases[i].level);
        db_exec(conns[i], "ROLLBACK");
        db_exec(conns[i], "BEGIN ISOLATION LEVEL %s", cases[i].level);
        ck_assert_str_eq(db_fails(conns[i], "DELETE FROM ctm.recording WHERE recording_id = 5"),
                         "RT012");
        db_exec(conns[i], "ROLLBACK");
        PQfinish(conns[i]);
    }
}
END_TEST

/* The same by the row triggers of a partitioned table, and by place_hold itself. */
START_TEST(began_before_place_hold)
{
    db_exec(app, "BEGIN ISOLATION LEVEL REPEATABLE READ");
    ck_assert_int_eq(db_number(app, "SELECT count(*) FROM ctm.message"), 100);
    free(db_value(legal, "SELECT retention.place_hold('M', 'r', category => 'messages')"));
    ck_assert_str_eq(db_fails(app, "DELETE FROM ctm.message WHERE id = 6"), "40001");
    db_exec(app, "ROLLBACK");
    ck_assert_str_eq(db_fails(app, "DELETE FROM ctm.message WHERE id = 6"), "RT012");
}
END_TEST

static void send(PGconn *conn, const char *sql)
{
    ck_assert_msg(PQsendQuery(conn, sql) == 1, "%s", PQerrorMessage(conn));
}

/* The SQLSTATE of the last result, "" where all went well. */
static const char *receive(PGconn *conn)
{
    static char state[6];
    PGresult *r;
    state[0] = '\0';
    while ((r = PQgetResult(conn))) {
        const char *code = PQresultErrorField(r, PG_DIAG_SQLSTATE);
        if (code)
            snprintf(state, sizeof(state), "%s", code);
        PQclear(r);
    }
    return state;
}

static void wait_for_gate(int waiting)
{
    db_wait_until(site.admin,
                  "SELECT count(*) = %d FROM pg_locks WHERE relation = "
                  "'retention.hold_gate'::regclass AND NOT granted",
                  waiting);
}

#define PLACE "SELECT retention.place_hold('M', 'r', category => 'recordings')"

/* An application has deleted a record and not committed yet. Placing waits for it: what it says is
 * held afterwards is held, and what went before is gone. */
START_TEST(placing_waits_for_writers)
{
    db_exec(app, "BEGIN");
    db_exec(app, "DELETE FROM ctm.recording WHERE recording_id = 5");
    send(legal, PLACE);
    wait_for_gate(1);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM retention.hold"), 0);
    db_exec(app, "COMMIT");
    ck_assert_str_eq(receive(legal), "");
    ck_assert_str_eq(db_fails(app, "DELETE FROM ctm.recording WHERE recording_id = 6"), "RT012");
}
END_TEST

/* A hold is placed and not committed. Who deletes waits, and is then refused. */
START_TEST(writers_wait_for_placing)
{
    db_exec(legal, "BEGIN");
    free(db_value(legal, PLACE));
    send(app, "DELETE FROM ctm.recording WHERE recording_id = 5");
    wait_for_gate(1);
    db_exec(legal, "COMMIT");
    ck_assert_str_eq(receive(app), "RT012");
}
END_TEST

/* A writer keeps the gate and a row; placing waits for the gate; a second writer has another row
 * and waits for the gate behind it; the first wants that row. Nobody fails: PostgreSQL lets the
 * second go before the placing, whom it does not disturb. */
START_TEST(no_circle_with_placing)
{
    PGconn *second = guard_site_connect(&site, "g_app");
    db_exec(app, "BEGIN");
    db_exec(app, "DELETE FROM ctm.visit WHERE visitor = 'v5'");
    send(legal, "SELECT retention.place_hold('M', 'r', category => 'visits')");
    wait_for_gate(1);
    send(second, "BEGIN; UPDATE ctm.visit SET at = at WHERE visitor = 'v6'; COMMIT");
    wait_for_gate(2);
    db_exec(app, "UPDATE ctm.visit SET at = at WHERE visitor = 'v6'");
    db_exec(app, "COMMIT");
    ck_assert_str_eq(receive(second), "");
    ck_assert_str_eq(receive(legal), "");
    PQfinish(second);
}
END_TEST

/* ---- many writers ---- */

enum { CLIENTS = 16, PLACINGS = 12 };

static void write_for_ever(int number)
{
    char sql[1024];
    PGconn *conn = guard_site_connect(&site, "g_app");
    for (int i = 0;; i++) {
        snprintf(sql, sizeof(sql),
                 "BEGIN ISOLATION LEVEL %s; UPDATE ctm.recording SET note = 'c%d' WHERE "
                 "recording_id = %d; DELETE FROM ctm.message WHERE id = %d; UPDATE ctm.message SET "
                 "sender = 'n' WHERE id = %d; COMMIT",
                 i % 4 ? "READ COMMITTED" : "REPEATABLE READ", i, 1 + number, 50 + number,
                 70 + number);
        PGresult *r = PQexec(conn, sql);
        if (PQstatus(conn) != CONNECTION_OK)
            _exit(0);
        if (PQresultStatus(r) != PGRES_COMMAND_OK)
            PQclear(PQexec(conn, "ROLLBACK"));
        PQclear(r);
    }
}

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* Sixteen clients write guarded tables without a pause, some in REPEATABLE READ, which lock
 * hold_change's row: placing comes through all the same, each time. The clients go on until it has;
 * a starved one would wait for ever. */
START_TEST(writers_do_not_starve_placing)
{
    pid_t clients[CLIENTS];
    for (int i = 0; i < CLIENTS; i++) {
        clients[i] = fork();
        if (clients[i] == 0)
            write_for_ever(i);
    }
    db_wait_until(site.admin,
                  "SELECT count(*) = %d FROM pg_stat_activity WHERE usename = 'g_app' "
                  "AND backend_type = 'client backend' AND query <> ''",
                  CLIENTS);
    printf("placing beside %d writers, ms:", CLIENTS);
    for (int i = 0; i < PLACINGS; i++) {
        double before = now_ms();
        free(db_value(legal, "SELECT retention.place_hold('M', 'r', category => 'visits')"));
        printf(" %.1f", now_ms() - before);
    }
    printf("\n");
    for (int i = 0; i < CLIENTS; i++) {
        kill(clients[i], SIGKILL);
        waitpid(clients[i], NULL, 0);
    }
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM retention.hold"), PLACINGS);
}
END_TEST

/* ---- the worker ---- */

static char *run(int exit_code)
{
    return guard_site_run(&site, NULL, exit_code, (const char *const[]){"run", NULL});
}

static char *guard_story(void)
{
    return db_value(
        site.admin,
        "SELECT coalesce(string_agg(substring(entry FROM '\\n(?:what|code) ([^\\n]*)'), "
        "' ' ORDER BY id), '') FROM retention.log_entry WHERE category = 'recordings' "
        "AND type IN ('guard', 'anomaly')");
}

static void expect_story(const char *expected)
{
    char *story = guard_story();
    ck_assert_str_eq(story, expected);
    free(story);
}

/* Its batches are not asked row by row, and a guard changes nothing of what goes and what stays. */
START_TEST(batches_pass)
{
    hold_recording_5();
    guard_hold(site.admin, "messages", "subject => 'email:s6@x.org'", '6');
    db_exec(site.admin, "ALTER DATABASE %s SET track_functions = 'pl'", site.database);
    free(run(0));
    ck_assert_int_eq(db_number(site.admin, "SELECT recording_id FROM ctm.recording WHERE kind = "
                                           "'call'"),
                     5);
    ck_assert_int_eq(db_number(site.admin, "SELECT transcript_id FROM ctm.transcript WHERE "
                                           "recording_id <> 13"),
                     5);
    ck_assert_int_eq(db_number(site.admin, "SELECT id FROM ctm.message"), 6);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM ctm.visit"), 0);
    db_wait_until(site.admin, "SELECT count(*) > 0 FROM pg_stat_user_functions WHERE schemaname = "
                              "'retention' AND funcname = 'begin_batch'");
    /* What changes records is tried first, on a few, outside of batches: that asks four functions.
     * Batches would ask those of the other tables, too. */
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM pg_stat_user_functions WHERE "
                                           "schemaname = 'retention_guard'"),
                     4);
    expect_story("installed");
}
END_TEST

/* The recordings' policy accepts trigger "gone", and is approved with it. */
static void accept_gone(void)
{
    static const char before[] = "  guard = \"refuse\";\n";
    struct catalog *catalog = sql_support_catalog(site.admin);
    char line[160] = "";
    for (size_t t = 0; t < catalog->table_count; t++)
        for (size_t i = 0; i < catalog->tables[t].trigger_count; i++)
            if (strcmp(catalog->tables[t].triggers[i].name, "gone") == 0)
                snprintf(line, sizeof(line), "  accept_triggers = [ \"gone:%s\" ];\n",
                         catalog->tables[t].triggers[i].sha256);
    catalog_free(catalog);
    char *directory _cleanup_free_ = NULL, *path _cleanup_free_ = NULL, *new _cleanup_free_ = NULL;
    ck_assert_int_gt(asprintf(&directory, "%s/policies", site.directory), 0);
    ck_assert_int_gt(asprintf(&path, "%s/all.cfg", directory), 0);
    char *old _cleanup_free_ = file_read(path);
    char *rest = strstr(old, before); /* of the first category */
    ck_assert_int_gt(asprintf(&new, "%.*s%s%s", (int)(rest - old), old, line, rest), 0);
    free(file_write(directory, "all.cfg", new));
    free(guard_site_run(&site, NULL, 0, (const char *const[]){"policy", "load", NULL}));
    free(guard_site_run(&site, "t_approver", 0,
                        (const char *const[]){"policy", "approve", "recordings", NULL}));
}

/* What an accepted trigger does in a batch is judged like anybody's: with recording n it deletes
 * message n and visitor n, none of them due. Message 6 and visitor 8 are held, so recordings 6 and
 * 8 are set aside. All others go, and their dependants, which the cascade below the batch finds
 * gone already. */
START_TEST(triggers_in_batches)
{
    db_exec(site.admin, "UPDATE ctm.message SET at = now()");
    db_exec(site.admin, "UPDATE ctm.visit SET at = now()");
    hold_recording_5();
    guard_hold(site.admin, "messages", "subject => 'email:s6@x.org'", '6');
    guard_hold(site.admin, "visits", "subject => 'visitor:v8'", '8');
    db_script(site.admin,
              "CREATE FUNCTION ctm.gone() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ "
              "BEGIN DELETE FROM ctm.message WHERE id = OLD.recording_id; DELETE FROM ctm.visit "
              "WHERE visitor = 'v' || OLD.recording_id; RETURN NULL; END $$;"
              "CREATE TRIGGER gone AFTER DELETE ON ctm.recording FOR EACH ROW EXECUTE FUNCTION "
              "ctm.gone()");
    accept_gone();
    free(run(0));
    ck_is("5 6 8 13", site.admin,
          "SELECT string_agg(recording_id::text, ' ' ORDER BY recording_id) FROM ctm.recording");
    ck_is("5 6 8 13", site.admin,
          "SELECT string_agg(recording_id::text, ' ' ORDER BY recording_id) FROM ctm.transcript");
    ck_is("5 6 8 13", site.admin, "SELECT string_agg(id::text, ' ' ORDER BY id) FROM ctm.message");
    ck_is("v0 v13 v5 v6 v8", site.admin,
          "SELECT string_agg(DISTINCT visitor, ' ' ORDER BY visitor) FROM ctm.visit");
    ck_is("RT012 RT012", site.admin,
          "SELECT string_agg(sqlstate, ' ') FROM retention.blocked_record WHERE category = "
          "'recordings'");
}
END_TEST

/* Taken away and put back between two runs: the triggers are as they should be, and not the ones
 * that were there. What setup prints, VACUUM, and partitions that go are no news. */
START_TEST(taken_away_and_put_back)
{
    static const char story[] =
        "SELECT coalesce(string_agg(substring(entry FROM '\\n(?:what|code) ([^\\n]*)'), ' ' ORDER "
        "BY id), '') FROM retention.log_entry WHERE category = 'messages' AND type IN ('guard', "
        "'anomaly')";
    free(run(0));
    expect_story("installed");
    db_exec(site.admin, "VACUUM FULL pg_trigger");
    db_exec(site.admin, "VACUUM FREEZE pg_trigger");
    guard_site_setup(&site, NULL, false);
    free(run(0));
    expect_story("installed");
    db_script(
        site.admin,
        "BEGIN; ALTER TABLE ctm.recording DISABLE TRIGGER USER; DELETE FROM ctm.word WHERE "
        "transcript_id = 4; DO $$DECLARE t name; BEGIN FOR t IN SELECT tgname FROM pg_trigger "
        "WHERE tgrelid = 'ctm.recording'::regclass AND NOT tgisinternal LOOP EXECUTE format("
        "'ALTER TABLE ctm.recording ENABLE ALWAYS TRIGGER %I', t); END LOOP; END$$; COMMIT");
    free(run(0));
    expect_story("installed disabled guard.disabled installed");
    guard_site_setup(&site, NULL, false);
    free(run(0));
    expect_story("installed disabled guard.disabled installed");
    db_script(site.admin, "ALTER TABLE ctm.message DETACH PARTITION ctm.message_us");
    free(run(0));
    char *seen = db_value(site.admin, story);
    ck_assert_str_eq(seen, "installed");
    free(seen);
    db_script(site.admin,
              "ALTER TABLE ctm.message DETACH PARTITION ctm.message_eu;"
              "ALTER TABLE ctm.message ATTACH PARTITION ctm.message_eu FOR VALUES IN ('eu');"
              "DO $$DECLARE t name; BEGIN FOR t IN SELECT tgname FROM pg_trigger WHERE tgrelid = "
              "'ctm.message_eu'::regclass AND tgname LIKE '%retention_guard_%' LOOP EXECUTE format("
              "'ALTER TABLE ctm.message_eu ENABLE ALWAYS TRIGGER %I', t); END LOOP; END$$");
    free(run(0));
    seen = db_value(site.admin, story);
    ck_assert_str_eq(seen, "installed disabled guard.disabled installed");
    free(seen);
}
END_TEST

/* What is not as it should be is told in the log once, and by status until it is mended. The
 * category runs: its batches ask for holds themselves. */
START_TEST(found_missing)
{
    static const struct {
        const char *harm, *problem;
    } cases[] = {
        {"ALTER TABLE ctm.recording DISABLE TRIGGER USER", "is disabled"},
        {"ALTER TABLE ctm.transcript ENABLE TRIGGER USER", "is not enabled to fire always"},
        {"DO $$BEGIN EXECUTE (SELECT format('DROP TRIGGER %I ON ctm.word', tgname) FROM pg_trigger "
         "WHERE tgrelid = 'ctm.word'::regclass AND tgname LIKE '%retention_guard_update%' "
         "ORDER BY tgname LIMIT 1); END$$",
         "is missing"},
        {"DO $$DECLARE t record; BEGIN SELECT tgname, tgfoid::regproc AS f INTO t FROM pg_trigger "
         "WHERE tgrelid = 'ctm.recording'::regclass AND tgname LIKE '%retention_guard_delete%';"
         "EXECUTE format('CREATE OR REPLACE TRIGGER %I AFTER DELETE ON ctm.recording REFERENCING "
         "OLD TABLE AS old_rows FOR EACH STATEMENT WHEN (false) EXECUTE FUNCTION %s()', t.tgname, "
         "t.f);"
         "EXECUTE format('ALTER TABLE ctm.recording ENABLE ALWAYS TRIGGER %I', t.tgname); END$$",
         "is not as it should be"},
        {"DO $$BEGIN EXECUTE (SELECT format('CREATE OR REPLACE FUNCTION %s() RETURNS trigger "
         "LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET row_security "
         "= off AS ''BEGIN RETURN NULL; END''', tgfoid::regproc) FROM pg_trigger WHERE tgrelid = "
         "'ctm.recording'::regclass AND tgname LIKE '%retention_guard_delete%' "
         "ORDER BY tgname LIMIT 1); END$$",
         "is not as it should be"},
    };
    free(run(0));
    expect_story("installed");
    hold_recording_5();
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        db_script(site.admin, cases[i].harm);
        db_exec(site.admin,
                "INSERT INTO ctm.recording (recording_id, kind, at) VALUES (%zu, "
                "'call', now() - interval '1 year')",
                1000 + i);
        char *said = run(0);
        free(said);
        ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM ctm.recording WHERE "
                                               "recording_id >= 1000"),
                         0); /* it ran */
        char *problem =
            db_value(site.admin, "SELECT cause FROM retention.compliance WHERE category "
                                 "= 'recordings' AND failing");
        ck_assert_msg(strstr(problem, "guard not in place: trigger \"") == problem &&
                          strstr(problem, "retention_guard_") && strstr(problem, cases[i].problem),
                      "%s", problem);
        free(problem);
        said = guard_site_run(&site, "t_operator", 4,
                              (const char *const[]){"status", "--check", NULL});
        free(said);
        free(run(0)); /* told once */
        expect_story("installed disabled guard.disabled");
        guard_site_setup(&site, NULL, false);
        free(run(0));
        expect_story("installed disabled guard.disabled installed");
        ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM retention.compliance WHERE "
                                               "failing"),
                         0);
        db_script(site.admin,
                  "ALTER TABLE retention.log_entry DISABLE TRIGGER USER;"
                  "DELETE FROM retention.log_entry WHERE type IN ('guard', 'anomaly') AND id > "
                  "(SELECT min(id) FROM retention.log_entry WHERE type = 'guard' AND category = "
                  "'recordings');"
                  "ALTER TABLE retention.log_entry ENABLE TRIGGER USER;");
    }
}
END_TEST

/* setup --remove takes all of it away. */
START_TEST(removed)
{
    free(run(0));
    guard_site_setup(&site, "g_owner", true);
    guard_site_setup(&site, NULL, true);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM pg_proc p JOIN pg_namespace n ON "
                                           "n.oid = p.pronamespace WHERE n.nspname = "
                                           "'retention_guard'"),
                     0);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM pg_trigger WHERE tgname LIKE "
                                           "'%%retention\\_guard%%'"),
                     0);
}
END_TEST

/* The owner of the tables runs the script, the installer did before: each does what is theirs. */
START_TEST(by_several_people)
{
    guard_site_setup(&site, NULL, true);
    char *said = guard_site_run(&site, NULL, 3, (const char *const[]){"check", NULL});
    free(said);
    guard_site_setup(&site, "g_owner", false); /* the functions are not there yet: left out */
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM pg_trigger WHERE tgname LIKE "
                                           "'%%retention\\_guard%%'"),
                     0);
    said = guard_site_run(&site, NULL, 0, (const char *const[]){"check", NULL});
    ck_assert_msg(strstr(said, "the guard of \"recordings\" is not in place"), "%s", said);
    free(said);
    db_script(site.admin, "DO $$BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = "
                          "'g_installer') THEN CREATE ROLE g_installer LOGIN; END IF; END$$;"
                          "GRANT retention_owner TO g_installer");
    guard_site_setup(&site, "g_installer", false);
    guard_site_setup(&site, "g_owner", false);
    said = guard_site_run(&site, NULL, 0, (const char *const[]){"check", NULL});
    ck_assert_msg(!strstr(said, "the guard of"), "%s", said);
    free(said);
}
END_TEST

Suite *suite_guard_races(void)
{
    Suite *suite = suite_create("guard_races");
    TCase *tc = tcase_create("races");
    tcase_set_timeout(tc, 300);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, began_before_the_hold);
    tcase_add_test(tc, began_before_place_hold);
    tcase_add_test(tc, placing_waits_for_writers);
    tcase_add_test(tc, writers_wait_for_placing);
    tcase_add_test(tc, no_circle_with_placing);
    tcase_add_test(tc, writers_do_not_starve_placing);
    suite_add_tcase(suite, tc);
    tc = tcase_create("rounds");
    tcase_set_timeout(tc, 300);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, batches_pass);
    tcase_add_test(tc, triggers_in_batches);
    tcase_add_test(tc, taken_away_and_put_back);
    tcase_add_test(tc, found_missing);
    tcase_add_test(tc, removed);
    tcase_add_test(tc, by_several_people);
    suite_add_tcase(suite, tc);
    return suite;
}
