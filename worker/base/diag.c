#include "base/diag.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"

struct diag *diag_add(struct diags *diags, enum diag_level level, struct position at,
                      const char *format, ...)
{
    if (!diags->arena)
        diags->arena = arena_new();
    diags->items = arena_push(diags->arena, diags->items, &diags->count, sizeof(*diags->items));
    struct diag *diag = &diags->items[diags->count - 1];
    diag->level = level;
    diag->at = (struct position){arena_strdup(diags->arena, at.file), at.line};
    va_list args;
    va_start(args, format);
    diag->message = arena_vprintf(diags->arena, format, args);
    va_end(args);
    if (level == DIAG_ERROR)
        diags->errors++;
    return diag;
}

void diag_hint(struct diags *diags, struct diag *diag, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    diag->hint = arena_vprintf(diags->arena, format, args);
    va_end(args);
}

static int diag_compare(const void *a, const void *b)
{
    const struct diag *x = a, *y = b;
    int order = strcmp(x->at.file ? x->at.file : "", y->at.file ? y->at.file : "");
    if (!order)
        order = (x->at.line > y->at.line) - (x->at.line < y->at.line);
    if (!order)
        order = (int)y->level - (int)x->level;
    return order ? order : strcmp(x->message, y->message);
}

void diags_sort(struct diags *diags)
{
    if (diags->count)
        qsort(diags->items, diags->count, sizeof(*diags->items), diag_compare);
}

void diags_print(const struct diags *diags)
{
    for (size_t i = 0; i < diags->count; i++) {
        const struct diag *d = &diags->items[i];
        if (d->at.file && d->at.line > 0)
            fprintf(stderr, "%s:%d: ", d->at.file, d->at.line);
        else if (d->at.file)
            fprintf(stderr, "%s: ", d->at.file);
        fprintf(stderr, "%s%s\n", d->level == DIAG_WARNING ? "warning: " : "", d->message);
        if (d->hint) {
            const char *line = d->hint;
            const char *prefix = "    hint: ";
            while (*line) {
                size_t n = strcspn(line, "\n");
                fprintf(stderr, "%s%.*s\n", prefix, (int)n, line);
                prefix = "          ";
                line += n + (line[n] == '\n');
            }
        }
    }
}

void diags_free(struct diags *diags)
{
    arena_free(diags->arena);
    *diags = (struct diags){0};
}
