/* Makes the cases of tests/test_oracle.c.
 *
 * A case draws types, values, rules and their combinations, and writes each thing twice: as the
 * policy says it, and as plain SQL says it, by the functions of tests/oracle.sql. Values crowd
 * around the moments where they fall due: the run's time minus a period, give or take a
 * microsecond, an hour or some days, so that a wrong rounding, zone or month's end shows. */
#include "oracle_case.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* ---- randomness ---- */

static uint64_t state;

static uint64_t draw(void) /* splitmix64 */
{
    uint64_t z = (state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static int below(int n)
{
    return (int)(draw() % (uint64_t)n);
}

static bool chance(int percent)
{
    return below(100) < percent;
}

#define ONE_OF(list) ((list)[below((int)ARRAY_LENGTH(list))])

/* ---- what a case is made of ---- */

enum kind { TIMESTAMPTZ, TIMESTAMP, DATE, INT_S, BIGINT_S, BIGINT_MS, NUMERIC_S, TEXT, TEXT_MS };

static const char *const types[] = {
    [TIMESTAMPTZ] = "timestamptz",
    [TIMESTAMP] = "timestamp",
    [DATE] = "date",
    [INT_S] = "int",
    [BIGINT_S] = "bigint",
    [BIGINT_MS] = "bigint",
    [NUMERIC_S] = "numeric",
    [TEXT] = "text",
    [TEXT_MS] = "text",
};

enum where { OWN_A, OWN_B, JSON, PARENT, CHILD_LATEST, CHILD_EARLIEST };

struct part {
    enum where where;
    bool none; /* a child's: column a where there is no child */
};

struct start {
    int form; /* 0 single, 1 latest, 2 earliest */
    struct part parts[3];
    int count;
    bool ignore;
    const char *round; /* or NULL */
    const char *not_before;
};

static const char *const zones[] = {
    "UTC",          "America/New_York", "Europe/Berlin",     "Australia/Lord_Howe",
    "Asia/Tehran",  "Asia/Kathmandu",   "America/Sao_Paulo", "America/St_Johns",
    "Europe/London"};
static const char *const run_times[] = {
    "2024-02-29 12:00:00+00",   "2024-03-01 00:00:00+00", "2025-02-28 23:59:59.999999+00",
    "2025-03-01 05:00:00+00",   "2026-03-08 07:30:00+00", "2026-03-08 06:59:59+00",
    "2025-11-02 05:30:00+00",   "2025-11-02 06:30:00+00", "2026-03-29 01:00:00+00",
    "2025-10-26 00:30:00+00",   "2025-10-26 01:30:00+00", "2026-01-01 00:00:00+00",
    "2025-12-31 23:00:00+00",   "2026-07-24 12:00:02+00", "2026-04-04 15:30:00+00",
    "2024-12-31 04:59:59.5+00", "2025-04-30 12:00:00+00", "2025-06-30 22:00:00+00",
    "2026-02-28 12:00:00+00",   "2025-11-30 23:30:00+00"};
static const char *const periods[] = {"0 days",
                                      "1 day",
                                      "30 days",
                                      "90 days",
                                      "1 month",
                                      "2 months",
                                      "13 months",
                                      "1 year",
                                      "1 year 1 month 3 days 04:00:00",
                                      "36:00:00",
                                      "4 years",
                                      "6 months 15 days",
                                      "1 month 1 day",
                                      "11 months 30 days",
                                      "7 years",
                                      "1 day 01:30:00",
                                      "00:00:00.000001"};
static const char *const nudges[] = {
    "0",          "0",           "1 microsecond", "-1 microsecond", "1 second",   "-1 second",
    "30 minutes", "-30 minutes", "1 hour",        "-1 hour",        "90 minutes", "12 hours",
    "-12 hours",  "1 day",       "-1 day",        "2 days",         "-2 days",    "3 days",
    "-3 days",    "4 days",      "-4 days"};
static const char *const rounds[] = {"day", "month", "quarter", "year"};

/* The state of the case being made. */
static struct {
    struct oracle_case *c;
    enum kind kind_a, kind_b, kind_json, kind_parent, kind_child;
    char a[40];           /* the name of column a */
    const char *used[16]; /* periods that rows crowd around */
    int used_count;
    const char *by;   /* of the child: libconfig list */
    const char *join; /* of child c and record r */
    int tenant;       /* 0 none, 1 own int, 2 own text in json, 3 parent's text, 4 child's int */
} now;

static const char *period(void)
{
    const char *p = ONE_OF(periods);
    if (now.used_count < (int)ARRAY_LENGTH(now.used))
        now.used[now.used_count++] = p;
    return p;
}

/* ---- values ---- */

static _printf_(1, 2) const char *print(const char *format, ...)
{
    static char buffers[32][4096];
    static int next;
    char *buffer = buffers[next++ % (int)ARRAY_LENGTH(buffers)];
    va_list args;
    va_start(args, format);
    vsnprintf(buffer, sizeof(buffers[0]), format, args);
    va_end(args);
    return buffer;
}

static const char *moment(void)
{
    int roll = below(100);
    if (roll < 65 && now.used_count)
        return print("('%s'::timestamptz - '%s'::interval + '%s'::interval)", now.c->run_time,
                     now.used[below(now.used_count)], ONE_OF(nudges));
    if (roll < 85)
        return print("('%s'::timestamptz - '%d hours %d seconds'::interval)", now.c->run_time,
                     below(80000), below(3600));
    if (roll < 92)
        return print("('%s'::timestamptz + '%d hours'::interval)", now.c->run_time, below(20000));
    /* ends of months and years, and hours that a clock change skips or repeats */
    static const char *const odd[] = {
        "2023-12-31 23:59:59.999999", "2024-01-01 00:00:00", "2024-01-31 12:00:00",
        "2024-02-29 00:00:00",        "2025-01-31 02:30:00", "2025-03-09 02:30:00",
        "2025-03-30 02:30:00",        "2025-11-02 01:30:00", "2024-11-03 01:30:00",
        "2025-10-26 02:30:00",        "2024-10-27 02:30:00", "2025-04-06 01:45:00"};
    return print("('%s'::timestamp)::timestamptz", ONE_OF(odd));
}

static const char *text_value(void)
{
    const char *m = moment();
    switch (below(14)) {
    case 0:
        return "'soon'";
    case 1:
        return "'2025-02-30'";
    case 2:
        return "'now'";
    case 3:
        return "'2025-01-31 25:00:00'";
    case 4:
    case 5:
        return print("to_char(%s, 'YYYY-MM-DD')", m);
    case 6:
    case 7:
        return print("to_char(%s, 'YYYY-MM-DD\"T\"HH24:MI:SS')", m);
    case 8:
        return print("to_char(%s, 'YYYY-MM-DD HH24:MI')", m);
    case 9:
        return print("to_char(%s AT TIME ZONE 'Asia/Kolkata', 'YYYY-MM-DD HH24:MI:SS.US+05:30')",
                     m);
    case 10:
        return "'infinity'";
    default:
        return print("to_char(%s AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')", m);
    }
}

static const char *value(enum kind kind, bool nullable)
{
    int roll = below(100);
    if (nullable && roll < 7)
        return "NULL";
    switch (kind) {
    case TIMESTAMPTZ:
    case TIMESTAMP:
    case DATE:
        if (roll < 10)
            return roll < 9 ? "'infinity'" : "'-infinity'";
        if (roll < 12)
            return roll < 11 ? "'1970-01-01'" : "'0044-03-15 BC'";
        if (roll < 13)
            return kind == DATE ? "'5874897-12-31'" : "'294276-12-31'";
        return print("%s::%s", moment(), types[kind]);
    case INT_S:
        if (roll < 10)
            return roll < 9 ? "0" : "-5";
        return print("least(floor(extract(epoch FROM %s)), 2147483647)::int", moment());
    case BIGINT_S:
    case BIGINT_MS:
        if (roll < 11)
            return roll < 9 ? "0" : roll < 10 ? "9223372036854775807" : "-9223372036854775808";
        return print("floor(extract(epoch FROM %s) * %d)::bigint", moment(),
                     kind == BIGINT_MS ? 1000 : 1);
    case NUMERIC_S:
        if (roll < 10)
            return roll < 9 ? "'NaN'" : "1e300";
        return print("extract(epoch FROM %s)", moment());
    case TEXT:
        return text_value();
    case TEXT_MS:
        if (roll < 12)
            return roll < 9 ? "'many'" : roll < 10 ? "'1e99'" : "'-1'";
        return print("floor(extract(epoch FROM %s) * 1000)::bigint::text", moment());
    }
    return "NULL";
}

/* ---- references and starts, twice ---- */

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
    const char *none =
        part->none ? print(" none = { column = \"%s\";%s };", now.a, unit_of(now.kind_a)) : "";
    switch (part->where) {
    case OWN_A:
        return print("column = \"%s\";%s", now.a, unit_of(now.kind_a));
    case OWN_B:
        return print("column = \"b\";%s", unit_of(now.kind_b));
    case JSON:
        return print("column = \"j\"; path = [ \"when\", \"at\" ];%s", unit_of(now.kind_json));
    case PARENT:
        return print("parent = \"o.account\"; by = [ \"account_id\" ]; column = \"closed\";%s",
                     unit_of(now.kind_parent));
    case CHILD_LATEST:
        return print("child = \"o.child\"; by = %s; latest = \"seen\";%s%s", now.by,
                     unit_of(now.kind_child), none);
    case CHILD_EARLIEST:
        return print("child = \"o.child\"; by = %s; earliest = \"seen\";%s%s", now.by,
                     unit_of(now.kind_child), none);
    }
    return "";
}

static const char *leaf(enum kind kind, const char *v, const struct start *start)
{
    const char *rest = print("'%s', %s", start->not_before ? start->not_before : "1970-01-02",
                             start->round ? print("'%s'", start->round) : "NULL");
    switch (kind) {
    case TIMESTAMPTZ:
    case TIMESTAMP:
    case DATE:
        return print("oracle.leaf(%s, %s)", v, rest);
    case INT_S:
    case BIGINT_S:
    case NUMERIC_S:
        return print("oracle.leaf_epoch(%s, 1, %s)", v, rest);
    case BIGINT_MS:
        return print("oracle.leaf_epoch(%s, 1000, %s)", v, rest);
    case TEXT:
        return print("oracle.leaf_text(%s, %s)", v, rest);
    case TEXT_MS:
        return print("CASE WHEN %s !~ '^-?[0-9]+$' THEN '-infinity' ELSE "
                     "oracle.leaf_epoch((%s)::numeric, 1000, %s) END",
                     v, v, rest);
    }
    return "";
}

static const char *part_sql(const struct part *part, const struct start *start)
{
    switch (part->where) {
    case OWN_A:
        return leaf(now.kind_a, print("r.\"%s\"", now.a), start);
    case OWN_B:
        return leaf(now.kind_b, "r.b", start);
    case JSON:
        return leaf(now.kind_json, "(r.j->'when'->>'at')", start);
    case PARENT:
        return print("(SELECT %s FROM o.account p WHERE p.account_id = r.account_id)",
                     leaf(now.kind_parent, "p.closed", start));
    case CHILD_LATEST:
    case CHILD_EARLIEST:
        return print(
            "CASE WHEN EXISTS (SELECT FROM o.child c WHERE %s) THEN oracle.pick(ARRAY("
            "SELECT %s FROM o.child c WHERE %s), '%s', %s) ELSE %s END",
            now.join, leaf(now.kind_child, "c.seen", start), now.join,
            part->where == CHILD_LATEST ? "latest" : "earliest", start->ignore ? "true" : "false",
            part->none ? leaf(now.kind_a, print("r.\"%s\"", now.a), start) : "NULL::timestamptz");
    }
    return "";
}

static struct part any_part(void)
{
    static const enum where places[] = {OWN_A, OWN_A,  OWN_B,        OWN_B,
                                        JSON,  PARENT, CHILD_LATEST, CHILD_EARLIEST};
    return (struct part){.where = ONE_OF(places), .none = chance(50)};
}

static struct start any_start(void)
{
    struct start start = {.count = 1};
    if (chance(30)) { /* the commonest: one column, with an index's condition */
        start.parts[0].where = chance(50) ? OWN_A : OWN_B;
        return start;
    }
    if (chance(40))
        start.form = 1 + below(2);
    if (start.form) {
        start.count = 2 + below(2);
        start.ignore = chance(50);
    }
    for (int i = 0; i < start.count; i++)
        start.parts[i] = any_part();
    if (chance(30))
        start.round = ONE_OF(rounds);
    if (chance(15))
        start.not_before = chance(50) ? "2025-06-01" : "2020-01-31";
    return start;
}

static void start_policy(struct text *out, const struct start *start)
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

static void start_sql(struct text *out, const struct start *start)
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
 * operator, as `any` needs it. */
static void any_condition(struct text *policy, struct text *sql, bool alone)
{
    bool match = chance(50);
    const char *nulls = match ? "nulls = \"match\";" : "nulls = \"skip\";";
    const char *or_null = match ? "true" : "false";
    static const char *const states[] = {"open", "closed", "it''s"};
    static const char *const written[] = {"open", "closed", "it's"};
    int i = below(3), k = (i + 1 + below(2)) % 3;
    const char *p;
    switch (below(12)) {
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
                    "(r.j->>'score')::numeric >= 5 ELSE false END",
                    or_null);
        break;
    case 7:
        text_printf(policy, "column = \"state\"; is_null = %s;", match ? "true" : "false");
        text_printf(sql, "r.state IS %sNULL", match ? "" : "NOT ");
        break;
    case 8:
        p = period();
        text_printf(policy, "column = \"at\"; %s = \"%s\"; nulls = \"skip\";",
                    match ? "older_than" : "younger_than", p);
        text_printf(
            sql,
            "coalesce((CASE WHEN r.at > '9999-01-01' THEN false ELSE r.at + '%s'::interval <= "
            "'%s'::timestamptz END) = %s, false)",
            p, now.c->run_time, match ? "true" : "false");
        break;
    case 9:
        text_printf(policy, "child = \"o.child\"; by = %s; %s = \"account_id\"; ge = {4}; %s",
                    now.by, k ? "latest" : "earliest", nulls);
        text_printf(sql, "coalesce((SELECT %s(c.account_id) FROM o.child c WHERE %s) >= {4}, %s)",
                    k ? "max" : "min", now.join, or_null);
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

/* all AND (any OR): as keys of a group, and as SQL. */
static void conditions(struct text *policy, struct text *sql, int all, int any)
{
    text_add(sql, "(true");
    for (int i = 0; i < all; i++) {
        text_add(policy, i ? ", { " : " only = ( { ");
        text_add(sql, " AND (");
        any_condition(policy, sql, false);
        text_add(policy, " }");
        text_add(sql, ")");
    }
    if (all)
        text_add(policy, " );");
    for (int i = 0; i < any; i++) {
        text_add(policy, i ? ", { " : " any = ( { ");
        text_add(sql, i ? " OR (" : " AND ((");
        any_condition(policy, sql, true);
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

static void tenant_policy(struct text *out)
{
    static const char *const written[] = {
        NULL,
        "\"account_id\"",
        "{ column = \"j\"; path = [ \"customer\" ]; }",
        "{ parent = \"o.account\"; by = [ \"account_id\" ]; column = \"customer\"; }",
    };
    if (now.tenant == 4)
        text_printf(out, "tenant = { child = \"o.child\"; by = %s; column = \"account_id\"; };\n",
                    now.by);
    else if (now.tenant)
        text_printf(out, "tenant = %s;\n", written[now.tenant]);
}

/* The record's tenants as a text[]. */
static const char *tenants_sql(void)
{
    switch (now.tenant) {
    case 1:
        return "ARRAY[r.account_id::text]";
    case 2:
        return "ARRAY[r.j->>'customer']";
    case 3:
        return "ARRAY(SELECT p.customer FROM o.account p WHERE p.account_id = r.account_id)";
    case 4:
        return print("ARRAY(SELECT c.account_id::text FROM o.child c WHERE %s)", now.join);
    default:
        return "'{}'::text[]";
    }
}

/* Agreements: to the policy, and an expression of the stage's due moment over r and s.start. */
static void agreements(struct text *policy, struct text *due, const char *after)
{
    int how = now.tenant ? below(3) : 0;
    struct text one = {0};
    if (how == 0) {
        text_printf(due, "s.start + '%s'::interval", after);
        return;
    }
    if (how == 1) {
        text_add(policy, "  agreements = (");
        text_add(&one, "s.start + coalesce((SELECT v.p FROM (VALUES ");
        int count = 1 + below(3);
        for (int i = 0; i < count; i++) {
            const char *p = period();
            text_printf(policy, "%s { tenant = \"{%d}\"; after = \"%s\"; because = \"x\"; }",
                        i ? "," : "", i + 1, p);
            text_printf(&one, "%s('{%d}', '%s'::interval)", i ? ", " : "", i + 1, p);
        }
        text_add(policy, " );\n");
        text_printf(&one, ") v(t, p) WHERE v.t = u.t), '%s'::interval)", after);
    } else {
        bool days = chance(40);
        const char *least = chance(50) ? "1 day" : "1 month", *most = "2 years";
        const char *value = days ? "make_interval(days => a.days)" : "a.period";
        text_printf(policy,
                    "  agreements: { table = \"o.setting\"; tenant = \"%s\"; period = \"%s\";%s "
                    "min = \"%s\"; max = \"%s\"; };\n",
                    now.tenant == 1 || now.tenant == 4 ? "account_id" : "customer",
                    days ? "days" : "period", days ? " unit = \"days\";" : "", least, most);
        const char *rest =
            print("'%s'::interval, '%s'::interval, '%s'::interval", after, least, most);
        text_printf(
            &one,
            "greatest(coalesce((SELECT oracle.agreed(s.start, %s, %s) FROM o.setting a WHERE "
            "a.%s::text = u.t), s.start + '%s'::interval), coalesce((SELECT "
            "oracle.agreed(s.start, g.settled, %s) FROM retention.agreement_state g WHERE "
            "g.category = '{c}' AND g.tenant = u.t), s.start + '%s'::interval))",
            value, rest, now.tenant == 1 || now.tenant == 4 ? "account_id" : "customer", after,
            rest, after);
    }
    text_printf(due, "coalesce((SELECT max(%s) FROM unnest(%s) u(t)), s.start + '%s'::interval)",
                text_string(&one), tenants_sql(), after);
    text_free(&one);
}

/* ---- the case ---- */

static void add_rows(struct text *out, int rows)
{
    static const char *const states[] = {"'open'", "'closed'", "'it''s'", "NULL"};
    static const char *const moods[] = {"'sad'", "'ok'", "'very happy'", "NULL"};
    static const char *const flags[] = {"true", "false", "NULL"};
    static const char *const scores[] = {"5", "4.5", "\"7\"", "\"many\"", "null", "100"};
    text_printf(out,
                "INSERT INTO %s (id, part, account_id, \"%s\", b, at, state, mood, flag, n, j)"
                " VALUES\n",
                now.c->table, now.a);
    for (int i = 0; i < rows; i++) {
        text_printf(out, "%s(%d, %d, %s, %s, %s, %s, %s, %s, %s, %s, ", i ? ",\n" : "", i + 1,
                    below(3), chance(10) ? "NULL" : print("{%d}", 1 + below(6)),
                    value(now.kind_a, true), value(now.kind_b, true), value(TIMESTAMPTZ, true),
                    ONE_OF(states), ONE_OF(moods), ONE_OF(flags),
                    chance(10) ? "NULL" : print("%d", below(9)));
        text_printf(out,
                    "jsonb_build_object('when', jsonb_build_object('at', %s), 'customer', '{%d}', "
                    "'tag', 'a\"b') || '{\"score\": %s}')",
                    value(now.kind_json, true), 1 + below(6), ONE_OF(scores));
    }
    text_add(out, ";\n");
}

/* Keys: how each is made of id and part, and how digests print it. */
static const struct {
    const char *columns; /* DDL */
    const char *printed; /* over r */
} keys[] = {
    {"k bigint GENERATED ALWAYS AS (id * 7 - 20) STORED", "(r.id * 7 - 20)::text"},
    {"k uuid GENERATED ALWAYS AS (md5(id::text)::uuid) STORED", "md5(r.id::text)::uuid::text"},
    {"k text COLLATE \"C\" GENERATED ALWAYS AS ('k \"é,{' || id) STORED", "'k \"é,{' || r.id"},
    {"k numeric GENERATED ALWAYS AS (id::numeric(10,3) / 4) STORED",
     "trim_scale(r.id::numeric / 4)::text"},
    {"k timestamptz GENERATED ALWAYS AS (to_timestamp(1729987200 + id * 1200)) STORED",
     "to_char(timestamp '2024-10-27 00:00' + r.id * interval '20 min', 'YYYY-MM-DD "
     "HH24:MI:SS+00')"},
    {"k date GENERATED ALWAYS AS ('2024-01-01'::date + id) STORED",
     "to_char(date '2024-01-01' + r.id, 'YYYY-MM-DD')"},
    {"k bytea GENERATED ALWAYS AS (decode(md5(id::text), 'hex')) STORED",
     "'\\x' || md5(r.id::text)"},
};

static void add_tables(struct text *out, int key, bool child_has_key, bool waits)
{
    struct oracle_case *c = now.c;
    text_printf(
        out,
        "CREATE SCHEMA {o};\nCREATE TYPE o.mood AS ENUM ('sad', 'ok', 'very happy');\n"
        "CREATE TABLE o.account (account_id int PRIMARY KEY, customer text NOT NULL, plan text, "
        "closed %s);\n"
        "CREATE TABLE o.setting (account_id bigint NOT NULL UNIQUE, customer text NOT NULL "
        "UNIQUE, period interval, days int);\n",
        types[now.kind_parent]);
    for (int i = 1; i <= 6; i++)
        text_printf(out, "INSERT INTO o.account VALUES ({%d}, '{%d}', %s, %s);\n", i, 1 + i % 3,
                    chance(50)   ? "'trial'"
                    : chance(50) ? "'full'"
                                 : "NULL",
                    value(now.kind_parent, true));
    static const char *const odd[] = {"'-1 day'",  "'500 years'",     "'1000000 years'",
                                      "NULL",      "'1 mon -3 days'", "'1 year'",
                                      "'45 days'", "'3 years'"};
    static const char *const odd_days[] = {"-1", "0", "2000000000", "NULL", "45", "400", "60"};
    for (int i = 1; i <= 5; i++)
        text_printf(out, "INSERT INTO o.setting VALUES ({%d}, '{%d}', %s, %s);\n", i, i,
                    chance(60) ? print("'%s'", period()) : ONE_OF(odd), ONE_OF(odd_days));
    const char *primary = c->key_count == 1 ? "k" : chance(50) ? "part, k" : "k, part";
    text_printf(
        out,
        "CREATE TABLE %s (id int NOT NULL, part int NOT NULL, account_id int REFERENCES "
        "o.account, \"%s\" %s, b %s, at timestamptz, state text, mood o.mood, flag boolean, n "
        "smallint, j jsonb, %s, PRIMARY KEY (%s))%s;\n",
        c->table, now.a, types[now.kind_a], types[now.kind_b], keys[key].columns, primary,
        c->partitioned ? " PARTITION BY LIST (part)" : "");
    bool part_first = primary[0] == 'p';
    for (int i = 0; i < 2 && c->partitioned; i++)
        text_printf(out, "CREATE TABLE o.leaf%d PARTITION OF %s FOR VALUES IN (%d);\n", i, c->table,
                    i);
    if (c->partitioned)
        text_printf(
            out,
            "CREATE TABLE o.rest PARTITION OF %s DEFAULT PARTITION BY RANGE (part);\n"
            "CREATE TABLE o.\"Deep leaf\" PARTITION OF o.rest FOR VALUES FROM (2) TO (9);\n",
            c->table);
    for (int i = 0; i < c->key_count; i++) {
        bool is_part = c->key_count == 2 && (i == 0) == part_first;
        c->key_text[i] = is_part ? "r.part::text" : keys[key].printed;
    }
    add_rows(out, 40 + below(60));
    if (chance(50))
        text_printf(out, "CREATE INDEX ON %s (\"%s\");\n", c->table, now.a);

    /* Children hold the key in columns of their own; with a foreign key their order may differ. */
    const char *type = strchr(keys[key].columns, ' ') + 1;
    int length = (int)strcspn(type, " ");
    bool two = c->key_count == 2;
    text_printf(
        out,
        "CREATE TABLE o.child (child_id int PRIMARY KEY, rk %.*s%s, rpart int, seen %s, state "
        "text, account_id int%s);\n",
        length, type, strncmp(type, "text", 4) == 0 ? " COLLATE \"C\"" : "", types[now.kind_child],
        child_has_key ? print(", FOREIGN KEY (rk%s) REFERENCES %s (k%s)", two ? ", rpart" : "",
                              c->table, two ? ", part" : "")
                      : "");
    now.by = !two            ? "[ \"rk\" ]"
             : child_has_key ? (chance(50) ? "[ \"rk\", \"rpart\" ]" : "[ \"rpart\", \"rk\" ]")
             : part_first    ? "[ \"rpart\", \"rk\" ]"
                             : "[ \"rk\", \"rpart\" ]";
    now.join = two ? "c.rk = r.k AND c.rpart = r.part" : "c.rk = r.k";
    text_printf(
        out,
        "INSERT INTO o.child SELECT row_number() OVER (), r.k, r.part, NULL, (ARRAY['open', "
        "'closed', NULL])[1 + (r.id * 7 + g) %% 3], {1} + (r.id + g) %% 6 FROM %s r, "
        "generate_series(1, r.id %% 4) g WHERE r.id %% 5 > 1;\n",
        c->table);
    for (int i = 0; i < 24; i++)
        text_printf(out, "UPDATE o.child SET seen = %s WHERE child_id %% 24 = %d;\n",
                    value(now.kind_child, i < 2), i);
    text_add(out,
             "CREATE INDEX ON o.child (rk);\n"
             "CREATE TABLE o.grandchild (child_id int REFERENCES o.child, no int, PRIMARY KEY (no, "
             "child_id));\n");
    if (c->has_dependants)
        text_add(out,
                 "INSERT INTO o.grandchild SELECT child_id, g FROM o.child, generate_series(1, "
                 "child_id % 3) g;\n");
    text_printf(
        out,
        "CREATE TABLE o.waiter (waiter_id int PRIMARY KEY, rk %.*s%s, rpart int, state text, "
        "at timestamptz%s);\n",
        length, type, strncmp(type, "text", 4) == 0 ? " COLLATE \"C\"" : "",
        waits ? print(", FOREIGN KEY (rk%s) REFERENCES %s (k%s)", two ? ", rpart" : "", c->table,
                      two ? ", part" : "")
              : "");
}

static void pick_kinds(void)
{
    static const enum kind columns[] = {TIMESTAMPTZ, TIMESTAMPTZ, TIMESTAMP, DATE,     DATE,
                                        INT_S,       BIGINT_S,    BIGINT_MS, NUMERIC_S};
    static const enum kind others[] = {TIMESTAMPTZ, TIMESTAMP, DATE, BIGINT_MS};
    now.kind_a = ONE_OF(columns);
    now.kind_b = ONE_OF(columns);
    now.kind_json = chance(75) ? TEXT : TEXT_MS;
    now.kind_parent = ONE_OF(others);
    now.kind_child = ONE_OF(others);
}

/* Everything is written for schema o; {o}, {c} and {3} become the schema's, the category's and a
 * tenant's name. */
static void fill(struct text *text, int base)
{
    struct text out = {0};
    char before = ' ';
    for (const char *p = text_string(text); *p; before = *p++) {
        int number, length = 0;
        if (p[0] == 'o' && p[1] == '.' && strchr(" (\"'", before)) {
            text_add(&out, now.c->schema);
        } else if (strncmp(p, "{o}", 3) == 0 || strncmp(p, "{c}", 3) == 0) {
            text_add(&out, p[1] == 'o' ? now.c->schema : now.c->category);
            p += 2;
        } else if (sscanf(p, "{%d}%n", &number, &length) == 1 && length > 0) {
            text_printf(&out, "%d", base + number);
            p += length - 1;
        } else {
            text_add_char(&out, *p);
        }
    }
    text_free(text);
    *text = out;
}

void oracle_case_make(struct oracle_case *c, uint64_t seed, int number, const char *run_time)
{
    static const char *const quoted[] = {"o.rec", "o.\"order\"", "o.\"Weird \"\"Rec\"\"\"",
                                         "o.\"größe\""};
    static const char *const written[] = {"o.rec", "o.order", "o.\\\"Weird \\\"\\\"Rec\\\"\\\"\\\"",
                                          "o.größe"};
    static const char *const columns[] = {"a", "select", "Started At"};
    memset(c, 0, sizeof(*c));
    memset(&now, 0, sizeof(now));
    state = seed;
    c->seed = seed;
    now.c = c;
    snprintf(c->schema, sizeof(c->schema), number < 0 ? "o" : "o%d", number);
    snprintf(c->category, sizeof(c->category), number < 0 ? "c" : "c%d", number);
    int base = number < 0 ? 0 : number * 10; /* of tenants, so that cases do not share them */
    c->timezone = ONE_OF(zones);
    const char *drawn = ONE_OF(run_times);
    snprintf(c->run_time, sizeof(c->run_time), "%s", run_time ? run_time : drawn);
    int name = chance(70) ? 0 : below(4);
    snprintf(c->table, sizeof(c->table), "%s", quoted[name]); /* its schema is filled in below */
    snprintf(now.a, sizeof(now.a), "%s", chance(60) ? "a" : ONE_OF(columns));
    c->partitioned = chance(40);
    c->key_count = c->partitioned || chance(20) ? 2 : 1;
    c->has_dependants = chance(45);
    now.tenant = below(5);
    pick_kinds();

    /* Rules first: their periods are what rows crowd around. */
    const char *after = period();
    struct start main_start = any_start(), cap_start = any_start(), floor_starts[2];
    bool has_cap = chance(25), cap_own = chance(50);
    const char *cap = has_cap ? period() : NULL;
    int floors = chance(40) ? 1 + below(2) : 0;
    const char *floor_periods[2];
    bool floor_own[2];
    for (int i = 0; i < floors; i++) {
        floor_periods[i] = period();
        floor_own[i] = chance(50);
        floor_starts[i] = any_start();
    }
    bool stage_own = chance(15);
    struct start stage_start = any_start();

    bool waits = chance(20);
    add_tables(&c->tables, below((int)ARRAY_LENGTH(keys)), c->has_dependants, waits);

    /* policy */
    struct text only = {0}, claim = {0}, due = {0}, rules = {0}, free_of = {0};
    bool rest = chance(15);
    struct text other_only = {0}, other_claim = {0};
    if (rest) {
        conditions(&other_only, &other_claim, 1 + below(2), below(2) * 2);
        text_printf(&claim, "NOT %s", text_string(&other_claim));
        text_add(&only, " only = \"rest\";");
    } else {
        conditions(&only, &claim, below(3), chance(30) ? 2 : 0);
    }
    c->whole_table = !rest;
    text_add(&c->claimed, text_string(&claim));

    agreements(&rules, &due, after);
    struct text start_of = {0}, caps = {0};
    start_sql(&start_of, stage_own ? &stage_start : &main_start);
    if (has_cap) {
        text_printf(&rules, "  keep_at_most: { for = \"%s\"; because = \"x\";", cap);
        if (cap_own) {
            text_add(&rules, " start = ");
            start_policy(&rules, &cap_start);
            text_add(&rules, ";");
        }
        text_add(&rules, " };\n");
        start_sql(&caps, cap_own ? &cap_start : &main_start);
    }
    if (floors)
        text_add(&rules, "  keep_at_least = (");
    for (int i = 0; i < floors; i++) {
        text_printf(&rules, "%s { for = \"%s\"; because = \"x\";", i ? "," : "", floor_periods[i]);
        text_add(&free_of, "\n AND coalesce(");
        if (floor_own[i]) {
            text_add(&rules, " start = ");
            start_policy(&rules, &floor_starts[i]);
            text_add(&rules, ";");
        }
        start_sql(&free_of, floor_own[i] ? &floor_starts[i] : &main_start);
        text_printf(&free_of, " + '%s'::interval <= '%s'::timestamptz, false)", floor_periods[i],
                    c->run_time);
        text_add(&rules, " }");
    }
    if (floors)
        text_add(&rules, " );\n");
    int keeps = chance(30) ? 1 + below(2) : 0;
    for (int i = 0; i < keeps; i++) {
        text_add(&rules, i ? ", {" : "  keep_while = ( {");
        if (chance(50)) {
            text_printf(&rules,
                        " child = \"o.child\"; by = %s; only = ( { column = \"state\"; eq = "
                        "\"open\"; } );",
                        now.by);
            text_printf(&free_of,
                        "\n AND NOT EXISTS (SELECT FROM o.child c WHERE %s AND c.state = "
                        "'open')",
                        now.join);
        } else {
            text_add(&free_of, "\n AND NOT ");
            conditions(&rules, &free_of, 1 + below(2), 0);
        }
        text_add(&rules, " because = \"x\"; }");
    }
    if (keeps)
        text_add(&rules, " );\n");
    if (waits) {
        text_printf(&c->tables,
                    "INSERT INTO o.waiter SELECT id, k, part, 'keep' FROM %s WHERE id %% 6 = "
                    "0;\n",
                    c->table);
        text_printf(&free_of,
                    "\n AND NOT EXISTS (SELECT FROM o.waiter c WHERE %s AND c.state = "
                    "'keep')",
                    now.join);
    }
    if (now.tenant && chance(25)) {
        text_add(
            &c->marks,
            "INSERT INTO retention.pause (scope, name, reason, paused_by, until, resumed_at) VALUES"
            " ('tenant', '{1}', 'x', 'x', NULL, NULL),"
            " ('tenant', '{2}', 'x', 'x', now() - interval '1 day', NULL),"
            " ('tenant', '{3}', 'x', 'x', NULL, now()),"
            " ('tenant', '{4}', 'x', 'x', now() + interval '1 day', NULL),"
            " ('category', '{5}', 'x', 'x', NULL, NULL);\n");
        text_printf(&free_of, "\n AND NOT (%s && ARRAY['{1}', '{4}'])", tenants_sql());
    }
    text_add(&c->marks, "SET session_replication_role = replica;\n");
    for (int i = 1; i <= 4; i++)
        text_printf(
            &c->marks,
            "INSERT INTO retention.agreement_state (category, tenant, settled) VALUES ('%s', "
            "'{%d}', '%s') ON CONFLICT (category, tenant) DO UPDATE SET settled = "
            "EXCLUDED.settled;\n",
            i < 4 ? "{c}" : "{c}d", i, period());
    bool held = chance(4);
    const char *hold = chance(50) || number >= 0 ? ", (gen_random_uuid(), '{c}', true, NULL)"
                                                 : ", (gen_random_uuid(), NULL, true, NULL)";
    text_printf(
        &c->marks,
        "INSERT INTO retention.hold (hold, category, active, released_at) VALUES "
        "(gen_random_uuid(), '{c}d', true, NULL), (gen_random_uuid(), '{c}', false, now())%s;\n"
        "SET session_replication_role = DEFAULT;\n",
        held ? hold : "");
    if (held)
        text_add(&free_of, "\n AND false");

    text_printf(&c->policy,
                "{c}: {\n  title = \"x\"; basis = \"x\"; mode = \"enforce\"; timezone = \"%s\";\n  "
                "data: {\n    table = "
                "\"%s\";%s\n    start = ",
                c->timezone, written[name], text_string(&only));
    start_policy(&c->policy, &main_start);
    text_add(&c->policy, ";\n    ");
    tenant_policy(&c->policy);
    const char *with = c->has_dependants
                           ? print(" with = ( { table = \"o.child\"; by = %s; with = ( { table = "
                                   "\"o.grandchild\"; by = [ \"child_id\" ]; } ); } );",
                                   now.by)
                           : "";
    if (waits)
        with = print("%s wait_for = [ \"{c}_w\" ];", with);
    text_printf(&c->policy, "   %s\n", with);
    text_printf(&c->policy,
                "  };\n%s  brake: { fraction = 1.0; tenant_fraction = 1.0; };\n  stages = ( { name "
                "= \"gone\"; after = \"%s\"; do = \"delete\";",
                text_string(&rules), after);
    if (stage_own) {
        text_add(&c->policy, " start = ");
        start_policy(&c->policy, &stage_start);
        text_add(&c->policy, ";");
    }
    text_add(&c->policy, " } );\n};\n");
    if (rest)
        text_printf(&c->policy,
                    "{c}_other: {\n  mode = \"observe\"; timezone = \"%s\";\n  data: { table = "
                    "\"%s\"; start = \"at\";%s%s };\n  stages = ( { after = \"90 years\"; do "
                    "= \"delete\"; } );\n};\n",
                    c->timezone, written[name], text_string(&other_only), with);
    if (waits)
        text_add(&c->policy,
                 "{c}_w: {\n  mode = \"observe\";\n  data: { table = \"o.waiter\"; start = "
                 "\"at\"; only = ( { column = \"state\"; eq = \"keep\"; } ); };\n  stages = "
                 "( { after = \"90 years\"; do = \"delete\"; } );\n};\n");

    /* start + period <= run time, or the cap's; NULL compares to nothing */
    text_printf(&c->expected,
                "SELECT r.id FROM %s r CROSS JOIN LATERAL (SELECT %s AS start) s\n WHERE %s",
                c->table, text_string(&start_of), text_string(&claim));
    text_printf(&c->expected, "\n AND s.start IS NOT NULL AND (%s <= '%s'::timestamptz",
                text_string(&due), c->run_time);
    if (has_cap)
        text_printf(&c->expected, " OR coalesce(%s + '%s'::interval <= '%s'::timestamptz, false)",
                    text_string(&caps), cap, c->run_time);
    text_printf(&c->expected, ")%s", text_string(&free_of));

    struct text table = {0};
    text_add(&table, c->table);
    fill(&table, base);
    snprintf(c->table, sizeof(c->table), "%s", text_string(&table));
    text_free(&table);
    fill(&c->tables, base);
    fill(&c->marks, base);
    fill(&c->policy, base);
    fill(&c->expected, base);
    fill(&c->claimed, base);
    text_free(&only);
    text_free(&claim);
    text_free(&due);
    text_free(&rules);
    text_free(&free_of);
    text_free(&other_only);
    text_free(&other_claim);
    text_free(&start_of);
    text_free(&caps);
}

void oracle_case_free(struct oracle_case *c)
{
    text_free(&c->tables);
    text_free(&c->marks);
    text_free(&c->policy);
    text_free(&c->expected);
    text_free(&c->claimed);
}
