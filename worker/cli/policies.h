/* The policy files, checked against a database where one is there. */
#ifndef CLI_POLICIES_H
#define CLI_POLICIES_H

#include "cli/command.h"
#include "pg/catalog.h"
#include "policy/model.h"

struct session;

struct policies {
    struct policy_set *set;         /* owned */
    struct catalog *catalog;        /* owned; NULL where no database was asked */
    struct function_list *accepted; /* owned; NULL where the main file names none */
};

/* Reads the directory that the main file names. What is wrong with files goes to cli->diags; false
 * only where there is nothing to work with (no main file, no directory). */
bool policies_read(struct policies *policies, struct cli *cli, struct error *error);

/* Reads the catalog's facts, as they are for the worker's role, and checks the set against them;
 * what is wrong goes to cli->diags, warnings only for `check`. */
bool policies_validate(struct policies *policies, struct session *session, struct error *error);

void policies_free(struct policies *policies);
#define _cleanup_policies_ _cleanup_(policies_free)

/* The role that the worker connects as: that of the main file's conninfo, else the group of the
 * schema's prefix where that exists, else NULL: the role of this session. In the arena. */
const char *policies_worker_role(struct session *session, struct error *error);

/* The categories named by the operands, or all, by name. NULL with an error for an unknown one. */
const struct category **policies_select(struct cli *cli, const struct policies *policies,
                                        size_t *ret_count, struct error *error);

/* "3 errors and 1 warning"; in the arena. */
const char *policies_counts(struct cli *cli);

/* Sets ERROR_CONFIG and returns false where cli->diags holds an error. */
bool policies_are_valid(struct cli *cli, struct error *error);

#endif
