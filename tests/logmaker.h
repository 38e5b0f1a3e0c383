/* A log directory as a worker would write it, made through the ledger's functions alone: for tests
 * of its verification. The content is invented but consistent, and always the same: runs of two
 * categories with plan, batches (some with gaps), done; policies, epochs, daily figures. */
#ifndef TESTS_LOGMAKER_H
#define TESTS_LOGMAKER_H

#include <stdbool.h>
#include <stdint.h>

#include "ledger/note.h"
#include "ledger/tile.h"

#define LOGMAKER_ORIGIN "example.com/retention"

struct logmaker;

/* Makes the directory, which must not have a log. The signing key's seed is 00..1f, the epoch key
 * 40..5f. records: how many record digests a batch has; 0: counts alone. */
struct logmaker *logmaker_new(const char *directory, unsigned records);
void logmaker_free(struct logmaker *maker);

/* Appends entries until there are so many; then (or at other times) a checkpoint. */
void logmaker_fill(struct logmaker *maker, uint64_t size);
void logmaker_checkpoint(struct logmaker *maker);
uint64_t logmaker_size(const struct logmaker *maker);

/* One entry: values in the order of the type's fields. */
void logmaker_add(struct logmaker *maker, const char *type, const char *const *values);
/* Any bytes as an entry. */
void logmaker_add_bytes(struct logmaker *maker, const void *bytes, size_t length);
/* Changes what logmaker_fill invents from here on. */
void logmaker_reseed(struct logmaker *maker, uint64_t seed);
/* Signs with the key of this seed byte from here on (0: the first one). */
void logmaker_key(struct logmaker *maker, uint8_t seed);
/* The signing key of a seed byte; to be freed. */
struct note_signer *logmaker_signer(uint8_t seed);
/* The vkey of a seed byte, with its newline; caller frees. */
char *logmaker_vkey(uint8_t seed);
/* The proof of the record with this key, one of those of the first batch (1, 2, ... `records`),
 * with the proof of that entry after it. Appended to out. */
struct text;
void logmaker_open_record(unsigned records, const char *key, const char *entry_proof,
                          struct text *out);
enum { LOGMAKER_FIRST_BATCH = 7 }; /* its place */
/* Bundles below this entry go, as after a prune; the proofs of what later entries rest on are saved
 * first. */
void logmaker_remove_below(struct logmaker *maker, uint64_t upto);

#endif
