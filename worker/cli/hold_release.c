/* retentionctl hold release | narrow | confirm | withdraw: how holds end. Two persons are needed by
 * default: the first one asks, the second one confirms. */
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "cli/hold.h"
#include "cli/json.h"
#include "cli/output.h"

/* What is known of a hold before something of it ends. */
struct ending {
    const char *hold;
    const char *category; /* NULL: all */
    const char *grace;    /* NULL: none */
    bool dual_control;
    const char *waiting; /* the release that waits, or NULL */
    bool waiting_is_own;
};

static bool look_at(struct session *session, struct ending *ending, struct error *error)
{
    struct arena *arena = session->cli->arena;
    const char *const values[] = {ending->hold};
    PGresult *row _cleanup_result_ =
        session_file(session, "cli/hold_in_force.sql", 1, values, error);
    PGresult *waiting _cleanup_result_ =
        row ? session_file(session, "cli/hold_waiting.sql", 1, values, error) : NULL;
    if (!waiting)
        return false;
    if (PQntuples(row) == 0)
        return error_set(error, ERROR_FAILED, "there is no hold \"%s\"", ending->hold);
    ending->category = arena_strdup(arena, result_value(row, 0, 1));
    ending->dual_control = PQgetvalue(row, 0, 5)[0] == 't';
    ending->grace = arena_strdup(arena, PQgetvalue(row, 0, 6));
    if (text_equal(ending->grace, "00:00:00"))
        ending->grace = NULL;
    for (int r = 0; r < PQntuples(waiting); r++)
        if (text_equal(PQgetvalue(waiting, r, 2), "release")) {
            ending->waiting = arena_strdup(arena, PQgetvalue(waiting, r, 0));
            ending->waiting_is_own = PQgetvalue(waiting, r, 6)[0] == 't';
        }
    return true;
}

static const char *until_words(struct cli *cli, const struct ending *ending)
{
    return ending->grace ? arena_printf(cli->arena, "for another %s, and no longer", ending->grace)
                         : "no longer";
}

static bool confirm_end(struct session *session, const struct ending *ending, bool whole,
                        struct error *error)
{
    struct cli *cli = session->cli;
    const char *question = arena_printf(cli->arena,
                                        whole ? "Hold %.8s then keeps its records %s."
                                              : "What hold %.8s gives up is then kept %s.",
                                        ending->hold, until_words(cli, ending));
    return session_may(session, "cli/hold_may_release.sql", error) &&
           cli_confirm(cli, question, arena_strndup(cli->arena, ending->hold, 8),
                       "this ends what a hold keeps", error);
}

/* The state of a request, "confirmed" or "requested" where it waits; in the document too. */
static bool tell_request(struct session *session, const char *request, struct error *error)
{
    struct cli *cli = session->cli;
    const char *const values[] = {request};
    PGresult *row _cleanup_result_ =
        session_file(session, "cli/hold_request.sql", 1, values, error);
    if (!row)
        return false;
    if (PQntuples(row) == 0)
        return error_set(error, ERROR_FAILED, "there is no request \"%s\"", request);
    const char *hold = PQgetvalue(row, 0, 1), *what = PQgetvalue(row, 0, 2);
    const char *decision = result_value(row, 0, 4), *until = PQgetvalue(row, 0, 6);
    bool release = strcmp(what, "release") == 0;
    if (cli->json) {
        json_t *document = output_document(cli);
        json_object_set_new(document, "hold", json_text(hold));
        json_object_set_new(document, "request", json_text(request));
        json_object_set_new(document, "what", json_text(what));
        json_object_set_new(document, "state", json_text(decision ? decision : "requested"));
        json_object_set_new(document, "held_until",
                            strcmp(until, "infinity") ? output_time(until) : json_null());
        return true;
    }
    const char *const of[] = {hold};
    PGresult *waiting _cleanup_result_ =
        decision ? NULL : session_file(session, "cli/hold_waiting.sql", 1, of, error);
    if (!decision && !waiting)
        return false;
    /* the hold's own number, unless something else of it waits too */
    const char *id = decision || PQntuples(waiting) > 1 ? request : hold;
    if (!decision)
        printf("The %s of hold %.8s waits for a second person, who runs:\n"
               "  retentionctl hold confirm %.8s --reason TEXT --yes\n"
               "Until then the hold keeps all that it kept. \"retentionctl hold withdraw %.8s "
               "--reason TEXT\"\ntakes the request back.\n",
               release ? "release" : "narrowing", hold, id, id);
    else if (strcmp(decision, "withdrawn") == 0)
        printf("The request is withdrawn: hold %.8s keeps all that it kept.\n", hold);
    else if (release)
        printf("Hold %.8s is released. It keeps its records until %.19s UTC.\n", hold, until);
    else
        printf("Hold %.8s is narrowed. What it gave up is kept for the grace, if there is one: "
               "\"hold rules\".\n",
               hold);
    return true;
}

static bool tell_release(struct session *session, const struct ending *ending, const char *state,
                         struct error *error)
{
    struct cli *cli = session->cli;
    const char *const values[] = {ending->hold};
    PGresult *row _cleanup_result_ =
        session_file(session, "cli/hold_in_force.sql", 1, values, error);
    if (!row)
        return false;
    const char *until = PQgetvalue(row, 0, 3);
    if (cli->json) {
        json_object_set_new(output_document(cli), "hold", json_text(ending->hold));
        json_object_set_new(cli->document, "state", json_text(state));
        json_object_set_new(cli->document, "held_until",
                            strcmp(until, "infinity") ? output_time(until) : json_null());
        return true;
    }
    printf("Hold %.8s is released. It keeps its records until %.19s UTC%s.\n", ending->hold, until,
           ending->grace ? ", the end of its grace" : "");
    puts("What fell due meanwhile goes with the first run after that, unless something else keeps "
         "it.");
    return true;
}

bool command_hold_release(struct cli *cli, struct error *error)
{
    struct session session _cleanup_session_ = {0};
    struct ending ending = {0};
    if (!session_open(&session, cli, SESSION_SCHEMA, error) || !session_bound(&session, error) ||
        !(ending.hold = hold_find(&session, cli->operands[0], error)) ||
        !look_at(&session, &ending, error))
        return false;
    bool asks_only = ending.dual_control && (!ending.waiting || ending.waiting_is_own);
    if (!asks_only && !confirm_end(&session, &ending, true, error))
        return false;
    const char *const values[] = {ending.hold, cli_option(cli, "reason")};
    PGresult *result _cleanup_result_ =
        session_file(&session, "cli/hold_release.sql", 2, values, error);
    if (!result)
        return false;
    const char *state = PQgetvalue(result, 0, 0);
    if (strcmp(state, "released") == 0)
        return tell_release(&session, &ending, state, error);
    if (!look_at(&session, &ending, error))
        return false;
    return !ending.waiting || tell_request(&session, ending.waiting, error);
}

bool command_hold_narrow(struct cli *cli, struct error *error)
{
    struct session session _cleanup_session_ = {0};
    struct hold_scope scope;
    struct ending ending = {0};
    const char *part = cli_option(cli, "part");
    int64_t number;
    if (part && (!cli_number(part, &number) || number < 1))
        return error_set(error, ERROR_USAGE, "--part wants the number of a part, not \"%s\"", part);
    if (!hold_scope_read(cli, &scope, error))
        return false;
    if (!part && !scope.subjects.count && !scope.keys.count && !scope.wrong) {
        error_set(error, ERROR_USAGE, "nothing says what the hold is to give up");
        error_hint(error, "Name subjects or keys that it has, or with --part alone a whole part; "
                          "\"retentionctl hold show HOLD\" lists them.");
        return false;
    }
    if (!session_open(&session, cli, SESSION_SCHEMA, error) || !session_bound(&session, error) ||
        !(ending.hold = hold_find(&session, cli->operands[0], error)) ||
        !look_at(&session, &ending, error) ||
        !hold_scope_check_keys(&session, &scope, ending.category, error) ||
        (!ending.dual_control && !confirm_end(&session, &ending, false, error)))
        return false;
    const char *const values[] = {ending.hold, cli_option(cli, "reason"), part,
                                  hold_values_array(cli, &scope.subjects),
                                  hold_values_array(cli, &scope.keys)};
    PGresult *request _cleanup_result_ =
        session_file(&session, "cli/hold_narrow.sql", ARRAY_LENGTH(values), values, error);
    if (!request)
        hold_explain_error(cli, &scope, error);
    return request && tell_request(&session, PQgetvalue(request, 0, 0), error);
}

static bool decide(struct session *session, const char *file, const char *request,
                   struct error *error)
{
    const char *const values[] = {request, cli_option(session->cli, "reason")};
    PGresult *result _cleanup_result_ = session_file(session, file, 2, values, error);
    return result && tell_request(session, request, error);
}

bool command_hold_confirm(struct cli *cli, struct error *error)
{
    struct session session _cleanup_session_ = {0};
    struct ending ending = {0};
    const char *request;
    if (!session_open(&session, cli, SESSION_SCHEMA, error) || !session_bound(&session, error) ||
        !(request = hold_find_request(&session, cli->operands[0], error)))
        return false;
    const char *const values[] = {request};
    PGresult *row _cleanup_result_ =
        session_file(&session, "cli/hold_request.sql", 1, values, error);
    if (!row || PQntuples(row) == 0)
        return row ? error_set(error, ERROR_FAILED, "the request is gone") : false;
    ending.hold = PQgetvalue(row, 0, 1);
    bool release = strcmp(PQgetvalue(row, 0, 2), "release") == 0;
    return look_at(&session, &ending, error) &&
           (cli->json || hold_tell_waiting(&session, NULL, request, true, error)) &&
           confirm_end(&session, &ending, release, error) &&
           decide(&session, "cli/hold_confirm.sql", request, error);
}

bool command_hold_withdraw(struct cli *cli, struct error *error)
{
    struct session session _cleanup_session_ = {0};
    const char *request;
    return session_open(&session, cli, SESSION_SCHEMA, error) && session_bound(&session, error) &&
           (request = hold_find_request(&session, cli->operands[0], error)) &&
           decide(&session, "cli/hold_withdraw.sql", request, error);
}
