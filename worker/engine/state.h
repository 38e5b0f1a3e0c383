/* What the parts of the engine share: the worker itself. Each part owns the members named after it
 * and changes no others; the parts call each other through their headers. */
#ifndef ENGINE_STATE_H
#define ENGINE_STATE_H

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/window.h"
#include "engine/view.h"
#include "engine/worker.h"
#include "pg/conn.h"

struct category_state;
struct epochs;
struct lane;
struct diag;
struct policies;
struct reload;
struct round;
struct run;
struct settings;
struct text;
struct schedule;
struct sequencer;

/* How long nothing is said again of a connection that cannot be made. */
enum { CONNECT_TELL_AGAIN_US = 600000000 };

/* The settings that the engine uses, in the units it uses. */
struct limits {
    const char *conninfo;
    size_t connections;
    int64_t statement_timeout_ms, lock_timeout_ms;
    int64_t batch_rows, family_rows;
    int64_t rows_per_second; /* 0: not limited */
    const char *pace_preset;
    struct window window;                      /* of categories that have none */
    int64_t standby_lag_mb, wal_mb_per_second; /* 0: the preset's */
    int64_t standbys;                          /* that must be connected */
    int64_t dead_percent, dead_rows;           /* too many are more than both; 0: nobody looks */
    int64_t lease_ms, max_skew_ms, wake_most_ms, turn_ms, stop_within_ms;
    const char *policy_directory;
    const char *kek_file; /* NULL: none */
    const char *hmac_file;
    const char *epoch; /* interval text: how long a key is used */
};

enum worker_phase {
    PHASE_CONNECTING, /* control connection under way */
    PHASE_STANDBY,    /* another worker leads */
    PHASE_LOADING,    /* policies, facts, keys */
    PHASE_RUNNING,    /* a round over categories */
    PHASE_SLEEPING,   /* daemon, nothing due */
    PHASE_CLOSING,    /* resigning */
    PHASE_OVER,
};

struct worker {
    struct worker_options options;
    struct limits limits;
    struct event_base *base;
    enum worker_phase phase;
    bool stopping;           /* a signal: finish what is in flight */
    int64_t connect_told_us; /* when it was logged last that the server cannot be reached, or 0 */
    bool reload_taken;       /* settings were swapped, and not told to the database yet */
    char *policies_told;     /* the diagnostics that were, as text, or NULL; owned */
    int exit_code;
    struct error error; /* why worker_run fails */
    struct event *signal_events[2], *hangup_event;
    int signals_seen;
    char *trouble; /* why the server cannot be reached, or NULL; owned */

    struct pg_conn *control;
    bool reading;  /* a read-only transaction is open on it, over several answers */
    char uuid[37]; /* of this worker, for retention.lead */
    char host[256];

    struct {
        int64_t term;        /* 0: not leading */
        struct event *timer; /* renew, or try again */
        bool asking;
        bool told;          /* standby was announced */
        bool deaf;          /* the session cannot lead for good: connect anew */
        bool read_only;     /* that it reached a read-only server was told */
        int64_t standby_us; /* since then, monotonic */
        char *held_by;      /* who leads instead, or NULL; owned */
    } leadership;

    struct policies *policies;
    struct epochs *epochs;
    struct lane **lanes;
    size_t lane_count;
    struct run *run;         /* the one under way, or NULL */
    struct run *parked_runs; /* over; freed from the loop */
    struct schedule *schedule;
    struct sequencer *sequencer;
    struct reload *reload;
    struct {
        struct event *timer; /* or NULL */
        bool cancelled;
    } stop;
    struct category_figures *figures; /* one a category that was looked at; owned */
    size_t figure_count;
    int64_t figures_term;           /* under which they were found last; 0: none */
    int64_t waited_us[PACE_CAUSES]; /* sums over the runs that are over */
};

/* The states of the whole: one function changes them. */
void worker_enter(struct worker *worker, enum worker_phase phase);
/* The leadership is ours: close what an earlier worker left, then load. */
void worker_leads(struct worker *worker);
/* The control connection or the leadership went: everything under way ends as lost, and the worker
 * starts over (daemon), or the program fails with this error (once). */
void worker_lost(struct worker *worker, const struct error *error);
/* These settings count from now on; borrowed. */
void worker_use_settings(struct worker *worker, const struct settings *settings);
/* "file:line: message; hint: ..." */
void worker_add_diag(struct text *line, const struct diag *diag);
/* Tells whoever looks. */
void worker_changed(struct worker *worker);
/* Each part's share of worker_look. */
void schedule_look(const struct worker *worker, struct worker_view *view);
void reload_look(const struct worker *worker, struct worker_view *view);
void sequencer_look(const struct worker *worker, struct worker_view *view);
/* Ends worker_run with this error. */
void worker_fail(struct worker *worker, const struct error *error);
/* Remembers the worst exit code seen. */
void worker_note_exit(struct worker *worker, int code);
/* A run, or what stands for a skipped one, is over: tells the callbacks and the log. */
void worker_report(struct worker *worker, const struct run_report *report);

#endif
