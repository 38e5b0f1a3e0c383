/* Holds and privileges: everybody tries, connected as the login that they would have, what they
 * must not be able to do. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/cluster.h"
#include "harness/db.h"
#include "harness/schema.h"
#include "hold_support.h"

static const char *const people[] = {"t_nobody",   "t_worker",  "t_legal",  "t_operator",
                                     "t_approver", "t_auditor", "t_reader", "t_application"};
enum { PEOPLE = sizeof(people) / sizeof(people[0]) };

static struct hold_site site;
static PGconn *as[PEOPLE];
static int64_t term;
static char *hold, *request;

static PGconn *role(const char *name)
{
    for (int i = 0; i < PEOPLE; i++)
        if (strcmp(people[i], name) == 0)
            return as[i];
    ck_abort_msg("%s", name);
}

static bool is(int person, const char *name)
{
    return strcmp(people[person], name) == 0;
}

static void setup(void)
{
    site = hold_site_new(cluster_shared());
    db_script(site.admin,
              "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 't_reader') THEN "
              "CREATE ROLE t_reader LOGIN; GRANT retention_reader TO t_reader; CREATE ROLE "
              "t_application LOGIN; END IF; END $$;"
              "CREATE TABLE calls (call_id bigint); GRANT ALL ON calls TO t_application, t_worker;"
              "UPDATE retention.hold_rules SET dual_control = true, grace = '30 days'");
    for (int i = 0; i < PEOPLE; i++)
        as[i] = db_connect(site.cluster, site.database, people[i]);
    term = schema_lead(role("t_worker"), '1');
    hold_site_categories(&site);
    hold = db_value(site.legal,
                    "SELECT retention.place_hold('2026-1', 'x', category => 'calls', subjects => "
                    "'{phone:+1,phone:+2}', tenant => '7', matter_name => 'Doe')");
    request = db_value(site.legal,
                       "SELECT retention.narrow_hold('%s', 'x', subjects => '{phone:+2}')", hold);
}

static void teardown(void)
{
    for (int i = 0; i < PEOPLE; i++)
        PQfinish(as[i]);
    free(hold);
    free(request);
    hold_site_free(&site);
}

/* A digest of all that must not have changed. */
static char *state(void)
{
    return db_value(
        site.admin,
        "SELECT md5(concat((SELECT string_agg(x::text, ';' ORDER BY x::text) FROM retention.matter "
        "x), (SELECT string_agg(x::text, ';' ORDER BY x::text) FROM retention.hold x), (SELECT "
        "string_agg(x::text, ';' ORDER BY x::text) FROM retention.hold_part x), (SELECT "
        "string_agg(x::text, ';' ORDER BY x::text) FROM retention.hold_subject x), (SELECT "
        "string_agg(x::text, ';' ORDER BY x::text) FROM retention.hold_request x), (SELECT "
        "string_agg(x::text, ';' ORDER BY x::text) FROM retention.held_scope x), (SELECT "
        "string_agg(x::text, ';' ORDER BY x::text) FROM retention.hold_rules x), (SELECT "
        "string_agg(x::text, ';' ORDER BY x::text) FROM retention.category x), (SELECT "
        "string_agg(x::text, ';' ORDER BY x::text) FROM retention.log_entry x)))");
}

/* Nobody writes a table of holds or of the log, whoever they are. */
START_TEST(nobody_writes_tables)
{
    static const char *const tables[] = {"matter",    "hold",     "hold_part",   "hold_subject",
                                         "hold_key",  "hold_gap", "held_scope",  "hold_rules",
                                         "log_entry", "log_leaf", "log_records", "hold_request",
                                         "hold_gate", "category", "entry_type",  "entry_counter"};
    char *before = state();
    for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++) {
        char *column =
            db_value(site.admin,
                     "SELECT coalesce(min(attname), '') FROM pg_attribute WHERE attrelid = "
                     "'retention.%s'::regclass AND attnum = 1",
                     tables[t]);
        for (int i = 0; i < PEOPLE; i++) {
            char insert[200], update[200], delete[200], truncate[200], lock[200];
            snprintf(insert, sizeof(insert), "INSERT INTO retention.%s DEFAULT VALUES", tables[t]);
            snprintf(update, sizeof(update), "UPDATE retention.%s SET %s = DEFAULT", tables[t],
                     column);
            snprintf(delete, sizeof(delete), "DELETE FROM retention.%s", tables[t]);
            snprintf(truncate, sizeof(truncate), "TRUNCATE retention.%s CASCADE", tables[t]);
            snprintf(lock, sizeof(lock),
                     "DO 'BEGIN LOCK TABLE retention.%s IN EXCLUSIVE MODE; END'", tables[t]);
            const char *const tries[] = {insert, delete, truncate, lock, *column ? update : delete};
            for (size_t n = 0; n < sizeof(tries) / sizeof(tries[0]); n++) {
                /* what the guard runs as may lock the gate, as every writer of a guarded table */
                if (n == 3 && is(i, "t_reader") && strcmp(tables[t], "hold_gate") == 0)
                    continue;
                ck_assert_msg(strcmp(db_fails(as[i], "%s", tries[n]), "42501") == 0, "%s: %s",
                              people[i], tries[n]);
            }
        }
        free(column);
    }
    char *after = state();
    ck_assert_str_eq(after, before);
    free(before);
    free(after);
}
END_TEST

/* The functions of holds, tried by everybody whom they are not for. */
START_TEST(functions_are_for_those_named)
{
    static const struct {
        const char *call, *who; /* %s: the hold, or the request where it says so */
    } calls[] = {
        {"place_hold('2026-1', 'x', category => 'calls')", "t_legal"},
        {"extend_hold('%s', 'x', tenant => '8')", "t_legal"},
        {"narrow_hold('%s', 'x', subjects => '{phone:+1}')", "t_legal"},
        {"release_hold('%s', 'x')", "t_legal"},
        {"confirm_request('%s', 'x')", "t_legal"},
        {"withdraw_request('%s', 'x')", "t_legal"},
        {"close_matter('2026-1', 'x')", "t_legal"},
        {"hold_preview(everything => true)", "t_legal"},
        {"hold_coverage('%s')", "t_legal t_auditor"},
        {"hold_absent('%s', '{phone}', '{1}')", "t_legal"},
        {"propose_hold_rules(1, false, '0')", "t_worker"},
        {"approve_hold_rules()", "t_approver"},
        {"record_inventory('%s', 1, repeat('ab', 32))", "t_worker"},
        {"approve_policy('calls', repeat('a', 64), NULL)", "t_approver"},
        {"check_holds(1)", "t_worker"},
        {"read_as_reader('calls', 'SELECT value FROM retention.hold_subject', '{}')",
         "t_operator t_approver t_auditor"},
        {"retire_policy('calls', 'x')", "t_approver"},
        {"load_policy(NULL, 'x', 'x', NULL, 'x', 'enforce', 'x', '{}', NULL, false, NULL)",
         "t_worker"},
        /* internal: for nobody */
        {"apply_holds('calls')", ""},
        {"apply_hold_parts(NULL, NULL)", ""},
        {"apply_new_part('%s', 1, 'placed', '{}', '{}')", ""},
        {"add_hold_part('%s', 9, 'x', NULL, '1', NULL, NULL, NULL, NULL, NULL, NULL, '{}')", ""},
        {"carry_out_request('%s', 'x')", ""},
        {"close_hold_gate()", ""},
        {"hold_entry('%s', 'released', 'x')", ""},
        {"hold_scope_text('%s', NULL)", ""},
        {"hmac_sha256('x', 'x')", ""},
        {"hold_reach('%s')", ""},
        {"lock_holds()", ""},
        {"write_entry('hold', NULL, NULL, '{}')", ""},
        {"count_held('SELECT 1', '%s', 'UTC')", "t_reader"}, /* with its own rights */
        {"run_as_reader('SELECT 1', '{}')", "t_reader"},
        {"hold_parts_wanted(NULL, NULL, now())", ""},
        {"accept_hold_gaps('calls', NULL, '{}')", ""},
    };
    char *before = state();
    for (size_t c = 0; c < sizeof(calls) / sizeof(calls[0]); c++) {
        char call[300];
        const char *mark = strstr(calls[c].call, "%s");
        const char *id = strstr(calls[c].call, "request") ? request : hold;
        if (mark)
            snprintf(call, sizeof(call), "SELECT retention.%.*s%s%s", (int)(mark - calls[c].call),
                     calls[c].call, id, mark + 2);
        else
            snprintf(call, sizeof(call), "SELECT retention.%s", calls[c].call);
        for (int i = 0; i < PEOPLE; i++) {
            if (strstr(calls[c].who, people[i])) {
                /* may: whatever else is wrong with the call, it is not the privilege */
                db_exec(as[i], "BEGIN");
                PGresult *result = PQexec(as[i], call);
                const char *code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
                ck_assert_msg(!code || strcmp(code, "42501") != 0, "%s: %s: %s", people[i], call,
                              PQresultErrorMessage(result));
                PQclear(result);
                db_exec(as[i], "ROLLBACK");
            } else {
                ck_assert_msg(strcmp(db_fails(as[i], "%s", call), "42501") == 0, "%s: %s",
                              people[i], call);
            }
        }
    }
    char *after = state();
    ck_assert_str_eq(after, before);
    free(before);
    free(after);
}
END_TEST

/* Whom a hold is about, for which matter and why, is for legal; what it covers, as values that can
 * be compared, for the worker and the guard, too. Others see that there is a hold. */
START_TEST(subjects_are_for_legal)
{
    static const struct {
        const char *columns, *table, *who;
    } reads[] = {
        {"*", "matter", "t_legal"},
        {"digest_key", "matter", "t_legal"},
        {"matter", "hold", "t_legal"},
        {"reason", "hold", "t_legal"},
        {"arguments", "hold", "t_legal"},
        {"release_reason", "hold", "t_legal"},
        {"hold, category, kind, everything, placed_at, placed_by, review_by, expected_end, "
         "released_at, released_by, held_until",
         "hold", "t_legal t_worker t_operator t_approver t_auditor"},
        {"tenant", "hold_part", "t_legal"},
        {"reason", "hold_part", "t_legal"},
        {"hold, part, starts_from, starts_to, subjects, keys, held_until", "hold_part",
         "t_legal t_worker t_operator t_approver t_auditor"},
        {"*", "hold_subject", "t_legal"},
        {"value", "hold_subject", "t_legal"},
        {"*", "hold_key", "t_legal"},
        {"subjects", "hold_request", "t_legal"},
        {"record_keys", "hold_request", "t_legal"},
        {"reason", "hold_request", "t_legal"},
        {"decision_reason", "hold_request", "t_legal"},
        {"request, hold, what, part, requested_by, decided_by, decision", "hold_request",
         "t_legal t_worker t_operator t_approver t_auditor"},
        {"*", "hold_gap", "t_legal t_worker t_operator t_approver t_auditor"},
        {"*", "held_scope", "t_legal t_worker t_reader"},
        {"*", "hold_rules", "t_legal t_worker t_operator t_approver t_auditor"},
        {"wrapped", "epoch_key", "t_worker"},
    };
    for (size_t r = 0; r < sizeof(reads) / sizeof(reads[0]); r++)
        for (int i = 0; i < PEOPLE; i++) {
            char sql[300];
            snprintf(sql, sizeof(sql), "SELECT %s FROM retention.%s", reads[r].columns,
                     reads[r].table);
            PGresult *result = PQexec(as[i], sql);
            const char *code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
            bool may = strstr(reads[r].who, people[i]) != NULL;
            ck_assert_msg(may ? !code : code && strcmp(code, "42501") == 0, "%s: %s: %s", people[i],
                          sql, PQresultErrorMessage(result));
            PQclear(result);
        }
}
END_TEST

/* Nobody becomes somebody else, or makes the functions do so. */
START_TEST(nobody_becomes_the_owner)
{
    static const char *const roles[] = {
        "retention_owner",    "retention_worker",  "retention_legal",  "retention_operator",
        "retention_approver", "retention_auditor", "retention_reader", "postgres"};
    for (int i = 0; i < PEOPLE; i++) {
        for (size_t r = 0; r < sizeof(roles) / sizeof(roles[0]); r++)
            if (strcmp(people[i] + 2, roles[r] + strlen("retention_")) != 0)
                ck_assert_msg(strcmp(db_fails(as[i], "SET ROLE %s", roles[r]), "42501") == 0,
                              "%s: %s", people[i], roles[r]);
        ck_assert_str_eq(db_fails(as[i], "ALTER TABLE retention.log_entry DISABLE TRIGGER ALL"),
                         "42501");
        ck_assert_str_eq(db_fails(as[i], "ALTER TABLE retention.hold_part DISABLE TRIGGER ALL"),
                         "42501");
        ck_assert_str_eq(db_fails(as[i], "DROP TABLE retention.held_scope"), "42501");
        ck_assert_str_eq(db_fails(as[i], "DROP FUNCTION retention.hold_reach(uuid)"), "42501");
        ck_assert_str_eq(db_fails(as[i], "SET session_replication_role = replica"), "42501");
        ck_assert_str_eq(
            db_fails(as[i], "CREATE OR REPLACE FUNCTION retention.hold_facts(c retention.category) "
                            "RETURNS jsonb LANGUAGE sql AS 'SELECT NULL::jsonb'"),
            "42501");
    }
}
END_TEST

/* The owner and superusers: they can delete rows of holds, as everything; not of the log. */
START_TEST(log_entries_stay)
{
    for (int owner = 0; owner < 2; owner++) {
        if (owner)
            db_exec(site.admin, "SET ROLE retention_owner");
        ck_assert_str_eq(db_fails(site.admin, "DELETE FROM retention.log_entry WHERE type = "
                                              "'hold'"),
                         "RT011");
        ck_assert_str_eq(db_fails(site.admin, "UPDATE retention.log_entry SET entry = 'x'"),
                         "RT011");
        /* what a part hangs on cannot go before it */
        ck_assert_str_eq(db_fails(site.admin, "DELETE FROM retention.hold"), "23503");
        ck_assert_str_eq(db_fails(site.admin, "DELETE FROM retention.matter"), "23503");
        db_exec(site.admin, "RESET ROLE");
    }
}
END_TEST

/* Objects of the caller's do not get into what runs as the owner. */
START_TEST(search_path_is_pinned)
{
    db_exec(site.admin, "GRANT CREATE ON SCHEMA public TO t_legal");
    db_script(role("t_legal"),
              "CREATE FUNCTION public.btrim(text) RETURNS text LANGUAGE plpgsql AS "
              "'BEGIN RAISE EXCEPTION ''shadowed''; END';"
              "CREATE FUNCTION public.translate(text, text, text) RETURNS text LANGUAGE plpgsql AS "
              "'BEGIN RAISE EXCEPTION ''shadowed''; END';"
              "CREATE FUNCTION public.eq(text, text) RETURNS boolean LANGUAGE plpgsql AS "
              "'BEGIN RAISE EXCEPTION ''shadowed''; END';"
              "CREATE OPERATOR public.= (LEFTARG = text, RIGHTARG = text, FUNCTION = public.eq);"
              "CREATE TEMPORARY TABLE hold (x int); CREATE TEMPORARY TABLE category (x int);"
              "SET search_path = public, pg_temp, pg_catalog");
    free(db_value(role("t_legal"), "SELECT retention.place_hold('2026-2', 'x', category => "
                                   "'calls', subject => 'phone:410 555 0100')"));
    db_exec(role("t_legal"), "SELECT retention.hold_preview(subject => 'phone:410 555 0100')");
    ck_is("105550100", role("t_legal"), "SELECT retention.as_e164('410 555 0100')");
    ck_is("x", role("t_legal"), "SELECT retention.as_lower(' X ')");
}
END_TEST

Suite *suite_hold_roles(void)
{
    Suite *suite = suite_create("hold_roles");
    TCase *tc = tcase_create("roles");
    tcase_set_timeout(tc, 300);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, nobody_writes_tables);
    tcase_add_test(tc, functions_are_for_those_named);
    tcase_add_test(tc, subjects_are_for_legal);
    tcase_add_test(tc, nobody_becomes_the_owner);
    tcase_add_test(tc, log_entries_stay);
    tcase_add_test(tc, search_path_is_pinned);
    suite_add_tcase(suite, tc);
    return suite;
}
