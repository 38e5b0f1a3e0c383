/* The k-check of stages that de-identify: records that fewer than k distinct subjects share their
 * quasi-identifiers with lose these too. What is counted together, and what holds of it, is told in
 * sql/functions/count_groups.sql; here are the expressions and statements that ask and count.
 *
 * A group is the SHA-256 of its values as they will be. Digests of what a record will be and of
 * what it is are the same once the record is done, since each transformation's value is a fixed
 * point. */
#include <assert.h>

#include "policy/sql_private.h"
#include "policy/transform.h"

static const struct transform *transform_of(const struct stage *stage, const char *column)
{
    for (size_t i = 0; i < stage->column_count; i++)
        if (text_equal(stage->columns[i].column, column))
            return &stage->columns[i];
    return NULL;
}

/* What the column is; or, `after`, what the stage makes of it. */
static const char *value_of(struct sql_builder *b, const char *name, bool after)
{
    const struct catalog_column *column = catalog_column(b->target.table, name);
    const struct transform *t = transform_of(b->stage, name);
    const char *x = sql_column(b, &b->target, name);
    assert(column);
    struct catalog_column plain = sql_without_domain(b, column);
    return after && t ? t->as->sql(b, t, &plain, x) : x;
}

/* NULL where all of the values are. */
static const char *group_digest(struct sql_builder *b, bool after)
{
    const struct string_list *quasi = &b->stage->quasi;
    struct text texts = {0}, values = {0};
    for (size_t i = 0; i < quasi->count; i++) {
        const struct catalog_column *column = catalog_column(b->target.table, quasi->items[i]);
        const char *value = value_of(b, quasi->items[i], after);
        text_printf(&texts, "%s%s", i ? ", " : "",
                    sql_canonical_text(b->arena, column, arena_printf(b->arena, "(%s)", value)));
        text_printf(&values, "%s(%s)::text", i ? ", " : "", value);
    }
    const char *digest = arena_printf(
        b->arena,
        "CASE WHEN coalesce(%s) IS NOT NULL THEN sha256(convert_to(ARRAY[%s]::text, 'UTF8')) END",
        text_string(&values), text_string(&texts));
    text_free(&texts);
    text_free(&values);
    return digest;
}

/* Of records that were done before: the cohort that they were counted in. */
static const char *cohort(struct sql_builder *b)
{
    return arena_printf(b->arena, "coalesce(%s, %s)", sql_column(b, &b->target, b->stage->mark),
                        sql_run_time(b));
}

static const char *k_value(struct sql_builder *b)
{
    return sql_value(b, arena_printf(b->arena, "%lld", (long long)b->stage->k), "bigint");
}

static const char *is_kept(struct sql_builder *b, const char *of, const char *digest)
{
    const char *g = sql_alias(b, 'g');
    return arena_printf(b->arena,
                        "(EXISTS (SELECT 1 FROM retention.kept_group %s WHERE %s.category = %s AND "
                        "%s.stage = %s AND %s.cohort = %s AND %s.digest = %s AND %s.k >= %s))",
                        g, g, sql_value(b, b->category->name, "text"), g,
                        sql_value(b, b->stage->name, "text"), g, of, g, digest, g, k_value(b));
}

bool sql_is_quasi(const struct stage *stage, const char *column)
{
    for (size_t i = 0; i < stage->quasi.count; i++)
        if (text_equal(stage->quasi.items[i], column))
            return true;
    return false;
}

const char *sql_quasi_change(struct sql_builder *b, const char *column)
{
    return arena_printf(b->arena, "CASE WHEN %s THEN %s END",
                        is_kept(b, cohort(b), group_digest(b, true)), value_of(b, column, true));
}

const char *sql_quasi_cohort(struct sql_builder *b)
{
    return cohort(b);
}

const char *sql_quasi_done(struct sql_builder *b)
{
    struct text none = {0};
    for (size_t i = 0; i < b->stage->quasi.count; i++)
        text_printf(&none, "%s%s IS NULL", i ? " AND " : "",
                    sql_column(b, &b->target, b->stage->quasi.items[i]));
    const char *mark = sql_column(b, &b->target, b->stage->mark);
    const char *done = arena_printf(b->arena, "(%s OR %s)", text_string(&none),
                                    is_kept(b, mark, group_digest(b, false)));
    text_free(&none);
    return done;
}

const char *sql_quasi_counted(struct sql_builder *b)
{
    const char *digest = group_digest(b, true), *of = cohort(b);
    return arena_printf(b->arena,
                        ",\n       %s AS cohort,\n       %s AS digest,\n       %s AS kept,\n       "
                        "CASE WHEN %s IS NULL THEN %s END AS s",
                        of, digest, is_kept(b, of, digest),
                        sql_column(b, &b->target, b->stage->mark),
                        sql_subject_text(b, &b->category->subjects[0]));
}

const char *sql_quasi_added(struct sql_builder *b, const char *rows)
{
    return arena_printf(
        b->arena,
        "(SELECT retention.count_groups(%s, %s, %s,\n"
        "               array_agg(ROW(c.cohort, c.digest, c.kept, c.rows, "
        "c.subjects)::retention.group_part))\n"
        "          FROM (SELECT g.cohort, g.digest, g.kept, count(*) AS rows,\n"
        "                       array_agg(DISTINCT g.s COLLATE \"C\") FILTER (WHERE g.s IS NOT "
        "NULL) AS subjects\n"
        "                  FROM %s g GROUP BY g.cohort, g.digest, g.kept) c)",
        sql_value(b, b->category->name, "text"), sql_value(b, b->stage->name, "text"), k_value(b),
        rows);
}

/* --- before and after the batches --- */

/* Groups of the records that are due and free, and are not done yet: digest, rows, subjects. */
static const char *groups(struct sql_builder *b)
{
    const char *condition = sql_action_condition(b, SKIP_NOTHING);
    const struct stage *own = b->stage;
    const struct stage *last = &b->category->stages[b->category->stage_count - 1];
    if (b->forecast && policy_stage_removes(last)) { /* it comes first */
        b->stage = last;
        condition = arena_printf(b->arena, "%s\n   AND (%s) IS NOT TRUE", condition,
                                 sql_action_condition(b, SKIP_NOTHING));
        b->stage = own;
    }
    return arena_printf(b->arena,
                        "SELECT d.digest, count(*) AS rows, count(DISTINCT d.s) AS subjects\n"
                        "  FROM (SELECT %s AS digest,\n               %s AS s\n  FROM %s t\n WHERE "
                        "%s IS NULL\n   AND %s) d\n WHERE d.digest IS NOT NULL GROUP BY d.digest",
                        group_digest(b, true), sql_subject_text(b, &b->category->subjects[0]),
                        sql_from(b, b->target.table), sql_column(b, &b->target, b->stage->mark),
                        condition);
}

struct sql_statement sql_groups(struct sql_builder *b)
{
    if (!b->stage->quasi.count)
        return (struct sql_statement){.text = ""};
    const char *k = k_value(b);
    return sql_finish(
        b, arena_printf(b->arena,
                        "SELECT count(*) AS groups,\n       count(*) FILTER (WHERE g.subjects < "
                        "%s) AS small,\n       coalesce(sum(g.rows) FILTER (WHERE g.subjects < "
                        "%s), 0)::bigint AS nullified\n  FROM (\n%s) g",
                        k, k, groups(b)));
}

struct sql_statement sql_keep_groups(struct sql_builder *b)
{
    if (!b->stage->quasi.count)
        return (struct sql_statement){.text = ""};
    const char *k = k_value(b);
    return sql_finish(
        b, arena_printf(b->arena,
                        "SELECT retention.keep_groups(%s, %s, %s, %s, %s, %s,\n       "
                        "array_agg(g.digest)) AS kept\n  FROM (\n%s) g\n WHERE g.subjects >= %s",
                        sql_param(b, PARAM_TERM, 0, NULL, "bigint"),
                        sql_param(b, PARAM_RUN, 0, NULL, "uuid"),
                        sql_value(b, b->category->name, "text"),
                        sql_value(b, b->stage->name, "text"), sql_run_time(b), k, groups(b), k));
}

struct sql_statement sql_settle_groups(struct sql_builder *b)
{
    return sql_finish(
        b, arena_printf(b->arena,
                        "SELECT 0::bigint AS families, 1::bigint AS most, 0::bigint AS published,\n"
                        "       s.again, s.nullified\n"
                        "  FROM retention.settle_groups(%s, %s, %s, %s, %s) s",
                        sql_param(b, PARAM_TERM, 0, NULL, "bigint"),
                        sql_param(b, PARAM_RUN, 0, NULL, "uuid"),
                        sql_value(b, b->category->name, "text"),
                        sql_value(b, b->stage->name, "text"), k_value(b)));
}
