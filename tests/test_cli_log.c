/* What an auditor does with a copied log directory: no configuration, no database. */
#define _GNU_SOURCE
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/encode.h"
#include "base/text.h"
#include "cli_fixture.h"
#include "harness/db.h"
#include "ledger/digest.h"
#include "ledger/proof.h"
#include "logmaker.h"

static char *dir;

/* Runs a script in the test's directory, with $ctl, as somebody without any settings. */
static struct program_result sh(const char *script)
{
    char *ctl _cleanup_free_ = NULL, *in _cleanup_free_ = NULL;
    ck_assert_int_gt(asprintf(&ctl, "ctl=%s", build_path("retentionctl")), 0);
    ck_assert_int_gt(asprintf(&in, "cd '%s' && { %s\n}", dir, script), 0);
    return program_run_env(WORDS("/bin/sh", "-c", in), WORDS(ctl, "PGHOST=/nonexistent"));
}

static void has(const char *text, const char *part)
{
    ck_assert_msg(strstr(text, part), "\"%s\" is not in:\n%s", part, text);
}

/* Ends with this code, and says this on either channel. */
static void says(int code, const char *part, const char *script)
{
    struct program_result r = sh(script);
    char *both _cleanup_free_ = NULL;
    ck_assert_int_gt(asprintf(&both, "%s%s", r.out, r.err), -1);
    ck_assert_msg(r.exit_code == code, "exit %d of %s:\n%s", r.exit_code, script, both);
    has(both, part);
    program_result_free(&r);
}

static void setup(void)
{
    char *path _cleanup_free_ = NULL, *vkey _cleanup_free_ = logmaker_vkey(0);
    char *other _cleanup_free_ = logmaker_vkey(9);
    dir = temporary_directory();
    ck_assert_int_gt(asprintf(&path, "%s/log", dir), 0);
    struct logmaker *maker = logmaker_new(path, 3);
    logmaker_fill(maker, 300);
    logmaker_checkpoint(maker);
    logmaker_fill(maker, 700);
    logmaker_checkpoint(maker);
    logmaker_free(maker);
    free(file_write(dir, "vkey", vkey));
    free(file_write(dir, "other.vkey", other));
}

static void teardown(void)
{
    free(dir);
}

START_TEST(a_sound_log_is_told_of)
{
    struct program_result r = sh("$ctl log verify log --vkey vkey --against log/checkpoints/300");
    ck_assert_msg(r.exit_code == 0, "%s", r.err);
    ck_assert_str_eq(r.err, "");
    has(r.out, "The log \"example.com/retention\" verifies.\n");
    has(r.out, "  entries     700 entries, from 2026-01-01T00:00:00Z to 2026-01-01T01:21:33Z;\n");
    has(r.out, "  key         example.com/retention+3a087a34+");
    has(r.out, "  against     the log extends the checkpoint of 300 entries");
    program_result_free(&r);
    says(0, "The key was taken from the log itself", "$ctl log verify log --vkey log/vkey");
    says(0, "keep the\ncheckpoint, and verify --against it", "$ctl log verify log --vkey vkey");

    r = sh("$ctl log verify log --vkey vkey --json");
    json_t *document = json_loads(r.out, JSON_REJECT_DUPLICATES, NULL);
    ck_assert(json_is_true(json_object_get(document, "verified")));
    ck_assert_int_eq(json_integer_value(json_object_get(document, "size")), 700);
    ck_assert_int_eq(json_integer_value(json_object_get(document, "entries")), 700);
    ck_assert_str_eq(json_string_value(json_object_get(document, "log")), LOGMAKER_ORIGIN);
    json_decref(document);
    program_result_free(&r);
}
END_TEST

START_TEST(what_is_wrong_is_named_and_exits_6)
{
    says(6, "THE LOG DOES NOT VERIFY.\n", "$ctl log verify log --vkey other.vkey");
    says(6, "checkpoint: note is not signed by any key that is trusted",
         "$ctl log verify log --vkey other.vkey");
    says(6,
         "retentionctl: log has shrunk: the checkpoint kept earlier is of 700 entries, this log "
         "has 300",
         "cp -r log old && cp log/checkpoints/300 old/checkpoint && rm old/checkpoints/700 &&"
         "$ctl log verify old --vkey vkey --against log/checkpoint");
    says(6, "512 entries had been compared by then, with tiles that do not lead to a root ",
         "cp -r log gone && rm gone/tile/0/002.p/188 && $ctl log verify gone --vkey vkey");
    says(6, "entry 257 was altered: its hash is not the one that was signed (hash 1 of tile/0/001)",
         "printf x | dd of=log/tile/entries/001 bs=1 seek=300 conv=notrunc status=none &&"
         "$ctl log verify log --vkey vkey");
    says(6, "256 entries before it had been checked", "$ctl log verify log --vkey vkey");
    struct program_result r = sh("$ctl log verify log --vkey vkey --json");
    ck_assert_int_eq(r.exit_code, 6);
    json_t *document = json_loads(r.out, JSON_REJECT_DUPLICATES, NULL);
    ck_assert(json_is_false(json_object_get(document, "verified")));
    ck_assert_int_eq(json_integer_value(json_object_get(document, "entry")), 257);
    ck_assert_str_eq(json_string_value(json_object_get(document, "where")), "tile/entries/001");
    json_decref(document);
    program_result_free(&r);
}
END_TEST

/* Of what somebody wrote who has no key, nothing is said to be right. */
START_TEST(what_nobody_signed_is_not_called_right)
{
    char *path _cleanup_free_ = NULL;
    ck_assert_int_gt(asprintf(&path, "%s/forged", dir), 0);
    struct logmaker *maker = logmaker_new(path, 3);
    logmaker_reseed(maker, 7);
    logmaker_fill(maker, 700);
    logmaker_checkpoint(maker);
    logmaker_free(maker);
    says(6, "256 entries had been compared by then, with tiles that do not lead to a root ",
         "cp log/checkpoint forged/checkpoint && printf x | "
         "dd of=forged/tile/entries/001 bs=1 seek=300 conv=notrunc status=none && "
         "$ctl log verify forged --vkey vkey");
}
END_TEST

/* Whoever has the directory names its files: that adds no line to what is told of the log. */
START_TEST(no_name_of_a_file_writes_lines)
{
    struct program_result r =
        sh("touch \"log/$(printf 'x\")\\n \\r  against     the log extends\\033[8m')\"; "
           "$ctl log verify log --vkey vkey");
    ck_assert_msg(r.exit_code == 0, "%s", r.err);
    has(r.out, "(\"x?)? ? against the log");
    ck_assert_ptr_null(strstr(r.out, "\n  against"));
    ck_assert_ptr_null(strpbrk(r.out, "\r\033"));
    program_result_free(&r);
    r = sh("d=log/checkpoints/$(printf 'x\\n\\033[2J'); mkdir \"$d\" && touch \"$d/7\"; "
           "$ctl log verify log --vkey vkey");
    ck_assert_int_eq(r.exit_code, 6);
    has(r.err, "retentionctl: checkpoints/x??[2J/7: note is not well formed\n");
    ck_assert_ptr_null(strchr(r.err, '\033'));
    program_result_free(&r);
}
END_TEST

START_TEST(misuse_is_told)
{
    says(2, "\"log verify\" needs --vkey FILE", "$ctl log verify log");
    says(3, "there is no main file", "$ctl log verify --vkey vkey");
    says(2, "--database is for log directories", "$ctl log verify vkey --vkey vkey --database");
    says(1, "could not read \"none\"", "$ctl log verify log --vkey none");
    says(1, "could not open directory \"none\"", "$ctl log verify none --vkey vkey");
    says(3, "verifier key does not fit its own id",
         "sed 's/3a087a34/3a087a35/' vkey >bad && $ctl log verify log --vkey bad");
    says(3, "\"/dev/null\" holds no verifier key", "$ctl log verify log --vkey /dev/null");
    says(6, "\"vkey\" is neither a log directory nor a proof", "$ctl log verify vkey --vkey vkey");
    /* several keys: any of them */
    says(0, "verifies", "cat other.vkey vkey >both && $ctl log verify log --vkey both");
}
END_TEST

/* A proof is made from the directory alone, and of the first and last entries of each tile. */
START_TEST(proofs_are_made)
{
    static const int entries[] = {0, 1, 255, 256, 511, 512, 699};
    for (size_t i = 0; i < ARRAY_LENGTH(entries); i++) {
        char *script _cleanup_free_ = NULL, *said _cleanup_free_ = NULL;
        ck_assert_int_gt(asprintf(&script,
                                  "$ctl log prove --entry %d --log log >proof && "
                                  "$ctl log verify proof --vkey vkey",
                                  entries[i]),
                         0);
        ck_assert_int_gt(asprintf(&said,
                                  "it is entry %d in the log \"example.com/retention\" of "
                                  "700 entries.\n\n  type        %s",
                                  entries[i], entries[i] ? "" : "genesis"),
                         0);
        says(0, said, script);
    }
    says(0, "of 700 entries extends the log of 300 entries",
         "$ctl log prove --since log/checkpoints/300 --log log >proof && "
         "$ctl log verify proof --vkey vkey --against log/checkpoints/300");
    says(0, "of 700 entries extends the log of 700 entries",
         "$ctl log prove --since log/checkpoint --log log >proof && "
         "$ctl log verify proof --vkey vkey --against log/checkpoint");
    /* over a rotation: the old key is one that the log names, or one of those in its file */
    char *path _cleanup_free_ = NULL, *new_vkey _cleanup_free_ = logmaker_vkey(9);
    ck_assert_int_gt(asprintf(&path, "%s/rotated", dir), 0);
    struct logmaker *maker = logmaker_new(path, 0);
    logmaker_fill(maker, 20);
    logmaker_checkpoint(maker);
    new_vkey[strcspn(new_vkey, "\n")] = '\0';
    const char *values[] = {new_vkey};
    logmaker_add(maker, "rotate", values);
    logmaker_checkpoint(maker);
    logmaker_key(maker, 9);
    logmaker_fill(maker, 40);
    logmaker_checkpoint(maker);
    logmaker_free(maker);
    says(0, "of 40 entries extends the log of 20 entries",
         "cat vkey other.vkey >both.vkey; $ctl log prove --since rotated/checkpoints/20 --log "
         "rotated >proof && $ctl log verify proof --vkey both.vkey --against "
         "rotated/checkpoints/20");
    says(6, "takes all its keys, one a line",
         "$ctl log verify proof --vkey vkey --against rotated/checkpoints/20");
    says(6, " does not extend the log of 20 entries",
         "sed -e '2{s/^A/B/' -e t -e 's/^./A/' -e '}' proof >bad; $ctl log verify bad --vkey "
         "both.vkey --against rotated/checkpoints/20");
    says(0, "it is entry 3 in the log",
         "cp both.vkey rotated/vkey; $ctl log verify rotated --vkey vkey && $ctl log prove --entry "
         "3 --log rotated >proof && $ctl log verify proof --vkey other.vkey");
    says(6, "Entry 20 of the log announces a new key (rotate)",
         "rm rotated/checkpoints/21 && $ctl log verify rotated --vkey vkey");
    says(0, "verifies", /* a key that stands twice in the file is one */
         "cat both.vkey other.vkey >thrice.vkey; cp -r rotated again; "
         "$ctl log verify again --vkey thrice.vkey");
    says(0, "same", "$ctl log checkpoint --log log | cmp - log/checkpoint && echo same");
    says(0, "{\n  \"proof\": \"c2sp.org/tlog-proof@v1\\nextra ",
         "$ctl log prove --entry 4 --log log --json");
    says(1, "there is no entry 700 in the log of 700 entries",
         "$ctl log prove --entry 700 --log log");
    says(2, "--entry wants an entry's number, not \"x\"", "$ctl log prove --entry x --log log");
    says(2, "wants one of --entry, --record and --since", "$ctl log prove --log log");
    says(1, "while opening the log in \"none\"", "$ctl log prove --entry 1 --log none");
    says(6, "entry is not entry 1 of the log",
         "printf x | dd of=log/tile/entries/000 bs=1 seek=300 conv=notrunc status=none &&"
         "$ctl log prove --entry 1 --log log");
    says(6, "hash tiles of the log are missing or damaged",
         "rm log/tile/1/000.p/2 && $ctl log prove --entry 0 --log log");
}
END_TEST

/* On a terminal, a log that takes its time shows how far it is, and takes that away again. */
START_TEST(a_long_verification_shows_how_far_it_is)
{
    char *path _cleanup_free_ = NULL;
    ck_assert_int_gt(asprintf(&path, "%s/long", dir), 0);
    struct logmaker *maker = logmaker_new(path, 0);
    logmaker_fill(maker, 200000);
    logmaker_checkpoint(maker);
    logmaker_free(maker);
    says(0, "verify [##",
         "TERM=xterm script -qec \"$ctl log verify long --vkey vkey\" /dev/null </dev/null");
    says(0, " of 200,000",
         "TERM=xterm script -qec \"$ctl log verify long --vkey vkey\" /dev/null </dev/null");
}
END_TEST

START_TEST(an_export_is_a_log)
{
    says(0, "Exported the log \"example.com/retention\" to \"copy\": 700 entries, ",
         "$ctl log export copy --log log");
    says(0, "verifies", "$ctl log verify copy --vkey vkey --against log/checkpoints/300");
    says(0, "same",
         "cmp copy/checkpoint log/checkpoint &&"
         "diff -r copy/records log/records && diff -r copy/policies log/policies &&"
         "diff -r copy/checkpoints log/checkpoints &&"
         "echo same");
    says(0, "", "test ! -e copy/lock"); /* no part of a log */
    says(
        0, "0 files", /* of a prune that is under way, a proof of what is not gone yet */
        "$ctl log prove --entry 4 --log log >proof && mkdir log/proofs && mv proof log/proofs/4 && "
        "$ctl log export third --log log && echo $(ls third/proofs 2>&- | wc -l) files");
    says(1, "there is a log in \"copy\" already", "$ctl log export copy --log log");
    says(0, "\"size\": 700", "$ctl log export again --log copy --json");
    says(1, "retentionctl: ", "$ctl log export other --log none");
}
END_TEST

/* The known answers, through the command. */
START_TEST(proofs_are_verified)
{
    char *kat _cleanup_free_ = strdup(source_path("tests/vectors/log-kat")),
              *link _cleanup_free_ = NULL;
    ck_assert_int_gt(asprintf(&link, "%s/kat", dir), 0);
    ck_assert_int_eq(symlink(kat, link), 0);
    says(0, "The record public.customer 4711 is proved: it is one of those of entry 2",
         "$ctl log verify kat/4711.record-proof --vkey kat/vkey");
    says(0, "The entry is proved: it is entry 2 in the log \"retention.example/log1\" of 3 entries",
         "$ctl log verify kat/entry.tlog-proof --vkey kat/vkey");
    says(0, "The log \"retention.example/log1\" of 3 entries extends the log of 2 entries.",
         "$ctl log verify kat/consistency.txt --vkey kat/vkey --against kat/checkpoint.2");
    says(2, "a proof of consistency is verified --against the old checkpoint",
         "$ctl log verify kat/consistency.txt --vkey kat/vkey");
    says(2, "--against is for directories and proofs of consistency",
         "$ctl log verify kat/entry.tlog-proof --vkey kat/vkey --against kat/checkpoint");
    says(6, "THE PROOF DOES NOT VERIFY.",
         "sed 's/^opening ./opening A/' kat/4711.record-proof >bad;"
         "$ctl log verify bad --vkey kat/vkey");
    says(6, "record is not among those of the entry", "$ctl log verify bad --vkey kat/vkey");
    says(6, "note is not signed by any key that is trusted",
         "$ctl log verify kat/4711.record-proof --vkey vkey");
    struct program_result r = sh("$ctl log verify kat/4711.record-proof --vkey kat/vkey --json");
    json_t *document = json_loads(r.out, JSON_REJECT_DUPLICATES, NULL);
    ck_assert_str_eq(json_string_value(json_object_get(document, "proves")), "record");
    json_t *key = json_object_get(json_object_get(document, "record"), "key");
    ck_assert_str_eq(json_string_value(json_array_get(key, 0)), "4711");
    json_decref(document);
    program_result_free(&r);
}
END_TEST

/* DIR/proof: that of the one record of a log, whose key has two columns. */
static void prove_record(const char *a, const char *b)
{
    const char *const key[] = {a, b};
    const size_t lengths[] = {strlen(a), strlen(b)};
    uint8_t epoch[32] = {1}, opening[32], ref[DIGEST_SIZE], root[MERKLE_HASH_SIZE];
    char hex[65], *path _cleanup_free_ = NULL, *file _cleanup_free_ = NULL;
    struct text rk _cleanup_text_ = {0}, entry_proof _cleanup_text_ = {0};
    struct text proof _cleanup_text_ = {0};
    struct merkle_proof none = {.count = 0}; /* the only one of all */
    struct digester *digester = digester_new(epoch, "public.t", 2);
    digester_ref(digester, key, lengths, ref);
    digester_opening(digester, key, lengths, &rk, opening);
    digester_free(digester);
    merkle_leaf(ref, sizeof(ref), root);
    hex_encode(hex, root, sizeof(root));
    const char *const batch[] = {"abababababababababababababababab",
                                 "0",
                                 "customers",
                                 "public.t",
                                 "delete",
                                 "1",
                                 "1",
                                 hex,
                                 "742"};
    ck_assert_int_gt(asprintf(&path, "%s/single", dir), 0);
    ck_assert_int_gt(asprintf(&file, "%s/checkpoint", path), 0);
    struct logmaker *maker = logmaker_new(path, 0);
    logmaker_add(maker, "batch", batch);
    logmaker_checkpoint(maker);
    logmaker_free(maker);
    char *note _cleanup_free_ = file_read(file);
    free(file);
    ck_assert_int_gt(asprintf(&file, "%s/tile/entries/000.p/1", path), 0);
    FILE *bundle = fopen(file, "rb");
    char bytes[4096];
    size_t n = fread(bytes, 1, sizeof(bytes), bundle);
    fclose(bundle);
    proof_entry_write(&entry_proof, bytes + 2, n - 2, 0, &none, note);
    proof_record_write(&proof, (uint8_t *)rk.data, rk.length, opening, 0, &none, entry_proof.data);
    free(file_write(dir, "proof", proof.data));
}

/* What is proved of one record is not printed as if it were of another. */
START_TEST(a_key_is_printed_as_no_other_is)
{
    static const struct {
        const char *a, *b, *printed;
    } keys[] = {
        {"a", "b c", "a \"b c\""},
        {"a b", "c", "\"a b\" c"},
        {"a\" \"b", "", "\"a\\\" \\\"b\" \"\""},
        {"a\001", "\\x01", "\"a\\x01\" \"\\\\x01\""},
        {"2026-01-01", "K\303\266ln", "2026-01-01 \"K\303\266ln\""},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(keys); i++) {
        char *said _cleanup_free_ = NULL;
        ck_assert_int_gt(asprintf(&said, "The record public.t %s is proved", keys[i].printed), 0);
        prove_record(keys[i].a, keys[i].b);
        says(0, said, "$ctl log verify proof --vkey vkey");
    }
    prove_record("a", "\377");
    says(6, "record of the proof is not well formed", "$ctl log verify proof --vkey vkey");
}
END_TEST

Suite *suite_cli_log(void)
{
    Suite *suite = suite_create("cli_log");
    TCase *tc = tcase_create("log");
    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_sound_log_is_told_of);
    tcase_add_test(tc, what_is_wrong_is_named_and_exits_6);
    tcase_add_test(tc, what_nobody_signed_is_not_called_right);
    tcase_add_test(tc, no_name_of_a_file_writes_lines);
    tcase_add_test(tc, misuse_is_told);
    tcase_add_test(tc, proofs_are_made);
    tcase_add_test(tc, a_long_verification_shows_how_far_it_is);
    tcase_add_test(tc, an_export_is_a_log);
    tcase_add_test(tc, proofs_are_verified);
    tcase_add_test(tc, a_key_is_printed_as_no_other_is);
    suite_add_tcase(suite, tc);
    return suite;
}
