/* What all stages of a category rest on: see struct sql_basis. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "policy/sql_private.h"

void sql_note_column(struct sql_builder *b, const struct catalog_table *table, const char *column)
{
    for (size_t i = 0; i < b->column_count; i++)
        if (b->columns[i].table == table && strcmp(b->columns[i].column, column) == 0)
            return;
    b->columns = arena_push(b->arena, b->columns, &b->column_count, sizeof(*b->columns));
    b->columns[b->column_count - 1] =
        (struct sql_read_column){table, quote_table(b->arena, table), column};
}

static void add_columns(json_t *reads, const struct sql_category *stage)
{
    for (size_t i = 0; i < stage->column_count; i++) {
        const struct sql_read_column *read = &stage->columns[i];
        if (!json_object_get(reads, read->relation))
            json_object_set_new(reads, read->relation, json_object());
        json_object_set_new(json_object_get(reads, read->relation), read->column, json_null());
    }
}

struct sql_basis sql_basis(struct arena *arena, struct sql_category *const *stages, size_t count)
{
    struct sql_basis basis = {0};
    json_t *reads = json_object();
    for (size_t s = 0; s < count; s++) {
        for (size_t i = 0; i < stages[s]->governed.count; i++)
            if (!string_list_has(&basis.governed, stages[s]->governed.items[i]))
                sql_list_add(arena, &basis.governed, stages[s]->governed.items[i]);
        add_columns(reads, stages[s]);
    }
    char *text = reads ? json_dumps(reads, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    if (!text)
        abort(); /* out of memory: there is nothing else that could fail */
    basis.reads = arena_strdup(arena, text);
    free(text);
    json_decref(reads);
    return basis;
}
