/* retentionctl policy load: what a worker does with the files when it starts, without one.
 *
 * The fingerprint must be that of the relations before they are checked: a change in between then
 * shows as a different fingerprint in the first batch. So all reading happens in one snapshot,
 * fingerprints first, and loading after it. Between them, in transactions that are rolled back, the
 * policies are tried on some records. */
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "cli/check.h"
#include "cli/json.h"
#include "cli/output.h"
#include "cli/plan.h"
#include "cli/policy.h"
#include "policy/sql.h"
#include "policy/validate.h"

struct loading {
    const struct category *category;
    const char *relation; /* NULL where declared */
    const char *governed; /* text[] literal */
    const char *reads;    /* columns: a JSON document; NULL where declared */
    const char *fingerprint;
    const char *hold_facts;          /* a JSON document */
    struct sql_statement agreements; /* empty text: no table of them */
};

static const char *mode_word(enum mode mode)
{
    return mode == MODE_ENFORCE ? "enforce" : mode == MODE_DECLARED ? "declared" : "observe";
}

static bool prepare(struct session *session, const struct policies *policies,
                    struct loading *loading, struct error *error)
{
    struct cli *cli = session->cli;
    const struct category *category = loading->category;
    struct sql_basis basis = {0};
    if (category->mode != MODE_DECLARED) {
        struct sql_category **stages =
            arena_alloc(cli->arena, category->stage_count * sizeof(*stages));
        for (size_t s = 0; s < category->stage_count; s++) {
            stages[s] =
                sql_build_category(cli->arena, policies->set, category, s, policies->catalog);
            if (stages[s]->agreements.text && *stages[s]->agreements.text)
                loading->agreements = stages[s]->agreements;
        }
        /* as the worker names it: in the log, too */
        const struct sql_category *first = stages[0];
        loading->relation = first->relations[first->relation_count - 1].relation;
        basis = sql_basis(cli->arena, stages, category->stage_count);
    }
    loading->hold_facts = sql_load_facts(cli->arena, policies->set, category, policies->catalog);
    size_t count = basis.governed.count;
    char **governed = arena_alloc(cli->arena, (count + 1) * sizeof(*governed));
    for (size_t i = 0; i < count; i++)
        governed[i] = arena_strdup(cli->arena, basis.governed.items[i]);
    loading->governed = count ? session_array(cli, governed, (int)count) : "{}";
    loading->reads = basis.reads;
    const char *const values[] = {loading->governed};
    PGresult *result _cleanup_result_ =
        session_file(session, "cli/fingerprint.sql", 1, values, error);
    if (!result)
        return false;
    loading->fingerprint = arena_strdup(cli->arena, result_value(result, 0, 0));
    return true;
}

/* What the agreements table holds now is what the policy is approved with; settle_agreements knows
 * whether it is. */
static bool settle(struct session *session, const struct loading *loading, struct error *error)
{
    const struct category *category = loading->category;
    const struct sql_statement *statement = &loading->agreements;
    const struct agreement_table *table = &category->agreement_table;
    if (!statement->text || !*statement->text)
        return true;
    PGresult *agreements _cleanup_result_ =
        plan_query(session, category->name, statement, NULL, NULL, error);
    if (!agreements)
        return false;
    const char *fallback = category->stages[0].after.text;
    for (size_t i = 0; i < category->stage_count; i++)
        if (text_equal(table->stage, category->stages[i].name))
            fallback = category->stages[i].after.text;
    const char *tenants = PQntuples(agreements) ? result_value(agreements, 0, 0) : NULL;
    const char *periods = PQntuples(agreements) ? result_value(agreements, 0, 1) : NULL;
    const char *const values[] = {category->name,
                                  table->settle.text ? table->settle.text : "14 days",
                                  fallback,
                                  tenants ? tenants : "{}",
                                  periods ? periods : "{}",
                                  category->sha256};
    PGresult *result _cleanup_result_ =
        session_file(session, "cli/settle_agreements.sql", ARRAY_LENGTH(values), values, error);
    return result != NULL;
}

static bool load(struct session *session, const struct loading *loading, struct table *table,
                 struct error *error)
{
    struct cli *cli = session->cli;
    const struct category *category = loading->category;
    struct policy_texts texts;
    if (!policy_texts(session, category->name, &texts, error))
        return false;
    struct policy_change change = policy_compare_text(cli->arena, texts.approved, category);
    const char *const values[] = {
        category->name,        category->sha256,          texts.approved_sha256,
        category->normal_text, mode_word(category->mode), loading->relation,
        loading->governed,     loading->fingerprint,      change.needs_approval ? "t" : "f",
        category->title,       loading->hold_facts,       loading->reads,
    };
    PGresult *result _cleanup_result_ =
        session_file(session, "cli/policy_load.sql", ARRAY_LENGTH(values), values, error);
    if (!result) {
        error_context(error, "while loading category \"%s\"", category->name);
        return false;
    }
    if (!settle(session, loading, error)) {
        error_context(error, "while reading the agreements of category \"%s\"", category->name);
        return false;
    }
    const char *state = arena_strdup(cli->arena, PQgetvalue(result, 0, 0));
    bool same = text_equal(texts.loaded_sha256, category->sha256);
    const char *reason = "";
    if (text_equal(state, "suspended")) {
        struct policy_texts now;
        if (!policy_texts(session, category->name, &now, error))
            return false;
        if (!same && change.changed && !change.needs_approval &&
            !policy_ask_database(session, texts.approved, category, &change, error))
            return false;
        const char *columns = policy_columns_reason(cli->arena, &now);
        reason = columns                ? columns
                 : change.reasons.count ? change.reasons.items[0]
                                        : "it was not approved yet";
    }
    if (cli->json)
        json_array_append_new(json_object_get(cli->document, "categories"),
                              json_pack("{ss ss sb ss}", "category", category->name, "state", state,
                                        "changed", !same, "reason", reason));
    else
        table_row(table, (const char *const[]){category->name, same ? "no" : "yes", state, reason});
    return true;
}

static bool turn_red(struct session *session, const struct policies *policies, struct error *error)
{
    struct cli *cli = session->cli;
    size_t count = policies->set->category_count;
    char **names = arena_alloc(cli->arena, (count + 1) * sizeof(*names));
    for (size_t i = 0; i < count; i++)
        names[i] = arena_strdup(cli->arena, policies->set->categories[i].name);
    const char *const values[] = {count ? session_array(cli, names, (int)count) : "{}"};
    PGresult *result _cleanup_result_ =
        session_file(session, "cli/policy_gone.sql", 1, values, error);
    if (!result)
        return false;
    int64_t gone = 0;
    cli_number(PQgetvalue(result, 0, 0), &gone);
    if (cli->json)
        json_object_set_new(cli->document, "red", json_integer(gone));
    else if (gone)
        printf("\n%lld %s turned red: the policy file is gone.\n", (long long)gone,
               gone == 1 ? "category" : "categories");
    return true;
}

/* Named categories alone must be valid; what is wrong with others is not their concern. */
static bool may_load(struct cli *cli, const struct policies *policies,
                     const struct category *const *list, size_t count, struct error *error)
{
    if (!cli->operand_count)
        return policies_are_valid(cli, error);
    for (size_t i = 0; i < count; i++)
        if (!policy_category_is_valid(list[i], policies->set, &cli->diags)) {
            error_set(error, ERROR_CONFIG, "the policy of category \"%s\" is not valid",
                      list[i]->name);
            return false;
        }
    return true;
}

/* Below the table: the categories that were not asked for, and cannot be loaded as they are. */
static void tell_errors(struct cli *cli)
{
    if (cli->diags.errors && !cli->json)
        printf("\nOther policies are not valid (%s): \"retentionctl check\".\n",
               policies_counts(cli));
}

bool command_policy_load(struct cli *cli, struct error *error)
{
    static const struct table_column columns[] = {
        {"category", CELL_TEXT, NULL},
        {"changed", CELL_TEXT, NULL},
        {"state", CELL_TEXT, NULL},
        {"why", CELL_TEXT, NULL},
    };
    struct policies policies _cleanup_policies_ = {0};
    struct session session _cleanup_session_ = {0};
    size_t count;
    if (!policies_read(&policies, cli, error))
        return false;
    const struct category **list = policies_select(cli, &policies, &count, error);
    if (!list || !may_load(cli, &policies, list, count, error) ||
        !session_open(&session, cli, SESSION_SCHEMA, error) ||
        !session_execute(&session, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", error) ||
        !policies_validate(&policies, &session, error) ||
        !may_load(cli, &policies, list, count, error))
        return false;
    struct loading *loading = arena_alloc(cli->arena, (count + 1) * sizeof(*loading));
    for (size_t i = 0; i < count; i++) {
        loading[i].category = list[i];
        if (!prepare(&session, &policies, &loading[i], error))
            return false;
    }
    if (!session_execute(&session, "COMMIT", error) ||
        !check_trials(&session, &policies, list, count, error) ||
        !may_load(cli, &policies, list, count, error))
        return false;
    struct table *table = table_new(cli->arena, columns, ARRAY_LENGTH(columns));
    json_object_set_new(output_document(cli), "categories", json_array());
    for (size_t i = 0; i < count; i++)
        if (!load(&session, &loading[i], table, error))
            return false;
    if (!cli->json && table_rows(table))
        table_print(table, stdout);
    if (!cli->operand_count)
        return turn_red(&session, &policies, error);
    tell_errors(cli);
    return true;
}
