/* Databases with schema retention, and one login role for each of its roles. */
#ifndef HARNESS_SCHEMA_H
#define HARNESS_SCHEMA_H

struct cluster;

/* A fresh database with schema retention, prefix "retention_", installed by postgres. The login roles
 * t_worker (granted to retention_owner, as `setup --sql` does), t_legal, t_operator, t_approver and
 * t_auditor are members of their groups; t_nobody of none. Caller frees the name. */
char *schema_db_new(struct cluster *cluster);

/* Runs migrate as `user` (NULL: postgres) in a database; fails the test if it fails. */
void schema_migrate(struct cluster *cluster, const char *database, const char *user,
                    const char *prefix);

#endif
