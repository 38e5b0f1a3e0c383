/* ANCHOR of sequencer.c: each checkpoint goes to the anchor command, which takes its time; runs
 * wait for it where log.anchor_max_age wants that. Where nothing is logged for long, a heartbeat
 * gives it something to anchor before the last anchor gets too old. */
#include <inttypes.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "config/settings.h"
#include "engine/anchor.h"
#include "engine/sequencer_internal.h"
#include "engine/state.h"

static bool wants_beat(const struct sequencer *sequencer)
{
    return sequencer_settings(sequencer)->log.anchor_max_age_ms > 0 && sequencer->anchor;
}

void sequencer_anchor_arm_beat(struct sequencer *sequencer)
{
    int64_t half = sequencer_settings(sequencer)->log.anchor_max_age_ms / 2;
    if (!wants_beat(sequencer) || sequencer->anchored_us == INT64_MIN)
        return;
    int64_t age = (clock_monotonic_us() - sequencer->anchored_us) / 1000;
    sequencer_arm(sequencer->beat_timer, age < half ? half - age + 1 : half);
}

static void beat(struct sequencer *sequencer)
{
    char term[24], size[24];
    const char *values[] = {sequencer_term(sequencer, term),
                            sequencer_number(size, sequencer->signed_size)};
    sequencer_transaction(sequencer, "SELECT retention.log_heartbeat($1::bigint, $2::bigint)", 2,
                          values, NULL, NULL, NULL, NULL);
    sequencer_begin(sequencer);
}

static bool beat_is_due(const struct sequencer *sequencer)
{
    return wants_beat(sequencer) && sequencer->anchored_us != INT64_MIN &&
           clock_monotonic_us() - sequencer->anchored_us >=
               sequencer_settings(sequencer)->log.anchor_max_age_ms * 500;
}

static void on_beat(evutil_socket_t fd, short what, void *arg)
{
    struct sequencer *sequencer = arg;
    (void)fd;
    (void)what;
    if (sequencer->worker->leadership.term > 0 && sequencer->ready)
        sequencer_begin(sequencer); /* the end of a pass sees that it is due */
}

void sequencer_anchor_signed(struct sequencer *sequencer)
{
    (void)FAULT_POINT("log_before_anchor");
    if (sequencer->anchor)
        anchor_send(sequencer->anchor, sequencer->signed_size, sequencer->last_note.data,
                    sequencer->last_note.length);
}

bool sequencer_anchor_at_end(struct sequencer *sequencer)
{
    if (!sequencer->anchor || anchor_is_busy(sequencer->anchor))
        return false;
    /* one that an earlier worker did not get rid of; or the last is getting old */
    if (sequencer->anchored_size < sequencer->signed_size) {
        sequencer_anchor_signed(sequencer);
        return false;
    }
    if (!beat_is_due(sequencer))
        return false;
    beat(sequencer);
    return true;
}

bool sequencer_anchor_is_awaited(const struct sequencer *sequencer)
{
    return sequencer->anchor && anchor_is_busy(sequencer->anchor) &&
           anchor_failures(sequencer->anchor) == 0 &&
           (sequencer->finish_done || (sequencer->start_done && wants_beat(sequencer)));
}

void sequencer_anchor_tell(struct sequencer *sequencer)
{
    char term[24], number[24];
    const char *error = sequencer->anchor_untold_error;
    const char *values[] = {sequencer_term(sequencer, term),
                            sequencer_number(number, sequencer->anchor_untold_size),
                            *error ? error : NULL};
    if (sequencer->yielded || !sequencer->anchor_untold)
        return;
    (void)FAULT_POINT("log_before_anchored");
    sequencer->anchor_untold = false;
    pg_conn_query(sequencer->worker->control,
                  "SELECT retention.log_anchored($1::bigint, $2::bigint, $3)", 3, values, false,
                  NULL, NULL);
    pg_conn_sync(sequencer->worker->control);
}

static void on_anchor(void *arg, uint64_t size, const char *error)
{
    struct sequencer *sequencer = arg;
    (void)FAULT_POINT("log_after_anchor");
    if (error)
        log_about(LOG_LEVEL_WARNING, &(struct log_about){.event = LOG_EVENT_ANCHOR},
                  "could not anchor the log's checkpoint of size %" PRIu64 ": %s", size, error);
    if (sequencer->worker->leadership.term == 0)
        return;
    if (!error) {
        sequencer->anchored_us = clock_monotonic_us();
        sequencer->anchored_size = size;
        sequencer_anchor_arm_beat(sequencer);
    }
    sequencer->anchor_untold = true;
    sequencer->anchor_untold_size = size;
    snprintf(sequencer->anchor_untold_error, sizeof(sequencer->anchor_untold_error), "%s",
             error ? error : "");
    sequencer_anchor_tell(sequencer);
    if (!sequencer->ready || sequencer->busy || sequencer_anchor_is_awaited(sequencer))
        return;
    sequencer_tell(sequencer, true, NULL);
    if (!error)
        sequencer_wake(sequencer);
}

void sequencer_anchor_open(struct sequencer *sequencer)
{
    struct worker *worker = sequencer->worker;
    const char *command = sequencer_settings(sequencer)->log.anchor;
    if (!command)
        return;
    sequencer->anchor = anchor_new(worker->base, command, on_anchor, sequencer);
    sequencer->beat_timer = evtimer_new(worker->base, on_beat, sequencer);
}

bool sequencer_anchor_is_too_old(const struct sequencer *sequencer)
{
    int64_t most_ms = sequencer_settings(sequencer)->log.anchor_max_age_ms;
    return wants_beat(sequencer) &&
           (sequencer->anchored_us == INT64_MIN ||
            clock_monotonic_us() - sequencer->anchored_us > most_ms * 1000);
}

bool sequencer_anchor_refuse(const struct sequencer *sequencer, struct error *error)
{
    const char *why = sequencer->anchor_untold_error;
    return error_set(error, ERROR_STOPPED,
                     "not run: the last anchored checkpoint is older than log.anchor_max_age%s%s; "
                     "mend the command log.anchor, and it runs when a checkpoint was anchored",
                     *why ? ", since " : "", why);
}

void sequencer_anchor_begin(struct sequencer *sequencer)
{
    char term[24];
    const char *values[] = {sequencer_term(sequencer, term)};
    if (sequencer->anchor)
        return;
    pg_conn_query(sequencer->worker->control,
                  "SELECT retention.log_anchored($1::bigint, NULL, NULL)", 1, values, false, NULL,
                  NULL);
    pg_conn_sync(sequencer->worker->control);
}

void sequencer_anchor_forget(struct sequencer *sequencer)
{
    sequencer->anchor_untold = false;
    if (!sequencer->anchor)
        return;
    evtimer_del(sequencer->beat_timer);
    anchor_forget(sequencer->anchor);
}

void sequencer_anchor_free(struct sequencer *sequencer)
{
    anchor_free(sequencer->anchor);
    if (sequencer->beat_timer)
        event_free(sequencer->beat_timer);
}
