#include "engine/requests.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/log.h"
#include "engine/loader.h"
#include "engine/state.h"

enum { REQUEST_ID, REQUEST_CATEGORIES };

static void request_free(struct request *request)
{
    free(request->categories);
    text_free(&request->runs);
}

void requests_forget(struct requests *requests)
{
    for (size_t i = 0; i < requests->count; i++)
        request_free(&requests->items[i]);
    free(requests->items);
    *requests = (struct requests){0};
}

static bool asks_for(const struct request *request, const char *name)
{
    if (!request->categories)
        return true;
    /* The array came as one text a line: names have no newline. */
    size_t length = strlen(name);
    for (const char *p = request->categories; (p = strstr(p, name)); p += length)
        if ((p == request->categories || p[-1] == '\n') && (p[length] == '\n' || p[length] == '\0'))
            return true;
    return false;
}

void requests_take(struct requests *requests, const PGresult *result, struct policies *policies)
{
    size_t before = requests->count, taken = result ? (size_t)PQntuples(result) : 0;
    requests->items = xrealloc(requests->items, (before + taken + 1) * sizeof(*requests->items));
    for (int row = 0; row < (int)taken; row++) {
        struct request *request = &requests->items[requests->count++];
        *request = (struct request){0};
        snprintf(request->id, sizeof(request->id), "%s", PQgetvalue(result, row, REQUEST_ID));
        if (!PQgetisnull(result, row, REQUEST_CATEGORIES))
            request->categories = xstrdup(PQgetvalue(result, row, REQUEST_CATEGORIES));
    }
    for (size_t i = 0; i < policies->state_count; i++) {
        struct category_state *state = &policies->states[i];
        state->requested = false;
        for (size_t r = 0; r < requests->count; r++)
            if ((r >= before || state->turn_over) && asks_for(&requests->items[r], state->name))
                state->requested = true;
    }
}

void requests_note_run(struct requests *requests, const char *category, const char *run)
{
    for (size_t i = 0; i < requests->count; i++) {
        struct request *request = &requests->items[i];
        if (asks_for(request, category))
            text_printf(&request->runs, "%s%s", request->runs.length ? "," : "", run);
    }
}

/* Did a category of it have to let others go first? */
static bool goes_on(const struct request *request, const struct policies *policies)
{
    for (size_t i = 0; i < policies->state_count; i++)
        if (policies->states[i].turn_over && asks_for(request, policies->states[i].name))
            return true;
    return false;
}

static void on_finished(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                        const struct error *error, void *arg)
{
    struct worker *worker = arg;
    (void)conn;
    (void)result;
    if (outcome == PG_ERROR && worker->leadership.term > 0)
        log_failure(LOG_LEVEL_WARNING, error);
}

void requests_finish(struct requests *requests, struct worker *worker)
{
    char term[24];
    snprintf(term, sizeof(term), "%lld", (long long)worker->leadership.term);
    size_t kept = 0;
    for (size_t i = 0; i < requests->count; i++) {
        struct request *request = &requests->items[i];
        if (goes_on(request, worker->policies)) {
            requests->items[kept++] = *request;
            continue;
        }
        struct text runs _cleanup_text_ = {0};
        text_printf(&runs, "{%s}", text_string(&request->runs));
        const char *values[] = {term, request->id, runs.data};
        pg_conn_query(worker->control,
                      "SELECT retention.finish_request($1::bigint, $2::uuid, $3::uuid[])", 3,
                      values, false, on_finished, worker);
        pg_conn_sync(worker->control);
        request_free(request);
    }
    requests->count = kept;
}
