#include "ledger/merkle.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One thread: the context is kept for the life of the process. */
static EVP_MD_CTX *context;

static _Noreturn void give_up(void)
{
    fputs("fatal: SHA-256 is not available\n", stderr);
    abort();
}

static void begin(void)
{
    if (context) {
        if (EVP_DigestInit_ex2(context, NULL, NULL) != 1)
            give_up();
        return;
    }
    EVP_MD *md = EVP_MD_fetch(NULL, "SHA256", NULL);
    context = EVP_MD_CTX_new();
    if (!md || !context || EVP_DigestInit_ex2(context, md, NULL) != 1)
        give_up();
    EVP_MD_free(md); /* the context holds it */
}

static void add(const void *bytes, size_t n)
{
    if (EVP_DigestUpdate(context, bytes, n) != 1)
        give_up();
}

static void end(uint8_t ret_hash[MERKLE_HASH_SIZE])
{
    if (EVP_DigestFinal_ex(context, ret_hash, NULL) != 1)
        give_up();
}

void merkle_sha256(const void *bytes, size_t n, uint8_t ret_hash[MERKLE_HASH_SIZE])
{
    begin();
    add(bytes, n);
    end(ret_hash);
}

void merkle_leaf(const void *bytes, size_t n, uint8_t ret_hash[MERKLE_HASH_SIZE])
{
    begin();
    add("", 1); /* 00 */
    add(bytes, n);
    end(ret_hash);
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
