/* Secret keys of 32 bytes in files of their own: 64 hex digits and an optional newline. */
#ifndef LEDGER_KEYFILE_H
#define LEDGER_KEYFILE_H

#include <stdbool.h>
#include <stdint.h>

struct error;

enum { KEYFILE_SIZE = 32 };

/* What the keys are called in messages, and as systemd credentials. */
struct keyfile_kind {
    const char *name;       /* "key-encryption key" */
    const char *credential; /* "log-epoch-kek" */
    const char *loss;       /* what it means that the file is not there: a sentence */
};
extern const struct keyfile_kind keyfile_kek, keyfile_signing, keyfile_hmac;

/* Where the key is: the file set, else the credential in $CREDENTIALS_DIRECTORY if it is there,
 * else NULL. The caller frees it. */
char *keyfile_find(const struct keyfile_kind *kind, const char *file);

/* Reads a key. Refuses files that others than the owner can read or write, and owners that are
 * neither root nor the caller. (A credential may be readable for a group: systemd gives the service
 * its right by an ACL, which shows as that, in a directory that is closed to others.) */
bool keyfile_load(const struct keyfile_kind *kind, const char *file, uint8_t ret_key[KEYFILE_SIZE],
                  struct error *error);
/* Makes a random one with mode 0600; refuses to overwrite. */
bool keyfile_create(const struct keyfile_kind *kind, const char *file, struct error *error);

#endif
