/* Verification of a log directory, by whoever trusts nothing but the log's vkey (LOG-FORMAT:
 * "Proofs"). No database, no keys. The log streams: memory grows with what is
 * open at one time, and not with the log.
 *
 * What is checked, in this order: the checkpoint's signature; every entry against the hash tiles,
 * every tile against the one above it, the whole tree against the checkpoint; what the entries say
 * of each other (a run's batches are there, each once, and add up to its `done`; policies, epochs
 * and the genesis are named before they are used); the record digests of every batch against the
 * root in its entry; the checkpoints kept against the tree as it was at their sizes; policy texts
 * against their hashes; what is missing against the prunes that the log itself holds. */
#ifndef LEDGER_VERIFY_H
#define LEDGER_VERIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ledger/entry.h"
#include "ledger/merkle.h"
#include "ledger/note.h"

struct error;

enum { VERIFY_MOST_KEYS = 32, VERIFY_MOST_WHERE = 192 };

struct verify_options {
    const char *directory;
    const struct note_verifier *keys; /* given by the auditor; any of them may have signed */
    size_t key_count;
    const char *against; /* a checkpoint kept earlier, as it was signed; NULL: none */
    size_t against_length;
    /* Called now and then with the number of entries done, and all of them. May be NULL. */
    void (*progress)(void *arg, uint64_t done, uint64_t total);
    /* Called for each entry in order, after it was checked against its tile; bytes is NULL where it
     * is pruned. False ends the verification with the error set. May be NULL. */
    bool (*entry)(void *arg, uint64_t index, const uint8_t leaf[MERKLE_HASH_SIZE],
                  const uint8_t *bytes, size_t length, struct error *error);
    void *arg;
};

/* What was checked. Also filled, as far as it went, where the verification fails. */
struct verify_result {
    struct checkpoint checkpoint;
    char note[4096];             /* the checkpoint as it is signed, NUL-terminated */
    struct note_verifier signer; /* whose signature counted */

    uint64_t entries;    /* replayed */
    uint64_t prune_upto; /* what the log allows to be gone: all below this entry */
    uint64_t pruned;     /* entries that the log's own prune took away: their hashes alone were */
    int64_t earliest_seconds, latest_seconds; /* of the entries that are there, in any order */
    uint64_t tiles;                           /* hash tiles compared */

    uint64_t batches, rows;           /* rows: dependants' included */
    uint64_t record_files, refs;      /* sets of record digests, and digests in them */
    uint64_t records_pruned;          /* sets that are gone with their entries, or below a prune */
    uint64_t records_extra;           /* files of records/ that no entry here tells of */
    uint64_t runs;                    /* planned in the entries that are there */
    uint64_t runs_done, runs_open;    /* open: planned, and not ended where the log ends */
    uint64_t runs_partly;             /* began below the prune: their totals cannot be checked */
    uint64_t anomalies, gaps, counts; /* entries of this type; codes "gap" and "count" among them */
    uint64_t lost, unplaced;          /* codes "lost.TYPE", "unplaced.TYPE" among them */
    uint64_t proofs;                  /* saved by a prune, and checked */
    uint64_t policies, checkpoints;   /* texts, and checkpoints kept, that were checked */
    uint64_t against_size;            /* of the checkpoint kept earlier, which the log extends */
    uint64_t partial_tiles;           /* left over from smaller sizes, checked as well */
    uint64_t holds;                   /* files of holds/: encrypted, not checked */
    uint64_t unknown;                 /* entries of types that this version does not know */
    char unknown_type[32];            /* the first of them */
    uint64_t strays;                  /* files that are no part of a log; not checked */
    char stray[VERIFY_MOST_WHERE];    /* the first of them, '?' for what is not to be printed */
    uint64_t ahead;                   /* tiles of a tree that is larger than the checkpoint's */

    /* The tiles lead to the checkpoint's root. Where they do not, what was compared with them by
     * the time that it failed was not compared with anything that is signed. */
    bool tiles_are_signed;

    /* Where it failed: a path below the directory, and the entry's index or UINT64_MAX. */
    char where[VERIFY_MOST_WHERE];
    uint64_t where_entry;
};

/* Verifies. False with ERROR_LOG and the first thing that is wrong; ERROR_FAILED where the files
 * could not be read. A log that grows meanwhile is verified as it was at the start. */
bool verify_directory(struct verify_result *ret_result, const struct verify_options *options,
                      struct error *error);

#endif
