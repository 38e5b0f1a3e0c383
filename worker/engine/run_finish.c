/* The end of a run: the brake's entry, `done`, the category's status. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/sql_files.h"
#include "base/text.h"
#include "engine/loader.h"
#include "engine/run_internal.h"
#include "engine/schedule.h"
#include "engine/state.h"

/* --- digests of records that refuse --- */

static size_t position(const struct digest_set *set, const uint8_t digest[DIGEST_SIZE])
{
    size_t from = 0, to = set->count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (memcmp(set->items[middle], digest, DIGEST_SIZE) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

bool digest_set_has(const struct digest_set *set, const uint8_t digest[DIGEST_SIZE])
{
    size_t at = position(set, digest);
    return at < set->count && memcmp(set->items[at], digest, DIGEST_SIZE) == 0;
}

void digest_set_add(struct digest_set *set, const uint8_t digest[DIGEST_SIZE])
{
    size_t at = position(set, digest);
    if (at < set->count && memcmp(set->items[at], digest, DIGEST_SIZE) == 0)
        return;
    if (set->count == set->capacity) {
        set->capacity = set->capacity ? set->capacity * 2 : 16;
        set->items = xrealloc(set->items, set->capacity * DIGEST_SIZE);
    }
    memmove(set->items + at + 1, set->items + at, (set->count - at) * DIGEST_SIZE);
    memcpy(set->items[at], digest, DIGEST_SIZE);
    set->count++;
}

void digest_set_free(struct digest_set *set)
{
    free(set->items);
    *set = (struct digest_set){0};
}

/* --- status --- */

static void add_number(struct text *json, const char *name, int64_t value)
{
    text_printf(json, "%s\"%s\":%lld", json->length > 1 ? "," : "", name, (long long)value);
}

static int64_t planned(const struct run *run, enum plan_column column)
{
    return run->plan[column] ? strtoll(run->plan[column], NULL, 10) : 0;
}

static void add_moment(const struct run *run, const char **list, const char *moment)
{
    if (moment)
        *list = arena_printf(run->worker->policies->arena, "%s%s\"%s\"", *list ? *list : "",
                             *list ? "," : "", moment);
}

/* The plan's numbers less what went since: what is true now, but for what the application did. A
 * category's stages add up. */
static void add_found(const struct run *run)
{
    struct category_state *state = run->state;
    int64_t gone = run->report.rows;
    int64_t blocked = (int64_t)run->blocked.count;
    int64_t left =
        run->report.remaining >= 0 ? run->report.remaining : planned(run, PLAN_TO_ACT) - gone;
    left = left > blocked ? left - blocked : 0; /* these are told apart */
    if (run->stage == policy_stage_of_turn(run->category, run->category->stage_count - 1))
        memset(&state->found, 0, sizeof(state->found));
    if (!state->found.counted_us)
        state->found.next_due_us = INT64_MAX;
    if (planned(run, PLAN_NOT_STARTED) > state->found.not_started)
        state->found.not_started = planned(run, PLAN_NOT_STARTED);
    state->found.due += planned(run, PLAN_DUE) - gone;
    state->found.held += planned(run, PLAN_HELD);
    state->found.kept_while += planned(run, PLAN_KEPT_WHILE);
    state->found.kept_floor += planned(run, PLAN_KEPT_FLOOR);
    state->found.waiting += planned(run, PLAN_WAITING);
    state->found.to_act += left;
    state->found.floor_after_cap += planned(run, PLAN_FLOOR_AFTER_CAP);
    state->found.blocked += blocked;
    if (run->stop_status != RUN_FAILED) /* then it is something else that keeps them */
        state->found.locked += run->report.locked;
    state->found.counted_us = clock_wall_us();
    if (left > 0 && run->plan[PLAN_OLDEST]) {
        int64_t oldest_us = clock_of_timestamptz(run->plan[PLAN_OLDEST]) * 1000000;
        if (!state->found.oldest_us || oldest_us < state->found.oldest_us)
            state->found.oldest_us = oldest_us;
    }
    if (left > 0 || blocked > 0)
        add_moment(run, &state->found.oldest, run->plan[PLAN_OLDEST]);
    if (run->plan[PLAN_NEXT_DUE]) {
        int64_t next_us = clock_of_timestamptz(run->plan[PLAN_NEXT_DUE]) * 1000000;
        if (next_us < state->found.next_due_us)
            state->found.next_due_us = next_us;
    }
    add_moment(run, &state->found.next_due, run->plan[PLAN_NEXT_DUE]);
}

static void add_window(const struct run *run, struct text *json)
{
    const struct window *window = schedule_window(run->worker, run->state);
    if (!window->given) {
        text_add(json, ",\"window_from\":null,\"window_to\":null,\"window_zone\":null");
        return;
    }
    add_number(json, "window_from", window->from_minute);
    add_number(json, "window_to", window->to_minute);
    /* valid, so one that the server knows: nothing in it needs escaping */
    text_printf(json, ",\"window_zone\":\"%s\"", run->category->timezone);
}

static void status_json(const struct run *run, struct text *json)
{
    const struct category_state *state = run->state;
    int64_t gone = policy_stage_removes(run->sql->stage) ? run->report.rows : 0;
    text_add_char(json, '{');
    add_number(json, "rows", planned(run, PLAN_ROWS) - gone);
    add_number(json, "claimed", planned(run, PLAN_CLAIMED) - gone);
    add_number(json, "not_started", state->found.not_started);
    /* acted on more often than it was due: a trigger put something back */
    add_number(json, "due", state->found.due > 0 ? state->found.due : 0);
    add_number(json, "held", state->found.held);
    add_number(json, "kept_while", state->found.kept_while);
    add_number(json, "kept_floor", state->found.kept_floor);
    add_number(json, "waiting", state->found.waiting);
    add_number(json, "to_act", state->found.to_act);
    add_number(json, "floor_after_cap", state->found.floor_after_cap);
    add_number(json, "blocked", state->found.blocked);
    add_number(json, "unclaimed", run->unclaimed);
    add_window(run, json);
    if (run->stage == 0 && !run->state->stage_failed &&
        (run->stop_status == RUN_DONE || run->stop_status == run->state->standing))
        text_add(json, ",\"ended_well\":true"); /* the round's last stage */
    text_add_char(json, '}');
}

static void on_status(struct run *run, PGresult *result, const struct error *error)
{
    (void)result;
    if (error)
        log_failure(LOG_LEVEL_WARNING, error);
    (void)FAULT_POINT("run_after_status");
    run_over(run, run->stop_status);
}

static void record_status(struct run *run)
{
    if (!run->plan[PLAN_ROWS]) { /* it never came to a plan */
        run_over(run, run->stop_status);
        return;
    }
    struct text json _cleanup_text_ = {0}, oldest _cleanup_text_ = {0}, next _cleanup_text_ = {0};
    add_found(run);
    status_json(run, &json);
    text_printf(&oldest, "{%s}", run->state->found.oldest ? run->state->found.oldest : "");
    text_printf(&next, "{%s}", run->state->found.next_due ? run->state->found.next_due : "");
    char term[24];
    snprintf(term, sizeof(term), "%lld", (long long)run->worker->leadership.term);
    const char *values[] = {term, run->category->name, json.data, oldest.data, next.data};
    run_control(run, sql_file("engine/record_status.sql"), ARRAY_LENGTH(values), values, on_status);
}

static void on_failure(struct run *run, PGresult *result, const struct error *error)
{
    (void)result;
    if (error)
        log_failure(LOG_LEVEL_WARNING, error);
    record_status(run);
}

void run_record_failure(struct run *run, const char *sqlstate, const char *because,
                        run_control_fn *fn)
{
    char term[24];
    snprintf(term, sizeof(term), "%lld", (long long)run->worker->leadership.term);
    const char *values[] = {term, run->category->name, sqlstate, because};
    run_control(run, sql_file("engine/record_failure.sql"), ARRAY_LENGTH(values), values, fn);
}

/* --- the last entries --- */

static void on_finished(struct run *run, PGresult *result, const struct error *error)
{
    if (error) {
        log_failure(LOG_LEVEL_ERROR, error);
        run->stop_status = RUN_FAILED;
        if (!run->message[0])
            snprintf(run->message, sizeof(run->message), "could not close the run: %s",
                     error->primary);
    } else if (strcmp(PQgetvalue(result, 0, 2), "0") != 0) {
        log_warning("run of category \"%s\": %s anomalies were logged", run->category->name,
                    PQgetvalue(result, 0, 2));
        if (run->stop_status == RUN_DONE &&
            (strtoll(PQgetvalue(result, 0, 0), NULL, 10) != run->report.batches ||
             strtoll(PQgetvalue(result, 0, 1), NULL, 10) !=
                 run->report.rows + run->report.dependant_rows)) {
            run->stop_status = RUN_FAILED; /* as finish_run ended it */
            snprintf(run->message, sizeof(run->message),
                     "the log holds %s rows in %s batches, the worker counted %lld in %lld",
                     PQgetvalue(result, 0, 1), PQgetvalue(result, 0, 0),
                     (long long)(run->report.rows + run->report.dependant_rows),
                     (long long)run->report.batches);
        }
    }
    (void)FAULT_POINT("run_after_done");
    record_status(run);
}

static void send_finish(struct run *run)
{
    char term[24], batches[24], rows[24], remaining[24];
    snprintf(term, sizeof(term), "%lld", (long long)run->worker->leadership.term);
    snprintf(batches, sizeof(batches), "%lld", (long long)run->report.batches);
    snprintf(rows, sizeof(rows), "%lld",
             (long long)(run->report.rows + run->report.dependant_rows));
    snprintf(remaining, sizeof(remaining), "%lld", (long long)run->report.remaining);
    bool counted = run->report.remaining >= 0 && run->stop_status == RUN_DONE;
    const char *values[] = {term,
                            run->id,
                            batches,
                            rows,
                            counted ? remaining : NULL,
                            run_status_word(run->stop_status),
                            run->message[0] ? run->message : NULL};
    (void)FAULT_POINT("run_before_done");
    const struct category *category = run->category;
    if (run->stop_status == RUN_DONE && run->stage == policy_stage_of_turn(category, 0) &&
        !run->state->stage_failed) { /* which met some of them only */
        size_t first = policy_stage_of_turn(category, category->stage_count - 1);
        const char *unseen[] = {term, run->id, category->stages[first].name};
        run_control(run, sql_file("engine/unblock_unseen.sql"), ARRAY_LENGTH(unseen), unseen, NULL);
    }
    run_control(run, sql_file("engine/finish_run.sql"), ARRAY_LENGTH(values), values, on_finished);
}

static void on_brake(struct run *run, PGresult *result, const struct error *error)
{
    (void)result;
    if (error) {
        log_failure(LOG_LEVEL_ERROR, error);
        run->stop_status = RUN_FAILED;
    }
    send_finish(run);
}

void run_finish(struct run *run, enum run_status status)
{
    run->stop_status = status;
    run->stopping = true;
    run->step = RUN_STEP_FINISH;
    if (!run->started) {
        if (status == RUN_FAILED || run->yielded)
            run_record_failure(run, run->stop_sqlstate, run->message, on_failure);
        else
            record_status(run);
        return;
    }
    if (status == RUN_BRAKE && run->trip.limit_name) {
        char term[24], due[24], limit[24];
        snprintf(term, sizeof(term), "%lld", (long long)run->worker->leadership.term);
        snprintf(due, sizeof(due), "%lld", (long long)run->trip.due);
        snprintf(limit, sizeof(limit), "%lld", (long long)run->trip.limit);
        const char *values[] = {term, run->id, run->category->name, due, limit};
        run_control(run,
                    "SELECT retention.engage_brake($1::bigint, $2::uuid, $3::text, $4::bigint, "
                    "$5::bigint)",
                    ARRAY_LENGTH(values), values, on_brake);
        return;
    }
    send_finish(run);
}
