/* What can be known of conditions without looking at rows. Every answer errs on the side of "cannot
 * tell": false. */
#include <stdlib.h>
#include <string.h>

#include "base/span.h"
#include "base/text.h"
#include "policy/definition.h"

static struct span span_of(struct period p)
{
    return (struct span){p.months, p.days, p.microseconds};
}

bool period_is_shorter(struct period a, struct period b)
{
    return a.text && b.text && span_is_certainly_shorter(span_of(a), span_of(b));
}

bool period_equal(struct period a, struct period b)
{
    return a.text && b.text && span_equal(span_of(a), span_of(b));
}

bool conditions_are_given(const struct conditions *c)
{
    return c->rest || c->all_count || c->any_count;
}

/* ---- sets of values ---- */

static bool is_set(const struct condition *c)
{
    return c->op == OP_EQ || c->op == OP_IN;
}

static bool is_complement(const struct condition *c)
{
    return c->op == OP_NE || c->op == OP_NOT_IN;
}

static bool is_upper(const struct condition *c)
{
    return c->op == OP_LT || c->op == OP_LE;
}

static bool is_lower(const struct condition *c)
{
    return c->op == OP_GT || c->op == OP_GE;
}

static bool has_value(const struct condition *c, const struct literal *value)
{
    for (size_t i = 0; i < c->value_count; i++)
        if (c->values[i].type == value->type && strcmp(c->values[i].text, value->text) == 0)
            return true;
    return false;
}

static bool has_all_values(const struct condition *c, const struct condition *values)
{
    for (size_t i = 0; i < values->value_count; i++)
        if (!has_value(c, &values->values[i]))
            return false;
    return true;
}

static bool has_no_value(const struct condition *c, const struct condition *values)
{
    for (size_t i = 0; i < values->value_count; i++)
        if (has_value(c, &values->values[i]))
            return false;
    return true;
}

/* Values of two spellings may be equal: text under a collation, "1" and "01" as numbers, "t" and
 * "true" as booleans. Integers differ, and so do plain words. */
static bool is_plain(const struct literal *v)
{
    if (v->type != LITERAL_STRING)
        return v->type != LITERAL_FLOAT;
    if (!*v->text || (*v->text >= '0' && *v->text <= '9'))
        return false;
    static const char *const booleans[] = {"t",   "true", "f",  "false", "y",
                                           "yes", "n",    "no", "on",    "off"};
    for (size_t i = 0; i < ARRAY_LENGTH(booleans); i++)
        if (strcmp(v->text, booleans[i]) == 0)
            return false;
    return v->text[strspn(v->text, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0';
}

static bool all_are_plain(const struct condition *c)
{
    for (size_t i = 0; i < c->value_count; i++)
        if (!is_plain(&c->values[i]) || c->values[i].type != c->values[0].type)
            return false;
    return true;
}

static bool same_type(const struct condition *a, const struct condition *b)
{
    return a->value_count && b->value_count && a->values[0].type == b->values[0].type;
}

static bool integer_bound(const struct condition *c, long long *ret)
{
    if (c->value_count != 1 || c->values[0].type != LITERAL_INTEGER)
        return false;
    *ret = strtoll(c->values[0].text, NULL, 10);
    return true;
}

static bool takes_null(const struct condition *c)
{
    return c->op == OP_IS_NULL ? c->is_null : c->on_null == ON_NULL_MATCH;
}

/* ---- one condition ---- */

static bool same_reference(struct arena *arena, const struct condition *a,
                           const struct condition *b)
{
    return strcmp(ref_print(arena, &a->ref), ref_print(arena, &b->ref)) == 0;
}

static bool condition_implies(struct arena *arena, const struct condition *a,
                              const struct condition *b)
{
    long long x, y;
    if (!same_reference(arena, a, b) || (takes_null(a) && !takes_null(b)))
        return false;
    if (b->op == OP_IS_NULL) /* a value is all it asks for; or none */
        return a->op == OP_IS_NULL ? a->is_null == b->is_null : !b->is_null;
    if (a->op == OP_IS_NULL)
        return a->is_null; /* and b takes NULL, or we were not here */
    if (a->op == OP_OLDER_THAN && b->op == OP_OLDER_THAN)
        return period_equal(a->period, b->period) || period_is_shorter(b->period, a->period);
    if (a->op == OP_YOUNGER_THAN && b->op == OP_YOUNGER_THAN)
        return period_equal(a->period, b->period) || period_is_shorter(a->period, b->period);
    if (is_set(a) && is_set(b))
        return has_all_values(b, a);
    if (is_complement(a) && is_complement(b))
        return has_all_values(a, b);
    if (is_set(a) && is_complement(b))
        return same_type(a, b) && all_are_plain(a) && all_are_plain(b) && has_no_value(b, a);
    if (a->op != b->op)
        return false;
    if (has_all_values(a, b) && has_all_values(b, a))
        return true;
    if (!integer_bound(a, &x) || !integer_bound(b, &y))
        return false;
    return (is_upper(a) && x <= y) || (is_lower(a) && x >= y);
}

/* ---- all of them ---- */

/* Some condition of a list implies c. */
static bool one_implies(struct arena *arena, const struct condition *list, size_t count,
                        const struct condition *c)
{
    for (size_t i = 0; i < count; i++)
        if (condition_implies(arena, &list[i], c))
            return true;
    return false;
}

static bool implies_one(struct arena *arena, const struct condition *c,
                        const struct condition *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (condition_implies(arena, c, &list[i]))
            return true;
    return false;
}

bool conditions_imply(struct arena *arena, const struct conditions *a, const struct conditions *b)
{
    if (!conditions_are_given(b))
        return true;
    if (a->rest || b->rest)
        return a->rest && b->rest;
    for (size_t i = 0; i < b->all_count; i++)
        if (!one_implies(arena, a->all, a->all_count, &b->all[i]))
            return false;
    if (!b->any_count)
        return true;
    for (size_t i = 0; i < a->all_count; i++)
        if (implies_one(arena, &a->all[i], b->any, b->any_count))
            return true;
    for (size_t i = 0; i < a->any_count; i++)
        if (!implies_one(arena, &a->any[i], b->any, b->any_count))
            return false;
    return a->any_count > 0;
}
