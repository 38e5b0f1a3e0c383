/* --help and the generated part of retentionctl(1): both are the command table, written out. */
#include <string.h>

#include "base/arena.h"
#include "base/mdoc.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/table.h"

enum { HELP_WIDTH = 79, OPTION_COLUMN = 26, USAGE_INDENT = 8 };

static size_t option_count(const struct command *command)
{
    size_t n = 0;
    while (n < OPTIONS_MOST && command->options[n].name)
        n++;
    return n;
}

static const char *unavailable(const struct command *command)
{
    return command->run ? "" : " (not available in this version)";
}

static void print_synopsis(FILE *out, const struct command *command)
{
    char word[128];
    size_t column = strlen("Usage: retentionctl [OPTIONS]");
    fprintf(out, "retentionctl [OPTIONS]");
    if (command->group)
        column += (size_t)fprintf(out, " %s", command->group);
    if (command->name)
        column += (size_t)fprintf(out, " %s", command->name);
    if (command->operands[0])
        column += (size_t)fprintf(out, " %s", command->operands);
    for (size_t i = 0; i < option_count(command); i++) {
        const struct command_option *o = &command->options[i];
        int n = snprintf(word, sizeof(word), o->required ? "--%s%s%s" : "[--%s%s%s]", o->name,
                         o->argument ? " " : "", o->argument ? o->argument : "");
        if (column + 1 + (size_t)n > HELP_WIDTH) {
            fprintf(out, "\n%*s", USAGE_INDENT, "");
            column = USAGE_INDENT;
        }
        column += (size_t)fprintf(out, " %s", word);
    }
    fputc('\n', out);
}

static void print_option(FILE *out, const struct command_option *o)
{
    char left[128];
    char letter[8] = "    ";
    if (o->letter)
        snprintf(letter, sizeof(letter), "-%c, ", o->letter);
    snprintf(left, sizeof(left), "  %s--%s%s%s", letter, o->name, o->argument ? " " : "",
             o->argument ? o->argument : "");
    fprintf(out, "%-*s", OPTION_COLUMN, left);
    if (strlen(left) >= OPTION_COLUMN)
        fprintf(out, "\n%*s", OPTION_COLUMN, "");
    text_wrap(out, o->help, OPTION_COLUMN, HELP_WIDTH, true);
}

static void print_global_options(FILE *out)
{
    fputs("\nOptions of every command:\n", out);
    for (size_t i = 0; i < global_option_count; i++)
        print_option(out, &global_options[i]);
}

static void print_row(FILE *out, const struct command *command)
{
    char left[64];
    snprintf(left, sizeof(left), "  %s%s%s", command->group ? command->group : "",
             command->group && command->name ? " " : "", command->name ? command->name : "");
    fprintf(out, "%-*s", OPTION_COLUMN, left);
    char summary[256];
    snprintf(summary, sizeof(summary), "%s%s", command->summary, unavailable(command));
    text_wrap(out, summary, OPTION_COLUMN, HELP_WIDTH, true);
}

void help_print_overview(FILE *out)
{
    size_t count;
    const struct command *table = command_table(&count);
    fputs("Usage: retentionctl [-c FILE] [-d CONNINFO] [--json] COMMAND ...\n"
          "\nPlans, enforces and explains data retention in a PostgreSQL database.\n",
          out);
    const char *section = "";
    for (size_t i = 0; i < count; i++) {
        if (strcmp(section, table[i].section) != 0)
            fprintf(out, "\n%s:\n", section = table[i].section);
        print_row(out, &table[i]);
    }
    print_global_options(out);
    fputs("\nExit codes: 0 done; 1 failed; 2 usage; 3 configuration or policy invalid; 4 overdue;\n"
          "5 stopped by a brake, a pause or awaiting approval; 6 the log fails its\n"
          "verification, or does not fit the database.\n"
          "\"retentionctl COMMAND --help\" explains one command.\n",
          out);
}

void help_print_group(FILE *out, const char *group)
{
    size_t count;
    const struct command *table = command_table(&count);
    fprintf(out, "Usage: retentionctl [OPTIONS] %s COMMAND ...\n\n", group);
    for (size_t i = 0; i < count; i++)
        if (text_equal(table[i].group, group))
            print_row(out, &table[i]);
    fprintf(out, "\n\"retentionctl %s COMMAND --help\" explains one command.\n", group);
}

void help_print_command(FILE *out, const struct command *command)
{
    fputs("Usage: ", out);
    print_synopsis(out, command);
    fputc('\n', out);
    fprintf(out, "%c",
            command->summary[0] >= 'a' && command->summary[0] <= 'z'
                ? command->summary[0] - 'a' + 'A'
                : command->summary[0]);
    fprintf(out, "%s%s.\n", command->summary + 1, unavailable(command));
    if (command->help) {
        fputc('\n', out);
        text_wrap(out, command->help, 0, HELP_WIDTH, false);
    }
    if (option_count(command)) {
        fputs("\nOptions:\n", out);
        for (size_t i = 0; i < option_count(command); i++)
            print_option(out, &command->options[i]);
    }
    print_global_options(out);
    if (command->example)
        fprintf(out, "\nExample:\n  retentionctl %s\n", command->example);
}

static void man_option(FILE *out, const struct command_option *o)
{
    fputs(".It ", out);
    if (o->letter)
        fprintf(out, "Fl %c , ", o->letter);
    fprintf(out, "Fl \\-%s", o->name);
    if (o->argument)
        fprintf(out, " Ar %s", o->argument);
    fputc('\n', out);
    mdoc_print_text(out, o->help);
}

/* "[CATEGORY...]" -> Op Ar CATEGORY ... ; "CATEGORY KEY..." -> Ar CATEGORY KEY ... */
static void man_operands(FILE *out, const char *operands)
{
    if (!operands[0])
        return;
    bool optional = operands[0] == '[';
    fprintf(out, optional ? " Op Ar %.*s" : " Ar %.*s", (int)strcspn(operands + optional, ".]"),
            operands + optional);
    if (strstr(operands, "..."))
        fputs(" ...", out);
}

static void man_command(FILE *out, const struct command *command)
{
    fputs(".It Cm", out);
    if (command->group)
        fprintf(out, " %s", command->group);
    if (command->name)
        fprintf(out, " %s", command->name);
    man_operands(out, command->operands);
    fputs("\n", out);
    struct text sentence _cleanup_text_ = {0};
    text_printf(&sentence, "%s%s.", command->summary, unavailable(command));
    if (sentence.data[0] >= 'a' && sentence.data[0] <= 'z')
        sentence.data[0] = (char)(sentence.data[0] - 'a' + 'A');
    mdoc_print_text(out, sentence.data);
    for (const char *p = command->help; p && *p;) {
        const char *end = strstr(p, "\n\n");
        struct text paragraph _cleanup_text_ = {0};
        text_add_n(&paragraph, p, end ? (size_t)(end - p) : strlen(p));
        fputs(".Pp\n", out);
        mdoc_print_text(out, paragraph.data);
        p = end ? end + 2 : NULL;
    }
    if (option_count(command)) {
        fputs(".Bl -tag -width Ds\n", out);
        for (size_t i = 0; i < option_count(command); i++)
            man_option(out, &command->options[i]);
        fputs(".El\n", out);
    }
}

void help_print_man(FILE *out)
{
    size_t count;
    const struct command *table = command_table(&count);
    fputs(".Sh OPTIONS\n.Bl -tag -width Ds\n", out);
    for (size_t i = 0; i < global_option_count; i++)
        man_option(out, &global_options[i]);
    fputs(".El\n.Sh COMMANDS\n", out);
    const char *section = "";
    for (size_t i = 0; i < count; i++) {
        if (strcmp(section, table[i].section) != 0) {
            fprintf(out, "%s.Ss %s\n.Bl -tag -width Ds\n", *section ? ".El\n" : "",
                    table[i].section);
            section = table[i].section;
        }
        man_command(out, &table[i]);
    }
    fputs(".El\n", out);
}
