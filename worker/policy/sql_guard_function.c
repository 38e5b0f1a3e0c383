/* The functions of a guard: what each looks at, in which order, and what it refuses or tells. */
#include <assert.h>
#include <string.h>

#include "policy/sql_guard_internal.h"

static const char *value_of(struct arena *arena, const struct catalog_column *column,
                            const char *row, const char *name, bool is_plain)
{
    const char *value = arena_printf(arena, is_plain ? "%s.%s" : "(%s.%s)::text", row, name);
    return column->deterministic_collation ? value
                                           : arena_printf(arena, "(%s COLLATE \"C\")", value);
}

/* "(old.a IS DISTINCT FROM new.a)", as PostgreSQL prints it: by the values of types for which they
 * say as much as their text does, by the text of others that look like text. What is left is
 * compared as it is stored: sessions can set how many digits of a number are printed, and a WHEN
 * cannot set it back. */
static const char *differs_in(struct maker *m, const struct guarded *g, const char *old,
                              const char *new, const char *column)
{
    static const char *const plain[] = {"smallint",
                                        "integer",
                                        "bigint",
                                        "uuid",
                                        "boolean",
                                        "date",
                                        "timestamp without time zone",
                                        "timestamp with time zone"};
    struct arena *arena = m->b.arena;
    const struct catalog_column *c = catalog_column(g->table, column);
    assert(c);
    const char *name = quote_name(arena, column);
    bool is_plain = text_equal(c->type, "text");
    for (size_t i = 0; i < ARRAY_LENGTH(plain); i++)
        is_plain |= text_equal(c->type, plain[i]);
    if (!is_plain && c->type_category != 'S')
        return arena_printf(arena, "(NOT record_image_eq(ROW(%s.%s), ROW(%s.%s)))", old, name, new,
                            name);
    return arena_printf(arena, "(%s IS DISTINCT FROM %s)", value_of(arena, c, old, name, is_plain),
                        value_of(arena, c, new, name, is_plain));
}

/* What is compared: the columns that decide. Before the change generated ones are not known yet:
 * all the others then. */
static struct string_list compared(struct maker *m, const struct guarded *g)
{
    struct string_list list = {0};
    bool generated = false;
    for (size_t i = 0; i < g->columns.count; i++)
        generated |= catalog_column(g->table, g->columns.items[i])->generated;
    if (!g->before || !generated)
        return g->columns;
    for (size_t i = 0; i < g->table->column_count; i++)
        if (!g->table->columns[i].generated)
            sql_list_add(m->b.arena, &list, g->table->columns[i].name);
    return list;
}

/* "(old.a IS DISTINCT FROM new.a)", several joined by OR, in parentheses. */
const char *guard_differs(struct maker *m, const struct guarded *g, const char *old,
                          const char *new)
{
    struct string_list columns = compared(m, g);
    struct text text = {0};
    if (columns.count > 1)
        text_add_char(&text, '(');
    for (size_t i = 0; i < columns.count; i++)
        text_printf(&text, "%s%s", i ? " OR " : "", differs_in(m, g, old, new, columns.items[i]));
    if (columns.count > 1)
        text_add_char(&text, ')');
    return sql_take_text(m->b.arena, &text);
}

static const char *images(struct maker *m, const struct guarded *g, const char *row)
{
    struct text text = {0};
    text_add(&text, "ROW(");
    for (size_t i = 0; i < g->columns.count; i++) {
        const char *name = g->columns.items[i];
        const char *value = arena_printf(m->b.arena, "%s.%s", row, quote_name(m->b.arena, name));
        text_printf(&text, "%s%s", i ? ", " : "",
                    sql_as_text(m->b.arena, catalog_column(g->table, name), value));
    }
    text_add(&text, ")::text");
    return sql_take_text(m->b.arena, &text);
}

/* Old rows without a new one that decides alike: by key, or counted where there is no key. OFFSET
 * keeps the costly question for the rows that this leaves. */
static const char *altered(struct maker *m, const struct guarded *g)
{
    struct arena *arena = m->b.arena;
    if (!g->key.count) {
        const char *old = images(m, g, "o"), *new = images(m, g, "n");
        return arena_printf(
            arena,
            "(SELECT o.* FROM (SELECT o.*, %s AS \"retention image\", row_number() OVER "
            "(PARTITION BY %s) AS \"retention copy\" FROM old_rows o) o LEFT JOIN (SELECT %s AS "
            "image, count(*) AS copies FROM new_rows n GROUP BY 1) n ON n.image = o.\"retention "
            "image\" WHERE o.\"retention copy\" > coalesce(n.copies, 0) OFFSET 0)",
            old, old, new);
    }
    struct text keys = {0};
    for (size_t i = 0; i < g->key.count; i++) {
        const struct catalog_column *column = catalog_column(g->table, g->key.items[i]);
        const char *name = quote_name(arena, g->key.items[i]);
        text_printf(&keys, "n.%s %s o.%s AND ", name, sql_operator(arena, column, "="), name);
    }
    return arena_printf(arena,
                        "(SELECT o.* FROM old_rows o WHERE NOT EXISTS (SELECT 1 FROM new_rows n "
                        "WHERE %sNOT %s) OFFSET 0)",
                        sql_take_text(arena, &keys), guard_differs(m, g, "o", "n"));
}

static const char *source(struct maker *m, const struct guarded *g, const char *rows)
{
    if (g->kind == KIND_READ)
        return "(SELECT 1) r";
    return arena_printf(m->b.arena, "%s %s", rows, g->kind == KIND_OWN ? "t" : "d");
}

/* The first hold that covers a row of `rows` by whatever it names, into found_hold. */
static const char *find_hold(struct maker *m, const struct guarded *g, const char *rows,
                             const char *row, const char *any)
{
    struct sql_builder *b = &m->b;
    const char *by = guard_kept(m, g, row, "guard_hold.hold");
    return arena_printf(b->arena,
                        "SELECT (SELECT guard_hold.hold FROM (SELECT DISTINCT s.hold FROM "
                        "retention.held_scope s WHERE s.category = %s AND s.held_until > now()) "
                        "guard_hold\n WHERE %s LIMIT 1)\n  INTO found_hold FROM %s\n WHERE %s\n "
                        "LIMIT 1",
                        sql_value(b, b->category->name, "text"), by, source(m, g, rows), any);
}

static const char *refusal(struct maker *m, const char *find)
{
    return arena_printf(m->b.arena,
                        "%s;\n"
                        "IF FOUND THEN\n"
                        "PERFORM retention.guard_refuse(found_hold, TG_TABLE_SCHEMA, "
                        "TG_TABLE_NAME, TG_OP);\n"
                        "END IF;\n",
                        find);
}

/* Statements that look at `rows`, or READ at the row, and refuse or tell. */
static const char *judgement(struct maker *m, const struct guarded *g, const char *rows,
                             const char *row)
{
    struct sql_builder *b = &m->b;
    sql_begin(b);
    const char *any = guard_kept(m, g, row, NULL);
    if (b->category->guard == GUARD_OBSERVE) {
        struct sql_statement count = sql_finish(
            b, arena_printf(b->arena, "SELECT count(*) INTO found_rows FROM %s\n WHERE %s",
                            source(m, g, rows), any));
        return arena_printf(b->arena,
                            "%s;\n"
                            "IF found_rows > 0 THEN\n"
                            "PERFORM retention.guard_observe(%s, TG_TABLE_SCHEMA, TG_TABLE_NAME, "
                            "TG_OP, found_rows);\n"
                            "END IF;\n",
                            count.text, quote_text(b->arena, b->category->name));
    }
    if (!guard_is_by_row(g))
        return refusal(m, sql_finish(b, find_hold(m, g, rows, row, any)).text);
    /* Which hold it is costs more than whether there is one: it is not made ready for each row. */
    const char *is_kept =
        sql_finish(b, arena_printf(b->arena, "EXISTS (SELECT 1 FROM %s\n WHERE %s)",
                                   source(m, g, rows), any))
            .text;
    sql_begin(b);
    const char *find = find_hold(m, g, rows, row, guard_kept(m, g, row, NULL));
    return arena_printf(b->arena, "IF %s THEN\n%sEND IF;\n", is_kept,
                        refusal(m, sql_finish(b, find).text));
}

/* Is there a hold with a range that a starting point could leave? */
static const char *could_leave(struct sql_builder *b)
{
    return arena_printf(b->arena,
                        "EXISTS (SELECT 1 FROM retention.held_scope s WHERE s.category = %s AND "
                        "%s AND s.held_until > now())",
                        quote_text(b->arena, b->category->name), sql_has_range(b, "s"));
}

/* What a row that is there no more was to held records, and what one that is added would be. */
static const char *row_judgement(struct maker *m, const struct guarded *g)
{
    struct sql_builder *b = &m->b;
    b->one_row = true;
    const char *old = judgement(m, g, "(SELECT OLD.*)", "OLD");
    if (!g->moves && !g->claims)
        return old;
    b->moves = g->claims ? 0 : g->moves;
    b->added = g->table;
    const char *new = judgement(m, g, NULL, "NEW");
    const char *any = b->moves ? arena_printf(b->arena, " AND %s", could_leave(b)) : "";
    b->moves = 0;
    b->added = NULL;
    return arena_printf(b->arena,
                        "IF TG_OP <> 'INSERT' THEN\n%sEND IF;\n"
                        "IF TG_OP <> 'DELETE'%s THEN\n%sEND IF;\n",
                        old, any, new);
}

/* Rows of a statement: of a few each is looked up, of many the scopes are hashed once. */
static const char *statement_judgement(struct maker *m, const struct guarded *g, const char *rows)
{
    m->b.one_row = true;
    const char *few = judgement(m, g, rows, NULL);
    m->b.one_row = false;
    return arena_printf(m->b.arena,
                        "IF (SELECT count(*) FROM (SELECT 1 FROM old_rows LIMIT 101) few) <= 100 "
                        "THEN\n%sELSE\n%sEND IF;\n",
                        few, judgement(m, g, rows, NULL));
}

/* A block of the function's body, a condition before it. */
static void add_block(struct text *t, const char *when, const char *what)
{
    text_printf(t, "%s\n%s", when, what);
}

/* Of rows that nobody counted. */
static const char *uncounted(struct maker *m, const char *refuse)
{
    if (m->b.category->guard == GUARD_REFUSE)
        return arena_printf(m->b.arena,
                            "PERFORM retention.%s(found_hold, TG_TABLE_SCHEMA, TG_TABLE_NAME, "
                            "TG_OP);\n",
                            refuse);
    return arena_printf(m->b.arena,
                        "PERFORM retention.guard_observe(%s, TG_TABLE_SCHEMA, TG_TABLE_NAME, "
                        "TG_OP, NULL);\n",
                        quote_text(m->b.arena, m->b.category->name));
}

static const char *if_rows(struct maker *m, const struct guarded *g, const char *tell)
{
    if (guard_is_by_row(g))
        return tell;
    return arena_printf(m->b.arena, "IF EXISTS (SELECT 1 FROM old_rows) THEN\n%sEND IF;\n", tell);
}

/* Views, and columns of other types than the guard was made for, are not looked at: every row
 * counts. Of a view not even a plan is made. */
static void add_odd(struct maker *m, const struct guarded *g, struct text *t)
{
    const char *tell = if_rows(m, g, uncounted(m, "guard_outdated"));
    add_block(t, "ELSIF is_odd THEN", tell);
    add_block(t, arena_printf(m->b.arena, "ELSIF %s THEN", guard_has_odd_types(m, g)), tell);
}

/* Where the guard was made for another policy, every row counts that it would look at. */
static void add_outdated(struct maker *m, const struct guarded *g, struct text *t)
{
    struct sql_builder *b = &m->b;
    const char *tell = uncounted(m, "guard_outdated");
    if (!guard_is_by_row(g)) {
        if (g->columns.count)
            add_block(t, "ELSIF is_outdated AND TG_OP = 'UPDATE' THEN",
                      arena_printf(b->arena, "IF EXISTS (SELECT 1 FROM %s o) THEN\n%sEND IF;\n",
                                   altered(m, g), tell));
        tell = if_rows(m, g, tell);
    } else if (g->moves && !g->claims) {
        tell = arena_printf(b->arena, "IF TG_OP <> 'INSERT' OR %s THEN\n%sEND IF;\n",
                            could_leave(b), tell);
    }
    add_block(t, "ELSIF is_outdated THEN", tell);
}

const char *guard_body(struct maker *m, const struct guarded *g)
{
    struct sql_builder *b = &m->b;
    bool refuse = b->category->guard == GUARD_REFUSE;
    const char *category = quote_text(b->arena, b->category->name);
    struct text t = {0};
    text_printf(&t,
                "\n-- Made by retentiond for category %s: guard = \"%s\".\n"
                "#variable_conflict use_column\n"
                "DECLARE\n"
                "found_hold uuid;\n"
                "found_rows bigint;\n"
                "is_outdated boolean;\n"
                "is_elsewhere boolean;\n"
                "is_odd boolean;\n"
                "BEGIN\n",
                b->category->name, refuse ? "refuse" : "observe");
    if (refuse)
        text_add(&t, "LOCK TABLE retention.hold_gate IN ROW SHARE MODE;\n"
                     "IF current_setting('transaction_isolation') IN ('repeatable read', "
                     "'serializable') THEN\n"
                     "PERFORM retention.guard_snapshot();\n"
                     "END IF;\n");
    /* in that order, the index on it is read; else, maybe, a whole table without a match */
    text_printf(&t,
                "SELECT s.hold, (SELECT c.hold_bound FROM retention.category c WHERE c.name = %s) "
                "IS DISTINCT FROM\n %s::jsonb, %s, %s\n"
                " INTO found_hold, is_outdated, is_elsewhere, is_odd FROM retention.held_scope s\n"
                " WHERE s.category = %s AND s.held_until > now() ORDER BY s.held_until DESC LIMIT "
                "1;\n",
                category, quote_text(b->arena, m->bound), guard_fires_elsewhere(m, g->table),
                guard_looks_at_view(m, g), category);
    /* What happens to another table is refused. It is no news of records, unless it is the guarded
     * one under another name. */
    add_block(&t, "IF NOT FOUND THEN\nNULL;\nELSIF is_elsewhere THEN",
              refuse ? uncounted(m, "guard_outdated")
                     : arena_printf(b->arena,
                                    "IF TG_NAME LIKE '%%retention\\_guard\\_%%' THEN\n"
                                    "%sEND IF;\n",
                                    uncounted(m, NULL)));
    add_block(&t, "ELSIF TG_OP = 'TRUNCATE' THEN", uncounted(m, "guard_refuse"));
    add_odd(m, g, &t);
    add_outdated(m, g, &t);
    if (guard_is_by_row(g)) {
        add_block(&t, "ELSE", row_judgement(m, g));
    } else {
        if (g->columns.count)
            add_block(&t, "ELSIF TG_OP = 'UPDATE' THEN", statement_judgement(m, g, altered(m, g)));
        add_block(&t, "ELSE", statement_judgement(m, g, "old_rows"));
    }
    text_add(&t, "END IF;\n");
    if (g->before)
        text_add(&t, "IF TG_OP IN ('INSERT', 'UPDATE') THEN\nRETURN NEW;\nEND IF;\n"
                     "RETURN OLD;\nEND\n");
    else
        text_add(&t, "RETURN NULL;\nEND\n");
    return sql_take_text(b->arena, &t);
}

/* Does the session print values of this type in a way of its own? */
static bool prints_by_setting(const struct catalog_column *column)
{
    static const char *const types[] = {"date", "bytea", "interval", "real", "double precision",
                                        "money"};
    for (size_t i = 0; i < ARRAY_LENGTH(types); i++)
        if (text_equal(column->base_type, types[i]))
            return true;
    return text_starts_with(column->base_type, "time");
}

static bool prints_any(const struct guarded *g)
{
    for (size_t i = 0; i < g->columns.count; i++)
        if (prints_by_setting(catalog_column(g->table, g->columns.items[i])))
            return true;
    return false;
}

/* What the application's session may have set otherwise, and values depend on. A row trigger pays
 * for each, so only where it may matter. */
const char *guard_settings(struct maker *m, const struct guarded *g, const char *body)
{
    struct arena *arena = m->b.arena;
    struct text out = {0};
    /* Literals with backslashes stand in it, and in functions that it calls. */
    text_add(&out, "search_path=pg_catalog, pg_temp\nrow_security=off\n"
                   "standard_conforming_strings=on");
    /* One plan for all rows; scopes are found by indexes, also where they came after it was made.
     */
    text_printf(&out, "\nplan_cache_mode=force_generic_plan\njit=off%s",
                g->kind == KIND_READ ? "" : "\nenable_seqscan=off");
    bool pin = strstr(body, "try_timestamptz") != NULL;
    pin |= prints_any(g);
    for (size_t i = 0; i < m->count; i++) /* what parents and children have is compared, too */
        pin |= prints_any(&m->all[i]);
    if (pin)
        text_printf(&out,
                    "\nDateStyle=ISO, YMD\nIntervalStyle=postgres\nbytea_output=hex\n"
                    "extra_float_digits=1\nTimeZone=%s",
                    m->b.timezone);
    return sql_take_text(arena, &out);
}
