/* Proofs in a Merkle tree, made and verified.
 *
 * Making them follows RFC 6962's recursion from the root down, so what it meets is in the wrong
 * order and is reversed at the end. Each sibling is a range of leaves whose hash is put together
 * from the complete subtrees it consists of, at most one of each level.
 *
 * Verifying follows the loops of LOG-FORMAT and RFC 9162, from the leaf up, in their form for
 * subtrees; whole trees are the case start = 0. */
#include <string.h>

#include "ledger/merkle.h"

/* --- making --- */

/* The largest power of two below n; n > 1. */
static uint64_t split_of(uint64_t n)
{
    return UINT64_C(1) << (63 - __builtin_clzll(n - 1));
}

/* The hash over [begin, end), which RFC 6962 makes: begin is aligned. Not empty. */
static bool range_hash(merkle_read_fn *read, void *arg, uint64_t begin, uint64_t end,
                       uint8_t ret_hash[MERKLE_HASH_SIZE])
{
    uint64_t n = end - begin;
    bool any = false;
    for (int level = 0; level < MERKLE_MOST_LEVELS; level++) {
        if (!(n >> level & 1))
            continue;
        uint64_t before = level == 63 ? 0 : n >> (level + 1) << (level + 1);
        uint8_t hash[MERKLE_HASH_SIZE];
        if (!read(arg, level, (begin + before) >> level, hash))
            return false;
        if (any)
            merkle_node(hash, ret_hash, ret_hash);
        else
            memcpy(ret_hash, hash, MERKLE_HASH_SIZE);
        any = true;
    }
    return any;
}

bool merkle_root(merkle_read_fn *read, void *arg, uint64_t size, uint8_t ret_root[MERKLE_HASH_SIZE])
{
    if (size > 0)
        return range_hash(read, arg, 0, size, ret_root);
    merkle_sha256("", 0, ret_root);
    return true;
}

static bool push_range(merkle_read_fn *read, void *arg, uint64_t begin, uint64_t end,
                       struct merkle_proof *proof)
{
    return range_hash(read, arg, begin, end, proof->hashes[proof->count++]);
}

static void reverse(struct merkle_proof *proof)
{
    for (size_t i = 0; i < proof->count / 2; i++) {
        uint8_t *a = proof->hashes[i], *b = proof->hashes[proof->count - 1 - i];
        uint8_t hash[MERKLE_HASH_SIZE];
        memcpy(hash, a, MERKLE_HASH_SIZE);
        memcpy(a, b, MERKLE_HASH_SIZE);
        memcpy(b, hash, MERKLE_HASH_SIZE);
    }
}

bool merkle_prove_inclusion(merkle_read_fn *read, void *arg, uint64_t index, uint64_t size,
                            struct merkle_proof *ret_proof)
{
    ret_proof->count = 0;
    if (index >= size)
        return false;
    for (uint64_t begin = 0, end = size; end - begin > 1;) {
        uint64_t middle = begin + split_of(end - begin);
        bool is_left = index < middle;
        if (!push_range(read, arg, is_left ? middle : begin, is_left ? end : middle, ret_proof))
            return false;
        begin = is_left ? begin : middle;
        end = is_left ? middle : end;
    }
    reverse(ret_proof);
    return true;
}

bool merkle_prove_consistency(merkle_read_fn *read, void *arg, uint64_t old_size, uint64_t new_size,
                              struct merkle_proof *ret_proof)
{
    ret_proof->count = 0;
    if (old_size == 0 || old_size > new_size)
        return false;
    uint64_t begin = 0, end = new_size;
    while (end != old_size) {
        uint64_t middle = begin + split_of(end - begin);
        bool is_left = old_size <= middle;
        if (!push_range(read, arg, is_left ? middle : begin, is_left ? end : middle, ret_proof))
            return false;
        begin = is_left ? begin : middle;
        end = is_left ? middle : end;
    }
    /* The old root itself is known to who verifies. */
    if (begin > 0 && !push_range(read, arg, begin, end, ret_proof))
        return false;
    reverse(ret_proof);
    return true;
}

bool merkle_read_leaves(void *arg, int level, uint64_t index, uint8_t ret_hash[MERKLE_HASH_SIZE])
{
    const struct merkle_leaves *leaves = arg;
    uint64_t n = UINT64_C(1) << level;
    if (index > leaves->count >> level || (index + 1) << level > leaves->count)
        return false;
    struct merkle_tree tree = {0};
    for (uint64_t i = 0; i < n; i++)
        merkle_tree_append_hash(&tree, leaves->hashes[(index << level) + i]);
    merkle_tree_root(&tree, ret_hash);
    return true;
}

/* --- verifying --- */

static bool is_subtree(uint64_t start, uint64_t end)
{
    if (start > end)
        return false;
    uint64_t n = end - start;
    if (n <= 1 || start == 0)
        return true;
    if (n > UINT64_C(1) << 63)
        return false;
    uint64_t span = split_of(n) * 2; /* the least power of two >= n: 0 for 2^64 */
    return (start & (span - 1)) == 0;
}

bool merkle_verify_subtree_inclusion(uint64_t index, uint64_t start, uint64_t end,
                                     const uint8_t leaf[MERKLE_HASH_SIZE],
                                     const uint8_t (*proof)[MERKLE_HASH_SIZE], size_t count,
                                     const uint8_t root[MERKLE_HASH_SIZE])
{
    if (!is_subtree(start, end) || index < start || index >= end)
        return false;
    uint64_t fn = index - start, sn = end - start - 1;
    uint8_t r[MERKLE_HASH_SIZE];
    memcpy(r, leaf, MERKLE_HASH_SIZE);
    for (size_t i = 0; i < count; i++) {
        if (sn == 0)
            return false;
        if ((fn & 1) || fn == sn) {
            merkle_node(proof[i], r, r);
            while (!(fn & 1) && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            merkle_node(r, proof[i], r);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && memcmp(r, root, MERKLE_HASH_SIZE) == 0;
}

bool merkle_verify_inclusion(uint64_t index, uint64_t size, const uint8_t leaf[MERKLE_HASH_SIZE],
                             const uint8_t (*proof)[MERKLE_HASH_SIZE], size_t count,
                             const uint8_t root[MERKLE_HASH_SIZE])
{
    return merkle_verify_subtree_inclusion(index, 0, size, leaf, proof, count, root);
}

bool merkle_verify_subtree_consistency(uint64_t start, uint64_t end, uint64_t size,
                                       const uint8_t subtree[MERKLE_HASH_SIZE],
                                       const uint8_t root[MERKLE_HASH_SIZE],
                                       const uint8_t (*proof)[MERKLE_HASH_SIZE], size_t count)
{
    uint8_t fr[MERKLE_HASH_SIZE], sr[MERKLE_HASH_SIZE];
    if (!is_subtree(start, end) || end > size)
        return false;
    if (start == end) {
        merkle_sha256("", 0, fr);
        return count == 0 && memcmp(subtree, fr, MERKLE_HASH_SIZE) == 0;
    }
    /* fn and sn: the subtree's first and last node on the level reached; tn: the tree's last. */
    uint64_t fn = start, sn = end - 1, tn = size - 1;
    while (fn != sn && ((sn & 1) || sn == tn)) {
        fn >>= 1;
        sn >>= 1;
        tn >>= 1;
    }
    size_t i = 0;
    const uint8_t *first = subtree; /* the subtree is a node of the tree itself */
    if (fn != sn) {
        if (count == 0)
            return false;
        first = proof[i++];
    }
    memcpy(fr, first, MERKLE_HASH_SIZE);
    memcpy(sr, first, MERKLE_HASH_SIZE);
    for (; i < count; i++) {
        if (tn == 0)
            return false;
        if ((sn & 1) || sn == tn) {
            if (fn < sn)
                merkle_node(proof[i], fr, fr);
            merkle_node(proof[i], sr, sr);
            while (!(sn & 1)) { /* sn == tn > 0 here */
                fn >>= 1;
                sn >>= 1;
                tn >>= 1;
            }
        } else {
            merkle_node(sr, proof[i], sr);
        }
        fn >>= 1;
        sn >>= 1;
        tn >>= 1;
    }
    return tn == 0 && memcmp(fr, subtree, MERKLE_HASH_SIZE) == 0 &&
           memcmp(sr, root, MERKLE_HASH_SIZE) == 0;
}

bool merkle_verify_consistency(uint64_t old_size, uint64_t new_size,
                               const uint8_t old_root[MERKLE_HASH_SIZE],
                               const uint8_t new_root[MERKLE_HASH_SIZE],
                               const uint8_t (*proof)[MERKLE_HASH_SIZE], size_t count)
{
    return old_size > 0 && merkle_verify_subtree_consistency(0, old_size, new_size, old_root,
                                                             new_root, proof, count);
}
