/* The Merkle tree: the published cases, and proofs made here verified for every small size. */
#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/encode.h"
#include "base/text.h"
#include "harness/db.h"
#include "ledger/merkle.h"

/* A hash of a case. Some cases write "don't care" where only equality counts: such a word stands
 * for itself, filled up with zeros. False for what no reader lets through: another length, or
 * nothing. */
static bool hash_of(const json_t *value, uint8_t hash[MERKLE_HASH_SIZE])
{
    const char *base64 = json_string_value(value);
    struct text bytes _cleanup_text_ = {0};
    ck_assert_ptr_nonnull(base64);
    ck_assert(base64_decode(&bytes, base64, strlen(base64)));
    memset(hash, 0, MERKLE_HASH_SIZE);
    if (bytes.length != MERKLE_HASH_SIZE && strncmp(text_string(&bytes), "don't care", 10) != 0)
        return false;
    memcpy(hash, bytes.data, bytes.length);
    return true;
}

static uint64_t number_of(const json_t *of, const char *name)
{
    const char *digits = json_string_value(json_object_get(of, name));
    ck_assert_ptr_nonnull(digits);
    return strtoull(digits, NULL, 10);
}

static int run_cases(const char *kind)
{
    char path[128];
    json_error_t where;
    snprintf(path, sizeof(path), "tests/vectors/rfc6962/%s.json", kind);
    json_t *cases = json_load_file(source_path(path), 0, &where);
    ck_assert_msg(cases != NULL, "%s: %s", path, where.text);
    size_t i, at;
    json_t *of, *element;
    int count = 0;
    bool is_consistency = strstr(kind, "consistency") != NULL;
    bool is_subtree = strncmp(kind, "subtree", 7) == 0;
    json_array_foreach(cases, i, of)
    {
        uint8_t proof[MERKLE_MOST_PROOF][MERKLE_HASH_SIZE], a[MERKLE_HASH_SIZE],
            b[MERKLE_HASH_SIZE];
        json_t *hashes = json_object_get(of, "proof");
        bool good = hash_of(json_object_get(of, is_consistency ? "root1" : "leafHash"), a) &&
                    hash_of(json_object_get(of, is_consistency ? "root2" : "root"), b);
        size_t n = json_array_size(hashes);
        ck_assert_uint_le(n, MERKLE_MOST_PROOF);
        json_array_foreach(hashes, at, element) good = good && hash_of(element, proof[at]);
        const uint8_t(*p)[MERKLE_HASH_SIZE] = (const uint8_t(*)[MERKLE_HASH_SIZE])proof;
        if (good && is_consistency && is_subtree)
            good = merkle_verify_subtree_consistency(number_of(of, "start"), number_of(of, "end"),
                                                     number_of(of, "size"), a, b, p, n);
        else if (good && is_consistency)
            good = merkle_verify_consistency(number_of(of, "size1"), number_of(of, "size2"), a, b,
                                             p, n);
        else if (good && is_subtree)
            good = merkle_verify_subtree_inclusion(number_of(of, "leafIdx"), number_of(of, "start"),
                                                   number_of(of, "end"), a, p, n, b);
        else if (good)
            good = merkle_verify_inclusion(number_of(of, "leafIdx"), number_of(of, "treeSize"), a,
                                           p, n, b);
        bool want = !json_is_true(json_object_get(of, "wantErr"));
        ck_assert_msg(good == want, "%s: %s", json_string_value(json_object_get(of, "file")),
                      good ? "accepted" : "refused");
        count++;
    }
    json_decref(cases);
    return count;
}

START_TEST(published_cases_pass)
{
    ck_assert_int_eq(run_cases("inclusion"), 98);
    ck_assert_int_eq(run_cases("consistency"), 98);
    ck_assert_int_eq(run_cases("subtreeinclusion"), 204);
    ck_assert_int_eq(run_cases("subtreeconsistency"), 118);
}
END_TEST

enum { MOST = 130 };

static uint8_t leaves[MOST][MERKLE_HASH_SIZE];
static uint8_t roots[MOST + 1][MERKLE_HASH_SIZE];

static void grow(void)
{
    struct merkle_tree tree = {0};
    merkle_tree_root(&tree, roots[0]);
    for (int i = 0; i < MOST; i++) {
        merkle_leaf(&i, sizeof(i), leaves[i]);
        merkle_tree_append(&tree, &i, sizeof(i));
        merkle_tree_root(&tree, roots[i + 1]);
    }
}

/* RFC 6962's definition, word for word. */
static void definition(int from, int n, uint8_t ret_root[MERKLE_HASH_SIZE])
{
    uint8_t left[MERKLE_HASH_SIZE], right[MERKLE_HASH_SIZE];
    if (n == 1) {
        memcpy(ret_root, leaves[from], MERKLE_HASH_SIZE);
        return;
    }
    int k = 1;
    while (k * 2 < n)
        k *= 2;
    definition(from, k, left);
    definition(from + k, n - k, right);
    merkle_node(left, right, ret_root);
}

START_TEST(every_small_tree_proves_itself)
{
    grow();
    struct merkle_leaves source = {(const uint8_t(*)[MERKLE_HASH_SIZE])leaves, MOST};
    struct merkle_proof proof;
    uint8_t root[MERKLE_HASH_SIZE];
    for (uint64_t n = 0; n <= MOST; n++) {
        ck_assert(merkle_root(merkle_read_leaves, &source, n, root));
        ck_assert_mem_eq(root, roots[n], MERKLE_HASH_SIZE);
        if (n > 0) {
            definition(0, (int)n, root);
            ck_assert_mem_eq(root, roots[n], MERKLE_HASH_SIZE);
        }
        for (uint64_t i = 0; i < n; i++) {
            ck_assert(merkle_prove_inclusion(merkle_read_leaves, &source, i, n, &proof));
            const uint8_t(*p)[MERKLE_HASH_SIZE] = (const uint8_t(*)[MERKLE_HASH_SIZE])proof.hashes;
            ck_assert(merkle_verify_inclusion(i, n, leaves[i], p, proof.count, roots[n]));
            ck_assert(
                !merkle_verify_inclusion(i, n, leaves[(i + 1) % MOST], p, proof.count, roots[n]));
            ck_assert(!merkle_verify_inclusion(i ^ 1, n, leaves[i], p, proof.count, roots[n]));
        }
        ck_assert(!merkle_prove_inclusion(merkle_read_leaves, &source, n, n, &proof));
        for (uint64_t m = 1; m <= n; m++) {
            ck_assert(merkle_prove_consistency(merkle_read_leaves, &source, m, n, &proof));
            const uint8_t(*p)[MERKLE_HASH_SIZE] = (const uint8_t(*)[MERKLE_HASH_SIZE])proof.hashes;
            ck_assert(merkle_verify_consistency(m, n, roots[m], roots[n], p, proof.count));
            ck_assert(m == n ? proof.count == 0 : proof.count > 0);
            if (m < n) {
                ck_assert(!merkle_verify_consistency(m, n, roots[m - 1], roots[n], p, proof.count));
                ck_assert(!merkle_verify_consistency(m, n, roots[m], roots[n - 1], p, proof.count));
                ck_assert(!merkle_verify_consistency(n, m, roots[n], roots[m], p, proof.count));
            }
        }
        ck_assert(!merkle_prove_consistency(merkle_read_leaves, &source, 0, n, &proof));
        ck_assert(!merkle_prove_consistency(merkle_read_leaves, &source, n + 1, n, &proof));
    }
    /* What the source does not cover cannot be had. */
    ck_assert(!merkle_root(merkle_read_leaves, &source, MOST + 1, root));
    ck_assert(!merkle_prove_inclusion(merkle_read_leaves, &source, 0, MOST + 1, &proof));
}
END_TEST

/* A source for trees of any size: the hash is made of the position alone. */
static bool read_position(void *arg, int level, uint64_t index, uint8_t ret_hash[MERKLE_HASH_SIZE])
{
    (void)arg;
    memset(ret_hash, level, MERKLE_HASH_SIZE);
    memcpy(ret_hash, &index, sizeof(index));
    return true;
}

START_TEST(the_largest_trees_do_not_overflow)
{
    struct merkle_proof proof;
    static const uint64_t sizes[] = {UINT64_MAX, UINT64_MAX - 1, (UINT64_C(1) << 63) + 1,
                                     UINT64_C(1) << 63, (UINT64_C(1) << 63) - 1};
    for (size_t i = 0; i < 5; i++) {
        ck_assert(merkle_prove_inclusion(read_position, NULL, 0, sizes[i], &proof));
        ck_assert_uint_le(proof.count, 64);
        ck_assert(merkle_prove_inclusion(read_position, NULL, sizes[i] - 1, sizes[i], &proof));
        ck_assert(merkle_prove_consistency(read_position, NULL, 1, sizes[i], &proof));
        ck_assert_uint_le(proof.count, MERKLE_MOST_PROOF);
        ck_assert(merkle_prove_consistency(read_position, NULL, sizes[i] - 1, sizes[i], &proof));
        ck_assert_uint_le(proof.count, MERKLE_MOST_PROOF);
        const uint8_t(*p)[MERKLE_HASH_SIZE] = (const uint8_t(*)[MERKLE_HASH_SIZE])proof.hashes;
        uint8_t zero[MERKLE_HASH_SIZE] = {0};
        ck_assert(!merkle_verify_inclusion(5, sizes[i], zero, p, proof.count, zero));
        ck_assert(!merkle_verify_consistency(5, sizes[i], zero, zero, p, proof.count));
    }
}
END_TEST

Suite *suite_ledger_merkle(void)
{
    Suite *suite = suite_create("ledger_merkle");
    TCase *tc = tcase_create("merkle");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, published_cases_pass);
    tcase_add_test(tc, every_small_tree_proves_itself);
    tcase_add_test(tc, the_largest_trees_do_not_overflow);
    suite_add_tcase(suite, tc);
    return suite;
}
