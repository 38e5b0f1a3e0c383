/* retentionctl pause | resume | stop: people stop the worker, and say why. */
#include "base/arena.h"
#include "base/text.h"
#include "cli/json.h"
#include "cli/output.h"
#include "cli/session.h"

/* "all", "category:NAME" or "tenant:VALUE"; NULL where both were given. */
static const char *scope_of(struct cli *cli, struct error *error)
{
    const char *category = cli_option(cli, "category"), *tenant = cli_option(cli, "tenant");
    if (category && tenant) {
        error_set(error, ERROR_USAGE, "--category and --tenant exclude each other");
        return NULL;
    }
    if (category)
        return arena_printf(cli->arena, "category:%s", category);
    return tenant ? arena_printf(cli->arena, "tenant:%s", tenant) : "all";
}

static void report(struct session *session, const char *key, const char *scope,
                   const char *sentence)
{
    struct cli *cli = session->cli;
    if (!cli->json) {
        text_print_safe(stdout, sentence);
        putchar('\n');
        if (session->notice)
            text_wrap(stdout, session->notice, 0, 100, false);
        return;
    }
    json_object_set_new(
        output_document(cli), key,
        json_pack("{so so}", "scope", json_text(scope), "notice", json_text(session->notice)));
}

/* What ends the pause, to be typed as it is. */
static const char *resume_words(struct cli *cli)
{
    const char *category = cli_option(cli, "category"), *tenant = cli_option(cli, "tenant");
    return arena_printf(cli->arena, "retentionctl resume%s%s%s%s --reason TEXT",
                        category ? " --category " : "", category ? category : "",
                        tenant ? " --tenant " : "", tenant ? tenant : "");
}

static const char *scope_words(struct cli *cli)
{
    const char *category = cli_option(cli, "category"), *tenant = cli_option(cli, "tenant");
    if (category)
        return arena_printf(cli->arena, "Category \"%s\"", category);
    return tenant ? arena_printf(cli->arena, "Tenant \"%s\"", tenant) : "Everything";
}

bool command_pause(struct cli *cli, struct error *error)
{
    const char *scope = scope_of(cli, error), *until = cli_option(cli, "until");
    struct session session _cleanup_session_ = {0};
    if (!scope || !session_open(&session, cli, SESSION_SCHEMA, error))
        return false;
    const char *const values[] = {scope, cli_option(cli, "reason"), until};
    PGresult *result _cleanup_result_ = session_file(&session, "cli/pause.sql", 3, values, error);
    if (!result)
        return error_is_bad_value(error) && until
                   ? error_set(error, ERROR_USAGE, "--until wants a time, not \"%s\"", until)
                   : false;
    report(&session, "paused", scope,
           arena_printf(cli->arena, "%s is paused%s%s. \"%s\" ends that.", scope_words(cli),
                        until ? " until " : "", until ? until : "", resume_words(cli)));
    return true;
}

bool command_resume(struct cli *cli, struct error *error)
{
    const char *scope = scope_of(cli, error);
    struct session session _cleanup_session_ = {0};
    if (!scope || !session_open(&session, cli, SESSION_SCHEMA, error))
        return false;
    const char *const values[] = {scope, cli_option(cli, "reason")};
    PGresult *result _cleanup_result_ = session_file(&session, "cli/resume.sql", 2, values, error);
    if (!result)
        return false;
    report(&session, "resumed", scope,
           arena_printf(cli->arena, "%s is resumed.", scope_words(cli)));
    return true;
}

bool command_stop(struct cli *cli, struct error *error)
{
    struct session session _cleanup_session_ = {0};
    if (!session_open(&session, cli, SESSION_SCHEMA, error))
        return false;
    const char *reason = cli_option(cli, "reason");
    const char *const values[] = {reason && *reason ? reason : "emergency stop"};
    PGresult *result _cleanup_result_ =
        session_file(&session, "cli/stop_now.sql", 1, values, error);
    if (!result)
        return false;
    report(
        &session, "stopped", "all",
        "Everything is stopped and paused. \"retentionctl resume --reason TEXT\" lets it go on.");
    return true;
}
