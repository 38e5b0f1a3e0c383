/* Verification of log directories: sound ones of every shape of tree, and what an attacker does. */
#define _GNU_SOURCE
#include <check.h>
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/text.h"
#include "harness/db.h"
#include "ledger/merkle.h"
#include "ledger/tile.h"
#include "ledger/verify.h"
#include "logmaker.h"

static char *dir; /* of the test's log */
static struct note_verifier key;
static struct verify_result result;
static struct error error;

static void setup(void)
{
    char *vkey _cleanup_free_ = logmaker_vkey(0);
    ck_assert(note_verifier_parse(&key, vkey, NULL));
    dir = temporary_directory();
}

static void teardown(void)
{
    char *command _cleanup_free_ = NULL;
    ck_assert_int_gt(asprintf(&command, "rm -rf '%s'", dir), 0);
    ck_assert_int_eq(system(command), 0);
    free(dir);
    error_clear(&error);
}

static bool verify_with(const struct note_verifier *keys, size_t count, const char *against)
{
    struct verify_options options = {.directory = dir,
                                     .keys = keys,
                                     .key_count = count,
                                     .against = against,
                                     .against_length = against ? strlen(against) : 0};
    error_clear(&error);
    return verify_directory(&result, &options, &error);
}

static void is_sound(void)
{
    bool right = verify_with(&key, 1, NULL);
    ck_assert_msg(right, "%s (%s)", error.primary, result.where);
}

/* Wrong, at this place, in these words. */
static void is_wrong(const char *where, const char *message)
{
    bool right = verify_with(&key, 1, NULL);
    ck_assert_msg(!right, "not noticed: %s", message);
    ck_assert_int_eq(error.code, ERROR_LOG);
    ck_assert_msg(strstr(error.primary, message), "\"%s\", not \"%s\"", error.primary, message);
    ck_assert_str_eq(result.where, where);
}

static char *path_of(const char *name)
{
    static char path[4][4096];
    static int next;
    char *p = path[next++ % 4];
    snprintf(p, sizeof(path[0]), "%s/%s", dir, name);
    return p;
}

struct bytes {
    uint8_t *data;
    size_t length;
};

static struct bytes get(const char *name)
{
    struct bytes bytes = {0};
    FILE *file = fopen(path_of(name), "rb");
    ck_assert_msg(file != NULL, "%s", name);
    struct stat status;
    fstat(fileno(file), &status);
    bytes.length = (size_t)status.st_size;
    bytes.data = malloc(bytes.length + 1);
    ck_assert_uint_eq(fread(bytes.data, 1, bytes.length, file), bytes.length);
    bytes.data[bytes.length] = 0;
    fclose(file);
    return bytes;
}

static void put(const char *name, const void *data, size_t length)
{
    FILE *file = fopen(path_of(name), "wb");
    ck_assert_msg(file != NULL, "%s", name);
    ck_assert_uint_eq(fwrite(data, 1, length, file), length);
    fclose(file);
}

static void make(uint64_t size, unsigned records)
{
    struct logmaker *maker = logmaker_new(dir, records);
    for (uint64_t kept = 1; kept < size; kept *= 2) {
        logmaker_fill(maker, kept);
        logmaker_checkpoint(maker);
    }
    logmaker_fill(maker, size);
    logmaker_checkpoint(maker);
    logmaker_free(maker);
}

START_TEST(trees_of_every_shape_are_sound)
{
    static const uint64_t sizes[] = {0, 1, 2, 3, 7, 255, 256, 257, 511, 65535, 65536, 65537, 70000};
    uint64_t size = sizes[_i];
    make(size, size < 1000 ? 3 : 0);
    is_sound();
    ck_assert_uint_eq(result.entries, size);
    ck_assert_uint_eq(result.checkpoint.size, size);
    ck_assert_uint_eq(result.strays, 0);
    ck_assert_uint_eq(result.pruned, 0);
    ck_assert_uint_eq(result.runs, result.runs_done + result.runs_open);
    ck_assert_uint_eq(result.records_extra, 0);
    if (size >= 255) {
        ck_assert_uint_gt(result.runs_done, 5);
        ck_assert_uint_gt(result.gaps, 0);
        ck_assert_uint_eq(result.policies, 2);
        ck_assert_uint_ge(result.checkpoints, 9);
        ck_assert_uint_gt(result.partial_tiles, 5);
        ck_assert_uint_eq(result.record_files, size < 1000 ? result.batches : 0);
        ck_assert_uint_eq(result.refs, size < 1000 ? result.rows : 0);
    }
}
END_TEST

/* Every file of a log. */
struct file {
    char *name;
    struct bytes bytes;
};
static struct file files[4096];
static int file_count;

static void list(const char *below)
{
    DIR *d = opendir(path_of(below));
    ck_assert_ptr_nonnull(d);
    for (struct dirent *item; (item = readdir(d));) {
        char *name;
        struct stat status;
        if (item->d_name[0] == '.')
            continue;
        ck_assert_int_gt(asprintf(&name, "%s%s%s", below, *below ? "/" : "", item->d_name), 0);
        ck_assert_int_eq(stat(path_of(name), &status), 0);
        if (S_ISDIR(status.st_mode)) {
            list(name);
            free(name);
        } else {
            ck_assert_int_lt(file_count, 4096);
            files[file_count++] = (struct file){name, get(name)};
        }
    }
    closedir(d);
}

/* Not one bit of one byte: of the checkpoints, the key, tiles, entries, digests, policies, and of
 * what smaller sizes have left. */
START_TEST(no_flipped_byte_goes_unnoticed)
{
    make(13, 3);
    is_sound();
    list("");
    ck_assert_int_gt(file_count, 20);
    size_t flipped = 0;
    for (int i = 0; i < file_count; i++) {
        struct file *file = &files[i];
        for (size_t at = 0; at < file->bytes.length; at++) {
            uint8_t was = file->bytes.data[at];
            file->bytes.data[at] ^= (uint8_t)(1u << (at % 8));
            put(file->name, file->bytes.data, file->bytes.length);
            ck_assert_msg(!verify_with(&key, 1, NULL), "byte %zu of %s", at, file->name);
            ck_assert_int_eq(error.code, ERROR_LOG);
            file->bytes.data[at] = was;
            flipped++;
        }
        /* cut off by one byte, one byte more, and gone */
        put(file->name, file->bytes.data, file->bytes.length - 1);
        if (strcmp(file->name, "vkey") != 0) /* whose last newline is not needed */
            ck_assert_msg(!verify_with(&key, 1, NULL), "%s is short", file->name);
        put(file->name, file->bytes.data, 0);
        ck_assert_msg(!verify_with(&key, 1, NULL), "%s is empty", file->name);
        file->bytes.data[file->bytes.length] = 'x';
        put(file->name, file->bytes.data, file->bytes.length + 1);
        ck_assert_msg(!verify_with(&key, 1, NULL), "%s is long", file->name);
        put(file->name, file->bytes.data, file->bytes.length);
    }
    is_sound();
    ck_assert_uint_gt(flipped, 5000);
    for (int i = 0; i < file_count; i++) {
        free(files[i].name);
        free(files[i].bytes.data);
    }
}
END_TEST

/* --- attacks --- */

/* A byte of a file changes. */
static void flip(const char *name, size_t at)
{
    struct bytes bytes = get(name);
    ck_assert_uint_lt(at, bytes.length);
    bytes.data[at] ^= 1;
    put(name, bytes.data, bytes.length);
    free(bytes.data);
}

/* Where an entry begins in a bundle, with its length before it. */
static size_t entry_at(const struct bytes *bundle, unsigned n, size_t *ret_end)
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

static struct bytes head_before;

/* What an attacker without the key does to a log of 600 entries, and what is said of it. */
START_TEST(altered_files_are_named)
{
    make(600, 3);
    /* one byte of an entry: the tree that was signed says that it is the entry */
    flip("tile/entries/001", 40);
    is_wrong("tile/entries/001", "entry 256 was altered: its hash is not the one that was signed");
    ck_assert_uint_eq(result.where_entry, 256);
    flip("tile/entries/001", 40);
    /* in the last, partial bundle, too */
    flip("tile/entries/002.p/88", 40);
    is_wrong("tile/entries/002.p/88", "entry 512 was altered");
    flip("tile/entries/002.p/88", 40);
    /* of a tile */
    flip("tile/0/001", 32 * 7 + 1);
    is_wrong("tile/0/001", "tile/0/001 was altered: hash 7 in it is not that of entry 263");
    flip("tile/0/001", 32 * 7 + 1);
    flip("tile/0/002.p/88", 1);
    is_wrong("tile/0/002.p/88",
             "tile/0/002.p/88 was altered: hash 0 in it is not that of entry 512");
    flip("tile/0/002.p/88", 1);
    flip("tile/1/000.p/2", 33);
    is_wrong("tile/1/000.p/2",
             "tile/1/000.p/2 was altered: hash 1 in it is not that of tile/0/001");
    flip("tile/1/000.p/2", 33);
    /* of the checkpoint's parts */
    struct bytes head = get("checkpoint");
    char *blank = strstr((char *)head.data, "\n\n");
    flip("checkpoint", 0);
    is_wrong("checkpoint", "checkpoint: signature of \"example.com/retention\" is not right");
    flip("checkpoint", 0);
    flip("checkpoint", strlen(LOGMAKER_ORIGIN) + 2); /* its size */
    is_wrong("checkpoint", "is not right");
    flip("checkpoint", strlen(LOGMAKER_ORIGIN) + 2);
    flip("checkpoint", (size_t)(blank - (char *)head.data) + 40);
    is_wrong("checkpoint", "checkpoint: ");
    flip("checkpoint", (size_t)(blank - (char *)head.data) + 40);
    /* unsigned; signed by a key that is not trusted; leading zeros; a blank line too early */
    put("checkpoint", head.data, (size_t)(blank - (char *)head.data) + 1);
    is_wrong("checkpoint", "checkpoint: note is not well formed");
    struct logmaker *other = logmaker_new(dir, 3);
    logmaker_key(other, 9);
    logmaker_fill(other, 1);
    logmaker_free(other);
    free(head.data);
    is_wrong("checkpoint", "checkpoint: note is not well formed");
}
END_TEST

static struct bytes bundle_1;

static void write_bundle_1(const void *data, size_t length)
{
    put("tile/entries/001", data, length);
}

/* Entries swapped, dropped, doubled, cut off, added. */
START_TEST(rearranged_entries_are_named)
{
    make(600, 3);
    bundle_1 = get("tile/entries/001");
    size_t end_3, end_4, start_3 = entry_at(&bundle_1, 3, &end_3),
                         start_4 = entry_at(&bundle_1, 4, &end_4);
    ck_assert_uint_eq(end_3, start_4);
    struct text text _cleanup_text_ = {0};
    text_add_n(&text, bundle_1.data, start_3);
    text_add_n(&text, bundle_1.data + start_4, end_4 - start_4);
    text_add_n(&text, bundle_1.data + start_3, end_3 - start_3);
    text_add_n(&text, bundle_1.data + end_4, bundle_1.length - end_4);
    write_bundle_1(text.data, text.length);
    is_wrong("tile/entries/001", "entry 259 was altered");

    text_clear(&text); /* dropped */
    text_add_n(&text, bundle_1.data, start_3);
    text_add_n(&text, bundle_1.data + start_4, bundle_1.length - start_4);
    write_bundle_1(text.data, text.length);
    is_wrong("tile/entries/001", "entry 259 was altered: its hash is not the one in the tree, and "
                                 "tile/entries/001 does not hold 256 whole entries");

    text_clear(&text); /* doubled */
    text_add_n(&text, bundle_1.data, end_3);
    text_add_n(&text, bundle_1.data + start_3, bundle_1.length - start_3);
    write_bundle_1(text.data, text.length);
    is_wrong("tile/entries/001", "entry 260 was altered");

    text_clear(&text); /* one more at the end */
    text_add_n(&text, bundle_1.data, bundle_1.length);
    text_add_n(&text, bundle_1.data, entry_at(&bundle_1, 1, &end_3));
    write_bundle_1(text.data, text.length);
    is_wrong("tile/entries/001", "tile/entries/001 holds more than the 256 entries");

    size_t start_255 = entry_at(&bundle_1, 255, &end_3); /* cut off */
    write_bundle_1(bundle_1.data, start_255);
    is_wrong("tile/entries/001", "tile/entries/001 ends before entry 511");
    write_bundle_1(bundle_1.data, 0);
    is_wrong("tile/entries/001", "tile/entries/001 ends before entry 256");
    write_bundle_1(bundle_1.data, bundle_1.length);
    is_sound();

    /* gone, and no prune that says so */
    ck_assert_int_eq(unlink(path_of("tile/entries/001")), 0);
    is_wrong("tile/entries/001", "tile/entries/001 is missing, and no entry of the log says");
    write_bundle_1(bundle_1.data, bundle_1.length);
    ck_assert_int_eq(unlink(path_of("tile/entries/000")), 0);
    is_wrong("tile/entries/000", "tile/entries/000 is missing, and no entry of the log says");
    free(bundle_1.data);
}
END_TEST

/* Entry and hashes rewritten up to the top: nothing is wrong but the signature's root. */
START_TEST(a_tree_rewritten_without_the_key_is_noticed)
{
    make(600, 3);
    head_before = get("checkpoint");
    struct logmaker *maker = logmaker_new(dir, 3);
    logmaker_fill(maker, 300);
    logmaker_reseed(maker, 7);
    logmaker_fill(maker, 600);
    logmaker_checkpoint(maker);
    logmaker_free(maker);
    put("checkpoint", head_before.data, head_before.length);
    is_wrong("checkpoint", "the 600 entries and their tiles were rewritten together");
    free(head_before.data);
}
END_TEST

/* The same with the key: only a checkpoint that was kept tells. */
START_TEST(a_fork_by_the_same_key_is_found)
{
    make(600, 3);
    head_before = get("checkpoint");
    struct logmaker *maker = logmaker_new(dir, 3);
    logmaker_fill(maker, 300);
    logmaker_reseed(maker, 7);
    logmaker_fill(maker, 700);
    logmaker_checkpoint(maker);
    logmaker_free(maker);
    /* the operator forgot one of those kept in the directory */
    is_wrong("checkpoints/600", "checkpoints/600 is of another history");
    ck_assert_int_eq(unlink(path_of("checkpoints/600")), 0);
    ck_assert_int_eq(unlink(path_of("checkpoints/512")), 0);
    ck_assert(!verify_with(&key, 1, (char *)head_before.data));
    ck_assert_msg(strstr(error.primary, "log was forked: its first 600 entries are not those of "
                                        "the checkpoint kept earlier"),
                  "%s", error.primary);
    struct bytes old = get("checkpoints/256"); /* from before the fork: is no proof of it */
    char *text _cleanup_free_ = strdup((char *)old.data);
    free(old.data);
    bool right = verify_with(&key, 1, text);
    ck_assert(right || strstr(error.primary, "it is not the beginning of its tile") ||
              strstr(error.primary, "in it is not the one in the tree"));
    free(head_before.data);
}
END_TEST

/* Cut back to an earlier size, with the checkpoint of then; and continued from there. */
START_TEST(a_log_that_was_cut_short_is_found)
{
    make(600, 3);
    head_before = get("checkpoint");
    struct bytes old = get("checkpoints/512");
    put("checkpoint", old.data, old.length);
    free(old.data);
    is_wrong("checkpoints/600", "log was cut short: checkpoints/600 was signed, and the log has "
                                "512 entries");
    ck_assert_int_eq(unlink(path_of("checkpoints/600")), 0);
    is_sound(); /* nothing in the directory tells any more */
    ck_assert_uint_gt(result.ahead, 0);
    ck_assert(!verify_with(&key, 1, (char *)head_before.data));
    ck_assert_ptr_nonnull(strstr(error.primary, "log has shrunk: the checkpoint kept earlier is of "
                                                "600 entries, this log has 512"));
    free(head_before.data);
}
END_TEST

START_TEST(against_an_older_checkpoint)
{
    make(600, 3);
    struct bytes old = get("checkpoints/256");
    ck_assert_msg(verify_with(&key, 1, (char *)old.data), "%s", error.primary);
    ck_assert_uint_eq(result.against_size, 256);
    old.data[0] ^= 1;
    ck_assert(!verify_with(&key, 1, (char *)old.data));
    ck_assert_ptr_nonnull(strstr(error.primary, "the checkpoint kept earlier: "));
    free(old.data);
}
END_TEST

START_TEST(a_key_that_is_not_the_given_one_is_refused)
{
    struct note_verifier other;
    char *vkey _cleanup_free_ = logmaker_vkey(9);
    ck_assert(note_verifier_parse(&other, vkey, NULL));
    make(20, 3);
    ck_assert(!verify_with(&other, 1, NULL));
    ck_assert_ptr_nonnull(
        strstr(error.primary, "checkpoint: note is not signed by any key that is trusted"));
    /* the whole log made again with another key; the directory's own vkey is not asked */
    struct logmaker *maker = logmaker_new(dir, 3);
    logmaker_key(maker, 9);
    logmaker_fill(maker, 20);
    logmaker_checkpoint(maker);
    logmaker_free(maker);
    is_wrong("checkpoint", "checkpoint: note is not signed by any key that is trusted");
    /* the right checkpoint with another vkey beside it */
    make(20, 3);
    put("vkey", vkey, strlen(vkey));
    is_wrong("vkey", "vkey is neither the key given nor one that the log names");
}
END_TEST

/* A checkpoint with a size that is written otherwise, signed with the right key. */
START_TEST(sizes_have_one_form)
{
    make(20, 3);
    uint8_t seed[NOTE_KEY_SIZE];
    for (int i = 0; i < NOTE_KEY_SIZE; i++)
        seed[i] = (uint8_t)i;
    struct note_signer *signer = note_signer_new(LOGMAKER_ORIGIN, seed, NULL);
    struct bytes head = get("checkpoint");
    char *size = strchr((char *)head.data, '\n') + 1, *rest = strchr(size, '\n');
    static const char *const wrong[] = {"020", "+20", "20 ", "2e1", ""};
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
        struct text text _cleanup_text_ = {0}, note _cleanup_text_ = {0};
        text_printf(&text, "%s\n%s%.*s", LOGMAKER_ORIGIN, wrong[i],
                    (int)(strstr(rest, "\n\n") + 1 - rest), rest);
        ck_assert(note_sign(&note, signer, text.data, text.length, NULL));
        put("checkpoint", note.data, note.length);
        is_wrong("checkpoint", "checkpoint: checkpoint is not origin, size and root");
    }
    note_signer_free(signer);
    free(head.data);
}
END_TEST

/* --- what the entries say of each other, though all hashes are right --- */

#define RUN     "abababababababababababababababab"
#define NO_HASH "0000000000000000000000000000000000000000000000000000000000000000"

/* Signed entries after the beginning of a log; ends with a checkpoint. */
static void tell(const char *const (*entries)[13], const char *sha256)
{
    struct logmaker *maker = logmaker_new(dir, 0);
    logmaker_fill(maker, 6);
    for (; (*entries)[0]; entries++) {
        const char *values[12];
        for (int i = 0; i < 12; i++)
            values[i] = (*entries)[i + 1] && strcmp((*entries)[i + 1], "TEXT") == 0
                            ? sha256
                            : (*entries)[i + 1];
        logmaker_add(maker, (*entries)[0], values);
    }
    logmaker_checkpoint(maker);
    logmaker_free(maker);
}

#define PLAN(category, sha256)                                                                     \
    {                                                                                              \
        "plan", RUN, category, sha256, "public.customer", "delete", "1 year",                      \
            "2026-01-01T00:00:00Z", "1", "0", "1", "1"                                             \
    }
#define BATCH(seq, rows)                                                                           \
    {                                                                                              \
        "batch", RUN, seq, "customers", "public.customer", "delete", "1", rows, "none", "742"      \
    }
#define DONE(batches, rows)                                                                        \
    {                                                                                              \
        "done", RUN, batches, rows, "0", "done"                                                    \
    }
#define GAP(seq)                                                                                   \
    {                                                                                              \
        "anomaly", RUN, seq, "gap"                                                                 \
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

START_TEST(entries_that_contradict_each_other)
{
    char sha256[65] = "";
    struct logmaker *maker = logmaker_new(dir, 0);
    logmaker_fill(maker, 6);
    logmaker_checkpoint(maker);
    logmaker_free(maker);
    /* the text that the fill approves for customers */
    struct bytes bundle = get("tile/entries/000.p/6");
    for (size_t i = 0; i + 71 < bundle.length && !*sha256; i++)
        if (memcmp(bundle.data + i, "sha256 ", 7) == 0)
            memcpy(sha256, bundle.data + i + 7, 64);
    free(bundle.data);
    ck_assert_uint_eq(strlen(sha256), 64);
    tell(stories[_i].entries, sha256);
    if (stories[_i].message) {
        ck_assert_msg(!verify_with(&key, 1, NULL), "%s", stories[_i].message);
        ck_assert_msg(strstr(error.primary, stories[_i].message), "%s", error.primary);
        ck_assert_int_eq(error.code, ERROR_LOG);
    } else {
        bool right = verify_with(&key, 1, NULL);
        ck_assert_msg(right, "%s", error.primary);
    }
}
END_TEST

START_TEST(entries_of_later_versions_are_told_apart)
{
    static const char witness[] =
        "retention-log-entry/v1\ntype witness\ntime 2026-07-24T12:00:02Z\n"
        "salt 03030303030303030303030303030303\nby somebody\n";
    struct logmaker *maker = logmaker_new(dir, 0);
    logmaker_fill(maker, 20);
    logmaker_add_bytes(maker, witness, strlen(witness));
    logmaker_checkpoint(maker);
    is_sound();
    ck_assert_uint_eq(result.unknown, 1);
    ck_assert_str_eq(result.unknown_type, "witness");
    logmaker_add_bytes(maker, witness, strlen(witness) - 1);
    logmaker_checkpoint(maker);
    is_wrong("tile/entries/000.p/22", "entry 21 is not well formed");
    logmaker_free(maker);
}
END_TEST

/* What a prune in the log allows to be gone, and nothing more. */
START_TEST(a_prune_that_the_log_tells_of)
{
    struct logmaker *maker = logmaker_new(dir, 3);
    logmaker_fill(maker, 800);
    static const char *const upto[] = {"512"};
    logmaker_add(maker, "prune", upto);
    logmaker_fill(maker, 900);
    logmaker_checkpoint(maker);
    is_sound(); /* nothing is gone yet */
    ck_assert_uint_eq(result.pruned, 0);
    logmaker_remove_below(maker, 256); /* stopped on the way */
    is_sound();
    ck_assert_uint_eq(result.pruned, 256);
    ck_assert_int_eq(unlink(path_of("tile/entries/001")), 0);
    is_sound();
    ck_assert_uint_eq(result.pruned, 512);
    ck_assert_uint_eq(result.proofs, 6);
    ck_assert_uint_eq(result.entries, 900 - 512);
    ck_assert_uint_le(result.runs_partly, 1);
    ck_assert_uint_gt(result.records_extra, 0); /* digests of the entries that are gone */
    bundle_1 = get("tile/entries/002");
    ck_assert_int_eq(unlink(path_of("tile/entries/002")), 0);
    is_wrong("tile/entries/002", "tile/entries/002 is missing, and no entry of the log says");
    ck_assert_str_eq(error.detail, "The log was pruned up to entry 511.");
    logmaker_free(maker);
    /* what a prune saves must be there: it is what the rest stands on */
    struct bytes saved = get("proofs/0");
    ck_assert_int_eq(unlink(path_of("proofs/0")), 0);
    is_wrong("tile/entries/002", "tile/entries/002 is missing"); /* first */
    put("tile/entries/002", bundle_1.data, bundle_1.length);
    is_wrong("proofs/0", "proofs/0 is missing or not the proof of entry 0");
    put("proofs/0", saved.data, saved.length);
    free(saved.data);
    is_sound();
    saved = get("proofs/3");
    ck_assert_int_eq(unlink(path_of("proofs/2")), 0); /* loaded, and */
    ck_assert_int_eq(unlink(path_of("proofs/3")), 0); /* approved */
    is_wrong("", "enforces a policy text that no entry before it names");
    ck_assert_str_eq(error.detail, "Nor does any of the proofs that a prune saved.");
    put("proofs/3", saved.data, saved.length);
    free(saved.data);
    is_sound();
    free(bundle_1.data);
    /* hash tiles are never pruned */
    ck_assert_int_eq(unlink(path_of("tile/0/000")), 0);
    is_wrong("tile/0/000", "tile/0/000 is missing");
}
END_TEST

/* Digests of records that are not there, or not those of the entry. */
START_TEST(records_are_compared_with_their_entries)
{
    make(40, 3);
    list("records");
    ck_assert_int_gt(file_count, 4);
    struct file *file = &files[2];
    char expected[512];
    flip(file->name, 95);
    snprintf(expected, sizeof(expected), "%s was altered: the root over its digests", file->name);
    is_wrong(file->name, expected);
    flip(file->name, 95);
    put(file->name, file->bytes.data, 64);
    snprintf(expected, sizeof(expected), "%s is 64 bytes long; entry ", file->name);
    is_wrong(file->name, expected);
    uint8_t swapped[96];
    memcpy(swapped, file->bytes.data + 32, 32);
    memcpy(swapped + 32, file->bytes.data, 32);
    memcpy(swapped + 64, file->bytes.data + 64, 32);
    put(file->name, swapped, 96);
    snprintf(expected, sizeof(expected), "%s: digest 1 is out of order", file->name);
    is_wrong(file->name, expected);
    ck_assert_int_eq(unlink(path_of(file->name)), 0);
    snprintf(expected, sizeof(expected), "%s is missing, and no entry of the log", file->name);
    is_wrong(file->name, expected);
    put(file->name, file->bytes.data, file->bytes.length);
    put("records/stray", "x", 1);
    is_sound();
    ck_assert_uint_eq(result.records_extra, 1);
    put("note.txt", "x", 1);
    is_sound();
    ck_assert_uint_eq(result.strays, 1);
    ck_assert_str_eq(result.stray, "note.txt");
}
END_TEST

/* A new key, announced in the log while the old one signs: who has either key can verify. */
START_TEST(a_new_key_is_followed)
{
    struct note_verifier new_key, foreign;
    char *new_vkey = logmaker_vkey(9), *other = logmaker_vkey(77);
    ck_assert(note_verifier_parse(&new_key, new_vkey, NULL));
    ck_assert(note_verifier_parse(&foreign, other, NULL));
    struct logmaker *maker = logmaker_new(dir, 3);
    logmaker_fill(maker, 20);
    logmaker_checkpoint(maker);
    new_vkey[strcspn(new_vkey, "\n")] = '\0';
    const char *values[] = {new_vkey};
    logmaker_add(maker, "rotate", values);
    logmaker_checkpoint(maker); /* by the old key */
    logmaker_key(maker, 9);
    char id[9] = "";
    for (int i = 0; i < 4; i++)
        sprintf(id + 2 * i, "%02x", key.id[i]);
    const char *retired[] = {id};
    logmaker_add(maker, "retire", retired);
    logmaker_fill(maker, 40);
    logmaker_checkpoint(maker);
    is_sound();
    ck_assert_mem_eq(&result.signer, &new_key, sizeof(new_key));
    ck_assert_msg(verify_with(&new_key, 1, NULL), "%s", error.primary);
    ck_assert(!verify_with(&foreign, 1, NULL));
    /* the old key signs no more */
    logmaker_key(maker, 0);
    logmaker_fill(maker, 42);
    logmaker_checkpoint(maker);
    is_wrong("checkpoint", "checkpoint: signed by a key that entry 21 of the log retires");
    logmaker_key(maker, 9);
    logmaker_checkpoint(maker);
    logmaker_free(maker);
    /* without what the old key signed over the announcement, it proves nothing */
    ck_assert_int_eq(unlink(path_of("checkpoints/21")), 0);
    is_wrong("checkpoint", "checkpoint: note is not signed by any key that is trusted");
    ck_assert(verify_with(&new_key, 1, NULL));
    /* nor may it sign what does not name it yet */
    struct checkpoint early;
    struct text note _cleanup_text_ = {0};
    struct bytes old = get("checkpoints/20");
    struct note_signer *signer = logmaker_signer(9);
    ck_assert(checkpoint_open(&early, (char *)old.data, old.length, &key, NULL));
    ck_assert(checkpoint_sign(&note, &early, signer, NULL));
    put("checkpoints/20", note.data, note.length);
    ck_assert(!verify_with(&new_key, 1, NULL));
    ck_assert_str_eq(error.primary,
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
    struct logmaker *maker = logmaker_new(dir, 3);
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
    is_sound();
    ck_assert_uint_eq(result.pruned, 256);
    ck_assert_uint_eq(result.proofs, 8);
    /* and the old one is retired still */
    logmaker_key(maker, 0);
    logmaker_fill(maker, 310);
    logmaker_checkpoint(maker);
    is_wrong("checkpoint", "checkpoint: signed by a key that entry 21 of the log retires");
    logmaker_key(maker, 9);
    logmaker_checkpoint(maker);
    is_sound();
    ck_assert_int_eq(unlink(path_of("proofs/20")), 0);
    is_wrong("checkpoint", "checkpoint: note is not signed by any key that is trusted");
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
    struct logmaker *maker = logmaker_new(dir, 3);
    logmaker_fill(maker, 20);
    logmaker_key(maker, 9);
    logmaker_checkpoint(maker);
    logmaker_free(maker);
    ck_assert(!verify_with(&other, 1, NULL));
    ck_assert_str_eq(error.primary, "checkpoint: signed by a key that no entry of the log names");
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
        struct logmaker *maker = logmaker_new(dir, 0);
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
        bool right = verify_with(&key, 1, NULL);
        ck_assert(right || error.code == ERROR_LOG);
        refused += !right;
    }
    ck_assert_uint_gt(refused, 250);
}
END_TEST

/* What lies there and is no part of the log is told of, whatever it is called. */
START_TEST(nothing_hides_in_a_log)
{
    make(20, 3);
    put("lock", "7645912345678901234 16384 1790000000.123456", 43); /* of a worker that runs */
    is_sound();
    ck_assert_uint_eq(result.strays, 0);
    put("lock", "", 0);
    put(".new.4711", "x", 1); /* left by a worker that was killed */
    is_sound();
    ck_assert_uint_eq(result.strays, 0);
    static const char *const strays[] = {
        "lock", ".new.secret", ".hidden", "policies/readme", "tile/0/000.p/020", "checkpoints/07"};
    for (size_t i = 0; i < ARRAY_LENGTH(strays); i++) {
        put(strays[i], "x", 1);
        is_sound();
        ck_assert_uint_eq(result.strays, i + 1);
    }
    /* a folder that is a link is not gone into */
    ck_assert_int_eq(symlink("/", path_of("tile/root")), 0);
    is_sound();
    ck_assert_uint_eq(result.strays, 7);
}
END_TEST

START_TEST(what_is_no_log_is_refused)
{
    is_wrong("checkpoint", "there is no checkpoint in ");
    make(20, 0);
    ck_assert_int_eq(unlink(path_of("tile/0/000.p/20")), 0);
    is_wrong("tile/0/000.p/20", "tile/0/000.p/20 is missing");
    struct verify_options options = {.directory = "/nonexistent", .keys = &key, .key_count = 1};
    error_clear(&error);
    ck_assert(!verify_directory(&result, &options, &error));
    ck_assert_int_eq(error.code, ERROR_FAILED);
    /* what stands still when it is opened does not stop the verifier */
    ck_assert_int_eq(mkfifo(path_of("tile/0/000.p/20"), 0600), 0);
    ck_assert(!verify_with(&key, 1, NULL));
    ck_assert_ptr_nonnull(strstr(error.primary, "not a regular file"));
}
END_TEST

Suite *suite_ledger_verify(void)
{
    Suite *suite = suite_create("ledger_verify");
    TCase *tc = tcase_create("verify");
    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, trees_of_every_shape_are_sound, 0, 13);
    tcase_add_test(tc, no_flipped_byte_goes_unnoticed);
    tcase_add_test(tc, altered_files_are_named);
    tcase_add_test(tc, rearranged_entries_are_named);
    tcase_add_test(tc, a_tree_rewritten_without_the_key_is_noticed);
    tcase_add_test(tc, a_fork_by_the_same_key_is_found);
    tcase_add_test(tc, a_log_that_was_cut_short_is_found);
    tcase_add_test(tc, against_an_older_checkpoint);
    tcase_add_test(tc, a_key_that_is_not_the_given_one_is_refused);
    tcase_add_test(tc, sizes_have_one_form);
    tcase_add_loop_test(tc, entries_that_contradict_each_other, 0, (int)ARRAY_LENGTH(stories));
    tcase_add_test(tc, entries_of_later_versions_are_told_apart);
    tcase_add_test(tc, a_prune_that_the_log_tells_of);
    tcase_add_test(tc, records_are_compared_with_their_entries);
    tcase_add_test(tc, a_new_key_is_followed);
    tcase_add_test(tc, a_new_key_is_followed_over_a_prune);
    tcase_add_test(tc, a_key_that_the_log_does_not_name_is_told);
    tcase_add_test(tc, anything_may_be_signed);
    tcase_add_test(tc, nothing_hides_in_a_log);
    tcase_add_test(tc, what_is_no_log_is_refused);
    suite_add_tcase(suite, tc);
    return suite;
}
