/* What an SQLSTATE means for a batch: a table, from code or class to what to do. */
#ifndef PG_SQLSTATE_H
#define PG_SQLSTATE_H

enum retry_class {
    RETRY_AGAIN,     /* 40001, 40P01: the same batch again */
    RETRY_LOCKED,    /* 55P03: rows or relation locked: fall back, come back later */
    RETRY_RECONNECT, /* 08xxx, 57P01..57P03, lost: after a new connection; a COMMIT is looked up */
    RETRY_ROW,       /* 23xxx, P0001, 22xxx, 55000 ...: bisect to the record, set it aside */
    RETRY_CANCELED,  /* 57014: statement timeout or cancel: smaller batch */
    RETRY_RUN_STOP,  /* RT0xx of our functions: the run cannot go on: see enum below */
    RETRY_FATAL,     /* 28xxx, 42xxx, 53xxx, ...: stop the category, say why */
};

/* SQLSTATEs that begin_batch and its like raise. */
#define SQLSTATE_STALE_TERM     "RT001" /* another worker leads */
#define SQLSTATE_PAUSED         "RT002"
#define SQLSTATE_NOT_APPROVED   "RT003"
#define SQLSTATE_FINGERPRINT    "RT004" /* schema changed since it was checked */
#define SQLSTATE_CLOCK          "RT005" /* clocks differ or jumped */
#define SQLSTATE_WRONG_DATABASE "RT006" /* clone or restored database, not adopted */
#define SQLSTATE_BRAKE          "RT007"
#define SQLSTATE_SAME_ROLE      "RT008" /* who loaded a policy cannot approve it */
#define SQLSTATE_LEAF_GONE      "RT009" /* the leaf is no partition of the table any more */
#define SQLSTATE_NOT_FOUND      "RT010" /* no such category, run, policy */
#define SQLSTATE_REFUSED        "RT011" /* any other refusal by a retention function */
#define SQLSTATE_GUARD          "RT012" /* a guard: the record is under legal hold */
#define SQLSTATE_NOT_CHANGED    "RT014" /* a record has not the values that were set */
#define SQLSTATE_OPEN_CELLS     "RT015" /* open cells were counted in another way */
#define SQLSTATE_BAD_HOLD       "RT020" /* values of a hold are bad */
#define SQLSTATE_HOLD_GAPS      "RT021" /* categories that a hold cannot reach were not accepted */
#define SQLSTATE_HOLD_NOTHING   "RT022" /* a hold reaches nothing */
#define SQLSTATE_HOLD_KNOWN     "RT023" /* the same uuid was placed with other arguments */
#define SQLSTATE_HOLD_RELIES    "RT024" /* a hold would not keep any more what it keeps */

/* PostgreSQL's own. */
#define SQLSTATE_NO_STATEMENT "26000" /* no prepared statement of that name */

/* NULL or "": the connection was lost. A code of a class that PostgreSQL does not define was raised
 * by somebody's trigger or function: RETRY_ROW. */
enum retry_class sqlstate_retry_class(const char *sqlstate);

/* What the code means, in words made here ("unique violation"): the code's, else its class's. Never
 * NULL. Only these words reach people: PostgreSQL's own message may carry a row's values. */
const char *sqlstate_condition(const char *sqlstate);
/* What to do about it, a sentence, or NULL. */
const char *sqlstate_hint(const char *sqlstate);

#endif
