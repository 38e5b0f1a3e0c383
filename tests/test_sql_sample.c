/* The statements of the sample policies over the sample database: all can be planned, none joins,
 * and the numbers of `plan` agree with what is counted otherwise. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/diag.h"
#include "harness/cluster.h"
#include "harness/db.h"
#include "harness/schema.h"
#include "pg/catalog.h"
#include "policy/parse.h"
#include "policy/sql.h"
#include "sample.h"
#include "sql_support.h"

static char *database;
static PGconn *conn;
static struct catalog *catalog;
static struct policy_set *set;
static struct diags diags;

static void setup(void)
{
    database = sample_load("20000", "1");
    schema_migrate(cluster_shared(), database, NULL, NULL);
    conn = db_connect(cluster_shared(), database, NULL);
    db_exec(conn, "SET jit = off"); /* as the worker and plan have it */
    catalog = sql_support_catalog(conn);
    set = policy_load_directory(source_path("policies"), &diags);
    ck_assert_ptr_nonnull(set);
}

static void teardown(void)
{
    policy_set_free(set);
    diags_free(&diags);
    catalog_free(catalog);
    PQfinish(conn);
    db_drop(cluster_shared(), database);
    free(database);
}

static PGresult *look(const struct sql_statement *statement)
{
    const char *values[200];
    ck_assert_uint_le(statement->param_count, ARRAY_LENGTH(values));
    for (size_t i = 0; i < statement->param_count; i++)
        values[i] = sql_support_value(&statement->params[i]);
    PGresult *result = PQexecParams(conn, statement->text, (int)statement->param_count, NULL,
                                    values, NULL, NULL, 0);
    ck_assert_msg(PQresultStatus(result) == PGRES_TUPLES_OK, "%s\n%s", PQerrorMessage(conn),
                  statement->text);
    return result;
}

START_TEST(all_can_be_planned_and_agree)
{
    int stages = 0, acting = 0;
    for (size_t i = 0; i < set->category_count; i++) {
        const struct category *category = &set->categories[i];
        struct arena *arena _cleanup_arena_ = arena_new();
        if (category->mode == MODE_DECLARED)
            continue;
        db_exec(conn, "SET timezone = '%s'", category->timezone);
        for (size_t stage = 0; stage < category->stage_count; stage++) {
            if (category->stages[stage].action == ACTION_AGGREGATE)
                continue;
            sql_support_each(arena, set, category, stage, catalog, sql_support_check_plan, conn);
            struct sql_category *sql = sql_build_category(arena, set, category, stage, catalog);
            PGresult *plan = look(&sql->plan), *remaining = look(&sql->remaining);
            ck_assert_msg(strcmp(PQgetvalue(plan, 0, PLAN_TO_ACT), PQgetvalue(remaining, 0, 0)) ==
                              0,
                          "%s: plan %s, remaining %s", category->name,
                          PQgetvalue(plan, 0, PLAN_TO_ACT), PQgetvalue(remaining, 0, 0));
            acting += strcmp(PQgetvalue(remaining, 0, 0), "0") != 0;
            stages++;
            PQclear(plan);
            PQclear(remaining);
            PQclear(look(&sql->unclaimed));
        }
    }
    ck_assert_int_gt(stages, 30);
    ck_assert_int_gt(acting, 20);
}
END_TEST

Suite *suite_sql_sample(void)
{
    Suite *suite = suite_create("sql sample");
    TCase *tcase = tcase_create("sample");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 300);
    tcase_add_test(tcase, all_can_be_planned_and_agree);
    suite_add_tcase(suite, tcase);
    return suite;
}
