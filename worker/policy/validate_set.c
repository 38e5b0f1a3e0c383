/* Categories among themselves: no row may be deleted by two; and the tables that nobody named.
 *
 * Two categories of one table are disjoint if their conditions prove it: both say of one column
 * which values they take, and the sets have nothing in common; or one of them takes "rest". A set
 * is what eq, in, ne, not_in and is_null leave, NULL being a member of its own. What cannot be
 * proved is taken to overlap. */
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "policy/validate_internal.h"

/* The values a condition takes: those listed, or all but those listed. */
struct values {
    bool all_but;
    const struct literal *items;
    size_t count;
    bool null;
};

static bool values_of(const struct condition *condition, struct values *ret)
{
    *ret = (struct values){.items = condition->values, .count = condition->value_count};
    switch (condition->op) {
    case OP_EQ:
    case OP_IN:
        break;
    case OP_NE:
    case OP_NOT_IN:
        ret->all_but = true;
        break;
    case OP_IS_NULL:
        ret->all_but = !condition->is_null;
        ret->null = condition->is_null;
        ret->count = 0;
        return true;
    default:
        return false;
    }
    ret->null = condition->on_null == ON_NULL_MATCH;
    return true;
}

static bool contains(const struct values *set, const struct literal *item)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->items[i].type == item->type && strcmp(set->items[i].text, item->text) == 0)
            return true;
    return false;
}

/* Certainly nothing in common? */
static bool are_disjoint(const char *type, bool is_enum, const struct values *a,
                         const struct values *b)
{
    if (a->null && b->null)
        return false;
    if (a->all_but && b->all_but)
        return false;
    if (a->all_but)
        return are_disjoint(type, is_enum, b, a);
    for (size_t i = 0; i < a->count; i++) {
        if (b->all_but) {
            if (!contains(b, &a->items[i]))
                return false;
            continue;
        }
        for (size_t k = 0; k < b->count; k++)
            if (!literals_differ(type, is_enum, &a->items[i], &b->items[k]))
                return false;
    }
    return true;
}

static bool same_ref(const struct ref *a, const struct ref *b)
{
    if (a->kind != REF_COLUMN || b->kind != REF_COLUMN || a->path.count || b->path.count)
        return false;
    return strcmp(a->column, b->column) == 0;
}

bool check_contradict(const struct catalog_table *table, const struct conditions *a,
                      const struct conditions *b)
{
    for (size_t i = 0; i < a->all_count; i++) {
        for (size_t k = 0; k < b->all_count; k++) {
            struct values x, y;
            if (!same_ref(&a->all[i].ref, &b->all[k].ref) || !values_of(&a->all[i], &x) ||
                !values_of(&b->all[k], &y))
                continue;
            const struct catalog_column *column = catalog_column(table, a->all[i].ref.column);
            if (column && column->deterministic_collation &&
                are_disjoint(column->base_type, column->enum_label_count > 0, &x, &y))
                return true;
        }
    }
    return false;
}

static bool are_apart(const struct catalog_table *table, const struct category *a,
                      const struct category *b)
{
    return a->only.rest != b->only.rest || check_contradict(table, &a->only, &b->only);
}

bool check_may_share(const struct catalog_table *table, const struct category *a,
                     const struct category *b)
{
    return !are_apart(table, a, b);
}

/* Two without conditions, and two that take the rest, were reported where policies are read. */
static bool has_conditions(const struct category *category)
{
    return category->only.all_count || category->only.any_count;
}

/* Reported at the later one of the two: the first was there before, and may go on. */
void check_overlap(struct check *check)
{
    const struct category *category = check->category;
    for (size_t i = 0; i < check->set->category_count; i++) {
        const struct category *other = &check->set->categories[i];
        int order = strcmp(other->at.file, category->at.file);
        bool earlier = order < 0 || (order == 0 && other->at.line < category->at.line);
        if (!earlier || !check_is_about_table(other) ||
            resolve_table(check->catalog, other->table) != check->table ||
            !policy_removes(category) || !policy_removes(other) || !has_conditions(category) ||
            !has_conditions(other) || are_apart(check->table, category, other))
            continue;
        bool both_act = category->mode == MODE_ENFORCE && other->mode == MODE_ENFORCE;
        struct diag *diag = diag_add(
            check->diags, both_act ? DIAG_ERROR : DIAG_WARNING, category->data_at,
            "rows of \"%s\" may belong to category \"%s\" as well as to \"%s\", and both delete",
            check_name(check, check->table), other->name, category->name);
        diag_hint(check->diags, diag,
                  "Give both an only with eq or in on the same column and different values, or let "
                  "one of them take only = \"rest\".");
    }
}

/* --- coverage ----------------------------------------------------------------------------------
 */

static bool names_table(const struct dependant *with, size_t count,
                        const struct catalog_table *table)
{
    for (size_t i = 0; i < count; i++)
        if ((text_equal(with[i].table.schema, table->schema) &&
             text_equal(with[i].table.name, table->name)) ||
            names_table(with[i].with, with[i].with_count, table))
            return true;
    return false;
}

static const struct category *governs(const struct policy_set *set,
                                      const struct catalog_table *table)
{
    for (size_t i = 0; i < set->category_count; i++) {
        const struct category *category = &set->categories[i];
        if (check_is_about_table(category) &&
            ((strcmp(category->table.schema, table->schema) == 0 &&
              strcmp(category->table.name, table->name) == 0) ||
             names_table(category->with, category->with_count, table)))
            return category;
    }
    return NULL;
}

static const struct ungoverned *ungoverned(const struct policy_set *set,
                                           const struct catalog_table *table)
{
    const struct ungoverned *schema = NULL;
    for (size_t i = 0; i < set->ungoverned_count; i++) {
        const struct ungoverned *item = &set->ungoverned[i];
        if (!text_equal(item->table.schema, table->schema))
            continue;
        if (text_equal(item->table.name, table->name))
            return item;
        if (text_equal(item->table.name, "*"))
            schema = item;
    }
    return schema;
}

static void check_ungoverned(struct check *check)
{
    for (size_t i = 0; i < check->set->ungoverned_count; i++) {
        const struct ungoverned *item = &check->set->ungoverned[i];
        if (!item->table.schema || !item->table.name)
            continue; /* reported where the policy was read */
        if (strcmp(item->table.name, "*") == 0) {
            bool exists = false;
            for (size_t s = 0; s < check->catalog->schema_count; s++)
                exists |= strcmp(check->catalog->schemas[s], item->table.schema) == 0;
            if (!exists)
                diag_warning(check->diags, item->at, "ungoverned schema \"%s\" does not exist",
                             item->table.schema);
            continue;
        }
        const struct catalog_table *table = resolve_table(check->catalog, item->table);
        if (!table) {
            struct diag *diag =
                diag_warning(check->diags, item->at, "ungoverned table \"%s.%s\" does not exist",
                             item->table.schema, item->table.name);
            diag_hint(check->diags, diag, "Take it out, or correct the name.");
        }
    }
}

void check_coverage(struct check *check)
{
    enum { MOST = 50 };
    const struct position nowhere = {0};
    size_t total = 0, unlisted = 0;
    check_ungoverned(check);
    for (size_t i = 0; i < check->catalog->table_count; i++) {
        const struct catalog_table *table = &check->catalog->tables[i];
        if ((table->kind != 'r' && table->kind != 'p') || table->is_partition)
            continue;
        total++;
        if (governs(check->set, table) || ungoverned(check->set, table) ||
            policy_is_target(check->set, (struct table_name){table->schema, table->name}))
            continue;
        if (++unlisted > MOST)
            continue;
        struct diag *diag =
            diag_warning(check->diags, nowhere, "table \"%s\" is in no policy, nor ungoverned",
                         check_name(check, table));
        diag_hint(check->diags, diag,
                  "Govern it, or: ungoverned = ( { table = \"%s\"; because = \"...\"; } );",
                  check_name(check, table));
    }
    if (!unlisted)
        return;
    struct diag *diag = diag_warning(
        check->diags, nowhere, "%zu of %zu tables are neither governed nor named in ungoverned",
        unlisted, total);
    diag_hint(check->diags, diag, "Personal data may be kept in them for ever.");
}
