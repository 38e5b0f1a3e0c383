/* For tests of built statements: catalog facts, and going over all of them. */
#ifndef TESTS_SQL_SUPPORT_H
#define TESTS_SQL_SUPPORT_H

#include <libpq-fe.h>

#include "policy/sql.h"

/* The catalog as retentiond reads it; caller frees. */
struct catalog *sql_support_catalog(PGconn *conn);
/* With the privileges of a role (NULL: the connection's). */
struct catalog *sql_support_catalog_as(PGconn *conn, const char *role);

/* A value for the parameter with which a statement can be planned, or run where it only looks; the
 * run's time is 2026-07-24. NULL for a key. */
const char *sql_support_value(const struct sql_param *param);

typedef void sql_support_fn(const char *name, const struct sql_statement *statement, void *arg);
/* Every statement of a stage and of its first leaf, in a fixed order, under names that live in the
 * arena. */
void sql_support_each(struct arena *arena, const struct policy_set *set,
                      const struct category *category, size_t stage, const struct catalog *catalog,
                      sql_support_fn *fn, void *arg);
/* Fails the test if the server cannot plan the statement, or plans a join. arg: the connection. */
void sql_support_check_plan(const char *name, const struct sql_statement *statement, void *arg);

/* Scopes of every shape for each category of the set, `each` of every shape, none of which any
 * record has; the planner's statistics know them. Also of subjects of the category's own forms. */
void sql_support_hold(PGconn *conn, const struct policy_set *set, int each);
/* The count of a category's hold facts, with a hold in place of $1. */
struct sql_statement sql_support_count(struct arena *arena, const struct policy_set *set,
                                       const struct category *category,
                                       const struct catalog *catalog);

#endif
