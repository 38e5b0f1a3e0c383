/* A lawyer's company, for tests of matters and holds: recordings by the caller's number, texts by a
 * numeric customer, invoices about nobody, and a category that is with somebody else. */
#ifndef TESTS_CLI_HOLD_SUPPORT_H
#define TESTS_CLI_HOLD_SUPPORT_H

#include <stdint.h>

#include "cli_fixture.h"

extern struct cli_fixture hold_cli;

void cli_hold_setup(void);
void cli_hold_teardown(void);

#define LEGAL(code, ...)          cli_out(&hold_cli, CLI_LEGAL, code, WORDS(__VA_ARGS__))
#define COUNSEL(code, ...)        cli_out(&hold_cli, CLI_COUNSEL, code, WORDS(__VA_ARGS__))
#define JSON(code, ...)           cli_json(&hold_cli, CLI_LEGAL, code, WORDS(__VA_ARGS__))
#define FAILS(code, message, ...) cli_fails(&hold_cli, CLI_LEGAL, code, message, WORDS(__VA_ARGS__))

void contains(const char *text, const char *part);
void contains_not(const char *text, const char *part);
/* One number of the database, as its owner sees it. */
int64_t ask(const char *query);
/* A file of the fixture's directory; its path, caller frees. */
char *list_file(const char *name, const char *text);
/* A hold of one number; its uuid, caller frees. */
char *place_one(void);
/* On a terminal, at which somebody types a line; what is printed, caller frees. */
char *typed(const char *line, int exit_code, const char *words);

#endif
