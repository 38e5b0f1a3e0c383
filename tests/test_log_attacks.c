/* What somebody does to a real log, written by a real worker, and what the auditor is told: each
 * attack works on a copy of the directory, of which the auditor has no more than the key, and
 * perhaps a checkpoint kept from before. Every one of them must end with exit code 6 and name what
 * is wrong. */
#define _GNU_SOURCE
#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/text.h"
#include "harness/cluster.h"
#include "harness/db.h"
#include "ledger/note.h"
#include "ledger/verify.h"
#include "log_support.h"

static struct log_site site;

static void setup(void)
{
    site = log_site_new(cluster_shared(), 12, NULL);
    free(log_site_once(&site, NULL, 0));
}

static void teardown(void)
{
    log_site_free(&site);
}

/* A script in the site's directory: attack makes bad/, a copy of log/, poke FILE AT flips a bit in
 * it, and verify WORDS... verifies as the auditor does, without configuration or database. $w is
 * the width of the last bundle. */
static struct program_result sh(const char *script)
{
    char *in _cleanup_free_ = NULL, *ctl _cleanup_free_ = NULL;
    ck_assert_int_gt(asprintf(&ctl, "ctl=%s", build_path("retentionctl")), 0);
    ck_assert_int_gt(
        asprintf(&in,
                 "cd '%s' && w=$(($(sed -n 2p log/checkpoint) %% 256))\n"
                 "verify() { $ctl -c /nonexistent log verify \"$@\" --vkey auditor.vkey; }\n"
                 "attack() { rm -rf bad && cp -a log bad; }\n"
                 "poke() { printf \"\\\\$(printf %%o $(($(od -An -tu1 -j $2 -N 1 $1) ^ 1)))\" | "
                 "dd of=$1 bs=1 seek=$2 conv=notrunc status=none; }\n"
                 "{ %s\n}",
                 site.site.directory, script),
        0);
    return program_run_env(WORDS("/bin/sh", "-c", in), WORDS(ctl, "PGHOST=/nonexistent"));
}

/* Ends with this code and says this; %.. in `part` is as it stands. */
static void says(int code, const char *part, const char *script)
{
    struct program_result r = sh(script);
    char *both _cleanup_free_ = NULL;
    ck_assert_int_ge(asprintf(&both, "%s%s", r.out, r.err), 0);
    ck_assert_msg(r.exit_code == code, "exit %d of:\n%s\n%.2000s", r.exit_code, script, both);
    ck_assert_msg(strstr(both, part), "\"%s\" is not what is said of:\n%s\n%.2000s", part, script,
                  both);
    program_result_free(&r);
}

static char *path_of(const char *name)
{
    static char path[2][1024];
    static int next;
    char *p = path[next++ % 2];
    snprintf(p, sizeof(path[0]), "%s/%s", site.site.directory, name);
    return p;
}

/* A note over the text of log/checkpoint, changed by `change`, signed with the key of this seed. */
static void resign(const char *name, unsigned seed_byte, const char *from, const char *to)
{
    uint8_t seed[NOTE_KEY_SIZE];
    struct text text _cleanup_text_ = {0}, note _cleanup_text_ = {0};
    char *checkpoint _cleanup_free_ = file_read(path_of("log/checkpoint"));
    char *end = strstr(checkpoint, "\n\n"), *at = from ? strstr(checkpoint, from) : end + 1;
    ck_assert_ptr_nonnull(at);
    text_add_n(&text, checkpoint, (size_t)(at - checkpoint));
    text_add(&text, to);
    text_add_n(&text, at + strlen(from ? from : ""),
               (size_t)(end + 1 - at) - strlen(from ? from : ""));
    for (int i = 0; i < NOTE_KEY_SIZE; i++)
        seed[i] = (uint8_t)(seed_byte + (unsigned)i);
    struct note_signer *signer = note_signer_new("log.example/t", seed, NULL);
    ck_assert(note_sign(&note, signer, text.data, text.length, NULL));
    note_signer_free(signer);
    free(file_write(site.site.directory, name, note.data));
}

/* Some 300 entries more: a bundle is full. */
static void grow(void)
{
    db_exec(site.site.admin, "SELECT retention.write_entry('heartbeat', NULL, NULL, '{\"size\": "
                             "1}') FROM generate_series(1, 300)");
    log_site_rows(&site, 101, 140);
    free(log_site_once(&site, NULL, 0));
}

/* Takes a bundle apart into e0, e1, ... (each with its length before it), and puts it together. */
#define BUNDLE(order)                                                                              \
    "attack; b=bad/tile/entries/000; at=0 n=0; end=$(wc -c <$b); while [ $at -lt $end ]; do "      \
    "set -- $(od -An -v -tu1 -j $at -N 2 $b); l=$(($1 * 256 + $2 + 2)); "                          \
    "[ $n -gt 8 ] && l=$((end - at)); "                                                            \
    "tail -c +$((at + 1)) $b | head -c $l >e$n; at=$((at + l)) n=$((n + 1)); done; "               \
    "cat " order " >new; mv new $b; "

static const struct {
    const char *name, *attack, *said;
} attacks[] = {
    {"a byte of an entry", "attack; poke bad/tile/entries/000 40; verify bad",
     "entry 0 was altered: its hash is not the one that was signed (hash 0 of tile/0/000)"},
    {"a byte of the last bundle", "attack; poke bad/tile/entries/001.p/$w 40; verify bad",
     "entry 256 was altered: its hash is not the one that was signed"},
    {"a byte of a bundle's lengths", "attack; poke bad/tile/entries/000 0; verify bad",
     "entry 0 was altered: its hash is not the one in the tree, and tile/entries/000 does not hold "
     "256 whole entries"},
    {"a byte of a tile", "attack; poke bad/tile/0/000 33; verify bad",
     "tile/0/000 was altered: hash 1 in it is not that of entry 1, which leads to the signed root"},
    {"a byte of a partial tile", "attack; poke bad/tile/0/001.p/$w 0; verify bad",
     "was altered: hash 0 in it is not that of entry 256"},
    {"a byte of an upper tile", "attack; poke bad/tile/1/000.p/1 5; verify bad",
     "tile/1/000.p/1 was altered: hash 0 in it is not that of tile/0/000"},
    {"a byte of the checkpoint's size", "attack; poke bad/checkpoint 14; verify bad",
     "checkpoint: signature of \"log.example/t\" is not right"},
    {"a byte of the checkpoint's name", "attack; poke bad/checkpoint 0; verify bad",
     "checkpoint: signature of \"log.example/t\" is not right"},
    {"a checkpoint kept", "attack; poke $(ls bad/checkpoints/* | head -n 1) 0; verify bad",
     ": signature of \"log.example/t\" is not right"},
    {"the digests of records", "attack; poke $(ls bad/records/* | head -n 1) 3; verify bad",
     " was altered: the root over its digests is not the one in entry "},
    {"digests of another batch",
     "attack; set -- bad/records/*; cp $1 x; cp $2 $1; cp x $2; verify bad", " bytes long; entry "},
    {"the text of a policy",
     "attack; for f in bad/policies/*; do sed 's/1 year/9 year/' $f >x && cp x $f; done; "
     "verify bad",
     " was altered: its SHA-256 is not its name"},
    {"a policy's text is gone", "attack; rm bad/policies/*; verify bad",
     " is missing: the policy text that entry "},
    {"swapped entries", BUNDLE("e0 e1 e3 e2 e4 e5 e6 e7 e8 e9") "verify bad",
     "entry 2 was altered: its hash is not the one that was signed"},
    {"a dropped entry", BUNDLE("e0 e1 e3 e4 e5 e6 e7 e8 e9") "verify bad",
     "entry 2 was altered: its hash is not the one in the tree, and tile/entries/000 does not hold "
     "256 whole entries"},
    {"a doubled entry", BUNDLE("e0 e1 e2 e2 e3 e4 e5 e6 e7 e8 e9") "verify bad",
     "entry 3 was altered: its hash is not the one in the tree, and tile/entries/000 does not hold "
     "256 whole entries"},
    {"an entry written otherwise",
     BUNDLE("e0 e1 e2 e3 e4 e5 e6 e7 e8 e9") "sed -i '0,/^type genesis$/s//type Genesis/' $b; "
                                             "verify bad",
     "entry 0 was altered: its hash is not the one that was signed"},
    {"cut off in the bundle", "attack; truncate -s -1 bad/tile/entries/001.p/$w; verify bad",
     "ends before entry "},
    {"cut back, with an old checkpoint",
     "attack; old=$(ls bad/checkpoints | sort -n | head -n 1); cp bad/checkpoints/$old "
     "bad/checkpoint; verify bad",
     "log was cut short: checkpoints/"},
    {"cut back, with all that was signed since",
     "attack; old=$(ls bad/checkpoints | sort -n | head -n 1); cp bad/checkpoints/$old "
     "bad/checkpoint; for f in $(ls bad/checkpoints); do [ $f -le $old ] || rm "
     "bad/checkpoints/$f; done; verify bad --against log/checkpoint",
     "log has shrunk: the checkpoint kept earlier is of "},
    {"a larger size than there are files, by the right key",
     "attack; cp larger bad/checkpoint; verify bad", " is missing"},
    {"a size beyond all measure, by the right key", "attack; cp largest bad/checkpoint; verify bad",
     " is missing"},
    {"another root, by the right key", "attack; cp root bad/checkpoint; verify bad",
     " were rewritten together: the root over them is not the one that was signed"},
    {"unsigned", "attack; sed '/^$/,$d' log/checkpoint >bad/checkpoint; verify bad",
     "checkpoint: note is not well formed"},
    {"unsigned, with the blank line",
     "attack; sed '/^$/q' log/checkpoint >bad/checkpoint; "
     "verify bad",
     "checkpoint: note is not well formed"},
    {"an unknown key", "attack; cp unknown bad/checkpoint; verify bad",
     "checkpoint: note is not signed by any key that is trusted"},
    {"leading zeros, signed", "attack; cp zeros bad/checkpoint; verify bad",
     "checkpoint: checkpoint is not origin, size and root"},
    {"a blank line in the text, signed", "attack; cp blank bad/checkpoint; verify bad",
     "checkpoint: checkpoint is not origin, size and root"},
    {"a second blank line before the signature",
     "attack; sed 's/^$/&\\n/' log/checkpoint >bad/checkpoint; verify bad",
     "checkpoint: signature of \"log.example/t\" is not right"},
    {"a blank line after the signature", "attack; echo >>bad/checkpoint; verify bad",
     "checkpoint: "},
    {"another log's name, by the right key", "attack; cp name bad/checkpoint; verify bad",
     "checkpoint: checkpoint is of log \"log.example/x\", not of \"log.example/t\""},
    {"a prune that the log does not tell of", "attack; rm bad/tile/entries/000; verify bad",
     "tile/entries/000 is missing, and no entry of the log says that it was pruned"},
    {"digests pruned, and nothing said", "attack; rm $(ls bad/records/* | head -n 1); verify bad",
     " is missing, and no entry of the log says that it was pruned"},
    {"a tile that is gone", "attack; rm bad/tile/0/000; verify bad", "tile/0/000 is missing"},
    {"another key in the directory", "attack; cp other.vkey bad/vkey; verify bad",
     "vkey is neither the key given nor one that the log names"},
    {"no checkpoint", "attack; rm bad/checkpoint; verify bad", "there is no checkpoint in \"bad\""},
    {"a tile that is a pipe", "attack; rm bad/tile/0/000; mkfifo bad/tile/0/000; verify bad",
     "tile/0/000 is not a regular file"},
    {"a checkpoint that is a device", "attack; ln -sf /dev/zero bad/checkpoint; verify bad",
     "checkpoint is not a regular file"},
    {"a link to itself", "attack; rm bad/tile/0/000; ln -s 000 bad/tile/0/000; verify bad",
     "tile/0/000 is not a regular file"},
    {"a folder in the place of a policy's text",
     "attack; for f in bad/policies/*; do rm $f; mkdir $f; done; verify bad",
     " is not a regular file"},
    {"a file without end", "attack; rm bad/tile/0/000; truncate -s 100G bad/tile/0/000; verify bad",
     "tile/0/000 is longer than it can be"},
    {"digests without end", "attack; truncate -s 100G $(ls bad/records/* | head -n 1); verify bad",
     " bytes long; entry "},
    {"a proof under a checkpoint of an unknown key",
     "{ sed '/^$/q' entry.proof; cat unknown; } >p; verify p",
     "note is not signed by any key that is trusted"},
    {"a proof of another entry", "sed 's/^index 3$/index 2/' entry.proof >p; verify p",
     "entry is not entry 2 of the log"},
    {"a proof with a leading zero", "sed 's/^index 3$/index 03/' entry.proof >p; verify p",
     "proof of the entry is not well formed"},
    {"a proof with a hash too many", "sed '4{p;}' entry.proof >p; verify p",
     "entry is not entry 3 of the log"},
    {"a proof with a hash too few", "sed 4d entry.proof >p; verify p",
     "entry is not entry 3 of the log"},
    {"a proof that extends another log",
     "sed -e '2{s/^A/B/' -e t -e 's/^./A/' -e '}' extends.proof >p; verify p --against kept",
     " does not extend the log of "},
    {"a proof from another size",
     "sed 's/^old .*/old 3/' extends.proof >p; verify p --against kept",
     "proof is from size 3, the old checkpoint of size "},
};

/* On one log, one after the other. */
START_TEST(every_attack_is_found)
{
    says(0, "", "cp log/checkpoint kept");
    grow();
    char *size _cleanup_free_ = NULL, *zeros _cleanup_free_ = NULL;
    ck_assert_int_gt(asprintf(&size, "\n%lld\n", (long long)log_site_size(&site)), 0);
    ck_assert_int_gt(asprintf(&zeros, "\n0%s", size + 1), 0);
    resign("larger", 0, size, "\n4711\n");
    resign("largest", 0, size, "\n18446744073709551615\n");
    resign("zeros", 0, size, zeros);
    resign("blank", 0, size, "\n\n4711\n");
    resign("name", 0, "log.example/t", "log.example/x");
    resign("unknown", 9, NULL, "");
    char *root = file_read(path_of("log/checkpoint")), *line = strstr(root, size) + strlen(size);
    char from[2] = {*line, 0}, *in = NULL;
    ck_assert_int_gt(asprintf(&in, "%s%s", size, from), 0);
    char *to _cleanup_free_ = NULL;
    ck_assert_int_gt(asprintf(&to, "%s%c", size, *line == 'A' ? 'B' : 'A'), 0);
    resign("root", 0, in, to);
    free(in);
    free(root);
    uint8_t seed[NOTE_KEY_SIZE] = {9};
    struct note_signer *signer = note_signer_new("log.example/t", seed, NULL);
    struct text vkey _cleanup_text_ = {0};
    note_verifier_format(&vkey, note_signer_verifier(signer));
    note_signer_free(signer);
    free(file_write(site.site.directory, "other.vkey", vkey.data));
    says(0, "",
         "$ctl -c /nonexistent log prove --entry 3 --log log >entry.proof && "
         "$ctl -c /nonexistent log prove --since kept --log log >extends.proof && "
         "verify entry.proof && verify extends.proof --against kept");
    says(0, "verifies", "attack; verify bad --against kept");
    for (size_t i = 0; i < ARRAY_LENGTH(attacks); i++)
        says(6, attacks[i].said, attacks[i].attack);
    says(0, "verifies", "attack; verify bad --against kept");
}
END_TEST

/* A database and a log directory put back together to how they were: the worker cannot tell, goes
 * on, and signs another history with the same key. Only who kept a checkpoint sees it. */
START_TEST(a_fork_by_the_worker_itself_is_found)
{
    char *copy = db_new(cluster_shared(), NULL);
    PGconn *conn = db_connect(cluster_shared(), "postgres", NULL);
    PQfinish(site.site.admin);
    PQfinish(site.site.approver);
    db_exec(conn, "DROP DATABASE %s", copy);
    db_exec(conn, "CREATE DATABASE %s TEMPLATE %s", copy, site.site.database);
    says(0, "", "cp -a log before");
    site.site.admin = db_connect(cluster_shared(), site.site.database, NULL);
    log_site_rows(&site, 101, 110);
    free(log_site_once(&site, NULL, 0));
    says(0, "verifies", "cp log/checkpoint kept; verify log");
    PQfinish(site.site.admin);
    site.site.admin = site.site.approver = NULL;
    db_exec(conn, "DROP DATABASE %s WITH (FORCE)", site.site.database);
    db_exec(conn, "CREATE DATABASE %s TEMPLATE %s", site.site.database, copy);
    says(0, "", "rm -rf log && mv before log");
    log_site_reconnect(&site, cluster_shared());
    db_exec(site.site.admin, "UPDATE retention.install SET database_oid = (SELECT oid FROM "
                             "pg_database WHERE datname = current_database())");
    says(6, "log has shrunk: the checkpoint kept earlier is of ", "verify log --against kept");
    for (int i = 0; i < 3; i++) {
        log_site_rows(&site, 201 + 10 * i, 210 + 10 * i);
        free(log_site_once(&site, NULL, 0));
    }
    says(0, "verifies", "verify log");
    says(6, "log was forked: its first ", "verify log --against kept");
    says(6, "THE LOG DOES NOT VERIFY.", "verify log --against kept");
    says(6, "One key has signed two histories; the two checkpoints prove it",
         "verify log --against kept");
    db_drop(cluster_shared(), copy);
    free(copy);
    PQfinish(conn);
}
END_TEST

static void database_says(const char *part)
{
    char *said _cleanup_free_ =
        log_site_ctl(&site, 6, WORDS("log", "verify", site.log, "--vkey", site.vkey, "--database"));
    ck_assert_msg(strstr(said, part), "%s", said);
}

/* An entry whose row of the outbox goes before it got its place: found in the database at once, and
 * in the log when the next of its kind is there. So is one that goes itself; the last of its kind,
 * by the count that is kept beside. */
START_TEST(an_outbox_row_that_goes_is_found)
{
    PGconn *operator= db_connect(cluster_shared(), site.site.database, "t_operator");
    db_exec(operator, "SELECT retention.pause('category:t', 'x', NULL)");
    db_exec(site.site.admin, "DELETE FROM retention.log_pending");
    database_says("has no place in the tree, and waits for none");
    db_script(site.site.admin,
              "ALTER TABLE retention.log_entry DISABLE TRIGGER insert_only; DELETE FROM "
              "retention.log_entry WHERE type = 'pause'");
    database_says("database: the last entry of type \"pause\" is gone");
    db_exec(operator, "SELECT retention.resume('category:t', 'x')");
    free(log_site_once(&site, NULL, 0));
    says(6, "tells that one of type \"pause\" was lost before it got its place in the log",
         "verify log");
    PQfinish(operator);
}
END_TEST

/* --- each byte --- */

enum { FILES = 512 };

struct file {
    char *name;
    char *bytes;
    size_t length;
};

static struct file files[FILES];
static size_t file_count;

static void read_into(struct file *file)
{
    struct stat status;
    FILE *f = fopen(path_of(file->name), "rb");
    ck_assert_ptr_nonnull(f);
    ck_assert_int_eq(fstat(fileno(f), &status), 0);
    file->length = (size_t)status.st_size;
    file->bytes = malloc(file->length + 1);
    ck_assert_uint_eq(fread(file->bytes, 1, file->length, f), file->length);
    fclose(f);
}

static void write_back(const struct file *file, size_t length)
{
    FILE *f = fopen(path_of(file->name), "wb");
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(file->bytes, 1, length, f), length);
    fclose(f);
}

static void list(const char *below)
{
    DIR *dir = opendir(path_of(below));
    ck_assert_ptr_nonnull(dir);
    for (struct dirent *item; (item = readdir(dir));) {
        struct stat status;
        char *name = NULL;
        if (strcmp(item->d_name, ".") == 0 || strcmp(item->d_name, "..") == 0)
            continue;
        ck_assert_int_gt(asprintf(&name, "%s/%s", below, item->d_name), 0);
        ck_assert_int_eq(lstat(path_of(name), &status), 0);
        if (S_ISDIR(status.st_mode)) {
            list(name);
            free(name);
            continue;
        }
        ck_assert_uint_lt(file_count, FILES);
        files[file_count].name = name;
        read_into(&files[file_count++]);
    }
    closedir(dir);
}

static bool verifies(void)
{
    static struct verify_result result;
    struct error error _cleanup_error_ = {0};
    struct note_verifier key;
    char *vkey _cleanup_free_ = file_read(site.vkey);
    ck_assert(note_verifier_parse(&key, vkey, NULL));
    struct verify_options options = {.directory = site.log, .keys = &key, .key_count = 1};
    bool right = verify_directory(&result, &options, &error);
    ck_assert_msg(right || error.code == ERROR_LOG, "%s", error.primary);
    return right;
}

/* Flips a bit of each byte of every file below a folder of the log, cuts off the last byte, adds
 * one, takes the file away: nothing of it goes unnoticed. Returns how many bytes there were. */
static size_t flip_all(const char *below)
{
    size_t flipped = 0;
    file_count = 0;
    list(below);
    ck_assert(verifies());
    for (size_t i = 0; i < file_count; i++) {
        struct file *file = &files[i];
        for (size_t at = 0; at < file->length; at++) {
            char was = file->bytes[at];
            file->bytes[at] = (char)(was ^ 1 << (at % 8));
            write_back(file, file->length);
            ck_assert_msg(!verifies(), "byte %zu of %s", at, file->name);
            file->bytes[at] = was;
            flipped++;
        }
        bool is_vkey = strcmp(file->name, "log/vkey") == 0; /* its newline is not needed */
        if (file->length > 0 && !is_vkey) {
            write_back(file, file->length - 1);
            ck_assert_msg(!verifies(), "%s is short", file->name);
            write_back(file, 0);
            ck_assert_msg(!verifies(), "%s is empty", file->name);
        }
        if (file->length > 0) {
            file->bytes[file->length] = 'x';
            write_back(file, file->length + 1);
            ck_assert_msg(!verifies(), "%s is long", file->name);
        }
        write_back(file, file->length);
        free(file->bytes);
        free(file->name);
    }
    ck_assert(verifies());
    return flipped;
}

START_TEST(no_flipped_byte_of_a_small_log_goes_unnoticed)
{
    log_site_rows(&site, 101, 110);
    free(log_site_once(&site, NULL, 0));
    ck_assert_uint_gt(flip_all("log"), 5000);
}
END_TEST

Suite *suite_log_attacks(void)
{
    Suite *suite = suite_create("log_attacks");
    TCase *tc = tcase_create("attacks");
    tcase_set_timeout(tc, 600);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, every_attack_is_found);
    tcase_add_test(tc, a_fork_by_the_worker_itself_is_found);
    tcase_add_test(tc, an_outbox_row_that_goes_is_found);
    tcase_add_test(tc, no_flipped_byte_of_a_small_log_goes_unnoticed);
    suite_add_tcase(suite, tc);
    return suite;
}
