#include "policy/needs.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "policy/resolve.h"

struct collector {
    struct arena *arena;
    const struct policy_set *set;
    const struct catalog *catalog;
    struct needs *needs;
    bool counting;             /* what is read now is what the reader counts with */
    const struct position *at; /* where to report what another category's conditions read */
};

static void need_table(struct collector *c, struct position at, const struct catalog_table *table,
                       unsigned privileges, const char *lock_column)
{
    for (size_t i = 0; i < c->needs->table_count; i++) {
        struct table_need *need = &c->needs->tables[i];
        if (need->table != table)
            continue;
        need->privileges |= privileges;
        if (!need->lock_column)
            need->lock_column = lock_column;
        return;
    }
    c->needs->tables =
        arena_push(c->arena, c->needs->tables, &c->needs->table_count, sizeof(struct table_need));
    c->needs->tables[c->needs->table_count - 1] =
        (struct table_need){table, c->at ? *c->at : at, privileges, lock_column, {0}};
}

/* Columns that stages give other values. */
static void need_column(struct collector *c, const struct catalog_table *table,
                        struct table_need *need, const char *name)
{
    bool known = !name || !catalog_column(table, name);
    for (size_t n = 0; n < need->change.count && !known; n++)
        known = strcmp(need->change.items[n], name) == 0;
    if (known)
        return;
    need->privileges |= NEED_CHANGE;
    need->change.items =
        arena_push(c->arena, need->change.items, &need->change.count, sizeof(*need->change.items));
    need->change.items[need->change.count - 1] = name;
}

static void need_change(struct collector *c, const struct category *category,
                        const struct catalog_table *table, struct table_need *need)
{
    for (size_t i = 0; i < category->stage_count; i++) {
        const struct stage *stage = &category->stages[i];
        bool last = false;
        for (size_t k = 0; !last; k++) {
            const char *name = policy_stage_column(stage, k);
            last = !name;
            if (last)
                name = stage->mark;
            need_column(c, table, need, name);
        }
    }
}

static const char *lock_column(const struct catalog_table *table, const struct string_list *key)
{
    if (key->count && catalog_column(table, key->items[0]))
        return key->items[0];
    return table->column_count ? table->columns[0].name : NULL;
}

/* A table that is read to judge: the rows read are locked before (policy/sql_lock.c). */
static void need_read(struct collector *c, struct position at, const struct catalog_table *table)
{
    struct string_list key = resolve_key(c->arena, table, false, NULL);
    if (c->counting)
        need_table(c, at, table, NEED_COUNT, NULL);
    else
        need_table(c, at, table, NEED_SELECT | NEED_LOCK, lock_column(table, &key));
}

static bool same_columns(const struct string_list *a, const struct string_list *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (strcmp(a->items[i], b->items[i]) != 0)
            return false;
    return true;
}

static void need_index(struct collector *c, struct position at, const struct catalog_table *table,
                       struct string_list columns, const char *why)
{
    if (!columns.count)
        return;
    for (size_t i = 0; i < columns.count; i++)
        if (!columns.items[i] || !catalog_column(table, columns.items[i]))
            return;
    for (size_t i = 0; i < c->needs->index_count; i++)
        if (c->needs->indexes[i].table == table &&
            same_columns(&c->needs->indexes[i].columns, &columns))
            return;
    c->needs->indexes =
        arena_push(c->arena, c->needs->indexes, &c->needs->index_count, sizeof(struct index_need));
    c->needs->indexes[c->needs->index_count - 1] =
        (struct index_need){table, c->at ? *c->at : at, columns, why};
}

static const char *child_index(const struct collector *c, const struct catalog_table *table)
{
    return arena_printf(c->arena, "the columns that refer to \"%s.%s\"", table->schema,
                        table->name);
}

static void need_ref(struct collector *c, const struct catalog_table *table, const struct ref *ref)
{
    if (ref->kind == REF_COLUMN)
        return;
    const struct catalog_table *other = resolve_table(c->catalog, ref->table);
    if (!other)
        return;
    need_read(c, ref->at, other);
    if (ref->kind == REF_CHILD)
        need_index(c, ref->at, other, ref->by, child_index(c, table));
    if (ref->none)
        need_ref(c, table, ref->none);
}

static void need_conditions(struct collector *c, const struct catalog_table *table,
                            const struct conditions *only)
{
    for (size_t i = 0; i < only->all_count; i++)
        need_ref(c, table, &only->all[i].ref);
    for (size_t i = 0; i < only->any_count; i++)
        need_ref(c, table, &only->any[i].ref);
}

static void need_start(struct collector *c, const struct catalog_table *table,
                       const struct start *start)
{
    for (size_t i = 0; i < start->ref_count; i++)
        need_ref(c, table, &start->refs[i]);
}

static void need_dependants(struct collector *c, const struct category *category,
                            const struct catalog_table *parent, const struct dependant *with,
                            size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct catalog_table *table = resolve_table(c->catalog, with[i].table);
        if (!table)
            continue;
        struct string_list key = resolve_key(c->arena, table, with[i].key.count > 0, &with[i].key);
        need_table(c, with[i].at, table,
                   NEED_SELECT | NEED_LOCK | (policy_removes(category) ? NEED_DELETE : 0u),
                   lock_column(table, &key));
        for (size_t n = 0; n < c->needs->table_count; n++)
            for (size_t k = 0; k < with[i].column_count; k++)
                if (c->needs->tables[n].table == table)
                    need_column(c, table, &c->needs->tables[n], with[i].columns[k].column);
        need_index(c, with[i].at, table, with[i].by, child_index(c, parent));
        need_dependants(c, category, table, with[i].with, with[i].with_count);
    }
}

static void need_readable(struct collector *c, const struct dependant *with, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct catalog_table *table = resolve_table(c->catalog, with[i].table);
        if (table)
            need_read(c, with[i].at, table);
        need_readable(c, with[i].with, with[i].with_count);
    }
}

/* What is read to know which rows of its table a category takes. */
static void need_claim(struct collector *c, const struct category *category,
                       const struct catalog_table *table)
{
    need_conditions(c, table, &category->only);
    if (!category->only.rest)
        return;
    for (size_t i = 0; i < c->set->category_count; i++) {
        const struct category *other = &c->set->categories[i];
        if (other != category && resolve_table(c->catalog, other->table) == table)
            need_conditions(c, table, &other->only);
    }
}

/* Rows that are waited for are those that the other category takes, and what hangs on them. */
static void need_wait(struct collector *c, const struct category *waited,
                      const struct catalog_table *table)
{
    size_t count;
    const struct reference *waits = resolve_wait(c->arena, c->catalog, waited, table, &count);
    for (size_t i = 0; i < count; i++) {
        need_read(c, *c->at, waits[i].from);
        need_index(c, *c->at, waits[i].from, waits[i].by, child_index(c, table));
    }
    const struct catalog_table *top = resolve_table(c->catalog, waited->table);
    if (!count || !top)
        return;
    need_read(c, *c->at, top);
    need_claim(c, waited, top);
    need_readable(c, waited->with, waited->with_count);
}

/* One column of the table itself, of a type that a starting point can have. */
static bool starts_at_column(const struct catalog_table *table, const struct start *start)
{
    if (start->ref_count != 1 || start->refs[0].kind != REF_COLUMN || start->refs[0].path.count ||
        !start->refs[0].column)
        return false;
    const struct catalog_column *column = catalog_column(table, start->refs[0].column);
    if (!column)
        return false;
    bool is_moment =
        strcmp(column->base_type, "date") == 0 || text_starts_with(column->base_type, "timestamp ");
    return is_moment ? start->refs[0].unit == UNIT_NONE
                     : start->refs[0].unit != UNIT_NONE && strcmp(column->base_type, "text") != 0;
}

/* What is read to know which of its rows a hold covers. */
static void need_count(struct collector *c, const struct category *category,
                       const struct catalog_table *table)
{
    c->counting = true;
    need_table(c, category->data_at, table, NEED_COUNT, NULL);
    need_start(c, table, &category->start);
    for (size_t i = 0; i < category->subject_count; i++)
        need_ref(c, table, &category->subjects[i]);
    if (category->has_tenant)
        need_ref(c, table, &category->tenant);
    need_claim(c, category, table);
    c->counting = false;
}

void needs_collect(struct arena *arena, const struct policy_set *set,
                   const struct category *category, const struct catalog *catalog,
                   struct needs *needs)
{
    struct collector c = {arena, set, catalog, needs, false, NULL};
    const struct catalog_table *table =
        category->mode == MODE_DECLARED ? NULL : resolve_table(catalog, category->table);
    if (!table)
        return;
    struct string_list key = resolve_key(arena, table, category->key_given, &category->key);
    need_table(&c, category->data_at, table,
               NEED_SELECT | NEED_LOCK | (policy_removes(category) ? NEED_DELETE : 0u),
               lock_column(table, &key));
    for (size_t i = 0; i < needs->table_count; i++)
        if (needs->tables[i].table == table)
            need_change(&c, category, table, &needs->tables[i]);
    bool whole = category->strategy == STRATEGY_PARTITION && table->kind == 'p';
    if (whole && policy_removes(category))
        need_table(&c, category->data_at, table, NEED_TRUNCATE, NULL);
    const struct start *start = &category->start;
    if (starts_at_column(table, start))
        need_index(&c, start->refs[0].at, table, (struct string_list){&start->refs[0].column, 1},
                   "the starting point");
    need_start(&c, table, start);
    for (size_t i = 0; i < category->subject_count; i++)
        need_ref(&c, table, &category->subjects[i]);
    if (category->has_tenant)
        need_ref(&c, table, &category->tenant);
    need_conditions(&c, table, &category->only);
    need_dependants(&c, category, table, category->with, category->with_count);
    for (size_t i = 0; i < category->floor_count; i++)
        need_start(&c, table, &category->floors[i].start);
    if (category->cap)
        need_start(&c, table, &category->cap->start);
    for (size_t i = 0; i < category->stage_count; i++) {
        need_start(&c, table, &category->stages[i].start);
        need_conditions(&c, table, &category->stages[i].only);
    }
    for (size_t i = 0; i < category->keep_while_count; i++) {
        const struct keep_while *keep = &category->keep_while[i];
        const struct catalog_table *child =
            keep->has_child ? resolve_table(catalog, keep->child) : table;
        if (!child)
            continue;
        if (keep->has_child) {
            need_read(&c, keep->at, child);
            need_index(&c, keep->at, child, keep->by, child_index(&c, table));
        }
        need_conditions(&c, child, &keep->only);
    }
    if (category->agreement_table.at.file) {
        const struct agreement_table *agreements = &category->agreement_table;
        const struct catalog_table *other = resolve_table(catalog, agreements->table);
        if (other) {
            need_read(&c, agreements->at, other);
            const char **tenant = arena_alloc(arena, sizeof(*tenant));
            *tenant = agreements->tenant;
            need_index(&c, agreements->at, other, (struct string_list){tenant, 1}, "the tenant");
        }
    }
    c.at = &category->data_at;
    if (category->only.rest)
        need_claim(&c, category, table);
    need_count(&c, category, table);
    for (size_t i = 0; i < category->wait_for.count; i++) {
        const struct category *waited = policy_find(set, category->wait_for.items[i]);
        if (waited && waited != category)
            need_wait(&c, waited, table);
    }
}

struct string_list needs_missing_columns(struct arena *arena, const struct catalog_table *table,
                                         const struct table_need *need)
{
    struct string_list missing = {0};
    for (size_t i = 0; i < need->change.count; i++) {
        const struct catalog_column *column = catalog_column(table, need->change.items[i]);
        if (!column || column->may_update)
            continue;
        missing.items = arena_push(arena, missing.items, &missing.count, sizeof(*missing.items));
        missing.items[missing.count - 1] = column->name;
    }
    return missing;
}

unsigned needs_missing(const struct catalog_table *table, const struct table_need *need)
{
    unsigned missing = 0, privileges = need->privileges;
    for (size_t i = 0; i < need->change.count; i++) {
        const struct catalog_column *column = catalog_column(table, need->change.items[i]);
        if (column && !column->may_update)
            missing |= NEED_CHANGE;
    }
    if (privileges & NEED_SELECT && !table->may_select)
        missing |= NEED_SELECT;
    if (privileges & NEED_DELETE && !table->may_delete)
        missing |= NEED_DELETE;
    if (privileges & NEED_TRUNCATE && table->kind != 'p' && !table->may_truncate)
        missing |= NEED_TRUNCATE;
    if (privileges & NEED_LOCK && !table->may_lock_rows)
        missing |= NEED_LOCK;
    return missing;
}

static bool leads_with(const struct catalog_index *index, const struct string_list *columns)
{
    if (!index->valid || index->partial || index->column_count < columns->count)
        return false;
    if (strcmp(index->method, "btree") != 0 &&
        !(columns->count == 1 && strcmp(index->method, "brin") == 0))
        return false;
    for (size_t i = 0; i < columns->count; i++) {
        bool found = false;
        for (size_t k = 0; k < columns->count; k++)
            found |= strcmp(index->columns[k], columns->items[i]) == 0;
        if (!found)
            return false;
    }
    return true;
}

static bool has_index(const struct catalog_table *table, const struct string_list *columns)
{
    for (size_t i = 0; i < table->index_count; i++)
        if (leads_with(&table->indexes[i], columns))
            return true;
    return false;
}

bool needs_index_exists(struct arena *arena, const struct catalog *catalog,
                        const struct index_need *need)
{
    if (has_index(need->table, &need->columns))
        return true;
    if (need->table->kind != 'p')
        return false;
    size_t count;
    const struct catalog_table **leaves = resolve_leaves(arena, catalog, need->table, &count);
    for (size_t i = 0; i < count; i++)
        if (!has_index(leaves[i], &need->columns))
            return false;
    return count > 0;
}

static bool name_is_taken(const struct catalog *catalog, const char *schema, const char *name)
{
    for (size_t i = 0; i < catalog->table_count; i++) {
        const struct catalog_table *table = &catalog->tables[i];
        if (strcmp(table->schema, schema) != 0)
            continue;
        if (strcmp(table->name, name) == 0)
            return true;
        for (size_t k = 0; k < table->index_count; k++)
            if (strcmp(table->indexes[k].name, name) == 0)
                return true;
    }
    return false;
}

/* Cuts to at most n bytes, not inside a character. */
static const char *cut(struct arena *arena, const char *s, size_t n)
{
    if (strlen(s) <= n)
        return s;
    while (n && ((unsigned char)s[n] & 0xC0) == 0x80)
        n--;
    return arena_strndup(arena, s, n);
}

const char *needs_index_name(struct arena *arena, const struct catalog *catalog,
                             const struct catalog_table *table, const struct string_list *columns)
{
    struct text text _cleanup_text_ = {0};
    text_add(&text, table->name);
    for (size_t i = 0; i < columns->count; i++)
        text_printf(&text, "_%s", columns->items[i]);
    const char *stem = cut(arena, text_string(&text), 63 - 8);
    if (stem == text_string(&text))
        stem = arena_strdup(arena, stem);
    const char *name = arena_printf(arena, "%s_idx", stem);
    for (int i = 1; name_is_taken(catalog, table->schema, name) && i < 1000; i++)
        name = arena_printf(arena, "%s_idx%d", stem, i);
    return name;
}
