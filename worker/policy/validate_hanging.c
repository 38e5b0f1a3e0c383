/* Rows that hang, as dependants, on records of more than one kind.
 *
 * A hold on a record keeps the rows that hang on it: its category does not take the record. A batch
 * of another category that has the same table under `with` asks for holds on its own records only,
 * and would take the row with one of these. So a table that a category deletes from or changes as a
 * dependant hangs nowhere else in another way: not on another table, not by other columns.
 * Categories of one table whose records it hangs on by the same columns may share it, since a row
 * then hangs on one record. */
#include <string.h>

#include "base/text.h"
#include "policy/validate_internal.h"

/* A dependant, and what it hangs on; the first one hangs on the category's own records. */
struct hanging {
    const struct category *category;
    const struct dependant *dependant;
    const struct hanging *up;
};

static const struct catalog_table *table_of(struct check *check, const struct hanging *hanging)
{
    return resolve_table(check->catalog, hanging->dependant->table);
}

static const struct catalog_table *parent_of(struct check *check, const struct hanging *hanging)
{
    return hanging->up ? table_of(check, hanging->up)
                       : resolve_table(check->catalog, hanging->category->table);
}

static bool find_reference(struct check *check, const struct hanging *hanging,
                           struct reference *ret_reference)
{
    const struct catalog_table *from = table_of(check, hanging), *to = parent_of(check, hanging);
    if (!from || !to)
        return false;
    const struct string_list *given =
        hanging->up ? &hanging->up->dependant->key : &hanging->category->key;
    bool is_given = hanging->up ? given->count > 0 : hanging->category->key_given;
    const struct string_list key = resolve_key(check->arena, to, is_given, given);
    return resolve_reference(check->arena, check->catalog, from, &hanging->dependant->by, to, &key,
                             ret_reference);
}

static bool same_reference(const struct reference *a, const struct reference *b)
{
    if (a->from != b->from || a->to != b->to || a->by.count != b->by.count)
        return false;
    for (size_t i = 0; i < a->by.count; i++) {
        bool found = false;
        for (size_t k = 0; k < b->by.count; k++)
            found |= text_equal(a->by.items[i], b->by.items[k]) &&
                     text_equal(a->columns.items[i], b->columns.items[k]);
        if (!found)
            return false;
    }
    return true;
}

/* Do both hang, level by level, on the same rows? What cannot be resolved was reported. */
static bool hang_alike(struct check *check, const struct hanging *a, const struct hanging *b)
{
    for (; a && b; a = a->up, b = b->up) {
        struct reference x, y;
        if (!find_reference(check, a, &x) || !find_reference(check, b, &y))
            return true;
        if (!same_reference(&x, &y))
            return false;
    }
    return a == b; /* both at their top */
}

static bool acts_on(const struct hanging *hanging)
{
    return policy_removes(hanging->category) || hanging->dependant->column_count;
}

static const char *top_name(struct check *check, const struct hanging *hanging)
{
    return check_name(check, resolve_table(check->catalog, hanging->category->table));
}

static void report(struct check *check, const struct hanging *hanging, const struct hanging *other)
{
    const struct category *category = hanging->category;
    const char *name = check_name(check, table_of(check, hanging));
    enum diag_level level = category->mode == MODE_ENFORCE ? DIAG_ERROR : DIAG_WARNING;
    struct diag *diag;
    if (resolve_table(check->catalog, other->category->table) ==
        resolve_table(check->catalog, category->table)) {
        diag = diag_add(check->diags, level, hanging->dependant->at,
                        "rows of \"%s\" hang in two ways on records of \"%s\": a hold on the one "
                        "record would not keep its rows from the other",
                        name, top_name(check, hanging));
        diag_hint(check->diags, diag,
                  "Name it under with once, by the same columns in every category of that table. "
                  "Or let a category of its own govern it, which this one waits for.");
        return;
    }
    diag = diag_add(check->diags, level, hanging->dependant->at,
                    "rows of \"%s\" hang on records of category \"%s\" (\"%s\"), too: a hold on a "
                    "record of one would not keep its rows from the other",
                    name, other->category->name, top_name(check, other));
    diag_hint(check->diags, diag,
              "Name it under with in one of the two, and let the other wait for that one: wait_for "
              "= [ ... ]. Or let a category of its own govern it, which both wait for.");
}

/* Says so once of a dependant: the first other way in which it hangs. */
static bool compare(struct check *check, const struct hanging *hanging,
                    const struct category *category, const struct dependant *with, size_t count,
                    const struct hanging *up)
{
    for (size_t i = 0; i < count; i++) {
        const struct hanging other = {category, &with[i], up};
        if (&with[i] != hanging->dependant && table_of(check, &other) == table_of(check, hanging) &&
            !hang_alike(check, hanging, &other)) {
            report(check, hanging, &other);
            return true;
        }
        if (compare(check, hanging, category, with[i].with, with[i].with_count, &other))
            return true;
    }
    return false;
}

static void check_level(struct check *check, const struct dependant *with, size_t count,
                        const struct hanging *up)
{
    for (size_t i = 0; i < count; i++) {
        const struct hanging hanging = {check->category, &with[i], up};
        bool found = !acts_on(&hanging) || !table_of(check, &hanging);
        for (size_t k = 0; k < check->set->category_count && !found; k++) {
            const struct category *other = &check->set->categories[k];
            found = check_is_about_table(other) &&
                    compare(check, &hanging, other, other->with, other->with_count, NULL);
        }
        check_level(check, with[i].with, with[i].with_count, &hanging);
    }
}

void check_hanging(struct check *check)
{
    check_level(check, check->category->with, check->category->with_count, NULL);
}
