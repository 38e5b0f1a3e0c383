/* Verification of a log against what was kept of it, and against keys: forks, logs cut short, keys
 * that are not the log's, that were rotated, that were retired. */
#define _GNU_SOURCE
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "logmaker.h"
#include "vlog.h"

/* The same with the key: only a checkpoint that was kept tells. */
START_TEST(a_fork_by_the_same_key_is_found)
{
    vlog_make(600, 3);
    struct vlog_bytes head_before = vlog_get("checkpoint");
    struct logmaker *maker = logmaker_new(vlog_dir, 3);
    logmaker_fill(maker, 300);
    logmaker_reseed(maker, 7);
    logmaker_fill(maker, 700);
    logmaker_checkpoint(maker);
    logmaker_free(maker);
    /* the operator forgot one of those kept in the directory */
    vlog_wrong("checkpoints/600", "checkpoints/600 is of another history");
    ck_assert_int_eq(unlink(vlog_path("checkpoints/600")), 0);
    ck_assert_int_eq(unlink(vlog_path("checkpoints/512")), 0);
    ck_assert(!vlog_verify(&vlog_key, 1, (char *)head_before.data));
    ck_assert_msg(strstr(vlog_error.primary,
                         "log was forked: its first 600 entries are not those of "
                         "the checkpoint kept earlier"),
                  "%s", vlog_error.primary);
    struct vlog_bytes old =
        vlog_get("checkpoints/256"); /* from before the fork: is no proof of it */
    char *text _cleanup_free_ = strdup((char *)old.data);
    free(old.data);
    bool right = vlog_verify(&vlog_key, 1, text);
    ck_assert(right || strstr(vlog_error.primary, "it is not the beginning of its tile") ||
              strstr(vlog_error.primary, "in it is not the one in the tree"));
    free(head_before.data);
}
END_TEST

/* Other tiles than those that were replayed, once the last entry was. */
static bool swap_tiles(void *arg, uint64_t index, const uint8_t *leaf, const uint8_t *bytes,
                       size_t length, struct error *error)
{
    (void)arg, (void)leaf, (void)bytes, (void)length, (void)error;
    if (index == 699) {
        ck_assert_int_eq(rename(vlog_path("tile"), vlog_path("tile.forked")), 0);
        ck_assert_int_eq(rename(vlog_path("tile.before"), vlog_path("tile")), 0);
    }
    return true;
}

/* The fork, on a file system of somebody who gives each reading what it looks for: what was kept is
 * compared with the history that was replayed, and not with what is read when it is. */
START_TEST(a_fork_is_found_though_its_tiles_change)
{
    struct verify_options options = {
        .directory = vlog_dir, .keys = &vlog_key, .key_count = 1, .entry = swap_tiles};
    struct logmaker *maker = logmaker_new(vlog_dir, 0);
    logmaker_fill(maker, 600);
    logmaker_checkpoint(maker);
    struct vlog_bytes kept = vlog_get("checkpoint");
    logmaker_fill(maker, 700);
    logmaker_checkpoint(maker);
    logmaker_free(maker);
    ck_assert_int_eq(rename(vlog_path("tile"), vlog_path("tile.before")), 0);
    ck_assert_int_eq(rename(vlog_path("checkpoints"), vlog_path("checkpoints.before")), 0);
    maker = logmaker_new(vlog_dir, 0);
    logmaker_fill(maker, 300);
    logmaker_reseed(maker, 7);
    logmaker_fill(maker, 700);
    logmaker_checkpoint(maker);
    logmaker_free(maker);
    vlog_sound();
    ck_assert_int_eq(unlink(vlog_path("checkpoints/700")), 0);
    options.against = (char *)kept.data;
    options.against_length = kept.length;
    error_clear(&vlog_error);
    ck_assert(!verify_directory(&vlog_result, &options, &vlog_error));
    ck_assert_ptr_nonnull(strstr(vlog_error.primary, "log was forked: its first 600 entries"));
    free(kept.data);
}
END_TEST

/* Cut back to an earlier size, with the checkpoint of then; and continued from there. */
START_TEST(a_log_that_was_cut_short_is_found)
{
    vlog_make(600, 3);
    struct vlog_bytes head_before = vlog_get("checkpoint");
    struct vlog_bytes old = vlog_get("checkpoints/512");
    vlog_put("checkpoint", old.data, old.length);
    free(old.data);
    vlog_wrong("checkpoints/600", "log was cut short: checkpoints/600 was signed, and the log has "
                                  "512 entries");
    ck_assert_int_eq(unlink(vlog_path("checkpoints/600")), 0);
    vlog_sound(); /* nothing in the directory tells any more */
    ck_assert_uint_gt(vlog_result.ahead, 0);
    ck_assert(!vlog_verify(&vlog_key, 1, (char *)head_before.data));
    ck_assert_ptr_nonnull(strstr(vlog_error.primary,
                                 "log has shrunk: the checkpoint kept earlier is of "
                                 "600 entries, this log has 512"));
    free(head_before.data);
}
END_TEST

/* The same where the worker has removed what only the smaller tree needs. */
START_TEST(an_older_checkpoint_put_back_is_named)
{
    struct logmaker *maker = logmaker_new(vlog_dir, 3);
    logmaker_fill(maker, 530);
    logmaker_checkpoint(maker);
    logmaker_fill(maker, 600);
    logmaker_checkpoint(maker);
    logmaker_free(maker);
    ck_assert_int_eq(unlink(vlog_path("tile/0/002.p/18")), 0);
    ck_assert_int_eq(unlink(vlog_path("tile/entries/002.p/18")), 0);
    vlog_sound();
    struct vlog_bytes last = vlog_get("checkpoint"), old = vlog_get("checkpoints/530");
    vlog_put("checkpoint", old.data, old.length);
    vlog_wrong("checkpoint", "log was cut short: its checkpoint is of 530 entries, and "
                             "checkpoints/600, of more, was signed");
    ck_assert_ptr_nonnull(strstr(vlog_error.hint, "tile/0/002.p/18"));
    /* what is no checkpoint does not say so */
    last.data[last.length - 5] ^= 1;
    vlog_put("checkpoints/600", last.data, last.length);
    vlog_wrong("tile/0/002.p/18", "tile/0/002.p/18 is missing");
    free(last.data);
    free(old.data);
}
END_TEST

/* And where a proof that a prune saved has a checkpoint of more entries. */
START_TEST(a_saved_proof_of_a_larger_log_is_found)
{
    static const char *const upto[] = {"256"};
    struct logmaker *maker = logmaker_new(vlog_dir, 0);
    logmaker_fill(maker, 300);
    logmaker_add(maker, "prune", upto);
    logmaker_checkpoint(maker);
    struct vlog_bytes old = vlog_get("checkpoint");
    logmaker_fill(maker, 310);
    logmaker_checkpoint(maker);
    logmaker_remove_below(maker, 256);
    logmaker_free(maker);
    vlog_sound();
    vlog_put("checkpoint", old.data, old.length);
    ck_assert_int_eq(unlink(vlog_path("checkpoints/310")), 0);
    ck_assert(!vlog_verify(&vlog_key, 1, NULL));
    ck_assert_ptr_nonnull(strstr(vlog_error.primary, "log was cut short: proofs/"));
    free(old.data);
}
END_TEST

START_TEST(against_an_older_checkpoint)
{
    vlog_make(600, 3);
    struct vlog_bytes old = vlog_get("checkpoints/256");
    ck_assert_msg(vlog_verify(&vlog_key, 1, (char *)old.data), "%s", vlog_error.primary);
    ck_assert_uint_eq(vlog_result.against_size, 256);
    old.data[0] ^= 1;
    ck_assert(!vlog_verify(&vlog_key, 1, (char *)old.data));
    ck_assert_ptr_nonnull(strstr(vlog_error.primary, "the checkpoint kept earlier: "));
    free(old.data);
}
END_TEST

/* A checkpoint with a size that is written otherwise, signed with the right key. */
START_TEST(sizes_have_one_form)
{
    vlog_make(20, 3);
    uint8_t seed[NOTE_KEY_SIZE];
    for (int i = 0; i < NOTE_KEY_SIZE; i++)
        seed[i] = (uint8_t)i;
    struct note_signer *signer = note_signer_new(LOGMAKER_ORIGIN, seed, NULL);
    struct vlog_bytes head = vlog_get("checkpoint");
    char *size = strchr((char *)head.data, '\n') + 1, *rest = strchr(size, '\n');
    static const char *const wrong[] = {"020", "+20", "20 ", "2e1", ""};
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
        struct text text _cleanup_text_ = {0}, note _cleanup_text_ = {0};
        text_printf(&text, "%s\n%s%.*s", LOGMAKER_ORIGIN, wrong[i],
                    (int)(strstr(rest, "\n\n") + 1 - rest), rest);
        ck_assert(note_sign(&note, signer, text.data, text.length, NULL));
        vlog_put("checkpoint", note.data, note.length);
        vlog_wrong("checkpoint", "checkpoint: checkpoint is not origin, size and root");
    }
    note_signer_free(signer);
    free(head.data);
}
END_TEST

START_TEST(a_key_that_is_not_the_given_one_is_refused)
{
    struct note_verifier other;
    char *vkey _cleanup_free_ = logmaker_vkey(9);
    ck_assert(note_verifier_parse(&other, vkey, NULL));
    vlog_make(20, 3);
    ck_assert(!vlog_verify(&other, 1, NULL));
    ck_assert_ptr_nonnull(
        strstr(vlog_error.primary, "checkpoint: note is not signed by any key that is trusted"));
    /* the whole log made again with another key; the directory's own vkey is not asked */
    struct logmaker *maker = logmaker_new(vlog_dir, 3);
    logmaker_key(maker, 9);
    logmaker_fill(maker, 20);
    logmaker_checkpoint(maker);
    logmaker_free(maker);
    vlog_wrong("checkpoint", "checkpoint: note is not signed by any key that is trusted");
    /* the right checkpoint with another vkey beside it */
    vlog_make(20, 3);
    vlog_put("vkey", vkey, strlen(vkey));
    vlog_wrong("vkey", "vkey is neither the key given nor one that the log names");
}
END_TEST

/* A signature by a key that is not known is none; one by a known key must be right, whatever others
 * there are. */
START_TEST(a_wrong_signature_by_a_known_key_is_refused)
{
    struct note_verifier both[2] = {vlog_key};
    struct checkpoint another = {.origin = LOGMAKER_ORIGIN, .size = 7};
    struct text note _cleanup_text_ = {0}, other _cleanup_text_ = {0};
    char *vkey _cleanup_free_ = logmaker_vkey(9);
    ck_assert(note_verifier_parse(&both[1], vkey, NULL));
    vlog_make(20, 0);
    struct vlog_bytes head = vlog_get("checkpoint");
    struct note_signer *signer = logmaker_signer(9);
    ck_assert(checkpoint_sign(&other, &another, signer, NULL));
    text_add_n(&note, head.data, head.length);
    text_add(&note, strstr(other.data, "\n\n") + 2);
    vlog_put("checkpoint", note.data, note.length);
    vlog_sound();
    ck_assert(!vlog_verify(both, 2, NULL));
    ck_assert_str_eq(vlog_error.primary,
                     "checkpoint: signature of \"example.com/retention\" is not right");
    note_signer_free(signer);
    free(head.data);
}
END_TEST

/* A new key, announced in the log while the old one signs: who has either key can verify. */
START_TEST(a_new_key_is_followed)
{
    struct note_verifier new_key, foreign;
    char *new_vkey = logmaker_vkey(9), *other = logmaker_vkey(77);
    ck_assert(note_verifier_parse(&new_key, new_vkey, NULL));
    ck_assert(note_verifier_parse(&foreign, other, NULL));
    struct logmaker *maker = logmaker_new(vlog_dir, 3);
    logmaker_fill(maker, 20);
    logmaker_checkpoint(maker);
    new_vkey[strcspn(new_vkey, "\n")] = '\0';
    const char *values[] = {new_vkey};
    logmaker_add(maker, "rotate", values);
    logmaker_checkpoint(maker); /* by the old key */
    logmaker_key(maker, 9);
    char id[9];
    snprintf(id, sizeof(id), "%02x%02x%02x%02x", vlog_key.id[0], vlog_key.id[1], vlog_key.id[2],
             vlog_key.id[3]);
    const char *retired[] = {id};
    logmaker_add(maker, "retire", retired);
    logmaker_fill(maker, 40);
    logmaker_checkpoint(maker);
    vlog_sound();
    ck_assert_mem_eq(&vlog_result.signer, &new_key, sizeof(new_key));
    ck_assert_msg(vlog_verify(&new_key, 1, NULL), "%s", vlog_error.primary);
    ck_assert(!vlog_verify(&foreign, 1, NULL));
    /* the old key signs no more */
    logmaker_key(maker, 0);
    logmaker_fill(maker, 42);
    logmaker_checkpoint(maker);
    vlog_wrong("checkpoint", "checkpoint: signed by a key that entry 21 of the log retires");
    logmaker_key(maker, 9);
    logmaker_checkpoint(maker);
    logmaker_free(maker);
    /* without what the old key signed over the announcement, it proves nothing */
    ck_assert_int_eq(unlink(vlog_path("checkpoints/21")), 0);
    vlog_wrong("checkpoint", "checkpoint: note is not signed by any key that is trusted");
    ck_assert(vlog_verify(&new_key, 1, NULL));
    /* nor may it sign what does not name it yet */
    struct checkpoint early;
    struct text note _cleanup_text_ = {0};
    struct vlog_bytes old = vlog_get("checkpoints/20");
    struct note_signer *signer = logmaker_signer(9);
    ck_assert(checkpoint_open(&early, (char *)old.data, old.length, &vlog_key, NULL));
    ck_assert(checkpoint_sign(&note, &early, signer, NULL));
    vlog_put("checkpoints/20", note.data, note.length);
    ck_assert(!vlog_verify(&new_key, 1, NULL));
    ck_assert_str_eq(vlog_error.primary,
                     "checkpoints/20: signed by a key that only entry 20 of the log names");
    note_signer_free(signer);
    free(old.data);
    free(new_vkey);
    free(other);
}
END_TEST

/* The announcement was pruned: its proof was saved, and the new key is followed all the same. */
START_TEST(a_new_key_is_followed_over_a_prune)
{
    char *new_vkey = logmaker_vkey(9);
    struct logmaker *maker = logmaker_new(vlog_dir, 3);
    static const char *const upto[] = {"256"};
    logmaker_fill(maker, 20);
    logmaker_checkpoint(maker);
    new_vkey[strcspn(new_vkey, "\n")] = '\0';
    const char *values[] = {new_vkey};
    logmaker_add(maker, "rotate", values);
    logmaker_checkpoint(maker);
    logmaker_key(maker, 9);
    static const char *const retired[] = {"3a087a34"};
    logmaker_add(maker, "retire", retired);
    logmaker_fill(maker, 300);
    logmaker_add(maker, "prune", upto);
    logmaker_checkpoint(maker);
    logmaker_remove_below(maker, 256);
    vlog_sound();
    ck_assert_uint_eq(vlog_result.pruned, 256);
    ck_assert_uint_eq(vlog_result.proofs, 8);
    /* and the old one is retired still */
    logmaker_key(maker, 0);
    logmaker_fill(maker, 310);
    logmaker_checkpoint(maker);
    vlog_wrong("checkpoint", "checkpoint: signed by a key that entry 21 of the log retires");
    /* nor where whoever has it takes away what was saved of that: the new one has signed, as the
     * directory shows, or a checkpoint kept elsewhere */
    struct vlog_bytes saved = vlog_get("proofs/21"), kept = vlog_get("checkpoints/301");
    kept.data[kept.length] = '\0';
    ck_assert_int_eq(unlink(vlog_path("proofs/21")), 0);
    vlog_wrong("checkpoint",
               "checkpoint: signed by a key that was replaced by the one of entry 20, which had "
               "signed checkpoints/301 before");
    ck_assert_int_eq(unlink(vlog_path("checkpoints/301")), 0);
    vlog_sound();
    ck_assert(!vlog_verify(&vlog_key, 1, (char *)kept.data));
    ck_assert_str_eq(vlog_error.primary,
                     "checkpoint: signed by a key that was replaced by the one of entry 20, which "
                     "had signed the checkpoint kept earlier before");
    /* and if the announcement is taken away as well, to an auditor who was given both keys */
    struct note_verifier both[2] = {vlog_key};
    struct vlog_bytes announced = vlog_get("proofs/20");
    ck_assert(note_verifier_parse(&both[1], new_vkey, NULL));
    ck_assert_int_eq(unlink(vlog_path("proofs/20")), 0);
    ck_assert(!vlog_verify(both, 2, (char *)kept.data));
    ck_assert_str_eq(vlog_error.primary, "the checkpoint kept earlier: signed by a key that no "
                                         "entry of the log names");
    vlog_put("proofs/20", announced.data, announced.length);
    vlog_put("proofs/21", saved.data, saved.length);
    vlog_put("checkpoints/301", kept.data, kept.length);
    free(announced.data);
    free(saved.data);
    free(kept.data);
    logmaker_key(maker, 9);
    logmaker_checkpoint(maker);
    vlog_sound();
    ck_assert_int_eq(unlink(vlog_path("proofs/20")), 0);
    vlog_wrong("checkpoint", "checkpoint: note is not signed by any key that is trusted");
    logmaker_free(maker);
    free(new_vkey);
}
END_TEST

/* Whoever was given a key that the log knows nothing of has the key of another log. */
START_TEST(a_key_that_the_log_does_not_name_is_told)
{
    struct note_verifier other;
    char *vkey _cleanup_free_ = logmaker_vkey(9);
    ck_assert(note_verifier_parse(&other, vkey, NULL));
    struct logmaker *maker = logmaker_new(vlog_dir, 3);
    logmaker_fill(maker, 20);
    logmaker_key(maker, 9);
    logmaker_checkpoint(maker);
    logmaker_free(maker);
    ck_assert(!vlog_verify(&other, 1, NULL));
    ck_assert_str_eq(vlog_error.primary,
                     "checkpoint: signed by a key that no entry of the log names");
}
END_TEST

Suite *suite_ledger_verify_history(void)
{
    Suite *suite = suite_create("ledger_verify_history");
    TCase *tc = tcase_create("verify");
    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, vlog_setup, vlog_teardown);
    tcase_add_test(tc, a_fork_by_the_same_key_is_found);
    tcase_add_test(tc, a_fork_is_found_though_its_tiles_change);
    tcase_add_test(tc, a_log_that_was_cut_short_is_found);
    tcase_add_test(tc, an_older_checkpoint_put_back_is_named);
    tcase_add_test(tc, a_saved_proof_of_a_larger_log_is_found);
    tcase_add_test(tc, against_an_older_checkpoint);
    tcase_add_test(tc, sizes_have_one_form);
    tcase_add_test(tc, a_key_that_is_not_the_given_one_is_refused);
    tcase_add_test(tc, a_wrong_signature_by_a_known_key_is_refused);
    tcase_add_test(tc, a_new_key_is_followed);
    tcase_add_test(tc, a_new_key_is_followed_over_a_prune);
    tcase_add_test(tc, a_key_that_the_log_does_not_name_is_told);
    suite_add_tcase(suite, tc);
    return suite;
}
