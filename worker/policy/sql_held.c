/* Is a record under hold? Over retention.held_scope, whose rows say what holds cover in a category.
 *
 * Each way in which a scope can name a record is a SubPlan over the target row, never a join: a row
 * that changed while the action waited for it is judged anew, against the same scopes. Scopes
 * cannot change while a batch is under way (retention.hold_gate), so that every statement of it
 * sees the same ones.
 *
 *   all, start       one multirange, made once: contains the starting point. Unknown: in every one
 *   tenant, subject,
 *   key              value IN (SELECT ...), hashed: no lookup for each row
 *   the others       the same over values of all such scopes, as a prefilter; then a lookup in the
 *                    index of held_scope for the rows that pass, with the tenant, the range and
 *                    the subjects
 *
 * A statement asks for the shapes that it was made for (b->shapes); one that asks for all of them
 * looks at none while the category has no scope. Where there is a scope of a shape that it does not
 * ask for, everything counts as held: a statement may be out of date, it overlooks nothing. So the
 * statements of a batch can be made for the shapes that exist, which is what planning them costs.
 *
 * Where b->moves is set, the question is another: which records could a row that is added free?
 * Those whose starting point is known, by scopes whose range it could leave that way; and those
 * that have none yet, by scopes whose range the added row (b->added) would put it outside of.
 *
 * Values are compared as text, in the default collation: scopes hold what retention.canonical_text
 * made of the values given, by the same expressions. NULL is not held. Where a document has an
 * array or an object instead of a value, who is in it is not known: every value of such scopes
 * covers it.
 *
 * Where dependants are gone already (SKIP_DEPENDANTS), the ways that read their tables are left
 * out: an earlier statement looked at them, and locked what it read. */
#include <assert.h>
#include <string.h>

#include "policy/hold_type.h"
#include "policy/sql_private.h"

struct held {
    struct sql_builder *b;
    const char *hold;         /* an expression: only scopes of this one; NULL: of all */
    const struct ref *tenant; /* NULL: there is none, or it is skipped */
    const struct ref **subjects;
    size_t subject_count;
    const char *start; /* NULL: skipped */
    bool cheap;
    const char *key; /* NULL: there is none */
};

/* A condition on a value's text. */
typedef const char *value_test(const struct held *held, const struct ref *ref, const char *value);

/* --- a record's values --- */

/* In the default collation, whatever the column's: held_scope's index has that one. */
static const char *collated(struct arena *arena, const struct catalog_column *column,
                            const char *text)
{
    if (column->type_category != 'S')
        return text;
    return arena_printf(arena, "(%s COLLATE pg_catalog.\"default\")", text);
}

/* The text of what is more than one value; a string that reads so is taken for it. */
#define MANY "'[...]'"

const char *sql_held_text(struct sql_builder *b, const struct sql_scope *scope,
                          const struct ref *ref)
{
    struct arena *arena = b->arena;
    const struct catalog_column *column = catalog_column(scope->table, ref->column);
    assert(column);
    const char *text = sql_raw(b, scope, ref);
    if (!ref->path.count)
        text = collated(arena, column, sql_canonical_text(arena, column, text));
    if (text_equal(ref->as, "e164"))
        return arena_printf(arena, "retention.as_e164(%s)", text);
    if (text_equal(ref->as, "lower"))
        return arena_printf(arena, "retention.as_lower(%s)", text);
    assert(!ref->as);
    return ref->path.count ? arena_printf(arena, "retention.any_json(%s)", text) : text;
}

static const char *value_text(const struct held *held, const struct sql_scope *scope,
                              const struct ref *ref)
{
    struct sql_builder *b = held->b;
    const char *text = sql_held_text(b, scope, ref);
    if (!ref->path.count)
        return text;
    return arena_printf(b->arena, "(CASE WHEN %s THEN " MANY " ELSE %s END)",
                        sql_is_many(b, scope, ref), text);
}

/* The value of ref compared with a scope's: what is more than one value is any of them. */
static const char *or_many(const struct held *held, const struct ref *ref, const char *value,
                           const char *comparison)
{
    if (!ref->path.count)
        return comparison;
    return arena_printf(held->b->arena, "(%s OR %s = " MANY ")", comparison, value);
}

const char *sql_subject_text(struct sql_builder *b, const struct ref *ref)
{
    assert(ref->kind == REF_COLUMN);
    const struct catalog_column *column = catalog_column(b->target.table, ref->column);
    assert(column);
    const char *text = sql_held_text(b, &b->target, ref);
    if (ref->as || ref->path.count || column->type_category == 'S')
        text = arena_printf(b->arena, "NULLIF(%s, '%s')", text,
                            text_equal(ref->as, "e164") ? "?" : "");
    if (!ref->path.count)
        return text;
    return arena_printf(b->arena, "CASE WHEN %s THEN %s END", sql_is_one(b, &b->target, ref), text);
}

const char *sql_subject_form(struct sql_builder *b, const struct ref *ref)
{
    const struct catalog_table *table =
        ref->kind == REF_COLUMN ? b->target.table : sql_catalog_table(b, ref->table);
    return arena_printf(b->arena, "%s %s %s", ref->subject_kind, ref->as ? ref->as : "-",
                        sql_ref_type(ref, table));
}

const char *sql_ref_type(const struct ref *ref, const struct catalog_table *table)
{
    if (ref->path.count)
        return ref->as ? "text" : "json";
    return sql_fact_type(catalog_column(table, ref->column));
}

const char *sql_fact_type(const struct catalog_column *column)
{
    assert(column);
    const char *type = hold_type(column);
    return type ? type : "text"; /* of keys: what is compared with is what was printed */
}

static const char *key_text(struct sql_builder *b)
{
    struct text text = {0};
    text_add(&text, "ARRAY[");
    for (size_t i = 0; i < b->target.key.count; i++) {
        const char *name = b->target.key.items[i];
        const struct catalog_column *column = catalog_column(b->target.table, name);
        assert(column);
        text_printf(&text, "%s%s", i ? ", " : "",
                    collated(b->arena, column, sql_key_text(b, &b->target, name)));
    }
    text_add(&text, "]");
    return sql_take_text(b->arena, &text);
}

static bool is_gone(struct sql_builder *b, const struct ref *ref, enum sql_skip skip)
{
    for (; ref && skip == SKIP_DEPENDANTS; ref = ref->none)
        if (ref->kind != REF_COLUMN && sql_is_dependant(b, sql_catalog_table(b, ref->table)))
            return true;
    return false;
}

static struct held held_new(struct sql_builder *b, enum sql_skip skip)
{
    const struct category *category = b->category;
    struct held held = {.b = b};
    if (category->has_tenant && !is_gone(b, &category->tenant, skip))
        held.tenant = &category->tenant;
    held.subjects = arena_alloc(b->arena, (category->subject_count + 1) * sizeof(*held.subjects));
    for (size_t i = 0; i < category->subject_count; i++)
        if (!is_gone(b, &category->subjects[i], skip))
            held.subjects[held.subject_count++] = &category->subjects[i];
    bool known = true;
    for (size_t i = 0; i < category->start.ref_count; i++)
        known &= !is_gone(b, &category->start.refs[i], skip);
    if (known) {
        struct sql_start start = sql_start(b, &b->target, &category->start);
        held.start = start.text;
        held.cheap = start.cheap;
    }
    if (b->target.key.count)
        held.key = key_text(b);
    return held;
}

/* Could a starting point that moves like that leave the range of scope h? */
static const char *could_leave(struct sql_builder *b, const char *h)
{
    const char *below = arena_printf(b->arena, "%s.starts_from > '-infinity'", h);
    const char *above = arena_printf(b->arena, "%s.starts_to < 'infinity'", h);
    if (b->moves == SQL_RISES)
        return above;
    return b->moves == SQL_FALLS ? below : arena_printf(b->arena, "(%s OR %s)", below, above);
}

const char *sql_has_range(struct sql_builder *b, const char *h)
{
    return arena_printf(b->arena, "(%s.starts_from > '-infinity' OR %s.starts_to < 'infinity')", h,
                        h);
}

/* Was the row of another record until now? Where the key of its record changed, and the row follows
 * by a cascade, there is no record of the old key any more. */
static const char *comes_from_another(struct sql_builder *b, const struct ref *ref,
                                      const struct sql_scope *row)
{
    struct sql_scope before = *row, record = b->target;
    before.alias = "OLD";
    record.alias = sql_alias(b, 'o');
    struct reference link = sql_reference(b, before.table, &ref->by, record.table, &record.key);
    return arena_printf(b->arena, "(TG_OP = 'INSERT' OR (EXISTS (SELECT 1 FROM %s %s WHERE %s)))",
                        sql_from(b, record.table), record.alias,
                        sql_joined(b, &link, &before, &record));
}

/* Of a record without a starting point, which is in every range: would the added row put it outside
 * of that of scope h? What happened just now may: a new record gets its first event, and its period
 * begins. Older ones would make it due at once. */
static const char *leaves_by_added(struct sql_builder *b, const char *h)
{
    const struct start *start = &b->category->start;
    const struct sql_scope row = {.table = b->added, .alias = "NEW"};
    struct text any = {0};
    for (size_t i = 0; i < start->ref_count; i++)
        for (const struct ref *ref = &start->refs[i]; ref; ref = ref->none) {
            if (ref->kind != REF_CHILD || sql_catalog_table(b, ref->table) != b->added)
                continue;
            const char *x = sql_alias(b, 's');
            const char *out = arena_printf(
                b->arena,
                "coalesce(%s.start < now() - '1 day'::interval AND NOT (%s.starts_from <= "
                "%s.start AND %s.start < %s.starts_to) AND %s, false)",
                x, h, x, x, h, comes_from_another(b, ref, &row));
            text_printf(
                &any, "%s%s", any.length ? " OR " : "",
                sql_let(b, x,
                        arena_printf(b->arena, "%s AS start", sql_own_start(b, &row, start, ref)),
                        out));
        }
    return any.length ? arena_printf(b->arena, "(%s)", sql_take_text(b->arena, &any)) : "false";
}

/* What belongs to a scope by key, and means nothing by itself. */
#define KEY_SUBJECT "= 'key_subject'"

/* "retention.held_scope h WHERE ...": those of the category that are in force, of a shape. */
static const char *scopes(const struct held *held, const char *h, const char *shape)
{
    struct sql_builder *b = held->b;
    bool moves = b->moves && strcmp(shape, KEY_SUBJECT) != 0;
    return arena_printf(b->arena,
                        "retention.held_scope %s WHERE %s.category = %s%s%s%s AND %s.held_until > "
                        "now()%s%s",
                        h, h, sql_value(b, b->category->name, "text"), *shape ? " AND " : "",
                        *shape ? arena_printf(b->arena, "%s.shape ", h) : "", shape, h,
                        held->hold ? arena_printf(b->arena, " AND %s.hold = %s", h, held->hold)
                                   : "",
                        moves ? arena_printf(b->arena, " AND %s", sql_has_range(b, h)) : "");
}

/* Does the test hold for the value of ref, or for any of them? A child's are looked up only where
 * there is a scope of such shapes. */
static const char *any_value(const struct held *held, const struct ref *ref, const char *shapes,
                             value_test *test)
{
    struct sql_builder *b = held->b;
    if (ref->kind == REF_COLUMN)
        return test(held, ref, value_text(held, &b->target, ref));
    struct sql_scope other = sql_read(b, ref->table, ref->kind == REF_CHILD ? 'c' : 'p');
    const char *value = value_text(held, &other, ref);
    if (ref->kind == REF_PARENT)
        return test(held, ref, sql_from_parent(b, &b->target, ref, &other, value));
    const char *h = sql_alias(b, 'h');
    return arena_printf(b->arena,
                        "((EXISTS (SELECT 1 FROM %s)) AND (EXISTS (SELECT 1 FROM %s %s WHERE %s "
                        "AND (%s) IS TRUE)))",
                        scopes(held, h, shapes), sql_from(b, other.table), other.alias,
                        sql_child_where(b, &b->target, &ref->by, &other), test(held, ref, value));
}

/* --- scopes --- */

/* value IN (SELECT h.column ...): no range, no correlation, so that it is hashed. */
static const char *is_in_list(const struct held *held, const char *value, const char *column,
                              const char *shape, const char *more)
{
    struct sql_builder *b = held->b;
    const char *h = sql_alias(b, 'h');
    if (b->one_row)
        return arena_printf(b->arena, "(EXISTS (SELECT 1 FROM %s AND %s.%s = %s%s))",
                            scopes(held, h, shape), h, column, value,
                            more ? arena_printf(b->arena, " AND %s.%s", h, more) : "");
    return arena_printf(b->arena, "%s IN (SELECT %s.%s FROM %s AND %s.%s IS NOT NULL%s)", value, h,
                        column, scopes(held, h, shape), h, column,
                        more ? arena_printf(b->arena, " AND %s.%s", h, more) : "");
}

/* The same for the value of ref: what is more than one is in every list that has a value. */
static const char *is_listed(const struct held *held, const struct ref *ref, const char *value,
                             const char *column, const char *shape, const char *more)
{
    struct sql_builder *b = held->b;
    const char *listed = is_in_list(held, value, column, shape, more);
    if (!ref->path.count)
        return listed;
    const char *h = sql_alias(b, 'h');
    return arena_printf(
        b->arena, "(%s OR ((EXISTS (SELECT 1 FROM %s AND %s.%s IS NOT NULL%s)) AND %s = " MANY "))",
        listed, scopes(held, h, shape), h, column,
        more ? arena_printf(b->arena, " AND %s.%s", h, more) : "", value);
}

/* Is the record's starting point in the range of scope h? */
static const char *in_range(const struct held *held, const char *h)
{
    struct sql_builder *b = held->b;
    if (!held->start)
        return arena_printf(b->arena, "%s.starts_from = '-infinity' AND %s.starts_to = 'infinity'",
                            h, h);
    const char *x = held->cheap && !b->moves ? NULL : sql_alias(b, 's');
    const char *s = x ? arena_printf(b->arena, "%s.start", x) : held->start;
    const char *inside =
        arena_printf(b->arena, "%s.starts_from <= %s AND %s < %s.starts_to", h, s, s, h);
    if (b->moves)
        inside = arena_printf(b->arena, "CASE WHEN %s IS NULL THEN %s ELSE %s AND %s END", s,
                              leaves_by_added(b, h), inside, could_leave(b, h));
    else
        inside = arena_printf(b->arena, "coalesce(%s, true)", inside);
    return x ? sql_let(b, x, arena_printf(b->arena, "%s AS start", held->start), inside) : inside;
}

/* Is one of the record's values of ref `value`, a column of a scope? */
static const char *has_value(const struct held *held, const struct ref *ref, const char *value)
{
    struct sql_builder *b = held->b;
    struct sql_scope other = b->target;
    if (ref->kind != REF_COLUMN)
        other = sql_read(b, ref->table, ref->kind == REF_CHILD ? 'c' : 'p');
    const char *own = value_text(held, &other, ref);
    if (ref->kind == REF_PARENT)
        own = sql_from_parent(b, &b->target, ref, &other, own);
    if (ref->kind != REF_CHILD)
        return or_many(held, ref, own, arena_printf(b->arena, "%s = %s", value, own));
    const char *same = arena_printf(b->arena, "%s = %s", own, value);
    return arena_printf(b->arena, "(EXISTS (SELECT 1 FROM %s %s WHERE %s AND %s)) IS TRUE",
                        sql_from(b, other.table), other.alias,
                        sql_child_where(b, &b->target, &ref->by, &other),
                        or_many(held, ref, own, same));
}

/* Does scope h name no tenant, or the record's? */
static const char *any_or_own_tenant(const struct held *held, const char *h)
{
    struct sql_builder *b = held->b;
    const char *none = arena_printf(b->arena, "%s.tenant IS NULL", h);
    if (!held->tenant)
        return none;
    return arena_printf(b->arena, "(%s OR %s)", none,
                        has_value(held, held->tenant, arena_printf(b->arena, "%s.tenant", h)));
}

static const char *form_of(const struct held *held, const struct ref *ref)
{
    struct sql_builder *b = held->b;
    return sql_value(b, sql_subject_form(b, ref), "text");
}

/* Does scope h name one of the record's subjects? */
static const char *names_subject(const struct held *held, const char *h)
{
    struct sql_builder *b = held->b;
    if (!held->subject_count)
        return "false";
    struct text text = {0};
    for (size_t i = 0; i < held->subject_count; i++)
        text_printf(&text, "%s(%s.form = %s AND %s)", i ? " OR " : "(", h,
                    form_of(held, held->subjects[i]),
                    has_value(held, held->subjects[i], arena_printf(b->arena, "%s.value", h)));
    text_add(&text, ")");
    return sql_take_text(b->arena, &text);
}

/* Of a scope whose key is the record's: does it meet what else the scope names? */
static const char *meets_more(const struct held *held, const char *h)
{
    struct sql_builder *b = held->b;
    const char *g = sql_alias(b, 'h');
    return arena_printf(b->arena,
                        "%s AND %s AND (NOT %s.with_subjects OR (EXISTS (SELECT 1 FROM %s AND "
                        "%s.hold = %s.hold AND %s.part = %s.part AND %s)))",
                        any_or_own_tenant(held, h), in_range(held, h), h,
                        scopes(held, g, KEY_SUBJECT), g, h, g, h, names_subject(held, g));
}

/* --- the ways to be held --- */

#define SHAPES_OF_SUBJECTS                                                                         \
    "('subject', 'subject_start', 'tenant_subject', 'tenant_subject_start', 'key_subject')"
#define MORE_TENANT  "= 'tenant_start'"
#define MORE_SUBJECT "IN ('subject_start', 'tenant_subject', 'tenant_subject_start')"

static void add_way(struct text *text, const char *way)
{
    text_printf(text, "%s%s", text->length ? "\n     OR " : "", way);
}

static const char *is_held_tenant(const struct held *held, const struct ref *ref, const char *value)
{
    struct sql_builder *b = held->b;
    struct text text = {0};
    if (b->shapes & SQL_TENANT)
        add_way(&text, is_listed(held, ref, value, "tenant", "= 'tenant'", NULL));
    if (b->shapes & SQL_TENANT_START) {
        const char *h = sql_alias(b, 'h');
        add_way(&text, arena_printf(b->arena, "(%s AND (EXISTS (SELECT 1 FROM %s AND %s AND %s)))",
                                    is_listed(held, ref, value, "tenant", MORE_TENANT, NULL),
                                    scopes(held, h, MORE_TENANT),
                                    or_many(held, ref, value,
                                            arena_printf(b->arena, "%s.tenant = %s", h, value)),
                                    in_range(held, h)));
    }
    return sql_take_text(b->arena, &text);
}

static const char *is_held_subject(const struct held *held, const struct ref *ref,
                                   const char *value)
{
    struct sql_builder *b = held->b;
    const char *form = form_of(held, ref);
    const char *same = arena_printf(b->arena, "form = %s", form);
    struct text text = {0};
    if (b->shapes & SQL_SUBJECT)
        add_way(&text, is_listed(held, ref, value, "value", "= 'subject'", same));
    if (b->shapes & SQL_SUBJECT_MORE) {
        /* Shape by shape: an index whose second column is one of a list is searched as a whole. */
        static const char *const shapes[] = {"= 'subject_start'", "= 'tenant_subject'",
                                             "= 'tenant_subject_start'"};
        struct text found = {0};
        for (size_t i = 0; i < sizeof(shapes) / sizeof(*shapes); i++) {
            const char *h = sql_alias(b, 'h');
            text_printf(
                &found, "%s(EXISTS (SELECT 1 FROM %s AND %s.form = %s AND %s AND %s AND %s))",
                i ? " OR " : "", scopes(held, h, shapes[i]), h, form,
                or_many(held, ref, value, arena_printf(b->arena, "%s.value = %s", h, value)),
                any_or_own_tenant(held, h), in_range(held, h));
        }
        add_way(&text, arena_printf(b->arena, "(%s AND (%s))",
                                    is_listed(held, ref, value, "value", MORE_SUBJECT, same),
                                    text_string(&found)));
        text_free(&found);
    }
    return sql_take_text(b->arena, &text);
}

/* A range that is empty but for the end of time, where an unknown starting point is put, is added
 * to those there are. */
static const char *is_held_start(const struct held *held)
{
    struct sql_builder *b = held->b;
    const char *h = sql_alias(b, 'h');
    if (!held->start)
        return arena_printf(b->arena, "(EXISTS (SELECT 1 FROM %s))", scopes(held, h, "= 'all'"));
    const char *from = scopes(held, h, "IN ('all', 'start')");
    if (b->moves)
        return arena_printf(b->arena, "(EXISTS (SELECT 1 FROM %s AND %s))", from,
                            in_range(held, h));
    const char *inside =
        arena_printf(b->arena,
                     "(SELECT range_agg(tstzrange(%s.starts_from, %s.starts_to)) + "
                     "tstzmultirange(tstzrange('infinity', 'infinity', '[]')) FROM %s) @> "
                     "coalesce(%s, 'infinity'::timestamptz)",
                     h, h, from, held->start);
    if (held->cheap)
        return inside;
    const char *g = sql_alias(b, 'h');
    return arena_printf(b->arena, "((EXISTS (SELECT 1 FROM %s)) AND %s)",
                        scopes(held, g, "IN ('all', 'start')"), inside);
}

static void add_ways(const struct held *held, struct text *text)
{
    struct sql_builder *b = held->b;
    if (b->shapes & SQL_START)
        add_way(text, is_held_start(held));
    if (held->tenant && b->shapes & (SQL_TENANT | SQL_TENANT_START))
        add_way(text,
                any_value(held, held->tenant, "IN ('tenant', 'tenant_start')", is_held_tenant));
    for (size_t i = 0; i < held->subject_count && b->shapes & (SQL_SUBJECT | SQL_SUBJECT_MORE); i++)
        add_way(text, any_value(held, held->subjects[i],
                                "IN ('subject', 'subject_start', 'tenant_subject', "
                                "'tenant_subject_start')",
                                is_held_subject));
    if (held->key && b->shapes & SQL_KEY)
        add_way(text, is_in_list(held, held->key, "key", "= 'key'", NULL));
    if (held->key && b->shapes & SQL_KEY_MORE) {
        const char *h = sql_alias(b, 'h');
        add_way(text, arena_printf(
                          b->arena, "(%s AND (EXISTS (SELECT 1 FROM %s AND %s.key = %s AND %s)))",
                          is_in_list(held, held->key, "key", "= 'key_more'", NULL),
                          scopes(held, h, "= 'key_more'"), h, held->key, meets_more(held, h)));
    }
}

/* Is there a scope of a shape that the statement does not ask for? Each question is one that an
 * index answers with a few pages: asked at once, all scopes of the category would be read, with
 * every statement. */
static const char *has_others(const struct held *held)
{
    static const struct {
        unsigned shape;
        const char *name;
        const char *with; /* the column that only these shapes have */
    } names[] = {
        {SQL_START, "all", NULL},
        {SQL_START, "start", NULL},
        {SQL_TENANT, "tenant", NULL},
        {SQL_TENANT_START, "tenant_start", NULL},
        {SQL_SUBJECT, "subject", "value"},
        {SQL_SUBJECT_MORE, "subject_start", "value"},
        {SQL_SUBJECT_MORE, "tenant_subject", "value"},
        {SQL_SUBJECT_MORE, "tenant_subject_start", "value"},
        {SQL_KEY, "key", "key"},
        {SQL_KEY_MORE, "key_more", "key"},
    };
    struct sql_builder *b = held->b;
    struct text text = {0}, rest = {0};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (b->shapes & names[i].shape)
            continue;
        if (!names[i].with) {
            text_printf(&rest, "%s'%s'", rest.length ? ", " : "IN (", names[i].name);
            continue;
        }
        const char *h = sql_alias(b, 'h');
        const char *shape = arena_printf(b->arena, "= '%s'", names[i].name);
        add_way(&text, arena_printf(b->arena, "EXISTS (SELECT 1 FROM %s AND %s.%s IS NOT NULL)",
                                    scopes(held, h, shape), h, names[i].with));
    }
    if (rest.length) {
        text_add(&rest, ")");
        const char *h = sql_alias(b, 'h');
        add_way(&text, arena_printf(b->arena, "EXISTS (SELECT 1 FROM %s)",
                                    scopes(held, h, text_string(&rest))));
    }
    text_free(&rest);
    return text.length ? arena_printf(b->arena, "(%s)", sql_take_text(b->arena, &text)) : "false";
}

const char *sql_unasked(struct sql_builder *b)
{
    const struct held held = {.b = b};
    const char *g = sql_alias(b, 'h');
    const char *others = has_others(&held);
    if (b->shapes & SQL_READERS)
        return arena_printf(b->arena, "(%s)", others);
    return arena_printf(
        b->arena,
        "(%s OR EXISTS (SELECT 1 FROM retention.held_scope %s WHERE %s.held_until > "
        "now()))",
        others, g, g);
}

static const char *is_held(const struct held *held)
{
    struct sql_builder *b = held->b;
    bool all = (b->shapes & SQL_ALL_SHAPES) == SQL_ALL_SHAPES;
    if (!all && b->told == b->category) {
        struct text ways = {0};
        add_ways(held, &ways);
        return ways.length ? arena_printf(b->arena, "(%s)", sql_take_text(b->arena, &ways))
                           : "false";
    }
    const char *some = all ? arena_printf(b->arena, "(EXISTS (SELECT 1 FROM %s))",
                                          scopes(held, sql_alias(b, 'h'), ""))
                           : has_others(held);
    struct text ways = {0};
    add_ways(held, &ways);
    if (b->one_row && all && ways.length) {
        const char *any = arena_printf(b->arena, "(%s)", text_string(&ways));
        text_free(&ways);
        return any;
    }
    if (!ways.length)
        return some;
    const char *text = arena_printf(b->arena,
                                    all ? "(CASE WHEN %s THEN %s\n     ELSE false END)"
                                        : "(CASE WHEN %s THEN true ELSE %s\n     END)",
                                    some, text_string(&ways));
    text_free(&ways);
    return text;
}

const char *sql_held(struct sql_builder *b, enum sql_skip skip)
{
    struct held held = held_new(b, skip);
    return is_held(&held);
}

const char *sql_held_by(struct sql_builder *b, const char *hold)
{
    struct held held = held_new(b, SKIP_NOTHING);
    held.hold = hold;
    return is_held(&held);
}

const char *sql_held_wholly(struct sql_builder *b)
{
    const struct held held = {.b = b};
    return is_held_start(&held);
}

const char *sql_holds(struct sql_builder *b)
{
    struct held held = held_new(b, SKIP_NOTHING);
    const char *h = sql_alias(b, 'h'), *x = sql_alias(b, 'x');
    const char *range = in_range(&held, h);
    struct text text = {0};
    text_printf(&text, "%s.shape = 'all' OR (%s.shape = 'start' AND %s)", h, h, range);
    if (held.tenant)
        text_printf(&text, " OR (%s.shape IN ('tenant', 'tenant_start') AND %s AND %s)", h,
                    has_value(&held, held.tenant, arena_printf(b->arena, "%s.tenant", h)), range);
    if (held.subject_count)
        text_printf(&text,
                    " OR (%s.shape IN ('subject', 'subject_start', 'tenant_subject', "
                    "'tenant_subject_start') AND %s AND %s AND %s)",
                    h, names_subject(&held, h), any_or_own_tenant(&held, h), range);
    if (held.key)
        text_printf(&text,
                    " OR (%s.shape = 'key' AND %s.key = %s) OR (%s.shape = 'key_more' AND %s.key = "
                    "%s AND %s)",
                    h, h, held.key, h, h, held.key, meets_more(&held, h));
    return arena_printf(b->arena,
                        "(SELECT coalesce(json_agg(%s.hold ORDER BY %s.hold), "
                        "json_build_array()) FROM (SELECT DISTINCT %s.hold FROM %s AND (%s)) %s)",
                        x, x, h, scopes(&held, h, ""), sql_take_text(b->arena, &text), x);
}

const char *sql_found_subjects(struct sql_builder *b, const char *hold)
{
    struct held held = held_new(b, SKIP_NOTHING);
    held.hold = hold;
    struct text text = {0};
    for (size_t i = 0; i < held.subject_count; i++) {
        const struct ref *ref = held.subjects[i];
        const char *h = sql_alias(b, 'h'), *from = sql_from(b, b->target.table), *value, *and = "";
        if (ref->kind == REF_COLUMN) {
            value = value_text(&held, &b->target, ref);
        } else {
            struct sql_scope other = sql_read(b, ref->table, ref->kind == REF_CHILD ? 'c' : 'p');
            value = value_text(&held, &other, ref);
            if (ref->kind == REF_PARENT)
                value = sql_from_parent(b, &b->target, ref, &other, value);
            else
                and = arena_printf(b->arena, ", %s %s\n WHERE %s AND ", sql_from(b, other.table),
                                   other.alias, sql_child_where(b, &b->target, &ref->by, &other));
        }
        const char *form = form_of(&held, ref);
        text_printf(
            &text,
            "%sSELECT %s AS form, v.value FROM (SELECT %s AS value\n  FROM %s t%s%s\n   AND "
            "%s) v\n WHERE v.value IN (SELECT %s.value FROM %s AND %s.form = %s)",
            i ? "\nUNION\n" : "", form, value, from, *and? and : "\n WHERE ",
            sql_claim(b, &b->target, b->category), is_held(&held), h,
            scopes(&held, h, "IN " SHAPES_OF_SUBJECTS), h, form);
    }
    return sql_take_text(b->arena, &text);
}
