#include "ledger/lines.h"

#include <string.h>

#include "base/encode.h"
#include "base/text.h"

bool lines_next(struct lines *lines, const char **ret_line, size_t *ret_length)
{
    const char *lf = memchr(lines->at, '\n', (size_t)(lines->end - lines->at));
    if (!lf)
        return false;
    *ret_line = lines->at;
    *ret_length = (size_t)(lf - lines->at);
    lines->at = lf + 1;
    return true;
}

bool lines_field(struct lines *lines, const char *word, const char **ret_value, size_t *ret_length)
{
    struct lines ahead = *lines;
    const char *line;
    size_t length, n = strlen(word);
    if (!lines_next(&ahead, &line, &length) || length <= n + 1 || memcmp(line, word, n) != 0 ||
        line[n] != ' ')
        return false;
    *ret_value = line + n + 1;
    *ret_length = length - n - 1;
    *lines = ahead;
    return true;
}

bool lines_literal(struct lines *lines, const char *literal)
{
    struct lines ahead = *lines;
    const char *line;
    size_t length;
    if (!lines_next(&ahead, &line, &length) || length != strlen(literal) ||
        memcmp(line, literal, length) != 0)
        return false;
    *lines = ahead;
    return true;
}

bool lines_read_number(const char *digits, size_t length, uint64_t *ret_number)
{
    uint64_t n = 0;
    if (length == 0 || length > 20 || (digits[0] == '0' && length > 1))
        return false;
    for (size_t i = 0; i < length; i++)
        if (digits[i] < '0' || digits[i] > '9' || __builtin_mul_overflow(n, (uint64_t)10, &n) ||
            __builtin_add_overflow(n, (uint64_t)(digits[i] - '0'), &n))
            return false;
    *ret_number = n;
    return true;
}

bool lines_read_base64(const char *base64, size_t length, uint8_t *ret_bytes, size_t n)
{
    struct text bytes _cleanup_text_ = {0};
    if (length != (n + 2) / 3 * 4 || !base64_decode(&bytes, base64, length) || bytes.length != n)
        return false;
    memcpy(ret_bytes, bytes.data, n);
    return true;
}
