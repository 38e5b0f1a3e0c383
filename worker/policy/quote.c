#include "policy/quote.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "pg/catalog.h"

/* Every keyword that cannot stand bare as a table's or a column's name, in any of the versions
 * supported, sorted. Reserved words and those that may only be types or functions. */
/* clang-format off */
static const char *const keywords[] = {
    "all", "analyse", "analyze", "and", "any", "array", "as", "asc", "asymmetric",
    "authorization", "between", "bigint", "binary", "bit", "boolean", "both", "case", "cast",
    "char", "character", "check", "coalesce", "collate", "collation", "column", "concurrently",
    "constraint", "create", "cross", "current_catalog", "current_date", "current_role",
    "current_schema", "current_time", "current_timestamp", "current_user", "dec", "decimal",
    "default", "deferrable", "desc", "distinct", "do", "else", "end", "except", "exists",
    "extract", "false", "fetch", "float", "for", "foreign", "freeze", "from", "full", "grant",
    "greatest", "group", "grouping", "having", "ilike", "in", "initially", "inner", "inout",
    "int", "integer", "intersect", "interval", "into", "is", "isnull", "join", "json",
    "json_array", "json_arrayagg", "json_exists", "json_object", "json_objectagg", "json_query",
    "json_scalar", "json_serialize", "json_table", "json_value", "lateral", "leading", "least",
    "left", "like", "limit", "localtime", "localtimestamp", "merge_action", "national", "natural",
    "nchar", "none", "normalize", "not", "notnull", "null", "nullif", "numeric", "offset", "on",
    "only", "or", "order", "out", "outer", "overlaps", "overlay", "placing", "position",
    "precision", "primary", "real", "references", "returning", "right", "row", "select",
    "session_user", "setof", "similar", "smallint", "some", "substring", "symmetric",
    "system_user", "table", "tablesample", "then", "time", "timestamp", "to", "trailing", "treat",
    "trim", "true", "union", "unique", "user", "using", "values", "varchar", "variadic",
    "verbose", "when", "where", "window", "with", "xmlattributes", "xmlconcat", "xmlelement",
    "xmlexists", "xmlforest", "xmlnamespaces", "xmlparse", "xmlpi", "xmlroot", "xmlserialize",
    "xmltable",
};
/* clang-format on */

static int compare_keyword(const void *key, const void *item)
{
    return strcmp(key, *(const char *const *)item);
}

static bool stands_bare(const char *name)
{
    if (!name[0] || (name[0] >= '0' && name[0] <= '9'))
        return false;
    for (const char *c = name; *c; c++)
        if (!((*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9') || *c == '_'))
            return false;
    return !bsearch(name, keywords, ARRAY_LENGTH(keywords), sizeof(*keywords), compare_keyword);
}

static const char *enclose(struct arena *arena, const char *s, char quote)
{
    char *out = arena_alloc(arena, 2 * strlen(s) + 3), *to = out;
    *to++ = quote;
    for (; *s; s++) {
        if (*s == quote)
            *to++ = quote;
        *to++ = *s;
    }
    *to = quote;
    return out;
}

const char *quote_name(struct arena *arena, const char *name)
{
    return stands_bare(name) ? name : enclose(arena, name, '"');
}

const char *quote_text(struct arena *arena, const char *text)
{
    return enclose(arena, text, '\'');
}

const char *quote_shown(struct arena *arena, const char *name)
{
    char *shown = arena_strdup(arena, name);
    for (char *c = shown; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f || strchr("'`\\", *c))
            *c = '?';
    return shown;
}

const char *quote_dollars(struct arena *arena, const char *tag, const char *text)
{
    const char *dollars = arena_printf(arena, "$%s$", tag);
    for (unsigned n = 1; strstr(text, dollars); n++)
        dollars = arena_printf(arena, "$%s_%u$", tag, n);
    return dollars;
}

const char *quote_table_name(struct arena *arena, struct table_name name)
{
    return arena_printf(arena, "%s.%s", quote_name(arena, name.schema),
                        quote_name(arena, name.name));
}

const char *quote_table(struct arena *arena, const struct catalog_table *table)
{
    return quote_table_name(arena, (struct table_name){table->schema, table->name});
}

const char *quote_names(struct arena *arena, const struct string_list *names)
{
    struct text text _cleanup_text_ = {0};
    for (size_t i = 0; i < names->count; i++) {
        text_add(&text, i ? ", " : "");
        text_add(&text, quote_name(arena, names->items[i]));
    }
    return arena_strdup(arena, text_string(&text));
}
