#include "ledger/merkle.h"

#include <string.h>

#include "ledger/sha256.h"

void merkle_sha256(const void *bytes, size_t n, uint8_t ret_hash[MERKLE_HASH_SIZE])
{
    struct sha256_state state = sha256_begin();
    sha256_end(&state, bytes, n, ret_hash);
}

void merkle_leaf(const void *bytes, size_t n, uint8_t ret_hash[MERKLE_HASH_SIZE])
{
    struct sha256_state state = sha256_begin();
    uint8_t block[SHA256_BLOCK] = {0}; /* 00, and what of the leaf fits beside it */
    size_t beside = n < SHA256_BLOCK - 1 ? n : SHA256_BLOCK - 1;
    if (beside > 0)
        memcpy(block + 1, bytes, beside);
    if (beside < SHA256_BLOCK - 1) {
        sha256_end(&state, block, 1 + beside, ret_hash);
        return;
    }
    sha256_blocks(&state, block, 1);
    sha256_end(&state, (const uint8_t *)bytes + beside, n - beside, ret_hash);
}

void merkle_node(const uint8_t left[MERKLE_HASH_SIZE], const uint8_t right[MERKLE_HASH_SIZE],
                 uint8_t ret_hash[MERKLE_HASH_SIZE])
{
    uint8_t buffer[1 + 2 * MERKLE_HASH_SIZE];
    buffer[0] = 1;
    memcpy(buffer + 1, left, MERKLE_HASH_SIZE);
    memcpy(buffer + 1 + MERKLE_HASH_SIZE, right, MERKLE_HASH_SIZE);
    merkle_sha256(buffer, sizeof(buffer), ret_hash);
}

void merkle_tree_append_hash(struct merkle_tree *tree, const uint8_t hash[MERKLE_HASH_SIZE])
{
    uint8_t carried[MERKLE_HASH_SIZE];
    memcpy(carried, hash, MERKLE_HASH_SIZE);
    int level = 0;
    for (; tree->size >> level & 1; level++) /* as adding one carries through set bits */
        merkle_node(tree->hashes[level], carried, carried);
    memcpy(tree->hashes[level], carried, MERKLE_HASH_SIZE);
    tree->size++;
}

void merkle_tree_append(struct merkle_tree *tree, const void *leaf, size_t n)
{
    uint8_t hash[MERKLE_HASH_SIZE];
    merkle_leaf(leaf, n, hash);
    merkle_tree_append_hash(tree, hash);
}

void merkle_tree_root(const struct merkle_tree *tree, uint8_t ret_root[MERKLE_HASH_SIZE])
{
    bool any = false;
    for (int level = 0; level < MERKLE_MOST_LEVELS; level++) {
        if (!(tree->size >> level & 1))
            continue;
        if (any)
            merkle_node(tree->hashes[level], ret_root, ret_root);
        else
            memcpy(ret_root, tree->hashes[level], MERKLE_HASH_SIZE);
        any = true;
    }
    if (!any)
        merkle_sha256("", 0, ret_root);
}
