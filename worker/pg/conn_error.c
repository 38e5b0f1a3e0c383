/* Errors of a connection in words that hold no row's value and no secret.
 *
 * After authentication nothing of PostgreSQL's text is used: the primary message can carry a value
 * (tried: 'invalid input syntax for type integer: "+1 202 555 0143"'). What is told is the
 * SQLSTATE in our own words, and the names of schema, table, column and constraint.
 *
 * Before authentication the operator needs the message (which user, which database, refused by
 * what), and no row has been read: it is passed on for the SQLSTATEs that the table below names,
 * and where it is libpq's own. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "pg/conn_internal.h"
#include "pg/sqlstate.h"

void conn_result_error(const PGresult *result, struct error *error)
{
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *schema = PQresultErrorField(result, PG_DIAG_SCHEMA_NAME);
    const char *table = PQresultErrorField(result, PG_DIAG_TABLE_NAME);
    const char *column = PQresultErrorField(result, PG_DIAG_COLUMN_NAME);
    const char *constraint = PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);
    struct text where _cleanup_text_ = {0};
    if (constraint)
        text_printf(&where, ", constraint \"%s\"", constraint);
    if (column)
        text_printf(&where, ", column \"%s\"", column);
    if (table && schema)
        text_printf(&where, ", table \"%s.%s\"", schema, table);
    else if (table)
        text_printf(&where, ", table \"%s\"", table);
    else if (schema)
        text_printf(&where, ", schema \"%s\"", schema);
    error_set(error, ERROR_FAILED, "%s%s", sqlstate_condition(sqlstate), text_string(&where));
    error_set_sqlstate(error, sqlstate);
    const char *hint = sqlstate_hint(sqlstate);
    if (hint)
        error_hint(error, "%s", hint);
}

void conn_result_own_words(const PGresult *result, struct error *error)
{
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *hint = PQresultErrorField(result, PG_DIAG_MESSAGE_HINT);
    char sqlstate[6];
    memcpy(sqlstate, error->sqlstate, sizeof(sqlstate));
    if (!message)
        return;
    error_set(error, ERROR_FAILED, "%s", message);
    error_set_sqlstate(error, sqlstate);
    if (hint)
        error_hint(error, "%s", hint);
}

/* --- failed attempts --- */

#define PASSWORD_HINT                                                                              \
    "The password stands in the file that passfile in the connection string names, or "            \
    "PGPASSFILE, "                                                                                 \
    "or in ~/.pgpass."

/* What a failed attempt means: by the server's SQLSTATE, or by words of libpq's message where the
 * failure is on our side. First match. retry: may pass without anybody's doing. */
static const struct {
    const char *sqlstate; /* code or class; NULL: libpq's own message */
    const char *words;    /* in libpq's message; NULL: any */
    bool retry;
    enum error_code code;
    const char *hint;
} failures[] = {
    {"28P01", NULL, false, ERROR_FAILED, PASSWORD_HINT},
    {"28", NULL, false, ERROR_FAILED,
     "The role must exist and have LOGIN, and the server's pg_hba.conf must let it reach this "
     "database from here."},
    {"3D000", NULL, false, ERROR_FAILED,
     "Create the database, or correct dbname in the connection string."},
    {"42501", NULL, false, ERROR_FAILED, "Grant CONNECT on the database to the user."},
    {"55000", NULL, false, ERROR_FAILED, "The database must allow connections."},
    {"57P03", NULL, true, ERROR_FAILED,
     "The server is starting, stopping or recovering; the attempt is repeated."},
    {"53300", NULL, true, ERROR_FAILED,
     "Raise max_connections, or the connection limit of the role or database."},
    {"22", NULL, false, ERROR_CONFIG, "Correct the options in the connection string."},
    {"42704", NULL, false, ERROR_CONFIG, "Correct the options in the connection string."},
    {NULL, "no password supplied", false, ERROR_FAILED, PASSWORD_HINT},
    {NULL, "could not translate host name", true, ERROR_FAILED,
     "Correct the host in the connection string, or the name service."},
    {NULL, "Connection refused", true, ERROR_FAILED,
     "Is the server running there, and does it listen on this address and port?"},
    {NULL, "No such file or directory", true, ERROR_FAILED,
     "Is the server running there, with this socket directory and port?"},
    {NULL, "session is read-only", true, ERROR_FAILED,
     "None of the hosts in the connection string takes writes: the one named last is a standby. "
     "Look at the primary, or promote the standby."},
    {NULL, "server does not support SSL", false, ERROR_FAILED,
     "Switch TLS on in the server, or allow less with sslmode."},
    {NULL, "certificate", true, ERROR_FAILED, /* one that has expired will be renewed */
     "Has the server's certificate expired, or the client's? Else check sslrootcert, sslcert, "
     "sslkey "
     "and the host name in the server's certificate."},
    {NULL, "private key file", false, ERROR_FAILED, "Check sslkey and its mode (0600)."},
    {NULL, "invalid ", false, ERROR_CONFIG, "Correct the connection string."},
    {NULL, "definition of service", false, ERROR_CONFIG, "Correct service, or the service file."},
};

void conn_describe(PGconn *libpq, struct text *out)
{
    const char *database = PQdb(libpq), *host = PQhost(libpq), *port = PQport(libpq);
    const char *user = PQuser(libpq);
    if (database && *database)
        text_printf(out, "database \"%s\"", database);
    else
        text_add(out, "server");
    if (host && *host)
        text_printf(out, " at \"%s\" port %s", host, port && *port ? port : "5432");
    if (user && *user)
        text_printf(out, " as \"%s\"", user);
}

static bool is_sqlstate(const char *s)
{
    for (int i = 0; i < 5; i++)
        if (!isdigit((unsigned char)s[i]) && !isupper((unsigned char)s[i]))
            return false;
    return s[5] == ':' && s[6] == ' ';
}

/* Takes the reason out of libpq's message: of its last line that is none of the server's further
 * lines, what follows "failed: " and "FATAL:  28P01: ". Several addresses give several lines. */
static void connect_reason(const char *message, struct text *ret_reason, char ret_sqlstate[6])
{
    const char *line = message;
    bool from_file = false;
    ret_sqlstate[0] = '\0';
    while (*line) {
        size_t length = strcspn(line, "\n");
        static const char *const further[] = {
            "LOCATION:", "DETAIL:", "HINT:",
            "\t",        " ",       "Either "}; /* advice to do without certificates */
        bool is_note = text_starts_with(line, "password retrieved from file");
        bool skip = length == 0 || is_note;
        from_file = from_file || is_note;
        for (size_t i = 0; i < ARRAY_LENGTH(further); i++)
            skip = skip || text_starts_with(line, further[i]);
        if (!skip) {
            text_clear(ret_reason);
            text_add_n(ret_reason, line, length);
        }
        line += length + (line[length] == '\n');
    }
    if (!ret_reason->data)
        return;
    const char *reason = strstr(ret_reason->data, " failed: ");
    reason = reason ? reason + strlen(" failed: ") : ret_reason->data;
    for (const char *at = strstr(reason, ":  "); at; at = strstr(at + 1, ":  "))
        if (is_sqlstate(at + 3)) {
            memcpy(ret_sqlstate, at + 3, 5);
            ret_sqlstate[5] = '\0';
            reason = at + 3 + 7;
            break;
        }
    char *copy _cleanup_free_ = strdup(reason);
    text_clear(ret_reason);
    text_add(ret_reason, copy ? copy : "");
    if (from_file)
        text_add(ret_reason, "; the password came from the password file");
}

bool conn_connect_error(PGconn *libpq, struct error *error)
{
    struct text place _cleanup_text_ = {0}, reason _cleanup_text_ = {0};
    char sqlstate[6];
    conn_describe(libpq, &place);
    connect_reason(PQerrorMessage(libpq), &reason, sqlstate);
    size_t i;
    for (i = 0; i < ARRAY_LENGTH(failures); i++) {
        const char *prefix = failures[i].sqlstate;
        if (prefix ? sqlstate[0] && strncmp(sqlstate, prefix, strlen(prefix)) == 0
                   : !sqlstate[0] && strstr(text_string(&reason), failures[i].words))
            break;
    }
    bool known = i < ARRAY_LENGTH(failures);
    const char *why = text_string(&reason);
    if (strstr(why, "no password supplied"))
        why = "the server wants a password, and none is known";
    if (sqlstate[0] && !known) /* a function at login may have raised it */
        why = sqlstate_condition(sqlstate);
    error_set(error, known ? failures[i].code : ERROR_FAILED, "could not connect to %s: %s",
              place.data, *why ? why : "unknown reason");
    error_set_sqlstate(error, sqlstate);
    if (known)
        error_hint(error, "%s", failures[i].hint);
    return known ? failures[i].retry : true;
}

bool conn_conninfo_is_valid(const char *conninfo, struct error *error)
{
    /* Without "=" libpq takes it for the name of a database. */
    if (!strchr(conninfo, '=') && !text_starts_with(conninfo, "postgresql://") &&
        !text_starts_with(conninfo, "postgres://"))
        return true;
    char *message = NULL;
    PQconninfoOption *options = PQconninfoParse(conninfo, &message);
    if (options) {
        PQconninfoFree(options);
        return true;
    }
    PQfreemem(message); /* may quote what follows a password with a space in it */
    error_set(error, ERROR_CONFIG, "the connection string is not valid");
    error_hint(error,
               "It is a list of name=value with libpq's names, or a postgresql:// URI; values "
               "with spaces stand in single quotes.");
    return false;
}
