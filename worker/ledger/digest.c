/* Record digests, made for millions of records.
 *
 *   RK  = lp(relation) || u32be(number of key columns) || lp(col1) || ...
 *   rk  = HMAC(K, "retention-rk/v1\n" || RK)        HMAC(k, m) = H(k ^ opad || H(k ^ ipad || m))
 *   ref = HMAC(rk, "retention-ref/v1\n" || RK)
 *
 * For one relation the first HMAC always begins with the same bytes, K's inner pad and RK up to the
 * number of columns: their state is kept and copied, and so is that of the outer pad. The second
 * HMAC has a key of its own for each record, so there is nothing to keep; pad, label and RK lie in
 * one buffer and are hashed in one call. The digest is fetched once: EVP_sha256() looks it up anew
 * each time, which costs more than the hash. */
#include "ledger/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "ledger/merkle.h"

enum { BLOCK_SIZE = 64 };

static const char rk_label[] = "retention-rk/v1\n";
static const char ref_label[] = "retention-ref/v1\n";

struct digester {
    EVP_MD_CTX *inner; /* after K ^ ipad || label || lp(relation) || u32be(columns) */
    EVP_MD_CTX *outer; /* after K ^ opad */
    EVP_MD_CTX *work;
    size_t columns;
    uint8_t
        *buffer; /* rk ^ ipad || ref label || RK; the part up to RK's first column is constant */
    size_t capacity;
    size_t rk_start;     /* where RK begins in buffer */
    size_t column_start; /* where RK's first column begins */
};

static _Noreturn void give_up(void)
{
    fputs("fatal: SHA-256 is not available\n", stderr);
    abort();
}

static void must(int done)
{
    if (done != 1)
        give_up();
}

static EVP_MD *sha256(void)
{
    static EVP_MD *md;
    if (!md && !(md = EVP_MD_fetch(NULL, "SHA256", NULL)))
        give_up();
    return md;
}

static EVP_MD_CTX *context_new(void)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (!context)
        give_up();
    must(EVP_DigestInit_ex2(context, sha256(), NULL));
    return context;
}

static void put_u32(uint8_t *out, size_t n)
{
    if (n > UINT32_MAX)
        abort();
    out[0] = (uint8_t)(n >> 24);
    out[1] = (uint8_t)(n >> 16);
    out[2] = (uint8_t)(n >> 8);
    out[3] = (uint8_t)n;
}

static void pad_key(uint8_t block[BLOCK_SIZE], const uint8_t key[DIGEST_SIZE], uint8_t with)
{
    memset(block, with, BLOCK_SIZE);
    for (size_t i = 0; i < DIGEST_SIZE; i++)
        block[i] ^= key[i];
}

struct digester *digester_new(const uint8_t key[32], const char *relation, size_t key_columns)
{
    struct digester *digester = xcalloc(1, sizeof(*digester));
    size_t relation_length = strlen(relation), label = sizeof(ref_label) - 1;
    digester->columns = key_columns;
    digester->rk_start = BLOCK_SIZE + label;
    digester->column_start = digester->rk_start + 4 + relation_length + 4;
    digester->capacity = digester->column_start + 256;
    digester->buffer = xmalloc(digester->capacity);
    memcpy(digester->buffer + BLOCK_SIZE, ref_label, label);
    uint8_t *rk = digester->buffer + digester->rk_start;
    put_u32(rk, relation_length);
    memcpy(rk + 4, relation, relation_length);
    put_u32(rk + 4 + relation_length, key_columns);

    uint8_t pad[BLOCK_SIZE];
    digester->inner = context_new();
    pad_key(pad, key, 0x36);
    must(EVP_DigestUpdate(digester->inner, pad, sizeof(pad)));
    must(EVP_DigestUpdate(digester->inner, rk_label, sizeof(rk_label) - 1));
    must(EVP_DigestUpdate(digester->inner, rk, digester->column_start - digester->rk_start));
    digester->outer = context_new();
    pad_key(pad, key, 0x5c);
    must(EVP_DigestUpdate(digester->outer, pad, sizeof(pad)));
    OPENSSL_cleanse(pad, sizeof(pad));
    digester->work = context_new();
    return digester;
}

void digester_free(struct digester *digester)
{
    if (!digester)
        return;
    EVP_MD_CTX_free(digester->inner); /* OpenSSL wipes the states that hold the key */
    EVP_MD_CTX_free(digester->outer);
    EVP_MD_CTX_free(digester->work);
    if (digester->buffer)
        OPENSSL_cleanse(digester->buffer, digester->capacity);
    free(digester->buffer);
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
    EVP_MD_CTX *work = digester->work;
    must(EVP_MD_CTX_copy_ex(work, digester->inner));
    must(EVP_DigestUpdate(work, digester->buffer + digester->column_start,
                          end - digester->column_start));
    must(EVP_DigestFinal_ex(work, ret_rk, NULL));
    must(EVP_MD_CTX_copy_ex(work, digester->outer));
    must(EVP_DigestUpdate(work, ret_rk, DIGEST_SIZE));
    must(EVP_DigestFinal_ex(work, ret_rk, NULL));
}

void digester_ref(struct digester *digester, const char *const *values, const size_t *lengths,
                  uint8_t ret_ref[DIGEST_SIZE])
{
    size_t end = put_columns(digester, values, lengths);
    uint8_t rk[DIGEST_SIZE], outer[BLOCK_SIZE + DIGEST_SIZE];
    derive(digester, end, rk);
    pad_key(digester->buffer, rk, 0x36);
    pad_key(outer, rk, 0x5c);
    EVP_MD_CTX *work = digester->work;
    must(EVP_DigestInit_ex2(work, NULL, NULL));
    must(EVP_DigestUpdate(work, digester->buffer, end));
    must(EVP_DigestFinal_ex(work, outer + BLOCK_SIZE, NULL));
    must(EVP_DigestInit_ex2(work, NULL, NULL));
    must(EVP_DigestUpdate(work, outer, sizeof(outer)));
    must(EVP_DigestFinal_ex(work, ret_ref, NULL));
}

void digester_opening(struct digester *digester, const char *const *values, const size_t *lengths,
                      struct text *out_rk_text, uint8_t ret_opening[DIGEST_SIZE])
{
    size_t end = put_columns(digester, values, lengths);
    text_add_n(out_rk_text, digester->buffer + digester->rk_start, end - digester->rk_start);
    derive(digester, end, ret_opening);
}

bool digest_open(const uint8_t *rk_text, size_t length, const uint8_t opening[DIGEST_SIZE],
                 uint8_t ret_ref[DIGEST_SIZE])
{
    struct text message _cleanup_text_ = {0};
    text_add_n(&message, ref_label, sizeof(ref_label) - 1);
    text_add_n(&message, rk_text, length);
    return HMAC(sha256(), opening, DIGEST_SIZE, (const uint8_t *)message.data, message.length,
                ret_ref, NULL) != NULL;
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
    if (!HMAC(sha256(), key, DIGEST_SIZE, (const uint8_t *)text_string(&message), message.length,
              ret_hash, NULL))
        give_up();
    OPENSSL_cleanse(message.data, message.length);
}
