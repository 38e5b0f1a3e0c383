/* Foreign keys to the tables a category deletes from, and the dependants it declares.
 *
 * Every foreign key that points at a deleted row does something: it removes or changes rows of
 * another table, or it refuses the deletion. The category must have said what it wants for each:
 *
 *   with        the rows go first, in batches that are logged; the parents are locked before;
 *   wait_for    another category governs those rows; as long as there are any, this one waits;
 *   keep_while  rows that have such a child stay.
 *
 * For the last two the key must refuse (NO ACTION, RESTRICT): a child that is added between looking
 * and deleting would go with its parent if the key cascaded. What nobody declared is an error (P7).
 * Cascades are followed to the end, since the error has to say all that would be lost. */
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "policy/quote.h"
#include "policy/validate_internal.h"

/* A table that is deleted from, the dependants declared for it, and whose dependant it is. */
struct victim {
    const struct catalog_table *table;
    struct position at;
    const struct dependant *with;
    size_t with_count;
    const struct victim *parent;
};

static bool same_set(const struct string_list *by, const struct catalog_constraint *key)
{
    if (by->count != key->column_count)
        return false;
    for (size_t i = 0; i < by->count; i++) {
        bool found = false;
        for (size_t k = 0; k < key->column_count; k++)
            found |= strcmp(by->items[i], key->columns[k]) == 0;
        if (!found)
            return false;
    }
    return true;
}

static bool is_named(struct table_name name, const struct catalog_table *table)
{
    return text_equal(name.schema, table->schema) && text_equal(name.name, table->name);
}

/* "a", "b": the columns as a policy writes them */
static const char *as_list(struct check *check, const char *const *columns, size_t count)
{
    struct text text _cleanup_text_ = {0};
    for (size_t i = 0; i < count; i++)
        text_printf(&text, "%s\"%s\"", i ? ", " : "", columns[i]);
    return arena_strdup(check->arena, text_string(&text));
}

/* The category whose own table it is, or whose dependant. */
static const struct dependant *find_dependant(const struct dependant *with, size_t count,
                                              const struct catalog_table *table)
{
    for (size_t i = 0; i < count; i++) {
        if (is_named(with[i].table, table))
            return &with[i];
        const struct dependant *deeper = find_dependant(with[i].with, with[i].with_count, table);
        if (deeper)
            return deeper;
    }
    return NULL;
}

static const struct category *governing(struct check *check, const struct catalog_table *table)
{
    for (size_t i = 0; i < check->set->category_count; i++) {
        const struct category *category = &check->set->categories[i];
        if (check_is_about_table(category) && is_named(category->table, table))
            return category;
    }
    return NULL;
}

static bool waits_for(struct check *check, const struct catalog_table *table)
{
    const struct string_list *names = &check->category->wait_for;
    for (size_t i = 0; i < names->count; i++) {
        const struct category *category = policy_find(check->set, names->items[i]);
        if (category && check_is_about_table(category) &&
            (is_named(category->table, table) ||
             find_dependant(category->with, category->with_count, table)))
            return true;
    }
    return false;
}

static bool keeps_while(struct check *check, const struct catalog_table *table,
                        const struct catalog_constraint *key)
{
    for (size_t i = 0; i < check->category->keep_while_count; i++) {
        const struct keep_while *keep = &check->category->keep_while[i];
        if (keep->has_child && is_named(keep->child, table) && same_set(&keep->by, key) &&
            !keep->only.all_count && !keep->only.any_count && !keep->only.rest)
            return true;
    }
    return false;
}

static const char *effect(char action)
{
    return action == 'n' ? "set columns to NULL in" : "set columns to their defaults in";
}

/* What else goes when rows of `table` go by cascade; visited keeps cycles finite. */
static void report_deeper(struct check *check, const struct victim *victim,
                          const struct catalog_table *through, const struct catalog_table *table,
                          struct string_list *visited)
{
    const struct catalog *catalog = check->catalog;
    for (size_t i = 0; i < catalog->table_count; i++) {
        const struct catalog_table *from = &catalog->tables[i];
        for (size_t k = 0; k < from->constraint_count; k++) {
            const struct catalog_constraint *key = &from->constraints[k];
            const struct catalog_table *to =
                key->type == 'f' ? catalog_by_oid(catalog, key->foreign_table) : NULL;
            if (!to || resolve_root(catalog, to) != table || !strchr("cnd", key->delete_action))
                continue;
            const struct catalog_table *root = resolve_root(catalog, from);
            const char *mark = arena_printf(check->arena, "%u.%s", root->oid, key->name);
            bool seen = false;
            for (size_t v = 0; v < visited->count; v++)
                seen |= strcmp(visited->items[v], mark) == 0;
            if (seen)
                continue;
            visited->items =
                arena_push(check->arena, visited->items, &visited->count, sizeof(*visited->items));
            visited->items[visited->count - 1] = mark;
            struct diag *diag;
            if (key->delete_action == 'c')
                diag = diag_error(check->diags, victim->at,
                                  "deleting from \"%s\" would cascade through \"%s\" %s \"%s\" "
                                  "(foreign key \"%s\")",
                                  check_name(check, victim->table), check_name(check, table),
                                  root == victim->table ? "back into" : "into",
                                  check_name(check, root), key->name);
            else
                diag = diag_error(check->diags, victim->at,
                                  "deleting from \"%s\" would cascade into \"%s\" and %s \"%s\" "
                                  "(foreign key \"%s\")",
                                  check_name(check, victim->table), check_name(check, table),
                                  effect(key->delete_action), check_name(check, root), key->name);
            diag_hint(check->diags, diag, "Declare \"%s\" first, then what refers to it.",
                      check_name(check, through));
            if (key->delete_action == 'c' && root != victim->table)
                report_deeper(check, victim, through, root, visited);
        }
    }
}

static void hint_declare(struct check *check, struct diag *diag, const struct victim *victim,
                         const struct catalog_table *from, const struct catalog_constraint *key)
{
    const struct category *other = governing(check, from);
    const char *name = check_name(check, from);
    const char *list = as_list(check, key->columns, key->column_count);
    bool refuses = strchr("ar", key->delete_action) != NULL;
    for (const struct victim *v = victim; v; v = v->parent)
        if (v->table == from) {
            diag_hint(check->diags, diag,
                      "Rows of both refer to each other. Drop foreign key \"%s\", or let another "
                      "category act.",
                      key->name);
            return;
        }
    if (other && other != check->category && !victim->parent) {
        diag_hint(check->diags, diag,
                  refuses
                      ? "\"%s\" is governed by category \"%s\": wait_for = [ \"%s\" ];"
                      : "\"%s\" is governed by category \"%s\". Make the foreign key NO ACTION, "
                        "then: wait_for = [ \"%s\" ];",
                  name, other->name, other->name);
        return;
    }
    if (refuses && !victim->parent)
        diag_hint(check->diags, diag,
                  "If its rows are to go first: with = ( { table = \"%s\"; by = [ %s ]; } );\n"
                  "If they keep the row: keep_while = ( { child = \"%s\"; by = [ %s ]; because = "
                  "\"...\"; } );",
                  name, list, name, list);
    else
        diag_hint(check->diags, diag,
                  "If its rows are to go%s: with = ( { table = \"%s\"; by = [ %s ]; } ); under "
                  "\"%s\".",
                  refuses ? " first" : ", logged", name, list, check_name(check, victim->table));
}

static void report_undeclared(struct check *check, const struct victim *victim,
                              const struct catalog_table *from,
                              const struct catalog_constraint *key)
{
    const char *table = check_name(check, victim->table);
    const char *name = check_name(check, from);
    struct diag *diag;
    bool back = false;
    for (const struct victim *v = victim->parent; v; v = v->parent)
        back |= v->table == from;
    switch (key->delete_action) {
    case 'c':
        diag = diag_error(check->diags, victim->at,
                          "deleting from \"%s\" would cascade %s \"%s\" (foreign key \"%s\")",
                          table, back ? "back into" : "into", name, key->name);
        break;
    case 'n':
    case 'd':
        diag = diag_error(check->diags, victim->at,
                          "deleting from \"%s\" would %s \"%s\" (foreign key \"%s\")", table,
                          effect(key->delete_action), name, key->name);
        break;
    default:
        diag =
            diag_error(check->diags, victim->at,
                       "rows of \"%s\" may refer to rows of \"%s\", which then cannot be deleted "
                       "(foreign key \"%s\")",
                       name, table, key->name);
        break;
    }
    hint_declare(check, diag, victim, from, key);
    if (key->delete_action == 'c' && !back) {
        struct string_list visited = {0};
        report_deeper(check, victim, from, from, &visited);
    }
}

static void check_self(struct check *check, const struct victim *victim,
                       const struct catalog_constraint *key)
{
    const char *table = check_name(check, victim->table);
    struct diag *diag;
    switch (key->delete_action) {
    case 'c':
        diag = diag_error(check->diags, victim->at,
                          "deleting a row of \"%s\" would cascade into other rows of it (foreign "
                          "key \"%s\")",
                          table, key->name);
        diag_hint(check->diags, diag,
                  "Rows that are not due would go. Make the foreign key NO ACTION.");
        break;
    case 'n':
    case 'd':
        diag = diag_error(check->diags, victim->at,
                          "deleting a row of \"%s\" would %s other rows of it (foreign key \"%s\")",
                          table, effect(key->delete_action), key->name);
        diag_hint(check->diags, diag,
                  "Rows that are not due would change. Make the foreign key NO ACTION.");
        break;
    default:
        diag = diag_warning(check->diags, victim->at,
                            "rows of \"%s\" refer to other rows of it (foreign key \"%s\")", table,
                            key->name);
        diag_hint(check->diags, diag, "A due row is blocked while a row that stays refers to it.");
        break;
    }
}

static void check_waiting(struct check *check, const struct victim *victim,
                          const struct catalog_table *from, const struct catalog_constraint *key,
                          const char *word)
{
    if (strchr("ar", key->delete_action))
        return;
    const struct string_list by = {key->columns, key->column_count};
    const struct string_list columns = {key->foreign_columns, key->foreign_column_count};
    struct diag *diag = diag_error(check->diags, victim->at,
                                   "%s names \"%s\", but its foreign key \"%s\" does not refuse: a "
                                   "row added meanwhile would %s",
                                   word, check_name(check, from), key->name,
                                   key->delete_action == 'c' ? "go unseen" : "be changed unseen");
    diag_hint(check->diags, diag,
              "ALTER TABLE %s DROP CONSTRAINT %s,\n"
              "    ADD CONSTRAINT %s FOREIGN KEY (%s) REFERENCES %s (%s);",
              quote_table(check->arena, from), quote_name(check->arena, key->name),
              quote_name(check->arena, key->name), quote_names(check->arena, &by),
              quote_table(check->arena, victim->table), quote_names(check->arena, &columns));
}

static void check_incoming(struct check *check, const struct victim *victim,
                           const struct catalog_table *from, const struct catalog_constraint *key)
{
    const struct catalog_table *root = resolve_root(check->catalog, from);
    if (root == victim->table) {
        check_self(check, victim, key);
        return;
    }
    for (size_t i = 0; i < victim->with_count; i++)
        if (is_named(victim->with[i].table, root) && same_set(&victim->with[i].by, key))
            return;
    if (!victim->parent && keeps_while(check, root, key))
        check_waiting(check, victim, from, key, "keep_while");
    else if (!victim->parent && waits_for(check, root))
        check_waiting(check, victim, from, key, "wait_for");
    else
        report_undeclared(check, victim, root, key);
}

/* Where nothing is deleted no foreign key can refuse or cascade: those that name a changed column
 * are found with the column (validate_transform.c). */
static void check_victim(struct check *check, const struct victim *victim)
{
    if (!policy_removes(check->category))
        return;
    const struct catalog *catalog = check->catalog;
    for (size_t i = 0; i < catalog->table_count; i++) {
        const struct catalog_table *from = &catalog->tables[i];
        for (size_t k = 0; k < from->constraint_count; k++) {
            const struct catalog_constraint *key = &from->constraints[k];
            const struct catalog_table *to =
                key->type == 'f' ? catalog_by_oid(catalog, key->foreign_table) : NULL;
            if (to && resolve_root(catalog, to) == victim->table)
                check_incoming(check, victim, from, key);
        }
    }
}

static bool same_list(const struct string_list *a, const struct string_list *b)
{
    const struct catalog_constraint as_constraint = {.columns = b->items, .column_count = b->count};
    return same_set(a, &as_constraint);
}

static bool is_ancestor(const struct victim *victim, const struct catalog_table *table)
{
    for (; victim; victim = victim->parent)
        if (victim->table == table)
            return true;
    return false;
}

static void check_dependant_key(struct check *check, const struct dependant *dependant,
                                const struct catalog_table *table)
{
    if (!dependant->key.count && !catalog_primary_key(table) &&
        check->category->evidence == EVIDENCE_COUNTS && !dependant->with_count)
        return;
    check_key(check, dependant->at, table, dependant->key.count > 0, &dependant->key);
}

/* Does the foreign key refer to the key that batches know their parents by? */
static void check_dependant_join(struct check *check, const struct dependant *dependant,
                                 const struct catalog_table *table, const struct victim *parent,
                                 const struct string_list *parent_key)
{
    struct reference reference;
    if (!parent_key->count)
        return; /* reported with the parent */
    if (!check_by(check, dependant->at, table, &dependant->by, parent->table, parent_key,
                  &reference))
        return;
    struct diag *diag;
    if (!reference.foreign_key) {
        diag =
            diag_warning(check->diags, dependant->at, "no foreign key joins %s of \"%s\" to \"%s\"",
                         check_names(check, &dependant->by), check_name(check, table),
                         check_name(check, parent->table));
        diag_hint(check->diags, diag,
                  "Rows that are added while their parent goes would stay behind, unseen.");
        return;
    }
    const struct catalog_constraint *key = reference.foreign_key;
    struct string_list target = {key->foreign_columns, key->foreign_column_count};
    if (same_list(parent_key, &target))
        return;
    diag =
        diag_error(check->diags, dependant->at, "\"%s\" refers to %s of \"%s\", but the key is %s",
                   check_name(check, table), check_names(check, &target),
                   check_name(check, parent->table), check_names(check, parent_key));
    diag_hint(check->diags, diag, "Dependants must refer to the key: key = [ %s ];",
              as_list(check, key->foreign_columns, key->foreign_column_count));
}

static void check_dependants(struct check *check, const struct victim *parent,
                             const struct string_list *parent_key)
{
    if (parent->with_count && !parent_key->count && !parent->parent && check->category->key_given) {
        struct diag *diag =
            diag_error(check->diags, parent->at, "with needs a key of \"%s\", but key = []",
                       check_name(check, parent->table));
        diag_hint(check->diags, diag, "Dependants are found by their parent's key.");
    }
    for (size_t i = 0; i < parent->with_count; i++) {
        const struct dependant *dependant = &parent->with[i];
        const struct catalog_table *table = check_table(check, dependant->at, dependant->table);
        if (!table)
            continue;
        if (is_ancestor(parent, table)) {
            if (table != check->table) /* that was reported where the policy was read */
                diag_hint(check->diags,
                          diag_error(check->diags, dependant->at,
                                     "\"%s\" cannot be a dependant of its own rows",
                                     check_name(check, table)),
                          "Take it out of with.");
            continue;
        }
        check_act(check, dependant->at, table);
        check_dependant_join(check, dependant, table, parent, parent_key);
        check_dependant_key(check, dependant, table);
        struct victim victim = {table, dependant->at, dependant->with, dependant->with_count,
                                parent};
        struct string_list key =
            resolve_key(check->arena, table, dependant->key.count > 0, &dependant->key);
        check_victim(check, &victim);
        check_dependants(check, &victim, &key);
    }
}

static void check_waits(struct check *check)
{
    const struct category *category = check->category;
    for (size_t i = 0; i < category->wait_for.count; i++) {
        const struct category *other = policy_find(check->set, category->wait_for.items[i]);
        if (!other || other == category || !check_is_about_table(other) ||
            !resolve_table(check->catalog, other->table))
            continue;
        size_t count;
        const struct reference *waits =
            resolve_wait(check->arena, check->catalog, other, check->table, &count);
        for (size_t k = 0; k < count; k++)
            check_types(check, category->data_at, &waits[k]);
        if (count)
            continue;
        struct diag *diag =
            diag_error(check->diags, category->data_at,
                       "wait_for names \"%s\", but no foreign key joins its rows to \"%s\"",
                       other->name, check_name(check, check->table));
        diag_hint(check->diags, diag, "Only rows that refer to this table can be waited for.");
    }
}

void check_foreign_keys(struct check *check)
{
    const struct category *category = check->category;
    struct victim victim = {check->table, category->data_at, category->with, category->with_count,
                            NULL};
    struct string_list key =
        resolve_key(check->arena, check->table, category->key_given, &category->key);
    check_victim(check, &victim);
    check_dependants(check, &victim, &key);
    check_waits(check);
}
