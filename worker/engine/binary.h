/* Reading PostgreSQL's binary results: integers, booleans, one-dimensional arrays; and writing
 * array literals. Every reader checks lengths: a value of another shape is refused, not guessed. */
#ifndef ENGINE_BINARY_H
#define ENGINE_BINARY_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text;

/* False where the value is NULL or not eight bytes. */
bool binary_int64(const PGresult *result, int row, int column, int64_t *ret);
bool binary_bool(const PGresult *result, int row, int column, bool *ret);

struct array_reader {
    size_t count; /* members in all */
    size_t left;
    const char *cursor, *end;
    uint32_t type; /* OID of the members' type; 0: no members */
};

/* Opens a column that holds an array (SQL NULL: no members). False where it is no flat array. */
bool array_open(struct array_reader *reader, const PGresult *result, int row, int column);
/* The next member: bytes of the result, not terminated; *ret_value is NULL for SQL NULL. False at
 * the end or where the value is broken (reader->left is then not 0). */
bool array_next(struct array_reader *reader, const char **ret_value, size_t *ret_length);

/* The values of one column of what was acted on: the members of an array, or a value in each row.
 */
struct column_reader {
    size_t count;  /* values in all */
    uint32_t type; /* their type's OID */
    struct array_reader array;
    const PGresult *rows; /* NULL: of an array */
    int row, column;
};

/* The array in the column of the only row; false where there is none. */
bool column_open_array(struct column_reader *reader, const PGresult *result, int column);
void column_open_rows(struct column_reader *reader, const PGresult *result, int column);
/* As array_next does. */
bool column_next(struct column_reader *reader, const char **ret_value, size_t *ret_length);

/* PostgreSQL's text of a bigint or uuid into `buffer`, which then is *value; values of other types
 * are left as they are. False where the value is not of its type's length. */
enum { BINARY_TEXT_SIZE = 37 };
bool binary_text(uint32_t type, const char **value, size_t *length, char buffer[BINARY_TEXT_SIZE]);

/* Adds one member to an array literal: the caller writes the braces and commas. */
void array_literal_add(struct text *out, const char *value, size_t length);

#endif
