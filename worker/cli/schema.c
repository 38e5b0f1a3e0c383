/* retentionctl migrate | adopt | setup: schema retention and what owners of tables must run. */
#include "base/arena.h"
#include "base/text.h"
#include "cli/json.h"
#include "cli/migrate.h"
#include "cli/output.h"
#include "cli/policies.h"
#include "cli/session.h"
#include "cli/settings.h"
#include "policy/setup.h"

/* Lines of a migration: for people at once, for --json collected. */
static void report_line(const char *line, void *arg)
{
    struct cli *cli = arg;
    if (cli->json) {
        json_array_append_new(json_object_get(output_document(cli), "steps"), json_text(line));
    } else {
        text_print_safe(stdout, line);
        putchar('\n');
        fflush(stdout);
    }
}

bool command_migrate(struct cli *cli, struct error *error)
{
    struct session session _cleanup_session_ = {0};
    if (!session_open(&session, cli, SESSION_DATABASE, error))
        return false;
    const char *prefix = cli_option(cli, "prefix");
    struct migrate_options options = {.prefix = prefix ? prefix : cli_settings_role_prefix(cli),
                                      .report = report_line,
                                      .arg = cli};
    if (cli->json)
        json_object_set_new(output_document(cli), "steps", json_array());
    int applied;
    if (!migrate_run(session.conn, &options, &applied, error))
        return false;
    if (cli->json) {
        json_object_set_new(output_document(cli), "applied", json_integer(applied));
        json_object_set_new(output_document(cli), "version", json_integer(migrate_newest()));
    } else {
        printf("Schema \"retention\" in database \"%s\" is version %d; %d migration%s applied.\n",
               session.database, migrate_newest(), applied, applied == 1 ? "" : "s");
    }
    return true;
}

bool command_adopt(struct cli *cli, struct error *error)
{
    struct session session _cleanup_session_ = {0};
    if (!session_open(&session, cli, SESSION_SCHEMA, error))
        return false;
    struct migrate_options options = {.prefix = session.prefix};
    bool adopted;
    if (!migrate_adopt(session.conn, &options, &adopted, error))
        return false;
    if (cli->json)
        json_object_set_new(output_document(cli), "adopted", json_boolean(adopted));
    else
        printf(adopted ? "Database \"%s\" is adopted: workers may act in it.\n"
                       : "Database \"%s\" was bound already.\n",
               session.database);
    return true;
}

bool command_setup(struct cli *cli, struct error *error)
{
    struct policies policies _cleanup_policies_ = {0};
    struct session session _cleanup_session_ = {0};
    if (!policies_read(&policies, cli, error) || !policies_are_valid(cli, error) ||
        !session_open(&session, cli, SESSION_SCHEMA, error))
        return false;
    /* what validation finds is not said here: privileges and indexes are what this is for */
    struct diags ignored = cli->diags;
    cli->diags = (struct diags){0};
    bool done = policies_validate(&policies, &session, error);
    diags_free(&cli->diags);
    cli->diags = ignored;
    if (!done)
        return false;
    struct text script _cleanup_text_ = {0};
    setup_write(&script, policies.set, policies.catalog, session.prefix, cli_flag(cli, "remove"));
    if (cli->json)
        json_object_set_new(output_document(cli), "script", json_text(text_string(&script)));
    else
        fputs(text_string(&script), stdout);
    return true;
}
