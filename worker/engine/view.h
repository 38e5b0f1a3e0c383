/* What the worker is doing, for whoever looks: the service's status line, metrics, health. */
#ifndef ENGINE_VIEW_H
#define ENGINE_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/pace.h"

struct run_report;
struct worker;

enum worker_activity {
    WORKER_CONNECTS,
    WORKER_STANDS_BY, /* another leads, or the log is being compared */
    WORKER_LOADS,
    WORKER_RUNS,
    WORKER_SLEEPS,
    WORKER_STOPS,
};

/* What the last run of a category found, and what all of them did since this worker started. */
struct category_figures {
    char *name;
    char *standing;     /* the word for how its last run ended: "done", "suspended", ... */
    bool counted;       /* the numbers below are of a plan; else there was none yet */
    int64_t counted_us; /* wall clock */
    int64_t due, held, kept, waiting, blocked, locked, left; /* left: due and free */
    int64_t oldest_us;  /* wall clock: when the oldest that is left fell due; 0: none */
    int64_t success_us; /* wall clock: when a run last ended well; 0: not yet */
    int64_t failed_us;  /* wall clock: when one last failed; 0: none since one ended well */
    int64_t deleted, dependants, batches, runs, failures; /* sums */
    /* of retention.intake; -1: not known */
    int64_t work_s, window_s; /* of a day: what its intake takes, and what there is */
    int64_t catch_up_s;
    int64_t behind; /* 1: the time is too short */
};

struct worker_view {
    enum worker_activity activity;
    int64_t term;                   /* 0: it does not lead */
    const char *held_by;            /* who leads instead, or NULL */
    const char *trouble;            /* why it is not connected, or waits where it is; or NULL */
    const struct run_report *run;   /* under way, or NULL */
    const char *waits_for;          /* why it hands out no batch now, or NULL */
    int64_t waited_us[PACE_CAUSES]; /* sums over runs */
    int64_t wakes_us;               /* wall clock, while it sleeps; 0: by a notice only */
    const char *wakes_for;          /* category, or NULL */

    int64_t reloads, reloads_refused;
    const char *reload_refused;       /* why the last reload was, or NULL */
    const char *reload_needs_restart; /* settings that wait for a restart, or NULL */

    const char *accepted; /* whose functions it acts on while they are not its own, or NULL */

    bool log_signed;          /* there is a signing key */
    bool log_ready;           /* runs may start */
    const char *log_trouble;  /* why not, or NULL */
    uint64_t log_size;        /* entries with a place */
    uint64_t log_signed_size; /* entries under the last checkpoint */
    int64_t checkpoint_us;    /* monotonic, when this worker signed last; 0: not yet */
    int64_t anchor_us;        /* monotonic, when a checkpoint was last anchored; 0: not known */
    bool log_anchored;        /* an anchor command is set */

    const struct category_figures *figures; /* by name as they came */
    size_t figure_count;
};

/* What the view points to is valid until the loop goes on. */
void worker_look(const struct worker *worker, struct worker_view *ret_view);

#endif
