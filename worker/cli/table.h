/* Aligned tables and wrapped text for people. No colour, no lines drawn: what is printed can be
 * read, compared and cut with ordinary tools. */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct arena;

enum cell_kind {
    CELL_TEXT,
    CELL_NUMBER,  /* decimal text: right-aligned, thousands separated */
    CELL_TIME,    /* timestamptz text in UTC: to the minute */
    CELL_SECOND,  /* the same, to the second */
    CELL_UUID,    /* the first 8 digits */
    CELL_BOOLEAN, /* "t" / "f": yes / no */
    CELL_DIGEST,  /* long hex: the first 12 digits */
};

struct table_column {
    const char *title;
    enum cell_kind kind;
    const char *name; /* in JSON documents and as column of the query; NULL: not there */
};

struct table;

/* Columns are borrowed; all memory is the arena's. */
struct table *table_new(struct arena *arena, const struct table_column *columns, size_t count);
/* Adds a row of `count` values; they are copied. NULL is shown as "-". */
void table_row(struct table *table, const char *const *values);
size_t table_rows(const struct table *table);
void table_print(const struct table *table, FILE *out);

/* Terminal columns that UTF-8 text takes; a control character or a bad byte counts one ("?"). */
size_t text_width(const char *s);

/* Wraps at `width` columns; lines after the first are indented by `indent`, the first too unless
 * `hanging` (the cursor stands there). An empty line in s starts a new paragraph, a line that
 * begins with a space is kept as it is. */
void text_wrap(FILE *out, const char *s, size_t indent, size_t width, bool hanging);

#endif
