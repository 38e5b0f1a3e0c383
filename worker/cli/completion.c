/* The words of bash completion, written out of the command table; what uses them is in
 * systemd/retentionctl.bash-completion.in. */
#include <string.h>

#include "cli/command.h"

/* Once each: a group's name stands at each of its commands. */
static void print_first_words(FILE *out, const struct command *table, size_t count)
{
    const char *last = "";
    fputs("_retentionctl_words=\"", out);
    for (size_t i = 0; i < count; i++) {
        const char *word = table[i].group ? table[i].group : table[i].name;
        if (table[i].run && word && strcmp(word, last) != 0)
            fprintf(out, "%s%s", *last ? " " : "", word);
        last = word && table[i].run ? word : last;
    }
    fputs("\"\n", out);
}

static void print_options(FILE *out, const struct command *command)
{
    fputs("--json", out);
    for (size_t i = 0; i < OPTIONS_MOST && command->options[i].name; i++)
        fprintf(out, " --%s", command->options[i].name);
}

void help_print_completion(FILE *out)
{
    size_t count;
    const struct command *table = command_table(&count);
    print_first_words(out, table, count);
    fputs("declare -A _retentionctl_members=(\n", out);
    for (size_t i = 0; i < count; i++) {
        if (!table[i].group || !table[i].name || !table[i].run ||
            (i > 0 && table[i - 1].group && strcmp(table[i - 1].group, table[i].group) == 0))
            continue;
        fprintf(out, "  [%s]=\"", table[i].group);
        for (size_t j = 0, n = 0; j < count; j++)
            if (table[j].group && table[j].name && table[j].run &&
                strcmp(table[j].group, table[i].group) == 0)
                fprintf(out, "%s%s", n++ ? " " : "", table[j].name);
        fputs("\"\n", out);
    }
    fputs(")\ndeclare -A _retentionctl_options=(\n", out);
    for (size_t i = 0; i < count; i++) {
        if (!table[i].run || !table[i].name)
            continue;
        fprintf(out, "  [\"%s%s%s\"]=\"", table[i].group ? table[i].group : "",
                table[i].group ? " " : "", table[i].name);
        print_options(out, &table[i]);
        fputs("\"\n", out);
    }
    fputs(")\n", out);
}
