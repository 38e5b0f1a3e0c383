/* Who may do what in schema retention: DESIGN's table, tried as each role. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/cluster.h"
#include "harness/db.h"
#include "harness/schema.h"

static const char *const people[] = {"t_nobody",   "t_worker",   "t_legal",
                                     "t_operator", "t_approver", "t_auditor"};
enum { PEOPLE = sizeof(people) / sizeof(people[0]) };

static struct cluster *cluster;
static char *database;
static PGconn *admin, *as[PEOPLE];
static int64_t term;

static PGconn *role(const char *name)
{
    for (int i = 0; i < PEOPLE; i++)
        if (strcmp(people[i], name) == 0)
            return as[i];
    ck_abort_msg("%s", name);
}

static void setup(void)
{
    cluster = cluster_shared();
    database = schema_db_new(cluster);
    admin = db_connect(cluster, database, NULL);
    for (int i = 0; i < PEOPLE; i++)
        as[i] = db_connect(cluster, database, people[i]);
    db_exec(admin, "CREATE TABLE t (id int PRIMARY KEY)");
    term = schema_lead(role("t_worker"), '1');
    free(schema_policy(role("t_worker"), role("t_approver"), term, "c", "public.t", "one"));
    free(schema_run(role("t_worker"), term, "c"));
}

static void teardown(void)
{
    for (int i = 0; i < PEOPLE; i++)
        PQfinish(as[i]);
    PQfinish(admin);
    db_drop(cluster, database);
    free(database);
}

/* Nobody has a right to write any table, lock a gate, or make an object in the schema; but the
 * guard's functions, which nobody can log in as, lock hold_gate. */
START_TEST(no_role_writes_tables)
{
    ck_assert_int_eq(
        db_number(admin,
                  "SELECT count(*) FROM pg_class c, pg_roles r, unnest('{INSERT,UPDATE,DELETE,"
                  "TRUNCATE,REFERENCES,TRIGGER}'::text[]) w WHERE c.relnamespace = "
                  "'retention'::regnamespace AND c.relkind IN ('r', 'v', 'S') AND NOT r.rolsuper "
                  "AND r.rolname <> 'retention_owner' AND r.rolname NOT LIKE 'pg\\_%%' "
                  "AND NOT pg_has_role(r.oid, 'retention_owner', 'MEMBER') "
                  /* LOCK TABLE ... IN ROW SHARE MODE, by the guard, needs it before version 16 */
                  "AND NOT (pg_has_role(r.oid, 'retention_reader', 'MEMBER') "
                  "AND c.relname = 'hold_gate' AND w = 'UPDATE') "
                  "AND CASE WHEN c.relkind = 'S' THEN w = 'UPDATE' AND "
                  "has_sequence_privilege(r.oid, c.oid, w) "
                  "ELSE has_table_privilege(r.oid, c.oid, w) END"),
        0);
    for (int i = 0; i < PEOPLE; i++) {
        ck_assert_str_eq(db_fails(as[i], "CREATE TABLE retention.x (a int)"), "42501");
        ck_assert_str_eq(
            db_fails(as[i], "DO 'BEGIN LOCK TABLE retention.hold_gate IN ROW SHARE MODE; END'"),
            "42501");
        ck_assert_str_eq(
            db_fails(as[i], "DO 'BEGIN LOCK TABLE retention.leader_gate IN EXCLUSIVE MODE; END'"),
            "42501");
    }
}
END_TEST

/* The log is insert-only for everybody: refused by right, and for the owner and superusers by a
 * trigger. */
START_TEST(log_cannot_be_changed)
{
    db_exec(admin, "INSERT INTO retention.log_records VALUES (gen_random_uuid(), 0, sha256('x'))");
    static const char *const changes[] = {"UPDATE retention.log_entry SET entry = 'x'",
                                          "DELETE FROM retention.log_entry",
                                          "TRUNCATE retention.log_entry CASCADE",
                                          "DELETE FROM retention.log_entry WHERE false",
                                          "UPDATE retention.log_records SET seq = 1",
                                          "DELETE FROM retention.log_records",
                                          "UPDATE retention.log_leaf SET entry = 1",
                                          "DELETE FROM retention.log_leaf",
                                          "TRUNCATE retention.log_leaf",
                                          "DELETE FROM retention.log_checkpoint",
                                          "DELETE FROM retention.log_anchor",
                                          "TRUNCATE retention.log_records",
                                          NULL};
    for (int c = 0; changes[c]; c++) {
        for (int i = 0; i < PEOPLE; i++)
            ck_assert_msg(strcmp(db_fails(as[i], "%s", changes[c]), "42501") == 0, "%s: %s",
                          people[i], changes[c]);
        ck_assert_str_eq(db_fails(admin, "%s", changes[c]), "RT011");
        db_exec(admin, "SET ROLE retention_owner");
        ck_assert_str_eq(db_fails(admin, "%s", changes[c]), "RT011");
        db_exec(admin, "RESET ROLE; SET session_replication_role = replica");
        ck_assert_str_eq(db_fails(admin, "%s", changes[c]), "RT011");
        db_exec(admin, "RESET session_replication_role");
    }
    for (int i = 0; i < PEOPLE; i++) {
        ck_assert_str_eq(db_fails(as[i], "INSERT INTO retention.log_entry (type, seq, entry) "
                                         "VALUES ('heartbeat', 0, 'x')"),
                         "42501");
        ck_assert_str_eq(db_fails(as[i], "SELECT retention.write_entry('heartbeat', NULL, NULL, "
                                         "'{\"size\":1}')"),
                         "42501");
    }
}
END_TEST

/* Which roles may execute a function: one list, exactly. */
START_TEST(functions_are_granted_as_designed)
{
    static const char granted[] =
        "abandon_cells operator|"
        "any_case approver auditor legal operator reader worker|"
        "any_form approver auditor legal operator reader worker|"
        "any_json approver auditor legal operator reader worker|"
        "any_phone approver auditor legal operator reader worker|"
        "append_batch worker|"
        "approve_hold_rules approver|"
        "approve_policy approver|"
        "as_e164 approver auditor legal operator reader worker|"
        "as_lower approver auditor legal operator reader worker|"
        "batch_exists worker|"
        "begin_batch worker|"
        "begin_log worker|"
        "block_record worker|"
        "canonical_text approver auditor legal operator reader worker|"
        "check_holds worker|"
        "close_cells worker|"
        "close_matter legal|"
        "confirm_request legal|"
        "count_groups worker|"
        "count_held reader|"
        "coverage worker|"
        "current_timeline worker|"
        "daily_compliance worker|"
        "engage_brake worker|"
        "extend_hold legal|"
        "fingerprint worker|"
        "finish_request worker|"
        "finish_run worker|"
        "guard_observe reader|"
        "guard_outdated reader|"
        "guard_refuse reader|"
        "guard_snapshot reader|"
        "hold_absent legal|"
        "hold_coverage auditor legal|"
        "hold_facts_text approver auditor legal operator worker|"
        "hold_mirrors worker|"
        "hold_preview legal|"
        "hold_scope_problems approver auditor legal operator worker|"
        "holds_missing worker|"
        "is_bound approver auditor legal operator worker|"
        "join_session worker|"
        "json_drop approver auditor legal operator reader worker|"
        "json_keep approver auditor legal operator reader worker|"
        "keep_groups worker|"
        "lead worker|"
        "load_policy worker|"
        "log_anchored worker|"
        "log_heartbeat worker|"
        "log_last_gone auditor operator worker|"
        "log_report worker|"
        "log_signed worker|"
        "mend_holds legal|"
        "narrow_hold legal|"
        "new_epoch worker|"
        "open_runs worker|"
        "pause legal operator|"
        "place_hold legal|"
        "policy_gone worker|"
        "policy_keeps_more approver auditor legal operator worker|"
        "progress_run worker|"
        "propose_hold_rules worker|"
        "read_as_reader approver auditor operator|"
        "record_accepted worker|record_config worker|"
        "record_failure worker|"
        "record_guard worker|"
        "record_inventory worker|"
        "record_reload worker|"
        "record_status worker|"
        "record_validity worker|"
        "release_brake operator|"
        "release_hold legal|"
        "renew worker|"
        "request_run operator worker|"
        "require_published worker|"
        "resign worker|"
        "resume operator|"
        "retire_key worker|"
        "retire_policy approver|"
        "roll_up worker|"
        "run_as_reader reader|"
        "run_waits worker|"
        "sequence_log worker|"
        "session_is_gone worker|"
        "set_fingerprint worker|"
        "settle_agreements worker|"
        "settle_groups worker|"
        "start_run worker|"
        "stop_now operator|"
        "take_requests worker|"
        "truncate_any_phone approver auditor legal operator reader worker|"
        "truncate_ip approver auditor legal operator reader worker|"
        "truncate_phone approver auditor legal operator reader worker|"
        "try_jsonb approver auditor legal operator reader worker|"
        "try_timestamptz approver auditor legal operator reader worker|"
        "unblock worker|"
        "withdraw_request legal|"
        "withdraw_run operator worker";
    char *found = db_value(
        admin,
        "SELECT string_agg(f, '|' ORDER BY f COLLATE \"C\") FROM (SELECT p.proname || ' ' || "
        "string_agg(substr(r.rolname, 11), ' ' ORDER BY r.rolname) AS f FROM pg_proc p, pg_roles r "
        "WHERE p.pronamespace = 'retention'::regnamespace AND r.rolname LIKE 'retention\\_%%' AND "
        "r.rolname <> 'retention_owner' AND has_function_privilege(r.oid, p.oid, 'EXECUTE') "
        "GROUP BY p.oid, p.proname) x");
    size_t same = 0;
    while (found[same] && found[same] == granted[same])
        same++;
    while (same > 0 && found[same - 1] != '|')
        same--;
    if (strcmp(found, granted) != 0)
        fprintf(stderr, "%s\n", found);
    ck_assert_msg(strcmp(found, granted) == 0, "found %.200s, wanted %.200s", found + same,
                  granted + same);
    free(found);
    /* none by PUBLIC; all pin search_path but those that records of a batch go through, which
     * qualify everything; what is granted runs as the owner, unless it reads its arguments alone,
     * and what counts by the worker's statements as the reader */
    ck_assert_int_eq(
        db_number(admin,
                  "SELECT count(*) FROM pg_proc p WHERE p.pronamespace = "
                  "'retention'::regnamespace AND (has_function_privilege('t_nobody', p.oid, "
                  "'EXECUTE') OR p.proowner <> CASE WHEN p.proname IN ('count_held', "
                  "'run_as_reader') THEN 'retention_reader' ELSE 'retention_owner' END::regrole OR "
                  "('search_path=pg_catalog, pg_temp' = ANY (coalesce(p.proconfig, '{}'))) = "
                  "(p.proname IN ('any_case', 'any_form', 'any_json', 'any_phone', 'as_e164', "
                  "'as_lower', 'truncate_any_phone', 'truncate_phone')) OR "
                  "(NOT p.prosecdef AND p.proname NOT IN ('try_jsonb', 'try_timestamptz', "
                  "'canonical_text', "
                  "'any_case', 'any_form', 'any_json', 'any_phone', 'as_e164', 'as_lower', "
                  "'json_drop', 'json_keep', 'truncate_any_phone', 'truncate_ip', "
                  "'truncate_phone', "
                  "'require_published') AND "
                  "has_function_privilege('retention_worker', p.oid, 'EXECUTE')))"),
        0);
}
END_TEST

/* Who may read what. */
START_TEST(tables_are_read_as_designed)
{
    static const struct {
        const char *table, *readers; /* of worker legal operator approver auditor: w l o p a */
    } expected[] = {
        {"hold", "wlopa"},         {"log_entry", "woa"},      {"log_records", "wa"},
        {"epoch_key", "wa"},       {"compliance", "wlopa"},   {"run", "wlopa"},
        {"category", "wlopa"},     {"policy_text", "wlopa"},  {"pause", "wlopa"},
        {"leader", "wlopa"},       {"run_request", "wlopa"},  {"category_status", "wlopa"},
        {"hold_gate", ""},         {"leader_gate", ""},       {"entry_counter", ""},
        {"blocked_record", "woa"}, {"agreement_state", "w"},  {"worker_session", "woa"},
        {"log_leaf", "woa"},       {"log_pending", "wa"},     {"log_checkpoint", "wlopa"},
        {"log_anchor", "wlopa"},   {"log_state", "wlopa"},    {"matter", "l"},
        {"hold_part", "wlopa"},    {"hold_subject", "l"},     {"hold_key", "l"},
        {"hold_gap", "wlopa"},     {"hold_request", "wlopa"}, {"hold_rules", "wlopa"},
        {"held_scope", "wl"},      {"intake", "wlopa"},
    };
    static const char letters[] = "-wlopa";
    for (size_t t = 0; t < sizeof(expected) / sizeof(expected[0]); t++)
        for (int i = 0; i < PEOPLE; i++) {
            char sql[100];
            snprintf(sql, sizeof(sql), "SELECT count(*) FROM retention.%s", expected[t].table);
            PGresult *result = PQexec(as[i], sql);
            bool may = strchr(expected[t].readers, letters[i]) != NULL;
            ck_assert_msg((PQresultStatus(result) == PGRES_TUPLES_OK) == may, "%s: %s", people[i],
                          expected[t].table);
            PQclear(result);
        }
    /* the auditor: holds without whom they are about (test_hold_roles.c); no wrapped keys */
    db_exec(role("t_auditor"), "SELECT hold, category, placed_at FROM retention.hold");
    db_exec(role("t_auditor"), "SELECT epoch, commit FROM retention.epoch_key");
    ck_assert_str_eq(db_fails(role("t_auditor"), "SELECT wrapped FROM retention.epoch_key"),
                     "42501");
}
END_TEST

START_TEST(nobody_oversteps)
{
    static const struct {
        const char *who, *sql;
    } tries[] = {
        {"t_worker", "UPDATE retention.category SET state = 'active'"},
        {"t_worker", "UPDATE retention.leader SET term = 99"},
        {"t_worker", "SELECT retention.approve_policy('c', 'x', NULL)"},
        {"t_worker", "SELECT retention.release_brake('c')"},
        {"t_worker", "SELECT retention.resume('all', 'x')"},
        {"t_worker", "SELECT retention.adopt()"},
        {"t_worker", "SET ROLE retention_owner"},
        {"t_worker", "SELECT retention.bind_database('x')"},
        {"t_legal", "SELECT retention.resume('all', 'x')"},
        {"t_legal", "SELECT retention.request_run()"},
        {"t_operator", "SELECT retention.approve_policy('c', 'x', NULL)"},
        {"t_operator", "SELECT retention.retire_policy('c', 'x')"},
        {"t_operator", "SELECT retention.load_policy(NULL, 'c', 'x', NULL, 'x', 'enforce', 'x', "
                       "'{}', NULL, false, NULL)"},
        {"t_approver", "SELECT retention.pause('all', 'x')"},
        {"t_approver", "SELECT retention.release_brake('c')"},
        {"t_auditor", "SELECT retention.pause('all', 'x')"},
        {"t_auditor", "INSERT INTO retention.run_request (requested_by) VALUES ('x')"},
        {"t_auditor", "SELECT retention.finish_run(1, gen_random_uuid(), 0, 0, 0, 'done', '')"},
        {"t_auditor", "SELECT wrapped FROM retention.epoch_key"},
        {"t_nobody", "SELECT * FROM retention.category"},
        {"t_nobody", "SELECT retention.is_bound()"},
        {"t_nobody", "SELECT retention.lead(gen_random_uuid(), 'x', '15 s')"},
    };
    for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++)
        ck_assert_msg(strcmp(db_fails(role(tries[i].who), "%s", tries[i].sql), "42501") == 0,
                      "%s: %s", tries[i].who, tries[i].sql);
}
END_TEST

/* One person with both roles: who loaded a text does not approve it, whatever they are a member of.
 */
START_TEST(who_loads_does_not_approve)
{
    db_exec(admin, "GRANT retention_approver TO t_worker");
    char *sha256 = schema_policy(role("t_worker"), NULL, term, "c", "public.t", "two");
    ck_assert_str_eq(
        db_fails(role("t_worker"), "SELECT retention.approve_policy('c', '%s', NULL)", sha256),
        "RT008");
    db_exec(role("t_worker"), "SET ROLE retention_approver");
    ck_assert_str_eq(
        db_fails(role("t_worker"), "SELECT retention.approve_policy('c', '%s', NULL)", sha256),
        "RT008");
    db_exec(admin, "REVOKE retention_approver FROM t_worker");
    db_exec(role("t_approver"), "SELECT retention.approve_policy('c', '%s', NULL)", sha256);
    free(sha256);
}
END_TEST

/* Who did it is session_user, also when somebody acts in a role. */
START_TEST(session_user_is_recorded)
{
    PGconn *conn = role("t_operator");
    db_exec(conn, "SET ROLE retention_operator");
    db_exec(conn, "SELECT retention.pause('all', 'why')");
    char *by = db_value(admin, "SELECT paused_by FROM retention.pause");
    ck_assert_str_eq(by, "t_operator");
    free(by);
}
END_TEST

/* Objects of the caller's must not get into functions that run as the owner. */
START_TEST(search_path_is_pinned)
{
    PGconn *conn = role("t_operator");
    db_exec(admin, "GRANT CREATE ON SCHEMA public TO t_operator");
    db_script(conn,
              "CREATE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE plpgsql AS "
              "'BEGIN RAISE EXCEPTION ''shadowed''; END';"
              "CREATE TEMPORARY TABLE pg_proc (x int);"
              "SET search_path = public, pg_temp, pg_catalog");
    db_exec(conn, "SELECT retention.pause('all', 'why')");
    db_exec(conn, "SELECT retention.resume('all', 'why')");
}
END_TEST

Suite *suite_schema_roles(void)
{
    Suite *suite = suite_create("schema_roles");
    TCase *tc = tcase_create("roles");
    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, no_role_writes_tables);
    tcase_add_test(tc, log_cannot_be_changed);
    tcase_add_test(tc, functions_are_granted_as_designed);
    tcase_add_test(tc, tables_are_read_as_designed);
    tcase_add_test(tc, nobody_oversteps);
    tcase_add_test(tc, who_loads_does_not_approve);
    tcase_add_test(tc, session_user_is_recorded);
    tcase_add_test(tc, search_path_is_pinned);
    suite_add_tcase(suite, tc);
    return suite;
}
