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

/* PostgreSQL's text of a member of bigint[] or uuid[] into `buffer`, which then is *value; members
 * of other types are left as they are. False where the member is not of its type's length. */
enum { MEMBER_TEXT_SIZE = 37 };
bool array_member_text(const struct array_reader *reader, const char **value, size_t *length,
                       char buffer[MEMBER_TEXT_SIZE]);

/* Adds one member to an array literal: the caller writes the braces and commas. */
void array_literal_add(struct text *out, const char *value, size_t length);

#endif
