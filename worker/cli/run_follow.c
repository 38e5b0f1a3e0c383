/* Following: a request in the database, and a look at its runs twice a second or when the worker
 * notifies. Ending this program ends nothing but the looking. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/text.h"
#include "cli/run.h"
#include "cli/settings.h"
#include "config/settings.h"

enum {
    LOOK_MS = 500,
    SAY_US = 2000000,
    TAKE_US = 30000000,
    ALONE_US = 3000000,
    HALTED_US = 2000000
};

static volatile sig_atomic_t interrupted;

static void on_interrupt(int number)
{
    (void)number;
    interrupted = 1;
}

/* Waits for a notification or the next look. */
static bool wait_a_little(struct session *session, struct error *error)
{
    struct pollfd fd = {PQsocket(session->conn), POLLIN, 0};
    int ready = poll(&fd, 1, LOOK_MS);
    if (ready > 0 && !PQconsumeInput(session->conn))
        return error_set(error, ERROR_FAILED, "the server ended the connection");
    for (PGnotify *notify; (notify = PQnotifies(session->conn));)
        PQfreemem(notify);
    return true;
}

static int64_t number(const PGresult *result, int row, const char *name)
{
    int64_t n;
    const char *s = result_value(result, row, PQfnumber(result, name));
    return s && cli_number(s, &n) ? n : -1;
}

static const char *field(const PGresult *result, int row, const char *name)
{
    return result_value(result, row, PQfnumber(result, name));
}

static void show_progress(struct run_show *show, const PGresult *runs)
{
    for (int r = PQntuples(runs) - 1; r >= 0; r--)
        if (text_equal(field(runs, r, "status"), "running")) {
            progress_update(&show->progress, field(runs, r, "category"), number(runs, r, "rows"),
                            number(runs, r, "to_act"), number(runs, r, "elapsed_us"));
            return;
        }
}

/* Is the last anchored checkpoint too old for runs, as the main file here has it? */
static bool anchor_is_too_old(struct run_show *show, const PGresult *log)
{
    struct error ignored _cleanup_error_ = {0};
    const struct settings *settings = cli_settings(show->cli, &ignored);
    int64_t age = number(log, 0, "anchor_age");
    if (!text_equal(field(log, 0, "anchor_command"), "t"))
        return false;
    if (!settings) /* that of another machine: what fails there may be the reason */
        return field(log, 0, "anchor_error") != NULL;
    return settings->log.anchor_max_age_ms > 0 &&
           (age < 0 || age * 1000 >= settings->log.anchor_max_age_ms);
}

/* Why the worker began no run of a category that it may run. */
static bool why_refused(struct run_show *show, const char **ret_why, struct error *error)
{
    PGresult *log _cleanup_result_ =
        session_file(show->session, "cli/log_state.sql", 0, NULL, error);
    if (!log)
        return false;
    const char *message = PQntuples(log) ? field(log, 0, "message") : NULL;
    const char *anchor = PQntuples(log) ? field(log, 0, "anchor_error") : NULL;
    if (message)
        *ret_why = arena_printf(show->cli->arena,
                                "not run: the log is not signed, and no run starts: %s", message);
    else if (PQntuples(log) && anchor_is_too_old(show, log))
        *ret_why = arena_printf(
            show->cli->arena,
            "not run: the last anchored checkpoint is older than log.anchor_max_age%s%s; mend the "
            "command log.anchor, and it runs when a checkpoint was anchored",
            anchor ? ", since " : "", anchor ? anchor : "");
    else
        *ret_why = "not run: the worker began no run of it, and its journal says why";
    return true;
}

/* Categories that were asked for and have no run: why. */
static bool add_others(struct run_show *show, bool finished, struct error *error)
{
    static const struct {
        const char *cause, *status;
    } words[] = {
        {"awaiting approval", "suspended"},
        {"policy file gone", "red"},
        {"paused", "paused"},
        {"brake", "brake"},
        {"observe only", "observed"},
    };
    const char *const values[] = {show->categories};
    PGresult *rows _cleanup_result_ =
        session_file(show->session, "cli/status.sql", 1, values, error);
    if (!rows)
        return false;
    size_t ran = show->count;
    const char *why = NULL;
    for (int r = 0; r < PQntuples(rows); r++) {
        const char *category = field(rows, r, "category"), *cause = field(rows, r, "cause");
        bool has_run = false, told = false;
        struct run_result result = {
            .category = category,
            .due = number(rows, r, "due"),
            .held = number(rows, r, "held"),
            .kept = number(rows, r, "kept"),
            .waiting = number(rows, r, "waiting"),
            .blocked = number(rows, r, "blocked"),
            .rows = -1,
            .dependant_rows = -1,
            .remaining = -1,
            .elapsed_us = -1,
        };
        for (size_t i = 0; i < ran; i++)
            has_run |= strcmp(show->results[i].category, category) == 0;
        for (size_t w = 0; !has_run && w < ARRAY_LENGTH(words); w++)
            if (text_equal(words[w].cause, cause)) {
                result.status = words[w].status;
                run_show_add(show, &result);
                told = true;
            }
        if (has_run || told || !finished || text_equal(cause, "declared") ||
            text_equal(cause, "running"))
            continue;
        if (cause && text_starts_with(cause, "last run failed: ")) { /* before it had a plan */
            result.status = "failed";
            result.message = field(rows, r, "failed_because");
            if (result.message) {
                run_show_add(show, &result);
                continue;
            }
        }
        if (!why && !why_refused(show, &why, error))
            return false;
        bool invalid = cause && text_starts_with(cause, "policy invalid");
        result.status = invalid ? "invalid" : "stopped";
        result.message = why;
        run_show_add(show, &result);
    }
    return true;
}

/* Did a later one of the same stage go on where this one let others pass? */
static bool is_continued(const PGresult *runs, int row)
{
    for (int r = row + 1; r < PQntuples(runs); r++)
        if (text_equal(field(runs, r, "category"), field(runs, row, "category")) &&
            text_equal(field(runs, r, "stage"), field(runs, row, "stage")))
            return text_equal(field(runs, row, "status"), "stopped");
    return false;
}

static bool add_results(struct run_show *show, const PGresult *runs, bool finished,
                        struct error *error)
{
    for (int r = 0; r < PQntuples(runs); r++) {
        /* a run's rows are those of its entries: dependants included */
        int64_t all = number(runs, r, "rows"), own = number(runs, r, "own_rows");
        bool known = own >= 0 || all == 0;
        struct run_result result = {
            .category = field(runs, r, "category"),
            .stage = field(runs, r, "stage"),
            .status = is_continued(runs, r) ? "continued" : field(runs, r, "status"),
            .run = field(runs, r, "run"),
            .due = number(runs, r, "due"),
            .held = number(runs, r, "held"),
            .kept = -1,
            .waiting = -1,
            .rows = own >= 0 ? own : all,
            .dependant_rows = known ? all - (own >= 0 ? own : 0) : -1,
            .blocked = -1,
            .remaining = number(runs, r, "remaining"),
            .elapsed_us = number(runs, r, "elapsed_us"),
            .message = is_continued(runs, r) ? NULL : field(runs, r, "message"),
        };
        run_show_add(show, &result);
    }
    return add_others(show, finished, error);
}

static bool not_taken(struct error *error)
{
    error_set(error, ERROR_FAILED, "the worker that leads does not take the request");
    error_hint(error,
               "It may be counting, or stopped; the request stays. \"retentionctl status\" shows "
               "whether it is alive.");
    return false;
}

/* Does the worker that leads wait for somebody to mend the log? One that has just begun to lead has
 * not compared it yet: what its predecessor found counts after a while only. */
static bool is_halted(struct run_show *show, int64_t asked_us, bool *ret_halted,
                      struct error *error)
{
    PGresult *log _cleanup_result_ =
        session_file(show->session, "cli/log_state.sql", 0, NULL, error);
    if (!log)
        return false;
    const char *message = PQntuples(log) ? field(log, 0, "message") : NULL;
    const char *hint = message ? field(log, 0, "hint") : NULL;
    *ret_halted = message && clock_monotonic_us() - asked_us > HALTED_US;
    if (!*ret_halted)
        return true;
    error_set(error, ERROR_LOG, "the log is not signed, and no run starts: %s", message);
    error_hint(error, "The request stays, and is taken when the log goes on.%s%s", hint ? " " : "",
               hint ? hint : "");
    return true;
}

/* What the worker runs now, while it takes no request: one that was asked is taken when a run ends,
 * or when its turn is over. Said once. */
static bool is_busy(struct run_show *show, bool *told, bool *ret_busy, struct error *error)
{
    PGresult *running _cleanup_result_ =
        session_file(show->session, "cli/running.sql", 0, NULL, error);
    if (!running)
        return false;
    *ret_busy = PQntuples(running) > 0;
    if (*ret_busy && !*told && !show->cli->json)
        printf("The worker runs category \"%s\"; the request waits until that is done, or has had "
               "its turn.\n",
               result_value(running, 0, 0));
    *told = *told || *ret_busy;
    fflush(stdout);
    return true;
}

/* Without a leader for a while? One that only lost its connection comes back soon. */
static bool is_alone(struct run_show *show, int64_t *led_us, bool *ret_alone, struct error *error)
{
    bool leads;
    if (!run_has_leader(show->session, &leads, error))
        return false;
    if (leads)
        *led_us = clock_monotonic_us();
    *ret_alone = clock_monotonic_us() - *led_us > ALONE_US;
    return true;
}

static bool follow(struct run_show *show, bool *ret_alone, struct error *error)
{
    const char *const values[] = {show->request};
    int64_t asked_us = clock_monotonic_us(), led_us = asked_us, idle_us = asked_us;
    bool told = false;
    while (true) {
        PGresult *state _cleanup_result_ =
            session_file(show->session, "cli/request.sql", 1, values, error);
        PGresult *runs _cleanup_result_ =
            state ? session_file(show->session, "cli/request_runs.sql", 1, values, error) : NULL;
        if (!runs)
            return false;
        bool taken = text_equal(field(state, 0, "taken"), "t");
        bool finished = text_equal(field(state, 0, "finished"), "t");
        if (finished)
            return add_results(show, runs, true, error);
        if (interrupted) {
            progress_clear(&show->progress);
            if (!show->cli->json)
                puts("Not followed any further; the worker goes on.");
            return add_results(show, runs, false, error);
        }
        if (!is_alone(show, &led_us, ret_alone, error))
            return false;
        if (*ret_alone) {
            progress_clear(&show->progress);
            return true;
        }
        bool halted = false;
        if (!taken && (!is_halted(show, asked_us, &halted, error) || halted)) {
            progress_clear(&show->progress);
            return false;
        }
        bool busy = false;
        if (!taken && clock_monotonic_us() - asked_us > SAY_US &&
            !is_busy(show, &told, &busy, error))
            return false;
        if (busy)
            idle_us = clock_monotonic_us();
        if (!taken && clock_monotonic_us() - idle_us > TAKE_US)
            return not_taken(error);
        show_progress(show, runs);
        if (!wait_a_little(show->session, error))
            return false;
    }
}

bool run_follow(struct run_show *show, bool *ret_alone, struct error *error)
{
    struct sigaction action = {.sa_handler = on_interrupt};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    if (!session_execute(show->session, "LISTEN retention", error))
        return false;
    const char *const values[] = {show->categories};
    if (!show->request) {
        PGresult *request _cleanup_result_ =
            session_file(show->session, "cli/request_run.sql", 1, values, error);
        if (!request)
            return false;
        show->request = arena_strdup(show->cli->arena, PQgetvalue(request, 0, 0));
    }
    return follow(show, ret_alone, error);
}
