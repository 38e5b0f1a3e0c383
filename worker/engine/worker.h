/* The worker: leads, loads the policies, runs what is due, and (as a daemon) sleeps until more is.
 *
 *   struct worker *worker = worker_new(&options);
 *   int code = worker_run(worker, &error);        one event loop, until it is over
 *   worker_free(worker);
 *
 * Used by `retentiond` and by `retentionctl run`, which leads for its own duration. One loop, one
 * control connection (leadership, LISTEN, runs' first and last entries) and N worker connections;
 * nothing in it blocks. All callbacks come from inside worker_run. */
#ifndef ENGINE_WORKER_H
#define ENGINE_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"

struct error;
struct event_base;
struct settings;
struct worker;

enum worker_mode {
    WORKER_ONCE,   /* one round over the categories, then the end */
    WORKER_DAEMON, /* rounds whenever something falls due, until worker_stop */
    WORKER_CHECK,  /* configuration and policies against the database; changes nothing */
};

/* Why a category was not run, or how its run ended. The words of retention.run.status are made
 * from these: see run_status_word. */
enum run_status {
    RUN_RUNNING,
    RUN_DONE,      /* nothing due and free is left, or what is left is counted in `remaining` */
    RUN_STOPPED,   /* by a signal, the end of its window, or an approval withdrawn */
    RUN_PAUSED,    /* by a person */
    RUN_BRAKE,     /* a surprising amount */
    RUN_FAILED,    /* see `message` */
    RUN_LOST,      /* the control connection or the leadership went */
    RUN_OBSERVED,  /* mode observe: planned and reported only */
    RUN_SUSPENDED, /* awaiting approval */
    RUN_INVALID,   /* the policy does not fit the database, or has errors */
    RUN_RED,       /* its policy file disappeared */
    RUN_OUTSIDE_WINDOW,
    RUN_TURN_OVER, /* others are due; it goes on when they had their turn. "stopped" to the log */
};

/* What is known of one run of one category's stage; valid during the callback. */
struct run_report {
    const char *category;
    const char *stage;
    const char *run;      /* uuid, or NULL where none was started */
    const char *relation; /* "schema.table" */
    const char *action;   /* "delete" */
    enum run_status status;
    const char *message;  /* for people, or NULL */
    const char *sqlstate; /* of the error that ended it, or "" or NULL */
    bool refused;         /* FAILED, since records refuse: that is no reason for other stages */
    int64_t table_rows, due, held, kept, waiting, to_act; /* the plan's; -1: it was not planned */
    int64_t rows; /* records acted on so far, dependants not counted */
    int64_t dependant_rows;
    int64_t batches;
    int64_t blocked;    /* set aside in this run */
    int64_t locked;     /* left because others held them, last pass */
    int64_t remaining;  /* counted independently at the end; -1 unknown */
    int pass;           /* from 1 */
    int64_t started_us; /* clock_monotonic_us */
    int64_t acts_us;    /* the same, when its first pass began; 0: not yet */
    int64_t elapsed_us;
};

struct worker_events {
    /* Policies were read and checked; diags holds all that is to say about them. */
    void (*policies)(const struct diags *diags, void *arg);
    /* Another worker leads; asked only with lead_or_leave. */
    void (*not_leading)(const char *held_by, void *arg);
    void (*leading)(int64_t term, void *arg);
    void (*run_started)(const struct run_report *report, void *arg);
    void (*run_progress)(const struct run_report *report, void *arg); /* after each batch */
    void (*run_finished)(const struct run_report *report, void *arg); /* also for skipped ones */
    /* What worker_look tells (engine/view.h) has changed; the first time, once the files were read
     * and the worker begins. */
    void (*changed)(void *arg);
    /* A reload begins; it was refused, or is in effect from the next batch on. */
    void (*reloading)(void *arg);
    void (*reloaded)(void *arg);
    void (*stopping)(void *arg);
};

struct worker_options {
    const struct settings *settings; /* borrowed, must outlive the worker */
    enum worker_mode mode;
    const char *program;           /* application_name: "retentiond", "retentionctl" */
    const char *const *categories; /* NULL with count 0: all; borrowed */
    size_t category_count;
    bool lead_or_leave;  /* when another leads, end at once (RUN of retentionctl) */
    bool ignore_windows; /* a person asked: categories run outside of their windows */
    bool quiet;          /* run results are not logged: the callbacks show them */
    struct worker_events events;
    void *arg;
};

struct worker *worker_new(const struct worker_options *options);

/* Runs until it is over. The exit code of DESIGN section 6: 0; 1 with error set; 3 policies invalid
 * (the others ran); 5 stopped by a brake, a pause, or awaiting approval. With lead_or_leave and
 * another leader: 5, after not_leading was called. */
int worker_run(struct worker *worker, struct error *error);

/* Finish the batches in flight, close the run, resign, return from worker_run. Only from inside the
 * loop (callbacks); for signals use worker_heed_signals. */
void worker_stop(struct worker *worker);

/* SIGTERM and SIGINT call worker_stop; the second one ends the process at once (which is safe: what
 * is not committed is rolled back). SIGHUP makes a daemon read its files again. */
void worker_heed_signals(struct worker *worker);

/* The loop of worker_run, for timers and sockets that live beside the worker. */
struct event_base *worker_loop(struct worker *worker);

void worker_free(struct worker *worker); /* accepts NULL */

/* "done", "brake", ...: the word for people and for retention.run.status. */
const char *run_status_word(enum run_status status);
/* What became of the records of a run, by its report's action: "deleted", "de-identified" ... */
const char *run_done_word(const char *action);

#endif
