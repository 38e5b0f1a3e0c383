/* A batch: one transaction that acts on records of one leaf and logs it. See batch.c. */
#ifndef ENGINE_BATCH_H
#define ENGINE_BATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "engine/brake.h"
#include "engine/sweep.h"

struct batch;
struct lane;
struct run;

enum batch_end {
    BATCH_ACTED,       /* committed: records acted on, or set aside */
    BATCH_NOTHING,     /* nothing in the range is due, free and not locked by others */
    BATCH_AGAIN,       /* rolled back; `rest` is to be tried again after delay_ms */
    BATCH_UNPROVEN,    /* rolled back: whether the leaf can go as a whole, its rows must tell */
    BATCH_BY_ROWS,     /* rolled back: the leaf cannot go as a whole */
    BATCH_LEAF_GONE,   /* the leaf is no part of the table any more */
    BATCH_LEAF_DENIED, /* our role may not act on it */
    BATCH_LEAF_BUSY,   /* rolled back: others keep the leaf locked, `busy`, and it was waited for */
    BATCH_BUSY,        /* the same of a relation that every batch needs */
    BATCH_BRAKE,       /* rolled back: `trip` */
    BATCH_STOP,        /* rolled back: `error` says why the run cannot go on */
    BATCH_LOST,        /* the connection went; nothing was committed, which is known */
};

struct batch_result {
    enum batch_end end;
    int64_t rows; /* records of the category's table */
    int64_t dependant_rows;
    int64_t entries;  /* log entries: one for each relation touched */
    int64_t left;     /* records met that others had locked */
    int64_t met;      /* records met that were set aside earlier in the run */
    int64_t blocked;  /* set aside by this batch */
    const char *busy; /* the relation that others keep locked as a whole; "": one of those that
                         the policy reads; or NULL. Borrowed */
    bool more;        /* `rest` is still to do */
    struct work rest;
    bool split; /* and `other_half` too: the range was cut in two */
    struct work other_half;
    int64_t delay_ms;
    int64_t action_us, statements; /* the server took for the records, without begin and end, in
                                      so many statements; 0: unknown */
    int64_t rested_us;             /* between them */
    struct brake_trip trip;
    bool refused; /* STOP: a record of the category's refuses, and cannot be set aside */
    struct error error;
};

/* Starts a batch on a lane that the caller has taken. run_batch_done is called exactly once, unless
 * the batch is abandoned. */
void batch_start(struct lane *lane, struct run *run, const struct work *work);
bool batch_is_busy(const struct batch *batch); /* accepts NULL */
/* The run is over for a reason of its own (leadership lost): nothing more is reported. */
void batch_abandon(struct batch *batch); /* accepts NULL */
void batch_free(struct batch *batch);    /* accepts NULL */

#endif
