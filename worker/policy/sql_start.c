/* Starting points: from columns of many types to moments. */
#include <assert.h>
#include <string.h>

#include "policy/sql_private.h"

/* The first moment that counts as "never"; see sql_private.h. */
#define END_OF_TIME "'10000-01-01 00:00:00+00'::timestamptz"

enum form { FORM_TIMESTAMPTZ, FORM_TIMESTAMP, FORM_DATE, FORM_EPOCH, FORM_TEXT, FORM_EPOCH_TEXT };

static enum form form_of(const struct catalog_column *column, const struct ref *ref)
{
    bool is_epoch = ref->unit == UNIT_EPOCH_S || ref->unit == UNIT_EPOCH_MS;
    if (ref->path.count || sql_is_text(column))
        return is_epoch ? FORM_EPOCH_TEXT : FORM_TEXT;
    if (is_epoch)
        return FORM_EPOCH;
    if (text_equal(column->base_type, "timestamp with time zone"))
        return FORM_TIMESTAMPTZ;
    if (text_equal(column->base_type, "timestamp without time zone"))
        return FORM_TIMESTAMP;
    assert(text_equal(column->base_type, "date"));
    return FORM_DATE;
}

const char *sql_let(struct sql_builder *b, const char *alias, const char *value,
                    const char *expression)
{
    return arena_printf(b->arena, "(SELECT %s FROM (SELECT %s OFFSET 0) %s)", expression, value,
                        alias);
}

/* '{"a","b"}': the path as a text[] literal. */
static const char *path_literal(struct arena *arena, const struct string_list *path)
{
    struct text text = {0};
    text_add_char(&text, '{');
    for (size_t i = 0; i < path->count; i++) {
        text_add(&text, i ? ",\"" : "\"");
        for (const char *p = path->items[i]; *p; p++) {
            if (*p == '"' || *p == '\\')
                text_add_char(&text, '\\');
            text_add_char(&text, *p);
        }
        text_add_char(&text, '"');
    }
    text_add_char(&text, '}');
    return sql_take_text(arena, &text);
}

const char *sql_raw(struct sql_builder *b, const struct sql_scope *scope, const struct ref *ref)
{
    const char *column = sql_column(b, scope, ref->column);
    if (!ref->path.count)
        return column;
    return arena_printf(b->arena, "(%s #>> %s)", column,
                        sql_value(b, path_literal(b->arena, &ref->path), "text[]"));
}

const char *sql_ref_text(struct sql_builder *b, const struct sql_scope *scope,
                         const struct ref *ref)
{
    return sql_as_text(b->arena, catalog_column(scope->table, ref->column), sql_raw(b, scope, ref));
}

const char *sql_is_many(struct sql_builder *b, const struct sql_scope *scope, const struct ref *ref)
{
    const char *column = sql_column(b, scope, ref->column), *value = sql_raw(b, scope, ref);
    struct text text = {0};
    text_printf(&text,
                "jsonb_typeof(%s #> %s) IN ('array', 'object') AND %s NOT IN ('[]', '{}') OR %s IS "
                "NULL AND (",
                column, sql_value(b, path_literal(b->arena, &ref->path), "text[]"), value, value);
    for (size_t i = 0; i < ref->path.count; i++) {
        const struct string_list way = {ref->path.items, i};
        const char *above = i ? arena_printf(b->arena, "(%s #> %s)", column,
                                             sql_value(b, path_literal(b->arena, &way), "text[]"))
                              : column;
        text_printf(&text, "%sjsonb_typeof(%s) = 'array' AND %s <> '[]'", i ? " OR " : "", above,
                    above);
    }
    text_add(&text, ")");
    return sql_take_text(b->arena, &text);
}

const char *sql_is_one(struct sql_builder *b, const struct sql_scope *scope, const struct ref *ref)
{
    return arena_printf(b->arena, "jsonb_typeof(%s #> %s) IN ('string', 'number')",
                        sql_column(b, scope, ref->column),
                        sql_value(b, path_literal(b->arena, &ref->path), "text[]"));
}

const char *sql_guarded_number(struct arena *arena, const char *raw)
{
    return arena_printf(
        arena,
        "CASE WHEN %s ~ '^[+-]?[0-9]{1,200}([.][0-9]{1,200})?([eE][+-]?[0-9]{1,3})?$'"
        " THEN %s::numeric END",
        raw, raw);
}

static const char *from_epoch(struct sql_builder *b, const struct ref *ref, const char *number)
{
    /* Exact to the microsecond for values up to the year 2112; rounding is rint's. */
    return arena_printf(b->arena,
                        ref->unit == UNIT_EPOCH_MS ? "to_timestamp(%s::float8 / 1000)"
                                                   : "to_timestamp(%s::float8)",
                        number);
}

/* A moment written as text. Without a zone it is one of the category's, which is the session's but
 * where another category's records are judged: then it is read as if it were of UTC. */
static const char *read_text(struct sql_builder *b, const char *raw)
{
    if (sql_in_own_zone(b))
        return arena_printf(b->arena, "retention.try_timestamptz(%s)", raw);
    const char *zone = sql_zone(b);
    return arena_printf(
        b->arena,
        "(CASE WHEN %s ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' THEN (retention.try_timestamptz(%s || "
        "' 00:00Z') AT TIME ZONE 'UTC' + '1 day'::interval) AT TIME ZONE %s WHEN %s ~ "
        "'^[0-9-]+[T ][0-9:.]+ ?$' THEN retention.try_timestamptz(%s || 'Z') AT TIME ZONE 'UTC' AT "
        "TIME ZONE %s ELSE retention.try_timestamptz(%s) END)",
        raw, raw, zone, raw, raw, zone, raw);
}

bool sql_moment_may_fail(const struct catalog_column *column, const struct ref *ref)
{
    enum form form = form_of(column, ref);
    return form == FORM_TEXT || form == FORM_EPOCH_TEXT || form == FORM_EPOCH;
}

const char *sql_moment(struct sql_builder *b, const struct catalog_column *column,
                       const struct ref *ref, const char *raw)
{
    const char *zone;
    switch (form_of(column, ref)) {
    case FORM_TIMESTAMPTZ:
        return raw;
    case FORM_TIMESTAMP:
        zone = sql_zone(b);
        return arena_printf(b->arena,
                            "CASE WHEN %s >= '9999-12-31'::timestamp THEN 'infinity'::timestamptz "
                            "ELSE %s AT TIME ZONE %s END",
                            raw, raw, zone);
    case FORM_DATE:
        zone = sql_zone(b);
        return arena_printf(b->arena,
                            "CASE WHEN %s >= '9999-12-31'::date THEN 'infinity'::timestamptz "
                            "ELSE (%s + 1)::timestamp AT TIME ZONE %s END",
                            raw, raw, zone);
    case FORM_TEXT:
        return read_text(b, raw);
    case FORM_EPOCH_TEXT:
        raw = arena_printf(b->arena, "(%s)", sql_guarded_number(b->arena, raw));
        break;
    case FORM_EPOCH:
        break;
    }
    const char *scale = ref->unit == UNIT_EPOCH_MS ? "000" : "";
    return arena_printf(b->arena,
                        "CASE WHEN %s BETWEEN -62135596800%s AND 253402300799%s THEN %s END", raw,
                        scale, scale, from_epoch(b, ref, raw));
}

/* One usable value of a leaf: `valid` says whether the value counts, `value` is the moment. */
struct leaf {
    const char *raw, *valid, *value;
};

static const char *rounded(struct sql_builder *b, enum round_up round_up, const char *local)
{
    static const struct {
        const char *unit, *length;
    } units[] = {
        [ROUND_DAY] = {"day", "1 day"},
        [ROUND_MONTH] = {"month", "1 month"},
        [ROUND_QUARTER] = {"quarter", "3 months"},
        [ROUND_YEAR] = {"year", "1 year"},
    };
    return arena_printf(b->arena, "((date_trunc('%s', %s) + '%s'::interval) AT TIME ZONE %s)",
                        units[round_up].unit, local, units[round_up].length, sql_zone(b));
}

static const char *rounded_moment(struct sql_builder *b, enum round_up round_up, const char *moment)
{
    if (round_up == ROUND_NONE)
        return moment;
    return rounded(b, round_up, arena_printf(b->arena, "%s AT TIME ZONE %s", moment, sql_zone(b)));
}

/* An epoch number's validity: not before not_before, not after the year 9999. */
static struct leaf epoch_leaf(struct sql_builder *b, const struct start *start,
                              const struct ref *ref, const char *number)
{
    bool ms = ref->unit == UNIT_EPOCH_MS;
    struct leaf leaf = {.raw = number};
    leaf.valid = arena_printf(
        b->arena,
        "%s >= ceil(extract(epoch FROM %s AT TIME ZONE 'UTC')%s)::bigint AND %s <= 253402300799%s",
        number, sql_value(b, start->not_before, "timestamptz"), ms ? " * 1000" : "", number,
        ms ? "999" : "");
    leaf.value = rounded_moment(b, start->round_up, from_epoch(b, ref, number));
    return leaf;
}

/* A column that is no text: raw, valid and value can be written where they are needed. */
static struct leaf column_leaf(struct sql_builder *b, const struct start *start,
                               const struct catalog_column *column, const struct ref *ref,
                               const char *raw)
{
    struct leaf leaf = {.raw = raw};
    enum round_up round_up = start->round_up;
    const char *not_before = sql_value(b, start->not_before, "timestamptz");
    switch (form_of(column, ref)) {
    case FORM_TIMESTAMPTZ:
        leaf.valid = arena_printf(b->arena, "%s >= %s AND %s < " END_OF_TIME, raw, not_before, raw);
        leaf.value = rounded_moment(b, round_up, raw);
        break;
    case FORM_TIMESTAMP:
        leaf.valid =
            arena_printf(b->arena, "%s >= (%s AT TIME ZONE %s) AND %s < '10000-01-01'::timestamp",
                         raw, not_before, sql_zone(b), raw);
        leaf.value = round_up == ROUND_NONE
                         ? arena_printf(b->arena, "(%s AT TIME ZONE %s)", raw, sql_zone(b))
                         : rounded(b, round_up, raw);
        break;
    case FORM_DATE: /* the date itself is compared and rounded, its end is the moment */
        leaf.valid =
            arena_printf(b->arena, "%s >= (%s AT TIME ZONE %s)::date AND %s < '10000-01-01'::date",
                         raw, not_before, sql_zone(b), raw);
        leaf.value =
            round_up == ROUND_NONE
                ? arena_printf(b->arena, "((%s + 1)::timestamp AT TIME ZONE %s)", raw, sql_zone(b))
                : rounded(b, round_up, arena_printf(b->arena, "%s::timestamp", raw));
        break;
    default:
        assert(form_of(column, ref) == FORM_EPOCH);
        return epoch_leaf(b, start, ref, raw);
    }
    return leaf;
}

static const char *leaf_expression(struct sql_builder *b, const struct leaf *leaf, bool mark)
{
    if (!mark)
        return arena_printf(b->arena, "CASE WHEN %s THEN %s END", leaf->valid, leaf->value);
    return arena_printf(
        b->arena, "CASE WHEN %s THEN %s WHEN %s IS NOT NULL THEN '-infinity'::timestamptz END",
        leaf->valid, leaf->value, leaf->raw);
}

/* Text, from jsonb: read once. A bare date has not begun at its end: what lies in the day decides
 * about not_before and rounding. */
static const char *text_expression(struct sql_builder *b, const struct start *start,
                                   const struct ref *ref, const char *raw, bool mark)
{
    const char *x = sql_alias(b, 'x');
    struct leaf leaf;
    const char *let;
    if (ref->unit == UNIT_EPOCH_S || ref->unit == UNIT_EPOCH_MS) {
        leaf = epoch_leaf(b, start, ref, arena_printf(b->arena, "%s.n", x));
        let = arena_printf(b->arena, "%s AS n, %s AS raw", sql_guarded_number(b->arena, raw), raw);
    } else {
        const char *inside = arena_printf(b->arena, "(%s.v - %s.back)", x, x);
        leaf.valid = arena_printf(b->arena, "%s >= %s", inside,
                                  sql_value(b, start->not_before, "timestamptz"));
        leaf.value = start->round_up == ROUND_NONE ? arena_printf(b->arena, "%s.v", x)
                                                   : rounded_moment(b, start->round_up, inside);
        let = arena_printf(b->arena,
                           "%s AS v, CASE WHEN %s ~ "
                           "'^[0-9]{4}-[0-9]{2}-[0-9]{2}$' THEN '1 microsecond'::interval ELSE "
                           "'0'::interval END AS back, %s AS raw",
                           read_text(b, raw), raw, raw);
    }
    leaf.raw = arena_printf(b->arena, "%s.raw", x);
    return sql_let(b, x, let, leaf_expression(b, &leaf, mark));
}

/* The value of ref's own column in scope (ref->kind does not matter here). */
static const char *own_expression(struct sql_builder *b, const struct sql_scope *scope,
                                  const struct start *start, const struct ref *ref, bool mark)
{
    const struct catalog_column *column = catalog_column(scope->table, ref->column);
    assert(column);
    const char *raw = sql_raw(b, scope, ref);
    enum form form = form_of(column, ref);
    if (form == FORM_TEXT || form == FORM_EPOCH_TEXT)
        return text_expression(b, start, ref, raw, mark);
    struct leaf leaf = column_leaf(b, start, column, ref, raw);
    return leaf_expression(b, &leaf, mark);
}

static const char *ref_expression(struct sql_builder *b, const struct sql_scope *scope,
                                  const struct start *start, const struct ref *ref, bool mark);

static const char *child_expression(struct sql_builder *b, const struct sql_scope *scope,
                                    const struct start *start, const struct ref *ref, bool mark)
{
    assert(ref->pick != PICK_EACH);
    struct sql_scope child = sql_read(b, ref->table, 'c');
    /* With nulls ignored, an unusable value must still make the whole unknown: it is marked. */
    const char *value = own_expression(b, &child, start, ref, start->ignore_nulls);
    const char *aggregate = ref->pick == PICK_LATEST ? "max" : "min";
    const char *picked;
    if (!start->ignore_nulls)
        picked = arena_printf(b->arena, "WHEN count(*) = count(%s) THEN %s(%s)", value, aggregate,
                              value);
    else
        picked = arena_printf(b->arena, "WHEN min(%s) > '-infinity'::timestamptz THEN %s(%s)%s",
                              value, aggregate, value,
                              mark ? arena_printf(b->arena, " ELSE min(%s)", value) : "");
    const char *none = "";
    if (ref->none)
        none = arena_printf(b->arena, "WHEN count(*) = 0 THEN %s ",
                            ref_expression(b, scope, start, ref->none, mark));
    return arena_printf(b->arena, "(SELECT CASE %s%s END FROM %s %s WHERE %s)", none, picked,
                        sql_from(b, child.table), child.alias,
                        sql_child_where(b, scope, &ref->by, &child));
}

static const char *ref_expression(struct sql_builder *b, const struct sql_scope *scope,
                                  const struct start *start, const struct ref *ref, bool mark)
{
    if (ref->kind == REF_CHILD)
        return child_expression(b, scope, start, ref, mark);
    if (ref->kind == REF_PARENT) {
        struct sql_scope parent = sql_read(b, ref->table, 'p');
        return sql_from_parent(b, scope, ref, &parent,
                               own_expression(b, &parent, start, ref, mark));
    }
    return own_expression(b, scope, start, ref, mark);
}

static bool is_cheap(const struct sql_scope *scope, const struct ref *ref)
{
    if (ref->kind != REF_COLUMN)
        return false;
    enum form form = form_of(catalog_column(scope->table, ref->column), ref);
    return form != FORM_TEXT && form != FORM_EPOCH_TEXT;
}

const char *sql_own_start(struct sql_builder *b, const struct sql_scope *scope,
                          const struct start *start, const struct ref *ref)
{
    return own_expression(b, scope, start, ref, false);
}

struct sql_start sql_start(struct sql_builder *b, const struct sql_scope *scope,
                           const struct start *start)
{
    assert(start->ref_count > 0);
    if (start->ref_count == 1)
        return (struct sql_start){
            .text = ref_expression(b, scope, start, &start->refs[0], false),
            .cheap = is_cheap(scope, &start->refs[0]),
        };

    bool cheap = true, ignore = start->ignore_nulls;
    for (size_t i = 0; i < start->ref_count; i++)
        cheap &= is_cheap(scope, &start->refs[i]);
    const char *x = sql_alias(b, 'l');
    struct text known = {0}, values = {0}, let = {0};
    for (size_t i = 0; i < start->ref_count; i++) {
        const struct ref *ref = &start->refs[i];
        text_add(&known, i ? " AND " : "");
        text_add(&values, i ? ", " : "");
        if (cheap) {
            struct leaf leaf = column_leaf(b, start, catalog_column(scope->table, ref->column), ref,
                                           sql_raw(b, scope, ref));
            if (ignore)
                text_printf(&known, "(%s IS NULL OR (%s))", leaf.raw, leaf.valid);
            else
                text_add(&known, leaf.valid);
            text_add(&values, leaf.value);
            continue;
        }
        const char *name = arena_printf(b->arena, "%s.v%zu", x, i + 1);
        text_printf(&known, "(%s > '-infinity'::timestamptz%s)", name,
                    ignore ? arena_printf(b->arena, " OR %s IS NULL", name) : "");
        text_add(&values, name);
        text_printf(&let, "%s%s AS v%zu", i ? ", " : "",
                    ref_expression(b, scope, start, ref, ignore), i + 1);
    }
    const char *expression =
        arena_printf(b->arena, "CASE WHEN %s THEN %s(%s) END", text_string(&known),
                     start->form == START_EARLIEST ? "LEAST" : "GREATEST", text_string(&values));
    struct sql_start result = {
        .text = cheap ? expression : sql_let(b, x, text_string(&let), expression),
        .cheap = cheap,
    };
    text_free(&known);
    text_free(&values);
    text_free(&let);
    return result;
}
