/* One transaction, begun under a lock: table schema_migration where it exists; before that, the
 * unique indexes of the catalog (role and schema names) let only one of two first installations
 * pass, and the other one starts over and finds its work done. */
#include "cli/migrate.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/arena.h"
#include "base/encode.h"
#include "base/error.h"
#include "base/sql_files.h"
#include "base/text.h"
#include "config.h"
#include "pg/function_list.h"
#include "pg/functions.h"
#include "pg/role_prefix.h"

enum { OLDEST_SERVER = 140000, TRIES_MOST = 5 };

static const char default_prefix[] = "retention_";

struct migration {
    int number;
    const char *file; /* "migrations/0001_tables.sql" */
    char name[64];    /* "0001_tables" */
    char sha256[65];
};

static void clear_result(PGresult **result)
{
    PQclear(*result);
}
#define _cleanup_pgresult_ _cleanup_(clear_result)

static void report(const struct migrate_options *options, const char *format, ...) _printf_(2, 3);

static void report(const struct migrate_options *options, const char *format, ...)
{
    if (!options->report)
        return;
    struct text line _cleanup_text_ = {0};
    va_list args;
    va_start(args, format);
    text_vprintf(&line, format, args);
    va_end(args);
    options->report(text_string(&line), options->arg);
}

/* What the server said, as an error. Migrations see no row of anybody, so its message may be shown.
 */
static bool server_error(PGconn *conn, const PGresult *result, const char *doing,
                         struct error *error)
{
    const char *primary = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    const char *detail = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL) : NULL;
    const char *hint = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_HINT) : NULL;
    if (primary) {
        error_set(error, ERROR_FAILED, "%s", primary);
        error_set_sqlstate(error, state);
    } else {
        error_set(error, ERROR_FAILED, "the connection to the server was lost");
    }
    if (detail)
        error_detail(error, "%s", detail);
    if (hint)
        error_hint(error, "%s", hint);
    error_context(error, "while %s", doing);
    (void)conn;
    return false;
}

/* Executes a text of any number of statements; NULL and an error where it fails. */
static PGresult *execute(PGconn *conn, const char *sql, const char *doing, struct error *error)
{
    PGresult *result = PQexec(conn, sql);
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY)
        return result;
    server_error(conn, result, doing, error);
    PQclear(result);
    return NULL;
}

static bool run(PGconn *conn, const char *sql, const char *doing, struct error *error)
{
    PGresult *result = execute(conn, sql, doing, error);
    PQclear(result);
    return result != NULL;
}

/* The same with text parameters. */
static bool run_with(PGconn *conn, const char *sql, int count, const char *const *values,
                     const char *doing, struct error *error)
{
    PGresult *result _cleanup_pgresult_ =
        PQexecParams(conn, sql, count, NULL, values, NULL, NULL, 0);
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)
        return true;
    return server_error(conn, result, doing, error);
}

/* Executes an embedded file. */
static bool run_file(PGconn *conn, const char *file, const char *prefix, struct error *error)
{
    char *sql _cleanup_free_ = role_prefix_fill_in(sql_file(file), prefix, error);
    struct text doing _cleanup_text_ = {0};
    text_printf(&doing, "executing %s", file);
    return sql && run(conn, sql, text_string(&doing), error);
}

/* Every file below a folder, in order. Returns how many were executed, -1 and an error. */
static int run_folder(PGconn *conn, const char *folder, const char *prefix, struct error *error)
{
    size_t count;
    int done = 0;
    const char *const *names = sql_file_names(&count);
    for (size_t i = 0; i < count; i++) {
        if (!text_starts_with(names[i], folder))
            continue;
        if (!run_file(conn, names[i], prefix, error))
            return -1;
        done++;
    }
    return done;
}

/* The migrations of this program in order: their numbers rise (tested). */
static struct migration *known_migrations(int *ret_count)
{
    static const char folder[] = "migrations/";
    size_t count;
    const char *const *names = sql_file_names(&count);
    struct migration *migrations = calloc(count + 1, sizeof(*migrations));
    if (!migrations)
        abort();
    int n = 0;
    for (size_t i = 0; i < count; i++) {
        if (!text_starts_with(names[i], folder))
            continue;
        struct migration *m = &migrations[n++];
        const char *base = names[i] + strlen(folder), *text = sql_file(names[i]);
        m->file = names[i];
        m->number = (int)strtol(base, NULL, 10); /* four digits: a test looks */
        snprintf(m->name, sizeof(m->name), "%.*s", (int)strcspn(base, "."), base);
        uint8_t digest[EVP_MAX_MD_SIZE];
        unsigned int length = 0;
        if (!EVP_Digest(text, strlen(text), digest, &length, EVP_sha256(), NULL))
            abort();
        hex_encode(m->sha256, digest, 32);
    }
    *ret_count = n;
    return migrations;
}

int migrate_newest(void)
{
    int count;
    struct migration *known _cleanup_free_ = known_migrations(&count);
    return count ? known[count - 1].number : 0;
}

void migrate_print_functions(const char *prefix, struct text *out)
{
    struct arena *arena _cleanup_arena_ = arena_new();
    struct function_list own =
        functions_own(arena, prefix ? prefix : default_prefix, migrate_newest());
    text_add(out, "# Functions of schema \"retention\" as retentionctl " PACKAGE_VERSION
                  " brings them: accept_functions in\n"
                  "# the main file of an older worker names this list, retentiond.cfg(5)\n");
    function_list_print(&own, out);
}

/* Compares what was applied with what this program knows. ret_applied: how many were. */
static bool check_applied(PGconn *conn, const struct migration *known, int known_count,
                          int *ret_applied, struct error *error)
{
    PGresult *rows _cleanup_pgresult_ =
        execute(conn, "SELECT number, name, sha256 FROM retention.schema_migration ORDER BY number",
                "reading which migrations were applied", error);
    if (!rows)
        return false;
    int applied = PQntuples(rows);
    for (int i = 0; i < applied; i++) {
        int number = text_number(PQgetvalue(rows, i, 0), INT_MAX);
        if (i >= known_count || number > known[known_count - 1].number) {
            error_set(error, ERROR_FAILED,
                      "schema retention is of a newer version (%s) than this program (%04d)",
                      PQgetvalue(rows, applied - 1, 1), known[known_count - 1].number);
            error_hint(error, "Use the retentionctl that installed it, or a newer one.");
            return false;
        }
        if (number != known[i].number || strcmp(PQgetvalue(rows, i, 1), known[i].name) != 0 ||
            strcmp(PQgetvalue(rows, i, 2), known[i].sha256) != 0) {
            error_set(error, ERROR_FAILED,
                      "migration %s was applied with another text than this program's %s",
                      PQgetvalue(rows, i, 1), known[i].name);
            error_detail(error, "A migration never changes once it was released: either the "
                                "program or table retention.schema_migration was altered.");
            return false;
        }
    }
    *ret_applied = applied;
    return true;
}

static bool first_is_true(const PGresult *result)
{
    return result && PQntuples(result) == 1 && strcmp(PQgetvalue(result, 0, 0), "t") == 0;
}

/* Refuses servers on which nothing can be installed. */
static bool check_server(PGconn *conn, struct error *error)
{
    int version = PQserverVersion(conn);
    if (version < OLDEST_SERVER) {
        error_set(error, ERROR_FAILED, "the server's version is %d, and at least %d is needed",
                  version / 10000, OLDEST_SERVER / 10000);
        return false;
    }
    if (PQtransactionStatus(conn) != PQTRANS_IDLE)
        return error_set(error, ERROR_FAILED, "the connection is in a transaction already");
    PGresult *standby _cleanup_pgresult_ =
        execute(conn, "SELECT pg_catalog.pg_is_in_recovery()", "looking at the server", error);
    if (!standby)
        return false;
    if (first_is_true(standby)) {
        error_set(error, ERROR_FAILED, "the server is a standby, which cannot be written to");
        error_hint(error, "Connect to the primary.");
        return false;
    }
    return true;
}

/* SET LOCAL ROLE to the owner. */
static bool become_owner(PGconn *conn, const char *prefix, struct error *error)
{
    char *sql _cleanup_free_ = role_prefix_fill_in("SET LOCAL ROLE @prefix@owner", prefix, error);
    return sql && run(conn, sql, "becoming the owner of schema retention", error);
}

static const char settings_sql[] = "BEGIN ISOLATION LEVEL READ COMMITTED;"
                                   "SET LOCAL search_path = pg_catalog, pg_temp;"
                                   "SET LOCAL client_encoding = 'UTF8';"
                                   "SET LOCAL client_min_messages = warning;"
                                   "SET LOCAL check_function_bodies = on;"
                                   "SET LOCAL standard_conforming_strings = on;"
                                   "SET LOCAL default_tablespace = '';"
                                   "SET LOCAL lock_timeout = '30s';"
                                   "SET LOCAL synchronous_commit = on";

/* Everything between BEGIN and COMMIT. */
static bool install(PGconn *conn, const struct migrate_options *options,
                    const struct migration *known, int known_count, int *ret_applied,
                    struct error *error)
{
    const char *prefix = options->prefix ? options->prefix : default_prefix;
    if (!run(conn, settings_sql, "beginning", error))
        return false;
    PGresult *exists _cleanup_pgresult_ =
        execute(conn,
                "SELECT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = "
                "c.relnamespace WHERE n.nspname = 'retention' AND c.relname = 'schema_migration')",
                "looking for schema retention", error);
    if (!exists)
        return false;
    bool first = !first_is_true(exists);

    report(options, "roles: %sowner, %sworker, %slegal, %soperator, %sapprover, %sauditor", prefix,
           prefix, prefix, prefix, prefix, prefix);
    if (!run_file(conn, "roles.sql", prefix, error) || !become_owner(conn, prefix, error))
        return false;

    int applied = 0;
    if (!first && (!run(conn, "LOCK TABLE retention.schema_migration IN EXCLUSIVE MODE",
                        "waiting for another migration", error) ||
                   !check_applied(conn, known, known_count, &applied, error)))
        return false;
    for (int i = applied; i < known_count; i++) {
        report(options, "migration %s", known[i].name);
        if (!run_file(conn, known[i].file, prefix, error))
            return false;
        char number[16];
        snprintf(number, sizeof(number), "%d", known[i].number);
        const char *values[] = {number, known[i].name, known[i].sha256};
        if (!run_with(conn,
                      "INSERT INTO retention.schema_migration (number, name, sha256) "
                      "VALUES ($1, $2, $3)",
                      3, values, "recording a migration", error))
            return false;
    }
    if (applied == known_count)
        report(options, "all %d migrations were applied before", applied);

    if (!run_file(conn, "catalog/lock_holds.sql", prefix, error) ||
        !run_file(conn, "catalog/mark_functions.sql", prefix, error))
        return false;
    int functions = run_folder(conn, "functions/", prefix, error);
    if (functions < 0)
        return false;
    int views = run_folder(conn, "views/", prefix, error);
    if (views < 0 || !run_file(conn, "catalog/drop_stale_functions.sql", prefix, error) ||
        !run_file(conn, "catalog/apply_holds.sql", prefix, error))
        return false;
    report(options, "%d functions, %d views", functions, views);

    const char *values[] = {prefix};
    if (first && !run_with(conn, "SELECT retention.bind_database($1)", 1, values,
                           "binding schema retention to this database", error))
        return false;
    /* a worker that waits for the functions looks again */
    if (!run(conn, "NOTIFY retention, 'bind'", "telling the worker", error) ||
        !run(conn, "COMMIT", "committing", error))
        return false;
    *ret_applied = known_count - applied;
    return true;
}

/* Whether somebody else installed at the same time, so that starting over finds it done. */
static bool was_overtaken(const struct error *error)
{
    static const char *const states[] = {
        "23505", "42710", "42P06", "42P07",
        "40001", "40P01", "XX000" /* tuple concurrently updated */};
    for (size_t i = 0; i < ARRAY_LENGTH(states); i++)
        if (strcmp(error->sqlstate, states[i]) == 0)
            return true;
    return false;
}

static void roll_back(PGconn *conn)
{
    if (PQtransactionStatus(conn) != PQTRANS_IDLE)
        PQclear(PQexec(conn, "ROLLBACK"));
}

/* Another prefix than the installed one would make a second set of roles. Where it is not
 * installed, or cannot be read, roles.sql and the migrations say what is wrong. */
static bool check_installed_prefix(PGconn *conn, const char *prefix, struct error *error)
{
    PGresult *result _cleanup_pgresult_ = PQexec(conn, "SELECT prefix FROM retention.install");
    if (PQresultStatus(result) != PGRES_TUPLES_OK || PQntuples(result) != 1)
        return true;
    if (strcmp(PQgetvalue(result, 0, 0), prefix) == 0)
        return true;
    error_set(error, ERROR_CONFIG, "schema retention was installed with the role prefix \"%s\"",
              PQgetvalue(result, 0, 0));
    error_hint(error, "Use that prefix; it cannot be changed afterwards.");
    return false;
}

bool migrate_run(PGconn *conn, const struct migrate_options *options, int *ret_applied,
                 struct error *error)
{
    const char *prefix = options->prefix ? options->prefix : default_prefix;
    if (!role_prefix_check(prefix, error) || !check_server(conn, error) ||
        !check_installed_prefix(conn, prefix, error))
        return false;
    int known_count, applied = 0;
    struct migration *known _cleanup_free_ = known_migrations(&known_count);
    for (int try = 1;; try++) {
        struct error failure _cleanup_error_ = {0};
        if (install(conn, options, known, known_count, &applied, &failure))
            break;
        roll_back(conn);
        if (try == TRIES_MOST || !was_overtaken(&failure)) {
            error_move(error, &failure);
            return false;
        }
        report(options, "another migration came in between: starting over");
    }
    if (ret_applied)
        *ret_applied = applied;
    return true;
}

bool migrate_adopt(PGconn *conn, const struct migrate_options *options, bool *ret_adopted,
                   struct error *error)
{
    const char *prefix = options->prefix ? options->prefix : default_prefix;
    if (!role_prefix_check(prefix, error) || !check_server(conn, error) ||
        !check_installed_prefix(conn, prefix, error))
        return false;
    PGresult *result _cleanup_pgresult_ = NULL;
    if (run(conn, settings_sql, "beginning", error) && become_owner(conn, prefix, error))
        result = execute(conn, "SELECT retention.adopt()", "adopting this database", error);
    if (!result || !run(conn, "COMMIT", "committing", error)) {
        roll_back(conn);
        return false;
    }
    *ret_adopted = first_is_true(result);
    report(options, *ret_adopted
                        ? "this database is bound now: the worker may act on it; if it was loaded "
                          "from a dump, its policies wait to be approved again"
                        : "this database was bound before");
    return true;
}
