#include "policy/model.h"

#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"

bool names_have(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (text_equal(names[i], name))
            return true;
    return false;
}

bool string_list_has(const struct string_list *list, const char *item)
{
    return names_have(list->items, list->count, item);
}

bool policy_names_timezones(const struct policy_set *set)
{
    for (size_t i = 0; i < set->category_count; i++)
        if (!text_equal(set->categories[i].timezone, "UTC"))
            return true;
    return false;
}

struct category *policy_find(const struct policy_set *set, const char *name)
{
    for (size_t i = 0; i < set->category_count; i++)
        if (strcmp(set->categories[i].name, name) == 0)
            return &set->categories[i];
    return NULL;
}

static const struct policy_action actions[] = {
    [ACTION_DELETE] = {"delete", "deletes", "deleted", true},
    [ACTION_DEIDENTIFY] = {"deidentify", "de-identifies", "de-identified", true},
    [ACTION_AGGREGATE] = {"aggregate", "aggregates", "aggregated", true},
};

const struct policy_action *policy_action(enum action action)
{
    return &actions[action];
}

const char *policy_action_name(enum action action)
{
    return actions[action].name;
}

static bool counts_and_keeps(const struct stage *stage)
{
    return stage->aggregate && stage->aggregate->keeps;
}

bool policy_stage_removes(const struct stage *stage)
{
    return stage->action != ACTION_DEIDENTIFY && !counts_and_keeps(stage);
}

const struct stage *policy_counting_stage(const struct category *category)
{
    for (size_t i = 0; i < category->stage_count; i++)
        if (counts_and_keeps(&category->stages[i]))
            return &category->stages[i];
    return NULL;
}

size_t policy_stage_of_turn(const struct category *category, size_t turn)
{
    const struct stage *counting = policy_counting_stage(category);
    if (!counting)
        return turn;
    size_t first = (size_t)(counting - category->stages);
    if (turn + 1 == category->stage_count)
        return first;
    return turn + 1 > first ? turn + 1 : turn;
}

const struct stage *policy_dependant_stage(const struct category *category,
                                           const struct dependant *dependant)
{
    const struct stage *only = NULL;
    for (size_t i = 0; i < category->stage_count && dependant->column_count; i++) {
        const struct stage *stage = &category->stages[i];
        if (policy_stage_removes(stage))
            continue;
        if (dependant->stage ? text_equal(stage->name, dependant->stage) : !only)
            only = stage;
        else if (!dependant->stage)
            return NULL;
    }
    return only;
}

bool policy_stage_reaches(const struct category *category, const struct stage *stage,
                          const struct dependant *dependant)
{
    if (policy_dependant_stage(category, dependant) == stage)
        return true;
    for (size_t i = 0; i < dependant->with_count; i++)
        if (policy_stage_reaches(category, stage, &dependant->with[i]))
            return true;
    return false;
}

static bool has_transform(const struct stage *stage, const char *column)
{
    for (size_t i = 0; i < stage->column_count; i++)
        if (text_equal(stage->columns[i].column, column))
            return true;
    return false;
}

const char *policy_stage_column(const struct stage *stage, size_t i)
{
    if (i < stage->column_count)
        return stage->columns[i].column;
    i -= stage->column_count;
    for (size_t q = 0; q < stage->quasi.count; q++)
        if (!has_transform(stage, stage->quasi.items[q]) && i-- == 0)
            return stage->quasi.items[q];
    return NULL;
}

bool policy_changes(const struct category *category)
{
    for (size_t i = 0; i < category->stage_count; i++)
        if (!policy_stage_removes(&category->stages[i]))
            return true;
    return false;
}

bool policy_removes(const struct category *category)
{
    for (size_t i = 0; i < category->stage_count; i++)
        if (policy_stage_removes(&category->stages[i]))
            return true;
    return false;
}

const char *measure_kind_name(enum measure_kind kind)
{
    static const char *const names[MEASURE_KINDS] = {
        [MEASURE_COUNT] = "count",
        [MEASURE_SUM] = "sum",
        [MEASURE_HISTOGRAM] = "histogram",
        [MEASURE_SUBJECTS] = "subjects",
    };
    return names[kind];
}

const char *by_unit_name(int unit)
{
    static const char *const names[] = {
        [BY_VALUE] = "",      [BY_DAY] = "day",         [BY_WEEK] = "week",
        [BY_MONTH] = "month", [BY_QUARTER] = "quarter", [BY_YEAR] = "year",
    };
    return names[unit];
}

bool aggregate_folds(const struct aggregate *aggregate, const char *to)
{
    for (size_t i = 0; i < aggregate->fold.count; i++)
        if (text_equal(aggregate->fold.items[i], to))
            return true;
    return false;
}

bool table_name_equal(struct table_name a, struct table_name b)
{
    return text_equal(a.schema, b.schema) && text_equal(a.name, b.name);
}

bool policy_is_target(const struct policy_set *set, struct table_name table)
{
    for (size_t i = 0; i < set->category_count; i++)
        for (size_t k = 0; k < set->categories[i].stage_count; k++) {
            const struct aggregate *aggregate = set->categories[i].stages[k].aggregate;
            if (aggregate && aggregate->into.schema && table_name_equal(aggregate->into, table))
                return true;
        }
    return false;
}

static void add_name(struct text *text, const char *name)
{
    bool plain = islower((unsigned char)*name) || *name == '_';
    for (const char *p = name; *p && plain; p++)
        plain = islower((unsigned char)*p) || isdigit((unsigned char)*p) || *p == '_';
    if (plain) {
        text_add(text, name);
        return;
    }
    text_add_char(text, '"');
    for (const char *p = name; *p; p++) {
        if (*p == '"')
            text_add_char(text, '"');
        text_add_char(text, *p);
    }
    text_add_char(text, '"');
}

const char *table_name_text(struct arena *arena, struct table_name name)
{
    struct text text _cleanup_text_ = {0};
    if (!name.schema || !name.name)
        return "";
    add_name(&text, name.schema);
    text_add_char(&text, '.');
    add_name(&text, name.name);
    return arena_strdup(arena, text.data);
}

void policy_set_free(struct policy_set *set)
{
    if (set)
        arena_free(set->arena);
}
