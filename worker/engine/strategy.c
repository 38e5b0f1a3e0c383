#include "engine/strategy.h"

#include <jansson.h>

#include "base/arena.h"
#include "base/sql_files.h"
#include "base/text.h"

/* Of the index that is read; NULL where everything is. */
static const char *index_name(const json_t *node)
{
    const char *name = json_string_value(json_object_get(node, "Index Name"));
    const json_t *child;
    size_t i;
    json_array_foreach(json_object_get(node, "Plans"), i, child)
    {
        if (!name)
            name = index_name(child);
    }
    return name;
}

static const json_t *top_of(const json_t *document)
{
    return json_object_get(json_array_get(document, 0), "Plan");
}

bool strategy_is_index(const char *json)
{
    json_t *document = json_loads(json, 0, NULL);
    bool is = index_name(top_of(document)) != NULL;
    json_decref(document);
    return is;
}

const char *strategy_text(struct arena *arena, const char *json)
{
    json_t *document = json_loads(json, 0, NULL);
    const char *name = index_name(top_of(document));
    char rows[32];
    text_thousands(rows,
                   (int64_t)json_number_value(json_object_get(top_of(document), "Plan Rows")));
    const char *text =
        name ? arena_printf(arena, "index \"%s\", about %s rows", name, rows)
             : arena_printf(arena, "sweep, the planner would read all for about %s rows", rows);
    json_decref(document);
    return text;
}

const char *strategy_proof_settings(void)
{
    return "SELECT pg_catalog.set_config('constraint_exclusion', 'on', true), "
           "pg_catalog.set_config('max_parallel_workers_per_gather', '0', true)";
}

bool strategy_is_proven(const char *json)
{
    json_t *document = json_loads(json, 0, NULL);
    const json_t *top = top_of(document);
    const char *filter = json_string_value(json_object_get(top, "One-Time Filter"));
    bool is = text_equal(json_string_value(json_object_get(top, "Node Type")), "Result") &&
              text_equal(filter, "false") && !json_object_get(top, "Plans");
    json_decref(document);
    return is;
}

static void add_relations(struct arena *arena, const json_t *node, struct string_list *list)
{
    const char *schema = json_string_value(json_object_get(node, "Schema"));
    const char *name = json_string_value(json_object_get(node, "Relation Name"));
    if (schema && name) {
        list->items = arena_push(arena, list->items, &list->count, sizeof(*list->items));
        list->items[list->count - 1] = arena_printf(arena, "%s.%s", schema, name);
    }
    const json_t *child;
    size_t i;
    json_array_foreach(json_object_get(node, "Plans"), i, child)
    {
        add_relations(arena, child, list);
    }
}

struct string_list strategy_relations(struct arena *arena, const char *json)
{
    struct string_list list = {0};
    json_t *document = json_loads(json, 0, NULL);
    add_relations(arena, top_of(document), &list);
    json_decref(document);
    return list;
}

const char *strategy_whole_sql(void)
{
    return sql_file("engine/whole_leaf.sql");
}

const char *strategy_not_whole(const PGresult *result)
{
    if (PQntuples(result) != 1 || PQnfields(result) != 2)
        return "it is not there any more";
    return PQgetisnull(result, 0, 0) ? NULL : PQgetvalue(result, 0, 0);
}

const char *strategy_stays(const PGresult *result)
{
    if (PQntuples(result) == 1 && !PQgetisnull(result, 0, 0) && PQgetvalue(result, 0, 0)[0] == 'f')
        return NULL;
    return "not all of its records are to go";
}
