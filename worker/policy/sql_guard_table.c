/* What a guard stands on: the tables that decide about a record, and the columns of each. */
#include <string.h>

#include "policy/sql_guard_internal.h"

static void add_column(struct maker *m, struct guarded *g, const char *name)
{
    if (!string_list_has(&g->columns, name))
        sql_list_add(m->b.arena, &g->columns, name);
}

static void add_columns(struct maker *m, struct guarded *g, const struct string_list *names)
{
    for (size_t i = 0; i < names->count; i++)
        add_column(m, g, names->items[i]);
}

/* Columns of the row above that its dependants name. */
static void add_linked(struct maker *m, struct guarded *g, const struct dependant *with,
                       size_t count)
{
    struct sql_builder *b = &m->b;
    for (size_t i = 0; i < count; i++) {
        struct reference reference =
            sql_reference(b, sql_catalog_table(b, with[i].table), &with[i].by, g->table, &g->key);
        add_columns(m, g, &reference.columns);
    }
}

/* Columns of the record that stages change, and the marks that say that they did. */
static void add_changed(struct maker *m, struct guarded *g)
{
    const struct category *c = m->b.category;
    for (size_t i = 0; i < c->stage_count; i++) {
        const struct stage *stage = &c->stages[i];
        if (policy_stage_removes(stage))
            continue;
        for (size_t k = 0; policy_stage_column(stage, k); k++)
            add_column(m, g, policy_stage_column(stage, k));
        if (stage->mark)
            add_column(m, g, stage->mark);
    }
}

static struct guarded *add_guarded(struct maker *m, enum kind kind,
                                   const struct catalog_table *table)
{
    m->all = arena_push(m->b.arena, m->all, &m->count, sizeof(*m->all));
    m->all[m->count - 1] = (struct guarded){.kind = kind, .table = table};
    return &m->all[m->count - 1];
}

static void add_dependants(struct maker *m, const struct dependant *with, size_t count,
                           const struct dependant *const *path, size_t depth)
{
    for (size_t i = 0; i < count && depth < DEPTH_MOST; i++) {
        struct guarded *g = add_guarded(m, KIND_HANGS, sql_catalog_table(&m->b, with[i].table));
        if (depth)
            memcpy(g->path, path, depth * sizeof(*path));
        g->path[depth] = &with[i];
        g->depth = depth + 1;
        g->key = with[i].key.count ? with[i].key : sql_primary_key(m->b.arena, g->table);
        add_columns(m, g, &with[i].by);
        add_columns(m, g, &g->key);
        add_linked(m, g, with[i].with, with[i].with_count);
        for (size_t k = 0; k < with[i].column_count; k++)
            add_column(m, g, with[i].columns[k].column);
        const struct dependant *here[DEPTH_MOST];
        memcpy(here, g->path, sizeof(here));
        add_dependants(m, with[i].with, with[i].with_count, here, depth + 1);
    }
}

static struct guarded *find_read(struct maker *m, const struct catalog_table *table)
{
    for (size_t i = 0; i < m->count; i++)
        if (m->all[i].kind == KIND_READ && m->all[i].table == table)
            return &m->all[i];
    return NULL;
}

/* enum sql_move: a latest child that is added moves the starting point up, if at all, and an
 * earliest one down; but where there is something else without a child. */
static unsigned moves(const struct start *start, const struct catalog_table *table)
{
    unsigned way = 0;
    for (size_t i = 0; i < start->ref_count; i++) {
        const struct ref *ref = &start->refs[i];
        bool is_it = ref->kind == REF_CHILD && text_equal(ref->table.schema, table->schema) &&
                     text_equal(ref->table.name, table->name);
        if (ref->none || start->ignore_nulls || (ref->kind != REF_COLUMN && !is_it))
            return SQL_RISES | SQL_FALLS;
        if (is_it)
            way |= ref->pick == PICK_LATEST ? SQL_RISES : SQL_FALLS;
    }
    return way;
}

/* Tables of which rows that are added decide: no record can have read them before where a foreign
 * key leads from it to them. */
static void note_added(struct maker *m, bool claim)
{
    struct sql_builder *b = &m->b;
    sql_begin(b);
    if (claim)
        (void)sql_claim(b, &b->target, b->category);
    else
        (void)sql_start(b, &b->target, &b->category->start);
    for (size_t i = 0; i < b->lookup_count; i++) {
        const struct catalog_constraint *key = b->lookups[i].parent_key;
        struct guarded *g = find_read(m, b->lookups[i].inner.table);
        if (!g || (key && key->validated && !key->deferrable))
            continue;
        g->claims |= claim;
        if (!claim)
            g->moves = moves(&b->category->start, g->table);
    }
}

void guard_find_tables(struct maker *m)
{
    struct sql_builder *b = &m->b;
    const struct category *c = b->category;
    struct guarded *own = add_guarded(m, KIND_OWN, b->target.table);
    own->key = b->target.key;
    add_columns(m, own, &own->key);
    add_linked(m, own, c->with, c->with_count);
    add_changed(m, own);
    add_dependants(m, c->with, c->with_count, NULL, 0);

    sql_begin(b);
    (void)guard_covered(b, NULL);
    for (size_t i = 0; i < m->count; i++)
        m->all[i].before = b->lookup_count > 0;
    for (size_t i = 0; i < b->lookup_count; i++)
        if (!find_read(m, b->lookups[i].inner.table))
            add_guarded(m, KIND_READ, b->lookups[i].inner.table)->before = true;
    for (size_t i = 0; i < b->used_count; i++) {
        const struct sql_used *used = &b->used[i];
        struct guarded *g =
            text_equal(used->alias, b->target.alias) ? &m->all[0] : find_read(m, used->table);
        if (g)
            add_column(m, g, used->column);
    }
    note_added(m, false);
    note_added(m, true);
}
