/* A run: one enforcement of one stage of one category. See run.c. */
#ifndef ENGINE_RUN_H
#define ENGINE_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/batch.h"
#include "engine/brake.h"
#include "engine/pace.h"
#include "engine/seq.h"
#include "engine/sweep.h"
#include "engine/worker.h"
#include "ledger/digest.h"
#include "policy/sql.h"

struct category_state;
struct lane;
struct run_drops;
struct worker;

/* Records set aside: 32 bytes of memory each; and so many of them are told one by one. */
enum { RUN_MOST_BLOCKED = 100000, RUN_TOLD_BLOCKED = 1000 };

enum run_step {
    RUN_STEP_TIME,   /* the run's instant: this and the reads up to START on a lane */
    RUN_STEP_SHAPES, /* which scopes of holds there are */
    RUN_STEP_PLAN,
    RUN_STEP_UNCLAIMED,
    RUN_STEP_TENANTS,
    RUN_STEP_START,  /* start_run: the plan entry, on the control connection */
    RUN_STEP_GROUPS, /* which groups of records may keep their quasi-identifiers */
    RUN_STEP_LIST,   /* the leaves of a pass */
    RUN_STEP_SWEEP,  /* batches */
    RUN_STEP_PAUSE,  /* before another pass for what others have locked */
    RUN_STEP_COUNT,  /* what remains, counted independently */
    RUN_STEP_CLOSE,  /* of aggregates: cells that are complete */
    RUN_STEP_DROP,   /* partitions that are empty and past, where the policy asks for it */
    RUN_STEP_FINISH, /* finish_run, record_status */
    RUN_STEP_OVER,
};

/* Digests of records that refuse to go. */
struct digest_set {
    uint8_t (*items)[DIGEST_SIZE]; /* sorted; owned */
    size_t count, capacity;
};

bool digest_set_has(const struct digest_set *set, const uint8_t digest[DIGEST_SIZE]);
void digest_set_add(struct digest_set *set, const uint8_t digest[DIGEST_SIZE]);
void digest_set_free(struct digest_set *set);

typedef void run_done_fn(struct worker *worker, const struct run_report *report, void *arg);

struct run {
    struct worker *worker;
    struct category_state *state;
    const struct category *category;
    size_t stage;
    const struct sql_category *sql;
    run_done_fn *done;
    void *arg;

    enum run_step step;
    bool acts;     /* false: planned and reported only */
    char id[33];   /* 32 hex digits; a uuid to PostgreSQL */
    char time[64]; /* the run's instant, timestamptz text, whole seconds, UTC */
    struct run_report report;
    char message[512];
    char *plan[PLAN_COLUMNS]; /* text or NULL; owned */
    int64_t unclaimed;
    bool started; /* start_run was accepted: finish_run has to follow */
    /* Closing cells: families of the next transaction, and those that stay open. */
    int64_t close_most, close_passed;
    struct run_drops *drops; /* of step DROP; owned */

    struct sweep sweep;
    const char *bounds_from; /* of the leaf that is asked for them; borrowed while it is sent */
    struct pace pace;
    struct brake_gauge brake;
    struct seq_pool seq;
    struct digester **digesters; /* one a relation, as sql->relations; NULL without keys */
    int64_t epoch;               /* of the digesters */
    unsigned shapes;             /* enum sql_shape: scopes of holds that were found so far */
    struct arena *counts_arena;  /* of counts; owned */
    struct sql_counts *counts;   /* for some shapes; made by run_counts */
    size_t family_hint;          /* parents a batch that had about family_rows children */

    struct digest_set blocked; /* set aside in this run: not tried again */
    int64_t nullified;         /* records that lost their quasi-identifiers */
    int close_asked;      /* how often the last step of closing was sent since it was answered */
    int64_t pass_met;     /* set aside, now or earlier, and met in this pass */
    int64_t pass_rows;    /* acted on in this pass, dependants included */
    bool careful;         /* the pass goes record by record where one refuses */
    int quiet_passes;     /* passes in a row that acted on nothing */
    int idle_passes;      /* ... that acted, and left as much as there was before */
    int64_t remained;     /* behind the pass before; -1: there was none */
    size_t out;           /* batches and checks under way */
    int64_t working;      /* connections with a batch, or that rest behind one */
    bool denied;          /* a leaf could not be locked for want of a privilege */
    char busy[160];       /* what others kept locked, so that it was left in this pass, or "" */
    bool impatient;       /* something was left so: others that are locked have less time */
    bool yielded;         /* it ends because of one */
    bool told_blocked;    /* that not each record that is set aside is told, was said */
    bool told_busy;       /* that the run waits for such a lock was said */
    int64_t read_busy_us; /* since when a read does not get its locks; 0: it does */
    struct event *read_timer; /* looks whether others wait for a read; NULL until there was one */
    bool read_looking, read_canceled; /* such a look is under way; it found somebody */
    int read_yields;                  /* reads that were given up for others */
    bool stopping;                    /* hand nothing out any more */
    enum run_status stop_status;
    char stop_sqlstate[6]; /* of the error that stopped it, or "" */
    struct brake_trip trip;
    int read_attempts;
    int64_t told_us; /* when progress was last written to the database */
    struct event *timer;
    struct event *look_timer; /* of pressure.c; NULL until it looked */
    bool looking, look_early; /* a look is under way; it was asked before batches may begin */
    bool looked;              /* one came that was asked since */
    int64_t dead_looked_us;   /* when dead rows were asked for last */
    enum pace_cause told_cause;
    int64_t waited_at_us; /* when a look last found it waiting */
    char waits_for[160];  /* told_cause in words, or "" */
    bool lacks_lane;      /* no worker connection can be made: said so */
    struct run *parked;   /* the next one that is over and not freed yet */
};

/* Begins a run of one stage; `done` is called once, from the loop. */
void run_start(struct worker *worker, struct category_state *state, size_t stage, run_done_fn *done,
               void *arg);
/* Finish what is in flight, then close the run with this status. */
void run_stop(struct run *run, enum run_status status, const char *message);
/* Whether it may be stopped for others: it acts, and has not come to its end. Not where groups of
 * records are judged by all batches of one run. */
/* Are the pieces of a range planned once? They differ in where they begin and end alone, which the
 * plan does not hang on. Not where it joins what is counted, nor where triggers of the application
 * would have their own plans made the same way. */
bool run_plans_once(const struct run *run);
bool run_may_take_turns(const struct run *run);
/* The leadership or control connection went: no more statements, the report says lost. */
void run_abandon(struct run *run);
/* Frees the runs that are over. Not from inside a callback of a run. */
void run_free_parked(struct worker *worker);

/* A lock on a whole relation was refused, for the first time since it could be had at *since_us
 * (0: just now). Is it tried again? */
bool run_has_patience(struct run *run, int64_t *since_us);

/* Called by lanes. */
void run_lane_ready(struct worker *worker);
void run_lane_dead(struct worker *worker);
/* An attempt to connect failed. Where no other connection is there either, status says so. */
void run_lane_missing(struct worker *worker, const struct error *error);
/* Called by batches. */
void run_batch_done(struct run *run, struct lane *lane, const struct work *work,
                    const struct batch_result *result);

#endif
