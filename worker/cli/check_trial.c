/* The trials of policy/trial.h on a person's session. Who may not change the records tries nothing:
 * the worker does, when it loads the policy. */
#include <string.h>

#include "base/arena.h"
#include "cli/check.h"
#include "cli/plan.h"
#include "policy/trial.h"

static bool try_one(struct session *session, const struct category *category,
                    const struct sql_statement *statement, struct trials *trials,
                    struct error *error)
{
    struct arena *arena = session->cli->arena;
    struct error refused _cleanup_error_ = {0};
    const char **values = arena_alloc(arena, (statement->param_count + 1) * sizeof(*values));
    for (size_t i = 0; i < statement->param_count; i++) {
        const struct sql_param *param = &statement->params[i];
        values[i] = param->kind == PARAM_RUN_TIME ? "now"
                    : param->kind == PARAM_NONCE  ? "a made-up value"
                                                  : param->value;
    }
    if (!session_execute(session, "BEGIN READ WRITE", error) ||
        !session_execute(session,
                         arena_printf(arena, "SET LOCAL lock_timeout = %d", TRIAL_LOCK_TIMEOUT_MS),
                         error) ||
        !session_execute(
            session,
            arena_printf(arena, "SET LOCAL statement_timeout = %d", TRIAL_STATEMENT_TIMEOUT_MS),
            error) ||
        !plan_settings(session, category, error))
        return false;
    PGresult *result _cleanup_result_ =
        session_query(session, statement->text, statement->param_count, values, &refused);
    if (!result && !refused.sqlstate[0]) {
        error_move(error, &refused);
        return false;
    }
    trials_answer(trials, &(struct trial_answer){
                              .sqlstate = result ? NULL : refused.sqlstate,
                              .constraint = session->refused_constraint,
                              .column = session->refused_column,
                              .unchanged = result ? result_value(result, 0, 1) : NULL,
                          });
    return session_execute(session, "ROLLBACK", error);
}

bool check_trials(struct session *session, const struct policies *policies,
                  const struct category *const *list, size_t count, struct error *error)
{
    struct cli *cli = session->cli;
    struct trials *trials = trials_new(cli->arena, policies->set, policies->catalog, &cli->diags);
    const struct sql_statement *statement;
    const struct category *category;
    for (size_t i = 0; i < count; i++)
        trials_add(trials, list[i]);
    while ((statement = trials_next(trials, &category)))
        if (!try_one(session, category, statement, trials, error))
            return false;
    return true;
}
