#include "cli/cause.h"

#include "base/text.h"

PGresult *cause_read(struct session *session, const char *categories)
{
    struct error ignored _cleanup_error_ = {0};
    const char *const values[] = {categories};
    return session_file(session, "cli/status.sql", 1, values, &ignored);
}

const char *cause_find(const PGresult *causes, const char *category, int64_t *ret_blocked)
{
    static const char *const stops[] = {"awaiting approval", "policy file gone", "paused", "brake"};
    int row = 0;
    if (!causes)
        return NULL;
    while (row < PQntuples(causes) &&
           !text_equal(result_value(causes, row, PQfnumber(causes, "category")), category))
        row++;
    if (row == PQntuples(causes))
        return "it was never loaded";
    const char *cause = result_value(causes, row, PQfnumber(causes, "cause"));
    const char *blocked = result_value(causes, row, PQfnumber(causes, "blocked"));
    if (blocked && ret_blocked)
        cli_number(blocked, ret_blocked);
    for (size_t i = 0; i < ARRAY_LENGTH(stops); i++)
        if (text_equal(cause, stops[i]))
            return stops[i];
    return NULL;
}
