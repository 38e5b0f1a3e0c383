#include "sql_support.h"

#include <check.h>
#include <jansson.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/sql_files.h"
#include "base/text.h"
#include "harness/db.h"
#include "pg/catalog.h"
#include "policy/resolve.h"

struct catalog *sql_support_catalog(PGconn *conn)
{
    return sql_support_catalog_as(conn, NULL);
}

struct catalog *sql_support_catalog_as(PGconn *conn, const char *role)
{
    const char *values[] = {role, "t"};
    PGresult *result =
        PQexecParams(conn, sql_file("catalog/facts.sql"), 2, NULL, values, NULL, NULL, 0);
    ck_assert_msg(PQresultStatus(result) == PGRES_TUPLES_OK, "%s", PQerrorMessage(conn));
    struct error error _cleanup_error_ = {0};
    struct catalog *catalog = catalog_parse(PQgetvalue(result, 0, 0), &error);
    ck_assert_msg(catalog != NULL, "%s", error.primary);
    PQclear(result);
    return catalog;
}

const char *sql_support_value(const struct sql_param *p)
{
    switch (p->kind) {
    case PARAM_VALUE:
        return p->value;
    case PARAM_RUN_TIME:
        return "2026-07-24 12:00:00+00";
    case PARAM_FROM_TID:
        return "(0,0)";
    case PARAM_TO_TID:
        return "(100,0)";
    case PARAM_TIDS:
    case PARAM_KEYS:
    case PARAM_HASHED_OLD:
    case PARAM_HASHED_NEW:
        return "{}";
    case PARAM_LIMIT:
        return "10";
    case PARAM_TERM:
        return "1";
    case PARAM_RUN:
    case PARAM_MOST:
    case PARAM_PASSED:
        return "00000000-0000-4000-8000-000000000001";
    case PARAM_NONCE:
        return "00112233445566778899aabbccddeeff";
    case PARAM_FROM_START:
        return "-infinity";
    case PARAM_TO_START:
        return "infinity";
    case PARAM_TURN:
        return "0";
    case PARAM_LAST_TURN:
        return "7";
    case PARAM_KEY:
        return NULL;
    }
    return NULL;
}

void sql_support_check_plan(const char *name, const struct sql_statement *statement, void *arg)
{
    PGconn *conn = arg;
    if (!statement->text || !statement->text[0])
        return;
    const char *values[200];
    ck_assert_uint_le(statement->param_count, ARRAY_LENGTH(values));
    for (size_t i = 0; i < statement->param_count; i++)
        values[i] = sql_support_value(&statement->params[i]);
    struct text sql _cleanup_text_ = {0};
    text_printf(&sql, "EXPLAIN (COSTS OFF) %s", statement->text);
    PGresult *result = PQexecParams(conn, text_string(&sql), (int)statement->param_count, NULL,
                                    values, NULL, NULL, 0);
    ck_assert_msg(PQresultStatus(result) == PGRES_TUPLES_OK, "%s: %s\n%s", name,
                  PQerrorMessage(conn), statement->text);
    /* lock_reads acts on nothing, and compares what it locked with its own snapshot. */
    for (int i = 0; i < PQntuples(result) && !strstr(name, "lock_reads"); i++) {
        const char *line = PQgetvalue(result, i, 0);
        ck_assert_msg(!strstr(line, "Join") && !strstr(line, "Nested Loop"),
                      "%s has a join: %s\n%s", name, line, statement->text);
    }
    PQclear(result);
}

void sql_support_each(struct arena *arena, const struct policy_set *set,
                      const struct category *category, size_t stage, const struct catalog *catalog,
                      sql_support_fn *fn, void *arg)
{
    struct sql_category *c = sql_build_category(arena, set, category, stage, catalog);
    fn("plan", &c->plan, arg);
    fn("tenants", &c->tenants, arg);
    fn("agreements", &c->agreements, arg);
    fn("unclaimed", &c->unclaimed, arg);
    fn("remaining", &c->remaining, arg);
    fn("explain", &c->explain, arg);
    fn("close", &c->close, arg);
    for (size_t i = 0; i < c->relation_count; i++) {
        const struct sql_relation *r = &c->relations[i];
        fn(arena_printf(arena, "%s: lock_rows", r->relation), &r->lock_rows, arg);
        fn(arena_printf(arena, "%s: lock_some", r->relation), &r->lock_some, arg);
        fn(arena_printf(arena, "%s: count", r->relation), &r->count, arg);
        fn(arena_printf(arena, "%s: remove", r->relation), &r->remove, arg);
        fn(arena_printf(arena, "%s: remove_some", r->relation), &r->remove_some, arg);
        fn(arena_printf(arena, "%s: remove_own", r->relation), &r->remove_own, arg);
    }
    size_t count;
    const struct catalog_table **leaves =
        resolve_leaves(arena, catalog, resolve_table(catalog, category->table), &count);
    if (count == 0)
        return;
    struct sql_leaf *leaf = sql_build_leaf(arena, set, category, stage, catalog,
                                           (struct table_name){leaves[0]->schema, leaves[0]->name},
                                           SQL_ALL_SHAPES | SQL_READERS, NULL);
    fn("leaf: remove", &leaf->remove, arg);
    struct sql_leaf *prepared =
        sql_build_leaf(arena, set, category, stage, catalog,
                       (struct table_name){leaves[0]->schema, leaves[0]->name},
                       SQL_ALL_SHAPES | SQL_READERS, "2024-02-29 00:00:00+00");
    fn("leaf: remove, prepared", &prepared->remove, arg);
    fn("leaf: remove_slice, prepared", &prepared->remove_slice, arg);
    fn("leaf: lock_rows", &leaf->lock_rows, arg);
    for (size_t i = 0; i < leaf->lock_read_count; i++)
        fn(arena_printf(arena, "leaf: lock_reads %zu", i + 1), &leaf->lock_reads[i], arg);
    fn("leaf: judge_tids", &leaf->judge_tids, arg);
    fn("leaf: remove_tids", &leaf->remove_tids, arg);
    fn("leaf: count_range", &leaf->count_range, arg);
    fn("leaf: remove_slice", &leaf->remove_slice, arg);
    fn("leaf: lock_slice", &leaf->lock_slice, arg);
}

void sql_support_hold(PGconn *conn, const struct policy_set *set, int each)
{
    db_exec(conn, "SET session_replication_role = replica");
    db_exec(conn, "DELETE FROM retention.held_scope");
    for (size_t i = 0; i < set->category_count; i++)
        db_exec(
            conn,
            "INSERT INTO retention.held_scope (category, shape, hold, part, tenant, form, value, "
            "key, starts_from, starts_to, with_subjects) SELECT '%s', s, gen_random_uuid(), 1, "
            "CASE WHEN s LIKE '%%tenant%%' OR s = 'key_more' THEN 't' || n END, "
            "CASE WHEN s LIKE '%%subject%%' THEN 'phone e164 text' END, "
            "CASE WHEN s LIKE '%%subject%%' THEN 'v' || n END, "
            "CASE WHEN s IN ('key', 'key_more') THEN ARRAY['k' || n, 'k'] END, "
            "CASE WHEN s LIKE '%%start' THEN '1999-01-01'::timestamptz ELSE '-infinity' END, "
            "CASE WHEN s LIKE '%%start' THEN '1999-02-01'::timestamptz ELSE 'infinity' END, "
            "s = 'key_more' FROM unnest(ARRAY['start', 'tenant', 'tenant_start', 'subject', "
            "'subject_start', 'tenant_subject', 'tenant_subject_start', 'key', 'key_more', "
            "'key_subject']) s, generate_series(1, %d) n",
            set->categories[i].name, each);
    db_exec(conn, "SET session_replication_role = DEFAULT");
    db_exec(conn, "ANALYZE retention.held_scope");
}

struct sql_statement sql_support_count(struct arena *arena, const struct policy_set *set,
                                       const struct category *category,
                                       const struct catalog *catalog)
{
    const char *facts = sql_hold_facts(arena, set, category, catalog);
    json_t *json = json_loads(facts, 0, NULL);
    ck_assert_msg(json != NULL, "no JSON: %s", facts);
    struct sql_statement statement = {
        .text = arena_strdup(arena, json_string_value(json_object_get(json, "count"))),
        .param_count = 1,
    };
    statement.params = arena_alloc(arena, sizeof(*statement.params));
    statement.params[0] =
        (struct sql_param){.kind = PARAM_VALUE, .value = "00000000-0000-0000-0000-000000000001"};
    json_decref(json);
    return statement;
}
