/* Verification of log directories: sound ones of every shape of tree, and files altered by somebody
 * who does not have the key. */
#define _GNU_SOURCE
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "ledger/tile.h"
#include "logmaker.h"
#include "vlog.h"

START_TEST(trees_of_every_shape_are_sound)
{
    static const uint64_t sizes[] = {0, 1, 2, 3, 7, 255, 256, 257, 511, 65535, 65536, 65537, 70000};
    uint64_t size = sizes[_i];
    vlog_make(size, size < 1000 ? 3 : 0);
    vlog_sound();
    ck_assert_uint_eq(vlog_result.entries, size);
    ck_assert_uint_eq(vlog_result.checkpoint.size, size);
    ck_assert_uint_eq(vlog_result.strays, 0);
    ck_assert_uint_eq(vlog_result.pruned, 0);
    ck_assert_uint_eq(vlog_result.runs, vlog_result.runs_done + vlog_result.runs_open);
    ck_assert_uint_eq(vlog_result.records_extra, 0);
    if (size >= 255) {
        ck_assert_uint_gt(vlog_result.runs_done, 5);
        ck_assert_uint_gt(vlog_result.gaps, 0);
        ck_assert_uint_eq(vlog_result.policies, 2);
        ck_assert_uint_ge(vlog_result.checkpoints, 9);
        ck_assert_uint_gt(vlog_result.partial_tiles, 5);
        ck_assert_uint_eq(vlog_result.record_files, size < 1000 ? vlog_result.batches : 0);
        ck_assert_uint_eq(vlog_result.refs, size < 1000 ? vlog_result.rows : 0);
    }
}
END_TEST

/* Flips a bit of each byte of the files below a folder, cuts each off, adds to it: not one of it
 * goes unnoticed. How many bytes there were. */
static size_t flip_all(const char *below)
{
    size_t flipped = 0;
    vlog_file_count = 0;
    vlog_list(below);
    for (int i = 0; i < vlog_file_count; i++) {
        struct vlog_file *file = &vlog_files[i];
        for (size_t at = 0; at < file->bytes.length; at++) {
            uint8_t was = file->bytes.data[at];
            file->bytes.data[at] ^= (uint8_t)(1u << (at % 8));
            vlog_put(file->name, file->bytes.data, file->bytes.length);
            ck_assert_msg(!vlog_verify(&vlog_key, 1, NULL), "byte %zu of %s", at, file->name);
            ck_assert_int_eq(vlog_error.code, ERROR_LOG);
            file->bytes.data[at] = was;
            flipped++;
        }
        /* cut off by one byte, one byte more, and gone */
        vlog_put(file->name, file->bytes.data, file->bytes.length - 1);
        if (strcmp(file->name, "vkey") != 0) /* whose last newline is not needed */
            ck_assert_msg(!vlog_verify(&vlog_key, 1, NULL), "%s is short", file->name);
        vlog_put(file->name, file->bytes.data, 0);
        ck_assert_msg(!vlog_verify(&vlog_key, 1, NULL), "%s is empty", file->name);
        file->bytes.data[file->bytes.length] = 'x';
        vlog_put(file->name, file->bytes.data, file->bytes.length + 1);
        ck_assert_msg(!vlog_verify(&vlog_key, 1, NULL), "%s is long", file->name);
        vlog_put(file->name, file->bytes.data, file->bytes.length);
        free(file->name);
        free(file->bytes.data);
    }
    vlog_sound();
    return flipped;
}

/* Of the checkpoints, the key, tiles, entries, digests, policies, and of what smaller sizes have
 * left. */
START_TEST(no_flipped_byte_goes_unnoticed)
{
    vlog_make(13, 3);
    vlog_sound();
    ck_assert_uint_gt(flip_all(""), 5000);
    ck_assert_int_gt(vlog_file_count, 20);
}
END_TEST

/* And of the proofs that a prune saved. */
START_TEST(no_flipped_byte_of_a_saved_proof_goes_unnoticed)
{
    static const char *const upto[] = {"256"};
    struct logmaker *maker = logmaker_new(vlog_dir, 0);
    logmaker_fill(maker, 258);
    logmaker_add(maker, "prune", upto);
    logmaker_checkpoint(maker);
    logmaker_remove_below(maker, 256);
    logmaker_free(maker);
    vlog_sound();
    ck_assert_uint_eq(vlog_result.proofs, 6);
    ck_assert_uint_gt(flip_all("proofs"), 4000);
}
END_TEST

/* --- attacks --- */

/* Where an entry begins in a bundle, with its length before it. */
static size_t entry_at(const struct vlog_bytes *bundle, unsigned n, size_t *ret_end)
{
    size_t at = 0, length;
    const uint8_t *entry;
    for (unsigned i = 0; i < n; i++)
        ck_assert(bundle_next(bundle->data, bundle->length, &at, &entry, &length));
    size_t start = at;
    ck_assert(bundle_next(bundle->data, bundle->length, &at, &entry, &length));
    *ret_end = at;
    return start;
}

/* What an attacker without the key does to a log of 600 entries, and what is said of it. */
START_TEST(altered_files_are_named)
{
    vlog_make(600, 3);
    /* one byte of an entry: the tree that was signed says that it is the entry */
    vlog_flip("tile/entries/001", 40);
    vlog_wrong("tile/entries/001",
               "entry 256 was altered: its hash is not the one that was signed");
    ck_assert_uint_eq(vlog_result.where_entry, 256);
    vlog_flip("tile/entries/001", 40);
    /* in the last, partial bundle, too */
    vlog_flip("tile/entries/002.p/88", 40);
    vlog_wrong("tile/entries/002.p/88", "entry 512 was altered");
    vlog_flip("tile/entries/002.p/88", 40);
    /* of a tile */
    vlog_flip("tile/0/001", 32 * 7 + 1);
    vlog_wrong("tile/0/001", "tile/0/001 was altered: hash 7 in it is not that of entry 263");
    vlog_flip("tile/0/001", 32 * 7 + 1);
    vlog_flip("tile/0/002.p/88", 1);
    vlog_wrong("tile/0/002.p/88",
               "tile/0/002.p/88 was altered: hash 0 in it is not that of entry 512");
    vlog_flip("tile/0/002.p/88", 1);
    vlog_flip("tile/1/000.p/2", 33);
    vlog_wrong("tile/1/000.p/2",
               "tile/1/000.p/2 was altered: hash 1 in it is not that of tile/0/001");
    vlog_flip("tile/1/000.p/2", 33);
    /* of the checkpoint's parts */
    struct vlog_bytes head = vlog_get("checkpoint");
    char *blank = strstr((char *)head.data, "\n\n");
    vlog_flip("checkpoint", 0);
    vlog_wrong("checkpoint", "checkpoint: signature of \"example.com/retention\" is not right");
    vlog_flip("checkpoint", 0);
    vlog_flip("checkpoint", strlen(LOGMAKER_ORIGIN) + 2); /* its size */
    vlog_wrong("checkpoint", "is not right");
    vlog_flip("checkpoint", strlen(LOGMAKER_ORIGIN) + 2);
    vlog_flip("checkpoint", (size_t)(blank - (char *)head.data) + 40);
    vlog_wrong("checkpoint", "checkpoint: ");
    vlog_flip("checkpoint", (size_t)(blank - (char *)head.data) + 40);
    /* unsigned; signed by a key that is not trusted; leading zeros; a blank line too early */
    vlog_put("checkpoint", head.data, (size_t)(blank - (char *)head.data) + 1);
    vlog_wrong("checkpoint", "checkpoint: note is not well formed");
    struct logmaker *other = logmaker_new(vlog_dir, 3);
    logmaker_key(other, 9);
    logmaker_fill(other, 1);
    logmaker_free(other);
    free(head.data);
    vlog_wrong("checkpoint", "checkpoint: note is not well formed");
}
END_TEST

static struct vlog_bytes bundle_1;

static void write_bundle_1(const void *data, size_t length)
{
    vlog_put("tile/entries/001", data, length);
}

/* Entries swapped, dropped, doubled, cut off, added. */
START_TEST(rearranged_entries_are_named)
{
    vlog_make(600, 3);
    bundle_1 = vlog_get("tile/entries/001");
    size_t end_3, end_4, start_3 = entry_at(&bundle_1, 3, &end_3),
                         start_4 = entry_at(&bundle_1, 4, &end_4);
    ck_assert_uint_eq(end_3, start_4);
    struct text text _cleanup_text_ = {0};
    text_add_n(&text, bundle_1.data, start_3);
    text_add_n(&text, bundle_1.data + start_4, end_4 - start_4);
    text_add_n(&text, bundle_1.data + start_3, end_3 - start_3);
    text_add_n(&text, bundle_1.data + end_4, bundle_1.length - end_4);
    write_bundle_1(text.data, text.length);
    vlog_wrong("tile/entries/001", "entry 259 was altered");

    text_clear(&text); /* dropped */
    text_add_n(&text, bundle_1.data, start_3);
    text_add_n(&text, bundle_1.data + start_4, bundle_1.length - start_4);
    write_bundle_1(text.data, text.length);
    vlog_wrong("tile/entries/001",
               "entry 259 was altered: its hash is not the one in the tree, and "
               "tile/entries/001 does not hold 256 whole entries");

    text_clear(&text); /* doubled */
    text_add_n(&text, bundle_1.data, end_3);
    text_add_n(&text, bundle_1.data + start_3, bundle_1.length - start_3);
    write_bundle_1(text.data, text.length);
    vlog_wrong("tile/entries/001", "entry 260 was altered");

    text_clear(&text); /* one more at the end */
    text_add_n(&text, bundle_1.data, bundle_1.length);
    text_add_n(&text, bundle_1.data, entry_at(&bundle_1, 1, &end_3));
    write_bundle_1(text.data, text.length);
    vlog_wrong("tile/entries/001", "tile/entries/001 holds more than the 256 entries");

    size_t start_255 = entry_at(&bundle_1, 255, &end_3); /* cut off */
    write_bundle_1(bundle_1.data, start_255);
    vlog_wrong("tile/entries/001", "tile/entries/001 ends before entry 511");
    write_bundle_1(bundle_1.data, 0);
    vlog_wrong("tile/entries/001", "tile/entries/001 ends before entry 256");
    write_bundle_1(bundle_1.data, bundle_1.length);
    vlog_sound();

    /* gone, and no prune that says so */
    ck_assert_int_eq(unlink(vlog_path("tile/entries/001")), 0);
    vlog_wrong("tile/entries/001", "tile/entries/001 is missing, and no entry of the log says");
    write_bundle_1(bundle_1.data, bundle_1.length);
    ck_assert_int_eq(unlink(vlog_path("tile/entries/000")), 0);
    vlog_wrong("tile/entries/000", "tile/entries/000 is missing, and no entry of the log says");
    free(bundle_1.data);
}
END_TEST

/* Entry and hashes rewritten up to the top: nothing is wrong but the signature's root. */
START_TEST(a_tree_rewritten_without_the_key_is_noticed)
{
    vlog_make(600, 3);
    struct vlog_bytes head_before = vlog_get("checkpoint");
    struct logmaker *maker = logmaker_new(vlog_dir, 3);
    logmaker_fill(maker, 300);
    logmaker_reseed(maker, 7);
    logmaker_fill(maker, 600);
    logmaker_checkpoint(maker);
    logmaker_free(maker);
    vlog_put("checkpoint", head_before.data, head_before.length);
    vlog_wrong("checkpoint", "the 600 entries and their tiles were rewritten together");
    free(head_before.data);
}
END_TEST

/* Digests of records that are not there, or not those of the entry. */
START_TEST(records_are_compared_with_their_entries)
{
    vlog_make(40, 3);
    vlog_list("records");
    ck_assert_int_gt(vlog_file_count, 4);
    struct vlog_file *file = &vlog_files[2];
    char expected[512];
    vlog_flip(file->name, 95);
    snprintf(expected, sizeof(expected), "%s was altered: the root over its digests", file->name);
    vlog_wrong(file->name, expected);
    vlog_flip(file->name, 95);
    vlog_put(file->name, file->bytes.data, 64);
    snprintf(expected, sizeof(expected), "%s is 64 bytes long; entry ", file->name);
    vlog_wrong(file->name, expected);
    uint8_t swapped[96];
    memcpy(swapped, file->bytes.data + 32, 32);
    memcpy(swapped + 32, file->bytes.data, 32);
    memcpy(swapped + 64, file->bytes.data + 64, 32);
    vlog_put(file->name, swapped, 96);
    snprintf(expected, sizeof(expected), "%s: digest 1 is out of order", file->name);
    vlog_wrong(file->name, expected);
    ck_assert_int_eq(unlink(vlog_path(file->name)), 0);
    snprintf(expected, sizeof(expected), "%s is missing, and no entry of the log", file->name);
    vlog_wrong(file->name, expected);
    vlog_put(file->name, file->bytes.data, file->bytes.length);
    vlog_put("records/stray", "x", 1);
    vlog_sound();
    ck_assert_uint_eq(vlog_result.records_extra, 1);
    vlog_put("note.txt", "x", 1);
    vlog_sound();
    ck_assert_uint_eq(vlog_result.strays, 1);
    ck_assert_str_eq(vlog_result.stray, "note.txt");
}
END_TEST

/* What lies there and is no part of the log is told of, whatever it is called. */
START_TEST(nothing_hides_in_a_log)
{
    vlog_make(20, 3);
    vlog_put("lock", "7645912345678901234 16384 1790000000.123456", 43); /* of a worker that runs */
    vlog_sound();
    ck_assert_uint_eq(vlog_result.strays, 0);
    vlog_put("lock", "", 0);
    vlog_put(".new.4711", "x", 1); /* left by a worker that was killed */
    vlog_sound();
    ck_assert_uint_eq(vlog_result.strays, 0);
    static const char *const strays[] = {
        "lock", ".new.secret", ".hidden", "policies/readme", "tile/0/000.p/020", "checkpoints/07"};
    for (size_t i = 0; i < ARRAY_LENGTH(strays); i++) {
        vlog_put(strays[i], "x", 1);
        vlog_sound();
        ck_assert_uint_eq(vlog_result.strays, i + 1);
    }
    /* a text under its hash, which no entry names, and links to nothing: as files are that went
     * away while they were read */
    static const char *const others[] = {
        "policies/ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "policies/0000000000000000000000000000000000000000000000000000000000000000",
        "tile/0/000.p/5",
        "tile/entries/000.p/5",
        "proofs/3",
        "checkpoints/5"};
    vlog_put(others[0], "abc", 3);
    for (size_t i = 0; i < ARRAY_LENGTH(others); i++) {
        if (i == 0) /* as a prune makes it */
            ck_assert_int_eq(mkdir(vlog_path("proofs"), 0755), 0);
        if (i > 0)
            ck_assert_msg(symlink("nothing", vlog_path(others[i])) == 0, "%s", others[i]);
        vlog_sound();
        ck_assert_uint_eq(vlog_result.strays, ARRAY_LENGTH(strays) + i + 1);
        ck_assert_uint_eq(vlog_result.policies, 2);
    }
    /* a folder that is a link is not gone into */
    ck_assert_int_eq(symlink("/", vlog_path("tile/root")), 0);
    vlog_sound();
    ck_assert_uint_eq(vlog_result.strays, ARRAY_LENGTH(strays) + ARRAY_LENGTH(others) + 1);
}
END_TEST

/* A policy text that was altered, in a folder that no walk goes into: behind a link, or without
 * the right to list it. */
START_TEST(an_altered_policy_text_is_found_wherever_it_lies)
{
    vlog_make(20, 3);
    vlog_file_count = 0;
    vlog_list("policies");
    const char *name = vlog_files[0].name;
    char *aside _cleanup_free_ = strdup(vlog_path("aside"));
    vlog_flip(name, 3);
    vlog_wrong(name, " was altered: its SHA-256 is not its name");
    ck_assert_int_eq(rename(vlog_path("policies"), aside), 0);
    ck_assert_int_eq(symlink("aside", vlog_path("policies")), 0);
    vlog_wrong(name, " was altered: its SHA-256 is not its name");
    vlog_flip(name, 3);
    vlog_sound();
    ck_assert_int_eq(unlink(vlog_path("policies")), 0);
    ck_assert_int_eq(rename(aside, vlog_path("policies")), 0);
    /* somebody who may read what they can name, and list nothing */
    bool is_root = geteuid() == 0;
    ck_assert_int_eq(chmod(vlog_dir, 0755), 0);
    ck_assert_int_eq(chmod(vlog_path("policies"), 0111), 0);
    ck_assert_int_eq(mkdir(vlog_path("lost+found"), 0), 0);
    ck_assert(!is_root || seteuid(65534) == 0);
    ck_assert(!vlog_verify(&vlog_key, 1, NULL));
    ck_assert(!is_root || seteuid(0) == 0);
    ck_assert_int_eq(vlog_error.code, ERROR_FAILED);
    ck_assert_str_eq(vlog_error.primary, "could not read \"policies\": Permission denied");
    /* what is no part of a log is none, readable or not */
    ck_assert_int_eq(chmod(vlog_path("policies"), 0755), 0);
    ck_assert(!is_root || seteuid(65534) == 0);
    vlog_sound();
    ck_assert(!is_root || seteuid(0) == 0);
    ck_assert_uint_eq(vlog_result.strays, 1);
}
END_TEST

START_TEST(what_is_no_log_is_refused)
{
    vlog_wrong("checkpoint", "there is no checkpoint in ");
    vlog_make(20, 0);
    ck_assert_int_eq(unlink(vlog_path("tile/0/000.p/20")), 0);
    vlog_wrong("tile/0/000.p/20", "tile/0/000.p/20 is missing");
    struct verify_options options = {
        .directory = "/nonexistent", .keys = &vlog_key, .key_count = 1};
    error_clear(&vlog_error);
    ck_assert(!verify_directory(&vlog_result, &options, &vlog_error));
    ck_assert_int_eq(vlog_error.code, ERROR_FAILED);
    /* what stands still when it is opened does not stop the verifier */
    ck_assert_int_eq(mkfifo(vlog_path("tile/0/000.p/20"), 0600), 0);
    ck_assert(!vlog_verify(&vlog_key, 1, NULL));
    ck_assert_ptr_nonnull(strstr(vlog_error.primary, "not a regular file"));
}
END_TEST

Suite *suite_ledger_verify(void)
{
    Suite *suite = suite_create("ledger_verify");
    TCase *tc = tcase_create("verify");
    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, vlog_setup, vlog_teardown);
    tcase_add_loop_test(tc, trees_of_every_shape_are_sound, 0, 13);
    tcase_add_test(tc, no_flipped_byte_goes_unnoticed);
    tcase_add_test(tc, no_flipped_byte_of_a_saved_proof_goes_unnoticed);
    tcase_add_test(tc, altered_files_are_named);
    tcase_add_test(tc, rearranged_entries_are_named);
    tcase_add_test(tc, a_tree_rewritten_without_the_key_is_noticed);
    tcase_add_test(tc, records_are_compared_with_their_entries);
    tcase_add_test(tc, nothing_hides_in_a_log);
    tcase_add_test(tc, an_altered_policy_text_is_found_wherever_it_lies);
    tcase_add_test(tc, what_is_no_log_is_refused);
    suite_add_tcase(suite, tc);
    return suite;
}
