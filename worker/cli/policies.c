#include "cli/policies.h"

#include <libpq-fe.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "cli/session.h"
#include "cli/settings.h"
#include "config/settings.h"
#include "pg/function_list.h"
#include "policy/parse.h"
#include "policy/validate.h"

bool policies_read(struct policies *policies, struct cli *cli, struct error *error)
{
    *policies = (struct policies){0};
    const char *directory = cli_policy_directory(cli, error);
    if (!directory)
        return false;
    policies->set = policy_load_directory(directory, &cli->diags);
    const char *list = cli_settings(cli, error)->accept_functions;
    if (list)
        policies->accepted = function_list_read(list, &cli->diags);
    if (policies->set)
        return true;
    diags_sort(&cli->diags);
    error_set(error, ERROR_CONFIG, "could not read the policies in \"%s\"", directory);
    return false;
}

void policies_free(struct policies *policies)
{
    policy_set_free(policies->set);
    catalog_free(policies->catalog);
    function_list_free(policies->accepted);
    *policies = (struct policies){0};
}

const char *policies_worker_role(struct session *session, struct error *error)
{
    struct cli *cli = session->cli;
    const char *conninfo = cli_settings_conninfo(cli), *role = NULL;
    PQconninfoOption *options = conninfo ? PQconninfoParse(conninfo, NULL) : NULL;
    for (PQconninfoOption *o = options; o && o->keyword; o++)
        if (strcmp(o->keyword, "user") == 0 && o->val && *o->val)
            role = arena_strdup(cli->arena, o->val);
    PQconninfoFree(options);
    const char *const names[] = {role, arena_printf(cli->arena, "%sworker", session->prefix)};
    PGresult *result _cleanup_result_ =
        session_file(session, "cli/worker_role.sql", 2, names, error);
    return result && PQntuples(result) ? arena_strdup(cli->arena, PQgetvalue(result, 0, 0)) : NULL;
}

static void drop_warnings(struct diags *diags)
{
    size_t kept = 0;
    for (size_t i = 0; i < diags->count; i++)
        if (diags->items[i].level == DIAG_ERROR)
            diags->items[kept++] = diags->items[i];
    diags->count = kept;
}

bool policies_validate(struct policies *policies, struct session *session, struct error *error)
{
    const char *const values[] = {policies_worker_role(session, error),
                                  policy_names_timezones(policies->set) ? "t" : "f"};
    if (!values[0] && error->code)
        return false;
    PGresult *facts _cleanup_result_ =
        session_file(session, "catalog/facts.sql", ARRAY_LENGTH(values), values, error);
    if (!facts)
        return false;
    policies->catalog = catalog_parse(PQgetvalue(facts, 0, 0), error);
    if (!policies->catalog)
        return false;
    policies->catalog->accepted = policies->accepted;
    policy_validate(policies->set, policies->catalog, &session->cli->diags);
    if (session->cli->command->run != command_check)
        drop_warnings(&session->cli->diags);
    diags_sort(&session->cli->diags);
    return true;
}

const struct category **policies_select(struct cli *cli, const struct policies *policies,
                                        size_t *ret_count, struct error *error)
{
    const struct policy_set *set = policies->set;
    size_t count = cli->operand_count ? (size_t)cli->operand_count : set->category_count;
    const struct category **list = arena_alloc(cli->arena, (count + 1) * sizeof(const void *));
    const char **names = arena_alloc(cli->arena, (set->category_count + 1) * sizeof(*names));
    for (size_t i = 0; i < set->category_count; i++)
        names[i] = set->categories[i].name;
    *ret_count = count;
    for (size_t i = 0; i < count; i++) {
        if (!cli->operand_count) {
            list[i] = &set->categories[i];
            continue;
        }
        list[i] = policy_find(set, cli->operands[i]);
        if (list[i])
            continue;
        error_set(error, ERROR_USAGE, "there is no policy for category \"%s\"", cli->operands[i]);
        const char *nearest = text_nearest(cli->operands[i], names, set->category_count);
        if (nearest)
            error_hint(error, "Perhaps \"%s\".", nearest);
        else
            error_hint(error, "All of them: \"retentionctl policy list\".");
        return NULL;
    }
    return list;
}

const char *policies_counts(struct cli *cli)
{
    size_t errors = cli->diags.errors, warnings = cli->diags.count - errors;
    const char *counts = arena_printf(cli->arena, "%zu error%s", errors, errors == 1 ? "" : "s");
    if (warnings)
        counts = arena_printf(cli->arena, "%s and %zu warning%s", counts, warnings,
                              warnings == 1 ? "" : "s");
    return counts;
}

bool policies_are_valid(struct cli *cli, struct error *error)
{
    return !cli->diags.errors || error_set(error, ERROR_CONFIG, "%s", policies_counts(cli));
}
