/* The function that drops an empty partition, and the statement that calls it.
 *
 * It trusts nobody: who calls it names a partition and a moment, and it looks for itself. It drops
 * only what is a partition of its table, no default one, and empty; and only where every record
 * that the partition could hold began before the moment, which must not be to come: PostgreSQL's
 * own proof, by which a plan leaves out what constraints contradict. So a partition that was made
 * ahead of its records stays, whoever calls. A partition whose bounds are of another column has no
 * such proof, and stays.
 *
 * The proof and the first look come before any lock that others would feel. Then the table above
 * (as whoever uses it locks it first) and the partition are locked, as DROP TABLE does, for no
 * longer than `wait_ms`; and then all is looked at again, by statements that see what was committed
 * meanwhile: that needs READ COMMITTED.
 *
 * Invariants: DROP comes only behind a look under the lock that found no record; never CASCADE. */
#include "policy/drop.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/encode.h"
#include "base/text.h"
#include "policy/quote.h"
#include "policy/resolve.h"

static const struct stage *last_stage(const struct category *c)
{
    return c->stage_count ? &c->stages[c->stage_count - 1] : NULL;
}

static const struct start *start_of(const struct category *c)
{
    const struct stage *stage = last_stage(c);
    return stage && stage->start.ref_count ? &stage->start : &c->start;
}

static bool is_given(const struct conditions *only)
{
    return only->rest || only->all_count || only->any_count;
}

const char *drop_problem(const struct category *c, const char **ret_hint)
{
    const struct stage *stage = last_stage(c);
    *ret_hint = "Remove it: empty partitions stay then.";
    if (!c->drop_empty)
        return NULL;
    if (c->strategy != STRATEGY_PARTITION) {
        *ret_hint = "Add strategy = \"partition\", or remove it.";
        return "goes with strategy = \"partition\" only";
    }
    if (!stage || stage->action != ACTION_DELETE)
        return "goes with a stage that deletes";
    if (is_given(&c->only) || is_given(&stage->only))
        return "goes with a category that takes all records of its table";
    const struct start *start = start_of(c);
    if (start->ref_count != 1 || start->refs[0].kind != REF_COLUMN || start->refs[0].path.count ||
        start->refs[0].unit != UNIT_NONE)
        return "needs a starting point that is one column of the table";
    for (size_t i = 0; i < c->floor_count; i++)
        if (c->floors[i].start.ref_count)
            return "does not go with a floor that has a starting point of its own";
    return NULL;
}

static const char *type_of_start(const struct catalog_table *table, const struct category *c)
{
    static const char *const types[] = {"timestamp with time zone", "timestamp without time zone",
                                        "date"};
    const struct start *start = start_of(c);
    const struct catalog_column *column = start->ref_count && start->refs[0].column
                                              ? catalog_column(table, start->refs[0].column)
                                              : NULL;
    for (size_t i = 0; column && i < ARRAY_LENGTH(types); i++)
        if (text_equal(column->base_type, types[i]))
            return types[i];
    return NULL;
}

bool drop_goes_by(const struct catalog_table *table, const struct category *c)
{
    return type_of_start(table, c) != NULL;
}

/* As format() takes it for a text of its own. */
static const char *for_format(struct arena *arena, const char *text)
{
    struct text out = {0};
    for (const char *p = text; *p; p++) {
        if (*p == '%')
            text_add_char(&out, '%');
        text_add_char(&out, *p);
    }
    const char *escaped = arena_strdup(arena, text_string(&out));
    text_free(&out);
    return escaped;
}

static const char *function_body(struct arena *arena, const struct catalog_table *table,
                                 const struct category *c, const char *type)
{
    const struct start *start = start_of(c);
    const char *name = quote_table(arena, table);
    const char *column = for_format(arena, quote_name(arena, start->refs[0].column));
    const char *proof = arena_printf(
        arena,
        "EXPLAIN (COSTS OFF, FORMAT JSON) SELECT FROM ONLY %%s AS t WHERE t.%s >= %%L::%s OR t.%s "
        "< %%L::%s OR t.%s IS NULL",
        column, type, column, type, column);
    return arena_printf(
        arena,
        "\n"
        "#variable_conflict use_column\n"
        "DECLARE\n"
        "    governed CONSTANT pg_catalog.oid := pg_catalog.to_regclass(%s);\n"
        "    it record;\n"
        "    locked text;\n"
        "    plan text;\n"
        "    found_some boolean;\n"
        "BEGIN\n"
        "    IF current_setting('transaction_isolation') <> 'read committed' THEN\n"
        "        RAISE EXCEPTION USING ERRCODE = '25001',\n"
        "            MESSAGE = 'a partition is dropped at isolation level read committed only';\n"
        "    END IF;\n"
        "    IF due IS NULL OR NOT isfinite(due) OR due > clock_timestamp() THEN\n"
        "        RETURN 'what is asked for is not past';\n"
        "    END IF;\n"
        "    PERFORM set_config('lock_timeout',\n"
        "        greatest(1, least(coalesce(wait_ms, 1), 10000))::text, true);\n"
        "    FOR look IN 1..2 LOOP\n"
        "        SELECT format('%%I.%%I', n.nspname, c.relname) AS name,\n"
        "               format('%%I.%%I', o.nspname, a.relname) AS above,\n"
        "               CASE WHEN c.relkind <> 'r' OR NOT c.relispartition OR governed IS NULL\n"
        "                        OR NOT EXISTS (SELECT FROM pg_partition_ancestors(c.oid) p\n"
        "                                       WHERE p.relid = governed)\n"
        "                    THEN %s\n"
        "                    WHEN i.inhdetachpending THEN 'it is being detached'\n"
        "                    WHEN EXISTS (SELECT FROM pg_partitioned_table p\n"
        "                                 WHERE p.partdefid = c.oid)\n"
        "                    THEN 'it is a default partition'\n"
        "                    WHEN NOT pg_has_role(current_user, c.relowner, 'USAGE')\n"
        "                    THEN 'it belongs to another role than its table'\n"
        "                    WHEN EXISTS (SELECT FROM pg_constraint f WHERE f.contype = 'f'\n"
        "                                 AND (f.confrelid = c.oid OR f.confrelid IN (\n"
        "                                    SELECT p.relid FROM pg_partition_ancestors(c.oid) "
        "p)))\n"
        "                    THEN 'a foreign key refers to it'\n"
        "               END AS because\n"
        "            INTO it\n"
        "            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace\n"
        "                JOIN pg_inherits i ON i.inhrelid = c.oid\n"
        "                JOIN pg_class a ON a.oid = i.inhparent\n"
        "                JOIN pg_namespace o ON o.oid = a.relnamespace\n"
        "            WHERE c.oid = leaf;\n"
        "        IF NOT FOUND THEN\n"
        "            RETURN %s;\n"
        "        END IF;\n"
        "        IF it.because IS NOT NULL THEN\n"
        "            RETURN it.because;\n"
        "        END IF;\n"
        "        EXECUTE format(%s,\n"
        "                it.name, due::%s, %s::%s) INTO plan;\n"
        "        IF plan::json #>> '{0,Plan,One-Time Filter}' IS DISTINCT FROM 'false' THEN\n"
        "            RETURN 'by its bounds it may hold records that are not due';\n"
        "        END IF;\n"
        "        EXECUTE format('SELECT EXISTS (SELECT FROM ONLY %%s)', it.name) INTO found_some;\n"
        "        IF found_some THEN\n"
        "            RETURN 'it is not empty';\n"
        "        END IF;\n"
        "        IF look = 2 AND locked IS DISTINCT FROM it.above || ' ' || it.name THEN\n"
        "            RETURN 'it was renamed';\n"
        "        END IF;\n"
        "        EXIT WHEN look = 2;\n"
        "        locked := it.above || ' ' || it.name;\n"
        "        EXECUTE format('LOCK TABLE ONLY %%s IN ACCESS EXCLUSIVE MODE', it.above);\n"
        "        EXECUTE format('LOCK TABLE ONLY %%s IN ACCESS EXCLUSIVE MODE', it.name);\n"
        "    END LOOP;\n"
        "    EXECUTE format('DROP TABLE %%s RESTRICT', it.name);\n"
        "    RETURN NULL;\n"
        "EXCEPTION\n"
        "    WHEN lock_not_available OR deadlock_detected THEN\n"
        "        RETURN 'others use its table';\n"
        "    WHEN dependent_objects_still_exist THEN\n"
        "        RETURN 'other objects depend on it';\n"
        "END\n",
        quote_text(arena, name),
        quote_text(arena, arena_printf(arena, "it is no partition of %s", name)),
        quote_text(arena, arena_printf(arena, "it is no partition of %s", name)),
        quote_text(arena, proof), type, quote_text(arena, start->not_before), type);
}

/* How much later than its value a starting point can be. */
static const char *rounding(const struct start *start)
{
    static const char *const most[] = {[ROUND_NONE] = "0 days",
                                       [ROUND_DAY] = "2 days",
                                       [ROUND_MONTH] = "32 days",
                                       [ROUND_QUARTER] = "93 days",
                                       [ROUND_YEAR] = "367 days"};
    return most[start->round_up];
}

static void add_period(struct arena *arena, struct text *out, const char *run_time,
                       const struct period *period)
{
    text_printf(out, "%s%s::timestamptz AT TIME ZONE 'UTC' - %s::interval", out->length ? ", " : "",
                run_time, quote_text(arena, period->text));
}

/* Before when must a record have begun to be due, whoever's it is? Subtracting is exact within
 * three days (sql_due.c). A timestamptz, and a constant to the planner where the run's time is one.
 */
static const char *latest(struct arena *arena, const struct category *c, const char *run_time)
{
    const struct stage *stage = last_stage(c);
    struct text all = {0};
    add_period(arena, &all, run_time, &stage->after);
    for (size_t i = 0; i < c->floor_count; i++)
        add_period(arena, &all, run_time, &c->floors[i].period);
    for (size_t i = 0; i < c->agreement_count; i++)
        add_period(arena, &all, run_time, &c->agreements[i].after);
    if (c->agreement_table.at.file)
        add_period(arena, &all, run_time, &c->agreement_table.max);
    const char *text =
        arena_printf(arena, "(LEAST(%s) - '4 days'::interval - %s::interval) AT TIME ZONE 'UTC'",
                     text_string(&all), quote_text(arena, rounding(start_of(c))));
    text_free(&all);
    return text;
}

/* What may be due or to come, read by a plan that leaves out partitions that are wholly past. */
static const char *open_text(struct arena *arena, const struct catalog_table *table,
                             const struct category *c, const char *type)
{
    const struct start *start = start_of(c);
    const char *column = quote_name(arena, start->refs[0].column);
    const char *due = latest(arena, c, "$1");
    if (!text_equal(type, "timestamp with time zone"))
        due = arena_printf(arena, "(%s) AT TIME ZONE %s", due, quote_text(arena, c->timezone));
    return arena_printf(
        arena,
        "EXPLAIN (VERBOSE, COSTS OFF, FORMAT JSON)\nSELECT FROM %s AS t\n WHERE t.%s "
        ">= (%s)::%s OR t.%s < %s::%s OR t.%s IS NULL",
        quote_table(arena, table), column, due, type, column, quote_text(arena, start->not_before),
        type, column);
}

static const char *call_text(struct arena *arena, const struct category *c, const char *function)
{
    return arena_printf(
        arena,
        "WITH led AS MATERIALIZED (\n"
        "  SELECT retention.run_waits($4::bigint, $5::uuid, NULL))\n"
        "SELECT CASE\n"
        "       WHEN NOT EXISTS (SELECT FROM retention.category AS c\n"
        "                         WHERE c.name = $6::text AND c.state = 'active'\n"
        "                           AND c.approved_sha256 = $7::text)\n"
        "       THEN 'the policy is not in effect any more'\n"
        "       WHEN EXISTS (SELECT FROM retention.pause AS p\n"
        "                     WHERE p.resumed_at IS NULL\n"
        "                       AND (p.until IS NULL OR p.until > pg_catalog.clock_timestamp())\n"
        "                       AND (p.scope = 'all' OR p.scope = 'category' AND p.name = "
        "$6::text))\n"
        "       THEN 'it is paused'\n"
        "       WHEN EXISTS (SELECT FROM retention.held_scope AS h\n"
        "                     WHERE h.category = $6::text AND h.held_until > pg_catalog.now())\n"
        "       THEN 'a legal hold of its category is in force'\n"
        "       ELSE %s($1::oid, %s, $2::integer)\n"
        "       END\n"
        "  FROM led",
        function, latest(arena, c, "$3"));
}

static const char *digest(struct arena *arena, const char *text)
{
    uint8_t bytes[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    char hex[2 * EVP_MAX_MD_SIZE + 1];
    if (!EVP_Digest(text, strlen(text), bytes, &size, EVP_sha256(), NULL))
        abort(); /* without a digest nothing can be recognised */
    hex_encode(hex, bytes, size);
    return arena_strndup(arena, hex, 8);
}

const char *drop_family(struct arena *arena, const struct catalog_table *table)
{
    return arena_printf(arena, "retention_drop_%s_", digest(arena, quote_table(arena, table)));
}

const struct drop_plan *drop_build(struct arena *arena, const struct category *category,
                                   const struct catalog *catalog)
{
    const char *hint;
    const struct catalog_table *table =
        category->mode == MODE_DECLARED || !category->drop_empty || drop_problem(category, &hint)
            ? NULL
            : resolve_table(catalog, category->table);
    const char *type = table && table->kind == 'p' ? type_of_start(table, category) : NULL;
    if (!type)
        return NULL;
    struct drop_plan *plan = arena_alloc(arena, sizeof(*plan));
    *plan = (struct drop_plan){
        .category = category,
        .table = table,
        .schema = table->schema,
        .body = function_body(arena, table, category, type),
        .settings = arena_printf(arena,
                                 "search_path=pg_catalog, pg_temp\n"
                                 "row_security=off\n"
                                 "constraint_exclusion=on\n"
                                 "lock_timeout=10s\n"
                                 "TimeZone=%s\n"
                                 "DateStyle=ISO, YMD",
                                 category->timezone),
    };
    plan->name =
        arena_printf(arena, "%s%s", drop_family(arena, table),
                     digest(arena, arena_printf(arena, "%s\n%s", plan->settings, plan->body)));
    plan->function = arena_printf(arena, "%s.%s", quote_name(arena, plan->schema), plan->name);
    plan->call = call_text(arena, category, plan->function);
    plan->open = open_text(arena, table, category, type);
    return plan;
}
