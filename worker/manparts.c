/* manparts PART: prints the part of a manual page that is made from a table, as mdoc. Used while
 * building, never installed. */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "cli/command.h"
#include "config/settings.h"
#include "ledger/entry.h"
#include "policy/man.h"
#include "service/metrics.h"

static const struct {
    const char *name;
    void (*print)(FILE *out);
} parts[] = {
    {"commands", help_print_man},   {"settings", settings_print_man},
    {"policy", policy_print_man},   {"entries", entry_print_man},
    {"messages", log_print_man},    {"catalog", log_print_catalog},
    {"metrics", metrics_print_man}, {"completion", help_print_completion},
};

int main(int argc, char **argv)
{
    for (size_t i = 0; argc == 2 && i < ARRAY_LENGTH(parts); i++)
        if (strcmp(argv[1], parts[i].name) == 0) {
            parts[i].print(stdout);
            return fflush(stdout) == 0 ? 0 : 1;
        }
    fputs("usage: manparts commands | settings | policy | entries | messages | catalog | metrics | "
          "completion\n",
          stderr);
    return 2;
}
