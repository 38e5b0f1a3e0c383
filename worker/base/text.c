#include "base/text.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

void text_free(struct text *text)
{
    free(text->data);
    *text = (struct text){0};
}

void text_clear(struct text *text)
{
    text->length = 0;
    if (text->data)
        text->data[0] = '\0';
}

static void text_reserve(struct text *text, size_t more)
{
    size_t need = text->length + more + 1;
    if (need <= text->capacity)
        return;
    size_t capacity = text->capacity ? text->capacity : 64;
    while (capacity < need)
        capacity *= 2;
    text->data = xrealloc(text->data, capacity);
    text->capacity = capacity;
}

void text_add_n(struct text *text, const void *bytes, size_t n)
{
    text_reserve(text, n);
    if (n)
        memcpy(text->data + text->length, bytes, n);
    text->length += n;
    text->data[text->length] = '\0';
}

void text_add(struct text *text, const char *s)
{
    text_add_n(text, s, strlen(s));
}

void text_add_char(struct text *text, char c)
{
    text_add_n(text, &c, 1);
}

void text_vprintf(struct text *text, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    if (n > 0) {
        text_reserve(text, (size_t)n);
        vsnprintf(text->data + text->length, (size_t)n + 1, format, again);
        text->length += (size_t)n;
    }
    va_end(again);
}

void text_printf(struct text *text, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    text_vprintf(text, format, args);
    va_end(args);
}

char *text_steal(struct text *text)
{
    char *s = text->data ? text->data : xstrdup("");
    *text = (struct text){0};
    return s;
}

const char *text_string(const struct text *text)
{
    return text->data ? text->data : "";
}

bool text_equal(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

bool text_starts_with(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool text_ends_with(const char *s, const char *end)
{
    size_t length = strlen(s), n = strlen(end);
    return length >= n && strcmp(s + length - n, end) == 0;
}

int text_number(const char *s, int otherwise)
{
    char *end;
    if (!s || !((*s >= '0' && *s <= '9') || *s == '-'))
        return otherwise;
    errno = 0;
    long number = strtol(s, &end, 10);
    return *end || errno || number < INT_MIN || number > INT_MAX ? otherwise : (int)number;
}

bool text_is_valid_utf8(const char *s, size_t n)
{
    const unsigned char *p = (const unsigned char *)s, *end = p + n;
    while (p < end) {
        unsigned char c = *p++;
        if (c < 0x80)
            continue;
        size_t follow = c >= 0xF0 && c <= 0xF4 ? 3 : c >= 0xE0 ? 2 : 1;
        if (c < 0xC2 || c > 0xF4 || (size_t)(end - p) < follow)
            return false;
        if ((c == 0xE0 && p[0] < 0xA0) || (c == 0xED && p[0] > 0x9F) ||
            (c == 0xF0 && p[0] < 0x90) || (c == 0xF4 && p[0] > 0x8F))
            return false; /* overlong, surrogate, beyond U+10FFFF */
        for (size_t i = 0; i < follow; i++)
            if ((*p++ & 0xC0) != 0x80)
                return false;
    }
    return true;
}

size_t text_character(const char *s, uint32_t *ret_code)
{
    unsigned char first = (unsigned char)*s;
    *ret_code = first >= 0x20 && first < 0x7f ? first : 0;
    if (first < 0x80)
        return 1;
    size_t n = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (strnlen(s, n) < n || !text_is_valid_utf8(s, n))
        return 1;
    uint32_t code = first & (0xffu >> (n + 1));
    for (size_t i = 1; i < n; i++)
        code = code << 6 | ((unsigned char)s[i] & 0x3f);
    /* C1 controls, ends of lines, and marks that turn the direction of a whole line */
    if (code >= 0xa0 && !(code >= 0x2028 && code <= 0x202e) && !(code >= 0x2066 && code <= 0x2069))
        *ret_code = code;
    return n;
}

void text_print_safe(FILE *out, const char *s)
{
    while (*s) {
        uint32_t code;
        size_t n = text_character(s, &code);
        if (code)
            fwrite(s, 1, n, out);
        else
            fputc('?', out);
        s += n;
    }
}

size_t text_distance(const char *a, const char *b)
{
    enum { MOST = 96 };
    size_t n = strlen(a), m = strlen(b);
    if (n >= MOST || m >= MOST)
        return n > m ? n : m;
    size_t rows[3][MOST + 1];
    size_t *before = rows[0], *last = rows[1], *now = rows[2];
    for (size_t j = 0; j <= m; j++)
        last[j] = before[j] = j;
    for (size_t i = 1; i <= n; i++) {
        now[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t best = last[j - 1] + (a[i - 1] != b[j - 1]);
            if (last[j] + 1 < best)
                best = last[j] + 1;
            if (now[j - 1] + 1 < best)
                best = now[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                before[j - 2] + 1 < best)
                best = before[j - 2] + 1;
            now[j] = best;
        }
        size_t *spare = before;
        before = last;
        last = now;
        now = spare;
    }
    return last[m];
}

const char *text_nearest(const char *s, const char *const *names, size_t count)
{
    const char *best = NULL;
    size_t best_distance = strlen(s) / 2 + 1;
    for (size_t i = 0; i < count; i++) {
        size_t d = text_distance(s, names[i]);
        if (d < best_distance) {
            best = names[i];
            best_distance = d;
        }
    }
    return best;
}

char *text_thousands(char *buffer, int64_t n)
{
    char digits[32];
    int length = snprintf(digits, sizeof(digits), "%lld", (long long)n);
    char *out = buffer;
    for (int i = 0; i < length; i++) {
        *out++ = digits[i];
        if (digits[i] != '-' && i < length - 1 && (length - 1 - i) % 3 == 0)
            *out++ = ',';
    }
    *out = '\0';
    return buffer;
}

char *text_duration(char *buffer, int64_t seconds)
{
    long long s = seconds;
    if (s < 60)
        snprintf(buffer, 32, "%lld s", s);
    else if (s < 3600)
        snprintf(buffer, 32, "%lld min %02lld s", s / 60, s % 60);
    else if (s < 86400)
        snprintf(buffer, 32, "%lld h %02lld min", s / 3600, s % 3600 / 60);
    else
        snprintf(buffer, 32, "%lld d %02lld h", s / 86400, s % 86400 / 3600);
    return buffer;
}
