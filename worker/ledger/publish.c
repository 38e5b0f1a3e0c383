/* One level holds the hashes of its last tile that is not full. An entry adds a hash to level 0;
 * when a level has 256, its tile is written and their hash goes to the level above: at most eight
 * levels. The tree (struct merkle_tree) gives the root; tiles give what a reader needs of it. */
#include "ledger/publish.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/fault.h"
#include "base/text.h"
#include "ledger/directory.h"
#include "ledger/lines.h"
#include "ledger/note.h"
#include "ledger/tile.h"

struct level {
    uint64_t index; /* of the tile */
    unsigned width;
    uint8_t hashes[TILE_WIDTH][MERKLE_HASH_SIZE];
};

struct publish {
    struct directory *directory;
    struct merkle_tree tree;
    struct level levels[TILE_LEVELS];
    struct text bundle;
    uint64_t signed_size, signed_before; /* of the last two checkpoints */
    bool flushed;
};

static bool write_tile(struct publish *publish, int l, struct error *error)
{
    const struct level *level = &publish->levels[l];
    struct text name _cleanup_text_ = {0};
    tile_path(&name, &(struct tile){l, level->index, level->width});
    return directory_write(publish->directory, name.data, level->hashes,
                           (size_t)level->width * MERKLE_HASH_SIZE, error);
}

static bool write_bundle(struct publish *publish, struct error *error)
{
    const struct level *level = &publish->levels[0];
    struct text name _cleanup_text_ = {0};
    tile_path(&name, &(struct tile){TILE_ENTRIES, level->index, level->width});
    return directory_write(publish->directory, name.data, publish->bundle.data,
                           publish->bundle.length, error);
}

/* --- the right edge --- */

static bool read_edge(struct publish *publish, uint64_t size, struct error *error)
{
    for (int l = 0; l < TILE_LEVELS; l++) {
        struct level *level = &publish->levels[l];
        uint64_t hashes = size >> (TILE_HEIGHT * l);
        level->index = hashes / TILE_WIDTH;
        level->width = (unsigned)(hashes % TILE_WIDTH);
        struct tile tile = {l, level->index, level->width};
        if (level->width > 0 &&
            !directory_fetch_tile(publish->directory, &tile, level->hashes[0])) {
            struct text name _cleanup_text_ = {0};
            tile_path(&name, &tile);
            return error_set(error, ERROR_LOG, "\"%s/%s\" is missing or cut off",
                             directory_path(publish->directory), name.data);
        }
    }
    /* the tree's edge: bit 8 l + b of size is a subtree of 2^b hashes of level l's tile */
    publish->tree.size = size;
    for (int bit = 0; bit < MERKLE_MOST_LEVELS; bit++) {
        const struct level *level = &publish->levels[bit / TILE_HEIGHT];
        unsigned n = 1u << (bit % TILE_HEIGHT);
        if (!(size >> bit & 1))
            continue;
        unsigned from = level->width & ~(2 * n - 1); /* larger subtrees stand before */
        tile_fold((const uint8_t(*)[MERKLE_HASH_SIZE])(level->hashes + from), n,
                  publish->tree.hashes[bit]);
    }
    if (publish->levels[0].width == 0)
        return true;
    bool absent;
    return directory_read_bundle(publish->directory, publish->levels[0].index,
                                 publish->levels[0].width, &publish->bundle, &absent, error) &&
           (!absent ||
            error_set(error, ERROR_LOG, "the last bundle of entries is missing in \"%s\"",
                      directory_path(publish->directory)));
}

static bool remove_wider(void *arg, const char *name)
{
    struct publish *publish = ((void **)arg)[0];
    const struct tile *tile = ((void **)arg)[1];
    struct text path _cleanup_text_ = {0};
    struct error ignored _cleanup_error_ = {0};
    uint64_t width;
    if (lines_read_number(name, strlen(name), &width) && width > tile->width &&
        width < TILE_WIDTH) {
        tile_path(&path, &(struct tile){tile->level, tile->index, (unsigned)width});
        directory_remove(publish->directory, path.data, &ignored);
    }
    return true;
}

/* What an earlier start wrote beyond the signed size goes: it may tell of entries that got other
 * places since. True if there was a full tile, so that there may be more behind. */
static bool remove_unsigned(struct publish *publish, struct tile tile, struct error *error)
{
    struct text path _cleanup_text_ = {0};
    tile_path(&path, &(struct tile){tile.level, tile.index, TILE_WIDTH});
    bool full = directory_exists(publish->directory, path.data);
    void *args[] = {publish, &tile};
    if (full)
        directory_remove(publish->directory, path.data, error);
    text_add(&path, ".p");
    directory_each(publish->directory, path.data, remove_wider, args, error);
    return full;
}

/* Invariant: whatever is removed, and wherever that is cut off, the tiles and the bundle at the
 * right edge of the last signed size can be read from the directory.
 *
 * They may stand there as the beginning of wider ones alone, which were written for a later size
 * and not signed: as after a rebuild that was cut off when it had put back checkpoints of smaller
 * sizes; or the edge's own files were cut off by a loss of power. Those are about to be removed; so
 * the edge gets files of its own first, on the disk. */
static bool write_edge(struct publish *publish, struct error *error)
{
    bool wrote = false;
    for (int l = TILE_ENTRIES; l < TILE_LEVELS; l++) {
        const struct level *level = &publish->levels[l == TILE_ENTRIES ? 0 : l];
        const void *bytes = l == TILE_ENTRIES ? (const void *)publish->bundle.data : level->hashes;
        size_t length =
            l == TILE_ENTRIES ? publish->bundle.length : level->width * (size_t)MERKLE_HASH_SIZE;
        struct text name _cleanup_text_ = {0};
        tile_path(&name, &(struct tile){l, level->index, level->width});
        if (level->width == 0 || directory_has(publish->directory, name.data, bytes, length))
            continue;
        if (!(l == TILE_ENTRIES ? write_bundle(publish, error) : write_tile(publish, l, error)))
            return false;
        wrote = true;
    }
    return !wrote || directory_sync(publish->directory, error);
}

static bool sweep(struct publish *publish, struct error *error)
{
    struct error own _cleanup_error_ = {0};
    for (int l = TILE_ENTRIES; l < TILE_LEVELS && !own.primary; l++) {
        const struct level *level = &publish->levels[l == TILE_ENTRIES ? 0 : l];
        struct tile tile = {l, level->index, level->width};
        for (; remove_unsigned(publish, tile, &own) && !own.primary; tile.index++)
            tile.width = 0;
    }
    if (own.primary) {
        error_move(error, &own);
        return false;
    }
    return true;
}

struct publish *publish_new(struct directory *directory, uint64_t size, struct error *error)
{
    struct publish *publish = xcalloc(1, sizeof(*publish));
    publish->directory = directory;
    publish->signed_size = publish->signed_before = size;
    if (read_edge(publish, size, error)) {
        if (write_edge(publish, error) && sweep(publish, error))
            return publish;
        publish_free(publish);
        return NULL;
    }
    error_hint(error, "The directory does not hold what its last checkpoint says; restore it from "
                      "a copy, or move it away and let it be rebuilt from the database.");
    publish_free(publish);
    return NULL;
}

void publish_free(struct publish *publish)
{
    if (!publish)
        return;
    text_free(&publish->bundle);
    free(publish);
}

const struct merkle_tree *publish_tree(const struct publish *publish)
{
    return &publish->tree;
}

/* --- entries --- */

static bool add_hash(struct publish *publish, int l, const uint8_t hash[MERKLE_HASH_SIZE],
                     struct error *error)
{
    struct level *level = &publish->levels[l];
    uint8_t above[MERKLE_HASH_SIZE];
    memcpy(level->hashes[level->width++], hash, MERKLE_HASH_SIZE);
    if (level->width < TILE_WIDTH)
        return true;
    if (!write_tile(publish, l, error))
        return false;
    tile_fold((const uint8_t(*)[MERKLE_HASH_SIZE])level->hashes, TILE_WIDTH, above);
    level->index++;
    level->width = 0;
    return l + 1 == TILE_LEVELS || add_hash(publish, l + 1, above, error);
}

bool publish_entry(struct publish *publish, const void *entry, size_t length, struct error *error)
{
    uint8_t hash[MERKLE_HASH_SIZE];
    publish->flushed = false;
    if (length > 4096 || !bundle_add(&publish->bundle, entry, length))
        return error_set(error, ERROR_LOG, "log entry %" PRIu64 " has %zu bytes",
                         publish->tree.size, length);
    if (publish->levels[0].width + 1 == TILE_WIDTH) {
        publish->levels[0].width++;
        bool done = write_bundle(publish, error);
        publish->levels[0].width--;
        text_clear(&publish->bundle);
        if (!done)
            return false;
        if (FAULT_POINT("log_after_bundle"))
            return error_set(error, ERROR_FAILED, "fault after a bundle");
    }
    merkle_leaf(entry, length, hash);
    merkle_tree_append_hash(&publish->tree, hash);
    return add_hash(publish, 0, hash, error);
}

bool publish_flush(struct publish *publish, struct error *error)
{
    if (publish->levels[0].width > 0 && !write_bundle(publish, error))
        return false;
    if (FAULT_POINT("log_after_partial_bundle"))
        return error_set(error, ERROR_FAILED, "fault after a partial bundle");
    for (int l = 0; l < TILE_LEVELS; l++)
        if (publish->levels[l].width > 0 && !write_tile(publish, l, error))
            return false;
    if (FAULT_POINT("log_after_tiles") || !directory_sync(publish->directory, error))
        return error && error->primary ? false
                                       : error_set(error, ERROR_FAILED, "fault after the tiles");
    publish->flushed = true;
    return true;
}

/* --- checkpoints --- */

/* The partial tiles of a checkpoint that nobody needs any more. Left where that fails. */
static void remove_partial(struct publish *publish, uint64_t size)
{
    struct error ignored _cleanup_error_ = {0};
    for (int l = TILE_ENTRIES; l < TILE_LEVELS; l++) {
        uint64_t hashes = size >> (l == TILE_ENTRIES ? 0 : TILE_HEIGHT * l);
        struct tile tile = {l, hashes / TILE_WIDTH, (unsigned)(hashes % TILE_WIDTH)};
        uint64_t now = publish->tree.size >> (l == TILE_ENTRIES ? 0 : TILE_HEIGHT * l);
        uint64_t last = publish->signed_before >> (l == TILE_ENTRIES ? 0 : TILE_HEIGHT * l);
        if (tile.width == 0 || hashes == now || hashes == last)
            continue;
        struct text name _cleanup_text_ = {0};
        tile_path(&name, &tile);
        directory_remove(publish->directory, name.data, &ignored);
        *strrchr(name.data, '/') = '\0';
        if (last / TILE_WIDTH != tile.index && now / TILE_WIDTH != tile.index)
            directory_remove(publish->directory, name.data, &ignored);
    }
}

bool publish_signed(struct publish *publish, uint64_t size, const char *note, size_t length,
                    struct error *error)
{
    struct text name _cleanup_text_ = {0};
    struct directory *directory = publish->directory;
    directory_checkpoint_name(&name, size);
    if (!directory_write(directory, name.data, note, length, error) ||
        !directory_sync(directory, error))
        return false;
    if (FAULT_POINT("log_after_kept_checkpoint"))
        return error_set(error, ERROR_FAILED, "fault after checkpoints/");
    if (!directory_write(directory, "checkpoint", note, length, error) ||
        !directory_sync(directory, error))
        return false;
    if (FAULT_POINT("log_after_checkpoint"))
        return error_set(error, ERROR_FAILED, "fault after checkpoint");
    uint64_t stale = publish->signed_before;
    publish->signed_before = publish->signed_size;
    publish->signed_size = size;
    if (stale < publish->signed_before)
        remove_partial(publish, stale);
    return true;
}

bool publish_checkpoint(struct publish *publish, const struct note_signer *signer,
                        struct text *ret_note, struct error *error)
{
    const struct note_verifier *verifier = note_signer_verifier(signer);
    struct checkpoint checkpoint = {.size = publish->tree.size}, kept;
    struct text name _cleanup_text_ = {0}, note _cleanup_text_ = {0}, old _cleanup_text_ = {0};
    bool absent;
    memcpy(checkpoint.origin, verifier->name, sizeof(checkpoint.origin));
    merkle_tree_root(&publish->tree, checkpoint.root);
    if (!publish->flushed || checkpoint.size < publish->signed_size)
        return error_set(error, ERROR_LOG, "refused to sign size %" PRIu64 " of the log",
                         checkpoint.size);
    /* the last line of defence: one size, one root, whoever signed it */
    directory_checkpoint_name(&name, checkpoint.size);
    if (!directory_read(publish->directory, name.data, NOTE_MOST_BYTES, &old, &absent, error))
        return false;
    const char *end = absent ? NULL : strstr(old.data, "\n\n");
    if (!absent &&
        (!end || !checkpoint_parse(&kept, old.data, (size_t)(end - old.data) + 1, error) ||
         memcmp(kept.root, checkpoint.root, sizeof(kept.root)) != 0)) {
        error_set(error, ERROR_LOG, "a checkpoint of size %" PRIu64 " with another root was signed",
                  checkpoint.size);
        error_hint(error, "It is \"%s/%s\". Nothing is signed over it.",
                   directory_path(publish->directory), name.data);
        return false;
    }
    return checkpoint_sign(&note, &checkpoint, signer, error) &&
           (text_add_n(ret_note, note.data, note.length), true) &&
           publish_signed(publish, checkpoint.size, note.data, note.length, error);
}
