/* The Merkle tree of RFC 6962, section 2.1: hashes, an incremental tree, and the verification of
 * inclusion and consistency. For the log (a leaf is an entry) and for the records of a batch (a
 * leaf is a ref). Sizes and indices are 64 bits; no allocation anywhere. */
#ifndef LEDGER_MERKLE_H
#define LEDGER_MERKLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MERKLE_HASH_SIZE = 32, MERKLE_MOST_LEVELS = 64 };

/* SHA-256 with a context that is kept. Ends the process where OpenSSL has none. */
void merkle_sha256(const void *bytes, size_t n, uint8_t ret_hash[MERKLE_HASH_SIZE]);
/* SHA256(00 || bytes) */
void merkle_leaf(const void *bytes, size_t n, uint8_t ret_hash[MERKLE_HASH_SIZE]);
/* SHA256(01 || left || right); ret_hash may be left or right. */
void merkle_node(const uint8_t left[MERKLE_HASH_SIZE], const uint8_t right[MERKLE_HASH_SIZE],
                 uint8_t ret_hash[MERKLE_HASH_SIZE]);

/* A tree that grows: one hash for each complete subtree of its right edge. {0} is the empty tree.
 * hashes[l] is the subtree of 2^l leaves where bit l of size is set. */
struct merkle_tree {
    uint64_t size;
    uint8_t hashes[MERKLE_MOST_LEVELS][MERKLE_HASH_SIZE];
};

void merkle_tree_append(struct merkle_tree *tree, const void *leaf, size_t n);
void merkle_tree_append_hash(struct merkle_tree *tree, const uint8_t hash[MERKLE_HASH_SIZE]);
void merkle_tree_root(const struct merkle_tree *tree, uint8_t ret_root[MERKLE_HASH_SIZE]);

#endif
