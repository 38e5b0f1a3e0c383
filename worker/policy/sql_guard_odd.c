/* What a guard's function refuses to look at.
 *
 * The functions belong to the reader, and a table's owner may put them into triggers, and say what
 * its columns are. So they look at nothing but the guarded table and its partitions, and not at
 * columns of a type that may have casts of its owner's, nor at views. */
#include <string.h>

#include "policy/sql_guard_internal.h"

bool guard_is_by_row(const struct guarded *g)
{
    return g->before || g->table->kind == 'p';
}

/* Who owns a guarded table may put the function into triggers of any other. */
const char *guard_fires_elsewhere(struct maker *m, const struct catalog_table *table)
{
    struct arena *arena = m->b.arena;
    if (table->kind == 'p')
        return arena_printf(arena,
                            "NOT EXISTS (SELECT 1 FROM pg_partition_ancestors(TG_RELID) above "
                            "WHERE above.relid = to_regclass(%s))",
                            quote_text(arena, quote_table(arena, table)));
    return arena_printf(arena, "(TG_TABLE_SCHEMA <> %s OR TG_TABLE_NAME <> %s)",
                        quote_text(arena, table->schema), quote_text(arena, table->name));
}

/* What a domain is over, or the one that it is over is. */
static const char base_of_domain[] =
    ", (WITH RECURSIVE d AS (SELECT y.typbasetype AS over UNION ALL "
    "SELECT z.typbasetype FROM d JOIN pg_type z ON z.oid = d.over WHERE z.typtype = 'd') "
    "SELECT format_type(d.over, NULL) FROM d JOIN pg_type z ON z.oid = d.over "
    "WHERE z.typtype <> 'd')";

/* Are the columns of a type that PostgreSQL brought along, or of the one that there was? Of any
 * other, casts are what its owner wrote: the function would call them with the reader's rights. */
static void add_types(struct maker *m, const struct guarded *g, const char *row, struct text *t)
{
    struct arena *arena = m->b.arena;
    for (size_t i = 0; i < g->columns.count; i++) {
        const struct catalog_column *c = catalog_column(g->table, g->columns.items[i]);
        const char *type = arena_printf(arena, "pg_typeof(%s.%s)", row, quote_name(arena, c->name));
        text_add(t, t->length ? " AND " : "");
        if (c->is_builtin) {
            text_printf(t, "%s::oid < %d", type, CATALOG_FIRST_OTHER_OID);
            continue;
        }
        bool is_domain = c->type_kind == 'd';
        const char *was = arena_printf(arena, "%c %s%s%s", c->type_kind, c->type,
                                       is_domain ? " " : "", is_domain ? c->base_type : "");
        text_printf(t,
                    "(SELECT concat_ws(' ', y.typtype, format_type(y.oid, NULL)%s) "
                    "FROM pg_type y WHERE y.oid = %s) = %s",
                    is_domain ? base_of_domain : "", type, quote_text(arena, was));
    }
}

/* Does the guard of one table read the other, by its name? */
static bool reads(const struct guarded *g, const struct guarded *other)
{
    if (other->kind == KIND_READ)
        return other->table != g->table;
    if (other->kind == KIND_OWN)
        return g->kind != KIND_OWN;
    return g->kind == KIND_HANGS && other->depth < g->depth &&
           memcmp(other->path, g->path, other->depth * sizeof(*g->path)) == 0;
}

/* Is one of the tables that are looked up a view now, whose functions would run as the reader? */
const char *guard_looks_at_view(struct maker *m, const struct guarded *g)
{
    struct text text _cleanup_text_ = {0};
    for (size_t i = 0; i < m->count; i++)
        if (reads(g, &m->all[i]))
            text_printf(&text, "%sto_regclass(%s)", text.length ? ", " : "",
                        quote_text(m->b.arena, quote_table(m->b.arena, m->all[i].table)));
    if (!text.length)
        return "false";
    return arena_printf(m->b.arena,
                        "EXISTS (SELECT 1 FROM pg_class c WHERE c.oid IN (%s) AND c.relkind NOT IN "
                        "('r', 'p'))",
                        text_string(&text));
}

/* No row is read of what is joined, but it is locked: its types stay what they are. */
const char *guard_has_odd_types(struct maker *m, const struct guarded *g)
{
    struct arena *arena = m->b.arena;
    struct text types _cleanup_text_ = {0}, from _cleanup_text_ = {0};
    add_types(m, g, guard_is_by_row(g) ? "OLD" : "o", &types);
    if (!guard_is_by_row(g))
        text_add(&from, " LEFT JOIN old_rows o ON false");
    for (size_t i = 0; i < m->count; i++) {
        if (!m->all[i].columns.count || !reads(g, &m->all[i]))
            continue;
        const char *alias = arena_printf(arena, "r%zu", i);
        add_types(m, &m->all[i], alias, &types);
        text_printf(&from, " LEFT JOIN ONLY %s %s ON false", quote_table(arena, m->all[i].table),
                    alias);
    }
    if (!types.length)
        return "false";
    if (!from.length)
        return arena_printf(arena, "NOT (%s)", text_string(&types));
    return arena_printf(arena, "(SELECT NOT (%s) FROM (SELECT) one%s)", text_string(&types),
                        text_string(&from));
}
