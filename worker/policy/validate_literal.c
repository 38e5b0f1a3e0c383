/* What PostgreSQL reads as a value of a type, for the types whose input is simple enough to judge
 * without asking it. A literal that is refused here would be refused there, too, in the middle of a
 * run; one that only PostgreSQL's more lenient readers take ("tomorrow", "1.2.2024") is refused,
 * since what it means depends on settings or on the day. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/text.h"
#include "policy/validate_internal.h"

static bool reads_whole(const char *s, int64_t least, int64_t most, int64_t *ret)
{
    char *end;
    errno = 0;
    long long value = strtoll(s, &end, 10);
    if (!*s || *end || errno || isspace((unsigned char)*s) || value < least || value > most)
        return false;
    if (ret)
        *ret = value;
    return true;
}

static bool reads_number(const char *s)
{
    const char *c = s + (*s == '-' || *s == '+');
    if (strcasecmp(c, "infinity") == 0 || strcasecmp(s, "nan") == 0)
        return true;
    size_t digits = strspn(c, "0123456789");
    c += digits;
    if (*c == '.') {
        size_t more = strspn(++c, "0123456789");
        digits += more;
        c += more;
    }
    if (!digits)
        return false;
    if (*c == 'e' || *c == 'E') {
        c++;
        c += *c == '-' || *c == '+';
        size_t exponent = strspn(c, "0123456789");
        if (!exponent || exponent > 4)
            return false;
        c += exponent;
    }
    return !*c;
}

/* As boolin: unambiguous beginnings of true, false, yes, no, on, off, and 1, 0. -1: none of them */
static int reads_boolean(const char *s)
{
    static const struct {
        const char *word;
        size_t least;
        int value;
    } words[] = {{"true", 1, 1}, {"false", 1, 0}, {"yes", 1, 1}, {"no", 1, 0},
                 {"on", 2, 1},   {"off", 2, 0},   {"1", 1, 1},   {"0", 1, 0}};
    size_t n = strlen(s);
    for (size_t i = 0; i < ARRAY_LENGTH(words); i++)
        if (n >= words[i].least && strncasecmp(s, words[i].word, n) == 0)
            return words[i].value;
    return -1;
}

static bool digits(const char **s, int least, int most, int *ret)
{
    int n = 0, value = 0;
    while (n < most && isdigit((unsigned char)**s)) {
        value = value * 10 + (*(*s)++ - '0');
        n++;
    }
    *ret = value;
    return n >= least;
}

static bool reads_date(const char **s)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year, month, day;
    if (!digits(s, 4, 6, &year) || *(*s)++ != '-' || !digits(s, 2, 2, &month) || *(*s)++ != '-' ||
        !digits(s, 2, 2, &day))
        return false;
    if (year < 1 || year > 294276 || month < 1 || month > 12 || day < 1)
        return false;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return day <= days[month - 1] + (month == 2 && leap);
}

static bool reads_time(const char **s)
{
    int hour, minute, second = 0;
    if (!digits(s, 2, 2, &hour) || *(*s)++ != ':' || !digits(s, 2, 2, &minute))
        return false;
    if (**s == ':') {
        (*s)++;
        if (!digits(s, 2, 2, &second))
            return false;
        if (**s == '.') {
            size_t n = strspn(++*s, "0123456789");
            if (!n || n > 6)
                return false;
            *s += n;
        }
    }
    return hour < 24 && minute < 60 && second < 60;
}

static bool reads_zone(const char *s)
{
    if (strcmp(s, "Z") == 0)
        return true;
    if (*s != '+' && *s != '-')
        return false;
    s++;
    int hours, minutes = 0;
    if (!digits(&s, 2, 2, &hours) || hours > 15)
        return false;
    if (*s == ':')
        s++;
    if (*s && !digits(&s, 2, 2, &minutes))
        return false;
    return !*s && minutes < 60;
}

static bool reads_moment(const char *s, bool with_time)
{
    if (strcasecmp(s, "infinity") == 0 || strcasecmp(s, "-infinity") == 0)
        return true;
    if (!reads_date(&s))
        return false;
    if (!*s || !with_time)
        return !*s;
    if (*s != 'T' && *s != ' ')
        return false;
    s++;
    if (!reads_time(&s))
        return false;
    return !*s || reads_zone(s);
}

static bool reads_uuid(const char *s)
{
    static const int groups[] = {8, 4, 4, 4, 12};
    if (strlen(s) == 32)
        return strspn(s, "0123456789abcdefABCDEF") == 32;
    for (size_t g = 0; g < ARRAY_LENGTH(groups); g++) {
        for (int i = 0; i < groups[g]; i++)
            if (!isxdigit((unsigned char)*s++))
                return false;
        if (g + 1 < ARRAY_LENGTH(groups) && *s++ != '-')
            return false;
    }
    return !*s;
}

static const struct whole {
    const char *type;
    int64_t least, most;
    const char *expected;
} wholes[] = {
    {"smallint", INT16_MIN, INT16_MAX, "a whole number from -32768 to 32767"},
    {"integer", INT32_MIN, INT32_MAX, "a whole number from -2147483648 to 2147483647"},
    {"bigint", INT64_MIN, INT64_MAX, "a whole number of at most 64 bits"},
};

static const struct whole *whole_type(const char *type)
{
    for (size_t i = 0; i < ARRAY_LENGTH(wholes); i++)
        if (strcmp(type, wholes[i].type) == 0)
            return &wholes[i];
    return NULL;
}

const char *literal_expected(const char *base_type, const struct literal *literal)
{
    const char *s = literal->text;
    const struct whole *whole = whole_type(base_type);
    if (whole)
        return reads_whole(s, whole->least, whole->most, NULL) ? NULL : whole->expected;
    if (strcmp(base_type, "numeric") == 0 || strcmp(base_type, "real") == 0 ||
        strcmp(base_type, "double precision") == 0)
        return reads_number(s) ? NULL : "a number";
    if (strcmp(base_type, "boolean") == 0)
        return reads_boolean(s) >= 0 ? NULL : "true or false";
    if (strcmp(base_type, "uuid") == 0)
        return reads_uuid(s) ? NULL : "a uuid, \"xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx\"";
    if (strcmp(base_type, "date") == 0)
        return reads_moment(s, false) ? NULL : "a date, \"2025-12-31\"";
    if (text_starts_with(base_type, "timestamp"))
        return reads_moment(s, true) ? NULL : "a time, \"2025-12-31 23:59:59+00\"";
    return NULL;
}

/* As trim_scale(numeric)::text. */
static const char *printed_number(struct arena *arena, const char *text)
{
    const char *sign = *text == '-' ? "-" : "";
    text += *text == '-' || *text == '+';
    text += strspn(text, "0");
    size_t whole = strspn(text, "0123456789"), fraction = 0;
    const char *rest = text + whole;
    if (*rest == '.') {
        rest++;
        fraction = strspn(rest, "0123456789");
        if (rest[fraction])
            return NULL;
        while (fraction > 0 && rest[fraction - 1] == '0')
            fraction--;
    } else if (*rest) {
        return NULL; /* an exponent, or a word */
    }
    if (!whole && !fraction)
        return "0";
    return arena_printf(arena, "%s%.*s%s%.*s", sign, whole ? (int)whole : 1, whole ? text : "0",
                        fraction ? "." : "", (int)fraction, rest);
}

static const char *printed_uuid(struct arena *arena, const char *text)
{
    char *printed = arena_alloc(arena, 37), *to = printed;
    for (int digit = 0; *text; text++) {
        if (*text == '-')
            continue;
        if (digit == 8 || digit == 12 || digit == 16 || digit == 20)
            *to++ = '-';
        *to++ = (char)tolower((unsigned char)*text);
        digit++;
    }
    return printed;
}

const char *literal_printed(struct arena *arena, const char *base_type, const char *text)
{
    int64_t number;
    const struct whole *whole = whole_type(base_type);
    if (whole)
        return reads_whole(text, whole->least, whole->most, &number)
                   ? arena_printf(arena, "%lld", (long long)number)
                   : NULL;
    if (strcmp(base_type, "text") == 0 || strcmp(base_type, "character varying") == 0)
        return text;
    if (strcmp(base_type, "character") == 0) { /* its text has no blanks at the end */
        size_t length = strlen(text);
        while (length > 0 && text[length - 1] == ' ')
            length--;
        return arena_strndup(arena, text, length);
    }
    if (strcmp(base_type, "numeric") == 0)
        return reads_number(text) ? printed_number(arena, text) : NULL;
    if (strcmp(base_type, "boolean") == 0) {
        int value = reads_boolean(text);
        return value < 0 ? NULL : value ? "true" : "false";
    }
    if (strcmp(base_type, "uuid") == 0)
        return reads_uuid(text) ? printed_uuid(arena, text) : NULL;
    return NULL;
}

bool literals_differ(const char *base_type, bool is_enum, const struct literal *a,
                     const struct literal *b)
{
    const struct whole *whole = whole_type(base_type);
    if (whole) {
        int64_t x, y;
        return reads_whole(a->text, whole->least, whole->most, &x) &&
               reads_whole(b->text, whole->least, whole->most, &y) && x != y;
    }
    if (strcmp(base_type, "boolean") == 0) {
        int x = reads_boolean(a->text), y = reads_boolean(b->text);
        return x >= 0 && y >= 0 && x != y;
    }
    if (is_enum || strcmp(base_type, "text") == 0 || strcmp(base_type, "character varying") == 0)
        return strcmp(a->text, b->text) != 0;
    if (strcmp(base_type, "uuid") == 0)
        return strlen(a->text) == 36 && strlen(b->text) == 36 && strcasecmp(a->text, b->text) != 0;
    return false;
}
