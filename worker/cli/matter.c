/* retentionctl matter list | show | close: the cases that holds belong to. For legal alone. */
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "cli/hold.h"
#include "cli/json.h"
#include "cli/output.h"

static const struct table_column columns[] = {
    {"matter", CELL_TEXT, "matter"},
    {"name", CELL_TEXT, "name"},
    {"court reference", CELL_TEXT, "court_reference"},
    {"confidential", CELL_BOOLEAN, "confidential"},
    {"opened (UTC)", CELL_TIME, "opened_at"},
    {"by", CELL_TEXT, "opened_by"},
    {"holds", CELL_NUMBER, "holds"},
    {"in force", CELL_NUMBER, "in_force"},
    {"state", CELL_TEXT, "state"},
    {NULL, CELL_TIME, "closed_at"},
    {NULL, CELL_TEXT, "closed_by"},
    {NULL, CELL_TEXT, "close_reason"},
};

bool command_matter_list(struct cli *cli, struct error *error)
{
    struct session session _cleanup_session_ = {0};
    const char *const values[] = {cli_flag(cli, "all") ? "t" : "f", NULL};
    if (!session_open(&session, cli, SESSION_SCHEMA, error))
        return false;
    PGresult *rows _cleanup_result_ =
        session_file(&session, "cli/matter_list.sql", 2, values, error);
    if (!rows)
        return false;
    output_result(cli, "matters", rows, columns, ARRAY_LENGTH(columns),
                  cli_flag(cli, "all") ? "There is no matter." : "No matter is open.");
    return true;
}

static bool no_matter(const char *matter, struct error *error)
{
    error_set(error, ERROR_FAILED, "there is no matter \"%s\"", matter);
    error_hint(error, "All of them: \"retentionctl matter list --all\".");
    return false;
}

static void print_matter(const PGresult *row)
{
#define FIELD(name) result_value(row, 0, PQfnumber(row, name))
    fputs("Matter ", stdout);
    text_print_safe(stdout, FIELD("matter"));
    if (FIELD("name")) {
        fputs(", ", stdout);
        text_print_safe(stdout, FIELD("name"));
    }
    puts(FIELD("confidential")[0] == 't' ? " (confidential)" : "");
    if (FIELD("court_reference")) {
        fputs("Court reference ", stdout);
        text_print_safe(stdout, FIELD("court_reference"));
        putchar('\n');
    }
    printf("Opened %.19s UTC by %s.\n", FIELD("opened_at"), FIELD("opened_by"));
    if (FIELD("closed_at")) {
        printf("Closed %.19s UTC by %s: ", FIELD("closed_at"), FIELD("closed_by"));
        text_print_safe(stdout, FIELD("close_reason") ? FIELD("close_reason") : "");
        putchar('\n');
    }
    printf("%s holds, %s in force.\n", FIELD("holds"), FIELD("in_force"));
#undef FIELD
}

bool command_matter_show(struct cli *cli, struct error *error)
{
    static const struct table_column hold_columns[] = {
        {"hold", CELL_UUID, "hold"},        {"kind", CELL_TEXT, "kind"},
        {"category", CELL_TEXT, "reach"},   {"subjects", CELL_NUMBER, "subjects"},
        {"keys", CELL_NUMBER, "keys"},      {"placed (UTC)", CELL_TIME, "placed_at"},
        {"by", CELL_TEXT, "placed_by"},     {"state", CELL_TEXT, "state"},
        {"reason", CELL_TEXT, "reason"},    {NULL, CELL_TIME, "held_until"},
        {NULL, CELL_BOOLEAN, "everything"}, {NULL, CELL_TEXT, "category"},
    };
    struct session session _cleanup_session_ = {0};
    const char *const values[] = {"t", cli->operands[0]};
    PGresult *row _cleanup_result_ = NULL, *holds _cleanup_result_ = NULL;
    if (!session_open(&session, cli, SESSION_SCHEMA, error) ||
        !(row = session_file(&session, "cli/matter_list.sql", 2, values, error)))
        return false;
    if (PQntuples(row) == 0)
        return no_matter(cli->operands[0], error);
    if (!(holds = session_file(&session, "cli/matter_holds.sql", 1, values + 1, error)))
        return false;
    if (cli->json) {
        json_t *rows = output_json(row, columns, ARRAY_LENGTH(columns));
        json_object_set(output_document(cli), "matter", json_array_get(rows, 0));
        json_decref(rows);
    } else {
        print_matter(row);
        putchar('\n');
    }
    output_result(cli, "holds", holds, hold_columns, ARRAY_LENGTH(hold_columns), "It has no hold.");
    return true;
}

bool command_matter_close(struct cli *cli, struct error *error)
{
    struct session session _cleanup_session_ = {0};
    const char *matter = cli->operands[0];
    const char *const values[] = {matter, cli_option(cli, "reason")};
    if (!session_open(&session, cli, SESSION_SCHEMA, error) || !session_bound(&session, error))
        return false;
    PGresult *done _cleanup_result_ =
        session_file(&session, "cli/matter_close.sql", 2, values, error);
    if (!done)
        return false;
    if (cli->json) {
        json_object_set_new(output_document(cli), "closed", json_text(matter));
        return true;
    }
    fputs("Matter ", stdout);
    text_print_safe(stdout, matter);
    puts(" is closed: no hold can be placed in it any more.");
    return true;
}
