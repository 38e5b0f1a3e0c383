/* Proofs as files: known answers in both directions, and what an attacker would try. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/encode.h"
#include "base/error.h"
#include "base/text.h"
#include "harness/db.h"
#include "ledger/digest.h"
#include "ledger/proof.h"
#include "ledger/tile.h"

static char *known(const char *file)
{
    char path[128];
    snprintf(path, sizeof(path), "tests/vectors/log-kat/%s", file);
    return file_read(source_path(path));
}

static struct note_verifier verifier;
static uint8_t leaves[3][MERKLE_HASH_SIZE];
static struct merkle_leaves log_leaves = {(const uint8_t (*)[MERKLE_HASH_SIZE])leaves, 3};
static uint8_t batch[4096]; /* entry 2 */
static size_t batch_length;

static void setup(void)
{
    static uint8_t bundle[4096];
    char *vkey = known("vkey");
    ck_assert(note_verifier_parse(&verifier, vkey, NULL));
    free(vkey);
    FILE *f = fopen(source_path("tests/vectors/log-kat/tile/entries/000.p/3"), "rb");
    size_t length = fread(bundle, 1, sizeof(bundle), f), at = 0;
    fclose(f);
    for (int i = 0; i < 3; i++) {
        const uint8_t *entry;
        ck_assert(bundle_next(bundle, length, &at, &entry, &batch_length));
        merkle_leaf(entry, batch_length, leaves[i]);
        memcpy(batch, entry, batch_length);
    }
}

/* The refs of records 1, 2 and 4711, sorted; RK and rk of 4711. */
static void records(uint8_t refs[3][DIGEST_SIZE], struct text *rk_text, uint8_t opening[32])
{
    static const char *const keys[] = {"1", "2", "4711"};
    uint8_t key[32];
    for (int i = 0; i < 32; i++)
        key[i] = (uint8_t)(0x40 + i);
    struct digester *digester = digester_new(key, "public.customer", 1);
    for (int i = 0; i < 3; i++) {
        size_t length = strlen(keys[i]);
        digester_ref(digester, &keys[i], &length, refs[i]);
        if (i == 2)
            digester_opening(digester, &keys[i], &length, rk_text, opening);
    }
    digester_free(digester);
    digest_sort_refs(refs, 3);
}

static void write_entry_proof(struct text *out)
{
    struct merkle_proof proof;
    char *checkpoint = known("checkpoint");
    ck_assert(merkle_prove_inclusion(merkle_read_leaves, &log_leaves, 2, 3, &proof));
    proof_entry_write(out, batch, batch_length, 2, &proof, checkpoint);
    free(checkpoint);
}

static void write_record_proof(struct text *out)
{
    struct merkle_proof proof;
    uint8_t refs[3][DIGEST_SIZE], hashes[3][MERKLE_HASH_SIZE], opening[32];
    struct text rk_text _cleanup_text_ = {0}, entry _cleanup_text_ = {0};
    records(refs, &rk_text, opening);
    for (int i = 0; i < 3; i++)
        merkle_leaf(refs[i], DIGEST_SIZE, hashes[i]);
    struct merkle_leaves source = {(const uint8_t(*)[MERKLE_HASH_SIZE])hashes, 3};
    ck_assert(merkle_prove_inclusion(merkle_read_leaves, &source, 0, 3, &proof));
    write_entry_proof(&entry);
    proof_record_write(out, (uint8_t *)rk_text.data, rk_text.length, opening, 0, &proof,
                       entry.data);
}

START_TEST(known_answers_are_written)
{
    struct text entry _cleanup_text_ = {0}, record _cleanup_text_ = {0},
                      consistency _cleanup_text_ = {0};
    char *known_entry = known("entry.tlog-proof"), *known_record = known("4711.record-proof"),
         *known_consistency = known("consistency.txt"), *checkpoint = known("checkpoint");
    write_entry_proof(&entry);
    ck_assert_str_eq(entry.data, known_entry);
    write_record_proof(&record);
    ck_assert_str_eq(record.data, known_record);
    struct merkle_proof proof;
    ck_assert(merkle_prove_consistency(merkle_read_leaves, &log_leaves, 2, 3, &proof));
    proof_consistency_write(&consistency, 2, &proof, checkpoint);
    ck_assert_str_eq(consistency.data, known_consistency);
    free(known_entry);
    free(known_record);
    free(known_consistency);
    free(checkpoint);
}
END_TEST

static struct proof_result result;

static void is_4711(void *arg, const char *value, size_t length)
{
    ck_assert_uint_eq(length, 4);
    ck_assert_mem_eq(value, "4711", 4);
    ++*(int *)arg;
}

START_TEST(known_answers_are_verified)
{
    struct error error _cleanup_error_ = {0};
    char *bytes = known("entry.tlog-proof");
    ck_assert_int_eq(proof_kind_of(bytes, strlen(bytes)), PROOF_ENTRY);
    ck_assert_msg(proof_entry_verify(&result, bytes, strlen(bytes), &verifier, 1, &error), "%s",
                  error.primary);
    ck_assert_uint_eq(result.index, 2);
    ck_assert_uint_eq(result.checkpoint.size, 3);
    ck_assert_str_eq(entry_value(&result.entry, "category"), "customers");
    free(bytes);

    bytes = known("4711.record-proof");
    ck_assert_int_eq(proof_kind_of(bytes, strlen(bytes)), PROOF_RECORD);
    ck_assert_msg(proof_record_verify(&result, bytes, strlen(bytes), &verifier, 1, &error), "%s",
                  error.primary);
    const char *relation;
    size_t length;
    int columns = 0;
    ck_assert(
        proof_rk_read(result.rk_text, result.rk_length, &relation, &length, is_4711, &columns));
    ck_assert_int_eq(columns, 1);
    ck_assert_uint_eq(length, strlen("public.customer"));
    ck_assert_mem_eq(relation, "public.customer", length);
    free(bytes);

    struct checkpoint old;
    char *kept = known("checkpoint.2");
    ck_assert(checkpoint_open(&old, kept, strlen(kept), &verifier, NULL));
    bytes = known("consistency.txt");
    ck_assert_int_eq(proof_kind_of(bytes, strlen(bytes)), PROOF_CONSISTENCY);
    ck_assert_msg(
        proof_consistency_verify(&result, bytes, strlen(bytes), &old, &verifier, 1, &error), "%s",
        error.primary);
    ck_assert_int_eq(proof_kind_of(kept, strlen(kept)), PROOF_NONE);
    ck_assert_int_eq(proof_kind_of("", 0), PROOF_NONE);
    free(kept);
    free(bytes);
}
END_TEST

START_TEST(no_flipped_bit_goes_unnoticed)
{
    struct checkpoint old;
    char *kept = known("checkpoint.2");
    ck_assert(checkpoint_open(&old, kept, strlen(kept), &verifier, NULL));
    free(kept);
    static const char *const files[] = {"entry.tlog-proof", "4711.record-proof", "consistency.txt"};
    for (int file = 0; file < 3; file++) {
        char *bytes = known(files[file]);
        size_t length = strlen(bytes);
#define VERIFY(n)                                                                                  \
    (file == 0   ? proof_entry_verify(&result, bytes, n, &verifier, 1, NULL)                       \
     : file == 1 ? proof_record_verify(&result, bytes, n, &verifier, 1, NULL)                      \
                 : proof_consistency_verify(&result, bytes, n, &old, &verifier, 1, NULL))
        ck_assert(VERIFY(length));
        for (size_t n = 0; n < length; n++)
            ck_assert(!VERIFY(n));
        for (size_t i = 0; i < length; i++)
            for (int bit = 0; bit < 8; bit++) {
                bytes[i] = (char)(bytes[i] ^ 1 << bit);
                ck_assert_msg(!VERIFY(length), "%s byte %zu bit %d", files[file], i, bit);
                bytes[i] = (char)(bytes[i] ^ 1 << bit);
            }
        free(bytes);
    }
}
END_TEST

/* A log of the test's own, by the same key: what a forger could sign, and what an auditor sees. */
static struct note_signer *signer;

static void sign(struct text *out, uint64_t size, const uint8_t root[MERKLE_HASH_SIZE])
{
    struct checkpoint checkpoint = {.origin = "retention.example/log1", .size = size};
    uint8_t seed[32];
    for (int i = 0; i < 32; i++)
        seed[i] = (uint8_t)i;
    if (!signer)
        signer = note_signer_new(checkpoint.origin, seed, NULL);
    memcpy(checkpoint.root, root, MERKLE_HASH_SIZE);
    ck_assert(checkpoint_sign(out, &checkpoint, signer, NULL));
}

/* A proof of one entry, alone in a log. */
static void alone(struct text *out, const char *entry, size_t length)
{
    struct merkle_proof none = {0};
    struct text note _cleanup_text_ = {0};
    uint8_t leaf[MERKLE_HASH_SIZE];
    merkle_leaf(entry, length, leaf);
    sign(&note, 1, leaf);
    proof_entry_write(out, entry, length, 0, &none, note.data);
}

START_TEST(a_fork_by_the_same_key_is_found)
{
    uint8_t forked[3][MERKLE_HASH_SIZE], root[MERKLE_HASH_SIZE];
    memcpy(forked, leaves, sizeof(forked));
    forked[0][0] ^= 1;
    struct merkle_leaves source = {(const uint8_t(*)[MERKLE_HASH_SIZE])forked, 3};
    struct merkle_proof proof;
    struct text note _cleanup_text_ = {0}, bytes _cleanup_text_ = {0};
    struct error error _cleanup_error_ = {0};
    ck_assert(merkle_root(merkle_read_leaves, &source, 3, root));
    ck_assert(merkle_prove_consistency(merkle_read_leaves, &source, 2, 3, &proof));
    sign(&note, 3, root);
    proof_consistency_write(&bytes, 2, &proof, note.data);
    struct checkpoint old;
    char *kept = known("checkpoint.2");
    ck_assert(checkpoint_open(&old, kept, strlen(kept), &verifier, NULL));
    ck_assert(
        !proof_consistency_verify(&result, bytes.data, bytes.length, &old, &verifier, 1, &error));
    ck_assert_str_eq(error.primary, "log of 3 entries does not extend the log of 2 entries");
    ck_assert_int_eq(error.code, ERROR_LOG);
    /* The auditor's own checkpoint counts, not what the proof says of it. */
    old.size = 1;
    ck_assert(
        !proof_consistency_verify(&result, bytes.data, bytes.length, &old, &verifier, 1, &error));
    ck_assert_str_eq(error.primary, "proof is from size 2, the old checkpoint of size 1");
    /* A log that has shrunk. */
    text_clear(&bytes);
    proof.count = 0;
    old.size = 4;
    proof_consistency_write(&bytes, 4, &proof, note.data);
    ck_assert(
        !proof_consistency_verify(&result, bytes.data, bytes.length, &old, &verifier, 1, &error));
    ck_assert_str_eq(error.primary, "log has shrunk: 4 entries then, 3 now");
    free(kept);
}
END_TEST

START_TEST(another_record_is_not_proved)
{
    struct text good _cleanup_text_ = {0};
    struct error error _cleanup_error_ = {0};
    write_record_proof(&good);
    /* The same proof beside an entry of another relation, without digests, of another type. */
    static const struct {
        const char *from, *to, *says;
    } cases[] = {
        {"relation public.customer", "relation public.supplier", "another relation"},
        {"records 115114c82e02baf2c162bbb6eaf1af7a91ae3a3dd9ebf93982f77a3eaa8582d2", "records none",
         "counts, and no digests"},
        {"rows 3", "rows 2", "not among those"},
        {"rows 3", "rows 0", "not among those"},
        {"records 11", "records 12", "not among those"},
    };
    const char *rest = strstr(good.data, "c2sp.org/");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct text bytes _cleanup_text_ = {0}, other _cleanup_text_ = {0};
        const char *at = strstr((const char *)batch, cases[i].from);
        text_add_n(&other, batch, (size_t)(at - (const char *)batch));
        text_add(&other, cases[i].to);
        at += strlen(cases[i].from);
        text_add_n(&other, at, batch_length - (size_t)(at - (const char *)batch));
        text_add_n(&bytes, good.data, (size_t)(rest - good.data));
        alone(&bytes, other.data, other.length);
        ck_assert(!proof_record_verify(&result, bytes.data, bytes.length, &verifier, 1, &error));
        ck_assert_msg(strstr(error.primary, cases[i].says) != NULL, "%s", error.primary);
    }
    struct text bytes _cleanup_text_ = {0};
    const char *prune = "retention-log-entry/v1\ntype prune\ntime 2026-07-24T12:00:02Z\n"
                        "salt 03030303030303030303030303030303\nupto 256\n";
    text_add_n(&bytes, good.data, (size_t)(rest - good.data));
    alone(&bytes, prune, strlen(prune));
    ck_assert(!proof_record_verify(&result, bytes.data, bytes.length, &verifier, 1, &error));
    ck_assert_str_eq(error.primary, "entry of type prune tells of no records");
    /* A signed entry that is none, and one of a later version. */
    text_clear(&bytes);
    alone(&bytes, "something else\n", 15);
    ck_assert(!proof_entry_verify(&result, bytes.data, bytes.length, &verifier, 1, &error));
    ck_assert_ptr_nonnull(strstr(error.primary, "not well formed"));
    text_clear(&bytes);
    const char *later = "retention-log-entry/v1\ntype later\ntime 2026-07-24T12:00:02Z\n"
                        "salt 03030303030303030303030303030303\nany thing\n";
    alone(&bytes, later, strlen(later));
    ck_assert(proof_entry_verify(&result, bytes.data, bytes.length, &verifier, 1, NULL));
    ck_assert_ptr_null(result.entry.type);
    ck_assert_str_eq(result.entry.type_name, "later");
}
END_TEST

START_TEST(record_keys_are_read_strictly)
{
    static const struct {
        const char *bytes;
        size_t length;
    } bad[] = {
        {"", 0},
        {"\0\0\0\1t", 5},
        {"\0\0\0\1t\0\0\0\0", 9},
        {"\0\0\0\1t\0\0\0\1", 9},
        {"\0\0\0\1t\0\0\0\1\0\0\0\1", 13},
        {"\0\0\0\1t\0\0\0\1\0\0\0\1ab", 15},
        {"\0\0\0\2t\0\0\0\1\0\0\0\1a", 14},
        {"\377\377\377\377t\0\0\0\1\0\0\0\1a", 14},
        {"\0\0\0\1t\377\377\377\377\0\0\0\1a", 14},
        {"\0\0\0\1\377\0\0\0\1\0\0\0\1a", 14}, /* no UTF-8 */
        {"\0\0\0\1t\0\0\0\1\0\0\0\1\377", 14},
        {"\0\0\0\1t\0\0\0\1\0\0\0\1\0", 14}, /* nor any text */
    };
    const char *relation;
    size_t length;
    ck_assert(proof_rk_read((const uint8_t *)"\0\0\0\1t\0\0\0\2\0\0\0\1a\0\0\0\0", 18, &relation,
                            &length, NULL, NULL));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_msg(!proof_rk_read((const uint8_t *)bad[i].bytes, bad[i].length, &relation,
                                     &length, NULL, NULL),
                      "case %zu", i);
}
END_TEST

static void teardown(void)
{
    note_signer_free(signer);
    signer = NULL;
}

Suite *suite_ledger_proof(void)
{
    Suite *suite = suite_create("ledger_proof");
    TCase *tc = tcase_create("proof");
    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, known_answers_are_written);
    tcase_add_test(tc, known_answers_are_verified);
    tcase_add_test(tc, no_flipped_bit_goes_unnoticed);
    tcase_add_test(tc, a_fork_by_the_same_key_is_found);
    tcase_add_test(tc, another_record_is_not_proved);
    tcase_add_test(tc, record_keys_are_read_strictly);
    suite_add_tcase(suite, tc);
    return suite;
}
