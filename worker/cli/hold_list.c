/* Lists of subjects and keys: one value a line. Nothing of a line is ever printed, only where it
 * stands: the values are what a confidential matter is about. */
#include <errno.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "cli/hold.h"

enum { VALUE_MOST = 1000, LINES_MOST = 1000000 };

void hold_values_add(struct cli *cli, struct hold_values *values, const char *text,
                     struct position at)
{
    values->items = arena_push(cli->arena, values->items, &values->count, sizeof(*values->items));
    values->items[values->count - 1] = (struct hold_value){text, at};
}

const char *hold_values_array(struct cli *cli, const struct hold_values *values)
{
    char **words = xmalloc((values->count + 1) * sizeof(*words));
    for (size_t i = 0; i < values->count; i++)
        words[i] = (char *)values->items[i].text;
    const char *array = session_array(cli, words, (int)values->count);
    free(words);
    return array;
}

/* A comment would be read as a value by the next program; so it is none here. */
static void refuse_comment(struct cli *cli, struct position at)
{
    struct diag *d = diag_error(&cli->diags, at, "the line begins with \"#\"");
    diag_hint(&cli->diags, d, "Comments are not read here: every line is a value.");
}

static void take_line(struct cli *cli, struct hold_values *values, struct position at, char *line,
                      size_t length, bool trim)
{
    if (at.line == 1 && length >= 3 && memcmp(line, "\xef\xbb\xbf", 3) == 0) {
        line += 3;
        length -= 3;
    }
    while (length && (line[length - 1] == '\n' || line[length - 1] == '\r'))
        line[--length] = '\0';
    size_t blank = 0;
    while (blank < length && (line[blank] == ' ' || line[blank] == '\t'))
        blank++;
    if (blank == length)
        return;
    if (trim) {
        line += blank;
        length -= blank;
        while (line[length - 1] == ' ' || line[length - 1] == '\t')
            length--;
    }
    if (memchr(line, '\0', length))
        diag_error(&cli->diags, at, "the line holds a NUL byte: the file is no text in UTF-8");
    else if (!text_is_valid_utf8(line, length))
        diag_error(&cli->diags, at, "the line is not valid UTF-8");
    else if (length > VALUE_MOST)
        diag_error(&cli->diags, at, "the line is longer than %d bytes", VALUE_MOST);
    else if (*line == '#')
        refuse_comment(cli, at);
    else
        hold_values_add(cli, values, arena_strndup(cli->arena, line, length), at);
}

bool hold_values_read(struct cli *cli, const char *file, bool trim, struct hold_values *values,
                      struct error *error)
{
    bool standard = strcmp(file, "-") == 0;
    FILE *in = standard ? stdin : fopen(file, "r");
    if (!in) {
        error_set(error, ERROR_USAGE, "could not open \"%s\": %s", file, strerror(errno));
        error_hint(error, "Name a file with one value a line, or \"-\" for standard input.");
        return false;
    }
    struct position at = {standard ? "standard input" : file, 0};
    size_t before = values->count;
    char *line = NULL;
    size_t size = 0;
    ssize_t length;
    while ((length = getline(&line, &size, in)) >= 0 && at.line < LINES_MOST) {
        at.line++;
        take_line(cli, values, at, line, (size_t)length, trim);
    }
    int failure = ferror(in) ? errno : 0;
    free(line);
    if (!standard)
        fclose(in);
    if (failure)
        return error_set(error, ERROR_FAILED, "could not read \"%s\": %s", at.file,
                         strerror(failure));
    at.line = 0;
    if (length >= 0)
        diag_error(&cli->diags, at, "the file has more than %d lines", LINES_MOST);
    else if (values->count == before && !cli->diags.errors)
        diag_error(&cli->diags, at, "the file holds no value");
    return true;
}
