/* What the files of the verifier share. */
#ifndef LEDGER_VERIFY_INTERNAL_H
#define LEDGER_VERIFY_INTERNAL_H

#include "ledger/entry.h"
#include "ledger/tile.h"
#include "ledger/verify.h"

enum {
    VERIFY_BUNDLE_MOST = TILE_WIDTH * (ENTRY_MOST_BYTES + 2),
    VERIFY_NOTE_MOST = sizeof(((struct verify_result *)0)->note) - 1,
    VERIFY_MISSING_MOST = 1024,
    VERIFY_SEEN_LAST = 1 << 17, /* entries among which a copied one is found */
};

enum verify_read { READ_DONE, READ_ABSENT, READ_FAILED };

struct verify_story; /* what the entries have said so far: verify_story.c */

/* Something that only a prune excuses. */
struct verify_missing {
    uint64_t index; /* of the entry, or of the last one of the bundle */
    char where[VERIFY_MOST_WHERE];
};

/* A key that may have signed checkpoints. */
struct verify_key {
    struct note_verifier verifier;
    uint64_t from;  /* the entry that names it: it signs no checkpoint that has not that one */
    uint64_t until; /* the entry that retires it: it signs no checkpoint over that */
    bool named;     /* by the log, and not by the auditor alone */
    bool trusted;
};

struct verify {
    const struct verify_options *options;
    struct verify_result *result;
    struct error *error;
    int directory; /* file descriptor */
    struct verify_key keys[VERIFY_MOST_KEYS];
    size_t key_count;
    size_t against_key; /* of the checkpoint kept elsewhere */
    struct verify_story *story;
    struct verify_seen *seen;  /* the last leaves: verify_seen.c */
    struct tile_source source; /* over the directory's tiles, at the checkpoint's size */
    struct merkle_tree tree;   /* grown from the entries */
    uint8_t *bundle;           /* VERIFY_BUNDLE_MOST + 1 bytes */
    uint64_t lost_at;          /* the first entry that tells of a lost one, and what that was */
    char lost_type[32];
    uint64_t pruned_bundles; /* missing from the first one on */
    uint64_t prune_upto;     /* of the log's prune entries, the largest */
    struct verify_missing missing[VERIFY_MISSING_MOST]; /* in the order of the log */
    size_t missing_count;
    uint64_t last_missing;       /* the largest index, where the list was too short */
    uint64_t record_files_there; /* in records/, whatever entries say */
    uint64_t newer;              /* of verify_newer_checkpoint */
};

/* verify_files.c: reading */

/* A regular file below the directory, at most `most` bytes; longer ones are READ_FAILED with the
 * error set. */
enum verify_read verify_read_file(struct verify *v, const char *path, void *ret_bytes, size_t most,
                                  size_t *ret_length);
/* Hashes of a tile; from the full one where the partial one is not there. */
enum verify_read verify_read_tile(struct verify *v, const struct tile *tile, uint8_t *ret_bytes);
/* The same for a bundle, as its whole file; a full one may hold more entries than asked for. */
enum verify_read verify_read_bundle(struct verify *v, const struct tile *tile, size_t *ret_length);
/* The record digests of a batch entry: the file is there, sorted, and has the entry's root. */
bool verify_records(struct verify *v, uint64_t index, const uint8_t run[16], uint64_t seq,
                    uint64_t rows, const uint8_t root[MERKLE_HASH_SIZE]);

/* verify_seen.c: no entry is a copy of one of those before it (its salt tells it from any other) */

struct verify_seen *verify_seen_new(uint64_t entries); /* of a log of so many */
void verify_seen_free(struct verify_seen *seen);       /* accepts NULL */
/* The next leaf, in the order of the log; must not have been there among the last ones. */
bool verify_seen_leaf(struct verify *v, uint64_t index, const uint8_t leaf[MERKLE_HASH_SIZE]);

/* verify_saved.c: the entries that a prune took away, and saved the proofs of */
bool verify_saved(struct verify *v);

/* verify_rest.c: what the replay did not read */

/* Whom to trust, once the tree is compared: where a key given by the auditor signed the checkpoint,
 * every key that the log names; else the keys named by what trusted keys signed, and one of them
 * must have signed the checkpoint. */
bool verify_trust(struct verify *v, bool is_signed);
/* The tree that was replayed extends the one of this checkpoint, which is not larger. *ret_read:
 * the hashes that prove it could be read. */
bool verify_extends(struct verify *v, const struct checkpoint *old, bool *ret_read);
/* A checkpoint of no more entries than the head's, `what`, was signed by this one of the keys: not
 * by one that the log names after that of the head, since a key signs nothing more once a newer one
 * has. (The entry that retires it may be gone with a prune.) */
bool verify_key_order(struct verify *v, const char *what, size_t key);
/* A checkpoint kept in the directory that is signed, and of more entries than the one the log is
 * verified by: its size. 0: none. */
uint64_t verify_newer_checkpoint(struct verify *v);
/* Everything else in the directory: checkpoints kept, partial tiles, policies, strays. */
bool verify_rest(struct verify *v);

/* verify.c */

/* Sets the error and where; returns false. entry: UINT64_MAX for none. */
bool verify_fail(struct verify *v, const char *where, uint64_t entry, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Something is not there that a prune may excuse. */
void verify_miss(struct verify *v, const char *where, uint64_t index);
/* The keys that are trusted, at most VERIFY_MOST_KEYS, and their places among all; how many. */
size_t verify_trusted(const struct verify *v, struct note_verifier *ret_verifiers,
                      size_t *ret_places);
/* Opens a checkpoint signed by one of those; *ret_key is its place among all keys. */
bool verify_open(struct verify *v, const char *note, size_t length,
                 struct checkpoint *ret_checkpoint, size_t *ret_key, struct error *error);

/* verify_story.c: what entries say of each other */

struct verify_story *verify_story_new(void);
void verify_story_free(struct verify_story *story); /* accepts NULL */
/* The next entry that is there. */
bool verify_story_entry(struct verify *v, uint64_t index, const struct entry *entry);
/* An entry that is gone from its bundle, and that others rest on; before all that are there. */
bool verify_story_saved(struct verify *v, uint64_t index, const struct entry *entry);
/* Entries are missing here: what depends on them cannot be told. */
void verify_story_hole(struct verify *v);
/* Whether an entry names the policy text of this hash. */
bool verify_story_names_text(const struct verify *v, const uint8_t hash[MERKLE_HASH_SIZE]);
/* After the last one. */
bool verify_story_end(struct verify *v);

#endif
