/* The policy model: what a policy directory says, as facts, with the position of every fact.
 *
 * Filled by policy/parse (from libconfig), checked by policy/validate (against pg/catalog), turned
 * into SQL by policy/sql. Everything lives in the arena of its `struct policy_set`; nothing is
 * changed once parsing is over. Strings are never NULL unless said so. */
#ifndef POLICY_MODEL_H
#define POLICY_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"
#include "base/window.h"

struct arena;

/* "schema.table" as two names, unquoted; written in policies as schema.table, parts that need it in
 * double quotes ("\"Weird Table\"" in libconfig). */
struct table_name {
    const char *schema;
    const char *name;
};

/* A period: PostgreSQL interval syntax, whole years to microseconds, kept in three parts because
 * they are not comparable. `text` is normalised ("1 year 1 mon", "3 days 04:00:00", "0 days":
 * base/span.h) and is what the database receives. */
struct period {
    const char *text; /* NULL: none */
    int32_t months;
    int32_t days;
    int64_t microseconds;
};

enum unit { UNIT_NONE, UNIT_EPOCH_S, UNIT_EPOCH_MS, UNIT_DAYS, UNIT_MONTHS };

enum ref_kind { REF_COLUMN, REF_PARENT, REF_CHILD };

/* How a child's many rows give one value. EACH: several tenants or subjects. */
enum child_pick { PICK_EACH, PICK_LATEST, PICK_EARLIEST };

struct string_list {
    const char **items;
    size_t count;
};
/* Whether the names have this one. */
bool string_list_has(const struct string_list *list, const char *item);
bool names_have(const char *const *names, size_t count, const char *name);

/* Wherever a column may stand. */
struct ref {
    struct position at;
    enum ref_kind kind;
    const char *column;       /* of the table itself, the parent or the child */
    struct string_list path;  /* into a jsonb column; empty: the column itself */
    struct table_name table;  /* REF_PARENT, REF_CHILD */
    struct string_list by;    /* REF_PARENT: columns of the table itself that hold the parent's key;
                                 REF_CHILD: columns of the child that hold the table's key */
    enum child_pick pick;     /* REF_CHILD */
    struct ref *none;         /* REF_CHILD of a start: used where there is no child; or NULL */
    const char *subject_kind; /* subjects: "phone", "email", ...; else NULL */
    const char *as;           /* "e164", "lower", or NULL */
    enum unit unit;
};

enum start_form { START_SINGLE, START_LATEST, START_EARLIEST };
enum round_up { ROUND_NONE, ROUND_DAY, ROUND_MONTH, ROUND_QUARTER, ROUND_YEAR };

struct start {
    struct position at;
    enum start_form form;
    struct ref *refs;
    size_t ref_count; /* 0: not given */
    bool ignore_nulls;
    enum round_up round_up;
    const char *not_before; /* ISO date or timestamp; default "1970-01-02" */
};

enum condition_op {
    OP_EQ,
    OP_NE,
    OP_LT,
    OP_LE,
    OP_GT,
    OP_GE,
    OP_IN,
    OP_NOT_IN,
    OP_IS_NULL,
    OP_OLDER_THAN,
    OP_YOUNGER_THAN
};

enum literal_type { LITERAL_STRING, LITERAL_INTEGER, LITERAL_FLOAT, LITERAL_BOOLEAN };

struct literal {
    enum literal_type type;
    const char *text; /* as PostgreSQL reads it: "true", "-12", "1.5", the string itself */
};

/* What a NULL on the left side does: unsaid (it is skipped, with a warning), match, or skip. */
enum on_null { ON_NULL_UNSAID, ON_NULL_MATCH, ON_NULL_SKIP };

/* One operator on one reference; `{ column = "n"; ge = 1; lt = 9; }` is parsed as two. */
struct condition {
    struct position at;
    struct ref ref;
    enum condition_op op;
    struct literal *values; /* one, but for OP_IN and OP_NOT_IN; none for the last three */
    size_t value_count;
    bool is_null;         /* OP_IS_NULL: true: must be NULL; false: must not */
    struct period period; /* OP_OLDER_THAN, OP_YOUNGER_THAN: against the run's time */
    enum on_null on_null; /* `nulls = "match" | "skip"` */
};

/* all AND (any OR any ...), or "rest": rows that no other category of the table takes. */
struct conditions {
    struct position at;
    bool rest;
    struct condition *all;
    size_t all_count;
    struct condition *any;
    size_t any_count;
};

/* Rows acted on before their parent; may have dependants of their own. */
struct transform;
struct dependant {
    struct position at;
    struct table_name table;
    struct string_list by;     /* columns of the dependant that hold the parent's key */
    struct string_list key;    /* empty: its primary key */
    struct transform *columns; /* what becomes of it where a stage changes the record */
    size_t column_count;
    const char *stage; /* which stage; NULL: the only one that changes records */
    struct dependant *with;
    size_t with_count;
};

struct duration_rule { /* keep_at_least (many), keep_at_most (one) */
    struct position at;
    struct period period;
    const char *because;
    struct start start; /* ref_count 0: the category's */
    const char *stage;  /* keep_at_least: the only stage that it keeps from; NULL: all */
};

struct keep_while {
    struct position at;
    bool has_child; /* false: the conditions are on the table itself */
    struct table_name child;
    struct string_list by;
    struct conditions only;
    const char *because;
};

enum action { ACTION_DELETE, ACTION_DEIDENTIFY, ACTION_AGGREGATE };

/* A dimension of an aggregate: a column's value, or the period that a moment lies in. */
enum by_unit { BY_VALUE, BY_DAY, BY_WEEK, BY_MONTH, BY_QUARTER, BY_YEAR };

struct aggregate_by {
    struct position at;
    const char *column;
    int truncated;  /* as = "date_trunc" */
    int unit;       /* enum by_unit; BY_VALUE: not truncated */
    const char *to; /* column of the target; default: column */
};

enum measure_kind {
    MEASURE_COUNT,
    MEASURE_SUM,
    MEASURE_HISTOGRAM,
    MEASURE_SUBJECTS,
    MEASURE_KINDS
};

struct measure {
    struct position at;
    enum measure_kind kind;
    const char *column;        /* of sums and histograms, else NULL */
    const char *to;            /* column of the target */
    struct string_list bounds; /* of histograms: numbers, rising */
};

struct aggregate {
    struct table_name into;
    struct aggregate_by *by; /* one of them is truncated */
    size_t by_count;
    struct measure *measures;
    size_t measure_count;
    struct string_list fold; /* columns of the target */
    struct position fold_at;
    bool keeps; /* then = "deidentify": the records stay, and are de-identified when they count */
};

/* What there is to know of an action: one table (model.c), for parser, statements and messages. */
struct policy_action {
    const char *name; /* "delete": in policies, entries, JSON */
    const char *does; /* "deletes", "de-identifies": in sentences */
    const char *past; /* "deleted" */
    bool available;   /* false: refused, not available in this version */
};

/* What becomes of one column. Which parameters there are is for the transformation to say
 * (policy/transform.h); those not given are NULL, empty or -1. */
struct transformation;
struct transform {
    struct position at;
    const char *column;
    const struct transformation *as;       /* NULL: unknown, and reported */
    struct literal value, width, min, max; /* text NULL: not given */
    struct literal *bounds;
    size_t bound_count;
    struct string_list paths, small, allow;
    const char *keep, *unit, *fill, *domain;
    int64_t length, v4, v6, first, last;
    bool clamp;
};

enum claim { CLAIM_NONE, CLAIM_ANONYMOUS };

struct stage {
    struct position at;
    const char *name; /* default: the action's name */
    struct period after;
    enum action action;
    struct start start;          /* ref_count 0: the category's */
    struct conditions only;      /* of its own, in addition */
    struct aggregate *aggregate; /* ACTION_AGGREGATE, else NULL */
    int64_t k; /* distinct subjects that a published cell, or a group of records that share their
                  quasi-identifiers, counts at least; default 11 */
    /* of stages that change records */
    struct transform *columns;
    size_t column_count;
    const char *mark; /* the column that says that it is done; NULL: the values say it */
    enum claim claim;
    struct string_list quasi; /* ACTION_DEIDENTIFY: columns that fewer than k subjects must not
                                 share; none: nothing is counted */
};

struct agreement {
    struct position at;
    const char *tenant;
    const char *stage; /* NULL: every stage (there is only one) */
    struct period after;
    const char *because;
};

struct agreement_table {
    struct position at; /* file NULL: none */
    struct table_name table;
    const char *tenant; /* column of that table */
    const char *period; /* column: interval, or an integer with a unit */
    enum unit unit;
    const char *stage;
    struct period min, max, settle; /* min and max are required; settle defaults to "14 days" */
};

enum role { ROLE_CONTROLLER, ROLE_PROCESSOR };
enum mode { MODE_OBSERVE, MODE_ENFORCE, MODE_DECLARED };
enum evidence { EVIDENCE_RECORDS, EVIDENCE_COUNTS };
enum guard { GUARD_OFF, GUARD_OBSERVE, GUARD_REFUSE };
enum strategy { STRATEGY_AUTO, STRATEGY_INDEX, STRATEGY_SWEEP, STRATEGY_PARTITION };

struct accepted_trigger {
    struct position at;
    const char *name;
    const char *sha256; /* 64 hex digits of the definition */
};

struct brake {
    struct position at;     /* line 0: all defaults */
    int64_t rows;           /* default 1 000 000 */
    double fraction;        /* of the category's rows; default 0.25 */
    double tenant_fraction; /* of a tenant's rows; default 0.5 */
    int64_t min_rows;       /* the fractions do not stop fewer than this; default 1 000 */
};

struct category {
    struct position at;
    bool invalid; /* as policy_validate found: it cannot be resolved in the catalog */
    const char *name;
    const char *title, *basis, *notice, *sensitivity; /* NULL where not given */
    enum role role;
    enum mode mode;
    const char *timezone; /* default "UTC" */

    struct position data_at;
    struct table_name table;
    bool key_given;         /* false: the primary key */
    struct string_list key; /* with key_given and count 0: no key (evidence = "counts") */
    struct start start;
    struct ref *subjects;
    size_t subject_count;
    bool has_tenant;
    struct ref tenant;
    struct conditions only;
    const char *rest_of; /* only = "rest": SHA-256 of the conditions of the table's other
                            categories, so that a change of theirs is one of this; else NULL */
    struct dependant *with;
    size_t with_count;
    struct string_list wait_for;    /* names of categories */
    struct string_list identifiers; /* columns that identify persons, besides the subjects */

    struct duration_rule *floors;
    size_t floor_count;
    struct duration_rule *cap; /* NULL: none */
    struct keep_while *keep_while;
    size_t keep_while_count;
    struct stage *stages;
    size_t stage_count;
    struct agreement *agreements;
    size_t agreement_count;
    struct agreement_table agreement_table;

    enum evidence evidence;
    enum guard guard;
    enum strategy strategy;
    bool drop_empty; /* empty partitions that are wholly past; see policy/drop.h */
    struct position drop_empty_at;
    struct accepted_trigger *accept_triggers;
    size_t accept_trigger_count;
    const char *on_request;       /* NULL, "delete", "deidentify", "keep" */
    struct window window;         /* in the category's time zone */
    const char *pace_preset;      /* "gentle", "normal", "fast"; NULL: retentiond.cfg's */
    int64_t pace_rows_per_second; /* 0: not limited */
    struct brake brake;

    const char *held_at; /* MODE_DECLARED: where (`at = "Twilio"`), else NULL */

    /* made by policy/parse when the whole set is read */
    const char *normal_text; /* normalised libconfig text of this category alone */
    char sha256[65];         /* of normal_text, lower-case hex */
};

struct ungoverned {
    struct position at;
    struct table_name table; /* name may be "*": all of the schema */
    const char *because;
};

struct policy_set {
    struct arena *arena;         /* owns everything below, the strings included */
    struct category *categories; /* by name */
    size_t category_count;
    struct ungoverned *ungoverned;
    size_t ungoverned_count;
    size_t unread_count; /* files that are there and could not be read, or of which no category
                          * could be taken: what they hold is not known */
};

/* A category's time zone is another than UTC. */
bool policy_names_timezones(const struct policy_set *set);
/* The category of that name, or NULL. */
struct category *policy_find(const struct policy_set *set, const char *name);
const struct policy_action *policy_action(enum action action);
/* "delete", "deidentify", "aggregate" */
const char *policy_action_name(enum action action);
/* "count", "sum", ...; "month", ..., "" for BY_VALUE */
const char *measure_kind_name(enum measure_kind kind);
const char *by_unit_name(int unit);
/* Does the stage fold the dimension that goes to this column of the target? */
bool aggregate_folds(const struct aggregate *aggregate, const char *to);
/* Is the table one that cells are published in? */
bool policy_is_target(const struct policy_set *set, struct table_name table);
/* Is the record gone when the stage has acted on it? */
bool policy_stage_removes(const struct stage *stage);
/* The stage of a category that counts records and leaves them; NULL: none does. Those behind it do
 * not take what it has not counted yet. */
const struct stage *policy_counting_stage(const struct category *category);
/* A round enforces one stage a turn, from turn stage_count - 1 down to 0: the last stage first,
 * since what it takes away needs no earlier one any more; but before it the one that counts. */
size_t policy_stage_of_turn(const struct category *category, size_t turn);
/* The stage that changes the dependant's columns; NULL: it has none, or no stage is named. */
const struct stage *policy_dependant_stage(const struct category *category,
                                           const struct dependant *dependant);
/* Does the stage change columns of the dependant, or of one that hangs on it? */
bool policy_stage_reaches(const struct category *category, const struct stage *stage,
                          const struct dependant *dependant);
/* The columns of a record that a stage changes, but for the mark: number i, NULL behind the last.
 */
const char *policy_stage_column(const struct stage *stage, size_t i);
/* Does some stage of the category change records? */
bool policy_changes(const struct category *category);
/* Does some stage of the category take records away? */
bool policy_removes(const struct category *category);
bool table_name_equal(struct table_name a, struct table_name b);
/* "schema.table", parts in double quotes unless they are lower-case letters, digits and _; in the
 * arena. Not by keywords: the text must stay the same whatever PostgreSQL reserves next. */
const char *table_name_text(struct arena *arena, struct table_name name);
void policy_set_free(struct policy_set *set); /* accepts NULL */

#endif
