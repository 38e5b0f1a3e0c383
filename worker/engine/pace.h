/* Pace: how fast records may go. A bucket of one second's worth of records; a batch spends what it
 * acted on, and who comes while the bucket is in debt is told how long to wait. */
#ifndef ENGINE_PACE_H
#define ENGINE_PACE_H

#include <stdint.h>

struct pace {
    int64_t rows_per_second; /* 0: not limited */
    double available;        /* records; may be negative */
    int64_t at_us;           /* when `available` was true */
};

/* The slower of the two rates counts; 0 means not limited. */
void pace_init(struct pace *pace, int64_t general, int64_t category, int64_t now_us);
void pace_spend(struct pace *pace, int64_t rows, int64_t now_us);
/* Microseconds until the next batch may start; 0: now. */
int64_t pace_wait_us(struct pace *pace, int64_t now_us);
/* The most records that one batch should act on, at most `most`. */
int64_t pace_batch_rows(const struct pace *pace, int64_t most);

#endif
