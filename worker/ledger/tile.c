#include "ledger/tile.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "ledger/lines.h"

/* --- names --- */

/* Groups of three digits, all but the last with an "x": x001/x234/067. */
static void add_index(struct text *out, uint64_t index)
{
    unsigned groups[8], n = 0;
    do
        groups[n++] = (unsigned)(index % 1000);
    while ((index /= 1000) > 0);
    while (n-- > 0)
        text_printf(out, n > 0 ? "/x%03u" : "/%03u", groups[n]);
}

void tile_path(struct text *out, const struct tile *tile)
{
    if (tile->level == TILE_ENTRIES)
        text_add(out, "tile/entries");
    else
        text_printf(out, "tile/%d", tile->level);
    add_index(out, tile->index);
    if (tile->width < TILE_WIDTH)
        text_printf(out, ".p/%u", tile->width);
}

bool tile_path_parse(struct tile *ret_tile, const char *path)
{
    struct tile tile = {.width = TILE_WIDTH};
    struct text again _cleanup_text_ = {0};
    const char *s = path;
    uint64_t number;
    if (!text_starts_with(s, "tile/"))
        return false;
    s += strlen("tile/");
    size_t n = strcspn(s, "/");
    if (n == strlen("entries") && text_starts_with(s, "entries"))
        tile.level = TILE_ENTRIES;
    else if (lines_read_number(s, n, &number) && number < TILE_LEVELS)
        tile.level = (int)number;
    else
        return false;
    s += n;
    while (*s == '/') { /* loosely: what is not canonical is not written again */
        s += s[1] == 'x' ? 2 : 1;
        for (int i = 0; i < 3; i++, s++)
            if (*s < '0' || *s > '9' ||
                __builtin_mul_overflow(tile.index, (uint64_t)10, &tile.index) ||
                __builtin_add_overflow(tile.index, (uint64_t)(*s - '0'), &tile.index))
                return false;
    }
    if (text_starts_with(s, ".p/")) {
        s += strlen(".p/");
        if (!lines_read_number(s, strlen(s), &number) || number == 0 || number >= TILE_WIDTH)
            return false;
        tile.width = (unsigned)number;
    }
    tile_path(&again, &tile);
    if (strcmp(again.data, path) != 0)
        return false;
    *ret_tile = tile;
    return true;
}

/* --- which there are --- */

/* Hashes that a level has in a tree of a size. */
static uint64_t hashes_of(int level, uint64_t size)
{
    int shift = level == TILE_ENTRIES ? 0 : TILE_HEIGHT * level;
    return shift >= 64 ? 0 : size >> shift;
}

unsigned tile_width(int level, uint64_t index, uint64_t size)
{
    uint64_t hashes = hashes_of(level, size);
    if (index < hashes / TILE_WIDTH)
        return TILE_WIDTH;
    return index == hashes / TILE_WIDTH ? (unsigned)(hashes % TILE_WIDTH) : 0;
}

bool tile_walk_next(struct tile_walk *walk, struct tile *ret_tile)
{
    if (!walk->started) {
        walk->started = true;
        walk->level = TILE_ENTRIES;
        walk->next = hashes_of(walk->level, walk->old_size) / TILE_WIDTH;
    }
    while (walk->level < TILE_LEVELS) {
        uint64_t index = walk->next++;
        unsigned width = tile_width(walk->level, index, walk->new_size);
        if (width == 0) {
            walk->level++;
            walk->next = hashes_of(walk->level, walk->old_size) / TILE_WIDTH;
        } else if (width != tile_width(walk->level, index, walk->old_size)) {
            *ret_tile = (struct tile){walk->level, index, width};
            return true;
        }
    }
    return false;
}

/* --- hashes --- */

void tile_fold(const uint8_t (*hashes)[MERKLE_HASH_SIZE], unsigned n,
               uint8_t ret_hash[MERKLE_HASH_SIZE])
{
    struct merkle_tree tree = {0};
    for (unsigned i = 0; i < n; i++)
        merkle_tree_append_hash(&tree, hashes[i]);
    merkle_tree_root(&tree, ret_hash);
}

static const struct tile_cached *tile_get(struct tile_source *source, int level, uint64_t index)
{
    struct tile_cached *oldest = &source->cache[0];
    for (int i = 0; i < TILE_CACHE; i++) {
        struct tile_cached *cached = &source->cache[i];
        if (cached->tile.width > 0 && cached->tile.level == level && cached->tile.index == index) {
            cached->used = ++source->clock;
            return cached;
        }
        if (cached->used < oldest->used)
            oldest = cached;
    }
    struct tile tile = {level, index, tile_width(level, index, source->size)};
    oldest->tile.width = 0; /* fetched into, perhaps in part */
    if (tile.width == 0 || !source->fetch(source->arg, &tile, oldest->hashes[0]))
        return NULL;
    oldest->tile = tile;
    oldest->used = ++source->clock;
    return oldest;
}

bool tile_source_read(void *arg, int level, uint64_t index, uint8_t ret_hash[MERKLE_HASH_SIZE])
{
    struct tile_source *source = arg;
    int in_tile = level % TILE_HEIGHT; /* levels above the tile's own hashes */
    uint64_t first = index << in_tile;
    const struct tile_cached *cached = tile_get(source, level / TILE_HEIGHT, first / TILE_WIDTH);
    unsigned from = (unsigned)(first % TILE_WIDTH), n = 1u << in_tile;
    if (first >> in_tile != index || !cached || from + n > cached->tile.width)
        return false;
    tile_fold((const uint8_t(*)[MERKLE_HASH_SIZE])(cached->hashes + from), n, ret_hash);
    return true;
}

/* --- bundles --- */

bool bundle_add(struct text *out, const void *entry, size_t length)
{
    if (length == 0 || length > UINT16_MAX)
        return false;
    text_add_char(out, (char)(uint8_t)(length >> 8));
    text_add_char(out, (char)(uint8_t)length);
    text_add_n(out, entry, length);
    return true;
}

bool bundle_next(const uint8_t *bytes, size_t length, size_t *at, const uint8_t **ret_entry,
                 size_t *ret_length)
{
    if (length - *at < 2)
        return false;
    size_t n = (size_t)bytes[*at] << 8 | bytes[*at + 1];
    if (n == 0 || n > length - *at - 2)
        return false;
    *ret_entry = bytes + *at + 2;
    *ret_length = n;
    *at += 2 + n;
    return true;
}
