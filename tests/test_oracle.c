/* What the built statements take away is what a plain SQL statement says is due, on random
 * databases under random policies (tests/oracle_case.c, tests/oracle.sql).
 *
 * RETENTIOND_ORACLE_CASES says how many (default 40; 300 in .ci/run); RETENTIOND_ORACLE_SEED runs
 * one case alone and shows its policy. Each case: plan agrees before, rows and dependants gone
 * afterwards are exactly those expected, the keys returned are theirs, nothing is left, a second
 * sweep finds nothing, and every other table is as it was. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/diag.h"
#include "base/text.h"
#include "engine/binary.h"
#include "harness/cluster.h"
#include "harness/db.h"
#include "harness/number.h"
#include "harness/schema.h"
#include "oracle_case.h"
#include "pg/catalog.h"
#include "policy/parse.h"
#include "policy/resolve.h"
#include "policy/sql.h"
#include "policy/validate.h"
#include "sql_support.h"

enum { PARTS = 4, FIRST_SEED = 1000 };

static char *database;
static PGconn *conn;

/* What one case is run with. */
struct attempt {
    struct oracle_case *c;
    struct arena *arena;
    struct catalog *catalog;
    struct policy_set *set;
    const struct category *category;
    struct sql_category *sql;
    size_t key_count;
    int64_t returned; /* keys of records, inserted into `returned` */
};

static void refute(const struct attempt *a, const char *what, const char *text)
{
    /* Check's own messages are too short for all of it. */
    fprintf(stderr,
            "case %llu: %s\n%s\n%s\nexpected:\n%s\nRETENTIOND_ORACLE_SEED=%llu runs it alone\n",
            (unsigned long long)a->c->seed, what, text ? text : "", text_string(&a->c->policy),
            text_string(&a->c->expected), (unsigned long long)a->c->seed);
    ck_abort_msg("case %llu: %s", (unsigned long long)a->c->seed, what);
}

/* ---- executing built statements ---- */

struct binding {
    const char *tids, *from, *to, *limit;
    const char *keys[8]; /* text[] literals, by key column */
};

static PGresult *execute(const struct attempt *a, const struct sql_statement *statement,
                         const struct binding *binding)
{
    const char *values[200];
    ck_assert_uint_le(statement->param_count, ARRAY_LENGTH(values));
    for (size_t i = 0; i < statement->param_count; i++) {
        const struct sql_param *p = &statement->params[i];
        const char *by_kind[] = {
            [PARAM_VALUE] = p->value,
            [PARAM_RUN_TIME] = a->c->run_time,
            [PARAM_FROM_TID] = binding->from,
            [PARAM_TO_TID] = binding->to,
            [PARAM_TIDS] = binding->tids,
            [PARAM_KEY] = binding->keys[p->index],
            [PARAM_KEYS] = binding->keys[p->index],
            [PARAM_LIMIT] = binding->limit,
        };
        values[i] = by_kind[p->kind];
    }
    PGresult *result = PQexecParams(conn, statement->text, (int)statement->param_count, NULL,
                                    values, NULL, NULL, 0);
    if (PQresultStatus(result) != PGRES_TUPLES_OK) {
        const char *message = arena_printf(a->arena, "%s%s", PQerrorMessage(conn), statement->text);
        PQclear(result);
        refute(a, "a statement failed", message);
    }
    return result;
}

static int64_t number(const PGresult *result, int column)
{
    return strtoll(PQgetvalue(result, 0, column), NULL, 10);
}

static void begin(const struct attempt *a)
{
    db_exec(conn, "BEGIN");
    db_exec(conn, "SET LOCAL timezone = '%s'", a->c->timezone);
    db_exec(conn, "SET LOCAL search_path = ''");
    db_exec(conn, "SET LOCAL datestyle = 'ISO, YMD'");
    db_exec(conn, "SET LOCAL ROLE t_worker");
}

/* Notes the keys of removed records, one a row of the result, behind the tenant. */
static void note_keys(struct attempt *a, const PGresult *result, size_t key_count)
{
    const int first = a->category->has_tenant;
    if (PQntuples(result) == 0)
        return;
    ck_assert_int_eq(PQnfields(result), first + (int)key_count);
    const char *values[4] = {NULL};
    struct text keys[4] = {{0}};
    struct text sql = {0};
    text_add(&sql, "INSERT INTO pg_temp.returned SELECT ");
    for (size_t i = 0; i < key_count; i++) {
        for (int row = 0; row < PQntuples(result); row++) {
            text_add_char(&keys[i], row ? ',' : '{');
            array_literal_add(&keys[i], PQgetvalue(result, row, first + (int)i),
                              (size_t)PQgetlength(result, row, first + (int)i));
        }
        text_add_char(&keys[i], '}');
        values[i] = text_string(&keys[i]);
        text_printf(&sql, "%su.k%zu", i ? " || '|' || " : "", i + 1);
    }
    text_add(&sql, " FROM unnest(");
    for (size_t i = 0; i < key_count; i++)
        text_printf(&sql, "%s$%zu::text[]", i ? ", " : "", i + 1);
    text_add(&sql, ") u(");
    for (size_t i = 0; i < key_count; i++)
        text_printf(&sql, "%sk%zu", i ? ", " : "", i + 1);
    text_add(&sql, ")");
    PGresult *inserted =
        PQexecParams(conn, text_string(&sql), (int)key_count, NULL, values, NULL, NULL, 0);
    if (PQresultStatus(inserted) != PGRES_COMMAND_OK)
        refute(a, "could not note keys", PQerrorMessage(conn));
    ck_assert_int_eq(strtoll(PQcmdTuples(inserted), NULL, 10), PQntuples(result));
    PQclear(inserted);
    for (size_t i = 0; i < key_count; i++)
        text_free(&keys[i]);
    text_free(&sql);
}

/* Dependants of the records whose keys are in `own`: locked from the top, removed from below. */
static void remove_dependants(struct attempt *a, const struct binding *own)
{
    size_t count = a->sql->relation_count;
    struct binding *bindings = arena_alloc(a->arena, count * sizeof(*bindings));
    bindings[count - 1] = *own;
    for (size_t i = count - 1; i-- > 0;) {
        const struct sql_relation *r = &a->sql->relations[i];
        db_exec(conn, "%s", r->lock);
        if (!r->lock_rows.text[0])
            continue;
        PGresult *locked = execute(a, &r->lock_rows, &bindings[r->parent]);
        for (size_t k = 0; k < r->key.count; k++)
            bindings[i].keys[k] = PQgetisnull(locked, 0, 1 + (int)k)
                                      ? "{}"
                                      : arena_strdup(a->arena, PQgetvalue(locked, 0, 1 + (int)k));
        PQclear(locked);
    }
    for (size_t i = 0; i + 1 < count; i++) {
        const struct sql_relation *r = &a->sql->relations[i];
        struct binding with = bindings[r->parent];
        with.limit = "5";
        PGresult *counted = execute(a, &r->count, &with);
        int64_t expected = number(counted, 0), removed = 0;
        PQclear(counted);
        if (a->c->seed % 3 == 0) { /* as for very large families: a few at a time */
            for (int64_t now = 1; now > 0; removed += now) {
                PGresult *some = execute(a, &r->remove_some, &with);
                now = number(some, 0);
                PQclear(some);
            }
        } else {
            PGresult *all = execute(a, &r->remove, &with);
            removed = number(all, 0);
            PQclear(all);
        }
        if (removed < expected || (expected < 5 && removed != expected))
            refute(a, "dependants removed are not those counted", r->relation);
    }
}

/* One sweep over a leaf as the engine does it; returns how many records went. */
static int64_t sweep_leaf(struct attempt *a, struct table_name leaf)
{
    struct sql_leaf *sql =
        sql_build_leaf(a->arena, a->set, a->category, 0, a->catalog, leaf,
                       SQL_ALL_SHAPES | SQL_READERS, a->c->seed % 4 == 0 ? a->c->run_time : NULL);
    struct binding binding = {.from = "(0,0)", .to = "(100000,0)", .limit = "9"};
    int64_t gone = 0;
    size_t keys = a->key_count;
    if (a->sql->relation_count == 1 && a->c->seed % 2 == 0) {
        begin(a);
        db_exec(conn, "%s", sql->lock);
        PGresult *result = execute(a, &sql->remove, &binding);
        gone = PQntuples(result);
        note_keys(a, result, keys);
        PQclear(result);
        db_exec(conn, "COMMIT");
        return gone;
    }
    for (bool more = true; more;) {
        begin(a);
        db_exec(conn, "%s", sql->lock);
        PGresult *locked = execute(a, &sql->lock_rows, &binding);
        int64_t rows = number(locked, 0);
        more = strcmp(PQgetvalue(locked, 0, 1), "t") == 0;
        if (rows > 0) {
            struct binding own = binding;
            own.tids = PQgetvalue(locked, 0, 2);
            for (size_t k = 0; k < keys; k++)
                own.keys[k] = PQgetvalue(locked, 0, 3 + (int)k);
            if (sql->judge_tids.text[0]) {
                PGresult *judged = execute(a, &sql->judge_tids, &own);
                if (number(judged, 0) != rows)
                    refute(a, "rows locked are judged otherwise", sql->judge_tids.text);
                PQclear(judged);
            }
            remove_dependants(a, &own);
            PGresult *result = execute(a, &sql->remove_tids, &own);
            if (PQntuples(result) != rows)
                refute(a, "fewer rows went than were locked", sql->remove_tids.text);
            note_keys(a, result, keys);
            gone += PQntuples(result);
            PQclear(result);
        }
        PQclear(locked);
        db_exec(conn, "COMMIT");
    }
    begin(a);
    PGresult *left = execute(a, &sql->count_range, &binding);
    if (number(left, 0) != 0)
        refute(a, "rows are left in the range", NULL);
    PQclear(left);
    db_exec(conn, "COMMIT");
    return gone;
}

static int64_t sweep(struct attempt *a)
{
    size_t count;
    const struct catalog_table **leaves =
        resolve_leaves(a->arena, a->catalog, resolve_table(a->catalog, a->category->table), &count);
    int64_t gone = 0;
    for (size_t i = 0; i < count; i++)
        gone += sweep_leaf(a, (struct table_name){leaves[i]->schema, leaves[i]->name});
    return gone;
}

/* ---- what is checked ---- */

static const char *const other_tables[] = {
    "o.account",      "o.setting", "o.waiter", "retention.agreement_state", "retention.held_scope",
    "retention.pause"};

static const char *checksum(const struct attempt *a, const char *survivors)
{
    struct text sums = {0};
    for (size_t i = 0; i < ARRAY_LENGTH(other_tables); i++) {
        char *sum = db_value(conn,
                             "SELECT md5(coalesce(string_agg(x::text, ' ' ORDER BY x::text), "
                             "'')) FROM %s x",
                             other_tables[i]);
        text_printf(&sums, "%s ", sum);
        free(sum);
    }
    char *sum = db_value(
        conn, "SELECT md5(coalesce(string_agg(r::text, ' ' ORDER BY r.id), '')) FROM %s r WHERE %s",
        a->c->table, survivors);
    text_printf(&sums, "%s", sum);
    free(sum);
    const char *result = arena_strdup(a->arena, text_string(&sums));
    text_free(&sums);
    return result;
}

/* Before: what is expected, in tables of its own. */
static int64_t expect(const struct attempt *a)
{
    db_exec(conn, "BEGIN");
    db_exec(conn, "SET LOCAL timezone = '%s'", a->c->timezone);
    struct text key = {0};
    for (int i = 0; i < a->c->key_count; i++)
        text_printf(&key, "%s(%s)", i ? " || '|' || " : "", a->c->key_text[i]);
    db_exec(conn, "DROP TABLE IF EXISTS pg_temp.expected, pg_temp.returned, pg_temp.families");
    db_exec(conn, "CREATE TEMPORARY TABLE returned (key text)");
    db_exec(
        conn,
        "CREATE TEMPORARY TABLE expected AS SELECT r.id, r.k, r.part, %s AS key FROM %s r WHERE "
        "r.id IN (%s)",
        text_string(&key), a->c->table, text_string(&a->c->expected));
    db_exec(conn, "GRANT ALL ON pg_temp.returned, pg_temp.expected TO t_worker");
    db_exec(conn,
            "CREATE TEMPORARY TABLE families AS SELECT c.child_id, e.id IS NOT NULL AS goes FROM "
            "o.child c LEFT JOIN pg_temp.expected e ON c.rk = e.k AND c.rpart = e.part");
    db_exec(conn, "COMMIT");
    text_free(&key);
    return db_number(conn, "SELECT count(*) FROM pg_temp.expected");
}

static int64_t due_and_free(struct attempt *a)
{
    begin(a);
    struct binding none = {0};
    PGresult *result = execute(a, &a->sql->remaining, &none);
    int64_t n = number(result, 0);
    PQclear(result);
    db_exec(conn, "COMMIT");
    return n;
}

static void check_numbers(struct attempt *a, int64_t expected)
{
    struct binding none = {0};
    begin(a);
    PGresult *plan = execute(a, &a->sql->plan, &none);
    PGresult *unclaimed = execute(a, &a->sql->unclaimed, &none);
    int64_t claimed = db_number(conn, "SELECT count(*) FROM %s r WHERE %s", a->c->table,
                                text_string(&a->c->claimed));
    int64_t rows = db_number(conn, "SELECT count(*) FROM %s", a->c->table);
    db_exec(conn, "COMMIT");
    if (number(plan, PLAN_TO_ACT) != expected)
        refute(a, "plan says another number", PQgetvalue(plan, 0, PLAN_TO_ACT));
    if (number(plan, PLAN_ROWS) != rows || number(plan, PLAN_CLAIMED) != claimed)
        refute(a, "plan counts rows or claims otherwise", PQgetvalue(plan, 0, PLAN_CLAIMED));
    if (number(plan, PLAN_DUE) != number(plan, PLAN_HELD) + number(plan, PLAN_KEPT_WHILE) +
                                      number(plan, PLAN_KEPT_FLOOR) + number(plan, PLAN_WAITING) +
                                      number(plan, PLAN_TO_ACT))
        refute(a, "plan's numbers do not add up", NULL);
    if (PQgetisnull(plan, 0, PLAN_OLDEST) != (expected == 0))
        refute(a, "plan's oldest", NULL);
    if (number(unclaimed, 0) != (a->c->whole_table ? rows - claimed : 0))
        refute(a, "unclaimed rows", PQgetvalue(unclaimed, 0, 0));
    PQclear(plan);
    PQclear(unclaimed);
    if (due_and_free(a) != expected)
        refute(a, "remaining says another number", a->sql->remaining.text);
    if (!a->sql->tenants.text[0])
        return;
    begin(a);
    PGresult *tenants = execute(a, &a->sql->tenants, &none);
    int64_t sum = 0;
    for (int i = 0; i < PQntuples(tenants); i++)
        sum += strtoll(PQgetvalue(tenants, i, 2), NULL, 10);
    PQclear(tenants);
    db_exec(conn, "COMMIT");
    if (sum != expected)
        refute(a, "tenants do not add up", NULL);
}

/* explain's verdict of some records is the expected one. */
static void check_explain(struct attempt *a)
{
    struct text key = {0};
    for (int i = 0; i < a->c->key_count; i++)
        text_printf(&key, ", (%s)", a->c->key_text[i]);
    db_exec(conn, "BEGIN");
    db_exec(conn, "SET LOCAL timezone = '%s'", a->c->timezone);
    char *sql =
        arena_printf(a->arena,
                     "SELECT EXISTS (SELECT FROM pg_temp.expected e WHERE e.id = r.id)%s FROM "
                     "%s r WHERE r.id %% 9 = 0",
                     text_string(&key), a->c->table);
    PGresult *rows = PQexec(conn, sql);
    ck_assert_msg(PQresultStatus(rows) == PGRES_TUPLES_OK, "%s", PQerrorMessage(conn));
    for (int i = 0; i < PQntuples(rows); i++) {
        struct binding binding = {0};
        for (int k = 0; k < a->c->key_count; k++)
            binding.keys[k] = PQgetvalue(rows, i, 1 + k);
        PGresult *document = execute(a, &a->sql->explain, &binding);
        ck_assert_int_eq(PQntuples(document), 1);
        bool to_act = strstr(PQgetvalue(document, 0, 0), "\"verdict\" : \"to_act\"") != NULL;
        if (to_act != (PQgetvalue(rows, i, 0)[0] == 't'))
            refute(a, "explain says otherwise", PQgetvalue(document, 0, 0));
        PQclear(document);
    }
    PQclear(rows);
    db_exec(conn, "COMMIT");
    text_free(&key);
}

static void check_gone(struct attempt *a, int64_t expected, int64_t gone)
{
    const char *table = a->c->table;
    int64_t kept =
        db_number(conn, "SELECT count(*) FROM %s r JOIN pg_temp.expected e USING (id)", table);
    if (kept)
        refute(a, "records that are due stayed",
               db_value(conn,
                        "SELECT string_agg(r::text, E'\\n') FROM %s r JOIN pg_temp.expected e "
                        "USING (id)",
                        table));
    if (gone != expected)
        refute(a, "another number of records went", NULL);
    if (db_number(conn,
                  "SELECT count(*) FROM (SELECT key FROM pg_temp.expected EXCEPT ALL SELECT key "
                  "FROM pg_temp.returned) x") ||
        db_number(conn,
                  "SELECT count(*) FROM (SELECT key FROM pg_temp.returned EXCEPT ALL SELECT key "
                  "FROM pg_temp.expected) x"))
        refute(a, "the keys returned are others",
               db_value(conn, "SELECT (SELECT min(key) FROM pg_temp.returned) || ' / ' || (SELECT "
                              "min(key) FROM pg_temp.expected)"));
    const char *wrong = a->c->has_dependants
                            ? "SELECT count(*) FROM pg_temp.families f LEFT JOIN o.child c USING "
                              "(child_id) WHERE f.goes = (c.child_id IS NOT NULL)"
                            : "SELECT count(*) FROM pg_temp.families f LEFT JOIN o.child c USING "
                              "(child_id) WHERE c.child_id IS NULL";
    if (db_number(conn, "%s", wrong))
        refute(a, "the wrong dependants went", NULL);
}

static void run_case(uint64_t seed, bool show)
{
    struct oracle_case c;
    oracle_case_make(&c, seed, -1, NULL);
    struct attempt a = {.c = &c, .arena = arena_new()};
    db_exec(conn, "DROP SCHEMA IF EXISTS o CASCADE");
    db_exec(conn, "TRUNCATE retention.held_scope, retention.pause, retention.agreement_state");
    db_exec(conn, "SET timezone = '%s'", c.timezone);
    if (show)
        printf("%s\n%s\n%s;\n", text_string(&c.tables), text_string(&c.policy),
               text_string(&c.expected));
    fflush(stdout);
    db_script(conn, text_string(&c.tables));
    db_script(conn, text_string(&c.marks));
    db_exec(conn, "RESET timezone");
    db_exec(conn, "GRANT USAGE ON SCHEMA o TO t_worker");
    db_exec(conn, "GRANT SELECT, UPDATE, DELETE ON ALL TABLES IN SCHEMA o TO t_worker");

    struct diags diags _cleanup_diags_ = {0};
    a.set = policy_load_text("case.cfg", text_string(&c.policy), &diags);
    if (diags.errors) {
        diags_print(&diags);
        refute(&a, "the policy does not parse", NULL);
    }
    a.catalog = sql_support_catalog_as(conn, "t_worker");
    policy_validate(a.set, a.catalog, &diags);
    if (diags.errors) {
        for (size_t i = 0; i < diags.count; i++)
            if (diags.items[i].level == DIAG_ERROR)
                refute(&a, "the policy is not valid", diags.items[i].message);
    }
    a.category = policy_find(a.set, "c");
    a.sql = sql_build_category(a.arena, a.set, a.category, 0, a.catalog);
    a.key_count = a.sql->relations[a.sql->relation_count - 1].key.count;
    ck_assert_uint_eq(a.key_count, (size_t)c.key_count);
    ck_assert_str_eq(a.sql->relations[a.sql->relation_count - 1].relation, c.table);

    int64_t expected = expect(&a);
    const char *before = checksum(&a, "r.id NOT IN (SELECT id FROM pg_temp.expected)");
    check_numbers(&a, expected);
    check_explain(&a);
    check_gone(&a, expected, sweep(&a));
    if (strcmp(before, checksum(&a, "true")) != 0)
        refute(&a, "something else changed", NULL);
    if (due_and_free(&a) != 0 || sweep(&a) != 0)
        refute(&a, "the second sweep found something", NULL);
    if (show)
        printf("case %llu: %lld records went\n", (unsigned long long)seed, (long long)expected);
    policy_set_free(a.set);
    catalog_free(a.catalog);
    arena_free(a.arena);
    oracle_case_free(&c);
}

static void setup(void)
{
    database = schema_db_new(cluster_shared());
    conn = db_connect(cluster_shared(), database, NULL);
    db_exec(conn, "SET jit = off");
    char *functions = file_read(source_path("tests/oracle.sql"));
    db_script(conn, functions);
    free(functions);
}

static void teardown(void)
{
    PQfinish(conn);
    db_drop(cluster_shared(), database);
    free(database);
}

START_TEST(test_what_goes_is_what_is_due)
{
    const char *one = getenv("RETENTIOND_ORACLE_SEED");
    if (one) {
        if (_i == 0)
            run_case(strtoull(one, NULL, 10), true);
        return;
    }
    long cases = number_from_environment("RETENTIOND_ORACLE_CASES", 40);
    for (int i = _i; i < cases; i += PARTS)
        run_case(FIRST_SEED + (uint64_t)i, false);
}
END_TEST

Suite *suite_oracle(void)
{
    Suite *suite = suite_create("oracle");
    TCase *tcase = tcase_create("due");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 0);
    tcase_add_loop_test(tcase, test_what_goes_is_what_is_due, 0, PARTS);
    suite_add_tcase(suite, tcase);
    return suite;
}
