/* retentionctl run: asks the worker that leads, or leads itself; the same table at the end. */
#include "cli/run.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "cli/json.h"
#include "cli/notes.h"
#include "cli/output.h"

static const struct table_column columns[] = {
    {"category", CELL_TEXT, NULL},     {"stage", CELL_TEXT, NULL},
    {"status", CELL_TEXT, NULL},       {"due", CELL_NUMBER, NULL},
    {"held", CELL_NUMBER, NULL},       {"kept", CELL_NUMBER, NULL},
    {"waiting", CELL_NUMBER, NULL},    {"acted on", CELL_NUMBER, NULL},
    {"dependants", CELL_NUMBER, NULL}, {"blocked", CELL_NUMBER, NULL},
    {"remaining", CELL_NUMBER, NULL},  {"time", CELL_TEXT, NULL},
};

/* What each end of a run means for who asked for it. */
static const struct {
    const char *status;
    enum error_code code; /* ERROR_NONE: nothing is wrong */
    const char *advice;   /* or NULL: what the worker says of it */
} meanings[] = {
    {"done", ERROR_NONE, NULL},
    {"continued", ERROR_NONE, NULL}, /* its turn was over; a later run of the stage tells more */
    {"running", ERROR_NONE, "it goes on: \"retentionctl status CATEGORY\""},
    {"observed", ERROR_NONE, "only observed, nothing was changed (mode = \"observe\")"},
    {"outside its window", ERROR_NONE, NULL},
    {"stopped", ERROR_STOPPED, "stopped before its end: run it again"},
    {"paused", ERROR_STOPPED, "paused: \"retentionctl status CATEGORY\" says who and why"},
    {"brake", ERROR_STOPPED,
     "a brake stopped it: look at \"retentionctl plan CATEGORY\"; if that is right, "
     "\"retentionctl run --release-brake CATEGORY\""},
    {"suspended", ERROR_STOPPED,
     "awaiting approval by another role: \"retentionctl policy approve CATEGORY\""},
    {"red", ERROR_STOPPED, "the policy file is gone: \"retentionctl status CATEGORY\""},
    {"invalid", ERROR_CONFIG, "the policy is not valid: \"retentionctl check\""},
    {"failed", ERROR_FAILED, NULL},
    {"lost", ERROR_FAILED, "the worker lost its connection or its leadership: run it again"},
};

void run_show_add(struct run_show *show, const struct run_result *result)
{
    struct arena *arena = show->cli->arena;
    show->results = arena_push(arena, show->results, &show->count, sizeof(*show->results));
    struct run_result *copy = &show->results[show->count - 1];
    *copy = *result;
    copy->category = arena_strdup(arena, result->category);
    copy->stage = arena_strdup(arena, result->stage);
    copy->status = arena_strdup(arena, result->status);
    copy->run = arena_strdup(arena, result->run);
    copy->message = arena_strdup(arena, result->message);
}

static const char *number(struct arena *arena, int64_t n)
{
    return n < 0 ? NULL : arena_printf(arena, "%lld", (long long)n);
}

static json_t *number_json(int64_t n)
{
    return n < 0 ? json_null() : json_integer(n);
}

static json_t *result_json(const struct run_result *r)
{
    return json_pack("{ss so ss so so so so so so so so so so so}", "category", r->category,
                     "stage", json_text(r->stage), "status", r->status, "run", json_text(r->run),
                     "due", number_json(r->due), "held", number_json(r->held), "kept",
                     number_json(r->kept), "waiting", number_json(r->waiting), "acted_on",
                     number_json(r->rows), "dependants", number_json(r->dependant_rows), "blocked",
                     number_json(r->blocked), "remaining", number_json(r->remaining), "seconds",
                     r->elapsed_us < 0 ? json_null() : json_real((double)r->elapsed_us / 1e6),
                     "message", json_text(r->message));
}

static void print_table(struct run_show *show)
{
    struct arena *arena = show->cli->arena;
    struct table *table = table_new(arena, columns, ARRAY_LENGTH(columns));
    for (size_t i = 0; i < show->count; i++) {
        const struct run_result *r = &show->results[i];
        char buffer[32];
        const char *const cells[] = {
            r->category,
            r->stage,
            r->status,
            number(arena, r->due),
            number(arena, r->held),
            number(arena, r->kept),
            number(arena, r->waiting),
            number(arena, r->rows),
            number(arena, r->dependant_rows),
            number(arena, r->blocked),
            number(arena, r->remaining),
            r->elapsed_us < 0 ? NULL : text_duration(buffer, (r->elapsed_us + 500000) / 1000000),
        };
        table_row(table, cells);
    }
    if (table_rows(table))
        table_print(table, stdout);
    else
        puts("Nothing to run.");
}

/* The meaning of each result: a note, and how many ended with each code. */
static void add_meaning(struct notes *notes, const struct run_result *r, int *codes)
{
    for (size_t m = 0; m < ARRAY_LENGTH(meanings); m++) {
        if (!text_equal(meanings[m].status, r->status))
            continue;
        codes[meanings[m].code]++;
        bool refused = r->message && !r->run && text_equal(r->status, "stopped");
        if (meanings[m].advice && !refused)
            notes_add(notes, r->category, "%s", meanings[m].advice);
        else if (r->message)
            notes_add(notes, r->category, "%s", r->message);
        if (meanings[m].advice && r->message && meanings[m].code == ERROR_FAILED)
            notes_add(notes, r->category, "%s", r->message);
        return;
    }
    codes[ERROR_FAILED]++;
    notes_add(notes, r->category, "%s", r->message ? r->message : r->status);
}

bool run_show_end(struct run_show *show, struct error *error)
{
    static const struct {
        enum error_code code;
        const char *one, *many;
    } endings[] = {
        {ERROR_FAILED, "a category failed", "categories failed"},
        {ERROR_STOPPED, "a category is stopped", "categories are stopped"},
        {ERROR_CONFIG, "a category's policy is not valid", "categories' policies are not valid"},
    };
    struct cli *cli = show->cli;
    struct notes notes = {.arena = cli->arena};
    int codes[ERROR_LOG + 1] = {0};
    json_t *list = json_array();
    progress_clear(&show->progress);
    for (size_t i = 0; i < show->count; i++) {
        json_array_append_new(list, result_json(&show->results[i]));
        add_meaning(&notes, &show->results[i], codes);
    }
    json_object_set_new(output_document(cli), "runs", list);
    if (!cli->json && (show->count || !show->failure.primary)) {
        print_table(show);
        notes_print(&notes, stdout);
    }
    if (show->failure.primary) {
        error_move(error, &show->failure);
        return false;
    }
    for (size_t i = 0; i < ARRAY_LENGTH(endings); i++) {
        int n = codes[endings[i].code];
        if (n == 1)
            return error_set(error, endings[i].code, "%s", endings[i].one);
        if (n)
            return error_set(error, endings[i].code, "%d %s", n, endings[i].many);
    }
    return true;
}

static bool release_brake(struct session *session, const char *category, struct error *error)
{
    const char *const values[] = {category};
    PGresult *result _cleanup_result_ =
        session_file(session, "cli/release_brake.sql", 1, values, error);
    if (!result)
        return false;
    char buffer[32];
    int64_t allowed = 0;
    cli_number(PQgetvalue(result, 0, 0), &allowed);
    if (!session->cli->json)
        printf("The brake of category \"%s\" is released for %s records.\n\n", category,
               text_thousands(buffer, allowed));
    return true;
}

bool run_has_leader(struct session *session, bool *ret_leads, struct error *error)
{
    PGresult *leader _cleanup_result_ = session_file(session, "cli/leader.sql", 0, NULL, error);
    if (leader)
        *ret_leads = text_equal(result_value(leader, 0, 0), "t");
    return leader != NULL;
}

bool command_run(struct cli *cli, struct error *error)
{
    const char *brake = cli_option(cli, "release-brake");
    char *only_brake[] = {(char *)brake};
    if (brake && !cli->operand_count) {
        cli->operands = only_brake;
        cli->operand_count = 1;
    }
    struct session session _cleanup_session_ = {0};
    bool leads;
    if (!session_open(&session, cli, SESSION_SCHEMA, error) ||
        (brake &&
         !session_categories_exist(&session, session_array(cli, &only_brake[0], 1), error)) ||
        !run_has_leader(&session, &leads, error))
        return false;
    /* A brake that was released, and nobody to go on, would be one that nobody looks at again. */
    if (brake && ((!leads && !run_may_lead(&session, brake, error)) ||
                  !release_brake(&session, brake, error)))
        return false;
    struct run_show show = {.cli = cli,
                            .session = &session,
                            .categories = session_array(cli, cli->operands, cli->operand_count)};
    progress_init(&show.progress, cli->json);
    /* One that leads is asked; if it goes before it is done, this one leads; if another was first,
     * that one is asked. */
    do {
        if (!leads && !run_lead(&show, &leads, error))
            return false;
        bool alone = false;
        if (leads && !run_follow(&show, &alone, error))
            return false;
        if (!alone)
            break;
        leads = false;
    } while (true);
    return run_show_end(&show, error);
}
