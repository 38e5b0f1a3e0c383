#include "engine/guards.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "engine/binary.h"
#include "policy/guard.h"

static const char *take_array(struct arena *arena, struct text *items)
{
    const char *array = arena_printf(arena, "{%s}", text_string(items));
    text_free(items);
    return array;
}

static void add_item(struct text *items, const char *item)
{
    if (items->length)
        text_add_char(items, ',');
    array_literal_add(items, item, strlen(item));
}

static bool is_first(const struct guard_plan *guard, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (strcmp(guard->triggers[i].name, guard->triggers[index].name) == 0)
            return false;
    return true;
}

static bool is_new_leaf(const struct guard_plan *guard, size_t index)
{
    const struct catalog_table *table = guard->triggers[index].table;
    for (size_t i = 0; i < index; i++)
        if (guard->triggers[i].table == table)
            return false;
    return table->is_partition;
}

void guards_describe(struct arena *arena, const struct policy_set *set,
                     const struct category *category, const struct catalog *catalog,
                     const char *ret_values[GUARD_VALUES - 1])
{
    static const char *const names[] = {
        [GUARD_OFF] = "off", [GUARD_OBSERVE] = "observe", [GUARD_REFUSE] = "refuse"};
    static const char *const states[] = {
        [GUARD_IN_PLACE] = "in place", [GUARD_MISSING] = "missing", [GUARD_CHANGED] = "changed"};
    const struct guard_plan *guard = guard_build(arena, set, category, catalog);
    const char *problem = NULL, *state = "off";
    struct text triggers = {0}, leaves = {0};
    if (guard)
        state = states[guard_compare(arena, guard, &problem)];
    for (size_t i = 0; guard && i < guard->trigger_count; i++) {
        if (is_first(guard, i))
            add_item(&triggers, guard->triggers[i].name);
        if (is_new_leaf(guard, i))
            add_item(&leaves, arena_printf(arena, "%u", guard->triggers[i].table->oid));
    }
    const char *values[GUARD_VALUES - 1] = {
        category->name,
        names[guard ? category->guard : GUARD_OFF],
        state,
        problem,
        guard ? guard->sha256 : NULL,
        take_array(arena, &triggers),
        take_array(arena, &leaves),
    };
    memcpy(ret_values, values, sizeof(values));
}
