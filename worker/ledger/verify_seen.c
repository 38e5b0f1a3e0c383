/* That no entry was copied: two of the same bytes, salt included, are one that stands there twice.
 *
 * Of each of the last leaves eight bytes are kept, in two tables of a fixed size: the one that is
 * full takes the place of the older one. So a copy is found among the VERIFY_SEEN_LAST entries
 * behind the first, and perhaps up to twice as far, in memory that does not grow with the log. What
 * further apart could be copied without the runs' numbers telling says nothing that whoever can
 * sign it could not say in an entry of its own. Where eight bytes were seen before, the tiles
 * decide. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "ledger/verify_internal.h"

struct verify_seen {
    uint64_t *last, *before; /* tables; 0: free */
    size_t size;             /* of each: half of the places are taken at most */
    size_t count;            /* in `last` */
};

struct verify_seen *verify_seen_new(uint64_t entries)
{
    struct verify_seen *seen = xcalloc(1, sizeof(*seen));
    for (seen->size = 2; seen->size < 2 * VERIFY_SEEN_LAST && seen->size < 2 * entries;)
        seen->size *= 2;
    seen->last = xcalloc(seen->size, sizeof(*seen->last));
    seen->before = xcalloc(seen->size, sizeof(*seen->before));
    return seen;
}

void verify_seen_free(struct verify_seen *seen)
{
    if (!seen)
        return;
    free(seen->last);
    free(seen->before);
    free(seen);
}

/* Where the beginning of a hash stands, or would. */
static uint64_t *place_of(const struct verify_seen *seen, uint64_t *table, uint64_t begin)
{
    size_t at = (size_t)begin & (seen->size - 1);
    while (table[at] && table[at] != begin)
        at = (at + 1) & (seen->size - 1);
    return &table[at];
}

/* False where it was among the last ones already. */
static bool take(struct verify_seen *seen, uint64_t begin)
{
    uint64_t *place = place_of(seen, seen->last, begin);
    if (*place || *place_of(seen, seen->before, begin))
        return false;
    *place = begin;
    if (++seen->count < seen->size / 2)
        return true;
    uint64_t *older = seen->before;
    seen->before = seen->last;
    seen->last = older;
    seen->count = 0;
    memset(older, 0, seen->size * sizeof(*older));
    return true;
}

bool verify_seen_leaf(struct verify *v, uint64_t index, const uint8_t leaf[MERKLE_HASH_SIZE])
{
    uint64_t begin;
    uint8_t earlier[MERKLE_HASH_SIZE];
    memcpy(&begin, leaf, sizeof(begin));
    if (take(v->seen, begin ? begin : 1))
        return true;
    for (uint64_t i = 0; i < index; i++)
        if (tile_source_read(&v->source, 0, i, earlier) &&
            memcmp(earlier, leaf, sizeof(earlier)) == 0)
            return verify_fail(v, "", index,
                               "entry %" PRIu64 " is entry %" PRIu64 " once more: the same entry "
                               "stands in the log twice",
                               index, i);
    return true;
}
