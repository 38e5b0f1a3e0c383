/* The policies that the worker enforces: read from the directory, checked against the database's
 * facts, loaded into schema retention. See loader.c. */
#ifndef ENGINE_LOADER_H
#define ENGINE_LOADER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/diag.h"
#include "engine/worker.h"
#include "pg/catalog.h"
#include "policy/model.h"
#include "policy/sql.h"

struct function_list;
struct worker;

/* One category of the directory, or one that only the database knows (red). */
struct category_state {
    const char *name;
    const struct category *category; /* NULL: its file is gone */
    bool valid;
    enum run_status standing; /* RUN_RUNNING: may run; else why it is skipped */
    char state[16];           /* retention.category.state */
    char approved_sha256[65]; /* or "" */
    char *approved_text;      /* in the arena, or NULL */
    bool brake_engaged, paused;
    const char *proven; /* under the fingerprint that it had, its text in effect changed records */
    bool tried;         /* on some records, by this worker, as it is now */
    const char *relation;         /* "schema.table" */
    struct sql_category **stages; /* one a stage; NULL where it is not valid */
    struct sql_basis basis;       /* of the stages */

    /* What its stages found in this round; moments as members of an array literal. */
    struct {
        int64_t not_started, due, held, kept_while, kept_floor, waiting, to_act, floor_after_cap;
        int64_t blocked, locked; /* locked: of to_act */
        const char *oldest, *next_due;
        int64_t oldest_us;   /* the same, wall clock; 0: none */
        int64_t next_due_us; /* ... INT64_MAX: none */
        int64_t counted_us;  /* wall clock; 0: not in this round */
    } found;

    /* of the schedule; wall clock in microseconds */
    int64_t rest_until_us, least_rest_until_us; /* not before; and the shortest that it could be */
    int64_t next_due_us; /* 0: at once; INT64_MAX: nothing to wait for but a notice or wake_most */
    int64_t looked_us;   /* when a round came to it last */
    int64_t pause_over_us; /* when a pause ends; INT64_MAX: none does */
    bool try_again;        /* something due was left: again after the rest */
    bool requested;        /* a person asked for it */
    bool stage_failed;     /* one of this round's did, and the others went on */
    bool turn_over;        /* a stage was stopped for others: it goes on in the next round */
    bool again;            /* ran into a changed schema: once more after checking anew */
};

struct policies {
    struct policy_set *set;   /* read at start, and when told to reload */
    struct diags parse_diags; /* of reading it */
    struct diags diags;       /* of the last check against the database */
    struct catalog *catalog;
    struct function_list *accepted; /* read with the set, or NULL; owned */
    const char *accepted_words;     /* while it counts, in the arena; else NULL */
    char *tried; /* "SHA-256 fingerprint" of what was tried on records, a line each; owned */
    struct arena *arena; /* of the states and statements of one load */
    struct category_state *states;
    size_t state_count;
    bool invalid; /* some category is */
};

typedef void loader_done_fn(struct worker *worker, bool done, const struct error *error);

/* Reads the directory, and the list of accepted functions. False with an error where there is
 * nothing to work with; what is wrong with the list is logged. */
bool loader_read(struct worker *worker, struct error *error);

/* Facts, checks, load_policy: on the control connection. With check_only nothing is written. `done`
 * is called once; false: it could not be done (error). */
void loader_load(struct worker *worker, bool check_only, loader_done_fn *done);

struct category_state *loader_find(struct policies *policies, const char *name);
void loader_free(struct policies *policies); /* accepts NULL */

#endif
