/* Record digests and epoch keys against the known answers (key seed 40..5f). */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/error.h"
#include "base/text.h"
#include "harness/db.h"
#include "ledger/digest.h"
#include "ledger/epoch.h"
#include "ledger/merkle.h"

static void epoch_key(uint8_t key[32])
{
    for (int i = 0; i < 32; i++)
        key[i] = (uint8_t)(0x40 + i);
}

static const char *hex(const uint8_t *bytes, size_t n)
{
    static char out[4][4096];
    static int next;
    next = (next + 1) % 4;
    hex_encode(out[next], bytes, n);
    return out[next];
}

START_TEST(known_answers_pass)
{
    static const char *const keys[] = {"1", "2", "4711"};
    char *values = file_read(source_path("tests/vectors/log-kat/values.txt"));
    uint8_t key[32], refs[3][DIGEST_SIZE], root[DIGEST_SIZE], commit[32];
    epoch_key(key);
    epoch_commitment(key, commit);
    struct text expected _cleanup_text_ = {0};
    text_printf(&expected, "commit %s\n", hex(commit, 32));
    struct digester *digester = digester_new(key, "public.customer", 1);
    for (int i = 0; i < 3; i++) {
        struct text rk_text _cleanup_text_ = {0};
        uint8_t opening[DIGEST_SIZE], opened[DIGEST_SIZE];
        size_t length = strlen(keys[i]);
        digester_ref(digester, &keys[i], &length, refs[i]);
        digester_opening(digester, &keys[i], &length, &rk_text, opening);
        ck_assert(digest_open((uint8_t *)rk_text.data, rk_text.length, opening, opened));
        ck_assert_mem_eq(opened, refs[i], DIGEST_SIZE);
        text_printf(&expected, "RK %s \n rk %s \n", hex((uint8_t *)rk_text.data, rk_text.length),
                    hex(opening, DIGEST_SIZE));
        text_printf(&expected, " ref %s\n", hex(refs[i], DIGEST_SIZE));
    }
    digester_free(digester);
    digest_sort_refs(refs, 3);
    digest_records_root((const uint8_t(*)[DIGEST_SIZE])refs, 3, root);
    text_printf(&expected, "rroot %s\n", hex(root, DIGEST_SIZE));
    ck_assert_msg(strstr(values, expected.data) != NULL, "made:\n%s", expected.data);
    free(values);
}
END_TEST

/* The keyed digest against openssl's command: printf 'tenant\n4711' | openssl dgst -sha256 -mac
 * HMAC -macopt hexkey:404142...5f */
START_TEST(other_digests)
{
    uint8_t key[32], hash[DIGEST_SIZE];
    epoch_key(key);
    digest_sha256("", 0, hash);
    ck_assert_str_eq(hex(hash, 32),
                     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    digest_keyed(key, "tenant\n", "4711", hash);
    ck_assert_str_eq(hex(hash, 32),
                     "dab68a9f4d9f7b6d3a3b9d2222b665e7fa45d02eb6e5f628533a6b24dbba7ea7");
    digest_records_root(NULL, 0, hash);
    ck_assert_str_eq(hex(hash, 32),
                     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}
END_TEST

START_TEST(columns_do_not_run_into_each_other)
{
    uint8_t key[32], a[DIGEST_SIZE], b[DIGEST_SIZE], c[DIGEST_SIZE];
    epoch_key(key);
    struct digester *two = digester_new(key, "t", 2), *other = digester_new(key, "u", 2);
    const char *ab_c[] = {"ab", "c"}, *a_bc[] = {"a", "bc"};
    size_t two_one[] = {2, 1}, one_two[] = {1, 2};
    digester_ref(two, ab_c, two_one, a);
    digester_ref(two, a_bc, one_two, b);
    digester_ref(other, ab_c, two_one, c);
    ck_assert_mem_ne(a, b, DIGEST_SIZE);
    ck_assert_mem_ne(a, c, DIGEST_SIZE);
    /* Longer than the first buffer, then short again: the same as before. */
    char *big = malloc(100000);
    memset(big, 'x', 100000);
    const char *bigs[] = {big, big};
    size_t lengths[] = {100000, 99999};
    digester_ref(two, bigs, lengths, c);
    digester_ref(two, ab_c, two_one, c);
    ck_assert_mem_eq(a, c, DIGEST_SIZE);
    free(big);
    digester_free(two);
    digester_free(other);
    digester_free(NULL);
}
END_TEST

START_TEST(refs_are_sorted_as_bytes)
{
    enum { COUNT = 5000 };
    static uint8_t refs[COUNT][DIGEST_SIZE];
    for (int i = 0; i < COUNT; i++)
        random_bytes(refs[i], DIGEST_SIZE);
    memset(refs[17], 0, DIGEST_SIZE);
    memset(refs[18], 0xff, DIGEST_SIZE);
    memcpy(refs[19], refs[20], DIGEST_SIZE);
    memcpy(refs[21], refs[22], 31);
    digest_sort_refs(refs, COUNT);
    for (int i = 1; i < COUNT; i++)
        ck_assert_int_le(memcmp(refs[i - 1], refs[i], DIGEST_SIZE), 0);
    for (int i = 0; i < COUNT; i++)
        memset(refs[i], 7, 4); /* no use to buckets */
    digest_sort_refs(refs, COUNT);
    for (int i = 1; i < COUNT; i++)
        ck_assert_int_le(memcmp(refs[i - 1], refs[i], DIGEST_SIZE), 0);
    for (size_t count = 0; count < 130; count++) {
        for (size_t i = 0; i < count; i++)
            random_bytes(refs[i], DIGEST_SIZE);
        digest_sort_refs(refs, count);
        for (size_t i = 1; i < count; i++)
            ck_assert_int_le(memcmp(refs[i - 1], refs[i], DIGEST_SIZE), 0);
    }
}
END_TEST

START_TEST(an_epoch_key_is_wrapped_and_unwrapped)
{
    uint8_t kek[32], other[32], key[32], back[32];
    uint8_t wrapped[EPOCH_WRAPPED_SIZE], again[EPOCH_WRAPPED_SIZE];
    struct error error _cleanup_error_ = {0};
    random_bytes(kek, sizeof(kek));
    random_bytes(other, sizeof(other));
    epoch_key(key);
    ck_assert(epoch_wrap(kek, 7, key, wrapped, &error));
    ck_assert(epoch_wrap(kek, 7, key, again, &error));
    ck_assert_mem_ne(wrapped, again, EPOCH_WRAPPED_SIZE); /* a nonce of its own each time */
    ck_assert(epoch_unwrap(kek, 7, wrapped, back, &error));
    ck_assert_mem_eq(back, key, 32);
    ck_assert(!epoch_unwrap(other, 7, wrapped, back, &error));
    ck_assert_ptr_nonnull(strstr(error.primary, "epoch 7"));
    ck_assert(!epoch_unwrap(kek, 8, wrapped, back, &error));
    for (size_t i = 0; i < EPOCH_WRAPPED_SIZE; i++) {
        memcpy(again, wrapped, sizeof(again));
        again[i] ^= 1;
        ck_assert(!epoch_unwrap(kek, 7, again, back, NULL));
        ck_assert_mem_ne(back, key, 32); /* nothing is handed out */
    }
}
END_TEST

START_TEST(a_key_file_is_private)
{
    char *directory = temporary_directory();
    char path[512];
    uint8_t kek[32], again[32];
    struct error error _cleanup_error_ = {0};
    struct stat sb;
    snprintf(path, sizeof(path), "%s/kek", directory);
    ck_assert(!epoch_kek_load(path, kek, &error));
    ck_assert_ptr_nonnull(strstr(error.primary, "No such file"));
    umask(0);
    ck_assert(epoch_kek_create(path, &error));
    ck_assert_int_eq(stat(path, &sb), 0);
    ck_assert_int_eq(sb.st_mode & 07777, 0600);
    ck_assert(epoch_kek_load(path, kek, &error));
    ck_assert(!epoch_kek_create(path, &error)); /* never over another */
    ck_assert(epoch_kek_load(path, again, &error));
    ck_assert_mem_eq(kek, again, 32);
    static const mode_t open_to_others[] = {0640, 0604, 0620, 0601};
    for (size_t i = 0; i < 4; i++) {
        chmod(path, open_to_others[i]);
        ck_assert(!epoch_kek_load(path, kek, &error));
        ck_assert_ptr_nonnull(strstr(error.primary, "open to others"));
        ck_assert_ptr_nonnull(strstr(error.hint, "chmod 600"));
    }
    chmod(path, 0400);
    ck_assert(epoch_kek_load(path, kek, &error));
    if (geteuid() == 0) {
        chmod(path, 0600);
        ck_assert_int_eq(chown(path, 12345, 12345), 0);
        ck_assert(!epoch_kek_load(path, kek, &error));
        ck_assert_ptr_nonnull(strstr(error.primary, "belongs to user 12345"));
    }
    ck_assert(!epoch_kek_load(directory, kek, &error));
    ck_assert_ptr_nonnull(strstr(error.primary, "not a regular file"));
    static const char *const bad[] = {
        "",
        "abcd\n",
        "zz01020304050607080910111213141516171819202122232425262728293031\n",
        "0001020304050607080910111213141516171819202122232425262728293031\n\n",
        "AA01020304050607080910111213141516171819202122232425262728293031\n",
        "00010203040506070809101112131415161718192021222324252627282930310\n"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char *file = file_write(directory, "bad", bad[i]);
        ck_assert(!epoch_kek_load(file, kek, &error));
        ck_assert_ptr_nonnull(strstr(error.primary, "not 64 lower-case hex digits"));
        free(file);
    }
    char *file = file_write(directory, "bare",
                            "0001020304050607080910111213141516171819202122232425262728293031");
    ck_assert(epoch_kek_load(file, kek, &error));
    ck_assert_uint_eq(kek[31], 0x31);
    free(file);
    free(directory);
}
END_TEST

Suite *suite_ledger_digest(void)
{
    Suite *suite = suite_create("ledger_digest");
    TCase *tc = tcase_create("digest");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, known_answers_pass);
    tcase_add_test(tc, other_digests);
    tcase_add_test(tc, columns_do_not_run_into_each_other);
    tcase_add_test(tc, refs_are_sorted_as_bytes);
    tcase_add_test(tc, an_epoch_key_is_wrapped_and_unwrapped);
    tcase_add_test(tc, a_key_file_is_private);
    suite_add_tcase(suite, tc);
    return suite;
}
