/* The sample database for tests. */
#ifndef TESTS_SAMPLE_H
#define TESTS_SAMPLE_H

/* Loads the sample as of 2026-07-24T00:00:00Z into a new database of the shared cluster; the caller
 * drops it and frees its name. */
char *sample_load(const char *rows, const char *seed);

#endif
