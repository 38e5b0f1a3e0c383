/* Names and types in SQL text. */
#include <assert.h>

#include "policy/quote.h"
#include "policy/sql_private.h"

/* The catalog's type names are qualified and quoted already, but a few of the standard's words mean
 * length 1 without a modifier. */
static const char *type_text(struct arena *arena, const char *type)
{
    if (text_equal(type, "character"))
        return "bpchar";
    if (text_equal(type, "bit"))
        return "bit varying";
    return arena_strdup(arena, type);
}

const char *sql_type(struct arena *arena, const struct catalog_column *column)
{
    return type_text(arena, column->type);
}

const char *sql_base_type(struct arena *arena, const struct catalog_column *column)
{
    return type_text(arena, column->base_type);
}

bool sql_is_integer(const struct catalog_column *column)
{
    return text_equal(column->base_type, "smallint") || text_equal(column->base_type, "integer") ||
           text_equal(column->base_type, "bigint");
}

bool sql_is_text(const struct catalog_column *column)
{
    return text_equal(column->base_type, "text") ||
           text_equal(column->base_type, "character varying");
}

const char *sql_operator(struct arena *arena, const struct catalog_column *column, const char *op)
{
    /* search_path is empty: the operators of an extension's type (citext) must be named, or those
     * of text would be found instead. Enums and domains use pg_catalog's. */
    if (column->type_kind != 'b' || text_equal(column->type_schema, "pg_catalog"))
        return op;
    return arena_printf(arena, "OPERATOR(%s.%s)", quote_name(arena, column->type_schema), op);
}

const char *sql_as_text(struct arena *arena, const struct catalog_column *column, const char *raw)
{
    if (!column->enum_label_count)
        return arena_printf(arena, "%s::text", raw);
    const char *cast =
        column->type_kind == 'd' ? arena_printf(arena, "::%s", sql_base_type(arena, column)) : "";
    return arena_printf(arena, "textin(enum_out(%s%s))", raw, cast);
}

const char *sql_canonical_text(struct arena *arena, const struct catalog_column *column,
                               const char *raw)
{
    if (text_equal(column->base_type, "timestamp with time zone")) /* few are before the year 1 */
        return arena_printf(arena,
                            "CASE WHEN %s >= '0001-01-01 00:00:00+00'::timestamptz AND %s < "
                            "'infinity'::timestamptz THEN (%s AT TIME ZONE 'UTC')::text || '+00' "
                            "WHEN isfinite(%s) THEN regexp_replace((%s AT TIME ZONE 'UTC')::text, "
                            "'( BC)?$', '+00\\1') ELSE %s::text END",
                            raw, raw, raw, raw, raw, raw);
    if (text_equal(column->base_type, "numeric"))
        return arena_printf(arena, "trim_scale(%s)::text", raw);
    return sql_as_text(arena, column, raw);
}

const char *sql_key_text(struct sql_builder *b, const struct sql_scope *scope, const char *name)
{
    const struct catalog_column *column = catalog_column(scope->table, name);
    assert(column);
    return sql_canonical_text(b->arena, column, sql_column(b, scope, name));
}

const char *sql_key_value(struct sql_builder *b, const struct sql_scope *scope, const char *name)
{
    const struct catalog_column *column = catalog_column(scope->table, name);
    assert(column);
    if (sql_is_integer(column))
        return arena_printf(b->arena, "%s::bigint", sql_column(b, scope, name));
    if (text_equal(column->base_type, "uuid"))
        return arena_printf(b->arena, "%s::uuid", sql_column(b, scope, name));
    return sql_key_text(b, scope, name);
}

void sql_list_add(struct arena *arena, struct string_list *list, const char *item)
{
    list->items = arena_push(arena, list->items, &list->count, sizeof(*list->items));
    list->items[list->count - 1] = item;
}
