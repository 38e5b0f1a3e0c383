/* New values of columns: one function a transformation (policy/transform.c), and how a statement
 * sets them, sees that they are there, and finds what it has not done yet.
 *
 * A transformation f of x is asked in three places: SET c = f(c); RETURNING whether the new value
 * is a fixed point of f, which the old one was not, so that a trigger that puts it back is found
 * out; and, to find what is to be done, whether the value is no fixed point yet. Text is handled
 * under the collation "C": a case-insensitive column would take its values for equal. */
#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "policy/sql_private.h"
#include "policy/transform.h"

/* ---- pieces ---- */

static const char *as_text(struct sql_builder *b, const char *x)
{
    return arena_printf(b->arena, "%s::text COLLATE pg_catalog.\"C\"", x);
}

static const char *full_type(struct sql_builder *b, const struct catalog_column *column)
{
    return text_equal(column->full_type, column->type) ? sql_type(b->arena, column)
                                                       : column->full_type;
}

/* As the column would take it: a domain's or a modifier's rules included. */
static const char *as_column(struct sql_builder *b, const struct catalog_column *column,
                             const char *value)
{
    return arena_printf(b->arena, "(%s)::%s", value, full_type(b, column));
}

static const char *text_array(struct sql_builder *b, const struct string_list *list,
                              int (*change)(int), const char *more)
{
    struct text text = {0};
    text_add(&text, "ARRAY[");
    for (size_t i = 0; i < list->count; i++) {
        char *copy = arena_strdup(b->arena, list->items[i]);
        for (char *p = copy; *p && change; p++)
            *p = (char)((unsigned char)*p < 0x80 ? change((unsigned char)*p) : *p);
        text_printf(&text, "%s%s", i ? ", " : "", quote_text(b->arena, copy));
    }
    if (more)
        text_printf(&text, "%s%s", list->count ? ", " : "", quote_text(b->arena, more));
    text_add(&text, "]::text[]");
    return sql_take_text(b->arena, &text);
}

static const char *number(struct sql_builder *b, int64_t value)
{
    return arena_printf(b->arena, "%lld", (long long)value);
}

static bool is_type(const struct catalog_column *column, const char *type)
{
    return text_equal(column->base_type, type);
}

/* ---- erasing ---- */

TRANSFORM_SQL(nullify)
{
    (void)transform;
    (void)x;
    return arena_printf(b->arena, "NULL::%s", full_type(b, column));
}

TRANSFORM_SQL(constant)
{
    const char *value = arena_printf(
        b->arena, "%s::%s", quote_text(b->arena, transform->value.text), full_type(b, column));
    return arena_printf(b->arena, "CASE WHEN %s IS NOT NULL THEN %s END", x, value);
}

/* Made of a random number of the batch's and the record's key: so what RETURNING compares with is
 * the same. The key stands in the record, the number nowhere: nothing leads back to the old value,
 * which has no part in it. */
TRANSFORM_SQL(random_token)
{
    struct text seed = {0};
    text_printf(&seed, "%s || %s", sql_param(b, PARAM_NONCE, 0, NULL, "text"),
                quote_text(b->arena, arena_printf(b->arena, ":%s", transform->column)));
    for (size_t i = 0; i < b->target.key.count && !b->example; i++)
        text_printf(&seed, " || ':' || %s", sql_key_text(b, &b->target, b->target.key.items[i]));
    const char *digest =
        arena_printf(b->arena, "encode(sha256(convert_to(%s, 'UTF8')), 'hex')", text_string(&seed));
    text_free(&seed);
    int64_t length = is_type(column, "uuid") ? 32 : transform->length;
    return arena_printf(
        b->arena, "CASE WHEN %s IS NOT NULL THEN %s END", x,
        as_column(b, column, arena_printf(b->arena, "left(%s, %lld)", digest, (long long)length)));
}

/* Which of the stage's columns that the worker makes values for. */
static size_t hashed_index(const struct sql_builder *b, const struct transform *transform)
{
    size_t n = 0;
    for (size_t i = 0; &b->stage->columns[i] != transform; i++)
        n += b->stage->columns[i].as->keyed;
    return n;
}

static const char *hashed_map(struct sql_builder *b, const struct transform *transform)
{
    size_t i = hashed_index(b, transform);
    const char *old = sql_param(b, PARAM_HASHED_OLD, i, NULL, "text[]");
    return arena_printf(b->arena, "(SELECT jsonb_object(%s, %s))", old,
                        sql_param(b, PARAM_HASHED_NEW, i, NULL, "text[]"));
}

/* What the worker made of the value, found by the value itself; where nobody makes it, something
 * that looks like it. */
TRANSFORM_SQL(hmac)
{
    if (b->example || b->trial) {
        struct transform token = *transform;
        token.length = TRANSFORM_DIGEST_LENGTH;
        return sql_transform_random_token(b, &token, column, x);
    }
    return as_column(b, column,
                     arena_printf(b->arena, "%s ->> %s::text", hashed_map(b, transform), x));
}

static const char *json_paths(struct sql_builder *b, const struct transform *transform,
                              const struct catalog_column *column, const char *x,
                              const char *function)
{
    const char *document = arena_printf(
        b->arena, is_type(column, "json") ? "retention.try_jsonb(%s)" : "%s::jsonb", x);
    return as_column(b, column,
                     arena_printf(b->arena, "retention.%s(%s, %s)", function, document,
                                  text_array(b, &transform->paths, NULL, NULL)));
}

TRANSFORM_SQL(json_keep)
{
    return json_paths(b, transform, column, x, "json_keep");
}

TRANSFORM_SQL(json_drop)
{
    return json_paths(b, transform, column, x, "json_drop");
}

/* ---- generalising ---- */

TRANSFORM_SQL(phone_truncate)
{
    return as_column(b, column,
                     arena_printf(b->arena, "retention.truncate_phone(%s::text, %s)", x,
                                  quote_text(b->arena, transform->keep)));
}

TRANSFORM_SQL(zip_prefix)
{
    const char *text = as_text(b, x), *length = number(b, transform->length);
    const char *prefix = arena_printf(
        b->arena, "left(regexp_replace(upper(%s), '[ -]', '', 'g'), %s)", text, length);
    const char *result = prefix;
    if (transform->small.count)
        result =
            arena_printf(b->arena, "CASE WHEN %s = ANY (%s) THEN repeat('0', %s) ELSE %s END",
                         prefix, text_array(b, &transform->small, toupper, NULL), length, prefix);
    return as_column(b, column,
                     arena_printf(b->arena,
                                  "CASE WHEN %s ~ '^[A-Za-z0-9][A-Za-z0-9 -]{0,11}$' THEN %s END",
                                  text, result));
}

/* 6to4 addresses hold a whole IPv4 address behind their first 16 bits. A value's own netmask says
 * nothing of the address; nothing goes by way of text, which takes several times as long. */
TRANSFORM_SQL(ip_truncate)
{
    long long v4 = transform->v4, v6 = transform->v6;
    if (transform_family(column) == TAKES_TEXT)
        return as_column(
            b, column,
            arena_printf(b->arena, "retention.truncate_ip(%s::text, %lld, %lld)", x, v4, v6));
    const char *host = arena_printf(b->arena, "set_masklen(%s::inet, 128)", x);
    const char *bits = arena_printf(b->arena,
                                    "CASE WHEN %s <<= '::ffff:0:0/96'::inet THEN %lld WHEN %s <<= "
                                    "'2002::/16'::inet THEN %lld ELSE %lld END",
                                    host, 96 + v4, host, v6 < 16 + v4 ? v6 : 16 + v4, v6);
    if (is_type(column, "cidr"))
        return as_column(b, column,
                         arena_printf(b->arena,
                                      "network(set_masklen(%s::inet, LEAST(masklen(%s), CASE WHEN "
                                      "family(%s) = 4 THEN %lld ELSE %s END)))",
                                      x, x, x, v4, bits));
    return as_column(
        b, column,
        arena_printf(b->arena,
                     "CASE WHEN family(%s) = 4 THEN set_masklen(network(set_masklen(%s::inet, "
                     "%lld))::inet, 32) ELSE set_masklen(network(set_masklen(%s::inet, %s))::inet, "
                     "128) END",
                     x, x, v4, x, bits));
}

TRANSFORM_SQL(date_trunc)
{
    const char *unit = quote_text(b->arena, transform->unit), *value;
    /* The day of the last moment that PostgreSQL knows is another in some time zones. */
    const char *least = "timestamp '4000-01-01 BC'", *most = "timestamp '294276-01-01'";
    if (is_type(column, "timestamp with time zone")) {
        value = arena_printf(b->arena, "date_trunc(%s, %s, %s)", unit, x, sql_zone(b));
        least = "timestamptz '4000-01-01 00:00:00+00 BC'";
        most = "timestamptz '294276-01-01 00:00:00+00'";
    } else {
        value = arena_printf(b->arena, "date_trunc(%s, %s::timestamp)", unit, x);
    }
    return arena_printf(b->arena,
                        "CASE WHEN NOT isfinite(%s) THEN %s WHEN %s >= %s AND %s < %s THEN "
                        "%s END",
                        x, x, x, least, x, most, as_column(b, column, value));
}

/* The least number of precision and scale: -99999e-2 of (5,2). */
static const char *least_numeric(struct sql_builder *b, const struct catalog_column *column)
{
    long precision = transform_type_limit(column, 0), scale = transform_type_limit(column, 1);
    if (precision < 0)
        return NULL;
    char *nines = arena_alloc(b->arena, (size_t)precision + 1);
    memset(nines, '9', (size_t)precision);
    return arena_printf(b->arena, "-%se%ld", nines, -scale);
}

/* What a number of the column's type cannot be below, or NULL. */
static const char *least_of(struct sql_builder *b, const struct catalog_column *column)
{
    static const struct {
        const char *type, *least;
    } rows[] = {{"smallint", "-32768"},
                {"integer", "-2147483648"},
                {"bigint", "-9223372036854775808"},
                {"real", "-1e30"},
                {"double precision", "-1e300"}};
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        if (is_type(column, rows[i].type))
            return rows[i].least;
    return is_type(column, "numeric") ? least_numeric(b, column) : NULL;
}

/* Exactly, whatever the type: a float is the number that its shortest text says. */
static const char *exact(struct sql_builder *b, const struct catalog_column *column, const char *x)
{
    bool is_float = is_type(column, "real") || is_type(column, "double precision");
    return arena_printf(b->arena, is_float ? "(%s::text)::numeric" : "%s::numeric", x);
}

static const char *bucket_by_width(struct sql_builder *b, const struct transform *transform,
                                   const struct catalog_column *column, const char *x)
{
    const char *value =
        arena_printf(b->arena, "floor(%s / %s::numeric) * %s::numeric", exact(b, column, x),
                     transform->width.text, transform->width.text);
    const char *least = least_of(b, column), *result = as_column(b, column, value);
    bool is_float = is_type(column, "real") || is_type(column, "double precision");
    if (is_float)
        return arena_printf(b->arena, "CASE WHEN %s > %s AND %s < -(%s) THEN %s END", x, least, x,
                            least, result);
    if (least)
        return arena_printf(b->arena, "CASE WHEN %s >= %s THEN %s END", value, least, result);
    return result;
}

TRANSFORM_SQL(bucket)
{
    if (transform->width.text)
        return bucket_by_width(b, transform, column, x);
    struct text text = {0};
    text_printf(&text, "CASE WHEN %s IS NULL THEN NULL", x);
    for (size_t i = transform->bound_count; i-- > 0;) {
        const char *bound =
            arena_printf(b->arena, "(%s)::%s", transform->bounds[i].text, full_type(b, column));
        text_printf(&text, " WHEN %s >= %s THEN %s", x, bound, bound);
    }
    if (transform->clamp)
        text_printf(&text, " ELSE (%s)::%s", transform->bounds[0].text, full_type(b, column));
    text_add(&text, " END");
    return sql_take_text(b->arena, &text);
}

TRANSFORM_SQL(top_code)
{
    struct text text = {0};
    const struct {
        const char *limit, *op;
    } rows[] = {{transform->min.text, "<"}, {transform->max.text, ">"}};
    text_add(&text, "CASE");
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        if (rows[i].limit) {
            const char *limit =
                arena_printf(b->arena, "(%s)::%s", rows[i].limit, full_type(b, column));
            text_printf(&text, " WHEN %s %s %s THEN %s", x, rows[i].op, limit, limit);
        }
    text_printf(&text, " ELSE %s END", x);
    return sql_take_text(b->arena, &text);
}

/* Of schemes that have a host, since behind tel:// and its like stands a person. Of ASCII a host
 * has letters, digits, dot, hyphen and underscore: with anything else, as %2F or &, it may have the
 * query in it, and is none. */
TRANSFORM_SQL(url_strip)
{
    static const char pattern[] =
        "(?i)^(https?|wss?|ftp)://(?:[^/?#\\\\]*@)?"
        "(\\[[0-9a-f:.]+\\]|[^\\u0001-,/:-@[-^`{-\\u007f]+)(:[0-9]{1,5})?(?:[/?#].*)?$";
    const char *text = as_text(b, x), *quoted = quote_text(b->arena, pattern);
    (void)transform;
    return as_column(b, column,
                     arena_printf(b->arena,
                                  "CASE WHEN %s ~ %s THEN lower(regexp_replace(%s, %s, "
                                  "'\\1://\\2\\3')) END",
                                  text, quoted, text, quoted));
}

TRANSFORM_SQL(email_domain)
{
    const char *text = as_text(b, x);
    const char *domain = arena_printf(b->arena, "lower(split_part(%s, '@', 2))", text);
    return as_column(
        b, column,
        arena_printf(b->arena,
                     "CASE WHEN lower(%s) = ANY (%s) THEN lower(%s) WHEN %s ~ "
                     "'^[^@\\s]+@[^@\\s]+$' THEN CASE WHEN %s = ANY (%s) THEN %s ELSE 'other' END "
                     "END",
                     text, text_array(b, &transform->allow, tolower, "other"), text, text, domain,
                     text_array(b, &transform->allow, tolower, NULL), domain));
}

TRANSFORM_SQL(mask)
{
    const char *text = as_text(b, x);
    int64_t shown = transform->first + transform->last;
    const char *fill = quote_text(b->arena, transform->fill);
    const char *all =
        arena_printf(b->arena, "repeat(%s, %lld)", fill, (long long)transform->length);
    if (!shown)
        return arena_printf(b->arena, "CASE WHEN %s IS NOT NULL THEN %s END", x,
                            as_column(b, column, all));
    return as_column(
        b, column,
        arena_printf(b->arena,
                     "CASE WHEN char_length(%s) >= %lld THEN left(%s, %lld) || repeat(%s, %lld) || "
                     "right(%s, %lld) WHEN %s IS NOT NULL THEN %s END",
                     text, (long long)(2 * shown), text, (long long)transform->first, fill,
                     (long long)(transform->length - shown), text, (long long)transform->last, x,
                     all));
}

/* ---- statements ---- */

static const struct catalog_column *column_of(const struct sql_builder *b, const char *name)
{
    const struct catalog_column *column = catalog_column(b->target.table, name);
    assert(column);
    return column;
}

/* Are two values of the column the same, NULL included? */
static const char *same(struct sql_builder *b, const struct catalog_column *column, const char *x,
                        const char *y)
{
    unsigned family = transform_family(column);
    if (family & (TAKES_TEXT | TAKES_JSON | TAKES_OTHER))
        return arena_printf(b->arena,
                            "(%s)::text COLLATE pg_catalog.\"C\" IS NOT DISTINCT FROM "
                            "(%s)::text COLLATE pg_catalog.\"C\"",
                            x, y);
    return arena_printf(b->arena, "%s IS NOT DISTINCT FROM %s", x, y);
}

static bool is_nullify(const struct transform *transform)
{
    return text_equal(transform->as->name, "nullify");
}

struct catalog_column sql_without_domain(struct sql_builder *b, const struct catalog_column *column)
{
    struct catalog_column plain = *column;
    if (column->type_kind != 'd')
        return plain;
    if (text_equal(plain.limited_type, plain.type))
        plain.limited_type = sql_base_type(b->arena, column);
    plain.type = plain.base_type;
    plain.full_type = plain.limited_type;
    plain.type_kind = 'b';
    return plain;
}

/* Has the row's column the value that it should? */
static const char *is_done(struct sql_builder *b, const struct transform *transform)
{
    const struct catalog_column column = sql_without_domain(b, column_of(b, transform->column));
    const char *x = sql_column(b, &b->target, transform->column);
    if (is_nullify(transform))
        return arena_printf(b->arena, "%s IS NULL", x);
    return same(b, &column, x, transform->as->sql(b, transform, &column, x));
}

static const char *mark_is_set(struct sql_builder *b)
{
    const struct catalog_column *column = column_of(b, b->stage->mark);
    return arena_printf(b->arena, "%s %s", sql_column(b, &b->target, b->stage->mark),
                        is_type(column, "boolean") ? "IS TRUE" : "IS NOT NULL");
}

/* ---- dependants ---- */

/* The target is the dependant's row while its columns are written. */
static struct sql_scope set_target(struct sql_builder *b, const struct sql_scope *row)
{
    struct sql_scope before = b->target;
    b->target = *row;
    return before;
}

const char *sql_dependant_changes(struct sql_builder *b, const struct sql_scope *row,
                                  const struct dependant *dependant)
{
    if (policy_dependant_stage(b->category, dependant) != b->stage)
        return NULL;
    struct text text = {0};
    struct sql_scope target = set_target(b, row);
    for (size_t i = 0; i < dependant->column_count; i++) {
        const struct transform *t = &dependant->columns[i];
        text_printf(&text, "%s%s = %s", i ? ",\n       " : "", quote_name(b->arena, t->column),
                    t->as->sql(b, t, column_of(b, t->column), sql_column(b, row, t->column)));
    }
    b->target = target;
    return sql_take_text(b->arena, &text);
}

const char *sql_dependant_changed(struct sql_builder *b, const struct sql_scope *row,
                                  const struct dependant *dependant)
{
    if (policy_dependant_stage(b->category, dependant) != b->stage)
        return NULL;
    struct text text = {0};
    struct sql_scope target = set_target(b, row);
    for (size_t i = 0; i < dependant->column_count; i++)
        sql_add_and(&text, is_done(b, &dependant->columns[i]));
    b->target = target;
    return arena_printf(b->arena, "(%s)", sql_take_text(b->arena, &text));
}

/* Are rows that hang on this one not done? NULL (C): none are for this stage. */
static const char *below_undone(struct sql_builder *b, const struct sql_scope *row,
                                const struct dependant *with, size_t count)
{
    struct text text = {0};
    for (size_t i = 0; i < count; i++) {
        if (!policy_stage_reaches(b->category, b->stage, &with[i]))
            continue;
        struct sql_scope child = sql_read(b, with[i].table, 'd');
        if (with[i].key.count)
            child.key = with[i].key;
        const char *link = sql_child_where(b, row, &with[i].by, &child);
        text_printf(&text, "%s(EXISTS (SELECT 1 FROM %s %s WHERE %s AND %s)) IS TRUE",
                    text.length ? " OR " : "", sql_from(b, child.table), child.alias, link,
                    sql_undone(b, &child, &with[i]));
    }
    return text.length ? arena_printf(b->arena, "(%s)", sql_take_text(b->arena, &text)) : NULL;
}

const char *sql_undone(struct sql_builder *b, const struct sql_scope *row,
                       const struct dependant *dependant)
{
    if (policy_stage_removes(b->stage) || !policy_stage_reaches(b->category, b->stage, dependant))
        return NULL;
    const char *own = sql_dependant_changed(b, row, dependant);
    const char *below = below_undone(b, row, dependant->with, dependant->with_count);
    if (own && below)
        return arena_printf(b->arena, "(%s IS NOT TRUE OR %s)", own, below);
    return own ? arena_printf(b->arena, "%s IS NOT TRUE", own) : below;
}

/* A record has passed with all that hangs on it: also what comes later is done. */
static void add_dependants_done(struct sql_builder *b, struct text *text)
{
    const char *below = below_undone(b, &b->target, b->category->with, b->category->with_count);
    if (below)
        sql_add_and(text, arena_printf(b->arena, "%s IS NOT TRUE", below));
}

/* ---- values that the worker makes ---- */

const struct transform **sql_hashed(struct sql_builder *b, size_t *ret_count)
{
    const struct transform **list =
        arena_alloc(b->arena, (b->stage->column_count + 1) * sizeof(*list));
    *ret_count = 0;
    for (size_t i = 0; i < b->stage->column_count; i++)
        if (b->stage->columns[i].as->keyed)
            list[(*ret_count)++] = &b->stage->columns[i];
    return list;
}

const char *sql_hashed_known(struct sql_builder *b)
{
    size_t count;
    const struct transform **hashed = sql_hashed(b, &count);
    struct text text = {0};
    for (size_t i = 0; i < count; i++) {
        const char *x = sql_column(b, &b->target, hashed[i]->column);
        sql_add_and(&text, arena_printf(b->arena, "(%s IS NULL OR jsonb_exists(%s, %s::text))", x,
                                        hashed_map(b, hashed[i]), x));
    }
    return count ? sql_take_text(b->arena, &text) : NULL;
}

struct sql_statement sql_read_values(struct sql_builder *b, const char *leaf)
{
    size_t count;
    const struct transform **hashed = sql_hashed(b, &count);
    struct text text = {0};
    if (!count)
        return (struct sql_statement){.text = ""};
    const char *tids = sql_param(b, PARAM_TIDS, 0, NULL, "tid[]");
    for (size_t i = 0; i < count; i++) {
        const char *x = as_text(b, sql_column(b, &b->target, hashed[i]->column));
        text_printf(
            &text,
            "%sARRAY(SELECT DISTINCT %s FROM ONLY %s t WHERE t.ctid = ANY (%s) AND %s IS NOT "
            "NULL) AS v%zu",
            i ? ",\n       " : "SELECT ", x, leaf, tids, x, i + 1);
    }
    return sql_finish(b, sql_take_text(b->arena, &text));
}

bool sql_reads_before(const struct stage *stage)
{
    return stage->quasi.count || (stage->aggregate && !policy_stage_removes(stage));
}

/* Of a stage that counts the mark alone: who was counted once is not counted again, whatever the
 * application writes into the record afterwards. */
const char *sql_passed(struct sql_builder *b)
{
    struct text text = {0};
    const struct stage *stage = b->stage;
    assert(!policy_stage_removes(stage));
    if (stage->mark)
        sql_add_and(&text, mark_is_set(b));
    /* What is seen at once comes first: of most records it says that they are not done. */
    for (int seen_at_once = 1; seen_at_once >= 0 && !stage->aggregate; seen_at_once--)
        for (size_t i = 0; i < stage->column_count; i++)
            if (stage->columns[i].as->testable && is_nullify(&stage->columns[i]) == seen_at_once)
                sql_add_and(&text, is_done(b, &stage->columns[i]));
    if (stage->quasi.count)
        sql_add_and(&text, sql_quasi_done(b));
    add_dependants_done(b, &text);
    return arena_printf(b->arena, "(%s)", sql_take_text(b->arena, &text));
}

static void add_change(struct sql_builder *b, struct text *text, const char *column,
                       const char *value)
{
    text_printf(text, "%s%s = %s", text->length ? ",\n       " : "", quote_name(b->arena, column),
                value);
}

const char *sql_changes(struct sql_builder *b)
{
    struct text text = {0};
    const struct stage *stage = b->stage;
    for (size_t i = 0; i < stage->column_count; i++) {
        const struct transform *t = &stage->columns[i];
        const struct catalog_column *column = column_of(b, t->column);
        if (!sql_is_quasi(stage, t->column))
            add_change(b, &text, t->column,
                       t->as->sql(b, t, column, sql_column(b, &b->target, t->column)));
    }
    for (size_t i = 0; i < stage->quasi.count; i++)
        add_change(b, &text, stage->quasi.items[i], sql_quasi_change(b, stage->quasi.items[i]));
    if (stage->mark)
        add_change(b, &text, stage->mark,
                   stage->quasi.count                              ? sql_quasi_cohort(b)
                   : is_type(column_of(b, stage->mark), "boolean") ? "true"
                                                                   : sql_run_time(b));
    return sql_take_text(b->arena, &text);
}

const char *sql_changed(struct sql_builder *b)
{
    struct text text = {0};
    const struct stage *stage = b->stage;
    for (size_t i = 0; i < stage->column_count; i++)
        sql_add_and(&text, is_done(b, &stage->columns[i]));
    if (stage->mark)
        sql_add_and(&text, mark_is_set(b));
    if (stage->quasi.count)
        sql_add_and(&text, sql_quasi_done(b));
    return sql_take_text(b->arena, &text);
}

struct sql_statement sql_build_example(struct arena *arena, const struct policy_set *set,
                                       const struct category *category, size_t stage,
                                       const struct catalog *catalog, const struct transform *t,
                                       struct table_name table)
{
    struct sql_builder builder, *b = &builder;
    sql_builder_init(b, arena, set, category, stage, catalog);
    b->example = true;
    sql_begin(b);
    b->target.table = sql_catalog_table(b, table);
    const struct catalog_column *c = column_of(b, t->column);
    const char *example = transform_example(t, c);
    if (!example)
        return (struct sql_statement){.text = ""};
    return sql_finish(b, arena_printf(arena,
                                      "SELECT (e.x)::text AS before, (%s)::text AS after\n  FROM "
                                      "(SELECT %s::%s AS x) e",
                                      t->as->sql(b, t, c, "e.x"), quote_text(arena, example),
                                      full_type(b, c)));
}

static const char *one_change(struct sql_builder *b, const struct sql_scope *row,
                              const struct transform *t, const char **ret_done)
{
    struct text text = {0};
    struct sql_scope target = set_target(b, row);
    add_change(b, &text, t->column,
               t->as->sql(b, t, column_of(b, t->column), sql_column(b, row, t->column)));
    *ret_done = is_done(b, t);
    b->target = target;
    return sql_take_text(b->arena, &text);
}

struct sql_statement sql_build_trial(struct arena *arena, const struct policy_set *set,
                                     const struct category *category, size_t stage,
                                     const struct catalog *catalog, struct table_name leaf,
                                     const struct dependant *dependant,
                                     const struct transform *column)
{
    struct sql_builder builder, *b = &builder;
    sql_builder_init(b, arena, set, category, stage, catalog);
    b->trial = true;
    sql_begin(b);
    const char *table = quote_table_name(arena, leaf), *changes, *changed, *leave;
    if (dependant) {
        const struct sql_scope row = {.table = sql_catalog_table(b, dependant->table),
                                      .alias = "t"};
        changes = sql_dependant_changes(b, &row, dependant);
        changed = leave = sql_dependant_changed(b, &row, dependant);
    } else {
        changes = sql_changes(b);
        leave =
            arena_printf(arena, "%s IS TRUE\n    OR %s", sql_passed(b), sql_held(b, SKIP_NOTHING));
        changed = sql_changed(b);
    }
    if (column) {
        const struct sql_scope row = {
            .table = sql_catalog_table(b, dependant ? dependant->table : category->table),
            .alias = "t"};
        changes = one_change(b, dependant ? &row : &b->target, column, &changed);
    }
    return sql_finish(
        b, arena_printf(arena,
                        "WITH tried AS (\nUPDATE ONLY %s t\n   SET %s\n WHERE t.ctid = ANY "
                        "(ARRAY(SELECT s.ctid FROM ONLY %s s LIMIT 50))\n   AND (%s) IS NOT TRUE\n"
                        "RETURNING (%s) AS changed)\n"
                        "SELECT count(*) AS rows, count(*) FILTER (WHERE g.changed IS NOT TRUE) AS "
                        "unchanged\n  FROM tried g",
                        table, changes, table, leave, changed));
}
