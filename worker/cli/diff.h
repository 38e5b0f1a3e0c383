/* A unified diff of two short texts, by lines. */
#ifndef CLI_DIFF_H
#define CLI_DIFF_H

#include <stdbool.h>

struct text;

/* Appends "--- before_name", "+++ after_name" and the hunks, with three lines of context; appends
 * nothing and returns false where the texts are equal. */
bool diff_unified(struct text *out, const char *before_name, const char *before,
                  const char *after_name, const char *after);

#endif
