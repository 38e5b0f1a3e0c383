#include "config.h"

#include "cli/table.h"

#include <errno.h>
#include <locale.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/text.h"

struct table {
    struct arena *arena;
    const struct table_column *columns;
    size_t column_count;
    const char **cells; /* row after row, as they are printed */
    size_t row_count;
};

/* One character: its bytes, and the columns it takes, one where '?' is printed for it. */
struct glyph {
    size_t bytes;
    size_t columns;
};

static locale_t utf8_locale(void)
{
    static locale_t locale;
    if (!locale)
        locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    return locale;
}

static struct glyph next_glyph(const char *s)
{
    uint32_t code;
    size_t n = text_character(s, &code);
    locale_t locale = code < 0x80 ? (locale_t)0 : utf8_locale();
    if (!locale)
        return (struct glyph){n, 1};
    locale_t before = uselocale(locale);
    int columns = wcwidth((wchar_t)code);
    uselocale(before);
    return (struct glyph){n, columns < 0 ? 1 : (size_t)columns};
}

size_t text_width(const char *s)
{
    size_t width = 0;
    while (*s) {
        struct glyph glyph = next_glyph(s);
        width += glyph.columns;
        s += glyph.bytes;
    }
    return width;
}

struct table *table_new(struct arena *arena, const struct table_column *columns, size_t count)
{
    struct table *table = arena_alloc(arena, sizeof(*table));
    *table = (struct table){arena, columns, count, NULL, 0};
    return table;
}

static const char *cell(struct arena *arena, enum cell_kind kind, const char *value)
{
    if (!value)
        return "-";
    switch (kind) {
    case CELL_NUMBER: {
        char *end;
        errno = 0;
        long long n = strtoll(value, &end, 10);
        if (errno || end == value || *end)
            break;
        char buffer[32];
        return arena_strdup(arena, text_thousands(buffer, n));
    }
    case CELL_TIME: /* "2026-07-24 12:00:02.5+00" -> "2026-07-24 12:00" */
        if (strlen(value) >= 16 && value[4] == '-' && (value[10] == ' ' || value[10] == 'T'))
            return arena_printf(arena, "%.10s %.5s", value, value + 11);
        break;
    case CELL_SECOND:
        if (strlen(value) >= 19 && value[4] == '-' && value[10] == ' ')
            return arena_strndup(arena, value, 19);
        break;
    case CELL_UUID:
        return arena_strndup(arena, value, 8);
    case CELL_BOOLEAN:
        return value[0] == 't' ? "yes" : "no";
    case CELL_DIGEST:
        return arena_strndup(arena, value, 12);
    case CELL_TEXT:
        break;
    }
    return arena_strdup(arena, value);
}

void table_row(struct table *table, const char *const *values)
{
    for (size_t c = 0; c < table->column_count; c++) {
        size_t count = table->row_count * table->column_count + c;
        table->cells = arena_push(table->arena, table->cells, &count, sizeof(*table->cells));
        table->cells[count - 1] = cell(table->arena, table->columns[c].kind, values[c]);
    }
    table->row_count++;
}

size_t table_rows(const struct table *table)
{
    return table->row_count;
}

static void print_cell(FILE *out, const char *s, enum cell_kind kind, size_t width, bool last)
{
    size_t pad = width - text_width(s);
    if (kind == CELL_NUMBER)
        fprintf(out, "%*s", (int)pad, "");
    text_print_safe(out, s);
    if (kind != CELL_NUMBER && !last)
        fprintf(out, "%*s", (int)pad, "");
    fputs(last ? "\n" : "  ", out);
}

void table_print(const struct table *table, FILE *out)
{
    size_t *widths _cleanup_free_ = xcalloc(table->column_count, sizeof(*widths));
    for (size_t c = 0; c < table->column_count; c++) {
        widths[c] = text_width(table->columns[c].title);
        for (size_t r = 0; r < table->row_count; r++) {
            size_t width = text_width(table->cells[r * table->column_count + c]);
            if (width > widths[c])
                widths[c] = width;
        }
    }
    for (size_t c = 0; c < table->column_count; c++)
        print_cell(out, table->columns[c].title, table->columns[c].kind, widths[c],
                   c + 1 == table->column_count);
    for (size_t c = 0; c < table->column_count; c++) {
        for (size_t i = 0; i < widths[c]; i++)
            fputc('-', out);
        fputs(c + 1 == table->column_count ? "\n" : "  ", out);
    }
    for (size_t r = 0; r < table->row_count; r++)
        for (size_t c = 0; c < table->column_count; c++)
            print_cell(out, table->cells[r * table->column_count + c], table->columns[c].kind,
                       widths[c], c + 1 == table->column_count);
}

/* Prints one line of s (n bytes), wrapped; returns nothing left over. */
static void wrap_paragraph(FILE *out, const char *s, size_t n, size_t indent, size_t width,
                           bool hanging)
{
    char *copy _cleanup_free_ = strndup(s, n);
    if (!copy)
        abort();
    size_t column = indent;
    bool first = true;
    if (!hanging)
        fprintf(out, "%*s", (int)indent, "");
    char *save = NULL;
    for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
        size_t w = text_width(word);
        if (!first && column + 1 + w > width) {
            fprintf(out, "\n%*s", (int)indent, "");
            column = indent;
            first = true;
        }
        if (!first) {
            fputc(' ', out);
            column++;
        }
        text_print_safe(out, word);
        column += w;
        first = false;
    }
    fputc('\n', out);
}

/* One line of s (n bytes) that is broken already. */
static void print_verbatim(FILE *out, const char *s, size_t n, size_t indent)
{
    char *copy _cleanup_free_ = strndup(s, n);
    if (!copy)
        abort();
    fprintf(out, "%*s", (int)indent, "");
    text_print_safe(out, copy);
    fputc('\n', out);
}

void text_wrap(FILE *out, const char *s, size_t indent, size_t width, bool hanging)
{
    while (*s) {
        size_t n = strcspn(s, "\n");
        if (n == 0)
            fputc('\n', out);
        else if (*s == ' ')
            print_verbatim(out, s, n, indent);
        else
            wrap_paragraph(out, s, n, indent, width, hanging);
        hanging = false;
        s += n + (s[n] == '\n');
    }
}
