/* What lies in a log directory beside what the replay reads: each file that is a part of the log is
 * compared with the tree that was replayed, each that is not is counted. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/encode.h"
#include "base/error.h"
#include "base/text.h"
#include "ledger/lines.h"
#include "ledger/proof.h"
#include "ledger/verify_internal.h"

enum { DEEPEST = 12 };

typedef bool visit_fn(struct verify *v, const char *path, const char *name);

static bool could_not_read(struct verify *v, const char *path)
{
    return error_set(v->error, ERROR_FAILED, "could not read \"%s\": %s", path, strerror(errno));
}

/* One of a log's folders or something in it; unlike lost+found. */
static bool is_of_log(const char *path)
{
    static const char *const folders[] = {"checkpoints", "holds",   "policies",
                                          "proofs",      "records", "tile"};
    size_t n = strcspn(path, "/");
    for (size_t i = 0; i < ARRAY_LENGTH(folders); i++)
        if (strlen(folders[i]) == n && memcmp(path, folders[i], n) == 0)
            return true;
    return false;
}

/* Visits the files of a directory and below it, by their paths. A directory that is not there has
 * none. */
static bool walk(struct verify *v, const char *path, int depth, visit_fn *visit)
{
    int fd = openat(v->directory, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT || could_not_read(v, path);
    DIR *dir = fdopendir(fd);
    bool right = dir != NULL;
    if (!right)
        close(fd);
    while (right) {
        struct text below _cleanup_text_ = {0};
        struct dirent *item = (errno = 0, readdir(dir));
        if (!item && errno)
            right = could_not_read(v, path);
        if (!item)
            break;
        if (strcmp(item->d_name, ".") == 0 || strcmp(item->d_name, "..") == 0)
            continue;
        if (strcmp(path, ".") != 0)
            text_printf(&below, "%s/", path);
        text_add(&below, item->d_name);
        int inner = depth < DEEPEST ? openat(v->directory, below.data,
                                             O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
                                    : -1;
        if (inner >= 0) {
            close(inner);
            right = walk(v, below.data, depth + 1, visit);
        } else if (depth < DEEPEST && errno != ENOTDIR && errno != ELOOP && errno != ENOENT &&
                   is_of_log(below.data)) {
            right = could_not_read(v, below.data); /* what is in the folder is not known */
        } else {
            right = visit(v, below.data, item->d_name);
        }
    }
    if (dir)
        closedir(dir);
    return right;
}

/* Whoever names a file may use any bytes: told of it are those that begin no line of their own. */
static bool stray(struct verify *v, const char *path)
{
    char *name = v->result->stray;
    if (v->result->strays++ > 0)
        return true;
    snprintf(name, sizeof(v->result->stray), "%s", path);
    for (; *name; name++)
        if (*name < 0x20 || *name > 0x7e || *name == '"')
            *name = '?';
    return true;
}

/* Reads a file that was seen in its directory. Where it is gone meanwhile (a worker signs, or
 * prunes, while this reads), there is nothing to compare. False where the error is set. */
static bool read_visited(struct verify *v, const char *path, void *ret_bytes, size_t most,
                         size_t *ret_length, bool *ret_gone)
{
    enum verify_read read = verify_read_file(v, path, ret_bytes, most, ret_length);
    *ret_gone = read == READ_ABSENT;
    if (*ret_gone && fstatat(v->directory, path, &(struct stat){0}, AT_SYMLINK_NOFOLLOW) == 0)
        stray(v, path); /* a link to nothing */
    return read != READ_FAILED;
}

/* --- checkpoints kept --- */

/* Opens checkpoints/<size>, where it is a checkpoint of that size by a key that is trusted. What is
 * wrong with another one is told by visit_checkpoint. */
static bool open_kept(struct verify *v, const char *path, const char *name,
                      struct checkpoint *ret_kept)
{
    char note[sizeof(v->result->note)];
    size_t length, key;
    uint64_t size;
    bool gone;
    struct error ignored _cleanup_error_ = {0};
    return lines_read_number(name, strlen(name), &size) &&
           read_visited(v, path, note, VERIFY_NOTE_MOST, &length, &gone) && !gone &&
           verify_open(v, note, length, ret_kept, &key, &ignored) && ret_kept->size == size;
}

/* The tiles are read again for it, and may be others by now: so what they say is no more than a
 * proof, held against the root that the replay came to. */
bool verify_extends(struct verify *v, const struct checkpoint *old, bool *ret_read)
{
    struct merkle_proof proof;
    uint8_t root[MERKLE_HASH_SIZE];
    merkle_tree_root(old->size > 0 ? &v->tree : &(struct merkle_tree){0}, root);
    *ret_read = old->size == 0 || merkle_prove_consistency(tile_source_read, &v->source, old->size,
                                                           v->tree.size, &proof);
    if (old->size == 0)
        return memcmp(old->root, root, sizeof(root)) == 0;
    return *ret_read &&
           merkle_verify_consistency(old->size, v->tree.size, old->root, root,
                                     (const uint8_t(*)[MERKLE_HASH_SIZE])proof.hashes, proof.count);
}

static bool kept_root(struct verify *v, const char *path, const struct checkpoint *kept)
{
    bool read;
    if (verify_extends(v, kept, &read))
        return true;
    if (!read)
        return verify_fail(v, path, UINT64_MAX, "%s: the root at its size cannot be computed",
                           path);
    verify_fail(v, path, UINT64_MAX,
                "%s is of another history: the root over the first %" PRIu64
                " entries of this log is not the one that was signed then",
                path, kept->size);
    error_hint(v->error, "One key has signed two histories.");
    return false;
}

/* What is in the file was signed over more entries than the log is verified by: signed while the
 * verification ran, or taken away from the log? */
static bool has_grown_to(struct verify *v, const char *path, uint64_t size)
{
    char now[sizeof(v->result->note)];
    size_t length, key;
    struct checkpoint head;
    struct error why _cleanup_error_ = {0};
    if (verify_read_file(v, "checkpoint", now, VERIFY_NOTE_MOST, &length) == READ_DONE &&
        verify_open(v, now, length, &head, &key, &why) && head.size >= size)
        return true;
    verify_fail(v, path, v->result->checkpoint.size,
                "log was cut short: %s was signed, and the log has %" PRIu64 " entries", path,
                v->result->checkpoint.size);
    error_hint(v->error, "Or the worker stopped just before it published that checkpoint: "
                         "start it and verify again.");
    return false;
}

static bool visit_checkpoint(struct verify *v, const char *path, const char *name)
{
    char note[sizeof(v->result->note)];
    size_t length, key;
    uint64_t size;
    bool gone;
    struct checkpoint kept;
    struct error why _cleanup_error_ = {0};
    if (!lines_read_number(name, strlen(name), &size))
        return stray(v, path);
    if (!read_visited(v, path, note, VERIFY_NOTE_MOST, &length, &gone) || gone)
        return gone;
    if (!verify_open(v, note, length, &kept, &key, &why))
        return verify_fail(v, path, UINT64_MAX, "%s: %s", path, why.primary);
    if (kept.size != size)
        return verify_fail(v, path, UINT64_MAX, "%s is a checkpoint of %" PRIu64 " entries", path,
                           kept.size);
    if (size > v->result->checkpoint.size)
        return has_grown_to(v, path, size);
    if (!kept_root(v, path, &kept) || !verify_key_order(v, path, key))
        return false;
    v->result->checkpoints++;
    return true;
}

static bool visit_for_newer(struct verify *v, const char *path, const char *name)
{
    struct checkpoint kept;
    if (open_kept(v, path, name, &kept) && kept.size > v->newer)
        v->newer = kept.size;
    return true;
}

uint64_t verify_newer_checkpoint(struct verify *v)
{
    struct error ignored _cleanup_error_ = {0}, *error = v->error;
    v->newer = v->result->checkpoint.size;
    v->error = &ignored;
    walk(v, "checkpoints", 0, visit_for_newer);
    v->error = error;
    v->result->where[0] = '\0';
    return v->newer > v->result->checkpoint.size ? v->newer : 0;
}

/* --- keys that the log names --- */

static bool visit_for_trust(struct verify *v, const char *path, const char *name)
{
    struct checkpoint kept;
    if (!open_kept(v, path, name, &kept) || kept.size > v->result->checkpoint.size ||
        !kept_root(v, path, &kept))
        return true; /* what is wrong with it is told later */
    for (size_t i = 0; i < v->key_count; i++)
        v->keys[i].trusted |= v->keys[i].from < kept.size;
    return true;
}

/* No key that was given signed the checkpoint, nor one that the log names under their signature. */
static bool fail_untrusted(struct verify *v, const struct error *why)
{
    uint64_t at = 0;
    for (size_t i = 0; i < v->key_count; i++)
        if (v->keys[i].from > at)
            at = v->keys[i].from;
    verify_fail(v, "checkpoint", UINT64_MAX, "checkpoint: %s", why->primary);
    if (at > 0)
        error_hint(v->error,
                   "Entry %" PRIu64 " of the log announces a new key (rotate), but no checkpoint "
                   "there that a key given here signed covers it. Get the log's keys over another "
                   "way than the log, one a line in the file of --vkey.",
                   at);
    return false;
}

bool verify_trust(struct verify *v, bool is_signed)
{
    struct verify_result *result = v->result;
    struct error why _cleanup_error_ = {0};
    size_t key;
    for (size_t before = 0, now = 1; !is_signed && before != now;) {
        before = now;
        if (!walk(v, "checkpoints", 0, visit_for_trust))
            return false;
        error_clear(v->error);
        now = 1;
        for (size_t i = 0; i < v->key_count; i++)
            now += v->keys[i].trusted;
    }
    if (!is_signed) {
        if (!verify_open(v, result->note, strlen(result->note), &result->checkpoint, &key, &why))
            return fail_untrusted(v, &why);
        result->signer = v->keys[key].verifier;
    }
    for (size_t i = 0; i < v->key_count; i++)
        v->keys[i].trusted = true;
    /* Again, now that it is known which keys were retired, and when. */
    return verify_open(v, result->note, strlen(result->note), &result->checkpoint, &key, &why) ||
           verify_fail(v, "checkpoint", UINT64_MAX, "checkpoint: %s", why.primary);
}

bool verify_key_order(struct verify *v, const char *what, size_t key)
{
    const struct verify_key *kept = &v->keys[key];
    for (size_t i = 0; i < v->key_count; i++)
        if (v->keys[i].from < kept->from &&
            memcmp(&v->keys[i].verifier, &v->result->signer, sizeof(v->result->signer)) == 0) {
            verify_fail(v, "checkpoint", UINT64_MAX,
                        "checkpoint: signed by a key that was replaced by the one of entry %" PRIu64
                        ", which had signed %s before",
                        kept->from, what);
            error_hint(v->error, "Whoever has the old key made this log longer.");
            return false;
        }
    return true;
}

static bool visit_vkey(struct verify *v, const char *path)
{
    char text[16384];
    size_t length;
    struct note_verifier verifier;
    struct error why _cleanup_error_ = {0};
    bool gone;
    if (!read_visited(v, path, text, sizeof(text) - 1, &length, &gone) || gone)
        return gone;
    text[length] = '\0';
    if (strlen(text) != length || length == 0)
        return verify_fail(v, path, UINT64_MAX, "%s: not a verifier key", path);
    char *save = NULL;
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        bool known = false;
        if (!note_verifier_parse(&verifier, line, &why))
            return verify_fail(v, path, UINT64_MAX, "%s: %s", path, why.primary);
        for (size_t i = 0; i < v->key_count; i++)
            known |= memcmp(&v->keys[i].verifier, &verifier, sizeof(verifier)) == 0;
        if (!known)
            return verify_fail(v, path, UINT64_MAX,
                               "%s is neither the key given nor one that the log names", path);
    }
    return true;
}

/* --- tiles left over --- */

static bool visit_tile(struct verify *v, const char *path)
{
    struct tile tile;
    uint64_t size = v->result->checkpoint.size;
    uint8_t file[TILE_BYTES], right[TILE_BYTES];
    size_t length, at = 0, n;
    const uint8_t *entry;
    bool gone;
    if (!tile_path_parse(&tile, path))
        return stray(v, path);
    struct tile whole = {tile.level, tile.index, tile_width(tile.level, tile.index, size)};
    if (tile.width == whole.width)
        return true; /* the replay has read it */
    if (tile.width > whole.width) {
        v->result->ahead++;
        return true;
    }
    v->result->partial_tiles++;
    whole.level = tile.level == TILE_ENTRIES ? 0 : tile.level;
    if (tile.level != TILE_ENTRIES
            ? !read_visited(v, path, file, sizeof(file), &length, &gone)
            : !read_visited(v, path, v->bundle, VERIFY_BUNDLE_MOST, &length, &gone))
        return false;
    if (gone)
        return true;
    enum verify_read read = verify_read_tile(v, &whole, right);
    if (read != READ_DONE) {
        if (read == READ_ABSENT)
            verify_fail(v, path, UINT64_MAX, "%s: the tile that it begins is missing", path);
        return false;
    }
    if (tile.level != TILE_ENTRIES) {
        return (length == tile.width * (size_t)MERKLE_HASH_SIZE &&
                memcmp(file, right, length) == 0) ||
               verify_fail(v, path, UINT64_MAX,
                           "%s was altered: it is not the beginning of its tile", path);
    }
    for (unsigned i = 0; i < tile.width; i++) {
        uint8_t leaf[MERKLE_HASH_SIZE];
        uint64_t index = tile.index * TILE_WIDTH + i;
        if (!bundle_next(v->bundle, length, &at, &entry, &n))
            return verify_fail(v, path, index, "%s ends before entry %" PRIu64, path, index);
        merkle_leaf(entry, n, leaf);
        if (memcmp(leaf, right + i * MERKLE_HASH_SIZE, sizeof(leaf)) != 0)
            return verify_fail(v, path, index,
                               "%s was altered: entry %" PRIu64 " in it is not the one in the tree",
                               path, index);
    }
    return at == length ||
           verify_fail(v, path, UINT64_MAX, "%s holds more than %u entries", path, tile.width);
}

/* --- proofs saved by a prune --- */

static bool visit_proof(struct verify *v, const char *path, const char *name)
{
    struct proof_result *proof = xcalloc(1, sizeof(*proof));
    struct error why _cleanup_error_ = {0};
    uint64_t index;
    size_t length;
    bool gone;
    if (!lines_read_number(name, strlen(name), &index)) {
        free(proof);
        return stray(v, path);
    }
    if (!read_visited(v, path, v->bundle, VERIFY_BUNDLE_MOST, &length, &gone) || gone) {
        free(proof);
        return gone;
    }
    struct note_verifier trusted[VERIFY_MOST_KEYS];
    size_t count = verify_trusted(v, trusted, (size_t[VERIFY_MOST_KEYS]){0});
    bool right = proof_entry_verify(proof, (const char *)v->bundle, length, trusted, count, &why);
    if (!right)
        verify_fail(v, path, index, "%s: %s", path, why.primary);
    else if (proof->index != index)
        right =
            verify_fail(v, path, index, "%s is the proof of entry %" PRIu64, path, proof->index);
    else if (proof->checkpoint.size > v->result->checkpoint.size)
        right = has_grown_to(v, path, proof->checkpoint.size);
    else
        v->result->proofs += right = kept_root(v, path, &proof->checkpoint);
    free(proof);
    return right;
}

/* --- policies --- */

static bool visit_policy(struct verify *v, const char *path, const char *name)
{
    uint8_t hash[MERKLE_HASH_SIZE], named[MERKLE_HASH_SIZE];
    size_t length;
    bool gone;
    if (!hex_decode(named, sizeof(named), name, strlen(name)) || !verify_story_names_text(v, named))
        return stray(v, path);
    if (!read_visited(v, path, v->bundle, VERIFY_BUNDLE_MOST, &length, &gone) || gone)
        return gone;
    merkle_sha256(v->bundle, length, hash);
    if (memcmp(hash, named, sizeof(hash)) != 0)
        return verify_fail(v, path, UINT64_MAX, "%s was altered: its SHA-256 is not its name",
                           path);
    v->result->policies++;
    return true;
}

/* --- all of it --- */

static bool is_empty(const struct verify *v, const char *path)
{
    struct stat status;
    return fstatat(v->directory, path, &status, AT_SYMLINK_NOFOLLOW) == 0 && status.st_size == 0;
}

/* The lock, as the worker that has it leaves it: nothing, or three numbers (directory_claim). */
static bool visit_lock(struct verify *v, const char *path)
{
    char who[256];
    size_t length;
    bool gone;
    if (is_empty(v, path))
        return true;
    if (!read_visited(v, path, who, sizeof(who) - 1, &length, &gone) || gone)
        return gone;
    who[length] = '\0';
    const char *second = strchr(who, ' '), *third = second ? strchr(second + 1, ' ') : NULL;
    return (third && !strchr(third + 1, ' ') && strspn(who, "0123456789. ") == length) ||
           stray(v, path);
}

static bool visit(struct verify *v, const char *path, const char *name)
{
    if (strcmp(path, "checkpoint") == 0)
        return true;
    if (strcmp(path, "lock") == 0)
        return visit_lock(v, path);
    if (strcmp(path, "vkey") == 0)
        return visit_vkey(v, path);
    if (text_starts_with(path, "checkpoints/"))
        return visit_checkpoint(v, path, name);
    if (text_starts_with(path, "tile/"))
        return visit_tile(v, path);
    if (text_starts_with(path, "policies/"))
        return visit_policy(v, path, name);
    if (text_starts_with(path, "proofs/"))
        return visit_proof(v, path, name);
    if (text_starts_with(path, "holds/")) {
        v->result->holds++;
        return true;
    }
    if (text_starts_with(path, "records/")) {
        v->record_files_there++;
        return true;
    }
    if (text_starts_with(path, ".new.") && path[strspn(path, ".new0123456789")] == '\0')
        return true; /* being written */
    return stray(v, path);
}

bool verify_rest(struct verify *v)
{
    struct verify_result *result = v->result;
    if (!walk(v, ".", 0, visit))
        return false;
    /* Sets of digests that no entry there tells of: left over by a prune, or by a worker that was
     * stopped before it signed. */
    result->records_extra = v->record_files_there > result->record_files
                                ? v->record_files_there - result->record_files
                                : 0;
    return true;
}
