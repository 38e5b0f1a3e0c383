/* retentionctl policy list | show | retire: texts in files and in the database. */
#include "cli/policy.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "cli/json.h"
#include "cli/output.h"
#include "cli/settings.h"

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
        .unapproved_since = FIELD("unapproved_since"),
        .unapproved_by = FIELD("unapproved_by"),
        .changed_columns = FIELD("changed_columns"),
        .loaded_facts = FIELD("loaded_facts"),
        .approved_facts = FIELD("approved_facts"),
    };
#undef FIELD
    return true;
}

/* ---- list ---- */

static const struct table_column list_columns[] = {
    {"category", CELL_TEXT, "category"},
    {"state", CELL_TEXT, "state"},
    {"mode", CELL_TEXT, "mode"},
    {"file", CELL_TEXT, "file"},
    {"loaded by", CELL_TEXT, "loaded_by"},
    {"approved by", CELL_TEXT, "approval"},
    {"approved (UTC)", CELL_TIME, "approval_at"},
    {"sha256", CELL_DIGEST, "loaded_sha256"},
    {"title", CELL_TEXT, "title"},
};
static const struct table_column list_json_columns[] = {
    {NULL, CELL_TEXT, "category"},
    {NULL, CELL_TEXT, "state"},
    {NULL, CELL_TEXT, "mode"},
    {NULL, CELL_TEXT, "title"},
    {NULL, CELL_TEXT, "relation"},
    {NULL, CELL_TEXT, "loaded_sha256"},
    {NULL, CELL_TEXT, "loaded_by"},
    {NULL, CELL_TIME, "loaded_at"},
    {NULL, CELL_TEXT, "approved_by"},
    {NULL, CELL_TEXT, "approved_sha256"},
    {NULL, CELL_TIME, "approved_at"},
    {NULL, CELL_TEXT, "retired_because"},
    {NULL, CELL_TIME, "unapproved_since"},
    {NULL, CELL_TEXT, "unapproved_by"},
    {NULL, CELL_TEXT, "changed_columns"},
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
        return set->unread_count ? "not read" : "gone";
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

/* ---- retire ---- */

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
