/* The copy of a hold in the log directory, holds/UUID: two lines for everybody, then the hold
 * itself, encrypted (AES-256-GCM) under the key-encryption key.
 *
 *   retention-hold/v1
 *   entries <how many log entries of the hold the copy includes>
 *   nonce (12 bytes) || ciphertext || tag (16)
 *
 * The lines and the uuid are authenticated with it: no copy can be put in another's place, or be
 * made older than it is. The text is padded, so that its length says little. */
#ifndef LEDGER_HOLD_FILE_H
#define LEDGER_HOLD_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct text;

enum { HOLD_UUID_LENGTH = 36, HOLD_FILE_MOST = 256 * 1024 * 1024 };

/* Appends holds/UUID to out. */
void hold_file_name(struct text *out, const char *uuid);
/* Whether it is a uuid as these files are called: lower case, with hyphens. */
bool hold_file_is_uuid(const char *name);

/* Appends the file to out. */
bool hold_file_seal(struct text *out, const uint8_t kek[32], const char *uuid, uint64_t entries,
                    const char *body, size_t length, struct error *error);
/* The number in its second line; false where it is no such file. */
bool hold_file_entries(const char *bytes, size_t length, uint64_t *ret_entries);
/* Appends the text (with its padding, spaces) to ret_body; ERROR_CONFIG under another key. */
bool hold_file_open(struct text *ret_body, const uint8_t kek[32], const char *uuid,
                    const char *bytes, size_t length, struct error *error);

#endif
