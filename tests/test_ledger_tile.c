/* Tiles and bundles: names, what exists at a size, and trees read back from them. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "harness/db.h"
#include "ledger/merkle.h"
#include "ledger/tile.h"

START_TEST(names_are_those_of_tlog_tiles)
{
    static const struct {
        struct tile tile;
        const char *path;
    } cases[] = {
        {{0, 0, 256}, "tile/0/000"},
        {{0, 999, 256}, "tile/0/999"},
        {{0, 1000, 256}, "tile/0/x001/000"},
        {{2, 1234067, 256}, "tile/2/x001/x234/067"},
        {{1, 1234067, 17}, "tile/1/x001/x234/067.p/17"},
        {{TILE_ENTRIES, 273, 112}, "tile/entries/273.p/112"},
        {{7, UINT64_MAX, 1}, "tile/7/x018/x446/x744/x073/x709/x551/615.p/1"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct text path _cleanup_text_ = {0};
        struct tile tile;
        tile_path(&path, &cases[i].tile);
        ck_assert_str_eq(path.data, cases[i].path);
        ck_assert(tile_path_parse(&tile, cases[i].path));
        ck_assert_int_eq(tile.level, cases[i].tile.level);
        ck_assert_uint_eq(tile.index, cases[i].tile.index);
        ck_assert_uint_eq(tile.width, cases[i].tile.width);
    }
    static const char *const bad[] = {"",
                                      "tile",
                                      "tile/",
                                      "tile/0",
                                      "tile/0/",
                                      "tile/0/0",
                                      "tile/0/00",
                                      "tile/0/0000",
                                      "tile/00/000",
                                      "tile/8/000",
                                      "tile/-1/000",
                                      "tile/x/000",
                                      "tile/entry/000",
                                      "tile/0/x000/000",
                                      "tile/0/x001",
                                      "tile/0/001/000",
                                      "tile/0/x001/x000",
                                      "tile/0/000/",
                                      "tile/0/000.p/",
                                      "tile/0/000.p/0",
                                      "tile/0/000.p/256",
                                      "tile/0/000.p/03",
                                      "tile/0/000.p/3/",
                                      "tile/0/000.p",
                                      "/tile/0/000",
                                      "tile//000",
                                      "tile/0/../000",
                                      "tile/7/x018/x446/x744/x073/x709/x551/616.p/1"};
    struct tile tile;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_msg(!tile_path_parse(&tile, bad[i]), "%s", bad[i]);
}
END_TEST

START_TEST(widths_are_those_of_the_size)
{
    /* The example of tlog-tiles. */
    ck_assert_uint_eq(tile_width(0, 272, 70000), 256);
    ck_assert_uint_eq(tile_width(0, 273, 70000), 112);
    ck_assert_uint_eq(tile_width(0, 274, 70000), 0);
    ck_assert_uint_eq(tile_width(TILE_ENTRIES, 273, 70000), 112);
    ck_assert_uint_eq(tile_width(1, 0, 70000), 256);
    ck_assert_uint_eq(tile_width(1, 1, 70000), 17);
    ck_assert_uint_eq(tile_width(2, 0, 70000), 1);
    ck_assert_uint_eq(tile_width(3, 0, 70000), 0);
    ck_assert_uint_eq(tile_width(0, 0, 256), 256);
    ck_assert_uint_eq(tile_width(0, 1, 256), 0);
    ck_assert_uint_eq(tile_width(1, 0, 256), 1);
    ck_assert_uint_eq(tile_width(1, 0, 255), 0);
    ck_assert_uint_eq(tile_width(0, 0, 0), 0);
    ck_assert_uint_eq(tile_width(7, 0, UINT64_MAX), 255);
}
END_TEST

/* Tiles in memory: every width that was ever written, the widest kept. */
enum { MOST_TILES = 300, LEVELS = 3 };
static struct {
    unsigned width;
    uint8_t hashes[TILE_WIDTH][MERKLE_HASH_SIZE];
} stored[LEVELS][MOST_TILES];
static int fetched;

static bool fetch(void *arg, const struct tile *tile, uint8_t *ret_bytes)
{
    (void)arg;
    fetched++;
    if (tile->level >= LEVELS || tile->index >= MOST_TILES ||
        stored[tile->level][tile->index].width < tile->width)
        return false;
    memcpy(ret_bytes, stored[tile->level][tile->index].hashes, tile->width * MERKLE_HASH_SIZE);
    return true;
}

static void leaf_of(uint64_t index, uint8_t hash[MERKLE_HASH_SIZE])
{
    merkle_leaf(&index, sizeof(index), hash);
}

/* Writes what is new, as a sequencer would; returns the number of entries in new bundles. */
static void publish(uint64_t old_size, uint64_t new_size)
{
    struct tile_walk walk = {.old_size = old_size, .new_size = new_size};
    struct tile tile;
    int last_level = TILE_ENTRIES;
    while (tile_walk_next(&walk, &tile)) {
        ck_assert_int_ge(tile.level, last_level);
        last_level = tile.level;
        ck_assert_uint_eq(tile.width, tile_width(tile.level, tile.index, new_size));
        if (tile.level == TILE_ENTRIES)
            continue;
        ck_assert_int_lt(tile.level, LEVELS);
        for (unsigned i = 0; i < tile.width; i++) {
            uint8_t *hash = stored[tile.level][tile.index].hashes[i];
            uint64_t below = tile.index * TILE_WIDTH + i;
            if (tile.level == 0) {
                leaf_of(below, hash);
            } else {
                ck_assert_uint_eq(stored[tile.level - 1][below].width, TILE_WIDTH);
                tile_fold((const uint8_t(*)[MERKLE_HASH_SIZE])stored[tile.level - 1][below].hashes,
                          TILE_WIDTH, hash);
            }
        }
        stored[tile.level][tile.index].width = tile.width;
    }
    ck_assert(!tile_walk_next(&walk, &tile));
}

/* At the sizes where something begins: the root, inclusion of some entries, and consistency with
 * each size before. */
START_TEST(trees_are_read_back_from_tiles)
{
    static const uint64_t sizes[] = {0,   1,   2,     3,     255,   256,  257,
                                     511, 512, 65535, 65536, 65537, 70000};
    enum { COUNT = sizeof(sizes) / sizeof(sizes[0]) };
    static uint8_t roots[COUNT][MERKLE_HASH_SIZE];
    struct merkle_tree tree = {0};
    static struct tile_source source;
    struct merkle_proof proof;
    const uint8_t(*p)[MERKLE_HASH_SIZE] = (const uint8_t(*)[MERKLE_HASH_SIZE])proof.hashes;
    for (size_t s = 0; s < COUNT; s++) {
        uint64_t size = sizes[s];
        uint8_t hash[MERKLE_HASH_SIZE], root[MERKLE_HASH_SIZE];
        for (uint64_t i = tree.size; i < size; i++) {
            leaf_of(i, hash);
            merkle_tree_append_hash(&tree, hash);
        }
        merkle_tree_root(&tree, roots[s]);
        publish(s ? sizes[s - 1] : 0, size);
        source = (struct tile_source){.size = size, .fetch = fetch};
        ck_assert(merkle_root(tile_source_read, &source, size, root));
        ck_assert_mem_eq(root, roots[s], MERKLE_HASH_SIZE);
        const uint64_t some[] = {0, 1, 254, 255, 256, 65534, 65535, 65536, size / 2, size - 1};
        for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++) {
            bool made = merkle_prove_inclusion(tile_source_read, &source, some[i], size, &proof);
            ck_assert(made == (some[i] < size));
            leaf_of(some[i], hash);
            if (made)
                ck_assert(merkle_verify_inclusion(some[i], size, hash, p, proof.count, roots[s]));
        }
        for (size_t before = 1; before <= s; before++) {
            ck_assert(
                merkle_prove_consistency(tile_source_read, &source, sizes[before], size, &proof));
            ck_assert(merkle_verify_consistency(sizes[before], size, roots[before], roots[s], p,
                                                proof.count));
            ck_assert(merkle_root(tile_source_read, &source, sizes[before], root));
            ck_assert_mem_eq(root, roots[before], MERKLE_HASH_SIZE);
        }
    }
    fetched = 0;
    ck_assert(merkle_prove_inclusion(tile_source_read, &source, 69999, 70000, &proof));
    ck_assert_int_le(fetched, 3); /* one tile a level, most of them kept */
    stored[2][0].width = 0;       /* a tile that is missing */
    source = (struct tile_source){.size = 70000, .fetch = fetch};
    ck_assert(!merkle_prove_inclusion(tile_source_read, &source, 69999, 70000, &proof));
}
END_TEST

/* Byte by byte the same tiles, however often the log was published on the way. */
START_TEST(growth_in_steps_gives_the_same_tiles)
{
    uint64_t size = 0;
    for (uint64_t step = 1; size < 1500; step = step * 7 % 61 + 1) {
        publish(size, size + step);
        size += step;
    }
    struct merkle_tree tree = {0};
    uint8_t hash[MERKLE_HASH_SIZE], root[MERKLE_HASH_SIZE];
    for (uint64_t i = 0; i < size; i++) {
        leaf_of(i, hash);
        merkle_tree_append_hash(&tree, hash);
        ck_assert_mem_eq(stored[0][i / TILE_WIDTH].hashes[i % TILE_WIDTH], hash, MERKLE_HASH_SIZE);
    }
    struct tile_source source = {.size = size, .fetch = fetch};
    ck_assert(merkle_root(tile_source_read, &source, size, root));
    merkle_tree_root(&tree, hash);
    ck_assert_mem_eq(root, hash, MERKLE_HASH_SIZE);
}
END_TEST

START_TEST(known_answers_pass_in_both_directions)
{
    FILE *f = fopen(source_path("tests/vectors/log-kat/tile/entries/000.p/3"), "rb");
    static uint8_t bundle[4096], tile[4096];
    size_t length = fread(bundle, 1, sizeof(bundle), f), at = 0, n;
    fclose(f);
    f = fopen(source_path("tests/vectors/log-kat/tile/0/000.p/3"), "rb");
    ck_assert_uint_eq(fread(tile, 1, sizeof(tile), f), 3 * MERKLE_HASH_SIZE);
    fclose(f);
    struct text again _cleanup_text_ = {0};
    const uint8_t *entry;
    for (int i = 0; i < 3; i++) {
        uint8_t hash[MERKLE_HASH_SIZE];
        ck_assert(bundle_next(bundle, length, &at, &entry, &n));
        merkle_leaf(entry, n, hash);
        ck_assert_mem_eq(hash, tile + i * MERKLE_HASH_SIZE, MERKLE_HASH_SIZE);
        ck_assert(bundle_add(&again, entry, n));
    }
    ck_assert(!bundle_next(bundle, length, &at, &entry, &n));
    ck_assert_uint_eq(at, length);
    ck_assert_uint_eq(again.length, length);
    ck_assert_mem_eq(again.data, bundle, length);

    for (size_t cut = 1; cut < length; cut++) { /* cut off: never the end at a wrong place */
        at = 0;
        int entries = 0;
        while (bundle_next(bundle, cut, &at, &entry, &n))
            entries++;
        ck_assert(at < cut || entries < 3);
    }
    at = 0;
    ck_assert(!bundle_next((const uint8_t *)"\0\0", 2, &at, &entry, &n)); /* an empty entry */
    ck_assert_uint_eq(at, 0);
    ck_assert(!bundle_add(&again, bundle, 0));
    ck_assert(!bundle_add(&again, bundle, 65536));
}
END_TEST

Suite *suite_ledger_tile(void)
{
    Suite *suite = suite_create("ledger_tile");
    TCase *tc = tcase_create("tile");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, names_are_those_of_tlog_tiles);
    tcase_add_test(tc, widths_are_those_of_the_size);
    tcase_add_test(tc, trees_are_read_back_from_tiles);
    tcase_add_test(tc, growth_in_steps_gives_the_same_tiles);
    tcase_add_test(tc, known_answers_pass_in_both_directions);
    suite_add_tcase(suite, tc);
    return suite;
}
