/* Leaves whose bounds say that all of their records are due: nothing in them needs to be read.
 *
 * PostgreSQL proves it, from the constraint that a partition's bounds are: asked for the rows that
 * may not be due, with constraint_exclusion = on, it answers that there can be none. What it cannot
 * prove (another partition key, a default partition, an open bound) is read row by row. */
#include "policy/sql_private.h"

/* Is it the starting point alone that decides of a record, holds apart? And need nothing be told of
 * a record but that it went? */
static bool start_decides(struct sql_builder *b)
{
    const struct category *category = b->category;
    if (category->evidence != EVIDENCE_COUNTS || category->has_tenant || !sql_due_is_plain(b) ||
        category->keep_while_count || sql_wait_count(b) || sql_uncounted(b) || sql_paused(b) ||
        sql_kept(b, SKIP_NOTHING))
        return false;
    for (size_t i = 0; i < category->floor_count; i++)
        if (sql_floor_applies(b, &category->floors[i]))
            return false;
    return text_equal(sql_claim(b, &b->target, category), "true") &&
           text_equal(sql_conditions(b, &b->target, &b->stage->only), "true");
}

/* A moment as the starting point's column is compared with; a zone's clock is less than a day off.
 */
static const char *as_column(struct sql_builder *b, const char *type, const char *moment,
                             const char *shift)
{
    if (text_equal(type, "timestamp with time zone"))
        return moment;
    return arena_printf(b->arena, "(%s AT TIME ZONE 'UTC' %s)::%s", moment, shift, type);
}

struct sql_statement sql_whole_proof(struct sql_builder *b, const char *leaf)
{
    static const char *const types[] = {"timestamp with time zone", "timestamp without time zone",
                                        "date"};
    sql_begin(b);
    if (!start_decides(b))
        return (struct sql_statement){.text = ""};
    sql_begin(b);
    const struct start *start = sql_stage_start(b);
    const struct ref *ref = &start->refs[0];
    const struct catalog_column *column = catalog_column(b->target.table, ref->column);
    const char *type = NULL;
    for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
        if (text_equal(column->base_type, types[i]))
            type = types[i];
    if (!type || start->round_up)
        return (struct sql_statement){.text = ""};
    const char *raw = sql_column(b, &b->target, ref->column);
    const char *first = sql_value(b, start->not_before, "timestamptz");
    return sql_finish(
        b, arena_printf(b->arena,
                        "EXPLAIN (FORMAT JSON)\nSELECT\n  FROM ONLY %s t\n WHERE %s IS NULL\n    "
                        "OR %s < %s\n    OR %s > %s",
                        leaf, raw, raw, as_column(b, type, first, "+ '2 days'::interval"), raw,
                        as_column(b, type, sql_surely_due(b), "- '2 days'::interval")));
}
