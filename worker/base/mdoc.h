/* Text of the tables (settings, policy keys) as mdoc, for manual pages. */
#ifndef BASE_MDOC_H
#define BASE_MDOC_H

#include <stdio.h>

/* Sentences as lines of text: each begins a line, none is longer than 80 columns. */
void mdoc_print_text(FILE *out, const char *text);
/* As arguments of a macro: double quotes stay what they are. */
void mdoc_print_arguments(FILE *out, const char *text);

#endif
