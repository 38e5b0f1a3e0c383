/* Policy in, SQL out: tests/golden/NAME.cfg against NAME.sql, over the tables of schema.sql.
 *
 * RETENTIOND_GOLDEN=write writes the .sql files anew. Every statement is also planned by a server,
 * and no action's plan may hold a join node (DESIGN section 5). */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/diag.h"
#include "base/text.h"
#include "harness/cluster.h"
#include "harness/db.h"
#include "harness/schema.h"
#include "pg/catalog.h"
#include "policy/parse.h"
#include "policy/sql.h"
#include "sql_support.h"

static const char *const golden[] = {"plain",  "quoting",         "family", "deidentify",
                                     "starts", "agreement_table", "held",   "keyword"};

static char *database;
static PGconn *conn;
static struct catalog *catalog;

static void setup(void)
{
    database = schema_db_new(cluster_shared());
    conn = db_connect(cluster_shared(), database, NULL);
    char *schema = file_read(source_path("tests/golden/schema.sql"));
    db_script(conn, schema);
    free(schema);
    catalog = sql_support_catalog(conn);
}

static void teardown(void)
{
    catalog_free(catalog);
    PQfinish(conn);
    db_drop(cluster_shared(), database);
    free(database);
}

static struct policy_set *load(const char *name)
{
    char path[256];
    snprintf(path, sizeof(path), "tests/golden/%s.cfg", name);
    char *content = file_read(source_path(path));
    struct diags diags _cleanup_diags_ = {0};
    struct policy_set *set = policy_load_text(path, content, &diags);
    diags_print(&diags);
    ck_assert_uint_eq(diags.errors, 0);
    free(content);
    return set;
}

static void add_statement(struct text *out, const char *name, const struct sql_statement *statement)
{
    if (!statement->text || !statement->text[0])
        return;
    text_printf(out, "-- %s\n%s;\n", name, statement->text);
    static const char *const kinds[] = {
        [PARAM_VALUE] = "value",
        [PARAM_RUN_TIME] = "run time",
        [PARAM_FROM_TID] = "from tid",
        [PARAM_TO_TID] = "to tid",
        [PARAM_TIDS] = "tids",
        [PARAM_KEY] = "key",
        [PARAM_KEYS] = "keys",
        [PARAM_LIMIT] = "limit",
        [PARAM_TERM] = "term",
        [PARAM_RUN] = "run",
        [PARAM_FROM_START] = "from start",
        [PARAM_TO_START] = "to start",
        [PARAM_TURN] = "turn",
        [PARAM_LAST_TURN] = "last turn",
    };
    for (size_t i = 0; i < statement->param_count; i++) {
        const struct sql_param *p = &statement->params[i];
        text_printf(out, "-- $%zu %s", i + 1, kinds[p->kind]);
        if (p->kind == PARAM_VALUE)
            text_printf(out, " %s", p->value);
        else if (p->kind == PARAM_KEY || p->kind == PARAM_KEYS)
            text_printf(out, " %zu", p->index + 1);
        text_add(out, "\n");
    }
    text_add(out, "\n");
}

static void write_statement(const char *name, const struct sql_statement *statement, void *arg)
{
    add_statement(arg, name, statement);
}

START_TEST(test_golden)
{
    const char *name = golden[_i];
    struct policy_set *set = load(name);
    struct arena *arena _cleanup_arena_ = arena_new();
    struct text out _cleanup_text_ = {0};
    for (size_t i = 0; i < set->category_count; i++) {
        const struct category *category = &set->categories[i];
        struct sql_category *c = sql_build_category(arena, set, category, 0, catalog);
        text_printf(&out, "---- category %s\n-- governed:", category->name);
        for (size_t k = 0; k < c->governed.count; k++)
            text_printf(&out, " %s", c->governed.items[k]);
        text_printf(&out, "\n-- hold facts: %s\n\n", sql_hold_facts(arena, set, category, catalog));
        sql_support_each(arena, set, category, 0, catalog, write_statement, &out);
    }
    char path[256];
    snprintf(path, sizeof(path), "tests/golden/%s.sql", name);
    const char *how = getenv("RETENTIOND_GOLDEN");
    if (how && strcmp(how, "write") == 0) {
        FILE *file = fopen(source_path(path), "w");
        ck_assert_ptr_nonnull(file);
        fputs(text_string(&out), file);
        fclose(file);
    } else {
        char *expected = file_read(source_path(path));
        const char *a = expected, *b = text_string(&out);
        int line = 1;
        while (*a && *a == *b) {
            line += *a == '\n';
            a++;
            b++;
        }
        ck_assert_msg(
            *a == *b,
            "%s:%d differs (RETENTIOND_GOLDEN=write tests/run sql_builder writes it anew)", path,
            line);
        free(expected);
    }
    policy_set_free(set);
}
END_TEST

START_TEST(test_plans_without_joins)
{
    struct policy_set *set = load(golden[_i]);
    struct arena *arena _cleanup_arena_ = arena_new();
    for (size_t i = 0; i < set->category_count; i++)
        sql_support_each(arena, set, &set->categories[i], 0, catalog, sql_support_check_plan, conn);
    policy_set_free(set);
}
END_TEST

/* Scopes of every shape, many of each, and the planner knows it. */
START_TEST(test_plans_without_joins_under_hold)
{
    struct policy_set *set = load(golden[_i]);
    struct arena *arena _cleanup_arena_ = arena_new();
    sql_support_hold(conn, set, 3000);
    for (size_t i = 0; i < set->category_count; i++) {
        struct category *category = &set->categories[i];
        sql_support_each(arena, set, category, 0, catalog, sql_support_check_plan, conn);
        struct sql_statement count = sql_support_count(arena, set, category, catalog);
        sql_support_check_plan("count", &count, conn);
    }
    policy_set_free(set);
}
END_TEST

/* The subtraction is early or late by days where months have different lengths and clocks change;
 * with its margin it must not hide a row that is due by start + period, anywhere in three years. */
START_TEST(test_prefilter_hides_nothing)
{
    static const char *const zones[] = {"UTC", "America/New_York", "Pacific/Auckland"};
    static const char *const periods[] = {"1 month", "13 months", "1 month 1 day", "2 months",
                                          "11 months 30 days"};
    static const char *const kinds[] = {"timestamptz", "timestamp", "date"};
    const char *zone = zones[_i / 3], *kind = kinds[_i % 3];
    db_exec(conn, "DROP TABLE IF EXISTS g.moment");
    db_exec(conn, "SET timezone = '%s'", zone);
    db_exec(conn,
            "CREATE TABLE g.moment AS SELECT g::%s AS at FROM "
            "generate_series('2023-01-01'::timestamptz,"
            " '2025-04-01', '9 hours') g",
            kind);
    struct catalog *facts = sql_support_catalog(conn);
    for (size_t p = 0; p < ARRAY_LENGTH(periods); p++) {
        struct text text _cleanup_text_ = {0};
        text_printf(
            &text,
            "m: { mode = \"enforce\"; timezone = \"%s\"; evidence = \"counts\"; data: { table = "
            "\"g.moment\"; key = []; start = \"at\"; }; stages = ( { after = \"%s\"; do = "
            "\"delete\"; } ); };",
            zone, periods[p]);
        struct diags diags _cleanup_diags_ = {0};
        struct policy_set *set = policy_load_text("m.cfg", text_string(&text), &diags);
        ck_assert_uint_eq(diags.errors, 0);
        struct arena *arena _cleanup_arena_ = arena_new();
        struct sql_category *c = sql_build_category(arena, set, &set->categories[0], 0, facts);
        for (int day = 0; day < 36; day++) {
            char *run_time = db_value(conn,
                                      "SELECT '2024-01-26 21:00'::timestamptz + %d * interval '1 "
                                      "day 20 minutes'",
                                      day);
            const char *values[20];
            for (size_t i = 0; i < c->remaining.param_count; i++)
                values[i] = c->remaining.params[i].kind == PARAM_RUN_TIME
                                ? run_time
                                : c->remaining.params[i].value;
            PGresult *result = PQexecParams(conn, c->remaining.text, (int)c->remaining.param_count,
                                            NULL, values, NULL, NULL, 0);
            ck_assert_msg(PQresultStatus(result) == PGRES_TUPLES_OK, "%s", PQerrorMessage(conn));
            char *due =
                db_value(conn,
                         "SELECT count(*) FROM g.moment WHERE (at%s)::timestamptz + '%s'::interval "
                         "<= '%s'",
                         kind[0] == 'd' ? " + 1" : "", periods[p], run_time);
            ck_assert_msg(strcmp(PQgetvalue(result, 0, 0), due) == 0,
                          "%s, %s, %s at %s: %s, not %s", zone, kind, periods[p], run_time,
                          PQgetvalue(result, 0, 0), due);
            PQclear(result);
            free(due);
            free(run_time);
        }
        policy_set_free(set);
    }
    catalog_free(facts);
    db_exec(conn, "RESET timezone");
}
END_TEST

/* What the rest is left by a category of another time zone is what that one would not take by
 * itself: ages, moments without a zone and days are those of its zone, whatever the session's. */
START_TEST(test_rest_of_another_zone)
{
    static const char *const zones[] = {"America/New_York", "Pacific/Auckland", "Asia/Kathmandu"};
    static const char *const ages[] = {"1 month", "30 days", "1 month 1 day 02:00:00", "12:00:00"};
    static const char *const columns[] = {"column = \"at\"", "column = \"data\"; path = [ \"at\" ]",
                                          "column = \"data\"; path = [ \"local\" ]",
                                          "column = \"data\"; path = [ \"day\" ]"};
    static const char *const moments[] = {"at", "(data ->> 'at')::timestamptz",
                                          "(data ->> 'local')::timestamptz",
                                          "((data ->> 'day')::date + 1)::timestamptz"};
    const char *zone = zones[_i / 4], *age = ages[_i % 4];
    db_exec(conn, "DROP TABLE IF EXISTS g.moment");
    db_exec(conn,
            "CREATE TABLE g.moment AS SELECT g AS at, jsonb_build_object('at', to_char(g, "
            "'YYYY-MM-DD HH24:MI:SSOF'), 'local', to_char(g, 'YYYY-MM-DD HH24:MI:SS'), 'day', "
            "to_char(g, 'YYYY-MM-DD')) AS data FROM generate_series("
            "'2023-12-25'::timestamptz, '2024-04-20', '5 hours') g");
    struct catalog *facts = sql_support_catalog(conn);
    for (size_t k = 0; k < ARRAY_LENGTH(columns); k++) {
        struct text text _cleanup_text_ = {0};
        text_printf(&text,
                    "a: { mode = \"enforce\"; timezone = \"%s\"; evidence = \"counts\"; data: { "
                    "table = \"g.moment\"; key = []; start = \"at\"; only = ( { %s; older_than = "
                    "\"%s\"; nulls = \"skip\"; } ); }; stages = ( { after = \"9 years\"; do = "
                    "\"delete\"; } ); };"
                    "b: { mode = \"enforce\"; evidence = \"counts\"; data: { table = "
                    "\"g.moment\"; key = []; start = \"at\"; only = \"rest\"; }; stages = ( { "
                    "after = \"0 days\"; do = \"delete\"; } ); };",
                    zone, columns[k], age);
        struct diags diags _cleanup_diags_ = {0};
        struct policy_set *set = policy_load_text("m.cfg", text_string(&text), &diags);
        ck_assert_uint_eq(diags.errors, 0);
        struct arena *arena _cleanup_arena_ = arena_new();
        struct sql_category *c = sql_build_category(arena, set, &set->categories[1], 0, facts);
        for (int day = 0; day < 30; day++) {
            char *run_time = db_value(conn,
                                      "SELECT '2024-02-26 21:00Z'::timestamptz + %d * interval '1 "
                                      "day 20 minutes'",
                                      day);
            const char *values[20];
            for (size_t i = 0; i < c->remaining.param_count; i++)
                values[i] = c->remaining.params[i].kind == PARAM_RUN_TIME
                                ? run_time
                                : c->remaining.params[i].value;
            db_exec(conn, "SET timezone = 'UTC'");
            PGresult *result = PQexecParams(conn, c->remaining.text, (int)c->remaining.param_count,
                                            NULL, values, NULL, NULL, 0);
            ck_assert_msg(PQresultStatus(result) == PGRES_TUPLES_OK, "%s", PQerrorMessage(conn));
            db_exec(conn, "SET timezone = '%s'", zone);
            char *left = db_value(conn,
                                  "SELECT count(*) FROM g.moment WHERE at <= '%s' AND (%s + "
                                  "'%s'::interval <= '%s') IS NOT TRUE",
                                  run_time, moments[k], age, run_time);
            ck_assert_msg(strcmp(PQgetvalue(result, 0, 0), left) == 0,
                          "%s, %s, %s at %s: %s, not %s", zone, columns[k], age, run_time,
                          PQgetvalue(result, 0, 0), left);
            PQclear(result);
            free(left);
            db_exec(conn, "SET timezone = 'UTC'");
            free(run_time);
        }
        policy_set_free(set);
    }
    catalog_free(facts);
    db_exec(conn, "RESET timezone");
}
END_TEST

START_TEST(test_trial_of_a_keyword)
{
    struct policy_set *set = load("keyword");
    struct arena *arena _cleanup_arena_ = arena_new();
    const struct table_name leaf = {"user", "order"};
    struct sql_statement trial =
        sql_build_trial(arena, set, policy_find(set, "callers"), 0, catalog, leaf, NULL, NULL);
    PGresult *result = PQprepare(conn, "", trial.text, 0, NULL);
    ck_assert_msg(PQresultStatus(result) == PGRES_COMMAND_OK, "%s", PQerrorMessage(conn));
    PQclear(result);
    policy_set_free(set);
}
END_TEST

/* What hangs on children in the category's own table holds the category's key, as it does for
 * policy_validate. */
START_TEST(test_children_in_the_own_table)
{
    db_exec(conn, "CREATE TABLE g.thread (id int, part int, ext text NOT NULL UNIQUE, up text, at "
                  "timestamptz, PRIMARY KEY (id, part))");
    db_exec(conn, "CREATE TABLE g.reply (id int PRIMARY KEY, ext text, at timestamptz)");
    struct catalog *facts = sql_support_catalog(conn);
    struct diags diags _cleanup_diags_ = {0};
    struct policy_set *set = policy_load_text(
        "m.cfg",
        "a: { mode = \"enforce\"; data: { table = \"g.thread\"; key = [ \"ext\" ]; start = \"at\"; "
        "}; "
        "keep_while = ( { child = \"g.thread\"; by = \"up\"; only = ( { child = \"g.reply\"; by = "
        "\"ext\"; latest = \"at\"; younger_than = \"1 day\"; nulls = \"skip\"; } ); because = "
        "\"x\"; } "
        "); stages = ( { after = \"1 day\"; do = \"delete\"; } ); };",
        &diags);
    ck_assert_uint_eq(diags.errors, 0);
    struct arena *arena _cleanup_arena_ = arena_new();
    struct sql_category *c = sql_build_category(arena, set, &set->categories[0], 0, facts);
    ck_assert_ptr_nonnull(strstr(c->remaining.text, ".ext = k"));
    policy_set_free(set);
    catalog_free(facts);
    db_exec(conn, "DROP TABLE g.thread, g.reply");
}
END_TEST

/* Rows that nobody takes are counted although another category of the table cannot be read. */
START_TEST(test_unclaimed_beside_an_invalid_one)
{
    struct diags diags _cleanup_diags_ = {0};
    struct policy_set *set = policy_load_text(
        "m.cfg",
        "a: { mode = \"enforce\"; data: { table = \"g.account\"; start = \"closed_at\"; only = ( { "
        "column = \"gone\"; eq = 1; nulls = \"skip\"; } ); }; stages = ( { after = \"1 day\"; do = "
        "\"delete\"; } ); };"
        "b: { mode = \"enforce\"; data: { table = \"g.account\"; start = \"closed_at\"; only = ( { "
        "column = \"plan\"; eq = \"x\"; nulls = \"skip\"; } ); }; stages = ( { after = \"1 day\"; "
        "do "
        "= \"delete\"; } ); };",
        &diags);
    ck_assert_uint_eq(diags.errors, 0);
    set->categories[0].invalid = true; /* as policy_validate finds */
    struct arena *arena _cleanup_arena_ = arena_new();
    struct sql_category *c = sql_build_category(arena, set, &set->categories[1], 0, catalog);
    ck_assert_ptr_nonnull(strstr(c->unclaimed.text, "plan"));
    policy_set_free(set);
}
END_TEST

/* Of another path, or of a child instead of a parent, a subject is another one. */
START_TEST(test_names_of_references)
{
    struct policy_set *set = load("held");
    struct arena *arena _cleanup_arena_ = arena_new();
    struct category *calls = &set->categories[0];
    struct ref *mail = &calls->subjects[1], *name = &calls->subjects[2];
    const char *joined[] = {"from,mail"};
    ck_assert_str_eq(calls->name, "calls");
    ck_assert_uint_eq(mail->path.count, 2);
    ck_assert_int_eq(name->kind, REF_PARENT);
    const char *before = sql_hold_facts(arena, set, calls, catalog);
    const struct string_list path = mail->path;
    mail->path = (struct string_list){joined, 1};
    const char *other = sql_hold_facts(arena, set, calls, catalog);
    ck_assert_ptr_nonnull(strstr(before, "\"g.call.flags#from,mail\""));
    ck_assert_ptr_nonnull(strstr(other, "\"g.call.flags#\\\"from,mail\\\"\""));
    mail->path = path;
    ck_assert_ptr_nonnull(strstr(before, "\"g.account.name@account_id\""));
    ck_assert_ptr_nonnull(strstr(before, "\"g.transcript.transcript_id<call,month\""));
    policy_set_free(set);
}
END_TEST

Suite *suite_sql_builder(void)
{
    Suite *suite = suite_create("sql builder");
    TCase *tcase = tcase_create("golden");
    tcase_add_unchecked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, test_golden, 0, (int)ARRAY_LENGTH(golden));
    tcase_add_test(tcase, test_names_of_references);
    tcase_add_test(tcase, test_trial_of_a_keyword);
    tcase_add_test(tcase, test_children_in_the_own_table);
    tcase_add_test(tcase, test_unclaimed_beside_an_invalid_one);
    tcase_add_loop_test(tcase, test_plans_without_joins, 0, (int)ARRAY_LENGTH(golden));
    tcase_add_loop_test(tcase, test_plans_without_joins_under_hold, 0, (int)ARRAY_LENGTH(golden));
    suite_add_tcase(suite, tcase);
    TCase *margin = tcase_create("margin");
    tcase_add_checked_fixture(margin, setup, teardown);
    tcase_set_timeout(margin, 120);
    tcase_add_loop_test(margin, test_prefilter_hides_nothing, 0, 9);
    tcase_add_loop_test(margin, test_rest_of_another_zone, 0, 12);
    suite_add_tcase(suite, margin);
    return suite;
}
