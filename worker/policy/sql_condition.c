/* Conditions: `only`, "rest", and the conditions of keep_while. */
#include <assert.h>
#include <string.h>

#include "policy/sql_private.h"

static const char *const operators[] = {
    [OP_EQ] = "=", [OP_NE] = "<>", [OP_LT] = "<", [OP_LE] = "<=",
    [OP_GT] = ">", [OP_GE] = ">=", [OP_IN] = "=", [OP_NOT_IN] = "<>",
};

/* The left side of a condition: `raw` as it is stored, `left` as it is compared, as `type`.
 * `may_fail`: left can be NULL although raw is not, for a value that cannot be read as what it is
 * asked for. */
struct operand {
    const char *raw, *left;
    const char *type; /* of the values on the right */
    const struct catalog_column *column;
    bool may_fail;
};

static bool any_of_type(const struct condition *condition, enum literal_type type)
{
    for (size_t i = 0; i < condition->value_count; i++)
        if (condition->values[i].type == type)
            return true;
    return false;
}

static bool are_labels(const struct catalog_column *column, const struct condition *condition)
{
    for (size_t i = 0; i < condition->value_count; i++) {
        bool found = false;
        for (size_t k = 0; k < column->enum_label_count; k++)
            found |= text_equal(column->enum_labels[k], condition->values[i].text);
        if (!found)
            return false;
    }
    return true;
}

static bool asks_for_age(const struct condition *condition)
{
    return condition->op == OP_OLDER_THAN || condition->op == OP_YOUNGER_THAN;
}

static struct operand operand_of(struct sql_builder *b, const struct catalog_column *column,
                                 const struct condition *condition, const char *raw)
{
    struct operand result = {.raw = raw, .left = raw, .column = column};
    bool number = any_of_type(condition, LITERAL_INTEGER) || any_of_type(condition, LITERAL_FLOAT);
    if (condition->op == OP_IS_NULL)
        return result;
    if (asks_for_age(condition)) {
        result.left = sql_moment(b, column, &condition->ref, raw);
        result.may_fail = sql_moment_may_fail(column, &condition->ref);
    } else if (condition->ref.path.count) {
        result.type = number && !any_of_type(condition, LITERAL_STRING) ? "numeric" : "text";
        result.may_fail = text_equal(result.type, "numeric");
        if (result.may_fail)
            result.left = arena_printf(b->arena, "(%s)", sql_guarded_number(b->arena, raw));
        result.column = NULL;
    } else if (sql_is_integer(column)) {
        result.type = any_of_type(condition, LITERAL_FLOAT) ? "numeric" : "bigint";
    } else if (column->enum_label_count > 0 && !are_labels(column, condition)) {
        /* A label that does not exist (yet) equals nothing; casting it would end in an error. */
        result.left = sql_as_text(b->arena, column, raw);
        result.type = "text";
        result.column = NULL;
    } else if (sql_is_text(column)) {
        result.type = "text";
    } else {
        result.type = sql_base_type(b->arena, column);
    }
    return result;
}

/* The value that children give: what each has in `raw`, the latest or earliest of them. Texts at a
 * path are picked as what they are read as, whose order is another; one that cannot be read may be
 * the one to pick, so it makes the value unknown. */
static struct operand picked(struct sql_builder *b, const struct catalog_column *column,
                             const struct condition *condition, const char *raw)
{
    const char *pick = condition->ref.pick == PICK_LATEST ? "max" : "min";
    assert(condition->ref.pick != PICK_EACH); /* a condition needs one value */
    struct operand each = operand_of(b, column, condition, raw);
    const char *one = arena_printf(b->arena, "%s(%s)", pick, raw);
    if (!condition->ref.path.count || !each.may_fail)
        return operand_of(b, column, condition, one);
    each.raw = one; /* whether there is any */
    each.left = arena_printf(b->arena, "(CASE WHEN count(%s) = count(%s) THEN %s(%s) END)", raw,
                             each.left, pick, each.left);
    return each;
}

static bool has_zone(const char *moment)
{
    const char *time = strpbrk(moment, "T ");
    return time && strpbrk(time, "+-Z");
}

/* A value on the right; a moment without a zone is one of the category's time zone. */
static const char *right(struct sql_builder *b, const char *value, const char *type)
{
    if (sql_in_own_zone(b) || !text_equal(type, "timestamp with time zone") || has_zone(value))
        return sql_value(b, value, type);
    return arena_printf(b->arena, "(%s AT TIME ZONE %s)",
                        sql_value(b, value, "timestamp without time zone"), sql_zone(b));
}

/* The test of one condition on a value that stands at hand; NULL where the value is. */
static const char *test(struct sql_builder *b, const struct condition *condition,
                        const struct operand *x)
{
    struct text text = {0};
    if (condition->op == OP_IS_NULL) {
        text_printf(&text, "%s IS %sNULL", x->raw, condition->is_null ? "" : "NOT ");
        return sql_take_text(b->arena, &text);
    }
    if (asks_for_age(condition)) {
        bool older = condition->op == OP_OLDER_THAN;
        text_printf(&text,
                    "CASE WHEN %s >= '10000-01-01 00:00:00+00'::timestamptz THEN %s ELSE "
                    "%s %s %s END",
                    x->left, older ? "false" : "true", sql_later(b, x->left, &condition->period),
                    older ? "<=" : ">", sql_run_time(b));
        return sql_take_text(b->arena, &text);
    }
    const char *op = operators[condition->op];
    if (x->column)
        op = sql_operator(b->arena, x->column, op);
    if (condition->op != OP_IN && condition->op != OP_NOT_IN) {
        assert(condition->value_count == 1);
        text_printf(&text, "%s %s %s", x->left, op, right(b, condition->values[0].text, x->type));
        return sql_take_text(b->arena, &text);
    }
    assert(condition->value_count > 0);
    text_printf(&text, "%s %s %s (ARRAY[", x->left, op, condition->op == OP_IN ? "ANY" : "ALL");
    for (size_t i = 0; i < condition->value_count; i++)
        text_printf(&text, "%s%s", i ? ", " : "", right(b, condition->values[i].text, x->type));
    text_add(&text, "])");
    return sql_take_text(b->arena, &text);
}

/* What becomes of a value that is there but cannot be read: a condition that chooses records to act
 * on is not met by it, one that keeps records is. */
enum unreadable { UNREADABLE_IS_UNKNOWN, UNREADABLE_IS_MET };

/* The test, and what is said of values that are not there or cannot be read. */
static const char *tested(struct sql_builder *b, const struct condition *condition,
                          const struct operand *x, enum unreadable unreadable)
{
    bool match = condition->on_null == ON_NULL_MATCH && condition->op != OP_IS_NULL;
    const char *result = test(b, condition, x);
    if (x->may_fail && unreadable == UNREADABLE_IS_MET)
        return match ? arena_printf(b->arena, "coalesce(%s, true)", result)
                     : arena_printf(b->arena, "coalesce(%s, %s IS NOT NULL)", result, x->raw);
    return match ? arena_printf(b->arena, "%s OR %s IS NULL", result, x->raw) : result;
}

static const char *one_condition(struct sql_builder *b, const struct sql_scope *scope,
                                 const struct condition *condition, enum unreadable unreadable)
{
    const struct ref *ref = &condition->ref;
    bool match = condition->on_null == ON_NULL_MATCH && condition->op != OP_IS_NULL;
    struct sql_scope other;
    const struct catalog_column *column;
    struct operand x;
    const char *raw;
    switch (ref->kind) {
    case REF_COLUMN:
        column = catalog_column(scope->table, ref->column);
        assert(column);
        x = operand_of(b, column, condition, sql_raw(b, scope, ref));
        return arena_printf(b->arena, match ? "(%s)" : "%s", tested(b, condition, &x, unreadable));
    case REF_PARENT:
        other = sql_read(b, ref->table, 'p');
        column = catalog_column(other.table, ref->column);
        assert(column);
        raw = sql_raw(b, &other, ref);
        if (condition->op == OP_IS_NULL) { /* no parent: nothing known of it */
            x = operand_of(b, column, condition, sql_from_parent(b, scope, ref, &other, raw));
            return test(b, condition, &x);
        }
        x = operand_of(b, column, condition, raw);
        if (!match)
            return sql_from_parent(b, scope, ref, &other, tested(b, condition, &x, unreadable));
        if (x.may_fail && unreadable == UNREADABLE_IS_MET)
            return arena_printf(b->arena, "coalesce(%s, true)",
                                sql_from_parent(b, scope, ref, &other, test(b, condition, &x)));
        return arena_printf(b->arena, "(%s OR %s IS NULL)",
                            sql_from_parent(b, scope, ref, &other, test(b, condition, &x)),
                            sql_from_parent(b, scope, ref, &other, raw));
    case REF_CHILD:
        other = sql_read(b, ref->table, 'c');
        column = catalog_column(other.table, ref->column);
        assert(column);
        raw = sql_raw(b, &other, ref);
        const char *where = sql_child_where(b, scope, &ref->by, &other);
        const char *from = sql_from(b, other.table);
        x = picked(b, column, condition, raw);
        return arena_printf(b->arena, "(SELECT %s FROM %s %s WHERE %s)",
                            tested(b, condition, &x, unreadable), from, other.alias, where);
    }
    assert(false);
    return "false";
}

static const char *all_conditions(struct sql_builder *b, const struct sql_scope *scope,
                                  const struct conditions *conditions, enum unreadable unreadable)
{
    struct text text = {0};
    for (size_t i = 0; i < conditions->all_count; i++)
        text_printf(&text, "%s%s", i ? " AND " : "",
                    one_condition(b, scope, &conditions->all[i], unreadable));
    for (size_t i = 0; i < conditions->any_count; i++)
        text_printf(&text, "%s%s",
                    i                       ? " OR "
                    : conditions->all_count ? " AND ("
                                            : "(",
                    one_condition(b, scope, &conditions->any[i], unreadable));
    if (conditions->any_count)
        text_add(&text, ")");
    if (!text.length)
        text_add(&text, "true");
    return sql_take_text(b->arena, &text);
}

const char *sql_conditions(struct sql_builder *b, const struct sql_scope *scope,
                           const struct conditions *conditions)
{
    return all_conditions(b, scope, conditions, UNREADABLE_IS_UNKNOWN);
}

const char *sql_keeping_conditions(struct sql_builder *b, const struct sql_scope *scope,
                                   const struct conditions *conditions)
{
    return all_conditions(b, scope, conditions, UNREADABLE_IS_MET);
}

const char *sql_claim(struct sql_builder *b, const struct sql_scope *scope,
                      const struct category *category)
{
    const char *timezone = b->timezone;
    b->timezone = category->timezone;
    struct sql_scope own = *scope; /* its children hold its own key */
    own.key = resolve_key(b->arena, scope->table, category->key_given, &category->key);
    const char *claim = sql_conditions(b, &own, &category->only);
    if (category->only.rest) {
        struct text text = {0};
        if (category->only.all_count || category->only.any_count)
            text_add(&text, claim);
        for (size_t i = 0; i < b->set->category_count; i++) {
            const struct category *other = &b->set->categories[i];
            if (other == category || other->mode == MODE_DECLARED || other->only.rest ||
                !table_name_equal(other->table, category->table))
                continue;
            text_printf(&text, "%s(%s) IS NOT TRUE", text.length ? " AND " : "",
                        sql_claim(b, scope, other));
        }
        claim = text.length ? sql_take_text(b->arena, &text) : "true";
        text_free(&text);
    }
    b->timezone = timezone;
    return claim;
}
