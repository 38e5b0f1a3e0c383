/* What else changes with a column: what the policies decide by it, keys, and what the table makes
 * of it, generated columns above all. A change that reaches one of these is refused. */
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "policy/definition.h"
#include "policy/quote.h"
#include "policy/transform.h"
#include "policy/validate_internal.h"

/* ---- what decides ---- */

/* A column of a table, to be looked for. */
struct wanted {
    const struct catalog *catalog;
    const struct catalog_table *table;
    const char *column;
};

static bool is_own(const struct wanted *w, const struct catalog_table *table, const char *column)
{
    return table == w->table && text_equal(column, w->column);
}

static bool ref_names(const struct wanted *w, const struct catalog_table *of, const struct ref *ref)
{
    const struct catalog_table *other =
        ref->kind == REF_COLUMN ? of : resolve_table(w->catalog, ref->table);
    if (is_own(w, other, ref->column))
        return true;
    if ((ref->kind == REF_PARENT ? of : other) == w->table && ref->kind != REF_COLUMN &&
        string_list_has(&ref->by, w->column))
        return true;
    return ref->none && ref_names(w, of, ref->none);
}

static bool start_names(const struct wanted *w, const struct catalog_table *of,
                        const struct start *start)
{
    for (size_t i = 0; i < start->ref_count; i++)
        if (ref_names(w, of, &start->refs[i]))
            return true;
    return false;
}

static bool conditions_name(const struct wanted *w, const struct catalog_table *of,
                            const struct conditions *only)
{
    for (size_t i = 0; i < only->all_count; i++)
        if (ref_names(w, of, &only->all[i].ref))
            return true;
    for (size_t i = 0; i < only->any_count; i++)
        if (ref_names(w, of, &only->any[i].ref))
            return true;
    return false;
}

static bool dependants_name(const struct wanted *w, const struct dependant *with, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct catalog_table *table = resolve_table(w->catalog, with[i].table);
        if (table == w->table &&
            (string_list_has(&with[i].by, w->column) || string_list_has(&with[i].key, w->column)))
            return true;
        if (dependants_name(w, with[i].with, with[i].with_count))
            return true;
    }
    return false;
}

/* What of a category would be judged by the column; NULL: nothing. */
static const char *decides(const struct wanted *w, const struct category *category)
{
    const struct catalog_table *of = resolve_table(w->catalog, category->table);
    const struct agreement_table *agreements = &category->agreement_table;
    if (start_names(w, of, &category->start))
        return "the starting point";
    if (category->has_tenant && ref_names(w, of, &category->tenant))
        return "the tenant";
    if (conditions_name(w, of, &category->only))
        return "which records are its own";
    for (size_t i = 0; i < category->floor_count; i++)
        if (start_names(w, of, &category->floors[i].start))
            return "\"keep_at_least\"";
    if (category->cap && start_names(w, of, &category->cap->start))
        return "\"keep_at_most\"";
    for (size_t i = 0; i < category->stage_count; i++)
        if (start_names(w, of, &category->stages[i].start) ||
            conditions_name(w, of, &category->stages[i].only))
            return arena_printf(w->catalog->arena, "stage \"%s\"", category->stages[i].name);
    for (size_t i = 0; i < category->keep_while_count; i++) {
        const struct keep_while *keep = &category->keep_while[i];
        const struct catalog_table *child =
            keep->has_child ? resolve_table(w->catalog, keep->child) : of;
        if (conditions_name(w, child, &keep->only) ||
            (keep->has_child && child == w->table && string_list_has(&keep->by, w->column)))
            return "\"keep_while\"";
    }
    if (agreements->at.file && resolve_table(w->catalog, agreements->table) == w->table &&
        (text_equal(agreements->tenant, w->column) || text_equal(agreements->period, w->column)))
        return "the agreements";
    if (dependants_name(w, category->with, category->with_count))
        return "what hangs on a record";
    return NULL;
}

/* ---- what a change reaches ---- */

/* A column that a stage changes; or one that the table generates from it, and changes with it. */
struct changed {
    const struct transform *t;
    const char *column; /* t's, or the generated one */
    const char *words;  /* for messages: column "a"; generated column "b" (of column "a") */
};

static void check_one(struct check *check, struct position at, const char *column,
                      const char *through)
{
    const struct wanted wanted = {check->catalog, check->table, through ? through : column};
    for (size_t i = 0; i < check->set->category_count; i++) {
        const struct category *category = &check->set->categories[i];
        if (!check_is_about_table(category) || !resolve_table(check->catalog, category->table))
            continue;
        const char *what = decides(&wanted, category);
        if (!what)
            continue;
        const char *who =
            through ? arena_printf(check->arena, "generated column \"%s\", made of it,", through)
                    : "it";
        struct diag *d = diag_error(check->diags, at,
                                    "column \"%s\" cannot be changed: %s decides %s of category "
                                    "\"%s\"",
                                    column, who, what, category->name);
        diag_hint(check->diags, d, "With another value the record would be judged otherwise.");
        return;
    }
}

static void check_constraints(struct check *check, const struct changed *c)
{
    const struct catalog_table *table = check->table;
    for (size_t i = 0; i < table->constraint_count; i++) {
        const struct catalog_constraint *key = &table->constraints[i];
        if (key->type != 'f' || !names_have(key->columns, key->column_count, c->column))
            continue;
        struct diag *d = diag_error(check->diags, c->t->at, "%s is part of foreign key \"%s\"",
                                    c->words, key->name);
        diag_hint(check->diags, d, "Its values name rows of another table.");
        return;
    }
    for (size_t i = 0; i < check->catalog->table_count; i++)
        for (size_t k = 0; k < check->catalog->tables[i].constraint_count; k++) {
            const struct catalog_constraint *key = &check->catalog->tables[i].constraints[k];
            if (key->type != 'f' || key->foreign_table != table->oid ||
                !names_have(key->foreign_columns, key->foreign_column_count, c->column))
                continue;
            diag_error(check->diags, c->t->at, "%s is what foreign key \"%s\" of \"%s\" names",
                       c->words, key->name, check_name(check, &check->catalog->tables[i]));
            return;
        }
}

/* NULL may stand in many records, unless the index says otherwise. */
static void check_indexes(struct check *check, const struct changed *c)
{
    const struct transform *t = c->t;
    const struct catalog_table *table = check->table;
    for (size_t i = 0; i < table->index_count; i++) {
        const struct catalog_index *index = &table->indexes[i];
        if (!index->unique || !names_have(index->columns, index->column_count, c->column) ||
            t->as->unique || (text_equal(t->as->name, "nullify") && !index->nulls_equal))
            continue;
        struct diag *d = diag_error(check->diags, t->at,
                                    "\"%s\" gives the same value to many records, but %s is part "
                                    "of unique index \"%s\"",
                                    t->as->name, c->words, index->name);
        diag_hint(check->diags, d, "Use \"random_token\"%s.",
                  index->nulls_equal ? "" : ", or \"nullify\"");
        return;
    }
}

static void check_copies(struct check *check, const struct changed *c)
{
    const struct catalog_column *column = catalog_column(check->table, c->column);
    for (size_t i = 0; i < check->table->copy_count && column; i++) {
        const struct catalog_copy *copy = &check->table->copies[i];
        struct diag *d;
        if (copy->attnum != column->attnum)
            continue;
        switch (copy->kind) {
        case 'm':
            d = diag_error(check->diags, c->t->at,
                           "materialized view \"%s\" keeps the old values of %s", copy->name,
                           c->words);
            diag_hint(check->diags, d, "Leave the column out of it, or make it a plain view.");
            break;
        case 'e':
            d = diag_error(check->diags, c->t->at, "index \"%s\" is over an expression of %s",
                           copy->name, c->words);
            diag_hint(check->diags, d, "DROP INDEX %s.%s;",
                      quote_name(check->arena, check->table->schema),
                      quote_name(check->arena, copy->name));
            break;
        case 'k':
            d = diag_error(check->diags, c->t->at, "%s is part of the partition key", c->words);
            diag_hint(check->diags, d, "The record would move to another partition.");
            break;
        default: /* a generated column: check_reach */
            break;
        }
    }
}

/* The generated column of that number that is made of the column, or NULL. */
static const char *generated_of(const struct check *check, const struct catalog_column *column,
                                size_t number)
{
    for (size_t i = 0; i < check->table->copy_count; i++)
        if (check->table->copies[i].kind == 'g' &&
            check->table->copies[i].attnum == column->attnum && number-- == 0)
            return check->table->copies[i].name;
    return NULL;
}

void check_decides(struct check *check, struct position at, const struct catalog_column *column)
{
    const char *generated;
    check_one(check, at, column->name, NULL);
    for (size_t i = 0; (generated = generated_of(check, column, i)) != NULL; i++)
        check_one(check, at, column->name, generated);
}

void check_reach(struct check *check, const struct transform *t,
                 const struct catalog_column *column, const struct string_list *key)
{
    const char *name = arena_printf(check->arena, "column \"%s\"", t->column), *generated;
    const struct changed own = {t, t->column, name};
    check_constraints(check, &own);
    check_indexes(check, &own);
    check_copies(check, &own);
    for (size_t i = 0; (generated = generated_of(check, column, i)) != NULL; i++) {
        const struct changed c = {
            t, generated,
            arena_printf(check->arena, "generated column \"%s\" (of %s)", generated, name)};
        if (string_list_has(key, generated)) {
            diag_error(check->diags, t->at, "%s is part of the key", c.words);
            continue;
        }
        check_constraints(check, &c);
        check_indexes(check, &c);
        check_copies(check, &c);
    }
    check_decides(check, t->at, column);
}
