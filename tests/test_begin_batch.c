#define _GNU_SOURCE
/* May this transaction act, now? retention.begin_batch, append_batch, finish_run. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/cluster.h"
#include "harness/db.h"
#include "harness/schema.h"

static struct cluster *cluster;
static char *database, *run, *begin;
static PGconn *admin, *worker, *approver, *operator_;
static int64_t term;

static void setup(void)
{
    cluster = cluster_shared();
    database = schema_db_new(cluster);
    admin = db_connect(cluster, database, NULL);
    worker = db_connect(cluster, database, "t_worker");
    approver = db_connect(cluster, database, "t_approver");
    operator_ = db_connect(cluster, database, "t_operator");
    db_script(admin,
              "CREATE TABLE t (id int PRIMARY KEY);"
              "INSERT INTO t SELECT generate_series(1, 100);"
              "CREATE TABLE p (id int, d date, PRIMARY KEY (id, d)) PARTITION BY RANGE (d);"
              "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');"
              "GRANT ALL ON t, p, p1 TO t_worker");
    term = schema_lead(worker, '1');
    free(schema_policy(worker, approver, term, "c", "public.t", "one"));
    run = schema_run(worker, term, "c");
    begin = schema_begin_batch(run, term, "c", "public.t");
}

static void teardown(void)
{
    PQfinish(admin);
    PQfinish(worker);
    PQfinish(approver);
    PQfinish(operator_);
    db_drop(cluster, database);
    free(database);
    free(run);
    free(begin);
}

/* begin_batch as it stands in `begin`. */
static const char *begin_fails(void)
{
    return db_fails(worker, "%s", begin);
}

START_TEST(goes_through)
{
    db_exec(worker, "BEGIN");
    char *xid = db_value(worker, "SELECT xid FROM (%s) b", begin);
    char *own = db_value(worker, "SELECT pg_current_xact_id()");
    ck_assert_str_eq(xid, own);
    ck_assert_int_eq(db_number(worker, "SELECT epoch FROM (%s) b", begin), 0);
    db_exec(worker, "SELECT retention.new_epoch(%lld, 1, '\\x0102', sha256('k'))", (long long)term);
    ck_assert_int_eq(db_number(worker, "SELECT epoch FROM (%s) b", begin), 1);
    db_exec(worker, "COMMIT");
    free(xid);
    free(own);
}
END_TEST

START_TEST(stale_term)
{
    char *old = schema_begin_batch(run, term - 1, "c", "public.t");
    ck_assert_str_eq(db_fails(worker, "%s", old), "RT001");
    PGconn *lane = db_connect(cluster, database, "t_worker");
    ck_assert_str_eq(db_fails(lane, "%s", begin), "RT001"); /* it did not join */
    db_exec(lane, "SELECT retention.join_session(%lld)", (long long)term);
    db_exec(lane, "%s", begin);
    PQfinish(lane);
    db_exec(worker, "SELECT retention.resign(%lld)", (long long)term);
    ck_assert_str_eq(begin_fails(), "RT001");
    free(old);
}
END_TEST

START_TEST(paused)
{
    db_exec(operator_, "SELECT retention.pause('all', 'why')");
    ck_assert_str_eq(begin_fails(), "RT002");
    db_exec(operator_, "SELECT retention.resume('all', 'why')");
    db_exec(worker, "%s", begin);
    db_exec(operator_, "SELECT retention.pause('category:c', 'why', now() + interval '1 hour')");
    ck_assert_str_eq(begin_fails(), "RT002");
    /* over */
    db_exec(admin, "UPDATE retention.pause SET until = now() - interval '1 s'");
    db_exec(worker, "%s", begin);
    /* a tenant's pause is a condition of the action's, not of the batch */
    db_exec(operator_, "SELECT retention.pause('tenant:4711', 'why')");
    db_exec(worker, "%s", begin);
}
END_TEST

static void tenants_are(const char *category, const char *facts)
{
    db_exec(admin, "UPDATE retention.category SET hold_facts = '%s' WHERE name = '%s'", facts,
            category);
}

static const char *pause_fails(const char *tenant)
{
    return db_fails(operator_, "SELECT retention.pause('tenant:%s', 'why')", tenant);
}

/* A tenant is read as the categories' types read it: what none of them reads is refused, and
 * another writing of the same one ends its pause where none takes it for another. */
START_TEST(paused_tenant)
{
    tenants_are("c", "{\"key\": []}");
    ck_assert_str_eq(pause_fails("4711"), "RT011"); /* nobody has tenants */
    tenants_are("c", "{\"tenant\": {\"type\": \"integer\"}}");
    ck_assert_str_eq(pause_fails("Smith"), "RT011");
    ck_assert_str_eq(pause_fails(" "), "RT011");
    db_exec(operator_, "SELECT retention.pause('tenant:04711 ', 'why')");
    ck_assert_int_eq(db_number(admin, "SELECT (forms ->> 'integer')::int FROM retention.pause "
                                      "WHERE NOT forms ? 'uuid' AND forms ->> 'text' = name"),
                     4711);
    ck_assert_int_eq(db_number(operator_, "SELECT retention.resume('tenant:4711', 'why')"), 1);

    free(schema_policy(worker, approver, term, "d", "public.p", "one"));
    tenants_are("d", "{\"tenant\": {\"type\": \"text\"}}");
    db_exec(operator_, "SELECT retention.pause('tenant:Smith', 'why')");
    db_exec(operator_, "SELECT retention.pause('tenant:04711', 'why')");
    ck_assert_str_eq(db_fails(operator_, "SELECT retention.resume('tenant:4711', 'why')"), "RT010");
    ck_assert_int_eq(db_number(operator_, "SELECT retention.resume('tenant:04711', 'why')"), 1);
    ck_assert_int_eq(
        db_number(admin, "SELECT count(*) FROM retention.pause WHERE resumed_at IS NULL"), 1);
}
END_TEST

START_TEST(not_approved)
{
    free(schema_policy(worker, NULL, term, "c", "public.t", "two"));
    ck_assert_str_eq(begin_fails(), "RT003"); /* suspended */
    char *sha256 = db_value(admin, "SELECT loaded_sha256 FROM retention.category");
    db_exec(approver, "SELECT retention.approve_policy('c', '%s', NULL)", sha256);
    ck_assert_str_eq(begin_fails(), "RT003"); /* the run was planned with the text before */
    char *next = schema_run(worker, term, "c");
    char *again = schema_begin_batch(next, term, "c", "public.t");
    db_exec(worker, "%s", again);
    db_exec(admin, "UPDATE retention.category SET mode = 'observe'");
    ck_assert_str_eq(db_fails(worker, "%s", again), "RT003");
    db_exec(admin, "UPDATE retention.category SET mode = 'enforce'");
    db_exec(worker, "SELECT retention.policy_gone('{c}')");
    ck_assert_str_eq(db_fails(worker, "%s", again), "RT003");
    free(again);
    free(next);
    free(sha256);
}
END_TEST

/* A hold finds records of d by rows of t, as the text says that was approved. While the file does
 * not say so, no other category acts on t. */
START_TEST(read_by_held_records)
{
    free(schema_policy(worker, approver, term, "d", "public.p",
                       "d: {\n  data: {\n    table = \"public.p\";\n    subject = (\n      {\n"
                       "        parent = \"public.t\";\n        by = [ \"id\" ];\n"
                       "        column = \"phone\";\n      }\n    );\n  };\n};\n"));
    db_exec(admin, "INSERT INTO retention.held_scope (category, shape, hold, part) VALUES ('d', "
                   "'all', gen_random_uuid(), 1)");
    static const char *const waits[] = {"state = 'suspended'", "state = 'red'",
                                        "invalid_since = now(), invalid_because = 'x'"};
    for (size_t i = 0; i < 3; i++) {
        db_exec(worker, "%s", begin);
        db_exec(admin, "UPDATE retention.category SET %s WHERE name = 'd'", waits[i]);
        ck_assert_str_eq(begin_fails(), "RT024");
        db_exec(admin, "UPDATE retention.held_scope SET held_until = now()");
        db_exec(worker, "%s", begin);
        db_exec(admin, "UPDATE retention.held_scope SET held_until = 'infinity'");
        db_exec(admin, "UPDATE retention.category SET state = 'active', invalid_since = NULL, "
                       "invalid_because = NULL WHERE name = 'd'");
    }
    /* another table */
    free(schema_policy(worker, approver, term, "e", "public.p", "none"));
    db_exec(admin, "UPDATE retention.held_scope SET category = 'e'");
    db_exec(admin, "UPDATE retention.category SET state = 'suspended' WHERE name = 'e'");
    db_exec(admin, "UPDATE retention.category SET approved_relation = 'public.other' "
                   "WHERE name = 'd'");
    db_exec(worker, "%s", begin);
}
END_TEST

START_TEST(run_ended)
{
    db_exec(worker, "SELECT retention.finish_run(%lld, '%s', 0, 0, 5, 'stopped', NULL)",
            (long long)term, run);
    ck_assert_str_eq(begin_fails(), "RT003");
    char *other = schema_begin_batch("00000000-0000-4000-8000-000000000000", term, "c", "public.t");
    ck_assert_str_eq(db_fails(worker, "%s", other), "RT010");
    free(other);
    other = schema_begin_batch(run, term, "unknown", "public.t");
    ck_assert_str_eq(db_fails(worker, "%s", other), "RT010");
    free(other);
}
END_TEST

/* P7: a key that cascades, added after the policy was checked, once emptied an undeclared table. */
START_TEST(schema_changed)
{
    db_exec(admin, "CREATE TABLE other (id int REFERENCES t ON DELETE CASCADE)");
    ck_assert_str_eq(begin_fails(), "RT004");
    db_exec(worker,
            "SELECT retention.set_fingerprint(%lld, 'c', '{public.t}', "
            "retention.fingerprint('{public.t}'))",
            (long long)term);
    db_exec(worker, "%s", begin);
    db_exec(worker, "SELECT retention.set_fingerprint(%lld, 'c', '{public.t}', NULL)",
            (long long)term);
    ck_assert_str_eq(begin_fails(), "RT004");
}
END_TEST

START_TEST(clock)
{
    ck_assert_str_eq(db_fails(worker,
                              "SELECT retention.begin_batch('%s', %lld, 'c', 't', "
                              "clock_timestamp() - interval '121 s')",
                              run, (long long)term),
                     "RT005");
    ck_assert_str_eq(db_fails(worker,
                              "SELECT retention.begin_batch('%s', %lld, 'c', 't', "
                              "clock_timestamp() + interval '121 s')",
                              run, (long long)term),
                     "RT005");
    ck_assert_str_eq(db_fails(worker, "SELECT retention.begin_batch('%s', %lld, 'c', 't', NULL)",
                              run, (long long)term),
                     "RT005");
    /* the server's clock jumped back since the last entry */
    db_exec(admin, "INSERT INTO retention.log_entry (type, seq, entry, at) VALUES ('heartbeat', 0, "
                   "'x', clock_timestamp() + interval '10 s')");
    ck_assert_str_eq(begin_fails(), "RT005");
    /* and a run cannot be ahead of the server */
    ck_assert_str_eq(
        db_fails(
            worker,
            "SELECT retention.start_run(%lld, gen_random_uuid(), 'c', approved_sha256, 'gone', "
            "'public.t', 'delete', '1 year', 1, 0, 1, clock_timestamp() + interval '1 s') "
            "FROM retention.category",
            (long long)term),
        "RT005");
}
END_TEST

/* A clone of the database: in another cluster, or in this one made with it as a template. */
START_TEST(another_database)
{
    db_exec(admin, "UPDATE retention.install SET system_identifier = '1'");
    ck_assert_str_eq(begin_fails(), "RT006");
    ck_assert_str_eq(db_fails(operator_, "SELECT retention.adopt()"), "42501");
    db_exec(admin, "SELECT retention.adopt()");
    ck_assert_str_eq(begin_fails(), "RT001"); /* leadership was copied along, and dropped */
    ck_assert_int_eq(
        db_number(admin, "SELECT count(*) FROM retention.log_entry WHERE type = 'bind'"), 2);
    PQfinish(admin);
    PQfinish(worker);
    PQfinish(approver);
    PQfinish(operator_);
    admin = db_connect(cluster, "postgres", NULL);
    db_wait_until(admin, "SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = '%s')",
                  database);
    PQfinish(admin);
    char *clone = db_new(cluster, database);
    worker = db_connect(cluster, clone, "t_worker");
    char *bound = db_value(worker, "SELECT retention.is_bound()");
    ck_assert_str_eq(bound, "f");
    free(bound);
    term = schema_lead(worker, '1');
    char *again = schema_begin_batch(run, term, "c", "public.t");
    ck_assert_str_eq(db_fails(worker, "%s", again), "RT006");
    free(again);
    PQfinish(worker);
    db_drop(cluster, clone);
    free(clone);
    admin = db_connect(cluster, database, NULL);
    worker = db_connect(cluster, database, NULL);
    approver = db_connect(cluster, database, NULL);
    operator_ = db_connect(cluster, database, NULL);
}
END_TEST

/* Of what may pass a brake; -1: none was approved. */
static int64_t brake_left(const char *stage)
{
    return db_number(admin,
                     "SELECT coalesce((brake_left ->> '%s')::bigint, brake_allowance, -1) FROM "
                     "retention.category WHERE name = 'c'",
                     stage);
}

START_TEST(brake)
{
    db_exec(worker, "SELECT retention.engage_brake(%lld, '%s', 'c', 500, 100)", (long long)term,
            run);
    ck_assert_str_eq(begin_fails(), "RT007");
    ck_assert_str_eq(db_fails(worker,
                              "SELECT retention.start_run(%lld, gen_random_uuid(), 'c', "
                              "approved_sha256, 'gone', 'public.t', 'delete', '1 year', 1, 0, 1, "
                              "clock_timestamp()) FROM retention.category",
                              (long long)term),
                     "RT007");
    ck_assert_str_eq(db_fails(worker, "SELECT retention.release_brake('c')"), "42501");
    ck_assert_int_eq(db_number(operator_, "SELECT retention.release_brake('c')"), 500);
    ck_assert_int_eq(brake_left("gone"), 500);
    ck_assert_int_eq(brake_left("other"), -1); /* it was not stopped */
    db_exec(worker, "%s", begin);
    ck_assert_str_eq(db_fails(operator_, "SELECT retention.release_brake('c')"), "RT011");
    /* the backlog is gone: so is the allowance */
    db_exec(worker, "SELECT retention.finish_run(%lld, '%s', 0, 0, 0, 'done', NULL)",
            (long long)term, run);
    ck_assert_int_eq(brake_left("gone"), 0);
}
END_TEST

START_TEST(leaf_gone)
{
    char *other = schema_begin_batch(run, term, "c", "public.p1");
    ck_assert_str_eq(db_fails(worker, "%s", other), "RT009"); /* another table's */
    free(other);
    free(schema_policy(worker, approver, term, "d", "public.p", "partitioned"));
    char *parted = schema_run(worker, term, "d");
    char *leaf = schema_begin_batch(parted, term, "d", "public.p1");
    char *root = schema_begin_batch(parted, term, "d", "public.p");
    db_exec(worker, "%s", leaf);
    ck_assert_str_eq(db_fails(worker, "%s", root), "RT009"); /* the root holds no rows */
    db_exec(admin, "ALTER TABLE p DETACH PARTITION p1");
    ck_assert_str_eq(db_fails(worker, "%s", leaf), "RT009");
    db_exec(admin, "DROP TABLE p1");
    ck_assert_str_eq(db_fails(worker, "%s", leaf), "42P01");
    /* the first run ended when the other was planned: a worker has one at a time */
    ck_assert_str_eq(begin_fails(), "RT003");
    ck_assert_int_eq(db_number(admin, "SELECT count(*) FROM retention.run WHERE status = 'lost'"),
                     1);
    char *again = schema_run(worker, term, "c");
    db_exec(admin, "ALTER TABLE t RENAME TO u");
    ck_assert_str_eq(db_fails(worker,
                              "SELECT retention.begin_batch('%s', %lld, 'c', 'u', "
                              "clock_timestamp())",
                              again, (long long)term),
                     "RT009");
    free(again);
    free(root);
    free(leaf);
    free(parted);
}
END_TEST

START_TEST(wrong_isolation)
{
    db_exec(worker, "BEGIN ISOLATION LEVEL REPEATABLE READ");
    ck_assert_str_eq(begin_fails(), "RT011");
    db_exec(worker, "ROLLBACK");
}
END_TEST

/* A hold or an approval waits for the batch in flight; a batch that begins meanwhile waits for it,
 * and then sees what it did. Two sessions: the batch has begun, the approval of a new text waits; a
 * third session's batch waits behind the approval, and is refused once that is committed. */
START_TEST(approval_and_batches_take_turns)
{
    PGconn *lane = db_connect(cluster, database, "t_worker");
    db_exec(lane, "SELECT retention.join_session(%lld)", (long long)term);
    db_exec(worker, "BEGIN");
    db_exec(worker, "%s", begin);
    /* the policy's file is gone: the category turns red */
    PGconn *loader = db_connect(cluster, database, "t_worker");
    ck_assert_int_eq(PQsendQuery(loader, "SELECT retention.policy_gone('{c}')"), 1);
    db_wait_until(admin, "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pid = %d)",
                  PQbackendPID(loader));
    ck_assert_int_eq(PQsendQuery(lane, begin), 1);
    db_wait_until(admin, "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pid = %d)",
                  PQbackendPID(lane));
    db_exec(worker, "COMMIT");
    PGresult *result = PQgetResult(loader);
    ck_assert_str_eq(PQgetvalue(result, 0, 0), "1");
    PQclear(result);
    result = PQgetResult(lane);
    ck_assert_str_eq(PQresultErrorField(result, PG_DIAG_SQLSTATE), "RT003");
    PQclear(result);
    PQfinish(loader);
    PQfinish(lane);
}
END_TEST

/* A batch of a worker that is stopped keeps the gate; the server cannot time it out. Whoever must
 * have the gate has its backend terminated. */
START_TEST(stuck_batch_is_ended_by_who_must_have_the_gate)
{
    PGconn *lane = db_connect(cluster, database, "t_worker");
    db_exec(lane, "SELECT retention.join_session(%lld)", (long long)term);
    db_exec(lane, "BEGIN");
    db_exec(lane, "%s", begin);
    db_exec(worker, "SELECT retention.policy_gone('{c}')");
    PGresult *result = PQexec(lane, "COMMIT");
    ck_assert_int_eq(PQresultStatus(result), PGRES_FATAL_ERROR);
    PQclear(result);
    PQfinish(lane);
}
END_TEST

/* The emergency stop does not wait: what is in flight is ended. A pause does wait, a little. */
START_TEST(stop_now_ends_batches_in_flight)
{
    PGconn *lane = db_connect(cluster, database, "t_worker");
    db_exec(lane, "SELECT retention.join_session(%lld)", (long long)term);
    db_exec(lane, "BEGIN");
    db_exec(lane, "%s", begin);
    db_exec(operator_, "SELECT retention.pause('category:c', 'waits 2 s, then goes on')");
    ck_assert_int_eq(PQtransactionStatus(lane), PQTRANS_INTRANS);
    db_exec(lane, "SELECT 1");
    db_exec(operator_, "SELECT retention.stop_now('fire')");
    PGresult *result = PQexec(lane, "COMMIT");
    ck_assert_int_eq(PQresultStatus(result), PGRES_FATAL_ERROR);
    PQclear(result);
    PQfinish(lane);
    ck_assert_str_eq(begin_fails(), "RT002");
    db_exec(worker, "SELECT retention.renew(%lld)", (long long)term); /* the leader stays */
}
END_TEST

/* An entry as the worker composes it, in its own transaction. */
static char *append(const char *of_run, int seq, int rows, const char *change)
{
    char *sql = NULL;
    ck_assert_int_ge(
        asprintf(
            &sql,
            "SELECT retention.append_batch('%s', %d, %lld, 'c', 'public.t', %d, "
            "replace('retention-log-entry/v1\ntype batch\ntime 2026-07-24T12:00:02Z\n"
            "salt 03030303030303030303030303030303\nrun ' || replace('%s', '-', '') || '\n"
            "seq %d\ncategory c\nrelation public.t\naction delete\nepoch 1\nrows %d\n"
            "records ' || repeat('ab', 32) || '\nxid ' || pg_current_xact_id()::text || E'\n', "
            "%s), decode(repeat('cd', 32 * %d), 'hex'))",
            of_run, seq, (long long)term, rows, of_run, seq, rows, change ? change : "'', ''",
            rows),
        0);
    return sql;
}

static const char *append_fails(const char *of_run, int seq, int rows, const char *change)
{
    char *sql = append(of_run, seq, rows, change);
    const char *state = db_fails(worker, "%s", sql);
    free(sql);
    return state;
}

static void append_works(const char *of_run, int seq, int rows)
{
    char *sql = append(of_run, seq, rows, NULL);
    db_exec(worker, "%s", sql);
    free(sql);
}

START_TEST(entries_tell_of_their_own_batch)
{
    append_works(run, 0, 3);
    ck_assert_str_eq(append_fails(run, 0, 3, NULL), "23505"); /* (run, seq) is unique */
    static const char *const changes[] = {
        "'seq ', 'seq 1'",       "E'rows ', 'rows 0'",         "'category c', 'category d'",
        "'public.t', 'public'",  "'type batch', 'type plan'",  "'action delete', 'action truncate'",
        "E'xid ', 'xid 1'",      "'records ab', 'records AB'", "'/v1', '/v2'",
        "'epoch 1', 'epoch 01'", "E'epoch 1\\n', ''",
    };
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
        ck_assert_msg(strcmp(append_fails(run, 1, 3, changes[i]), "RT011") == 0, "%s", changes[i]);
    ck_assert_str_eq(append_fails(run, 1, 0, NULL), "RT011");
    ck_assert_str_eq(append_fails("00000000-0000-4000-8000-000000000000", 1, 1, NULL), "RT003");
    char *there = db_value(worker,
                           "SELECT retention.batch_exists('%s', 0)::text || "
                           "retention.batch_exists('%s', 1)",
                           run, run);
    ck_assert_str_eq(there, "truefalse");
    free(there);
}
END_TEST

START_TEST(done_carries_what_the_log_holds)
{
    append_works(run, 0, 3);
    append_works(run, 3, 2);
    /* that of the first is known already, as after a recovery */
    db_exec(admin,
            "SELECT retention.write_entry('anomaly', '%s', 'c', jsonb_build_object('run', "
            "'%s'::uuid, 'seq', 1, 'code', 'gap'))",
            run, run);
    char *told = db_value(worker,
                          "SELECT concat_ws(' ', logged_batches, logged_rows, anomalies) FROM "
                          "retention.finish_run(%lld, '%s', 2, 6, 1, 'done', NULL)",
                          (long long)term, run);
    ck_assert_str_eq(told, "2 5 2");
    free(told);
    told =
        db_value(admin,
                 "SELECT string_agg(substring(entry from 'seq [0-9]+\ncode .*$'), '' ORDER BY id) "
                 "FROM retention.log_entry WHERE type = 'anomaly' AND run_ref = '%s'",
                 run);
    ck_assert_str_eq(told, "seq 1\ncode gap\nseq 2\ncode gap\nseq 2\ncode count\n");
    free(told);
    told = db_value(admin, "SELECT substring(entry from 'batches.*$') FROM retention.log_entry "
                           "WHERE type = 'done'");
    ck_assert_str_eq(told, "batches 2\nrows 5\nremaining 1\nstatus failed\n");
    free(told);
    ck_assert_str_eq(append_fails(run, 1, 1, NULL), "RT003");
    ck_assert_str_eq(db_fails(worker,
                              "SELECT retention.finish_run(%lld, '%s', 2, 6, 1, 'done', NULL)",
                              (long long)term, run),
                     "RT010");
    ck_assert_int_eq(db_number(admin,
                               "SELECT count(*) FROM retention.category_status "
                               "WHERE last_run = '%s' AND last_success IS NOT NULL",
                               run),
                     0);
}
END_TEST

static void ends(const char *of_run, const char *remaining, const char *status)
{
    db_exec(worker, "SELECT retention.finish_run(%lld, '%s', NULL, NULL, %s, '%s', NULL)",
            (long long)term, of_run, remaining, status);
}

static int64_t starts(const char *stage, char **ret_run)
{
    *ret_run = db_value(worker, "SELECT gen_random_uuid()");
    return db_number(worker,
                     "SELECT retention.start_run(%lld, '%s', 'c', approved_sha256, '%s', "
                     "'public.t', 'delete', '1 year', 10, 1, 9, clock_timestamp()) FROM "
                     "retention.category",
                     (long long)term, *ret_run, stage);
}

static void approve(const char *text, const char *expect_due)
{
    char *sha256 = schema_policy(worker, NULL, term, "c", "public.t", text);
    db_exec(approver, "SELECT retention.approve_policy('c', '%s', %s)", sha256, expect_due);
    free(sha256);
}

/* However a run ends, what it acted on is off what was approved; where it is done, so is what goes
 * beyond the rest. Each stage has its own. */
START_TEST(an_allowance_is_spent)
{
    char *next[6];
    ends(run, "NULL", "stopped");
    approve("two", "100");
    ck_assert_int_eq(starts("gone", &next[0]), 100);
    append_works(next[0], 0, 10);
    ends(next[0], "NULL", "stopped"); /* its turn is over */
    ck_assert_int_eq(starts("gone", &next[1]), 90);
    append_works(next[1], 0, 5);
    /* nobody ended it */
    ck_assert_int_eq(starts("gone", &next[2]), 85);
    append_works(next[2], 0, 5);
    ends(next[2], "1", "done"); /* one is set aside */
    ck_assert_int_eq(brake_left("gone"), 1);
    ck_assert_int_eq(starts("other", &next[3]), 100);
    ends(next[3], "30", "failed");
    ck_assert_int_eq(brake_left("other"), 100);
    /* another text, for which nobody approved anything: what is left of it, and no more */
    approve("three", "NULL");
    ck_assert_int_eq(starts("gone", &next[4]), 1);
    append_works(next[4], 0, 4);
    ends(next[4], "NULL", "paused");
    ck_assert_int_eq(brake_left("gone"), 0);
    ck_assert_int_eq(starts("renamed", &next[5]), 0);
    for (size_t i = 0; i < 6; i++)
        free(next[i]);
}
END_TEST

/* Approved while a run goes on under the text before: what that acted on until then was not meant,
 * nor is it the backlog of the new text that it has done with. */
START_TEST(an_allowance_approved_in_a_run)
{
    char *next;
    append_works(run, 0, 10);
    approve("two", "100");
    ends(run, "0", "done");
    ck_assert_int_eq(starts("gone", &next), 100);
    free(next);
}
END_TEST

Suite *suite_begin_batch(void)
{
    Suite *suite = suite_create("begin_batch");
    TCase *tc = tcase_create("batch");
    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, goes_through);
    tcase_add_test(tc, stale_term);
    tcase_add_test(tc, read_by_held_records);
    tcase_add_test(tc, paused);
    tcase_add_test(tc, paused_tenant);
    tcase_add_test(tc, not_approved);
    tcase_add_test(tc, run_ended);
    tcase_add_test(tc, schema_changed);
    tcase_add_test(tc, clock);
    tcase_add_test(tc, another_database);
    tcase_add_test(tc, brake);
    tcase_add_test(tc, leaf_gone);
    tcase_add_test(tc, wrong_isolation);
    tcase_add_test(tc, approval_and_batches_take_turns);
    tcase_add_test(tc, stuck_batch_is_ended_by_who_must_have_the_gate);
    tcase_add_test(tc, stop_now_ends_batches_in_flight);
    tcase_add_test(tc, entries_tell_of_their_own_batch);
    tcase_add_test(tc, done_carries_what_the_log_holds);
    tcase_add_test(tc, an_allowance_is_spent);
    tcase_add_test(tc, an_allowance_approved_in_a_run);
    suite_add_tcase(suite, tc);
    return suite;
}
