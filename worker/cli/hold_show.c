/* retentionctl hold list | show | rules. Everybody who reads the schema sees that a hold is there,
 * when it was placed and what waits; matters, reasons and subjects are for legal alone. */
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "cli/hold.h"
#include "cli/json.h"
#include "cli/output.h"

static const struct table_column list_columns[] = {
    {"hold", CELL_UUID, "hold"},
    {"matter", CELL_TEXT, "matter"},
    {"kind", CELL_TEXT, "kind"},
    {"category", CELL_TEXT, "category"},
    {"subjects", CELL_NUMBER, "subjects"},
    {"keys", CELL_NUMBER, "keys"},
    {"placed (UTC)", CELL_TIME, "placed_at"},
    {"by", CELL_TEXT, "placed_by"},
    {"review by", CELL_TEXT, "review_by"},
    {"state", CELL_TEXT, "state"},
    {NULL, CELL_BOOLEAN, "everything"},
    {NULL, CELL_NUMBER, "parts"},
    {NULL, CELL_TEXT, "expected_end"},
    {NULL, CELL_BOOLEAN, "review_over"},
    {NULL, CELL_TIME, "released_at"},
    {NULL, CELL_TEXT, "released_by"},
    {NULL, CELL_TIME, "release_requested_at"},
    {NULL, CELL_TEXT, "release_requested_by"},
    {NULL, CELL_TIME, "held_until"},
    {NULL, CELL_NUMBER, "gaps"},
};

static const struct table_column waiting_columns[] = {
    {"request", CELL_UUID, "request"},
    {"hold", CELL_UUID, "hold"},
    {"what", CELL_TEXT, "what"},
    {"part", CELL_NUMBER, "part"},
    {"requested (UTC)", CELL_TIME, "requested_at"},
    {"by", CELL_TEXT, "requested_by"},
};

static const char *value(const PGresult *rows, int row, const char *name)
{
    return result_value(rows, row, PQfnumber(rows, name));
}

/* What only legal may read of holds: *ret_rows stays NULL for others. */
static bool read_matters(struct session *session, const char *hold, PGresult **ret_rows,
                         struct error *error)
{
    bool may;
    const char *const values[] = {hold};
    *ret_rows = NULL;
    if (!hold_may_read_matters(session, &may, error))
        return false;
    if (may)
        *ret_rows = session_file(session, "cli/hold_matters.sql", 1, values, error);
    return !may || *ret_rows;
}

static void put_matter(json_t *object, const PGresult *matters, int row)
{
    static const char *const names[] = {"matter", "name",           "court_reference",
                                        "reason", "release_reason", "release_confirm_reason"};
    static const char *const keys[] = {"matter", "matter_name",    "court_reference",
                                       "reason", "release_reason", "release_confirm_reason"};
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
        json_object_set_new(object, keys[i], json_text(value(matters, row, names[i])));
    json_object_set_new(object, "confidential",
                        json_boolean(value(matters, row, "confidential")[0] == 't'));
}

/* ---- list ---- */

static bool is_of_matter(const PGresult *matters, const char *hold, const char *matter)
{
    int m = matters ? hold_matter_row(matters, hold) : -1;
    return !matter || (m >= 0 && text_equal(value(matters, m, "matter"), matter));
}

static int list_for_people(struct cli *cli, const PGresult *rows, const PGresult *matters,
                           const char *matter)
{
    struct table_column shown[ARRAY_LENGTH(list_columns)];
    size_t count = 0;
    for (size_t c = 0; c < ARRAY_LENGTH(list_columns) && list_columns[c].title; c++)
        if (matters || strcmp(list_columns[c].name, "matter") != 0)
            shown[count++] = list_columns[c];
    struct table *table = table_new(cli->arena, shown, count);
    for (int r = 0; r < PQntuples(rows); r++) {
        const char *cells[ARRAY_LENGTH(list_columns)], *hold = value(rows, r, "hold");
        if (!is_of_matter(matters, hold, matter))
            continue;
        for (size_t c = 0; c < count; c++) {
            cells[c] = value(rows, r, shown[c].name);
            if (strcmp(shown[c].name, "matter") == 0) {
                int m = hold_matter_row(matters, hold);
                cells[c] = m < 0 ? NULL : value(matters, m, "matter");
            } else if (strcmp(shown[c].name, "category") == 0 && !cells[c]) {
                cells[c] = "(all)";
            } else if (strcmp(shown[c].name, "review_by") == 0 && cells[c] &&
                       value(rows, r, "review_over")[0] == 't') {
                cells[c] = arena_printf(cli->arena, "%s (over)", cells[c]);
            }
        }
        table_row(table, cells);
    }
    if (table_rows(table))
        table_print(table, stdout);
    return (int)table_rows(table);
}

static void list_for_programs(struct cli *cli, const PGresult *rows, const PGresult *matters,
                              const char *matter)
{
    json_t *all = output_json(rows, list_columns, ARRAY_LENGTH(list_columns));
    json_t *list = json_array();
    for (int r = 0; r < PQntuples(rows); r++) {
        const char *hold = value(rows, r, "hold");
        json_t *object = json_array_get(all, (size_t)r);
        int m = matters ? hold_matter_row(matters, hold) : -1;
        if (!is_of_matter(matters, hold, matter))
            continue;
        if (m >= 0)
            put_matter(object, matters, m);
        else
            json_object_del(object, "matter");
        json_array_append(list, object);
    }
    json_decref(all);
    json_object_set_new(output_document(cli), "holds", list);
}

static void show_waiting(struct cli *cli, const PGresult *waiting)
{
    if (cli->json) {
        json_object_set_new(output_document(cli), "waiting",
                            output_json(waiting, waiting_columns, ARRAY_LENGTH(waiting_columns)));
        return;
    }
    if (PQntuples(waiting) == 0)
        return;
    puts("\nWaiting for a second person (\"retentionctl hold confirm REQUEST --reason TEXT\"):\n");
    output_result(cli, "waiting", waiting, waiting_columns, ARRAY_LENGTH(waiting_columns), "");
}

/* A number that is misspelt must not read as a matter without holds. */
static bool matter_exists(struct session *session, const char *matter, struct error *error)
{
    PGresult *rows _cleanup_result_ =
        session_file(session, "cli/matter_numbers.sql", 0, NULL, error);
    if (!rows)
        return false;
    size_t count = (size_t)PQntuples(rows);
    const char **numbers = arena_alloc(session->cli->arena, (count + 1) * sizeof(*numbers));
    for (size_t i = 0; i < count; i++) {
        numbers[i] = PQgetvalue(rows, (int)i, 0);
        if (strcmp(numbers[i], matter) == 0)
            return true;
    }
    const char *nearest = text_nearest(matter, numbers, count);
    error_set(error, ERROR_FAILED, "there is no matter \"%s\"", matter);
    if (nearest)
        error_hint(error, "Perhaps \"%s\"; all of them: \"retentionctl matter list --all\".",
                   nearest);
    else
        error_hint(error, "All of them: \"retentionctl matter list --all\".");
    return false;
}

bool command_hold_list(struct cli *cli, struct error *error)
{
    struct session session _cleanup_session_ = {0};
    const char *matter = cli_option(cli, "matter");
    const char *const values[] = {cli_flag(cli, "all") ? "t" : "f", NULL};
    PGresult *rows _cleanup_result_ = NULL, *matters _cleanup_result_ = NULL,
                   *waiting _cleanup_result_ = NULL;
    if (!session_open(&session, cli, SESSION_SCHEMA, error) ||
        !read_matters(&session, NULL, &matters, error) ||
        !(rows = session_file(&session, "cli/hold_list.sql", 2, values, error)) ||
        !(waiting = session_file(&session, "cli/hold_waiting.sql", 1, values + 1, error)))
        return false;
    if (matter && !matters) {
        error_set(error, ERROR_FAILED, "role \"%s\" may not read matters", session.role);
        error_hint(error, "Members of %slegal may; connect as one of them with -d.",
                   session.prefix);
        return false;
    }
    if (matter && !matter_exists(&session, matter, error))
        return false;
    if (cli->json)
        list_for_programs(cli, rows, matters, matter);
    else if (!list_for_people(cli, rows, matters, matter))
        puts(matter && cli_flag(cli, "all") ? "The matter has no hold."
             : matter                       ? "No hold of the matter is in force."
             : cli_flag(cli, "all")         ? "There is no hold."
                                            : "No hold is in force.");
    show_waiting(cli, waiting);
    return hold_tell_waiting(&session, NULL, NULL, false, error);
}

/* ---- show ---- */

static void print_line(const char *name, const char *text)
{
    if (!text || !*text)
        return;
    printf("  %-16s", name);
    text_wrap(stdout, text, 18, 100, true);
}

/* Who ended it, and why: the one who asked and the one who confirmed, where these are two. */
static void print_release(struct cli *cli, const PGresult *row, const PGresult *matters)
{
    const char *asked_by = value(row, 0, "release_requested_by");
    const char *by = value(row, 0, "released_by");
    const PGresult *reasons = matters && PQntuples(matters) ? matters : NULL;
    bool two = asked_by && !text_equal(asked_by, by);
    if (two) {
        print_line("Release asked", arena_printf(cli->arena, "%.19s UTC by %s",
                                                 value(row, 0, "release_requested_at"), asked_by));
        print_line("because", reasons ? value(reasons, 0, "release_reason") : NULL);
    }
    print_line(two ? "Confirmed" : "Released",
               arena_printf(cli->arena, "%.19s UTC by %s", value(row, 0, "released_at"), by));
    print_line("because", !reasons ? NULL
                          : two    ? value(reasons, 0, "release_confirm_reason")
                                   : value(reasons, 0, "release_reason"));
}

static void print_hold(struct cli *cli, const PGresult *row, const PGresult *matters)
{
    struct arena *arena = cli->arena;
    const char *until = value(row, 0, "held_until"), *category = value(row, 0, "category");
    const char *state = value(row, 0, "state");
    printf("Hold %s\n\n", value(row, 0, "hold"));
    if (matters && PQntuples(matters)) {
        const char *name = value(matters, 0, "name");
        bool confidential = value(matters, 0, "confidential")[0] == 't';
        print_line("Matter",
                   arena_printf(arena, "%s%s%s%s", value(matters, 0, "matter"), name ? ", " : "",
                                name ? name : "", confidential ? " (confidential)" : ""));
        print_line("Court reference", value(matters, 0, "court_reference"));
        print_line("Reason", value(matters, 0, "reason"));
    }
    print_line("Kind", value(row, 0, "kind"));
    print_line("State",
               until ? arena_printf(arena, "%s, keeps its records until %.19s UTC", state, until)
                     : state);
    print_line("Placed", arena_printf(arena, "%.19s UTC by %s", value(row, 0, "placed_at"),
                                      value(row, 0, "placed_by")));
    if (value(row, 0, "released_at"))
        print_release(cli, row, matters);
    print_line("Review by",
               value(row, 0, "review_by") && value(row, 0, "review_over")[0] == 't'
                   ? arena_printf(arena, "%s, which is over", value(row, 0, "review_by"))
                   : value(row, 0, "review_by"));
    print_line("Expected end", value(row, 0, "expected_end"));
    print_line("Category", category ? category : "all categories, those approved later too");
    if (value(row, 0, "everything")[0] == 't')
        print_line("Records", "all");
}

static bool show_parts(struct session *session, const char *hold, bool may, struct error *error)
{
    static const struct table_column columns[] = {
        {"part", CELL_NUMBER, "part"},
        {"subjects", CELL_NUMBER, "subjects"},
        {"keys", CELL_NUMBER, "keys"},
        {"from (UTC)", CELL_TIME, "starts_from"},
        {"before (UTC)", CELL_TIME, "starts_to"},
        {"placed (UTC)", CELL_TIME, "placed_at"},
        {"by", CELL_TEXT, "placed_by"},
        {"ends (UTC)", CELL_TIME, "held_until"},
        {"tenant", CELL_TEXT, "tenant"},
        {"reason", CELL_TEXT, "reason"},
    };
    enum { PUBLIC_COLUMNS = ARRAY_LENGTH(columns) - 2 };
    struct cli *cli = session->cli;
    const char *const values[] = {hold};
    PGresult *texts _cleanup_result_ = NULL;
    PGresult *parts _cleanup_result_ =
        session_file(session, "cli/hold_parts.sql", 1, values, error);
    if (!parts ||
        (may && !(texts = session_file(session, "cli/hold_part_texts.sql", 1, values, error))))
        return false;
    if (cli->json) {
        json_t *list = output_json(parts, columns, PUBLIC_COLUMNS);
        for (int r = 0; texts && r < PQntuples(texts) && r < PQntuples(parts); r++) {
            json_t *part = json_array_get(list, (size_t)r);
            json_object_set_new(part, "tenant", json_text(result_value(texts, r, 1)));
            json_object_set_new(part, "reason", json_text(result_value(texts, r, 2)));
        }
        json_object_set_new(output_document(cli), "parts", list);
        return true;
    }
    struct table *table =
        table_new(cli->arena, columns, texts ? ARRAY_LENGTH(columns) : PUBLIC_COLUMNS);
    for (int r = 0; r < PQntuples(parts); r++) {
        const char *cells[ARRAY_LENGTH(columns)];
        for (size_t c = 0; c < PUBLIC_COLUMNS; c++)
            cells[c] = value(parts, r, columns[c].name);
        bool told = texts && r < PQntuples(texts);
        cells[PUBLIC_COLUMNS] = told ? result_value(texts, r, 1) : NULL;
        cells[PUBLIC_COLUMNS + 1] = told ? result_value(texts, r, 2) : NULL;
        table_row(table, cells);
    }
    putchar('\n');
    table_print(table, stdout);
    return true;
}

/* The subjects and keys themselves: only where they were asked for, and only for legal. */
static bool show_values(struct session *session, const char *hold, struct error *error)
{
    static const struct table_column columns[] = {
        {"part", CELL_NUMBER, "part"},
        {"kind", CELL_TEXT, "kind"},
        {"value", CELL_TEXT, "value"},
        {"let go", CELL_BOOLEAN, "freed"},
    };
    const char *const values[] = {hold};
    PGresult *rows _cleanup_result_ =
        session_file(session, "cli/hold_values.sql", 1, values, error);
    if (!rows)
        return false;
    if (!session->cli->json)
        putchar('\n');
    output_result(session->cli, "values", rows, columns, ARRAY_LENGTH(columns),
                  "The hold names no subject and no key.");
    return true;
}

bool command_hold_show(struct cli *cli, struct error *error)
{
    struct session session _cleanup_session_ = {0};
    PGresult *row _cleanup_result_ = NULL, *matters _cleanup_result_ = NULL,
                  *waiting _cleanup_result_ = NULL;
    const char *hold;
    if (!session_open(&session, cli, SESSION_SCHEMA, error) ||
        !(hold = hold_find(&session, cli->operands[0], error)))
        return false;
    const char *const values[] = {"t", hold};
    if (!(row = session_file(&session, "cli/hold_list.sql", 2, values, error)) ||
        !read_matters(&session, hold, &matters, error) ||
        !(waiting = session_file(&session, "cli/hold_waiting.sql", 1, values + 1, error)))
        return false;
    if (PQntuples(row) == 0)
        return error_set(error, ERROR_FAILED, "there is no hold \"%s\"", hold);
    if (cli->json) {
        json_t *rows = output_json(row, list_columns, ARRAY_LENGTH(list_columns));
        json_t *object = json_array_get(rows, 0);
        if (matters && PQntuples(matters))
            put_matter(object, matters, 0);
        else
            json_object_del(object, "matter");
        json_object_set(output_document(cli), "hold", object);
        json_decref(rows);
    } else {
        print_hold(cli, row, matters);
    }
    if (!show_parts(&session, hold, matters != NULL, error) ||
        (cli_flag(cli, "values") && !show_values(&session, hold, error)))
        return false;
    show_waiting(cli, waiting);
    if (!hold_tell_waiting(&session, hold, NULL, cli_flag(cli, "values"), error))
        return false;
    bool may_count;
    if (!hold_may_count(&session, &may_count, error))
        return false;
    if (!may_count || cli_flag(cli, "no-count"))
        return true;
    if (!cli->json)
        putchar('\n');
    return hold_tell_reach(&session, hold, value(row, 0, "category"), NULL, error);
}

/* ---- rules ---- */

static void print_rules(const PGresult *row)
{
    const char *dual = value(row, 0, "dual_control"), *grace = value(row, 0, "grace");
    const char *new_dual = value(row, 0, "proposed_dual_control");
    const char *new_grace = value(row, 0, "proposed_grace");
    printf("Releasing or narrowing a hold takes %s.\n",
           dual[0] == 't' ? "two persons" : "one person");
    if (strcmp(grace, "00:00:00") == 0)
        puts("A hold that is released keeps nothing from then on.");
    else
        printf("A hold that is released keeps its records for another %s.\n", grace);
    if (value(row, 0, "waits")[0] != 't')
        return;
    fputs("\nThe main file says otherwise, and that is weaker:", stdout);
    if (new_dual)
        printf(" holds.dual_control = %s", new_dual[0] == 't' ? "true" : "false");
    if (new_grace)
        printf("%s holds.grace = \"%s\"", new_dual ? "," : "", new_grace);
    printf(" (role %s).\nIt takes effect when an approver runs "
           "\"retentionctl hold rules --approve\".\n",
           value(row, 0, "proposed_by"));
}

bool command_hold_rules(struct cli *cli, struct error *error)
{
    static const struct table_column columns[] = {
        {NULL, CELL_BOOLEAN, "dual_control"},
        {NULL, CELL_TEXT, "grace"},
        {NULL, CELL_BOOLEAN, "proposed_dual_control"},
        {NULL, CELL_TEXT, "proposed_grace"},
        {NULL, CELL_TEXT, "proposed_by"},
        {NULL, CELL_TEXT, "approved_by"},
        {NULL, CELL_TIME, "approved_at"},
        {NULL, CELL_BOOLEAN, "waits"},
    };
    struct session session _cleanup_session_ = {0};
    if (!session_open(&session, cli, SESSION_SCHEMA, error))
        return false;
    if (cli_flag(cli, "approve")) {
        PGresult *read _cleanup_result_ =
            session_file(&session, "cli/hold_rules.sql", 0, NULL, error);
        if (!read)
            return false;
        const char *dual = value(read, 0, "proposed_dual_control");
        const char *grace = value(read, 0, "proposed_grace");
        const char *const values[] = {dual ? dual : value(read, 0, "dual_control"),
                                      grace ? grace : value(read, 0, "grace")};
        PGresult *done _cleanup_result_ =
            session_file(&session, "cli/hold_rules_approve.sql", 2, values, error);
        if (!done)
            return false;
    }
    PGresult *row _cleanup_result_ = session_file(&session, "cli/hold_rules.sql", 0, NULL, error);
    if (!row)
        return false;
    if (cli->json) {
        json_t *rows = output_json(row, columns, ARRAY_LENGTH(columns));
        json_object_set(output_document(cli), "rules", json_array_get(rows, 0));
        json_decref(rows);
    } else {
        print_rules(row);
    }
    return true;
}
