/* A question on the terminal, before what cannot be taken back. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"

bool cli_confirm(const struct cli *cli, const char *question, const char *word, const char *why,
                 struct error *error)
{
    char answer[64];
    if (cli_flag(cli, "yes"))
        return true;
    if (!isatty(STDIN_FILENO) || cli->json)
        return error_set(error, ERROR_USAGE, "%s: say --yes", why);
    printf("%s\nType \"%s\" to go on: ", question, word);
    fflush(stdout);
    if (!fgets(answer, sizeof(answer), stdin))
        answer[0] = '\0';
    answer[strcspn(answer, "\n")] = '\0';
    if (strcmp(answer, word) == 0)
        return true;
    return error_set(error, ERROR_STOPPED, "not confirmed: nothing was done");
}
