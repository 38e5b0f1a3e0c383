/* Shared by the files of policy/validate*.c: one check of one policy set against one catalog. */
#ifndef POLICY_VALIDATE_INTERNAL_H
#define POLICY_VALIDATE_INTERNAL_H

#include "pg/catalog.h"
#include "policy/model.h"
#include "policy/resolve.h"

struct arena;

/* The category under check and what was seen of it so far. */
struct check {
    const struct policy_set *set;
    const struct catalog *catalog;
    struct diags *diags;
    struct arena *arena; /* scratch, gone after policy_validate */
    const struct category *category;
    const struct catalog_table *table;
    bool *accepted; /* per accept_triggers: it named something that is there */
};

/* What a reference gives. */
struct value {
    const struct catalog_column *column; /* NULL: could not be resolved (and was reported) */
    const char *type;                    /* base type; "text" for a value inside jsonb */
    bool may_be_null;
};

/* True where the category is about a table of this database at all. */
bool check_is_about_table(const struct category *category);

/* validate_table.c: the relation itself. NULL, and reported, where there is none that can be read
 * and acted on. */
const struct catalog_table *check_table(struct check *check, struct position at,
                                        struct table_name name);
/* Everything that stands in the way of deleting from it: row security, rules, triggers, ... */
void check_act(struct check *check, struct position at, const struct catalog_table *table);
/* Functions that are not built in, and that a change of a row would call: those of constraints,
 * generated columns and indexes. */
void check_functions(struct check *check, struct position at, const struct catalog_table *table);
/* One function, called by what `where` says. */
void check_function(struct check *check, struct position at, const struct catalog_table *table,
                    const char *function, const char *where);
/* Row security on what is only read. */
void check_read(struct check *check, struct position at, const struct catalog_table *table);
void check_accepted(struct check *check);

/* validate_key.c */
void check_key(struct check *check, struct position at, const struct catalog_table *table,
               bool given, const struct string_list *key);

/* validate_column.c: columns, references, conditions, starting points, agreements. */
const struct catalog_column *check_column(struct check *check, struct position at,
                                          const struct catalog_table *table, const char *name);
struct value check_ref(struct check *check, const struct catalog_table *table,
                       const struct ref *ref);
/* Do the columns `by` of `from` hold a key of `to`? Reports what does not fit. */
bool check_by(struct check *check, struct position at, const struct catalog_table *from,
              const struct string_list *by, const struct catalog_table *to,
              const struct string_list *key, struct reference *ret_reference);
/* Can the columns of a reference be compared as they are? */
bool check_types(struct check *check, struct position at, const struct reference *reference);
void check_start(struct check *check, const struct catalog_table *table, const struct start *start);
void check_conditions(struct check *check, const struct catalog_table *table,
                      const struct conditions *only);
void check_references(struct check *check); /* all of the category's */

/* validate_foreign.c: foreign keys to what the category deletes; its dependants. */
void check_foreign_keys(struct check *check);

/* validate_hanging.c: dependants that hang on records of more than one kind. */
void check_hanging(struct check *check);

/* validate_aggregate.c: stages that aggregate, and their targets. */
void check_aggregates(struct check *check);

/* validate_transform.c: stages that de-identify. */
void check_transforms(struct check *check);

/* validate_reach.c: what rests on a column that a stage changes. The key is the table's. */
void check_reach(struct check *check, const struct transform *t,
                 const struct catalog_column *column, const struct string_list *key);
/* Does any policy judge records by the column, or by one that is generated from it? */
void check_decides(struct check *check, struct position at, const struct catalog_column *column);

/* validate_set.c: categories among themselves, and tables in no category. */
void check_overlap(struct check *check);
void check_coverage(struct check *check);
/* Do two lists of conditions, all of which must hold, contradict each other? */
bool check_contradict(const struct catalog_table *table, const struct conditions *a,
                      const struct conditions *b);
/* May one record of the table belong to both? */
bool check_may_share(const struct catalog_table *table, const struct category *a,
                     const struct category *b);

/* validate_literal.c: whether PostgreSQL would read the literal as the type. NULL: yes, or not
 * known for this type; else what is expected: "a whole number from -32768 to 32767". */
const char *literal_expected(const char *base_type, const struct literal *literal);
/* How the value that the text is read as is printed, a numeric without zeros at its end. NULL: not
 * known for this type, or for this text of it (a numeric with an exponent). */
const char *literal_printed(struct arena *arena, const char *base_type, const char *text);
/* True where two literals of the type are certainly different values; texts of some types differ
 * for equal values (1 and 1.0). */
bool literals_differ(const char *base_type, bool is_enum, const struct literal *a,
                     const struct literal *b);

/* "a", "b" and "c": names for messages, in the scratch arena; at most five, then "and 7 more". */
const char *check_names(struct check *check, const struct string_list *names);
/* "schema.table" without quotes, for messages. */
const char *check_name(struct check *check, const struct catalog_table *table);
/* did you mean "x"? or nothing */
void check_hint_nearest(struct check *check, struct diag *diag, const char *name,
                        const char *const *names, size_t count);

#endif
