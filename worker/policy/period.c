#include "base/span.h"
#include "policy/parse.h"

bool period_parse(struct arena *arena, const char *text, struct period *ret_period,
                  const char **ret_reason, const char **ret_hint)
{
    struct span span;
    if (!span_parse(arena, text, &span, ret_reason, ret_hint))
        return false;
    *ret_period = (struct period){.text = span_text(arena, span),
                                  .months = span.months,
                                  .days = span.days,
                                  .microseconds = span.microseconds};
    return true;
}
