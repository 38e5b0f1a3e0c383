#include "engine/pressure.h"

#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/sql_files.h"
#include "base/text.h"
#include "engine/run_internal.h"
#include "engine/state.h"

/* What is written until the next look is within the limits of pace.c only if it comes soon. */
enum { LOOK_EVERY_US = 200000, TELL_AGAIN_US = 2000000, DEAD_EVERY_US = 1000000 };

enum { OTHERS, BLOCKED, STANDBYS, LAG, SLOWEST, WAL, COLUMNS };
enum { DEAD, LIVE, OFF, VACUUMING, DEAD_COLUMNS };

static void look(struct run *run);

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    look(arg);
}

/* For people who ask why nothing happens: when the cause is another one, but not each time that the
 * limit of write-ahead log lets a batch through. */
static void tell_cause(struct run *run, enum pace_cause waited)
{
    int64_t now = clock_monotonic_us();
    enum pace_cause cause = run->pace.stands;
    if (cause == PACE_FREE && waited == PACE_WAL)
        cause = PACE_WAL;
    if (cause != PACE_FREE)
        run->waited_at_us = now;
    if (cause == run->told_cause || (cause == PACE_FREE && run->told_cause == PACE_WAL &&
                                     now - run->waited_at_us < TELL_AGAIN_US))
        return;
    run->told_cause = cause;
    struct text text _cleanup_text_ = {0};
    pace_describe(&run->pace, cause, &text);
    snprintf(run->waits_for, sizeof(run->waits_for), "%s", text_string(&text));
    worker_changed(run->worker);
    run_tell_waits(run, text.data);
    if (text.data)
        log_info("category \"%s\" waits: %s", run->category->name, text.data);
    else
        log_info("category \"%s\" goes on", run->category->name);
}

static void look_again(struct run *run)
{
    const struct timeval again = {0, LOOK_EVERY_US};
    evtimer_add(run->look_timer, &again);
}

/* Behind an early look: the one that batches wait for, if they do. */
static void look_behind(struct run *run)
{
    if (run->step == RUN_STEP_SWEEP)
        look(run);
    else
        look_again(run);
}

static void on_look(struct run *run, PGresult *result, const struct error *error)
{
    /* before batches may begin: it helps, and nothing hangs on it */
    const bool early = run->look_early || run->step != RUN_STEP_SWEEP;
    run->looking = false;
    if (!run->look_timer || run->step > RUN_STEP_SWEEP)
        return;
    if (error || PQnfields(result) != COLUMNS || PQntuples(result) != 1) {
        /* Without a look there is no limit to keep: better not to act. */
        if (early)
            look_behind(run);
        else if (error)
            run_stop_error(run, error);
        return;
    }
#define NUMBER(column_) strtoll(PQgetvalue(result, 0, column_), NULL, 10)
    const struct pressure pressure = {
        .others = NUMBER(OTHERS),
        .blocked = NUMBER(BLOCKED),
        .standbys = NUMBER(STANDBYS),
        .lag_bytes = NUMBER(LAG),
        .slowest = PQgetvalue(result, 0, SLOWEST),
        .wal_bytes = NUMBER(WAL),
    };
#undef NUMBER
    enum pace_cause waited = run->pace.waits;
    pace_look(&run->pace, &pressure, clock_monotonic_us());
    if (early) {
        if (run->pace.wal_left < 0) /* what others wrote meanwhile is not the run's debt */
            run->pace.wal_left = 0;
        look_behind(run);
        return;
    }
    look_again(run);
    run->looked = true;
    sweep_aim(&run->sweep, pace_batch_rows(&run->pace));
    tell_cause(run, waited);
    run_pump(run);
}

/* Said once in the journal, and once more as the run's message when it ends. */
static void tell_dead(struct run *run)
{
    struct text table _cleanup_text_ = {0}, text _cleanup_text_ = {0};
    run_quoted_table(run, &table);
    pace_describe_dead(&run->pace, table.data, &text);
    if (run->pace.dead_note == DEAD_MANY)
        log_info("category \"%s\": %s", run->category->name, text.data);
    else
        log_warning("category \"%s\": %s", run->category->name, text.data);
    if (!run->message[0])
        snprintf(run->message, sizeof(run->message), "%s", text.data);
}

/* Without an answer nothing is known: there is no limit that must be kept. */
static void on_dead(struct run *run, PGresult *result, const struct error *error)
{
    if (error || PQnfields(result) != DEAD_COLUMNS || PQntuples(result) != 1)
        return;
    const struct dead_rows dead = {
        .dead = strtoll(PQgetvalue(result, 0, DEAD), NULL, 10),
        .live = strtoll(PQgetvalue(result, 0, LIVE), NULL, 10),
        .off = PQgetvalue(result, 0, OFF)[0] == 't',
        .vacuuming = PQgetvalue(result, 0, VACUUMING)[0] == 't',
    };
    if (run->step == RUN_STEP_SWEEP && !run->stopping &&
        pace_dead(&run->pace, &dead, clock_monotonic_us()))
        tell_dead(run);
}

/* Its answer comes before that of the look behind it. */
static void look_for_dead(struct run *run)
{
    int64_t now = clock_monotonic_us();
    if (!pace_wants_dead(&run->pace) ||
        (run->dead_looked_us && now - run->dead_looked_us < DEAD_EVERY_US))
        return;
    run->dead_looked_us = now;
    struct text table _cleanup_text_ = {0};
    run_quoted_table(run, &table);
    const char *values[] = {table.data};
    run_control_often(run, "retention_dead", sql_file("engine/dead.sql"), ARRAY_LENGTH(values),
                      values, on_dead);
}

static void look(struct run *run)
{
    struct worker *worker = run->worker;
    if (run->looking || run->step > RUN_STEP_SWEEP)
        return;
    run->looking = true;
    run->look_early = run->step < RUN_STEP_SWEEP;
    if (!run->look_early)
        look_for_dead(run);
    struct text pids _cleanup_text_ = {0};
    text_add_char(&pids, '{');
    for (size_t i = 0; i < worker->lane_count; i++)
        text_printf(&pids, "%s%d", i ? "," : "", worker->lanes[i]->pid);
    text_add_char(&pids, '}');
    const char *values[] = {pids.data};
    run_control_often(run, "retention_pressure", sql_file("engine/pressure.sql"),
                      ARRAY_LENGTH(values), values, on_look);
}

static void make_timer(struct run *run)
{
    if (!run->look_timer)
        run->look_timer = evtimer_new(run->worker->base, on_timer, run);
}

void pressure_watch(struct run *run)
{
    make_timer(run);
    if (!run->looking && !evtimer_pending(run->look_timer, NULL))
        look_again(run);
}

void pressure_begin(struct run *run)
{
    make_timer(run);
    look(run);
}

void pressure_end(struct run *run)
{
    if (run->look_timer)
        event_free(run->look_timer);
    run->look_timer = NULL;
}
