/* Strategy `partition`: partitions of which all records go are emptied as a whole. The same records
 * go as row by row, and the log says the same; where anything stands against it, the partition goes
 * row by row, and what is to stay stays.
 *
 * TRUNCATE gives a table another file, and DELETE does not: that is how the tests know which it
 * was. */
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

/* Leaves: old_a and old_b (sub-partitions of old) are wholly due, 1000 records each; mixed is due
 * up to n = 2300, young is not; other, the default, holds one record of 1999. Long records, so that
 * a leaf has several parts. */
static const char tables[] =
    "CREATE TABLE event (n int NOT NULL, at timestamptz NOT NULL, who text NOT NULL, note text NOT "
    "NULL, PRIMARY KEY (n, at)) PARTITION BY RANGE (at);"
    "CREATE TABLE old PARTITION OF event FOR VALUES FROM ('2020-01-01') TO ('2021-01-01') "
    "PARTITION "
    "BY RANGE (n);"
    "CREATE TABLE old_a PARTITION OF old FOR VALUES FROM (0) TO (1001);"
    "CREATE TABLE old_b PARTITION OF old DEFAULT;"
    "CREATE TABLE mixed PARTITION OF event FOR VALUES FROM ('2021-01-01') TO ('2200-01-01');"
    "CREATE TABLE other PARTITION OF event DEFAULT;"
    "INSERT INTO event SELECT i, '2020-02-01'::timestamptz + i * interval '1 minute', 'p' || i % "
    "7, "
    "repeat('x', 400) FROM generate_series(1, 2000) i;"
    "INSERT INTO event SELECT i, now() - CASE WHEN i <= 2300 THEN interval '60 days' ELSE interval "
    "'1 day' END, 'p' || i % 7, repeat('x', 400) FROM generate_series(2001, 2600) i;"
    "INSERT INTO event VALUES (3000, '1999-09-09', 'p0', '');"
    "CREATE TABLE was AS SELECT c.relname::text AS leaf, pg_relation_filenode(c.oid) AS file FROM "
    "pg_class c WHERE c.relispartition AND c.relkind = 'r';";

enum { ALL = 2601, DUE = 2301 };

static const char truncate_old[] = "GRANT TRUNCATE ON old_a, old_b, mixed, other TO t_worker;";

/* `data`: more members of data; `rest`: more of the category. */
static struct site site_of(const char *strategy, const char *more, const char *data,
                           const char *rest)
{
    struct text sql _cleanup_text_ = {0}, policy _cleanup_text_ = {0};
    text_printf(&sql, "%s%s%s", tables, truncate_old, more);
    struct site site =
        site_new(cluster_shared(), text_string(&sql), "pace: { batch_rows = 100; };");
    db_exec(site.admin, "VACUUM ANALYZE event");
    text_printf(&policy,
                "strategy = \"%s\"; data: { table = \"public.event\"; start = \"at\"; %s }; "
                "stages = ( { after = \"30 days\"; do = \"delete\"; } ); %s",
                strategy, data, rest);
    if (!strstr(rest, "brake"))
        text_add(&policy, "brake: { fraction = 1.0; tenant_fraction = 1.0; };");
    site_policy(&site, "events", text_string(&policy));
    return site;
}

static struct site loaded(const char *strategy, const char *more, const char *data,
                          const char *rest)
{
    struct site site = site_of(strategy, more, data, rest);
    site_load_and_approve(&site, "events", -1);
    return site;
}

/* The leaves that have another file than at first: "old_a,old_b". */
static void check_emptied(const struct site *site, const char *expected)
{
    char *names = db_value(
        site->admin, "SELECT coalesce(string_agg(w.leaf, ',' ORDER BY w.leaf), '') FROM was w "
                     "WHERE w.file <> pg_relation_filenode(w.leaf::regclass)");
    ck_assert_str_eq(names, expected);
    free(names);
}

/* What is left of event: `extra` records that are to stay, and those of mixed that are not due. */
static void check_left(const struct site *site, int extra)
{
    ck_assert_int_eq(db_number(site->admin, "SELECT count(*) FROM event WHERE n BETWEEN 2301 AND "
                                            "2600"),
                     300);
    ck_assert_int_eq(db_number(site->admin, "SELECT count(*) FROM event"), 300 + extra);
    ck_assert_int_eq(db_number(site->admin, "SELECT count(*) FROM retention.run WHERE status = "
                                            "'running'"),
                     0);
    site_check_log(site);
}

static char *plan_of(const struct site *site)
{
    const char *const argv[] = {"retentionctl", "-c", site->config, "plan", NULL};
    struct program_result result = program_run_env(argv, NULL);
    ck_assert_msg(result.exit_code == 0, "%s%s", result.out, result.err);
    char *out = strdup(result.out);
    program_result_free(&result);
    return out;
}

static void check_plan(const struct site *site, const char *expected)
{
    char *plan = plan_of(site);
    ck_assert_msg(strstr(plan, expected) != NULL, "not \"%s\" in:\n%s", expected, plan);
    free(plan);
}

/* --- the same as row by row --- */

static const char *const evidence[] = {"evidence = \"records\";", "evidence = \"counts\";"};

static const char *const strategies[] = {"sweep", "index", "auto", "partition"};

/* What a run leaves and tells: rows; in the log all of them, on which relations, and their digests;
 * its own figures. */
static char *outcome(const struct site *site)
{
    return db_value(
        site->admin,
        "SELECT concat_ws(';', (SELECT md5(string_agg(e::text, ',' ORDER BY n)) FROM event e), "
        "(SELECT sum(rows) FROM retention.log_entry WHERE type = 'batch'), (SELECT "
        "count(DISTINCT relation) FROM retention.log_entry WHERE type = 'batch'), (SELECT "
        "sum(octet_length(refs)) FROM retention.log_records), (SELECT concat_ws(',', to_act, "
        "rows, remaining, held, status) FROM retention.run))");
}

/* One content under all strategies, one after the other: of records, of which one leaf holds one
 * that is held, or none; with tenants, or without. */
START_TEST(the_same_as_row_by_row)
{
    const char *tenant = _i & 1 ? "tenant = \"who\";" : "";
    bool records = !(_i & 2), held = _i & 4;
    char *left[ARRAY_LENGTH(strategies)];
    for (size_t i = 0; i < ARRAY_LENGTH(strategies); i++) {
        bool whole = strcmp(strategies[i], "partition") == 0;
        struct site site =
            loaded(strategies[i],
                   "UPDATE event SET at = '2022-02-02' WHERE at > '2021-01-01' AND n <= 2300;"
                   "UPDATE event SET at = '2100-01-01' WHERE n BETWEEN 2301 AND 2600;"
                   "CREATE INDEX ON event (at);",
                   tenant, evidence[!records]);
        if (held)
            free(db_value(site.admin, "SELECT retention.place_hold('M', 'suit', category => "
                                      "'events', record_key => ARRAY['500', (SELECT (at AT TIME "
                                      "ZONE 'UTC')::text || '+00' FROM event WHERE n = 500)])"));
        site_once_expect(&site, NULL, 0);
        check_emptied(&site, !whole ? "" : held ? "old_b,other" : "old_a,old_b,other");
        check_left(&site, held);
        left[i] = outcome(&site);
        ck_assert_int_eq(site_logged(&site, "public.event"), DUE - held);
        ck_assert_int_eq(site_digests(&site, "public.event"), records ? DUE - held : 0);
        site_free(&site);
        ck_assert_msg(strcmp(left[0], left[i]) == 0, "%s: %s\n%s: %s", strategies[0], left[0],
                      strategies[i], left[i]);
    }
    for (size_t i = 0; i < ARRAY_LENGTH(strategies); i++)
        free(left[i]);
}
END_TEST

/* --- what stands against it --- */

/* p9's records stay for a hundred years. */
static const char agreements[] =
    "agreements = ( { tenant = \"p9\"; after = \"100 years\"; because = \"agreed\"; } );";

static const struct {
    const char *name, *sql, *emptied, *plan;
    int stays; /* records that are due by their period, and stay */
} obstacles[] = {
    {"a record is not due", "UPDATE event SET who = 'p9' WHERE n = 500", "old_b,other",
     "partition public.mixed and 1 more go row by row: not all of its records are to go", 1},
    {"a record is held",
     "SELECT retention.place_hold('M', 'suit', category => 'events', record_key => "
     "ARRAY['500', (SELECT (at AT TIME ZONE 'UTC')::text || '+00' FROM event WHERE n = 500)])",
     "old_b,other",
     "partition public.mixed and 1 more go row by row: not all of its records are to go", 1},
    {"a tenant is paused", "SELECT retention.pause('tenant:p3', 'asked for')", "other",
     "partition public.mixed and 2 more go row by row: not all of its records are to go", 329},
    {"no privilege", "REVOKE TRUNCATE ON old_a FROM t_worker", "old_b,other",
     "partition public.old_a goes row by row: role \"t_worker\" lacks TRUNCATE on it", 0},
    {"published", "CREATE PUBLICATION p FOR TABLE event WITH (publish_via_partition_root)", "",
     "row by row: it is published", 0},
};

static struct site obstructed(int i)
{
    bool first =
        strstr(obstacles[i].sql, "place_hold") == NULL && strstr(obstacles[i].sql, "pause") == NULL;
    struct site site =
        loaded("partition", first ? obstacles[i].sql : "", "tenant = \"who\";", agreements);
    if (!first)
        free(db_value(site.admin, "%s", obstacles[i].sql));
    return site;
}

START_TEST(goes_by_rows_where)
{
    struct site site = obstructed(_i);
    check_plan(&site, obstacles[_i].plan);
    site_once_expect(&site, NULL, 0);
    check_emptied(&site, obstacles[_i].emptied);
    check_left(&site, obstacles[_i].stays);
    ck_assert_int_eq(site_logged(&site, "public.event"), DUE - obstacles[_i].stays);
    site_free(&site);
}
END_TEST

/* A foreign key has to be declared, and then other tables decide. */
START_TEST(a_foreign_key)
{
    struct site site =
        loaded("partition",
               "CREATE TABLE child (n int, at timestamptz, FOREIGN KEY (n, at) REFERENCES event);"
               "INSERT INTO child SELECT n, at FROM event WHERE n = 500;",
               "",
               "keep_while = ( { child = \"public.child\"; by = [ \"n\", \"at\" ]; because = "
               "\"it is referred to\"; } );");
    check_plan(&site, "and 3 more go row by row: other tables decide about its records");
    site_once_expect(&site, NULL, 0);
    check_emptied(&site, "");
    check_left(&site, 1);
    ck_assert_int_eq(site_logged(&site, "public.event"), DUE - 1);
    site_free(&site);
}
END_TEST

/* What the statement says of a foreign key that nobody declared, which also stops the run. */
START_TEST(facts_of_a_leaf)
{
    static const struct {
        const char *sql, *because;
    } cases[] = {
        {"CREATE TABLE c (n int, at timestamptz, FOREIGN KEY (n, at) REFERENCES event)",
         "a foreign key refers to it"},
        {"CREATE TABLE c (n int, at timestamptz, FOREIGN KEY (n, at) REFERENCES old_a)",
         "a foreign key refers to it"},
        {"CREATE RULE r AS ON UPDATE TO old_a DO ALSO SELECT 1", "it has rewrite rules"},
        {"CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;"
         "CREATE TRIGGER f AFTER DELETE ON event EXECUTE FUNCTION f()",
         "a trigger fires for DELETE or TRUNCATE"},
        {"CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;"
         "CREATE TRIGGER f BEFORE TRUNCATE ON old_a EXECUTE FUNCTION f()",
         "a trigger fires for DELETE or TRUNCATE"},
        {"CREATE PUBLICATION p FOR TABLE old_a", "it is published"},
        {"CREATE PUBLICATION p FOR TABLES IN SCHEMA public", "it is published"},
    };
    struct text sql _cleanup_text_ = {0};
    text_printf(&sql, "%s%s", tables, truncate_old);
    struct site site = site_new(cluster_shared(), text_string(&sql), NULL);
    char *statement _cleanup_free_ = file_read(source_path("sql/engine/whole_leaf.sql"));
    const char *const values[] = {"public.old_a", "t_worker"};
    for (size_t i = 0; i <= ARRAY_LENGTH(cases); i++) {
        db_exec(site.admin, "BEGIN");
        if (i < ARRAY_LENGTH(cases))
            db_script(site.admin, cases[i].sql);
        PGresult *result = PQexecParams(site.admin, statement, 2, NULL, values, NULL, NULL, 0);
        ck_assert_msg(PQntuples(result) == 1, "%s", PQerrorMessage(site.admin));
        ck_assert_str_eq(PQgetvalue(result, 0, 0), i < ARRAY_LENGTH(cases) ? cases[i].because : "");
        PQclear(result);
        db_exec(site.admin, "ROLLBACK");
    }
    site_free(&site);
}
END_TEST

START_TEST(plan_says_how_many)
{
    struct site site = loaded("partition", "", "", "");
    check_plan(&site, "3 of 4 partitions as a whole, 1 row by row");
    check_plan(&site, "events: partition public.mixed goes row by row: not all of its records are "
                      "to go\n");
    site_free(&site);
}
END_TEST

/* Triggers of the application fire for each record, as they do row by row. */
START_TEST(triggers_fire)
{
    struct site site =
        site_of("partition",
                "CREATE TABLE fired (n int);"
                "CREATE FUNCTION fire() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO "
                "public.fired VALUES (OLD.n); RETURN NULL; END $$;"
                "CREATE TRIGGER fire AFTER DELETE ON old_a FOR EACH ROW EXECUTE FUNCTION fire();"
                "GRANT INSERT ON fired TO t_worker",
                "", "");
    struct program_result result = site_once(&site, NULL);
    const char *hash = strstr(result.err, "fire:");
    ck_assert_msg(hash != NULL, "%s", result.err);
    struct text policy _cleanup_text_ = {0};
    text_printf(&policy,
                "accept_triggers = [ \"%.69s\" ]; strategy = \"partition\"; data: { table = "
                "\"public.event\"; start = \"at\"; }; stages = ( { after = \"30 days\"; do = "
                "\"delete\"; } ); brake: { fraction = 1.0; };",
                hash);
    program_result_free(&result);
    site_policy(&site, "events", text_string(&policy));
    site_load_and_approve(&site, "events", -1);
    check_plan(&site, "partition public.old_a goes row by row: a trigger fires for DELETE");
    site_once_expect(&site, NULL, 0);
    check_emptied(&site, "old_b,other");
    check_left(&site, 0);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(DISTINCT n) FROM fired"), 1000);
    site_free(&site);
}
END_TEST

/* --- the guard --- */

static void install_guard(const struct site *site)
{
    char *admin _cleanup_free_ = cluster_conninfo(site->cluster, site->database, NULL);
    const char *const setup[] = {"retentionctl", "-c",    site->config, "-d",
                                 admin,          "setup", "--sql",      NULL};
    struct program_result result = program_run(setup);
    ck_assert_msg(result.exit_code == 0, "%s", result.err);
    char *path _cleanup_free_ = file_write(site->directory, "setup.sql", result.out);
    program_result_free(&result);
    const char *const psql[] = {"/usr/bin/psql", "-Xq", "-v", "ON_ERROR_STOP=1", "-f", path,
                                admin,           NULL};
    result = program_run(psql);
    ck_assert_msg(result.exit_code == 0, "%s", result.err);
    program_result_free(&result);
}

/* The guard's trigger does not know batches: it refuses TRUNCATE while any hold is in force, and in
 * mode "observe" it would tell of it. Without one, it lets everybody. */
START_TEST(the_guard)
{
    static const struct {
        const char *guard, *hold, *emptied;
    } cases[] = {
        {"refuse", NULL, "old_a,old_b,other"},
        {"refuse", "2000", ""},
        {"observe", "2000", ""},
    };
    struct text rest _cleanup_text_ = {0};
    text_printf(&rest, "guard = \"%s\";", cases[_i].guard);
    struct site site = site_of("partition", "CREATE INDEX ON event (at);", "", text_string(&rest));
    install_guard(&site);
    site_load_and_approve(&site, "events", -1);
    install_guard(&site);
    if (cases[_i].hold) {
        free(db_value(site.admin,
                      "SELECT retention.place_hold('M', 'suit', category => 'events', record_key "
                      "=> ARRAY['2000', (SELECT (at AT TIME ZONE 'UTC')::text || '+00' FROM event "
                      "WHERE n = 2000)])"));
        check_plan(&site, "row by row: the guard refuses TRUNCATE");
    }
    site_once_expect(&site, NULL, 0);
    check_emptied(&site, cases[_i].emptied);
    check_left(&site, cases[_i].hold != NULL);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM retention.guard_observed"), 0);
    site_free(&site);
}
END_TEST

/* --- others at work --- */

/* An application that has changed a record, or reads the partition, and does not end: nobody waits
 * for long. Row by row, all but what is locked goes; the rest goes when it is free. */
START_TEST(others_use_it)
{
    static const struct {
        const char *sql;
        int locked;
    } uses[] = {
        {"UPDATE old_a SET note = 'mine' WHERE n = 300", 1},
        {"SELECT count(*) FROM old_a", 0},
    };
    struct site site = loaded("partition", "", "", "");
    PGconn *other = db_connect(site.cluster, site.database, NULL);
    db_exec(other, "BEGIN");
    if (strncmp(uses[_i].sql, "SELECT", 6) == 0)
        free(db_value(other, "%s", uses[_i].sql));
    else
        db_exec(other, "%s", uses[_i].sql);
    site_once_expect(&site, NULL, 0);
    check_emptied(&site, "old_b,other");
    check_left(&site, uses[_i].locked);
    ck_assert_int_eq(site_logged(&site, "public.event"), DUE - uses[_i].locked);
    db_exec(other, "COMMIT");
    PQfinish(other);
    site_once_expect(&site, NULL, 0);
    check_left(&site, 0);
    ck_assert_int_eq(site_logged(&site, "public.event"), DUE);
    ck_assert_int_eq(site_digests(&site, "public.event"), DUE);
    site_free(&site);
}
END_TEST

/* Tenants of more than one partition: where a partition passes the limit, all of it stays. */
START_TEST(the_brake_counts)
{
    struct text sql _cleanup_text_ = {0};
    text_printf(&sql, "%s%s", tables, truncate_old);
    struct site site =
        site_new_single(cluster_shared(), text_string(&sql), "pace: { batch_rows = 100; };");
    db_exec(site.admin, "VACUUM ANALYZE event");
    site_policy(&site, "events",
                "strategy = \"partition\"; data: { table = \"public.event\"; start = \"at\"; "
                "tenant = \"who\"; }; stages = ( { after = \"30 days\"; do = \"delete\"; } ); "
                "brake: { fraction = 1.0; tenant_fraction = 0.5; min_rows = 10; };");
    site_load_and_approve(&site, "events", -1);
    site_once_expect(&site, NULL, 5);
    check_emptied(&site, "old_a");
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), ALL - 1000);
    ck_assert_int_eq(site_logged(&site, "public.event"), 1000);
    site_check_log(&site);
    site_free(&site);
}
END_TEST

#ifdef ENABLE_FAULT_POINTS

static struct site single(void)
{
    struct text sql _cleanup_text_ = {0};
    text_printf(&sql, "%s%s", tables, truncate_old);
    struct site site =
        site_new_single(cluster_shared(), text_string(&sql), "pace: { batch_rows = 100; };");
    db_exec(site.admin, "VACUUM ANALYZE event");
    site_policy(&site, "events",
                "strategy = \"partition\"; data: { table = \"public.event\"; start = \"at\"; "
                "tenant = \"who\"; }; stages = ( { after = \"30 days\"; do = \"delete\"; } ); "
                "agreements = ( { tenant = \"p9\"; after = \"100 years\"; because = \"agreed\"; } "
                "); brake: { fraction = 1.0; tenant_fraction = 1.0; };");
    site_load_and_approve(&site, "events", -1);
    return site;
}

static pid_t stopped_at(struct site *site, const char *fault)
{
    pid_t pid = site_start(site, "--once", fault);
    int status;
    ck_assert_int_eq(waitpid(pid, &status, WUNTRACED), pid);
    ck_assert(WIFSTOPPED(status));
    return pid;
}

/* The run has looked, and would empty the partition; before it locks it, a record comes: one that
 * is due goes with the others, and is in the log; one that is not stays, and so the partition goes
 * row by row. So it is with a hold. */
START_TEST(late)
{
    static const struct {
        const char *sql, *emptied;
        int stays, more;
    } comes[] = {
        {"INSERT INTO event VALUES (0, '2020-05-05', 'p9', '')", "old_b,other", 1, 1},
        {"INSERT INTO event VALUES (0, '2020-05-05', 'p1', '')", "old_a,old_b,other", 0, 1},
        {"SELECT retention.place_hold('M', 'suit', category => 'events', tenant => 'p3')", "other",
         329, 0},
        {"GRANT REFERENCES ON old_a TO t_worker; REVOKE TRUNCATE ON old_a FROM t_worker",
         "old_b,other", 0, 0},
    };
    struct site site = single();
    pid_t pid = stopped_at(&site, "batch_begins=stop");
    PGresult *result = PQexec(site.admin, comes[_i].sql);
    ck_assert_msg(PQresultStatus(result) != PGRES_FATAL_ERROR, "%s", PQerrorMessage(site.admin));
    PQclear(result);
    ck_assert_int_eq(kill(pid, SIGCONT), 0);
    ck_assert_int_eq(program_wait(pid), 0);
    check_emptied(&site, comes[_i].emptied);
    check_left(&site, comes[_i].stays);
    ck_assert_int_eq(site_logged(&site, "public.event"), DUE - comes[_i].stays + comes[_i].more);
    site_free(&site);
}
END_TEST

/* A worker that stands still with a partition half read: who places a hold ends it, and what the
 * hold covers stays. Nothing was logged for it. */
START_TEST(a_hold_ends_it)
{
    struct site site = single();
    pid_t pid = stopped_at(&site, "batch_after_part=stop");
    free(db_value(site.admin, "SELECT retention.place_hold('M', 'suit', category => 'events', "
                              "tenant => 'p3')"));
    ck_assert_int_eq(kill(pid, SIGCONT), 0);
    ck_assert_int_eq(program_wait(pid), 0);
    check_emptied(&site, "other");
    check_left(&site, 329);
    ck_assert_int_eq(site_logged(&site, "public.event"), DUE - 329);
    site_free(&site);
}
END_TEST

/* While a partition is emptied nobody changes it, and everybody reads it. */
START_TEST(readers_do_not_wait)
{
    struct site site = single();
    pid_t pid = stopped_at(&site, "batch_after_part=stop");
    db_exec(site.admin, "SET lock_timeout = '10ms'");
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), ALL);
    ck_assert_str_eq(db_fails(site.admin, "INSERT INTO event VALUES (0, '2020-05-05', 'p9', '')"),
                     "55P03");
    ck_assert_int_eq(kill(pid, SIGCONT), 0);
    ck_assert_int_eq(program_wait(pid), 0);
    check_emptied(&site, "old_a,old_b,other");
    check_left(&site, 0);
    site_free(&site);
}
END_TEST

/* Killed or failing on the way: nothing is lost, nothing is logged twice, the next start ends it.
 */
START_TEST(broken_off)
{
    static const char *const faults[] = {
        "batch_after_part=exit",    "batch_after_part=exit:2",   "batch_after_part=error:2",
        "batch_before_commit=exit", "batch_before_commit=error", "batch_commit_sent=exit",
        "batch_lose_answer=error",  "batch_after_commit=exit",
    };
    struct site site = single();
    struct program_result result = site_once(&site, faults[_i]);
    bool lost_answer = strstr(faults[_i], "lose") != NULL;
    ck_assert_msg((result.exit_code == 0) == lost_answer, "%s: %d\n%s", faults[_i],
                  result.exit_code, result.err);
    program_result_free(&result);
    site_once_expect(&site, NULL, 0);
    check_left(&site, 0);
    ck_assert_int_eq(site_logged(&site, "public.event"), DUE);
    ck_assert_int_eq(site_digests(&site, "public.event"), DUE);
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

Suite *suite_strategy_partition(void)
{
    Suite *suite = suite_create("strategy_partition");
    TCase *tcase = add_case(suite, "same");
    tcase_add_loop_test(tcase, the_same_as_row_by_row, 0, 8);
    tcase_add_test(tcase, the_brake_counts);
    tcase = add_case(suite, "obstacles");
    tcase_add_loop_test(tcase, goes_by_rows_where, 0, ARRAY_LENGTH(obstacles));
    tcase_add_test(tcase, a_foreign_key);
    tcase_add_test(tcase, facts_of_a_leaf);
    tcase_add_test(tcase, plan_says_how_many);
    tcase_add_test(tcase, triggers_fire);
    tcase = add_case(suite, "guard");
    tcase_add_loop_test(tcase, the_guard, 0, 3);
    tcase = add_case(suite, "others");
    tcase_add_loop_test(tcase, others_use_it, 0, 2);
#ifdef ENABLE_FAULT_POINTS
    tcase = add_case(suite, "late");
    tcase_add_loop_test(tcase, late, 0, 4);
    tcase = add_case(suite, "stopped");
    tcase_add_test(tcase, a_hold_ends_it);
    tcase_add_test(tcase, readers_do_not_wait);
    tcase = add_case(suite, "broken");
    tcase_add_loop_test(tcase, broken_off, 0, 8);
#endif
    return suite;
}
