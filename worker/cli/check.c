/* retentionctl check | config: what is wrong with files and database, and what may stand in them.
 */
#include "cli/check.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "cli/check_drop.h"
#include "cli/output.h"
#include "cli/policies.h"
#include "cli/session.h"
#include "cli/settings.h"
#include "config/settings.h"
#include "ledger/keyfile.h"
#include "policy/needs.h"
#include "policy/validate.h"

/* What session_schema refuses is one finding among the others. */
static void add_finding(struct cli *cli, const struct error *error)
{
    struct diag *diag =
        diag_error(&cli->diags, ((struct position){cli->config_file, 0}), "%s", error->primary);
    if (error->hint)
        diag_hint(&cli->diags, diag, "%s", error->hint);
}

/* What the main file says of holds, and what is in effect, are two things until it is approved. */
static bool warn_hold_rules(struct session *session, struct error *error)
{
    struct cli *cli = session->cli;
    PGresult *row _cleanup_result_ = session_file(session, "cli/hold_rules.sql", 0, NULL, error);
    if (!row)
        return false;
    if (text_equal(result_value(row, 0, PQfnumber(row, "waits")), "t"))
        diag_hint(&cli->diags,
                  diag_warning(&cli->diags, ((struct position){cli->config_file, 0}),
                               "weaker rules of holds wait for approval"),
                  "\"retentionctl hold rules\" shows them; an approver adds --approve.");
    return true;
}

/* Whoever places a hold learns how many records it covers, where they may be counted. */
static void warn_uncounted(struct cli *cli, const struct policies *policies)
{
    struct needs needs = {0};
    for (size_t i = 0; i < policies->set->category_count; i++)
        if (policy_category_is_valid(&policies->set->categories[i], policies->set, &cli->diags))
            needs_collect(cli->arena, policies->set, &policies->set->categories[i],
                          policies->catalog, &needs);
    const struct table_need *first = NULL;
    size_t count = 0;
    for (size_t i = 0; i < needs.table_count; i++)
        if (needs.tables[i].privileges & NEED_COUNT &&
            (!needs.tables[i].table->may_be_counted || needs.tables[i].table->hides_rows)) {
            first = first ? first : &needs.tables[i];
            count++;
        }
    if (!first)
        return;
    struct diag *diag =
        count == 1 ? diag_warning(&cli->diags, first->at,
                                  "what holds cover in \"%s.%s\" cannot be counted",
                                  first->table->schema, first->table->name)
                   : diag_warning(&cli->diags, first->at,
                                  "what holds cover in \"%s.%s\" and %zu more cannot be counted",
                                  first->table->schema, first->table->name, count - 1);
    diag_hint(&cli->diags, diag,
              "The role that counts %s: retentionctl setup --sql prints %s. Holds keep those "
              "records all the same.",
              first->table->may_be_counted ? "is subject to row-level security" : "lacks SELECT",
              first->table->may_be_counted ? "what a superuser must run" : "the grants");
}

/* Somebody altered what batches read of holds: the worker would delete nothing of the category. */
static bool find_altered_holds(struct session *session, struct error *error)
{
    struct diags *diags = &session->cli->diags;
    PGresult *rows _cleanup_result_ =
        session_file(session, "cli/hold_problems.sql", 0, NULL, error);
    for (int r = 0; rows && r < PQntuples(rows); r++) {
        struct diag *diag =
            diag_error(diags, (struct position){0},
                       "what holds cover in category \"%s\" is not what they say: %s",
                       PQgetvalue(rows, r, 0), PQgetvalue(rows, r, 1));
        diag_hint(diags, diag,
                  "Find out who changed retention.held_scope; then legal runs: retentionctl hold "
                  "mend");
    }
    return rows != NULL;
}

/* The settings that ask how far standbys are, where they are set. */
static void add_watching(const struct settings *settings, struct text *out)
{
    const struct {
        bool set;
        const char *name;
    } those[] = {
        {settings->log.sign_after && text_equal(settings->log.sign_after, "replicated"),
         "log.sign_after"},
        {settings->pace.standbys > 0, "pace.standbys"},
        {settings->pace.standby_lag_mb > 0, "pace.standby_lag_mb"},
    };
    for (size_t i = 0; i < sizeof(those) / sizeof(*those); i++)
        if (those[i].set)
            text_printf(out, "%s%s", out->data ? ", " : "", those[i].name);
}

/* What a managed server cannot give, or nobody has given yet: it works without, and this is what is
 * then missing. */
static bool warn_powers(struct session *session, const struct settings *settings,
                        const struct policies *policies, struct error *error)
{
    struct diags *diags = &session->cli->diags;
    const char *role = policies->catalog->worker_role;
    const char *values[] = {role};
    const struct category *refuses = NULL;
    for (size_t i = 0; i < policies->set->category_count && !refuses; i++)
        if (policies->set->categories[i].guard == GUARD_REFUSE)
            refuses = &policies->set->categories[i];
    struct text watching _cleanup_text_ = {0};
    add_watching(settings, &watching);
    if (!refuses && !watching.data)
        return true;
    PGresult *row _cleanup_result_ =
        session_file(session, "cli/server_powers.sql", 1, values, error);
    if (!row)
        return false;
    if (watching.data && text_equal(result_value(row, 0, PQfnumber(row, "sees_standbys")), "f"))
        diag_hint(diags,
                  diag_warning(diags, ((struct position){settings->file, 0}),
                               "role \"%s\" cannot see how far standbys are: only those with a "
                               "physical replication slot count for %s",
                               role, watching.data),
                  "Give each standby a slot (primary_slot_name); or, where that may be done: GRANT "
                  "pg_read_all_stats TO \"%s\";",
                  role);
    if (refuses && text_equal(result_value(row, 0, PQfnumber(row, "has_event_triggers")), "f"))
        diag_hint(diags,
                  diag_warning(diags, refuses->at,
                               "the guard has no event triggers: an owner can take guarded tables, "
                               "or their guard, away; the next run reports it"),
                  "Only a superuser can make them: retentionctl setup --sql prints how.");
    return true;
}

static bool check_database(struct cli *cli, const struct settings *settings,
                           struct policies *policies, struct error *error)
{
    struct session session _cleanup_session_ = {0};
    if (!session_open(&session, cli, SESSION_DATABASE, error))
        return false;
    struct error finding _cleanup_error_ = {0};
    bool has_schema = session_schema(&session, &finding);
    if (!has_schema || !session_bound(&session, &finding))
        add_finding(cli, &finding);
    check_epoch_key(cli, settings, policies->set, has_schema ? &session : NULL);
    if (has_schema && (!warn_hold_rules(&session, error) || !find_altered_holds(&session, error)))
        return false;
    if (!policies_validate(policies, &session, error))
        return false;
    size_t count;
    const struct category **list = policies_select(cli, policies, &count, error);
    if (!list || (has_schema && !check_trials(&session, policies, list, count, error)))
        return false;
    if (has_schema && !warn_powers(&session, settings, policies, error))
        return false;
    if (!warn_drops(&session, policies, error))
        return false;
    if (has_schema)
        warn_uncounted(cli, policies);
    if (cli->json)
        json_object_set_new(output_document(cli), "database", json_string(session.database));
    else
        printf("Database \"%s\", as role \"%s\".\n", session.database,
               policies->catalog->worker_role);
    return true;
}

/* A log without a tree proves nothing to somebody who does not trust its owner. */
static void warn_unsigned(struct cli *cli, const struct settings *settings)
{
    char *file _cleanup_free_ = keyfile_find(&keyfile_signing, settings->log.signing_key);
    if (file)
        return;
    struct diag *diag = diag_warning(&cli->diags, ((struct position){cli->config_file, 0}),
                                     "log.signing_key is not set: the deletion log is not signed, "
                                     "unless the service has the key as a credential");
    diag_hint(&cli->diags, diag, "%s If there is none yet: retentionctl log keygen --signing FILE",
              cli_credential_hint(cli, &keyfile_signing));
}

bool command_check(struct cli *cli, struct error *error)
{
    const struct settings *settings = cli_settings(cli, error);
    struct policies policies _cleanup_policies_ = {0};
    if (!settings || !policies_read(&policies, cli, error))
        return false;
    warn_unsigned(cli, settings);
    bool online = !cli_flag(cli, "offline") && session_is_configured(cli);
    check_hmac_key(cli, settings, policies.set);
    if (!online)
        check_epoch_key(cli, settings, policies.set, NULL);
    else if (!check_database(cli, settings, &policies, error))
        return false;
    diags_sort(&cli->diags);
    if (cli->json) {
        json_object_set_new(output_document(cli), "categories",
                            json_integer((json_int_t)policies.set->category_count));
        json_object_set_new(output_document(cli), "errors",
                            json_integer((json_int_t)cli->diags.errors));
    } else {
        printf("%zu %s checked%s: %s.\n", policies.set->category_count,
               policies.set->category_count == 1 ? "category" : "categories",
               online ? "" : " without a database", policies_counts(cli));
        if (!cli->diags.errors)
            diags_print(&cli->diags); /* warnings; errors are printed with the failure */
    }
    return policies_are_valid(cli, error);
}
