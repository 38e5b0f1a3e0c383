/* Rows that no batch may take or change, since a held record reads them.
 *
 * What a hold covers is decided by a record's subject, tenant, starting point and the claim of its
 * category, which may stand in a parent or a child. A batch of the category that has those rows
 * would move the record out of its hold, and the next batch would take it. So a row stays as long
 * as a held record of any category reads it; the same goes for the rows that hang on it.
 *
 * No lock is needed against other batches, beyond the gate: every batch sees the same holds, and as
 * long as none takes a row that a held record reads, every batch sees that record held. Records
 * that applications add meanwhile are another matter: one with a foreign key to a row that goes
 * keeps it from going; where the row is changed, it is locked FOR UPDATE before it is judged
 * (sql_build_leaf), so that such a record waits and then never had what the row lost; and where no
 * foreign key would make it wait, the policy is refused (sql_changes_untied).
 *
 * The other category's record is a SubPlan over the row. It leaves no trace in the lookups, columns
 * and relations that the statement's own category rests on: it locks nothing, and another policy
 * does not change what this one was approved with. Of a category that is not valid, so that its
 * condition cannot be written, any hold in force keeps every row of the tables that it names. */
#include <assert.h>
#include <string.h>

#include "policy/sql_private.h"

static bool is_part_of(const struct sql_builder *b, const struct catalog_table *part,
                       const struct catalog_table *whole)
{
    if (part == whole)
        return true;
    for (size_t i = 0; i < whole->partition_count; i++) {
        const struct catalog_table *below = catalog_by_oid(b->catalog, whole->partitions[i]);
        if (below && is_part_of(b, part, below))
            return true;
    }
    return false;
}

/* Can a row of one be a row of the other? */
static bool overlap(const struct sql_builder *b, const struct catalog_table *x,
                    const struct catalog_table *y)
{
    return is_part_of(b, x, y) || is_part_of(b, y, x);
}

/* The link of a lookup, of the row under `alias` instead of the one looked up. */
static const char *link_to(struct sql_builder *b, const struct sql_lookup *lookup,
                           const char *alias)
{
    struct text text = {0};
    size_t n = strlen(lookup->inner.alias);
    for (const char *p = lookup->where; *p;) {
        if (strncmp(p, lookup->inner.alias, n) == 0 && p[n] == '.') {
            text_add(&text, alias);
            p += n;
        } else {
            text_add_char(&text, *p++);
        }
    }
    return sql_take_text(b->arena, &text);
}

static void add_or(struct text *text, const char *condition)
{
    text_printf(text, "%s%s", text->length ? "\n     OR " : "", condition);
}

static const char *any_hold(struct sql_builder *b, const struct category *other)
{
    const char *h = sql_alias(b, 'h');
    return arena_printf(b->arena,
                        "(EXISTS (SELECT 1 FROM retention.held_scope %s WHERE %s.category = %s AND "
                        "%s.held_until > now()))",
                        h, h, sql_value(b, other->name, "text"), h);
}

/* --- what a category names, whether it can be resolved or not --- */

static bool ref_names(const struct sql_builder *b, const struct ref *ref,
                      const struct catalog_table *table)
{
    for (; ref; ref = ref->none) {
        const struct catalog_table *other =
            ref->kind == REF_COLUMN ? NULL
                                    : catalog_find(b->catalog, ref->table.schema, ref->table.name);
        if (other && overlap(b, other, table))
            return true;
    }
    return false;
}

static bool names_table(const struct sql_builder *b, const struct category *other,
                        const struct catalog_table *table)
{
    bool found = other->has_tenant && ref_names(b, &other->tenant, table);
    for (size_t i = 0; i < other->subject_count; i++)
        found |= ref_names(b, &other->subjects[i], table);
    for (size_t i = 0; i < other->start.ref_count; i++)
        found |= ref_names(b, &other->start.refs[i], table);
    for (size_t i = 0; i < other->only.all_count; i++)
        found |= ref_names(b, &other->only.all[i].ref, table);
    for (size_t i = 0; i < other->only.any_count; i++)
        found |= ref_names(b, &other->only.any[i].ref, table);
    return found;
}

/* --- the rows that are read --- */

/* Where the stage changes the category's own rows: does it change what is used of them? */
static bool takes(const struct sql_builder *b, const struct sql_scope *row, const char *alias,
                  const struct stage *stage)
{
    if (policy_stage_removes(stage) || !text_equal(row->alias, "t"))
        return true;
    for (size_t i = 0; i < b->used_count; i++)
        for (size_t k = 0; policy_stage_column(stage, k); k++)
            if (text_equal(b->used[i].alias, alias) &&
                text_equal(b->used[i].column, policy_stage_column(stage, k)))
                return true;
    return false;
}

/* The columns of the row that the link names, where they have to be passed on. */
static void pass_columns(struct sql_builder *b, const struct sql_scope *row, const char *alias)
{
    for (size_t i = 0; i < b->used_count && row->used; i++)
        if (text_equal(b->used[i].alias, alias) && !string_list_has(row->used, b->used[i].column))
            sql_list_add(b->arena, row->used, b->used[i].column);
}

/* From here on records y of `other` are judged. */
static void judge_records(struct sql_builder *b, const struct category *other)
{
    b->category = other;
    b->timezone = other->timezone;
    b->target =
        (struct sql_scope){.table = sql_catalog_table(b, other->table), .alias = sql_alias(b, 'y')};
    b->target.key = resolve_key(b->arena, b->target.table, other->key_given, &other->key);
    b->forecast = NULL;
    b->only_held = false;
    b->shapes = SQL_ALL_SHAPES;
    b->one_row = true;
    b->reads = NULL;
    b->lookups = NULL;
    b->used = NULL;
    b->columns = NULL;
    b->read_count = b->lookup_count = b->used_count = b->column_count = 0;
}

static void judge_again(struct sql_builder *b, const struct sql_builder *before)
{
    struct sql_builder after = *b;
    *b = *before;
    b->aliases = after.aliases;
    b->params = after.params;
    b->param_types = after.param_types;
    b->param_count = after.param_count;
}

/* Can a record that appears while a batch has the row come to read it, with nobody to wait for? A
 * foreign key to the row waits for its lock; one that the row has needs the record before it. */
static bool is_untied(const struct sql_lookup *lookup)
{
    const struct catalog_constraint *child = lookup->child_key;
    return !lookup->parent_key && !(child && child->validated && !child->deferrable);
}

bool sql_changes_untied(struct arena *arena, const struct policy_set *set,
                        const struct category *category, size_t stage, const struct category *other,
                        const struct catalog *catalog)
{
    struct sql_builder builder, *b = &builder;
    sql_builder_init(b, arena, set, category, stage, catalog);
    sql_begin(b);
    struct sql_scope row = b->target;
    const struct stage *changes = b->stage;
    judge_records(b, other);
    (void)sql_claim(b, &b->target, other);
    (void)sql_held(b, SKIP_NOTHING);
    for (size_t i = 0; i < b->lookup_count; i++)
        if (overlap(b, b->lookups[i].inner.table, row.table) &&
            takes(b, &row, b->lookups[i].inner.alias, changes) && is_untied(&b->lookups[i]))
            return true;
    return false;
}

/* Does a held record of `other` read the row? NULL: none can. `own`: how the row hangs on the
 * category's records, where it does; what a record reads so goes with it. */
static const char *read_by(struct sql_builder *b, const struct sql_scope *row,
                           const struct category *other, const struct dependant *own)
{
    bool named = names_table(b, other, row->table);
    if (other->invalid)
        return named ? any_hold(b, other) : NULL;
    if (!named && !other->only.rest) /* what "rest" reads stands in others */
        return NULL;
    struct sql_builder outer = *b;
    judge_records(b, other);
    const char *claim = sql_claim(b, &b->target, other);
    const char *held = sql_held(b, SKIP_NOTHING);
    struct text links = {0};
    for (size_t i = 0; i < b->lookup_count; i++) {
        const struct sql_lookup *lookup = &b->lookups[i];
        const char *alias = lookup->inner.alias;
        if (!overlap(b, lookup->inner.table, row->table) || !takes(b, row, alias, b->stage))
            continue;
        assert(text_equal(lookup->outer, b->target.alias));
        const char *link = link_to(b, lookup, row->alias);
        if (own && other == outer.category) {
            struct reference reference =
                sql_reference(b, row->table, &own->by, b->target.table, &b->target.key);
            if (text_equal(link, sql_joined(b, &reference, row, &b->target)))
                continue;
        }
        pass_columns(b, row, alias);
        link = arena_printf(b->arena, "(%s)", link);
        if (!links.length || !strstr(text_string(&links), link))
            text_printf(&links, "%s%s", links.length ? " OR " : "", link);
    }
    struct text text = {0};
    if (links.length) {
        const char *any = any_hold(b, other);
        text_printf(&text, "(CASE WHEN %s THEN (EXISTS (SELECT 1 FROM %s %s WHERE (%s)", any,
                    sql_from(b, b->target.table), b->target.alias, text_string(&links));
        if (!text_equal(claim, "true"))
            text_printf(&text, " AND (%s) IS TRUE", claim);
        text_printf(&text, " AND %s IS TRUE)) IS TRUE ELSE false END)", held);
    }
    text_free(&links);
    judge_again(b, &outer);
    const char *result = text.length ? arena_strdup(b->arena, text_string(&text)) : NULL;
    text_free(&text);
    return result;
}

static void add_readers(struct sql_builder *b, struct text *text, const struct sql_scope *row,
                        const struct dependant *own)
{
    for (size_t i = 0; i < b->set->category_count; i++) {
        const struct category *other = &b->set->categories[i];
        const char *read = other->mode == MODE_DECLARED ? NULL : read_by(b, row, other, own);
        if (read)
            add_or(text, read);
    }
}

static void add_dependants(struct sql_builder *b, struct text *text, const struct sql_scope *up,
                           const struct dependant *with, size_t count, bool top)
{
    for (size_t i = 0; i < count; i++) {
        struct sql_scope d = {.table = sql_catalog_table(b, with[i].table),
                              .alias = sql_alias(b, 'd')};
        d.key = with[i].key.count ? with[i].key : sql_primary_key(b->arena, d.table);
        struct text kept = {0};
        add_readers(b, &kept, &d, top ? &with[i] : NULL);
        add_dependants(b, &kept, &d, with[i].with, with[i].with_count, false);
        if (kept.length) {
            struct reference reference =
                sql_reference(b, d.table, &with[i].by, up->table, &up->key);
            add_or(text,
                   arena_printf(b->arena,
                                "(EXISTS (SELECT 1 FROM %s %s WHERE %s AND (%s) IS TRUE)) IS TRUE",
                                sql_from(b, d.table), d.alias, sql_joined(b, &reference, &d, up),
                                text_string(&kept)));
        }
        text_free(&kept);
    }
}

const char *sql_kept(struct sql_builder *b, enum sql_skip skip)
{
    struct text text = {0};
    struct sql_scope row = b->target;
    add_readers(b, &text, &row, NULL);
    size_t count;
    const struct dependant *with = sql_dependants(b, &count);
    if (skip != SKIP_DEPENDANTS)
        add_dependants(b, &text, &row, with, count, true);
    if (!text.length)
        return NULL;
    if (b->shapes & SQL_READERS)
        return arena_printf(b->arena, "(%s)", sql_take_text(b->arena, &text));
    text_free(&text);
    const char *h = sql_alias(b, 'h');
    return arena_printf(b->arena,
                        "(EXISTS (SELECT 1 FROM retention.held_scope %s WHERE %s.held_until > "
                        "now()))",
                        h, h);
}
