/* Log keys: the one in use, unwrapped; a new one when it has been used long enough. */
#ifndef ENGINE_EPOCHS_H
#define ENGINE_EPOCHS_H

#include <stdbool.h>
#include <stdint.h>

struct error;
struct worker;

struct epochs {
    int64_t epoch; /* 0: none */
    uint8_t key[32];
    bool has_kek, has_hmac_key;
    uint8_t hmac_key[32]; /* of the transformation "hmac" */
    uint8_t kek[32];
};

typedef void epochs_done_fn(struct worker *worker, bool done, const struct error *error);

/* Reads the key-encryption key's file, if one is set. */
bool epochs_read_kek(struct worker *worker, struct error *error);
/* Reads the file of the key of "hmac", if one is set. */
bool epochs_read_hmac_key(struct worker *worker, struct error *error);
/* Makes the current key known, creating one where there is none or the last is too old. Does
 * nothing without a key-encryption key: categories with evidence = "records" cannot run then. */
void epochs_load(struct worker *worker, epochs_done_fn *done);
void epochs_free(struct epochs *epochs); /* wipes; accepts NULL */

#endif
