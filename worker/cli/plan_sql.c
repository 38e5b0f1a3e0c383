/* retentionctl plan --sql, and what explain shows so: statements, as they would be sent. */
#include <stdlib.h>

#include "base/arena.h"
#include "base/text.h"
#include "cli/json.h"
#include "cli/output.h"
#include "cli/plan_internal.h"
#include "policy/resolve.h"

static json_t *statement_json(const struct sql_statement *statement, const char *title,
                              const char *run_time)
{
    static const char *const kinds[] = {
        [PARAM_VALUE] = "value",
        [PARAM_RUN_TIME] = "run time",
        [PARAM_FROM_TID] = "from block",
        [PARAM_TO_TID] = "to block",
        [PARAM_TIDS] = "row addresses",
        [PARAM_KEY] = "key",
        [PARAM_KEYS] = "keys",
        [PARAM_LIMIT] = "limit",
        [PARAM_TERM] = "term",
        [PARAM_RUN] = "run",
        [PARAM_NONCE] = "random",
        [PARAM_HASHED_OLD] = "values",
        [PARAM_HASHED_NEW] = "their keyed digests",
        [PARAM_FROM_START] = "from starting point",
        [PARAM_TO_START] = "to starting point",
        [PARAM_MOST] = "families to close",
        [PARAM_PASSED] = "families to pass by",
    };
    json_t *params = json_array();
    for (size_t i = 0; i < statement->param_count; i++) {
        const struct sql_param *param = &statement->params[i];
        json_array_append_new(
            params, json_pack("{ss so}", "kind", kinds[param->kind], "value",
                              json_text(param->kind == PARAM_RUN_TIME ? run_time : param->value)));
    }
    return json_pack("{ss ss so}", "statement", title, "text", statement->text, "parameters",
                     params);
}

void plan_print_sql(struct cli *cli, const char *title, const struct sql_statement *statement,
                    const char *run_time)
{
    if (!statement->text || !*statement->text)
        return;
    json_t *json = statement_json(statement, title, run_time);
    if (cli->json) {
        json_t *list = json_object_get(output_document(cli), "statements");
        if (!list)
            json_object_set_new(cli->document, "statements", list = json_array());
        json_array_append_new(list, json);
        return;
    }
    printf("-- %s\n", title);
    json_t *params = json_object_get(json, "parameters"), *param;
    size_t i;
    json_array_foreach(params, i, param)
    {
        const char *value = json_string_value(json_object_get(param, "value"));
        printf("-- $%zu: ", i + 1);
        if (value)
            text_print_safe(stdout, value);
        else
            printf("(%s)", json_string_value(json_object_get(param, "kind")));
        putchar('\n');
    }
    printf("%s;\n\n", statement->text);
    json_decref(json);
}

bool plan_print_stage(struct planning *p, const struct sql_category *sql, size_t stage,
                      struct error *error)
{
    struct cli *cli = p->cli;
    const struct category *category = sql->category;
    const char *name =
        arena_printf(cli->arena, "%s, stage \"%s\"", category->name, sql->stage->name);
    const struct catalog_table *table = resolve_table(p->policies.catalog, category->table);
    size_t leaf_count;
    const struct catalog_table **leaves =
        resolve_leaves(cli->arena, p->policies.catalog, table, &leaf_count);
    const char *const values[] = {category->name};
    PGresult *found _cleanup_result_ =
        session_file(p->session, "engine/hold_shapes.sql", 1, values, error);
    if (!found)
        return false;
    unsigned shapes = (unsigned)strtoul(PQgetvalue(found, 0, 0), NULL, 10);
#define TITLE(what) arena_printf(cli->arena, "%s: %s", name, what)
    struct sql_statement numbers = plan_forecast(p, sql);
    plan_print_sql(cli, TITLE("the numbers of plan"), &numbers, p->run_time);
    plan_print_sql(cli, TITLE("records that no category takes"), &sql->unclaimed, p->run_time);
    bool removes = policy_stage_removes(sql->stage);
    for (size_t r = 0; r + 1 < sql->relation_count; r++)
        plan_print_sql(cli,
                       arena_printf(cli->arena, "%s: %s dependant %s", name,
                                    removes ? "delete from" : "change", sql->relations[r].relation),
                       &sql->relations[r].remove, p->run_time);
    if (leaf_count) {
        struct table_name first = {leaves[0]->schema, leaves[0]->name};
        const struct sql_leaf *leaf = sql_build_leaf(cli->arena, p->policies.set, category, stage,
                                                     p->policies.catalog, first, shapes, NULL);
        const char *where = table_name_text(cli->arena, first);
        if (leaf_count > 1)
            where = arena_printf(cli->arena, "%s (and the same for each of %zu partitions)", where,
                                 leaf_count);
        plan_print_sql(
            cli,
            arena_printf(cli->arena, "%s: %s %s", name, removes ? "delete from" : "change", where),
            &leaf->remove, p->run_time);
        plan_print_sql(cli, arena_printf(cli->arena, "%s: lock in %s", name, where),
                       &leaf->lock_rows, p->run_time);
        plan_print_sql(cli,
                       arena_printf(cli->arena, "%s: %s what was locked in %s", name,
                                    removes ? "delete" : "change", where),
                       &leaf->remove_tids, p->run_time);
        if (!leaf->by_rows)
            plan_print_sql(cli,
                           arena_printf(cli->arena, "%s: look at every row before \"%s\"", name,
                                        leaf->whole_empty),
                           &leaf->whole_read, p->run_time);
    }
    plan_print_sql(cli, TITLE("what remains"), &sql->remaining, p->run_time);
    plan_print_sql(cli, TITLE("groups that share their quasi-identifiers"), &sql->groups,
                   p->run_time);
    plan_print_sql(cli, TITLE("groups that may keep them"), &sql->keep, p->run_time);
    plan_print_sql(cli,
                   sql->stage->quasi.count ? TITLE("settle the groups of the run")
                                           : TITLE("close cells that are complete"),
                   &sql->close, p->run_time);
#undef TITLE
    return true;
}
