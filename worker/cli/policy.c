/* retentionctl policy list | show | diff | approve | retire: texts in files and in the database. */
#include "cli/policy.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "cli/diff.h"
#include "cli/json.h"
#include "cli/output.h"
#include "cli/settings.h"
#include "policy/parse.h"

bool policy_texts(struct session *session, const char *category, struct policy_texts *texts,
                  struct error *error)
{
    struct arena *arena = session->cli->arena;
    const char *const values[] = {category};
    PGresult *result _cleanup_result_ =
        session_file(session, "cli/policy_texts.sql", 1, values, error);
    *texts = (struct policy_texts){0};
    if (!result)
        return false;
    if (PQntuples(result) == 0)
        return true;
#define FIELD(name) arena_strdup(arena, result_value(result, 0, PQfnumber(result, name)))
    *texts = (struct policy_texts){
        .known = true,
        .state = FIELD("state"),
        .mode = FIELD("mode"),
        .loaded_sha256 = FIELD("loaded_sha256"),
        .loaded_by = FIELD("loaded_by"),
        .loaded_at = FIELD("loaded_at"),
        .loaded = FIELD("loaded"),
        .approved_sha256 = FIELD("approved_sha256"),
        .approved_by = FIELD("approved_by"),
        .approved_at = FIELD("approved_at"),
        .approved = FIELD("approved"),
    };
#undef FIELD
    return true;
}

struct policy_change policy_change_of_texts(struct arena *arena, const char *category,
                                            const char *before, const char *after)
{
    struct diags ignored _cleanup_diags_ = {0};
    struct policy_set *old = before ? policy_load_text("before", before, &ignored) : NULL;
    struct policy_set *new = after ? policy_load_text("after", after, &ignored) : NULL;
    const struct category *b = old ? policy_find(old, category) : NULL;
    const struct category *a = new ? policy_find(new, category) : NULL;
    struct policy_change change = {.changed = !text_equal(before, after), .needs_approval = true};
    if (a)
        change = policy_compare(arena, b, a);
    /* the reasons outlive the sets: they are the arena's */
    policy_set_free(old);
    policy_set_free(new);
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

/* ---- list ---- */

static const struct table_column list_columns[] = {
    {"category", CELL_TEXT, "category"},
    {"state", CELL_TEXT, "state"},
    {"mode", CELL_TEXT, "mode"},
    {"file", CELL_TEXT, "file"},
    {"loaded by", CELL_TEXT, "loaded_by"},
    {"approved by", CELL_TEXT, "approved_by"},
    {"approved (UTC)", CELL_TIME, "approved_at"},
    {"sha256", CELL_DIGEST, "loaded_sha256"},
    {"title", CELL_TEXT, "title"},
};
static const struct table_column list_json_columns[] = {
    {NULL, CELL_TEXT, "category"},    {NULL, CELL_TEXT, "state"},
    {NULL, CELL_TEXT, "mode"},        {NULL, CELL_TEXT, "title"},
    {NULL, CELL_TEXT, "relation"},    {NULL, CELL_TEXT, "loaded_sha256"},
    {NULL, CELL_TEXT, "loaded_by"},   {NULL, CELL_TIME, "loaded_at"},
    {NULL, CELL_TEXT, "approved_by"}, {NULL, CELL_TEXT, "approved_sha256"},
    {NULL, CELL_TIME, "approved_at"}, {NULL, CELL_TEXT, "retired_because"},
};

static const char *mode_word(enum mode mode)
{
    static const char *const words[] = {
        [MODE_OBSERVE] = "observe", [MODE_ENFORCE] = "enforce", [MODE_DECLARED] = "declared"};
    return words[mode];
}

/* The files' sets beside the database's rows, both by name. */
static const char *file_word(const struct policy_set *set, const PGresult *rows, int row)
{
    const char *name = result_value(rows, row, PQfnumber(rows, "category"));
    const char *sha256 = result_value(rows, row, PQfnumber(rows, "loaded_sha256"));
    const struct category *category = set ? policy_find(set, name) : NULL;
    if (!set)
        return NULL;
    if (!category)
        return "gone";
    return text_equal(category->sha256, sha256) ? "same" : "changed";
}

static bool has_row(const PGresult *rows, const char *name)
{
    for (int r = 0; rows && r < PQntuples(rows); r++)
        if (text_equal(result_value(rows, r, PQfnumber(rows, "category")), name))
            return true;
    return false;
}

static void list_for_people(struct cli *cli, const struct policy_set *set, const PGresult *rows)
{
    struct table *table = table_new(cli->arena, list_columns, ARRAY_LENGTH(list_columns));
    for (int r = 0; rows && r < PQntuples(rows); r++) {
        const char *cells[ARRAY_LENGTH(list_columns)];
        for (size_t c = 0; c < ARRAY_LENGTH(list_columns); c++) {
            int number = PQfnumber(rows, list_columns[c].name);
            cells[c] = number < 0 ? file_word(set, rows, r) : result_value(rows, r, number);
        }
        table_row(table, cells);
    }
    for (size_t i = 0; set && i < set->category_count; i++) {
        const struct category *c = &set->categories[i];
        if (has_row(rows, c->name))
            continue;
        const char *const cells[] = {c->name, NULL, mode_word(c->mode), "not loaded", NULL,
                                     NULL,    NULL, c->sha256,          c->title};
        table_row(table, cells);
    }
    if (table_rows(table))
        table_print(table, stdout);
    else
        puts("No policies.");
}

static void list_for_programs(struct cli *cli, const struct policy_set *set, const PGresult *rows)
{
    json_t *list =
        rows ? output_json(rows, list_json_columns, ARRAY_LENGTH(list_json_columns)) : json_array();
    for (int r = 0; rows && r < PQntuples(rows); r++)
        json_object_set_new(json_array_get(list, (size_t)r), "file",
                            json_text(file_word(set, rows, r)));
    for (size_t i = 0; set && i < set->category_count; i++) {
        const struct category *c = &set->categories[i];
        if (!has_row(rows, c->name))
            json_array_append_new(list, json_pack("{ss so ss so ss ss}", "category", c->name,
                                                  "state", json_null(), "mode", mode_word(c->mode),
                                                  "title", json_text(c->title), "file",
                                                  "not loaded", "sha256", c->sha256));
    }
    json_object_set_new(output_document(cli), "policies", list);
}

/* The files, where this person has the main file; true without a set where not. */
static bool read_files(struct cli *cli, struct policies *policies, struct error *error)
{
    struct error ignored _cleanup_error_ = {0};
    if (policies_read(policies, cli, &ignored))
        return true;
    if (cli->config_file_given || cli->diags.errors) {
        error_move(error, &ignored);
        return false;
    }
    return true;
}

bool command_policy_list(struct cli *cli, struct error *error)
{
    struct policies policies _cleanup_policies_ = {0};
    struct session session _cleanup_session_ = {0};
    PGresult *rows _cleanup_result_ = NULL;
    if (!read_files(cli, &policies, error))
        return false;
    if (!policies.set || session_is_configured(cli)) {
        if (!session_open(&session, cli, SESSION_SCHEMA, error) ||
            !(rows = session_file(&session, "cli/policy_list.sql", 0, NULL, error)))
            return false;
    }
    if (cli->json)
        list_for_programs(cli, policies.set, rows);
    else
        list_for_people(cli, policies.set, rows);
    return policies_are_valid(cli, error);
}

/* ---- show ---- */

static void show_text(struct cli *cli, const char *name, const char *which, const char *sha256,
                      const char *text)
{
    if (cli->json)
        json_object_set_new(output_document(cli), "policy",
                            json_pack("{ss ss so so}", "category", name, "which", which, "sha256",
                                      json_text(sha256), "text", json_text(text)));
    else
        fputs(text, stdout);
}

static bool show_file(struct cli *cli, struct error *error)
{
    struct policies policies _cleanup_policies_ = {0};
    size_t count;
    if (!policies_read(&policies, cli, error))
        return false;
    const struct category **list = policies_select(cli, &policies, &count, error);
    if (!list)
        return false;
    show_text(cli, list[0]->name, "file", list[0]->sha256, list[0]->normal_text);
    return policies_are_valid(cli, error);
}

bool command_policy_show(struct cli *cli, struct error *error)
{
    const char *name = cli->operands[0];
    if (cli_flag(cli, "file") && cli_flag(cli, "loaded"))
        return error_set(error, ERROR_USAGE, "--file and --loaded exclude each other");
    if (cli_flag(cli, "file"))
        return show_file(cli, error);
    struct session session _cleanup_session_ = {0};
    struct policy_texts texts;
    if (!session_open(&session, cli, SESSION_SCHEMA, error) ||
        !session_categories_exist(&session, session_array(cli, cli->operands, 1), error) ||
        !policy_texts(&session, name, &texts, error))
        return false;
    if (cli_flag(cli, "loaded")) {
        show_text(cli, name, "loaded", texts.loaded_sha256, texts.loaded);
        return true;
    }
    if (!texts.approved) {
        error_set(error, ERROR_STOPPED, "no policy of category \"%s\" is in force: it is %s", name,
                  text_equal(texts.state, "suspended") ? "awaiting approval" : texts.state);
        error_hint(error, "With --loaded, the text that was loaded last is shown.");
        return false;
    }
    show_text(cli, name, "approved", texts.approved_sha256, texts.approved);
    return true;
}

/* ---- diff ---- */

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
                                            texts.approved_at ? texts.approved_at : texts.loaded_at)
                             : "/dev/null";
    bool changed =
        diff_unified(&diff, before, texts.approved ? texts.approved : "",
                     arena_printf(cli->arena, "%s in %s", category->name, category->at.file),
                     category->normal_text);
    struct policy_change change =
        policy_change_of_texts(cli->arena, category->name, texts.approved, category->normal_text);
    if (cli->json) {
        json_t *list = json_object_get(output_document(cli), "categories");
        json_array_append_new(
            list, json_pack("{ss sb sb so so}", "category", category->name, "changed", changed,
                            "needs_approval", changed && change.needs_approval, "reasons",
                            reasons_json(&change), "diff", json_text(text_string(&diff))));
    } else if (changed) {
        fputs(diff.data, stdout);
        puts(change.needs_approval ? "\nNeeds approval:" : "\nTakes effect when it is loaded:");
        print_reasons(&change);
        putchar('\n');
    }
    return true;
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

/* ---- approve, retire ---- */

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
    const char *const values[] = {name, sha256 ? sha256 : texts.loaded_sha256, expect};
    PGresult *result _cleanup_result_ =
        session_file(&session, "cli/policy_approve.sql", 3, values, error);
    if (!result)
        return false;
    struct policy_change change =
        policy_change_of_texts(cli->arena, name, texts.approved, texts.loaded);
    if (cli->json) {
        json_object_set_new(output_document(cli), "approved",
                            json_pack("{ss ss so so so so}", "category", name, "sha256",
                                      texts.loaded_sha256, "previous",
                                      json_text(texts.approved_sha256), "expect_due",
                                      json_number(expect), "text", json_text(texts.loaded),
                                      "reasons", reasons_json(&change)));
        return true;
    }
    struct text diff _cleanup_text_ = {0};
    diff_unified(&diff, texts.approved ? "in force before" : "/dev/null",
                 texts.approved ? texts.approved : "", "approved", texts.loaded);
    fputs(text_string(&diff), stdout);
    printf("\nApproved: category \"%s\", SHA-256 %s,\nloaded by \"%s\" at %.16s.\n", name,
           texts.loaded_sha256, texts.loaded_by, texts.loaded_at);
    print_reasons(&change);
    return true;
}

bool command_policy_retire(struct cli *cli, struct error *error)
{
    const char *name = cli->operands[0];
    struct session session _cleanup_session_ = {0};
    if (!session_open(&session, cli, SESSION_SCHEMA, error) ||
        !session_categories_exist(&session, session_array(cli, cli->operands, 1), error))
        return false;
    const char *const values[] = {name, cli_option(cli, "because")};
    PGresult *result _cleanup_result_ =
        session_file(&session, "cli/policy_retire.sql", 2, values, error);
    if (!result)
        return false;
    if (cli->json)
        json_object_set_new(output_document(cli), "retired", json_pack("{ss}", "category", name));
    else
        printf("Category \"%s\" is retired.\n", name);
    return true;
}
