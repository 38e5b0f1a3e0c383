/* How holds are found by the digits that people type, and what is told of their reach. */
#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "cli/hold.h"
#include "cli/json.h"
#include "cli/output.h"

/* The hex digits of a uuid or of its beginning, without dashes; NULL where it is none. */
static const char *uuid_digits(struct cli *cli, const char *typed)
{
    char digits[33];
    size_t n = 0;
    for (const char *p = typed; *p; p++) {
        if (*p == '-')
            continue;
        if (!isxdigit((unsigned char)*p) || n == 32)
            return NULL;
        digits[n++] = (char)tolower((unsigned char)*p);
    }
    return n ? arena_strndup(cli->arena, digits, n) : NULL;
}

static const char *find(struct session *session, const char *file, const char *what,
                        const char *typed, const char *hint, struct error *error)
{
    const char *digits = uuid_digits(session->cli, typed);
    if (!digits) {
        error_set(error, ERROR_USAGE, "\"%s\" is no %s's uuid and no beginning of one", typed,
                  what);
        error_hint(error, "%s", hint);
        return NULL;
    }
    const char *const values[] = {digits};
    PGresult *rows _cleanup_result_ = session_file(session, file, 1, values, error);
    if (!rows)
        return NULL;
    if (PQntuples(rows) == 1)
        return arena_strdup(session->cli->arena, PQgetvalue(rows, 0, 0));
    if (PQntuples(rows) == 0)
        error_set(error, ERROR_FAILED, "there is no %s \"%s\"", what, typed);
    else
        error_set(error, ERROR_USAGE, "several %ss begin with \"%s\", or are of the hold that does",
                  what, typed);
    error_hint(error, "%s", hint);
    return NULL;
}

/* Somebody typed a matter's number where a hold's is wanted: names the holds of the matter. */
static void hint_matter(struct session *session, const char *typed, struct error *error)
{
    struct error ignored _cleanup_error_ = {0};
    bool may_read = false;
    const char *const values[] = {typed};
    if (!hold_may_read_matters(session, &may_read, &ignored) || !may_read)
        return;
    PGresult *rows _cleanup_result_ =
        session_file(session, "cli/matter_holds.sql", 1, values, &ignored);
    struct text names _cleanup_text_ = {0};
    for (int r = 0; rows && r < PQntuples(rows); r++)
        text_printf(&names, "%s%.8s (%s)", names.length ? ", " : "", PQgetvalue(rows, r, 0),
                    PQgetvalue(rows, r, PQfnumber(rows, "state")));
    if (names.length)
        error_hint(error, "It is a matter, whose holds are %s. Name one of them.", names.data);
}

const char *hold_find(struct session *session, const char *digits, struct error *error)
{
    const char *hold = find(session, "cli/hold_find.sql", "hold", digits,
                            "All of them: \"retentionctl hold list --all\".", error);
    if (!hold)
        hint_matter(session, digits, error);
    return hold;
}

const char *hold_find_request(struct session *session, const char *digits, struct error *error)
{
    return find(session, "cli/hold_find_request.sql", "waiting request", digits,
                "Below \"retentionctl hold list\" stands what waits.", error);
}

static bool may(struct session *session, int column, bool *ret_may, struct error *error)
{
    PGresult *row _cleanup_result_ = session_file(session, "cli/hold_may_read.sql", 0, NULL, error);
    if (!row)
        return false;
    *ret_may = PQgetvalue(row, 0, column)[0] == 't';
    return true;
}

bool hold_may_read_matters(struct session *session, bool *ret_may, struct error *error)
{
    return may(session, 0, ret_may, error);
}

bool hold_may_count(struct session *session, bool *ret_may, struct error *error)
{
    return may(session, 1, ret_may, error);
}

bool hold_needs_reader(struct session *session, bool *ret_needs, struct error *error)
{
    return may(session, 2, ret_needs, error);
}

/* The result is sorted by its first column, the uuid. */
int hold_matter_row(const PGresult *matters, const char *hold)
{
    int low = 0, high = PQntuples(matters);
    while (low < high) {
        int middle = low + (high - low) / 2;
        int order = strcmp(PQgetvalue(matters, middle, 0), hold);
        if (order == 0)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return -1;
}

void hold_tell_coverage(struct cli *cli, const PGresult *rows, const char *verb)
{
    static const struct table_column json_columns[] = {
        {NULL, CELL_TEXT, "category"},
        {NULL, CELL_BOOLEAN, "applies"},
        {NULL, CELL_TEXT, "why"},
        {NULL, CELL_NUMBER, "rows"},
    };
    const struct table_column columns[] = {
        {"category", CELL_TEXT, NULL},
        {verb, CELL_NUMBER, NULL},
        {"remark", CELL_TEXT, NULL},
    };
    if (cli->json) {
        json_object_set_new(output_document(cli), "categories",
                            output_json(rows, json_columns, ARRAY_LENGTH(json_columns)));
        return;
    }
    struct table *table = table_new(cli->arena, columns, ARRAY_LENGTH(columns));
    for (int r = 0; r < PQntuples(rows); r++) {
        bool applies = PQgetvalue(rows, r, 1)[0] == 't';
        const char *why = result_value(rows, r, 2), *count = result_value(rows, r, 3);
        if (applies && text_equal(count, "0"))
            why = why ? arena_printf(cli->arena, "0 records now; %s", why) : "0 records now";
        const char *const cells[] = {PQgetvalue(rows, r, 0),
                                     applies ? (count ? count : "yes") : "no", why ? why : ""};
        table_row(table, cells);
    }
    if (table_rows(table))
        table_print(table, stdout);
    else
        puts("No category is loaded.");
}

bool hold_warn_of_nothing(struct cli *cli, const PGresult *rows)
{
    bool counted = false;
    for (int r = 0; r < PQntuples(rows); r++) {
        if (PQgetvalue(rows, r, 1)[0] != 't')
            continue;
        if (!text_equal(result_value(rows, r, 3), "0"))
            return false;
        counted = true;
    }
    if (cli->json)
        json_object_set_new(output_document(cli), "matches_nothing", json_true());
    else if (!counted)
        puts("\nWARNING: this keeps NOTHING today: it reaches no category, for the reasons above.");
    else
        puts("\nWARNING: nothing in the database matches this today. Check the spelling of what is "
             "named, and\nthe days, if any. Records that come later and match are covered all the "
             "same.");
    return true;
}

bool hold_tell_declared(struct session *session, const char *category, struct error *error)
{
    static const struct table_column columns[] = {
        {NULL, CELL_TEXT, "category"},
        {NULL, CELL_TEXT, "title"},
        {NULL, CELL_TEXT, "held_at"},
    };
    struct cli *cli = session->cli;
    const char *const values[] = {category};
    PGresult *rows _cleanup_result_ =
        session_file(session, "cli/hold_declared.sql", 1, values, error);
    if (!rows)
        return false;
    if (cli->json) {
        json_object_set_new(output_document(cli), "declared",
                            output_json(rows, columns, ARRAY_LENGTH(columns)));
        return true;
    }
    if (PQntuples(rows) == 0)
        return true;
    puts("\nNot in this database, so that no hold reaches it; tell these by hand to keep it:");
    for (int r = 0; r < PQntuples(rows); r++) {
        const char *title = result_value(rows, r, 1), *where = result_value(rows, r, 2);
        fputs("  ", stdout);
        text_print_safe(stdout, where ? where : "whoever holds it");
        printf(": category %s", PQgetvalue(rows, r, 0));
        if (title) {
            fputs(" (", stdout);
            text_print_safe(stdout, title);
            putchar(')');
        }
        putchar('\n');
    }
    return true;
}

bool hold_tell_reach(struct session *session, const char *hold, const char *category,
                     bool *ret_nothing, struct error *error)
{
    const char *const values[] = {hold};
    PGresult *rows _cleanup_result_ =
        session_file(session, "cli/hold_coverage.sql", 1, values, error);
    if (!rows)
        return false;
    hold_tell_coverage(session->cli, rows, "held now");
    if (ret_nothing)
        *ret_nothing = hold_warn_of_nothing(session->cli, rows);
    return hold_tell_declared(session, category, error);
}
