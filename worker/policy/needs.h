/* What a category needs of the database: privileges of the worker's role, and indexes.
 *
 * Validation reports what is missing, setup prints the statements that add it: both from these
 * lists, so that a database on which setup's text was run passes validation. */
#ifndef POLICY_NEEDS_H
#define POLICY_NEEDS_H

#include "pg/catalog.h"
#include "policy/model.h"

struct arena;

/* NEED_COUNT: not the worker's, but the reader's: what a hold covers is counted by reading it. */
enum { NEED_SELECT = 1, NEED_DELETE = 2, NEED_LOCK = 4, NEED_COUNT = 8, NEED_CHANGE = 16 };
/* What one can do without: leaves are emptied by rows then. */
enum { NEED_TRUNCATE = 32 };
enum { NEED_ACT = NEED_DELETE | NEED_CHANGE };

/* One a table of the policy; of a partitioned one that is acted on, the leaves need the same. */
struct table_need {
    const struct catalog_table *table;
    struct position at;      /* where the category names it first */
    unsigned privileges;     /* NEED_... */
    const char *lock_column; /* UPDATE on this column is enough to lock rows, also FOR SHARE: what a
                                verdict rests on is locked before it */
    struct string_list change; /* NEED_CHANGE: columns that are given other values */
};

struct index_need {
    const struct catalog_table *table;
    struct position at;
    struct string_list columns; /* leading ones, in any order */
    const char *why;            /* "the starting point", "the foreign key to \"a.b\"" */
};

struct needs {
    struct table_need *tables;
    size_t table_count;
    struct index_need *indexes;
    size_t index_count;
};

/* Tables and columns that do not exist are left out: validation reports them elsewhere. Adds to
 * what needs holds, each table and each index once. */
void needs_collect(struct arena *arena, const struct policy_set *set,
                   const struct category *category, const struct catalog *catalog,
                   struct needs *needs);

/* The bits of `privileges` that the worker lacks on this very table; of the need's columns, those
 * that it must not update. */
unsigned needs_missing(const struct catalog_table *table, const struct table_need *need);
struct string_list needs_missing_columns(struct arena *arena, const struct catalog_table *table,
                                         const struct table_need *need);

/* True where a usable index, or one on every leaf, leads with these columns. */
bool needs_index_exists(struct arena *arena, const struct catalog *catalog,
                        const struct index_need *need);

/* A name for a missing index: "call_recorded_at_idx", at most 63 bytes, not taken in the schema. */
const char *needs_index_name(struct arena *arena, const struct catalog *catalog,
                             const struct catalog_table *table, const struct string_list *columns);

#endif
