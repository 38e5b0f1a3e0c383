#include "engine/pace.h"

static void refill(struct pace *pace, int64_t now_us)
{
    double rate = (double)pace->rows_per_second;
    pace->available += (double)(now_us - pace->at_us) / 1e6 * rate;
    if (pace->available > rate)
        pace->available = rate;
    pace->at_us = now_us;
}

void pace_init(struct pace *pace, int64_t general, int64_t category, int64_t now_us)
{
    int64_t rate = general;
    if (category > 0 && (rate == 0 || category < rate))
        rate = category;
    *pace = (struct pace){.rows_per_second = rate, .available = (double)rate, .at_us = now_us};
}

void pace_spend(struct pace *pace, int64_t rows, int64_t now_us)
{
    if (pace->rows_per_second == 0)
        return;
    refill(pace, now_us);
    pace->available -= (double)rows;
}

int64_t pace_wait_us(struct pace *pace, int64_t now_us)
{
    if (pace->rows_per_second == 0)
        return 0;
    refill(pace, now_us);
    if (pace->available > 0)
        return 0;
    return (int64_t)(-pace->available / (double)pace->rows_per_second * 1e6) + 1000;
}

int64_t pace_batch_rows(const struct pace *pace, int64_t most)
{
    if (pace->rows_per_second == 0 || pace->rows_per_second > most)
        return most;
    return pace->rows_per_second;
}
