/* The records that one hold covers, told by their keys: for `retentionctl hold inventory`. */
#include "base/arena.h"
#include "policy/sql_private.h"

const char *sql_inventory(struct arena *arena, const struct policy_set *set,
                          const struct category *category, const struct catalog *catalog)
{
    struct sql_builder builder, *b = &builder;
    sql_builder_init(b, arena, set, category, 0, catalog);
    sql_begin(b);
    b->literal = true;
    struct text keys = {0}, where = {0};
    for (size_t i = 0; i < b->target.key.count; i++)
        text_printf(&keys, "%s%s AS k%zu", i ? ", " : "",
                    sql_key_text(b, &b->target, b->target.key.items[i]), i + 1);
    sql_add_and(&where, sql_claim(b, &b->target, category));
    sql_add_and(&where, sql_held_by(b, "$1::uuid"));
    struct sql_statement statement =
        sql_finish(b, arena_printf(arena, "SELECT %s\n  FROM %s t\n WHERE %s", text_string(&keys),
                                   sql_from(b, b->target.table), text_string(&where)));
    text_free(&keys);
    text_free(&where);
    return statement.text;
}
