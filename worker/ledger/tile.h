/* Tiles and entry bundles (C2SP tlog-tiles): which exist at a size, how they are called, and a
 * source of hashes that reads them. No files here: who has them gives a function that fetches one.
 *
 * Tile n of level l holds up to 256 hashes, of the complete subtrees over 256^l entries from
 * (n * 256 + i) * 256^l on. The last tile of a level may be partial: its width is
 * floor(size / 256^l) mod 256, and an empty tile does not exist. */
#ifndef LEDGER_TILE_H
#define LEDGER_TILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ledger/merkle.h"

struct text;

enum {
    TILE_HEIGHT = 8,
    TILE_WIDTH = 256,
    TILE_BYTES = TILE_WIDTH * MERKLE_HASH_SIZE,
    TILE_LEVELS = 8,   /* of a tree of 64 bits */
    TILE_ENTRIES = -1, /* "level" of an entry bundle */
};

struct tile {
    int level; /* 0.., or TILE_ENTRIES */
    uint64_t index;
    unsigned width; /* 1..256 */
};

/* "tile/0/x001/x234/067", "tile/entries/000.p/3": appended to out. */
void tile_path(struct text *out, const struct tile *tile);
/* Accepts only what tile_path writes. */
bool tile_path_parse(struct tile *ret_tile, const char *path);

/* How wide the tile is in a tree of this size; 0: it does not exist. */
unsigned tile_width(int level, uint64_t index, uint64_t size);

/* The tiles and bundles that a tree of new_size has and one of old_size has not, in an order in
 * which each can be made from entries and those before it: {.old_size = ..., .new_size = ...}, then
 * tile_walk_next until false. Full tiles and partial ones alike; bundles first. */
struct tile_walk {
    uint64_t old_size, new_size;
    int level; /* for tile_walk_next alone, as the rest */
    uint64_t next;
    bool started;
};
bool tile_walk_next(struct tile_walk *walk, struct tile *ret_tile);

/* Fetches a tile: width * 32 bytes into ret_bytes. False where it cannot be had. The tile may exist
 * full where it is asked for as partial: then its first hashes. */
typedef bool tile_fetch_fn(void *arg, const struct tile *tile, uint8_t *ret_bytes);

/* A source of hashes over the tiles of a tree of a size, for merkle_root and the proofs:
 * merkle_prove_inclusion(tile_source_read, &source, ...). Keeps the tiles fetched last. */
enum { TILE_CACHE = 16 };
struct tile_source {
    uint64_t size;
    tile_fetch_fn *fetch;
    void *arg;
    struct tile_cached {
        struct tile tile; /* width 0: empty */
        uint64_t used;
        uint8_t hashes[TILE_WIDTH][MERKLE_HASH_SIZE];
    } cache[TILE_CACHE]; /* {0} at first */
    uint64_t clock;
};
merkle_read_fn tile_source_read;

/* The hash over n hashes that are a complete subtree (n a power of two). */
void tile_fold(const uint8_t (*hashes)[MERKLE_HASH_SIZE], unsigned n,
               uint8_t ret_hash[MERKLE_HASH_SIZE]);

/* Entry bundles: u16be length || entry, repeated. False where the entry is too long. */
bool bundle_add(struct text *out, const void *entry, size_t length);
/* Steps through one: *at is 0 at first. False at the end, and with *at not at the end where the
 * bundle is cut off or has an empty entry. */
bool bundle_next(const uint8_t *bytes, size_t length, size_t *at, const uint8_t **ret_entry,
                 size_t *ret_length);

#endif
