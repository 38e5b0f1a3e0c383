/* plan --holds: how many records each hold keeps, by category, due or not. The statements are made
 * here, from the files: those that stand in the database were written down by the worker, and are
 * not run with the rights of whoever asks. */
#include "cli/plan_holds.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "cli/hold.h"
#include "cli/json.h"
#include "cli/plan.h"
#include "cli/table.h"

enum { COUNTED_MOST = 100 };

static const struct table_column columns[] = {
    {"hold", CELL_UUID, NULL},
    {"matter", CELL_TEXT, NULL},
    {"category", CELL_TEXT, NULL},
    {"records kept, due or not", CELL_NUMBER, NULL},
};

struct plan_holds {
    struct session *session;
    struct table *table;
    json_t *rows;      /* owned */
    PGresult *matters; /* NULL where they may not be read */
    int64_t left_out;
};

struct plan_holds *plan_holds_new(struct session *session, struct error *error)
{
    struct arena *arena = session->cli->arena;
    bool may;
    const char *const values[] = {NULL};
    PGresult *matters = NULL;
    if (!hold_may_read_matters(session, &may, error) ||
        (may && !(matters = session_file(session, "cli/hold_matters.sql", 1, values, error))))
        return NULL;
    struct plan_holds *holds = arena_alloc(arena, sizeof(*holds));
    *holds = (struct plan_holds){session, table_new(arena, columns, ARRAY_LENGTH(columns)),
                                 json_array(), matters, 0};
    return holds;
}

void plan_holds_free(struct plan_holds *holds)
{
    if (!holds)
        return;
    json_decref(holds->rows);
    PQclear(holds->matters);
}

static void add(struct plan_holds *holds, const char *hold, const char *category, const char *rows)
{
    int m = holds->matters ? hold_matter_row(holds->matters, hold) : -1;
    const char *matter =
        m < 0 ? NULL : PQgetvalue(holds->matters, m, PQfnumber(holds->matters, "matter"));
    json_t *row =
        json_pack("{ss ss so}", "hold", hold, "category", category, "rows", json_number(rows));
    if (matter)
        json_object_set_new(row, "matter", json_text(matter));
    json_array_append_new(holds->rows, row);
    table_row(holds->table, (const char *const[]){hold, matter, category, rows});
}

bool plan_holds_count(struct plan_holds *holds, const struct policy_set *set,
                      const struct category *category, const struct catalog *catalog,
                      struct error *error)
{
    const char *const name[] = {category->name};
    PGresult *list _cleanup_result_ =
        session_file(holds->session, "cli/plan_holds.sql", 1, name, error);
    if (!list)
        return false;
    if (PQntuples(list) == 0)
        return true;
    json_t *facts =
        json_loads(sql_hold_facts(holds->session->cli->arena, set, category, catalog), 0, NULL);
    const char *count = json_string_value(json_object_get(facts, "count"));
    bool done = count || error_set(error, ERROR_FAILED,
                                   "holds of category \"%s\" cannot be counted", category->name);
    for (int r = 0; done && r < PQntuples(list); r++) {
        const char *const hold[] = {PQgetvalue(list, r, 0)};
        if (r == COUNTED_MOST) {
            holds->left_out += PQntuples(list) - COUNTED_MOST;
            break;
        }
        PGresult *rows _cleanup_result_ = session_query(holds->session, count, 1, hold, error);
        if (!rows)
            done = false;
        else
            add(holds, hold[0], category->name, PQgetvalue(rows, 0, 0));
    }
    json_decref(facts);
    return done;
}

void plan_holds_show(struct plan_holds *holds, json_t *document)
{
    if (document) {
        json_object_set(document, "holds", holds->rows);
        return;
    }
    if (table_rows(holds->table)) {
        putchar('\n');
        table_print(holds->table, stdout);
    }
    if (holds->left_out)
        printf("%lld more are not counted.\n", (long long)holds->left_out);
}
