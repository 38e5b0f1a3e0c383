/* The only place that builds SQL: from a checked policy and catalog facts to statements.
 *
 * Identifiers are quoted by rule; values are parameters with a cast, and where there is nobody to
 * bind them quoted texts with a cast. The target row has the alias t. Holds, agreements and
 * parents' columns are SubPlans over the target row, never joins (DESIGN section 5): a row that
 * changed while the action waited for it is then judged anew.
 *
 * Everything returned lives in the arena given. */
#ifndef POLICY_SQL_H
#define POLICY_SQL_H

#include "pg/catalog.h"
#include "policy/model.h"

struct arena;

/* What the engine binds to $n, in order. All parameters are sent as text. */
enum sql_param_kind {
    PARAM_VALUE,      /* known from the policy: `value` */
    PARAM_RUN_TIME,   /* the run's time, timestamptz text */
    PARAM_FROM_TID,   /* "(block,0)", inclusive */
    PARAM_TO_TID,     /* "(block,0)", exclusive */
    PARAM_TIDS,       /* tid[] literal, "{\"(0,1)\",...}" */
    PARAM_KEY,        /* key column number `index`: one text value (explain) */
    PARAM_KEYS,       /* key column number `index`: text[] literal or binary array as returned */
    PARAM_LIMIT,      /* bigint */
    PARAM_TERM,       /* bigint, of the leadership */
    PARAM_RUN,        /* uuid */
    PARAM_NONCE,      /* text: random, another for each batch */
    PARAM_FROM_START, /* of a slice, exclusive: the start column's type, "-infinity" for the first
                       */
    PARAM_TO_START,   /* inclusive, "infinity" for the last */
    PARAM_HASHED_OLD, /* of column number `index` of sql_leaf.hashed: text[] literal of the values
                         that were read, and of what they become */
    PARAM_HASHED_NEW, /* text[] literal of what each of these becomes */
    PARAM_TURN,       /* int: rows of this turn, */
    PARAM_LAST_TURN,  /* to this one, inclusive */
    PARAM_MOST,       /* bigint: families of cells to close, */
    PARAM_PASSED,     /* behind so many that stay open */
};

/* An UPDATE puts a row's new version into the row's own page if there is room, and then needs no
 * entry in indexes whose columns stay as they are; of a page that is full, each row goes elsewhere,
 * and into every index. So rows that are changed have turns, by their place in the table: what a
 * page's first turn leaves behind is room for the next one, once it is committed. */
enum { SQL_TURNS = 8 };

/* Slices that `bounds` tells of at once. */
enum { SQL_BOUNDS = 4096 };

struct sql_param {
    enum sql_param_kind kind;
    size_t index;
    const char *value;
};

struct sql_statement {
    const char *text;
    struct sql_param *params;
    size_t param_count;
};

/* One table that a batch deletes from, children before parents; the last one is the category's. Of
 * a stage that changes records: dependants whose columns it changes, and what they hang on. Then
 * rows are changed instead of deleted, those that are done are left out, and `remove`,
 * `remove_some` and `remove_own` return one more column at the end: (unchanged bigint), as
 * sql_leaf's. */
struct sql_relation {
    struct table_name table;
    const char *relation; /* "schema.table", quoted as by PostgreSQL, as it stands in entries
                             and digests */
    /* Column names in key order. Empty: none is needed, as evidence = "counts" and nothing hangs
     * on its rows. Whether they are digested is for category->evidence to say, not for this. */
    struct string_list key;
    struct string_list key_types;
    /* Lock: FOR SHARE-level statement text "LOCK TABLE ... IN ROW EXCLUSIVE MODE". For the
     * category's own table one leaf is locked instead, see sql_leaf. */
    const char *lock;
    /* Deletes the rows that hang on the parent keys given as PARAM_KEYS (index: parent key column).
     * Result: one row (rows bigint, key1 text[], key2 text[], ...). Empty text for the last one. */
    struct sql_statement remove;
    /* For a dependant with dependants of its own, else empty: PARAM_KEYS of its parent; locks its
     * rows FOR UPDATE, so that late grandchildren cannot appear, and returns their keys before they
     * go: one row (rows bigint, key1 text[], ...). Run from the last relation to the first, after
     * the category's rows were locked and before any remove. */
    struct sql_statement lock_rows;
    /* PARAM_KEYS, PARAM_LIMIT: one row: how many rows would go, counted up to the limit. */
    struct sql_statement count;
    /* PARAM_KEYS, PARAM_LIMIT: removes at most so many rows (very large families). As `remove`. */
    struct sql_statement remove_some;
    /* Where lock_rows is, too, for families that are taken apart: lock_some locks at most
     * PARAM_LIMIT rows and returns as lock_rows; remove_own deletes the rows whose own keys are
     * PARAM_KEYS. As `remove`. */
    struct sql_statement lock_some, remove_own;
    bool passes;   /* the stage changes only what hangs on it: nothing of it goes */
    size_t parent; /* index in the array of the relation whose keys it needs */
};

/* The statements of one stage of one category on one leaf (or on the table itself). `remove` and
 * `remove_tids` do what the stage's action does: DELETE, or an UPDATE that de-identifies; its rows
 * are the same ones under the same conditions, and it returns one more column at the end:
 * (unchanged bigint), how many of the rows have not the values that they should, since a trigger
 * put others in their place. Of a stage that aggregates the DELETE rolls its rows up, and that
 * column is (uncounted bigint): 0, or something is wrong. */
struct sql_leaf {
    const char *lock; /* LOCK TABLE ONLY leaf IN ROW EXCLUSIVE MODE */
    /* No dependants. Optimistic: DELETE of a block range. Result: one row
     * (rows bigint, tenants text[] or NULL, key1, ...), a tenant (or NULL) and a key for each row,
     * keys being bigint[] or uuid[] where all of the column's values are that, else text[]. Where
     * rows is all there would be, no result: the command says how many. Of a stage that changes
     * rows, those of some turns: PARAM_TURN, PARAM_LAST_TURN; lock_rows likewise. */
    struct sql_statement remove;
    /* SELECT ... FOR UPDATE SKIP LOCKED of a block range, at most PARAM_LIMIT rows: one row
     * (rows bigint, more boolean, tids text[] ordered, key1 text[], ...). With dependants it comes
     * first. */
    struct sql_statement lock_rows;
    /* One for each way in which the condition reads other rows (parents, children, agreements, rows
     * waited for), in the order in which they must run; none: it reads the row's own columns alone.
     * PARAM_TIDS: locks what is read for these rows, FOR SHARE,
     * a dependant's rows FOR UPDATE, and never waits. One row (rows bigint, tids text[] ordered):
     * the rows some of whose reads are not locked now, as somebody else holds them, or changed them
     * since the statement began: they must be left. */
    struct sql_statement *lock_reads;
    size_t lock_read_count;
    /* With dependants or lock_reads, or where records of others read what is changed; else empty,
     * and only then may `remove` be used. PARAM_TIDS: which of the rows locked are due and free
     * now, in a statement that began when they and what is read were locked already: a late child
     * that was committed while lock_rows ran is seen by this one. One row (rows bigint, tids text[]
     * ordered). */
    struct sql_statement judge_tids;
    /* Columns whose new values the worker makes (transformation "hmac"); then judge_tids is there.
     * read_values, PARAM_TIDS: one row, for each of them a text[] of the distinct values; what the
     * worker makes of them is bound to remove_tids, which leaves rows with any other value alone.
     */
    const struct transform **hashed;
    size_t hashed_count;
    struct sql_statement read_values;
    /* PARAM_TIDS: deletes those still due and free. Result as `remove`. With dependants, what is
     * read from their tables is not asked again, since they are gone by then; fewer rows than were
     * locked mean that something else changed meanwhile (an agreement, a parent): roll back. */
    struct sql_statement remove_tids;
    /* Strategy `index`, for records whose condition reads their own columns alone and whose start
     * is a column with an index under it; else all five are empty. `choose`: EXPLAIN (FORMAT JSON)
     * of reading what may be due. `ends`: one row (first bigint, last bigint, correlation real):
     * the blocks of the oldest and of the newest record that may be due, and how well the planner
     * thinks that starting points follow the order of the blocks, 0 to 1; NULL where there is none
     * or nobody knows. `bounds`: PARAM_LIMIT rows a slice; rows (bound text, ties
     * bigint), the next SQL_BOUNDS starting points between slices behind PARAM_FROM_START, in
     * order, and how many rows begin at just that moment, counted up to 32 times the limit.
     * `remove_slice` and `lock_slice` are remove and lock_rows of a slice; lock_slice has the range
     * of blocks as well. */
    struct sql_statement choose, ends, bounds, remove_slice, lock_slice;
    /* Strategy `partition`: why the leaf cannot be emptied as a whole whatever is in it, as far as
     * the policy says it; NULL: it can, and only then are the next ones there. `whole_lock` keeps
     * everybody from changing the leaf. `whole_stays`, PARAM_RUN_TIME: one boolean: is there a row
     * that `remove` would leave? `whole_read`, a block range: all of its rows, as `remove` of a
     * stage that deletes returns them, and one more column at the end: (stays boolean), would
     * `remove` leave it? Where neither tenant nor key is asked for: (rows bigint, staying bigint).
     * `whole_empty`: TRUNCATE. `whole_proof`,
     * PARAM_RUN_TIME: EXPLAIN (FORMAT JSON) of the rows that may not be due, where nothing but the
     * starting point, and holds of the category, can keep one, and nothing but their number is to
     * be told; else empty. With constraint_exclusion = on the plan shows where the leaf's bounds
     * rule such rows out. `whole_count`: (rows bigint), all of the leaf. */
    const char *by_rows;
    const char *whole_lock, *whole_empty, *whole_count;
    struct sql_statement whole_stays, whole_read, whole_proof;
    /* How many due and free rows of the block range are locked by others right now are left:
     * (bigint); counts due and free rows of the range without locking. */
    struct sql_statement count_range;
};

/* Numbers of `plan`: one row, columns in this order. */
enum plan_column {
    PLAN_ROWS,    /* all rows of the table */
    PLAN_CLAIMED, /* rows this category's `only` takes */
    PLAN_NOT_STARTED,
    PLAN_DUE,             /* period over by stage, agreement or cap: whatever keeps it */
    PLAN_HELD,            /* due, and under hold; at the last stage that a held record is due for */
    PLAN_KEPT_WHILE,      /* due, not held, kept by keep_while */
    PLAN_KEPT_FLOOR,      /* due, not held, not kept_while, floor not over (or its start unknown) */
    PLAN_WAITING,         /* due, free of the above: waits for another category, to be counted by
                             an earlier stage, or for the end of its tenant's pause */
    PLAN_TO_ACT,          /* due and free */
    PLAN_FLOOR_AFTER_CAP, /* kept by a floor although the cap is over: reported */
    PLAN_OLDEST,    /* timestamptz text: earliest moment at which a to-act row fell due; NULL */
    PLAN_NEXT_DUE,  /* timestamptz text: next moment at which a row falls due, or at which the
                       floor that keeps a due one is over; NULL */
    PLAN_PASSED,    /* period over, and the stage has acted on it already, or a later stage takes
                       it in the same run (forecast), or a hold keeps it from a later stage too */
    PLAN_UNCOUNTED, /* of those that wait: what an earlier stage is still to count */
    PLAN_PAUSED,    /* of those that wait: their tenant is paused */
    PLAN_COUNTED_FIRST, /* of those to act on (forecast): an earlier stage counts them before */
    PLAN_COLUMNS
};

struct sql_read_column {
    const struct catalog_table *table;
    const char *relation; /* quoted where SQL needs it */
    const char *column;   /* as it is */
};

struct sql_category {
    const struct category *category;
    const struct stage *stage;
    struct sql_statement plan;       /* PARAM_RUN_TIME; result: enum plan_column */
    struct sql_statement tenants;    /* PARAM_RUN_TIME: rows (tenant text, rows bigint, to_act
                                        bigint) of tenants with something to act on; rows counts
                                        what the category claims of the tenant. Empty text where
                                        no tenant is declared */
    struct sql_statement agreements; /* of an agreement table: one row (tenants text[], periods
                                       interval[]), for settle_agreements; empty text: none */
    struct sql_statement unclaimed;  /* count of rows of the table that no category takes */
    struct sql_statement explain;    /* PARAM_KEY..., PARAM_RUN_TIME: one JSON document, see
                                        policy/sql_explain.h; no row: not there */
    struct sql_statement remaining;  /* PARAM_RUN_TIME: count of due and free rows */
    /* Of a stage that aggregates, else empty: closes cells, some of them, and publishes what can be
     * published. PARAM_TERM, PARAM_RUN, PARAM_RUN_TIME, PARAM_MOST, PARAM_PASSED; one row:
     * (families bigint, passed bigint, left_open numeric, published bigint); as long as families =
     * PARAM_MOST, there are more. Of the last ones, `passed` of PARAM_PASSED are still there, and
     * so many records are in their open cells. */
    struct sql_statement close;
    /* Of a stage with a k-check, else empty. `groups`, PARAM_RUN_TIME: one row (groups bigint,
     * small bigint, nullified bigint): how many groups the records make that are due and free, how
     * many of them are too small, how many records would lose their quasi-identifiers. `keep`,
     * PARAM_TERM, PARAM_RUN, PARAM_RUN_TIME: writes down which groups may keep them; before the
     * first batch. `close` then looks whether so many came, and returns two more columns: (again
     * bigint, nullified bigint): records that are due again, and that have lost them. */
    struct sql_statement groups, keep;
    struct sql_relation *relations; /* dependants first, the category's table last */
    size_t relation_count;
    struct string_list governed;     /* "schema.table" of every relation the fingerprint covers */
    struct sql_read_column *columns; /* every column that one of the statements names */
    size_t column_count;
};

/* What all stages of a category rest on. */
struct sql_basis {
    struct string_list governed; /* as of sql_category */
    const char *reads;           /* {relation: {column: null}}, for load_policy: JSON */
};
struct sql_basis sql_basis(struct arena *arena, struct sql_category *const *stages, size_t count);

/* Builds the statements of a category's stage. The policy must have been validated against the
 * catalog; an unbuildable one asserts. `worker_schema` is the name of schema retention. */
struct sql_category *sql_build_category(struct arena *arena, const struct policy_set *set,
                                        const struct category *category, size_t stage,
                                        const struct catalog *catalog);

/* `plan` as it will be when the categories `acting` (names) have acted: what waits only for records
 * that they take first is counted among what is acted on. Only for people: a run acts on what is
 * there. `shapes` (enum sql_shape) are those that holds have in any of the categories: all, or none
 * where no hold is in force. Their periods are added in this category's time zone, so that where
 * the zones differ a record that falls due within the hours between them may be counted wrongly. */
struct sql_statement sql_build_forecast(struct arena *arena, const struct policy_set *set,
                                        const struct category *category, size_t stage,
                                        const struct catalog *catalog,
                                        const struct string_list *acting, unsigned shapes);

/* What a stage makes of a made-up value in a column of its record, or of a dependant: one row
 * (before, after). PARAM_NONCE. Empty text: no made-up value of the column's type is known. */
struct sql_statement sql_build_example(struct arena *arena, const struct policy_set *set,
                                       const struct category *category, size_t stage,
                                       const struct catalog *catalog,
                                       const struct transform *transform, struct table_name table);

/* Does to some records of a leaf what a stage that de-identifies does, due or not; never to one
 * under hold. With a dependant: to some of its rows. With a column (of the stage's or dependant's):
 * to that one alone. To be rolled back. PARAM_NONCE. One row: (rows bigint, unchanged bigint). */
struct sql_statement sql_build_trial(struct arena *arena, const struct policy_set *set,
                                     const struct category *category, size_t stage,
                                     const struct catalog *catalog, struct table_name leaf,
                                     const struct dependant *dependant,
                                     const struct transform *column);

/* category.hold_facts, a JSON document: the category's tenant, subjects, key with their types as
 * holds are to be converted to them, and the statement that counts what a hold ($1, uuid) covers;
 * for a declared one where the data is, and nothing else. It is to be run with an empty
 * search_path. */
const char *sql_hold_facts(struct arena *arena, const struct policy_set *set,
                           const struct category *category, const struct catalog *catalog);
/* The same with "statements": the SHA-256 of each statement of plan and explain, which the database
 * runs for who may not read what holds cover. What a category is loaded with. */
const char *sql_load_facts(struct arena *arena, const struct policy_set *set,
                           const struct category *category, const struct catalog *catalog);

/* The records of a category that a hold ($1, uuid) covers: a row each, a column for each key
 * column, as digests need them; without columns where the category has no key. To be run with an
 * empty search_path and under the settings of plan. */
const char *sql_inventory(struct arena *arena, const struct policy_set *set,
                          const struct category *category, const struct catalog *catalog);

/* Do records of `other` read, without a foreign key, what the stage changes? One that appears while
 * a batch judges would lose its hold with that, and nothing makes it wait. Both must be valid. */
bool sql_changes_untied(struct arena *arena, const struct policy_set *set,
                        const struct category *category, size_t stage, const struct category *other,
                        const struct catalog *catalog);

/* Scopes of holds (retention.held_scope.shape) that a statement compares records with. */
enum sql_shape {
    SQL_START = 1,         /* all, start */
    SQL_TENANT = 2,        /* tenant */
    SQL_TENANT_START = 4,  /* tenant_start */
    SQL_SUBJECT = 8,       /* subject */
    SQL_SUBJECT_MORE = 16, /* subject_start, tenant_subject, tenant_subject_start */
    SQL_KEY = 32,          /* key */
    SQL_KEY_MORE = 64,     /* key_more, with key_subject */
    SQL_ALL_SHAPES = 127,
    SQL_READERS = 128, /* any, in any category: held records keep what they read */
};

/* `plan` and `remaining` for a run that knows which scopes of holds there are: without the ways to
 * be held that nothing is held by, the server counts several times as fast, and with several
 * processes. Unless `shapes` are all of them, both have one more column at the end: unasked
 * (boolean). Where it is true there were other scopes, which nothing was compared with, and it is
 * to be counted again with all shapes. */
struct sql_counts {
    unsigned shapes;
    struct sql_statement plan, remaining;
};
struct sql_counts *sql_build_counts(struct arena *arena, const struct policy_set *set,
                                    const struct category *category, size_t stage,
                                    const struct catalog *catalog, unsigned shapes);

/* The statements of one leaf: schema and name of a leaf partition, or of the plain table itself.
 * `run_time`, where it is not NULL: `remove` and `remove_slice` are for this run and the session's
 * time zone alone, and are prepared. A plan for any parameters computes what is made of them again
 * for every row; so what moments are made of, the run's time, the policy's periods, moments and
 * zones, stands in their text.
 * `shapes`: enum sql_shape. Where the category has a scope of another shape, or without SQL_READERS
 * there is any hold in force that could keep its rows for others, every record counts as
 * held: the statements act on nothing, and are to be made anew. */
struct sql_leaf *sql_build_leaf(struct arena *arena, const struct policy_set *set,
                                const struct category *category, size_t stage,
                                const struct catalog *catalog, struct table_name leaf,
                                unsigned shapes, const char *run_time);

#endif
