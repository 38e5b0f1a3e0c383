/* The guard: which operations on held records it refuses, by role and isolation level.
 *
 * Each row of the table is tried in a transaction of its own as the application, the tables' owner,
 * the worker's role (outside of a batch) and a superuser, in READ COMMITTED, REPEATABLE READ and
 * SERIALIZABLE, and rolled back. Held are, of ctm.recording: 5 (by its caller), 7, 17, 27 ... (by
 * the account's address), 8, 18, 28 ... (by the tenant), 9 (by its key), all that began before 2001
 * (3 did); of ctm.message: 6; of ctm.visit: "v3", two rows that are the same; of ctm.session and
 * ctm.purchase: 5 (by what its event or line says), and those that ended in March 2020 (61 to 91).
 */
#define _GNU_SOURCE
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "guard_support.h"
#include "harness/cluster.h"
#include "harness/db.h"

static struct guard_site site;

static const char *const people[] = {"g_app", "g_owner", "t_worker", "postgres"};
static const char *const levels[] = {"READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"};
enum { APP = 1, OWNER = 2, WORKER = 4, SUPERUSER = 8, ALL = 15, PEOPLE = 4, LEVELS = 3 };

#define HELD "RT012"
#define FREE ""
/* the session began no batch: currval() of a sequence that was not asked */
#define FORGED "55000"

struct operation {
    const char *sql;
    const char *expect; /* SQLSTATE, "" where it goes through */
    unsigned who;
    const char *before; /* in the same transaction, must go through; or NULL */
};

#define NEW_SESSION "INSERT INTO ctm.site VALUES (105); INSERT INTO ctm.session VALUES (105, 'x')"
#define NEW_ORDER   "INSERT INTO ctm.purchase VALUES (105, 'x')"

/* clang-format off */
static const struct operation operations[] = {
    /* records by each shape of scope */
    {"DELETE FROM ctm.recording WHERE recording_id = 5", HELD, ALL, NULL},
    {"DELETE FROM ctm.recording WHERE recording_id = 7", HELD, ALL, NULL},
    {"DELETE FROM ctm.recording WHERE recording_id = 18", HELD, ALL, NULL},
    {"DELETE FROM ctm.recording WHERE recording_id = 9", HELD, ALL, NULL},
    {"DELETE FROM ctm.recording WHERE recording_id = 3", HELD, ALL, NULL},
    {"DELETE FROM ctm.recording WHERE recording_id = 4", FREE, ALL, NULL},
    {"DELETE FROM ctm.recording WHERE recording_id = 1000", FREE, ALL, NULL},
    {"DELETE FROM ctm.recording WHERE recording_id IN (4, 6, 9)", HELD, ALL, NULL},
    {"DELETE FROM ctm.recording", HELD, ALL, NULL},
    {"DELETE FROM ONLY ctm.recording WHERE recording_id = 5", HELD, ALL, NULL},
    /* of another kind than the category takes, though its account's tenant is not held */
    {"DELETE FROM ctm.recording WHERE recording_id = 13", FREE, ALL, NULL},
    /* what decides, and what does not */
    {"UPDATE ctm.recording SET caller = '+15550000000' WHERE recording_id = 5", HELD, ALL, NULL},
    {"UPDATE ctm.recording SET caller = NULL WHERE recording_id = 5", HELD, ALL, NULL},
    {"UPDATE ctm.recording SET account_id = 1 WHERE recording_id = 8", HELD, ALL, NULL},
    {"UPDATE ctm.recording SET at = now() WHERE recording_id = 3", HELD, ALL, NULL},
    {"UPDATE ctm.recording SET kind = 'fax' WHERE recording_id = 5", HELD, ALL, NULL},
    {"UPDATE ctm.recording SET note = 'y' WHERE recording_id = 5", FREE, ALL, NULL},
    {"UPDATE ctm.recording SET caller = caller, note = 'y'", FREE, ALL, NULL},
    {"UPDATE ctm.recording SET caller = '+15550000000' WHERE recording_id = 4", FREE, ALL, NULL},
    /* to a held value is fine; and then it is held */
    {"UPDATE ctm.recording SET caller = '410 555-0005' WHERE recording_id = 4", FREE, ALL, NULL},
    {"DELETE FROM ctm.recording WHERE recording_id = 4", HELD, ALL,
     "UPDATE ctm.recording SET caller = '(410) 555-0005' WHERE recording_id = 4"},
    {"UPDATE ctm.message SET id = 1006 WHERE id = 6", HELD, ALL, NULL},
    /* what a stage changes, and the mark that says that it did, due or not; also to what the stage
     * would make of it */
    {"UPDATE ctm.recording SET place = NULL WHERE recording_id = 5", HELD, ALL, NULL},
    {"UPDATE ctm.recording SET place = 'Rome' WHERE recording_id = 17", HELD, ALL, NULL},
    {"UPDATE ctm.recording SET zip = '123' WHERE recording_id = 18", HELD, ALL, NULL},
    {"UPDATE ctm.recording SET coarse = true WHERE recording_id = 9", HELD, ALL, NULL},
    {"UPDATE ctm.recording SET place = NULL, zip = NULL, coarse = true WHERE recording_id = 4", FREE,
     ALL, NULL},
    {"UPDATE ctm.recording SET place = place, zip = zip, coarse = coarse, note = 'y'", FREE, ALL,
     NULL},
    {"UPDATE ctm.recording SET zip = '1' || zip", HELD, ALL, NULL},
    {"UPDATE ctm.transcript SET speaker = NULL WHERE transcript_id = 5", HELD, ALL, NULL},
    {"UPDATE ctm.transcript SET speaker = NULL WHERE transcript_id = 4", FREE, ALL, NULL},
    {"UPDATE ctm.message SET spot = NULL WHERE id = 6", HELD, ALL, NULL},
    {"UPDATE ctm.message_eu SET score = 40 WHERE id = 6", HELD, ALL, NULL},
    {"UPDATE ctm.message SET spot = NULL, score = 40 WHERE id = 8", FREE, ALL, NULL},
    {"UPDATE ctm.message SET spot = spot || '{}', score = score", FREE, ALL, NULL},
    {"UPDATE ctm.visit SET page = NULL WHERE visitor = 'v3'", HELD, ALL, NULL},
    {"UPDATE ctm.visit SET page = NULL WHERE visitor = 'v4'", FREE, ALL, NULL},
    {"INSERT INTO ctm.recording (recording_id, kind) VALUES (5, 'call') "
     "ON CONFLICT (recording_id) DO UPDATE SET place = ''", HELD, ALL, NULL},
    {"UPDATE ctm.account SET name = 'x'", FREE, ALL, NULL},
    /* however few digits the session prints */
    {"UPDATE ctm.message SET score = 44.4 WHERE id = 6", HELD, ALL,
     "SET LOCAL extra_float_digits = -15"},
    {"UPDATE ctm.message SET spot = '{51.4, -2.4}' WHERE id = 6", HELD, ALL,
     "SET LOCAL extra_float_digits = -15"},
    /* the second of two statements */
    {"DELETE FROM ctm.recording WHERE recording_id = 5", HELD, ALL,
     "DELETE FROM ctm.recording WHERE recording_id = 4"},
    /* dependants */
    {"DELETE FROM ctm.transcript WHERE transcript_id = 5", HELD, ALL, NULL},
    {"DELETE FROM ctm.transcript WHERE transcript_id = 4", FREE, ALL, NULL},
    {"UPDATE ctm.transcript SET recording_id = 4 WHERE transcript_id = 5", HELD, ALL, NULL},
    {"UPDATE ctm.transcript SET transcript_id = 1005 WHERE transcript_id = 1",
     "23503", ALL, NULL},
    {"UPDATE ctm.transcript SET recording_id = 5 WHERE transcript_id = 4", FREE, ALL, NULL},
    {"UPDATE ctm.transcript SET body = 'y' WHERE transcript_id = 5", FREE, ALL, NULL},
    {"DELETE FROM ctm.word WHERE transcript_id = 5", HELD, ALL, NULL},
    {"DELETE FROM ctm.word WHERE transcript_id = 4", FREE, ALL, NULL},
    {"UPDATE ctm.word SET n = 2 WHERE transcript_id = 5", HELD, ALL, NULL},
    {"UPDATE ctm.word SET word = 'y' WHERE transcript_id = 5", FREE, ALL, NULL},
    {"INSERT INTO ctm.word VALUES (5, 2, 'y')", FREE, ALL, NULL},
    /* cascades */
    {"DELETE FROM ctm.import WHERE import_id = 5", HELD, ALL, NULL},
    {"DELETE FROM ctm.import WHERE import_id = 4", FREE, ALL, NULL},
    {"DELETE FROM ctm.agent WHERE agent_id = 5", FREE, ALL, NULL},
    {"UPDATE ctm.account SET account_id = 1008 WHERE account_id = 8", HELD, ALL, NULL},
    {"UPDATE ctm.account SET account_id = 1000 WHERE account_id = 0", FREE, ALL, NULL},
    /* a parent that gives a subject */
    {"UPDATE ctm.account SET email = 'x' WHERE account_id = 7", HELD, ALL, NULL},
    {"UPDATE ctm.account SET email = 'x' WHERE account_id = 6", FREE, ALL, NULL},
    {"UPDATE ctm.account SET name = 'x' WHERE account_id = 7", FREE, ALL, NULL},
    /* TRUNCATE, in whatever way */
    {"TRUNCATE ctm.recording CASCADE", HELD, ALL, NULL},
    {"TRUNCATE ctm.word", HELD, ALL, NULL},
    {"TRUNCATE ctm.account CASCADE", HELD, ALL, NULL},
    {"TRUNCATE ctm.message", HELD, ALL, NULL},
    {"TRUNCATE ctm.message_us", HELD, ALL, NULL},
    {"TRUNCATE ctm.agent CASCADE", HELD, ALL, NULL},
    /* other ways to write */
    {"MERGE INTO ctm.recording r USING (VALUES (5)) v (id) ON r.recording_id = v.id "
     "WHEN MATCHED THEN DELETE", HELD, ALL, NULL},
    {"MERGE INTO ctm.recording r USING (VALUES (5)) v (id) ON r.recording_id = v.id "
     "WHEN MATCHED THEN UPDATE SET caller = ''", HELD, ALL, NULL},
    {"MERGE INTO ctm.recording r USING (VALUES (4)) v (id) ON r.recording_id = v.id "
     "WHEN MATCHED THEN DELETE", FREE, ALL, NULL},
    {"INSERT INTO ctm.recording (recording_id, kind) VALUES (5, 'call') "
     "ON CONFLICT (recording_id) DO UPDATE SET caller = ''", HELD, ALL, NULL},
    {"INSERT INTO ctm.recording (recording_id, kind) VALUES (5, 'call') "
     "ON CONFLICT (recording_id) DO UPDATE SET note = ''", FREE, ALL, NULL},
    {"INSERT INTO ctm.message VALUES ('eu', 6) ON CONFLICT (region, id) DO UPDATE SET sender = ''",
     HELD, ALL, NULL},
    {"INSERT INTO ctm.recording (recording_id, caller, kind) VALUES (1005, '+14105550005', 'call')",
     FREE, ALL, NULL},
    {"DELETE FROM ctm.calls WHERE recording_id = 5", HELD, ALL, NULL},
    {"DELETE FROM ctm.calls WHERE recording_id = 4", FREE, ALL, NULL},
    {"UPDATE ctm.calls SET caller = '' WHERE recording_id = 5", HELD, ALL, NULL},
    {"WITH d AS (DELETE FROM ctm.recording WHERE recording_id = 5 RETURNING 1) SELECT * FROM d",
     HELD, ALL, NULL},
    {"WITH w AS (DELETE FROM ctm.word WHERE transcript_id = 5), t AS (DELETE FROM ctm.transcript "
     "WHERE transcript_id = 5) DELETE FROM ctm.recording WHERE recording_id = 5", HELD, ALL, NULL},
    {"SELECT ctm.forget(5)", HELD, ALL, NULL},
    {"DELETE FROM ctm.recording WHERE CURRENT OF c", HELD, ALL,
     "DECLARE c CURSOR FOR SELECT * FROM ctm.recording WHERE recording_id = 5 FOR UPDATE;"
     "FETCH c"},
    /* partitions */
    {"DELETE FROM ctm.message WHERE id = 6", HELD, ALL, NULL},
    {"DELETE FROM ctm.message_eu WHERE id = 6", HELD, ALL, NULL},
    {"DELETE FROM ctm.message WHERE id = 8", FREE, ALL, NULL},
    {"DELETE FROM ctm.message_eu WHERE id = 8", FREE, ALL, NULL},
    {"UPDATE ctm.message_eu SET sender = '' WHERE id = 6", HELD, ALL, NULL},
    {"UPDATE ctm.message SET note = 'y'", FREE, ALL, NULL},
    {"UPDATE ctm.message SET region = 'us' WHERE id = 6", HELD, ALL, NULL},
    {"UPDATE ctm.message SET region = 'us' WHERE id = 8", FREE, ALL, NULL},
    {"UPDATE ctm.message SET sender = 'x' WHERE id = 8", FREE, ALL, NULL},
    /* no key */
    {"DELETE FROM ctm.visit WHERE visitor = 'v3'", HELD, ALL, NULL},
    {"DELETE FROM ctm.visit WHERE visitor = 'v4'", FREE, ALL, NULL},
    {"UPDATE ctm.visit SET visitor = 'x' WHERE ctid = (SELECT min(ctid) FROM ctm.visit WHERE "
     "visitor = 'v3')", HELD, ALL, NULL},
    {"UPDATE ctm.visit SET visitor = visitor", FREE, ALL, NULL},
    /* a child that gives the subject goes, alone, with the record, or before it in one statement */
    {"DELETE FROM ctm.event WHERE event_id = 5", HELD, ALL, NULL},
    {"DELETE FROM ctm.event WHERE event_id = 4", FREE, ALL, NULL},
    {"DELETE FROM ctm.session WHERE session_id = 5", HELD, ALL, NULL},
    {"DELETE FROM ctm.session WHERE session_id = 4", FREE, ALL, NULL},
    {"DELETE FROM ctm.session", HELD, ALL, NULL},
    {"DELETE FROM ctm.site WHERE site_id = 5", HELD, ALL, NULL},
    {"DELETE FROM ctm.site WHERE site_id = 4", FREE, ALL, NULL},
    {"DELETE FROM ctm.purchase WHERE order_id = 5", HELD, ALL, NULL},
    {"DELETE FROM ctm.purchase_low WHERE order_id = 5", HELD, ALL, NULL},
    {"DELETE FROM ctm.purchase WHERE order_id IN (4, 96)", FREE, ALL, NULL},
    {"DELETE FROM ctm.purchase_high WHERE order_id = 70", HELD, ALL, NULL},
    {"WITH e AS (DELETE FROM ctm.event WHERE session_id = 5) DELETE FROM ctm.session WHERE "
     "session_id = 5", HELD, ALL, NULL},
    {"WITH s AS (DELETE FROM ctm.session WHERE session_id = 5) DELETE FROM ctm.event WHERE "
     "session_id = 5", HELD, ALL, NULL},
    {"WITH l AS (DELETE FROM ctm.line WHERE order_id = 5) DELETE FROM ctm.purchase WHERE order_id = 5",
     HELD, ALL, NULL},
    {"WITH e AS (DELETE FROM ctm.event WHERE session_id = 4) DELETE FROM ctm.session WHERE "
     "session_id = 4", FREE, ALL, NULL},
    {"WITH e AS (UPDATE ctm.event SET visitor = '' WHERE session_id = 5) DELETE FROM ctm.session "
     "WHERE session_id = 5", HELD, ALL, NULL},
    {"WITH s AS (UPDATE ctm.session SET session_id = 1005 WHERE session_id = 5) UPDATE ctm.event "
     "SET visitor = '' WHERE session_id = 5", HELD, ALL, "INSERT INTO ctm.site VALUES (1005)"},
    /* a parent and the record that reads it, in one statement, whichever comes first */
    {"WITH a AS (UPDATE ctm.account SET email = 'x' WHERE account_id = 7) UPDATE ctm.recording SET "
     "account_id = 6 WHERE recording_id IN (7, 17)", HELD, ALL, NULL},
    {"WITH r AS (UPDATE ctm.recording SET account_id = 6 WHERE account_id = 7) UPDATE ctm.account "
     "SET email = 'x' WHERE account_id = 7", HELD, ALL, NULL},
    {"WITH r AS (UPDATE ctm.recording SET account_id = 6 WHERE account_id = 4) UPDATE ctm.account "
     "SET email = 'x' WHERE account_id = 4", FREE, ALL, NULL},
    {"UPDATE ctm.account SET account_id = 1007 WHERE account_id = 7", HELD, ALL, NULL},
    /* the key by a cascade, and the children's links by another */
    {"UPDATE ctm.session SET session_id = 1005 WHERE session_id = 5", HELD, ALL,
     "INSERT INTO ctm.site VALUES (1005)"},
    {"UPDATE ctm.site SET site_id = 1005 WHERE site_id = 5", HELD, ALL, NULL},
    {"UPDATE ctm.site SET site_id = 1004 WHERE site_id = 4", FREE, ALL, NULL},
    {"UPDATE ctm.purchase SET order_id = 95 WHERE order_id = 5", HELD, ALL, NULL},
    /* a row that is added can move the starting point out of the range */
    {"INSERT INTO ctm.event VALUES (1000, 70, 'n', now(), 'x')", HELD, ALL, NULL},
    {"INSERT INTO ctm.line VALUES (1000, 70, 'n', now())", HELD, ALL, NULL},
    {"INSERT INTO ctm.event VALUES (1000, 4, 'n', now(), 'x')", FREE, ALL, NULL},
    /* one without is in every range: its first event may be of now, or of the range */
    {"INSERT INTO ctm.event VALUES (1000, 105, 'n', now(), 'x')", FREE, ALL, NEW_SESSION},
    {"INSERT INTO ctm.event VALUES (1000, 105, 'n', '2020-03-09', 'x')", FREE, ALL, NEW_SESSION},
    {"INSERT INTO ctm.event VALUES (1000, 105, 'n', '2020-01-09', 'x')", HELD, ALL, NEW_SESSION},
    {"INSERT INTO ctm.event VALUES (1000, 105, 'n', '2020-05-09', 'x')", HELD, ALL, NEW_SESSION},
    {"UPDATE ctm.event SET session_id = 105 WHERE event_id = 4", HELD, ALL, NEW_SESSION},
    {"INSERT INTO ctm.line VALUES (1000, 105, 'n', now())", FREE, ALL, NEW_ORDER},
    {"INSERT INTO ctm.line VALUES (1000, 105, 'n', '2020-01-09')", HELD, ALL, NEW_ORDER},
    /* of a subject there is more now, the hold is the same */
    {"INSERT INTO ctm.event VALUES (1000, 5, 'n', now(), 'x')", FREE, ALL, NULL},
    {"UPDATE ctm.event SET session_id = 70 WHERE event_id = 4", HELD, ALL, NULL},
    {"UPDATE ctm.event SET session_id = 3 WHERE event_id = 4", FREE, ALL, NULL},
    {"UPDATE ctm.event SET note = 'y'", FREE, ALL, NULL},
    /* a setting forges no batch */
    {"DELETE FROM ctm.recording WHERE recording_id = 5", FORGED, ALL,
     "SET LOCAL retention.batch = on"},
    {"DELETE FROM ctm.message WHERE id = 6", FORGED, ALL, "SET LOCAL retention.batch = on"},
    {"DELETE FROM ctm.message_eu WHERE id = 6", FORGED, ALL, "SET LOCAL retention.batch = on"},
    {"UPDATE ctm.account SET email = 'x' WHERE account_id = 7", FORGED, ALL,
     "SET LOCAL retention.batch = on"},
    {"DELETE FROM ctm.message WHERE id = 6 AND set_config('retention.batch', 'on', true) = 'on'",
     FORGED, ALL, NULL},
    /* what a session may set otherwise changes nothing */
    {"DELETE FROM ctm.recording WHERE recording_id = 9", HELD, ALL,
     "SET LOCAL search_path = ctm; SET LOCAL datestyle = 'SQL, DMY'; SET LOCAL timezone = 'Asia/Tokyo';"
     "SET LOCAL standard_conforming_strings = off; SET LOCAL row_security = off"},
    {"DELETE FROM ctm.recording WHERE recording_id = 5", HELD, SUPERUSER,
     "SET LOCAL session_replication_role = replica"},
    {"DELETE FROM ctm.message WHERE id = 6", HELD, SUPERUSER,
     "SET LOCAL session_replication_role = replica"},
    {"TRUNCATE ctm.message", HELD, SUPERUSER, "SET LOCAL session_replication_role = replica"},
    {"DELETE FROM ctm.recording WHERE recording_id = 5", HELD, SUPERUSER,
     "SET LOCAL ROLE g_app"},
    {"DELETE FROM ctm.message WHERE id = 6", HELD, SUPERUSER,
     "SET LOCAL SESSION AUTHORIZATION t_worker"},
    /* an owner, and a superuser, can take the guard away: found by the next run */
    {"DELETE FROM ctm.recording WHERE recording_id = 5", FREE, OWNER | SUPERUSER,
     "ALTER TABLE ctm.recording DISABLE TRIGGER USER; ALTER TABLE ctm.transcript DISABLE TRIGGER "
     "USER; ALTER TABLE ctm.word DISABLE TRIGGER USER"},
    {"ALTER TABLE ctm.recording DISABLE TRIGGER USER", "42501", APP | WORKER, NULL},
    {"DROP TABLE ctm.message_eu", FREE, OWNER | SUPERUSER, NULL},
    {"DROP TABLE ctm.message_eu", "42501", APP | WORKER, NULL},
};
/* clang-format on */

static void start(const char *guard)
{
    site = guard_site_new(cluster_shared(), guard);
    db_exec(site.admin, "UPDATE ctm.recording SET at = '2000-02-03' WHERE recording_id = 3");
    db_exec(site.admin, "DELETE FROM ctm.word WHERE transcript_id = 1 AND n = 2");
    guard_hold(site.admin, "recordings", "subject => 'phone:+14105550005'", '5');
    guard_hold(site.admin, "recordings", "subject => 'email:u7@x.org'", '7');
    guard_hold(site.admin, "recordings", "tenant => '8'", '8');
    guard_hold(site.admin, "recordings", "record_key => '{9}'", '9');
    guard_hold(site.admin, "recordings", "starts_to => '2001-01-01'", '3');
    guard_hold(site.admin, "messages", "subject => 'email:s6@x.org'", '6');
    guard_hold(site.admin, "visits", "subject => 'visitor:v3'", 'a');
    guard_hold(site.admin, "sessions", "subject => 'visitor:v5'", 'b');
    guard_hold(site.admin, "sessions", "starts_from => '2020-03-02', starts_to => '2020-04-01'",
               'c');
    guard_hold(site.admin, "orders", "subject => 'buyer:b5'", 'd');
    guard_hold(site.admin, "orders", "starts_from => '2020-03-02', starts_to => '2020-04-01'", 'e');
}

static void setup(void)
{
    start("refuse");
}

static void setup_observing(void)
{
    start("observe");
}

static void teardown(void)
{
    guard_site_free(&site);
}

/* "" where all of it went through. */
static const char *attempt(PGconn *conn, const char *sql)
{
    static char state[6];
    PGresult *r = PQexec(conn, sql);
    const char *code = PQresultErrorField(r, PG_DIAG_SQLSTATE);
    snprintf(state, sizeof(state), "%s", code ? code : "");
    PQclear(r);
    return state;
}

START_TEST(operations_by_role_and_level)
{
    int tried = 0, wrong = 0;
    for (int p = 0; p < PEOPLE; p++) {
        PGconn *conn = guard_site_connect(&site, people[p]);
        db_exec(conn, "SET client_min_messages = error");
        for (int l = 0; l < LEVELS; l++)
            for (size_t i = 0; i < sizeof(operations) / sizeof(*operations); i++) {
                const struct operation *o = &operations[i];
                if (!(o->who & (1U << p)))
                    continue;
                db_exec(conn, "BEGIN ISOLATION LEVEL %s", levels[l]);
                if (o->before)
                    db_script(conn, o->before);
                const char *state = attempt(conn, o->sql);
                tried++;
                if (strcmp(state, o->expect) != 0) {
                    wrong++;
                    fprintf(stderr, "as %s, %s: %s%s%s\n  expected \"%s\", was \"%s\"\n", people[p],
                            levels[l], o->before ? o->before : "", o->before ? "; " : "", o->sql,
                            o->expect, state);
                }
                db_exec(conn, "ROLLBACK");
            }
        PQfinish(conn);
    }
    ck_assert_int_gt(tried, 12 * 60);
    ck_assert_int_eq(wrong, 0);
}
END_TEST

/* How the application's session reads backslashes is nothing to how a number is read. */
START_TEST(strings_of_before_the_standard)
{
    db_exec(site.admin, "INSERT INTO ctm.recording (recording_id, caller, kind, at) VALUES "
                        "(1005, '4105550005.0', 'call', now() - interval '1 year')");
    PGconn *app = guard_site_connect(&site, people[0]);
    db_exec(app, "SET escape_string_warning = off");
    db_exec(app, "SET standard_conforming_strings = off");
    ck_assert_str_eq(attempt(app, "DELETE FROM ctm.recording WHERE recording_id = 1005"), HELD);
    PQfinish(app);
}
END_TEST

/* A batch is known by the transaction that began it, which its session alone is told: not by
 * leading, nor by the setting, nor by another transaction of the same session. */
START_TEST(only_a_batch_passes)
{
    PGconn *worker = guard_site_connect(&site, "t_worker");
    ck_assert_str_eq(db_fails(worker, "SELECT setval('retention_guard.batch_begun', 1)"), "42501");
    ck_assert_str_eq(db_fails(worker, "SELECT nextval('retention_guard.batch_begun')"), "42501");
    ck_assert_int_eq(db_number(worker,
                               "SELECT count(*) FROM retention.lead(gen_random_uuid(), 'h', "
                               "'1 min') WHERE leads"),
                     1);
    static const char *const deletions[] = {"DELETE FROM ctm.recording WHERE recording_id = 5",
                                            "DELETE FROM ctm.message WHERE id = 6",
                                            "DELETE FROM ctm.session WHERE session_id = 5"};
    for (size_t i = 0; i < sizeof(deletions) / sizeof(*deletions); i++) {
        db_exec(worker, "BEGIN; SET LOCAL retention.batch = on");
        ck_assert_str_eq(db_fails(worker, "%s", deletions[i]), FORGED);
        db_exec(worker, "ROLLBACK");
        /* what begin_batch does, and then the same session without it */
        db_exec(site.admin, "BEGIN; SET LOCAL retention.batch = on");
        free(db_value(site.admin, "SELECT setval('retention_guard.batch_begun', "
                                  "pg_current_xact_id()::text::bigint)"));
        ck_assert_str_eq(attempt(site.admin, deletions[i]), "");
        db_exec(site.admin, "ROLLBACK");
        db_exec(site.admin, "BEGIN; SET LOCAL retention.batch = on");
        ck_assert_str_eq(db_fails(site.admin, "%s", deletions[i]), HELD);
        db_exec(site.admin, "ROLLBACK");
    }
    PQfinish(worker);
}
END_TEST

/* The message names the hold and the table; no value, no matter. */
START_TEST(what_it_says)
{
    PGconn *app = guard_site_connect(&site, "g_app");
    PGresult *r = PQexec(app, "DELETE FROM ctm.recording WHERE recording_id IN (4, 5)");
    ck_assert_str_eq(PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY),
                     "legal hold 00000000-0000-4000-8000-000000000005 covers a record of "
                     "\"ctm.recording\": DELETE is refused");
    ck_assert_str_eq(PQresultErrorField(r, PG_DIAG_MESSAGE_HINT),
                     "Leave that record as it is, or ask legal about the hold by its id.");
    ck_assert_ptr_null(PQresultErrorField(r, PG_DIAG_MESSAGE_DETAIL));
    ck_assert_str_eq(PQresultErrorField(r, PG_DIAG_TABLE_NAME), "recording");
    PQclear(r);
    PQfinish(app);
}
END_TEST

START_TEST(copied_in)
{
    PGconn *app = guard_site_connect(&site, "g_app");
    PGresult *r = PQexec(app, "COPY ctm.recording (recording_id, caller, kind) FROM STDIN");
    ck_assert_int_eq(PQresultStatus(r), PGRES_COPY_IN);
    PQclear(r);
    static const char line[] = "2000\t+14105550005\tcall\n";
    ck_assert_int_eq(PQputCopyData(app, line, (int)strlen(line)), 1);
    ck_assert_int_eq(PQputCopyEnd(app, NULL), 1);
    while ((r = PQgetResult(app))) {
        ck_assert_int_eq(PQresultStatus(r), PGRES_COMMAND_OK);
        PQclear(r);
    }
    ck_assert_str_eq(db_fails(app, "DELETE FROM ctm.recording WHERE recording_id = 2000"), HELD);
    PQfinish(app);
}
END_TEST

/* A hold ends, with its grace, by itself: then the guard has nothing to say any more. */
START_TEST(hold_over)
{
    PGconn *app = guard_site_connect(&site, "g_app");
    db_exec(site.admin, "UPDATE retention.held_scope SET held_until = now() + interval '1 hour' "
                        "WHERE hold::text LIKE '%%5'");
    ck_assert_str_eq(db_fails(app, "DELETE FROM ctm.recording WHERE recording_id = 5"), HELD);
    db_exec(site.admin, "UPDATE retention.held_scope SET held_until = now() "
                        "WHERE hold::text LIKE '%%5'");
    db_exec(app, "DELETE FROM ctm.recording WHERE recording_id = 5");
    PQfinish(app);
}
END_TEST

/* What nobody approved takes no guard away, and changes none, while a hold is in force. */
START_TEST(setup_keeps_guards)
{
    static const struct {
        const char *edit, *says;
    } edits[] = {
        {"s/start = \"at\"/start = \"att\"/", "take away or change"}, /* not valid */
        {"s/guard = \"refuse\"/guard = \"off\"/", "take away or change"},
        {"s/column = \"caller\"/column = \"note\"/", "take away or change"},
        {"s/eq = \"call\"/eq = \"other\"/", "take away or change"},
        {"s/^recordings:/others:/", "take away or change"},
    };
    char *file _cleanup_free_ = NULL, *command _cleanup_free_ = NULL;
    ck_assert_int_gt(asprintf(&file, "%s/policies/all.cfg", site.directory), 0);
    char *whole _cleanup_free_ = file_read(file);
    ck_assert_int_gt(asprintf(&command, "sed -i '%s' %s", edits[_i].edit, file), 0);
    ck_assert_int_eq(system(command), 0);
    char *said = guard_site_run(&site, NULL, 3, (const char *const[]){"setup", "--sql", NULL});
    ck_assert_msg(strstr(said, edits[_i].says) &&
                      strstr(said, "the guard of category \"recordings\"") &&
                      !strstr(said, "DROP TRIGGER"),
                  "%s", said);
    free(said);
    free(guard_site_run(&site, NULL, 0, (const char *const[]){"setup", "--sql", "--remove", NULL}));
    char *directory _cleanup_free_ = NULL;
    ck_assert_int_gt(asprintf(&directory, "%s/policies", site.directory), 0);
    free(file_write(directory, "all.cfg", whole));
    guard_site_setup(&site, NULL, false);
}
END_TEST

/* Leaves that come later have the row triggers at once; TRUNCATE of such a leaf has not, which
 * `check` says, and setup mends. */
START_TEST(later_leaves)
{
    PGconn *owner = guard_site_connect(&site, "g_owner");
    PGconn *app = guard_site_connect(&site, "g_app");
    db_exec(owner, "CREATE TABLE ctm.message_asia (LIKE ctm.message INCLUDING ALL)");
    db_exec(owner, "INSERT INTO ctm.message_asia VALUES ('asia', 1, 's6@X.ORG', now())");
    db_exec(owner, "ALTER TABLE ctm.message ATTACH PARTITION ctm.message_asia FOR VALUES IN "
                   "('asia')");
    db_exec(owner, "GRANT ALL ON ctm.message_asia TO g_app, t_worker");
    ck_assert_str_eq(db_fails(app, "DELETE FROM ctm.message WHERE region = 'asia'"), HELD);
    ck_assert_str_eq(db_fails(app, "DELETE FROM ctm.message_asia"), HELD);
    ck_assert_str_eq(db_fails(app, "UPDATE ctm.message_asia SET sender = NULL"), HELD);
    ck_assert_str_eq(db_fails(app, "TRUNCATE ctm.message"), HELD);
    PGconn *worker = guard_site_connect(&site, "t_worker");
    db_exec(worker, "SET retention.batch = on");
    ck_assert_str_eq(db_fails(worker, "DELETE FROM ctm.message_asia"), FORGED);
    PQfinish(worker);
    ck_assert_str_eq(attempt(app, "BEGIN; TRUNCATE ctm.message_asia"), "");
    db_exec(app, "ROLLBACK");

    char *said = guard_site_run(&site, NULL, 0, (const char *const[]){"check", NULL});
    ck_assert_msg(strstr(said, "the guard of \"messages\" is not in place: trigger "
                               "\"retention_guard_truncate_messages_") &&
                      strstr(said, "of \"ctm.message_asia\" is missing"),
                  "%s", said);
    free(said);
    guard_site_setup(&site, NULL, false);
    said = guard_site_run(&site, NULL, 0, (const char *const[]){"check", NULL});
    ck_assert_msg(!strstr(said, "the guard of"), "%s", said);
    free(said);
    ck_assert_str_eq(db_fails(app, "TRUNCATE ctm.message_asia"), HELD);
    PQfinish(owner);
    PQfinish(app);
}
END_TEST

/* Observing lets everything through and counts. */
START_TEST(observed)
{
    char *said = guard_site_run(&site, NULL, 0, (const char *const[]){"check", NULL});
    ck_assert_msg(!strstr(said, "the guard of"), "%s", said);
    free(said);
    PGconn *app = guard_site_connect(&site, "g_app");
    db_exec(app, "UPDATE ctm.recording SET caller = 'x' WHERE recording_id IN (4, 5, 8)");
    db_exec(app, "DELETE FROM ctm.recording WHERE recording_id IN (7, 17, 6)");
    db_exec(app, "DELETE FROM ctm.message_eu WHERE id IN (6, 8)");
    db_exec(app, "BEGIN; TRUNCATE ctm.visit; COMMIT");
    char *seen =
        db_value(site.admin,
                 /* row triggers tell of each row, statement triggers of all */
                 "SELECT string_agg(concat_ws(' ', category, relation, operation, role, "
                 "rows), ', ' ORDER BY id) FROM (SELECT min(id) AS id, category, relation, "
                 "operation, role, sum(rows) AS rows FROM retention.guard_observed WHERE "
                 "relation NOT IN ('ctm.transcript', 'ctm.word') GROUP BY 2, 3, 4, 5) o");
    ck_assert_str_eq(seen, "recordings ctm.recording UPDATE g_app 2, "
                           "recordings ctm.recording DELETE g_app 2, "
                           "messages ctm.message_eu DELETE g_app 1, "
                           "visits ctm.visit TRUNCATE g_app");
    free(seen);
    PQfinish(app);
}
END_TEST

/* While it refuses, event triggers keep an owner from taking tables and guards away. */
START_TEST(event_triggers)
{
    static const struct {
        const char *sql, *expect;
    } cases[] = {
        {"DROP TABLE ctm.message_eu", HELD},
        {"DROP TABLE ctm.message", HELD},
        {"DROP SCHEMA ctm CASCADE", HELD},
        {"ALTER TABLE ctm.recording DISABLE TRIGGER USER", HELD},
        {"ALTER TABLE ctm.message_us DISABLE TRIGGER ALL", HELD},
        {"ALTER TABLE ctm.message DETACH PARTITION ctm.message_eu", HELD},
        {"ALTER TABLE ctm.recording RENAME COLUMN caller TO old_caller", HELD},
        {"ALTER TABLE ctm.recording RENAME TO old_recording", HELD},
        {"ALTER TABLE ctm.recording DROP COLUMN caller CASCADE", HELD},
        {"ALTER VIEW ctm.recording RENAME COLUMN caller TO old_caller", HELD},
        {"ALTER TYPE ctm.tone RENAME VALUE 'calm' TO 'cross'", HELD},
        {"ALTER DOMAIN ctm.phrase ADD CHECK (VALUE <> '')", HELD},
        {"DROP TYPE ctm.tone CASCADE", HELD},
        {"DROP DOMAIN ctm.phrase CASCADE", HELD},
        {"DROP TYPE ctm.unused", FREE},
        {"ALTER TYPE ctm.unused RENAME TO used", FREE},
        {"CREATE INDEX ON ctm.recording (note)", FREE},
        {"CREATE INDEX ON ctm.recording (lower(note))", FREE},
        {"CREATE INDEX ON ctm.agent (ctm.strange(agent_id::text))", FREE},
        {"CREATE INDEX ON ctm.recording (ctm.strange(note))", HELD},
        {"CREATE INDEX ON ctm.message_eu (id) WHERE ctm.strange(note) = ''", HELD},
        {"CREATE INDEX ON ctm.account (account_id) WHERE name OPERATOR(ctm.===) ''", HELD},
        {"CREATE STATISTICS ctm.s ON ctm.strange(note), kind FROM ctm.recording", HELD},
        {"ALTER TABLE ctm.agent ADD COLUMN name text", FREE},
        {"CREATE TABLE ctm.message_x PARTITION OF ctm.message FOR VALUES IN ('x')", FREE},
        {"DROP TABLE ctm.agent CASCADE", FREE}, /* takes a key away, and no record */
    };
    db_script(site.admin, "SET ROLE g_owner; CREATE TYPE ctm.tone AS ENUM ('calm');"
                          "CREATE DOMAIN ctm.phrase AS text; CREATE TYPE ctm.unused AS ENUM ('x');"
                          "ALTER TABLE ctm.recording ADD COLUMN tone ctm.tone, ADD COLUMN phrase "
                          "ctm.phrase; CREATE FUNCTION ctm.strange(text) RETURNS text LANGUAGE sql "
                          "IMMUTABLE AS 'SELECT $1'; CREATE FUNCTION ctm.same(text, text) RETURNS "
                          "boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 = $2'; CREATE OPERATOR "
                          "ctm.=== (leftarg = text, rightarg = text, function = ctm.same);"
                          "RESET ROLE");
    free(guard_site_run(&site, NULL, 0, (const char *const[]){"run", NULL}));
    db_script(site.admin, "CREATE EVENT TRIGGER retention_guard_drop ON sql_drop "
                          "EXECUTE FUNCTION retention.guard_drop();"
                          "CREATE EVENT TRIGGER retention_guard_alter ON ddl_command_end "
                          "EXECUTE FUNCTION retention.guard_alter();");
    PGconn *owner = guard_site_connect(&site, "g_owner");
    db_exec(owner, "SET client_min_messages = error");
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        db_exec(owner, "BEGIN");
        const char *state = attempt(owner, cases[i].sql);
        ck_assert_msg(strcmp(state, cases[i].expect) == 0, "%s: \"%s\"", cases[i].sql, state);
        db_exec(owner, "ROLLBACK");
    }
    /* without a hold they mind their own business */
    db_exec(site.admin, "UPDATE retention.held_scope SET held_until = now()");
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        db_exec(owner, "BEGIN");
        ck_assert_msg(*attempt(owner, cases[i].sql) == '\0', "%s", cases[i].sql);
        db_exec(owner, "ROLLBACK");
    }
    PQfinish(owner);
}
END_TEST

/* A new partition lacks TRUNCATE's trigger, so that the guard is not as it should be: the event
 * triggers go on refusing all the same, but for what mends it. */
START_TEST(event_triggers_with_a_new_partition)
{
    static const char *const refused[] = {
        "ALTER TABLE ctm.message DISABLE TRIGGER USER",
        "ALTER TABLE ctm.message_eu DISABLE TRIGGER USER",
        "ALTER TABLE ctm.message RENAME COLUMN sender TO old_sender",
        "ALTER TABLE ctm.message DROP COLUMN sender CASCADE",
        "ALTER TABLE ctm.message DETACH PARTITION ctm.message_eu",
    };
    free(guard_site_run(&site, NULL, 0, (const char *const[]){"run", NULL}));
    db_script(site.admin, "CREATE EVENT TRIGGER retention_guard_drop ON sql_drop "
                          "EXECUTE FUNCTION retention.guard_drop();"
                          "CREATE EVENT TRIGGER retention_guard_alter ON ddl_command_end "
                          "EXECUTE FUNCTION retention.guard_alter();");
    PGconn *owner = guard_site_connect(&site, "g_owner");
    db_exec(owner, "CREATE TABLE ctm.message_asia PARTITION OF ctm.message FOR VALUES IN ('asia')");
    db_exec(owner, "GRANT ALL ON ctm.message_asia TO g_app, t_worker");
    free(guard_site_run(&site, NULL, 0, (const char *const[]){"run", NULL}));
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM retention.category WHERE name = "
                                           "'messages' AND guard_state = 'changed'"),
                     1);
    for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
        db_exec(owner, "BEGIN");
        const char *state = attempt(owner, refused[i]);
        ck_assert_msg(strcmp(state, HELD) == 0, "%s: \"%s\"", refused[i], state);
        db_exec(owner, "ROLLBACK");
    }
    db_exec(owner, "ALTER TABLE ctm.agent ADD COLUMN name text");
    PQfinish(owner);
    guard_site_setup(&site, NULL, false);
    free(guard_site_run(&site, NULL, 0, (const char *const[]){"run", NULL}));
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM retention.category WHERE name = "
                                           "'messages' AND guard_state = 'in place'"),
                     1);
}
END_TEST

/* A command that began before the hold is over before the hold is in force, or fails. */
START_TEST(commands_that_began_before)
{
    free(guard_site_run(&site, NULL, 0, (const char *const[]){"run", NULL}));
    db_script(site.admin, "UPDATE retention.held_scope SET held_until = now();"
                          "CREATE EVENT TRIGGER retention_guard_drop ON sql_drop "
                          "EXECUTE FUNCTION retention.guard_drop();"
                          "CREATE EVENT TRIGGER retention_guard_alter ON ddl_command_end "
                          "EXECUTE FUNCTION retention.guard_alter();");
    static const char *const commands[] = {
        "CREATE TABLE ctm.top (LIKE ctm.visit); ALTER TABLE ctm.visit INHERIT ctm.top",
        "DROP TABLE ctm.message_us",
    };
    PGconn *owner = guard_site_connect(&site, "g_owner"),
           *late = guard_site_connect(&site, "g_owner");
    PGconn *legal = guard_site_connect(&site, "t_legal");
    for (size_t i = 0; i < ARRAY_LENGTH(commands); i++) {
        db_script(late, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM pg_class");
        db_exec(owner, "BEGIN");
        db_script(owner, commands[i]);
        char *place _cleanup_free_ = NULL;
        ck_assert_int_gt(asprintf(&place,
                                  "SELECT retention.place_hold('M', 'r', category => 'visits', "
                                  "subject => 'visitor:v%zu')",
                                  i),
                         0);
        ck_assert_int_eq(PQsendQuery(legal, place), 1);
        db_wait_until(site.admin, "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND "
                                  "relation = 'retention.hold_gate'::regclass)");
        db_exec(owner, "COMMIT");
        PGresult *placed = PQgetResult(legal);
        ck_assert_msg(PQresultStatus(placed) == PGRES_TUPLES_OK, "%s",
                      PQresultErrorMessage(placed));
        PQclear(placed);
        ck_assert_ptr_null(PQgetResult(legal));
        ck_assert_str_eq(attempt(late, "ALTER TABLE ctm.agent ADD COLUMN name text"), "40001");
        db_exec(late, "ROLLBACK");
    }
    PQfinish(owner);
    PQfinish(late);
    PQfinish(legal);
}
END_TEST

/* A trigger that runs after the guard's question about a row could change that row unseen. */
START_TEST(a_trigger_that_has_the_last_word)
{
    db_script(site.admin,
              "CREATE FUNCTION ctm.last() RETURNS trigger LANGUAGE plpgsql AS "
              "'BEGIN NEW.sender := NULL; RETURN NEW; END';"
              "CREATE TRIGGER aaa_first BEFORE UPDATE ON ctm.account FOR EACH ROW EXECUTE FUNCTION "
              "ctm.last(); CREATE TRIGGER zzzz_after AFTER UPDATE ON ctm.account FOR EACH ROW "
              "EXECUTE FUNCTION ctm.last();");
    free(guard_site_run(&site, NULL, 0, (const char *const[]){"check", NULL}));
    db_exec(site.admin,
            "CREATE TRIGGER zzzz_last BEFORE UPDATE ON ctm.account FOR EACH ROW EXECUTE "
            "FUNCTION ctm.last()");
    char *said = guard_site_run(&site, NULL, 3, (const char *const[]){"check", NULL});
    ck_assert_msg(strstr(said, "trigger \"zzzz_last\" of \"ctm.account\" fires after"), "%s", said);
    free(said);
    db_exec(site.admin, "ALTER TABLE ctm.account DISABLE TRIGGER zzzz_last");
    free(guard_site_run(&site, NULL, 0, (const char *const[]){"check", NULL}));
}
END_TEST

/* Row-level security that the reader is subject to makes the guard fail, and so what the
 * application does: check and setup say so before. */
START_TEST(rows_hidden_from_the_guard)
{
    static const char warning[] =
        "warning: \"ctm.account\" has row-level security, which would hide rows from "
        "\"retention_reader\": while a hold is in force, the guard of \"recordings\" fails, and "
        "the "
        "application's DELETE and UPDATE with it\n"
        "    hint: A superuser must allow it to see them, before a hold is placed:\n"
        "          ALTER ROLE retention_reader BYPASSRLS;\n";
    static const char role[] = "-- ALTER ROLE retention_reader BYPASSRLS;\n";
    PGconn *app = guard_site_connect(&site, "g_app");
    db_script(site.admin, "ALTER ROLE t_worker BYPASSRLS;"
                          "ALTER TABLE ctm.account ENABLE ROW LEVEL SECURITY");
    char *said = guard_site_run(&site, NULL, 0, (const char *const[]){"check", NULL});
    ck_assert_msg(strstr(said, warning), "%s", said);
    free(said);
    said = guard_site_run(&site, NULL, 0, (const char *const[]){"setup", "--sql", NULL});
    char *first = strstr(said, role);
    ck_assert_msg(first && !strstr(first + 1, role), "%s", said);
    free(said);

    ck_assert_str_eq(db_fails(app, "DELETE FROM ctm.recording WHERE recording_id = 4"), "42501");
    db_exec(site.admin, "ALTER ROLE retention_reader BYPASSRLS");
    db_exec(app, "DELETE FROM ctm.recording WHERE recording_id = 4");
    ck_assert_str_eq(db_fails(app, "DELETE FROM ctm.recording WHERE recording_id = 5"), HELD);
    said = guard_site_run(&site, NULL, 0, (const char *const[]){"check", NULL});
    ck_assert_msg(!strstr(said, "has row-level security"), "%s", said);
    free(said);
    said = guard_site_run(&site, NULL, 0, (const char *const[]){"setup", "--sql", NULL});
    ck_assert_msg(!strstr(said, role), "%s", said);
    free(said);
    db_script(site.admin,
              "ALTER ROLE retention_reader NOBYPASSRLS; ALTER ROLE t_worker NOBYPASSRLS");
    PQfinish(app);
}
END_TEST

/* The functions run as a role that may read governed tables and scopes, and nothing else. */
START_TEST(rights)
{
    ck_assert_int_eq(db_number(site.admin,
                               "SELECT count(*) FROM pg_proc p JOIN pg_namespace n ON n.oid = "
                               "p.pronamespace WHERE n.nspname = 'retention_guard' AND (NOT "
                               "p.prosecdef OR p.proowner <> 'retention_reader'::regrole OR "
                               "array_to_string(p.proconfig, ',') NOT LIKE "
                               "'search_path=pg\\_catalog, pg\\_temp%%')"),
                     0);
    ck_assert_int_ge(db_number(site.admin, "SELECT count(*) FROM pg_proc p JOIN pg_namespace n ON "
                                           "n.oid = p.pronamespace WHERE n.nspname = "
                                           "'retention_guard'"),
                     6);
    char *may = db_value(site.admin,
                         "SELECT string_agg(DISTINCT concat_ws(' ', n.nspname, CASE n.nspname WHEN "
                         "'retention' THEN c.relname END, w), ', ') FROM pg_class c JOIN "
                         "pg_namespace n ON n.oid = c.relnamespace, "
                         "unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,TRIGGER}'::text[]) w WHERE "
                         "n.nspname IN ('ctm', 'retention') AND c.relkind IN ('r', 'p') AND "
                         "has_table_privilege('retention_reader', c.oid, w)");
    ck_assert_str_eq(may,
                     "ctm SELECT, retention agreement_state SELECT, retention category SELECT, "
                     "retention held_scope SELECT, "
                     "retention hold_gate SELECT, retention hold_gate UPDATE, "
                     "retention kept_group SELECT, "
                     "retention pause SELECT");
    free(may);
    /* nobody calls them but as triggers, and the functions behind them not at all */
    PGconn *app = guard_site_connect(&site, "g_app");
    ck_assert_str_eq(db_fails(app, "SELECT retention.guard_observe('recordings', 'a', 'b', 'c', "
                                   "1)"),
                     "42501");
    PQfinish(app);
}
END_TEST

Suite *suite_guard(void)
{
    Suite *suite = suite_create("guard");
    TCase *tc = tcase_create("operations");
    tcase_set_timeout(tc, 300);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, operations_by_role_and_level);
    suite_add_tcase(suite, tc);
    tc = tcase_create("row_security");
    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, rows_hidden_from_the_guard);
    suite_add_tcase(suite, tc);
    tc = tcase_create("refusals");
    tcase_set_timeout(tc, 300);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, only_a_batch_passes);
    tcase_add_test(tc, strings_of_before_the_standard);
    tcase_add_test(tc, what_it_says);
    tcase_add_test(tc, copied_in);
    tcase_add_test(tc, hold_over);
    tcase_add_loop_test(tc, setup_keeps_guards, 0, 5);
    tcase_add_test(tc, later_leaves);
    tcase_add_test(tc, event_triggers);
    tcase_add_test(tc, commands_that_began_before);
    tcase_add_test(tc, event_triggers_with_a_new_partition);
    tcase_add_test(tc, a_trigger_that_has_the_last_word);
    tcase_add_test(tc, rights);
    suite_add_tcase(suite, tc);
    tc = tcase_create("observing");
    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, setup_observing, teardown);
    tcase_add_test(tc, observed);
    suite_add_tcase(suite, tc);
    return suite;
}
