/* retentionctl plan: how a run would go about a stage. */
#include <string.h>

#include "base/arena.h"
#include "cli/check_drop.h"
#include "cli/hold.h"
#include "cli/plan_internal.h"
#include "engine/strategy.h"
#include "policy/quote.h"
#include "policy/resolve.h"

/* Which way a leaf would go, as the run decides it (worker/engine/strategy.h). */
static bool leaf_strategy(struct planning *p, const struct sql_category *sql,
                          const struct catalog_table *leaf, const char **ret, struct error *error)
{
    const struct category *category = sql->category;
    struct sql_leaf *statements = sql_build_leaf(
        p->cli->arena, p->policies.set, category, (size_t)(sql->stage - category->stages),
        p->policies.catalog, (struct table_name){leaf->schema, leaf->name}, 0, NULL);
    if (!statements->choose.text[0])
        *ret = "sweep";
    else if (category->strategy == STRATEGY_INDEX || category->strategy == STRATEGY_SWEEP)
        *ret = category->strategy == STRATEGY_INDEX ? "index, as the policy says"
                                                    : "sweep, as the policy says";
    if (!statements->choose.text[0] || category->strategy == STRATEGY_INDEX ||
        category->strategy == STRATEGY_SWEEP)
        return true;
    bool needs_reader; /* who may not read the table cannot ask how it would be read */
    if (!hold_needs_reader(p->session, &needs_reader, error))
        return false;
    *ret = "index or sweep, as the planner will say";
    if (needs_reader)
        return true;
    PGresult *answer _cleanup_result_ =
        plan_query(p->session, category->name, &statements->choose, p->run_time, NULL, error);
    if (!answer)
        return false;
    *ret = strategy_text(p->cli->arena, result_value(answer, 0, 0));
    return true;
}

/* Why a leaf would not be emptied as a whole: NULL: it would be. `ret_empty`: it has no rows. */
static bool whole_leaf(struct planning *p, const struct sql_category *sql,
                       const struct catalog_table *leaf, const char **ret_because, bool *ret_empty,
                       struct error *error)
{
    struct arena *arena = p->cli->arena;
    const struct category *category = sql->category;
    struct table_name name = {leaf->schema, leaf->name};
    const struct sql_leaf *statements =
        sql_build_leaf(arena, p->policies.set, category, (size_t)(sql->stage - category->stages),
                       p->policies.catalog, name, p->shapes, NULL);
    *ret_because = statements->by_rows;
    *ret_empty = false;
    if (*ret_because)
        return true;
    const char *const values[] = {quote_table(arena, leaf), p->policies.catalog->worker_role};
    PGresult *facts _cleanup_result_ =
        session_query(p->session, strategy_whole_sql(), ARRAY_LENGTH(values), values, error);
    if (!facts)
        return false;
    const char *because = strategy_not_whole(facts);
    *ret_because = because ? arena_strdup(arena, because) : NULL;
    *ret_empty = !because && strcmp(PQgetvalue(facts, 0, 1), "0") == 0;
    if (because || *ret_empty)
        return true;
    PGresult *stays _cleanup_result_ =
        plan_query(p->session, category->name, &statements->whole_stays, p->run_time, NULL, error);
    if (stays)
        *ret_because = strategy_stays(stays);
    return stays;
}

/* Partitions that go row by row for one reason. */
struct by_rows {
    const char *because, *first;
    size_t count;
};

static void note_by_rows(struct planning *p, struct by_rows **all, size_t *count,
                         const struct catalog_table *leaf, const char *because)
{
    for (size_t i = 0; i < *count; i++)
        if (strcmp((*all)[i].because, because) == 0) {
            (*all)[i].count++;
            return;
        }
    *all = arena_push(p->cli->arena, *all, count, sizeof(**all));
    (*all)[*count - 1] = (struct by_rows){because, quote_table(p->cli->arena, leaf), 1};
}

/* Strategy `partition`: how many partitions go as a whole; why the others do not, in the notes. */
static bool whole_strategy(struct planning *p, const struct sql_category *sql,
                           const struct catalog_table *const *leaves, size_t count,
                           const char **ret, struct error *error)
{
    struct by_rows *others = NULL;
    size_t whole = 0, empty = 0, other_count = 0;
    bool needs_reader;
    if (!hold_needs_reader(p->session, &needs_reader, error))
        return false;
    *ret = "partitions as a whole or row by row, as the run will find";
    if (needs_reader)
        return true;
    for (size_t i = 0; i < count; i++) {
        const char *because;
        bool is_empty;
        if (!whole_leaf(p, sql, leaves[i], &because, &is_empty, error))
            return false;
        empty += is_empty;
        whole += !because && !is_empty;
        if (because)
            note_by_rows(p, &others, &other_count, leaves[i], because);
    }
    *ret = arena_printf(p->cli->arena, "%zu of %zu partitions as a whole, %zu row by row", whole,
                        count, count - whole - empty);
    for (size_t i = 0; i < other_count; i++) {
        const struct by_rows *o = &others[i];
        const char *more =
            o->count > 1 ? arena_printf(p->cli->arena, " and %zu more go", o->count - 1) : " goes";
        const char *note = arena_printf(p->cli->arena, "partition %s%s row by row: %s", o->first,
                                        more, o->because);
        if (p->rows)
            *ret = arena_printf(p->cli->arena, "%s; %s", *ret, note);
        else
            text_printf(&p->notes, "%s: %s\n", sql->category->name, note);
    }
    return true;
}

/* Where the policy has empty partitions dropped and they would not be, why. */
static bool note_drops(struct planning *p, const struct sql_category *sql, const char **ret,
                       struct error *error)
{
    const char *because;
    if (sql->stage->action != ACTION_DELETE)
        return true;
    if (!drop_is_kept(p->session, &p->policies, sql->category, &because, error))
        return false;
    if (because && p->rows)
        *ret = arena_printf(p->cli->arena, "%s; empty ones are not dropped: %s", *ret, because);
    else if (because)
        text_printf(&p->notes,
                    "%s: empty partitions are not dropped: %s; its owner runs what "
                    "\"retentionctl setup --sql\" prints\n",
                    sql->category->name, because);
    return true;
}

bool plan_strategy(struct planning *p, const struct sql_category *sql, const char **ret,
                   struct error *error)
{
    struct arena *arena = p->cli->arena;
    const struct catalog_table *table = resolve_table(p->policies.catalog, sql->category->table);
    const char *text = "sweep";
    if (table->kind == 'p') {
        size_t leaves;
        const struct catalog_table **each =
            resolve_leaves(arena, p->policies.catalog, table, &leaves);
        text =
            arena_printf(arena, "%zu partition%s, each by itself", leaves, leaves == 1 ? "" : "s");
        if (sql->category->strategy == STRATEGY_PARTITION &&
            (!whole_strategy(p, sql, each, leaves, &text, error) ||
             !note_drops(p, sql, &text, error)))
            return false;
    } else if (!leaf_strategy(p, sql, table, &text, error)) {
        return false;
    }
    size_t dependants = sql->relation_count - 1;
    if (dependants)
        text = arena_printf(arena, "%s, %zu dependant%s first", text, dependants,
                            dependants == 1 ? "" : "s");
    *ret = text;
    return true;
}
