/* The statements of a category that only look: plan, tenants, unclaimed, remaining. */
#include <assert.h>

#include "policy/sql_private.h"

/* What `plan` finds of a row. */
enum verdict {
    VERDICT_UNCLAIMED,
    VERDICT_OTHER_STAGE, /* claimed, but the stage's own `only` does not take it */
    VERDICT_NOT_STARTED,
    VERDICT_NOT_DUE,
    VERDICT_PASSED, /* due once, and done with */
    VERDICT_HELD,
    VERDICT_KEPT_WHILE,
    VERDICT_KEPT_FLOOR,
    VERDICT_FLOOR_AFTER_CAP,
    VERDICT_WAITING,
    VERDICT_UNCOUNTED, /* an earlier stage is to count it, and something keeps it from that */
    VERDICT_PAUSED,
    VERDICT_COUNTED_FIRST, /* an earlier stage counts it in the same run, which then takes it */
    VERDICT_TO_ACT,
};

/* Names that no column of a governed table is likely to have, quoted. */
#define CLAIMED "\"retention claimed\""
#define DUE_AT  "\"retention due\"" /* where sql_due_is_plain: the starting point */

static void add_when(struct text *text, const char *condition, enum verdict verdict)
{
    text_printf(text, "\n              WHEN %s THEN %d", condition, (int)verdict);
}

/* A stage that leaves records has those behind it that it acted on; and whoever looks ahead leaves
 * out what a later stage takes away first. */
static void add_passed(struct sql_builder *b, struct text *text)
{
    const struct stage *own = b->stage;
    const struct category *category = b->category;
    if (policy_stage_removes(own))
        return;
    add_when(text, sql_passed(b), VERDICT_PASSED);
    for (size_t i = 0; i < category->stage_count && b->forecast; i++) {
        b->stage = &category->stages[i];
        /* What this stage counts before it goes is acted on by both. */
        if (policy_stage_removes(b->stage) && own != policy_counting_stage(category))
            add_when(text,
                     arena_printf(b->arena, "(%s) IS TRUE", sql_action_condition(b, SKIP_NOTHING)),
                     VERDICT_PASSED);
    }
    b->stage = own;
}

/* Is the row due for the stage, and has not passed it? */
static const char *due_for(struct sql_builder *b, const struct stage *stage)
{
    const struct stage *own = b->stage;
    struct text text = {0};
    b->stage = stage;
    sql_add_and(&text, sql_conditions(b, &b->target, &stage->only));
    sql_add_and(&text, arena_printf(b->arena, "%s <= %s", sql_due_at(b), sql_run_time(b)));
    if (!policy_stage_removes(stage))
        sql_add_and(&text, arena_printf(b->arena, "%s IS NOT TRUE", sql_passed(b)));
    b->stage = own;
    return sql_take_text(b->arena, &text);
}

/* What a hold keeps from several stages is counted once, at the last of them. `held`: the record
 * is; else held records read it, and which stages that keeps from it depends on what they do. */
static void add_held(struct sql_builder *b, struct text *text, const char *condition, bool held)
{
    const struct stage *own = b->stage;
    struct text later = {0};
    for (size_t i = (size_t)(own - b->category->stages) + 1; i < b->category->stage_count; i++) {
        const struct stage *stage = &b->category->stages[i];
        b->stage = stage;
        const char *read = held ? "true" : sql_kept(b, SKIP_NOTHING);
        b->stage = own;
        if (!read)
            continue;
        text_printf(&later, "%s(%s", later.length ? " OR " : "", due_for(b, stage));
        if (!held)
            text_printf(&later, " AND %s", read);
        text_add(&later, ") IS TRUE");
    }
    text_printf(text, "\n              WHEN %s IS TRUE THEN ", condition);
    if (later.length)
        text_printf(text, "CASE WHEN %s THEN %d ELSE %d END", later.data, (int)VERDICT_PASSED,
                    (int)VERDICT_HELD);
    else
        text_printf(text, "%d", (int)VERDICT_HELD);
    text_free(&later);
}

/* CASE ... END over the columns of t and the two made ones: evaluated only as far as needed. */
static const char *verdict_case(struct sql_builder *b)
{
    const struct category *category = b->category;
    const char *now = sql_run_time(b);
    struct text text = {0};
    text_add(&text, "CASE");
    add_when(&text, "t." CLAIMED " = 0", VERDICT_UNCLAIMED); /* as judged_rows writes it */
    add_when(&text, "t." CLAIMED " = 1", VERDICT_OTHER_STAGE);
    add_when(&text, "t." DUE_AT " IS NULL", VERDICT_NOT_STARTED);
    add_when(&text,
             sql_due_is_plain(b)
                 ? arena_printf(b->arena, "%s IS NOT TRUE", sql_due_by(b, "t." DUE_AT, false))
                 : arena_printf(b->arena, "t." DUE_AT " > %s", now),
             VERDICT_NOT_DUE);
    add_passed(b, &text);
    add_held(b, &text, sql_held(b, SKIP_NOTHING), true);
    const char *read = sql_kept(b, SKIP_NOTHING);
    if (read)
        add_held(b, &text, read, false);
    for (size_t i = 0; i < category->keep_while_count; i++)
        add_when(&text,
                 arena_printf(b->arena, "%s IS TRUE", sql_keep_while(b, &category->keep_while[i])),
                 VERDICT_KEPT_WHILE);
    for (size_t i = 0; i < category->floor_count; i++) {
        if (!sql_floor_applies(b, &category->floors[i]))
            continue;
        const char *kept = arena_printf(b->arena, "(%s <= %s) IS NOT TRUE",
                                        sql_floor_end(b, &category->floors[i]), now);
        if (category->cap)
            add_when(&text, arena_printf(b->arena, "%s AND %s <= %s", kept, sql_cap_end(b), now),
                     VERDICT_FLOOR_AFTER_CAP);
        add_when(&text, kept, VERDICT_KEPT_FLOOR);
    }
    for (size_t i = 0; i < sql_wait_count(b); i++) {
        const struct category *other = policy_find(b->set, category->wait_for.items[i]);
        assert(other);
        add_when(&text, arena_printf(b->arena, "%s IS TRUE", sql_waits(b, other)), VERDICT_WAITING);
    }
    const char *uncounted = sql_uncounted(b);
    if (uncounted)
        add_when(&text, arena_printf(b->arena, "%s IS TRUE", uncounted), VERDICT_UNCOUNTED);
    const char *paused = sql_paused(b);
    if (paused)
        add_when(&text, arena_printf(b->arena, "%s IS TRUE", paused), VERDICT_PAUSED);
    const char *counted = b->forecast ? sql_counted_first(b) : NULL;
    if (counted)
        add_when(&text, arena_printf(b->arena, "%s IS TRUE", counted), VERDICT_COUNTED_FIRST);
    text_printf(&text, "\n              ELSE %d END", (int)VERDICT_TO_ACT);
    return sql_take_text(b->arena, &text);
}

static bool has_floor(const struct sql_builder *b)
{
    for (size_t i = 0; i < b->category->floor_count; i++)
        if (sql_floor_applies(b, &b->category->floors[i]))
            return true;
    return false;
}

/* Where there are floors, when time alone may change the verdict of a row that is due: the end of
 * the last one. */
static const char *moment_case(struct sql_builder *b)
{
    struct text text = {0};
    if (sql_due_is_plain(b))
        text_printf(&text, "CASE WHEN %s THEN GREATEST(", sql_due_by(b, "t." DUE_AT, false));
    else
        text_printf(&text, "CASE WHEN t." DUE_AT " <= %s THEN GREATEST(", sql_run_time(b));
    const char *comma = "";
    for (size_t i = 0; i < b->category->floor_count; i++) {
        if (!sql_floor_applies(b, &b->category->floors[i]))
            continue;
        text_printf(&text, "%s%s", comma, sql_floor_end(b, &b->category->floors[i]));
        comma = ", ";
    }
    text_add(&text, ") END");
    return sql_take_text(b->arena, &text);
}

/* Keeps the planner from making what stands below several times. Written as a number it would be
 * converted to bigint, which the planner does too late to see that nothing is left out, and for
 * that it would not share the rows among processes. */
static const char fence[] = "OFFSET '0'";

/* One row a row of the table: verdict, due_at and, where there are floors, moment; if asked for,
 * tenant. What is made of several columns is made once, behind a fence; columns needed above it
 * are passed through under their names. Where it can, the verdict stands in the query that groups
 * by it: the server then shares the rows among processes, which it does not below a query with
 * subqueries of its own. */
static const char *judged_rows(struct sql_builder *b, bool tenant)
{
    struct string_list used = {0};
    struct sql_scope plain = b->target;
    b->target.used = &used;
    const char *verdict = verdict_case(b);
    const char *moment = tenant || !has_floor(b) ? NULL : moment_case(b);
    const char *tenant_text = tenant ? sql_tenant_text(b) : NULL;
    b->target = plain;

    const char *claim = sql_claim(b, &b->target, b->category);
    const char *stage = sql_conditions(b, &b->target, &b->stage->only);
    struct text text = {0};
    text_printf(&text, "SELECT t." DUE_AT " AS due_at,\n         %s AS verdict", verdict);
    if (moment)
        text_printf(&text, ",\n         %s AS moment", moment);
    if (tenant)
        text_printf(&text, ",\n         %s AS tenant", tenant_text);
    text_add(&text, "\n    FROM (SELECT ");
    if (text_equal(claim, "true") && text_equal(stage, "true")) {
        text_add(&text, "2");
    } else {
        text_printf(&text, "CASE WHEN (%s) IS NOT TRUE THEN 0", claim);
        if (!text_equal(stage, "true"))
            text_printf(&text, " WHEN (%s) IS NOT TRUE THEN 1", stage);
        text_add(&text, " ELSE 2 END");
    }
    text_printf(&text, " AS " CLAIMED ",\n                 %s AS " DUE_AT,
                sql_due_is_plain(b) ? sql_start(b, &b->target, sql_stage_start(b)).text
                                    : sql_due_at(b));
    for (size_t i = 0; i < b->target.table->column_count; i++) {
        const char *name = b->target.table->columns[i].name;
        if (string_list_has(&used, name))
            text_printf(&text, ", t.%s", quote_name(b->arena, name));
    }
    /* Rows are grouped by the verdict. Of one that rests on what is made here alone the planner
     * sees that it takes few values. */
    text_printf(&text, "\n            FROM %s t %s) t%s%s", sql_from(b, b->target.table), fence,
                moment || used.count ? " " : "", moment || used.count ? fence : "");
    return sql_take_text(b->arena, &text);
}

/* Rows whose verdict lies between the two, both inclusive. */
static void add_sum(struct text *text, const char *name, enum verdict from, enum verdict to)
{
    text_printf(text, "%scoalesce(sum(g.rows)", text->length ? ",\n       " : "");
    if (from == to)
        text_printf(text, " FILTER (WHERE g.verdict = %d)", (int)from);
    else if (from > VERDICT_UNCLAIMED)
        text_printf(text, " FILTER (WHERE g.verdict BETWEEN %d AND %d)", (int)from, (int)to);
    text_printf(text, ", 0)::bigint AS %s", name);
}

static const char *unasked(struct sql_builder *b)
{
    if ((b->shapes & SQL_ALL_SHAPES) == SQL_ALL_SHAPES && b->shapes & SQL_READERS)
        return "";
    return arena_printf(b->arena, ",\n       %s AS unasked", sql_unasked(b));
}

static struct sql_statement remaining(struct sql_builder *b)
{
    const char *more = unasked(b);
    return sql_finish(b, arena_printf(b->arena, "SELECT count(*) AS rows%s\n  FROM %s t\n WHERE %s",
                                      more, sql_from(b, b->target.table),
                                      sql_action_condition(b, SKIP_NOTHING)));
}

struct sql_statement sql_plan(struct sql_builder *b)
{
    const char *rows = judged_rows(b, false);
    const char *now = sql_run_time(b);
    struct text sums = {0};
    add_sum(&sums, "rows", VERDICT_UNCLAIMED, VERDICT_TO_ACT);
    add_sum(&sums, "claimed", VERDICT_OTHER_STAGE, VERDICT_TO_ACT);
    add_sum(&sums, "not_started", VERDICT_NOT_STARTED, VERDICT_NOT_STARTED);
    add_sum(&sums, "due", VERDICT_HELD, VERDICT_TO_ACT);
    add_sum(&sums, "held", VERDICT_HELD, VERDICT_HELD);
    add_sum(&sums, "kept_while", VERDICT_KEPT_WHILE, VERDICT_KEPT_WHILE);
    add_sum(&sums, "kept_floor", VERDICT_KEPT_FLOOR, VERDICT_FLOOR_AFTER_CAP);
    add_sum(&sums, "waiting", VERDICT_WAITING, VERDICT_PAUSED);
    add_sum(&sums, "to_act", VERDICT_COUNTED_FIRST, VERDICT_TO_ACT);
    add_sum(&sums, "floor_after_cap", VERDICT_FLOOR_AFTER_CAP, VERDICT_FLOOR_AFTER_CAP);
    const char *list = sql_take_text(b->arena, &sums);
    add_sum(&sums, "passed", VERDICT_PASSED, VERDICT_PASSED);
    add_sum(&sums, "uncounted", VERDICT_UNCOUNTED, VERDICT_UNCOUNTED);
    add_sum(&sums, "paused", VERDICT_PAUSED, VERDICT_PAUSED);
    add_sum(&sums, "counted_first", VERDICT_COUNTED_FIRST, VERDICT_COUNTED_FIRST);
    const char *passed =
        arena_printf(b->arena, ",\n       %s%s", sql_take_text(b->arena, &sums), unasked(b));
    /* Where it can be said of the first to begin, the period is added once. */
    const char *period =
        sql_due_is_plain(b) ? arena_printf(b->arena, " + %s", sql_period(b, &b->stage->after)) : "";
    const char *floors =
        has_floor(b)
            ? arena_printf(b->arena,
                           ",\n         min(r.moment) FILTER (WHERE r.moment > %s) AS floor", now)
            : "";
    const char *next = arena_printf(b->arena, "(min(g.oldest) FILTER (WHERE g.verdict = %d))%s",
                                    (int)VERDICT_NOT_DUE, period);
    if (has_floor(b))
        next = arena_printf(
            b->arena, "LEAST(%s,\n        (min(g.floor) FILTER (WHERE g.verdict IN (%d, %d))))",
            next, (int)VERDICT_KEPT_FLOOR, (int)VERDICT_FLOOR_AFTER_CAP);
    /* Rows are counted by verdict first: one hash table of ten groups. */
    return sql_finish(
        b,
        arena_printf(b->arena,
                     "SELECT %s,\n       ((min(g.oldest) FILTER (WHERE g.verdict >= %d))%s)::text "
                     "AS oldest,\n"
                     "       (%s)::text AS next_due%s\n"
                     "  FROM (\n  SELECT r.verdict, count(*) AS rows, min(r.due_at) AS oldest%s\n"
                     "  FROM (\n  %s) r\n   GROUP BY r.verdict) g",
                     list, (int)VERDICT_COUNTED_FIRST, period, next, passed, floors, rows));
}

struct sql_statement sql_tenants(struct sql_builder *b)
{
    if (!b->category->has_tenant)
        return (struct sql_statement){.text = ""};
    const char *rows = judged_rows(b, true);
    return sql_finish(
        b,
        arena_printf(b->arena,
                     "SELECT g.tenant, sum(g.rows)::bigint AS rows,\n"
                     "       (sum(g.rows) FILTER (WHERE g.verdict = %d))::bigint AS to_act\n"
                     "  FROM (\n  SELECT r.tenant, r.verdict, count(*) AS rows\n  FROM (\n  %s) r\n"
                     "   GROUP BY r.tenant, r.verdict) g\n WHERE g.verdict >= %d\n"
                     " GROUP BY g.tenant\nHAVING count(*) FILTER (WHERE g.verdict = %d) > 0",
                     (int)VERDICT_TO_ACT, rows, (int)VERDICT_OTHER_STAGE, (int)VERDICT_TO_ACT));
}

static struct sql_statement unclaimed(struct sql_builder *b)
{
    struct text text = {0};
    bool all = false;
    for (size_t i = 0; i < b->set->category_count && !all; i++) {
        const struct category *c = &b->set->categories[i];
        if (c->mode == MODE_DECLARED || c->invalid ||
            !table_name_equal(c->table, b->category->table))
            continue;
        const char *claim = sql_claim(b, &b->target, c);
        all |= c->only.rest || text_equal(claim, "true");
        sql_add_and(&text, arena_printf(b->arena, "(%s) IS NOT TRUE", claim));
    }
    const char *condition = sql_take_text(b->arena, &text);
    if (all) { /* nothing is left over: no need to look */
        sql_begin(b);
        return sql_finish(b, "SELECT 0::bigint AS rows");
    }
    return sql_finish(b, arena_printf(b->arena, "SELECT count(*) AS rows\n  FROM %s t\n WHERE %s",
                                      sql_from(b, b->target.table), condition));
}

struct sql_counts *sql_build_counts(struct arena *arena, const struct policy_set *set,
                                    const struct category *category, size_t stage,
                                    const struct catalog *catalog, unsigned shapes)
{
    struct sql_builder builder, *b = &builder;
    sql_builder_init(b, arena, set, category, stage, catalog);
    b->shapes = shapes;
    b->told = category;
    struct sql_counts *out = arena_alloc(arena, sizeof(*out));
    out->shapes = shapes;
    sql_begin(b);
    out->plan = sql_plan(b);
    sql_begin(b);
    out->remaining = remaining(b);
    return out;
}

struct sql_statement sql_build_forecast(struct arena *arena, const struct policy_set *set,
                                        const struct category *category, size_t stage,
                                        const struct catalog *catalog,
                                        const struct string_list *acting, unsigned shapes)
{
    struct sql_builder builder, *b = &builder;
    sql_builder_init(b, arena, set, category, stage, catalog);
    b->forecast = acting;
    b->shapes = shapes;
    b->told = category;
    sql_begin(b);
    return sql_plan(b);
}

struct sql_category *sql_build_category(struct arena *arena, const struct policy_set *set,
                                        const struct category *category, size_t stage,
                                        const struct catalog *catalog)
{
    static const struct string_list nothing = {0};
    struct sql_builder builder, *b = &builder;
    sql_builder_init(b, arena, set, category, stage, catalog);
    struct sql_category *out = arena_alloc(arena, sizeof(*out));
    out->category = category;
    out->stage = b->stage;
    sql_begin(b);
    out->plan = sql_plan(b);
    sql_begin(b);
    out->tenants = sql_tenants(b);
    sql_begin(b);
    out->agreements = sql_agreements(b);
    sql_begin(b);
    out->unclaimed = unclaimed(b);
    sql_begin(b);
    out->remaining = remaining(b);
    sql_begin(b);
    out->explain = sql_explain(b);
    sql_begin(b);
    out->close = sql_close_cells(b);
    sql_begin(b);
    b->forecast = &nothing;
    out->groups = sql_groups(b);
    b->forecast = NULL;
    sql_begin(b);
    out->keep = sql_keep_groups(b);
    sql_relations(b, out);
    out->columns = b->columns;
    out->column_count = b->column_count;
    return out;
}
