/* A sweep: one pass over all leaves of a table, in block ranges handed out from one shared counter.
 *
 * A ctid is no identity. Rows move behind a sweep (updates, VACUUM FULL), leaves come and go. So:
 * one leaf at a time and ONLY it; when a leaf's ranges are all back, it is looked at again: grown,
 * the end block and what is new is read again, unless it grew by what was changed; rewritten
 * (another filenode), it starts over. And passes are repeated by the run until an independent count
 * finds nothing. */
#ifndef ENGINE_SWEEP_H
#define ENGINE_SWEEP_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/model.h"

struct arena;
struct sql_leaf;

struct tid {
    uint32_t block;
    uint16_t offset;
};

struct leaf {
    struct table_name name;
    const char *quoted; /* schema.name as SQL, for regclass */
    uint32_t oid, filenode;
    int64_t next, end; /* blocks, or slices, not yet handed out */
    enum leaf_way {
        LEAF_UNKNOWN,
        LEAF_ENDS,   /* by the index: by the blocks of what is due, if that stands together, ... */
        LEAF_BOUNDS, /* ... or by slices, as soon as their bounds are known */
        LEAF_BY_BLOCKS,
        LEAF_BY_SLICES,
        LEAF_WHOLE_FACTS, /* as a whole, if the catalog does not stand against it, ... */
        LEAF_WHOLE_STAYS, /* ... and no record of it is to stay */
        LEAF_WHOLE,
    } way;
    bool unproven;             /* its bounds do not say that all of it is due, or there are holds */
    bool by_rows;              /* not as a whole: something stood against it */
    bool in_order;             /* the pass goes by the blocks where what is due stands */
    int64_t blocks;            /* where the table ended when it was looked at last */
    struct arena *bound_arena; /* of these; NULL until there are any, freed when done */
    const char *from_start;    /* behind it the first slice begins; NULL: with all that there is */
    const char **bounds;       /* where slices end; the last of all has none */
    size_t bound_count;
    bool more_bounds;  /* of which there are more, asked for when these slices are done */
    int64_t in_flight; /* ranges out */
    int checks;        /* how often it was looked at again in this pass */
    bool gone, done, checking;
    int64_t busy_us; /* monotonic: since when others keep it locked as a whole; 0: nobody does */
    struct arena *arena; /* of its statements; NULL until needed, freed when done */
    struct sql_leaf *sql;
    unsigned shapes; /* enum sql_shape: of scopes of holds that `sql` asks for */
};

/* A range of one leaf: from a tid, inclusive, to a block, exclusive. Where the leaf goes by slices
 * of starting points, what of the range is in these: */
struct work {
    struct leaf *leaf;
    int64_t slice, to_slice; /* the first, and the one behind the last; 0: all rows of the range */
    struct tid from;
    int64_t to_block;
    int64_t first_block; /* where the range began, before a batch left the rest of it */
    int turn, to_turn;   /* of SQL_TURNS: the first, and the one behind the last; 0: all rows */
    int attempts;        /* how often it was tried and rolled back */
    int64_t most;        /* records that a careful batch may lock; 0: as the pace says */
    bool whole;          /* all of the leaf, at once, or nothing */
    bool careful;        /* lock first: the optimistic way met locked or poisoned rows */
    bool bisect;         /* and remove under savepoints, down to the record */
};

struct sweep {
    struct arena *arena; /* of this pass's leaves */
    struct leaf *leaves;
    size_t leaf_count;
    size_t first_open;     /* leaves before it are done */
    struct work *returned; /* came back undone; handed out first */
    size_t returned_count, returned_capacity;
    int64_t range_blocks; /* of the next range; shrinks where rows stand closer */
    int64_t most_blocks;  /* as many as hold batch_rows on the average */
    int64_t batch_rows;
    int64_t due;        /* records that are to be acted on in this pass, as far as is known */
    int passes;         /* begun */
    double row_blocks;  /* blocks a row takes on the average; 0: not known */
    int64_t slice_rows; /* of a slice, from the run's first aim on */
    bool records_stay;  /* what is acted on comes back at the end of the table */
    int turns;     /* that a range has, where it has any: SQL_TURNS, or fewer that are longer */
    bool may_turn; /* the pass changes more rows than a batch has */
    bool by_turns; /* the next ranges are as many batches as there are turns */
};

/* A full batch takes so many slices; a shorter one, fewer. */
enum { SWEEP_SLICES = 32 };

enum sweep_next { SWEEP_WORK, SWEEP_CHECK, SWEEP_OPEN, SWEEP_WAIT, SWEEP_OVER };

/* `records_stay`: the action changes records. Its own new versions of them then stand behind the
 * end that a pass began with, and are not read once more by it; what else came there is counted
 * with what remains, and has a pass of its own. */
void sweep_init(struct sweep *sweep, int64_t batch_rows, bool records_stay);

/* Before a pass begins: so many rows of so many are expected to be changed. Where that is more than
 * a batch, ranges are gone through in turns, one batch each, while they are full of such rows. */
void sweep_expect(struct sweep *sweep, int64_t due, int64_t rows);
void sweep_free(struct sweep *sweep); /* leaves {0} */

/* Ranges from now on should hold about so many rows. */
void sweep_aim(struct sweep *sweep, int64_t batch_rows);

/* May what is due stand together, so that it is worth asking? In a table without partitions, in the
 * first pass, where it is more than a batch. */
bool sweep_may_be_in_order(const struct sweep *sweep);
/* The answer of sql_leaf's `ends`. Where it does, its blocks are read one after the other, which
 * costs less than the same records by the index; if any are elsewhere, the count behind the pass
 * finds them, and the next pass goes by slices. */
void sweep_ends(struct sweep *sweep, struct leaf *leaf, const PGresult *result);

/* The statement that lists the leaves of a table ($1: its name as regclass reads it), and one leaf
 * again ($1: its oid): (oid, schema, name, quoted, filenode, blocks, fillfactor). */
const char *sweep_leaves_sql(void);
const char *sweep_check_sql(void);

/* Begins a pass with the leaves listed, which hold so many rows together (0: unknown). False where
 * the result is not what the statement gives. */
bool sweep_begin(struct sweep *sweep, const PGresult *result, int64_t rows);

/* What a free lane does next: a range, a leaf to look at again, wait for others, or nothing more.
 */
enum sweep_next sweep_take(struct sweep *sweep, struct work *ret_work, struct leaf **ret_leaf);
/* A range is finished: it acted on so many rows in so many blocks. */
void sweep_finished(struct sweep *sweep, const struct work *work, int64_t rows);
/* A range (or the rest of it) comes back and is handed out again. */
void sweep_return(struct sweep *sweep, const struct work *work);
/* A part of a range that is out becomes a range of its own. */
void sweep_add(struct sweep *sweep, const struct work *work);
/* The leaf is no part of the table any more. */
void sweep_leaf_gone(struct sweep *sweep, struct leaf *leaf);
/* SWEEP_OPEN: how does the leaf go? Decided: by blocks, or by slices, whose bounds are wanted then;
 * or it could not be asked. */
void sweep_decided(struct leaf *leaf, enum leaf_way way);
/* The leaf was emptied as a whole; or whether it can be, its rows must tell; or it cannot be, and
 * is opened again, to go by its rows. */
void sweep_emptied(struct sweep *sweep, struct leaf *leaf);
void sweep_unproven(struct sweep *sweep, struct leaf *leaf);
void sweep_by_rows(struct sweep *sweep, struct leaf *leaf);
/* The answer of `bounds`, so many at a time. Where very many rows begin at one moment, it goes by
 * blocks. */
void sweep_bounded(struct sweep *sweep, struct leaf *leaf, const PGresult *result);
/* Where the next of them are to begin: PARAM_FROM_START of `bounds`. */
const char *sweep_bounds_from(const struct leaf *leaf);
/* The starting points between which a range lies. */
const char *work_from_start(const struct work *work);
const char *work_to_start(const struct work *work);
/* Halves the range, if it can be halved: the second half is *ret_rest. */
bool work_halve(struct work *work, struct work *ret_rest);
/* The leaf was looked at again; result NULL or empty: it is gone. */
void sweep_checked(struct sweep *sweep, struct leaf *leaf, const PGresult *result);
void sweep_check_failed(struct leaf *leaf);

#endif
