/* A place where the worker works, for tests of the engine: a database with schema retention, a main
 * file, a key and policies; and what to ask of it afterwards. */
#ifndef TESTS_ENGINE_SUPPORT_H
#define TESTS_ENGINE_SUPPORT_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "harness/db.h"

struct cluster;

struct site {
    struct cluster *cluster;
    char *database;
    PGconn *admin;    /* postgres */
    PGconn *approver; /* t_approver */
    char *directory;
    char *config;
    char *policies;
};

/* A database with schema retention in which `sql` was run by postgres; everything in schema public
 * is then granted to t_worker for reading and deleting. `settings`: lines for the main file, or
 * NULL. */
struct site site_new(struct cluster *cluster, const char *sql, const char *settings);
/* The same with one worker connection: while the worker stands still, no other batch is open. */
struct site site_new_single(struct cluster *cluster, const char *sql, const char *settings);
/* The same with so many. */
struct site site_new_wide(struct cluster *cluster, const char *sql, int connections,
                          const char *settings);
void site_free(struct site *site);
/* Workers that start from now on wait ten seconds for each lock: for tests that keep them waiting.
 */
void site_be_patient(const struct site *site);
/* The database takes two connections, the test's own and one of a worker, until its CONNECTION
 * LIMIT is -1 again. The approver's is closed. */
void site_leave_one_connection(struct site *site);

/* Writes policies/NAME.cfg; "NAME: { ... };" with mode = "enforce" is put around the body. */
void site_policy(struct site *site, const char *name, const char *body);
/* Approves the text loaded last. expect_due < 0: none. */
void site_approve(struct site *site, const char *category, int64_t expect_due);
/* Loads (a first run, which only finds that approval is missing) and approves. */
void site_load_and_approve(struct site *site, const char *category, int64_t expect_due);

/* retentiond --once; `fault`: RETENTIOND_FAULT, or NULL. Prints what it said if the code differs.
 */
struct program_result site_once(const struct site *site, const char *fault);
void site_once_expect(const struct site *site, const char *fault, int exit_code);
/* The same without waiting; mode "--once" or NULL for a daemon. */
pid_t site_start(const struct site *site, const char *mode, const char *fault);
/* The same, stopped (SIGSTOP) where its policies are loaded and its run begins: what is replaced
 * now in schema retention is not seen before the next round. Goes on with SIGCONT. */
pid_t site_start_at_run(const struct site *site);
char *site_stderr(const struct site *site); /* of the one started last */

/* Of category "events" and its table "event": as an operator, asks for a run; waits until it has no
 * row left and no run goes on. */
void site_request(const struct site *site);
void site_wait_empty(const struct site *site);

/* Waits until the worker started last has said this. */
void site_wait_said(const struct site *site, const char *what);

/* Rows in the log for a relation, and the digests stored for them. */
int64_t site_logged(const struct site *site, const char *relation);
int64_t site_digests(const struct site *site, const char *relation);
/* Everything that must hold of any log: dense numbers, done = batches, rows = digests. */
void site_check_log(const struct site *site);

#endif
