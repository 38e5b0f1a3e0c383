#define _GNU_SOURCE
/* Holds and several sessions, stepped one by one: who waits for whom, who sees what, and what a
 * crash of the server leaves. */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/cluster.h"
#include "harness/db.h"
#include "harness/schema.h"
#include "hold_support.h"

static struct hold_site site;
static PGconn *lane; /* a second session of the worker's, which acts */
static int64_t term;
static char *run, *begin;

static void setup(void)
{
    site = hold_site_new(cluster_shared());
    db_script(site.admin, "CREATE TABLE t (id int PRIMARY KEY);"
                          "INSERT INTO t SELECT generate_series(1, 100);"
                          "GRANT ALL ON t TO t_worker");
    term = schema_lead(site.worker, '1');
    lane = db_connect(site.cluster, site.database, "t_worker");
    db_exec(lane, "SELECT retention.join_session(%lld)", (long long)term);
    free(schema_policy(site.worker, site.approver, term, "c", "public.t", "one"));
    run = schema_run(site.worker, term, "c");
    begin = schema_begin_batch(run, term, "c", "public.t");
}

static void teardown(void)
{
    PQfinish(lane);
    free(run);
    free(begin);
    hold_site_free(&site);
}

/* What a batch acts on: everything that no hold covers. */
#define ACT                                                                                        \
    "DELETE FROM t WHERE id <= 10 AND (EXISTS (SELECT FROM retention.held_scope h WHERE "          \
    "h.category = 'c' AND h.shape = 'all' AND h.held_until > now())) IS NOT TRUE"

static void batch_begins(PGconn *conn)
{
    db_exec(conn, "BEGIN");
    db_exec(conn, "%s", begin);
}

static void send(PGconn *conn, const char *sql)
{
    ck_assert_int_eq(PQsendQuery(conn, sql), 1);
}

static void wait_until_it_waits(PGconn *conn)
{
    db_wait_until(site.admin, "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pid = %d)",
                  PQbackendPID(conn));
}

/* The result of what was sent: "" or its SQLSTATE. */
static const char *ended(PGconn *conn)
{
    static char sqlstate[6];
    sqlstate[0] = '\0';
    for (PGresult *result; (result = PQgetResult(conn)); PQclear(result))
        if (PQresultStatus(result) == PGRES_FATAL_ERROR)
            snprintf(sqlstate, sizeof(sqlstate), "%s",
                     PQresultErrorField(result, PG_DIAG_SQLSTATE)
                         ? PQresultErrorField(result, PG_DIAG_SQLSTATE)
                         : "lost");
    return sqlstate;
}

static int64_t deleted(PGconn *conn)
{
    PGresult *result = PQexec(conn, ACT);
    ck_assert_msg(PQresultStatus(result) == PGRES_COMMAND_OK, "%s", PQerrorMessage(conn));
    int64_t rows = strtoll(PQcmdTuples(result), NULL, 10);
    PQclear(result);
    return rows;
}

#define PLACE "SELECT retention.place_hold('2026-1', 'x', category => 'c')"

/* A batch has begun; the hold waits for it and is not refused, a batch that wants to begin
 * meanwhile waits behind the hold, and finds everything held. */
START_TEST(placing_waits_for_the_batch_in_flight)
{
    PGconn *next = db_connect(site.cluster, site.database, "t_worker");
    db_exec(next, "SELECT retention.join_session(%lld)", (long long)term);
    batch_begins(lane);
    send(site.legal, PLACE);
    wait_until_it_waits(site.legal);
    db_exec(next, "BEGIN");
    send(next, begin);
    wait_until_it_waits(next);
    ck_assert_int_eq(deleted(lane), 10);
    ck_assert_int_eq(PQisBusy(site.legal), 1);
    db_exec(lane, "COMMIT");
    ck_assert_str_eq(ended(site.legal), "");
    ck_assert_str_eq(ended(next), "");
    db_exec(site.admin, "INSERT INTO t SELECT generate_series(1, 10)");
    ck_assert_int_eq(deleted(next), 0);
    db_exec(next, "COMMIT");
    PQfinish(next);
}
END_TEST

/* Nothing is placed on a category that is retired while the hold waits behind that: it would keep
 * nothing, whoever has the records then. */
START_TEST(placing_and_retiring)
{
    db_exec(site.worker, "SELECT retention.policy_gone('{c}')");
    db_exec(site.admin, "BEGIN");
    db_exec(site.admin, "LOCK TABLE retention.hold_gate IN ROW SHARE MODE");
    send(site.approver, "SELECT retention.retire_policy('c', 'sold')");
    wait_until_it_waits(site.approver);
    send(site.legal, PLACE);
    wait_until_it_waits(site.legal);
    db_exec(site.admin, "COMMIT");
    ck_assert_str_eq(ended(site.approver), "");
    ck_assert_str_eq(ended(site.legal), "RT010");
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM retention.hold"), 0);
}
END_TEST

/* While the hold's transaction is open after it was placed, no batch begins; when it is rolled
 * back, nothing is held. */
START_TEST(no_batch_begins_before_the_commit)
{
    for (int commits = 0; commits < 2; commits++) {
        db_exec(site.legal, "BEGIN");
        db_exec(site.legal, PLACE);
        db_exec(lane, "BEGIN");
        send(lane, begin);
        wait_until_it_waits(lane);
        db_exec(site.legal, commits ? "COMMIT" : "ROLLBACK");
        ck_assert_str_eq(ended(lane), "");
        ck_assert_int_eq(deleted(lane), commits ? 0 : 10);
        db_exec(lane, "COMMIT");
        db_exec(site.admin, "INSERT INTO t SELECT generate_series(1, 10) ON CONFLICT DO NOTHING");
    }
}
END_TEST

/* The release, too, takes its turn: a batch that began before it finds the records held, one that
 * begins after it does not. */
START_TEST(releasing_waits_for_the_batch_in_flight)
{
    char *hold = db_value(site.legal, PLACE);
    char *release = NULL;
    ck_assert_int_ge(asprintf(&release, "SELECT retention.release_hold('%s', 'over')", hold), 0);
    batch_begins(lane);
    send(site.legal, release);
    wait_until_it_waits(site.legal);
    ck_assert_int_eq(deleted(lane), 0);
    db_exec(lane, "COMMIT");
    ck_assert_str_eq(ended(site.legal), "");
    batch_begins(lane);
    ck_assert_int_eq(deleted(lane), 10);
    db_exec(lane, "COMMIT");
    free(release);
    free(hold);
}
END_TEST

/* A hold over every category and the approval of a new one. In either order the category is
 * covered: whoever comes second to the gate sees the other. */
START_TEST(placing_and_approving)
{
    for (int place_first = 0; place_first < 2; place_first++) {
        char name[20], approve[200];
        snprintf(name, sizeof(name), "new%d", place_first);
        snprintf(approve, sizeof(approve),
                 "SELECT retention.approve_policy('%s', encode(sha256('two'), 'hex'), NULL)", name);
        /* in effect: a text by which the hold finds nothing; that which is approved finds it */
        hold_site_load(&site, name, "observe", "one", FACTS_BARE, true);
        hold_site_load(&site, name, "enforce", "two", FACTS_CALLS, false);
        batch_begins(lane);
        PGconn *first = place_first ? site.legal : site.approver;
        PGconn *second = place_first ? site.approver : site.legal;
        char with_gap[200];
        snprintf(with_gap, sizeof(with_gap),
                 "SELECT retention.place_hold('2026-1', 'x', subject => 'phone:+1', accept_gaps => "
                 "'{c,new0,new%d}')",
                 place_first);
        send(first, place_first ? with_gap : approve);
        wait_until_it_waits(first);
        send(second, place_first ? approve : with_gap);
        wait_until_it_waits(second);
        db_exec(lane, "COMMIT");
        ck_assert_str_eq(ended(first), "");
        ck_assert_str_eq(ended(second), "");
        ck_is("t", site.admin,
              "SELECT count(*) > 0 FROM retention.held_scope WHERE category = '%s' AND shape = "
              "'subject' AND value = '+1'",
              name);
        ck_is("0", site.admin, "SELECT count(*) FROM retention.hold_gap WHERE category = '%s'",
              name);
    }
}
END_TEST

/* A category that is loaded while a hold over everything waits for the gate. */
START_TEST(placing_and_loading)
{
    PGconn *loader = db_connect(site.cluster, site.database, "t_worker");
    batch_begins(lane);
    send(loader, "SELECT retention.load_policy(NULL, 'late', encode(sha256('one'), 'hex'), NULL, "
                 "'one', 'enforce', 'public.t', '{}', NULL, true, 'T', '" FACTS_CALLS "')");
    wait_until_it_waits(loader);
    send(site.legal, "SELECT retention.place_hold('2026-1', 'x', everything => true)");
    wait_until_it_waits(site.legal);
    db_exec(lane, "COMMIT");
    ck_assert_str_eq(ended(loader), "");
    ck_assert_str_eq(ended(site.legal), "");
    ck_scopes("all - - - - [-infinity, infinity)", site.admin, "late");
    PQfinish(loader);
}
END_TEST

/* Two persons at once: in one new matter, with one uuid. */
START_TEST(two_places)
{
    db_exec(site.legal, "BEGIN");
    db_exec(site.legal, "SELECT retention.place_hold('2026-1', 'x', category => 'c', hold => "
                        "'00000000-0000-4000-8000-00000000000a')");
    send(site.second, PLACE);
    wait_until_it_waits(site.second);
    db_exec(site.legal, "COMMIT");
    ck_assert_str_eq(ended(site.second), "");
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM retention.matter"), 1);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM retention.hold"), 2);

    /* the same hold once more while its COMMIT is not known: placed once, whether it commits */
    for (int commits = 0; commits < 2; commits++) {
        char repeated[200];
        snprintf(repeated, sizeof(repeated),
                 "SELECT retention.place_hold('2026-1', 'y', category => 'c', hold => "
                 "'00000000-0000-4000-8000-00000000001%d')",
                 commits);
        db_exec(site.legal, "BEGIN");
        db_exec(site.legal, "%s", repeated);
        send(site.second, repeated);
        wait_until_it_waits(site.second);
        db_exec(site.legal, commits ? "COMMIT" : "ROLLBACK");
        ck_assert_str_eq(ended(site.second), "");
        ck_assert_int_eq(db_number(site.admin,
                                   "SELECT count(*) FROM retention.held_scope WHERE hold = "
                                   "'00000000-0000-4000-8000-00000000001%d'",
                                   commits),
                         1);
    }
}
END_TEST

/* A matter is closed while a hold is being placed in it: it waits, and is refused. */
START_TEST(placing_and_closing)
{
    char *hold = db_value(site.legal, PLACE);
    db_exec(site.legal, "SELECT retention.release_hold('%s', 'over')", hold);
    db_exec(site.legal, "BEGIN");
    db_exec(site.legal, PLACE);
    send(site.second, "SELECT retention.close_matter('2026-1', 'settled')");
    wait_until_it_waits(site.second);
    db_exec(site.legal, "COMMIT");
    ck_assert_str_eq(ended(site.second), "RT011");
    free(hold);
}
END_TEST

/* Both persons confirm at once: one release. */
START_TEST(two_releases)
{
    char *hold = db_value(site.legal, PLACE);
    char *release = NULL;
    ck_assert_int_ge(asprintf(&release, "SELECT retention.release_hold('%s', 'over')", hold), 0);
    db_exec(site.legal, "BEGIN");
    db_exec(site.legal, "%s", release);
    send(site.second, release);
    wait_until_it_waits(site.second);
    db_exec(site.legal, "COMMIT");
    ck_assert_str_eq(ended(site.second), "RT011");
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM retention.log_entry WHERE type = "
                                           "'hold' AND entry LIKE '%%what released%%'"),
                     1);
    free(release);
    free(hold);
}
END_TEST

/* A release changes what the loading of other columns wants to change, and both want the gate: they
 * go one after the other, whoever comes first, and nobody is refused. */
START_TEST(releasing_and_loading)
{
    PGconn *loader = db_connect(site.cluster, site.database, "t_worker");
    for (int release_first = 0; release_first < 2; release_first++) {
        hold_site_load(&site, "calls", "enforce", "one", FACTS_CALLS, release_first == 0);
        char *hold = db_value(site.legal, "SELECT retention.place_hold('2026-1', 'x', category => "
                                          "'calls', subject => 'phone:+1')");
        char release[200];
        snprintf(release, sizeof(release), "SELECT retention.release_hold('%s', 'over')", hold);
        static const char load[] =
            "SELECT retention.load_policy(NULL, 'calls', encode(sha256('one'), 'hex'), "
            "encode(sha256('one'), 'hex'), 'one', 'enforce', 'public.t', '{}', NULL, true, 'T', "
            "replace('" FACTS_CALLS "', '\"text\", \"form\": \"phone e164 text', '\"uuid\", "
            "\"form\": \"phone e164 uuid')::jsonb)";
        batch_begins(lane);
        PGconn *first = release_first ? site.legal : loader;
        PGconn *second = release_first ? loader : site.legal;
        send(first, release_first ? release : load);
        wait_until_it_waits(first);
        send(second, release_first ? load : release);
        wait_until_it_waits(second);
        db_exec(lane, "COMMIT");
        ck_assert_str_eq(ended(first), "");
        ck_assert_str_eq(ended(second), "");
        ck_scopes("", site.admin, "calls");
        free(hold);
    }
    PQfinish(loader);
}
END_TEST

/* Who approves with a gap accepted writes that into the hold, under the gate: a load that waits for
 * the gate must not keep the hold locked meanwhile. */
START_TEST(accepting_a_gap_and_loading)
{
    PGconn *loader = db_connect(site.cluster, site.database, "t_worker");
    hold_site_load(&site, "calls", "enforce", "one", FACTS_CALLS, true);
    char *hold = db_value(site.legal, "SELECT retention.place_hold('2026-1', 'x', subject => "
                                      "'phone:+1')");
    hold_site_load(&site, "bare", "enforce", "one", FACTS_BARE, false);
    char approve[200];
    snprintf(approve, sizeof(approve),
             "SELECT retention.approve_policy('bare', encode(sha256('one'), 'hex'), NULL, NULL, "
             "'{%s}')",
             hold);
    static const char load[] =
        "SELECT retention.load_policy(NULL, 'calls', encode(sha256('two'), 'hex'), "
        "encode(sha256('one'), 'hex'), 'two', 'enforce', 'public.calls', '{}', NULL, true, 'T', "
        "'" FACTS_CALLS "'::jsonb)";
    batch_begins(lane);
    send(site.approver, approve);
    wait_until_it_waits(site.approver);
    send(loader, load);
    wait_until_it_waits(loader);
    db_exec(lane, "COMMIT");
    ck_assert_str_eq(ended(site.approver), "");
    ck_assert_str_eq(ended(loader), "");
    ck_is("{bare}", site.admin, "SELECT accept_gaps FROM retention.hold");
    ck_is("suspended", site.admin, "SELECT state FROM retention.category WHERE name = 'calls'");
    free(hold);
    PQfinish(loader);
}
END_TEST

/* Another worker takes over while a hold waits for a batch of the first one: leading ends the
 * batch, and the hold is placed; then the other way round, leading while the hold's transaction is
 * open. */
START_TEST(leaders_change)
{
    batch_begins(lane);
    send(site.legal, PLACE);
    wait_until_it_waits(site.legal);
    db_exec(site.admin, "UPDATE retention.leader SET renewed_at = renewed_at - interval '1 hour'");
    PGconn *other = db_connect(site.cluster, site.database, "t_worker");
    ck_assert_int_eq(schema_lead(other, '2'), term + 1);
    ck_assert_str_eq(ended(site.legal), "");

    db_exec(site.legal, "BEGIN");
    db_exec(site.legal, PLACE);
    db_exec(site.admin, "UPDATE retention.leader SET renewed_at = renewed_at - interval '1 hour'");
    PGconn *third = db_connect(site.cluster, site.database, "t_worker");
    ck_assert_int_eq(schema_lead(third, '3'), term + 2);
    /* and the new leader's loading waits for the hold, not the other way round */
    send(third, "SELECT retention.policy_gone('{c}')");
    wait_until_it_waits(third);
    db_exec(site.legal, "SELECT retention.place_hold('2026-2', 'x', category => 'c')");
    db_exec(site.legal, "COMMIT");
    ck_assert_str_eq(ended(third), "");
    PQfinish(third);
    PQfinish(other);
}
END_TEST

/* The worker is stopped (SIGSTOP) with a batch open: its backend keeps the gate and waits for a
 * client that says nothing. The hold ends that backend within its limit, and the batch is lost. */
START_TEST(stopped_worker_is_broken)
{
    char *conninfo = cluster_conninfo(site.cluster, site.database, "t_worker");
    int ready[2];
    ck_assert_int_eq(pipe(ready), 0);
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        PGconn *conn = PQconnectdb(conninfo);
        char join[100];
        snprintf(join, sizeof(join), "SELECT retention.join_session(%lld)", (long long)term);
        PQclear(PQexec(conn, join));
        PQclear(PQexec(conn, "BEGIN"));
        PGresult *result = PQexec(conn, begin);
        bool begun = PQresultStatus(result) == PGRES_TUPLES_OK;
        PQclear(result);
        PQclear(PQexec(conn, ACT));
        if (write(ready[1], begun ? "y" : "n", 1) != 1)
            _exit(2);
        raise(SIGSTOP);
        result = PQexec(conn, "COMMIT");
        _exit(PQresultStatus(result) == PGRES_COMMAND_OK ? 1 : 0);
    }
    char begun = 'n';
    ck_assert_int_eq(read(ready[0], &begun, 1), 1);
    ck_assert_int_eq(begun, 'y');
    free(db_value(site.legal, PLACE));
    kill(pid, SIGCONT);
    ck_assert_int_eq(program_wait(pid), 0); /* its COMMIT failed */
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM t"), 100);
    close(ready[0]);
    close(ready[1]);
    free(conninfo);
}
END_TEST

/* With an older snapshot it would not see the policies that took effect while it waited. */
START_TEST(isolation_levels)
{
    char *hold = db_value(site.legal, PLACE);
    static const char *const levels[] = {"REPEATABLE READ", "SERIALIZABLE"};
    static const char *const steps[] = {
        "place_hold('2026-1', 'x', category => 'c')",
        "extend_hold('%s', 'x', tenant => '1')",
        "narrow_hold('%s', 'x', 1)",
        "release_hold('%s', 'x')",
        "confirm_request('%s', 'x')",
        "withdraw_request('%s', 'x')",
        "close_matter('2026-1', 'x')",
    };
    for (size_t l = 0; l < 2; l++)
        for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
            char sql[200];
            /* of the seven, four name the hold */
            int length = snprintf(sql, sizeof(sql), "SELECT retention.");
            const char *mark = strstr(steps[i], "%s");
            if (mark)
                snprintf(sql + length, sizeof(sql) - (size_t)length, "%.*s%s%s",
                         (int)(mark - steps[i]), steps[i], hold, mark + 2);
            else
                snprintf(sql + length, sizeof(sql) - (size_t)length, "%s", steps[i]);
            db_exec(site.legal, "BEGIN ISOLATION LEVEL %s", levels[l]);
            ck_assert_msg(strcmp(db_fails(site.legal, "%s", sql), "RT011") == 0, "%s", sql);
            db_exec(site.legal, "ROLLBACK");
        }
    db_exec(site.legal, "BEGIN ISOLATION LEVEL READ UNCOMMITTED");
    db_exec(site.legal, PLACE);
    db_exec(site.legal, "COMMIT");
    free(hold);
}
END_TEST

/* The server is stopped as by a power cut right after placing, and after releasing, had returned,
 * in sessions that do not wait for the disk: both are there. A table written the same way in the
 * same session is lost, which shows that the test would notice. */
START_TEST(survives_a_crash)
{
    struct cluster *own =
        cluster_new("fsync = on\nfull_page_writes = on\nsynchronous_commit = off\n"
                    "wal_writer_delay = 10s\nwal_writer_flush_after = 0\n"
                    "wal_buffers = 16MB\nautovacuum = off\n");
    struct hold_site here = hold_site_new(own);
    hold_site_categories(&here);
    db_exec(here.admin, "CREATE TABLE witness (n int)");
    db_exec(here.admin, "GRANT ALL ON witness TO t_legal");
    db_exec(here.admin, "CHECKPOINT");
    static const char id[] = "00000000-0000-4000-8000-00000000000a";
    static const char *const steps[] = {
        ("SELECT retention.place_hold('2026-1', 'x', category => 'calls', subject => 'phone:+1', "
         "hold => '%s')"),
        "SELECT retention.extend_hold('%s', 'x', subject => 'phone:+2')",
        "SELECT retention.narrow_hold('%s', 'x', subjects => '{phone:+1}')",
        "SELECT retention.release_hold('%s', 'over')",
    };
    static const char *const scopes[] = {
        "subject - phone e164 text +1 - [-infinity, infinity)",
        ("subject - phone e164 text +1 - [-infinity, infinity)\n"
         "subject - phone e164 text +2 - [-infinity, infinity)"),
        "subject - phone e164 text +2 - [-infinity, infinity)",
        "",
    };
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        db_exec(here.legal, "SET synchronous_commit = off");
        char *sql = db_value(here.admin, "SELECT format($q$%s$q$, '%s')", steps[i], id);
        PGresult *result = PQexec(here.legal, sql);
        ck_assert_msg(PQresultStatus(result) == PGRES_TUPLES_OK, "%s", PQerrorMessage(here.legal));
        PQclear(result);
        db_exec(here.legal, "INSERT INTO witness VALUES (%zu)", i);
        cluster_stop(own, "immediate");
        cluster_start(own);
        PQreset(here.legal);
        PQreset(here.admin);
        ck_scopes(scopes[i], here.admin, "calls");
        ck_assert_int_eq(db_number(here.admin, "SELECT count(*) FROM retention.log_entry WHERE "
                                               "type = 'hold'"),
                         (int64_t)i + 1);
        ck_assert_int_eq(db_number(here.admin, "SELECT count(*) FROM witness WHERE n = %zu", i), 0);
        free(sql);
    }
    PQreset(here.worker);
    PQreset(here.approver);
    PQreset(here.second);
    hold_site_free(&here);
    cluster_free(own);
}
END_TEST

Suite *suite_hold_sessions(void)
{
    Suite *suite = suite_create("hold_sessions");
    TCase *tc = tcase_create("sessions");
    tcase_set_timeout(tc, 300);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, placing_waits_for_the_batch_in_flight);
    tcase_add_test(tc, no_batch_begins_before_the_commit);
    tcase_add_test(tc, releasing_waits_for_the_batch_in_flight);
    tcase_add_test(tc, placing_and_approving);
    tcase_add_test(tc, placing_and_loading);
    tcase_add_test(tc, placing_and_retiring);
    tcase_add_test(tc, two_places);
    tcase_add_test(tc, placing_and_closing);
    tcase_add_test(tc, two_releases);
    tcase_add_test(tc, releasing_and_loading);
    tcase_add_test(tc, accepting_a_gap_and_loading);
    tcase_add_test(tc, leaders_change);
    tcase_add_test(tc, stopped_worker_is_broken);
    tcase_add_test(tc, isolation_levels);
    suite_add_tcase(suite, tc);
    TCase *crash = tcase_create("crash");
    tcase_set_timeout(crash, 300);
    tcase_add_test(crash, survives_a_crash);
    suite_add_tcase(suite, crash);
    return suite;
}
