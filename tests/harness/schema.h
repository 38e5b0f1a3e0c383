/* Databases with schema retention, and one login role for each of its roles. */
#ifndef HARNESS_SCHEMA_H
#define HARNESS_SCHEMA_H

#include <libpq-fe.h>
#include <stdint.h>

struct cluster;

/* A fresh database with schema retention, prefix "retention_", installed by postgres. The login
 * roles t_worker (granted to retention_owner, as `setup --sql` says), t_legal, t_operator,
 * t_approver and t_auditor are members of their groups; t_nobody of none. Caller frees the name. */
char *schema_db_new(struct cluster *cluster);

/* Runs migrate as `user` (NULL: postgres) in a database; fails the test if it fails. */
void schema_migrate(struct cluster *cluster, const char *database, const char *user,
                    const char *prefix);

/* A backend that leads, with a worker uuid of its own (ends with `digit`): returns the term. */
int64_t schema_lead(PGconn *worker, char digit);

/* Loads a policy (its text is given), enforcing, over one relation; then approves it, unless
 * `approver` is NULL. Returns the text's SHA-256; caller frees. */
char *schema_policy(PGconn *worker, PGconn *approver, int64_t term, const char *category,
                    const char *relation, const char *text);

/* Starts a run of such a category, planned with the text in effect. Returns its uuid; caller
 * frees. */
char *schema_run(PGconn *worker, int64_t term, const char *category);

/* A statement that calls begin_batch with sane arguments, to be used with db_exec; caller frees. */
char *schema_begin_batch(const char *run, int64_t term, const char *category, const char *leaf);

#endif
