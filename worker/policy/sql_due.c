/* When a row falls due: start + period <= the run's time, decided for each row, never by
 * subtraction; which period it is, agreements and the cap. */
#include <assert.h>

#include "policy/sql_private.h"

const struct start *sql_stage_start(const struct sql_builder *b)
{
    return b->stage->start.ref_count ? &b->stage->start : &b->category->start;
}

const char *sql_agreed_tenant(struct sql_builder *b, const struct sql_scope *scope,
                              const struct ref *ref)
{
    return sql_canonical_text(b->arena, catalog_column(scope->table, ref->column),
                              sql_raw(b, scope, ref));
}

static bool agreement_applies(const struct sql_builder *b, const char *stage)
{
    return !stage || text_equal(stage, b->stage->name);
}

static bool has_agreement_list(const struct sql_builder *b)
{
    for (size_t i = 0; i < b->category->agreement_count; i++)
        if (agreement_applies(b, b->category->agreements[i].stage))
            return true;
    return false;
}

static bool has_agreement_table(const struct sql_builder *b)
{
    return b->category->agreement_table.at.file &&
           agreement_applies(b, b->category->agreement_table.stage);
}

/* CASE tenant WHEN '4711' THEN its period ... ELSE the stage's END */
static const char *period_by_list(struct sql_builder *b, const char *tenant)
{
    struct text text = {0};
    text_printf(&text, "CASE %s", tenant);
    for (int own = 1; own >= 0; own--) /* an agreement that names the stage goes first */
        for (size_t i = 0; i < b->category->agreement_count; i++) {
            const struct agreement *a = &b->category->agreements[i];
            if (agreement_applies(b, a->stage) && (a->stage != NULL) == own)
                text_printf(&text, " WHEN %s THEN %s", sql_value(b, a->tenant, "text"),
                            sql_period(b, &a->after));
        }
    text_printf(&text, " ELSE %s END", sql_period(b, &b->stage->after));
    return sql_take_text(b->arena, &text);
}

/* The moment that an agreement table's value gives. Intervals cannot be compared, moments can: a
 * value outside [min, max] for this start counts as max. One whose parts go beyond a thousand
 * years does too, before it can overflow. */
static const char *clamped(struct sql_builder *b, const char *start, const char *value)
{
    const struct agreement_table *table = &b->category->agreement_table;
    const char *least = sql_period(b, &table->min), *most = sql_period(b, &table->max);
    return arena_printf(b->arena,
                        "CASE WHEN %s IS NULL THEN %s + %s WHEN %s >= '0'::interval AND %s <= "
                        "'1000 years'::interval AND extract(year FROM %s) BETWEEN -1000 AND 1000 "
                        "AND extract(day FROM "
                        "%s) BETWEEN -400000 AND 400000 THEN CASE WHEN %s + %s BETWEEN %s + %s AND "
                        "%s + %s THEN %s + %s "
                        "ELSE %s + %s END ELSE %s + %s END",
                        value, start, sql_period(b, &b->stage->after), value, value, value, value,
                        start, value, start, least, start, most, start, value, start, most, start,
                        most);
}

static const char *table_period(struct sql_builder *b, const struct sql_scope *scope)
{
    const struct agreement_table *table = &b->category->agreement_table;
    const char *raw = sql_column(b, scope, table->period);
    if (table->unit == UNIT_NONE)
        return raw;
    assert(table->unit == UNIT_DAYS || table->unit == UNIT_MONTHS);
    /* Beyond what can be a period: a value that counts as max. */
    return arena_printf(b->arena,
                        "CASE WHEN %s IS NULL THEN NULL WHEN %s BETWEEN 0 AND 400000 THEN "
                        "make_interval(%s => %s::int) ELSE '-1 day'::interval END",
                        raw, raw, table->unit == UNIT_DAYS ? "days" : "months", raw);
}

/* Due by the agreement table for one tenant: the value there now, but not before what was settled.
 * Where the table was never read for this category, what it says now is what will be settled. The
 * expressions of the tenant name the row of holder. */
static const char *due_by_table(struct sql_builder *b, const char *start,
                                const struct sql_scope *holder,
                                const struct catalog_column *tenant_column, const char *tenant,
                                const char *tenant_text)
{
    const struct agreement_table *table = &b->category->agreement_table;
    struct sql_scope a = sql_read(b, table->table, 'a');
    const struct catalog_column *column = catalog_column(a.table, table->tenant);
    assert(column);
    bool same = tenant_column && text_equal(column->base_type, tenant_column->base_type);
    const char *matches =
        same ? arena_printf(b->arena, "%s %s %s", sql_column(b, &a, table->tenant),
                            sql_operator(b->arena, column, "="), tenant)
             : arena_printf(b->arena, "%s = %s",
                            sql_as_text(b->arena, column, sql_column(b, &a, table->tenant)),
                            tenant_text);
    sql_note_lookup(b, &(struct sql_lookup){a, holder->alias, matches, true, NULL, NULL});
    /* The value is made once for each row of the agreement table. */
    const char *v = sql_alias(b, 'v'), *g = sql_alias(b, 'g');
    const char *now = arena_printf(
        b->arena, "(SELECT max(%s) FROM (SELECT %s AS period FROM %s %s WHERE %s OFFSET 0) %s)",
        clamped(b, start, arena_printf(b->arena, "%s.period", v)), table_period(b, &a),
        sql_from(b, a.table), a.alias, matches, v);
    const char *settled =
        arena_printf(b->arena,
                     "(SELECT max(%s) FROM retention.agreement_state %s WHERE %s.category = %s AND "
                     "%s.tenant = %s)",
                     clamped(b, start, arena_printf(b->arena, "%s.settled", g)), g, g,
                     sql_value(b, b->category->name, "text"), g, tenant_text);
    const char *after = sql_period(b, &b->stage->after);
    const char *k = sql_alias(b, 'k');
    const char *read = arena_printf(b->arena,
                                    "EXISTS (SELECT FROM retention.category %s WHERE %s.name = %s "
                                    "AND %s.agreements_since IS NOT "
                                    "NULL)",
                                    k, k, sql_value(b, b->category->name, "text"), k);
    return arena_printf(b->arena,
                        "GREATEST(coalesce(%s, %s + %s), coalesce(%s, CASE WHEN %s THEN %s + %s "
                        "END))",
                        now, start, after, settled, read, start, after);
}

static const char *due_for_tenant(struct sql_builder *b, const char *start,
                                  const struct sql_scope *holder,
                                  const struct catalog_column *column, const char *tenant,
                                  const char *tenant_text)
{
    if (has_agreement_table(b))
        return due_by_table(b, start, holder, column, tenant, tenant_text);
    return arena_printf(b->arena, "%s + %s", start, period_by_list(b, tenant_text));
}

const char *sql_stage_due(struct sql_builder *b, const char *start)
{
    const char *after = sql_period(b, &b->stage->after);
    const struct ref *ref = &b->category->tenant;
    if (!b->category->has_tenant || !(has_agreement_list(b) || has_agreement_table(b)))
        return arena_printf(b->arena, "%s + %s", start, after);

    struct sql_scope scope = b->target;
    if (ref->kind != REF_COLUMN)
        scope = sql_read(b, ref->table, ref->kind == REF_CHILD ? 'c' : 'p');
    const struct catalog_column *column = catalog_column(scope.table, ref->column);
    const char *tenant = sql_raw(b, &scope, ref);
    const char *text = sql_agreed_tenant(b, &scope, ref);
    if (ref->path.count)
        column = NULL;
    if (ref->kind == REF_CHILD) /* several tenants: the longest counts */
        return arena_printf(b->arena, "coalesce((SELECT max(%s) FROM %s %s WHERE %s), %s + %s)",
                            due_for_tenant(b, start, &scope, column, tenant, text),
                            sql_from(b, scope.table), scope.alias,
                            sql_child_where(b, &b->target, &ref->by, &scope), start, after);
    if (ref->kind == REF_PARENT) {
        text = sql_from_parent(b, &b->target, ref, &scope, text);
        tenant = sql_from_parent(b, &b->target, ref, &scope, tenant);
    }
    return due_for_tenant(b, start, &b->target, column, tenant, text);
}

const char *sql_tenant_text(struct sql_builder *b)
{
    const struct ref *ref = &b->category->tenant;
    assert(b->category->has_tenant);
    if (ref->kind == REF_COLUMN)
        return sql_ref_text(b, &b->target, ref);
    struct sql_scope scope = sql_read(b, ref->table, ref->kind == REF_CHILD ? 'c' : 'p');
    const char *text = sql_ref_text(b, &scope, ref);
    if (ref->kind == REF_PARENT)
        return sql_from_parent(b, &b->target, ref, &scope, text);
    return arena_printf(b->arena, "(SELECT min(%s) FROM %s %s WHERE %s)", text,
                        sql_from(b, scope.table), scope.alias,
                        sql_child_where(b, &b->target, &ref->by, &scope));
}

const char *sql_cap_end(struct sql_builder *b)
{
    const struct duration_rule *cap = b->category->cap;
    if (!cap)
        return NULL;
    const struct start *start = cap->start.ref_count ? &cap->start : &b->category->start;
    return arena_printf(b->arena, "%s + %s", sql_start(b, &b->target, start).text,
                        sql_period(b, &cap->period));
}

/* Is the cap's start the stage's, so that it is unknown when that one is? */
static bool cap_shares_start(const struct sql_builder *b)
{
    return !b->category->cap->start.ref_count && !b->stage->start.ref_count;
}

const char *sql_due_at(struct sql_builder *b)
{
    struct sql_start start = sql_start(b, &b->target, sql_stage_start(b));
    bool by_table = b->category->has_tenant && has_agreement_table(b);
    bool repeated = b->category->cap || by_table ||
                    (b->category->has_tenant && b->category->tenant.kind == REF_CHILD);
    if (!repeated)
        return sql_stage_due(b, start.text);
    const char *x = NULL, *s = start.text;
    if (!start.cheap || by_table) {
        x = sql_alias(b, 's');
        s = arena_printf(b->arena, "%s.start", x);
    }
    const char *due = sql_stage_due(b, s);
    if (b->category->cap) {
        const char *end =
            cap_shares_start(b)
                ? arena_printf(b->arena, "%s + %s", s, sql_period(b, &b->category->cap->period))
                : sql_cap_end(b);
        due = arena_printf(b->arena, "LEAST(%s, %s)", due, end);
        if (!cap_shares_start(b)) /* not started: never due, whatever the cap says */
            due = arena_printf(b->arena, "CASE WHEN %s IS NOT NULL THEN %s END", s, due);
    }
    return x ? sql_let(b, x, arena_printf(b->arena, "%s AS start", start.text), due) : due;
}

/* Is a record due by one period after its own column alone, and can it be compared in advance? */
bool sql_due_is_plain(const struct sql_builder *b)
{
    const struct start *start = sql_stage_start(b);
    const struct ref *ref = &start->refs[0];
    if (start->ref_count != 1 || ref->kind != REF_COLUMN || ref->path.count || b->category->cap)
        return false;
    if (b->category->has_tenant && (has_agreement_list(b) || has_agreement_table(b)))
        return false;
    return !sql_is_text(catalog_column(b->target.table, ref->column));
}

/* A moment so far from run time less the period that what begins before the earlier one is due, and
 * what begins behind the later one is not, whatever months and clock changes make of the sum: that
 * is less than five days, even where a zone left out a day. */
static const char *margin(struct sql_builder *b, const char *sign)
{
    return arena_printf(b->arena,
                        "((%s AT TIME ZONE 'UTC' - %s %s '7 days'::interval) AT TIME ZONE 'UTC')",
                        sql_run_time(b), sql_period(b, &b->stage->after), sign);
}

const char *sql_due_by(struct sql_builder *b, const char *start, bool prefiltered)
{
    const char *sum = arena_printf(b->arena, "%s + %s <= %s", start,
                                   sql_period(b, &b->stage->after), sql_run_time(b));
    if (!prefiltered)
        sum = arena_printf(b->arena, "(%s <= %s AND %s)", start, margin(b, "+"), sum);
    return arena_printf(b->arena, "(%s <= %s OR %s)", start, margin(b, "-"), sum);
}

const char *sql_surely_due(struct sql_builder *b)
{
    return margin(b, "-");
}

const char *sql_is_due(struct sql_builder *b)
{
    if (sql_due_is_plain(b))
        return sql_due_by(b, sql_start(b, &b->target, sql_stage_start(b)).text, true);
    const char *due = sql_due_at(b);
    return arena_printf(b->arena, "%s <= %s", due, sql_run_time(b));
}

const char *sql_prefilter(struct sql_builder *b)
{
    const struct start *start = sql_stage_start(b);
    const struct ref *ref = &start->refs[0];
    if (start->ref_count != 1 || ref->kind != REF_COLUMN || ref->path.count)
        return NULL;
    if (b->category->cap && !cap_shares_start(b))
        return NULL;
    const struct catalog_column *column = catalog_column(b->target.table, ref->column);
    assert(column);
    if (sql_is_text(column))
        return NULL;

    /* In UTC, where the subtraction is immutable: with parameters it becomes a constant for the
     * planner. Four days are more than months, clock changes and zones can differ by. */
    const char *run_time = arena_printf(b->arena, "%s AT TIME ZONE 'UTC'", sql_run_time(b));
    struct text bound = {0};
    text_printf(&bound, "GREATEST(%s - %s", run_time, sql_period(b, &b->stage->after));
    if (b->category->has_tenant)
        for (size_t i = 0; i < b->category->agreement_count; i++)
            if (agreement_applies(b, b->category->agreements[i].stage))
                text_printf(&bound, ", %s - %s", run_time,
                            sql_period(b, &b->category->agreements[i].after));
    if (b->category->has_tenant && has_agreement_table(b))
        text_printf(&bound, ", %s - %s, %s - %s", run_time,
                    sql_period(b, &b->category->agreement_table.min), run_time,
                    sql_period(b, &b->category->agreement_table.max));
    if (b->category->cap)
        text_printf(&bound, ", %s - %s", run_time, sql_period(b, &b->category->cap->period));
    text_add(&bound, ") + '4 days'::interval");
    const char *latest = sql_take_text(b->arena, &bound);

    const char *raw = sql_column(b, &b->target, ref->column);
    if (ref->unit == UNIT_EPOCH_S || ref->unit == UNIT_EPOCH_MS)
        return arena_printf(b->arena, "%s <= (extract(epoch FROM %s)%s)::bigint", raw, latest,
                            ref->unit == UNIT_EPOCH_MS ? " * 1000" : "");
    if (text_equal(column->base_type, "timestamp with time zone"))
        return arena_printf(b->arena, "%s <= ((%s) AT TIME ZONE 'UTC')", raw, latest);
    if (text_equal(column->base_type, "date"))
        return arena_printf(b->arena, "%s <= (%s)::date", raw, latest);
    return arena_printf(b->arena, "%s <= %s", raw, latest);
}

struct sql_statement sql_agreements(struct sql_builder *b)
{
    if (!b->category->has_tenant || !has_agreement_table(b))
        return (struct sql_statement){.text = ""};
    struct sql_scope a = sql_read(b, b->category->agreement_table.table, 'a');
    const char *name = b->category->agreement_table.tenant;
    const char *tenant =
        sql_canonical_text(b->arena, catalog_column(a.table, name), sql_column(b, &a, name));
    /* A tenant may have several rows: what counts as max when a record falls due does so here, too.
     */
    const char *period = table_period(b, &a);
    const char *text = arena_printf(
        b->arena,
        "SELECT array_agg(%s) AS tenants, array_agg(CASE WHEN %s < %s THEN %s ELSE %s END) AS "
        "periods\n  FROM %s %s",
        tenant, period, sql_period(b, &b->category->agreement_table.min),
        sql_period(b, &b->category->agreement_table.max), period, sql_from(b, a.table), a.alias);
    return sql_finish(b, text);
}
