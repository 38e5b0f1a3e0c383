/* Policies: from files to categories that may run.
 *
 * The directory is read when the worker starts, and when it is told to reload (reload.c). Before
 * every round the database's facts are read again, the policies are checked against them, and what
 * changed is loaded: so a planned change of the schema needs no restart.
 *
 *   FACTS         one transaction, REPEATABLE READ: all facts, and the approved texts
 *   FINGERPRINTS  the same transaction: what each category's relations are in that very state. A
 *                 change that comes after the facts were read makes every batch refuse.
 *   TRIALS        what changes records is tried on some, in transactions that are rolled back,
 *                 where this worker has not tried it as it is now, and it has not changed any
 *                 before: so one bad row does not stop a category that works
 *   LOADING       load_policy for each valid category, policy_gone for the absent ones; agreements
 *                 and coverage; each in a transaction of its own, so that one refusal stops one.
 *                 Then what holds cover is compared with what they say: where it is not that,
 *                 somebody altered it, and the category does not run until a person mended it.
 *
 * A category that is invalid, suspended, red or declared is skipped and reported; the others run.
 * Requests complete in order and `pending` counts them: the last one calls `done`. */
#include "engine/loader_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/sql_files.h"
#include "base/text.h"
#include "config/settings.h"
#include "engine/reload.h"
#include "engine/state.h"
#include "engine/trying.h"
#include "pg/conn.h"
#include "pg/function_list.h"
#include "pg/functions.h"
#include "policy/parse.h"
#include "policy/trial.h"
#include "policy/validate.h"

/* --- reading --- */

static bool read_accepted(struct worker *worker, struct error *error)
{
    const char *file = worker->options.settings->accept_functions;
    struct diags diags _cleanup_diags_ = {0};
    if (!file)
        return true;
    worker->policies->accepted = function_list_read(file, &diags);
    diags_sort(&diags);
    for (size_t i = 0; i < diags.count; i++) {
        struct text line _cleanup_text_ = {0};
        worker_add_diag(&line, &diags.items[i]);
        log_about(LOG_LEVEL_ERROR, &(struct log_about){.event = LOG_EVENT_POLICY}, "%s", line.data);
    }
    return worker->policies->accepted ||
           error_set(error, ERROR_CONFIG, "\"accept_functions\" names a file that is not valid");
}

bool loader_read(struct worker *worker, struct error *error)
{
    struct policies *policies = worker->policies;
    policies->set = policy_load_directory(worker->limits.policy_directory, &policies->parse_diags);
    if (!policies->set) {
        const struct diags *diags = &policies->parse_diags;
        const struct diag *first = diags->count ? &diags->items[0] : NULL;
        error_set(error, ERROR_CONFIG, "policy directory \"%s\": %s",
                  worker->limits.policy_directory, first ? first->message : "could not be read");
        if (first && first->hint)
            error_hint(error, "%s", first->hint);
        return false;
    }
    return read_accepted(worker, error);
}

struct category_state *loader_find(struct policies *policies, const char *name)
{
    for (size_t i = 0; i < policies->state_count; i++)
        if (strcmp(policies->states[i].name, name) == 0)
            return &policies->states[i];
    return NULL;
}

void loader_free(struct policies *policies)
{
    if (!policies)
        return;
    catalog_free(policies->catalog);
    arena_free(policies->arena);
    diags_free(&policies->diags);
    diags_free(&policies->parse_diags);
    policy_set_free(policies->set);
    function_list_free(policies->accepted);
    free(policies->tried);
    free(policies);
}

/* --- the end of a load --- */

static void finish(struct load *load)
{
    struct worker *worker = load->worker;
    loader_done_fn *done = load->done;
    struct error error = load->error;
    bool failed = load->failed;
    for (size_t i = 0; load->fingerprints && i < worker->policies->state_count; i++)
        free(load->fingerprints[i]);
    free(load->fingerprints);
    free(load);
    done(worker, !failed, failed ? &error : NULL);
    error_clear(&error);
}

void load_fail(struct load *load, const struct error *error)
{
    if (load->failed)
        return;
    load->failed = true;
    error_set(&load->error, error->code, "%s", error->primary);
    error_set_sqlstate(&load->error, error->sqlstate);
    if (error->hint)
        error_hint(&load->error, "%s", error->hint);
}

void load_one_done(struct load *load)
{
    if (--load->pending == 0)
        finish(load);
}

void load_queue(struct load *load, const char *sql, size_t count, const char *const *values,
                pg_result_fn *fn, void *arg)
{
    load->pending++;
    pg_conn_query(load->worker->control, sql, count, values, false, fn, arg);
}

struct load_item *load_item_of(struct load *load, size_t state)
{
    struct load_item *item = xcalloc(1, sizeof(*item));
    *item = (struct load_item){load, state};
    return item;
}

/* --- trials --- */

static void tried_line(const struct load *load, size_t index, struct text *out)
{
    const struct category_state *state = &load->worker->policies->states[index];
    const char *fingerprint = load->fingerprints ? load->fingerprints[index] : NULL;
    text_printf(out, "%s %s\n", state->category->sha256, fingerprint ? fingerprint : "-");
}

/* Is there nothing to try: it was done, or records were changed under this text already. */
static bool needs_no_trial(const struct load *load, size_t index)
{
    const struct policies *policies = load->worker->policies;
    const struct category_state *state = &policies->states[index];
    struct text line _cleanup_text_ = {0};
    if (load->check_only)
        return false;
    tried_line(load, index, &line);
    return (policies->tried && strstr(policies->tried, line.data)) ||
           (state->proven && text_equal(state->proven, load->fingerprints[index]) &&
            text_equal(state->approved_sha256, state->category->sha256));
}

static void on_trials(struct worker *worker, bool done, const struct error *error, void *arg)
{
    struct load *load = arg;
    struct policies *policies = worker->policies;
    struct text tried _cleanup_text_ = {0};
    if (!done) {
        load_fail(load, error);
        finish(load);
        return;
    }
    diags_sort(&policies->diags);
    policies->invalid = policies->diags.errors > 0;
    for (size_t i = 0; i < policies->state_count; i++) {
        struct category_state *state = &policies->states[i];
        if (!state->valid)
            continue;
        state->valid = policy_category_is_valid(state->category, policies->set, &policies->diags);
        if (!state->valid)
            state->stages = NULL;
        else if (state->tried)
            tried_line(load, i, &tried);
    }
    free(policies->tried);
    policies->tried = text_steal(&tried);
    if (load->check_only)
        finish(load);
    else
        load_write_all(load);
}

static void try_policies(struct load *load)
{
    struct policies *policies = load->worker->policies;
    struct trials *trials =
        trials_new(policies->arena, policies->set, policies->catalog, &policies->diags);
    /* The unit's start hangs on --check: a row of one category must not keep all from starting. The
     * worker itself then refuses that one. */
    if (load->check_only)
        trials_warn(trials);
    for (size_t i = 0; i < policies->state_count; i++) {
        struct category_state *state = &policies->states[i];
        if (!state->valid)
            continue;
        state->tried = true;
        if (!needs_no_trial(load, i))
            trials_add(trials, state->category);
    }
    trying_begin(load->worker, policies->arena, trials, on_trials, load);
}

/* --- facts and fingerprints --- */

static void on_fingerprint(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                           const struct error *error, void *arg)
{
    struct load_item *item = arg;
    struct load *load = item->load;
    (void)conn;
    if (outcome != PG_OK)
        load_fail(load, error);
    else if (!PQgetisnull(result, 0, 0))
        load->fingerprints[item->state] = xstrdup(PQgetvalue(result, 0, 0));
    free(item);
    load_one_done(load);
}

static void on_facts_end(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                         const struct error *error, void *arg)
{
    struct load *load = arg;
    (void)conn;
    (void)result;
    if (outcome != PG_OK)
        load_fail(load, error);
    load->pending--;
    load->worker->reading = false;
    if (load->failed) {
        pg_conn_query(load->worker->control, "ROLLBACK", 0, NULL, false, NULL, NULL);
        pg_conn_sync(load->worker->control);
        finish(load);
    } else {
        try_policies(load);
    }
}

static void on_checked(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                       const struct error *error, void *arg)
{
    struct load *load = arg;
    (void)conn;
    (void)result;
    if (outcome != PG_OK)
        load_fail(load, error);
    load->pending--;
    if (load->failed)
        finish(load);
    else
        try_policies(load);
}

static void take_fingerprints(struct load *load)
{
    struct policies *policies = load->worker->policies;
    load->fingerprints = xcalloc(policies->state_count + 1, sizeof(*load->fingerprints));
    for (size_t i = 0; i < policies->state_count; i++) {
        const struct category_state *state = &policies->states[i];
        if (!state->valid || !state->stages)
            continue;
        struct text governed _cleanup_text_ = {0};
        load_add_array(&governed, state->basis.governed.items, state->basis.governed.count);
        const char *values[] = {governed.data};
        load_queue(load, "SELECT retention.fingerprint($1::text[])", 1, values, on_fingerprint,
                   load_item_of(load, i));
    }
    load_queue(load, "COMMIT", 0, NULL, on_facts_end, load);
    pg_conn_sync(load->worker->control);
}

static void add_state(struct policies *policies, const char *name, const struct category *category)
{
    policies->states = arena_push(policies->arena, policies->states, &policies->state_count,
                                  sizeof(*policies->states));
    policies->states[policies->state_count - 1] =
        (struct category_state){.name = arena_strdup(policies->arena, name), .category = category};
}

/* What the schedule knows of a category outlives the load that made its state. */
static void keep_schedule(struct policies *policies, const struct category_state *before,
                          size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct category_state *state = loader_find(policies, before[i].name);
        if (!state)
            continue;
        state->next_due_us = before[i].next_due_us;
        state->rest_until_us = before[i].rest_until_us;
        state->least_rest_until_us = before[i].least_rest_until_us;
        state->looked_us = before[i].looked_us;
        state->pause_over_us = before[i].pause_over_us;
        state->try_again = before[i].try_again;
        state->requested = before[i].requested;
        state->turn_over = before[i].turn_over;
        state->again = before[i].again;
    }
}

static void build_statements(struct policies *policies, struct category_state *state)
{
    const struct category *category = state->category;
    if (category->mode == MODE_DECLARED || !state->valid)
        return;
    state->stages = arena_alloc(policies->arena, category->stage_count * sizeof(*state->stages));
    for (size_t i = 0; i < category->stage_count; i++)
        state->stages[i] =
            sql_build_category(policies->arena, policies->set, category, i, policies->catalog);
    state->basis = sql_basis(policies->arena, state->stages, category->stage_count);
    const struct sql_category *sql = state->stages[0];
    state->relation = sql->relations[sql->relation_count - 1].relation;
}

static void check_policies(struct worker *worker)
{
    struct policies *policies = worker->policies;
    diags_free(&policies->diags);
    policies->diags = (struct diags){0};
    for (size_t i = 0; i < policies->parse_diags.count; i++) {
        const struct diag *from = &policies->parse_diags.items[i];
        struct diag *to = diag_add(&policies->diags, from->level, from->at, "%s", from->message);
        if (from->hint)
            diag_hint(&policies->diags, to, "%s", from->hint);
    }
    policies->catalog->accepted = policies->accepted;
    policies->accepted_words = functions_accepted_words(policies->arena, policies->catalog);
    policy_validate(policies->set, policies->catalog, &policies->diags);
    diags_sort(&policies->diags);
    policies->invalid = policies->diags.errors > 0;
    for (size_t i = 0; i < policies->state_count; i++) {
        struct category_state *state = &policies->states[i];
        state->valid = state->category &&
                       policy_category_is_valid(state->category, policies->set, &policies->diags);
        if (state->valid)
            build_statements(policies, state);
    }
}

enum {
    KNOWN_NAME,
    KNOWN_STATE,
    KNOWN_APPROVED,
    KNOWN_TEXT,
    KNOWN_BRAKE,
    KNOWN_PAUSED,
    KNOWN_PROVEN
};

static void take_known(struct policies *policies, const PGresult *known)
{
    for (int row = 0; known && row < PQntuples(known); row++) {
        const char *name = PQgetvalue(known, row, KNOWN_NAME);
        if (!loader_find(policies, name))
            add_state(policies, name, NULL);
        struct category_state *state = loader_find(policies, name);
        snprintf(state->state, sizeof(state->state), "%s", PQgetvalue(known, row, KNOWN_STATE));
        snprintf(state->approved_sha256, sizeof(state->approved_sha256), "%s",
                 PQgetvalue(known, row, KNOWN_APPROVED));
        if (!PQgetisnull(known, row, KNOWN_TEXT))
            state->approved_text =
                arena_strdup(policies->arena, PQgetvalue(known, row, KNOWN_TEXT));
        state->brake_engaged = PQgetvalue(known, row, KNOWN_BRAKE)[0] == 't';
        state->paused = PQgetvalue(known, row, KNOWN_PAUSED)[0] == 't';
        if (!PQgetisnull(known, row, KNOWN_PROVEN))
            state->proven = arena_strdup(policies->arena, PQgetvalue(known, row, KNOWN_PROVEN));
    }
}

static void on_known(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                     const struct error *error, void *arg)
{
    struct load *load = arg;
    struct worker *worker = load->worker;
    struct policies *policies = worker->policies;
    (void)conn;
    load->pending--;
    if (outcome != PG_OK)
        load_fail(load, error);
    if (load->failed) {
        worker->reading = false;
        pg_conn_query(worker->control, "ROLLBACK", 0, NULL, false, NULL, NULL);
        pg_conn_sync(worker->control);
        finish(load);
        return;
    }
    struct arena *old = policies->arena;
    struct category_state *before = policies->states;
    size_t before_count = policies->state_count;
    policies->arena = arena_new();
    policies->states = NULL;
    policies->state_count = 0;
    policies->accepted_words = NULL;
    struct policy_set *old_set = reload_take(worker, load->knows_timezones);
    for (size_t i = 0; i < policies->set->category_count; i++)
        add_state(policies, policies->set->categories[i].name, &policies->set->categories[i]);
    take_known(policies, load->check_only ? NULL : result);
    keep_schedule(policies, before, before_count);
    arena_free(old);
    policy_set_free(old_set);
    check_policies(worker);
    if (load->check_only) {
        worker->reading = false;
        load_queue(load, "ROLLBACK", 0, NULL, on_checked, load);
        pg_conn_sync(worker->control);
    } else {
        take_fingerprints(load);
    }
}

static void on_facts(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                     const struct error *error, void *arg)
{
    struct load *load = arg;
    struct policies *policies = load->worker->policies;
    struct error own _cleanup_error_ = {0};
    (void)conn;
    load->pending--;
    if (outcome != PG_OK) {
        load_fail(load, error);
        return;
    }
    struct catalog *catalog = catalog_parse(PQgetvalue(result, 0, 0), &own);
    if (!catalog) {
        load_fail(load, &own);
        return;
    }
    catalog_free(policies->catalog);
    policies->catalog = catalog;
}

void loader_load(struct worker *worker, bool check_only, loader_done_fn *done)
{
    struct load *load = xcalloc(1, sizeof(*load));
    *load = (struct load){.worker = worker, .done = done, .check_only = check_only};
    load->knows_timezones =
        policy_names_timezones(worker->policies->set) || reload_names_timezones(worker);
    worker->reading = true;
    pg_conn_query(worker->control, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", 0, NULL,
                  false, NULL, NULL);
    const char *values[] = {NULL, load->knows_timezones ? "t" : "f"};
    load_queue(load, sql_file("catalog/facts.sql"), ARRAY_LENGTH(values), values, on_facts, load);
    load_queue(load, check_only ? "SELECT 1" : sql_file("engine/categories.sql"), 0, NULL, on_known,
               load);
    pg_conn_sync(worker->control);
}
