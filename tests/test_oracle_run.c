/* The oracle of test_oracle.c through the whole worker: many random databases and policies, each
 * in a schema of its own, one `retentiond --once` over all of them.
 *
 * The run's time is the worker's, so what is due is asked afterwards, of copies made before, at the
 * time that stands in retention.run. Rows gone, entries and digests must be exactly those; other
 * tables as they were; a second run takes only what fell due in between.
 * RETENTIOND_ORACLE_CASES says how many (default 60, 300 in .ci/run), SITE of them in one database.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "engine_support.h"
#include "harness/cluster.h"
#include "harness/db.h"
#include "harness/number.h"
#include "oracle_case.h"

enum { SITE = 15, FIRST_SEED = 500000, WHOLE_SEED = 700000 };

static const char *const plain_tables[] = {"account", "setting", "waiter"};

/* text with every `from` replaced; caller frees. */
static char *replaced(const char *text, const char *from, const char *to)
{
    struct text out = {0};
    size_t length = strlen(from);
    for (const char *p = text; *p;)
        if (strncmp(p, from, length) == 0) {
            text_add(&out, to);
            p += length;
        } else {
            text_add_char(&out, *p++);
        }
    return text_steal(&out);
}

/* Partitions of random cases hold what is due beside what is not. Here one more is made, of records
 * that are: strategy `partition` can empty it, where only a record's own columns decide. */
static void add_ripe_leaf(const struct site *site, const struct oracle_case *c)
{
    if (!c->partitioned || db_number(site->admin,
                                     "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND "
                                     "confrelid = '%s'::regclass",
                                     c->table) > 0)
        return;
    db_exec(site->admin, "CREATE TABLE %s.ripe PARTITION OF %s.rest FOR VALUES FROM (9) TO (10)",
            c->schema, c->schema);
    db_exec(site->admin, "UPDATE %s SET part = 9 WHERE id IN (%s)", c->table,
            text_string(&c->expected));
}

static bool takes_whole_leaves(const struct oracle_case *c)
{
    return c->partitioned ? c->seed % 4 != 0 : c->seed % 4 == 3;
}

/* A policy directory takes one file for each case; the first lines name the tables that are not
 * governed. */
static void add_case(struct site *site, const struct oracle_case *c)
{
    db_exec(site->admin, "SET timezone = '%s'", c->timezone);
    db_script(site->admin, text_string(&c->tables));
    add_ripe_leaf(site, c);
    db_exec(site->admin, "RESET timezone");
    db_exec(site->admin, "GRANT USAGE ON SCHEMA %s TO t_worker", c->schema);
    db_exec(site->admin,
            "GRANT SELECT, UPDATE, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA %s TO t_worker",
            c->schema);
    /* Whatever the strategy, the same go: one after the other is told, or the planner decides. */
    db_exec(
        site->admin,
        "DO $$ DECLARE a name; BEGIN FOR a IN SELECT attname FROM pg_attribute WHERE attrelid = "
        "'%s'::regclass AND attnum > 0 AND atttypid IN ('timestamptz'::regtype, "
        "'timestamp'::regtype, 'date'::regtype) LOOP EXECUTE format('CREATE INDEX ON %s (%%I)', "
        "a); END LOOP; END $$",
        c->table, c->table);
    static const char *const strategies[] = {"index", "sweep", "auto"};
    char name[64], head[64], chosen[128];
    snprintf(head, sizeof(head), "%s: {", c->category);
    snprintf(chosen, sizeof(chosen), "%s\n  strategy = \"%s\";", head,
             takes_whole_leaves(c) ? "partition" : strategies[c->seed % 3]);
    char *policy = replaced(text_string(&c->policy), head, chosen);
    snprintf(name, sizeof(name), "%s.cfg", c->category);
    free(file_write(site->policies, name, policy));
    free(policy);
    /* what was there before, for the oracle to look at afterwards */
    db_exec(site->admin, "CREATE SCHEMA before_%s", c->schema);
    db_exec(
        site->admin,
        "DO $$ DECLARE r record; BEGIN FOR r IN SELECT relname FROM pg_class WHERE relnamespace "
        "= '%s'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition LOOP EXECUTE "
        "format('CREATE TABLE before_%s.%%I AS TABLE %s.%%I', r.relname, r.relname); END LOOP; "
        "END $$",
        c->schema, c->schema, c->schema);
    db_exec(site->admin,
            "CREATE TABLE before_%s.was AS SELECT oid AS leaf, relfilenode AS file FROM pg_class "
            "WHERE relnamespace = '%s'::regnamespace AND relispartition AND relkind = 'r'",
            c->schema, c->schema);
}

static void refute(const struct oracle_case *c, const char *what, int64_t got, int64_t expected)
{
    fprintf(stderr, "case %llu: %s\n%s\nexpected:\n%s\n", (unsigned long long)c->seed, what,
            text_string(&c->policy), text_string(&c->expected));
    ck_abort_msg("case %llu: %s: %lld instead of %lld", (unsigned long long)c->seed, what,
                 (long long)got, (long long)expected);
}

static void equal(const struct oracle_case *c, const char *what, int64_t got, int64_t expected)
{
    if (got != expected)
        refute(c, what, got, expected);
}

/* TRUNCATE gives a table another file. */
static int64_t emptied_leaves(const struct site *site, const struct oracle_case *c)
{
    int64_t count =
        db_number(site->admin,
                  "SELECT count(*) FROM before_%s.was JOIN pg_class ON oid = leaf WHERE "
                  "relfilenode <> file",
                  c->schema);
    if (!takes_whole_leaves(c))
        equal(c, "partitions emptied as a whole", count, 0);
    return count;
}

/* Adds to before_X.gone the ids of what is due at the time of the category's last run. What went in
 * an earlier run stays there: a condition like older_than can keep now what it did not keep then.
 */
static int64_t expect(const struct site *site, const struct oracle_case *c)
{
    char *run_time = db_value(site->admin,
                              "SELECT to_char(max(run_time) AT TIME ZONE 'UTC', 'YYYY-MM-DD "
                              "HH24:MI:SS.US') || '+00' FROM retention.run WHERE category = '%s'",
                              c->category);
    if (!run_time)
        refute(c, "no run of the category", 0, 1);
    char from[64], to[64];
    snprintf(from, sizeof(from), " %s.", c->schema);
    snprintf(to, sizeof(to), " before_%s.", c->schema);
    char *timed = replaced(text_string(&c->expected), c->run_time, run_time);
    char *sql = replaced(timed, from, to);
    db_exec(site->admin, "CREATE TABLE IF NOT EXISTS before_%s.gone (id int)", c->schema);
    db_exec(site->admin, "SET timezone = '%s'", c->timezone);
    db_exec(site->admin, "INSERT INTO before_%s.gone %s EXCEPT SELECT id FROM before_%s.gone",
            c->schema, sql, c->schema);
    db_exec(site->admin, "RESET timezone");
    free(sql);
    free(timed);
    free(run_time);
    return db_number(site->admin, "SELECT count(*) FROM before_%s.gone", c->schema);
}

/* Rows of `table` that differ from what it should hold: those of the copy that fulfil `stays`. */
static int64_t differences(const struct site *site, const struct oracle_case *c, const char *table,
                           const char *stays)
{
    char from[64];
    snprintf(from, sizeof(from), "%s.", c->schema);
    char copy[160];
    snprintf(copy, sizeof(copy), "before_%s", table);
    return db_number(site->admin,
                     "SELECT count(*) FROM ((SELECT x::text FROM %s x WHERE %s EXCEPT ALL SELECT "
                     "x::text FROM %s x) UNION ALL (SELECT x::text FROM %s x EXCEPT ALL SELECT "
                     "x::text FROM %s x WHERE %s)) d",
                     copy, stays, table, table, copy, stays);
}

static void check_case(const struct site *site, const struct oracle_case *c)
{
    int64_t due = expect(site, c);
    char stays[512], table[160];
    snprintf(stays, sizeof(stays), "x.id NOT IN (SELECT id FROM before_%s.gone)", c->schema);
    equal(c, "records that differ", differences(site, c, c->table, stays), 0);
    equal(c, "records in entries", site_logged(site, c->table), due);
    equal(c, "digests", site_digests(site, c->table), due);
    for (size_t i = 0; i < ARRAY_LENGTH(plain_tables); i++) {
        snprintf(table, sizeof(table), "%s.%s", c->schema, plain_tables[i]);
        equal(c, plain_tables[i], differences(site, c, table, "true"), 0);
    }
    char copy[160];
    snprintf(copy, sizeof(copy), "before_%s", c->table);
    char children[512];
    snprintf(
        children, sizeof(children),
        "SELECT c.child_id FROM before_%s.child c JOIN %s r ON c.rk = r.k AND c.rpart = r.part "
        "JOIN before_%s.gone USING (id)",
        c->schema, copy, c->schema);
    snprintf(stays, sizeof(stays), c->has_dependants ? "x.child_id NOT IN (%s)" : "true", children);
    static const char *const below[] = {"child", "grandchild"};
    for (size_t i = 0; i < ARRAY_LENGTH(below); i++) {
        snprintf(table, sizeof(table), "%s.%s", c->schema, below[i]);
        equal(c, below[i], differences(site, c, table, stays), 0);
        int64_t gone = db_number(site->admin,
                                 "SELECT (SELECT count(*) FROM before_%s) - (SELECT "
                                 "count(*) FROM %s)",
                                 table, table);
        equal(c, "dependants in entries", site_logged(site, table), gone);
        equal(c, "dependants' digests", site_digests(site, table), gone);
    }
}

/* Runs the worker; what it says about many policies is too long for Check's messages. */
static void once(const struct site *site, int exit_code)
{
    struct program_result result = site_once(site, NULL);
    if (result.exit_code != exit_code) {
        fputs(result.err, stderr);
        ck_abort_msg("exit code %d instead of %d", result.exit_code, exit_code);
    }
    program_result_free(&result);
}

/* Returns how many partitions went as a whole. */
static int64_t run_site(const uint64_t *seeds, int count)
{
    struct site site = site_new(cluster_shared(), "SELECT",
                                "pace: { batch_rows = 100; };\n"); /* several batches */
    char *functions = file_read(source_path("tests/oracle.sql"));
    db_script(site.admin, functions);
    free(functions);
    char *now = db_value(site.admin, "SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD "
                                     "HH24:MI:SS.US') || '+00'");
    struct oracle_case cases[SITE];
    for (int i = 0; i < count; i++) {
        oracle_case_make(&cases[i], seeds[i], i + 1, now);
        add_case(&site, &cases[i]);
    }
    free(now);
    once(&site, 5);
    for (int i = 0; i < count; i++) {
        site_approve(&site, cases[i].category, -1);
        db_script(site.admin, text_string(&cases[i].marks));
    }
    once(&site, 0);
    int64_t emptied = 0;
    for (int i = 0; i < count; i++) {
        check_case(&site, &cases[i]);
        emptied += emptied_leaves(&site, &cases[i]);
    }
    site_check_log(&site);
    once(&site, 0);
    for (int i = 0; i < count; i++) {
        check_case(&site, &cases[i]);
        oracle_case_free(&cases[i]);
    }
    site_check_log(&site);
    site_free(&site);
    return emptied;
}

/* RETENTIOND_ORACLE_SEED: that one alone. */
static bool is_one_seed(uint64_t *ret_seed)
{
    const char *seed = getenv("RETENTIOND_ORACLE_SEED");
    if (seed)
        *ret_seed = (uint64_t)whole_number(seed);
    return seed != NULL;
}

START_TEST(what_goes_is_what_is_due)
{
    int cases = (int)number_from_environment("RETENTIOND_ORACLE_CASES", 40);
    uint64_t seeds[SITE];
    if (is_one_seed(seeds)) {
        if (_i == 0)
            run_site(seeds, 1);
        return;
    }
    for (int first = _i * SITE; first < cases; first += 4 * SITE) {
        int count = cases - first < SITE ? cases - first : SITE;
        for (int i = 0; i < count; i++)
            seeds[i] = FIRST_SEED + (uint64_t)(first + i);
        run_site(seeds, count);
    }
}
END_TEST

/* May strategy `partition` empty a partition of the case as a whole? Not where the policy reads
 * other tables. */
static bool may_go_whole(const struct oracle_case *c)
{
    static const char *const others[] = {"child = ", "parent = ", "agreements: {", "wait_for"};
    bool alone = takes_whole_leaves(c) && c->partitioned && !c->has_dependants;
    for (size_t i = 0; i < ARRAY_LENGTH(others); i++)
        alone = alone && !strstr(text_string(&c->policy), others[i]);
    return alone;
}

/* Of the cases above few have partitions that go as a whole: their policies read other tables, or
 * a hold covers one of the records. These are drawn for it, and some of them must do it. */
START_TEST(whole_partitions)
{
    uint64_t seeds[SITE], seed = WHOLE_SEED;
    if (is_one_seed(seeds))
        return;
    for (int count = 0; count < SITE; seed++) {
        struct oracle_case c;
        oracle_case_make(&c, seed, 1, "2026-01-01 00:00:00+00");
        if (may_go_whole(&c))
            seeds[count++] = seed;
        oracle_case_free(&c);
    }
    int64_t emptied = run_site(seeds, SITE);
    ck_assert_int_ge(emptied, 3);
}
END_TEST

Suite *suite_oracle_run(void)
{
    Suite *suite = suite_create("oracle run");
    TCase *tcase = tcase_create("due");
    tcase_set_timeout(tcase, 0);
    tcase_add_loop_test(tcase, what_goes_is_what_is_due, 0, 4);
    tcase_add_test(tcase, whole_partitions);
    suite_add_tcase(suite, tcase);
    return suite;
}
