/* That no entry stands in the log twice: two of the same bytes, salt included, are one that was
 * copied. Of each leaf eight bytes are kept; where they were seen before, the tiles decide. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "ledger/verify_internal.h"

enum { FIRST_PLACES = 1024 };

struct verify_seen {
    uint64_t *places; /* 0: free */
    size_t size;      /* a power of two, at least twice the count */
    size_t count;
};

struct verify_seen *verify_seen_new(void)
{
    struct verify_seen *seen = xcalloc(1, sizeof(*seen));
    seen->size = FIRST_PLACES;
    seen->places = xcalloc(seen->size, sizeof(*seen->places));
    return seen;
}

void verify_seen_free(struct verify_seen *seen)
{
    if (!seen)
        return;
    free(seen->places);
    free(seen);
}

/* Takes a place for the beginning of a hash. False where it has one already. */
static bool take(struct verify_seen *seen, uint64_t begin)
{
    size_t at = (size_t)begin & (seen->size - 1);
    for (; seen->places[at]; at = (at + 1) & (seen->size - 1))
        if (seen->places[at] == begin)
            return false;
    seen->places[at] = begin;
    seen->count++;
    return true;
}

static void grow(struct verify_seen *seen)
{
    struct verify_seen larger = {.size = 2 * seen->size};
    larger.places = xcalloc(larger.size, sizeof(*larger.places));
    for (size_t i = 0; i < seen->size; i++)
        if (seen->places[i])
            take(&larger, seen->places[i]);
    free(seen->places);
    *seen = larger;
}

bool verify_seen_leaf(struct verify *v, uint64_t index, const uint8_t leaf[MERKLE_HASH_SIZE])
{
    uint64_t begin;
    uint8_t earlier[MERKLE_HASH_SIZE];
    memcpy(&begin, leaf, sizeof(begin));
    if (2 * (v->seen->count + 1) > v->seen->size)
        grow(v->seen);
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
