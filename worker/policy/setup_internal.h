/* Shared by the files of policy/setup*.c: the script under way. */
#ifndef POLICY_SETUP_INTERNAL_H
#define POLICY_SETUP_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "pg/catalog.h"
#include "policy/model.h"
#include "policy/needs.h"

struct arena;
struct guard_plan;
struct text;

struct script {
    struct text *out;
    struct arena *arena;
    const struct catalog *catalog;
    const char *role; /* quoted */
    const char *owner_role, *worker_role, *reader_role;
    const char *reader_name; /* not quoted */
    bool remove;
    struct needs needs;
    struct string_list index_names; /* "schema.name" given to new indexes so far */
    const struct guard_plan **guards;
    size_t guard_count;
    bool told_hidden; /* that the reader must bypass row-level security */
};

/* setup.c: names as they stand in comments and in what psql says. */
const char *setup_shown_table(struct script *script, const struct catalog_table *table);
const char *setup_shown_owner(struct script *script, const struct catalog_table *table);

/* setup.c: says once what a superuser must run where the reader does not see all rows. */
void setup_write_hidden(struct script *script, const struct catalog_table *table);

/* setup_aggregate.c */
void setup_write_targets(struct script *script, const struct policy_set *set);

/* setup_drop.c: the functions that drop empty partitions. */
void setup_write_drops(struct script *script, const struct policy_set *set);

/* setup_guard.c */
void setup_write_guards(struct script *script, const struct policy_set *set);

#endif
