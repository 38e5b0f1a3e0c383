/* retentionctl log list | show: the entries of the deletion log, as they were written. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "cli/json.h"
#include "cli/output.h"
#include "cli/session.h"
#include "ledger/entry.h"

static const struct table_column list_columns[] = {
    {"id", CELL_NUMBER, "id"},           {"place", CELL_NUMBER, "place"},
    {"time (UTC)", CELL_SECOND, "at"},   {"type", CELL_TEXT, "type"},
    {"category", CELL_TEXT, "category"}, {"relation", CELL_TEXT, "relation"},
    {"rows", CELL_NUMBER, "rows"},       {"run", CELL_UUID, "run"},
    {"seq", CELL_NUMBER, "seq"},         {"detail", CELL_TEXT, "detail"},
};

/* The first digits of a UUID, as the table shows them, name all that begin so. */
static bool run_range(struct arena *arena, const char *prefix, const char **low, const char **high)
{
    char digits[2][33];
    size_t n = 0;
    for (const char *p = prefix; *p; p++) {
        if (*p == '-')
            continue;
        if (!isxdigit((unsigned char)*p) || n == 32)
            return false;
        digits[0][n] = digits[1][n] = *p;
        n++;
    }
    memset(digits[0] + n, '0', 32 - n);
    memset(digits[1] + n, 'f', 32 - n);
    digits[0][32] = digits[1][32] = 0;
    *low = arena_strdup(arena, digits[0]);
    *high = arena_strdup(arena, digits[1]);
    return n > 0;
}

/* An entry's type that nothing ever writes: a slip, and not a log without such entries. */
static bool type_exists(struct cli *cli, const char *name, struct error *error)
{
    size_t count;
    const struct entry_type *types = entry_types(&count);
    const char **names = arena_alloc(cli->arena, (count + 1) * sizeof(*names));
    struct text all _cleanup_text_ = {0};
    for (size_t i = 0; i < count; i++) {
        if (strcmp(types[i].name, name) == 0)
            return true;
        names[i] = types[i].name;
        text_printf(&all, "%s%s", i ? ", " : "", types[i].name);
    }
    const char *nearest = text_nearest(name, names, count);
    error_set(error, ERROR_USAGE, "there is no type of entries \"%s\"", name);
    if (nearest)
        error_hint(error, "Perhaps \"%s\".", nearest);
    else
        error_hint(error, "There are %s.", text_string(&all));
    return false;
}

/* A table that no entry names: a slip as well. */
static bool relation_exists(struct session *session, const char *name, struct error *error)
{
    PGresult *result _cleanup_result_ =
        session_file(session, "cli/log_relations.sql", 0, NULL, error);
    if (!result)
        return false;
    int count = PQntuples(result);
    const char **names = arena_alloc(session->cli->arena, ((size_t)count + 1) * sizeof(*names));
    for (int i = 0; i < count; i++) {
        names[i] = PQgetvalue(result, i, 0);
        if (strcmp(names[i], name) == 0)
            return true;
    }
    const char *nearest = text_nearest(name, names, (size_t)count);
    error_set(error, ERROR_USAGE, "no entry of the log is of a table \"%s\"", name);
    if (nearest)
        error_hint(error, "Perhaps \"%s\".", nearest);
    else
        error_hint(error, "A table is named as its policy names it, with its schema.");
    return false;
}

bool command_log_list(struct cli *cli, struct error *error)
{
    const char *limit = cli_option(cli, "limit");
    int64_t most = 100;
    if (limit && !cli_number(limit, &most))
        return error_set(error, ERROR_USAGE, "--limit wants a number, not \"%s\"", limit);
    const char *type = cli_option(cli, "type"), *category = cli_option(cli, "category");
    if (type && !type_exists(cli, type, error))
        return false;
    const char *run = cli_option(cli, "run"), *first_run = NULL, *last_run = NULL;
    if (run && !run_range(cli->arena, run, &first_run, &last_run))
        return error_set(error, ERROR_USAGE, "--run wants a run's UUID or its first digits");
    const char *const values[] = {
        category,
        type,
        first_run,
        last_run,
        cli_option(cli, "since"),
        cli_option(cli, "until"),
        most ? arena_printf(cli->arena, "%lld", (long long)most) : NULL,
        cli_option(cli, "relation"),
    };
    struct session session _cleanup_session_ = {0};
    if (!session_open(&session, cli, SESSION_SCHEMA, error) ||
        (category && !session_categories_exist(
                         &session, session_array(cli, (char *[]){(char *)category}, 1), error)))
        return false;
    PGresult *result _cleanup_result_ =
        session_file(&session, "cli/log_list.sql", ARRAY_LENGTH(values), values, error);
    if (!result)
        return error_is_bad_value(error)
                   ? error_set(error, ERROR_USAGE, "--since and --until want a time")
                   : false;
    const char *relation = cli_option(cli, "relation");
    if (relation && PQntuples(result) == 0 && !relation_exists(&session, relation, error))
        return false;
    output_result(cli, "entries", result, list_columns, ARRAY_LENGTH(list_columns), "No entries.");
    return true;
}

/* The lines "key value" of an entry's text as an object. */
static json_t *entry_fields(struct arena *arena, const char *entry)
{
    json_t *fields = json_object();
    char *save = NULL;
    for (char *line = strtok_r(arena_strdup(arena, entry), "\n", &save); line;
         line = strtok_r(NULL, "\n", &save)) {
        char *space = strchr(line, ' ');
        if (!space)
            continue; /* the first line: the version */
        *space = 0;
        json_object_set_new(fields, line, json_text(space + 1));
    }
    return fields;
}

/* An entry is ASCII; what stands in its place in the database may be anything. */
static void print_entry(struct arena *arena, const char *text)
{
    for (size_t n; *text; text += n) {
        n = strcspn(text, "\n");
        text_print_safe(stdout, arena_strndup(arena, text, n));
        if (text[n])
            putchar(text[n++]);
    }
}

bool command_log_show(struct cli *cli, struct error *error)
{
    const char *id = cli->operand_count ? cli->operands[0] : NULL;
    const char *place = cli_option(cli, "entry");
    int64_t number;
    if (!id == !place)
        return error_set(error, ERROR_USAGE, "\"log show\" wants an ID or --entry N");
    if (!cli_number(id ? id : place, &number))
        return error_set(
            error, ERROR_USAGE,
            id ? "ID is a number, as \"log list\" shows it, not \"%s\""
               : "--entry wants an entry's place, as \"log list\" shows it, not \"%s\"",
            id ? id : place);
    struct session session _cleanup_session_ = {0};
    if (!session_open(&session, cli, SESSION_SCHEMA, error))
        return false;
    const char *const values[] = {id, place};
    PGresult *result _cleanup_result_ =
        session_file(&session, "cli/log_show.sql", ARRAY_LENGTH(values), values, error);
    if (!result)
        return false;
    if (PQntuples(result) == 0)
        return error_set(error, ERROR_FAILED,
                         id ? "there is no log entry with the id %s"
                            : "no log entry has the place %s in the tree",
                         id ? id : place);
    const char *text = PQgetvalue(result, 0, PQfnumber(result, "entry"));
    PGresult *refs _cleanup_result_ = NULL;
    if (cli_flag(cli, "refs")) {
        const char *const batch[] = {result_value(result, 0, PQfnumber(result, "run")),
                                     result_value(result, 0, PQfnumber(result, "seq"))};
        refs = session_file(&session, "cli/log_refs.sql", 2, batch, error);
        if (!refs)
            return false;
    }
    if (!cli->json) {
        print_entry(cli->arena, text);
        for (int i = 0; refs && i < PQntuples(refs); i++)
            printf("%s%s\n", i ? "" : "\n", PQgetvalue(refs, i, 0));
        return true;
    }
    json_t *rows = output_json(result, list_columns, ARRAY_LENGTH(list_columns));
    json_t *entry = json_array_get(rows, 0);
    json_object_del(entry, "detail");
    json_object_set_new(entry, "text", json_text(text));
    json_object_set_new(entry, "fields", entry_fields(cli->arena, text));
    if (refs) {
        json_t *list = json_array();
        for (int i = 0; i < PQntuples(refs); i++)
            json_array_append_new(list, json_text(PQgetvalue(refs, i, 0)));
        json_object_set_new(entry, "refs", list);
    }
    json_object_set(output_document(cli), "entry", entry);
    json_decref(rows);
    return true;
}
