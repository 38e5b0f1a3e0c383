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
 * What has to be put on every partition by hand is TRUNCATE's trigger.
 *
 * What it stands on is found in sql_guard_table.c, what keeps a row is said in
 * sql_guard_condition.c, the functions' bodies in sql_guard_function.c, and what they refuse to
 * look at in sql_guard_odd.c. */
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

/* ---- functions ---- */

static void add_function(struct maker *m, const struct guarded *g)
{
    struct guard_plan *guard = m->guard;
    guard->functions =
        arena_push(m->b.arena, guard->functions, &guard->function_count, sizeof(*guard->functions));
    struct guard_function *f = &guard->functions[guard->function_count - 1];
    f->name = arena_printf(m->b.arena, GUARD_SCHEMA ".%s",
                           quote_name(m->b.arena, arena_printf(m->b.arena, "%s_%s",
                                                               shortened(m, 50), identity(m, g))));
    f->body = guard_body(m, g);
    f->settings = guard_settings(m, g, f->body);
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
                                 guard_differs(m, g, "old", "new")));
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

/* ---- the whole ---- */

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
    guard_find_tables(&m);
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
