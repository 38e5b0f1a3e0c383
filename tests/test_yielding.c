/* The application comes first: whatever it keeps locked, or wants to lock, the run yields within
 * its lock timeout, says so, and finishes later. worker/engine/batch.c, run_busy.c.
 *
 * That no wait is long is the server's word: in these databases it logs each wait of the worker for
 * a lock that lasts ten times the lock timeout. */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "config.h"
#include "engine_support.h"
#include "harness/cluster.h"
#include "harness/db.h"

enum { ROWS = 2000 };

static const char *const ways[] = {"sweep", "index"};

#define SETTINGS "pace: { batch_rows = 100; }; worker: { lease = \"2 s\"; wake_most = \"1 s\"; };"
#define POLICY                                                                                     \
    "strategy = \"%s\"; data: { table = \"public.event\"; start = \"at\"; }; "                     \
    "stages = ( { after = \"30 days\"; do = \"delete\"; } ); brake: { fraction = 1.0; };"

static struct site site_of(const char *sql, const char *way)
{
    struct site site = site_new(cluster_shared(), sql, SETTINGS);
    db_exec(site.admin, "VACUUM ANALYZE event");
    db_exec(site.admin, "ALTER ROLE t_worker IN DATABASE %s SET log_lock_waits = on",
            site.database);
    db_exec(site.admin, "ALTER ROLE t_worker IN DATABASE %s SET deadlock_timeout = '500ms'",
            site.database);
    struct text policy _cleanup_text_ = {0};
    text_printf(&policy, POLICY, way);
    site_policy(&site, "events", text_string(&policy));
    site_load_and_approve(&site, "events", -1);
    return site;
}

static struct site plain_site(const char *way)
{
    return site_of("CREATE TABLE event (id bigint PRIMARY KEY, at timestamptz NOT NULL, note text);"
                   "CREATE INDEX ON event (at);"
                   "INSERT INTO event SELECT i, now() - interval '40 days' - i * interval '1 "
                   "minute', repeat('x', 200) FROM generate_series(1, 2000) i;",
                   way);
}

/* Leaves a, b and c: 500, 500 and 1000 records. */
static struct site partitioned_site(const char *way)
{
    struct site site = site_of(
        "CREATE TABLE event (id bigint, at timestamptz NOT NULL, note text, PRIMARY KEY (id, at)) "
        "PARTITION BY RANGE (id, at);"
        "CREATE TABLE a PARTITION OF event FOR VALUES FROM (0, MINVALUE) TO (501, MINVALUE);"
        "CREATE TABLE b PARTITION OF event FOR VALUES FROM (501, MINVALUE) TO (1001, MINVALUE);"
        "CREATE TABLE c PARTITION OF event DEFAULT;"
        "CREATE INDEX ON event (at);"
        "INSERT INTO event SELECT i, now() - interval '40 days', repeat('x', 200) "
        "FROM generate_series(1, 2000) i;",
        way);
    db_exec(site.admin, "GRANT TRUNCATE ON a, b, c TO t_worker");
    return site;
}

static PGconn *application_of(const struct site *site)
{
    return db_connect(site->cluster, site->database, NULL);
}

static int64_t rows_of(PGconn *conn)
{
    return db_number(conn, "SELECT count(*) FROM event");
}

/* No wait of the worker for a lock was much longer than its lock timeout. */
static void check_waits(const struct site *site)
{
    char *log _cleanup_free_ = file_read(cluster_log_file(site->cluster));
    struct text worker _cleanup_text_ = {0};
    text_printf(&worker, " t_worker@%s ", site->database);
    char *rest;
    for (char *line = strtok_r(log, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        ck_assert_msg(!strstr(line, worker.data) || !strstr(line, " still waiting for "), "%s",
                      line);
}

static void check_gone(const struct site *site, int64_t gone)
{
    ck_assert_int_eq(rows_of(site->admin), ROWS - gone);
    ck_assert_int_eq(site_logged(site, "public.event"), gone);
    ck_assert_int_eq(site_digests(site, "public.event"), gone);
    site_check_log(site);
    check_waits(site);
}

static void expect_said(const struct site *site, int exit_code, const char *const *words)
{
    struct program_result result = site_once(site, NULL);
    ck_assert_msg(result.exit_code == exit_code, "exit code %d instead of %d:\n%s",
                  result.exit_code, exit_code, result.err);
    for (; *words; words++)
        ck_assert_msg(strstr(result.err, *words) != NULL, "not \"%s\" in:\n%s", *words, result.err);
    program_result_free(&result);
}

static void expect_cause(const struct site *site, const char *pattern)
{
    char *cause _cleanup_free_ =
        db_value(site->admin, "SELECT coalesce(cause, 'none') FROM retention.compliance");
    char *fits _cleanup_free_ = db_value(site->admin, "SELECT $c$%s$c$ LIKE '%s'", cause, pattern);
    ck_assert_msg(fits[0] == 't', "cause is: %s", cause);
}

static void end_daemon(pid_t pid)
{
    kill(pid, SIGTERM);
    ck_assert_int_eq(program_wait(pid), 0);
}

/* --- rows --- */

#define TEN "SELECT id FROM event WHERE id % 200 = 7 FOR UPDATE"

/* Ten records, one in each part of the table, are locked: all others go, and how many were left,
 * and why, is in log, run and status. They go with the next run. */
START_TEST(rows_locked)
{
    struct site site = plain_site(ways[_i]);
    PGconn *application = application_of(&site);
    db_exec(application, "BEGIN");
    PQclear(PQexec(application, TEN));
    expect_said(&site, 0,
                (const char *const[]){"1,990 records deleted", "10 remain",
                                      "10 records are locked by others", NULL});
    check_gone(&site, 1990);
    ck_assert_int_eq(db_number(site.admin, "SELECT remaining FROM retention.run"), 10);
    ck_assert_int_eq(db_number(site.admin, "SELECT overdue FROM retention.compliance"), 10);
    expect_cause(&site, "10 records are locked by others%");
    db_exec(application, "COMMIT");
    site_once_expect(&site, NULL, 0);
    check_gone(&site, ROWS);
    expect_cause(&site, "none");
    PQfinish(application);
    site_free(&site);
}
END_TEST

/* A daemon takes them by itself, once the transaction is over. */
START_TEST(rows_locked_daemon)
{
    struct site site = plain_site(ways[_i]);
    PGconn *application = application_of(&site);
    db_exec(application, "BEGIN");
    PQclear(PQexec(application, TEN));
    pid_t pid = site_start(&site, NULL, NULL);
    site_wait_said(&site, "10 records are locked by others");
    ck_assert_int_eq(rows_of(site.admin), 10);
    db_exec(application, "COMMIT");
    site_wait_empty(&site);
    end_daemon(pid);
    check_gone(&site, ROWS);
    PQfinish(application);
    site_free(&site);
}
END_TEST

/* --- long transactions --- */

static const struct {
    const char *begin, *use;
    int64_t sees; /* at the end, in the same transaction */
} long_ones[] = {
    {"BEGIN ISOLATION LEVEL REPEATABLE READ", "SELECT * FROM event LIMIT 1", ROWS},
    {"BEGIN", "LOCK TABLE event IN ACCESS SHARE MODE", 0},
    {"BEGIN", "LOCK TABLE event IN ROW EXCLUSIVE MODE", 0},
};

/* A transaction that is open all the time, on the table, hinders nobody and is hindered by nobody:
 * a snapshot that is older still has all rows when they are gone for others. */
START_TEST(long_transaction)
{
    size_t one = (size_t)_i % ARRAY_LENGTH(long_ones);
    struct site site = plain_site(ways[(size_t)_i / ARRAY_LENGTH(long_ones)]);
    PGconn *application = application_of(&site);
    db_exec(application, "%s", long_ones[one].begin);
    PQclear(PQexec(application, long_ones[one].use));
    site_once_expect(&site, NULL, 0);
    check_gone(&site, ROWS);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM retention.run"), 1);
    ck_assert_int_eq(rows_of(application), long_ones[one].sees);
    db_exec(application, "COMMIT");
    PQfinish(application);
    site_free(&site);
}
END_TEST

/* --- the table --- */

static const char *const modes[] = {"SHARE", "ACCESS EXCLUSIVE"};

static PGconn *locked(const struct site *site, const char *table, const char *mode)
{
    PGconn *application = application_of(site);
    db_exec(application, "BEGIN");
    db_exec(application, "LOCK TABLE %s IN %s MODE", table, mode);
    return application;
}

/* The whole table is locked for as long as the run has patience: it ends soon, says which table,
 * and what to look at. Nothing is done, and the next run does all. */
START_TEST(table_locked)
{
    struct site site = plain_site(ways[_i / 2]);
    PGconn *application = locked(&site, "event", modes[_i % 2]);
    time_t began = time(NULL);
    expect_said(&site, 5,
                (const char *const[]){"others keep", "public.event", "locked",
                                      "FROM pg_locks WHERE", NULL});
    ck_assert_int_le(time(NULL) - began, 30);
    expect_cause(&site, "last run %others keep %public.event%locked; %");
    db_exec(application, "COMMIT");
    check_gone(&site, 0);
    site_once_expect(&site, NULL, 0);
    check_gone(&site, ROWS);
    expect_cause(&site, "none");
    PQfinish(application);
    site_free(&site);
}
END_TEST

/* A daemon tells that it waits, and goes on in the same run once it can. */
START_TEST(table_locked_for_a_while)
{
    struct site site = plain_site(ways[_i]);
    PGconn *application = locked(&site, "event", "SHARE");
    pid_t pid = site_start(&site, NULL, NULL);
    db_wait_until(site.admin, "SELECT cause LIKE 'running: waits, others keep public.event "
                              "locked; SELECT %%' FROM retention.compliance");
    db_exec(application, "COMMIT");
    site_wait_empty(&site);
    end_daemon(pid);
    check_gone(&site, ROWS);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM retention.run WHERE records > 0"),
                     1);
    PQfinish(application);
    site_free(&site);
}
END_TEST

/* Where the lock outlasts its patience a daemon's run ends, and one of its next does the work. */
START_TEST(table_locked_daemon)
{
    struct site site = plain_site("sweep");
    PGconn *application = locked(&site, "event", modes[_i]);
    pid_t pid = site_start(&site, NULL, NULL);
    site_wait_said(&site, "category \"events\": stopped");
    ck_assert_int_eq(site_logged(&site, "public.event"), 0);
    db_exec(application, "COMMIT");
    site_wait_empty(&site);
    end_daemon(pid);
    check_gone(&site, ROWS);
    PQfinish(application);
    site_free(&site);
}
END_TEST

/* One partition of three is locked: the others go, and it is left for the next run. */
START_TEST(leaf_locked)
{
    struct site site = partitioned_site(ways[_i]);
    PGconn *application = locked(&site, "b", "SHARE");
    expect_said(&site, 5,
                (const char *const[]){"1,500 records deleted", "500 remain",
                                      "others keep public.b locked", NULL});
    check_gone(&site, 1500);
    db_exec(application, "COMMIT");
    site_once_expect(&site, NULL, 0);
    check_gone(&site, ROWS);
    PQfinish(application);
    site_free(&site);
}
END_TEST

/* --- VACUUM --- */

/* The first page of the table is pinned by a cursor, so that VACUUM (FREEZE) stands still there,
 * its lock held. Ends with the application's transaction. */
static PGconn *vacuum_stands_still(const struct site *site, PGconn *application, const char *table)
{
    db_exec(application, "BEGIN");
    db_exec(application, "DECLARE c CURSOR FOR SELECT * FROM %s", table);
    PQclear(PQexec(application, "FETCH 1 FROM c"));
    PGconn *vacuum = application_of(site);
    struct text command _cleanup_text_ = {0};
    text_printf(&command, "VACUUM (FREEZE, DISABLE_PAGE_SKIPPING) %s", table);
    ck_assert_int_eq(PQsendQuery(vacuum, command.data), 1);
    db_wait_until(site->admin,
                  "SELECT count(*) = 1 FROM pg_stat_activity WHERE pid = %d AND "
                  "wait_event = 'BufferPin'",
                  PQbackendPID(vacuum));
    return vacuum;
}

static void succeeds(PGconn *conn)
{
    for (PGresult *result; (result = PQgetResult(conn)); PQclear(result))
        ck_assert_msg(PQresultStatus(result) == PGRES_COMMAND_OK, "%s",
                      PQresultErrorMessage(result));
}

/* A VACUUM of the table is under way: neither waits for the other. */
START_TEST(vacuum_under_way)
{
    struct site site = plain_site(ways[_i]);
    PGconn *application = application_of(&site);
    PGconn *vacuum = vacuum_stands_still(&site, application, "event");
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM pg_stat_progress_vacuum WHERE "
                                           "relid = 'event'::regclass"),
                     1);
    check_gone(&site, ROWS);
    db_exec(application, "COMMIT");
    succeeds(vacuum);
    PQfinish(vacuum);
    PQfinish(application);
    site_free(&site);
}
END_TEST

/* What a partition is locked with to be emptied as a whole, VACUUM keeps away: that one goes row by
 * row, and the others as a whole. */
START_TEST(vacuum_against_partition)
{
    struct site site = partitioned_site("partition");
    int64_t file = db_number(site.admin, "SELECT pg_relation_filenode('a')");
    PGconn *application = application_of(&site);
    PGconn *vacuum = vacuum_stands_still(&site, application, "a");
    expect_said(&site, 0,
                (const char *const[]){"partition public.a goes row by row: others use it", NULL});
    check_gone(&site, ROWS);
    ck_assert_int_eq(db_number(site.admin, "SELECT pg_relation_filenode('a')"), file);
    ck_assert_int_ne(db_number(site.admin, "SELECT pg_relation_filenode('b')"), 0);
    db_exec(application, "COMMIT");
    succeeds(vacuum);
    PQfinish(vacuum);
    PQfinish(application);
    site_free(&site);
}
END_TEST

/* --- changes of the table that wait behind us --- */

#ifdef ENABLE_FAULT_POINTS

/* The worker stands still with a batch open, behind some that were committed. */
static pid_t in_a_batch(const struct site *site, const char *mode)
{
    int status;
    pid_t pid = site_start(site, mode, "batch_after_action=stop:3");
    ck_assert_int_eq(waitpid(pid, &status, WUNTRACED), pid);
    ck_assert(WIFSTOPPED(status));
    return pid;
}

/* Sends it, and waits until it waits for the batch. */
static PGconn *waiting(const struct site *site, const char *command)
{
    PGconn *owner = application_of(site);
    ck_assert_int_eq(PQsendQuery(owner, command), 1);
    db_wait_until(site->admin,
                  "SELECT count(*) = 1 FROM pg_locks WHERE pid = %d AND NOT granted AND relation = "
                  "'event'::regclass AND mode = 'AccessExclusiveLock'",
                  PQbackendPID(owner));
    return owner;
}

/* VACUUM FULL waits for the batch under way, and for no other: those that come later queue behind
 * it, not longer than their lock timeout. The table has another file then, and the run goes through
 * it anew. */
static void vacuum_full_gets_through(const char *way, const char *mode)
{
    struct site site = plain_site(way);
    int64_t file = db_number(site.admin, "SELECT pg_relation_filenode('event')");
    pid_t pid = in_a_batch(&site, mode);
    PGconn *owner = waiting(&site, "VACUUM FULL event");
    kill(pid, SIGCONT);
    succeeds(owner);
    char *then _cleanup_free_ = db_value(owner, "SELECT clock_timestamp()");
    site_wait_empty(&site);
    if (mode)
        ck_assert_int_eq(program_wait(pid), 0);
    else
        end_daemon(pid);
    check_gone(&site, ROWS);
    ck_assert_int_ne(db_number(site.admin, "SELECT pg_relation_filenode('event')"), file);
    ck_assert_int_gt(db_number(site.admin,
                               "SELECT count(*) FROM retention.log_entry WHERE type = "
                               "'batch' AND at > '%s'",
                               then),
                     5);
    PQfinish(owner);
    site_free(&site);
}

START_TEST(vacuum_full_waits)
{
    vacuum_full_gets_through(ways[_i], "--once");
}
END_TEST

START_TEST(vacuum_full_waits_daemon)
{
    vacuum_full_gets_through("sweep", NULL);
}
END_TEST

/* ALTER TABLE in a transaction that then stays open: it has its lock while there is work to do; the
 * run waits, and nobody waits for it. A column more is no harm: the policy is checked anew, and the
 * rest goes. */
START_TEST(alter_table_waits)
{
    struct site site = plain_site(ways[_i]);
    pid_t pid = in_a_batch(&site, "--once");
    PGconn *owner = waiting(&site, "BEGIN; ALTER TABLE event ADD COLUMN more int");
    kill(pid, SIGCONT);
    succeeds(owner);
    ck_assert_int_gt(rows_of(owner), 1000);
    site_wait_said(&site, "waits: others keep public.event locked");
    db_exec(owner, "COMMIT");
    program_wait(pid);
    check_gone(&site, ROWS);
    char *said _cleanup_free_ = site_stderr(&site);
    ck_assert_msg(strstr(said, "SQLSTATE RT004") != NULL, "%s", said);
    PQfinish(owner);
    site_free(&site);
}
END_TEST

/* The value "1999-12-31" stays, and who reads it without deleting waits until the test lets go of
 * an advisory lock: so long is the count that a run ends with. */
static const char long_count[] =
    "CREATE OR REPLACE FUNCTION retention.try_timestamptz(value text) RETURNS timestamptz "
    "LANGUAGE plpgsql STABLE STRICT AS $$ BEGIN "
    "IF value <> '1999-12-31' THEN RETURN pg_catalog.now() - '1 year'::interval; END IF; "
    "IF pg_catalog.current_query() NOT LIKE '%DELETE%' THEN "
    "  WHILE NOT pg_catalog.pg_try_advisory_lock(77) LOOP PERFORM pg_catalog.pg_sleep(0.01); END "
    "LOOP; PERFORM pg_catalog.pg_advisory_unlock(77); "
    "END IF; RETURN pg_catalog.now(); END $$";

static struct site counting_site(void)
{
    struct site site =
        site_new(cluster_shared(),
                 "CREATE TABLE event (id int PRIMARY KEY, at timestamptz NOT NULL, j jsonb);"
                 "CREATE INDEX ON event (at);"
                 "INSERT INTO event SELECT i, now() - interval '40 days', jsonb_build_object('at', "
                 "CASE i WHEN 1 THEN '1999-12-31' ELSE '2000-01-01' END) FROM generate_series(1, "
                 "2000) i;",
                 SETTINGS);
    site_policy(
        &site, "events",
        "data: { table = \"public.event\"; start = \"at\"; only = ( { column = \"j\"; path = "
        "[ \"at\" ]; older_than = \"1 day\"; } ); }; stages = ( { after = \"30 days\"; do = "
        "\"delete\"; } ); brake: { fraction = 1.0; };");
    site_load_and_approve(&site, "events", -1);
    return site;
}

/* Whoever wants the table for himself does not wait for the end of a long count: the run gives that
 * up, and counts again behind him. Where he comes again and again, the run ends, and says why. */
START_TEST(count_gives_way)
{
    const int times = _i ? 6 : 1;
    struct site site = counting_site();
    PGconn *application = application_of(&site), *owner = application_of(&site);
    db_exec(application, "SELECT pg_advisory_lock(77)");
    pid_t pid = site_start_at_run(&site);
    db_script(site.admin, long_count);
    kill(pid, SIGCONT);
    db_exec(owner, "SET lock_timeout = '20s'");
    for (int i = 0; i < times; i++) {
        db_wait_until(site.admin, "SELECT count(*) = 1 FROM pg_stat_activity WHERE datname = "
                                  "current_database() AND usename = 't_worker' AND wait_event = "
                                  "'PgSleep'");
        db_exec(owner, "VACUUM FULL event");
    }
    if (times == 1)
        db_exec(application, "SELECT pg_advisory_unlock(77)");
    ck_assert_int_eq(program_wait(pid), times == 1 ? 0 : 5);
    check_gone(&site, ROWS - 1);
    char *said _cleanup_free_ = site_stderr(&site);
    const char *what = times == 1 ? "a read is given up, since others wait to lock"
                                  : "stopped, 1,999 records deleted, with 0 dependants: 6 times "
                                    "others waited to lock \"public.event\"";
    ck_assert_msg(strstr(said, what) != NULL, "%s", said);
    PQfinish(owner);
    PQfinish(application);
    site_free(&site);
}
END_TEST

/* The look at a leaf that a pass ends with is such a read, too. Its server cancels it as it does
 * for others that wait: it is too short for them to come in time. */
START_TEST(look_at_a_leaf_gives_way)
{
    struct site site = counting_site();
    site_once_expect(&site, "run_check_canceled=error", 0);
    check_gone(&site, ROWS);
    site_free(&site);
}
END_TEST

/* What the policy names is another thing then: the category stands still, its message says why, and
 * once the policy fits again the rest goes. */
START_TEST(alter_table_against_the_policy)
{
    struct site site = plain_site(ways[_i]);
    pid_t pid = in_a_batch(&site, "--once");
    PGconn *owner = waiting(&site, "ALTER TABLE event RENAME COLUMN at TO happened_at");
    kill(pid, SIGCONT);
    succeeds(owner);
    ck_assert_int_ne(program_wait(pid), 0);
    int64_t left = rows_of(site.admin);
    ck_assert_int_gt(left, 1000);
    check_gone(&site, ROWS - left);
    expect_cause(&site, "policy invalid: %column%at%");
    db_exec(owner, "ALTER TABLE event RENAME COLUMN happened_at TO at");
    site_once_expect(&site, NULL, 0);
    check_gone(&site, ROWS);
    PQfinish(owner);
    site_free(&site);
}
END_TEST

#endif

static TCase *add_case(Suite *suite, const char *name)
{
    TCase *tcase = tcase_create(name);
    tcase_set_timeout(tcase, 120);
    suite_add_tcase(suite, tcase);
    return tcase;
}

Suite *suite_yielding(void)
{
    Suite *suite = suite_create("yielding");
    TCase *tcase = add_case(suite, "rows");
    tcase_add_loop_test(tcase, rows_locked, 0, 2);
    tcase_add_loop_test(tcase, rows_locked_daemon, 0, 2);
    tcase = add_case(suite, "transactions");
    tcase_add_loop_test(tcase, long_transaction, 0, 2 * (int)ARRAY_LENGTH(long_ones));
    tcase = add_case(suite, "table");
    tcase_add_loop_test(tcase, table_locked, 0, 4);
    tcase_add_loop_test(tcase, table_locked_for_a_while, 0, 2);
    tcase_add_loop_test(tcase, table_locked_daemon, 0, 2);
    tcase_add_loop_test(tcase, leaf_locked, 0, 2);
    tcase = add_case(suite, "vacuum");
    tcase_add_loop_test(tcase, vacuum_under_way, 0, 2);
    tcase_add_test(tcase, vacuum_against_partition);
#ifdef ENABLE_FAULT_POINTS
    tcase = add_case(suite, "ddl");
    tcase_add_loop_test(tcase, vacuum_full_waits, 0, 2);
    tcase_add_test(tcase, vacuum_full_waits_daemon);
    tcase_add_loop_test(tcase, alter_table_waits, 0, 2);
    tcase_add_loop_test(tcase, count_gives_way, 0, 2);
    tcase_add_test(tcase, look_at_a_leaf_gives_way);
    tcase_add_loop_test(tcase, alter_table_against_the_policy, 0, 2);
#endif
    return suite;
}
