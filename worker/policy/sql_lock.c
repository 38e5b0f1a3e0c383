/* What a verdict rests on, locked before it is given.
 *
 * Each lookup of the action's condition (a subquery over a parent, children, agreements, rows that
 * are waited for) becomes a statement that locks the rows it finds, for the rows given by tid, and
 * says for which of them it did not get them all. A later judgement, in a statement of its own,
 * then reads rows that nobody can change before COMMIT.
 *
 * SKIP LOCKED: rows that others hold are not waited for, so no deadlock is possible and the
 * application waits for nothing but our locks. The statement's own snapshot says which rows there
 * are; one that was skipped, or that is another version by the time it is locked, is missing among
 * the locked ones by its tid, and the rows that rest on it are left for a later pass. */
#include <assert.h>

#include "policy/sql_private.h"

static const struct sql_lookup *outer_lookup(const struct sql_builder *b,
                                             const struct sql_lookup *lookup)
{
    for (size_t i = 0; i < b->lookup_count; i++)
        if (text_equal(b->lookups[i].inner.alias, lookup->outer))
            return &b->lookups[i];
    assert(text_equal(lookup->outer, b->target.alias));
    return NULL;
}

/* How many lookups lead to it. What names the rows is locked before them, lest they become others
 * meanwhile. */
static size_t depth_of(const struct sql_builder *b, const struct sql_lookup *lookup)
{
    size_t depth = 1;
    for (const struct sql_lookup *l = outer_lookup(b, lookup); l; l = outer_lookup(b, l))
        depth++;
    return depth;
}

static struct sql_statement reads_locked(struct sql_builder *b, const char *leaf,
                                         const struct sql_lookup *lookup)
{
    const char *alias = lookup->inner.alias;
    const char *from = arena_printf(b->arena, "%s %s", sql_from(b, lookup->inner.table), alias);
    struct text between = {0}, where = {0};
    text_add(&where, lookup->where);
    for (const struct sql_lookup *l = outer_lookup(b, lookup); l; l = outer_lookup(b, l)) {
        text_printf(&between, ", %s %s", sql_from(b, l->inner.table), l->inner.alias);
        text_printf(&where, " AND %s", l->where);
    }
    const char *tids = sql_param(b, PARAM_TIDS, 0, NULL, "tid[]");
    bool goes = sql_is_dependant(b, lookup->inner.table);
    /* An anti join, which may spill, and not an IN, which is searched row by row once it is too
     * large to be hashed. */
    const char *text = arena_printf(
        b->arena,
        "WITH locked AS (\nSELECT %s.tableoid AS leaf, %s.ctid AS tid\n  FROM %s\n"
        " WHERE EXISTS (SELECT 1 FROM ONLY %s t%s WHERE t.ctid = ANY (%s) AND %s)\n"
        "   FOR %s OF %s SKIP LOCKED)\n"
        "SELECT count(*) AS rows, array_agg(l.tid::text) AS tids\n"
        "  FROM (SELECT DISTINCT t.ctid AS tid\n  FROM ONLY %s t%s, %s\n"
        " WHERE t.ctid = ANY (%s) AND %s\n"
        "   AND NOT EXISTS (SELECT 1 FROM locked x WHERE x.leaf = %s.tableoid AND x.tid = %s.ctid)"
        "\n ORDER BY t.ctid) l",
        alias, alias, from, leaf, text_string(&between), tids, text_string(&where),
        goes ? "UPDATE" : "SHARE", alias, leaf, text_string(&between), from, tids,
        text_string(&where), alias, alias);
    text_free(&between);
    text_free(&where);
    return sql_finish(b, text);
}

static bool same_statement(const struct sql_statement *a, const struct sql_statement *b)
{
    if (!text_equal(a->text, b->text) || a->param_count != b->param_count)
        return false;
    for (size_t i = 0; i < a->param_count; i++)
        if (a->params[i].kind != b->params[i].kind || a->params[i].index != b->params[i].index ||
            !text_equal(a->params[i].value, b->params[i].value))
            return false;
    return true;
}

static void add(struct sql_builder *b, const char *leaf, const struct sql_lookup *lookup,
                struct sql_leaf *out)
{
    struct sql_statement statement = reads_locked(b, leaf, lookup);
    for (size_t i = 0; i < out->lock_read_count; i++)
        if (same_statement(&out->lock_reads[i], &statement))
            return;
    out->lock_reads =
        arena_push(b->arena, out->lock_reads, &out->lock_read_count, sizeof(*out->lock_reads));
    out->lock_reads[out->lock_read_count - 1] = statement;
}

void sql_lock_reads(struct sql_builder *b, const char *leaf, struct sql_leaf *out)
{
    out->lock_reads = NULL;
    out->lock_read_count = 0;
    (void)sql_action_condition(b, SKIP_NOTHING);
    for (int last = 0; last < 2; last++) {
        size_t left = b->lookup_count;
        for (size_t depth = 1; left > 0; depth++)
            for (size_t i = 0; i < b->lookup_count; i++)
                if (depth_of(b, &b->lookups[i]) == depth) {
                    left--;
                    if (b->lookups[i].last == (last == 1))
                        add(b, leaf, &b->lookups[i], out);
                }
    }
}
