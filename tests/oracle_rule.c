/* Rules for oracle_case.c, each written twice. */
#include "oracle_draw.h"

#include <stdio.h>
#include <string.h>

static const char *const rounds[] = {"day", "month", "quarter", "year"};

static const char *unit_of(enum kind kind)
{
    switch (kind) {
    case INT_S:
    case BIGINT_S:
    case NUMERIC_S:
        return " unit = \"epoch_s\";";
    case BIGINT_MS:
    case TEXT_MS:
        return " unit = \"epoch_ms\";";
    default:
        return "";
    }
}

/* The keys of a group for the part, without braces. */
static const char *part_keys(const struct part *part)
{
    const char *none = part->none ? draw_print(" none = { column = \"%s\";%s };", drawing.a,
                                               unit_of(drawing.kind_a))
                                  : "";
    switch (part->where) {
    case OWN_A:
        return draw_print("column = \"%s\";%s", drawing.a, unit_of(drawing.kind_a));
    case OWN_B:
        return draw_print("column = \"b\";%s", unit_of(drawing.kind_b));
    case JSON:
        return draw_print("column = \"j\"; path = [ \"when\", \"at\" ];%s",
                          unit_of(drawing.kind_json));
    case PARENT:
        return draw_print("parent = \"o.account\"; by = [ \"account_id\" ]; column = \"closed\";%s",
                          unit_of(drawing.kind_parent));
    case CHILD_LATEST:
        return draw_print("child = \"o.child\"; by = %s; latest = \"seen\";%s%s", drawing.by,
                          unit_of(drawing.kind_child), none);
    case CHILD_EARLIEST:
        return draw_print("child = \"o.child\"; by = %s; earliest = \"seen\";%s%s", drawing.by,
                          unit_of(drawing.kind_child), none);
    }
    return "";
}

static const char *leaf(enum kind kind, const char *v, const struct start *start)
{
    const char *rest = draw_print("'%s', %s", start->not_before ? start->not_before : "1970-01-02",
                                  start->round ? draw_print("'%s'", start->round) : "NULL");
    switch (kind) {
    case TIMESTAMPTZ:
    case TIMESTAMP:
    case DATE:
        return draw_print("oracle.leaf(%s, %s)", v, rest);
    case INT_S:
    case BIGINT_S:
    case NUMERIC_S:
        return draw_print("oracle.leaf_epoch(%s, 1, %s)", v, rest);
    case BIGINT_MS:
        return draw_print("oracle.leaf_epoch(%s, 1000, %s)", v, rest);
    case TEXT:
        return draw_print("oracle.leaf_text(%s, %s)", v, rest);
    case TEXT_MS:
        return draw_print("CASE WHEN %s !~ '^-?[0-9]+$' THEN '-infinity' ELSE "
                          "oracle.leaf_epoch((%s)::numeric, 1000, %s) END",
                          v, v, rest);
    }
    return "";
}

static const char *part_sql(const struct part *part, const struct start *start)
{
    switch (part->where) {
    case OWN_A:
        return leaf(drawing.kind_a, draw_print("r.\"%s\"", drawing.a), start);
    case OWN_B:
        return leaf(drawing.kind_b, "r.b", start);
    case JSON:
        return leaf(drawing.kind_json, "(r.j->'when'->>'at')", start);
    case PARENT:
        return draw_print("(SELECT %s FROM o.account p WHERE p.account_id = r.account_id)",
                          leaf(drawing.kind_parent, "p.closed", start));
    case CHILD_LATEST:
    case CHILD_EARLIEST:
        return draw_print(
            "CASE WHEN EXISTS (SELECT FROM o.child c WHERE %s) THEN oracle.pick(ARRAY("
            "SELECT %s FROM o.child c WHERE %s), '%s', %s) ELSE %s END",
            drawing.join, leaf(drawing.kind_child, "c.seen", start), drawing.join,
            part->where == CHILD_LATEST ? "latest" : "earliest", start->ignore ? "true" : "false",
            part->none ? leaf(drawing.kind_a, draw_print("r.\"%s\"", drawing.a), start)
                       : "NULL::timestamptz");
    }
    return "";
}

static struct part any_part(void)
{
    static const enum where places[] = {OWN_A, OWN_A,  OWN_B,        OWN_B,
                                        JSON,  PARENT, CHILD_LATEST, CHILD_EARLIEST};
    return (struct part){.where = ONE_OF(places), .none = draw_chance(50)};
}

struct start rule_any_start(void)
{
    struct start start = {.count = 1};
    if (draw_chance(30)) { /* the commonest: one column, with an index's condition */
        start.parts[0].where = draw_chance(50) ? OWN_A : OWN_B;
        return start;
    }
    if (draw_chance(40))
        start.form = 1 + draw_below(2);
    if (start.form) {
        start.count = 2 + draw_below(2);
        start.ignore = draw_chance(50);
    }
    for (int i = 0; i < start.count; i++)
        start.parts[i] = any_part();
    if (draw_chance(30))
        start.round = ONE_OF(rounds);
    if (draw_chance(15))
        start.not_before = draw_chance(50) ? "2025-06-01" : "2020-01-31";
    return start;
}

void rule_start(struct text *out, const struct start *start)
{
    text_add(out, "{ ");
    if (start->form == 0) {
        text_add(out, part_keys(&start->parts[0]));
    } else {
        text_printf(out, "%s = ( ", start->form == 1 ? "latest" : "earliest");
        for (int i = 0; i < start->count; i++)
            text_printf(out, "%s{ %s }", i ? ", " : "", part_keys(&start->parts[i]));
        text_printf(out, " ); %s", start->ignore ? "nulls = \"ignore\";" : "");
    }
    if (start->round)
        text_printf(out, " round_up = \"%s\";", start->round);
    if (start->not_before)
        text_printf(out, " not_before = \"%s\";", start->not_before);
    text_add(out, " }");
}

void rule_start_sql(struct text *out, const struct start *start)
{
    text_add(out, "oracle.known(");
    if (start->form == 0) {
        text_add(out, part_sql(&start->parts[0], start));
    } else {
        text_add(out, "oracle.pick(ARRAY[");
        for (int i = 0; i < start->count; i++)
            text_printf(out, "%s%s", i ? ", " : "", part_sql(&start->parts[i], start));
        text_printf(out, "], '%s', %s)", start->form == 1 ? "latest" : "earliest",
                    start->ignore ? "true" : "false");
    }
    text_add(out, ")");
}

/* ---- conditions, twice ---- */

/* One condition on the record: its group's content, and whether it is true. alone: with one
 * operator, as `any` needs it. keeps: what cannot be read meets it. */
static void any_condition(struct text *policy, struct text *sql, bool alone, bool keeps)
{
    bool match = draw_chance(50);
    const char *nulls = match ? "nulls = \"match\";" : "nulls = \"skip\";";
    const char *or_null = match ? "true" : "false";
    static const char *const states[] = {"open", "closed", "it''s"};
    static const char *const written[] = {"open", "closed", "it's"};
    int i = draw_below(3), k = (i + 1 + draw_below(2)) % 3;
    const char *p;
    switch (draw_below(12)) {
    case 0:
        text_add(policy, "column = \"state\"; in = [ \"open\", \"it's\" ];");
        text_add(sql,
                 "r.state IS NOT DISTINCT FROM 'open' OR r.state IS NOT DISTINCT FROM 'it''s'");
        break;
    case 1:
        text_printf(policy, "column = \"state\"; ne = \"%s\"; %s", written[i], nulls);
        text_printf(sql, "CASE WHEN r.state IS NULL THEN %s ELSE r.state <> '%s' END", or_null,
                    states[i]);
        break;
    case 2:
        text_printf(policy, "column = \"state\"; not_in = [ \"%s\", \"%s\" ]; %s", written[i],
                    written[k], nulls);
        text_printf(
            sql, "CASE WHEN r.state IS NULL THEN %s ELSE r.state <> '%s' AND r.state <> '%s' END",
            or_null, states[i], states[k]);
        break;
    case 3:
        text_add(policy, "column = \"flag\"; eq = true;");
        text_add(sql, "r.flag IS TRUE");
        break;
    case 4:
        text_printf(policy, "column = \"n\"; ge = 2; %s%s", alone ? "" : "lt = 7; ", nulls);
        text_printf(sql, "CASE WHEN r.n IS NULL THEN %s ELSE r.n BETWEEN 2 AND %d END", or_null,
                    alone ? 99 : 6);
        break;
    case 5:
        text_add(
            policy,
            "parent = \"o.account\"; by = [ \"account_id\" ]; column = \"plan\"; eq = \"trial\";");
        text_add(sql,
                 "EXISTS (SELECT FROM o.account p WHERE p.account_id = r.account_id AND p.plan "
                 "= 'trial')");
        break;
    case 6:
        text_printf(policy, "column = \"j\"; path = [ \"score\" ]; ge = 5; %s", nulls);
        text_printf(sql,
                    "CASE WHEN r.j->>'score' IS NULL THEN %s WHEN r.j->>'score' ~ '^[0-9.]+$' THEN "
                    "(r.j->>'score')::numeric >= 5 ELSE %s END",
                    or_null, keeps ? "true" : "false");
        break;
    case 7:
        text_printf(policy, "column = \"state\"; is_null = %s;", match ? "true" : "false");
        text_printf(sql, "r.state IS %sNULL", match ? "" : "NOT ");
        break;
    case 8:
        p = draw_period();
        text_printf(policy, "column = \"at\"; %s = \"%s\"; nulls = \"skip\";",
                    match ? "older_than" : "younger_than", p);
        text_printf(
            sql,
            "coalesce((CASE WHEN r.at > '9999-01-01' THEN false ELSE r.at + '%s'::interval <= "
            "'%s'::timestamptz END) = %s, false)",
            p, drawing.c->run_time, match ? "true" : "false");
        break;
    case 9:
        text_printf(policy, "child = \"o.child\"; by = %s; %s = \"account_id\"; ge = {4}; %s",
                    drawing.by, k ? "latest" : "earliest", nulls);
        text_printf(sql, "coalesce((SELECT %s(c.account_id) FROM o.child c WHERE %s) >= {4}, %s)",
                    k ? "max" : "min", drawing.join, or_null);
        break;
    case 10:
        text_add(policy, "column = \"mood\"; in = [ \"sad\", \"very happy\" ];");
        text_add(sql, "coalesce(r.mood::text = 'sad' OR r.mood::text = 'very happy', false)");
        break;
    default:
        text_add(policy, "column = \"j\"; path = [ \"tag\" ]; eq = \"a\\\"b\";");
        text_add(sql, "coalesce(r.j->>'tag' = 'a\"b', false)");
        break;
    }
}

/* all AND (any OR): as keys of a group, and as SQL; of keep_while, where what cannot be read keeps.
 */
void rule_conditions(struct text *policy, struct text *sql, int all, int any, bool keeps)
{
    text_add(sql, "(true");
    for (int i = 0; i < all; i++) {
        text_add(policy, i ? ", { " : " only = ( { ");
        text_add(sql, " AND (");
        any_condition(policy, sql, false, keeps);
        text_add(policy, " }");
        text_add(sql, ")");
    }
    if (all)
        text_add(policy, " );");
    for (int i = 0; i < any; i++) {
        text_add(policy, i ? ", { " : " any = ( { ");
        text_add(sql, i ? " OR (" : " AND ((");
        any_condition(policy, sql, true, keeps);
        text_add(policy, " }");
        text_add(sql, ")");
    }
    if (any) {
        text_add(policy, " );");
        text_add(sql, ")");
    }
    text_add(sql, ")");
}

/* ---- the tenant and its agreements ---- */

void rule_tenant(struct text *out)
{
    static const char *const written[] = {
        NULL,
        "\"account_id\"",
        "{ column = \"j\"; path = [ \"customer\" ]; }",
        "{ parent = \"o.account\"; by = [ \"account_id\" ]; column = \"customer\"; }",
    };
    if (drawing.tenant == 4)
        text_printf(out, "tenant = { child = \"o.child\"; by = %s; column = \"account_id\"; };\n",
                    drawing.by);
    else if (drawing.tenant)
        text_printf(out, "tenant = %s;\n", written[drawing.tenant]);
}

/* The record's tenants as a text[]. */
const char *rule_tenants_sql(void)
{
    switch (drawing.tenant) {
    case 1:
        return "ARRAY[r.account_id::text]";
    case 2:
        return "ARRAY[r.j->>'customer']";
    case 3:
        return "ARRAY(SELECT p.customer FROM o.account p WHERE p.account_id = r.account_id)";
    case 4:
        return draw_print("ARRAY(SELECT c.account_id::text FROM o.child c WHERE %s)", drawing.join);
    default:
        return "'{}'::text[]";
    }
}

/* Agreements: to the policy, and an expression of the stage's due moment over r and s.start. */
void rule_agreements(struct text *policy, struct text *due, const char *after)
{
    int how = drawing.tenant ? draw_below(3) : 0;
    struct text one = {0};
    if (how == 0) {
        text_printf(due, "s.start + '%s'::interval", after);
        return;
    }
    if (how == 1) {
        text_add(policy, "  agreements = (");
        text_add(&one, "s.start + coalesce((SELECT v.p FROM (VALUES ");
        int count = 1 + draw_below(3);
        for (int i = 0; i < count; i++) {
            const char *p = draw_period();
            text_printf(policy, "%s { tenant = \"{%d}\"; after = \"%s\"; because = \"x\"; }",
                        i ? "," : "", i + 1, p);
            text_printf(&one, "%s('{%d}', '%s'::interval)", i ? ", " : "", i + 1, p);
        }
        text_add(policy, " );\n");
        text_printf(&one, ") v(t, p) WHERE v.t = u.t), '%s'::interval)", after);
    } else {
        bool days = draw_chance(40);
        const char *least = draw_chance(50) ? "1 day" : "1 month", *most = "2 years";
        const char *value = days ? "make_interval(days => a.days)" : "a.period";
        text_printf(policy,
                    "  agreements: { table = \"o.setting\"; tenant = \"%s\"; period = \"%s\";%s "
                    "min = \"%s\"; max = \"%s\"; };\n",
                    drawing.tenant == 1 || drawing.tenant == 4 ? "account_id" : "customer",
                    days ? "days" : "period", days ? " unit = \"days\";" : "", least, most);
        const char *rest =
            draw_print("'%s'::interval, '%s'::interval, '%s'::interval", after, least, most);
        text_printf(
            &one,
            "greatest(coalesce((SELECT oracle.agreed(s.start, %s, %s) FROM o.setting a WHERE "
            "a.%s::text = u.t), s.start + '%s'::interval), coalesce((SELECT "
            "oracle.agreed(s.start, g.settled, %s) FROM retention.agreement_state g WHERE "
            "g.category = '{c}' AND g.tenant = u.t), s.start + '%s'::interval))",
            value, rest, drawing.tenant == 1 || drawing.tenant == 4 ? "account_id" : "customer",
            after, rest, after);
    }
    text_printf(due, "coalesce((SELECT max(%s) FROM unnest(%s) u(t)), s.start + '%s'::interval)",
                text_string(&one), rule_tenants_sql(), after);
    text_free(&one);
}
