#include "cli/settings.h"

#include <unistd.h>

#include "base/arena.h"
#include "config/settings.h"
#include "ledger/keyfile.h"

const struct settings *cli_settings(struct cli *cli, struct error *error)
{
    if (!cli->settings && !cli->settings_failed) {
        cli->settings = settings_load(cli->config_file, &cli->diags);
        cli->settings_failed = !cli->settings;
    }
    if (cli->settings)
        return cli->settings;
    if (access(cli->config_file, F_OK) != 0) {
        error_set(error, ERROR_CONFIG, "there is no main file \"%s\"", cli->config_file);
        error_hint(error,
                   "Name another one with -c FILE; \"retentionctl config --defaults\" prints "
                   "one to begin with.");
    } else {
        error_set(error, ERROR_CONFIG, "main file \"%s\" is not valid", cli->config_file);
    }
    return NULL;
}

/* Where the file is only asked whether it says something, an absent default one is no finding. */
static const struct settings *settings_if_there(struct cli *cli)
{
    if (!cli->settings && !cli->config_file_given && access(cli->config_file, R_OK) != 0)
        return NULL;
    return cli_settings(cli, NULL);
}

const char *cli_settings_conninfo(struct cli *cli)
{
    const struct settings *settings = settings_if_there(cli);
    return settings ? settings->database.conninfo : NULL;
}

const char *cli_settings_role_prefix(struct cli *cli)
{
    const struct settings *settings = settings_if_there(cli);
    return settings ? settings->worker.role_prefix : NULL;
}

const char *cli_credential_hint(struct cli *cli, const struct keyfile_kind *kind)
{
    return arena_printf(cli->arena,
                        "If the service gets it as a credential, run this with it: \"systemd-run "
                        "--quiet --pipe --wait -p User=retentiond -p LoadCredential=%s:"
                        "/etc/credstore/retentiond.%s retentionctl ...\".",
                        kind->credential, kind->credential);
}

const char *cli_policy_directory(struct cli *cli, struct error *error)
{
    const struct settings *settings = cli_settings(cli, error);
    if (!settings)
        return NULL;
    if (!settings->policies) {
        error_set(error, ERROR_CONFIG, "\"%s\" names no directory of policies", cli->config_file);
        error_hint(error, "Add policies = \"...\".");
    }
    return settings->policies;
}
