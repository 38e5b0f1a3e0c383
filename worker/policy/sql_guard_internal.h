/* What the files of a guard share. */
#ifndef POLICY_SQL_GUARD_INTERNAL_H
#define POLICY_SQL_GUARD_INTERNAL_H

#include "policy/guard.h"
#include "policy/sql_private.h"

enum kind { KIND_OWN, KIND_HANGS, KIND_READ };

enum { DEPTH_MOST = 16 };

struct guarded {
    enum kind kind;
    const struct catalog_table *table;
    const struct dependant *path[DEPTH_MOST]; /* HANGS: from the category's table down to it */
    size_t depth;
    bool before;                /* row triggers BEFORE: the condition reads other tables */
    unsigned moves;             /* READ: which way rows that are added move the starting point */
    bool claims;                /* READ: the claim reads rows that are added */
    struct string_list columns; /* that decide, or that a stage changes */
    struct string_list key;     /* empty: none */
};

struct maker {
    struct sql_builder b;
    struct guard_plan *guard;
    struct guarded *all;
    size_t count;
    const char *bound; /* sql_hold_bound */
};

/* Is it judged for each row, by a trigger before it? Else a statement's rows are, behind it. */
bool guard_is_by_row(const struct guarded *g);

/* Fills `all`: the category's table first, then those that hang on it, then those that are read. */
void guard_find_tables(struct maker *m);

/* Conditions of SQL: does the category take the row t, and does a hold cover it; does one keep the
 * row under the alias t (OWN) or d (HANGS), or READ: the row `row` of its table, OLD or NEW?
 * `hold`: that one, else any. */
const char *guard_covered(struct sql_builder *b, const char *hold);
const char *guard_kept(struct maker *m, const struct guarded *g, const char *row, const char *hold);

/* "(old.a IS DISTINCT FROM new.a)", several joined by OR, in parentheses. */
const char *guard_differs(struct maker *m, const struct guarded *g, const char *old,
                          const char *new);

/* Of the function: as struct guard_function has them. */
const char *guard_body(struct maker *m, const struct guarded *g);
const char *guard_settings(struct maker *m, const struct guarded *g, const char *body);

/* Conditions of SQL, in the function's body, which run before anything is read of a row: does it
 * stand on another table; is a table that it looks up a view; is a column of another type than the
 * guard was made for? */
const char *guard_fires_elsewhere(struct maker *m, const struct catalog_table *table);
const char *guard_looks_at_view(struct maker *m, const struct guarded *g);
const char *guard_has_odd_types(struct maker *m, const struct guarded *g);

#endif
