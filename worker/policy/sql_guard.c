/* The functions and triggers of a category's guard.
 *
 * A record is what stands in the category's table with all that hangs on it. Three kinds of tables
 * decide about it, each with a function of its own, and each way in which a table hangs:
 *
 *   OWN     the category's table: a row is held where its claim and its holds say so
 *   HANGS   a dependant: a row is held where the record above it is
 *   READ    a parent or child that the claim or a scope reads (subject, tenant, start): a row is
 *           kept where a held record reads it, lest the record lose its hold by way of it
 *
 * Refused on these rows are DELETE, and UPDATE of what decides: the key, the links from and to
 * dependants, and every column that the condition names; and of what a stage of the category would
 * change, whether it is due or not. TRUNCATE is refused while any hold of the category is in force.
 *
 * The invariant is that of batches: the gate first (hold_gate, ROW SHARE), then, in statements of
 * their own, the holds; whoever places a hold waits for all transactions that keep the gate. READ
 * COMMITTED takes a new snapshot for each of these statements; an older snapshot that cannot see a
 * hold placed since is refused by retention.guard_snapshot.
 *
 * Plain tables have statement triggers with transition tables, which PostgreSQL captures in any
 * case. On a partitioned table those would not fire for DML on a leaf, and are not copied to
 * partitions: row triggers are, also to those attached later.
 *
 * Where the condition reads other tables, one statement (several WITH, a cascade) can change the
 * record and what it reads, and once it is over nothing tells that the record was held. So READ
 * triggers, and all of a category whose condition reads other tables, are row triggers BEFORE the
 * change, which see what the statement did so far and nothing of what is to come: as long as no row
 * that a held record is made of or reads was changed, the record is still seen to be held,
 * whichever of its rows comes first; and a child of a free one is seen to hang on a free one.
 *
 * A row that is added (or, by UPDATE, hung elsewhere) can free a record, too: an event that moves
 * its starting point out of a hold's range, a child that makes the claim false. Who reads it is
 * asked before: about holds with a range that a starting point moving that way could leave, where
 * it is known; about any hold, where the claim reads that table.
 *
 * What holds name is converted to the columns, forms and types of the policy in effect. A guard
 * that was made for others, before an approval or ahead of it, would look for values that are not
 * there. So it compares what it was made for with category.hold_bound, and where they differ it
 * refuses whatever it would look at, while there is a hold.
 *
 * The functions belong to the reader, and a table's owner may put them into triggers, and say what
 * its columns are. So they look at nothing but the guarded table and its partitions, and not at
 * columns of a type that may have casts of its owner's, nor at views: they refuse.
 *
 * The worker's batches have asked under the gate already. begin_batch says so by a setting, which
 * anybody can make, and by the sequence batch_begun, which only its owner can set, and so whoever
 * is a member of that role, and superusers: its currval() is the transaction that began a batch in
 * this session. Triggers compare it in their WHEN, so that a batch calls no function. Where the
 * policy accepts triggers it is the transaction's negative: then the batch's own statements pass
 * and what triggers do is judged like anybody's; so are cascades, which find dependants gone
 * already. Else there are only cascades below a batch, and each would call a function for nothing.
 * What has to be put on every partition by hand is TRUNCATE's trigger. */
#include <assert.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/encode.h"
#include "policy/guard.h"
#include "policy/sql_guard_internal.h"

/* ---- small texts ---- */

static void sha256_hex(const char *text, char ret_hex[65])
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    if (!EVP_Digest(text, strlen(text), digest, &size, EVP_sha256(), NULL) || size != 32)
        abort(); /* without a digest nothing can be recognised */
    hex_encode(ret_hex, digest, size);
}

/* At most n bytes of a category's name, which is ASCII. */
static const char *shortened(struct maker *m, size_t n)
{
    return arena_strndup(m->b.arena, m->b.category->name, n);
}

/* Of a table that hangs on the category's records in several ways, each is one of its own; the
 * first is known by the table alone. */
static const char *identity(struct maker *m, const struct guarded *g)
{
    static const char kinds[] = "ohr";
    char hex[65];
    size_t before = 0;
    for (const struct guarded *other = m->all; other < g; other++)
        before += other->kind == g->kind && other->table == g->table;
    const char *way = before ? arena_printf(m->b.arena, "\n%zu", before + 1) : "";
    sha256_hex(arena_printf(m->b.arena, "%s\n%s\n%c%s", m->b.category->name,
                            quote_table(m->b.arena, g->table), kinds[g->kind], way),
               hex);
    return arena_strndup(m->b.arena, hex, 8);
}

/* ---- conditions ---- */

/* Does the category take the row t, and does a hold cover it? `hold`: by this one. */
static const char *covered(struct sql_builder *b, const char *hold)
{
    const char *claim = sql_claim(b, &b->target, b->category);
    const char *held = sql_held_by(b, hold);
    if (text_equal(claim, "true"))
        return held;
    return arena_printf(b->arena, "(%s) AND %s", claim, held);
}

/* Is the record that the row of scope hangs on covered? */
static const char *hangs(struct sql_builder *b, const struct sql_scope *scope,
                         const struct dependant *const *path, size_t depth, const char *hold)
{
    if (depth == 0)
        return covered(b, hold);
    const struct dependant *own = path[depth - 1];
    struct sql_scope up = b->target;
    if (depth > 1) {
        const struct dependant *above = path[depth - 2];
        up = (struct sql_scope){.table = sql_catalog_table(b, above->table),
                                .alias = sql_alias(b, 'u')};
        up.key = above->key.count ? above->key : sql_primary_key(b->arena, up.table);
    }
    struct reference reference = sql_reference(b, scope->table, &own->by, up.table, &up.key);
    const char *where = sql_joined(b, &reference, scope, &up);
    return arena_printf(b->arena, "(EXISTS (SELECT 1 FROM %s %s WHERE %s AND %s))",
                        sql_from(b, up.table), up.alias, where,
                        hangs(b, &up, path, depth - 1, hold));
}

static const struct sql_lookup *outer_lookup(const struct sql_builder *b,
                                             const struct sql_lookup *lookup)
{
    for (size_t i = 0; i < b->lookup_count; i++)
        if (text_equal(b->lookups[i].inner.alias, lookup->outer))
            return &b->lookups[i];
    return NULL;
}

/* The lookup's link with another name for its row: the same for lookups that find the same rows. */
static const char *link_of(struct sql_builder *b, const struct sql_lookup *lookup)
{
    struct text text = {0};
    size_t n = strlen(lookup->inner.alias);
    for (const char *p = lookup->where; *p;) {
        if (strncmp(p, lookup->inner.alias, n) == 0 && p[n] == '.') {
            text_add(&text, "?");
            p += n;
        } else {
            text_add_char(&text, *p++);
        }
    }
    return sql_take_text(b->arena, &text);
}

static bool is_repeated(struct sql_builder *b, size_t index)
{
    const struct sql_lookup *lookup = &b->lookups[index];
    for (size_t i = 0; i < index; i++)
        if (b->lookups[i].inner.table == lookup->inner.table &&
            text_equal(b->lookups[i].outer, lookup->outer) &&
            text_equal(link_of(b, &b->lookups[i]), link_of(b, lookup)))
            return true;
    return false;
}

/* Does a covered record read the row (OLD, NEW) of table, by any of its condition's lookups? */
static const char *is_read(struct sql_builder *b, const struct catalog_table *table,
                           const char *row, const char *hold)
{
    const char *condition = covered(b, hold);
    struct text text = {0};
    size_t count = b->lookup_count;
    for (size_t i = 0; i < count; i++) {
        const struct sql_lookup *lookup = &b->lookups[i];
        if (lookup->inner.table != table || is_repeated(b, i))
            continue;
        text_printf(&text, "%s(EXISTS (SELECT 1 FROM (SELECT %s.*) %s", text.length ? " OR " : "",
                    row, lookup->inner.alias);
        struct text where = {0};
        text_add(&where, lookup->where);
        for (const struct sql_lookup *l = outer_lookup(b, lookup); l; l = outer_lookup(b, l)) {
            text_printf(&text, ", %s %s", sql_from(b, l->inner.table), l->inner.alias);
            text_printf(&where, " AND %s", l->where);
        }
        text_printf(&text, ", %s t WHERE %s AND %s))", sql_from(b, b->target.table),
                    text_string(&where), condition);
        text_free(&where);
    }
    return sql_take_text(b->arena, &text);
}

/* The condition of a row under the alias that source() gives; READ: of the row. */
static const char *kept(struct maker *m, const struct guarded *g, const char *row, const char *hold)
{
    struct sql_builder *b = &m->b;
    if (g->kind == KIND_READ)
        return is_read(b, g->table, row, hold);
    struct sql_scope d = {.table = g->table, .alias = "d"};
    return hangs(b, g->depth ? &d : &b->target, g->path, g->depth, hold);
}

/* ---- what decides ---- */

static void add_column(struct maker *m, struct guarded *g, const char *name)
{
    if (!string_list_has(&g->columns, name))
        sql_list_add(m->b.arena, &g->columns, name);
}

static void add_columns(struct maker *m, struct guarded *g, const struct string_list *names)
{
    for (size_t i = 0; i < names->count; i++)
        add_column(m, g, names->items[i]);
}

/* Columns of the row above that its dependants name. */
static void add_linked(struct maker *m, struct guarded *g, const struct dependant *with,
                       size_t count)
{
    struct sql_builder *b = &m->b;
    for (size_t i = 0; i < count; i++) {
        struct reference reference =
            sql_reference(b, sql_catalog_table(b, with[i].table), &with[i].by, g->table, &g->key);
        add_columns(m, g, &reference.columns);
    }
}

/* Columns of the record that stages change, and the marks that say that they did. */
static void add_changed(struct maker *m, struct guarded *g)
{
    const struct category *c = m->b.category;
    for (size_t i = 0; i < c->stage_count; i++) {
        const struct stage *stage = &c->stages[i];
        if (policy_stage_removes(stage))
            continue;
        for (size_t k = 0; policy_stage_column(stage, k); k++)
            add_column(m, g, policy_stage_column(stage, k));
        if (stage->mark)
            add_column(m, g, stage->mark);
    }
}

static struct guarded *add_guarded(struct maker *m, enum kind kind,
                                   const struct catalog_table *table)
{
    m->all = arena_push(m->b.arena, m->all, &m->count, sizeof(*m->all));
    m->all[m->count - 1] = (struct guarded){.kind = kind, .table = table};
    return &m->all[m->count - 1];
}

static void add_dependants(struct maker *m, const struct dependant *with, size_t count,
                           const struct dependant *const *path, size_t depth)
{
    for (size_t i = 0; i < count && depth < DEPTH_MOST; i++) {
        struct guarded *g = add_guarded(m, KIND_HANGS, sql_catalog_table(&m->b, with[i].table));
        if (depth)
            memcpy(g->path, path, depth * sizeof(*path));
        g->path[depth] = &with[i];
        g->depth = depth + 1;
        g->key = with[i].key.count ? with[i].key : sql_primary_key(m->b.arena, g->table);
        add_columns(m, g, &with[i].by);
        add_columns(m, g, &g->key);
        add_linked(m, g, with[i].with, with[i].with_count);
        for (size_t k = 0; k < with[i].column_count; k++)
            add_column(m, g, with[i].columns[k].column);
        const struct dependant *here[DEPTH_MOST];
        memcpy(here, g->path, sizeof(here));
        add_dependants(m, with[i].with, with[i].with_count, here, depth + 1);
    }
}

static struct guarded *find_read(struct maker *m, const struct catalog_table *table)
{
    for (size_t i = 0; i < m->count; i++)
        if (m->all[i].kind == KIND_READ && m->all[i].table == table)
            return &m->all[i];
    return NULL;
}

/* enum sql_move: a latest child that is added moves the starting point up, if at all, and an
 * earliest one down; but where there is something else without a child. */
static unsigned moves(const struct start *start, const struct catalog_table *table)
{
    unsigned way = 0;
    for (size_t i = 0; i < start->ref_count; i++) {
        const struct ref *ref = &start->refs[i];
        bool is_it = ref->kind == REF_CHILD && text_equal(ref->table.schema, table->schema) &&
                     text_equal(ref->table.name, table->name);
        if (ref->none || start->ignore_nulls || (ref->kind != REF_COLUMN && !is_it))
            return SQL_RISES | SQL_FALLS;
        if (is_it)
            way |= ref->pick == PICK_LATEST ? SQL_RISES : SQL_FALLS;
    }
    return way;
}

/* Tables of which rows that are added decide: no record can have read them before where a foreign
 * key leads from it to them. */
static void note_added(struct maker *m, bool claim)
{
    struct sql_builder *b = &m->b;
    sql_begin(b);
    if (claim)
        (void)sql_claim(b, &b->target, b->category);
    else
        (void)sql_start(b, &b->target, &b->category->start);
    for (size_t i = 0; i < b->lookup_count; i++) {
        const struct catalog_constraint *key = b->lookups[i].parent_key;
        struct guarded *g = find_read(m, b->lookups[i].inner.table);
        if (!g || (key && key->validated && !key->deferrable))
            continue;
        g->claims |= claim;
        if (!claim)
            g->moves = moves(&b->category->start, g->table);
    }
}

static void find_all(struct maker *m)
{
    struct sql_builder *b = &m->b;
    const struct category *c = b->category;
    struct guarded *own = add_guarded(m, KIND_OWN, b->target.table);
    own->key = b->target.key;
    add_columns(m, own, &own->key);
    add_linked(m, own, c->with, c->with_count);
    add_changed(m, own);
    add_dependants(m, c->with, c->with_count, NULL, 0);

    sql_begin(b);
    (void)covered(b, NULL);
    for (size_t i = 0; i < m->count; i++)
        m->all[i].before = b->lookup_count > 0;
    for (size_t i = 0; i < b->lookup_count; i++)
        if (!find_read(m, b->lookups[i].inner.table))
            add_guarded(m, KIND_READ, b->lookups[i].inner.table)->before = true;
    for (size_t i = 0; i < b->used_count; i++) {
        const struct sql_used *used = &b->used[i];
        struct guarded *g =
            text_equal(used->alias, b->target.alias) ? &m->all[0] : find_read(m, used->table);
        if (g)
            add_column(m, g, used->column);
    }
    note_added(m, false);
    note_added(m, true);
}

/* ---- functions ---- */

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
static const char *differs(struct maker *m, const struct guarded *g, const char *old,
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
                        sql_take_text(arena, &keys), differs(m, g, "o", "n"));
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
    const char *by = kept(m, g, row, "guard_hold.hold");
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
    const char *any = kept(m, g, row, NULL);
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
    const char *find = find_hold(m, g, rows, row, kept(m, g, row, NULL));
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

static const char *body(struct maker *m, const struct guarded *g)
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
static const char *settings(struct maker *m, const struct guarded *g, const char *text)
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
    bool pin = strstr(text, "try_timestamptz") != NULL;
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

static void add_function(struct maker *m, const struct guarded *g)
{
    struct guard_plan *guard = m->guard;
    guard->functions =
        arena_push(m->b.arena, guard->functions, &guard->function_count, sizeof(*guard->functions));
    struct guard_function *f = &guard->functions[guard->function_count - 1];
    f->name = arena_printf(m->b.arena, GUARD_SCHEMA ".%s",
                           quote_name(m->b.arena, arena_printf(m->b.arena, "%s_%s",
                                                               shortened(m, 50), identity(m, g))));
    f->body = body(m, g);
    f->settings = settings(m, g, f->body);
}

/* ---- triggers ---- */

static void add_trigger(struct maker *m, const struct guarded *g, const struct catalog_table *table,
                        const char *what, bool copied, const char *before, const char *after)
{
    struct arena *arena = m->b.arena;
    struct guard_plan *guard = m->guard;
    /* BEFORE triggers fire by name: those that change the new row come first. */
    const char *name = arena_printf(arena, "%sretention_guard_%s_%s_%s", g->before ? "zzz_" : "",
                                    what, shortened(m, 22), identity(m, g));
    guard->triggers =
        arena_push(arena, guard->triggers, &guard->trigger_count, sizeof(*guard->triggers));
    guard->triggers[guard->trigger_count - 1] = (struct guard_trigger){
        .table = table,
        .name = name,
        .definition = arena_printf(arena, "CREATE TRIGGER %s %s ON %s %sEXECUTE FUNCTION %s()",
                                   quote_name(arena, name), before, quote_table(arena, table),
                                   after, guard->functions[guard->function_count - 1].name),
        .function = guard->function_count - 1,
        .copied = copied,
    };
}

/* As PostgreSQL prints it. The first half keeps currval() from failing in other sessions. The depth
 * is that of the trigger that made the statement: 0 where the batch itself did. */
#define BATCH    "(currval('" GUARD_SCHEMA ".batch_begun'::regclass) IS DISTINCT FROM "
#define THIS_XID "((pg_current_xact_id_if_assigned())::text)::bigint"
#define NO_BATCH                                                                                   \
    "((current_setting('retention.batch'::text, true) IS DISTINCT FROM 'on'::text) OR (" BATCH     \
        THIS_XID ") AND (" BATCH "(- " THIS_XID ")) OR (pg_trigger_depth() > 0))))"

static void add_row_triggers(struct maker *m, const struct guarded *g,
                             const struct catalog_table *table, bool copied)
{
    struct arena *arena = m->b.arena;
    const char *when = g->before ? "BEFORE" : "AFTER";
    add_trigger(m, g, table, "delete", copied, arena_printf(arena, "%s DELETE", when),
                "FOR EACH ROW WHEN (" NO_BATCH ") ");
    if (g->columns.count)
        add_trigger(m, g, table, "update", copied, arena_printf(arena, "%s UPDATE", when),
                    arena_printf(arena, "FOR EACH ROW WHEN ((%s AND " NO_BATCH ")) ",
                                 differs(m, g, "old", "new")));
    if (g->moves || g->claims)
        add_trigger(m, g, table, "insert", copied, "BEFORE INSERT",
                    "FOR EACH ROW WHEN (" NO_BATCH ") ");
}

static void add_triggers(struct maker *m, const struct guarded *g,
                         const struct catalog_table *table)
{
    if (table->kind != 'r' && table->kind != 'p')
        return;
    if (guard_is_by_row(g)) {
        add_row_triggers(m, g, table, table != g->table);
    } else {
        add_trigger(m, g, table, "delete", false, "AFTER DELETE",
                    "REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT WHEN (" NO_BATCH ") ");
        if (g->columns.count)
            add_trigger(m, g, table, "update", false, "AFTER UPDATE",
                        "REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH "
                        "STATEMENT WHEN (" NO_BATCH ") ");
    }
    add_trigger(m, g, table, "truncate", false, "BEFORE TRUNCATE", "FOR EACH STATEMENT ");
    for (size_t i = 0; i < table->partition_count; i++) {
        const struct catalog_table *partition = catalog_by_oid(m->b.catalog, table->partitions[i]);
        if (partition && table->kind == 'p')
            add_triggers(m, g, partition);
    }
}

static void add_table(struct maker *m, const struct catalog_table *table)
{
    struct guard_plan *guard = m->guard;
    for (size_t i = 0; i < guard->table_count; i++)
        if (guard->tables[i] == table)
            return;
    guard->tables =
        arena_push(m->b.arena, guard->tables, &guard->table_count, sizeof(*guard->tables));
    guard->tables[guard->table_count - 1] = table;
}

const struct guard_plan *guard_build(struct arena *arena, const struct policy_set *set,
                                     const struct category *category, const struct catalog *catalog)
{
    if (category->guard == GUARD_OFF || category->mode == MODE_DECLARED)
        return NULL;
    struct maker m = {.guard = arena_alloc(arena, sizeof(*m.guard))};
    m.guard->category = category;
    sql_builder_init(&m.b, arena, set, category, 0, catalog);
    m.b.literal = true; /* there is nobody to bind parameters */
    m.bound = sql_hold_bound(arena, set, category, catalog);
    find_all(&m);
    struct text all _cleanup_text_ = {0};
    for (size_t i = 0; i < m.count; i++) {
        add_table(&m, m.all[i].table);
        add_function(&m, &m.all[i]);
        const struct guard_function *f = &m.guard->functions[m.guard->function_count - 1];
        text_printf(&all, "%s%s%s\n", f->name, f->settings, f->body);
        size_t from = m.guard->trigger_count;
        add_triggers(&m, &m.all[i], m.all[i].table);
        /* Partitions come and go; what stands on the table itself says what the guard is. */
        for (size_t k = from; k < m.guard->trigger_count; k++)
            if (m.guard->triggers[k].table == m.all[i].table)
                text_printf(&all, "%s\n", m.guard->triggers[k].definition);
    }
    sha256_hex(text_string(&all), m.guard->sha256);
    return m.guard;
}
