#include "policy/aggregate.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"

static bool is_one_of(const char *type, const char *const *types, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(type, types[i]) == 0)
            return true;
    return false;
}

/* Values are made texts for the cell's name, and read back for the target: types that print the
 * same for equal values. */
static const char *dimension_type(const struct catalog_column *column)
{
    static const char *const texts[] = {"text", "character varying", "character"};
    static const char *const others[] = {"smallint", "integer", "bigint", "numeric",
                                         "uuid",     "boolean", "date"};
    if (!column->deterministic_collation)
        return NULL;
    if (is_one_of(column->base_type, texts, ARRAY_LENGTH(texts)))
        return "text";
    if (is_one_of(column->base_type, others, ARRAY_LENGTH(others)) || column->enum_label_count)
        return column->base_type;
    return NULL;
}

static bool is_moment(const struct catalog_column *column)
{
    return strcmp(column->base_type, "date") == 0 ||
           text_starts_with(column->base_type, "timestamp ");
}

/* Sums must be exact, so that it does not matter in which order they are made. */
static const char *sum_type(const struct catalog_column *column, const char **ret_or)
{
    if (strcmp(column->base_type, "smallint") == 0 || strcmp(column->base_type, "integer") == 0) {
        *ret_or = "numeric";
        return "bigint";
    }
    if (strcmp(column->base_type, "bigint") == 0 || strcmp(column->base_type, "numeric") == 0)
        return "numeric";
    return NULL;
}

static bool is_number(const struct catalog_column *column)
{
    static const char *const types[] = {"smallint", "integer", "bigint",
                                        "numeric",  "real",    "double precision"};
    return is_one_of(column->base_type, types, ARRAY_LENGTH(types));
}

static struct target_column by_column(const struct aggregate *a, const struct aggregate_by *by,
                                      const struct catalog_table *table)
{
    const struct catalog_column *source = by->column ? catalog_column(table, by->column) : NULL;
    struct target_column out = {
        .at = by->at, .name = by->to, .source = by->column, .is_dimension = true};
    out.may_be_null = !source || !source->not_null || by->truncated;
    if (!source)
        return out;
    if (by->truncated) {
        out.type = is_moment(source) ? "date" : NULL;
        return out;
    }
    out.type = dimension_type(source);
    if (out.type && by->to && aggregate_folds(a, by->to))
        out.type = "text";
    else if (out.type && strcmp(out.type, "text") != 0)
        out.or = "text";
    return out;
}

static struct target_column measure_column(const struct measure *m,
                                           const struct catalog_table *table)
{
    const struct catalog_column *source = m->column ? catalog_column(table, m->column) : NULL;
    struct target_column out = {.at = m->at, .name = m->to, .source = m->column};
    if (!m->column)
        out.type = "bigint";
    else if (source && m->kind == MEASURE_SUM)
        out.type = sum_type(source, &out.or);
    else if (source)
        out.type = is_number(source) ? "bigint[]" : NULL;
    return out;
}

struct target_column *aggregate_columns(struct arena *arena, const struct aggregate *aggregate,
                                        const struct catalog_table *table, size_t *ret_count)
{
    size_t count = aggregate->by_count + aggregate->measure_count, n = 0;
    struct target_column *columns = arena_alloc(arena, (count + 1) * sizeof(*columns));
    for (size_t i = 0; i < aggregate->by_count; i++)
        columns[n++] = by_column(aggregate, &aggregate->by[i], table);
    for (size_t i = 0; i < aggregate->measure_count; i++)
        columns[n++] = measure_column(&aggregate->measures[i], table);
    *ret_count = n;
    return columns;
}
