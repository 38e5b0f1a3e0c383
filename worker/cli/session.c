/* Connecting runs through PQconnectStart with verbose errors: that is libpq's only way to tell the
 * SQLSTATE of a refused connection, and so the only way to know a wrong password from an absent
 * database without reading translated prose. */
#include "cli/session.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/sql_files.h"
#include "base/text.h"
#include "cli/migrate.h"
#include "cli/settings.h"
#include "pg/conn.h"

enum { CONNECT_TIMEOUT_S = 10 };

static bool environment_names_a_database(void)
{
    static const char *const names[] = {"PGHOST", "PGHOSTADDR", "PGDATABASE", "PGSERVICE"};
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        const char *value = getenv(names[i]);
        if (value && *value)
            return true;
    }
    return false;
}

bool session_is_configured(struct cli *cli)
{
    return cli->conninfo || environment_names_a_database() || cli_settings_conninfo(cli);
}

const char *session_conninfo(struct cli *cli, struct error *error)
{
    if (cli->conninfo)
        return cli->conninfo;
    /* a file that was asked for counts more than what the shell happens to have set */
    const char *conninfo = cli->config_file_given ? cli_settings_conninfo(cli) : NULL;
    if (conninfo)
        return conninfo;
    if (environment_names_a_database())
        return "";
    conninfo = cli_settings_conninfo(cli);
    if (!conninfo && cli->config_file_given && !cli_settings(cli, error))
        return NULL; /* the file that was asked for is wrong: say that, not "no database" */
    if (!conninfo) {
        error_set(error, ERROR_CONFIG, "no database is named");
        error_hint(error,
                   "Name one with -d CONNINFO, with PGHOST and PGDATABASE, or as "
                   "database.conninfo in \"%s\".",
                   cli->config_file);
    }
    return conninfo;
}

/* "... FATAL:  28P01: password ..." -> "28P01"; "" where there is none. */
static void find_sqlstate(const char *message, char sqlstate[6])
{
    sqlstate[0] = 0;
    for (const char *p = strstr(message, ":  "); p; p = strstr(p + 1, ":  ")) {
        size_t n = 0;
        while (n < 5 && (isdigit((unsigned char)p[3 + n]) || isupper((unsigned char)p[3 + n])))
            n++;
        if (n == 5 && p[8] == ':') {
            memcpy(sqlstate, p + 3, 5);
            sqlstate[5] = 0;
            return;
        }
    }
}

/* Where the connection went, for people. */
static const char *server_name(struct cli *cli, const PGconn *conn)
{
    const char *host = PQhost(conn), *port = PQport(conn);
    if (!host || !*host)
        return "the server";
    if (host[0] == '/')
        return arena_printf(cli->arena, "the server of socket \"%s/.s.PGSQL.%s\"", host, port);
    return arena_printf(cli->arena, "the server at \"%s\", port %s", host, port);
}

/* No host in the connection string, the environment or a service: libpq went to this machine. */
static bool host_is_named(PGconn *conn)
{
    bool named = false;
    PQconninfoOption *options = PQconninfo(conn);
    for (PQconninfoOption *o = options; o && o->keyword; o++)
        named |= (strcmp(o->keyword, "host") == 0 || strcmp(o->keyword, "hostaddr") == 0) &&
                 o->val && *o->val;
    PQconninfoFree(options);
    return named;
}

/* `hint`, and where nobody named a host, how to. */
static void hint_host(PGconn *conn, const char *hint, struct error *error)
{
    if (host_is_named(conn))
        error_hint(error, "%s", hint);
    else
        error_hint(error,
                   "No host is named, so this machine was asked. If the database is on another "
                   "one, name that in -d: \"host=db.example dbname=%s user=%s\". If it is here: %s",
                   PQdb(conn) ? PQdb(conn) : "app", PQuser(conn) ? PQuser(conn) : "me", hint);
}

static bool refused(struct cli *cli, PGconn *conn, bool timed_out, struct error *error)
{
    const char *server = server_name(cli, conn);
    const char *message = PQerrorMessage(conn);
    const char *user = PQuser(conn) ? PQuser(conn) : "", *database = PQdb(conn) ? PQdb(conn) : "";
    char state[6];
    find_sqlstate(message, state);
    if (timed_out) {
        error_set(error, ERROR_FAILED, "%s did not answer in time", server);
        error_hint(error, "Is it running, and are host and port right? connect_timeout in the "
                          "connection string gives it longer.");
    } else if (PQconnectionNeedsPassword(conn)) {
        error_set(error, ERROR_FAILED, "%s wants a password for role \"%s\", and none is known",
                  server, user);
        error_hint(error, "Put it into the password file: passfile in the connection string, "
                          "PGPASSFILE or ~/.pgpass; or into PGPASSWORD.");
    } else if (strcmp(state, "28P01") == 0) {
        error_set(error, ERROR_FAILED, "%s does not accept the password of role \"%s\"", server,
                  user);
        error_hint(error, "It comes from -d, PGPASSWORD, or the password file: passfile in the "
                          "connection string, PGPASSFILE or ~/.pgpass.");
    } else if (strncmp(state, "28", 2) == 0) {
        error_set(error, ERROR_FAILED, "%s does not let role \"%s\" into database \"%s\"", server,
                  user, database);
        hint_host(conn, "Does the role exist, with LOGIN, and does pg_hba.conf allow it?", error);
    } else if (strcmp(state, "3D000") == 0) {
        error_set(error, ERROR_FAILED, "there is no database \"%s\" on %s", database, server);
        hint_host(conn, "Databases there: psql -l", error);
    } else if (strcmp(state, "42501") == 0) {
        error_set(error, ERROR_FAILED, "role \"%s\" may not connect to database \"%s\"", user,
                  database);
        error_hint(error, "Its owner can GRANT CONNECT.");
    } else if (strncmp(state, "53", 2) == 0) {
        error_set(error, ERROR_FAILED, "%s has no connection left", server);
    } else if (strcmp(state, "57P03") == 0) {
        error_set(error, ERROR_FAILED, "%s is starting up or shutting down", server);
        error_hint(error, "Try again in a moment.");
    } else if (state[0]) {
        error_set(error, ERROR_FAILED, "%s refused the connection", server);
    } else {
        /* libpq's own: its first line, without the address that stands before ": " already */
        const char *failed = strstr(message, " failed: ");
        const char *reason = failed ? failed + 9 : message;
        error_set(error, ERROR_FAILED, "could not reach %s: %.*s", server,
                  (int)strcspn(reason, "\n"), reason);
        if (strstr(message, "certificate"))
            error_hint(error, "Has the server's certificate expired? Else look at sslrootcert and "
                              "sslmode in the connection string, and at the host's name.");
        else
            hint_host(conn,
                      host_is_named(conn) ? "Is it running, and are host and port right?"
                                          : "Is it running, and is the port right?",
                      error);
    }
    error_set_sqlstate(error, state);
    return false;
}

static int connect_timeout_s(PGconn *conn)
{
    int seconds = CONNECT_TIMEOUT_S;
    PQconninfoOption *options = PQconninfo(conn);
    for (PQconninfoOption *o = options; o && o->keyword; o++)
        if (strcmp(o->keyword, "connect_timeout") == 0 && text_number(o->val, 0) > 0)
            seconds = text_number(o->val, 0);
    PQconninfoFree(options);
    return seconds;
}

/* Behind a pooler the settings that a command pins could count for another client, and not for the
 * command. PgBouncer and its like make up the number of the backend that they tell a client. */
static bool is_direct(PGconn *conn, struct error *error)
{
    PGresult *result _cleanup_result_ = PQexec(conn, ASK_BACKEND_PID);
    if (PQresultStatus(result) != PGRES_TUPLES_OK) /* the next statement tells why */
        return true;
    if (text_number(PQgetvalue(result, 0, 0), 0) == PQbackendPID(conn))
        return true;
    error_set(error, ERROR_CONFIG, "the connection goes through a pooler, such as PgBouncer");
    error_hint(error,
               "Connect to the server itself: host and port in -d, or in database.conninfo.");
    return false;
}

static bool connect_to(struct session *session, const char *conninfo, struct error *error)
{
    char *reason = NULL;
    PQconninfoOption *parsed = PQconninfoParse(conninfo, &reason);
    if (!parsed) {
        error_set(error, ERROR_USAGE, "the connection string is not valid");
        /* other complaints of libpq may quote a part of a password */
        if (reason && text_starts_with(reason, "invalid connection option"))
            error_detail(error, "It has an %.*s.", (int)strcspn(reason, "\n"), reason);
        error_hint(error, "It looks like \"host=db.example dbname=app user=me\" or "
                          "\"postgresql://me@db.example/app\".");
        PQfreemem(reason);
        return false;
    }
    PQconninfoFree(parsed);
    const char *const keywords[] = {"dbname", "fallback_application_name", "client_encoding", NULL};
    const char *const values[] = {conninfo, "retentionctl", "UTF8", NULL};
    PGconn *conn = session->conn = PQconnectStartParams(keywords, values, 1);
    if (!conn)
        return error_set(error, ERROR_FAILED, "out of memory");
    if (PQstatus(conn) == CONNECTION_BAD)
        return refused(session->cli, conn, false, error);
    PQsetErrorVerbosity(conn, PQERRORS_VERBOSE);
    int64_t deadline = clock_monotonic_us() + connect_timeout_s(conn) * INT64_C(1000000);
    for (PostgresPollingStatusType want = PGRES_POLLING_WRITING; want != PGRES_POLLING_OK;
         want = PQconnectPoll(conn)) {
        if (want == PGRES_POLLING_FAILED)
            return refused(session->cli, conn, false, error);
        struct pollfd fd = {PQsocket(conn), want == PGRES_POLLING_READING ? POLLIN : POLLOUT, 0};
        int ready;
        do {
            int64_t left_ms = (deadline - clock_monotonic_us()) / 1000;
            ready = poll(&fd, 1, left_ms > 0 ? (int)left_ms : 0);
        } while (ready < 0 && errno == EINTR);
        if (ready <= 0)
            return refused(session->cli, conn, true, error);
    }
    PQsetErrorVerbosity(conn, PQERRORS_DEFAULT);
    if (!is_direct(conn, error))
        return false;
    PQclear(PQexec(conn, PIN_SESSION));
    return true;
}

/* A notice of our own functions is for the person who called them. */
static void take_notice(void *arg, const PGresult *result)
{
    struct session *session = arg;
    const char *primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *hint = PQresultErrorField(result, PG_DIAG_MESSAGE_HINT);
    if (primary)
        session->notice = arena_printf(session->cli->arena, "%s%s%s", primary, hint ? "\n" : "",
                                       hint ? hint : "");
}

const char *result_value(const PGresult *result, int row, int column)
{
    return PQgetisnull(result, row, column) ? NULL : PQgetvalue(result, row, column);
}

bool error_is_bad_value(const struct error *error)
{
    return strncmp(error->sqlstate, "22", 2) == 0;
}

/* Which groups may do what this role may not; the database knows. Not inside a transaction: that is
 * over with the failure. */
static void hint_who_may(struct session *session, const char *denied, struct error *error)
{
    const char *const values[] = {denied, session->prefix};
    PGresult *result = NULL;
    if (PQtransactionStatus(session->conn) == PQTRANS_IDLE)
        result = PQexecParams(session->conn, sql_file("cli/who_may.sql"), ARRAY_LENGTH(values),
                              NULL, values, NULL, NULL, 0);
    bool known = PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1 &&
                 !PQgetisnull(result, 0, 0);
    if (known)
        error_hint(error, "Members of %s may; connect as one of them with -d.",
                   PQgetvalue(result, 0, 0));
    else if (PQresultStatus(result) == PGRES_TUPLES_OK)
        error_hint(error,
                   "It takes the role that installed the schema, a member of %sowner; connect as "
                   "it with -d.",
                   session->prefix);
    else
        error_hint(error,
                   "It takes a member of one of %soperator, %sapprover, %sauditor, %slegal, "
                   "%sworker or, for adopt, %sowner; connect as one of them with -d.",
                   session->prefix, session->prefix, session->prefix, session->prefix,
                   session->prefix, session->prefix);
    PQclear(result);
}

/* Our functions' own messages, and those that name objects, are shown; a message of another class
 * may quote a row's value and is not. */
static bool statement_failed(struct session *session, const PGresult *result, struct error *error)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *hint = PQresultErrorField(result, PG_DIAG_MESSAGE_HINT);
    session->refused_column =
        arena_strdup(session->cli->arena, PQresultErrorField(result, PG_DIAG_COLUMN_NAME));
    session->refused_constraint =
        arena_strdup(session->cli->arena, PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME));
    if (!state || PQstatus(session->conn) == CONNECTION_BAD || strncmp(state, "57P", 3) == 0 ||
        strncmp(state, "08", 2) == 0) {
        error_set(error, ERROR_FAILED, "the server ended the connection");
    } else if (strncmp(state, "RT", 2) == 0) {
        static const char *const stopped[] = {"RT002", "RT003", "RT007"};
        enum error_code code = ERROR_FAILED;
        for (size_t i = 0; i < ARRAY_LENGTH(stopped); i++)
            if (strcmp(state, stopped[i]) == 0)
                code = ERROR_STOPPED;
        error_set(error, code, "%s", primary);
        const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
        if (detail)
            error_detail(error, "%s", detail);
        if (hint)
            error_hint(error, "%s", hint);
    } else if (strcmp(state, "42501") == 0) {
        error_set(error, ERROR_FAILED, "role \"%s\" may not do this: %s", session->role, primary);
        hint_who_may(session, primary, error);
    } else if (strcmp(state, "42883") == 0 || strcmp(state, "42P01") == 0 ||
               strcmp(state, "42703") == 0) {
        error_set(error, ERROR_FAILED, "%s", primary);
        error_hint(error, "If it belongs to the schema \"retention\": run \"retentionctl "
                          "migrate\". If it is yours: \"retentionctl check\".");
    } else if (strcmp(state, "25006") == 0) {
        error_set(error, ERROR_FAILED, "the database is read-only%s",
                  session->in_recovery ? ": it is a standby" : "");
        error_hint(error, "Connect to the primary.");
    } else if (strcmp(state, "57014") == 0) {
        error_set(error, ERROR_FAILED, "the statement was cancelled");
    } else if (strncmp(state, "42", 2) == 0 || strncmp(state, "53", 2) == 0 ||
               strncmp(state, "40", 2) == 0 || strncmp(state, "0A", 2) == 0 ||
               strncmp(state, "55", 2) == 0) {
        error_set(error, ERROR_FAILED, "%s", primary);
    } else {
        error_set(error, ERROR_FAILED, "the server refused a statement");
    }
    error_set_sqlstate(error, state);
    return false;
}

PGresult *session_query(struct session *session, const char *sql, size_t count,
                        const char *const *values, struct error *error)
{
    session->notice = NULL;
    PGresult *result = PQexecParams(session->conn, sql, (int)count, NULL, values, NULL, NULL, 0);
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
        return result;
    statement_failed(session, result, error);
    PQclear(result);
    return NULL;
}

bool session_may(struct session *session, const char *name, struct error *error)
{
    PGresult *result = session_file(session, name, 0, NULL, error);
    PQclear(result);
    return result != NULL;
}

PGresult *session_file(struct session *session, const char *name, size_t count,
                       const char *const *values, struct error *error)
{
    const char *sql = sql_file(name);
    if (!sql) {
        error_set(error, ERROR_FAILED, "sql/%s is not built in", name);
        return NULL;
    }
    return session_query(session, sql, count, values, error);
}

bool session_execute(struct session *session, const char *sql, struct error *error)
{
    PGresult *result = session_query(session, sql, 0, NULL, error);
    PQclear(result);
    return result != NULL;
}

static bool not_installed(struct session *session, struct error *error)
{
    error_set(error, ERROR_CONFIG, "schema \"retention\" is not installed in database \"%s\"",
              session->database);
    error_hint(error, "Run \"retentionctl migrate\".");
    return false;
}

bool session_schema(struct session *session, struct error *error)
{
    if (!session->has_schema)
        return not_installed(session, error);
    if (!session->may_use_schema) {
        error_set(error, ERROR_FAILED, "role \"%s\" may not use schema \"retention\"",
                  session->role);
        error_hint(error, "It needs membership in one of the roles retention_worker, "
                          "retention_operator, retention_approver, retention_legal or "
                          "retention_auditor (the prefix may be another here); the role that "
                          "installed the schema may use it too: name it with -d.");
        error_set_sqlstate(error, "42501");
        return false;
    }
    PGresult *result _cleanup_result_ =
        session_file(session, "cli/schema_version.sql", 0, NULL, error);
    if (!result)
        return false;
    const char *number = result_value(result, 0, 0), *prefix = result_value(result, 0, 1);
    session->schema_version = text_number(number, 0);
    if (prefix)
        session->prefix = arena_strdup(session->cli->arena, prefix);
    int newest = migrate_newest();
    if (session->schema_version == newest)
        return true;
    if (!session->schema_version)
        return not_installed(session, error);
    error_set(error, ERROR_CONFIG,
              "schema \"retention\" in database \"%s\" is version %d, and this program's is %d",
              session->database, session->schema_version, newest);
    error_hint(error, session->schema_version < newest
                          ? "Run \"retentionctl migrate\"."
                          : "Install the newer retentiond that migrated it.");
    return false;
}

bool session_bound(struct session *session, struct error *error)
{
    PGresult *result _cleanup_result_ = session_file(session, "cli/is_bound.sql", 0, NULL, error);
    if (!result)
        return false;
    if (PQgetvalue(result, 0, 0)[0] == 't')
        return true;
    error_set(error, ERROR_CONFIG, "database \"%s\" is a copy of the one it was installed in",
              session->database);
    error_hint(error, "Nothing is deleted in it until somebody runs \"retentionctl adopt\".");
    return false;
}

const char *session_array(struct cli *cli, char *const *words, int count)
{
    struct text text = {0};
    if (!count)
        return NULL;
    for (int i = 0; i < count; i++) {
        text_add(&text, i ? ",\"" : "{\"");
        for (const char *p = words[i]; *p; p++) {
            if (*p == '"' || *p == '\\')
                text_add_char(&text, '\\');
            text_add_char(&text, *p);
        }
        text_add_char(&text, '"');
    }
    text_add_char(&text, '}');
    const char *array = arena_strdup(cli->arena, text.data);
    text_free(&text);
    return array;
}

bool session_categories_exist(struct session *session, const char *array, struct error *error)
{
    const char *const values[] = {array};
    PGresult *result _cleanup_result_ =
        session_file(session, "cli/unknown_categories.sql", 1, values, error);
    if (!result)
        return false;
    const char *unknown = result_value(result, 0, 0), *all = result_value(result, 0, 1);
    if (!unknown)
        return true;
    const char **names = NULL;
    size_t count = 0;
    char *save = NULL;
    for (char *name = strtok_r(arena_strdup(session->cli->arena, all ? all : ""), "\n", &save);
         name; name = strtok_r(NULL, "\n", &save)) {
        names = arena_push(session->cli->arena, names, &count, sizeof(*names));
        names[count - 1] = name;
    }
    const char *nearest = text_nearest(unknown, names, count);
    error_set(error, ERROR_USAGE, "no category \"%s\" is loaded", unknown);
    if (nearest)
        error_hint(error, "Perhaps \"%s\".", nearest);
    else
        error_hint(error, "All of them: \"retentionctl policy list\".");
    return false;
}

bool session_open(struct session *session, struct cli *cli, enum session_need need,
                  struct error *error)
{
    *session = (struct session){.cli = cli, .prefix = "retention_", .role = "", .database = ""};
    const char *conninfo = session_conninfo(cli, error);
    if (!conninfo || !connect_to(session, conninfo, error))
        return false;
    PQsetNoticeReceiver(session->conn, take_notice, session);
    PGresult *result _cleanup_result_ = session_file(session, "cli/session.sql", 0, NULL, error);
    if (!result)
        return false;
    session->database = arena_strdup(cli->arena, PQgetvalue(result, 0, 0));
    session->role = arena_strdup(cli->arena, PQgetvalue(result, 0, 1));
    session->in_recovery = PQgetvalue(result, 0, 2)[0] == 't';
    session->has_schema = PQgetvalue(result, 0, 3)[0] == 't' && PQgetvalue(result, 0, 4)[0] == 't';
    session->may_use_schema = PQgetvalue(result, 0, 5)[0] == 't';
    return need == SESSION_DATABASE || session_schema(session, error);
}

void session_close(struct session *session)
{
    PQfinish(session->conn);
    session->conn = NULL;
}
