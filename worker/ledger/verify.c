/* Replaying a log directory.
 *
 * One pass over the bundles. The entries' hashes are compared with the tile of level 0; the hash
 * over a full tile with its place in the tile above, and so on up, so that no more than one tile of
 * each level is in memory; the tree that grows from them is compared with the checkpoint. Then what
 * lies beside (verify_files.c) is compared with what was replayed, read again where it is needed.
 *
 * Two things that do not fit each other do not say which of them is wrong. The signed root does:
 * what leads to it together with the tiles above is as it was signed. */
#include "ledger/verify.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "ledger/verify_internal.h"

enum { TRIES = 4 }; /* at a log that grows */

bool verify_fail(struct verify *v, const char *where, uint64_t entry, const char *format, ...)
{
    struct text text _cleanup_text_ = {0};
    va_list args;
    va_start(args, format);
    text_vprintf(&text, format, args);
    va_end(args);
    snprintf(v->result->where, sizeof(v->result->where), "%s", where);
    v->result->where_entry = entry;
    return error_set(v->error, ERROR_LOG, "%s", text_string(&text));
}

void verify_miss(struct verify *v, const char *where, uint64_t index)
{
    if (v->missing_count == VERIFY_MISSING_MOST) {
        v->last_missing = index;
        return;
    }
    struct verify_missing *missing = &v->missing[v->missing_count++];
    missing->index = index;
    snprintf(missing->where, sizeof(missing->where), "%s", where);
}

/* --- the checkpoint --- */

size_t verify_trusted(const struct verify *v, struct note_verifier *ret_verifiers,
                      size_t *ret_places)
{
    size_t count = 0;
    for (size_t i = 0; i < v->key_count; i++)
        if (v->keys[i].trusted) {
            ret_verifiers[count] = v->keys[i].verifier;
            ret_places[count++] = i;
        }
    return count;
}

bool verify_open(struct verify *v, const char *note, size_t length,
                 struct checkpoint *ret_checkpoint, size_t *ret_key, struct error *error)
{
    struct note_verifier trusted[VERIFY_MOST_KEYS];
    size_t places[VERIFY_MOST_KEYS], count = verify_trusted(v, trusted, places), by;
    if (!checkpoint_open_by(ret_checkpoint, note, length, trusted, count, &by, error))
        return false;
    const struct verify_key *key = &v->keys[places[by]];
    *ret_key = places[by];
    if (key->from > 0 && ret_checkpoint->size <= key->from)
        return error_set(error, ERROR_LOG,
                         "signed by a key that only entry %" PRIu64 " of the log names", key->from);
    return ret_checkpoint->size <= key->until ||
           error_set(error, ERROR_LOG, "signed by a key that entry %" PRIu64 " of the log retires",
                     key->until);
}

/* What a note says, whoever signed it. */
static bool read_unsigned(const char *note, size_t length, struct checkpoint *ret_checkpoint)
{
    size_t end = 0;
    for (size_t i = 1; i < length; i++)
        if (note[i - 1] == '\n' && note[i] == '\n')
            end = i;
    return end > 0 && checkpoint_parse(ret_checkpoint, note, end, NULL);
}

/* Reads the checkpoint that everything is compared with. *ret_signed: a key given by the auditor
 * signed it; else whether it is trusted is decided by the keys that the log names. */
static bool open_head(struct verify *v, bool *ret_signed)
{
    struct verify_result *result = v->result;
    size_t length, key;
    struct error why _cleanup_error_ = {0};
    switch (verify_read_file(v, "checkpoint", result->note, VERIFY_NOTE_MOST, &length)) {
    case READ_FAILED:
        return false;
    case READ_ABSENT:
        return verify_fail(v, "checkpoint", UINT64_MAX, "there is no checkpoint in \"%s\"",
                           v->options->directory);
    case READ_DONE:
        break;
    }
    result->note[length] = '\0';
    *ret_signed = verify_open(v, result->note, length, &result->checkpoint, &key, &why);
    if (*ret_signed) {
        result->signer = v->keys[key].verifier;
        return true;
    }
    if (strstr(why.primary, "trusted") &&
        read_unsigned(result->note, length, &result->checkpoint) &&
        strcmp(result->checkpoint.origin, v->keys[0].verifier.name) == 0 &&
        result->checkpoint.size > 0)
        return true; /* perhaps by a key that the log announces */
    return verify_fail(v, "checkpoint", UINT64_MAX, "checkpoint: %s", why.primary);
}

/* --- which of two things that do not fit is as it was signed --- */

struct substitute {
    struct verify *v;
    const struct tile *tile;
    const uint8_t *bytes;
};

static bool fetch_substituted(void *arg, const struct tile *tile, uint8_t *ret_bytes)
{
    const struct substitute *s = arg;
    if (s->tile && tile->level == s->tile->level && tile->index == s->tile->index) {
        memcpy(ret_bytes, s->bytes, tile->width * MERKLE_HASH_SIZE);
        return true;
    }
    return verify_read_tile(s->v, tile, ret_bytes) == READ_DONE;
}

/* The tiles lead to the signed root, one of them with these hashes (NULL: all as they are). */
static bool root_is_signed(struct verify *v, const struct tile *tile, const uint8_t *bytes)
{
    struct substitute substitute = {v, tile, bytes};
    struct tile_source *source = xcalloc(1, sizeof(*source));
    uint8_t hash[MERKLE_HASH_SIZE];
    uint64_t size = v->result->checkpoint.size;
    *source = (struct tile_source){.size = size, .fetch = fetch_substituted, .arg = &substitute};
    bool is = merkle_root(tile_source_read, source, size, hash) &&
              memcmp(hash, v->result->checkpoint.root, sizeof(hash)) == 0;
    free(source);
    return is;
}

/* The tile, with these hashes, leads to the signed root together with the tiles above it. */
static bool tile_is_signed(struct verify *v, const struct tile *tile, const uint8_t *bytes)
{
    uint64_t size = v->result->checkpoint.size;
    uint8_t hash[MERKLE_HASH_SIZE];
    if (tile->width == TILE_WIDTH) {
        struct tile above = {tile->level + 1, tile->index / TILE_WIDTH, 0};
        uint8_t up[TILE_BYTES];
        above.width = tile_width(above.level, above.index, size);
        tile_fold((const uint8_t(*)[MERKLE_HASH_SIZE])bytes, TILE_WIDTH, hash);
        return verify_read_tile(v, &above, up) == READ_DONE &&
               memcmp(up + tile->index % TILE_WIDTH * MERKLE_HASH_SIZE, hash, sizeof(hash)) == 0 &&
               tile_is_signed(v, &above, up);
    }
    return root_is_signed(v, tile, bytes);
}

/* Hash `at` of the tile in the file is not what it should be after what is below it (its name, and
 * the file it is in): says which of the two was altered. `right` holds the tile as what is below
 * has it. */
static bool fail_at_tile(struct verify *v, const struct tile *tile, const uint8_t *file,
                         const uint8_t *right, unsigned at, const char *below,
                         const char *below_path, uint64_t entry)
{
    struct text path _cleanup_text_ = {0};
    tile_path(&path, tile);
    /* Ends with the error of a file that cannot be read, if there is one: it is replaced here. */
    bool file_is = tile_is_signed(v, tile, file), right_is = tile_is_signed(v, tile, right);
    if (right_is && !file_is)
        return verify_fail(v, path.data, entry,
                           "%s was altered: hash %u in it is not that of %s, which leads to the "
                           "signed root",
                           path.data, at, below);
    if (file_is)
        return verify_fail(v, below_path, entry,
                           "%s was altered: its hash is not the one that was signed (hash %u of "
                           "%s)",
                           below, at, path.data);
    return verify_fail(v, path.data, entry,
                       "%s does not have the hash that stands for it in %s (hash %u)", below,
                       path.data, at);
}

/* --- the replay --- */

/* The hashes of a tile's worth of entries, and the path up that they complete. */
struct level {
    struct tile tile;
    bool read;
    uint8_t hashes[TILE_WIDTH][MERKLE_HASH_SIZE]; /* as the file has them */
};

struct replay {
    struct level levels[TILE_LEVELS]; /* levels[0] is not used: its tile is in `tile` */
    uint8_t tile[TILE_WIDTH][MERKLE_HASH_SIZE];
    uint8_t leaves[TILE_WIDTH][MERKLE_HASH_SIZE];
};

static bool read_hash_tile(struct verify *v, const struct tile *tile, uint8_t *ret_bytes)
{
    struct text path _cleanup_text_ = {0};
    switch (verify_read_tile(v, tile, ret_bytes)) {
    case READ_DONE:
        v->result->tiles++;
        return true;
    case READ_FAILED:
        return false;
    case READ_ABSENT:
        break;
    }
    tile_path(&path, tile);
    /* What only a smaller tree needs is removed as the log grows. */
    uint64_t newer = verify_newer_checkpoint(v);
    if (newer == 0)
        return verify_fail(v, path.data, UINT64_MAX, "%s is missing", path.data);
    verify_fail(v, "checkpoint", UINT64_MAX,
                "log was cut short: its checkpoint is of %" PRIu64
                " entries, and checkpoints/%" PRIu64 ", of more, was signed",
                v->result->checkpoint.size, newer);
    error_hint(v->error,
               "An older checkpoint was put in the place of the last one. (%s, which a log of its "
               "size has, is not there any more.)",
               path.data);
    return false;
}

/* The hash over a full tile goes up: into the tile above, whose own hash goes up when it is full.
 */
static bool climb(struct verify *v, struct replay *replay, const struct tile *full,
                  const uint8_t (*hashes)[MERKLE_HASH_SIZE])
{
    struct tile below = *full;
    uint8_t hash[MERKLE_HASH_SIZE];
    tile_fold(hashes, TILE_WIDTH, hash);
    while (below.level + 1 < TILE_LEVELS) {
        struct level *level = &replay->levels[below.level + 1];
        struct tile tile = {below.level + 1, below.index / TILE_WIDTH, 0};
        unsigned at = (unsigned)(below.index % TILE_WIDTH);
        tile.width = tile_width(tile.level, tile.index, v->result->checkpoint.size);
        if (!level->read || level->tile.index != tile.index) {
            if (!read_hash_tile(v, &tile, level->hashes[0]))
                return false;
            level->tile = tile;
            level->read = true;
        }
        if (memcmp(level->hashes[at], hash, sizeof(hash)) != 0) {
            struct text name _cleanup_text_ = {0};
            uint8_t right[TILE_BYTES];
            memcpy(right, level->hashes, sizeof(right));
            memcpy(right + at * MERKLE_HASH_SIZE, hash, sizeof(hash));
            tile_path(&name, &below);
            char *below_path _cleanup_free_ = xstrdup(name.data);
            if (below.level == 0)
                text_printf(&name, " with its entries %" PRIu64 " to %" PRIu64,
                            below.index * TILE_WIDTH, below.index * TILE_WIDTH + TILE_WIDTH - 1);
            return fail_at_tile(v, &tile, level->hashes[0], right, at, name.data, below_path,
                                UINT64_MAX);
        }
        if (at + 1 < TILE_WIDTH)
            return true;
        tile_fold((const uint8_t(*)[MERKLE_HASH_SIZE])level->hashes, TILE_WIDTH, hash);
        below = tile;
    }
    return true;
}

/* Hashes the entries of the bundle in memory and compares them with the tile. */
static bool compare_bundle(struct verify *v, struct replay *replay, const struct tile *bundle,
                           size_t length)
{
    const struct tile tile = {0, bundle->index, bundle->width};
    struct text path _cleanup_text_ = {0};
    size_t at = 0, n;
    const uint8_t *entry;
    unsigned count = 0, wrong = TILE_WIDTH;
    for (; count < bundle->width && bundle_next(v->bundle, length, &at, &entry, &n); count++) {
        merkle_leaf(entry, n, replay->leaves[count]);
        if (wrong == TILE_WIDTH &&
            memcmp(replay->leaves[count], replay->tile[count], MERKLE_HASH_SIZE) != 0)
            wrong = count;
    }
    tile_path(&path, bundle);
    uint64_t index = bundle->index * TILE_WIDTH;
    if (wrong < TILE_WIDTH && count == bundle->width && at == length) {
        char name[64];
        snprintf(name, sizeof(name), "entry %" PRIu64, index + wrong);
        return fail_at_tile(v, &tile, replay->tile[0], replay->leaves[0], wrong, name, path.data,
                            index + wrong);
    }
    if (wrong < TILE_WIDTH)
        return verify_fail(v, path.data, index + wrong,
                           "entry %" PRIu64
                           " was altered: its hash is not the one in the tree, and "
                           "%s does not hold %u whole entries",
                           index + wrong, path.data, bundle->width);
    if (count < bundle->width)
        return verify_fail(v, path.data, index + count,
                           "%s ends before entry %" PRIu64 ", which should be in it", path.data,
                           index + count);
    if (at != length)
        return verify_fail(v, path.data, UINT64_MAX,
                           "%s holds more than the %u entries that should be in it", path.data,
                           bundle->width);
    return true;
}

static bool tell_entries(struct verify *v, const struct replay *replay, const struct tile *bundle,
                         size_t length)
{
    static struct entry entry;
    size_t at = 0, n;
    const uint8_t *bytes;
    for (unsigned i = 0; i < bundle->width && bundle_next(v->bundle, length, &at, &bytes, &n);
         i++) {
        uint64_t index = bundle->index * TILE_WIDTH + i;
        struct error why _cleanup_error_ = {0};
        if (!entry_read(&entry, (const char *)bytes, n, &why)) {
            struct text path _cleanup_text_ = {0};
            tile_path(&path, bundle);
            return verify_fail(v, path.data, index, "entry %" PRIu64 " is not well formed: %s",
                               index, why.primary);
        }
        struct verify_result *result = v->result;
        if (result->entries == 0 || entry.seconds < result->earliest_seconds)
            result->earliest_seconds = entry.seconds;
        if (result->entries++ == 0 || entry.seconds > result->latest_seconds)
            result->latest_seconds = entry.seconds;
        if (v->options->entry &&
            !v->options->entry(v->options->arg, index, replay->leaves[i], bytes, n, v->error)) {
            v->result->where_entry = index;
            return false;
        }
        if (!verify_story_entry(v, index, &entry))
            return false;
    }
    return true;
}

static bool tell_pruned(struct verify *v, const struct replay *replay, const struct tile *bundle)
{
    v->result->pruned += bundle->width;
    for (unsigned i = 0; v->options->entry && i < bundle->width; i++)
        if (!v->options->entry(v->options->arg, bundle->index * TILE_WIDTH + i, replay->tile[i],
                               NULL, 0, v->error)) {
            v->result->where_entry = bundle->index * TILE_WIDTH + i;
            return false;
        }
    return true;
}

static bool replay_bundle(struct verify *v, struct replay *replay, const struct tile *bundle)
{
    const struct tile tile = {0, bundle->index, bundle->width};
    size_t length = 0;
    if (!read_hash_tile(v, &tile, replay->tile[0]))
        return false;
    enum verify_read read = verify_read_bundle(v, bundle, &length);
    if (read == READ_FAILED)
        return false;
    if (read == READ_ABSENT) {
        struct text path _cleanup_text_ = {0};
        tile_path(&path, bundle);
        if (bundle->index == v->pruned_bundles)
            v->pruned_bundles++; /* as a prune takes them: all from the first on */
        else
            verify_miss(v, path.data, bundle->index * TILE_WIDTH + bundle->width - 1);
        verify_story_hole(v);
        if (!tell_pruned(v, replay, bundle))
            return false;
    } else if (!compare_bundle(v, replay, bundle, length)) {
        return false;
    }
    for (unsigned i = 0; i < bundle->width; i++)
        merkle_tree_append_hash(&v->tree, replay->tile[i]);
    if (bundle->width == TILE_WIDTH &&
        !climb(v, replay, &tile, (const uint8_t(*)[MERKLE_HASH_SIZE])replay->tile))
        return false;
    if (read != READ_ABSENT && !tell_entries(v, replay, bundle, length))
        return false;
    for (unsigned i = 0; i < bundle->width; i++)
        if (!verify_seen_leaf(v, bundle->index * TILE_WIDTH + i, replay->tile[i]))
            return false;
    return true;
}

static bool replay_all(struct verify *v)
{
    uint64_t size = v->result->checkpoint.size;
    struct replay *replay = xcalloc(1, sizeof(*replay));
    bool right = true;
    for (uint64_t n = 0; right && n * TILE_WIDTH < size; n++) {
        struct tile bundle = {TILE_ENTRIES, n, tile_width(TILE_ENTRIES, n, size)};
        right = replay_bundle(v, replay, &bundle);
        if (right && v->options->progress)
            v->options->progress(v->options->arg, v->tree.size, size);
    }
    free(replay);
    return right;
}

/* Before anything is: whether what the entries are compared with is what was signed. It goes on
 * where it is not, to name what is wrong. */
static bool tiles_are_signed(struct verify *v)
{
    struct error ignored _cleanup_error_ = {0}, *error = v->error;
    v->error = &ignored;
    bool are = root_is_signed(v, NULL, NULL);
    v->error = error;
    v->result->where[0] = '\0';
    return are;
}

static bool compare_root(struct verify *v)
{
    uint8_t root[MERKLE_HASH_SIZE];
    merkle_tree_root(&v->tree, root);
    if (memcmp(root, v->result->checkpoint.root, sizeof(root)) == 0)
        return true;
    return verify_fail(v, "checkpoint", UINT64_MAX,
                       "the %" PRIu64 " entries and their tiles were rewritten together: the root "
                       "over them is not the one that was signed",
                       v->result->checkpoint.size);
}

/* --- what only a prune excuses --- */

static bool judge_missing(struct verify *v)
{
    uint64_t size = v->result->checkpoint.size, first = v->prune_upto / TILE_WIDTH;
    if (v->pruned_bundles > first) {
        struct tile bundle = {TILE_ENTRIES, first, tile_width(TILE_ENTRIES, first, size)};
        struct text path _cleanup_text_ = {0};
        tile_path(&path, &bundle);
        v->missing_count = 0;
        verify_miss(v, path.data, first * TILE_WIDTH);
    }
    for (size_t i = 0; i < v->missing_count; i++)
        if (v->missing[i].index >= v->prune_upto) {
            verify_fail(v, v->missing[i].where, v->missing[i].index,
                        "%s is missing, and no entry of the log says that it was pruned",
                        v->missing[i].where);
            if (v->prune_upto)
                error_detail(v->error, "The log was pruned up to entry %" PRIu64 ".",
                             v->prune_upto - 1);
            return false;
        }
    if (v->last_missing >= v->prune_upto && v->last_missing > 0)
        return verify_fail(v, "records", v->last_missing,
                           "what belongs to entry %" PRIu64
                           " is missing, and no entry of the log says that it was pruned",
                           v->last_missing);
    return true;
}

/* --- all of it --- */

static bool fetch(void *arg, const struct tile *tile, uint8_t *ret_bytes)
{
    return verify_read_tile(arg, tile, ret_bytes) == READ_DONE;
}

static bool compare_kept(struct verify *v)
{
    struct checkpoint old;
    size_t key;
    bool read;
    struct error why _cleanup_error_ = {0};
    if (!v->options->against)
        return true;
    if (!verify_open(v, v->options->against, v->options->against_length, &old, &key, &why))
        return verify_fail(v, "", UINT64_MAX, "the checkpoint kept earlier: %s", why.primary);
    uint64_t size = v->result->checkpoint.size;
    if (old.size > size) {
        verify_fail(v, "checkpoint", size,
                    "log has shrunk: the checkpoint kept earlier is of %" PRIu64
                    " entries, this log has %" PRIu64,
                    old.size, size);
        error_hint(v->error, "Both are signed: entries %" PRIu64 " to %" PRIu64 " were taken away.",
                   size, old.size - 1);
        return false;
    }
    if (!verify_extends(v, &old, &read)) {
        if (!read)
            return verify_fail(v, "tile", UINT64_MAX,
                               "the root at size %" PRIu64 " cannot be computed", old.size);
        verify_fail(v, "checkpoint", UINT64_MAX,
                    "log was forked: its first %" PRIu64
                    " entries are not those of the checkpoint kept earlier",
                    old.size);
        error_hint(v->error, "One key has signed two histories; the two checkpoints prove it.");
        return false;
    }
    if (!verify_key_order(v, "the checkpoint kept earlier", key))
        return false;
    v->against_key = key;
    v->result->against_size = old.size;
    return true;
}

static bool run(struct verify *v)
{
    bool is_signed;
    if (!open_head(v, &is_signed))
        return false;
    v->source = (struct tile_source){.size = v->result->checkpoint.size, .fetch = fetch, .arg = v};
    v->seen = verify_seen_new(v->result->checkpoint.size);
    v->result->tiles_are_signed = is_signed && tiles_are_signed(v);
    if (!verify_saved(v) || !replay_all(v) || !compare_root(v) || !verify_trust(v, is_signed))
        return false;
    v->result->tiles_are_signed = true;
    if (!compare_kept(v) || !judge_missing(v))
        return false;
    v->result->prune_upto = v->prune_upto;
    if (!verify_rest(v) || !verify_story_end(v))
        return false;
    return v->result->lost == 0 || /* told last: whatever else can be checked was */
           verify_fail(v, "", v->lost_at,
                       "entry %" PRIu64 " tells that one of type \"%s\" was lost before it got its "
                       "place in the log",
                       v->lost_at, v->lost_type);
}

static bool has_changed(struct verify *v)
{
    char note[sizeof(v->result->note)];
    size_t length;
    struct error ignored _cleanup_error_ = {0}, *error = v->error;
    v->error = &ignored;
    enum verify_read read = verify_read_file(v, "checkpoint", note, VERIFY_NOTE_MOST, &length);
    v->error = error;
    return read == READ_DONE &&
           (length != strlen(v->result->note) || memcmp(note, v->result->note, length) != 0);
}

static bool attempt(struct verify *v)
{
    v->key_count = 0;
    for (size_t i = 0; i < v->options->key_count && i < VERIFY_MOST_KEYS; i++)
        v->keys[v->key_count++] = (struct verify_key){
            .verifier = v->options->keys[i], .until = UINT64_MAX, .trusted = true};
    v->story = verify_story_new();
    v->bundle = xmalloc(VERIFY_BUNDLE_MOST + 1);
    bool right = run(v);
    free(v->bundle);
    verify_story_free(v->story);
    verify_seen_free(v->seen);
    return right;
}

bool verify_directory(struct verify_result *ret_result, const struct verify_options *options,
                      struct error *error)
{
    struct error ignored _cleanup_error_ = {0};
    int directory = open(options->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool right = false;
    *ret_result = (struct verify_result){.where_entry = UINT64_MAX};
    if (directory < 0)
        error_set(error, ERROR_FAILED, "could not open directory \"%s\": %s", options->directory,
                  strerror(errno));
    /* A partial tile of a checkpoint that is not the last any more may be gone. */
    for (int i = 0; directory >= 0 && !right && i < TRIES; i++) {
        *ret_result = (struct verify_result){.where_entry = UINT64_MAX};
        struct verify *v = xcalloc(1, sizeof(*v));
        v->options = options;
        v->result = ret_result;
        v->error = error ? error : &ignored;
        v->directory = directory;
        right = attempt(v);
        bool again = !right && !options->entry && has_changed(v);
        free(v);
        if (!again)
            break;
    }
    if (right && error)
        error_clear(error);
    if (directory >= 0)
        close(directory);
    return right;
}
