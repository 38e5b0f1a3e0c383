/* What the entries of a log say of each other, though every hash and signature is right. */
#define _GNU_SOURCE
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "logmaker.h"
#include "vlog.h"

#define RUN     "abababababababababababababababab"
#define OTHER   "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"
#define THIRD   "efefefefefefefefefefefefefefefef"
#define NO_HASH "0000000000000000000000000000000000000000000000000000000000000000"

static void add_entries(struct logmaker *maker, const char *const (*entries)[13],
                        const char *sha256)
{
    for (; (*entries)[0]; entries++) {
        const char *values[12];
        for (int i = 0; i < 12; i++)
            values[i] = (*entries)[i + 1] && strcmp((*entries)[i + 1], "TEXT") == 0
                            ? sha256
                            : (*entries)[i + 1];
        logmaker_add(maker, (*entries)[0], values);
    }
}

/* Signed entries after the beginning of a log; ends with a checkpoint. */
static void tell(const char *const (*entries)[13], const char *sha256)
{
    struct logmaker *maker = logmaker_new(vlog_dir, 0);
    logmaker_fill(maker, 6);
    add_entries(maker, entries, sha256);
    logmaker_checkpoint(maker);
    logmaker_free(maker);
}

#define PLAN(category, sha256)                                                                     \
    {                                                                                              \
        "plan", RUN, category, sha256, "public.customer", "delete", "1 year",                      \
            "2026-01-01T00:00:00Z", "1", "0", "1", "1"                                             \
    }
#define PLAN_OTHER                                                                                 \
    {                                                                                              \
        "plan", OTHER, "customers", "TEXT", "public.customer", "delete", "1 year",                 \
            "2026-01-01T00:00:00Z", "1", "0", "1", "1"                                             \
    }
#define PLAN_THIRD                                                                                 \
    {                                                                                              \
        "plan", THIRD, "customers", "TEXT", "public.customer", "delete", "1 year",                 \
            "2026-01-01T00:00:00Z", "1", "0", "2", "1"                                             \
    }
#define LOST(batches, rows)                                                                        \
    {                                                                                              \
        "done", RUN, batches, rows, "none", "lost"                                                 \
    }
#define BATCH(seq, rows)                                                                           \
    {                                                                                              \
        "batch", RUN, seq, "customers", "public.customer", "delete", "1", rows, "none", "742"      \
    }
#define DONE(batches, rows)                                                                        \
    {                                                                                              \
        "done", RUN, batches, rows, "0", "done"                                                    \
    }
#define DONE_OTHER                                                                                 \
    {                                                                                              \
        "done", OTHER, "0", "0", "0", "done"                                                       \
    }
#define GAP(seq)                                                                                   \
    {                                                                                              \
        "anomaly", RUN, seq, "gap"                                                                 \
    }
#define LOADED(previous)                                                                           \
    {                                                                                              \
        "policy", "customers", NO_HASH, previous, "enforce", "loaded", "lead"                      \
    }
#define END                                                                                        \
    {                                                                                              \
        NULL                                                                                       \
    }

static const struct {
    const char *message; /* NULL: sound */
    const char *entries[8][13];
} stories[] = {
    {NULL, {PLAN("customers", "TEXT"), BATCH("0", "3"), BATCH("1", "4"), DONE("2", "7"), END}},
    {NULL, {PLAN("customers", "TEXT"), BATCH("1", "3"), BATCH("0", "4"), DONE("2", "7"), END}},
    {NULL, {PLAN("customers", "TEXT"), BATCH("2", "3"), GAP("0"), GAP("1"), DONE("1", "3"), END}},
    {NULL, {PLAN("customers", "TEXT"), BATCH("2", "3"), END}}, /* not ended yet */
    {NULL, {PLAN("customers", "TEXT"), DONE("0", "0"), END}},
    /* cut off, and ended by the next worker; also where that one could not end it at first */
    {NULL, {PLAN("customers", "TEXT"), BATCH("0", "3"), LOST("1", "3"), PLAN_OTHER, END}},
    {NULL, {PLAN("customers", "TEXT"), BATCH("0", "3"), PLAN_OTHER, LOST("1", "3"), END}},
    /* its end was taken away */
    {"entry 6: run " RUN " begins here, and no entry of the log ends it, though entry 8 plans "
     "another",
     {PLAN("customers", "TEXT"), BATCH("0", "3"), PLAN_OTHER, END}},
    {"entry 8: run " OTHER " begins here, and no entry of the log ends it, though entry 9 plans "
     "another",
     {PLAN("customers", "TEXT"), DONE("0", "0"), PLAN_OTHER, PLAN_THIRD, END}},
    {"entry 8: run " RUN " is done, and its batch 0 is not in the log",
     {PLAN("customers", "TEXT"), BATCH("1", "3"), DONE("1", "3"), END}},
    {"entry 9: run " RUN " is done, and its batch 1 is not in the log",
     {PLAN("customers", "TEXT"), BATCH("0", "3"), BATCH("2", "3"), DONE("2", "6"), END}},
    {"entry 8: run " RUN " is done with 1 batches and 4 rows; the log holds 1 and 3",
     {PLAN("customers", "TEXT"), BATCH("0", "3"), DONE("1", "4"), END}},
    {"is done with 2 batches and 3 rows; the log holds 1 and 3",
     {PLAN("customers", "TEXT"), BATCH("0", "3"), DONE("2", "3"), END}},
    {"entry 8: batch 0 of run " RUN " stands in the log twice",
     {PLAN("customers", "TEXT"), BATCH("0", "3"), BATCH("0", "3"), DONE("2", "6"), END}},
    {"entry 9: batch 1 of run " RUN " stands in the log twice",
     {PLAN("customers", "TEXT"), BATCH("3", "3"), BATCH("1", "3"), BATCH("1", "3"), END}},
    {"entry 8: batch 0 of run " RUN " is in the log, and said to be none",
     {PLAN("customers", "TEXT"), BATCH("0", "3"), GAP("0"), DONE("1", "3"), END}},
    {"entry 6: batch of run " RUN ", which was not planned, or is done", {BATCH("0", "3"), END}},
    {"entry 9: batch of run " RUN ", which was not planned, or is done",
     {PLAN("customers", "TEXT"), BATCH("0", "3"), DONE("1", "3"), BATCH("1", "3"), END}},
    {"entry 7: run " RUN " is planned a second time",
     {PLAN("customers", "TEXT"), PLAN("customers", "TEXT"), END}},
    {"entry 7: batch of category \"customers\" in a run of category \"others\"",
     {PLAN("others", "TEXT"), BATCH("0", "3"), END}},
    {"entry 6: run " RUN " enforces a policy text that no entry before it names",
     {PLAN("customers", NO_HASH), END}},
    {"entry 7: run " RUN " enforces a policy text that no entry before it approves",
     {LOADED("none"), PLAN("customers", NO_HASH), END}},
    {"policies/" NO_HASH " is missing: the policy text that entry 6 names", /* that may be run */
     {LOADED("TEXT"), PLAN("customers", NO_HASH), END}},
    {"entry 7: digests are of epoch 2, which no entry before it names",
     {PLAN("customers", "TEXT"),
      {"batch", RUN, "0", "customers", "public.customer", "delete", "2", "3", NO_HASH, "742"},
      END}},
    {"entry 6: epoch 1 begins a second time", {{"epoch", "1", NO_HASH}, END}},
    {"records/" RUN ".0 is missing, and no entry of the log says that it was pruned",
     {PLAN("customers", "TEXT"),
      {"batch", RUN, "0", "customers", "public.customer", "delete", "1", "3", NO_HASH, "742"},
      END}},
    {"policies/" NO_HASH " is missing: the policy text that entry 6 names",
     {{"policy", "customers", NO_HASH, "none", "enforce", "approved", "anna"}, END}},
    {"entry 6: no prune can be up to 256", {{"prune", "256"}, END}},
    {"entry 6: a second genesis", {{"genesis", LOGMAKER_ORIGIN, "x", "1", "1"}, END}},
    {"entry 7: batch of run " RUN ", which was not planned, or is done",
     {{"anomaly", RUN, "0", "unplaced.batch"}, BATCH("0", "3"), END}},
    {NULL, {{"anomaly", RUN, "7", "unplaced.policy"}, END}},
    {"entry 6 tells that one of type \"policy\" was lost before it got its place in the log",
     {{"anomaly", RUN, "7", "lost.policy"}, END}},
    {"entry 6: its verifier key is not one", {{"rotate", "x+y+z"}, END}},
};

/* The hash of the text that the fill approves for customers. */
static void customers_text(char sha256[65])
{
    struct logmaker *maker = logmaker_new(vlog_dir, 0);
    logmaker_fill(maker, 6);
    logmaker_checkpoint(maker);
    logmaker_free(maker);
    struct vlog_bytes bundle = vlog_get("tile/entries/000.p/6");
    sha256[0] = '\0';
    for (size_t i = 0; i + 71 < bundle.length && !*sha256; i++)
        if (memcmp(bundle.data + i, "sha256 ", 7) == 0) {
            memcpy(sha256, bundle.data + i + 7, 64);
            sha256[64] = '\0';
        }
    free(bundle.data);
    ck_assert_uint_eq(strlen(sha256), 64);
}

static void check_story(const char *message)
{
    if (message) {
        ck_assert_msg(!vlog_verify(&vlog_key, 1, NULL), "%s", message);
        ck_assert_msg(strstr(vlog_error.primary, message), "%s", vlog_error.primary);
        ck_assert_int_eq(vlog_error.code, ERROR_LOG);
    } else {
        bool right = vlog_verify(&vlog_key, 1, NULL);
        ck_assert_msg(right, "%s", vlog_error.primary);
    }
}

START_TEST(entries_that_contradict_each_other)
{
    char sha256[65];
    customers_text(sha256);
    tell(stories[_i].entries, sha256);
    check_story(stories[_i].message);
}
END_TEST

/* From entry 256 on: what is below was pruned, the plan of RUN with it. */
static const struct {
    const char *message; /* NULL: sound */
    unsigned partly;
    const char *entries[6][13];
} pruned_stories[] = {
    {NULL, 1, {BATCH("2", "3"), END}}, /* not ended yet */
    {NULL, 1, {BATCH("2", "3"), GAP("1"), DONE("2", "7"), PLAN_OTHER, DONE_OTHER, END}},
    {NULL, 1, {BATCH("2", "3"), LOST("3", "7"), PLAN_OTHER, END}},
    {NULL, 1, {LOST("3", "7"), PLAN_OTHER, DONE_OTHER, PLAN_THIRD, END}},
    {NULL, 0, {PLAN_OTHER, DONE_OTHER, PLAN_THIRD, END}},
    {"entry 257: batch of run " RUN ", which was not planned, or is done",
     0,
     {PLAN_OTHER, BATCH("2", "3"), DONE("1", "3"), DONE_OTHER, END}},
    {"entry 258: batch of run " RUN ", which was not planned, or is done",
     0,
     {PLAN_OTHER, DONE_OTHER, BATCH("0", "3"), DONE("1", "3"), END}},
    {"entry 258: done of run " RUN ", which was not planned, or is done",
     0,
     {PLAN_OTHER, DONE_OTHER, DONE("0", "0"), END}},
    {"entry 258: anomaly of run " RUN ", which was not planned, or is done",
     0,
     {PLAN_OTHER, DONE_OTHER, GAP("0"), END}},
    {"entry 258: batch of run " RUN ", which was not planned, or is done",
     0,
     {LOST("3", "7"), PLAN_OTHER, BATCH("3", "3"), END}},
};

/* The plan of RUN, whose policy text has this digest. */
static void add_plan(struct logmaker *maker, const char *sha256)
{
    const char *const plan[] = {RUN,
                                "customers",
                                sha256,
                                "public.customer",
                                "delete",
                                "1 year",
                                "2026-01-01T00:00:00Z",
                                "1",
                                "0",
                                "1",
                                "1"};
    logmaker_add(maker, "plan", plan);
}

/* A run may have begun below a prune only until another is planned behind it. */
START_TEST(runs_behind_a_prune)
{
    static const char *const figures[] = {"customers", "2026-01-01", "0", "0", "0",
                                          "0",         "0",          "0", "0", "none"};
    static const char *const upto[] = {"256"};
    char sha256[65];
    customers_text(sha256);
    struct logmaker *maker = logmaker_new(vlog_dir, 0);
    logmaker_fill(maker, 6);
    add_plan(maker, sha256);
    while (logmaker_size(maker) < 256)
        logmaker_add(maker, "compliance", figures);
    add_entries(maker, pruned_stories[_i].entries, sha256);
    logmaker_add(maker, "prune", upto);
    logmaker_checkpoint(maker);
    logmaker_remove_below(maker, 256);
    logmaker_free(maker);
    check_story(pruned_stories[_i].message);
    if (pruned_stories[_i].message)
        ck_assert_msg(strstr(vlog_error.detail, "such a run ends before entry 25"), "%s",
                      vlog_error.detail);
    else
        ck_assert_uint_eq(vlog_result.runs_partly, pruned_stories[_i].partly);
    ck_assert_uint_eq(vlog_result.pruned, 256);
}
END_TEST

/* A run with more batches behind a prune than the verifier keeps the numbers of: of one that began
 * before it, none has to be there. */
START_TEST(a_long_run_goes_on_behind_a_prune)
{
    enum { BATCHES = (1 << 16) + 300 };
    static const char *const upto[] = {"256"};
    char sha256[65], seq[24], batches[24];
    customers_text(sha256);
    const char *const batch[] = {RUN, seq,    "customers", "public.customer", "delete", "1",
                                 "1", "none", "742"};
    const char *const done[] = {RUN, batches, batches, "0", "done"};
    struct logmaker *maker = logmaker_new(vlog_dir, 0);
    logmaker_fill(maker, 6);
    add_plan(maker, sha256);
    for (int i = 0; i < BATCHES; i++) {
        snprintf(seq, sizeof(seq), "%d", i);
        logmaker_add(maker, "batch", batch);
    }
    snprintf(batches, sizeof(batches), "%d", BATCHES);
    logmaker_add(maker, "done", done);
    logmaker_add(maker, "prune", upto);
    logmaker_checkpoint(maker);
    vlog_sound();
    logmaker_remove_below(maker, 256);
    logmaker_free(maker);
    vlog_sound();
    ck_assert_uint_eq(vlog_result.batches, BATCHES - 249);
    ck_assert_uint_eq(vlog_result.runs_partly, 1);
}
END_TEST

/* The period that is told of is that of all entries: a later one may bear an earlier time. */
START_TEST(the_period_is_that_of_all_entries)
{
    static const char early[] = "retention-log-entry/v1\ntype heartbeat\n"
                                "time 2025-03-04T05:06:07Z\n"
                                "salt 03030303030303030303030303030303\nsize 8\n";
    static const char late[] = "retention-log-entry/v1\ntype heartbeat\n"
                               "time 2027-03-04T05:06:07Z\n"
                               "salt 03030303030303030303030303030303\nsize 8\n";
    struct logmaker *maker = logmaker_new(vlog_dir, 0);
    logmaker_fill(maker, 20);
    logmaker_add_bytes(maker, late, strlen(late));
    logmaker_add_bytes(maker, early, strlen(early));
    logmaker_fill(maker, 30);
    logmaker_checkpoint(maker);
    logmaker_free(maker);
    vlog_sound();
    ck_assert_int_eq(vlog_result.earliest_seconds, 1741064767);
    ck_assert_int_eq(vlog_result.latest_seconds, 1804136767);
}
END_TEST

/* An entry that was copied: one of those that no number tells of. The second time, from before the
 * place where the verifier begins to forget to behind it. */
START_TEST(the_same_entry_twice)
{
    static const char pause[] = "retention-log-entry/v1\ntype pause\n"
                                "time 2026-07-24T12:00:02Z\n"
                                "salt 03030303030303030303030303030303\n"
                                "scope all\nwhat paused\nby somebody\n";
    static const uint64_t first[] = {3000, 131000};
    char said[128];
    struct logmaker *maker = logmaker_new(vlog_dir, 0);
    logmaker_fill(maker, first[_i]);
    logmaker_add_bytes(maker, pause, strlen(pause));
    logmaker_fill(maker, first[_i] + 500);
    logmaker_checkpoint(maker);
    vlog_sound();
    logmaker_add_bytes(maker, pause, strlen(pause));
    logmaker_fill(maker, first[_i] + 600);
    logmaker_checkpoint(maker);
    logmaker_free(maker);
    snprintf(said, sizeof(said),
             "entry %" PRIu64 " is entry %" PRIu64 " once more: the same entry stands in the log "
             "twice",
             first[_i] + 500, first[_i]);
    vlog_wrong("", said);
}
END_TEST

START_TEST(entries_of_later_versions_are_told_apart)
{
    static const char witness[] =
        "retention-log-entry/v1\ntype witness\ntime 2026-07-24T12:00:02Z\n"
        "salt 03030303030303030303030303030303\nby somebody\n";
    struct logmaker *maker = logmaker_new(vlog_dir, 0);
    logmaker_fill(maker, 20);
    logmaker_add_bytes(maker, witness, strlen(witness));
    logmaker_checkpoint(maker);
    vlog_sound();
    ck_assert_uint_eq(vlog_result.unknown, 1);
    ck_assert_str_eq(vlog_result.unknown_type, "witness");
    logmaker_add_bytes(maker, witness, strlen(witness) - 1);
    logmaker_checkpoint(maker);
    vlog_wrong("tile/entries/000.p/22", "entry 21 is not well formed");
    logmaker_free(maker);
}
END_TEST

/* That of a later version, too: here one whose first entry is of a type that is not known. */
START_TEST(every_log_begins_with_a_genesis)
{
    static const char witness[] =
        "retention-log-entry/v1\ntype witness\ntime 2026-07-24T12:00:02Z\n"
        "salt 03030303030303030303030303030303\nby somebody\n";
    char *vkey _cleanup_free_ = logmaker_vkey(0);
    vkey[strcspn(vkey, "\n")] = '\0';
    const char *const rotate[] = {vkey};
    struct logmaker *maker = logmaker_new(vlog_dir, 0);
    logmaker_add_bytes(maker, witness, strlen(witness));
    logmaker_add(maker, "rotate", rotate);
    logmaker_checkpoint(maker);
    logmaker_free(maker);
    vlog_wrong("", "entry 0: a log begins with its genesis, not with witness");
}
END_TEST

/* What a prune in the log allows to be gone, and nothing more. */
START_TEST(a_prune_that_the_log_tells_of)
{
    struct logmaker *maker = logmaker_new(vlog_dir, 3);
    logmaker_fill(maker, 800);
    static const char *const upto[] = {"512"};
    logmaker_add(maker, "prune", upto);
    logmaker_fill(maker, 900);
    logmaker_checkpoint(maker);
    vlog_sound(); /* nothing is gone yet */
    ck_assert_uint_eq(vlog_result.pruned, 0);
    logmaker_remove_below(maker, 256); /* stopped on the way */
    vlog_sound();
    ck_assert_uint_eq(vlog_result.pruned, 256);
    ck_assert_int_eq(unlink(vlog_path("tile/entries/001")), 0);
    vlog_sound();
    ck_assert_uint_eq(vlog_result.pruned, 512);
    ck_assert_uint_eq(vlog_result.proofs, 6);
    ck_assert_uint_eq(vlog_result.entries, 900 - 512);
    ck_assert_uint_le(vlog_result.runs_partly, 1);
    ck_assert_uint_gt(vlog_result.records_extra, 0); /* digests of the entries that are gone */
    struct vlog_bytes bundle_1 = vlog_get("tile/entries/002");
    ck_assert_int_eq(unlink(vlog_path("tile/entries/002")), 0);
    vlog_wrong("tile/entries/002", "tile/entries/002 is missing, and no entry of the log says");
    ck_assert_str_eq(vlog_error.detail, "The log was pruned up to entry 511.");
    logmaker_free(maker);
    /* what a prune saves must be there: it is what the rest stands on */
    struct vlog_bytes saved = vlog_get("proofs/0");
    ck_assert_int_eq(unlink(vlog_path("proofs/0")), 0);
    vlog_wrong("tile/entries/002", "tile/entries/002 is missing"); /* first */
    vlog_put("tile/entries/002", bundle_1.data, bundle_1.length);
    vlog_wrong("proofs/0", "proofs/0 is missing or not the proof of entry 0");
    vlog_put("proofs/0", saved.data, saved.length);
    free(saved.data);
    vlog_sound();
    saved = vlog_get("proofs/3");
    ck_assert_int_eq(unlink(vlog_path("proofs/2")), 0); /* loaded, and */
    ck_assert_int_eq(unlink(vlog_path("proofs/3")), 0); /* approved */
    vlog_wrong("", "enforces a policy text that no entry before it names");
    ck_assert_str_eq(vlog_error.detail, "Nor does any of the proofs that a prune saved.");
    vlog_put("proofs/3", saved.data, saved.length);
    free(saved.data);
    vlog_sound();
    free(bundle_1.data);
    /* hash tiles are never pruned */
    ck_assert_int_eq(unlink(vlog_path("tile/0/000")), 0);
    vlog_wrong("tile/0/000", "tile/0/000 is missing");
}
END_TEST

/* Whoever has the key signs what they like: entries cut, mixed and filled with anything are read to
 * the end or refused, and nothing else happens. */
START_TEST(anything_may_be_signed)
{
    static const char *const pieces[] = {"retention-log-entry/v1\n",
                                         "retention-log-entry/v2\n",
                                         "type batch\n",
                                         "type plan\n",
                                         "type rotate\n",
                                         "type prune\n",
                                         "type done\n",
                                         "type later\n",
                                         "type \n",
                                         "time 2026-07-24T12:00:02Z\n",
                                         "time 2026-02-30T12:00:02Z\n",
                                         "salt 03030303030303030303030303030303\n",
                                         "run " RUN "\n",
                                         "seq 0\n",
                                         "seq 00\n",
                                         "seq 18446744073709551615\n",
                                         "seq 18446744073709551616\n",
                                         "category a%2\n",
                                         "category %41\n",
                                         "category *\n",
                                         "relation public.t\n",
                                         "action delete\n",
                                         "epoch 1\n",
                                         "rows 18446744073709551615\n",
                                         "rows 0\n",
                                         "records none\n",
                                         "records " NO_HASH "\n",
                                         "xid 1\n",
                                         "upto 256\n",
                                         "upto 18446744073709551360\n",
                                         "vkey x+y+z\n",
                                         "sha256 " NO_HASH "\n",
                                         "\n",
                                         " \n",
                                         "\n\n",
                                         "x",
                                         "\xff\n",
                                         "batches 1\n",
                                         "remaining none\n",
                                         "status done\n",
                                         "after 1 year\n",
                                         "now 2026-07-24T12:00:02Z\n",
                                         "due 1\n",
                                         "held 0\n",
                                         "term 1\n",
                                         "timeline 1\n"};
    uint32_t draw = 4711;
    unsigned refused = 0;
    for (int round = 0; round < 300; round++) {
        struct logmaker *maker = logmaker_new(vlog_dir, 0);
        logmaker_fill(maker, 8);
        for (int n = 0; n < 3; n++) {
            struct text entry _cleanup_text_ = {0};
            int count = 1 + (int)((draw = draw * 1103515245 + 12345) >> 16) % 14;
            if (draw >> 30) /* mostly as an entry begins */
                text_add(&entry, "retention-log-entry/v1\ntype batch\ntime 2026-07-24T12:00:02Z\n"
                                 "salt 03030303030303030303030303030303\n");
            for (int i = 0; i < count; i++) {
                draw = draw * 1103515245 + 12345;
                text_add(&entry, pieces[(draw >> 16) % ARRAY_LENGTH(pieces)]);
            }
            logmaker_add_bytes(maker, entry.data, entry.length);
        }
        logmaker_checkpoint(maker);
        logmaker_free(maker);
        bool right = vlog_verify(&vlog_key, 1, NULL);
        ck_assert(right || vlog_error.code == ERROR_LOG);
        refused += !right;
    }
    ck_assert_uint_gt(refused, 250);
}
END_TEST

Suite *suite_ledger_verify_story(void)
{
    Suite *suite = suite_create("ledger_verify_story");
    TCase *tc = tcase_create("verify");
    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, vlog_setup, vlog_teardown);
    tcase_add_loop_test(tc, entries_that_contradict_each_other, 0, (int)ARRAY_LENGTH(stories));
    tcase_add_loop_test(tc, runs_behind_a_prune, 0, (int)ARRAY_LENGTH(pruned_stories));
    tcase_add_test(tc, a_long_run_goes_on_behind_a_prune);
    tcase_add_test(tc, the_period_is_that_of_all_entries);
    tcase_add_loop_test(tc, the_same_entry_twice, 0, 2);
    tcase_add_test(tc, entries_of_later_versions_are_told_apart);
    tcase_add_test(tc, every_log_begins_with_a_genesis);
    tcase_add_test(tc, a_prune_that_the_log_tells_of);
    tcase_add_test(tc, anything_may_be_signed);
    suite_add_tcase(suite, tc);
    return suite;
}
