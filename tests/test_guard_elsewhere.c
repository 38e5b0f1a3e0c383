/* The functions of a guard belong to the reader, and the owner of a guarded table may use them: on
 * another table, or on one whose columns have become something else, they do nothing with it. And a
 * table that hangs on the records in two ways, which has a guard for each. */
#define _GNU_SOURCE
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "guard_support.h"
#include "harness/cluster.h"
#include "harness/db.h"

static struct guard_site site;
static PGconn *owner;

#define HELD "RT012"
#define FREE ""

static void start(const char *guard)
{
    site = guard_site_new(cluster_shared(), guard);
    owner = guard_site_connect(&site, "g_owner");
    db_exec(owner, "SET client_min_messages = error");
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
    PQfinish(owner);
    guard_site_free(&site);
}

/* The owner has tables of other people's making, and a type whose cast says who called it. */
static void make_baits(void)
{
    static const char sql[] =
        "CREATE SCHEMA app; GRANT USAGE ON SCHEMA app TO PUBLIC;"
        "CREATE TYPE app.odd AS (x int);"
        "CREATE FUNCTION app.told(app.odd) RETURNS text LANGUAGE plpgsql AS"
        "  'BEGIN RAISE EXCEPTION ''ran as %'', current_user; END';"
        "CREATE FUNCTION app.says() RETURNS text LANGUAGE plpgsql IMMUTABLE AS"
        "  'BEGIN RAISE EXCEPTION ''ran as %'', current_user; END';"
        "CREATE CAST (app.odd AS text) WITH FUNCTION app.told(app.odd);"
        "CREATE TABLE app.visit (visitor app.odd, at timestamptz, page text);"
        "INSERT INTO app.visit VALUES (ROW(1), now() - interval '1 year', 'p');"
        "CREATE TABLE app.plain (LIKE ctm.visit);"
        "INSERT INTO app.plain SELECT * FROM ctm.visit;"
        "CREATE TABLE app.message (LIKE ctm.message);"
        "INSERT INTO app.message SELECT * FROM ctm.message;"
        "CREATE TABLE app.account (account_id bigint, email app.odd, name text);"
        "INSERT INTO app.account VALUES (4, ROW(1), 'n');"
        "GRANT SELECT ON ALL TABLES IN SCHEMA app TO retention_reader;";
    static const struct {
        const char *guarded, *bait, *how;
    } triggers[] = {
        {"ctm.visit", "app.visit", "REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT"},
        {"ctm.visit", "app.plain", "REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT"},
        {"ctm.message", "app.message", "FOR EACH ROW"},
    };
    db_exec(site.admin, "GRANT CREATE ON DATABASE %s TO g_owner", site.database);
    db_script(owner, sql);
    for (size_t i = 0; i < ARRAY_LENGTH(triggers); i++) {
        char *function _cleanup_free_ =
            db_value(site.admin,
                     "SELECT tgfoid::regproc FROM pg_trigger WHERE tgrelid = '%s'::regclass AND "
                     "tgname LIKE 'retention_guard_delete%%'",
                     triggers[i].guarded);
        db_exec(owner, "CREATE TRIGGER bait AFTER DELETE ON %s %s EXECUTE FUNCTION %s()",
                triggers[i].bait, triggers[i].how, function);
    }
}

/* As the owner: the SQLSTATE, "" where it goes through; rolled back. */
static void expect(const char *sql, const char *state)
{
    db_exec(owner, "BEGIN");
    PGresult *r = PQexec(owner, sql);
    const char *code = PQresultErrorField(r, PG_DIAG_SQLSTATE);
    ck_assert_msg(strcmp(code ? code : "", state) == 0, "%s: %.500s", sql, PQresultErrorMessage(r));
    PQclear(r);
    db_exec(owner, "ROLLBACK");
}

static void place_holds(void)
{
    guard_hold(site.admin, "recordings", "subject => 'phone:+14105550005'", '5');
    guard_hold(site.admin, "messages", "subject => 'email:s6@x.org'", '6');
    guard_hold(site.admin, "visits", "subject => 'visitor:v3'", 'a');
}

START_TEST(elsewhere)
{
    make_baits();
    expect("DELETE FROM app.plain", FREE);
    place_holds();
    expect("DELETE FROM app.plain WHERE visitor = 'v9'", HELD);
    expect("DELETE FROM app.message WHERE id = 8", HELD);
    expect("DELETE FROM ctm.visit WHERE visitor = 'v9'", FREE);
    expect("DELETE FROM ctm.message WHERE id = 8", FREE);
    expect("DELETE FROM ctm.message_eu WHERE id = 8", FREE);
}
END_TEST

/* Types whose casts the owner wrote: of another table's columns, also under the guarded one's name;
 * of the guarded table's; and of a parent's. And a parent that is a view. Nothing of it runs. */
START_TEST(odd_types)
{
    make_baits();
    place_holds();
    expect("DELETE FROM app.visit", HELD);
    expect("ALTER TABLE ctm.visit RENAME TO old_visit; ALTER TABLE app.visit SET SCHEMA ctm;"
           "DELETE FROM ctm.visit",
           HELD);
    expect("ALTER TABLE ctm.visit ALTER visitor TYPE app.odd USING ROW(1)::app.odd;"
           "DELETE FROM ctm.visit",
           HELD);
    expect("ALTER TABLE ctm.visit ALTER visitor TYPE app.odd USING ROW(1)::app.odd;"
           "UPDATE ctm.visit SET page = 'q'",
           HELD);
    expect("ALTER TABLE ctm.account RENAME TO old_account; ALTER TABLE app.account SET SCHEMA ctm;"
           "DELETE FROM ctm.recording WHERE recording_id = 4",
           HELD);
    expect("ALTER TABLE ctm.account RENAME TO old_account; CREATE VIEW ctm.account AS"
           "  SELECT account_id, app.says() AS email, name FROM ctm.old_account;"
           "GRANT SELECT ON ctm.account TO retention_reader;"
           "DELETE FROM ctm.recording WHERE recording_id = 4",
           HELD);
    /* of PostgreSQL's own types any will do, until the policy in effect is for it */
    expect("ALTER TABLE ctm.visit ALTER visitor TYPE varchar(9);"
           "DELETE FROM ctm.visit WHERE visitor = 'v9'",
           FREE);
    expect("ALTER TABLE ctm.visit ALTER visitor TYPE varchar(9);"
           "DELETE FROM ctm.visit WHERE visitor = 'v3'",
           HELD);
}
END_TEST

/* Observing: what goes from another table is nothing that was held. */
START_TEST(observed_elsewhere)
{
    make_baits();
    place_holds();
    db_exec(owner, "DELETE FROM app.plain");
    db_exec(owner, "DELETE FROM app.message");
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM retention.guard_observed"), 0);
    db_exec(owner, "DELETE FROM ctm.visit WHERE visitor = 'v3'");
    db_exec(owner, "DELETE FROM ctm.message_eu WHERE id = 6");
    ck_assert_int_eq(db_number(site.admin, "SELECT sum(rows) FROM retention.guard_observed"), 3);
    ck_assert_int_eq(
        db_number(site.admin, "SELECT count(*) FROM retention.guard_observed WHERE rows IS NULL"),
        0);
    /* under another name it is still known that something went */
    db_script(owner, "BEGIN; ALTER TABLE ctm.visit RENAME TO other;"
                     "DELETE FROM ctm.other WHERE visitor = 'v3';"
                     "ALTER TABLE ctm.other RENAME TO visit; COMMIT");
    ck_assert_int_gt(
        db_number(site.admin, "SELECT count(*) FROM retention.guard_observed WHERE rows IS NULL"),
        0);
}
END_TEST

static const char letters[] =
    "letters: { title = \"l\"; role = \"processor\"; basis = \"b\"; mode = \"observe\";\n"
    "  guard = \"refuse\";\n"
    "  data: { table = \"ctm.person\"; start = \"at\";\n"
    "    subject = ( { column = \"name\"; kind = \"visitor\"; },\n"
    "                { column = \"nick\"; kind = \"visitor\"; } );\n"
    "    with = ( { table = \"ctm.box\"; by = [ \"person_id\" ];\n"
    "               with = ( { table = \"ctm.letter\"; by = [ \"box_id\" ]; } ); },\n"
    "             { table = \"ctm.tray\"; by = [ \"person_id\" ];\n"
    "               with = ( { table = \"ctm.letter\"; by = [ \"tray_id\" ]; } ); } ); };\n"
    "  stages = ( { after = \"30 days\"; do = \"delete\"; } ); };\n";

START_TEST(hangs_in_two_ways)
{
    /* of types, too, that take a second look: a domain over a domain, one where PostgreSQL has its
     * own */
    db_script(site.admin, "CREATE DOMAIN pg_catalog.nick AS text");
    db_script(owner, "CREATE DOMAIN ctm.term AS text; CREATE DOMAIN ctm.terms AS ctm.term;"
                     "CREATE TABLE ctm.person (person_id int PRIMARY KEY, name ctm.terms,"
                     "  at timestamptz DEFAULT now(), nick nick);"
                     "CREATE TABLE ctm.box (box_id int PRIMARY KEY, person_id int REFERENCES"
                     "  ctm.person);"
                     "CREATE TABLE ctm.tray (tray_id int PRIMARY KEY, person_id int REFERENCES"
                     "  ctm.person);"
                     "CREATE TABLE ctm.letter (letter_id int PRIMARY KEY,"
                     "  box_id int REFERENCES ctm.box, tray_id int REFERENCES ctm.tray);"
                     "INSERT INTO ctm.person VALUES (1, 'ann'), (2, 'bob');"
                     "INSERT INTO ctm.box VALUES (1, 1), (2, 2);"
                     "INSERT INTO ctm.tray VALUES (1, 1), (2, 2);"
                     "INSERT INTO ctm.letter VALUES (1, 1, 2), (2, 2, 1), (3, 2, 2)");
    char *directory _cleanup_free_ = NULL;
    ck_assert_int_gt(asprintf(&directory, "%s/policies", site.directory), 0);
    free(file_write(directory, "letters.cfg", letters));
    guard_site_setup(&site, NULL, false);
    free(guard_site_run(&site, NULL, 0, (const char *const[]){"policy", "load", NULL}));
    free(guard_site_run(&site, "t_approver", 0,
                        (const char *const[]){"policy", "approve", "letters", NULL}));
    char *said = guard_site_run(&site, NULL, 0, (const char *const[]){"check", NULL});
    ck_assert_msg(!strstr(said, "the guard of"), "%s", said);
    free(said);
    guard_hold(site.admin, "letters", "subject => 'visitor:ann'", 'f');
    expect("DELETE FROM ctm.letter WHERE letter_id = 1", HELD);
    expect("DELETE FROM ctm.letter WHERE letter_id = 2", HELD);
    expect("UPDATE ctm.letter SET tray_id = 2 WHERE letter_id = 2", HELD);
    expect("UPDATE ctm.letter SET box_id = 2 WHERE letter_id = 1", HELD);
    expect("DELETE FROM ctm.letter WHERE letter_id = 3", FREE);
    expect("UPDATE ctm.letter SET tray_id = 1, box_id = 1 WHERE letter_id = 3", FREE);
}
END_TEST

Suite *suite_guard_elsewhere(void)
{
    Suite *suite = suite_create("guard_elsewhere");
    TCase *tc = tcase_create("refusing");
    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, elsewhere);
    tcase_add_test(tc, odd_types);
    tcase_add_test(tc, hangs_in_two_ways);
    suite_add_tcase(suite, tc);
    tc = tcase_create("observing");
    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, setup_observing, teardown);
    tcase_add_test(tc, observed_elsewhere);
    suite_add_tcase(suite, tc);
    return suite;
}
