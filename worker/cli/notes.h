/* What a table cannot say of its rows: a sentence for each category, said once where many share it.
 */
#ifndef CLI_NOTES_H
#define CLI_NOTES_H

#include <stddef.h>
#include <stdio.h>

#include "base/cleanup.h"

struct arena;

struct note {
    const char *category, *sentence;
};

struct notes {
    struct arena *arena;
    struct note *items;
    size_t count;
};

/* Adds a sentence, in which the word CATEGORY stands for the category's name. */
void notes_add(struct notes *notes, const char *category, const char *format, ...) _printf_(3, 4);

/* An empty line and the notes, in the order in which they were first added; nothing for none. */
void notes_print(const struct notes *notes, FILE *out);

#endif
