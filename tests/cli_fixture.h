/* A small database of recordings with the policies of retention-policy(5)'s examples, a main file,
 * and roles: what the commands' tests and the manual's examples run against. */
#ifndef CLI_FIXTURE_H
#define CLI_FIXTURE_H

#include <jansson.h>

#include "harness/cluster.h"
#include "harness/db.h"

/* Logins of the shared cluster, members of the groups that their names say. */
#define CLI_WORKER   "cli_worker"
#define CLI_APPROVER "cli_approver"
#define CLI_OPERATOR "cli_operator"
#define CLI_AUDITOR  "cli_auditor"
#define CLI_LEGAL    "cli_legal"
#define CLI_COUNSEL  "cli_counsel" /* of the same group: the second person */

struct cli_fixture {
    char *database;
    char *directory; /* holds retentiond.cfg, policies/, epoch.kek, phones.txt */
    char *config;    /* path of the main file; it connects as CLI_WORKER */
};

/* The database with schema retention, tables and rows; no privileges on the tables yet. */
struct cli_fixture cli_fixture_new(void);
/* Runs what `setup --sql` prints, as the owner of the tables. */
void cli_fixture_grant(const struct cli_fixture *fixture);
void cli_fixture_free(struct cli_fixture *fixture);

/* Makes a log of 300 entries, "retention-log", in the fixture's directory; beside it its key,
 * "log.vkey", and "checkpoint.may", which was kept when it had 128. */
void cli_fixture_log(const struct cli_fixture *fixture);

PGconn *cli_fixture_connect(const struct cli_fixture *fixture);
/* (Over)writes policies/NAME. */
void cli_fixture_policy(const struct cli_fixture *fixture, const char *name, const char *text);
/* The text of the n-th literal block of a page's template, roff's escapes undone; caller frees. */
char *manual_block(const char *page, int n);

/* Runs retentionctl -c CONFIG [-d as user] WORDS...; user NULL: as the main file says. */
struct program_result cli_run(const struct cli_fixture *fixture, const char *user,
                              const char *const *words);
/* The same, which must end with this code; returns standard output, caller frees. */
char *cli_out(const struct cli_fixture *fixture, const char *user, int exit_code,
              const char *const *words);
/* The same with --json: the document, caller json_decrefs. */
json_t *cli_json(const struct cli_fixture *fixture, const char *user, int exit_code,
                 const char *const *words);
/* Fails the test unless standard error holds the message and the code is this one. */
void cli_fails(const struct cli_fixture *fixture, const char *user, int exit_code,
               const char *message, const char *const *words);

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

#endif
