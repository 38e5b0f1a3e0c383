/* One worker leads: lead, renew, resign, join_session (sql/functions), two sessions stepped. */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/cluster.h"
#include "harness/db.h"
#include "harness/schema.h"

static struct cluster *cluster;
static char *database;
static PGconn *admin, *first, *second;

static void setup(void)
{
    cluster = cluster_shared();
    database = schema_db_new(cluster);
    admin = db_connect(cluster, database, NULL);
    first = db_connect(cluster, database, "t_worker");
    second = db_connect(cluster, database, "t_worker");
    db_exec(admin, "CREATE TABLE t (id int PRIMARY KEY)");
    db_exec(admin, "GRANT ALL ON t TO t_worker");
}

static void teardown(void)
{
    PQfinish(admin);
    PQfinish(first);
    PQfinish(second);
    db_drop(cluster, database);
    free(database);
}

/* The answer of lead() to a worker, "t" or "f"; caller frees. */
static char *asks(PGconn *conn, char digit)
{
    return db_value(conn,
                    "SELECT leads FROM retention.lead('00000000-0000-4000-8000-00000000000%c', "
                    "'there', '15 s')",
                    digit);
}

#define ck_answer(call, answer)                                                                    \
    do {                                                                                           \
        char *said = (call);                                                                       \
        ck_assert_str_eq(said, answer);                                                            \
        free(said);                                                                                \
    } while (0)

/* The backend was ended; libpq tells 57P01 or, where the socket was closed before it wrote,
 * nothing. */
static void ck_terminated(PGconn *conn, const char *sql)
{
    PGresult *result = PQexec(conn, sql);
    ck_assert_int_eq(PQresultStatus(result), PGRES_FATAL_ERROR);
    ck_assert_int_eq(PQstatus(conn), CONNECTION_BAD);
    PQclear(result);
}

START_TEST(live_leader_stays)
{
    int64_t term = schema_lead(first, '1');
    ck_assert_int_eq(term, 1);
    ck_answer(asks(second, '2'), "f");
    ck_answer(db_value(second, "SELECT held_by FROM retention.lead("
                               "'00000000-0000-4000-8000-000000000002', 'there', '15 s')"),
              "worker 00000000-0000-4000-8000-000000000001 on here");
    /* asking again changes nothing */
    ck_assert_int_eq(schema_lead(first, '1'), 1);
    db_exec(first, "SELECT retention.renew(1)");
    ck_assert_str_eq(db_fails(second, "SELECT retention.renew(1)"), "RT001");
    ck_assert_str_eq(db_fails(first, "SELECT retention.renew(2)"), "RT001");
}
END_TEST

START_TEST(dead_leader_is_followed_at_once)
{
    schema_lead(first, '1');
    int pid = PQbackendPID(first);
    PQfinish(first);
    db_wait_until(admin, "SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = %d)", pid);
    ck_assert_int_eq(schema_lead(second, '2'), 2);
    first = db_connect(cluster, database, "t_worker");
    ck_answer(asks(first, '1'), "f");
}
END_TEST

START_TEST(who_resigned_is_followed_at_once)
{
    schema_lead(first, '1');
    ck_answer(db_value(first, "SELECT retention.resign(1)"), "t");
    ck_assert_str_eq(db_fails(first, "SELECT retention.renew(1)"), "RT001");
    ck_assert_str_eq(db_fails(first, "SELECT retention.join_session(1)"), "RT001");
    ck_answer(db_value(first, "SELECT retention.resign(1)"), "f");
    ck_assert_int_eq(schema_lead(second, '2'), 2);
}
END_TEST

/* A worker that was stopped (SIGSTOP) in the middle of a batch: its backends live, hold both gates,
 * and no timeout of the server ends them. Once its lease has passed, the second worker terminates
 * both backends and leads; what the first one wants to commit when it is continued is lost. */
START_TEST(stopped_leader_loses)
{
    int64_t term = schema_lead(first, '1');
    PGconn *lane = db_connect(cluster, database, "t_worker");
    PGconn *approver = db_connect(cluster, database, "t_approver");
    db_exec(lane, "SELECT retention.join_session(%lld)", (long long)term);
    free(schema_policy(first, approver, term, "c", "public.t", "one"));
    char *run = schema_run(first, term, "c");
    char *begin = schema_begin_batch(run, term, "c", "public.t");
    db_exec(lane, "BEGIN");
    db_exec(lane, "%s", begin);

    ck_answer(asks(second, '2'), "f");
    db_exec(admin, "UPDATE retention.leader SET renewed_at = renewed_at - interval '1 minute'");
    int64_t next = schema_lead(second, '2');
    ck_assert_int_eq(next, term + 1);

    ck_terminated(lane, "COMMIT");
    ck_terminated(first, "SELECT 1");
    ck_assert_int_eq(db_number(admin, "SELECT count(*) FROM retention.worker_session"), 1);

    /* and a session of its that comes back cannot go on in its old term, nor in its old run */
    PGconn *late = db_connect(cluster, database, "t_worker");
    ck_assert_str_eq(db_fails(late, "%s", begin), "RT001");
    ck_assert_str_eq(db_fails(late, "SELECT retention.join_session(%lld)", (long long)term),
                     "RT001");
    db_exec(late, "SELECT retention.join_session(%lld)", (long long)next);
    ck_assert_str_eq(db_fails(late, "%s", begin), "RT001");
    char *stale = schema_begin_batch(run, next, "c", "public.t");
    ck_assert_str_eq(db_fails(late, "%s", stale), "RT003");

    /* the new leader closes the run that was lost */
    ck_answer(db_value(second, "SELECT run FROM retention.open_runs(%lld)", (long long)next), run);
    db_exec(second, "SELECT retention.finish_run(%lld, '%s', NULL, NULL, NULL, 'lost', 'x')",
            (long long)next, run);
    ck_assert_int_eq(
        db_number(second, "SELECT count(*) FROM retention.open_runs(%lld)", (long long)next), 0);
    ck_assert_int_eq(db_number(admin,
                               "SELECT count(*) FROM retention.log_entry WHERE type = 'done' "
                               "AND run_ref = '%s' AND entry LIKE E'%%\\nremaining "
                               "none\\nstatus lost\\n'",
                               run),
                     1);
    free(stale);
    free(begin);
    free(run);
    PQfinish(late);
    PQfinish(lane);
    PQfinish(approver);
}
END_TEST

/* A backend that does not end although it was terminated (its process is stopped, its disk hangs)
 * could still commit. Then nobody leads, the caller is told which backend, and the term stays. */
START_TEST(nobody_leads_while_a_backend_does_not_end)
{
    int64_t term = schema_lead(first, '1');
    db_exec(admin, "UPDATE retention.leader SET renewed_at = renewed_at - interval '1 minute'");
    int pid = PQbackendPID(first);
    ck_assert_int_eq(kill(pid, SIGSTOP), 0);
    PGresult *result = PQexec(second, "SELECT leads, held_by FROM retention.lead("
                                      "'00000000-0000-4000-8000-000000000002', 'there', '15 s')");
    kill(pid, SIGCONT);
    ck_assert_int_eq(PQntuples(result), 1);
    ck_assert_str_eq(PQgetvalue(result, 0, 0), "f");
    ck_assert_ptr_nonnull(strstr(PQgetvalue(result, 0, 1), "which does not end"));
    PQclear(result);
    ck_assert_int_eq(db_number(admin, "SELECT term FROM retention.leader"), term);
    db_wait_until(admin, "SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = %d)", pid);
    ck_assert_int_eq(schema_lead(second, '2'), term + 1);
}
END_TEST

/* The control connection broke, the worker comes again over another one before the server noticed
 * the loss: its own lease is no reason to wait. */
START_TEST(same_worker_need_not_wait_for_its_lease)
{
    int64_t term = schema_lead(first, '1');
    ck_assert_int_eq(schema_lead(second, '1'), term + 1);
    ck_terminated(first, "SELECT 1");
}
END_TEST

/* Two candidates for the place of a dead leader: the first one has the row locked. */
START_TEST(two_candidates)
{
    schema_lead(first, '1');
    ck_answer(db_value(first, "SELECT retention.resign(1)"), "t");
    db_exec(first, "BEGIN");
    ck_assert_int_eq(schema_lead(first, '1'), 2);
    ck_answer(asks(second, '2'), "f");
    db_exec(first, "COMMIT");
    ck_answer(asks(second, '2'), "f");
    ck_assert_int_eq(db_number(admin, "SELECT term FROM retention.leader"), 2);
}
END_TEST

/* A backend whose number a later one got must not be taken for it. */
START_TEST(a_reused_pid_is_another_backend)
{
    schema_lead(first, '1');
    db_exec(admin, "UPDATE retention.leader SET backend_start = backend_start - interval '1 s'");
    db_exec(admin, "UPDATE retention.worker_session SET backend_start = backend_start - "
                   "interval '1 s'");
    ck_assert_int_eq(schema_lead(second, '2'), 2);
    db_exec(first, "SELECT 1"); /* it was not terminated */
}
END_TEST

/* A clone in the same cluster has the origin's sessions in its tables: it must not end them. */
START_TEST(a_clone_leaves_the_origins_backends_alone)
{
    schema_lead(first, '1');
    PQfinish(admin);
    PQfinish(second);
    char *facts =
        db_value(first, "SELECT format('INSERT INTO retention.worker_session VALUES (%%s, 1, "
                        "%%L, %%s, ''batch''); UPDATE retention.leader SET term = 1, worker = "
                        "gen_random_uuid(), pid = %%s, backend_start = %%L, role_oid = %%s, "
                        "renewed_at = now()', a.pid, a.backend_start, a.usesysid, a.pid, "
                        "a.backend_start, a.usesysid) "
                        "FROM pg_stat_get_activity(pg_backend_pid()) a");
    char *clone = schema_db_new(cluster);
    admin = db_connect(cluster, clone, NULL);
    db_script(admin, facts);
    second = db_connect(cluster, clone, "t_worker");
    ck_assert_int_eq(schema_lead(second, '2'), 2);
    db_exec(first, "SELECT retention.renew(1)");
    PQfinish(admin);
    PQfinish(second);
    db_drop(cluster, clone);
    free(clone);
    free(facts);
    admin = db_connect(cluster, database, NULL);
    second = db_connect(cluster, database, "t_worker");
}
END_TEST

START_TEST(who_could_not_be_ended_cannot_lead)
{
    ck_assert_str_eq(db_fails(admin, "SELECT retention.lead(gen_random_uuid(), 'x', '15 s')"),
                     "RT011");
    db_exec(admin, "CREATE ROLE t_stranger LOGIN");
    db_exec(admin, "GRANT retention_worker TO t_stranger");
    PGconn *stranger = db_connect(cluster, database, "t_stranger");
    ck_assert_str_eq(db_fails(stranger, "SELECT retention.lead(gen_random_uuid(), 'x', '15 s')"),
                     "RT011");
    schema_lead(first, '1');
    ck_assert_str_eq(db_fails(stranger, "SELECT retention.join_session(1)"), "RT011");
    PQfinish(stranger);
    /* a session that somebody else opened hides when it began */
    db_exec(admin, "SET SESSION AUTHORIZATION t_worker");
    ck_assert_str_eq(db_fails(admin, "SELECT retention.lead(gen_random_uuid(), 'x', '15 s')"),
                     "RT011");
    ck_assert_str_eq(db_fails(admin, "SELECT retention.join_session(1)"), "RT011");
    db_exec(admin, "RESET SESSION AUTHORIZATION");
    db_exec(admin, "REVOKE retention_worker FROM t_stranger");
    db_exec(admin, "DROP ROLE t_stranger");
}
END_TEST

START_TEST(sessions_know_when_they_are_gone)
{
    schema_lead(first, '1');
    PGconn *lane = db_connect(cluster, database, "t_worker");
    db_exec(lane, "SELECT retention.join_session(1)");
    int pid = PQbackendPID(lane);
    char *start = db_value(lane, "SELECT backend_start FROM pg_stat_activity WHERE pid = %d", pid);
    ck_answer(db_value(first, "SELECT retention.session_is_gone(%d, '%s', false)", pid, start),
              "f");
    ck_answer(db_value(first, "SELECT retention.session_is_gone(%d, NULL, false)", pid), "f");
    ck_answer(db_value(first, "SELECT retention.session_is_gone(%d, '2001-01-01', false)", pid),
              "t");
    ck_answer(db_value(first, "SELECT retention.session_is_gone(%d, '%s', true)", pid, start), "f");
    db_wait_until(first, "SELECT retention.session_is_gone(%d, '%s', false)", pid, start);
    PQfinish(lane);
    /* the next one that joins sweeps what it left */
    lane = db_connect(cluster, database, "t_worker");
    db_exec(lane, "SELECT retention.join_session(1)");
    ck_assert_int_eq(db_number(admin, "SELECT count(*) FROM retention.worker_session"), 2);
    free(start);
    PQfinish(lane);
}
END_TEST

Suite *suite_leadership(void)
{
    Suite *suite = suite_create("leadership");
    TCase *tc = tcase_create("lead");
    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, live_leader_stays);
    tcase_add_test(tc, dead_leader_is_followed_at_once);
    tcase_add_test(tc, who_resigned_is_followed_at_once);
    tcase_add_test(tc, stopped_leader_loses);
    tcase_add_test(tc, nobody_leads_while_a_backend_does_not_end);
    tcase_add_test(tc, same_worker_need_not_wait_for_its_lease);
    tcase_add_test(tc, two_candidates);
    tcase_add_test(tc, a_reused_pid_is_another_backend);
    tcase_add_test(tc, a_clone_leaves_the_origins_backends_alone);
    tcase_add_test(tc, who_could_not_be_ended_cannot_lead);
    tcase_add_test(tc, sessions_know_when_they_are_gone);
    suite_add_tcase(suite, tc);
    return suite;
}
