/* retention-log(7): what it tells an auditor to type, without this program. Each command is run as
 * it stands there, at sizes where a tree changes its shape, and against logs and proofs that were
 * tampered with, where none may say that something was verified. */
#define _GNU_SOURCE
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli_fixture.h"
#include "harness/db.h"
#include "ledger/note.h"
#include "logmaker.h"

/* The parts of the page, in its order, and the line that says that something was verified. */
enum part { SIGNATURE, HASHES, ENTRY, RECORD, EXTENDS, TILES, POLICIES };

static const char page[] = "worker/ledger/retention-log.7.in";
static const char *const verified[] = {
    "\nsigned:\n",
    NULL,
    "\nin the log:\n",
    "\namong its records:\n",
    "\nthe log extends checkpoint.may\n",
    " entries are these\n",
    "\nthe policy texts are those",
};

static char *dir;

static void setup(void)
{
    char *vkey _cleanup_free_ = logmaker_vkey(0);
    dir = temporary_directory();
    free(file_write(dir, "log.vkey", vkey));
}

static void teardown(void)
{
    free(dir);
    dir = NULL;
}

static struct program_result sh(const char *script)
{
    char *in _cleanup_free_ = NULL;
    ck_assert_int_gt(
        asprintf(&in, "ctl='%s'; cd '%s' && {\n%s\n}", build_path("retentionctl"), dir, script), 0);
    return program_run(WORDS("/bin/sh", "-c", in));
}

static void must(const char *script)
{
    struct program_result r = sh(script);
    ck_assert_msg(r.exit_code == 0, "exit %d of %s\n%s%s", r.exit_code, script, r.out, r.err);
    program_result_free(&r);
}

static struct logmaker *maker_in(const char *name, unsigned records)
{
    char *path _cleanup_free_ = NULL;
    ck_assert_int_gt(asprintf(&path, "%s/%s", dir, name), 0);
    return logmaker_new(path, records);
}

/* A log of so many entries, a checkpoint kept when it had `kept`, and the proofs that the page has:
 * of the last entry but one, of a record in the first batch where there is one. */
static void make(uint64_t size, uint64_t kept)
{
    struct text script _cleanup_text_ = {0}, record _cleanup_text_ = {0};
    struct logmaker *maker = maker_in("retention-log", size < 1000 ? 3 : 0);
    logmaker_fill(maker, kept);
    logmaker_checkpoint(maker);
    logmaker_fill(maker, size);
    logmaker_checkpoint(maker);
    logmaker_free(maker);
    text_printf(&script,
                "cp retention-log/checkpoints/%" PRIu64 " checkpoint.may && "
                "$ctl log prove --entry %" PRIu64 " --log retention-log >entry.proof && "
                "$ctl log prove --since checkpoint.may --log retention-log >extends.proof",
                kept, size > 1 ? size - 2 : 0);
    must(script.data);
    if (size <= LOGMAKER_FIRST_BATCH || size >= 1000)
        return;
    text_clear(&script);
    text_printf(&script, "$ctl log prove --entry %d --log retention-log >batch.proof",
                LOGMAKER_FIRST_BATCH);
    must(script.data);
    char *path _cleanup_free_ = NULL;
    ck_assert_int_gt(asprintf(&path, "%s/batch.proof", dir), 0);
    char *entry_proof _cleanup_free_ = file_read(path);
    logmaker_open_record(3, "2", entry_proof, &record);
    free(file_write(dir, "record.proof", record.data));
}

/* How the last command of a part begins, after its functions. */
static const char *const commands[] = {"\nsigned retention-log/checkpoint",
                                       NULL,
                                       "\ncontains entry.proof",
                                       "\nrecord_in record.proof",
                                       "\nextends extends.proof",
                                       "\nsigned $log/checkpoint"};

static void cut(char *block, enum part part)
{
    char *at = commands[part] ? strstr(block, commands[part]) : block + strlen(block) - 1;
    ck_assert_ptr_nonnull(at);
    at[1] = '\0';
}

/* The commands up to this part, or those of this part alone, with the functions of the others;
 * `last` (or NULL) takes the place of its last one. */
static char *typed(enum part part, bool alone, const char *last)
{
    struct text script = {0};
    for (int i = 0; i <= (int)part; i++) {
        char *block _cleanup_free_ = manual_block(page, i);
        if (i < (int)part ? alone : last != NULL)
            cut(block, (enum part)i);
        text_add(&script, block);
    }
    if (last)
        text_add(&script, last);
    return text_steal(&script);
}

static void accepts(enum part part, const char *last, bool record)
{
    /* the entries were gone through before */
    char *script _cleanup_free_ = typed(part, part == POLICIES, last);
    struct program_result r = sh(script);
    ck_assert_msg(r.exit_code == 0, "part %d: exit %d\n%.3000s%.2000s", (int)part, r.exit_code,
                  r.out, r.err);
    for (int i = part == POLICIES ? POLICIES : 0; i <= (int)part; i++)
        if (verified[i] && (i != RECORD || record))
            ck_assert_msg(strstr(r.out, verified[i]), "part %d:\n%.3000s", i, r.out);
    program_result_free(&r);
}

/* Which bundles are gone through: each entry takes some processes. */
enum bundles { NONE, LAST, ALL };

static const struct {
    uint64_t size, kept;
    enum bundles bundles;
} sizes[] = {{1, 1, ALL},      {2, 1, ALL},     {8, 3, ALL},      {40, 16, ALL},
             {255, 255, NONE}, {256, 128, ALL}, {257, 256, LAST}, {65537, 65535, LAST}};

START_TEST(the_page_verifies_at_every_size)
{
    static const char *const last[] = {
        [NONE] = "signed $log/checkpoint && root && echo its entries are these",
        [LAST] = "signed $log/checkpoint && root && bundle $(((size - 1) / 256)) && "
                 "echo its entries are these",
        [ALL] = NULL,
    };
    uint64_t size = sizes[_i].size;
    make(size, sizes[_i].kept);
    accepts(TILES, last[sizes[_i].bundles], size > LOGMAKER_FIRST_BATCH && size < 1000);
    if (size > 2)
        accepts(POLICIES, NULL, false);
}
END_TEST

/* The values that the page prints are those of the record, whatever their lengths look like. */
START_TEST(the_record_is_printed)
{
    make(40, 16);
    char *script _cleanup_free_ = typed(RECORD, true, NULL);
    struct program_result r = sh(script);
    ck_assert_msg(r.exit_code == 0, "%s", r.err);
    ck_assert_msg(strstr(r.out, "\namong its records:\npublic.customer\n2\n"), "%s", r.out);
    program_result_free(&r);
    /* 36 bytes: a length that is the character $ */
    must("printf '\\000\\000\\000\\044%036d\\000\\000\\000\\001\\000\\000\\000\\0017' 5 >record");
    char *again _cleanup_free_ = typed(RECORD, true, "at=0; field; at=$((at + 4)); field\n");
    r = sh(again);
    ck_assert_str_eq(r.out, "000000000000000000000000000000000005\n7\n");
    program_result_free(&r);
}
END_TEST

/* A note over this text, signed with the key of this seed, in a file. */
static void sign(const char *name, uint8_t seed, const char *text)
{
    struct text note _cleanup_text_ = {0};
    struct note_signer *signer = logmaker_signer(seed);
    ck_assert(note_sign(&note, signer, text, strlen(text), NULL));
    note_signer_free(signer);
    free(file_write(dir, name, note.data));
}

#define ROOT "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"

static const struct {
    enum part part;
    const char *tamper;
} tampered[] = {
    {SIGNATURE, "sed -i 's/^40$/41/' retention-log/checkpoint"},
    {SIGNATURE, "sed -i '3s/^./_/' retention-log/checkpoint"},
    {SIGNATURE, "cp other-key retention-log/checkpoint"},
    {SIGNATURE, "cp other-log retention-log/checkpoint"},
    {SIGNATURE, "sed -i '5s/example.com/example.org/' retention-log/checkpoint"},
    {SIGNATURE, "sed -i '5s/ [^ ]*$/ AAAA/' retention-log/checkpoint"},
    {SIGNATURE, "sed -i 5d retention-log/checkpoint"},
    {SIGNATURE, "sed -i '4s/^/extension/' retention-log/checkpoint"},
    {SIGNATURE, "sed '1,3s/^40$/41/' other-key >>retention-log/checkpoint; sed -i "
                "'1,3s/^40$/41/' retention-log/checkpoint"},
    {SIGNATURE, "rm retention-log/checkpoint"},
    {ENTRY, "sed -i '2s/^extra cmV0/extra cmV1/' entry.proof"},
    {ENTRY, "sed -i '3s/38/37/' entry.proof"},
    {ENTRY, "sed -i '3s/38/40/' entry.proof"},
    {ENTRY, "sed -i 4d entry.proof"},
    {ENTRY, "sed -i 4p entry.proof"},
    {ENTRY, "sed -i '4s/.*/AAAA/' entry.proof"},
    {ENTRY, "sed -i '/^40$/s/40/41/' entry.proof"},
    {ENTRY, "{ sed '/^$/q' entry.proof; cat other-key; } >p; mv p entry.proof"},
    {ENTRY, "{ sed '/^$/q' entry.proof; cat other-log; } >p; mv p entry.proof"},
    {ENTRY, "{ sed '/^$/q' entry.proof; cat other-root; } >p; mv p entry.proof"},
    {ENTRY, ": >entry.proof"},
    {RECORD, "sed -i '2s/record ...../record AAAAB/' record.proof"},
    {RECORD, "sed -i '3s/opening ./opening _/' record.proof"},
    {RECORD, "sed -i '3s/opening ..../opening AAAA/' record.proof"},
    {RECORD, "sed -i '4s/[0-9]$/3/' record.proof"},
    {RECORD, "sed -i 5d record.proof"},
    {RECORD, "{ sed '/^$/q' record.proof; cat entry.proof; } >p; mv p record.proof"},
    {RECORD, "sed -i 's/^extra cmV0/extra cmV1/' record.proof"},
    {RECORD, "sed -i '/^40$/s/40/41/' record.proof"},
    {EXTENDS, "sed -i '2s/^..../AAAA/' extends.proof"},
    {EXTENDS, "sed -i 2d extends.proof"},
    {EXTENDS, "sed -i 2p extends.proof"},
    {EXTENDS, "sed -i '1s/16/15/' extends.proof"},
    {EXTENDS, "sed -i '/^40$/s/40/41/' extends.proof"},
    {EXTENDS, "sed -i '/^16$/s/16/17/' checkpoint.may"},
    {EXTENDS, "cp forked checkpoint.may"},
    {EXTENDS, "cp retention-log/checkpoint checkpoint.may"},
    {EXTENDS, "cp other-root checkpoint.may; { echo old 40; echo; cat retention-log/checkpoint; } "
              ">extends.proof"},
    {EXTENDS, "{ sed '/^$/q' extends.proof; cat other-log; } >p; mv p extends.proof"},
    {EXTENDS, "cp retention-log/checkpoint checkpoint.may; { echo old 40; echo; cat "
              "retention-log/checkpoints/16; } >extends.proof"},
    {TILES, "printf x | dd of=retention-log/tile/entries/000.p/40 bs=1 seek=100 conv=notrunc "
            "status=none"},
    {TILES, "printf x | dd of=retention-log/tile/0/000.p/40 bs=1 seek=100 conv=notrunc "
            "status=none"},
    {TILES, "truncate -s -1 retention-log/tile/entries/000.p/40"},
    /* the length of the last entry: more than is there */
    {TILES, "at=$(grep -abo retention-log-entry/v1 retention-log/tile/entries/000.p/40 | tail -n 1 "
            "| cut -d : -f 1) && printf '\\377' | dd of=retention-log/tile/entries/000.p/40 bs=1 "
            "seek=$((at - 1)) conv=notrunc status=none"},
    {TILES, "rm retention-log/tile/entries/000.p/40"},
    {TILES, "rm retention-log/tile/0/000.p/40"},
    {TILES, "cp other-root retention-log/checkpoint"},
    {TILES, "cp other-key retention-log/checkpoint"},
    {POLICIES, "for f in retention-log/policies/*; do echo >>$f; done"},
    {POLICIES, "rm retention-log/policies/*"},
    {POLICIES, "set -- retention-log/policies/*; rm $1"},
    {POLICIES, "echo junk >j; cp j retention-log/policies/$(sha256sum <j | cut -c 1-64)"},
};

static void refuses(enum part part, const char *tamper)
{
    char *script _cleanup_free_ = typed(part, true, NULL);
    struct program_result r = sh(script);
    ck_assert_msg(r.exit_code != 0, "part %d is content with: %s\n%s", part, tamper, r.out);
    ck_assert_msg(!strstr(r.out, verified[part]), "part %d says of %s:\n%s", part, tamper, r.out);
    program_result_free(&r);
}

/* Each part of the page. */
START_TEST(the_page_notices_what_was_tampered_with)
{
    int tried = 0;
    make(40, 16);
    struct logmaker *fork = maker_in("fork", 3);
    logmaker_fill(fork, 9);
    logmaker_reseed(fork, 7);
    logmaker_fill(fork, 16);
    logmaker_checkpoint(fork);
    logmaker_free(fork);
    sign("other-key", 9, LOGMAKER_ORIGIN "\n40\n" ROOT);
    sign("other-root", 0, LOGMAKER_ORIGIN "\n40\n" ROOT);
    char *root _cleanup_free_ = NULL, *path _cleanup_free_ = NULL;
    ck_assert_int_gt(asprintf(&path, "%s/retention-log/checkpoint", dir), 0);
    char *head _cleanup_free_ = file_read(path), *line = strstr(head, "\n40\n");
    ck_assert_ptr_nonnull(line);
    ck_assert_int_gt(
        asprintf(&root, "example.com/other%.*s", (int)(strstr(line, "\n\n") + 1 - line), line), 0);
    sign("other-log", 0, root); /* the same tree, under another name, by the same key */
    must("cp fork/checkpoint forked && mkdir kept && cp -a retention-log *.proof checkpoint.may "
         "kept");
    for (size_t i = 0; i < sizeof(tampered) / sizeof(tampered[0]); i++) {
        struct text script _cleanup_text_ = {0};
        if ((int)tampered[i].part != _i)
            continue;
        tried++;
        text_printf(&script, "rm -rf retention-log && cp -a kept/* . && { %s; }",
                    tampered[i].tamper);
        must(script.data);
        refuses(tampered[i].part, tampered[i].tamper);
    }
    ck_assert_int_eq(tried > 0, _i != HASHES);
}
END_TEST

/* The tiles of the levels above. */
START_TEST(the_page_notices_an_upper_tile)
{
    make(257, 255);
    static const char poke[] =
        "printf x | dd of=retention-log/tile/1/000.p/1 bs=1 seek=5 conv=notrunc status=none";
    must(poke);
    refuses(TILES, poke);
}
END_TEST

Suite *suite_log_page(void)
{
    Suite *suite = suite_create("log_page");
    TCase *tc = tcase_create("page");
    tcase_set_timeout(tc, 300);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, the_page_verifies_at_every_size, 0,
                        (int)(sizeof(sizes) / sizeof(sizes[0])));
    tcase_add_test(tc, the_record_is_printed);
    tcase_add_loop_test(tc, the_page_notices_what_was_tampered_with, 0, POLICIES + 1);
    tcase_add_test(tc, the_page_notices_an_upper_tile);
    suite_add_tcase(suite, tc);
    return suite;
}
