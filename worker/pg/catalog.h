/* Facts of a database's catalog, read in one statement (sql/catalog/facts.sql), asked without it.
 *
 * The statement takes one parameter (text: whose privileges are meant, NULL: current_user) and
 * returns one JSON document; catalog_parse makes this from it. So validation is a pure function,
 * the same in the worker's loop and in the command-line tool. Everything lives in the catalog's
 * arena. Names are as PostgreSQL holds them, unquoted, but for type and function names, which are
 * quoted and qualified where PostgreSQL would do so with an empty search_path. */
#ifndef PG_CATALOG_H
#define PG_CATALOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct error;
struct function_list;

/* A user function that DML on a governed table could run: built-in functions are not listed. */
struct catalog_function {
    uint32_t oid;
    const char *name; /* schema.name */
    const char *language;
    const char *sha256; /* of pg_get_functiondef */
};

/* A function of schema retention itself; see pg/functions.h. */
struct catalog_own_function {
    const char *name; /* without the schema */
    const char *line; /* language, flags, hash of the body, settings */
};

/* What PostgreSQL brought along has lower oids (FirstNormalObjectId). */
enum { CATALOG_FIRST_OTHER_OID = 16384 };

struct catalog_column {
    const char *name;
    int attnum;
    const char *type; /* format_type without modifier: "timestamp with time zone" */
    const char *type_schema;
    char type_kind;           /* pg_type.typtype: b, d(omain), e(num), c, r */
    char type_category;       /* pg_type.typcategory */
    bool is_builtin;          /* PostgreSQL brought the type along */
    const char *base_type;    /* of a domain, of a domain's ..., else equal to type */
    const char *full_type;    /* type, with its modifier: "character varying(20)" */
    const char *limited_type; /* the same; of a domain, what it is over where that has a modifier */
    bool not_null, generated, identity, has_default;
    bool deterministic_collation;
    bool may_update; /* the worker's role */
    const char **enum_labels;
    size_t enum_label_count;
    const char **functions; /* user functions in a generated column's expression, or its default */
    size_t function_count;
};

/* p, u, f, c, x as in pg_constraint.contype. A foreign key to or from a partitioned table stands
 * there once, not again for each partition. */
struct catalog_constraint {
    const char *name;
    char type;
    bool deferrable, validated;
    const char **columns;
    size_t column_count;
    /* foreign keys; delete_action: a no action, r restrict, c cascade, n set null, d set default */
    uint32_t foreign_table;
    const char **foreign_columns;
    size_t foreign_column_count;
    char delete_action, update_action;
    const char *definition;
    const char **functions; /* user functions called in a CHECK: "schema.name" */
    size_t function_count;
};

struct catalog_index {
    const char *name;
    const char *method; /* "btree", "hash", "brin" ... */
    bool unique, primary, valid, immediate, partial, expression;
    bool nulls_equal;     /* NULLS NOT DISTINCT */
    const char **columns; /* key columns in order; "" for an expression */
    size_t column_count;
    const char **functions; /* user functions in expressions or predicate */
    size_t function_count;
};

struct catalog_trigger {
    const char *name;
    bool before, row, instead, on_insert, on_update, on_delete, on_truncate;
    bool constraint, deferrable, internal;
    bool inherited;       /* a partition's copy of its parent's */
    char enabled;         /* O, D, R, A */
    const char *function; /* "schema.name" */
    const char *language;
    const char *sha256; /* of pg_get_triggerdef || prosrc */
    /* Where the function is one of schema retention_guard, else "": pg_get_triggerdef, and SHA-256
     * of the function's settings, a line each, and its source. */
    const char *definition, *function_sha256;
    bool definer; /* SECURITY DEFINER, and its owner owns its schema */
};

/* What holds a column's value too, or rests on it. */
struct catalog_copy {
    int attnum;
    char kind;        /* m(aterialized view), e(xpression of an index), g(enerated column),
                         k(ey of partitions) */
    const char *name; /* of the view ("schema.name"), index or column */
};

struct catalog_rule {
    const char *name;
    char event; /* 1 select 2 update 3 insert 4 delete */
};

struct catalog_table {
    uint32_t oid;
    const char *schema, *name;
    char kind;             /* relkind: r p f v m c */
    char persistence;      /* p u t */
    char replica_identity; /* d n f i */
    bool is_partition;
    uint32_t parent; /* of a partition or a plain inheritance child (the first), else 0 */
    bool inherits;   /* plain inheritance, as parent or child */
    bool row_security, owner_is_worker;
    bool published_delete, published_update; /* by any publication, through itself or a root */
    const char *owner;
    double rows;   /* reltuples, summed over leaves; -1 unknown */
    int64_t bytes; /* as of the last vacuum or analyze, summed over leaves */
    bool may_select, may_delete, may_update, may_truncate; /* the worker's role */
    bool may_insert;
    bool may_lock_rows; /* FOR UPDATE: UPDATE on the table or on any column of it */
    bool may_use_schema;
    bool may_be_counted; /* the role that counts what holds cover may read it, or is not there */
    bool hides_rows; /* row-level security hides rows from that role, which guards run as, too */
    struct catalog_column *columns;
    size_t column_count;
    struct catalog_constraint *constraints;
    size_t constraint_count;
    struct catalog_index *indexes;
    size_t index_count;
    struct catalog_trigger *triggers;
    size_t trigger_count;
    struct catalog_copy *copies;
    size_t copy_count;
    struct catalog_rule *rules;
    size_t rule_count;
    uint32_t *partitions; /* direct ones */
    size_t partition_count;
};

struct catalog {
    struct arena *arena;
    int server_version; /* 150018 */
    const char *database;
    const char *encoding; /* of the database */
    bool in_recovery;
    const char *system_identifier;
    int64_t timeline;
    const char *worker_role; /* whose privileges are meant */
    bool worker_exists, worker_is_superuser, worker_bypasses_rls;
    bool worker_can_be_ended; /* by the owner of schema retention; true where that is not there */
    /* how much of its parameters the server's log may hold, for that role: "0" none */
    const char *log_parameter_max_length, *log_parameter_max_length_on_error;
    int schema_version;     /* of schema retention; 0: not installed; -1: not readable */
    int schema_newest;      /* what this program brings (sql/migrations); 0: none embedded */
    const char *own_prefix; /* of the roles of schema retention; "" where it is not installed */
    struct catalog_own_function *own_functions;
    size_t own_function_count;
    const struct function_list *accepted; /* borrowed; whoever parsed this may set it; or NULL */
    const char **schemas; /* all but system and temporary ones and schema retention */
    size_t schema_count;
    /* r, p, f, v, m of those schemas, by schema and name. */
    struct catalog_table *tables;
    size_t table_count;
    struct catalog_function *functions;
    size_t function_count;
    const char **timezones; /* names that pg_timezone_names knows, where they were asked for */
    size_t timezone_count;
    struct catalog_place { /* tables by oid, for catalog_by_oid */
        uint32_t oid, index;
    } * places;
};

/* Makes a catalog from the JSON document; NULL and an error if it is not one. Caller frees. */
struct catalog *catalog_parse(const char *json, struct error *error);
void catalog_free(struct catalog *catalog); /* accepts NULL */

const struct catalog_table *catalog_find(const struct catalog *catalog, const char *schema,
                                         const char *name);
const struct catalog_table *catalog_by_oid(const struct catalog *catalog, uint32_t oid);
const struct catalog_column *catalog_column(const struct catalog_table *table, const char *name);
const struct catalog_function *catalog_function(const struct catalog *catalog, const char *name);
/* The primary key's columns, NULL where there is none. */
const struct catalog_index *catalog_primary_key(const struct catalog_table *table);
bool catalog_has_timezone(const struct catalog *catalog, const char *name);

#endif
