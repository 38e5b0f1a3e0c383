/* What the second person has to know before a release or a narrowing is confirmed: who asked for
 * it, why, and what it gives up. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/hold.h"
#include "cli/json.h"
#include "cli/output.h"

enum { COL_REQUEST, COL_HOLD, COL_WHAT, COL_PART, COL_BY, COL_REASON, COL_COUNT, COL_FIRST };

/* The person's own words may hold anything. */
static void print_quoted(const char *text)
{
    for (const char *line = text; *line;) {
        size_t length = strcspn(line, "\n");
        char *copy _cleanup_free_ = strndup(line, length);
        text_print_safe(stdout, copy ? copy : "");
        line += length;
        if (*line == '\n' && *++line)
            putchar('\n');
    }
}

static void print_one(const PGresult *rows, int r, bool with_values)
{
    const char *count = PQgetvalue(rows, r, COL_COUNT);
    bool release = strcmp(PQgetvalue(rows, r, COL_WHAT), "release") == 0;
    printf("\nRequest %.8s, by ", PQgetvalue(rows, r, COL_REQUEST));
    text_print_safe(stdout, PQgetvalue(rows, r, COL_BY));
    printf(": because \"");
    print_quoted(PQgetvalue(rows, r, COL_REASON));
    puts("\"");
    if (release)
        printf("  It ends hold %.8s as a whole.\n", PQgetvalue(rows, r, COL_HOLD));
    else if (strcmp(count, "0") == 0)
        printf("  It gives up part %s of hold %.8s as a whole.\n", PQgetvalue(rows, r, COL_PART),
               PQgetvalue(rows, r, COL_HOLD));
    else if (with_values) {
        printf("  It gives up %s of the subjects and keys of hold %.8s:\n    ", count,
               PQgetvalue(rows, r, COL_HOLD));
        print_quoted(PQgetvalue(rows, r, COL_FIRST));
        puts(strtol(count, NULL, 10) > 20 ? "\n    ... (these are the first)" : "");
    } else {
        printf("  It gives up %s of its subjects and keys; they are named by:\n"
               "  retentionctl hold show %.8s --values\n",
               count, PQgetvalue(rows, r, COL_HOLD));
    }
}

bool hold_tell_waiting(struct session *session, const char *hold, const char *request,
                       bool with_values, struct error *error)
{
    struct cli *cli = session->cli;
    bool may_read;
    if (!hold_may_read_matters(session, &may_read, error))
        return false;
    if (!may_read)
        return true;
    const char *const values[] = {hold, request};
    PGresult *rows _cleanup_result_ =
        session_file(session, "cli/hold_waiting_details.sql", 2, values, error);
    if (!rows)
        return false;
    json_t *waiting = cli->json ? json_object_get(output_document(cli), "waiting") : NULL, *entry;
    size_t i;
    for (int r = 0; r < PQntuples(rows); r++) {
        if (!cli->json)
            print_one(rows, r, with_values);
        json_array_foreach(waiting, i, entry)
        {
            if (text_equal(json_string_value(json_object_get(entry, "request")),
                           PQgetvalue(rows, r, COL_REQUEST)))
                json_object_set_new(entry, "reason", json_text(PQgetvalue(rows, r, COL_REASON)));
        }
    }
    return true;
}
