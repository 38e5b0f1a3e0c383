/* Why a record is still there: each rule with its moment, in one document (policy/sql_explain.h).
 */
#include "policy/sql_explain.h"

#include <assert.h>

#include "policy/sql_private.h"

/* What is told of the rules is built from columns of x, one row that holds every fact once. */
struct facts {
    struct text columns; /* "expr AS name, ..." of the inner SELECT */
    struct text members; /* "'name', x.name, ..." of the document */
};

static void add_fact(struct facts *facts, const char *name, const char *expression)
{
    text_printf(&facts->columns, "%s%s AS %s", facts->columns.length ? ",\n       " : "",
                expression, name);
}

static void add_member(struct facts *facts, const char *name, const char *expression)
{
    text_printf(&facts->members, "%s'%s', %s", facts->members.length ? ",\n  " : "", name,
                expression);
}

static const char *array_of(struct sql_builder *b, struct text *items)
{
    const char *array = arena_printf(b->arena, "json_build_array(%s)", text_string(items));
    text_free(items);
    return array;
}

/* Facts about a floor or the cap, as an object. */
static const char *rule(struct sql_builder *b, struct facts *facts, const char *name,
                        const struct duration_rule *duration)
{
    const struct start *start = duration->start.ref_count ? &duration->start : &b->category->start;
    add_fact(facts, name, sql_start(b, &b->target, start).text);
    const char *period = sql_period(b, &duration->period);
    return arena_printf(b->arena,
                        "json_build_object('start', x.%s, 'period', %s, 'because', %s, 'end', "
                        "x.%s + %s, 'over', coalesce(x.%s + %s <= %s, false))",
                        name, sql_value(b, duration->period.text, "text"),
                        sql_value(b, duration->because, "text"), name, period, name, period,
                        sql_run_time(b));
}

/* The agreements of the record's tenant (or tenants), as rows of a JSON array. */
static const char *agreements(struct sql_builder *b)
{
    const struct category *category = b->category;
    if (!category->has_tenant)
        return "json_build_array()";
    struct text rows = {0};
    const struct ref *ref = &category->tenant;
    struct sql_scope scope = b->target;
    if (ref->kind != REF_COLUMN)
        scope = sql_read(b, ref->table, ref->kind == REF_CHILD ? 'c' : 'p');
    const char *tenants = sql_agreed_tenant(b, &scope, ref);
    if (ref->kind == REF_PARENT)
        tenants = sql_from_parent(b, &b->target, ref, &scope, tenants);
    tenants = ref->kind == REF_CHILD
                  ? arena_printf(b->arena, "ARRAY(SELECT DISTINCT %s FROM %s %s WHERE %s)", tenants,
                                 sql_from(b, scope.table), scope.alias,
                                 sql_child_where(b, &b->target, &ref->by, &scope))
                  : arena_printf(b->arena, "ARRAY[%s]", tenants);
    for (size_t i = 0; i < category->agreement_count; i++) {
        const struct agreement *a = &category->agreements[i];
        if (a->stage && !text_equal(a->stage, b->stage->name))
            continue;
        const char *tenant = sql_value(b, a->tenant, "text");
        text_printf(&rows,
                    "%sSELECT json_build_object('tenant', %s, 'period', %s, 'because', %s) AS o "
                    "WHERE %s = ANY (%s)",
                    rows.length ? " UNION ALL " : "", tenant, sql_value(b, a->after.text, "text"),
                    sql_value(b, a->because, "text"), tenant, tenants);
    }
    const struct agreement_table *table = &category->agreement_table;
    if (table->at.file && (!table->stage || text_equal(table->stage, b->stage->name))) {
        struct sql_scope a = sql_read(b, table->table, 'a');
        const char *tenant = sql_canonical_text(b->arena, catalog_column(a.table, table->tenant),
                                                sql_column(b, &a, table->tenant));
        text_printf(
            &rows,
            "%sSELECT json_build_object('tenant', %s, 'period', %s::text, 'settled', "
            "(SELECT g.settled::text FROM retention.agreement_state g WHERE g.category = %s "
            "AND g.tenant = %s), 'because', NULL) FROM %s %s WHERE %s = ANY (%s)",
            rows.length ? " UNION ALL " : "", tenant, sql_column(b, &a, table->period),
            sql_value(b, category->name, "text"), tenant, sql_from(b, a.table), a.alias, tenant,
            tenants);
    }
    if (!rows.length)
        return "json_build_array()";
    const char *result = arena_printf(
        b->arena, "coalesce((SELECT json_agg(o.o) FROM (%s) o(o)), json_build_array())",
        text_string(&rows));
    text_free(&rows);
    return result;
}

static void explain_due(struct sql_builder *b, struct facts *facts)
{
    add_fact(facts, "claimed",
             arena_printf(b->arena, "(%s) IS TRUE", sql_claim(b, &b->target, b->category)));
    add_fact(
        facts, "in_stage",
        arena_printf(b->arena, "(%s) IS TRUE", sql_conditions(b, &b->target, &b->stage->only)));
    const char *start = sql_start(b, &b->target, sql_stage_start(b)).text;
    add_fact(facts, "start", start);
    const char *s = sql_alias(b, 's');
    add_fact(facts, "stage_due",
             sql_let(b, s, arena_printf(b->arena, "%s AS start", start),
                     sql_stage_due(b, arena_printf(b->arena, "%s.start", s))));
    add_fact(facts, "due_at", sql_due_at(b));
    add_fact(facts, "tenant", b->category->has_tenant ? sql_tenant_text(b) : "NULL::text");
    add_fact(facts, "agreements", agreements(b));

    add_member(facts, "claimed", "x.claimed");
    add_member(facts, "in_stage", "x.claimed AND x.in_stage");
    add_member(facts, "stage", sql_value(b, b->stage->name, "text"));
    add_member(facts, "now", sql_run_time(b));
    add_member(facts, "start", "x.start");
    add_member(facts, "after", sql_value(b, b->stage->after.text, "text"));
    add_member(facts, "tenant", "x.tenant");
    add_member(facts, "agreements", "x.agreements");
    add_member(facts, "stage_due", "x.stage_due");
    add_member(facts, "cap", b->category->cap ? rule(b, facts, "cap", b->category->cap) : "NULL");
    add_member(facts, "due_at", "x.due_at");
    add_member(facts, "due",
               arena_printf(b->arena, "coalesce(x.due_at <= %s, false)", sql_run_time(b)));
    bool changes = !policy_stage_removes(b->stage);
    add_fact(facts, "passed",
             changes ? arena_printf(b->arena, "%s IS TRUE", sql_passed(b)) : "false");
    add_member(facts, "action", sql_value(b, policy_action_name(b->stage->action), "text"));
    add_member(facts, "passed", "x.passed");
    const char *held = arena_printf(b->arena, "%s IS TRUE", sql_held(b, SKIP_NOTHING));
    const char *read = sql_kept(b, SKIP_NOTHING);
    add_fact(facts, "held", read ? arena_printf(b->arena, "(%s OR %s IS TRUE)", held, read) : held);
    add_member(facts, "held", "x.held");
    add_fact(facts, "holds", sql_holds(b));
    add_member(facts, "holds", "x.holds");
}

/* Adds the rules that keep a due record; the conditions "is kept" go to the texts given. */
static void explain_kept(struct sql_builder *b, struct facts *facts, struct text *kept_while,
                         struct text *kept_floor, struct text *waiting, struct text *act_at)
{
    const struct category *category = b->category;
    const char *now = sql_run_time(b);
    struct text items = {0};
    for (size_t i = 0; i < category->keep_while_count; i++) {
        const char *name = arena_printf(b->arena, "kept%zu", i + 1);
        const struct keep_while *keep = &category->keep_while[i];
        add_fact(facts, name, arena_printf(b->arena, "%s IS TRUE", sql_keep_while(b, keep)));
        text_printf(&items, "%sjson_build_object('because', %s, 'keeps', x.%s)", i ? ", " : "",
                    sql_value(b, keep->because, "text"), name);
        text_printf(kept_while, " OR x.%s", name);
    }
    add_member(facts, "kept_while", array_of(b, &items));
    for (size_t i = 0; i < category->floor_count; i++) {
        const struct duration_rule *floor = &category->floors[i];
        if (!sql_floor_applies(b, floor))
            continue;
        const char *name = arena_printf(b->arena, "floor%zu", i + 1);
        text_printf(&items, "%s%s", items.length ? ", " : "", rule(b, facts, name, floor));
        const char *period = sql_period(b, &floor->period);
        text_printf(kept_floor, " OR (x.%s + %s <= %s) IS NOT TRUE", name, period, now);
        text_printf(act_at, ", coalesce(x.%s + %s, 'infinity')", name, period);
    }
    add_member(facts, "floors", array_of(b, &items));
    for (size_t i = 0; i < sql_wait_count(b); i++) {
        const struct category *other = policy_find(b->set, category->wait_for.items[i]);
        assert(other);
        const char *name = arena_printf(b->arena, "waits%zu", i + 1);
        add_fact(facts, name, arena_printf(b->arena, "%s IS TRUE", sql_waits(b, other)));
        const char *held = arena_printf(b->arena, "held%zu", i + 1);
        b->only_held = true;
        add_fact(facts, held, arena_printf(b->arena, "%s IS TRUE", sql_waits(b, other)));
        b->only_held = false;
        text_printf(&items, "%sjson_build_object('category', %s, 'waits', x.%s, 'held', x.%s)",
                    i ? ", " : "", sql_value(b, other->name, "text"), name, held);
        text_printf(waiting, " OR x.%s", name);
    }
    add_member(facts, "waiting_for", array_of(b, &items));
    const char *uncounted = sql_uncounted(b);
    if (uncounted) {
        add_fact(facts, "uncounted", arena_printf(b->arena, "%s IS TRUE", uncounted));
        add_member(facts, "uncounted", "x.uncounted");
        text_add(waiting, " OR x.uncounted");
    }
    const char *paused = sql_paused(b);
    add_fact(facts, "paused", paused ? arena_printf(b->arena, "%s IS TRUE", paused) : "false");
    add_member(facts, "tenant_paused", "x.paused");
}

struct sql_statement sql_explain(struct sql_builder *b)
{
    struct facts facts = {0};
    struct text kept_while = {0}, kept_floor = {0}, waiting = {0}, act_at = {0}, key = {0};
    for (size_t i = 0; i < b->target.key.count; i++) {
        const char *name = b->target.key.items[i];
        const struct catalog_column *column = catalog_column(b->target.table, name);
        assert(column);
        text_printf(&key, "%s%s %s %s", i ? " AND " : "", sql_column(b, &b->target, name),
                    sql_operator(b->arena, column, "="),
                    sql_param(b, PARAM_KEY, i, NULL, sql_type(b->arena, column)));
    }
    if (!key.length) /* no key, nothing to ask for */
        return (struct sql_statement){.text = ""};
    explain_due(b, &facts);
    explain_kept(b, &facts, &kept_while, &kept_floor, &waiting, &act_at);
    add_member(&facts, "act_at",
               arena_printf(b->arena,
                            "CASE WHEN x.due_at IS NOT NULL THEN nullif(GREATEST(x.due_at%s), "
                            "'infinity') END",
                            text_string(&act_at)));
    add_member(
        &facts, "verdict",
        arena_printf(b->arena,
                     "CASE WHEN NOT x.claimed THEN 'unclaimed' WHEN NOT x.in_stage THEN "
                     "'other_stage' WHEN x.due_at IS NULL THEN 'not_started' WHEN x.due_at > "
                     "%s THEN 'not_due' WHEN x.passed THEN 'passed' WHEN x.held THEN 'held' WHEN "
                     "false%s THEN "
                     "'kept_while' WHEN false%s THEN 'kept_floor' WHEN false%s THEN "
                     "'waiting' WHEN x.paused THEN 'paused' ELSE 'to_act' END",
                     sql_run_time(b), text_string(&kept_while), text_string(&kept_floor),
                     text_string(&waiting)));
    const char *text = arena_printf(
        b->arena,
        "SELECT json_build_object(\n  %s) AS document\n  FROM (\nSELECT %s\n  FROM %s t\n "
        "WHERE %s OFFSET 0) x",
        text_string(&facts.members), text_string(&facts.columns), sql_from(b, b->target.table),
        text_string(&key));
    text_free(&facts.members);
    text_free(&facts.columns);
    text_free(&kept_while);
    text_free(&kept_floor);
    text_free(&waiting);
    text_free(&act_at);
    text_free(&key);
    return sql_finish(b, text);
}
