/* The log directory, written and read back: every size gives the tree that RFC 6962 says, whatever
 * the pieces in which it was written. */
#define _GNU_SOURCE
#include <check.h>
#include <fcntl.h>
#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "harness/db.h"
#include "ledger/directory.h"
#include "ledger/keyfile.h"
#include "ledger/publish.h"

static char *path;
static struct directory *directory;
static struct note_signer *signer;
static struct error error;

#define MUST(condition) ck_assert_msg(condition, "%s", error.primary ? error.primary : "?")

static void setup(void)
{
    uint8_t seed[32] = {1};
    path = temporary_directory();
    directory = directory_open_locked(path, &error);
    MUST(directory != NULL);
    signer = note_signer_new("example.com/log", seed, &error);
}

static void teardown(void)
{
    directory_free(directory);
    note_signer_free(signer);
    free(path);
    error_clear(&error);
}

static size_t entry_text(char buffer[64], uint64_t i)
{
    return (size_t)snprintf(buffer, 64, "entry %" PRIu64 "\n", i);
}

static void add(struct publish *publish, uint64_t to)
{
    char entry[64];
    for (uint64_t i = publish_tree(publish)->size; i < to; i++)
        MUST(publish_entry(publish, entry, entry_text(entry, i), &error));
}

static void sign(struct publish *publish)
{
    struct text note _cleanup_text_ = {0};
    MUST(publish_flush(publish, &error));
    MUST(publish_checkpoint(publish, signer, &note, &error));
}

/* The directory's tree at the size of its checkpoint, from tiles and from entries, is the tree. */
static void check_directory(uint64_t size)
{
    struct merkle_tree tree = {0};
    struct checkpoint checkpoint;
    struct tile_source source = {.size = size, .fetch = directory_fetch_tile, .arg = directory};
    uint8_t root[32], from_tiles[32];
    char entry[64];
    MUST(directory_last_checkpoint(directory, note_signer_verifier(signer), 1, &checkpoint, NULL,
                                   NULL, &error));
    ck_assert_uint_eq(checkpoint.size, size);
    for (uint64_t n = 0; n * TILE_WIDTH < size; n++) {
        struct text bundle _cleanup_text_ = {0};
        unsigned width = tile_width(TILE_ENTRIES, n, size);
        bool absent;
        MUST(directory_read_bundle(directory, n, width, &bundle, &absent, &error));
        ck_assert(!absent);
        const uint8_t *bytes;
        size_t at = 0, length;
        for (unsigned i = 0; i < width; i++) {
            ck_assert(bundle_next((uint8_t *)bundle.data, bundle.length, &at, &bytes, &length));
            ck_assert_uint_eq(length, entry_text(entry, n * TILE_WIDTH + i));
            ck_assert_mem_eq(bytes, entry, length);
            merkle_tree_append(&tree, bytes, length);
        }
        ck_assert_uint_eq(at, bundle.length);
    }
    merkle_tree_root(&tree, root);
    ck_assert_mem_eq(root, checkpoint.root, 32);
    ck_assert(merkle_root(tile_source_read, &source, size, from_tiles));
    ck_assert_mem_eq(root, from_tiles, 32);
}

START_TEST(any_pieces_give_the_same_tree)
{
    static const uint64_t sizes[] = {1,   2,     3,     255,   256,   257,   511,  512,
                                     700, 65535, 65536, 65537, 65792, 70000, 70001};
    struct publish *publish = NULL;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        if (i % 3 != 1) { /* as after a restart, or going on */
            publish_free(publish);
            publish = publish_new(directory, i ? sizes[i - 1] : 0, &error);
            MUST(publish != NULL);
        }
        add(publish, sizes[i]);
        sign(publish);
        check_directory(sizes[i]);
    }
    publish_free(publish);
}
END_TEST

/* Written, not signed, and other entries took the places after a restart. */
START_TEST(what_was_not_signed_leaves_nothing)
{
    struct publish *publish = publish_new(directory, 0, &error);
    add(publish, 200);
    sign(publish);
    for (int i = 0; i < 1000; i++)
        MUST(publish_entry(publish, "stale", 5, &error));
    MUST(publish_flush(publish, &error));
    publish_free(publish);

    publish = publish_new(directory, 200, &error);
    MUST(publish != NULL);
    ck_assert(!directory_exists(directory, "tile/0/000"));
    ck_assert(!directory_exists(directory, "tile/entries/003"));
    check_directory(200);
    add(publish, 600);
    sign(publish);
    check_directory(600);
    publish_free(publish);
}
END_TEST

/* What a rebuild leaves that is cut off between the checkpoints that it puts back and the one that
 * it signs: the head is a smaller size, whose edge is in wider tiles alone. A start goes on from
 * there, and so does the next one, when nothing was signed in between. */
START_TEST(an_edge_in_wider_tiles_outlasts_a_start)
{
    static const uint64_t wider[] = {300, 600, 66000};
    for (size_t i = 0; i < sizeof(wider) / sizeof(wider[0]); i++) {
        struct text note _cleanup_text_ = {0}, larger _cleanup_text_ = {0};
        uint64_t size = wider[i] - 100;
        struct publish *publish = publish_new(directory, i ? wider[i - 1] - 100 : 0, &error);
        MUST(publish != NULL);
        add(publish, size);
        sign(publish);
        MUST(directory_read(directory, "checkpoint", 4096, &note, NULL, &error));
        publish_free(publish);
        publish = publish_new(directory, size, &error);
        add(publish, wider[i]);
        sign(publish);
        sign(publish); /* and the tiles of the size before go */
        publish_free(publish);
        directory_checkpoint_name(&larger, wider[i]);
        MUST(directory_remove(directory, larger.data, &error));
        MUST(directory_write(directory, "checkpoint", note.data, note.length, &error));
        check_directory(size);
        for (int starts = 0; starts < 3; starts++) {
            publish = publish_new(directory, size, &error);
            MUST(publish != NULL);
            publish_free(publish);
            check_directory(size);
        }
    }
}
END_TEST

/* A loss of power left the names of the edge's own files, and nothing or half of it in them: what
 * was written for a later size still has it, and is not taken away before the edge is whole. */
START_TEST(an_edge_that_was_cut_off_is_made_good)
{
    static const char *const names[] = {"tile/entries/000.p/5", "tile/0/000.p/5"};
    for (size_t cut = 0; cut < 3; cut++) {
        for (int i = 0; i < 2; i++) {
            struct publish *publish = publish_new(directory, i || cut ? 5 : 0, &error);
            MUST(publish != NULL);
            if (!i && !cut) {
                add(publish, 5);
                sign(publish);
            }
            add(publish, 7);
            MUST(publish_flush(publish, &error));
            publish_free(publish);
            MUST(directory_write(directory, names[i], "0123456789012345678901234567890123456789",
                                 20 * cut, &error));
            publish = publish_new(directory, 5, &error);
            MUST(publish != NULL);
            publish_free(publish);
            ck_assert(!directory_exists(directory, "tile/0/000.p/7"));
            ck_assert(!directory_exists(directory, "tile/entries/000.p/7"));
            check_directory(5);
        }
    }
    /* where nothing wider is there, it is damaged */
    for (int i = 0; i < 2; i++) {
        MUST(directory_write(directory, names[i], "", 0, &error));
        ck_assert(!publish_new(directory, 5, &error));
        ck_assert_int_eq(error.code, ERROR_LOG);
        error_clear(&error);
    }
}
END_TEST

/* Each file is written beside the others under a name of its own; what was left long ago goes, what
 * somebody may be writing stays. */
START_TEST(what_was_left_half_written_goes)
{
    struct stat sb;
    char *own;
    ck_assert_int_ge(asprintf(&own, "%s/.new.%d", path, (int)getpid()), 0);
    free(file_write(path, ".new.1", "x"));
    free(file_write(path, ".new.2", "x"));
    free(file_write(path, own + strlen(path) + 1, "being written by another"));
    MUST(directory_write(directory, "a/b", "y", 1, &error));
    char *there = file_read(own);
    ck_assert_str_eq(there, "being written by another");
    free(there);
    MUST(directory_write(directory, "folder/file", "y", 1, &error));
    ck_assert(!directory_write(directory, "folder", "y", 1, &error));
    error_clear(&error);
    glob_t left;
    char *pattern;
    ck_assert_int_ge(asprintf(&pattern, "%s/.new.*", path), 0);
    ck_assert_int_eq(glob(pattern, 0, NULL, &left), 0);
    ck_assert_uint_eq(left.gl_pathc, 3);
    globfree(&left);
    free(pattern);
    const struct timespec old[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = 1000000000}};
    char *first;
    ck_assert_int_ge(asprintf(&first, "%s/.new.1", path), 0);
    ck_assert_int_eq(utimensat(AT_FDCWD, first, old, 0), 0);
    directory_free(directory);
    directory = directory_open_locked(path, &error);
    MUST(directory != NULL);
    ck_assert_int_ne(stat(first, &sb), 0);
    ck_assert_int_eq(stat(own, &sb), 0);
    ck_assert(directory_exists(directory, ".new.2"));
    free(first);
    free(own);
}
END_TEST

/* The last line of defence: a size that was signed is not signed with another root. */
START_TEST(one_size_has_one_root)
{
    struct text note _cleanup_text_ = {0};
    struct publish *publish = publish_new(directory, 0, &error);
    add(publish, 10);
    sign(publish);
    sign(publish); /* the same again is the same */
    publish_free(publish);
    publish = publish_new(directory, 0, &error);
    for (int i = 0; i < 10; i++)
        MUST(publish_entry(publish, "other", 5, &error));
    ck_assert(!publish_checkpoint(publish, signer, &note, &error)); /* not flushed */
    MUST(publish_flush(publish, &error));
    ck_assert(!publish_checkpoint(publish, signer, &note, &error));
    ck_assert_int_eq(error.code, ERROR_LOG);
    ck_assert_uint_eq(note.length, 0);
    publish_free(publish);
}
END_TEST

/* A crash between checkpoints/SIZE and checkpoint. */
START_TEST(the_last_checkpoint_is_the_largest_signed)
{
    struct text note _cleanup_text_ = {0}, old _cleanup_text_ = {0};
    struct checkpoint checkpoint;
    struct publish *publish = publish_new(directory, 0, &error);
    add(publish, 5);
    sign(publish);
    MUST(directory_read(directory, "checkpoint", 4096, &old, NULL, &error));
    add(publish, 9);
    sign(publish);
    MUST(directory_write(directory, "checkpoint", old.data, old.length, &error));
    MUST(directory_last_checkpoint(directory, note_signer_verifier(signer), 1, &checkpoint, &note,
                                   NULL, &error));
    ck_assert_uint_eq(checkpoint.size, 9);
    publish_free(publish);
}
END_TEST

START_TEST(a_damaged_edge_is_not_gone_on_from)
{
    struct publish *publish = publish_new(directory, 0, &error);
    add(publish, 300);
    sign(publish);
    publish_free(publish);
    MUST(directory_write(directory, "tile/0/001.p/44", "short", 5, &error));
    ck_assert_ptr_null(publish_new(directory, 300, &error));
    MUST(directory_remove(directory, "tile/0/001.p/44", &error));
    ck_assert_ptr_null(publish_new(directory, 300, &error));
    ck_assert_int_eq(error.code, ERROR_LOG);
}
END_TEST

START_TEST(partial_tiles_do_not_pile_up)
{
    struct publish *publish = publish_new(directory, 0, &error);
    for (uint64_t size = 1; size <= 300; size++) {
        add(publish, size);
        sign(publish);
    }
    ck_assert(!directory_exists(directory, "tile/0/000.p"));
    ck_assert(!directory_exists(directory, "tile/entries/000.p"));
    ck_assert(!directory_exists(directory, "tile/0/001.p/42"));
    ck_assert(directory_exists(directory, "tile/0/001.p/43"));
    ck_assert(directory_exists(directory, "tile/0/001.p/44"));
    ck_assert(directory_exists(directory, "checkpoints/1"));
    publish_free(publish);
}
END_TEST

START_TEST(one_process_writes)
{
    struct error second = {0};
    ck_assert_ptr_null(directory_open_locked(path, &second));
    ck_assert_ptr_nonnull(strstr(second.primary, "in use by another process"));
    error_clear(&second);
    struct directory *reader = directory_open(path, &second);
    ck_assert_ptr_nonnull(reader);
    directory_free(reader);
    ck_assert(!directory_write(directory, "../x", "x", 1, &second));
    ck_assert(!directory_write(directory, "/tmp/x", "x", 1, &second));
    error_clear(&second);
}
END_TEST

START_TEST(keys_are_kept_to_their_owner)
{
    uint8_t key[KEYFILE_SIZE];
    char *file;
    ck_assert_int_ge(asprintf(&file, "%s/%s", path, keyfile_signing.credential), 0);
    unsetenv("CREDENTIALS_DIRECTORY");
    ck_assert_ptr_null(keyfile_find(&keyfile_signing, NULL));
    MUST(keyfile_create(&keyfile_signing, file, &error));
    ck_assert(!keyfile_create(&keyfile_signing, file, NULL));
    MUST(keyfile_load(&keyfile_signing, file, key, &error));
    ck_assert_int_eq(chmod(file, 0640), 0);
    ck_assert(!keyfile_load(&keyfile_signing, file, key, &error));
    ck_assert_ptr_nonnull(strstr(error.hint, "chmod 600"));
    /* the same as a credential of systemd */
    setenv("CREDENTIALS_DIRECTORY", path, 1);
    char *found = keyfile_find(&keyfile_signing, NULL);
    ck_assert_str_eq(found, file);
    MUST(keyfile_load(&keyfile_signing, found, key, &error));
    ck_assert_int_eq(chmod(file, 0644), 0);
    ck_assert(!keyfile_load(&keyfile_signing, found, key, &error));
    free(found);
    if (geteuid() == 0) {
        ck_assert_int_eq(chmod(file, 0600), 0);
        ck_assert_int_eq(chown(file, 1, 1), 0);
        ck_assert(!keyfile_load(&keyfile_signing, file, key, &error));
    }
    unsetenv("CREDENTIALS_DIRECTORY");
    free(file);
}
END_TEST

Suite *suite_ledger_publish(void)
{
    Suite *suite = suite_create("ledger_publish");
    TCase *tcase = tcase_create("publish");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, any_pieces_give_the_same_tree);
    tcase_add_test(tcase, what_was_not_signed_leaves_nothing);
    tcase_add_test(tcase, an_edge_in_wider_tiles_outlasts_a_start);
    tcase_add_test(tcase, an_edge_that_was_cut_off_is_made_good);
    tcase_add_test(tcase, what_was_left_half_written_goes);
    tcase_add_test(tcase, one_size_has_one_root);
    tcase_add_test(tcase, the_last_checkpoint_is_the_largest_signed);
    tcase_add_test(tcase, a_damaged_edge_is_not_gone_on_from);
    tcase_add_test(tcase, partial_tiles_do_not_pile_up);
    tcase_add_test(tcase, one_process_writes);
    tcase_add_test(tcase, keys_are_kept_to_their_owner);
    suite_add_tcase(suite, tcase);
    return suite;
}
