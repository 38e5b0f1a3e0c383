/* Stages that aggregate: what the statement that deletes records returns of them, how it is rolled
 * up in the same statement, and how cells are closed.
 *
 * A record's dimensions are b1, b2 ... and its values v1, v2 ... (of sums and histograms, by their
 * place among the measures), its subject is s: columns of the CTE of deleted rows. They are grouped
 * as they are, where equal values have one text, and become texts once a cell. A cell's name is
 * an array of texts; its measures are an array of numerics, the number of records first. Both are
 * what the functions retention.roll_up and close_cells hand around, which know nothing of policies:
 * see sql/functions/roll_up.sql for what they promise. */
#include <assert.h>

#include "policy/definition.h"
#include "policy/sql_private.h"

enum { TEXT_MOST = 200 };

/* Above it, subjects are hardly ever told apart by 64 bits. */
enum { SEEN_MOST = 40 };

/* --- layout: what makes cells comparable --- */

/* SHA-256 of a text that says how cells are counted, as hexadecimal digits. */
static const char *layout(struct sql_builder *b)
{
    const struct aggregate *a = b->stage->aggregate;
    struct text text = {0};
    text_printf(&text, "timezone %s\nsubject %s\n", b->category->timezone,
                ref_print(b->arena, &b->category->subjects[0]));
    for (size_t i = 0; i < a->by_count; i++)
        text_printf(&text, "by %s %s%s\n", a->by[i].column, by_unit_name(a->by[i].unit),
                    aggregate_folds(a, a->by[i].to) ? " fold" : "");
    for (size_t i = 0; i < a->measure_count; i++) {
        text_printf(&text, "measure %s %s", measure_kind_name(a->measures[i].kind),
                    a->measures[i].column ? a->measures[i].column : "");
        for (size_t k = 0; k < a->measures[i].bounds.count; k++)
            text_printf(&text, " %s", a->measures[i].bounds.items[k]);
        text_add(&text, "\n");
    }
    const char *value = sql_value(b, sql_take_text(b->arena, &text), "text");
    return arena_printf(b->arena, "encode(sha256(convert_to(%s, 'UTF8')), 'hex')", value);
}

/* The policy's name of the target, as it stands in entries. */
static const char *target_name(struct sql_builder *b)
{
    return quote_table(b->arena, sql_catalog_table(b, b->stage->aggregate->into));
}

/* --- a record's dimensions and values --- */

/* Are two values equal exactly when their texts are? */
static bool has_one_text(const struct catalog_column *column)
{
    return sql_is_integer(column) || text_equal(column->base_type, "uuid");
}

/* The dimension, a text, or what is one where it names a cell; for a period a date, NULL for
 * infinity. */
static const char *dimension(struct sql_builder *b, const struct aggregate_by *by)
{
    const struct catalog_column *column = catalog_column(b->target.table, by->column);
    const char *raw = sql_column(b, &b->target, by->column);
    assert(column);
    if (!by->truncated) {
        if (has_one_text(column))
            return raw;
        if (sql_is_text(column) || column->type_category == 'S')
            return arena_printf(b->arena, "left(%s::text, %d)", raw, TEXT_MOST);
        return sql_canonical_text(b->arena, column, raw);
    }
    const char *local = raw;
    if (text_equal(column->base_type, "timestamp with time zone"))
        local = arena_printf(b->arena, "%s AT TIME ZONE %s", raw, sql_zone(b));
    else if (text_equal(column->base_type, "date"))
        local = arena_printf(b->arena, "%s::timestamp", raw);
    return arena_printf(b->arena, "CASE WHEN isfinite(%s) THEN date_trunc('%s', %s)::date END", raw,
                        by_unit_name(by->unit), local);
}

static const char *bounds_literal(struct arena *arena, const struct measure *m)
{
    struct text text = {0};
    for (size_t i = 0; i < m->bounds.count; i++)
        text_printf(&text, "%s%s", i ? "," : "{", m->bounds.items[i]);
    text_add(&text, "}");
    return sql_take_text(arena, &text);
}

/* A number to be added up, or the number of the histogram's class; NULL (C): none is needed. One
 * NaN or infinity would make the sum of its cell one for ever: they add nothing, as NULL. NaN is in
 * no class, as NULL; PostgreSQL has it behind infinity. */
static const char *measured(struct sql_builder *b, const struct measure *m)
{
    if (!m->column)
        return NULL;
    const char *raw = sql_column(b, &b->target, m->column);
    const char *type = catalog_column(b->target.table, m->column)->base_type;
    bool may_be_none = text_equal(type, "numeric") || text_equal(type, "real") ||
                       text_equal(type, "double precision");
    if (m->kind == MEASURE_SUM)
        return !may_be_none ? raw
                            : arena_printf(b->arena,
                                           "CASE WHEN %s > '-Infinity' AND %s < 'Infinity' THEN %s "
                                           "END",
                                           raw, raw, raw);
    if (may_be_none)
        raw = arena_printf(b->arena, "NULLIF(%s, 'NaN')", raw);
    if (may_be_none && !text_equal(type, "numeric")) /* a cast would keep 6 digits, or 15 */
        raw = arena_printf(b->arena, "(%s::text)", raw);
    return arena_printf(b->arena, "width_bucket(%s::numeric, %s)", raw,
                        sql_value(b, bounds_literal(b->arena, m), "numeric[]"));
}

const char *sql_counted(struct sql_builder *b)
{
    const struct aggregate *a = b->stage->aggregate;
    struct text text = {0};
    for (size_t i = 0; i < a->by_count; i++)
        text_printf(&text, ",\n       %s AS b%zu", dimension(b, &a->by[i]), i + 1);
    text_printf(&text, ",\n       %s AS s", sql_subject_text(b, &b->category->subjects[0]));
    for (size_t i = 0; i < a->measure_count; i++) {
        const char *value = measured(b, &a->measures[i]);
        if (value)
            text_printf(&text, ",\n       %s AS v%zu", value, i + 1);
    }
    return sql_take_text(b->arena, &text);
}

/* --- cells --- */

/* ARRAY[...] of a cell's name; of its family's where `folded`. Dimensions stand in alias x. */
static const char *name_array(struct sql_builder *b, const char *x, bool folded)
{
    const struct aggregate *a = b->stage->aggregate;
    struct text text = {0};
    for (size_t i = 0; i < a->by_count; i++) {
        const struct catalog_column *column = catalog_column(b->target.table, a->by[i].column);
        bool is_text = !a->by[i].truncated && !has_one_text(column);
        text_add(&text, i ? ", " : "ARRAY[");
        if (folded && aggregate_folds(a, a->by[i].to))
            text_add(&text, "'(other)'");
        else
            text_printf(&text, "%s.b%zu%s", x, i + 1, is_text ? "" : "::text");
    }
    text_add(&text, "]");
    return sql_take_text(b->arena, &text);
}

static const char *measure_array(struct sql_builder *b)
{
    const struct aggregate *a = b->stage->aggregate;
    struct text text = {0};
    text_add(&text, "ARRAY[count(*)");
    for (size_t i = 0; i < a->measure_count; i++) {
        const struct measure *m = &a->measures[i];
        switch (m->kind) {
        case MEASURE_SUM:
            text_printf(&text, ", coalesce(sum(g.v%zu), 0)", i + 1);
            break;
        case MEASURE_HISTOGRAM:
            for (size_t k = 0; k <= m->bounds.count; k++)
                text_printf(&text, ", count(*) FILTER (WHERE g.v%zu = %zu)", i + 1, k);
            break;
        default: /* the records are counted anyway, subjects when the cell is closed */
            break;
        }
    }
    text_add(&text, "]::numeric[]");
    return sql_take_text(b->arena, &text);
}

static bool counts_subjects(const struct aggregate *a)
{
    for (size_t i = 0; i < a->measure_count; i++)
        if (a->measures[i].kind == MEASURE_SUBJECTS)
            return true;
    return false;
}

/* Distinct subjects. Where their number is not published, as many as decide: a cell that has so
 * many of one batch is not small, and of one that is small all are there. */
static const char *subject_array(struct sql_builder *b)
{
    static const char all[] =
        "array_agg(DISTINCT g.s COLLATE \"C\") FILTER (WHERE g.s IS NOT NULL)";
    if (counts_subjects(b->stage->aggregate))
        return all;
    return arena_printf(b->arena, "(%s)[1:%lld]", all, (long long)b->stage->k);
}

static const struct aggregate_by *period_of(const struct aggregate *a, size_t *ret_index)
{
    size_t i = 0;
    while (!a->by[i].truncated)
        i++;
    *ret_index = i;
    return &a->by[i];
}

/* "x.b1, x.b2": the dimensions in alias x. */
static const char *dimension_list(struct sql_builder *b, const char *x)
{
    struct text text = {0};
    for (size_t i = 0; i < b->stage->aggregate->by_count; i++)
        text_printf(&text, "%s%s.b%zu", i ? ", " : "", x, i + 1);
    return sql_take_text(b->arena, &text);
}

/* One row a cell of what is in `gone`, of those rows that meet `where`. */
static const char *parts(struct sql_builder *b, const char *gone, const char *subjects,
                         const char *where)
{
    size_t period;
    (void)period_of(b->stage->aggregate, &period);
    return arena_printf(b->arena,
                        "SELECT %s AS family, %s AS cell, g.b%zu AS period,\n"
                        "                       %s AS measures,\n"
                        "                       %s AS subjects\n"
                        "                  FROM %s g%s GROUP BY %s",
                        name_array(b, "g", true), name_array(b, "g", false), period + 1,
                        measure_array(b), subjects, gone, where, dimension_list(b, "g"));
}

/* Where a cell has k subjects of one batch, nobody needs to know which: only their number goes to
 * roll_up, as an array of NULLs. Of most cells this is seen while the records are added up, without
 * sorting them: a bit for each of 64 classes of subjects (so many bits are set by at least so many
 * subjects). It is gone with the statement. The cells of which this does not tell are counted
 * again, with their subjects.
 *
 * The subquery is a hashed SubPlan because of the CASE. A NULL among the dimensions would have it
 * compare with every cell; such cells are all counted again. */
static const char *many_and_few(struct sql_builder *b, const char *gone)
{
    long long k = (long long)b->stage->k;
    const char *dimensions = dimension_list(b, "g"), *named = dimension_list(b, "m");
    size_t period;
    (void)period_of(b->stage->aggregate, &period);
    struct text again = {0};
    text_printf(
        &again,
        "\n                 WHERE CASE WHEN num_nulls(%s) > 0 THEN true\n"
        "                            ELSE ((%s) IN (SELECT %s FROM many m)) IS NOT TRUE END",
        dimensions, dimensions, named);
    return arena_printf(
        b->arena,
        "WITH many AS MATERIALIZED (\n"
        "SELECT %s, %s AS measures\n"
        "  FROM %s g GROUP BY %s\n"
        "HAVING num_nulls(%s) = 0\n"
        "   AND bit_count(bit_or(1::bigint << (hashtext(g.s COLLATE \"C\") & 63))::bit(64)) >= "
        "%lld)\n"
        "                SELECT %s AS family, %s AS cell, m.b%zu AS period, m.measures,\n"
        "                       array_fill(NULL::text, ARRAY[%lld]) AS subjects\n"
        "                  FROM many m\n"
        "                 UNION ALL\n"
        "                %s",
        dimensions, measure_array(b), gone, dimensions, dimensions, k, name_array(b, "m", true),
        name_array(b, "m", false), period + 1, k,
        parts(b, gone, subject_array(b), sql_take_text(b->arena, &again)));
}

/* A cell's subjects as roll_up is to know them: who they are where their number is published, or
 * where they are fewer than k. */
static const char *told_subjects(struct sql_builder *b)
{
    if (counts_subjects(b->stage->aggregate))
        return "c.subjects";
    long long k = (long long)b->stage->k;
    return arena_printf(
        b->arena,
        "CASE WHEN cardinality(c.subjects) = %lld THEN\n"
        "                   array_fill(NULL::text, ARRAY[%lld]) ELSE c.subjects END",
        k, k);
}

const char *sql_rolled_up(struct sql_builder *b, const char *gone)
{
    bool all = counts_subjects(b->stage->aggregate) || b->stage->k > SEEN_MOST;
    return arena_printf(b->arena,
                        "(SELECT retention.roll_up(%s, %s, %s, %s,\n"
                        "               array_agg(ROW(c.family, c.cell, c.period, c.measures,\n"
                        "                   %s)::retention.aggregate_part))\n"
                        "          FROM (%s) c)",
                        sql_value(b, b->category->name, "text"),
                        sql_value(b, b->stage->name, "text"), layout(b),
                        sql_value(b, target_name(b), "text"), told_subjects(b),
                        all ? parts(b, gone, subject_array(b), "") : many_and_few(b, gone));
}

/* --- closing --- */

/* No record falls due before so long after its starting point. */
static const char *shortest(struct sql_builder *b)
{
    const struct category *c = b->category;
    struct text text = {0};
    text_printf(&text, "LEAST(%s", sql_period(b, &b->stage->after));
    for (size_t i = 0; i < c->agreement_count; i++)
        if (!c->agreements[i].stage || text_equal(c->agreements[i].stage, b->stage->name))
            text_printf(&text, ", %s", sql_period(b, &c->agreements[i].after));
    if (c->agreement_table.at.file)
        text_printf(&text, ", %s", sql_period(b, &c->agreement_table.min));
    if (c->cap)
        text_printf(&text, ", %s", sql_period(b, &c->cap->period));
    text_add(&text, ")");
    return sql_take_text(b->arena, &text);
}

static const char *span(const struct aggregate_by *by)
{
    static const char *const spans[] = {
        [BY_DAY] = "1 day",   [BY_WEEK] = "7 days",      [BY_MONTH] = "1 month",
        [BY_YEAR] = "1 year", [BY_QUARTER] = "3 months",
    };
    return spans[by->unit];
}

/* Every record whose period can be over meets it, and an index can use it. */
static const char *in_past(struct sql_builder *b, const struct aggregate_by *by)
{
    const struct catalog_column *column = catalog_column(b->target.table, by->column);
    const char *raw = sql_column(b, &b->target, by->column);
    const char *latest = arena_printf(b->arena, "(%s AT TIME ZONE 'UTC' - %s + '4 days'::interval)",
                                      sql_run_time(b), shortest(b));
    if (text_equal(column->base_type, "timestamp with time zone"))
        latest = arena_printf(b->arena, "(%s AT TIME ZONE 'UTC')", latest);
    else if (text_equal(column->base_type, "date"))
        latest = arena_printf(b->arena, "%s::date", latest);
    if (column->not_null)
        return arena_printf(b->arena, "%s <= %s", raw, latest);
    return arena_printf(b->arena, "(%s <= %s OR %s IS NULL)", raw, latest, raw);
}

/* Records that will come to their cells by themselves: not held, not kept by something that lasts,
 * and with a starting point. */
static const char *to_come(struct sql_builder *b, const struct aggregate_by *by)
{
    struct text text = {0};
    sql_add_and(&text, in_past(b, by));
    sql_add_and(&text, sql_claim(b, &b->target, b->category));
    sql_add_and(&text, sql_conditions(b, &b->target, &b->stage->only));
    if (!policy_stage_removes(b->stage))
        sql_add_and(&text, arena_printf(b->arena, "%s IS NOT TRUE", sql_passed(b)));
    sql_add_and(&text, arena_printf(b->arena, "%s IS NOT NULL", sql_due_at(b)));
    sql_add_and(&text, arena_printf(b->arena, "%s IS NOT TRUE", sql_held(b, SKIP_NOTHING)));
    for (size_t i = 0; i < b->category->keep_while_count; i++)
        sql_add_and(&text, arena_printf(b->arena, "%s IS NOT TRUE",
                                        sql_keep_while(b, &b->category->keep_while[i])));
    return sql_take_text(b->arena, &text);
}

static const char *remaining(struct sql_builder *b)
{
    const struct aggregate *a = b->stage->aggregate;
    struct text columns = {0};
    size_t period;
    const struct aggregate_by *by = period_of(a, &period);
    for (size_t i = 0; i < a->by_count; i++)
        if (!aggregate_folds(a, a->by[i].to))
            text_printf(&columns, "%s%s AS b%zu", columns.length ? ", " : "",
                        dimension(b, &a->by[i]), i + 1);
    return arena_printf(b->arena,
                        "ARRAY(SELECT sha256(convert_to(%s::text, 'UTF8'))\n"
                        "          FROM (SELECT DISTINCT %s\n  FROM %s t\n WHERE %s) r)",
                        name_array(b, "r", true), sql_take_text(b->arena, &columns),
                        sql_from(b, b->target.table), to_come(b, by));
}

/* "a, b, c" of the target, and what they are given out of a closed cell c. */
static void target_columns(struct sql_builder *b, struct text *names, struct text *values)
{
    const struct aggregate *a = b->stage->aggregate;
    const struct catalog_table *target = sql_catalog_table(b, a->into);
    size_t slot = 2; /* the first one is the number of records */
    for (size_t i = 0; i < a->by_count; i++) {
        const struct catalog_column *column = catalog_column(target, a->by[i].to);
        assert(column);
        text_printf(names, "%s%s", i ? ", " : "", quote_name(b->arena, a->by[i].to));
        text_printf(values, "%sc.cell[%zu]::%s", i ? ", " : "", i + 1, sql_type(b->arena, column));
    }
    for (size_t i = 0; i < a->measure_count; i++) {
        const struct measure *m = &a->measures[i];
        const struct catalog_column *column = catalog_column(target, m->to);
        assert(column);
        const char *type = sql_type(b->arena, column);
        text_printf(names, ", %s", quote_name(b->arena, m->to));
        if (m->kind == MEASURE_COUNT)
            text_printf(values, ", c.measures[1]::%s", type);
        else if (m->kind == MEASURE_SUBJECTS)
            text_printf(values, ", c.subjects::%s", type);
        else if (m->kind == MEASURE_SUM)
            text_printf(values, ", c.measures[%zu]::%s", slot++, type);
        if (m->kind == MEASURE_HISTOGRAM) {
            text_printf(values, ", c.measures[%zu:%zu]::%s", slot, slot + m->bounds.count, type);
            slot += m->bounds.count + 1;
        }
    }
}

struct sql_statement sql_close_cells(struct sql_builder *b)
{
    const struct aggregate *a = b->stage->aggregate;
    if (b->stage->quasi.count)
        return sql_settle_groups(b);
    if (!a)
        return (struct sql_statement){.text = ""};
    struct text names = {0}, values = {0};
    size_t period;
    const struct aggregate_by *by = period_of(a, &period);
    target_columns(b, &names, &values);
    return sql_finish(
        b,
        arena_printf(
            b->arena,
            "WITH closed AS MATERIALIZED (\n"
            "SELECT * FROM retention.close_cells(%s, %s, %s, %s, %s, %s, %s,\n"
            "       '%s'::interval, %s, %s,\n       %s, %s, %s)),\nput AS (\n"
            "INSERT INTO %s (%s)\nSELECT %s\n  FROM closed c WHERE c.published\nRETURNING 1)\n"
            "SELECT count(DISTINCT c.family) FILTER (WHERE c.cells > 0) AS families,\n"
            "       count(*) FILTER (WHERE c.cells = 0) AS passed,\n"
            "       coalesce(sum(c.measures[1]) FILTER (WHERE c.cells = 0), 0) AS left_open,\n"
            "       retention.require_published(count(*) FILTER (WHERE c.published),\n"
            "           (SELECT count(*) FROM put)) AS published\n  FROM closed c",
            sql_param(b, PARAM_TERM, 0, NULL, "bigint"), sql_param(b, PARAM_RUN, 0, NULL, "uuid"),
            sql_value(b, b->category->name, "text"), sql_value(b, b->stage->name, "text"),
            layout(b), sql_value(b, target_name(b), "text"),
            sql_value(b, arena_printf(b->arena, "%lld", (long long)b->stage->k), "bigint"),
            span(by), shortest(b), sql_run_time(b), remaining(b),
            sql_param(b, PARAM_MOST, 0, NULL, "bigint"),
            sql_param(b, PARAM_PASSED, 0, NULL, "bigint"), target_name(b),
            sql_take_text(b->arena, &names), sql_take_text(b->arena, &values)));
}
