/* Record digests (LOG-FORMAT: "Record digests"): RK, rk, ref, and the root over a batch's refs.
 * Made for speed: contexts are fetched once and reused; no allocation per record. */
#ifndef LEDGER_DIGEST_H
#define LEDGER_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DIGEST_SIZE = 32 };

struct digester;

/* Makes a digester for one relation under one epoch key of 32 bytes (copied; wiped when freed). */
struct digester *digester_new(const uint8_t key[32], const char *relation, size_t key_columns);
void digester_free(struct digester *digester); /* accepts NULL */

/* The ref of one record: values[i] of lengths[i] bytes, the key columns' text form in key order. */
void digester_ref(struct digester *digester, const char *const *values, const size_t *lengths,
                  uint8_t ret_ref[DIGEST_SIZE]);
/* RK appended to out; rk into ret_opening: what opens this one record to an auditor. */
struct text;
void digester_opening(struct digester *digester, const char *const *values, const size_t *lengths,
                      struct text *out_rk_text, uint8_t ret_opening[DIGEST_SIZE]);

/* What an auditor does with an opening: the ref that RK and rk lead to. */
bool digest_open(const uint8_t *rk_text, size_t length, const uint8_t opening[DIGEST_SIZE],
                 uint8_t ret_ref[DIGEST_SIZE]);

/* Sorts refs bytewise in place. */
void digest_sort_refs(uint8_t (*refs)[DIGEST_SIZE], size_t count);
/* Root of the record tree over sorted refs: leaf SHA256(00 || ref), RFC 6962. */
void digest_records_root(const uint8_t (*refs)[DIGEST_SIZE], size_t count,
                         uint8_t ret_root[DIGEST_SIZE]);
void digest_sha256(const void *bytes, size_t n, uint8_t ret_hash[DIGEST_SIZE]);
/* A keyed digest of a name or scope (tenants, matters): HMAC-SHA256(key, label || value). */
void digest_keyed(const uint8_t key[32], const char *label, const char *value,
                  uint8_t ret_hash[DIGEST_SIZE]);

#endif
