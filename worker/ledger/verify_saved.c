/* The entries that a prune took away, and whose proofs it saved in proofs/INDEX: those that later
 * ones rest on. They are told before the log is replayed, as if they stood in it.
 *
 * What is not a proof of the entry in that place of the tree is passed over here: verify_rest looks
 * at every file of proofs/, and the replay misses what was not told. */
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/text.h"
#include "ledger/lines.h"
#include "ledger/proof.h"
#include "ledger/verify_internal.h"

struct places {
    uint64_t *indices;
    size_t count;
};

static void places_free(struct places *places)
{
    free(places->indices);
}

static int in_order(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void close_dir(DIR **dir)
{
    if (*dir)
        closedir(*dir);
}

/* The places of proofs/, in the order of the log: what names a key comes before what retires it. */
static void find_places(const struct verify *v, struct places *places)
{
    int fd = openat(v->directory, "proofs", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir _cleanup_(close_dir) = fd >= 0 ? fdopendir(fd) : NULL;
    uint64_t index;
    if (fd >= 0 && !dir)
        close(fd);
    for (const struct dirent *item; dir && (item = readdir(dir));) {
        if (!lines_read_number(item->d_name, strlen(item->d_name), &index) ||
            index >= v->result->checkpoint.size)
            continue;
        places->indices = xrealloc(places->indices, (places->count + 1) * sizeof(index));
        places->indices[places->count++] = index;
    }
    if (places->count > 0)
        qsort(places->indices, places->count, sizeof(index), in_order);
}

static bool is_gone(const struct verify *v, uint64_t index)
{
    struct text path _cleanup_text_ = {0};
    struct tile bundle = {TILE_ENTRIES, index / TILE_WIDTH, 0};
    bundle.width = tile_width(TILE_ENTRIES, bundle.index, v->result->checkpoint.size);
    if (bundle.width < TILE_WIDTH)
        return false; /* the last one is not pruned */
    tile_path(&path, &bundle);
    return faccessat(v->directory, path.data, F_OK, 0) != 0;
}

static bool tell(struct verify *v, uint64_t index)
{
    static struct entry entry;
    struct error ignored _cleanup_error_ = {0}, *error = v->error;
    char path[64];
    uint8_t bytes[ENTRY_MOST_BYTES], leaf[MERKLE_HASH_SIZE], there[MERKLE_HASH_SIZE];
    size_t length, n;
    uint64_t place;
    snprintf(path, sizeof(path), "proofs/%" PRIu64, index);
    v->error = &ignored;
    bool right = verify_read_file(v, path, v->bundle, VERIFY_BUNDLE_MOST, &length) == READ_DONE &&
                 proof_entry_read((const char *)v->bundle, length, &place, bytes, &n) &&
                 place == index && tile_source_read(&v->source, 0, index, there);
    v->error = error;
    v->result->where[0] = '\0';
    if (!right)
        return true;
    merkle_leaf(bytes, n, leaf);
    return memcmp(leaf, there, sizeof(leaf)) != 0 ||
           !entry_read(&entry, (const char *)bytes, n, NULL) ||
           verify_story_saved(v, index, &entry);
}

bool verify_saved(struct verify *v)
{
    struct places places _cleanup_(places_free) = {0};
    find_places(v, &places);
    for (size_t i = 0; i < places.count; i++)
        if (is_gone(v, places.indices[i]) && !tell(v, places.indices[i]))
            return false;
    return true;
}
