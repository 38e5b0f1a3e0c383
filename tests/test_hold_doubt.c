/* Values that could hide who a record is about: an enum whose owner has a cast to text of his own,
 * and documents with an array or an object where the policy looks for one value. The guard, the
 * worker and explain keep what holds cover all the same. */
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

static void setup(void)
{
    site = guard_site_new(cluster_shared(), "refuse");
}

static void teardown(void)
{
    guard_site_free(&site);
}

/* Categories beside those of the site, over tables of g_owner's. */
static void add_categories(const char *tables, const char *policies, const char *const *names)
{
    char *directory _cleanup_free_ = NULL;
    ck_assert_int_gt(asprintf(&directory, "%s/policies", site.directory), 0);
    free(file_write(directory, "more.cfg", policies));
    db_script(site.admin, tables);
    guard_site_setup(&site, NULL, false);
    free(guard_site_run(&site, NULL, 0, (const char *const[]){"policy", "load", NULL}));
    for (; *names; names++)
        free(guard_site_run(
            &site, "t_approver", 0,
            (const char *const[]){"policy", "approve", *names, "--expect-due", "1000", NULL}));
}

/* The ids of the table's rows that the application may not delete. */
static char *refused(const char *table)
{
    return db_value(
        site.admin,
        "SET ROLE g_app; CREATE OR REPLACE FUNCTION pg_temp.refused() RETURNS text "
        "LANGUAGE plpgsql AS $$ DECLARE r bigint; all_of text; BEGIN FOR r IN SELECT id "
        "FROM %s ORDER BY id LOOP BEGIN DELETE FROM %s WHERE id = r; RAISE EXCEPTION "
        "USING ERRCODE = 'XX999'; EXCEPTION WHEN SQLSTATE 'XX999' THEN NULL; WHEN "
        "SQLSTATE 'RT012' THEN all_of := concat_ws(' ', all_of, r); END; END LOOP; "
        "RETURN all_of; END $$; SELECT pg_temp.refused()",
        table, table);
}

static char *ids(const char *table)
{
    return db_value(site.admin, "RESET ROLE; SELECT string_agg(id::text, ' ' ORDER BY id) FROM %s",
                    table);
}

/* What explain says of a record: does a hold keep it? */
static bool explained_held(const char *category, const char *id)
{
    char *said _cleanup_free_ =
        guard_site_run(&site, NULL, 0, (const char *const[]){"explain", category, id, NULL});
    bool held = !strstr(said, "  Legal hold      none\n");
    ck_assert_msg(held == (strstr(said, "  Legal hold      00000000\n") != NULL), "%s", said);
    return held;
}

#define ck_ids(expected, expression, what)                                                         \
    do {                                                                                           \
        char *ids_ _cleanup_free_ = expression;                                                    \
        ck_assert_msg(strcmp(ids_ ? ids_ : "", expected) == 0, "%s: %s instead of %s", what,       \
                      ids_ ? ids_ : "none", expected);                                             \
    } while (0)

/* --- casts --- */

static const char toned_tables[] =
    "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'g_typist') THEN"
    "  CREATE ROLE g_typist LOGIN; END IF; END $$;"
    "CREATE SCHEMA odd AUTHORIZATION g_typist; GRANT USAGE ON SCHEMA odd TO PUBLIC;"
    "SET ROLE g_typist;"
    "CREATE TYPE odd.tone AS ENUM ('calm', 'cross', 'sad'); CREATE DOMAIN odd.hue AS odd.tone;"
    "RESET ROLE; SET ROLE g_owner;"
    "CREATE TABLE ctm.note (id bigint PRIMARY KEY, tone odd.tone, hue odd.hue, kind odd.tone,"
    "    at timestamptz);"
    "CREATE TABLE ctm.scrap (id bigint, tone odd.tone, at timestamptz);"
    "INSERT INTO ctm.note VALUES (1, 'cross', 'calm', 'calm', now() - interval '1 year'),"
    "    (2, 'calm', 'sad', 'calm', now() - interval '1 year'),"
    "    (3, 'calm', 'calm', 'calm', now() - interval '1 year'),"
    "    (4, 'cross', 'calm', 'sad', now() - interval '1 year');"
    "INSERT INTO ctm.scrap SELECT id, tone, at FROM ctm.note;"
    "GRANT ALL ON ctm.note, ctm.scrap TO g_app, t_worker; RESET ROLE";

static const char toned[] =
    "notes: { title = \"n\"; role = \"processor\"; basis = \"b\"; mode = \"enforce\";\n"
    "  guard = \"refuse\";\n"
    "  data: { table = \"ctm.note\"; start = \"at\"; tenant = \"hue\";\n"
    "    subject = ( { column = \"tone\"; kind = \"tone\"; } );\n"
    "    only = ( { column = \"kind\"; in = [ \"calm\", \"loud\" ]; } ); };\n" /* loud: no label */
    "  stages = ( { after = \"30 days\"; do = \"delete\"; } ); };\n"
    "scraps: { title = \"s\"; role = \"processor\"; basis = \"b\"; mode = \"enforce\";\n"
    "  guard = \"refuse\"; evidence = \"counts\";\n"
    "  data: { table = \"ctm.scrap\"; start = \"at\"; key = [];\n"
    "    subject = ( { column = \"tone\"; kind = \"tone\"; } ); };\n"
    "  stages = ( { after = \"30 days\"; do = \"delete\"; } ); };\n";

/* Whoever owns an enum says what a cast of it to text gives. Nobody asks that cast. */
START_TEST(casts_do_not_lie)
{
    add_categories(toned_tables, toned, (const char *const[]){"notes", "scraps", NULL});
    guard_hold(site.admin, "notes", "subject => 'tone:cross'", '1');
    guard_hold(site.admin, "notes", "tenant => 'sad'", '2');
    guard_hold(site.admin, "scraps", "subject => 'tone:cross'", '3');
    db_script(site.admin, "SET ROLE g_typist; CREATE FUNCTION odd.lie(odd.tone) RETURNS text "
                          "LANGUAGE sql AS 'SELECT ''calm''::text'; CREATE CAST (odd.tone AS text) "
                          "WITH FUNCTION odd.lie(odd.tone); RESET ROLE");
    PGconn *app = guard_site_connect(&site, "g_app");
    ck_ids("calm", db_value(app, "SELECT tone::text FROM ctm.note WHERE id = 1"), "the cast");

    ck_ids("1 2", refused("ctm.note"), "the guard of notes");
    ck_ids("1 4", refused("ctm.scrap"), "the guard of scraps");
    ck_assert_str_eq(db_fails(app, "UPDATE ctm.note SET tone = 'calm' WHERE id = 1"), "RT012");
    ck_assert_str_eq(db_fails(app, "UPDATE ctm.note SET hue = 'calm' WHERE id = 2"), "RT012");
    ck_assert_str_eq(db_fails(app, "UPDATE ctm.note SET kind = 'sad' WHERE id = 1"), "RT012");
    ck_assert_str_eq(db_fails(app, "UPDATE ctm.scrap SET tone = 'calm' WHERE id = 1"), "RT012");
    PQfinish(app);
    ck_assert(explained_held("notes", "1"));
    ck_assert(explained_held("notes", "2"));
    ck_assert(!explained_held("notes", "3"));
    free(guard_site_run(&site, NULL, 0, (const char *const[]){"run", "notes", NULL}));
    free(guard_site_run(&site, NULL, 0, (const char *const[]){"run", "scraps", NULL}));
    ck_ids("1 2 4", ids("ctm.note"), "notes"); /* 4 is none */
    ck_ids("1 4", ids("ctm.scrap"), "scraps");
}
END_TEST

/* --- documents --- */

static const char lead_tables[] =
    "SET ROLE g_owner;"
    "CREATE TABLE ctm.lead (id bigint PRIMARY KEY, doc jsonb, at timestamptz);"
    "INSERT INTO ctm.lead SELECT d.id, d.doc, timestamptz '2020-06-01' FROM (VALUES"
    "  (1, '{\"of\": 7, \"who\": {\"mail\": \"A@x\"}}'::jsonb),"
    "  (2, '{\"of\": 7, \"who\": {\"mail\": [\"a@x\", \"b@x\"]}}'),"
    "  (3, '{\"of\": 8, \"who\": {\"mail\": {\"home\": \"a@x\"}}}'),"
    "  (4, '{\"of\": 8, \"who\": [{\"mail\": \"a@x\"}]}'),"
    "  (5, '[{\"of\": 7, \"who\": {\"mail\": \"a@x\"}}]'),"
    "  (6, '{\"of\": [7], \"who\": {\"mail\": \"b@x\"}}'),"
    /* what is nobody */
    "  (7, '{\"of\": 9, \"who\": {\"mail\": []}}'), (8, '{\"of\": 9, \"who\": {\"mail\": {}}}'),"
    "  (9, '{\"who\": {\"mail\": null}}'), (10, '{\"who\": []}'), (11, '[]'), (12, '{}'),"
    "  (13, '{\"who\": \"a@x\"}'), (14, NULL), (15, '{\"tags\": [\"gold\"]}'),"
    "  (16, '{\"tags\": \"gold\"}'), (17, '{\"tags\": \"tin\"}')) d (id, doc);"
    "GRANT ALL ON ctm.lead TO g_app, t_worker; RESET ROLE";

static const char leads[] =
    "leads: { title = \"l\"; role = \"processor\"; basis = \"b\"; mode = \"enforce\";\n"
    "  guard = \"refuse\";\n"
    "  data: { table = \"ctm.lead\"; start = \"at\";\n"
    "    tenant = { column = \"doc\"; path = [ \"of\" ]; };\n"
    "    subject = ( { column = \"doc\"; path = [ \"who\", \"mail\" ]; kind = \"mail\"; as = "
    "\"lower\"; },\n"
    "      { column = \"doc\"; path = [ \"tags\" ]; kind = \"tag\"; } ); };\n"
    "  stages = ( { after = \"30 days\"; do = \"delete\"; } ); };\n";

/* Of a document with an array or an object where one value was expected, nobody can say who is in
 * it: it is kept by every hold of that kind, and by no other. */
START_TEST(arrays_and_objects_are_kept)
{
    static const struct {
        const char *scope, *expected;
    } scopes[] = {
        {"subject => 'tag:gold'", "5 15 16"},
        {"subject => 'tag:lead'", "5 15"},
        {"tenant => '7'", "1 2 5 6"},
        {"tenant => '9'", "5 6 7 8"},
        {"tenant => '8', subject => 'mail:a@x'", "3 4 5"},
        {"tenant => '7', starts_from => '2020-01-01'", "1 2 5 6"},
        {"tenant => '7', starts_from => '2021-01-01'", ""},
        {"subject => 'mail:b@x', starts_from => '2020-01-01'", "2 3 4 5 6"},
        {"subject => 'mail:b@x', starts_from => '2021-01-01'", ""},
        {"subject => 'mail:b@x', starts_from => '2020-01-01', tenant => '7'", "2 5 6"},
        {"subject => 'mail:z@x', record_keys => '{1,2,3}'", "2 3"},
        {"subject => 'mail:a@x'", "1 2 3 4 5"}, /* the last one: the worker acts under it */
    };
    add_categories(lead_tables, leads, (const char *const[]){"leads", NULL});
    for (size_t i = 0; i < sizeof(scopes) / sizeof(*scopes); i++) {
        db_exec(site.admin, "RESET ROLE");
        db_exec(site.admin,
                "UPDATE retention.hold SET held_until = now() WHERE held_until > now()");
        db_exec(site.admin, "UPDATE retention.held_scope SET held_until = now() WHERE held_until > "
                            "now()");
        guard_hold(site.admin, "leads", scopes[i].scope, "0123456789ab"[i]);
        ck_ids(scopes[i].expected, refused("ctm.lead"), scopes[i].scope);
    }
    static const char *const held[] = {"1", "2", "3", "4", "5"}, *const free_[] = {"6", "7", "10"};
    for (size_t i = 0; i < sizeof(held) / sizeof(*held); i++)
        ck_assert_msg(explained_held("leads", held[i]), "%s", held[i]);
    for (size_t i = 0; i < sizeof(free_) / sizeof(*free_); i++)
        ck_assert_msg(!explained_held("leads", free_[i]), "%s", free_[i]);
    free(guard_site_run(&site, NULL, 0, (const char *const[]){"run", "leads", NULL}));
    ck_ids("1 2 3 4 5", ids("ctm.lead"), "leads");
}
END_TEST

Suite *suite_hold_doubt(void)
{
    Suite *suite = suite_create("hold_doubt");
    TCase *tc = tcase_create("doubt");
    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, casts_do_not_lie);
    tcase_add_test(tc, arrays_and_objects_are_kept);
    suite_add_tcase(suite, tc);
    return suite;
}
