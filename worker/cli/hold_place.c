/* retentionctl hold place | extend | preview.
 *
 * A hold's uuid is the caller's: the command makes one, prints it before it sends anything, and
 * sends the same once more where the connection is lost, since nobody knows then whether the hold
 * was placed; the function places it once. What it covers is asked after the commit. */
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/text.h"
#include "cli/hold.h"
#include "cli/json.h"
#include "cli/output.h"

static const char *new_uuid(struct cli *cli)
{
    uint8_t bytes[16];
    char hex[33];
    random_bytes(bytes, sizeof(bytes));
    bytes[6] = (uint8_t)((bytes[6] & 0x0f) | 0x40); /* version 4 */
    bytes[8] = (uint8_t)((bytes[8] & 0x3f) | 0x80);
    hex_encode(hex, bytes, sizeof(bytes));
    return arena_printf(cli->arena, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16,
                        hex + 20);
}

/* 32 hex digits with or without dashes. */
static bool is_uuid(const char *s)
{
    size_t digits = 0;
    for (; *s; s++) {
        if (*s != '-' && !strchr("0123456789abcdefABCDEF", *s))
            return false;
        digits += *s != '-';
    }
    return digits == 32;
}

static bool refuse_word(const char *option, const char *value, const char *const *words,
                        size_t count, struct error *error)
{
    struct text all _cleanup_text_ = {0};
    for (size_t i = 0; i < count; i++)
        text_printf(&all, "%s%s", i ? ", " : "", words[i]);
    const char *nearest = text_nearest(value, words, count);
    error_set(error, ERROR_USAGE, "--%s cannot be \"%s\"", option, value);
    if (nearest)
        error_hint(error, "Perhaps \"%s\"; it is one of %s.", nearest, all.data);
    else
        error_hint(error, "It is one of %s.", all.data);
    return false;
}

static bool read_kind(struct cli *cli, const char **ret_kind, struct error *error)
{
    static const char *const kinds[] = {"litigation", "anticipated", "regulator", "restriction"};
    const char *kind = cli_option(cli, "kind");
    *ret_kind = kind ? kind : kinds[0];
    for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++)
        if (strcmp(*ret_kind, kinds[i]) == 0)
            return true;
    return refuse_word("kind", kind, kinds, ARRAY_LENGTH(kinds), error);
}

/* --accept-gap CATEGORY, repeated, or several with commas between them; and `more`, likewise. */
static const char *accepted_gaps(struct cli *cli, const char *more)
{
    size_t given = 0, count = 0, most = more ? strlen(more) + 1 : 0;
    const char **options = cli_options(cli, "accept-gap", &given);
    for (size_t i = 0; i < given; i++)
        most += strlen(options[i]) + 1;
    char **names = arena_alloc(cli->arena, (most + 1) * sizeof(*names));
    for (size_t i = 0; i < given + (more != NULL); i++)
        for (const char *p = i < given ? options[i] : more; p; p = *p ? p + 1 : NULL) {
            size_t n = strcspn(p, ",");
            if (n)
                names[count++] = arena_strndup(cli->arena, p, n);
            p += n;
            if (!*p)
                break;
        }
    return count ? session_array(cli, names, (int)count) : "{}";
}

static bool names_nothing(const struct hold_scope *scope)
{
    return !scope->tenant && !scope->subjects.count && !scope->keys.count && !scope->from &&
           !scope->to && !scope->wrong;
}

static bool need_scope(const struct hold_scope *scope, struct error *error)
{
    if (scope->everything && !names_nothing(scope))
        return error_set(error, ERROR_USAGE,
                         "--everything excludes subjects, keys, a tenant and a time: it is all "
                         "records");
    if (scope->everything || !names_nothing(scope))
        return true;
    error_set(error, ERROR_USAGE, "nothing says which records to hold");
    error_hint(error,
               "Name subjects, a tenant, a time or keys; or say --everything, for all "
               "records%s%s%s.",
               scope->category ? " of category \"" : " of all categories",
               scope->category ? scope->category : "", scope->category ? "\"" : "");
    return false;
}

/* The server, the network or the client's machine may be gone: what was sent may have happened. */
static bool connection_was_lost(const struct session *session, const struct error *error)
{
    return PQstatus(session->conn) == CONNECTION_BAD || strncmp(error->sqlstate, "57P", 3) == 0 ||
           strncmp(error->sqlstate, "08", 2) == 0;
}

/* Executes; after a lost connection once more over a new one, where that does no harm. */
static PGresult *send_twice(struct session *session, const char *file, size_t count,
                            const char *const *values, struct error *error)
{
    struct cli *cli = session->cli;
    PGresult *result = session_file(session, file, count, values, error);
    if (result || !connection_was_lost(session, error))
        return result;
    if (!cli->json)
        fputs("The connection was lost; trying once more with the same hold.\n", stderr);
    error_clear(error);
    session_close(session);
    if (!session_open(session, cli, SESSION_SCHEMA, error))
        return NULL;
    return session_file(session, file, count, values, error);
}

/* ---- place ---- */

enum { VALUE_GAPS = 11 }; /* where among the statement's values the accepted gaps are */

/* Where it fails for gaps that are accepted then on the terminal, it is sent with these. */
static PGresult *send_and_ask(struct session *session, size_t count, const char **values,
                              const char **ret_accepted, struct error *error)
{
    PGresult *result = send_twice(session, "cli/hold_place.sql", count, values, error);
    *ret_accepted = result ? NULL : hold_gaps_accept(session->cli, error);
    if (!*ret_accepted)
        return result;
    values[VALUE_GAPS] = accepted_gaps(session->cli, *ret_accepted);
    error_clear(error);
    return send_twice(session, "cli/hold_place.sql", count, values, error);
}

static void print_placed(struct cli *cli, const PGresult *row)
{
    if (cli->json) {
        json_t *document = output_document(cli);
        json_object_set_new(document, "in_force_at", output_time(result_value(row, 0, 4)));
        json_object_set_new(document, "placed_at", output_time(result_value(row, 0, 2)));
        return;
    }
    printf("Placed, and in force since %.19s UTC, the server's time: from then on the worker\n"
           "deletes nothing that it covers, now or later.\n\n",
           PQgetvalue(row, 0, 4));
}

static void print_end(struct cli *cli, const char *hold, const PGresult *row)
{
    const char *grace = PQgetvalue(row, 0, 6);
    bool second = PQgetvalue(row, 0, 5)[0] == 't';
    if (cli->json)
        return;
    printf("\nIt lasts until it is released:\n  retentionctl hold release %.8s --reason TEXT\n",
           hold);
    if (second)
        puts("A second person must confirm that.");
    if (!text_equal(grace, "00:00:00"))
        printf("The records are then kept for another %s.\n", grace);
    puts("It does not reach copies elsewhere, such as backups and exports.");
}

/* `accepted`: what was accepted on the terminal, NULL: nothing. */
static const char *repeat_hint(struct cli *cli, const char *hold, const char *accepted)
{
    return arena_printf(cli->arena,
                        "Whether the hold was placed is not known. Run the same command again with "
                        "--hold %s%s%s: that places it once, whatever happened.",
                        hold, accepted ? " --accept-gap " : "", accepted ? accepted : "");
}

/* The hold is in force: that its records cannot be counted now is told, and fails nothing. */
static void tell_reach(struct session *session, const char *hold, const char *category,
                       const struct hold_scope *scope)
{
    struct error why _cleanup_error_ = {0};
    bool nothing = false;
    if (hold_tell_reach(session, hold, category, &nothing, &why)) {
        hold_tell_absent(session, hold, scope, nothing);
        return;
    }
    if (session->cli->json)
        json_object_set_new(output_document(session->cli), "not_counted", json_text(why.primary));
    else
        printf("What it covers could not be counted: %s.\n\"retentionctl hold show %.8s\" does "
               "that later.\n",
               why.primary, hold);
}

/* What is beside the log makes the database's going back known; only a worker writes there. */
static void tell_copy(struct session *session)
{
    struct cli *cli = session->cli;
    struct error ignored _cleanup_error_ = {0};
    PGresult *leader _cleanup_result_ = session_file(session, "cli/leader.sql", 0, NULL, &ignored);
    if (!leader || PQntuples(leader) != 1)
        return;
    bool leads = PQgetvalue(leader, 0, 0)[0] == 't';
    if (cli->json)
        json_object_set_new(output_document(cli), "worker_runs", json_boolean(leads));
    else if (!leads)
        puts(
            "\nNo worker runs now. Until one does, the hold stands in the database alone: restored "
            "from an\nolder backup, that would not know of it. Ask the operator to start it.");
}

/* A number that is misspelt opens a second matter: a person sees it here. */
static void tell_new_matter(struct session *session, const char *matter)
{
    struct cli *cli = session->cli;
    struct error ignored _cleanup_error_ = {0};
    PGresult *rows _cleanup_result_ =
        session_file(session, "cli/matter_numbers.sql", 0, NULL, &ignored);
    if (!rows)
        return;
    size_t count = (size_t)PQntuples(rows);
    const char **numbers = arena_alloc(cli->arena, (count + 1) * sizeof(*numbers));
    for (size_t i = 0; i < count; i++) {
        numbers[i] = PQgetvalue(rows, (int)i, 0);
        if (strcmp(numbers[i], matter) == 0)
            return;
    }
    const char *nearest = text_nearest(matter, numbers, count);
    if (cli->json) {
        json_object_set_new(output_document(cli), "opens_matter", json_true());
        return;
    }
    printf("No matter has this number yet: the hold opens it.");
    if (nearest) {
        printf(" The nearest there is: \"");
        text_print_safe(stdout, nearest);
        printf("\".");
    }
    putchar('\n');
    fflush(stdout);
}

/* A blank before a matter's number would make it another matter. */
static const char *trimmed(struct cli *cli, const char *s)
{
    s += strspn(s, " \t");
    size_t n = strlen(s);
    while (n && (s[n - 1] == ' ' || s[n - 1] == '\t'))
        n--;
    return arena_strndup(cli->arena, s, n);
}

static bool place(struct session *session, const struct hold_scope *scope, const char *hold,
                  const char **values, size_t count, struct error *error)
{
    struct cli *cli = session->cli;
    const char *accepted;
    PGresult *placed _cleanup_result_ = send_and_ask(session, count, values, &accepted, error);
    if (!placed) {
        bool unknown = !session->conn || connection_was_lost(session, error);
        if (unknown)
            error_hint(error, "%s", repeat_hint(cli, hold, accepted));
        hold_explain_error(cli, scope, error);
        if (!cli->json && !unknown && cli_was_given(cli, "hold"))
            printf("Nothing was placed now; \"retentionctl hold show %.8s\" says whether it was "
                   "before.\n",
                   hold);
        else if (!cli->json)
            puts(unknown ? "It is NOT KNOWN whether the hold is placed."
                         : "The hold is NOT placed.");
        return false;
    }
    const char *const id[] = {hold};
    PGresult *row _cleanup_result_ = session_file(session, "cli/hold_in_force.sql", 1, id, error);
    if (!row || PQntuples(row) != 1) {
        if (row)
            error_set(error, ERROR_FAILED, "hold %s is not there", hold);
        error_context(error, "while looking at hold %s, which was placed", hold);
        return false;
    }
    print_placed(cli, row);
    tell_reach(session, hold, scope->category, scope);
    print_end(cli, hold, row);
    tell_copy(session);
    return true;
}

bool command_hold_place(struct cli *cli, struct error *error)
{
    struct session session _cleanup_session_ = {0};
    struct hold_scope scope;
    const char *kind, *review, *end, *hold = cli_option(cli, "hold");
    if (hold && !is_uuid(hold)) {
        error_set(error, ERROR_USAGE, "--hold wants a whole uuid, not \"%s\"", hold);
        error_hint(error, "It is for repeating a command whose connection was lost; without it "
                          "one is made.");
        return false;
    }
    if (!read_kind(cli, &kind, error) || !hold_date_read(cli, "review-by", &review, error) ||
        !hold_date_read(cli, "expected-end", &end, error) || !hold_scope_read(cli, &scope, error) ||
        !need_scope(&scope, error) || !session_open(&session, cli, SESSION_SCHEMA, error) ||
        !session_bound(&session, error) ||
        !hold_scope_check(&session, &scope, scope.category, error))
        return false;
    if (scope.everything && !scope.category &&
        !session_may(&session, "cli/hold_may_place.sql", error))
        return false;
    if (scope.everything && !scope.category &&
        !cli_confirm(cli, "No category deletes anything as long as this hold lasts.", "everything",
                     "this stops all deletion", error))
        return false;
    bool repeated = hold != NULL;
    if (!hold)
        hold = new_uuid(cli);
    const char *matter = trimmed(cli, cli->operands[0]);
    if (cli->json) {
        json_object_set_new(output_document(cli), "hold", json_text(hold));
        json_object_set_new(cli->document, "matter", json_text(matter));
    } else {
        printf("Asking%s for hold %s of matter \"", repeated ? " again" : "", hold);
        text_print_safe(stdout, matter);
        puts(repeated ? "\"; whether it is placed already is asked with it."
                      : "\"; it is not placed yet.");
        fflush(stdout);
    }
    if (!repeated)
        tell_new_matter(&session, matter);
    const char *values[] = {matter,
                            cli_option(cli, "reason"),
                            hold,
                            scope.category,
                            scope.tenant,
                            hold_values_array(cli, &scope.subjects),
                            scope.from,
                            scope.to,
                            hold_values_array(cli, &scope.keys),
                            scope.everything && !scope.category ? "t" : "f",
                            kind,
                            accepted_gaps(cli, NULL),
                            review,
                            end,
                            cli_option(cli, "matter-name"),
                            cli_option(cli, "court-reference"),
                            cli_flag(cli, "confidential") ? "t" : NULL};
    return place(&session, &scope, hold, values, ARRAY_LENGTH(values), error);
}

/* ---- extend ---- */

/* The category that a hold names, NULL: all. */
static bool hold_category(struct session *session, const char *hold, const char **ret_category,
                          struct error *error)
{
    const char *const values[] = {hold};
    PGresult *row _cleanup_result_ =
        session_file(session, "cli/hold_in_force.sql", 1, values, error);
    if (!row)
        return false;
    *ret_category = arena_strdup(session->cli->arena, result_value(row, 0, 1));
    return true;
}

bool command_hold_extend(struct cli *cli, struct error *error)
{
    struct session session _cleanup_session_ = {0};
    struct hold_scope scope;
    const char *category, *hold;
    if (!hold_scope_read(cli, &scope, error))
        return false;
    if (names_nothing(&scope)) {
        error_set(error, ERROR_USAGE, "nothing says which more records to hold");
        error_hint(error, "Name subjects, a tenant, a time or keys.");
        return false;
    }
    if (!session_open(&session, cli, SESSION_SCHEMA, error) || !session_bound(&session, error) ||
        !(hold = hold_find(&session, cli->operands[0], error)) ||
        !hold_category(&session, hold, &category, error) ||
        !hold_scope_check(&session, &scope, category, error))
        return false;
    const char *const values[] = {hold,
                                  cli_option(cli, "reason"),
                                  scope.tenant,
                                  hold_values_array(cli, &scope.subjects),
                                  scope.from,
                                  scope.to,
                                  hold_values_array(cli, &scope.keys),
                                  accepted_gaps(cli, NULL)};
    PGresult *part _cleanup_result_ =
        session_file(&session, "cli/hold_extend.sql", ARRAY_LENGTH(values), values, error);
    if (!part) {
        hold_explain_error(cli, &scope, error);
        if (connection_was_lost(&session, error))
            error_hint(error,
                       "Whether the hold was extended is not known: \"retentionctl hold "
                       "show %.8s\" says which parts it has.",
                       hold);
        return false;
    }
    const char *const id[] = {hold};
    PGresult *row _cleanup_result_ = session_file(&session, "cli/hold_in_force.sql", 1, id, error);
    if (!row)
        return false;
    if (cli->json) {
        json_object_set_new(output_document(cli), "hold", json_text(hold));
        json_object_set_new(cli->document, "part", json_number(PQgetvalue(part, 0, 0)));
    } else {
        printf("Hold %s now has part %s, too.\n", hold, PQgetvalue(part, 0, 0));
    }
    print_placed(cli, row);
    tell_reach(&session, hold, category, &scope);
    return true;
}

/* ---- preview ---- */

/* Which categories that such a hold does not reach would refuse it, and what accepts that. */
static void tell_refusal(struct cli *cli, const PGresult *rows)
{
    struct text names _cleanup_text_ = {0};
    json_t *list = json_array();
    for (int r = 0; r < PQntuples(rows); r++) {
        if (PQgetvalue(rows, r, 4)[0] != 't')
            continue;
        text_printf(&names, "%s%s", names.length ? "," : "", PQgetvalue(rows, r, 0));
        json_array_append_new(list, json_text(PQgetvalue(rows, r, 0)));
    }
    if (cli->json)
        json_object_set(output_document(cli), "refused_for", list);
    else if (names.length)
        printf(
            "\nPlacing it is refused, because it does not reach all of these, which delete records "
            "or\nare named. If nothing there needs to be held, place it with\n--accept-gap %s\n"
            "On a terminal \"hold place\" lists them, and one word accepts them.\n",
            names.data);
    json_decref(list);
}

bool command_hold_preview(struct cli *cli, struct error *error)
{
    struct session session _cleanup_session_ = {0};
    struct hold_scope scope;
    if (!hold_scope_read(cli, &scope, error) || !need_scope(&scope, error) ||
        !session_open(&session, cli, SESSION_SCHEMA, error) ||
        !hold_scope_check(&session, &scope, scope.category, error))
        return false;
    const char *const values[] = {scope.category,
                                  scope.tenant,
                                  hold_values_array(cli, &scope.subjects),
                                  scope.from,
                                  scope.to,
                                  hold_values_array(cli, &scope.keys),
                                  scope.everything && !scope.category ? "t" : "f"};
    PGresult *rows _cleanup_result_ =
        session_file(&session, "cli/hold_preview.sql", ARRAY_LENGTH(values), values, error);
    if (!rows)
        hold_explain_error(cli, &scope, error);
    if (!rows)
        return false;
    if (!cli->json)
        puts("Nothing is placed. Such a hold would cover now:\n");
    hold_tell_coverage(cli, rows, "would hold");
    tell_refusal(cli, rows);
    hold_warn_of_nothing(cli, rows);
    return hold_tell_declared(&session, scope.category, error);
}
