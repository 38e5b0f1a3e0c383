/* The builder's read-only statements, run for people: one snapshot, by the role that may read. */
#include <string.h>

#include "base/arena.h"
#include "cli/hold.h"
#include "cli/json.h"
#include "cli/plan.h"

bool plan_begin(struct session *session, const char **ret_run_time, struct error *error)
{
    if (!session_execute(session, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", error))
        return false;
    PGresult *result _cleanup_result_ = session_file(session, "cli/plan_begin.sql", 0, NULL, error);
    if (!result)
        return false;
    *ret_run_time = arena_strdup(session->cli->arena, PQgetvalue(result, 0, 0));
    return true;
}

bool plan_settings(struct session *session, const struct category *category, struct error *error)
{
    const char *const values[] = {category->timezone};
    PGresult *result = session_file(session, "cli/plan_settings.sql", 1, values, error);
    PQclear(result);
    return result != NULL;
}

/* Rows that are JSON arrays of texts, as the result of the statement that made them. */
static PGresult *take_rows(struct session *session, PGresult *rows)
{
    enum { COLUMNS_MOST = 32 };
    PGresult *result = PQmakeEmptyPGresult(session->conn, PGRES_TUPLES_OK);
    for (int r = 0; result && r < PQntuples(rows); r++) {
        json_t *row = json_loads(PQgetvalue(rows, r, 0), 0, NULL), *value;
        PGresAttDesc columns[COLUMNS_MOST] = {0};
        char name[] = "";
        size_t i;
        for (i = 0; i < COLUMNS_MOST; i++)
            columns[i].name = name;
        bool made = row && json_array_size(row) <= COLUMNS_MOST &&
                    (r || PQsetResultAttrs(result, (int)json_array_size(row), columns));
        json_array_foreach(row, i, value)
        {
            const char *text = json_string_value(value);
            char *copy = text ? arena_strdup(session->cli->arena, text) : NULL;
            made = made && PQsetvalue(result, r, (int)i, copy, copy ? (int)strlen(copy) : -1);
        }
        json_decref(row);
        if (!made) {
            PQclear(result);
            result = NULL;
        }
    }
    return result;
}

static PGresult *query_as_reader(struct session *session, const char *category,
                                 const struct sql_statement *statement, const char **values,
                                 struct error *error)
{
    const char *const asked[] = {
        category, statement->text,
        statement->param_count
            ? session_array(session->cli, (char *const *)values, (int)statement->param_count)
            : "{}"};
    PGresult *rows _cleanup_result_ =
        session_file(session, "cli/plan_reader.sql", ARRAY_LENGTH(asked), asked, error);
    if (!rows) {
        if (strcmp(error->sqlstate, "42501") == 0)
            error_hint(error,
                       "The statement is run by the group that counts, which lacks SELECT on "
                       "a table: \"retentionctl setup --sql\" prints the grants.");
        return NULL;
    }
    PGresult *result = take_rows(session, rows);
    if (!result)
        error_set(error, ERROR_FAILED, "could not read what the database says of the records");
    return result;
}

PGresult *plan_query(struct session *session, const char *category,
                     const struct sql_statement *statement, const char *run_time, char *const *key,
                     struct error *error)
{
    const char **values =
        arena_alloc(session->cli->arena, (statement->param_count + 1) * sizeof(*values));
    for (size_t i = 0; i < statement->param_count; i++) {
        const struct sql_param *param = &statement->params[i];
        values[i] = param->kind == PARAM_RUN_TIME ? run_time
                    : param->kind == PARAM_KEY    ? key[param->index]
                    : param->kind == PARAM_NONCE  ? "a made-up value"
                                                  : param->value;
    }
    bool needs_reader;
    if (!hold_needs_reader(session, &needs_reader, error))
        return NULL;
    if (needs_reader)
        return query_as_reader(session, category, statement, values, error);
    PGresult *result =
        session_query(session, statement->text, statement->param_count, values, error);
    if (!result && strcmp(error->sqlstate, "42501") == 0)
        error_hint(error, "Who asks must be able to read the governed tables, as the worker is: "
                          "connect as its role, or as a member of it.");
    return result;
}
