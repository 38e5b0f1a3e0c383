/* A guard that stands on its table for another policy than the one in effect: what holds name is
 * converted to the forms and types of that one, which the guard does not look for. */
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
static PGconn *app;

#define HELD "RT012"
#define FREE ""

static void start(const char *guard)
{
    site = guard_site_new(cluster_shared(), guard);
    app = guard_site_connect(&site, "g_app");
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
    PQfinish(app);
    guard_site_free(&site);
}

static void place_holds(void)
{
    guard_hold(site.admin, "recordings", "subject => 'phone:+14105550005'", '5');
    guard_hold(site.admin, "visits", "subject => 'visitor:v3'", 'a');
    guard_hold(site.admin, "sessions", "subject => 'visitor:v5'", 'b');
    guard_hold(site.admin, "sessions", "starts_from => '2020-03-02', starts_to => '2020-04-01'",
               'c');
    guard_hold(site.admin, "orders", "subject => 'buyer:b5'", 'd');
}

static void load(void)
{
    free(guard_site_run(&site, NULL, 0, (const char *const[]){"policy", "load", NULL}));
}

/* Loads policies that compare visitors and buyers without case. */
static void load_lower(void)
{
    char *command _cleanup_free_ = NULL;
    ck_assert_int_gt(asprintf(&command,
                              "sed -i 's/kind = \"\\(visitor\\|buyer\\)\";/&as = \"lower\";/' "
                              "%s/policies/all.cfg",
                              site.directory),
                     0);
    ck_assert_int_eq(system(command), 0);
    load();
}

static void approve(const char *category)
{
    free(guard_site_run(&site, "t_approver", 0,
                        (const char *const[]){"policy", "approve", category, NULL}));
}

static void approve_lower(void)
{
    approve("visits");
    approve("sessions");
    approve("orders");
}

/* The SQLSTATE, "" where it goes through; rolled back. */
static const char *attempt(PGconn *conn, const char *level, const char *sql)
{
    static char state[6];
    db_exec(conn, "BEGIN ISOLATION LEVEL %s", level);
    PGresult *r = PQexec(conn, sql);
    const char *code = PQresultErrorField(r, PG_DIAG_SQLSTATE);
    snprintf(state, sizeof(state), "%s", code ? code : "");
    PQclear(r);
    db_exec(conn, "ROLLBACK");
    return state;
}

struct attempted {
    const char *sql, *expect;
};

static void expect_all(const struct attempted *all, size_t count)
{
    static const char *const people[] = {"g_app", "g_owner", "postgres"};
    static const char *const levels[] = {"READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"};
    int wrong = 0;
    for (size_t p = 0; p < 3; p++) {
        PGconn *conn = guard_site_connect(&site, people[p]);
        db_exec(conn, "SET client_min_messages = error");
        for (size_t l = 0; l < 3; l++)
            for (size_t i = 0; i < count; i++) {
                const char *state = attempt(conn, levels[l], all[i].sql);
                if (strcmp(state, all[i].expect) == 0)
                    continue;
                wrong++;
                printf("as %s, %s: %s\n  expected \"%s\", was \"%s\"\n", people[p], levels[l],
                       all[i].sql, all[i].expect, state);
            }
        PQfinish(conn);
    }
    ck_assert_int_eq(wrong, 0);
}

#define EXPECT_ALL(all) expect_all(all, sizeof(all) / sizeof(*(all)))

/* From the approval on, by statement and by row, of the record, what hangs on it and what it reads:
 * all that the guard would look at is refused, and nothing that it would not. */
START_TEST(refuses_until_setup)
{
    static const struct attempted before[] = {
        {"DELETE FROM ctm.visit WHERE visitor = 'v3'", HELD},
        {"DELETE FROM ctm.visit WHERE visitor = 'v9'", HELD},
        {"DELETE FROM ctm.visit WHERE visitor = 'nobody'", FREE},
        {"UPDATE ctm.visit SET visitor = 'x' WHERE visitor = 'v3'", HELD},
        {"UPDATE ctm.visit SET page = 'q' WHERE visitor = 'v9'", HELD},
        {"UPDATE ctm.visit SET page = page", FREE},
        {"TRUNCATE ctm.visit", HELD},
        {"DELETE FROM ctm.session WHERE session_id = 5", HELD},
        {"DELETE FROM ctm.session WHERE session_id = 20", HELD},
        {"DELETE FROM ctm.site WHERE site_id = 20", HELD},
        {"UPDATE ctm.session SET note = 'y'", FREE},
        {"DELETE FROM ctm.event WHERE event_id = 5", HELD},
        {"DELETE FROM ctm.event WHERE event_id = 20", HELD},
        {"UPDATE ctm.event SET visitor = 'x' WHERE event_id = 5", HELD},
        {"UPDATE ctm.event SET note = 'y'", FREE},
        {"DELETE FROM ctm.purchase WHERE order_id = 5", HELD},
        {"DELETE FROM ctm.purchase_low WHERE order_id = 20", HELD},
        {"DELETE FROM ctm.line WHERE line_id = 5", HELD},
        {"UPDATE ctm.line SET buyer = 'x' WHERE line_id = 5", HELD},
        /* a hold of sessions has a range that a later event could move out of; none of orders */
        {"INSERT INTO ctm.event VALUES (1000, 20, 'v20', now(), 'x')", HELD},
        {"INSERT INTO ctm.line VALUES (1000, 20, 'b20', now())", FREE},
        /* whose policy is as it was */
        {"DELETE FROM ctm.recording WHERE recording_id = 5", HELD},
        {"DELETE FROM ctm.recording WHERE recording_id = 4", FREE},
    };
    static const struct attempted after[] = {
        {"DELETE FROM ctm.visit WHERE visitor = 'v3'", HELD},
        {"DELETE FROM ctm.visit WHERE visitor = 'v9'", FREE},
        {"UPDATE ctm.visit SET page = 'q' WHERE visitor = 'v9'", FREE},
        {"DELETE FROM ctm.session WHERE session_id = 5", HELD},
        {"DELETE FROM ctm.session WHERE session_id = 20", FREE},
        {"DELETE FROM ctm.event WHERE event_id = 5", HELD},
        {"INSERT INTO ctm.event VALUES (1000, 20, 'v20', now(), 'x')", FREE},
        {"DELETE FROM ctm.purchase WHERE order_id = 5", HELD},
        {"DELETE FROM ctm.purchase_low WHERE order_id = 20", FREE},
    };
    place_holds();
    load_lower();
    EXPECT_ALL(after); /* loaded is not approved: nothing changed yet */
    approve_lower();
    EXPECT_ALL(before);
    char *said = guard_site_run(&site, NULL, 0, (const char *const[]){"check", NULL});
    ck_assert_msg(strstr(said, "the guard of \"visits\" is not in place"), "%s", said);
    free(said);
    guard_site_setup(&site, NULL, false);
    EXPECT_ALL(after);
}
END_TEST

START_TEST(what_it_says)
{
    static const char *const deletions[] = {"DELETE FROM ctm.visit", "DELETE FROM ctm.session"};
    static const char *const tables[] = {"visit", "session"};
    guard_hold(site.admin, "visits", "subject => 'visitor:v3'", '3');
    guard_hold(site.admin, "sessions", "subject => 'visitor:v3'", '4');
    load_lower();
    approve_lower();
    for (int i = 0; i < 2; i++) {
        char *says _cleanup_free_ = NULL;
        ck_assert_int_gt(
            asprintf(&says,
                     "legal hold 00000000-0000-4000-8000-00000000000%d may cover records of "
                     "\"ctm.%s\": DELETE is refused, because the guard on it was made for another "
                     "table, for columns of other types or for another policy than the one in "
                     "effect, and cannot tell which records are held",
                     i + 3, tables[i]),
            0);
        PGresult *r = PQexec(app, deletions[i]);
        ck_assert_str_eq(PQresultErrorField(r, PG_DIAG_SQLSTATE), HELD);
        ck_assert_str_eq(PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY), says);
        ck_assert_str_eq(
            PQresultErrorField(r, PG_DIAG_MESSAGE_HINT),
            "The table's owner must run again what \"retentionctl setup --sql\" prints now; where "
            "a policy still waits for approval, after that. Then repeat the statement.");
        ck_assert_str_eq(PQresultErrorField(r, PG_DIAG_TABLE_NAME), tables[i]);
        PQclear(r);
    }
}
END_TEST

/* No hold, none that is in force any more, one of another category: it is nobody's business. */
START_TEST(nothing_without_a_hold)
{
    static const struct attempted all[] = {
        {"DELETE FROM ctm.visit", FREE},
        {"UPDATE ctm.visit SET visitor = 'x', page = 'q'", FREE},
        {"TRUNCATE ctm.visit", FREE},
        {"DELETE FROM ctm.session", FREE},
        {"DELETE FROM ctm.event", FREE},
        {"INSERT INTO ctm.event VALUES (1000, 20, 'v20', now(), 'x')", FREE},
        {"DELETE FROM ctm.purchase", FREE},
        {"DELETE FROM ctm.line", FREE},
    };
    load_lower();
    approve_lower();
    EXPECT_ALL(all);
    place_holds();
    db_exec(site.admin, "UPDATE retention.held_scope SET held_until = now() "
                        "WHERE category <> 'recordings'");
    EXPECT_ALL(all);
    ck_assert_str_eq(attempt(app, "READ COMMITTED", "DELETE FROM ctm.recording"), HELD);
}
END_TEST

/* A column's type decides how values are written, too. */
START_TEST(another_type)
{
    static const char v3[] = "DELETE FROM ctm.visit WHERE visitor = 'v3'",
                      v9[] = "DELETE FROM ctm.visit WHERE visitor = 'v9'";
    guard_hold(site.admin, "visits", "subject => 'visitor:v3'", 'a');
    db_exec(site.admin, "ALTER TABLE ctm.visit ALTER COLUMN visitor TYPE varchar");
    load();
    approve("visits");
    ck_assert_str_eq(attempt(app, "READ COMMITTED", v3), HELD);
    ck_assert_str_eq(attempt(app, "READ COMMITTED", v9), HELD);
    guard_site_setup(&site, NULL, false);
    ck_assert_str_eq(attempt(app, "READ COMMITTED", v3), HELD);
    ck_assert_str_eq(attempt(app, "READ COMMITTED", v9), FREE);
}
END_TEST

/* Set up ahead of the approval, while there was no hold: it looks for what is not in effect yet. */
START_TEST(ahead_of_the_approval)
{
    static const char v3[] = "DELETE FROM ctm.visit WHERE visitor = 'v3'",
                      v9[] = "DELETE FROM ctm.visit WHERE visitor = 'v9'";
    load_lower();
    guard_site_setup(&site, NULL, false);
    ck_assert_str_eq(attempt(app, "READ COMMITTED", v3), FREE);
    guard_hold(site.admin, "visits", "subject => 'visitor:v3'", 'a');
    ck_assert_str_eq(attempt(app, "READ COMMITTED", v3), HELD);
    ck_assert_str_eq(attempt(app, "READ COMMITTED", v9), HELD);
    approve("visits");
    ck_assert_str_eq(attempt(app, "READ COMMITTED", v3), HELD);
    ck_assert_str_eq(attempt(app, "READ COMMITTED", v9), FREE);
}
END_TEST

/* A transaction has its snapshot when the policy is approved. In READ COMMITTED the guard sees the
 * approval; the others cannot see it, and fail for that. */
START_TEST(began_before_the_approval)
{
    static const struct {
        const char *level, *expect;
    } cases[] = {{"READ COMMITTED", HELD}, {"REPEATABLE READ", "40001"}, {"SERIALIZABLE", "40001"}};
    static const char *const deletions[] = {"DELETE FROM ctm.visit WHERE visitor = 'v9'",
                                            "DELETE FROM ctm.session WHERE session_id = 20"};
    PGconn *conns[3];
    place_holds();
    load_lower();
    for (int i = 0; i < 3; i++) {
        conns[i] = guard_site_connect(&site, "g_app");
        db_exec(conns[i], "BEGIN ISOLATION LEVEL %s", cases[i].level);
        ck_assert_int_eq(db_number(conns[i], "SELECT count(*) FROM ctm.visit"), 100);
        db_exec(conns[i], "SAVEPOINT s");
    }
    approve_lower();
    for (int i = 0; i < 3; i++) {
        for (int k = 0; k < 2; k++) {
            ck_assert_str_eq(db_fails(conns[i], "%s", deletions[k]), cases[i].expect);
            db_exec(conns[i], "ROLLBACK TO s");
        }
        PQfinish(conns[i]);
    }
}
END_TEST

/* An approval is not committed yet. Who deletes waits for it, and is then refused. */
START_TEST(writers_wait_for_an_approval)
{
    PGconn *approver = guard_site_connect(&site, "t_approver");
    place_holds();
    load_lower();
    db_exec(approver, "BEGIN");
    free(db_value(approver, "SELECT retention.approve_policy(name, loaded_sha256, NULL) "
                            "FROM retention.category WHERE name = 'visits'"));
    ck_assert_int_eq(PQsendQuery(app, "DELETE FROM ctm.visit WHERE visitor = 'v3'"), 1);
    db_wait_until(site.admin, "SELECT count(*) = 1 FROM pg_locks WHERE relation = "
                              "'retention.hold_gate'::regclass AND NOT granted");
    db_exec(approver, "COMMIT");
    PGresult *r = PQgetResult(app);
    ck_assert_str_eq(PQresultErrorField(r, PG_DIAG_SQLSTATE), HELD);
    PQclear(r);
    ck_assert_ptr_null(PQgetResult(app));
    PQfinish(approver);
}
END_TEST

/* Observing: that it was done is written down; how many of the records were held, nobody knows. */
START_TEST(observed)
{
    guard_hold(site.admin, "visits", "subject => 'visitor:v3'", 'a');
    guard_hold(site.admin, "sessions", "subject => 'visitor:v5'", 'b');
    load_lower();
    approve_lower();
    db_exec(app, "UPDATE ctm.visit SET page = page");
    db_exec(app, "UPDATE ctm.visit SET page = 'q' WHERE visitor = 'v9'");
    db_exec(app, "DELETE FROM ctm.visit WHERE visitor = 'v3'");
    db_exec(app, "DELETE FROM ctm.session WHERE session_id = 20");
    char *seen = db_value(site.admin,
                          "SELECT string_agg(concat_ws(' ', category, relation, operation, role, "
                          "coalesce(rows::text, '?')), ', ' ORDER BY id) FROM "
                          "retention.guard_observed WHERE relation <> 'ctm.event'");
    ck_assert_str_eq(seen, "visits ctm.visit UPDATE g_app ?, visits ctm.visit DELETE g_app ?, "
                           "sessions ctm.session DELETE g_app ?");
    free(seen);
    guard_site_setup(&site, NULL, false);
    db_exec(site.admin, "DELETE FROM retention.guard_observed");
    db_exec(app, "DELETE FROM ctm.visit WHERE visitor = 'v9'");
    db_exec(app, "DELETE FROM ctm.session WHERE session_id = 5");
    seen = db_value(site.admin, "SELECT string_agg(concat_ws(' ', category, relation, rows), ', ' "
                                "ORDER BY id) FROM retention.guard_observed WHERE relation = "
                                "'ctm.session' OR category = 'visits'");
    ck_assert_str_eq(seen, "sessions ctm.session 1");
    free(seen);
}
END_TEST

Suite *suite_guard_outdated(void)
{
    Suite *suite = suite_create("guard_outdated");
    TCase *tc = tcase_create("refusing");
    tcase_set_timeout(tc, 300);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, refuses_until_setup);
    tcase_add_test(tc, what_it_says);
    tcase_add_test(tc, nothing_without_a_hold);
    tcase_add_test(tc, another_type);
    tcase_add_test(tc, ahead_of_the_approval);
    tcase_add_test(tc, began_before_the_approval);
    tcase_add_test(tc, writers_wait_for_an_approval);
    suite_add_tcase(suite, tc);
    tc = tcase_create("observing");
    tcase_set_timeout(tc, 300);
    tcase_add_checked_fixture(tc, setup_observing, teardown);
    tcase_add_test(tc, observed);
    suite_add_tcase(suite, tc);
    return suite;
}
