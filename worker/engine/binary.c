#include "engine/binary.h"

#include <string.h>

#include "base/text.h"

static uint32_t read_u32(const char *p)
{
    const unsigned char *b = (const unsigned char *)p;
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static int64_t read_i64(const char *p)
{
    return (int64_t)((uint64_t)read_u32(p) << 32 | read_u32(p + 4));
}

bool binary_int64(const PGresult *result, int row, int column, int64_t *ret)
{
    if (PQgetisnull(result, row, column) || PQgetlength(result, row, column) != 8)
        return false;
    *ret = read_i64(PQgetvalue(result, row, column));
    return true;
}

bool binary_bool(const PGresult *result, int row, int column, bool *ret)
{
    if (PQgetisnull(result, row, column) || PQgetlength(result, row, column) != 1)
        return false;
    *ret = PQgetvalue(result, row, column)[0] != 0;
    return true;
}

bool array_open(struct array_reader *reader, const PGresult *result, int row, int column)
{
    *reader = (struct array_reader){0};
    if (PQgetisnull(result, row, column))
        return true;
    const char *value = PQgetvalue(result, row, column);
    int length = PQgetlength(result, row, column);
    if (length < 12)
        return false;
    uint32_t dimensions = read_u32(value);
    if (dimensions == 0)
        return length == 12;
    if (dimensions != 1 || length < 20)
        return false;
    reader->type = read_u32(value + 8);
    reader->count = reader->left = read_u32(value + 12);
    reader->cursor = value + 20;
    reader->end = value + length;
    return true;
}

bool array_next(struct array_reader *reader, const char **ret_value, size_t *ret_length)
{
    if (reader->left == 0 || reader->end - reader->cursor < 4)
        return false;
    int32_t length = (int32_t)read_u32(reader->cursor);
    if (length > reader->end - reader->cursor - 4)
        return false;
    *ret_value = length < 0 ? NULL : reader->cursor + 4;
    *ret_length = length < 0 ? 0 : (size_t)length;
    reader->cursor += 4 + *ret_length;
    reader->left--;
    return true;
}

static size_t print_int64(int64_t number, char *out)
{
    char digits[20];
    size_t count = 0, length = 0;
    uint64_t left = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    do
        digits[count++] = (char)('0' + left % 10);
    while ((left /= 10) > 0);
    if (number < 0)
        out[length++] = '-';
    while (count > 0)
        out[length++] = digits[--count];
    return length;
}

static size_t print_uuid(const char *bytes, char *out)
{
    static const char hex[] = "0123456789abcdef";
    size_t length = 0;
    for (size_t i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            out[length++] = '-';
        out[length++] = hex[(unsigned char)bytes[i] >> 4];
        out[length++] = hex[(unsigned char)bytes[i] & 15];
    }
    return length;
}

bool column_open_array(struct column_reader *reader, const PGresult *result, int column)
{
    *reader = (struct column_reader){0};
    if (!array_open(&reader->array, result, 0, column))
        return false;
    reader->count = reader->array.count;
    reader->type = reader->array.type;
    return true;
}

void column_open_rows(struct column_reader *reader, const PGresult *result, int column)
{
    *reader = (struct column_reader){.count = (size_t)PQntuples(result),
                                     .type = PQftype(result, column),
                                     .rows = result,
                                     .column = column};
}

bool column_next(struct column_reader *reader, const char **ret_value, size_t *ret_length)
{
    if (!reader->rows)
        return array_next(&reader->array, ret_value, ret_length);
    if (reader->row >= PQntuples(reader->rows))
        return false;
    int row = reader->row++;
    *ret_length = (size_t)PQgetlength(reader->rows, row, reader->column);
    *ret_value = PQgetvalue(reader->rows, row, reader->column);
    if (*ret_length == 0 && PQgetisnull(reader->rows, row, reader->column))
        *ret_value = NULL;
    return true;
}

bool binary_text(uint32_t type, const char **value, size_t *length, char buffer[BINARY_TEXT_SIZE])
{
    enum { INT8_TYPE = 20, UUID_TYPE = 2950 }; /* pg_type.dat: they never change */
    if (type == INT8_TYPE) {
        if (*length != 8)
            return false;
        *length = print_int64(read_i64(*value), buffer);
    } else if (type == UUID_TYPE) {
        if (*length != 16)
            return false;
        *length = print_uuid(*value, buffer);
    } else {
        return true;
    }
    *value = buffer;
    return true;
}

void array_literal_add(struct text *out, const char *value, size_t length)
{
    text_add_char(out, '"');
    for (size_t i = 0; i < length; i++) {
        if (value[i] == '"' || value[i] == '\\')
            text_add_char(out, '\\');
        text_add_char(out, value[i]);
    }
    text_add_char(out, '"');
}
