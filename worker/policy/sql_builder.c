/* A statement under construction: parameters, aliases, tables and the links between them. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "policy/sql_private.h"

void sql_builder_init(struct sql_builder *b, struct arena *arena, const struct policy_set *set,
                      const struct category *category, size_t stage, const struct catalog *catalog)
{
    assert(stage < category->stage_count);
    *b = (struct sql_builder){
        .arena = arena,
        .set = set,
        .catalog = catalog,
        .category = category,
        .stage = &category->stages[stage],
        .timezone = category->timezone,
        .session_zone = category->timezone,
        .shapes = SQL_ALL_SHAPES | SQL_READERS,
    };
    b->target.table = sql_catalog_table(b, category->table);
    b->target.alias = "t";
    b->target.key = resolve_key(arena, b->target.table, category->key_given, &category->key);
}

void sql_begin(struct sql_builder *b)
{
    b->aliases = 0;
    b->params = NULL;
    b->param_types = NULL;
    b->param_count = 0;
    b->lookups = NULL;
    b->lookup_count = 0;
    b->used = NULL;
    b->used_count = 0;
}

/* Stand before numbers until the statement is finished. */
enum { PARAM_MARK = '\001', ALIAS_MARK = '\002' };

/* Numbers as they appear in the finished text: the order in which expressions were made is the
 * compiler's business, and some of them may not have been used. */
struct renumbering {
    size_t *numbers; /* new number by old, 0: not seen yet */
    size_t count;    /* given out */
};

static size_t renumber(struct renumbering *r, size_t old)
{
    if (!r->numbers[old])
        r->numbers[old] = ++r->count;
    return r->numbers[old];
}

struct sql_statement sql_finish(struct sql_builder *b, const char *text)
{
    struct renumbering params = {0}, aliases = {0};
    params.numbers = arena_alloc(b->arena, (b->param_count + 1) * sizeof(*params.numbers));
    aliases.numbers = arena_alloc(b->arena, (b->aliases + 1) * sizeof(*aliases.numbers));
    struct sql_param *list = arena_alloc(b->arena, (b->param_count + 1) * sizeof(*list));
    struct text out = {0};
    char quote = '\0'; /* inside a quoted name or text, which may hold any character */
    for (const char *p = text; *p; p++) {
        if (quote ? *p == quote : *p == '"' || *p == '\'')
            quote = quote ? '\0' : *p;
        if (quote || (*p != PARAM_MARK && *p != ALIAS_MARK)) {
            text_add_char(&out, *p);
            continue;
        }
        bool is_param = *p == PARAM_MARK;
        char letter = is_param ? '$' : *++p;
        char *end;
        size_t old = strtoul(p + 1, &end, 10);
        size_t number = renumber(is_param ? &params : &aliases, old);
        if (is_param)
            list[number - 1] = b->params[old - 1];
        text_printf(&out, "%c%zu", letter, number);
        p = end - 1;
    }
    return (struct sql_statement){
        .text = sql_take_text(b->arena, &out),
        .params = list,
        .param_count = params.count,
    };
}

/* What moments are computed from. Names, tenants and whatever else rows are compared with are
 * bound: they are not to be in a server's log. */
static bool makes_moments(enum sql_param_kind kind, const char *type)
{
    static const char *const types[] = {"interval", "timestamptz", "timestamp", "date"};
    if (kind == PARAM_RUN_TIME)
        return true;
    for (size_t i = 0; i < ARRAY_LENGTH(types) && kind == PARAM_VALUE; i++)
        if (text_equal(type, types[i]))
            return true;
    return false;
}

const char *sql_param(struct sql_builder *b, enum sql_param_kind kind, size_t index,
                      const char *value, const char *type)
{
    assert(kind == PARAM_VALUE || kind == PARAM_RUN_TIME || !b->literal);
    if (b->literal || (b->run_time && makes_moments(kind, type))) {
        const char *time = b->run_time ? quote_text(b->arena, b->run_time) : "now()";
        return arena_printf(b->arena, "%s::%s",
                            kind == PARAM_VALUE ? quote_text(b->arena, value) : time, type);
    }
    size_t i = 0;
    /* One number has one type: a cast of an already typed parameter would convert it. */
    while (i < b->param_count &&
           !(b->params[i].kind == kind && b->params[i].index == index &&
             text_equal(b->params[i].value, value) && text_equal(b->param_types[i], type)))
        i++;
    if (i == b->param_count) {
        size_t count = b->param_count;
        b->params = arena_push(b->arena, b->params, &count, sizeof(*b->params));
        b->param_types =
            arena_push(b->arena, b->param_types, &b->param_count, sizeof(*b->param_types));
        b->params[i] = (struct sql_param){.kind = kind, .index = index, .value = value};
        b->param_types[i] = type;
    }
    return arena_printf(b->arena, "%c%zu::%s", PARAM_MARK, i + 1, type);
}

const char *sql_value(struct sql_builder *b, const char *value, const char *type)
{
    return sql_param(b, PARAM_VALUE, 0, value, type);
}

const char *sql_run_time(struct sql_builder *b)
{
    return sql_param(b, PARAM_RUN_TIME, 0, NULL, "timestamptz");
}

const char *sql_zone(struct sql_builder *b)
{
    if (b->run_time)
        return arena_printf(b->arena, "%s::text", quote_text(b->arena, b->timezone));
    return sql_value(b, b->timezone, "text");
}

const char *sql_period(struct sql_builder *b, const struct period *period)
{
    return sql_value(b, period->text, "interval");
}

bool sql_in_own_zone(const struct sql_builder *b)
{
    return text_equal(b->timezone, b->session_zone);
}

/* As PostgreSQL adds an interval: months, then days, each in the zone, then the rest. */
const char *sql_later(struct sql_builder *b, const char *moment, const struct period *period)
{
    if (sql_in_own_zone(b) || (!period->months && !period->days))
        return arena_printf(b->arena, "%s + %s", moment, sql_period(b, period));
    const char *zone = sql_zone(b);
    struct text rest = {0};
    if (period->months)
        moment = arena_printf(
            b->arena, "((%s AT TIME ZONE %s + %s) AT TIME ZONE %s)", moment, zone,
            sql_value(b, arena_printf(b->arena, "%d months", period->months), "interval"), zone);
    if (period->days)
        moment = arena_printf(
            b->arena, "((%s AT TIME ZONE %s + %s) AT TIME ZONE %s)", moment, zone,
            sql_value(b, arena_printf(b->arena, "%d days", period->days), "interval"), zone);
    if (period->microseconds)
        text_printf(
            &rest, " + %s",
            sql_value(b,
                      arena_printf(b->arena, "%lld microseconds", (long long)period->microseconds),
                      "interval"));
    return arena_printf(b->arena, "%s%s", moment, sql_take_text(b->arena, &rest));
}

const char *sql_column(struct sql_builder *b, const struct sql_scope *scope, const char *name)
{
    assert(catalog_column(scope->table, name));
    if (scope->used && !string_list_has(scope->used, name))
        sql_list_add(b->arena, scope->used, name);
    b->used = arena_push(b->arena, b->used, &b->used_count, sizeof(*b->used));
    b->used[b->used_count - 1] = (struct sql_used){scope->table, scope->alias, name};
    sql_note_column(b, scope->table, name);
    return arena_printf(b->arena, "%s.%s", scope->alias, quote_name(b->arena, name));
}

const struct catalog_table *sql_catalog_table(const struct sql_builder *b, struct table_name name)
{
    const struct catalog_table *table = catalog_find(b->catalog, name.schema, name.name);
    assert(table);
    return table;
}

const char *sql_alias(struct sql_builder *b, char letter)
{
    return arena_printf(b->arena, "%c%c%zu", ALIAS_MARK, letter, ++b->aliases);
}

struct sql_scope sql_read(struct sql_builder *b, struct table_name name, char letter)
{
    struct sql_scope scope = {.table = sql_catalog_table(b, name), .alias = sql_alias(b, letter)};
    scope.key = sql_primary_key(b->arena, scope.table);
    b->reads = arena_push(b->arena, b->reads, &b->read_count, sizeof(*b->reads));
    b->reads[b->read_count - 1] = scope.table;
    return scope;
}

struct string_list sql_primary_key(struct arena *arena, const struct catalog_table *table)
{
    return resolve_key(arena, table, false, NULL);
}

struct reference sql_reference(const struct sql_builder *b, const struct catalog_table *from,
                               const struct string_list *by, const struct catalog_table *to,
                               const struct string_list *key)
{
    struct reference reference;
    bool found = resolve_reference(b->arena, b->catalog, from, by, to, key, &reference);
    assert(found);
    (void)found;
    return reference;
}

const char *sql_joined(struct sql_builder *b, const struct reference *reference,
                       const struct sql_scope *from, const struct sql_scope *to)
{
    struct text text = {0};
    for (size_t i = 0; i < reference->by.count; i++) {
        const char *by = reference->by.items[i], *name = reference->columns.items[i];
        const struct catalog_column *x = catalog_column(from->table, by);
        const struct catalog_column *y = catalog_column(to->table, name);
        assert(x && y);
        const char *left = sql_column(b, from, by), *right = sql_column(b, to, name);
        if (resolve_types_agree(x->base_type, y->base_type))
            text_printf(&text, "%s%s %s %s", i ? " AND " : "", left, sql_operator(b->arena, x, "="),
                        right);
        else
            text_printf(&text, "%s%s = %s", i ? " AND " : "", sql_as_text(b->arena, x, left),
                        sql_as_text(b->arena, y, right));
    }
    return sql_take_text(b->arena, &text);
}

const char *sql_from(struct sql_builder *b, const struct catalog_table *table)
{
    return arena_printf(b->arena, "%s%s", table->kind == 'r' ? "ONLY " : "",
                        quote_table(b->arena, table));
}

void sql_note_lookup(struct sql_builder *b, const struct sql_lookup *lookup)
{
    b->lookups = arena_push(b->arena, b->lookups, &b->lookup_count, sizeof(*b->lookups));
    b->lookups[b->lookup_count - 1] = *lookup;
}

const char *sql_from_parent(struct sql_builder *b, const struct sql_scope *scope,
                            const struct ref *ref, const struct sql_scope *parent,
                            const char *expression)
{
    struct reference reference =
        sql_reference(b, scope->table, &ref->by, parent->table, &parent->key);
    const char *where = sql_joined(b, &reference, scope, parent);
    sql_note_lookup(
        b, &(struct sql_lookup){*parent, scope->alias, where, false, reference.foreign_key, NULL});
    return arena_printf(b->arena, "(SELECT %s FROM %s %s WHERE %s)", expression,
                        sql_from(b, parent->table), parent->alias, where);
}

const char *sql_child_where(struct sql_builder *b, const struct sql_scope *scope,
                            const struct string_list *by, const struct sql_scope *child)
{
    struct reference reference = sql_reference(b, child->table, by, scope->table, &scope->key);
    const char *where = sql_joined(b, &reference, child, scope);
    sql_note_lookup(
        b, &(struct sql_lookup){*child, scope->alias, where, false, NULL, reference.foreign_key});
    return where;
}

const char *sql_take_text(struct arena *arena, struct text *text)
{
    const char *s = arena_strdup(arena, text_string(text));
    text_free(text);
    return s;
}
