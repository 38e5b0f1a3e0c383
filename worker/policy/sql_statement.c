/* The statements of a leaf, and the condition of an action. */
#include <assert.h>
#include <string.h>

#include "policy/sql_private.h"

void sql_add_and(struct text *text, const char *condition)
{
    if (!condition || text_equal(condition, "true"))
        return;
    if (text->length)
        text_add(text, "\n   AND ");
    text_add(text, condition);
}

static bool list_has_table(const struct dependant *with, size_t count,
                           const struct catalog_table *table)
{
    for (size_t i = 0; i < count; i++) {
        struct table_name name = with[i].table;
        if ((text_equal(name.schema, table->schema) && text_equal(name.name, table->name)) ||
            list_has_table(with[i].with, with[i].with_count, table))
            return true;
    }
    return false;
}

bool sql_is_dependant(const struct sql_builder *b, const struct catalog_table *table)
{
    size_t count;
    const struct dependant *with = sql_dependants(b, &count);
    return list_has_table(with, count, table);
}

/* Adds a condition unless it reads a table that is to be skipped. Its subqueries were made since
 * b->read_count was `reads`. */
static void add_judged(struct sql_builder *b, struct text *text, const char *condition,
                       enum sql_skip skip, size_t reads)
{
    for (size_t i = reads; i < b->read_count && skip == SKIP_DEPENDANTS; i++)
        if (sql_is_dependant(b, b->reads[i]))
            return;
    sql_add_and(text, condition);
}

const char *sql_action_condition(struct sql_builder *b, enum sql_skip skip)
{
    const struct category *category = b->category;
    struct text text = {0};
    size_t reads = b->read_count;
    const char *condition = sql_claim(b, &b->target, category);
    add_judged(b, &text, condition, skip, reads);

    reads = b->read_count;
    condition = sql_conditions(b, &b->target, &b->stage->only);
    add_judged(b, &text, condition, skip, reads);

    reads = b->read_count;
    if (!policy_stage_removes(b->stage)) {
        condition = sql_passed(b);
        add_judged(b, &text, arena_printf(b->arena, "%s IS NOT TRUE", condition), skip, reads);
    }

    sql_add_and(&text, sql_prefilter(b));
    reads = b->read_count;
    condition = sql_is_due(b);
    add_judged(b, &text, condition, skip, reads);

    sql_add_and(&text, arena_printf(b->arena, "%s IS NOT TRUE", sql_held(b, skip)));
    const char *kept = sql_kept(b, skip);
    if (kept)
        sql_add_and(&text, arena_printf(b->arena, "%s IS NOT TRUE", kept));

    for (size_t i = 0; i < category->keep_while_count; i++) {
        reads = b->read_count;
        condition = sql_keep_while(b, &category->keep_while[i]);
        add_judged(b, &text, arena_printf(b->arena, "%s IS NOT TRUE", condition), skip, reads);
    }
    for (size_t i = 0; i < category->floor_count; i++) {
        if (!sql_floor_applies(b, &category->floors[i]))
            continue;
        reads = b->read_count;
        condition = sql_floor_end(b, &category->floors[i]);
        condition = arena_printf(b->arena, "%s <= %s", condition, sql_run_time(b));
        add_judged(b, &text, condition, skip, reads);
    }
    for (size_t i = 0; i < sql_wait_count(b); i++) {
        const struct category *other = policy_find(b->set, category->wait_for.items[i]);
        assert(other);
        reads = b->read_count;
        condition = sql_waits(b, other);
        add_judged(b, &text, arena_printf(b->arena, "%s IS NOT TRUE", condition), skip, reads);
    }
    reads = b->read_count;
    condition = sql_uncounted(b);
    if (condition)
        add_judged(b, &text, arena_printf(b->arena, "%s IS NOT TRUE", condition), skip, reads);
    reads = b->read_count;
    condition = sql_paused(b);
    if (condition)
        add_judged(b, &text, arena_printf(b->arena, "%s IS NOT TRUE", condition), skip, reads);
    return sql_take_text(b->arena, &text);
}

struct string_list sql_returned_key(const struct sql_builder *b)
{
    size_t hang;
    (void)sql_dependants(b, &hang);
    if (b->category->evidence == EVIDENCE_COUNTS && !hang)
        return (struct string_list){0};
    return b->target.key;
}

/* ", t.id::text AS k1, ..."; `values`: as the worker can print them itself, where it can. */
static const char *key_list(struct sql_builder *b, const struct sql_scope *scope, bool values)
{
    struct string_list key = sql_returned_key(b);
    struct text text = {0};
    for (size_t i = 0; i < key.count; i++)
        text_printf(&text, ", %s AS k%zu",
                    values ? sql_key_value(b, scope, key.items[i])
                           : sql_key_text(b, scope, key.items[i]),
                    i + 1);
    return sql_take_text(b->arena, &text);
}

/* ", array_agg(x.k1), ..." */
static const char *key_arrays(struct sql_builder *b, const char *alias)
{
    struct string_list key = sql_returned_key(b);
    struct text text = {0};
    for (size_t i = 0; i < key.count; i++)
        text_printf(&text, ", array_agg(%s.k%zu) AS key%zu", alias, i + 1, i + 1);
    return sql_take_text(b->arena, &text);
}

static const char *tid_range(struct sql_builder *b)
{
    return arena_printf(b->arena, "t.ctid >= %s\n   AND t.ctid < %s",
                        sql_param(b, PARAM_FROM_TID, 0, NULL, "tid"),
                        sql_param(b, PARAM_TO_TID, 0, NULL, "tid"));
}

/* tid_range, and of rows that are changed those whose turn it is. Of coalesce() the planner thinks
 * that half of the rows pass, of the comparison that one in 200 does. */
static const char *turn_range(struct sql_builder *b)
{
    const char *range = tid_range(b);
    if (policy_stage_removes(b->stage))
        return range;
    return arena_printf(b->arena,
                        "%s\n   AND coalesce((hashtid(t.ctid) & %d) BETWEEN %s AND %s, false)",
                        range, SQL_TURNS - 1, sql_param(b, PARAM_TURN, 0, NULL, "int"),
                        sql_param(b, PARAM_LAST_TURN, 0, NULL, "int"));
}

/* The UPDATE as `gone`, without RETURNING. What is counted of a row that stays is what it was
 * before, which RETURNING does not tell: it is read first. Such statements come only when the rows
 * are locked, so both see the same ones; no join is needed. */
static void add_update(struct sql_builder *b, struct text *text, const char *leaf,
                       const char *which, const char *condition)
{
    if (sql_reads_before(b->stage))
        text_printf(text,
                    "counted AS MATERIALIZED (\nSELECT t.ctid AS tid%s\n  FROM ONLY %s t\n WHERE "
                    "%s\n   AND %s),\ngone AS (\nUPDATE ONLY %s t\n   SET %s\n WHERE t.ctid = ANY "
                    "(ARRAY(SELECT c.tid FROM counted c))",
                    b->stage->aggregate ? sql_counted(b) : sql_quasi_counted(b), leaf, which,
                    condition, leaf, sql_changes(b));
    else
        text_printf(text, "gone AS (\nUPDATE ONLY %s t\n   SET %s\n WHERE %s\n   AND %s", leaf,
                    sql_changes(b), which, condition);
}

/* DELETE or UPDATE, and what was acted on. What is deleted is returned row by row, tenant and key,
 * or, where neither is asked for, counted by the plain DELETE: gathered in the server, it costs as
 * much again as the DELETE itself. Of what is changed or counted there is more to say: rows, by
 * tenant, keys. `gone` is a CTE's name, so no join is needed. */
static struct sql_statement removal(struct sql_builder *b, const char *leaf, const char *which,
                                    enum sql_skip skip)
{
    struct text text = {0}, returned = {0};
    const char *condition = sql_action_condition(b, skip), *known = sql_hashed_known(b);
    bool changes = !policy_stage_removes(b->stage);
    if (known)
        condition = arena_printf(b->arena, "%s\n   AND %s", condition, known);
    bool tenant = b->category->has_tenant;
    if (tenant)
        text_printf(&returned, ", %s AS tenant", sql_tenant_text(b));
    text_add(&returned, key_list(b, &b->target, true));
    if (changes)
        text_printf(&returned, ",\n       (%s) AS changed", sql_changed(b));
    else if (b->stage->aggregate)
        text_add(&returned, sql_counted(b));
    const char *removed = arena_printf(b->arena, "DELETE FROM ONLY %s t\n WHERE %s\n   AND %s",
                                       leaf, which, condition);
    if (!changes && !b->stage->aggregate) {
        text_add(&text, removed);
        if (returned.length)
            text_printf(&text, "\nRETURNING %s", text_string(&returned) + 2); /* behind its comma */
        text_free(&returned);
        return sql_finish(b, sql_take_text(b->arena, &text));
    }
    text_add(&text, "WITH ");
    if (changes)
        add_update(b, &text, leaf, which, condition);
    else
        text_printf(&text, "gone AS (\n%s", removed);
    text_printf(&text, "\nRETURNING %s)",
                strchr(sql_take_text(b->arena, &returned), ' ') + 1); /* behind its comma */
    /* The worker counts by tenant: a group by of so many names costs the server more than naming
     * each. */
    text_printf(&text, "\nSELECT count(*) AS rows, %s AS tenants%s",
                tenant ? "array_agg(g.tenant)" : "NULL::text[]", key_arrays(b, "g"));
    if (changes)
        text_add(&text, ", count(*) FILTER (WHERE g.changed IS NOT TRUE) AS unchanged");
    if (b->stage->aggregate)
        text_printf(&text, ",\n       count(*) - %s AS uncounted",
                    sql_rolled_up(b, changes ? "counted" : "gone"));
    else if (b->stage->quasi.count)
        text_printf(&text, ",\n       count(*) - %s AS uncounted", sql_quasi_added(b, "counted"));
    text_add(&text, "\n  FROM gone g");
    return sql_finish(b, sql_take_text(b->arena, &text));
}

/* The start's column as it is compared in ranges, where a stage can go by it; else NULL. */
static const struct catalog_column *slice_column(const struct sql_builder *b)
{
    static const char *const types[] = {"timestamp with time zone", "timestamp without time zone",
                                        "date"};
    const struct start *start = sql_stage_start(b);
    const struct ref *ref = &start->refs[0];
    if (start->ref_count != 1 || ref->kind != REF_COLUMN || ref->path.count)
        return NULL;
    const struct catalog_table *table = b->target.table;
    bool indexed = false;
    for (size_t i = 0; i < table->index_count; i++) {
        const struct catalog_index *index = &table->indexes[i];
        indexed |= index->valid && !index->partial && text_equal(index->method, "btree") &&
                   index->column_count > 0 && text_equal(index->columns[0], ref->column);
    }
    const struct catalog_column *column = catalog_column(table, ref->column);
    for (size_t i = 0; indexed && i < sizeof(types) / sizeof(*types); i++)
        if (text_equal(column->base_type, types[i]))
            return column;
    return NULL;
}

static const char *slice_range(struct sql_builder *b, const struct catalog_column *column)
{
    const char *raw = sql_column(b, &b->target, column->name);
    const char *type = sql_base_type(b->arena, column);
    return arena_printf(b->arena, "%s > %s\n   AND %s <= %s", raw,
                        sql_param(b, PARAM_FROM_START, 0, NULL, type), raw,
                        sql_param(b, PARAM_TO_START, 0, NULL, type));
}

/* A function that keeps the planner from sharing the rows among processes, as DELETE does; it is
 * not run. */
static struct sql_statement slice_choice(struct sql_builder *b, const char *leaf,
                                         const char *filter)
{
    return sql_finish(b,
                      arena_printf(b->arena,
                                   "EXPLAIN (FORMAT JSON)\nSELECT t.ctid, "
                                   "pg_catalog.pg_current_xact_id()\n  FROM ONLY %s t\n WHERE %s",
                                   leaf, filter));
}

/* From each bound to the next the index is walked once. */
static struct sql_statement slice_bounds(struct sql_builder *b, const char *leaf,
                                         const char *filter, const struct catalog_column *column)
{
    const char *raw = sql_column(b, &b->target, column->name);
    const char *limit = sql_param(b, PARAM_LIMIT, 0, NULL, "bigint");
    const char *from = sql_param(b, PARAM_FROM_START, 0, NULL, sql_base_type(b->arena, column));
    const char *next = arena_printf(b->arena, "ORDER BY %s OFFSET %s - 1 LIMIT 1", raw, limit);
    return sql_finish(
        b, arena_printf(
               b->arena,
               "WITH RECURSIVE bound AS (\n"
               "SELECT 1 AS n, (SELECT %s FROM ONLY %s t WHERE %s AND %s > %s %s) AS at\n"
               " UNION ALL\n"
               "SELECT b.n + 1, (SELECT %s FROM ONLY %s t WHERE %s AND %s > b.at %s)\n"
               "  FROM bound b WHERE b.at IS NOT NULL AND b.n < %d)\n"
               "SELECT b.at::text AS bound,\n       (SELECT count(*) FROM (SELECT 1 FROM ONLY "
               "%s t WHERE %s = b.at LIMIT 32 * %s) x) AS ties\n"
               "  FROM bound b WHERE b.at IS NOT NULL\n ORDER BY b.at",
               raw, leaf, filter, raw, from, next, raw, leaf, filter, raw, next, SQL_BOUNDS, leaf,
               raw, limit));
}

/* The index is asked for the two ends of what may be due. */
static struct sql_statement slice_ends(struct sql_builder *b, const char *leaf, const char *filter,
                                       const struct catalog_column *column)
{
    const char *raw = sql_column(b, &b->target, column->name);
    const char *end = arena_printf(b->arena,
                                   "(SELECT (t.ctid::text::point)[0]::bigint FROM ONLY %s t\n"
                                   "          WHERE %s\n          ORDER BY %s",
                                   leaf, filter, raw);
    return sql_finish(
        b, arena_printf(b->arena,
                        "SELECT %s LIMIT 1) AS first,\n       %s DESC LIMIT 1) AS last,\n"
                        "       (SELECT max(abs(s.correlation)) FROM pg_catalog.pg_class c\n"
                        "          JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace\n"
                        "          JOIN pg_catalog.pg_stats s ON s.schemaname = n.nspname\n"
                        "               AND s.tablename = c.relname\n"
                        "         WHERE c.oid = %s::pg_catalog.regclass AND s.attname = %s) AS "
                        "correlation",
                        end, end, quote_text(b->arena, leaf), quote_text(b->arena, column->name)));
}

static struct sql_statement rows_lock(struct sql_builder *b, const char *leaf, const char *range)
{
    const char *condition = sql_action_condition(b, SKIP_NOTHING);
    const char *keys = key_list(b, &b->target, false);
    const char *limit = sql_param(b, PARAM_LIMIT, 0, NULL, "bigint");
    return sql_finish(
        b, arena_printf(b->arena,
                        "WITH locked AS (\nSELECT t.ctid AS tid%s\n  FROM ONLY %s t\n WHERE %s\n   "
                        "AND %s\n ORDER BY t.ctid\n LIMIT %s\n   FOR UPDATE OF t SKIP LOCKED)\n"
                        "SELECT count(*) AS rows, count(*) >= %s AS more, array_agg(l.tid::text) "
                        "AS tids%s\n  FROM (SELECT * FROM locked ORDER BY tid) l",
                        keys, leaf, range, condition, limit, limit, key_arrays(b, "l")));
}

static struct sql_statement rows_judged(struct sql_builder *b, const char *leaf)
{
    const char *tids = sql_param(b, PARAM_TIDS, 0, NULL, "tid[]");
    return sql_finish(
        b, arena_printf(b->arena,
                        "SELECT count(*) AS rows, array_agg(l.tid::text) AS tids\n"
                        "  FROM (SELECT t.ctid AS tid\n  FROM ONLY %s t\n WHERE t.ctid = ANY (%s)\n"
                        "   AND %s\n ORDER BY t.ctid) l",
                        leaf, tids, sql_action_condition(b, SKIP_NOTHING)));
}

static struct sql_statement range_count(struct sql_builder *b, const char *leaf)
{
    const char *range = tid_range(b);
    return sql_finish(b, arena_printf(b->arena,
                                      "SELECT count(*) AS rows\n  FROM ONLY %s t\n WHERE %s\n   "
                                      "AND %s",
                                      leaf, range, sql_action_condition(b, SKIP_NOTHING)));
}

/* What stands against emptying the leaf at once, but for what is in it. Only a record's own columns
 * may decide: what else would be read is not locked. */
static const char *why_by_rows(const struct sql_builder *b, bool hang, bool judged)
{
    if (b->category->strategy != STRATEGY_PARTITION)
        return "the policy does not ask for it";
    if (b->target.table->kind != 'p')
        return "the table has no partitions";
    if (b->stage->action != ACTION_DELETE)
        return "the stage does not delete";
    if (hang)
        return "other tables' rows go with its records";
    return judged ? "other tables decide about its records" : NULL;
}

static struct sql_statement whole_stays(struct sql_builder *b, const char *leaf)
{
    return sql_finish(
        b, arena_printf(b->arena,
                        "SELECT EXISTS (SELECT 1\n  FROM ONLY %s t\n WHERE (%s) IS NOT TRUE)", leaf,
                        sql_action_condition(b, SKIP_NOTHING)));
}

static struct sql_statement whole_read(struct sql_builder *b, const char *leaf)
{
    const char *stays =
        arena_printf(b->arena, "(%s) IS NOT TRUE", sql_action_condition(b, SKIP_NOTHING));
    struct text named = {0};
    if (b->category->has_tenant)
        text_printf(&named, "%s AS tenant, ", sql_tenant_text(b));
    const char *keys = key_list(b, &b->target, true);
    if (*keys)
        text_printf(&named, "%s, ", keys + 2); /* behind its comma */
    const char *columns =
        named.length
            ? arena_printf(b->arena, "%s%s AS stays", text_string(&named), stays)
            : arena_printf(b->arena, "count(*) AS rows, count(*) FILTER (WHERE %s) AS staying",
                           stays);
    text_free(&named);
    return sql_finish(b, arena_printf(b->arena, "SELECT %s\n  FROM ONLY %s t\n WHERE %s", columns,
                                      leaf, tid_range(b)));
}

static void add_whole(struct sql_builder *b, const char *leaf, struct sql_leaf *out)
{
    out->whole_lock = arena_printf(b->arena, "LOCK TABLE ONLY %s IN EXCLUSIVE MODE", leaf);
    out->whole_empty =
        arena_printf(b->arena, "TRUNCATE TABLE ONLY %s CONTINUE IDENTITY RESTRICT", leaf);
    sql_begin(b);
    out->whole_stays = whole_stays(b, leaf);
    sql_begin(b);
    out->whole_read = whole_read(b, leaf);
    out->whole_count = arena_printf(b->arena, "SELECT count(*) AS rows FROM ONLY %s", leaf);
    out->whole_proof = sql_whole_proof(b, leaf);
}

struct sql_leaf *sql_build_leaf(struct arena *arena, const struct policy_set *set,
                                const struct category *category, size_t stage,
                                const struct catalog *catalog, struct table_name leaf,
                                unsigned shapes, const char *run_time)
{
    struct sql_builder builder, *b = &builder;
    sql_builder_init(b, arena, set, category, stage, catalog);
    b->shapes = shapes;
    struct sql_leaf *out = arena_alloc(arena, sizeof(*out));
    const char *table = quote_table_name(arena, leaf);
    out->lock = sql_lock_to_act(b, arena_printf(arena, "ONLY %s", table),
                                policy_stage_column(b->stage, 0) ? policy_stage_column(b->stage, 0)
                                                                 : b->stage->mark);

    sql_begin(b);
    b->run_time = run_time;
    out->remove = removal(b, table, turn_range(b), SKIP_NOTHING);
    b->run_time = NULL;
    sql_begin(b);
    out->lock_rows = rows_lock(b, table, turn_range(b));
    sql_begin(b);
    sql_lock_reads(b, table, out);
    sql_begin(b);
    out->judge_tids = (struct sql_statement){.text = ""};
    /* An UPDATE alone would not keep records from coming that refer to the row (sql_kept.c). */
    bool is_read =
        b->stage->action == ACTION_DEIDENTIFY && shapes & SQL_READERS && sql_kept(b, SKIP_NOTHING);
    sql_begin(b);
    size_t hang;
    (void)sql_dependants(b, &hang);
    out->hashed = sql_hashed(b, &out->hashed_count);
    bool judged =
        hang || is_read || out->lock_read_count || out->hashed_count || sql_reads_before(b->stage);
    if (judged)
        out->judge_tids = rows_judged(b, table);
    sql_begin(b);
    const char *tids = sql_param(b, PARAM_TIDS, 0, NULL, "tid[]");
    out->remove_tids = removal(b, table, arena_printf(arena, "t.ctid = ANY (%s)", tids),
                               hang ? SKIP_DEPENDANTS : SKIP_NOTHING);
    sql_begin(b);
    out->read_values = sql_read_values(b, table);
    sql_begin(b);
    out->count_range = range_count(b, table);
    out->choose = out->ends = out->bounds = out->remove_slice = out->lock_slice = out->whole_stays =
        out->whole_read = out->whole_proof = (struct sql_statement){.text = ""};
    out->by_rows = why_by_rows(b, hang > 0, judged);
    if (!out->by_rows)
        add_whole(b, table, out);
    const struct catalog_column *column = slice_column(b);
    if (!column || judged || !sql_prefilter(b))
        return out;
    sql_begin(b);
    out->choose = slice_choice(b, table, sql_prefilter(b));
    sql_begin(b);
    out->ends = slice_ends(b, table, sql_prefilter(b), column);
    sql_begin(b);
    out->bounds = slice_bounds(b, table, sql_prefilter(b), column);
    sql_begin(b);
    b->run_time = run_time;
    out->remove_slice = removal(b, table, slice_range(b, column), SKIP_NOTHING);
    b->run_time = NULL;
    sql_begin(b);
    const char *blocks = tid_range(b);
    out->lock_slice =
        rows_lock(b, table, arena_printf(arena, "%s\n   AND %s", blocks, slice_range(b, column)));
    return out;
}
