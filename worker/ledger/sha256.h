/* SHA-256 of many short messages: OpenSSL's compression function, one call a block, without the
 * contexts and look-ups around it, which cost more than the hash of a record's key.
 *
 * A message may go on from a state: what stands after some whole blocks (an HMAC's pad). */
#ifndef LEDGER_SHA256_H
#define LEDGER_SHA256_H

#include <stddef.h>
#include <stdint.h>

enum { SHA256_SIZE = 32, SHA256_BLOCK = 64 };

struct sha256_state {
    uint32_t words[8];
    uint64_t bytes; /* hashed so far: a multiple of SHA256_BLOCK */
};

struct sha256_state sha256_begin(void);
/* Whole blocks more. */
void sha256_blocks(struct sha256_state *state, const uint8_t *blocks, size_t count);
/* The hash of what the state stands for and n bytes more; the state stays as it is. */
void sha256_end(const struct sha256_state *state, const void *bytes, size_t n,
                uint8_t ret_hash[SHA256_SIZE]);

#endif
