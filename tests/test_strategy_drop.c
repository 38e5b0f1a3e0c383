/* drop_empty: partitions that are empty and wholly past are dropped at the end of a run, by a
 * function that the table's owner installs. What may still hold a record stays: one that is there,
 * one that comes meanwhile, one that is to come. */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "config.h"
#include "engine_support.h"
#include "harness/cluster.h"
#include "harness/db.h"

/* Owned by a role that is no superuser. Due are all records of old_a, old_b (the default below
 * old), and other, the default; mixed has some that are not. void was always empty; ancient goes
 * back to what never starts; ahead is for records to come; fresh ended 32 days ago, which is past,
 * but by less than what months and days can differ by. */
static const char tables[] =
    "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 't_drop_owner') THEN CREATE "
    "ROLE t_drop_owner; END IF; END $$;"
    "GRANT CREATE, USAGE ON SCHEMA public TO t_drop_owner; SET ROLE t_drop_owner;"
    "CREATE TABLE event (n int NOT NULL, at %s NOT NULL, note text, PRIMARY KEY (n, at)) PARTITION "
    "BY RANGE (at);"
    "CREATE TABLE ancient PARTITION OF event FOR VALUES FROM (MINVALUE) TO ('2018-01-01');"
    "CREATE TABLE void PARTITION OF event FOR VALUES FROM ('2018-01-01') TO ('2020-01-01');"
    "CREATE TABLE old PARTITION OF event FOR VALUES FROM ('2020-01-01') TO ('2021-01-01') "
    "PARTITION BY RANGE (n);"
    "CREATE TABLE old_a PARTITION OF old FOR VALUES FROM (0) TO (101);"
    "CREATE TABLE old_b PARTITION OF old DEFAULT;"
    "DO $$ BEGIN EXECUTE format('CREATE TABLE fresh PARTITION OF event FOR VALUES FROM "
    "(''2021-01-01'') TO (%%L)', current_date - 32);"
    "EXECUTE format('CREATE TABLE mixed PARTITION OF event FOR VALUES FROM (%%L) TO "
    "(''2200-01-01'')', current_date - 32); END $$;"
    "CREATE TABLE ahead PARTITION OF event FOR VALUES FROM ('2200-01-01') TO ('2201-01-01');"
    "CREATE TABLE other PARTITION OF event DEFAULT;"
    "INSERT INTO event SELECT i, '2020-02-01'::timestamptz + i * interval '1 hour' FROM "
    "generate_series(1, 200) i;"
    "INSERT INTO event SELECT i, now() FROM generate_series(201, 250) i;"
    "INSERT INTO event VALUES (300, '2201-06-06');"
    "CREATE TABLE apart (n int, at timestamptz NOT NULL) PARTITION BY RANGE (at);"
    "CREATE TABLE apart_old PARTITION OF apart FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');"
    "CREATE TABLE alone (n int, at timestamptz);"
    "RESET ROLE;";

static const char all_leaves[] = "ahead,ancient,fresh,mixed,old_a,old_b,other,void";
static const char left_leaves[] = "ahead,ancient,fresh,mixed,old_b,other";

enum { ALL = 251, DUE = 200 };

static struct site site_of(const char *type, const char *more, const char *rest)
{
    struct text sql _cleanup_text_ = {0}, policy _cleanup_text_ = {0};
    text_printf(&sql, tables, type);
    text_printf(&sql, "GRANT TRUNCATE ON old_a, old_b, mixed, other TO t_worker;%s", more);
    struct site site = site_new(cluster_shared(), text_string(&sql), NULL);
    text_printf(&policy,
                "strategy = \"partition\"; drop_empty = true; data: { table = \"public.event\"; "
                "start = \"at\"; tenant = \"note\"; }; stages = ( { after = \"30 days\"; do = "
                "\"delete\"; } ); brake: { fraction = 1.0; tenant_fraction = 1.0; }; %s",
                rest);
    site_policy(&site, "events", text_string(&policy));
    return site;
}

static struct program_result ctl(const struct site *site, const char *command, const char *option,
                                 const char *other)
{
    char *admin _cleanup_free_ = cluster_conninfo(site->cluster, site->database, NULL);
    const char *const argv[] = {"retentionctl", "-c",   site->config, "-d", admin,
                                command,        option, other,        NULL};
    return program_run(argv);
}

static void run_setup(const struct site *site, const char *remove)
{
    char *admin _cleanup_free_ = cluster_conninfo(site->cluster, site->database, NULL);
    struct program_result result = ctl(site, "setup", "--sql", remove);
    ck_assert_msg(result.exit_code == 0, "%s", result.err);
    char *path _cleanup_free_ = file_write(site->directory, "setup.sql", result.out);
    program_result_free(&result);
    const char *const psql[] = {"/usr/bin/psql", "-Xq", "-v", "ON_ERROR_STOP=1", "-f", path,
                                admin,           NULL};
    result = program_run(psql);
    ck_assert_msg(result.exit_code == 0, "%s", result.err);
    program_result_free(&result);
}

static struct site ready(const char *type, const char *more, const char *rest)
{
    struct site site = site_of(type, more, rest);
    run_setup(&site, NULL);
    site_load_and_approve(&site, "events", -1);
    return site;
}

static void check_leaves(const struct site *site, const char *expected)
{
    char *names =
        db_value(site->admin, "SELECT string_agg(relid::text, ',' ORDER BY relid::text) FROM "
                              "pg_partition_tree('event') WHERE isleaf");
    ck_assert_str_eq(names, expected);
    free(names);
}

static void check_no_anomaly(const struct site *site)
{
    ck_assert_int_eq(
        db_number(site->admin, "SELECT count(*) FROM retention.log_entry WHERE type = 'anomaly'"),
        0);
    ck_assert_int_eq(
        db_number(site->admin, "SELECT count(*) FROM retention.category WHERE state = 'active'"),
        1);
    site_check_log(site);
}

/* A round, and what it said has this in it. */
static void once_says(const struct site *site, const char *expected)
{
    struct program_result result = site_once(site, NULL);
    ck_assert_msg(result.exit_code == 0 && strstr(result.err, expected), "%d, not \"%s\" in:\n%s",
                  result.exit_code, expected, result.err);
    program_result_free(&result);
}

static const char *const types[] = {"timestamptz", "timestamp", "date"};

START_TEST(dropped_once_empty)
{
    struct site site = ready(types[_i], "", _i == 1 ? "timezone = \"Asia/Kathmandu\";" : "");
    check_leaves(&site, all_leaves);
    once_says(&site, "partition public.old_a was empty, and is dropped");
    check_leaves(&site, left_leaves);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), ALL - DUE);
    ck_assert_int_eq(site_logged(&site, "public.event"), DUE);
    ck_assert_int_eq(site_digests(&site, "public.event"), DUE);
    char *message = db_value(site.admin, "SELECT message FROM retention.run WHERE rows > 0");
    ck_assert_msg(strstr(message, "2 empty partitions were dropped"), "%s", message);
    free(message);
    check_no_anomaly(&site);
    db_exec(site.admin, "INSERT INTO event VALUES (301, '2020-03-03')"); /* to old_b, the default */
    site_once_expect(&site, NULL, 0);
    check_leaves(&site, left_leaves);
    ck_assert_int_eq(site_logged(&site, "public.event"), DUE + 1);
    check_no_anomaly(&site);
    site_free(&site);
}
END_TEST

/* Without the key nothing is dropped, and where somebody may keep it longer, either. */
START_TEST(stays_where)
{
    static const char *const rests[] = {
        "agreements = ( { tenant = \"p9\"; after = \"100 years\"; because = \"agreed\"; } );",
        "keep_at_least = ( { for = \"100 years\"; because = \"law\"; } );",
    };
    struct site site = ready("timestamptz", "", rests[_i]);
    site_once_expect(&site, NULL, 0);
    check_leaves(&site, all_leaves);
    site_free(&site);
}
END_TEST

/* However many there are, those that may hold what is not due cost nothing. */
START_TEST(only_the_past_are_asked_for)
{
    struct site site = ready("timestamptz", "", "");
    db_exec(site.admin, "ALTER DATABASE %s SET track_functions = 'all'", site.database);
    site_once_expect(&site, NULL, 0);
    check_leaves(&site, left_leaves);
    db_wait_until(site.admin, "SELECT EXISTS (SELECT FROM pg_stat_user_functions WHERE funcname ~ "
                              "'^retention_drop_')");
    ck_assert_int_eq(db_number(site.admin, "SELECT calls FROM pg_stat_user_functions WHERE "
                                           "funcname ~ '^retention_drop_'"),
                     2);
    site_free(&site);
}
END_TEST

/* Names are quoted, and nothing in them is a format. */
START_TEST(odd_names)
{
    struct site site =
        site_of("timestamptz",
                "ALTER TABLE event RENAME at TO \"50%s \"\"At's\"; ALTER TABLE event RENAME TO "
                "\"Odd %I\"\"s\"; ALTER TABLE old_a RENAME TO \"old's %L\";",
                "");
    site_policy(
        &site, "events",
        "strategy = \"partition\"; drop_empty = true; data: { table = \"public.\\\"Odd "
        "%I\\\"\\\"s\\\"\"; start = \"50%s \\\"At's\"; }; stages = ( { after = \"30 days\"; "
        "do = \"delete\"; } ); brake: { fraction = 1.0; };");
    run_setup(&site, NULL);
    site_load_and_approve(&site, "events", -1);
    once_says(&site, "partition public.\"old's %L\" was empty, and is dropped");
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM pg_partition_tree("
                                           "'\"Odd %%I\"\"s\"') WHERE isleaf"),
                     6);
    site_free(&site);
}
END_TEST

/* --- the function --- */

static char *function_of(const struct site *site)
{
    return db_value(site->admin, "SELECT oid::regproc FROM pg_proc WHERE proname ~ "
                                 "'^retention_drop_[0-9a-f]{8}_[0-9a-f]{8}$'");
}

static void check_answer(PGconn *conn, const char *function, const char *leaf, const char *due,
                         const char *expected)
{
    char *answer = db_value(conn, "SELECT %s((%s)::oid, %s, 50)", function, leaf, due);
    ck_assert_msg(text_equal(answer, expected), "%s: %s", leaf, answer ? answer : "dropped");
    free(answer);
}

/* Whoever calls it, and with whatever: here the worker's role, with the wildest it may say. */
START_TEST(the_function_looks_itself)
{
    struct site site = ready("timestamptz", "", "");
    PGconn *worker = db_connect(site.cluster, site.database, "t_worker");
    PGconn *auditor = db_connect(site.cluster, site.database, "t_auditor");
    char *function _cleanup_free_ = function_of(&site);
    static const struct {
        const char *leaf, *due, *because;
    } cases[] = {
        {"'ahead'::regclass", "now()", "by its bounds it may hold records that are not due"},
        {"'ancient'::regclass", "now()", "by its bounds it may hold records that are not due"},
        {"'mixed'::regclass", "now()", "by its bounds it may hold records that are not due"},
        {"'void'::regclass", "'2019-06-01'", "by its bounds it may hold records that are not due"},
        {"'void'::regclass", "'3000-01-01'", "what is asked for is not past"},
        {"'void'::regclass", "'infinity'", "what is asked for is not past"},
        {"'void'::regclass", "NULL", "what is asked for is not past"},
        {"'old_a'::regclass", "now()", "it is not empty"},
        {"'other'::regclass", "now()", "it is a default partition"},
        {"'old_b'::regclass", "now()", "it is a default partition"},
        {"'old'::regclass", "now()", "it is no partition of public.event"},
        {"'event'::regclass", "now()", "it is no partition of public.event"},
        {"'apart_old'::regclass", "now()", "it is no partition of public.event"},
        {"'alone'::regclass", "now()", "it is no partition of public.event"},
        {"NULL", "now()", "it is no partition of public.event"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
        check_answer(worker, function, cases[i].leaf, cases[i].due, cases[i].because);
    static const struct {
        const char *sql, *because;
    } obstacles[] = {
        {"CREATE TABLE c (n int, at timestamptz, FOREIGN KEY (n, at) REFERENCES event)",
         "a foreign key refers to it"},
        {"CREATE TABLE c (n int, at timestamptz, FOREIGN KEY (n, at) REFERENCES void)",
         "a foreign key refers to it"},
        {"CREATE VIEW v AS SELECT * FROM void", "other objects depend on it"},
        {"ALTER TABLE void OWNER TO postgres", "it belongs to another role than its table"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(obstacles); i++) {
        db_exec(site.admin, "BEGIN");
        db_exec(site.admin, "%s", obstacles[i].sql);
        check_answer(site.admin, function, "'void'::regclass", "now()", obstacles[i].because);
        db_exec(site.admin, "ROLLBACK");
    }
    ck_assert_str_eq(db_fails(auditor, "SELECT %s('void'::regclass::oid, now(), 50)", function),
                     "42501");
    db_exec(worker, "BEGIN ISOLATION LEVEL REPEATABLE READ");
    ck_assert_str_eq(db_fails(worker, "SELECT %s('void'::regclass::oid, now(), 50)", function),
                     "25001");
    db_exec(worker, "ROLLBACK");
    check_leaves(&site, all_leaves);
    check_answer(worker, function, "'void'::regclass", "now()", NULL);
    check_leaves(&site, "ahead,ancient,fresh,mixed,old_a,old_b,other");
    PQfinish(worker);
    PQfinish(auditor);
    site_free(&site);
}
END_TEST

/* The partition is empty when it is looked at. Somebody has put a record into it, and commits while
 * the lock is waited for: then it is not empty. */
START_TEST(a_record_comes)
{
    static const char *const ways[] = {"INSERT INTO void VALUES (1, '2019-01-01')",
                                       "INSERT INTO event VALUES (1, '2019-01-01')"};
    struct site site = ready("timestamptz", "", "");
    char *function _cleanup_free_ = function_of(&site);
    PGconn *worker = db_connect(site.cluster, site.database, "t_worker");
    PGconn *other = db_connect(site.cluster, site.database, NULL);
    db_exec(other, "BEGIN");
    db_exec(other, "%s", ways[_i]);
    struct text call _cleanup_text_ = {0};
    text_printf(&call, "SELECT %s('void'::regclass::oid, now(), 10000)", function);
    ck_assert_int_eq(PQsendQuery(worker, text_string(&call)), 1);
    db_wait_until(site.admin, "SELECT EXISTS (SELECT FROM pg_locks WHERE pid = %d AND NOT granted)",
                  PQbackendPID(worker));
    db_exec(other, "COMMIT");
    PGresult *result = PQgetResult(worker);
    ck_assert_msg(PQntuples(result) == 1, "%s", PQerrorMessage(worker));
    ck_assert_str_eq(PQgetvalue(result, 0, 0), "it is not empty");
    PQclear(result);
    check_leaves(&site, all_leaves);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM void"), 1);
    PQfinish(worker);
    PQfinish(other);
    site_free(&site);
}
END_TEST

/* --- others --- */

/* Somebody reads the table, or has written into another partition, and does not end: what stands
 * right above a partition cannot be locked. The run waits no longer than lock_timeout for each,
 * ends well, and the next one drops them. Who writes does not use what is between. */
START_TEST(others_use_it)
{
    static const char *const uses[] = {"LOCK event IN ACCESS SHARE MODE",
                                       "INSERT INTO event VALUES (400, now())"};
    static const char *const leaves[] = {all_leaves, "ahead,ancient,fresh,mixed,old_b,other,void"};
    struct site site = ready("timestamptz", "", "");
    PGconn *other = db_connect(site.cluster, site.database, NULL);
    db_exec(other, "BEGIN");
    db_exec(other, "%s", uses[_i]);
    site_once_expect(&site, NULL, 0);
    check_leaves(&site, leaves[_i]);
    ck_assert_int_eq(site_logged(&site, "public.event"), DUE);
    char *function _cleanup_free_ = function_of(&site);
    int64_t ms =
        db_number(site.admin,
                  "WITH a AS MATERIALIZED (SELECT clock_timestamp() AS t), b AS "
                  "MATERIALIZED (SELECT %s('void'::regclass::oid, now(), 50) AS because, t "
                  "FROM a) SELECT CASE because WHEN 'others use its table' THEN extract("
                  "epoch FROM clock_timestamp() - t) * 1000 ELSE -1 END::bigint FROM b",
                  function);
    ck_assert_int_ge(ms, 50);
    ck_assert_int_lt(ms, 5000);
    db_exec(other, "COMMIT");
    PQfinish(other);
    site_once_expect(&site, NULL, 0);
    check_leaves(&site, left_leaves);
    check_no_anomaly(&site);
    site_free(&site);
}
END_TEST

/* --- what it needs --- */

/* Exit code 0, and that the output speaks of partitions that are not dropped, with this reason, or
 * (NULL) does not. Output for people is wrapped. */
static void command_says(const struct site *site, const char *command, const char *expected)
{
    struct program_result result = ctl(site, command, NULL, NULL);
    struct text said _cleanup_text_ = {0};
    text_printf(&said, "%s %s", result.out, result.err);
    for (char *p = said.data; *p; p++)
        *p = *p == '\n' ? ' ' : *p;
    bool is_told = strstr(said.data, "are not dropped") != NULL;
    bool fits = is_told == (expected != NULL) && (!expected || strstr(said.data, expected));
    ck_assert_msg(result.exit_code == 0 && fits, "%s: %d, %s", command, result.exit_code,
                  said.data);
    program_result_free(&result);
}

static void check_says(const struct site *site, const char *expected)
{
    command_says(site, "check", expected);
    command_says(site, "plan", expected);
}

/* Without the function, or with one that is not it, the run goes on, and check and plan say so. */
START_TEST(without_the_function)
{
    static const struct {
        const char *sql, *because;
    } cases[] = {
        {NULL, "is missing"},
        {"REVOKE EXECUTE ON FUNCTION %s FROM t_worker", "may not be executed by role \"t_worker\""},
        {"ALTER FUNCTION %s SECURITY INVOKER", "is not as it should be"},
        {"ALTER FUNCTION %s OWNER TO t_legal", "is not as it should be"},
        {"ALTER FUNCTION %s RESET constraint_exclusion", "is not as it should be"},
    };
    struct site site = site_of("timestamptz", "GRANT CREATE ON SCHEMA public TO t_legal;", "");
    if (cases[_i].sql) {
        run_setup(&site, NULL);
        check_says(&site, NULL);
        char *function _cleanup_free_ = function_of(&site);
        struct text sql _cleanup_text_ = {0};
        const char *at = strstr(cases[_i].sql, "%s");
        text_printf(&sql, "%.*s%s%s", (int)(at - cases[_i].sql), cases[_i].sql, function, at + 2);
        db_exec(site.admin, "%s", text_string(&sql));
    }
    site_load_and_approve(&site, "events", -1);
    check_says(&site, cases[_i].because);
    once_says(&site, cases[_i].because);
    check_leaves(&site, all_leaves);
    ck_assert_int_eq(site_logged(&site, "public.event"), DUE);
    run_setup(&site, NULL);
    check_says(&site, NULL);
    site_once_expect(&site, NULL, 0);
    check_leaves(&site, left_leaves);
    check_no_anomaly(&site);
    site_free(&site);
}
END_TEST

/* --- holds and the guard --- */

/* No record is held in an empty partition, but whoever placed a hold expects that nothing changes;
 * with event triggers it would be refused. */
START_TEST(a_hold_is_in_force)
{
    struct site site = ready("timestamptz", "", "");
    free(db_value(site.admin, "SELECT retention.place_hold('M', 'suit', category => 'events', "
                              "tenant => 'p3')"));
    site_once_expect(&site, NULL, 0);
    check_leaves(&site, all_leaves);
    ck_assert_int_eq(site_logged(&site, "public.event"), DUE);
    site_free(&site);
}
END_TEST

/* A guard's trigger for TRUNCATE is on each partition, and so part of the fingerprint; a drop takes
 * it away, and is no anomaly. */
START_TEST(with_a_guard)
{
    struct site site = site_of("timestamptz", "CREATE INDEX ON event (at);", "guard = \"refuse\";");
    run_setup(&site, NULL);
    site_load_and_approve(&site, "events", -1);
    run_setup(&site, NULL);
    db_script(site.admin,
              "CREATE EVENT TRIGGER retention_guard_drop ON sql_drop EXECUTE FUNCTION "
              "retention.guard_drop();"
              "CREATE EVENT TRIGGER retention_guard_alter ON ddl_command_end EXECUTE FUNCTION "
              "retention.guard_alter();");
    once_says(&site, "partition public.old_a was empty, and is dropped");
    check_leaves(&site, left_leaves);
    check_no_anomaly(&site);
    db_exec(site.admin, "INSERT INTO event VALUES (301, '2020-03-03')");
    site_once_expect(&site, NULL, 0);
    ck_assert_int_eq(site_logged(&site, "public.event"), DUE + 1);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM retention.category WHERE "
                                           "guard_state = 'in place' AND state = 'active'"),
                     1);
    check_no_anomaly(&site);
    site_free(&site);
}
END_TEST

#ifdef ENABLE_FAULT_POINTS

/* --- on the way --- */

/* Killed before a partition is dropped, or while it may be or not: the next start ends it. */
START_TEST(broken_off)
{
    static const char *const faults[] = {"run_before_drop=exit", "run_before_drop=exit:1",
                                         "run_drop_sent=exit", "run_drop_sent=exit:1"};
    struct site site = ready("timestamptz", "", "");
    struct program_result result = site_once(&site, faults[_i]);
    ck_assert_int_ne(result.exit_code, 0);
    program_result_free(&result);
    site_once_expect(&site, NULL, 0);
    check_leaves(&site, left_leaves);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), ALL - DUE);
    ck_assert_int_eq(site_logged(&site, "public.event"), DUE);
    check_no_anomaly(&site);
    site_free(&site);
}
END_TEST

/* The run has emptied what is due, and would drop; a record that is due comes: it stays, and goes
 * with its entry in the log in the next run. A hold comes: nothing is dropped. */
START_TEST(comes_before_the_drop)
{
    static const struct {
        const char *sql, *leaves, *later;
        int more;
    } comes[] = {
        {"INSERT INTO event VALUES (1, '2020-05-05')",
         "ahead,ancient,fresh,mixed,old_a,old_b,other", left_leaves, 1},
        {"SELECT retention.place_hold('M', 'suit', category => 'events', tenant => 'p3')",
         all_leaves, all_leaves, 0},
        {"SELECT retention.pause('category:events', 'asked for')", all_leaves, NULL, 0},
    };
    struct site site = ready("timestamptz", "", "");
    pid_t pid = site_start(&site, "--once", "run_before_drop=stop");
    int status;
    ck_assert_int_eq(waitpid(pid, &status, WUNTRACED), pid);
    ck_assert(WIFSTOPPED(status));
    PGresult *result = PQexec(site.admin, comes[_i].sql);
    ck_assert_msg(PQresultStatus(result) != PGRES_FATAL_ERROR, "%s", PQerrorMessage(site.admin));
    PQclear(result);
    ck_assert_int_eq(kill(pid, SIGCONT), 0);
    ck_assert_int_eq(program_wait(pid), 0);
    check_leaves(&site, comes[_i].leaves);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"),
                     ALL - DUE + comes[_i].more);
    if (comes[_i].later) {
        site_once_expect(&site, NULL, 0);
        check_leaves(&site, comes[_i].later);
        ck_assert_int_eq(site_logged(&site, "public.event"), DUE + comes[_i].more);
    }
    check_no_anomaly(&site);
    site_free(&site);
}
END_TEST

#endif

/* --- setup, and what the policy may say --- */

START_TEST(setup_takes_it_away)
{
    struct site site = ready("timestamptz", "", "");
    char *function = function_of(&site);
    run_setup(&site, NULL); /* again */
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM pg_proc p JOIN pg_roles r ON "
                                           "r.oid = proowner WHERE proname ~ '^retention_drop_' "
                                           "AND rolname = 't_drop_owner' AND proacl::text LIKE "
                                           "'%%t_worker=X%%' AND proacl::text NOT LIKE '%%{=X%%' "
                                           "AND proacl::text NOT LIKE '%%,=X%%'"),
                     1);
    free(function);
    run_setup(&site, "--remove");
    ck_assert_int_eq(
        db_number(site.admin, "SELECT count(*) FROM pg_proc WHERE proname ~ '^retention_drop_'"),
        0);
    site_free(&site);
}
END_TEST

START_TEST(policies_refused)
{
    static const struct {
        const char *body, *error;
    } cases[] = {
        {"drop_empty = true; data: { table = \"public.event\"; start = \"at\"; }; stages = ( { "
         "after = \"30 days\"; do = \"delete\"; } );",
         "\"drop_empty\" goes with strategy = \"partition\" only"},
        {"drop_empty = true; strategy = \"partition\"; data: { table = \"public.alone\"; start = "
         "\"at\"; key = []; }; evidence = \"counts\"; stages = ( { after = \"30 days\"; do = "
         "\"delete\"; } );",
         "\"drop_empty\" is given, and \"public.alone\" has no partitions"},
        {"drop_empty = true; strategy = \"partition\"; data: { table = \"public.event\"; start = { "
         "column = \"n\"; unit = \"epoch_s\"; }; }; stages = ( { after = \"30 days\"; do = "
         "\"delete\"; } );",
         "\"drop_empty\" needs a starting point that is one column of the table"},
        {"drop_empty = true; strategy = \"partition\"; data: { table = \"public.event\"; start = "
         "\"at\"; only = ( { column = \"n\"; gt = 5; } ); }; stages = ( { after = \"30 days\"; do "
         "= \"delete\"; } );",
         "\"drop_empty\" goes with a category that takes all records of its table"},
        {"drop_empty = true; strategy = \"partition\"; data: { table = \"public.event\"; start = "
         "\"at\"; }; keep_at_least = ( { for = \"1 day\"; because = \"x\"; start = \"at\"; } ); "
         "stages = ( { after = \"30 days\"; do = \"delete\"; } );",
         "\"drop_empty\" does not go with a floor that has a starting point of its own"},
        {"drop_empty = true; strategy = \"partition\"; data: { table = \"public.event\"; start = "
         "\"at\"; }; stages = ( { after = \"30 days\"; do = \"deidentify\"; columns = ( { name = "
         "\"note\"; as = \"nullify\"; } ); } );",
         "\"drop_empty\" goes with a stage that deletes"},
    };
    struct text sql _cleanup_text_ = {0};
    text_printf(&sql, tables, "timestamptz");
    struct site site = site_new(cluster_shared(), text_string(&sql), NULL);
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        site_policy(&site, "events", cases[i].body);
        struct program_result result = ctl(&site, "check", NULL, NULL);
        ck_assert_msg(result.exit_code == 3 && strstr(result.err, cases[i].error),
                      "%d, not \"%s\" in:\n%s", result.exit_code, cases[i].error, result.err);
        program_result_free(&result);
    }
    site_free(&site);
}
END_TEST

static TCase *add_case(Suite *suite, const char *name)
{
    TCase *tcase = tcase_create(name);
    tcase_set_timeout(tcase, 120);
    suite_add_tcase(suite, tcase);
    return tcase;
}

Suite *suite_strategy_drop(void)
{
    Suite *suite = suite_create("strategy_drop");
    TCase *tcase = add_case(suite, "drop");
    tcase_add_loop_test(tcase, dropped_once_empty, 0, ARRAY_LENGTH(types));
    tcase_add_loop_test(tcase, stays_where, 0, 2);
    tcase_add_test(tcase, only_the_past_are_asked_for);
    tcase_add_test(tcase, odd_names);
    tcase = add_case(suite, "function");
    tcase_add_test(tcase, the_function_looks_itself);
    tcase_add_loop_test(tcase, a_record_comes, 0, 2);
    tcase = add_case(suite, "others");
    tcase_add_loop_test(tcase, others_use_it, 0, 2);
    tcase = add_case(suite, "needs");
    tcase_add_loop_test(tcase, without_the_function, 0, 5);
    tcase = add_case(suite, "holds");
    tcase_add_test(tcase, a_hold_is_in_force);
    tcase_add_test(tcase, with_a_guard);
#ifdef ENABLE_FAULT_POINTS
    tcase = add_case(suite, "broken");
    tcase_add_loop_test(tcase, broken_off, 0, 4);
    tcase_add_loop_test(tcase, comes_before_the_drop, 0, 3);
#endif
    tcase = add_case(suite, "setup");
    tcase_add_test(tcase, setup_takes_it_away);
    tcase_add_test(tcase, policies_refused);
    return suite;
}
