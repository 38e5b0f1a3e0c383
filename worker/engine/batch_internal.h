/* The inside of a batch, for its own files: batch.c (states), batch_send.c (requests),
 * batch_records.c (records, digests, entries). */
#ifndef ENGINE_BATCH_INTERNAL_H
#define ENGINE_BATCH_INTERNAL_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"
#include "engine/batch.h"
#include "engine/lane.h"
#include "engine/run.h"
#include "engine/state.h"
#include "ledger/digest.h"
#include "pg/conn.h"

struct arena;

enum batch_state {
    BATCH_STATE_IDLE,
    BATCH_STATE_ACTING,       /* group 1, optimistic: begin ... DELETE of the range */
    BATCH_STATE_PROVING,      /* group 1, whole leaf: begin; do its bounds say that all is due? */
    BATCH_STATE_LOOKING,      /* group 1 or 2, whole leaf: begin ... what stands against it */
    BATCH_STATE_READING_LEAF, /* a part of it: the entry of the part before, and its rows */
    BATCH_STATE_LOCKING,      /* group 1, careful: begin ... SELECT FOR UPDATE SKIP LOCKED */
    BATCH_STATE_JUDGING,      /* what is read for the rows locked is locked, then they are judged */
    BATCH_STATE_READING,      /* values that the worker makes new ones of */
    BATCH_STATE_COUNTING,     /* dependants of the parents chosen; keys of nested ones */
    BATCH_STATE_REMOVING,     /* dependants, then parents, by tid */
    BATCH_STATE_UNDOING,      /* ROLLBACK TO the savepoint of a part that failed */
    BATCH_STATE_COMMITTING,   /* group 2: entries, COMMIT */
    BATCH_STATE_ROLLING_BACK, /* the end is already decided */
    BATCH_STATE_RESOLVING,    /* connection lost: what became of it? */
};

enum step {
    STEP_BEGIN,
    STEP_PINS,
    STEP_LOCK_RELATION,
    STEP_LOCK_LEAF,
    STEP_BEGIN_BATCH,
    STEP_HOLD_SHAPES,
    STEP_SETTING,
    STEP_PROOF_SETTING,
    STEP_PROOF,
    STEP_COUNT_LEAF,
    STEP_ANY_HOLD,
    STEP_WHOLE_FACTS,
    STEP_READ_PART,
    STEP_EMPTY,
    STEP_REMOVE_RANGE,
    STEP_REST,
    STEP_LOCK_ROWS,
    STEP_LOCK_READS,
    STEP_JUDGE_ROWS,
    STEP_READ_VALUES,
    STEP_LOCK_DEPENDANTS,
    STEP_COUNT_DEPENDANTS,
    STEP_SAVEPOINT,
    STEP_REMOVE_DEPENDANTS,
    STEP_REMOVE_SOME,
    STEP_REMOVE_OWN,
    STEP_REMOVE_TIDS,
    STEP_RELEASE,
    STEP_ROLLBACK_TO,
    STEP_APPEND,
    STEP_ENTRY, /* is it there? */
    STEP_BLOCK,
    STEP_COMMIT,
    STEP_ROLLBACK,
};

/* A request of the group under way; answered in order. */
struct request_step {
    enum step step;
    size_t relation; /* of the run's relations, where the step has one */
};

/* What the batch took out of one relation so far. */
struct taken {
    int64_t rows;
    uint8_t (*refs)[DIGEST_SIZE]; /* owned; kept from batch to batch */
    size_t ref_count, ref_capacity;
    int64_t mark_rows; /* before the part under way */
    size_t mark_refs;
};

struct cell {
    const char *bytes;
    size_t length;
};

/* The records that lock_rows locked, in tid order. */
struct locked_set {
    size_t count;
    struct cell *tids;
    struct cell *keys; /* count * columns, record after record */
    size_t columns;
    bool more; /* the range has more of them */
};

/* What is known of a dependant for the part under way: how many rows hang on it, and, where it has
 * dependants of its own, the keys of its rows, which are locked then. */
struct relation_keys {
    bool counted, known;
    int64_t rows;
    size_t count, columns;
    struct cell *cells; /* record after record */
};

struct tenant_count {
    uint64_t hash;
    int64_t rows;
};

/* A record set aside in this transaction. */
struct poison {
    uint8_t digest[DIGEST_SIZE];
    char sqlstate[6];
    char constraint[64];
};

/* What was heard of a pick. */
struct verdict {
    bool unlocked; /* others hold what the condition reads for it */
    bool due;      /* and free */
};

/* What a column's values become: literals of arrays, old and new in the same order. */
struct made_values {
    struct text old, new;
};

/* A part of the picks: [from, to). */
struct part {
    size_t from, to;
};

/* Of a leaf that is emptied as a whole. The arrays are owned. */
struct whole {
    const char *because; /* something stands against it: why; in the batch's arena */
    bool proven;         /* its bounds say that all of its rows are due, and nobody names them */
    bool held;           /* ... and there is a hold of the category */
    int64_t blocks, next, part_blocks;
    int64_t staying;  /* rows of the part that are not to go */
    int64_t rows;     /* of the parts before */
    int64_t *numbers; /* of the entries so far, but for batch->seq */
    size_t number_count;
    struct tenant_count *tenants; /* counted by the brake, those that it knows; by hash */
    size_t tenant_count;
};

struct batch {
    struct lane *lane;
    struct run *run;
    enum batch_state state;
    bool abandoned;
    struct work work;
    const struct sql_leaf *sql; /* the leaf's, as they were at the beginning */
    unsigned shapes;            /* of scopes of holds that they ask for */
    unsigned found;             /* ... and those that there are, seen behind the gate */
    struct batch_result result;

    struct request_step *steps; /* owned */
    size_t step_count, step_next, step_capacity;

    /* the group's first failure */
    bool failed;
    enum pg_outcome outcome;
    struct request_step failed_step;
    struct error error;
    char constraint[64];

    bool paced;       /* its statements have rests between them, which measure them */
    int64_t rest_us;  /* that each takes; 0: no time, the batch is one statement */
    int64_t acts_us;  /* the server's clock when the last of them ended; 0: there was none */
    int64_t began_us; /* the worker's clock when the transaction began, since 1970 */
    int64_t at;       /* begin_batch's time, seconds since 1970 */
    char xid[24];
    int64_t epoch;

    struct arena *arena; /* of this batch */
    struct taken *taken; /* one a relation; owned */
    size_t taken_count, taken_capacity;
    struct locked_set locked;
    struct relation_keys *relation_keys; /* one a relation; owned by the arena */
    size_t *picks;                       /* indexes into locked, those to act on */
    size_t pick_count;
    struct verdict *verdicts; /* one a pick while they are judged, else NULL; owned by the arena */
    struct made_values *made; /* one a column of sql->hashed, once they are read; owned */
    size_t made_count;
    size_t family_end;       /* picks from here on are a later batch's */
    bool part_begins;        /* nothing was sent for the part yet */
    bool savepoint_open;     /* of the part under way, or of the one before */
    char undo_sqlstate[6];   /* why a part is being undone */
    int64_t family_children; /* dependants counted for the part */
    size_t top;           /* the relation whose rows' families are weighed: the category's own, or a
                             dependant of a very large family */
    bool large_family;    /* one parent's dependants are more than a batch may hold */
    size_t some_relation; /* then: the relation that is being emptied, and how many may go */
    int64_t some_budget;
    int64_t some_before; /* rows taken out of it before the request under way */
    struct part *parts;  /* still to do, last first; owned by the arena */
    size_t part_count;
    struct part part;
    struct tenant_count *tenants; /* counted by the brake, to be taken back */
    size_t tenant_count;
    size_t tenant_capacity;
    size_t tenant_mark;
    bool tenants_counted;
    int64_t counted; /* records that the brake counted for this batch */
    struct poison *poisons;
    size_t poison_count;

    struct whole whole;

    int64_t seq;      /* first number taken */
    size_t seq_count; /* 0: none */
    int lost_pid;     /* of the backend whose end is being looked up */
    char lost_backend_start[64];
    bool commit_sent;
    bool resolve_waits; /* for the lane's timer */
};

/* A batch is tried so often before it ends its run, or leaves what is locked. */
enum { BATCH_MOST_ATTEMPTS = 30 };

/* --- batch.c --- */

/* The one way out. committed: the transaction's effects are there to stay. */
void batch_finish(struct batch *batch, bool committed);
/* Rolls back, and ends so. */
void batch_end_with(struct batch *batch, enum batch_end end);
void batch_end_with_error(struct batch *batch, const char *what);
/* Rolls back, to be tried again: at once, or after a while that grows with the attempts. */
void batch_again(struct batch *batch, bool at_once);
/* All that this batch removes is removed: entries and COMMIT, unless nothing was or the brake
 * holds. */
void batch_commit_or_not(struct batch *batch);

/* --- batch_family.c: careful batches --- */

void batch_rows_locked(struct batch *batch);
void batch_rows_judged(struct batch *batch);
void batch_family_counted(struct batch *batch);
void batch_part_removed(struct batch *batch);
void batch_undo_part(struct batch *batch, const char *sqlstate);
void batch_part_undone(struct batch *batch);

/* --- batch_whole.c: leaves that are emptied as a whole --- */

void batch_send_whole(struct batch *batch);
bool batch_take_proof(struct batch *batch, enum step step, const PGresult *result,
                      struct error *error);
bool batch_take_facts(struct batch *batch, const PGresult *result, struct error *error);
bool batch_take_part(struct batch *batch, const PGresult *result, struct error *error);
void batch_leaf_proven(struct batch *batch);
void batch_leaf_looked_at(struct batch *batch);
void batch_part_read(struct batch *batch);
/* True: the failure was of a kind that the leaf goes by its rows for, or is tried again. */
bool batch_whole_failed(struct batch *batch);
/* The transaction was rolled back. */
void batch_whole_uncount(struct batch *batch);
void batch_forget_whole(struct batch *batch);

/* --- batch_values.c --- */

bool batch_take_values(struct batch *batch, const PGresult *result, struct error *error);
void batch_values_read(struct batch *batch);
void batch_forget_values(struct batch *batch); /* wipes them */

/* --- batch_lost.c --- */

void batch_lost(struct batch *batch);

/* --- batch_send.c --- */

/* Queues a step; the batch's own callback receives its answer. */
void batch_begin_group(struct batch *batch, enum batch_state state);
void batch_queue(struct batch *batch, enum step step, size_t relation, const char *sql,
                 size_t count, const char *const *values);
void batch_end_group(struct batch *batch);

/* BEGIN, pins, and the locks of the dependants and the leaf; ... */
void batch_send_begin(struct batch *batch);
/* ... the gates, and what is decided behind them; ... */
void batch_send_gate(struct batch *batch);
void batch_send_prologue(struct batch *batch); /* ... both. */
void batch_send_remove_range(struct batch *batch);
/* The most records that a careful batch locks. */
int64_t batch_most_rows(const struct batch *batch);
void batch_send_lock_rows(struct batch *batch);
/* Locks what the condition reads for the picks, and asks which of them are due and free then; false
 * where the policy has no such statement. */
bool batch_send_judge(struct batch *batch);
/* Reads the values that the worker makes new ones of, once a batch; false: there are none. */
bool batch_send_read_values(struct batch *batch);
/* Counts or locks what can be counted or locked next for the part; false where nothing is left. */
bool batch_send_family(struct batch *batch);
/* Removes the part; under a savepoint where the batch bisects. */
void batch_send_part(struct batch *batch);
void batch_send_remove_some(struct batch *batch);
/* Very large families whose dependants have dependants: locks some rows of a dependant... */
void batch_send_lock_some(struct batch *batch, size_t relation);
/* ... and removes them with all that hangs on them. */
void batch_send_remove_own(struct batch *batch);
bool batch_is_below(const struct batch *batch, size_t relation, size_t top);
void batch_send_undo(struct batch *batch); /* back to the part's savepoint */
void batch_send_entries(struct batch *batch);
/* The entry of what was taken of a relation. */
void batch_queue_entry(struct batch *batch, size_t relation, int64_t number);
/* A statement of the leaf over a range of blocks. */
void batch_queue_range(struct batch *batch, enum step step, const struct sql_statement *statement,
                       const struct work *range);

pg_result_fn batch_on_result;

/* --- batch_records.c --- */

/* Reads an answer of remove, remove_tids where records are deleted: counts rows, makes digests.
 * False with an error where the answer is not of the shape that the policy's statements give. */
bool batch_take_deleted(struct batch *batch, const PGresult *result, size_t relation,
                        struct error *error);
/* The same of whole_read, whose records may still stay. */
bool batch_take_read(struct batch *batch, const PGresult *result, size_t relation,
                     int64_t *ret_staying, struct error *error);
/* The same of all others, and of dependants. */
bool batch_take_removed(struct batch *batch, const PGresult *result, size_t relation,
                        bool tenants_follow, struct error *error);
bool batch_take_locked(struct batch *batch, const PGresult *result, struct error *error);
/* The keys of a dependant that has dependants of its own. */
bool batch_take_relation_keys(struct batch *batch, const PGresult *result, size_t relation,
                              struct error *error);
/* Reads an answer of lock_reads or judge_tids. */
bool batch_take_judged(struct batch *batch, const PGresult *result, enum step step,
                       struct error *error);
/* Leaves the picks that are due and free and rest on locked rows only. */
void batch_keep_judged(struct batch *batch);
/* Leaves out the records set aside earlier in this run. */
void batch_make_picks(struct batch *batch);
void batch_digest_of(struct batch *batch, size_t record, uint8_t ret_digest[DIGEST_SIZE]);
void batch_mark(struct batch *batch);         /* before a part */
void batch_back_to_mark(struct batch *batch); /* the part was undone */
/* The entry of one relation; refs are sorted on the way. */
bool batch_entry(struct batch *batch, size_t relation, int64_t seq, struct text *out,
                 struct error *error);
/* Array literals of the picks [from, to). */
void batch_tids_literal(const struct batch *batch, struct part part, struct text *out);
/* For the last relation the keys of the picks, for others the keys locked last. */
void batch_keys_literal(const struct batch *batch, size_t relation, struct part part, size_t column,
                        struct text *out);
bool tid_parse(const char *text, size_t length, struct tid *ret);

#endif
