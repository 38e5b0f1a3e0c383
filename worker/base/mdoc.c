#include "base/mdoc.h"

#include <stdbool.h>
#include <string.h>

enum { WIDTH = 78 };

static void print_word(FILE *out, const char *word, size_t n, bool line_start)
{
    if (line_start && (*word == '.' || *word == '\''))
        fputs("\\&", out);
    for (size_t i = 0; i < n; i++)
        if (word[i] == '\\')
            fputs("\\e", out);
        else
            fputc(word[i], out);
}

void mdoc_print_text(FILE *out, const char *text)
{
    size_t column = 0;
    for (const char *p = text; *p;) {
        size_t n = strcspn(p, " ");
        bool sentence_ends = n && p[n - 1] == '.';
        if (column && column + 1 + n > WIDTH) {
            fputc('\n', out);
            column = 0;
        } else if (column) {
            fputc(' ', out);
            column++;
        }
        print_word(out, p, n, column == 0);
        column += n;
        p += n + (p[n] == ' ');
        if (sentence_ends) {
            fputc('\n', out);
            column = 0;
        }
    }
    if (column)
        fputc('\n', out);
}

void mdoc_print_arguments(FILE *out, const char *text)
{
    for (; *text; text++)
        if (*text == '"')
            fputs("\\(dq", out);
        else if (*text == '\\')
            fputs("\\e", out);
        else
            fputc(*text, out);
}
