#include "cli/settings.h"

const struct settings *cli_settings(struct cli *cli, struct error *error)
{
    error_set(error, ERROR_CONFIG, "could not read \"%s\"", cli->config_file);
    return NULL;
}

const char *cli_settings_conninfo(struct cli *cli)
{
    (void)cli;
    return NULL;
}
