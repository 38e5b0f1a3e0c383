#include "cli/status_log.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/json.h"
#include "cli/output.h"
#include "cli/session.h"

static const struct table_column columns[] = {
    {NULL, CELL_TEXT, "state"},
    {NULL, CELL_TEXT, "message"},
    {NULL, CELL_TEXT, "hint"},
    {NULL, CELL_NUMBER, "missing"},
    {NULL, CELL_NUMBER, "database_size"},
    {NULL, CELL_NUMBER, "log_size"},
    {NULL, CELL_TIME, "checked_at"},
    {NULL, CELL_NUMBER, "signed_size"},
    {NULL, CELL_TIME, "signed_at"},
    {NULL, CELL_NUMBER, "anchored_size"},
    {NULL, CELL_TIME, "anchored_at"},
    {NULL, CELL_NUMBER, "anchor_failures"},
    {NULL, CELL_TEXT, "anchor_error"},
};

static const char *value(const PGresult *result, const char *name)
{
    return result_value(result, 0, PQfnumber(result, name));
}

static const char *count(char buffer[32], const PGresult *result, const char *name)
{
    const char *number = value(result, name);
    return text_thousands(buffer, number ? strtoll(number, NULL, 10) : 0);
}

static void print_anchor(const PGresult *state)
{
    char size[32], age[32];
    const char *error = value(state, "anchor_error"), *seconds = value(state, "anchor_age");
    const char *command = value(state, "anchor_command");
    if (seconds && !text_equal(command, "t"))
        printf("Checkpoints are not anchored any more: log.anchor is not set. The last one that "
               "was,\nof size %s, is %s old.\n",
               count(size, state, "anchored_size"), text_duration(age, strtoll(seconds, NULL, 10)));
    else if (seconds)
        printf("The last anchored checkpoint, of size %s, is %s old.\n",
               count(size, state, "anchored_size"), text_duration(age, strtoll(seconds, NULL, 10)));
    else if (text_equal(command, "t"))
        puts("No checkpoint was anchored yet.");
    if (error)
        printf("%s (%s failures in a row); it is tried again.\n", error,
               count(size, state, "anchor_failures"));
}

bool status_log_show(struct session *session, bool *ret_halted, struct error *error)
{
    char size[32];
    PGresult *state _cleanup_result_ = session_file(session, "cli/log_state.sql", 0, NULL, error);
    if (!state)
        return false;
    *ret_halted = value(state, "message") != NULL;
    if (session->cli->json) {
        json_t *rows = output_json(state, columns, ARRAY_LENGTH(columns));
        json_object_set(output_document(session->cli), "log", json_array_get(rows, 0));
        json_decref(rows);
        return true;
    }
    const char *word = value(state, "state"), *message = value(state, "message");
    const char *hint = value(state, "hint");
    if (text_equal(word, "off") && !value(state, "signed_size"))
        return true;
    if (message)
        printf("The log is not signed, and no run starts: %s.\n%s%s", message, hint ? hint : "",
               hint ? "\n" : "");
    printf("The log has %s signed entries%s%.19s%s.\n", count(size, state, "signed_size"),
           value(state, "signed_at") ? ", the last checkpoint of " : "",
           value(state, "signed_at") ? value(state, "signed_at") : "",
           value(state, "signed_at") ? " UTC" : "");
    print_anchor(state);
    putchar('\n');
    return true;
}
