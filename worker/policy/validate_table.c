/* The relations a policy names: are they tables, may the worker use them, and would anything but
 * the deletion asked for happen when it deletes from them? */
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "policy/guard.h"
#include "policy/quote.h"
#include "policy/validate_internal.h"

const char *check_name(struct check *check, const struct catalog_table *table)
{
    return arena_printf(check->arena, "%s.%s", table->schema, table->name);
}

const char *check_names(struct check *check, const struct string_list *names)
{
    enum { MOST = 5 };
    struct text text _cleanup_text_ = {0};
    size_t shown = names->count <= MOST ? names->count : MOST - 1;
    for (size_t i = 0; i < shown; i++) {
        bool last = i + 1 == names->count;
        text_printf(&text, "%s\"%s\"", !i ? "" : last ? " and " : ", ", names->items[i]);
    }
    if (shown < names->count)
        text_printf(&text, " and %zu more", names->count - shown);
    return arena_strdup(check->arena, text_string(&text));
}

void check_hint_nearest(struct check *check, struct diag *diag, const char *name,
                        const char *const *names, size_t count)
{
    const char *nearest = text_nearest(name, names, count);
    if (nearest)
        diag_hint(check->diags, diag, "Did you mean \"%s\"?", nearest);
}

static bool schema_exists(const struct catalog *catalog, const char *name)
{
    for (size_t i = 0; i < catalog->schema_count; i++)
        if (strcmp(catalog->schemas[i], name) == 0)
            return true;
    return false;
}

/* Schemas that no policy may name, temporary ones too: reported where the policy was read. */
static bool schema_is_reserved(const char *name)
{
    return text_starts_with(name, "pg_") || strcmp(name, "information_schema") == 0 ||
           strcmp(name, "retention") == 0 || strcmp(name, GUARD_SCHEMA) == 0;
}

static void report_no_schema(struct check *check, struct position at, struct table_name name)
{
    if (schema_is_reserved(name.schema))
        return;
    struct diag *diag = diag_error(check->diags, at, "schema \"%s\" does not exist", name.schema);
    check_hint_nearest(check, diag, name.schema, check->catalog->schemas,
                       check->catalog->schema_count);
}

static void report_no_table(struct check *check, struct position at, struct table_name name)
{
    const struct catalog *catalog = check->catalog;
    struct diag *diag =
        diag_error(check->diags, at, "table \"%s.%s\" does not exist", name.schema, name.name);
    const char **names = arena_alloc(check->arena, (catalog->table_count + 1) * sizeof(*names));
    size_t count = 0;
    const struct catalog_table *elsewhere = NULL;
    for (size_t i = 0; i < catalog->table_count; i++) {
        const struct catalog_table *table = &catalog->tables[i];
        if (strcmp(table->schema, name.schema) == 0)
            names[count++] = table->name;
        else if (strcmp(table->name, name.name) == 0 && !elsewhere)
            elsewhere = table;
    }
    const char *nearest = text_nearest(name.name, names, count);
    if (nearest)
        diag_hint(check->diags, diag, "Did you mean \"%s.%s\"?", name.schema, nearest);
    else if (elsewhere)
        diag_hint(check->diags, diag, "There is \"%s\".", check_name(check, elsewhere));
    else if (strspn(name.name, "abcdefghijklmnopqrstuvwxyz0123456789_") != strlen(name.name))
        diag_hint(check->diags, diag, "Names are compared exactly, capitals included.");
}

static const char *kind_name(char kind)
{
    switch (kind) {
    case 'v':
        return "a view";
    case 'm':
        return "a materialized view";
    case 'f':
        return "a foreign table";
    default:
        return "no table";
    }
}

const struct catalog_table *check_table(struct check *check, struct position at,
                                        struct table_name name)
{
    if (!name.schema || !name.name)
        return NULL; /* reported where the policy was read */
    if (!schema_exists(check->catalog, name.schema)) {
        report_no_schema(check, at, name);
        return NULL;
    }
    const struct catalog_table *table = resolve_table(check->catalog, name);
    if (!table) {
        report_no_table(check, at, name);
        return NULL;
    }
    struct diag *diag;
    if (table->kind != 'r' && table->kind != 'p') {
        diag = diag_error(check->diags, at, "\"%s\" is %s", check_name(check, table),
                          kind_name(table->kind));
        diag_hint(check->diags, diag, "Name the table that holds the rows.");
        return NULL;
    }
    if (table->is_partition) {
        const struct catalog_table *root = resolve_root(check->catalog, table);
        diag = diag_error(check->diags, at, "\"%s\" is a partition of \"%s\"",
                          check_name(check, table), check_name(check, root));
        diag_hint(check->diags, diag, "Name \"%s\", and all its partitions with it.",
                  check_name(check, root));
        return NULL;
    }
    if (table->inherits) {
        diag = diag_error(check->diags, at, "\"%s\" takes part in plain inheritance",
                          check_name(check, table));
        diag_hint(check->diags, diag,
                  "Keys and constraints do not span such tables. Use declarative partitioning.");
        return NULL;
    }
    return table;
}

void check_read(struct check *check, struct position at, const struct catalog_table *table)
{
    if (!table->row_security || check->catalog->worker_bypasses_rls)
        return;
    struct diag *diag = diag_error(
        check->diags, at, "\"%s\" has row-level security, which would hide rows from \"%s\"",
        check_name(check, table), check->catalog->worker_role);
    diag_hint(check->diags, diag,
              "A superuser must allow it to see them:\nALTER ROLE %s BYPASSRLS;",
              quote_name(check->arena, check->catalog->worker_role));
}

/* Accepted under this name? NULL: not mentioned. Otherwise the entry, which may have another hash.
 */
static const struct accepted_trigger *accepted(struct check *check, const char *name)
{
    const struct category *category = check->category;
    for (size_t i = 0; i < category->accept_trigger_count; i++) {
        if (!text_equal(category->accept_triggers[i].name, name))
            continue;
        check->accepted[i] = true;
        return &category->accept_triggers[i];
    }
    return NULL;
}

/* Several tables may have triggers of one name: any entry with the hash will do. */
static bool is_accepted(struct check *check, const char *name, const char *sha256,
                        bool *ret_changed)
{
    const struct category *category = check->category;
    *ret_changed = accepted(check, name) != NULL;
    for (size_t i = 0; i < category->accept_trigger_count; i++)
        if (text_equal(category->accept_triggers[i].name, name) &&
            text_equal(category->accept_triggers[i].sha256, sha256)) {
            check->accepted[i] = true;
            return true;
        }
    return false;
}

static void hint_accept(struct check *check, struct diag *diag, const char *name,
                        const char *sha256, const char *before)
{
    diag_hint(check->diags, diag, "%s\naccept_triggers = [ \"%s:%s\" ];", before, name, sha256);
}

/* Does a stage change rows of the table: the category's own, or a dependant with "columns"? */
static bool is_changed(const struct check *check, const struct catalog_table *root,
                       const struct dependant *with, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if ((with[i].column_count && resolve_table(check->catalog, with[i].table) == root) ||
            is_changed(check, root, with[i].with, with[i].with_count))
            return true;
    return false;
}

static void check_trigger(struct check *check, struct position at,
                          const struct catalog_table *table, const struct catalog_trigger *trigger)
{
    const struct category *category = check->category;
    const struct catalog_table *root = resolve_root(check->catalog, table);
    bool changes =
        trigger->on_update &&
        (root == check->table ? policy_changes(category)
                              : is_changed(check, root, category->with, category->with_count));
    bool deletes = trigger->on_delete && policy_removes(check->category);
    if ((!deletes && !changes) || trigger->internal || trigger->inherited ||
        trigger->enabled == 'D')
        return;
    if (guard_is_named(trigger) && trigger->definer)
        return; /* a guard: it has the reader's rights; whether it is as made is asked later */
    const char *name = check_name(check, table);
    struct diag *diag;
    bool changed;
    if (is_accepted(check, trigger->name, trigger->sha256, &changed)) {
        if (table->kind == 'p' && !trigger->row) {
            diag = diag_warning(check->diags, at,
                                "statement trigger \"%s\" of \"%s\" will not run: rows are %s "
                                "from one partition at a time",
                                trigger->name, name, deletes ? "deleted" : "changed");
            diag_hint(check->diags, diag, "Make it a row trigger if it must run.");
        }
        return;
    }
    if (changed) {
        diag =
            diag_error(check->diags, at, "trigger \"%s\" of \"%s\" changed since it was accepted",
                       trigger->name, name);
        hint_accept(check, diag, trigger->name, trigger->sha256,
                    "Read it and its function. If it is still wanted:");
    } else if (!deletes) {
        diag = diag_error(check->diags, at,
                          "trigger \"%s\" of \"%s\" would run \"%s\" when records are "
                          "de-identified, and may keep the old values",
                          trigger->name, name, trigger->function);
        hint_accept(check, diag, trigger->name, trigger->sha256,
                    "If it is known not to copy or restore them:");
    } else if (trigger->before && trigger->row) {
        diag = diag_error(check->diags, at,
                          "trigger \"%s\" of \"%s\" runs \"%s\" before each row is deleted and may "
                          "swallow the deletion",
                          trigger->name, name, trigger->function);
        hint_accept(check, diag, trigger->name, trigger->sha256,
                    "If it is known to let deletions pass:");
    } else if (trigger->deferrable) {
        diag = diag_error(check->diags, at,
                          "deferrable trigger \"%s\" of \"%s\" would run \"%s\" when a deletion is "
                          "already being committed",
                          trigger->name, name, trigger->function);
        hint_accept(check, diag, trigger->name, trigger->sha256, "If that is wanted:");
    } else {
        diag = diag_error(check->diags, at,
                          "trigger \"%s\" of \"%s\" would run \"%s\" with the worker's rights",
                          trigger->name, name, trigger->function);
        hint_accept(check, diag, trigger->name, trigger->sha256, "If that is wanted:");
    }
}

void check_function(struct check *check, struct position at, const struct catalog_table *table,
                    const char *function, const char *where)
{
    const struct catalog_function *found = catalog_function(check->catalog, function);
    if (found && (strcmp(found->language, "c") == 0 || strcmp(found->language, "internal") == 0))
        return; /* only superusers can make such functions */
    const char *sha256 = found ? found->sha256 : "";
    bool changed;
    if (is_accepted(check, function, sha256, &changed))
        return;
    struct diag *diag;
    if (changed)
        diag = diag_error(check->diags, at,
                          "function \"%s\" changed since it was accepted (%s of \"%s\")", function,
                          where, check_name(check, table));
    else
        diag = diag_error(check->diags, at, "%s of \"%s\" calls \"%s\" with the worker's rights",
                          where, check_name(check, table), function);
    hint_accept(check, diag, function, sha256,
                changed ? "Read it. If it is still wanted:" : "If that is wanted:");
}

void check_functions(struct check *check, struct position at, const struct catalog_table *table)
{
    for (size_t i = 0; i < table->constraint_count; i++)
        for (size_t k = 0; k < table->constraints[i].function_count; k++)
            check_function(
                check, at, table, table->constraints[i].functions[k],
                arena_printf(check->arena, "constraint \"%s\"", table->constraints[i].name));
    for (size_t i = 0; i < table->column_count; i++)
        for (size_t k = 0; k < table->columns[i].function_count && table->columns[i].generated; k++)
            check_function(
                check, at, table, table->columns[i].functions[k],
                arena_printf(check->arena, "generated column \"%s\"", table->columns[i].name));
    for (size_t i = 0; i < table->index_count; i++)
        for (size_t k = 0; k < table->indexes[i].function_count; k++)
            check_function(check, at, table, table->indexes[i].functions[k],
                           arena_printf(check->arena, "index \"%s\"", table->indexes[i].name));
}

static void check_rules(struct check *check, struct position at, const struct catalog_table *table)
{
    for (size_t i = 0; i < table->rule_count; i++) {
        const struct catalog_rule *rule = &table->rules[i];
        if (rule->event != '4' && rule->event != '2')
            continue;
        struct diag *diag =
            diag_error(check->diags, at, "rule \"%s\" of \"%s\" rewrites every %s", rule->name,
                       check_name(check, table), rule->event == '4' ? "DELETE" : "UPDATE");
        diag_hint(check->diags, diag, "Use a trigger in its place:\nDROP RULE %s ON %s;",
                  quote_name(check->arena, rule->name), quote_table(check->arena, table));
    }
}

static bool can_replicate_deletes(const struct catalog_table *table)
{
    switch (table->replica_identity) {
    case 'f':
    case 'i':
        return true;
    case 'd': {
        const struct catalog_index *primary = catalog_primary_key(table);
        return primary && primary->immediate && primary->valid;
    }
    default:
        return false;
    }
}

static void check_publication(struct check *check, struct position at,
                              const struct catalog_table *table)
{
    size_t count;
    const struct catalog_table **leaves =
        resolve_leaves(check->arena, check->catalog, table, &count);
    const struct catalog_table *first = NULL;
    size_t bad = 0;
    for (size_t i = 0; i < count; i++) {
        if (!leaves[i]->published_delete || can_replicate_deletes(leaves[i]))
            continue;
        if (!bad++)
            first = leaves[i];
    }
    if (!bad)
        return;
    struct diag *diag;
    if (first == table)
        diag = diag_error(check->diags, at,
                          "deletes from \"%s\" are published, but it has no replica identity",
                          check_name(check, table));
    else
        diag = diag_error(check->diags, at,
                          "deletes from \"%s\" are published, but %zu of its partitions have no "
                          "replica identity, \"%s\" the first",
                          check_name(check, table), bad, check_name(check, first));
    diag_hint(check->diags, diag,
              "PostgreSQL would refuse every deletion. Add a primary key, or:\n"
              "ALTER TABLE %s REPLICA IDENTITY FULL;",
              quote_table(check->arena, first));
}

/* What every partition can have of its own. */
static void check_leaf(struct check *check, struct position at, const struct catalog_table *leaf)
{
    check_read(check, at, leaf);
    check_rules(check, at, leaf);
    for (size_t i = 0; i < leaf->trigger_count; i++)
        check_trigger(check, at, leaf, &leaf->triggers[i]);
    if (!leaf->owner_is_worker || check->catalog->worker_is_superuser)
        return;
    const char *role = check->catalog->worker_role;
    struct diag *diag;
    if (strcmp(leaf->owner, role) == 0)
        diag =
            diag_error(check->diags, at, "role \"%s\" owns \"%s\"", role, check_name(check, leaf));
    else
        diag = diag_error(check->diags, at, "role \"%s\" is a member of \"%s\", which owns \"%s\"",
                          role, leaf->owner, check_name(check, leaf));
    diag_hint(check->diags, diag,
              "An owner can switch off every safeguard. Let the worker connect as a role that owns "
              "nothing and is no member of one that does.");
}

void check_act(struct check *check, struct position at, const struct catalog_table *table)
{
    if (table->persistence == 'u') {
        struct diag *diag =
            diag_warning(check->diags, at, "\"%s\" is unlogged", check_name(check, table));
        diag_hint(check->diags, diag,
                  "A crash empties it, and the deletion log will not tell of those rows.");
    }
    check_leaf(check, at, table);
    check_functions(check, at, table);
    check_publication(check, at, table);
    if (table->kind != 'p')
        return;
    size_t count;
    const struct catalog_table **leaves =
        resolve_leaves(check->arena, check->catalog, table, &count);
    for (size_t i = 0; i < count; i++) {
        if (leaves[i]->kind != 'r') {
            struct diag *diag = diag_error(check->diags, at, "partition \"%s\" of \"%s\" is %s",
                                           check_name(check, leaves[i]), check_name(check, table),
                                           kind_name(leaves[i]->kind));
            diag_hint(check->diags, diag, "Detach it, and govern its rows where they live.");
            continue;
        }
        check_leaf(check, at, leaves[i]);
    }
}

void check_accepted(struct check *check)
{
    const struct category *category = check->category;
    for (size_t i = 0; i < category->accept_trigger_count; i++) {
        if (check->accepted[i])
            continue;
        struct diag *diag =
            diag_warning(check->diags, category->accept_triggers[i].at,
                         "accept_triggers names \"%s\", but nothing of that name would run",
                         category->accept_triggers[i].name);
        diag_hint(check->diags, diag, "Take it out.");
    }
}
