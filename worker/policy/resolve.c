#include "policy/resolve.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"

const struct catalog_table *resolve_table(const struct catalog *catalog, struct table_name name)
{
    return name.schema && name.name ? catalog_find(catalog, name.schema, name.name) : NULL;
}

const struct catalog_table *resolve_root(const struct catalog *catalog,
                                         const struct catalog_table *table)
{
    while (table->is_partition) {
        const struct catalog_table *parent = catalog_by_oid(catalog, table->parent);
        if (!parent)
            break;
        table = parent;
    }
    return table;
}

static void add_leaves(struct arena *arena, const struct catalog *catalog,
                       const struct catalog_table *table, const struct catalog_table ***list,
                       size_t *count)
{
    if (table->kind != 'p') {
        *list = arena_push(arena, *list, count, sizeof(**list));
        (*list)[*count - 1] = table;
        return;
    }
    for (size_t i = 0; i < table->partition_count; i++) {
        const struct catalog_table *partition = catalog_by_oid(catalog, table->partitions[i]);
        if (partition)
            add_leaves(arena, catalog, partition, list, count);
    }
}

const struct catalog_table **resolve_leaves(struct arena *arena, const struct catalog *catalog,
                                            const struct catalog_table *table, size_t *ret_count)
{
    const struct catalog_table **list = NULL;
    *ret_count = 0;
    add_leaves(arena, catalog, table, &list, ret_count);
    return list;
}

struct string_list resolve_key(struct arena *arena, const struct catalog_table *table,
                               bool key_given, const struct string_list *key)
{
    if (key_given)
        return *key;
    const struct catalog_index *primary = catalog_primary_key(table);
    struct string_list list = {0};
    if (primary) {
        list.count = primary->column_count;
        list.items = arena_alloc(arena, (list.count + 1) * sizeof(*list.items));
        memcpy(list.items, primary->columns, list.count * sizeof(*list.items));
    }
    return list;
}

static size_t place_of(const char *const *items, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(items[i], name) == 0)
            return i;
    return count;
}

bool resolve_reference(struct arena *arena, const struct catalog *catalog,
                       const struct catalog_table *from, const struct string_list *by,
                       const struct catalog_table *to, const struct string_list *key,
                       struct reference *ret_reference)
{
    struct reference *reference = ret_reference;
    *reference = (struct reference){.from = from, .to = to, .by = *by};
    for (size_t i = 0; i < from->constraint_count; i++) {
        const struct catalog_constraint *constraint = &from->constraints[i];
        const struct catalog_table *target =
            constraint->type == 'f' ? catalog_by_oid(catalog, constraint->foreign_table) : NULL;
        if (!target || target->oid != to->oid || constraint->column_count != by->count)
            continue;
        const char **columns = arena_alloc(arena, (by->count + 1) * sizeof(*columns));
        size_t found = 0;
        for (; found < by->count; found++) {
            size_t place =
                place_of(constraint->columns, constraint->column_count, by->items[found]);
            if (place == constraint->column_count)
                break;
            columns[found] = constraint->foreign_columns[place];
        }
        if (found < by->count)
            continue;
        reference->foreign_key = constraint;
        reference->columns = (struct string_list){columns, by->count};
        return true;
    }
    reference->columns = *key;
    return by->count > 0 && by->count == key->count;
}

static void add_waits(struct arena *arena, const struct catalog *catalog, struct table_name name,
                      const struct dependant *with, size_t with_count,
                      const struct catalog_table *to, struct reference **list, size_t *count)
{
    const struct catalog_table *from = resolve_table(catalog, name);
    for (size_t i = 0; from && i < from->constraint_count; i++) {
        const struct catalog_constraint *constraint = &from->constraints[i];
        if (constraint->type != 'f' || constraint->foreign_table != to->oid)
            continue;
        *list = arena_push(arena, *list, count, sizeof(**list));
        (*list)[*count - 1] = (struct reference){
            .from = from,
            .to = to,
            .by = {constraint->columns, constraint->column_count},
            .columns = {constraint->foreign_columns, constraint->foreign_column_count},
            .foreign_key = constraint,
        };
    }
    for (size_t i = 0; i < with_count; i++)
        add_waits(arena, catalog, with[i].table, with[i].with, with[i].with_count, to, list, count);
}

struct reference *resolve_wait(struct arena *arena, const struct catalog *catalog,
                               const struct category *waited_for, const struct catalog_table *to,
                               size_t *ret_count)
{
    struct reference *list = NULL;
    *ret_count = 0;
    add_waits(arena, catalog, waited_for->table, waited_for->with, waited_for->with_count, to,
              &list, ret_count);
    return list;
}

static int family(const char *type)
{
    static const struct {
        const char *type;
        int family;
    } families[] = {
        {"smallint", 1}, {"integer", 1}, {"bigint", 1}, {"text", 2}, {"character varying", 2}};
    for (size_t i = 0; i < ARRAY_LENGTH(families); i++)
        if (strcmp(type, families[i].type) == 0)
            return families[i].family;
    return 0;
}

bool resolve_types_agree(const char *a, const char *b)
{
    return text_equal(a, b) || (family(a) && family(a) == family(b));
}
