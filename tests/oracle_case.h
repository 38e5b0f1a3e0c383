/* A random database, a random policy over it, and a plain SQL statement that says what is due:
 * everything of a case follows from its seed. See tests/oracle_case.c. */
#ifndef TESTS_ORACLE_CASE_H
#define TESTS_ORACLE_CASE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

struct oracle_case {
    uint64_t seed;
    char schema[40];   /* of its tables */
    char category[40]; /* its policy's name; others in the same text begin with it */
    const char *timezone;
    char run_time[64];    /* timestamptz text with offset; rows crowd around it */
    struct text tables;   /* creates and fills the schema; run in the time zone, as superuser */
    struct text marks;    /* fills retention.held_scope, pause, agreement_state for the category */
    struct text policy;   /* libconfig */
    struct text expected; /* SELECT r.id FROM <table> r WHERE <due and free> */
    struct text claimed;  /* a condition over r: does the category take it? */
    char table[120];      /* of the records, as PostgreSQL quotes it */
    const char *key_text[2]; /* expressions over r that print the key as digests need it */
    int key_count;
    bool partitioned;
    bool has_dependants; /* o.child, o.grandchild below it */
    bool whole_table;    /* no other category: what `only` does not take is unclaimed */
};

/* number < 0: schema "o", category "c", and a run time that is drawn; else "o12", "c12", and the
 * run time given. */
void oracle_case_make(struct oracle_case *c, uint64_t seed, int number, const char *run_time);
void oracle_case_free(struct oracle_case *c);

#endif
