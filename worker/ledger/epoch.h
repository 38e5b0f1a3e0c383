/* Epoch keys: 32 random bytes an epoch, stored wrapped (AES-256-GCM) by the
 * key-encryption key from a file or credential. */
#ifndef LEDGER_EPOCH_H
#define LEDGER_EPOCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

enum { EPOCH_KEY_SIZE = 32, EPOCH_WRAPPED_SIZE = 60 /* nonce 12 + key 32 + tag 16 */ };

/* Reads a key-encryption key: 64 hex digits and an optional newline. Refuses files that others than
 * the owner can read or write, and owners that are neither root nor the caller. */
bool epoch_kek_load(const char *file, uint8_t ret_kek[32], struct error *error);
/* Creates such a file with mode 0600; refuses to overwrite. */
bool epoch_kek_create(const char *file, struct error *error);

/* Wraps with AES-256-GCM, the epoch number as associated data; unwrap fails on another kek. */
bool epoch_wrap(const uint8_t kek[32], uint64_t epoch, const uint8_t key[32],
                uint8_t ret_wrapped[EPOCH_WRAPPED_SIZE], struct error *error);
bool epoch_unwrap(const uint8_t kek[32], uint64_t epoch, const uint8_t wrapped[EPOCH_WRAPPED_SIZE],
                  uint8_t ret_key[32], struct error *error);
/* commit = SHA256("retention-epoch-key/v1\n" || K). */
void epoch_commitment(const uint8_t key[32], uint8_t ret_commit[32]);

#endif
