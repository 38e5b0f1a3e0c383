/* Signed notes (C2SP signed-note, Ed25519) and the checkpoints in them (C2SP tlog-checkpoint).
 *
 * A note is a text, a blank line, and lines "— name base64(key id || signature)"; the signature
 * covers the text with its final newline. A verifier key is "name+hex(key id)+base64(01 || key)".
 */
#ifndef LEDGER_NOTE_H
#define LEDGER_NOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct text;

enum {
    NOTE_KEY_SIZE = 32, /* of a seed and of a public key */
    NOTE_ID_SIZE = 4,
    NOTE_SIGNATURE_SIZE = 64,
    NOTE_MOST_NAME = 255,
    NOTE_MOST_BYTES = 1000000,
    NOTE_MOST_SIGNATURES = 100,
};

/* Who may have signed: what a vkey says. */
struct note_verifier {
    char name[NOTE_MOST_NAME + 1];
    uint8_t id[NOTE_ID_SIZE];
    uint8_t key[NOTE_KEY_SIZE];
};

/* Valid UTF-8 without spaces of any kind, control characters or "+", not empty, not too long. */
bool note_name_is_valid(const char *name);
/* Reads a vkey, with or without a final newline. Error: ERROR_CONFIG. */
bool note_verifier_parse(struct note_verifier *ret_verifier, const char *vkey, struct error *error);
void note_verifier_format(struct text *out, const struct note_verifier *verifier);

struct note_signer;

/* From a seed of 32 bytes (RFC 8032's private key). NULL where the name is not valid. */
struct note_signer *note_signer_new(const char *name, const uint8_t seed[NOTE_KEY_SIZE],
                                    struct error *error);
void note_signer_free(struct note_signer *signer); /* accepts NULL; wipes the key */
const struct note_verifier *note_signer_verifier(const struct note_signer *signer);

/* Appends the signed note to out. The text ends in a newline and holds no control characters. */
bool note_sign(struct text *out, const struct note_signer *signer, const char *text, size_t length,
               struct error *error);

/* Checks a note: every signature by a key of verifiers must be right, and there must be one.
 * Signatures by others are ignored. The text is the first *ret_length bytes of note; *ret_by is the
 * first of verifiers that signed (NULL pointers are accepted). Error: ERROR_LOG. */
bool note_open(const char *note, size_t length, const struct note_verifier *verifiers, size_t count,
               size_t *ret_length, size_t *ret_by, struct error *error);

/* What a checkpoint says: the log of this name has this many entries and this root. */
struct checkpoint {
    char origin[NOTE_MOST_NAME + 1];
    uint64_t size;
    uint8_t root[32];
};

void checkpoint_format(struct text *out, const struct checkpoint *checkpoint);
/* Reads the three lines, and nothing more. */
bool checkpoint_parse(struct checkpoint *ret_checkpoint, const char *text, size_t length,
                      struct error *error);
bool checkpoint_sign(struct text *out, const struct checkpoint *checkpoint,
                     const struct note_signer *signer, struct error *error);
/* Opens a note that any of the verifiers may have signed, and reads the checkpoint in it, whose
 * origin must be the name of the one that did; *ret_by (NULL is accepted) is its place. */
bool checkpoint_open_by(struct checkpoint *ret_checkpoint, const char *note, size_t length,
                        const struct note_verifier *verifiers, size_t count, size_t *ret_by,
                        struct error *error);
/* The same with one verifier. */
bool checkpoint_open(struct checkpoint *ret_checkpoint, const char *note, size_t length,
                     const struct note_verifier *verifier, struct error *error);

#endif
