/* Stages that aggregate: can their columns be counted, and is the target as it must be?
 *
 * Whatever would refuse a cell at the time it is to be published is refused here: it would not be
 * published then, and its records are gone. */
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "policy/aggregate.h"
#include "policy/definition.h"
#include "policy/quote.h"
#include "policy/resolve.h"
#include "policy/transform.h"
#include "policy/validate_internal.h"

enum { NULLS_NOT_DISTINCT_SINCE = 150000 };

struct target {
    struct check *check;
    const struct stage *stage;
    const struct catalog_table *table;
    struct target_column *columns;
    size_t column_count;
};

static const struct target_column *find_column(const struct target *t, const char *name)
{
    for (size_t i = 0; i < t->column_count; i++)
        if (text_equal(t->columns[i].name, name))
            return &t->columns[i];
    return NULL;
}

/* --- what is counted --- */

static void report_type(struct check *check, const struct target_column *c,
                        const struct catalog_column *source, bool truncated, bool sums)
{
    struct diag *diag = diag_error(
        check->diags, c->at,
        c->is_dimension && truncated ? "column \"%s\" is of type \"%s\", which is no moment"
        : c->is_dimension            ? "column \"%s\" is of type \"%s\", which makes no cells"
        : sums                       ? "column \"%s\" is of type \"%s\", which has no exact sum"
                                     : "column \"%s\" is of type \"%s\", which is no number",
        source->name, source->type);
    if (truncated)
        diag_hint(check->diags, diag, "date_trunc needs a timestamp or a date.");
    else if (c->is_dimension && !source->deterministic_collation)
        diag_hint(check->diags, diag,
                  "Its collation is not deterministic: different texts are equal in it.");
    else if (c->is_dimension && strcmp(source->base_type, "date") != 0 &&
             text_starts_with(source->base_type, "timestamp "))
        diag_hint(check->diags, diag, "Add as = \"date_trunc\" and a unit.");
    else if (c->is_dimension)
        diag_hint(check->diags, diag,
                  "Dimensions are texts, whole numbers, numeric, uuid, boolean, dates and enums.");
    else if (sums)
        diag_hint(check->diags, diag,
                  "Sums are of whole numbers and numeric, since they must not depend on the order "
                  "in which they are made.");
}

/* What of a person the column would publish; NULL: nothing that the category knows of. A tenant's
 * own column is no way to a subject of its parent's row. */
static const char *tells_of(const struct category *category, const char *column)
{
    for (size_t i = 0; i < category->subject_count; i++) {
        const struct ref *subject = &category->subjects[i];
        bool is_tenant = category->has_tenant && category->tenant.kind == REF_COLUMN &&
                         text_equal(category->tenant.column, column);
        if (subject->kind == REF_COLUMN && text_equal(subject->column, column))
            return "is a subject";
        for (size_t k = 0; subject->kind == REF_PARENT && !is_tenant && k < subject->by.count; k++)
            if (text_equal(subject->by.items[k], column))
                return "leads to a subject";
    }
    for (size_t i = 0; i < category->identifiers.count; i++)
        if (text_equal(category->identifiers.items[i], column))
            return "is an identifier";
    return NULL;
}

/* A period says nothing of a person. What an earlier stage made of the column does not help: late
 * records are counted as they came. */
static void check_dimension(struct check *check, const struct aggregate_by *by)
{
    const char *what = by->truncated || !by->column ? NULL : tells_of(check->category, by->column);
    if (!what)
        return;
    struct diag *diag =
        diag_error(check->diags, by->at,
                   "dimension \"%s\" %s, and would be published with every cell", by->column, what);
    diag_hint(check->diags, diag,
              "\"k\" counts persons by the first subject alone. Leave the dimension out, or take a "
              "column that tells of no person.");
}

static void check_sources(struct target *t)
{
    const struct aggregate *a = t->stage->aggregate;
    for (size_t i = 0; i < a->by_count; i++)
        check_dimension(t->check, &a->by[i]);
    for (size_t i = 0; i < t->column_count; i++) {
        const struct target_column *c = &t->columns[i];
        const struct catalog_column *source =
            c->source ? check_column(t->check, c->at, t->check->table, c->source) : NULL;
        if (!source || c->type)
            continue;
        bool sums = !c->is_dimension && a->measures[i - a->by_count].kind == MEASURE_SUM;
        report_type(t->check, c, source, c->is_dimension && a->by[i].truncated, sums);
    }
}

/* --- the target's columns --- */

static void report_missing_table(struct target *t)
{
    struct check *check = t->check;
    struct diag *diag =
        diag_error(check->diags, t->stage->at,
                   "table \"%s\", which stage \"%s\" aggregates into, "
                   "does not exist",
                   table_name_text(check->arena, t->stage->aggregate->into), t->stage->name);
    diag_hint(check->diags, diag, "\"retentionctl setup --sql\" prints its CREATE TABLE.");
}

static void check_column_of(struct target *t, const struct target_column *c)
{
    struct check *check = t->check;
    if (!c->name || !c->type)
        return; /* reported already */
    const struct catalog_column *column = check_column(check, c->at, t->table, c->name);
    struct diag *diag;
    if (!column)
        return;
    if (strcmp(column->full_type, c->type) != 0 &&
        (!c->or || strcmp(column->full_type, c->or) != 0)) {
        diag = diag_error(check->diags, c->at,
                          "column \"%s\" of \"%s\" is of type \"%s\", and must be \"%s\"%s%s%s",
                          c->name, check_name(check, t->table), column->full_type, c->type,
                          c->or ? " or \"" : "", c->or ? c->or : "", c->or ? "\"" : "");
        diag_hint(check->diags, diag, "ALTER TABLE %s ALTER COLUMN %s TYPE %s;",
                  quote_table(check->arena, t->table), quote_name(check->arena, c->name), c->type);
    } else if (column->generated || column->identity) {
        diag_error(check->diags, c->at, "column \"%s\" of \"%s\" makes its own values", c->name,
                   check_name(check, t->table));
    } else if (column->not_null && c->is_dimension && c->may_be_null) {
        diag = diag_error(check->diags, c->at,
                          "column \"%s\" of \"%s\" is NOT NULL, but \"%s\" may be unknown", c->name,
                          check_name(check, t->table), c->source);
        diag_hint(check->diags, diag, "ALTER TABLE %s ALTER COLUMN %s DROP NOT NULL;",
                  quote_table(check->arena, t->table), quote_name(check->arena, c->name));
    } else if (c->is_dimension && !column->deterministic_collation) {
        diag_error(check->diags, c->at,
                   "column \"%s\" of \"%s\" has a collation that is not deterministic", c->name,
                   check_name(check, t->table));
    }
}

static void check_other_columns(struct target *t)
{
    for (size_t i = 0; i < t->table->column_count; i++) {
        const struct catalog_column *column = &t->table->columns[i];
        if (!column->not_null || column->has_default || column->generated || column->identity ||
            find_column(t, column->name))
            continue;
        struct diag *diag = diag_error(
            t->check->diags, t->stage->at,
            "column \"%s\" of \"%s\" is NOT NULL and has no default, and stage \"%s\" does not "
            "fill it",
            column->name, check_name(t->check, t->table), t->stage->name);
        diag_hint(t->check->diags, diag, "Give it a default, or drop it.");
    }
}

/* --- what would refuse a row --- */

/* Over the dimensions, all of them and nothing else? */
static bool is_cell_key(const struct target *t, const struct catalog_index *index)
{
    size_t dimensions = t->stage->aggregate->by_count;
    if (index->column_count != dimensions || index->expression || index->partial)
        return false;
    for (size_t i = 0; i < index->column_count; i++) {
        const struct target_column *c = find_column(t, index->columns[i]);
        if (!c || !c->is_dimension)
            return false;
    }
    return true;
}

/* Of values that the table makes itself? */
static bool is_of_its_own(const struct target *t, const struct catalog_index *index)
{
    for (size_t i = 0; i < index->column_count; i++)
        if (!*index->columns[i] || find_column(t, index->columns[i]))
            return false;
    return true;
}

static void check_unique(struct target *t)
{
    struct check *check = t->check;
    bool found = false, nullable = false;
    for (size_t i = 0; i < t->column_count; i++)
        if (t->columns[i].is_dimension && t->columns[i].name) {
            const struct catalog_column *column = catalog_column(t->table, t->columns[i].name);
            nullable |= column && !column->not_null;
        }
    for (size_t i = 0; i < t->table->index_count; i++) {
        const struct catalog_index *index = &t->table->indexes[i];
        if (!index->unique)
            continue;
        if (is_cell_key(t, index)) {
            found |= index->valid && index->immediate && (index->nulls_equal || !nullable);
        } else if (!is_of_its_own(t, index)) {
            diag_error(check->diags, t->stage->at,
                       "unique index \"%s\" of \"%s\" is over other columns than \"by\" of stage "
                       "\"%s\"",
                       index->name, check_name(check, t->table), t->stage->name);
        }
    }
    if (found)
        return;
    struct string_list names = {0};
    for (size_t i = 0; i < t->column_count; i++)
        if (t->columns[i].is_dimension && t->columns[i].name) {
            names.items = arena_push(check->arena, names.items, &names.count, sizeof(*names.items));
            names.items[names.count - 1] = t->columns[i].name;
        }
    struct diag *diag = diag_error(check->diags, t->stage->at,
                                   "\"%s\" has no unique key over the dimensions of stage \"%s\"",
                                   check_name(check, t->table), t->stage->name);
    diag_hint(check->diags, diag, "ALTER TABLE %s ADD UNIQUE NULLS NOT DISTINCT (%s);",
              quote_table(check->arena, t->table), quote_names(check->arena, &names));
}

static void check_obstacles(struct target *t)
{
    struct check *check = t->check;
    const char *name = check_name(check, t->table);
    const struct position at = t->stage->at;
    if (t->table->row_security)
        diag_error(check->diags, at, "\"%s\" has row-level security", name);
    for (size_t i = 0; i < t->table->trigger_count; i++) {
        const struct catalog_trigger *trigger = &t->table->triggers[i];
        if (trigger->internal || trigger->enabled == 'D' || !trigger->on_insert)
            continue;
        struct diag *diag = diag_error(check->diags, at,
                                       "trigger \"%s\" of \"%s\" could refuse or change what is "
                                       "published",
                                       trigger->name, name);
        diag_hint(check->diags, diag, "Drop it: nothing is published past a trigger.");
    }
    for (size_t i = 0; i < t->table->rule_count; i++)
        if (t->table->rules[i].event == '3')
            diag_error(check->diags, at, "rule \"%s\" of \"%s\" could change what is published",
                       t->table->rules[i].name, name);
    for (size_t i = 0; i < t->table->constraint_count; i++) {
        const struct catalog_constraint *constraint = &t->table->constraints[i];
        if (constraint->type != 'f' && constraint->type != 'c' && constraint->type != 'x')
            continue;
        struct diag *diag = diag_error(check->diags, at,
                                       "constraint \"%s\" of \"%s\" could refuse what is published",
                                       constraint->name, name);
        diag_hint(
            check->diags, diag,
            "ALTER TABLE %s DROP CONSTRAINT %s;\nThe records that a cell counts are gone when "
            "it is published.",
            quote_table(check->arena, t->table), quote_name(check->arena, constraint->name));
    }
}

/* What runs when a cell is published; the defaults of columns that it does not fill, too. */
static void check_called(struct target *t)
{
    struct check *check = t->check;
    check_functions(check, t->stage->at, t->table);
    for (size_t i = 0; i < t->table->column_count; i++) {
        const struct catalog_column *column = &t->table->columns[i];
        for (size_t k = 0; k < column->function_count; k++)
            if (!column->generated && !find_column(t, column->name))
                check_function(
                    check, t->stage->at, t->table, column->functions[k],
                    arena_printf(check->arena, "default of column \"%s\"", column->name));
    }
}

static void check_privileges(struct target *t)
{
    struct check *check = t->check;
    const struct catalog *catalog = check->catalog;
    if (!catalog->worker_exists)
        return;
    enum diag_level level = check->category->mode == MODE_OBSERVE ? DIAG_WARNING : DIAG_ERROR;
    const char *role = quote_name(check->arena, catalog->worker_role);
    struct diag *diag;
    if (!t->table->may_insert) {
        diag = diag_add(check->diags, level, t->stage->at, "role \"%s\" lacks INSERT on \"%s\"",
                        catalog->worker_role, check_name(check, t->table));
        diag_hint(check->diags, diag, "GRANT INSERT ON TABLE %s TO %s;",
                  quote_table(check->arena, t->table), role);
    }
    if (!t->table->may_use_schema) {
        diag =
            diag_add(check->diags, level, t->stage->at, "role \"%s\" lacks USAGE on schema \"%s\"",
                     catalog->worker_role, t->table->schema);
        diag_hint(check->diags, diag, "GRANT USAGE ON SCHEMA %s TO %s;",
                  quote_name(check->arena, t->table->schema), role);
    }
    if (t->table->may_update || t->table->may_delete) {
        const char *names = !t->table->may_delete   ? "UPDATE"
                            : !t->table->may_update ? "DELETE"
                                                    : "UPDATE, DELETE";
        diag = diag_warning(check->diags, t->stage->at,
                            "role \"%s\" has %s on \"%s\": it only adds to what is published",
                            catalog->worker_role, names, check_name(check, t->table));
        diag_hint(check->diags, diag, "REVOKE %s ON TABLE %s FROM %s;", names,
                  quote_table(check->arena, t->table), role);
    }
}

/* --- the whole --- */

static void check_shared_target(struct target *t)
{
    const struct policy_set *set = t->check->set;
    for (size_t i = 0; i < set->category_count; i++)
        for (size_t s = 0; s < set->categories[i].stage_count; s++) {
            const struct stage *other = &set->categories[i].stages[s];
            if (other == t->stage)
                return; /* reported at the later one */
            if (other->aggregate && other->aggregate->into.schema &&
                table_name_equal(other->aggregate->into, t->stage->aggregate->into))
                diag_error(t->check->diags, t->stage->at,
                           "stage \"%s\" aggregates into the same table as category \"%s\"",
                           t->stage->name, set->categories[i].name);
        }
}

static void check_target(struct target *t)
{
    struct check *check = t->check;
    t->table = resolve_table(check->catalog, t->stage->aggregate->into);
    if (!t->table) {
        report_missing_table(t);
        return;
    }
    if (t->table->kind != 'r' || t->table->is_partition || t->table->inherits) {
        diag_error(check->diags, t->stage->at,
                   "\"%s\", which stage \"%s\" aggregates into, is no "
                   "plain table",
                   check_name(check, t->table), t->stage->name);
        return;
    }
    for (size_t i = 0; i < t->column_count; i++)
        check_column_of(t, &t->columns[i]);
    check_other_columns(t);
    check_unique(t);
    check_obstacles(t);
    check_called(t);
    check_privileges(t);
    check_shared_target(t);
}

/* Two counts of the same records, by other dimensions: what one publishes less what the other does
 * is a count of few persons that neither would publish. Each protects its own cells alone. */
static void check_counted_once(struct check *check)
{
    const struct stage *first = NULL;
    for (size_t i = 0; i < check->category->stage_count; i++) {
        const struct stage *stage = &check->category->stages[i];
        if (stage->action != ACTION_AGGREGATE)
            continue;
        if (!first) {
            first = stage;
            continue;
        }
        struct diag *diag = diag_error(check->diags, stage->at,
                                       "stage \"%s\" counts the records that stage \"%s\" counted",
                                       stage->name, first->name);
        diag_hint(check->diags, diag,
                  "Taken from each other, the two tables would tell of fewer than k persons: "
                  "aggregate once, by all the dimensions.");
    }
}

/* The same of two categories, unless what they say of their records keeps these apart. */
static void check_counted_by_one(struct check *check, const struct stage *stage)
{
    const struct category *category = check->category;
    for (size_t i = 0; i < check->set->category_count; i++) {
        const struct category *other = &check->set->categories[i];
        if (other == category)
            return; /* reported at the later one */
        if (!check_is_about_table(other) || !table_name_equal(other->table, category->table) ||
            !check_may_share(check->table, category, other))
            continue;
        for (size_t s = 0; s < other->stage_count; s++) {
            if (other->stages[s].action != ACTION_AGGREGATE)
                continue;
            struct diag *diag =
                diag_error(check->diags, stage->at,
                           "stage \"%s\" counts records that stage \"%s\" of category \"%s\" "
                           "counts, too",
                           stage->name, other->stages[s].name, other->name);
            diag_hint(check->diags, diag,
                      "Taken from each other, the two tables would tell of fewer than k persons: "
                      "aggregate once, by all the dimensions; or give both categories an \"only\" "
                      "with eq or in on the same column and different values, or let one of them "
                      "take only = \"rest\".");
        }
    }
}

static bool counts_persons(const struct stage *stage)
{
    return stage->action == ACTION_AGGREGATE || stage->quasi.count > 0;
}

/* The stage, but `other`, that counts persons; else NULL. */
static const struct stage *counting_stage(const struct category *category, size_t other)
{
    for (size_t i = 0; i < category->stage_count; i++)
        if (i != other && counts_persons(&category->stages[i]))
            return &category->stages[i];
    return NULL;
}

/* Persons are told apart by the first subject. */
static bool is_random_subject(const struct category *category, const struct transform *t)
{
    const struct ref *subject = category->subjects;
    return t->as && text_equal(t->as->name, "random_token") && category->subject_count > 0 &&
           subject->kind == REF_COLUMN && text_equal(subject->column, t->column);
}

/* A random token for each record makes many persons of one: to another stage, k would mean nothing.
 * The stage itself counts before it changes. */
static void check_persons(struct check *check)
{
    const struct category *category = check->category;
    for (size_t i = 0; i < category->stage_count; i++) {
        const struct stage *counting = counting_stage(category, i);
        for (size_t k = 0; counting && k < category->stages[i].column_count; k++) {
            const struct transform *t = &category->stages[i].columns[k];
            if (!is_random_subject(category, t))
                continue;
            struct diag *diag = diag_error(check->diags, t->at,
                                           "\"random_token\" makes many persons of one, and stage "
                                           "\"%s\" counts persons by \"%s\"",
                                           counting->name, t->column);
            diag_hint(check->diags, diag, "Use \"hmac\", which is the same for the same person.");
        }
    }
}

/* --- what earlier stages leave to count --- */

/* The transformation after which nobody can be told apart by the first subject; NULL: none of the
 * stage's. Where only some records pass the stage, others still have theirs. */
static const struct transform *merges_persons(const struct category *category,
                                              const struct stage *stage)
{
    const struct ref *subject = category->subjects;
    for (size_t i = 0; i < stage->column_count; i++)
        if (text_equal(stage->columns[i].column, subject->column) &&
            transform_merges(&stage->columns[i], &subject->path) && !stage->start.ref_count &&
            !conditions_are_given(&stage->only))
            return &stage->columns[i];
    return NULL;
}

static bool changes_subject(const struct category *category, const struct stage *stage)
{
    const struct ref *subject = category->subjects;
    for (size_t i = 0; i < stage->column_count; i++) {
        const struct transform *t = &stage->columns[i];
        if (is_random_subject(category, t))
            return false; /* reported already */
        if (text_equal(t->column, subject->column))
            return !subject->path.count || !transform_spares_path(t, &subject->path);
    }
    for (size_t i = 0; i < stage->quasi.count; i++)
        if (text_equal(stage->quasi.items[i], subject->column))
            return true;
    return false;
}

static bool is_counted(const struct aggregate *a, const char *column)
{
    for (size_t i = 0; i < a->by_count; i++)
        if (text_equal(a->by[i].column, column))
            return true;
    for (size_t i = 0; i < a->measure_count; i++)
        if (text_equal(a->measures[i].column, column))
            return true;
    return false;
}

/* A run takes the last stage first: of the same records, the late ones are counted as they came,
 * the others as the earlier stage left them. */
static void check_changed_before(struct check *check, const struct stage *stage,
                                 const struct stage *before)
{
    const struct category *category = check->category;
    const char *subject = category->subjects[0].column, *column;
    const struct transform *merging = merges_persons(category, before);
    bool changes = changes_subject(category, before);
    struct string_list columns = {0};
    struct diag *diag;
    if (merging) {
        diag = diag_error(check->diags, merging->at,
                          "\"%s\" leaves nobody to be told apart by \"%s\", and stage \"%s\" "
                          "counts persons by it: no cell would be published",
                          merging->as->name, subject, stage->name);
        diag_hint(check->diags, diag,
                  "Use \"hmac\", which is the same for the same person, or count first: a stage "
                  "with then = \"deidentify\" changes columns when it has counted.");
    }
    for (size_t i = 0; (column = policy_stage_column(before, i)) != NULL; i++)
        if (text_equal(column, subject) ? changes && !merging
                                        : is_counted(stage->aggregate, column)) {
            columns.items =
                arena_push(check->arena, columns.items, &columns.count, sizeof(*columns.items));
            columns.items[columns.count - 1] = column;
        }
    if (!columns.count)
        return;
    diag =
        diag_warning(check->diags, before->at,
                     "stage \"%s\" changes %s before stage \"%s\" counts by %s", before->name,
                     check_names(check, &columns), stage->name, columns.count == 1 ? "it" : "them");
    diag_hint(check->diags, diag,
              "Records that are late pass stage \"%s\" first, and are counted as they came.%s",
              stage->name,
              changes && !merging
                  ? arena_printf(check->arena,
                                 "\nTo \"k\", a person with records of both kinds is two, and "
                                 "persons whom \"%s\" no longer tells apart are one.",
                                 subject)
                  : "");
}

static void check_earlier(struct check *check, const struct stage *stage)
{
    const struct category *category = check->category;
    if (!category->subject_count || category->subjects[0].kind != REF_COLUMN)
        return; /* reported already */
    for (const struct stage *before = category->stages; before < stage; before++)
        check_changed_before(check, stage, before);
}

void check_aggregates(struct check *check)
{
    check_counted_once(check);
    check_persons(check);
    for (size_t i = 0; i < check->category->stage_count; i++) {
        const struct stage *stage = &check->category->stages[i];
        if (stage->action != ACTION_AGGREGATE || !stage->aggregate ||
            !stage->aggregate->into.schema)
            continue;
        check_counted_by_one(check, stage);
        check_earlier(check, stage);
        if (check->catalog->server_version < NULLS_NOT_DISTINCT_SINCE) {
            struct diag *diag =
                diag_error(check->diags, stage->at,
                           "stage \"%s\" aggregates, which needs PostgreSQL 15", stage->name);
            diag_hint(check->diags, diag,
                      "Before it, no unique key can tell that two cells of an unknown value are "
                      "the same.");
            continue;
        }
        struct target target = {.check = check, .stage = stage};
        target.columns =
            aggregate_columns(check->arena, stage->aggregate, check->table, &target.column_count);
        check_sources(&target);
        check_target(&target);
    }
}
