/* Spans of time in PostgreSQL's interval syntax, kept in the three parts that do not convert into
 * each other: months (12 a year), days and microseconds. */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include <stdbool.h>
#include <stdint.h>

struct arena;

struct span {
    int32_t months;
    int32_t days;
    int64_t microseconds;
};

/* Reads the part of PostgreSQL's syntax that people write: pairs of a whole number and a unit
 * ("1 year 2 mons 3 days"), a clock time after them ("3 days 04:00:00"), seconds with up to six
 * decimals, and ISO 8601 ("P1Y2M3DT4H"). Everything it accepts means the same to PostgreSQL.
 * Refused with a reason (follows the quoted text: "has no unit after 13") and a hint (a sentence,
 * or NULL), both in the arena: empty, negative, fractions of other units than seconds, unknown
 * units, "m" (minutes to PostgreSQL, months to people), a unit given twice, more than 1000 years.
 */
bool span_parse(struct arena *arena, const char *s, struct span *ret_span, const char **ret_reason,
                const char **ret_hint);

/* As PostgreSQL prints an interval ("1 year 1 mon", "3 days 04:00:00"), but zero is "0 days". */
const char *span_text(struct arena *arena, struct span span);

/* a is shorter than b for every date they are added to. False where that depends on the date:
 * neither of "1 month" and "30 days" is certainly shorter. */
bool span_is_certainly_shorter(struct span a, struct span b);
bool span_equal(struct span a, struct span b);

#endif
