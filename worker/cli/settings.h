/* The main file, as the commands see it: read once, when first asked for. */
#ifndef CLI_SETTINGS_H
#define CLI_SETTINGS_H

#include "cli/command.h"

struct keyfile_kind;
struct settings;

/* The settings of the main file (borrowed), or NULL with an error; its complaints are then in
 * cli->diags. An absent default file is an error too: `retentionctl` has nothing to read then. */
const struct settings *cli_settings(struct cli *cli, struct error *error);

/* database.conninfo of the main file, or NULL where there is no file or it names none. */
const char *cli_settings_conninfo(struct cli *cli);

/* worker.role_prefix of the main file, or NULL where there is no readable file. */
const char *cli_settings_role_prefix(struct cli *cli);

/* Where a key may be the service's alone: sentences that say how to run a command with it. */
const char *cli_credential_hint(struct cli *cli, const struct keyfile_kind *kind);

/* The policy directory that the main file names. */
const char *cli_policy_directory(struct cli *cli, struct error *error);

#endif
