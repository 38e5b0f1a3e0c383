#include "cli/output.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "cli/json.h"
#include "cli/session.h"

json_t *output_time(const char *s)
{
    size_t n = s ? strlen(s) : 0;
    if (n < 22 || s[10] != ' ' || strcmp(s + n - 3, "+00") != 0)
        return json_text(s);
    char *iso _cleanup_free_ = strdup(s);
    if (!iso)
        abort();
    iso[10] = 'T';
    iso[n - 3] = 'Z';
    iso[n - 2] = 0;
    return json_string(iso);
}

static json_t *cell_json(const struct table_column *column, const char *value)
{
    if (!value)
        return json_null();
    switch (column->kind) {
    case CELL_NUMBER:
        return json_number(value);
    case CELL_TIME:
    case CELL_SECOND:
        return output_time(value);
    case CELL_BOOLEAN:
        return json_boolean(value[0] == 't');
    default:
        return json_text(value);
    }
}

json_t *output_json(const PGresult *result, const struct table_column *columns, size_t count)
{
    json_t *rows = json_array();
    for (int r = 0; r < PQntuples(result); r++) {
        json_t *row = json_object();
        for (size_t c = 0; c < count; c++) {
            int number = columns[c].name ? PQfnumber(result, columns[c].name) : -1;
            if (number >= 0)
                json_object_set_new(row, columns[c].name,
                                    cell_json(&columns[c], result_value(result, r, number)));
        }
        json_array_append_new(rows, row);
    }
    return rows;
}

json_t *output_document(struct cli *cli)
{
    if (!cli->document)
        cli->document = json_object();
    return cli->document;
}

void output_result(struct cli *cli, const char *name, const PGresult *result,
                   const struct table_column *columns, size_t count, const char *when_empty)
{
    if (cli->json) {
        json_object_set_new(output_document(cli), name, output_json(result, columns, count));
        return;
    }
    if (PQntuples(result) == 0) {
        puts(when_empty);
        return;
    }
    struct table_column *shown = arena_alloc(cli->arena, count * sizeof(*shown));
    size_t shown_count = 0;
    for (size_t c = 0; c < count; c++)
        if (columns[c].title)
            shown[shown_count++] = columns[c];
    struct table *table = table_new(cli->arena, shown, shown_count);
    const char **values = arena_alloc(cli->arena, shown_count * sizeof(*values));
    for (int r = 0; r < PQntuples(result); r++) {
        for (size_t c = 0; c < shown_count; c++)
            values[c] = result_value(result, r, PQfnumber(result, shown[c].name));
        table_row(table, values);
    }
    table_print(table, stdout);
}
