/* The numbers of a run's entries: dense from 0. A number is taken when a batch is about to commit;
 * one that was rolled back gives its number back, and the lowest free one is used next. What is
 * still free at the end of a run is a gap, closed by an `anomaly` entry. */
#ifndef ENGINE_SEQ_H
#define ENGINE_SEQ_H

#include <stddef.h>
#include <stdint.h>

struct seq_pool {
    int64_t next;  /* no number from here on was taken */
    int64_t *free; /* below next, ascending; owned */
    size_t free_count, capacity;
};

/* Takes `count` consecutive numbers, the lowest that are free together; returns the first. */
int64_t seq_take(struct seq_pool *pool, size_t count);
/* Gives back what seq_take returned. */
void seq_give_back(struct seq_pool *pool, int64_t first, size_t count);
void seq_free(struct seq_pool *pool); /* leaves {0} */

#endif
