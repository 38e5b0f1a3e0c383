/* Diagnostics about files: all of them at once, each as "file:line: message", with a hint. */
#ifndef BASE_DIAG_H
#define BASE_DIAG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"

enum diag_level { DIAG_WARNING, DIAG_ERROR };

/* Where something stands: file is borrowed and must outlive what refers to it; line 0: the file. */
struct position {
    const char *file;
    int line;
};

struct diag {
    enum diag_level level;
    struct position at;
    const char *message;
    const char *hint; /* or NULL; may hold several lines (an SQL command to run) */
};

struct diags {
    struct arena *arena; /* owned; made by the first diag_add */
    struct diag *items;
    size_t count;
    size_t errors;
};

/* Adds one; returns it so that diag_hint can follow. */
struct diag *diag_add(struct diags *diags, enum diag_level level, struct position at,
                      const char *format, ...) _printf_(4, 5);
#define diag_error(diags, at, ...)   diag_add(diags, DIAG_ERROR, at, __VA_ARGS__)
#define diag_warning(diags, at, ...) diag_add(diags, DIAG_WARNING, at, __VA_ARGS__)
void diag_hint(struct diags *diags, struct diag *diag, const char *format, ...) _printf_(3, 4);

/* By file, then line, errors before warnings. */
void diags_sort(struct diags *diags);
void diags_print(const struct diags *diags); /* to standard error */
void diags_free(struct diags *diags);

#define _cleanup_diags_ _cleanup_(diags_free)

#endif
