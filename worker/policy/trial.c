/* A trial is of one stage, on some rows of one table: the category's, a leaf of it, or a
 * dependant's. Where the server refuses one without naming a column (a domain, a number out of
 * range), each column is tried alone, until one is refused. */
#include "policy/trial.h"

#include <string.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/text.h"
#include "pg/catalog.h"
#include "pg/sqlstate.h"
#include "policy/model.h"
#include "policy/resolve.h"
#include "policy/validate.h"

enum { MOST_LEAVES = 4 };

struct trial {
    const struct category *category;
    size_t stage;
    const struct dependant *dependant; /* or NULL */
    const struct catalog_table *leaf;
};

struct trials {
    struct arena *arena;
    const struct policy_set *set;
    const struct catalog *catalog;
    struct diags *diags;
    struct trial *list;
    size_t count, at;
    struct sql_statement statement;
    bool warns;

    /* The trial was refused, and no column named: each is tried. */
    bool by_column;
    size_t column;
    const char *refused; /* why; in the arena */
};

struct trials *trials_new(struct arena *arena, const struct policy_set *set,
                          const struct catalog *catalog, struct diags *diags)
{
    struct trials *trials = arena_alloc(arena, sizeof(*trials));
    *trials = (struct trials){.arena = arena, .set = set, .catalog = catalog, .diags = diags};
    return trials;
}

void trials_warn(struct trials *trials)
{
    trials->warns = true;
}

/* --- which --- */

static void add_table(struct trials *trials, const struct category *category, size_t stage,
                      const struct dependant *dependant)
{
    size_t count;
    const struct catalog_table **leaves = resolve_leaves(
        trials->arena, trials->catalog,
        resolve_table(trials->catalog, dependant ? dependant->table : category->table), &count);
    for (size_t i = 0; i < count && i < MOST_LEAVES; i++) {
        trials->list =
            arena_push(trials->arena, trials->list, &trials->count, sizeof(*trials->list));
        trials->list[trials->count - 1] = (struct trial){category, stage, dependant, leaves[i]};
    }
}

static void add_dependants(struct trials *trials, const struct category *category, size_t stage,
                           const struct dependant *with, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (policy_dependant_stage(category, &with[i]) == &category->stages[stage])
            add_table(trials, category, stage, &with[i]);
        add_dependants(trials, category, stage, with[i].with, with[i].with_count);
    }
}

void trials_add(struct trials *trials, const struct category *category)
{
    if (category->mode == MODE_DECLARED || !policy_changes(category) ||
        !policy_category_is_valid(category, trials->set, trials->diags))
        return;
    for (size_t s = 0; s < category->stage_count; s++) {
        if (policy_stage_removes(&category->stages[s]))
            continue;
        add_table(trials, category, s, NULL);
        add_dependants(trials, category, s, category->with, category->with_count);
    }
}

/* --- what to run --- */

static const struct transform *columns_of(const struct trial *trial, size_t *ret_count)
{
    const struct stage *stage = &trial->category->stages[trial->stage];
    *ret_count = trial->dependant ? trial->dependant->column_count : stage->column_count;
    return trial->dependant ? trial->dependant->columns : stage->columns;
}

const struct sql_statement *trials_next(struct trials *trials, const struct category **ret_category)
{
    if (trials->at >= trials->count)
        return NULL;
    const struct trial *trial = &trials->list[trials->at];
    size_t count;
    const struct transform *columns = columns_of(trial, &count);
    trials->statement =
        sql_build_trial(trials->arena, trials->set, trial->category, trial->stage, trials->catalog,
                        (struct table_name){trial->leaf->schema, trial->leaf->name},
                        trial->dependant, trials->by_column ? &columns[trials->column] : NULL);
    *ret_category = trial->category;
    return &trials->statement;
}

/* --- what it says --- */

/* Not the policy's fault, and nothing that others could wait for: a role that may not, a hold. */
static bool says_nothing(const char *sqlstate)
{
    return strcmp(sqlstate, "42501") == 0 || strcmp(sqlstate, "25006") == 0 ||
           strcmp(sqlstate, "42883") == 0 || strcmp(sqlstate, SQLSTATE_GUARD) == 0;
}

/* Rows or tables that others have locked; a statement that takes too long, or was cancelled. */
static bool was_busy(const char *sqlstate)
{
    return strcmp(sqlstate, "55P03") == 0 || strcmp(sqlstate, "57014") == 0 ||
           strcmp(sqlstate, "40P01") == 0;
}

/* The constraint, and which of the columns that are set it is about; only names of the catalog's. A
 * column's own rule is named by the column alone. */
static const char *place_of(struct trials *trials, const struct trial *trial,
                            const struct trial_answer *answer, bool *ret_names_column)
{
    struct arena *arena = trials->arena;
    const struct catalog_table *table = trial->leaf;
    const char *name = answer->constraint;
    const char **of = NULL, *names = "";
    size_t of_count = 0, shown = 0, count;
    const struct transform *columns = columns_of(trial, &count);
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
        bool is_about = text_equal(answer->column, columns[k].column);
        for (size_t i = 0; i < of_count; i++)
            is_about |= text_equal(of[i], columns[k].column);
        if (is_about)
            names =
                arena_printf(arena, "%s%s\"%s\"", names, shown++ ? ", " : "", columns[k].column);
    }
    if (shown)
        names = arena_printf(arena, " of column%s %s", shown > 1 ? "s" : "", names);
    *ret_names_column = shown > 0;
    return of ? arena_printf(arena, ", constraint \"%s\"%s", name, names) : names;
}

static const char *table_of(struct trials *trials, const struct trial *trial)
{
    return table_name_text(trials->arena,
                           trial->dependant ? trial->dependant->table : trial->category->table);
}

static void report(struct trials *trials, const struct trial *trial, const char *why)
{
    const struct stage *stage = &trial->category->stages[trial->stage];
    struct diag *d = diag_add(trials->diags, trials->warns ? DIAG_WARNING : DIAG_ERROR, stage->at,
                              "stage \"%s\" cannot change records of \"%s\": %s", stage->name,
                              table_of(trials, trial), why);
    diag_hint(trials->diags, d, "It was tried on some of them, and rolled back.");
}

static void report_busy(struct trials *trials, const struct trial *trial)
{
    const struct stage *stage = &trial->category->stages[trial->stage];
    struct diag *d =
        diag_warning(trials->diags, stage->at,
                     "stage \"%s\" was not tried on records of \"%s\": others have them "
                     "locked, or the server is busy",
                     stage->name, table_of(trials, trial));
    diag_hint(trials->diags, d,
              "\"retentionctl check\" tries again; a run sets aside what it cannot change.");
}

/* On to the next; after a finding to the next table, not to the same one's other leaves. */
static void go_on(struct trials *trials, bool found)
{
    const struct trial before = trials->list[trials->at];
    trials->by_column = false;
    do
        trials->at++;
    while (found && trials->at < trials->count &&
           trials->list[trials->at].category == before.category &&
           trials->list[trials->at].stage == before.stage &&
           trials->list[trials->at].dependant == before.dependant);
}

/* The column that was tried is the one, or the next one is tried. */
static void answer_column(struct trials *trials, const struct trial_answer *answer)
{
    const struct trial *trial = &trials->list[trials->at];
    size_t count;
    const struct transform *columns = columns_of(trial, &count);
    bool is_it = answer->sqlstate && !says_nothing(answer->sqlstate) && !was_busy(answer->sqlstate);
    if (!is_it && ++trials->column < count)
        return;
    report(trials, trial,
           is_it ? arena_printf(trials->arena, "%s of column \"%s\"", trials->refused,
                                columns[trials->column].column)
                 : trials->refused);
    go_on(trials, true);
}

void trials_answer(struct trials *trials, const struct trial_answer *answer)
{
    const struct trial *trial = &trials->list[trials->at];
    bool names_column;
    if (trials->by_column) {
        answer_column(trials, answer);
        return;
    }
    if (!answer->sqlstate) {
        bool found = answer->unchanged && strcmp(answer->unchanged, "0") != 0;
        if (found)
            report(trials, trial,
                   "a trigger puts other values in the place of those that were set");
        go_on(trials, found);
        return;
    }
    if (says_nothing(answer->sqlstate) || was_busy(answer->sqlstate)) {
        if (was_busy(answer->sqlstate))
            report_busy(trials, trial);
        go_on(trials, true);
        return;
    }
    const char *place = place_of(trials, trial, answer, &names_column);
    trials->refused =
        arena_printf(trials->arena, "%s%s", sqlstate_condition(answer->sqlstate), place);
    size_t count;
    (void)columns_of(trial, &count);
    if (*place || names_column || !count) {
        report(trials, trial, trials->refused);
        go_on(trials, true);
        return;
    }
    trials->by_column = true;
    trials->column = 0;
}
