/* retentionctl policy diff | approve: what a change of a text means, and who answers for it. */
#include "base/arena.h"
#include "base/fault.h"
#include "base/text.h"
#include "cli/diff.h"
#include "cli/hold.h"
#include "cli/json.h"
#include "cli/output.h"
#include "cli/policy.h"
#include "policy/parse.h"

/* The change that a loaded text makes; what cannot be read any more needs approval. */
static struct policy_change change_of_loaded(struct arena *arena, const char *category,
                                             const struct policy_texts *texts)
{
    struct diags ignored _cleanup_diags_ = {0};
    struct policy_set *set = policy_load_text("loaded", texts->loaded, &ignored);
    const struct category *loaded = set ? policy_find(set, category) : NULL;
    struct policy_change change = {.changed = true, .needs_approval = true};
    if (loaded)
        change = policy_compare_text(arena, texts->approved, loaded);
    policy_set_free(set); /* the reasons are the arena's */
    return change;
}

static json_t *reasons_json(const struct policy_change *change)
{
    json_t *list = json_array();
    for (size_t i = 0; i < change->reasons.count; i++)
        json_array_append_new(list, json_text(change->reasons.items[i]));
    return list;
}

static void print_reasons(const struct policy_change *change)
{
    for (size_t i = 0; i < change->reasons.count; i++) {
        fputs("  - ", stdout);
        text_wrap(stdout, change->reasons.items[i], 4, 100, true);
    }
}

static bool facts_wait(const struct policy_texts *texts)
{
    return texts->known && text_equal(texts->state, "suspended") &&
           !text_equal(texts->loaded_facts, texts->approved_facts);
}

/* How holds find the records is the word of whoever loaded the text: who approves must see it. */
static void print_facts(const struct policy_texts *texts)
{
    struct text diff _cleanup_text_ = {0};
    puts("\nHow legal holds find the records:");
    diff_unified(&diff, texts->approved_facts ? "in force before" : "/dev/null",
                 texts->approved_facts ? texts->approved_facts : "", "loaded",
                 texts->loaded_facts ? texts->loaded_facts : "");
    fputs(diff.length           ? text_string(&diff)
          : texts->loaded_facts ? texts->loaded_facts
                                : "",
          stdout);
}

bool policy_ask_database(struct session *session, const char *approved,
                         const struct category *category, struct policy_change *change,
                         struct error *error)
{
    const char *const values[] = {approved, category->normal_text};
    PGresult *result _cleanup_result_ =
        session_file(session, "cli/policy_keeps_more.sql", 2, values, error);
    if (!result)
        return false;
    if (text_equal(result_value(result, 0, 0), "t"))
        return true;
    const char **items = arena_alloc(session->cli->arena, sizeof(*items));
    *items = "the database does not know such a change to be harmless";
    *change = (struct policy_change){true, true, {items, 1}};
    return true;
}

const char *policy_columns_reason(struct arena *arena, const struct policy_texts *texts)
{
    return texts->changed_columns
               ? arena_printf(arena,
                              "columns that it reads are others than those that were "
                              "approved: %s",
                              texts->changed_columns)
               : NULL;
}

/* The first of the reasons, where there is one. */
static void add_columns_reason(struct arena *arena, const struct policy_texts *texts,
                               struct policy_change *change)
{
    const char *reason = policy_columns_reason(arena, texts);
    if (!reason)
        return;
    const char **items = arena_alloc(arena, (change->reasons.count + 1) * sizeof(*items));
    items[0] = reason;
    for (size_t i = 0; i < change->reasons.count; i++)
        items[i + 1] = change->reasons.items[i];
    change->reasons.items = items;
    change->reasons.count++;
    change->needs_approval = true;
}

static bool diff_category(struct session *session, const struct category *category,
                          struct error *error)
{
    struct cli *cli = session->cli;
    struct policy_texts texts;
    if (!policy_texts(session, category->name, &texts, error))
        return false;
    struct text diff _cleanup_text_ = {0};
    const char *before = texts.approved
                             ? arena_printf(cli->arena, "%s in force since %.16s", category->name,
                                            texts.unapproved_since ? texts.unapproved_since
                                            : texts.approved_at    ? texts.approved_at
                                                                   : texts.loaded_at)
                             : "/dev/null";
    bool changed =
        diff_unified(&diff, before, texts.approved ? texts.approved : "",
                     arena_printf(cli->arena, "%s in %s", category->name, category->at.file),
                     category->normal_text);
    struct policy_change change = policy_compare_text(cli->arena, texts.approved, category);
    if (changed && !change.needs_approval &&
        !policy_ask_database(session, texts.approved, category, &change, error))
        return false;
    add_columns_reason(cli->arena, &texts, &change);
    changed = changed || texts.changed_columns;
    if (cli->json) {
        json_t *list = json_object_get(output_document(cli), "categories");
        json_array_append_new(
            list,
            json_pack("{ss sb sb so so}", "category", category->name, "changed", changed,
                      "needs_approval", (changed && change.needs_approval) || facts_wait(&texts),
                      "reasons", reasons_json(&change), "diff", json_text(text_string(&diff))));
        if (facts_wait(&texts))
            json_object_set_new(json_array_get(list, json_array_size(list) - 1), "hold_facts",
                                json_text(texts.loaded_facts));
        return true;
    }
    if (changed) {
        fputs(text_string(&diff), stdout);
        puts(change.needs_approval ? "\nNeeds approval:" : "\nTakes effect when it is loaded:");
        print_reasons(&change);
        putchar('\n');
    }
    if (facts_wait(&texts)) {
        printf("Category \"%s\", loaded and waiting for approval.", category->name);
        print_facts(&texts);
        putchar('\n');
    }
    return true;
}

/* --accept-gap HOLD..., first digits suffice, as an array; NULL with an error. */
static const char *accepted_gaps(struct session *session, struct error *error)
{
    size_t count = 0;
    const char **words = cli_options(session->cli, "accept-gap", &count);
    char **holds = arena_alloc(session->cli->arena, (count + 1) * sizeof(*holds));
    for (size_t i = 0; i < count; i++) {
        const char *hold = hold_find(session, words[i], error);
        if (!hold)
            return NULL;
        holds[i] = arena_strdup(session->cli->arena, hold);
    }
    return count ? session_array(session->cli, holds, (int)count) : "{}";
}

bool command_policy_diff(struct cli *cli, struct error *error)
{
    struct policies policies _cleanup_policies_ = {0};
    struct session session _cleanup_session_ = {0};
    size_t count;
    if (!policies_read(&policies, cli, error))
        return false;
    const struct category **list = policies_select(cli, &policies, &count, error);
    if (!list || !session_open(&session, cli, SESSION_SCHEMA, error))
        return false;
    if (cli->json)
        json_object_set_new(output_document(cli), "categories", json_array());
    for (size_t i = 0; i < count; i++)
        if (!diff_category(&session, list[i], error))
            return false;
    return policies_are_valid(cli, error);
}

bool command_policy_approve(struct cli *cli, struct error *error)
{
    const char *name = cli->operands[0], *expect = cli_option(cli, "expect-due");
    const char *sha256 = cli_option(cli, "sha256");
    int64_t expect_due;
    if (expect && !cli_number(expect, &expect_due))
        return error_set(error, ERROR_USAGE, "--expect-due wants a number, not \"%s\"", expect);
    struct session session _cleanup_session_ = {0};
    struct policy_texts texts;
    if (!session_open(&session, cli, SESSION_SCHEMA, error) ||
        !session_categories_exist(&session, session_array(cli, cli->operands, 1), error) ||
        !policy_texts(&session, name, &texts, error))
        return false;
    const char *gaps = accepted_gaps(&session, error);
    if (!gaps)
        return false;
    const char *const values[] = {name, sha256 ? sha256 : texts.loaded_sha256, expect,
                                  texts.loaded_facts, gaps};
    if (FAULT_POINT("approve_before"))
        return error_set(error, ERROR_FAILED, "fault before approving");
    PGresult *result _cleanup_result_ =
        session_file(&session, "cli/policy_approve.sql", ARRAY_LENGTH(values), values, error);
    if (!result)
        return false;
    if (FAULT_POINT("approve_after"))
        return error_set(error, ERROR_FAILED, "fault after approving");
    struct policy_change change = change_of_loaded(cli->arena, name, &texts);
    add_columns_reason(cli->arena, &texts, &change);
    if (cli->json) {
        json_object_set_new(
            output_document(cli), "approved",
            json_pack("{ss ss so so so so so}", "category", name, "sha256", texts.loaded_sha256,
                      "previous", json_text(texts.approved_sha256), "expect_due",
                      json_number(expect), "text", json_text(texts.loaded), "reasons",
                      reasons_json(&change), "hold_facts", json_text(texts.loaded_facts)));
        return true;
    }
    struct text diff _cleanup_text_ = {0};
    diff_unified(&diff, texts.approved ? "in force before" : "/dev/null",
                 texts.approved ? texts.approved : "", "approved", texts.loaded);
    fputs(text_string(&diff), stdout);
    printf("\nApproved: category \"%s\", SHA-256 %s,\nloaded by \"%s\" at %.16s.\n", name,
           texts.loaded_sha256, texts.loaded_by, texts.loaded_at);
    print_reasons(&change);
    print_facts(&texts);
    return true;
}
