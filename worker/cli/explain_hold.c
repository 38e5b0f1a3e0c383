/* Which holds keep a record, named as far as the person may know. */
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "cli/explain.h"
#include "cli/hold.h"

enum { NAMED_MOST = 5 };

/* "5f3c1a2b", "5f3c1a2b (matter 2026-CV-0113)" for legal, unless the matter is confidential. */
static const char *name(struct explained *e, const char *hold)
{
    struct arena *arena = e->cli->arena;
    struct error ignored _cleanup_error_ = {0};
    bool may = false;
    const char *const values[] = {hold};
    PGresult *row _cleanup_result_ = NULL;
    if (hold_may_read_matters(e->session, &may, &ignored) && may)
        row = session_file(e->session, "cli/hold_matters.sql", 1, values, &ignored);
    if (row && PQntuples(row) == 1 &&
        result_value(row, 0, PQfnumber(row, "confidential"))[0] != 't')
        return arena_printf(arena, "%.8s (matter %s)", hold,
                            result_value(row, 0, PQfnumber(row, "matter")));
    return arena_strndup(arena, hold, 8);
}

const char *explain_holds(struct explained *e, const json_t *document, bool *ret_several)
{
    const json_t *holds = json_object_get(document, "holds"), *hold;
    size_t i, count = json_array_size(holds);
    struct text text = {0};
    *ret_several = count > 1;
    if (!count)
        return NULL;
    json_array_foreach(holds, i, hold)
    {
        if (i == NAMED_MOST)
            break;
        text_printf(&text, "%s%s",
                    !i               ? ""
                    : i + 1 == count ? " and "
                                     : ", ",
                    name(e, json_string_value(hold)));
    }
    if (count > NAMED_MOST)
        text_printf(&text, " and %zu more", count - NAMED_MOST);
    const char *names = arena_strdup(e->cli->arena, text.data);
    text_free(&text);
    return names;
}
