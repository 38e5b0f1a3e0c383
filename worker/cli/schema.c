/* retentionctl migrate | adopt | setup: schema retention and what owners of tables must run. */
#include "base/arena.h"
#include "base/text.h"
#include "cli/json.h"
#include "cli/migrate.h"
#include "cli/output.h"
#include "cli/policies.h"
#include "cli/session.h"
#include "cli/settings.h"
#include "pg/role_prefix.h"
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

static void print_functions(struct cli *cli, const char *prefix)
{
    struct text list _cleanup_text_ = {0};
    migrate_print_functions(prefix, &list);
    if (cli->json)
        json_object_set_new(output_document(cli), "functions", json_text(text_string(&list)));
    else
        fputs(text_string(&list), stdout);
}

bool command_migrate(struct cli *cli, struct error *error)
{
    struct session session _cleanup_session_ = {0};
    const char *prefix = cli_option(cli, "prefix");
    if (!prefix)
        prefix = cli_settings_role_prefix(cli);
    if (cli_flag(cli, "print-functions")) {
        if (prefix && !role_prefix_check(prefix, error))
            return false;
        print_functions(cli, prefix);
        return true;
    }
    if (!session_open(&session, cli, SESSION_DATABASE, error))
        return false;
    struct migrate_options options = {.prefix = prefix, .report = report_line, .arg = cli};
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

/* While a hold keeps records of a category, the script leaves the guard that was approved: what a
 * file says that nobody approved takes none away. */
static bool keep_guards(struct policies *policies, struct session *session, struct error *error)
{
    struct cli *cli = session->cli;
    PGresult *held _cleanup_result_ = session_file(session, "cli/setup_guards.sql", 0, NULL, error);
    if (!held)
        return false;
    for (int i = 0; i < PQntuples(held); i++) {
        const char *name = PQgetvalue(held, i, 0);
        const struct category *category = policy_find(policies->set, name);
        bool approved = category && text_equal(category->sha256, PQgetvalue(held, i, 1));
        if (approved && setup_makes_guard(policies->set, policies->catalog, category))
            continue;
        struct diag *d = diag_error(
            &cli->diags, category ? category->at : (struct position){0},
            "this script would %s the guard of category \"%s\", whose records a legal hold keeps",
            approved ? "take away" : "take away or change", name);
        diag_hint(&cli->diags, d,
                  approved ? "Its policy is not valid any more: run \"retentionctl check\"."
                  : category
                      ? "Its file is not what was approved: have it approved first (see "
                        "\"retentionctl policy diff\"), or put it back."
                      : "Its file is not there: put it back, or have the policy retired first.");
    }
    return policies_are_valid(cli, error);
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
    if (!cli_flag(cli, "remove") && !keep_guards(&policies, &session, error))
        return false;
    struct text script _cleanup_text_ = {0};
    setup_write(&script, policies.set, policies.catalog, session.prefix, cli_flag(cli, "remove"));
    if (cli->json)
        json_object_set_new(output_document(cli), "script", json_text(text_string(&script)));
    else
        fputs(text_string(&script), stdout);
    return true;
}
