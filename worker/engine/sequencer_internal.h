/* What the files of the sequencer share. */
#ifndef ENGINE_SEQUENCER_INTERNAL_H
#define ENGINE_SEQUENCER_INTERNAL_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"
#include "engine/sequencer.h"
#include "ledger/hold_file.h"
#include "ledger/note.h"
#include "pg/conn.h"

struct anchor;
struct directory;
struct publish;
struct settings;

enum { SEQUENCER_MOST_KEYS = 64 };

/* A hold's copy in the directory. */
struct hold_copy {
    char uuid[HOLD_UUID_LENGTH + 1];
    uint64_t entries; /* log entries of the hold that it includes */
};

struct sequencer {
    struct worker *worker;
    struct note_signer *signer; /* NULL: there is no tree */
    char *holder;               /* this host and its directory, as log_checkpoint.host */
    char *last_holder;          /* who signed last, as the database says; NULL: nobody */
    bool proven;                /* that nothing was signed that is not known here */
    struct event *timer;        /* the next pass, or the next attempt */
    struct event *flush_timer;  /* whether standbys have it */
    struct anchor *anchor;      /* NULL: no command is set */
    struct event *beat_timer;   /* before the last anchor gets too old; NULL as anchor is */

    sequencer_done_fn *start_done, *finish_done; /* to be called, or NULL */
    bool busy;                                   /* a check or a pass is under way */
    bool again;                                  /* and another is wanted after it */
    bool ready;                                  /* the last one ended well */
    bool refused;                                /* a run, since then */
    bool yielded;                                /* the control connection is another's */
    void (*yield_then)(struct worker *worker);   /* and will be, when the pass is over */
    struct error error;                          /* why it is not ready */

    struct directory *directory; /* locked while this worker leads */
    struct publish *publish;     /* NULL until compared */
    uint64_t size;               /* entries with a place, in the database */
    uint64_t read_to;            /* of the rows under way */
    uint64_t signed_size;        /* in the directory */
    int64_t signed_us;           /* clock_monotonic_us of the last checkpoint; 0: none yet */
    uint64_t recorded_size;      /* the last row of log_checkpoint */
    uint64_t rebuild_from;       /* checkpoints above it are put back from the database */
    struct checkpoint last;      /* of the directory */
    struct text last_note;

    /* The keys that the log names, in order, and after them the signer's, if it is none of them. */
    struct note_verifier keys[SEQUENCER_MOST_KEYS];
    size_t key_count, named_count;
    bool has_rotation;
    uint64_t rotated_at; /* index of the last rotation */

    struct hold_copy *copies;
    size_t copy_count;
    bool copy_due; /* before the next signature: something of a hold is new */

    struct text note; /* signed in this pass */
    uint8_t root[32];
    char lsn[32]; /* what standbys must have on disk */
    int flush_ms;
    int64_t anchored_us; /* clock_monotonic_us of the last anchor; INT64_MIN: never */
    uint64_t anchored_size;
    bool anchor_untold; /* while yielded: what is to be recorded */
    uint64_t anchor_untold_size;
    char anchor_untold_error[128];
    struct error row_error; /* of a row or statement of this pass: the rest of it is dropped */
    int locked_out;         /* times in a row that the directory was locked by another process */
};

/* sequencer_check.c: compares, opens what is needed, and ends in sequencer_pass or in
 * sequencer_fail. */
void sequencer_check(struct sequencer *sequencer);
/* sequencer.c */
void sequencer_pass(struct sequencer *sequencer);
void sequencer_place(struct sequencer *sequencer); /* after sequencer_ask_holds */
/* Not ready, for this reason; tried again later. state: the word for log_state. */
void sequencer_fail(struct sequencer *sequencer, const char *state, int64_t missing,
                    const struct error *error);
/* sequencer_holds.c */
void sequencer_forget_holds(struct sequencer *sequencer);
bool sequencer_scan_holds(struct sequencer *sequencer, struct error *error);
/* Ends in sequencer_place, or in a failure where holds are missing in the database. */
void sequencer_ask_holds(struct sequencer *sequencer);
/* Ends in sequencer_flush, or in a failure. */
void sequencer_copy_holds(struct sequencer *sequencer);
/* sequencer_publish.c: everything after the places; ends in sequencer_end_pass or in a failure. */
void sequencer_publish(struct sequencer *sequencer);
void sequencer_flush(struct sequencer *sequencer); /* after sequencer_copy_holds */
void sequencer_on_flush_timer(evutil_socket_t fd, short what, void *arg);
/* sequencer.c: all is signed and recorded. */
void sequencer_end_pass(struct sequencer *sequencer);
/* True where the request, and all before it, did what they should; else the pass has failed or is
 * over. */
bool sequencer_went_well(struct sequencer *sequencer, enum pg_outcome outcome,
                         const struct error *error);
/* Of a statement whose `committed` is told what went wrong. */
pg_result_fn sequencer_on_statement;
/* A check or a pass, now or after the one under way. */
void sequencer_begin(struct sequencer *sequencer);
/* Whoever started or ends the sequencer is told. */
void sequencer_tell(struct sequencer *sequencer, bool ready, const struct error *error);
/* What was refused may be tried now. */
void sequencer_wake(struct sequencer *sequencer);
void sequencer_arm(struct event *timer, int64_t ms);

/* sequencer_anchor.c */
void sequencer_anchor_open(struct sequencer *sequencer);
/* A checkpoint was signed: the last. */
void sequencer_anchor_signed(struct sequencer *sequencer);
/* Before half of log.anchor_max_age is over since the last anchor, something is to be anchored. */
void sequencer_anchor_arm_beat(struct sequencer *sequencer);
/* A pass is over: true where a heartbeat is due and another pass was begun with it. */
bool sequencer_anchor_at_end(struct sequencer *sequencer);
/* Whether done must wait for the anchor command: at the end always, at the beginning where runs
 * depend on it; for one attempt. */
bool sequencer_anchor_is_awaited(const struct sequencer *sequencer);
/* The outcome of the command, into the database, if it could not be told before. */
void sequencer_anchor_tell(struct sequencer *sequencer);
bool sequencer_anchor_is_too_old(const struct sequencer *sequencer);
/* Says why no run starts then; returns false. */
bool sequencer_anchor_refuse(const struct sequencer *sequencer, struct error *error);
/* Where no command is set, what an earlier worker's came to counts no more. */
void sequencer_anchor_begin(struct sequencer *sequencer);
void sequencer_anchor_forget(struct sequencer *sequencer);
void sequencer_anchor_free(struct sequencer *sequencer);

/* Whoever waits for the control connection gets it. */
void sequencer_give_way(struct sequencer *sequencer);
const struct settings *sequencer_settings(const struct sequencer *sequencer);
const char *sequencer_number(char buffer[24], uint64_t number);
const char *sequencer_term(const struct sequencer *sequencer, char buffer[24]);
/* The signer may sign a tree of this size: its key is the one that the log names last, or what it
 * signs is the first checkpoint over the entry that names the next. */
bool sequencer_key_is_current(const struct sequencer *sequencer);
bool sequencer_add_key(struct sequencer *sequencer, const char *vkey, size_t length,
                       struct error *error);
/* One statement in a transaction of its own: fn is called with its result, committed (or NULL) when
 * it has been committed. */
void sequencer_transaction(struct sequencer *sequencer, const char *sql, size_t count,
                           const char *const *values, const int *lengths, const int *formats,
                           pg_result_fn *fn, pg_result_fn *committed);

#endif
