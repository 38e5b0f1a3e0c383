#include "harness/number.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* White space may follow, as a line's end does in what a program printed. */
static int read_number(const char *text, long *ret)
{
    char *end;
    errno = 0;
    *ret = strtol(text, &end, 10);
    if (errno || end == text)
        return 0;
    while (isspace((unsigned char)*end))
        end++;
    return *end == '\0';
}

long whole_number(const char *text)
{
    long number;
    if (!read_number(text, &number)) {
        fprintf(stderr, "\"%s\" is no number\n", text);
        abort();
    }
    return number;
}

long number_from_environment(const char *name, long otherwise)
{
    const char *given = getenv(name);
    long number;
    if (!given || !*given)
        return otherwise;
    if (!read_number(given, &number) || number < 1) {
        fprintf(stderr, "%s is \"%s\", which is no number of 1 or more\n", name, given);
        abort();
    }
    return number;
}
