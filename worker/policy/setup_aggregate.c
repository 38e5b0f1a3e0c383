/* setup: the tables that cells are published in, and the worker's right to add to them. */
#include "base/arena.h"
#include "base/text.h"
#include "policy/aggregate.h"
#include "policy/quote.h"
#include "policy/resolve.h"
#include "policy/setup_internal.h"

static const char *into_name(struct script *s, const struct aggregate *a)
{
    return arena_printf(s->arena, "%s.%s", quote_name(s->arena, a->into.schema),
                        quote_name(s->arena, a->into.name));
}

static void write_table(struct script *s, const struct aggregate *a,
                        const struct catalog_table *table)
{
    size_t count;
    const struct target_column *columns = aggregate_columns(s->arena, a, table, &count);
    struct string_list key = {0};
    for (size_t i = 0; i < count; i++)
        if (!columns[i].name || !columns[i].type)
            return; /* "check" says why */
    text_printf(s->out, "CREATE TABLE %s (\n", into_name(s, a));
    for (size_t i = 0; i < count; i++) {
        text_printf(s->out, "    %s %s%s,\n", quote_name(s->arena, columns[i].name),
                    columns[i].type, columns[i].is_dimension ? "" : " NOT NULL");
        if (columns[i].is_dimension) {
            key.items = arena_push(s->arena, key.items, &key.count, sizeof(*key.items));
            key.items[key.count - 1] = columns[i].name;
        }
    }
    text_printf(s->out, "    UNIQUE NULLS NOT DISTINCT (%s));\n", quote_names(s->arena, &key));
}

static void write_target(struct script *s, const struct category *category,
                         const struct stage *stage)
{
    const struct aggregate *a = stage->aggregate;
    const struct catalog_table *table = resolve_table(s->catalog, category->table);
    const struct catalog_table *target = resolve_table(s->catalog, a->into);
    if (!table || (s->remove && !target))
        return;
    text_printf(s->out, "\n-- %s: cells of category %s, published once and never changed%s\n",
                quote_shown(s->arena, into_name(s, a)), category->name,
                s->remove ? "; the table stays" : "; the worker only adds to them");
    if (!target)
        write_table(s, a, table);
    text_printf(s->out, "%s USAGE ON SCHEMA %s %s %s;\n", s->remove ? "REVOKE" : "GRANT",
                quote_name(s->arena, a->into.schema), s->remove ? "FROM" : "TO", s->role);
    text_printf(s->out, "%s INSERT ON TABLE %s %s %s;\n", s->remove ? "REVOKE" : "GRANT",
                into_name(s, a), s->remove ? "FROM" : "TO", s->role);
}

void setup_write_targets(struct script *s, const struct policy_set *set)
{
    for (size_t i = 0; i < set->category_count; i++) {
        const struct category *category = &set->categories[i];
        for (size_t k = 0; k < category->stage_count && category->mode != MODE_DECLARED; k++)
            if (category->stages[k].aggregate && category->stages[k].aggregate->into.schema)
                write_target(s, category, &category->stages[k]);
    }
}
