#include "base/span.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/text.h"

enum part { MONTHS, DAYS, MICROSECONDS };

#define SECOND INT64_C(1000000)
#define DAY    (86400 * SECOND)

/* The most that a span may be, in each of its parts: 1000 years. */
enum { MOST_MONTHS = 12000, MOST_DAYS = 365250 };
#define MOST_MICROSECONDS (MOST_DAYS * DAY)

struct unit_name {
    const char *name;
    enum part part;
    int64_t factor;
    char canonical; /* units of the same letter may not both be given */
};

/* PostgreSQL's names, but "m" and the ones for centuries of millennia. Longest forms first: the
 * nearest name offered for a misspelt one is the one people would write. */
static const struct unit_name units[] = {
    {"years", MONTHS, 12, 'Y'},
    {"months", MONTHS, 1, 'M'},
    {"weeks", DAYS, 7, 'W'},
    {"days", DAYS, 1, 'D'},
    {"hours", MICROSECONDS, 3600 * SECOND, 'h'},
    {"minutes", MICROSECONDS, 60 * SECOND, 'm'},
    {"seconds", MICROSECONDS, SECOND, 's'},
    {"milliseconds", MICROSECONDS, 1000, 'i'},
    {"microseconds", MICROSECONDS, 1, 'u'},
    {"year", MONTHS, 12, 'Y'},
    {"yr", MONTHS, 12, 'Y'},
    {"yrs", MONTHS, 12, 'Y'},
    {"y", MONTHS, 12, 'Y'},
    {"month", MONTHS, 1, 'M'},
    {"mon", MONTHS, 1, 'M'},
    {"mons", MONTHS, 1, 'M'},
    {"week", DAYS, 7, 'W'},
    {"w", DAYS, 7, 'W'},
    {"day", DAYS, 1, 'D'},
    {"d", DAYS, 1, 'D'},
    {"hour", MICROSECONDS, 3600 * SECOND, 'h'},
    {"hr", MICROSECONDS, 3600 * SECOND, 'h'},
    {"hrs", MICROSECONDS, 3600 * SECOND, 'h'},
    {"h", MICROSECONDS, 3600 * SECOND, 'h'},
    {"minute", MICROSECONDS, 60 * SECOND, 'm'},
    {"min", MICROSECONDS, 60 * SECOND, 'm'},
    {"mins", MICROSECONDS, 60 * SECOND, 'm'},
    {"second", MICROSECONDS, SECOND, 's'},
    {"sec", MICROSECONDS, SECOND, 's'},
    {"secs", MICROSECONDS, SECOND, 's'},
    {"s", MICROSECONDS, SECOND, 's'},
    {"ms", MICROSECONDS, 1000, 'i'},
    {"msec", MICROSECONDS, 1000, 'i'},
    {"us", MICROSECONDS, 1, 'u'},
    {"usec", MICROSECONDS, 1, 'u'},
};

enum { OFFERED_UNITS = 9 }; /* the first ones, plural and in full */

struct reader {
    struct arena *arena;
    const char *p;
    int64_t parts[3];
    char seen[16];
    size_t seen_count;
    const char *reason;
    const char *hint;
};

static _printf_(3, 4) bool refuse(struct reader *r, const char *hint, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    r->reason = arena_vprintf(r->arena, format, args);
    va_end(args);
    r->hint = hint;
    return false;
}

static bool refuse_absurd(struct reader *r)
{
    return refuse(r, "Periods go from \"0 days\" to \"1000 years\".", "is longer than 1000 years");
}

static void skip_space(struct reader *r)
{
    while (isspace((unsigned char)*r->p))
        r->p++;
}

static bool add(struct reader *r, int64_t number, enum part part, int64_t factor)
{
    static const int64_t most[] = {MOST_MONTHS, MOST_DAYS, MOST_MICROSECONDS};
    int64_t value;
    if (__builtin_mul_overflow(number, factor, &value) ||
        __builtin_add_overflow(r->parts[part], value, &r->parts[part]) ||
        r->parts[part] > most[part])
        return refuse_absurd(r);
    return true;
}

static bool see(struct reader *r, char unit, const char *name)
{
    if (memchr(r->seen, unit, r->seen_count))
        return refuse(r, NULL, "names the unit \"%s\" twice", name);
    r->seen[r->seen_count++] = unit;
    return true;
}

/* A whole number; one too large for a span is refused, not wrapped. */
static bool read_number(struct reader *r, int64_t *ret_number)
{
    int64_t number = 0;
    while (isdigit((unsigned char)*r->p)) {
        if (number > INT64_MAX / 10 - 1)
            return refuse_absurd(r);
        number = number * 10 + (*r->p++ - '0');
    }
    *ret_number = number;
    return true;
}

/* ".5" after seconds: up to six digits, as microseconds. */
static bool read_decimals(struct reader *r, int64_t *ret_microseconds)
{
    int64_t value = 0, scale = SECOND;
    int digits = 0;
    r->p++;
    for (; isdigit((unsigned char)*r->p); r->p++, digits++) {
        scale /= 10;
        value += (*r->p - '0') * scale;
    }
    if (digits == 0 || digits > 6)
        return refuse(r, "Seconds have one to six decimals.", "has a fraction that cannot be read");
    *ret_microseconds = value;
    return true;
}

/* hh:mm or hh:mm:ss[.ffffff]; the hours are read already. */
static bool read_clock(struct reader *r, int64_t hours)
{
    int64_t minutes, seconds = 0, micros = 0;
    if (!see(r, 'h', "hours") || !see(r, 'm', "minutes") || !see(r, 's', "seconds"))
        return false;
    r->p++;
    const char *from = r->p;
    if (!read_number(r, &minutes))
        return false;
    bool good = r->p - from == 2 && minutes < 60;
    if (good && *r->p == ':') {
        from = ++r->p;
        if (!read_number(r, &seconds))
            return false;
        good = r->p - from == 2 && seconds < 60;
        if (good && *r->p == '.' && !read_decimals(r, &micros))
            return false;
    }
    if (!good || (*r->p && !isspace((unsigned char)*r->p)))
        return refuse(r, "A time is written as hours, minutes and seconds: \"04:30:00\".",
                      "has a time that cannot be read");
    return add(r, hours, MICROSECONDS, 3600 * SECOND) &&
           add(r, minutes, MICROSECONDS, 60 * SECOND) && add(r, seconds, MICROSECONDS, SECOND) &&
           add(r, micros, MICROSECONDS, 1);
}

static const struct unit_name *unit_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(units); i++)
        if (strcasecmp(units[i].name, name) == 0)
            return &units[i];
    return NULL;
}

static bool refuse_unit(struct reader *r, const char *name, int64_t number)
{
    if (strcasecmp(name, "m") == 0)
        return refuse(r,
                      arena_printf(r->arena, "Write \"%lld months\" or \"%lld minutes\".",
                                   (long long)number, (long long)number),
                      "has the ambiguous unit \"%s\"", name);
    const char *names[OFFERED_UNITS];
    for (size_t i = 0; i < OFFERED_UNITS; i++)
        names[i] = units[i].name;
    const char *nearest = text_nearest(name, names, OFFERED_UNITS);
    return refuse(r,
                  nearest ? arena_printf(r->arena, "Did you mean \"%s\"?", nearest)
                          : "Known units are years, months, weeks, days, hours, minutes, seconds, "
                            "milliseconds and microseconds.",
                  "has an unknown unit \"%s\"", name);
}

static bool refuse_sign(struct reader *r)
{
    return *r->p == '-' ? refuse(r, NULL, "is negative")
                        : refuse(r, "Leave the plus sign out.", "has a sign");
}

static bool refuse_fraction(struct reader *r)
{
    return refuse(r, "Write whole numbers: \"1 month 15 days\", not \"1.5 months\".",
                  "has a fraction of something other than seconds");
}

static bool read_pair(struct reader *r)
{
    int64_t number, micros = 0;
    if (*r->p == '-' || *r->p == '+')
        return refuse_sign(r);
    const char *from = r->p;
    if (!isdigit((unsigned char)*r->p) || !read_number(r, &number)) {
        if (r->reason)
            return false;
        size_t n = strcspn(from, " \t\n");
        if (n == 3 && strncasecmp(from, "ago", 3) == 0)
            return refuse(r, NULL, "is negative");
        return refuse(r, "A period is numbers and units: \"13 months\", \"1 year 6 months\".",
                      "has \"%.*s\" where a number should stand", (int)n, from);
    }
    int digits = (int)(r->p - from);
    if (*r->p == ':')
        return read_clock(r, number);
    bool fraction = *r->p == '.';
    if (fraction && !read_decimals(r, &micros))
        return false;
    if (*r->p == 'e' || *r->p == 'E') {
        const char *exponent = r->p + 1 + (r->p[1] == '+' || r->p[1] == '-');
        if (isdigit((unsigned char)*exponent))
            return refuse(r, "Write the number out in digits.", "has a number with an exponent");
    }
    skip_space(r);
    const char *name_from = r->p;
    while (isalpha((unsigned char)*r->p) || (unsigned char)*r->p >= 0x80)
        r->p++;
    if (r->p == name_from) {
        if (*r->p == '-' || *r->p == '+')
            return refuse_sign(r);
        return refuse(
            r, arena_printf(r->arena, "Write \"%.*s days\", if days are meant.", digits, from),
            "has no unit after %.*s", digits, from);
    }
    const char *name = arena_strndup(r->arena, name_from, (size_t)(r->p - name_from));
    const struct unit_name *unit = unit_find(name);
    if (!unit)
        return refuse_unit(r, name, number);
    if (fraction && unit->canonical != 's')
        return refuse_fraction(r);
    return see(r, unit->canonical, name) && add(r, number, unit->part, unit->factor) &&
           add(r, micros, MICROSECONDS, 1);
}

/* P1Y2M3W4DT5H6M7.5S, in that order. */
static bool read_iso(struct reader *r)
{
    static const char order[] = "YMWDhms";
    size_t next = 0;
    bool time = false, any = false;
    for (r->p++; *r->p;) {
        if (*r->p == 'T' && !time) {
            time = true;
            any = false;
            r->p++;
            continue;
        }
        int64_t number, micros = 0;
        if (*r->p == '-' || *r->p == '+')
            return refuse_sign(r);
        const char *from = r->p;
        if (!read_number(r, &number))
            return false;
        bool fraction = r->p > from && *r->p == '.';
        if (fraction && !read_decimals(r, &micros))
            return false;
        char letter = *r->p;
        char unit = time && letter && strchr("HMS", letter) ? (char)tolower(letter) : letter;
        const char *place = unit && (time ? strchr("hms", unit) : strchr("YMWD", unit))
                                ? strchr(order, unit)
                                : NULL;
        if (r->p == from || !place || (size_t)(place - order) < next)
            return refuse(r, "Write \"13 months\", or ISO 8601: \"P1Y2M3DT4H5M6S\".",
                          "is not a duration of ISO 8601");
        if (fraction && unit != 's')
            return refuse_fraction(r);
        next = (size_t)(place - order) + 1;
        static const struct {
            enum part part;
            int64_t factor;
        } factors[] = {{MONTHS, 12},
                       {MONTHS, 1},
                       {DAYS, 7},
                       {DAYS, 1},
                       {MICROSECONDS, 3600 * SECOND},
                       {MICROSECONDS, 60 * SECOND},
                       {MICROSECONDS, SECOND}};
        if (!add(r, number, factors[next - 1].part, factors[next - 1].factor) ||
            !add(r, micros, MICROSECONDS, 1))
            return false;
        any = true;
        r->p++;
    }
    if (!any)
        return refuse(r, "Write \"13 months\", or ISO 8601: \"P1Y2M3DT4H5M6S\".",
                      "is not a duration of ISO 8601");
    return true;
}

static bool read_span(struct reader *r)
{
    skip_space(r);
    if (!*r->p)
        return refuse(r, "Write a number and a unit: \"13 months\".", "is empty");
    if (*r->p == 'P' || (*r->p == 'p' && isdigit((unsigned char)r->p[1])))
        return *r->p == 'P' ? read_iso(r)
                            : refuse(r, "ISO 8601 is written in capitals: \"P13M\".",
                                     "is not a duration of ISO 8601");
    while (*r->p) {
        if (!read_pair(r))
            return false;
        skip_space(r);
    }
    if (r->parts[MONTHS] / 12 * 366 + r->parts[DAYS] + r->parts[MICROSECONDS] / DAY >
        MOST_DAYS + MOST_MONTHS / 12)
        return refuse_absurd(r);
    return true;
}

bool span_parse(struct arena *arena, const char *s, struct span *ret_span, const char **ret_reason,
                const char **ret_hint)
{
    struct reader r = {.arena = arena, .p = s};
    bool good = read_span(&r);
    *ret_reason = r.reason;
    *ret_hint = r.hint;
    if (good)
        *ret_span =
            (struct span){(int32_t)r.parts[MONTHS], (int32_t)r.parts[DAYS], r.parts[MICROSECONDS]};
    return good;
}

static void add_part(struct text *text, int32_t n, const char *unit)
{
    if (n)
        text_printf(text, "%s%d %s%s", text->length ? " " : "", n, unit, n == 1 ? "" : "s");
}

const char *span_text(struct arena *arena, struct span span)
{
    struct text text _cleanup_text_ = {0};
    add_part(&text, span.months / 12, "year");
    add_part(&text, span.months % 12, "mon");
    add_part(&text, span.days, "day");
    if (span.microseconds) {
        long long seconds = span.microseconds / SECOND, fraction = span.microseconds % SECOND;
        text_printf(&text, "%s%02lld:%02lld:%02lld", text.length ? " " : "", seconds / 3600,
                    seconds / 60 % 60, seconds % 60);
        if (fraction) {
            int digits = 6;
            for (; fraction % 10 == 0; fraction /= 10)
                digits--;
            text_printf(&text, ".%0*lld", digits, fraction);
        }
    }
    return arena_strdup(arena, text.length ? text.data : "0 days");
}

/* Bounds in microseconds: a month has 28 to 31 days, 12 in a row 365 or 366, and a day may have 25
 * hours or 23. */
static int64_t least(struct span s)
{
    int64_t days = s.months / 12 * INT64_C(365) + s.months % 12 * INT64_C(28) + s.days;
    return days * DAY - (days ? 3600 * SECOND : 0) + s.microseconds;
}

static int64_t most(struct span s)
{
    int64_t days = s.months / 12 * INT64_C(366) + s.months % 12 * INT64_C(31) + s.days;
    return days * DAY + (days ? 3600 * SECOND : 0) + s.microseconds;
}

bool span_is_certainly_shorter(struct span a, struct span b)
{
    /* Part for part: what both have in common does not matter. */
    if (a.months <= b.months && a.days <= b.days && a.microseconds <= b.microseconds)
        return !span_equal(a, b);
    return most(a) < least(b);
}

bool span_equal(struct span a, struct span b)
{
    return a.months == b.months && a.days == b.days && a.microseconds == b.microseconds;
}
