/* SHA256_Transform is of OpenSSL's old interface: still there and as fast as the processor allows,
 * while each EVP call looks up, copies, allocates and wipes a context. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "ledger/sha256.h"

#include <endian.h>
#include <openssl/sha.h>
#include <string.h>

struct sha256_state sha256_begin(void)
{
    return (struct sha256_state){.words = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                           0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}};
}

void sha256_blocks(struct sha256_state *state, const uint8_t *blocks, size_t count)
{
    SHA256_CTX context;
    memcpy(context.h, state->words, sizeof(state->words));
    for (size_t i = 0; i < count; i++)
        SHA256_Transform(&context, blocks + i * SHA256_BLOCK);
    memcpy(state->words, context.h, sizeof(state->words));
    state->bytes += count * SHA256_BLOCK;
}

/* Four words at a time: what was stored in small pieces, the next hash could not load at once, and
 * would wait for longer than this takes. */
typedef uint32_t four_words __attribute__((vector_size(16)));

static void big_endian(const SHA_LONG words[8], uint8_t ret_hash[SHA256_SIZE])
{
    for (size_t i = 0; i < 2; i++) {
        four_words w;
        memcpy(&w, words + 4 * i, sizeof(w));
        if (htobe32(1) != 1)
            w = w << 24 | (w & 0xff00) << 8 | (w >> 8 & 0xff00) | w >> 24;
        memcpy(ret_hash + 16 * i, &w, sizeof(w));
    }
}

void sha256_end(const struct sha256_state *state, const void *bytes, size_t n,
                uint8_t ret_hash[SHA256_SIZE])
{
    SHA256_CTX context;
    const uint8_t *at = bytes;
    uint64_t bits = htobe64((state->bytes + n) * 8);
    uint8_t tail[2 * SHA256_BLOCK] = {0};
    memcpy(context.h, state->words, sizeof(state->words));
    for (; n >= SHA256_BLOCK; at += SHA256_BLOCK, n -= SHA256_BLOCK)
        SHA256_Transform(&context, at);
    size_t length = n < SHA256_BLOCK - 8 ? SHA256_BLOCK : 2 * SHA256_BLOCK;
    if (n > 0)
        memcpy(tail, at, n);
    tail[n] = 0x80;
    memcpy(tail + length - 8, &bits, 8);
    for (size_t i = 0; i < length; i += SHA256_BLOCK)
        SHA256_Transform(&context, tail + i);
    big_endian(context.h, ret_hash);
}
