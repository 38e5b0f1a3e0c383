/* The conditions of a guard: which rows of a table a hold keeps. */
#include <string.h>

#include "policy/sql_guard_internal.h"

/* Does the category take the row t, and does a hold cover it? `hold`: by this one. */
const char *guard_covered(struct sql_builder *b, const char *hold)
{
    const char *claim = sql_claim(b, &b->target, b->category);
    const char *held = sql_held_by(b, hold);
    if (text_equal(claim, "true"))
        return held;
    return arena_printf(b->arena, "(%s) AND %s", claim, held);
}

/* Is the record that the row of scope hangs on covered? */
static const char *hangs(struct sql_builder *b, const struct sql_scope *scope,
                         const struct dependant *const *path, size_t depth, const char *hold)
{
    if (depth == 0)
        return guard_covered(b, hold);
    const struct dependant *own = path[depth - 1];
    struct sql_scope up = b->target;
    if (depth > 1) {
        const struct dependant *above = path[depth - 2];
        up = (struct sql_scope){.table = sql_catalog_table(b, above->table),
                                .alias = sql_alias(b, 'u')};
        up.key = above->key.count ? above->key : sql_primary_key(b->arena, up.table);
    }
    struct reference reference = sql_reference(b, scope->table, &own->by, up.table, &up.key);
    const char *where = sql_joined(b, &reference, scope, &up);
    return arena_printf(b->arena, "(EXISTS (SELECT 1 FROM %s %s WHERE %s AND %s))",
                        sql_from(b, up.table), up.alias, where,
                        hangs(b, &up, path, depth - 1, hold));
}

static const struct sql_lookup *outer_lookup(const struct sql_builder *b,
                                             const struct sql_lookup *lookup)
{
    for (size_t i = 0; i < b->lookup_count; i++)
        if (text_equal(b->lookups[i].inner.alias, lookup->outer))
            return &b->lookups[i];
    return NULL;
}

/* The lookup's link with another name for its row: the same for lookups that find the same rows. */
static const char *link_of(struct sql_builder *b, const struct sql_lookup *lookup)
{
    struct text text = {0};
    size_t n = strlen(lookup->inner.alias);
    for (const char *p = lookup->where; *p;) {
        if (strncmp(p, lookup->inner.alias, n) == 0 && p[n] == '.') {
            text_add(&text, "?");
            p += n;
        } else {
            text_add_char(&text, *p++);
        }
    }
    return sql_take_text(b->arena, &text);
}

static bool is_repeated(struct sql_builder *b, size_t index)
{
    const struct sql_lookup *lookup = &b->lookups[index];
    for (size_t i = 0; i < index; i++)
        if (b->lookups[i].inner.table == lookup->inner.table &&
            text_equal(b->lookups[i].outer, lookup->outer) &&
            text_equal(link_of(b, &b->lookups[i]), link_of(b, lookup)))
            return true;
    return false;
}

/* Does a covered record read the row (OLD, NEW) of table, by any of its condition's lookups? */
static const char *is_read(struct sql_builder *b, const struct catalog_table *table,
                           const char *row, const char *hold)
{
    const char *condition = guard_covered(b, hold);
    struct text text = {0};
    size_t count = b->lookup_count;
    for (size_t i = 0; i < count; i++) {
        const struct sql_lookup *lookup = &b->lookups[i];
        if (lookup->inner.table != table || is_repeated(b, i))
            continue;
        text_printf(&text, "%s(EXISTS (SELECT 1 FROM (SELECT %s.*) %s", text.length ? " OR " : "",
                    row, lookup->inner.alias);
        struct text where = {0};
        text_add(&where, lookup->where);
        for (const struct sql_lookup *l = outer_lookup(b, lookup); l; l = outer_lookup(b, l)) {
            text_printf(&text, ", %s %s", sql_from(b, l->inner.table), l->inner.alias);
            text_printf(&where, " AND %s", l->where);
        }
        text_printf(&text, ", %s t WHERE %s AND %s))", sql_from(b, b->target.table),
                    text_string(&where), condition);
        text_free(&where);
    }
    return sql_take_text(b->arena, &text);
}

/* The condition of a row under the alias that source() gives; READ: of the row. */
const char *guard_kept(struct maker *m, const struct guarded *g, const char *row, const char *hold)
{
    struct sql_builder *b = &m->b;
    if (g->kind == KIND_READ)
        return is_read(b, g->table, row, hold);
    struct sql_scope d = {.table = g->table, .alias = "d"};
    return hangs(b, g->depth ? &d : &b->target, g->path, g->depth, hold);
}
