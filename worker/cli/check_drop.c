#include "cli/check_drop.h"

#include "base/arena.h"
#include "base/cleanup.h"
#include "policy/drop.h"
#include "policy/quote.h"
#include "policy/validate.h"

bool drop_is_kept(struct session *session, const struct policies *policies,
                  const struct category *category, const char **ret, struct error *error)
{
    struct arena *arena = session->cli->arena;
    const struct drop_plan *plan = drop_build(arena, category, policies->catalog);
    *ret = NULL;
    if (!plan)
        return true;
    const char *const values[] = {plan->schema,
                                  plan->name,
                                  plan->body,
                                  quote_table(arena, plan->table),
                                  policies->catalog->worker_role,
                                  plan->settings};
    PGresult *row _cleanup_result_ =
        session_file(session, "engine/drop_function.sql", ARRAY_LENGTH(values), values, error);
    if (!row)
        return false;
    if (PQntuples(row) == 1 && !PQgetisnull(row, 0, 0))
        *ret = arena_printf(arena, "function %s %s", plan->function, PQgetvalue(row, 0, 0));
    return true;
}

bool warn_drops(struct session *session, const struct policies *policies, struct error *error)
{
    struct diags *diags = &session->cli->diags;
    for (size_t i = 0; i < policies->set->category_count; i++) {
        const struct category *category = &policies->set->categories[i];
        const char *because;
        if (!category->drop_empty || !policy_category_is_valid(category, policies->set, diags))
            continue;
        if (!drop_is_kept(session, policies, category, &because, error))
            return false;
        if (because)
            diag_hint(diags,
                      diag_warning(diags, category->drop_empty_at,
                                   "empty partitions of category \"%s\" are not dropped: %s",
                                   category->name, because),
                      "The table's owner runs what \"retentionctl setup --sql\" prints.");
    }
    return true;
}
