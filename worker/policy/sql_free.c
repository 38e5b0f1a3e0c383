/* What keeps a row although it is due, but for holds: keep_while, floors, other categories, pauses.
 * Each is a SubPlan (or a constant of the statement) over the target row. */
#include <assert.h>

#include "policy/sql_private.h"

const char *sql_keep_while(struct sql_builder *b, const struct keep_while *keep)
{
    if (!keep->has_child)
        return arena_printf(b->arena, "(%s)", sql_keeping_conditions(b, &b->target, &keep->only));
    struct sql_scope child = sql_read(b, keep->child, 'k');
    if (child.table == b->target.table)
        child.key = b->target.key;
    return arena_printf(b->arena, "(EXISTS (SELECT 1 FROM %s %s WHERE %s AND %s))",
                        sql_from(b, child.table), child.alias,
                        sql_child_where(b, &b->target, &keep->by, &child),
                        sql_keeping_conditions(b, &child, &keep->only));
}

bool sql_floor_applies(const struct sql_builder *b, const struct duration_rule *floor)
{
    return !floor->stage || text_equal(floor->stage, b->stage->name);
}

const char *sql_floor_end(struct sql_builder *b, const struct duration_rule *floor)
{
    const struct start *start = floor->start.ref_count ? &floor->start : &b->category->start;
    return arena_printf(b->arena, "%s + %s", sql_start(b, &b->target, start).text,
                        sql_period(b, &floor->period));
}

/* From here on the row of scope, of its table, is judged for category `other`. */
static void judge_for(struct sql_builder *b, const struct sql_scope *scope,
                      const struct category *other)
{
    b->category = other;
    b->timezone = other->timezone;
    b->target = *scope;
    b->target.key = resolve_key(b->arena, scope->table, other->key_given, &other->key);
}

static void judge_again(struct sql_builder *b, const struct sql_builder *before)
{
    b->category = before->category;
    b->stage = before->stage;
    b->timezone = before->timezone;
    b->target = before->target;
    b->foreseen = before->foreseen;
}

/* Does category `other` act on the row of scope, of its table, in the same run? */
static const char *goes(struct sql_builder *b, const struct sql_scope *scope,
                        const struct category *other)
{
    struct sql_builder outer = *b;
    struct text text = {0};
    judge_for(b, scope, other);
    b->foreseen = true;
    for (size_t i = 0; i < other->stage_count; i++) {
        b->stage = &other->stages[i];
        if (policy_stage_removes(b->stage))
            text_printf(&text, "%s(%s) IS TRUE", text.length ? " OR " : "",
                        sql_action_condition(b, SKIP_NOTHING));
    }
    judge_again(b, &outer);
    if (!text.length)
        text_add(&text, "false");
    return sql_take_text(b->arena, &text);
}

static const char *holds(struct sql_builder *b, const struct sql_scope *scope,
                         const struct category *other)
{
    struct sql_builder outer = *b;
    judge_for(b, scope, other);
    const char *held = sql_held(b, SKIP_NOTHING);
    judge_again(b, &outer);
    return held;
}

/* Does `other` claim the row of scope, of its table? One that goes before does not count. */
static const char *claims(struct sql_builder *b, const struct sql_scope *scope,
                          const struct category *other)
{
    const char *claim = sql_claim(b, scope, other);
    if (b->only_held)
        return arena_printf(b->arena, "(%s) AND %s IS TRUE", claim, holds(b, scope, other));
    if (!b->forecast || !string_list_has(b->forecast, other->name))
        return claim;
    return arena_printf(b->arena, "(%s) AND (%s) IS NOT TRUE", claim, goes(b, scope, other));
}

/* PostgreSQL plans an EXISTS twice, to look rows up and to hash them all, and so what stands in it;
 * with OFFSET once, to look them up. Waits that are foreseen stand in each other: planning them
 * took twice as long with each step. */
static const char *once(const struct sql_builder *b)
{
    return b->foreseen ? " OFFSET 0" : "";
}

/* Does the row of scope, of the table of `other` or of one of its dependants, belong to a row that
 * `other` claims? `path` holds the dependants from the table down to the row's own. */
static const char *belongs(struct sql_builder *b, const struct sql_scope *scope,
                           const struct category *other, const struct dependant *const *path,
                           size_t depth)
{
    if (depth == 0)
        return claims(b, scope, other);
    const struct dependant *own = path[depth - 1];
    bool top = depth == 1;
    struct sql_scope up = sql_read(b, top ? other->table : path[depth - 2]->table, 'w');
    if (top)
        up.key = resolve_key(b->arena, up.table, other->key_given, &other->key);
    else if (path[depth - 2]->key.count)
        up.key = path[depth - 2]->key;
    const char *above = belongs(b, &up, other, path, depth - 1);
    struct reference reference = sql_reference(b, scope->table, &own->by, up.table, &up.key);
    const char *where = sql_joined(b, &reference, scope, &up);
    sql_note_lookup(b, &(struct sql_lookup){up, scope->alias, where, false, NULL, NULL});
    return arena_printf(b->arena, "(EXISTS (SELECT 1 FROM %s %s WHERE %s AND %s%s)) IS TRUE",
                        sql_from(b, up.table), up.alias, where, above, once(b));
}

enum { DEPTH_MOST = 16 };

static void add_waits(struct sql_builder *b, struct text *text, const struct category *other,
                      const struct catalog_table *table, const struct dependant *with,
                      size_t with_count, const struct dependant **path, size_t depth)
{
    size_t count;
    const struct reference *references =
        resolve_wait(b->arena, b->catalog, other, b->target.table, &count);
    for (size_t i = 0; i < count; i++) {
        if (references[i].from != table)
            continue;
        struct sql_scope w = sql_read(b, (struct table_name){table->schema, table->name}, 'w');
        const char *joined = sql_joined(b, &references[i], &w, &b->target);
        sql_note_lookup(b, &(struct sql_lookup){w, b->target.alias, joined, false, NULL, NULL});
        const char *above = belongs(b, &w, other, path, depth);
        text_printf(text, "%s(EXISTS (SELECT 1 FROM %s %s WHERE %s AND %s%s)) IS TRUE",
                    text->length ? " OR " : "", sql_from(b, table), w.alias, joined, above,
                    once(b));
    }
    for (size_t i = 0; i < with_count && depth < DEPTH_MOST; i++) {
        path[depth] = &with[i];
        add_waits(b, text, other, sql_catalog_table(b, with[i].table), with[i].with,
                  with[i].with_count, path, depth + 1);
    }
}

const char *sql_uncounted(struct sql_builder *b)
{
    const struct stage *own = b->stage, *counting = policy_counting_stage(b->category);
    if (!counting || counting >= own)
        return NULL;
    b->stage = counting;
    struct text text = {0};
    sql_add_and(&text, sql_conditions(b, &b->target, &counting->only));
    sql_add_and(&text, arena_printf(b->arena, "%s <= %s", sql_due_at(b), sql_run_time(b)));
    sql_add_and(&text, arena_printf(b->arena, "%s IS NOT TRUE", sql_passed(b)));
    if (b->forecast)
        sql_add_and(&text, arena_printf(b->arena, "(%s) IS NOT TRUE",
                                        sql_action_condition(b, SKIP_NOTHING)));
    b->stage = own;
    return arena_printf(b->arena, "(%s)", sql_take_text(b->arena, &text));
}

const char *sql_counted_first(struct sql_builder *b)
{
    const struct stage *own = b->stage, *counting = policy_counting_stage(b->category);
    if (!counting || counting >= own)
        return NULL;
    b->stage = counting;
    const char *condition = sql_action_condition(b, SKIP_NOTHING);
    b->stage = own;
    return arena_printf(b->arena, "(%s)", condition);
}

size_t sql_wait_count(const struct sql_builder *b)
{
    return policy_stage_removes(b->stage) ? b->category->wait_for.count : 0;
}

const char *sql_waits(struct sql_builder *b, const struct category *other)
{
    const struct dependant *path[DEPTH_MOST];
    struct text text = {0};
    add_waits(b, &text, other, sql_catalog_table(b, other->table), other->with, other->with_count,
              path, 0);
    assert(text.length); /* validation refuses wait_for without a foreign key */
    const char *result = arena_printf(b->arena, "(%s)", text_string(&text));
    text_free(&text);
    return result;
}

/* As they stand in pause.forms: what somebody wrote, read as a value of the tenant's type, as it is
 * for holds. NULL: that type has no such value. */
static const char *paused_tenants(struct sql_builder *b, const struct ref *ref)
{
    const struct catalog_table *table =
        ref->kind == REF_COLUMN ? b->target.table : sql_catalog_table(b, ref->table);
    const char *z = sql_alias(b, 'z');
    return arena_printf(b->arena,
                        "(SELECT CASE WHEN %s.forms IS NULL THEN %s.name ELSE %s.forms ->> '%s' "
                        "END FROM retention.pause %s WHERE %s.scope = 'tenant' AND %s.resumed_at "
                        "IS NULL AND (%s.until IS NULL OR %s.until > now()))",
                        z, z, z, sql_ref_type(ref, table), z, z, z, z, z);
}

const char *sql_paused(struct sql_builder *b)
{
    const struct ref *ref = &b->category->tenant;
    if (!b->category->has_tenant)
        return NULL;
    const char *tenants = paused_tenants(b, ref);
    if (ref->kind == REF_CHILD) { /* one of several tenants is enough */
        struct sql_scope c = sql_read(b, ref->table, 'c');
        return arena_printf(
            b->arena, "(EXISTS (SELECT 1 FROM %s %s WHERE %s AND (%s IN %s) IS TRUE))",
            sql_from(b, c.table), c.alias, sql_child_where(b, &b->target, &ref->by, &c),
            sql_held_text(b, &c, ref), tenants);
    }
    const char *text;
    if (ref->kind == REF_PARENT) {
        struct sql_scope p = sql_read(b, ref->table, 'p');
        text = sql_from_parent(b, &b->target, ref, &p, sql_held_text(b, &p, ref));
    } else {
        text = sql_held_text(b, &b->target, ref);
    }
    return arena_printf(b->arena, "(%s IN %s)", text, tenants);
}
