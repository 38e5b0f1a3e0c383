/* What the functions of holds refuse, for people who gave files and options: their messages count
 * values from 1 and name arguments. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "cli/hold.h"

/* "subject 12 is ..." -> 12 and the rest; 0 where the line is another one. */
static size_t value_place(const char *line, const char *word, const char **ret_rest)
{
    size_t n = strlen(word);
    if (strncmp(line, word, n) != 0 || line[n] < '1' || line[n] > '9')
        return 0;
    char *end;
    unsigned long place = strtoul(line + n, &end, 10);
    *ret_rest = *end == ' ' ? end + 1 : end;
    return place;
}

static bool take_value_line(struct cli *cli, const struct hold_scope *scope, const char *line)
{
    const char *rest;
    size_t place = value_place(line, "subject ", &rest);
    const struct hold_values *values = &scope->subjects;
    const char *what = "the subject";
    if (!place) {
        place = value_place(line, "record key ", &rest);
        values = &scope->keys;
        what = "the key";
    }
    if (!place || place > values->count)
        return false;
    diag_error(&cli->diags, values->items[place - 1].at, "%s %s", what, rest);
    return true;
}

/* Lines about values become lines about files; the others stay the error's. */
static void place_values(struct cli *cli, const struct hold_scope *scope, struct error *error)
{
    struct text left _cleanup_text_ = {0};
    const char *lines =
        error->detail && *error->detail ? error->detail : strchr(error->primary, ':');
    if (!lines)
        return;
    lines += *lines == ':' ? strspn(lines, ": ") : 0;
    char *copy = arena_strdup(cli->arena, lines), *save = NULL;
    size_t before = cli->diags.errors;
    for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
        if (!take_value_line(cli, scope, line))
            text_printf(&left, "%s%s", left.length ? "\n" : "", line);
    if (cli->diags.errors == before)
        return;
    diags_sort(&cli->diags);
    if (error->detail && *error->detail) {
        free(error->detail);
        error->detail = left.length ? text_steal(&left) : NULL;
    }
}

/* The words to add stand on a line of their own. */
static void name_gaps(struct cli *cli, struct error *error)
{
    const char *words = hold_gaps_words(cli, error);
    if (words)
        error_hint(error,
                   "If nothing there needs to be held, say so and run it again with\n"
                   "--accept-gap %s",
                   words);
}

void hold_explain_error(struct cli *cli, const struct hold_scope *scope, struct error *error)
{
    if (strcmp(error->sqlstate, "RT020") == 0)
        place_values(cli, scope, error);
    else if (strcmp(error->sqlstate, "RT021") == 0)
        name_gaps(cli, error);
}
