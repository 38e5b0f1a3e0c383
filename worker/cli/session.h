/* One blocking connection for people: they connect as themselves.
 *
 * Where to: -d; else libpq's environment where it names a server or a database; else the conninfo
 * of the main file. Every refusal becomes one line that says what to do next. */
#ifndef CLI_SESSION_H
#define CLI_SESSION_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>

#include "cli/command.h"

struct session {
    struct cli *cli;
    PGconn *conn;
    const char *database, *role; /* current_database, session_user */
    const char *prefix;          /* of the roles; "retention_" where not known */
    bool in_recovery;
    bool has_schema, may_use_schema;
    const char *notice; /* what the last statement's functions said besides, or NULL */
    /* Of the last statement that was refused: what the server names, or NULL. A function may have
     * made the names up: only those that are known may be shown. */
    const char *refused_column, *refused_constraint;
    int schema_version; /* number of the last migration; 0: not installed */
};

enum session_need {
    SESSION_DATABASE, /* any database */
    SESSION_SCHEMA,   /* schema retention of this version, and the right to use it */
};

/* Connects. The session is to be closed whether or not that succeeds. */
bool session_open(struct session *session, struct cli *cli, enum session_need need,
                  struct error *error);
void session_close(struct session *session);
#define _cleanup_session_ _cleanup_(session_close)

/* The conninfo that session_open would use, "" where libpq's environment counts; in the arena. */
const char *session_conninfo(struct cli *cli, struct error *error);
/* True where a database is named anywhere: -d, environment, main file. */
bool session_is_configured(struct cli *cli);

/* Executes one statement with text parameters; NULL and an error where the server refuses it.
 * The result is the caller's: PQclear. */
PGresult *session_query(struct session *session, const char *sql, size_t count,
                        const char *const *values, struct error *error);
/* The same for an embedded file, "cli/status.sql". */
PGresult *session_file(struct session *session, const char *name, size_t count,
                       const char *const *values, struct error *error);
/* The statement of this file asks whether the role may do something, and fails where it may not. */
bool session_may(struct session *session, const char *name, struct error *error);
/* A statement without a result. */
bool session_execute(struct session *session, const char *sql, struct error *error);

/* True where the error says that a value given by the caller could not be read (class 22). */
bool error_is_bad_value(const struct error *error);

/* A text[] literal of the words, or NULL where there are none; in the arena. */
const char *session_array(struct cli *cli, char *const *words, int count);

/* False, naming the nearest, where one of a text[] literal's names is no loaded category. */
bool session_categories_exist(struct session *session, const char *array, struct error *error);

/* The schema is there, of this version, and may be used; fills prefix and schema_version. */
bool session_schema(struct session *session, struct error *error);

/* The database is the one that the schema is bound to, and no copy of it. */
bool session_bound(struct session *session, struct error *error);

/* Value of a result as text; NULL for SQL NULL. */
const char *result_value(const PGresult *result, int row, int column);

static inline void result_cleanup(PGresult **result)
{
    PQclear(*result);
}
#define _cleanup_result_ _cleanup_(result_cleanup)

#endif
