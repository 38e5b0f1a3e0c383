/* The step LOADING of loader.c: what was found in order is written into the database. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/encode.h"
#include "base/log.h"
#include "base/text.h"
#include "engine/binary.h"
#include "engine/guards.h"
#include "engine/loader_internal.h"
#include "engine/state.h"
#include "ledger/digest.h"
#include "policy/change.h"
#include "policy/validate.h"

static void decide_standing(const struct policies *policies, struct category_state *state)
{
    if (!state->category) /* a file that could not be read may hold it */
        state->standing = policies->set->unread_count ? RUN_INVALID : RUN_RED;
    else if (!state->valid)
        state->standing = RUN_INVALID;
    else if (strcmp(state->state, "red") == 0)
        state->standing = RUN_RED;
    else if (state->category->mode != MODE_ENFORCE)
        state->standing = RUN_OBSERVED;
    else if (strcmp(state->state, "active") != 0)
        state->standing = RUN_SUSPENDED;
    else if (state->paused)
        state->standing = RUN_PAUSED;
    else if (state->brake_engaged)
        state->standing = RUN_BRAKE;
    else
        state->standing = RUN_RUNNING;
}

static void skip_category(struct load *load, size_t index, const struct error *error)
{
    struct category_state *state = &load->worker->policies->states[index];
    if (error)
        log_failure(LOG_LEVEL_ERROR, error);
    log_about(LOG_LEVEL_ERROR,
              &(struct log_about){.event = LOG_EVENT_POLICY, .category = state->name},
              "category \"%s\" could not be loaded and is skipped", state->name);
    state->valid = false;
    decide_standing(load->worker->policies, state);
    load->worker->policies->invalid = true;
}

static void on_loaded(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                      const struct error *error, void *arg)
{
    struct load_item *item = arg;
    struct load *load = item->load;
    size_t index = item->state;
    struct category_state *state = &load->worker->policies->states[index];
    (void)conn;
    free(item);
    if (outcome == PG_OK) {
        if (text_equal(state->state, "active") &&
            text_equal(PQgetvalue(result, 0, 0), "suspended") &&
            text_equal(state->approved_sha256, state->category->sha256))
            log_warning("category \"%s\" waits for approval again: a column that its policy reads "
                        "is another one than the one that was approved; \"retentionctl status\" "
                        "names it",
                        state->name);
        snprintf(state->state, sizeof(state->state), "%s", PQgetvalue(result, 0, 0));
        decide_standing(load->worker->policies, state);
    } else if (outcome == PG_LOST) {
        load_fail(load, error);
    } else {
        skip_category(load, index, error);
    }
    load_one_done(load);
}

static void on_written(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                       const struct error *error, void *arg)
{
    struct load *load = arg;
    (void)conn;
    (void)result;
    if (outcome == PG_LOST)
        load_fail(load, error);
    else if (outcome == PG_ERROR)
        log_failure(LOG_LEVEL_ERROR, error);
    load_one_done(load);
}

void load_add_array(struct text *out, const char *const *items, size_t count)
{
    text_add_char(out, '{');
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            text_add_char(out, ',');
        array_literal_add(out, items[i], strlen(items[i]));
    }
    text_add_char(out, '}');
}

static void load_category(struct load *load, size_t index)
{
    struct worker *worker = load->worker;
    struct category_state *state = &worker->policies->states[index];
    const struct category *category = state->category;
    static const char *const modes[] = {
        [MODE_OBSERVE] = "observe", [MODE_ENFORCE] = "enforce", [MODE_DECLARED] = "declared"};
    char term[24];
    snprintf(term, sizeof(term), "%lld", (long long)worker->leadership.term);
    struct text governed _cleanup_text_ = {0};
    load_add_array(&governed, state->basis.governed.items, state->basis.governed.count);
    struct policy_change change =
        policy_compare_text(worker->policies->arena, state->approved_text, category);
    const char *values[] = {term,
                            category->name,
                            category->sha256,
                            state->approved_sha256[0] ? state->approved_sha256 : NULL,
                            category->normal_text,
                            modes[category->mode],
                            category->mode == MODE_DECLARED ? NULL : state->relation,
                            governed.data,
                            load->fingerprints[index],
                            change.needs_approval ? "true" : "false",
                            category->title,
                            sql_load_facts(worker->policies->arena, worker->policies->set, category,
                                           worker->policies->catalog),
                            state->basis.reads};
    load_queue(load,
               "SELECT retention.load_policy($1::bigint, $2::text, $3::text, $4::text, $5::text, "
               "$6::text, $7::text, $8::text[], $9::text, $10::boolean, $11::text, $12::jsonb, "
               "$13::jsonb)",
               ARRAY_LENGTH(values), values, on_loaded, load_item_of(load, index));
    pg_conn_sync(worker->control);
}

/* Agreements that are not known to be settled must not count. */
static void on_settled(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                       const struct error *error, void *arg)
{
    struct load_item *item = arg;
    struct load *load = item->load;
    size_t index = item->state;
    (void)conn;
    (void)result;
    free(item);
    if (outcome == PG_LOST)
        load_fail(load, error);
    else if (outcome == PG_ERROR)
        skip_category(load, index, error);
    load_one_done(load);
}

static void on_agreements(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                          const struct error *error, void *arg)
{
    struct load_item *item = arg;
    struct load *load = item->load;
    size_t index = item->state;
    const struct category_state *state = &load->worker->policies->states[index];
    const struct category *category = state->category;
    (void)conn;
    free(item);
    if (outcome == PG_LOST) {
        load_fail(load, error);
    } else if (outcome != PG_OK || PQntuples(result) != 1) {
        skip_category(load, index, error);
    } else if (state->valid) { /* its text was loaded: what that says of settling is of it alone */
        char term[24];
        snprintf(term, sizeof(term), "%lld", (long long)load->worker->leadership.term);
        const struct agreement_table *table = &category->agreement_table;
        const char *fallback = category->stages[0].after.text;
        for (size_t i = 0; i < category->stage_count; i++)
            if (text_equal(table->stage, category->stages[i].name))
                fallback = category->stages[i].after.text;
        const char *values[] = {
            term,
            category->name,
            table->settle.text ? table->settle.text : "14 days",
            fallback,
            PQgetisnull(result, 0, 0) ? "{}" : PQgetvalue(result, 0, 0),
            PQgetisnull(result, 0, 1) ? "{}" : PQgetvalue(result, 0, 1),
            category->sha256,
        };
        load_queue(load,
                   "SELECT retention.settle_agreements($1::bigint, $2::text, $3::interval, "
                   "$4::interval, $5::text[], $6::interval[]) "
                   "WHERE EXISTS (SELECT FROM retention.category c WHERE c.name = $2::text AND "
                   "c.loaded_sha256 = $7::text)",
                   ARRAY_LENGTH(values), values, on_settled, load_item_of(load, index));
        pg_conn_sync(load->worker->control);
    }
    load_one_done(load);
}

static void settle_agreements(struct load *load, size_t index)
{
    const struct category_state *state = &load->worker->policies->states[index];
    if (!state->stages || !state->category->agreement_table.at.file)
        return;
    for (size_t i = 0; i < state->category->stage_count; i++) {
        const struct sql_statement *statement = &state->stages[i]->agreements;
        if (!statement->text || !statement->text[0])
            continue;
        const char **values = xcalloc(statement->param_count + 1, sizeof(*values));
        for (size_t p = 0; p < statement->param_count; p++)
            values[p] = statement->params[p].value;
        load_queue(load, statement->text, statement->param_count, values, on_agreements,
                   load_item_of(load, index));
        pg_conn_sync(load->worker->control);
        free(values);
        return;
    }
}

/* Every round sees whether the guard is as it should be; a change that comes later changes the
 * fingerprint, and so stops the batches until policies were loaded again. */
static void record_guard(struct load *load, size_t index)
{
    struct policies *policies = load->worker->policies;
    const struct category_state *state = &policies->states[index];
    char term[24];
    snprintf(term, sizeof(term), "%lld", (long long)load->worker->leadership.term);
    const char *values[GUARD_VALUES] = {term};
    guards_describe(policies->arena, policies->set, state->category, policies->catalog, values + 1);
    if (values[4])
        log_about(LOG_LEVEL_WARNING,
                  &(struct log_about){.event = LOG_EVENT_GUARD, .category = state->name},
                  "the guard of category \"%s\" is not in place: %s", state->name, values[4]);
    load_queue(load,
               "SELECT retention.record_guard($1::bigint, $2::text, $3::text, $4::text, $5::text, "
               "$6::text, $7::text[], $8::oid[])",
               GUARD_VALUES, values, on_written, load);
    pg_conn_sync(load->worker->control);
}

/* Categories in which what batches read of holds is not what the holds say: none of them runs. */
static void on_holds(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                     const struct error *error, void *arg)
{
    struct load *load = arg;
    struct policies *policies = load->worker->policies;
    (void)conn;
    if (outcome != PG_OK) {
        load_fail(load, error);
    } else {
        for (int row = 0; row < PQntuples(result); row++) {
            struct category_state *state = loader_find(policies, PQgetvalue(result, row, 0));
            log_error("what holds cover in category \"%s\" is not what they say: %s; after finding "
                      "out why, legal runs: retentionctl hold mend",
                      PQgetvalue(result, row, 0), PQgetvalue(result, row, 1));
            if (!state)
                continue;
            state->valid = false;
            decide_standing(policies, state);
            policies->invalid = true;
        }
    }
    load_one_done(load);
}

/* After the policies are loaded, which may change what holds cover, and before anything runs. */
static void check_holds(struct load *load)
{
    char term[24];
    snprintf(term, sizeof(term), "%lld", (long long)load->worker->leadership.term);
    const char *values[] = {term};
    load_queue(load, "SELECT category, problem FROM retention.check_holds($1::bigint)", 1, values,
               on_holds, load);
    pg_conn_sync(load->worker->control);
}

static void mark_gone(struct load *load)
{
    struct policies *policies = load->worker->policies;
    const char **names = xcalloc(policies->state_count + 1, sizeof(*names));
    size_t count = 0;
    for (size_t i = 0; i < policies->state_count; i++)
        if (!policies->states[i].category)
            names[count++] = policies->states[i].name;
    if (count > 0 && !policies->set->unread_count) {
        struct text array _cleanup_text_ = {0};
        load_add_array(&array, names, count);
        const char *values[] = {array.data};
        load_queue(load, "SELECT retention.policy_gone($1::text[])", 1, values, on_written, load);
        pg_conn_sync(load->worker->control);
    }
    free(names);
}

/* How many tables are governed, named as ungoverned, and neither; with a hash over their lists. */
static void record_coverage(struct load *load)
{
    struct policies *policies = load->worker->policies;
    const struct catalog *catalog = policies->catalog;
    size_t counts[3] = {0};
    struct text lists _cleanup_text_ = {0};
    for (size_t t = 0; t < catalog->table_count; t++) {
        const struct catalog_table *table = &catalog->tables[t];
        if (table->is_partition || (table->kind != 'r' && table->kind != 'p') ||
            table->persistence == 't')
            continue;
        enum { GOVERNED, UNGOVERNED, UNLISTED } kind = UNLISTED;
        for (size_t i = 0; i < policies->set->ungoverned_count; i++) {
            struct table_name name = policies->set->ungoverned[i].table;
            if (strcmp(name.schema, table->schema) == 0 &&
                (strcmp(name.name, "*") == 0 || strcmp(name.name, table->name) == 0))
                kind = UNGOVERNED;
        }
        if (policy_is_target(policies->set, (struct table_name){table->schema, table->name}))
            kind = UNGOVERNED; /* cells, not records */
        for (size_t i = 0; i < policies->state_count; i++) {
            const struct category_state *state = &policies->states[i];
            for (size_t r = 0; state->stages && r < state->stages[0]->relation_count; r++)
                if (strcmp(state->stages[0]->relations[r].table.schema, table->schema) == 0 &&
                    strcmp(state->stages[0]->relations[r].table.name, table->name) == 0)
                    kind = GOVERNED;
        }
        counts[kind]++;
        text_printf(&lists, "%d %s.%s\n", (int)kind, table->schema, table->name);
    }
    uint8_t hash[DIGEST_SIZE];
    char hex[2 * DIGEST_SIZE + 1], term[24], numbers[3][24];
    digest_sha256(text_string(&lists), lists.length, hash);
    hex_encode(hex, hash, DIGEST_SIZE);
    snprintf(term, sizeof(term), "%lld", (long long)load->worker->leadership.term);
    for (size_t i = 0; i < 3; i++)
        snprintf(numbers[i], sizeof(numbers[i]), "%zu", counts[i]);
    const char *values[] = {term, hex, numbers[0], numbers[1], numbers[2]};
    load_queue(
        load, "SELECT retention.coverage($1::bigint, $2::text, $3::bigint, $4::bigint, $5::bigint)",
        ARRAY_LENGTH(values), values, on_written, load);
    pg_conn_sync(load->worker->control);
}

/* The first error that concerns a category, as near as its place in the file tells. */
static const char *first_error(const struct policies *policies, const struct category *category)
{
    const char *found = NULL;
    for (size_t i = 0; i < policies->diags.count; i++) {
        const struct diag *diag = &policies->diags.items[i];
        if (diag->level != DIAG_ERROR ||
            (diag->at.file && !text_equal(diag->at.file, category->at.file)))
            continue;
        if (!found || (diag->at.file && diag->at.line >= category->at.line))
            found = diag->message;
        if (diag->at.file && diag->at.line >= category->at.line)
            break;
    }
    return found ? found : "see the messages of \"retentionctl check\"";
}

/* `status` says what keeps a category from running, also when nobody reads the worker's log. */
static void record_validity(struct load *load)
{
    const struct policies *policies = load->worker->policies;
    struct text names _cleanup_text_ = {0}, errors _cleanup_text_ = {0};
    for (size_t i = 0; i < policies->state_count; i++) {
        const struct category_state *state = &policies->states[i];
        if (!state->category && !policies->set->unread_count)
            continue; /* gone */
        text_add_char(&names, names.length ? ',' : '{');
        array_literal_add(&names, state->name, strlen(state->name));
        text_add_char(&errors, errors.length ? ',' : '{');
        if (state->valid) {
            text_add(&errors, "NULL");
        } else {
            const char *error = state->category ? first_error(policies, state->category)
                                                : "it is in no policy file that can be read";
            array_literal_add(&errors, error, strlen(error));
        }
    }
    if (!names.length)
        return;
    text_add_char(&names, '}');
    text_add_char(&errors, '}');
    char term[24];
    snprintf(term, sizeof(term), "%lld", (long long)load->worker->leadership.term);
    const char *values[] = {term, names.data, errors.data};
    load_queue(load, "SELECT retention.record_validity($1::bigint, $2::text[], $3::text[])", 3,
               values, on_written, load);
    pg_conn_sync(load->worker->control);
}

void load_write_all(struct load *load)
{
    struct policies *policies = load->worker->policies;
    load->pending++; /* this function's own: nothing ends before all is queued */
    for (size_t i = 0; i < policies->state_count; i++) {
        if (policies->states[i].valid)
            load_category(load, i);
        else
            decide_standing(policies, &policies->states[i]);
    }
    for (size_t i = 0; i < policies->state_count; i++)
        if (policies->states[i].valid) {
            settle_agreements(load, i);
            record_guard(load, i);
        }
    mark_gone(load);
    check_holds(load);
    record_validity(load);
    record_coverage(load);
    load_one_done(load);
}
