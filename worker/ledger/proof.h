/* Proofs as files, which an auditor checks with nothing but the log's vkey (LOG-FORMAT: "Proofs"):
 * that an entry is in the log (C2SP tlog-proof), that the log of today extends a checkpoint kept
 * earlier, and that one record went in the batch of an entry.
 *
 * Writers append to a text. Verifiers take the whole file and accept only what a writer writes;
 * their errors (ERROR_LOG) say what is wrong first. */
#ifndef LEDGER_PROOF_H
#define LEDGER_PROOF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ledger/entry.h"
#include "ledger/merkle.h"
#include "ledger/note.h"

struct error;
struct text;

enum proof_kind { PROOF_NONE, PROOF_ENTRY, PROOF_CONSISTENCY, PROOF_RECORD };

/* By the first line; PROOF_NONE where it is none of them. */
enum proof_kind proof_kind_of(const char *bytes, size_t length);

/* checkpoint: the signed note, verbatim. */
void proof_entry_write(struct text *out, const void *entry, size_t entry_length, uint64_t index,
                       const struct merkle_proof *proof, const char *checkpoint);
void proof_consistency_write(struct text *out, uint64_t old_size, const struct merkle_proof *proof,
                             const char *checkpoint);
/* rk_text, opening: from digester_opening; index and proof among the batch's sorted refs;
 * entry_proof: the text of the entry's proof. */
void proof_record_write(struct text *out, const uint8_t *rk_text, size_t rk_length,
                        const uint8_t opening[32], uint64_t index, const struct merkle_proof *proof,
                        const char *entry_proof);

/* What a proof that is right proves. The entry's values point into the entry itself: not to be
 * copied. */
struct proof_result {
    struct checkpoint checkpoint;
    uint64_t index;     /* of the entry in the log */
    struct entry entry; /* type NULL: one that this version does not know */
    /* Of a record: its relation and the values of its key in order, encoded as RK has them. */
    uint8_t rk_text[ENTRY_MOST_BYTES];
    size_t rk_length;
    uint64_t record_index;
};

/* The entry in the proof of one (at most ENTRY_MOST_BYTES), and where it says to be: nothing is
 * verified. */
bool proof_entry_read(const char *bytes, size_t length, uint64_t *ret_index, uint8_t *ret_entry,
                      size_t *ret_entry_length);
/* verifiers: whose signature counts, and must be right. */
bool proof_entry_verify(struct proof_result *ret_result, const char *bytes, size_t length,
                        const struct note_verifier *verifiers, size_t count, struct error *error);
/* old: a checkpoint that the auditor kept, or opened from a note kept. */
bool proof_consistency_verify(struct proof_result *ret_result, const char *bytes, size_t length,
                              const struct checkpoint *old, const struct note_verifier *verifiers,
                              size_t count, struct error *error);
bool proof_record_verify(struct proof_result *ret_result, const char *bytes, size_t length,
                         const struct note_verifier *verifiers, size_t count, struct error *error);

/* Takes an RK apart: calls column for each key column's value. False where it is not well formed.
 */
typedef void proof_column_fn(void *arg, const char *value, size_t length);
bool proof_rk_read(const uint8_t *rk_text, size_t length, const char **ret_relation,
                   size_t *ret_relation_length, proof_column_fn *column, void *arg);

#endif
