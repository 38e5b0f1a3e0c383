#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "policy/definition.h"
#include "policy/drop.h"
#include "policy/transform.h"

/* ---- one category ---- */

static void check_stages(const struct category *c, struct diags *diags)
{
    for (size_t i = 0; i < c->stage_count; i++) {
        const struct stage *s = &c->stages[i];
        if (!policy_action(s->action)->available && c->mode != MODE_DECLARED)
            diag_error(diags, s->at, "stage action \"%s\" is not available in this version",
                       policy_action_name(s->action));
        if (policy_stage_removes(s) && i + 1 < c->stage_count)
            diag_hint(diags,
                      diag_error(diags, s->at, "stage \"%s\" %s, but is not the last", s->name,
                                 policy_action(s->action)->does),
                      "Nothing is left for the stages after it.");
        if (s->action == ACTION_AGGREGATE && c->mode != MODE_DECLARED)
            aggregate_check(c, s, diags);
        for (size_t j = 0; j < i; j++)
            if (text_equal(c->stages[j].name, s->name))
                diag_error(diags, s->at, "two stages have the name \"%s\"", s->name);
        if (c->data_at.file && !c->start.at.file && !s->start.at.file)
            diag_hint(diags,
                      diag_error(diags, s->at, "stage \"%s\" has no starting point", s->name),
                      "Add \"start\" to the category's data, or to the stage.");
        if (i && !s->start.ref_count && !c->stages[i - 1].start.ref_count &&
            period_is_shorter(s->after, c->stages[i - 1].after))
            diag_hint(diags,
                      diag_error(diags, s->at,
                                 "stage \"%s\" comes after \"%s\", but its period is shorter",
                                 s->name, c->stages[i - 1].name),
                      "Stages stand in the order of their periods.");
        if (c->cap && !c->cap->start.ref_count && !s->start.ref_count &&
            period_is_shorter(c->cap->period, s->after))
            diag_hint(diags,
                      diag_warning(diags, s->at,
                                   "stage \"%s\" has a longer period than \"keep_at_most\"",
                                   s->name),
                      "The cap counts.");
    }
}

static void check_stage_name(const struct category *c, struct position at, const char *what,
                             const char *stage, struct diags *diags)
{
    enum { MOST_STAGES = 32 };
    const char *names[MOST_STAGES];
    size_t count = 0;
    if (!stage) {
        if (c->stage_count > 1)
            diag_hint(diags, diag_error(diags, at, "agreement names no stage"),
                      "There are %zu stages; add stage = \"...\".", c->stage_count);
        return;
    }
    for (size_t i = 0; i < c->stage_count && count < MOST_STAGES; i++) {
        if (text_equal(c->stages[i].name, stage))
            return;
        names[count++] = c->stages[i].name;
    }
    struct diag *d = diag_error(diags, at, "%s refers to an unknown stage \"%s\"", what, stage);
    const char *nearest = text_nearest(stage, names, count);
    if (nearest)
        diag_hint(diags, d, "Did you mean \"%s\"?", nearest);
    else if (count == 1)
        diag_hint(diags, d, "The stage's name is \"%s\".", names[0]);
}

static void check_limits(const struct category *c, struct diags *diags)
{
    for (size_t i = 0; i < c->floor_count; i++)
        if (c->floors[i].stage)
            check_stage_name(c, c->floors[i].at, "\"keep_at_least\"", c->floors[i].stage, diags);
    for (size_t i = 0; c->cap && i < c->floor_count; i++)
        if (!c->cap->start.ref_count && !c->floors[i].start.ref_count &&
            period_is_shorter(c->cap->period, c->floors[i].period))
            diag_hint(diags,
                      diag_warning(diags, c->floors[i].at,
                                   "\"keep_at_least\" is longer than \"keep_at_most\""),
                      "The records are kept, and reported.");
}

static void check_agreements(const struct category *c, struct diags *diags)
{
    const struct agreement_table *t = &c->agreement_table;
    struct position at = t->at.file ? t->at : c->agreement_count ? c->agreements[0].at : t->at;
    if (at.file && c->data_at.file && !c->has_tenant)
        diag_hint(diags, diag_error(diags, at, "agreements need a tenant"),
                  "Add \"tenant\" to the category's data.");
    for (size_t i = 0; i < c->agreement_count; i++) {
        const struct agreement *a = &c->agreements[i];
        check_stage_name(c, a->at, "agreement", a->stage, diags);
        for (size_t j = 0; j < i; j++)
            if (a->tenant && text_equal(c->agreements[j].tenant, a->tenant) &&
                text_equal(c->agreements[j].stage, a->stage))
                diag_error(diags, a->at, "tenant \"%s\" has two agreements for the same stage",
                           a->tenant);
        if (c->cap && period_is_shorter(c->cap->period, a->after))
            diag_hint(diags,
                      diag_warning(diags, a->at, "agreement is longer than \"keep_at_most\""),
                      "The cap counts.");
    }
    if (!t->at.file)
        return;
    check_stage_name(c, t->at, "agreement", t->stage, diags);
    if (period_is_shorter(t->max, t->min))
        diag_error(diags, t->at, "\"min\" of the agreements is longer than \"max\"");
}

/* What becomes of a dependant's columns is for one stage to say. */
static void check_dependant_columns(const struct category *c, const struct dependant *d,
                                    const char *table, struct diags *diags)
{
    size_t changing = 0;
    if (d->stage && !d->column_count)
        diag_error(diags, d->at, "dependant \"%s\" names a stage, but has no \"columns\"", table);
    if (!d->column_count)
        return;
    for (size_t i = 0; i < c->stage_count; i++)
        changing += !policy_stage_removes(&c->stages[i]);
    const struct stage *stage = policy_dependant_stage(c, d);
    if (d->stage && !stage)
        diag_hint(
            diags,
            diag_error(diags, d->at,
                       "dependant \"%s\" refers to stage \"%s\", which de-identifies nothing",
                       table, d->stage),
            "Its columns are changed together with the record's: name a stage that does that.");
    else if (!changing)
        diag_hint(diags,
                  diag_error(diags, d->at,
                             "dependant \"%s\" has \"columns\", but no stage de-identifies", table),
                  "Where the record is deleted, its dependants are deleted too.");
    else if (!stage)
        diag_hint(
            diags,
            diag_error(diags, d->at, "dependant \"%s\" has \"columns\", but names no stage", table),
            "There are %zu stages that de-identify; add stage = \"...\".", changing);
    for (size_t i = 0; i < d->column_count; i++)
        if (d->columns[i].as && !d->columns[i].as->testable)
            diag_hint(
                diags,
                diag_error(diags, d->columns[i].at,
                           "that \"%s\" was done cannot be seen in column \"%s\" of a dependant",
                           d->columns[i].as->name, d->columns[i].column),
                "Dependants have no mark. Use \"nullify\", \"constant\" or the like.");
}

static void check_dependants(struct arena *arena, const struct category *c,
                             const struct dependant *items, size_t count, struct diags *diags)
{
    for (size_t i = 0; i < count; i++) {
        if (!items[i].table.schema)
            continue;
        const char *table = table_name_text(arena, items[i].table);
        if (table_name_equal(items[i].table, c->table))
            diag_error(diags, items[i].at, "dependant \"%s\" is the category's own table", table);
        for (size_t j = 0; j < i; j++)
            if (table_name_equal(items[i].table, items[j].table))
                diag_error(diags, items[i].at, "dependant \"%s\" is named twice", table);
        check_dependant_columns(c, &items[i], table, diags);
        check_dependants(arena, c, items[i].with, items[i].with_count, diags);
    }
}

/* What the table must be is for validation to say. */
static void check_drop_empty(const struct category *c, struct diags *diags)
{
    const char *hint, *problem = c->mode == MODE_DECLARED ? NULL : drop_problem(c, &hint);
    if (problem)
        diag_hint(diags, diag_error(diags, c->drop_empty_at, "\"drop_empty\" %s", problem), "%s",
                  hint);
}

void category_check(struct arena *arena, const struct category *c, struct diags *diags)
{
    check_drop_empty(c, diags);
    check_stages(c, diags);
    check_limits(c, diags);
    check_agreements(c, diags);
    check_dependants(arena, c, c->with, c->with_count, diags);
    if (c->key_given && !c->key.count && c->evidence != EVIDENCE_COUNTS)
        diag_hint(diags, diag_error(diags, c->data_at, "\"key\" is empty"),
                  "Without a key there are no digests of records: add evidence = \"counts\".");
}

/* ---- the whole set ---- */

static void check_waits(const struct policy_set *set, const struct category *c, struct diags *diags)
{
    enum { MOST_NAMES = 512 };
    const char *names[MOST_NAMES];
    size_t count = 0;
    for (size_t i = 0; i < set->category_count && count < MOST_NAMES; i++)
        names[count++] = set->categories[i].name;
    for (size_t i = 0; i < c->wait_for.count; i++) {
        const char *name = c->wait_for.items[i];
        const struct category *other = policy_find(set, name);
        if (other == c) {
            diag_error(diags, c->data_at, "category \"%s\" waits for itself", name);
        } else if (!other) {
            struct diag *d = diag_error(diags, c->data_at,
                                        "\"wait_for\" names an unknown category \"%s\"", name);
            const char *nearest = text_nearest(name, names, count);
            if (nearest)
                diag_hint(diags, d, "Did you mean \"%s\"?", nearest);
        } else if (other->mode == MODE_DECLARED) {
            diag_hint(diags,
                      diag_error(diags, c->data_at, "\"wait_for\" names a declared category \"%s\"",
                                 name),
                      "Its rows are not in this database.");
        }
    }
}

/* Follows wait_for from c; true if it comes back to `from`. Each category is entered once. */
static bool waits_reach(const struct policy_set *set, const struct category *c,
                        const struct category *from, bool *seen)
{
    for (size_t i = 0; i < c->wait_for.count; i++) {
        const struct category *next = policy_find(set, c->wait_for.items[i]);
        if (!next || next == c)
            continue;
        if (next == from)
            return true;
        size_t index = (size_t)(next - set->categories);
        if (seen[index])
            continue;
        seen[index] = true;
        if (waits_reach(set, next, from, seen))
            return true;
    }
    return false;
}

static void check_cycles(const struct policy_set *set, struct diags *diags)
{
    for (size_t i = 0; i < set->category_count; i++) {
        const struct category *c = &set->categories[i];
        bool *seen = arena_alloc(set->arena, set->category_count * sizeof(*seen));
        if (!waits_reach(set, c, c, seen))
            continue;
        diag_hint(diags,
                  diag_error(diags, c->data_at, "category \"%s\" waits for itself through others",
                             c->name),
                  "Remove one \"wait_for\" of the circle.");
    }
}

/* Two categories of one table: reported at the later one. */
static void check_shared_table(const struct policy_set *set, const struct category *a,
                               const struct category *b, struct diags *diags)
{
    const char *table = table_name_text(set->arena, a->table);
    if (a->only.rest && b->only.rest) {
        diag_error(diags, b->data_at, "categories \"%s\" and \"%s\" both take the rest of \"%s\"",
                   a->name, b->name, table);
    } else if (policy_removes(a) && policy_removes(b) &&
               (!conditions_are_given(&a->only) || !conditions_are_given(&b->only))) {
        diag_hint(diags,
                  diag_error(diags, b->data_at,
                             "categories \"%s\" and \"%s\" delete the same rows of \"%s\"", a->name,
                             b->name, table),
                  "Give each of them an \"only\"; the last may take only = \"rest\".");
    }
}

static const struct category *governor_of(const struct policy_set *set, struct table_name table)
{
    for (size_t i = 0; i < set->category_count; i++)
        if (set->categories[i].table.schema && table_name_equal(set->categories[i].table, table))
            return &set->categories[i];
    return NULL;
}

static void check_governed_dependants(const struct policy_set *set, const struct category *c,
                                      const struct dependant *items, size_t count,
                                      struct diags *diags)
{
    for (size_t i = 0; i < count; i++) {
        const struct category *other =
            items[i].table.schema ? governor_of(set, items[i].table) : NULL;
        if (other && other != c)
            diag_hint(diags,
                      diag_error(diags, items[i].at,
                                 "dependant \"%s\" is governed by category \"%s\"",
                                 table_name_text(set->arena, items[i].table), other->name),
                      "A row has one policy: wait for that category, or remove it.");
        check_governed_dependants(set, c, items[i].with, items[i].with_count, diags);
    }
}

static bool has_dependant(const struct dependant *items, size_t count, const struct ungoverned *u)
{
    for (size_t i = 0; i < count; i++)
        if ((items[i].table.schema && text_equal(items[i].table.schema, u->table.schema) &&
             (text_equal(u->table.name, "*") || text_equal(items[i].table.name, u->table.name))) ||
            has_dependant(items[i].with, items[i].with_count, u))
            return true;
    return false;
}

static void check_ungoverned(const struct policy_set *set, struct diags *diags)
{
    for (size_t i = 0; i < set->ungoverned_count; i++) {
        const struct ungoverned *u = &set->ungoverned[i];
        const char *name = text_equal(u->table.name, "*")
                               ? arena_printf(set->arena, "%s.*", u->table.schema)
                               : table_name_text(set->arena, u->table);
        for (size_t j = 0; j < i; j++)
            if (table_name_equal(set->ungoverned[j].table, u->table))
                diag_error(diags, u->at, "\"%s\" stands twice in \"ungoverned\"", name);
        for (size_t j = 0; j < set->category_count; j++) {
            const struct category *c = &set->categories[j];
            struct dependant own = {
                .table = c->table, .with = c->with, .with_count = c->with_count};
            if (has_dependant(&own, 1, u))
                diag_error(diags, u->at,
                           text_equal(u->table.name, "*")
                               ? "\"%s\" is ungoverned here, and a table of it is governed by "
                                 "category \"%s\""
                               : "\"%s\" is ungoverned here, and governed by category \"%s\"",
                           name, c->name);
        }
    }
}

static bool comes_before(struct position a, struct position b)
{
    int order = strcmp(a.file, b.file);
    return order < 0 || (order == 0 && a.line < b.line);
}

void policy_set_check(const struct policy_set *set, struct diags *diags)
{
    for (size_t i = 0; i < set->category_count; i++) {
        const struct category *c = &set->categories[i];
        check_waits(set, c, diags);
        check_governed_dependants(set, c, c->with, c->with_count, diags);
        for (size_t j = 0; j < i; j++) {
            const struct category *b = &set->categories[j];
            if (c->table.schema && table_name_equal(b->table, c->table)) {
                bool first = comes_before(b->at, c->at);
                check_shared_table(set, first ? b : c, first ? c : b, diags);
            }
        }
    }
    check_cycles(set, diags);
    check_ungoverned(set, diags);
}
