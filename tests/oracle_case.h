/* A random database, a random policy over it, and a plain SQL statement that says what is due:
 * everything of a case follows from its seed. See tests/oracle_case.c. */
#ifndef TESTS_ORACLE_CASE_H
#define TESTS_ORACLE_CASE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

struct oracle_case {
    uint64_t seed;
    const char *timezone;
    char run_time[64];       /* timestamptz text with offset */
    struct text tables;      /* creates and fills schema o; run in the time zone, as superuser */
    struct text policy;      /* libconfig; the category is "c" */
    struct text expected;    /* SELECT r.id FROM o.<table> r WHERE <due and free> */
    struct text claimed;     /* a condition over r: does the category take it? */
    char table[80];          /* o."name" of the records */
    char relation[80];       /* the same as PostgreSQL quotes it */
    const char *key_text[2]; /* expressions over r that print the key as digests need it */
    int key_count;
    bool partitioned;
    bool has_dependants; /* o.child, o.grandchild below it */
    bool whole_table;    /* no other category: what `only` does not take is unclaimed */
};

void oracle_case_make(struct oracle_case *c, uint64_t seed);
void oracle_case_free(struct oracle_case *c);

#endif
