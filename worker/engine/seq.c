#include "engine/seq.h"

#include <assert.h>
#include <string.h>

#include "base/arena.h"

int64_t seq_take(struct seq_pool *pool, size_t count)
{
    for (size_t i = 0; i + count <= pool->free_count; i++) {
        if (pool->free[i + count - 1] - pool->free[i] != (int64_t)count - 1)
            continue;
        int64_t first = pool->free[i];
        memmove(pool->free + i, pool->free + i + count,
                (pool->free_count - i - count) * sizeof(*pool->free));
        pool->free_count -= count;
        return first;
    }
    int64_t first = pool->next;
    pool->next += (int64_t)count;
    return first;
}

static void insert(struct seq_pool *pool, int64_t number)
{
    if (pool->free_count == pool->capacity) {
        pool->capacity = pool->capacity ? pool->capacity * 2 : 16;
        pool->free = xrealloc(pool->free, pool->capacity * sizeof(*pool->free));
    }
    size_t at = pool->free_count;
    while (at > 0 && pool->free[at - 1] > number) {
        pool->free[at] = pool->free[at - 1];
        at--;
    }
    assert(at == 0 || pool->free[at - 1] != number);
    pool->free[at] = number;
    pool->free_count++;
}

void seq_give_back(struct seq_pool *pool, int64_t first, size_t count)
{
    for (size_t i = 0; i < count; i++)
        insert(pool, first + (int64_t)i);
    /* What lies at the very end was never used: it is no gap. */
    while (pool->free_count > 0 && pool->free[pool->free_count - 1] == pool->next - 1) {
        pool->free_count--;
        pool->next--;
    }
}

void seq_free(struct seq_pool *pool)
{
    free(pool->free);
    *pool = (struct seq_pool){0};
}
