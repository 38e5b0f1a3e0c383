/* Installs and upgrades schema retention from the SQL files embedded in the program.
 *
 *   roles.sql           every time, as whoever installs: CREATEROLE, and CREATE on the database
 *   migrations/NNNN_*   once each, in order, as the owner; their SHA-256 are kept and compared
 *   functions/, views/  every time, as the owner; functions that no file makes any more are dropped
 *
 * All of it is one transaction under a lock: it is done or it is not. In the files the prefix of
 * the roles stands as @prefix@. */
#ifndef CLI_MIGRATE_H
#define CLI_MIGRATE_H

#include <libpq-fe.h>
#include <stdbool.h>

struct error;
struct text;

/* A line on what is being done, lower case, no full stop. */
typedef void migrate_report_fn(const char *line, void *arg);

struct migrate_options {
    const char *prefix;        /* of the roles; NULL: "retention_" */
    migrate_report_fn *report; /* or NULL */
    void *arg;
};

/* The number of the last migration that this program knows. */
int migrate_newest(void);

/* The functions that this program installs, as accept_functions of an older worker reads them. */
void migrate_print_functions(const char *prefix, struct text *out);

/* Installs or upgrades; again where all is there it only renews roles, functions and views. The
 * connection must not be in a transaction; its role, search_path and timeouts are left as they
 * were. ret_applied (or NULL): how many migrations were applied. */
bool migrate_run(PGconn *conn, const struct migrate_options *options, int *ret_applied,
                 struct error *error);

/* Binds schema retention to this database (a clone, a restored copy). ret_adopted: false where it
 * was bound to it before. */
bool migrate_adopt(PGconn *conn, const struct migrate_options *options, bool *ret_adopted,
                   struct error *error);

#endif
