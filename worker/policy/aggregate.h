/* The target of a stage that aggregates, as it must be: validation compares it with the table that
 * is there, setup makes it. */
#ifndef POLICY_AGGREGATE_H
#define POLICY_AGGREGATE_H

#include "pg/catalog.h"
#include "policy/model.h"

struct arena;

struct target_column {
    struct position at;
    const char *name;   /* in the target */
    const char *type;   /* as format_type prints it; NULL: its source is of no type that goes */
    const char * or ;   /* another type that will do, or NULL */
    const char *source; /* column of the table, or NULL: it is counted */
    bool is_dimension;
    bool may_be_null;
};

/* Dimensions first, then measures; columns of `table` that are not there have no type. */
struct target_column *aggregate_columns(struct arena *arena, const struct aggregate *aggregate,
                                        const struct catalog_table *table, size_t *ret_count);

#endif
