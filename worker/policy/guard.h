/* The guard of a category: triggers that refuse to let any role delete or alter a held record.
 *
 * What they are follows from the policy and the catalog alone, so that setup prints it, validation
 * knows its own triggers again, and every run can tell whether they are as they should be. */
#ifndef POLICY_GUARD_H
#define POLICY_GUARD_H

#include <stdbool.h>
#include <stddef.h>

#include "pg/catalog.h"
#include "policy/model.h"

struct arena;

/* Schema of the functions; belongs to the reader, as they do. */
#define GUARD_SCHEMA "retention_guard"

struct guard_function {
    const char *name;     /* quoted and qualified, without () */
    const char *body;     /* as pg_proc.prosrc holds it */
    const char *settings; /* as pg_proc.proconfig holds them, a line each: "search_path=..." */
};

struct guard_trigger {
    const struct catalog_table *table;
    const char *name;
    /* As pg_get_triggerdef prints it with an empty search_path, which is a statement that makes it,
     * too. All fire ALWAYS: also where session_replication_role is replica. */
    const char *definition;
    size_t function;
    bool copied; /* PostgreSQL's copy, on a partition, of a row trigger of the table above */
};

struct guard_plan {
    const struct category *category;
    struct guard_function *functions;
    size_t function_count;
    struct guard_trigger *triggers; /* a table's before those of its partitions */
    size_t trigger_count;
    const struct catalog_table **tables; /* what the functions read */
    size_t table_count;
    char sha256[65]; /* over all of it */
};

/* NULL where the category has none: guard = "off", or declared. The policy must have been validated
 * against the catalog. In the arena. */
const struct guard_plan *guard_build(struct arena *arena, const struct policy_set *set,
                                     const struct category *category,
                                     const struct catalog *catalog);

enum guard_state { GUARD_IN_PLACE, GUARD_MISSING, GUARD_CHANGED };

/* How the triggers of the guard's catalog differ, the first difference in words: "trigger "x" of
 * "s.t" is disabled"; NULL: not at all. MISSING: not one of them is there. */
enum guard_state guard_compare(struct arena *arena, const struct guard_plan *guard,
                               const char **ret_problem);

/* True for a trigger that has the name and the function of a guard's. */
bool guard_is_named(const struct catalog_trigger *trigger);

#endif
