/* Categories that a hold cannot reach and that refuse it therefore, as the error of a function
 * tells of them: what is to be added to the command, or on a terminal one word that accepts those
 * printed, and no others. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/text.h"
#include "cli/hold.h"

enum { COLUMNS = 78 };

struct gap {
    const char *category, *why;
};

/* category "x" cannot be reached: ..., of every line of the detail, or of the primary message where
 * there is only one. In the arena. */
static struct gap *read_gaps(struct cli *cli, const struct error *error, size_t *ret_count)
{
    static const char start[] = "category \"", end[] = "\" cannot be reached: ";
    struct gap *gaps = NULL;
    const char *text = error->detail && *error->detail ? error->detail : error->primary;
    *ret_count = 0;
    if (strcmp(error->sqlstate, "RT021") != 0)
        return NULL;
    for (const char *p = text; (p = strstr(p, start)); p++) {
        const char *name = p + sizeof(start) - 1, *after = strstr(name, end);
        if (!after || memchr(name, '\n', (size_t)(after - name)))
            continue;
        const char *why = after + sizeof(end) - 1;
        gaps = arena_push(cli->arena, gaps, ret_count, sizeof(*gaps));
        gaps[*ret_count - 1] = (struct gap){arena_strndup(cli->arena, name, (size_t)(after - name)),
                                            arena_strndup(cli->arena, why, strcspn(why, "\n"))};
    }
    return gaps;
}

const char *hold_gaps_words(struct cli *cli, const struct error *error)
{
    size_t count;
    const struct gap *gaps = read_gaps(cli, error, &count);
    struct text words _cleanup_text_ = {0};
    for (size_t i = 0; i < count; i++)
        text_printf(&words, "%s%s", i ? "," : "", gaps[i].category);
    return count ? arena_strdup(cli->arena, text_string(&words)) : NULL;
}

/* The categories of the i-th gap's reason, unless an earlier one had it. */
static void print_reason(const struct gap *gaps, size_t count, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (text_equal(gaps[k].why, gaps[i].why))
            return;
    printf("\n%s:", gaps[i].why);
    size_t column = COLUMNS;
    for (size_t k = i; k < count; k++) {
        if (!text_equal(gaps[k].why, gaps[i].why))
            continue;
        size_t length = strlen(gaps[k].category) + 2;
        if (column + length > COLUMNS) {
            fputs("\n ", stdout);
            column = 1;
        }
        printf(" %s", gaps[k].category);
        column += length;
    }
    putchar('\n');
}

const char *hold_gaps_accept(struct cli *cli, struct error *error)
{
    size_t count;
    const struct gap *gaps = read_gaps(cli, error, &count);
    char answer[64];
    if (!count || cli->json || !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return NULL;
    printf(
        "\nIn %s it cannot reach all that is named; what it does not reach\ngoes when its time is "
        "over:\n",
        count == 1 ? "this category" : arena_printf(cli->arena, "these %zu categories", count));
    for (size_t i = 0; i < count; i++)
        print_reason(gaps, count, i);
    printf("\nNothing is placed yet. If nothing in %s needs to be held, type \"accept\": ",
           count == 1 ? "it" : "any of them");
    fflush(stdout);
    if (!fgets(answer, sizeof(answer), stdin))
        answer[0] = '\0';
    answer[strcspn(answer, "\r\n")] = '\0';
    if (strcmp(answer, "accept") == 0)
        return hold_gaps_words(cli, error);
    error_set(error, ERROR_STOPPED, "not accepted: nothing was done");
    return NULL;
}
