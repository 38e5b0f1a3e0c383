/* Inside the SQL builder: policy/sql_*.c. See policy/sql.h for what it promises.
 *
 * A statement is made of expressions, C strings in the arena; each may stand in several places, or
 * in none. Parameters and the aliases of subqueries (c1, p2, ...) carry marks that sql_finish
 * replaces by numbers, so the expressions of one statement are made between sql_begin and it.
 *
 * Moments. A starting point is a timestamptz expression that is NULL where it is unknown; a leaf of
 * it (one column) yields '-infinity' instead of NULL for a value that is there but unusable
 * (infinite, before not_before, after the year 9999, unreadable), where the caller must tell them
 * apart, because `nulls = "ignore"` forgives what is not there, and nothing else.
 *
 * Months and days are added in the session's time zone, which the engine sets to the category's for
 * each transaction; conversions name the zone themselves. So does what a statement asks of another
 * category's conditions, where that is of another zone (sql_in_own_zone). */
#ifndef POLICY_SQL_PRIVATE_H
#define POLICY_SQL_PRIVATE_H

#include "base/arena.h"
#include "base/text.h"
#include "pg/catalog.h"
#include "policy/quote.h"
#include "policy/resolve.h"
#include "policy/sql.h"

/* A table under an alias; columns taken from it are noted where `used` is not NULL. */
struct sql_scope {
    const struct catalog_table *table;
    const char *alias;
    struct string_list key; /* what a child's `by` holds where no foreign key says it */
    struct string_list *used;
};

/* A subquery's rows: those of `inner` that meet `where`, which names the row of alias `outer`. */
struct sql_lookup {
    struct sql_scope inner;
    const char *outer;
    const char *where;
    bool last; /* `where` has subqueries of its own: what they read is locked before */
    const struct catalog_constraint *parent_key; /* of the outer row, to a parent; NULL: none */
    const struct catalog_constraint *child_key;  /* of a child, to the outer row; NULL: none */
};

/* A column that an expression names. */
struct sql_used {
    const struct catalog_table *table;
    const char *alias;
    const char *column;
};

/* Which way a starting point may move. */
enum sql_move { SQL_RISES = 1, SQL_FALLS = 2 };

struct sql_builder {
    struct arena *arena;
    const struct policy_set *set;
    const struct catalog *catalog;
    const struct category *category;
    const struct stage *stage;
    struct sql_scope target;            /* alias t */
    const char *timezone;               /* of the category whose conditions are being written */
    const char *session_zone;           /* of the session that runs the statement */
    const struct string_list *forecast; /* categories that act before; NULL: none is foreseen */
    unsigned shapes;             /* enum sql_shape: scopes of holds that rows are compared with */
    const struct category *told; /* its scopes of other shapes are told of beside, by sql_unasked */
    bool only_held;              /* rows that are waited for count only where they are held */
    bool literal;                /* values stand in the text: there are no parameters */
    const char *run_time;        /* not NULL: stands in the text, as moments do */
    bool example;                /* made-up values: there is no record */
    bool trial;                  /* tried and rolled back: nobody makes digests */
    bool foreseen; /* what another category does is being written, which may wait for a third */
    bool one_row;  /* it asks about one row, and there is a scope: they are looked up, not hashed */
    unsigned moves; /* enum sql_move: scopes count only where that could free a record */
    const struct catalog_table *added; /* then: the table of NEW, the row that is added */
    size_t aliases;
    struct sql_param *params;
    const char **param_types;
    size_t param_count;
    const struct catalog_table **reads; /* tables read by subqueries since sql_reads_begin */
    size_t read_count;
    struct sql_lookup *lookups; /* made since sql_begin */
    size_t lookup_count;
    struct sql_used *used; /* every column named since sql_begin */
    size_t used_count;
    struct sql_read_column *columns; /* every column named, in any statement */
    size_t column_count;
};

/* sql_name.c: names and types */
const char *sql_type(struct arena *arena, const struct catalog_column *column);
/* The type of values: its base type for a domain. */
const char *sql_base_type(struct arena *arena, const struct catalog_column *column);
bool sql_is_integer(const struct catalog_column *column);
bool sql_is_text(const struct catalog_column *column);
/* "=" or "OPERATOR(schema.=)" for a type whose operators are not pg_catalog's. */
const char *sql_operator(struct arena *arena, const struct catalog_column *column, const char *op);
/* A value's text as its type prints it. A cast to text is what whoever owns the type says it is
 * (CREATE CAST); that of an enum is never asked. Types of other kinds that decide are built in. */
const char *sql_as_text(struct arena *arena, const struct catalog_column *column, const char *raw);
/* A value's text, the same whatever the session's settings: as digests and scopes of holds need it.
 */
const char *sql_canonical_text(struct arena *arena, const struct catalog_column *column,
                               const char *raw);
/* The key column's text as digests need it: the same whatever the session's time zone. */
const char *sql_key_text(struct sql_builder *b, const struct sql_scope *scope, const char *name);
/* The same as bigint or uuid, where the worker prints it (batch_key_text), for that is faster. */
const char *sql_key_value(struct sql_builder *b, const struct sql_scope *scope, const char *name);
void sql_list_add(struct arena *arena, struct string_list *list, const char *item);

/* sql_basis.c */
void sql_note_column(struct sql_builder *b, const struct catalog_table *table, const char *column);

/* sql_builder.c: statements under construction, tables, links between them */
void sql_builder_init(struct sql_builder *b, struct arena *arena, const struct policy_set *set,
                      const struct category *category, size_t stage, const struct catalog *catalog);
void sql_begin(struct sql_builder *b);
struct sql_statement sql_finish(struct sql_builder *b, const char *text);
const char *sql_param(struct sql_builder *b, enum sql_param_kind kind, size_t index,
                      const char *value, const char *type);
const char *sql_value(struct sql_builder *b, const char *value, const char *type);
const char *sql_run_time(struct sql_builder *b);
const char *sql_zone(struct sql_builder *b);
const char *sql_period(struct sql_builder *b, const struct period *period);
/* Is the category whose conditions are being written of the session's time zone? */
bool sql_in_own_zone(const struct sql_builder *b);
/* A moment and a period later, in the category's time zone; a moment is written once. */
const char *sql_later(struct sql_builder *b, const char *moment, const struct period *period);
const char *sql_column(struct sql_builder *b, const struct sql_scope *scope, const char *name);
const struct catalog_table *sql_catalog_table(const struct sql_builder *b, struct table_name name);
/* A table read by a subquery, under a fresh alias. */
struct sql_scope sql_read(struct sql_builder *b, struct table_name name, char letter);
const char *sql_alias(struct sql_builder *b, char letter);
struct string_list sql_primary_key(struct arena *arena, const struct catalog_table *table);
/* Which columns of `to` the `by` columns of `from` hold; asserts that it can be resolved. */
struct reference sql_reference(const struct sql_builder *b, const struct catalog_table *from,
                               const struct string_list *by, const struct catalog_table *to,
                               const struct string_list *key);
/* "c1.rec_id = t.id AND ..." */
const char *sql_joined(struct sql_builder *b, const struct reference *reference,
                       const struct sql_scope *from, const struct sql_scope *to);
/* Every subquery over the application's tables is noted: sql_lock_reads locks what it reads. */
void sql_note_lookup(struct sql_builder *b, const struct sql_lookup *lookup);
/* (SELECT expr FROM parent p WHERE ...) for `by` columns of scope; the parent's scope is made by
 * sql_parent_scope. */
const char *sql_from_parent(struct sql_builder *b, const struct sql_scope *scope,
                            const struct ref *ref, const struct sql_scope *parent,
                            const char *expression);
/* Which rows of child hang on the row of scope. */
const char *sql_child_where(struct sql_builder *b, const struct sql_scope *scope,
                            const struct string_list *by, const struct sql_scope *child);
/* "schema.table", ONLY before it where it is a plain table. */
const char *sql_from(struct sql_builder *b, const struct catalog_table *table);

/* sql_start.c: starting points */
struct sql_start {
    const char *text; /* timestamptz, NULL where unknown */
    bool cheap;       /* own columns only: may be written more than once */
};
struct sql_start sql_start(struct sql_builder *b, const struct sql_scope *scope,
                           const struct start *start);
/* What the column of ref gives in a row of scope by itself. */
const char *sql_own_start(struct sql_builder *b, const struct sql_scope *scope,
                          const struct start *start, const struct ref *ref);
/* (SELECT expr FROM (SELECT value AS v OFFSET 0) x): value is computed once. */
const char *sql_let(struct sql_builder *b, const char *alias, const char *value,
                    const char *expression);
/* The column's or jsonb path's value of ref in scope, as it is stored (text for a path). */
const char *sql_raw(struct sql_builder *b, const struct sql_scope *scope, const struct ref *ref);
/* The same as text (sql_as_text). */
const char *sql_ref_text(struct sql_builder *b, const struct sql_scope *scope,
                         const struct ref *ref);
/* Is what stands at ref's path more than one value: an array or an object that is not empty, or
 * nothing because there is an array on the way? ref has a path. */
const char *sql_is_many(struct sql_builder *b, const struct sql_scope *scope,
                        const struct ref *ref);
/* Is it one value: a string or a number? ref has a path. */
const char *sql_is_one(struct sql_builder *b, const struct sql_scope *scope, const struct ref *ref);
/* A raw value as moment, for conditions: infinite stays infinite, unreadable is NULL. */
const char *sql_moment(struct sql_builder *b, const struct catalog_column *column,
                       const struct ref *ref, const char *raw);
/* Can it be unreadable? */
bool sql_moment_may_fail(const struct catalog_column *column, const struct ref *ref);
const char *sql_guarded_number(struct arena *arena, const char *raw);

/* sql_condition.c: `only`, "rest", keep_while */
const char *sql_conditions(struct sql_builder *b, const struct sql_scope *scope,
                           const struct conditions *conditions);
/* The same of keep_while: a value that is there but cannot be read keeps the record. */
const char *sql_keeping_conditions(struct sql_builder *b, const struct sql_scope *scope,
                                   const struct conditions *conditions);
/* Does category's `only` take the row of scope (its table)? Never ends in an error for a row. */
const char *sql_claim(struct sql_builder *b, const struct sql_scope *scope,
                      const struct category *category);

/* sql_due.c: when a row falls due */
const struct start *sql_stage_start(const struct sql_builder *b);
/* Moment at which the row falls due, NULL where it has not started. */
const char *sql_due_at(struct sql_builder *b);
/* By stage and agreement alone; start is an expression that may be repeated. */
const char *sql_stage_due(struct sql_builder *b, const char *start);
const char *sql_cap_end(struct sql_builder *b); /* NULL (C) where there is no cap */
/* Is the row due at the run's time? Most rows are told by a comparison, without adding the period:
 * only those that begin within days of the run's time less the period need the sum. */
const char *sql_is_due(struct sql_builder *b);
/* Is the period one and the same, and the starting point a column of the row? Then a row that began
 * first falls due first (but within the hour in which clocks are put back). */
bool sql_due_is_plain(const struct sql_builder *b);
/* Where it is: is what began at `start` due? `prefiltered`: sql_prefilter was asked before. */
const char *sql_due_by(struct sql_builder *b, const char *start, bool prefiltered);
/* A moment: what began at or before it is due, whatever months and clock changes make of the sum.
 */
const char *sql_surely_due(struct sql_builder *b);
/* A condition that every due row meets and an index can use, or NULL. */
const char *sql_prefilter(struct sql_builder *b);
/* A tenant as agreements name it: equal values are equal texts. */
const char *sql_agreed_tenant(struct sql_builder *b, const struct sql_scope *scope,
                              const struct ref *ref);
const char *sql_tenant_text(struct sql_builder *b); /* of the target row, one of several */
struct sql_statement sql_agreements(struct sql_builder *b);

/* sql_whole.c: EXPLAIN (FORMAT JSON) of the leaf's rows that may not be due by their starting
 * point; empty where more than that decides, or anything has to be told of each record. */
struct sql_statement sql_whole_proof(struct sql_builder *b, const char *leaf);

/* sql_free.c: what keeps a due row */
const char *sql_keep_while(struct sql_builder *b, const struct keep_while *keep);
const char *sql_floor_end(struct sql_builder *b, const struct duration_rule *floor);
/* Does the floor keep records from the stage? */
bool sql_floor_applies(const struct sql_builder *b, const struct duration_rule *floor);
const char *sql_waits(struct sql_builder *b, const struct category *other);
/* How many categories the stage waits for: what leaves the record where it is waits for none. */
size_t sql_wait_count(const struct sql_builder *b);
const char *sql_paused(struct sql_builder *b); /* NULL (C) where there is no tenant */
/* Is an earlier stage still to count the row, and (forecast) does not in the same run? NULL (C):
 * there is none that counts and keeps. */
const char *sql_uncounted(struct sql_builder *b);
/* Does it count the row in the same run? NULL (C): there is none. */
const char *sql_counted_first(struct sql_builder *b);

/* What an action's condition leaves out: what reads dependants' tables, once they are gone. */
enum sql_skip { SKIP_NOTHING, SKIP_DEPENDANTS };

/* sql_held.c: holds */
const char *sql_held(struct sql_builder *b, enum sql_skip skip);
/* Are there scopes that the statement does not ask for (b->shapes)? About no row. */
const char *sql_unasked(struct sql_builder *b);
/* The same as sql_held, by scopes of one hold (an expression). */
const char *sql_held_by(struct sql_builder *b, const char *hold);
/* Which subjects of one hold (an expression) do records have that it covers? A query: form, value.
 * "" where the category has no subject. */
const char *sql_found_subjects(struct sql_builder *b, const char *hold);
/* Has scope h a range that a starting point could leave? */
const char *sql_has_range(struct sql_builder *b, const char *h);
/* Is the whole category held? About no row. */
const char *sql_held_wholly(struct sql_builder *b);
/* The holds that cover the row: a JSON array of uuids. */
const char *sql_holds(struct sql_builder *b);
/* A value of a record as holds and pauses compare it: what retention.canonical_text makes of it. */
const char *sql_held_text(struct sql_builder *b, const struct sql_scope *scope,
                          const struct ref *ref);
/* A subject's value in the target row, as holds compare it; NULL where it is not certain who it is,
 * so that whoever counts subjects counts nobody. */
const char *sql_subject_text(struct sql_builder *b, const struct ref *ref);
/* What category.hold_bound is while the policy is in effect: a JSON document, equal as jsonb. */
const char *sql_hold_bound(struct arena *arena, const struct policy_set *set,
                           const struct category *category, const struct catalog *catalog);
/* category.hold_facts: "phone e164 text"; the type of a value, as a hold's values are read. */
const char *sql_subject_form(struct sql_builder *b, const struct ref *ref);
const char *sql_fact_type(const struct catalog_column *column);
/* The type of a reference to a column of this table; "json" for a value in a document. */
const char *sql_ref_type(const struct ref *ref, const struct catalog_table *table);

/* sql_kept.c: does a held record, of any category, read the row or one that hangs on it, so that it
 * would lose its hold with it? NULL (C) where none can. */
const char *sql_kept(struct sql_builder *b, enum sql_skip skip);

/* sql_transform.c: stages that de-identify */
/* The same column, of what its domain is over: for expressions that only look. What the domain
 * refuses must fail where one record is changed, which is then set aside. */
struct catalog_column sql_without_domain(struct sql_builder *b,
                                         const struct catalog_column *column);
/* Has the row passed the stage? Its values, and the mark, say so. */
const char *sql_passed(struct sql_builder *b);
/* "a = f(a), b = ...": after SET. */
const char *sql_changes(struct sql_builder *b);
/* The same of a dependant's row: NULL (C) where the stage changes none of its columns. */
const char *sql_dependant_changes(struct sql_builder *b, const struct sql_scope *row,
                                  const struct dependant *dependant);
const char *sql_dependant_changed(struct sql_builder *b, const struct sql_scope *row,
                                  const struct dependant *dependant);
/* In RETURNING: has the row the values that were set? */
const char *sql_changed(struct sql_builder *b);
/* Columns whose new values the worker makes. */
const struct transform **sql_hashed(struct sql_builder *b, size_t *ret_count);
/* Has it the values that the worker made new ones of? NULL (C): it makes none. */
const char *sql_hashed_known(struct sql_builder *b);
struct sql_statement sql_read_values(struct sql_builder *b, const char *leaf);
/* Does the stage need of a row what it was before? Then it acts on locked rows only. */
bool sql_reads_before(const struct stage *stage);

/* sql_statement.c */
/* The whole condition of an action, "a\n   AND b ...". */
const char *sql_action_condition(struct sql_builder *b, enum sql_skip skip);
void sql_add_and(struct text *text, const char *condition);
const char *sql_take_text(struct arena *arena, struct text *text);

/* sql_lock.c: what an action's condition reads from other rows is locked before it is judged */
void sql_lock_reads(struct sql_builder *b, const char *leaf, struct sql_leaf *out);

/* sql_aggregate.c: stages that aggregate */
/* ", ..." in RETURNING: what is counted of a record. */
const char *sql_counted(struct sql_builder *b);
/* Rolls the rows of the CTE `gone` up, which have these columns: how many were counted. */
const char *sql_rolled_up(struct sql_builder *b, const char *gone);
struct sql_statement sql_close_cells(struct sql_builder *b);

/* sql_quasi.c: groups of records that share their quasi-identifiers */
bool sql_is_quasi(const struct stage *stage, const char *column);
/* The column's new value: NULL where its group is too small. */
const char *sql_quasi_change(struct sql_builder *b, const char *column);
/* What the mark becomes. */
const char *sql_quasi_cohort(struct sql_builder *b);
/* Are the quasi-identifiers that the row has those of a group that may keep them? */
const char *sql_quasi_done(struct sql_builder *b);
/* ", ..." of a row as it was: what is counted. And: adds such rows, how many were counted. */
const char *sql_quasi_counted(struct sql_builder *b);
const char *sql_quasi_added(struct sql_builder *b, const char *rows);
struct sql_statement sql_groups(struct sql_builder *b);
struct sql_statement sql_keep_groups(struct sql_builder *b);
struct sql_statement sql_settle_groups(struct sql_builder *b);

/* sql_plan.c, sql_explain.c, sql_relation.c */
struct sql_statement sql_plan(struct sql_builder *b);
struct sql_statement sql_tenants(struct sql_builder *b);
struct sql_statement sql_explain(struct sql_builder *b);
void sql_relations(struct sql_builder *b, struct sql_category *out);
/* The dependants that the stage acts on: all where it removes the record, else those whose columns
 * it changes, and what they hang on. */
const struct dependant *sql_dependants(const struct sql_builder *b, size_t *ret_count);
bool sql_is_dependant(const struct sql_builder *b, const struct catalog_table *table);
/* Of a stage that changes records: is the dependant's row, or one that hangs on it, not done yet?
 * NULL (C): it is not for this stage. */
const char *sql_undone(struct sql_builder *b, const struct sql_scope *row,
                       const struct dependant *dependant);
/* Key columns that statements on the category's own rows return. */
struct string_list sql_returned_key(const struct sql_builder *b);

/* Locks a table as DELETE or UPDATE would, whatever the rows. LOCK TABLE takes a privilege on the
 * whole table, which who changes columns only has not: a plan of an UPDATE of one of them, which is
 * not executed, takes the same lock. NULL `column`: none is changed. sql_relation.c */
const char *sql_lock_to_act(struct sql_builder *b, const char *table, const char *column);

#endif
