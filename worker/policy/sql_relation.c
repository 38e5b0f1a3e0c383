/* What a batch touches besides the category's own rows: dependants, and the tables that decide. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "policy/sql_private.h"

static const char *array_type(struct arena *arena, const struct catalog_column *column)
{
    return arena_printf(arena, "%s[]", sql_base_type(arena, column));
}

/* The values that the dependant's column may have: the parents' keys, as an array that is made once
 * for the statement. */
static const char *parent_values(struct sql_builder *b, const struct catalog_table *parent,
                                 const struct string_list *parent_key, const char *column_name)
{
    const struct catalog_column *column = catalog_column(parent, column_name);
    assert(column);
    for (size_t i = 0; i < parent_key->count; i++)
        if (text_equal(parent_key->items[i], column_name)) {
            const char *keys = sql_param(b, PARAM_KEYS, i, NULL, "text[]");
            /* Reading times depends on settings, so that is no constant: once, not for each row. */
            bool stable = text_equal(column->base_type, "date") ||
                          text_starts_with(column->base_type, "timestamp");
            if (stable)
                return arena_printf(b->arena, "(SELECT %s::%s)::%s", keys,
                                    array_type(b->arena, column), array_type(b->arena, column));
            if (text_equal(column->base_type, "text"))
                return keys;
            return arena_printf(b->arena, "%s::%s", keys, array_type(b->arena, column));
        }
    /* The foreign key refers to another unique column than the policy's key: look it up. */
    struct sql_scope p = {.table = parent, .alias = sql_alias(b, 'p')};
    struct text where = {0};
    for (size_t i = 0; i < parent_key->count; i++)
        text_printf(&where, "%s%s = ANY (%s)", i ? " AND " : "",
                    sql_column(b, &p, parent_key->items[i]),
                    parent_values(b, parent, parent_key, parent_key->items[i]));
    const char *result = arena_printf(b->arena, "ARRAY(SELECT %s FROM %s %s WHERE %s)",
                                      sql_column(b, &p, column_name), sql_from(b, parent), p.alias,
                                      text_string(&where));
    text_free(&where);
    return result;
}

/* The dependant's rows that hang on the parents: no join. With several columns each one narrows by
 * itself, where an index can serve, and the pairs decide. */
static const char *hangs_on(struct sql_builder *b, const struct sql_scope *d,
                            const struct string_list *by, const struct catalog_table *parent,
                            const struct string_list *parent_key)
{
    struct reference reference = sql_reference(b, d->table, by, parent, parent_key);
    struct text text = {0}, pair = {0}, arrays = {0};
    for (size_t i = 0; i < reference.by.count; i++) {
        const char *name = reference.by.items[i];
        const char *column = sql_column(b, d, name);
        const char *values = parent_values(b, parent, parent_key, reference.columns.items[i]);
        text_printf(&text, "%s%s %s ANY (%s)", i ? "\n   AND " : "", column,
                    sql_operator(b->arena, catalog_column(d->table, name), "="), values);
        text_printf(&pair, "%s%s", i ? ", " : "", column);
        text_printf(&arrays, "%s%s", i ? ", " : "", values);
    }
    if (reference.by.count > 1)
        text_printf(&text, "\n   AND ((%s) IN (SELECT * FROM unnest(%s))) IS TRUE",
                    text_string(&pair), text_string(&arrays));
    text_free(&pair);
    text_free(&arrays);
    return sql_take_text(b->arena, &text);
}

static const char *keys_of(struct sql_builder *b, const struct sql_scope *scope,
                           const struct string_list *key)
{
    struct text text = {0};
    for (size_t i = 0; i < key->count; i++)
        text_printf(&text, "%s%s AS k%zu", i ? ", " : "", sql_key_text(b, scope, key->items[i]),
                    i + 1);
    if (!key->count)
        text_add(&text, "1 AS one");
    return sql_take_text(b->arena, &text);
}

static const char *arrays_of(struct sql_builder *b, const struct string_list *key)
{
    struct text text = {0};
    for (size_t i = 0; i < key->count; i++)
        text_printf(&text, ", array_agg(x.k%zu) AS key%zu", i + 1, i + 1);
    return sql_take_text(b->arena, &text);
}

/* DELETE; or UPDATE where the stage changes records; or nothing, where it changes only what hangs
 * on this dependant. */
static struct sql_statement removal(struct sql_builder *b, const struct sql_scope *d,
                                    const struct dependant *dependant,
                                    const struct string_list *key, const char *which)
{
    const char *held = sql_held_wholly(b); /* whose parents are held was judged with them */
    const char *changes = NULL, *changed = "", *unchanged = "";
    const char *from = sql_from(b, d->table), *begin;
    if (policy_stage_removes(b->stage)) {
        begin = arena_printf(b->arena, "DELETE FROM %s %s", from, d->alias);
    } else if (!(changes = sql_dependant_changes(b, d, dependant))) {
        struct text none = {0};
        for (size_t i = 0; i < key->count; i++)
            text_printf(&none, ", NULL::text[] AS key%zu", i + 1);
        return sql_finish(b, arena_printf(b->arena,
                                          "SELECT 0::bigint AS rows%s, 0::bigint AS unchanged",
                                          sql_take_text(b->arena, &none)));
    } else {
        begin = arena_printf(b->arena, "UPDATE %s %s\n   SET %s", from, d->alias, changes);
        changed = arena_printf(b->arena, ",\n       %s AS changed",
                               sql_dependant_changed(b, d, dependant));
        unchanged = ", count(*) FILTER (WHERE x.changed IS NOT TRUE) AS unchanged";
    }
    return sql_finish(b, arena_printf(b->arena,
                                      "WITH gone AS (\n%s\n WHERE %s\n   AND %s IS NOT TRUE\n"
                                      "RETURNING %s%s)\nSELECT count(*) AS rows%s%s\n  FROM gone x",
                                      begin, which, held, keys_of(b, d, key), changed,
                                      arrays_of(b, key), unchanged));
}

/* What hangs on the parents; of a stage that changes records, as far as it is not done yet. */
static const char *hangs_undone(struct sql_builder *b, const struct sql_scope *d,
                                const struct dependant *dependant,
                                const struct catalog_table *parent,
                                const struct string_list *parent_key)
{
    const char *hangs = hangs_on(b, d, &dependant->by, parent, parent_key);
    const char *undone = sql_undone(b, d, dependant);
    return undone ? arena_printf(b->arena, "%s\n   AND %s", hangs, undone) : hangs;
}

/* The rows that the stage changes itself, of those. */
static const char *hangs_unchanged(struct sql_builder *b, const struct sql_scope *d,
                                   const struct dependant *dependant,
                                   const struct catalog_table *parent,
                                   const struct string_list *parent_key)
{
    const char *hangs = hangs_on(b, d, &dependant->by, parent, parent_key);
    const char *changed =
        policy_stage_removes(b->stage) ? NULL : sql_dependant_changed(b, d, dependant);
    return changed ? arena_printf(b->arena, "%s\n   AND %s IS NOT TRUE", hangs, changed) : hangs;
}

static void fill_key(struct sql_builder *b, struct sql_relation *relation,
                     const struct catalog_table *table, struct string_list key)
{
    relation->relation = quote_table(b->arena, table);
    relation->key = key;
    for (size_t i = 0; i < key.count; i++) {
        const struct catalog_column *column = catalog_column(table, key.items[i]);
        assert(column);
        sql_list_add(b->arena, &relation->key_types, sql_base_type(b->arena, column));
    }
}

static struct sql_statement locking(struct sql_builder *b, const struct sql_scope *d,
                                    const struct string_list *key, const char *which,
                                    const char *limit)
{
    return sql_finish(
        b,
        arena_printf(b->arena,
                     "WITH locked AS (\nSELECT %s\n  FROM %s d\n WHERE %s%s\n   FOR UPDATE OF d)\n"
                     "SELECT count(*) AS rows%s\n  FROM locked x",
                     keys_of(b, d, key), sql_from(b, d->table), which, limit, arrays_of(b, key)));
}

/* The rows whose own keys are given. */
static const char *has_key(struct sql_builder *b, const struct sql_scope *d,
                           const struct string_list *key)
{
    struct text text = {0}, row = {0}, arrays = {0};
    for (size_t i = 0; i < key->count; i++) {
        const char *column = sql_column(b, d, key->items[i]);
        const char *values = parent_values(b, d->table, key, key->items[i]);
        text_printf(&text, "%s%s %s ANY (%s)", i ? "\n   AND " : "", column,
                    sql_operator(b->arena, catalog_column(d->table, key->items[i]), "="), values);
        text_printf(&row, "%s%s", i ? ", " : "", column);
        text_printf(&arrays, "%s%s", i ? ", " : "", values);
    }
    if (key->count > 1)
        text_printf(&text, "\n   AND ((%s) IN (SELECT * FROM unnest(%s))) IS TRUE",
                    text_string(&row), text_string(&arrays));
    text_free(&row);
    text_free(&arrays);
    return sql_take_text(b->arena, &text);
}

const char *sql_lock_to_act(struct sql_builder *b, const char *table, const char *column)
{
    if (policy_stage_removes(b->stage) || !column)
        return arena_printf(b->arena, "LOCK TABLE %s IN ROW EXCLUSIVE MODE", table);
    return arena_printf(b->arena, "EXPLAIN UPDATE %s SET %s = NULL", table,
                        quote_name(b->arena, column));
}

static void dependant_statements(struct sql_builder *b, struct sql_relation *relation,
                                 const struct dependant *dependant,
                                 const struct catalog_table *parent,
                                 const struct string_list *parent_key)
{
    struct sql_scope d = {
        .table = sql_catalog_table(b, dependant->table), .alias = "d", .key = relation->key};
    if (!d.key.count)
        d.key = dependant->key.count ? dependant->key : sql_primary_key(b->arena, d.table);
    const char *from = sql_from(b, d.table);
    relation->passes = !policy_stage_removes(b->stage) &&
                       policy_dependant_stage(b->category, dependant) != b->stage;
    relation->lock =
        sql_lock_to_act(b, from, dependant->column_count ? dependant->columns[0].column : NULL);

    sql_begin(b);
    relation->remove = removal(b, &d, dependant, &relation->key,
                               hangs_unchanged(b, &d, dependant, parent, parent_key));
    sql_begin(b);
    const char *which = hangs_undone(b, &d, dependant, parent, parent_key);
    relation->count = sql_finish(
        b,
        arena_printf(b->arena,
                     "SELECT count(*) AS rows\n  FROM (SELECT 1 FROM %s d\n WHERE %s\n LIMIT %s) x",
                     from, which, sql_param(b, PARAM_LIMIT, 0, NULL, "bigint")));

    sql_begin(b);
    which = hangs_undone(b, &d, dependant, parent, parent_key);
    struct sql_scope some = {.table = d.table, .alias = "s", .key = d.key};
    /* A ctid names a row of each leaf; what hangs on the parents goes anyway, so one too many is
     * no harm. */
    const char *picked =
        arena_printf(b->arena, "d.ctid = ANY (ARRAY(SELECT s.ctid FROM %s s WHERE %s LIMIT %s))",
                     from, hangs_unchanged(b, &some, dependant, parent, parent_key),
                     sql_param(b, PARAM_LIMIT, 0, NULL, "bigint"));
    relation->remove_some = removal(b, &d, dependant, &relation->key,
                                    arena_printf(b->arena, "%s\n   AND %s", picked, which));

    relation->lock_rows = relation->lock_some = relation->remove_own =
        (struct sql_statement){.text = ""};
    if (!dependant->with_count)
        return;
    sql_begin(b);
    which = hangs_undone(b, &d, dependant, parent, parent_key);
    relation->lock_rows = locking(b, &d, &relation->key, which, "");
    sql_begin(b);
    which = hangs_undone(b, &d, dependant, parent, parent_key);
    const char *limit = sql_param(b, PARAM_LIMIT, 0, NULL, "bigint");
    relation->lock_some =
        locking(b, &d, &relation->key, which, arena_printf(b->arena, "\n LIMIT %s", limit));
    sql_begin(b);
    relation->remove_own =
        removal(b, &d, dependant, &relation->key, has_key(b, &d, &relation->key));
}

static size_t count_dependants(const struct dependant *with, size_t count)
{
    size_t n = count;
    for (size_t i = 0; i < count; i++)
        n += count_dependants(with[i].with, with[i].with_count);
    return n;
}

/* Fills from *last downwards: a parent stands behind all that hangs on it. */
static void add_dependants(struct sql_builder *b, struct sql_category *out,
                           const struct dependant *with, size_t count, size_t parent,
                           const struct catalog_table *parent_table,
                           const struct string_list *parent_key, size_t *last)
{
    for (size_t i = 0; i < count; i++) {
        size_t at = --*last;
        struct sql_relation *relation = &out->relations[at];
        const struct catalog_table *table = sql_catalog_table(b, with[i].table);
        relation->table = with[i].table;
        relation->parent = parent;
        struct string_list key = with[i].key.count ? with[i].key : sql_primary_key(b->arena, table);
        struct string_list none = {0};
        bool needed = b->category->evidence == EVIDENCE_RECORDS || with[i].with_count > 0;
        fill_key(b, relation, table, needed ? key : none);
        dependant_statements(b, relation, &with[i], parent_table, parent_key);
        add_dependants(b, out, with[i].with, with[i].with_count, at, table, &relation->key, last);
    }
}

static void add_governed(struct sql_builder *b, struct string_list *list,
                         const struct catalog_table *table)
{
    const char *name = quote_table(b->arena, table);
    if (!string_list_has(list, name))
        sql_list_add(b->arena, list, name);
}

/* In the order of the relations, from the last one down. */
static void add_governed_dependants(struct sql_builder *b, struct string_list *list,
                                    const struct dependant *with, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        add_governed(b, list, sql_catalog_table(b, with[i].table));
        add_governed_dependants(b, list, with[i].with, with[i].with_count);
    }
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static struct dependant *reached(const struct sql_builder *b, const struct dependant *with,
                                 size_t count, size_t *ret_count)
{
    struct dependant *list = arena_alloc(b->arena, (count + 1) * sizeof(*list));
    *ret_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (!policy_stage_reaches(b->category, b->stage, &with[i]))
            continue;
        struct dependant *d = &list[(*ret_count)++];
        *d = with[i];
        d->with = reached(b, with[i].with, with[i].with_count, &d->with_count);
    }
    return list;
}

const struct dependant *sql_dependants(const struct sql_builder *b, size_t *ret_count)
{
    *ret_count = b->category->with_count;
    return policy_stage_removes(b->stage)
               ? b->category->with
               : reached(b, b->category->with, b->category->with_count, ret_count);
}

void sql_relations(struct sql_builder *b, struct sql_category *out)
{
    const struct category *category = b->category;
    size_t hang;
    const struct dependant *with = sql_dependants(b, &hang);
    size_t last = count_dependants(with, hang);
    out->relation_count = last + 1;
    out->relations = arena_alloc(b->arena, out->relation_count * sizeof(*out->relations));
    struct sql_relation *own = &out->relations[last];
    own->table = category->table;
    own->parent = last;
    own->lock = "";
    own->remove.text = own->lock_rows.text = own->count.text = own->remove_some.text = "";
    own->lock_some.text = own->remove_own.text = "";
    fill_key(b, own, b->target.table, sql_returned_key(b));
    add_dependants(b, out, with, hang, last, b->target.table, &b->target.key, &last);
    assert(last == 0);

    /* The fingerprint covers what is acted on, and what is read to decide, by any stage: a parent's
     * column that becomes a date would change a moment's meaning. */
    const struct stage *stage = b->stage;
    b->read_count = 0;
    b->reads = NULL;
    for (size_t i = 0; i < category->stage_count; i++) {
        b->stage = &category->stages[i];
        sql_begin(b);
        (void)sql_action_condition(b, SKIP_NOTHING);
    }
    b->stage = stage;
    add_governed(b, &out->governed, b->target.table);
    add_governed_dependants(b, &out->governed, category->with, category->with_count);
    size_t acted_on = out->governed.count;
    for (size_t i = 0; i < b->read_count; i++)
        add_governed(b, &out->governed, b->reads[i]);
    qsort(out->governed.items + acted_on, out->governed.count - acted_on,
          sizeof(*out->governed.items), compare_names);
}
