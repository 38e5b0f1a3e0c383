/* Databases, statements and programs for tests; everything fails the test loudly when it fails. */
#ifndef HARNESS_DB_H
#define HARNESS_DB_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct cluster;

/* Creates a database with a fresh name (template NULL: template1); returns its name, caller frees.
 */
char *db_new(struct cluster *cluster, const char *template_name);
void db_drop(struct cluster *cluster, const char *name);

/* A blocking connection as `user` (NULL: postgres). PQfinish it. */
PGconn *db_connect(const struct cluster *cluster, const char *database, const char *user);

/* Executes; fails the test with the statement and the server's message. */
void db_exec(PGconn *conn, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Executes a whole text, several statements. */
void db_script(PGconn *conn, const char *sql);
/* The first value as text; caller frees; NULL for SQL NULL; fails the test if there is no row. */
char *db_value(PGconn *conn, const char *format, ...) __attribute__((format(printf, 2, 3)));
int64_t db_number(PGconn *conn, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Executes what must fail; returns the SQLSTATE (static buffer); fails the test if it succeeds. */
const char *db_fails(PGconn *conn, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Waits (by asking, at most 30 s) until the query's first value is 't'; fails the test otherwise.
 */
void db_wait_until(PGconn *conn, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Runs a program of the build tree ("retentionctl") or an absolute path; argv ends with NULL.
 * Output is kept: stdout and stderr separately, NUL-terminated, owned by the result. */
struct program_result {
    int exit_code; /* 128 + signal where killed */
    char *out;
    char *err;
};
struct program_result program_run(const char *const *argv);
/* The same with environment additions "NAME=value", NULL-terminated, or NULL. */
struct program_result program_run_env(const char *const *argv, const char *const *env);
void program_result_free(struct program_result *result);
/* Starts without waiting; stderr goes to the file (or /dev/null). Returns the pid. */
pid_t program_start(const char *const *argv, const char *const *env, const char *stderr_file);
int program_wait(pid_t pid); /* exit code as above */

/* Absolute paths: of a file of the source tree, of one of the build tree; static buffers (4). */
const char *source_path(const char *relative);
const char *build_path(const char *relative);
/* A fresh temporary directory, mode 0700; removed at the end of the run; caller frees the name. */
char *temporary_directory(void);
/* Writes a file (mode 0600) in a directory; returns its path, caller frees. */
char *file_write(const char *directory, const char *name, const char *content);
/* Reads a whole file; caller frees; fails the test if it cannot. */
char *file_read(const char *path);

#endif
