/* Random numbers and values for oracle_case.c: values crowd around the moments where they fall due,
 * the run's time minus a period, give or take a microsecond, an hour or some days. */
#include "oracle_draw.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct drawing drawing;

const char *const draw_types[] = {
    [TIMESTAMPTZ] = "timestamptz",
    [TIMESTAMP] = "timestamp",
    [DATE] = "date",
    [INT_S] = "int",
    [BIGINT_S] = "bigint",
    [BIGINT_MS] = "bigint",
    [NUMERIC_S] = "numeric",
    [TEXT] = "text",
    [TEXT_MS] = "text",
};

static const char *const periods[] = {"0 days",
                                      "1 day",
                                      "30 days",
                                      "90 days",
                                      "1 month",
                                      "2 months",
                                      "13 months",
                                      "1 year",
                                      "1 year 1 month 3 days 04:00:00",
                                      "36:00:00",
                                      "4 years",
                                      "6 months 15 days",
                                      "1 month 1 day",
                                      "11 months 30 days",
                                      "7 years",
                                      "1 day 01:30:00",
                                      "00:00:00.000001"};
static const char *const nudges[] = {
    "0",          "0",           "1 microsecond", "-1 microsecond", "1 second",   "-1 second",
    "30 minutes", "-30 minutes", "1 hour",        "-1 hour",        "90 minutes", "12 hours",
    "-12 hours",  "1 day",       "-1 day",        "2 days",         "-2 days",    "3 days",
    "-3 days",    "4 days",      "-4 days"};

static uint64_t state;

static uint64_t draw(void) /* splitmix64 */
{
    uint64_t z = (state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

void draw_seed(uint64_t seed)
{
    state = seed;
}

int draw_below(int n)
{
    return (int)(draw() % (uint64_t)n);
}

bool draw_chance(int percent)
{
    return draw_below(100) < percent;
}

const char *draw_period(void)
{
    const char *p = ONE_OF(periods);
    if (drawing.used_count < (int)ARRAY_LENGTH(drawing.used))
        drawing.used[drawing.used_count++] = p;
    return p;
}

const char *draw_print(const char *format, ...)
{
    static char buffers[32][4096];
    static int next;
    char *buffer = buffers[next++ % (int)ARRAY_LENGTH(buffers)];
    va_list args;
    va_start(args, format);
    vsnprintf(buffer, sizeof(buffers[0]), format, args);
    va_end(args);
    return buffer;
}

static const char *moment(void)
{
    int roll = draw_below(100);
    if (roll < 65 && drawing.used_count)
        return draw_print("('%s'::timestamptz - '%s'::interval + '%s'::interval)",
                          drawing.c->run_time, drawing.used[draw_below(drawing.used_count)],
                          ONE_OF(nudges));
    if (roll < 85)
        return draw_print("('%s'::timestamptz - '%d hours %d seconds'::interval)",
                          drawing.c->run_time, draw_below(80000), draw_below(3600));
    if (roll < 92)
        return draw_print("('%s'::timestamptz + '%d hours'::interval)", drawing.c->run_time,
                          draw_below(20000));
    /* ends of months and years, and hours that a clock change skips or repeats */
    static const char *const odd[] = {
        "2023-12-31 23:59:59.999999", "2024-01-01 00:00:00", "2024-01-31 12:00:00",
        "2024-02-29 00:00:00",        "2025-01-31 02:30:00", "2025-03-09 02:30:00",
        "2025-03-30 02:30:00",        "2025-11-02 01:30:00", "2024-11-03 01:30:00",
        "2025-10-26 02:30:00",        "2024-10-27 02:30:00", "2025-04-06 01:45:00"};
    return draw_print("('%s'::timestamp)::timestamptz", ONE_OF(odd));
}

static const char *text_value(void)
{
    const char *m = moment();
    switch (draw_below(14)) {
    case 0:
        return "'soon'";
    case 1:
        return "'2025-02-30'";
    case 2:
        return "'now'";
    case 3:
        return "'2025-01-31 25:00:00'";
    case 4:
    case 5:
        return draw_print("to_char(%s, 'YYYY-MM-DD')", m);
    case 6:
    case 7:
        return draw_print("to_char(%s, 'YYYY-MM-DD\"T\"HH24:MI:SS')", m);
    case 8:
        return draw_print("to_char(%s, 'YYYY-MM-DD HH24:MI')", m);
    case 9:
        return draw_print(
            "to_char(%s AT TIME ZONE 'Asia/Kolkata', 'YYYY-MM-DD HH24:MI:SS.US+05:30')", m);
    case 10:
        return "'infinity'";
    default:
        return draw_print("to_char(%s AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')", m);
    }
}

const char *draw_value(enum kind kind, bool nullable)
{
    int roll = draw_below(100);
    if (nullable && roll < 7)
        return "NULL";
    switch (kind) {
    case TIMESTAMPTZ:
    case TIMESTAMP:
    case DATE:
        if (roll < 10)
            return roll < 9 ? "'infinity'" : "'-infinity'";
        if (roll < 12)
            return roll < 11 ? "'1970-01-01'" : "'0044-03-15 BC'";
        if (roll < 13)
            return kind == DATE ? "'5874897-12-31'" : "'294276-12-31'";
        return draw_print("%s::%s", moment(), draw_types[kind]);
    case INT_S:
        if (roll < 10)
            return roll < 9 ? "0" : "-5";
        return draw_print("least(floor(extract(epoch FROM %s)), 2147483647)::int", moment());
    case BIGINT_S:
    case BIGINT_MS:
        if (roll < 11)
            return roll < 9 ? "0" : roll < 10 ? "9223372036854775807" : "-9223372036854775808";
        return draw_print("floor(extract(epoch FROM %s) * %d)::bigint", moment(),
                          kind == BIGINT_MS ? 1000 : 1);
    case NUMERIC_S:
        if (roll < 10)
            return roll < 9 ? "'NaN'" : "1e300";
        return draw_print("extract(epoch FROM %s)", moment());
    case TEXT:
        return text_value();
    case TEXT_MS:
        if (roll < 12)
            return roll < 9 ? "'many'" : roll < 10 ? "'1e99'" : "'-1'";
        return draw_print("floor(extract(epoch FROM %s) * 1000)::bigint::text", moment());
    }
    return "NULL";
}
