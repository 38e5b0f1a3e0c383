/* Empty partitions of a category with drop_empty = true are dropped by a function that belongs to
 * the table's owner: the worker owns nothing, and may call it.
 *
 * What the function is follows from the policy and the catalog alone, so that setup prints it, and
 * the worker calls that very one. Its name holds a digest of what it does: one that was made for
 * another starting point is another function. */
#ifndef POLICY_DROP_H
#define POLICY_DROP_H

#include <stdbool.h>
#include <stddef.h>

#include "pg/catalog.h"
#include "policy/model.h"

struct arena;

#define DROP_ARGUMENTS "(leaf oid, due timestamptz, wait_ms integer)"
#define DROP_TYPES     "(oid, timestamptz, integer)"

struct drop_plan {
    const struct category *category;
    const struct catalog_table *table;
    const char *schema, *name; /* of the function, not quoted; in the table's schema */
    const char *function;      /* quoted and qualified, without () */
    const char *body;          /* as pg_proc.prosrc holds it */
    const char *settings;      /* as pg_proc.proconfig holds them, a line each */
    /* What the worker runs for one partition; one value: why it is not dropped, NULL: it was. $1:
     * its oid, $2: how long to wait, in ms, $3: the run's time, $4: the term, $5: the run, $6, $7:
     * the category and its text's SHA-256. Nothing is dropped while a hold of the category is in
     * force: no record would be lost, but whoever placed it may expect that nothing changes. */
    const char *call;
    /* Explains a statement that reads every partition but those that are wholly past; $1: the run's
     * time. Only those are worth a call: the function judges by itself. */
    const char *open;
};

/* What in the policy does not go with drop_empty, behind its name, and what to do; NULL: all does,
 * or it is not asked for. */
const char *drop_problem(const struct category *category, const char **ret_hint);

/* Has the table the starting point as a column by whose bounds a partition is known to be past? */
bool drop_goes_by(const struct catalog_table *table, const struct category *category);

/* What the names of all functions begin with that were made for the table. In the arena. */
const char *drop_family(struct arena *arena, const struct catalog_table *table);

/* NULL where empty partitions are not, or cannot be, dropped. In the arena. */
const struct drop_plan *drop_build(struct arena *arena, const struct category *category,
                                   const struct catalog *catalog);

#endif
