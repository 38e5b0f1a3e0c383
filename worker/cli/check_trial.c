/* What only rows can tell: stages that de-identify are tried on some, in a transaction that is
 * rolled back. CHECK and UNIQUE constraints, domains, triggers that put old values back are found
 * so, before the first run. Records under hold are left out, and of dependants under hold a guard
 * refuses the trial; what others have locked is not waited for. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "cli/check.h"
#include "cli/plan.h"
#include "pg/sqlstate.h"
#include "policy/resolve.h"
#include "policy/sql.h"
#include "policy/validate.h"

enum { MOST_LEAVES = 4 };

/* Not the policy's fault: locked rows, a cancelled statement, a role that may not, a hold. */
static bool says_nothing(const char *sqlstate)
{
    return strcmp(sqlstate, "55P03") == 0 || strcmp(sqlstate, "57014") == 0 ||
           strcmp(sqlstate, "42501") == 0 || strcmp(sqlstate, "25006") == 0 ||
           strcmp(sqlstate, "40P01") == 0 || strcmp(sqlstate, "42883") == 0 ||
           strcmp(sqlstate, SQLSTATE_GUARD) == 0;
}

/* The constraint, and which of the columns that are set it is about; only names of the catalog's. A
 * column's own rule is named by the column alone. */
static const char *place_of(const struct session *session, const struct catalog_table *table,
                            const struct transform *columns, size_t count)
{
    struct arena *arena = session->cli->arena;
    const char *name = session->refused_constraint;
    const char **of = NULL, *names = "";
    size_t of_count = 0, shown = 0;
    for (size_t i = 0; name && i < table->constraint_count && !of; i++)
        if (text_equal(table->constraints[i].name, name)) {
            of = table->constraints[i].columns;
            of_count = table->constraints[i].column_count;
        }
    for (size_t i = 0; name && i < table->index_count && !of; i++)
        if (text_equal(table->indexes[i].name, name)) {
            of = table->indexes[i].columns;
            of_count = table->indexes[i].column_count;
        }
    for (size_t k = 0; k < count; k++) {
        bool is_about = text_equal(session->refused_column, columns[k].column);
        for (size_t i = 0; i < of_count; i++)
            is_about |= text_equal(of[i], columns[k].column);
        if (is_about)
            names = arena_printf(arena, "%s%s\"%s\"", names, shown++ ? ", " : "", columns[k].column);
    }
    if (shown)
        names = arena_printf(arena, " of column%s %s", shown > 1 ? "s" : "", names);
    return of ? arena_printf(arena, ", constraint \"%s\"%s", name, names) : names;
}

static void report(struct cli *cli, struct table_name table, const struct stage *stage,
                   const char *why)
{
    struct diag *d =
        diag_error(&cli->diags, stage->at, "stage \"%s\" cannot change records of \"%s\": %s",
                   stage->name, table_name_text(cli->arena, table), why);
    diag_hint(&cli->diags, d, "It was tried on some of them, and rolled back.");
}

static bool try_leaf(struct session *session, const struct policies *policies,
                     const struct category *category, size_t stage,
                     const struct dependant *dependant, const struct catalog_table *leaf,
                     bool *ret_failed, struct error *error)
{
    struct cli *cli = session->cli;
    struct error refused _cleanup_error_ = {0};
    struct table_name table = dependant ? dependant->table : category->table;
    struct sql_statement trial =
        sql_build_trial(cli->arena, policies->set, category, stage, policies->catalog,
                        (struct table_name){leaf->schema, leaf->name}, dependant);
    if (!session_execute(session, "BEGIN", error) ||
        !session_execute(session, "SET LOCAL lock_timeout = '500ms'", error) ||
        !session_execute(session, "SET LOCAL statement_timeout = '10s'", error) ||
        !plan_settings(session, category, error))
        return false;
    PGresult *result _cleanup_result_ =
        plan_query(session, category->name, &trial, "now", NULL, &refused);
    if (!result && refused.sqlstate[0] && !says_nothing(refused.sqlstate)) {
        const struct stage *s = &category->stages[stage];
        const char *place =
            place_of(session, leaf, dependant ? dependant->columns : s->columns,
                     dependant ? dependant->column_count : s->column_count);
        report(cli, table, s,
               arena_printf(cli->arena, "%s%s", sqlstate_condition(refused.sqlstate), place));
        *ret_failed = true;
    } else if (result && strcmp(result_value(result, 0, 1), "0") != 0) {
        report(cli, table, &category->stages[stage],
               "a trigger puts other values in the place of those that were set");
        *ret_failed = true;
    }
    return session_execute(session, "ROLLBACK", error);
}

static bool try_table(struct session *session, const struct policies *policies,
                      const struct category *category, size_t stage,
                      const struct dependant *dependant, struct error *error)
{
    size_t count;
    bool failed = false;
    const struct catalog_table **leaves = resolve_leaves(
        session->cli->arena, policies->catalog,
        resolve_table(policies->catalog, dependant ? dependant->table : category->table), &count);
    for (size_t k = 0; k < count && k < MOST_LEAVES && !failed; k++)
        if (!try_leaf(session, policies, category, stage, dependant, leaves[k], &failed, error))
            return false;
    return true;
}

static bool try_dependants(struct session *session, const struct policies *policies,
                           const struct category *category, size_t stage,
                           const struct dependant *with, size_t count, struct error *error)
{
    for (size_t i = 0; i < count; i++) {
        bool own = policy_dependant_stage(category, &with[i]) == &category->stages[stage];
        if ((own && !try_table(session, policies, category, stage, &with[i], error)) ||
            !try_dependants(session, policies, category, stage, with[i].with, with[i].with_count,
                            error))
            return false;
    }
    return true;
}

bool check_trials(struct session *session, const struct policies *policies, struct error *error)
{
    struct cli *cli = session->cli;
    for (size_t i = 0; i < policies->set->category_count; i++) {
        const struct category *category = &policies->set->categories[i];
        if (category->mode == MODE_DECLARED || !policy_changes(category) ||
            !policy_category_is_valid(category, policies->set, &cli->diags))
            continue;
        for (size_t s = 0; s < category->stage_count; s++)
            if (!policy_stage_removes(&category->stages[s]) &&
                (!try_table(session, policies, category, s, NULL, error) ||
                 !try_dependants(session, policies, category, s, category->with,
                                 category->with_count, error)))
                return false;
    }
    return true;
}
