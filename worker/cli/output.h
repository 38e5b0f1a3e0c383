/* One result of a query for both readers: a table for people, an array of objects for --json. */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <jansson.h>
#include <libpq-fe.h>

#include "cli/command.h"
#include "cli/table.h"

/* Rows of a result as JSON objects: columns[i].name is the key and the result's column, its kind
 * makes a number, a boolean or a string of it. */
json_t *output_json(const PGresult *result, const struct table_column *columns, size_t count);

/* With --json: sets cli->document to { name: [...] }. Else prints the table of the columns that
 * have a title, or `when_empty` where there is no row. */
void output_result(struct cli *cli, const char *name, const PGresult *result,
                   const struct table_column *columns, size_t count, const char *when_empty);

/* "2026-07-24 12:00:02.5+00" of a session in UTC -> "2026-07-24T12:00:02.5Z"; null for NULL. */
json_t *output_time(const char *s);

/* cli->document, made where there is none yet. */
json_t *output_document(struct cli *cli);

#endif
