/* Record digests, made for millions of records.
 *
 *   RK  = lp(relation) || u32be(number of key columns) || lp(col1) || ...
 *   rk  = HMAC(K, "retention-rk/v1\n" || RK)        HMAC(k, m) = H(k ^ opad || H(k ^ ipad || m))
 *   ref = HMAC(rk, "retention-ref/v1\n" || RK)
 *
 * The states after K's two pads are kept. The second HMAC has a key of its own for each record, so
 * there is nothing to keep. For a short key that makes six blocks a record. */
#include "ledger/digest.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "ledger/merkle.h"
#include "ledger/sha256.h"

static const char rk_label[] = "retention-rk/v1\n";
static const char ref_label[] = "retention-ref/v1\n";

enum { RK_LABEL = sizeof(rk_label) - 1, REF_LABEL = sizeof(ref_label) - 1 };

struct digester {
    struct sha256_state inner, outer; /* after K ^ ipad, K ^ opad */
    size_t columns;
    uint8_t *buffer; /* a label, ending where RK begins; RK, constant up to its first column */
    size_t capacity;
    size_t column_start; /* where RK's first column begins */
};

static void put_u32(uint8_t *out, size_t n)
{
    if (n > UINT32_MAX)
        abort();
    out[0] = (uint8_t)(n >> 24);
    out[1] = (uint8_t)(n >> 16);
    out[2] = (uint8_t)(n >> 8);
    out[3] = (uint8_t)n;
}

/* The state after the pad of a key of 32 bytes. */
static struct sha256_state padded(const uint8_t key[DIGEST_SIZE], uint8_t with)
{
    uint8_t block[SHA256_BLOCK];
    memset(block, with, sizeof(block));
    for (size_t i = 0; i < DIGEST_SIZE; i++)
        block[i] ^= key[i];
    struct sha256_state state = sha256_begin();
    sha256_blocks(&state, block, 1);
    OPENSSL_cleanse(block, sizeof(block));
    return state;
}

static void hmac(const struct sha256_state *inner, const struct sha256_state *outer,
                 const void *message, size_t n, uint8_t ret_hash[DIGEST_SIZE])
{
    uint8_t hash[DIGEST_SIZE];
    sha256_end(inner, message, n, hash);
    sha256_end(outer, hash, sizeof(hash), ret_hash);
}

/* HMAC with a key that is used once. */
static void hmac_once(const uint8_t key[DIGEST_SIZE], const void *message, size_t n,
                      uint8_t ret_hash[DIGEST_SIZE])
{
    struct sha256_state inner = padded(key, 0x36), outer = padded(key, 0x5c);
    hmac(&inner, &outer, message, n, ret_hash);
}

struct digester *digester_new(const uint8_t key[32], const char *relation, size_t key_columns)
{
    struct digester *digester = xcalloc(1, sizeof(*digester));
    size_t relation_length = strlen(relation);
    digester->columns = key_columns;
    digester->column_start = REF_LABEL + 4 + relation_length + 4;
    digester->capacity = digester->column_start + 256;
    digester->buffer = xmalloc(digester->capacity);
    uint8_t *rk = digester->buffer + REF_LABEL;
    put_u32(rk, relation_length);
    memcpy(rk + 4, relation, relation_length);
    put_u32(rk + 4 + relation_length, key_columns);
    digester->inner = padded(key, 0x36);
    digester->outer = padded(key, 0x5c);
    return digester;
}

void digester_free(struct digester *digester)
{
    if (!digester)
        return;
    if (digester->buffer)
        OPENSSL_cleanse(digester->buffer, digester->capacity);
    free(digester->buffer);
    OPENSSL_cleanse(digester, sizeof(*digester));
    free(digester);
}

/* Puts RK's columns into the buffer; returns where they end. */
static size_t put_columns(struct digester *digester, const char *const *values,
                          const size_t *lengths)
{
    size_t end = digester->column_start;
    for (size_t i = 0; i < digester->columns; i++)
        end += 4 + lengths[i];
    if (end > digester->capacity) {
        digester->capacity = end * 2;
        digester->buffer = xrealloc(digester->buffer, digester->capacity);
    }
    uint8_t *at = digester->buffer + digester->column_start;
    for (size_t i = 0; i < digester->columns; i++) {
        put_u32(at, lengths[i]);
        memcpy(at + 4, values[i], lengths[i]);
        at += 4 + lengths[i];
    }
    return end;
}

/* rk of the columns in the buffer. */
static void derive(struct digester *digester, size_t end, uint8_t ret_rk[DIGEST_SIZE])
{
    uint8_t *message = digester->buffer + REF_LABEL - RK_LABEL;
    memcpy(message, rk_label, RK_LABEL);
    hmac(&digester->inner, &digester->outer, message, end - (REF_LABEL - RK_LABEL), ret_rk);
}

void digester_ref(struct digester *digester, const char *const *values, const size_t *lengths,
                  uint8_t ret_ref[DIGEST_SIZE])
{
    size_t end = put_columns(digester, values, lengths);
    uint8_t rk[DIGEST_SIZE];
    derive(digester, end, rk);
    memcpy(digester->buffer, ref_label, REF_LABEL);
    hmac_once(rk, digester->buffer, end, ret_ref);
}

void digester_opening(struct digester *digester, const char *const *values, const size_t *lengths,
                      struct text *out_rk_text, uint8_t ret_opening[DIGEST_SIZE])
{
    size_t end = put_columns(digester, values, lengths);
    text_add_n(out_rk_text, digester->buffer + REF_LABEL, end - REF_LABEL);
    derive(digester, end, ret_opening);
}

bool digest_open(const uint8_t *rk_text, size_t length, const uint8_t opening[DIGEST_SIZE],
                 uint8_t ret_ref[DIGEST_SIZE])
{
    struct text message _cleanup_text_ = {0};
    text_add_n(&message, ref_label, REF_LABEL);
    text_add_n(&message, rk_text, length);
    hmac_once(opening, message.data, message.length, ret_ref);
    return true;
}

static int compare_refs(const void *a, const void *b)
{
    return memcmp(a, b, DIGEST_SIZE);
}

/* Refs are as good as random, so as many buckets by their first bits as there are refs hold about
 * one each: five times faster than comparing alone. */
void digest_sort_refs(uint8_t (*refs)[DIGEST_SIZE], size_t count)
{
    enum { FEW = 64, MOST_BITS = 16 };
    if (count < FEW) {
        if (count > 1)
            qsort(refs, count, DIGEST_SIZE, compare_refs);
        return;
    }
    int bits = 6;
    while (bits < MOST_BITS && (size_t)1 << bits < count)
        bits++;
    size_t buckets = (size_t)1 << bits;
    size_t *next _cleanup_free_ = xcalloc(buckets + 1, sizeof(*next)); /* where a bucket goes on */
    uint8_t(*unsorted)[DIGEST_SIZE] = xmalloc(count * DIGEST_SIZE);
    memcpy(unsorted, refs, count * DIGEST_SIZE);
#define BUCKET(ref) ((size_t)((ref)[0] << 8 | (ref)[1]) >> (MOST_BITS - bits))
    for (size_t i = 0; i < count; i++)
        next[BUCKET(unsorted[i]) + 1]++;
    for (size_t b = 1; b < buckets; b++)
        next[b] += next[b - 1];
    for (size_t i = 0; i < count; i++)
        memcpy(refs[next[BUCKET(unsorted[i])]++], unsorted[i], DIGEST_SIZE);
#undef BUCKET
    free(unsorted);
    for (size_t b = 0, from = 0; b < buckets; from = next[b++])
        if (next[b] - from > 1)
            qsort(refs[from], next[b] - from, DIGEST_SIZE, compare_refs);
}

void digest_records_root(const uint8_t (*refs)[DIGEST_SIZE], size_t count,
                         uint8_t ret_root[DIGEST_SIZE])
{
    struct merkle_tree tree = {0};
    for (size_t i = 0; i < count; i++)
        merkle_tree_append(&tree, refs[i], DIGEST_SIZE);
    merkle_tree_root(&tree, ret_root);
}

void digest_sha256(const void *bytes, size_t n, uint8_t ret_hash[DIGEST_SIZE])
{
    merkle_sha256(bytes, n, ret_hash);
}

void digest_keyed(const uint8_t key[32], const char *label, const char *value,
                  uint8_t ret_hash[DIGEST_SIZE])
{
    struct text message _cleanup_text_ = {0};
    text_add(&message, label);
    text_add(&message, value);
    hmac_once(key, text_string(&message), message.length, ret_hash);
    if (message.data)
        OPENSSL_cleanse(message.data, message.length);
}
