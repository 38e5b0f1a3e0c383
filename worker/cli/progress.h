/* Progress of runs on standard error: on a terminal a bar with rate and time left, in place; else a
 * plain line now and then. Nothing with --json. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    bool terminal;
    bool silent;
    bool shown;         /* a bar stands on the line */
    int64_t printed_us; /* when the last line was printed */
};

void progress_init(struct progress *progress, bool silent);

/* `done` of `total` records of a category; elapsed since its run began. total < 0: not known. */
void progress_update(struct progress *progress, const char *category, int64_t done, int64_t total,
                     int64_t elapsed_us);

/* Takes the bar away, so that something else can be printed. */
void progress_clear(struct progress *progress);

#endif
