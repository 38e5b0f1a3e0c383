/* What the worker is doing, for whoever looks: the service's status line, metrics, health. */
#include "engine/view.h"

#include "engine/lane.h"
#include "engine/loader.h"
#include "engine/run.h"
#include "engine/state.h"

/* Why no worker connection can be made, or NULL: there is one, or nobody knows yet. */
static const char *no_connection(const struct worker *worker)
{
    const char *why = NULL;
    for (size_t i = 0; i < worker->lane_count; i++) {
        const struct lane *lane = worker->lanes[i];
        if (lane->state == LANE_READY || lane->state == LANE_BUSY)
            return NULL;
        if (lane->state == LANE_CONNECTING && lane->error.primary)
            why = lane->error.primary;
    }
    return why;
}

void worker_look(const struct worker *worker, struct worker_view *ret_view)
{
    static const enum worker_activity activities[] = {
        [PHASE_CONNECTING] = WORKER_CONNECTS, [PHASE_STANDBY] = WORKER_STANDS_BY,
        [PHASE_LOADING] = WORKER_LOADS,       [PHASE_RUNNING] = WORKER_RUNS,
        [PHASE_SLEEPING] = WORKER_SLEEPS,     [PHASE_CLOSING] = WORKER_STOPS,
        [PHASE_OVER] = WORKER_STOPS,
    };
    *ret_view = (struct worker_view){
        .activity = worker->stopping ? WORKER_STOPS : activities[worker->phase],
        .term = worker->leadership.term,
        .held_by = worker->leadership.held_by,
        .trouble = worker->trouble,
        .run = worker->run ? &worker->run->report : NULL,
        .figures = worker->figures,
        .figure_count = worker->figure_count,
    };
    const struct run *run = worker->run;
    ret_view->waits_for = run && run->waits_for[0] ? run->waits_for : no_connection(worker);
    for (int i = 0; i < PACE_CAUSES; i++)
        ret_view->waited_us[i] = worker->waited_us[i] + (run ? run->pace.waited_us[i] : 0);
    if (worker->phase == PHASE_SLEEPING)
        schedule_look(worker, ret_view);
    ret_view->accepted = worker->policies->accepted_words;
    reload_look(worker, ret_view);
    sequencer_look(worker, ret_view);
}

void worker_changed(struct worker *worker)
{
    if (worker->options.events.changed)
        worker->options.events.changed(worker->options.arg);
}
