/* Suites side by side: one process a job, each with a shared cluster of its own. What a suite
 * prints comes out in one piece when it ends, with how long it took. */
#ifndef TESTS_JOBS_H
#define TESTS_JOBS_H

#include <check.h>
#include <stddef.h>

struct job_suite {
    const char *name;
    Suite *(*make)(void);
};

/* Runs the suites in this order as jobs become free, and closes with Check's totals over all of
 * them. Returns how many checks failed; a suite whose process died counts as one. */
int jobs_run(const struct job_suite *suites, size_t count, size_t jobs);

#endif
