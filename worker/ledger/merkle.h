/* The Merkle tree of RFC 6962, section 2.1: hashes, an incremental tree, proofs and their
 * verification. For the log (a leaf is an entry) and for the records of a batch (a leaf is a ref).
 * Sizes and indices are 64 bits; no allocation anywhere. */
#ifndef LEDGER_MERKLE_H
#define LEDGER_MERKLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MERKLE_HASH_SIZE = 32, MERKLE_MOST_LEVELS = 64, MERKLE_MOST_PROOF = 66 };

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

/* --- making proofs --- */

/* Where hashes come from (tiles, leaves in memory): the complete subtree over the leaves from
 * index << level up to (index + 1) << level. False where it cannot be had. */
typedef bool merkle_read_fn(void *arg, int level, uint64_t index,
                            uint8_t ret_hash[MERKLE_HASH_SIZE]);

struct merkle_proof {
    size_t count;
    uint8_t hashes[MERKLE_MOST_PROOF][MERKLE_HASH_SIZE]; /* from the leaf up */
};

/* The root at a size that the source covers. */
bool merkle_root(merkle_read_fn *read, void *arg, uint64_t size,
                 uint8_t ret_root[MERKLE_HASH_SIZE]);
/* Inclusion of a leaf in the tree of a size: false also for index >= size. */
bool merkle_prove_inclusion(merkle_read_fn *read, void *arg, uint64_t index, uint64_t size,
                            struct merkle_proof *ret_proof);
/* Consistency of the tree of old_size with that of new_size: false also unless
 * 0 < old_size <= new_size. */
bool merkle_prove_consistency(merkle_read_fn *read, void *arg, uint64_t old_size, uint64_t new_size,
                              struct merkle_proof *ret_proof);

/* A source over leaf hashes in memory: merkle_read_leaves with a struct merkle_leaves. */
struct merkle_leaves {
    const uint8_t (*hashes)[MERKLE_HASH_SIZE];
    uint64_t count;
};
merkle_read_fn merkle_read_leaves;

/* --- verifying them --- */

bool merkle_verify_inclusion(uint64_t index, uint64_t size, const uint8_t leaf[MERKLE_HASH_SIZE],
                             const uint8_t (*proof)[MERKLE_HASH_SIZE], size_t count,
                             const uint8_t root[MERKLE_HASH_SIZE]);
/* Fails for old_size 0: nothing is proved from the empty tree. */
bool merkle_verify_consistency(uint64_t old_size, uint64_t new_size,
                               const uint8_t old_root[MERKLE_HASH_SIZE],
                               const uint8_t new_root[MERKLE_HASH_SIZE],
                               const uint8_t (*proof)[MERKLE_HASH_SIZE], size_t count);

/* The same for a subtree over [start, end), which must be one that RFC 6962 makes: start is a
 * multiple of the least power of two that is not below end - start. The two functions above are
 * these with start 0. */
bool merkle_verify_subtree_inclusion(uint64_t index, uint64_t start, uint64_t end,
                                     const uint8_t leaf[MERKLE_HASH_SIZE],
                                     const uint8_t (*proof)[MERKLE_HASH_SIZE], size_t count,
                                     const uint8_t root[MERKLE_HASH_SIZE]);
/* The subtree's hash is consistent with the tree of a size. An empty subtree is, with any. */
bool merkle_verify_subtree_consistency(uint64_t start, uint64_t end, uint64_t size,
                                       const uint8_t subtree[MERKLE_HASH_SIZE],
                                       const uint8_t root[MERKLE_HASH_SIZE],
                                       const uint8_t (*proof)[MERKLE_HASH_SIZE], size_t count);

#endif
