/* What a policy's names mean in a database: tables, keys, and which columns a `by` joins.
 *
 * Validation says what cannot be resolved; the SQL builder and setup resolve the same way. */
#ifndef POLICY_RESOLVE_H
#define POLICY_RESOLVE_H

#include "pg/catalog.h"
#include "policy/model.h"

struct arena;

/* NULL where there is none. */
const struct catalog_table *resolve_table(const struct catalog *catalog, struct table_name name);

/* The top of a partition's tree; a table that is no partition itself. */
const struct catalog_table *resolve_root(const struct catalog *catalog,
                                         const struct catalog_table *table);

/* All leaves of a partitioned table, or the table itself; in the arena. */
const struct catalog_table **resolve_leaves(struct arena *arena, const struct catalog *catalog,
                                            const struct catalog_table *table, size_t *ret_count);

/* The key columns: those given, or the primary key's in its order; empty where there is none. */
struct string_list resolve_key(struct arena *arena, const struct catalog_table *table,
                               bool key_given, const struct string_list *key);

/* How rows of `from` name rows of `to`: its columns `by` hold, in this order, `columns` of `to`. */
struct reference {
    const struct catalog_table *from, *to;
    struct string_list by, columns;
    const struct catalog_constraint *foreign_key; /* NULL: none; `columns` is to's key then */
};

/* Finds the foreign key over exactly the columns `by` (in any order); where there is none, `by` is
 * taken to hold the columns `key` of `to` one by one. False where their numbers differ. */
bool resolve_reference(struct arena *arena, const struct catalog *catalog,
                       const struct catalog_table *from, const struct string_list *by,
                       const struct catalog_table *to, const struct string_list *key,
                       struct reference *ret_reference);

/* The foreign keys from the table of the category waited for, and from its dependants, to `to`. */
struct reference *resolve_wait(struct arena *arena, const struct catalog *catalog,
                               const struct category *waited_for, const struct catalog_table *to,
                               size_t *ret_count);

/* Types whose values can be compared with = without a cast of the column: the same, or both whole
 * numbers, or both text. Base types' names as in struct catalog_column. */
bool resolve_types_agree(const char *a, const char *b);

#endif
