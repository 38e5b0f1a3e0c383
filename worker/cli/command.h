/* retentionctl's commands as one table: parser, --help and the manual page are made from it.
 *
 * A command is a function over a `struct cli`. It either prints for people to standard output, or,
 * with --json, leaves one document in cli->document, which the frame prints. It reports failure as
 * an error value; the frame prints that (for people to standard error, else as "error" in the
 * document) and makes the exit code of it. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/diag.h"
#include "base/error.h"

struct arena;
struct cli;
struct settings;

typedef bool command_fn(struct cli *cli, struct error *error);

struct command_option {
    const char *name;     /* long name, without the dashes */
    char letter;          /* short form, or 0 */
    const char *argument; /* name of its argument in the synopsis; NULL: a flag; one that ends in
                             "..." may be given several times */
    bool required;
    const char *help; /* one sentence, no full stop */
};

enum { OPTIONS_MOST = 24, ANY_NUMBER = 1000000 };

struct command {
    const char *section;  /* heading in --help and in the manual */
    const char *group;    /* "policy" of "policy list"; NULL: stands alone */
    const char *name;     /* NULL: every name of the group, none of them available */
    const char *operands; /* "[CATEGORY...]", or "" */
    int least, most;      /* number of operands */
    const char *summary;  /* one line, lower case, no full stop */
    const char *help;     /* sentences; paragraphs separated by an empty line; may be NULL */
    const char *example;  /* arguments after "retentionctl"; may be NULL */
    command_fn *run;      /* NULL: not available in this version */
    struct command_option options[OPTIONS_MOST]; /* up to the first without a name */
};

/* One call of the program. */
struct cli {
    struct arena *arena; /* lives until the program ends */
    const struct command *command;
    const char *config_file; /* -c, or the default */
    bool config_file_given;
    const char *conninfo; /* -d, or NULL */
    bool json;
    const char *values[OPTIONS_MOST]; /* of the command's options; a flag that is set: ""; the last
                                         where one was given several times */
    const char **lists[OPTIONS_MOST]; /* all of them, in their order */
    size_t list_counts[OPTIONS_MOST];
    char **operands;
    int operand_count;
    struct settings *settings; /* of the main file, once it was read; owned */
    bool settings_failed;
    json_t *document;   /* owned; what --json prints */
    struct diags diags; /* what is wrong with files; printed with the error */
};

/* The value of an option of the running command ("" for a flag that is set), or NULL. Asserts that
 * the command has it. */
const char *cli_option(const struct cli *cli, const char *name);
bool cli_flag(const struct cli *cli, const char *name);
/* True where the running command has such an option and it was given. */
bool cli_was_given(const struct cli *cli, const char *name);
/* Every value of an option that may be given several times. */
const char **cli_options(const struct cli *cli, const char *name, size_t *ret_count);

/* For commands with the option --yes: where that is not given, asks on the terminal for a word to
 * be typed. Without a terminal it is an error, `why` and what to say. */
bool cli_confirm(const struct cli *cli, const char *question, const char *word, const char *why,
                 struct error *error);

/* Reads a whole number >= 0; false where s is none. */
bool cli_number(const char *s, int64_t *ret_number);

/* "policy list"; in the arena. */
const char *command_title(struct arena *arena, const struct command *command);
const struct command *command_table(size_t *ret_count);
extern const struct command_option global_options[];
extern const size_t global_option_count;

/* The whole program. */
int cli_main(int argc, char **argv);

/* cli/help.c */
void help_print_overview(FILE *out);
void help_print_group(FILE *out, const char *group);
void help_print_command(FILE *out, const struct command *command);
/* The part of retentionctl(1) that lists commands and options, as mdoc. */
void help_print_man(FILE *out);
/* The tables of bash completion: systemd/retentionctl.bash-completion.in. */
void help_print_completion(FILE *out);

/* One file a group. */
command_fn command_migrate, command_adopt, command_setup; /* cli/schema.c */
command_fn command_check, command_config;                 /* cli/check.c */
command_fn command_plan;                                  /* cli/plan.c */
command_fn command_run;                                   /* cli/run.c */
command_fn command_pause, command_resume, command_stop;   /* cli/pause.c */
command_fn command_status;                                /* cli/status.c */
command_fn command_explain;                               /* cli/explain.c */
command_fn command_policy_list, command_policy_show, command_policy_diff, command_policy_load,
    command_policy_approve, command_policy_retire;                        /* cli/policy.c */
command_fn command_log_list, command_log_show;                            /* cli/log.c */
command_fn command_log_prune;                                             /* cli/log_prune.c */
command_fn command_log_verify;                                            /* cli/log_verify.c */
command_fn command_log_prove, command_log_checkpoint, command_log_export; /* cli/log_prove.c */
command_fn command_log_keygen, command_log_rotate_key, command_log_shred_epoch; /* cli/log_keys.c */
command_fn command_log_recover;                                           /* cli/log_recover.c */
command_fn command_report_compliance;                                     /* cli/report.c */
command_fn command_hold_place, command_hold_extend, command_hold_preview; /* cli/hold_place.c */
command_fn command_hold_release, command_hold_narrow, command_hold_confirm,
    command_hold_withdraw;                                           /* cli/hold_release.c */
command_fn command_hold_list, command_hold_show, command_hold_rules; /* cli/hold_show.c */
command_fn command_hold_inventory;                                   /* cli/hold_inventory.c */
command_fn command_hold_mend;                                        /* cli/hold_mend.c */
command_fn command_matter_list, command_matter_show, command_matter_close; /* cli/matter.c */

#endif
